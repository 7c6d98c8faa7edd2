"""Flat pictures: PNG, JPEG, WebP, TIFF, AVIF, BMP, GIF in; PNG, JPEG, WebP, TIFF, AVIF out. Through Pillow where it can (tiff.py).

A document's pixels are sRGB. A picture with another ICC profile is converted when it is opened, and the report says so;
what is written always carries an sRGB profile.
"""

from __future__ import annotations

import io
import re
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)
from tifffile import TiffFile

from ..document.document import Document, Group, Layer, Node, make_layer, only
from ..document.pixels import TILE, Pixels
from ..errors import FileError
from ..render.render import render
from ..words import phrase
from . import tiff
from .atomic import replacing
from .color import SRGB, to_srgb
from .foreign import reading
from .opened import Opened
from .png_colour import png_profile
from .provenance import xmp

OPEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".gif")
SAVE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif")

MOST_PIXELS = 1 << 28  # in one picture, 16,384 × 16,384: 1 GiB as RGBA
LONGEST_SIDE = 300_000  # pixels, as in a PSB
MOST_PIXELS_IN_LAYERS = 1 << 30  # in all layers of one file, whole tiles counted: 4 GiB as RGBA
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
DEEP = ("PNG", "TIFF")  # may have 16 bits a channel
DEFAULT_QUALITY = {".jpg": 92, ".jpeg": 92, ".webp": 95, ".avif": 85}  # of 100; alike to the eye

