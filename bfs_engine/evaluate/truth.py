"""Scenes rendered by other means, whose truth is known: how near a layer comes, and whether thing and shadow follow the light.

A folder holds scenes.json, [{"key", "box": [x, y, w, h]}], and for each key KEY.background.png, KEY.composite.png (the truth), KEY.matte.png (the
thing's alpha) and KEY.thing.png (its cut-out under white light, as large as the box). scenes.studio renders such folders. Where lights.json says of
every key what light it has ({"direction": to the light, right, away from the viewer and up; "directedness": 0..1, "colour": linear RGB}), what the engine makes when
it is told the light is measured too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from ..api import Box, Engine, EngineError, InsertRequest, Light
from ..cli.pictures import on_canvas, over
from ..framing import crop_around, cut

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
SEED = 2
SIDED = 0.08  # of the box's width: a shadow whose middle lies nearer to the thing's has no side


@dataclass(frozen=True, eq=False)
class Known:
    """One scene, float64 in 0..1: background, composite (h, w, 3), matte (h, w), thing (box.height, box.width, 4)."""

    key: str
    box: Box
    background: np.ndarray
    composite: np.ndarray
    matte: np.ndarray
    thing: np.ndarray
    light: dict


def read(folder: Path) -> list[Known]:
    """All scenes of a folder. Raises EngineError where it is none."""
    try:
        rows = json.loads((folder / "scenes.json").read_text("utf-8"))
        lights = folder / "lights.json"
        said = json.loads(lights.read_text("utf-8")) if lights.exists() else {}
        return [_known(folder, {"light": said.get(row["key"])} | row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"{folder} holds no scenes with their truth: {error}") from error


def _known(folder: Path, row: dict) -> Known:
    pictures = [_read(folder / f"{row['key']}.{name}.png", mode) for name, mode in (("background", "RGB"), ("composite", "RGB"), ("matte", "L"), ("thing", "RGBA"))]
    return Known(row["key"], Box(*row["box"]), *pictures, row.get("light") or {})


def _read(path: Path, mode: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert(mode), np.float64) / 255


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055).clip(0, 1)


def asked_for(scene: Known, model: str) -> InsertRequest:
    """What the command line asks for: the cut-out in its box."""
    background, thing = (np.rint(x * 255).astype(np.uint8) for x in (scene.background, scene.thing))
    crop = crop_around(scene.box, background.shape[1], background.shape[0])
    return InsertRequest("thing", scene.box, crop, cut(background, crop), seed=SEED, model=model, reference=thing)


def light_of(scene: Known) -> Light:
    """The scene's true light; how soft its shadows are is not known."""
    across, away, up = scene.light["direction"]
    colour = np.array(scene.light["colour"])
    return Light(math.degrees(math.atan2(away, across)), math.degrees(math.asin(max(0, min(up, 1)))), scene.light["directedness"], colour=tuple(colour / colour.max()))


def made_by(engine: Engine, scene: Known, told: bool = False) -> np.ndarray:
    """(h, w, 3): the scene's background with the engine's layer on it; told: the engine is told the true light."""
    request = replace(asked_for(scene, engine.name), light=light_of(scene) if told else None)
    result = engine.insert(request, lambda _: None)[0]
    height, width = scene.matte.shape
    return over(on_canvas(result, width, height), np.rint(scene.background * 255).astype(np.uint8)) / 255


def pasted(scene: Known, gain: float = 1.0) -> np.ndarray:
    """The bare cut-out on the background, its linear light multiplied by `gain`."""
    box, picture = scene.box, scene.background.copy()
    place = slice(box.y, box.bottom), slice(box.x, box.right)
    alpha = scene.thing[..., 3:]
    colour = scene.thing[..., :3] if gain == 1 else encoded(linear(scene.thing[..., :3]) * gain)
    picture[place] = colour * alpha + picture[place] * (1 - alpha)
    return picture


