"""The project file: one SQLite database that holds everything a document holds.

Tables: `document` (key, value): "state" is JSON, "profile" an ICC profile, "preview" a PNG; `tiles` (hash, data): zstd-compressed
256-pixel tiles by name (tiles.py), each stored once however often it is used. The JSON names tiles: of pixels four channels ("tiles")
and, where the engine told what of them is the thing, one more ("cover", pixels.py); of masks one.

A first save writes a new file and renames it (atomic.py). A later save to the same file brings it up to date in one transaction:
what a stroke changed, not the picture, is written. SQLite's journal lies beside the file only while that lasts; should the
program end in it, the next one to open the file takes the half-done change back. Where locks and syncs cannot be relied on, as in
a network folder, every save writes a new file.

A project file may come from anyone. It is read with nothing but our two tables in it, every length is bounded before anything
is allocated, and every tile must have the name that it is stored under.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image

from ...document.document import Document, walk
from ...document.pixels import TILE, Key, Tiles
from ...errors import FileError
from ...render.render import render
from ...words import phrase
from .. import limits
from ..atomic import Stamp, check_unchanged, on_local_disk, one_at_a_time, replacing, stamp
from ..foreign import reading
from ..limits import LONGEST_VALUE
from ..opened import Opened
from . import repair, state
from .tiles import THREADS, StoredTiles, TileReader, TileWriter

SUFFIX = ".downstage"
APPLICATION_ID = 0x44575354  # "DWST", bytes 68 to 71 of the file
VERSION = 3  # user_version, bytes 60 to 63. 1: tiles named by their raw bytes; 2: every recipe with its own reference
PREVIEW_SIDE = 256  # pixels, as file managers keep them; at 512 its PNG would take half of a short save

_MAGIC = b"SQLite format 3\0"
_SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")  # ends a journal that belongs to several databases
_MARK = "save"  # the key of what tells one save from another
_SHARED = "shared:"  # begins the keys of long texts that recipes share, by their SHA-256
_SHARED_FROM = 1000  # characters
_PATIENCE = 5.0  # seconds to wait for another program that reads or saves the same file
_NO_ROOM_OR_BUSY = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)  # a new file would fare no better
_MOST_WASTE = 0.5  # of a file may be free pages before it is written anew
_TABLES = {
    "document": "CREATE TABLE document (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "tiles": "CREATE TABLE tiles (hash BLOB PRIMARY KEY, data BLOB NOT NULL)",
}


def is_project(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a database, ours or another's."""
    return head.startswith(_MAGIC)


# Saving


def save_project(document: Document, path: Path, expected: Stamp | None = None) -> Stamp | None:
    """Write the document and say which version of the file it is now; after any failure the file is as it was.

    expected: the version that this document was read from or last saved as. Then only what changed is written, and FileChanged
    is raised where another version is there. None: whatever is there is replaced.
    """
    if reason := _too_much(document):
        raise FileError(phrase("“{name}” could not be saved: {reason}", name=path.name, reason=reason), phrase("Merge or crop some layers first."))
    preview = _preview(document)
    try:
        with one_at_a_time(path, _PATIENCE):
            saved = None if expected is None else _save_in_place(document, path, expected, preview)
            return saved or _save_anew(document, path, expected, preview)
    except sqlite3.Error as error:
        raise save_failed(path, error) from error


def _save_anew(document: Document, path: Path, expected: Stamp | None, preview: bytes) -> Stamp | None:
    _settle(path)
    with replacing(path, expected) as temporary, closing(sqlite3.connect(temporary, isolation_level=None)) as database:
        # A temporary file needs no journal: if anything goes wrong it is thrown away. `replacing` syncs it to the disk.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        create(database)
        with transaction(database):
            store(database, document, {"preview": preview})
    return stamp(path)


