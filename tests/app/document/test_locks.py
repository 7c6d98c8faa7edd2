"""Locks of a whole layer and of single things about it: what each one holds, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from psd_tools import PSDImage
from psd_tools.constants import Tag

from app.document import edits, masks
from app.document.document import LOCKS, Document, Layer, find, make_group, make_layer
from app.document.effects import split_effects
from app.document.geometry import Placement, Rect, shift
from app.document.layout import align, crop
from app.document.locks import ALTERING, POSITION, is_locked, lock_of
from app.document.pixels import Pixels
from app.document.transform import reset, transform
from app.errors import EditError
from app.formats import losses, open_document, save_document
from app.session.session import Session
from app.tools.tools import MoveTool


def scene(*locks: str, locked: bool = False) -> Document:
    """A ground, and above it "thing", a square at 10, 10 with these locks."""
    pixels = Pixels.from_array(np.full((20, 20, 4), 200, np.uint8))
    ground = make_layer("ground", Pixels.from_array(np.full((60, 60, 4), 255, np.uint8)))
    return Document(60, 60, (ground, make_layer("thing", pixels, Placement(10, 10), locks=frozenset(locks), locked=locked)))


def thing(document: Document) -> Layer:
    return document.layers[-1]


MOVES: dict[str, Callable[[Document, str], Document]] = {
    "nudge": lambda document, id: edits.nudge(document, [id], 5, 0),
    "transform": lambda document, id: transform(document, [id], (2.0, 0.0, 0.0, 2.0, 0.0, 0.0)),
    "reset": lambda document, id: reset(edits.set_placement(document, id, Placement(10, 10, 2, 2)), [id]),
}
CHANGES: dict[str, Callable[[Document, str], Document]] = {
    "apply its mask": lambda document, id: masks.apply_mask(masks.add_mask(document, id, 0), id),
    "make its alpha a mask": masks.mask_from_alpha,
    "merge": edits.merge_down,
    "split": lambda document, id: split_effects(document, id)[0],
}


@pytest.mark.parametrize("move", MOVES)
def test_a_locked_position_holds_the_layer_where_it_is(move: str) -> None:
    for document in (scene("position"), scene(locked=True)):
        before = edits.set_placement(document, thing(document).id, Placement(10, 10, 2, 2)) if move == "reset" else document
        assert thing(MOVES[move](document, thing(document).id)).placement == thing(before).placement
    document = scene("pixels", "transparency")
    assert thing(MOVES[move](document, thing(document).id)).placement != thing(document).placement or move == "reset"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ALTERING)
def test_locked_pixels_and_transparency_refuse_what_would_change_them(change: str, kind: str) -> None:
    document = scene(kind)
    with pytest.raises(EditError, match="thing” (is|are) locked"):
        CHANGES[change](document, thing(document).id)
    document = scene("position")
    try:
        CHANGES[change](document, thing(document).id)
    except EditError as error:
        assert "locked" not in str(error)  # it has no shadow to split off


def test_a_lock_of_a_group_holds_for_what_is_in_it() -> None:
    document = scene()
    inner = thing(document)
    group = make_group("group", (inner,), locks=frozenset({"position"}))
    document = Document(60, 60, (document.layers[0], group))
    assert is_locked(document, inner.id, POSITION) and not is_locked(document, inner.id, ALTERING)
    assert lock_of(document, inner.id, POSITION) == "position" and lock_of(document, inner.id) == ""
    assert transform(document, [inner.id], shift(5, 5)) is document
    assert crop(document, Rect(5, 5, 50, 50)).layers[1].children[0].placement == Placement(5, 5)  # the canvas moves, not the layer
    with pytest.raises(EditError):
        align(document, [inner.id], "left")


def test_the_move_tool_says_that_the_position_is_locked() -> None:
    document = scene("position")
    session = Session(document)
    session.active = thing(document).id
    assert "position of “thing” is locked" in MoveTool(session).press(15, 15)
    session.commit("unlock", edits.set_lock(document, session.active, "position", False))
    assert MoveTool(session).press(15, 15) == ""


def test_single_locks_are_set_and_taken_away_and_unlock_takes_all() -> None:
    document = scene()
    id = thing(document).id
    for kind in LOCKS:
        document = edits.set_lock(document, id, kind, True)
    assert find(document, id).locks == set(LOCKS) and not find(document, id).locked
    assert find(edits.set_lock(document, id, "pixels", False), id).locks == {"transparency", "position"}
    free = find(edits.unlock(edits.set_locked(document, id, True), id), id)
    assert not free.locks and not free.locked


@pytest.mark.parametrize("suffix", [".downstage", ".psd"])
def test_locks_are_kept_in_projects_and_in_photoshops_files(suffix: str, tmp_path: Path) -> None:
    for kinds in ((), ("transparency",), ("pixels", "position"), LOCKS):
        document = scene(*kinds, locked=len(kinds) == 1)
        path = tmp_path / f"{len(kinds)}{suffix}"
        save_document(document, path)
        kept = thing(open_document(path))
        assert (kept.locks, kept.locked) == (set(kinds), len(kinds) == 1)


def test_photoshops_own_bits_of_the_locks_are_written(tmp_path: Path) -> None:
    save_document(scene("transparency", "position", locked=True), tmp_path / "locks.psd")
    layer = list(PSDImage.open(tmp_path / "locks.psd"))[-1]
    assert layer.tagged_blocks.get_data(Tag.PROTECTED_SETTING) == 0x8000_0005


def test_openraster_keeps_the_whole_lock_and_the_report_says_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "locks.ora"
    save_document(scene("position", locked=True), path)
    assert thing(open_document(path)).locked and not thing(open_document(path)).locks
    assert any("Locks of position" in loss for loss in losses(scene("position"), path))
    assert not any("Locks of position" in loss for loss in losses(scene(locked=True), path))
