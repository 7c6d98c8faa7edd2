"""The engine's command line.

    python -m bfs_engine insert --background IMG --box X Y W H --prompt TEXT --out LAYER.png [--composite COMP.png] ...
    python -m bfs_engine insert --background IMG --box … --prompt TREE --box … --prompt CAR --out LAYER.png   (back to front)
    python -m bfs_engine extract --picture WITH.png --background WITHOUT.png --out LAYER.png
    python -m bfs_engine resettle --background IMG --layer LAYER.png --move DX DY --out NEW.png
    python -m bfs_engine split --layer LAYER.png --thing THING.png --shadow SHADOW.png [--reflection LIGHT.png]
    python -m bfs_engine take-apart --picture P.png --box X Y W H [--point X Y ...] [--mask M.png] --thing THING.png --ground GROUND.png ...
    python -m bfs_engine study extract | resettle | savings | colours | truth --scenes DIR
    python -m bfs_engine things
    python -m bfs_engine fetch FLUX.1-Fill-dev BFS FLUX.1-Redux-dev --bfs OWNER/NAME --to DIR
    python -m bfs_engine train --out RUN [--config FILE] [--from MODEL] [--until STEP]
    python -m bfs_engine export RUN MODEL
    python -m bfs_engine convert --from INPAINTING --out FBDD
    python -m bfs_engine text-layers --model FBDD {--prompt "…" --pipeline DIR | --picture P} {--thing "…" --find DIR | --matte M} --out DIR
    python -m bfs_engine shards --count N --out DIR
    python -m bfs_engine construct {layers,photographs} --from DIR --out DIR [--matting M] [--removal R] [--ray ADDRESS] ...
    python -m bfs_engine cache --pictures DIR --model MODEL --out DIR
    python -m bfs_engine fit {rgba-vae,compositor,stage1,stage2} --out RUN --layers DIR [--config FILE] ...
    python -m bfs_engine dry-run [--config FILE] [--size WxH] [--gpus N]
    python -m bfs_engine benchmark --out DIR
    python -m bfs_engine evaluate [--model MODEL] [--count N] [--seed S] [--steps N] [--sheet SHEET.png]
    python -m bfs_engine evaluate NAME=DIR ... [--truth DIR] [--with clip ...] [--weights DIR] [--out DIR]

Exit status: 0 done; 2 the input was bad, and one sentence on stderr says how; 130 stopped with Ctrl+C.
torch is imported only by the commands that need it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from .api import Engine, EngineError
from .catalog import PARTS, is_klein
from .cli import making
from .quiet_import import quiet_import
from .scenes.vocabulary import Vocabulary

STARTER = Path(__file__).parents[1] / "resources" / "models" / "starter"
NETWORKS = ("clip", "musiq", "maniqa", "kid", "dino", "hpsv3")  # metrics of the paper's that need weights


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise EngineError(f"{message[0].upper()}{message[1:]}.")


def build_engine(model: Path | None) -> Engine:
    """The starter, with the weights that ship or those in the folder `model`; or FLUX or
    FLUX.2 klein, where that folder holds it."""
    is_flux = model is not None and (model / "bfs" / "trained_weights.pt").exists()
    klein = model is not None and not is_flux and is_klein(model)
    with quiet_import(text_encoders=is_flux or klein), interrupts_stop_at_once():
        if klein:
            from .fill.engine import KleinEngine

            return KleinEngine(model)
        if is_flux:
            from .bfs.flux import FluxEngine

            return FluxEngine(model)
        from .bfs.starter import StarterEngine

        return StarterEngine() if model is None else StarterEngine(model)


@contextmanager
def interrupts_stop_at_once() -> Iterator[None]:
    """Ctrl+C inside ends the process here and now: an import may swallow KeyboardInterrupt, and nothing is open yet."""

    def stop(*_: object) -> None:
        print("Stopped.", file=sys.stderr, flush=True)
        os._exit(130)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def insert(options: argparse.Namespace) -> int:
    """Make layers on a picture, and write them."""
    if options.reference is None:
        for prompt in options.prompt or ():
            check_prompt(prompt, options.model or STARTER)
    return making.insert(options, build_engine)


def extract(options: argparse.Namespace) -> int:
    """Take a thing with its effects out of a picture, and write it."""
    return making.extract(options, build_engine)


def resettle(options: argparse.Namespace) -> int:
    """Move a thing and light it anew, and write it."""
    return making.resettle(options, build_engine)


def take_apart(options: argparse.Namespace) -> int:
    """Take things out of a flat picture, and write them and the ground."""
    making.refuse_wishes(options)
    with quiet_import(pipelines=False), interrupts_stop_at_once():
        from .cli import apart

    return apart.run(options)


def text_layers(options: argparse.Namespace) -> int:
    """Make layers of words or of a picture by LayeringDiff."""
    with quiet_import(pipelines=True), interrupts_stop_at_once():
        from .cli import text_layers as command

    return command.run(options)


def check_prompt(prompt: str, model: Path) -> None:
    """Refuse a prompt that the model's library does not know before torch is imported for it."""
    if (model / "library").is_dir():
        Vocabulary.load(model / "library").understand(prompt)


