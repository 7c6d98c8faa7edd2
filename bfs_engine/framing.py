"""Box <-> crop <-> model frame. Numpy and Pillow only.

The model sees a square crop of the picture in which the box has a constant share of the side, so the box, not the picture,
sets the cost. Resampling happens on premultiplied colour: straight-alpha resampling would drag the colour of invisible
pixels into the edges (fringes).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .api import Box, EngineError
from .words import phrase

BOX_FRACTION = 0.55  # longer side of the box over the side of the crop: room for shadow and reflection
SMALLEST_BOX = 8  # picture pixels


def check_box(box: Box, width: int, height: int) -> None:
    """Refuse a box that is too small or does not lie on the picture."""
    if box.width < SMALLEST_BOX or box.height < SMALLEST_BOX:
        raise EngineError(
            phrase(
                "The box is {width} × {height} pixels; it needs at least {least} × {least}.",
                width=box.width,
                height=box.height,
                least=SMALLEST_BOX,
            )
        )
    if box.x < 0 or box.y < 0 or box.right > width or box.bottom > height:
        raise EngineError(
            phrase(
                "The box {x},{y} {width} × {height} reaches outside the picture, which is {wide} × {high} pixels.",
                x=box.x,
                y=box.y,
                width=box.width,
                height=box.height,
                wide=width,
                high=height,
            ),
            phrase("Draw the box inside the picture."),
        )


def crop_around(box: Box, width: int, height: int, fraction: float = BOX_FRACTION) -> Box:
    """The square crop for a box on a width × height picture.

    Centred on the box, then pushed back onto the picture where it hangs over an edge, as far as the crop fits and the box stays
    in it; what still hangs over is filled by `cut`.
    """
    side = max(round(max(box.width, box.height) / fraction), 1)
    return Box(
        _pushed(box.x, box.width, side, width),
        _pushed(box.y, box.height, side, height),
        side,
        side,
    )


def frame_side(crop: Box, least: int, largest: int, step: int = 64) -> int:
    """Side of a model's frame for a crop: the crop's own, so that nothing is scaled, as far as the model goes; whole steps."""
    return min(max(-(-crop.width // step) * step, least), largest)


def upscale(crop: Box, side: int) -> float:
    """How far a layer made in a frame of `side` pixels is enlarged to fill the crop; 1 where it is not."""
    return round(max(crop.width / side, 1.0), 3)


def _pushed(box: int, extent: int, side: int, length: int) -> int:
    if side >= length:
        start = round((length - side) / 2)
    else:
        start = int(min(max(round(box + extent / 2 - side / 2), 0), length - side))
    return min(max(start, box + extent - side), box)


def cut(picture: np.ndarray, crop: Box) -> np.ndarray:
    """(h, w, c) -> (crop.height, crop.width, c); pixels beyond the picture repeat its edge."""
    height, width = picture.shape[:2]
    if crop.x >= 0 and crop.y >= 0 and crop.right <= width and crop.bottom <= height:
        return np.ascontiguousarray(picture[crop.y : crop.bottom, crop.x : crop.right])  # ten times as fast as by index
    rows = np.clip(np.arange(crop.y, crop.bottom), 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(crop.x, crop.right), 0, picture.shape[1] - 1)
    inner = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.ascontiguousarray(inner[rows - rows[0]][:, columns - columns[0]])


def to_model(background: np.ndarray, size: int) -> np.ndarray:
    """(h, w, 3) uint8 -> (size, size, 3) float32 in [0, 1], antialiased."""
    image = Image.fromarray(background).resize(
        (size, size), Image.Resampling.LANCZOS if background.shape[0] > size else Image.Resampling.BICUBIC
    )
    return np.asarray(image, np.float32) / 255


def from_model(layer: np.ndarray, crop: Box) -> tuple[np.ndarray, int, int] | None:
    """(s, s, 4) float straight RGBA in [0, 1] of the model -> ((h, w, 4) uint8 straight RGBA, left, top) in picture pixels.

    Scaled to the crop and trimmed to what is not transparent; what hangs over the canvas is kept, it shows when the layer
    is moved. None when nothing is visible.
    """
    window = _visible_window(layer[..., 3], crop)
    if window is None:
        return None
    left, top, right, bottom = window
    channels = [Image.fromarray(np.ascontiguousarray(c, np.float32), "F") for c in _premultiplied(layer)]
    pixels = np.empty((bottom - top, right - left, 4), np.uint8)
    for start in range(top, bottom, _BAND):
        end = min(start + _BAND, bottom)
        _fill(pixels[start - top : end - top], channels, crop, (left, start, right, end))
    rows, columns = np.flatnonzero(pixels[..., 3].any(1)), np.flatnonzero(pixels[..., 3].any(0))
    if rows.size == 0:
        return None
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.ascontiguousarray(pixels), int(crop.x + left + columns[0]), int(crop.y + top + rows[0])


_BAND = 128  # rows scaled at a time: a box as large as a photograph would otherwise take gigabytes of float


def _premultiplied(layer: np.ndarray) -> list[np.ndarray]:
    return [layer[..., i] * layer[..., 3] for i in range(3)] + [layer[..., 3]]


def _visible_window(alpha: np.ndarray, crop: Box) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom in crop pixels of all that can show once (s, s) alpha is scaled; None where nothing does."""
    rows, columns = np.flatnonzero((alpha > 0).any(1)), np.flatnonzero((alpha > 0).any(0))
    if rows.size == 0:
        return None
    left, right = _scaled_span(columns, alpha.shape[1], crop.width)
    top, bottom = _scaled_span(rows, alpha.shape[0], crop.height)
    return left, top, right, bottom


def _scaled_span(seen: np.ndarray, size: int, length: int) -> tuple[int, int]:
    reach = 3 * max(size / length, 1) + 1  # how far a resampling filter carries a pixel, in model pixels
    first, last = (seen[0] - reach) * length / size, (seen[-1] + 1 + reach) * length / size
    return max(int(np.floor(first)), 0), min(int(np.ceil(last)), length)


def _fill(out: np.ndarray, channels: list[Image.Image], crop: Box, window: tuple[int, int, int, int]) -> None:
    """Scale `window` (left, top, right, bottom in crop pixels) of premultiplied channels into out: (h, w, 4) uint8 straight."""
    width, height = channels[0].size
    left, top, right, bottom = window
    x, y = width / crop.width, height / crop.height
    box = (left * x, top * y, min(right * x, width), min(bottom * y, height))
    filter_ = Image.Resampling.BICUBIC if crop.width > width else Image.Resampling.LANCZOS
    red, green, blue, alpha = (np.asarray(c.resize((right - left, bottom - top), filter_, box)) for c in channels)
    alpha = np.clip(alpha, 0, 1)
    gain = 255 / np.maximum(alpha, 1e-4)
    out[..., 3] = np.rint(alpha * 255)
    for index, channel in enumerate((red, green, blue)):
        out[..., index] = np.rint(np.clip(channel * gain, 0, 255))
    out[out[..., 3] == 0] = 0
