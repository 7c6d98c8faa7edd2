"""Rendered scenes are what the starter learns from: layers that add up, shadows that follow the light, references in place."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from bfs_engine.lift import grown, window_sum
from bfs_engine.scenes import __main__ as command
from bfs_engine.scenes.placing import contain, place_reference
from bfs_engine.scenes.render import Scenes, Sprites, bounds, pack, place, premultiply, render, straight
from bfs_engine.scenes.sprites import read_table, trim, without_paper

LIBRARY = Path(__file__).parents[3] / "resources" / "models" / "starter" / "library"
SIZE = 96


def cutouts(count: int) -> list[np.ndarray]:
    """Every so many-th cut-out of the library that ships."""
    rows = json.loads((LIBRARY / "things.json").read_text())
    return [np.asarray(Image.open(LIBRARY / row["file"]).convert("RGBA")) for row in rows[:: len(rows) // count]]


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return pack(cutouts(40))


@pytest.fixture(scope="module")
def scenes(sprites: Sprites) -> Scenes:
    return render(sprites, 7, 64, SIZE)


def test_pictures_are_finite_and_in_range(scenes):
    for name in ("background", "foreground", "object_alpha", "effect_alpha", "reference"):
        picture = getattr(scenes, name)
        assert picture.dtype == torch.float32 and picture.shape[2:] == (SIZE, SIZE)
        assert picture.isfinite().all() and picture.min() >= 0 and picture.max() <= 1, name


def test_the_layer_over_the_background_is_the_composite(scenes):
    alpha, colour = scenes.foreground[:, 3:], scenes.foreground[:, :3]
    assert torch.equal(scenes.composite, alpha * colour + (1 - alpha) * scenes.background)
    outside = (alpha == 0).expand_as(colour)
    assert torch.equal(scenes.composite[outside], scenes.background[outside])
    assert (colour[outside] == 0).all()


def test_object_and_effects_make_up_the_layer(scenes):
    assert torch.allclose(scenes.object_alpha + scenes.effect_alpha, scenes.foreground[:, 3:], atol=1e-5)
    assert (scenes.effect_alpha.mean((1, 2, 3)) > 0.002).all()  # a shadow, at least below the object


def test_the_same_seed_gives_the_same_scenes(sprites, scenes):
    again = render(sprites, 7, 64, SIZE)
    assert all(torch.equal(getattr(scenes, field.name), getattr(again, field.name)) for field in fields(Scenes) if field.name != "lamp")
    by_generator = render(sprites, torch.Generator().manual_seed(7), 64, SIZE)
    assert torch.equal(by_generator.foreground, scenes.foreground)
    assert not torch.equal(render(sprites, 8, 64, SIZE).background, scenes.background)


def test_a_caller_may_choose_the_things(sprites):
    things = torch.tensor([3, 1, 2])
    assert torch.equal(render(sprites, 0, 3, SIZE, things=things).thing, things)


def test_the_box_lies_in_the_frame_and_has_the_promised_size(scenes):
    x, y, width, height = scenes.box.unbind(1)
    longer = torch.maximum(width, height) / SIZE
    assert longer.min() > 0.42 and longer.max() < 0.68
    assert (x > 0).all() and (y > 0).all() and (x + width < SIZE).all() and (y + height < SIZE).all()


def test_the_object_stands_in_its_box(scenes):
    tight = bounds(scenes.object_alpha[:, 0])
    assert ((tight[:, :2] - scenes.box[:, :2]) > -1.5).all()
    end, box_end = tight[:, :2] + tight[:, 2:], scenes.box[:, :2] + scenes.box[:, 2:]
    assert (end - box_end < 1.5).all()
    assert (end[:, 1] - box_end[:, 1]).abs().max() < 1.5  # on the box's bottom
    size = (tight[:, 2:] / scenes.box[:, 2:]).amax(1)
    assert size.min() > 0.85  # fits closely one way at least
    assert torch.allclose(scenes.floor, end[:, 1], atol=1.5)


def test_the_reference_shows_the_object_where_it_is(scenes):
    reference, body = scenes.reference[:, 3] > 0.5, scenes.object_alpha[:, 0] > 0.5
    overlap = (reference & body).sum((1, 2)) / (reference | body).sum((1, 2))
    assert overlap.mean() > 0.8 and overlap.min() > 0.4


def test_the_reference_has_no_shadow(scenes):
    beside = (scenes.object_alpha == 0) & (scenes.effect_alpha > 0.1)
    assert (scenes.reference[:, 3:][beside] > 0.05).float().mean() < 0.15


def test_shadows_fall_away_from_the_light(scenes):
    at = torch.arange(SIZE) + 0.5
    mass = scenes.effect_alpha[:, 0].sum(1)
    middle = (mass * at).sum(1) / mass.sum(1) - (scenes.box[:, 0] + scenes.box[:, 2] / 2)
    clear = scenes.lit & (scenes.light.abs() > 0.4)
    assert clear.sum() > 20
    assert ((middle[clear] * scenes.light[clear]) < 0).float().mean() > 0.85


def test_the_backdrop_is_brighter_on_the_side_of_the_light(scenes):
    grey = scenes.background.mean((1, 2))
    slope = grey[:, SIZE // 2 :].mean(1) - grey[:, : SIZE // 2].mean(1)
    clear = scenes.lit & (scenes.light.abs() > 0.4)
    assert ((slope[clear] * scenes.light[clear]) > 0).float().mean() > 0.85


def test_some_scenes_have_no_clear_light(sprites):
    lit = torch.cat([render(sprites, seed, 64, 32).lit for seed in range(3)]).float().mean()
    assert 0.75 < lit < 0.95


def test_opaque_things_are_opaque_inside(sprites):
    partly = ((sprites.pixels[:, 3] > 0) & (sprites.pixels[:, 3] < 255)).float().mean((1, 2))
    solid = (partly < 0.03).nonzero()[:, 0].tolist()
    assert len(solid) > 5
    scenes = render(sprites, 3, len(solid), SIZE, things=torch.tensor(solid))
    inside = -torch.nn.functional.max_pool2d(-(scenes.object_alpha > 0.5).float(), 9, 1, 4) > 0.5
    assert inside.any()
    assert (scenes.object_alpha[inside] > 0.999).float().mean() > 0.99
    assert scenes.foreground[:, 3:][inside].mean() > 0.998


def test_the_renderer_places_references_as_the_running_program_does():
    library = cutouts(12)
    sprites = pack(library)
    boxes = torch.stack([torch.tensor([5 + 1.37 * i, 7.21 + i, 40.6 + i, 52.3 - 2.1 * i]) for i in range(len(library))])
    whole = premultiply(sprites.pixels.float() / 255)
    placed = straight(place(whole, sprites.sizes, boxes, SIZE)).permute(0, 2, 3, 1).numpy()
    for cutout, box, there in zip(library, boxes.tolist(), placed, strict=True):
        here = place_reference(cutout, tuple(box), SIZE)
        assert here.dtype == np.float32 and here.shape == (SIZE, SIZE, 4)
        assert np.abs(here[..., 3] - there[..., 3]).max() < 0.0015
        assert np.abs(here[..., :3] * here[..., 3:] - there[..., :3] * there[..., 3:]).max() < 0.0015


def test_a_reference_is_contained_centred_and_stands_on_the_box():
    assert contain(50, 100, (10, 20, 60, 40)) == (30.0, 20.0, 0.4)
    square = np.full((30, 30, 4), 255, np.uint8)
    placed = place_reference(square, (8.0, 4.0, 16.0, 24.0), 32)
    assert placed[12:28, 8:24, 3].min() > 0.999
    assert placed[:12, :, 3].max() < 1e-6 and placed[28:, :, 3].max() < 1e-6


def test_transparent_margins_of_a_cutout_do_not_count():
    square = np.full((10, 14, 4), 200, np.uint8)
    padded = np.pad(square, ((5, 9), (3, 20), (0, 0)))
    assert np.array_equal(trim(padded), square)
    assert np.array_equal(place_reference(padded, (3, 3, 20, 20), 32), place_reference(square, (3, 3, 20, 20), 32))
    with pytest.raises(ValueError, match="visible"):
        place_reference(np.zeros((4, 4, 4), np.uint8), (0, 0, 8, 8), 32)


def test_the_table_names_each_thing_once():
    things = read_table()
    assert len(things) >= 300
    emoji = [thing.emoji for thing in things if thing.emoji]
    assert len(set(emoji)) == len(emoji) and len({thing.name for thing in things}) == len(things)


def test_scenes_are_written_to_shards(sprites, tmp_path):
    command.write_shards(sprites, tmp_path, 5, 1, 32)
    shard = load_file(tmp_path / "scenes-00000.safetensors")
    assert shard["foreground"].shape == (5, 4, 32, 32) and shard["foreground"].dtype == torch.uint8
    assert shard["box"].dtype == torch.float32


def test_a_contact_sheet_shows_them(sprites):
    assert command.sheet(render(sprites, 0, 4, 32), columns=2).size == (2 * (4 * 32 + 8), 2 * 34)


def test_a_drawn_edge_has_the_colour_of_what_is_drawn_not_of_black_paper():
    drawn = np.array([[[200, 100, 40, 255], [78, 39, 16, 100], [0, 0, 0, 0]]], np.uint8)
    inside, edge, outside = without_paper(drawn)[0].astype(int)
    assert inside.tolist() == [200, 100, 40, 255] and outside[3] == 0
    assert np.abs(edge - (200, 100, 40, 100)).max() <= 2


def test_no_cutout_of_the_library_has_a_dark_fringe():
    darker = []
    for path in sorted(LIBRARY.glob("*.png")):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGBA")).astype(float)
        edge = (pixels[..., 3] > 60) & (pixels[..., 3] < 200)
        if edge.sum() > 40:
            solid = pixels[..., 3] == 255
            near = grown(solid, 1)[..., None] & edge[..., None]
            count = window_sum(solid, 1)[..., None]
            inside = window_sum(pixels[..., :3] * solid[..., None], 1) / np.maximum(count, 1)
            darker.append(((pixels[..., :3] - inside) * near).sum() / max(near.sum() * 3, 1))
    assert len(darker) > 300 and np.mean(darker) > -12, "levels by which half-covered pixels are darker than their solid neighbours"


def test_scenes_of_prompts_are_in_the_colours_asked_for(tmp_path):
    command.main(["--library", str(LIBRARY), "--prompt", "blue car", "--prompt", "small green car", "--count", "4", "--size", "32", "--out", str(tmp_path)])
    shard = load_file(tmp_path / "scenes-00000.safetensors")
    for thing, reference in zip(shard["thing"], shard["reference"].float()):
        red, green, blue = (reference[channel][reference[3] > 250].mean() for channel in range(3))
        assert (blue if thing == 0 else green) > red + 20