def things(options: argparse.Namespace) -> int:
    """Print what the model knows, one thing a line, synonyms behind a colon."""
    vocabulary = Vocabulary.load((options.model or STARTER) / "library")
    for name in vocabulary.names:
        synonyms = vocabulary.synonyms(name)
        print(f"{name}: {', '.join(synonyms)}" if synonyms else name)
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Fetch parts of FLUX from the hub, or go on with that, or check what is there; progress on stderr."""
    from . import fetch as fetching

    fetching.run(options.parts, options.bfs, options.to)
    return 0


def train(options: argparse.Namespace) -> int:
    """Train a starter, or go on with the run in the folder; scenes are rendered as they are needed."""
    from .train import command

    command.run(options.out, options.config, options.until, options.font, options.start, options.views, options.surroundings)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run's averaged weights as a model that `insert --model` takes."""
    from .train import command

    command.write_model(options.run_folder, options.model_folder, options.font)
    return 0


def convert(options: argparse.Namespace) -> int:
    """Make a LayeringDiff model, to be trained, of an inpainting model."""
    from .layering.fbdd import convert as run

    run(options.source, options.out)
    return 0


def grow(options: argparse.Namespace) -> int:
    """Write a starter for frames of twice the side, to train on."""
    from .train import command

    command.grow(options.model or STARTER, options.out, options.more, options.count, options.seed)
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Print the starter's gates on held-out scenes as JSON; or tables of the results that methods have made."""
    if options.results:
        return compare(options)
    from .evaluate import command

    print(json.dumps(command.run(options.model or STARTER, options.count, options.seed, options.steps, options.guidance, options.sheet, options.kind), indent=1))
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print tables of several methods side by side, and write them with every single result's numbers."""
    folders = dict(options.results)
    if len(folders) < len(options.results):
        raise EngineError("Two methods have one name.", "Write NAME=DIR.")
    if not options.download:
        os.environ["HF_HUB_OFFLINE"] = "1"  # for the libraries that fetch weights by themselves
    from .evaluate import compare as comparing

    wanted = comparing.Wanted(options.networks, options.weights, options.download, options.seed)
    comparison = comparing.compare(folders, options.truth, wanted, lambda line: print(line, file=sys.stderr))
    if options.out is not None:
        comparison.write(options.out)
    print(comparison.markdown())
    return 0


def shards(options: argparse.Namespace) -> int:
    """Write rendered scenes as shards of pictures to train on."""
    from .train import fit

    fit.write_shards(options.out, options.library, options.count, options.size, options.seed, options.domain)
    return 0


def construct(options: argparse.Namespace) -> int:
    """Make shards of pictures with masks, and print what was dropped and why."""
    from .data.construct import by_processes
    from .data.construct import construct as run
    from .data.examples import Recipe

    recipe = Recipe(options.kind, located(options.matting), located(options.removal), options.side, options.seed)
    work = partial(by_processes, options.processes)
    if options.ray is not None:
        from .data.cluster import by_ray

        work = partial(by_ray, options.ray, options.processes, options.gpus)
    report = run(options.source, options.out, recipe, work, lambda line: print(line, file=sys.stderr))
    print(json.dumps(report, indent=1, ensure_ascii=False))
    return 0


