"""The document goes on while the engine works: the result still goes to the right place, and what changed is said."""

from __future__ import annotations

import numpy as np
import pytest

from app.document import edits, layout
from app.document.document import Document, Layer, find, make_layer, parent_of, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.session.session import Session
from bfs_engine.api import Box, InsertRequest, LayerResult

BOX = Box(60, 40, 50, 40)


def layer(name: str, shade: int, left: int = 0, side: int = 300) -> Layer:
    return make_layer(name, Pixels.from_array(np.full((side, side, 4), (shade, shade, shade, 255), np.uint8)), Placement(left, 0))


@pytest.fixture
def session() -> Session:
    """ground, table, front; the table is active."""
    session = Session(Document(400, 300, (layer("ground", 50), layer("table", 90, 10), layer("front", 200, 300, 60))))
    session.active = session.document.layers[1].id
    return session


def result(request: InsertRequest) -> tuple[LayerResult, ...]:
    return (LayerResult(np.full((20, 30, 4), 200, np.uint8), 65, 45, request.recipe()),)


def arrive(session: Session, request: InsertRequest, target: str | None = None) -> tuple[Layer, list[str]]:
    """Place the result; the layer, and what the user is told."""
    told = [str(sentence) for sentence in session.changed_since(request, target)]
    id = session.place(request, result(request), target)
    return find(session.document, id), told


def names(session: Session) -> list[str]:
    return [node.name for node, _, _ in walk(session.document)]


def id_of(session: Session, name: str) -> str:
    return next(node.id for node, _, _ in walk(session.document) if node.name == name)


def test_where_nothing_changed_nothing_is_said(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.active = id_of(session, "front")
    session.commit("Rename", edits.rename(session.document, id_of(session, "table"), "desk"))
    session.commit("Move", edits.nudge(session.document, [id_of(session, "front")], 5, 0))
    assert arrive(session, request)[1] == []
    assert names(session) == ["ground", "desk", "a mug", "front"]


def test_the_layer_it_was_to_lie_on_is_deleted(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.commit("Delete", edits.remove(session.document, [id_of(session, "table")]))
    made, told = arrive(session, request)
    assert names(session) == ["ground", "a mug", "front"]
    assert told[0] == "“table”, which it was to lie on, is gone; it lies on “ground” instead."
    assert "changed meanwhile" in told[1], "what lies behind it looks different now"


def test_the_layer_it_was_to_lie_on_is_grouped(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    document, group = edits.group(session.document, [id_of(session, "ground"), id_of(session, "table")], "room")
    session.commit("Group", document)
    made, told = arrive(session, request)
    assert parent_of(session.document, made.id).id == group and names(session) == ["room", "ground", "table", "a mug", "front"]
    assert told[0] == "“table” has been put into “room”, and the new layer with it."


def test_the_layer_it_was_to_lie_on_is_moved_to_the_front_and_it_goes_along(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.commit("Reorder", edits.move_node(session.document, id_of(session, "table"), None, 2))
    arrive(session, request)
    assert names(session) == ["ground", "front", "table", "a mug"]


def test_all_is_flattened_and_the_layer_goes_on_top_not_below(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.commit("Flatten", edits.flatten(session.document))
    _, told = arrive(session, request)
    assert names(session) == ["ground", "a mug"] and told[0] == "“table”, which it was to lie on, is gone."


def test_the_canvas_is_cropped_and_the_layer_lies_at_its_place_in_the_picture(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.commit("Crop", layout.crop(session.document, Rect(20, 10, 320, 210)))
    made, told = arrive(session, request)
    assert (made.placement.x, made.placement.y) == (45, 35)
    assert (made.recipe["box"]["x"], made.recipe["box"]["y"]) == (40, 30)
    assert told == ["The canvas has been cropped or extended; the new layer lies at its place in the picture."]
    session.undo()
    session.undo()
    made, told = arrive(session, request)
    assert (made.placement.x, made.placement.y) == (65, 45) and told == [], "the crop was taken back"


def test_a_layer_made_again_during_a_crop_stays_where_it_is(session: Session) -> None:
    first, _ = arrive(session, request := session.request_insert(BOX, "a mug"))
    again = session.request_insert(BOX, "a mug", seed=1, target_id=first.id)
    session.commit("Crop", layout.crop(session.document, Rect(20, 10, 320, 210)))
    made, _ = arrive(session, again, first.id)
    assert (made.placement.x, made.placement.y) == (45, 35) and len(made.candidates) == 2
    session.commit("Move", edits.nudge(session.document, [made.id], 7, 0))
    third = session.request_insert(Box(47, 30, 50, 40), "a mug", seed=2, target_id=first.id)
    session.commit("Crop", layout.crop(session.document, Rect(1, 1, 300, 200)))
    session.place(third, (LayerResult(np.full((20, 30, 4), 9, np.uint8), 52, 35, third.recipe()),), first.id)
    made = find(session.document, first.id)
    assert (made.placement.x, made.placement.y) == (51, 34)


def test_the_background_is_edited_and_that_is_said(session: Session) -> None:
    request = session.request_insert(BOX, "a mug")
    session.commit("Opacity", edits.set_opacity(session.document, id_of(session, "ground"), 0.5))
    session.commit("Move", edits.nudge(session.document, [id_of(session, "table")], 200, 0))
    _, told = arrive(session, request)
    assert told == ["What lies behind it has been changed meanwhile; “Regenerate” fits it to that."]


def test_a_change_far_from_what_the_engine_saw_is_not_worth_a_word(session: Session) -> None:
    request = session.request_insert(Box(10, 10, 12, 12), "a mug")
    document = session.document
    far = edits.add_layer(document, layer("far", 9, 250, 40), document.layers[0].id)
    session.commit("Far", far)
    assert arrive(session, request)[1] == []


def test_the_layer_it_was_for_is_deleted(session: Session) -> None:
    first, _ = arrive(session, session.request_insert(BOX, "a mug"))
    again = session.request_insert(BOX, "a mug", seed=1, target_id=first.id)
    session.commit("Delete", edits.remove(session.document, [first.id]))
    made, told = arrive(session, again, first.id)
    assert made.id != first.id and told == ["The layer it was for is gone, so it is one of its own."]


def test_the_second_in_a_row_is_made_in_the_picture_as_it_is_when_its_turn_comes(session: Session) -> None:
    first, second = (session.request_insert(BOX, prompt) for prompt in ("a mug", "a spoon"))
    arrive(session, first)
    session.commit("Crop", layout.crop(session.document, Rect(20, 10, 320, 210)))
    session.commit("Opacity", edits.set_opacity(session.document, id_of(session, "ground"), 0.5))
    newer = session.recapture(second)()
    assert tuple(newer.background[50 - newer.crop.y, 70 - newer.crop.x]) != tuple(second.background[50 - second.crop.y, 70 - second.crop.x])
    made, told = arrive(session, newer)
    assert (made.placement.x, made.placement.y) == (45, 35) and names(session) == ["ground", "table", "a mug", "a spoon", "front"]
    assert told == ["The canvas has been cropped or extended; the new layer lies at its place in the picture."]
