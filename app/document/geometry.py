"""Integer rectangles on the canvas, and the placement of a layer's pixels on it.

Spaces: *canvas* pixels have their origin at the document's top-left corner, x to the right and y down; *layer* pixels have
theirs at the top-left corner of the layer's own pixels. Pixel (0, 0) covers the square from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

Matrix = tuple[float, float, float, float, float, float]  # a, b, c, d, tx, ty: X = a*x + c*y + tx, Y = b*x + d*y + ty
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
STEEPEST = 89.0  # degrees of skew: at 90 nothing is left


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

    x, y: where the layer's top-left corner would lie if it were only shifted, in canvas pixels.
    scale_x, scale_y, skew, rotation: about the layer's centre, in this order. A negative scale flips. skew: degrees by which
    vertical lines lean to the left as seen on the screen, within ±89; rotation: degrees, clockwise as seen on the screen.
    """

    x: float = 0.0
    y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    skew: float = 0.0

    @property
    def is_translation(self) -> bool:
        return self.scale_x == 1 and self.scale_y == 1 and self.rotation % 360 == 0 and self.skew == 0

    @property
    def is_identity_shift(self) -> bool:
        """Whether every layer pixel lands exactly on one canvas pixel, unturned: a shift by whole pixels."""
        return self.is_translation and float(self.x).is_integer() and float(self.y).is_integer()

    def moved(self, dx: float, dy: float) -> Placement:
        return replace(self, x=self.x + dx, y=self.y + dy)

    def matrix(self, width: int, height: int) -> Matrix:
        """Layer pixels -> canvas pixels, for pixels of width × height."""
        cosine, sine = _cosine_and_sine(self.rotation)
        lean = math.tan(math.radians(self.skew))
        a, b = self.scale_x * cosine, self.scale_x * sine
        c, d = self.scale_y * (lean * cosine - sine), self.scale_y * (lean * sine + cosine)
        half_width, half_height = width / 2, height / 2
        return a, b, c, d, self.x + half_width - a * half_width - c * half_height, self.y + half_height - b * half_width - d * half_height

    def transformed(self, by: Matrix, width: int, height: int) -> Placement:
        """Where a layer of width × height lies once the canvas matrix `by`, which must keep some area, was applied to it."""
        a, b, c, d, tx, ty = after(self.matrix(width, height), by)
        centre = a * width / 2 + c * height / 2 + tx, b * width / 2 + d * height / 2 + ty
        rotation, scale_x = math.degrees(math.atan2(b, a)), math.hypot(a, b)
        scale_y = (a * d - b * c) / scale_x
        skew = math.degrees(math.atan2(a * c + b * d, scale_x * abs(scale_y)))
        turned = replace(self, scale_x=scale_x, scale_y=scale_y, rotation=rotation, skew=skew if scale_y > 0 else -skew)
        return _tidied(_written_like(turned, self, by[0] * by[3] < by[1] * by[2])).with_point_at((width / 2, height / 2), centre, width, height)

    def with_point_at(self, point: Point, target: Point, width: int, height: int) -> Placement:
        """Shifted so that the layer pixel `point` lies on the canvas pixel `target`."""
        x, y = apply(self.matrix(width, height), *point)
        return replace(self, x=_near(self.x + target[0] - x, 2), y=_near(self.y + target[1] - y, 2))

    def map_rect(self, rect: Rect, width: int, height: int) -> Rect:
        """The whole canvas pixels touched by `rect` of a layer of width × height."""
        if rect.is_empty:
            return EMPTY
        return mapped(rect, self.matrix(width, height))

    def bounds(self, width: int, height: int) -> Rect:
        """The whole canvas pixels touched by a layer of width × height."""
        return self.map_rect(Rect(0, 0, width, height), width, height)


def mapped(rect: Rect, matrix: Matrix) -> Rect:
    """The whole pixels touched by `rect` under a matrix."""
    left, top, right, bottom = around_points(apply(matrix, *corner) for corner in corners(rect))
    return Rect(_floor(left), _floor(top), -_floor(-right), -_floor(-bottom))


def apply(matrix: Matrix, x: float, y: float) -> Point:
    a, b, c, d, tx, ty = matrix
    return a * x + c * y + tx, b * x + d * y + ty


def after(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does `first`, `then` the other."""
    a, b, c, d, tx, ty = first
    e, f, g, h, ux, uy = then
    return e * a + g * b, f * a + h * b, e * c + g * d, f * c + h * d, e * tx + g * ty + ux, f * tx + h * ty + uy


def shift(dx: float, dy: float) -> Matrix:
    return 1.0, 0.0, 0.0, 1.0, dx, dy


def about(point: Point, linear: tuple[float, float, float, float]) -> Matrix:
    """a, b, c, d about a point that stays where it is."""
    a, b, c, d = linear
    x, y = point
    return a, b, c, d, x - a * x - c * y, y - b * x - d * y


def turn(degrees: float) -> tuple[float, float, float, float]:
    """a, b, c, d of a rotation, clockwise as seen on the screen."""
    cosine, sine = _cosine_and_sine(degrees)
    return cosine, sine, -sine, cosine


def around_points(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def corners(rect: Rect) -> tuple[Point, Point, Point, Point]:
    """Clockwise from the top left."""
    return (rect.left, rect.top), (rect.right, rect.top), (rect.right, rect.bottom), (rect.left, rect.bottom)


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


def _written_like(turned: Placement, before: Placement, mirrored: bool) -> Placement:
    """The same map in the signs and the rotation that a person would read: turned by 180° is not flipped twice, and what was
    flipped is not turned."""
    other = replace(turned, scale_x=-turned.scale_x, scale_y=-turned.scale_y, rotation=turned.rotation - math.copysign(180, turned.rotation))
    if mirrored:
        return min(turned, other, key=lambda one: abs(math.remainder(one.rotation - before.rotation, 360)))
    return turned if (turned.scale_x < 0) == (before.scale_x < 0) else other


def _tidied(placement: Placement) -> Placement:
    """Without the last digits that products of sines leave: what was turned to and fro lies on the pixel grid again."""
    return replace(placement, **{name: _near(getattr(placement, name), 1) for name in ("scale_x", "scale_y", "rotation", "skew")})


def _near(value: float, parts: int) -> float:
    """The value, or the nearest 1 / parts where it is that but for rounding."""
    nearest = round(value * parts) / parts
    return nearest if abs(value - nearest) < 1e-7 else value
