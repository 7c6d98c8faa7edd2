"""The process that reads: it makes mutated files one after the other, watches what reading them does, and reports on stdout."""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path
from types import CodeType, FrameType

import psd_tools
from PIL import Image

from app.errors import ExpectedError
from bfs_engine.api import EngineError
from tests.fuzz.readers import READERS, Reader

SLOWEST = 10.0  # seconds of processor time for one file
ADDRESS_SPACE = 4 << 30  # bytes, on top of what the program itself maps
LARGEST_SEED = 64 << 10  # bytes

# The parsers written in Python; lines of others say nothing about how far a file was understood.
_WATCHED = tuple(str(path) for path in (
    Path(__file__).parents[2] / "app" / "formats", Path(Image.__file__).parent, Path(psd_tools.__file__).parent,
))  # fmt: skip


class Forbidden(BaseException):
    """Something that reading a file must never do."""


class Watch:
    """An audit hook: Python tells it of every file, process, socket and pickle."""

    def __init__(self) -> None:
        self.on = False
        sys.addaudithook(self._hook)

    def _hook(self, event: str, given: tuple) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = given
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes and isinstance(path, str):
                raise Forbidden(f"opens {path} for writing")
        elif event in _NEVER or event.startswith(("pickle.", "subprocess.", "socket.", "shutil.", "ctypes.dlopen", "urllib.")):
            raise Forbidden(f"{event} {given!r:.200}")


_NEVER = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate",
    "os.system", "os.exec", "os.fork", "os.posix_spawn",
}  # fmt: skip


class Reach:
    """How many lines of the parsers files have come to so far. A function whose lines are all known runs at full speed."""

    def __init__(self) -> None:
        self.lines = 0
        self._left: dict[int, tuple[CodeType, set[int]]] = {}  # of each function, by id: code objects are slow keys

    def _call(self, frame: FrameType, _event: str, _given: object) -> object:
        code = frame.f_code
        known = self._left.get(id(code))
        if known is None:
            lines = {line for _start, _end, line in code.co_lines() if line} if code.co_filename.startswith(_WATCHED) else set()
            known = self._left[id(code)] = code, lines
        return self._line if known[1] else None

    def _line(self, frame: FrameType, event: str, _given: object) -> object:
        left = self._left[id(frame.f_code)][1]
        if event == "line" and frame.f_lineno in left:
            left.remove(frame.f_lineno)
            self.lines += 1
        return self._line

    def __enter__(self) -> None:
        sys.settrace(self._call)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)


def main(name: str, seed: str, start: int, end: int, folder: Path, extra: str, out: Path) -> None:
    """Files `start` to `end` of a reader; `folder` is its own."""
    reader = READERS[name]
    seeds = _seeds(reader, folder, extra)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    case = folder / f"{reader.stem}{reader.suffix}"
    case.parent.mkdir(parents=True, exist_ok=True)
    watch, reach = Watch(), Reach()
    for first in seeds:  # also loads what is loaded at first use
        case.write_bytes(first)
        with reach:
            _outcome(reader, case)
    limit_memory(ADDRESS_SPACE)
    faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)  # says where, then dies
    files = sorted(folder.iterdir())
    for index in range(start, end):
        chance = random.Random(f"{seed}/{name}/{index}")
        case.write_bytes(reader.mutate(chance.choice(seeds), chance, seeds))
        before = reach.lines
        signal.setitimer(signal.ITIMER_PROF, SLOWEST)
        watch.on = True
        with reach:
            outcome, fault = _outcome(reader, case)
        watch.on = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        for beside in folder.glob(f"{case.name}-*"):  # SQLite's own: the journal of unsaved work is opened to be written on
            beside.unlink()
        if sorted(folder.iterdir()) != files:
            fault = fault or f"left files: {sorted(set(folder.iterdir()) ^ set(files))}"
        if fault:
            outcome = "fault"
            _keep(case, out / f"{name.replace(' ', '-')}-{index:06}{reader.suffix}", fault)
        reached = reach.lines > before
        if reached and not fault and case.stat().st_size <= LARGEST_SEED:
            seeds.append(case.read_bytes())
        _say({"file": 1, outcome: 1, "reached": int(reached)}, index + 1)


def limit_memory(more: int) -> None:
    """From now on the process gets `more` bytes of address space on top of what it has; where the system tells how much that is."""
    mapped = Path("/proc/self/statm")
    if mapped.exists():
        pages = int(mapped.read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _seeds(reader: Reader, folder: Path, extra: str) -> list[bytes]:
    examples = folder / "seeds"
    examples.mkdir()
    reader.write(examples)
    paths = sorted(examples.iterdir())
    if extra:
        paths += sorted(path for path in Path(extra).rglob(f"*{reader.suffix}") if path.stat().st_size <= LARGEST_SEED)
    return [path.read_bytes() for path in paths]


def _outcome(reader: Reader, case: Path) -> tuple[str, str]:
    """What became of it, and the fault where there is one."""
    try:
        reader.read(case)
        return "opened", ""
    except (ExpectedError, EngineError) as error:
        return ("too large" if "memory" in str(error) else "refused"), "" if str(error).strip() else "no sentence"
    except (Exception, Forbidden):
        return "fault", traceback.format_exc()


def _keep(case: Path, target: Path, why: str) -> None:
    target.write_bytes(case.read_bytes())
    target.with_name(target.name + ".txt").write_text(why, "utf-8")


def _say(counts: dict[str, int], done: int) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1 << 20)
    print(json.dumps(counts | {"done": done, "MB": peak}), file=REPORTS, flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    REPORTS = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints does not get between the lines
    sys.dont_write_bytecode = True
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]), sys.argv[6], Path(sys.argv[7]))
