"""Number fields that look like the other fields of a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

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
