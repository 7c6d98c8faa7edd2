"""Procedural floors: albedo textures that repeat, for scenes to train on. numpy."""

from __future__ import annotations

import numpy as np

SIDE = 512
KINDS = ("plain", "planks", "tiles", "carpet", "stone", "checks", "grass", "sand")


def texture(dice: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """(side, side, 3) float32 linear albedo around a mean of .4, that repeats in both directions; its kind, colours and grain by chance."""
    kind = KINDS[dice.integers(len(KINDS))]
    grain = noise(dice, side, dice.uniform(1.2, 2.2)) * dice.uniform(0.03, 0.2)
    colour = np.exp(dice.normal(0, 0.25, 3)).astype(np.float32)
    colour = 0.4 * colour / colour.mean()
    y, x = np.mgrid[0:side, 0:side] / side
    shape = np.zeros((side, side))
    if kind == "planks":
        rows = int(dice.integers(4, 9))
        row = (y * rows).astype(int)
        shade, offset = dice.normal(0, 0.18, (rows, 3)), dice.random(rows)
        piece = ((x + offset[row]) % 1 * 3).astype(int)
        fibres = noise(dice, side, 1.6, stretch=12)
        gap = (y * rows % 1 < 0.03) | ((x + offset[row]) % 1 * 3 % 1 < 0.006)
        shape = shade[row, piece] + 0.25 * fibres - 0.9 * gap
        colour *= np.array([1.25, 1.0, 0.72], np.float32)
    elif kind == "tiles":
        count = int(dice.integers(3, 8))
        shade = dice.normal(0, 0.1, (count, count))
        joint = (x * count % 1 < 0.04) | (y * count % 1 < 0.04)
        shape = shade[(y * count).astype(int), (x * count).astype(int)] + joint * dice.choice([-0.7, 0.5])
    elif kind == "carpet":
        shape = 0.5 * noise(dice, side, 0.6) + 0.25 * noise(dice, side, 2)
    elif kind == "stone":
        shape = 0.5 * np.abs(noise(dice, side, 1.6)) - 0.5 * (np.abs(noise(dice, side, 2)) < 0.04)
    elif kind == "checks":
        count = 2 * int(dice.integers(2, 5))
        shape = np.where(((x * count).astype(int) + (y * count).astype(int)) % 2, 1, -1) * dice.uniform(0.1, 0.6)
    elif kind == "grass":
        shape = 0.6 * noise(dice, side, 0.8, stretch=0.2)
        colour *= np.array([0.75, 1.2, 0.45], np.float32)
    elif kind == "sand":
        shape = 0.15 * noise(dice, side, 0.5) + 0.1 * np.sin(2 * np.pi * (8 * y + 0.3 * noise(dice, side, 2.5)))
        colour *= np.array([1.2, 1.0, 0.75], np.float32)
    tone = np.exp(np.clip(shape + grain, -2.5, 1.2))[..., None]
    tint = 1 + 0.08 * noise(dice, side, 2)[..., None] * dice.normal(0, 1, 3)
    made = colour * tone / tone.mean() * tint
    return np.clip(made, 0.01, 0.95).astype(np.float32)


def noise(dice: np.random.Generator, side: int, slope: float, stretch: float = 1.0) -> np.ndarray:
    """(side, side) of mean 0 and deviation 1 with a spectrum that falls as frequency to the power -slope; repeats. stretch: longer in x."""
    fy, fx = np.fft.fftfreq(side)[:, None] * side, np.fft.rfftfreq(side)[None] * side
    frequency = np.sqrt((fx * stretch) ** 2 + fy**2)
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(dice.normal(size=(side, side))) / frequency**slope
    spectrum[0, 0] = 0
    made = np.fft.irfft2(spectrum, s=(side, side))
    return made / max(made.std(), 1e-9)
