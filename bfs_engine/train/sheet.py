"""Sample sheets: what a model makes of the first examples, as one picture in the run's folder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from .loop import Run, collate, unchanged
from .losses import over
from .shards import Example, Shards

ROWS = 4


def first_examples(shards: Shards, device: torch.device, prepare: Callable[[Example], Example] = unchanged) -> Example:
    """The first examples of the first shape, the same at every call; prepare as in Run.examples."""
    examples = collate([prepare(shards[i]) for i in shards.groups[0][:ROWS]])
    return {name: tensor.to(device) for name, tensor in examples.items()}


def on_checker(layers: torch.Tensor) -> torch.Tensor:
    """Straight RGBA (n, 4, h, w) in [0, 1] over light squares of 8 pixels."""
    rows, columns = (torch.arange(side, device=layers.device) // 8 for side in layers.shape[2:])
    return over(layers, (0.75 + 0.2 * ((rows[:, None] + columns) % 2)).expand(len(layers), 3, -1, -1))


def write_sheet(run: Run, cells: list[torch.Tensor]) -> None:
    """One row an example, one column for each of `cells` (n, 3, h, w) in [0, 1], to sheets/STEP.png."""
    if not run.accelerator.is_main_process:
        return
    rows = torch.cat([torch.cat(list(column), dim=1) for column in cells], dim=2)  # (3, n·h, cells·w)
    pixels = (rows.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    path = run.folder / "sheets" / f"{run.step:07}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
