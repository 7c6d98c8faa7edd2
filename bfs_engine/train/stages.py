"""The paper's two stages, on cached latents: layers whose truth is known (equations 6 to 8), then photographs and layers in turn
(equations 9 and 10).

The backbone is frozen and the information sharing is trained; a small model without a pretrained backbone trains all of it.
What is not published and chosen here: λ, learning rate and iterations (the configurations), times drawn uniformly, one λ for
both stages.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.transformers.transformer_flux import FluxSingleTransformerBlock, FluxTransformerBlock
from torch import nn

from ..api import EngineError
from ..bfs.latents import box_mask, pack, pack_mask, position_ids, unpack
from ..bfs.pipeline import LEAST_TIME, changed, packed_spread
from ..bfs.sharing import sharing_parameters
from .loop import Run, RunConfig, dice
from .losses import Compositor, Prediction, interpolate, over, realism, regularisation, stage_one
from .models import Backbone, Vae, picture_of
from .shards import Example, Shards
from .sheet import first_examples, on_checker, write_sheet

BLOCKS = (FluxTransformerBlock, FluxSingleTransformerBlock)
LEAST_REACH = 0.02  # alpha from which a thing counts as being in a token


@dataclass(frozen=True)
class StageConfig(RunConfig):
    """Of either stage."""

    composition: float = 0.1  # λ of equations 8 to 10
    regularise: float = 0.2  # share of stage 2's steps that are equation 10
    times: str = "uniform"  # or "logit-normal", which looks more often at the middle
    pure_noise: float = 0.0  # share of examples at t = 1, for a model that samples in one step
    effects: float = 1.0  # weight of the tokens that the thing does not reach: only shadows and reflections change there
    guidance: float = 1.0  # embedded, for backbones that were distilled for guidance; 1 asks for the plain velocity
    trained: str = "sharing"  # or "all", for a small model that has no pretrained backbone
    rank: int = 4  # of fresh information sharing, where the backbone comes without
    alpha: float = 4.0
    merge: str = "mlp"
    sheet_steps: int = 8  # of the sampler that makes sample sheets

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("times", ("uniform", "logit-normal")), ("trained", ("sharing", "all"))):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}")
        if not 0 <= self.regularise <= 1:
            raise ValueError("regularise must be from 0 to 1")
        if not (0 <= self.pure_noise <= 1 and self.effects > 0):
            raise ValueError("pure_noise must be from 0 to 1, and effects more than 0")


@dataclass(frozen=True, eq=False)
class Codecs:
    """What decodes the sample sheets: pictures and layers."""

    vae: Vae
    rgba_vae: Vae


def train_stage_one(
    config: StageConfig, folder: Path, backbone: Backbone, compositor: nn.Module, layers: Shards, codecs: Codecs | None = None, until: int | None = None
) -> Run:
    """Equation 8 on latent shards of true layers. The transformer is left with the last weights, the averaged ones are in `folder`."""
    run, guide = _start(config, folder, backbone, compositor)
    examples = run.examples(layers)
    for _ in run.steps(until):
        for part in run.share(examples):
            with run.autocast():
                p = predict(run.model, backbone, part, "foreground", config)
                terms = stage_one(p, guide, config.composition)
            run.backward(terms)
        run.update()
        _sheet(run, backbone, layers, codecs)
    return run


def train_stage_two(
    config: StageConfig, folder: Path, backbone: Backbone, compositor: nn.Module, layers: Shards, photographs: Shards,
    codecs: Codecs | None = None, until: int | None = None,
) -> Run:  # fmt: skip
    """Equation 9 on shards with surrogates, in 80 % of the steps; equation 10 on stage 1's layers in the others."""
    run, guide = _start(config, folder, backbone, compositor)
    real = run.examples(photographs, turn=lambda step: not regularises(config, step))
    layered = run.examples(layers, turn=lambda step: regularises(config, step))
    for step in run.steps(until):
        turn = regularises(config, step)
        for part in run.share(layered if turn else real):
            with run.autocast():
                p = predict(run.model, backbone, part, "foreground" if turn else "surrogate", config)
                terms = (regularisation if turn else realism)(p, guide, config.composition)
            run.backward(terms)
        run.update()
        _sheet(run, backbone, layers, codecs)
    return run


