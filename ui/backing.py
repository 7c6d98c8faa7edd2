"""The image behind the view: the visible part of the canvas, painted once and patched where the document changes.

It is one contiguous image at a power-of-two scale (per-tile drawing under a transform would leave seams), so that panning
moves it, zooming within one octave rescales it, and an edit repaints only the rectangle it touched. Painting goes piece by
piece against a deadline: a large picture never holds up the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QImage, QPainter

from app.document import Document
from app.geometry import Rect

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

    def draw(self, painter: QPainter, to_device: Callable[[Rect], QRectF], smooth: bool) -> None:
        """Draw what is known; `to_device` maps canvas rectangles to the painter's pixels."""
        for sheet in (self._underlay, self._sheet):
            if sheet is None:
                continue
            target = to_device(sheet.rect)
            exact = abs(target.width() - sheet.image.width()) < 1e-6
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and not exact)
            painter.drawImage(target, sheet.image, QRectF(sheet.image.rect()))


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
