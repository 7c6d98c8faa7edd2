"""Saving a project again writes what changed, into the same file, and whatever gets in the way, nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.errors import FileChanged, FileError
from app.formats import atomic, open_document, open_with_report, save_document
from app.formats.atomic import Stamp, stamp
from app.formats.project import project, tiles
from tests.documents import differences, flat_document, full_document, noise
from tests.small_disk import linux_root, mounted
from tests.strategies import documents


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the project lies, alone in its folder."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "scene.downstage"


def stroke(document: Document, seed: int = 0) -> Document:
    base = document.layers[0]
    pixels = base.pixels.with_region(20, 30, noise(64, 64, seed))
    return replace(document, layers=(replace(base, pixels=pixels), *document.layers[1:]))


def number_of(path: Path) -> int:
    """The inode: a file that was replaced has another one."""
    return path.stat().st_ino


def tiles_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT count(*) FROM tiles").fetchone()[0]


def alone(path: Path) -> bool:
    return [other.name for other in path.parent.iterdir()] == [path.name]


def test_a_second_save_packs_only_what_the_stroke_touched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = full_document(1000, 900)
    first = save_document(document, path)
    inode, packed = number_of(path), []
    monkeypatch.setattr(tiles, "pack", lambda tile, pack=tiles.pack: packed.append(1) or pack(tile))
    second = save_document(stroke(document), path, expected=first)
    assert second != first and second == stamp(path)
    assert len(packed) == 1 and number_of(path) == inode and alone(path)
    assert differences(stroke(document), open_document(path)) == []


def test_tiles_that_nothing_uses_any_more_leave_the_file(path: Path) -> None:
    layers = tuple(make_layer(str(n), Pixels.from_array(noise(300, 300, n))) for n in range(3))
    before = save_document(Document(300, 300, layers), path)
    count, smaller = tiles_in(path), Document(300, 300, layers[:2])
    assert save_document(smaller, path, expected=before)
    assert tiles_in(path) < count
    assert differences(smaller, open_document(path)) == []


def test_who_gets_the_file_does_not_get_what_was_painted_over(path: Path) -> None:
    document = Document(256, 256, tuple(make_layer(str(n), Pixels.from_array(noise(256, 256, n))) for n in range(2)))
    before = save_document(document, path)
    with closing(sqlite3.connect(path)) as database:
        secrets = [data[1000:1100] for (data,) in database.execute("SELECT data FROM tiles")]
    assert all(secret in path.read_bytes() for secret in secrets)
    assert save_document(replace(document, layers=document.layers[1:]), path, expected=before)
    assert sum(secret in path.read_bytes() for secret in secrets) == 1


def test_a_file_that_is_half_empty_is_written_anew(path: Path) -> None:
    before = save_document(full_document(), path)
    size = path.stat().st_size
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM tiles")
    before = save_document(flat_document(), path, expected=stamp(path))
    assert before and path.stat().st_size < size / 2
    assert open_document(path).width == 64


@settings(max_examples=10)
@given(first=documents(), second=documents())
def test_any_document_can_follow_any_other(first: Document, second: Document, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "a.downstage"
    before = save_document(first, path)
    assert save_document(second, path, expected=before)
    assert differences(second, open_document(path)) == []


def test_two_windows_on_one_file_do_not_undo_each_others_work(path: Path) -> None:
    save_document(full_document(), path)
    one, two = open_with_report(path), open_with_report(path)
    assert save_document(stroke(one.document, 1), path, expected=one.stamp)
    with pytest.raises(FileChanged) as caught:
        save_document(stroke(two.document, 2), path, expected=two.stamp)
    assert "another window or program" in caught.value.sentence and caught.value.hint
    assert differences(stroke(one.document, 1), open_document(path)) == []


def test_of_two_windows_that_save_at_the_same_moment_one_wins_and_one_is_told(path: Path) -> None:
    before = save_document(full_document(), path)
    for round in range(4):
        choices = [stroke(full_document(), 2 * round + window) for window in (0, 1)]
        with ThreadPoolExecutor(2) as windows:
            saves = [windows.submit(save_document, choice, path, expected=before) for choice in choices]
        failures = [save.exception() for save in saves]
        winner = failures.index(None)
        assert isinstance(failures[1 - winner], FileChanged)
        assert differences(choices[winner], open_document(path)) == []
        before = saves[winner].result()


@pytest.mark.parametrize("suffix", ("psd", "png", "ora"))
def test_other_formats_are_not_overwritten_unseen_either(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    save_document(flat_document(), path)
    opened = open_with_report(path)
    save_document(flat_document(80, 70), path)
    with pytest.raises(FileChanged):
        save_document(opened.document, path, expected=opened.stamp)
    assert open_document(path).width == 80


def test_a_window_that_is_opening_the_file_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_PATIENCE", 0.2)
    before = save_document(full_document(), path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tiles").fetchone()
        with pytest.raises(FileError) as caught:
            save_document(stroke(full_document()), path, expected=before)
        assert "another window or program" in caught.value.sentence and "moment" in caught.value.hint
    assert save_document(stroke(full_document()), path, expected=before)


def test_a_file_that_was_deleted_meanwhile_is_there_again(path: Path) -> None:
    before = save_document(full_document(), path)
    path.unlink()
    assert save_document(flat_document(), path, expected=before)
    assert open_document(path).width == 64


def test_a_file_that_was_damaged_on_the_disk_is_whole_again_after_a_save(path: Path) -> None:
    """The document in memory is whole; the time of the file is as it was, as a failing disk leaves it."""
    document = full_document()
    before: Stamp = save_document(document, path)
    with open(path, "rb+") as file:
        file.seek(8192)
        file.write(os.urandom(3 * 8192))
    os.utime(path, ns=(before[0], before[0]))
    assert stamp(path) == before
    assert save_document(stroke(document), path, expected=before)
    assert differences(stroke(document), open_document(path)) == []


def test_in_a_network_folder_every_save_is_a_new_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks cannot be relied on there, and another machine may read the file at any moment."""
    monkeypatch.setattr(project, "on_local_disk", lambda _path: False)
    before = save_document(full_document(), path)
    inode = number_of(path)
    keep = open(path, "rb")  # so that the number is not given out again
    try:
        assert save_document(stroke(full_document()), path, expected=before)
    finally:
        keep.close()
    assert number_of(path) != inode and alone(path)
    assert open_document(path).dpi == 300.0


