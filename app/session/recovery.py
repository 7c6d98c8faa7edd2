"""What is not saved yet, kept on this computer's disk a moment after it was done.

Every session that has unsaved changes has a *journal* in the recovery folder: a project (formats/project.py) with one more
value, "recovery", which says where the document belongs and whether it has been saved since. It is brought up to date one
second after a change at the latest, in one transaction that is on the disk when it ends; a program or a computer that stops
at any moment leaves a state that existed. The program that writes a journal holds its lock. One that nobody holds was left
behind, and is offered at the next start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..document.document import Document, Layer
from ..errors import FileError
from ..formats.atomic import Stamp
from ..formats.opened import Opened
from ..formats.project import project
from ..render.render import render
from ..words import phrase
from .session import Session

PAUSE = 1.0  # seconds from one write to the next
AGAIN = 10.0  # seconds until the next try where a write failed
THUMBNAIL = 160  # pixels
_LOG_PAGES = 2000  # of the write-ahead log, 16 MB, before they go into the database

_BESIDE = ("", "-wal", "-shm", "-journal")  # endings of the files that make up a journal

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Belonging:
    """path: the file that the document was opened from or saved as, None for none; stamp: its version then. saved: whether the
    file holds all of it."""

    path: Path | None
    stamp: Stamp | None
    saved: bool

    def encoded(self) -> bytes:
        plain = {"path": None if self.path is None else str(self.path.absolute()), "stamp": self.stamp, "saved": self.saved}
        return json.dumps(plain).encode()

    @classmethod
    def decoded(cls, text: bytes) -> Belonging:
        plain = json.loads(text)
        path, read = plain["path"], plain["stamp"]
        return cls(None if path is None else Path(path), None if read is None else (int(read[0]), int(read[1])), bool(plain["saved"]))


class Journal:
    """The recovery file of one document, and its lock. One thread at a time may use it."""

    def __init__(self, file: Path) -> None:
        """Open or make the file and hold it. sqlite3.OperationalError (SQLITE_BUSY) where another program does."""
        self.file = file
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")  # before anything is read, or SQLite shares memory
            project.guard(self._database)
            self._database.execute("PRAGMA synchronous=FULL")  # every commit is on the disk when it ends
            self._database.executescript("BEGIN EXCLUSIVE; COMMIT;")
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def begin(cls, folder: Path, document: Document, belonging: Belonging) -> Journal:
        """A new journal with its first state. What the document's own file has is copied, not packed again."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        journal = cls(folder / f"{uuid.uuid4().hex}{project.SUFFIX}")
        try:
            if not journal._copy_of(belonging.path):
                project.create(journal._database)
            journal.write(document, belonging)
            # From now on a log: one sync for each write. An exclusive lock keeps SQLite from shared memory beside the file.
            journal._database.execute("PRAGMA journal_mode=WAL")
            journal._database.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
            return journal
        except BaseException:
            journal.remove()
            raise

    def _copy_of(self, path: Path | None) -> bool:
        if path is None or path.suffix.lower() != project.SUFFIX:
            return False
        try:
            project.copy_project(path, self._database)
        except FileError as error:  # as when it was moved away: then all is packed anew
            log.info("the journal starts without a copy: %s", error)
            return False
        return True

    def write(self, document: Document, belonging: Belonging) -> None:
        """Bring the journal to this state."""
        with project.transaction(self._database):
            project.store(self._database, document, {"recovery": belonging.encoded()})

    def read(self) -> tuple[Opened, Belonging] | None:
        """The last state; None where there is none yet. ValueError or sqlite3.Error where the file is damaged."""
        if not self._database.execute("SELECT 1 FROM sqlite_master").fetchone():
            return None
        project.check_tables(self._database)
        text = project.value(self._database, "recovery")
        return None if text is None else (project.load(self._database, self.version), Belonging.decoded(text))

    @property
    def version(self) -> int:
        """Of the project format that it is written in."""
        return self._database.execute("PRAGMA user_version").fetchone()[0]

    def close(self) -> None:
        """Let it go; it stays where it is."""
        self._database.close()

    def remove(self) -> None:
        """It is not needed any more."""
        self.close()
        for end in _BESIDE:
            with suppress(OSError):
                os.remove(f"{self.file}{end}")


