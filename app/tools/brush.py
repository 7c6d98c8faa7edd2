"""The mask brush: round dabs along a stroke, and the tool that paints with them.

Sizes are in canvas pixels wherever the mask lies: on a layer that is scaled or turned, a dab is the ellipse that looks round on
the canvas.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ..document import edits
from ..document.document import Document, Node, find
from ..document.geometry import Matrix, Rect, after, invert
from ..document.locks import is_locked
from ..document.masks import add_mask, grown, mask_matrix, room
from ..document.pixels import TILE, Key, Mask
from ..session.session import Session
from ..words import phrase
from .tools import Overlay

SPACING = 0.1  # of the diameter: the way from dab to dab
SMALLEST, LARGEST = 1.0, 2000.0  # canvas pixels, diameters
PARTS = 4  # of a pixel: how exactly a dab is placed
LIGHTEST = 0.02  # the share of size and flow that is left at no pressure


@dataclass(frozen=True)
class Brush:
    """size: diameter in canvas pixels. hardness: 0 to 1, the share of the radius before it fades. flow: 0 to 1, how much of what is
    left one dab covers. size_by_pressure, flow_by_pressure: what the pen's pressure makes smaller."""

    size: float = 60.0
    hardness: float = 0.8
    flow: float = 1.0
    size_by_pressure: bool = True
    flow_by_pressure: bool = False

    def pressed(self, pressure: float) -> Brush:
        """The brush at a pressure of 0 to 1."""
        share = max(pressure, LIGHTEST)
        size = max(self.size * share, SMALLEST) if self.size_by_pressure else self.size
        return replace(self, size=size, flow=self.flow * share if self.flow_by_pressure else self.flow)


