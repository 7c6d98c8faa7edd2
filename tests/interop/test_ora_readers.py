"""Krita and MyPaint open our OpenRaster files as we meant them, and we open what they make of them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.document import Document, Layer, Node, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.formats import open_with_report, save_document
from app.formats.ora import OPERATIONS
from app.render.blend import BLEND_MODES
from app.render.render import render
from tests.documents import full_document, gradient
from tests.interop import programs


def soft_clipping() -> Document:
    """A layer that clips to the soft edge of another, on nothing."""
    base, veil = np.zeros((60, 60, 4), np.uint8), np.zeros((60, 60, 4), np.uint8)
    base[..., 0], base[..., 3] = 200, np.linspace(0, 255, 60)
    veil[..., 1], veil[..., 3] = 255, np.linspace(0, 255, 60)[:, None]
    on_it = make_layer("on it", Pixels.from_array(veil), Placement(15, 15), clipping=True)
    return Document(80, 80, (make_layer("base", Pixels.from_array(base), Placement(5, 5)), on_it))


def all_modes() -> Document:
    """A layer of each mode, side by side, over a gradient."""
    ground = make_layer("ground", Pixels.from_array(gradient(16 * len(BLEND_MODES), 40)))
    patch = Pixels.from_array(gradient(16, 30))
    layers = [make_layer(mode, patch, Placement(16 * index, 5), blend=mode) for index, mode in enumerate(BLEND_MODES)]
    return Document(16 * len(BLEND_MODES), 40, (ground, *layers))


pytestmark = pytest.mark.slow

DOCUMENTS = {"full": full_document, "clipping": soft_clipping, "modes": all_modes}
SAVED_AGAIN = ("full", "clipping")  # each start of Krita takes seconds


@pytest.fixture(scope="module")
def by_krita(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our files, and Krita's PNG and ORA of each."""
    programs.find("Krita", "krita")
    folder = tmp_path_factory.mktemp("krita")
    for name, make in DOCUMENTS.items():
        save_document(make(), folder / f"{name}.ora")
        for suffix in ("png", "ora") if name in SAVED_AGAIN else ("png",):
            programs.convert_with_krita(folder / f"{name}.ora", folder / f"{name}.krita.{suffix}", folder / "home")
    return folder


def over_white(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) float."""
    alpha = pixels[..., 3:].astype(float) / 255
    return pixels[..., :3] * alpha + 255 * (1 - alpha)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_krita_paints_the_layers_as_we_do(by_krita: Path, name: str) -> None:
    """Krita composes the layers itself: groups, opacity, blend modes, clipping, pixels beyond the canvas."""
    document = DOCUMENTS[name]()
    ours = render(document, document.rect)
    with Image.open(by_krita / f"{name}.krita.png") as image:
        theirs = np.asarray(image.convert("RGBA"))
    assert theirs.shape == ours.shape
    assert np.abs(theirs[..., 3].astype(int) - ours[..., 3]).max() <= 1
    error = np.abs(over_white(theirs) - over_white(ours))
    if name != "modes":
        assert error.max() <= 2
        return
    for index, mode in enumerate(BLEND_MODES):
        part = error[:, 16 * index : 16 * (index + 1)]
        assert part.max() <= 2 if OPERATIONS[mode].startswith("svg:") else part.mean() <= 0.6, mode  # hard mix is all or nothing


def tree(nodes: tuple[Node, ...]) -> list[tuple]:
    return [
        (depth, node.name, type(node).__name__, node.blend, round(node.opacity, 2), node.visible, node.locked, node.clipping)
        for node, depth, _parent in walk(Document(1, 1, nodes))
    ]


@pytest.mark.parametrize("name", SAVED_AGAIN)
def test_what_krita_saves_again_is_what_we_wrote(by_krita: Path, name: str) -> None:
    """Krita trims what is transparent."""
    ours, theirs = (open_with_report(by_krita / f"{name}{of}.ora").document for of in ("", ".krita"))
    assert tree(theirs.layers) == tree(ours.layers)
    assert np.abs(over_white(render(theirs, theirs.rect)) - over_white(render(ours, ours.rect))).max() <= 2
    for (mine, _, _), (other, _, _) in zip(walk(ours), walk(theirs), strict=True):
        if isinstance(mine, Layer) and not (area := mine.pixels.content_bounds()).is_empty:
            shift = int(mine.placement.x - other.placement.x), int(mine.placement.y - other.placement.y)
            assert np.array_equal(mine.pixels.to_array(area)[..., 3], other.pixels.to_array(area.moved(*shift))[..., 3]), mine.name


@pytest.mark.parametrize("name", SAVED_AGAIN)
def test_mypaint_finds_every_layer_in_its_place_and_paints_it_as_we_do(tmp_path: Path, name: str) -> None:
    document = DOCUMENTS[name]()
    save_document(document, tmp_path / "ours.ora")
    seen = programs.convert_with_mypaint(tmp_path / "ours.ora", tmp_path / "theirs.ora", tmp_path / "home")
    assert seen["frame"] == [0, 0, document.width, document.height] and seen["eotf"] == 1.0
    ours = open_with_report(tmp_path / "ours.ora").document
    assert seen["layers"][::-1] == _bottom_to_top(ours.layers)
    with zipfile.ZipFile(tmp_path / "theirs.ora") as archive, Image.open(io.BytesIO(archive.read("mergedimage.png"))) as merged:
        error = np.abs(over_white(np.asarray(merged.convert("RGBA"))) - over_white(render(document, document.rect)))
    assert error.max() <= 2
    theirs = open_with_report(tmp_path / "theirs.ora").document
    assert (theirs.width, theirs.height) == (document.width, document.height)
    assert tree(theirs.layers)[1:] == tree(ours.layers)  # it puts a paper below


def _bottom_to_top(nodes: tuple[Node, ...], depth: int = 0) -> list[list]:
    """As MyPaint lists them, the other way round: a group after what is in it."""
    rows: list[list] = []
    for node in nodes:
        inside = [] if isinstance(node, Layer) else _bottom_to_top(node.children, depth + 1)
        kind = "PaintingLayer" if isinstance(node, Layer) else "LayerStack"
        rows += [*inside, [depth, node.name, kind, round(node.opacity, 2), node.visible, node.locked]]
    return rows
