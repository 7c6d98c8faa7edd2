"""Where a cut-out stands in a frame, and how it is resampled there. numpy; the renderer does the same sums in torch.

Frame pixels: x to the right, y down, (0, 0) the frame's top-left corner; a box is x, y, width, height, not rounded.
"""

from __future__ import annotations

import numpy as np

from bfs_engine.scenes.sprites import trim

Box = tuple[float, float, float, float]


def contain(width: float, height: float, box: Box) -> tuple[float, float, float]:
    """(left, top, scale) of a width x height picture fitted in the box: as large as fits, centred, standing on its bottom."""
    x, y, box_width, box_height = box
    scale = min(box_width / width, box_height / height)
    return x + (box_width - width * scale) / 2, y + box_height - height * scale, scale


def resampling(size: int, length: int, start: float, scale: float) -> np.ndarray:
    """(size, length) float64 weights that bring `length` source pixels to a frame's axis, source pixel 0 beginning at `start`.

    Each frame pixel averages what lies under it (area when shrinking, linear interpolation when enlarging); a row sums to
    the part of the pixel that the source covers, hence antialiased edges and exactly 1 inside.
    """
    centre = (np.arange(size) + 0.5 - start) / scale
    half = max(1.0, 1.0 / scale) / 2
    low, high = (centre - half)[:, None], (centre + half)[:, None]
    cells = np.arange(length)[None]
    return np.clip(np.minimum(high, cells + 1) - np.maximum(low, cells), 0, None) / (2 * half)


def place_reference(cutout: np.ndarray, box: Box, size: int) -> np.ndarray:
    """The cut-out in its box, as the model is shown it: (size, size, 4) float32 straight RGBA 0..1, colour 0 under alpha 0.

    cutout: (h, w, 4) uint8 straight RGBA; transparent margins do not count. Raises ValueError where nothing is visible.
    """
    source = trim(cutout).astype(np.float64) / 255
    source[..., :3] *= source[..., 3:]
    height, width = source.shape[:2]
    left, top, scale = contain(width, height, box)
    rows, columns = resampling(size, height, top, scale), resampling(size, width, left, scale)
    placed = np.einsum("yh,hwc,xw->yxc", rows, source, columns, optimize=True)
    alpha = placed[..., 3:]
    alpha = np.where(alpha > 0.999, 1, np.where(alpha < 1e-4, 0, alpha))
    colour = placed[..., :3] * np.where(alpha > 0, 1 / np.maximum(alpha, 1e-4), 0)
    return np.concatenate([colour, alpha], axis=2).clip(0, 1).astype(np.float32)
