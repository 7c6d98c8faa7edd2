"""A document from nothing, one from the clipboard, and one that is put away; several files at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox

from app.render.render import render
from tests.ui.conftest import Editor, answer
from ui.files.new import NewDialog

Tell = Callable[..., None]
CONTROL = Qt.KeyboardModifier.ControlModifier
OK = QDialogButtonBox.StandardButton.Ok


async def pressed(editor: Editor, key: Qt.Key) -> None:
    """With Ctrl, once the window has the keys again after a dialog."""
    editor.window.activateWindow()
    await editor.until(editor.window.isActiveWindow)
    editor.key(key, CONTROL)


async def asked(editor: Editor) -> NewDialog:
    """The dialog, after the key."""
    await pressed(editor, Qt.Key.Key_N)
    await editor.until(lambda: any(each.isVisible() for each in editor.window.findChildren(NewDialog)))
    return next(each for each in editor.window.findChildren(NewDialog) if each.isVisible())


def choose(box, words: str) -> None:
    """As if the user had, in a list that drops down."""
    row = next(row for row in range(box.count()) if box.itemText(row).startswith(words))
    box.setCurrentIndex(row)
    box.activated.emit(row)


def test_a_new_document_has_the_size_and_the_ground_that_were_chosen(tell: Tell, photo: Path) -> None:
    QGuiApplication.clipboard().setText("no picture")

    async def story(editor: Editor) -> None:
        dialog = await asked(editor)
        assert dialog.preset.currentText().startswith("Full HD")
        choose(dialog.preset, "A5")
        assert (dialog.width_field.value(), dialog.height_field.value()) == (1748, 2480)
        dialog.swap.click()
        dialog.width_field.setValue(400)
        assert dialog.preset.currentText() == "Own size"
        choose(dialog.ground, "Black")
        dialog.buttons.button(OK).click()
        await editor.until(lambda: editor.names == ["Background"])
        document = editor.window.session.document
        assert (document.width, document.height) == (400, 1748)
        assert (render(document, document.rect) == (0, 0, 0, 255)).all()
        assert editor.window.windowTitle().startswith("Untitled") and not editor.window.isWindowModified()
        assert editor.steps == ["New"]
        dialog = await asked(editor)  # the next one begins where this one ended
        assert (dialog.width_field.value(), dialog.height_field.value(), dialog.ground.currentText()) == (400, 1748, "Black")
        dialog.reject()

    tell(story, photo)


def test_on_an_empty_transparent_document_a_layer_can_be_made(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        dialog = await asked(editor)
        dialog.width_field.setValue(160)
        dialog.height_field.setValue(120)
        choose(dialog.ground, "Transparent")
        dialog.buttons.button(OK).click()
        await editor.until(lambda: editor.names == [])
        layer = await editor.insert("apple")
        assert editor.names == ["apple"] and layer.pixels.content_bounds().width > 0
        editor.do("edit.undo")
        assert editor.names == []

    tell(story, photo)


def test_a_ground_of_any_colour_and_no_canvas_that_is_too_large(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        dialog = await asked(editor)
        choose(dialog.ground, "Another")
        assert dialog.ground.currentText() == "White"  # until one is chosen
        dialog.colours.setCurrentColor(QColor("#336699"))
        dialog.colours.accept()
        assert dialog.ground.currentText() == "Colour #336699"
        dialog.width_field.setValue(300_000)
        dialog.height_field.setValue(300_000)
        assert dialog.note.isVisible() and not dialog.buttons.button(OK).isEnabled()
        dialog.width_field.setValue(30)
        dialog.height_field.setValue(20)
        assert not dialog.note.isVisible()
        dialog.buttons.button(OK).click()
        await editor.until(lambda: editor.names == ["Background"])
        assert (editor.active.pixels.to_array() == (0x33, 0x66, 0x99, 255)).all()

    tell(story, photo)


def test_what_was_copied_gives_its_size_and_becomes_a_document(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        editor.window.files.ask_to_save = answer("discard")
        picture = QImage(33, 44, QImage.Format.Format_RGB32)
        picture.fill(QColor("#c04030"))
        QGuiApplication.clipboard().setImage(picture)
        dialog = await asked(editor)
        assert dialog.preset.currentText().startswith("Clipboard") and (dialog.width_field.value(), dialog.height_field.value()) == (33, 44)
        dialog.reject()
        editor.do("file.new_clipboard")
        await editor.until(lambda: editor.names == ["Pasted"])
        assert (editor.active.pixels.to_array() == (0xC0, 0x40, 0x30, 255)).all()
        assert editor.window.isWindowModified()  # no file holds it
        editor.do("edit.copy_merged")  # one's own copy has a size too
        dialog = await asked(editor)
        assert (dialog.width_field.value(), dialog.height_field.value()) == (33, 44)
        dialog.reject()
        QGuiApplication.clipboard().setText("words")
        editor.do("file.new_clipboard")
        assert editor.window.messages.sentence == "The clipboard holds no picture."

    tell(story, photo)


def test_closing_a_document_asks_for_what_is_unsaved_and_leads_to_the_first_page(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        await pressed(editor, Qt.Key.Key_W)
        await editor.until(lambda: any(box.isVisible() for box in editor.window.findChildren(QMessageBox)))
        box = next(box for box in editor.window.findChildren(QMessageBox) if box.isVisible())
        box.button(QMessageBox.StandardButton.Cancel).click()
        await editor.files_done()
        assert editor.names == ["photo", "apple"] and editor.window.welcome.isHidden()
        editor.window.files.ask_to_save = answer("discard")
        await pressed(editor, Qt.Key.Key_W)
        await editor.until(lambda: not editor.window.welcome.isHidden())
        assert editor.names == ["coffee"] and not editor.window.isWindowModified()
        editor.window.welcome.new.click()
        await editor.until(lambda: any(each.isVisible() for each in editor.window.findChildren(NewDialog)))
        next(each for each in editor.window.findChildren(NewDialog) if each.isVisible()).reject()
        await editor.files_done()
        assert not editor.window.welcome.isHidden()  # nothing was made
        QTest.keyClick(editor.window.welcome, Qt.Key.Key_Escape)
        assert editor.window.welcome.isHidden() and editor.window.desk.box  # as at the start: something to put on it

    tell(story, photo)


def test_of_several_dropped_files_every_one_that_fails_is_named(tell: Tell, photo: Path, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.png", "two.png", "three.png", "four.png")]
    for path in paths[::2]:
        Image.fromarray(np.full((20, 20, 3), 90, np.uint8)).save(path)
    paths[1].write_bytes(b"no picture")

    async def story(editor: Editor) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        editor.window.canvas.dropEvent(QDropEvent(QPointF(40, 40), Qt.DropAction.CopyAction, data, buttons, modifiers))
        menu = editor.window.clipboard.menu
        menu.actions()[0].trigger()
        menu.close()
        await editor.files_done()
        assert editor.names == ["photo", "one", "three"]
        assert editor.window.messages.sentence == "2 of 4 files could not be opened."
        told = editor.window.messages.hint.splitlines()
        assert len(told) == 2 and "two.png" in told[0] and "four.png" in told[1]

    tell(story, photo)


def test_of_very_many_files_that_fail_all_are_named_and_the_message_fits(tell: Tell, photo: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"broken-{number}.png" for number in range(30)]

    async def story(editor: Editor) -> None:
        editor.window.files.place(paths)
        await editor.files_done()
        assert editor.window.messages.sentence == "30 of 30 files could not be opened."
        assert all(path.name in editor.window.messages.hint for path in paths)
        assert editor.window.messages.geometry().bottom() < editor.window.canvas.height()

    tell(story, photo)
