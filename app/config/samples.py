"""The pictures that come with the program, each with something to put on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bfs_engine.api import Box

SCENES = Path(__file__).parents[2] / "resources" / "scenes"


@dataclass(frozen=True)
class Sample:
    """A picture file, a thing to put on it, and where: `box` in the picture's pixels. credit: who made it, and its licence."""

    path: Path
    title: str
    prompt: str
    box: Box
    credit: str


def box_in_the_middle(width: int, height: int) -> Box:
    """A place for a thing on a picture that nobody has looked at: a square on the lower middle, a third of the shorter side."""
    side = max(min(width, height) // 3, 1)
    return Box((width - side) // 2, (height - side) * 3 // 4, side, side)


def samples(folder: Path = SCENES) -> tuple[Sample, ...]:
    """Every sample listed in scenes.json, in its order; the first one is the one to begin with."""
    rows = json.loads((folder / "scenes.json").read_text(encoding="utf-8"))
    return tuple(Sample(folder / row["file"], row["title"], row["prompt"], Box(*row["box"]), row["credit"]) for row in rows)
