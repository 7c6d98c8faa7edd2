"""Flat pictures through Pillow: PNG, JPEG, WebP, TIFF, AVIF, BMP, GIF in; PNG, JPEG, WebP, TIFF, AVIF out.

A document's pixels are sRGB. A picture with another ICC profile is converted when it is opened, and the report says so;
what is written always carries an sRGB profile.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from ..document import Document, Layer, make_layer
from ..errors import FileError
from ..pixels import TILE, Pixels
from ..render import render
from .atomic import replacing
from .color import SRGB, to_srgb
from .foreign import reading
from .opened import Opened
from .provenance import xmp

OPEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".gif")
SAVE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif")

MOST_PIXELS = 1 << 28  # in one picture, 16,384 × 16,384: 1 GiB as RGBA
LONGEST_SIDE = 300_000  # pixels, as in a PSB
MOST_PIXELS_IN_LAYERS = 1 << 30  # in all layers of one file, whole tiles counted: 4 GiB as RGBA
MOST_PAGES = 1000
DEFAULT_DPI = 72.0

# No others: each is one more parser of foreign bytes. Importing a plugin registers it.
_READERS = tuple(
    plugin.format
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        WebPImagePlugin.WebPImageFile,
        TiffImagePlugin.TiffImageFile,
        AvifImagePlugin.AvifImageFile,
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
    )
)
_SIGNATURES = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"II*\0", b"MM\0*", b"BM", b"GIF8")
_FORMAT_OF = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF"}
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 65_535}  # what the formats allow
DEFAULT_QUALITY = {".jpg": 92, ".jpeg": 92, ".webp": 95, ".avif": 85}  # of 100; alike to the eye

# Tags of TIFF (TIFF 6.0; Adobe Photoshop TIFF Technical Notes, 2002)
_SUBFILE, _REDUCED_OR_MASK = 254, 0b101
_PHOTOSHOP_LAYERS = 37724

# Pillow's own limit is a warning on the terminal first; ours (check_size) is a sentence, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, eq=False)
class Picture:
    """pixels: (h, w, 3 or 4) uint8 straight sRGB, upright. profile: what describes it, None for sRGB. notes: what was changed."""

    pixels: np.ndarray = field(repr=False)
    profile: bytes | None = field(default=None, repr=False)
    dpi: float = DEFAULT_DPI
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoding:
    """How a file is written. width, height: pixels, 0 for the document's own. quality: 1 to 100 for JPEG, WebP and AVIF,
    0 for the format's default. lossless: for WebP. For PSD and PSB: smart_objects, scaled, turned and part-pixel layers as what
    Photoshop can turn on without loss; opaque, the merged picture without an alpha channel, which Clip Studio takes for a selection."""

    width: int = 0
    height: int = 0
    quality: int = 0
    lossless: bool = False
    smart_objects: bool = False
    opaque: bool = False


def open_raster(path: Path) -> Opened:
    """The picture as a document of one layer, named after the file; the pages of a TIFF as a layer each, the first on top."""
    with reading(path), _opened(path, path, _READERS) as image:
        pages = list(_pages(path, image)) if image.format == "TIFF" else [_picture(path, image)]
    first = pages[0]
    notes = list(dict.fromkeys(note for page in pages for note in page.notes))
    if len(pages) == 1:
        layers = (make_layer(path.stem, Pixels.from_array(first.pixels)),)
    else:
        notes.append(f"The {len(pages)} pages became layers, the first on top.")
        layers = tuple(make_layer(f"{path.stem} {n}", Pixels.from_array(page.pixels)) for n, page in reversed(list(enumerate(pages, 1))))
    height, width = (max(page.pixels.shape[axis] for page in pages) for axis in (0, 1))
    return Opened(Document(width=width, height=height, layers=layers, profile=first.profile, dpi=first.dpi), tuple(notes))


def read_picture(file: Path | BinaryIO, path: Path, formats: tuple[str, ...] = _READERS) -> Picture:
    """One picture, the first where there are several; to be called within `reading`. path: what it is called in a FileError."""
    with _opened(file, path, formats) as image:
        return _picture(path, image)


def _opened(file: Path | BinaryIO, path: Path, formats: tuple[str, ...]) -> Image.Image:
    try:
        return Image.open(file, formats=formats)
    except UnidentifiedImageError as error:
        raise _unidentified(path) from error


def _unidentified(path: Path) -> FileError:
    with open(path, "rb") as file:
        head = file.read(16)
    if head.startswith(_SIGNATURES) or head[4:8] == b"ftyp":
        return FileError(f"“{path.name}” is damaged or of a kind that Downstage cannot open.", "Save it anew in the program that made it.")
    kinds = "PNG, JPEG, WebP, TIFF, AVIF, BMP, GIF, EXR, OpenRaster, PSD and PSB"
    return FileError(f"“{path.name}” is not a picture that Downstage can open.", f"It opens {kinds}.")


def _pages(path: Path, image: Image.Image) -> Iterator[Picture]:
    """The pages of a TIFF without thumbnails and masks of others."""
    pixels = 0
    for index in range(MOST_PAGES):
        try:
            image.seek(index)
        except EOFError:
            return
        kind = image.tag_v2.get(_SUBFILE, 0)
        if index and isinstance(kind, int) and kind & _REDUCED_OR_MASK:
            continue
        pixels += footprint(image.width, image.height)
        if pixels > MOST_PIXELS_IN_LAYERS:
            raise too_much(path)
        yield _picture(path, image)


def _picture(path: Path, image: Image.Image) -> Picture:
    width, height = image.size
    check_size(path, width, height)
    notes = _losses_on_opening(image)
    profile, dpi = image.info.get("icc_profile"), _dpi(image)
    pixels, profile, more = to_srgb(ImageOps.exif_transpose(image), profile)
    return Picture(pixels, profile, dpi, (*notes, *more))


def check_size(path: Path, width: int, height: int) -> None:
    """FileError for a picture of more than MOST_PIXELS or LONGEST_SIDE."""
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise FileError(
            f"“{path.name}” is {width:,} × {height:,} pixels; Downstage opens pictures of up to {MOST_PIXELS // 1_000_000} megapixels "
            f"and {LONGEST_SIDE:,} pixels a side.",
            "Scale it down or cut it in another program first.",
        )


def footprint(width: int, height: int) -> int:
    """The pixels that a raster of this size takes in memory: whole tiles."""
    return -(-width // TILE) * -(-height // TILE) * TILE * TILE


def too_much(path: Path) -> FileError:
    """For a file whose layers have more than MOST_PIXELS_IN_LAYERS."""
    most = f"{MOST_PIXELS_IN_LAYERS // 1_000_000:,}"
    return FileError(f"The layers in “{path.name}” unpack to more than {most} megapixels.", "Split the file in the program that made it.")


def _losses_on_opening(image: Image.Image) -> list[str]:
    report = []
    if image.format == "TIFF":
        if _PHOTOSHOP_LAYERS in image.tag_v2:
            report.append("The layers that Photoshop put into the TIFF were not read, only its merged picture; a PSD keeps them.")
    elif image.format != "MPO" and (frames := getattr(image, "n_frames", 1)) > 1:
        report.append(f"Only the first of {frames} pictures in the file was opened.")
    if not image.mode.startswith("I") and any(";16" in str(tile[3]) for tile in image.tile):  # of grey tells the conversion
        report.append("The picture had more than 8 bits a channel; they were reduced to 8.")
    return report


def _dpi(image: Image.Image) -> float:
    """Dots per inch, from the header; DEFAULT_DPI where there is none or nonsense."""
    try:
        dpi = round(float(image.info["dpi"][0]), 2)  # PNG counts dots per metre
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return DEFAULT_DPI
    return dpi if 1 <= dpi <= 100_000 else DEFAULT_DPI


def save_raster(document: Document, path: Path, encoding: Encoding = Encoding()) -> None:
    """Write what is visible, composed, as one picture; see `losses` for what each format drops."""
    encoded = encode(document, path.suffix, encoding)  # into memory: the encoders' own writing hides why a disk refuses
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)


def encode(document: Document, suffix: str, encoding: Encoding = Encoding(), composed: np.ndarray | None = None) -> memoryview:
    """The bytes of such a file. composed: (h, w, 4) uint8, the document as rendered, where it is at hand."""
    kind = _FORMAT_OF[suffix.lower()]
    width, height = encoding.width or document.width, encoding.height or document.height
    longest = _LONGEST_SIDE.get(kind)
    if longest and max(width, height) > longest:
        raise FileError(
            f"A {suffix[1:].upper()} file holds at most {longest:,} pixels a side; the picture is {width:,} × {height:,}.",
            "Save it as PNG or TIFF.",
        )
    composed = resized(render(document, document.rect) if composed is None else composed, width, height)
    picture = Image.fromarray(on_white(composed) if kind == "JPEG" or opaque(composed) else composed)
    encoded = io.BytesIO()
    default = DEFAULT_QUALITY.get(suffix.lower(), 0)
    quality = (encoding.quality or default) if default else 0
    picture.save(encoded, format=kind, **_options(document, kind, quality, encoding.lossless))
    return encoded.getbuffer()


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA -> (height, width, 4); smooth, and no colour of invisible pixels gets into the edges."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))  # Pillow premultiplies for it


def _options(document: Document, kind: str, quality: int, lossless: bool) -> dict:
    options: dict = {"icc_profile": document.profile or SRGB, "dpi": (document.dpi, document.dpi)}
    packet = xmp(document)
    if quality:
        options |= {"quality": quality} | ({"xmp": packet} if packet else {})
    if kind == "JPEG":
        options["subsampling"] = 0
    if kind == "AVIF":
        options["subsampling"] = "4:4:4"
    if kind == "WEBP":
        options |= {"exact": True, "lossless": lossless}
    if kind == "TIFF":
        options |= {"compression": "tiff_lzw"} | ({"tiffinfo": {700: packet}} if packet else {})
    if kind == "PNG":
        options["compress_level"] = 4  # half the time of the default, files 2 % larger
        if packet:
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet.decode())
    return options


def opaque(pixels: np.ndarray) -> bool:
    """Whether a (h, w, 4) uint8 picture is opaque everywhere."""
    return bool((pixels[..., 3] == 255).all())


def on_white(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA laid over white: (h, w, 3) uint8."""
    if opaque(pixels):
        return np.ascontiguousarray(pixels[..., :3])
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def losses(document: Document, path: Path) -> list[str]:
    """What a flat picture of that suffix drops, in sentences."""
    kind = _FORMAT_OF.get(path.suffix.lower())
    report = []
    if len(document.layers) > 1 or any(layer_holds_more(node) for node in document.layers):
        report.append("All layers are merged into one picture; names, groups, masks and recipes are not kept.")
    if kind == "JPEG":
        report.append("JPEG knows no transparency; what is transparent becomes white.")
    if path.suffix.lower() in DEFAULT_QUALITY:
        name = {"JPEG": "JPEG", "WEBP": "WebP", "AVIF": "AVIF"}[kind]
        report.append(f"{name} compresses with a small loss of detail.")
    return report


def layer_holds_more(node: object) -> bool:
    """Whether a lone layer has anything that a flat picture cannot hold."""
    return not isinstance(node, Layer) or node.mask is not None or node.recipe is not None or node.opacity < 1
