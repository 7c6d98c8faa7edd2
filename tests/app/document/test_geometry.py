"""Rectangles, and where a placement puts a layer's pixels."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as some

from app.document.geometry import EMPTY, Placement, Rect, about, after, apply, invert, shift, turn

coordinates = some.integers(-500, 500)
rects = some.builds(Rect, coordinates, coordinates, coordinates, coordinates)
scales = some.floats(0.05, 8) | some.floats(-8, -0.05)
placements = some.builds(Placement, some.floats(-1e3, 1e3), some.floats(-1e3, 1e3), scales, scales, some.floats(-720, 720), some.floats(-80, 80))
matrices = some.builds(
    lambda placement, x, y: about((x, y), placement.matrix(10, 10)[:4]), placements, some.floats(-500, 500), some.floats(-500, 500)
)
sizes = some.integers(1, 400)


@settings(max_examples=50)
@given(rects, rects, coordinates, coordinates)
def test_a_point_is_in_the_common_part_if_it_is_in_both(one: Rect, other: Rect, x: int, y: int) -> None:
    assert one.intersect(other).contains(x, y) == (one.contains(x, y) and other.contains(x, y))


@settings(max_examples=50)
@given(rects, rects, coordinates, coordinates)
def test_what_is_in_either_is_in_the_union(one: Rect, other: Rect, x: int, y: int) -> None:
    if one.contains(x, y) or other.contains(x, y):
        assert one.unite(other).contains(x, y)


def test_nothing_adds_nothing() -> None:
    rect = Rect.from_size(3, 4, 10, 20)
    assert rect.unite(EMPTY) == EMPTY.unite(rect) == rect
    assert Rect(5, 5, 5, 9).is_empty and Rect(5, 5, 4, 9).width == 0
    assert rect.moved(1, -1) == Rect(4, 3, 14, 23) and rect.grown(2) == Rect(1, 2, 15, 26)


def test_a_layer_that_is_only_shifted_lies_where_it_says() -> None:
    placement = Placement(12, -7)
    assert placement.is_identity_shift
    assert placement.bounds(30, 20) == Rect.from_size(12, -7, 30, 20)
    assert not Placement(12.5, 0).is_identity_shift and not Placement(0, 0, -1).is_identity_shift


def test_scale_and_rotation_keep_the_centre() -> None:
    for placement in (Placement(10, 20, 3, 0.5, 77), Placement(10, 20, -1, 1, 180), Placement(10, 20, 1, 1, 90)):
        x, y = apply(placement.matrix(40, 60), 20, 30)
        assert math.isclose(x, 30) and math.isclose(y, 50)


def test_a_quarter_turn_is_clockwise_and_exact() -> None:
    turned = Placement(0, 0, 1, 1, 90)
    assert turned.bounds(40, 60) == Rect.from_size(-10, 10, 60, 40)
    x, y = apply(turned.matrix(40, 60), 0, 0)  # the top left corner goes to the top right
    assert (x, y) == (50, 10)


@settings(max_examples=50)
@given(placements, sizes, sizes)
def test_all_corners_lie_within_the_bounds(placement: Placement, width: int, height: int) -> None:
    bounds = placement.bounds(width, height)
    for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
        cx, cy = apply(placement.matrix(width, height), x, y)
        assert bounds.left - 1e-5 <= cx <= bounds.right + 1e-5 and bounds.top - 1e-5 <= cy <= bounds.bottom + 1e-5


@settings(max_examples=50)
@given(placements, sizes, sizes)
def test_the_inverse_leads_back(placement: Placement, width: int, height: int) -> None:
    matrix = placement.matrix(width, height)
    x, y = apply(invert(matrix), *apply(matrix, 12.5, 34.0))
    assert math.isclose(x, 12.5, abs_tol=1e-6) and math.isclose(y, 34.0, abs_tol=1e-6)
    assert invert(Placement(0, 0, 0, 1).matrix(width, height)) is None


@settings(max_examples=100)
@given(placements, matrices, sizes, sizes)
def test_a_transformed_layer_lies_where_the_canvas_was_taken_to(placement: Placement, by: tuple[float, ...], width: int, height: int) -> None:
    moved = placement.transformed(by, width, height)
    for corner in ((0, 0), (width, 0), (0, height), (width, height)):
        expected = apply(by, *apply(placement.matrix(width, height), *corner))
        assert math.dist(apply(moved.matrix(width, height), *corner), expected) <= 1e-5 * (1 + math.hypot(*expected))


@settings(max_examples=50)
@given(matrices, matrices, coordinates, coordinates)
def test_one_matrix_after_another_is_one_matrix(first: tuple[float, ...], then: tuple[float, ...], x: int, y: int) -> None:
    assert math.dist(apply(after(first, then), x, y), apply(then, *apply(first, x, y))) < 1e-3


def test_a_flip_is_written_as_a_flip_and_half_a_turn_as_a_turn() -> None:
    start = Placement(10, 20, 1.5, 1, 0)
    across, down = about((40, 40), (-1.0, 0.0, 0.0, 1.0)), about((40, 40), (1.0, 0.0, 0.0, -1.0))
    assert start.transformed(across, 30, 20) == Placement(40, 20, -1.5, 1, 0)
    assert start.transformed(down, 30, 20) == Placement(10, 40, 1.5, -1, 0)
    half = start.transformed(about((40, 40), turn(180)), 30, 20)
    assert (half.scale_x, half.scale_y, abs(half.rotation)) == (1.5, 1, 180)


@settings(max_examples=50)
@given(some.integers(-300, 300), some.integers(-300, 300), some.floats(0.001, 40), some.floats(-180, 180), sizes, sizes)
def test_there_and_back_is_on_the_pixel_grid_again(x: int, y: int, scale: float, degrees: float, width: int, height: int) -> None:
    start = Placement(x, y)
    there = about((30, 40), (scale, 0.0, 0.0, scale)), about((7.5, 3), turn(degrees)), shift(0.3, 1 / 3)
    back = shift(-0.3, -1 / 3), about((7.5, 3), turn(-degrees)), about((30, 40), (1 / scale, 0.0, 0.0, 1 / scale))
    placement = start
    for matrix in (*there, *back):
        placement = placement.transformed(matrix, width, height)
    assert placement.is_identity_shift and (placement.x, placement.y) == (x, y)


def test_a_skewed_layer_leans() -> None:
    leaning = Placement(0, 0, 1, 1, 0, 45)
    assert leaning.bounds(20, 10) == Rect(-5, 0, 25, 10)
    assert math.dist(apply(leaning.matrix(20, 10), 0, 0), (-5, 0)) < 1e-9 and not leaning.is_translation