class Unreadable:
    """A journal whose file is no database any more. It is offered all the same, and stays until the user throws it away."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def close(self) -> None:
        """Nothing is held."""

    def remove(self) -> None:
        """Throw it away."""
        for end in _BESIDE:
            with suppress(OSError):
                os.remove(f"{self.file}{end}")


@dataclass(frozen=True, eq=False)
class _State:
    """What a journal is to hold."""

    document: Document
    unplaced: tuple[Layer, ...]
    belonging: Belonging

    def same(self, other: _State) -> bool:
        return self.document is other.document and self.unplaced is other.unplaced and self.belonging == other.belonging

    @property
    def whole(self) -> Document:
        return replace(self.document, layers=(*self.document.layers, *self.unplaced)) if self.unplaced else self.document


class Recovery:
    """Keeps the journal of the session that the window shows. Belongs to the thread of the loop; writes on a thread of its own."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop, failed: Callable[[FileError], None]) -> None:
        """failed: told once when a journal cannot be written, and again after it could be."""
        self._folder, self._loop, self.failed = folder, loop, failed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recovery")
        self._journal: Journal | None = None  # only the thread touches it
        self._session: Session | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._unplaced: tuple[Layer, ...] = ()
        self._kept: _State | None = None  # what the journal holds
        self._writing: asyncio.Future | None = None
        self._clock: asyncio.Handle | None = None  # of the next write, at _due on the loop's clock
        self._due = 0.0
        self._hurried = self._told = False

    def watch(self, session: Session, journal: Journal | None = None) -> None:
        """Look after this session from now on. journal: that it was recovered from. The one before has been saved or given up."""
        self._leave()
        self._thread.submit(self._take, journal)
        self._session, self._unplaced = session, ()
        self._unsubscribe = session.subscribe(lambda _old, _new: self._plan(PAUSE))
        self._kept = None
        if session.modified:
            self._plan(0)

    def hurry(self) -> None:
        """Something was made that cannot be made again in a moment: write as soon as possible."""
        self._hurried = True
        self._plan(0)

    def keep_unplaced(self, layers: tuple[Layer, ...]) -> None:
        """What has been made and is not in the document yet, because the rest of its request is still being made. It is written at once,
        on top of the document."""
        self._unplaced = layers
        self.hurry()

    async def kept(self) -> None:
        """Wait until the journal holds what there is now."""
        while self._wanted() is not None:
            self.hurry()
            await asyncio.sleep(0.005)

    def close(self) -> None:
        """The session has been saved or given up; wait for the thread to end."""
        self._leave()
        self._thread.shutdown(wait=True)

    def _leave(self) -> None:
        self._unsubscribe()
        self._session = None
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._writing = None
        self._thread.submit(self._take, None)

    def _take(self, journal: Journal | None) -> None:
        if self._journal is not None:
            self._journal.remove()
        self._journal = journal

    def _wanted(self) -> _State | None:
        """What the journal should hold and does not; None where there is nothing to do."""
        session = self._session
        if session is None:
            return None
        saved = not session.modified and session.shown is session.document and not self._unplaced
        wanted = _State(session.shown, self._unplaced, Belonging(session.path, session.stamp, saved))
        there = saved if self._kept is None else self._kept.same(wanted)
        return None if there else wanted

    def _plan(self, seconds: float) -> None:
        """Write in so many seconds at the latest, unless a write is running: after it the next one is planned."""
        if self._writing is not None or self._wanted() is None:
            return
        due = self._loop.time() + seconds
        if self._clock is not None:
            if self._due <= due:
                return
            self._clock.cancel()
        self._due, self._clock = due, self._loop.call_later(seconds, self._start)

    def _start(self) -> None:
        self._clock, self._hurried = None, False
        if (wanted := self._wanted()) is not None:
            self._writing = self._loop.run_in_executor(self._thread, self._write, wanted.whole, wanted.belonging)
            self._writing.add_done_callback(lambda future: self._ended(future, wanted))

    def _write(self, document: Document, belonging: Belonging) -> None:
        """On the thread."""
        if self._journal is None:
            self._journal = Journal.begin(self._folder, document, belonging)
            return
        try:
            self._journal.write(document, belonging)
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):  # damaged: it stays for the next start, and a new one begins
                self._journal.close()
                self._journal = None
            raise

    def _ended(self, future: asyncio.Future, wrote: _State) -> None:
        if future is not self._writing:  # of a session before
            future.exception()
            return
        self._writing = None
        error = future.exception()
        if error is None:
            self._kept, self._told = wrote, False
            self._plan(0 if self._hurried else PAUSE)
        elif isinstance(error, sqlite3.Error | OSError | MemoryError):
            log.warning("the journal could not be written: %s", error)
            if not self._told:
                self._told = True
                self.failed(_cannot_keep(self._folder, error))
            self._plan(AGAIN)
        else:
            raise error  # a bug: the loop's handler logs and tells it


