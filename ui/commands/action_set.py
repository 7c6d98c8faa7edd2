"""The table of actions as Qt actions: menus, keys, icons, and when each can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from ui.theme import Icons

from .actions import ACTIONS, MENUS, Action
from .keys import Keys, native

# What a key that is held down does again and again; everything else happens once.
REPEATED = ("edit.undo", "edit.redo", "edit.brush_", "layer.raise", "layer.lower", "layer.select_", "generate.candidate_", "view.zoom_", "view.turn_")


class ActionSet(QObject):
    """QActions by the names of the table."""

    def __init__(self, window: QWidget, icons: Icons, handlers: Mapping[str, Callable[[], None]], keys: Mapping[str, Keys]) -> None:
        """handlers: what each action does, by name; every action needs one. keys: of each action."""
        super().__init__(window)
        self._icons = icons
        self._bar: QMenuBar | None = None
        self._by_name = {action.name: self._make(action, handlers[action.name], window) for action in ACTIONS}
        self.menus: dict[str, QMenu] = {}
        self.set_keys(keys)
        self.retint()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def _make(self, action: Action, handler: Callable[[], None], window: QWidget) -> QAction:
        made = QAction(action.label, window)
        made.setObjectName(action.name)
        made.setCheckable(action.checkable)
        made.setAutoRepeat(action.name.startswith(REPEATED))
        made.triggered.connect(lambda _checked=False: handler())
        window.addAction(made)
        return made

    def set_keys(self, keys: Mapping[str, Keys]) -> None:
        """The keys of every action, which tooltips and palette show too."""
        for action in ACTIONS:
            made, given = self._by_name[action.name], keys[action.name]
            if not action.local:
                made.setShortcuts([QKeySequence(one) for one in given])
            shown = native(given[0]) if given else ""
            made.setProperty("shown_keys", shown)
            plain = action.label.rstrip("…")
            made.setToolTip(f"{plain} ({shown})" if shown else plain)

    def fill(self, bar: QMenuBar) -> None:
        """The menus of the table's order."""
        self._bar, taken = bar, set()
        for title in MENUS:
            label = QCoreApplication.translate("actions", title)
            at = next((at for at, letter in enumerate(label) if letter.lower() not in taken), 0)  # no two menus under one key
            taken.add(label[at].lower())
            menu = bar.addMenu(f"{label[:at]}&{label[at:]}")
            self.menus[title.lower()] = menu
            self.put_into(menu, [action.name for action in ACTIONS if action.menu == title.lower()])

    def put_into(self, menu: QMenu, names: list[str]) -> None:
        """These actions, with the table's lines between them and its submenus."""
        submenus: dict[str, QMenu] = {}
        for action in (action for action in ACTIONS if action.name in names):
            target = menu
            if action.under:
                if action.under not in submenus:
                    submenus[action.under] = menu.addMenu(QCoreApplication.translate("actions", action.under))
                target = submenus[action.under]
            if action.rule and not target.isEmpty():
                target.addSeparator()
            target.addAction(self._by_name[action.name])

    def enable(self, conditions: set[str]) -> None:
        """Switch every action on or off by what it needs, and check those that stand for something of the document."""
        for action in ACTIONS:
            if action.needs:
                self._by_name[action.name].setEnabled(action.needs in conditions)
            if action.checked:
                self._by_name[action.name].setChecked(action.checked in conditions)

    def retint(self) -> None:
        """Take the theme's colours."""
        for action in ACTIONS:
            if action.icon:
                self._by_name[action.name].setIcon(self._icons.icon(action.icon))

    def entries(self) -> list[tuple[str, QAction]]:
        """(menu, action) of all that stands in the menus, those that other parts have put there too."""
        found: list[tuple[str, QAction]] = []

        def visit(actions: list[QAction], path: tuple[str, ...]) -> None:
            for action in actions:
                if action.menu() is not None:
                    visit(action.menu().actions(), (*path, action.text().replace("&", "")))
                elif not action.isSeparator() and action is not self._by_name["help.commands"]:
                    found.append((" › ".join(path), action))

        visit(self._bar.actions(), ())
        return found
