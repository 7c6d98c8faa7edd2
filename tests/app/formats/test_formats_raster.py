"""Pictures open as they look in a photo viewer, and are written as they look on the canvas."""

from __future__ import annotations

import io
import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from app.document.document import Document, make_layer
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import Encoding, losses, open_document, open_with_report, save_document
from app.formats.color import SRGB
from app.formats.raster import layers_apart
from app.render.render import render
from tests.documents import flat_document, full_document, gradient, noise, wide_profile

WIDTH, HEIGHT = 64, 48
CMYK_PROFILES = ("/usr/share/color/icc/ghostscript/default_cmyk.icc", "/usr/share/color/icc/colord/SWOP2006_Coated3v2.icc")


def opened(path: Path) -> np.ndarray:
    """(h, w, 4) uint8 of the one layer."""
    document = open_document(path)
    assert len(document.layers) == 1
    pixels = document.layers[0].pixels.to_array()
    assert pixels.shape == (document.height, document.width, 4)
    return pixels


@pytest.mark.parametrize("suffix", ("png", "tiff", "bmp", "webp", "gif", "jpg", "avif"))
def test_a_picture_opens_as_one_layer_named_after_the_file(tmp_path: Path, suffix: str) -> None:
    picture = gradient(WIDTH, HEIGHT)
    path = tmp_path / f"my photo.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix in ("jpg", "avif") else {}
    Image.fromarray(picture).save(path, **options)
    document = open_document(path)
    assert (document.width, document.height) == (WIDTH, HEIGHT)
    assert [layer.name for layer in document.layers] == ["my photo"]
    error = np.abs(opened(path)[..., :3].astype(int) - picture).mean()
    assert error <= {"gif": 8, "jpg": 2, "avif": 2}.get(suffix, 0)
    assert (opened(path)[..., 3] == 255).all()


@pytest.mark.parametrize("suffix", ("png", "tiff", "webp"))
def test_transparency_comes_in_straight(tmp_path: Path, suffix: str) -> None:
    picture = noise(WIDTH, HEIGHT)
    picture[..., 3] = np.maximum(picture[..., 3], 1)
    Image.fromarray(picture).save(tmp_path / f"a.{suffix}", **({"lossless": True, "exact": True} if suffix == "webp" else {}))
    assert np.array_equal(opened(tmp_path / f"a.{suffix}"), picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_stands_upright(tmp_path: Path, orientation: int) -> None:
    """EXIF orientation: the camera stored it turned or mirrored and wrote down how."""
    upright = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    upright[:16, :16] = (255, 0, 0)  # red at the upper left
    upright[:16, -16:] = (0, 255, 0)  # green at the upper right
    turn = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1), 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    fine = {"quality": 100, "subsampling": "4:4:4"}
    for suffix, options in (("jpg", fine), ("png", {}), ("tiff", {}), ("webp", {"lossless": True}), ("avif", fine)):
        path = tmp_path / f"a.{suffix}"
        Image.fromarray(np.ascontiguousarray(turn[orientation](upright))).save(path, exif=exif, **options)
        assert np.abs(opened(path)[..., :3].astype(int) - upright).max() <= 40, suffix


