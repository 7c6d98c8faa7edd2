"""After a crash the window offers what was not saved; a file that is damaged or was changed elsewhere is not overwritten unseen."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from app.config.settings import recovery_folder
from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.formats import open_document, save_document
from app.formats.atomic import stamp
from app.session.recovery import Belonging, Journal, leftovers
from tests.documents import differences, full_document, noise
from tests.ui.conftest import Editor, answer
from ui.files.recovery import RecoveryDialog

Tell = Callable[..., None]


def scene(name: str, seed: int) -> Document:
    return Document(300, 200, (make_layer(name, Pixels.from_array(noise(300, 200, seed))),))


def left_behind(document: Document, path: Path | None = None) -> Path:
    """As a crash leaves it."""
    journal = Journal.begin(recovery_folder(), document, Belonging(path, stamp(path) if path else None, saved=False))
    journal.close()
    return journal.file


class Gate(threading.Event):
    """Lets so many steps of an engine pass before it closes."""

    def __init__(self, passes: int) -> None:
        super().__init__()
        self._passes = passes

    def wait(self, timeout: float | None = None) -> bool:
        self._passes -= 1
        return self._passes >= 0 or super().wait(timeout)


async def dialog(editor: Editor) -> RecoveryDialog:
    await editor.until(lambda: any(found.isVisible() for found in editor.window.findChildren(RecoveryDialog)))
    return next(found for found in editor.window.findChildren(RecoveryDialog) if found.isVisible())


def test_work_lost_in_a_crash_is_offered_and_goes_on(tell: Tell, photo: Path, tmp_path: Path) -> None:
    path = tmp_path / "scene.downstage"
    save_document(full_document(), path)
    edited = replace(full_document(), dpi=111.0)
    file = left_behind(edited, path)

    async def story(editor: Editor) -> None:
        offered = await dialog(editor)
        assert offered.list.count() == 1 and "scene.downstage" in offered.list.item(0).text()
        assert not offered.list.item(0).icon().isNull()
        offered.recover.click()
        await editor.until(lambda: editor.window.session.document.dpi == 111.0)
        await editor.files_done()
        assert differences(edited, editor.window.session.document) == []
        assert editor.window.isWindowModified() and editor.window.windowTitle().startswith("scene.downstage")
        assert "not saved yet" in editor.window.messages.sentence
        assert file.exists()  # until it is saved
        editor.do("file.save")
        await editor.until(lambda: not editor.window.isWindowModified())
        assert differences(edited, open_document(path)) == []

    tell(story, photo)
    assert list(recovery_folder().iterdir()) == []


def test_later_keeps_the_work_and_the_menu_brings_it_back(tell: Tell, photo: Path) -> None:
    left_behind(scene("one", 1))
    left_behind(scene("two", 2))

    async def story(editor: Editor) -> None:
        offered = await dialog(editor)
        assert offered.list.count() == 2
        offered.later.click()
        await editor.files_done()
        assert editor.names == ["photo"]
        editor.do("file.recover")
        offered = await dialog(editor)
        names = [leftover.opened.document.layers[0].name for leftover in offered.leftovers]
        offered.list.setCurrentRow(names.index("one"))
        offered.recover.click()
        await editor.until(lambda: editor.names == ["one"])
        await editor.files_done()

    tell(story, photo)
    [other] = leftovers(recovery_folder())  # the one was given up when the window closed
    assert other.opened.document.layers[0].name == "two"
    other.journal.remove()


def test_discarding_asks_first(tell: Tell, photo: Path) -> None:
    file = left_behind(scene("one", 1))

    async def story(editor: Editor) -> None:
        offered = await dialog(editor)
        for choice, stays in ((QMessageBox.StandardButton.Cancel, True), (QMessageBox.StandardButton.Discard, False)):
            offered.discard.click()
            await editor.until(lambda: any(box.isVisible() for box in offered.findChildren(QMessageBox)))
            next(box for box in offered.findChildren(QMessageBox) if box.isVisible()).button(choice).click()
            await asyncio.sleep(0.05)
            assert file.exists() == stays
        await editor.files_done()  # with nothing left, the dialog closes

    tell(story, photo)


def test_a_damaged_copy_can_only_be_discarded(tell: Tell, photo: Path) -> None:
    file = left_behind(scene("one", 1))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE document SET value = x'7b7d' WHERE key = 'state'")

    async def story(editor: Editor) -> None:
        offered = await dialog(editor)
        assert "cannot be read" in offered.list.item(0).text()
        assert not offered.recover.isEnabled() and offered.discard.isEnabled()
        offered.later.click()
        await editor.files_done()

    tell(story, photo)
    assert file.exists()


def test_a_quiet_start_and_a_sentence_where_there_is_nothing(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.files_done()
        assert editor.window.findChildren(RecoveryDialog) == []
        editor.do("file.recover")
        await editor.until(lambda: "no unsaved work" in editor.window.messages.sentence)

    tell(story, photo)


def test_a_generated_layer_is_on_the_disk_at_once(tell: Tell, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.recovery.PAUSE", 1000.0)

    async def story(editor: Editor) -> None:
        layer = await editor.insert()
        keeper = editor.window.files.recovery
        await editor.until(lambda: keeper._wanted() is None)
        opened, _ = keeper._thread.submit(keeper._journal.read).result()
        kept = opened.document.layers[-1]
        assert kept.id == layer.id
        assert np.array_equal(kept.candidates[0].pixels.to_array(), layer.candidates[0].pixels.to_array())

    tell(story, photo)
    assert list(recovery_folder().iterdir()) == []


def test_a_finished_candidate_is_on_the_disk_while_the_next_one_is_being_made(
    tell: Tell, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large model makes them one after the other; a crash, a failure or a change of mind costs only the one that is being made."""
    monkeypatch.setattr("app.session.recovery.PAUSE", 1000.0)

    async def story(editor: Editor) -> None:
        window, engine = editor.window, editor.engine
        keeper = window.files.recovery
        engine.at_once, engine.go = 1, Gate(engine.steps)
        editor.do("edit.tool_box")
        editor.drag((40, 30), (100, 80))
        window.generate_panel.set_recipe({"prompt": "apple", "seed": 5})
        window.generate_panel._candidates.setValue(3)
        editor.do("generate.run")
        await editor.until(lambda: keeper._kept is not None and keeper._wanted() is None)
        opened, belonging = keeper._thread.submit(keeper._journal.read).result()
        assert [layer.name for layer in opened.document.layers] == ["photo", "apple"] and not belonging.saved
        assert [candidate.recipe["seed"] for candidate in opened.document.layers[1].candidates] == [5]
        assert editor.names == ["photo"]  # it is still being worked on
        window.generation.cancel_running()
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple"] and editor.steps[-1] == "Insert “apple”"
        assert [candidate.recipe["seed"] for candidate in editor.active.candidates] == [5]
        await editor.until(lambda: keeper._wanted() is None)
        opened, _ = keeper._thread.submit(keeper._journal.read).result()
        assert [layer.id for layer in opened.document.layers] == [layer.id for layer in window.session.document.layers]

    tell(story, photo)


