"""Clumsy and impatient hands: what is begun and not ended as usual leaves nothing half done and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.document import walk
from tests.ui.conftest import Editor
from ui.layers.model import NAME
from ui.layers.tree import cells

Tell = Callable[..., None]
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
CTRL = Qt.KeyboardModifier.ControlModifier


def hold(editor: Editor, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at `start` and drag to `end`, in canvas pixels, without letting go."""
    canvas = editor.window.canvas
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, editor.point(*start))
    drag_on(editor, end)


def drag_on(editor: Editor, end: tuple[float, float], buttons: Qt.MouseButton = LEFT) -> None:
    """The pointer is moved with these buttons down."""
    canvas, at = editor.window.canvas, QPointF(editor.point(*end))
    event = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), NONE, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, event)


def let_go(editor: Editor, end: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
    QTest.mouseRelease(editor.window.canvas, button, Qt.KeyboardModifier.NoModifier, editor.point(*end))


def test_undo_in_the_middle_of_a_drag_gives_up_the_drag_and_no_step_is_lost(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        for tool in ("eraser", "move", "transform"):
            editor.do(f"edit.tool_{tool}")
            steps, before = editor.steps, editor.window.session.document
            hold(editor, (60, 50), (80, 60))
            assert editor.window.session.shown is not before
            editor.key(Qt.Key.Key_Z, CTRL)
            assert editor.window.session.shown is before
            drag_on(editor, (90, 70))
            let_go(editor, (90, 70))
            assert editor.window.session.shown is before and editor.steps == steps
        editor.do("edit.tool_move")
        QTest.keyPress(editor.window.canvas, Qt.Key.Key_Right)  # and while an arrow key is down
        editor.key(Qt.Key.Key_Z, CTRL)
        QTest.keyRelease(editor.window.canvas, Qt.Key.Key_Right)
        assert editor.window.session.shown is before and editor.steps == steps
        editor.key(Qt.Key.Key_Z, CTRL)
        assert editor.names == ["photo"]

    tell(story, photo)


def test_panning_in_the_middle_of_a_drag_does_not_keep_it_from_ending(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        editor.do("edit.tool_move")
        hold(editor, (60, 50), (70, 60))
        QTest.mousePress(editor.window.canvas, MIDDLE, Qt.KeyboardModifier.NoModifier, editor.point(70, 60))
        let_go(editor, (70, 60))
        assert editor.steps[-1] == "Move" and not editor.window.desk.gesture
        let_go(editor, (70, 60), MIDDLE)
        view = editor.window.canvas.view
        drag_on(editor, (30, 30), NONE)
        assert editor.window.canvas.view == view

    tell(story, photo)


def test_a_drag_whose_end_went_to_a_dialog_ends_where_the_pointer_comes_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple")
        editor.do("edit.tool_move")
        hold(editor, (60, 50), (70, 60))
        drag_on(editor, (80, 60), NONE)  # the button came up elsewhere
        assert editor.steps[-1] == "Move" and not editor.window.desk.gesture
        assert editor.active.placement.x == layer.placement.x + 20

    tell(story, photo)


def test_a_right_click_in_the_middle_of_a_drag_opens_no_menu(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        await editor.insert("apple")
        editor.do("edit.tool_move")

        def right_click() -> None:
            at = editor.point(70, 60)
            QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.mapToGlobal(at)))

        hold(editor, (60, 50), (70, 60))
        right_click()
        assert not editor.window.canvas_menu.menu.isVisible()
        let_go(editor, (70, 60))
        right_click()
        assert editor.window.canvas_menu.menu.isVisible()
        editor.window.canvas_menu.menu.close()

    tell(story, photo)


def test_a_group_chosen_together_with_what_it_holds_stays_whole(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        first = await editor.insert("apple")
        second = await editor.insert("cat", (90, 60), (140, 110))
        tree, layers = editor.window.layer_panel.tree, editor.window.layers
        tree.choose([first.id, second.id], second.id)
        editor.do("layer.group")
        group = editor.active
        tree.choose([group.id, first.id], group.id)
        layers.drop([first.id, group.id], None, 0)  # to the bottom
        assert editor.names == ["Group", "apple", "cat", "photo"]
        layers.duplicate()
        assert editor.names == ["Group", "apple", "cat", "Group copy", "apple", "cat", "photo"]

    tell(story, photo)


def test_all_chosen_groups_are_ungrouped_and_what_they_held_is_chosen(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        tree, groups = editor.window.layer_panel.tree, []
        layers = [await editor.insert("apple"), await editor.insert("cat", (90, 60), (140, 110))]
        for layer in layers:
            tree.choose([layer.id], layer.id)
            editor.window.session.active = layer.id
            editor.do("layer.group")
            groups.append(editor.active.id)
        tree.choose(groups, groups[1])
        editor.do("layer.ungroup")
        assert editor.names == ["photo", "apple", "cat"]
        assert layers_chosen(editor) == ["apple", "cat"]

    tell(story, photo)


def layers_chosen(editor: Editor) -> list[str]:
    """Names of what is selected in the panel, bottom to top."""
    ids = editor.window.layers.chosen()
    return [node.name for node, _, _ in walk(editor.window.session.document) if node.id in ids]


def test_enter_and_esc_leave_a_number_field_and_the_next_key_is_a_tools(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        percent, canvas = editor.window.layer_panel.percent, editor.window.canvas
        editor.window.activateWindow()
        await editor.until(editor.window.isActiveWindow)
        for key, shown in ((Qt.Key.Key_Return, 45), (Qt.Key.Key_Escape, 45)):
            percent.setFocus()
            percent.selectAll()
            QTest.keyClicks(percent, "45" if key == Qt.Key.Key_Return else "7")
            QTest.keyClick(percent, key)
            assert canvas.hasFocus() and percent.text() == f"{shown} %"
        assert editor.active.opacity == 0.45 and editor.steps == ["Open", "Opacity 45 %"]

    tell(story, photo)


def test_a_number_typed_without_enter_counts_when_a_layer_is_asked_for(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        panel = editor.window.generate_panel
        await editor.insert("apple")
        for action, count in (("generate.run", 3), ("generate.again", 2)):
            panel._candidates.setFocus()
            panel._candidates.selectAll()
            QTest.keyClicks(panel._candidates, str(count))
            editor.do(action)
            await editor.generated()
            assert editor.engine.seen[-1].count == count

    tell(story, photo)


def test_a_thumbnail_stays_inside_its_frame(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (10, 10), (90, 70))  # 36 × 27 in the thumbnail
        tree = editor.window.layer_panel.tree
        row = tree.visualRect(tree.layer_model.index_of(editor.active.id, NAME))
        picture = cells(row, editor.active).picture
        image = tree.viewport().grab().toImage()
        column = [image.pixelColor(picture.center().x(), y).name() for y in range(picture.top() - 1, picture.bottom() + 2)]
        ground = image.pixelColor(row.right() - 40, row.center().y()).name()
        edge = editor.window.icons.theme.edge
        first, last = column.index(edge), len(column) - column[::-1].index(edge)
        assert set(column[:first] + column[last:]) <= {ground}

    tell(story, photo)


def test_after_a_click_in_the_layer_panel_a_tools_key_gives_the_arrows_to_the_picture(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple")
        tree = editor.window.layer_panel.tree
        editor.window.activateWindow()
        await editor.until(editor.window.isActiveWindow)
        QTest.mouseClick(tree.viewport(), LEFT, pos=tree.visualRect(tree.layer_model.index_of(layer.id, NAME)).center())
        assert tree.hasFocus()
        for key in (Qt.Key.Key_V, Qt.Key.Key_Right):
            QTest.keyClick(QApplication.focusWidget(), key)
        assert editor.active.placement.x == layer.placement.x + 1

    tell(story, photo)


def test_a_pen_turned_over_erases_under_the_brush_and_the_mouse_paints_again(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        await editor.insert("apple", (20, 20), (140, 110))
        editor.do("layer.mask_add")
        editor.do("edit.tool_brush")
        kind, ends = QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType
        pen = QPointingDevice("pen", 7, kind, ends.Eraser, QInputDevice.Capability.Pressure, 1, 1)
        at, plain = QPointF(editor.point(80, 60)), Qt.KeyboardModifier.NoModifier
        press = QTabletEvent(QEvent.Type.TabletPress, pen, at, canvas.mapToGlobal(at), 1.0, 0, 0, 0, 0, 0, plain, LEFT, LEFT)
        QApplication.sendEvent(canvas, press)
        QTest.mouseClick(canvas, LEFT, plain, at.toPoint())
        assert editor.steps[-1] == "Erase on the Mask"
        editor.drag((80, 60), (80, 60))
        assert editor.steps[-1] == "Paint on the Mask"

    tell(story, photo)


def test_why_something_cannot_be_done_is_said_for_a_while_and_goes_by_itself(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        messages = editor.window.messages
        messages._clock.setInterval(20)
        editor.do("generate.run")
        assert messages.sentence == "There is no box yet."
        await editor.until(lambda: not messages.sentence)
        messages.say("The disk is full.", kind="error")
        await asyncio.sleep(0.1)
        assert messages.sentence == "The disk is full."

    tell(story, photo)


def test_a_press_beside_the_handle_of_the_opacity_takes_it_there_and_the_drag_is_one_step(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        slider = editor.window.layer_panel.opacity
        quarter, middle = QPoint(slider.width() // 4, slider.height() // 2), slider.rect().center()
        QTest.mousePress(slider, LEFT, pos=quarter)
        assert editor.window.session.shown.layers[0].opacity == pytest.approx(0.25, abs=0.05)
        QTest.mouseMove(slider, middle)
        QTest.mouseRelease(slider, LEFT, pos=middle)
        assert editor.active.opacity == pytest.approx(0.5, abs=0.02)
        assert len(editor.steps) == 2 and editor.steps[-1].startswith("Opacity")

    tell(story, photo)


def test_a_layer_that_undo_brings_back_is_the_active_one_again(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        first, second = await editor.insert("apple"), await editor.insert("cat", (90, 60), (140, 110))
        editor.window.layers.choose(first.id)
        editor.do("layer.delete")
        assert editor.active.name != "apple"
        editor.do("edit.undo")
        assert editor.active.name == "apple"
        editor.do("edit.undo")
        editor.do("edit.redo")
        assert editor.active.id == second.id

    tell(story, photo)
