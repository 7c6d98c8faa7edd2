"""Flat pictures: PNG, JPEG, WebP, TIFF, BMP, GIF in; PNG, JPEG, WebP, TIFF out. Through Pillow.

A document's pixels are sRGB. A picture with another ICC profile is converted when it is opened, and the report says so;
what is written always carries an sRGB profile.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import (
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
from ..pixels import Pixels
from ..render import render
from .atomic import replacing
from .color import SRGB, to_srgb
from .foreign import reading
from .opened import Opened
from .provenance import xmp

OPEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
SAVE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")

MOST_PIXELS = 1 << 28  # 16,384 × 16,384: 1 GiB as RGBA
JPEG_QUALITY = 92
WEBP_QUALITY = 95
DEFAULT_DPI = 72.0

# No others: each is one more parser of foreign bytes. Importing a plugin registers it.
_READERS = tuple(
    plugin.format
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        WebPImagePlugin.WebPImageFile,
        TiffImagePlugin.TiffImageFile,
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
    )
)
_SIGNATURES = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"II*\0", b"MM\0*", b"BM", b"GIF8")
_FORMAT_OF = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # what the formats allow

# Pillow's own limit is a warning on the terminal first; ours (_check_size) is a sentence, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


def open_raster(path: Path) -> Opened:
    """The picture as a document of one layer, named after the file."""
    with reading(path):
        try:
            image = Image.open(path, formats=_READERS)
        except UnidentifiedImageError as error:
            raise _unidentified(path) from error
        with image:
            _check_size(path, image)
            report = _losses_on_opening(image)
            profile = image.info.get("icc_profile")
            dpi = _dpi(image)
            pixels, profile, notes = to_srgb(ImageOps.exif_transpose(image), profile)
    height, width = pixels.shape[:2]
    layer = make_layer(path.stem, Pixels.from_array(pixels))
    return Opened(Document(width=width, height=height, layers=(layer,), profile=profile, dpi=dpi), (*report, *notes))


def _unidentified(path: Path) -> FileError:
    with open(path, "rb") as file:
        head = file.read(16)
    if head.startswith(_SIGNATURES):
        return FileError(f"“{path.name}” is damaged or of a kind that Downstage cannot open.", "Save it anew in the program that made it.")
    return FileError(f"“{path.name}” is not a picture that Downstage can open.", "It opens PNG, JPEG, WebP, TIFF, BMP, GIF, PSD and PSB.")


def _check_size(path: Path, image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise FileError(
            f"“{path.name}” is {width:,} × {height:,} pixels; Downstage opens pictures of up to {MOST_PIXELS // 1_000_000} megapixels.",
            "Scale it down or cut it in another program first.",
        )


def _losses_on_opening(image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1)
    report = [f"Only the first of {frames} pictures in the file was opened."] if frames > 1 and image.format != "MPO" else []
    if image.mode.startswith("RGB") and any("16" in str(tile[3]) for tile in image.tile):
        report.append("The picture had more than 8 bits a channel; they were reduced to 8.")
    return report


def _dpi(image: Image.Image) -> float:
    """Dots per inch, from the header; DEFAULT_DPI where there is none or nonsense."""
    try:
        dpi = round(float(image.info["dpi"][0]), 2)  # PNG counts dots per metre
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return DEFAULT_DPI
    return dpi if 1 <= dpi <= 100_000 else DEFAULT_DPI


def save_raster(document: Document, path: Path) -> None:
    """Write what is visible, composed, as one picture; see `losses` for what each format drops."""
    kind = _FORMAT_OF[path.suffix.lower()]
    longest = _LONGEST_SIDE.get(kind)
    if longest and max(document.width, document.height) > longest:
        raise FileError(
            f"A {path.suffix[1:].upper()} file holds at most {longest:,} pixels a side; the document is "
            f"{document.width:,} × {document.height:,}.", "Save it as PNG or TIFF."
        )  # fmt: skip
    composed = render(document, document.rect)
    picture = Image.fromarray(on_white(composed) if kind == "JPEG" or opaque(composed) else composed)
    encoded = io.BytesIO()  # the encoders' own writing hides why a disk refuses
    picture.save(encoded, format=kind, **_options(document, kind))
    with replacing(path) as temporary:
        temporary.write_bytes(encoded.getbuffer())


def _options(document: Document, kind: str) -> dict:
    options: dict = {"icc_profile": document.profile or SRGB, "dpi": (document.dpi, document.dpi)}
    packet = xmp(document)
    if kind == "JPEG":
        options |= {"quality": JPEG_QUALITY, "subsampling": 0} | ({"xmp": packet} if packet else {})
    if kind == "WEBP":
        options |= {"quality": WEBP_QUALITY, "exact": True} | ({"xmp": packet} if packet else {})
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
    kind = _FORMAT_OF[path.suffix.lower()]
    report = []
    if len(document.layers) > 1 or any(layer_holds_more(node) for node in document.layers):
        report.append("All layers are merged into one picture; names, groups, masks and recipes are not kept.")
    if kind == "JPEG":
        report.append("JPEG knows no transparency; what is transparent becomes white.")
    if kind in ("JPEG", "WEBP"):
        report.append(f"{'JPEG' if kind == 'JPEG' else 'WebP'} compresses with a small loss of detail.")
    return report


def layer_holds_more(node: object) -> bool:
    """Whether a lone layer has anything that a flat picture cannot hold."""
    return not isinstance(node, Layer) or node.mask is not None or node.recipe is not None or node.opacity < 1
