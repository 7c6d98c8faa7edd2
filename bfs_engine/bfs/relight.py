"""A thing that is known, in the light of the model's layer and over the effects that the model made.

The model works in a small frame; a cut-out that it was shown, or a thing that is moved, exists with all its pixels. So the model
says what light does to the thing, which is smooth, and where its shadow and reflection fall, which is soft; the thing's
colours, detail and edges are its own, at the picture's size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .. import lift
from ..api import Box, LayerResult
from ..cli.pictures import over
from ..framing import from_model
from .lighting import contact, darker

FAINTEST = 2 / 255  # alpha below this is the sampler's noise, not shadow
GAINS = 0.4, 1.8  # how far the light may darken and brighten a thing
LIGHT = 0.03  # of the frame: the reach of the blur that tells light from detail
COLOURLESS = 2  # levels between the channels up to which a pixel is grey
LEAST_COLOURFUL = 0.9  # of a thing's colourfulness in a photograph that has colours (scenes.backdrop.Camera, scenes.render.OBJECT_TINT)
ALL_COLOURS, NO_COLOURS = (1.0, 1.0), (0.0, 0.0)  # as `colours_of` says it
COVERED = 2  # frame pixels around a thing that are as good as covered by it: the model's own edge is that soft


@dataclass(frozen=True, eq=False)
class Thing:
    """Straight RGBA twice: small, (s, s, 4) float32 in 0..1 in its place in the model's frame; pixels, uint8 as the picture shall
    show it, the left top corner at left, top of the picture."""

    small: np.ndarray
    pixels: np.ndarray
    left: int
    top: int


def settled(layer: np.ndarray, thing: Thing, crop: Box, recipe: dict, stands: bool = True) -> LayerResult:
    """The thing in the light of the model's layer, (s, s, 4) float, over that layer's effects; its cover is the thing's alpha.

    stands: on the ground, where shadows fall and where it touches; else the layer is the thing alone.
    """
    lit = relit(thing, light_gain(layer, thing.small), crop)
    alpha = thing.small[..., 3]
    around = effects_around(layer, alpha)
    if not (stands and around[..., 3].any()):
        return LayerResult(lit, thing.left, thing.top, recipe, lit[..., 3].copy())
    return _over_effects(lit, thing, darker(around, contact(alpha)), crop, recipe)


def laid(thing: Thing, gain: np.ndarray, effects: np.ndarray, crop: Box, recipe: dict) -> LayerResult:
    """The thing with its colours multiplied by a gain, (s, s, 3), over effects, (s, s, 4) float straight RGBA; its cover is the thing's alpha."""
    return _over_effects(relit(thing, gain, crop), thing, effects, crop, recipe)


def _over_effects(lit: np.ndarray, thing: Thing, made: np.ndarray, crop: Box, recipe: dict) -> LayerResult:
    effects = from_model(made, crop) if made[..., 3].any() else None
    if effects is None:
        return LayerResult(lit, thing.left, thing.top, recipe, lit[..., 3].copy())
    ground, left, top = effects
    x, y = min(left, thing.left), min(top, thing.top)
    right = max(left + ground.shape[1], thing.left + lit.shape[1])
    bottom = max(top + ground.shape[0], thing.top + lit.shape[0])
    whole, cover = np.zeros((bottom - y, right - x, 4), np.uint8), np.zeros((bottom - y, right - x), np.uint8)
    whole[top - y : top - y + ground.shape[0], left - x : left - x + ground.shape[1]] = ground
    place = slice(thing.top - y, thing.top - y + lit.shape[0]), slice(thing.left - x, thing.left - x + lit.shape[1])
    whole[place] = over(lit, whole[place])
    cover[place] = lit[..., 3]
    return LayerResult(whole, x, y, recipe, cover)


