"""Pictures to and from other programs, with their alpha: clipboard, drag and drop."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest

from app.document.document import walk
from tests.documents import wide_profile
from tests.ui.conftest import Editor
from ui.files import clipboard
from ui.files.clipboard import PNG, picture_of, png_of

Tell = Callable[..., None]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def leaf() -> np.ndarray:
    """(20, 30, 4) uint8: green, fading from left to right."""
    array = np.full((20, 30, 4), (40, 160, 60, 0), np.uint8)
    array[..., 3] = np.linspace(1, 255, 30).round()
    return array


def offered(mime: QMimeData) -> np.ndarray:
    """What another program gets when it asks for a PNG."""
    with Image.open(io.BytesIO(bytes(mime.data(PNG).data()))) as picture:
        assert picture.mode == "RGBA"
        return np.array(picture)


def drop(editor: Editor, mime: QMimeData, x: int, y: int) -> None:
    at, none = QPointF(editor.point(x, y)), Qt.KeyboardModifier.NoModifier
    editor.window.canvas.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none))


def test_a_copied_layer_reaches_other_programs_with_its_alpha(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (80, 70))
        editor.key(Qt.Key.Key_C, CONTROL)
        assert (offered(QGuiApplication.clipboard().mimeData()) == layer.pixels.to_array()).all()
        editor.do("layer.visible")
        editor.do("edit.copy")
        assert offered(QGuiApplication.clipboard().mimeData())[..., 3].any()
        editor.do("layer.visible")
        editor.key(Qt.Key.Key_C, CONTROL | SHIFT)
        merged = offered(QGuiApplication.clipboard().mimeData())
        assert merged.shape == (120, 160, 4) and (merged[..., 3] == 255).all()
        image = QGuiApplication.clipboard().mimeData().imageData()  # what Windows and macOS hand on
        assert (image.width(), image.height()) == (160, 120) and image.pixelColor(9, 5).getRgb() == tuple(merged[5, 9])

    tell(story, photo)


def test_copying_takes_no_time_until_another_program_asks_and_outlives_the_window(
    tell: Tell, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(clipboard, "picture_of", lambda document, ids: made.append(ids) or picture_of(document, ids))

    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (80, 70))
        editor.do("edit.copy")
        editor.do("edit.paste")
        assert editor.names == ["photo", "apple", "apple"] and not made
        assert offered(QGuiApplication.clipboard().mimeData()).shape == (50, 60, 4) and len(made) == 1

    tell(story, photo)
    assert offered(QGuiApplication.clipboard().mimeData()).shape == (50, 60, 4)


def test_a_layer_is_cut_and_pasted_with_all_it_is(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (80, 70))
        editor.do("layer.mask_box")
        editor.do("layer.group")
        editor.key(Qt.Key.Key_X, CONTROL)
        assert editor.names == ["photo"]
        editor.key(Qt.Key.Key_V, CONTROL)
        editor.key(Qt.Key.Key_V, CONTROL)
        assert editor.names == ["photo", "Group", "apple", "Group", "apple"]
        nodes = [node for node, _, _ in walk(editor.window.session.document)]
        assert len({node.id for node in nodes}) == 5
        assert nodes[2].recipe and nodes[2].mask is not None
        editor.do("edit.undo")
        assert editor.names == ["photo", "Group", "apple"]

    tell(story, photo)


def test_a_picture_from_another_program_is_pasted_with_its_alpha(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        mime = QMimeData()
        mime.setData(PNG, png_of(leaf()))
        QGuiApplication.clipboard().setMimeData(mime)
        editor.do("edit.paste")
        assert (editor.active.pixels.to_array() == leaf()).all() and editor.active.name == "Pasted"
        middle = editor.active.placement.x + 15, editor.active.placement.y + 10
        assert np.hypot(middle[0] - 80, middle[1] - 60) < 3  # the picture is fitted: its middle is the window's
        QGuiApplication.clipboard().setImage(QImage(7, 5, QImage.Format.Format_ARGB32))
        editor.do("edit.paste")
        assert (editor.active.pixels.width, editor.active.pixels.height) == (7, 5)

    tell(story, photo)


def test_a_pasted_picture_with_a_profile_of_its_own_is_converted(tell: Tell, photo: Path) -> None:
    """With red and green primaries swapped, what is stored as green looks red."""

    async def story(editor: Editor) -> None:
        stored, mime = io.BytesIO(), QMimeData()
        Image.new("RGB", (4, 4), (0, 255, 0)).save(stored, "PNG", icc_profile=wide_profile())
        mime.setData(PNG, stored.getvalue())
        QGuiApplication.clipboard().setMimeData(mime)
        editor.do("edit.paste")
        assert np.abs(editor.active.pixels.to_array()[0, 0].astype(int) - (255, 0, 0, 255)).max() <= 2

    tell(story, photo)


def test_a_clipboard_without_a_picture_is_answered_with_a_sentence(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        QGuiApplication.clipboard().setText("no picture")
        editor.do("edit.paste")
        assert "no picture" in editor.window.messages.sentence and editor.names == ["photo"]
        editor.type("apple")
        prompt = editor.window.generate_panel.prompt
        prompt.selectAll()
        QTest.keyClick(prompt, Qt.Key.Key_C, CONTROL)  # in a text field the keys are the field's
        assert QGuiApplication.clipboard().text() == "apple"

    tell(story, photo)


def test_a_picture_dropped_on_the_canvas_lands_under_the_pointer(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        mime = QMimeData()
        mime.setData(PNG, png_of(leaf()))
        drop(editor, mime, 60, 40)
        assert (editor.active.pixels.to_array() == leaf()).all()
        assert abs(editor.active.placement.x - 45) <= 1 and abs(editor.active.placement.y - 30) <= 1

    tell(story, photo)


def test_a_dropped_file_is_placed_or_opened_as_the_user_says(tell: Tell, photo: Path, tmp_path: Path) -> None:
    path = tmp_path / "leaf.png"
    path.write_bytes(png_of(leaf()))

    async def story(editor: Editor) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        drop(editor, mime, 60, 40)
        menu = editor.window.clipboard.menu
        assert [action.text() for action in menu.actions()] == ["Place as a Layer", "Open “leaf.png”"]
        menu.actions()[0].trigger()
        await editor.files_done()
        assert editor.names == ["photo", "leaf"] and (editor.active.pixels.to_array() == leaf()).all()
        editor.window.files.ask_to_save = _discard
        menu.actions()[1].trigger()
        await editor.files_done()
        assert editor.names == ["leaf"]
        menu.close()

    tell(story, photo)


def test_a_dragged_layer_is_a_picture_to_other_programs(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (80, 70))
        model = editor.window.layer_panel.tree.layer_model
        mime = model.mimeData([model.index_of(layer.id, column) for column in range(3)])
        assert (offered(mime) == layer.pixels.to_array()).all()
        path = Path(mime.urls()[0].toLocalFile())
        assert path.name == "apple.png"
        with Image.open(path) as picture:
            assert (np.array(picture) == layer.pixels.to_array()).all()

    tell(story, photo)


async def _discard(_name: str) -> str:
    return "discard"


def test_an_address_dropped_from_a_browser_is_answered_with_a_next_step(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl("https://example.org/cat.png")])
        drop(editor, mime, 20, 20)
        assert editor.names == ["photo"] and editor.window.messages.sentence == "What was dropped holds no picture."
        assert "drop the file" in editor.window.messages.hint

    tell(story, photo)
