"""Masks as values: made, painted, inverted, applied, linked; what is seen stays what it was where only the form changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document import masks
from app.document.document import Candidate, Document, Group, Layer, damage, find, make_group, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import TILE, Mask, Pixels, changed_tiles
from app.errors import EditError
from app.render.render import mask_array, render

CANVAS = Rect(0, 0, 300, 280)
TURNED = Placement(30, 20, 1.5, 0.75, 30)


def disc(width: int = 280, height: int = 270) -> Pixels:
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = x % 256, y % 256, 90
    pixels[..., 3] = np.clip(120 - np.hypot(x - width / 2, y - height / 2), 0, 1) * 255
    return Pixels.from_array(pixels)


def document(placement: Placement = Placement(), **fields: object) -> Document:
    return Document(CANVAS.width, CANVAS.height, (make_layer("disc", disc(), placement, **fields),))


def only(document: Document) -> Layer:
    return document.layers[0]


def seen(document: Document) -> np.ndarray:
    return render(document, document.rect).astype(int)


@pytest.mark.parametrize(("value", "shows"), [(255, True), (0, False)])
def test_a_new_mask_shows_all_or_nothing(value: int, shows: bool) -> None:
    before = document()
    after = masks.add_mask(before, only(before).id, value)
    assert (seen(after)[..., 3].any()) == shows
    assert only(after).mask.linked


def test_alpha_becomes_a_mask_and_looks_the_same() -> None:
    before = document()
    after = masks.mask_from_alpha(before, only(before).id)
    assert abs(seen(after) - seen(before)).max() <= 1
    assert (only(after).pixels.to_array()[..., 3] == 255).all()
    with pytest.raises(EditError, match="already"):
        masks.mask_from_alpha(after, only(after).id)


@pytest.mark.parametrize("placement", [Placement(), Placement(7, -5), TURNED])
def test_a_mask_from_a_box_shows_the_inside_of_the_box(placement: Placement) -> None:
    before = document(placement)
    box = Rect(90, 80, 190, 180)
    after = masks.mask_from_box(before, only(before).id, box)
    inside = seen(after)[box.top + 2 : box.bottom - 2, box.left + 2 : box.right - 2]
    assert abs(inside - seen(before)[box.top + 2 : box.bottom - 2, box.left + 2 : box.right - 2]).max() <= 1
    around = seen(after)[..., 3]
    around[box.top - 2 : box.bottom + 2, box.left - 2 : box.right + 2] = 0
    assert not around.any()


def test_inverting_twice_is_nothing_and_once_is_the_rest() -> None:
    before = document()
    boxed = masks.mask_from_box(before, only(before).id, Rect(50, 50, 150, 150))
    once = masks.invert_mask(boxed, only(boxed).id)
    twice = masks.invert_mask(once, only(once).id)
    assert (mask_array(only(once), CANVAS) == 255 - mask_array(only(boxed), CANVAS)).all()
    assert (mask_array(only(twice), CANVAS) == mask_array(only(boxed), CANVAS)).all()


@pytest.mark.parametrize("placement", [Placement(), Placement(7, -5), TURNED])
@pytest.mark.parametrize("linked", [True, False])
def test_applying_a_mask_looks_the_same(placement: Placement, linked: bool) -> None:
    boxed = document(placement)
    boxed = masks.mask_from_box(boxed, only(boxed).id, Rect(90, 80, 190, 180))
    boxed = masks.link_mask(boxed, only(boxed).id, linked)
    applied = masks.apply_mask(boxed, only(boxed).id)
    assert only(applied).mask is None
    differs = abs(seen(applied)[..., 3] - seen(boxed)[..., 3]) > 40
    assert differs.mean() < (0.01 if placement is TURNED else 1e-9)  # a turned edge is sampled twice


def test_applying_keeps_the_candidate_it_was_made_from() -> None:
    pixels = disc()
    layer = make_layer("apple", pixels, recipe={"seed": 1}, candidates=(Candidate(pixels, Placement(), {"seed": 1}),))
    boxed = masks.mask_from_box(Document(300, 280, (layer,)), layer.id, Rect(90, 80, 190, 180))
    applied = only(masks.apply_mask(boxed, layer.id))
    assert [candidate.pixels is pixels for candidate in applied.candidates] == [True, False]
    assert applied.candidates[1].pixels is applied.pixels


@pytest.mark.parametrize("placement", [Placement(7, -5), TURNED])
def test_linking_and_unlinking_change_nothing_that_is_seen(placement: Placement) -> None:
    boxed = document(placement)
    boxed = masks.mask_from_box(boxed, only(boxed).id, Rect(90, 80, 190, 180))
    loose = masks.link_mask(boxed, only(boxed).id, False)
    tied = masks.link_mask(loose, only(loose).id, True)
    assert not only(loose).mask.linked and only(tied).mask.linked
    for other in (loose, tied):
        assert (abs(seen(other)[..., 3] - seen(boxed)[..., 3]) > 40).mean() < 0.01
    if placement is not TURNED:
        assert (seen(loose) == seen(boxed)).all() and (seen(tied) == seen(boxed)).all()


def test_an_unlinked_mask_stays_when_the_layer_moves_and_a_linked_one_follows() -> None:
    boxed = document()
    boxed = masks.mask_from_box(boxed, only(boxed).id, Rect(90, 80, 190, 180))
    loose = masks.link_mask(boxed, only(boxed).id, False)
    for start, area in ((boxed, Rect(100, 80, 200, 180)), (loose, Rect(90, 80, 190, 180))):
        moved = replace(start, layers=(replace(only(start), placement=Placement(10, 0)),))
        shown = np.argwhere(mask_array(only(moved), CANVAS))
        assert (*shown.min(axis=0)[::-1], *(shown.max(axis=0)[::-1] + 1)) == (area.left, area.top, area.right, area.bottom)


def test_a_mask_that_is_switched_off_hides_nothing_and_one_that_is_deleted_is_gone() -> None:
    plain = document()
    hidden = masks.add_mask(plain, only(plain).id, 0)
    assert (seen(masks.enable_mask(hidden, only(hidden).id, False)) == seen(plain)).all()
    assert only(masks.remove_mask(hidden, only(hidden).id)).mask is None
    with pytest.raises(EditError, match="no mask"):
        masks.remove_mask(plain, only(plain).id)


def test_a_group_hides_with_its_mask_too_and_cannot_apply_it() -> None:
    group = make_group("pair", (make_layer("disc", disc()),))
    boxed = masks.mask_from_box(Document(300, 280, (group,)), group.id, Rect(90, 80, 190, 180))
    shown = seen(boxed)[..., 3]
    assert shown[100, 100] == 255 and shown[70, 100] == 0
    assert isinstance(find(boxed, group.id), Group)
    with pytest.raises(EditError, match="is a group"):
        masks.apply_mask(boxed, group.id)


@given(st.integers(-400, 200), st.integers(-400, 200), st.integers(1, 700), st.integers(1, 700), st.sampled_from((0, 255)))
def test_a_mask_that_grows_shows_the_same_with_the_same_tiles(left: int, top: int, width: int, height: int, default: int) -> None:
    small = Mask.from_array(np.full((100, 300), 77, np.uint8), -20, 30, default=default)
    area = Rect.from_size(left, top, width, height)
    large = masks.grown(small, area)
    covered = Rect.from_size(large.left, large.top, large.width, large.height)
    assert covered.unite(area) == covered
    everywhere = Rect(-500, -500, 800, 800)
    for_small = small.to_array(everywhere.moved(-small.left, -small.top))
    assert (large.to_array(everywhere.moved(-large.left, -large.top)) == for_small).all()
    assert {id(tile) for tile in large.tiles.values()} == {id(tile) for tile in small.tiles.values()}


def test_only_what_a_brush_touched_is_damaged() -> None:
    plain = document(Placement(10, 5))
    masked = masks.add_mask(plain, only(plain).id)
    mask = only(masked).mask.with_region(40, 50, np.zeros((3, 4), np.uint8))
    painted = replace(masked, layers=(replace(only(masked), mask=mask),))
    assert len(changed_tiles(only(masked).mask.tiles, mask.tiles)) == 1 and TILE == 256
    assert damage(masked, painted) == Rect(50, 55, 54, 58)
    assert damage(masked, masks.enable_mask(masked, only(masked).id, False)) is not None
