"""Which model makes the layers: the list of those that are there or can be fetched, their licences, sizes and memory, and the choice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.config import models as known
from app.config.download import Download
from app.config.models import FLUX_LICENCES, FLUX_NAME, STARTER, Model, is_flux, look_at, own_folder, unfinished
from bfs_engine.api import EngineError
from ui.language import translated

from ..widgets.message_bar import MessageBar
from ..window.surroundings import Surroundings
from .commands import GenerateCommands
from .downloads import DownloadDialog, lacking_in, size_words
from .generation import Generation
from .panel import GeneratePanel


class ModelChoice(QObject):
    """Holds what was chosen; the queue builds it when the next job starts."""

    def __init__(
        self,
        window: QWidget,
        panel: GeneratePanel,
        commands: GenerateCommands,
        generation: Generation,
        messages: MessageBar,
        around: Surroundings,
    ) -> None:
        super().__init__(window)
        self._window, self._panel, self._commands, self._generation = window, panel, commands, generation
        self._messages, self._settings, self._queue, self._models = messages, around.settings, around.queue, around.models
        self.download = Download(around.models.hub, around.loop, self._download_changed)
        self.dialog: ModelsDialog | None = None
        self.downloading: DownloadDialog | None = None
        self._take(self._kept())
        panel.model_wanted.connect(self.open)

    @property
    def folders(self) -> list[Path]:
        """Where the user's own models are."""
        return known.folders(self._settings)

    def _kept(self) -> Model:
        """What was chosen in the last run, if it is still there."""
        try:
            return known.chosen(self._settings)
        except EngineError as error:
            self._messages.say(error.sentence, self.tr("The starter makes the layers until another model is chosen."), "error")
            return known.shipped()

    def use(self, model: Model) -> None:
        """Let this model make what is asked for from now on; jobs that wait are made with the one they were asked with."""
        known.choose(self._settings, model)
        self._take(model)
        self.load_vocabulary()
        self._announce(model)

    def _take(self, model: Model) -> None:
        self.model = model
        self._generation.model = model.name
        self._panel.show_model(title_of(model))
        folder = own_folder(model)
        self._queue.use(lambda: self._models.engine(folder))

    def load_vocabulary(self) -> None:
        """The words that the model knows: a file to be read; none where any words will do."""
        self._commands.know(self._models.vocabulary(own_folder(self.model)) if self.model.kind == "starter" else None)

    def _announce(self, model: Model) -> None:
        """How it will be kept in memory, before anything of it is loaded."""

        def say(words: str) -> None:
            if self.model is model:
                self._messages.say(self.tr("{model} makes the layers from now on.").format(model=title_of(model)), words)

        self.ask_memory(model, say)

    def ask_memory(self, model: Model, then: Callable[[str], None]) -> None:
        """Go on with what the model needs, in words; it is worked out beside the window."""
        folder = own_folder(model)
        self._generation.beside(lambda: _said(lambda: self._models.memory(folder)), then)

    def add(self, folder: Path) -> Model:
        """Remember a folder with a model. Raises EngineError."""
        return known.add(self._settings, folder)

    def forget(self, folder: Path) -> None:
        """Take a folder off the list; its files stay."""
        known.forget(self._settings, folder)

    def open(self) -> None:
        self.dialog = ModelsDialog(self, self._window)
        self.dialog.open()

    def take_over(self, other: ModelChoice) -> None:
        """Go on in another window with what is on its way."""
        self.download, other.download = other.download, self.download
        self.download.listener, other.download.listener = self._download_changed, other._download_changed

    def close(self) -> None:
        """The window is closed: what is on its way stops, and goes on the next time."""
        self.download.close()

    # Downloading

    @property
    def download_folder(self) -> Path:
        """Where FLUX goes if the user does not say otherwise."""
        return known.download_folder(self._settings)

    def open_download(self, folder: Path) -> None:
        """The one that is going on, or what could be fetched into the folder; only now the hub is asked."""
        if not self.download.busy:
            if self.downloading is not None:
                self.downloading.deleteLater()
            self.download.forget()
            self._make_dialog(folder)
            self.downloading.ask()
        elif self.downloading is None:  # it was begun in another window
            self._make_dialog(self.download.folder)
        self.downloading.show()
        self.downloading.raise_()

    def _make_dialog(self, folder: Path) -> None:
        place = self._settings.get("bfs_repository", "")
        self.downloading = DownloadDialog(self.download, folder, place, self.expect_memory, self._window)
        self.downloading.begun.connect(self._keep_begun)
        self.downloading.use_wanted.connect(self._use_fetched)

    def _keep_begun(self, folder: Path, repository: str) -> None:
        known.remember(self._settings, folder)
        self._settings.set("bfs_repository", repository)

    def expect_memory(self, then: Callable[[str], None]) -> None:
        """Go on with what FLUX will need here, in words; it is worked out beside the window."""
        self._generation.beside(lambda: _said(self._models.expected), then)

    def _download_changed(self) -> None:
        download, shown = self.download, self.downloading is not None and self.downloading.isVisible()
        if self.downloading is not None:
            self.downloading.show_download()
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_download()
        if shown or download.folder is None:
            return
        if download.state == "done":
            lacking = lacking_in(download.folder)
            use = (self.tr("Use It"), lambda: self._use_fetched(download.folder))
            self._messages.say(self.tr("The download is there, whole and checked."), lacking or str(download.folder), choices=() if lacking else (use,))
        elif download.state == "failed":
            again = (self.tr("Look at It"), lambda: self.open_download(download.folder))
            self._messages.say(download.error.sentence, download.error.hint, "error", (again,))

    def _use_fetched(self, folder: Path) -> None:
        self.use(known.add(self._settings, folder))


