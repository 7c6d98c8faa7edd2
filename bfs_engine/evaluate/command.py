"""The command `evaluate` of python -m bfs_engine."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ..api import EngineError
from ..bfs.latents import box_mask
from ..bfs.pipeline import BFSPipeline
from ..bfs.starter import load_pipeline
from ..scenes.kinds import KINDS
from ..scenes.render import Scenes, Sprites, library_sprites
from ..train.sheet import on_checker
from .applications import STUDIES, table
from .colours import study_colours
from .layers import over
from .savings import study_savings
from .starter import Sampling, generate, held_out, measure

SHEET_SCENES = 24


def run(model: Path, count: int, seed: int, steps: int, guidance: float, sheet: Path | None, kind: str) -> dict[str, float]:
    """The gates of the model in the folder `model`; things are those of its library."""
    if count < 2 or steps < 1:
        raise EngineError("At least two scenes and one step are needed to measure anything.")
    if kind not in KINDS:
        raise EngineError(f"There is no kind of scenes {kind!r}.", f"Name one of {', '.join(KINDS)}.")
    sprites = library_sprites(model / "library")
    pipeline = load_pipeline(model)
    sampling = Sampling(steps, guidance)
    if sheet is not None:
        draw_sheet(pipeline, sprites, sampling, seed, kind).save(sheet)
    scores = measure(pipeline, sprites, count, sampling, seed, kind)
    return {"scenes": count, "kind": kind, "seed": seed, "steps": steps, "guidance": guidance} | {k: round(v, 4) for k, v in scores.items()}


def study(what: str, model: Path, count: int, seed: int, steps: int) -> str:
    """A table of ways to extract, to resettle or to compute less, or of colour words, measured with the model in the folder `model` and the things of its library."""
    if count < 2 or steps < 1:
        raise EngineError("At least two scenes and one step are needed to measure anything.")
    sprites = library_sprites(model / "library")
    return table((STUDIES | {"savings": study_savings, "colours": study_colours})[what](load_pipeline(model), sprites, count, seed, steps))


def draw_sheet(pipeline: BFSPipeline, sprites: Sprites, sampling: Sampling, seed: int, kind: str) -> Image.Image:
    """Held-out scenes, two a row: background with box | generated layer | it over the background | the truth."""
    scenes = held_out(pipeline, sprites, SHEET_SCENES, seed, kind=kind)
    layers, _ = generate(pipeline, scenes.background, scenes.box, scenes.reference, sampling, seed)
    cells = torch.stack([_boxed(scenes), on_checker(layers), over(layers, scenes.background), scenes.composite], dim=1)
    rows = cells.unflatten(0, (-1, 2)).permute(0, 4, 1, 2, 5, 3).flatten(0, 1).flatten(1, 3)  # (rows·s, 2·4·s, 3)
    return Image.fromarray((rows * 255).round().byte().numpy())


def _boxed(scenes: Scenes) -> Tensor:
    tint = box_mask(scenes.box, *scenes.background.shape[2:]) * 0.35
    return scenes.background * (1 - tint) + tint * torch.tensor([1.0, 0.2, 0.2]).view(3, 1, 1)
