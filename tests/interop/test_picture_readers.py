"""Flat pictures between us and other programs, both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document import Document
from app.formats import open_document, open_with_report, save_document
from app.render import render
from tests.documents import flat_document, full_document, gradient
from tests.interop import programs


def look(document: Document) -> np.ndarray:
    return render(document, document.rect).astype(int)


@pytest.mark.parametrize("suffix", ("png", "jpg", "tiff", "webp", "avif"))
def test_exiftool_finds_the_provenance_and_profile_of_flat_pictures(suffix: str, tmp_path: Path) -> None:
    save_document(full_document(), tmp_path / f"a.{suffix}")
    found = programs.metadata_by_exiftool(tmp_path / f"a.{suffix}")
    assert (found["ImageWidth"], found["ImageHeight"]) == (320, 300)
    assert found["DigitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert "sRGB" in found["ProfileDescription"]


@pytest.mark.parametrize("suffix", ("png", "jpg", "tiff", "webp", "avif", "exr"))
def test_imagemagick_shows_what_we_wrote(suffix: str, tmp_path: Path) -> None:
    document = flat_document()
    save_document(document, tmp_path / f"a.{suffix}")
    programs.convert_with_imagemagick(tmp_path / f"a.{suffix}", "-colorspace", "sRGB", f"PNG32:{tmp_path / 'seen.png'}")
    with Image.open(tmp_path / "seen.png") as image:
        seen = np.asarray(image.convert("RGBA")).astype(int)
    assert np.abs(seen - look(document)).mean() < {"jpg": 1.5, "webp": 2, "avif": 2}.get(suffix, 0.02)


@pytest.mark.parametrize(
    ("target", "options", "tolerance", "told"),
    (
        ("deep.tiff", ("-depth", "16", "-compress", "zip"), 1, "8 bits"),
        ("PNG64:deep.png", (), 1, "8 bits"),
        ("tiled.tiff", ("-define", "tiff:tile-geometry=32x32", "-compress", "lzw"), 0, ""),
        ("little.tiff", ("-endian", "LSB", "-compress", "rle"), 0, ""),
        ("planes.tiff", ("-interlace", "plane"), 0, ""),
        ("palette.png", ("-colors", "200", "-type", "palette"), 60, ""),
        ("lossless.webp", ("-define", "webp:lossless=true"), 0, ""),
        ("fine.jpg", ("-quality", "98", "-interlace", "JPEG"), 12, ""),
        ("fine.avif", ("-quality", "95"), 20, ""),
        ("a.exr", ("-colorspace", "RGB"), 1, "linear"),
        ("a.bmp", (), 0, ""),
    ),
)
def test_we_show_what_imagemagick_wrote(target: str, options: tuple[str, ...], tolerance: int, told: str, tmp_path: Path) -> None:
    picture = gradient(64, 48)
    Image.fromarray(picture).save(tmp_path / "source.png")
    kind, _, name = target.rpartition(":")
    programs.convert_with_imagemagick(tmp_path / "source.png", *options, f"{kind}:{tmp_path / name}" if kind else tmp_path / name)
    result = open_with_report(tmp_path / name)
    assert np.abs(look(result.document)[..., :3] - picture).max() <= tolerance
    assert told in " ".join(result.report)


def test_pages_cmyk_and_moving_pictures_of_imagemagick(tmp_path: Path) -> None:
    colours = ("xc:red", "xc:lime", "xc:blue")
    sizes = [part for colour in colours for part in ("-size", "20x10", colour)]
    for name in ("pages.tiff", "moving.gif"):
        programs.convert_with_imagemagick(*sizes, "-depth", "8", tmp_path / name)
    pages = open_document(tmp_path / "pages.tiff")
    assert [layer.pixels.to_array()[0, 0, :3].tolist() for layer in pages.layers] == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]
    moving = open_with_report(tmp_path / "moving.gif")
    assert look(moving.document)[0, 0].tolist() == [255, 0, 0, 255] and "first of 3" in moving.report[0]
    programs.convert_with_imagemagick("-size", "20x10", "xc:red", "-colorspace", "CMYK", tmp_path / "ink.tiff")
    ink = open_with_report(tmp_path / "ink.tiff")
    assert np.abs(look(ink.document)[0, 0] - (255, 0, 0, 255)).max() <= 40 and "CMYK" in " ".join(ink.report)