def test_the_named_profile_is_kept_when_it_says_srgb(tmp_path: Path) -> None:
    Image.fromarray(gradient(WIDTH, HEIGHT)).save(tmp_path / "a.png", icc_profile=SRGB)
    result = open_with_report(tmp_path / "a.png")
    assert result.document.profile == SRGB and result.report == ()
    save_document(result.document, tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.info["icc_profile"] == SRGB


def test_another_profile_is_converted_and_the_report_says_so(tmp_path: Path) -> None:
    """With red and green primaries swapped, what looks red is stored as green; the document must hold red."""
    stored = np.zeros((4, 4, 4), np.uint8)
    stored[..., 1], stored[..., 3] = 255, 200
    Image.fromarray(stored).save(tmp_path / "a.png", icc_profile=wide_profile())
    result = open_with_report(tmp_path / "a.png")
    seen = result.document.layers[0].pixels.to_array()[0, 0]
    assert np.abs(seen.astype(int) - (255, 0, 0, 200)).max() <= 2
    assert result.document.profile is None  # sRGB from now on
    assert any("converted" in sentence and "sRGB" in sentence for sentence in result.report)


def test_a_damaged_profile_does_not_lose_the_picture(tmp_path: Path) -> None:
    picture = gradient(WIDTH, HEIGHT)
    Image.fromarray(picture).save(tmp_path / "a.png", icc_profile=b"nonsense" * 30)
    result = open_with_report(tmp_path / "a.png")
    assert np.array_equal(result.document.layers[0].pixels.to_array()[..., :3], picture)
    assert any("profile" in sentence for sentence in result.report)


def test_dots_per_inch_survive(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "tiff"):
        Image.fromarray(gradient(8, 8)).save(tmp_path / f"a.{suffix}", dpi=(300, 300))
        document = open_document(tmp_path / f"a.{suffix}")
        assert document.dpi == 300
        save_document(document, tmp_path / f"b.{suffix}")
        assert open_document(tmp_path / f"b.{suffix}").dpi == 300


def test_grey_palette_and_other_kinds_become_rgb(tmp_path: Path) -> None:
    picture = Image.fromarray(gradient(WIDTH, HEIGHT))
    grey = np.asarray(picture.convert("L"))
    picture.convert("L").save(tmp_path / "grey.png")
    assert np.array_equal(opened(tmp_path / "grey.png")[..., 0], grey)
    picture.convert("LA").save(tmp_path / "grey alpha.png")
    assert np.array_equal(opened(tmp_path / "grey alpha.png")[..., 2], grey)
    picture.convert("1").save(tmp_path / "ink.png")
    assert set(np.unique(opened(tmp_path / "ink.png")[..., :3])) == {0, 255}
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    assert np.array_equal(opened(tmp_path / "sixteen.png")[..., 0], grey)
    Image.fromarray(grey.astype(np.float32) / 255).save(tmp_path / "float.tiff")
    assert np.array_equal(opened(tmp_path / "float.tiff")[..., 0], grey)
    holes = picture.convert("P")
    holes.save(tmp_path / "holes.gif", transparency=holes.getpixel((0, 0)))
    assert opened(tmp_path / "holes.gif")[0, 0, 3] == 0


def test_a_cmyk_photograph_opens_in_its_right_colours(tmp_path: Path) -> None:
    ink = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    ink[:, :32, 1:3] = 255  # magenta and yellow: red
    Image.fromarray(ink, "CMYK").save(tmp_path / "a.jpg", quality=100)
    result = open_with_report(tmp_path / "a.jpg")
    pixels = result.document.layers[0].pixels.to_array()
    assert pixels[20, 10, 0] > 230 and pixels[20, 10, 1] < 30 and pixels[20, 50, :3].min() > 240
    assert any("CMYK" in sentence for sentence in result.report)


def test_a_moving_picture_gives_its_first_frame_and_says_so(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue", "green")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    result = open_with_report(tmp_path / "a.gif")
    assert result.document.layers[0].pixels.to_array()[5, 5, :3].tolist() == [255, 0, 0]
    assert any("first of 3" in sentence for sentence in result.report)


@pytest.mark.parametrize("suffix", ("png", "webp", "avif"))
def test_other_moving_pictures_too(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    result = open_with_report(tmp_path / f"a.{suffix}")
    assert np.abs(result.document.layers[0].pixels.to_array()[5, 5, :3].astype(int) - (255, 0, 0)).max() <= 4
    assert any("first of 2" in sentence for sentence in result.report)


def test_the_pages_of_a_tiff_become_layers_the_first_on_top(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (20, 30), "red"), Image.new("L", (40, 10), 77), Image.new("RGBA", (20, 30), (0, 0, 255, 90))]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:], dpi=(300, 300))
    result = open_with_report(tmp_path / "a.tiff")
    document = result.document
    assert (document.width, document.height, document.dpi) == (40, 30, 300)
    assert [layer.name for layer in document.layers] == ["a 3", "a 2", "a 1"]
    assert [layer.pixels.to_array()[0, 0].tolist() for layer in document.layers] == [[0, 0, 255, 90], [77, 77, 77, 255], [255, 0, 0, 255]]
    assert any("3 pages" in sentence for sentence in result.report)