class ModelsDialog(QDialog):
    """The starter first, then the user's folders; what is known of the marked one below."""

    looked = Signal()  # the memory of the marked model is told

    def __init__(self, choice: ModelChoice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Models"))
        self._choice = choice
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Models"))
        self.list.currentRowChanged.connect(lambda _row: self._show())
        self.list.itemActivated.connect(lambda _item: self._use())
        self.facts = {name: QLabel() for name in ("licence", "size", "folder", "memory")}
        self.trouble = QLabel()
        self.trouble.setObjectName("error")
        for label in (*self.facts.values(), self.trouble):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons()
        self._lay_out()
        self._fill(choice.model.folder)
        self.resize(560, 460)

    def _buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.use = self.buttons.addButton(self.tr("Use"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setDefault(True)
        self.download = self.buttons.addButton(self.tr("Download…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.add = self.buttons.addButton(self.tr("Add a Folder…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.forget = self.buttons.addButton(self.tr("Take off the List"), QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.accepted.connect(self._use)
        self.buttons.rejected.connect(self.reject)
        self.download.clicked.connect(lambda _checked=False: self._fetch())
        self.add.clicked.connect(lambda _checked=False: self._ask())
        self.forget.clicked.connect(lambda _checked=False: self._forget())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        names = {"licence": self.tr("Licence"), "size": self.tr("On the disk"), "folder": self.tr("Folder"), "memory": self.tr("Memory")}
        for name, label in self.facts.items():
            form.addRow(names[name], label)
            label.setAccessibleName(names[name])
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(self.list, 1)
        column.addLayout(form)
        column.addWidget(self.trouble)
        column.addWidget(self.buttons)

    def _fill(self, marked: Path) -> None:
        self.list.clear()
        for folder in (STARTER, *self._choice.folders):
            item = QListWidgetItem(self._title(folder))
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
            self.list.addItem(item)
            if folder == marked:
                self.list.setCurrentItem(item)
        if not any(is_flux(folder) for folder in self._choice.folders):
            self.list.addItem(self.tr("{model} (not installed)").format(model=FLUX_NAME))

    def _title(self, folder: Path) -> str:
        download = self._choice.download
        if download.busy and folder == download.folder:
            share = 100 * download.transfer.done // max(download.transfer.total, 1) if download.transfer else 0
            return self.tr("{folder} (downloading, {share} %)").format(folder=folder.name, share=share)
        try:
            model = look_at(folder)
        except EngineError:
            words = self.tr("{folder} (download not finished)") if unfinished(folder) else self.tr("{folder} (not usable)")
            return words.format(folder=folder.name)
        title = title_of(model)
        return self.tr("{model} (in use)").format(model=title) if folder == self._choice.model.folder else title

    def show_download(self) -> None:
        """How far it is, in its line of the list."""
        for row in range(self.list.count()):
            if folder := self.list.item(row).data(Qt.ItemDataRole.UserRole):
                self.list.item(row).setText(self._title(Path(folder)))

    @property
    def folder(self) -> Path | None:
        """Of the marked model; None for one that is not installed."""
        item = self.list.currentItem()
        folder = item.data(Qt.ItemDataRole.UserRole) if item else None
        return Path(folder) if folder else None

    def _show(self) -> None:
        folder = self.folder
        self.use.setEnabled(False)
        self.forget.setEnabled(folder not in (None, STARTER, self._choice.model.folder))
        self.download.setEnabled(self.list.currentItem() is not None and (folder is None or is_flux(folder)))
        self.trouble.hide()
        if folder is None:
            if self.list.currentItem() is not None:
                self._show_offer()
            return
        try:
            model = look_at(folder)
        except EngineError as error:
            for label in self.facts.values():
                label.setText("–")
            self.facts["folder"].setText(str(folder))
            self._trouble(error)
            return
        self.use.setEnabled(folder != self._choice.model.folder)
        self.facts["licence"].setText(translated(model.licence))
        self.facts["size"].setText(size_words(model.size))
        self.facts["folder"].setText(str(folder))
        self.facts["memory"].setText(self.tr("Looking at this machine…"))
        self._choice.ask_memory(model, lambda words: self._tell_memory(folder, words))

    def _show_offer(self) -> None:
        """What can be said of FLUX before it is fetched, without asking anyone."""
        self.facts["licence"].setText(translated(FLUX_LICENCES))
        self.facts["size"].setText(self.tr("Not there. Download… asks the hub for the size, and then you."))
        self.facts["folder"].setText(str(self._choice.download_folder))
        self.facts["memory"].setText(self.tr("Looking at this machine…"))
        self._choice.expect_memory(lambda words: self._tell_memory(None, words))

    def _fetch(self) -> None:
        folder = self.folder or self._choice.download_folder
        self.accept()
        self._choice.open_download(folder)

    def _tell_memory(self, folder: Path | None, words: str) -> None:
        if self.folder == folder:
            self.facts["memory"].setText(words)
            self.looked.emit()

    def _trouble(self, error: EngineError) -> None:
        self.trouble.setText(_in_words(error))
        self.trouble.show()

    def _ask(self) -> None:
        self.files = QFileDialog(self, self.tr("Folder of a Model"))
        self.files.setFileMode(QFileDialog.FileMode.Directory)
        self.files.setOption(QFileDialog.Option.ShowDirsOnly)
        self.files.fileSelected.connect(lambda path: self.add_folder(Path(path)))
        self.files.open()

    def add_folder(self, folder: Path) -> None:
        """Put a folder on the list, or say why it cannot be."""
        try:
            self._choice.add(folder)
        except EngineError as error:
            self._trouble(error)
            return
        self._fill(folder)

    def _forget(self) -> None:
        self._choice.forget(self.folder)
        self._fill(self._choice.model.folder)

    def _use(self) -> None:
        if self.use.isEnabled():
            self._choice.use(look_at(self.folder))
            self.accept()


def title_of(model: Model) -> str:
    """How the window calls it."""
    return model.name[:1].upper() + model.name[1:]


def _said(work: Callable[[], str]) -> str:
    try:
        return translated(work())
    except EngineError as error:
        return _in_words(error)


def _in_words(error: EngineError) -> str:
    return f"{translated(error.sentence)} {translated(error.hint)}".strip()
