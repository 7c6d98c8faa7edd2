"""What the canvas draws over and under the picture: backdrop, box, context area, outlines. All in device pixels."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform

from app.geometry import Rect
from ui.theme import Theme
from ui.view import View

CHECK = 8  # logical pixels: the side of one square of the checkerboard
HANDLE = 7  # logical pixels


def device_rect(view: View, rect: Rect) -> QRectF:
    """Canvas rectangle -> device pixels, unrounded."""
    left, top = view.to_device(rect.left, rect.top)
    return QRectF(left, top, rect.width * view.zoom, rect.height * view.zoom)


def crisp(rect: QRectF) -> QRectF:
    """On the middle of device pixels, so that a one-pixel line is one pixel wide."""
    return QRectF(round(rect.left()) + 0.5, round(rect.top()) + 0.5, round(rect.width()) - 1, round(rect.height()) - 1)


def checker_tile(theme: Theme, ratio: float) -> QImage:
    """One period of the checkerboard."""
    side = max(round(CHECK * ratio), 2)
    image = QImage(2 * side, 2 * side, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.checker_a))
    painter = QPainter(image)
    painter.fillRect(side, 0, side, side, QColor(theme.checker_b))
    painter.fillRect(0, side, side, side, QColor(theme.checker_b))
    painter.end()
    return image


def paint_backdrop(painter: QPainter, area: QRectF, tile: QImage, theme: Theme) -> None:
    """The checkerboard under the canvas and the fine line around it."""
    brush = QBrush(tile)
    brush.setTransform(QTransform.fromTranslate(round(area.left()), round(area.top())))
    painter.fillRect(area, brush)
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(crisp(area).adjusted(-1, -1, 1, 1))


def paint_context(painter: QPainter, context: QRectF, canvas: QRectF, ratio: float, dim: bool) -> None:
    """Outline the area the engine looks at; `dim` darkens the canvas outside it."""
    if dim:
        shade = QPainterPath()
        shade.addRect(canvas)
        seen = QPainterPath()
        seen.addRect(context)
        painter.fillPath(shade.subtracted(seen), QColor(0, 0, 0, 90))
    _two_tone(painter, crisp(context), ratio, 1.0, [4, 4], QColor(255, 255, 255, 150), shadow=70)


def paint_box(painter: QPainter, box: QRectF, words: str, theme: Theme, ratio: float) -> None:
    """The generation box with its handles and, below it, its size in canvas pixels."""
    rect = crisp(box)
    _two_tone(painter, rect, ratio, 1.5, None, QColor(theme.accent))
    painter.setPen(QPen(QColor(theme.accent), ratio))
    painter.setBrush(QColor("white"))
    half = HANDLE * ratio / 2
    for point in handles(rect):
        painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))
    if words:
        _paint_label(painter, rect, words, ratio)


def paint_quiet_box(painter: QPainter, box: QRectF, ratio: float) -> None:
    """Where the generation box lies while another tool is at work."""
    _two_tone(painter, crisp(box), ratio, 1.0, [2, 3], QColor(255, 255, 255, 130), shadow=60)


def handles(rect: QRectF) -> list[QPointF]:
    """Corners and middles of the sides, clockwise from the top left."""
    middle = rect.center()
    return [
        rect.topLeft(),
        QPointF(middle.x(), rect.top()),
        rect.topRight(),
        QPointF(rect.right(), middle.y()),
        rect.bottomRight(),
        QPointF(middle.x(), rect.bottom()),
        rect.bottomLeft(),
        QPointF(rect.left(), middle.y()),
    ]


def paint_outline(painter: QPainter, rect: QRectF, theme: Theme, ratio: float) -> None:
    """The bounds of the active layer under the move tool."""
    _two_tone(painter, crisp(rect), ratio, 1.0, [5, 4], QColor(theme.accent_hover))


def _two_tone(
    painter: QPainter, rect: QRectF, ratio: float, width: float, dashes: list[float] | None, colour: QColor, shadow: int = 110
) -> None:
    """A line that shows on light and on dark."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, shadow), (width + 1.5) * ratio))
    painter.drawRect(rect)
    pen = QPen(colour, width * ratio)
    if dashes:
        pen.setDashPattern(dashes)
    painter.setPen(pen)
    painter.drawRect(rect)


def _paint_label(painter: QPainter, rect: QRectF, words: str, ratio: float) -> None:
    font = painter.font()
    font.setPixelSize(round(11 * ratio))
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(words) + 12 * ratio
    label = QRectF(rect.center().x() - width / 2, rect.bottom() + 8 * ratio, width, 18 * ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 20, 22, 215))
    painter.drawRoundedRect(label, 4 * ratio, 4 * ratio)
    painter.setPen(QColor("white"))
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, words)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def device_circle(view: View, x: float, y: float, radius: float) -> QRectF:
    """The square around a canvas circle, in device pixels."""
    centre_x, centre_y = view.to_device(x, y)
    radius *= view.zoom
    return QRectF(centre_x - radius, centre_y - radius, 2 * radius, 2 * radius)


def paint_circle(painter: QPainter, area: QRectF, ratio: float) -> None:
    """The brush: a dark and a light line, so that it shows on every picture."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, inset in ((QColor(0, 0, 0, 150), 0.0), (QColor(255, 255, 255, 220), ratio)):
        painter.setPen(QPen(colour, ratio))
        painter.drawEllipse(area.adjusted(inset, inset, -inset, -inset))
    painter.restore()
