"""What the canvas draws over and under the picture: backdrop, boxes, handles, outlines. All in device pixels; polygons are
clockwise on the canvas and may be turned or mirrored on the screen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from ui.theme import Theme

from .view import View

CHECK = 8  # logical pixels: the side of one square of the checkerboard
HANDLE = 7  # logical pixels
PLAIN_BACKDROPS = {"light": "#ffffff", "dark": "#000000"}
SNAP_COLOUR = "#ff4fa3"  # as no picture's edge is likely to be


def is_upright(polygon: QPolygonF) -> bool:
    """Whether the sides of a rectangle's polygon are rows and columns of the screen."""
    across, down = polygon[1] - polygon[0], polygon[3] - polygon[0]
    return min(abs(across.x()), abs(across.y())) < 1e-6 and min(abs(down.x()), abs(down.y())) < 1e-6


def crisp(polygon: QPolygonF) -> QPolygonF:
    """An upright rectangle on the middle of device pixels, so that a one-pixel line is one pixel wide; others as they are."""
    if not is_upright(polygon):
        return polygon
    middle = polygon.boundingRect().center()
    return QPolygonF([QPointF(_inward(p.x(), middle.x()), _inward(p.y(), middle.y())) for p in polygon])


def _inward(value: float, middle: float) -> float:
    return round(value) + 0.5 if value <= middle else round(value) - 0.5


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


def paint_backdrop(painter: QPainter, canvas: QPolygonF, kind: str, tile: QImage, theme: Theme) -> None:
    """What is seen through the picture, and the fine line around it. kind: one of aids.BACKDROPS."""
    area = canvas.boundingRect()
    brush = QBrush(QColor(PLAIN_BACKDROPS[kind])) if kind in PLAIN_BACKDROPS else QBrush(tile)
    brush.setTransform(QTransform.fromTranslate(round(area.left()), round(area.top())))
    if is_upright(canvas):
        painter.fillRect(area, brush)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(crisp(canvas).boundingRect().adjusted(-1, -1, 1, 1))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush)
    painter.drawPolygon(canvas)  # the steps of its edges are under the line
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(theme.line), 2))
    painter.drawLines([QLineF(canvas[side], canvas[(side + 1) % 4]) for side in range(4)])  # one outline takes ten times as long
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_context(painter: QPainter, context: QPolygonF, canvas: QPolygonF, ratio: float, dim: bool) -> None:
    """Outline the area the engine looks at; `dim` darkens the canvas outside it."""
    if dim:
        shade(painter, context, canvas, 90)
    two_tone(painter, crisp(context), ratio, 1.0, [4, 4], QColor(255, 255, 255, 170), shadow=130)


def shade(painter: QPainter, inner: QPolygonF, outer: QPolygonF, darkness: int) -> None:
    """Darken what is in `outer` and not in `inner`."""
    whole, kept = QPainterPath(), QPainterPath()
    whole.addPolygon(outer)
    kept.addPolygon(inner)
    painter.fillPath(whole.subtracted(kept), QColor(0, 0, 0, darkness))


def paint_box(painter: QPainter, box: QPolygonF, words: str, theme: Theme, ratio: float) -> None:
    """The generation box with its handles and, below it, its size in canvas pixels."""
    shape = crisp(box)
    two_tone(painter, shape, ratio, 1.5, None, QColor(theme.accent))
    paint_handles(painter, shape, theme, ratio)
    if words:
        paint_label(painter, shape.boundingRect(), words, ratio)


def paint_handles(painter: QPainter, shape: QPolygonF, theme: Theme, ratio: float) -> None:
    """At the corners and in the middle of the sides."""
    painter.setPen(QPen(QColor(theme.accent), ratio))
    painter.setBrush(QColor("white"))
    half = HANDLE * ratio / 2
    for point in handles(shape):
        painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))


def handles(shape: QPolygonF) -> list[QPointF]:
    """Corners and middles of the sides, clockwise from the first corner."""
    points = [shape[index] for index in range(4)]
    return [point for index in range(4) for point in (points[index], (points[index] + points[(index + 1) % 4]) / 2)]


def paint_quiet_box(painter: QPainter, box: QPolygonF, ratio: float) -> None:
    """Where the generation box lies while another tool is at work."""
    two_tone(painter, crisp(box), ratio, 1.0, [2, 3], QColor(255, 255, 255, 150), shadow=110)


def paint_outline(painter: QPainter, outline: QPolygonF, theme: Theme, ratio: float) -> None:
    """The bounds of the active layer under the move tool."""
    two_tone(painter, crisp(outline), ratio, 1.0, [5, 4], QColor(theme.accent_hover), shadow=170)


