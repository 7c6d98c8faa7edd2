"""Rulers along the canvas, in canvas pixels; a guide is pulled out of them."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QWidget

from ui.theme import Theme

from .canvas import Canvas

THICKNESS = 20  # logical pixels
NUMBER_EVERY = 70  # logical pixels, at least
TICKS = (1, 2, 5)


class Ruler(QWidget):
    """Along the upper edge of the canvas, or along the left one. In a view that is turned it shows no numbers: there are none that
    would be true along a whole edge; guides can be pulled out of it all the same."""

    pulled = Signal(bool)  # whether the guide will be horizontal

    def __init__(self, canvas: Canvas, theme: Theme, upper: bool) -> None:
        super().__init__()
        self._canvas, self._theme, self._upper = canvas, theme, upper
        self._pointer: QPointF | None = None
        self._pulling = False
        (self.setFixedHeight if upper else self.setFixedWidth)(THICKNESS)
        self.setCursor(Qt.CursorShape.SplitVCursor if upper else Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("Horizontal ruler") if upper else self.tr("Vertical ruler"))
        self.setToolTip(self.tr("Drag a guide onto the canvas"))
        canvas.view_changed.connect(self.update)
        canvas.pointed.connect(self._follow)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def _follow(self, point: tuple[float, float] | None) -> None:
        self._pointer = None if point is None else self._canvas.to_widget(*point)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.window))
        painter.setPen(QColor(self._theme.line))
        edge = THICKNESS - 1
        painter.drawLine(*((0, edge, self.width(), edge) if self._upper else (edge, 0, edge, self.height())))
        if self._canvas.view.is_upright:
            self._paint_ticks(painter)
        if self._pointer is not None:
            at = round(self._pointer.x() if self._upper else self._pointer.y())
            painter.setPen(QColor(self._theme.accent))
            painter.drawLine(*((at, 0, at, edge) if self._upper else (0, at, edge, at)))
        painter.end()

    def _paint_ticks(self, painter: QPainter) -> None:
        length = self.width() if self._upper else self.height()
        start, end = (self._at(place) for place in (0.0, float(length)))
        per_pixel = (end - start) / max(length, 1)  # canvas pixels along the ruler, negative in a mirrored view
        step = step_of(abs(per_pixel))
        font = painter.font()
        font.setPixelSize(9)
        painter.setFont(font)
        parts = 10 if str(step)[0] in "15" and step >= 10 else 4 if step >= 4 else 1
        first = math.floor(min(start, end) / step)
        for number in range(first, math.ceil(max(start, end) / step) + 1):
            for part in range(parts):
                value = step * (number + part / parts)
                self._paint_tick(painter, (value - start) / per_pixel, part, parts, value)

    def _at(self, place: float) -> float:
        """The canvas pixel at a place along the ruler."""
        point = self._canvas.to_canvas(QPointF(place, 0) if self._upper else QPointF(0, place))
        along_rows = (self._canvas.view.rotation % 180 == 0) == self._upper
        return point[0] if along_rows else point[1]

    def _paint_tick(self, painter: QPainter, place: float, part: int, parts: int, value: float) -> None:
        size = THICKNESS - 2 if part == 0 else 7 if parts > 1 and part * 2 == parts else 4
        painter.setPen(QPen(QColor(self._theme.faint), 1))
        at = round(place)
        painter.drawLine(*((at, THICKNESS - 1 - size, at, THICKNESS - 2) if self._upper else (THICKNESS - 1 - size, at, THICKNESS - 2, at)))
        if part:
            return
        painter.setPen(QColor(self._theme.muted))
        if self._upper:
            painter.drawText(QPointF(at + 3, 9), f"{value:g}")
            return
        painter.save()
        painter.translate(9, at + 3)
        painter.rotate(90)
        painter.drawText(QPointF(0, 0), f"{value:g}")
        painter.restore()

    # Guides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pulling = True
            turned = 45 < abs(self._canvas.view.rotation) % 180 < 135
            self.pulled.emit(self._upper != turned)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pulling:
            self._canvas.drag_from_outside(self.mapTo(self.parentWidget(), event.position()), self.parentWidget(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pulling and event.button() == Qt.MouseButton.LeftButton:
            self._pulling = False
            self._canvas.drop_from_outside(self.mapTo(self.parentWidget(), event.position()), self.parentWidget(), event.modifiers())


def step_of(canvas_pixels: float) -> int:
    """Canvas pixels from number to number, where a logical pixel is that many: 1, 2, 5, 10, 20, 50 …"""
    least = canvas_pixels * NUMBER_EVERY
    power = 1
    while True:
        for times in TICKS:
            if times * power >= least:
                return times * power
        power *= 10


class RuledCanvas(QWidget):
    """The canvas with its rulers, which can be hidden."""

    def __init__(self, canvas: Canvas, theme: Theme) -> None:
        super().__init__()
        self.across, self.down = Ruler(canvas, theme, upper=True), Ruler(canvas, theme, upper=False)
        self._corner = QWidget()
        self._corner.setFixedSize(THICKNESS, THICKNESS)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self._corner, 0, 0)
        grid.addWidget(self.across, 0, 1)
        grid.addWidget(self.down, 1, 0)
        grid.addWidget(canvas, 1, 1)

    def show_rulers(self, on: bool) -> None:
        for part in (self.across, self.down, self._corner):
            part.setVisible(on)

    def set_theme(self, theme: Theme) -> None:
        for ruler in (self.across, self.down):
            ruler.set_theme(theme)
