"""The image behind the view: the visible part of the canvas, painted once and patched where the document changes.

It is one contiguous image at a power-of-two scale (per-tile drawing under a transform would leave seams), so that panning
moves it, zooming within one octave rescales it, and an edit repaints only the rectangle it touched. Painting goes piece by
piece against a deadline: a large picture never holds up the window.

While some layers change again and again, what lies below and above them is kept as images (app/render/segments.py): a drag costs the
layer that is dragged, however many there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import is_

from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform

from app.document.document import Document, Node
from app.document.geometry import EMPTY, Rect
from app.render.render import paint_over
from app.render.segments import Segment, changed_nodes, segments

from .view import View

MOST_KEPT = 4  # images of settled layers, each as large as the sheet
BLOCK = 128  # image pixels: what a drag or a pan uncovers is painted in squares of this side, not in thin strips
PIECE = 384  # image pixels: the side of what is painted in one go while it is not known how long that takes
MARGIN = 128  # image pixels painted beyond the visible edge, so that small pans cost nothing

Painter = Callable[[Document, Rect, float], QImage]  # (document, canvas rectangle, scale) -> ARGB32_Premultiplied


@dataclass
class _Sheet:
    """An image of canvas rectangle `rect` at scale 2 ** -level."""

    image: QImage
    rect: Rect
    level: int


@dataclass
class _Kept:
    """Settled layers painted by themselves, as large as the sheet; clean: where, in image pixels."""

    nodes: tuple[Node, ...]
    image: QImage
    clean: QRegion = field(default_factory=QRegion)


@dataclass
class Backing:
    """See the module; `paint` is app.render's painter."""

    paint: Painter
    _sheet: _Sheet | None = None
    _underlay: _Sheet | None = None  # what was shown at another scale, until the new sheet is whole
    _visible: Rect = EMPTY  # canvas pixels in sight, whole steps of the sheet
    _dirty: list[Rect] = field(default_factory=list)
    _changing: frozenset[str] | None = None  # ids of the nodes that changed last; None: nodes came or went
    _stack: list[Segment | _Kept] | None = None  # the document of the moment, bottom to top
    _pace: float | None = None  # seconds for an image pixel, as the last piece took them; None: nothing like it was painted yet

    def forget(self) -> None:
        """Drop everything: another document is shown."""
        self._sheet = self._underlay = self._changing = self._stack = self._pace = None
        self._dirty.clear()

    def cover(self, visible: Rect, level: int, canvas: Rect) -> None:
        """Make sure that `visible` (canvas pixels) lies on the sheet, or is on the list to be painted."""
        step = 2**level
        self._visible = wanted = aligned(visible.intersect(canvas), step)
        if wanted.is_empty:
            return
        old = self._sheet
        if old and old.level == level and contains(old.rect, wanted):
            return
        rect = aligned(wanted.grown(MARGIN * step).intersect(canvas), step)
        image = _blank(QSize(rect.width // step, rect.height // step))
        self._sheet = _Sheet(image, rect, level)
        self._stack = None
        if old is None or old.level != level:
            self._underlay = old if old is not None else self._underlay
            self._dirty = [rect]
            return
        offset = QPoint((old.rect.left - rect.left) // step, (old.rect.top - rect.top) // step)
        _overwrite(image, offset, old.image)
        kept = old.rect.intersect(rect)
        self._dirty = [piece for dirty in self._dirty if not (piece := dirty.intersect(rect)).is_empty]
        self._dirty += around(rect, kept)

    def change(self, old: Document, new: Document, damage: Rect) -> None:
        """The document is another one now; it looks different in `damage`."""
        changing = changed_nodes(old, new)
        if changing != self._changing:
            self._changing, self._pace = changing, None
        kept, self._stack = self._kept(), None
        if changing is not None and self._sheet is not None:
            self._stack = self._stacked(segments(new, changing), kept)
        self.invalidate(damage)

    def _stacked(self, parts: list[Segment], earlier: list[_Kept]) -> list[Segment | _Kept]:
        """With an image in place of every settled segment, as far as there may be so many."""
        stack: list[Segment | _Kept] = []
        for part in parts:
            if not part.settled or sum(isinstance(one, _Kept) for one in stack) == MOST_KEPT:
                stack.append(part)
                continue
            same = next((kept for kept in earlier if len(kept.nodes) == len(part.nodes) and all(map(is_, kept.nodes, part.nodes))), None)
            stack.append(same or _Kept(part.nodes, _blank(self._sheet.image.size())))
        return stack

    def invalidate(self, damage: Rect) -> None:
        """Canvas rectangle `damage` looks different now."""
        if self._sheet is None:
            return
        step = 2**self._sheet.level
        rect = aligned(damage.grown(1), step).intersect(self._sheet.rect)
        fresh = QRegion(rect.left, rect.top, rect.width, rect.height)
        for dirty in self._dirty:  # what waits already keeps its turn: no part starves while a drag damages all of it in every frame
            fresh -= QRegion(dirty.left, dirty.top, dirty.width, dirty.height)
        self._dirty += [Rect.from_size(part.x(), part.y(), part.width(), part.height()) for part in fresh]

    @property
    def is_behind(self) -> bool:
        """Whether something in sight is left to paint."""
        return any(not rect.intersect(self._visible).is_empty for rect in self._dirty)

    @property
    def has_margin_left(self) -> bool:
        """Whether something out of sight is left to paint, for later."""
        return bool(self._dirty)

    def work(self, document: Document, seconds: float) -> bool:
        """Paint what is in sight for about `seconds`; True while something is left to do."""
        self._work(document, seconds, self._visible)
        return self.is_behind

    def work_ahead(self, document: Document, seconds: float) -> bool:
        """The same out of sight, so that small pans cost nothing."""
        if self._sheet is not None:
            self._work(document, seconds, self._sheet.rect)
        return self.has_margin_left

    def prepare(self, document: Document, changing: frozenset[str], seconds: float) -> bool:
        """The same for what lies below and above the nodes of these ids, so that a drag of them starts without delay."""
        if self._sheet is None or not changing:
            return False
        if self._stack is None or self._changing != changing:
            self._changing, self._pace = changing, None
            self._stack = self._stacked(segments(document, changing), self._kept())
        deadline = time.perf_counter() + seconds
        step = 2**self._sheet.level
        seen = self._visible.moved(-self._sheet.rect.left, -self._sheet.rect.top)
        area = QRect(seen.left // step, seen.top // step, seen.width // step, seen.height // step)
        for kept in self._kept():
            while not (missing := QRegion(area).subtracted(kept.clean)).isEmpty():
                first = missing.begin()
                self._fill(kept, QRect(first.topLeft(), first.size().boundedTo(QSize(PIECE, PIECE))), step)
                if time.perf_counter() > deadline:
                    return True
        return False

    def _kept(self) -> list[_Kept]:
        return [part for part in self._stack or () if isinstance(part, _Kept)]

    def _work(self, document: Document, seconds: float, area: Rect) -> None:
        deadline = time.perf_counter() + seconds
        while self._sheet and (rect := next((rect for rect in self._dirty if not rect.intersect(area).is_empty), None)):
            step = 2**self._sheet.level
            place, inside = self._dirty.index(rect), rect.intersect(area)
            if min(inside.width, inside.height) < BLOCK * step // 2:  # a thin strip costs as much as a block: every tile it touches
                inside = aligned(inside, BLOCK * step).intersect(rect)
            now = time.perf_counter()
            side = PIECE if self._pace is None else max(PIECE, math.isqrt(int(max(deadline - now, 0) / self._pace)))
            piece = corner_of(inside, side * step, step)
            self._dirty[place : place + 1] = around(rect, piece)
            self._paint(document, piece)
            done = time.perf_counter()
            self._pace = max(done - now, 1e-6) / (piece.width * piece.height / step**2)
            if done > deadline:
                break
        if not self.is_behind:
            self._underlay = None

    def _paint(self, document: Document, rect: Rect) -> None:
        step = 2**self._sheet.level
        corner = QPoint((rect.left - self._sheet.rect.left) // step, (rect.top - self._sheet.rect.top) // step)
        patch = self.paint(document, rect, 1 / step) if self._stack is None else self._composed(rect, corner, step)
        _overwrite(self._sheet.image, corner, patch)

    def _composed(self, rect: Rect, corner: QPoint, step: int) -> QImage:
        """The stack in a canvas rectangle that begins at `corner` of the sheet."""
        patch = _blank(QSize(rect.width // step, rect.height // step))
        area = QRect(corner, patch.size())
        for part in self._stack:
            if isinstance(part, Segment):
                paint_over(patch, part.nodes, rect, 1 / step)
                continue
            missing = QRegion(area).subtracted(part.clean).boundingRect()
            if not missing.isEmpty():
                blocks = aligned(Rect(missing.left(), missing.top(), missing.right() + 1, missing.bottom() + 1), BLOCK)
                self._fill(part, QRect(blocks.left, blocks.top, blocks.width, blocks.height).intersected(part.image.rect()), step)
            painter = QPainter(patch)
            painter.drawImage(QPoint(), part.image, area)
            painter.end()
        return patch

    def _fill(self, kept: _Kept, area: QRect, step: int) -> None:
        """Paint settled layers in `area` of the sheet."""
        left, top = self._sheet.rect.left + area.left() * step, self._sheet.rect.top + area.top() * step
        fresh = _blank(area.size())
        paint_over(fresh, kept.nodes, Rect.from_size(left, top, area.width() * step, area.height() * step), 1 / step)
        _overwrite(kept.image, area.topLeft(), fresh)
        kept.clean = kept.clean.united(area)

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


def _blank(size: QSize) -> QImage:
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image


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


def corner_of(rect: Rect, side: int, step: int) -> Rect:
    """The top left of `rect`: a part of whole steps and of at most side × side, such that some of its size fill `rect` and leave no slivers."""
    width, height = (-(-length // -(-length // side) // step) * step for length in (rect.width, rect.height))
    return Rect.from_size(rect.left, rect.top, width, height).intersect(rect)
