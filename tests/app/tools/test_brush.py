"""The mask brush: what it covers, how it follows hand and pen, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.document.document import Candidate, Document, make_layer
from app.document.edits import add_candidate, keep_as_candidate, set_locked, set_mask, set_visible
from app.document.geometry import Placement, Rect
from app.document.masks import add_mask, enable_mask, mask_matrix
from app.document.pixels import Mask, Pixels
from app.render.render import mask_array
from app.session.session import Session
from app.tools.brush import Brush, BrushTool, Stroke

HARD = Brush(40, 1.0, 1.0)


def a_session(placement: Placement = Placement(), side: int = 300) -> Session:
    layer = make_layer("apple", Pixels.from_array(np.full((side, side, 4), 255, np.uint8)), placement)
    return Session(Document(300, 300, (layer,)))


def eraser(session: Session, brush: Brush = HARD) -> BrushTool:
    tool = BrushTool(session)
    tool.brush, tool.erases = brush, True
    return tool


def stroke(tool: BrushTool, *points: tuple[float, float], modifiers: tuple[str, ...] = ()) -> str:
    refusal = tool.press(*points[0], modifiers)
    for point in points[1:]:
        tool.drag(*point)
    tool.release(*points[-1])
    return refusal


def shown(session: Session) -> np.ndarray:
    """(300, 300) int: the mask on the canvas."""
    return mask_array(session.document.layers[0], Rect(0, 0, 300, 300)).astype(int)


def test_the_eraser_gives_a_mask_and_hides_a_disc_in_one_step() -> None:
    session = a_session()
    assert not stroke(eraser(session), (150, 150))
    mask = shown(session)
    y, x = np.mgrid[0:300, 0:300] + 0.5
    distance = np.hypot(x - 150, y - 150)
    assert (mask[distance < 19] == 0).all() and (mask[distance > 21] == 255).all()
    assert session.history.labels == ["Open", "Erase on the Mask"]
    session.undo()
    assert session.document.layers[0].mask is None


def test_the_brush_shows_again_what_the_eraser_hid() -> None:
    session = a_session()
    tool = eraser(session)
    stroke(tool, (100, 100), (200, 200))
    assert (shown(session) == 0).any()
    tool.erases, tool.brush = False, replace(HARD, size=80)
    stroke(tool, (100, 100), (200, 200))
    assert (shown(session) == 255).all()


def test_a_stroke_is_as_even_as_if_the_hand_had_stopped_everywhere() -> None:
    one, many = a_session(), a_session()
    stroke(eraser(one), (50, 60), (250, 90))
    stroke(eraser(many), *((50 + i, 60 + i * 0.15) for i in range(0, 201, 5)))
    assert abs(shown(one) - shown(many)).max() <= 12  # dabs fall a quarter of a pixel elsewhere at most


def test_hardness_is_where_a_dab_begins_to_fade() -> None:
    session = a_session()
    stroke(eraser(session, Brush(100, 0.5, 1.0)), (150, 150))
    row = shown(session)[150, 150:]
    assert (row[:25] == 0).all()
    assert 0 < row[37] < 255 and (np.diff(row[25:50]) >= 0).all()
    assert (row[52:] == 255).all()


def test_flow_builds_up_and_never_stalls() -> None:
    session = a_session()
    tool = eraser(session, Brush(100, 1.0, 0.01))
    stroke(tool, (150, 150))
    assert shown(session)[150, 150] == round(255 * 0.99)
    stroke(tool, (150, 150), *(((150, 150 + d) if i % 2 else (150, 150 - d)) for i in range(60) for d in (40,)))
    assert shown(session)[150, 150] < 60


def test_pressure_makes_a_dab_smaller_or_lighter() -> None:
    covered = {}
    for name, brush in {"size": Brush(80, 1.0), "flow": Brush(80, 1.0, size_by_pressure=False, flow_by_pressure=True)}.items():
        session = a_session()
        tool = eraser(session, brush)
        tool.pressure = 0.5
        stroke(tool, (150, 150))
        covered[name] = 255 - shown(session)
    assert (covered["size"] == 255).sum() == pytest.approx(np.pi * 20**2, rel=0.1)
    assert covered["flow"].max() == pytest.approx(128, abs=1)
    assert (covered["flow"] > 0).sum() == pytest.approx(np.pi * 40**2, rel=0.1)


def test_shift_paints_a_line_from_where_the_last_stroke_ended() -> None:
    session = a_session()
    tool = eraser(session)
    stroke(tool, (50, 150))
    stroke(tool, (250, 150), modifiers=("shift",))
    assert (shown(session)[150, 45:255] == 0).all()


def test_a_dab_is_round_on_the_canvas_however_the_layer_lies() -> None:
    session = a_session(Placement(0, 0, 2.0, 0.5, 33), side=300)
    stroke(eraser(session), (150, 150))
    y, x = np.mgrid[0:300, 0:300] + 0.5
    distance = np.hypot(x - 150, y - 150)
    hidden = shown(session) < 128
    assert hidden[distance < 17].all() and not hidden[distance > 23].any()


def test_a_small_mask_grows_where_the_brush_needs_room() -> None:
    session = a_session()
    small = Mask.from_array(np.full((20, 20), 128, np.uint8), 100, 100, default=255)
    session.commit("mask", set_mask(session.document, session.active, small))
    stroke(eraser(session), (30, 30))
    assert shown(session)[30, 30] == 0 and shown(session)[110, 110] == 128 and shown(session)[200, 200] == 255


def test_nothing_beyond_the_layers_edge_is_painted() -> None:
    mask = Mask.from_array(np.full((50, 70), 255, np.uint8))
    layer = make_layer("x", Pixels.from_array(np.zeros((50, 70, 4), np.uint8)), mask=mask)
    after = Stroke(mask, mask_matrix(layer), Brush(400, 1.0), 0).to(10, 10)
    assert (after.to_array() == 0).all()
    assert (after.tiles[0, 0][50:] == 255).all() and (after.tiles[0, 0][:, 70:] == 255).all()


def test_what_cannot_be_painted_is_said_and_leaves_no_step() -> None:
    session = a_session()
    id = session.active
    show = BrushTool(session)
    assert "has no mask" in stroke(show, (10, 10))
    session.commit("lock", set_locked(session.document, id, True))
    assert "locked" in stroke(eraser(session), (10, 10))
    session.commit("hide", set_visible(set_locked(session.document, id, False), id, False))
    assert "hidden" in stroke(eraser(session), (10, 10))
    session.commit("off", enable_mask(add_mask(set_visible(session.document, id, True), id), id, False))
    assert "switched off" in stroke(eraser(session), (10, 10))
    assert "Erase on the Mask" not in session.history.labels


@pytest.mark.parametrize("masked", [False, True])
def test_a_stroke_goes_on_where_the_hand_is_when_another_candidate_comes(masked: bool) -> None:
    session = a_session(Placement(30, 20), side=200)
    if masked:
        session.commit("mask", add_mask(session.document, session.active))
        stroke(eraser(session), (60, 60))
    tool = eraser(session)
    tool.press(100, 100)
    larger = Candidate(Pixels.from_array(np.full((260, 260, 4), 255, np.uint8)), Placement(10, -5), {})
    session.commit("again", add_candidate(keep_as_candidate(session.document, session.active), session.active, larger))
    tool.drag(150, 100)
    tool.release(150, 100)
    mask = shown(session)
    assert session.history.labels[-1] == "Erase on the Mask"
    assert (mask[100, [85, 100, 125, 150, 165]] == 0).all() and (mask[100, [75, 175]] == 255).all()
    assert (mask[60, 60] == 0) == masked


def test_esc_gives_up_the_stroke_and_so_does_an_edit_of_the_same_mask() -> None:
    session = a_session()
    tool = eraser(session)
    tool.press(150, 150)
    assert session.shown is not session.document
    assert tool.abort() and session.shown is session.document
    tool.press(150, 150)
    session.commit("other", add_mask(session.document, session.active))
    tool.drag(160, 160)
    tool.release(160, 160)
    assert session.history.labels[-1] == "other"
