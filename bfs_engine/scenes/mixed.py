"""Scenes mixed from renders of one light at a time: true light and shadow at the price of a sum.

Light is linear: a thing's look under any surroundings is the sum of its looks under each light alone (scenes.studio.renders.lights), weighed with
what the surroundings send from there; the floor's shadow likewise. So layers are true, the light is known, and a scene costs what a drawn one costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch

from ..api import EngineError
from .grounds import noise, texture
from .render import Scenes
from .surroundings import LUMINANCE, ON_FLOOR, Lamp, blurred, drawn, main_lamp, main_light, seen, small, weights

FIELD = math.radians(34)  # of the camera that took the views
GROUNDS = 24  # textures drawn in advance
CLOUDS = 8
REFERENCE_KEY = 0.28  # geometric mean of the reference's own light
HARD = 3.0  # how much narrower than the rendered ones a hard sun's penumbra is
IN_AIR = 0.08  # share of scenes with a thing in the sky
LIBRARY_LIGHT = np.array([-0.5, -0.6, 0.8]) / math.sqrt(1.25)  # of the library's pictures (studio.renders.picture)


@dataclass(frozen=True, eq=False)
class View:
    """One thing in one pose from one camera, as scenes.studio.renders.lights describes it; `light` is mapped from the disk."""

    name: str
    light: np.ndarray
    alpha: np.ndarray
    reference: np.ndarray
    directions: np.ndarray
    pitch: float


class Mixer:
    """Views, surroundings and floors to mix scenes from; the same seed gives the same scenes.

    views: a folder of folders of .npy files. surroundings: .npz of equirectangular maps by name, or None.
    """

    def __init__(self, views: Path, surroundings: Path | None = None, seed: int = 0) -> None:
        self.views = [_view(folder) for folder in sorted(views.iterdir()) if (folder / "pitch.npy").exists()]
        if not self.views:
            raise EngineError(f"There are no light views in {views}.", "Render them first: docs/engine/things.md.")
        maps = np.load(surroundings) if surroundings is not None else {}
        self.surroundings = [small(maps[name]) for name in maps]
        dice = np.random.default_rng(seed)
        self.floors = [texture(dice) for _ in range(GROUNDS)]
        self.clouds = [noise(dice, 512, 1.7).astype(np.float32) for _ in range(CLOUDS)]

    def scenes(self, seed: tuple[int, ...], count: int, size: int) -> Scenes:
        """`count` scenes of side `size`, float32 in 0..1."""
        dice = np.random.default_rng(seed)
        made = [self._scene(dice, size) for _ in range(count)]
        planes = torch.from_numpy(np.stack([scene.planes for scene in made])).permute(0, 3, 1, 2).contiguous()
        box = torch.from_numpy(np.stack([scene.box for scene in made]))
        light = torch.tensor([scene.light for scene in made])
        whole, thing = planes[:, 3:4].clamp(0, 1), planes[:, 4:5].clamp(0, 1)
        whole = torch.where(whole < 1e-4, 0.0, whole)
        zero = torch.zeros(count)
        return Scenes(
            background=planes[:, 8:11],
            foreground=torch.cat([_straight(planes[:, :3], whole), whole], 1),
            object_alpha=thing,
            effect_alpha=(whole - thing).clamp(min=0),
            reference=torch.cat([_straight(planes[:, 5:8], thing), torch.where(thing < 1e-4, 0.0, thing)], 1),
            box=box,
            thing=torch.zeros(count, dtype=torch.long),
            light=light,
            lit=light.abs() > 0.15,
            floor=box[:, 1] + box[:, 3],
            horizon=zero - 1,
            lamp=torch.tensor([scene.lamp.numbers() for scene in made]),
        )

    def _scene(self, dice: np.random.Generator, size: int) -> Mixed:
        view = self.views[dice.integers(len(self.views))]
        light, sun = drawn(dice, self.surroundings, view.directions)
        look = _mixed(view, weights(light, view.directions), sun)  # direct, bounce, shade
        alpha = view.alpha[..., None]
        if dice.random() < IN_AIR:
            ground = under = self._sky(dice, light, len(alpha))
            bounce = np.full(3, 0.1)
        else:
            ground, under, bounce = self._on_floor(dice, view, light, look)
        thing = look[0] + look[1] * bounce
        direction, sideways = main_light(light)
        straight = np.where(alpha > 1e-3, thing / np.maximum(alpha, 1e-3), 0)
        return _photographed(dice, view, size, (ground, under, straight), (float(direction[0] * sideways), main_lamp(light)))

    def _sky(self, dice: np.random.Generator, light: np.ndarray, side: int) -> np.ndarray:
        """(side, side, 3): what is seen above the horizon, now and then with clouds."""
        seen_sky = seen(blurred(light, 1.5), _rays(-dice.uniform(math.radians(18), math.radians(60)), side))
        if dice.random() < 0.6:
            cloud = self.clouds[dice.integers(len(self.clouds))][:side, :side]
            seen_sky = seen_sky * np.exp(dice.uniform(0.05, 0.5) * cloud)[..., None]
        return seen_sky.astype(np.float32)

    def _on_floor(self, dice: np.random.Generator, view: View, light: np.ndarray, look: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The ground without and with the thing's shadow and mirror image, (side, side, 3) light, and the floor's colour near the thing, (3,)."""
        side, alpha = len(view.alpha), view.alpha[..., None]
        look[2][_far_rows(view.pitch, side)] = 1
        albedo, rays, floor = self._floor(dice, view.pitch, side)
        irradiance = (light * ON_FLOOR[..., None]).sum((0, 1)) / math.pi
        rough = dice.choice([3, 8, 20, 40])
        fresnel = _fresnel(rays, rough, dice)
        mirrored = seen(blurred(light, rough), rays * np.array([1, 1, -1], np.float32)) * fresnel
        behind = seen(blurred(light, 1.5), rays)
        foot = int(np.flatnonzero((view.alpha > 0.5).any(1))[-1])
        image = _mirror_image(np.concatenate([look[0] + look[1] * 0.2, alpha], -1), foot, rough)
        ground = np.where(floor[..., None], albedo * irradiance + mirrored, behind)
        near = slice(max(0, foot - side // 6), min(side, foot + side // 8))
        bounce = albedo[near][floor[near]].mean(0) if floor[near].any() else albedo.mean((0, 1))
        under = np.where(floor[..., None], albedo * irradiance * look[2] + mirrored * (1 - image[..., 3:]) + image[..., :3] * fresnel, behind)
        return ground, under, bounce

    def _floor(self, dice: np.random.Generator, pitch: float, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The floor's albedo (side, side, 3), the camera's rays (side, side, 3) and where they meet the floor (side, side) bool."""
        rays = _rays(pitch, side)
        floor = rays[..., 2] < -1e-3
        distance = np.where(floor, -1 / np.minimum(rays[..., 2], -1e-3), 0)
        turn, scale = dice.uniform(0, 2 * math.pi), dice.uniform(0.2, 1.4)
        x, y = rays[..., 0] * distance, rays[..., 1] * distance
        u = (x * math.cos(turn) - y * math.sin(turn)) / scale + dice.random()
        v = (x * math.sin(turn) + y * math.cos(turn)) / scale + dice.random()
        pattern = self.floors[dice.integers(len(self.floors))]
        wide = len(pattern)
        far = np.clip(distance * 0.0045 / scale * wide / 4, 1, None)[..., None]  # nearer to the mean far away, against moiré
        sampled = cv2.remap(pattern, ((u % 1) * (wide - 1)).astype(np.float32), ((v % 1) * (wide - 1)).astype(np.float32), cv2.INTER_LINEAR)
        mean = pattern.mean((0, 1))
        sampled = sampled / far + mean * (1 - 1 / far)
        sampled = sampled * dice.uniform(0.06, 0.65) / max(float((sampled @ LUMINANCE).mean()), 1e-3) * np.exp(dice.normal(0, 0.08, 3))
        if dice.random() < 0.35:  # plainer
            mean = sampled.mean((0, 1))
            sampled = mean + (sampled - mean) * dice.uniform(0, 0.7)
        if dice.random() < 0.2:  # something dark lies there, which is no shadow
            cx, cy, rx, ry = dice.uniform(-1, 1), dice.uniform(2, 5), dice.uniform(0.1, 0.6), dice.uniform(0.1, 0.6)
            edge = (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 - 1) / dice.uniform(0.05, 0.6)
            stain = 1 / (1 + np.exp(np.clip(edge, -50, 50)))
            sampled = sampled * (1 - dice.uniform(0.2, 0.8) * stain[..., None])
        if dice.random() < 0.1:  # the ground ends
            floor &= distance * rays[..., 1] < dice.uniform(3.5, 9)
        return np.clip(sampled, 0.005, 0.92).astype(np.float32), rays, floor


@dataclass(frozen=True, eq=False)
class Mixed:
    """planes (size, size, 11): layer premultiplied, its alpha, the thing's alpha, reference premultiplied, background; box (4,); light: see Scenes."""

    planes: np.ndarray
    box: np.ndarray
    light: float
    lamp: Lamp


def _rays(pitch: float, side: int) -> np.ndarray:
    """(side, side, 3) unit vectors of the camera's pixels; pitch: radians that it looks down."""
    reach = math.tan(FIELD / 2)
    down, across = np.mgrid[0:side, 0:side]
    right, up = ((across + 0.5) / side * 2 - 1) * reach, (1 - (down + 0.5) / side * 2) * reach
    rays = np.stack([right, math.cos(pitch) + up * math.sin(pitch), -math.sin(pitch) + up * math.cos(pitch)], -1)
    return (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)


def _far_rows(pitch: float, side: int) -> np.ndarray:
    """(side,) bool: rows so near to the horizon that no shadow of the thing falls there, and where the rendered floor may have ended."""
    up = (1 - (np.arange(side) + 0.5) / side * 2) * math.tan(FIELD / 2)
    return -math.sin(pitch) + up * math.cos(pitch) > -0.06


def _view(folder: Path) -> View:
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r" if name == "light" else None) for name in ("light", "alpha", "reference", "directions")}
    alpha, reference = (arrays[name].astype(np.float32) for name in ("alpha", "reference"))
    return View(folder.name, arrays["light"], alpha, reference, arrays["directions"], float(np.load(folder / "pitch.npy")))


def _mixed(view: View, shares: np.ndarray, sun: np.ndarray | None) -> np.ndarray:
    """The three kinds (3, h, w, 3) of a view under lights weighed (k + 1, 3); lights of under a 500th of all are left out. The shadow of a hard sun, which
    stands in direction (3,), is made sharper than that of the soft suns that were rendered."""
    hard = -1 if sun is None else int((view.directions @ sun).argmax())
    height = np.append(view.directions[:, 2], 1.0).astype(np.float32)
    kinds = []
    for channel in range(3):
        share = shares[:, channel]
        used = np.flatnonzero(share > share.sum() * 2e-3)
        light = torch.from_numpy(np.ascontiguousarray(view.light[channel][used])).float()
        weight = torch.from_numpy(share[used])
        thing = torch.tensordot(weight, light[:, :2], 1) * float(share.sum() / max(share[used].sum(), 1e-9))
        on_floor = weight * torch.from_numpy(height[used])
        if hard in used:
            visible = light[int(np.flatnonzero(used == hard)[0]), 2]
            visible.copy_(((visible - 0.5) * HARD + 0.5).maximum(visible.clamp(max=0.12)).clamp(max=1))
        shade = torch.tensordot(on_floor, light[:, 2:], 1) / on_floor.sum().clamp(min=1e-6)
        kinds.append(torch.cat([thing, shade]))
    return torch.stack(kinds, -1).numpy()


def _fresnel(rays: np.ndarray, rough: float, dice: np.random.Generator) -> np.ndarray:
    """(h, w, 1): how much a floor of that roughness mirrors, after Schlick."""
    grazing = (1 - np.abs(rays[..., 2])) ** 5
    return ((0.04 + 0.96 * grazing * dice.uniform(0.3, 0.9)) * (1 - rough / 45) * dice.uniform(0.3, 1.0)).astype(np.float32)[..., None]


def _mirror_image(thing: np.ndarray, foot: int, rough: float) -> np.ndarray:
    """Premultiplied (h, w, 4) below its foot, upside down, blurred by the floor's roughness."""
    rows = 2 * foot - np.arange(len(thing))
    inside = (rows >= 0) & (rows < len(thing))
    image = np.where(inside[:, None, None], thing[rows.clip(0, len(thing) - 1)], 0).astype(np.float32)
    return cv2.GaussianBlur(image, (0, 0), 0.8 + rough * 0.12)


Looks = tuple[np.ndarray, np.ndarray, np.ndarray]


def _photographed(dice: np.random.Generator, view: View, size: int, looks: Looks, light: tuple[float, Lamp]) -> Mixed:
    """Ground, ground with the thing's effects and the thing itself (`looks`, light) as a camera shows them: exposure from night to noon, a cast, a curve, the
    frame, noise."""
    ground, _, _ = looks
    cast = np.exp(dice.normal(0, 0.12, 3)).astype(np.float32)
    cast /= cast @ LUMINANCE
    middle = float(np.exp(np.mean(np.log(ground @ LUMINANCE + 1e-4))))
    gain = min(math.exp(dice.uniform(math.log(0.018), math.log(0.3))) / middle, dice.uniform(0.8, 1.6) / max(float(np.percentile(ground @ LUMINANCE, 97)), 1e-5))
    knee = dice.uniform(0.5, 0.75)
    background, floor, look = (_encoded(each * gain * cast, knee) for each in looks)
    effects, shadow = _difference(background, floor)
    alpha = view.alpha[..., None]
    layer = look * alpha + (1 - alpha) * shadow * effects
    shown = _shown(dice, view)
    planes = np.concatenate([layer, alpha + (1 - alpha) * shadow, alpha, shown * alpha, background], -1).astype(np.float32)
    sideways, lamp = light
    if dice.random() < 0.5:
        planes, sideways, lamp = planes[:, ::-1], -sideways, replace(lamp, towards=(-lamp.towards[0], *lamp.towards[1:]))
    planes, box = _framed(dice, planes, size)
    grain = dice.normal(0, dice.choice([0, 0.004, 0.012]), (size, size, 1)).astype(np.float32)
    planes[..., 8:11] = (planes[..., 8:11] + grain).clip(0, 1)
    return Mixed(planes, box, float(sideways), lamp)


def _framed(dice: np.random.Generator, planes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The part of planes (side, side, 11) around the thing that a frame of `size` shows, and the thing's box in it."""
    rows, columns = (np.flatnonzero((planes[..., 4] > 0.5).any(axis)) for axis in (1, 0))
    left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    side = min(max(right - left, bottom - top) / dice.uniform(0.46, 0.62), len(planes))
    x, y = (np.clip((a + b) / 2 - side / 2 + dice.normal(0, 0.04) * side, 0, len(planes) - side) for a, b in ((left, right), (top, bottom)))
    scale = size / side
    matrix = np.array([[scale, 0, -x * scale + (scale - 1) / 2], [0, scale, -y * scale + (scale - 1) / 2]], np.float32)
    parts = [np.ascontiguousarray(planes[..., at : at + 4]) for at in (0, 4, 8)]
    planes = np.dstack([cv2.warpAffine(part, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for part in parts])
    return planes, np.array([(left - x) * scale, (top - y) * scale, (right - left) * scale, (bottom - top) * scale], np.float32)


def _difference(background: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The thinnest layer that turns a background into a floor with effects, both (h, w, 3) in 0..1: its colour (h, w, 3) and alpha (h, w, 1)."""
    change = floor - background
    room = np.where(change < 0, background, 1 - background)
    alpha = (np.abs(change) / np.maximum(room, 1e-3)).max(-1, keepdims=True).clip(0, 1)
    alpha = np.where(np.abs(change).max(-1, keepdims=True) < 1 / 255, 0, alpha)
    colour = (background + change / np.maximum(alpha, 1e-3)).clip(0, 1)
    return colour, alpha


def _shown(dice: np.random.Generator, view: View) -> np.ndarray:
    """The reference's colours, (h, w, 3): under uniform white, or as in the library's pictures with a soft light from the upper left."""
    alpha = np.maximum(view.alpha[..., None], 1e-3)
    plain = view.reference
    library = dice.random() < 0.5
    if library:
        near = np.maximum(view.directions @ LIBRARY_LIGHT - 0.75, 0)
        key = np.tensordot((near / near.sum()).astype(np.float32), view.light[:, :-1, 0].astype(np.float32), (0, 1)).transpose(1, 2, 0)
        plain = 0.5 * plain + 0.6 * key
    plain = np.where(view.alpha[..., None] > 1e-3, plain / alpha, 0)
    core = plain[view.alpha > 0.9] if (view.alpha > 0.9).any() else plain[view.alpha > 0.3]
    middle = float(np.exp(np.mean(np.log(core @ LUMINANCE + 1e-4))))
    own = float(np.clip(0.2 / middle, 0.6, 1.2)) if library else REFERENCE_KEY * math.exp(dice.normal(0, 0.15)) / middle
    return _encoded(plain * own, 0.6)


def _encoded(light: np.ndarray, knee: float) -> np.ndarray:
    """Linear light as sRGB 0..1, rolled off above the knee."""
    light = np.maximum(light, 0)
    room = max(1 - knee, 1e-6)
    rolled = np.minimum(light, knee) + room * (1 - np.exp(-np.maximum(light - knee, 0) / room))
    return np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055).clip(0, 1).astype(np.float32)


def _straight(premultiplied: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    return torch.where(alpha > 1e-4, premultiplied / alpha.clamp(min=1e-4), torch.zeros(())).clamp(0, 1)
