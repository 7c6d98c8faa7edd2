"""How bright and of what colour the light is where a thing is to stand, in closed form from the picture. numpy only.

Pictures are sRGB-encoded; light is linear. The ground's mean light says how bright the place is, up to the ground's own albedo, which a picture does not
tell. The model adds what is left (relight.light_gain).
"""

from __future__ import annotations

import numpy as np

from ..api import Box
from ..lift import blur

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
WHITE = 0.58  # linear light of a place where a thing looks as under white light
GROUND = 0.7  # share of the ground's light in the place's, geometric; the rest is the brightest of the crop, which a dark ground says nothing of
COLOUR = 0.35  # of the ground's colour is taken for the light's; the rest is the ground's own
DARKEST, BRIGHTEST = 0.015, 1.35  # limits of the gain, linear
AROUND = 1 / 3  # of the box's sides: how far the ground that is looked at reaches
SHOULDER = 0.8  # linear light above it rolls off towards white
EVEN = 2  # levels: a crop that varies less is an empty canvas; a colourless one may vary four times as much


def linear(colour: np.ndarray) -> np.ndarray:
    """sRGB 0..1 as linear light, float32."""
    colour = np.asarray(colour, np.float32)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light: np.ndarray) -> np.ndarray:
    """Linear light as sRGB 0..1, float32, rolled off above SHOULDER."""
    light = np.maximum(light, 0)
    rolled = np.where(light < SHOULDER, light, SHOULDER + (1 - SHOULDER) * (1 - np.exp(-(light - SHOULDER) / (1 - SHOULDER))))
    return np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055).clip(0, 1).astype(np.float32)


def ground_gain(background: np.ndarray, crop: Box, box: Box, coloured: bool = False) -> np.ndarray:
    """(3,) by what a thing's linear light under white is to be multiplied to stand in the light of the ground around its box.

    background: (crop.height, crop.width, 3) uint8. Ones on an empty canvas, where there is no light to follow. coloured: the prompt names
    the thing's colour, so that only the light's brightness is followed.
    """
    if _is_empty(background):
        return np.ones(3, np.float32)
    ground = _ground(background, crop, box)
    mean = linear(ground / 255).mean((0, 1)) + 1e-4
    own = float(mean @ LUMINANCE)
    brightest = float(np.percentile(linear(_thinned(background) / 255) @ LUMINANCE, 97)) + 1e-4
    gain = own**GROUND * brightest ** (1 - GROUND) / WHITE * (mean / own) ** (0 if coloured else COLOUR)
    return gain.clip(DARKEST, BRIGHTEST).astype(np.float32)