def test_the_small_copy_that_a_scanner_puts_behind_is_no_page(tmp_path: Path) -> None:
    small = Image.new("RGB", (4, 6), "blue")
    small.encoderinfo = {"tiffinfo": {254: 1}}
    Image.new("RGB", (20, 30), "red").save(tmp_path / "a.tiff", save_all=True, append_images=[small])
    assert [layer.name for layer in open_document(tmp_path / "a.tiff").layers] == ["a"]


def test_layers_that_photoshop_hid_in_a_tiff_are_told_of(tmp_path: Path) -> None:
    Image.fromarray(gradient(9, 9)).save(tmp_path / "a.tiff", tiffinfo={37724: b"Adobe Photoshop Document Data Block\0"})
    assert any("Photoshop" in sentence for sentence in open_with_report(tmp_path / "a.tiff").report)


@pytest.mark.parametrize("suffix", ("png", "tiff"))
def test_sixteen_bits_a_channel_become_eight_and_the_report_says_so(tmp_path: Path, suffix: str) -> None:
    """Values between the steps of eight bits go to the nearest step or the one below."""
    levels = np.arange(0, 65536, 64, dtype=np.uint16)
    deep = np.dstack([levels.reshape(32, 32), levels[::-1].reshape(32, 32), np.full((32, 32), 65535, np.uint16)])
    write_sixteen(deep, tmp_path / f"a.{suffix}")
    result = open_with_report(tmp_path / f"a.{suffix}")
    assert np.abs(result.document.layers[0].pixels.to_array()[..., :3] - deep / 257.0).max() < 1
    assert result.report == ("The picture had more than 8 bits a channel; they were reduced to 8.",)


def write_sixteen(deep: np.ndarray, path: Path) -> None:
    """(h, w, 3) uint16, by a library that is not the one under test (or, for PNG, by hand)."""
    if path.suffix == ".tiff":
        tifffile.imwrite(path, deep, photometric="rgb")
        return
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    head = struct.pack(">IIBBBBB", deep.shape[1], deep.shape[0], 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ))  # fmt: skip


DEEP = {"uint16": np.uint16, "uint32": np.uint32, "float16": np.float16, "float32": np.float32}
DEEP_COLOURS = {"grey": ("minisblack", 1, 0), "grey on nothing": ("minisblack", 1, 1), "rgb": ("rgb", 3, 0), "rgba": ("rgb", 3, 1)}


@pytest.mark.parametrize("planes", ("contig", "separate"))
@pytest.mark.parametrize("colours", DEEP_COLOURS)
@pytest.mark.parametrize("kind", DEEP)
def test_tiffs_of_more_than_eight_bits_of_every_build_show_the_right_colours(tmp_path: Path, kind: str, colours: str, planes: str) -> None:
    """Pillow takes planes of 16 bits, and greys of 32, for something else without a word."""
    photometric, channels, alpha = DEEP_COLOURS[colours]
    rng = np.random.default_rng(3)
    share = rng.random((23, 31, channels + alpha))
    dtype = np.dtype(DEEP[kind])
    levels = share.astype(dtype) if dtype.kind == "f" else np.rint(share * np.iinfo(dtype).max).astype(dtype)
    if channels + alpha == 1:
        levels, planes = levels[..., 0], None
    elif planes == "separate":
        levels = np.moveaxis(levels, -1, 0)
    for order, packing in (("<", None), (">", "zlib")):
        extra = {"extrasamples": ["unassalpha"]} if alpha else {}
        tifffile.imwrite(
            tmp_path / "a.tif", levels, byteorder=order, compression=packing, photometric=photometric, planarconfig=planes, **extra
        )
        seen = opened(tmp_path / "a.tif") / 255
        assert np.abs(seen[..., :3] - share[..., :channels]).max() <= 0.51 / 255 + 2e-3 * (kind == "float16")
        assert np.abs(seen[..., 3:] - (share[..., channels:] if alpha else 1)).max() <= 0.51 / 255 + 2e-3 * (kind == "float16")
        assert any("8 bits" in sentence for sentence in open_with_report(tmp_path / "a.tif").report)


