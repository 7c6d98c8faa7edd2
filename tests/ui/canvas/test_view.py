"""Where the canvas lies in the window, and which parts of it are painted when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.document.document import Document
from app.document.geometry import Rect
from ui.canvas.backing import Backing, aligned, around, contains, corner_of, draw_image
from ui.canvas.view import LARGEST, SMALLEST, View, centred, fitted, mip_level, next_step

sizes = st.integers(1, 9000)
rects = st.builds(Rect.from_size, st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 80), st.integers(1, 80))


@given(sizes, sizes, st.integers(300, 3000), st.integers(300, 3000))
def test_fit_shows_the_whole_canvas_in_the_middle(width: int, height: int, room_x: int, room_y: int) -> None:
    view = fitted((width, height), (room_x, room_y))
    left, top, right, bottom = view.covered(Rect(0, 0, width, height))
    assert left >= 0 and top >= 0 and right <= room_x and bottom <= room_y
    assert abs(left - (room_x - right)) <= 2


@given(st.floats(SMALLEST, LARGEST), st.floats(SMALLEST, LARGEST), st.floats(0, 2000), st.floats(0, 2000))
def test_zooming_keeps_the_canvas_point_under_the_pointer(before: float, after: float, x: float, y: float) -> None:
    view = View(before, 37, -12)
    moved = view.zoomed(after, x, y)
    back = moved.to_device(*view.to_canvas(x, y))
    assert abs(back[0] - x) <= 1 and abs(back[1] - y) <= 1


views = st.builds(View, st.sampled_from((0.3, 1.0, 2.0, 7.5)), st.floats(-500, 500), st.floats(-500, 500), st.floats(-180, 180), st.booleans())


@given(views, st.floats(-180, 180), st.floats(0, 2000), st.floats(0, 2000))
def test_turning_and_flipping_keep_the_canvas_point_under_the_pointer(view: View, rotation: float, x: float, y: float) -> None:
    for moved in (view.turned(rotation, x, y), view.mirrored(x, y)):
        back = moved.to_device(*view.to_canvas(x, y))
        assert abs(back[0] - x) <= 1 and abs(back[1] - y) <= 1
    assert view.turned(rotation, x, y).rotation == pytest.approx(rotation, abs=1e-5)


@given(views, st.floats(-400, 400), st.floats(-400, 400))
def test_a_mirrored_view_shows_left_as_right(view: View, x: float, y: float) -> None:
    mirrored = replace(view.mirrored(700, 300), x=0, y=0)
    before, after = replace(view, x=0, y=0).to_device(x, y), mirrored.to_device(x, y)
    assert after == pytest.approx((-before[0], before[1]), abs=1e-3)


@given(views, sizes, sizes)
def test_fit_shows_a_turned_canvas_as_it_is_turned(like: View, width: int, height: int) -> None:
    view = fitted((width, height), (1200, 900), like=like)
    left, top, right, bottom = view.covered(Rect(0, 0, width, height))
    assert (view.rotation, view.flipped) == (like.rotation, like.flipped)
    assert (left >= 0 and top >= 0 and right <= 1200 and bottom <= 900) or view.zoom == SMALLEST


def test_the_arrow_keys_go_where_they_point_on_the_screen() -> None:
    assert View().canvas_axis(1, 0) == (1, 0) and View(rotation=20).canvas_axis(0, -10) == (0, -10)
    assert View(rotation=90).canvas_axis(1, 0) == (0, -1) and View(flipped=True).canvas_axis(1, 0) == (-1, 0)


def test_the_ladder_of_zooms_goes_up_and_down_through_100_percent() -> None:
    assert next_step(0.9, 1) == 1.0
    assert next_step(1.1, -1) == 1.0
    assert next_step(LARGEST, 1) == LARGEST
    assert next_step(SMALLEST, -1) == SMALLEST


@pytest.mark.parametrize(("zoom", "level"), [(4, 0), (1, 0), (0.51, 0), (0.5, 1), (0.3, 1), (0.25, 2), (1 / 32, 5)])
def test_the_picture_is_never_painted_smaller_than_it_is_shown(zoom: float, level: int) -> None:
    assert mip_level(zoom) == level
    assert 2**-level >= zoom or level == 0


@given(rects, rects)
def test_what_is_left_around_a_rectangle_covers_the_rest_once(outer: Rect, other: Rect) -> None:
    inner = outer.intersect(other)
    if inner.is_empty:
        return
    parts = around(outer, inner)
    assert sum(part.width * part.height for part in parts) == outer.width * outer.height - inner.width * inner.height
    assert all(contains(outer, part) and part.intersect(inner).is_empty for part in parts)


@given(rects, st.integers(1, 50), st.sampled_from((1, 2, 8)))
def test_pieces_cover_a_rectangle_once_and_leave_no_slivers(rect: Rect, side: int, step: int) -> None:
    rect, side, left, painted = aligned(rect, step), side * step, [aligned(rect, step)], 0
    while left:
        whole = left.pop()
        if whole.is_empty:
            continue
        piece = corner_of(whole, side, step)
        assert contains(whole, piece) and piece.width <= side and piece.height <= side
        assert piece.width % step == piece.height % step == 0
        assert min(piece.width, piece.height) >= min(side, rect.width, rect.height) // 3
        painted += piece.width * piece.height
        left += around(whole, piece)
    assert painted == rect.width * rect.height


class Recorder:
    """A painter that fills what it is asked for with a grey and remembers what that was."""

    def __init__(self) -> None:
        self.asked: list[Rect] = []
        self.grey = 10

    def __call__(self, document: Document, rect: Rect, scale: float) -> QImage:
        self.asked.append(rect)
        image = QImage(round(rect.width * scale), round(rect.height * scale), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(QColor(self.grey, self.grey, self.grey))
        return image


def shown(backing: Backing, width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    backing.draw(painter, View(), Rect(0, 0, 100_000, 100_000), QRectF(0, 0, width, height))
    painter.end()
    return image


def finish(backing: Backing, document: Document) -> None:
    while backing.work(document, 1.0) or backing.work_ahead(document, 1.0):
        pass


def test_an_edit_repaints_only_what_it_touched() -> None:
    document, recorder = Document(400, 300), Recorder()
    backing = Backing(recorder)
    backing.cover(document.rect, 0, document.rect)
    finish(backing, document)
    recorder.asked.clear()
    recorder.grey = 200
    backing.invalidate(Rect(100, 50, 120, 70))
    finish(backing, document)
    assert recorder.asked == [Rect(99, 49, 121, 71)]
    image = shown(backing, 400, 300)
    assert image.pixelColor(110, 60).red() == 200 and image.pixelColor(10, 10).red() == 10


def test_panning_paints_only_what_comes_into_sight() -> None:
    document, recorder = Document(4000, 300), Recorder()
    backing = Backing(recorder)
    backing.cover(Rect(0, 0, 400, 300), 0, document.rect)
    finish(backing, document)
    painted = sum(rect.width * rect.height for rect in recorder.asked)
    recorder.asked.clear()
    backing.cover(Rect(100, 0, 500, 300), 0, document.rect)
    finish(backing, document)
    assert recorder.asked == []  # the margin was enough
    backing.cover(Rect(300, 0, 700, 300), 0, document.rect)
    finish(backing, document)
    assert 0 < sum(rect.width * rect.height for rect in recorder.asked) < painted


def test_while_a_new_scale_is_painted_the_old_one_is_shown() -> None:
    document, recorder = Document(2000, 2000), Recorder()
    backing = Backing(recorder)
    backing.cover(document.rect, 1, document.rect)
    finish(backing, document)
    recorder.grey = 99
    backing.cover(Rect(0, 0, 1500, 1500), 0, document.rect)
    assert backing.work(document, 0.0)  # time for one piece only
    image = shown(backing, 1500, 1500)
    colours = {image.pixelColor(x, y).red() for x in range(0, 1500, 100) for y in range(0, 1500, 100)}
    assert colours == {10, 99}
    finish(backing, document)
    assert shown(backing, 1500, 1500).pixelColor(1400, 1400).red() == 99


# Pixel by pixel


def drawn(view: View, side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """(side, side, 3) uint8 and the (8, 8, 3) it shows: a canvas of 8 × 8 coloured pixels as the view shows it, over black."""
    colours = np.random.default_rng(2).integers(0, 256, (8, 8, 4), np.uint8)
    colours[..., 3] = 255
    picture = QImage(colours.tobytes(), 8, 8, 32, QImage.Format.Format_RGBA8888).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    draw_image(painter, view, picture, Rect(0, 0, 8, 8), Rect(0, 0, 8, 8), QRectF(image.rect()))
    painter.end()
    return np.array(image.constBits()).reshape(side, side, 4)[..., 2::-1], colours[..., :3]


@pytest.mark.parametrize("zoom", [1, 2, 3, 7])
def test_at_whole_zooms_every_pixel_is_a_square_of_its_colour(zoom: int) -> None:
    shown, colours = drawn(View(zoom, 3, 5))
    assert np.array_equal(shown[5 : 5 + 8 * zoom, 3 : 3 + 8 * zoom], colours.repeat(zoom, 0).repeat(zoom, 1))
    assert not shown[:5].any() and not shown[:, :3].any() and not shown[5 + 8 * zoom :].any()


@pytest.mark.parametrize(
    ("rotation", "flipped", "turned"),
    [(90, False, lambda a: np.rot90(a, -1)), (180, False, lambda a: a[::-1, ::-1]), (0, True, lambda a: a[:, ::-1]), (-90, True, lambda a: np.rot90(a[:, ::-1]))],
)
def test_flipped_and_turned_by_quarters_pixels_stay_exact(rotation: float, flipped: bool, turned: object) -> None:
    for zoom in (1, 3):
        view = centred((8, 8), (64, 64), zoom, View(rotation=rotation, flipped=flipped))
        start = 32 - 4 * zoom
        shown, colours = drawn(view)
        assert np.array_equal(shown[start : start + 8 * zoom, start : start + 8 * zoom], turned(colours).repeat(zoom, 0).repeat(zoom, 1))


def test_between_whole_zooms_only_edges_are_mixed_and_all_pixels_are_alike() -> None:
    shown, colours = drawn(View(2.5, 2, 2))
    for row in range(8):
        for column in range(8):
            centre = shown[int(2 + (row + 0.5) * 2.5), int(2 + (column + 0.5) * 2.5)]
            assert np.abs(centre.astype(int) - colours[row, column]).max() <= 1
    assert len({tuple(pixel) for pixel in shown[4, 2:22]}) > 8  # mixtures: no pixel is wider than its neighbours


def test_a_turned_view_has_no_seams() -> None:
    grey = QImage(300, 300, QImage.Format.Format_ARGB32_Premultiplied)
    grey.fill(QColor(90, 90, 90))
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    for zoom in (0.7, 1, 1.3, 2.6, 5):
        image.fill(0)
        painter = QPainter(image)
        view = centred((300, 300), (200, 200), zoom, View(rotation=33, flipped=True))
        draw_image(painter, view, grey, Rect(0, 0, 300, 300), Rect(0, 0, 300, 300), QRectF(image.rect()))
        painter.end()
        shown = np.array(image.constBits()).reshape(200, 200, 4)[30:170, 30:170, :3]
        assert (shown == 90).all()
