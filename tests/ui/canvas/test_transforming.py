"""Transform, crop, canvas size, align and distribute, as an artist does it in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.document import find, seen_bounds
from app.document.geometry import Placement, Rect
from app.formats import open_document
from app.render.render import render
from tests.ui.canvas.test_canvas import place, scene
from tests.ui.conftest import Editor, answer
from ui.canvas.size_dialogs import CanvasSizeDialog
from ui.layers.model import NAME

__all__ = ["scene"]
Tell = Callable[..., None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def box(editor: Editor, name: str) -> Rect:
    return seen_bounds(next(layer for layer in editor.window.session.document.layers if layer.name == name))


def take(editor: Editor, *names: str) -> None:
    """Click on layers in the panel, with Ctrl from the second on."""
    tree = editor.window.layer_panel.tree
    ids = [layer.id for layer in editor.window.session.document.layers if layer.name in names]
    for number, id in enumerate(ids):
        where = tree.visualRect(tree.layer_model.index_of(id, NAME)).center()
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, CTRL if number else Qt.KeyboardModifier.NoModifier, where)
    assert editor.window.layers.chosen() == ids and editor.window.session.active == ids[-1]


def type_into(editor: Editor, field: str, number: str) -> None:
    """Over what stands in a field of the transform's options, then Enter."""
    box = editor.window.transform_bar.fields[field]
    box.selectAll()
    QTest.keyClicks(box, number)
    QTest.keyClick(box, Qt.Key.Key_Return)


def test_ctrl_t_scales_turns_and_enter_ends_it(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "two")
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_T, CTRL)
        assert editor.window.options.pages.currentWidget() is editor.window.transform_bar
        editor.drag((120, 90), (150, 110))
        assert box(editor, "two") == Rect(90, 70, 150, 110)
        editor.drag((175, 90), (120, 35))  # from the right of its middle to above it
        assert editor.active.placement.rotation == -90 and box(editor, "two") == Rect(100, 60, 140, 120)
        editor.key(Qt.Key.Key_Return)
        assert editor.window.desk.tool == "move" and editor.steps[-2:] == ["Scale", "Rotate"]

    tell(story, scene)


def test_escape_takes_the_whole_transform_back_and_redo_brings_it_again(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "two")
        editor.key(Qt.Key.Key_T, CTRL)
        editor.drag((120, 90), (150, 110))
        editor.drag((105, 80), (95, 70), SHIFT)
        editor.key(Qt.Key.Key_Escape)
        assert place(editor, "two") == (90, 70) and editor.active.placement == Placement(90, 70)
        assert not editor.window.actions_["edit.undo"].isEnabled()
        editor.do("edit.redo")
        assert box(editor, "two") == Rect(90, 70, 150, 110)

    tell(story, scene)


def test_numbers_scale_to_one_pixel_and_back_to_the_very_same_picture(tell: Tell, scene: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        before = render(window.session.document, window.session.document.rect)
        take(editor, "two")
        editor.do("edit.tool_transform")
        window.transform_bar.chain.setChecked(True)
        type_into(editor, "width", "1.5")
        assert window.transform_bar.fields["height"].value() == 1
        window.transform_bar.chain.setChecked(False)
        type_into(editor, "rotation", "33")
        type_into(editor, "skew", "20")
        window.files.ask_target = answer(tmp_path / "kept.downstage")
        editor.do("file.save_as")
        await editor.files_done()
        layer = open_document(tmp_path / "kept.downstage").layers[-1]
        assert (layer.placement.rotation, layer.placement.skew) == (33, 20)
        for field, number in (("skew", "0"), ("rotation", "0"), ("width", "30"), ("height", "20")):
            type_into(editor, field, number)
        assert np.array_equal(render(window.session.document, window.session.document.rect), before)

    tell(story, scene)


def test_the_pivot_is_picked_and_flips_go_about_it(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "two")
        editor.do("edit.tool_transform")
        bar = editor.window.transform_bar
        QTest.mouseClick(bar.pivot, Qt.MouseButton.LeftButton, pos=bar.pivot.rect().topLeft() + bar.pivot.rect().center() / 4)
        assert (bar.fields["x"].value(), bar.fields["y"].value()) == (90, 70)
        QTest.keyClick(bar.pivot, Qt.Key.Key_Right)
        assert bar.fields["x"].value() == 105
        QTest.keyClick(bar.pivot, Qt.Key.Key_Left)
        editor.do("arrange.flip_across")
        assert box(editor, "two") == Rect(60, 70, 90, 90) and editor.active.placement.scale_x == -1

    tell(story, scene)


def test_several_layers_scale_together(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "one", "two")
        editor.do("edit.tool_transform")
        editor.drag((120, 90), (70, 48))
        assert box(editor, "one") == Rect(20, 20, 35, 28) and box(editor, "two") == Rect(55, 40, 70, 48)
        editor.do("edit.undo")
        assert box(editor, "one") == Rect(20, 20, 50, 40)

    tell(story, scene)


def test_a_locked_layer_says_that_it_is_locked(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "ground")
        editor.do("edit.tool_transform")
        editor.drag((30, 30), (60, 60))
        assert "locked" in editor.window.messages.sentence and not editor.window.session.modified

    tell(story, scene)


def test_layers_are_aligned_and_distributed(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        take(editor, "one", "two")
        editor.do("arrange.align_bottom")
        assert box(editor, "one").bottom == box(editor, "two").bottom == 90
        take(editor, "one")
        editor.do("arrange.align_centre")
        assert box(editor, "one") == Rect(65, 70, 95, 90)
        editor.do("layer.duplicate")
        editor.drag((80, 80), (20, 80))
        assert not editor.window.actions_["arrange.distribute_across"].isEnabled()
        take(editor, "one", "two", "one copy")
        editor.do("arrange.distribute_across")
        lefts = sorted(box(editor, name).left for name in ("one", "two", "one copy"))
        assert abs((lefts[1] - lefts[0]) - (lefts[2] - lefts[1])) <= 1

    tell(story, scene)


def test_crop_keeps_what_lies_outside_and_can_be_given_up(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_C)
        editor.drag((60, 40), (130, 100))
        assert window.session.document.width == 160
        editor.key(Qt.Key.Key_Escape)
        assert window.desk.overlay().crop == Rect(0, 0, 160, 120)
        editor.drag((60, 40), (130, 100))
        editor.key(Qt.Key.Key_Return)
        document = window.session.document
        assert (document.width, document.height, window.desk.tool) == (70, 60, "move")
        assert box(editor, "two") == Rect(30, 30, 60, 50) and box(editor, "one") == Rect(-40, -20, -10, 0)
        editor.do("image.reveal")
        assert (window.session.document.width, box(editor, "one").left) == (160, 20)
        editor.do("edit.undo")
        editor.do("edit.undo")
        assert window.session.document.rect == Rect(0, 0, 160, 120) and box(editor, "one") == Rect(20, 20, 50, 40)

    tell(story, scene)


def test_the_canvas_grows_at_the_side_that_is_chosen(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("image.size")
        dialog = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, CanvasSizeDialog))
        dialog.width_field.setValue(200)
        dialog.relative.setChecked(True)
        assert (dialog.width_field.value(), dialog.height_field.value()) == (40, 0)
        dialog.anchors.button(5).click()  # the right side stays
        dialog.accept()
        assert editor.window.session.document.rect == Rect(0, 0, 200, 120) and place(editor, "one") == (60, 20)
        assert find(editor.window.session.document, editor.window.session.active) is not None and editor.steps[-1] == "Canvas 200 × 120"

    tell(story, scene)
