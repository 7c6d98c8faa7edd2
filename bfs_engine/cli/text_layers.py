"""The command text-layers of python -m bfs_engine: words, or a picture, become layers that are the picture (LayeringDiff). Files in, files out."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline

from ..api import EngineError
from ..damage import DAMAGES
from ..layering.disassemble import Model, disassemble
from ..matting.words import WordsToMatte
from . import pictures


def run(options: argparse.Namespace) -> int:
    """Write composite.png, thing-1.png … (front to back) and ground.png into a folder."""
    started = time.monotonic()
    if (options.picture is None) == (options.prompt is None):
        raise EngineError("Give either --picture or --prompt.")
    if bool(options.thing) == bool(options.matte):
        raise EngineError("Say what is to be taken out: by --thing, or by --matte.", "Repeat it for several things, front to back.")
    if options.thing and options.find is None:
        raise EngineError("To find things by words, --find is needed.", "It is the folder with grounding_dino, sam and vitmatte.")
    picture, profile = composite(options)
    model = Model.load(options.model)
    layers = disassemble(model, picture, mattes(options, picture), options.steps, options.seed, _told)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{options.out} cannot be made a folder.") from error
    written = {options.out / f"thing-{number}.png": layer.thing for number, layer in enumerate(layers, 1)}
    pictures.write_pngs({options.out / "composite.png": picture, options.out / "ground.png": layers[-1].ground} | written, profile)
    print(f"{len(layers)} of {len(layers)} things and the ground are in {options.out}, after {time.monotonic() - started:.1f} s")
    return 0


def composite(options: argparse.Namespace) -> tuple[np.ndarray, bytes | None]:
    """The picture that is given, or the one that any text-to-image pipeline of diffusers makes of the prompt; its colour profile."""
    if options.picture is not None:
        given = pictures.read_picture(options.picture)
        return pictures.colours(given), given.profile
    if options.pipeline is None:
        raise EngineError("To make a picture of words, --pipeline is needed.", "It is the folder of a text-to-image pipeline.")
    try:
        pipeline = DiffusionPipeline.from_pretrained(options.pipeline, local_files_only=True)
    except (*DAMAGES, OSError, ValueError, KeyError) as error:
        raise EngineError(f"{options.pipeline} holds no pipeline that can be loaded.") from error
    pipeline.to("cuda" if torch.cuda.is_available() else "cpu")
    made = pipeline(options.prompt, generator=torch.Generator().manual_seed(options.seed), **sized(options.size)).images[0]
    return np.array(made.convert("RGB")), None


def sized(size: tuple[int, int] | None) -> dict[str, int]:
    """Width and height as a pipeline takes them; nothing where the pipeline is to choose."""
    return {} if size is None else {"width": size[0], "height": size[1]}


def mattes(options: argparse.Namespace, picture: np.ndarray) -> list[np.ndarray]:
    """(h, w) uint8, front to back; all are found in the picture as it is, so that errors do not add up."""
    if options.thing:
        find = WordsToMatte.load(options.find)
        return [find(words, picture, options.least) for words in options.thing]
    return [_matte(path) for path in options.matte]


def _matte(path: Path) -> np.ndarray:
    given = pictures.read_picture(path).pixels
    return given[..., 3] if given.shape[2] == 4 else given.max(axis=2)


def _told(done: int, every: int) -> None:
    print(f"\r{done} of {every} steps", end="\n" if done == every else "", file=sys.stderr, flush=True)
