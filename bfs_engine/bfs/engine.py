"""The work of every engine on a BFSPipeline: insert, extract, resettle, in a frame of the model's size around the box."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from .. import lift
from ..api import Box, EngineError, ExtractRequest, InsertRequest, LayerResult, Progress, Report, Request, ResettleRequest
from ..cli.pictures import over
from ..framing import BOX_FRACTION, from_model, to_model
from ..words import phrase
from .given_light import lit_by
from .latents import box_mask
from .lighting import in_the_sky
from .pipeline import BFSOutput, BFSPipeline
from .relight import ALL_COLOURS, FAINTEST, Thing, colourful_as, colours_of, settled

_NO_MEMORY = "DefaultCPUAllocator: can't allocate memory"  # in what torch raises, a bare RuntimeError

Finish = Callable[[np.ndarray, int], LayerResult | None]  # (s, s, 4) float straight RGBA of the model, seed -> the layer


@dataclass(frozen=True, eq=False)
class Told:
    """What the model is to make, as keyword arguments of the pipeline for all seeds at once (batches of one, or one item a
    seed); understood: the same in words, for the recipe; thing: for a seed, the thing itself where the model is shown it and only
    has to light it."""

    arguments: dict
    understood: str
    thing: Callable[[int], Thing] | None = None
    coloured: bool = False


class BFSEngine(ABC):
    """bfs_engine.api.Engine without the words. Subclasses set the fields and say how their model is told what to make.

    size: side of the model's frame, pixels. steps, guidance, strength: the defaults of requests; strength 0 extracts without the
    model. at_once: candidates that are made in one batch.
    """

    name: str
    size: int
    steps: int
    guidance: float
    strength: float = 0.0
    at_once: int = 1
    box_fraction = BOX_FRACTION
    pipeline: BFSPipeline

    def things(self) -> tuple[str, ...]:
        """See Engine.things."""
        return ()

    # What a subclass says

    @abstractmethod
    def told(self, request: Request, seeds: list[int]) -> Told:
        """How the model is told what the prompt or the reference asks for."""

    @abstractmethod
    def told_of_thing(self, request: Request, thing: np.ndarray) -> Told:
        """How the model is told of a thing that is there: (size, size, 4) float32 straight RGBA in 0..1, in its place in the frame."""

    # The work

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.insert."""
        seeds = seeds_of(request)
        told = self.told(request, seeds)
        colours = ALL_COLOURS if told.coloured else colours_of(request.background)
        stands = request.pose == "stands" or (request.pose == "auto" and not in_the_sky(request.background, request.crop, request.box))

        if request.light is not None and told.thing is None:
            raise EngineError(phrase("This model takes no light."), phrase("Make the layer without one, then settle its thing in the light."))
        if request.light is not None:
            return tuple(lit_by(told.thing(seed), request.light, request.crop, self._recipe(request, seed, told), stands) for seed in seeds)

        def finish(layer: np.ndarray, seed: int) -> LayerResult | None:
            recipe = self._recipe(request, seed, told)
            if told.thing is not None:
                return settled(*colourful_as(colours, layer, told.thing(seed)), request.crop, recipe, stands)
            layer[..., 3][layer[..., 3] < FAINTEST] = 0
            placed = from_model(layer, request.crop)
            return None if placed is None else LayerResult(*placed, recipe)

        return self._made(request, report, told, finish)

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.extract. The model says which part is the thing; the layer's colours follow from the two pictures."""
        strength = self.strength if request.strength is None else request.strength
        if not 0 <= strength <= 1:
            raise EngineError(phrase("The strength of an extraction lies between 0 and 1; {strength:g} was asked for.", strength=strength))
        if request.composite.shape != request.background.shape:
            raise EngineError(phrase("The picture with the thing and the one without it differ in size."))
        guess = lift.lift(request.composite, request.background)
        if not guess[..., 3].any():
            raise EngineError(
                phrase("Inside the box the two pictures are the same."), phrase("Draw the box around what only one of them shows.")
            )
        sized = {"strength": float(strength), "matte_upscale": lift.matte_step(request.composite.shape[:2])}
        if strength == 0:
            recipe = self._recipe(request, request.seed, Told({}, "")) | sized
            return (LayerResult(*_trimmed(guess, request.crop), recipe),)
        thing = _rgba_to_model(np.dstack([request.composite, lift.thing_matte(request.composite, request.background)]), self.size)
        told = self.told_of_thing(request, thing)

        def finish(layer: np.ndarray, seed: int) -> LayerResult | None:
            region = thing_region(layer, request.composite.shape[:2])
            matte = lift.thing_matte(request.composite, request.background, region)
            recipe = self._recipe(request, seed, told) | sized
            return LayerResult(*_trimmed(lift.lift(request.composite, request.background, matte), request.crop), recipe)

        shown = {"composite": _tensor(to_model(request.composite, self.size)), "strength": strength}
        return self._made(request, report, Told(told.arguments | shown, told.understood), finish)

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        """See Engine.resettle."""
        if not request.thing[..., 3].any():
            raise EngineError(phrase("There is nothing in the box to be settled there."))
        thing = Thing(_rgba_to_model(request.thing, self.size), *_trimmed(request.thing, request.crop))
        told = self.told_of_thing(request, thing.small)
        if request.light is not None:
            return tuple(lit_by(thing, request.light, request.crop, self._recipe(request, seed, told)) for seed in seeds_of(request))

        def finish(layer: np.ndarray, seed: int) -> LayerResult:
            return settled(layer, thing, request.crop, self._recipe(request, seed, told))

        return self._made(request, report, told, finish)

    # How it is done

    def _recipe(self, request: Request, seed: int, told: Told) -> dict:
        settings = {"steps": self._steps(request), "guidance": self._guidance(request), "engine": self.name}
        return request.recipe() | settings | {"seed": seed, "count": 1, "understood": told.understood}

    def _steps(self, request: Request) -> int:
        return request.steps or self.steps

    def _guidance(self, request: Request) -> float:
        return self.guidance if request.guidance is None else request.guidance

    def _made(self, request: Request, report: Report, told: Told, finish: Finish) -> tuple[LayerResult, ...]:
        """One layer for each seed, made `at_once` at a time; reported and stopped between steps."""
        seeds, steps = seeds_of(request), self._steps(request)
        rounds = [seeds[start : start + self.at_once] for start in range(0, len(seeds), self.at_once)]
        report(Progress(0, steps * len(rounds), phrase("Looking at the picture")))
        results: list[LayerResult] = []
        try:
            for number, part in enumerate(rounds):
                said = _of_part(told.arguments, slice(number * self.at_once, (number + 1) * self.at_once), len(seeds))
                watch = _watch(self.pipeline, part[0], steps, (number, len(rounds)), finish, report)
                made = self.make(
                    _tensor(to_model(shown_picture(request), self.size)),
                    box_mask(torch.tensor([self.in_frame(request.box, request.crop)]), self.size, self.size),
                    **said,
                    num_inference_steps=steps,
                    guidance_scale=self._guidance(request),
                    seeds=part,
                    on_step=watch,
                )
                results += [each for layer, seed in zip(_arrays(made.layers), part) if (each := finish(layer, seed)) is not None]
                if results and number + 1 < len(rounds):
                    report(Progress((number + 1) * steps, steps * len(rounds), phrase("Denoising"), made=tuple(results)))
        except BaseException as error:
            free_memory()
            if _NO_MEMORY in str(error):
                raise MemoryError(str(error)) from error
            raise
        if not results:
            raise EngineError(phrase("The model made an empty layer."), phrase("Try another seed."))
        return tuple(results)

    def make(self, background: torch.Tensor, mask: torch.Tensor, **asked: object) -> BFSOutput:
        """As BFSPipeline.__call__."""
        return self.pipeline(background, mask, **asked)

    def in_frame(self, box: Box, crop: Box) -> tuple[float, float, float, float]:
        """The box in the model's frame pixels: x, y, width, height."""
        scale = self.size / crop.width
        return (box.x - crop.x) * scale, (box.y - crop.y) * scale, box.width * scale, box.height * scale


