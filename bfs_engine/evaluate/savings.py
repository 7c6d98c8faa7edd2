"""What each way of computing less saves and costs, on scenes whose true layers are known: `study savings`.

A way is a context in which a pipeline computes less. What the engines use comes from where they use it; the others are here, so
that they can be measured again with other weights.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import torch
from diffusers import FirstBlockCacheConfig, FluxTransformer2DModel, MagCacheConfig, PyramidAttentionBroadcastConfig
from diffusers.hooks import HookRegistry, ModelHook
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..bfs.flux import every_step
from ..bfs.latents import box_mask
from ..bfs.pipeline import BFSPipeline
from ..bfs.sharing import Rotary, SharingAttnProcessor
from ..scenes.render import Scenes, Sprites
from .layers import decibels, effect_scores, over
from .starter import held_out

BATCH = 16
CALIBRATION = 4  # scenes on which MagCache's ratios are taken, not among the measured ones

Row = dict[str, float | str]
Way = Callable[[FluxTransformer2DModel], AbstractContextManager[object]]


def study_savings(pipeline: BFSPipeline, sprites: Sprites, count: int, seed: int, steps: int) -> list[Row]:
    """One row for each way: processor time and the transformer's operations as shares of the full run's; how far the composites are
    from the full run's and from the true ones (dB); the effects' scores. With fewer than five steps only tokens are left out."""
    scenes = held_out(pipeline, sprites, count, seed)
    rows = against_full(pipeline, scenes, seed, steps, _ways(pipeline, sprites, seed, steps))
    return rows + near_the_box(pipeline, scenes, seed, (2, 1, 0))


def against_full(pipeline: BFSPipeline, scenes: Scenes, seed: int, steps: int, ways: dict[str, Way]) -> list[Row]:
    """The full run, each way, and fewer steps."""
    full = _run(pipeline, scenes, seed, steps)
    rows = [_row("all computed", full, full, scenes)]
    for name, way in ways.items():
        with way(pipeline.transformer):
            rows.append(_row(name, _run(pipeline, scenes, seed, steps), full, scenes))
    for fewer in (steps // 2, steps // 4, 1):
        if 1 <= fewer < steps:
            rows.append(_row(f"steps: {fewer}", _run(pipeline, scenes, seed, fewer), full, scenes))
    return rows


def near_the_box(pipeline: BFSPipeline, scenes: Scenes, seed: int, reaches: tuple[int, ...]) -> list[Row]:
    """One step, tokens left out; chosen for each scene, so each is made by itself."""
    alone = _run(pipeline, scenes, seed, 1, batch=1)
    rows = [_row("1 step, scene by scene", alone, alone, scenes)]
    for reach in reaches:
        with near_tokens(pipeline.transformer, reach, 2 * pipeline.vae_scale_factor):
            rows.append(_row(f"1 step, tokens up to {reach} from the box", _run(pipeline, scenes, seed, 1, batch=1), alone, scenes))
    return rows


def _ways(pipeline: BFSPipeline, sprites: Sprites, seed: int, steps: int) -> dict[str, Way]:
    if steps < 5:
        return {}
    taylor = {
        f"TaylorSeer every {every}, order {order}": cached(every_step(every, order))
        for every, order in ((2, 1), (3, 1), (3, 2), (5, 1))
    }
    ratios = magnitudes(pipeline, held_out(pipeline, sprites, CALIBRATION, seed + 1), seed, steps)
    caches = {
        "first-block cache .1": cached(FirstBlockCacheConfig(threshold=0.1)),
        "MagCache .12": cached(MagCacheConfig(threshold=0.12, num_inference_steps=steps, mag_ratios=ratios)),
        "pyramid attention broadcast every 2": cached(broadcast(2)),
    }
    branches = {f"foregrounds every {f}, composites every {c}": intervals(f, c) for f, c in ((1, 2), (1, 4), (3, 6))}
    return taylor | caches | branches | {"one text for both branches": one_text}


@dataclass(frozen=True, eq=False)
class _Run:
    """layers: (n, 4, s, s); seconds of this thread; operations: the transformer's floating-point ones, multiply and add counted apart."""

    layers: Tensor
    seconds: float
    operations: int


