"""Whatever stops the program, what was done up to a moment before is there at the next start."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document import edits
from app.document.document import Candidate, Document, Layer, find, make_layer
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import open_with_report, save_document
from app.formats.project import project, tiles
from app.session import recovery
from app.session.recovery import Belonging, Journal, Recovery, leftovers
from app.session.session import Session
from tests.documents import RECIPE, differences, flat_document, full_document, noise
from tests.kills import fingerprint
from tests.small_disk import linux_root, mounted

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("DOWNSTAGE_KILLS", "3"))
PATIENCE = 20.0  # seconds for what takes a tenth of one
Story = Callable[[Recovery, Session], Awaitable[None]]
NOWHERE = Belonging(None, None, saved=False)


def tell(folder: Path, session: Session, story: Story, crash: bool = True) -> list[FileError]:
    """Work on a session while its journal is kept; at the end the program stops without a word, or closes. Returns what it said."""
    told: list[FileError] = []

    async def run() -> None:
        keeper = Recovery(folder, asyncio.get_running_loop(), told.append)
        keeper.watch(session)
        await story(keeper, session)
        if crash:
            stop(keeper)
        keeper.close()

    asyncio.run(run())
    return told


def stop(keeper: Recovery) -> None:
    """As a kill does: the lock is gone, the files stay."""

    def let_go() -> None:
        if keeper._journal is not None:
            keeper._journal.close()
            keeper._journal = None

    keeper._thread.submit(let_go).result()


def recovered(folder: Path) -> list[Document]:
    found = leftovers(folder)
    for one in found:
        one.journal.close()
    return [one.opened.document for one in found]


def with_stroke(document: Document, seed: int) -> Document:
    base = document.layers[0]
    pixels = base.pixels.with_region(7 * seed % 200, 5 * seed % 200, noise(64, 64, seed))
    return replace(document, layers=(replace(base, pixels=pixels), *document.layers[1:]))


async def written(keeper: Recovery) -> None:
    """Wait, and do nothing about it."""
    async with asyncio.timeout(PATIENCE):
        while keeper._wanted() is not None:
            await asyncio.sleep(0.01)


def test_edits_reach_the_disk_without_anyones_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recovery.PAUSE <= 1.0  # with the time that a write takes, no more than two seconds are lost
    monkeypatch.setattr(recovery, "PAUSE", 0.05)
    session = Session(full_document())

    async def story(keeper: Recovery, session: Session) -> None:
        for seed in range(3):
            session.commit("stroke", with_stroke(session.document, seed))
            await written(keeper)

    tell(tmp_path, session, story)
    [document] = recovered(tmp_path)
    assert differences(session.document, document) == []


def test_a_gesture_that_goes_on_is_kept_too(tmp_path: Path) -> None:
    """A stroke of a minute is work, though it is no step yet."""
    session = Session(full_document())

    async def story(keeper: Recovery, session: Session) -> None:
        session.preview(with_stroke(session.document, 2))
        await keeper.kept()

    tell(tmp_path, session, story)
    assert differences(session.shown, recovered(tmp_path)[0]) == []


def test_a_generated_candidate_need_not_wait_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAUSE", 1000.0)
    session = Session(full_document())

    async def story(keeper: Recovery, session: Session) -> None:
        session.commit("stroke", with_stroke(session.document, 3))
        keeper.hurry()
        candidate = Candidate(Pixels.from_array(noise(50, 40, 9)), Placement(3, 4), RECIPE)
        session.commit("again", edits.add_candidate(session.document, session.document.layers[0].id, candidate))
        keeper.hurry()
        await written(keeper)

    tell(tmp_path, session, story)
    [candidate] = recovered(tmp_path)[0].layers[0].candidates
    assert np.array_equal(candidate.pixels.to_array(), noise(50, 40, 9))


def test_what_is_saved_or_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(keeper: Recovery, session: Session) -> None:
        session.commit("stroke", with_stroke(session.document, 1))
        await keeper.kept()

    tell(tmp_path / "recovery", Session(flat_document(300, 200)), story, crash=False)
    assert list((tmp_path / "recovery").iterdir()) == []


def test_work_that_was_saved_before_the_crash_is_not_offered(tmp_path: Path) -> None:
    async def story(keeper: Recovery, session: Session) -> None:
        session.commit("stroke", with_stroke(session.document, 1))
        await keeper.kept()
        session.mark_saved(tmp_path / "a.downstage")
        await keeper.kept()

    tell(tmp_path / "recovery", Session(full_document()), story)
    assert len(list((tmp_path / "recovery").iterdir())) > 0
    assert leftovers(tmp_path / "recovery") == [] and list((tmp_path / "recovery").iterdir()) == []


def test_looking_at_a_file_writes_nothing(tmp_path: Path) -> None:
    async def story(keeper: Recovery, session: Session) -> None:
        session.active = None
        await asyncio.sleep(0.05)

    tell(tmp_path / "recovery", Session(full_document()), story, crash=False)
    assert not (tmp_path / "recovery").exists()


def test_recovered_work_belongs_to_its_file_and_is_unsaved(tmp_path: Path) -> None:
    path = tmp_path / "scene.downstage"
    save_document(full_document(), path)
    opened = open_with_report(path)
    session = Session(opened.document, path, stamp=opened.stamp)

    async def story(keeper: Recovery, session: Session) -> None:
        session.commit("stroke", with_stroke(session.document, 5))
        await keeper.kept()

    tell(tmp_path / "recovery", session, story)
    [leftover] = leftovers(tmp_path / "recovery")
    again = leftover.session()
    assert (again.path, again.stamp, again.modified) == (path, opened.stamp, True)
    assert differences(again.document, session.document) == []
    assert leftover.thumbnail.shape == (150, 160, 4) and leftover.thumbnail.any()
    assert save_document(again.document, path, expected=again.stamp)  # nobody else changed it meanwhile
    leftover.journal.remove()


def test_a_journal_that_a_living_window_holds_is_not_offered_to_another(tmp_path: Path) -> None:
    held = Journal.begin(tmp_path, flat_document(), NOWHERE)
    other = subprocess.run(
        [sys.executable, "-c", f"from app.session.recovery import *; print(len(leftovers(Path({str(tmp_path)!r}))))"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert other.stdout.strip() == "0" and held.file.exists()
    held.close()
    assert len(recovered(tmp_path)) == 1


def test_a_program_that_crashes_again_after_recovering_loses_nothing(tmp_path: Path) -> None:
    Journal.begin(tmp_path, full_document(), NOWHERE).close()
    for round in range(3):
        [leftover] = leftovers(tmp_path)

        async def run(leftover: recovery.Leftover = leftover, round: int = round) -> None:
            session = leftover.session()
            keeper = Recovery(tmp_path, asyncio.get_running_loop(), lambda error: pytest.fail(str(error)))
            keeper.watch(session, leftover.journal)
            session.commit("dpi", replace(session.document, dpi=100.0 + round))
            await keeper.kept()
            stop(keeper)
            keeper.close()

        asyncio.run(run())
        assert [document.dpi for document in recovered(tmp_path)] == [100.0 + round]


def journal_of(folder: Path, strokes: int) -> tuple[Journal, list[str]]:
    """A journal, and the fingerprints of the states it went through."""
    documents = [full_document()]
    journal = Journal.begin(folder, documents[0], NOWHERE)
    for number in range(strokes):
        documents.append(with_stroke(documents[-1], number))
        journal.write(documents[-1], NOWHERE)
    return journal, [fingerprint(document) for document in documents]


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def test_a_log_cut_off_anywhere_gives_an_earlier_state(tmp_path: Path) -> None:
    """A power cut leaves the beginning of what was being appended."""
    live, dice = tmp_path / "live", random.Random(4)
    journal, known = journal_of(live, 6)
    cut = copied(live, tmp_path / "cut")
    journal.remove()
    log = next(cut.glob("*-wal"))
    whole, reached = log.read_bytes(), set()
    for size in sorted({0, 20, len(whole), *(dice.randrange(len(whole)) for _ in range(12))}):
        again = copied(cut, tmp_path / f"cut {size}")
        os.truncate(again / log.name, size)
        [document] = recovered(again)
        reached.add(known.index(fingerprint(document)))
    assert reached >= {0, 6} and len(reached) > 3, "the cuts fell into too few states"


def test_power_lost_while_the_log_goes_into_the_database_loses_nothing(tmp_path: Path) -> None:
    """SQLite copies pages of the log into the database in any order; the log stays until all of them are on the disk."""
    live, dice = tmp_path / "live", random.Random(5)
    journal, known = journal_of(live, 5)
    before = copied(live, tmp_path / "before")
    journal._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    after = copied(live, tmp_path / "after")
    journal.remove()
    name = next(before.glob("*.downstage")).name
    old, new = (np.frombuffer((folder / name).read_bytes(), np.uint8) for folder in (before, after))
    assert len(new) > len(old)
    for number in range(8):
        cut = copied(before, tmp_path / f"cut {number}")
        mixed = new.copy()
        for page in range(len(old) // 8192):
            if dice.random() < 0.5:
                mixed[page * 8192 : (page + 1) * 8192] = old[page * 8192 : (page + 1) * 8192]
        (cut / name).write_bytes(mixed[: dice.randrange(len(old), len(new))].tobytes())
        assert [fingerprint(document) for document in recovered(cut)] == [known[-1]]


def test_a_journal_that_was_never_finished_is_no_loss_and_goes_away(tmp_path: Path) -> None:
    folder = tmp_path / "recovery"
    folder.mkdir()
    (folder / "empty.downstage").touch()
    begun = Journal(folder / "begun.downstage")
    project.create(begun._database)
    begun.close()
    assert leftovers(folder) == [] and list(folder.iterdir()) == []


def test_a_journal_damaged_beyond_reading_is_shown_as_that_and_stays(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path, full_document(), NOWHERE)
    journal._database.execute("UPDATE document SET value = x'7b7d' WHERE key = 'state'")
    journal.close()
    [leftover] = leftovers(tmp_path)
    assert leftover.opened is None and leftover.journal.file.exists()
    leftover.journal.close()


def test_a_journal_with_a_damaged_header_is_offered_and_stays_until_it_is_thrown_away(tmp_path: Path) -> None:
    file = tmp_path / "note.downstage"
    file.write_bytes(b"something else entirely" * 500)
    [left] = leftovers(tmp_path)
    assert left.opened is None and file.exists()
    left.journal.close()
    assert file.exists()
    left.journal.remove()
    assert not file.exists()


@pytest.mark.parametrize(
    ("error", "reason"), ((sqlite3.OperationalError("database or disk is full"), "is full"), (MemoryError(), "not enough memory"))
)
def test_a_journal_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    monkeypatch.setattr(recovery, "AGAIN", 0.01)
    refusals = 3

    def full(*arguments: object) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise error
        store(*arguments)

    store = project.store
    monkeypatch.setattr(project, "store", full)

    async def story(keeper: Recovery, session: Session) -> None:
        session.commit("stroke", with_stroke(session.document, 1))
        await keeper.kept()

    told = tell(tmp_path, Session(full_document()), story)
    assert len(told) == 1 and "cannot be kept safe" in told[0].sentence and reason in told[0].sentence
    assert refusals == 0 and len(recovered(tmp_path)) == 1


@linux_root
def test_a_real_disk_that_is_full_is_told_and_what_was_kept_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "AGAIN", 0.05)
    for disk in mounted(tmp_path / "small", "size=3m"):
        session = Session(flat_document(300, 300))

        async def story(keeper: Recovery, session: Session, disk: Path = disk) -> None:
            session.commit("first", replace(session.document, dpi=90.0))
            await keeper.kept()
            filler = disk / "filler"
            filler.write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
            large = make_layer("large", Pixels.from_array(noise(600, 600)))
            session.commit("second", edits.add_layer(session.document, large))
            async with asyncio.timeout(PATIENCE):
                while not keeper._told:
                    await asyncio.sleep(0.02)
            again = copied(disk, tmp_path / "as it is now")
            (again / "filler").unlink()
            assert [document.dpi for document in recovered(again)] == [90.0]
            filler.unlink()
            await written(keeper)

        told = tell(disk, session, story)
        assert len(told) == 1 and "is full" in told[0].sentence
        assert differences(session.document, recovered(disk)[0]) == []


def test_a_journal_of_a_newer_program_is_left_to_it(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path, full_document(), NOWHERE)
    journal._database.execute("PRAGMA user_version=99")
    journal.close()
    assert leftovers(tmp_path) == [] and journal.file.exists()


def test_a_file_of_the_documents_own_is_copied_not_packed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scene.downstage"
    save_document(full_document(), path)
    opened = open_with_report(path)
    project.unpack_visible(opened.document)  # as after painting it: the compressed bytes are gone
    packed: list[int] = []
    monkeypatch.setattr(tiles, "pack", lambda tile, pack=tiles.pack: packed.append(1) or pack(tile))
    edited = with_stroke(opened.document, 1)
    Journal.begin(tmp_path / "recovery", edited, Belonging(path, opened.stamp, False)).close()
    assert 0 < len(packed) <= 4  # what the stroke touched
    [document] = recovered(tmp_path / "recovery")
    assert differences(edited, document) == []
    assert isinstance(find(document, edited.layers[0].id), Layer)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the kills need fork, which Windows does not have")
def test_sessions_killed_at_random_moments_are_recovered(tmp_path: Path) -> None:
    """DOWNSTAGE_KILLS=300 for the long run; see tests/kills.py for what is checked."""
    command = [sys.executable, "-m", "tests.kills", str(KILLS), "1", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60 + 10 * KILLS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{KILLS} kills")
