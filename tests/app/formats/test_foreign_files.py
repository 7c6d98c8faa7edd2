"""What other programs write: one odd thing refuses no file, what is cut opens as far as it goes, and colours are those that the file names."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Tag
from psd_tools.psd.vector import ClosedKnotLinked, ClosedPath, VectorMaskSetting
from psd_tools.psd.vector import Path as VectorPath

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import Encoding, open_document, open_with_report, save_document
from app.render.render import render
from tests.documents import noise

FOREIGN = Path(__file__).with_name("foreign")
RED, BLUE, CLEAR = [255, 0, 0, 255], [0, 0, 255, 255], [0, 0, 0, 0]


def at(document: Document, x: int, y: int) -> list[int]:
    return render(document, document.rect)[y, x].tolist()


def plain(colour: tuple[int, ...], width: int = 20, height: int = 10) -> Pixels:
    return Pixels.from_array(np.full((height, width, 4), colour, np.uint8))


def png(colour: tuple[int, ...] = (255, 0, 0, 255), width: int = 20) -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA", (width, 10), colour).save(stream, format="PNG")
    return stream.getvalue()


def openraster(folder: Path, layers: str, **entries: bytes) -> Path:
    path = folder / "theirs.ora"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "image/openraster")
        out.writestr("stack.xml", f"<image w='20' h='10'><stack>{layers}</stack></image>")
        for name, data in ({"data/red.png": png(), "data/left.png": png(width=10)} | entries).items():
            out.writestr(name, data)
    return path


def test_a_layer_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    layers = "<layer name='drawing' src='data/a.svg'/><layer name='lost' src='data/none.png'/><layer src='data/red.png'/>"
    opened = open_with_report(openraster(tmp_path, layers, **{"data/a.svg": b"<svg/>"}))
    assert len(opened.document.layers) == 1 and at(opened.document, 5, 5) == RED
    assert any("lost, drawing" in sentence for sentence in opened.report)


@pytest.mark.parametrize(("written", "alpha", "told"), (("0,5", 128, False), ("2", 255, True), ("nan", 255, True), ("much", 255, True)))
def test_an_odd_opacity_refuses_nothing(tmp_path: Path, written: str, alpha: int, told: bool) -> None:
    opened = open_with_report(openraster(tmp_path, f"<layer src='data\\red.png' opacity='{written}'/>"))
    assert abs(at(opened.document, 5, 5)[3] - alpha) <= 1
    assert any("no number from 0 to 1" in sentence for sentence in opened.report) is told


@pytest.mark.parametrize(("operation", "left", "right"), (("svg:dst-out", CLEAR, RED), ("svg:dst-in", RED, CLEAR)))
def test_an_erasing_layer_erases_and_paints_nothing(tmp_path: Path, operation: str, left: list[int], right: list[int]) -> None:
    opened = open_with_report(openraster(tmp_path, f"<layer src='data/left.png' composite-op='{operation}'/><layer src='data/red.png'/>"))
    assert (at(opened.document, 2, 5), at(opened.document, 15, 5)) == (left, right)
    assert any("erasing" in sentence for sentence in opened.report)


# PNG


def with_chunks(whole: bytes, **chunks: bytes) -> bytes:
    between = b"".join(
        struct.pack(">I", len(body)) + kind.encode() + body + struct.pack(">I", zlib.crc32(kind.encode() + body))
        for kind, body in chunks.items()
    )
    return whole[:33] + between + whole[33:]


def test_gamma_and_primaries_of_a_png_are_followed(tmp_path: Path) -> None:
    grey, green = png((129, 129, 129, 255)), png((0, 255, 0, 255))
    (tmp_path / "linear.png").write_bytes(with_chunks(grey, gAMA=struct.pack(">I", 100_000)))
    assert abs(at(open_document(tmp_path / "linear.png"), 5, 5)[0] - 188) <= 1
    p3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    (tmp_path / "p3.png").write_bytes(with_chunks(png((100, 180, 60, 255)), gAMA=struct.pack(">I", 45455), cHRM=p3))
    assert np.abs(np.array(at(open_document(tmp_path / "p3.png"), 5, 5)[:3]) - display_p3((100, 180, 60))).max() <= 2
    srgb = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    (tmp_path / "same.png").write_bytes(with_chunks(green, gAMA=struct.pack(">I", 45455), cHRM=srgb))
    assert open_with_report(tmp_path / "same.png").report == () and at(open_document(tmp_path / "same.png"), 5, 5) == [0, 255, 0, 255]


def display_p3(levels: tuple[int, int, int]) -> np.ndarray:
    """As sRGB, by the matrices of CSS Color 4."""
    encoded = np.array(levels) / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(((0.4865709, 0.2656677, 0.1982173), (0.2289746, 0.6917385, 0.0792869), (0.0, 0.0451134, 1.0439444)))
    to_rgb = np.array(((3.2409699, -1.5373832, -0.4986108), (-0.9692436, 1.8759675, 0.0415551), (0.0556301, -0.203977, 1.0569715)))
    light = np.clip(to_rgb @ to_xyz @ light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def test_the_transparent_level_of_a_sixteen_bit_grey_is_exact(tmp_path: Path) -> None:
    levels = np.array([[1000, 1001, 40_000, 65_535]], np.uint16)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, format="PNG")
    (tmp_path / "key.png").write_bytes(with_chunks(stream.getvalue(), tRNS=struct.pack(">H", 1000)))
    document = open_document(tmp_path / "key.png")
    assert [at(document, x, 0)[3] for x in range(4)] == [0, 255, 255, 255]


@pytest.mark.parametrize("suffix", ("jpg", "png"))
def test_a_picture_that_ends_early_opens_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise(300, 300)[..., :3]).save(path)
    whole = open_document(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    opened = open_with_report(path)
    assert any("ends too early" in sentence for sentence in opened.report)
    assert at(opened.document, 5, 5) == at(whole, 5, 5)


# TIFF


def test_the_alpha_beside_inks_is_kept(tmp_path: Path) -> None:
    inks = np.zeros((4, 6, 5), np.uint8)
    inks[:, 3:, 4] = 255
    tifffile.imwrite(tmp_path / "inks.tif", inks, photometric="separated", planarconfig="contig", extrasamples=["unassalpha"])
    document = open_document(tmp_path / "inks.tif")
    assert (at(document, 1, 1)[3], at(document, 4, 1)) == (0, [255, 255, 255, 255])


@pytest.mark.parametrize("neutral", (0, 1 << 15))
def test_lab_of_sixteen_bits_is_read_signed_and_unsigned(tmp_path: Path, neutral: int) -> None:
    lab = np.full((4, 6, 3), neutral, np.uint16)
    lab[..., 0] = 65_535
    tifffile.imwrite(tmp_path / "lab.tif", lab, photometric="cielab")
    assert min(at(open_document(tmp_path / "lab.tif"), 1, 1)[:3]) >= 254


def test_a_tiff_packed_as_webp_opens(tmp_path: Path) -> None:
    picture = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    tifffile.imwrite(tmp_path / "webp.tif", picture, photometric="rgb", compression="webp", compressionargs={"lossless": True})
    assert at(open_document(tmp_path / "webp.tif"), 5, 5) == RED


def test_a_picture_of_no_size_is_a_sentence(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "none.tif") as writer:
        writer.write(np.zeros((4, 4), np.uint8), photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "none.tif", mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(0)
    with pytest.raises(FileError):
        open_document(tmp_path / "none.tif")


# PSD


def test_an_empty_layer_of_a_deep_file_refuses_nothing(tmp_path: Path) -> None:
    document = Document(20, 10, (make_layer("red", plain((255, 0, 0, 255))), make_layer("empty", Pixels.empty(0, 0))))
    save_document(document, tmp_path / "deep.psd", Encoding(deep=True))
    assert at(open_document(tmp_path / "deep.psd"), 5, 5) == RED


def written(folder: Path, *layers: tuple[str, Pixels]) -> PSDImage:
    document = Document(20, 10, tuple(make_layer(name, pixels) for name, pixels in layers))
    save_document(document, folder / "ours.psd")
    return PSDImage.open(folder / "ours.psd")


def again(psd: PSDImage, folder: Path) -> Path:
    with open(folder / "theirs.psd", "wb") as file:
        psd._record.write(file)
    return folder / "theirs.psd"


def test_a_path_that_nobody_rasterised_cuts_its_layer(tmp_path: Path) -> None:
    psd = written(tmp_path, ("red", plain((255, 0, 0, 255))))
    corners = [ClosedKnotLinked(*[(y, x)] * 3) for y, x in ((0.2, 0.25), (0.2, 0.75), (0.8, 0.75), (0.8, 0.25))]
    psd[0].tagged_blocks.set_data(Tag.VECTOR_MASK_SETTING1, path=VectorPath([ClosedPath(corners)]))
    opened = open_with_report(again(psd, tmp_path))
    assert [at(opened.document, x, 5) for x in (2, 10, 18)] == [CLEAR, RED, CLEAR]
    assert isinstance(psd[0].tagged_blocks.get_data(Tag.VECTOR_MASK_SETTING1), VectorMaskSetting)
    assert any("vector mask" in sentence for sentence in opened.report)


def test_what_is_not_shown_is_named(tmp_path: Path) -> None:
    psd = written(tmp_path, ("below", plain((255, 0, 0, 255))), ("above", plain((0, 0, 255, 255))))
    psd[1].tagged_blocks.set_data(Tag.KNOCKOUT_SETTING, 1)
    assert any("knockout" in sentence for sentence in open_with_report(again(psd, tmp_path)).report)


def test_blend_if_of_the_layer_itself_hides_its_levels(tmp_path: Path) -> None:
    ramp = np.full((10, 20, 4), 255, np.uint8)
    ramp[:, :10, :3] = 60
    psd = written(tmp_path, ("below", plain((255, 0, 0, 255))), ("above", Pixels.from_array(ramp)))
    psd[1]._record.blending_ranges.composite_ranges[0] = (128 | 128 << 8, 255 | 255 << 8)
    document = open_document(again(psd, tmp_path))
    assert (at(document, 2, 5), at(document, 15, 5)) == (RED, [255, 255, 255, 255])


@pytest.mark.parametrize(("key", "told"), ((BlendMode.MULTIPLY.value[::-1], False), (b"odd!", True)))
def test_an_unknown_blend_mode_refuses_nothing(tmp_path: Path, key: bytes, told: bool) -> None:
    """ImageMagick 6 writes the keys back to front."""
    written(tmp_path, ("red", plain((255, 0, 0, 255))))
    data = (tmp_path / "ours.psd").read_bytes()
    (tmp_path / "theirs.psd").write_bytes(data.replace(b"8BIMnorm", b"8BIM" + key))
    opened = open_with_report(tmp_path / "theirs.psd")
    assert opened.document.layers[0].blend == ("normal" if told else "multiply") and at(opened.document, 5, 5) == RED
    assert any("unknown here" in sentence for sentence in opened.report) is told


@pytest.mark.parametrize(
    ("name", "places"),
    (
        ("artboard", {(15, 15): RED, (50, 50): BLUE, (80, 80): CLEAR}),
        ("shape-without-pixels", {(0, 0): [255] * 4, (50, 50): RED, (90, 90): [255] * 4}),
    ),
)
def test_files_of_others_look_as_they_are_meant(name: str, places: dict[tuple[int, int], list[int]]) -> None:
    document = open_document(FOREIGN / f"{name}.psd")
    assert {place: at(document, *place) for place in places} == places


def test_a_japanese_name_without_unicode_is_read() -> None:
    assert open_document(FOREIGN / "shift-jis-name.psd").layers[0].name == "レイヤー"
