"""The second domain of scenes: soft shadows, reflections and thrown colour as physics has them, and layers that still add up."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bfs_engine.scenes.light import Light, fresnel
from bfs_engine.scenes.physical import area_shadow, lit_by_ground, mirror, thrown_colour
from bfs_engine.scenes.render import Scenes, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary

SIZE = 64
LIBRARY = Vocabulary.load(Path(__file__).parents[3] / "resources" / "models" / "starter" / "library", photographs=False)


@pytest.fixture(scope="module")
def sprites():
    return pack([LIBRARY.cutout(name) for name in LIBRARY.names[::25]])


@pytest.fixture(scope="module")
def scenes(sprites) -> Scenes:
    return render(sprites, 3, 24, SIZE, domain="physical")


def pole(shear: float = 1.0, spread: float = 0.5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, Light]:
    """A red pole that stands at row 30 of 64; light from the left falls towards the viewer."""
    body = torch.zeros(1, 4, SIZE, SIZE)
    body[:, [0, 3], 6:30, 20:26] = 1
    one = torch.ones(1)
    light = Light(one.bool(), -one, one.bool(), one / 2, one, one * spread, torch.ones(1, 3), one * 0.3, -one * 0.8, one * shear, one / 2, one / 20)
    return body, torch.tensor([30.0]), torch.tensor([24.0]), light


def test_pictures_are_in_range_and_the_layer_is_exact(scenes):
    for name in ("background", "foreground", "object_alpha", "effect_alpha", "reference"):
        picture = getattr(scenes, name)
        assert picture.isfinite().all() and picture.min() >= 0 and picture.max() <= 1, name
    alpha, colour = scenes.foreground[:, 3:], scenes.foreground[:, :3]
    assert torch.equal(scenes.composite, alpha * colour + (1 - alpha) * scenes.background)
    assert torch.allclose(scenes.object_alpha + scenes.effect_alpha, alpha, atol=1e-5)


def test_the_first_domain_is_the_default_and_an_unknown_one_is_refused(sprites):
    assert torch.equal(render(sprites, 3, 4, 32).foreground, render(sprites, 3, 4, 32, domain="simple").foreground)
    with pytest.raises(ValueError, match="physical"):
        render(sprites, 3, 4, 32, domain="real")


def test_a_penumbra_grows_with_the_distance_from_the_contact():
    body, foot, height, light = pole()
    shadow = area_shadow(body[:, 3:], foot, height, light)[0, 0]
    widths = [((row > 0.1 * row.max()) & (row < 0.9 * row.max())).sum().item() for row in (shadow[33], shadow[44])]
    assert widths[1] > widths[0] + 2
    assert shadow[33].max() > shadow[44].max() > 0.05
    assert shadow[:28].max() < 0.05  # it falls towards the viewer


def test_a_larger_light_casts_a_softer_shadow():
    hard, soft = (area_shadow(body[:, 3:], foot, height, light) for body, foot, height, light in (pole(spread=0.0), pole(spread=1.0)))
    assert hard[0, 0, 42].max() > soft[0, 0, 42].max() * 1.3


def test_the_ground_reflects_more_towards_the_horizon():
    share = fresnel(torch.tensor([20.0]), SIZE, torch.tensor([0.04]))[0]
    assert (share[22:].diff() < 0).all()
    assert share[22] > 0.7 and 0.04 < share[63] < 0.4


def test_a_reflection_is_the_object_upside_down_and_blurs_away():
    body, foot, *_ = pole()
    seen = mirror(body, foot, torch.tensor([0.1]))[0, 3]
    assert seen[:30].max() == 0
    assert seen[32, 23] > 0.9 and seen[52:58, 23].mean() > seen[57:62, 23].mean()
    near, far = ((seen[row] > 0.02).sum() for row in (31, 50))
    assert far > near


def test_a_red_thing_reddens_the_ground_before_it():
    body, foot, height, _ = pole()
    thrown = thrown_colour(body, foot, height, torch.full((1, 3), 0.5))[0]
    assert thrown[0, 32, 23] > 0.02 and thrown[1:].max() == 0
    assert thrown[0, 32, 23] > thrown[0, 45, 23] > 0 and thrown[0, 32, 23] > thrown[0, 32, 50]


def test_a_green_ground_greens_the_lower_part_of_a_thing():
    body, foot, height, _ = pole()
    body[:, :3, 6:30, 20:26] = 0.5
    lit = lit_by_ground(body, foot, height, torch.tensor([[0.2, 0.6, 0.2]]), torch.tensor([0.8]))[0]
    assert lit[1, 28, 23] > 0.55 and lit[0, 28, 23] < 0.45
    assert abs(lit[1, 8, 23] - 0.5) < 0.05


def test_more_of_the_effects_are_light_than_in_the_first_domain(sprites, scenes):
    simple = render(sprites, 3, 24, SIZE)
    bright = [(each.foreground[:, :3] * each.foreground[:, 3:] * (each.object_alpha == 0)).mean() for each in (scenes, simple)]
    assert bright[0] > 2 * bright[1]


def test_another_seed_gives_other_scenes(sprites, scenes):
    assert not torch.equal(render(sprites, 4, 24, SIZE, domain="physical").background, scenes.background)
