"""The RGBA VAE: a pretrained RGB AutoencoderKL, widened by a channel for alpha, then trained on layers.

The paper says that it fine-tunes one on its data and no more. The widening keeps what the network does: a new alpha input
counts nothing at first, and the new alpha output says "opaque". The losses look at layers over several backgrounds, at alpha and
at premultiplied colour (losses.layer_reconstruction), and hold the latents to those that the RGB encoder gives, because the
transformer knows those.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import nn

from ..api import EngineError
from .loop import Run, RunConfig, dice, read_weights
from .losses import Features, LayerWeights, Terms, divergence, layer_reconstruction
from .shards import Example, Shards
from .sheet import first_examples, on_checker, write_sheet


@dataclass(frozen=True)
class RgbaVaeConfig(RunConfig):
    """The weights are those of losses.LayerWeights; crop is the side of the squares that it sees, pixels."""

    crop: int = 256
    opaque: float = 0.25  # share of examples that are whole pictures, so that it still codes those
    colours: int = 2  # random backgrounds beside black, white and the example's own
    alpha: float = 1.0
    colour: float = 1.0
    perceptual: float = 0.1  # distance between the blends as the frozen RGB encoder sees them
    posterior: float = 1e-6
    anchor: float = 1e-2

    @property
    def weights(self) -> LayerWeights:
        return LayerWeights(self.alpha, self.colour, self.perceptual, self.posterior, self.anchor)


def widen(vae: AutoencoderKL) -> AutoencoderKL:
    """An AutoencoderKL of four channels that does what the given one of three does: it encodes the colours whatever alpha is, and
    decodes them with alpha 1. Pictures in [−1, 1]; alpha −1 is clear, 1 opaque."""
    if (vae.config.in_channels, vae.config.out_channels) != (3, 3):
        raise EngineError(f"An RGB autoencoder is widened, and this one has {vae.config.in_channels} channels.")
    wide = AutoencoderKL.from_config(dict(vae.config) | {"in_channels": 4, "out_channels": 4})
    state = dict(vae.state_dict())
    enter, leave, bias = (state[name] for name in ("encoder.conv_in.weight", "decoder.conv_out.weight", "decoder.conv_out.bias"))
    state["encoder.conv_in.weight"] = torch.cat([enter, torch.zeros_like(enter[:, :1])], dim=1)
    state["decoder.conv_out.weight"] = torch.cat([leave, torch.zeros_like(leave[:1])])
    state["decoder.conv_out.bias"] = torch.cat([bias, torch.ones_like(bias[:1])])
    wide.load_state_dict(state)
    return wide


class Reconstruction(nn.Module):
    """The VAE from layer to layer in one call, because DDP and FSDP work where a module is called."""

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, layer: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Straight RGBA (n, 4, h, w) in [0, 1], noise (n, c, h/8, w/8) -> the decoded layer, and the posterior's mean and log
        variance (n, 2c, h/8, w/8)."""
        posterior = self.vae.encode(layer * 2 - 1).latent_dist
        decoded = self.vae.decode(posterior.mean + posterior.std * noise).sample
        return decoded / 2 + 0.5, posterior.parameters


def train_rgba_vae(config: RgbaVaeConfig, folder: Path, rgb: AutoencoderKL, layers: Shards, until: int | None = None) -> AutoencoderKL:
    """Train on picture shards in `folder`; -> the averaged VAE, also in `folder`/rgba_vae when done. rgb stays as it is."""
    torch.manual_seed(config.seed)
    rgb = copy.deepcopy(rgb).requires_grad_(False).eval()
    model = Reconstruction(widen(rgb))
    if config.gradient_checkpointing:
        model.vae.enable_gradient_checkpointing()
    run = Run(config, folder, model)
    rgb.to(run.accelerator.device)
    squares = partial(crop, size=config.crop, seed=config.seed)
    examples = run.examples(layers, prepare=squares)
    for _ in run.steps(until):
        for part in run.share(examples):
            with run.autocast():
                terms = reconstruction(run.model, rgb, part, config)
            run.backward(terms)
        run.update()
        if run.due(config.sheet_every):
            with run.averaged() as averaged, torch.no_grad():
                shown = first_examples(layers, run.accelerator.device, squares)["foreground"]
                decoded = averaged(shown, torch.zeros(1, device=shown.device))[0].clamp(0, 1)
            alphas = [one[:, 3:].expand(-1, 3, -1, -1) for one in (shown, decoded)]
            write_sheet(run, [on_checker(shown), on_checker(decoded), *alphas])
    return _averaged(config, run, rgb)


