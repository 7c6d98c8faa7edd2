"""Guides, grid, pixel grid and snapping lines over the picture, in device pixels."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from app.document.document import Document
from app.document.geometry import Rect
from app.tools.snapping import Line

from . import paint as paint
from .view import View

CLOSEST = 8  # logical pixels: lines of a grid that would be closer are drawn 2, 4, 8 … times as far apart
PIXEL_GRID_FROM = 8.0  # the zoom at which single pixels are outlined
GUIDE, GRID, PIXELS, SNAP = QColor("#00b7ff"), QColor(140, 140, 140, 140), QColor(140, 140, 140, 80), QColor(paint.SNAP_COLOUR)


def paint_grid(painter: QPainter, view: View, document: Document, visible: Rect, spacing: int, ratio: float) -> None:
    """Lines every `spacing` canvas pixels, counted from the canvas's corner."""
    step = spacing
    while step * view.zoom < CLOSEST * ratio:
        step *= 2
    _every(painter, view, visible.intersect(document.rect), step, GRID, ratio)


def paint_pixel_grid(painter: QPainter, view: View, document: Document, visible: Rect, ratio: float) -> None:
    """Around every pixel, once pixels are large."""
    if view.zoom >= PIXEL_GRID_FROM * ratio:
        _every(painter, view, visible.intersect(document.rect), 1, PIXELS, 1.0)


def _every(painter: QPainter, view: View, area: Rect, step: int, colour: QColor, ratio: float) -> None:
    if area.is_empty:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.is_upright)
    for x in range(math.ceil(area.left / step) * step, area.right + 1, step):
        _line(painter, view, (x, area.top), (x, area.bottom), colour, ratio)
    for y in range(math.ceil(area.top / step) * step, area.bottom + 1, step):
        _line(painter, view, (area.left, y), (area.right, y), colour, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_guides(painter: QPainter, view: View, document: Document, visible: Rect, ratio: float) -> None:
    """Across all that is visible, beyond the canvas too."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.is_upright)
    for guide in document.guides:
        at = guide.position
        ends = ((visible.left, at), (visible.right, at)) if guide.horizontal else ((at, visible.top), (at, visible.bottom))
        _line(painter, view, *ends, GUIDE, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_snapped(painter: QPainter, view: View, lines: tuple[Line, ...], ratio: float) -> None:
    """What the thing in the hand is aligned with."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.is_upright)
    for line in lines:
        at = line.position
        ends = ((at, line.low), (at, line.high)) if line.upright else ((line.low, at), (line.high, at))
        _line(painter, view, *ends, SNAP, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _line(painter: QPainter, view: View, start: tuple[float, float], end: tuple[float, float], colour: QColor, ratio: float) -> None:
    paint.paint_line(painter, QPointF(*view.to_device(*start)), QPointF(*view.to_device(*end)), colour, ratio)
