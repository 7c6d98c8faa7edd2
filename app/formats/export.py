"""Trying an export out before it is written, and every layer to a file of its own."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from ..document.document import Document
from ..document.pixels import Pixels
from ..errors import FileError
from ..render.render import render
from ..words import phrase
from . import raster
from .atomic import replacing, save_error
from .raster import Encoding, encode, layers_apart, resized

LAYER_FILE_SUFFIXES = (".png", ".webp", ".tif", ".avif")  # those that keep transparency
_LONGEST_NAME = 60  # characters


@dataclass(frozen=True, eq=False)
class Trial:
    """pixels: (h, w, 4) uint8, how the file will look. size: bytes, None for formats that are not tried out."""

    pixels: np.ndarray = field(repr=False)
    size: int | None


def try_out(document: Document, composed: np.ndarray, suffix: str, encoding: Encoding) -> Trial:
    """composed: (h, w, 4) uint8, the document as rendered. FileError where the format cannot hold it."""
    if suffix not in raster.SAVE_SUFFIXES:
        size = (encoding.width or document.width, encoding.height or document.height)
        return Trial(resized(composed, *size), None)
    encoded = encode(document, suffix, encoding, composed)
    if encoding.deep or encoding.pages:  # nothing of what is seen is lost, and Pillow would show one page, or none
        return Trial(resized(composed, encoding.width or document.width, encoding.height or document.height), len(encoded))
    with Image.open(io.BytesIO(encoded)) as image:
        return Trial(np.asarray(image.convert("RGBA")), len(encoded))


@dataclass(frozen=True)
class LayerFiles:
    """trimmed: without the transparent border, else of the canvas's size, so that the files line up. hidden: hidden layers too."""

    suffix: str = ".png"
    trimmed: bool = False
    hidden: bool = False


def export_layers(
    document: Document,
    folder: Path,
    name: str,
    files: LayerFiles,
    report: Callable[[int, int], None] = lambda done, of: None,
    stop: threading.Event | None = None,
) -> Path:
    """Write every layer, as it looks by itself, to a file in a new folder called after `name`; returns the folder.

    Files are numbered from the bottom up. report: called with how many of how many are done. stop: set to end early; what is
    written by then stays.
    """
    layers = layers_apart(document, files.hidden)
    if not layers:
        raise FileError(phrase("There is no layer to export."), phrase("Show a layer, or include hidden ones."))
    target = _new_folder(folder, f"{_file_name(name) or 'layers'} layers")
    for index, (layer, apart) in enumerate(layers):
        if stop is not None and stop.is_set():
            break
        report(index, len(layers))
        picture = render(apart, document.rect)
        if files.trimmed:
            area = Pixels.from_array(picture).content_bounds()
            picture = picture[area.top : area.bottom, area.left : area.right]
        if picture.size:
            digits = max(len(str(len(layers))), 2)
            path = target / f"{index + 1:0{digits}} {_file_name(layer.name) or 'layer'}{files.suffix}"
            encoding = Encoding(picture.shape[1], picture.shape[0], lossless=True)
            with replacing(path) as temporary:
                temporary.write_bytes(encode(apart, files.suffix, encoding, picture))
    report(len(layers), len(layers))
    return target


def _new_folder(folder: Path, name: str) -> Path:
    """One that did not exist, so that no file of anyone is replaced."""
    for number in range(1, 1000):
        target = folder / (name if number == 1 else f"{name} {number}")
        try:
            target.mkdir()
            return target
        except FileExistsError:
            continue
        except OSError as error:
            raise save_error(target, error) from error
    raise FileError(phrase("There are too many folders called “{name}”.", name=name), phrase("Choose another folder."))


def _file_name(name: str) -> str:
    """What every system takes as part of a file's name."""
    clean = "".join(letter if letter.isprintable() and letter not in '<>:"/\\|?*' else "_" for letter in name)
    return clean[:_LONGEST_NAME].strip(" .")
