"""Number fields that look like the other fields of a panel, forms of fields, and sliders that go where they are pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QSlider, QSpinBox, QStyle, QStyleOptionSlider, QWidget

Field = TypeVar("Field", QSpinBox, QDoubleSpinBox)
INSET = 7  # logical pixels between frame and number


def dressed(field: Field, name: str, arrows: bool = True) -> Field:
    """`field` with its accessible name and some room before the number.

    Without arrows it is not Qt's NoButtons: that leaves a styled field one pixel of width for its number (Qt 6.11).
    """
    field.setAccessibleName(name)
    field.setKeyboardTracking(False)
    field.setProperty("plain", not arrows)
    field.lineEdit().setTextMargins(INSET, 0, 0 if arrows else INSET, 0)
    return field


def form(rows: Iterable[tuple[str, QWidget]]) -> QFormLayout:
    """A line for each word and its field, which a screen reader calls by that word; one without a word says itself what it is."""
    lines = QFormLayout()
    lines.setSpacing(10)
    for words, widget in rows:
        lines.addRow(words, widget)
        if words:
            widget.setAccessibleName(words)
    return lines


class Leaving(QObject):
    """Enter takes the number that was typed, Esc forgets it; both leave the field, so that the next key is a tool's."""

    def __init__(self, field: Field, leave: Callable[[], None]) -> None:
        super().__init__(field)
        self._leave = leave
        field.installEventFilter(self)

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            return False
        if event.key() == Qt.Key.Key_Escape:
            field.setValue(field.value())
        else:
            field.interpretText()
        self._leave()
        return True


class Slider(QSlider):
    """A press beside the handle takes it there, to be dragged on; Qt's own goes by pages, and each would be a step of the history."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option, point = QStyleOptionSlider(), event.position().toPoint()
        self.initStyleOption(option)
        parts, control = QStyle.SubControl, QStyle.ComplexControl.CC_Slider
        groove, handle = (self.style().subControlRect(control, option, part, self) for part in (parts.SC_SliderGroove, parts.SC_SliderHandle))
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(point):
            at, room = point.x() - groove.left() - handle.width() // 2, groove.width() - handle.width()
            self.setSliderDown(True)
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room))
        super().mousePressEvent(event)
