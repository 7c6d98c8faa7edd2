"""The starter engine: a small BFS model trained by this project, a library of cut-outs for its words; CPU, no download.

The prompt is looked up in the library and the cut-out found is shown to the model as its reference (the part that FLUX Redux
plays at full scale), so the vocabulary is the library, and a user's own cut-out works the same way. A colour in the prompt
recolours the cut-out; a size makes the box smaller, which the thing then fills.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from diffusers.utils import logging
from PIL import Image
from safetensors import safe_open
from torch.nn import functional as F

from ..api import Box, EngineError, InsertRequest, LayerResult, Report, Request
from ..framing import SMALLEST_BOX, crop_around, cut
from ..matting.cutout import cut_out
from ..scenes.dice import blur
from ..scenes.placing import contain, place_reference
from ..scenes.sprites import trim
from ..scenes.vocabulary import Vocabulary
from ..words import phrase
from .engine import BFSEngine, Told
from .lighting import exposed, ground_gain
from .patch_autoencoder import premultiplied, straight
from .pipeline import BFSOutput, BFSPipeline, many, mirrored_lamp
from .relight import Thing

FOLDER = Path(__file__).parents[2] / "resources" / "models" / "starter"
SHADOW_TINT = 0.12  # how light the colour of a shadow is at most
SOFTNESS = 1 / 128  # of the frame's side: the deviation of the blur over effects
VEIL = 0.04  # alpha that is taken from effects high above the foot
LATENT_SIDE = 16  # of the latent maps that starters know


class StarterEngine(BFSEngine):
    """bfs_engine.api.Engine. Loading takes a second or two; build it where it will run."""

    name = "Starter"
    steps = 1  # measured better than more of them (evaluation.json beside the weights)
    guidance = 1.0
    strength = 0.0  # measured: see ARCHITECTURE.md, "Extraction"
    at_once = 8

    def __init__(self, folder: Path = FOLDER) -> None:
        self.vocabulary = Vocabulary.load(folder / "library")
        self.pipeline = load_pipeline(folder)
        self.size = frame_side(self.pipeline)

    def things(self) -> tuple[str, ...]:
        return self.vocabulary.names

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.insert. A thing that is asked to be small stands on the bottom of the box, in a crop of its own."""
        share = 1.0 if request.reference is not None else self.vocabulary.understand(request.prompt).share
        made = super().insert(narrowed(request, share), report)
        asked = {name: value for name, value in request.recipe().items() if name in ("box", "crop", "background_sha256")}
        return tuple(replace(result, recipe=result.recipe | asked) for result in made)

    def told(self, request: Request, seeds: list[int]) -> Told:
        """By the cut-out in its box. Each seed sees another picture of a noun that has several, and after all of them their mirror images; the
        user's own cut-out is never mirrored: lettering would turn round."""
        own = self._own(request)
        if own is not None:
            understood, coloured, count = "the reference", False, 1
        else:
            asked = self.vocabulary.understand(request.prompt)
            understood = asked.described + (f", {asked.share:.0%} of the box" if asked.size else "")
            coloured, count = bool(asked.colour), len(self.vocabulary.entry(asked.name).files)
        gain = ground_gain(request.background, request.crop, request.box, coloured)
        box = self.in_frame(request.box, request.crop)

        def seen(seed: int) -> np.ndarray:
            return exposed(own, gain) if own is not None else mirrored(exposed(self.vocabulary.picture(asked, seed % count), gain), seed // count)

        placed = np.stack([place_reference(seen(seed), box, self.size) for seed in seeds])

        @lru_cache(maxsize=1)  # previews ask again and again
        def thing(seed: int) -> Thing:
            shown, at = seen(seed), request.box
            return Thing(place_reference(shown, box, self.size), *enlarged(shown, (at.x, at.y, at.width, at.height)))

        return Told({"reference": torch.from_numpy(placed).permute(0, 3, 1, 2) * 2 - 1}, understood, thing, coloured)

    def told_of_thing(self, request: Request, thing: np.ndarray) -> Told:
        """By the thing itself, where it is."""
        shown = torch.from_numpy(np.ascontiguousarray(thing)).permute(2, 0, 1)[None]
        shown[:, :3][(shown[:, 3:] == 0).expand(-1, 3, -1, -1)] = 0
        return Told({"reference": shown * 2 - 1}, "the thing itself")

    def make(self, background: torch.Tensor, mask: torch.Tensor, **asked: object) -> BFSOutput:
        """See `make`."""
        return make(self.pipeline, background, mask, **asked)

    def _own(self, request: Request) -> np.ndarray | None:
        """The user's own cut-out, (h, w, 4) uint8, or None where a word is asked for."""
        if request.reference is None:
            return None
        reference = request.reference if request.reference.shape[2] == 4 else cut_out(request.reference)
        if not reference[..., 3].any():
            raise EngineError(phrase("The reference picture is empty: every pixel of it is transparent."))
        return reference


def narrowed(request: InsertRequest, share: float) -> InsertRequest:
    """The same request for a box of `share` of the sides in the middle of the box's bottom, and the part of the crop around it."""
    if share == 1:
        return request
    box, crop = request.box, request.crop
    width, height = (max(round(side * share), min(side, SMALLEST_BOX)) for side in (box.width, box.height))
    within = Box(box.x + (box.width - width) // 2 - crop.x, box.bottom - height - crop.y, width, height)
    around = crop_around(within, crop.width, crop.height)
    moved = [replace(part, x=part.x + crop.x, y=part.y + crop.y) for part in (within, around)]
    return replace(request, box=moved[0], crop=moved[1], background=cut(request.background, around))


def enlarged(cutout: np.ndarray, box: tuple[float, float, float, float]) -> tuple[np.ndarray, int, int]:
    """The cut-out in its box, in pixels of the picture: (h, w, 4) uint8 straight RGBA, left, top. Exact to parts of a pixel."""
    source = trim(cutout)
    height, width = source.shape[:2]
    x, y, scale = contain(width, height, box)
    left, top, right, bottom = (int(edge) for edge in (np.floor(x), np.floor(y), np.ceil(x + width * scale), np.ceil(y + height * scale)))
    margin = int(np.ceil(1 / scale)) + 1  # transparent pixels for what lies between the cut-out's edges and whole ones
    area = [(edge - start) / scale + margin for edge, start in ((left, x), (top, y), (right, x), (bottom, y))]
    padded = Image.fromarray(np.pad(source, ((margin, margin), (margin, margin), (0, 0))))
    return np.asarray(padded.resize((right - left, bottom - top), Image.Resampling.BICUBIC, tuple(area))), left, top


def mirrored(cutout: np.ndarray, turn: int) -> np.ndarray:
    """Every other turn sees the cut-out mirrored, so that another seed is another picture."""
    return cutout[:, ::-1] if turn % 2 else cutout


def make(pipeline: BFSPipeline, background: torch.Tensor, mask: torch.Tensor, **asked: object) -> BFSOutput:
    """As BFSPipeline.__call__ with a reference and a list of seeds; but one step is `_averaged`, and the effects are `softened` and
    `darkened_above`."""
    made = (pipeline if asked["num_inference_steps"] > 1 else partial(_averaged, pipeline))(background, mask, **asked)
    alpha = many(asked["reference"], len(asked["seeds"]))[:, 3:] / 2 + 0.5
    return replace(made, layers=darkened_above(softened(made.layers, alpha), alpha))


def _averaged(pipeline: BFSPipeline, background: torch.Tensor, mask: torch.Tensor, **asked: object) -> BFSOutput:
    """One step, which gives a mean of what may be, averaged with what the mirror image gives: so neither left nor right is preferred, and half
    of the error that the two do not share is gone."""
    count = len(asked["seeds"])

    def both(pictures: torch.Tensor) -> torch.Tensor:
        return torch.cat([many(pictures, count), many(pictures, count).flip(3)])

    shown = {name: both(asked[name]) for name in ("reference", "composite") if name in asked}
    if asked.get("lamp") is not None:
        lamp = many(asked["lamp"], count)
        shown["lamp"] = torch.cat([lamp, mirrored_lamp(lamp)])
    made = pipeline(both(background), both(mask), **asked | shown | {"seeds": asked["seeds"] * 2})
    tinted = premultiplied(made.layers * 2 - 1)
    mean = (tinted[:count] + tinted[count:].flip(3)) / 2
    return BFSOutput(straight(mean) / 2 + 0.5, made.foreground_latents[:count], made.composite_latents[:count])


def softened(layers: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Layers (n, 4, h, w), straight RGBA in [0, 1], with smooth effects around things of the given alpha (n, 1, h, w): shadows and the mirror
    images that the model knows are soft, and the codec's patches are not."""
    outside = _outside(alpha).float()
    sigma = torch.full((len(layers),), SOFTNESS * layers.shape[-1])
    tinted, amount = blur(premultiplied(layers * 2 - 1) * outside, sigma), blur(outside, sigma)
    return torch.where(outside > 0, straight(tinted / amount.clamp(min=1e-3)) / 2 + 0.5, layers)


def _outside(alpha: torch.Tensor) -> torch.Tensor:
    """More than two pixels from all that things of that alpha, (n, 1, h, w), reach."""
    return F.max_pool2d(alpha, 5, stride=1, padding=2) <= 0.02


def darkened_above(layers: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Layers (n, 4, h, w), straight RGBA in [0, 1], without light around and above the foot of things of the given alpha (n, 1, h, w).

    There only shadows fall, for a floor mirrors below the foot; what is lighter is the codec's echo of the thing's own edge. And the higher
    above the foot the more of their alpha is taken, up to VEIL: on an empty canvas the network half thinks of a wall behind the thing.
    """
    height = alpha.shape[-2]
    foot = (alpha > 0.5).any(3).flip(2).cummax(2).values.sum(2)[..., None, None]  # (n, 1, 1, 1): rows from the top down to it
    above = foot - torch.arange(height)[:, None]  # (n, 1, h, 1)
    veil = VEIL * (above / (height / 8)).clamp(0, 1)
    light = (layers[:, :3] - SHADOW_TINT).clamp(min=0).amax(1, keepdim=True)
    amount = ((layers[:, 3:] * (1 - light) - veil) / (1 - veil)).clamp(min=0)
    shadow = torch.cat([layers[:, :3].clamp(max=SHADOW_TINT), amount], 1)
    return torch.where(_outside(alpha) & (above > 0), shadow, layers)


def frame_side(pipeline: BFSPipeline) -> int:
    """The side of the frames that a starter was trained on, pixels."""
    return LATENT_SIDE * pipeline.vae_scale_factor


def load_pipeline(folder: Path) -> BFSPipeline:
    """The pipeline saved in `folder` as float32 (half precision has no fast path on most CPUs)."""
    if not (folder / "model_index.json").exists():
        words = phrase("There is no model in {folder}.", folder=str(folder))
        raise EngineError(words, phrase("Reinstall Downstage, or name the folder of a model."))
    logging.disable_progress_bar()  # it would write to the terminal and leave a thread behind
    try:
        pipeline = BFSPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False)
        _check_whole(pipeline, folder)
        return pipeline
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        words = phrase("The model in {folder} is damaged and cannot be loaded: {reason}", folder=str(folder), reason=reason)
        raise EngineError(words, phrase("Reinstall Downstage.")) from error


def _check_whole(pipeline: BFSPipeline, folder: Path) -> None:
    """ValueError where weights are missing, which diffusers fills with anything, or are no numbers."""
    for name, part in pipeline.components.items():
        files = sorted((folder / name).glob("*.safetensors"))
        if not isinstance(part, torch.nn.Module) or not files:
            continue
        missing = set(part.state_dict())
        for file in files:
            with safe_open(file, "pt") as stored:
                missing -= set(stored.keys())
        if missing:
            raise ValueError(f"{min(missing)} is missing")
        broken = [key for key, value in part.state_dict().items() if not value.isfinite().all()]
        if broken:
            raise ValueError(f"{broken[0]} holds no numbers")
