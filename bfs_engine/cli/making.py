"""The commands of python -m bfs_engine that make layers: insert, extract, resettle, split. Files in, files out.

Bad wishes are refused in a sentence before any file is opened, and nothing is written unless all of the work succeeded.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .. import framing, lift
from ..api import POSES, Box, Engine, EngineError, ExtractRequest, InsertRequest, LayerResult, Light, Progress, ResettleRequest
from . import pictures

Builder = Callable[[Path | None], Engine]  # from a folder with weights, None for those that ship
Command = Callable[[argparse.Namespace], int]


def insert(options: argparse.Namespace, build_engine: Builder) -> int:
    """Make layers on a picture, one after another from back to front, or several candidates of one, and write them."""
    started = time.monotonic()
    boxes = [Box(*numbers) for numbers in options.box]
    refuse_wishes(options)
    picture = pictures.read_picture(options.background)
    for box in boxes:
        framing.check_box(box, picture.width, picture.height)
    reference = pictures.read_picture(options.reference).pixels if options.reference else None
    prompts = options.prompt or [""]
    engine = build_engine(options.model)
    colours = pictures.colours(picture)
    made: list[LayerResult] = []
    for box, prompt in zip(boxes, prompts, strict=True):
        if made:  # the next thing stands before the one before it
            colours = pictures.over(pictures.on_canvas(made[-1], picture.width, picture.height), colours)
        crop = framing.crop_around(box, picture.width, picture.height, engine.box_fraction)
        request = InsertRequest(
            prompt, box, crop, framing.cut(colours, crop), **_settings(options, engine), reference=reference, count=options.candidates, pose=options.pose,
            light=light_of(options),
        )
        made += engine.insert(request, _quietly)
    _write(options, picture, made, stacked=len(boxes) > 1)
    what = ", ".join(dict.fromkeys(str(result.recipe.get("understood", "")) for result in made))
    print(f"{what} in {', '.join(str(path) for path in _numbered(options.out, len(made)))}, after {time.monotonic() - started:.1f} s")
    return 0


def extract(options: argparse.Namespace, build_engine: Builder) -> int:
    """Take a thing with its shadow and reflection out of a picture whose background is known."""
    started = time.monotonic()
    refuse_wishes(options)
    picture, ground = pictures.read_picture(options.picture), pictures.read_picture(options.background)
    if (picture.width, picture.height) != (ground.width, ground.height):
        raise EngineError(f"{options.picture} and {options.background} differ in size, so they are not the same view with and without the thing.")
    composite, background = pictures.colours(picture), pictures.colours(ground)
    box = Box(*options.box) if options.box else lift.difference(composite, background)
    if box is None:
        raise EngineError("The two pictures are the same.")
    framing.check_box(box, picture.width, picture.height)
    engine = build_engine(options.model)
    crop = framing.crop_around(box, picture.width, picture.height, engine.box_fraction)
    request = ExtractRequest(
        options.prompt or "",
        box,
        crop,
        framing.cut(background, crop),
        **_settings(options, engine),
        composite=framing.cut(composite, crop),
        strength=options.strength,
    )
    results = engine.extract(request, _quietly)
    _write(options, ground, list(results))
    print(f"The thing is in {options.out}, after {time.monotonic() - started:.1f} s")
    return 0


def resettle(options: argparse.Namespace, build_engine: Builder) -> int:
    """Move a layer's thing and give it the light, shadow and reflection of its new place."""
    started = time.monotonic()
    refuse_wishes(options)
    picture = pictures.read_picture(options.background)
    layer = pictures.read_picture(options.layer)
    if layer.pixels.shape != (picture.height, picture.width, 4):
        raise EngineError(f"{options.layer} is no layer of {options.background}; it needs transparency and the picture's size.")
    thing, place = lift.thing_of(layer.pixels, layer.cover)
    place = replace(place, x=place.x + options.move[0], y=place.y + options.move[1])
    engine = build_engine(options.model)
    crop = framing.crop_around(place, picture.width, picture.height, engine.box_fraction)
    request = ResettleRequest(
        options.prompt or "",
        place,
        crop,
        framing.cut(pictures.colours(picture), crop),
        **_settings(options, engine),
        thing=lift.in_crop(thing, place, crop),
        count=options.candidates,
        light=light_of(options),
    )
    results = engine.resettle(request, _quietly)
    _write(options, picture, list(results))
    print(f"The thing is at {place.x}, {place.y} in {options.out}, after {time.monotonic() - started:.1f} s")
    return 0


def split(options: argparse.Namespace) -> int:
    """Part a layer into the thing, its shadow for the blend mode Multiply, and the light that a reflection adds."""
    refuse_wishes(options)
    layer = pictures.read_picture(options.layer)
    if layer.pixels.shape[2] != 4:
        raise EngineError(f"{options.layer} has no transparency, so there are no effects in it.")
    thing, effects = lift.split(layer.pixels, layer.cover)
    shadow, reflection = lift.shadow_and_reflection(effects)
    parts = zip((options.thing, options.shadow, options.reflection), (thing, shadow, reflection))
    pictures.write_pngs({path: part for path, part in parts if path is not None}, covers={options.thing: thing[..., 3]})
    return 0


