"""Downloading FLUX: parts, licences, sizes, room and memory first; then how far it is. It stands beside the window and holds nothing up."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.config.download import Download
from app.config.models import FLUX_BFS, PARTS, Part, Refused, free_space, look_at, unfinished
from bfs_engine.api import EngineError
from ui.language import number, translated

from .generation import duration

GB, MB = 2**30, 2**20
STEPS = 1000  # of the bar
TOKENS = "https://huggingface.co/settings/tokens"


class DownloadDialog(QDialog):
    """Shows the download that there is one of in the program. It goes on when this is closed."""

    use_wanted = Signal(object)  # the folder of what has come
    begun = Signal(object, str)  # its folder, and the repository of BFS

    def __init__(
        self, download: Download, folder: Path, repository: str, ask_memory: Callable[[Callable[[str], None]], None], parent: QWidget
    ) -> None:
        """repository: of BFS, as it was said the last time. ask_memory: tells what the model will need, in words, when it is known."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Download FLUX.1 Fill"))
        self._download = download
        self._asked: dict[str, str] = {}  # part -> the repository that the hub was last asked for
        self.chosen = {part.name: QCheckBox(part.name) for part in PARTS}
        self.sizes = {part.name: QLabel("–") for part in PARTS}
        self.licences = {part.name: _told() for part in PARTS}
        self.repository = QLineEdit()
        self.folder, self.room, self.memory, self.status = _told(), _told(), _told(), _told()
        self.bar = QProgressBar()
        self._make(folder, repository)
        self._lay_out()
        self._wire()
        self.set_folder(folder)
        self.memory.setText(self.tr("Looking at this machine…"))
        ask_memory(self.memory.setText)
        self.show_download()

    def _make(self, folder: Path, repository: str) -> None:
        begun = unfinished(folder)
        for part in PARTS:
            needed = part is not PARTS[-1]
            self.chosen[part.name].setChecked(part.name in begun if begun else needed)
        self.repository.setText(begun.get(FLUX_BFS.name, repository))
        self.repository.setPlaceholderText(self.tr("owner/name on huggingface.co; the authors’ page says it"))
        self.repository.setAccessibleName(self.tr("Repository of BFS"))
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.gate = QFrame()
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setAccessibleName(self.tr("Access token"))
        self.token.setPlaceholderText(self.tr("Access token; empty for the one this computer remembers"))
        self.remember = QCheckBox(self.tr("Remember it on this computer, as “hf auth login” does"))
        self.gate_words = _told()
        self.buttons = QDialogButtonBox()
        self.go = self.buttons.addButton(self.tr("Download"), QDialogButtonBox.ButtonRole.ActionRole)
        self.go.setDefault(True)
        self.stop = self.buttons.addButton(self.tr("Stop"), QDialogButtonBox.ButtonRole.ActionRole)
        self.close_button = self.buttons.addButton(QDialogButtonBox.StandardButton.Close)
        self.change = QPushButton(self.tr("Change…"))
        for button in (self.stop, self.close_button, self.change):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        parts = QGridLayout()
        parts.setVerticalSpacing(3)
        parts.setColumnStretch(0, 1)
        for row, part in enumerate(PARTS):
            parts.addWidget(self.chosen[part.name], 4 * row, 0)
            parts.addWidget(self.sizes[part.name], 4 * row, 1, Qt.AlignmentFlag.AlignRight)
            parts.addWidget(self.licences[part.name], 4 * row + 1, 0, 1, 2)
            if part is FLUX_BFS:
                parts.addWidget(self.repository, 4 * row + 2, 0, 1, 2)
            parts.setRowMinimumHeight(4 * row + 3, 8)
        gate = QVBoxLayout(self.gate)
        gate.setContentsMargins(0, 0, 0, 0)
        for widget in (self.gate_words, self.token, self.remember):
            gate.addWidget(widget)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.change)
        facts = QFormLayout()
        facts.setHorizontalSpacing(12)
        facts.addRow(self.tr("Folder"), place)
        facts.addRow(self.tr("Disk"), self.room)
        facts.addRow(self.tr("Memory"), self.memory)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(12)
        column.addLayout(parts)
        column.addLayout(facts)
        column.addWidget(self.gate)
        column.addStretch(1)
        for widget in (self.status, self.bar, self.buttons):
            column.addWidget(widget)
        self.resize(620, 560)

    def _wire(self) -> None:
        self.go.clicked.connect(lambda _checked=False: self._go())
        self.stop.clicked.connect(lambda _checked=False: self._download.stop())
        self.buttons.rejected.connect(self.reject)
        self.change.clicked.connect(lambda _checked=False: self._choose_folder())
        self.repository.textChanged.connect(lambda _text: self.show_download())
        for box in self.chosen.values():
            box.toggled.connect(lambda _on: self.show_download())

    # What the user has said

    @property
    def wanted(self) -> dict[Part, str]:
        """The chosen parts and where they are looked for, "" for where the program knows."""
        chosen = [part for part in PARTS if self.chosen[part.name].isChecked()]
        return {part: self.repository.text().strip() if part is FLUX_BFS else "" for part in chosen}

    @property
    def _unknown(self) -> dict[Part, str]:
        """Of the wanted parts those that the hub has not told of yet."""
        return {part: place for part, place in self.wanted.items() if self._asked.get(part.name) != place or part.name not in self._download.listings}

    def set_folder(self, folder: Path) -> None:
        """Where it goes; the parts below it, as they lie in such a model's folder."""
        self.path = folder
        self.folder.setText(str(folder))

    def _choose_folder(self) -> None:
        self.files = QFileDialog(self, self.tr("Folder for the Model"))
        self.files.setFileMode(QFileDialog.FileMode.Directory)
        self.files.setOption(QFileDialog.Option.ShowDirsOnly)
        self.files.fileSelected.connect(lambda path: (self.set_folder(Path(path)), self.show_download()))
        self.files.open()

    def ask(self) -> None:
        """Let the hub say what the parts consist of; BFS's only when the user has said where they are."""
        wanted = {part: place for part, place in self._unknown.items() if place or part.repository}
        if wanted:
            self._asked |= {part.name: place for part, place in wanted.items()}
            self._download.ask(wanted, self.token.text().strip())

    def _go(self) -> None:
        if self._download.state == "done":
            self.use_wanted.emit(self.path)
            self.accept()
        elif self._unknown:
            self.ask()
        else:
            self.begun.emit(self.path, self.repository.text().strip())
            self._download.fetch([part.name for part in self.wanted], self.path, self.token.text().strip(), self.remember.isChecked())

    # What is shown

    def show_download(self) -> None:
        """As it stands now."""
        download, state = self._download, self._download.state
        listings, busy = download.listings, download.busy
        for part in PARTS:
            listing = listings.get(part.name)
            self.sizes[part.name].setText(size_words(listing.size) if listing else "–")
            self.licences[part.name].setText(self._licence(part, listing.licence if listing else ""))
            self.chosen[part.name].setEnabled(not busy)
        for widget in (self.repository, self.change, self.token, self.remember):
            widget.setEnabled(not busy)
        known = [listings[part.name] for part in self.wanted if part.name in listings]
        transfer, free = download.transfer, free_space(self.path)
        left = transfer.total - transfer.done if busy and transfer else sum(listing.left(self.path) for listing in known)
        words = self.tr("{left} to come, {free} free") if left or not known else self.tr("all of it is there, {free} free")
        self.room.setText(words.format(left=size_words(left) if known else "–", free=size_words(free)))
        self._show_gate([listing.repository for listing in known if listing.gated and listing.left(self.path)], download.error)
        placeless = FLUX_BFS in self.wanted and not self.wanted[FLUX_BFS]
        lacking = lacking_in(self.path) if state == "done" else ""
        self._show_status(left > free, placeless, lacking)
        self._show_progress()
        self.stop.setVisible(busy)
        self.stop.setEnabled(state == "fetching")
        self.go.setVisible(not busy)
        self.go.setText(self.tr("Use It") if state == "done" else self.tr("Ask for the Sizes") if self._unknown else self._words_of_go(left))
        self.go.setEnabled(state != "asking" and bool(self.wanted) and not placeless and not lacking and (bool(self._unknown) or left <= free))

    def _words_of_go(self, left: int) -> str:
        if not left:
            return self.tr("Check the Files")
        return self.tr("Go On") if unfinished(self.path) else self.tr("Download")

    def _licence(self, part: Part, by_hub: str) -> str:
        licence = part.licence or by_hub or self.tr("the hub says it")
        page = f'<a href="{escape(part.page)}">{escape(self.tr("Its page"))}</a>'
        purpose = {
            FLUX_BFS: self.tr("Teaches it to make layers."),
            PARTS[-1]: self.tr("For pictures instead of words; can be left out."),
        }.get(part, self.tr("The model that paints."))
        return " ".join((purpose, self.tr("Licence: {licence}.").format(licence=escape(translated(licence))), page))

    def _show_gate(self, gated: list[str], error: Exception | None) -> None:
        self.gate.setVisible(not self._download.busy and (bool(gated) or isinstance(error, Refused)))
        pages = ", ".join(f'<a href="https://huggingface.co/{escape(name)}">{escape(name)}</a>' for name in gated)
        words = self.tr("{names}: only for those who have accepted the licence there. Do that, then give a token ({tokens}).")
        tokens = f'<a href="{TOKENS}">huggingface.co/settings/tokens</a>'
        self.gate_words.setText(words.format(names=pages or "huggingface.co", tokens=tokens))

    def _show_status(self, too_large: bool, placeless: bool, lacking: str) -> None:
        download, state = self._download, self._download.state
        unsaid = self.tr("Say where BFS’s weights are on the hub, or leave them out.") if placeless else ""
        words = {
            "idle": unsaid,
            "asking": self.tr("Asking the hub…"),
            "asked": unsaid,
            "fetching": self._far(),
            "stopping": self.tr("Stopping…"),
            "stopped": self.tr("Stopped. What has come stays, and is gone on with later."),
            "done": f"{self._done()} {lacking}".strip(),
        }.get(state, "")
        short = too_large and not download.busy and state != "done"
        if short:
            words = self.tr("There is not enough room on this disk. Make room, or choose another folder.")
        elif download.error is not None:
            words = f"{translated(download.error.sentence)} {translated(download.error.hint)}".strip()
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setText(words)
        self.status.setVisible(bool(words))
        looks = "error" if short or download.error else ""
        if looks != self.status.objectName():
            self.status.setObjectName(looks)
            self.status.style().unpolish(self.status)
            self.status.style().polish(self.status)

    def _far(self) -> str:
        transfer = self._download.transfer
        if transfer is None:
            return self.tr("Beginning…")
        file = self.tr("Checking {file}").format(file=transfer.file) if transfer.checking else transfer.file
        parts = [self.tr("{done} of {total}").format(done=size_words(transfer.done), total=size_words(transfer.total))]
        if not transfer.checking and self._download.speed > 0:
            parts.append(self.tr("{size} a second").format(size=size_words(round(self._download.speed))))
            parts.append(self.tr("{time} left").format(time=duration(self._download.seconds_left)))
        return f"{file}\n{' · '.join(parts)}"

    def _done(self) -> str:
        words = self.tr("Everything is there and checked.")
        if not self._download.mended:
            return words
        return f"{words} " + self.tr("Damaged, and fetched again: {files}.").format(files=", ".join(self._download.mended))

    def _show_progress(self) -> None:
        self.bar.setVisible(self._download.busy)
        transfer = self._download.transfer
        self.bar.setValue(round(STEPS * transfer.done / max(transfer.total, 1)) if transfer else 0)


def _told() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setOpenExternalLinks(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    return label


def lacking_in(folder: Path) -> str:
    """What a model in the folder still needs before it can be used, in words; nothing where it is whole."""
    try:
        look_at(folder)
    except EngineError as error:
        return f"{translated(error.sentence)} {translated(error.hint)}".strip()
    return ""


def size_words(count: int) -> str:
    """Bytes for people."""
    if count < MB // 10:
        return _tr("{size} kB").format(size=f"{count / 1024:.0f}")
    if count < GB:
        return _tr("{size} MB").format(size=number(count / MB, 0 if count >= 10 * MB else 1))
    return _tr("{size} GB").format(size=number(count / GB, 1))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Download", text)
