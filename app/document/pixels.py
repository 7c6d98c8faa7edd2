"""Immutable rasters in sparse 256-pixel tiles: Pixels (straight sRGB RGBA) and Mask (one channel).

A tile is a read-only array that is shared between versions; a version that differs in one tile costs one tile. Tiles at the
right and bottom edge are full-size and padded. Two versions differ exactly where their tiles are not the same object.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from .geometry import EMPTY, IDENTITY, Matrix, Rect, after

TILE = 256
# Alpha below this share of the strongest is no edge that an eye finds. A soft shadow goes on for a long way below it: of a generated
# strawberry, 120 × 130 pixels with a shadow, alpha > 0 fills 236 × 183, a sixteenth 161 × 147; black of that strength darkens a middle grey by
# 8 levels of 255, in a slope. Because it is a share, a layer that is faint throughout has its bounds too.
FAINT_SHARE = 1 / 16
Key = tuple[int, int]  # (row, column) of a tile
Tiles = Mapping[Key, np.ndarray]


class Lineage:
    """What a raster and all its edited versions have in common; caches hang on it."""

    __slots__ = ("__weakref__",)


@dataclass(frozen=True, eq=False)
class Pixels:
    """width × height straight sRGB RGBA uint8.

    tiles: (row, column) -> (256, 256, 4) uint8, read-only; a missing tile is transparent black. Pixels beyond width and
    height are transparent black.
    cover: (row, column) -> (256, 256) uint8, read-only, a missing tile is 0: the alpha of the thing alone, without its shadow and
    reflection, where the engine told it; None: not known. It does not show; splitting and resettling go by it.
    """

    width: int
    height: int
    tiles: Tiles = field(repr=False)
    lineage: Lineage = field(default_factory=Lineage, repr=False)
    cover: Tiles | None = field(default=None, repr=False)

    @classmethod
    def empty(cls, width: int, height: int) -> Pixels:
        return cls(width, height, MappingProxyType({}))

    @classmethod
    def from_array(cls, array: np.ndarray, cover: np.ndarray | None = None) -> Pixels:
        """(h, w, 4) uint8 straight RGBA, or (h, w, 3) uint8 RGB, which becomes opaque; cover: (h, w) uint8. The arrays are copied."""
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4):
            raise ValueError(f"need (h, w, 3 or 4) uint8, got {array.shape} {array.dtype}")
        height, width = array.shape[:2]
        known = None if cover is None else MappingProxyType(dict(_split(cover, np.uint8(0))))
        return cls(width, height, MappingProxyType(dict(_split(array, np.zeros(4, np.uint8)))), cover=known)

    @classmethod
    def filled(cls, width: int, height: int, colour: tuple[int, int, int, int]) -> Pixels:
        """One colour, straight RGBA, throughout. Equal tiles are one array, so that a large one takes no memory."""
        made: dict[tuple[int, int], np.ndarray] = {}
        tiles = {}
        for row in range(-(-height // TILE)):
            for column in range(-(-width // TILE)):
                size = min(TILE, height - row * TILE), min(TILE, width - column * TILE)
                if size not in made:
                    made[size] = np.zeros((TILE, TILE, 4), np.uint8)
                    made[size][: size[0], : size[1]] = colour
                    made[size].flags.writeable = False
                tiles[row, column] = made[size]
        return cls(width, height, MappingProxyType(tiles))

    @property
    def rect(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    def to_array(self, rect: Rect | None = None) -> np.ndarray:
        """A (h, w, 4) uint8 copy of all, or of `rect` in layer pixels; transparent beyond the edges."""
        rect = self.rect if rect is None else rect
        return _assemble(self.tiles, rect, np.zeros((rect.height, rect.width, 4), np.uint8))

    def cover_array(self, rect: Rect | None = None) -> np.ndarray | None:
        """A (h, w) uint8 copy of the cover of all, or of `rect` in layer pixels; None where it is not known."""
        rect = self.rect if rect is None else rect
        return None if self.cover is None else _assemble(self.cover, rect, np.zeros((rect.height, rect.width), np.uint8))

    def as_thing(self) -> Pixels:
        """The same, known to be a thing and nothing else; the cover is the alpha itself and takes no memory."""
        return replace(self, cover=MappingProxyType({key: tile[..., 3] for key, tile in self.tiles.items()}))

    def with_region(self, left: int, top: int, array: np.ndarray) -> Pixels:
        """A version with (h, w, 4) uint8 written at (left, top); what lies beyond the edges is dropped. Its cover is not known."""
        tiles = _written(self.tiles, self.rect, left, top, array, np.zeros(4, np.uint8))
        return replace(self, tiles=tiles, cover=None)

    def tile_bounds(self) -> Rect:
        """A quick rectangle around all that may be visible."""
        return _bounds_of_tiles(self.tiles).intersect(self.rect)

    def content_bounds(self) -> Rect:
        """The smallest rectangle around alpha > 0; empty where nothing is visible."""
        return self._content

    def seen_bounds(self) -> Rect:
        """The smallest rectangle around what an eye finds of it, alpha of FAINT_SHARE of the strongest; empty where nothing is visible."""
        return self._seen

    @cached_property
    def _content(self) -> Rect:
        return self._bounds_from(1)

    @cached_property
    def _seen(self) -> Rect:
        strongest = 0
        for tile in self.tiles.values():
            strongest = max(strongest, int(tile[..., 3].max()))
            if strongest == 255:
                break  # of most pictures one tile is looked at
        return self._bounds_from(max(math.ceil(strongest * FAINT_SHARE), 1))

    def _bounds_from(self, least: int) -> Rect:
        """The smallest rectangle around alpha of at least `least`, 1 to 255."""
        bounds = EMPTY
        for (row, column), tile in sorted(self.tiles.items(), key=lambda item: self._distance_from_middle(item[0]), reverse=True):
            area = tile_rect((row, column)).intersect(self.rect)
            if bounds.unite(area) == bounds:
                continue  # nothing in it can reach further: of a full picture only the rim is looked at
            found = tile[: area.height, : area.width, 3] >= least
            rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
            if rows.size:
                left, top = area.left, area.top
                bounds = bounds.unite(Rect(int(left + columns[0]), int(top + rows[0]), int(left + columns[-1] + 1), int(top + rows[-1] + 1)))
        return bounds

    def _distance_from_middle(self, key: Key) -> float:
        row, column = key
        return abs((row + 0.5) * TILE - self.height / 2) + abs((column + 0.5) * TILE - self.width / 2)


@dataclass(frozen=True, eq=False)
class Mask:
    """How much of a layer or group shows: 0 hides, 255 shows.

    tiles: (row, column) -> (256, 256) uint8, read-only; a missing tile, and all beyond width × height, has the value `default`.
    left, top: where the mask's first pixel lies. A linked mask of a layer is in layer pixels, and so moves, scales and turns
    with the layer's placement; an unlinked one, and every mask of a group, is in canvas pixels.
    matrix: for masks in canvas pixels, what was done to them after that, as when their group was scaled or turned.
    """

    width: int
    height: int
    tiles: Tiles = field(repr=False)
    left: int = 0
    top: int = 0
    default: int = 255
    linked: bool = True
    enabled: bool = True
    matrix: Matrix = IDENTITY
    lineage: Lineage = field(default_factory=Lineage, repr=False)

    @classmethod
    def from_array(cls, array: np.ndarray, left: int = 0, top: int = 0, default: int = 255, linked: bool = True, enabled: bool = True) -> Mask:
        """(h, w) uint8; the array is copied."""
        if array.dtype != np.uint8 or array.ndim != 2:
            raise ValueError(f"need (h, w) uint8, got {array.shape} {array.dtype}")
        height, width = array.shape
        tiles = MappingProxyType(dict(_split(array, np.uint8(default))))
        return cls(width, height, tiles, left, top, default, linked, enabled)

    @property
    def rect(self) -> Rect:
        """The mask's own pixels, counted from its first."""
        return Rect(0, 0, self.width, self.height)

    def to_array(self, rect: Rect | None = None) -> np.ndarray:
        """A (h, w) uint8 copy of all, or of `rect` counted from the mask's first pixel; `default` beyond the edges."""
        rect = self.rect if rect is None else rect
        return _assemble(self.tiles, rect, np.full((rect.height, rect.width), self.default, np.uint8))

    def transformed(self, by: Matrix) -> Mask:
        """A mask in canvas pixels after the canvas matrix `by`; nothing is resampled, and whole shifts only move it."""
        *linear, dx, dy = (round(value) if abs(value - round(value)) < 1e-9 else value for value in after(self.matrix, by))
        if (*linear, dx % 1, dy % 1) == (*IDENTITY[:4], 0, 0):
            return replace(self, left=self.left + int(dx), top=self.top + int(dy), matrix=IDENTITY)
        return replace(self, matrix=(*linear, dx, dy))

    def with_region(self, left: int, top: int, array: np.ndarray) -> Mask:
        """A version with (h, w) uint8 written at (left, top), counted from the mask's first pixel."""
        return replace(self, tiles=_written(self.tiles, self.rect, left, top, array, np.uint8(self.default)))


