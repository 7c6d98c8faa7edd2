"""The starter engine: a small BFS model trained by this project, a library of cut-outs for its words; CPU, no download.

The prompt is looked up in the library and the cut-out found is shown to the model as its reference (the part that FLUX Redux
plays at full scale), so the vocabulary is the library, and a user's own cut-out works the same way.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from diffusers.utils import logging

from ..api import Box, EngineError, InsertRequest, LayerResult, Progress, Report
from ..framing import BOX_FRACTION, from_model, to_model
from ..scenes.placing import place_reference
from ..scenes.vocabulary import Vocabulary
from .latents import box_mask
from .pipeline import BFSPipeline

FOLDER = Path(__file__).parents[2] / "resources" / "models" / "starter"
SIZE = 128  # the model's frame, pixels
STEPS = 1  # measured better than more of them (evaluation.json beside the weights)
GUIDANCE = 1.0
FAINTEST = 5 / 255  # alpha below this is the sampler's noise, not shadow


class StarterEngine:
    """bfs_engine.api.Engine. Loading takes a second or two; build it where it will run."""

    name = "Starter"
    box_fraction = BOX_FRACTION

    def __init__(self, folder: Path = FOLDER) -> None:
        self.vocabulary = Vocabulary.load(folder / "library")
        self.pipeline = load_pipeline(folder)

    def things(self) -> tuple[str, ...]:
        return self.vocabulary.names

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.insert. Takes about a second, whatever the box."""
        cutout, understood = self._cutout(request)
        steps = request.steps or STEPS
        guidance = GUIDANCE if request.guidance is None else request.guidance
        recipe = request.recipe() | {"steps": steps, "guidance": guidance, "engine": self.name, "understood": understood}
        box = in_frame(request.box, request.crop)

        cost, shown = 0.0, float("-inf")  # seconds the last preview took, and when it was done

        def on_step(step: int, of: int, estimate: torch.Tensor) -> None:
            nonlocal cost, shown
            preview, started = None, time.perf_counter()
            if step < of and started - shown >= 3 * cost:  # a preview of a huge box costs more than a step: then fewer of them
                preview = self._result(self.pipeline.decode_layer(estimate), request.crop, recipe)
                shown = time.perf_counter()
                cost = shown - started
            report(Progress(step, of, "Denoising", preview))

        report(Progress(0, steps, "Looking at the picture"))
        made = self.pipeline(
            _tensor(to_model(request.background, SIZE)),
            box_mask(torch.tensor([box]), SIZE, SIZE),
            reference=_tensor(place_reference(turned(cutout, request.seed), box, SIZE)),
            num_inference_steps=steps,
            guidance_scale=guidance,
            seeds=request.seed,
            on_step=on_step,
        )
        result = self._result(made.layers, request.crop, recipe)
        if result is None:
            raise EngineError("The model made an empty layer.", "Try another seed.")
        return (result,)

    def _cutout(self, request: InsertRequest) -> tuple[np.ndarray, str]:
        if request.reference is not None:
            if not request.reference[..., 3].any():
                raise EngineError("The reference picture is empty: every pixel of it is transparent.")
            return request.reference, "the reference"
        understood = self.vocabulary.understand(request.prompt)
        return self.vocabulary.cutout(understood.name), understood.name

    def _result(self, layers: torch.Tensor, crop: Box, recipe: dict) -> LayerResult | None:
        """(1, 4, s, s) straight RGBA in [0, 1] -> the layer in picture pixels, None when nothing of it can be seen."""
        layer = layers[0].permute(1, 2, 0).numpy().copy()
        layer[..., 3][layer[..., 3] < FAINTEST] = 0
        placed = from_model(layer, crop)
        return None if placed is None else LayerResult(*placed, recipe)


def in_frame(box: Box, crop: Box) -> tuple[float, float, float, float]:
    """The box in the model's frame pixels: x, y, width, height."""
    scale = SIZE / crop.width
    return (box.x - crop.x) * scale, (box.y - crop.y) * scale, box.width * scale, box.height * scale


def turned(cutout: np.ndarray, seed: int) -> np.ndarray:
    """Every other seed sees the cut-out mirrored, so that another seed is another picture."""
    return cutout[:, ::-1] if seed % 2 else cutout


def _tensor(picture: np.ndarray) -> torch.Tensor:
    """(h, w, c) in [0, 1] -> (1, c, h, w) in [−1, 1]"""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).unsqueeze(0) * 2 - 1


def load_pipeline(folder: Path) -> BFSPipeline:
    """The pipeline saved in `folder` as float32 (half precision has no fast path on most CPUs)."""
    if not (folder / "model_index.json").exists():
        raise EngineError(f"There is no model in {folder}.", "Reinstall Downstage, or name the folder of a model.")
    logging.disable_progress_bar()  # it would write to the terminal and leave a thread behind
    try:
        return BFSPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, EnvironmentError) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise EngineError(f"The model in {folder} is damaged and cannot be loaded: {reason}", "Reinstall Downstage.") from error