def light_of(options: argparse.Namespace) -> Light | None:
    """The light that was asked for, or None. Raises EngineError where it cannot be."""
    if getattr(options, "light", None) is None:
        return None
    colour = tuple((part / 255) ** 2.2 for part in options.light_colour)  # sRGB, near enough for a hue
    return Light(*options.light, options.light_strength, options.light_softness, colour)


def _settings(options: argparse.Namespace, engine: Engine) -> dict:
    return {"seed": options.seed, "steps": options.steps, "guidance": options.guidance, "model": engine.name}


def refuse_wishes(options: argparse.Namespace) -> None:
    """Say what is wrong with the wishes themselves, before any file is opened."""
    trouble = _trouble(options)
    if trouble:
        raise EngineError(trouble)
    light_of(options)


def _trouble(options: argparse.Namespace) -> str | None:
    if getattr(options, "candidates", 1) < 1:
        return f"At least one candidate must be asked for, and {options.candidates} were."
    if options.command == "insert" and (trouble := _insert_trouble(options)):
        return trouble
    if getattr(options, "steps", None) is not None and options.steps < 1:
        return f"The number of steps must be at least 1, and {options.steps} was asked for."
    written = [getattr(options, name, None) for name in ("out", "composite", "thing", "ground", "shadow", "reflection")]
    for path in filter(None, written):
        if path.suffix.lower() != ".png":
            return f"The layer is written as PNG, and {path} does not end in .png."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent} to write {path.name} into."
    return None


def _insert_trouble(options: argparse.Namespace) -> str | None:
    prompts = options.prompt or [""]
    if options.reference is None and not all(prompt.strip() for prompt in prompts):
        return "The prompt is empty: say what should stand in the box."
    if len(prompts) != len(options.box):
        return f"Every box needs a prompt of its own, and there are {len(options.box)} boxes and {len(prompts)} prompts."
    if len(options.box) > 1 and options.candidates > 1:
        return "Several candidates go with one box only, because the next layer stands before one of them."
    return None


def _quietly(progress: Progress) -> None:
    """Nobody watches a command line denoise."""


def _numbered(path: Path, count: int) -> list[Path]:
    """layer.png for one, layer-1.png, layer-2.png … for more."""
    return [path] if count == 1 else [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]


def _write(options: argparse.Namespace, picture: pictures.Picture, results: list[LayerResult], stacked: bool = False) -> None:
    """The layers, and the composites: one with all layers where they are `stacked`, else one for each."""
    layers = [pictures.on_canvas(result, picture.width, picture.height) for result in results]
    written = dict(zip(_numbered(options.out, len(layers)), layers))
    covers = dict(zip(written, [pictures.cover_on_canvas(result, picture.width, picture.height) for result in results]))
    if options.composite and stacked:
        whole = picture.pixels
        for layer in layers:
            whole = pictures.over(layer, whole)
        written[options.composite] = whole
    elif options.composite:
        written |= {path: pictures.over(layer, picture.pixels) for path, layer in zip(_numbered(options.composite, len(layers)), layers)}
    pictures.write_pngs(written, picture.profile, covers)


def add_commands(commands: argparse._SubParsersAction, insert: Command, extract: Command, resettle: Command, take_apart: Command) -> None:
    """The commands and their options; the four functions are called with them."""
    add_insert(commands).set_defaults(run=insert)
    add_extract(commands).set_defaults(run=extract)
    add_resettle(commands).set_defaults(run=resettle)
    add_take_apart(commands).set_defaults(run=take_apart)
    part = commands.add_parser("split", help="part a layer into the thing and its effects")
    part.add_argument("--layer", type=Path, required=True, metavar="LAYER.png", help="straight RGBA")
    part.add_argument("--thing", type=Path, metavar="THING.png", help="the thing alone")
    part.add_argument("--shadow", type=Path, metavar="SHADOW.png", help="black, for the blend mode Multiply, below the thing")
    part.add_argument("--reflection", type=Path, metavar="LIGHT.png", help="what a reflection adds, between shadow and thing")
    part.set_defaults(run=split)