def brightness_matched(scene: Known) -> np.ndarray:
    """The cut-out as bright as the ground around it is, against a middle ground of a quarter."""
    box = scene.box
    around = scene.background[max(0, box.y - box.height // 3) : box.bottom + box.height // 3, max(0, box.x - box.width // 3) : box.right + box.width // 3]
    return pasted(scene, float((linear(around) @ LUMINANCE).mean() / 0.25))


def measured(scene: Known, made: np.ndarray) -> dict[str, float]:
    """Numbers of one composite, (h, w, 3): decibels in the region of thing and effects, shadow's correlation, mass and side, gain and cast."""
    truth, ground = scene.composite, scene.background
    changed = (np.abs(truth - ground).max(-1) > 4 / 255) | (scene.matte > 0.02)
    region = np.asarray(Image.fromarray(changed).convert("L").filter(ImageFilter.MaxFilter(9))) > 0
    ring = region & (scene.matte < 0.02)
    light = {name: linear(picture) @ LUMINANCE for name, picture in (("truth", truth), ("made", made), ("ground", ground), ("paste", pasted(scene)))}
    dark = {name: (1 - (light[name] + 0.01) / (light["ground"] + 0.01))[ring] for name in ("truth", "made")}
    across = np.mgrid[: truth.shape[0], : truth.shape[1]][1][ring]
    middle, width = scene.box.x + scene.box.width / 2, scene.box.width
    side = {name: float((d.clip(0) * (across - middle)).sum() / max(d.clip(0).sum(), 1e-6) / width) for name, d in dark.items()}
    inside = scene.matte > 0.95

    def tone(name: str, picture: np.ndarray) -> tuple[float, float]:
        red, blue = (linear(picture)[inside][:, channel].mean() + 1e-4 for channel in (0, 2))
        return float(np.log(light[name][inside].mean() + 1e-4)), float(np.log(red) - np.log(blue))

    tones = {name: tone(name, picture) for name, picture in (("truth", truth), ("made", made), ("paste", pasted(scene)))}
    row = {
        "composite": float(-10 * np.log10(max(((made - truth)[region] ** 2).mean(), 1e-12))),
        "correlation": float(np.corrcoef(dark["truth"], dark["made"])[0, 1]) if dark["made"].std() > 0 else 0.0,
        "mass": float(dark["made"].clip(0).sum() / max(dark["truth"].clip(0).sum(), 1e-6)),
    }
    for at, number in enumerate(("gain", "cast")):
        row |= {f"{number} {name}": tones[name][at] - tones["paste"][at] for name in ("truth", "made")}
    return row | {f"side {name}": side[name] for name in ("truth", "made")}


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Over scenes: means of decibels and correlation, median mass, share of shadows on the true side, correlations of gain and cast."""
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    sided = np.abs(table["side truth"]) > SIDED
    right = np.sign(table["side truth"][sided]) == np.sign(table["side made"][sided])
    return {
        "scenes": len(rows),
        "composite": float(table["composite"].mean()),
        "correlation": float(np.nanmean(table["correlation"])),
        "mass": float(np.median(table["mass"])),
        "right side": float(right.mean()) if sided.any() else float("nan"),
        "gain": _correlation(table["gain truth"], table["gain made"]),
        "cast": _correlation(table["cast truth"], table["cast made"]),
    }


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; NaN where one of them does not vary."""
    return float(np.corrcoef(one, other)[0, 1]) if min(one.std(), other.std()) > 1e-9 else float("nan")


def compare(scenes: Iterable[Known], ways: dict[str, Callable[[Known], np.ndarray]]) -> str:
    """A Markdown table of `summary` for each way of making a composite."""
    scenes = list(scenes)
    rows = {name: summary([measured(scene, way(scene)) for scene in scenes]) for name, way in ways.items()}
    columns = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(f"{value:.0f}" if column == "scenes" else f"{value:.2f}" for column, value in row.items()) + " |" for name, row in rows.items()]
    return "\n".join(lines)


def study(folder: Path, engine: Engine) -> str:
    """The table of an engine beside the bare and the brightness-matched paste (`python -m bfs_engine study truth --scenes FOLDER`)."""
    ways = {"bare paste": pasted, "brightness matched": brightness_matched, engine.name: lambda scene: made_by(engine, scene)}
    scenes = read(folder)
    if all(scene.light.get("direction") for scene in scenes):
        ways[f"{engine.name}, told the light"] = lambda scene: made_by(engine, scene, told=True)
    return compare(scenes, ways)
