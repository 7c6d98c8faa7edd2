"""What a model paints around a box becomes a layer of the thing and its shadow; what its autoencoder did to the rest does not."""

from __future__ import annotations

import numpy as np
import pytest

from bfs_engine import lift
from bfs_engine.api import Box, EngineError
from bfs_engine.fill import painting

BOX = Box(72, 60, 40, 50)
CROP = Box(0, 0, 192, 192)
REGION = painting.mask_of(painting.region_around(BOX, CROP, "large"), (192, 192))
RING = ~lift.grown(REGION, 8)


def ground() -> np.ndarray:
    """Cloudy, with grain, in many colours."""
    dice = np.random.default_rng(5)
    clouds = lift.blur(dice.uniform(-1, 1, (192, 192, 3)).astype(np.float32), 6) * 500
    return np.rint(np.clip(130 + clouds + dice.normal(0, 8, clouds.shape), 20, 235)).astype(np.uint8)


def with_ball(below: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A red ball with a shadow to its right: the picture, where the ball is, how dark the shadow."""
    down, across = np.indices(below.shape[:2])
    ball = (across - 92) ** 2 + (down - 85) ** 2 < 18**2
    shadow = np.clip(0.5 - np.hypot((across - 112) / 26, (down - 106) / 10) * 0.5, 0, 0.4)
    shadow[ball] = 0
    above = below * (1 - shadow[..., None])
    above[ball] = (210, 30, 40)
    return np.rint(above).astype(np.uint8), ball, shadow


def as_decoded(picture: np.ndarray) -> np.ndarray:
    """Softer, with noise of two levels, brighter and tinted, more so towards the right."""
    dice = np.random.default_rng(7)
    soft = lift.blur(picture.astype(np.float32), 1) * 0.5 + picture * 0.5
    drift = np.linspace(-1.5, 1.5, picture.shape[1])[None, :, None]
    return np.rint(np.clip(soft * (1.03, 0.98, 0.97) + (4, -3, 2) + drift + dice.normal(0, 2, soft.shape), 0, 255)).astype(np.uint8)


def test_the_layer_holds_the_ball_and_its_shadow_and_nothing_where_nothing_happened() -> None:
    below = ground()
    above, ball, shadow = with_ball(below)
    lifted = painting.layer_of(as_decoded(above), below, REGION, BOX)
    alpha = lifted.layer[..., 3] / 255
    beside = REGION & ~lift.grown(ball, 4)
    assert np.corrcoef(alpha[beside], shadow[beside])[0, 1] > 0.85
    assert alpha[(shadow == 0) & ~lift.grown(ball, 4)].mean() <= 0.004
    assert (lifted.cover[lift.shrunk(ball, 4)] > 250).all()
    assert lifted.cover[~lift.grown(ball, 6)].mean() < 3


def test_outside_the_region_the_layer_is_empty() -> None:
    below = ground()
    lifted = painting.layer_of(as_decoded(with_ball(below)[0]), below, REGION, BOX)
    assert not lifted.layer[~REGION].any()
    assert not lifted.cover[~REGION].any()


@pytest.mark.parametrize("gain", [0.97, 1.03])
@pytest.mark.parametrize("offset", [-4, 4])
def test_drifted_colours_come_back_to_a_level(gain: float, offset: int) -> None:
    below = ground().astype(np.float32) / 255
    drifted = below * gain + offset / 255
    assert np.abs(drifted - below).max() > 3 / 255
    assert np.percentile(np.abs(painting.undrifted(drifted, below, RING) - below), 99) <= 1 / 255


@pytest.mark.parametrize("aside", [(1, 0), (0, -1), (2, 1)])
def test_a_painting_that_lies_aside_is_found_and_put_back(aside: tuple[int, int]) -> None:
    below = ground()
    moved = np.roll(as_decoded(with_ball(below)[0]), (aside[1], aside[0]), axis=(0, 1))
    assert painting.layer_of(moved, below, REGION, BOX).shift == aside


def test_a_painting_that_lies_far_aside_is_refused() -> None:
    below = ground()
    with pytest.raises(EngineError, match="moved the whole picture"):
        painting.layer_of(np.roll(as_decoded(with_ball(below)[0]), 3, axis=1), below, REGION, BOX)


def test_a_ground_without_grain_counts_as_in_place() -> None:
    plain = np.full((192, 192, 3), 0.5, np.float32)
    assert painting.shift_of(plain, plain, RING) == (0, 0)


def test_nothing_in_the_box_is_said() -> None:
    with pytest.raises(EngineError, match="put nothing there"):
        painting.layer_of(as_decoded(ground()), ground(), REGION, BOX)


def test_a_ground_painted_anew_is_said() -> None:
    below = ground()
    anew = below.copy()
    anew[REGION] = (40, 160, 60)
    with pytest.raises(EngineError, match="painted the ground anew"):
        painting.layer_of(anew, below, REGION, BOX)


@pytest.mark.parametrize("room", painting.ROOM)
def test_the_region_stays_in_the_crop(room: str) -> None:
    region = painting.region_around(Box(2, 150, 40, 40), CROP, room)
    assert region.x >= 0 and region.y >= 0 and region.right <= 192 and region.bottom <= 192
    assert region.x <= 2 and region.y <= 150 and region.right >= 42 and region.bottom >= 190
