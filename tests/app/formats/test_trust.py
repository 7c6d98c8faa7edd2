"""Two programs and one file, saves that are killed, and what happens after a save is on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import atomic, limits, open_with_report, save_document
from app.formats.project import project as project_file

BASE = Document(100, 100, (make_layer("a", Pixels.from_array(np.full((20, 20, 4), 200, np.uint8))),))
LATER = edits.rename(BASE, BASE.layers[0].id, "later")
posix = pytest.mark.skipif(os.name != "posix", reason="folders are locked on POSIX")


@posix
@pytest.mark.parametrize("known", (True, False), ids=("in place", "anew"))
def test_no_save_touches_a_file_that_another_program_is_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    path = tmp_path / "a.downstage"
    stamp = save_document(BASE, path)
    before = path.read_bytes()
    monkeypatch.setattr(project_file, "_PATIENCE", 0.05)
    with atomic.one_at_a_time(path, 1.0), pytest.raises(FileError, match="another window or program"):
        save_document(LATER, path, expected=stamp if known else None)
    assert path.read_bytes() == before
    save_document(LATER, path, expected=stamp if known else None)
    assert open_with_report(path).document.layers[0].name == "later"


def test_a_failure_after_the_commit_is_no_failed_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.downstage"
    stamp = save_document(BASE, path)

    @contextmanager
    def failing(database: object, whole: object = project_file.transaction) -> Iterator[None]:
        with whole(database):
            yield
        raise OSError("the folder cannot be synced")

    with monkeypatch.context() as patch:
        patch.setattr(project_file, "transaction", failing)
        written = save_document(LATER, path, expected=stamp)
    assert written == atomic.stamp(path)
    assert open_with_report(path).document.layers[0].name == "later"
    save_document(BASE, path, expected=written)


@posix
def test_a_folder_that_cannot_be_synced_is_no_failed_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: object, flags: int, *rest: int, whole: object = os.open) -> int:
        if os.path.isdir(folder):
            raise PermissionError(13, "Permission denied")
        return whole(folder, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    save_document(BASE, tmp_path / "a.png")
    assert open_with_report(tmp_path / "a.png").document.width == 100


@posix
def test_what_a_killed_save_left_beside_the_file_goes_with_the_next_one(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from app.formats.atomic import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "a.png"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[3], check=False)
    assert len(list(tmp_path.glob(".downstage-*.tmp"))) == 1
    ours = tmp_path / f".downstage-{atomic._program()}-{os.getpid()}-0.tmp"
    ours.write_bytes(b"still being written")
    save_document(BASE, path)
    assert list(tmp_path.glob(".downstage-*.tmp")) == [ours]


@pytest.mark.parametrize(("limit", "most"), (("MOST_PIXELS", 1000), ("MOST_NODES", 0)))
def test_more_than_memory_can_hold_is_neither_saved_nor_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    path = tmp_path / "a.downstage"
    save_document(BASE, path)
    monkeypatch.setattr(limits, limit, most)
    with pytest.raises(FileError, match="more than"):
        save_document(BASE, tmp_path / "b.downstage")
    with pytest.raises(FileError, match="more than"):
        open_with_report(path)
