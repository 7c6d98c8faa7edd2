"""A thing follows the light of its place: bright and dark, warm and cold; nothing falls where there is no ground."""

from __future__ import annotations

import numpy as np
import pytest

from bfs_engine.api import Box
from bfs_engine.bfs.lighting import contact, darker, exposed, ground_gain, in_the_sky, linear

CROP, BOX = Box(100, 50, 200, 200), Box(150, 100, 100, 100)


def photograph(*colour: float) -> np.ndarray:
    """(200, 200, 3) uint8 with a camera's grain around a colour."""
    grain = np.random.default_rng(3).normal(0, 3, (200, 200, 1))
    return (np.array(colour) + grain).clip(0, 255).round().astype(np.uint8)


def test_the_darker_the_ground_the_darker_the_thing() -> None:
    gains = [ground_gain(photograph(level, level, level), CROP, BOX).mean() for level in (20, 60, 120, 180, 240)]
    assert gains == sorted(gains) and gains[0] < 0.02 < 1 < gains[-1]


def test_tungsten_light_is_warm_on_the_thing_and_a_named_colour_stays() -> None:
    ground = photograph(190, 140, 80)
    red, green, blue = ground_gain(ground, CROP, BOX)
    assert red > green > blue
    red, green, blue = ground_gain(ground, CROP, BOX, coloured=True)
    assert red == pytest.approx(green) == pytest.approx(blue)


@pytest.mark.parametrize("colour", [(255, 255, 255), (128, 128, 128), (40, 44, 52), (250, 200, 200)])
def test_on_an_empty_canvas_a_thing_keeps_its_light(colour: tuple[int, int, int]) -> None:
    canvas = np.broadcast_to(np.array(colour, np.uint8), (200, 200, 3))
    assert (ground_gain(canvas, CROP, BOX) == 1).all()


def test_exposure_is_linear_and_leaves_alpha() -> None:
    cutout = np.dstack([np.full((4, 4, 3), 200, np.uint8), np.arange(16, dtype=np.uint8).reshape(4, 4)])
    half = exposed(cutout, np.full(3, 0.5, np.float32))
    assert linear(half[0, 0, 0] / 255) == pytest.approx(linear(200 / 255) / 2, rel=0.02)
    assert (half[..., 3] == cutout[..., 3]).all()
    assert exposed(cutout, np.ones(3, np.float32)) is cutout


def test_what_touches_the_ground_darkens_it_and_what_hovers_over_it_does_not() -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[30:100, 40:50] = alpha[30:100, 80:90] = 1  # two legs
    alpha[30:60, 40:90] = 1  # and what they carry
    dark = contact(alpha)
    assert dark[100, 45] > 0.3 and dark[100, 85] > 0.3, "under the feet"
    assert dark[62, 65] == 0 and dark[100, 65] < 0.02, "not under the belly"
    assert not contact(np.zeros((16, 16), np.float32)).any()


def test_a_veil_over_effects_multiplies_what_they_let_through() -> None:
    layer = np.full((2, 2, 4), 0.5, np.float32)
    veiled = darker(layer, np.full((2, 2), 0.5, np.float32))
    assert veiled[..., 3] == pytest.approx(0.75)
    assert veiled[0, 0, :3] * 0.75 == pytest.approx(0.5 * 0.5 * 0.5), "what shone through the veil is half of what it was"


def test_a_box_in_the_sky_is_told_from_one_on_the_ground() -> None:
    rows = np.linspace(0, 1, 200)[:, None, None]
    blue = np.broadcast_to(np.array([120, 170, 235]) + 40 * rows, (200, 200, 3)).round().clip(0, 255).astype(np.uint8)
    assert in_the_sky(blue, CROP, BOX)
    assert not in_the_sky(photograph(90, 110, 70), CROP, BOX)
    overcast = np.full((200, 200, 3), 245, np.uint8)
    assert not in_the_sky(overcast, CROP, BOX), "an empty canvas"
    overcast[180:] = 60
    assert in_the_sky(overcast, CROP, BOX), "white, with the land below"