class Stroke:
    """One stroke on a mask: the mask as it was, and how much of it each pixel has been covered by the dabs since."""

    def __init__(self, mask: Mask, matrix: Matrix, brush: Brush, value: int) -> None:
        """matrix: mask -> canvas pixels, not flat; value: 255 shows, 0 hides."""
        self.mask = mask
        self._before = mask
        self.matrix, self._back = matrix, invert(matrix)
        self._brush, self._value = brush, value
        self._covered: dict[Key, np.ndarray] = {}  # (256, 256) float32, 0 to 1
        self._at: tuple[float, float, float] | None = None  # x, y, pressure
        self._left_over = 0.0  # canvas pixels since the last dab

    def to(self, x: float, y: float, pressure: float = 1.0) -> Mask:
        """Go on to a canvas point; returns the mask as it is then."""
        touched: set[Key] = set()
        for at in self._points(x, y, pressure):
            touched |= self._dab(*at)
        self._at = x, y, pressure
        if touched:
            self.mask = replace(self.mask, tiles=MappingProxyType(dict(self.mask.tiles) | {key: self._mixed(key) for key in touched}))
        return self.mask

    def _points(self, x: float, y: float, pressure: float) -> list[tuple[float, float, float]]:
        """Where the dabs go on the way to (x, y), evenly spaced along the whole stroke."""
        if self._at is None:
            return [(x, y, pressure)]
        from_x, from_y, from_pressure = self._at
        length = math.hypot(x - from_x, y - from_y)
        step = max(self._brush.pressed((from_pressure + pressure) / 2).size * SPACING, 0.5)
        way = max(step - self._left_over, 0.0)
        found = []
        while way <= length and length > 0:
            share = way / length
            found.append((from_x + (x - from_x) * share, from_y + (y - from_y) * share, from_pressure + (pressure - from_pressure) * share))
            way += step
        self._left_over = length - (way - step)
        return found

    def _dab(self, x: float, y: float, pressure: float) -> set[Key]:
        """Cover once more around a canvas point; returns the tiles touched."""
        brush = self._brush.pressed(pressure)
        a, b, c, d, tx, ty = self._back
        across, down = (round(value * PARTS) / PARTS for value in (a * x + c * y + tx, b * x + d * y + ty))
        column, row = math.floor(across), math.floor(down)
        stamp, left, top = _stamp(brush.size, brush.hardness, self.matrix[:4], across - column, down - row)
        area = Rect.from_size(column + left, row + top, stamp.shape[1], stamp.shape[0])
        inside = area.intersect(self._before.rect)
        if inside.is_empty:
            return set()
        touched = set()
        for tile_row in range(inside.top // TILE, (inside.bottom - 1) // TILE + 1):
            for tile_column in range(inside.left // TILE, (inside.right - 1) // TILE + 1):
                tile = Rect.from_size(tile_column * TILE, tile_row * TILE, TILE, TILE)
                part = tile.intersect(inside)
                share = _cut(stamp, part, area) * np.float32(brush.flow)
                covered = _cut(self._cover(tile_row, tile_column), part, tile)
                covered += share * (1 - covered)
                touched.add((tile_row, tile_column))
        return touched

    def _cover(self, row: int, column: int) -> np.ndarray:
        if (row, column) not in self._covered:
            self._covered[row, column] = np.zeros((TILE, TILE), np.float32)
        return self._covered[row, column]

    def _mixed(self, key: Key) -> np.ndarray:
        """A tile of the mask as it is now: (256, 256) uint8."""
        old = self._before.tiles.get(key)
        before = np.float32(self._before.default) if old is None else old.astype(np.float32)
        tile = np.rint(before + (np.float32(self._value) - before) * self._covered[key]).astype(np.uint8)
        inside = self._before.rect
        tile[max(inside.bottom - key[0] * TILE, 0) :] = self._before.default
        tile[:, max(inside.right - key[1] * TILE, 0) :] = self._before.default
        tile.flags.writeable = False
        return tile


def _cut(array: np.ndarray, part: Rect, whole: Rect) -> np.ndarray:
    """The view of `part` of an array that lies at `whole`."""
    return array[part.top - whole.top : part.bottom - whole.top, part.left - whole.left : part.right - whole.left]


@lru_cache(maxsize=32)
def _stamp(size: float, hardness: float, linear: tuple[float, float, float, float], x: float, y: float) -> tuple[np.ndarray, int, int]:
    """((h, w) float32 of 0 to 1, left, top): one dab around the point (x, y) inside pixel (0, 0) of the mask.

    linear: a, b, c, d of mask -> canvas. The edge fades over one pixel at least, of the canvas or of the mask, whichever is larger.
    """
    a, b, c, d = linear
    back_a, back_b, back_c, back_d = invert((a, b, c, d, 0.0, 0.0))[:4]
    soft = max(1.0, math.hypot(a, b), math.hypot(c, d))
    outer = size / 2 + soft / 2
    inner = min(size / 2 * hardness, size / 2 - soft / 2)
    half_width, half_height = outer * math.hypot(back_a, back_c), outer * math.hypot(back_b, back_d)
    left, top = math.floor(x - half_width), math.floor(y - half_height)
    across = (np.arange(left, math.ceil(x + half_width), dtype=np.float32) + np.float32(0.5 - x))[None]
    down = (np.arange(top, math.ceil(y + half_height), dtype=np.float32) + np.float32(0.5 - y))[:, None]
    distance = np.sqrt((a * across + c * down) ** 2 + (b * across + d * down) ** 2)
    share = np.clip((outer - distance) / (outer - inner), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32), left, top


class BrushTool:
    """Paints on the active node's mask: the brush shows again what was hidden, the eraser hides.

    pressure: of the pen, 0 to 1; a mouse presses with 1.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.brush = Brush()
        self.erases = False
        self.pressure = 1.0
        self._id = ""
        self._stroke: Stroke | None = None
        self._based_on: Mask | None = None
        self._pointer: tuple[float, float] | None = None
        self._ended: tuple[float, float] | None = None  # where the last stroke ended; Shift goes on from there in a line

    @property
    def overlay(self) -> Overlay:
        """The circle that a dab would cover."""
        return Overlay(circle=None if self._pointer is None else (*self._pointer, self.brush.size / 2))

    def hover(self, x: float, y: float) -> None:
        self._pointer = x, y

    def leave(self) -> None:
        """The pointer is no longer over the canvas."""
        self._pointer = None

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 0.0) -> str:
        """Returns why nothing can be painted, as a sentence, or an empty string. The eraser gives a mask to a node without one."""
        document = self.session.document
        node = find(document, self.session.active)
        if refusal := self._refusal(document, node):
            return refusal
        self._id, self._based_on = node.id, node.mask
        masked = _ready(document, node)
        self._stroke = Stroke(masked.mask, mask_matrix(masked), self.brush, 0 if self.erases else 255)
        if "shift" in modifiers and self._ended is not None:
            self._stroke.to(*self._ended, self.pressure)
        self.drag(x, y, modifiers)
        return ""

    def _refusal(self, document: Document, node: Node | None) -> str:
        if node is None:
            return phrase("No layer is active. Choose one in the layer panel.")
        if is_locked(document, node.id):
            return phrase("“{name}” is locked. Unlock it to paint on its mask.", name=node.name)
        if not node.visible:
            return phrase("“{name}” is hidden. Show it to paint on its mask.", name=node.name)
        if node.mask is None and not self.erases:
            return phrase("“{name}” has no mask: nothing of it is hidden. The eraser (E) hides parts.", name=node.name)
        if node.mask is not None and not node.mask.enabled:
            return phrase("The mask of “{name}” is switched off. Switch it on to paint on it.", name=node.name)
        if invert(mask_matrix(_ready(document, node))) is None:
            return phrase("“{name}” is scaled to nothing.", name=node.name)
        return ""

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self._pointer = x, y
        if self._goes_on():
            self._stroke.to(x, y, self.pressure)
            self.session.preview(self._painted())

    def _goes_on(self) -> bool:
        """Whether there is a stroke; it is given up where the mask is gone, or changed by something else meanwhile."""
        node = find(self.session.document, self._id)
        if self._stroke is not None and (node is None or _kind(node.mask) != _kind(self._based_on)):
            self.abort()
        return self._stroke is not None

    def _painted(self) -> Document:
        """With the stroke where it was painted on the canvas: a candidate that came meanwhile may begin elsewhere."""
        document, stroke = self.session.document, self._stroke
        there = mask_matrix(replace(edits.get(document, self._id), mask=stroke.mask))
        a, b, c, d, tx, ty = after(stroke.matrix, invert(there))
        moved = replace(stroke.mask, left=stroke.mask.left + round(tx), top=stroke.mask.top + round(ty))
        return edits.set_mask(document, self._id, moved)

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        if self._stroke is not None and self.pressure > 0:  # a pen leaves the tablet with no pressure
            self.drag(x, y, modifiers)
        if not self._goes_on():
            return
        document, self._stroke, self._ended = self._painted(), None, (x, y)
        self.session.commit(phrase("Erase on the Mask") if self.erases else phrase("Paint on the Mask"), document)

    def abort(self) -> bool:
        """Give up the stroke. Whether there was one."""
        had, self._stroke = self._stroke is not None, None
        if had:
            self.session.discard()
        return had


def _kind(mask: Mask | None) -> tuple | None:
    """What a stroke relies on; where the mask begins may change."""
    return None if mask is None else (id(mask.tiles), mask.enabled, mask.linked)


def _ready(document: Document, node: Node) -> Node:
    """The node with a mask that has pixels wherever there is something to hide."""
    if node.mask is None:
        return edits.get(add_mask(document, node.id), node.id)
    return replace(node, mask=grown(node.mask, room(document, node)))
