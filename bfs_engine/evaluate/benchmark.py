"""The paper's ablation (its Section 5.3) and other ways to a layer, on scenes whose truth is known.

A small network is trained from nothing as plain inpainting on composites of both domains: the backbone. From its weights every way is
trained for the same number of steps: stage 1 on layers of the simple domain, stage 2 on composites and backgrounds of the physical one,
which stand for photographs. All ways are measured on the same held-out scenes of both domains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .. import lift
from ..api import EngineError
from ..bfs.patch_autoencoder import PatchAutoencoder
from ..bfs.starter import load_pipeline
from ..scenes.render import DOMAINS, Scenes, Sprites, pack, render
from ..scenes.vocabulary import Vocabulary
from ..train.branch import sample_one, train_branch
from ..train.cache import cache, encode, write_scenes
from ..train.compositor import CompositorConfig, LatentCompositor, train_compositor
from ..train.loop import Run, read_weights
from ..train.models import Backbone, picture_of
from ..train.shards import Example, Shards
from ..train.stages import StageConfig, sample, train_stage_one, train_stage_two
from ..train.starter import StarterConfig, build_transformer
from .layers import decibels, grown, over
from .metrics import Ratio, Scores, effect_errors, layer_errors
from .starter import HELD_OUT_SEED
from .table import Estimate, bootstrap, estimates, table

BATCH = 16
SHOWN = ("composite_db", "elsewhere_db", "alpha_error", "shadow_correlation", "shadow_mass", "effect_error", "effects_seen", "recomposed_db")
COMPARED = ("composite_db", "elsewhere_db", "shadow_correlation", "effect_error", "effects_seen")
FULL, LAYERED = "full", "layers only (no stage 2)"


@dataclass(frozen=True)
class Plan:
    """How much is done. steps of 16 scenes; layers, photographs: scenes of the simple and of the physical domain to train on."""

    seed: int = 1
    size: int = 128
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


@dataclass(frozen=True, eq=False)
class Bench:
    """What all ways share. folder: where everything lies, so that a run that was stopped goes on."""

    folder: Path
    plan: Plan
    sprites: Sprites
    vae: PatchAutoencoder
    rgba_vae: PatchAutoencoder
    spread: list[list[float]]
    say: Callable[[str], None]

    def shards(self, domain: str) -> Shards:
        return Shards(self.folder / "data" / domain)

    def network(self, weights: Path | None) -> Backbone:
        """The network with the weights of a run; what the run did not train is as in every network of this bench."""
        config = StarterConfig(heads=self.plan.heads, single_blocks=self.plan.single_blocks, latent_channels=self.vae.config.latent_channels)
        torch.manual_seed(self.plan.seed)
        transformer = build_transformer(config)
        torch.nn.init.zeros_(transformer.proj_out.weight)
        torch.nn.init.zeros_(transformer.proj_out.bias)
        if weights is not None:
            found, _ = read_weights(weights)
            if found.keys() - transformer.state_dict().keys():
                raise EngineError(f"{weights} is not of this plan's network.", "Start in another folder.")
            transformer.load_state_dict(found, strict=False)
        deviation = torch.stack([self.vae.deviation, self.rgba_vae.deviation]) / torch.tensor(self.spread)
        return Backbone(transformer, prediction="change", spread=self.spread, importance=deviation / deviation.mean(1, keepdim=True))

    def config(self, steps: int, rate: float, **settings) -> StageConfig:
        plan = self.plan
        usual = {"composition": plan.composition, "effects": plan.effects, "pure_noise": 0.75, "trained": "all", "ema": 0.99, "checkpoint_every": 100}
        warmup = min(50, steps // 4 + 1)
        return StageConfig(seed=plan.seed, steps=steps, batch=BATCH, micro_batch=BATCH, learning_rate=rate, warmup=warmup, **usual | settings)


def run(folder: Path, model: Path, plan: Plan, say: Callable[[str], None]) -> str:
    """Train what is not trained yet, measure everything, write report.md, results.json and sheet.png; -> the report.

    model: a starter's folder, whose autoencoders and library are used. Raises EngineError where the folder is of another plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "plan.json"
    if kept.exists() and json.loads(kept.read_text()) != asdict(plan):
        raise EngineError(f"{folder} was begun with another plan.", "Name another folder.")
    kept.write_text(json.dumps(asdict(plan), indent=1) + "\n")
    vocabulary, pipeline = Vocabulary.load(model / "library"), load_pipeline(model)
    sprites = pack([vocabulary.cutout(name) for name in vocabulary.names])
    bench = Bench(folder, plan, sprites, pipeline.vae, pipeline.rgba_vae, pipeline.config.spread, say)
    prepare(bench)
    weights = train(bench)
    found, pictures = {}, {}
    for domain in DOMAINS:
        scenes = render(sprites, torch.Generator().manual_seed(HELD_OUT_SEED + 10_000 + plan.seed), plan.held_out, plan.size, domain=domain)
        made = ways(bench, weights, scenes)
        found[domain] = {name: [score(scenes, made[name], number) for number in range(len(scenes))] for name in made}
        pictures[domain] = sheet(scenes, made)
        say(f"measured on the {domain} domain")
    _side_by_side([pictures[domain] for domain in DOMAINS]).save(folder / "sheet.png")
    (folder / "results.json").write_text(json.dumps({"plan": asdict(plan), "scores": found}, indent=1) + "\n")
    text = report(plan, found)
    (folder / "report.md").write_text(text + "\n", "utf-8")
    return text


