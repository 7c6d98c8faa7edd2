"""The renders in their order, each written whole and skipped where it is there already."""

from __future__ import annotations

import base64
import json
import math
import random
import re
import shutil
import time
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from ..surroundings import small
from . import renders
from .blender import read_exr
from .catalogue import Model
from .table import Thing

TRAINED_PITCH = 8.0, 38.0  # of light views
# Kept for measuring, out of all training: models, and surroundings by name.
HELD_MODELS = frozenset(
    "Scopia/teapot Scopia/pottery Scopia/sneakers Scopia/reflex_camera Scopia/tricycle Scopia/casque KatorLegaz/red-wine-bottle-01 "
    "KatorLegaz/fire-hydrant KatorLegaz/office-chair BlendSwap-CC-BY/bulldog BlendSwap-CC-BY/siameseCat BlendSwap-CC-BY/hamburger "
    "BlendSwap-CC-BY/backpack BlendSwap-CC-BY/suitcase BlendSwap-CC-BY/toyTrain BlendSwap-CC-BY/succulentPlant BlendSwap-CC-BY/chest "
    "BlendSwap-CC-BY/gift BlendSwap-CC-BY/mediumIndoorPlant BlendSwap-CC-0/cupcake BlendSwap-CC-0/winchesterArmchair BlendSwap-CC-0/barrel "
    "BlendSwap-CC-0/stool BlendSwap-CC-0/basketball BlendSwap-CC-0/motorbike BlendSwap-CC-0/rock1 BlendSwap-CC-0/desklamp BlendSwap-CC-0/bread "
    "BlendSwap-CC-0/crate BlendSwap-CC-0/mofx_mailbox".split()
)
HELD_SURROUNDINGS = frozenset("courtyard interior sunset park hall bridge".split())


def order(things: list[Thing], command: str) -> list[Thing]:
    """Things in the order of rendering: for light views by chance and without the held ones."""
    if command == "pictures":
        return things
    mixed = [thing for thing in things if thing.model not in HELD_MODELS]
    random.Random("lights").shuffle(mixed)
    return mixed


def picture(models: dict[str, Model], thing: Thing, out: Path) -> int:
    path = out / f"{thing.file}.png"
    if path.exists():
        return 0
    started = time.process_time()
    pixels = renders.picture(models[thing.model], math.radians(thing.turn), math.radians(thing.pitch))
    _write_png(pixels, path)
    print(f"{thing.name}: {time.process_time() - started:.1f} s", flush=True)
    return 1


def view(models: dict[str, Model], thing: Thing, out: Path, dice: random.Random) -> int:
    """One folder of .npy files a view, so that training can map them into memory."""
    folder = out / thing.file
    if (folder / "pitch.npy").exists():
        return 0
    started = time.process_time()
    pitch, turn = dice.uniform(*TRAINED_PITCH), thing.turn + dice.uniform(-50, 50)
    arrays = renders.lights(models[thing.model], math.radians(turn), math.radians(pitch))
    part = out / f"{thing.file}.part"
    part.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(part / f"{name}.npy", array)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    print(f"{thing.name}: {time.process_time() - started:.1f} s", flush=True)
    return 1


def scenes(models: dict[str, Model], things: list[Thing], surroundings: Path, textures: Path, out: Path, count: int) -> None:
    """Whole scenes of held things under held surroundings; scenes.json lists those that are done."""
    table = out / "scenes.json"
    done = {row["key"] for row in json.loads(table.read_text("utf-8"))} if table.exists() else set()
    skies = [path for path in sorted(surroundings.glob("*.exr")) if path.stem.removeprefix("bl_") in HELD_SURROUNDINGS]
    grounds = sorted(textures.glob("*"))
    held = [thing for thing in things if thing.model in HELD_MODELS]
    for number, thing in enumerate(held):
        dice = random.Random(f"scene {thing.name}")
        grey = dice.uniform(0.25, 0.75)
        tint = tuple(min(0.9, grey * dice.uniform(0.85, 1.15)) for _ in range(3))
        texture = (grounds[number % len(grounds)], dice.uniform(0.8, 2.5)) if grounds and dice.random() < 0.8 else None
        scene = renders.Staging(
            key=f"{number:02d}-{thing.file}",
            model=models[thing.model],
            turn=math.radians(thing.turn + dice.uniform(-30, 30)),
            pitch=math.radians(dice.uniform(10, 34)),
            surroundings=skies[number % len(skies)],
            around=dice.uniform(0, 2 * math.pi),
            albedo=tint,
            roughness=dice.choice((0.35, 0.6, 0.9)),
            texture=texture,
            key_light=math.exp(dice.uniform(math.log(0.03), math.log(0.28))),
            shift=(dice.uniform(-0.2, 0.2), dice.uniform(-0.1, 0.15)),
        )
        if scene.key in done or number >= count:
            continue
        renders.append_row(table, renders.staged(scene, out))
        print(scene.key, flush=True)


def maps(surroundings: Path, out: Path) -> int:
    """Write small maps of the surroundings that are not held, for scenes.mixed.Mixer: .npz of (64, 128, 3) float32 by name; returns how many."""
    paths = [path for path in sorted(surroundings.glob("*.exr")) if path.stem.removeprefix("bl_") not in HELD_SURROUNDINGS]
    np.savez_compressed(out, **{path.stem: small(read_exr(path)[..., :3]) for path in paths})
    return len(paths)


def skies(package: Path, out: Path) -> None:
    """Copy Blender's studio lights as out/bl_NAME.exr and unpack those of the unpacked npm package @pmndrs/assets as out/NAME.exr; all CC0."""
    for path in sorted((Path(bpy.utils.system_resource("DATAFILES")) / "studiolights" / "world").glob("*.exr")):
        shutil.copyfile(path, out / f"bl_{path.name}")
    for path in sorted((package / "hdri").glob("*.exr.js")):
        coded = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text("utf-8"))
        if coded:
            (out / path.name.removesuffix(".js")).write_bytes(base64.b64decode(coded[1]))


def _write_png(pixels: np.ndarray, path: Path) -> None:
    part = path.with_suffix(".part")
    Image.fromarray(pixels).save(part, format="PNG")
    part.replace(path)
