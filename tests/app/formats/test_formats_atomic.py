"""Whatever happens during a save, the file from before is there in full, and nothing else is left behind."""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.document.document import Document
from app.errors import FileError
from app.formats import SAVE_SUFFIXES, atomic, exr, open_document, ora, raster, save_document
from app.formats.project import project
from app.formats.psd import write as psd_write
from tests.documents import flat_document, full_document

every_format = pytest.mark.parametrize("suffix", [suffix[1:] for suffix in SAVE_SUFFIXES])
try:
    import resource
except ImportError:  # Windows, where the tests that need it are skipped
    resource = None  # type: ignore[assignment]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="rights and limits of this kind are POSIX's")


def save_expecting_refusal(document: Document, path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        save_document(document, path)
    assert path.name in caught.value.sentence
    return caught.value


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@contextmanager
def disk_that_ends_after(size: int) -> Iterator[None]:
    """A real limit of the system: no file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@posix_only
@every_format
def test_a_disk_that_runs_full_keeps_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scene.{suffix}"
    save_document(flat_document(), path)
    before = path.read_bytes()
    with disk_that_ends_after(1500):
        refusal = save_expecting_refusal(full_document(), path)
    assert path.read_bytes() == before
    assert files_in(tmp_path) == [path.name]
    assert "disk" in refusal.sentence and refusal.hint


@every_format
def test_a_disk_that_cannot_be_synced_keeps_the_old_file(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"scene.{suffix}"
    save_document(flat_document(), path)
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    assert "disk is full" in save_expecting_refusal(full_document(), path).sentence
    assert path.read_bytes() == before
    assert files_in(tmp_path) == [path.name]


@every_format
def test_a_program_that_dies_while_painting_keeps_the_old_file(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything that is raised before the rename, even a bug, leaves the old file alone."""
    path = tmp_path / f"scene.{suffix}"
    save_document(flat_document(), path)
    before = path.read_bytes()

    def bug(*_anything: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(atomic, "_to_disk", bug)
    with pytest.raises(RuntimeError):
        save_document(full_document(), path)
    assert path.read_bytes() == before
    assert files_in(tmp_path) == [path.name]


@every_format
def test_a_machine_without_memory_keeps_the_old_file(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"scene.{suffix}"
    save_document(flat_document(), path)
    before = path.read_bytes()

    def too_large(*_anything: object, **_more: object) -> None:
        raise MemoryError

    for module in (raster, project, psd_write, ora, exr):
        monkeypatch.setattr(module, "render", too_large)
    assert "memory" in save_expecting_refusal(full_document(), path).sentence
    assert path.read_bytes() == before
    assert files_in(tmp_path) == [path.name]


@posix_only
def test_rights_of_the_old_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    save_document(flat_document(), path)
    os.chmod(path, 0o640)
    save_document(flat_document(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix_only
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "a.downstage"
    link.symlink_to(tmp_path / "real" / "a.downstage")
    save_document(flat_document(), link)
    assert link.is_symlink() and open_document(tmp_path / "real" / "a.downstage").width == 64


def test_a_missing_folder_is_named_as_the_reason(tmp_path: Path) -> None:
    assert "folder does not exist" in save_expecting_refusal(flat_document(), tmp_path / "nowhere" / "a.psd").sentence


def test_a_folder_of_that_name_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    assert "folder of that name" in save_expecting_refusal(flat_document(), tmp_path / "a.png").sentence


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    assert "write-protected" in save_expecting_refusal(flat_document(), tmp_path / "closed" / "a.png").sentence
