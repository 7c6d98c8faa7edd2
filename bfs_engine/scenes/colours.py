"""Colours by name, and cut-outs in them: what "dark red car" does to the picture of a car. numpy only.

Worked out in OKLab (Ottosson 2020), where lightness, chroma and hue are what the eye takes them for, so that shading stays
shading when the hue turns. Arrays are (..., 3) float64: L 0..1, a, b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# sRGB in hex: what a thing of that colour has in even light.
COLOURS = {
    "red": "d0302a", "orange": "ee8a22", "yellow": "f6d02f", "green": "3d9a46", "turquoise": "2bb5ad", "blue": "2f6fd8", "purple": "8746ba",
    "pink": "f284b4", "brown": "84542f", "black": "2a2a2d", "white": "f4f4f1", "grey": "8b8e93", "beige": "dcc8a4", "golden": "d8a622",
    "silver": "c2c7cd", "crimson": "b01e3c", "scarlet": "e0341e", "maroon": "6e1f26", "lime": "9fd032", "olive": "7a7a2c", "teal": "1f8585",
    "cyan": "35c4dc", "navy": "223a7a", "violet": "7a46c8", "lilac": "c3a2dc", "magenta": "d4379a", "gray": "8b8e93", "gold": "d8a622",
}  # fmt: skip
# What stands before a colour: how its lightness moves towards black (−1) or white (1), and what its chroma is multiplied by.
SHADES = {"dark": (-0.35, 0.9), "deep": (-0.25, 1.0), "light": (0.5, 0.7), "pale": (0.6, 0.45), "bright": (0.08, 1.2)}

NEUTRAL = 0.045  # chroma below which a colour counts as black, grey or white
_FROM_RGB = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """sRGB in 0..1 -> OKLab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _FROM_RGB.T) @ _TO_LAB.T


def _to_linear(lab: np.ndarray) -> np.ndarray:
    return (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_FROM_RGB).T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """OKLab -> sRGB in 0..1; a colour that no screen shows loses chroma until one does, lightness and hue stay."""
    keep, least, most = np.ones(lab.shape[:-1] + (1,)), np.zeros(lab.shape[:-1] + (1,)), np.ones(lab.shape[:-1] + (1,))
    for _ in range(12):
        shown = _to_linear(lab * np.concatenate([np.ones_like(keep), keep, keep], -1))
        fits = ((shown >= -1e-4) & (shown <= 1 + 1e-4)).all(-1, keepdims=True)
        least, most = np.where(fits, keep, least), np.where(fits, most, keep)
        keep = np.where(most - least < 1e-3, least, (least + most) / 2)
    linear = _to_linear(lab * np.concatenate([np.ones_like(least), least, least], -1)).clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).clip(0, 1)


def is_colour(name: str) -> bool:
    *shades, colour = name.split()
    return colour in COLOURS and len(shades) < 2 and all(shade in SHADES for shade in shades)


def colour_of(name: str) -> np.ndarray:
    """A colour, or a shade and a colour ("dark red"), in OKLab (3,). Raises KeyError for other words."""
    *shades, colour = name.split()
    lab = to_oklab(np.frombuffer(bytes.fromhex(COLOURS[colour]), np.uint8) / 255)
    for shade in shades:
        step, chroma = SHADES[shade]
        lab = lab * (1, chroma, chroma)
        lab[0] += step * (1 - lab[0] if step > 0 else lab[0])
    return lab


@dataclass(frozen=True, eq=False)
class Body:
    """What of a thing has its main colour. share: (h, w) 0..1; lightness and chroma: the main colour's, chroma 0 for greys."""

    share: np.ndarray
    lightness: float
    chroma: float


