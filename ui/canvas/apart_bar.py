"""The options bar's page under the tool that takes pictures apart."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget


class ApartBar(QWidget):
    """What is selected, whether its shadow goes with it, and what to do with it."""

    apart_wanted = Signal()
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._words = QLabel(), QLabel()
        self._title.setObjectName("caption")
        self._words.setObjectName("muted")
        self.effects = QCheckBox(self.tr("With its shadow and reflection"))
        self.effects.setChecked(True)
        self.take, self.remove = QPushButton(self.tr("Take Apart")), QPushButton(self.tr("Remove"))
        self.take.setToolTip(self.tr("The thing and the ground behind it as layers; the picture stays as it is (Enter)"))
        self.remove.setToolTip(self.tr("Only the ground without the thing, as a layer; the picture stays as it is"))
        self.take.clicked.connect(self.apart_wanted)
        self.remove.clicked.connect(self.removal_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(8)
        for widget in (self._title, self.effects, self.take, self.remove, self._words):
            row.addWidget(widget)
        row.addStretch(1)

    def show_selection(self, title: str, things: int, candidate: int, candidates: int, looking: bool) -> None:
        """How many things are found, which candidate of the last one it is, and whether one is being looked for."""
        self._title.setText(title)
        self.take.setEnabled(things > 0)
        self.remove.setEnabled(things > 0)
        words = self.tr("Looking…") if looking else ""
        if not looking and candidates > 1:
            words = self.tr("Find {number} of {count}: Left, Right").format(number=candidate + 1, count=candidates)
        self._words.setText(words)
