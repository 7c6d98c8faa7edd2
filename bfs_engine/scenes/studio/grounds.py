"""Grounds of our own, computed: tileable pictures of floors for test scenes and for training. KINDS for training, HELD for measuring only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 768  # pixels of a tile
Colour = tuple[float, float, float]


def grain(random: np.random.Generator, size: float, stretch: float = 1.0, octaves: int = 4) -> np.ndarray:
    """(SIDE, SIDE) tileable noise, mean 0 and deviation 1; size: pixels of its coarsest spots, `stretch` times as long across as down."""
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        sigma = size / 2**octave
        white = random.normal(size=(SIDE, SIDE)).astype(np.float32)
        soft = ndimage.gaussian_filter(white, (sigma, sigma * stretch), mode="wrap")
        total += soft / max(float(soft.std()), 1e-6) * 0.6**octave
    return (total - total.mean()) / total.std()


def painted(base: Colour, *layers: tuple[np.ndarray, Colour]) -> np.ndarray:
    """(SIDE, SIDE, 3) display values: a colour, changed by each map times its own colour."""
    picture = np.broadcast_to(np.array(base, np.float32), (SIDE, SIDE, 3)).copy()
    for values, colour in layers:
        picture += values[..., None] * np.array(colour, np.float32)
    return picture.clip(0.02, 0.97)


def cells(rows: int, columns: int, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A wall of equal pieces: the number of the piece of each pixel, and how far it is from the piece's rim in shares of its height.

    offset: by how much every second row is moved, in pieces.
    """
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    row = np.floor(y * rows).astype(int)
    across = x * columns + (row % 2) * offset
    column = np.floor(across).astype(int) % columns
    down, along = y * rows % 1, across % 1
    rim = np.minimum(np.minimum(down, 1 - down), np.minimum(along, 1 - along) * rows / columns)
    return row * columns + column, rim


def shaded(random: np.random.Generator, pieces: np.ndarray) -> np.ndarray:
    """A brightness of its own for each piece, deviation 1."""
    return random.normal(size=int(pieces.max()) + 1).astype(np.float32)[pieces]


def planks(random: np.random.Generator) -> np.ndarray:
    pieces, rim = cells(8, 2, 0.5)
    base = np.array([(0.55, 0.38, 0.24), (0.42, 0.30, 0.22), (0.70, 0.58, 0.44), (0.50, 0.47, 0.43)][random.integers(4)])
    veins = grain(random, 5, 18)
    gap = (rim < 0.012).astype(np.float32)
    return painted(tuple(base), (shaded(random, pieces), tuple(base * 0.12)), (veins, tuple(base * 0.10)), (gap, tuple(-base * 0.7)))


def tiles(random: np.random.Generator) -> np.ndarray:
    pieces, rim = cells(4, 4)
    base = np.array([(0.78, 0.75, 0.70), (0.55, 0.42, 0.35), (0.40, 0.44, 0.47), (0.72, 0.66, 0.55)][random.integers(4)])
    gap = (rim < 0.02).astype(np.float32)
    return painted(tuple(base), (shaded(random, pieces), (0.03, 0.03, 0.03)), (grain(random, 40), (0.03, 0.028, 0.025)), (gap, tuple(-base * 0.35)))


def checker(random: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] * 4 // SIDE
    dark = ((x + y) % 2).astype(np.float32)
    colour = [(-0.62, -0.60, -0.58), (-0.25, -0.40, -0.45), (-0.45, -0.30, -0.42)][random.integers(3)]
    return painted((0.82, 0.80, 0.76), (dark, colour), (grain(random, 30), (0.02, 0.02, 0.02)))


def concrete(random: np.random.Generator) -> np.ndarray:
    pores = (grain(random, 2, octaves=2) > 2.6).astype(np.float32)
    return painted((0.58, 0.57, 0.55), (grain(random, 90), (0.05, 0.05, 0.048)), (grain(random, 3, octaves=2), (0.02, 0.02, 0.02)), (pores, (-0.15, -0.15, -0.15)))


def carpet(random: np.random.Generator) -> np.ndarray:
    base = np.array([(0.45, 0.20, 0.20), (0.30, 0.36, 0.45), (0.62, 0.57, 0.48), (0.33, 0.38, 0.30)][random.integers(4)])
    return painted(tuple(base), (grain(random, 1.6, octaves=2), tuple(base * 0.22)), (grain(random, 60), tuple(base * 0.05)))


def sand(random: np.random.Generator) -> np.ndarray:
    return painted((0.76, 0.66, 0.50), (grain(random, 50, 2.5, 3), (0.04, 0.038, 0.03)), (grain(random, 0.8, octaves=1), (0.05, 0.045, 0.04)))