def test_deep_tiffs_with_premultiplied_alpha_inks_and_white_as_zero(tmp_path: Path) -> None:
    half = np.full((4, 4, 4), 32768, np.uint16)
    half[..., 0] = 16384
    tifffile.imwrite(tmp_path / "a.tif", half, photometric="rgb", extrasamples=["assocalpha"])
    assert np.abs(opened(tmp_path / "a.tif")[0, 0].astype(int) - (128, 255, 255, 128)).max() <= 1
    tifffile.imwrite(tmp_path / "b.tif", np.full((4, 4), 13107, np.uint16), photometric="miniswhite")
    assert opened(tmp_path / "b.tif")[0, 0].tolist() == [204, 204, 204, 255]
    ink = np.zeros((4, 4, 4), np.uint16)
    ink[..., 1:3] = 65535
    tifffile.imwrite(tmp_path / "c.tif", np.moveaxis(ink, -1, 0), photometric="separated", planarconfig="separate")
    red, green, blue, _ = opened(tmp_path / "c.tif")[0, 0].astype(int)
    assert red > 180 and green < 90 and blue < 90
    told = " ".join(open_with_report(tmp_path / "c.tif").report)
    assert "CMYK" in told and "8 bits" in told


def test_a_deep_tiff_stands_upright_in_its_profiles_colours_with_its_resolution(tmp_path: Path) -> None:
    levels = np.zeros((10, 20, 3), np.uint16)
    levels[:5] = (65535, 0, 0)
    tags = [(274, "H", 1, 6, True)]
    resolution = {"resolution": (300, 300), "resolutionunit": "inch"}
    tifffile.imwrite(tmp_path / "a.tif", levels, photometric="rgb", iccprofile=wide_profile(), extratags=tags, **resolution)
    result = open_with_report(tmp_path / "a.tif")
    assert (result.document.width, result.document.height, result.document.dpi) == (10, 20, 300)
    pixels = result.document.layers[0].pixels.to_array()
    assert pixels[0, [0, 9]].tolist() == [[0, 0, 0, 255], [0, 255, 0, 255]]  # turned, so that above is right; by this profile red is green
    assert any("sRGB" in sentence for sentence in result.report)


def test_what_no_colours_are_known_for_is_refused_by_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4, 3), np.uint16), photometric="logluv")
    with pytest.raises(FileError, match="LOGLUV"):
        open_document(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((70_000, 2), np.float32), compression="zlib")
    assert open_document(tmp_path / "b.tif").height == 70_000
    with tifffile.TiffFile(tmp_path / "b.tif", mode="r+b") as file:  # it claims more than any memory holds
        file.pages[0].tags["ImageWidth"].overwrite(299_999)
    with pytest.raises(FileError, match="299,999 × 70,000 pixels"):
        open_document(tmp_path / "b.tif")


@pytest.mark.parametrize("suffix", (".png", ".tif"))
@pytest.mark.parametrize("document", (full_document(), flat_document()), ids=("full", "flat"))
def test_sixteen_bits_out_are_the_same_picture_and_what_they_hold_is_said(tmp_path: Path, suffix: str, document: Document) -> None:
    deep, path = Encoding(deep=True), tmp_path / f"a{suffix}"
    save_document(document, path, deep)
    levels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == np.uint16
    ours = render(document, document.rect)
    assert np.array_equal(levels[..., 2::-1] // 257, ours[..., :3]) and not (levels % 257).any()
    found = open_with_report(path)
    assert np.array_equal(render(found.document, found.document.rect), ours)
    assert abs(found.document.dpi - document.dpi) < 0.02
    assert any("composed with 8 bits" in sentence for sentence in losses(document, path, deep))
    assert not any("composed with 8 bits" in sentence for sentence in losses(document, path))


def test_a_tiff_without_a_page_is_refused(tmp_path: Path) -> None:
    """Found by mutated files: its header leads nowhere."""
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8))
    with (tmp_path / "a.tif").open("r+b") as file:
        file.seek(4)
        file.write(bytes(4))
    with pytest.raises(FileError, match="damaged"):
        open_document(tmp_path / "a.tif")


