"""Scenes mixed from one-light-at-a-time views: layers are true, shadows fall away from the light, and the light is known."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from bfs_engine.api import EngineError
from bfs_engine.scenes import mixed
from bfs_engine.scenes.mixed import Mixer
from bfs_engine.scenes.render import Scenes, enlarged
from bfs_engine.scenes.surroundings import DIRECTIONS, main_lamp
from bfs_engine.train.photographed import in_ground_light

SIDE, LIGHTS = 64, 24


def view(folder: Path) -> Path:
    """A grey post seen from 20° above, whose shadow is a stripe on the side that each light is not on."""
    height = (np.arange(LIGHTS) + 0.5) / LIGHTS
    angle, radius = np.arange(LIGHTS) * math.pi * (3 - math.sqrt(5)), np.sqrt(1 - height * height)
    towards = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], -1).astype(np.float32)
    alpha = np.zeros((SIDE, SIDE), np.float32)
    alpha[20:44, 28:36] = 1
    light = np.zeros((3, LIGHTS + 1, 3, SIDE, SIDE), np.float32)
    light[:, :, 0] = 0.3 * alpha
    light[:, :, 1] = 0.05 * alpha
    light[:, :, 2] = 1
    for at, direction in enumerate(towards):
        light[:, at, 2, 40:44, slice(36, 50) if direction[0] < 0 else slice(14, 28)] = 0.1
    out = folder / "post"
    out.mkdir(parents=True)
    arrays = {"light": light.astype(np.float16), "alpha": alpha, "reference": np.repeat(0.3 * alpha[..., None], 3, 2), "directions": towards, "pitch": np.float32(0.35)}
    for name, array in arrays.items():
        np.save(out / f"{name}.npy", array)
    return folder


@pytest.fixture(scope="module")
def mixer(tmp_path_factory: pytest.TempPathFactory) -> Mixer:
    return Mixer(view(tmp_path_factory.mktemp("views")), seed=3)


@pytest.fixture(scope="module")
def scenes(mixer: Mixer) -> Scenes:
    return mixer.scenes((1, 2), 24, 64)


def test_the_same_seed_gives_the_same_scenes(mixer: Mixer) -> None:
    one, again, other = (mixer.scenes((7, step), 2, 48) for step in (1, 1, 2))
    assert all(torch.equal(getattr(one, field.name), getattr(again, field.name)) for field in fields(Scenes))
    assert not torch.equal(one.background, other.background)


def test_shadows_fall_away_from_the_light(scenes: Scenes) -> None:
    x = torch.arange(64.0)
    middle = scenes.box[:, 0] + scenes.box[:, 2] / 2
    mass = scenes.effect_alpha.sum((1, 2, 3))
    side = (scenes.effect_alpha * x).sum((1, 2, 3)) / mass.clamp(min=1e-6) - middle
    clear = (scenes.lamp[:, 4] > 0.6) & (scenes.lamp[:, 1].abs() > 0.3) & (mass > 5)
    assert clear.sum() >= 5
    assert (side[clear].sign() == -scenes.lamp[clear, 1].sign()).all()
    assert (scenes.light[clear].sign() == scenes.lamp[clear, 1].sign()).all()


def test_things_in_the_sky_have_no_shadow(mixer: Mixer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "IN_AIR", 1.0)
    assert mixer.scenes((4,), 6, 48).effect_alpha.max() < 1e-3


def test_a_hard_sun_has_a_sharper_shadow_than_was_rendered(mixer: Mixer) -> None:
    seen = mixer.views[0]
    half = seen.light.astype(np.float32)
    half[:, 5, 2, 40:44, 10] = 0.4  # in the penumbra
    penumbra = mixed.View(seen.name, half, seen.alpha, seen.reference, seen.directions, seen.pitch)
    alone = np.zeros((LIGHTS + 1, 3), np.float32)
    alone[5] = 1
    soft, hard = (mixed._mixed(penumbra, alone, sun)[2][42, 10, 0] for sun in (None, seen.directions[5]))
    assert soft == pytest.approx(0.4, abs=1e-3)
    assert hard == pytest.approx(0.2, abs=1e-3)


def test_effects_are_the_thinnest_layer_that_explains_them() -> None:
    ground = np.full((1, 3, 3), 0.5, np.float32)
    floor = np.array([[[0.5, 0.5, 0.5], [0.25, 0.3, 0.4], [0.6, 0.5, 0.5]]], np.float32)
    colour, alpha = mixed._difference(ground, floor)
    assert np.allclose(colour * alpha + ground * (1 - alpha), floor, atol=1e-4)
    assert np.allclose(alpha[0, :, 0], [0, 0.5, 0.2], atol=1e-4)


def test_the_main_light_is_found_whatever_else_shines() -> None:
    towards = np.array([0.6, 0.0, 0.8], np.float32)
    sun = (200 * np.exp(-(1 - DIRECTIONS @ towards) / 0.002))[..., None] * np.ones(3, np.float32) + 0.2
    lamp = main_lamp(sun.astype(np.float32))
    assert np.allclose(lamp.towards, towards, atol=0.1)
    assert lamp.strength > 0.6 and lamp.softness < 0.5
    even = main_lamp(np.ones_like(sun, np.float32))
    assert even.strength < 0.5 and even.softness > 0.8


def test_references_follow_the_grounds_brightness(mixer: Mixer) -> None:
    plain = mixer.scenes((5,), 16, 64)
    shown = in_ground_light(plain, torch.Generator().manual_seed(1))
    inside = plain.object_alpha > 0.95

    def bright(pictures: torch.Tensor) -> torch.Tensor:
        return (pictures[:, :3].mean(1, keepdim=True) * inside).sum((1, 2, 3)) / inside.sum((1, 2, 3))

    ground = plain.background.mean((1, 2, 3))
    assert torch.equal(shown.reference[:, 3:], plain.reference[:, 3:])
    assert torch.corrcoef(torch.stack([ground, bright(shown.reference)]))[0, 1] > 0.6


def test_enlarged_scenes_are_the_same_scenes(scenes: Scenes) -> None:
    larger = enlarged(scenes, 2)
    assert larger.background.shape[-1] == 128 and torch.equal(larger.box, scenes.box * 2)
    small = torch.nn.functional.avg_pool2d(larger.composite, 2)
    assert (small - scenes.composite).abs().mean() < 0.01
    assert enlarged(scenes, 1) is scenes


def test_a_folder_without_views_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no light views"):
        Mixer(tmp_path)
