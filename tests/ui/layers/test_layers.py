"""The layer panel in the hands of a user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QToolButton

from app.document.document import Group, find, walk
from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine
from ui.layers.model import EYE, LOCK, NAME

Tell = Callable[..., None]
ALT = Qt.KeyboardModifier.AltModifier


async def three_layers(editor: Editor) -> list[str]:
    """photo, apple, cat; returns their ids from bottom to top."""
    await editor.insert("apple", (10, 10), (60, 60))
    await editor.insert("cat", (50, 40), (110, 100))
    return [node.id for node, _, _ in walk(editor.window.session.document)]


def click(editor: Editor, id: str, column: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    tree = editor.window.layer_panel.tree
    tree.window().resize(1200, 800)
    place = tree.visualRect(tree.layer_model.index_of(id, column)).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, modifiers, place)


def shown(editor: Editor) -> list[str]:
    return [node.name for node, _, _ in walk(editor.window.session.document) if node.visible]


def test_the_eye_hides_a_layer_and_with_alt_all_the_others(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, _ = await three_layers(editor)
        click(editor, apple, EYE)
        assert shown(editor) == ["photo", "cat"]
        click(editor, apple, EYE)
        click(editor, apple, EYE, ALT)
        assert shown(editor) == ["apple"]
        click(editor, apple, EYE, ALT)
        assert shown(editor) == ["photo", "apple", "cat"]

    tell(story, photo)


def test_a_locked_layer_is_neither_moved_nor_deleted(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, _, cat = await three_layers(editor)
        click(editor, cat, LOCK)
        assert editor.active.locked
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right)
        assert editor.active.placement.x == 50
        assert "locked" in editor.window.messages.sentence
        assert not editor.window.actions_["layer.delete"].isEnabled()

    tell(story, photo)


def test_position_pixels_and_transparency_are_locked_one_by_one(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, _, cat = await three_layers(editor)
        switches = {action.objectName(): action for action in (button.defaultAction() for button in panel_switches(editor))}
        assert list(switches) == ["layer.lock_transparency", "layer.lock_pixels", "layer.lock_position", "layer.lock"]
        switches["layer.lock_position"].trigger()
        assert editor.active.locks == {"position"} and switches["layer.lock_position"].isChecked()
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right)
        assert editor.active.placement.x == 50 and "position of “cat” is locked" in editor.window.messages.sentence
        assert not editor.window.actions_["arrange.flip_across"].isEnabled() and editor.window.actions_["layer.delete"].isEnabled()
        editor.key(Qt.Key.Key_Slash)
        assert editor.active.locks == {"position", "transparency"}
        assert not editor.window.actions_["generate.again"].isEnabled()
        editor.do("layer.merge_down")
        assert editor.names == ["photo", "apple", "cat"] and "transparency of “cat” is locked" in editor.window.messages.sentence
        tree = editor.window.layer_panel.tree
        assert "transparency locked, position locked" in tree.layer_model.data(tree.layer_model.index_of(cat), Qt.ItemDataRole.AccessibleTextRole)
        click(editor, cat, LOCK)  # the padlock opens all of them
        assert not editor.active.locks and not editor.active.locked and not switches["layer.lock_position"].isChecked()
        editor.do("layer.merge_down")
        assert editor.names == ["photo", "apple"]

    tell(story, photo)


def panel_switches(editor: Editor) -> list[QToolButton]:
    locks = editor.window.layer_panel.locks
    return [button for i in range(locks.count()) if isinstance(button := locks.itemAt(i).widget(), QToolButton)]


def test_a_click_makes_a_layer_active_and_f2_renames_it_in_place(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, _ = await three_layers(editor)
        click(editor, apple, NAME)
        assert editor.window.session.active == apple
        editor.do("layer.rename")
        tree = editor.window.layer_panel.tree
        field = tree.findChild(QLineEdit, "rename")
        field.setText("Äpfel 🍎")  # QTest types ASCII only
        QTest.keyClick(field, Qt.Key.Key_Return)
        await editor.until(lambda: find(editor.window.session.document, apple).name == "Äpfel 🍎")
        editor.do("edit.undo")
        assert find(editor.window.session.document, apple).name == "apple"

    tell(story, photo)


def test_opacity_is_previewed_while_the_slider_moves_and_is_one_step(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        steps = len(editor.steps)
        slider = editor.window.layer_panel.opacity
        slider.setSliderDown(True)
        for value in (80, 60, 40):
            slider.setValue(value)
        assert editor.window.session.shown.layers[-1].opacity == 0.4
        assert editor.window.session.document.layers[-1].opacity == 1.0
        slider.setSliderDown(False)
        assert editor.active.opacity == 0.4
        assert len(editor.steps) == steps + 1
        assert editor.window.layer_panel.percent.value() == 40

    tell(story, photo)


def test_every_blend_mode_can_be_chosen_and_groups_also_pass_through(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        box = editor.window.layer_panel.blend
        modes = [box.itemData(row) for row in range(box.count()) if box.itemData(row)]
        assert len(modes) == 27
        box.setCurrentIndex(box.findData("multiply"))
        box.activated.emit(box.currentIndex())
        assert editor.active.blend == "multiply"
        editor.do("layer.group")
        assert box.currentData() == "pass through"

    tell(story, photo)


def test_layers_are_duplicated_merged_deleted_and_flattened(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        editor.do("layer.duplicate")
        assert editor.names == ["photo", "apple", "cat", "cat copy"]
        editor.do("layer.merge_down")
        assert editor.names == ["photo", "apple", "cat"]
        editor.do("layer.delete")
        assert editor.names == ["photo", "apple"]
        editor.do("layer.visible")
        editor.do("layer.flatten")
        assert editor.names == ["photo"] and "Hidden layers and groups are gone with it: 1" in editor.window.messages.sentence
        editor.window.history_panel.list.setCurrentRow(2)
        assert editor.names == ["photo", "apple", "cat"]

    tell(story, photo)


def test_several_layers_are_grouped_and_ungrouped(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        click(editor, apple, NAME)
        click(editor, cat, NAME, Qt.KeyboardModifier.ShiftModifier)
        assert editor.window.layer_panel.tree.chosen() == [apple, cat]
        editor.do("layer.group")
        group = editor.window.session.active_node
        assert isinstance(group, Group) and [child.id for child in group.children] == [apple, cat]
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right)
        assert find(editor.window.session.document, apple).placement.x == 11
        editor.do("layer.ungroup")
        assert editor.names == ["photo", "apple", "cat"]

    tell(story, photo)


def test_a_layer_is_dragged_below_another_and_into_a_group(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        model = editor.window.layer_panel.tree.layer_model
        data = model.mimeData([model.index_of(cat, column) for column in range(3)])
        model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, QModelIndex())  # between apple (row 1) and photo (row 2)
        assert editor.names == ["photo", "cat", "apple"]
        assert editor.steps[-1] == "Reorder “cat”"
        click(editor, apple, NAME)
        editor.do("layer.group")
        group = editor.window.session.active_node
        model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, model.index_of(group.id))
        assert [child.name for child in find(editor.window.session.document, group.id).children] == ["apple", "cat"]

    tell(story, photo)


def test_copies_are_dragged_below_a_layer_and_into_a_group(tell: Tell, photo: Path) -> None:
    """The keys held while dropping are told by Qt's drags only: tests/session drags with a real pointer."""

    async def story(editor: Editor) -> None:
        _, apple, cat = await three_layers(editor)
        model = editor.window.layer_panel.tree.layer_model
        data, model.copies = model.mimeData([model.index_of(id, NAME) for id in (apple, cat)]), True
        model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, QModelIndex())  # between apple (row 1) and photo (row 2)
        assert editor.names == ["photo", "apple copy", "cat copy", "apple", "cat"]
        assert editor.steps[-1] == "Duplicate 2 layers" and len(editor.window.layers.chosen()) == 2
        editor.do("edit.undo")
        click(editor, apple, NAME)
        editor.do("layer.group")
        group = editor.active
        model.dropMimeData(model.mimeData([model.index_of(group.id, NAME)]), Qt.DropAction.MoveAction, -1, -1, model.index_of(group.id))
        inside = find(editor.window.session.document, group.id).children
        assert [node.name for node in inside] == ["apple", "Group copy"] and editor.names[-1] == "cat"

    tell(story, photo)


