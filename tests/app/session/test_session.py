"""One open document: gestures, undo, what the engine gets to see, and where its results go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, Layer, find, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.history import History
from app.document.pixels import Pixels
from app.session.session import Session
from bfs_engine.api import Box, EngineError, InsertRequest, LayerResult

BOX = Box(60, 40, 50, 40)


def ramp(width: int = 400, height: int = 300) -> np.ndarray:
    """(h, w, 3) uint8; every pixel tells its place."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x % 256, y % 256, np.zeros_like(x)]).astype(np.uint8)


def photo() -> Document:
    return Document(400, 300, (make_layer("Background", Pixels.from_array(ramp())),))


def solid(name: str, shade: tuple[int, int, int, int], left: int, top: int, side: int = 60, **fields: object) -> Layer:
    return make_layer(name, Pixels.from_array(np.full((side, side, 4), shade, np.uint8)), Placement(left, top), **fields)


def result(request: InsertRequest, left: int = 65, top: int = 45) -> tuple[LayerResult, ...]:
    return (LayerResult(np.full((20, 30, 4), 200, np.uint8), left, top, request.recipe() | {"understood": "mug"}),)


def names(session: Session) -> list[str]:
    return [node.name for node, _, _ in walk(session.document)]


# Gestures and history


def test_a_gesture_is_previewed_and_makes_one_step() -> None:
    session = Session(photo())
    seen = []
    session.subscribe(lambda old, new: seen.append((old, new)))
    first, id = session.document, session.active
    for dx in (1, 2, 3):
        session.preview(edits.nudge(session.document, [id], dx, 0))
    assert session.document is first and session.shown is not first and not session.modified
    session.commit("Move", edits.nudge(session.document, [id], 3, 0))
    assert session.shown is session.document and session.modified
    assert session.history.labels == ["Open", "Move"] and session.history.index == 1
    assert seen[0][0] is first and all(a[1] is b[0] for a, b in zip(seen, seen[1:], strict=False))
    session.undo()
    assert session.document is first and not session.modified
    session.redo()
    assert session.modified


def test_a_discarded_gesture_leaves_nothing_behind() -> None:
    session = Session(photo())
    first = session.document
    session.preview(edits.nudge(first, [session.active], 9, 9))
    session.discard()
    assert session.shown is first and session.history.labels == ["Open"]
    session.commit("Nothing", first)
    assert session.history.labels == ["Open"]


def test_one_can_step_to_any_state_and_a_new_edit_forgets_the_future() -> None:
    session = Session(photo())
    for dx in range(4):
        session.commit(f"Move {dx}", edits.nudge(session.document, [session.active], 1, 0))
    session.go_to(1)
    assert session.document.layers[0].placement.x == 1
    session.commit("Rename", edits.rename(session.document, session.active, "x"))
    assert session.history.labels == ["Open", "Move 0", "Rename"] and not session.history.can_redo
    with pytest.raises(IndexError):
        session.go_to(3)


def test_saving_is_noted_and_undoing_past_it_is_a_change_again() -> None:
    session = Session(photo())
    session.commit("Rename", edits.rename(session.document, session.active, "x"))
    session.mark_saved()
    assert not session.modified
    session.undo()
    assert session.modified
    session.redo()
    assert not session.modified
    session.mark_unsaved()
    assert session.modified


def test_the_past_forgets_its_oldest_steps_when_it_gets_too_large() -> None:
    tile = 256 * 256 * 4
    history = History(Document(256, 256, (solid("a", (1, 1, 1, 255), 0, 0, 256),)), cap=3 * tile)
    for shade in range(2, 12):
        made = history.document.layers[0]
        painted = made.pixels.with_region(0, 0, np.full((256, 256, 4), shade, np.uint8))
        history.push(f"Stroke {shade}", edits.replace_node(history.document, replace(made, pixels=painted)))
    assert history.labels == ["Stroke 8", "Stroke 9", "Stroke 10", "Stroke 11"] and history.index == 3
    for _ in range(50):
        history.push("Rename", edits.rename(history.document, history.document.layers[0].id, str(history.index)))
    assert len(history.labels) == 54  # steps that need no pixels cost nothing


def test_when_the_active_layer_goes_its_neighbour_becomes_active() -> None:
    group = make_group("group", (solid("b", (0, 0, 0, 255), 0, 0), solid("c", (0, 0, 0, 255), 0, 0)))
    session = Session(replace(photo(), layers=(*photo().layers, group)))
    assert session.active_node.name == "c"
    session.commit("Delete", edits.remove(session.document, [session.active]))
    assert session.active_node.name == "b"
    session.commit("Delete", edits.remove(session.document, [session.active]))
    assert session.active_node.name == "group"
    session.commit("Delete", edits.remove(session.document, [session.active]))
    assert session.active_node.name == "Background"
    session.commit("Delete", edits.remove(session.document, [session.active]))
    assert session.active is None
    session.undo()
    with pytest.raises(KeyError):
        session.active = "nobody"


