"""High-fidelity alignment (HFA): LayeringDiff's last stage. What the diffusion models made is brought to the composite's own pixels.

Two UNets see composite, alpha and a decoded layer (7 channels) and correct the layer; where alpha says that the composite shows one layer alone, its pixels
are copied; and the layers are closed, so that they give the composite again.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from ..api import EngineError
from ..damage import DAMAGES

WIDTHS = (32, 64, 128, 256, 256)


class AlignmentNetwork(nn.Module):
    """A UNet that corrects a layer: FAN for foregrounds, BAN for backgrounds. Its last convolution begins at 0, so that it changes nothing."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.first = _block(7, widths[0])
        self.down = nn.ModuleList(_block(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.up = nn.ModuleList(_block(b + a, a) for a, b in zip(widths, widths[1:], strict=False))
        self.last = nn.Conv2d(widths[0], 3, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, composite: torch.Tensor, alpha: torch.Tensor, layer: torch.Tensor) -> torch.Tensor:
        """composite, layer: (n, 3, h, w) in −1..1; alpha: (n, 1, h, w) in 0..1 -> the corrected layer."""
        levels = [self.first(torch.cat([composite, alpha, layer], 1))]
        for block in self.down:
            levels.append(block(F.avg_pool2d(levels[-1], 2, ceil_mode=True)))
        values = levels.pop()
        for block in reversed(self.up):
            below = levels.pop()
            values = block(torch.cat([F.interpolate(values, below.shape[-2:], mode="nearest"), below], 1))
        return layer + self.last(values)


def _block(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1), nn.SiLU())


def copied(
    composite: torch.Tensor, alpha: torch.Tensor, foreground: torch.Tensor, background: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The layers with the composite's pixels where it shows one of them alone: alpha exactly 1, and exactly 0 (of alpha in 255ths)."""
    return torch.where(alpha == 1, composite, foreground), torch.where(alpha == 0, composite, background)


def closed(
    composite: torch.Tensor, alpha: torch.Tensor, foreground: torch.Tensor, background: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The layers with the least change after which alpha·F + (1 − alpha)·B is the composite (equation 1). Ours, not the paper's."""
    left = composite - alpha * foreground - (1 - alpha) * background
    share = left / (alpha**2 + (1 - alpha) ** 2)
    return foreground + alpha * share, background + (1 - alpha) * share


def save_alignment(network: AlignmentNetwork, folder: Path, side: str) -> None:
    """Into a model's folder: foreground_alignment.safetensors or background_alignment.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / f"{side}_alignment.safetensors")


def load_alignment(folder: Path, side: str) -> AlignmentNetwork | None:
    """What `save_alignment` wrote, None where there is none. Its widths are read off its weights. Raises EngineError."""
    path = folder / f"{side}_alignment.safetensors"
    if not path.exists():
        return None
    try:
        weights = load_file(path)
        levels = len({name.split(".")[1] for name in weights if name.startswith("down.")})
        names = ["first.0.weight", *(f"down.{level}.0.weight" for level in range(levels))]
        network = AlignmentNetwork(tuple(len(weights[name]) for name in names))
        network.load_state_dict(weights)
    except (*DAMAGES, OSError, KeyError, RuntimeError) as error:
        raise EngineError(f"The alignment network {path} cannot be read.", "Train it again, or remove the file.") from error
    return network.eval()