def _watch(
    pipeline: BFSPipeline, seed: int, steps: int, place: tuple[int, int], finish: Finish, report: Report
) -> Callable[[int, int, torch.Tensor], None]:
    """Tells of every step; previews of a huge box cost more than a step: then there are fewer of them."""
    number, rounds = place
    cost, shown = 0.0, float("-inf")  # seconds the last preview took, and when it was done

    def on_step(step: int, of: int, estimate: torch.Tensor) -> None:
        nonlocal cost, shown
        preview, started = None, time.perf_counter()
        if step < of and started - shown >= 3 * cost:
            preview = finish(_arrays(pipeline.decode_layer(estimate[:1]))[0], seed)
            shown = time.perf_counter()
            cost = shown - started
        report(Progress(number * steps + step, rounds * steps, phrase("Denoising"), preview))

    return on_step


def shown_picture(request: Request) -> np.ndarray:
    """(h, w, 3) uint8, the crop as the model sees it: with what stands in front, where it hides what is behind.

    Only what is more opaque than not counts, and gains by it: a shadow or a glass in front darkens the finished layer below it anyway,
    and would do so twice if the model had adapted the thing to it.
    """
    if request.occluders is None:
        return request.background
    firm = request.occluders.copy()
    firm[..., 3] = np.clip(2 * firm[..., 3].astype(np.int16) - 255, 0, 255)
    return over(firm, request.background)


