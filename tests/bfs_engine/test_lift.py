"""Layers without a network: exact where the sums are exact, and sensible where something has to be told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bfs_engine.api import EngineError
from bfs_engine.lift import LARGEST_MATTE, fill, grown, lift, matte_step, shadow_and_reflection, shrunk, split, thing_matte

SIZE = 64


def over(layer: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(h, w, 4) over (h, w, 3), float64 in 0..255."""
    alpha = layer[..., 3:] / 255
    return layer[..., :3] * alpha + ground * (1 - alpha)


def meadow(seed: int = 3) -> np.ndarray:
    """(64, 64, 3) a bright ground with grain."""
    return np.random.default_rng(seed).integers(130, 200, (SIZE, SIZE, 3)).astype(np.uint8)


def disc(radius: float = 14) -> np.ndarray:
    """(64, 64) float, the smooth cover of a disc a little above the middle."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    return np.clip(radius - np.hypot(x - 32, y - 26) + 0.5, 0, 1)


def ball_with_shadow() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The layer, and the ball's and the shadow's alpha; the shadow runs to the right and is half dark."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    dark = 0.5 * np.exp(-(((x - 46) / 12) ** 2 + ((y - 42) / 5) ** 2))
    ball = disc()
    alpha = ball + (1 - ball) * dark
    colour = np.array([220, 60, 40]) * (ball / np.maximum(alpha, 1e-9))[..., None]
    layer = np.dstack([colour, alpha * 255])
    return np.rint(layer).astype(np.uint8), ball, dark


@settings(max_examples=25)
@given(
    arrays.arrays(np.uint8, (12, 17, 3)),
    arrays.arrays(np.uint8, (12, 17, 3)),
    arrays.arrays(np.uint8, (12, 17)),
)
def test_a_lifted_layer_gives_the_composite_again_whatever_the_pictures(composite: np.ndarray, background: np.ndarray, alpha: np.ndarray) -> None:
    layer = lift(composite, background, alpha)
    error = np.abs(over(layer, background) - composite)
    quiet = np.abs(composite.astype(int) - background).max(axis=2) <= 16  # the widest dead zone, and its ramp
    assert error[~quiet].max(initial=0) <= 0.51
    assert error[quiet].max(initial=0) <= 16


def test_a_picture_too_large_for_a_matte_is_lifted_as_exactly_with_a_matte_that_is_enlarged() -> None:
    width = LARGEST_MATTE + 120
    ground = np.tile(meadow(), (4, width // SIZE + 1, 1))[:, :width]
    composite = ground.copy()
    composite[60:190, 1500:1700] = 220, 60, 40
    assert matte_step(ground.shape[:2]) == 2
    layer = lift(composite, ground)
    assert np.abs(over(layer, ground) - composite).max() <= 0.51
    assert (layer[80:170, 1520:1680, 3] == 255).all() and layer[:, :1400, 3].max() == 0


def test_where_nothing_changed_there_is_no_layer_even_if_the_pictures_are_noisy() -> None:
    noisy = (meadow().astype(int) + np.random.default_rng(1).integers(-2, 3, (SIZE, SIZE, 3))).astype(np.uint8)
    assert not lift(meadow(), meadow()).any()
    assert not lift(noisy, meadow()).any()


def test_a_uniform_shadow_is_lifted_as_black() -> None:
    shaded = meadow().copy()
    shaded[20:50, 10:40] = np.rint(shaded[20:50, 10:40] * 0.6)
    layer = lift(shaded, meadow())
    inside = layer[22:48, 12:38]
    assert inside[..., :3].max() <= 6
    assert np.abs(inside[..., 3] / 255 - 0.4).max() < 0.02
    assert not layer[:18].any()


def test_a_thing_is_opaque_also_where_it_has_nearly_the_grounds_colour() -> None:
    layer, ball, dark = ball_with_shadow()
    layer[22:30, 26:38, :3] = meadow()[22:30, 26:38] + 5  # a patch of the ball that looks like grass
    composite = np.rint(over(layer, meadow())).astype(np.uint8)
    lifted = lift(composite, meadow())
    assert (lifted[..., 3][ball == 1] >= 250).mean() > 0.98
    assert np.abs(lifted[..., 3] / 255 - layer[..., 3] / 255).mean() < 0.02
    assert np.abs(thing_matte(composite, meadow()) / 255 - ball).mean() < 0.01
    assert np.abs(lifted[26, 20] - np.array([220, 60, 40, 255.0])).max() <= 3


def test_a_thing_as_dark_as_a_shadow_is_told_from_one_by_the_grain_that_it_hides() -> None:
    wall = np.random.default_rng(5).integers(155, 170, (SIZE, SIZE, 1)).repeat(3, axis=2).astype(np.uint8)
    composite = wall.copy()
    composite[10:50, 8:30] = np.rint(composite[10:50, 8:30] * 0.5)  # a shadow
    composite[10:50, 34:56] = 81  # a grey card of the shadow's mean colour
    assert abs(composite[10:50, 8:30].mean() - 81) < 1
    alpha = lift(composite, wall)[..., 3]
    assert alpha[14:46, 38:52].min() >= 250
    assert np.abs(alpha[13:47, 11:27].astype(int) - 128).max() <= 6


def test_a_reflection_lets_the_grain_through_and_stays_transparent() -> None:
    composite = meadow().astype(float)
    composite[4:36, 12:52] = (220, 40, 30)
    composite[36:60, 12:52] = composite[36:60, 12:52] * 0.6 + np.array([220, 40, 30]) * 0.4
    alpha = lift(np.rint(composite).astype(np.uint8), meadow())[..., 3]
    assert alpha[7:33, 15:49].min() >= 250
    assert alpha[42:57, 15:49].mean() < 190, "more than the reflection's own 102 is needed for its red, but it is not opaque"


def test_a_region_counts_only_where_something_changed() -> None:
    composite = meadow().copy()
    composite[20:40, 20:40] = (200, 10, 10)
    matte = thing_matte(composite, meadow(), np.ones((SIZE, SIZE), bool))
    assert matte[25:35, 25:35].min() == 255 and not matte[:14].any() and not matte[:, 46:].any()


def test_a_large_picture_is_lifted_as_a_small_one_is() -> None:
    layer, ball, _ = ball_with_shadow()
    composite = np.rint(over(layer, meadow())).astype(np.uint8)
    large = [np.kron(x, np.ones((9, 9, 1), np.uint8)) for x in (composite, meadow())]
    assert np.abs(thing_matte(*large) / 255 - np.kron(ball, np.ones((9, 9)))).mean() < 0.015


def test_thing_and_shadow_are_told_apart_and_together_they_are_the_layer() -> None:
    layer, ball, dark = ball_with_shadow()
    thing, effects = split(layer)
    assert np.abs(thing[..., 3] / 255 - ball).max() < 0.2 and np.abs(thing[..., 3] / 255 - ball).mean() < 0.004
    clear = ~grown(ball > 0, 2)
    assert np.abs(effects[..., 3] / 255 - dark)[clear].max() < 0.01
    for shade in (0, 90, 255):
        ground = np.full((SIZE, SIZE, 3), shade)
        assert np.abs(over(thing, over(effects, ground)) - over(layer, ground)).max() <= 5
    assert (thing[..., :3][thing[..., 3] > 40] > [190, 40, 20]).all(), "a dark fringe is left on the thing"


def test_the_shadow_goes_on_under_the_thing_and_leaves_no_outline_of_it() -> None:
    layer, ball, dark = ball_with_shadow()
    effects = split(layer)[1][..., 3] / 255
    assert effects[:20].max() < 0.03  # above the ball there is neither shadow nor outline
    assert effects[36, 38] > 0.1 and ball[36, 38] == 1  # under its lower right edge there is shadow
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    layer[(ball > 0) & (np.hypot(x - 32, y - 26) > 11)] //= np.array([3, 3, 3, 1], np.uint8)  # a dark rim is no shadow
    assert split(layer)[1][:20, :, 3].max() < 0.03 * 255


def winged() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A ball with a wing on its left that lets two thirds through, above a shadow of half; the layer, thing's and shadow's alpha."""
    _, ball, dark = ball_with_shadow()
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    wing = np.clip(11 - np.hypot(x - 14, y - 40), 0, 1) * 0.35
    cover = np.maximum(ball, wing)
    dark = np.maximum(dark, 0.4 * np.exp(-(((x - 16) / 14) ** 2 + ((y - 46) / 6) ** 2)))
    alpha = cover + (1 - cover) * dark
    shade = np.where((ball >= wing)[..., None], (220, 60, 40), (120, 200, 230))
    colour = shade * (cover / np.maximum(alpha, 1e-9))[..., None]
    return np.rint(np.dstack([colour, alpha * 255])).astype(np.uint8), cover, dark