def test_layers_become_the_pages_of_a_tiff_and_come_back(tmp_path: Path) -> None:
    document, path = full_document(), tmp_path / "a.tif"
    save_document(document, path, Encoding(pages=True))
    shown = layers_apart(document, hidden=False)
    found = open_with_report(path)
    assert [layer.name for layer in found.document.layers] == [layer.name for layer, _ in shown]
    for layer, (_, apart) in zip(found.document.layers, shown, strict=True):
        assert np.array_equal(layer.pixels.to_array(), render(apart, document.rect))
    assert any("first at the bottom" in sentence for sentence in found.report)
    assert any("becomes a page" in sentence for sentence in losses(document, path, Encoding(pages=True)))
    nothing = replace(document, layers=tuple(replace(node, visible=False) for node in document.layers))
    with pytest.raises(FileError, match="no visible layer"):
        save_document(nothing, path, Encoding(pages=True))
    assert len(open_document(path).layers) == len(shown)  # the file before


def test_a_cmyk_profile_decides_the_colours(tmp_path: Path) -> None:
    """A profile that the system's colour engine made of sRGB and ink: without it full cyan would be (0, 255, 255)."""
    profile = next((path for path in map(Path, CMYK_PROFILES) if path.exists()), None)
    if profile is None:
        pytest.skip("no CMYK profile is installed (ghostscript or colord brings one)")
    ink = np.zeros((8, 8, 4), np.uint8)
    ink[..., 0] = 255
    Image.fromarray(ink, "CMYK").save(tmp_path / "a.tiff", icc_profile=profile.read_bytes())
    result = open_with_report(tmp_path / "a.tiff")
    red, green, blue, _alpha = result.document.layers[0].pixels.to_array()[0, 0].tolist()
    assert red < 60 and 100 < green < 200 and blue > 180
    assert any("CMYK" in sentence for sentence in result.report)


def test_a_grey_picture_with_a_profile_of_its_own(tmp_path: Path) -> None:
    """Gamma 1.0: the level 55 is 21.4 % of the light, sRGB's middle grey."""
    Image.new("L", (8, 8), 55).save(tmp_path / "a.png", icc_profile=linear_grey())
    assert np.abs(opened(tmp_path / "a.png")[0, 0, :3].astype(int) - 128).max() <= 1


