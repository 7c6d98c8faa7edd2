"""Files in and out of the window, its dialogs, menus, themes and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMessageBox, QWidget

from app.formats import save_document
from tests.ui.conftest import Editor, answer
from ui.commands.actions import ACTIONS
from ui.commands.keys_dialog import KeysDialog
from ui.generate.generation import depth_words
from ui.widgets.dialogs import ThingsDialog

Tell = Callable[..., None]


def dialog(editor: Editor, kind: type[QDialog]) -> QDialog | None:
    return next((found for found in editor.window.findChildren(kind) if found.isVisible()), None)


def button(box: QMessageBox, which: QMessageBox.StandardButton) -> QWidget:
    return box.button(which)


def test_a_picture_dropped_on_the_canvas_is_opened(tell: Tell, photo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.webp"
    Image.fromarray(np.full((50, 70, 3), 90, np.uint8)).save(other)

    async def story(editor: Editor) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(other))])
        buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        editor.window.canvas.dropEvent(QDropEvent(QPointF(40, 40), Qt.DropAction.CopyAction, data, buttons, modifiers))
        menu = editor.window.clipboard.menu  # a layer or the next document?
        menu.actions()[1].trigger()
        menu.close()
        await editor.until(lambda: editor.names == ["other"])
        assert (editor.window.session.document.width, editor.window.session.document.height) == (70, 50)

    tell(story, photo)


def test_a_picture_is_placed_as_a_layer_in_the_middle(tell: Tell, photo: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.fromarray(np.full((20, 40, 4), 90, np.uint8)).save(small)

    async def story(editor: Editor) -> None:
        editor.window.files.ask_open = answer(small)
        editor.do("file.place")
        await editor.until(lambda: editor.names == ["photo", "small"])
        assert (editor.active.placement.x, editor.active.placement.y) == (60, 50)

    tell(story, photo)


def test_a_file_that_cannot_be_read_is_a_sentence_and_the_document_stays(tell: Tell, photo: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture at all")

    async def story(editor: Editor) -> None:
        editor.window.files.open(broken)
        await editor.files_done()
        assert "broken.png" in editor.window.messages.sentence
        assert editor.names == ["photo"]

    tell(story, photo)


def test_a_missing_file_on_the_command_line_is_told_in_the_window(tell: Tell, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        assert "nowhere.png" in editor.window.messages.sentence
        assert editor.names == ["coffee"]

    tell(story, tmp_path / "nowhere.png")


def test_closing_asks_what_to_do_with_changes_and_cancel_stays(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.window.close()
        await editor.until(lambda: dialog(editor, QMessageBox))
        box = dialog(editor, QMessageBox)
        assert "photo.png" in box.text()
        button(box, QMessageBox.StandardButton.Cancel).click()
        await editor.until(lambda: not dialog(editor, QMessageBox))
        assert editor.window.isVisible()
        assert editor.window.isWindowModified()

    tell(story, photo)


def test_save_asks_for_a_project_file_when_the_picture_has_become_layers(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("file.save")
        await editor.until(lambda: dialog(editor, QFileDialog))
        box = dialog(editor, QFileDialog)
        assert Path(box.selectedFiles()[0]).name == "photo.downstage"
        box.findChild(QLineEdit, "fileNameEdit").setText(str(tmp_path / "kept.downstage"))
        box.accept()
        await editor.until(lambda: (tmp_path / "kept.downstage").exists() and editor.window.files.idle)
        assert not editor.window.isWindowModified()
        editor.do("layer.duplicate")
        editor.do("file.save")  # now it knows where
        await editor.files_done()
        assert not editor.window.isWindowModified()

    tell(story, photo)


def test_opened_and_saved_files_are_listed_as_recent(tell: Tell, photo: Path) -> None:
    async def first(editor: Editor) -> None:
        await editor.until(lambda: True)

    async def second(editor: Editor) -> None:
        assert [action.text() for action in editor.window.file_menu.recent.actions()] == ["photo.png"]
        editor.window.file_menu.recent.actions()[0].trigger()
        await editor.until(lambda: editor.names == ["photo"])

    tell(first, photo)
    tell(second)


def test_a_project_with_broken_parts_says_what_was_changed(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        path = tmp_path / "small.psd"
        save_document(editor.window.session.document, path)
        editor.window.files.open(path)
        await editor.files_done()
        assert editor.names == ["photo"]

    tell(story, photo)


def test_the_palette_finds_a_command_by_some_letters(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("help.commands")
        palette = editor.window.command_palette
        QTest.keyClicks(palette.field, "dupl")
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        assert editor.names == ["photo", "photo copy"]
        assert not palette.isVisible()

    tell(story, photo)


def test_the_key_list_and_the_things_list_can_be_searched(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("help.keys")
        keys = dialog(editor, KeysDialog)
        keys.search.setText("duplicate")
        assert [keys.table.item(row, 1).text() for row in range(keys.table.rowCount()) if not keys.table.isRowHidden(row)] == ["Ctrl+J"]
        keys.close()
        await editor.until(lambda: editor.window.generate.things)
        editor.do("help.things")
        things = dialog(editor, ThingsDialog)
        things.search.setText("kitt")
        things.accept()
        assert editor.window.generate_panel.text == "cat"

    tell(story, photo)


def test_every_action_has_a_text_and_no_two_share_a_key() -> None:
    keys = [QKeySequence(each).toString() for action in ACTIONS for each in action.keys]
    assert len(keys) == len(set(keys))
    assert all(action.text and QKeySequence(each).toString() for action in ACTIONS for each in action.keys)


def test_the_window_wears_the_light_theme_when_told(tell: Tell, photo: Path, qapp: QApplication) -> None:
    async def story(editor: Editor) -> None:
        editor.window.theme_menu.chosen.emit("light")
        assert editor.window.icons.theme.name == "light"
        assert qapp.palette().window().color().lightness() > 200
        editor.window.theme_menu.chosen.emit("dark")
        assert qapp.palette().window().color().lightness() < 80

    tell(story, photo)


def test_tab_on_the_canvas_hides_the_panels_and_brings_them_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        docks = editor.window.docks.docks
        editor.key(Qt.Key.Key_Tab)
        assert all(dock.isHidden() for dock in docks.values())
        editor.key(Qt.Key.Key_Tab)
        assert not docks["layers"].isHidden()

    tell(story, photo)


def test_numbers_typed_above_the_canvas_set_the_box_and_move_the_layer(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.window.options.fields[2].setValue(80)
        assert editor.window.desk.box.width == 80
        editor.do("edit.tool_move")
        editor.window.options.fields[0].setValue(5)
        assert editor.active.placement.x == 5
        assert editor.steps[-1] == "Move"

    tell(story, photo)


def test_single_keys_are_off_while_typing(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate_panel.set_prompt("")
        editor.do("edit.tool_box")
        editor.type("vivid")
        assert editor.window.generate_panel.text == "vivid"
        assert editor.window.desk.tool == "box"

    tell(story, photo)


def test_everything_that_takes_the_focus_has_a_name(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        nameless = [
            widget
            for widget in editor.window.findChildren(QWidget)
            if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and widget.isVisible()
            and not (widget.accessibleName() or getattr(widget, "text", str)() or widget.toolTip())
            and not widget.objectName().startswith("qt_")
            and not isinstance(widget.parent(), QWidget)
        ]
        assert nameless == []
        assert editor.window.canvas.accessibleName()
        model = editor.window.layer_panel.tree.layer_model
        assert model.data(model.index(0, 1), Qt.ItemDataRole.AccessibleTextRole) == "photo, layer, 100 %, Normal"

    tell(story, photo)


def test_the_window_remembers_its_size(tell: Tell, photo: Path) -> None:
    async def first(editor: Editor) -> None:
        editor.window.resize(755, 666)

    async def second(editor: Editor) -> None:
        assert (editor.window.width(), editor.window.height()) == (755, 666)

    tell(first, photo)
    tell(second, photo)


def test_panning_with_the_middle_button_and_with_space(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        before = canvas.view
        QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
        QTest.mouseMove(canvas, QPoint(130, 90))
        QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(130, 90))
        ratio = canvas.devicePixelRatioF()
        assert (canvas.view.x - before.x, canvas.view.y - before.y) == (30 * ratio, -10 * ratio)
        QTest.keyPress(canvas, Qt.Key.Key_Space)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(130, 90))
        QTest.mouseMove(canvas, QPoint(100, 100))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
        assert (canvas.view.x, canvas.view.y) == (before.x, before.y)
        assert editor.window.desk.box is None

    tell(story, photo)


def test_what_goes_on_beside_the_window_ends_with_it(tell: Tell, photo: Path) -> None:
    ended = []

    async def for_ever() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def story(editor: Editor) -> None:
        editor.task = editor.window._around.loop.create_task(for_ever())
        await asyncio.sleep(0)
        editor.window.generation.beside(lambda: 1, ended.append)  # closed before it begins

    tell(story, photo)
    assert ended[-1] == "cancelled"


def test_for_a_file_that_is_gone_nobody_is_asked_to_give_work_up(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        asked: list[str] = []

        async def ask(name: str) -> str:
            asked.append(name)
            return "cancel"

        editor.window.files.ask_to_save = ask
        editor.window.files.open(tmp_path / "gone.png")
        await editor.files_done()
        assert not asked and "gone.png” does not exist" in editor.window.messages.sentence
        editor.window.files.open(photo)
        await editor.files_done()
        assert asked == ["photo.png"] and editor.names == ["photo", "apple"]

    tell(story, photo)


def test_a_very_long_name_leaves_room_for_the_rest_of_the_panel(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert()
        height = editor.window.generate_panel.sizeHint().height()
        editor.window.layer_panel.tree.layer_model.renamed.emit(layer.id, "Änderung 🎨 " * 40)
        assert editor.active.name.startswith("Änderung 🎨") and len(editor.active.name) > 400
        assert depth_words(editor.window.session) == "On top of “Änderung 🎨 Änderung 🎨 Änderung…”"
        assert editor.window.generate_panel.sizeHint().height() == height

    tell(story, photo)