def test_a_thing_whose_cover_is_known_keeps_its_wings_and_the_shadow_below_them_goes_to_the_effects() -> None:
    layer, cover, dark = winged()
    thing, effects = split(layer, np.rint(cover * 255).astype(np.uint8))
    assert np.abs(thing[..., 3] / 255 - cover).max() < 0.005
    wing = (cover > 0.3) & (disc() == 0)
    assert np.abs(thing[..., :3][wing].astype(int) - (120, 200, 230)).max() <= 8, "its own colour, not darkened by the shadow below it"
    assert np.abs(effects[..., 3] / 255 - dark)[cover < 0.9].max() < 0.03 and effects[..., :3][dark > 0.1].max() <= 12
    told, shadow = split(layer)
    assert not told[..., 3][wing & (dark < 0.2)].any() and shadow[..., 2][wing & (dark < 0.2)].min() > 100, "told from what is opaque, they are lost"


def test_a_thing_that_is_nowhere_opaque_is_split_where_it_is_known() -> None:
    layer, cover, dark = winged()
    cover[:, 28:] = 0
    glass = np.rint(np.minimum(cover, 0.35) * 255).astype(np.uint8)
    pane = layer.copy()
    pane[:, 28:] = 0
    thing, _ = split(pane, glass)
    assert (thing[..., 3] == np.minimum(glass, pane[..., 3])).all() and thing[..., 3].any()
    with pytest.raises(EngineError, match="Nothing in this layer is opaque"):
        split(pane, np.zeros_like(glass))