def test_order_and_choice_follow_the_keys(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await three_layers(editor)
        editor.do("layer.lower")
        assert editor.names == ["photo", "cat", "apple"]
        editor.do("layer.raise")
        assert editor.names == ["photo", "apple", "cat"]
        editor.do("layer.select_below")
        assert editor.active.name == "apple"
        editor.do("layer.select_above")
        assert editor.active.name == "cat"

    tell(story, photo)


def test_the_context_menu_offers_the_layer_commands(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        tree = editor.window.layer_panel.tree
        tree.customContextMenuRequested.emit(QPoint(20, 20))
        await editor.until(lambda: tree.menu.isVisible())
        texts = [action.text() for action in tree.menu.actions()]
        assert "Duplicate" in texts and "Regenerate with a New Seed" in texts
        tree.menu.close()

    tell(story, photo)


def test_the_recipe_of_a_layer_fills_the_panel(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (70, 70))
        await editor.insert("cat", (50, 40), (110, 100))
        editor.window.session.active = layer.id
        editor.do("generate.recipe")
        panel = editor.window.generate_panel
        assert (panel.text, panel.seed.value(), panel.seed_lock.isChecked()) == ("apple", layer.recipe["seed"], True)
        assert (editor.window.desk.box.left, editor.window.desk.box.width) == (20, 50)

    tell(story, photo)


def test_what_happens_to_layers_during_a_drag_is_in_the_panel_at_once(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        photo_id, apple, cat = await three_layers(editor)
        tree, canvas = editor.window.layer_panel.tree, editor.window.canvas
        editor.do("edit.tool_move")
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, ALT, editor.point(80, 70))
        QTest.mouseMove(canvas, editor.point(90, 70))
        editor.do("layer.delete")
        assert tree.layer_model.ids() == [apple, photo_id]
        tree.choose([photo_id], photo_id)
        editor.do("layer.duplicate")
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, ALT, editor.point(90, 70))
        assert editor.names == ["photo", "photo copy", "apple"] and not editor.window.messages.isVisible()

    tell(story, photo)


def test_a_name_that_is_being_typed_outlives_a_layer_that_arrives(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        apple = await editor.insert("apple")
        tree = editor.window.layer_panel.tree
        engine.go.clear()
        editor.do("generate.run")
        await editor.until(lambda: editor.window.generation.running())
        tree.rename(apple.id)
        QTest.keyClicks(tree.findChild(QLineEdit, "rename"), "golden")
        engine.go.set()
        await editor.generated()
        await asyncio.sleep(0.02)
        field = tree.findChildren(QLineEdit, "rename")[-1]
        assert len(editor.names) == 3 and field.isVisible() and editor.window.focusWidget() is field
        QTest.keyClicks(field, " fruit")
        QTest.keyClick(field, Qt.Key.Key_Return)
        await editor.until(lambda: find(editor.window.session.document, apple.id).name == "golden fruit")
        assert editor.names == ["photo", "golden fruit", "apple"]

    tell(story, photo)


def test_digits_set_the_opacity_of_the_chosen_layers(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        await editor.insert("apple")
        now = 0.0
        window.digits.clock = lambda: now
        editor.key(Qt.Key.Key_4)
        assert editor.active.opacity == 0.4 and editor.steps[-1] == "Opacity 40 %"
        editor.key(Qt.Key.Key_5)
        assert editor.active.opacity == 0.45 and "Opacity 40 %" not in editor.steps  # one step
        editor.key(Qt.Key.Key_5)
        assert editor.active.opacity == 0.5 and editor.steps[-2:] == ["Opacity 45 %", "Opacity 50 %"]  # a third digit is a first one
        now = 2.0
        editor.key(Qt.Key.Key_0)
        assert editor.active.opacity == 1 and len(editor.steps) == 5
        editor.key(Qt.Key.Key_0)
        assert editor.active.opacity == 0
        now = 4.0
        editor.key(Qt.Key.Key_3)
        editor.do("edit.undo")
        editor.key(Qt.Key.Key_5)
        assert editor.active.opacity == 0.5 and editor.steps[-1] == "Opacity 50 %"  # for the undo came between
        editor.do("layer.lock")
        editor.key(Qt.Key.Key_9)
        assert editor.active.opacity == 0.5 and "locked" in window.messages.sentence

    tell(story, photo)
