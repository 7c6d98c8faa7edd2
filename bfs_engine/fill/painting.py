"""From a box to a layer around an inpainting model: the region it may paint, and the layer out of what it painted. Without torch.

A model returns the whole frame through its autoencoder: softer, noisy, with drifted colours, at times a pixel aside. All that is measured
where nothing should have changed, taken out, and the real ground is put back, so that the layer holds the thing and its effects only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import lift
from ..api import Box, EngineError
from ..words import phrase

# Shares of the box's width to each side, and of its height above and below, that the region is grown by for shadow and reflection. Of our
# own plain scenes' effects the regions hold .22, .94 and .98 in the mean.
ROOM = {"none": (0.0, 0.0, 0.0), "small": (0.45, 0.08, 0.35), "large": (0.70, 0.10, 0.50)}
CELL = 16  # pixels of a model's latent cell; the border of its change is that soft
SHIFT = 2  # pixels by which a painting may lie aside and still be put right
TELLING = 0.8  # a shift counts if it leaves less than this of the difference in grain
VISIBLE = 6 / 255  # a change that is more than an autoencoder's error
EMPTY = 0.01  # of the box that must have changed
REPAINTED = 0.5  # of the region beside the box; more of it opaque is new ground, and no thing with effects


@dataclass(frozen=True, eq=False)
class Lifted:
    """layer: (h, w, 4) uint8 straight RGBA over the ground; cover: (h, w) uint8, its thing alone; shift: dx, dy that the painting lay aside;
    surroundings: 0..1, what was left of the drift around the region, 90th percentile."""

    layer: np.ndarray
    cover: np.ndarray
    shift: tuple[int, int]
    surroundings: float


def region_around(box: Box, crop: Box, room: str = "large") -> Box:
    """Where the model may paint for a thing in the box: the box with room for its effects, inside the crop. room: a name of ROOM."""
    sides, above, below = ROOM[room]
    left, right = max(round(box.x - sides * box.width), crop.x), min(round(box.right + sides * box.width), crop.right)
    top, bottom = max(round(box.y - above * box.height), crop.y), min(round(box.bottom + below * box.height), crop.bottom)
    return Box(left, top, right - left, bottom - top)


def mask_of(region: Box, size: tuple[int, int]) -> np.ndarray:
    """(h, w) bool of a region in the pixels of a picture of that size."""
    mask = np.zeros(size, bool)
    mask[region.y : region.bottom, region.x : region.right] = True
    return mask


def layer_of(painted: np.ndarray, ground: np.ndarray, region: np.ndarray, box: Box) -> Lifted:
    """The layer that a model painted on the ground; both (h, w, 3) uint8. region: (h, w) bool, where it was allowed to; box: where the
    thing shall stand, in the same pixels. Outside the region the layer is empty; over the ground it is the mended painting to one level.

    Raises EngineError where the painting lies too far aside, where nothing was put in the box, and where the ground was painted anew.
    """
    below = ground.astype(np.float32) / 255
    ring = ~lift.grown(region, CELL // 2)
    above = undrifted(painted.astype(np.float32) / 255, below, ring)
    shift = shift_of(above, below, ring)
    if max(map(abs, shift)) > SHIFT:
        raise EngineError(phrase("The model moved the whole picture."), phrase("Try another seed."))
    above = np.roll(above, (-shift[1], -shift[0]), axis=(0, 1))
    soft = as_soft(below, above, ring)
    left = np.abs(lift.blur(above - below, 2)).max(axis=2)[ring]
    surroundings = float(np.percentile(left, 90)) if left.size else 0.0
    matte = lift.thing_matte(_levels(np.where(region[..., None], above, soft)), _levels(soft)).astype(np.float32) / 255 * region
    _refuse(above - soft, matte, region, box)
    change = _effects(above - soft, matte, region, max(lift.DEAD, surroundings))
    mended = _levels(below + change * (1 - matte[..., None]) + (above - below) * matte[..., None])
    mended[~region] = ground[~region]
    cover = _levels(matte)
    return Lifted(lift.lift(mended, ground, cover), cover, shift, surroundings)


def undrifted(painted: np.ndarray, ground: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The painting with the ground's colours in the ring, both (h, w, 3) float; ring: (h, w) bool, where they should be equal.

    Per channel painted = gain · ground + offset + slope across and down, fitted to both smoothed, again and again without what does not
    obey; the gain is held to 1 where the ring has too few colours to tell it.
    """
    if not ring.any():
        return painted
    soft, plain = lift.blur(painted, 2), lift.blur(ground, 2)
    down, across = (axis.astype(np.float32) / max(length, 1) - 0.5 for axis, length in zip(np.indices(ring.shape), ring.shape))
    mended = np.empty_like(painted)
    for channel in range(3):
        known = np.stack([plain[..., channel][ring], np.ones(ring.sum(), np.float32), across[ring], down[ring]], axis=1)
        wanted = (soft[..., channel] - plain[..., channel])[ring]
        weight = np.ones(len(wanted), np.float32)
        for _ in range(6):
            held = known * weight[:, None]
            found = np.linalg.solve(held.T @ known + np.diag([1e-4 * len(wanted), 1e-6, 1e-4, 1e-4]), held.T @ wanted)
            error = np.abs(wanted - known @ found)
            weight = 1 / (1 + (error / max(2 * float(np.median(error)), 1 / 255)) ** 2)
        gain, offset, right, low = found
        mended[..., channel] = (painted[..., channel] - offset - right * across - low * down) / (1 + gain)
    return mended