def located(part: str) -> str:
    """The name of a replaceable part; that of a folder as any process finds it."""
    return str(Path(part).resolve()) if Path(part).is_dir() else part


def cache(options: argparse.Namespace) -> int:
    """Encode shards of pictures once, into the latents that transformer and compositor are trained on."""
    from .train import fit

    written = fit.cache_shards(options.pictures, options.model, options.out, options.sizes, options.rgba_vae)
    print(f"{written} examples written to {options.out}")
    return 0


def fit_part(options: argparse.Namespace) -> int:
    """Train one part of BFS, or go on with the run in the folder."""
    from .train import fit

    given = vars(options)
    fit.fit(fit.Wishes(**{field.name: given[field.name] for field in fields(fit.Wishes)}))
    return 0


def dry_run(options: argparse.Namespace) -> int:
    """Print what training a stage will cost; takes about half a minute at FLUX's size."""
    from .train import fit

    print(fit.dry_run(options.config, options.model, options.size, options.gpus, options.tflops))
    return 0


def study(options: argparse.Namespace) -> int:
    """Compare ways of extracting, resettling or computing less on scenes whose true layers are known; a table."""
    if options.what == "truth":
        from .evaluate.truth import study as against

        if options.scenes is None:
            raise EngineError("The study of known truth needs a folder of scenes.", "Name it with --scenes.")
        print(against(options.scenes, build_engine(options.model)))
        return 0
    from .evaluate.command import study as run

    print(run(options.what, options.model or STARTER, options.count, options.seed, options.steps))
    return 0


def trials(options: argparse.Namespace) -> int:
    """Train the variants of one decision at equal steps and print what each reaches."""
    from .evaluate.trials import run
    from .train.command import sprites

    print(json.dumps(run(options.out, sprites(options.font), options.steps, options.count), indent=1))
    return 0


def benchmark(options: argparse.Namespace) -> int:
    """Train the paper's ablation and its rivals at equal steps, or what is left of that, and print the report."""
    from .evaluate import benchmark as bench

    plan = bench.longer(replace(bench.FROM_STARTER if options.from_starter else bench.Plan(), seed=options.seed), options.times)
    side = None
    if options.quick:
        plan, side = bench.quick(plan), bench.QUICK_SIDE
    print(bench.run(options.out, options.model or STARTER, plan, lambda line: print(line, file=sys.stderr), side))
    return 0


def parser() -> Parser:
    """All commands and their options."""
    top = Parser(prog="python -m bfs_engine", description="Put things into pictures as layers of their own.")
    commands = top.add_subparsers(dest="command", required=True)
    making.add_commands(commands, insert, extract, resettle, take_apart)
    words = commands.add_parser("things", help="list what the starter can make")
    words.add_argument("--model", type=Path, metavar="DIR", help="a folder with weights (default: the starter)")
    words.set_defaults(run=things)
    bring = commands.add_parser("fetch", help="fetch a model from the Hugging Face hub; the same line goes on where it stopped, and checks what is there")
    bring.add_argument("parts", nargs="+", choices=[part.name for part in PARTS], metavar="PART", help=", ".join(part.name for part in PARTS))
    bring.add_argument("--to", type=Path, required=True, metavar="DIR", help="the model's folder, around all of its parts")
    bring.add_argument("--bfs", default="", metavar="OWNER/NAME", help="where the weights of BFS's authors lie on the hub")
    bring.set_defaults(run=fetch)
    _add_training(commands)
    _add_construction(commands)
    _add_fitting(commands)
    return top