def paint_frame(painter: QPainter, frame: QPolygonF, pivot: QPointF, theme: Theme, ratio: float) -> None:
    """The transform box with its handles and its pivot."""
    shape = crisp(frame)
    two_tone(painter, shape, ratio, 1.0, None, QColor(theme.accent))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_upright(frame))
    paint_handles(painter, shape, theme, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for colour, width in ((QColor(0, 0, 0, 160), 2.6), (QColor("white"), 1.2)):
        painter.setPen(QPen(colour, width * ratio))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(pivot, 3.5 * ratio, 3.5 * ratio)
        for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            painter.drawLine(pivot + QPointF(x, y) * 3.5 * ratio, pivot + QPointF(x, y) * 7 * ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_crop(painter: QPainter, crop: QPolygonF, window: QPolygonF, words: str, theme: Theme, ratio: float) -> None:
    """The canvas to be, with its handles and thirds; everything else in `window` is darkened."""
    shade(painter, crop, window, 140)
    shape = crisp(crop)
    painter.setPen(QPen(QColor(150, 150, 150, 170), ratio))  # on white and on black
    for share in (1 / 3, 2 / 3):
        painter.drawLine(_between(shape[0], shape[1], share), _between(shape[3], shape[2], share))
        painter.drawLine(_between(shape[0], shape[3], share), _between(shape[1], shape[2], share))
    two_tone(painter, shape, ratio, 1.0, None, QColor("white"))
    paint_handles(painter, shape, theme, ratio)
    paint_label(painter, shape.boundingRect(), words, ratio)


def _between(start: QPointF, end: QPointF, share: float) -> QPointF:
    return start + (end - start) * share


def paint_line(painter: QPainter, start: QPointF, end: QPointF, colour: QColor, ratio: float) -> None:
    """One device pixel wide where it is upright."""
    if start.x() == end.x() or start.y() == end.y():
        start, end = (QPointF(int(p.x() // 1) + 0.5, int(p.y() // 1) + 0.5) for p in (start, end))
    painter.setPen(QPen(colour, ratio))
    painter.drawLine(start, end)


def two_tone(painter: QPainter, shape: QPolygonF, ratio: float, width: float, dashes: list[float] | None, colour: QColor, shadow: int = 110) -> None:
    """A line that shows on light and on dark: dashes with darker gaps, or a line with a darker rim. dashes: length of line and gap, in
    widths; shadow: how dark gaps and rim are, 0 to 255."""
    upright, rim = is_upright(shape), 0.0 if dashes else 0.75
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not upright)
    if upright:
        thin = max(round(width * ratio), 1)
        _strips(painter, shape.boundingRect(), thin + 2 * (max(int(rim * ratio), 1) if rim else 0), QBrush(QColor(0, 0, 0, shadow)))
        _strips(painter, shape.boundingRect(), thin, _dashed(colour, dashes, ratio) if dashes else QBrush(colour))
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, shadow), (width + 2 * rim) * ratio))
    painter.drawPolygon(shape)
    pen = QPen(colour, width * ratio)
    if dashes:
        pen.setDashPattern(dashes)
    painter.setPen(pen)
    painter.drawPolygon(shape)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _strips(painter: QPainter, area: QRectF, width: int, brush: QBrush) -> None:
    """The sides of a rectangle as filled strips: many times faster than a stroked path."""
    left, top, right, bottom = (int(value // 1) - width // 2 for value in (area.left(), area.top(), area.right(), area.bottom()))
    for x, y, across, down in (
        (left, top, right - left + width, width),
        (left, bottom, right - left + width, width),
        (left, top + width, width, bottom - top - width),
        (right, top + width, width, bottom - top - width),
    ):
        painter.fillRect(x, y, across, down, brush)


def _dashed(colour: QColor, dashes: list[float], ratio: float) -> QBrush:
    """A pattern whose rows and columns both have these dashes."""
    line, gap = (max(round(length * ratio), 1) for length in dashes)
    tile = QImage(line + gap, line + gap, QImage.Format.Format_ARGB32_Premultiplied)
    tile.fill(0)
    painter = QPainter(tile)
    for shift in range(line + gap):  # diagonal, so that a strip of any width and place shows dashes
        for at in range(line):
            painter.fillRect((shift + at) % (line + gap), shift, 1, 1, colour)
    painter.end()
    return QBrush(tile)


def paint_label(painter: QPainter, area: QRectF, words: str, ratio: float) -> None:
    """Words on a dark plate under `area`."""
    font = painter.font()
    font.setPixelSize(round(11 * ratio))
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(words) + 12 * ratio
    label = QRectF(area.center().x() - width / 2, area.bottom() + 8 * ratio, width, 18 * ratio)
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


def image_of(pixels: np.ndarray) -> QImage:
    """(h, w, 4) uint8 straight RGBA -> an image that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
