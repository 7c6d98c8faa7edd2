"""Masks, clipping, locks, colours in the hands of a user: painted on the canvas, clicked in the panel, chosen in the menus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.document import Group, find, walk
from app.document.geometry import Rect
from app.document.masks import add_mask
from app.render.render import mask_array, render
from tests.ui.conftest import Editor
from tests.ui.layers.test_layers import click, three_layers
from ui.layers.model import EYE, LOCK, NAME
from ui.layers.tree import TAG_COLOURS, cells, mask_image

Tell = Callable[..., None]
CANVAS = Rect(0, 0, 160, 120)
SHIFT, CONTROL, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def mask(editor: Editor) -> np.ndarray:
    """(120, 160) int: the active layer's mask as it lies on the canvas."""
    return mask_array(editor.active, CANVAS).astype(int)


def brush(editor: Editor, size: int, hardness: int = 100, flow: int = 100) -> None:
    """Type into the options bar."""
    bar = editor.window.brush_bar
    for field, value in ((bar.size_field, size), (bar.hardness, hardness), (bar.flow, flow)):
        field.setValue(value)


def press_in_row(editor: Editor, id: str, part: str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Click on a part of a layer's row: "picture", "link", "mask" or "words"."""
    tree = editor.window.layer_panel.tree
    tree.window().resize(1200, 800)
    at = cells(tree.visualRect(tree.layer_model.index_of(id, NAME)), find(editor.window.session.document, id))
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, modifiers, getattr(at, part).center())


def test_the_eraser_hides_a_part_and_the_brush_brings_it_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (120, 110))
        editor.key(Qt.Key.Key_E)
        assert editor.window.desk.tool == "eraser" and editor.window.actions_["edit.tool_eraser"].isChecked()
        brush(editor, 30)
        editor.drag((50, 60), (90, 60))
        assert editor.steps[-1] == "Erase on the Mask"
        assert mask(editor)[60, 45:95].max() == 0 and mask(editor)[90, 70] == 255
        assert render(editor.window.session.document, CANVAS)[60, 70].tolist() == [70, 120, 185, 255]  # the photo again
        editor.key(Qt.Key.Key_X)
        assert editor.window.desk.tool == "brush"
        editor.drag((50, 60), (60, 60))
        assert mask(editor)[60, 55] == 255 and mask(editor)[60, 90] == 0
        editor.do("edit.undo")
        editor.do("edit.undo")
        assert editor.active.mask is None

    tell(story, photo)


