"""The queue, live previews, and what the window says when something cannot be done."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.session.jobs import JobQueue
from tests.ui.conftest import Editor, answer
from tests.ui.double import DiscEngine
from ui.generate.queue import QueuePanel

Tell = Callable[..., None]


def states(editor: Editor) -> list[tuple[str, str]]:
    return [(line.title, line.state) for line in editor.window.generation.lines()]


def ask(editor: Editor, *prompts: str) -> None:
    if editor.window.desk.box is None:
        editor.drag((40, 30), (100, 80))
    for prompt in prompts:
        editor.type(prompt)
        editor.do("generate.run")


def card_button(editor: Editor, title: str, name: str):
    panel: QueuePanel = editor.window.queue_panel
    line = next(line for line in editor.window.generation.lines() if line.title == title)
    card = panel._cards[line.id]
    return next(button for button in card.findChildren(type(card._retry)) if button.accessibleName() == name)


def test_the_editor_stays_usable_and_shows_a_preview_that_is_not_a_layer(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        ask(editor, "apple")
        await editor.until(lambda: editor.window.canvas._preview is not None)
        assert editor.names == ["photo"]
        assert not editor.window.generate_panel._progress.isHidden() and editor.window.generate_panel._cancel.isEnabled()
        assert editor.window.status._jobs.text().startswith("apple · ")
        editor.do("layer.duplicate")
        assert editor.names == ["photo", "photo copy"]
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple", "photo copy"]  # above the layer that was active when it was asked for
        assert editor.window.canvas._preview is None

    tell(story, photo)


def test_drawing_a_box_gets_the_engine_ready_before_a_word_is_typed(tell: Tell, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[str] = []
    monkeypatch.setattr(JobQueue, "warm_up", lambda queue: warmed.append("box"))

    async def story(editor: Editor) -> None:
        editor.do("edit.tool_move")
        editor.drag((40, 30), (60, 50))
        assert not warmed
        editor.do("edit.tool_box")
        editor.drag((40, 30), (100, 80))
        assert warmed == ["box"]

    tell(story, photo)


def test_jobs_wait_in_order_and_one_can_go_to_the_front(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        ask(editor, "apple", "cat", "chair")
        assert states(editor) == [("apple", "running"), ("cat", "waiting"), ("chair", "waiting")]
        card_button(editor, "chair", "Move to the front of the queue").click()
        assert [title for title, _ in states(editor)] == ["apple", "chair", "cat"]
        engine.go.set()
        await editor.generated()
        assert [request.prompt for request in engine.seen] == ["apple", "chair", "cat"]

    tell(story, photo)


def test_one_job_is_cancelled_and_then_all(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        ask(editor, "apple", "cat", "chair")
        card_button(editor, "cat", "Cancel").click()
        assert [title for title, _ in states(editor)] == ["apple", "chair"]
        editor.do("generate.cancel_all")
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo"]
        assert editor.window.canvas._preview is None

    tell(story, photo)


def test_a_failed_job_says_why_and_can_be_tried_again(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        ask(editor, "trouble")
        await editor.generated()
        assert (editor.window.messages.sentence, editor.window.messages.hint) == ("The engine is out of paint.", "Buy some.")
        assert states(editor) == [("trouble", "failed")]
        card_button(editor, "trouble", "Try again").click()
        await editor.generated()
        assert len(engine.seen) == 2
        card_button(editor, "trouble", "Cancel").click()
        assert states(editor) == []

    tell(story, photo)


def test_an_unknown_prompt_is_answered_at_once_with_the_nearest_things(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await editor.until(lambda: editor.window.generate.things)
        ask(editor, "unicorn")
        assert "unicorn" in editor.window.messages.sentence
        chips = [chip for chip in editor.window.messages.findChildren(QPushButton) if chip.text() == "cat"]
        chips[0].click()
        assert editor.window.generate_panel.text == "cat"
        assert engine.seen == []

    tell(story, photo)


def test_words_that_the_model_does_not_follow_are_named(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.until(lambda: editor.window.generate.things)
        ask(editor, "golden apple")
        assert "“golden”" in editor.window.messages.sentence
        await editor.generated()

    tell(story, photo)


def test_without_a_box_or_a_prompt_the_window_says_what_is_missing(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.type("apple")
        editor.do("generate.run")
        assert "box" in editor.window.messages.sentence
        editor.drag((40, 30), (100, 80))
        editor.window.generate_panel.set_prompt("  ")
        editor.do("generate.run")
        assert "prompt" in editor.window.messages.sentence

    tell(story, photo)


def test_a_box_on_a_large_picture_is_captured_beside_the_window_and_in_turn(tell: Tell, tmp_path: Path, engine: DiscEngine) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (3000, 2000), (90, 120, 60)).save(path)

    async def story(editor: Editor) -> None:
        editor.drag((500, 300), (1700, 1500))
        ask(editor, "apple")
        assert editor.window.generation.alive and engine.seen == []
        editor.window.options.fields[2].setValue(100)
        ask(editor, "cat")
        await editor.generated()
        assert [request.prompt for request in engine.seen] == ["apple", "cat"]
        assert editor.names == ["large", "apple", "cat"]

    tell(story, path)


def test_the_seed_changes_from_layer_to_layer_unless_it_is_locked(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        ask(editor, "apple", "apple")
        editor.window.generate_panel.seed.setValue(7)
        editor.window.generate_panel.seed_lock.setChecked(True)
        ask(editor, "apple", "apple")
        await editor.generated()
        seeds = [request.seed for request in engine.seen]
        assert seeds[0] != seeds[1] and seeds[2:] == [7, 7]

    tell(story, photo)


def test_earlier_prompts_come_back_with_alt_up_and_in_the_next_run(tell: Tell, photo: Path) -> None:
    async def first(editor: Editor) -> None:
        ask(editor, "apple", "cat")
        await editor.generated()

    async def second(editor: Editor) -> None:
        prompt = editor.window.generate_panel.prompt
        editor.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier, prompt)
        assert prompt.text() == "cat"
        editor.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier, prompt)
        assert prompt.text() == "apple"

    tell(first, photo)
    tell(second, photo)


def test_after_asking_the_keys_belong_to_the_canvas_again(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.activateWindow()
        ask(editor, "apple")
        assert editor.window.canvas.hasFocus()
        editor.do("generate.prompt")
        assert editor.window.generate_panel.prompt.hasFocus()
        editor.key(Qt.Key.Key_Escape, widget=editor.window.generate_panel.prompt)
        assert editor.window.canvas.hasFocus()
        assert editor.window.desk.box is not None
        await editor.generated()

    tell(story, photo)


def test_a_result_does_not_land_in_another_document(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        ask(editor, "apple")
        editor.window.files.ask_about_jobs = answer(True)
        editor.window.files.open(photo)
        await editor.files_done()
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo"]

    tell(story, photo)


def test_who_leaves_while_a_layer_is_being_made_is_asked_and_may_wait_for_it(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        window, asked = editor.window, []

        async def wait() -> bool:
            asked.append(window.session)
            return False

        window.files.ask_about_jobs = wait
        engine.go.clear()
        ask(editor, "apple")
        before = window.session
        window.files.open(photo)
        await editor.files_done()
        window.close()
        await editor.until(lambda: len(asked) == 2)
        await asyncio.sleep(0.05)
        assert window.isVisible() and window.session is before and asked == [before] * 2
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple"]

    tell(story, photo)


def test_what_is_being_saved_when_the_window_closes_is_not_asked_about(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        window, asked = editor.window, []
        await editor.insert("apple")

        async def ask_to_save(name: str) -> str:
            asked.append(name)
            return "cancel"

        window.files.ask_to_save = ask_to_save
        window.files.ask_target = answer(tmp_path / "work.downstage")
        window.files.save()
        await asyncio.sleep(0)
        assert await window.files.may_leave()
        assert not asked and (tmp_path / "work.downstage").exists()

    tell(story, photo)


def test_a_bug_is_told_and_the_window_lives_on(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        sys.excepthook(ValueError, ValueError("seven is not a colour"), None)
        assert "seven is not a colour" in editor.window.messages.sentence
        await editor.insert()
        assert editor.names == ["photo", "apple"]

    tell(story, photo)


def test_zoom_keeps_the_point_under_the_pointer(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        assert canvas.view.zoom == 1.0
        point = QPointF(editor.point(100, 50))
        before = canvas.to_canvas(point)
        wheel = QWheelEvent(
            point,
            QPointF(canvas.mapToGlobal(point.toPoint())),
            QPoint(),
            QPoint(0, 240),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas, wheel)
        after = canvas.to_canvas(point)
        assert canvas.view.zoom > 1.4
        assert abs(before[0] - after[0]) < 1 and abs(before[1] - after[1]) < 1
        editor.do("view.actual")
        assert canvas.view.zoom == 1.0
        editor.do("view.fit")
        assert canvas.view.zoom > 1.0

    tell(story, photo)


def test_at_100_percent_the_window_shows_the_documents_own_pixels(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("edit.tool_move")
        editor.window.session.active = None
        await editor.until(lambda: editor.window.canvas.view.zoom == 1.0)
        image = editor.window.canvas.grab().toImage()
        for x, y in ((3, 5), (80, 60), (159, 119)):
            place = editor.point(x, y)
            colour = image.pixelColor(place)
            assert (colour.red(), colour.green(), colour.blue()) == (x, y * 2, 255 - x)

    tell(story, photo)


def test_ctrl_enter_closes_the_words_that_were_offered_while_typing(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.drag((40, 30), (100, 80))
        editor.do("generate.prompt")
        prompt = editor.window.generate_panel.prompt
        await editor.until(lambda: prompt.completer().model().rowCount())  # the vocabulary is read beside the window
        QTest.keyClicks(prompt, "ca")
        popup = prompt.completer().popup()
        await editor.until(popup.isVisible)
        QTest.keyClicks(prompt, "t")
        editor.do("generate.run")
        assert not popup.isVisible()
        await editor.generated()
        assert editor.names == ["photo", "cat"]

    tell(story, photo)


def test_names_are_completed_after_colours_and_sizes(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.drag((40, 30), (100, 80))
        editor.do("generate.prompt")
        prompt = editor.window.generate_panel.prompt
        await editor.until(lambda: prompt.completer().model().rowCount())
        QTest.keyClicks(prompt, "a small red ca")
        popup = prompt.completer().popup()
        await editor.until(popup.isVisible)
        assert [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())] == ["cat"]
        QTest.keyClick(popup, Qt.Key.Key_Down)
        QTest.keyClick(popup, Qt.Key.Key_Return)
        assert prompt.text() == "a small red cat"

    tell(story, photo)
