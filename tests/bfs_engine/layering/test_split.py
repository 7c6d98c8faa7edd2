"""A thing is taken out of a picture and laid back: nothing has changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from bfs_engine.api import EngineError
from bfs_engine.cli.pictures import over
from bfs_engine.layering import ground, split
from bfs_engine.layering.split import take
from bfs_engine.matting.matte import softened
from bfs_engine.scenes.render import library_sprites, render_many

LIBRARY = Path(__file__).parents[3] / "resources" / "models" / "starter" / "library"
HELD_SEED = 990_018


def _disc(size: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.where((columns - x) ** 2 + (rows - y) ** 2 < radius**2, 255, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def scenes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Pictures (128, 128, 3) and their things' alpha (128, 128), uint8."""
    made = render_many(library_sprites(LIBRARY), HELD_SEED, 8, 128)
    pictures = (made.composite.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return list(zip(pictures, (made.object_alpha[:, 0].clamp(0, 1) * 255).round().byte().numpy()))


@pytest.mark.parametrize("effects", [True, False])
def test_the_thing_over_its_ground_is_the_picture(scenes: list[tuple[np.ndarray, np.ndarray]], effects: bool) -> None:
    for picture, mask in scenes:
        (taken,) = take(picture, [mask], ground.best(), softened, effects)
        assert (over(taken.thing, taken.ground) == picture).all()


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea"])
def test_so_it_is_in_photographs_with_three_things_one_behind_the_other(name: str) -> None:
    picture = getattr(data, name)()[::2, ::2].copy()
    original = picture.copy()
    height, width = picture.shape[:2]
    masks = [_disc((height, width), x * width, y * height, 0.2 * height) for x, y in ((0.5, 0.6), (0.4, 0.4), (0.6, 0.35))]
    taken = take(picture, masks, ground.Smooth(), softened)
    whole = taken[-1].ground
    for one in reversed(taken):
        whole = over(one.thing, whole)
    assert (whole == original).all()
    assert (picture == original).all()


def test_the_patch_is_the_ground_and_leaves_the_rest_alone(scenes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    picture, mask = scenes[0]
    (taken,) = take(picture, [mask], ground.best(), softened)
    made = split.patch(picture, taken.ground)
    assert made is not None
    patch, box = made
    canvas = np.zeros((*picture.shape[:2], 4), np.uint8)
    canvas[box.y : box.bottom, box.x : box.right] = patch
    assert set(np.unique(canvas[..., 3])) <= {0, 255}
    assert (over(canvas, picture) == taken.ground).all()
    assert (over(taken.thing, over(canvas, picture)) == picture).all()
    assert (taken.ground != picture).any(axis=2).mean() < 0.9


def test_the_thing_in_front_has_what_two_masks_share(scenes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    picture, _ = scenes[1]
    front, back = _disc((128, 128), 60, 64, 20), _disc((128, 128), 75, 64, 20)
    first, second = take(picture, [front, back], ground.Smooth(), softened, effects=False)
    assert first.cover[64, 60] > 200
    assert second.cover[64, 60] == 0


def test_a_thing_that_others_hide_wholly_cannot_be_taken(scenes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    picture, _ = scenes[1]
    with pytest.raises(EngineError, match="Nothing is selected"):
        take(picture, [_disc((128, 128), 64, 64, 30), _disc((128, 128), 64, 64, 20)], ground.Smooth(), softened)


def test_shadows_go_with_the_thing_or_stay() -> None:
    floor = np.full((160, 160, 3), 180, np.uint8)
    floor[100:115, 50:120] = 120  # the shadow
    picture = floor.copy()
    picture[50:108, 60:90] = (200, 30, 30)
    mask = np.where((picture == (200, 30, 30)).all(axis=2), 255, 0).astype(np.uint8)
    (gone,) = take(picture, [mask], lambda seen, thing, effects: np.full_like(seen, 180), softened)
    (left,) = take(picture, [mask], ground.Smooth(), softened, effects=False)
    assert 60 < gone.thing[110, 110, 3] < 120 and gone.cover[110, 110] == 0
    assert left.thing[110, 110, 3] == 0 and (left.ground[110, 110] == 120).all()


def test_the_network_takes_a_shadow_off_a_plain_floor(scenes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    made = render_many(library_sprites(LIBRARY), HELD_SEED, 8, 128)
    truth = (made.background.clamp(0, 1) * 255).permute(0, 2, 3, 1).numpy()
    shaded = ((made.effect_alpha > 0.1) & (made.object_alpha < 0.02))[:, 0].numpy()
    learned, before, after = ground.best(), [], []
    for (picture, mask), true, where in zip(scenes, truth, shaded):
        (taken,) = take(picture, [mask], learned, softened)
        before.append(np.abs(picture - true)[where].mean())
        after.append(np.abs(taken.ground - true)[where].mean())
    assert np.nanmean(after) < 0.7 * np.nanmean(before)


def test_the_ground_has_the_grain_of_its_surroundings() -> None:
    noise = np.random.default_rng(0).integers(100, 140, (160, 160, 3), np.uint8)
    made = ground.Smooth()(noise, _disc((160, 160), 80, 80, 25) > 0, True)
    inside = _disc((160, 160), 80, 80, 20) > 0
    assert made[inside].std() == pytest.approx(noise[~inside].std(), rel=0.15)