def changed_tiles(old: Tiles, new: Tiles) -> list[Key]:
    """Where the two are not the same object."""
    if old is new:
        return []
    return [key for key in old.keys() | new.keys() if old.get(key) is not new.get(key)]


def changed_rect(old: Tiles, new: Tiles) -> Rect:
    """The rectangle around all tiles that differ, in pixels of the raster."""
    return _bounds_of_tiles(changed_tiles(old, new))


def differing_rect(old: Tiles, new: Tiles, default: int) -> Rect:
    """The rectangle around all values of two masks that differ; `default` stands for missing tiles."""
    area = EMPTY
    empty = np.full((TILE, TILE), default, np.uint8)
    for key in changed_tiles(old, new):
        differs = old.get(key, empty) != new.get(key, empty)
        rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
        if rows.size:
            at = tile_rect(key)
            area = area.unite(Rect(at.left + int(columns[0]), at.top + int(rows[0]), at.left + int(columns[-1]) + 1, at.top + int(rows[-1]) + 1))
    return area


def tiles_in(tiles: Tiles, rect: Rect) -> Iterator[tuple[Key, np.ndarray]]:
    """The present tiles that touch `rect`, in reading order."""
    if rect.is_empty:
        return
    for row in range(rect.top // TILE, (rect.bottom - 1) // TILE + 1):
        for column in range(rect.left // TILE, (rect.right - 1) // TILE + 1):
            tile = tiles.get((row, column))
            if tile is not None:
                yield (row, column), tile


def tile_rect(key: Key) -> Rect:
    return Rect.from_size(key[1] * TILE, key[0] * TILE, TILE, TILE)


def _bounds_of_tiles(keys: Iterable[Key]) -> Rect:
    keys = list(keys)
    if not keys:
        return EMPTY
    rows, columns = [key[0] for key in keys], [key[1] for key in keys]
    return Rect(min(columns) * TILE, min(rows) * TILE, (max(columns) + 1) * TILE, (max(rows) + 1) * TILE)


def _split(array: np.ndarray, background: np.ndarray) -> Iterator[tuple[Key, np.ndarray]]:
    """Tiles of (h, w[, 3 or 4]) uint8 that are not all `background`."""
    height, width = array.shape[:2]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            part = array[top : top + TILE, left : left + TILE]
            tile = np.empty((TILE, TILE) + background.shape, np.uint8)
            if part.shape[:2] != (TILE, TILE):
                tile[...] = background
            inner = tile[: part.shape[0], : part.shape[1]]
            if array.ndim == 3 and array.shape[2] == 3:
                inner[..., :3], inner[..., 3] = part, 255
            else:
                inner[...] = part
            if _differs(tile, background):
                yield (top // TILE, left // TILE), _frozen(tile)


def _differs(tile: np.ndarray, background: np.ndarray) -> bool:
    """Whether a tile is more than its background; against nothing this is 15 times as fast as a comparison."""
    return bool((tile != background).any() if background.any() else tile.any())


def _assemble(tiles: Tiles, rect: Rect, out: np.ndarray) -> np.ndarray:
    for key, tile in tiles_in(tiles, rect):
        area = tile_rect(key)
        part = area.intersect(rect)
        out[part.top - rect.top : part.bottom - rect.top, part.left - rect.left : part.right - rect.left] = tile[
            part.top - area.top : part.bottom - area.top, part.left - area.left : part.right - area.left
        ]
    return out


def _written(tiles: Tiles, limits: Rect, left: int, top: int, array: np.ndarray, background: np.ndarray) -> Tiles:
    if array.dtype != np.uint8 or array.shape[2:] != background.shape:
        raise ValueError(f"need (h, w{', 4' if background.shape else ''}) uint8, got {array.shape} {array.dtype}")
    region = Rect.from_size(left, top, array.shape[1], array.shape[0]).intersect(limits)
    if region.is_empty:
        return tiles
    fresh = dict(tiles)
    for row in range(region.top // TILE, (region.bottom - 1) // TILE + 1):
        for column in range(region.left // TILE, (region.right - 1) // TILE + 1):
            area = tile_rect((row, column))
            part = area.intersect(region)
            old = fresh.get((row, column))
            tile = np.full((TILE, TILE) + background.shape, background, np.uint8) if old is None else old.copy()
            tile[part.top - area.top : part.bottom - area.top, part.left - area.left : part.right - area.left] = array[
                part.top - top : part.bottom - top, part.left - left : part.right - left
            ]
            if _differs(tile, background):
                fresh[row, column] = _frozen(tile)
            else:
                fresh.pop((row, column), None)
    return MappingProxyType(fresh)


def _frozen(tile: np.ndarray) -> np.ndarray:
    tile.flags.writeable = False
    return tile
