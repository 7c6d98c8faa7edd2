"""Scenes mixed from renders of one light at a time: true light and shadow at the price of a sum.

Light is linear: a thing's look under any surroundings is the sum of its looks under each light alone (scenes.studio.renders.lights), weighed with
what the surroundings send from there; the floor's shadow likewise. So layers are true, the light is known, and a scene costs what a drawn one costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from ..api import EngineError
from .grounds import texture
from .render import Scenes
from .surroundings import LUMINANCE, ON_FLOOR, blurred, drawn, main_light, seen, small, weights

FIELD = math.radians(34)  # of the camera that took the views
GROUNDS = 24  # textures drawn in advance
REFERENCE_KEY = 0.28  # geometric mean of the reference's own light


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

    def scenes(self, seed: tuple[int, ...], count: int, size: int) -> Scenes:
        """`count` scenes of side `size`, float32 in 0..1."""
        dice = np.random.default_rng(seed)
        made = [self._scene(dice, size) for _ in range(count)]
        planes = torch.from_numpy(np.stack([planes for planes, _, _ in made])).permute(0, 3, 1, 2).contiguous()
        box = torch.from_numpy(np.stack([box for _, box, _ in made]))
        light = torch.tensor([light for _, _, light in made])
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
        )

    def _scene(self, dice: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, float]:
        view = self.views[dice.integers(len(self.views))]
        light = drawn(dice, self.surroundings)
        look = _mixed(view, weights(light, view.directions))  # direct, bounce, shade
        side = view.alpha.shape[0]
        look[2][_far_rows(view.pitch, side)] = 1
        albedo, rays, floor = self._floor(dice, view.pitch, side)
        irradiance = (light * ON_FLOOR[..., None]).sum((0, 1)) / math.pi
        rough = dice.choice([3, 8, 20, 40])
        fresnel = _fresnel(rays, rough, dice)
        mirrored = seen(blurred(light, rough), rays * np.array([1, 1, -1], np.float32)) * fresnel
        behind = seen(blurred(light, 1.5), rays)
        alpha = view.alpha[..., None]
        foot = int(np.flatnonzero((view.alpha > 0.5).any(1))[-1])
        image = _mirror_image(np.concatenate([look[0] + look[1] * 0.2, alpha], -1), foot, rough)
        ground = np.where(floor[..., None], albedo * irradiance + mirrored, behind)
        near = slice(max(0, foot - side // 6), min(side, foot + side // 8))
        bounce = albedo[near][floor[near]].mean(0) if floor[near].any() else albedo.mean((0, 1))
        thing = look[0] + look[1] * bounce
        under = np.where(floor[..., None], albedo * irradiance * look[2] + mirrored * (1 - image[..., 3:]) + image[..., :3] * fresnel, behind)
        if dice.random() < 0.06:  # in the air: no shadow falls where the picture shows
            under = ground
        direction, sideways = main_light(light)
        straight = np.where(alpha > 1e-3, thing / np.maximum(alpha, 1e-3), 0)
        return _photographed(dice, view, size, ground, under, straight, float(direction[0] * sideways))

    def _floor(self, dice: np.random.Generator, pitch: float, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The floor's albedo (side, side, 3), the camera's rays (side, side, 3) and where they meet the floor (side, side) bool."""
        reach = math.tan(FIELD / 2)
        down, across = np.mgrid[0:side, 0:side]
        right, up = ((across + 0.5) / side * 2 - 1) * reach, (1 - (down + 0.5) / side * 2) * reach
        rays = np.stack([right, math.cos(pitch) + up * math.sin(pitch), -math.sin(pitch) + up * math.cos(pitch)], -1)
        rays = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
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


def _far_rows(pitch: float, side: int) -> np.ndarray:
    """(side,) bool: rows so near to the horizon that no shadow of the thing falls there, and where the rendered floor may have ended."""
    up = (1 - (np.arange(side) + 0.5) / side * 2) * math.tan(FIELD / 2)
    return -math.sin(pitch) + up * math.cos(pitch) > -0.06


def _view(folder: Path) -> View:
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r" if name == "light" else None) for name in ("light", "alpha", "reference", "directions")}
    alpha, reference = (arrays[name].astype(np.float32) for name in ("alpha", "reference"))
    return View(folder.name, arrays["light"], alpha, reference, arrays["directions"], float(np.load(folder / "pitch.npy")))


