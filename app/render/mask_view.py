"""What the canvas shows to make a mask visible: the document with the mask in red over it, or the mask alone in grey. Such a document is
looked at and forgotten; nobody edits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np

from ..document.document import Document, Layer, Node, mask_matrix
from ..document.geometry import Placement, invert
from ..document.masks import grown, room
from ..document.pixels import TILE, Key, Lineage, Mask, Pixels

RED = (255, 0, 0)
MOST = 1024  # tiles kept, of 256 KiB and what they were made from
VEIL = 0.5  # the alpha of red where the mask hides all, as Photoshop has it

Paint = Callable[[np.ndarray], np.ndarray]  # (256, 256) uint8 of a mask -> (256, 256, 4) uint8


class MaskView:
    """Makes such documents; a tile that has not changed since the last one stays the same object, so a stroke repaints what it touches."""

    def __init__(self) -> None:
        self._of: Lineage | None = None
        self._lineage = Lineage()
        self._made: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}  # what it is made from, and of -> both tiles

    def over(self, document: Document, node: Node) -> Document:
        """Red over all that the node's mask hides."""
        return replace(document, layers=(*document.layers, *self._layers(document, node, _veil)))

    def alone(self, document: Document, node: Node) -> Document:
        """The node's mask in grey, white where it shows."""
        mask = node.mask
        ground = self._pixels(Mask(document.width, document.height, MappingProxyType({}), default=mask.default), _grey, Lineage())
        return replace(document, layers=(Layer("mask view ground", "", ground), *self._layers(document, node, _grey)))

    def _layers(self, document: Document, node: Node, paint: Paint) -> tuple[Layer, ...]:
        """The mask as a layer; none where the node is scaled to nothing."""
        mask = grown(node.mask, room(document, node))
        matrix = mask_matrix(replace(node, mask=mask))
        if invert(matrix) is None:
            return ()
        if mask.lineage is not self._of:
            self._of, self._lineage = mask.lineage, Lineage()
        pixels = self._pixels(mask, paint, self._lineage)
        return (Layer("mask view", "", pixels, Placement().transformed(matrix, mask.width, mask.height)),)

    def _pixels(self, mask: Mask, paint: Paint, lineage: Lineage) -> Pixels:
        plain = _plain(mask.default)
        tiles: dict[Key, np.ndarray] = {}
        for row in range(-(-mask.height // TILE)):
            for column in range(-(-mask.width // TILE)):
                height, width = min(mask.height - row * TILE, TILE), min(mask.width - column * TILE, TILE)
                tile = self._tile(mask.tiles.get((row, column), plain), paint, height, width)
                if tile[..., 3].any():
                    tiles[row, column] = tile
        return Pixels(mask.width, mask.height, MappingProxyType(tiles), lineage)

    def _tile(self, shades: np.ndarray, paint: Paint, height: int, width: int) -> np.ndarray:
        key = id(shades), paint, height, width
        if key not in self._made:
            tile = paint(shades)
            tile[height:] = tile[:, width:] = 0  # beyond the edges there is nothing
            tile.flags.writeable = False
            if len(self._made) >= MOST:
                self._made.clear()
            self._made[key] = shades, tile
        return self._made[key][1]


@cache
def _plain(value: int) -> np.ndarray:
    """One tile of a value, always the same object."""
    return np.full((TILE, TILE), value, np.uint8)


def _grey(shades: np.ndarray) -> np.ndarray:
    return np.dstack([shades, shades, shades, np.full_like(shades, 255)])


def _veil(shades: np.ndarray) -> np.ndarray:
    tile = np.empty((TILE, TILE, 4), np.uint8)
    tile[..., :3] = RED
    tile[..., 3] = np.rint((255 - shades) * VEIL)
    return tile
