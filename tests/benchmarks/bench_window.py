"""The window: up at once, never waiting for torch, and never still while a layer is made."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "scenes" / "coffee.jpg"


def test_the_window_is_up_within_two_seconds(measure: Callable, run_program: Callable) -> None:
    runs = [run_program("-m", "tests.benchmarks.window", str(time.time()), str(SAMPLE)) for _ in range(3)]
    told = [json.loads(run.output) for run in runs]
    assert not told[-1]["torch"], "torch was imported before the window was up"
    measure("from start to the window", min(one["up"] for one in told), "s", budget=2)
    measure("memory of the window with a small picture", max(run.megabytes for run in runs), "MB", budget=300)


def test_the_editor_stays_awake_while_a_layer_is_made(photograph: Path, measure: Callable, run_program: Callable) -> None:
    run = run_program("-m", "tests.benchmarks.window", str(time.time()), str(photograph), "strawberry")
    told = json.loads(run.output)
    measure("longest gap of the window's loop while a layer is made", told["gap"] * 1000, "ms", budget=100)
    measure("first preview after the first step", told["preview_after_step"], "s", budget=1)
    measure("first layer on 12 megapixels, import of torch included", told["took"], "s", budget=15)
