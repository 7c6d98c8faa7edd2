"""The starter's two autoencoders: PCA in closed form, whitening for each side, then the refiner for a few minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn import functional as F

from ..bfs.latents import pack
from ..bfs.patch_autoencoder import PatchAutoencoder, fit_basis, premultiplied, whiten
from ..bfs.pipeline import bases, mean_latent
from ..scenes.render import Scenes


def codec_sides(scenes: Scenes) -> tuple[torch.Tensor, torch.Tensor]:
    """-> pictures and layers as premultiplied RGBA (n, 4, h, w) in [0, 1]."""
    pictures = premultiplied(torch.cat([scenes.background, scenes.composite]) * 2 - 1)
    return pictures, premultiplied(scenes.foreground * 2 - 1)


def fit_codecs(scenes: Scenes, latent_channels: int, refiner_channels: int, patch: int = 8) -> tuple[PatchAutoencoder, PatchAutoencoder]:
    """-> (vae for pictures, rgba_vae for layers): one basis, statistics of their own, refiner only where layers are decoded."""
    pictures, layers = codec_sides(scenes)
    basis, centre = fit_basis(pictures[: len(layers)], layers, latent_channels, patch)
    scale = (1,) * patch.bit_length()
    vae = PatchAutoencoder(3, 3, latent_channels, patch, 0, scale)
    rgba_vae = PatchAutoencoder(4, 4, latent_channels, patch, refiner_channels, scale)
    for codec, examples in ((vae, pictures), (rgba_vae, layers)):
        codec.basis.copy_(basis)
        codec.centre.copy_(centre)
        whiten(codec, examples)
    return vae, rgba_vae


@torch.no_grad()
def measure_spread(vae: PatchAutoencoder, rgba_vae: PatchAutoencoder, scenes: Scenes) -> torch.Tensor:
    """Deviations of true latents from their bases (bfs.pipeline.bases), of composites and foregrounds: (2, latent_channels)."""
    clean = torch.cat([pack(mean_latent(vae, scenes.composite * 2 - 1)), pack(mean_latent(rgba_vae, scenes.foreground * 2 - 1))])
    change = clean - bases(vae, rgba_vae, scenes.background * 2 - 1, scenes.reference * 2 - 1)
    return change.unflatten(-1, (-1, 4)).unflatten(0, (2, -1)).square().mean((1, 2, 4)).sqrt()


Latents = Callable[[Scenes], torch.Tensor]


def true_latents(rgba_vae: PatchAutoencoder) -> Latents:
    """Latents of the true layers, half of them with a little noise, as a sampler leaves it."""
    generator = torch.Generator().manual_seed(0)

    def latents(scenes: Scenes) -> torch.Tensor:
        clean = rgba_vae.encode(scenes.foreground * 2 - 1).latent_dist.mode()
        noise = torch.randn(clean.shape, generator=generator)
        return clean + noise * 0.15 * torch.rand(len(clean), 1, 1, 1, generator=generator).round()

    return latents


def train_refiner(
    rgba_vae: PatchAutoencoder,
    batches: Iterator[Scenes],
    steps: int,
    learning_rate: float = 2e-3,
    report: Callable[[int, float], None] = lambda step, loss: None,
    latents: Latents | None = None,
) -> None:
    """Decode latents (those of the true layers where none are given); loss on colour and alpha of the layer."""
    latents = latents or true_latents(rgba_vae)
    optimizer = torch.optim.AdamW(rgba_vae.refiner.parameters(), learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    for step in range(steps):
        scenes = next(batches)
        with torch.no_grad():
            given = latents(scenes)
        loss = layer_loss(rgba_vae.decode_premultiplied(given), premultiplied(scenes.foreground * 2 - 1), scenes.background)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rgba_vae.refiner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        report(step, loss.item())


def layer_loss(decoded: torch.Tensor, true: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
    """Premultiplied RGBA against the truth, alpha counted double, and both laid over the background."""
    over = decoded[:, :3] + (1 - decoded[:, 3:]) * background
    true_over = true[:, :3] + (1 - true[:, 3:]) * background
    squares = F.mse_loss(decoded[:, :3], true[:, :3]) + 2 * F.mse_loss(decoded[:, 3:], true[:, 3:]) + F.mse_loss(over, true_over)
    return squares + 0.05 * (F.l1_loss(decoded, true) + F.l1_loss(over, true_over))


@torch.no_grad()
def codec_quality(vae: PatchAutoencoder, rgba_vae: PatchAutoencoder, scenes: Scenes) -> dict[str, float]:
    """Signal-to-noise ratios in dB (higher is better) and the mean absolute alpha error (0..1) on scenes not trained on."""
    pictures = scenes.composite * 2 - 1
    layers = scenes.foreground * 2 - 1
    decoded = rgba_vae.decode_premultiplied(rgba_vae.encode(layers).latent_dist.mode()).clamp(0, 1)
    true = premultiplied(layers)
    over = decoded[:, :3] + (1 - decoded[:, 3:]) * scenes.background
    seen = vae.decode(vae.encode(pictures).latent_dist.mode()).sample
    return {
        "picture_db": decibels((seen - pictures) / 2),
        "layer_db": decibels(decoded - true),
        "layer_over_background_db": decibels(over - scenes.composite),
        "alpha_error": (decoded[:, 3] - true[:, 3]).abs().mean().item(),
    }


def decibels(error: torch.Tensor) -> float:
    """Peak signal-to-noise ratio of an error in units of the full range."""
    return -10 * error.square().mean().log10().item()