def test_choosing_another_layer_is_told_but_is_no_step() -> None:
    document = replace(photo(), layers=(*photo().layers, solid("b", (0, 0, 0, 255), 0, 0)))
    session = Session(document)
    seen = []
    forget = session.subscribe(lambda old, new: seen.append(old is new))
    session.active = document.layers[0].id
    session.active = document.layers[0].id
    assert seen == [True] and session.history.labels == ["Open"]
    forget()
    session.active = None
    assert seen == [True]


# What the engine sees


def test_the_engine_sees_the_crop_around_the_box() -> None:
    session = Session(photo())
    request = session.request_insert(BOX, "  a red mug ", seed=7, steps=4, guidance=2.5)
    crop = request.crop
    assert (request.prompt, request.seed, request.steps, request.guidance, request.box) == ("a red mug", 7, 4, 2.5, BOX)
    assert crop.x <= BOX.x and crop.right >= BOX.right and crop.width == crop.height
    assert np.array_equal(request.background, ramp()[crop.y : crop.bottom, crop.x : crop.right])


def test_beyond_the_canvas_the_engine_sees_the_edge_repeated() -> None:
    session = Session(photo())
    request = session.request_insert(Box(0, 10, 200, 280), "a tower")
    crop = request.crop
    assert crop.y < 0 and crop.bottom > 300
    columns, rows = np.clip(np.arange(crop.x, crop.right), 0, 399), np.clip(np.arange(crop.y, crop.bottom), 0, 299)
    assert np.array_equal(request.background, ramp()[rows][:, columns])


def test_the_engine_sees_what_is_visible_from_the_active_layer_down() -> None:
    red, blue = solid("red", (255, 0, 0, 255), 60, 40), solid("blue", (0, 0, 255, 255), 60, 40)
    hidden = solid("hidden", (0, 255, 0, 255), 60, 40, visible=False)
    session = Session(replace(photo(), layers=(*photo().layers, red, hidden, blue)))

    def seen() -> tuple[int, ...]:
        request = session.request_insert(BOX, "a mug")
        return tuple(request.background[BOX.y - request.crop.y + 5, BOX.x - request.crop.x + 5])

    assert seen() == (0, 0, 255)
    session.active = hidden.id
    assert seen() == (255, 0, 0)
    session.active = session.document.layers[0].id
    assert seen() == (65, 45, 0)


def test_a_layer_that_is_made_again_does_not_see_itself() -> None:
    red = solid("red", (255, 0, 0, 255), 60, 40)
    session = Session(replace(photo(), layers=(*photo().layers, red)))
    request = session.request_insert(BOX, "a mug", target_id=red.id)
    crop = request.crop
    assert np.array_equal(request.background, ramp()[crop.y : crop.bottom, crop.x : crop.right])


def test_where_the_picture_is_transparent_the_engine_sees_white() -> None:
    session = Session(Document(400, 300, (solid("half", (0, 0, 0, 128), 60, 40),)))
    request = session.request_insert(BOX, "a mug")
    assert tuple(request.background[0, 0]) == (255, 255, 255)
    assert tuple(request.background[BOX.y - request.crop.y + 5, BOX.x - request.crop.x + 5]) == (127, 127, 127)


def test_requests_that_make_no_sense_are_refused_with_a_sentence() -> None:
    session = Session(photo())
    for box, prompt in ((BOX, "  "), (Box(390, 0, 50, 50), "a mug"), (Box(0, 0, 4, 50), "a mug")):
        with pytest.raises(EngineError) as refused:
            session.request_insert(box, prompt)
        assert refused.value.sentence.endswith(".")


# Where results go


def test_a_result_becomes_a_layer_above_the_active_one() -> None:
    session = Session(replace(photo(), layers=(*photo().layers, solid("front", (0, 0, 0, 255), 0, 0))))
    session.active = session.document.layers[0].id
    request = session.request_insert(BOX, "a red mug")
    id = session.place(request, result(request))
    made = find(session.document, id)
    assert names(session) == ["Background", "a red mug", "front"] and session.active == id
    assert made.placement == Placement(65, 45) and made.recipe["understood"] == "mug" and len(made.candidates) == 1
    assert session.history.labels[-1] == "Insert “a red mug”"
    session.undo()
    assert names(session) == ["Background", "front"]