def reconstruction(model: nn.Module, rgb: AutoencoderKL, part: Example, config: RgbaVaeConfig) -> Terms:
    """The picture terms, and how far the posterior is from the unit normal and from what the RGB encoder says of the colours."""
    layer, backgrounds, noise = _chance(part, config, rgb.config.latent_channels)
    decoded, parameters = model(layer, noise)
    terms = layer_reconstruction(decoded.float(), layer, backgrounds, config.weights, _features(rgb))
    posterior = DiagonalGaussianDistribution(parameters.float())
    with torch.no_grad():
        known = rgb.encode(layer[:, :3] * 2 - 1).latent_dist
    terms["posterior"] = divergence(posterior)
    terms["anchor"] = divergence(posterior, DiagonalGaussianDistribution(known.parameters.float()))
    return terms | {"loss": terms["loss"] + config.posterior * terms["posterior"] + config.anchor * terms["anchor"]}


def _features(rgb: AutoencoderKL) -> Features:
    """What the frozen encoder sees in a picture: a perceptual distance without a network from elsewhere."""
    return lambda pictures: rgb.encode(pictures * 2 - 1).latent_dist.mean.float()


def _chance(part: Example, config: RgbaVaeConfig, channels: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """-> layers, of which a share is whole pictures; (k, n, 3, h, w) backgrounds; noise for the latents."""
    layer, own = part["foreground"], part["background"]
    height, width = (side // 8 for side in layer.shape[2:])
    generators = [dice(config.seed, number) for number in part["number"].tolist()]
    whole = torch.stack([torch.rand((), generator=generator) < config.opaque for generator in generators]).to(layer.device)
    picture = torch.cat([part["composite"], torch.ones_like(layer[:, 3:])], dim=1)
    colours = torch.stack([torch.rand(config.colours, 3, 1, 1, generator=generator) for generator in generators], dim=1).to(layer.device)
    noise = torch.stack([torch.randn(channels, height, width, generator=generator) for generator in generators]).to(layer.device)
    plain = [torch.zeros_like(own), torch.ones_like(own), *colours.expand(-1, -1, -1, *own.shape[2:])]
    return torch.where(whole[:, None, None, None], picture, layer), torch.stack([own, *plain]), noise


def crop(example: Example, size: int, seed: int) -> Example:
    """The same random square of all pictures that the VAE learns from; the middle one where the example has no number."""
    height, width = example["foreground"].shape[-2:]
    if min(height, width) < size:
        raise EngineError(f"A picture of {width} × {height} is smaller than the crop of {size} that the VAE is trained on.", "Make `crop` smaller.")
    top, left = (height - size) // 2, (width - size) // 2
    if "number" in example:
        generator = dice(seed + 1, int(example["number"]))
        top, left = (int(torch.randint(side - size + 1, (), generator=generator)) for side in (height, width))
    cut = {name: example[name][..., top : top + size, left : left + size] for name in ("foreground", "background", "composite")}
    return cut | {name: example[name] for name in ("number",) if name in example}


def _averaged(config: RgbaVaeConfig, run: Run, rgb: AutoencoderKL) -> AutoencoderKL:
    vae = widen(rgb.cpu())
    weights, _ = read_weights(run.folder / "average.safetensors")
    vae.load_state_dict({name.removeprefix("vae."): value for name, value in weights.items()})
    if run.accelerator.is_main_process and run.step == config.steps:
        vae.save_pretrained(run.folder / "rgba_vae")
    return vae.eval().requires_grad_(False)
