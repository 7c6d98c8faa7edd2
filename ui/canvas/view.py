"""Where the canvas lies in the window: zoom, offset, rotation, flip. Plain numbers, no Qt.

Spaces: *canvas* pixels are the document's; *device* pixels are the screen's, counted from the widget's corner. 100 % is one
canvas pixel on one device pixel, whatever the screen's scale factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from app.document.geometry import Matrix, Point, Rect, apply, around_points, corners, invert, turn

_PARTS = (32, 24, 16, 12, 8, 6, 4, 3, 2)
STEPS = (*(1 / part for part in _PARTS), 2 / 3, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
SMALLEST, LARGEST = STEPS[0], STEPS[-1]
FIT_MARGIN = 24  # device pixels left free around the canvas


@dataclass(frozen=True)
class View:
    """zoom: device pixels per canvas pixel; x, y: where the canvas's top-left corner lies, in device pixels.

    flipped: the canvas is seen from behind, left and right exchanged; rotation: degrees, clockwise as seen, after that.
    """

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    rotation: float = 0.0
    flipped: bool = False

    @property
    def matrix(self) -> Matrix:
        """Canvas -> device pixels."""
        a, b, c, d = turn(self.rotation)
        across = -self.zoom if self.flipped else self.zoom
        return a * across, b * across, c * self.zoom, d * self.zoom, self.x, self.y

    @property
    def is_upright(self) -> bool:
        """Whether rows and columns of the canvas are rows and columns (or columns and rows) of the screen."""
        return self.rotation % 90 == 0

    def to_canvas(self, x: float, y: float) -> Point:
        """Device -> canvas pixels."""
        return apply(invert(self.matrix), x, y)

    def to_device(self, x: float, y: float) -> Point:
        """Canvas -> device pixels."""
        return apply(self.matrix, x, y)

    def zoomed(self, zoom: float, x: float, y: float) -> View:
        """Another zoom with the canvas point under device point (x, y) kept in place."""
        return self._keeping(replace(self, zoom=min(max(zoom, SMALLEST), LARGEST)), x, y)

    def turned(self, rotation: float, x: float, y: float) -> View:
        """Another rotation, in degrees, about the device point (x, y)."""
        return self._keeping(replace(self, rotation=_whole_turn(rotation)), x, y)

    def mirrored(self, x: float, y: float) -> View:
        """Left and right of the screen exchanged, about the device point (x, y)."""
        return self._keeping(replace(self, rotation=_whole_turn(-self.rotation), flipped=not self.flipped), x, y)

    def _keeping(self, other: View, x: float, y: float) -> View:
        there = other.to_device(*self.to_canvas(x, y))
        return other.moved(x - there[0], y - there[1]).snapped()

    def moved(self, dx: float, dy: float) -> View:
        """Shifted by device pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def snapped(self) -> View:
        """The corner on whole device pixels, so that 100 % is exact."""
        return replace(self, x=float(round(self.x)), y=float(round(self.y)))

    def canvas_axis(self, dx: int, dy: int) -> tuple[int, int]:
        """The direction along a row or column of the canvas that is nearest to one on the screen, of the same length."""
        a, b, c, d, *_ = invert(self.matrix)
        x, y = a * dx + c * dy, b * dx + d * dy
        length = max(abs(dx), abs(dy))
        return (round(math.copysign(length, x)), 0) if abs(x) >= abs(y) else (0, round(math.copysign(length, y)))

    def visible(self, width: int, height: int) -> Rect:
        """The canvas pixels that a widget of width × height device pixels shows, whole or in part."""
        left, top, right, bottom = around_points(self.to_canvas(*corner) for corner in corners(Rect(0, 0, width, height)))
        return Rect(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))

    def covered(self, rect: Rect) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole device pixels around a canvas rectangle."""
        left, top, right, bottom = around_points(self.to_device(*corner) for corner in corners(rect))
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)

    def held(self, canvas: tuple[int, int], widget: tuple[int, int]) -> View:
        """Moved so far that a part of the canvas stays in sight."""
        keep = 48
        left, top, right, bottom = self.covered(Rect(0, 0, *canvas))
        dx = min(max(0, keep - right), widget[0] - keep - left)
        dy = min(max(0, keep - bottom), widget[1] - keep - top)
        return self.moved(dx, dy)


def fitted(canvas: tuple[int, int], widget: tuple[int, int], largest: float = LARGEST, margin: int = FIT_MARGIN, like: View = View()) -> View:
    """The whole canvas in the middle of the widget, turned and flipped `like` that, at no more than the zoom `largest`."""
    room = max(widget[0] - 2 * margin, 1), max(widget[1] - 2 * margin, 1)
    left, top, right, bottom = around_points(replace(like, zoom=1.0).to_device(*corner) for corner in corners(Rect(0, 0, *canvas)))
    zoom = min(room[0] / max(right - left, 1), room[1] / max(bottom - top, 1), largest)
    return centred(canvas, widget, max(zoom, SMALLEST), like)


def centred(canvas: tuple[int, int], widget: tuple[int, int], zoom: float, like: View = View()) -> View:
    """The canvas's middle in the widget's middle, turned and flipped `like` that."""
    view = replace(like, zoom=zoom, x=0.0, y=0.0)
    x, y = view.to_device(canvas[0] / 2, canvas[1] / 2)
    return view.moved(widget[0] / 2 - x, widget[1] / 2 - y).snapped()


def next_step(zoom: float, direction: int) -> float:
    """The neighbouring zoom of the ladder, above (direction > 0) or below."""
    if direction > 0:
        return next((step for step in STEPS if step > zoom * 1.001), LARGEST)
    return next((step for step in reversed(STEPS) if step < zoom * 0.999), SMALLEST)


def mip_level(zoom: float) -> int:
    """How often the canvas may be halved and still has at least one pixel per device pixel."""
    return max(0, math.floor(1e-9 - math.log2(zoom))) if zoom < 1 else 0


def _whole_turn(degrees: float) -> float:
    """The same rotation in (-180, 180], without the last digits that sums leave."""
    degrees = round(degrees, 6) % 360
    return degrees - 360 if degrees > 180 else degrees
