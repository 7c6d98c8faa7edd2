"""Where the canvas lies in the window: zoom and offset. Plain numbers, no Qt.

Spaces: *canvas* pixels are the document's; *device* pixels are the screen's, counted from the widget's corner. 100 % is one
canvas pixel on one device pixel, whatever the screen's scale factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from app.geometry import Rect

_PARTS = (32, 24, 16, 12, 8, 6, 4, 3, 2)
STEPS = (*(1 / part for part in _PARTS), 2 / 3, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
SMALLEST, LARGEST = STEPS[0], STEPS[-1]
FIT_MARGIN = 24  # device pixels left free around the canvas


@dataclass(frozen=True)
class View:
    """zoom: device pixels per canvas pixel; x, y: the canvas's top-left corner in device pixels."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Device -> canvas pixels."""
        return (x - self.x) / self.zoom, (y - self.y) / self.zoom

    def to_device(self, x: float, y: float) -> tuple[float, float]:
        """Canvas -> device pixels."""
        return self.x + x * self.zoom, self.y + y * self.zoom

    def zoomed(self, zoom: float, x: float, y: float) -> View:
        """Another zoom with the canvas point under device point (x, y) kept in place."""
        zoom = min(max(zoom, SMALLEST), LARGEST)
        canvas_x, canvas_y = self.to_canvas(x, y)
        return View(zoom, x - canvas_x * zoom, y - canvas_y * zoom).snapped()

    def moved(self, dx: float, dy: float) -> View:
        """Shifted by device pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def snapped(self) -> View:
        """The corner on whole device pixels, so that 100 % is exact."""
        return replace(self, x=float(round(self.x)), y=float(round(self.y)))

    def visible(self, width: int, height: int) -> Rect:
        """The canvas pixels that a widget of width × height device pixels shows, whole or in part."""
        left, top = self.to_canvas(0, 0)
        right, bottom = self.to_canvas(width, height)
        return Rect(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))

    def covered(self, rect: Rect) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole device pixels around a canvas rectangle."""
        left, top = self.to_device(rect.left, rect.top)
        right, bottom = self.to_device(rect.right, rect.bottom)
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)

    def held(self, canvas: tuple[int, int], widget: tuple[int, int]) -> View:
        """Moved so far that a part of the canvas stays in sight."""
        keep = 48
        x = min(max(self.x, keep - canvas[0] * self.zoom), widget[0] - keep)
        y = min(max(self.y, keep - canvas[1] * self.zoom), widget[1] - keep)
        return replace(self, x=x, y=y)


def fitted(canvas: tuple[int, int], widget: tuple[int, int], largest: float = LARGEST, margin: int = FIT_MARGIN) -> View:
    """The whole canvas in the middle of the widget, at no more than the zoom `largest`."""
    room = max(widget[0] - 2 * margin, 1), max(widget[1] - 2 * margin, 1)
    zoom = min(room[0] / max(canvas[0], 1), room[1] / max(canvas[1], 1), largest)
    return centred(canvas, widget, max(zoom, SMALLEST))


def centred(canvas: tuple[int, int], widget: tuple[int, int], zoom: float) -> View:
    """The canvas's middle in the widget's middle."""
    return View(zoom, (widget[0] - canvas[0] * zoom) / 2, (widget[1] - canvas[1] * zoom) / 2).snapped()


def next_step(zoom: float, direction: int) -> float:
    """The neighbouring zoom of the ladder, above (direction > 0) or below."""
    if direction > 0:
        return next((step for step in STEPS if step > zoom * 1.001), LARGEST)
    return next((step for step in reversed(STEPS) if step < zoom * 0.999), SMALLEST)


def mip_level(zoom: float) -> int:
    """How often the canvas may be halved and still has at least one pixel per device pixel."""
    return max(0, math.floor(math.log2(1 / zoom) + 1e-9)) if zoom < 1 else 0