def _add_construction(commands: argparse._SubParsersAction) -> None:
    make = commands.add_parser("construct", help="make shards to train on of pictures with masks")
    make.add_argument("kind", choices=("layers", "photographs"), help="known layers with simulated shadows, or real pictures and their backgrounds")
    make.add_argument("--from", dest="source", type=Path, required=True, metavar="DIR", help="KEY.composite.png, KEY.mask.png …, or shards of them")
    make.add_argument("--out", type=Path, required=True, metavar="DIR")
    make.add_argument("--matting", default="classical", metavar="M", help="classical, pymatting, or the folder of a ViTMatte model")
    make.add_argument("--removal", default="classical", metavar="R", help="classical, or the folder of an inpainting pipeline of diffusers'")
    make.add_argument("--side", type=positive, default=1024, help="most pixels of a picture's shorter side (default: 1024)")
    make.add_argument("--seed", type=int, default=0, help="decides the simulated light")
    make.add_argument("--processes", type=positive, default=os.cpu_count() or 1, help="default: one for each core")
    make.add_argument("--ray", metavar="ADDRESS", help="on a Ray cluster: its address, auto, or local; all machines see the same folders")
    make.add_argument("--gpus", type=float, default=0.0, help="how much of a GPU a job on the cluster takes (default: 0)")
    make.set_defaults(run=construct)


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def _add_fitting(commands: argparse._SubParsersAction) -> None:
    draw = commands.add_parser("shards", help="write rendered scenes as shards of pictures to train on")
    draw.add_argument("--out", type=Path, required=True, metavar="DIR")
    draw.add_argument("--count", type=int, required=True, help="how many scenes")
    draw.add_argument("--size", type=int, default=128, help="side of a scene in pixels (default: 128)")
    draw.add_argument("--seed", type=int, default=0)
    draw.add_argument("--domain", choices=("simple", "physical"), default="simple", help="with simulated shadows, and layers (the default); or lit more truly, without")
    draw.add_argument("--library", type=Path, default=STARTER / "library", metavar="DIR", help="the things (default: the starter's)")
    draw.set_defaults(run=shards)
    encode = commands.add_parser("cache", help="encode shards of pictures into latents, once")
    encode.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="shards of pictures")
    encode.add_argument("--model", type=Path, required=True, metavar="MODEL", help="FLUX.1 Fill's folder, or a model of `export`")
    encode.add_argument("--rgba-vae", type=Path, metavar="VAE", help="the layers' autoencoder (default: rgba_vae in the model)")
    encode.add_argument("--out", type=Path, required=True, metavar="DIR")
    encode.add_argument("--sizes", type=frame_size, nargs="+", default=[(512, 512)], metavar="WxH", help="frames to choose from (default: 512x512)")
    encode.set_defaults(run=cache)
    one = commands.add_parser("fit", help="train a part of BFS or of LayeringDiff (fbdd, alignment), or go on with a run")
    one.add_argument("part", choices=("rgba-vae", "compositor", "stage1", "stage2", "fbdd", "alignment"))
    one.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder")
    one.add_argument("--config", type=Path, metavar="FILE", help="a JSON file (default: the one in the run's folder, or FLUX's)")
    one.add_argument("--layers", type=Path, metavar="DIR", help="shards of known layers: pictures for rgba-vae, else latents")
    one.add_argument("--photographs", type=Path, metavar="DIR", help="shards of latents with surrogates (stage2)")
    one.add_argument("--model", type=Path, metavar="MODEL", help="what is trained on: FLUX.1 Fill's folder, or a model of `export`")
    one.add_argument("--rgba-vae", type=Path, metavar="VAE", help="decodes sample sheets (default: rgba_vae in the model)")
    one.add_argument("--compositor", type=Path, metavar="DIR", help="a trained G (stages)")
    one.add_argument("--start", type=Path, metavar="FILE", help="another stage's average.safetensors, or the authors' trained_weights.pt")
    one.add_argument("--export", type=Path, metavar="MODEL", help="at the end, write the averaged weights for use: a model folder, or a .pt file like the authors'")
    one.add_argument("--until", type=int, metavar="STEP", help="stop there (default: the configuration's last step)")
    one.set_defaults(run=fit_part)
    cost = commands.add_parser("dry-run", help="what training a stage will cost, without a GPU or weights")
    cost.add_argument("--config", type=Path, metavar="FILE", help="a stage's configuration (default: FLUX's stage 1)")
    cost.add_argument("--model", type=Path, metavar="MODEL", help="a model folder (default: FLUX.1 Fill's size)")
    cost.add_argument("--size", type=frame_size, default=(512, 512), metavar="WxH", help="the frame in pixels (default: 512x512)")
    cost.add_argument("--gpus", type=int, default=8)
    cost.add_argument("--tflops", type=float, default=300.0, help="what a GPU keeps up, 10¹² operations a second (default: 300)")
    cost.set_defaults(run=dry_run)


