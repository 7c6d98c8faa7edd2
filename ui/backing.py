"""The image behind the view: the visible part of the canvas, painted once and patched where the document changes.

It is one contiguous image at a power-of-two scale (per-tile drawing under a transform would leave seams), so that panning
moves it, zooming within one octave rescales it, and an edit repaints only the rectangle it touched. Painting goes piece by
piece against a deadline: a large picture never holds up the window.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.document import Document
from app.geometry import Rect
from ui.view import View

PIECE = 384  # image pixels: the side of the largest rectangle painted in one go
MARGIN = 128  # image pixels painted beyond the visible edge, so that small pans cost nothing

Painter = Callable[[Document, Rect, float], QImage]  # (document, canvas rectangle, scale) -> ARGB32_Premultiplied


@dataclass
class _Sheet:
    """An image of canvas rectangle `rect` at scale 2 ** -level."""

    image: QImage
    rect: Rect
    level: int


@dataclass
class Backing:
    """See the module; `paint` is app.render's painter."""

    paint: Painter
    _sheet: _Sheet | None = None
    _underlay: _Sheet | None = None  # what was shown at another scale, until the new sheet is whole
    _dirty: list[Rect] = field(default_factory=list)

    def forget(self) -> None:
        """Drop everything: another document is shown."""
        self._sheet = self._underlay = None
        self._dirty.clear()

    def cover(self, visible: Rect, level: int, canvas: Rect) -> None:
        """Make sure that `visible` (canvas pixels) lies on the sheet, or is on the list to be painted."""
        step = 2**level
        wanted = aligned(visible.intersect(canvas), step)
        if wanted.is_empty:
            return
        old = self._sheet
        if old and old.level == level and contains(old.rect, wanted):
            return
        rect = aligned(wanted.grown(MARGIN * step).intersect(canvas), step)
        image = QImage(rect.width // step, rect.height // step, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        self._sheet = _Sheet(image, rect, level)
        if old is None or old.level != level:
            self._underlay = old if old is not None else self._underlay
            self._dirty = [rect]
            return
        offset = QPoint((old.rect.left - rect.left) // step, (old.rect.top - rect.top) // step)
        _overwrite(image, offset, old.image)
        kept = old.rect.intersect(rect)
        self._dirty = [piece for dirty in self._dirty if not (piece := dirty.intersect(rect)).is_empty]
        self._dirty += around(rect, kept)

    def invalidate(self, damage: Rect) -> None:
        """Canvas rectangle `damage` looks different now."""
        if self._sheet is None:
            return
        step = 2**self._sheet.level
        rect = aligned(damage.grown(1), step).intersect(self._sheet.rect)
        if not rect.is_empty:
            self._dirty = [dirty for dirty in self._dirty if not contains(rect, dirty)] + [rect]

    def work(self, document: Document, seconds: float) -> bool:
        """Paint for about `seconds`; True while something is left to do."""
        deadline = time.perf_counter() + seconds
        while self._dirty and self._sheet:
            rect = self._dirty.pop()
            self._dirty += (pieces := split(rect, PIECE * 2**self._sheet.level))[1:]
            self._paint(document, pieces[0])
            if time.perf_counter() > deadline:
                break
        if not self._dirty:
            self._underlay = None
        return bool(self._dirty)

    def _paint(self, document: Document, rect: Rect) -> None:
        step = 2**self._sheet.level
        patch = self.paint(document, rect, 1 / step)
        corner = QPoint((rect.left - self._sheet.rect.left) // step, (rect.top - self._sheet.rect.top) // step)
        _overwrite(self._sheet.image, corner, patch)

    def draw(self, painter: QPainter, view: View, canvas: Rect, exposed: QRectF) -> None:
        """Draw what is known of the canvas. exposed: the device pixels that are wanted."""
        for sheet in (self._underlay, self._sheet):
            if sheet is not None:
                draw_image(painter, view, sheet.image, sheet.rect, canvas, exposed)


def draw_image(painter: QPainter, view: View, image: QImage, rect: Rect, canvas: Rect, exposed: QRectF) -> None:
    """Draw an image that shows `rect` of the canvas; what lies outside `canvas` is cut off.

    From 100 % on, an upright view shows every canvas pixel as a square of its own colour: at zooms that are no whole numbers only
    the device pixels on its edges are mixed. Below, and in a turned view up to 200 %, the picture is smooth.
    """
    inside = rect.intersect(canvas)
    if inside.is_empty:
        return
    a, b, c, d, tx, ty = view.matrix
    step = rect.width / image.width()
    smooth = view.zoom < 1 or (view.zoom < 2 and not view.is_upright)
    if view.zoom > 1 and view.is_upright and view.zoom % 1:
        seen = QTransform(a, b, c, d, tx, ty).inverted()[0].mapRect(exposed)
        inside = inside.intersect(Rect(math.floor(seen.left()), math.floor(seen.top()), math.ceil(seen.right()), math.ceil(seen.bottom())))
        if inside.is_empty:
            return
        part = image.copy(*(round(value / step) for value in (inside.left - rect.left, inside.top - rect.top, inside.width, inside.height)))
        times = math.ceil(view.zoom)
        image, rect, step, smooth = part.scaled(part.width() * times, part.height() * times), inside, step / times, True
    painter.save()
    painter.setTransform(QTransform(a, b, c, d, tx, ty), True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and not (view.zoom == 1 / step and view.is_upright))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.is_upright)
    source = QRectF((inside.left - rect.left) / step, (inside.top - rect.top) / step, inside.width / step, inside.height / step)
    painter.drawImage(QRectF(inside.left, inside.top, inside.width, inside.height), image, source)
    painter.restore()


def _overwrite(image: QImage, corner: QPoint, patch: QImage) -> None:
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(corner, patch)
    painter.end()


def aligned(rect: Rect, step: int) -> Rect:
    """Grown to multiples of `step`."""
    return Rect(rect.left // step * step, rect.top // step * step, -(-rect.right // step) * step, -(-rect.bottom // step) * step)


def contains(outer: Rect, inner: Rect) -> bool:
    """Is `inner` wholly inside `outer`?"""
    return outer.left <= inner.left and outer.top <= inner.top and outer.right >= inner.right and outer.bottom >= inner.bottom


def around(outer: Rect, inner: Rect) -> list[Rect]:
    """`outer` without `inner` (which lies in it): up to four rectangles."""
    parts = [
        Rect(outer.left, outer.top, outer.right, inner.top),
        Rect(outer.left, inner.bottom, outer.right, outer.bottom),
        Rect(outer.left, inner.top, inner.left, inner.bottom),
        Rect(inner.right, inner.top, outer.right, inner.bottom),
    ]
    return [part for part in parts if not part.is_empty]


def split(rect: Rect, side: int) -> list[Rect]:
    """Cut into rectangles no larger than side × side, the first one first to paint."""
    columns = range(rect.left, rect.right, side)
    rows = range(rect.top, rect.bottom, side)
    return [Rect(x, y, min(x + side, rect.right), min(y + side, rect.bottom)) for y in rows for x in columns]
