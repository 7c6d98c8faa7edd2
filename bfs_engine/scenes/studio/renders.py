"""What is rendered of a thing: its picture for the library, its look under one light at a time, a whole scene whose layers are known."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from . import blender
from .blender import Shot
from .catalogue import Model
from .tone import LUMINANCE, encoded, exposure, straight

WHITE_KEY = 0.28  # of the thing's own light in its picture under a white sky
LIBRARY_KEY, BRIGHTER = 0.3, (0.9, 1.4)  # the same of a library picture, and how far it is followed
FLOOR = 0.8  # albedo of the floor under one light at a time
FIELD = 34.0  # degrees of the camera


# The library's picture


def picture(model: Model, turn: float, pitch: float, side: int = 384, samples: int = 12) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA, trimmed, longest side at most `side`: the thing in a bright sky, on no floor.

    A broad soft light from above and the camera models it; neither side is brighter, for what stands in a picture may be lit from either.
    """
    blender.begin()
    blender.camera(blender.load(model, 1.0, turn), pitch)
    blender.sky(0.6)
    above = blender.sun(110)
    above.data.energy = math.pi * 0.5
    blender.aim(above, np.array([0.0, -0.5, 0.85]))
    cutout = library_picture(blender.take(Shot(side * 17 // 16, samples)))
    if max(cutout.shape[:2]) > side:
        shrunk = Image.fromarray(cutout)
        shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
        cutout = np.asarray(shrunk)
    return cutout


def library_picture(light: np.ndarray) -> np.ndarray:
    """Premultiplied linear (h, w, 4) as a cut-out, trimmed, exposed by the thing alone; dark things stay dark and white ones white."""
    colour, alpha = straight(light)
    core = colour[alpha > 0.9] if (alpha > 0.9).sum() > 50 else colour[alpha > 0.2]
    gain = float(np.clip(exposure(core, LIBRARY_KEY), *BRIGHTER))
    rgba = np.rint(np.dstack([encoded(colour * gain), alpha]) * 255).astype(np.uint8)
    rgba[rgba[..., 3] >= 250, 3] = 255
    rgba[rgba[..., 3] < 3] = 0
    shown = rgba[..., 3] > 0
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    return rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


# One light at a time


def directions(count: int) -> np.ndarray:
    """(count, 3) unit vectors of equal areas over the upper half, in a spiral from the horizon to the zenith."""
    height = (np.arange(count) + 0.5) / count
    angle, radius = np.arange(count) * math.pi * (3 - math.sqrt(5)), np.sqrt(1 - height * height)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], -1)


@dataclass(frozen=True)
class Lights:
    """count: soft suns of `width` degrees beside a uniform sky; side: pixels; samples a pixel, three times as many for the sky."""

    count: int = 24
    width: float = 8.0
    side: int = 224
    samples: int = 8
    margin: float = 2.1


def lights(model: Model, turn: float, pitch: float, how: Lights = Lights()) -> dict[str, np.ndarray]:  # noqa: B008
    """The thing under each light alone, on a white floor and on none.

    `light` (3 colours, count + 1, 3 kinds, side, side) float16: direct light on the thing and the bounce of a floor of albedo 1, both
    premultiplied; the floor's irradiance with the thing over that without. The last light is the upper sky. `alpha`; `reference`: the
    thing under uniform white, premultiplied; `directions` (count, 3); `pitch`.
    """
    scene = blender.begin()
    scene.cycles.diffuse_bounces = 2
    objects = blender.load(model, 1.0, turn)
    ground = blender.floor((FLOOR,) * 3)
    blender.camera(objects, pitch, FIELD, how.margin)
    shot, long = Shot(how.side, how.samples, 3), Shot(how.side, how.samples * 3, 3)
    towards = directions(how.count)

    def each(last_sky: bool) -> list[np.ndarray]:
        blender.sky(0.0)
        lamp = blender.sun(how.width)
        taken = []
        for direction in towards:
            blender.aim(lamp, direction)
            taken.append(blender.take(shot))
        lamp.hide_render = True
        blender.sky(1.0, upper_half=last_sky)
        return [*taken, blender.take(long)]

    scene.render.film_transparent = False
    on_floor = each(False)
    ground.hide_render = True
    scene.render.film_transparent = True
    alone = each(True)
    blender.sky(1.0)
    reference = blender.take(long)
    return _packed(on_floor, alone, reference, towards, pitch)


def _packed(on_floor: list[np.ndarray], alone: list[np.ndarray], reference: np.ndarray, towards: np.ndarray, pitch: float) -> dict[str, np.ndarray]:
    alpha = reference[..., 3].clip(0, 1)
    side = len(alpha)
    rows = (1 - (np.arange(side) + 0.5) / side * 2) * math.tan(math.radians(FIELD) / 2)
    no_floor = np.sin(-pitch) + rows * np.cos(pitch) > -0.02  # rows at the horizon and above it
    kinds = []
    for with_floor, thing, height in zip(on_floor, alone, [*towards[:, 2], 1.0], strict=True):
        shade = with_floor[..., :3] / (FLOOR * height)
        shade[no_floor] = 1
        shade = _filled(shade, alpha > 0.03).clip(0, 1.6)
        bounce = _filled(np.maximum(with_floor[..., :3] - thing[..., :3], 0) / FLOOR, alpha < 0.97) * alpha[..., None]
        kinds.append(np.stack([thing[..., :3], bounce, shade]))
    light = np.stack(kinds).transpose(4, 0, 1, 2, 3)
    return {
        "light": light.astype(np.float16),
        "alpha": alpha.astype(np.float16),
        "reference": reference[..., :3].astype(np.float16),
        "directions": towards.astype(np.float32),
        "pitch": np.float32(pitch),
    }


def _filled(values: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """values with the nearest known ones where they are unknown."""
    if unknown.all():
        return values
    nearest = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
    return values[nearest[0], nearest[1]]


# A whole scene, for measuring


@dataclass(frozen=True)
class Staging:
    """One test scene. albedo: the floor's, times the texture (file, side in things); surroundings: an equirectangular EXR, turned."""

    key: str
    model: Model
    turn: float
    pitch: float
    surroundings: Path
    around: float
    albedo: tuple[float, float, float]
    roughness: float
    texture: tuple[Path, float] | None
    key_light: float
    shift: tuple[float, float]


def staged(scene: Staging, out: Path, size: tuple[int, int] = (384, 288), samples: int = 24) -> dict:
    """Write KEY.composite, .background, .matte and .thing PNGs of one path-traced scene; returns its row for scenes.json.

    thing: the cut-out under uniform white, as large as the box; light: the floor's irradiance from the left and from the right.
    """
    made = blender.begin()
    made.render.film_transparent = False
    objects = blender.load(scene.model, 1.0, scene.turn)
    ground = blender.floor(scene.albedo, scene.roughness, scene.texture)
    blender.camera(objects, scene.pitch, 40.0, 2.1, scene.shift)
    blender.surroundings(scene.surroundings, scene.around)
    shot = Shot(size, samples)
    whole = blender.take(shot)[..., :3]
    for each in objects:
        each.hide_render = True
    empty = blender.take(shot)[..., :3]
    for each in objects:
        each.hide_render = False
    ground.hide_render = True
    made.render.film_transparent = True
    blender.sky(1.0)
    white = blender.take(shot)
    gain = exposure(empty, scene.key_light)
    gain = min(gain, 1.3 / max(float(np.percentile(empty @ LUMINANCE, 97)), 1e-5))
    colour, alpha = straight(white)
    core = colour[alpha > 0.9] if (alpha > 0.9).any() else colour[alpha > 0.3]
    thing = np.dstack([encoded(colour * exposure(core, WHITE_KEY)), alpha])
    rows, columns = np.flatnonzero((alpha > 0.02).any(1)), np.flatnonzero((alpha > 0.02).any(0))
    box = [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]
    x, y, width, height = box
    for name, array in {
        "composite": encoded(whole * gain),
        "background": encoded(empty * gain),
        "matte": alpha,
        "thing": thing[y : y + height, x : x + width],
    }.items():
        Image.fromarray(np.rint(array * 255).astype(np.uint8)).save(out / f"{scene.key}.{name}.png")
    return {"key": scene.key, "box": box, "model": scene.model.key, "surroundings": scene.surroundings.stem, "pitch": scene.pitch}


def append_row(path: Path, row: dict) -> None:
    """Add a row to a JSON list, which is whole at every moment."""
    rows = json.loads(path.read_text("utf-8")) if path.exists() else []
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps([*rows, row], indent=1), "utf-8")
    fresh.replace(path)