def _run(pipeline: BFSPipeline, scenes: Scenes, seed: int, steps: int, batch: int = BATCH) -> _Run:
    layers = []
    with FlopCounterMode(display=False) as counter:
        started = time.thread_time()
        for start in range(0, len(scenes), batch):
            part = slice(start, start + batch)
            made = pipeline(
                scenes.background[part] * 2 - 1,
                box_mask(scenes.box[part], *scenes.background.shape[2:]),
                reference=scenes.reference[part] * 2 - 1,
                num_inference_steps=steps,
                guidance_scale=1.0,
                seeds=[seed + start + index for index in range(len(scenes.box[part]))],
            )
            layers.append(made.layers)
        seconds = time.thread_time() - started
    return _Run(torch.cat(layers), seconds, sum(counter.get_flop_counts()[type(pipeline.transformer).__name__].values()))


def _row(name: str, run: _Run, full: _Run, scenes: Scenes) -> Row:
    made, whole = (over(one.layers, scenes.background) for one in (run, full))
    scores = effect_scores(run.layers, scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    return {
        "way": name,
        "time": round(run.seconds / full.seconds, 2),
        "operations": round(run.operations / full.operations, 3),
        "to_full_db": round(decibels(made - whole), 1) if run is not full else "",
        "composite_db": round(decibels(made - scenes.composite), 2),
        "shadow_correlation": round(scores["shadow_correlation"], 3),
        "shadow_mass": round(scores["shadow_mass"], 2),
    }


# Caches of diffusers


def cached(config: object) -> Way:
    """One of diffusers' caches."""

    @contextmanager
    def way(transformer: FluxTransformer2DModel) -> Iterator[None]:
        transformer.enable_cache(config)
        try:
            yield
        finally:
            transformer.disable_cache()

    return way


def broadcast(every: int) -> PyramidAttentionBroadcastConfig:
    """The results of attention, with what the other branch says, kept for `every` steps, at any time."""
    return PyramidAttentionBroadcastConfig(
        spatial_attention_block_skip_range=every, spatial_attention_timestep_skip_range=(-1, 1001), current_timestep_callback=lambda: 500
    )


def magnitudes(pipeline: BFSPipeline, scenes: Scenes, seed: int, steps: int) -> list[float]:
    """What MagCache goes by: for each step, by how much the blocks' residual is longer than the step before's."""
    transformer, lengths, entered = pipeline.transformer, [], []
    first, last = transformer.transformer_blocks[0], transformer.single_transformer_blocks[-1]

    def enter(module: nn.Module, given: tuple, named: dict) -> None:
        entered[:] = [named["hidden_states"]]

    def leave(module: nn.Module, given: tuple, result: tuple) -> None:
        lengths.append((result[1] - entered[0]).norm(dim=-1))

    hooks = [first.register_forward_pre_hook(enter, with_kwargs=True), last.register_forward_hook(leave)]
    _run(pipeline, scenes, seed, steps)
    for hook in hooks:
        hook.remove()
    return [1.0] + [(after / before).mean().item() for before, after in zip(lengths, lengths[1:])]


# Each branch at its own steps


def intervals(foreground: int, composite: int) -> Way:
    """After three steps foregrounds are computed at every `foreground`-th step and composites at every `composite`-th, a multiple of
    it. Between them outputs follow the line through the last two that were computed, and foregrounds hear of composites what was
    said last."""

    @contextmanager
    def way(transformer: FluxTransformer2DModel) -> Iterator[None]:
        attentions = [m for m in transformer.modules() if isinstance(getattr(m, "processor", None), SharingAttnProcessor)]
        own = [attention.processor for attention in attentions]
        listening = [Listening.to(processor) for processor in own]
        for attention, processor in zip(attentions, listening):
            attention.set_processor(processor)
        registry = HookRegistry.check_if_exists_or_initialize(transformer)
        registry.register_hook(Intervals(foreground, composite, listening), "intervals")
        try:
            yield
        finally:
            registry.remove_hook("intervals")
            for attention, processor in zip(attentions, own):
                attention.set_processor(processor)

    return way


class Listening(SharingAttnProcessor):
    """A processor whose foregrounds can go on without composites, hearing what those said last."""

    alone = False
    heard: tuple[Tensor, Tensor, Tensor] | None = None  # the composites' keys, values and messages

    @classmethod
    def to(cls, processor: SharingAttnProcessor) -> Listening:
        """With the same weights."""
        other = copy.copy(processor)
        other.__class__ = cls
        return other

    def _residual(
        self, attn: nn.Module, tokens: Tensor, base: tuple[Tensor, Tensor, Tensor], rotary: Rotary | None, text: Tensor | None
    ) -> Tensor:
        query, key, value = self._adapted(attn, tokens, base)
        if self.alone:
            key, value, said = self.heard
            messages = torch.cat([said, self._messages(attn, query, key, value, rotary, text)])
            return self.merge(messages)[len(said) :]
        count = len(tokens) // 2
        messages = self._messages(attn, query, torch.cat([key[count:], key[:count]]), torch.cat([value[count:], value[:count]]), rotary, text)
        self.heard = key[:count], value[:count], messages[:count]
        return self.merge(messages)

    def _delta(self, name: str, tokens: Tensor) -> Tensor:
        return self.foreground_lora[name](tokens) if self.alone else super()._delta(name, tokens)


@dataclass
class _Line:
    """The last two outputs of a branch and their steps."""

    steps: list[int] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)

    def computed(self, step: int, output: Tensor) -> None:
        self.steps, self.outputs = [*self.steps[-1:], step], [*self.outputs[-1:], output]

    def at(self, step: int) -> Tensor:
        if step == self.steps[-1]:
            return self.outputs[-1]
        slope = (self.outputs[1] - self.outputs[0]) / (self.steps[1] - self.steps[0])
        return self.outputs[1] + (step - self.steps[1]) * slope


