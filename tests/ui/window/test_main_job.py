"""The main job: box and prompt become a layer, which is moved, made again, saved and exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from psd_tools import PSDImage
from PySide6.QtCore import Qt

from app.formats import Encoding, open_document
from app.render.render import render
from tests.ui.conftest import Editor, answer
from ui.files.export import Export
from ui.layers.commands import shown_candidate

Tell = Callable[..., None]
CTRL, SHIFT, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def test_a_box_and_a_prompt_become_a_layer_above_the_active_one(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.key(Qt.Key.Key_G)
        editor.drag((40, 30), (100, 80))
        assert editor.window.desk.overlay().words == "60 × 50 px"
        editor.key(Qt.Key.Key_L, CTRL)
        editor.type("apple")
        editor.key(Qt.Key.Key_Return, CTRL, editor.window.generate_panel.prompt)
        await editor.generated()
        assert editor.names == ["photo", "apple"]
        assert editor.active.recipe["prompt"] == "apple"
        assert (editor.active.placement.x, editor.active.placement.y) == (40, 30)
        assert editor.steps[-1] == "Insert “apple”"
        assert editor.window.isWindowModified()

    tell(story, photo)


def test_outside_the_new_layer_the_picture_is_untouched(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        before = render(editor.window.session.document, editor.window.session.document.rect)
        await editor.insert()
        after = render(editor.window.session.document, editor.window.session.document.rect)
        outside = np.ones(before.shape[:2], bool)
        outside[30:80, 40:100] = False
        assert (before[outside] == after[outside]).all()
        assert (before != after).any()

    tell(story, photo)


def test_the_layer_moves_by_arrows_and_by_dragging_and_everything_can_be_undone(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.window.canvas.setFocus()
        editor.key(Qt.Key.Key_V)
        editor.key(Qt.Key.Key_Right)
        editor.key(Qt.Key.Key_Down, SHIFT)
        assert (editor.active.placement.x, editor.active.placement.y) == (41, 40)
        editor.drag((70, 60), (60, 47))
        assert (editor.active.placement.x, editor.active.placement.y) == (31, 27)
        for _ in range(4):
            editor.do("edit.undo")
        assert editor.names == ["photo"]
        assert not editor.window.actions_["edit.undo"].isEnabled()
        assert not editor.window.isWindowModified()
        for _ in range(4):
            editor.do("edit.redo")
        assert (editor.active.placement.x, editor.active.placement.y) == (31, 27)

    tell(story, photo)


def test_escape_during_a_drag_puts_the_layer_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("edit.tool_move")
        steps = len(editor.steps)
        from PySide6.QtTest import QTest

        canvas = editor.window.canvas
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, editor.point(70, 60))
        QTest.mouseMove(canvas, editor.point(90, 70))
        assert editor.window.session.shown is not editor.window.session.document
        editor.key(Qt.Key.Key_Escape)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, editor.point(90, 70))
        assert (editor.active.placement.x, editor.active.placement.y) == (40, 30)
        assert len(editor.steps) == steps

    tell(story, photo)


def test_a_layer_is_made_again_in_place_and_the_earlier_one_stays_reachable(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert()
        await editor.insert("cat", (10, 10), (50, 50))
        editor.window.layers.rename(layer.id, "fruit")
        editor.window.session.active = layer.id
        editor.do("generate.again")
        await editor.generated()
        assert editor.names == ["photo", "fruit", "cat"]
        again = editor.active
        assert (again.id, len(again.candidates)) == (layer.id, 2)
        assert again.recipe["seed"] != layer.recipe["seed"]
        assert editor.window.layer_panel.strip.count() == 2
        editor.do("generate.candidate_previous")
        assert shown_candidate(editor.active) == 0
        assert (editor.active.pixels.to_array() == layer.pixels.to_array()).all()

    tell(story, photo)


def test_a_layer_that_was_moved_is_made_again_where_it_is_now(tell: Tell, photo: Path, engine) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("edit.tool_move")
        editor.drag((70, 60), (80, 65))
        editor.do("generate.again")
        await editor.generated()
        assert (engine.seen[-1].box.x, engine.seen[-1].box.y) == (50, 35)
        assert (editor.active.placement.x, editor.active.placement.y) == (50, 35)

    tell(story, photo)


def test_the_engine_sees_only_what_lies_below_the_layer_it_makes_again(tell: Tell, photo: Path, engine) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("generate.again")
        await editor.generated()
        first, second = engine.seen
        assert (first.background == second.background).all()

    tell(story, photo)


def test_the_project_is_saved_and_opened_again_with_its_recipes(tell: Tell, photo: Path, tmp_path: Path) -> None:
    project = tmp_path / "my scene.downstage"

    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("generate.again")
        await editor.generated()
        editor.window.files.ask_target = answer(project)
        editor.do("file.save")
        await editor.files_done()
        assert not editor.window.isWindowModified()
        assert editor.window.windowTitle().startswith("my scene.downstage")
        seed = editor.active.recipe["seed"]
        editor.window.files.open(project)
        await editor.until(lambda: editor.steps == ["Open"])
        assert editor.names == ["photo", "apple"]
        assert editor.active.recipe["seed"] == seed
        assert len(editor.active.candidates) == 2

    tell(story, photo)


def test_the_document_is_exported_as_psd_and_png(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        for name in ("out.psd", "out.png"):
            editor.window.files.ask_export = answer(Export(Path(name).suffix, Encoding()))
            editor.window.files.ask_target = answer(tmp_path / name)
            editor.do("file.export")
            await editor.files_done()
        assert editor.window.isWindowModified()  # an export is not a save
        assert "out.png" in editor.window.messages.sentence

    tell(story, photo)
    assert [layer.name for layer in PSDImage.open(tmp_path / "out.psd")] == ["photo", "apple"]
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (160, 120)


def test_the_sample_opens_without_a_file_with_a_box_and_a_prompt_to_try(tell: Tell) -> None:
    async def story(editor: Editor) -> None:
        assert editor.names == ["coffee"]
        assert editor.window.desk.box is not None
        assert editor.window.generate_panel.text

    tell(story, "--sample")


def test_what_was_saved_is_what_was_shown(tell: Tell, photo: Path, tmp_path: Path) -> None:
    shown = []

    async def story(editor: Editor) -> None:
        await editor.insert()
        shown.append(render(editor.window.session.document, editor.window.session.document.rect))
        editor.window.files.ask_target = answer(tmp_path / "kept.downstage")
        editor.do("file.save_as")
        await editor.files_done()

    tell(story, photo)
    document = open_document(tmp_path / "kept.downstage")
    assert (render(document, document.rect) == shown[0]).all()
