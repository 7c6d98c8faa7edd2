"""The starter measured on scenes that it was not trained on: its gates, with the truth at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..api import Box
from ..bfs.latents import box_mask
from ..bfs.pipeline import BFSPipeline
from ..bfs.relight import Thing, colourful_as, colours_of, settled
from ..bfs.starter import frame_side, make
from ..cli.pictures import on_canvas
from ..scenes.render import Scenes, Sprites, place, render_many, straight
from .layers import box_overlap, decibels, effect_scores, inside_alpha, nearest_thing, over

COMPARED = 128  # side of the frames in which a layer is compared with all things, pixels
HELD_OUT_SEED = 900_000_000  # far from every training step's seed


@dataclass(frozen=True)
class Sampling:
    """How layers are drawn: steps, guidance (1 = none), scenes at a time."""

    steps: int = 1
    guidance: float = 1.0
    batch: int = 8


def held_out(pipeline: BFSPipeline, sprites: Sprites, count: int, seed: int = 0, **which: object) -> Scenes:
    """Scenes that no training has seen, of the size that the pipeline was made for; `which` as render takes it."""
    return render_many(sprites, HELD_OUT_SEED + seed, count, frame_side(pipeline), **which)


def generate(
    pipeline: BFSPipeline, background: Tensor, box: Tensor, reference: Tensor, sampling: Sampling, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """-> layers (n, 4, h, w) straight RGBA and the composite branch's pictures (n, 3, h, w), both in [0, 1]."""
    layers, composites = [], []
    side = background.shape[-1]
    for start in range(0, len(background), sampling.batch):
        part = slice(start, start + sampling.batch)
        count = len(background[part])
        made = make(
            pipeline,
            background[part] * 2 - 1,
            box_mask(box[part], side, side),
            reference=reference[part] * 2 - 1,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            seeds=[seed + start + i for i in range(count)],
        )
        layers.append(made.layers)
        composites.append((pipeline.vae.decode(made.composite_latents).sample / 2 + 0.5).clamp(0, 1))
    return torch.cat(layers), torch.cat(composites)


def measure(pipeline: BFSPipeline, sprites: Sprites, count: int = 128, sampling: Sampling = Sampling(), seed: int = 0, kind: str = "plain") -> dict[str, float]:
    """All gates, of the network's layers and of those that the engine delivers (delivered_…). right_thing: layers of things permuted
    against boxes, named by the nearest sprite of `sprites` (share)."""
    scenes = held_out(pipeline, sprites, count, seed, kind=kind)
    layers, composites = generate(pipeline, scenes.background, scenes.box, scenes.reference, sampling, seed)
    scores = against_truth(layers, scenes)
    scores["agreement_db"] = decibels(over(layers, scenes.background) - composites)
    scores |= {f"delivered_{name}": score for name, score in against_truth(delivered(layers, scenes), scenes).items()}
    scores["right_thing"] = right_thing(pipeline, sprites, scenes, sampling, seed)
    return scores


def delivered(layers: Tensor, scenes: Scenes) -> Tensor:
    """The network's layers (n, 4, s, s) with the shown things' own colours, detail and edges, as the engine delivers them."""
    size = layers.shape[-1]
    frame, made = Box(0, 0, size, size), []
    for layer, reference, picture in zip(*(batch.permute(0, 2, 3, 1).numpy() for batch in (layers, scenes.reference, scenes.background))):
        pixels, seen = (np.rint(x * 255).astype(np.uint8) for x in (reference, picture))
        result = settled(*colourful_as(colours_of(seen), layer, Thing(reference, pixels, 0, 0)), frame, {})
        made.append(torch.from_numpy(on_canvas(result, size, size)).permute(2, 0, 1) / 255)
    return torch.stack(made)


def against_truth(layers: Tensor, scenes: Scenes) -> dict[str, float]:
    true = scenes.foreground
    overlap = box_overlap(layers, scenes.object_alpha)
    return {
        **effect_scores(layers, true, scenes.object_alpha, scenes.light, scenes.lit),
        "inside_alpha": inside_alpha(layers, scenes.object_alpha),
        "alpha_error": (layers[:, 3] - true[:, 3]).abs().mean().item(),
        "object_alpha_error": _within((layers[:, 3:] - true[:, 3:]).abs(), scenes.box),
        "composite_db": decibels(over(layers, scenes.background) - scenes.composite),
        "box_overlap": overlap.mean().item(),
        "box_overlap_80": (overlap >= 0.8).float().mean().item(),
    }


def _within(error: Tensor, box: Tensor) -> float:
    mask = box_mask(box, *error.shape[-2:])
    return ((error * mask).sum() / mask.sum()).item()


def right_thing(pipeline: BFSPipeline, sprites: Sprites, scenes: Scenes, sampling: Sampling, seed: int) -> float:
    """Things dealt out anew, so that a box's shape does not give the answer away; share whose nearest sprite is the one asked."""
    generator = torch.Generator().manual_seed(seed)
    things = torch.randperm(len(sprites), generator=generator).repeat(1 + len(scenes) // len(sprites))[: len(scenes)]
    size = scenes.background.shape[-1]
    reference = place_things(sprites, things, scenes.box, size)
    layers, _ = generate(pipeline, scenes.background, scenes.box, reference, sampling, seed)
    step = max(1, size // COMPARED)  # every sprite in a large frame would take gigabytes
    layers, boxes = pooled(layers, step), scenes.box / step
    found = [nearest_thing(layer[None], place_all(sprites, box[None], size // step)[None]) for layer, box in zip(layers, boxes)]
    return (torch.cat(found) == things).float().mean().item()


def pooled(layers: Tensor, step: int) -> Tensor:
    """Layers (n, 4, h, w), straight RGBA, at 1/step of their size."""
    return straight(F.avg_pool2d(torch.cat([layers[:, :3] * layers[:, 3:], layers[:, 3:]], 1), step))


def place_all(sprites: Sprites, box: Tensor, size: int) -> Tensor:
    """Every sprite in one box (1, 4): (m, 4, size, size) straight RGBA, without light."""
    return place_things(sprites, torch.arange(len(sprites)), box.expand(len(sprites), 4), size)


def place_things(sprites: Sprites, things: Tensor, box: Tensor, size: int) -> Tensor:
    """Things (n,) in their boxes (n, 4): (n, 4, size, size) straight RGBA, without light."""
    pixels = sprites.pixels[things].float() / 255
    cutouts = torch.cat([pixels[:, :3] * pixels[:, 3:], pixels[:, 3:]], 1)
    return straight(place(cutouts, sprites.sizes[things], box, size))
