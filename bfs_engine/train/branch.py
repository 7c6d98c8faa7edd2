"""One branch of the transformer by itself, without information sharing: what BFS is compared with, and what it starts from.

- "composite": plain inpainting, (background, box, reference) -> composite. The backbone of a model that is trained from nothing.
- "layer": (composite, box, background) -> the layer that is in it, the second of LayerDiffuse's two stages.

For models that are shown a reference and predict a change (BFSPipeline's `prediction`).
"""

from __future__ import annotations

from pathlib import Path

import torch

from ..api import EngineError
from ..bfs.latents import box_mask, pack, pack_mask, position_ids, unpack
from ..bfs.pipeline import LEAST_TIME, changed
from ..bfs.sharing import sharing_parameters
from .loop import Run
from .losses import interpolate
from .models import Backbone
from .shards import Example, Shards
from .stages import BLOCKS, StageConfig, draw, importance, words

# Task -> what is looked at, what stands in the reference's channels, what the prediction is a change of, which branch it is.
TASKS = {"composite": ("background", "reference", "pasted", 0), "layer": ("composite", "background", "reference", 1)}


def train_branch(config: StageConfig, folder: Path, backbone: Backbone, shards: Shards, task: str, until: int | None = None) -> Run:
    """Flow matching on one branch; the sharing's weights stay as they are, and out of the run's files."""
    if backbone.prediction != "change":
        raise EngineError("One branch alone is trained for models that predict a change.")
    transformer = backbone.transformer.requires_grad_(True)
    for parameter in sharing_parameters(transformer):
        parameter.requires_grad_(False)
    run = Run(config, folder, transformer, BLOCKS)
    examples = run.examples(shards)
    for _ in run.steps(until):
        for part in run.share(examples):
            with run.autocast():
                loss = _loss(run.model, backbone, part, task, config)
            run.backward({"loss": loss})
        run.update()
    return run


def _loss(model: torch.nn.Module, backbone: Backbone, part: Example, task: str, config: StageConfig) -> torch.Tensor:
    """‖v − v_θ‖², weighed; v = ε − z_0."""
    side = TASKS[task][3]
    clean = part["foreground" if side else "composite"].float()
    noises, times = draw(part, torch.Size((2 * len(clean), *clean.shape[1:])), backbone.noise, config)
    noise, time = noises.chunk(2)[side], times.chunk(2)[side]
    estimate = predict_one(model, backbone, part, interpolate(clean, noise, time), time, task)
    error = ((clean - estimate) / time[:, None, None, None].clamp(min=LEAST_TIME)).square()
    weight = importance(backbone, part, config)
    return (error if weight is None else error * weight.chunk(2)[side]).mean()


def predict_one(model: torch.nn.Module, backbone: Backbone, part: Example, noisy: torch.Tensor, time: torch.Tensor, task: str) -> torch.Tensor:
    """The clean latents (n, c, h, w) that the branch expects behind noisy ones."""
    height, width = noisy.shape[2:]
    seen, shown, base, side = TASKS[task]
    mask = pack_mask(box_mask(part["box"], height * backbone.scale, width * backbone.scale), backbone.scale)
    tokens = pack(noisy)
    embeds, pooled = words(part, backbone.transformer.config)
    output = model(
        hidden_states=torch.cat([tokens, pack(part[seen].float()), mask, pack(part[shown].float())], dim=-1),
        encoder_hidden_states=embeds,
        pooled_projections=pooled,
        timestep=time,
        img_ids=position_ids(height, width, noisy.device),
        txt_ids=torch.zeros(embeds.shape[1], 3, device=noisy.device),
        joint_attention_kwargs={"sharing": False},
        return_dict=False,
    )[0].float()
    spread = torch.tensor(backbone.spread[side], device=noisy.device).repeat_interleave(4)
    return unpack(changed(pack(part[base].float()), output, tokens, time[:, None, None], spread), height, width)


@torch.no_grad()
def sample_one(model: torch.nn.Module, backbone: Backbone, part: Example, task: str, seed: int) -> torch.Tensor:
    """Clean latents (n, c, h, w) in one step from pure noise."""
    like = part["background"]
    noise = torch.randn(like.shape, generator=torch.Generator().manual_seed(seed)).to(like.device)
    return predict_one(model, backbone, part, noise, torch.ones(len(like), device=like.device), task)
