"""What reading a file gives."""

from __future__ import annotations

from dataclasses import dataclass

from ..document import Document


@dataclass(frozen=True, eq=False)
class Opened:
    """A document, and sentences on what had to be changed or left out to read it."""

    document: Document
    report: tuple[str, ...] = ()
