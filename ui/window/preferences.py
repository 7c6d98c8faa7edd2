"""What the user prefers: language, theme, the page at the start, keys. What is changed is remembered at once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from app.config.settings import Settings
from ui.language import LANGUAGES
from ui.theme import CHOICES

from ..widgets.fields import form


class Preferences(QDialog):
    """Every field shows what holds now."""

    language_chosen = Signal(str)
    theme_chosen = Signal(str)
    keys_wanted = Signal()

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self.language, self.theme = QComboBox(), QComboBox()
        self.language.addItem(self.tr("As the System"), "system")
        for name, words in LANGUAGES.items():
            self.language.addItem(words, name)
        names = {"system": self.tr("As the System"), "dark": self.tr("Dark"), "light": self.tr("Light")}
        for name in CHOICES:
            self.theme.addItem(names[name], name)
        for box, setting in ((self.language, "language"), (self.theme, "theme")):
            box.setCurrentIndex(max(box.findData(settings.get(setting, "system")), 0))
        self.welcome = QCheckBox(self.tr("Show the welcome page"))
        self.welcome.setChecked(settings.get("welcome", True))
        self.keys = QPushButton(self.tr("Keyboard Shortcuts…"))
        self.keys.setAutoDefault(False)
        self._lay_out()
        self.language.activated.connect(lambda _row: self.language_chosen.emit(self.language.currentData()))
        self.theme.activated.connect(lambda _row: self.theme_chosen.emit(self.theme.currentData()))
        self.welcome.toggled.connect(lambda on: settings.set("welcome", on))
        self.keys.clicked.connect(self.keys_wanted)

    def _lay_out(self) -> None:
        rows = (
            (self.tr("Language"), self.language),
            (self.tr("Theme"), self.theme),
            (self.tr("At the start"), self.welcome),
            (self.tr("Keys"), self.keys),
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        column.addLayout(form(rows))
        column.addWidget(buttons)
        self.setMinimumWidth(420)
