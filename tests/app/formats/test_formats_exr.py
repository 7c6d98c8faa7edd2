"""Flat OpenEXR: linear light in and out, and what a document cannot hold is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from app.document.document import Document, make_layer
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import Encoding, losses, open_document, open_with_report, save_document
from app.render.render import render
from tests.documents import flat_document, full_document, noise


def written(folder: Path, channels: dict[str, np.ndarray], **header: object) -> Path:
    path = folder / "a.exr"
    plain = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(plain | header, channels).write(str(path))
    return path


def colour(path: Path) -> list[int]:
    return open_document(path).layers[0].pixels.to_array()[0, 0].tolist()


def flat(*values: float, dtype: type = np.float32) -> np.ndarray:
    return np.tile(np.array(values, dtype), (4, 6, 1))


def test_a_picture_comes_back_as_it_was(tmp_path: Path) -> None:
    for document in (flat_document(), full_document()):
        save_document(document, tmp_path / "a.exr")
        result = open_with_report(tmp_path / "a.exr")
        seen, original = render(result.document, document.rect).astype(int), render(document, document.rect).astype(int)
        assert np.array_equal(seen[..., 3], original[..., 3])
        assert np.abs(seen - original)[original[..., 3] > 30].max() <= 1  # halves have eleven bits
        assert result.document.dpi == document.dpi
    assert any("merged" in sentence for sentence in losses(full_document(), tmp_path / "a.exr"))


def test_light_is_linear_and_times_alpha(tmp_path: Path) -> None:
    """IEC 61966-2-1: 21.4 % of the light is the level 127.5 of 255."""
    half = np.zeros((2, 2, 4), np.uint8)
    half[...] = (128, 255, 0, 51)
    save_document(Document(2, 2, (make_layer("x", Pixels.from_array(half)),)), tmp_path / "a.exr")
    assert colour(tmp_path / "a.exr") == [128, 255, 0, 51]
    channels = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True).channels()
    values = [float(channels[name].pixels[0, 0]) for name in "RGBA"]
    assert values == pytest.approx([0.2159 * 0.2, 0.2, 0, 0.2], abs=2e-4)
    assert colour(written(tmp_path, {"RGB": flat(0.2159, 1.0, 0.0)})) == [128, 255, 0, 255]


def test_brighter_than_white_is_cut_off_and_told(tmp_path: Path) -> None:
    result = open_with_report(written(tmp_path, {"RGB": flat(7.5, 0.0, np.nan, dtype=np.float16)}))
    assert result.document.layers[0].pixels.to_array()[0, 0].tolist() == [255, 0, 0, 255]
    assert any("above 1" in sentence for sentence in result.report)
    assert not any("above 1" in sentence for sentence in open_with_report(written(tmp_path, {"RGB": flat(1, 0, 0)})).report)


def test_other_primaries_are_converted(tmp_path: Path) -> None:
    """With red and green swapped, what is stored as red must look green; ACES white must stay white."""
    swapped = (0.3, 0.6, 0.64, 0.33, 0.15, 0.06, 0.3127, 0.329)
    assert colour(written(tmp_path, {"RGB": flat(1, 0, 0)}, chromaticities=swapped)) == [0, 255, 0, 255]
    aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    assert colour(written(tmp_path, {"RGB": flat(1, 1, 1)}, chromaticities=aces)) == [255, 255, 255, 255]


def test_a_cropped_picture_lies_where_it_should(tmp_path: Path) -> None:
    path = written(tmp_path, {"RGB": flat(1, 0, 0)}, dataWindow=((8, -2), (13, 1)), displayWindow=((5, 0), (24, 9)))
    document = open_document(path)
    assert (document.width, document.height, document.layers[0].placement) == (20, 10, Placement(3, -2))


def test_grey_and_named_channels_and_others(tmp_path: Path) -> None:
    grey = np.full((4, 6), 1, np.float32)
    assert colour(written(tmp_path, {"Y": grey})) == [255, 255, 255, 255]
    path = written(tmp_path, {"beauty.R": grey, "beauty.G": 0 * grey, "beauty.B": 0 * grey, "beauty.A": grey, "Z": grey})
    assert colour(path) == [255, 0, 0, 255]
    assert any("1 other channel" in sentence for sentence in open_with_report(path).report)
    with pytest.raises(FileError, match="no colours"):
        open_document(written(tmp_path, {"Z": grey}))


def test_a_smaller_picture_can_be_written(tmp_path: Path) -> None:
    save_document(flat_document(), tmp_path / "a.exr", Encoding(width=32, height=24))
    assert (open_document(tmp_path / "a.exr").width, open_document(tmp_path / "a.exr").height) == (32, 24)


def test_huge_damaged_and_odd_files_are_refused(tmp_path: Path) -> None:
    small = written(tmp_path, {"RGBA": noise(6, 4).astype(np.float32)})
    whole = small.read_bytes()
    at = whole.index(b"dataWindow\0box2i\0") + 17 + 4
    (tmp_path / "bomb.exr").write_bytes(whole[:at] + (0).to_bytes(8, "little") + (99_999).to_bytes(4, "little") * 2 + whole[at + 16 :])
    with pytest.raises(FileError, match="100,000 × 100,000"):
        open_document(tmp_path / "bomb.exr")
    for length in (4, 50, len(whole) - 20):
        small.write_bytes(whole[:length])
        with pytest.raises(FileError, match="damaged"):
            open_document(small)
    swapped = whole.replace(b"screenWindowWidth\0float", b"xDensity\0\0\0\0\0\0\0\0\0\0float")
    small.write_bytes(swapped)
    with pytest.raises(FileError):
        open_document(small)


def test_a_resolution_that_is_no_number_is_passed_over(tmp_path: Path) -> None:
    """Found by mutated files: an attribute of a known name and a foreign type."""
    save_document(flat_document(), tmp_path / "a.exr")
    whole = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "a.exr").write_bytes(whole.replace(b"xDensity\0float\0", b"xDensity\0flop!\0"))
    assert open_document(tmp_path / "a.exr").dpi == 72


def planes(names: str, value: float) -> dict[str, np.ndarray]:
    return {name: np.full((4, 6), value, np.float32) for name in names.split()}


def test_the_picture_among_many_channels_is_found(tmp_path: Path) -> None:
    """Blender's Combined beside its passes; letters of either size; a part of colours behind one of depth."""
    flat = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    passes = planes("View.AO.R View.AO.G View.AO.B", 0.0) | planes("View.Combined.R View.Combined.G View.Combined.B", 1.0)
    OpenEXR.File(flat, passes).write(str(tmp_path / "blender.exr"))
    OpenEXR.File(flat, planes("r g b", 1.0)).write(str(tmp_path / "lower.exr"))
    parts = [OpenEXR.Part(dict(flat), planes("Z", 9.0), "depth"), OpenEXR.Part(dict(flat), planes("R G B", 1.0), "beauty")]
    OpenEXR.File(parts).write(str(tmp_path / "parts.exr"))
    for name in ("blender", "lower", "parts"):
        document = open_document(tmp_path / f"{name}.exr")
        assert render(document, document.rect)[2, 3].tolist() == [255, 255, 255, 255], name


def test_light_that_covers_nothing_is_told(tmp_path: Path) -> None:
    flat = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(flat, planes("R G B", 0.5) | planes("A", 0.0)).write(str(tmp_path / "flame.exr"))
    assert any("alpha 0" in sentence for sentence in open_with_report(tmp_path / "flame.exr").report)
