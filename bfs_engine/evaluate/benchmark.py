"""The paper's ablation (its Section 5.3) and other ways to a layer, on scenes whose truth is known.

A small network is trained from nothing as plain inpainting on composites of both domains: the backbone. From its weights every way is
trained for the same number of steps: stage 1 on layers of the simple domain, stage 2 on composites and backgrounds of the physical one,
which stand for photographs. All ways are measured on the same held-out scenes of both domains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from .. import lift
from ..api import EngineError
from ..bfs.patch_autoencoder import PatchAutoencoder
from ..bfs.starter import frame_side, load_pipeline
from ..scenes.render import DOMAINS, Scenes, Sprites, library_sprites, render_many
from ..train.branch import sample_one, train_branch
from ..train.cache import cache, encode, write_scenes
from ..train.compositor import CompositorConfig, LatentCompositor, PatchCompositor, train_compositor
from ..train.loop import Run, read_weights
from ..train.models import Backbone, Sharing, load_backbone, picture_of
from ..train.shards import Example, Shards
from ..train.stages import StageConfig, sample, train_stage_one, train_stage_two
from ..train.starter import StarterConfig, build_transformer
from .ablation import AGAIN, FULL, Made, report, score, sheet, side_by_side
from .layers import over
from .starter import HELD_OUT_SEED

BATCH = 16
LAYERED, TAUGHT, STARTED = "layers only (no stage 2)", "true layers of the physical domain", "the starter, not trained further"


@dataclass(frozen=True)
class Plan:
    """How much is done. start: what the ways start from, a network trained from "nothing" or the "starter", where heads, single_blocks,
    backbone_steps and stage_one_steps have no meaning. steps of 16 scenes; layers, photographs: scenes of the simple and of the physical
    domain to train on; trainings: of the full way and of layers only, each with a seed of its own; effects, composition, pure_noise, ema: as in
    StageConfig; rate: the learning rate of stage 2, and of all that starts from the starter."""

    seed: int = 1
    start: str = "nothing"
    heads: int = 4
    single_blocks: int = 4
    layers: int = 1536
    photographs: int = 1280
    held_out: int = 64
    backbone_steps: int = 500
    stage_one_steps: int = 110
    stage_two_steps: int = 60
    compositor_steps: int = 200
    effects: float = 16.0
    composition: float = 0.1
    rate: float = 3e-4
    pure_noise: float = 0.75
    ema: float = 0.99
    trainings: int = 1


QUICK_SIDE = 64  # of the frames of `quick`, pixels
SHEET_ROWS = 6  # scenes of each domain on sheet.png
FROM_STARTER = Plan(
    start="starter", layers=768, photographs=768, held_out=96, stage_two_steps=40, effects=24.0, composition=1.0, rate=2e-4, pure_noise=1.0, ema=0.95,
    trainings=2,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Bench:
    """What all ways share. folder: where everything lies, so that a run that was stopped goes on; model: a starter's folder, whose
    autoencoders and library are used; side: of a frame, pixels."""

    folder: Path
    model: Path
    plan: Plan
    side: int
    sprites: Sprites
    vae: PatchAutoencoder
    rgba_vae: PatchAutoencoder
    spread: list[list[float]]
    say: Callable[[str], None]

    @classmethod
    def of(cls, folder: Path, model: Path, plan: Plan, side: int | None, say: Callable[[str], None]) -> Self:
        """side: None for that of the model's frames."""
        sprites, pipeline = library_sprites(model / "library"), load_pipeline(model)
        return cls(folder, model, plan, side or frame_side(pipeline), sprites, pipeline.vae, pipeline.rgba_vae, pipeline.config.spread, say)

    def shards(self, name: str) -> Shards:
        return Shards(self.folder / "data" / name)

    def network(self, weights: Path | None) -> Backbone:
        """The network with the weights of a run; what the run did not train, and without one everything, is as at the start."""
        net = load_backbone(self.model, Sharing()) if self.plan.start == "starter" else self._fresh()
        if weights is not None:
            found, _ = read_weights(weights)
            if found.keys() - net.transformer.state_dict().keys():
                raise EngineError(f"{weights} is not of this plan's network.", "Start in another folder.")
            net.transformer.load_state_dict(found, strict=False)
        deviation = torch.stack([self.vae.deviation, self.rgba_vae.deviation]) / torch.tensor(self.spread)
        return replace(net, importance=deviation / deviation.mean(1, keepdim=True))

    def _fresh(self) -> Backbone:
        """The same network at every call: changing nothing, because it is not trained."""
        channels, patch = self.vae.config.latent_channels, self.vae.config.patch
        torch.manual_seed(self.plan.seed)
        config = StarterConfig(heads=self.plan.heads, single_blocks=self.plan.single_blocks, latent_channels=channels, patch=patch)
        transformer = build_transformer(config)
        torch.nn.init.zeros_(transformer.proj_out.weight)
        torch.nn.init.zeros_(transformer.proj_out.bias)
        return Backbone(transformer, prediction="change", spread=self.spread, scale=patch)

    def config(self, steps: int, rate: float, **settings) -> StageConfig:
        plan = self.plan
        usual = {"composition": plan.composition, "effects": plan.effects, "pure_noise": plan.pure_noise, "ema": plan.ema, "trained": "all"}
        usual |= {"checkpoint_every": 20, "seed": plan.seed}
        warmup = min(50, steps // 4 + 1)
        return StageConfig(steps=steps, batch=BATCH, micro_batch=BATCH, learning_rate=rate, warmup=warmup, **usual | settings)


def run(folder: Path, model: Path, plan: Plan, say: Callable[[str], None], side: int | None = None) -> str:
    """Train what is not trained yet, measure everything, write report.md, results.json and sheet.png; -> the report.

    model: a starter's folder. side: of a frame, pixels; None for that of the model's frames. Raises EngineError where the folder is of
    another plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept, asked = folder / "plan.json", asdict(plan) | {"side": side}
    if kept.exists() and json.loads(kept.read_text()) != asked:
        raise EngineError(f"{folder} was begun with another plan.", "Name another folder.")
    kept.write_text(json.dumps(asked, indent=1) + "\n")
    bench = Bench.of(folder, model, plan, side, say)
    prepare(bench)
    weights = train(bench)
    found, pictures = {}, {}
    for domain in DOMAINS:
        scenes = render_many(bench.sprites, HELD_OUT_SEED + 10_000 + plan.seed, plan.held_out, bench.side, domain=domain)
        found[domain], shown = {}, {}
        for name, made in ways(bench, weights, scenes):
            found[domain][name] = [score(scenes, made, number) for number in range(len(scenes))]
            shown[name] = made.composites[:SHEET_ROWS].clone()
        pictures[domain] = sheet(scenes, shown)
        say(f"measured on the {domain} domain")
    side_by_side([pictures[domain] for domain in DOMAINS]).save(folder / "sheet.png")
    (folder / "results.json").write_text(json.dumps({"plan": asked, "scores": found}, indent=1) + "\n")
    text = report(f"{plan.held_out} held-out scenes of each domain, {bench.side} pixels, seed {plan.seed}, one sampling step", plan.seed, found)
    (folder / "report.md").write_text(text + "\n", "utf-8")
    return text


def prepare(bench: Bench) -> None:
    """Both domains' scenes as latent shards; from the starter with the physical ones' true layers, which one way is trained on."""
    plan, data, side = bench.plan, bench.folder / "data", bench.side
    for number, (domain, count) in enumerate(zip(DOMAINS, (plan.layers, plan.photographs))):
        layered = domain == "simple" or plan.start == "starter"
        write_scenes(bench.sprites, data / f"{domain}-pictures", count, side, plan.seed + number, domain=domain, layered=layered)
        cache(data / f"{domain}-pictures", data / domain, bench.vae, bench.rgba_vae, None, [(side, side)])
        bench.say(f"{count} scenes of the {domain} domain are encoded")


@dataclass(frozen=True)
class Weights:
    """Averaged weights: of plain inpainting, of the layer branch of the two-stage way, and of every BFS way; None: those of the start."""

    inpainting: Path
    second_stage: Path
    bfs: Mapping[str, Path | None]


def train(bench: Bench) -> Weights:
    """Every run, or what is left of it."""
    layers, photographs = bench.shards("simple"), Photographs(bench.folder / "data" / "physical")
    if bench.plan.start == "starter":
        return from_starter(Trainer(bench, PatchCompositor(bench.vae, bench.rgba_vae), layers, photographs))
    return from_nothing(Trainer(bench, _compositor(bench), layers, photographs))


@dataclass(frozen=True, eq=False)
class Trainer:
    """A method for each kind of run: its name, the weights that it starts from, steps, learning rate and what is other than usual in
    the StageConfig; -> the averaged weights."""

    bench: Bench
    guide: nn.Module  # G
    layers: Shards
    photographs: Shards

    def one(self, name: str, start: Path | None, steps: int, rate: float, shards: Shards | None = None, **settings) -> Path:
        return self._done(name, start, steps, rate, settings, lambda *into: train_stage_one(*into, self.guide, shards or self.layers))

    def two(self, name: str, start: Path | None, steps: int, rate: float, **settings) -> Path:
        return self._done(name, start, steps, rate, settings, lambda *into: train_stage_two(*into, self.guide, self.layers, self.photographs))

    def branch(self, name: str, start: Path | None, steps: int, rate: float, shards: Shards, task: str) -> Path:
        return self._done(name, start, steps, rate, {}, lambda *into: train_branch(*into, shards, task))

    def _done(self, name: str, start: Path | None, steps: int, rate: float, settings: dict, work: Callable[[StageConfig, Path, Backbone], Run]) -> Path:
        at = self.bench.folder / "runs" / name
        work(self.bench.config(steps, rate, **settings), at, self.bench.network(start))
        self.bench.say(f"trained: {name}")
        return at / "average.safetensors"


def from_nothing(to: Trainer) -> Weights:
    """The backbone, and from it every way; all ways after it take stage_one_steps + stage_two_steps."""
    plan = to.bench.plan
    first, second, both = plan.stage_one_steps, plan.stage_two_steps, plan.stage_one_steps + plan.stage_two_steps
    backbone = to.branch("backbone", None, plan.backbone_steps, 1e-3, _Both(to.layers, to.photographs), "composite")
    extractor = to.branch("layer-of-composite", backbone, both, 5e-4, to.layers, "layer")
    layered = to.one("stage1", backbone, first, 5e-4)
    alone = to.one("stage1-alone", backbone, first, 5e-4, composition=0.0)
    return Weights(backbone, extractor, {
        FULL: to.two("full", layered, second, plan.rate),
        LAYERED: to.one("stage1-longer", layered, second, plan.rate),
        "no stage 1": to.two("no-stage1", backbone, both, 5e-4),
        "no composition loss": to.two("no-composition", alone, second, plan.rate, composition=0.0),
        "no regularisation": to.two("no-regularisation", layered, second, plan.rate, regularise=0.0),
    })  # fmt: skip


def from_starter(to: Trainer) -> Weights:
    """The starter stands for the network after stage 1: it has been trained on layers of the simple domain, by equation 6. Every way takes
    stage_two_steps from it. It has seen layers, so there is no way without stage 1, and plain inpainting does not start clean of them.
    G is the autoencoders' closed form; one way has the trained one."""
    plan = to.bench.plan
    steps, rate, true = plan.stage_two_steps, plan.rate, to.bench.shards("physical")
    bfs: dict[str, Path | None] = {
        FULL: to.two("full", None, steps, rate),
        LAYERED: to.one("layers-only", None, steps, rate),
        TAUGHT: to.one("true-layers", None, steps, rate, true),
        "no composition loss": to.two("no-composition", None, steps, rate, composition=0.0),
        "no regularisation": to.two("no-regularisation", None, steps, rate, regularise=0.0),
        "G trained instead of closed form": replace(to, guide=_compositor(to.bench)).two("trained-g", None, steps, rate),
        STARTED: None,
    }  # fmt: skip
    inpainting = to.branch("inpainting", None, steps, rate, to.photographs, "composite")
    extractor = to.branch("layer-of-composite", None, steps, rate, to.layers, "layer")
    for seed in range(plan.seed + 1, plan.seed + plan.trainings):
        bfs[f"{FULL}{AGAIN}{seed}"] = to.two(f"full-{seed}", None, steps, rate, seed=seed)
        bfs[f"{LAYERED}{AGAIN}{seed}"] = to.one(f"layers-only-{seed}", None, steps, rate, seed=seed)
    return Weights(inpainting, extractor, bfs)


class Photographs(Shards):
    """Examples of which nobody is told the layers."""

    def __getitem__(self, number: int) -> Example:
        example = super().__getitem__(number)
        example.pop("foreground", None)
        return example


class _Both(Photographs):
    """The examples of two folders together, by what both have."""

    def __init__(self, one: Shards, other: Shards) -> None:
        self.folder, self.examples = one.folder, one.examples + other.examples
        self.groups = (tuple(range(len(self.examples))),)


def _compositor(bench: Bench) -> LatentCompositor:
    plan = bench.plan
    usual = {"batch": 32, "micro_batch": 32, "learning_rate": 1e-3, "warmup": 20, "ema": 0.98, "blocks": 2}
    config = CompositorConfig(seed=plan.seed, steps=plan.compositor_steps, width=48, **usual)
    guide = train_compositor(config, bench.folder / "runs" / "compositor", bench.shards("simple"))
    bench.say("trained: G")
    return guide


def ways(bench: Bench, weights: Weights, scenes: Scenes) -> Iterator[tuple[str, Made]]:
    """Every way's name and results, in the order of the report, one at a time: a hundred scenes of 512 pixels take a gigabyte for each."""
    parts = _encoded(bench, scenes)
    for name, path in weights.bfs.items():
        yield name, _bfs(bench, path, parts, scenes)
    inpainted = _branch(bench, weights.inpainting, parts, "composite", bench.vae)
    seen = _with_composites(bench, parts, inpainted)
    second = _branch(bench, weights.second_stage, seen, "layer", bench.rgba_vae)
    yield "two stages, as LayerDiffuse", Made(over(second, scenes.background), second, inpainted)
    lifted = _lifted(inpainted, scenes.background)
    yield "inpainting and lift", Made(over(lifted, scenes.background), lifted, inpainted)
    yield "plain inpainting", Made(inpainted)
    yield "reference pasted", Made(over(scenes.reference, scenes.background), scenes.reference)


def _encoded(bench: Bench, scenes: Scenes) -> list[Example]:
    """The scenes in batches of latents. Of the true composite only its shape is looked at."""
    parts = []
    for start in range(0, len(scenes), BATCH):
        rows = range(start, min(start + BATCH, len(scenes)))
        pictures = {name: getattr(scenes, name) for name in ("composite", "background", "reference", "box")}
        encoded = [encode({name: values[row] for name, values in pictures.items()}, bench.vae, bench.rgba_vae) for row in rows]
        parts.append({name: torch.stack([each[name] for each in encoded]) for name in encoded[0]})
    return parts


def _with_composites(bench: Bench, parts: list[Example], composites: Tensor) -> list[Example]:
    """The same with other composites: those that a first stage has made."""
    with torch.no_grad():
        latents = bench.vae.encode(composites * 2 - 1).latent_dist.mode().split(BATCH)
    return [part | {"composite": latent} for part, latent in zip(parts, latents)]


@torch.no_grad()
def _branch(bench: Bench, weights: Path, parts: list[Example], task: str, codec: PatchAutoencoder) -> Tensor:
    net = bench.network(weights)
    made = [sample_one(net.transformer.eval(), net, part, task, seed=number) for number, part in enumerate(parts)]
    return torch.cat([picture_of(codec, latents) for latents in made])


@torch.no_grad()
def _bfs(bench: Bench, weights: Path | None, parts: list[Example], scenes: Scenes) -> Made:
    net = bench.network(weights)
    latents = [sample(net.transformer.eval(), net, part, 1, 1.0).chunk(2) for part in parts]
    beside, layers = (torch.cat([picture_of(codec, pair[branch]) for pair in latents]) for branch, codec in enumerate((bench.vae, bench.rgba_vae)))
    return Made(over(layers, scenes.background), layers, beside)


def _lifted(composites: Tensor, backgrounds: Tensor) -> Tensor:
    """The closed form of lift.py on 8 bits."""
    pairs = [(picture * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy() for picture in (composites, backgrounds)]
    layers = np.stack([lift.lift(composite, background) for composite, background in zip(*pairs)])
    return torch.from_numpy(layers).permute(0, 3, 1, 2).float() / 255


def longer(plan: Plan, times: int) -> Plan:
    """`times` as many steps of every run, and scenes to train on and to measure with."""
    counts = ("layers", "photographs", "held_out", "backbone_steps", "stage_one_steps", "stage_two_steps", "compositor_steps")
    return replace(plan, **{name: times * getattr(plan, name) for name in counts})


def quick(plan: Plan) -> Plan:
    """The same in seconds: to see that it runs."""
    return replace(plan, heads=2, single_blocks=1, layers=64, photographs=32, held_out=8, backbone_steps=4, stage_one_steps=4, stage_two_steps=4,
                   compositor_steps=4)  # fmt: skip
