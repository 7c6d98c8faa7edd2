"""Where things stand: align, distribute, crop, canvas size, guides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.document.document import Document, Guide, make_group, make_layer, seen_bounds, walk
from app.document.geometry import Placement, Rect
from app.document.layout import align, clear_guides, crop, distribute, resize_canvas, reveal_all
from app.document.pixels import Mask, Pixels
from app.errors import EditError
from app.render.render import render
from app.session.session import Session
from app.tools.crop_tool import CropTool
from app.tools.guides import GuideTool


def block(left: int, top: int, width: int, height: int, **fields: object):
    """A layer that shows a rectangle; its raster is 5 pixels larger on every side."""
    array = np.zeros((height + 10, width + 10, 4), np.uint8)
    array[5:-5, 5:-5] = (width % 256, height % 256, 99, 255)
    return make_layer(f"{width}×{height}", Pixels.from_array(array), Placement(left - 5, top - 5), **fields)


@pytest.fixture
def document() -> Document:
    return Document(400, 300, (block(10, 20, 30, 40), block(100, 60, 51, 20), block(300, 150, 60, 80)))


def boxes(document: Document) -> list[Rect]:
    return [seen_bounds(node) for node in document.layers]


def ids(document: Document) -> list[str]:
    return [node.id for node, _, _ in walk(document)]


# Align and distribute


@pytest.mark.parametrize(
    ("edge", "xs", "ys"),
    [
        ("left", (10, 10, 10), (20, 60, 150)),
        ("centre", (170, 159, 155), (20, 60, 150)),
        ("right", (330, 309, 300), (20, 60, 150)),
        ("top", (10, 100, 300), (20, 20, 20)),
        ("middle", (10, 100, 300), (105, 115, 85)),
        ("bottom", (10, 100, 300), (190, 210, 150)),
    ],
)
def test_several_layers_are_aligned_to_each_other(document: Document, edge: str, xs: tuple, ys: tuple) -> None:
    found = boxes(align(document, ids(document), edge))
    assert [(box.left, box.top) for box in found] == list(zip(xs, ys, strict=True))


def test_one_layer_is_aligned_to_the_canvas(document: Document) -> None:
    one = ids(document)[:1]
    assert boxes(align(document, one, "right"))[0] == Rect(370, 20, 400, 60)
    assert boxes(align(document, one, "middle"))[0] == Rect(10, 130, 40, 170)
    assert boxes(align(document, ids(document), "left", to_canvas=True))[2].left == 0


def test_gaps_are_made_equal_to_the_pixel(document: Document) -> None:
    across = boxes(distribute(document, ids(document), across=True))
    assert [box.left for box in across] == [10, 144, 300]  # 104.5 on each side of it
    down = boxes(distribute(document, ids(document), across=False))
    assert [box.top for box in down] == [20, 95, 150]
    more = replace(document, layers=(*document.layers, block(200, 10, 20, 20)))
    assert [box.left for box in boxes(distribute(more, ids(more), across=True))] == [10, 103, 300, 217]


def test_what_cannot_be_arranged_says_why(document: Document) -> None:
    with pytest.raises(EditError, match="three"):
        distribute(document, ids(document)[:2], across=True)
    with pytest.raises(EditError, match="nothing to align"):
        align(replace(document, layers=(replace(document.layers[0], locked=True),)), ids(document)[:1], "left")


# Crop


def test_a_crop_keeps_what_lies_outside(document: Document) -> None:
    loose = replace(block(200, 200, 20, 20, locked=True), mask=Mask.from_array(np.full((30, 30), 9, np.uint8), 200, 205, linked=False))
    group = make_group("g", (block(20, 200, 40, 40),), mask=Mask.from_array(np.full((90, 90), 200, np.uint8), 10, 190))
    document = replace(document, layers=(*document.layers, loose, group), guides=(Guide(True, 70), Guide(False, 5)))
    cropped = crop(document, Rect(50, 30, 250, 330))
    assert (cropped.width, cropped.height) == (200, 300) and cropped.guides == (Guide(True, 40), Guide(False, -45))
    assert np.array_equal(render(cropped, cropped.rect), render(document, Rect(50, 30, 250, 330)))
    back = crop(cropped, Rect(-50, -30, 350, 270))
    assert np.array_equal(render(back, back.rect), render(document, document.rect))
    assert [layer.pixels for layer in back.layers[:4]] == [layer.pixels for layer in document.layers[:4]]


@settings(max_examples=30)
@given(some.lists(some.tuples(some.integers(1, 500), some.integers(1, 500)), max_size=4), some.sampled_from((0, 0.5, 1)), some.sampled_from((0, 1)))
def test_canvas_sizes_come_and_go_and_nothing_is_lost(sizes: list[tuple[int, int]], across: float, down: float) -> None:
    start = document = Document(400, 300, (block(10, 20, 30, 40), block(100, 60, 51, 20)))
    before = boxes(start)
    for width, height in sizes:
        document = resize_canvas(document, width, height, (across, down))
        assert (document.width, document.height) == (width, height)
    everything = reveal_all(document)
    after = boxes(everything)
    assert all((a.width, a.height) == (b.width, b.height) for a, b in zip(before, after, strict=True))
    assert after[1].left - after[0].left == 90 and all(everything.rect.intersect(box) == box for box in after)


def test_the_anchor_says_which_corner_stays(document: Document) -> None:
    assert boxes(resize_canvas(document, 500, 400, (0, 0)))[0].left == 10
    assert boxes(resize_canvas(document, 500, 400, (1, 0)))[0] == Rect(110, 20, 140, 60)
    assert boxes(resize_canvas(document, 500, 400))[0] == Rect(60, 70, 90, 110)
    assert resize_canvas(document, 400, 300) is document
    with pytest.raises(EditError, match="1 to 300,000"):
        resize_canvas(document, 0, 300)


# The crop tool


def pulled(tool: CropTool, start: tuple[float, float], end: tuple[float, float], *modifiers: str) -> Rect:
    tool.press(*start, modifiers, 5)
    tool.drag((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, modifiers)
    tool.release(*end, modifiers)
    return tool.area


def test_a_crop_is_drawn_moved_resized_and_accepted(document: Document) -> None:
    session = Session(document)
    tool = CropTool(session)
    assert not tool.is_pending and tool.overlay.crop == Rect(0, 0, 400, 300)
    assert pulled(tool, (180, 120), (60, 240)) == Rect(60, 120, 180, 240)
    assert pulled(tool, (100, 200), (110, 190)) == Rect(70, 110, 190, 230)
    assert pulled(tool, (190, 170), (600, 170)) == Rect(70, 110, 600, 230)  # over the canvas's edge
    assert pulled(tool, (600, 230), (335, 170), "shift", "ctrl") == Rect(70, 110, 335, 170)
    assert tool.is_pending and session.history.labels == ["Open"]
    tool.accept()
    assert session.document.rect == Rect(0, 0, 265, 60) and session.history.labels == ["Open", "Crop to 265 × 60"]
    assert not tool.is_pending and tool.area == Rect(0, 0, 265, 60)


def test_a_crop_is_drawn_to_edges_and_given_up(document: Document) -> None:
    tool = CropTool(Session(document))
    assert pulled(tool, (97, 62), (363, 228)) == Rect(100, 60, 360, 230)
    tool.press(100, 145, (), 5)
    tool.drag(150, 145)
    assert tool.abort() and tool.area == Rect(100, 60, 360, 230)
    assert pulled(tool, (380, 280), (381, 280)) == Rect(100, 60, 360, 230)  # a click beside it
    assert tool.abort() and tool.area == Rect(0, 0, 400, 300) and not tool.abort()


# Guides


def test_a_guide_is_pulled_from_a_ruler_moved_and_thrown_away(document: Document) -> None:
    session = Session(document)
    tool = GuideTool(session)
    tool.create(horizontal=True, reach=4)
    tool.drag(200, 57)  # the second block begins at 60
    assert session.shown.guides == (Guide(True, 60),) and session.document.guides == ()
    tool.release(200, 57, {"ctrl"})
    assert session.document.guides == (Guide(True, 57),)
    assert tool.at(10, 55, 4) == 0 and tool.at(10, 50, 4) is None
    tool.take(0)
    tool.drag(10, 90, {"ctrl"})
    assert tool.abort() and session.shown.guides == (Guide(True, 57),)
    tool.take(0)
    tool.release(10, -20)
    assert session.document.guides == () and session.history.labels == ["Open", "New guide", "Remove the guide"]


def test_a_guide_let_go_outside_leaves_no_step(document: Document) -> None:
    session = Session(document)
    tool = GuideTool(session)
    tool.create(horizontal=False)
    tool.drag(5, 5)
    tool.release(-5, 5)
    assert session.history.labels == ["Open"] and session.shown is session.document
    assert clear_guides(document) is document
