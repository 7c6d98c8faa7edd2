"""Every command with its keys: searchable, a set to choose, and each key to be changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.config.settings import Settings

from .actions import ACTIONS, Action
from .keys import SET_NAMES, Keys, keys_of, native, stored_keys

_NAME = Qt.ItemDataRole.UserRole


class KeysDialog(QDialog):
    """What is changed holds at once and is remembered."""

    def __init__(self, parent: QWidget, settings: Settings, changed: Callable[[dict[str, Keys]], None]) -> None:
        """changed: called with the keys of every action when they are others."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard Shortcuts"))
        self.resize(660, 620)
        self._settings, self._changed = settings, changed
        self.set_box = QComboBox()
        self.set_box.setAccessibleName(self.tr("Set of keys"))
        for name, text in SET_NAMES.items():
            self.set_box.addItem(QCoreApplication.translate("keys", text), name)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the keys"))
        self.table = QTableWidget(0, 2)
        self.field = QKeySequenceEdit()
        self.field.setAccessibleName(self.tr("New keys"))
        self.field.setMaximumSequenceLength(1)
        self.field.setClearButtonEnabled(True)
        self.assign, self.remove = QPushButton(self.tr("Assign")), QPushButton(self.tr("No Keys"))
        self.reset, self.reset_all = QPushButton(self.tr("As in the Set")), QPushButton(self.tr("All as in the Set"))
        self.words = QLabel()
        self.words.setObjectName("muted")
        self.words.setWordWrap(True)
        self._build_table()
        self._lay_out()
        self._wire()
        self._show()
        self.table.selectRow(0)

    def _build_table(self) -> None:
        table = self.table
        table.setAccessibleName(self.tr("Commands and keys"))
        table.setHorizontalHeaderLabels([self.tr("Command"), self.tr("Keys")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        first = QHBoxLayout()
        first.addWidget(QLabel(self.tr("Keys as in")))
        first.addWidget(self.set_box)
        first.addWidget(self.search, 1)
        column.addLayout(first)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)
        last = QHBoxLayout()
        last.addWidget(self.field, 1)
        for button in (self.assign, self.remove, self.reset, self.reset_all):
            button.setAutoDefault(False)
            last.addWidget(button)
        column.addLayout(last)

    def _wire(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.set_box.activated.connect(lambda _row: self._store(self.set_box.currentData(), self._own()))
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemActivated.connect(lambda _item: self.field.setFocus())
        self.field.keySequenceChanged.connect(self._warn)
        self.assign.clicked.connect(lambda: self._give((_portable(self.field.keySequence()),)))
        self.remove.clicked.connect(lambda: self._give(()))
        self.reset.clicked.connect(self._forget)
        self.reset_all.clicked.connect(lambda: self._store(self.set_box.currentData(), {}))

    def _own(self) -> dict[str, Keys]:
        return stored_keys(self._settings)[1]

    def _keys(self) -> dict[str, Keys]:
        return keys_of(*stored_keys(self._settings))

    def _show(self) -> None:
        chosen, _ = stored_keys(self._settings)
        self.set_box.setCurrentIndex(self.set_box.findData(chosen))
        keys = self._keys()
        rows = [(action.name, action.label, ", ".join(map(native, keys[action.name]))) for action in ACTIONS] + self._of_the_mouse()
        self.table.setRowCount(len(rows))
        for row, (name, label, text) in enumerate(rows):
            for column, words in enumerate((label, text)):
                if (item := self.table.item(row, column)) is None:
                    item = QTableWidgetItem()
                    self.table.setItem(row, column, item)
                item.setText(words)
                item.setData(_NAME, name)
        self._filter(self.search.text())

    def _of_the_mouse(self) -> list[tuple[str, str, str]]:
        """What cannot be changed, with an empty name."""
        return [
            ("", self.tr("Pan"), self.tr("Space + drag, middle button, wheel")),
            ("", self.tr("Zoom at the pointer"), self.tr("Ctrl + wheel")),
            ("", self.tr("Nudge the layer by 1 or 10 pixels"), self.tr("Arrows, Shift + arrows")),
            ("", self.tr("Show only this layer"), self.tr("Alt + click on its eye")),
            ("", self.tr("Switch a mask off or on"), self.tr("Shift + click on its thumbnail")),
        ]

    def _action(self) -> Action | None:
        """The one that is selected, if its keys can be changed."""
        item = self.table.item(self.table.currentRow(), 0)
        return next((action for action in ACTIONS if item and action.name == item.data(_NAME) and not action.local), None)

    def _selected(self) -> None:
        action = self._action()
        for widget in (self.field, self.assign, self.remove, self.reset):
            widget.setEnabled(action is not None)
        keys = self._keys()[action.name] if action else ()
        self.field.setKeySequence(QKeySequence(keys[0] if keys else ""))
        self._warn()

    def _warn(self) -> None:
        """Say whose keys these are now."""
        action, wanted = self._action(), _portable(self.field.keySequence())
        others = [other for other in ACTIONS if wanted and wanted in self._keys()[other.name] and other is not action]
        fixed = bool(others) and others[0].local
        self.assign.setEnabled(action is not None and bool(wanted) and not fixed)
        if not others:
            self.words.setText("")
            return
        words = self.tr("{keys} belongs to “{name}” for good.") if fixed else self.tr("{keys} is taken from “{name}”.")
        self.words.setText(words.format(keys=native(wanted), name=others[0].label))

    def _give(self, keys: Keys) -> None:
        if action := self._action():
            others = {name: tuple(key for key in given if key not in keys) for name, given in self._own().items()}
            self._store(self.set_box.currentData(), others | {action.name: keys})

    def _forget(self) -> None:
        if action := self._action():
            self._store(self.set_box.currentData(), {name: keys for name, keys in self._own().items() if name != action.name})

    def _store(self, chosen: str, own: dict[str, Keys]) -> None:
        self._settings.set("key_set", chosen)
        self._settings.set("keys", {name: list(keys) for name, keys in own.items()})
        self._show()
        self._selected()
        self._changed(self._keys())

    def _filter(self, typed: str) -> None:
        for row in range(self.table.rowCount()):
            text = " ".join(self.table.item(row, column).text() for column in range(2))
            self.table.setRowHidden(row, typed.casefold() not in text.casefold())


def _portable(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)
