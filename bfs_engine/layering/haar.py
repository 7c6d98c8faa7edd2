"""Haar bands of pictures and the losses made of them: LayeringDiff, equations 2 and 3."""

from __future__ import annotations

import torch
from torch.nn import functional as F

SCALES = 3
WEIGHT = 0.2  # λ of equation 2

Bands = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def bands(pictures: torch.Tensor, scales: int = SCALES) -> list[Bands]:
    """Horizontal, vertical and diagonal details of (n, c, h, w) for each scale, the finest (half the size) first.

    Averaging convention: of a block [a b; c d] the low band is the mean and details are signed means, (a − b + c − d) / 4 and so on. The paper
    does not name one; with the orthonormal transform, 2^(s+1) times this, equation 3 would outweigh the squared error that it is said to stay below.
    """
    found = []
    for _ in range(scales):
        a, b, c, d = pictures[..., ::2, ::2], pictures[..., ::2, 1::2], pictures[..., 1::2, ::2], pictures[..., 1::2, 1::2]
        found.append(((a - b + c - d) / 4, (a + b - c - d) / 4, (a - b - c + d) / 4))
        pictures = (a + b + c + d) / 4
    return found


def haar_terms(made: torch.Tensor, other: torch.Tensor, scales: int = SCALES) -> torch.Tensor:
    """(scales, 3): the terms of equation 3, each the mean squared difference of a band, over (n, c, h, w) pictures."""
    pairs = zip(bands(made, scales), bands(other, scales), strict=True)
    return torch.stack([torch.stack([F.mse_loss(p, q) for p, q in zip(one, two, strict=True)]) for one, two in pairs])


def background_loss(made: torch.Tensor, truth: torch.Tensor, decoded: torch.Tensor, weight: float = WEIGHT) -> torch.Tensor:
    """Equation 2, for the network that aligns backgrounds: colours follow the truth, texture what the diffusion model made (`decoded`)."""
    return F.mse_loss(made, truth) + weight * haar_terms(made, decoded).sum()


def foreground_loss(made: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The squared error, for the network that aligns foregrounds."""
    return F.mse_loss(made, truth)
