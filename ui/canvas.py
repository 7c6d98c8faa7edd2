"""The picture in the window: painting, zoom, pan; presses and keys go to the tool."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.document import Document, damage
from app.geometry import Rect
from ui import canvas_paint as paint
from ui.backing import Backing, Painter
from ui.theme import Theme
from ui.tool_desk import ToolDesk
from ui.view import LARGEST, View, centred, fitted, mip_level, next_step

PAINT_BUDGET = 0.03  # seconds of painting the picture per frame; what is left comes with the next one
WHEEL_STEP = 120  # Qt's units of one notch
ARROWS = {Qt.Key.Key_Left.value: (-1, 0), Qt.Key.Key_Right.value: (1, 0), Qt.Key.Key_Up.value: (0, -1), Qt.Key.Key_Down.value: (0, 1)}


class Canvas(QWidget):
    """Shows a document through a View. It changes nothing itself: tools do, through the tool desk."""

    view_changed = Signal()
    pointed = Signal(object)  # (x, y) canvas pixels under the pointer, or None
    files_dropped = Signal(list)  # paths
    panels_toggled = Signal()

    def __init__(self, painter: Painter, theme: Theme, desk: ToolDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backing = Backing(painter)
        self._theme = theme
        self._desk = desk
        self._document: Document | None = None
        self._view = View()
        self._fit_up_to = 1.0
        self._fitted = True  # keeps fitting while the window changes its size, until the user zooms or pans
        self._preview: tuple[QImage, int, int] | None = None
        self._panning_from: QPointF | None = None
        self._space = False
        self._checker: QImage | None = None
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)
        self.setAccessibleName(self.tr("Canvas"))
        desk.repaint = self.update
        desk.cursor_changed = self._show_cursor
        desk.circle_moved = self._circle_moved
        self._circle: QRect | None = None

    # What is shown

    @property
    def view(self) -> View:
        return self._view

    @property
    def device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def show_document(self, document: Document, afresh: bool = False) -> None:
        """Show another state of the document; `afresh`: it is another document, start with all of it in view."""
        old, self._document = self._document, document
        if old is None or afresh:
            self._backing.forget()
            self._preview = None
            self._fit_up_to = 1.0  # a small picture is not blown up unless the user asks
            self._fit()
            return
        touched = damage(old, document)
        if (old.width, old.height) != (document.width, document.height):
            self._backing.forget()
            self.update()
        elif touched is not None:
            self._backing.invalidate(touched)
            self.update(self._widget_rect(touched))

    def show_preview(self, image: QImage | None, left: int = 0, top: int = 0) -> None:
        """Lay an unfinished result over the picture at (left, top) canvas pixels; None takes it away."""
        old = self._preview
        self._preview = None if image is None else (image, left, top)
        for shown in (old, self._preview):
            if shown is not None:
                self.update(self._widget_rect(Rect.from_size(shown[1], shown[2], shown[0].width(), shown[0].height())))

    @property
    def has_preview(self) -> bool:
        return self._preview is not None

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._checker = theme, None
        self.update()

    # View

    def set_view(self, view: View) -> None:
        """Look at another part; a part of the canvas always stays in sight."""
        if self._document is not None:
            view = view.held((self._document.width, self._document.height), self.device_size)
        self._view = view
        self._fitted = False
        self.view_changed.emit()
        self.update()

    def fit(self) -> None:
        """All of the canvas, as large as it goes."""
        self._fit_up_to = LARGEST
        self._fit()

    def _fit(self) -> None:
        if self._document is None:
            return
        self._view = fitted((self._document.width, self._document.height), self.device_size, self._fit_up_to)
        self._fitted = True
        self.view_changed.emit()
        self.update()

    def actual_size(self) -> None:
        """One canvas pixel on one device pixel, about the middle of the window."""
        self.zoom_to(1.0)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """`at`: the widget point (logical pixels) that stays in place; the middle by default."""
        x, y = self._device(at) if at is not None else tuple(side / 2 for side in self.device_size)
        self.set_view(self._view.zoomed(zoom, x, y))

    def zoom_step(self, direction: int, at: QPointF | None = None) -> None:
        self.zoom_to(next_step(self._view.zoom, direction), at)

    def centre_at(self, zoom: float) -> None:
        """The middle of the canvas in the middle of the window."""
        if self._document is not None:
            self.set_view(centred((self._document.width, self._document.height), self.device_size, zoom))

    def _device(self, point: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return point.x() * ratio, point.y() * ratio

    def to_canvas(self, point: QPointF) -> tuple[float, float]:
        """Widget (logical) -> canvas pixels."""
        return self._view.to_canvas(*self._device(point))

    def to_widget(self, x: float, y: float) -> QPointF:
        """Canvas -> widget (logical) pixels."""
        ratio = self.devicePixelRatioF()
        device_x, device_y = self._view.to_device(x, y)
        return QPointF(device_x / ratio, device_y / ratio)

    def _widget_rect(self, rect: Rect) -> QRect:
        ratio = self.devicePixelRatioF()
        left, top, right, bottom = self._view.covered(rect)
        area = QRectF(left / ratio, top / ratio, (right - left) / ratio, (bottom - top) / ratio)
        return area.toAlignedRect().adjusted(-2, -2, 2, 2)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._theme.surround))
        if self._document is None:
            painter.end()
            return
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        area = paint.device_rect(self._view, self._document.rect)
        if self._checker is None:
            self._checker = paint.checker_tile(self._theme, ratio)
        paint.paint_backdrop(painter, area, self._checker, self._theme)
        self._paint_picture(painter, area)
        self._paint_overlays(painter, area, ratio)
        painter.end()

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        visible = self._view.visible(*self.device_size)
        self._backing.cover(visible, mip_level(self._view.zoom), self._document.rect)
        more = self._backing.work(self._document, PAINT_BUDGET)
        painter.save()
        painter.setClipRect(area)
        self._backing.draw(painter, lambda rect: paint.device_rect(self._view, rect), smooth=self._view.zoom < 2)
        if self._preview is not None:
            image, left, top = self._preview
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._view.zoom < 2)
            covered = Rect.from_size(left, top, image.width(), image.height())
            painter.drawImage(paint.device_rect(self._view, covered), image, QRectF(image.rect()))
        painter.restore()
        if more:
            self.update()

    def _paint_overlays(self, painter: QPainter, area: QRectF, ratio: float) -> None:
        overlay = self._desk.overlay()
        if overlay.context is not None:
            paint.paint_context(painter, paint.device_rect(self._view, overlay.context), area, ratio, self._desk.gesture)
        if overlay.outline is not None:
            paint.paint_outline(painter, paint.device_rect(self._view, overlay.outline), self._theme, ratio)
        if overlay.box is not None and self._desk.tool != "box":
            paint.paint_quiet_box(painter, paint.device_rect(self._view, overlay.box), ratio)
        elif overlay.box is not None:
            paint.paint_box(painter, paint.device_rect(self._view, overlay.box), overlay.words, self._theme, ratio)

        if overlay.circle is not None:
            paint.paint_circle(painter, paint.device_circle(self._view, *overlay.circle), ratio)

    def _circle_moved(self) -> None:
        """The brush's circle is elsewhere: only there is anything to paint."""
        circle, ratio = self._desk.overlay().circle, self.devicePixelRatioF()
        old, self._circle = self._circle, None
        if circle is not None:
            area = paint.device_circle(self._view, *circle)
            self._circle = QRectF(area.topLeft() / ratio, area.size() / ratio).toAlignedRect().adjusted(-3, -3, 3, 3)
        for area in (old, self._circle):
            if area is not None:
                self.update(area)

    def sizeHint(self) -> QSize:
        return QSize(900, 700)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self._fit()
        super().resizeEvent(event)

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        middle = event.button() == Qt.MouseButton.MiddleButton
        if middle or (event.button() == Qt.MouseButton.LeftButton and self._space):
            self._panning_from = event.position()
            self._show_cursor()
        elif event.button() == Qt.MouseButton.LeftButton and self._document is not None:
            self._desk.press(*self.to_canvas(event.position()), _modifiers(event), self._reach())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self.to_canvas(event.position())
        self.pointed.emit(point)
        if self._panning_from is not None:
            moved = event.position() - self._panning_from
            self._panning_from = event.position()
            self.set_view(self._view.moved(*self._device(moved)))
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._desk.drag(*point, _modifiers(event))
        else:
            self._desk.hover(*point, _modifiers(event), self._reach())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning_from is not None:
            self._panning_from = None
            self._view = self._view.snapped()
            self._show_cursor()
            self.update()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._desk.release(*self.to_canvas(event.position()), _modifiers(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Remember the pressure; Qt sends the same movement as a mouse event, because this one is ignored."""
        if event.type() != QEvent.Type.TabletMove or event.buttons():
            self._desk.press_pen(event.pressure())
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        self._desk.leave()
        self.pointed.emit(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_to(self._view.zoom * 2 ** (turned.y() / WHEEL_STEP / 3), event.position())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not turned.x():
            self.set_view(self._view.moved(turned.y() / 2, 0).snapped())
        else:
            pixels = event.pixelDelta()
            dx, dy = (pixels.x(), pixels.y()) if not pixels.isNull() else (turned.x() / 2, turned.y() / 2)
            self.set_view(self._view.moved(dx, dy).snapped())
        event.accept()

    def _reach(self) -> float:
        """How near the pointer must come to a handle, in canvas pixels."""
        return paint.HANDLE * self.devicePixelRatioF() / self._view.zoom

    def _show_cursor(self) -> None:
        if self._panning_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(self._desk.cursor())

    # Keys

    def focusNextPrevChild(self, next_: bool) -> bool:
        return False  # Tab hides the panels, as everywhere in this trade; Ctrl+L leads to the prompt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        elif key == Qt.Key.Key_Tab:
            self.panels_toggled.emit()
        elif key == Qt.Key.Key_Escape:
            self._desk.escape()
        elif key in ARROWS and not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            by = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._desk.nudge(ARROWS[key][0] * by, ARROWS[key][1] * by)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._show_cursor()
        elif event.key() in ARROWS:
            self._desk.nudge_done()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event) -> None:
        self._space = False
        self._desk.nudge_done()
        self._show_cursor()
        super().focusOutEvent(event)

    # Files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.files_dropped.emit(paths)


def _modifiers(event: QMouseEvent) -> frozenset[str]:
    """Qt's modifiers as plain words for the tools."""
    keys = Qt.KeyboardModifier
    names = {keys.ShiftModifier: "shift", keys.ControlModifier: "ctrl", keys.AltModifier: "alt"}
    return frozenset(name for flag, name in names.items() if event.modifiers() & flag)
