"""The way from a box on a picture to the model's square frame and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bfs_engine import framing
from bfs_engine.api import Box, EngineError

sizes = st.integers(8, 400)


@st.composite
def boxes_on_pictures(draw: st.DrawFn) -> tuple[Box, int, int]:
    width, height = draw(sizes), draw(sizes)
    box_width, box_height = draw(st.integers(8, width)), draw(st.integers(8, height))
    return Box(draw(st.integers(0, width - box_width)), draw(st.integers(0, height - box_height)), box_width, box_height), width, height


@given(boxes_on_pictures())
def test_the_crop_is_a_square_that_holds_the_box(case: tuple[Box, int, int]) -> None:
    box, width, height = case
    crop = framing.crop_around(box, width, height)
    assert crop.width == crop.height
    assert crop.x <= box.x and crop.y <= box.y and crop.right >= box.right and crop.bottom >= box.bottom


@given(boxes_on_pictures())
def test_the_crop_stays_on_the_picture_wherever_it_fits(case: tuple[Box, int, int]) -> None:
    box, width, height = case
    crop = framing.crop_around(box, width, height)
    if crop.width <= width:
        assert crop.x >= 0 and crop.right <= width
    if crop.height <= height:
        assert crop.y >= 0 and crop.bottom <= height


@given(boxes_on_pictures())
def test_the_box_has_its_constant_share_of_the_crop(case: tuple[Box, int, int]) -> None:
    box, width, height = case
    crop = framing.crop_around(box, width, height)
    assert abs(max(box.width, box.height) / framing.BOX_FRACTION - crop.width) <= 0.5


def test_a_crop_inside_the_picture_is_simply_cut_out() -> None:
    picture = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    assert np.array_equal(framing.cut(picture, Box(5, 3, 10, 10)), picture[3:13, 5:15])


def test_beyond_the_picture_its_edge_is_repeated() -> None:
    picture = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(framing.cut(picture, Box(-3, -2, 10, 8)), np.pad(picture, ((2, 2), (3, 3), (0, 0)), mode="edge"))


@pytest.mark.parametrize("box", [Box(-1, 0, 20, 20), Box(0, -1, 20, 20), Box(81, 0, 20, 20), Box(0, 31, 20, 20)])
def test_a_box_that_leaves_the_picture_is_refused_with_the_sizes(box: Box) -> None:
    with pytest.raises(EngineError, match="100 × 50") as refusal:
        framing.check_box(box, 100, 50)
    assert refusal.value.hint


@pytest.mark.parametrize("box", [Box(0, 0, 7, 20), Box(0, 0, 20, 7), Box(0, 0, 0, 0), Box(30, 30, -10, 10)])
def test_a_box_too_small_to_see_is_refused(box: Box) -> None:
    with pytest.raises(EngineError, match="at least 8"):
        framing.check_box(box, 100, 50)


def test_a_box_as_large_as_the_picture_is_welcome() -> None:
    framing.check_box(Box(0, 0, 100, 50), 100, 50)


@pytest.mark.parametrize("side", [40, 128, 300])
def test_the_model_sees_one_colour_as_one_colour(side: int) -> None:
    seen = framing.to_model(np.full((side, side, 3), (200, 100, 50), np.uint8), 128)
    assert seen.shape == (128, 128, 3) and seen.dtype == np.float32
    assert np.abs(seen * 255 - (200, 100, 50)).max() < 0.6


def test_a_layer_comes_back_at_its_place_trimmed_to_what_shows() -> None:
    layer = np.zeros((128, 128, 4), np.float32)
    layer[32:96, 48:80] = (1.0, 0.5, 0.0, 1.0)
    pixels, left, top = framing.from_model(layer, Box(1000, -50, 256, 256))
    assert abs(left - (1000 + 96)) <= 6 and abs(top - (-50 + 64)) <= 6  # a resampling filter reaches a few pixels further
    centre = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    assert np.abs(centre.astype(int) - (255, 128, 0, 255)).max() <= 1


@pytest.mark.parametrize("side", [50, 128, 333])
def test_no_colour_of_unseen_pixels_creeps_into_the_edge(side: int) -> None:
    layer = np.zeros((128, 128, 4), np.float32)
    layer[..., 1] = 1.0  # loud green, fully transparent
    layer[40:90, 40:90] = (1.0, 0.0, 0.0, 1.0)
    pixels, _, _ = framing.from_model(layer, Box(0, 0, side, side))
    seen = pixels[pixels[..., 3] > 16]
    assert seen[:, 1].max() <= 2 and seen[:, 0].min() >= 250
    assert not pixels[pixels[..., 3] == 0].any()


def test_of_a_layer_without_anything_visible_nothing_comes_back() -> None:
    assert framing.from_model(np.zeros((128, 128, 4), np.float32), Box(0, 0, 100, 100)) is None


@pytest.mark.parametrize("side", [70, 128, 700])
def test_scaling_in_bands_shows_no_seam(side: int) -> None:
    layer = np.random.default_rng(3).random((128, 128, 4), np.float32)
    layer[:20] = layer[:, 100:] = 0
    pixels, left, top = framing.from_model(layer, Box(0, 0, side, side))
    way = Image.Resampling.BICUBIC if side > 128 else Image.Resampling.LANCZOS
    alpha = np.asarray(Image.fromarray(layer[..., 3], "F").resize((side, side), way)).clip(0, 1)
    green = np.asarray(Image.fromarray(layer[..., 1] * layer[..., 3], "F").resize((side, side), way)) / np.maximum(alpha, 1e-4)
    area = np.s_[top : top + pixels.shape[0], left : left + pixels.shape[1]]
    assert np.abs(pixels[..., 3] - alpha[area] * 255).max() <= 0.51
    seen = pixels[..., 3] > 8
    assert np.abs(pixels[..., 1] - green[area].clip(0, 1) * 255)[seen].max() <= 1


@pytest.mark.parametrize("box", [Box(-30, 10, 60, 40), Box(180, 130, 60, 40), Box(90, -20, 20, 25), Box(-40, -40, 300, 250)])
def test_the_crop_holds_a_box_that_hangs_over_the_picture(box: Box) -> None:
    crop = framing.crop_around(box, 200, 150)
    assert crop.x <= box.x and crop.y <= box.y and crop.right >= box.right and crop.bottom >= box.bottom