def as_soft(ground: np.ndarray, painted: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The ground with as much of its grain as the painting kept in the ring, (h, w, 3) float. Against the sharp ground a shadow would be
    taken for a thing, because it lets too little of the grain through."""
    grain = ground - lift.blur(ground, 1)
    known = grain[ring]
    lost = float((known * (ground - painted)[ring]).sum() / max(float((known**2).sum()), 1e-6))
    return ground - np.float32(np.clip(lost, 0, 1)) * grain


def shift_of(painted: np.ndarray, ground: np.ndarray, ring: np.ndarray) -> tuple[int, int]:
    """By how many pixels (dx, dy) the painting lies aside of the ground, told by the grain in the ring; one more than SHIFT means: further
    than can be put right. (0, 0) where there is no grain."""
    reach = SHIFT + 1
    inner = lift.shrunk(ring, reach)
    inner[:reach] = inner[-reach:] = inner[:, :reach] = inner[:, -reach:] = False
    if not inner.any():
        return 0, 0
    fine, known = painted - lift.blur(painted, 3), ground - lift.blur(ground, 3)
    known = lift.blur(known, 1)  # as soft as an autoencoder leaves it
    fine = lift.blur(fine, 1)
    apart = {
        (dx, dy): float(np.abs(np.roll(fine, (-dy, -dx), axis=(0, 1))[inner] - known[inner]).mean())
        for dy in range(-reach, reach + 1)
        for dx in range(-reach, reach + 1)
    }
    best = min(apart, key=apart.__getitem__)
    return best if apart[best] < TELLING * apart[0, 0] else (0, 0)


def _refuse(change: np.ndarray, matte: np.ndarray, region: np.ndarray, box: Box) -> None:
    inside = mask_of(box, region.shape)
    beside = region & ~lift.grown(inside, CELL // 2)
    if beside.any() and (matte[beside] > 0.5).mean() > REPAINTED:
        raise EngineError(
            phrase("The model painted the ground anew, and not only a thing on it."),
            phrase("Try another seed."),
        )
    if (np.abs(lift.blur(change, 2)).max(axis=2)[inside] > VISIBLE).mean() < EMPTY:
        raise EngineError(phrase("The model put nothing there."), phrase("Try another seed or a larger box."))


def _effects(change: np.ndarray, matte: np.ndarray, region: np.ndarray, dead: float) -> np.ndarray:
    """What shadow and reflection change, (h, w, 3): smooth, so that the ground keeps its own grain; carried on under the thing's edge, and
    fading to nothing at the region's border. dead: changes up to it are the model's error."""
    reach = max(2, round(max(region.shape) / 256))
    apart = (~lift.grown(matte > 0, 2)).astype(np.float32) * region
    weight = lift.blur(apart, reach)
    smooth = lift.blur(change * apart[..., None], reach) / np.maximum(weight, 1e-6)[..., None]
    smooth = lift.fill(np.where(weight[..., None] > 0.02, smooth, 0), (weight > 0.02).astype(np.float32))
    largest = np.abs(smooth).max(axis=2, keepdims=True)
    smooth *= np.clip((largest - dead) / lift.SOFT, 0, 1)
    edge = lift.blur(lift.shrunk(region, CELL // 2).astype(np.float32), CELL // 2)
    return smooth * edge[..., None]


def _levels(values: np.ndarray) -> np.ndarray:
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8)
