"""Any prompt on FLUX.2 klein: the model paints thing and effects into a region around the box, painting.py lifts the layer off the ground.

A model's folder is the diffusers folder of black-forest-labs/FLUX.2-klein-4B, as the hub offers it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinInpaintPipeline, Flux2Transformer2DModel
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from torch import nn
from transformers.utils import logging as transformers_logging

from .. import framing, lift
from ..api import Box, EngineError, ExtractRequest, InsertRequest, LayerResult, Progress, Report, ResettleRequest
from ..bfs import memory
from ..bfs.engine import free_memory, seeds_of, shown_picture
from ..bfs.flux import REMEMBERED, whole_files
from ..catalog import klein_folder
from ..cli.pictures import over
from ..words import phrase
from .painting import CELL, layer_of, mask_of, region_around

WORDS = 512  # tokens of a prompt
READ_LAYERS = (9, 18, 27)  # whose states of the text encoder the transformer was trained on


@dataclass(frozen=True)
class Asked:
    """What all candidates of a request share, in the frame: its picture and region, the steps of each, and the prompt's embedding."""

    picture: Image.Image
    mask: Image.Image
    steps: int
    guidance: float
    words: torch.Tensor
    reference: Image.Image | None


class KleinEngine:
    """bfs_engine.api.Engine on FLUX.2 klein. Building it only looks whether the folder is whole; weights are read when a job needs them.

    mode: one of memory.MODES by name, or None for the first that fits; machine: what it has to fit, by default this one. room: a name of
    painting.ROOM.
    """

    name = "FLUX.2 klein"
    box_fraction = 0.40  # the region with large room for effects is 2.4 boxes wide
    steps = 4
    guidance = 1.0  # the model is distilled
    sides = 512, 1024  # least and largest frame, pixels; the pipeline shrinks what is over a megapixel without a word
    read_layers = READ_LAYERS

    def __init__(self, folder: Path, mode: str | None = None, machine: memory.Machine | None = None, room: str = "large") -> None:
        self.folder = klein_folder(folder)
        self.room = room
        self.pipeline: Flux2KleinInpaintPipeline | None = None
        self._mode, self._machine = mode, machine
        self._plan: memory.Plan | None = None
        self._words: dict[str, torch.Tensor] = {}
        diffusers_logging.disable_progress_bar()
        transformers_logging.disable_progress_bar()

    def things(self) -> tuple[str, ...]:
        """See Engine.things."""
        return ()

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.insert. A candidate that is nothing, or new ground, is left out; its reason is told where no candidate is left."""
        seeds, shown = seeds_of(request), shown_picture(request)
        side = framing.frame_side(request.crop, *self.sides)
        region = region_around(request.box, request.crop, self.room)
        try:
            asked = self._asked(request, shown, side, region, report)
            made: list[LayerResult] = []
            failed: EngineError | None = None
            for number, seed in enumerate(seeds):
                painted = self._painted(asked, seed, (number, len(seeds)), report)
                try:
                    made.append(self._lifted(request, shown, painted, region, seed))
                except EngineError as error:
                    failed = error
                if made and number + 1 < len(seeds):
                    done = (number + 1) * asked.steps
                    report(Progress(done, asked.steps * len(seeds), phrase("Denoising"), made=tuple(made)))
        except torch.OutOfMemoryError as error:
            free_memory()
            raise EngineError(
                phrase("The graphics card has not enough free memory for this picture."),
                phrase("Close other programs, or choose a leaner memory mode."),
            ) from error
        except BaseException:
            free_memory()
            raise
        if not made and failed is not None:
            raise failed
        return tuple(made)

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.extract. Computed from the two pictures alone."""
        if request.composite.shape != request.background.shape:
            raise EngineError(phrase("The picture with the thing and the one without it differ in size."))
        layer = lift.lift(request.composite, request.background)
        if not layer[..., 3].any():
            raise EngineError(
                phrase("Inside the box the two pictures are the same."), phrase("Draw the box around what only one of them shows.")
            )
        return (_placed(layer, None, request.crop, request.recipe() | {"engine": self.name, "strength": 0.0, "understood": ""}),)

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.resettle; this model cannot."""
        raise EngineError(phrase("This model cannot light a thing anew."), phrase("Choose the starter for it."))

    def announcement(self) -> str:
        """What a run will need and how the weights will be kept, a sentence; nothing is loaded for it. Raises EngineError where this
        machine cannot hold the model."""
        return self._fitting().sentence

    # How it is done

    def _asked(self, request: InsertRequest, shown: np.ndarray, side: int, region: Box, report: Report) -> Asked:
        """The frame, the prompt read, the pipeline loaded."""
        steps = request.steps or self.steps
        plan = self._fitting()
        if request.prompt not in self._words:
            report(Progress(0, steps * request.count, phrase("Reading the prompt")))
            self._read(request.prompt)  # first, while there is room for the text encoder
        if self.pipeline is None:
            report(Progress(0, steps * request.count, phrase("Loading {model}. {memory}", model=self.name, memory=plan.sentence)))
            self.pipeline, self._plan = self._load(plan), plan
        area = mask_of(_in_crop(region, request.crop), shown.shape[:2])
        return Asked(
            Image.fromarray(shown).resize((side, side), Image.Resampling.LANCZOS),
            Image.fromarray(area).resize((side, side), Image.Resampling.NEAREST).convert("L"),
            steps,
            self.guidance if request.guidance is None else request.guidance,
            self._words[request.prompt],
            None if request.reference is None else _on_white(request.reference),
        )

    def _painted(self, asked: Asked, seed: int, place: tuple[int, int], report: Report) -> Image.Image:
        """One candidate in the frame; told of and stopped after each step."""
        number, count = place

        def told(_: object, step: int, __: object, values: dict) -> dict:
            report(Progress(number * asked.steps + step + 1, count * asked.steps, phrase("Denoising")))
            return values

        device = torch.device(self._plan.machine.device)
        return self.pipeline(
            image=asked.picture,
            mask_image=asked.mask,
            image_reference=asked.reference,
            prompt_embeds=asked.words.to(device),
            strength=1.0,
            num_inference_steps=asked.steps,
            guidance_scale=asked.guidance,
            generator=torch.Generator().manual_seed(seed),
            callback_on_step_end=told,
        ).images[0]

    def _lifted(self, request: InsertRequest, shown: np.ndarray, painted: Image.Image, region: Box, seed: int) -> LayerResult:
        size = (request.crop.width, request.crop.height)
        whole = np.asarray(painted.convert("RGB").resize(size, Image.Resampling.LANCZOS))
        area = mask_of(_in_crop(region, request.crop), shown.shape[:2])
        lifted = layer_of(whole, shown, area, _in_crop(request.box, request.crop))
        settings = {
            "engine": self.name, "steps": request.steps or self.steps, "guidance": self.guidance if request.guidance is None else request.guidance,
            "seed": seed, "count": 1, "understood": request.prompt, "room": self.room, "memory": self._plan.mode.name, "frame": painted.width,
            "upscale": framing.upscale(request.crop, painted.width), "shift": list(lifted.shift), "surroundings": round(lifted.surroundings, 4),
        }  # fmt: skip
        return _placed(lifted.layer, lifted.cover, request.crop, request.recipe() | settings)

    def _fitting(self) -> memory.Plan:
        """How the weights are kept; settled when they are loaded."""
        if self._plan is not None:
            return self._plan
        free_memory()
        return memory.choose(self._machine or memory.this_machine(), demand_of(self.folder, self.sides[1]), self._mode)

    def _load(self, plan: memory.Plan) -> Flux2KleinInpaintPipeline:
        device = torch.device(plan.machine.device)
        with whole_files(self.folder):
            transformer = Flux2Transformer2DModel.from_pretrained(
                self.folder,
                subfolder="transformer",
                dtype=torch.bfloat16,
                quantization_config=memory.quantization(plan.mode),
                local_files_only=True,
            )
            pipeline = Flux2KleinInpaintPipeline.from_pretrained(
                self.folder, transformer=transformer, text_encoder=None, tokenizer=None, dtype=torch.bfloat16, local_files_only=True
            )
        memory.place(pipeline.transformer, (pipeline.vae,), plan.mode, device)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _read(self, prompt: str) -> None:
        """Ask the text encoder, which is as large as the transformer, and drop it."""
        size = sum(file.stat().st_size for file in (self.folder / "text_encoder").iterdir())
        machine = self._machine or memory.this_machine()
        device = machine.device if size <= (1 - memory.SPARE) * machine.free else "cpu"
        with whole_files(self.folder):
            reader = Flux2KleinInpaintPipeline.from_pretrained(
                self.folder, transformer=None, vae=None, dtype=torch.bfloat16, local_files_only=True
            )
        with torch.no_grad():
            words, _ = reader.to(device).encode_prompt(
                prompt, device=device, num_images_per_prompt=1, max_sequence_length=WORDS, text_encoder_out_layers=self.read_layers
            )
        while len(self._words) >= REMEMBERED:
            del self._words[next(iter(self._words))]
        self._words[prompt] = words.cpu()
        del reader
        gc.collect()
        free_memory()


def demand_of(folder: Path, side: int) -> memory.Demand:
    """What one picture in a frame of `side` pixels needs, told from the folder's config.json files; nothing is loaded."""
    with whole_files(folder), torch.device("meta"):
        config = Flux2Transformer2DModel.load_config(folder, subfolder="transformer", local_files_only=True)
        model = Flux2Transformer2DModel.from_config(config | {"num_layers": 1, "num_single_layers": 1}).eval()
        vae = AutoencoderKLFlux2.from_config(AutoencoderKLFlux2.load_config(folder, subfolder="vae", local_files_only=True)).eval()
    for part in (model, vae):
        nn.Module.to(part, torch.bfloat16)
    repeats = ((model.transformer_blocks[0], config["num_layers"]), (model.single_transformer_blocks[0], config["num_single_layers"]))
    outside = [value for name, value in model.named_parameters() if "transformer_blocks" not in name] + list(vae.parameters())
    return memory.Demand(
        blocks=sum(times * _bytes(block.parameters()) for block, times in repeats),
        sharing=0,
        outside=_bytes(outside),
        block=max(_bytes(block.parameters()) for block, _ in repeats),
        layer=max(_bytes(module.parameters(recurse=False)) for module in model.modules()),
        working=max(_step(model, side), _decoding(vae, side)),
    )


