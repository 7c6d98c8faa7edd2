"""The parts of the menus that are not in the table of actions: recent files, sample scenes, choices of one among several."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.config.samples import samples
from app.config.settings import Settings
from ui.language import LANGUAGES

from ..commands.action_set import ActionSet
from ..commands.keys import SET_NAMES, stored_keys


class FileMenu(QObject):
    """Submenus of recent files and sample pictures, put under “Open…”."""

    chosen = Signal(object)  # Path
    sample_chosen = Signal(object)  # Sample

    def __init__(self, menu: QMenu, settings: Settings) -> None:
        super().__init__(menu)
        self._settings = settings
        names = [action.objectName() for action in menu.actions()]
        second = menu.actions()[names.index("file.open") + 1]
        self.recent = QMenu(self.tr("Open Recent"), menu)
        menu.insertMenu(second, self.recent)
        scenes = QMenu(self.tr("Sample Pictures"), menu)
        menu.insertMenu(second, scenes)
        for sample in samples():
            action = scenes.addAction(sample.title)
            action.setToolTip(sample.credit)
            action.triggered.connect(lambda _checked=False, sample=sample: self.sample_chosen.emit(sample))
        self.refresh()

    def refresh(self) -> None:
        """List the recent files that still exist."""
        self.recent.clear()
        for path in self._settings.recent:
            if os.path.exists(path):
                action = self.recent.addAction(path.name)
                action.setToolTip(str(path))
                action.triggered.connect(lambda _checked=False, path=path: self.chosen.emit(path))
        self.recent.setEnabled(not self.recent.isEmpty())
        self.recent.setToolTipsVisible(True)


class ChoiceMenu(QObject):
    """A submenu of which one entry holds: of themes, languages, sets of keys."""

    chosen = Signal(str)

    def __init__(self, title: str, choices: Mapping[str, str], current: Callable[[], str], menu: QMenu, before: QAction | None = None) -> None:
        """choices: name -> words; current: the name that holds now; before: the entry of `menu` that it stands above, None for the end."""
        super().__init__(menu)
        self.submenu = QMenu(title, menu)
        menu.insertMenu(before, self.submenu)
        group = QActionGroup(self)
        self._entries = {name: self._entry(name, words, group) for name, words in choices.items()}
        self._current = current
        self.submenu.aboutToShow.connect(self.refresh)
        self.refresh()

    def _entry(self, name: str, words: str, group: QActionGroup) -> QAction:
        action = group.addAction(words)
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False: self.chosen.emit(name))
        self.submenu.addAction(action)
        return action

    def refresh(self) -> None:
        """Check the entry that holds now."""
        if entry := self._entries.get(self._current()):
            entry.setChecked(True)

    def choose(self, name: str) -> None:
        """As if the user had."""
        self._entries[name].trigger()


def choice_menus(actions: ActionSet, settings: Settings) -> tuple[ChoiceMenu, ChoiceMenu, ChoiceMenu]:
    """Of theme, language and set of keys."""
    view, edit = actions.menus["view"], actions.menus["edit"]
    system = QCoreApplication.translate("menus", "As the System")
    themes = {"system": system, "dark": QCoreApplication.translate("menus", "Dark"), "light": QCoreApplication.translate("menus", "Light")}
    view.addSeparator()
    theme = ChoiceMenu(QCoreApplication.translate("menus", "Theme"), themes, lambda: settings.get("theme", "system"), view)
    below = edit.actions()[edit.actions().index(actions["edit.preferences"]) + 1]
    languages = {"system": system} | LANGUAGES
    language = ChoiceMenu(QCoreApplication.translate("menus", "Language"), languages, lambda: settings.get("language", "system"), edit, below)
    sets = {name: QCoreApplication.translate("keys", words) for name, words in SET_NAMES.items()}
    keys = ChoiceMenu(QCoreApplication.translate("menus", "Keys as In"), sets, lambda: stored_keys(settings)[0], edit, below)
    return theme, language, keys
