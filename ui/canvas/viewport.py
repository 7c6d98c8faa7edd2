"""A widget that looks at the canvas through a View: zoom, pan, rotation, flip, and the way between its pixels and the canvas's."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QWidget

from app.document.geometry import Point, Rect, corners

from .view import LARGEST, View, centred, fitted, next_step


class Viewport(QWidget):
    """Spaces: *widget* pixels are logical, *device* pixels are the screen's; the View maps canvas to device pixels."""

    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._canvas = Rect(0, 0, 0, 0)
        self._fit_up_to = 1.0
        self._fitted = True  # keeps fitting while the window changes its size, until the user zooms or pans

    @property
    def view(self) -> View:
        return self._view

    @property
    def device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def _look_at(self, canvas: Rect, afresh: bool) -> None:
        """The canvas has this size now; `afresh`: start with all of it in view, upright."""
        self._canvas = canvas
        if afresh:
            self._view = View()
            self._fit_up_to = 1.0  # a small picture is not blown up unless the user asks
        if afresh or self._fitted:
            self._fit()
        else:
            self.set_view(self._view)

    def set_view(self, view: View) -> None:
        """Look at another part; a part of the canvas always stays in sight."""
        self._view = view if self._canvas.is_empty else view.held((self._canvas.width, self._canvas.height), self.device_size)
        self._fitted = False
        self.view_changed.emit()
        self.update()

    def look_like(self, other: Viewport) -> None:
        """At the same part of the same canvas as in another window."""
        self._fit_up_to = other._fit_up_to
        self.set_view(other.view)
        if other._fitted:
            self._fit()

    def fit(self) -> None:
        """All of the canvas, as large as it goes."""
        self._fit_up_to = LARGEST
        self._fit()

    def _fit(self) -> None:
        if self._canvas.is_empty:
            return
        self._view = fitted((self._canvas.width, self._canvas.height), self.device_size, self._fit_up_to, like=self._view)
        self._fitted = True
        self.view_changed.emit()
        self.update()

    def actual_size(self) -> None:
        """One canvas pixel on one device pixel, about the middle of the window."""
        self.zoom_to(1.0)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """`at`: the widget point that stays in place; the middle by default."""
        self.set_view(self._view.zoomed(zoom, *self._fixed(at)))

    def zoom_step(self, direction: int, at: QPointF | None = None) -> None:
        self.zoom_to(next_step(self._view.zoom, direction), at)

    def centre_at(self, zoom: float) -> None:
        """The middle of the canvas in the middle of the window."""
        self.set_view(centred((self._canvas.width, self._canvas.height), self.device_size, zoom, self._view))

    def turn_to(self, rotation: float) -> None:
        """Degrees, clockwise as seen, about the middle of the window."""
        self.set_view(self._view.turned(rotation, *self._fixed(None)))

    def turn_by(self, degrees: float) -> None:
        self.turn_to(self._view.rotation + degrees)

    def flip(self) -> None:
        """See the canvas as in a mirror."""
        fitted_before = self._fitted
        self.set_view(self._view.mirrored(*self._fixed(None)))
        if fitted_before:
            self._fit()

    def _fixed(self, at: QPointF | None) -> Point:
        return self.to_device_point(at) if at is not None else (self.device_size[0] / 2, self.device_size[1] / 2)

    def to_device_point(self, point: QPointF) -> Point:
        """Widget -> device pixels."""
        ratio = self.devicePixelRatioF()
        return point.x() * ratio, point.y() * ratio

    def to_canvas(self, point: QPointF) -> Point:
        """Widget -> canvas pixels."""
        return self._view.to_canvas(*self.to_device_point(point))

    def to_widget(self, x: float, y: float) -> QPointF:
        """Canvas -> widget pixels."""
        ratio = self.devicePixelRatioF()
        device_x, device_y = self._view.to_device(x, y)
        return QPointF(device_x / ratio, device_y / ratio)

    def widget_rect(self, rect: Rect) -> QRect:
        """The widget pixels around a canvas rectangle, and two more on each side."""
        ratio = self.devicePixelRatioF()
        left, top, right, bottom = self._view.covered(rect)
        area = QRectF(left / ratio, top / ratio, (right - left) / ratio, (bottom - top) / ratio)
        return area.toAlignedRect().adjusted(-2, -2, 2, 2)

    def device_polygon(self, rect: Rect) -> QPolygonF:
        """A canvas rectangle in device pixels, clockwise on the canvas from its top left corner."""
        return self.device_points(corners(rect))

    def device_points(self, points: tuple[Point, ...]) -> QPolygonF:
        """Canvas -> device pixels."""
        return QPolygonF([QPointF(*self._view.to_device(*point)) for point in points])
