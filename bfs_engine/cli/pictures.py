"""Pictures in and layers out as files, for the command line. numpy and Pillow only; all arrays uint8, alpha straight.

A layer's PNG carries its cover (api.LayerResult) as a grey PNG in a chunk of our own, "coVR". By its name it is private, other programs may
pass over it, and one that changes the pixels and does not know it has to drop it (PNG specification, chunk naming conventions).
"""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from ..api import EngineError, LayerResult

MOST_PIXELS = 1 << 28  # 16,384 × 16,384: 1 GiB as RGBA
COVER = b"coVR"
_SAME = 2  # levels: a profile that moves no colour by more is sRGB under another name


@dataclass(frozen=True, eq=False)
class Picture:
    """pixels: (h, w, 3), or (h, w, 4) where the file holds transparency; upright, sRGB. profile: the file's RGB ICC profile where it says sRGB.
    cover: (h, w), the alpha of the thing in a layer, where its file says so."""

    pixels: np.ndarray = field(repr=False)
    profile: bytes | None = field(default=None, repr=False)
    cover: np.ndarray | None = field(default=None, repr=False)

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]


def read_picture(path: Path) -> Picture:
    """The first frame of an image file, turned upright as its EXIF orientation says. Raises EngineError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its limit comes second, and not at all beside the editor
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Image.DecompressionBombError
                upright = ImageOps.exif_transpose(image)
                profile = image.info.get("icc_profile")
                cover = _cover(image) if image.getexif().get(ExifTags.Base.Orientation, 1) == 1 else None
        return _in_srgb(_to_rgb(upright), profile if profile and profile[16:20] == b"RGB " else None, cover)
    except FileNotFoundError:
        raise EngineError(f"There is no file {path}.") from None
    except UnidentifiedImageError:
        raise EngineError(f"{path} is not a picture that can be read here.") from None
    except (Image.DecompressionBombError, MemoryError, OverflowError):
        raise EngineError(f"{path} has more pixels than can be opened safely.") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow's readers raise on damaged files
        raise EngineError(f"{path} could not be read as a picture ({_one_line(error)}).") from None


def _in_srgb(pixels: np.ndarray, profile: bytes | None, cover: np.ndarray | None) -> Picture:
    """The model's colours are sRGB: those of another RGB profile are converted, and the profile, which then describes nothing, is dropped."""
    if profile is None:
        return Picture(pixels, None, cover)
    try:
        source, target = ImageCms.getOpenProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        convert = ImageCms.buildTransform(
            source, target, "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return Picture(pixels, None, cover)
    steps = np.linspace(0, 255, 5).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    if np.abs(np.asarray(ImageCms.applyTransform(Image.fromarray(cube), convert)).astype(int) - cube).max() <= _SAME:
        return Picture(pixels, profile, cover)
    colours = np.asarray(ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels[..., :3])), convert))
    return Picture(colours if pixels.shape[2] == 3 else np.dstack([colours, pixels[..., 3]]), None, cover)


def _cover(image: Image.Image) -> np.ndarray | None:
    """What the chunk of a PNG says of it; None where there is none that fits."""
    for name, data, *_ in getattr(image, "private_chunks", ()):
        if name == COVER:
            with Image.open(io.BytesIO(data), formats=["PNG"]) as plane:
                return np.asarray(plane) if (plane.mode, plane.size) == ("L", image.size) else None
    return None


def _to_rgb(image: Image.Image) -> np.ndarray:
    """(h, w, 3 or 4) uint8 of any mode that Pillow opens."""
    if image.mode.startswith("I"):  # 16 bits a pixel: Pillow's own conversion would cut off instead of scaling
        grey = np.clip(np.asarray(image).astype(np.float32) / 257, 0, 255)
        return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def colours(picture: Picture) -> np.ndarray:
    """(h, w, 3): the picture as it looks on white paper where it is transparent."""
    if picture.pixels.shape[2] == 3:
        return picture.pixels
    alpha = picture.pixels[..., 3:].astype(np.uint16)
    return ((picture.pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def on_canvas(layer: LayerResult, width: int, height: int) -> np.ndarray:
    """(height, width, 4): the layer at its place; what hangs over the picture is cut off."""
    return _at_place(layer.pixels, layer, width, height)


def cover_on_canvas(layer: LayerResult, width: int, height: int) -> np.ndarray | None:
    """(height, width): the same of what is known of the thing in it, or None."""
    return None if layer.cover is None else _at_place(layer.cover, layer, width, height)


def _at_place(plane: np.ndarray, layer: LayerResult, width: int, height: int) -> np.ndarray:
    canvas = np.zeros((height, width, *plane.shape[2:]), np.uint8)
    top, left = max(layer.top, 0), max(layer.left, 0)
    seen = plane[top - layer.top :, left - layer.left :][: max(height - top, 0), : max(width - left, 0)]
    canvas[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return canvas


def over(layer: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(h, w, 4) straight over (h, w, 3 or 4) -> the background's shape; bit-identical to it where the layer's alpha is 0."""
    result = background.copy()
    for start in range(0, len(layer), _BAND):  # in bands: floats of a whole photograph would take a gigabyte
        band = slice(start, start + _BAND)
        rows, columns = np.nonzero(layer[band, :, 3])
        if rows.size:
            result[band][rows, columns] = _blend(layer[band][rows, columns], background[band][rows, columns])
    return result


_BAND = 128  # rows


def _blend(layer: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(n, 4) over (n, 3 or 4), alpha of the layer above 0 -> (n, 3 or 4) uint8."""
    top, below = layer.astype(np.float32), background.astype(np.float32)
    alpha = top[:, 3:] / 255
    if background.shape[1] == 3:
        return np.rint(top[:, :3] * alpha + below * (1 - alpha)).astype(np.uint8)
    rest = below[:, 3:] / 255 * (1 - alpha)
    colour = (top[:, :3] * alpha + below[:, :3] * rest) / (alpha + rest)
    return np.rint(np.concatenate([colour, (alpha + rest) * 255], axis=1)).astype(np.uint8)


def write_pngs(pictures: dict[Path, np.ndarray], profile: bytes | None = None, covers: Mapping[Path, np.ndarray | None] = MappingProxyType({})) -> None:
    """(h, w, 3 or 4) each -> PNG files, packed side by side, each of them whole or not there. covers: (h, w), of those that are layers of
    which it is known. Raises EngineError."""
    mask = _umask()
    with ThreadPoolExecutor() as pool:
        for written in [pool.submit(_write_png, path, pixels, profile, covers.get(path), mask) for path, pixels in pictures.items()]:
            written.result()


def _write_png(path: Path, pixels: np.ndarray, profile: bytes | None, cover: np.ndarray | None, mask: int) -> None:
    more = PngImagePlugin.PngInfo()
    if cover is not None:
        plane = io.BytesIO()
        Image.fromarray(cover).save(plane, "PNG")
        more.add(COVER, plane.getvalue())
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                Image.fromarray(pixels).save(file, "PNG", compress_level=1, icc_profile=profile, pnginfo=more)
            os.chmod(name, 0o666 & ~mask)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise EngineError(f"{path} could not be written ({_one_line(error.strerror or error)}).") from None


def _umask() -> int:
    """Of the process, so it is asked for before threads are at work."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
