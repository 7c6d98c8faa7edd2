"""Light from all around: equirectangular maps of 64 × 128, drawn by chance or made small from a picture. numpy, linear light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

HEIGHT, WIDTH = 64, 128
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
REACH = math.radians(35)  # of one light


def _directions() -> np.ndarray:
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    turn = -2 * math.pi * ((across + 0.5) / WIDTH - 0.5)
    rise = math.pi * (0.5 - (down + 0.5) / HEIGHT)
    return np.stack([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)], -1).astype(np.float32)


DIRECTIONS = _directions()  # (64, 128, 3): where each pixel lies, z up
SOLID_ANGLE = (np.cos(math.pi * (0.5 - (np.arange(HEIGHT) + 0.5) / HEIGHT)) * (math.pi / HEIGHT) * (2 * math.pi / WIDTH))[:, None].astype(np.float32)
UPPER = DIRECTIONS[..., 2] > 0
ON_FLOOR = np.maximum(DIRECTIONS[..., 2], 0) * SOLID_ANGLE  # what each pixel's light gives a level floor


def small(picture: np.ndarray) -> np.ndarray:
    """An equirectangular picture of linear light, (h, w, 3), as a map."""
    return cv2.resize(np.maximum(picture, 0).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def turned(light: np.ndarray, angle: float) -> np.ndarray:
    """The map turned about the vertical by `angle` radians."""
    shifted = (np.arange(WIDTH) - angle / (2 * math.pi) * WIDTH) % WIDTH
    low = np.floor(shifted).astype(int) % WIDTH
    part = (shifted - np.floor(shifted))[None, :, None]
    return (light[:, low] * (1 - part) + light[:, (low + 1) % WIDTH] * part).astype(np.float32)


def blurred(light: np.ndarray, degrees: float) -> np.ndarray:
    wide = np.concatenate([light[:, -40:], light, light[:, :40]], 1)
    return cv2.GaussianBlur(wide, (0, 0), degrees / 180 * HEIGHT)[:, 40:-40]


def seen(light: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """The map in directions (…, 3), bilinear: (…, 3)."""
    across = (0.5 - np.arctan2(rays[..., 1], rays[..., 0]) / (2 * math.pi)) * WIDTH - 0.5
    down = (0.5 - np.arcsin(rays[..., 2].clip(-1, 1)) / math.pi) * HEIGHT - 0.5
    wrapped = np.concatenate([light[:, -1:], light, light[:, :1]], 1)
    return cv2.remap(wrapped, (across % WIDTH + 1).astype(np.float32), down.clip(0, HEIGHT - 1).astype(np.float32), cv2.INTER_LINEAR)


def weights(light: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """(k + 1, 3): each direction's light given to the nearest of k lights (`towards`, (k, 3)); the last, a uniform sky, gets none."""
    nearest = (DIRECTIONS[UPPER] @ towards.T.astype(np.float32)).argmax(1)
    shares = np.zeros((len(towards) + 1, 3), np.float32)
    np.add.at(shares, nearest, (light * SOLID_ANGLE[..., None])[UPPER] / math.pi)
    return shares


