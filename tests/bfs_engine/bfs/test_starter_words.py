"""Colour and size words with the weights that ship: the delivered layer is what the prompt says, and the recipe says what was done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bfs_engine.api import Box, InsertRequest, LayerResult
from bfs_engine.bfs.starter import StarterEngine, narrowed
from bfs_engine.framing import crop_around, cut
from bfs_engine.scenes.colours import main_colour, nearest_colour

PHOTO = Path(__file__).parents[3] / "resources" / "scenes" / "coffee.jpg"
BOX = Box(400, 180, 160, 160)
COLOURS = ("red", "green", "blue", "black", "white", "yellow")


@pytest.fixture(scope="module")
def engine() -> StarterEngine:
    return StarterEngine()


def inserted(engine: StarterEngine, prompt: str, seed: int = 0) -> LayerResult:
    with Image.open(PHOTO) as picture:
        photo = np.asarray(picture.convert("RGB"))
    crop = crop_around(BOX, photo.shape[1], photo.shape[0])
    return engine.insert(InsertRequest(prompt, BOX, crop, cut(photo, crop), seed), lambda progress: None)[0]


def solid(result: LayerResult) -> Box:
    """Where the layer is opaque, in the picture."""
    rows, columns = (np.flatnonzero((result.pixels[..., 3] > 200).any(axis)) for axis in (1, 0))
    return Box(result.left + int(columns[0]), result.top + int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1))


@pytest.mark.parametrize("colour", COLOURS)
def test_the_layer_has_the_colour_that_was_asked_for(engine, colour):
    """In even white light: in the warm dusk of a photograph white is not white."""
    studio = np.random.default_rng(0).normal(215, 4, (480, 640, 3)).clip(0, 255).astype(np.uint8)
    crop = crop_around(BOX, 640, 480)
    made = engine.insert(InsertRequest(f"a {colour} car", BOX, crop, cut(studio, crop)), lambda progress: None)[0]
    assert nearest_colour(main_colour(made.pixels), COLOURS) == colour
    assert made.recipe["understood"] == f"{colour} car"


def test_a_small_thing_stands_on_the_bottom_of_the_box(engine):
    whole, small = solid(inserted(engine, "car")), solid(inserted(engine, "small car"))
    assert abs(small.width / whole.width - 0.6) < 0.06
    assert abs(small.bottom - whole.bottom) < 8
    assert abs(small.x + small.width / 2 - whole.x - whole.width / 2) < 8


def test_the_recipe_keeps_the_box_that_was_drawn(engine):
    made = inserted(engine, "small red car")
    assert made.recipe["box"] == {"x": BOX.x, "y": BOX.y, "width": BOX.width, "height": BOX.height}
    assert made.recipe["understood"] == "small red car, 60% of the box"
    again = inserted(engine, made.recipe["prompt"], made.recipe["seed"])
    assert np.array_equal(again.pixels, made.pixels)
    assert made.recipe["background_sha256"] == inserted(engine, "car").recipe["background_sha256"]


def test_a_tiny_box_is_not_made_smaller_than_a_box_may_be():
    request = InsertRequest("x", Box(10, 10, 12, 9), Box(4, 4, 22, 22), np.zeros((22, 22, 3), np.uint8))
    small = narrowed(request, 0.4)
    assert (small.box.width, small.box.height) == (8, 8) and small.box.bottom == request.box.bottom
    assert small.background.shape == (small.crop.height, small.crop.width, 3)


def test_candidates_of_a_noun_are_different_models(engine):
    """Another seed of “chair” is another chair, not the same one turned round."""
    wooden, green = (inserted(engine, "chair", seed).pixels for seed in (0, 1))
    assert nearest_colour(main_colour(wooden), ("green", "brown")) == "brown"
    assert nearest_colour(main_colour(green), ("green", "brown")) == "green"
