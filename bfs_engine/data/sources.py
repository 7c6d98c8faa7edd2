"""Pictures to make training data of: loose files in a folder, or tar files in WebDataset's layout, named in the same way.

KEY.composite.EXT is the picture with the object, KEY.mask.EXT shows where the object is (white), KEY.background.EXT is the same
picture without the object and its effects, where there is one; KEY.json holds a "prompt", where there is one. EXT is any of
PICTURES. A key has no dots; in a folder it may be a path ("kitchen/0001").
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..api import EngineError
from ..cli.pictures import MOST_PIXELS
from ..train.shards import Stored, read_shard

PICTURES = ("png", "jpg", "jpeg", "webp")
PER_SHARD = 256  # examples of a folder that go into one shard


class Dropped(Exception):
    """Nothing can be made of a source. `reason` is one of few, so that it can be counted; `detail` tells more of this one."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Loose:
    """One source in a folder: its files by what follows the key and a dot."""

    key: str
    files: dict[str, Path]

    def read(self, ending: str) -> bytes:
        return self.files[ending].read_bytes()


Source = Stored | Loose


def find(folder: Path) -> list[list[Source]]:
    """The sources in a folder, in a fixed order: those of each tar file together, loose ones in groups of PER_SHARD."""
    tars = sorted(folder.glob("*.tar"))
    if tars:
        return [list(read_shard(path)) for path in tars]
    sources = [source for source in grouped(folder) if _ending("composite", source.files) or _ending("mask", source.files)]
    if not sources:
        hint = "Name them KEY.composite.png and KEY.mask.png, or put such files into shards (.tar)."
        raise EngineError(f"There are no pictures in {folder}.", hint)
    return [sources[start : start + PER_SHARD] for start in range(0, len(sources), PER_SHARD)]


def grouped(folder: Path) -> list[Loose]:
    """All files under a folder whose names have a dot, those of one key together."""
    loose: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.*")):
        key, _, ending = path.relative_to(folder).as_posix().rpartition("/")[2].partition(".")
        loose.setdefault((path.parent / key).relative_to(folder).as_posix(), {})[ending] = path
    return [Loose(key, files) for key, files in loose.items()]


def _ending(part: str, files: dict) -> str | None:
    return next((f"{part}.{kind}" for kind in PICTURES if f"{part}.{kind}" in files), None)


def picture(source: Source, part: str, mode: str) -> Image.Image | None:
    """A part of a source, upright, in Pillow's `mode`; None where it has no such part. Raises Dropped."""
    ending = _ending(part, source.files)
    if ending is None:
        return None
    try:
        with Image.open(io.BytesIO(source.read(ending)), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Dropped("a picture is too large", f"{part}: {image.width} × {image.height}")
            return ImageOps.exif_transpose(image).convert(mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Dropped("a picture cannot be read", f"{part}: {error}") from error


def prompt(source: Source) -> str | None:
    """What the source's JSON file calls the object. Raises Dropped."""
    if "json" not in source.files:
        return None
    try:
        said = json.loads(source.read("json")).get("prompt")
    except (OSError, ValueError, AttributeError) as error:
        raise Dropped("the description (json) cannot be read", str(error)) from error
    return said if isinstance(said, str) else None


@dataclass(frozen=True, eq=False)
class Picture:
    """A source at the size it is worked on. composite, background: (h, w, 3) uint8; mask: (h, w) bool."""

    composite: np.ndarray
    mask: np.ndarray
    background: np.ndarray | None
    prompt: str | None


def load(source: Source, side: int) -> Picture:
    """A source, made smaller until its shorter side has no more than `side` pixels. Raises Dropped."""
    composite, mask, background = picture(source, "composite", "RGB"), picture(source, "mask", "L"), picture(source, "background", "RGB")
    if composite is None or mask is None:
        raise Dropped("composite or mask is missing")
    if any(other is not None and other.size != composite.size for other in (mask, background)):
        raise Dropped("the pictures are not of one size")
    scale = min(1.0, side / min(composite.size))
    size = round(composite.width * scale), round(composite.height * scale)

    def scaled(image: Image.Image) -> np.ndarray:
        return np.array(image if image.size == size else image.resize(size, Image.Resampling.LANCZOS))

    below = None if background is None else scaled(background)
    return Picture(scaled(composite), scaled(mask) >= 128, below, prompt(source))
