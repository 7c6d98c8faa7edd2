"""Number fields that look like the other fields of a panel."""

from __future__ import annotations

from typing import TypeVar

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
