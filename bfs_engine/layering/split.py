"""The exact rule of taking a flat picture apart (numpy only): nothing of the picture is repainted.

A thing taken out of a picture C over a ground B is the layer L of C = α·F + (1−α)·B (BFS, equation 1), solved for every pixel so that L over B
is C to the last level. Between the untouched picture and the thing lies a patch, the ground where it differs from the picture. Of several
things, front to back, each is taken out of the ground that the one before it left, so all of them over the last ground are the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import lift
from ..api import Box, EngineError
from ..matting.matte import band, trimap
from ..words import phrase

SAME = 4  # levels of 255: a ground that differs from the picture by no more is the picture
ROOM = 0.5  # longer side of a thing's box over the side of what is looked at around it: room for its shadow
BAND = 256  # rows at a time

Ground = Callable[[np.ndarray, np.ndarray, bool], np.ndarray]
"""(picture (h, w, 3) uint8, thing (h, w) bool, whether its effects go too) -> the picture without it, (h, w, 3) uint8."""

Matting = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(picture, thing (h, w) bool, ground) -> how much of each pixel the thing covers, (h, w) uint8."""


@dataclass(frozen=True, eq=False)
class Taken:
    """A thing out of a picture, all of the picture's size: thing (h, w, 4) straight RGBA, with its effects where they went with it;
    cover (h, w), the alpha of the thing alone; ground (h, w, 3), the picture without it. thing over ground is the picture."""

    thing: np.ndarray = field(repr=False)
    cover: np.ndarray = field(repr=False)
    ground: np.ndarray = field(repr=False)


def take(picture: np.ndarray, masks: Sequence[np.ndarray], ground: Ground, matting: Matting, effects: bool = True) -> tuple[Taken, ...]:
    """The things of `masks`, front to back, out of (h, w, 3) uint8; each mask (h, w) uint8: from 128 on the thing.

    Where masks overlap, the one in front has it. effects: shadows and reflections go with the thing; else they stay in the ground.
    Raises EngineError where a mask is empty, or wholly behind those in front of it.
    """
    taken: list[Taken] = []
    hidden = np.zeros(picture.shape[:2], bool)
    for number, mask in enumerate(masks, 1):
        region = (mask >= 128) & ~hidden
        if not region.any():
            raise EngineError(
                phrase("Nothing is selected of thing {number}.", number=number), phrase("Click on it, or draw a closer box around it.")
            )
        taken.append(take_one(picture, region, ground, matting, effects))
        hidden |= region
        picture = taken[-1].ground
    return tuple(taken)


def take_one(picture: np.ndarray, region: np.ndarray, ground: Ground, matting: Matting, effects: bool = True) -> Taken:
    """One thing, (h, w) bool and not empty, out of (h, w, 3) uint8."""
    view = around(region, effects)
    seen, shape = picture[view], region[view]
    behind = given_back(seen, ground(seen, shape, effects))
    known = trimap(shape, band(shape))
    alpha = np.where(known == 128, matting(seen, shape, behind), known).astype(np.uint8)
    if not effects:
        behind = np.where(alpha[..., None] > 0, behind, seen)
    thing, cover, without = np.zeros((*region.shape, 4), np.uint8), np.zeros(region.shape, np.uint8), picture.copy()
    thing[view], cover[view], without[view] = layer(seen, behind, alpha), alpha, behind
    return Taken(thing, cover, without)


def around(region: np.ndarray, effects: bool = True) -> tuple[slice, slice]:
    """What is looked at of a picture around a thing: its box in the middle, with room for its effects; inside of the picture."""
    box = lift.bounds(region)
    if box is None:
        raise EngineError(phrase("Nothing is selected."))
    side = max(round(max(box.width, box.height) / (ROOM if effects else 0.75)), 32)
    return _span(box.y, box.height, side, region.shape[0]), _span(box.x, box.width, side, region.shape[1])


def _span(start: int, extent: int, side: int, length: int) -> slice:
    margin = (side - extent) // 2
    first = min(max(start - margin, 0), max(length - side, 0))
    return slice(min(first, start), min(max(first + side, start + extent), length))


def given_back(picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The ground, with the picture's own pixels wherever the two differ by no more than SAME levels."""
    same = np.abs(picture.astype(np.int16) - ground).max(axis=2, keepdims=True) <= SAME
    return np.where(same, picture, ground)


def layer(picture: np.ndarray, ground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8 that over `ground` is `picture` to the last level; both (h, w, 3) uint8.

    alpha: (h, w) uint8, how opaque it should be; it is raised where a colour in range needs it. Where both pictures are the same and
    alpha is 0 nothing is in it. Rounding the colour moves the sum by less than half a level, so it rounds to the picture.
    """
    made = np.empty((*alpha.shape, 4), np.uint8)
    for start in range(0, len(made), BAND):
        rows = slice(start, start + BAND)
        made[rows] = _solved(picture[rows].astype(np.float32), ground[rows].astype(np.float32), alpha[rows])
    return made


def _solved(above: np.ndarray, below: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    change = above - below
    room = np.where(change > 0, 255 - below, below)
    least = np.ceil(255 * (np.abs(change) / np.maximum(room, 1)).max(axis=2) - 1e-3).clip(0, 255)
    levels = np.maximum(least, wanted)
    colour = np.rint((below + change * (255 / np.maximum(levels, 1))[..., None]).clip(0, 255))
    share = levels[..., None] / np.float32(255)
    wrong = (np.rint(colour * share + below * (1 - share)) != above).any(axis=2)  # a sum at half a level
    levels, colour = np.where(wrong, 255, levels), np.where(wrong[..., None], above, colour)
    made = np.dstack([colour, levels]).astype(np.uint8)
    made[levels == 0] = 0
    return made


def patch(picture: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, Box] | None:
    """(box.height, box.width, 4) uint8, the ground where it differs from the picture, opaque there, and its place; None where nothing does."""
    differs = (picture != ground).any(axis=2)
    box = lift.bounds(differs)
    if box is None:
        return None
    view = slice(box.y, box.bottom), slice(box.x, box.right)
    made = np.dstack([ground[view], np.where(differs[view], 255, 0).astype(np.uint8)])
    made[~differs[view]] = 0
    return made, box


def parts(taken: Taken) -> tuple[np.ndarray, np.ndarray]:
    """The thing alone and its effects alone, (h, w, 4) each: thing over effects over the ground is the picture as near as eight bits go."""
    return lift.split(taken.thing, taken.cover)
