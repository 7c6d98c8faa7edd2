"""What Pillow does not do with TIFF, through tifffile: more than 8 bits a channel both ways, and pages with names.

Pillow refuses floats and 32 bits, and takes several kinds of 16 bits for others without a word, so it gets to read only pages
that `is_plain` lets through.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tifffile import TiffFile, TiffPage, TiffWriter

from ..errors import FileError
from ..words import phrase

MOST_PAGES = 1000
_MOST_SAMPLES = 16  # a pixel; colour and alpha are five at most
_BAND = 256  # rows in work at a time: whole pictures of floats would take gigabytes
_BIG = 3 << 30  # bytes of pixels from which on 32-bit offsets might not do

# Tags and values (TIFF 6.0; Adobe Photoshop TIFF Technical Notes, 2002)
_SUBFILE, _REDUCED_OR_MASK, _PAGE = 254, 0b101, 0b10
_ORIENTATION, _PAGE_NAME, _XMP, _PHOTOSHOP_LAYERS = 274, 285, 700, 37724
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _INKS, _CIELAB = 0, 1, 2, 5, 8
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _INKS: 4, _CIELAB: 3}  # channels
_WEBP = 50001  # compression, which Pillow's library often lacks
ALPHA = "alpha beside inks"  # in a picture's info: an "L" image
_PREMULTIPLIED, _STRAIGHT = 1, 2  # kinds of extra samples
_SEPARATE = 2  # a plane for each channel
_FLOAT = 3  # sample format

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is odd in others' files is not for the terminal


def is_tiff(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a TIFF, a BigTIFF too."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def pages(file: TiffFile) -> Iterator[tuple[int, TiffPage]]:
    """The pages of a TIFF and their numbers, without small copies and masks of others."""
    for number in range(MOST_PAGES):
        try:
            page = file.pages[number]
        except IndexError:
            return
        kind = _value(page, _SUBFILE)
        if number == 0 or not (isinstance(kind, int) and kind & _REDUCED_OR_MASK):
            yield number, page


def is_plain(page: TiffPage) -> bool:
    """Whether Pillow reads the page as it is meant."""
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    grey_planes = page.planarconfig == _SEPARATE and page.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) and page.samplesperpixel > 1
    has_inks_and_more = page.photometric == _INKS and page.samplesperpixel > _COLOURS[_INKS]
    return bits <= 8 and not grey_planes and not has_inks_and_more and page.compression != _WEBP


def name_of(page: TiffPage) -> str:
    """What the page is called; empty where it has no name."""
    name = _value(page, _PAGE_NAME)
    name = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    return name.strip() if isinstance(name, str) else ""


def holds_photoshops_layers(page: TiffPage) -> bool:
    return _PHOTOSHOP_LAYERS in page.tags


def icc_of(page: TiffPage) -> bytes | None:
    found = page.iccprofile
    return found if isinstance(found, bytes) else None


def dpi_of(page: TiffPage) -> object:
    """As the file has it, sense or nonsense."""
    return page.get_resolution("inch")[0]


def image_of(page: TiffPage, path: Path) -> tuple[Image.Image, list[str]]:
    """The page with 8 bits a channel as L, LA, RGB, RGBA, LAB or CMYK (its alpha in `info`), upright by its own tag only when shown; and what was changed.

    FileError for colours that are none of these. The caller has looked at the page's size.
    """
    colours = _COLOURS.get(int(page.photometric))
    if colours is None or page.samplesperpixel < colours:
        name = getattr(page.photometric, "name", str(page.photometric))
        raise FileError(
            phrase("“{name}” holds {kind} colours with more than 8 bits, which Downstage cannot open.", name=path.name, kind=name),
            phrase("Save it as RGB or with 8 bits."),
        )
    if page.samplesperpixel > _MOST_SAMPLES:
        raise ValueError(f"{page.samplesperpixel} samples a pixel")
    levels = page.asarray()
    if page.samplesperpixel == 1:
        levels = levels.reshape(page.imagelength, page.imagewidth, 1)
    elif page.planarconfig == _SEPARATE:
        levels = np.moveaxis(levels, 0, -1)
    if levels.shape != (page.imagelength, page.imagewidth, page.samplesperpixel):
        raise ValueError(f"a page of shape {levels.shape}")
    alpha = next((colours + n for n, kind in enumerate(page.extrasamples) if kind in (_PREMULTIPLIED, _STRAIGHT)), None)
    if page.photometric == _CIELAB:
        levels, alpha = _unsigned_lab(levels), None
    chosen = levels[..., [*range(colours), *([alpha] if alpha else [])]]
    premultiplied = alpha is not None and page.extrasamples[alpha - colours] == _PREMULTIPLIED
    out = _eight_bits(chosen, _white(page, levels.dtype), page.photometric == _WHITE_IS_ZERO, premultiplied)
    bands = [Image.fromarray(plane) for plane in np.moveaxis(out, -1, 0)]
    turned = _value(page, _ORIENTATION) or 1
    if page.photometric == _INKS:
        image = Image.merge("CMYK", bands[:4])
        if alpha is not None:
            bands[4].getexif()[_ORIENTATION] = turned
            image.info[ALPHA] = bands[4]
    else:
        image = Image.merge("LAB" if page.photometric == _CIELAB else {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[out.shape[2]], bands)
    image.getexif()[_ORIENTATION] = turned
    return image, _changes(page)


def _unsigned_lab(levels: np.ndarray) -> np.ndarray:
    """Lab of 8 or 16 bits -> all unsigned, the neutral a and b in the middle. TIFF 6.0 (section 23) has a and b signed, but programs write
    16 bits in ICC's way, unsigned, under the same tag; it is taken that in which the picture is nearer to grey."""
    if levels.dtype.kind != "u" or levels.shape[2] < 3:
        raise ValueError(f"Lab of {levels.dtype}")
    middle = levels.dtype.type(1 << (levels.dtype.itemsize * 8 - 1))
    signed = levels[..., 1:3] ^ middle
    distance = [float(np.abs(shades.astype(np.float32) - float(middle)).mean()) for shades in (signed, levels[..., 1:3])]
    return np.dstack([levels[..., 0], signed if distance[0] <= distance[1] else levels[..., 1:3]])


