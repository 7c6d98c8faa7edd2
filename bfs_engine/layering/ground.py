"""What is behind a thing and its effects: functions (picture, thing, effects) -> the picture without them (layering/split.py).

The base is the smooth continuation of the surroundings (lift.fill), with their grain: the fine detail of the ground beside the hole, shifted
into it as a whole, so that grass stays grass. The small network sees shadows and reflections, at 96 pixels; what it says of the light is carried
to the picture's own size as a ratio, so that the ground in a shadow keeps its own detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from .. import lift
from ..api import Box
from ..framing import cut
from . import network as networks

WEIGHTS = Path(__file__).parents[2] / "resources" / "models" / "ground" / "ground.safetensors"
LARGEST = 768  # pixels of the longer side at which grounds are made; larger ones are enlarged, with the grain of their own size
DARK = np.float32(0.02)  # added to both sides of a ratio of lights
MOST_LIGHT, LEAST_LIGHT = 3.5, 0.5
LEAST_CHANGES = (2, 4, 8, 16)  # levels of 255
MOST_RELIT = 0.75  # of what is not the hole
EVEN = 0.8  # how far the relit ground in the effects is drawn to the continuation of what lies beyond them
SHIFTS = 24  # directions in which grain is looked for


@dataclass(frozen=True)
class Smooth:
    """The smooth continuation with grain; shadows and reflections stay. candidate: 0 the likeliest grain, 1 the next …"""

    candidate: int = 0

    def __call__(self, picture: np.ndarray, thing: np.ndarray, effects: bool = True) -> np.ndarray:
        plain = picture.astype(np.float32) / 255
        return _uint8(painted(plain, _hole(thing), self.candidate))


class Learned:
    """The same after the network has taken the thing's light and shadow off the ground."""

    def __init__(self, weights: Path = WEIGHTS, candidate: int = 0) -> None:
        self.network, self.candidate = networks.load(weights), candidate

    def __call__(self, picture: np.ndarray, thing: np.ndarray, effects: bool = True) -> np.ndarray:
        if not effects:
            return Smooth(self.candidate)(picture, thing)
        plain = picture.astype(np.float32) / 255
        ratio = self._light(plain, thing)
        hole = _hole(thing)
        lit = ((plain + DARK) * ratio - DARK).clip(0, 1)
        relit, effects_too = _relit(np.abs(lit - plain).max(axis=2), hole)
        lit = np.where(relit[..., None], lit, plain)
        beyond = _continued(plain, effects_too)  # from where no light was changed; what the network says of light is right on the whole only
        off = (beyond - lit) * (effects_too & ~hole)[..., None]
        evened = cv2.GaussianBlur(off, (0, 0), max(0.01 * max(hole.shape), 1)) * EVEN
        made = np.where(effects_too[..., None], lit + evened, plain)
        return _uint8(np.where(hole[..., None], beyond + grain(plain, effects_too, self.candidate), made))

    def _light(self, plain: np.ndarray, thing: np.ndarray) -> np.ndarray:
        """How much more light the ground gets without the thing, a factor (h, w, 3)."""
        height, width = thing.shape
        side, small = max(height, width), networks.SIDE
        frame = Box((width - side) // 2, (height - side) // 2, side, side)
        shown = cv2.resize(cut(plain, frame), (small, small), interpolation=cv2.INTER_AREA)
        told = cv2.resize(cut(thing.astype(np.float32)[..., None], frame)[..., 0], (small, small), interpolation=cv2.INTER_AREA)
        hole, made = self._asked(shown, told)
        weight = (~hole).astype(np.float32)
        ratio = np.where(_of_the_thing(np.abs(made - shown).max(axis=2), hole)[..., None], (made + DARK) / (shown + DARK), 1)
        ratio = lift.fill(ratio, weight).clip(LEAST_LIGHT, MOST_LIGHT)
        back = slice(-frame.y, -frame.y + height), slice(-frame.x, -frame.x + width)
        return cv2.resize(np.float32(ratio), (side, side), interpolation=cv2.INTER_CUBIC)[back].clip(LEAST_LIGHT, MOST_LIGHT)

    @torch.no_grad()
    def _asked(self, shown: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        thing = torch.from_numpy(told)[None, None]
        made = networks.ground(self.network, torch.from_numpy(shown).permute(2, 0, 1)[None], thing)[0].clamp(0, 1)
        return networks.hole(thing)[0, 0].numpy() > 0, made.permute(1, 2, 0).numpy()


def best(candidate: int = 0) -> Smooth | Learned:
    """The best ground there is here: the network where its weights are, else the smooth continuation."""
    return Learned(WEIGHTS, candidate) if WEIGHTS.exists() else Smooth(candidate)


def _relit(change: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the light is changed, and that with the hole and its soft edge, (h, w) bool; small changes count as long as enough of the
    picture stays to continue from."""
    reach = max(5, round(0.03 * max(hole.shape)) | 1)
    for least in LEAST_CHANGES:
        relit = change > least / 255
        both = hole | (cv2.dilate(relit.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0)
        if both.mean() < MOST_RELIT + (1 - MOST_RELIT) * hole.mean():
            return relit, both
    return np.zeros_like(hole), hole


def _of_the_thing(change: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(h, w) bool: what changes noticeably and hangs together with the thing; other things keep their light."""
    seen = lift.blur(change, 1) > 1.5 / 255
    _, parts = cv2.connectedComponents((seen | lift.grown(hole, 2)).astype(np.uint8))
    return np.isin(parts, np.unique(parts[hole])) & (parts > 0)


def _hole(thing: np.ndarray) -> np.ndarray:
    """The thing and the soft edge around it, (h, w) bool."""
    return lift.grown(thing, max(2, round(max(thing.shape) / 128)))


def painted(ground: np.ndarray, hole: np.ndarray, candidate: int = 0) -> np.ndarray:
    """Float (h, w, 3) with the hole, (h, w) bool, continued smoothly and with grain."""
    return np.where(hole[..., None], (_continued(ground, hole) + grain(ground, hole, candidate)).clip(0, 1), ground)


def _continued(ground: np.ndarray, hole: np.ndarray) -> np.ndarray:
    step = -(-max(hole.shape) // LARGEST)
    if step == 1:
        return lift.fill(ground, (~hole).astype(np.float32))
    size = (-(-hole.shape[1] // step), -(-hole.shape[0] // step))
    weight = cv2.resize((~hole).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(ground * ~hole[..., None], size, interpolation=cv2.INTER_AREA) / np.maximum(weight, 1e-3)[..., None]
    small = lift.fill(colours, np.where(weight > 0.5, weight, 0))
    return cv2.resize(small, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)


def grain(ground: np.ndarray, hole: np.ndarray, candidate: int = 0) -> np.ndarray:
    """Fine detail for the hole, (h, w, 3) float about 0: that of the ground beside it, shifted as a whole from where the hole's rim fits best.

    Where no shift brings the hole wholly onto the ground, it is mirrored in pieces: single pixels of the surroundings' detail, by chance.
    """
    fine = ground - cv2.GaussianBlur(ground, (0, 0), 2)
    rim = lift.grown(hole, 3)
    fine[rim & ~hole] *= 0.999  # the blur has seen the hole there
    shifts = _shifts(ground, rim)
    if not shifts:
        chance = np.random.default_rng(candidate)
        pool = fine[~rim] if (~rim).any() else fine.reshape(-1, 3)
        return np.where(hole[..., None], pool[chance.integers(len(pool), size=hole.shape)], 0).astype(np.float32)
    dy, dx = shifts[candidate % len(shifts)]
    return np.where(hole[..., None], np.roll(fine, (-dy, -dx), axis=(0, 1)), 0)


def _shifts(ground: np.ndarray, rim: np.ndarray) -> list[tuple[int, int]]:
    """Shifts (down, right) that bring the rim of the hole and all in it onto ground, the best first: where rims look alike."""
    box = lift.bounds(rim)
    if box is None:
        return []
    height, width = rim.shape
    found = []
    edge = rim & ~lift.shrunk(rim, 2)
    rows, columns = np.nonzero(rim)
    edges = np.nonzero(edge)
    own = ground[edges]
    for k in range(SHIFTS):
        turn = 2 * np.pi * k / SHIFTS
        for far in (1.05, 1.5):
            dy, dx = round(np.sin(turn) * far * box.height), round(np.cos(turn) * far * box.width)
            y, x = rows + dy, columns + dx
            if y.min() < 0 or x.min() < 0 or y.max() >= height or x.max() >= width or rim[y, x].any():
                continue
            found.append((float(np.abs(ground[edges[0] + dy, edges[1] + dx] - own).mean()), dy, dx))
            break
    return [(dy, dx) for _, dy, dx in sorted(found)]


def _uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8)