def body_of(lab: np.ndarray, alpha: np.ndarray) -> Body:
    """lab (h, w, 3), alpha (h, w) 0..1, somewhere opaque. The hue, or grey, that has the largest part of the thing: a car's paint,
    not its tyres and windows. Greys count a third, for a bicycle is called by the colour of its frame. Where nothing has a third of the
    thing, all of it is the body."""
    hue, chroma = np.arctan2(lab[..., 2], lab[..., 1]), np.hypot(lab[..., 1], lab[..., 2])
    coloured = _smooth(chroma, 0.02, NEUTRAL)
    edges = np.linspace(-np.pi, np.pi, 73)
    area, _ = np.histogram(hue, edges, weights=coloured * alpha)
    centres = (edges[1:] + edges[:-1]) / 2
    reached = _near(centres[:, None] - centres[None]) @ area
    share = coloured * _near(hue - centres[reached.argmax()])
    grey = ((1 - coloured) * alpha).sum() / 3 > reached.max()
    if grey:
        share = 1 - coloured
    elif (share * alpha).sum() < alpha.sum() / 3:
        share = np.ones_like(chroma)
    middle = np.where(share * alpha > 0.5, alpha, 0).ravel()
    if grey:  # the lighter of two, as of a panda's
        return Body(share, _quantile(lab[..., 0].ravel(), middle, 0.65), 0.0)
    return Body(share, _quantile(lab[..., 0].ravel(), middle, 0.5), _quantile(chroma.ravel(), middle, 0.5))


def _near(turn: np.ndarray) -> np.ndarray:
    """1 for hues that count as the same, 0 for others; radians."""
    return _smooth(np.abs(np.angle(np.exp(1j * turn))), 0.9, 0.5)


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = values.argsort()
    total = weights[order].cumsum()
    return float(values[order[min(np.searchsorted(total, share * total[-1]), len(order) - 1)]])


def _smooth(values: np.ndarray, none: float, whole: float) -> np.ndarray:
    """0 at `none`, 1 at `whole`, smooth between."""
    at = ((values - none) / (whole - none)).clip(0, 1)
    return at * at * (3 - 2 * at)


def recolour(cutout: np.ndarray, name: str) -> np.ndarray:
    """The cut-out, (h, w, 4) uint8 straight RGBA, with its main colour made the one that is named; alpha stays.

    Lightness moves so that the main colour's becomes the new one's, black stays black and white white; chroma keeps its ratio to
    the main colour's, so highlights stay pale. Raises KeyError for no colour.
    """
    wanted = colour_of(name)
    alpha = cutout[..., 3] / 255
    if not (alpha > 0.5).any():
        return cutout.copy()
    lab = to_oklab(cutout[..., :3] / 255)
    body = body_of(lab, alpha)
    moved = _lightness(lab[..., 0], min(max(body.lightness, 0.05), 0.99), wanted[0])
    if body.chroma > 0:
        ratio = (np.hypot(lab[..., 1], lab[..., 2]) / body.chroma).clip(0, 1.25)
    else:  # a grey thing: colour where light is neither missing nor blinding
        ratio = np.minimum(moved / wanted[0], (1 - moved) / max(1 - wanted[0], 0.02)).clip(0, 1) ** 0.5
    new = np.concatenate([moved[..., None], wanted[1:] * ratio[..., None]], -1)
    mixed = lab + (new - lab) * body.share[..., None]
    done = cutout.copy()
    done[..., :3] = np.rint(from_oklab(mixed) * 255)
    done[cutout[..., 3] == 0] = 0
    return done


def _lightness(lightness: np.ndarray, middle: float, wanted: float) -> np.ndarray:
    """Lightness with `middle` moved to `wanted`, 0 to 0, and highlights to white, but where the thing itself is almost white."""
    dark = lightness * wanted / middle
    light = 1 - (1 - lightness) * (1 - wanted) / (1 - middle)
    lights = float(_smooth(np.array(middle), 0.9, 0.75))
    return np.where(lightness < middle, dark, dark + (light - dark) * lights).clip(0, 1)


def main_colour(picture: np.ndarray) -> np.ndarray:
    """The main colour of (h, w, 4) uint8 straight RGBA in OKLab (3,), opaque parts only. Raises ValueError where there are none."""
    alpha = np.where(picture[..., 3] > 240, 1.0, 0.0)
    if not alpha.any():
        raise ValueError("nothing opaque in this picture")
    lab = to_oklab(picture[..., :3] / 255)
    return np.average(lab.reshape(-1, 3), axis=0, weights=(body_of(lab, alpha).share * alpha).ravel())


def nearest_colour(lab: np.ndarray, names: tuple[str, ...]) -> str:
    """Which of the colours is nearest to (3,) OKLab; lightness counts half, because light changes it."""
    return min(names, key=lambda name: float((((colour_of(name) - lab) * (0.5, 1, 1)) ** 2).sum()))
