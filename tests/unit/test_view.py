"""Where the canvas lies in the window, and which parts of it are painted when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.document import Document
from app.geometry import Rect
from ui.backing import Backing, around, contains, split
from ui.view import LARGEST, SMALLEST, View, fitted, mip_level, next_step

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


@given(rects, st.integers(1, 50))
def test_pieces_cover_a_rectangle_once(rect: Rect, side: int) -> None:
    pieces = split(rect, side)
    assert sum(piece.width * piece.height for piece in pieces) == rect.width * rect.height
    assert all(contains(rect, piece) and piece.width <= side and piece.height <= side for piece in pieces)


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
    backing.draw(painter, lambda rect: QRectF(rect.left, rect.top, rect.width, rect.height), smooth=True)
    painter.end()
    return image


def finish(backing: Backing, document: Document) -> None:
    while backing.work(document, 1.0):
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
