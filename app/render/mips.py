"""Contiguous images of a raster, averaged over 1, 2, 4 … 256 pixels, for drawing at a scale or under a transform.

One set is kept for all versions of a raster (its lineage) as long as one of them lives; only tiles that differ from what the
set shows are averaged again. Drawing tile by tile under a transform would leave seams.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from ..document.pixels import TILE, Key, Lineage, Mask, Pixels, Tiles, changed_tiles, tile_rect

MOST_TILES = 128  # remembered premultiplied tiles: 32 MB, about what a window shows of one layer
Raster = Pixels | Mask
Level = tuple[int, int]  # how often halved across and down


@dataclass(eq=False)
class _Images:
    """images[level] shows `tiles` of a raster of this kind (size, and a mask's default)."""

    tiles: Tiles
    kind: tuple[int, ...]
    images: dict[Level, QImage] = field(default_factory=dict)


_cache: weakref.WeakKeyDictionary[Lineage, _Images] = weakref.WeakKeyDictionary()
_premultiplied: dict[int, tuple[np.ndarray, QImage]] = {}  # the latest last
_lock = threading.Lock()


def mip(raster: Raster, across: int, down: int) -> QImage:
    """The raster averaged over 2**across × 2**down pixels: ARGB32_Premultiplied for Pixels, Alpha8 for a Mask.

    ceil(width / 2**across) pixels wide; what lies beyond the edge counts as transparent (a mask: as its default). The image is
    the caller's: later versions do not write into it. Any thread may call.
    """
    with _lock:
        kept = _cache.get(raster.lineage)
        if kept is None or kept.kind != _kind(raster):
            kept = _cache[raster.lineage] = _Images(raster.tiles, _kind(raster))
        if kept.tiles is not raster.tiles:
            keys = changed_tiles(kept.tiles, raster.tiles)
            for level, image in kept.images.items():
                _draw(image, raster, level, keys)
            kept.tiles = raster.tiles
        if (across, down) not in kept.images:
            kept.images[across, down] = _built(raster, (across, down))
        return QImage(kept.images[across, down])  # shares memory; Qt copies it before a later version writes


def _kind(raster: Raster) -> tuple[int, ...]:
    return (raster.width, raster.height, raster.default if isinstance(raster, Mask) else 0)


def _built(raster: Raster, level: Level) -> QImage:
    width, height = -(-raster.width >> level[0]), -(-raster.height >> level[1])
    colour = isinstance(raster, Pixels)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied if colour else QImage.Format.Format_Alpha8)
    if image.isNull():
        raise MemoryError(f"no memory for {width} × {height} pixels")
    image.fill(0 if colour else raster.default)
    _draw(image, raster, level, list(raster.tiles))
    return image


def _draw(image: QImage, raster: Raster, level: Level, keys: list[Key]) -> None:
    """Bring the parts of a level that show these tiles up to date."""
    rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)
    channels = 4 if isinstance(raster, Pixels) else 1
    array = rows[:, : image.width() * channels].reshape(image.height(), image.width(), channels)
    for key in keys:
        area = tile_rect(key)
        part = array[area.top >> level[1] : area.bottom >> level[1], area.left >> level[0] : area.right >> level[0]]
        part[...] = _averaged(raster, key, level)[: part.shape[0], : part.shape[1]]


def _averaged(raster: Raster, key: Key, level: Level) -> np.ndarray:
    """A tile at that level: (h, w, 4) uint8 premultiplied BGRA, or (h, w, 1) uint8."""
    tile = raster.tiles.get(key)
    factors = (1 << level[0], 1 << level[1])
    if tile is None:
        empty = np.zeros(4, np.uint8) if isinstance(raster, Pixels) else np.array([raster.default], np.uint8)
        return np.broadcast_to(empty, (TILE >> level[1], TILE >> level[0], empty.size))
    if isinstance(raster, Mask):
        return np.asarray(Image.fromarray(tile).reduce(factors))[..., None]
    premultiplied = _premultiply(tile)
    picture = Image.frombuffer("RGBa", (TILE, TILE), premultiplied.constBits(), "raw", "RGBa", 0, 1)  # averages know no order of colours
    return np.array(picture.reduce(factors))


def premultiplied_tile(tile: np.ndarray) -> QImage:
    """(256, 256, 4) uint8 straight RGBA, read-only -> ARGB32_Premultiplied. The last ones are remembered: a layer that is dragged
    at 100 % is drawn from the same tiles in every frame."""
    with _lock:
        known = _premultiplied.pop(id(tile), None)
    tile, image = known or (tile, _premultiply(tile))
    with _lock:
        _premultiplied[id(tile)] = tile, image  # holding the tile keeps its id
        while len(_premultiplied) > MOST_TILES:
            _premultiplied.pop(next(iter(_premultiplied)))
    return image


def _premultiply(tile: np.ndarray) -> QImage:
    straight = QImage(tile.data, TILE, TILE, TILE * 4, QImage.Format.Format_RGBA8888)
    return straight.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
