"""A thing that is known stands in the light and over the effects of the model's layer, with all its own pixels."""

from __future__ import annotations

import numpy as np
import pytest

from bfs_engine import lift
from bfs_engine.api import Box
from bfs_engine.bfs.relight import (
    FAINTEST,
    LEAST_COLOURFUL,
    Thing,
    colourful_as,
    colours_of,
    effects_around,
    faded,
    light_gain,
    relit,
    saturation,
    settled,
)

CROP = Box(100, 50, 256, 256)  # four picture pixels for each of the model's frame


def model_layer(shade: float) -> tuple[np.ndarray, np.ndarray]:
    """What a model might draw, (64, 64, 4): a thing of grey .5 · shade with a shadow to its right; and the thing alone at .5."""
    thing = np.zeros((64, 64, 4), np.float32)
    thing[20:44, 20:40] = (0.5, 0.5, 0.5, 1)
    drawn = thing.copy()
    drawn[..., :3] *= shade
    drawn[38:44, 40:58] = (0, 0, 0, 0.4)
    return drawn, thing


def striped(small: np.ndarray) -> Thing:
    """The thing at the picture's size, with a stripe one picture pixel high that the model never saw."""
    pixels = np.full((96, 80, 4), 128, np.uint8)
    pixels[..., 3] = 255
    pixels[40, :, :3] = 20
    return Thing(small, pixels, CROP.x + 80, CROP.y + 80)


def test_light_is_taken_from_the_models_thing_and_detail_from_the_own() -> None:
    drawn, small = model_layer(0.8)
    gain = light_gain(drawn, small)
    assert gain[24:40, 24:36] == pytest.approx(0.8, abs=0.02)
    own = striped(small)
    lit = relit(own, gain, CROP)
    assert (lit[..., 3] == own.pixels[..., 3]).all()
    assert lit[10, 40, 0] == pytest.approx(128 * 0.8, abs=3) and lit[40, 40, 0] == pytest.approx(16, abs=2)


def test_the_models_effects_are_kept_and_its_thing_is_not() -> None:
    drawn, thing = model_layer(1.0)
    effects = effects_around(drawn, thing[..., 3])
    assert effects[40, 50] == pytest.approx([0, 0, 0, 0.4], abs=0.01)
    assert effects[..., 3].max() < 0.45 and effects[:16, :, 3].max() == 0
    assert effects[41, 38, 3] > 0.1, "the shadow goes on under the thing's edge"
    assert lift.OPAQUE > 0.45


def test_a_settled_thing_has_its_own_edges_however_soft_the_models_are() -> None:
    drawn, small = model_layer(1.0)
    drawn[..., 3] = lift.blur(drawn[..., 3:], 1)[..., 0]
    drawn[..., :3] *= 0.7  # a dark rim, as models make them
    made = settled(drawn, striped(small), CROP, {})
    pixels = made.pixels
    assert made.left < 180 and made.top == 130 and made.left + pixels.shape[1] > 260, "the contact shadow hangs out on both sides, the thing's to the right"
    left = 180 - made.left
    edge = pixels[20, left : left + 6]
    assert (edge[:, 3] == 255).all() and edge[:, 0] == pytest.approx(int(edge[5, 0]), abs=2), "no fringe"
    assert 60 < pixels[80, left + 110, 3] < 120 and pixels[80, left + 110, :3].max() == 0, "the model's shadow"


def test_a_thing_without_effects_is_delivered_as_it_is() -> None:
    drawn, small = model_layer(1.0)
    drawn[38:44, 40:58] = (0, 0, 0, FAINTEST / 2)
    own = striped(small)
    made = settled(drawn, own, CROP, {})
    assert (made.left, made.top) == (own.left, own.top)
    assert np.abs(made.pixels.astype(int) - own.pixels).max() <= 1
    assert (made.cover == own.pixels[..., 3]).all()


