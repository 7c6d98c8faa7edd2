"""Tiled pixels: values that share what did not change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.document.geometry import Rect
from app.document.pixels import TILE, Mask, Pixels, changed_rect, changed_tiles


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (256, 256), (257, 255), (600, 300)])
def test_what_goes_in_comes_out(size: tuple[int, int]) -> None:
    array = noise(*size)
    pixels = Pixels.from_array(array)
    assert (pixels.width, pixels.height) == size
    assert np.array_equal(pixels.to_array(), array)
    opaque = Pixels.from_array(array[..., :3]).to_array()
    assert np.array_equal(opaque[..., :3], array[..., :3]) and (opaque[..., 3] == 255).all()


def test_pixels_are_a_copy_and_cannot_be_written() -> None:
    array = noise(300, 300)
    pixels = Pixels.from_array(array)
    kept = array.copy()
    array[...] = 0
    pixels.to_array()[...] = 0
    assert np.array_equal(pixels.to_array(), kept)
    with pytest.raises(ValueError):
        next(iter(pixels.tiles.values()))[0, 0] = 0
    with pytest.raises(TypeError):
        pixels.tiles[0, 0] = array  # type: ignore[index]


def test_empty_parts_cost_nothing() -> None:
    array = np.zeros((1000, 1000, 4), np.uint8)
    array[700, 800] = (1, 2, 3, 4)
    pixels = Pixels.from_array(array)
    assert list(pixels.tiles) == [(700 // TILE, 800 // TILE)]
    assert pixels.content_bounds() == Rect.from_size(800, 700, 1, 1)
    assert pixels.tile_bounds() == Rect(768, 512, 1000, 768)
    assert Pixels.empty(9, 9).content_bounds().is_empty and Pixels.empty(9, 9).tile_bounds().is_empty


@pytest.mark.parametrize("strongest", [255, 100, 16, 1])
def test_the_faintest_end_of_a_shadow_is_there_but_not_found_by_an_eye(strongest: int) -> None:
    array = np.zeros((600, 600, 4), np.uint8)
    array[..., 3] = np.linspace(0, strongest, 600).astype(np.uint8)  # grows stronger to the right, through three columns of tiles
    pixels, alpha = Pixels.from_array(array), array[0, :, 3]
    assert pixels.content_bounds().left == int(np.argmax(alpha > 0))
    assert pixels.seen_bounds() == Rect(int(np.argmax(alpha >= strongest / 16)), 0, 600, 600)
    assert Pixels.empty(9, 9).seen_bounds().is_empty


def test_wrong_kinds_of_arrays_are_refused() -> None:
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.float32), np.zeros((4, 4, 2), np.uint8)):
        with pytest.raises(ValueError):
            Pixels.from_array(wrong)
    with pytest.raises(ValueError):
        Mask.from_array(np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(ValueError):
        Pixels.empty(9, 9).with_region(0, 0, np.zeros((2, 2), np.uint8))


@settings(max_examples=25)
@given(some.integers(-300, 700), some.integers(-300, 700), some.integers(1, 400), some.integers(1, 400))
def test_a_region_written_anywhere_is_there_and_nowhere_else(left: int, top: int, width: int, height: int) -> None:
    array = noise(520, 510)
    patch = noise(width, height, 1)
    before = Pixels.from_array(array)
    after = before.with_region(left, top, patch)
    expected = np.zeros((2000, 2000, 4), np.uint8)
    expected[500:1010, 500:1020] = array
    expected[500 + top : 500 + top + height, 500 + left : 500 + left + width] = patch
    assert np.array_equal(after.to_array(), expected[500:1010, 500:1020])
    assert np.array_equal(before.to_array(), array)
    touched = Rect.from_size(left, top, width, height)
    for key in changed_tiles(before.tiles, after.tiles):
        assert not touched.intersect(Rect.from_size(key[1] * TILE, key[0] * TILE, TILE, TILE)).is_empty


@settings(max_examples=25)
@given(some.integers(-300, 700), some.integers(-300, 700), some.integers(0, 400), some.integers(0, 400))
def test_any_rectangle_can_be_read(left: int, top: int, width: int, height: int) -> None:
    array = noise(520, 510)
    expected = np.zeros((2000, 2000, 4), np.uint8)
    expected[500:1010, 500:1020] = array
    part = Pixels.from_array(array).to_array(Rect.from_size(left, top, width, height))
    assert np.array_equal(part, expected[500 + top : 500 + top + height, 500 + left : 500 + left + width])


def test_versions_share_their_unchanged_tiles() -> None:
    before = Pixels.from_array(noise(1024, 1024))
    after = before.with_region(300, 300, noise(10, 10, 1))
    assert changed_rect(before.tiles, after.tiles) == Rect(256, 256, 512, 512)
    assert after.lineage is before.lineage
    assert changed_rect(before.tiles, before.tiles).is_empty
    erased = after.with_region(0, 0, np.zeros((1024, 1024, 4), np.uint8))
    assert not erased.tiles


@pytest.mark.parametrize("default", [0, 255])
def test_a_mask_has_its_default_beyond_its_edges(default: int) -> None:
    array = np.random.default_rng(0).integers(0, 256, (300, 280), np.uint8)
    mask = Mask.from_array(array, left=5, top=6, default=default)
    assert np.array_equal(mask.to_array(), array)
    around = mask.to_array(Rect(-10, -10, 290, 310))
    assert np.array_equal(around[10:310, 10:290], array)
    assert (around[:10] == default).all() and (around[:, :10] == default).all() and (around[:, 290:] == default).all()
    plain = Mask.from_array(np.full((300, 280), default, np.uint8), default=default)
    assert not plain.tiles
    assert not plain.with_region(290, -5, np.full((10, 10), 77, np.uint8)).tiles  # beyond the edge nothing is kept
    assert (plain.with_region(270, 290, np.full((30, 30), 77, np.uint8)).to_array()[290:, 270:] == 77).all()


def test_one_colour_throughout_takes_the_memory_of_a_few_tiles() -> None:
    colour = (10, 20, 30, 255)
    assert (Pixels.filled(300, 260, colour).to_array() == colour).all()
    large = Pixels.filled(10_000, 8_000, colour)
    assert large.content_bounds() == large.rect and len({id(tile) for tile in large.tiles.values()}) == 4


def test_a_cover_lies_beside_the_pixels_until_they_change() -> None:
    picture = noise(600, 300, 2)
    cover = picture[..., 3] // 2
    cover[:, :256] = 0
    known = Pixels.from_array(picture, cover)
    assert (known.cover_array() == cover).all() and (0, 0) not in known.cover, "empty tiles are left out"
    assert (known.cover_array(Rect(250, 20, 700, 310)) == np.pad(cover, ((0, 10), (0, 100)))[20:310, 250:]).all()
    assert known.with_region(0, 0, picture[:5, :5]).cover is None and Pixels.from_array(picture).cover_array() is None
    thing = known.as_thing()
    assert (thing.cover_array() == picture[..., 3]).all() and thing.tiles is known.tiles
    assert np.shares_memory(thing.cover[0, 0], thing.tiles[0, 0]) and not thing.cover[0, 0].flags.writeable
