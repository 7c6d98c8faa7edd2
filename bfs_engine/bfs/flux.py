"""BFS on FLUX.1 Fill, for those who have fetched the weights: any prompt, frames up to 1024 pixels.

A model's folder holds what its makers offer for download, as it is:

    FLUX.1-Fill-dev/                 the diffusers folder of Black Forest Labs
    transparency_vae/                from the authors' release of BFS
    bfs/trained_weights.pt           the same
    FLUX.1-Redux-dev/                if it is there, references can be shown instead of words
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxFillPipeline,
    FluxTransformer2DModel,
    TaylorSeerCacheConfig,
)
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers.utils import logging as transformers_logging

from .. import framing
from ..api import EngineError, ExtractRequest, InsertRequest, LayerResult, Progress, Report, Request, ResettleRequest
from ..catalog import FILL, FLUX_PARTS, REDUX, RGBA_VAE, WEIGHTS, takes_references
from ..cli.pictures import over
from ..words import phrase
from . import memory
from .engine import BFSEngine, Told, free_memory
from .pipeline import BFSPipeline
from .release import load_release

REMEMBERED = 16  # prompts whose embedding (4 MB) is kept, so that the text encoders need not come back

Embedding = dict[str, torch.Tensor]  # prompt_embeds (1, words, d), pooled_prompt_embeds (1, p); on the CPU


class FluxEngine(BFSEngine):
    """bfs_engine.api.Engine. Building it only looks whether the folder is whole; weights are read when the first job needs them.

    mode: one of memory.MODES by name, or None for the first that fits; machine: what it has to fit, by default this one.
    every: how often the transformer is computed; the steps between are foretold from those before (`every_step`). compiled: the
    blocks are compiled when they are first used, which takes a C++ compiler and a minute; not measured yet on a graphics card.
    """

    name = "FLUX.1 Fill"
    sides = 512, 1024  # least and largest frame, pixels; a crop between them is not scaled
    words = memory.WORDS
    every = 3
    steps = 50
    guidance = 30.0
    strength = 0.0
    pipeline: BFSPipeline | None = None

    def __init__(self, folder: Path, mode: str | None = None, machine: memory.Machine | None = None, compiled: bool = False) -> None:
        missing = [part for part in FLUX_PARTS if not (folder / part).exists()]
        if missing:
            words = phrase("The FLUX model in {folder} is not whole: {file} is missing.", folder=str(folder), file=missing[0])
            raise EngineError(words, phrase("Fetch it again."))
        self.folder = folder
        self.size = self.sides[0]
        self._mode, self._machine, self._compiled = mode, machine, compiled
        self._plan: memory.Plan | None = None
        self._embeddings: dict[str, Embedding] = {}
        diffusers_logging.disable_progress_bar()
        transformers_logging.disable_progress_bar()

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.insert."""
        with self._ready(request, report):
            return super().insert(request, report)

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.extract."""
        if (self.strength if request.strength is None else request.strength) == 0:
            return super().extract(request, report)  # asks no model
        with self._ready(request, report):
            return super().extract(request, report)

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.resettle."""
        with self._ready(request, report):
            return super().resettle(request, report)

    @contextmanager
    def _ready(self, request: Request, report: Report) -> Iterator[None]:
        """The frame for the request's crop, the prompt understood, the pipeline loaded; and what memory has to say, as a sentence."""
        self.size = framing.frame_side(request.crop, *self.sides)
        try:
            plan = self._fitting()
            by_words = request.reference is None and (isinstance(request, InsertRequest) or not self._sees)
            if by_words and request.prompt not in self._embeddings:
                report(Progress(0, self._steps(request), phrase("Reading the prompt")))
                self._embed(request.prompt)  # first, while there is room for the text encoders
            if self.pipeline is None:
                report(Progress(0, self._steps(request), phrase("Loading FLUX. {memory}", memory=plan.sentence)))
                self.pipeline = self._load(plan)
                self._plan = plan
            yield
        except torch.OutOfMemoryError as error:
            free_memory()
            raise EngineError(
                phrase("The graphics card has not enough free memory for this picture."),
                phrase("Close other programs, or choose a leaner memory mode."),
            ) from error

    def announcement(self) -> str:
        """What a run will need and how the weights will be kept, a sentence; nothing is loaded for it. Raises EngineError where this
        machine cannot hold the model."""
        return self._fitting().sentence

    def _fitting(self) -> memory.Plan:
        """How the weights are kept; settled when they are loaded, because that cannot change without loading them again."""
        if self._plan is not None:
            return self._plan
        free_memory()  # of the model before this one
        transformer, vae = (self._config(FluxTransformer2DModel, "transformer"), self._config(AutoencoderKL, "vae"))
        rgba_vae = AutoencoderKL.load_config(self.folder / RGBA_VAE, local_files_only=True)
        demand = memory.demand_of(transformer, vae, rgba_vae, self.sides[1])
        return memory.choose(self._machine or memory.this_machine(), demand, self._mode)

    def _config(self, kind: type, part: str) -> dict:
        return kind.load_config(self.folder / FILL, subfolder=part, local_files_only=True)

    def _load(self, plan: memory.Plan) -> BFSPipeline:
        fill, device = self.folder / FILL, torch.device(plan.machine.device)
        whole = plan.machine.device == "cuda" and not plan.mode.moved and plan.mode.name != "fp8"
        with whole_files(self.folder):
            transformer = FluxTransformer2DModel.from_pretrained(
                fill,
                subfolder="transformer",
                dtype=torch.bfloat16,
                quantization_config=memory.quantization(plan.mode),
                device_map={"": device} if whole else None,
                local_files_only=True,
            )
            load_release(transformer, self.folder / WEIGHTS)
            pipeline = BFSPipeline(
                transformer.eval(),
                FlowMatchEulerDiscreteScheduler.from_pretrained(fill, subfolder="scheduler", local_files_only=True),
                AutoencoderKL.from_pretrained(fill, subfolder="vae", local_files_only=True).eval(),
                AutoencoderKL.from_pretrained(self.folder / RGBA_VAE, local_files_only=True).eval(),
            )
        memory.settle(pipeline, plan.mode, device)
        transformer.enable_cache(every_step(self.every))
        if self._compiled:
            transformer.compile_repeated_blocks()
        return pipeline

    def told(self, request: Request, seeds: list[int]) -> Told:
        """By the prompt's embedding, or the reference's."""
        if request.reference is not None:
            return Told(self._seen(request.reference), "the reference")
        return Told(self._embeddings[request.prompt], request.prompt)

    def told_of_thing(self, request: Request, thing: np.ndarray) -> Told:
        """By the thing's own embedding where Redux is installed, else by the prompt."""
        if self._sees:
            return Told(self._seen(np.rint(thing * 255).astype(np.uint8)), "the thing itself")
        return Told(self._embeddings[request.prompt], request.prompt)

    @property
    def _sees(self) -> bool:
        return takes_references(self.folder)

    def _embed(self, prompt: str) -> None:
        """Ask the text encoders, which are twice as large as many a graphics card, and drop them."""
        fill = self.folder / FILL
        device = self._device_for(sum(file.stat().st_size for part in ("text_encoder", "text_encoder_2") for file in (fill / part).iterdir()))
        with whole_files(self.folder):
            reader = FluxFillPipeline.from_pretrained(fill, transformer=None, vae=None, dtype=torch.bfloat16, local_files_only=True)
        with torch.no_grad():
            words, pooled, _ = reader.to(device).encode_prompt(prompt, None, max_sequence_length=self.words)
        self._remember(prompt, {"prompt_embeds": words.cpu(), "pooled_prompt_embeds": pooled.cpu()})
        del reader
        gc.collect()
        free_memory()

    def _remember(self, prompt: str, embedding: Embedding) -> None:
        while len(self._embeddings) >= REMEMBERED:
            del self._embeddings[next(iter(self._embeddings))]
        self._embeddings[prompt] = embedding

    def _seen(self, cutout: np.ndarray) -> Embedding:
        """FLUX Redux's embedding of a picture, (h, w, 3) or (h, w, 4) uint8, on white where it is transparent."""
        from diffusers import FluxPriorReduxPipeline  # says on import that it would rather have torchvision

        folder = self.folder / REDUX
        if not self._sees:
            words = phrase("This model takes references only together with FLUX.1 Redux.")
            raise EngineError(words, phrase("Fetch it into {folder}.", folder=str(folder)))
        shown = cutout if cutout.shape[2] == 3 else over(cutout, np.full_like(cutout[..., :3], 255))
        with whole_files(self.folder), torch.no_grad():
            prior = FluxPriorReduxPipeline.from_pretrained(folder, dtype=torch.bfloat16, local_files_only=True)
            seen = prior.to(self._device_for(2 * memory.GB))(Image.fromarray(shown))
        return {"prompt_embeds": seen.prompt_embeds.cpu(), "pooled_prompt_embeds": seen.pooled_prompt_embeds.cpu()}

    def _device_for(self, size: int) -> str:
        """Where something of that many bytes can go for a moment."""
        machine = self._machine or memory.this_machine()
        return machine.device if size <= (1 - memory.SPARE) * machine.free else "cpu"

    def _recipe(self, request: Request, seed: int, told: Told) -> dict:
        kept = {} if self._plan is None else {"memory": self._plan.mode.name, "every": self.every}
        return super()._recipe(request, seed, told) | kept | {"frame": self.size, "upscale": framing.upscale(request.crop, self.size)}


def expected(machine: memory.Machine | None = None) -> str:
    """What FluxEngine.announcement will say once the model is there. Raises EngineError where this machine cannot hold it."""
    demand = memory.demand_of(memory.FILL_TRANSFORMER, memory.FILL_VAE, memory.FILL_VAE | {"out_channels": 4}, FluxEngine.sides[1])
    return memory.choose(machine or memory.this_machine(), demand).sentence


def every_step(every: int, order: int = 1) -> TaylorSeerCacheConfig:
    """After three steps only every `every`-th one is computed, the others follow the line, or a curve of higher order, through the
    last ones computed (TaylorSeer, arXiv 2503.06923, on the output alone)."""
    return TaylorSeerCacheConfig(
        cache_interval=every, disable_cache_before_step=3, max_order=order, taylor_factors_dtype=torch.float32, use_lite_mode=True
    )


@contextmanager
def whole_files(folder: Path) -> Iterator[None]:
    """Reading weights; what is damaged gets a sentence."""
    try:
        yield
    except EngineError:
        raise
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        words = phrase("The model in {folder} is damaged and cannot be loaded: {reason}", folder=str(folder), reason=reason)
        raise EngineError(words, phrase("Fetch it again.")) from error
