"""How bright and of what colour the light is where a thing is to stand, in closed form from the picture. numpy only.

Pictures are sRGB-encoded; light is linear. The ground's mean light says how bright the place is, up to the ground's own albedo, which a picture does not
tell: so its brightness is followed almost, and its colour by three fifths. Both shares, and the scale, are least squares over mixed scenes whose light is
known (scenes.mixed); docs/engine/light.md has the numbers.
"""

from __future__ import annotations

import numpy as np

from ..api import Box

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
SCALE, BRIGHTNESS, COLOUR = 1.2, 0.93, 0.6  # gain = SCALE · luminance^BRIGHTNESS · chroma^COLOUR
DARKEST, BRIGHTEST = 0.015, 1.35  # limits of the gain, linear
AROUND = 1 / 3  # of the box's sides: how far the ground that is looked at reaches
SHOULDER = 0.8  # linear light above it rolls off towards white
EMPTY = 0.4  # levels: what varies less around the box is an empty canvas; a colourless one may vary by three times as much


def linear(colour: np.ndarray) -> np.ndarray:
    """sRGB 0..1 as linear light, float32."""
    colour = np.asarray(colour, np.float32)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light: np.ndarray) -> np.ndarray:
    """Linear light as sRGB 0..1, float32, rolled off above SHOULDER."""
    light = np.maximum(light, 0)
    rolled = np.where(light < SHOULDER, light, SHOULDER + (1 - SHOULDER) * (1 - np.exp(-(light - SHOULDER) / (1 - SHOULDER))))
    return np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055).clip(0, 1).astype(np.float32)


def ground_gain(background: np.ndarray, crop: Box, box: Box) -> np.ndarray:
    """(3,) by what a thing's linear light under white is to be multiplied to stand in the light of the ground around its box.

    background: (crop.height, crop.width, 3) uint8. Ones on an empty canvas, where there is no light to follow.
    """
    ground = _ground(background, crop, box)
    if _is_empty(ground):
        return np.ones(3, np.float32)
    mean = linear(ground / 255).mean((0, 1)) + 1e-4
    luminance = float(mean @ LUMINANCE)
    gain = SCALE * luminance**BRIGHTNESS * (mean / luminance) ** COLOUR
    return gain.clip(DARKEST, BRIGHTEST).astype(np.float32)


def _is_empty(ground: np.ndarray) -> bool:
    """Whether (h, w, 3) uint8 is a canvas that nobody has photographed: one colour, or nearly one grey."""
    spread = float(ground.astype(np.float32).std((0, 1)).max())
    grey = int(ground.max(-1).astype(np.int16).max() - ground.min(-1).min()) <= 6 and np.ptp(ground, axis=-1).max() <= 2
    return spread < EMPTY or (grey and spread < 3 * EMPTY)


def _ground(background: np.ndarray, crop: Box, box: Box) -> np.ndarray:
    """The part of the crop around the lower half of the box and below it."""
    left, top = box.x - crop.x, box.y - crop.y
    aside, below = round(box.width * AROUND), round(box.height * AROUND)
    rows = slice(max(0, min(top + box.height // 2, crop.height - 1)), min(max(top + box.height + below, 1), crop.height))
    columns = slice(max(0, min(left - aside, crop.width - 1)), min(max(left + box.width + aside, 1), crop.width))
    part = background[rows, columns]
    step = max(1, int(np.sqrt(part.shape[0] * part.shape[1] / 250_000)))
    return part[::step, ::step]


def shading(gain: np.ndarray, alpha: np.ndarray, share: float = 0.5) -> np.ndarray:
    """What of a model's gain, (s, s, 3) on sRGB values, is form and not exposure: (s, s, 1) linear factors of mean 1 over the thing, `share` of it.

    A model in a small frame knows light from shade on a thing; how bright the whole is, `ground_gain` knows better.
    """
    light = linear(np.clip(gain, 0.05, 2) / 2) @ LUMINANCE
    inside = alpha > 0.5
    if not inside.any():
        return np.ones((*light.shape, 1), np.float32)
    factor = (light / max(float(light[inside].mean()), 1e-4)) ** share
    return factor.clip(0.5, 1.6)[..., None].astype(np.float32)
