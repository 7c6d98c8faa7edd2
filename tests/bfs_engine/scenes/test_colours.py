"""Colours by name: what people call red is red, and a red thing still looks like the thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bfs_engine.scenes.colours import COLOURS, colour_of, from_oklab, main_colour, nearest_colour, recolour, to_oklab

LIBRARY = Path(__file__).parents[3] / "resources" / "models" / "starter" / "library"
TWELVE = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown", "black", "white", "grey")


def cutout(name: str) -> np.ndarray:
    with Image.open(LIBRARY / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGBA"))


def test_oklab_is_the_published_one():
    red, white = to_oklab(np.array([[1.0, 0, 0], [1, 1, 1]]))
    assert np.allclose(red, (0.62796, 0.22486, 0.12585), atol=2e-4)
    assert np.allclose(white, (1, 0, 0), atol=1e-4)


def test_every_colour_comes_back_from_oklab():
    steps = np.linspace(0, 1, 7)
    rgb = np.stack(np.meshgrid(steps, steps, steps), -1)
    assert np.abs(from_oklab(to_oklab(rgb)) - rgb).max() < 2e-3


def test_a_colour_no_screen_shows_keeps_its_hue_and_lightness():
    lab = np.array([0.6, 0.02, 0.4])
    shown = to_oklab(from_oklab(lab))
    assert abs(shown[0] - 0.6) < 0.01
    assert abs(np.arctan2(*shown[1:]) - np.arctan2(*lab[1:])) < 0.03


@pytest.mark.parametrize("name", ["car", "dog", "apple", "elephant", "teapot", "umbrella"])
@pytest.mark.parametrize("colour", TWELVE)
def test_a_thing_takes_the_colour_that_is_named(name, colour):
    made = recolour(cutout(name), colour)
    assert nearest_colour(main_colour(made), TWELVE) == colour
    assert np.array_equal(made[..., 3], cutout(name)[..., 3])


def test_shading_and_details_stay():
    before, after = cutout("car"), recolour(cutout("car"), "blue")
    lab, new = to_oklab(before[..., :3] / 255), to_oklab(after[..., :3] / 255)
    tyres = (before[..., 3] > 250) & (np.hypot(lab[..., 1], lab[..., 2]) < 0.02)
    assert tyres.sum() > 300
    assert np.abs(after[tyres].astype(int) - before[tyres]).max() <= 3
    paint = (before[..., 3] > 250) & (np.hypot(lab[..., 1], lab[..., 2]) > 0.15)
    assert np.corrcoef(lab[paint][:, 0], new[paint][:, 0])[0, 1] > 0.9


def test_dark_red_is_darker_than_red_and_still_red():
    red, dark, light = (colour_of(name) for name in ("red", "dark red", "light red"))
    assert dark[0] < red[0] < light[0]
    assert abs(np.arctan2(*dark[1:]) - np.arctan2(*red[1:])) < 1e-6


def test_an_invisible_cutout_is_left_alone():
    nothing = np.zeros((4, 4, 4), np.uint8)
    assert np.array_equal(recolour(nothing, "red"), nothing)
    with pytest.raises(ValueError, match="opaque"):
        main_colour(nothing)


def test_every_named_colour_can_be_read():
    assert all(np.isfinite(colour_of(name)).all() for name in COLOURS)
    with pytest.raises(KeyError):
        colour_of("wooden")
