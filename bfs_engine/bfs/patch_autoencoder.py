"""The starter's autoencoder: closed-form PCA of image patches, then a small convolutional refiner, with AutoencoderKL's interface.

A variational autoencoder trained for minutes on two cores loses colours; PCA does not (ARCHITECTURE.md has the numbers). The
linear maps are fitted in seconds, the refiner is trained in minutes and removes the patch borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from torch.nn import functional as F


@dataclass
class PointDistribution:
    """What encode returns: a distribution without variance, so that mode, mean and sample agree."""

    mean: torch.Tensor

    def mode(self) -> torch.Tensor:
        return self.mean

    def sample(self, generator: torch.Generator | None = None) -> torch.Tensor:
        return self.mean


@dataclass
class EncoderOutput:
    latent_dist: PointDistribution


class PatchAutoencoder(ModelMixin, ConfigMixin):
    """Pictures (n, channels, h, w) in [−1, 1] <-> white latents (n, latent_channels, h/patch, w/patch), mean 0 and deviation 1 each.

    channels 3 is RGB, channels 4 is straight RGBA. Both sides share one basis of premultiplied RGBA patches (a picture has
    alpha 1), so a latent of an opaque object means the same in either; whitening statistics are their own.
    """

    @register_to_config
    def __init__(
        self,
        in_channels: int = 4,
        out_channels: int = 4,
        latent_channels: int = 32,
        patch: int = 8,
        refiner_channels: int = 32,
        block_out_channels: tuple[int, ...] = (1, 1, 1, 1),
        scaling_factor: float = 1.0,
        shift_factor: float = 0.0,
        refiner_scale: int = 1,
    ) -> None:
        """block_out_channels only tells pipelines the scale: 2 ** (length − 1) = patch."""
        super().__init__()
        size = 4 * patch * patch
        self.register_buffer("basis", torch.zeros(latent_channels, size))  # orthonormal rows
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("mean", torch.zeros(latent_channels))
        self.register_buffer("deviation", torch.ones(latent_channels))
        self.refiner = Refiner(refiner_channels, refiner_scale) if refiner_channels else None

    def encode(self, pictures: torch.Tensor) -> EncoderOutput:
        raw = self.project(premultiplied(pictures))
        return EncoderOutput(PointDistribution((raw - self.mean.view(-1, 1, 1)) / self.deviation.view(-1, 1, 1)))

    def decode(self, latents: torch.Tensor) -> DecoderOutput:
        return DecoderOutput(sample=straight(self.decode_premultiplied(latents))[:, : self.config.out_channels])

    def decode_premultiplied(self, latents: torch.Tensor) -> torch.Tensor:
        """(n, c, h/patch, w/patch) -> (n, 4, h, w) premultiplied RGBA, about 0..1 (not clamped: losses need the slope)."""
        coarse = self._coarse(latents, slice(None))
        return coarse if self.refiner is None else self.refiner(coarse)

    def coarse_alpha(self, latents: torch.Tensor) -> torch.Tensor:
        """The alpha that latents mean before the refiner, (n, 1, h, w), about 0..1."""
        return self._coarse(latents, slice(3 * self.config.patch**2, None))

    def _coarse(self, latents: torch.Tensor, numbers: slice) -> torch.Tensor:
        """Those channels of what the basis alone gives whose numbers in a patch are asked for."""
        raw = latents * self.deviation.view(-1, 1, 1) + self.mean.view(-1, 1, 1)
        patches = torch.einsum("nchw,cd->ndhw", raw, self.basis[:, numbers]) + self.centre[numbers].view(-1, 1, 1)
        return F.pixel_shuffle(patches, self.config.patch)

    def project(self, rgba: torch.Tensor) -> torch.Tensor:
        """Premultiplied RGBA (n, 4, h, w) in 0..1 -> PCA coefficients before whitening."""
        patches = F.pixel_unshuffle(rgba, self.config.patch) - self.centre.view(-1, 1, 1)
        return torch.einsum("ndhw,cd->nchw", patches, self.basis)


class Refiner(nn.Module):
    """Four convolutions that add what PCA lost and smooth its block borders; each pixel sees 8 around it.

    (n, 4, h, w) premultiplied RGBA -> the same. scale: of how many pixels' mean a pixel of its is, for codecs of larger patches: what
    it adds is smooth.
    """

    def __init__(self, channels: int, scale: int = 1) -> None:
        super().__init__()
        self.scale = scale
        self.net = nn.Sequential(
            nn.Conv2d(4, channels, 3, padding=1), nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=2, dilation=2), nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=4, dilation=4), nn.GELU(),
            nn.Conv2d(channels, 4, 3, padding=1),
        )  # fmt: skip
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, rgba: torch.Tensor) -> torch.Tensor:
        if self.scale == 1:
            return rgba + self.net(rgba)
        return rgba + F.interpolate(self.net(F.avg_pool2d(rgba, self.scale)), scale_factor=self.scale, mode="bilinear")


def premultiplied(pictures: torch.Tensor) -> torch.Tensor:
    """RGB or straight RGBA in [−1, 1] -> premultiplied RGBA in [0, 1]."""
    unit = pictures / 2 + 0.5
    if unit.shape[1] == 3:
        return torch.cat([unit, torch.ones_like(unit[:, :1])], dim=1)
    return torch.cat([unit[:, :3] * unit[:, 3:], unit[:, 3:]], dim=1)


def straight(rgba: torch.Tensor) -> torch.Tensor:
    """Premultiplied RGBA, about [0, 1] -> straight RGBA in [−1, 1]; colour where alpha is nearly 0 is black."""
    alpha = rgba[:, 3:].clamp(0, 1)
    colour = torch.where(alpha > 1 / 512, rgba[:, :3] / alpha.clamp(min=1 / 512), 0).clamp(0, 1)
    return torch.cat([colour, alpha], dim=1) * 2 - 1


@torch.no_grad()
def fit_basis(pictures: torch.Tensor, layers: torch.Tensor, latent_channels: int, patch: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """PCA of the patches of premultiplied RGBA (n, 4, h, w) sets: basis (latent_channels, 4·patch²), centre (4·patch²,)."""
    patches = torch.cat([F.pixel_unshuffle(x, patch).permute(0, 2, 3, 1).flatten(0, 2) for x in (pictures, layers)]).double()
    centre = patches.mean(0)
    covariance = (patches - centre).T @ (patches - centre) / len(patches)
    return torch.linalg.eigh(covariance).eigenvectors.T.flip(0)[:latent_channels].float(), centre.float()


@torch.no_grad()
def whiten(codec: PatchAutoencoder, rgba: torch.Tensor) -> None:
    """Set the codec's latent statistics from premultiplied RGBA examples (n, 4, h, w)."""
    raw = codec.project(rgba)
    codec.mean.copy_(raw.mean((0, 2, 3)))
    codec.deviation.copy_(raw.std((0, 2, 3)))
