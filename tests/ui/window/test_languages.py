"""Another language in the middle of the work: every word changes, nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLabel

from app.config.settings import recovery_folder
from app.session.recovery import leftovers
from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine
from ui.window.preferences import Preferences

Tell = Callable[..., None]


def choose(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_the_language_changes_at_once_and_comes_back_from_the_same_window_of_preferences(
    tell: Tell, photo: Path, english_afterwards: None
) -> None:
    async def story(editor: Editor) -> None:
        editor.do("edit.preferences")
        choose(editor.window.findChild(Preferences).language, "de")
        await editor.renewed()
        assert [action.text() for action in editor.window.menuBar().actions()][:2] == ["&Datei", "&Bearbeiten"]
        dialog = editor.window.findChild(Preferences)
        assert dialog.isVisible() and dialog.windowTitle() == "Voreinstellungen"
        assert "Ebenen" in {dock.windowTitle() for dock in editor.window.docks.docks.values()}
        editor.window.showMaximized()
        choose(dialog.language, "en")
        await editor.renewed()
        assert editor.window.isMaximized()
        assert editor.window.menuBar().actions()[0].text() == "&File"
        window = editor.window
        choose(editor.window.findChild(Preferences).language, "en")
        await editor.files_done()
        assert editor.window is window and window.isVisible()  # it speaks that already
        editor.window.findChild(Preferences).close()

    tell(story, photo)


def test_document_history_view_and_panel_are_as_they_were(tell: Tell, photo: Path, english_afterwards: None) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        editor.do("layer.duplicate")
        editor.do("edit.undo")
        editor.do("edit.copy")
        editor.do("edit.tool_eraser")
        old = editor.window
        old.canvas.zoom_to(3.0)
        old.canvas.set_view(old.canvas.view.moved(-31, 12))
        old.canvas.turn_to(20)
        old.generate_panel.set_prompt("cat")
        old.generate_panel.seed.setValue(77)
        old.layer_panel.tree.choose([layer.id for layer in old.session.document.layers], editor.active.id)
        session, steps, view, box = old.session, editor.steps, old.canvas.view, old.desk.box
        old.language_menu.choose("de")
        await editor.renewed()
        new = editor.window
        assert new.session is session and len(editor.steps) == len(steps) == 3 and new.windowTitle().startswith("photo.png")
        assert new.canvas.view == view and (new.desk.tool, new.desk.box) == ("eraser", box)
        assert (new.generate_panel.text, new.generate_panel.seed.value()) == ("cat", 77)
        assert len(new.layers.chosen()) == 2
        editor.do("edit.paste")
        assert editor.names == ["photo", "apple", "apple"] and len(editor.active.candidates) == 1  # a layer with its recipe, not a picture
        editor.do("edit.undo")
        editor.do("edit.undo")
        assert editor.names == ["photo"]
        editor.do("edit.tool_box")
        editor.drag((20, 20), (60, 60))  # the tools work on it
        assert editor.window.desk.box.width >= 39

    tell(story, photo)


def test_a_layer_that_is_being_made_arrives_in_the_new_window(tell: Tell, photo: Path, engine: DiscEngine, english_afterwards: None) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        editor.do("edit.tool_box")
        editor.drag((40, 30), (100, 80))
        editor.type("apple")
        editor.do("generate.run")
        editor.type("cat")
        editor.do("generate.run")
        await editor.until(lambda: editor.window.generation.running())
        editor.window.language_menu.choose("de")
        await editor.renewed()
        words = [label.text() for label in editor.window.queue_panel.findChildren(QLabel) if not label.isHidden()]
        assert "apple" in words and "Wartet" in words
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple", "cat"]

    tell(story, photo)


def test_unsaved_work_is_safe_before_and_after(tell: Tell, photo: Path, english_afterwards: None) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        await editor.window.files.recovery.kept()
        kept = list(recovery_folder().glob("*.journal*")) or list(recovery_folder().iterdir())
        editor.window.language_menu.choose("de")
        await editor.renewed()
        assert set(kept) <= set(recovery_folder().iterdir()) and not leftovers(recovery_folder())  # somebody holds it
        editor.do("layer.duplicate")
        await editor.window.files.recovery.kept()
        assert editor.window.isWindowModified()

    tell(story, photo)
