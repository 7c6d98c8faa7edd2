"""Files in and out: projects, PSD and PSB, flat pictures. Saves are atomic; what cannot be read or written is a FileError."""

from __future__ import annotations

from pathlib import Path

from ..document import Document
from ..errors import FileError
from . import project, psd_read, psd_write, raster
from .foreign import reading
from .opened import Opened

PSD_SUFFIXES = (".psd", ".psb")
OPEN_SUFFIXES = (project.SUFFIX, *PSD_SUFFIXES, *raster.OPEN_SUFFIXES)
SAVE_SUFFIXES = (project.SUFFIX, *PSD_SUFFIXES, *raster.SAVE_SUFFIXES)

__all__ = ["OPEN_SUFFIXES", "SAVE_SUFFIXES", "Opened", "check_save_suffix", "losses", "open_document", "open_with_report", "save_document"]


def open_document(path: str | Path) -> Document:
    """The document in a file of any kind that Downstage reads; FileError says what is wrong with one that it cannot read."""
    return open_with_report(path).document


def open_with_report(path: str | Path) -> Opened:
    """As `open_document`, with sentences on what was changed or left out. The content decides the kind, not the suffix."""
    path = Path(path)
    with reading(path), open(path, "rb") as file:
        head = file.read(16)
    if not head:
        raise FileError(f"“{path.name}” is empty.", "Use an older copy.")
    if project.is_project(head) or path.suffix.lower() == project.SUFFIX:
        return project.open_project(path)
    if head.startswith(b"8BPS"):
        return psd_read.open_psd(path)
    if path.suffix.lower() in PSD_SUFFIXES:
        raise FileError(f"“{path.name}” is not a Photoshop file, or it is damaged.", "Try it in the program that made it.")
    return raster.open_raster(path)


def save_document(document: Document, path: str | Path) -> None:
    """Write the document in the format of the suffix; the file there before is replaced only once the new one is complete."""
    path = Path(path)
    check_save_suffix(path)
    suffix = path.suffix.lower()
    save = project.save_project if suffix == project.SUFFIX else psd_write.save_psd if suffix in PSD_SUFFIXES else raster.save_raster
    try:
        save(document, path)
    except MemoryError as error:
        raise FileError(f"“{path.name}” could not be saved: there is not enough memory.", "Close other programs and save again.") from error


def losses(document: Document, path: str | Path) -> list[str]:
    """What saving under that name would drop, in sentences; empty where everything is kept."""
    path = Path(path)
    check_save_suffix(path)
    suffix = path.suffix.lower()
    if suffix == project.SUFFIX:
        return []
    return psd_write.losses(document, path) if suffix in PSD_SUFFIXES else raster.losses(document, path)


def check_save_suffix(path: Path) -> None:
    """FileError where the suffix names no format that Downstage writes."""
    if path.suffix.lower() not in SAVE_SUFFIXES:
        known = ", ".join(SAVE_SUFFIXES)
        what = f"the ending “{path.suffix}”" if path.suffix else "a name without an ending"
        raise FileError(f"Downstage cannot save under {what}.", f"It writes {known}.")