def regularises(config: StageConfig, step: int) -> bool:
    """Whether a step of stage 2 is one of the share that regularises; the same in every process, and after a stop."""
    return random.Random(config.seed * 1_000_003 + step).random() < config.regularise


def _start(config: StageConfig, folder: Path, backbone: Backbone, compositor: nn.Module) -> tuple[Run, Compositor]:
    transformer = backbone.transformer
    transformer.requires_grad_(config.trained == "all")
    for parameter in sharing_parameters(transformer) if config.trained == "sharing" else transformer.parameters():
        parameter.requires_grad_(True)
        parameter.data = parameter.data.float()
    if config.gradient_checkpointing:
        transformer.enable_gradient_checkpointing()
    run = Run(config, folder, transformer, BLOCKS)
    return run, compositor.requires_grad_(False).eval().to(run.accelerator.device)


def predict(model: nn.Module, backbone: Backbone, part: Example, layer: str, config: StageConfig) -> Prediction:
    """Noise a batch and ask the model. layer: the part of the examples that is the foreground branch's clean latent."""
    check(part, layer, backbone, config)
    clean = torch.cat([part["composite"].float(), part[layer].float()])
    noise, time = draw(part, clean.shape, backbone.noise, config)
    predicted = velocity(model, backbone, part, interpolate(clean, noise, time), time, config.guidance)
    return Prediction(clean, noise, time, predicted, part["background"].float(), importance(backbone, part, config))


def importance(backbone: Backbone, part: Example, config: StageConfig) -> torch.Tensor | None:
    """How much errors count: (2n, c, h, w) or what broadcasts to it, None where all count the same."""
    weight = None
    if backbone.importance is not None:
        weight = backbone.importance.repeat_interleave(len(part["composite"]), dim=0)[:, :, None, None]
    if config.effects != 1:
        around = torch.where(part["reach"].float() > LEAST_REACH, 1.0, config.effects).repeat(2, 1, 1, 1)
        weight = around if weight is None else weight * around
    return weight


