"""Export As shows the file before it is written; Export Layers fills a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from PySide6.QtWidgets import QApplication

from app.document.geometry import Placement
from app.formats import open_document
from app.formats.export import LayerFiles
from tests.ui.conftest import Editor, answer
from ui.files.export import ExportDialog, LayersDialog

Tell = Callable[..., None]


async def dialog_of(editor: Editor, kind: type) -> ExportDialog:
    await editor.until(lambda: any(isinstance(widget, kind) and widget.isVisible() for widget in QApplication.topLevelWidgets()))
    return next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible())


def is_size(text: str) -> bool:
    return text[:1].isdigit()


def test_a_jpeg_of_half_the_size_is_seen_before_it_is_written(tell: Tell, photo: Path, tmp_path: Path) -> None:
    seen: list[np.ndarray] = []

    async def story(editor: Editor) -> None:
        editor.window.files.ask_target = answer(tmp_path / "out.jpg")
        editor.do("file.export")
        dialog = await dialog_of(editor, ExportDialog)
        await editor.until(lambda: is_size(dialog.size_label.text()))
        as_png = dialog.size_label.text()
        dialog.kind.setCurrentIndex(dialog.kind.findData(".jpg"))
        assert "transparent" in dialog.note.text() and dialog.quality.isEnabled() and dialog.quality.value() == 92
        dialog.width_.setValue(80)
        assert (dialog.height_.value(), dialog.share.value()) == (60, 50)
        dialog.quality.setValue(30)
        await editor.until(lambda: is_size(dialog.size_label.text()) and dialog.size_label.text() != as_png)
        await editor.until(lambda: dialog.view._pixels.shape == (60, 80, 4) and dialog._task.done())
        seen.append(dialog.view._pixels)
        assert dialog.grab().toImage().pixelColor(150, 250).isValid()
        dialog.accept()
        await editor.files_done()
        assert "out.jpg" in editor.window.messages.sentence

    tell(story, photo)
    with Image.open(tmp_path / "out.jpg") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGBA")), seen[0])


def test_a_cancelled_export_writes_nothing(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.files.ask_target = answer(tmp_path / "out.png")
        editor.do("file.export")
        (await dialog_of(editor, ExportDialog)).reject()
        await editor.files_done()

    tell(story, photo)
    assert not (tmp_path / "out.png").exists()


def test_what_a_format_cannot_hold_is_said_in_the_dialog(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("file.export")
        dialog = await dialog_of(editor, ExportDialog)
        assert "merged" in dialog.note.text()
        dialog.kind.setCurrentIndex(dialog.kind.findData(".psd"))
        assert "Recipes" in dialog.note.text() and not dialog.width_.isEnabled() and not dialog.quality.isEnabled()
        dialog.kind.setCurrentIndex(dialog.kind.findData(".webp"))
        dialog.width_.setValue(20_000)
        await editor.until(lambda: "16,383" in dialog.note.text())
        assert not dialog.go.isEnabled()
        dialog.share.setValue(100)
        await editor.until(dialog.go.isEnabled)
        assert "16,383" not in dialog.note.text() and "merged" in dialog.note.text()
        dialog.reject()
        await editor.files_done()

    tell(story, photo)


def test_layers_become_pages_of_a_tiff_with_sixteen_bits(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.window.files.ask_target = answer(tmp_path / "out.tif")
        editor.do("file.export")
        dialog = await dialog_of(editor, ExportDialog)
        assert dialog.form.isRowVisible(dialog.deep) and not dialog.form.isRowVisible(dialog.pages)
        dialog.kind.setCurrentIndex(dialog.kind.findData(".tif"))
        await editor.until(lambda: is_size(dialog.size_label.text()))
        flat = dialog.size_label.text()
        dialog.pages.setChecked(True)
        assert "becomes a page" in dialog.note.text() and "merged" not in dialog.note.text()
        dialog.deep.setChecked(True)
        assert "composed with 8 bits" in dialog.note.text()
        await editor.until(lambda: is_size(dialog.size_label.text()) and dialog.size_label.text() != flat)
        dialog.accept()
        await editor.files_done()

    tell(story, photo)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert [page.dtype for page in file.pages] == [np.uint16, np.uint16]
    assert [layer.name for layer in open_document(tmp_path / "out.tif").layers] == ["photo", "apple"]


def test_all_layers_go_to_a_folder(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.window.files.ask_folder = answer(tmp_path)
        editor.do("file.export_layers")
        dialog = await dialog_of(editor, LayersDialog)
        assert dialog.files == LayerFiles(".png", trimmed=False, hidden=False)
        dialog.trimmed.click()
        dialog.accept()
        await editor.files_done()
        assert "photo layers" in editor.window.messages.sentence

    tell(story, photo)
    assert sorted(path.name for path in (tmp_path / "photo layers").iterdir()) == ["01 photo.png", "02 apple.png"]
    with Image.open(tmp_path / "photo layers" / "02 apple.png") as picture:
        assert picture.mode == "RGBA" and picture.width < 160


def test_turned_layers_go_to_photoshop_as_smart_objects_where_that_is_asked_for(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        session = editor.window.session
        session.commit("Turn", replace(session.document, layers=(replace(session.document.layers[0], placement=Placement(rotation=30.0)),)))
        editor.window.files.ask_target = answer(tmp_path / "out.psd")
        editor.do("file.export")
        dialog = await dialog_of(editor, ExportDialog)
        assert not dialog.smart.isVisible()
        dialog.kind.setCurrentIndex(dialog.kind.findData(".psd"))
        assert dialog.smart.isVisible() and "as they look, resampled" in dialog.note.text()
        dialog.smart.setChecked(True)
        assert "smart objects" in dialog.note.text()
        dialog.deep.setChecked(True)
        assert "computed with 16" in dialog.note.text()
        dialog.accept()
        await editor.files_done()

    tell(story, photo)
    assert (tmp_path / "out.psd").read_bytes()[22:24] == b"\0\x10"  # bits a channel
    again = open_document(tmp_path / "out.psd").layers[0]
    assert abs(again.placement.rotation - 30) < 1e-6