def prepare(bench: Bench) -> None:
    """Both domains' scenes as latent shards."""
    plan, data = bench.plan, bench.folder / "data"
    for number, (domain, count) in enumerate(zip(DOMAINS, (plan.layers, plan.photographs))):
        write_scenes(bench.sprites, data / f"{domain}-pictures", count, plan.size, plan.seed + number, domain=domain)
        cache(data / f"{domain}-pictures", data / domain, bench.vae, bench.rgba_vae, None, [(plan.size, plan.size)])
        bench.say(f"{count} scenes of the {domain} domain are encoded")


@dataclass(frozen=True)
class Weights:
    """Averaged weights: of the backbone, of the layer branch of the two-stage way, and of every BFS way."""

    backbone: Path
    second_stage: Path
    bfs: Mapping[str, Path]


def train(bench: Bench) -> Weights:
    """Every run, or what is left of it; all ways after the backbone take stage_one_steps + stage_two_steps."""
    plan = bench.plan
    first, second, both = plan.stage_one_steps, plan.stage_two_steps, plan.stage_one_steps + plan.stage_two_steps
    layers, photographs = bench.shards(DOMAINS[0]), bench.shards(DOMAINS[1])
    guide = _compositor(bench, layers)

    def done(name: str, start: Path | None, work: Callable[[Path, Backbone], Run]) -> Path:
        at = bench.folder / "runs" / name
        work(at, bench.network(start))
        bench.say(f"trained: {name}")
        return at / "average.safetensors"

    def one(name: str, start: Path, steps: int, rate: float = 5e-4, **settings) -> Path:
        return done(name, start, lambda at, net: train_stage_one(bench.config(steps, rate, **settings), at, net, guide, layers))

    def two(name: str, start: Path, steps: int, rate: float = 3e-4, **settings) -> Path:
        return done(name, start, lambda at, net: train_stage_two(bench.config(steps, rate, **settings), at, net, guide, layers, photographs))

    everything = _Both(layers, photographs)
    backbone = done("backbone", None, lambda at, net: train_branch(bench.config(plan.backbone_steps, 1e-3), at, net, everything, "composite"))
    extractor = done("layer-of-composite", backbone, lambda at, net: train_branch(bench.config(both, 5e-4), at, net, layers, "layer"))
    layered = one("stage1", backbone, first)
    alone = one("stage1-alone", backbone, first, composition=0.0)
    return Weights(backbone, extractor, {
        FULL: two("full", layered, second),
        LAYERED: one("stage1-longer", layered, second, rate=3e-4),
        "no stage 1": two("no-stage1", backbone, both, rate=5e-4),
        "no composition loss": two("no-composition", alone, second, composition=0.0),
        "no regularisation": two("no-regularisation", layered, second, regularise=0.0),
    })  # fmt: skip


