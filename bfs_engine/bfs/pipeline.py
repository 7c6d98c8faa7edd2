"""BFS as a diffusers pipeline: background + box + (prompt or reference) -> RGBA layer. The same for FLUX.1 Fill and the starter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL, DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from torch import nn
from torch.nn import functional as F

from ..api import EngineError
from ..words import phrase
from .latents import pack, pack_mask, position_ids, unpack
from .patch_autoencoder import PatchAutoencoder
from .sharing import BFSTransformer2DModel

NOISES = ("independent", "shared")
PREDICTIONS = ("velocity", "sample", "change")
LAMP_SCALE = 4.0  # as large as other inputs of its layer
LEAST_TIME = 0.05  # below it a predicted sample is divided by this instead: 1/t would only amplify errors

Tokenizer = Callable  # CLIP's and T5's, from transformers, which the starter does not wait to be imported


@dataclass
class BFSOutput:
    """layers: (n, 4, h, w) float32 straight RGBA in [0, 1]; latents: (n, c, h/8, w/8) of foregrounds and of composites."""

    layers: torch.Tensor
    foreground_latents: torch.Tensor
    composite_latents: torch.Tensor


@dataclass
class Conditioning:
    """All that the transformer reads beside the noisy latents, for n layers.

    control: (n, tokens, channels) packed background, box mask and, where the model has room for it, reference;
    prompt_embeds: (n, words, d); pooled: (n, p); text_ids: (words, 3). base: (2n, tokens, c), what a model that predicts the
    "change" starts from (see `bases`), and empty_base the same without a reference; None for other models.
    """

    control: torch.Tensor
    prompt_embeds: torch.Tensor
    pooled: torch.Tensor
    text_ids: torch.Tensor
    base: torch.Tensor | None = None
    empty_base: torch.Tensor | None = None


@dataclass
class Known:
    """Composites to extract layers from. latents: (n, tokens, c), clean; strength: the most noise they are shown with."""

    latents: torch.Tensor
    strength: float

    def shown(self, time: torch.Tensor, latents: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """time (2n,) and latents (2n, tokens, c), the composites' replaced by known ones with noise (n, tokens, c) on them."""
        most = time[: len(noise)].clamp(max=self.strength)
        noisy = (1 - most[:, None, None]) * self.latents + most[:, None, None] * noise
        return torch.cat([most, time[len(noise) :]]), torch.cat([noisy, latents[len(noise) :]])


StepReport = Callable[[int, int, torch.Tensor], None]  # step, steps, estimate of the clean foreground latents


