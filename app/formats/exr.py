"""Flat OpenEXR pictures in and out, through the OpenEXR project's own library.

A file holds linear light without an upper end, colours times alpha; a document holds sRGB of 8 bits, straight. So values above 1
are cut off on the way in, and the way out has the steps of 8 bits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR

from ..document.document import Document, make_layer
from ..document.geometry import Placement, Rect
from ..document.pixels import Pixels
from ..errors import FileError
from ..render.render import render
from ..words import phrase
from .atomic import replacing
from .foreign import reading
from .opened import Opened
from .raster import DEFAULT_DPI, MOST_PIXELS_IN_LAYERS, Encoding, check_size, resized, too_much

SUFFIX = ".exr"
_MAGIC = b"\x76\x2f\x31\x01"
_BAND = 512  # rows in work at a time: whole pictures of floats would take gigabytes
_FARTHEST = 1 << 20  # pixels of the data from the picture
_FLAT = (OpenEXR.scanlineimage, OpenEXR.tiledimage)

# Chromaticities x, y of red, green, blue and white. ITU-R BT.709; sRGB has the same.
_BT709 = np.array([[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], [0.3127, 0.329]])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])  # ICC.1:2010, annex E


def is_exr(head: bytes) -> bool:
    """Whether a file that starts with these bytes is OpenEXR."""
    return head.startswith(_MAGIC)


def open_exr(path: Path) -> Opened:
    """The colours of the first part that has any as a layer; what lies beyond the picture is kept."""
    with reading(path):
        parts = OpenEXR.File(str(path), separate_channels=True, header_only=True).parts
        number = next((n for n, part in enumerate(parts) if _colour_names(_names(part.header))), 0)  # depth may come first
        header = parts[number].header
        canvas, area = _window(header["displayWindow"]), _window(header["dataWindow"])
        if parts[number].type() not in _FLAT:
            raise FileError(
                phrase("“{name}” is a deep picture, which Downstage cannot open.", name=path.name),
                phrase("Flatten it in the program that made it."),
            )
        _check_size(path, canvas, [part.header for part in parts])
        names = _colour_names(_names(header))
        if names is None:
            raise FileError(
                phrase("“{name}” holds no colours that Downstage knows.", name=path.name),
                phrase("It reads channels R, G, B or Y, with or without A."),
            )
        channels = OpenEXR.File(str(path), separate_channels=True).parts[number].channels
        planes = [np.asarray(channels[name].pixels) if name else None for name in names]
        if any(plane is not None and plane.shape != (area.height, area.width) for plane in planes):
            raise FileError(
                phrase("“{name}” holds colours of lower resolution, which Downstage cannot open.", name=path.name),
                phrase("Save it as RGB."),
            )
        pixels, clipped = _to_srgb(planes, _to_bt709(header.get("chromaticities")))
    layer = make_layer(path.stem, Pixels.from_array(pixels), Placement(area.left - canvas.left, area.top - canvas.top))
    report = [phrase("The picture held linear light; it became sRGB of 8 bits a channel.")]
    report += [phrase("Values above 1 were cut off.")] if clipped else []
    report += [phrase("Light where nothing covers (alpha 0), as of a flame, was lost.")] if _shines_through(planes) else []
    left_out = sum(len(part.header["channels"]) for part in parts) - len({name for name in names if name})
    report += [phrase("{n} other channel(s) in the file were left out.", n=left_out)] if left_out else []
    return Opened(Document(canvas.width, canvas.height, (layer,), None, _dpi(header)), tuple(report))


def _window(corners: tuple) -> Rect:
    """The format counts the last pixel in."""
    (left, top), (right, bottom) = corners
    return Rect(int(left), int(top), int(right) + 1, int(bottom) + 1)


def _check_size(path: Path, canvas: Rect, headers: list[dict]) -> None:
    """Before anything is decoded; the library decodes all channels of all parts."""
    values = 0
    for area in (canvas, *(_window(header["dataWindow"]) for header in headers)):
        if area.is_empty or max(abs(side) for side in (area.left, area.top)) > _FARTHEST:
            raise ValueError(f"a window of {area}")
        check_size(path, area.width, area.height)
    for header in headers:
        area = _window(header["dataWindow"])
        values += area.width * area.height * len(header["channels"])
    if values > MOST_PIXELS_IN_LAYERS:
        raise too_much(path)


def _names(header: dict) -> list[str]:
    return [channel.name for channel in header["channels"]]


def _colour_names(names: list[str]) -> tuple[str, str, str, str] | None:
    """The channels to take as red, green, blue and alpha (empty: there is none), in letters of either size: the nameless layer's, else
    Blender's "Combined", which is the picture, else the first one's."""
    prefixes = {name.rpartition(".")[0] for name in names}
    for prefix in sorted(prefixes, key=lambda prefix: (prefix != "", prefix.rpartition(".")[2].lower() != "combined", prefix)):
        inside = {name.rpartition(".")[2].upper(): name for name in names if name.rpartition(".")[0] == prefix}
        alpha = inside.get("A", "")
        if {"R", "G", "B"} <= inside.keys():
            return inside["R"], inside["G"], inside["B"], alpha
        if "Y" in inside:
            return inside["Y"], inside["Y"], inside["Y"], alpha
    return None


def _shines_through(planes: list[np.ndarray | None]) -> bool:
    """Whether there is light where alpha is 0. planes: three of colour, and alpha."""
    *colours, alpha = planes
    return alpha is not None and any(bool((plane[alpha == 0] > 0).any()) for plane in colours)


def _to_srgb(planes: list[np.ndarray | None], matrix: np.ndarray | None) -> tuple[np.ndarray, bool]:
    """Four (h, w) of any number type, linear and premultiplied -> (h, w, 4) uint8 straight sRGB, and whether values were cut off."""
    *colours, alpha = planes
    height, width = colours[0].shape
    out = np.full((height, width, 4), 255, np.uint8)
    clipped = False
    for top in range(0, height, _BAND):
        rows = slice(top, min(top + _BAND, height))
        light = np.nan_to_num(np.stack([plane[rows] for plane in colours], -1).astype(np.float32), posinf=1e9, neginf=0)
        if alpha is not None:
            share = np.clip(np.nan_to_num(alpha[rows].astype(np.float32)), 0, 1)[..., None]
            light = np.divide(light, share, out=light, where=share > 0)
            out[rows, :, 3] = np.rint(share[..., 0] * 255)
        if matrix is not None:
            light = light @ matrix.T.astype(np.float32)
        clipped = clipped or bool((light > 1.001).any())
        out[rows, :, :3] = np.rint(_encoded(np.clip(light, 0, 1)) * 255)
    return out, clipped


def _encoded(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: linear light in [0, 1] -> sRGB in [0, 1]."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)


def _light() -> np.ndarray:
    """(256,) float32: the light of each sRGB level."""
    level = np.arange(256) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _to_bt709(chromaticities: object) -> np.ndarray | None:
    """(3, 3) from linear RGB of these primaries to sRGB's, by Bradford's adaptation; None where they are the same."""
    if chromaticities is None:
        return None
    given = np.asarray(chromaticities, np.float64).reshape(4, 2)
    if np.abs(given - _BT709).max() < 1e-3:
        return None
    return np.linalg.inv(_to_xyz(_BT709)) @ _adaptation(given[3], _BT709[3]) @ _to_xyz(given)


def _to_xyz(primaries: np.ndarray) -> np.ndarray:
    """(3, 3) from linear RGB to CIE XYZ. primaries: (4, 2) x, y of red, green, blue and white (SMPTE RP 177)."""
    columns = np.stack([_white(xy) for xy in primaries[:3]], axis=1)
    return columns * np.linalg.solve(columns, _white(primaries[3]))


def _white(xy: np.ndarray) -> np.ndarray:
    """CIE XYZ of a chromaticity at Y = 1."""
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def _adaptation(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    cones = (_BRADFORD @ _white(target)) / (_BRADFORD @ _white(source))
    return np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD


def _dpi(header: dict) -> float:
    dpi = header.get("xDensity")
    return round(dpi, 2) if isinstance(dpi, float) and 1 <= dpi <= 100_000 else DEFAULT_DPI


def save_exr(document: Document, path: Path, encoding: Encoding = Encoding()) -> None:
    """Write what is visible, composed, as linear light times alpha in half floats."""
    size = encoding.width or document.width, encoding.height or document.height
    composed = resized(render(document, document.rect), *size)
    light = _light()
    half = np.empty(composed.shape, np.float16)
    for top in range(0, len(composed), _BAND):
        band = composed[top : top + _BAND]
        alpha = band[..., 3:].astype(np.float32) / 255
        half[top : top + _BAND, :, :3] = light[band[..., :3]] * alpha
        half[top : top + _BAND, :, 3:] = alpha
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, "xDensity": float(document.dpi),
        "chromaticities": tuple(float(value) for value in _BT709.ravel()), "software": "Downstage",
    }  # fmt: skip
    with replacing(path) as temporary:
        try:
            OpenEXR.File(header, {"RGBA": half}).write(str(temporary))
        except RuntimeError as error:  # the library does not say why; the disk is what fails
            raise OSError(str(error)) from error
