"""Mutated files for every reader: nothing but a picture or a sentence may come out.

    python -m tests.fuzz --count 100000 --seed 1 --out runs/fuzz          all readers, one process at a time
    python -m tests.fuzz --count 5000 --only psd ora --extra FOLDER       with further files to start from
    python -m tests.fuzz --file runs/fuzz/psd-000123.psd --only psd       one file again, with its traceback

Faults are: an exception that is no ExpectedError or EngineError, a crash, more than 10 seconds of processor time, more than 4 GiB
of address space asked for without a sentence about it, a file written or removed anywhere, a process or socket opened, anything
unpickled. A file that does such a thing is kept in --out. The parsers are traced line by line, and a file that reaches lines
that no file before it reached joins those to start from.

POSIX only: limits and timers are the system's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.readers import READERS

SILENCE = 300  # seconds without a word after which the parent gives a child up


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=1000, help="mutated files in all; readers have shares by weight")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=sorted(READERS), default=sorted(READERS))
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--extra", type=Path, help="a folder of further files to start from, chosen by suffix; large ones are left out")
    parser.add_argument("--file", type=Path, help="read this one file")
    options = parser.parse_args()
    if options.file:
        READERS[options.only[0]].read(options.file)
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    total, start = Counter(), time.monotonic()
    weights = sum(READERS[name].weight for name in options.only)
    for name in options.only:
        results = run_reader(name, -(-options.count * READERS[name].weight // weights), options)
        print(f"{name:13}", *(f"{what} {results[what]}" for what in _COLUMNS if results[what] or what == "fault"), sep="  ", flush=True)
        total.update(file=results["file"], fault=results["fault"])
    print(f"{total['file']} files in {time.monotonic() - start:.0f} s: {total['fault']} faults, kept in {options.out}", flush=True)
    return 1 if total["fault"] else 0


_COLUMNS = ("file", "opened", "refused", "too large", "fault", "reached", "MB")


def run_reader(name: str, count: int, options: argparse.Namespace) -> Counter[str]:
    """Run children until `count` files are through; a child that dies costs one file and is replaced."""
    results: Counter[str] = Counter()
    done = 0
    while done < count:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.child", name]
            command += [str(options.seed), str(done), str(count), folder]
            command += [str(options.extra.resolve()) if options.extra else "", str(options.out.resolve())]
            done, died = _follow(command, results, done)
            if died:
                results["fault"] += 1
                results["file"] += 1
                _keep(Path(folder), name, done, options.out, died)
                done += 1
    return results


def _follow(command: list[str], results: Counter[str], done: int) -> tuple[int, str]:
    """Take a child's lines until it ends: the number of files done, and how it died (empty: it did not)."""
    with tempfile.TemporaryFile("w+") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            message = json.loads(line)
            done = message.pop("done")
            peak = message.pop("MB", 0)
            results.update(message)
            results["MB"] = max(results["MB"], peak)
        status = child.wait(SILENCE)
        if status == 0:
            return done, ""
        errors.seek(0)
        return done, f"status {status}\n" + errors.read()[-6000:]


def _keep(folder: Path, name: str, index: int, out: Path, why: str) -> None:
    """The file over which a child died, and its last words."""
    reader = READERS[name]
    target = out / f"{name.replace(' ', '-')}-{index:06}{reader.suffix}"
    case = folder / f"{reader.stem}{reader.suffix}"
    if case.exists():
        target.write_bytes(case.read_bytes())
    target.with_name(target.name + ".txt").write_text(why, "utf-8")
    print(f"FAULT {target}: {why.strip().splitlines()[0]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
