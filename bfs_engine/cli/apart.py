"""The command take-apart of python -m bfs_engine: things out of a flat picture, and the ground without them. Files in, files out."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from .. import lift
from ..api import Box, EngineError
from ..data.matting import load_matting
from ..layering import ground as grounds
from ..layering import split
from ..matting.matte import softened
from ..matting.select import Point, select
from . import pictures


def run(options: argparse.Namespace) -> int:
    """Take every thing that is pointed at out of the picture, front to back, and write what was asked for."""
    started = time.monotonic()
    picture = pictures.read_picture(options.picture)
    colours = pictures.colours(picture)
    ground = grounds.best()
    matting = softened if options.matting is None else load_matting(options.matting)
    taken: list[split.Taken] = []
    hidden = np.zeros(colours.shape[:2], bool)
    for number, wish in enumerate(wishes(options, picture.width, picture.height), 1):
        rest = taken[-1].ground if taken else colours
        mask = (_mask(rest, wish) >= 128) & ~hidden
        if not mask.any():
            raise EngineError(f"Nothing is selected of thing {number}.", "Those in front of it hide all of it; name it first.")
        taken.append(split.take_one(rest, mask, ground, matting, options.effects == "take"))
        hidden |= mask
    written, covers = outputs(options, colours, taken)
    pictures.write_pngs(written, picture.profile, covers)
    what = f"{options.words or 'The thing'} is" if len(taken) == 1 else f"{len(taken)} things are"
    print(f"{what} in {', '.join(str(path) for path in numbered(options.thing, len(taken)))}, after {time.monotonic() - started:.1f} s")
    return 0


class Wish:
    """What one thing is to be found by."""

    def __init__(self, box: Box | None, mask: Path | None = None) -> None:
        self.box, self.mask, self.points = box, mask, list[Point]()


def wishes(options: argparse.Namespace, width: int, height: int) -> list[Wish]:
    """One for each thing, front to back. Points belong to the first box that holds them, else to the nearest; without boxes each --point is
    a thing, with all its clicks. Raises EngineError."""
    if not (options.box or options.point or options.mask or options.words):
        raise EngineError("Nothing says where the thing is.", "Name a --box, a --point or a --mask.")
    if options.words and not (options.box or options.point or options.mask):
        raise EngineError("Words alone select nothing here: there is no model for words here.", "Name a --box or a --point.")
    boxes = [_box(numbers, width, height) for numbers in options.box or ()]
    if options.mask:
        if boxes and len(boxes) != len(options.mask):
            raise EngineError(f"There are {len(boxes)} boxes and {len(options.mask)} masks.", "Every box needs a mask of its own, or none has one.")
        return [Wish(box, mask) for box, mask in zip(boxes or [None] * len(options.mask), options.mask, strict=True)]
    clicks = [_points(numbers, width, height) for numbers in options.point or ()]
    if not boxes:
        found = [Wish(None) for _ in clicks]
        for wish, points in zip(found, clicks, strict=True):
            wish.points += points
        return found
    found = [Wish(box) for box in boxes]
    for point in (point for points in clicks for point in points):
        min(found, key=lambda wish: _distance(wish.box, point)).points.append(point)
    return found


def _box(numbers: list[int], width: int, height: int) -> Box:
    x, y, wide, high = numbers
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + wide, width), min(y + high, height)
    if right - left < 4 or bottom - top < 4:
        raise EngineError(f"The box {x},{y} {wide} × {high} is too small or outside the picture, which is {width} × {height} pixels.")
    return Box(left, top, right - left, bottom - top)


def _points(numbers: list[int], width: int, height: int) -> list[Point]:
    if len(numbers) % 2:
        raise EngineError("A --point is X Y, or X Y X Y … for several clicks on one thing.")
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):
            raise EngineError(f"The point {x},{y} is outside the picture, which is {width} × {height} pixels.")
    return [(x + 0.5, y + 0.5, True) for x, y in points]


def _distance(box: Box | None, point: Point) -> float:
    if box is None:
        return 0.0
    x, y, _ = point
    return float(np.hypot(max(box.x - x, x - box.right, 0), max(box.y - y, y - box.bottom, 0)))


def _mask(picture: np.ndarray, wish: Wish) -> np.ndarray:
    if wish.mask is None:
        return select(picture, wish.box, tuple(wish.points)).masks[0]
    given = pictures.read_picture(wish.mask).pixels
    if given.shape[:2] != picture.shape[:2]:
        raise EngineError(f"{wish.mask} is {given.shape[1]} × {given.shape[0]} pixels, and the picture {picture.shape[1]} × {picture.shape[0]}.")
    return given[..., 3] if given.shape[2] == 4 else given.max(axis=2)


def outputs(
    options: argparse.Namespace, colours: np.ndarray, taken: list[split.Taken]
) -> tuple[dict[Path, np.ndarray], dict[Path, np.ndarray | None]]:
    """What is written, and the covers of the layers in it. With --shadow the thing is alone, and thing over shadow over ground is the picture;
    with --reflection the shadow is black and the light a layer between the two. The ground is without any of the things; of several there is
    also the ground behind each."""
    written: dict[Path, np.ndarray] = {options.ground: taken[-1].ground}
    covers: dict[Path, np.ndarray | None] = {}
    count = len(taken)
    if count > 1:
        written |= {path: one.ground for path, one in zip(numbered(options.ground, count), taken, strict=True)}
    names = {name: numbered(path, count) for name in ("thing", "shadow", "reflection") if (path := getattr(options, name)) is not None}
    for k, one in enumerate(taken):
        thing = one.thing
        if "shadow" in names or "reflection" in names:
            above = colours if k == 0 else taken[k - 1].ground
            thing, layers = apart(above, one, "reflection" in names)
            written |= {names[name][k]: layers[name] for name in layers if name in names}
        written[names["thing"][k]] = thing
        covers[names["thing"][k]] = one.cover
    return written, covers


def apart(picture: np.ndarray, one: split.Taken, light: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The thing alone and its effects: in one layer "shadow", or with `light` a black "shadow" and a "reflection" above it. The thing is solved
    over them, so that all of them over the ground are the picture again."""
    if one.cover.any():
        _, effects = lift.split(one.thing, one.cover)
        effects = np.where(one.cover[..., None] == 0, one.thing, effects)
    else:
        effects = one.thing
    layers = dict(zip(("shadow", "reflection"), lift.shadow_and_reflection(effects), strict=True)) if light else {"shadow": effects}
    below = one.ground
    for layer in layers.values():
        below = pictures.over(layer, below)
    thing = split.layer(picture, below, one.cover)
    thing[one.cover == 0] = 0
    return thing, layers


def numbered(path: Path, count: int) -> list[Path]:
    """thing.png for one, thing-1.png, thing-2.png … for more."""
    return [path] if count == 1 else [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]