_ENDS_EARLY = re.compile("truncated|unrecognized data stream|broken data stream", re.IGNORECASE)
_MAY_END_EARLY = ("JPEG", "MPO", "PNG", "BMP", "GIF")
_TRUNCATED = threading.Lock()  # around Pillow's setting, which is of the whole process

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
    0 for the format's default. lossless: for WebP. deep: 16 bits a channel, for PNG, TIFF, PSD and PSB. pages: every visible layer as a page,
    the lowest first, for TIFF. For PSD and PSB: smart_objects, scaled, turned and part-pixel layers as what
    Photoshop can turn on without loss; opaque, the merged picture without an alpha channel, which Clip Studio takes for a selection."""

    width: int = 0
    height: int = 0
    quality: int = 0
    lossless: bool = False
    deep: bool = False
    pages: bool = False
    smart_objects: bool = False
    opaque: bool = False


def open_raster(path: Path) -> Opened:
    """The picture as a document of one layer, named after the file; the pages of a TIFF as a layer each."""
    with reading(path):
        with open(path, "rb") as file:
            in_pages = tiff.is_tiff(file.read(4))
        pages = _pages(path) if in_pages else [("", read_picture(path, path))]
    first = pages[0][1]
    notes = list(dict.fromkeys(note for _, page in pages for note in page.notes))
    if len(pages) == 1:
        layers = (make_layer(path.stem, Pixels.from_array(first.pixels)),)
    else:
        # GIMP and ImageMagick write layers as pages from the bottom up, GIMP with their names; a scanner's first page should be seen.
        layered = all(name for name, _ in pages)
        lowest = phrase("The {count} pages became layers, the first at the bottom.", count=len(pages))
        notes.append(lowest if layered else phrase("The {count} pages became layers, the first on top.", count=len(pages)))
        named = [(name or f"{path.stem} {n}", page) for n, (name, page) in enumerate(pages, 1)]
        ordered = named if layered else reversed(named)
        layers = tuple(make_layer(name, Pixels.from_array(page.pixels)) for name, page in ordered)
    height, width = (max(page.pixels.shape[axis] for _, page in pages) for axis in (0, 1))
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
        return FileError(
            phrase("“{name}” is damaged or of a kind that Downstage cannot open.", name=path.name),
            phrase("Save it anew in the program that made it."),
        )
    kinds = "PNG, JPEG, WebP, TIFF, AVIF, BMP, GIF, EXR, OpenRaster, PSD and PSB"
    return FileError(phrase("“{name}” is not a picture that Downstage can open.", name=path.name), phrase("It opens {kinds}.", kinds=kinds))


def _pages(path: Path) -> list[tuple[str, Picture]]:
    """The pages of a TIFF, each with its name, which may be empty. Pillow reads those that it reads right."""
    found: list[tuple[str, Picture]] = []
    pixels = 0
    with TiffFile(path) as file, _by_pillow(path) as image:
        for number, page in tiff.pages(file):
            width, height = page.imagewidth, page.imagelength
            check_size(path, width, height)
            pixels += footprint(width, height)
            if pixels > MOST_PIXELS_IN_LAYERS:
                raise too_much(path)
            if image is not None and tiff.is_plain(page):
                image.seek(number)
                if set(image.size) != {width, height}:  # Pillow names the sides of a page that lies on its side as they will be
                    raise ValueError("two readers see different pages")
                picture = _picture(path, image)
            else:
                plain, notes = tiff.image_of(page, path)
                if icc := tiff.icc_of(page):
                    plain.info["icc_profile"] = icc
                plain.info["dpi"] = (tiff.dpi_of(page),)
                picture = _picture(path, plain)
                picture = replace(picture, notes=(*notes, *picture.notes))
            if tiff.holds_photoshops_layers(page):
                told = phrase("The layers that Photoshop put into the TIFF were not read, only its merged picture; a PSD keeps them.")
                picture = replace(picture, notes=(told, *picture.notes))
            found.append((tiff.name_of(page), picture))
    if not found:
        raise ValueError("no page")
    return found


def _by_pillow(path: Path) -> Image.Image | nullcontext[None]:
    """None where Pillow cannot read the first page."""
    try:
        return Image.open(path, formats=("TIFF",))
    except UnidentifiedImageError:
        return nullcontext()


def _picture(path: Path, image: Image.Image) -> Picture:
    width, height = image.size
    if min(width, height) < 1:
        raise ValueError(f"a picture of {width} × {height}")
    check_size(path, width, height)
    notes = _losses_on_opening(image)
    notes += _load(image)
    profile, dpi = image.info.get("icc_profile"), _dpi(image)
    key = image.info.get("transparency") if image.mode.startswith("I") else None
    clear = np.asarray(image) == key if isinstance(key, int) else None
    if profile is None and image.format == "PNG":
        profile = png_profile(image.info)
    pixels, profile, more = to_srgb(ImageOps.exif_transpose(image), profile)
    if (alpha := image.info.get(tiff.ALPHA)) is not None:
        pixels = np.dstack([pixels[..., :3], np.asarray(ImageOps.exif_transpose(alpha))])
    if clear is not None:  # by the level before it is cut to 8 bits
        pixels = np.dstack([pixels[..., :3], np.where(clear, np.uint8(0), np.uint8(255))])
    return Picture(pixels, profile, dpi, (*notes, *more))


def _load(image: Image.Image) -> list[str]:
    """Decode; a file that ends too early as far as it goes, and a sentence that says so. OSError where next to nothing is there."""
    tiles = list(getattr(image, "tile", ()))
    try:
        image.load()
        return []
    except OSError as error:
        if not _ENDS_EARLY.search(str(error)) or image.format not in _MAY_END_EARLY:
            raise
        with _TRUNCATED:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                image.tile = tiles
                image.load()
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False
        if all(band.getextrema()[0] == band.getextrema()[1] for band in image.split()):  # one colour: nothing came
            raise
    return [phrase("The file ends too early; the picture was opened as far as it goes.")]


def check_size(path: Path, width: int, height: int, most: int = MOST_PIXELS) -> None:
    """FileError for a picture of more pixels than `most`, or longer than LONGEST_SIDE."""
    if width * height > most or max(width, height) > LONGEST_SIDE:
        raise FileError(
            phrase(
                "“{name}” is {width:,} × {height:,} pixels; Downstage opens pictures of up to {most:,} megapixels and {longest:,} pixels a side.",
                name=path.name,
                width=width,
                height=height,
                most=most // 1_000_000,
                longest=LONGEST_SIDE,
            ),
            phrase("Scale it down or cut it in another program first."),
        )


def footprint(width: int, height: int) -> int:
    """The pixels that a raster of this size takes in memory: whole tiles."""
    return -(-width // TILE) * -(-height // TILE) * TILE * TILE


def too_much(path: Path) -> FileError:
    """For a file whose layers have more than MOST_PIXELS_IN_LAYERS."""
    most = f"{MOST_PIXELS_IN_LAYERS // 1_000_000:,}"
    return FileError(
        phrase("The layers in “{name}” unpack to more than {most} megapixels.", name=path.name, most=most),
        phrase("Split the file in the program that made it."),
    )


def _losses_on_opening(image: Image.Image) -> list[str]:
    report = []
    if image.format not in ("MPO", "TIFF", None) and (frames := getattr(image, "n_frames", 1)) > 1:
        report.append(phrase("Only the first of {frames} pictures in the file was opened.", frames=frames))
    if not image.mode.startswith("I") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())):  # of grey tells the conversion
        report.append(phrase("The picture had more than 8 bits a channel; they were reduced to 8."))
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
            phrase(
                "A {kind} file holds at most {longest:,} pixels a side; the picture is {width:,} × {height:,}.",
                kind=suffix[1:].upper(),
                longest=longest,
                width=width,
                height=height,
            ),
            phrase("Save it as PNG or TIFF."),
        )
    if kind == "TIFF":
        return _tiff(document, encoding, (width, height), composed)
    composed = resized(render(document, document.rect) if composed is None else composed, width, height)
    flat = on_white(composed) if kind == "JPEG" or opaque(composed) else composed
    if kind == "PNG" and encoding.deep:
        return memoryview(_deep_png(document, flat))
    encoded = io.BytesIO()
    default = DEFAULT_QUALITY.get(suffix.lower(), 0)
    quality = (encoding.quality or default) if default else 0
    Image.fromarray(flat).save(encoded, format=kind, **_options(document, kind, quality, encoding.lossless))
    return encoded.getbuffer()


def _tiff(document: Document, encoding: Encoding, size: tuple[int, int], composed: np.ndarray | None) -> memoryview:
    if encoding.pages:
        named = [(layer.name or "Layer", render(apart, document.rect)) for layer, apart in layers_apart(document, hidden=False)]
        if not named:
            raise FileError(phrase("There is no visible layer to make a page of."), phrase("Show a layer, or save without pages."))
    else:
        named = [("", render(document, document.rect) if composed is None else composed)]
    named = [(name, resized(picture, *size)) for name, picture in named]
    pictures = [(name, on_white(picture) if opaque(picture) else picture) for name, picture in named]
    return tiff.encode(pictures, document.profile or SRGB, document.dpi, xmp(document), encoding.deep)


def _deep_png(document: Document, picture: np.ndarray) -> bytes:
    """(h, w, 3 or 4) uint8 -> a PNG with 16 bits a channel, each level 257 times as large; Pillow writes none."""
    whole = imagecodecs.png_encode(picture.astype(np.uint16) * np.uint16(257), level=4)
    metre = round(document.dpi / 0.0254)
    chunks = {b"iCCP": b"ICC profile\0\0" + zlib.compress(document.profile or SRGB), b"pHYs": struct.pack(">IIB", metre, metre, 1)}
    if packet := xmp(document):
        chunks[b"iTXt"] = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    between = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks.items()
    )
    head = 8 + 25  # the signature and the first chunk, IHDR
    return whole[:head] + between + whole[head:]


def layers_apart(document: Document, hidden: bool) -> list[tuple[Layer, Document]]:
    """Each layer bottom to top, and a document that shows it with the masks and opacities around it, and nothing else. hidden: those that
    are not shown too."""
    shown = _all_shown(document.layers) if hidden else document.layers
    everything = replace(document, layers=shown)
    return [(node, only(everything, [node.id])) for node, seen in _leaves(shown, True) if seen]


def _all_shown(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(
        replace(node, visible=True, children=_all_shown(node.children)) if isinstance(node, Group) else replace(node, visible=True)
        for node in nodes
    )


def _leaves(nodes: tuple[Node, ...], seen: bool) -> Iterator[tuple[Layer, bool]]:
    """Every layer, and whether it and all groups around it are visible."""
    for node in nodes:
        if isinstance(node, Group):
            yield from _leaves(node.children, seen and node.visible)
        else:
            yield node, seen and node.visible


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


def losses(document: Document, path: Path, encoding: Encoding = Encoding()) -> list[str]:
    """What a flat picture of that suffix drops, in sentences."""
    kind = _FORMAT_OF.get(path.suffix.lower())
    report = []
    if kind == "TIFF" and encoding.pages:
        report.append(
            phrase("Every visible layer becomes a page as it looks by itself; groups, blend modes, masks and recipes are not kept.")
        )
    elif len(document.layers) > 1 or any(layer_holds_more(node) for node in document.layers):
        report.append(phrase("All layers are merged into one picture; names, groups, masks and recipes are not kept."))
    if kind is None or (kind in DEEP and encoding.deep):
        report.append(phrase("The picture is composed with 8 bits a channel; what the file holds beyond them repeats them."))
    if kind == "JPEG":
        report.append(phrase("JPEG knows no transparency; what is transparent becomes white."))
    if path.suffix.lower() in DEFAULT_QUALITY:
        name = {"JPEG": "JPEG", "WEBP": "WebP", "AVIF": "AVIF"}[kind]
        report.append(phrase("{name} compresses with a small loss of detail.", name=name))
    return report


def layer_holds_more(node: object) -> bool:
    """Whether a lone layer has anything that a flat picture cannot hold."""
    return not isinstance(node, Layer) or node.mask is not None or node.recipe is not None or node.opacity < 1
