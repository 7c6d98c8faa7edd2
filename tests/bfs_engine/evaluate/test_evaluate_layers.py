"""Metrics say what they claim: on layers whose faults are known."""

from __future__ import annotations

import pytest
import torch

from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate.layers import box_overlap, decibels, effect_scores, inside_alpha, nearest_thing, over
from bfs_engine.evaluate.starter import against_truth, place_all
from bfs_engine.scenes.render import Scenes, Sprites, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    library = Vocabulary.load(FOLDER / "library")
    return pack([library.cutout(name) for name in library.names[:10]])


@pytest.fixture(scope="module")
def scenes(sprites: Sprites) -> Scenes:
    return render(sprites, 11, 32, 64)


def test_the_truth_scores_full_marks(scenes: Scenes) -> None:
    scores = against_truth(scenes.foreground, scenes)
    assert scores["shadow_correlation"] == pytest.approx(1, abs=1e-4)
    assert scores["shadow_mass"] == pytest.approx(1)
    assert scores["shadow_side"] == 1 and scores["box_overlap_80"] == 1
    assert scores["inside_alpha"] > 0.999 and scores["alpha_error"] == 0


def test_a_mirrored_shadow_is_seen_to_lie_on_the_wrong_side(scenes: Scenes) -> None:
    shadows_only = torch.where(scenes.object_alpha > 0.02, 0, scenes.foreground)
    scores = effect_scores(shadows_only.flip(3), scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    true = effect_scores(shadows_only, scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    assert true["shadow_correlation"] > 0.99 > scores["shadow_correlation"] + 0.2


def test_half_the_shadow_is_half_the_mass(scenes: Scenes) -> None:
    weak = scenes.foreground.clone()
    weak[:, 3:] = torch.where(scenes.object_alpha > 0.02, weak[:, 3:], weak[:, 3:] / 2)
    scores = effect_scores(weak, scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    assert scores["shadow_mass"] == pytest.approx(0.5, abs=1e-3)
    assert scores["shadow_correlation"] == pytest.approx(1, abs=1e-3)


def test_see_through_objects_and_shifted_ones_are_found_out(scenes: Scenes) -> None:
    glassy = scenes.foreground * torch.tensor([1, 1, 1, 0.9])[:, None, None]
    assert inside_alpha(glassy, scenes.object_alpha) == pytest.approx(0.9, abs=1e-3)
    shifted = scenes.foreground.roll(12, 3)
    assert box_overlap(shifted, scenes.object_alpha).mean() < 0.75
    assert decibels(over(shifted, scenes.background) - scenes.composite) < 25


def test_things_are_told_apart_in_any_light(sprites: Sprites) -> None:
    plain = render(sprites, 11, 32, 64, vary_colours=False)
    every = torch.stack([place_all(sprites, box[None], 64) for box in plain.box])
    assert (nearest_thing(plain.foreground, every) == plain.thing).float().mean() >= 0.9
