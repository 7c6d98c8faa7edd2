"""A session of an artist on a real screen, and what the files hold afterwards: to our reader, to psd-tools and to ImageMagick."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from app.document.document import Group, walk
from app.formats import open_document
from app.render.render import mask_array, render
from tests.session.artist import PHOTO, PROGRAMS, session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the session left behind."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or not sys.platform.startswith("linux"):
        pytest.skip(f"{' and '.join(missing) or 'X11'} is not there: no artist's session")
    folder = tmp_path_factory.mktemp("artist")
    session(folder)
    return folder


def test_the_project_holds_what_the_artist_did(folder: Path) -> None:
    document = open_document(folder / "still life.downstage")
    nodes = {node.name: node for node, _, _ in walk(document)}
    assert list(nodes) == ["coffee", "Group", "strawberry", "lemon", "croissant copy", "croissant"]
    assert isinstance(nodes["Group"], Group) and len(nodes["Group"].children) == 3
    made = [nodes[name] for name in ("strawberry", "lemon", "croissant")]
    assert [layer.recipe["prompt"] for layer in made] == ["strawberry", "lemon", "croissant"]
    hidden = mask_array(nodes["croissant"], document.rect)
    assert hidden[60, 450:520].max() == 0 and hidden[125, 450:520].min() == 255
    copy = nodes["croissant copy"]
    assert 0.5 < copy.placement.scale_x < 0.95 and copy.placement.scale_y == pytest.approx(copy.placement.scale_x)
    assert copy.pixels.to_array().tobytes() == nodes["croissant"].pixels.to_array().tobytes()  # scaled, never resampled
    assert copy.placement.x < nodes["croissant"].placement.x - 150


def test_outside_of_the_layers_the_photograph_is_untouched(folder: Path) -> None:
    document = open_document(folder / "still life.downstage")
    with Image.open(PHOTO) as photo:
        expected = np.asarray(photo.convert("RGB"))
    shown = render(document, document.rect)
    assert (shown[:20, :400, :3] == expected[:20, :400]).all() and (shown[..., 3] == 255).all()
    assert (document.layers[0].pixels.to_array()[..., :3] == expected).all()


def test_the_exports_look_like_the_project_to_other_programs_too(folder: Path, tmp_path: Path) -> None:
    document = open_document(folder / "still life.downstage")
    shown = render(document, document.rect).astype(int)
    with Image.open(folder / "still life.png") as picture:
        assert np.abs(np.asarray(picture.convert("RGBA")) - shown).max() <= 1
    names = [layer.name for layer in PSDImage.open(folder / "still life.psd").descendants()]
    assert sorted(names) == ["Group", "coffee", "croissant", "croissant copy", "lemon", "strawberry"]
    again = open_document(folder / "still life.psd")
    assert np.abs(render(again, again.rect).astype(int) - shown).mean() < 0.5  # the smaller copy is resampled
    convert = shutil.which("magick") or shutil.which("convert")
    if convert is None:
        pytest.skip("ImageMagick is not installed")
    subprocess.run([convert, f"{folder / 'still life.psd'}[0]", str(tmp_path / "merged.png")], check=True, capture_output=True)
    with Image.open(tmp_path / "merged.png") as merged:
        assert np.abs(np.asarray(merged.convert("RGBA")) - shown).max() <= 1
