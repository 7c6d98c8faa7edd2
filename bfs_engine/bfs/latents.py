"""Latent maps <-> transformer tokens, in the layout of FLUX.1 Fill: every token is a 2 × 2 square of latent pixels."""

from __future__ import annotations

import torch
from torch.nn import functional as F


def pack(latents: torch.Tensor) -> torch.Tensor:
    """(n, c, h, w) -> (n, h/2 · w/2, 4c); feature = channel · 4 + row · 2 + column, tokens row by row."""
    return F.pixel_unshuffle(latents, 2).flatten(2).transpose(1, 2)


def unpack(tokens: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(n, h/2 · w/2, 4c) -> (n, c, h, w) for a latent map of height × width."""
    return F.pixel_shuffle(tokens.transpose(1, 2).unflatten(2, (height // 2, width // 2)), 2)


def pack_mask(mask: torch.Tensor, scale: int = 8) -> torch.Tensor:
    """Box mask (n, 1, H, W), 1 where the foreground goes -> (n, tokens, 4 · scale²)."""
    return pack(F.pixel_unshuffle(mask, scale))


def position_ids(height: int, width: int, device: torch.device | None = None) -> torch.Tensor:
    """(h/2 · w/2, 3) rows of (0, row, column) for the rotary embedding; a latent map is height × width."""
    rows, columns = torch.meshgrid(
        torch.arange(height // 2, device=device, dtype=torch.float32),
        torch.arange(width // 2, device=device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).flatten(0, 1)


def box_mask(boxes: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Boxes (n, 4) of x, y, width, height in pixels -> (n, 1, height, width), 1 for pixels whose centre lies inside."""
    x = torch.arange(width, device=boxes.device) + 0.5
    y = torch.arange(height, device=boxes.device) + 0.5
    left, top, wide, high = (v[:, None] for v in boxes.unbind(1))
    across = (x >= left) & (x < left + wide)
    down = (y >= top) & (y < top + high)
    return (down[:, :, None] & across[:, None, :]).float().unsqueeze(1)
