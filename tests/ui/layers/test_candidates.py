"""The strip of candidates: compare on the canvas, keep, delete, promote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.render.render import render
from tests.ui.conftest import Editor

Tell = Callable[..., None]


async def three_candidates(editor: Editor) -> None:
    editor.window.generate_panel._candidates.setValue(3)
    await editor.insert()


def look(editor: Editor) -> np.ndarray:
    return render(editor.window.session.shown, editor.window.session.shown.rect)


def over(editor: Editor, row: int) -> QPoint:
    strip = editor.window.layer_panel.strip
    return strip.visualItemRect(strip.item(row)).center()


def test_a_candidate_under_the_pointer_is_seen_on_the_canvas_without_a_step(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_candidates(editor)
        before, steps, viewport = look(editor), len(editor.steps), editor.window.layer_panel.strip.viewport()
        QTest.mouseMove(viewport, over(editor, 0))
        QTest.mouseMove(viewport, over(editor, 2))
        await editor.until(lambda: (look(editor) != before).any())
        assert len(editor.steps) == steps
        QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
        assert (look(editor) == before).all()
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=over(editor, 2))
        assert editor.steps[-1] == "Candidate 3 of “apple”" and (look(editor) != before).any()

    tell(story, photo)


def test_a_candidate_becomes_a_layer_of_its_own(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_candidates(editor)
        editor.do("edit.tool_move")
        editor.drag((70, 60), (80, 65))
        second = editor.active.candidates[1]
        editor.do("generate.candidate_next")
        QTest.mouseClick(editor.window.layer_panel.candidates.buttons[0], Qt.MouseButton.LeftButton)
        assert editor.names == ["photo", "apple", "apple 2"]
        made = editor.active
        assert made.name == "apple 2" and made.pixels is second.pixels and len(made.candidates) == 1
        assert (made.placement.x, made.placement.y) == (50, 35), "where the layer is now"
        assert len(editor.window.session.document.layers[1].candidates) == 3

    tell(story, photo)


def test_one_is_deleted_and_one_alone_is_kept_and_undo_brings_them_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_candidates(editor)
        third = editor.active.candidates[2]
        editor.do("generate.candidate_delete")
        assert len(editor.active.candidates) == 2 and editor.window.layer_panel.strip.count() == 2
        editor.window.layers.keep_candidate(1)
        assert editor.active.pixels is third.pixels and len(editor.active.candidates) == 1
        assert editor.window.layer_panel.candidates.isHidden() and not editor.window.actions_["generate.candidate_delete"].isEnabled()
        editor.do("edit.undo")
        editor.do("edit.undo")
        assert len(editor.active.candidates) == 3

    tell(story, photo)
