"""Frames of the canvas with 20 full layers of 4096²: the time of a frame, and against the least that it needs, one copy of its pixels."""

from __future__ import annotations

import json
from collections.abc import Callable

FRAME = 16.0  # milliseconds
LAYERS, SIDE = 20, 4096


def at(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def test_a_layer_among_twenty_is_dragged_without_stutter(measure: Callable, run_program: Callable) -> None:
    told = json.loads(run_program("-m", "tests.benchmarks.canvas", str(LAYERS), str(SIDE)).output.splitlines()[-1])
    copies = told.pop("copies")
    for name, frames in told.items():
        ratio = at(frames, 0.5) / at(copies, 0.5)
        measure(f"{name}: 95 % of frames ({ratio:.0f} × a copy of the window's pixels in the middle)", at(frames, 0.95), "ms", budget=FRAME)
