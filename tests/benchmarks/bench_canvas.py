"""Frames of the canvas with 20 full layers of 4096²: the time of a frame, and against the least that it needs, four plain copies."""

from __future__ import annotations

import json
from collections.abc import Callable

FRAME, DAB = 16.0, 4.0  # milliseconds
LAYERS, SIDE = 20, 4096


def at(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def test_a_layer_among_twenty_is_dragged_without_stutter(measure: Callable, run_program: Callable) -> None:
    run = run_program("-m", "tests.benchmarks.canvas", str(LAYERS), str(SIDE))
    told = json.loads(run.output.splitlines()[-1])
    least = at(told.pop("least"), 0.5)
    for name, frames in told.items():
        budget = DAB if name.startswith("dab") else FRAME
        good = sum(frame < budget for frame in frames) / len(frames)
        words = f"{name}: 95 % of frames ({at(frames, 0.5) / least:.1f} × four copies in the middle; {good:.0%} under {budget:g} ms)"
        measure(words, at(frames, 0.95), "ms", budget=budget)
    pixels = LAYERS * SIDE * SIDE * 4 / 2**20
    measure("memory of all that, against the layers' pixels", run.megabytes / pixels, "×", budget=1.8)