@settings(max_examples=40)
@given(arrays.arrays(np.uint8, (11, 9, 4)), arrays.arrays(np.uint8, (11, 9)), st.sampled_from((0, 128, 255)))
def test_whatever_is_known_of_a_layer_thing_over_effects_is_the_layer(layer: np.ndarray, cover: np.ndarray, shade: int) -> None:
    cover[0, 0] = layer[0, 0, 3] = 255
    cover[1:4], layer[1, :, 3] = 0, 4  # beside the thing, and faint
    thing, effects = split(layer, cover)
    assert (thing[..., 3] == np.minimum(cover, layer[..., 3])).all()
    ground = np.full((11, 9, 3), shade)
    assert np.abs(over(thing, over(effects, ground)) - over(layer, ground)).max() <= 6
    outside = (cover == 0) & (layer[..., 3] > 0)
    assert np.abs(over(effects, ground) - over(layer, ground))[outside].max(initial=0) < 0.5, "beside the thing nothing changes"


def test_a_layer_without_anything_opaque_is_refused_in_a_sentence() -> None:
    ghost = np.full((8, 8, 4), 100, np.uint8)
    with pytest.raises(EngineError, match="Nothing in this layer is opaque"):
        split(ghost)


@settings(max_examples=25)
@given(arrays.arrays(np.uint8, (6, 5, 4)), st.integers(0, 255))
def test_shadow_and_reflection_are_the_effects_over_every_ground(effects: np.ndarray, shade: int) -> None:
    shadow, reflection = shadow_and_reflection(effects)
    ground = np.full((6, 5, 3), shade)
    multiplied = ground * (1 - shadow[..., 3:] / 255)  # black in the blend mode Multiply
    assert not shadow[..., :3].any()
    assert np.abs(over(reflection, multiplied) - over(effects, ground)).max() <= 3


def test_filling_continues_smoothly_and_leaves_what_is_known() -> None:
    values = np.tile(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (1, 33, 1))
    weight = np.ones((40, 33), np.float32)
    weight[12:22, 8:20] = 0
    filled = fill(values, weight)
    assert (filled[weight == 1] == values[weight == 1]).all()
    assert np.abs(filled - values).max() < 0.2
    assert fill(np.zeros((1, 1, 2)), np.zeros((1, 1))).shape == (1, 1, 2)


def test_growing_and_shrinking_reach_as_far_as_they_say() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    assert grown(mask, 2).sum() == 25 and (shrunk(grown(mask, 2), 2) == mask).all()
    assert shrunk(np.ones((5, 5), bool), 3).all()