def exposed(cutout: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA with its linear light multiplied by (3,); alpha stays."""
    if (gain == 1).all():
        return cutout
    tables = [np.rint(encoded(linear(np.arange(256) / 255) * factor) * 255).astype(np.uint8) for factor in gain]
    return np.dstack([*(table[cutout[..., channel]] for channel, table in enumerate(tables)), cutout[..., 3]])


def _is_empty(picture: np.ndarray) -> bool:
    """Whether (h, w, 3) uint8 is a canvas that nobody has photographed: one colour, or nearly one grey."""
    step = max(1, len(picture) // 256)
    picture = picture[::step, ::step].astype(np.int16)
    ranges = np.ptp(picture.reshape(-1, 3), axis=0).max()
    return bool(ranges <= EVEN or (ranges <= 4 * EVEN and np.ptp(picture, axis=-1).max() <= 2))


def _ground(background: np.ndarray, crop: Box, box: Box) -> np.ndarray:
    """The part of the crop around the lower half of the box and below it."""
    left, top = box.x - crop.x, box.y - crop.y
    aside, below = round(box.width * AROUND), round(box.height * AROUND)
    rows = slice(max(0, min(top + box.height // 2, crop.height - 1)), min(max(top + box.height + below, 1), crop.height))
    columns = slice(max(0, min(left - aside, crop.width - 1)), min(max(left + box.width + aside, 1), crop.width))
    return _thinned(background[rows, columns])


def _thinned(picture: np.ndarray) -> np.ndarray:
    """Of a large picture every so many rows and columns, about 250,000 pixels."""
    step = max(1, int(np.sqrt(picture.shape[0] * picture.shape[1] / 250_000)))
    return picture[::step, ::step]


# What falls on the ground

CONTACT = 0.5  # darkness of the band where a thing touches the ground
TOUCHING = 0.10  # of the thing's height: how far above its lowest point a part still stands on the ground
BAND = 0.014  # of the thing's height: the reach of the band's blur


def contact(alpha: np.ndarray) -> np.ndarray:
    """(s, s) darkness 0..1 of the narrow shadow under what touches the ground; alpha: (s, s) of a thing that stands on its lowest points.

    No light reaches the gap between a thing and its ground, whatever the light's direction; without it a thing hovers.
    """
    solid = alpha > 0.5
    columns = np.flatnonzero(solid.any(0))
    if columns.size == 0:
        return np.zeros_like(alpha)
    rows = np.flatnonzero(solid.any(1))
    height = rows[-1] - rows[0] + 1
    lowest = len(alpha) - 1 - solid[::-1].argmax(0)  # of each column
    touches = solid.any(0) & (lowest >= rows[-1] - TOUCHING * height)
    below = np.arange(len(alpha))[:, None] - lowest[None]
    reach = max(1, round(BAND * height))
    line = ((np.abs(below) <= 1.5 * reach) & touches).astype(np.float32)
    return (CONTACT * np.minimum(1, 1.3 * blur(blur(line, reach), reach))).astype(np.float32)


def darker(layer: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """Effects, (s, s, 4) straight RGBA, with a black veil of that darkness, (s, s), laid over them."""
    alpha = layer[..., 3] + darkness - layer[..., 3] * darkness
    colour = layer[..., :3] * (layer[..., 3] * (1 - darkness) / np.maximum(alpha, 1e-4))[..., None]
    return np.dstack([colour, alpha]).astype(np.float32)


def in_the_sky(background: np.ndarray, crop: Box, box: Box) -> bool:
    """Whether a box's foot lies in the sky, (crop.height, crop.width, 3) uint8: without detail there and above, and blue and bright, or deep
    blue, or white with something darker below."""
    left, right, foot = max(0, box.x - crop.x), max(1, box.right - crop.x), box.bottom - crop.y
    reach = max(2, box.height // 8)

    def part(top: int, bottom: int) -> np.ndarray:
        picked = background[max(0, top) : max(bottom, top + 1, 1), left:right]
        step = max(1, picked.shape[1] // 64)
        return picked[::step, ::step].astype(np.float32) / 255

    at_foot, above, below = part(foot - reach, foot + reach), part(foot - box.height, foot - reach), part(foot + reach, len(background))
    return _is_sky(at_foot) and _is_sky(above) or (_is_white(at_foot) and _is_white(above) and below.size > 0 and below.mean() < at_foot.mean() - 0.1)


def _detail(colours: np.ndarray) -> float:
    return float(np.abs(np.diff(colours.mean(-1), axis=1)).mean()) if colours.size and colours.shape[1] > 1 else 0.0


def _is_sky(colours: np.ndarray) -> bool:
    """(h, w, 3) 0..1: blue and bright, or deep blue; thresholds set on photographs' skies and against path-traced floors in blue light."""
    if colours.size == 0:
        return True
    red, green, blue = (float(value) + 1e-3 for value in colours.mean((0, 1)))
    bright, deep = min(green, blue) > 0.6 and blue > 1.1 * red, blue > 1.9 * red and blue > 0.25
    return blue >= green and (bright or deep) and _detail(colours) < 0.022


def _is_white(colours: np.ndarray) -> bool:
    return colours.size > 0 and float(colours.mean()) > 0.88 and _detail(colours) < 0.003
