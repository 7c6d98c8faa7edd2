"""Files in and out: projects, PSD and PSB, OpenRaster, flat pictures. Saves are atomic; what cannot be read or written is a FileError."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..document.document import Document
from ..errors import FileError
from ..words import phrase
from . import exr, ora, raster
from .atomic import Stamp, check_unchanged, stamp
from .foreign import reading
from .opened import Opened
from .project import project
from .psd import read as psd_read
from .psd import write as psd_write
from .raster import Encoding

PSD_SUFFIXES = (".psd", ".psb")
LAYER_SUFFIXES = (project.SUFFIX, *PSD_SUFFIXES, ora.SUFFIX)  # of formats that keep layers
FLAT_SUFFIXES = (*raster.SAVE_SUFFIXES, exr.SUFFIX)  # of those that hold one picture
OPEN_SUFFIXES = (*LAYER_SUFFIXES, *raster.OPEN_SUFFIXES, exr.SUFFIX)
SAVE_SUFFIXES = (*LAYER_SUFFIXES, *FLAT_SUFFIXES)

__all__ = [
    "FLAT_SUFFIXES", "LAYER_SUFFIXES", "OPEN_SUFFIXES", "PSD_SUFFIXES", "SAVE_SUFFIXES", "Encoding", "Opened",
    "check_save_suffix", "losses", "open_document", "open_with_report", "save_document",
]  # fmt: skip


def open_document(path: str | Path) -> Document:
    """The document in a file of any kind that Downstage reads; FileError says what is wrong with one that it cannot read."""
    return open_with_report(path).document


def open_with_report(path: str | Path) -> Opened:
    """As `open_document`, with sentences on what was changed or left out. The content decides the kind, not the suffix."""
    path = Path(path)
    before = stamp(path)
    opened = _open(path)
    return opened if opened.stamp else replace(opened, stamp=before)


def _open(path: Path) -> Opened:
    with reading(path), open(path, "rb") as file:
        head = file.read(64)
    if not head:
        raise FileError(phrase("“{name}” is empty.", name=path.name), phrase("Use an older copy."))
    if project.is_project(head) or path.suffix.lower() == project.SUFFIX:
        return project.open_project(path)
    if head.startswith(b"8BPS"):
        return psd_read.open_psd(path)
    if path.suffix.lower() in PSD_SUFFIXES:
        raise FileError(
            phrase("“{name}” is not a Photoshop file, or it is damaged.", name=path.name), phrase("Try it in the program that made it.")
        )
    if ora.is_ora(head) or path.suffix.lower() == ora.SUFFIX:
        return ora.open_ora(path)
    return exr.open_exr(path) if exr.is_exr(head) else raster.open_raster(path)


def save_document(document: Document, path: str | Path, encoding: Encoding = Encoding(), expected: Stamp | None = None) -> Stamp | None:
    """Write the document in the format of the suffix; the file there before is replaced only once the new one is complete.

    encoding: for formats of FLAT_SUFFIXES and PSD_SUFFIXES. expected: the version of the file that the document was read from or last saved as;
    FileChanged where another one is there, and a project is only brought up to date. Returns the version that is there now.
    """
    path = Path(path)
    check_save_suffix(path)
    suffix = path.suffix.lower()
    try:
        if suffix == project.SUFFIX:
            return project.save_project(document, path, expected)
        check_unchanged(path, expected)
        if suffix in PSD_SUFFIXES:
            psd_write.save_psd(document, path, encoding)
        elif suffix == ora.SUFFIX:
            ora.save_ora(document, path)
        elif suffix == exr.SUFFIX:
            exr.save_exr(document, path, encoding)
        else:
            raster.save_raster(document, path, encoding)
    except MemoryError as error:
        raise FileError(
            phrase("“{name}” could not be saved: there is not enough memory.", name=path.name),
            phrase("Close other programs and save again."),
        ) from error
    return stamp(path)


def losses(document: Document, path: str | Path, encoding: Encoding = Encoding()) -> list[str]:
    """What saving under that name would drop, in sentences; empty where everything is kept."""
    path = Path(path)
    check_save_suffix(path)
    suffix = path.suffix.lower()
    if suffix == project.SUFFIX:
        return []
    if suffix in PSD_SUFFIXES:
        return psd_write.losses(document, path, encoding)
    return ora.losses(document) if suffix == ora.SUFFIX else raster.losses(document, path, encoding)


def check_save_suffix(path: Path) -> None:
    """FileError where the suffix names no format that Downstage writes."""
    if path.suffix.lower() not in SAVE_SUFFIXES:
        known = ", ".join(SAVE_SUFFIXES)
        what = phrase("the ending “{suffix}”", suffix=path.suffix) if path.suffix else phrase("a name without an ending")
        raise FileError(phrase("Downstage cannot save under {what}.", what=what), phrase("It writes {known}.", known=known))
