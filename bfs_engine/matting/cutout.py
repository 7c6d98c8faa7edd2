"""A thing cut out of a picture without transparency: GrabCut (Rother et al., 2004, as in OpenCV), then a soft edge.

It takes what lies along the picture's border for ground and looks for what differs from it in colour. That is honest work on a
thing that stands free in the middle of the picture; hair and glass need a real matte.
"""

from __future__ import annotations

import cv2
import numpy as np

from .. import lift
from ..api import EngineError
from ..words import phrase

WORK = 320  # pixels of the longer side at which GrabCut looks
ROUNDS = 6
MARGIN = 0.02  # of each side: surely ground
LEAST_PART = 0.05  # of the largest part: smaller ones are specks
SMALLEST, LARGEST = 0.005, 0.98  # share of what is not surely ground


def cut_out(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> (h, w, 4) uint8 straight RGBA of the thing in its middle. Raises EngineError where none stands out."""
    region = _region(picture)
    plain = picture.astype(np.float32) / 255
    around = lift.grown(region, max(2, round(max(picture.shape) / 100)))
    ground = lift.fill(plain, (~around).astype(np.float32))
    ground = np.rint(ground * 255).astype(np.uint8)
    return with_matte(picture, lift.thing_matte(picture, ground, region), ground)


def with_matte(picture: np.ndarray, matte: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The cut-out, (h, w, 4), of a matte (h, w): at soft edges the ground, (h, w, 3), is taken out of the picture's colours. All uint8."""
    plain, cover = picture.astype(np.float32) / 255, (matte / np.float32(255))[..., None]
    colour = np.where(cover < 0.99, (plain - (1 - cover) * (ground / np.float32(255))) / np.maximum(cover, 0.05), plain)
    layer = np.dstack([np.rint(colour.clip(0, 1) * 255).astype(np.uint8), matte])
    layer[matte == 0] = 0
    return layer


def _region(picture: np.ndarray) -> np.ndarray:
    """Roughly where the thing is, (h, w) bool."""
    height, width = picture.shape[:2]
    scale = min(1.0, WORK / max(height, width))
    size = max(round(width * scale), 8), max(round(height * scale), 8)
    small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    left, top = (max(1, round(MARGIN * side)) for side in size)
    free = left, top, size[0] - 2 * left, size[1] - 2 * top
    labels = np.zeros(size[::-1], np.uint8)
    cv2.setRNGSeed(0)  # its clusters begin by chance; the same picture shall give the same thing
    cv2.grabCut(small, labels, free, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT)
    found = _without_specks(np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    share = found.sum() / (free[2] * free[3])
    if not SMALLEST < share < LARGEST:
        raise EngineError(
            phrase("No thing stands out from the ground of the reference picture."),
            phrase("Leave some of the ground around the thing, or cut it out yourself and use a picture with transparency."),
        )
    return cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def _without_specks(mask: np.ndarray) -> np.ndarray:
    count, parts, numbers, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = numbers[1:, cv2.CC_STAT_AREA]
    return np.isin(parts, 1 + np.flatnonzero(areas >= LEAST_PART * areas.max(initial=0))) if count > 1 else mask
