"""Flat pictures between us and other programs, both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.formats import Encoding, open_document, open_with_report, save_document
from app.formats.raster import layers_apart
from app.render.render import render
from tests.documents import flat_document, full_document, gradient, noise
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


def soft_document() -> Document:
    """Noise that fades out to the left, and a square of its own."""
    soft = noise(64, 48, 3)
    soft[..., 3] = np.linspace(0, 255, 64).astype(np.uint8)
    return Document(64, 48, (make_layer("soft", Pixels.from_array(soft)), make_layer("square ☕", Pixels.from_array(noise(20, 20, 4)))))


GIMPS = {
    "a.png": Encoding(), "deep.png": Encoding(deep=True), "a.tif": Encoding(), "deep.tif": Encoding(deep=True),
    "a.webp": Encoding(lossless=True), "a.avif": Encoding(quality=100), "pages.tif": Encoding(pages=True, deep=True),
}  # fmt: skip


def test_gimp_shows_what_we_wrote_with_8_and_16_bits_and_the_pages_as_layers(tmp_path: Path) -> None:
    document = soft_document()
    for name, encoding in GIMPS.items():
        save_document(document, tmp_path / name, encoding)
    seen = dict(zip(GIMPS, programs.read_with_gimp([tmp_path / name for name in GIMPS], tmp_path), strict=True))
    ours = look(document)
    for name, (_, theirs) in seen.items():
        assert theirs.shape == ours.shape and np.abs(theirs[..., 3] - ours[..., 3]).max() <= 1, name
        if name != "pages.tif":  # GIMP mixes layers in linear light; each page by itself is looked at below
            error = np.abs(theirs[..., :3] - ours[..., :3]) * (ours[..., 3:] / 255)  # as it shows
            assert error.max() <= {"a.avif": 2}.get(name, 0), name
    assert [layer.name for layer in seen["pages.tif"][0]] == ["soft", "square ☕"]


def test_exiftool_finds_size_and_depth_of_deep_pictures_and_exr(tmp_path: Path) -> None:
    for name in ("deep.png", "deep.tif", "a.exr"):
        save_document(soft_document(), tmp_path / name, GIMPS.get(name, Encoding()))
    png, tiff, exr = (programs.metadata_by_exiftool(tmp_path / name) for name in ("deep.png", "deep.tif", "a.exr"))
    assert png["BitDepth"] == 16 and tiff["BitsPerSample"] == "16 16 16 16"
    assert "sRGB" in png["ProfileDescription"] and "sRGB" in tiff["ProfileDescription"]
    assert exr["Channels"] == [f"{name} half 1 1" for name in "ABGR"]
    assert {(each["ImageWidth"], each["ImageHeight"]) for each in (png, tiff, exr)} == {(64, 48)}


def test_imagemagick_finds_every_page(tmp_path: Path) -> None:
    save_document(soft_document(), tmp_path / "pages.tif", GIMPS["pages.tif"])
    programs.convert_with_imagemagick(tmp_path / "pages.tif", f"PNG32:{tmp_path / 'page%d.png'}")
    for number, (_, apart) in enumerate(layers_apart(soft_document(), hidden=False)):
        with Image.open(tmp_path / f"page{number}.png") as page:
            assert np.array_equal(np.asarray(page.convert("RGBA")), look(apart))


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
