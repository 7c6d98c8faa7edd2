"""The few windows that ask or tell: known things, what a format drops, unsaved changes, about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from ui.language import translated

ROW = 26  # logical pixels: a line of a list


class ThingsDialog(QDialog):
    """What the model knows; a double click or Enter takes one as the prompt."""

    def __init__(self, things: Mapping[str, Sequence[str]], take: Callable[[str], None], parent: QWidget) -> None:
        """things: other words for each name, which can be searched for too."""
        super().__init__(parent)
        self._words = {name: " ".join((name, *others)).casefold() for name, others in things.items()}
        self.setWindowTitle(self.tr("What the Model Knows"))
        self.resize(360, 480)
        self._take = take
        words = self.tr("The built-in model makes these {count} things. Many other words for them are understood too.")
        note = QLabel(words.format(count=len(things)))
        note.setWordWrap(True)
        note.setObjectName("muted")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the things"))
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Things"))
        self.list.addItems(sorted(things))
        for row in range(self.list.count()):
            self.list.item(row).setSizeHint(QSize(0, ROW))
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(lambda _item: self.accept())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        use = buttons.addButton(self.tr("Use as Prompt"), QDialogButtonBox.ButtonRole.AcceptRole)
        use.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        for widget in (note, self.search, self.list, buttons):
            column.addWidget(widget)

    def _filter(self, typed: str) -> None:
        rows = range(self.list.count())
        for row in rows:
            self.list.item(row).setHidden(typed.casefold() not in self._words[self.list.item(row).text()])
        self.list.setCurrentRow(next((row for row in rows if not self.list.item(row).isHidden()), -1))

    def accept(self) -> None:
        if self.list.currentItem():
            self._take(self.list.currentItem().text())
        super().accept()


async def finished(dialog: QDialog) -> int:
    """Show a dialog over its window and wait for its result; the event loop and its tasks go on meanwhile."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    dialog.finished.connect(lambda result: None if done.done() else done.set_result(result))
    dialog.open()
    return await done


def question(parent: QWidget) -> QMessageBox:
    """An empty question over a window, without an icon that shouts."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle("Downstage")
    return box


async def ask_to_save(parent: QWidget, name: str) -> str:
    """ "save", "discard" or "cancel". """
    box = question(parent)
    box.setText(box.tr("Save the changes to “{name}”?").format(name=name))
    box.setInformativeText(box.tr("What you do not save is lost."))
    box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(QMessageBox.StandardButton.Save)
    await finished(box)
    answers = {QMessageBox.StandardButton.Save: "save", QMessageBox.StandardButton.Discard: "discard"}
    return answers.get(box.standardButton(box.clickedButton()), "cancel")


async def ask_about_jobs(parent: QWidget) -> bool:
    """Layers are still being made: whether they are given up."""
    box = question(parent)
    box.setText(box.tr("A layer is still being made."))
    box.setInformativeText(box.tr("If you leave the document now, it is given up."))
    leave = box.addButton(box.tr("Give It Up"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(box.tr("Wait for It"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    await finished(box)
    return box.clickedButton() is leave


async def ask_about_change(parent: QWidget, name: str) -> str:
    """The file is not as it was opened: "copy", "replace" or "cancel". """
    box = question(parent)
    box.setText(box.tr("“{name}” was changed by another window or program after you opened it.").format(name=name))
    box.setInformativeText(box.tr("Saving over it would undo those changes."))
    copy = box.addButton(box.tr("Save As…"), QMessageBox.ButtonRole.AcceptRole)
    replace = box.addButton(box.tr("Replace It"), QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(copy)
    await finished(box)
    return {copy: "copy", replace: "replace"}.get(box.clickedButton(), "cancel")


async def confirm_losses(parent: QWidget, name: str, losses: Sequence[str]) -> bool:
    """Say what the format cannot hold, before the file is written."""
    box = question(parent)
    box.setText(box.tr("“{name}” cannot hold everything.").format(name=name))
    box.setInformativeText("\n".join(f"•  {translated(loss)}" for loss in losses))
    go = box.addButton(box.tr("Export Anyway"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(go)
    await finished(box)
    return box.clickedButton() is go


async def ask_file(dialog: QFileDialog) -> tuple[Path, str] | None:
    """The chosen file and the name filter it was chosen under."""
    if await finished(dialog) != QDialog.DialogCode.Accepted or not dialog.selectedFiles():
        return None
    return Path(dialog.selectedFiles()[0]), dialog.selectedNameFilter()


def show_about(parent: QWidget, version: str, logo: QPixmap) -> None:
    """The program's name, version and licence."""
    box = QMessageBox(parent)
    box.setWindowTitle(box.tr("About Downstage"))
    box.setIconPixmap(logo)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Downstage {version}")
    box.setInformativeText(
        box.tr("An editor for layered images: draw a box, say what should stand there, get it as a layer with its shadow.")
        + "\n\n"
        + box.tr("Everything runs on this computer: no account, no telemetry.")
    )
    box.open()
