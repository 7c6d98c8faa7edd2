"""Trimaps: a band of doubt around a mask, and inside glass."""

from __future__ import annotations

import numpy as np

from bfs_engine.matting.trimap import trimap


def test_the_band_is_as_wide_as_asked_for_and_the_pictures_edge_goes_on() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:20, 5:15] = True
    made = trimap(mask, 2)
    assert made[10, 7] == 255 and made[10, 6] == 128 and made[10, 3] == 128 and made[10, 2] == 0
    assert made[19, 10] == 255, "the thing goes on below the picture"


def test_inside_glass_nothing_is_sure() -> None:
    mask = np.ones((10, 10), bool)
    made = trimap(mask, 1, glass=[(2.9, 3.0, 6.2, 20.0)])
    assert (made[3:, 2:6] == 128).all() and (made[:3] == 255).all()
