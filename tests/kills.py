"""A session that is killed at random moments, again and again: python -m tests.kills COUNT SEED FOLDER

Each session goes on where the one before was killed, as a user would: it recovers what is offered, or opens the file. It
paints, moves, generates, undoes and saves, and writes down every state before it shows it. After each kill the file must open
whole, as one of the states that were saved, and what is recovered must be a state that existed, no older than two seconds, with
every candidate that was reported to be on the disk. Half of the sessions write their journal without a pause, so that
kills fall into a write more often than not.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.document import edits
from app.document.document import Candidate, Document, Layer, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Key, Pixels, Tiles
from app.errors import FileChanged
from app.formats import open_with_report, save_document
from app.formats.project.state import to_json
from app.session import recovery
from app.session.recovery import Recovery, leftovers
from app.session.session import Session

MOST_LOST = 2.0  # seconds of work
LONGEST_LIFE = 2.6  # seconds


class _Names:
    def put(self, tiles: Tiles) -> dict[Key, str]:
        return {key: hashlib.blake2b(np.ascontiguousarray(tile), digest_size=16).hexdigest() for key, tile in tiles.items()}


def fingerprint(document: Document) -> str:
    """Names a document by all that is in it."""
    return hashlib.blake2b(json.dumps(to_json(document, _Names())).encode(), digest_size=16).hexdigest()


class Diary:
    """What happened, when, one line each, in a file that outlives a kill."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def note(self, what: str, state: str) -> None:
        """what: "born" (a session starts), "state" (about to be shown), "kept" (a candidate is on the disk), "saving", "saved"."""
        os.write(self._file, f"{time.monotonic()} {what} {state}\n".encode())


def painted(document: Document, dice: random.Random) -> Document:
    """Another look: a stroke, a shift, a candidate, a name, a new layer, one less."""
    layers = [node for node, _, _ in walk(document) if isinstance(node, Layer)]
    layer, what = dice.choice(layers), dice.randrange(6)
    square = np.random.default_rng(dice.getrandbits(32)).integers(0, 256, (90, 90, 4), dtype=np.uint8)
    if what < 2:
        pixels = layer.pixels.with_region(dice.randrange(500), dice.randrange(400), square)
        return replace(document, layers=tuple(replace(node, pixels=pixels) if node is layer else node for node in document.layers))
    if what == 2:
        return edits.set_placement(document, layer.id, Placement(dice.randrange(100), dice.randrange(100)))
    if what == 3 and len(layers) > 2:
        return edits.remove(document, [layer.id])
    return edits.add_layer(document, make_layer(f"layer {dice.random():.3f}", Pixels.from_array(square)), layer.id)


def generated(document: Document, dice: random.Random) -> Document:
    square = np.random.default_rng(dice.getrandbits(32)).integers(0, 256, (60, 80, 4), dtype=np.uint8)
    layer = dice.choice(document.layers)
    recipe = {"prompt": "apple", "seed": dice.getrandbits(30), "box": {"x": 0, "y": 0, "width": 80, "height": 60}}
    return edits.add_candidate(document, layer.id, Candidate(Pixels.from_array(square), Placement(), recipe), True)


async def work(folder: Path, seed: int) -> None:
    """Until it is killed."""
    dice, diary, path = random.Random(seed), Diary(folder / "diary"), folder / "scene.downstage"
    loop, files = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    found = leftovers(folder / "recovery")
    if found:
        session, journal = found[0].session(), found[0].journal
    else:
        opened = open_with_report(path)
        session, journal = Session(opened.document, path, stamp=opened.stamp), None
    keeper = Recovery(folder / "recovery", loop, lambda error: diary.note("failed", str(error)))
    keeper.watch(session, journal)
    while True:
        chance = dice.random()
        if chance < 0.1:
            document = session.document
            diary.note("saving", fingerprint(document))
            try:
                stamp = await loop.run_in_executor(files, lambda: save_document(document, path, expected=session.stamp))
            except FileChanged:  # the session before was killed after its save, before it could note the file's new version
                assert found, "nobody else writes the file"
                stamp = await loop.run_in_executor(files, save_document, document, path)
            found = []
            diary.note("saved", fingerprint(document))
            session.mark_saved(path, document, stamp)
            keeper.hurry()
        elif chance < 0.2 and session.history.can_undo:
            diary.note("state", fingerprint(session.history._steps[session.history.index - 1].document))
            session.undo()
        else:
            document = generated(session.document, dice) if chance < 0.4 else painted(session.document, dice)
            diary.note("state", fingerprint(document))
            session.commit("edit", document)
            if chance < 0.4:
                keeper.hurry()
                await keeper.kept()
                diary.note("kept", fingerprint(document))
        await asyncio.sleep(dice.random() * 0.08)