class _Both(Shards):
    """The examples of two folders together, by what both have."""

    def __init__(self, one: Shards, other: Shards) -> None:
        self.folder, self.examples = one.folder, one.examples + other.examples
        self.groups = (tuple(range(len(self.examples))),)

    def __getitem__(self, number: int) -> Example:
        example = super().__getitem__(number)
        example.pop("foreground", None)
        return example


def _compositor(bench: Bench, layers: Shards) -> LatentCompositor:
    plan = bench.plan
    config = CompositorConfig(seed=plan.seed, steps=plan.compositor_steps, batch=32, micro_batch=32, learning_rate=1e-3, warmup=20, ema=0.98, width=48, blocks=2)
    guide = train_compositor(config, bench.folder / "runs" / "compositor", layers)
    bench.say("trained: G")
    return guide


@dataclass(frozen=True, eq=False)
class Made:
    """What a way made of n scenes: composites (n, 3, s, s) as the user gets them; layers (n, 4, s, s), straight RGBA, and what its composite
    branch showed beside them, where it makes such."""

    composites: Tensor
    layers: Tensor | None = None
    beside: Tensor | None = None


def ways(bench: Bench, weights: Weights, scenes: Scenes) -> dict[str, Made]:
    """Every way's results, in the order of the report."""
    parts = _encoded(bench, scenes)
    inpainted = _branch(bench, weights.backbone, parts, "composite", bench.vae)
    lifted = _lifted(inpainted, scenes.background)
    seen = _with_composites(bench, parts, inpainted)
    second = _branch(bench, weights.second_stage, seen, "layer", bench.rgba_vae)
    made = {name: _bfs(bench, path, parts, scenes) for name, path in weights.bfs.items()}
    made["two stages, as LayerDiffuse"] = Made(over(second, scenes.background), second, inpainted)
    made["inpainting and lift"] = Made(over(lifted, scenes.background), lifted, inpainted)
    made["plain inpainting"] = Made(inpainted)
    made["reference pasted"] = Made(over(scenes.reference, scenes.background), scenes.reference)
    return made


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
    return picture_of(codec, torch.cat(made))


@torch.no_grad()
def _bfs(bench: Bench, weights: Path, parts: list[Example], scenes: Scenes) -> Made:
    net = bench.network(weights)
    latents = [sample(net.transformer.eval(), net, part, 1, 1.0).chunk(2) for part in parts]
    beside = picture_of(bench.vae, torch.cat([composite for composite, _ in latents]))
    layers = picture_of(bench.rgba_vae, torch.cat([foreground for _, foreground in latents]))
    return Made(over(layers, scenes.background), layers, beside)