def asphalt(random: np.random.Generator) -> np.ndarray:
    stones = (grain(random, 1.8, octaves=2) > 1.4).astype(np.float32)
    return painted((0.25, 0.25, 0.26), (grain(random, 1.2, octaves=2), (0.05, 0.05, 0.05)), (stones, (0.14, 0.14, 0.13)), (grain(random, 100), (0.02, 0.02, 0.02)))


def lawn(random: np.random.Generator) -> np.ndarray:
    blades = grain(random, 1.4, 0.4, 3)
    return painted((0.30, 0.40, 0.17), (blades, (0.08, 0.10, 0.05)), (grain(random, 60), (0.05, 0.03, 0.02)))


def plain(random: np.random.Generator) -> np.ndarray:
    base = random.uniform(0.35, 0.85, 3) * 0.4 + random.uniform(0.3, 0.85) * 0.6
    return painted(tuple(base), (grain(random, 120), (0.012, 0.012, 0.012)))


def snow(random: np.random.Generator) -> np.ndarray:
    return painted((0.90, 0.91, 0.93), (grain(random, 60, 1.5), (0.02, 0.02, 0.018)), (grain(random, 1.2, octaves=1), (0.015, 0.015, 0.015)))


def cobbles(random: np.random.Generator) -> np.ndarray:
    points = (np.stack(np.meshgrid(np.arange(14), np.arange(14), indexing="ij"), -1).reshape(-1, 2) + random.uniform(0.15, 0.85, (196, 2))) / 14
    seeds = (points * SIDE).astype(int) % SIDE
    marked = np.ones((SIDE, SIDE), bool)
    marked[seeds[:, 0], seeds[:, 1]] = False
    wide = np.tile(marked, (3, 3))
    distance, nearest = ndimage.distance_transform_edt(wide, return_indices=True)
    middle = slice(SIDE, 2 * SIDE)
    piece = (nearest[0] % SIDE * SIDE + nearest[1] % SIDE)[middle, middle]
    edge = ndimage.maximum_filter(piece, 5, mode="wrap") != ndimage.minimum_filter(piece, 5, mode="wrap")
    joint = ndimage.gaussian_filter(edge.astype(np.float32), 2, mode="wrap")
    tint = random.normal(size=SIDE * SIDE).astype(np.float32)[piece]
    dome = -(distance[middle, middle] / 28).astype(np.float32)
    return painted((0.55, 0.53, 0.50), (tint, (0.05, 0.045, 0.04)), (joint, (-0.34, -0.33, -0.32)), (dome, (0.07, 0.07, 0.07)), (grain(random, 3), (0.025, 0.025, 0.025)))


def parquet(random: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] * 4 / SIDE
    lying = (np.floor(x) + np.floor(y)) % 2 == 0
    strip = np.where(lying, np.floor(y % 1 * 4), np.floor(x % 1 * 4))
    piece = (np.floor(y) * 16 + np.floor(x) * 4 + strip).astype(int)
    within = np.where(lying, y % 1 * 4, x % 1 * 4) % 1
    gap = (np.minimum(within, 1 - within) < 0.02).astype(np.float32)
    veins = np.where(lying, grain(random, 3, 16), grain(random, 3, 16).T)
    return painted((0.62, 0.42, 0.25), (shaded(random, piece), (0.05, 0.045, 0.035)), (veins, (0.045, 0.04, 0.03)), (gap, (-0.35, -0.27, -0.18)))


def marble(random: np.random.Generator) -> np.ndarray:
    veins = np.exp(-np.abs(grain(random, 90, octaves=5)) * 9)
    return painted((0.86, 0.85, 0.83), (veins.astype(np.float32), (-0.30, -0.29, -0.27)), (grain(random, 70), (0.03, 0.03, 0.03)))


def linen(random: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE * 2 * np.pi * 96
    weave = (np.sin(x) * np.sin(y)).astype(np.float32)
    return painted((0.66, 0.64, 0.60), (weave, (0.05, 0.05, 0.05)), (grain(random, 1.5, 12, 2), (0.03, 0.03, 0.03)), (grain(random, 1.5, 12, 2).T, (0.03, 0.03, 0.03)))


Maker = Callable[[np.random.Generator], np.ndarray]
KINDS: tuple[Maker, ...] = (planks, tiles, checker, concrete, carpet, sand, asphalt, lawn, plain, snow)
HELD: tuple[Maker, ...] = (cobbles, parquet, marble, linen)


def write(out: Path, variants: int = 3) -> None:
    """Write `variants` pictures of every kind: out/KIND-0.png …, those for measuring only into out/held."""
    for folder, makers in ((out, KINDS), (out / "held", HELD)):
        folder.mkdir(parents=True, exist_ok=True)
        for number, maker in enumerate(makers):
            for variant in range(variants):
                picture = maker(np.random.default_rng((7, number, variant, folder is not out)))
                Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(folder / f"{maker.__name__}-{variant}.png")
