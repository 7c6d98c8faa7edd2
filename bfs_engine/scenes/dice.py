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


def blur(pictures: Tensor, sigma: Tensor, sigma_y: Tensor | None = None) -> Tensor:
    """(n, c, s, s) blurred by sigma (n,) pixels, up and down by sigma_y where given: two matrix products."""
    matrix = gaussian(sigma, pictures.shape[-1])[:, None]
    upright = matrix if sigma_y is None else gaussian(sigma_y, pictures.shape[-1])[:, None]
    return upright @ pictures @ matrix.mT


def resampling(size: int, length: int, start: Tensor, scale: Tensor) -> Tensor:
    """(n, size, length) float32: placing.resampling for a batch; start, scale (n,)."""
    centre = (centres(size, start.device)[None] - start[:, None]) / scale[:, None]
    half = (1 / scale).clamp(min=1)[:, None, None] / 2
    cells = torch.arange(length, dtype=torch.float32, device=start.device)
    overlap = torch.minimum(centre[..., None] + half, cells + 1) - torch.maximum(centre[..., None] - half, cells)
    return overlap.clamp(min=0) / (2 * half)


def noise(dice: Dice, channels: int, size: int, octaves: tuple[int, ...], roughness: float | Tensor = 0.6) -> Tensor:
    """(n, channels, size, size) of cloudy noise, mean 0, about -1..1.

    octaves: rising numbers of cells a side; each brings new detail, `roughness` times as strong as the one before.
    """
    weight = torch.ones(dice.count, device=dice.device)
    total, energy = dice.normal(channels, octaves[0], octaves[0]), weight
    for cells in octaves[1:]:
        weight = weight * roughness
        energy = energy + weight.square()
        total = enlarge(total, cells) + column(weight) * dice.normal(channels, cells, cells)
    return enlarge(total, size) / column(energy.sqrt() * 1.5)


def enlarge(pictures: Tensor, size: int) -> Tensor:
    """(n, c, s, s) to (n, c, size, size), linear."""
    if pictures.shape[-1] == size:
        return pictures
    return functional.interpolate(pictures, size=(size, size), mode="bilinear", align_corners=False)


def blur_some(pictures: Tensor, sigma: Tensor, which: Tensor) -> Tensor:
    """`blur` for the pictures where `which` (n,) bool, the others as they are."""
    rows = which.nonzero()[:, 0]
    return pictures.index_copy(0, rows, blur(pictures[rows], sigma[rows])) if len(rows) else pictures


def turn_hue(angle: Tensor, saturation: Tensor) -> Tensor:
    """(n, 3, 3) matrices on RGB columns: turn by `angle` radians about the grey axis, and scale the distance from grey."""
    third = torch.full((3, 3), 1 / 3, device=angle.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=angle.device) / math.sqrt(3)
    cosine, sine, saturation = (column(v, 3) for v in (angle.cos(), angle.sin(), saturation))
    return third + saturation * (cosine * (torch.eye(3, device=angle.device) - third) + sine * cross)
