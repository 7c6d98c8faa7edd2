"""Integer rectangles on the canvas, and the placement of a layer's pixels on it.

Spaces: *canvas* pixels have their origin at the document's top-left corner, x to the right and y down; *layer* pixels have
theirs at the top-left corner of the layer's own pixels. Pixel (0, 0) covers the square from 0 to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Matrix = tuple[float, float, float, float, float, float]  # a, b, c, d, tx, ty: X = a*x + c*y + tx, Y = b*x + d*y + ty


@dataclass(frozen=True)
class Rect:
    """A half-open rectangle of whole pixels: left and top are in it, right and bottom are not."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def from_size(cls, left: int, top: int, width: int, height: int) -> Rect:
        return cls(left, top, left + width, top + height)

    @property
    def width(self) -> int:
        return max(self.right - self.left, 0)

    @property
    def height(self) -> int:
        return max(self.bottom - self.top, 0)

    @property
    def is_empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    def contains(self, x: float, y: float) -> bool:
        return self.left <= x < self.right and self.top <= y < self.bottom

    def intersect(self, other: Rect) -> Rect:
        """The common part; empty rectangles (of any position) mean there is none."""
        return Rect(max(self.left, other.left), max(self.top, other.top), min(self.right, other.right), min(self.bottom, other.bottom))

    def unite(self, other: Rect) -> Rect:
        """The smallest rectangle around both; an empty one adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Rect(min(self.left, other.left), min(self.top, other.top), max(self.right, other.right), max(self.bottom, other.bottom))

    def moved(self, dx: int, dy: int) -> Rect:
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, margin: int) -> Rect:
        return Rect(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)


EMPTY = Rect(0, 0, 0, 0)


@dataclass(frozen=True)
class Placement:
    """How layer pixels lie on the canvas; the pixels themselves are never resampled in the document.

    x, y: where the layer's top-left corner would lie if it were neither scaled nor rotated, in canvas pixels.
    scale_x, scale_y, rotation: about the layer's centre, scale first; a negative scale flips; rotation in degrees, clockwise
    as seen on the screen.
    """

    x: float = 0.0
    y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0

    @property
    def is_translation(self) -> bool:
        return self.scale_x == 1 and self.scale_y == 1 and self.rotation % 360 == 0

    @property
    def is_identity_shift(self) -> bool:
        """Whether every layer pixel lands exactly on one canvas pixel, unturned: a shift by whole pixels."""
        return self.is_translation and float(self.x).is_integer() and float(self.y).is_integer()

    def moved(self, dx: float, dy: float) -> Placement:
        return replace(self, x=self.x + dx, y=self.y + dy)

    def matrix(self, width: int, height: int) -> Matrix:
        """Layer pixels -> canvas pixels, for pixels of width × height."""
        cosine, sine = _cosine_and_sine(self.rotation)
        a, b = self.scale_x * cosine, self.scale_x * sine
        c, d = -self.scale_y * sine, self.scale_y * cosine
        half_width, half_height = width / 2, height / 2
        return a, b, c, d, self.x + half_width - a * half_width - c * half_height, self.y + half_height - b * half_width - d * half_height

    def map_rect(self, rect: Rect, width: int, height: int) -> Rect:
        """The whole canvas pixels touched by `rect` of a layer of width × height."""
        if rect.is_empty:
            return EMPTY
        a, b, c, d, tx, ty = self.matrix(width, height)
        corners = [(x, y) for x in (rect.left, rect.right) for y in (rect.top, rect.bottom)]
        xs = [a * x + c * y + tx for x, y in corners]
        ys = [b * x + d * y + ty for x, y in corners]
        return Rect(_floor(min(xs)), _floor(min(ys)), -_floor(-max(xs)), -_floor(-max(ys)))

    def bounds(self, width: int, height: int) -> Rect:
        """The whole canvas pixels touched by a layer of width × height."""
        return self.map_rect(Rect(0, 0, width, height), width, height)


def invert(matrix: Matrix) -> Matrix | None:
    """The matrix that leads back, or None where the area is zero."""
    a, b, c, d, tx, ty = matrix
    determinant = a * d - b * c
    if determinant == 0:
        return None
    a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
    return a, b, c, d, -(a * tx + c * ty), -(b * tx + d * ty)


def _cosine_and_sine(degrees: float) -> tuple[float, float]:
    """Exact at quarter turns, so that turning by 90 degrees keeps pixels on the grid."""
    quarters, rest = divmod(degrees % 360, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _floor(value: float) -> int:
    """Floor that forgives the rounding of the matrix product: 7.999999999 is 8."""
    nearest = round(value)
    return nearest if abs(value - nearest) < 1e-6 else math.floor(value)
