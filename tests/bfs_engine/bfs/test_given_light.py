"""A light that is said: shadows fall away from it, shorter the higher it stands, and the side of the thing that faces it is the bright one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bfs_engine.api import Box, EngineError, InsertRequest, Light
from bfs_engine.bfs.given_light import lit_by, shading, shadow
from bfs_engine.bfs.relight import Thing

SIDE = 128
LIGHT = Light(azimuth=0, height=35)


def ball() -> np.ndarray:
    """(128, 128) alpha of a ball that stands in the middle."""
    down, right = np.mgrid[:SIDE, :SIDE]
    return (np.hypot(down - 64, right - 64) < 24).astype(np.float32)


def middle(dark: np.ndarray) -> tuple[float, float]:
    """x and y of a shadow's middle, counted from the ball's."""
    down, right = np.mgrid[:SIDE, :SIDE]
    return float((dark * right).sum() / dark.sum()) - 64, float((dark * down).sum() / dark.sum()) - 64


def test_a_shadow_falls_away_from_its_light() -> None:
    assert middle(shadow(ball(), LIGHT))[0] < -8, "light from the right"
    assert middle(shadow(ball(), replace(LIGHT, azimuth=180)))[0] > 8, "light from the left"
    behind, before = (middle(shadow(ball(), replace(LIGHT, azimuth=azimuth)))[1] for azimuth in (90, 270))
    assert behind > before, "what is lit from behind throws its shadow towards the viewer"


def test_the_higher_the_light_the_shorter_the_shadow() -> None:
    lengths = [-middle(shadow(ball(), replace(LIGHT, height=height)))[0] for height in (25, 50, 75)]
    assert lengths == sorted(lengths, reverse=True)


def test_a_shadow_longer_than_the_frame_fades_out_before_its_edge() -> None:
    dark = shadow(ball(), replace(LIGHT, height=5, strength=1))
    assert dark[:, 30].max() > 0.1 and dark[:, 0].max() == 0


def test_strength_darkens_and_softness_spreads_a_shadow() -> None:
    weak, strong = (shadow(ball(), replace(LIGHT, strength=strength)) for strength in (0.3, 0.9))
    assert strong.max() > 1.5 * weak.max()
    sharp, soft = (shadow(ball(), replace(LIGHT, softness=softness)) for softness in (0.0, 1.0))
    edges = [float(np.abs(np.diff(dark, axis=1)).max()) for dark in (sharp, soft)]
    assert edges[0] > edges[1]


def test_without_a_light_of_its_own_a_shadow_lies_all_round() -> None:
    aside, _ = middle(shadow(ball(), replace(LIGHT, strength=0)))
    assert abs(aside) < 1


def test_the_side_towards_the_light_is_bright_and_of_its_colour() -> None:
    gain = shading(ball(), replace(LIGHT, colour=(1.0, 0.5, 0.2)))
    assert gain[64, 84, 0] > 1.1 * gain[64, 44, 0]
    assert gain[64, 64, 0] > gain[64, 64, 1] > gain[64, 64, 2]
    assert (shading(np.zeros((16, 16), np.float32), LIGHT) == 1).all()


@pytest.mark.parametrize("stands", [True, False])
def test_a_layer_holds_thing_and_shadow_and_one_in_the_air_the_thing_alone(stands: bool) -> None:
    alpha = ball()
    small = np.dstack([np.full((SIDE, SIDE, 3), 0.5, np.float32), alpha])
    pixels = np.rint(small[40:89, 40:89] * 255).astype(np.uint8)
    made = lit_by(Thing(small, pixels, 40, 40), LIGHT, Box(0, 0, SIDE, SIDE), {}, stands)
    assert made.cover is not None and (made.cover > 127).sum() == (alpha > 0.5).sum()
    assert ((made.pixels[..., 3] > 8) & (made.cover == 0)).any() == stands


def test_the_recipe_says_the_light_and_keeps_its_old_form_without() -> None:
    request = InsertRequest("apple", Box(0, 0, 8, 8), Box(0, 0, 16, 16), np.zeros((16, 16, 3), np.uint8))
    assert "light" not in request.recipe()
    lit = replace(request, light=LIGHT)
    assert lit.recipe()["light"]["height"] == 35 and lit.key() != request.key()


@pytest.mark.parametrize("wrong", [{"azimuth": float("nan")}, {"height": 91}, {"strength": 1.5}, {"softness": -0.1}, {"colour": (2.0, 0.0, 0.0)}])
def test_a_light_that_cannot_be_is_refused_in_a_sentence(wrong: dict) -> None:
    with pytest.raises(EngineError, match="no such light"):
        replace(LIGHT, **wrong)