def main_light(light: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean direction of what lights a level floor, (3,), and its length before it was made one: near 1 for a sun, 0 for an even sky."""
    amount = (light @ LUMINANCE) * ON_FLOOR
    mean = (DIRECTIONS * amount[..., None]).sum((0, 1)) / max(float(amount.sum()), 1e-9)
    sideways = float(np.hypot(mean[0], mean[1]))
    return mean / max(float(np.linalg.norm(mean)), 1e-9), sideways


@dataclass(frozen=True)
class Lamp:
    """The main light of surroundings, as a model is told it. towards: unit vector to it (x right, y away from the viewer, z up); strength: its share of what a
    level floor gets, 0 to 1; softness: 0 for a sun, 1 where it is as wide as REACH."""

    towards: tuple[float, float, float]
    strength: float
    softness: float

    def numbers(self) -> list[float]:
        """As BFSPipeline takes a light: 1 (given), direction, strength, softness."""
        return [1.0, *self.towards, self.strength, self.softness]


def main_lamp(light: np.ndarray) -> Lamp:
    """The lamp of a map: the direction around which, within REACH, most of the floor's light arrives."""
    amount = (light @ LUMINANCE) * ON_FLOOR
    amount = amount / max(float(amount.sum()), 1e-9)
    around = cv2.GaussianBlur(np.concatenate([amount[:, -16:], amount, amount[:, :16]], 1), (0, 0), 4)[:, 16:-16] / SOLID_ANGLE
    down, across = np.unravel_index(int(around.argmax()), around.shape)
    near = DIRECTIONS @ DIRECTIONS[down, across]
    part = np.where(near > math.cos(REACH), amount, 0)
    strength = float(part.sum())
    mean = (DIRECTIONS * part[..., None]).sum((0, 1))
    mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
    spread = float((np.arccos((DIRECTIONS @ mean).clip(-1, 1)) * part).sum()) / max(strength, 1e-9)
    even = 2 / 3 * REACH  # the mean angle of a disc that is evenly bright
    return Lamp(tuple(float(part) for part in mean), strength, min(1.0, spread / even))


def drawn(dice: np.random.Generator, pictures: list[np.ndarray], towards: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """A map by chance: one of the pictures turned and tinted, or a sun in a sky over a ground, sometimes with a lamp; and where the sun is, (3,), if
    it is hard. Suns stand in one of the directions `towards`, (k, 3), so that what the picture shows of them and their shadow agree."""
    if pictures and dice.random() < 0.5:
        light = turned(pictures[dice.integers(len(pictures))], dice.uniform(0, 2 * math.pi))
        light = light / max(float((light @ LUMINANCE).mean()), 1e-4)
        return (light * np.exp(dice.normal(0, 0.12, 3))).astype(np.float32) if dice.random() < 0.5 else light, None
    high = towards[towards[:, 2] > 0.1]
    sun = high[dice.integers(len(high))]
    near, rise = DIRECTIONS @ sun, math.asin(float(sun[2]))
    low = math.exp(-rise / 0.35) * dice.uniform(0.2, 1)
    sun_colour = np.array([1, 1 - 0.35 * low, 1 - 0.75 * low])
    sky_colour = np.exp(dice.normal(0, 0.1, 3)) * np.array([1 - 0.2 * (1 - low), 1, 1 + 0.5 * (1 - low) * dice.random()])
    level = np.abs(DIRECTIONS[..., 2])
    sky = (0.6 + 0.4 * level**0.5 + dice.uniform(0, 1.5) * np.exp(-(1 - near) / dice.uniform(0.05, 0.4)))[..., None] * sky_colour
    ground = np.array([0.4, 0.38, 0.35]) * dice.uniform(0.3, 1.2)
    light = np.where(UPPER[..., None], sky, ground)
    even = float(((light @ LUMINANCE) * ON_FLOOR).sum())
    width = dice.choice([0.0006, 0.004, 0.08])
    light = light + _lamp(near, width) * sun_colour * even * dice.choice([0.15, 0.5, 1.2, 3, 8]) * dice.uniform(0.6, 1.6)
    if dice.random() < 0.2:
        second = dice.normal(size=3)
        second[2] = abs(second[2]) + 0.2
        light = light + _lamp(DIRECTIONS @ (second / np.linalg.norm(second)), 0.02) * np.exp(dice.normal(0, 0.25, 3)) * even * dice.uniform(0.2, 2)
    return light.astype(np.float32), sun if width < 0.001 else None


def _lamp(near: np.ndarray, width: float) -> np.ndarray:
    """(64, 128, 1): a spot around the direction whose cosine is `near`, that gives a level floor an irradiance of 1."""
    spot = np.exp(-(1 - near) / width)
    return (spot / max(float((spot * ON_FLOOR).sum()), 1e-6))[..., None]
