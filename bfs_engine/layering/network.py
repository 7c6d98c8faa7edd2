"""The small network that sees shadows and reflections off a ground: a UNet of 0.31 M parameters at 96 pixels.

It is told the picture, roughly where the thing is, and the smooth continuation of its surroundings under it; it answers with what has to be
added to that continuation. All float32 in 0..1, (n, channels, height, width), sides multiples of 8.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from ..api import EngineError

SIDE = 96  # pixels at which it is trained and asked
WIDTHS = (24, 32, 48, 64)


def _conv(into: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(into, out, 3, stride, 1), nn.GroupNorm(8, out), nn.SiLU())


class GroundNetwork(nn.Module):
    """Picture (3), thing (1), smooth ground (3) -> correction of the smooth ground (3). The last layer begins at 0."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.inc = _conv(7, widths[0])
        self.d = nn.ModuleList(nn.Sequential(_conv(a, b, 2), _conv(b, b)) for a, b in zip(widths, widths[1:]))
        self.mid = nn.Sequential(_conv(widths[-1], widths[-1]), _conv(widths[-1], widths[-1]))
        self.u = nn.ModuleList(nn.Sequential(_conv(a + b, b), _conv(b, b)) for b, a in zip(widths, widths[1:]))
        self.out = nn.Conv2d(widths[0], 3, 3, 1, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, picture: Tensor, thing: Tensor, smooth: Tensor) -> Tensor:
        kept = [self.inc(torch.cat([picture * 2 - 1, thing, smooth * 2 - 1], 1))]
        for down in self.d:
            kept.append(down(kept[-1]))
        values = self.mid(kept.pop())
        for up in reversed(self.u):
            values = up(torch.cat([functional.interpolate(values, scale_factor=2, mode="nearest"), kept.pop()], 1))
        return self.out(values)


def ground(network: GroundNetwork, picture: Tensor, thing: Tensor) -> Tensor:
    """Picture (n, 3, h, w) and thing (n, 1, h, w) -> the ground without thing and effects (n, 3, h, w), not cut to 0..1."""
    smooth = continued(picture, 1 - hole(thing))
    return smooth + network(picture, thing, smooth)


def hole(thing: Tensor) -> Tensor:
    """What is not believed of the picture: the thing, and one pixel around it; 0 or 1."""
    return (functional.max_pool2d(thing, 3, 1, 1) > 0.02).float()


def continued(values: Tensor, weight: Tensor) -> Tensor:
    """lift.fill for batches: (n, c, h, w) with weights (n, 1, h, w) -> the same where the weight is 1, elsewhere continued (pull-push)."""
    if min(values.shape[2:]) < 4:
        mean = (values * weight).mean((2, 3), keepdim=True) / weight.mean((2, 3), keepdim=True).clamp(min=1e-6)
        return values * weight + mean * (1 - weight)
    values, height, width = _even(values), *values.shape[2:]
    weight = _even(weight)
    total = functional.avg_pool2d(weight, 2)
    coarse = continued(functional.avg_pool2d(values * weight, 2) / total.clamp(min=1e-6), (total * 4).clamp(max=1))
    smooth = functional.interpolate(coarse, scale_factor=2, mode="bilinear")
    return (values * weight + smooth * (1 - weight))[..., :height, :width]


def _even(values: Tensor) -> Tensor:
    return functional.pad(values, (0, values.shape[3] % 2, 0, values.shape[2] % 2), mode="replicate")


def load(path: Path) -> GroundNetwork:
    """The network with the weights in a safetensors file. Raises EngineError."""
    network = GroundNetwork()
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise EngineError(f"The weights {path} cannot be read: {str(error).splitlines()[0]}") from error
    return network.eval()
