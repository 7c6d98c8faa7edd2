"""The parts of the menus that are not in the table of actions: recent files, sample scenes, themes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.samples import samples
from app.settings import Settings
from ui.theme import CHOICES


class FileMenu(QObject):
    """Submenus of recent files and sample pictures, put under “Open…”."""

    chosen = Signal(object)  # Path
    sample_chosen = Signal(object)  # Sample

    def __init__(self, menu: QMenu, settings: Settings) -> None:
        super().__init__(menu)
        self._settings = settings
        second = menu.actions()[1]
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
            if path.exists():
                action = self.recent.addAction(path.name)
                action.setToolTip(str(path))
                action.triggered.connect(lambda _checked=False, path=path: self.chosen.emit(path))
        self.recent.setEnabled(not self.recent.isEmpty())
        self.recent.setToolTipsVisible(True)


class ThemeMenu(QObject):
    """Dark, light, or as the desktop has it."""

    chosen = Signal(str)

    def __init__(self, menu: QMenu, choice: str) -> None:
        super().__init__(menu)
        names = {"system": self.tr("As the System"), "dark": self.tr("Dark"), "light": self.tr("Light")}
        menu.addSeparator()
        submenu = menu.addMenu(self.tr("Theme"))
        group = QActionGroup(self)
        self._entries: dict[str, QAction] = {}
        for name in CHOICES:
            action = submenu.addAction(names[name])
            action.setCheckable(True)
            action.setChecked(name == choice)
            group.addAction(action)
            self._entries[name] = action
            action.triggered.connect(lambda _checked=False, name=name: self.chosen.emit(name))

    def choose(self, name: str) -> None:
        """As if the user had."""
        self._entries[name].trigger()