def _cannot_keep(folder: Path, error: Exception) -> FileError:
    full = phrase("the disk of “{folder}” is full or cannot be written to", folder=folder)
    reason = phrase("there is not enough memory") if isinstance(error, MemoryError) else full
    return FileError(
        phrase("Unsaved work cannot be kept safe at the moment: {reason}.", reason=reason),
        phrase("Save soon, and make room. It is tried again by itself."),
    )


@dataclass(frozen=True, eq=False)
class Leftover:
    """A journal that a program left behind when it ended without warning. Held until it is adopted, released or discarded.

    when: seconds since 1970. opened: None where it is damaged beyond reading. thumbnail: (h, w, 4) uint8 straight RGBA.
    """

    journal: Journal | Unreadable
    when: float
    belonging: Belonging | None
    opened: Opened | None
    thumbnail: np.ndarray | None

    def session(self) -> Session:
        """The document as it was, unsaved. It belongs to its old file unless parts of it are lost."""
        whole = self.belonging if self.opened.whole else Belonging(None, None, False)
        session = Session(self.opened.document, whole.path, stamp=whole.stamp)
        session.mark_unsaved()
        return session


def leftovers(folder: Path) -> list[Leftover]:
    """Journals that nobody holds, the latest first; those that hold nothing unsaved are removed."""
    found = []
    for file in folder.glob(f"*{project.SUFFIX}") if folder.is_dir() else ():
        try:
            when = max(os.stat(name).st_mtime for name in (file, f"{file}-wal") if os.path.exists(name))
            journal = Journal(file)
        except (sqlite3.OperationalError, OSError, ValueError) as error:  # another program holds it, or has just removed it
            log.info("%s is left alone: %s", file.name, error)
            continue
        except sqlite3.DatabaseError as error:
            log.warning("%s cannot be read: %s", file.name, error)
            found.append(Leftover(Unreadable(file), when, None, None, None))
            continue
        leftover = look_into(journal, when)
        found += [leftover] if leftover is not None else []
    return sorted(found, key=lambda leftover: -leftover.when)


def look_into(journal: Journal, when: float) -> Leftover | None:
    """What a journal holds; None where that is nothing to recover: then it is removed, or left to a newer program."""
    try:
        if journal.version > project.VERSION:
            log.warning("%s is of a newer Downstage", journal.file.name)
            journal.close()
            return None
        state = journal.read()
        if state is None or state[1].saved:
            journal.remove()
            return None
        opened, belonging = state
        document = opened.document
        scale = min(1.0, THUMBNAIL / max(document.width, document.height))
        return Leftover(journal, when, belonging, opened, render(document, document.rect, scale))
    except (sqlite3.Error, ValueError, LookupError, TypeError, RecursionError) as error:
        log.warning("%s cannot be read: %s", journal.file.name, error)
        return Leftover(journal, when, None, None, None)
