"""The small windows that ask for numbers of the canvas: its size, a guide's place, the grid's spacing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QRadioButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document.document import Document, Guide
from app.document.layout import LONGEST_SIDE

from ..widgets.fields import Whole, dressed

ANCHORS = ("↖", "↑", "↗", "←", "•", "→", "↙", "↓", "↘")


def ask_number(parent: QWidget, title: str, words: str, value: int, limits: tuple[int, int], take: Callable[[int], None]) -> None:
    """Ask for one number of pixels; `take` gets it."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    form = _form(dialog)
    field = _pixels(words, value, limits)
    form.addRow(words, field)
    dialog.accepted.connect(lambda: take(field.value()))
    dialog.open()
    field.selectAll()


class GuideDialog(QDialog):
    """Where a new guide shall lie."""

    def __init__(self, parent: QWidget, document: Document, take: Callable[[Guide], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("New Guide"))
        upright, self.level = QRadioButton(self.tr("Vertical")), QRadioButton(self.tr("Horizontal"))
        upright.setChecked(True)
        self.place = _pixels(self.tr("Position"), document.width // 2, (-LONGEST_SIDE, LONGEST_SIDE))
        self.level.toggled.connect(lambda on: self.place.setValue(document.height // 2 if on else document.width // 2))
        form = _form(self)
        form.addRow(upright)
        form.addRow(self.level)
        form.addRow(self.tr("Position"), self.place)
        self.accepted.connect(lambda: take(Guide(self.level.isChecked(), float(self.place.value()))))


class CanvasSizeDialog(QDialog):
    """Width, height and the point of the picture that stays in place."""

    def __init__(self, parent: QWidget, document: Document, take: Callable[[int, int, tuple[float, float]], None]) -> None:
        super().__init__(parent)
        self._document, self._take = document, take
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Canvas Size"))
        self.width_field = _pixels(self.tr("Width"), document.width, (1, LONGEST_SIDE))
        self.height_field = _pixels(self.tr("Height"), document.height, (1, LONGEST_SIDE))
        self.relative = QCheckBox(self.tr("As a difference"))
        self.relative.toggled.connect(self._switch)
        self.anchors = QButtonGroup(self)
        places = QGridLayout()
        places.setSpacing(2)
        names = (self.tr("top"), self.tr("middle"), self.tr("bottom")), (self.tr("left"), self.tr("middle"), self.tr("right"))
        for number, sign in enumerate(ANCHORS):
            button = QToolButton()
            button.setText(sign)
            button.setCheckable(True)
            button.setChecked(number == 4)
            button.setFixedSize(28, 28)
            button.setAccessibleName(self.tr("The {row} {column} stays in place").format(row=names[0][number // 3], column=names[1][number % 3]))
            button.setToolTip(button.accessibleName())
            self.anchors.addButton(button, number)
            places.addWidget(button, number // 3, number % 3)
        form = QFormLayout()
        form.addRow(self.tr("Width"), self.width_field)
        form.addRow(self.tr("Height"), self.height_field)
        form.addRow(self.relative)
        form.addRow(self.tr("Stays in place"), places)
        note = QLabel(self.tr("What lies outside the canvas stays in its layers."))
        note.setObjectName("muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(_buttons(self))
        self.width_field.selectAll()

    def _switch(self, relative: bool) -> None:
        """The same canvas in other numbers."""
        for field, side in ((self.width_field, self._document.width), (self.height_field, self._document.height)):
            value = field.value() - side if relative else field.value() + side
            field.setRange(1 - side if relative else 1, LONGEST_SIDE - side if relative else LONGEST_SIDE)
            field.setValue(value)

    def accept(self) -> None:
        more = (self._document.width, self._document.height) if self.relative.isChecked() else (0, 0)
        place = self.anchors.checkedId()
        super().accept()
        self._take(self.width_field.value() + more[0], self.height_field.value() + more[1], (place % 3 / 2, place // 3 / 2))


def _form(dialog: QDialog) -> QFormLayout:
    """With OK and Cancel below it."""
    form = QFormLayout()
    column = QVBoxLayout(dialog)
    column.setContentsMargins(16, 16, 16, 16)
    column.setSpacing(12)
    column.addLayout(form)
    column.addWidget(_buttons(dialog))
    return form


def _buttons(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def _pixels(name: str, value: int, limits: tuple[int, int]) -> QSpinBox:
    field = dressed(Whole(), name)
    field.setRange(*limits)
    field.setSuffix(" px")
    field.setValue(value)
    field.setMinimumWidth(110)
    return field
