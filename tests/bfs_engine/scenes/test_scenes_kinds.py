"""Kinds of scenes: water, tables, walls, grass, glass and what stands in front, all with layers that add up exactly."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bfs_engine.scenes.kinds import KINDS
from bfs_engine.scenes.render import Scenes, Sprites, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary

SIZE, COUNT = 64, 12
LIBRARY = Vocabulary.load(Path(__file__).parents[3] / "resources" / "models" / "starter" / "library", photographs=False)


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return pack([LIBRARY.cutout(name) for name in ("car", "chair", "apple", "teapot", "house", "umbrella")])


@pytest.fixture(scope="module")
def of(sprites):
    made: dict[str, Scenes] = {kind: render(sprites, 5, COUNT, SIZE, kind=kind) for kind in KINDS}
    return made.__getitem__


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_adds_up(of, kind):
    scenes = of(kind)
    for name in ("background", "foreground", "object_alpha", "effect_alpha", "reference"):
        picture = getattr(scenes, name)
        assert picture.isfinite().all() and picture.min() >= 0 and picture.max() <= 1, name
    alpha, colour = scenes.foreground[:, 3:], scenes.foreground[:, :3]
    assert torch.equal(scenes.composite, alpha * colour + (1 - alpha) * scenes.background)
    assert torch.allclose(scenes.object_alpha + scenes.effect_alpha, alpha, atol=2e-4)


def test_plain_scenes_are_those_without_a_kind(sprites, of):
    assert torch.equal(render(sprites, 5, COUNT, SIZE).foreground, of("plain").foreground)
    with pytest.raises(ValueError, match="occluded"):
        render(sprites, 5, COUNT, SIZE, kind="moon")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "plain"])
def test_both_domains_have_every_kind(sprites, kind):
    scenes = render(sprites, 5, 2, 32, kind=kind, domain="physical")
    assert scenes.composite.isfinite().all()


def test_water_reflects_and_takes_no_shadow(of):
    effects = of("water").foreground * (of("water").object_alpha == 0)
    rows = torch.arange(SIZE)[None, :] - of("water").floor[:, None]
    behind, below = rows < -1, rows > 2
    assert effects[:, 3][behind[:, :, None].expand(-1, -1, SIZE)].max() < 0.05  # nothing on the water behind the thing
    light = (effects[:, :3] * effects[:, 3:]).mean(1)
    assert light[below[:, :, None].expand(-1, -1, SIZE)].mean() > 0.01


def test_a_thing_on_a_wall_has_its_shadow_around_it(of):
    scenes = of("wall")
    assert (scenes.horizon > SIZE).all()
    effect, solid = scenes.effect_alpha[:, 0], scenes.object_alpha[:, 0] > 0.5
    near = torch.nn.functional.max_pool2d(solid.float()[:, None], 21, 1, 10)[:, 0] > 0
    assert effect[near].mean() > 0.01 and effect[near].mean() > 5 * effect[~near].mean()
    assert scenes.foreground[:, :3][(scenes.effect_alpha > 0.2).expand(-1, 3, -1, -1) & (scenes.object_alpha == 0).expand(-1, 3, -1, -1)].max() < 0.05


def test_glass_lets_the_ground_through_and_its_reference_is_glass_too(of):
    plain, glass = of("plain"), of("glass")
    inside = -torch.nn.functional.max_pool2d(-(plain.object_alpha > 0.99).float(), 9, 1, 4) > 0.5
    assert plain.object_alpha[inside].mean() > 0.99
    core = glass.reference[:, 3:][(glass.reference[:, 3:] > 0.05)]
    assert 0.3 < core.mean() < 0.8
    assert glass.object_alpha.amax((1, 2, 3)).mean() > 0.6  # edges and highlights are kept


def test_grass_hides_the_foot(of):
    def shown(scenes: Scenes) -> float:
        """How much of the lowest rows of the thing can be seen, a pixel and more inside of it."""
        rows = torch.arange(SIZE)[None] - scenes.floor[:, None]
        low = ((rows > -4) & (rows < 0))[:, None, :, None]
        inside = -torch.nn.functional.max_pool2d(-scenes.reference[:, 3:], 3, 1, 1) > 0.99
        return scenes.object_alpha[inside & low].mean().item()

    assert shown(of("grass")) < 0.9 < 0.98 < shown(of("plain"))
    green = of("grass").background[:, :, -SIZE // 8 :].mean((0, 2, 3))
    assert green[1] > green[0] and green[1] > green[2]


def test_what_stands_in_front_hides_a_part_and_is_in_the_background(of):
    scenes = of("occluded")
    shown, whole = scenes.object_alpha.sum((1, 2, 3)), scenes.reference[:, 3].sum((1, 2))
    assert ((shown / whole) < 0.97).float().mean() > 0.5 and (shown / whole).min() > 0.3


def test_effects_end_where_the_table_ends(of):
    scenes = of("table")
    lowest = [int(rows.nonzero().max()) for rows in scenes.effect_alpha.amax((1, 3)) > 0.02]
    assert min(lowest) < SIZE - 2
