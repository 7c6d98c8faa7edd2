"""Number fields that look like the other fields of a panel, forms of fields, and sliders that go where they are pressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QSlider, QSpinBox, QStyle, QStyleOptionSlider, QWidget

Field = TypeVar("Field", QSpinBox, QDoubleSpinBox)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)")
_BEGUN = re.compile(r"[+-]?\d*([.,]\d*)?")  # what may become a number
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


class Choice(QComboBox):
    """A box of choices that the wheel changes only where it has the focus: who turns it elsewhere means to scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


def _number_in(text: str, prefix: str, suffix: str) -> float | None:
    """The number that was typed, whichever of the two decimal signs is in it; None where there is none."""
    plain = text.removeprefix(prefix).removesuffix(suffix).strip().replace("\N{MINUS SIGN}", "-")
    try:
        return float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None
    except ValueError:
        return None


def _judged(field: QSpinBox | QDoubleSpinBox, text: str, at: int) -> tuple[QValidator.State, str, int]:
    plain = text.removeprefix(field.prefix()).removesuffix(field.suffix()).strip().replace("\N{MINUS SIGN}", "-")
    value = _number_in(text, field.prefix(), field.suffix())
    if value is not None and field.minimum() <= value <= field.maximum():
        return QValidator.State.Acceptable, text, at
    unfinished = _BEGUN.fullmatch(plain) and (value is None or abs(value) <= max(abs(field.minimum()), abs(field.maximum())))
    negative_only = plain.startswith("-") and field.minimum() >= 0
    return (QValidator.State.Intermediate if unfinished and not negative_only else QValidator.State.Invalid), text, at


class Whole(QSpinBox):
    """A field for whole numbers; what is typed with decimals is rounded, and a comma is no thousands' sign."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        if self.specialValueText() and text == self.specialValueText():
            return QValidator.State.Acceptable, text, at
        return _judged(self, text, at)

    def valueFromText(self, text: str) -> int:
        value = _number_in(text, self.prefix(), self.suffix())
        return self.minimum() if value is None else round(value)


class Decimal(QDoubleSpinBox):
    """A field for numbers with decimals: a comma and a point are both the decimal sign."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        if self.specialValueText() and text == self.specialValueText():
            return QValidator.State.Acceptable, text, at
        return _judged(self, text, at)

    def valueFromText(self, text: str) -> float:
        value = _number_in(text, self.prefix(), self.suffix())
        return self.minimum() if value is None else value


class Slider(QSlider):
    """A press beside the handle takes it there, to be dragged on; Qt's own goes by pages, and each would be a step of the history."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

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
