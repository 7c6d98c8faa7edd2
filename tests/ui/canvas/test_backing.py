"""The image behind the view: how much is painted in one go, and what is ready before it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from PySide6.QtGui import QImage

import ui.canvas.backing
from app.document import edits
from app.document.document import Document, Node, damage, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.render.render import paint_over, render_qimage
from ui.canvas.backing import Backing

SIDE = 1200


@dataclass
class Clock:
    """Stands still but for what the painter says that it took."""

    now: float = 0.0
    pieces: list[Rect] = field(default_factory=list)

    def painter(self, pace: float):
        def paint(document: Document, rect: Rect, scale: float) -> QImage:
            self.pieces.append(rect)
            self.now += pace * rect.width * rect.height
            return render_qimage(document, rect, scale)

        return paint


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ui.canvas.backing.time, "perf_counter", lambda: made.now)
    return made


def layered(count: int) -> Document:
    random = np.random.default_rng(0)
    made = [Pixels.from_array(random.integers(100, 200, (SIDE, SIDE, 4), np.uint8)) for _ in range(count)]
    return Document(SIDE, SIDE, tuple(make_layer(f"layer {index}", pixels, Placement()) for index, pixels in enumerate(made)))


def array(image: QImage) -> np.ndarray:
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)


def test_pieces_are_as_large_as_there_is_time_for(clock: Clock) -> None:
    document = layered(1)
    for pace, first, frames in ((1e-9, SIDE, 1), (2e-8, SIDE // 2, 3)):  # seconds for a pixel; all of it takes 1.4 or 29 ms
        backing = Backing(clock.painter(pace))
        backing.cover(document.rect, 0, document.rect)
        backing.work(document, 1.0)
        clock.pieces.clear()
        backing.invalidate(document.rect)
        needed = 0
        while backing.is_behind:
            backing.work(document, 0.012)
            needed += 1
        assert (clock.pieces[0].width, needed) == (first, frames)
        assert all(rect.width * rect.height * pace <= 0.012 for rect in clock.pieces)


def test_another_kind_of_change_begins_with_a_small_piece(clock: Clock) -> None:
    document = layered(3)
    backing = Backing(clock.painter(1e-9))
    backing.cover(document.rect, 0, document.rect)
    backing.work(document, 1.0)
    assert backing._pace == pytest.approx(1e-9)
    moved = edits.nudge(document, [document.layers[1].id], 5, 5)
    backing.change(document, moved, damage(document, moved))
    assert backing._pace is None
    backing.work(moved, 0.0)
    again = edits.nudge(document, [document.layers[1].id], 9, 5)
    backing.change(moved, again, damage(moved, again))
    assert backing._pace is not None  # the same drag goes on


def test_what_a_drag_of_the_active_layer_needs_is_painted_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    document = layered(5)
    active = document.layers[2].id
    painted: list[str] = []

    def counted(image: QImage, nodes: tuple[Node, ...], rect: Rect, scale: float = 1.0) -> None:
        painted.extend(node.name for node in nodes)
        paint_over(image, nodes, rect, scale)

    monkeypatch.setattr(ui.canvas.backing, "paint_over", counted)
    backing = Backing(render_qimage)
    backing.cover(document.rect, 0, document.rect)
    backing.work(document, 10)
    while backing.prepare(document, frozenset({active}), 0.0):
        pass
    assert set(painted) == {layer.name for layer in document.layers} - {"layer 2"}
    painted.clear()
    assert not backing.prepare(document, frozenset({active}), 0.0) and painted == []  # there is nothing left to do
    moved = edits.nudge(document, [active], 40, 30)
    backing.change(document, moved, damage(document, moved))
    assert not backing.work(moved, 10)
    assert set(painted) == {"layer 2"}
    assert np.abs(array(backing._sheet.image).astype(int) - array(render_qimage(moved, moved.rect))).max() <= 4


def test_what_was_prepared_for_one_layer_is_not_shown_for_another() -> None:
    document = layered(4)
    backing = Backing(render_qimage)
    backing.cover(document.rect, 0, document.rect)
    backing.work(document, 10)
    assert not backing.prepare(document, frozenset({document.layers[1].id}), 10)
    hidden = edits.set_visible(document, document.layers[3].id, False)
    backing.change(document, hidden, damage(document, hidden))
    assert not backing.work(hidden, 10)
    assert np.abs(array(backing._sheet.image).astype(int) - array(render_qimage(hidden, hidden.rect))).max() <= 4
    assert not backing.prepare(hidden, frozenset(), 10)
