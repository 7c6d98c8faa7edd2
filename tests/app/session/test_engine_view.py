"""What the engine is shown of a document: what lies behind, what stands in front, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.document import edits
from app.document.document import Document, Layer, make_group, make_layer
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.session.session import Session
from bfs_engine.api import Box, InsertRequest, LayerResult

BOX = Box(60, 40, 50, 40)
GREEN, RED, BLUE = (0, 160, 0), (255, 0, 0), (0, 0, 255)


def solid(name: str, colour: tuple[int, int, int], left: int = 0, width: int = 400, alpha: int = 255, **fields: object) -> Layer:
    pixels = np.zeros((300, width, 4), np.uint8)
    pixels[:] = (*colour, alpha)
    return make_layer(name, Pixels.from_array(pixels), Placement(left, 0), **fields)


def scene(*front: Layer) -> Session:
    """A green background, which is active, with layers in front of it."""
    session = Session(Document(400, 300, (solid("ground", GREEN), *front)))
    session.active = session.document.layers[0].id
    return session


def at(picture: np.ndarray, request: InsertRequest, x: int, y: int = 60) -> tuple[int, ...]:
    """The pixel at a place of the canvas."""
    return tuple(int(value) for value in picture[y - request.crop.y, x - request.crop.x])


def test_layers_in_front_are_shown_only_when_that_is_asked_for() -> None:
    session = scene(solid("post", RED, 80, 10))
    assert session.request_insert(BOX, "a fox").occluders is None
    request = session.request_insert(BOX, "a fox", occluded=True)
    assert at(request.background, request, 85) == GREEN, "the layer is made for what lies behind the post"
    assert at(request.occluders, request, 85) == (*RED, 255) and at(request.occluders, request, 70) == (0, 0, 0, 0)


def test_where_nothing_stands_in_front_there_is_nothing_to_show() -> None:
    assert scene().request_insert(BOX, "a fox", occluded=True).occluders is None
    assert scene(solid("hidden", RED, visible=False)).request_insert(BOX, "a fox", occluded=True).occluders is None


def test_what_only_tints_what_is_below_it_hides_nothing() -> None:
    shade = solid("shade", (90, 90, 90), blend="multiply")
    request = scene(make_group("tree", (shade, solid("trunk", RED, 90, 8)))).request_insert(BOX, "a fox", occluded=True)
    assert at(request.occluders, request, 92) == (*RED, 255) and at(request.occluders, request, 70)[3] == 0


def test_a_layer_inside_a_group_has_the_rest_of_its_group_in_front() -> None:
    inner = solid("inner", BLUE)
    session = Session(Document(400, 300, (solid("ground", GREEN), make_group("group", (inner, solid("post", RED, 80, 10)), blend="normal", opacity=0.6))))
    session.active = inner.id
    request = session.request_insert(BOX, "a fox", occluded=True)
    assert at(request.occluders, request, 85) == (*RED, 153) and at(request.occluders, request, 70)[3] == 0


def test_the_edge_of_the_canvas_is_not_repeated_in_what_stands_in_front() -> None:
    session = scene(solid("post", RED, 380, 20))
    request = session.request_insert(Box(350, 10, 50, 280), "a fox", occluded=True)
    assert request.crop.bottom > 300 or request.crop.y < 0
    assert request.occluders.shape[:2] == request.background.shape[:2]
    assert request.occluders[-1 if request.crop.bottom > 300 else 0, :, 3].max() == 0


def test_a_layer_that_is_left_out_of_view_is_neither_behind_nor_in_front() -> None:
    session = scene(solid("post", RED, 80, 10), solid("sign", BLUE, 64, 6))
    ground, post, _ = session.document.layers
    session.commit("Leave out", edits.set_seen_by_engine(session.document, post.id, False))
    request = session.request_insert(BOX, "a fox", occluded=True)
    assert at(request.occluders, request, 85)[3] == 0 and at(request.occluders, request, 66) == (*BLUE, 255)
    session.active = session.document.layers[2].id
    request = session.request_insert(BOX, "a fox")
    assert at(request.background, request, 85) == GREEN and at(request.background, request, 66) == BLUE
    session.undo()
    assert at(session.request_insert(BOX, "a fox").background, request, 85) == RED


def test_a_group_that_is_left_out_takes_what_it_holds_with_it() -> None:
    group = make_group("sketch", (solid("lines", RED),), seen_by_engine=False)
    session = Session(Document(400, 300, (solid("ground", GREEN), group)))
    request = session.request_insert(BOX, "a fox")
    assert at(request.background, request, 70) == GREEN


def test_a_new_layer_goes_above_what_clips_to_the_active_one() -> None:
    session = scene(solid("light on it", RED, clipping=True), solid("post", BLUE, 80, 10))
    request = session.request_insert(BOX, "a fox", occluded=True)
    assert at(request.background, request, 70) == RED and at(request.occluders, request, 70)[3] == 0
    session.place(request, (LayerResult(np.full((9, 9, 4), 200, np.uint8), 60, 40, request.recipe()),))
    assert [node.name for node in session.document.layers] == ["ground", "light on it", "a fox", "post"]


def test_the_second_of_two_layers_asked_for_in_a_row_sees_the_first_behind_it_and_the_same_in_front() -> None:
    session = scene(solid("post", RED, 80, 10))
    first, second = (session.request_insert(BOX, prompt, occluded=True) for prompt in ("a fox", "a hat"))
    session.place(first, (LayerResult(np.full((40, 20, 4), 200, np.uint8), 62, 40, first.recipe()),))
    newer = session.recapture(second)()
    assert at(newer.background, newer, 70) == (157, 191, 157), "the fox, half transparent, on green"
    assert at(newer.occluders, newer, 85) == (*RED, 255) and at(newer.occluders, newer, 70)[3] == 0
    assert replace(newer, background=second.background, occluders=None).key() == replace(second, occluders=None).key()
