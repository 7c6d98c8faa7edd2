"""What reading a file gives."""

from __future__ import annotations

from dataclasses import dataclass

from ..document.document import Document
from .atomic import Stamp


@dataclass(frozen=True, eq=False)
class Opened:
    """A document, and sentences on what had to be changed or left out to read it.

    stamp: the version of the file that was read, None where it is not known. whole: False where the file is damaged and parts
    of the picture are gone; such a document must not be saved over its file, which another program may read better.
    """

    document: Document
    report: tuple[str, ...] = ()
    stamp: Stamp | None = None
    whole: bool = True
