"""What is kept while some layers change looks like the document, and is kept only where that is sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.document import edits
from app.document.document import Document, Group, Node, damage, make_group, make_layer, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Mask, Pixels
from app.render.blend import BLEND_MODES
from app.render.render import paint_over, render_qimage
from app.render.segments import changed_nodes, segments
from ui.canvas.backing import Backing, _Kept
from ui.canvas.view import View

SIDE = 60


def pixels(seed: int) -> Pixels:
    array = np.random.default_rng(seed).integers(0, 256, (40, 50, 4), np.uint8)
    array[..., 3] |= 128  # colours under low alpha are rounded coarsely, and modes that jump would jump
    return Pixels.from_array(array)


def layer(seed: int, **fields: object) -> Node:
    return make_layer(f"layer {seed}", pixels(seed), Placement(seed % 9 - 4, seed % 7), **fields)


masks = some.none() | some.just(Mask.from_array(np.tile(np.arange(60, dtype=np.uint8) * 4, (50, 1)), -3, 2, default=200))
smooth_modes = ("normal", "normal", "normal", "multiply", "screen", "overlay", "linear dodge", "difference")
fields = {"opacity": some.sampled_from((1.0, 0.6)), "visible": some.sampled_from((True, True, False)), "clipping": some.booleans(), "mask": masks}
layers = some.builds(layer, some.integers(0, 90), blend=some.sampled_from(smooth_modes), **fields)
nodes = some.recursive(
    layers,
    lambda inner: some.builds(
        make_group, some.just("group"), some.lists(inner, max_size=4).map(tuple), blend=some.sampled_from(("pass through", "normal")),
        fill=some.sampled_from((1.0, 1.0, 0.7)), **fields
    ),
    max_leaves=9,
)


def array(image: QImage) -> np.ndarray:
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)


def painted(document: Document, changing: set[str]) -> np.ndarray:
    """(60, 60, 4): settled segments painted by themselves first, all of them one onto the other."""
    whole = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    whole.fill(0)
    for segment in segments(document, changing):
        if not segment.settled:
            paint_over(whole, segment.nodes, document.rect)
            continue
        apart = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
        apart.fill(0)
        paint_over(apart, segment.nodes, document.rect)
        painter = QPainter(whole)
        painter.drawImage(0, 0, apart)
        painter.end()
    return array(whole)


@settings(max_examples=40)
@given(some.lists(nodes, min_size=1, max_size=6).map(tuple), some.data())
def test_the_segments_of_any_document_look_like_the_document(layers: tuple[Node, ...], data: some.DataObject) -> None:
    document = Document(SIDE, SIDE, layers)
    ids = [node.id for node, _, _ in walk(document)]
    changing = set(data.draw(some.lists(some.sampled_from(ids), max_size=2)))
    expected = array(render_qimage(document, document.rect)).astype(int)
    assert np.abs(painted(document, changing) - expected).max() <= 4
    held = {node.id for segment in segments(document, changing) if segment.settled for node, _, _ in walk(replace(document, layers=segment.nodes))}
    assert not held & changing


def test_below_and_above_the_layer_that_changes_there_is_one_image_each() -> None:
    document = Document(SIDE, SIDE, tuple(layer(seed) for seed in range(20)))
    parts = segments(document, {document.layers[7].id})
    assert [(len(part.nodes), part.settled) for part in parts] == [(7, True), (1, False), (12, True)]
    with_shadow = edits.set_blend(document, document.layers[12].id, "multiply")
    parts = segments(with_shadow, {document.layers[7].id})
    assert [(len(part.nodes), part.settled) for part in parts] == [(7, True), (1, False), (4, True), (1, False), (7, True)]
    below = edits.set_blend(document, document.layers[3].id, "multiply")
    assert [part.settled for part in segments(below, {document.layers[7].id})] == [True, False, True]


def test_a_plain_group_is_opened_where_something_in_it_changes_and_an_isolated_one_is_not() -> None:
    inner = tuple(layer(seed) for seed in range(5))
    for blend, mask, lengths in (("pass through", None, [3, 1, 3]), ("normal", None, [1, 1, 1]), ("pass through", 200, [1, 1, 1])):
        mask = None if mask is None else Mask.from_array(np.full((9, 9), mask, np.uint8))
        document = Document(SIDE, SIDE, (layer(90), make_group("group", inner, blend=blend, mask=mask), layer(91)))
        assert [len(part.nodes) for part in segments(document, {inner[2].id})] == lengths


def test_what_changed_is_named_and_reordering_is_not_a_change_of_nodes() -> None:
    first, second = layer(1), layer(2)
    group = make_group("group", (first, second))
    document = Document(SIDE, SIDE, (group, layer(3)))
    assert changed_nodes(document, edits.nudge(document, [second.id], 3, 3)) == {second.id}
    assert changed_nodes(document, edits.set_opacity(document, group.id, 0.5)) == {group.id}
    assert changed_nodes(document, document) == frozenset()
    assert changed_nodes(document, edits.move_node(document, second.id, group.id, 0)) is None
    assert changed_nodes(document, edits.remove(document, [first.id])) is None


@pytest.mark.parametrize("level", [0, 1])
def test_a_drag_shows_in_every_frame_what_a_fresh_painting_would(level: int) -> None:
    modes = [*BLEND_MODES[::6], "normal", "normal"]
    document = Document(200, 160, tuple(replace(layer(seed, blend=mode), placement=Placement(20 * seed, 9)) for seed, mode in enumerate(modes)))
    live = document.layers[len(modes) // 2]
    backing, old = Backing(render_qimage), document
    backing.cover(document.rect, level, document.rect)
    backing.work(document, 10)
    for step in range(1, 6):
        new = edits.nudge(document, [live.id], 8 * step, 4 * step)
        backing.change(old, new, damage(old, new))
        backing.cover(document.rect, level, document.rect)
        assert not backing.work(new, 10)
        shown = array(backing._sheet.image).astype(int)
        assert np.abs(shown - array(render_qimage(new, document.rect, 0.5**level))).max() <= 4
        old = new
    kept = [part for part in backing._stack if isinstance(part, _Kept)]
    assert kept and all(not isinstance(part, _Kept) or live not in part.nodes for part in backing._stack)
    before = [part.image for part in kept]
    backing.change(old, document, damage(old, document))
    assert [part.image for part in backing._stack if isinstance(part, _Kept)] == before  # the same objects, not painted again


def test_what_is_out_of_sight_is_painted_later() -> None:
    document = Document(3000, 400, (make_layer("l", Pixels.from_array(np.full((400, 3000, 3), 9, np.uint8))),))
    backing = Backing(render_qimage)
    backing.cover(Rect(0, 0, 400, 300), 0, document.rect)
    assert not backing.work(document, 10) and not backing.is_behind and backing.has_margin_left
    image = QImage(528, 400, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    while backing.work_ahead(document, 10):
        pass
    assert not backing.has_margin_left
    painter = QPainter(image)
    backing.draw(painter, View(), document.rect, QRectF(image.rect()))
    painter.end()
    assert (array(image)[..., :3] == 9).all()


def test_a_group_of_its_own_look_changes_as_a_whole() -> None:
    group = make_group("group", (layer(1), layer(2)), blend="normal")
    document = Document(SIDE, SIDE, (layer(3), group))
    faded = edits.set_opacity(document, group.id, 0.4)
    assert isinstance(segments(faded, changed_nodes(document, faded))[-1].nodes[0], Group)


def test_no_part_of_the_picture_starves_while_every_frame_damages_all_of_it() -> None:
    grey = make_layer("l", Pixels.from_array(np.full((1000, 1500, 3), 9, np.uint8)))
    document = Document(1500, 1000, (grey,))
    painted: list[Rect] = []

    def paint(document: Document, rect: Rect, scale: float) -> QImage:
        painted.append(rect)
        return render_qimage(document, rect, scale)

    backing = Backing(paint)
    backing.cover(document.rect, 0, document.rect)
    backing.work(document, 10)
    painted.clear()
    for _frame in range(24):  # 12 pieces, and time for one in every frame
        backing.invalidate(document.rect)
        backing.work(document, 0.0)
    assert {(x, y) for x in range(10, 1500, 100) for y in range(10, 1000, 100) if not any(rect.contains(x, y) for rect in painted)} == set()
