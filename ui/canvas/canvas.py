"""The picture in the window: painting, panning, turning; presses and keys go to the tool."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPointingDevice,
    QPolygonF,
    QRegion,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.document.document import Document, damage
from app.document.geometry import Rect
from app.tools.tools import Overlay
from ui.theme import Theme

from . import paint as paint
from .aids import Aids
from .backing import Backing, Painter, draw_image
from .lines import paint_grid, paint_guides, paint_pixel_grid, paint_snapped
from .tool_desk import ToolDesk
from .view import View, mip_level
from .viewport import Viewport

PAINT_BUDGET = 0.012  # seconds of painting the picture per frame; what is left comes with the next one
TURN = 15.0  # degrees: what Shift turns the view by
AHEAD = 0.004  # seconds of that which may go, while the view moves, to what comes into sight next
REST = 200  # milliseconds without a frame before something is painted out of sight
WHEEL_STEP = 120  # Qt's units of one notch
MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
ARROWS = {Qt.Key.Key_Left.value: (-1, 0), Qt.Key.Key_Right.value: (1, 0), Qt.Key.Key_Up.value: (0, -1), Qt.Key.Key_Down.value: (0, 1)}


class Canvas(Viewport):
    """Shows a document through a View. It changes nothing itself: tools do, through the tool desk."""

    pointed = Signal(object)  # (x, y) canvas pixels under the pointer, or None
    dropped = Signal(object, tuple)  # QMimeData, (x, y) canvas pixels
    panels_toggled = Signal()

    def __init__(self, painter: Painter, theme: Theme, desk: ToolDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backing = Backing(painter)
        self._theme = theme
        self._desk = desk
        self._aids = Aids()
        self._document: Document | None = None
        self._preview: tuple[QImage, int, int] | None = None
        self._panning_from: QPointF | None = None
        self._panning_by = Qt.MouseButton.NoButton
        self._turning_from: tuple[float, float] | None = None  # the view's rotation and the pointer's angle, in degrees
        self._space = False
        self._checker: QImage | None = None
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)
        self.setAccessibleName(self.tr("Canvas"))
        desk.repaint = self._overlay_changed
        desk.cursor_changed = self._show_cursor
        desk.circle_moved = self._circle_moved
        self._circle: QRect | None = None
        self._overlaid = QRegion()  # where the overlay was painted last, in widget pixels
        self._painted: View | None = None  # the view of the last frame
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._paint_ahead)

    # What is shown

    def show_document(self, document: Document, afresh: bool = False) -> None:
        """Show another state of the document; `afresh`: it is another document, start with all of it in view."""
        old, self._document = self._document, document
        if old is None or afresh:
            self._backing.forget()
            self._preview = None
            self._look_at(document.rect, afresh=True)
            return
        touched = damage(old, document)
        if old.rect != document.rect:
            self._backing.forget()
            self._look_at(document.rect, afresh=False)
            self.update()
        elif touched is not None:
            self._backing.change(old, document, touched)
            self.update(self.widget_rect(touched))
        if old.guides != document.guides:
            self.update()

    def show_preview(self, image: QImage | None, left: int = 0, top: int = 0) -> None:
        """Lay an unfinished result over the picture at (left, top) canvas pixels; None takes it away."""
        old = self._preview
        self._preview = None if image is None else (image, left, top)
        for shown in (old, self._preview):
            if shown is not None:
                self.update(self.widget_rect(Rect.from_size(shown[1], shown[2], shown[0].width(), shown[0].height())))

    @property
    def has_preview(self) -> bool:
        return self._preview is not None

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._checker = theme, None
        self.update()

    def show_aids(self, aids: Aids) -> None:
        """Guides, grid and backdrop as they are wanted now."""
        self._aids = aids
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        self._paint_surround(painter, event.region())
        if self._document is None:
            painter.end()
            return
        painter.scale(1 / ratio, 1 / ratio)
        if self._checker is None:
            self._checker = paint.checker_tile(self._theme, ratio)
        paint.paint_backdrop(painter, self.device_polygon(self._document.rect), self._aids.backdrop, self._checker, self._theme)
        area = event.rect()
        self._paint_picture(painter, QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio))
        self._paint_lines(painter, ratio)
        self._paint_overlays(painter, ratio)
        painter.end()

    def _paint_surround(self, painter: QPainter, region: QRegion) -> None:
        """Around the canvas; nothing that the picture covers is painted twice."""
        colour = QColor(self._theme.surround)
        if self._document is not None and self._view.is_upright:
            region = region.subtracted(QRegion(self.widget_rect(self._document.rect).adjusted(5, 5, -5, -5)))
        for rect in region:
            painter.fillRect(rect, colour)

    def _paint_picture(self, painter: QPainter, exposed: QRectF) -> None:
        canvas = self._document.rect
        self._backing.cover(self._view.visible(*self.device_size), mip_level(self._view.zoom), canvas)
        started = time.perf_counter()
        more = self._backing.work(self._document, PAINT_BUDGET)
        left = AHEAD - (time.perf_counter() - started)
        if self._view != self._painted and left > 0:
            self._backing.work_ahead(self._document, left)
        self._painted = self._view
        self._backing.draw(painter, self._view, canvas, exposed)
        if self._preview is not None:
            image, left, top = self._preview
            draw_image(painter, self._view, image, Rect.from_size(left, top, image.width(), image.height()), canvas, exposed)
        if more:
            self.update()
        else:
            self._rest.start(REST)

    def _paint_ahead(self) -> None:
        """While nothing happens: what a small pan would bring into sight, and what a drag of the active layers will need."""
        if self._document is None:
            return
        if self._backing.work_ahead(self._document, PAINT_BUDGET) or self._backing.prepare(self._document, self._desk.subjects(), PAINT_BUDGET):
            self._rest.start(0)

    def _paint_lines(self, painter: QPainter, ratio: float) -> None:
        visible = self._view.visible(*self.device_size)
        paint_pixel_grid(painter, self._view, self._document, visible, ratio)
        if self._aids.grid:
            paint_grid(painter, self._view, self._document, visible, self._aids.spacing, ratio)
        if self._aids.guides:
            paint_guides(painter, self._view, self._document, visible, ratio)

    def _paint_overlays(self, painter: QPainter, ratio: float) -> None:
        overlay, theme = self._desk.overlay(), self._theme
        if overlay.context is not None:
            whole = self.device_polygon(self._document.rect)
            paint.paint_context(painter, self.device_polygon(overlay.context), whole, ratio, self._desk.gesture)
        if overlay.outline is not None:
            paint.paint_outline(painter, self.device_polygon(overlay.outline), theme, ratio)
        if overlay.box is not None and self._desk.tool != "box":
            paint.paint_quiet_box(painter, self.device_polygon(overlay.box), ratio)
        elif overlay.box is not None:
            paint.paint_box(painter, self.device_polygon(overlay.box), overlay.words, theme, ratio)
        if overlay.crop is not None:
            window = QPolygonF(QRectF(0, 0, *self.device_size))
            paint.paint_crop(painter, self.device_polygon(overlay.crop), window, overlay.words, theme, ratio)
        if overlay.frame:
            paint.paint_frame(painter, self.device_points(overlay.frame), self.device_points((overlay.pivot,))[0], theme, ratio)
        paint_snapped(painter, self._view, overlay.lines, ratio)
        if overlay.circle is not None:
            paint.paint_circle(painter, paint.device_circle(self._view, *overlay.circle), ratio)

    def _overlay_changed(self) -> None:
        """The tool shows something else: paint where it was and where it is."""
        before, self._overlaid = self._overlaid, self._region(self._desk.overlay())
        self.update(before.united(self._overlaid))

    def _region(self, overlay: Overlay) -> QRegion:
        """The widget pixels that an overlay touches."""
        if overlay.crop is not None or overlay.context is not None:
            return QRegion(self.rect())
        ratio, region = self.devicePixelRatioF(), QRegion()
        shapes = [self.device_polygon(rect) for rect in (overlay.outline, overlay.box) if rect is not None]
        if overlay.frame:
            shapes.append(self.device_points((*overlay.frame, overlay.pivot)))
        for line in overlay.lines:
            ends = ((line.position, line.low), (line.position, line.high))
            shapes.append(self.device_points(ends if line.upright else tuple((y, x) for x, y in ends)))
        for shape in shapes:
            area = shape.boundingRect()
            rect = QRectF(area.topLeft() / ratio, area.bottomRight() / ratio).toAlignedRect().adjusted(-9, -9, 9, 9)  # handles, pivot
            inside = rect.adjusted(18, 18, -18, -18)
            hollow = shape.size() == 4 and paint.is_upright(shape) and not inside.isEmpty()
            region = region.united(QRegion(rect).subtracted(QRegion(inside)) if hollow else QRegion(rect))
        return region

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
        self._desk.hand_down()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._panning_from, self._panning_by = event.position(), event.button()
            self._show_cursor()
        elif left and self._desk.tool == "rotate":
            self._turning_from = self._view.rotation, self._angle(event.position())
        elif left and self._document is not None:
            self._desk.press(*self.to_canvas(event.position()), _modifiers(event), self.reach)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self.to_canvas(event.position())
        self.pointed.emit(point)
        if self._panning_from is not None:
            moved = event.position() - self._panning_from
            self._panning_from = event.position()
            self.set_view(self._view.moved(*self.to_device_point(moved)))
        elif self._turning_from is not None:
            self._turn(event)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._desk.drag(*point, _modifiers(event))
        elif self._desk.gesture:  # the button came up over something else, such as a dialog that opened meanwhile
            self._desk.release(*point, _modifiers(event))
        else:
            self._desk.hover(*point, _modifiers(event), self.reach)

    def _angle(self, point: QPointF) -> float:
        """Of a widget point about the middle, in degrees."""
        return math.degrees(math.atan2(point.y() - self.height() / 2, point.x() - self.width() / 2))

    def _turn(self, event: QMouseEvent) -> None:
        """The view follows the pointer about the middle of the window; Shift: 15° steps."""
        rotation, start = self._turning_from
        rotation += self._angle(event.position()) - start
        self.turn_to(round(rotation / TURN) * TURN if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else rotation)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning_from is not None and event.button() == self._panning_by:
            self._panning_from = None
            self._view = self._view.snapped()
            self._show_cursor()
            self.update()
        elif self._turning_from is not None:
            self._turning_from = None
        elif event.button() == Qt.MouseButton.LeftButton:
            self._desk.release(*self.to_canvas(event.position()), _modifiers(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._desk.tool == "crop" and event.button() == Qt.MouseButton.LeftButton:
            self._desk.accept()
        else:
            self.mousePressEvent(event)

    def drag_from_outside(self, point: QPointF, widget: QWidget, modifiers: Qt.KeyboardModifier) -> None:
        """What came out of a ruler follows the pointer; the point is in pixels of a widget around this one."""
        self._desk.drag(*self.to_canvas(self.mapFrom(widget, point)), _words(modifiers))

    def drop_from_outside(self, point: QPointF, widget: QWidget, modifiers: Qt.KeyboardModifier) -> None:
        """It is let go."""
        self._desk.release(*self.to_canvas(self.mapFrom(widget, point)), _words(modifiers))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Remember the pressure and the pen's end; Qt sends the same movement as a mouse event, because this one is ignored."""
        if event.type() != QEvent.Type.TabletMove or event.buttons():
            self._desk.press_pen(event.pressure(), event.pointerType() == QPointingDevice.PointerType.Eraser)
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

    @property
    def is_held(self) -> bool:
        """Whether the pointer is in the middle of a drag."""
        return self._desk.gesture or self._panning_from is not None or self._turning_from is not None

    @property
    def reach(self) -> float:
        """How near the pointer must come to a handle, in canvas pixels."""
        return paint.HANDLE * self.devicePixelRatioF() / self._view.zoom

    def _show_cursor(self) -> None:
        if self._panning_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(self._desk.cursor(self._view))

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and not event.isAutoRepeat() and event.key() not in MODIFIERS:
            self._desk.key_down(event.key())  # before a shortcut takes the key
        return super().event(event)

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Tab hides the panels, as everywhere in this trade; Ctrl+L leads to the prompt. What lies on the canvas has it for itself."""
        return not self.hasFocus() and super().focusNextPrevChild(next_)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        elif key == Qt.Key.Key_Tab:
            self.panels_toggled.emit()
        elif key == Qt.Key.Key_Escape and self._desk.tool == "rotate":
            self.turn_to(0)
        elif key == Qt.Key.Key_Escape:
            self._desk.escape()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._desk.accept()
        elif key in ARROWS and not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            by = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._desk.nudge(*self._view.canvas_axis(ARROWS[key][0] * by, ARROWS[key][1] * by))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        self._desk.key_up(event.key())
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

    # Files and pictures from other programs

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is None and (event.mimeData().hasUrls() or event.mimeData().hasImage()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData(), self.to_canvas(event.position()))


def _modifiers(event: QMouseEvent) -> frozenset[str]:
    return _words(event.modifiers())


def _words(modifiers: Qt.KeyboardModifier) -> frozenset[str]:
    """Qt's modifiers as plain words for the tools."""
    keys = Qt.KeyboardModifier
    names = {keys.ShiftModifier: "shift", keys.ControlModifier: "ctrl", keys.AltModifier: "alt"}
    return frozenset(name for flag, name in names.items() if modifiers & flag)