def effects_around(layer: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """The effects in the model's layer, (s, s, 4) float straight RGBA; cover: (s, s), the alpha of the thing they are for.

    What the model drew of the thing itself, and a little around it, is filled from outside: the real thing goes there.
    """
    taken = lift.grown((cover > 0.02) | (layer[..., 3] >= lift.OPAQUE), COVERED)
    tinted = np.dstack([layer[..., :3] * layer[..., 3:], layer[..., 3]])
    filled = lift.fill(tinted.astype(np.float32), (~taken).astype(np.float32))
    alpha = filled[..., 3].clip(0, 1)
    colour = filled[..., :3] / np.maximum(alpha, 1e-3)[..., None]
    return np.dstack([colour.clip(0, 1), np.where(alpha < FAINTEST, 0, alpha)])


def light_gain(layer: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """By what the thing's colours, (s, s, 4) float, are to be multiplied to get the light of the model's layer: (s, s, 3).

    Where the layer is less colourful than the thing, that is no light: it would turn a red thing brown.
    """
    thing = faded(thing, saturation(layer, thing))
    reach = max(1, round(LIGHT * len(layer)))
    weight = (thing[..., 3] * (thing[..., 3] > 0.5) * (layer[..., 3] > 0.5))[..., None]
    made, own = (lift.blur(x[..., :3] * weight, reach) for x in (layer, thing))
    amount = lift.blur(weight, reach)
    gain = (made + 0.02 * amount) / np.maximum(own + 0.02 * amount, 1e-4)
    gain = lift.fill(gain, (amount[..., 0] > 0.05).astype(np.float32))
    return gain.clip(*GAINS).astype(np.float32)


def saturation(layer: np.ndarray, thing: np.ndarray) -> float:
    """The share of a thing's colourfulness, (s, s, 4) float, that the model's layer has, 0 to 1: beside its lightness, for in less light
    there is less of both."""
    inside = (thing[..., 3] > 0.5) & (layer[..., 3] > 0.5)
    made, own = (x[inside, :3] for x in (layer, thing))
    grey, own_grey = (x.mean(-1, keepdims=True) for x in (made, own))
    colour, light = (_slope(a, b) for a, b in ((made - grey, own - own_grey), (grey, own_grey)))
    return float(np.clip(colour / max(light, 1e-3), 0, 1))


def _slope(made: np.ndarray, own: np.ndarray) -> float:
    """The factor that turns `own` best into `made`; 1 where there is nothing to turn."""
    square = (own * own).sum()
    return (made * own).sum() / square if square > 1e-4 else 1.0


def colours_of(picture: np.ndarray) -> tuple[float, float]:
    """The least and the most of its colourfulness that a thing keeps in a picture, (h, w, 3) uint8.

    The model cannot tell an empty grey canvas from a black and white photograph, and takes half of the colour in both; there the
    picture's grain decides. Elsewhere a camera took away LEAST_COLOURFUL at most: so it is in the scenes that the model has seen.
    """
    red, green, blue = (picture[..., channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    if (spread > COLOURLESS).mean() > 0.01:
        return LEAST_COLOURFUL, 1.0
    return NO_COLOURS if _photographed(green) else ALL_COLOURS


def colourful_as(colours: tuple[float, float], layer: np.ndarray, thing: Thing) -> tuple[np.ndarray, Thing]:
    """The model's layer, (s, s, 4) float, and the thing as colourful as the layer has it, within the limits of `colours_of`."""
    if colours == ALL_COLOURS:
        return layer, thing
    shown = replace(thing, pixels=faded(thing.pixels, np.clip(saturation(layer, thing.small), *colours)))
    return (faded(layer, 0) if colours == NO_COLOURS else layer), shown


def _photographed(grey: np.ndarray) -> bool:
    """Whether (h, w) uint8 has the grain and detail of a photograph: half of all neighbours differ, and a fifth by more than a rounding.
    (Eight of scikit-image's ten black and white pictures do; gradients, dithered ones too, and line art do not.)"""
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1))
    return bool((steps > 0).mean() > 0.5 and (steps > 1).mean() > 0.2)


def faded(pixels: np.ndarray, share: float) -> np.ndarray:
    """RGBA, uint8 or float, with that share of its colourfulness; lightness (the mean of the channels) and alpha stay."""
    grey = pixels[..., :3].mean(-1, keepdims=True)
    colours = grey + share * (pixels[..., :3] - grey)
    return np.dstack([np.rint(colours) if pixels.dtype == np.uint8 else colours, pixels[..., 3]]).astype(pixels.dtype)


def relit(thing: Thing, gain: np.ndarray, crop: Box) -> np.ndarray:
    """The thing's pixels with their colours multiplied by a gain over the crop, (s, s, 3); alpha stays."""
    height, width = thing.pixels.shape[:2]
    across, down = gain.shape[1] / crop.width, gain.shape[0] / crop.height
    left, top = thing.left - crop.x, thing.top - crop.y
    area = tuple(np.clip((left * across, top * down, (left + width) * across, (top + height) * down), 0, len(gain)))
    lit = thing.pixels.copy()
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(gain[..., channel]), "F")
        factor = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR, area))
        lit[..., channel] = np.rint((lit[..., channel] * factor).clip(0, 255))
    return lit