def test_a_file_that_another_window_changed_is_asked_about(tell: Tell, tmp_path: Path) -> None:
    path = tmp_path / "scene.downstage"
    save_document(scene("mine", 1), path)

    async def story(editor: Editor) -> None:
        files = editor.window.files
        save_document(scene("theirs", 2), path)  # the other window
        editor.do("layer.duplicate")
        editor.do("file.save")
        await editor.until(lambda: any(box.isVisible() for box in editor.window.findChildren(QMessageBox)))
        box = next(box for box in editor.window.findChildren(QMessageBox) if box.isVisible())
        assert "scene.downstage" in box.text() and "another window" in box.text()
        box.button(QMessageBox.StandardButton.Cancel).click()
        await editor.files_done()
        assert editor.window.isWindowModified() and open_document(path).layers[0].name == "theirs"
        files.ask_about_change, files.ask_target = answer("copy"), answer(tmp_path / "copy.downstage")
        editor.do("file.save")
        await editor.until(lambda: not editor.window.isWindowModified())
        assert open_document(path).layers[0].name == "theirs" and len(open_document(tmp_path / "copy.downstage").layers) == 2
        save_document(scene("theirs again", 3), tmp_path / "copy.downstage")
        files.ask_about_change = answer("replace")
        editor.do("layer.duplicate")
        editor.do("file.save")
        await editor.until(lambda: not editor.window.isWindowModified())
        assert len(open_document(tmp_path / "copy.downstage").layers) == 3

    tell(story, path)


def test_what_is_left_of_a_damaged_file_is_shown_and_saved_elsewhere(tell: Tell, tmp_path: Path) -> None:
    path = tmp_path / "scene.downstage"
    save_document(scene("half", 1), path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM tiles WHERE hash = (SELECT min(hash) FROM tiles)")
    damaged = path.read_bytes()

    async def story(editor: Editor) -> None:
        assert editor.names == ["half"] and "lost" in editor.window.messages.hint
        assert editor.window.isWindowModified() and editor.window.session.path is None
        editor.window.files.ask_target = answer(tmp_path / "rescued.downstage")
        editor.do("file.save")
        await editor.until(lambda: not editor.window.isWindowModified())
        assert open_document(tmp_path / "rescued.downstage").layers[0].name == "half"

    tell(story, path)
    assert path.read_bytes() == damaged