class Intervals(ModelHook):
    """See `intervals`; on the transformer."""

    _is_stateful = True
    FIRST = 3

    def __init__(self, foreground: int, composite: int, processors: list[Listening]) -> None:
        super().__init__()
        self.every, self.processors = (composite, foreground), processors
        self.reset_state(None)

    def reset_state(self, module: nn.Module | None) -> nn.Module | None:
        self.step, self.lines = 0, (_Line(), _Line())
        for processor in self.processors:
            processor.heard = None
        return module

    def new_forward(self, module: FluxTransformer2DModel, **given: object) -> tuple[Tensor]:
        step, count = self.step, len(given["hidden_states"]) // 2
        self.step += 1
        composites, foregrounds = (step < self.FIRST or (step - self.FIRST - 1) % every == 0 for every in self.every)
        for processor in self.processors:
            processor.alone = not composites
        if composites:
            for line, output in zip(self.lines, self.fn_ref.original_forward(**given)[0].chunk(2)):
                line.computed(step, output)
        elif foregrounds:
            batched = ("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep", "guidance")
            halved = {name: given[name][count:] for name in batched if given.get(name) is not None}
            self.lines[1].computed(step, self.fn_ref.original_forward(**given | halved)[0])
        return (torch.cat([line.at(step) for line in self.lines]),)


# Less of the picture, less of the text


@contextmanager
def near_tokens(transformer: FluxTransformer2DModel, reach: int, side: int = 16) -> Iterator[None]:
    """Only tokens no more than `reach` tokens from the box are computed; outside it nothing changes (a "change" output of 0). For a scene
    at a time."""
    width = transformer.config.out_channels
    masked = slice(2 * width, 2 * width + side**2)  # which of its pixels lie in the box

    class Near(ModelHook):
        def new_forward(self, module: nn.Module, **given: object) -> tuple[Tensor]:
            states, ids = given["hidden_states"], given["img_ids"]
            inside = states[0, :, masked].amax(-1) > 0
            rows, columns = ids[:, 1], ids[:, 2]
            away = torch.stack([_outside(rows, rows[inside]), _outside(columns, columns[inside])]).amax(0)
            near = away <= reach
            result = states.new_zeros(*states.shape[:2], width)
            result[:, near] = self.fn_ref.original_forward(**given | {"hidden_states": states[:, near], "img_ids": ids[near]})[0]
            return (result,)

    registry = HookRegistry.check_if_exists_or_initialize(transformer)
    registry.register_hook(Near(), "near tokens")
    try:
        yield
    finally:
        registry.remove_hook("near tokens")


def _outside(at: Tensor, inside: Tensor) -> Tensor:
    """How many tokens each lies before the first or after the last one that is inside."""
    return torch.maximum(inside.min() - at, at - inside.max()).clamp(min=0)


@contextmanager
def one_text(transformer: FluxTransformer2DModel) -> Iterator[None]:
    """Both branches have the composites' text tokens after every block. It is still computed twice here: only the loss counts."""

    def share(module: nn.Module, given: tuple, result: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return result[0].chunk(2)[0].repeat(2, 1, 1), result[1]

    blocks = [*transformer.transformer_blocks, *transformer.single_transformer_blocks]
    hooks = [block.register_forward_hook(share) for block in blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