def _mixed(view: View, shares: np.ndarray) -> np.ndarray:
    """The three kinds (3, h, w, 3) of a view under lights weighed (k + 1, 3); lights of under a 500th of all are left out."""
    height = np.append(view.directions[:, 2], 1.0).astype(np.float32)
    kinds = []
    for channel in range(3):
        share = shares[:, channel]
        used = np.flatnonzero(share > share.sum() * 2e-3)
        light = torch.from_numpy(np.ascontiguousarray(view.light[channel][used])).float()
        weight = torch.from_numpy(share[used])
        thing = torch.tensordot(weight, light[:, :2], 1) * float(share.sum() / max(share[used].sum(), 1e-9))
        on_floor = weight * torch.from_numpy(height[used])
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


def _photographed(
    dice: np.random.Generator, view: View, size: int, ground: np.ndarray, under: np.ndarray, thing: np.ndarray, light: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Exposure from night to noon, a cast, a curve, the frame, the camera's noise.

    -> planes (size, size, 11): layer premultiplied, its alpha, the thing's alpha, reference premultiplied, background; box (4,); light.
    """
    cast = np.exp(dice.normal(0, 0.12, 3)).astype(np.float32)
    cast /= cast @ LUMINANCE
    middle = float(np.exp(np.mean(np.log(ground @ LUMINANCE + 1e-4))))
    gain = min(math.exp(dice.uniform(math.log(0.018), math.log(0.3))) / middle, dice.uniform(0.8, 1.6) / max(float(np.percentile(ground @ LUMINANCE, 97)), 1e-5))
    knee = dice.uniform(0.5, 0.75)
    background, floor, look = (_encoded(light_ * gain * cast, knee) for light_ in (ground, under, thing))
    alpha = view.alpha[..., None]
    plain = np.where(alpha > 1e-3, view.reference / np.maximum(alpha, 1e-3), 0)
    core = plain[view.alpha > 0.9] if (view.alpha > 0.9).any() else plain[view.alpha > 0.3]
    own = REFERENCE_KEY * math.exp(dice.normal(0, 0.15)) / float(np.exp(np.mean(np.log(core @ LUMINANCE + 1e-4))))
    reference = _encoded(plain * own, 0.6)
    shadow = 1 - ((floor @ LUMINANCE) + 1e-3) / ((background @ LUMINANCE) + 1e-3)
    shadow = np.where(np.abs(shadow) < 0.006, 0, shadow).clip(0, 1)[..., None]
    planes = np.concatenate([look * alpha, alpha + (1 - alpha) * shadow, alpha, reference * alpha, background], -1).astype(np.float32)
    if dice.random() < 0.5:
        planes, light = planes[:, ::-1], -light
    rows, columns = (np.flatnonzero((planes[..., 4] > 0.5).any(axis)) for axis in (1, 0))
    left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    side = min(max(right - left, bottom - top) / dice.uniform(0.46, 0.62), len(planes))
    x, y = (np.clip((a + b) / 2 - side / 2 + dice.normal(0, 0.04) * side, 0, len(planes) - side) for a, b in ((left, right), (top, bottom)))
    scale = size / side
    matrix = np.array([[scale, 0, -x * scale + (scale - 1) / 2], [0, scale, -y * scale + (scale - 1) / 2]], np.float32)
    parts = [np.ascontiguousarray(planes[..., at : at + 4]) for at in (0, 4, 8)]
    planes = np.dstack([cv2.warpAffine(part, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for part in parts])
    grain = dice.normal(0, dice.choice([0, 0.004, 0.012]), (size, size, 1)).astype(np.float32)
    planes[..., 8:11] = (planes[..., 8:11] + grain).clip(0, 1)
    return planes, np.array([(left - x) * scale, (top - y) * scale, (right - left) * scale, (bottom - top) * scale], np.float32), float(light)


def _encoded(light: np.ndarray, knee: float) -> np.ndarray:
    """Linear light as sRGB 0..1, rolled off above the knee."""
    light = np.maximum(light, 0)
    rolled = np.where(light < knee, light, knee + (1 - knee) * (1 - np.exp(-(light - knee) / (1 - knee))))
    return np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055).clip(0, 1).astype(np.float32)


def _straight(premultiplied: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    return torch.where(alpha > 1e-4, premultiplied / alpha.clamp(min=1e-4), torch.zeros(())).clamp(0, 1)
