"""The options bar's page under the eyedropper: the colour that was picked, to look at and to copy."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.tools.eyedropper import SIZES, Colour

from ..widgets.fields import Choice


class ColourBar(QWidget):
    """A patch of the colour, its hexadecimal name, its numbers, and how many pixels are averaged."""

    size_wanted = Signal(int)  # side of the square in canvas pixels

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._title.setObjectName("caption")
        self._patch = _Patch()
        self.name = QLineEdit()
        self.name.setReadOnly(True)
        self.name.setMinimumWidth(self.name.fontMetrics().horizontalAdvance(self.tr("Click the picture")) + 24)
        self.name.setAccessibleName(self.tr("Colour"))
        self.name.setPlaceholderText(self.tr("Click the picture"))
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy the colour's name, such as #c04030"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.name.text()))
        self._numbers = QLabel()
        self._numbers.setObjectName("muted")
        self.sizes = Choice()
        self.sizes.setAccessibleName(self.tr("Averaged over"))
        self.sizes.setToolTip(self.tr("Averaged over"))
        for size in SIZES:
            self.sizes.addItem(self.tr("One pixel") if size == 1 else self.tr("{size} × {size} px").format(size=size), size)
        self.sizes.activated.connect(lambda _row: self.size_wanted.emit(self.sizes.currentData()))
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(8)
        for widget in (self._title, self.sizes, self._patch, self.name, self.copy, self._numbers):
            row.addWidget(widget)
        row.addStretch(1)

    def show_colour(self, title: str, colour: Colour | None) -> None:
        """Straight RGBA, 0 to 255."""
        self._title.setText(title)
        self.copy.setEnabled(colour is not None)
        self._patch.show_colour(colour)
        if colour is not None:
            self.name.setText("#{:02x}{:02x}{:02x}".format(*colour[:3]))
            self._numbers.setText(self.tr("R {0}  G {1}  B {2}  alpha {3}").format(*colour))


class _Patch(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(28, 24)
        self._colour: Colour | None = None

    def show_colour(self, colour: Colour | None) -> None:
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._colour is not None:
            painter.fillRect(self.rect(), QColor(*self._colour[:3]))
        painter.setPen(self.palette().mid().color())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
