"""A thing in a light that is said: its shading, and the shadow that it casts, in closed form from its outline. numpy only, no model.

A cut-out is taken for a body that bulges out of its outline and stands upright on its lowest points, on a level ground that is seen from
a little above. Arrays are (s, s) of the model's frame, float32.
"""

from __future__ import annotations

import numpy as np

from ..api import Box, LayerResult, Light
from ..lift import blur
from .lighting import LUMINANCE, contact
from .relight import Thing, laid

LOOKING_DOWN = 0.3  # sine of the camera's pitch, which a picture does not tell: how far the ground's depth is foreshortened
LOWEST = 0.2  # sine of the least height of a light that casts a shadow: no shadow is longer than five times its thing
BANDS = 8  # parts of the thing, from foot to top, whose shadows are blurred each by their own distance from the ground
THICKNESS = 0.8  # of a thing's width at a height: how deep it is taken to be there
PENUMBRA = 0.35  # of the distance that a shadow has fallen: the reach of its blur at softness 1
LEAST_BLUR = 0.006  # of the thing's height
AROUND = 0.6  # darkness of the shadow that all other light leaves around the foot
ROUND = 0.6  # how much of the light's share models the body
FADE = 0.12  # of the frame's side: where shadows that are longer than the frame fade out
GAMMA = 2.2  # linear light of a veil's transmission as alpha over an encoded picture


def lit_by(thing: Thing, light: Light, crop: Box, recipe: dict, stands: bool = True) -> LayerResult:
    """The thing shaded by that light, over the shadow that it casts where it stands on the ground; nothing else of the picture is asked."""
    alpha = thing.small[..., 3]
    effects = np.zeros((*alpha.shape, 4), np.float32)
    if stands:
        dark = shadow(alpha, light)
        effects[..., 3] = dark + contact(alpha) * (1 - dark)
    return laid(thing, shading(alpha, light), effects, crop, recipe)


def shadow(alpha: np.ndarray, light: Light) -> np.ndarray:
    """(s, s) alpha 0..1 of the black veil on the ground behind, beside and before a thing of that alpha, (s, s)."""
    rows = np.flatnonzero((alpha > 0.5).any(1))
    if rows.size == 0:
        return np.zeros_like(alpha)
    foot, height = rows[-1], rows[-1] - rows[0] + 1
    across, away, up = light.direction
    aside, nearer = (part / max(up, LOWEST) for part in (-across, away))  # of the height above the ground: where its shadow falls
    reach = float(np.hypot(aside, nearer))
    lit, over = np.ones_like(alpha), np.ones_like(alpha)
    for band in range(BANDS):
        above = range(round(height * band / BANDS), round(height * (band + 1) / BANDS))
        cast, below = np.zeros_like(alpha), np.zeros_like(alpha)
        for risen in above:
            _drop(cast, alpha[foot - risen], foot + risen * nearer * LOOKING_DOWN, risen * aside)
            _drop(below, alpha[foot - risen], foot, 0)
        fallen = height * (band + 0.5) / BANDS
        lit *= 1 - _soft(cast, LEAST_BLUR * height + PENUMBRA * light.softness * fallen * max(reach, 0.3))
        over *= 1 - _soft(below, 0.04 * height + 0.25 * fallen) / (1 + 3 * band)
    passed = 1 - light.strength * (1 - lit) - (1 - light.strength) * AROUND * (1 - over)
    return ((1 - passed.clip(0, 1) ** (1 / GAMMA)) * _within(len(alpha))).astype(np.float32)


def shading(alpha: np.ndarray, light: Light) -> np.ndarray:
    """(s, s, 3) by what the thing's encoded colours are to be multiplied: brighter towards the light, darker away from it, as bright as before
    in the mean, and of the light's colour as far as its share goes."""
    inside = alpha > 0.5
    if not inside.any():
        return np.ones((*alpha.shape, 3), np.float32)
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    bulge = _soft(alpha, 0.12 * min(height, width))
    down, right = np.gradient(bulge)
    steep = max(float(np.percentile(np.hypot(down, right)[inside], 95)), 1e-6)
    right, up = -right / steep, down / steep  # the outline's outward normal; half-way up it looks at the viewer
    facing = np.sqrt((1 - right**2 - up**2).clip(0.05, 1))
    across, away, high = light.direction
    turned = (0.5 + 0.5 * (right * across + up * high - facing * away)).clip(0.1, 1)
    share = ROUND * light.strength
    linear = 1 - share + share * turned / turned[inside].mean()
    colour = np.maximum(np.array(light.colour, np.float32), 0.02)
    tint = 1 - light.strength + light.strength * colour / float(colour @ LUMINANCE)
    return (np.maximum(linear[..., None] * tint, 0.02) ** (1 / GAMMA)).astype(np.float32)


def _within(side: int) -> np.ndarray:
    """(side, side) 0 at the frame's edges to 1: a shadow longer than the frame fades out in place of ending in a line."""
    ramp = (np.minimum(np.arange(side), np.arange(side)[::-1]) / (FADE * side)).clip(0, 1)
    return np.minimum(ramp[:, None], ramp[None])


def _drop(ground: np.ndarray, row: np.ndarray, at: float, aside: float) -> None:
    """The shadow of a level slice of a thing, its row of alpha moved by `aside`, as deep on the ground as the slice is thick."""
    covered = np.flatnonzero(row > 0.02)
    if covered.size == 0:
        return
    deep = max(1, round(THICKNESS * LOOKING_DOWN * (covered[-1] - covered[0] + 1) / 2))
    top, bottom = max(0, round(at) - deep), min(len(ground), round(at) + deep + 1)
    if top >= bottom:
        return
    moved = round(aside)
    kept = covered[(covered + moved >= 0) & (covered + moved < ground.shape[1])]
    part = ground[top:bottom, kept + moved]
    ground[top:bottom, kept + moved] = np.maximum(part, row[kept])


def _soft(values: np.ndarray, deviation: float) -> np.ndarray:
    """Three box blurs that are nearly a Gaussian of that deviation, pixels."""
    reach = max(1, round(deviation))
    return blur(blur(blur(values, reach), reach), reach)
