"""The commands `train` and `export` of python -m bfs_engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from ..api import EngineError
from ..bfs.starter import frame_side, load_pipeline
from ..scenes.mixed import Mixer
from ..scenes.render import Sprites, library_sprites, pack, render_many
from ..scenes.sprites import draw_all, read_table
from .grow import grown
from .starter import StarterConfig, StarterTraining, export, make_codecs, train

SHIPPED = Path(__file__).with_name("starter.json")  # frames of 128 pixels; larger.json, effects.json and kinds.json go on at 256. training.json tells what was really done


def run(
    folder: Path, config: Path | None, until: int | None, font: Path | None, start: Path | None = None,
    views: Path | None = None, surroundings: Path | None = None,
) -> None:  # fmt: skip
    """Train in `folder` up to step `until`; a folder that holds a run goes on from its last checkpoint. views, surroundings: as scenes.mixed.Mixer takes
    them, for configurations that train on mixed scenes."""
    mixer = None if views is None else Mixer(views, surroundings)
    train(_configuration(folder, config), folder, sprites(font), until, start, mixer)


def write_model(folder: Path, model: Path, font: Path | None) -> None:
    """Export the run in `folder` to the folder `model`."""
    config = _configuration(folder, None)
    things = sprites(font)
    if not (folder / "checkpoint.pt").exists():
        raise EngineError(f"There is no checkpoint in {folder}.", "Train a while first.")
    training = StarterTraining(replace(config, mixed=0.0), folder, things, make_codecs(config, folder, things))
    training.resume()
    training.config = config
    export(training, model)


def grow(model: Path, out: Path, more: int, count: int, seed: int) -> None:
    """Write the starter in `model` for frames of twice the side to `out`, library included; its new detail is fitted to `count` scenes."""
    if out.exists():
        raise EngineError(f"{out} is there already.", "Name another folder.")
    things, pipeline = library_sprites(model / "library"), load_pipeline(model)
    scenes = render_many(things, seed, count, 2 * frame_side(pipeline))
    larger = grown(pipeline, scenes, more)
    larger.transformer.half()
    larger.save_pretrained(out, max_shard_size="15MB")
    shutil.copytree(model / "library", out / "library")
    about = {"grown": {"side": frame_side(larger), "more": more, "scenes": count, "seed": seed}}
    if (model / "training.json").exists():
        about["started_from"] = json.loads((model / "training.json").read_text())
    (out / "training.json").write_text(json.dumps(about, indent=1) + "\n")


def _configuration(folder: Path, config: Path | None) -> StarterConfig:
    started = folder / "config.json"
    return StarterConfig.load(config or (started if started.exists() else SHIPPED))


def sprites(font: Path | None) -> Sprites:
    """All things of the table, drawn with an emoji font."""
    try:
        return pack(draw_all(read_table(), font))
    except OSError as error:
        raise EngineError(f"The things to train on cannot be drawn: {error}") from error
