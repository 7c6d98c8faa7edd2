"""From scene light to pictures: one tone curve for ground and thing, exposure by the picture's middle."""

from __future__ import annotations

import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def encoded(light: np.ndarray, knee: float = 0.6) -> np.ndarray:
    """Linear light -> sRGB 0..1, float32; above `knee` it rolls off towards 1."""
    light = np.maximum(light, 0)
    rolled = np.where(light < knee, light, knee + (1 - knee) * (1 - np.exp(-(light - knee) / (1 - knee))))
    return np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055).clip(0, 1).astype(np.float32)


def exposure(light: np.ndarray, key: float) -> float:
    """The factor that brings the geometric mean of (…, 3) linear light to `key`."""
    return float(key / np.exp(np.mean(np.log(light @ LUMINANCE + 1e-4))))


def straight(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied (h, w, 4) light as its colours and alpha; colour 0 where nothing is."""
    alpha = picture[..., 3].clip(0, 1)
    return np.where(alpha[..., None] > 1e-3, picture[..., :3] / np.maximum(alpha, 1e-3)[..., None], 0), alpha
