"""Trimaps: what is surely the thing, surely not, and unknown. numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SURE, UNKNOWN = 255, 128


def trimap(mask: np.ndarray, reach: int, glass: Sequence[Sequence[float]] = ()) -> np.ndarray:
    """(h, w) bool -> (h, w) uint8 of 0, 128 and 255: the mask eroded is sure, dilated is possible, by squares of 2·reach + 1 pixels.

    Beyond the picture its edge goes on. glass: boxes x0 y0 x1 y1 of transparent things (whole pixels by truncation, half open), in which nothing is sure.
    """
    sure, near = _whole(mask, reach), ~_whole(~mask, reach)
    made = np.where(sure, SURE, np.where(near, UNKNOWN, 0)).astype(np.uint8)
    for x0, y0, x1, y1 in glass:
        part = made[max(0, int(y0)) : max(0, int(y1)), max(0, int(x0)) : max(0, int(x1))]
        part[part == SURE] = UNKNOWN
    return made


def _whole(mask: np.ndarray, reach: int) -> np.ndarray:
    """Where a square of 2·reach + 1 around a pixel holds nothing but the mask: rows first, then columns."""
    for axis in (0, 1):
        pad = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(mask, pad, mode="edge"), 2 * reach + 1, axis)
        mask = windows.all(-1)
    return mask