def test_the_keys_change_the_brush_and_it_is_remembered(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.key(Qt.Key.Key_E)
        brush(editor, 40, hardness=50)
        editor.key(Qt.Key.Key_BracketRight)
        assert editor.window.desk.brush.size == 46 and editor.window.brush_bar.size_field.value() == 46
        editor.key(Qt.Key.Key_BracketLeft)
        assert editor.window.desk.brush.size == 40
        editor.do("edit.brush_harder")
        assert editor.window.desk.brush.hardness == 0.75

    async def later(editor: Editor) -> None:
        assert (editor.window.desk.brush.size, editor.window.desk.brush.hardness) == (40, 0.75)

    tell(story, photo)
    tell(later, photo)


def test_a_soft_brush_with_little_flow_hides_softly(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (140, 110))
        editor.key(Qt.Key.Key_E)
        brush(editor, 60, hardness=0, flow=50)
        editor.drag((80, 60), (80, 60))
        row = mask(editor)[60]
        assert 115 <= row[80] <= 135
        assert (np.diff(row[80:112]) >= 0).all() and row[80] < row[95] < 255

    tell(story, photo)


def test_a_pen_that_presses_lightly_paints_a_smaller_dab(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (140, 110))
        editor.key(Qt.Key.Key_E)
        brush(editor, 60)
        canvas, at = editor.window.canvas, QPointF(editor.point(80, 60))
        kinds = QEvent.Type
        for kind, pressure, buttons in ((kinds.TabletPress, 0.5, Qt.MouseButton.LeftButton), (kinds.TabletRelease, 0.0, Qt.MouseButton.NoButton)):
            pen = QPointingDevice.primaryPointingDevice()
            plain = Qt.KeyboardModifier.NoModifier
            place = at, canvas.mapToGlobal(at)
            QApplication.sendEvent(canvas, QTabletEvent(kind, pen, *place, pressure, 0, 0, 0, 0, 0, plain, Qt.MouseButton.LeftButton, buttons))
            act = QTest.mousePress if kind == kinds.TabletPress else QTest.mouseRelease
            act(canvas, Qt.MouseButton.LeftButton, plain, at.toPoint())
        assert (mask(editor) == 0).sum() == pytest.approx(np.pi * 15**2, rel=0.15)
        editor.drag((80, 60), (80, 60))  # the mouse presses with all its weight again
        assert (mask(editor) == 0).sum() == pytest.approx(np.pi * 30**2, rel=0.15)

    tell(story, photo)


def test_esc_gives_up_a_stroke(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (140, 110))
        steps = editor.steps
        editor.key(Qt.Key.Key_E)
        QTest.mousePress(editor.window.canvas, Qt.MouseButton.LeftButton, pos=editor.point(60, 60))
        QTest.mouseMove(editor.window.canvas, editor.point(90, 70))
        assert editor.window.session.shown.layers[-1].mask is not None
        editor.key(Qt.Key.Key_Escape)
        QTest.mouseRelease(editor.window.canvas, Qt.MouseButton.LeftButton, pos=editor.point(90, 70))
        assert editor.active.mask is None and editor.steps == steps

    tell(story, photo)


def test_the_thumbnail_of_a_mask_follows_the_brush(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (140, 110))
        editor.do("layer.mask_add")
        tree = editor.window.layer_panel.tree
        tree.window().resize(1200, 800)
        at = cells(tree.visualRect(tree.layer_model.index_of(editor.active.id, NAME)), editor.active).mask.center()
        before = tree.viewport().grab().toImage().pixelColor(at).lightness()
        editor.key(Qt.Key.Key_E)
        brush(editor, 60)
        editor.drag((80, 65), (82, 65))
        assert mask_image(editor.active.mask, 36).pixelColor(20, 15).lightness() == 0
        assert before > 250 and tree.viewport().grab().toImage().pixelColor(at).lightness() < 5

    tell(story, photo)


def test_a_mask_comes_from_the_box_is_inverted_switched_off_applied_and_deleted(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, _ = await three_layers(editor)
        editor.window.session.active = apple
        editor.do("edit.tool_box")
        editor.drag((20, 20), (70, 70))
        editor.do("layer.mask_box")
        shown = mask(editor)
        assert shown[40, 40] == 255 and shown[15, 15] == 0
        editor.do("layer.mask_invert")
        assert mask(editor)[40, 40] == 0 and mask(editor)[15, 15] == 255
        editor.do("layer.mask_switch")
        assert not editor.active.mask.enabled
        editor.do("layer.mask_switch")
        editor.do("layer.mask_apply")
        assert editor.active.mask is None and editor.active.pixels.to_array()[40, 30, 3] == 0
        assert len(editor.active.candidates) == 2  # what the engine made is still there
        assert not editor.window.actions_["layer.mask_delete"].isEnabled()
        editor.do("layer.mask_hide")
        assert mask(editor).max() == 0
        editor.do("layer.mask_delete")
        assert editor.active.mask is None

    tell(story, photo)


def test_alpha_becomes_a_mask_without_a_change_of_looks(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (100, 100))
        before = render(editor.window.session.document, CANVAS)
        editor.do("layer.mask_alpha")
        assert (render(editor.window.session.document, CANVAS) == before).all()
        assert editor.active.mask is not None and (editor.active.pixels.to_array()[..., 3] == 255).all()

    tell(story, photo)


def test_clicks_in_the_panel_unlink_a_mask_and_switch_it_off(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (100, 100))
        editor.do("layer.mask_box")
        press_in_row(editor, layer.id, "link")
        assert not editor.active.mask.linked and editor.steps[-1] == "Unlink the mask of “apple”"
        was = mask(editor)
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right, SHIFT)
        assert editor.active.placement.x == 30 and (mask(editor) == was).all()
        press_in_row(editor, layer.id, "link")
        editor.key(Qt.Key.Key_Right, SHIFT)
        assert (mask(editor)[:, 10:] == was[:, :-10]).all()
        press_in_row(editor, layer.id, "mask", SHIFT)
        assert not editor.active.mask.enabled
        press_in_row(editor, layer.id, "mask", SHIFT)
        assert editor.active.mask.enabled

    tell(story, photo)


def test_alt_click_shows_the_mask_alone_and_painting_goes_on_in_it(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (100, 100))
        editor.do("edit.tool_box")
        editor.do("edit.cancel")
        editor.drag((40, 40), (80, 80))
        editor.do("layer.mask_box")
        picture = seen(editor, 60, 70)
        press_in_row(editor, layer.id, "mask", ALT)
        assert seen(editor, 60, 60) == "#ffffff" and seen(editor, 25, 60) == "#000000" and seen(editor, 150, 110) == "#000000"
        assert editor.window.actions_["layer.mask_alone"].isChecked()
        editor.key(Qt.Key.Key_E)
        brush(editor, 10)
        editor.drag((50, 60), (70, 60))
        assert seen(editor, 60, 60) == "#000000" and seen(editor, 60, 70) == "#ffffff"
        press_in_row(editor, layer.id, "mask", ALT)
        assert seen(editor, 60, 70) == picture
        press_in_row(editor, layer.id, "mask", ALT)
        click(editor, editor.window.session.document.layers[0].id, NAME)  # another layer: the picture again
        assert seen(editor, 60, 70) == picture and not editor.window.actions_["layer.mask_alone"].isChecked()

    tell(story, photo)


def test_the_mask_is_seen_in_red_over_the_picture_and_never_saved(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (100, 100))
        editor.do("edit.tool_box")
        editor.do("edit.cancel")
        editor.drag((40, 40), (80, 80))
        editor.do("layer.mask_box")
        document = editor.window.session.document
        hidden, shown, outside = ((30, 60), (60, 60), (140, 60))
        before = [seen(editor, *place) for place in (hidden, shown, outside)]
        editor.key(Qt.Key.Key_Backslash)
        after = [seen(editor, *place) for place in (hidden, shown, outside)]
        red = [round(int(before[0][1 + 2 * i : 3 + 2 * i], 16) * 0.5 + (128, 0, 0)[i]) for i in range(3)]
        assert all(abs(int(after[0][1 + 2 * i : 3 + 2 * i], 16) - red[i]) <= 1 for i in range(3))
        assert after[1:] == before[1:] and editor.window.session.document is document
        editor.key(Qt.Key.Key_Backslash)
        assert [seen(editor, *place) for place in (hidden, shown, outside)] == before

    tell(story, photo)


def seen(editor: Editor, x: int, y: int) -> str:
    """The colour that the canvas shows in the middle of a pixel of the picture."""
    editor.window.messages.hide()
    return editor.window.canvas.grab().toImage().pixelColor(editor.point(x + 0.5, y + 0.5)).name()


def test_a_group_is_masked_and_painted_as_a_whole(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        click(editor, apple, NAME)
        click(editor, cat, NAME, SHIFT)
        editor.do("layer.group")
        editor.key(Qt.Key.Key_E)
        brush(editor, 40)
        editor.drag((35, 35), (85, 75))
        picture = render(editor.window.session.document, CANVAS)
        assert isinstance(editor.active, Group) and editor.active.mask is not None
        assert picture[35, 35].tolist() == [35, 70, 220, 255] and picture[75, 85].tolist() == [85, 150, 170, 255]
        box = editor.window.layer_panel.blend
        box.setCurrentIndex(box.findData("normal"))  # from pass through to apart
        box.activated.emit(box.currentIndex())
        assert editor.active.blend == "normal"
        assert (render(editor.window.session.document, CANVAS) == picture).all()

    tell(story, photo)


def test_what_cannot_be_painted_is_said_in_a_sentence(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (100, 100))
        editor.key(Qt.Key.Key_B)
        editor.drag((50, 50), (60, 60))
        assert "has no mask" in editor.window.messages.sentence and editor.active.mask is None
        click(editor, layer.id, LOCK)
        editor.key(Qt.Key.Key_E)
        editor.drag((50, 50), (60, 60))
        assert "locked" in editor.window.messages.sentence and editor.active.mask is None

    tell(story, photo)


def test_a_layer_clips_to_the_one_below(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        photo_id, _, cat = await three_layers(editor)
        editor.key(Qt.Key.Key_G, CONTROL | Qt.KeyboardModifier.AltModifier)
        assert editor.active.clipping and editor.active.id == cat
        picture = render(editor.window.session.document, CANVAS)
        assert picture[90, 90].tolist() == [90, 180, 165, 255]  # of the cat nothing shows beside the apple
        assert picture[50, 53].tolist() != [53, 100, 202, 255]
        tree = editor.window.layer_panel.tree
        assert "clipped" in tree.layer_model.data(tree.layer_model.index_of(cat, NAME), Qt.ItemDataRole.AccessibleTextRole)
        editor.do("layer.clip")
        assert not editor.active.clipping
        editor.window.session.active = photo_id
        assert not editor.window.actions_["layer.clip"].isEnabled()

    tell(story, photo)


def test_what_a_locked_group_holds_is_locked_too(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, _ = await three_layers(editor)
        click(editor, apple, NAME)
        editor.do("layer.group")
        click(editor, editor.active.id, LOCK)
        click(editor, apple, NAME)
        assert not editor.window.actions_["layer.delete"].isEnabled()
        editor.window.layer_panel.percent.setValue(30)
        assert editor.active.opacity == 1 and "locked" in editor.window.messages.sentence
        assert editor.window.layer_panel.percent.value() == 100
        editor.do("layer.mask_add")
        assert editor.active.mask is None
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right)
        assert editor.active.placement.x == 10
        editor.drag((35, 35), (60, 60))
        assert editor.active.placement.x == 10 and "“apple” is locked" in editor.window.messages.sentence

    tell(story, photo)


def test_colour_tags_mark_rows_and_are_chosen_for_several_layers(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        click(editor, apple, NAME)
        click(editor, cat, NAME, CONTROL)
        editor.do("layer.tag_green")
        assert [node.color_tag for node, _, _ in walk(editor.window.session.document)] == ["", "green", "green"]
        tree = editor.window.layer_panel.tree
        row = tree.visualRect(tree.layer_model.index_of(cat, EYE))
        assert tree.viewport().grab().toImage().pixelColor(row.left() + 1, row.center().y()).name() == TAG_COLOURS["green"]
        assert "tag: Green" in tree.layer_model.data(tree.layer_model.index_of(cat, NAME), Qt.ItemDataRole.AccessibleTextRole)
        editor.do("layer.tag_none")
        assert editor.active.color_tag == ""

    tell(story, photo)


def test_several_layers_are_moved_up_and_merged_together(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        editor.do("layer.duplicate")
        click(editor, apple, NAME)
        click(editor, cat, NAME, CONTROL)
        editor.do("layer.raise")
        assert editor.names == ["photo", "cat copy", "apple", "cat"]
        editor.window.layers.toggle_visible(editor.window.session.document.layers[1].id)  # it would stand in for the cat
        before = render(editor.window.session.document, CANVAS)
        editor.do("layer.merge_down")
        assert editor.names == ["photo", "cat copy", "apple"] and editor.steps[-1] == "Merge 2 layers"
        assert abs(render(editor.window.session.document, CANVAS).astype(int) - before).max() <= 1
        editor.do("layer.group")
        editor.do("layer.merge_down")
        assert editor.names == ["photo", "cat copy", "Group"] and not isinstance(editor.active, Group)

    tell(story, photo)


def test_the_menu_of_a_layer_has_submenus_for_mask_and_colour(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.session.commit("mask", add_mask(editor.window.session.document, editor.active.id))
        menus = {menu.title(): [a.text() for a in menu.actions()] for menu in editor.window.layer_panel.tree.menu.children() if hasattr(menu, "title")}
        assert "Invert the Mask" in menus["Mask"] and "Violet" in menus["Colour Tag"]
        assert editor.window.actions_["layer.mask_invert"].isEnabled()

    tell(story, photo)


def test_digits_set_the_flow_while_one_paints(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        steps = editor.steps
        editor.key(Qt.Key.Key_B)
        editor.window.digits.clock = lambda: 0.0
        editor.key(Qt.Key.Key_3)
        assert editor.window.desk.brush.flow == 0.3 and editor.window.brush_bar.flow.value() == 30
        editor.key(Qt.Key.Key_5)
        assert editor.window.desk.brush.flow == 0.35
        assert editor.steps == steps and editor.active.opacity == 1
        editor.window.digits.clock = lambda: 2.0
        editor.key(Qt.Key.Key_0)
        editor.key(Qt.Key.Key_0)
        assert editor.window.desk.brush.flow == 0.01  # the least

    tell(story, photo)