def _save_in_place(document: Document, path: Path, expected: Stamp, preview: bytes) -> Stamp | None:
    """None where the file has to be written anew: it is not local, of an older version, damaged, or half empty."""
    path = Path(os.path.realpath(path))
    if len(os.fsencode(path.name)) + len("-journal") > 255 or not (on_local_disk(path) and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return None
    ours, mark = False, os.urandom(16)
    try:
        if _version(path) != VERSION:
            return None
        _check_journal(path)
        with closing(_connect(path, "rw")) as database:
            # secure_delete: whoever gets the file does not get what was painted over.
            database.executescript("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON;")
            with transaction(database):
                check_unchanged(path, expected)
                ours = True
                check_tables(database)
                pages, free = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
                if free > pages * _MOST_WASTE:
                    return None
                store(database, document, {"preview": preview, _MARK: mark})
            return stamp(path)
    except BaseException as error:
        if ours and isinstance(error, Exception) and _holds(path, mark):  # what failed came after the commit: the save is done
            return stamp(path)
        if ours:
            _as_it_was(path, expected)
        if isinstance(error, OSError | ValueError | sqlite3.DatabaseError) and _code(error) not in _NO_ROOM_OR_BUSY:
            return None
        raise


def _holds(path: Path, mark: bytes) -> bool:
    """Whether the save with this mark is in the file; one that was cut off before its commit is taken back by looking."""
    try:
        with closing(_connect(path, "rw")) as database:
            return value(database, _MARK) == mark
    except (sqlite3.Error, OSError, ValueError):
        return False


def _as_it_was(path: Path, expected: Stamp) -> None:
    """After a save that failed: the content as before, and so the time too. On a full disk SQLite leaves this to the next one."""
    _settle(path)
    with suppress(OSError):
        if path.stat().st_size == expected[1]:
            os.utime(path, ns=(path.stat().st_atime_ns, expected[0]))


def _settle(path: Path) -> None:
    """Take back a save to this file that was cut off, before another file gets its name: the journal does not fit that one."""
    path = Path(os.path.realpath(path))
    with suppress(OSError, ValueError):
        if not _check_journal(path):
            return
        try:
            with closing(_connect(path, "rw")) as database, transaction(database):
                return
        except sqlite3.DatabaseError as error:
            if _code(error) == sqlite3.SQLITE_BUSY:
                raise
    with suppress(OSError):
        os.remove(f"{path}-journal")


def create(database: sqlite3.Connection) -> None:
    """Make an empty database a project."""
    tables = ";".join(_TABLES.values())
    database.executescript(f"PRAGMA page_size=8192; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; {tables};")


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing. `return` in the block is a commit."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def store(database: sqlite3.Connection, document: Document, values: dict[str, bytes]) -> None:
    """Bring the database to the document, within a transaction. values: what else goes into the table `document`."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="pack") as pool:
        tiles = TileWriter(database, pool)
        plain = _readable(state.to_json(document, tiles))
    shared = _share(plain)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=_number)
    values = values | {"state": text.encode("utf-8", "surrogatepass")}
    if document.profile is not None:
        values["profile"] = document.profile
    if (longest := max(map(len, (*values.values(), *shared.values())))) > LONGEST_VALUE:
        raise FileError(
            phrase("This document cannot be saved: one part of it takes {size} MB, and a project holds {most}.", size=longest >> 20, most=LONGEST_VALUE >> 20),
            phrase("Delete candidates or layers, or remove the color profile."),
        )
    there = {key for (key,) in database.execute("SELECT key FROM document") if key in shared}
    database.executemany("DELETE FROM document WHERE key = ?", [(key,) for (key,) in database.execute("SELECT key FROM document").fetchall() if key not in there])
    database.executemany("INSERT INTO document VALUES (?, ?)", [*values.items(), *((key, text) for key, text in shared.items() if key not in there)])
    tiles.drop_unused()


class _NoTiles:
    """Stands for the tiles where only the state is read."""

    def get(self, names: Mapping[Key, str], channels: int) -> Tiles:
        return {}


def _readable(plain: dict) -> dict:
    """The state as the reader takes it, brought within its limits where it is beyond them. Raises FileError where that is not enough."""
    try:
        state.from_json(plain, _NoTiles(), None)
        return plain
    except (ValueError, TypeError, LookupError):
        repair.mend(plain)
    try:
        state.from_json(plain, _NoTiles(), None)
    except (ValueError, TypeError, LookupError) as error:
        raise FileError(phrase("This document cannot be saved: {reason}.", reason=error), phrase("Undo the last step, and save again.")) from error
    return plain


def _share(plain: dict) -> dict[str, bytes]:
    """Take long texts out of the recipes, each once however many recipes hold it, and leave their keys; returns texts by key."""
    shared: dict[str, bytes] = {}
    for holder in list(_holders(plain)):
        recipe = dict(holder["recipe"])
        for name, value in recipe.items():
            if isinstance(value, str) and len(value) >= _SHARED_FROM:
                encoded = value.encode("utf-8", "surrogatepass")
                recipe[name] = {_SHARED: hashlib.sha256(encoded).hexdigest()}
                shared[_SHARED + recipe[name][_SHARED]] = encoded
        holder["recipe"] = recipe
    return shared


def _holders(plain: dict) -> Iterator[dict]:
    """Layers and candidates of a state that have a recipe."""
    waiting = list(plain["layers"])
    while waiting:
        node = waiting.pop()
        waiting += node.get("children", ())
        yield from (holder for holder in (node, *node.get("candidates", ())) if isinstance(holder.get("recipe"), dict))


def _unshare(plain: dict, database: sqlite3.Connection) -> None:
    """Put the long texts back into the recipes; all recipes share one string each. ValueError where one is missing or another."""
    texts: dict[str, str] = {}
    for holder in _holders(plain):
        for name, told in holder["recipe"].items():
            if not (isinstance(told, dict) and told.keys() == {_SHARED}):
                continue
            digest = str(told[_SHARED])
            if digest not in texts:
                stored = value(database, _SHARED + digest)
                if stored is None or hashlib.sha256(stored).hexdigest() != digest:
                    raise ValueError("a text of a recipe is missing")
                texts[digest] = stored.decode("utf-8", "surrogatepass")
            holder["recipe"][name] = texts[digest]


def _number(value: object) -> object:
    """A recipe may hold numpy's numbers; JSON has Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON data")


def _code(error: Exception) -> int:
    """The primary code of an error of SQLite; 0 for another error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def save_failed(path: Path, error: sqlite3.Error) -> FileError:
    """The sentence for a save that SQLite gave up."""
    if _code(error) == sqlite3.SQLITE_BUSY:
        return FileError(
            phrase("“{name}” is being read or saved by another window or program.", name=path.name), phrase("Save again in a moment.")
        )
    reasons = {
        sqlite3.SQLITE_FULL: phrase("the disk is full or cannot be written to."),
        sqlite3.SQLITE_IOERR: phrase("the disk is full or cannot be written to."),
    }
    reason = reasons.get(_code(error), phrase("the database says: {words}.", words=error))
    return FileError(
        phrase("“{name}” could not be saved: {reason}", name=path.name, reason=reason), phrase("Free some room or save somewhere else.")
    )


def _preview(document: Document) -> bytes:
    """A small PNG of what is visible, for file managers and the recent files."""
    scale = min(1.0, PREVIEW_SIDE / max(document.width, document.height))
    stream = io.BytesIO()
    try:
        picture = render(document, document.rect, scale)
    except (ValueError, OverflowError):  # a number beyond all limits: the project keeps the document all the same, within them
        picture = np.zeros((1, 1, 4), np.uint8)
    Image.fromarray(picture).save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


# Opening


def open_project(path: Path) -> Opened:
    """Read a project; FileError says what is wrong with one that cannot be read. One of which parts can be read is opened."""
    with reading(path), _reader(path) as (database, version):
        opened = load(database, version, stamp(path))
    if reason := _too_much(opened.document):
        hint = phrase("Downstage opens no project that would need more than 4 GB of memory.")
        raise FileError(phrase("“{name}” cannot be opened: {reason}", name=path.name, reason=reason), hint)
    return opened


def _too_much(document: Document) -> str:
    """Why the layers together are more than is saved and opened; empty where they are not. Nothing is unpacked for it."""
    nodes = [node for node, _, _ in walk(document)]
    rasters = [part for node in nodes for part in (node.mask, getattr(node, "pixels", None)) if part is not None]
    held = {id(tile) for one in rasters for tile in (one.tiles.packed if isinstance(one.tiles, StoredTiles) else one.tiles).values()}
    if len(nodes) > limits.MOST_NODES:
        return phrase("it has more than {most} layers and groups.", most=limits.MOST_NODES)
    return phrase("its layers have more than a thousand million pixels together.") if len(held) * TILE**2 > limits.MOST_PIXELS else ""


def copy_project(path: Path, into: sqlite3.Connection) -> None:
    """Make an empty database a copy of a project, page by page. FileError where that cannot be done."""
    with reading(path), _reader(path) as (database, version):
        if version != VERSION:
            raise ValueError(f"version {version}")
        database.backup(into)


def read_preview(path: Path) -> bytes | None:
    """The PNG inside a project, without opening the rest."""
    with reading(path), _reader(path) as (database, _):
        return value(database, "preview")


def load(database: sqlite3.Connection, version: int = VERSION, read: Stamp | None = None) -> Opened:
    """The document in a database of ours; ValueError or sqlite3.Error where there is none."""
    text = value(database, "state")
    if text is None:
        raise ValueError("no state")
    plain, profile = json.loads(text.decode("utf-8", "surrogatepass")), value(database, "profile")
    if version > 2:
        _unshare(plain, database)
    mended = False
    try:
        state.from_json(plain, _NoTiles(), None)
    except ValueError:
        mended = _mended(plain)
    tiles = TileReader(database, version)
    document = state.from_json(plain, tiles, profile)
    beyond = (phrase("Parts of this document lay beyond what a project can hold, and were brought back within it."),) if mended else ()
    if tiles.damaged and tiles.damaged == tiles.asked:
        raise ValueError("no tile is left")
    if not tiles.damaged:
        return Opened(document, beyond, read)
    lost = phrase(
        "The file is damaged: {damaged} of {asked} pieces of the layers (256 × 256 pixels each) are lost and empty here.",
        damaged=tiles.damaged,
        asked=tiles.asked,
    )
    stays = phrase("The file stays as it is. Save what is left under another name, or use an older copy.")
    return Opened(document, (lost, stays, *beyond), read, whole=False)


def _mended(plain: object) -> bool:
    """Whether a state that the reader refuses was beyond its limits, and is within them now. ValueError where it is none at all."""
    try:
        return isinstance(plain, dict) and repair.mend(plain) > 0
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(str(error)) from error


def unpack_visible(document: Document) -> None:
    """Unpack on several threads what is going to be painted on one."""
    rasters = [part for node, _, _ in walk(document) if node.visible for part in (node.mask, getattr(node, "pixels", None)) if part]
    packed = [one for raster in rasters if isinstance(raster.tiles, StoredTiles) for one in raster.tiles.packed.values()]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="unpack") as pool:
        for _ in pool.map(lambda one: one.tile, packed):
            pass


@contextmanager
def _reader(path: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
    """A connection that reads one state of the file, and the version of its format. sqlite3.Error becomes ValueError."""
    version = _version(path)
    try:
        with _connected_to_read(Path(os.path.realpath(path))) as database:
            database.execute("BEGIN")
            check_tables(database)
            yield database, version
    except sqlite3.Error as error:
        if _code(error) == sqlite3.SQLITE_BUSY:
            raise FileError(
                phrase("“{name}” is being saved by another window or program.", name=path.name), phrase("Open it again in a moment.")
            ) from error
        raise ValueError(str(error)) from error


@contextmanager
def _connected_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    local = on_local_disk(path) and len(os.fsencode(path.name)) + len("-journal") <= 255  # SQLite looks for files beside it
    if not _check_journal(path):
        # immutable: where locks cannot be relied on, files are only ever replaced as a whole.
        with closing(_connect(path, "ro" if local else "ro&immutable=1")) as database:
            database.execute("PRAGMA query_only=ON")
            yield database
    elif local and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        with one_at_a_time(path, _PATIENCE), closing(_connect(path, "rw")) as database:  # a save that was cut off is taken back, one that goes on is waited for
            database.execute("PRAGMA query_only=ON")
            yield database
    else:
        with tempfile.TemporaryDirectory(prefix="downstage-") as folder:
            copy = Path(folder) / "copy"
            shutil.copyfile(path, copy)
            shutil.copyfile(f"{path}-journal", f"{copy}-journal")
            with closing(_connect(copy, "rw")) as database:
                yield database


def _version(path: Path) -> int:
    """The version of the format; FileError for what is no project or a newer one."""
    with open(path, "rb") as file:
        head = file.read(100)
    if len(head) < 100 or not is_project(head) or int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise FileError(
            phrase("“{name}” is not a Downstage project.", name=path.name),
            phrase("Open a file that Downstage saved with the ending .downstage."),
        )
    version = int.from_bytes(head[60:64], "big")
    if version > VERSION:
        raise FileError(
            phrase(
                "“{name}” was saved by a newer Downstage (file version {version}; this one reads up to {newest}).",
                name=path.name,
                version=version,
                newest=VERSION,
            ),
            phrase("Update Downstage to open it."),
        )
    if version < 1 or head[18:20] != b"\1\1":  # a write-ahead log would make SQLite write beside the file on reading
        raise ValueError(f"version {version}, journal {head[18:20]!r}")
    return version


def _check_journal(path: Path) -> bool:
    """Is there a journal of a save beside the file? ValueError for one that names another: SQLite might delete what it names."""
    try:
        with open(f"{path}-journal", "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(_SUPER_JOURNAL)))
            if file.read() == _SUPER_JOURNAL:
                raise ValueError("a journal of several databases")
            return size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # no journal can have been there
            return False
        raise


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=_PATIENCE)
    guard(database)
    return database


def guard(database: sqlite3.Connection) -> None:
    """Trust nothing that the database brings along."""
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {pragma}")


def check_tables(database: sqlite3.Connection) -> None:
    """Exactly our tables as we make them, and no view or trigger that would run someone else's SQL."""
    entries = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    found = {(kind, name, sql) for kind, name, sql in entries if not name.startswith("sqlite_autoindex_")}
    if found != {("table", name, sql) for name, sql in _TABLES.items()}:
        raise ValueError("other tables than a project's")


def value(database: sqlite3.Connection, key: str) -> bytes | None:
    """What the table `document` has under a key."""
    row = database.execute("SELECT value FROM document WHERE key = ?", (key,)).fetchone()
    if row is not None and not isinstance(row[0], bytes):
        raise ValueError(f"{key} is not bytes")
    return None if row is None else row[0]
