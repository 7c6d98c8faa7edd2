"""Gradients of fills and layer effects: where a pixel lies on the ramp, and the ramp's colours.

Colours and noise ramps are psd-tools'; the geometry and the smoothness are measured on files that Photoshop wrote.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from psd_tools.composite import paint
from psd_tools.constants import ColorMode
from psd_tools.psd.descriptor import Descriptor
from psd_tools.terminology import Enum, Key, Type

from ...document.geometry import Rect

SMOOTHNESS = 4096  # of 100 %
_SMOOTH_SHARE = 2 / 3  # at 100 % the ramp between two stops is so much of a smooth step, the rest straight
_STOP = 4096  # the end of the ramp
_STEPS = 1024  # of the table that a ramp is read from


Stop = tuple[float, float]  # place, 0 to _STOP; midpoint of the way to it, in percent


def gradient(descriptor: Descriptor, mode: ColorMode, area: Rect, box: Rect) -> tuple[np.ndarray, np.ndarray]:
    """((h, w, 1 or 3), (h, w)) float32 in [0, 1]: colours and opacity over `area` of a gradient that is laid out on `box`.

    ValueError and the like where the descriptor is not one that Photoshop writes.
    """
    along = np.clip(_along(descriptor, area, box), 0, 1)
    along = 1 - along if descriptor.get(Key.Reverse, False) else along
    colors, opacity = _ramp(descriptor[Key.Gradient], mode)
    index = np.rint(along * _STEPS).astype(np.int32)
    return colors[index], opacity[index]


def _along(descriptor: Descriptor, area: Rect, box: Rect) -> np.ndarray:
    """(h, w): 0 at the start of the ramp, 1 at its end."""
    angle = math.radians(float(descriptor.get(Key.Angle, 0.0)))
    scale = max(float(descriptor.get(Key.Scale, 100.0)) / 100, 1e-3)
    offset = descriptor.get(Key.Offset)
    right, down = (float(offset[Key.Horizontal]) / 100, float(offset[Key.Vertical]) / 100) if offset is not None else (0.0, 0.0)
    center_x, center_y = box.left + box.width * (0.5 + right), box.top + box.height * (0.5 + down)
    x = np.arange(area.left, area.right, dtype=np.float32)[None, :] + 0.5 - center_x
    y = center_y - np.arange(area.top, area.bottom, dtype=np.float32)[:, None] - 0.5
    cosine, sine = math.cos(angle), math.sin(angle)
    length = max(_length(box, cosine, sine) * scale, 1e-3)
    forward, aside = (x * cosine + y * sine) / length, (y * cosine - x * sine) / length
    kind = descriptor[Key.Type].enum
    if kind == Enum.Linear:
        return forward + 0.5
    if kind == Enum.Reflected:
        return np.abs(forward) * 2
    if kind == Enum.Radial:
        return np.hypot(forward, aside) * 2
    if kind == Enum.Diamond:
        return (np.abs(forward) + np.abs(aside)) * 2
    if kind == Enum.Angle:
        return np.arctan2(aside, forward) / (2 * math.pi) % 1
    raise ValueError(f"a gradient of kind {kind!r}")


def _length(box: Rect, cosine: float, sine: float) -> float:
    """How far the ramp reaches across the box."""
    return abs(box.width * cosine) + abs(box.height * sine)


def _ramp(gradient: Descriptor, mode: ColorMode) -> tuple[np.ndarray, np.ndarray]:
    """((n, 1 or 3), (n,)) float32: colours and opacity from the start to the end of the ramp."""
    places = np.linspace(0, 1, _STEPS + 1)
    if gradient[Type.GradientForm].enum != Enum.CustomStops:
        colors, opacity = paint._make_gradient_color(mode, gradient)
        if colors is None:
            raise ValueError("a gradient of an unknown form")
        shows = opacity is not None and bool(gradient.get(b"ShTr", False))  # noise has opacities also where they are switched off
        full = opacity(places) if shows else np.ones(len(places))
        return np.float32(colors(places)), np.float32(full)
    smooth = float(gradient.get(Key.Interpolation, SMOOTHNESS)) / SMOOTHNESS
    colors = [np.array(paint._get_color(mode, stop), np.float64) for stop in gradient[Key.Colors]]
    clear = gradient.get(Key.Transparency) or []
    opacity = [np.array([float(stop[Key.Opacity]) / 100]) for stop in clear]
    full = between(places, _stops(clear), opacity, smooth)[:, 0] if opacity else np.ones(len(places))
    return np.float32(between(places, _stops(gradient[Key.Colors]), colors, smooth)), np.float32(full)


def _stops(descriptors: Sequence[Descriptor]) -> list[Stop]:
    return [(float(stop[Key.Location]), float(stop.get(Key.Midpoint, 50))) for stop in descriptors]


def between(places: np.ndarray, stops: Sequence[Stop], values: Sequence[np.ndarray], smooth: float) -> np.ndarray:
    """(n, channels): the values of the stops at their places, and between them. places: (n,) in [0, 1]; smooth: 0 to 1."""
    out = np.repeat(values[0][None, :], len(places), axis=0)
    for index in range(1, len(stops)):
        start, end, middle = stops[index - 1][0] / _STOP, stops[index][0] / _STOP, min(max(stops[index][1] / 100, 0.01), 0.99)
        inside = places >= start
        if end > start:
            way = np.clip((places[inside] - start) / (end - start), 0, 1)
            way = np.where(way < middle, way / middle / 2, 0.5 + (way - middle) / (1 - middle) / 2)
            way += smooth * _SMOOTH_SHARE * (way * way * (3 - 2 * way) - way)
        else:
            way = np.ones(int(inside.sum()))
        out[inside] = values[index - 1] + (values[index] - values[index - 1]) * way[:, None]
    return out
