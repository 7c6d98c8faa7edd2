"""Speed and memory, apart from the tests: `make bench`.

A benchmark measures with `measure` and says its budget; the table comes at the end and in runs/bench.json.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "runs" / "bench.json"


@dataclass(frozen=True)
class Measurement:
    """One number with its unit ("s", "MB") and the most it may be."""

    name: str
    value: float
    unit: str
    budget: float

    @property
    def kept(self) -> bool:
        return self.value <= self.budget


_taken: list[Measurement] = []


@pytest.fixture
def measure() -> Iterator[Callable[..., None]]:
    """measure("name", value, "s", budget=2.0) records a number; at its end a benchmark fails over budgets that were not kept."""
    mine: list[Measurement] = []

    def record(name: str, value: float, unit: str, *, budget: float) -> None:
        mine.append(Measurement(name, value, unit, budget))

    yield record
    _taken.extend(mine)
    over = [f"{one.name}: {one.value:.3g} {one.unit}, the budget is {one.budget:g} {one.unit}" for one in mine if not one.kept]
    assert not over, "\n".join(over)


@dataclass(frozen=True)
class Run:
    """A finished program: wall-clock seconds, most resident memory in MB, what it printed."""

    seconds: float
    megabytes: float
    output: str


@pytest.fixture
def run_program() -> Callable[..., Run]:
    """run_program("-m", "bfs_engine", ...) runs Python in the repository and measures it; a failure fails the benchmark."""

    def run(*arguments: str) -> Run:
        watch = "import resource, subprocess, sys; s = subprocess.call(sys.argv[1:]);" + (
            "print('PEAK', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(s)"
        )
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", watch, sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600
        )
        seconds = time.monotonic() - started
        assert done.returncode == 0, done.stderr
        output, _, peak = done.stdout.rpartition("PEAK ")
        return Run(seconds, int(peak) / (2**20 if sys.platform == "darwin" else 1024), output)

    return run


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 12-megapixel JPEG with the structure of a photograph: the bundled one, enlarged, with grain."""
    with Image.open(ROOT / "resources" / "scenes" / "coffee.jpg") as small:
        large = np.asarray(small.resize((4248, 2832), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = np.random.default_rng(0).normal(0, 4, large.shape[:2]).astype(np.int16)[..., None]
    path = tmp_path_factory.mktemp("bench") / "photograph.jpg"
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(path, quality=92)
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _taken:
        return
    terminalreporter.section("measured")
    for taken in _taken:
        mark = "ok  " if taken.kept else "OVER"
        terminalreporter.write_line(f"{mark} {taken.value:10.3f} {taken.unit:<3} of {taken.budget:>8g} {taken.unit:<3} {taken.name}")
    RECORDS.parent.mkdir(exist_ok=True)
    about = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    RECORDS.write_text(json.dumps({"about": about, "measured": [asdict(taken) for taken in _taken]}, indent=1) + "\n")
