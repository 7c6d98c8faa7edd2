"""The commands `train` and `export` of python -m bfs_engine."""

from __future__ import annotations

from pathlib import Path

from ..api import EngineError
from ..scenes.render import Sprites, pack
from ..scenes.sprites import draw_all, read_table
from .starter import StarterConfig, StarterTraining, export, make_codecs, train

SHIPPED = Path(__file__).with_name("starter.json")  # of the last run of the shipped weights; their training.json tells the whole history


def run(folder: Path, config: Path | None, until: int | None, font: Path | None, start: Path | None = None) -> None:
    """Train in `folder` up to step `until`; a folder that holds a run goes on from its last checkpoint."""
    train(_configuration(folder, config), folder, sprites(font), until, start)


def write_model(folder: Path, model: Path, font: Path | None) -> None:
    """Export the run in `folder` to the folder `model`."""
    config = _configuration(folder, None)
    things = sprites(font)
    if not (folder / "checkpoint.pt").exists():
        raise EngineError(f"There is no checkpoint in {folder}.", "Train a while first.")
    training = StarterTraining(config, folder, things, make_codecs(config, folder, things))
    training.resume()
    export(training, model)


def _configuration(folder: Path, config: Path | None) -> StarterConfig:
    started = folder / "config.json"
    return StarterConfig.load(config or (started if started.exists() else SHIPPED))


def sprites(font: Path | None) -> Sprites:
    """All things of the table, drawn with an emoji font."""
    try:
        return pack(draw_all(read_table(), font))
    except OSError as error:
        raise EngineError(f"The things to train on cannot be drawn: {error}") from error
