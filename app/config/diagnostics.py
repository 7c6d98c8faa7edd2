"""What helps to find a fault: a log file, and a bundle of log, versions and settings that a user may look at and hand on. Nothing is sent.

The bundle names no file, no folder and no prompt of the user's.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from ..formats.atomic import replacing, save_error
from .settings import Settings

LARGEST_LOG = 1_000_000  # bytes; the one before it is kept too
PACKAGES = ("PySide6-Essentials", "qasync", "numpy", "pillow", "psd-tools", "torch", "diffusers", "safetensors")
PLAIN_SETTINGS = ("language", "theme", "key_set", "keys", "brush", "aids", "export_suffix")  # words of the program, not of the user

_ROOT = Path(__file__).resolve().parents[2]
_A_PATH = re.compile(r"""(?:[A-Za-z]:[\\/]|\\\\|~[\\/]|(?<![\w.<>])/)[^\s"'“”<>|:;,)]*""")


class _Private(RotatingFileHandler):
    """A log for the user's eyes only, also where an older one could be read by others."""

    def _open(self) -> TextIO:
        file = open(
            os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), self.mode, encoding=self.encoding, errors=self.errors
        )
        with suppress(OSError):
            os.chmod(self.baseFilename, 0o600)
        return file


@contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """What is logged in the block goes into a file as well; where that cannot be written, it does not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Private(path, maxBytes=LARGEST_LOG, backupCount=1, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        logging.getLogger(__name__).warning("no log file: %s", error)
        yield
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def save_bundle(path: Path, log: Path, settings: Settings, facts: Mapping[str, str]) -> None:
    """Write a zip of versions.txt, settings.json and the log. facts: more lines for versions.txt, without anything of the user's.
    Raises FileError."""
    try:
        with replacing(path) as temporary, _private(temporary), zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("versions.txt", "".join(f"{name}: {value}\n" for name, value in (versions() | facts).items()))
            bundle.writestr("settings.json", json.dumps(without_the_user(settings), indent=2, ensure_ascii=False))
            for each in (log.with_name(f"{log.name}.1"), log):
                if each.exists():
                    bundle.writestr(each.name, anonymous(each.read_text("utf-8", errors="replace"), settings).encode("utf-8", "replace"))
    except OSError as error:
        raise save_error(path, error) from error


@contextmanager
def _private(path: Path) -> Iterator[None]:
    os.chmod(path, 0o600)
    yield


def versions() -> dict[str, str]:
    """Of the system and of the libraries that matter; none of them is imported for it."""
    found = {
        "Python": platform.python_version(),
        "System": platform.platform(),
        "Processor": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def without_the_user(settings: Settings) -> dict[str, object]:
    """The settings; of those that hold what the user typed or opened only how much there is."""
    values = settings.values()
    return {
        name: value if name in PLAIN_SETTINGS or isinstance(value, bool | int | float) else _amount(value) for name, value in values.items()
    }


def _amount(value: object) -> str:
    return f"({len(value)} entries)" if isinstance(value, list | dict) else "(text)"


def anonymous(text: str, settings: Settings) -> str:
    """The text without names of the user's files, folders and prompts."""
    for path in sorted((str(path) for path in settings.recent), key=len, reverse=True):
        text = text.replace(path, "<file>").replace(Path(path).name, "<file>")
    for prompt in settings.get("prompts", []):
        if isinstance(prompt, str) and prompt.strip():
            text = text.replace(prompt, "<prompt>")
    for folder, name in ((str(_ROOT), "<downstage>"), (sys.prefix, "<python>"), (sys.base_prefix, "<python>")):
        text = text.replace(folder, name)
    return _A_PATH.sub("<path>", text.replace(str(Path.home()), "~"))
