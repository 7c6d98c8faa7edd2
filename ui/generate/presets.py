"""Named settings of the generate panel, and the prompts that were used before: a button with a menu, and a list to rename and delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QInputDialog, QLabel, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from app.config.presets import Preset, read, with_preset, write
from app.errors import ExpectedError

from .panel import GeneratePanel

RECENT = 12  # prompts in the menu


class Presets(QObject):
    """Reads the file when it is first asked for, and writes it at every change."""

    failed = Signal(object)  # FileError

    def __init__(self, window: QWidget, panel: GeneratePanel, path: Path) -> None:
        super().__init__(window)
        self._window, self._panel, self._path = window, panel, path
        self._presets: tuple[Preset, ...] | None = None
        self.menu = QMenu(panel.presets)
        self.menu.aboutToShow.connect(self._fill)
        panel.presets.setMenu(self.menu)

    def handlers(self) -> dict[str, Callable[[], None]]:
        return {"generate.preset_save": self.ask_name, "generate.presets": self.open_list}

    @property
    def presets(self) -> tuple[Preset, ...]:
        if self._presets is None:
            self._presets = ()
            try:
                self._presets = read(self._path)
            except ExpectedError as error:
                self.failed.emit(error)
        return self._presets

    def _fill(self) -> None:
        self.menu.clear()
        for preset in self.presets:
            self.menu.addAction(_plain(preset.name), lambda preset=preset: self._panel.take(preset))
        if not self.presets:
            self.menu.addAction(self.tr("No Presets Yet")).setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Save as Preset…"), self.ask_name)
        self.menu.addAction(self.tr("Rename or Delete Presets…"), self.open_list).setEnabled(bool(self.presets))
        earlier = self.menu.addMenu(self.tr("Earlier Prompts"))
        earlier.setEnabled(bool(self._panel.remembered))
        for text in reversed(self._panel.remembered[-RECENT:]):
            earlier.addAction(_plain(text), lambda text=text: self._panel.set_prompt(text))

    def ask_name(self) -> None:
        """Let the artist name what the panel says now."""
        self.dialog = QInputDialog(self._window)
        self.dialog.setWindowTitle(self.tr("Save as Preset"))
        self.dialog.setLabelText(self.tr("Name (a preset of that name is replaced):"))
        self.dialog.setTextValue(self._panel.text)
        self.dialog.textValueSelected.connect(self.save)
        self.dialog.open()

    def save(self, name: str) -> None:
        """Keep prompt, steps, guidance, candidates and options under a name; a locked seed too."""
        if name.strip():
            self._set(with_preset(self.presets, replace(self._panel.preset(), name=name.strip())))

    def open_list(self) -> None:
        self.dialog = PresetsDialog(self.presets, self._window)
        self.dialog.edited.connect(self._set)
        self.dialog.open()

    def _set(self, presets: tuple[Preset, ...]) -> None:
        self._presets = presets
        try:
            write(self._path, presets)
        except ExpectedError as error:
            self.failed.emit(error)


class PresetsDialog(QDialog):
    """A list whose names are edited in place."""

    edited = Signal(tuple)

    def __init__(self, presets: tuple[Preset, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Presets"))
        self._presets = list(presets)
        note = QLabel(self.tr("Double-click or F2 renames a preset."))
        note.setObjectName("muted")
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Presets"))
        for preset in presets:
            item = QListWidgetItem(preset.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(preset.prompt)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemChanged.connect(self._renamed)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.delete = buttons.addButton(self.tr("Delete"), QDialogButtonBox.ButtonRole.ActionRole)
        self.delete.setAutoDefault(False)
        self.delete.clicked.connect(lambda _checked=False: self._deleted())
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        for widget in (note, self.list, buttons):
            column.addWidget(widget)
        self.resize(360, 320)

    def _renamed(self, item: QListWidgetItem) -> None:
        row, name = self.list.row(item), item.text().strip()
        taken = any(preset.name == name for index, preset in enumerate(self._presets) if index != row)
        if not name or taken:
            item.setText(self._presets[row].name)
            return
        self._presets[row] = replace(self._presets[row], name=name)
        self.edited.emit(tuple(self._presets))

    def _deleted(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            del self._presets[row]
            self.list.takeItem(row)
            self.edited.emit(tuple(self._presets))


def _plain(text: str) -> str:
    """For a menu, which would take & for the mark of a key."""
    return text.replace("&", "&&")
