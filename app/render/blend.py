"""Photoshop's blend modes on planes of floats, in the document's gamma (never linear light). Numpy only.

B(backdrop, source) for colours in [0, 1]; separable formulas as in ISO 32000-2, 11.3.5, the others as Photoshop computes
them (checked against psd-tools, whose formulas are fitted to Photoshop's own renders).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

PASS_THROUGH = "pass through"
BLEND_MODES = (
    "normal", "dissolve",
    "darken", "multiply", "color burn", "linear burn", "darker color",
    "lighten", "screen", "color dodge", "linear dodge", "lighter color",
    "overlay", "soft light", "hard light", "vivid light", "linear light", "pin light", "hard mix",
    "difference", "exclusion", "subtract", "divide",
    "hue", "saturation", "color", "luminosity",
)  # fmt: skip

Plane = np.ndarray
TINY = np.float32(1e-9)  # keeps divisions finite; far below one level
LUMINANCE = np.array([0.3, 0.59, 0.11], np.float32).reshape(3, 1, 1)


def compose(mode: str, backdrop: np.ndarray, source: np.ndarray, opacity: float, noise: np.ndarray | None = None) -> np.ndarray:
    """Put a source over a backdrop; all (4, h, w) float32 premultiplied RGBA in [0, 1].

    result = (1 - αs) αb Cb + αs ((1 - αb) Cs + αb B(Cb, Cs)), αs including the opacity. noise: (h, w) thresholds in [0, 1)
    for "dissolve", which shows a source pixel wholly or not at all.
    """
    source_colour, source_alpha = _straight(source)
    alpha = source_alpha * np.float32(opacity)
    if mode == "dissolve":
        alpha = (alpha > noise).astype(np.float32)
        return np.concatenate([backdrop[:3] * (1 - alpha) + source_colour * alpha, (backdrop[3] + alpha - backdrop[3] * alpha)[None]])
    backdrop_colour, backdrop_alpha = _straight(backdrop)
    mixed = blend(mode, backdrop_colour, source_colour)
    mixed -= source_colour
    mixed *= backdrop_alpha
    mixed += source_colour
    mixed *= alpha
    mixed += backdrop[:3] * (1 - alpha)
    return np.concatenate([mixed, (backdrop_alpha + alpha - backdrop_alpha * alpha)[None]])


def _straight(premultiplied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    alpha = premultiplied[3]
    return np.divide(premultiplied[:3], np.where(alpha > 0, alpha, 1)), alpha


def blend(mode: str, backdrop: np.ndarray, source: np.ndarray) -> np.ndarray:
    """B(Cb, Cs): straight colours (3, h, w) float32 in [0, 1] -> the same, a new array."""
    return FORMULAS[mode](backdrop, source)


def _color_dodge(b: Plane, s: Plane) -> Plane:
    return np.where(b == 0, 0, np.where(s == 1, 1, np.minimum(1, b / (1 - s + TINY)))).astype(np.float32)


def _color_burn(b: Plane, s: Plane) -> Plane:
    return np.where(b == 1, 1, np.where(s == 0, 0, 1 - np.minimum(1, (1 - b) / (s + TINY)))).astype(np.float32)


def _hard_light(b: Plane, s: Plane) -> Plane:
    return np.where(s > 0.5, b + (2 * s - 1) - b * (2 * s - 1), b * 2 * s)


def _soft_light(b: Plane, s: Plane) -> Plane:
    lifted = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (lifted - b))


def _vivid_light(b: Plane, s: Plane) -> Plane:
    """Burn and dodge without their special cases of the backdrop: the extremes of the source win."""
    burnt = 1 - np.minimum(1, (1 - b) / (2 * s + TINY))
    dodged = np.minimum(1, b / (2 * (1 - s) + TINY))
    mixed = np.where(s <= 0.5, burnt, dodged)
    return np.where(s == 0, 0, np.where(s == 1, 1, mixed)).astype(np.float32)


def _hard_mix(b: Plane, s: Plane) -> Plane:
    total = b + s
    return ((total > 1) | ((total == 1) & (b > 0.5))).astype(np.float32)


def _luminance(c: np.ndarray) -> Plane:
    """(3, h, w) -> (h, w)."""
    return (c * LUMINANCE).sum(axis=0)


def _saturation(c: np.ndarray) -> Plane:
    return c.max(axis=0) - c.min(axis=0)


def _with_luminance(c: np.ndarray, luminance: Plane) -> np.ndarray:
    """SetLum and ClipColor of ISO 32000-2, 11.3.5.3."""
    c = c + (luminance - _luminance(c))
    level, low, high = _luminance(c), c.min(axis=0), c.max(axis=0)
    c = np.where(low < 0, level + (c - level) * level / np.maximum(level - low, TINY), c)
    c = np.where(high > 1, level + (c - level) * (1 - level) / np.maximum(high - level, TINY), c)
    return np.clip(c, 0, 1)


def _with_saturation(c: np.ndarray, saturation: Plane) -> np.ndarray:
    low, spread = c.min(axis=0), _saturation(c)
    return np.where(spread > 0, (c - low) * saturation / np.maximum(spread, TINY), 0).astype(np.float32)


def _hue(b: np.ndarray, s: np.ndarray) -> np.ndarray:
    return _with_luminance(_with_saturation(s, _saturation(b)), _luminance(b))


def _saturation_of_source(b: np.ndarray, s: np.ndarray) -> np.ndarray:
    return _with_luminance(_with_saturation(b, _saturation(s)), _luminance(b))


FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "normal": lambda b, s: s.copy(),
    "darken": np.minimum,
    "multiply": np.multiply,
    "color burn": _color_burn,
    "linear burn": lambda b, s: np.maximum(b + s - 1, 0),
    "darker color": lambda b, s: np.where(_luminance(s) < _luminance(b), s, b),
    "lighten": np.maximum,
    "screen": lambda b, s: b + s - b * s,
    "color dodge": _color_dodge,
    "linear dodge": lambda b, s: np.minimum(b + s, 1),
    "lighter color": lambda b, s: np.where(_luminance(s) > _luminance(b), s, b),
    "overlay": lambda b, s: _hard_light(s, b),
    "soft light": _soft_light,
    "hard light": _hard_light,
    "vivid light": _vivid_light,
    "linear light": lambda b, s: np.clip(b + 2 * s - 1, 0, 1),
    "pin light": lambda b, s: np.where(s > 0.5, np.maximum(b, 2 * s - 1), np.minimum(b, 2 * s)),
    "hard mix": _hard_mix,
    "difference": lambda b, s: np.abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "subtract": lambda b, s: np.maximum(b - s, 0),
    "divide": lambda b, s: np.minimum(b / (s + TINY), 1),
    "hue": _hue,
    "saturation": _saturation_of_source,
    "color": lambda b, s: _with_luminance(s, _luminance(b)),
    "luminosity": lambda b, s: _with_luminance(b, _luminance(s)),
}
