"""What the Help menu tells about the program itself: about it, and a bundle for whoever looks for a fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.config.diagnostics import save_bundle
from app.config.settings import log_path
from app.document.document import walk
from app.errors import FileError
from app.session.session import Session

from ..widgets import dialogs
from .surroundings import Surroundings


class HelpCommands(QObject):
    """Nothing of it leaves the computer by itself."""

    told = Signal(str, str)  # a sentence, a hint
    failed = Signal(object)  # FileError

    def __init__(self, window: QWidget, around: Surroundings, session: Callable[[], Session]) -> None:
        super().__init__(window)
        self._window, self._around, self._session = window, around, session
        self.ask_target: Callable[[Path], Awaitable[Path | None]] = self._ask_target

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions do."""
        return {
            "help.about": lambda: dialogs.show_about(self._window, self._around.version, self._window.windowIcon().pixmap(64, 64)),
            "help.diagnostics": lambda: self._around.loop.create_task(self.save_diagnostics()),
        }

    async def save_diagnostics(self) -> None:
        """Ask for a file, and write versions, settings and the log into it."""
        suggested = Path(self._around.settings.get("folder", str(Path.home()))) / "downstage-diagnostics.zip"
        if (path := await self.ask_target(suggested)) is None:
            return
        try:
            save_bundle(path, log_path(), self._around.settings, self._facts())
        except FileError as error:
            self.failed.emit(error)
            return
        hint = self.tr("It holds versions, settings and the log, without names of files and prompts. Look into it before you hand it on.")
        self.told.emit(self.tr("“{name}” was saved.").format(name=path.name), hint)

    def _facts(self) -> dict[str, str]:
        document = self._session().document
        screens = (f"{screen.size().width()} × {screen.size().height()} at {screen.devicePixelRatio()}" for screen in QGuiApplication.screens())
        return {
            "Downstage": self._around.version,
            "Qt platform": QGuiApplication.platformName(),
            "Screens": "; ".join(screens),
            "Document": f"{document.width} × {document.height} px, {sum(1 for _ in walk(document))} layers and groups",
        }

    async def _ask_target(self, suggested: Path) -> Path | None:
        dialog = QFileDialog(self._window, self.tr("Save Diagnostics"), str(suggested.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("Archives") + " (*.zip)"])
        dialog.setDefaultSuffix("zip")
        dialog.selectFile(suggested.name)
        chosen = await dialogs.ask_file(dialog)
        return None if chosen is None else chosen[0]
