"""From a mask to a matte without a network: the band in which the edge lies, the trimap, and the classical matting. Numpy only.

A matting is a function (picture (h, w, 3) uint8, mask (h, w) bool, ground (h, w, 3) uint8) -> (h, w) uint8.
"""

from __future__ import annotations

import numpy as np

from .. import lift

BAND = 0.03  # of the longer side of the object's box: so wide, to both sides of the mask's edge, a matting decides


def band(mask: np.ndarray) -> int:
    """How far from the mask's edge the object's edge may lie, pixels; the mask may not be empty."""
    box = lift.bounds(mask)
    return 2 if box is None else max(2, round(BAND * max(box.width, box.height)))


def trimap(mask: np.ndarray, reach: int | None = None) -> np.ndarray:
    """(h, w) bool -> (h, w) uint8: 255 surely the object, 0 surely not, 128 to be found out, `reach` pixels to both sides of the edge."""
    reach = band(mask) if reach is None else reach
    return np.where(lift.shrunk(mask, reach), 255, np.where(lift.grown(mask, reach), 128, 0)).astype(np.uint8)


def by_ground(picture: np.ndarray, mask: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The classical matting: α = (C−B)·(F−B) / ‖F−B‖² with F carried over from inside of the mask (lift.thing_matte)."""
    return lift.thing_matte(picture, ground, mask)


def softened(picture: np.ndarray, mask: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The mask with an edge of one pixel, as a lens draws the edge of a solid thing; picture and ground do not matter. Where the ground is a
    guess this is nearer to the truth than by_ground (docs/engine/take-apart.md)."""
    return np.rint(lift.blur(mask.astype(np.float32), 1).clip(0, 1) * 255).astype(np.uint8)
