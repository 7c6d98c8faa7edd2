"""What the program remembers between runs: a small JSON file in the user's configuration folder."""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import sys
import threading
from pathlib import Path
from typing import TypeVar

from ..errors import FileError
from ..formats.atomic import one_at_a_time, replacing

RECENT = 12  # files
LARGEST = 16 << 20  # bytes of a file of settings
PATIENCE = 2.0  # seconds to wait for another program that writes the same file

Value = TypeVar("Value", bool, int, float, str, list, dict)  # what JSON holds

log = logging.getLogger(__name__)


def settings_path() -> Path:
    """Where this system keeps a program's settings."""
    return _of_program(("APPDATA", "AppData/Roaming"), ("XDG_CONFIG_HOME", ".config")) / "settings.json"


def recovery_folder() -> Path:
    """Where this system keeps what a program needs to go on where it stopped."""
    return _of_program(("LOCALAPPDATA", "AppData/Local"), ("XDG_STATE_HOME", ".local/state")) / "recovery"


def log_path() -> Path:
    """Where this system keeps a program's log."""
    return recovery_folder().with_name("log.txt")


def models_folder() -> Path:
    """Where this system keeps what belongs to a program and is large."""
    return _of_program(("LOCALAPPDATA", "AppData/Local"), ("XDG_DATA_HOME", ".local/share")) / "models"


def _of_program(windows: tuple[str, str], xdg: tuple[str, str]) -> Path:
    """The program's own folder. windows, xdg: the variable that names its parent there, and the parent below home where it is unset."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "downstage"
    variable, usual = windows if sys.platform == "win32" else xdg
    return Path(os.environ.get(variable) or Path.home() / usual) / "downstage"


class Settings:
    """JSON values by name. A damaged or missing file means the defaults; a failed save is logged, never fatal.

    A change is written a moment later, on a thread of its own, into what the file holds by then: of another program's settings only those
    that were changed here are replaced. `write_now` waits for it, as the end of the program does.
    """

    def __init__(self, path: Path, pause: float = 0.0) -> None:
        """pause: seconds from a change to its write; 0 writes at once."""
        self._path, self._pause = path, pause
        self._values = _read(path)
        self._changed: set[str] = set()
        self._lock = threading.Lock()  # of the values
        self._writing = threading.Lock()
        self._clock: threading.Timer | None = None
        if pause:
            atexit.register(self.write_now)

    @property
    def folder(self) -> Path:
        """Where other files of the user's choices belong."""
        return self._path.parent

    def get(self, name: str, default: Value) -> Value:
        """The value, if one of the default's type is stored, else the default."""
        value = self._values.get(name, default)
        if type(value) is int and isinstance(default, float):
            value = float(value)
        return value if type(value) is type(default) else default

    def set(self, name: str, value: Value) -> None:
        """Remember, and write soon."""
        with self._lock:
            if self._values.get(name) == value:
                return
            self._values[name] = value
            self._changed.add(name)
            if self._pause:
                if self._clock is None:
                    self._clock = threading.Timer(self._pause, self.write_now)
                    self._clock.daemon = True
                    self._clock.start()
                return
        self.write_now()

    def write_now(self) -> None:
        """Write what has changed since the last time, from any thread."""
        with self._writing:
            with self._lock:
                if self._clock is not None:
                    self._clock.cancel()
                    self._clock = None
                changed = {name: self._values[name] for name in self._changed}
                self._changed.clear()
            if not changed:
                return
            try:
                _write(self._path, changed)
            except (OSError, FileError, ValueError, TypeError, RecursionError) as error:
                log.warning("settings could not be saved: %s", error)

    def values(self) -> dict:
        """All that is remembered, by name."""
        return dict(self._values)

    @property
    def recent(self) -> list[Path]:
        """Files opened or saved lately, the latest first."""
        return [Path(name) for name in self.get("recent", []) if isinstance(name, str) and "\0" not in name]

    def add_recent(self, path: Path) -> None:
        path = path.absolute()
        self.set("recent", [str(path), *(str(other) for other in self.recent if other != path)][:RECENT])


def _write(path: Path, changed: dict) -> None:
    """Put values into the file as it is now. For the user's eyes only: it names files, folders and prompts."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with one_at_a_time(path, PATIENCE):
        values = _merged(_read(path), changed)
        with replacing(path) as temporary:
            os.chmod(temporary, 0o600)
            # ASCII: the names of files may hold bytes that are no text, as lone surrogates
            temporary.write_text(json.dumps(values, indent=2), encoding="ascii")


def _merged(there: dict, changed: dict) -> dict:
    """recent: of both programs, those of this one first."""
    merged = there | changed
    if isinstance(there.get("recent"), list) and "recent" in changed:
        merged["recent"] = list(dict.fromkeys(name for name in [*changed["recent"], *there["recent"]] if isinstance(name, str)))[:RECENT]
    return merged


def _nothing(_: str) -> None:
    """NaN and infinity are no settings."""


def _int(text: str) -> int | None:
    return int(text) if len(text) < 18 else None


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _clean(value: object) -> object:
    """Without what stands for no character. Lone surrogates from U+DC80 to U+DCFF are bytes of file names (PEP 383) and stay."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" and not "\udc80" <= sign <= "\udcff" else sign for sign in value)
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return {_clean(key): _clean(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _read(path: Path) -> dict:
    try:
        with open(path, "rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ValueError("too large")
        values = _clean(json.loads(text.decode("utf-8", "surrogatepass"), parse_constant=_nothing, parse_int=_int, parse_float=_float))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        log.warning("settings could not be read: %s", error)
        return {}
    return values if isinstance(values, dict) else {}
