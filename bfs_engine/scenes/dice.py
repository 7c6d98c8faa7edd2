"""Random numbers and a few picture operations that all parts of the scene renderer share. Batches of n, torch float32."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor


class Dice:
    """Seeded random numbers, drawn on the CPU whatever the device, so that a seed means the same scenes everywhere."""

    def __init__(self, generator: torch.Generator, count: int, device: torch.device) -> None:
        self.generator, self.count, self.device = generator, count, device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """(n, *shape) evenly between low and high."""
        return (torch.rand(self.count, *shape, generator=self.generator) * (high - low) + low).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.count, *shape, generator=self.generator).to(self.device)

    def chance(self, probability: float) -> Tensor:
        """(n,) bool."""
        return self.uniform(0, 1) < probability

    def sign(self) -> Tensor:
        return torch.where(self.chance(0.5), 1.0, -1.0)

    def choice(self, weights: list[float]) -> Tensor:
        """(n,) int64, an index into the weights."""
        return torch.multinomial(torch.tensor(weights), self.count, replacement=True, generator=self.generator).to(self.device)

    def integer(self, high: int) -> Tensor:
        return torch.randint(high, (self.count,), generator=self.generator).to(self.device)


def column(values: Tensor, dimensions: int = 4) -> Tensor:
    """(n,) to (n, 1, 1, 1), to be multiplied with a batch of pictures."""
    return values.reshape(-1, *[1] * (dimensions - 1))


def centres(size: int, device: torch.device) -> Tensor:
    """(size,) pixel centres."""
    return torch.arange(size, dtype=torch.float32, device=device) + 0.5


def gaussian(sigma: Tensor, size: int) -> Tensor:
    """(n, size, size) matrices that blur one axis by sigma (n,) pixels, the edge repeated in effect (rows sum to 1)."""
    at = centres(size, sigma.device)
    distance = (at[None, :, None] - at[None, None, :]) / column(sigma.clamp(min=0.25), 3)
    weights = torch.exp(-0.5 * distance.square())
    return weights / weights.sum(2, keepdim=True)


def blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    """(n, c, s, s) blurred by sigma (n,) pixels: two matrix products."""
    matrix = gaussian(sigma, pictures.shape[-1])[:, None]
    return matrix @ pictures @ matrix.mT


def resampling(size: int, length: int, start: Tensor, scale: Tensor) -> Tensor:
    """(n, size, length) float32: placing.resampling for a batch; start, scale (n,)."""
    centre = (centres(size, start.device)[None] - start[:, None]) / scale[:, None]
    half = (1 / scale).clamp(min=1)[:, None, None] / 2
    cells = torch.arange(length, dtype=torch.float32, device=start.device)
    overlap = torch.minimum(centre[..., None] + half, cells + 1) - torch.maximum(centre[..., None] - half, cells)
    return overlap.clamp(min=0) / (2 * half)


def noise(dice: Dice, channels: int, size: int, octaves: tuple[int, ...], roughness: float | Tensor = 0.6) -> Tensor:
    """(n, channels, size, size) of cloudy noise, mean 0, about -1..1: one grid of normal numbers for each octave (cells a side)."""
    total, weight = 0.0, torch.ones(dice.count, device=dice.device)
    energy = torch.zeros(dice.count, device=dice.device)
    for cells in octaves:
        grid = dice.normal(channels, cells, cells)
        mode = "bicubic" if cells <= 16 else "bilinear"
        fine = functional.interpolate(grid, size=(size, size), mode=mode, align_corners=False) if cells != size else grid
        total = total + column(weight) * fine
        energy = energy + weight.square()
        weight = weight * roughness
    return total / column(energy.sqrt()) / 2


def turn_hue(angle: Tensor, saturation: Tensor) -> Tensor:
    """(n, 3, 3) matrices on RGB columns: turn by `angle` radians about the grey axis, and scale the distance from grey."""
    third = torch.full((3, 3), 1 / 3, device=angle.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=angle.device) / math.sqrt(3)
    cosine, sine, saturation = (column(v, 3) for v in (angle.cos(), angle.sin(), saturation))
    return third + saturation * (cosine * (torch.eye(3, device=angle.device) - third) + sine * cross)