def _lifted(composites: Tensor, backgrounds: Tensor) -> Tensor:
    """The closed form of lift.py on 8 bits."""
    pairs = [(picture * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy() for picture in (composites, backgrounds)]
    layers = np.stack([lift.lift(composite, background) for composite, background in zip(*pairs)])
    return torch.from_numpy(layers).permute(0, 3, 1, 2).float() / 255


def score(scenes: Scenes, made: Made, number: int) -> Scores:
    """The metrics of one scene that the report shows. recomposed_db: the layer over the background against the way's own composite, where it
    makes one."""
    background, composite, true = scenes.background[number], made.composites[number], scenes.composite[number]
    scores: Scores = {"composite_db": decibels(composite - true)}
    if made.layers is not None:
        layer, foreground = made.layers[number], scenes.foreground[number]
        scores |= layer_errors(layer, foreground, background) | effect_errors(layer, foreground, scenes.object_alpha[number])
    if made.beside is not None:
        scores["recomposed_db"] = decibels(composite - made.beside[number])
    return scores | effects_seen(composite, true, background, scenes.object_alpha[number])


def effects_seen(composite: Tensor, true: Tensor, background: Tensor, thing: Tensor) -> Scores:
    """Shadows and reflections with their colours: the sum of absolute errors of the composite over the sum of what the true effects change,
    where the thing does not reach (two pixels around it left out); 1 where nothing was made."""
    clear = (grown(thing[None], 2) <= 0.02)[0]
    change = ((true - background).abs() * clear).sum().item()
    return {"effects_seen": Ratio(((composite - true).abs() * clear).sum().item(), change)} if change > 1 else {}


def paired(one: Sequence[Scores], other: Sequence[Scores], metric: str, seed: int = 0) -> Estimate | None:
    """How much more `one` has of a metric than `other` on the same scenes, with a paired bootstrap interval."""
    both = [(a[metric], b[metric]) for a, b in zip(one, other) if metric in a and metric in b]
    if not both:
        return None
    values = np.array(both, np.float64)
    if values.ndim == 3:  # Ratios: (scenes, 2 ways, part and whole)
        return bootstrap(lambda w: w @ values[:, 0, 0] / (w @ values[:, 0, 1]) - w @ values[:, 1, 0] / (w @ values[:, 1, 1]), len(both), seed)
    return bootstrap(lambda w: w @ (values[:, 0] - values[:, 1]) / w.sum(1), len(both), seed)


def report(plan: Plan, found: Mapping[str, Mapping[str, Sequence[Scores]]]) -> str:
    """Markdown: a table of all ways and one of what each loses against the full way, for both domains."""
    lines = [f"{plan.held_out} held-out scenes of each domain, {plan.size} pixels, seed {plan.seed}, one sampling step; 95 % bootstrap intervals over scenes "
             "(the training is one run of each way). ↑ more is better, ↓ less."]  # fmt: skip
    for domain, methods in found.items():
        lines += [f"### The {domain} domain", table({name: estimates(scores, plan.seed) for name, scores in methods.items()}, SHOWN)]
        differences = {
            name: {metric: value for metric in COMPARED if (value := paired(methods[FULL], scores, metric, plan.seed)) is not None}
            for name, scores in methods.items() if name != FULL
        }  # fmt: skip
        lines += ["The full way less each other, paired by scene:", table(differences, COMPARED)]
    return "\n\n".join(lines)


def sheet(scenes: Scenes, made: Mapping[str, Made], count: int = 6) -> Tensor:
    """(3, h, w): background, every way's composite, the truth; a row for each of the first scenes."""
    columns = [scenes.background, *(each.composites for each in made.values()), scenes.composite]
    return torch.cat([torch.cat([column[row] for column in columns], 2) for row in range(min(count, len(scenes)))], 1)


def _side_by_side(pictures: Sequence[Tensor]) -> Image.Image:
    """One below the other."""
    return Image.fromarray((torch.cat(list(pictures), 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy())


def longer(plan: Plan, times: int) -> Plan:
    """`times` as many steps of every run, and scenes to train on and to measure with."""
    counts = ("layers", "photographs", "held_out", "backbone_steps", "stage_one_steps", "stage_two_steps", "compositor_steps")
    return replace(plan, **{name: times * getattr(plan, name) for name in counts})


def quick(plan: Plan) -> Plan:
    """The same in seconds: to see that it runs."""
    return replace(plan, size=64, heads=2, single_blocks=1, layers=64, photographs=32, held_out=8, backbone_steps=4, stage_one_steps=4, stage_two_steps=4,
                   compositor_steps=4)  # fmt: skip
