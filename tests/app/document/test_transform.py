"""Scaling, turning, leaning, flipping: with handles, with numbers, alone and together, and never a pixel lost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.document.document import Document, find, make_group, make_layer, seen_bounds
from app.document.geometry import IDENTITY, Placement, Rect, about, turn
from app.document.pixels import Mask, Pixels
from app.document.transform import Numbers, flip, frame_of, numbers_of, reset, transform, with_numbers
from app.errors import EditError
from app.render.render import mask_array, render
from app.session.session import Session
from app.tools.transform_tool import TransformTool

WIDTH, HEIGHT = 400, 300


@pytest.fixture
def session() -> Session:
    """A card of 100 × 60 visible pixels in a larger raster, and a square of 40."""
    card, square = np.zeros((80, 120, 4), np.uint8), np.full((40, 40, 4), 200, np.uint8)
    card[10:70, 10:110] = np.random.default_rng(3).integers(1, 256, (60, 100, 4))
    low = make_layer("square", Pixels.from_array(square), Placement(20, 30))
    return Session(Document(WIDTH, HEIGHT, (low, make_layer("card", Pixels.from_array(card), Placement(90, 90)))))


def card(session: Session) -> Placement:
    return session.document.layers[-1].placement


def dragged(tool: TransformTool, start: tuple[float, float], end: tuple[float, float], *modifiers: str) -> None:
    assert tool.press(*start, modifiers, 5) == ""
    tool.drag((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, modifiers)
    tool.release(*end, modifiers)


def corners(session: Session) -> list[tuple[float, float]]:
    frame = frame_of(session.document, [session.active])
    return [(round(x, 6), round(y, 6)) for x, y in frame.corners]


# By handles


def test_a_corner_scales_and_the_opposite_one_stays(session: Session) -> None:
    tool = TransformTool(session)
    assert corners(session) == [(100, 100), (200, 100), (200, 160), (100, 160)]
    dragged(tool, (201, 159), (251, 189))  # taken beside the corner: it does not jump
    assert corners(session) == [(100, 100), (250, 100), (250, 190), (100, 190)]
    assert session.history.labels == ["Open", "Scale"] and (card(session).scale_x, card(session).scale_y) == (1.5, 1.5)


def test_the_frame_is_around_what_one_sees_and_what_is_fainter_moves_along() -> None:
    picture = np.zeros((200, 300, 4), np.uint8)
    picture[20:80, 30:90, 3] = 255  # a thing
    picture[60:120, 60:290, 3] = np.maximum(picture[60:120, 60:290, 3], np.linspace(160, 0, 230).astype(np.uint8))  # and its shadow, growing soft
    session = Session(Document(WIDTH, HEIGHT, (make_layer("thing", Pixels.from_array(picture)),)))
    session.active = session.document.layers[0].id
    corner, _, opposite, _ = frame_of(session.document, [session.active]).corners
    (left, top), (right, bottom) = corner, opposite
    assert (left, top, bottom) == (30, 20, 120) and 260 < right < 275
    dragged(TransformTool(session), (right, bottom), (30 + 2 * (right - 30), bottom), "alt", "shift")
    after = session.document.layers[0]
    assert np.array_equal(after.pixels.to_array(), picture)  # the faintest too
    faint = make_layer("veil", Pixels.from_array(np.full((50, 60, 4), 3, np.uint8)), Placement(5, 6))
    assert seen_bounds(faint) == Rect(5, 6, 65, 56)  # all of it, because none of it is stronger


@pytest.mark.parametrize(
    ("start", "end", "keys", "expected"),
    [
        ((200, 130), (230, 90), (), (100, 100, 230, 160)),  # a side moves alone
        ((200, 160), (260, 170), ("shift",), (100, 100, 260, 196)),  # in proportion
        ((200, 130), (220, 130), ("shift",), (100, 94, 220, 166)),  # a side takes both others along
        ((200, 160), (210, 170), ("alt",), (90, 90, 210, 170)),  # about the pivot
        ((200, 160), (80, 160), (), (80, 100, 100, 160)),  # over the other side: flipped
        ((200, 160), (100, 100), (), (100, 100, 101, 101)),  # never thinner than a pixel
    ],
)
def test_what_handles_and_keys_do(session: Session, start: tuple, end: tuple, keys: tuple[str, ...], expected: tuple) -> None:
    dragged(TransformTool(session), start, end, *keys)
    assert seen_bounds(find(session.document, session.active)) == Rect(*expected)


def test_a_flip_by_dragging_is_a_flip(session: Session) -> None:
    dragged(TransformTool(session), (200, 130), (0, 130))
    assert (card(session).scale_x, card(session).rotation) == (-1, 0)


def test_outside_turns_about_the_pivot_and_shift_by_fifteen_degrees(session: Session) -> None:
    tool = TransformTool(session)
    assert tool.grip_at(260, 130, 5) == "rotate" and tool.grip_at(120, 120, 5) == "inside" and tool.grip_at(150, 130, 5) == "pivot"
    dragged(tool, (250, 130), (150, 230))
    assert card(session) == Placement(90, 90, rotation=90)
    dragged(tool, (250, 130), (250, 160), "shift")
    assert card(session).rotation == 105
    session.undo()
    session.undo()
    dragged(tool, (150, 130), (100, 100))  # the pivot is drawn to the corner
    assert tool.pivot == (0, 0) and session.history.index == 0
    dragged(tool, (300, 100), (100, 300))
    assert corners(session) == [(100, 100), (100, 200), (40, 200), (40, 100)]


def test_a_turned_layer_is_scaled_along_its_own_sides(session: Session) -> None:
    tool = TransformTool(session)
    dragged(tool, (250, 130), (150 + 100 * math.cos(0.5), 130 + 100 * math.sin(0.5)))
    right = frame_of(session.document, [session.active]).at(1, 0.5)
    dragged(tool, right, (right[0] + 50 * math.cos(0.5), right[1] + 50 * math.sin(0.5)))
    assert card(session).scale_x == pytest.approx(1.5) and card(session).scale_y == pytest.approx(1) and card(session).skew == pytest.approx(0)


def test_ctrl_on_a_side_leans_it(session: Session) -> None:
    tool = TransformTool(session)
    dragged(tool, (150, 100), (130, 100), "ctrl")
    assert corners(session) == [(80, 100), (180, 100), (200, 160), (100, 160)]
    assert card(session).skew == pytest.approx(math.degrees(math.atan(20 / 60)))
    session.undo()
    dragged(tool, (150, 160), (120, 160), "ctrl", "shift")  # about 26.6°, so 30
    assert card(session).skew == pytest.approx(-30)
    session.undo()
    dragged(tool, (200, 130), (200, 160), "ctrl")
    assert corners(session) == [(100, 100), (200, 130), (200, 190), (100, 160)]


def test_inside_moves_and_shift_keeps_the_direction(session: Session) -> None:
    dragged(TransformTool(session), (120, 120), (150.4, 125), "shift")
    assert card(session) == Placement(120, 90) and session.history.labels[-1] == "Move"


def test_handles_are_drawn_to_other_layers_and_the_line_is_shown(session: Session) -> None:
    tool = TransformTool(session)
    tool.press(100, 130, (), 5)
    tool.drag(62, 130)  # the right edge of the square is at 60
    assert tool.frame.corners[0] == pytest.approx((60, 100))
    assert any(line.upright and line.position == 60 and line.low <= 30 and line.high >= 160 for line in tool.overlay.lines)
    tool.drag(62, 130, {"ctrl"})
    assert tool.frame.corners[0] == pytest.approx((62, 100))
    tool.abort()


# Several at once


def test_several_layers_are_transformed_as_one(session: Session) -> None:
    ids = [layer.id for layer in session.document.layers]
    tool = TransformTool(session, lambda: ids)
    assert tool.frame.corners[0] == (20, 30) and tool.frame.corners[2] == (200, 160)
    dragged(tool, (200, 160), (380, 290))
    low, high = (seen_bounds(find(session.document, id)) for id in ids)
    assert low == Rect(20, 30, 100, 110) and high == Rect(180, 170, 380, 290)
    assert len(session.history.labels) == 2


def test_a_locked_one_stays_and_alone_it_says_why(session: Session) -> None:
    square = session.document.layers[0]
    session.commit("Lock", replace(session.document, layers=(replace(square, locked=True), session.document.layers[1])))
    tool = TransformTool(session, lambda: [node.id for node in session.document.layers])
    dragged(tool, (200, 160), (250, 160))
    assert session.document.layers[0].placement == Placement(20, 30) and card(session).scale_x == 1.5
    session.active = square.id
    assert "locked" in TransformTool(session).press(20, 30)
    session.active = None
    assert "No layer" in TransformTool(session).press(20, 30)


def test_a_group_turns_with_its_mask_and_back_to_the_very_same_picture(session: Session) -> None:
    shape = np.zeros((200, 200), np.uint8)
    shape[40:150, 30:180] = np.arange(150, dtype=np.uint8)
    group = make_group("g", session.document.layers, mask=Mask.from_array(shape, 20, 10, default=0))
    document = Document(WIDTH, HEIGHT, (group,))
    by, back = about((33, 44), turn(90)), about((33, 44), turn(-90))
    turned = transform(document, [group.id], by)
    assert np.array_equal(mask_array(turned.layers[0], Rect(-200, -100, 200, 300)), np.rot90(mask_array(group, Rect(-111, -123, 289, 277)), -1))
    again = transform(turned, [group.id], back)
    assert again.layers[0].mask.matrix == IDENTITY and np.array_equal(render(again, again.rect), render(document, document.rect))


def test_a_mask_that_is_not_linked_stays(session: Session) -> None:
    layer = replace(session.document.layers[1], mask=Mask.from_array(np.zeros((9, 9), np.uint8), 100, 100, linked=False))
    document = transform(Document(WIDTH, HEIGHT, (layer,)), [layer.id], about((0, 0), turn(30)))
    assert document.layers[0].mask is layer.mask and document.layers[0].placement.rotation == pytest.approx(30)


# By numbers


def test_one_pixel_and_back_by_numbers_is_the_same_picture(session: Session) -> None:
    before = render(session.document, session.document.rect)
    tool = TransformTool(session)
    first = tool.numbers()
    assert first == Numbers(150, 130, 100, 60)
    tool.set_numbers(replace(first, width=1, height=1, rotation=33.3, skew=12))
    assert seen_bounds(session.document.layers[1]).width <= 3
    tool.set_numbers(replace(tool.numbers(), x=150, y=130, width=100, height=60, rotation=0, skew=0))
    assert np.array_equal(render(session.document, session.document.rect), before)
    assert card(session) == Placement(90, 90)


def test_numbers_are_of_the_pivot(session: Session) -> None:
    tool = TransformTool(session)
    tool.pivot = (1, 1)
    assert (tool.numbers().x, tool.numbers().y) == (200, 160)
    tool.set_numbers(replace(tool.numbers(), width=50))
    assert corners(session) == [(150, 100), (200, 100), (200, 160), (150, 160)]
    both = [layer.id for layer in session.document.layers]
    start = numbers_of(session.document, both, (0, 0))
    assert start == Numbers(20, 30, 180, 130)
    moved = with_numbers(session.document, both, (0, 0), replace(start, x=30, width=360, rotation=90))
    assert numbers_of(moved, both, (1, 0)) == Numbers(30, 30, 130, 360)


def test_flips_go_about_the_pivot_and_twice_is_nothing(session: Session) -> None:
    tool = TransformTool(session)
    tool.flip("across")
    assert card(session) == Placement(90, 90, scale_x=-1)
    tool.pivot = (0, 0)  # of the layer's own box, so its right upper corner now
    tool.flip("down")
    assert corners(session) == [(200, 100), (100, 100), (100, 40), (200, 40)]
    tool.flip("down")
    tool.pivot = (0.5, 0.5)
    tool.flip("across")
    assert card(session) == Placement(90, 90) and session.history.labels[1:3] == ["Flip horizontally", "Flip vertically"]


def test_reset_gives_a_layer_its_own_shape_again(session: Session) -> None:
    tool = TransformTool(session)
    tool.set_numbers(Numbers(150, 130, 300, 20, 40, 10))
    assert card(session).skew == 10
    tool.reset()
    assert card(session) == Placement(90, 90)


def test_nothing_to_transform_is_said(session: Session) -> None:
    empty = make_layer("empty", Pixels.empty(50, 50))
    session.commit("Add", replace(session.document, layers=(*session.document.layers, empty)), active=empty.id)
    tool = TransformTool(session)
    assert "empty" in tool.press(10, 10) and tool.numbers() is None and tool.overlay.frame == ()
    with pytest.raises(EditError):
        flip(session.document, [empty.id], "across")
    assert reset(session.document, []) is session.document


# Giving up


def test_escape_takes_back_the_gesture_and_then_all_that_the_tool_did(session: Session) -> None:
    tool = TransformTool(session)
    tool.enter()
    start = session.document
    dragged(tool, (200, 160), (250, 190))
    dragged(tool, (120, 120), (130, 130))
    tool.press(120, 120)
    tool.drag(190, 190)
    assert tool.abort() and session.history.index == 2
    assert tool.revert() and session.document is start and not tool.revert()
    dragged(tool, (200, 160), (250, 190))
    session.commit("Something else", replace(session.document, dpi=300))
    assert not tool.revert() and session.history.labels[-1] == "Something else"


def test_a_layer_that_goes_away_under_the_hand_ends_the_gesture(session: Session) -> None:
    tool = TransformTool(session)
    tool.press(200, 160, (), 5)
    tool.drag(220, 170)
    session.commit("Delete", replace(session.document, layers=session.document.layers[:1]))
    tool.drag(230, 170)
    tool.release(230, 170)
    assert session.history.labels == ["Open", "Delete"] and session.shown is session.document


@settings(max_examples=40)
@given(some.lists(some.tuples(some.floats(-180, 180), some.floats(0.05, 20), some.floats(-300, 300)), max_size=6))
def test_any_transforms_and_their_opposites_give_the_same_pixels(steps: list[tuple[float, float, float]]) -> None:
    pixels = Pixels.from_array(np.random.default_rng(1).integers(0, 256, (30, 40, 4), np.uint8))
    layer = make_layer("l", pixels, Placement(7, 9))
    start = document = Document(60, 50, (layer,))
    matrices = [about((x, -x), tuple(scale * value for value in turn(degrees))) for degrees, scale, x in steps]
    backs = [about((x, -x), tuple(value / scale for value in turn(-degrees))) for degrees, scale, x in steps]
    for matrix in (*matrices, *reversed(backs)):
        document = transform(document, [layer.id], matrix)
    assert document.layers[0].pixels is pixels
    assert np.array_equal(render(document, document.rect), render(start, start.rect))