def add_insert(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    one = commands.add_parser("insert", help="make layers on a picture")
    one.add_argument("--background", type=Path, required=True, metavar="IMG", help="the picture; its EXIF orientation is honoured")
    one.add_argument("--box", type=int, nargs=4, required=True, action="append", metavar=("X", "Y", "W", "H"),
                     help="where the thing shall stand, in pixels; several boxes, each with its prompt, from back to front")  # fmt: skip
    one.add_argument("--prompt", action="append", metavar="TEXT", help="what shall stand there; as often as --box")
    one.add_argument("--reference", type=Path, metavar="PICTURE", help="shows the thing itself; cut out of its ground if it has no transparency")
    one.add_argument("--candidates", type=int, default=1, metavar="N", help="so many layers for one box: seed, seed + 1 … (default: 1)")
    one.add_argument("--pose", choices=POSES, default="auto", help="stands: on the ground; hangs, flies: no shadow in the picture (default: auto)")
    _add_light(one)
    return _add_settings(one)


def add_extract(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    one = commands.add_parser("extract", help="take a thing with its shadow out of a picture whose background is known")
    one.add_argument("--picture", type=Path, required=True, metavar="WITH.png", help="the picture with the thing")
    one.add_argument("--background", type=Path, required=True, metavar="WITHOUT.png", help="the same view without it")
    one.add_argument("--box", type=int, nargs=4, metavar=("X", "Y", "W", "H"), help="around the thing (default: all that differs)")
    one.add_argument("--prompt", metavar="TEXT", help="what it is, for models that read")
    one.add_argument("--strength", type=float, metavar="S", help="0: no model; to 1: noise that the model is shown on the picture (default: the model's own)")
    return _add_settings(one)


def add_resettle(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    one = commands.add_parser("resettle", help="move a thing and give it the light and the shadow of its new place")
    one.add_argument("--background", type=Path, required=True, metavar="IMG", help="the picture without the thing")
    one.add_argument("--layer", type=Path, required=True, metavar="LAYER.png", help="the thing on it, straight RGBA of the picture's size")
    one.add_argument("--move", type=int, nargs=2, default=(0, 0), metavar=("DX", "DY"), help="pixels to the right and down")
    one.add_argument("--prompt", metavar="TEXT", help="what it is, for models that read")
    one.add_argument("--candidates", type=int, default=1, metavar="N", help="so many layers: seed, seed + 1 … (default: 1)")
    _add_light(one)
    return _add_settings(one)


def add_take_apart(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    one = commands.add_parser("take-apart", help="take things out of a flat picture, with their shadows, and find the ground behind them")
    one.add_argument("--picture", type=Path, required=True, metavar="P.png", help="the picture")
    one.add_argument("--box", type=int, nargs=4, action="append", metavar=("X", "Y", "W", "H"), help="around a thing; several, from front to back")
    one.add_argument("--point", type=int, nargs="+", action="append", metavar="N", help="X Y on the thing, or X Y X Y … for more clicks")
    one.add_argument("--words", metavar="TEXT", help="what it is; words alone select nothing")
    one.add_argument("--matting", metavar="M", help="how soft edges are found: classical, pymatting, or the folder of a ViTMatte model (default: an edge of one pixel)")
    one.add_argument("--mask", type=Path, action="append", metavar="M.png", help="the thing in white, or in a picture with transparency; several, from front to back")
    one.add_argument("--effects", choices=("take", "leave"), default="take", help="whether shadow and reflection go with the thing (default: take)")
    one.add_argument("--thing", type=Path, required=True, metavar="THING.png", help="straight RGBA of the picture's size; several are numbered")
    one.add_argument("--ground", type=Path, required=True, metavar="GROUND.png", help="the picture without the things; of several also behind each")
    one.add_argument("--shadow", type=Path, metavar="SHADOW.png", help="its effects in a layer of their own, below the thing")
    one.add_argument("--reflection", type=Path, metavar="LIGHT.png", help="what a reflection adds, between shadow and thing")
    return one


def _add_light(one: argparse.ArgumentParser) -> None:
    one.add_argument("--light", type=float, nargs=2, metavar=("AZIMUTH", "HEIGHT"),
                     help="degrees: 0 from the right, 90 from behind, 180 from the left, 270 from the viewer; and above the ground (default: the picture's)")  # fmt: skip
    one.add_argument("--light-strength", type=float, default=0.7, metavar="S", help="with --light: its share of all light, 0 to 1 (default: 0.7)")
    one.add_argument("--light-softness", type=float, default=0.3, metavar="S", help="with --light: 0 a sharp shadow, 1 a wide one (default: 0.3)")
    one.add_argument("--light-colour", type=int, nargs=3, default=(255, 255, 255), metavar=("R", "G", "B"), help="with --light: 0 to 255 (default: white)")


def _seed(text: str) -> int:
    """As argparse wants a type: what torch takes for a seed."""
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 0 to {2**63 - 1}")
    return seed


def _add_settings(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
    one.add_argument("--seed", type=_seed, default=0, help="the same seed gives the same bytes (default: 0)")
    one.add_argument("--steps", type=int, help="denoising steps (default: the model's own)")
    one.add_argument("--guidance", type=float, help="strength of the prompt (default: the model's own)")
    one.add_argument("--out", type=Path, required=True, metavar="LAYER.png", help="straight RGBA of the picture's size; several are numbered")
    one.add_argument("--composite", type=Path, metavar="COMP.png", help="the result over the background")
    one.add_argument("--model", type=Path, metavar="DIR", help="a folder with weights (default: the starter)")
    return one