class BFSPipeline(DiffusionPipeline):
    """transformer: BFSTransformer2DModel; vae: pictures (RGB); rgba_vae: layers (straight RGBA).

    The text encoders are FLUX's (CLIP for the pooled vector, T5 for the words); without them the pipeline takes
    prompt_embeds, or shows the model a reference only. noise: "independent" noise for the two branches as in the authors'
    release, or one "shared" tensor as in the paper's text. prediction: the transformer's output is the "velocity" ε − z
    (FLUX), the clean "sample" z, or the "change" that light makes: z less what pasting the reference would give, so that a
    small network need not carry the picture through itself. spread: for "change", the deviations that true latents have from
    their bases, a list of latent_channels numbers for composites and one for foregrounds. A model must be sampled as it was
    trained.
    """

    model_cpu_offload_seq = "text_encoder->text_encoder_2->vae->transformer->rgba_vae"
    _optional_components = ["text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"]

    def __init__(
        self,
        transformer: BFSTransformer2DModel,
        scheduler: FlowMatchEulerDiscreteScheduler,
        vae: AutoencoderKL | PatchAutoencoder,
        rgba_vae: AutoencoderKL | PatchAutoencoder,
        text_encoder: nn.Module | None = None,
        tokenizer: Tokenizer | None = None,
        text_encoder_2: nn.Module | None = None,
        tokenizer_2: Tokenizer | None = None,
        noise: str = "independent",
        prediction: str = "velocity",
        spread: list[list[float]] | None = None,
    ) -> None:
        super().__init__()
        if noise not in NOISES:
            raise ValueError(f"noise {noise!r} is not one of {', '.join(NOISES)}")
        if prediction not in PREDICTIONS:
            raise ValueError(f"prediction {prediction!r} is not one of {', '.join(PREDICTIONS)}")
        if (prediction == "change") != (spread is not None):
            raise ValueError('a spread goes with the prediction "change", and with no other')
        self.register_modules(
            transformer=transformer, scheduler=scheduler, vae=vae, rgba_vae=rgba_vae, text_encoder=text_encoder,
            tokenizer=tokenizer, text_encoder_2=text_encoder_2, tokenizer_2=tokenizer_2,
        )  # fmt: skip
        self.register_to_config(noise=noise, prediction=prediction, spread=spread)
        self.vae_scale_factor = 2 ** (len(vae.config.block_out_channels) - 1)

    @property
    def takes_reference(self) -> bool:
        """Whether the transformer has input channels for a packed reference latent beside FLUX Fill's layout."""
        return self._reference_channels() > 0

    def _reference_channels(self) -> int:
        latent = 4 * self.vae.config.latent_channels
        return self.transformer.config.in_channels - 2 * latent - 4 * self.vae_scale_factor**2

    @torch.no_grad()
    def __call__(
        self,
        background: torch.Tensor,
        mask: torch.Tensor,
        *,
        prompt: str | list[str] | None = None,
        prompt_embeds: torch.Tensor | None = None,
        pooled_prompt_embeds: torch.Tensor | None = None,
        reference: torch.Tensor | None = None,
        composite: torch.Tensor | None = None,
        lamp: torch.Tensor | None = None,
        strength: float = 1.0,
        num_inference_steps: int = 50,
        guidance_scale: float = 30.0,
        seeds: list[int] | int = 0,
        on_step: StepReport | None = None,
    ) -> BFSOutput:
        """n layers, one for each of `seeds`; each of the other batches has n items, or one that is meant for all of them.

        background: (n, 3, h, w) in [−1, 1]; mask: (n, 1, h, w), 1 inside the box; reference: (n, 4, h, w) straight RGBA in
        [−1, 1], the cut-out at its place in the frame. h and w are multiples of 16. guidance_scale is embedded where the
        transformer was distilled for it (FLUX), and classifier-free guidance elsewhere (1 = none).
        composite: (n, 3, h, w) in [−1, 1] to extract a layer from: the composite branch sees it instead of its own estimate, at
        every step with the step's noise, but with no more than `strength`, above 0 to 1 (BFS, section 5.4 a).
        lamp: (n, 6), the main light for models without words that were trained on it (`lamp_vector`), or None to be told by the picture.
        on_step may raise to stop; nothing of the call is kept then.
        """
        seeds = [seeds] * len(background) if isinstance(seeds, int) else seeds
        if lamp is not None:
            prompt_embeds, pooled_prompt_embeds = self.encode_prompt(None, len(lamp))
            pooled_prompt_embeds = lamp_vector(lamp, pooled_prompt_embeds)
        background, mask, prompt_embeds, pooled_prompt_embeds, reference, composite = (
            None if part is None else part.to(self._execution_device)
            for part in (background, mask, prompt_embeds, pooled_prompt_embeds, reference, composite)
        )
        condition = self.encode_condition(background, mask, prompt, prompt_embeds, pooled_prompt_embeds, reference, len(seeds))
        height, width = (side // self.vae_scale_factor for side in background.shape[-2:])
        known = None if composite is None else Known(many(pack(mean_latent(self.vae, composite)), len(seeds)), strength)
        noise = self.draw_noise(seeds, height, width)
        try:
            latents = self.denoise(noise, condition, height, width, num_inference_steps, guidance_scale, on_step, known)
        finally:
            self.maybe_free_model_hooks()  # what a cache of diffusers (transformer.enable_cache) keeps between steps
        made, foreground = unpack(latents, height, width).chunk(2)
        return BFSOutput(self.decode_layer(foreground), foreground, made)

    def encode_condition(
        self,
        background: torch.Tensor,
        mask: torch.Tensor,
        prompt: str | list[str] | None = None,
        prompt_embeds: torch.Tensor | None = None,
        pooled: torch.Tensor | None = None,
        reference: torch.Tensor | None = None,
        count: int | None = None,
    ) -> Conditioning:
        """Everything but the noise, for `count` layers (as many as backgrounds for None); computed once for a request and used by
        every step and candidate."""
        count = len(background) if count is None else count
        if prompt_embeds is None:
            prompt_embeds, pooled = self.encode_prompt(prompt, len(prompt) if isinstance(prompt, list) else 1)
        control = [pack(mean_latent(self.vae, background)), pack_mask(mask, self.vae_scale_factor)]
        if self.takes_reference:
            control.append(self._encode_reference(reference, control[0]))
        elif reference is not None:
            raise ValueError("this transformer has no input channels for a reference; pass its embedding as prompt_embeds")
        dtype = self.transformer.dtype
        words, pooled = (many(part.to(dtype), count) for part in (prompt_embeds, pooled))
        text_ids = torch.zeros(words.shape[1], 3, device=background.device)
        condition = Conditioning(torch.cat([many(part, count) for part in control], -1).to(dtype), words, pooled, text_ids)
        if self.config.prediction == "change":
            empty = bases(self.vae, self.rgba_vae, background, None)
            shown = empty if reference is None else bases(self.vae, self.rgba_vae, many(background, len(reference)), reference)
            condition.base, condition.empty_base = (torch.cat([many(half, count) for half in base.chunk(2)]) for base in (shown, empty))
        return condition

    def _encode_reference(self, reference: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
        if reference is None:
            return like.new_zeros(*like.shape[:2], self._reference_channels())
        return pack(mean_latent(self.rgba_vae, reference))

    def encode_prompt(self, prompt: str | list[str] | None, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """-> (count, words, joint_attention_dim), (count, pooled_projection_dim). A model without text encoders has one
        constant token: it is told what to make by the reference."""
        config = self.transformer.config
        if self.text_encoder is None:
            if prompt is not None:
                raise ValueError("this model has no text encoder; show it a reference instead of a prompt")
            kind = {"device": self._execution_device, "dtype": self.transformer.dtype}
            return torch.zeros(count, 1, config.joint_attention_dim, **kind), torch.zeros(count, config.pooled_projection_dim, **kind)
        if prompt is None:
            raise ValueError("a prompt or prompt_embeds is needed")
        prompts = [prompt] * count if isinstance(prompt, str) else prompt
        words = self._tokens(self.tokenizer_2, prompts, 512)
        pooled = self.text_encoder(self._tokens(self.tokenizer, prompts, 77)).pooler_output
        return self.text_encoder_2(words)[0], pooled

    def _tokens(self, tokenizer: Tokenizer, prompts: list[str], most: int) -> torch.Tensor:
        return tokenizer(prompts, padding="max_length", max_length=most, truncation=True, return_tensors="pt").input_ids.to(self._execution_device)

    def decode_layer(self, latents: torch.Tensor) -> torch.Tensor:
        """Foreground latents (n, c, h/8, w/8) -> (n, 4, h, w) straight RGBA in [0, 1]. EngineError where they are no numbers."""
        config = self.rgba_vae.config
        decoded = self.rgba_vae.decode((latents / config.scaling_factor + config.shift_factor).to(self.rgba_vae.dtype)).sample
        if not decoded.isfinite().all():
            raise EngineError(phrase("The model gave no numbers."), phrase("Its weights are damaged, or too large for half precision. Fetch it again."))
        return (decoded.float() / 2 + 0.5).clamp(0, 1)

    def draw_noise(self, seeds: list[int], height: int, width: int) -> torch.Tensor:
        """(2n, tokens, c) on the CPU, so that a seed means the same on every machine; one generator for each layer."""
        shape = (2, self.vae.config.latent_channels, height, width)
        drawn = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds], dim=1)
        if self.config.noise == "shared":
            drawn[1] = drawn[0]
        return pack(drawn.flatten(0, 1)).to(self._execution_device)

    def denoise(
        self,
        latents: torch.Tensor,
        condition: Conditioning,
        height: int,
        width: int,
        steps: int,
        guidance_scale: float,
        on_step: StepReport | None = None,
        known: Known | None = None,
    ) -> torch.Tensor:
        """(2n, tokens, c) noise -> clean packed latents [composites, foregrounds]; known: what the composites are, if they are."""
        composite_noise = latents[: len(latents) // 2]
        self.scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps), device=latents.device, **self._shift(latents.shape[1]))
        image_ids = position_ids(height, width, latents.device)
        for step, (timestep, sigma) in enumerate(zip(self.scheduler.timesteps, self.scheduler.sigmas)):
            time = (timestep / 1000).expand(len(latents))
            if known is not None:
                time, latents = known.shown(time, latents, composite_noise)
            velocity = self.velocity(latents, time, condition, image_ids, guidance_scale)
            if on_step is not None:
                estimate = (latents - sigma * velocity)[len(latents) // 2 :]
                on_step(step + 1, steps, unpack(estimate, height, width))
            latents = self.scheduler.step(velocity, timestep, latents, return_dict=False)[0]
        return latents if known is None else torch.cat([known.latents, latents[len(latents) // 2 :]])

    def _shift(self, tokens: int) -> dict:
        """FLUX's resolution-dependent shift of the timesteps, where the scheduler asks for it."""
        config = self.scheduler.config
        if not config.use_dynamic_shifting:
            return {}
        slope = (config.max_shift - config.base_shift) / (config.max_image_seq_len - config.base_image_seq_len)
        return {"mu": config.base_shift + slope * (tokens - config.base_image_seq_len)}

    def velocity(
        self, latents: torch.Tensor, time: torch.Tensor, condition: Conditioning, image_ids: torch.Tensor, guidance_scale: float
    ) -> torch.Tensor:
        """v of both branches, (2n, tokens, c), with guidance. time: (2n,) in [0, 1], of each item."""
        if self.transformer.config.guidance_embeds:
            guidance = torch.full((len(latents),), guidance_scale, device=latents.device)
            return self._predict(latents, time, condition, image_ids, guidance)
        asked = self._predict(latents, time, condition, image_ids)
        if guidance_scale == 1:
            return asked
        unasked = self._predict(latents, time, self._without_thing(condition), image_ids, cached_as="unasked")
        return unasked + guidance_scale * (asked - unasked)

    def _without_thing(self, condition: Conditioning) -> Conditioning:
        control = condition.control.clone()
        if self.takes_reference:
            control[..., -self._reference_channels() :] = 0
        words, pooled = torch.zeros_like(condition.prompt_embeds), torch.zeros_like(condition.pooled)
        return Conditioning(control, words, pooled, condition.text_ids, condition.empty_base, condition.empty_base)

    def _predict(
        self,
        latents: torch.Tensor,
        time: torch.Tensor,
        condition: Conditioning,
        image_ids: torch.Tensor,
        guidance: torch.Tensor | None = None,
        cached_as: str = "asked",
    ) -> torch.Tensor:
        dtype = self.transformer.dtype
        with self.transformer.cache_context(cached_as):
            output = self.transformer(
                hidden_states=torch.cat([latents.to(dtype), condition.control.repeat(2, 1, 1)], dim=-1),
                encoder_hidden_states=condition.prompt_embeds.repeat(2, 1, 1),
                pooled_projections=condition.pooled.repeat(2, 1),
                timestep=time.to(dtype),
                img_ids=image_ids,
                txt_ids=condition.text_ids,
                guidance=guidance,
                return_dict=False,
            )[0]
        output, time = output.float(), time[:, None, None]
        if self.config.prediction == "velocity":
            return output
        sample = output
        if condition.base is not None:
            sample = changed(condition.base, output, latents, time, packed_spread(self.config.spread, len(latents)))
        return (latents - sample) / time.clamp(min=LEAST_TIME)


def lamp_vector(lamp: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
    """A main light (n, 6) in the place of a pooled prompt, zeros (n, p) where there is none.

    lamp: 1, the unit direction to the light (x right, y away from the viewer, z up), its share of the floor's light, its softness (scenes.surroundings.Lamp);
    all zeros where the picture shall tell.
    """
    return F.pad(LAMP_SCALE * lamp.to(pooled), (0, pooled.shape[1] - lamp.shape[1]))


def mirrored_lamp(lamp: torch.Tensor) -> torch.Tensor:
    """A main light (n, 6) as the mirror image has it."""
    return lamp * lamp.new_tensor([1, -1, 1, 1, 1, 1])


def many(batch: torch.Tensor, count: int) -> torch.Tensor:
    """A batch of one item as `count` of them, without copying; a batch of `count` as it is."""
    return batch if len(batch) == count else batch.expand(count, *batch.shape[1:])


def packed_spread(spread: list[list[float]], items: int) -> torch.Tensor:
    """Deviations of [composites, foregrounds] by latent channel -> (items, 1, 4 · channels), for packed tokens."""
    return torch.tensor(spread).repeat_interleave(4, dim=1).repeat_interleave(items // 2, dim=0)[:, None]


def change_scale(time: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """How far a sample is from the best linear guess at time t: √ of the variance left, σt / √(σ²(1−t)² + t²)."""
    return spread * time / (spread**2 * (1 - time) ** 2 + time**2).sqrt().clamp(min=1e-6)


def changed(base: torch.Tensor, output: torch.Tensor, noisy: torch.Tensor, time: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """The sample that a "change" output means: the best linear guess from base and z_t, and the output in units of what that
    guess leaves open (the preconditioning of Karras et al. 2022 for a prior of mean `base` and deviation `spread`)."""
    gain = spread**2 * (1 - time) / (spread**2 * (1 - time) ** 2 + time**2)
    return base + gain * (noisy - (1 - time) * base) + change_scale(time, spread) * output


def mean_latent(vae: AutoencoderKL | PatchAutoencoder, picture: torch.Tensor) -> torch.Tensor:
    """Picture in [−1, 1] -> its mean latent, scaled: the release samples it, which only adds noise. (n, c, h/8, w/8)"""
    mean = vae.encode(picture.to(vae.dtype)).latent_dist.mode()
    return ((mean - vae.config.shift_factor) * vae.config.scaling_factor).float()


def bases(
    vae: AutoencoderKL | PatchAutoencoder,
    rgba_vae: AutoencoderKL | PatchAutoencoder,
    background: torch.Tensor,
    reference: torch.Tensor | None,
) -> torch.Tensor:
    """Packed latents (2n, tokens, c) of [the background with the reference pasted on, the reference alone]; without a
    reference, of the bare background and an empty layer. Pictures as in BFSPipeline.__call__."""
    if reference is None:
        reference = background.new_full((len(background), 4, *background.shape[2:]), -1.0)
    alpha = reference[:, 3:] / 2 + 0.5
    pasted = alpha * reference[:, :3] + (1 - alpha) * background
    return torch.cat([pack(mean_latent(vae, pasted)), pack(mean_latent(rgba_vae, reference))])