def draw(part: Example, shape: torch.Size, noise: str, config: StageConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """ε (2n, c, h, w) and t (2n,), each example's from its own number; both branches of a scene share t."""
    noises, times = [], []
    for number in part["number"].tolist():
        generator = dice(config.seed, number)
        drawn = torch.randn(2, *shape[1:], generator=generator)
        noises.append(drawn if noise == "independent" else drawn[:1].expand_as(drawn))
        time = torch.rand((), generator=generator)
        time = time if config.times == "uniform" else torch.randn((), generator=generator).sigmoid()
        pure = config.pure_noise > 0 and torch.rand((), generator=generator) < config.pure_noise
        times.append(torch.ones(()) if pure else time)
    device = part["composite"].device
    return torch.stack(noises, dim=1).flatten(0, 1).to(device), torch.stack(times).repeat(2).to(device)


def velocity(model: nn.Module, backbone: Backbone, part: Example, noisy: torch.Tensor, time: torch.Tensor, guidance: float) -> torch.Tensor:
    """v_θ of both branches, (2n, c, h, w), whatever the transformer itself predicts (see BFSPipeline's `prediction`)."""
    height, width = noisy.shape[2:]
    config = backbone.transformer.config
    scale = backbone.scale
    control = [pack(part["background"].float()), pack_mask(box_mask(part["box"], height * scale, width * scale), scale)]
    if takes_reference(config, scale):
        control.append(pack(part["reference"].float()))
    embeds, pooled = words(part, config)
    tokens = pack(noisy)
    output = model(
        hidden_states=torch.cat([tokens, torch.cat(control, dim=-1).repeat(2, 1, 1)], dim=-1),
        encoder_hidden_states=embeds.repeat(2, 1, 1),
        pooled_projections=pooled.repeat(2, 1),
        timestep=time,
        img_ids=position_ids(height, width, noisy.device),
        txt_ids=torch.zeros(embeds.shape[1], 3, device=noisy.device),
        guidance=torch.full_like(time, guidance) if config.guidance_embeds else None,
        return_dict=False,
    )[0].float()
    if backbone.prediction == "velocity":
        return unpack(output, height, width)
    at, sample = time[:, None, None], output
    if backbone.prediction == "change":
        base = pack(torch.cat([part["pasted"].float(), part["reference"].float()]))
        sample = changed(base, output, tokens, at, packed_spread(backbone.spread, len(tokens)).to(tokens.device))
    return unpack((tokens - sample) / at.clamp(min=LEAST_TIME), height, width)


def takes_reference(config: dict, scale: int) -> bool:
    """Whether a transformer has input channels for a reference latent beside FLUX Fill's layout."""
    return config.in_channels > 2 * config.out_channels + 4 * scale**2


def words(part: Example, config: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Cached text, or the one constant token of a model that is shown a reference."""
    if "prompt_embeds" in part:
        return part["prompt_embeds"].float(), part["pooled"].float()
    like = part["background"].float()
    return like.new_zeros(len(like), 1, config.joint_attention_dim), like.new_zeros(len(like), config.pooled_projection_dim)


def check(part: Example, layer: str, backbone: Backbone, config: StageConfig) -> None:
    """EngineError where the shards were not cached for this model or this stage."""
    shape = backbone.transformer.config
    tokens = 4 * part["composite"].shape[1]
    needed = {"composite", "background", "box", layer} | ({"reach"} if config.effects != 1 else set())
    if takes_reference(shape, backbone.scale):
        needed |= {"reference"} | ({"pasted"} if backbone.prediction == "change" else set())
    missing = sorted(needed - part.keys())
    if missing:
        raise EngineError(f"These shards lack {', '.join(missing)}.", "Cache them again, for this model and from examples that have it.")
    if tokens != shape.out_channels:
        raise EngineError(f"These shards hold latents of {tokens // 4} channels, and the transformer makes {shape.out_channels // 4}.")
    if "prompt_embeds" in part and part["prompt_embeds"].shape[2] != shape.joint_attention_dim:
        raise EngineError(f"These shards hold text {part['prompt_embeds'].shape[2]} wide, and the transformer reads {shape.joint_attention_dim}.")


@torch.no_grad()
def sample(model: nn.Module, backbone: Backbone, part: Example, steps: int, guidance: float) -> torch.Tensor:
    """Clean latents [composites …, foregrounds …] from pure noise, by Euler's method in even steps."""
    composite = part["composite"]
    numbered = part | {"number": torch.arange(len(composite))}
    z, _ = draw(numbered, torch.Size((2 * len(composite), *composite.shape[1:])), backbone.noise, StageConfig())
    for i in range(steps):
        time = torch.full((len(z),), 1 - i / steps, device=z.device)
        z = z - velocity(model, backbone, part, z, time, guidance) / steps
    return z


def _sheet(run: Run, backbone: Backbone, layers: Shards, codecs: Codecs | None) -> None:
    """Background | composite branch | layer | layer over background | the truth. All processes sample, because FSDP needs all."""
    if codecs is None or not run.due(run.config.sheet_every):
        return
    part = first_examples(layers, run.accelerator.device)
    with run.averaged() as model, run.autocast():
        composite, foreground = sample(model, backbone, part, run.config.sheet_steps, run.config.guidance).chunk(2)
    background = picture_of(codecs.vae, part["background"].float())
    made, layer = picture_of(codecs.vae, composite), picture_of(codecs.rgba_vae, foreground)
    truth = picture_of(codecs.vae, part["composite"].float())
    write_sheet(run, [background, made, on_checker(layer), over(layer, background), truth])
