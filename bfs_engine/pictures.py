"""Pictures in and layers out as files, for the command line. numpy and Pillow only; all arrays uint8, alpha straight."""

from __future__ import annotations

import os
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .api import EngineError, LayerResult

MOST_PIXELS = 1 << 28  # 16,384 × 16,384: 1 GiB as RGBA


@dataclass(frozen=True, eq=False)
class Picture:
    """pixels: (h, w, 3), or (h, w, 4) where the file holds transparency; upright. profile: the file's RGB ICC profile."""

    pixels: np.ndarray = field(repr=False)
    profile: bytes | None = field(default=None, repr=False)

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
        return Picture(_to_rgb(upright), profile if profile and profile[16:20] == b"RGB " else None)
    except FileNotFoundError:
        raise EngineError(f"There is no file {path}.") from None
    except UnidentifiedImageError:
        raise EngineError(f"{path} is not a picture that can be read here.") from None
    except (Image.DecompressionBombError, MemoryError, OverflowError):
        raise EngineError(f"{path} has more pixels than can be opened safely.") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow's readers raise on damaged files
        raise EngineError(f"{path} could not be read as a picture ({_one_line(error)}).") from None


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
    canvas = np.zeros((height, width, 4), np.uint8)
    top, left = max(layer.top, 0), max(layer.left, 0)
    seen = layer.pixels[top - layer.top :, left - layer.left :][: max(height - top, 0), : max(width - left, 0)]
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


def write_pngs(pictures: dict[Path, np.ndarray], profile: bytes | None = None) -> None:
    """(h, w, 3 or 4) each -> PNG files, packed side by side, each of them whole or not there. Raises EngineError."""
    mask = _umask()
    with ThreadPoolExecutor() as pool:
        for written in [pool.submit(_write_png, path, pixels, profile, mask) for path, pixels in pictures.items()]:
            written.result()


def _write_png(path: Path, pixels: np.ndarray, profile: bytes | None, mask: int) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                Image.fromarray(pixels).save(file, "PNG", compress_level=1, icc_profile=profile)
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
