"""The project file: one SQLite database that holds everything a document holds.

Tables: `document` (key, value): "state" is JSON, "profile" an ICC profile, "preview" a PNG; `tiles` (hash, data): zstd-compressed
256-pixel tiles under the BLAKE2b-128 of their raw bytes, each stored once however often it is used. The JSON names tiles by
hash. The file is never changed in place: a save writes a new one and renames it (atomic.py).

A project file may come from anyone. It is opened read-only and immutable, only the two expected tables may be in it, every
length is bounded before anything is allocated, and every tile must have the hash that it is stored under.
"""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from ..document import Document
from ..errors import FileError
from ..render import render
from . import state
from .atomic import replacing
from .foreign import reading
from .opened import Opened
from .tiles import TileReader, TileWriter

SUFFIX = ".downstage"
APPLICATION_ID = 0x44575354  # "DWST", bytes 68 to 71 of the file
VERSION = 1  # user_version, bytes 60 to 63
PREVIEW_SIDE = 512  # pixels

_MAGIC = b"SQLite format 3\0"
_LONGEST_VALUE = 256 << 20  # bytes in one value: no tile, state or profile comes near it
_SCHEMA = """
CREATE TABLE document (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE tiles (hash BLOB PRIMARY KEY, data BLOB NOT NULL);
"""


def is_project(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a database, ours or another's."""
    return head.startswith(_MAGIC)


def save_project(document: Document, path: Path) -> None:
    """Write everything; the old file stays as it is until the new one is safely on the disk."""
    preview = _preview(document)
    with replacing(path) as temporary:
        try:
            with closing(sqlite3.connect(temporary, isolation_level=None)) as database:
                _write(database, document, preview)
        except sqlite3.Error as error:
            raise _sqlite_save_error(path, error) from error


def _write(database: sqlite3.Connection, document: Document, preview: bytes) -> None:
    # A temporary file needs no journal: if anything goes wrong it is thrown away. `replacing` syncs it to the disk.
    database.executescript(
        f"PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA application_id={APPLICATION_ID};"
        f"PRAGMA user_version={VERSION}; {_SCHEMA} BEGIN;"
    )
    tiles = TileWriter(database)
    text = json.dumps(state.to_json(document, tiles), ensure_ascii=False, separators=(",", ":"), default=_number)
    values = {"state": text.encode("utf-8", "surrogatepass"), "preview": preview}
    if document.profile is not None:
        values["profile"] = document.profile
    database.executemany("INSERT INTO document VALUES (?, ?)", values.items())
    database.execute("COMMIT")


def _number(value: object) -> object:
    """A recipe may hold numpy's numbers; JSON has Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON data")


def _sqlite_save_error(path: Path, error: sqlite3.Error) -> FileError:
    full = getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    reason = "the disk is full or cannot be written to" if full else f"the database says: {error}"
    return FileError(f"“{path.name}” could not be saved: {reason}.", "Free some room or save somewhere else.")


def _preview(document: Document) -> bytes:
    """A small PNG of what is visible, for file managers and the recent files."""
    scale = min(1.0, PREVIEW_SIDE / max(document.width, document.height))
    stream = io.BytesIO()
    Image.fromarray(render(document, document.rect, scale)).save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


def open_project(path: Path) -> Opened:
    """Read a project; FileError says what is wrong with one that cannot be read."""
    with reading(path):
        _check_head(path)
        try:
            with closing(_connect(path)) as database:
                _check_tables(path, database)
                text = _value(database, "state")
                if text is None:
                    raise ValueError("no state")
                plain = json.loads(text.decode("utf-8", "surrogatepass"))
                document = state.from_json(plain, TileReader(database), _value(database, "profile"))
        except sqlite3.Error as error:
            raise ValueError(str(error)) from error
    return Opened(document)


def read_preview(path: Path) -> bytes | None:
    """The PNG inside a project, without opening the rest."""
    with reading(path):
        _check_head(path)
        try:
            with closing(_connect(path)) as database:
                _check_tables(path, database)
                return _value(database, "preview")
        except sqlite3.Error as error:
            raise ValueError(str(error)) from error


def _check_head(path: Path) -> None:
    with open(path, "rb") as file:
        head = file.read(100)
    if len(head) < 100 or not is_project(head) or int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise FileError(f"“{path.name}” is not a Downstage project.", "Open a file that Downstage saved with the ending .downstage.")
    version = int.from_bytes(head[60:64], "big")
    if version > VERSION:
        raise FileError(
            f"“{path.name}” was saved by a newer Downstage (file version {version}; this one reads up to {VERSION}).",
            "Update Downstage to open it.",
        )
    if version < 1:
        raise ValueError(f"version {version}")


def _connect(path: Path) -> sqlite3.Connection:
    # immutable: no locks and no journal beside the file are looked at; our files are complete in themselves.
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {pragma}")
    return database


def _check_tables(path: Path, database: sqlite3.Connection) -> None:
    """Exactly our tables, and no view or trigger that would run someone else's SQL."""
    entries = database.execute("SELECT type, name FROM sqlite_master").fetchall()
    found = {(kind, name) for kind, name in entries if not name.startswith("sqlite_autoindex_")}
    if found != {("table", "document"), ("table", "tiles")}:
        raise ValueError(f"tables {found}")


def _value(database: sqlite3.Connection, key: str) -> bytes | None:
    row = database.execute("SELECT value FROM document WHERE key = ?", (key,)).fetchone()
    if row is not None and not isinstance(row[0], bytes):
        raise ValueError(f"{key} is not bytes")
    return None if row is None else row[0]