def seeds_of(request: Request) -> list[int]:
    """One for each candidate."""
    if request.count < 1:
        raise EngineError(phrase("At least one candidate must be asked for, and {count} were.", count=request.count))
    return list(range(request.seed, request.seed + request.count))


def free_memory() -> None:
    """Give the accelerator's cached memory back to other programs; what a stopped call held is free by then."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def thing_region(layer: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where the model's layer, (s, s, 4) float, is its thing and not an effect: (h, w) bool for a crop of `size`."""
    try:
        cover = lift.split(_to_uint8(layer))[0][..., 3]
    except EngineError:  # nothing opaque yet, as in early previews
        cover = np.zeros(layer.shape[:2], np.uint8)
    return np.asarray(Image.fromarray(cover).resize(size[::-1], Image.Resampling.BICUBIC)) > 127


def _trimmed(layer: np.ndarray, crop: Box) -> tuple[np.ndarray, int, int]:
    """A layer of the crop's size without its transparent margins, and its left top corner in the picture; one empty pixel where
    nothing shows."""
    box = lift.bounds(layer[..., 3]) or Box(0, 0, 1, 1)
    pixels = layer[box.y : box.bottom, box.x : box.right]
    return np.ascontiguousarray(pixels), crop.x + box.x, crop.y + box.y


def _of_part(arguments: dict, part: slice, count: int) -> dict:
    """The arguments for some of the seeds; batches of one are meant for all of them."""
    return {
        name: value[part] if isinstance(value, torch.Tensor) and len(value) == count > 1 else value for name, value in arguments.items()
    }


def _rgba_to_model(layer: np.ndarray, size: int) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA -> (size, size, 4) float32 in 0..1; Pillow resamples premultiplied colour."""
    return np.asarray(Image.fromarray(layer).resize((size, size), Image.Resampling.BILINEAR), np.float32) / 255


def _tensor(picture: np.ndarray) -> torch.Tensor:
    """(h, w, c) in [0, 1] -> (1, c, h, w) in [−1, 1]"""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).unsqueeze(0) * 2 - 1


def _arrays(layers: torch.Tensor) -> list[np.ndarray]:
    """(n, 4, s, s) -> n of (s, s, 4), float32 on the CPU, to be written to."""
    return [layer.permute(1, 2, 0).float().cpu().numpy().copy() for layer in layers]


def _to_uint8(layer: np.ndarray) -> np.ndarray:
    return np.rint(layer.clip(0, 1) * 255).astype(np.uint8)
