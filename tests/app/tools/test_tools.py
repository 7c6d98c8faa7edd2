"""The tools in the hand: box and move, in canvas pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, Guide, find, make_group, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.session.session import Session
from app.tools.snapping import Snapping
from app.tools.tools import BoxTool, MoveTool, Overlay, as_engine_box, pick


@pytest.fixture
def session() -> Session:
    ground = make_layer("Background", Pixels.from_array(np.full((300, 400, 3), 90, np.uint8)), locked=True)
    ball = np.zeros((50, 50, 4), np.uint8)
    ball[10:40, 10:40] = 255
    balls = [make_layer(name, Pixels.from_array(ball), Placement(left, 100)) for name, left in (("left", 100), ("right", 130))]
    return Session(Document(400, 300, (ground, *balls)))


def drawn(tool: BoxTool, start: tuple[float, float], end: tuple[float, float], *modifiers: str) -> Rect | None:
    tool.press(*start, modifiers)
    tool.drag((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, modifiers)
    tool.release(*end, modifiers)
    return tool.box


# Box


def test_a_box_is_drawn_in_any_direction(session: Session) -> None:
    for start, end in (((50.2, 60.4), (150, 120)), ((150, 120), (50.2, 60.4)), ((150, 60.4), (50.2, 120))):
        tool = BoxTool(session)
        assert drawn(tool, start, end) == Rect(50, 60, 150, 120)


def test_its_size_and_what_the_engine_will_see_are_shown(session: Session) -> None:
    tool = BoxTool(session)
    assert tool.overlay == Overlay()
    drawn(tool, (50, 60), (150, 120))
    overlay = tool.overlay
    assert overlay.box == tool.box and overlay.words == "100 × 60 px"
    request = session.request_insert(as_engine_box(tool.box), "a mug")
    assert overlay.context == Rect.from_size(request.crop.x, request.crop.y, request.crop.width, request.crop.height)


def test_shift_draws_a_square_as_far_as_there_is_room(session: Session) -> None:
    assert drawn(BoxTool(session), (50, 60), (150, 90), "shift") == Rect(50, 60, 150, 160)
    assert drawn(BoxTool(session), (150, 100), (50, 90), "shift") == Rect(50, 0, 150, 100)
    assert drawn(BoxTool(session), (350, 200), (390, 500), "shift") == Rect(350, 200, 400, 250)


def test_a_box_stays_on_the_canvas(session: Session) -> None:
    assert drawn(BoxTool(session), (350, 250), (900, 900)) == Rect(350, 250, 400, 300)
    assert drawn(BoxTool(session), (-50, -20), (60, 70)) == Rect(0, 0, 60, 70)
    tool = BoxTool(session)
    tool.box = Rect(-20, 280, 80, 380)
    assert tool.box == Rect(0, 200, 100, 300)
    tool.box = Rect(10, 10, 5000, 20)
    assert tool.box == Rect(0, 10, 400, 20)


def test_a_tiny_box_grows_to_what_the_engine_needs_and_a_click_takes_it_away(session: Session) -> None:
    tool = BoxTool(session)
    assert drawn(tool, (396, 50), (400, 53)) == Rect(392, 50, 400, 58)
    assert drawn(tool, (200, 200), (200.4, 200)) is None


def test_a_box_is_moved_by_its_inside(session: Session) -> None:
    tool = BoxTool(session)
    drawn(tool, (50, 60), (150, 120))
    assert tool.grip_at(100, 90, 5) == "inside"
    assert drawn(tool, (100, 90), (130, 80)) == Rect(80, 50, 180, 110)
    assert drawn(tool, (100, 90), (-900, 90)) == Rect(0, 50, 100, 110)
    tool.nudge(1, 0)
    tool.nudge(0, -1, far=True)
    assert tool.box == Rect(1, 40, 101, 100)


@pytest.mark.parametrize(
    ("grip", "at", "to", "after"),
    [
        ("top left", (50, 60), (40, 50), Rect(40, 50, 150, 120)),
        ("right", (150, 90), (170, 20), Rect(50, 60, 170, 120)),
        ("bottom", (100, 120), (0, 140), Rect(50, 60, 150, 140)),
        ("bottom right", (150, 120), (20, 30), Rect(20, 30, 50, 60)),
        ("left", (50, 90), (149, 90), Rect(149, 60, 157, 120)),
    ],
)
def test_a_box_is_resized_by_its_handles(session: Session, grip: str, at: tuple[int, int], to: tuple[int, int], after: Rect) -> None:
    tool = BoxTool(session)
    drawn(tool, (50, 60), (150, 120))
    assert tool.grip_at(at[0] + 3, at[1] - 3, 5) == grip
    assert drawn(tool, at, to) == after


def test_a_resize_with_shift_makes_a_square(session: Session) -> None:
    tool = BoxTool(session)
    drawn(tool, (50, 60), (150, 120))
    assert drawn(tool, (150, 120), (180, 130), "shift") == Rect(50, 60, 180, 190)


def test_escape_gives_up_the_gesture_first_and_the_box_then(session: Session) -> None:
    tool = BoxTool(session)
    before = drawn(tool, (50, 60), (150, 120))
    tool.press(100, 90)
    tool.drag(200, 200)
    assert tool.abort() and tool.box == before
    assert tool.abort() and tool.box is None
    assert not tool.abort()
    tool.drag(10, 10)
    tool.release(10, 10)
    assert tool.box is None


# Move


def dragged(tool: MoveTool, start: tuple[float, float], end: tuple[float, float], *modifiers: str) -> None:
    assert tool.press(*start, modifiers) == ""
    tool.drag((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, modifiers)
    tool.release(*end, modifiers)


def place(session: Session, name: str) -> tuple[float, float]:
    node = next(node for node in session.document.layers if node.name == name)
    return node.placement.x, node.placement.y


def test_a_drag_moves_the_active_layer_by_whole_pixels_in_one_step(session: Session) -> None:
    tool = MoveTool(session)
    dragged(tool, (10, 10), (30.4, 5.6))
    assert place(session, "right") == (150, 96) and session.history.labels == ["Open", "Move"]
    assert tool.overlay.outline == Rect.from_size(160, 106, 30, 30)  # around what can be seen of it


def test_shift_keeps_to_the_main_directions(session: Session) -> None:
    for end, expected in (((60, 13), (180, 100)), ((12, -40), (130, 50)), ((40, 50), (165, 135)), ((-30, 45), (92, 138))):
        dragged(MoveTool(session), (10, 10), end, "shift")
        assert place(session, "right") == expected
        session.undo()


def test_a_click_makes_no_step_and_escape_puts_everything_back(session: Session) -> None:
    tool = MoveTool(session)
    dragged(tool, (10, 10), (10.3, 10))
    tool.press(10, 10)
    tool.drag(90, 90)
    assert session.shown is not session.document
    assert tool.abort() and session.shown is session.document and not tool.abort()
    tool.release(90, 90)
    assert session.history.labels == ["Open"]


def test_with_ctrl_the_layer_under_the_pointer_is_taken(session: Session) -> None:
    left, right = session.document.layers[1:]
    assert pick(session.document, 115, 115).id == left.id
    assert pick(session.document, 145, 115).id == right.id  # where both lie, the upper one; "left" shows there too
    assert pick(session.document, 105, 105) is None  # only the locked background shows here
    dragged(MoveTool(session), (115, 115), (120, 115), "ctrl")
    assert place(session, "left") == (105, 100) and session.active == left.id


def test_what_is_hidden_turned_or_in_a_group_is_picked_as_it_is_seen(session: Session) -> None:
    left, right = session.document.layers[1:]
    document = edits.set_visible(session.document, right.id, False)
    document, _ = edits.group(document, [left.id])
    assert pick(document, 115, 115).id == left.id and pick(document, 165, 115) is None
    flat = replace(left, pixels=Pixels.from_array(np.full((10, 100, 4), 255, np.uint8)), placement=Placement(0, 100, 1, 1, 90))
    document = Document(400, 300, (make_group("g", (flat,)),))
    assert pick(document, 50, 60).id == flat.id and pick(document, 10, 105) is None
    assert pick(Document(9, 9, (replace(flat, placement=Placement(0, 0, 0, 1)),)), 5, 5) is None


def test_all_chosen_layers_move_together_and_locked_ones_stay(session: Session) -> None:
    ground, left, right = session.document.layers
    tool = MoveTool(session, lambda: [ground.id, left.id, right.id])
    assert tool.overlay.outline == Rect(110, 110, 170, 140)
    dragged(tool, (10, 10), (17, 30))
    assert place(session, "left") == (107, 120) and place(session, "right") == (137, 120)
    assert place(session, "Background") == (0, 0) and session.history.labels == ["Open", "Move"]
    session.active = left.id
    dragged(MoveTool(session, lambda: [right.id]), (10, 10), (11, 10))  # the active layer is none of the chosen: it moves alone
    assert place(session, "left") == (108, 120) and place(session, "right") == (137, 120)


def test_with_alt_a_copy_is_moved(session: Session) -> None:
    tool = MoveTool(session)
    dragged(tool, (10, 10), (60, 10), "alt")
    assert [node.name for node in session.document.layers] == ["Background", "left", "right", "right copy"]
    assert place(session, "right") == (130, 100) and place(session, "right copy") == (180, 100)
    assert session.active == session.document.layers[-1].id and session.history.labels == ["Open", "Move a copy"]
    tool.press(10, 10, {"alt"})
    tool.drag(30, 30)
    tool.abort()
    assert len(session.document.layers) == 4 and session.shown is session.document


def test_edges_and_middles_draw_a_layer_near_and_ctrl_lets_it_go(session: Session) -> None:
    tool = MoveTool(session)
    tool.press(0, 0, (), 6)
    tool.drag(-33, 3)  # what shows lies 3 pixels left of what shows of "left", and 3 below
    assert find(session.shown, session.active).placement == Placement(100, 100)
    assert {(line.upright, line.position) for line in tool.overlay.lines} >= {(False, 110), (False, 125), (False, 140)}
    tool.drag(-33, 3, {"ctrl"})
    assert find(session.shown, session.active).placement == Placement(97, 103)
    tool.drag(233, -113)  # near the corner of the canvas at the top right
    assert find(session.shown, session.active).placement == Placement(360, -10)
    tool.drag(42, 23, {"shift"})  # near the middle of the canvas, but straight on the diagonal
    assert find(session.shown, session.active).placement == Placement(162, 132)
    tool.drag(48, 0)
    assert find(session.shown, session.active).placement == Placement(175, 100)
    tool.release(48, 0)
    assert place(session, "right") == (175, 100)


def test_guides_and_the_grid_draw_too_where_they_are_switched_on(session: Session) -> None:
    session.commit("Guide", replace(session.document, guides=(Guide(False, 250), Guide(True, 40))))
    tool = MoveTool(session)
    tool.snapping = Snapping(canvas=False, layers=False)
    tool.press(0, 0, (), 6)
    tool.drag(105, -74)
    assert find(session.shown, session.active).placement == Placement(240, 30)  # its left edge and its top edge
    tool.abort()
    tool.snapping = Snapping(canvas=False, layers=False, guides=False, grid=64)
    tool.press(0, 0, (), 6)
    tool.drag(50, 0)
    assert find(session.shown, session.active).placement == Placement(182, 103)  # the left edge at 192, the middle at 128
    tool.abort()


def test_what_cannot_be_moved_says_why(session: Session) -> None:
    tool = MoveTool(session)
    session.active = session.document.layers[0].id
    assert "locked" in tool.press(10, 10)
    tool.drag(50, 50)
    tool.release(50, 50)
    session.active = None
    assert "No layer" in tool.press(10, 10) and tool.overlay.outline is None
    hidden = edits.set_visible(session.document, session.document.layers[1].id, False)
    session.commit("Hide", hidden, active=hidden.layers[1].id)
    assert "hidden" in tool.press(10, 10)


def test_a_layer_that_goes_away_under_the_hand_ends_the_gesture(session: Session) -> None:
    tool = MoveTool(session)
    right = session.active
    tool.press(10, 10)
    tool.drag(20, 20)
    session.commit("Delete", edits.remove(session.document, [right]))
    tool.drag(30, 30)
    tool.release(30, 30)
    assert session.history.labels == ["Open", "Delete"] and find(session.shown, right) is None


def test_a_result_that_arrives_while_dragging_stays(session: Session) -> None:
    tool = MoveTool(session)
    tool.press(10, 10)
    tool.drag(20, 20)
    made = make_layer("mug", Pixels.from_array(np.full((9, 9, 4), 255, np.uint8)))
    session.commit("Insert", edits.add_layer(session.document, made))
    tool.release(30, 30)
    assert find(session.document, made.id) is not None and place(session, "right") == (150, 120)
