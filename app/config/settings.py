"""What the program remembers between runs: a small JSON file in the user's configuration folder."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import TypeVar

from ..errors import FileError
from ..formats.atomic import replacing

RECENT = 12  # files

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

    Two programs may run: what the other has written since stays, but for the values that this one has set.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)
        self._own: set[str] = set()  # names of what this program has set

    @property
    def folder(self) -> Path:
        """Where other files of the user's choices belong."""
        return self._path.parent

    def get(self, name: str, default: Value) -> Value:
        """The value, if one of the default's type is stored, else the default."""
        value = self._values.get(name, default)
        return value if isinstance(value, type(default)) else default

    def set(self, name: str, value: Value) -> None:
        """Remember and write at once."""
        if self._values.get(name) == value:
            return
        self._own.add(name)
        self._values = _read(self._path) | {own: self._values[own] for own in self._own if own in self._values} | {name: value}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(self._path) as temporary:
                os.chmod(temporary, 0o600)  # it names the user's files
                temporary.write_text(json.dumps(self._values, indent=2), encoding="utf-8")  # escaped: a file's name may be no UTF-8
        except (OSError, FileError, ValueError, TypeError) as error:
            log.warning("settings could not be saved: %s", error)

    def values(self) -> dict:
        """All that is remembered, by name."""
        return dict(self._values)

    @property
    def recent(self) -> list[Path]:
        """Files opened or saved lately, the latest first."""
        return [Path(name) for name in self.get("recent", []) if isinstance(name, str)]

    def add_recent(self, path: Path) -> None:
        path = path.absolute()
        self.set("recent", [str(path), *(str(other) for other in self.recent if other != path)][:RECENT])


def _read(path: Path) -> dict:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("settings could not be read: %s", error)
        return {}
    return values if isinstance(values, dict) else {}