@torch.no_grad()
def _step(model: Flux2Transformer2DModel, side: int) -> int:
    """Bytes that one step holds: the picture is shown twice, as noise and as it is, and a reference may come to it."""
    tokens = 3 * (side // CELL) ** 2
    with torch.device("meta"):
        given = {
            "hidden_states": torch.empty(1, tokens, model.config.in_channels, dtype=torch.bfloat16),
            "encoder_hidden_states": torch.empty(1, WORDS, model.config.joint_attention_dim, dtype=torch.bfloat16),
            "timestep": torch.empty(1),
            "img_ids": torch.empty(1, tokens, 4),
            "txt_ids": torch.empty(1, WORDS, 4),
        }
        return memory.peak_bytes(lambda: model(**given, guidance=None))


@torch.no_grad()
def _decoding(vae: AutoencoderKLFlux2, side: int) -> int:
    latents = torch.empty(1, vae.config.latent_channels, side // 8, side // 8, device="meta", dtype=torch.bfloat16)
    return memory.peak_bytes(lambda: vae.decode(latents))


def _bytes(parameters: Iterable[torch.Tensor]) -> int:
    return sum(one.numel() * one.element_size() for one in parameters)


def _in_crop(box: Box, crop: Box) -> Box:
    return replace(box, x=box.x - crop.x, y=box.y - crop.y)


def _on_white(cutout: np.ndarray) -> Image.Image:
    return Image.fromarray(cutout if cutout.shape[2] == 3 else over(cutout, np.full_like(cutout[..., :3], 255)))


def _placed(layer: np.ndarray, cover: np.ndarray | None, crop: Box, recipe: dict) -> LayerResult:
    """A layer of the crop's size without its transparent margins."""
    seen = lift.bounds(layer[..., 3]) or Box(0, 0, 1, 1)
    window = slice(seen.y, seen.bottom), slice(seen.x, seen.right)
    part = None if cover is None else np.ascontiguousarray(cover[window])
    return LayerResult(np.ascontiguousarray(layer[window]), crop.x + seen.x, crop.y + seen.y, recipe, part)
