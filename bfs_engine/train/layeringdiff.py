"""Training LayeringDiff's networks on picture shards of known layers: an FBDD UNet (v-prediction), FAN and BAN (equations 2 and 3).

Composites are made anew of thing and ground by equation 1, without the thing's shadows, as the paper's are. The alignment networks see layers that are
spoilt as a diffusion model and its autoencoder spoil them (blur, drift of colour), so that they need no trained FBDD; the paper is silent on this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional as F

from ..api import EngineError
from ..layering.align import AlignmentNetwork
from ..layering.fbdd import FBDD, SIDES, UNSHUFFLE, unshuffled
from ..layering.haar import background_loss, foreground_loss
from .loop import Run, RunConfig, dice
from .shards import Example, Shards

STEPS = 1000  # of the noise schedule
DRIFT = 0.06  # deviation of a spoilt layer's gain and offset, of −1..1


@dataclass(frozen=True)
class FbddConfig(RunConfig):
    """Of one side's UNet."""

    side: str = "background"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side not in SIDES:
            raise ValueError("side must be foreground or background")


@dataclass(frozen=True)
class AlignmentConfig(FbddConfig):
    """Of FAN (side foreground) or BAN (background)."""

    width: int = 32  # of the finest level; the others have 2, 4, 8 and 8 times as much
    haar: bool = True  # BAN's second term of equation 2; without it, the plain squared error

    def network(self) -> AlignmentNetwork:
        torch.manual_seed(self.seed)
        return AlignmentNetwork(tuple(self.width * times for times in (1, 2, 4, 8, 8)))


@dataclass(frozen=True, eq=False)
class Layers:
    """A batch in −1..1, alpha in 0..1: the composite by equation 1, what it is made of."""

    composite: torch.Tensor
    foreground: torch.Tensor
    background: torch.Tensor
    alpha: torch.Tensor

    @classmethod
    def of(cls, part: Example) -> Layers:
        """From picture shards. EngineError where the layers are not known or the size does not fit."""
        if any(name not in part for name in ("foreground", "background", "matte")):
            raise EngineError("LayeringDiff trains on pictures whose layers are known.", "`shards` writes such ones.")
        alpha = (part["matte"] * 255).round() / 255
        if alpha.shape[-2] % UNSHUFFLE or alpha.shape[-1] % UNSHUFFLE:
            raise EngineError(f"The pictures' sides must be multiples of {UNSHUFFLE}.")
        foreground, background = part["foreground"][:, :3] * 2 - 1, part["background"] * 2 - 1
        return cls(alpha * foreground + (1 - alpha) * background, foreground, background, alpha)

    def truth(self, side: str) -> torch.Tensor:
        return self.foreground if side == "foreground" else self.background


def train_fbdd(config: FbddConfig, folder: Path, model: FBDD, layers: Shards, until: int | None = None) -> Run:
    """One side's UNet. It is left with the last weights; the averaged ones are in `folder`. The autoencoder is frozen."""
    unet = model.unets[config.side].float().requires_grad_(True).train()
    if config.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
    run = Run(config, folder, unet)
    device = run.accelerator.device
    trained = FBDD({config.side: run.model}, model.vae.requires_grad_(False).to(device), model.words.float().to(device))

    def terms(part: Example) -> dict[str, torch.Tensor]:
        known = Layers.of(part)
        with torch.no_grad():
            composite, clean = trained.encode(known.composite), trained.encode(known.truth(config.side))
        chances = [dice(config.seed, int(number)) for number in part["number"]]
        noise = torch.stack([torch.randn(clean.shape[1:], generator=chance) for chance in chances]).to(device)
        time = torch.stack([torch.randint(STEPS, (), generator=chance) for chance in chances]).to(device)
        return {"loss": trained.loss(config.side, clean, noise, time, composite, unshuffled(known.alpha))}

    return _trained(run, layers, terms, until)


def train_alignment(config: AlignmentConfig, folder: Path, network: AlignmentNetwork, layers: Shards, until: int | None = None) -> Run:
    """FAN by the squared error, BAN by equation 2, with fine structure held to the spoilt layer's as the paper says."""
    run = Run(config, folder, network)

    def terms(part: Example) -> dict[str, torch.Tensor]:
        known = Layers.of(part)
        truth = known.truth(config.side)
        given = spoilt(truth, [dice(config.seed, int(number)) for number in part["number"]])
        made = run.model(known.composite, known.alpha, given)
        plain = foreground_loss(made, truth)
        with_haar = config.haar and config.side == "background"
        return {"loss": background_loss(made, truth, given) if with_haar else plain, "mse": plain}

    return _trained(run, layers, terms, until)


def _trained(run: Run, layers: Shards, terms: Callable[[Example], dict[str, torch.Tensor]], until: int | None) -> Run:
    examples = run.examples(layers)
    for _ in run.steps(until):
        for part in run.share(examples):
            with run.autocast():
                found = terms(part)
            run.backward(found)
        run.update()
    return run


def spoilt(layer: torch.Tensor, chances: list[torch.Generator]) -> torch.Tensor:
    """(n, 3, h, w) in −1..1 as FBDD may give it back: half of its finest detail lost, gain and offset of each channel drifted."""
    height, width = layer.shape[-2:]
    blurred = F.interpolate(F.avg_pool2d(layer, 2), (height, width), mode="bilinear", align_corners=False)
    drift = torch.stack([torch.randn(2, 3, 1, 1, generator=chance) for chance in chances]).to(layer.device) * DRIFT
    return ((layer + blurred) / 2 * (1 + drift[:, 0]) + drift[:, 1]).clamp(-1, 1)
