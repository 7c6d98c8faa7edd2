"""Foreground and background decomposition by diffusion (FBDD): LayeringDiff's two latent diffusion models, and how they are sampled.

Each is Stable Diffusion 2 inpainting's UNet with 72 input channels: noisy latent (4), the composite's latent (4), alpha by pixel-unshuffle (64); null
prompt; v-prediction. The order of the channels and their initialisation are choices where the paper is silent (docs/engine/layeringdiff.md).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from ..api import EngineError
from ..damage import DAMAGES

SIDES = ("foreground", "background")
UNSHUFFLE = 8  # pixels of a latent pixel's side
CHANNELS = 4 + 4 + UNSHUFFLE**2
STEPS = 25
SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "prediction_type": "v_prediction",  # the base predicts noise: its own scheduler would sample garbage
}


def scheduler(spacing: str = "trailing") -> DDIMScheduler:
    """Stable Diffusion 2's noise schedule for v-prediction; "trailing" begins at t = 999, where nothing but noise is left."""
    return DDIMScheduler(**SCHEDULE, timestep_spacing=spacing)


@dataclass(frozen=True, eq=False)
class Steps:
    """What a sampling went through, a row a step: times (s,); latents after the step, v, and the predicted clean latents (s, 4, h, w)."""

    times: torch.Tensor
    latents: torch.Tensor
    velocities: torch.Tensor
    clean: torch.Tensor


