"""Files that Photoshop wrote: they look as Photoshop shows them, and what they are made of survives our hands.

The folder is a sample of psd-tools' test files (MIT licence); PSD_CORPUS names another place of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from psd_tools import PSDImage
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.constants import Resource, Tag

from app.document.document import Document, Group, bounds, walk
from app.formats import open_document, open_with_report, save_document
from app.render.render import mask_array
from tests.benchmarks.compare_psd import compare
from tests.documents import same_raster

CORPUS = Path(os.environ.get("PSD_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus" / "psd")
FILES = sorted(CORPUS.glob("*.ps[db]")) if CORPUS.is_dir() else []
needs_corpus = pytest.mark.skipif(not FILES, reason="no folder of Photoshop's files: PSD_CORPUS is not set")
OF_LOCKS = 7  # bits: transparency, pixels, position; Photoshop's eighth is about artboards


@needs_corpus
def test_photoshops_files_look_as_photoshop_shows_them() -> None:
    """Mean error against the merged picture inside: at most one level for every file that holds only pixels, groups, masks, clipping
    and blend modes, and for nine tenths of those with text, shapes, fills, smart objects, adjustments and effects."""
    compared = [compare(file) for file in FILES]
    judged = [one for one in compared if one.mean is not None]
    assert len(compared) >= 60 and len(judged) >= 60
    assert {one.path.name: one.mean for one in judged if one.plain and one.mean > 1} == {}
    others = [one for one in judged if not one.plain]
    assert sum(one.mean <= 1 for one in others) >= 0.9 * len(others)
    effects_not_understood = {"effect-stroke-gradient.psd", "effects__stroke-composite.psd", "layer_comps.psd"}
    assert {one.path.name for one in others if one.mean > 1} <= effects_not_understood


@dataclass(frozen=True)
class Entry:
    """What a layer or group is in the file, besides its pixels."""

    depth: int
    group: bool
    name: str
    blend: str
    opacity: float
    visible: bool
    clipping: bool
    locks: int
    color: str


def in_the_file(layers: PSDImage | PsdLayer, depth: int = 0) -> list[Entry]:
    """As psd-tools reads it, bottom to top."""
    found = []
    for layer in layers:
        blocks = layer.tagged_blocks
        fill = 255 if layer.is_group() and layer.blend_mode.name == "PASS_THROUGH" else blocks.get_data(Tag.BLEND_FILL_OPACITY, 255)
        color = blocks.get_data(Tag.SHEET_COLOR_SETTING)
        found.append(
            Entry(
                depth, layer.is_group(), layer.name.rstrip("\0"), layer.blend_mode.name.lower().replace("_", " "),
                round(layer.opacity * (1 if layer.has_effects() else fill / 255)), layer.visible, layer.clipping,
                (blocks.get_data(Tag.PROTECTED_SETTING) or 0) & OF_LOCKS, color.name if color else "NO_COLOR",
            )
        )  # fmt: skip
        found += in_the_file(layer, depth + 1) if layer.is_group() else []
    return found


def is_part_of(some: Sequence[object], all_: Sequence[object]) -> bool:
    """Whether `some` comes out of `all_` by leaving things out."""
    rest = iter(all_)
    return all(one in rest for one in some)


@needs_corpus
def test_what_photoshops_files_are_made_of_survives_our_hands(tmp_path: Path) -> None:
    """Photoshop -> Downstage -> PSD, both ends read by psd-tools: names, kinds, order, groups, clipping, blend modes, opacity, visibility,
    locks and colour tags; guides and resolution. What Downstage itself made of the file, pixels and masks too, comes back bit by bit."""
    counted: Counter[str] = Counter()
    for path in FILES:
        again = tmp_path / f"again{path.suffix}"
        opened = open_with_report(path)
        save_document(opened.document, again)
        theirs, ours = PSDImage.open(path), PSDImage.open(again)
        before, after = in_the_file(theirs), in_the_file(ours)
        if after == before:
            counted["the same"] += 1
        elif len(after) < len(before):
            assert any("merged picture became" in sentence for sentence in opened.report), path.name
            counted["only the merged picture"] += 1
        elif is_part_of(before, after):  # every effect has become a layer
            assert any("effects" in sentence for sentence in opened.report), path.name
            counted["effects as layers"] += 1
        else:  # what adjustments with soft ground below them lie on has become a group
            assert any("adjustment" in sentence for sentence in opened.report), path.name
            assert is_part_of([one.name for one in before], [one.name for one in after]), path.name
            counted["regrouped"] += 1
        assert_the_same_beside_the_layers(theirs, ours)
        assert_the_same_document(opened.document, open_document(again))
    assert counted == {"the same": 56, "effects as layers": 5, "only the merged picture": 2, "regrouped": 1}


def assert_the_same_beside_the_layers(theirs: PSDImage, ours: PSDImage) -> None:
    ids = [layer.layer_id for layer in ours.descendants()]
    assert len(set(ids)) == len(ids) and all(id_ > 0 for id_ in ids)
    guides, resolution = Resource.GRID_AND_GUIDES_INFO, Resource.RESOLUTION_INFO
    lines = [sorted(found.data) if (found := psd.image_resources.get_data(guides)) else [] for psd in (theirs, ours)]
    assert lines[0] == lines[1]
    old, new = (psd.image_resources.get_data(resolution) for psd in (theirs, ours))
    assert old is None or abs(old.horizontal - new.horizontal) <= 65536 / 1000


def assert_the_same_document(first: Document, second: Document) -> None:
    """But for ids, and opacities in 255ths."""
    for (old, depth, _), (new, new_depth, _) in zip(walk(first), walk(second), strict=True):
        assert (type(new), new_depth, abs(new.opacity - old.opacity) < 0.5 / 255) == (type(old), depth, True)
        assert all(getattr(new, name) == getattr(old, name) for name in ("name", "blend", "visible", "locked", "locks", "clipping", "color_tag"))
        if old.mask is not None and old.mask.default not in (0, 255):  # a PSD has no such masks; it may be written out over the layer
            assert np.array_equal(mask_array(new, bounds(new)), mask_array(old, bounds(new))), old.name
        else:
            assert same_raster(new.mask, old.mask), old.name
        if isinstance(old, Group):
            assert (new.collapsed, round(new.fill * 255)) == (old.collapsed, round(old.fill * 255))
        else:
            assert new.placement == old.placement and same_raster(new.pixels, old.pixels), old.name
