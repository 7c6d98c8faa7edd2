"""Where a new layer goes, what the engine sees of the others, and a document that changes while it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.document import edits, layout
from app.document.document import parent_of, walk
from app.document.geometry import Rect
from tests.ui.conftest import Editor, answer
from tests.ui.double import DiscEngine
from ui.layers.model import NAME
from ui.layers.tree import cells

Tell = Callable[..., None]


async def three_layers(editor: Editor) -> None:
    """photo, apple, cat; the photo is active."""
    await editor.insert("apple", (40, 30), (100, 80))
    await editor.insert("cat", (60, 40), (120, 90))
    editor.window.layers.choose(editor.window.session.document.layers[0].id)


def id_of(editor: Editor, name: str) -> str:
    return next(node.id for node in editor.window.session.document.layers if node.name == name)


def ask(editor: Editor, prompt: str = "chair") -> None:
    editor.type(prompt)
    editor.do("generate.run")


def test_the_panel_says_at_which_depth_the_layer_will_be_and_it_gets_there(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        assert "Above “photo”, behind 2 layers" in editor.window.generate_panel._box.text()
        ask(editor)
        await editor.generated()
        assert editor.names == ["photo", "chair", "apple", "cat"]
        assert "Above “chair”, behind 2 layers" in editor.window.generate_panel._box.text()

    tell(story, photo)


def test_layers_in_front_are_shown_to_the_engine_when_the_artist_says_so(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        ask(editor)
        await editor.generated()
        assert engine.seen[-1].occluders is None
        editor.window.layers.choose(id_of(editor, "photo"))
        editor.window.generate_panel._fold.click()
        await editor.until(lambda: editor.window.generate_panel._occluded.visibleRegion().contains(QPoint(8, 8)))
        QTest.mouseClick(editor.window.generate_panel._occluded, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        ask(editor)
        await editor.generated()
        request = engine.seen[-1]
        at = 65 - request.crop.y, 90 - request.crop.x
        assert request.occluders[at][3] == 255 and tuple(request.background[at]) == (90, 130, 165), "the photograph behind the cat"
        editor.do("generate.again")
        await editor.generated()
        assert engine.seen[-1].occluders is not None, "its recipe says so"

    tell(story, photo)


def test_a_layer_is_left_out_of_the_engines_view_with_a_click_and_the_project_keeps_it(
    tell: Tell, photo: Path, tmp_path: Path, engine: DiscEngine
) -> None:
    project = tmp_path / "scene.downstage"

    async def story(editor: Editor) -> None:
        await three_layers(editor)
        tree = editor.window.layer_panel.tree
        apple = id_of(editor, "apple")
        index = tree.layer_model.index_of(apple, NAME)
        switch = cells(tree.visualRect(index), tree.layer_model.node(index)).engine.center()
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=switch)
        assert editor.steps[-1] == "Leave “apple” out of the engine’s view"
        assert "not seen by the engine" in tree.layer_model.data(tree.layer_model.index_of(apple, NAME), Qt.ItemDataRole.AccessibleTextRole)
        editor.window.layers.choose(apple)
        assert editor.window.actions_["layer.engine_view"].isChecked()
        ask(editor)
        await editor.generated()
        request = engine.seen[-1]
        assert tuple(request.background[50 - request.crop.y, 50 - request.crop.x]) == (50, 100, 205), "the photograph, not the apple"
        editor.window.files.ask_target = answer(project)
        editor.do("file.save_as")
        await editor.files_done()
        editor.window.files.open(project)
        await editor.until(lambda: editor.steps == ["Open"])
        assert [node.name for node in editor.window.session.document.layers if not node.seen_by_engine] == ["apple"]
        editor.window.layers.choose(apple)
        editor.do("layer.engine_view")
        editor.do("edit.undo")
        assert editor.window.actions_["layer.engine_view"].isChecked()

    tell(story, photo)


def test_the_canvas_is_cropped_during_a_job_and_preview_and_layer_keep_their_place(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        editor.drag((40, 30), (100, 80))
        ask(editor, "apple")
        await editor.until(lambda: editor.window.canvas._preview is not None)
        session = editor.window.session
        session.commit("Crop", layout.crop(session.document, Rect(20, 10, 150, 110)))
        engine.go.set()
        await editor.generated()
        assert editor.active.name == "photo", "who has done something meanwhile goes on with what was active"
        session.active = next(node.id for node, _, _ in walk(session.document) if node.name == "apple")
        assert (editor.active.placement.x, editor.active.placement.y) == (20, 20)
        assert editor.window.messages.sentence == "“apple” is there." and "cropped" in editor.window.messages.hint
        editor.do("generate.recipe")
        assert (editor.window.desk.box.left, editor.window.desk.box.top) == (20, 20)

    tell(story, photo)


async def a_job_above_the_apple(editor: Editor, engine: DiscEngine) -> None:
    """Among three layers, stopped while its preview shows."""
    await three_layers(editor)
    engine.go.clear()
    editor.window.layers.choose(id_of(editor, "apple"))
    ask(editor)
    await editor.until(lambda: editor.window.canvas._preview is not None)


def test_what_it_was_to_lie_on_goes_during_the_job_and_the_window_says_so(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await a_job_above_the_apple(editor, engine)
        editor.do("layer.delete")
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "chair", "cat"]
        assert "“apple”, which it was to lie on, is gone; it lies on “photo” instead." in editor.window.messages.hint

    tell(story, photo)


def test_it_is_grouped_or_edited_during_the_job_and_the_layer_goes_along(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await a_job_above_the_apple(editor, engine)
        editor.do("layer.group")
        session = editor.window.session
        session.commit("Opacity", edits.set_opacity(session.document, id_of(editor, "photo"), 0.5))
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "Group", "apple", "chair", "cat"]
        made = next(node for node in session.document.layers[1].children if node.name == "chair")
        assert parent_of(session.document, made.id).name == "Group"
        assert "put into “Group”" in editor.window.messages.hint and "changed meanwhile" in editor.window.messages.hint

    tell(story, photo)


def test_a_layer_is_run_again_by_its_recipe_and_varied(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate_panel._steps.setValue(3)
        first = await editor.insert()
        editor.do("generate.rerun")
        await editor.generated()
        asked, again = engine.seen
        assert (again.seed, again.prompt, again.box) == (asked.seed, asked.prompt, asked.box) and again.steps == engine.steps
        assert (editor.active.pixels.to_array() == first.pixels.to_array()).all() and len(editor.active.candidates) == 2
        editor.do("generate.vary")
        await editor.generated()
        assert len(editor.active.candidates) == 6 and engine.seen[-1].count == 4 and engine.seen[-1].seed != asked.seed

    tell(story, photo)


def test_words_typed_before_the_vocabulary_is_read_are_completed_when_it_is(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.until(lambda: editor.window.generate.things)
        editor.window.generate.know(None)  # as before the file is read
        editor.do("generate.prompt")
        prompt = editor.window.generate_panel.prompt
        editor.window.activateWindow()
        await editor.until(prompt.hasFocus)
        prompt.clear()
        QTest.keyClicks(prompt, "ca")
        popup = prompt.completer().popup()
        assert not popup.isVisible()
        editor.window.models.load_vocabulary()
        await editor.until(popup.isVisible)
        assert popup.model().rowCount() == 1
        popup.hide()

    tell(story, photo)