@dataclass(frozen=True, eq=False)
class FBDD:
    """The two UNets, the autoencoder (frozen), the null prompt's embedding (1, words, d)."""

    unets: dict[str, UNet2DConditionModel]
    vae: AutoencoderKL
    words: torch.Tensor

    @classmethod
    def load(cls, folder: Path) -> FBDD:
        """From `foreground_unet`, `background_unet`, `vae` and `null_prompt.safetensors` in a folder. Raises EngineError."""
        try:
            unets = {side: UNet2DConditionModel.from_pretrained(folder / f"{side}_unet", local_files_only=True).eval() for side in SIDES}
            vae = AutoencoderKL.from_pretrained(folder / "vae", local_files_only=True).eval()
            words = load_file(folder / "null_prompt.safetensors")["embedding"]
        except (*DAMAGES, OSError, ValueError, KeyError) as error:
            raise EngineError(f"{folder} holds no LayeringDiff model: {error}", "`convert` makes one of an inpainting model.") from error
        if any(unet.config.in_channels != CHANNELS for unet in unets.values()):
            raise EngineError(f"The UNets in {folder} do not take {CHANNELS} channels.", "`convert` makes such ones.")
        return cls(unets, vae, words)

    def save(self, folder: Path) -> None:
        """As `load` reads it."""
        for side, unet in self.unets.items():
            unet.save_pretrained(folder / f"{side}_unet")
        self.vae.save_pretrained(folder / "vae")
        save_file({"embedding": self.words.contiguous()}, folder / "null_prompt.safetensors")

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        """(n, 3, h, w) in −1..1 -> its latent (n, 4, h/8, w/8): the posterior's mode, scaled."""
        return self.vae.encode(picture).latent_dist.mode() * self.vae.config.scaling_factor

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """The inverse of `encode`, clamped to −1..1."""
        return self.vae.decode(latent / self.vae.config.scaling_factor).sample.clamp(-1, 1)

    def velocity(self, side: str, noisy: torch.Tensor, time: torch.Tensor, composite: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        """v of one side's UNet. noisy, composite: latents (n, 4, h, w); alpha: (n, 64, h, w), see `unshuffled`."""
        given = torch.cat([noisy, composite, alpha], 1)
        return self.unets[side](given, time, encoder_hidden_states=self.words.expand(len(noisy), -1, -1)).sample

    @torch.no_grad()
    def sample(
        self,
        side: str,
        start: torch.Tensor,
        composite: torch.Tensor,
        alpha: torch.Tensor,
        steps: int = STEPS,
        spacing: str = "trailing",
        noises: torch.Tensor | None = None,
        on_step: Callable[[int, torch.Tensor], None] = lambda _step, _clean: None,
    ) -> Steps:
        """DDIM from the noise `start`. noises: (steps, n, 4, h, w) makes it ancestral (η = 1) with these. on_step: told of step and clean latent."""
        plan = scheduler(spacing)
        plan.set_timesteps(steps)
        latent, kept = start, []
        for number, time in enumerate(plan.timesteps):
            velocity = self.velocity(side, latent, time, composite, alpha)
            noise = {} if noises is None else {"eta": 1.0, "variance_noise": noises[number]}
            made = plan.step(velocity, time, latent, **noise)
            latent = made.prev_sample
            kept.append((latent, velocity, made.pred_original_sample))
            on_step(number + 1, made.pred_original_sample)
        return Steps(plan.timesteps, *(torch.cat(rows) for rows in zip(*kept, strict=True)))

    def loss(self, side: str, clean: torch.Tensor, noise: torch.Tensor, time: torch.Tensor, composite: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        """The squared error of v at time (n,), target v = √ā·ε − √(1−ā)·x₀."""
        plan = scheduler()
        said = self.velocity(side, plan.add_noise(clean, noise, time), time, composite, alpha)
        return F.mse_loss(said, plan.get_velocity(clean, noise, time))


def unshuffled(alpha: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w) in 0..1 -> (n, 64, h/8, w/8), channel dy · 8 + dx; not rescaled."""
    return F.pixel_unshuffle(alpha, UNSHUFFLE)


def widened(weight: torch.Tensor, bias: torch.Tensor, side: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The input convolution of an inpainting UNet (9 channels: latent, mask, masked picture's latent) for 72: weight and bias.

    So that the first step of training is an inpainting model that sees the composite: the mask it knows is the mean alpha for the background
    ("invent where the thing is"), and 1 minus it for the foreground, whose constant goes into the bias.
    """
    noise, mask, masked = weight[:, :4], weight[:, 4:5], weight[:, 5:]
    share = mask.expand(-1, UNSHUFFLE**2, -1, -1) / UNSHUFFLE**2
    if side == "background":
        return torch.cat([noise, masked, share], 1), bias
    return torch.cat([noise, masked, -share], 1), bias + mask.sum((1, 2, 3))


def convert(inpainting: Path, out: Path, words: torch.Tensor | None = None) -> None:
    """Write an FBDD folder made of a diffusers folder of Stable Diffusion 2 inpainting: both UNets widened, the VAE, the null prompt.

    words: (1, n, d) the null prompt's embedding; without it the folder's own tokenizer and text encoder say it.
    """
    try:
        base = UNet2DConditionModel.from_pretrained(inpainting / "unet", local_files_only=True)
    except (OSError, ValueError) as error:
        raise EngineError(f"{inpainting} holds no inpainting model: {error}") from error
    if base.config.in_channels != 9:
        raise EngineError(f"The UNet in {inpainting} takes {base.config.in_channels} channels; an inpainting model takes 9.")
    embedding = null_prompt(inpainting) if words is None else words
    kept = base.state_dict()
    for side in SIDES:
        weight, bias = widened(kept["conv_in.weight"], kept["conv_in.bias"], side)
        unet = UNet2DConditionModel.from_config(dict(base.config) | {"in_channels": CHANNELS})
        unet.load_state_dict(kept | {"conv_in.weight": weight, "conv_in.bias": bias})
        unet.to(base.dtype).save_pretrained(out / f"{side}_unet")
    shutil.copytree(inpainting / "vae", out / "vae", dirs_exist_ok=True)
    save_file({"embedding": embedding.contiguous()}, out / "null_prompt.safetensors")


@torch.no_grad()
def null_prompt(folder: Path) -> torch.Tensor:
    """The embedding of the empty prompt by a folder's own tokenizer and text encoder: (1, 77, 1024) for Stable Diffusion 2."""
    from transformers import CLIPTextModel, CLIPTokenizer

    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", local_files_only=True).eval()
    except (OSError, ValueError) as error:
        raise EngineError(f"The text encoder of {folder} cannot be loaded: {error}") from error
    ids = tokenizer("", padding="max_length", max_length=tokenizer.model_max_length, return_tensors="pt").input_ids
    return encoder(ids)[0].float()
