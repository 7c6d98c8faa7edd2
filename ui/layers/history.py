"""The steps of the document as a list; a click goes there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ui.language import translated
from ui.theme import Icons


class HistoryPanel(QWidget):
    """Oldest step at the top; steps that were undone are dim until something new is done."""

    went = Signal(int)  # index of the step

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icons = icons
        self._shown: tuple[tuple[str, ...], int] = ((), -1)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("History"))
        self.list.setUniformItemSizes(True)
        self.list.currentRowChanged.connect(self._chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.list)

    def show_steps(self, labels: tuple[str, ...], index: int) -> None:
        """labels: every step, oldest first; index: the one that is shown."""
        if (labels, index) == self._shown:
            return
        self._shown = (labels, index)
        self.list.blockSignals(True)
        try:
            self._fill(labels, index)
        finally:
            self.list.blockSignals(False)

    def _fill(self, labels: tuple[str, ...], index: int) -> None:
        for row in range(self.list.count(), len(labels)):
            self.list.addItem(QListWidgetItem())
        while self.list.count() > len(labels):
            self.list.takeItem(self.list.count() - 1)
        for row, label in enumerate(labels):
            item = self.list.item(row)
            item.setText(translated(label))
            item.setForeground(QColor(self._icons.theme.text if row <= index else self._icons.theme.muted))
        self.list.setCurrentRow(index)
        self.list.scrollToItem(self.list.item(index))

    def retint(self) -> None:
        labels, index = self._shown
        self._shown = ((), -1)
        self.show_steps(labels, index)

    def _chosen(self, row: int) -> None:
        if row >= 0 and row != self._shown[1]:
            self.went.emit(row)