def _changes(page: TiffPage) -> list[str]:
    if page.sampleformat == _FLOAT:
        return [phrase("The picture had floating-point values; 0 to 1 became 8 bits a channel.")]
    deep = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    return [phrase("The picture had more than 8 bits a channel; they were reduced to 8.")] if deep > 8 else []


def _white(page: TiffPage, kind: np.dtype) -> float:
    """The number that stands for full."""
    if kind.kind == "f":
        return 1.0
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    return float(2 ** (bits - (kind.kind == "i")) - 1)


def _eight_bits(levels: np.ndarray, white: float, inverted: bool, premultiplied: bool) -> np.ndarray:
    """(h, w, c) of any number type -> (h, w, c) uint8, the last channel straight alpha where it was a premultiplied one."""
    out = np.empty(levels.shape, np.uint8)
    for top in range(0, len(levels), _BAND):
        band = np.nan_to_num(levels[top : top + _BAND].astype(np.float64), posinf=white, neginf=0) / white
        if inverted:
            band[..., :1] = 1 - band[..., :1]
        if premultiplied:
            alpha = band[..., -1:]
            band[..., :-1] = np.divide(band[..., :-1], alpha, out=np.zeros_like(band[..., :-1]), where=alpha > 0)
        out[top : top + _BAND] = np.rint(np.clip(band, 0, 1) * 255)
    return out


def _value(page: TiffPage, tag: int) -> object:
    found = page.tags.get(tag)
    return None if found is None else found.value


def encode(named: Sequence[tuple[str, np.ndarray]], profile: bytes, dpi: float, packet: bytes | None, deep: bool) -> memoryview:
    """The bytes of a file of pages of one size, LZW. named: for each its name and (h, w, 3 or 4) uint8 straight colours, the first page
    first. packet: XMP. deep: 16 bits a channel, each level 257 times as large."""
    stream = io.BytesIO()
    size = sum(picture.size for _, picture in named) * (2 if deep else 1)
    with TiffWriter(stream, bigtiff=size > _BIG) as writer:
        for name, picture in named:
            levels = picture.astype(np.uint16) * np.uint16(257) if deep else picture
            text = name.encode()
            tags = [(_PAGE_NAME, "s", len(text) + 1, text, True)] if text else []
            tags += [(_XMP, "B", len(packet), packet, True)] if packet else []
            writer.write(
                levels,
                photometric="rgb",
                planarconfig="contig",
                extrasamples=["unassalpha"] if picture.shape[2] == 4 else None,
                compression="lzw",
                predictor=True,
                iccprofile=profile,
                resolution=(dpi, dpi),
                resolutionunit="inch",
                subfiletype=_PAGE if len(named) > 1 else 0,
                software="Downstage",
                metadata=None,
                extratags=tags,
                maxworkers=1,
            )
    return stream.getbuffer()