def test_a_shadow_above_and_left_of_the_thing_widens_the_layer() -> None:
    drawn, small = model_layer(1.0)
    drawn[8:12, 4:12] = (0, 0, 0, 0.5)
    own = striped(small)
    made = settled(drawn, own, CROP, {})
    assert made.left < own.left and made.top < own.top
    place = slice(own.top - made.top, own.top - made.top + 96), slice(own.left - made.left, own.left - made.left + 80)
    inside = made.pixels[place]
    assert (inside[..., 3] == 255).all() and np.abs(inside.astype(int) - own.pixels).max() <= 1


def test_a_settled_layer_says_what_of_it_is_the_thing_however_translucent_that_is() -> None:
    drawn, small = model_layer(1.0)
    drawn[8:12, 4:12] = (0, 0, 0, 0.5)
    own = striped(small)
    own.pixels[:48, :, 3] = 90  # wings, on a body
    made = settled(drawn, own, CROP, {})
    assert made.cover.shape == made.pixels.shape[:2]
    inside = made.cover[own.top - made.top : own.top - made.top + 96, own.left - made.left : own.left - made.left + 80]
    assert (inside == own.pixels[..., 3]).all() and made.cover.sum() == inside.sum(), "not the shadow"
    assert (made.cover <= made.pixels[..., 3]).all()


def red_thing(share: float) -> tuple[np.ndarray, Thing]:
    """A model's layer, (64, 64, 4), with that share of the colour of a red thing; and the thing."""
    _, small = model_layer(1.0)
    small[20:44, 20:40, :3] = 0.8, 0.2, 0.2
    pixels = np.full((96, 80, 4), (204, 51, 51, 255), np.uint8)
    return faded(small, share), Thing(small, pixels, CROP.x + 80, CROP.y + 80)


def test_a_model_that_takes_half_of_the_colour_does_not_make_red_brown() -> None:
    drawn, thing = red_thing(0.5)
    assert saturation(drawn, thing.small) == pytest.approx(0.5, abs=0.01)
    drawn[..., :3] *= 0.8
    assert light_gain(drawn, thing.small)[24:40, 24:36] == pytest.approx(0.8, abs=0.03), "the same for all channels"


def test_things_have_their_colours_on_a_canvas_and_none_in_a_black_and_white_photograph() -> None:
    drawn, thing = red_thing(0.5)
    canvas = np.full((256, 256, 3), 255, np.uint8)
    assert colourful_as(colours_of(canvas), drawn, thing) == (drawn, thing)
    inked = canvas.copy()
    inked[100:110] = inked[:, 30:36] = 0
    assert colourful_as(colours_of(inked), drawn, thing) == (drawn, thing)
    grain = np.random.default_rng(0).normal(128, 6, (256, 256, 1)).clip(0, 255).astype(np.uint8).repeat(3, 2)
    layer, grey = colourful_as(colours_of(grain), drawn * np.float32([1, 0.9, 0.8, 1]), thing)
    assert np.ptp(grey.pixels[..., :3], axis=2).max() == 0
    assert (grey.pixels[..., 0] == 102).all() and (grey.pixels[..., 3] == 255).all()
    lit = settled(layer, grey, CROP, {}).pixels
    assert np.ptp(lit[lit[..., 3] > 0][:, :3], axis=1).max() == 0, "the model's colours do not come back with its light"


@pytest.mark.parametrize(("drawn_with", "kept"), [(0.9, 0.9), (0.3, LEAST_COLOURFUL), (1.4, 1.0)])
def test_a_photographs_colours_are_as_pale_as_the_model_says_and_no_paler_than_a_camera_makes_them(drawn_with: float, kept: float) -> None:
    drawn, thing = red_thing(drawn_with)
    photo = np.random.default_rng(0).integers(60, 200, (256, 256, 3), np.uint8)
    _, seen = colourful_as(colours_of(photo), drawn, thing)
    assert np.ptp(seen.pixels[0, 0, :3]) == pytest.approx(153 * kept, abs=2)