MOUNTS = """22 1 0:20 / / rw - ext4 /dev/sda1 rw
30 22 0:30 / /mnt/nas\\040two rw - cifs //nas/two rw
31 22 0:31 / /mnt/nas\\040two/cache rw - tmpfs tmpfs rw
32 22 0:32 / /media/stick rw - vfat /dev/sdb1 rw
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/self/mountinfo is Linux's")
@pytest.mark.parametrize(
    ("folder", "kind"),
    (
        ("/srv/pictures", "ext4"), ("/mnt/nas two/pictures", "cifs"), ("/mnt/nas two/cache", "tmpfs"), ("/media/stick", "vfat"),
        ("/mnt/nas", "ext4"),
    ),
)  # fmt: skip
def test_the_kind_of_disk_is_known(folder: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(atomic, "open", lambda _path, **more: open(tmp_path / "mountinfo", **more), raising=False)
    assert atomic._linux_file_system(folder) == kind


# A save that was cut off


@pytest.fixture
def cut_off(path: Path, tmp_path: Path) -> Path:
    """A file whose last save ended in the middle: pages of it are new, and the journal to take them back lies beside it."""
    original = tmp_path / "original.downstage"
    document = full_document()
    save_document(document, original)
    with closing(project._connect(original, "rw")) as database:
        database.executescript("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE")
        project.store(database, stroke(document, 8), {})
        shutil.copy(original, path)  # what a kill at this moment leaves
        shutil.copy(f"{original}-journal", f"{path}-journal")
        database.execute("ROLLBACK")
    assert Path(f"{path}-journal").stat().st_size > 512 and path.read_bytes() != original.read_bytes()
    return path


def expected_after_the_cut(path: Path) -> None:
    opened = open_with_report(path)
    assert opened.whole and [p for p in differences(full_document(), opened.document) if not p.endswith(": id")] == []


def test_a_save_that_was_cut_off_is_taken_back_when_the_file_is_opened(cut_off: Path) -> None:
    expected_after_the_cut(cut_off)
    assert alone(cut_off)


def test_and_also_where_nothing_may_be_written(cut_off: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "on_local_disk", lambda _path: False)
    before = cut_off.read_bytes()
    expected_after_the_cut(cut_off)
    assert cut_off.read_bytes() == before


def test_and_before_another_file_takes_its_place(cut_off: Path) -> None:
    """Else the journal would be played back into the new file."""
    save_document(flat_document(), cut_off)
    assert alone(cut_off) and open_with_report(cut_off).whole and open_document(cut_off).width == 64


def test_a_journal_that_fits_nothing_goes_when_the_file_is_replaced(cut_off: Path) -> None:
    cut_off.write_bytes(b"not a database any more" * 1000)
    save_document(flat_document(), cut_off)
    assert alone(cut_off) and open_document(cut_off).width == 64


def test_a_journal_that_would_make_sqlite_delete_another_file_is_refused(cut_off: Path, tmp_path: Path) -> None:
    """A journal may end with the name of a super-journal, which SQLite removes when it has played the journal back."""
    victim = tmp_path / "victim.txt"
    victim.write_bytes(b"precious")
    name = str(victim).encode()
    with open(f"{cut_off}-journal", "ab") as journal:
        lock_page = (0x40000000 // 8192 + 1).to_bytes(4, "big")
        length, checksum = (number.to_bytes(4, "big") for number in (len(name), sum(name) & 0xFFFFFFFF))
        journal.write(lock_page + name + length + checksum + project._SUPER_JOURNAL)
    with pytest.raises(FileError) as caught:
        open_document(cut_off)
    assert "damaged" in caught.value.sentence and victim.exists()


def test_a_database_with_a_write_ahead_log_is_no_project_file(path: Path) -> None:
    """Reading one would make SQLite write beside it."""
    save_document(full_document(), path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
    with pytest.raises(FileError):
        open_document(path)
    assert alone(path)


# Real disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    yield from mounted(tmp_path / "small", "size=3m")


@linux_root
def test_a_real_disk_that_is_full_keeps_the_file_and_says_so(small_disk: Path) -> None:
    path = small_disk / "scene.downstage"
    document = Document(512, 256, (make_layer("a", Pixels.from_array(noise(512, 256))),))
    before = save_document(document, path)
    whole = path.read_bytes()
    larger = replace(document, layers=(*document.layers, *(make_layer(str(n), Pixels.from_array(noise(400, 400, n))) for n in range(1, 8))))
    for expected in (before, None):  # in place, and as a new file
        with pytest.raises(FileError) as caught:
            save_document(larger, path, expected=expected)
        assert "disk is full" in caught.value.sentence and caught.value.hint
        assert path.read_bytes() == whole and alone(path) and stamp(path) == before
    assert save_document(replace(document, dpi=99.0), path, expected=before)  # and what fits is saved


@linux_root
def test_a_disk_that_fills_up_within_the_save_keeps_the_file(small_disk: Path) -> None:
    """At whatever page the room ends: the journal, the file, or not at all."""
    path = small_disk / "scene.downstage"
    document = Document(300, 300, (make_layer("a", Pixels.from_array(noise(300, 300))),))
    failed = 0
    for room in range(0, 1_600_000, 131_072):
        (small_disk / "filler").unlink(missing_ok=True)
        before = save_document(document, path)
        whole = path.read_bytes()
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        (small_disk / "filler").write_bytes(bytes(max(0, free - room)))
        try:
            save_document(stroke(document, room), path, expected=before)
        except FileError as error:
            failed += 1
            assert "full" in error.sentence and path.read_bytes() == whole and stamp(path) == before
            assert {other.name for other in small_disk.iterdir()} == {"filler", path.name}
        else:
            assert differences(stroke(document, room), open_document(path)) == []
    assert 1 < failed < 12, failed


@linux_root
def test_a_real_read_only_disk_is_named_and_can_be_read(tmp_path: Path) -> None:
    for folder in mounted(tmp_path / "closed", "size=4m"):
        path = folder / "scene.downstage"
        save_document(full_document(), path)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        opened = open_with_report(path)
        with pytest.raises(FileError) as caught:
            save_document(stroke(opened.document), path, expected=opened.stamp)
        assert "read-only" in caught.value.sentence or "write-protected" in caught.value.sentence
        assert save_document(stroke(opened.document), tmp_path / "elsewhere.downstage")


def test_a_failing_sync_of_the_new_file_is_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = save_document(full_document(), path)
    whole = path.read_bytes()
    monkeypatch.setattr(project, "on_local_disk", lambda _path: False)

    def gone(_handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic.os, "fsync", gone)
    with pytest.raises(FileError) as caught:
        save_document(stroke(full_document()), path, expected=before)
    assert path.name in caught.value.sentence and path.read_bytes() == whole and alone(path)


def test_a_copy_of_the_file_made_between_two_saves_opens(path: Path, tmp_path: Path) -> None:
    """A backup program takes the file alone: between saves nothing of it is anywhere else."""
    before = save_document(full_document(), path)
    save_document(stroke(full_document()), path, expected=before)
    shutil.copy(path, tmp_path / "backup.downstage")
    assert open_with_report(tmp_path / "backup.downstage").whole