def frame_size(text: str) -> tuple[int, int]:
    """512x768 -> (512, 768)"""
    width, _, height = text.partition("x")
    return int(width), int(height)


def method(text: str) -> tuple[str, Path]:
    """NAME=DIR -> its parts; the name of a DIR alone is its last part."""
    name, given, folder = text.partition("=")
    return (name, Path(folder)) if given else (Path(text).name, Path(text))


def _add_training(commands: argparse._SubParsersAction) -> None:
    start = commands.add_parser("train", help="train a starter on rendered scenes, or go on with a run")
    start.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder: checkpoints, averages, log.jsonl")
    start.add_argument("--config", type=Path, metavar="FILE", help="a JSON file (default: the one in the run's folder, or the starter's)")
    start.add_argument("--until", type=int, metavar="STEP", help="stop there (default: the configuration's last step)")
    start.add_argument("--from", dest="start", type=Path, metavar="MODEL", help="begin with the weights and codecs of this model")
    start.add_argument("--views", type=Path, metavar="DIR", help="rendered views, for configurations that train on mixed scenes (scenes.studio lights)")
    start.add_argument("--surroundings", type=Path, metavar="FILE", help="equirectangular maps to light them with, .npz (default: suns and skies by chance alone)")
    start.set_defaults(run=train)
    finish = commands.add_parser("export", help="make a model folder of a run")
    finish.add_argument("run_folder", type=Path, metavar="RUN")
    finish.add_argument("model_folder", type=Path, metavar="MODEL")
    finish.set_defaults(run=export)
    wider = commands.add_parser("convert", help="make a LayeringDiff model, to begin training with, of Stable Diffusion 2 inpainting")
    wider.add_argument("--from", dest="source", type=Path, required=True, metavar="DIR", help="a diffusers folder: unet, vae, tokenizer, text_encoder")
    wider.add_argument("--out", type=Path, required=True, metavar="DIR", help="foreground_unet, background_unet, vae, null_prompt.safetensors")
    wider.set_defaults(run=convert)
    words = commands.add_parser("text-layers", help="make a picture of words, or take one, and disassemble it into layers (LayeringDiff)")
    words.add_argument("--model", type=Path, required=True, metavar="FBDD", help="a trained LayeringDiff model")
    words.add_argument("--prompt", help="what the picture is to show")
    words.add_argument("--pipeline", type=Path, metavar="DIR", help="any text-to-image pipeline of diffusers")
    words.add_argument("--size", type=frame_size, metavar="WxH", help="of the picture that is made (default: the pipeline's)")
    words.add_argument("--picture", type=Path, metavar="FILE", help="disassemble this one instead")
    words.add_argument("--thing", action="append", metavar="WORDS", help="what is to be a layer of its own; repeat it, front to back")
    words.add_argument("--find", type=Path, metavar="DIR", help="grounding_dino, sam, vitmatte: they find things by words")
    words.add_argument("--least", type=float, default=0.25, help="of GroundingDINO's score (default: 0.25)")
    words.add_argument("--matte", type=Path, action="append", metavar="FILE", help="mattes instead of words; repeat it, front to back")
    words.add_argument("--out", type=Path, required=True, metavar="DIR", help="composite.png, thing-1.png …, ground.png")
    words.add_argument("--steps", type=positive, default=25, help="of either side (default: 25)")
    words.add_argument("--seed", type=int, default=0)
    words.set_defaults(run=text_layers)
    larger = commands.add_parser("grow", help="make of a starter one for frames of twice the side, to begin training with")
    larger.add_argument("out", type=Path, metavar="OUT")
    larger.add_argument("--model", type=Path, metavar="MODEL", help="a folder with weights (default: the starter)")
    larger.add_argument("--more", type=positive, default=48, metavar="N", help="latent channels for the new detail (default: 48)")
    larger.add_argument("--count", type=positive, default=256, help="how many scenes the detail is fitted to (default: 256)")
    larger.add_argument("--seed", type=int, default=1)
    larger.set_defaults(run=grow)
    trial = commands.add_parser("trials", help="compare words with references and shared with independent noise, at equal steps")
    trial.add_argument("--out", type=Path, required=True, metavar="DIR", help="the trials' runs, and trials.json")
    trial.add_argument("--steps", type=int, default=200, help="training steps of 16 scenes for each (default: 200)")
    trial.add_argument("--count", type=int, default=64, help="how many held-out scenes (default: 64)")
    trial.set_defaults(run=trials)
    for one in (start, finish, trial):
        one.add_argument("--font", type=Path, help="NotoColorEmoji.ttf; found by fontconfig when not given")
    bench = commands.add_parser("benchmark", help="train and compare the paper's ablation and other ways to a layer, on scenes whose layers are known")
    bench.add_argument("--out", type=Path, required=True, metavar="DIR", help="data, runs, report.md, results.json, sheet.png; goes on where it stopped")
    bench.add_argument("--model", type=Path, metavar="MODEL", help="whose autoencoders, library and weights are used (default: the starter)")
    bench.add_argument("--seed", type=int, default=1)
    bench.add_argument("--times", type=positive, default=1, metavar="N", help="N times the steps and scenes (default: 1, half an hour of a core)")
    bench.add_argument("--from-starter", action="store_true", help="begin with the model's weights, as if stage 1 had made them, not with nothing")
    bench.add_argument("--quick", action="store_true", help="a few steps on small frames, to see that it runs")
    bench.set_defaults(run=benchmark)
    compare = commands.add_parser("study", help="compare ways of extracting, resettling or computing less on scenes whose true layers are known")
    compare.add_argument("what", choices=("extract", "resettle", "savings", "colours", "truth"))
    compare.add_argument("--scenes", type=Path, metavar="DIR", help="for truth: path-traced scenes (docs/engine/things.md)")
    compare.add_argument("--model", type=Path, metavar="MODEL", help="a folder with weights (default: the starter)")
    compare.add_argument("--count", type=int, default=32, help="how many scenes (default: 32)")
    compare.add_argument("--seed", type=int, default=0)
    compare.add_argument("--steps", type=int, default=1)
    compare.set_defaults(run=study)
    judge = commands.add_parser("evaluate", help="measure a model on scenes whose true layers are known, or the results of several methods")
    judge.add_argument("results", nargs="*", type=method, metavar="NAME=DIR", help="a method's KEY.layer.png and KEY.composite.png; without any, the model")
    judge.add_argument("--truth", type=Path, metavar="DIR", help="what the results were asked for, and the truth where it is known")
    judge.add_argument("--with", dest="networks", nargs="+", choices=NETWORKS, default=(), help="metrics that networks compute")
    judge.add_argument("--weights", type=Path, default=Path("weights"), metavar="DIR", help="where those networks lie (default: weights)")
    judge.add_argument("--download", action="store_true", help="let CLIP and DINO come from the hub")
    judge.add_argument("--out", type=Path, metavar="DIR", help="write the tables there, and every result's numbers")
    judge.add_argument("--model", type=Path, metavar="MODEL", help="a folder with weights (default: the starter)")
    judge.add_argument("--count", type=int, default=128, help="how many scenes (default: 128)")
    judge.add_argument("--seed", type=int, default=0)
    judge.add_argument("--steps", type=int, default=1)
    judge.add_argument("--kind", default="plain", help="of the scenes: plain, water, table, wall, grass, glass or occluded (default: plain)")
    judge.add_argument("--guidance", type=float, default=1.0)
    judge.add_argument("--sheet", type=Path, metavar="SHEET.png", help="also draw the first scenes beside their truth")
    judge.set_defaults(run=evaluate)


def sentence(error: EngineError) -> str:
    """One sentence with the hint in it."""
    if not error.hint:
        return error.sentence
    return f"{error.sentence.rstrip('.')}; {error.hint[0].lower()}{error.hint[1:]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        options = parser().parse_args(arguments)
        return options.run(options)
    except EngineError as error:
        print(sentence(error), file=sys.stderr)
        return 2
    except MemoryError:
        print("There is not enough memory for this picture.", file=sys.stderr)
        return 2
    except RuntimeError as error:  # what torch raises instead
        if not any(words in str(error) for words in ("allocate memory", "out of memory")):
            raise
        print("There is not enough memory for this.", file=sys.stderr)
        return 2
    except BrokenPipeError:  # things | head
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
