"""A picture without what is in a region of it.

A removal is a function (picture (h, w, 3) uint8, region (h, w) bool) -> (h, w, 3) uint8, the picture's own outside the region.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .. import lift
from ..api import EngineError

SIDE = 16  # pipelines take sides that are multiples of this

Removal = Callable[[np.ndarray, np.ndarray], np.ndarray]


@cache
def load_removal(name: str) -> Removal:
    """"classical", or the folder of an inpainting pipeline of diffusers'. One for each process: models are large."""
    return continued if name == "classical" else by_pipeline(Path(name))


def continued(picture: np.ndarray, region: np.ndarray) -> np.ndarray:
    """The classical removal: what is around the region goes on smoothly inside (lift.fill); it invents no texture."""
    made = lift.fill(picture.astype(np.float32) / 255, (~region).astype(np.float32))
    return np.where(region[..., None], np.rint(made.clip(0, 1) * 255).astype(np.uint8), picture)


def by_pipeline(folder: Path) -> Removal:
    """Any inpainting pipeline (Stable Diffusion, FLUX.1 Fill, …) in a folder, without a prompt and with the same noise each time."""
    if not (folder / "model_index.json").exists():
        raise EngineError(f"There is no inpainting pipeline in {folder}.", "Name the folder of one, or “classical”.")
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging
    from transformers.utils import logging as encoders_logging

    logging.disable_progress_bar(), encoders_logging.disable_progress_bar()  # they would write over the report and leave a thread behind
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=dtype).to(device)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"The pipeline in {folder} cannot be loaded: {error}") from error
    pipeline.set_progress_bar_config(disable=True)

    def removal(picture: np.ndarray, region: np.ndarray) -> np.ndarray:
        height, width = region.shape
        size = max(SIDE, round(width / SIDE) * SIDE), max(SIDE, round(height / SIDE) * SIDE)
        given = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
        hole = Image.fromarray(region).resize(size, Image.Resampling.NEAREST)
        made = pipeline(prompt="", image=given, mask_image=hole.convert("L"), width=size[0], height=size[1],
                        generator=torch.Generator().manual_seed(0)).images[0]  # fmt: skip
        painted = np.asarray(made.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
        return np.where(region[..., None], painted, picture)

    return removal