def test_requests_made_in_a_row_stack_up_in_their_order() -> None:
    session = Session(photo())
    requests = [session.request_insert(BOX, prompt) for prompt in ("first", "second", "third")]
    for request in requests:
        session.place(request, result(request))
    assert names(session) == ["Background", "first", "second", "third"] and session.active_node.name == "third"


def test_a_result_goes_where_it_was_asked_for_though_the_user_went_on() -> None:
    front = solid("front", (0, 0, 0, 255), 0, 0)
    session = Session(replace(photo(), layers=(*photo().layers, front)))
    session.active = session.document.layers[0].id
    request = session.request_insert(BOX, "a mug")
    session.active = front.id
    session.commit("Move", edits.nudge(session.document, [front.id], 5, 5))
    session.place(request, result(request))
    assert names(session) == ["Background", "a mug", "front"] and session.active == front.id


def test_a_result_whose_neighbour_is_gone_goes_on_top_of_the_next_and_says_so() -> None:
    group = make_group("group", (solid("b", (0, 0, 0, 255), 0, 0), solid("c", (0, 0, 0, 255), 0, 0)))
    session = Session(replace(photo(), layers=(*photo().layers, group)))
    request = session.request_insert(BOX, "a mug")
    session.commit("Delete", edits.remove(session.document, [session.active]))
    session.place(request, result(request))
    assert names(session) == ["Background", "group", "b", "a mug"]
    assert session.history.labels[-1] == "Insert “a mug” (the layer below it is gone)"
    session.undo()
    session.commit("Delete", edits.remove(session.document, [group.id]))
    session.place(request, result(request))
    assert names(session) == ["Background", "a mug"]


def test_a_result_stays_below_what_was_in_front_of_it_though_all_behind_it_is_gone() -> None:
    front = solid("front", (0, 0, 0, 255), 0, 0)
    session = Session(replace(photo(), layers=(*photo().layers, front)))
    session.active = session.document.layers[0].id
    request = session.request_insert(BOX, "a mug")
    session.commit("Delete", edits.remove(session.document, [session.active]))
    session.place(request, result(request))
    assert names(session) == ["a mug", "front"]


def test_making_a_layer_again_keeps_place_order_and_name() -> None:
    session = Session(photo())
    request = session.request_insert(BOX, "a mug")
    id = session.place(request, result(request))
    session.commit("Rename", edits.rename(session.document, id, "Oma's mug"))
    session.commit("Move", edits.nudge(session.document, [id], 30, 10))
    again = session.request_insert(BOX, "a mug", seed=1, target_id=id)
    assert session.place(again, result(again, 66, 47), id) == id
    made = find(session.document, id)
    assert names(session) == ["Background", "Oma's mug"]
    assert made.placement == Placement(96, 57) and made.recipe["seed"] == 1
    session.commit("Use", edits.use_candidate(session.document, id, 0))
    assert find(session.document, id).placement == Placement(95, 55) and find(session.document, id).recipe["seed"] == 0


def test_made_again_for_the_place_it_was_moved_to_it_lies_there() -> None:
    session = Session(photo())
    request = session.request_insert(BOX, "a mug")
    id = session.place(request, result(request))
    session.commit("Move", edits.nudge(session.document, [id], 30, 10))
    again = session.request_insert(replace(BOX, x=BOX.x + 30, y=BOX.y + 10), "a mug", seed=1, target_id=id)
    session.place(again, result(again, 97, 58), id)
    assert find(session.document, id).placement == Placement(97, 58)
    assert find(edits.use_candidate(session.document, id, 0), id).placement == Placement(95, 55)


def test_a_layer_that_was_deleted_meanwhile_comes_back_as_a_new_one() -> None:
    session = Session(photo())
    request = session.request_insert(BOX, "a mug")
    id = session.place(request, result(request))
    again = session.request_insert(BOX, "a mug", seed=1, target_id=id)
    session.commit("Delete", edits.remove(session.document, [id]))
    new = session.place(again, result(again), id)
    assert new != id and names(session) == ["Background", "a mug"] and session.active == new
    assert session.history.labels[-1] == "Insert “a mug” (the layer it was for is gone)"


def test_a_result_that_arrives_during_a_gesture_is_not_lost() -> None:
    session = Session(photo())
    request = session.request_insert(BOX, "a mug")
    background = session.active
    session.preview(edits.nudge(session.document, [background], 5, 0))
    session.place(request, result(request))
    session.preview(edits.nudge(session.document, [background], 8, 0))
    session.commit("Move", edits.nudge(session.document, [background], 8, 0))
    assert names(session) == ["Background", "a mug"] and session.document.layers[0].placement.x == 8