def linear_grey() -> bytes:
    """A grey ICC profile of gamma 1 (ICC.1:2010): header, and the tags desc, cprt, wtpt, kTRC."""
    text = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + b"\0" * 79
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, b"kTRC": b"curv" + b"\0" * 8}
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12x4s", at + len(body), b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp").ljust(68, b"\0")
    return (head + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    Image.fromarray(gradient(WIDTH, HEIGHT)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert opened(tmp_path / "a.jpg").shape == (HEIGHT, WIDTH, 4)


def test_a_saved_picture_shows_what_the_canvas_shows(tmp_path: Path) -> None:
    document = full_document()
    save_document(document, tmp_path / "a.png")
    save_document(document, tmp_path / "a.tiff")
    assert np.array_equal(opened(tmp_path / "a.png"), opened(tmp_path / "a.tiff"))
    save_document(document, tmp_path / "a.jpg")
    assert np.abs(opened(tmp_path / "a.jpg").astype(int) - opened(tmp_path / "a.png")).mean() < 6


def test_jpeg_lays_transparency_on_white_and_warns_before(tmp_path: Path) -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[..., 3] = 128  # half-transparent black
    document = Document(32, 32, (make_layer("veil", Pixels.from_array(pixels)),))
    assert any("white" in sentence for sentence in losses(document, tmp_path / "a.jpg"))
    save_document(document, tmp_path / "a.jpg")
    assert abs(int(opened(tmp_path / "a.jpg")[16, 16, 0]) - 127) <= 2


def test_a_warning_names_what_a_flat_picture_drops(tmp_path: Path) -> None:
    assert losses(flat_document(), tmp_path / "a.png") == []
    assert any("layers" in sentence for sentence in losses(full_document(), tmp_path / "a.png"))


@pytest.mark.parametrize("suffix", ("png", "jpg", "webp", "tiff", "avif"))
def test_a_picture_with_generated_layers_says_so(tmp_path: Path, suffix: str) -> None:
    save_document(full_document(), tmp_path / f"a.{suffix}")
    written = (tmp_path / f"a.{suffix}").read_bytes()
    assert b"compositeWithTrainedAlgorithmicMedia" in written
    assert b"a red mug" not in written  # prompts stay in the project
    save_document(flat_document(), tmp_path / f"b.{suffix}")
    assert b"compositeWithTrainedAlgorithmicMedia" not in (tmp_path / f"b.{suffix}").read_bytes()


def test_size_and_quality_are_chosen_on_export(tmp_path: Path) -> None:
    document = Document(WIDTH, HEIGHT, (make_layer("noise", Pixels.from_array(noise(WIDTH, HEIGHT))),))
    for suffix in ("jpg", "webp", "avif"):
        sizes = []
        for quality in (20, 60, 100):
            save_document(document, tmp_path / f"a.{suffix}", Encoding(quality=quality))
            sizes.append((tmp_path / f"a.{suffix}").stat().st_size)
        assert sizes == sorted(set(sizes)), suffix
    save_document(document, tmp_path / "a.webp", Encoding(lossless=True))
    assert np.array_equal(opened(tmp_path / "a.webp"), render(document, document.rect))
    save_document(document, tmp_path / "a.png", Encoding(width=32, height=12))
    assert opened(tmp_path / "a.png").shape == (12, 32, 4)


def test_scaling_brings_no_colour_of_invisible_pixels_into_the_edges(tmp_path: Path) -> None:
    """A white disc on invisible black, made smaller: every pixel that can be seen is white."""
    pixels = np.zeros((80, 80, 4), np.uint8)
    y, x = np.mgrid[:80, :80]
    pixels[np.hypot(x - 40, y - 40) < 30] = 255
    save_document(Document(80, 80, (make_layer("disc", Pixels.from_array(pixels)),)), tmp_path / "a.png", Encoding(width=33, height=33))
    small = opened(tmp_path / "a.png")
    assert small[small[..., 3] > 8][:, :3].min() >= 250


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_document(path)
    assert caught.value.sentence.endswith(".")
    return caught.value.sentence


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    small = io.BytesIO()
    Image.new("1", (8, 8)).save(small, format="PNG")
    head = bytearray(small.getvalue())
    head[16:24] = (100_000).to_bytes(4, "big") * 2
    head[29:33] = zlib.crc32(bytes(head[12:29])).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(bytes(head))
    assert "100,000 × 100,000" in refusal(tmp_path / "bomb.png")


@pytest.mark.parametrize("suffix", ("png", "jpg", "webp", "tiff", "gif", "bmp", "avif"))
def test_a_cut_or_scrambled_picture_opens_as_far_as_it_goes_or_is_refused_in_a_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise(WIDTH, HEIGHT)[..., :3]).save(path)
    whole = path.read_bytes()
    random = np.random.default_rng(1)
    for length in (1, 5, 20, 60, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        try:
            assert any("ends too early" in sentence for sentence in open_with_report(path).report) and length > 60
        except FileError as error:
            assert error.sentence.endswith(".")
    for _ in range(60):  # any answer but a crash: some changes go unnoticed, some are refused
        scrambled = bytearray(whole)
        for place in random.integers(0, len(whole), 5):
            scrambled[place] = random.integers(256)
        path.write_bytes(bytes(scrambled))
        try:
            open_document(path)
        except FileError as error:
            assert error.sentence


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    assert "notes.png" in refusal(tmp_path / "notes.png")
    (tmp_path / "empty.png").write_bytes(b"")
    assert "empty" in refusal(tmp_path / "empty.png")
    assert "does not exist" in refusal(tmp_path / "missing.png")
    assert "folder" in refusal(tmp_path)


def test_too_long_for_jpeg_is_said_before_anything_is_written(tmp_path: Path) -> None:
    document = Document(70_000, 1, (make_layer("line", Pixels.empty(1, 1), Placement()),))
    with pytest.raises(FileError, match="65,500"):
        save_document(document, tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    for name in ("a.xcf", "a"):
        with pytest.raises(FileError, match="ending"):
            save_document(flat_document(), tmp_path / name)


def test_twelve_megapixels_open_quickly(tmp_path: Path) -> None:
    """About a second of one slow core's work; the test allows three, and counts its own work only."""
    Image.fromarray(np.tile(gradient(400, 300), (10, 10, 1))).save(tmp_path / "big.jpg", quality=90)
    start = time.process_time()
    document = open_document(tmp_path / "big.jpg")
    assert (document.width, document.height) == (4000, 3000)
    assert time.process_time() - start < 3
