"""Opening, saving and exporting. Files are read and written on a thread of their own; the window stays usable."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.config.samples import SCENES, samples
from app.config.settings import Settings
from app.document import edits
from app.document.document import Document, Layer, make_layer, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.errors import EditError, ExpectedError, FileChanged, FileError
from app.formats import OPEN_SUFFIXES, SAVE_SUFFIXES, Encoding, Opened, losses, open_with_report, save_document
from app.formats.atomic import Stamp
from app.formats.export import LayerFiles, export_layers
from app.formats.project import project
from app.render.render import render, render_qimage, thumbnail
from app.session.recovery import Leftover, Recovery, leftovers
from app.session.session import Session
from app.words import phrase
from ui.language import translated

from ..widgets import dialogs
from . import export as export_dialog
from . import recovery as recovery_dialog
from .clipboard import picture_on_clipboard, size_on_clipboard
from .new import ask_new

PROJECT = ".downstage"
SCREEN = 1600  # canvas pixels that a window shows in one direction, about
THUMBNAIL = 72  # pixels
REASONS = 6  # lines of a message that may each say why a file cannot be opened
KEEPS_LAYERS = (PROJECT, ".psd", ".psb", ".ora")


class FileCommands(QObject):
    """The questions to the user are attributes, so that a test can answer them."""

    opened = Signal(object)  # Session
    closed = Signal()  # the document is put away; what `opened` has told is there in its place
    failed = Signal(object)  # ExpectedError
    told = Signal(str, str)  # sentence, hint
    busy = Signal(str)  # what is being done; empty: done
    recent_changed = Signal()

    def __init__(
        self, window: QWidget, session: Session, settings: Settings, loop: asyncio.AbstractEventLoop, recovery_folder: Path
    ) -> None:
        super().__init__(window)
        self._session = session
        self._recovery_folder = recovery_folder
        self.recovery = Recovery(recovery_folder, loop, self.failed.emit)
        self._window = window
        self._settings = settings
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._tasks: set[asyncio.Task] = set()
        self._saving = asyncio.Lock()
        self._stop = threading.Event()  # ends an export of layers early
        self.ask_new: Callable[[], Awaitable[Document | None]] = self._ask_new
        self.ask_open: Callable[[], Awaitable[Path | None]] = self._ask_open
        self.ask_target: Callable[[str, Path, tuple[str, ...]], Awaitable[Path | None]] = self._ask_target
        self.ask_export: Callable[..., Awaitable[export_dialog.Export | None]] = partial(export_dialog.ask_export, window)
        self.ask_layers: Callable[[], Awaitable[LayerFiles | None]] = partial(export_dialog.ask_layers, window)
        self.ask_folder: Callable[[], Awaitable[Path | None]] = self._ask_folder
        self.generating: Callable[[], bool] = lambda: False  # whether layers for the document are still being made
        self.ask_about_jobs: Callable[[], Awaitable[bool]] = partial(dialogs.ask_about_jobs, window)
        self.ask_to_save: Callable[[str], Awaitable[str]] = partial(dialogs.ask_to_save, window)
        self.ask_about_change: Callable[[str], Awaitable[str]] = partial(dialogs.ask_about_change, window)
        self.ask_to_recover: Callable[[list[Leftover]], Awaitable[Leftover | None]] = partial(recovery_dialog.ask_to_recover, window)
        self.confirm_losses: Callable[[str, list[str]], Awaitable[bool]] = partial(dialogs.confirm_losses, window)

    @property
    def session(self) -> Session:
        """What is open."""
        return self._session

    def show_session(self, session: Session) -> None:
        """Look after another session; its unsaved work is kept in the recovery folder from now on."""
        self._session = session
        self.recovery.watch(session)

    @property
    def name(self) -> str:
        """How the document is called in the window's title and in questions."""
        return self.session.path.name if self.session.path else self.tr("Untitled")

    @property
    def idle(self) -> bool:
        """Is nothing being read or written?"""
        return not self._tasks

    def take_over(self, other: FileCommands) -> None:
        """Look after the same session in another window; what is kept of its unsaved work stays where it is."""
        self.recovery, other.recovery = other.recovery, self.recovery
        self.recovery.failed = self.failed.emit

    def close(self) -> None:
        """End the threads; what is being written is finished first. The document has been saved or given up."""
        self.recovery.close()
        self._stop.set()
        self._thread.shutdown(wait=True)

    # Commands

    def open(self, path: Path | None = None) -> None:
        """Ask which file, unless it is given, and show it in place of the present document."""
        self._start(self._open(path))

    def new(self) -> None:
        """Ask how large, and show an empty document in place of the present one."""
        self._start(self._new())

    def new_from_clipboard(self) -> None:
        """Show the picture that was copied as a document of its own."""
        picture = picture_on_clipboard()
        if picture is None:
            self.failed.emit(EditError(self.tr("The clipboard holds no picture."), self.tr("Copy a layer or a picture first.")))
            return
        pixels = Pixels.from_array(picture)
        session = Session(Document(pixels.width, pixels.height, (make_layer(self.tr("Pasted"), pixels),)), label=phrase("New"))
        session.mark_unsaved()
        self._start(self._show(session))

    def close_document(self) -> None:
        """Put the present document away, as at the start of the program."""
        self._start(self._close_document())

    def place(self, paths: Sequence[Path] = ()) -> None:
        """Put picture files onto the document as layers; without paths one is asked for."""
        self._start(self._place(paths))

    def save(self) -> None:
        self._start(self.save_now())

    def save_as(self) -> None:
        self._start(self.save_now(ask=True))

    def export(self) -> None:
        self._start(self._export())

    def export_layers(self) -> None:
        self._start(self._export_layers())

    def recover(self) -> None:
        """Offer what other programs left behind unsaved."""
        self._start(self._recover(asked=True))

    def look_for_leftovers(self) -> None:
        """At the start: say nothing where there is nothing."""
        self._start(self._recover(asked=False))

    # How

    def _start(self, work: Coroutine) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error  # a bug: the loop's handler logs and tells it

    async def _away(self, words: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` on the files' thread. An expected error is told, and the answer is None."""
        try:
            return await self._busily(words, work, *arguments)
        except ExpectedError as error:
            self.failed.emit(error)
            return None

    async def _busily(self, words: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` on the files' thread, and say so meanwhile."""
        self.busy.emit(words)
        try:
            return await self._loop.run_in_executor(self._thread, work, *arguments)
        finally:
            self.busy.emit("")

    async def _quietly_away(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` on the files' thread."""
        return await self._loop.run_in_executor(self._thread, work, *arguments)

    async def may_leave(self) -> bool:
        """True once the present document is saved, or the user gives its changes up, and what is still being made for it too."""
        if self.generating() and not await self.ask_about_jobs():
            return False
        async with self._saving:  # what is being saved is not asked about
            pass
        if not self.session.modified:
            return True
        answer = await self.ask_to_save(self.name)
        if answer == "save":
            while self.session.modified:  # what was done while a save ran is not in it
                if not await self.save_now():
                    return False
            return True
        return answer == "discard"

    async def _open(self, path: Path | None) -> None:
        path = path or await self.ask_open()
        if path is None:
            return
        opened: Opened | None = await self._away(self.tr("Opening “{name}”…").format(name=path.name), _read, path)
        if opened is None or not await self.may_leave():  # nobody is asked to give work up for a file that cannot be opened
            return
        self._remember(path)
        self.opened.emit(session_of(opened, path))
        if opened.report:
            self.told.emit(self.tr("“{name}” was opened with changes.").format(name=path.name), "\n".join(map(translated, opened.report)))

    async def _new(self) -> None:
        document = await self.ask_new()
        if document is not None:
            await self._show(Session(document, label=phrase("New")))

    async def _show(self, session: Session) -> bool:
        """In place of the present document, unless the user would rather keep that."""
        if not await self.may_leave():
            return False
        self.opened.emit(session)
        return True

    async def _close_document(self) -> None:
        path = samples()[0].path
        opened: Opened | None = await self._away("", _read, path)
        if opened is not None and await self._show(session_of(opened, path)):
            self.closed.emit()

    async def _recover(self, asked: bool) -> None:
        found: list[Leftover] | None = await self._away(self.tr("Looking for unsaved work…"), leftovers, self._recovery_folder)
        if not found:
            if asked and found is not None:
                self.told.emit(self.tr("There is no unsaved work to recover."), "")
            return
        chosen = await self.ask_to_recover(found)
        if chosen is None:
            return
        if not await self.may_leave():
            chosen.journal.close()
            return
        session = chosen.session()
        self.opened.emit(session)
        self.recovery.watch(session, chosen.journal)
        name = chosen.belonging.path.name if chosen.belonging.path else self.tr("Untitled")
        self.told.emit(self.tr("“{name}” was recovered. It is not saved yet.").format(name=name), "\n".join(map(translated, chosen.opened.report)))

    async def _place(self, paths: Sequence[Path]) -> None:
        asked = None if paths else await self.ask_open()
        failed = []
        for path in paths or ([asked] if asked else []):
            try:
                opened: Opened = await self._busily(self.tr("Opening “{name}”…").format(name=path.name), _read, path)
            except ExpectedError as error:
                failed.append((path, error))
                continue
            layer = _as_one_layer(opened.document, path.stem, self.session.document)
            document = edits.add_layer(self.session.document, layer, self.session.active)
            self.session.commit(self.tr("Place “{name}”").format(name=layer.name), document, active=layer.id)
        if failed:
            self.failed.emit(_as_one_error(failed, len(paths)))

    async def save_now(self, ask: bool = False) -> bool:
        """Save where the document came from, or ask where; True once it is on disk. One save at a time: each begins with what the last one
        left."""
        async with self._saving:
            return await self._save(ask)

    async def _save(self, ask: bool) -> bool:
        session, path = self.session, self.session.path
        if ask or path is None or path.suffix.lower() not in KEEPS_LAYERS:
            path = await self.ask_target(self.tr("Save As"), self._suggestion(PROJECT), KEEPS_LAYERS)
        if path is None or not await self._accepted(path):
            return False
        document = session.document
        written = await self._write(document, path, session.stamp if path == session.path else None)
        if isinstance(written, FileChanged):
            answer = await self.ask_about_change(path.name)
            if answer == "copy":
                return await self._save(ask=True)
            written = await self._write(document, path) if answer == "replace" else None
        if written is None or isinstance(written, FileChanged):
            return False
        session.mark_saved(path, document, written.stamp)
        self.recovery.hurry()  # so that what was saved is not offered as unsaved
        return True

    async def _export(self) -> None:
        """The dialog shows what the format drops, so that is not asked about again."""
        document = self.session.document
        chosen = await self.ask_export(document, self._settings.get("export_suffix", ".png"), self._quietly_away)
        if chosen is None:
            return
        path = await self.ask_target(self.tr("Export As"), self._suggestion(chosen.suffix), (chosen.suffix,))
        if path is None:
            return
        if await self._write(document, path, encoding=chosen.encoding):
            self._settings.set("export_suffix", chosen.suffix)
            self.told.emit(self.tr("Exported “{name}”.").format(name=path.name), str(path.parent))

    async def _export_layers(self) -> None:
        files = await self.ask_layers()
        folder = await self.ask_folder() if files is not None else None
        if folder is None:
            return
        document, name = self.session.document, self.session.path.stem if self.session.path else self.tr("untitled")
        self._stop.clear()
        with export_dialog.progress(self._window, self._loop, self._stop.set) as report:
            target = await self._away(self.tr("Exporting layers…"), export_layers, document, folder, name, files, report, self._stop)
        if target is not None:
            self.told.emit(self.tr("The layers are in “{name}”.").format(name=target.name), str(target.parent))

    async def _write(
        self, document: Document, path: Path, expected: Stamp | None = None, encoding: Encoding = Encoding()
    ) -> Written | FileChanged | None:
        """None where it failed, which is told by then."""
        words = self.tr("Saving “{name}”…").format(name=path.name)
        written = await self._away(words, _save, document, path, expected, encoding)
        if isinstance(written, Written):
            self._remember(path)
        return written

    async def _accepted(self, path: Path) -> bool:
        """Does the user accept what the format drops? Formats that drop nothing are not asked about."""
        try:
            dropped = losses(self.session.document, path)
        except ExpectedError as error:
            self.failed.emit(error)
            return False
        return not dropped or await self.confirm_losses(path.name, dropped)

    def _remember(self, path: Path) -> None:
        if path.parent == SCENES:
            return
        self._settings.add_recent(path)
        self.recent_changed.emit()

    def _suggestion(self, suffix: str, preferred: str = "") -> Path:
        own = self.session.path is not None and self.session.path.parent != SCENES  # not into the program's own folder
        folder = self.session.path.parent if own else Path(self._folder())
        stem = self.session.path.stem if self.session.path else self.tr("untitled")
        target = folder / f"{stem}{preferred or suffix}"
        return target if target != self.session.path else folder / self.tr("{name} edited{suffix}").format(name=stem, suffix=target.suffix)

    async def _ask_new(self) -> Document | None:
        return await ask_new(self._window, self._settings, size_on_clipboard())

    async def _ask_open(self) -> Path | None:
        patterns = " ".join(f"*{suffix}" for suffix in OPEN_SUFFIXES)
        words = self.tr("Pictures and projects ({patterns})").format(patterns=patterns)
        dialog = QFileDialog(self._window, self.tr("Open"), self._folder(), words)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        chosen = await dialogs.ask_file(dialog)
        if chosen is None:
            return None
        self._settings.set("folder", str(chosen[0].parent))
        return chosen[0]

    async def _ask_target(self, title: str, suggestion: Path, suffixes: tuple[str, ...]) -> Path | None:
        kinds = {PROJECT: self.tr("Downstage project")} | export_dialog.NAMES
        filters = {f"{kinds[suffix]} (*{suffix})": suffix for suffix in suffixes if suffix in SAVE_SUFFIXES}
        dialog = QFileDialog(self._window, title, str(suggestion.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(filters))
        dialog.selectNameFilter(next((words for words, suffix in filters.items() if suffix == suggestion.suffix), ""))
        dialog.selectFile(suggestion.name)
        dialog.filterSelected.connect(lambda words: dialog.setDefaultSuffix(filters[words].lstrip(".")))
        chosen = await dialogs.ask_file(dialog)
        if chosen is None:
            return None
        path, used = chosen
        return path if path.suffix.lower() in SAVE_SUFFIXES else path.with_name(path.name + filters.get(used, suffixes[0]))

    async def _ask_folder(self) -> Path | None:
        dialog = QFileDialog(self._window, self.tr("Export Layers"), str(self._suggestion(PROJECT).parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        chosen = await dialogs.ask_file(dialog)
        return None if chosen is None else chosen[0]

    def _folder(self) -> str:
        return self._settings.get("folder", str(Path.home()))


@dataclass(frozen=True)
class Written:
    """The version of the file that is there now."""

    stamp: Stamp | None


def _save(document: Document, path: Path, expected: Stamp | None, encoding: Encoding) -> Written | FileChanged:
    """On the files' thread."""
    try:
        return Written(save_document(document, path, encoding, expected=expected))
    except FileChanged as changed:
        return changed


def session_of(opened: Opened, path: Path) -> Session:
    """What was read, to be worked on. What is left of a damaged file belongs to no file, so that it is not saved over it."""
    if opened.whole:
        return Session(opened.document, path, stamp=opened.stamp)
    session = Session(opened.document)
    session.mark_unsaved()
    return session


def _read(path: Path) -> Opened:
    """On the files' thread: read, and make what the window needs to paint it at once."""
    opened = open_with_report(path)
    document = opened.document
    project.unpack_visible(document)
    halved = max(0, (max(document.width, document.height) // SCREEN).bit_length())
    render_qimage(document, Rect(0, 0, document.width, document.height), 2.0**-halved)
    for node, _, _ in walk(document):
        thumbnail(node, THUMBNAIL)
    return opened


def _as_one_error(failed: list[tuple[Path, ExpectedError]], total: int) -> ExpectedError:
    """What happened to several files: the first ones with their reasons, the others by their names."""
    if len(failed) == 1:
        return failed[0][1]
    lines = [error.sentence for _, error in failed[:REASONS]]
    if rest := [path.name for path, _ in failed[REASONS:]]:
        lines.append(phrase("The others: {names}.", names=", ".join(rest)))
    sentence = phrase("{count} of {total} files could not be opened.", count=len(failed), total=total)
    return FileError(sentence, "\n".join(map(translated, lines)))


def _as_one_layer(document: Document, name: str, onto: Document) -> Layer:
    """The document's look as a layer in the middle of another document."""
    nodes = [node for node, _, _ in walk(document)]
    place = Placement((onto.width - document.width) // 2, (onto.height - document.height) // 2)
    if len(nodes) == 1 and isinstance(nodes[0], Layer) and nodes[0].placement == Placement() and nodes[0].visible:
        return make_layer(name, nodes[0].pixels, place)
    return make_layer(name, Pixels.from_array(render(document, document.rect)), place)
