"""Reading bytes that others wrote: whatever a parser trips over becomes one sentence."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FileError
from ..words import phrase

# Pillow's, psd-tools' and OpenEXR's readers raise nearly anything on a damaged file; the file is at fault, not the program.
PARSER_ERRORS = (
    OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, SyntaxError,
    RuntimeError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn every failure to read `path` into a FileError; a parser's warnings are not for the terminal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FileError:
        raise
    except MemoryError as error:
        raise FileError(
            phrase("“{name}” needs more memory than there is.", name=path.name), phrase("Close other programs, or scale it down first.")
        ) from error
    except PARSER_ERRORS as error:
        raise read_error(path, error) from error


def read_error(path: Path, error: Exception) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(phrase("“{path}” does not exist.", path=path), phrase("Check the name and the folder."))
    if isinstance(error, IsADirectoryError):
        return FileError(phrase("“{path}” is a folder, not a picture.", path=path), phrase("Name a file in it."))
    if isinstance(error, PermissionError):
        return FileError(phrase("You may not read “{path}”.", path=path), phrase("Ask its owner for the right to read it."))
    return FileError(
        phrase("“{name}” is damaged and cannot be opened.", name=path.name),
        phrase("Try it in the program that made it, or use an older copy."),
    )