def entries(folder: Path) -> list[tuple[float, str, str]]:
    """The diary: (when, what, state)."""
    lines = [line.split() for line in (folder / "diary").read_text().splitlines()]
    return [(float(when), what, state) for when, what, state in lines]


def judge(folder: Path, killed: float) -> str:
    """Look at what a session that was killed at that time left; what is wrong with it, or "recovered" or "opened" and the seconds
    of work that are lost."""
    noted = entries(folder)
    if "failed" in {what for _, what, _ in noted}:
        return "a session failed"
    opened = open_with_report(folder / "scene.downstage")
    state = fingerprint(opened.document)
    last_saved = max(i for i, (_, what, _) in enumerate(noted) if what == "saved")
    if not opened.whole or state not in {state for _, what, state in noted[last_saved:] if what in ("saving", "saved")}:
        return "the file holds what was never saved"
    found = leftovers(folder / "recovery")
    if len(found) > 1 or any(one.opened is None or not one.opened.whole for one in found):
        return "a journal is damaged, or there are several"
    for leftover in found:
        state = fingerprint(leftover.opened.document)
        leftover.journal.close()
    at = max((i for i, (_, _, state_then) in enumerate(noted) if state_then == state), default=-1)
    if at < 0:
        return "a state was recovered that never existed"
    born = max(i for i, (_, what, _) in enumerate(noted) if what == "born")
    after = noted[max(at, born) + 1 :]
    if any(what == "kept" for _, what, _ in after):
        return "a candidate that was on the disk is gone"
    lost = max([0.0] + [killed - when for when, what, _ in after if what == "state"])
    return f"{'recovered' if found else 'opened'} {lost:.3f}" if lost <= MOST_LOST else f"{lost:.2f} s of work are lost"


def start(folder: Path) -> str:
    """The file that the first session opens."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 256, (450, 600, 4), dtype=np.uint8)
    document = Document(600, 450, tuple(make_layer(name, Pixels.from_array(noise)) for name in ("one", "two", "three")))
    save_document(document, folder / "scene.downstage")
    Diary(folder / "diary").note("saved", fingerprint(document))
    return "started"


def apart(function: Callable[..., str], *arguments: object) -> str:
    """What the function says, called in a process of its own: Qt's threads do not survive a fork, so this one never paints."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, function(*arguments).encode())
        except BaseException as error:
            os.write(write, repr(error).encode()[:4000])
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def kill_once(folder: Path, seed: int) -> float:
    """Start a session, kill it after a random time, and say when."""
    dice = random.Random(seed)
    if dice.random() < 0.5:
        recovery.PAUSE = 0.0
    Diary(folder / "diary").note("born", str(seed))
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(work(folder, seed))
        except BaseException as error:
            Diary(folder / "diary").note("failed", type(error).__name__)
            print(f"session {seed}: {error!r}", file=sys.stderr, flush=True)
        os._exit(1)
    recovery.PAUSE = 1.0
    time.sleep(dice.uniform(0.02, LONGEST_LIFE))
    killed = time.monotonic()
    os.kill(child, dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV)))
    os.waitpid(child, 0)
    return killed


def main(count: int, seed: int, folder: Path) -> None:
    assert apart(start, folder) == "started"
    said, during_saves = [], 0
    for number in range(count):
        killed = kill_once(folder, seed + number)
        during_saves += (folder / "scene.downstage-journal").exists()
        said.append(apart(judge, folder, killed).split(" "))
        if said[-1][0] not in ("recovered", "opened"):
            raise SystemExit(f"kill {number} of the session with seed {seed + number}: {' '.join(said[-1])}")
    noted = entries(folder)
    waits = sorted(b[0] - a[0] for a, b in zip(noted, noted[1:], strict=False) if b[1] == "kept") or [0.0]
    print(
        f"{count} kills ({during_saves} during a save in place), {sum(one[0] == 'recovered' for one in said)} recovered, "
        f"{max(float(one[1]) for one in said):.2f} s lost at most; "
        f"{sum(what == 'state' for _, what, _ in noted)} states, {sum(what == 'saved' for _, what, _ in noted)} saves, "
        f"{len(waits)} candidates on the disk after {waits[len(waits) // 2] * 1000:.0f} ms (median; {waits[-1] * 1000:.0f} ms at most)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
