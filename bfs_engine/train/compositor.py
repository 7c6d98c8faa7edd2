"""G, the latent compositor of equation 7: foreground and background latents -> the composite's, trained apart, then frozen.

The paper does not publish its network. This one is alpha compositing as a latent knows it: a share of foreground against
background for every latent number, and a correction for what a linear blend of latents cannot be. It sees some latent pixels
around each and no more, because compositing is local.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from ..bfs.patch_autoencoder import PatchAutoencoder
from .loop import Run, RunConfig, read_weights
from .losses import latent_compositing
from .models import picture_of
from .shards import Shards
from .sheet import first_examples, write_sheet


class LatentCompositor(ModelMixin, ConfigMixin):
    """z^f, z^B (n, latent_channels, h, w) -> (n, latent_channels, h, w), an even blend before it is trained."""

    @register_to_config
    def __init__(self, latent_channels: int = 16, width: int = 256, blocks: int = 6) -> None:
        super().__init__()
        self.enter = nn.Conv2d(2 * latent_channels, width, 3, padding=1)
        self.middle = nn.ModuleList(_Residual(width) for _ in range(blocks))
        self.leave = nn.Conv2d(width, 2 * latent_channels, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, foreground: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
        x = self.enter(torch.cat([foreground, background], dim=1))
        for block in self.middle:
            x = block(x)
        share, correction = self.leave(F.silu(_evened(x))).chunk(2, dim=1)
        share = share.sigmoid()
        return share * foreground + (1 - share) * background + correction


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.silu(self.first(F.silu(_evened(x)))))


def _evened(x: torch.Tensor) -> torch.Tensor:
    """Root mean square 1 at every place by itself: a norm over the picture would let far things change a place."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-6).rsqrt()


class PatchCompositor(nn.Module):
    """G in closed form for the starter's autoencoders, which are linear but for the refiner: decode, equation 1, encode. As LatentCompositor,
    and with a slope, because nothing is clamped."""

    def __init__(self, vae: PatchAutoencoder, rgba_vae: PatchAutoencoder) -> None:
        super().__init__()
        self.vae, self.rgba_vae = deepcopy(vae), deepcopy(rgba_vae)
        self.vae.refiner = self.rgba_vae.refiner = None

    def forward(self, foreground: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
        layer = self.rgba_vae.decode_premultiplied(foreground)
        picture = self.vae.decode_premultiplied(background)[:, :3]
        return self.vae.encode((layer[:, :3] + (1 - layer[:, 3:]) * picture) * 2 - 1).latent_dist.mode()


@dataclass(frozen=True)
class CompositorConfig(RunConfig):
    """How G is built and trained; the size is this project's choice (about 7 million parameters)."""

    width: int = 256
    blocks: int = 6


def train_compositor(
    config: CompositorConfig, folder: Path, layers: Shards, vae: AutoencoderKL | PatchAutoencoder | None = None, until: int | None = None
) -> LatentCompositor:
    """Train on latent shards of true layers, in `folder`; -> the averaged network, also in `folder`/compositor when done.
    vae: for the sample sheets, which show G's composite beside the true one."""
    torch.manual_seed(config.seed)
    model = LatentCompositor(layers[0]["composite"].shape[0], config.width, config.blocks)
    run = Run(config, folder, model)
    examples = run.examples(layers)
    for _ in run.steps(until):
        for part in run.share(examples):
            with run.autocast():
                composite = run.model(part["foreground"].float(), part["background"].float())
            run.backward({"loss": latent_compositing(composite.float(), part["composite"].float())})
        run.update()
        if vae is not None and run.due(config.sheet_every):
            with run.averaged() as averaged, torch.no_grad():
                shown = first_examples(layers, run.accelerator.device)
                composite = averaged(shown["foreground"].float(), shown["background"].float())
            cells = [picture_of(vae, latents) for latents in (shown["background"].float(), composite, shown["composite"].float())]
            write_sheet(run, cells)
    return _averaged(config, run)


def _averaged(config: CompositorConfig, run: Run) -> LatentCompositor:
    weights, _ = read_weights(run.folder / "average.safetensors")
    channels = weights["enter.weight"].shape[1] // 2
    model = LatentCompositor(channels, config.width, config.blocks)
    model.load_state_dict(weights)
    if run.accelerator.is_main_process and run.step == config.steps:
        model.save_pretrained(run.folder / "compositor")
    return model.eval().requires_grad_(False)
