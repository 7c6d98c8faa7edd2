"""What the window says when a disk is full or read-only, and when a file is too new or damaged; the document stays as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.config.settings import recovery_folder
from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.formats import open_document, save_document
from app.formats.project.project import VERSION
from app.session.recovery import leftovers
from tests.documents import differences, noise
from tests.small_disk import linux_root, mounted
from tests.ui.conftest import Editor, answer

Tell = Callable[..., None]


def scene() -> Document:
    return Document(600, 500, (make_layer("ground", Pixels.from_array(noise(600, 500))),))


def stroke(editor: Editor, side: int) -> None:
    session = editor.window.session
    layer = session.document.layers[0]
    paint = np.random.default_rng(side).integers(0, 256, (side, side, 4), dtype=np.uint8)
    session.commit("stroke", replace(session.document, layers=(replace(layer, pixels=layer.pixels.with_region(0, 0, paint)),)))


@linux_root
def test_on_a_full_disk_the_file_stays_the_work_is_safe_and_can_be_saved_once_there_is_room(tell: Tell, tmp_path: Path) -> None:
    for disk in mounted(tmp_path / "small", "size=4m"):
        path = disk / "scene.downstage"
        save_document(scene(), path)
        before = path.read_bytes()
        (disk / "filler").write_bytes(bytes((4 << 20) - path.stat().st_size - (96 << 10)))

        async def story(editor: Editor) -> None:
            stroke(editor, 400)
            editor.do("file.save")
            await editor.until(lambda: editor.window.messages.sentence)
            await editor.files_done()
            assert "scene.downstage" in editor.window.messages.sentence and "full" in editor.window.messages.sentence
            assert "room" in editor.window.messages.hint
            assert editor.window.isWindowModified() and path.read_bytes() == before
            await editor.window.files.recovery.kept()  # the journal lies on another disk
            assert len(list(recovery_folder().glob("*.downstage"))) == 1
            (disk / "filler").unlink()
            editor.do("file.save")
            await editor.until(lambda: not editor.window.isWindowModified())
            assert differences(open_document(path), editor.window.session.document) == []

        tell(story, path)


@linux_root
def test_a_read_only_folder_opens_and_a_copy_is_saved_elsewhere(tell: Tell, tmp_path: Path) -> None:
    for disk in mounted(tmp_path / "closed", "size=8m"):
        path = disk / "scene.downstage"
        save_document(scene(), path)
        before = path.read_bytes()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        async def story(editor: Editor) -> None:
            assert editor.names == ["ground"] and not editor.window.isWindowModified()
            stroke(editor, 90)
            editor.do("file.save")
            await editor.until(lambda: editor.window.messages.sentence)
            await editor.files_done()
            assert "read-only" in editor.window.messages.sentence or "write-protected" in editor.window.messages.sentence
            assert editor.window.isWindowModified()
            editor.window.files.ask_target = answer(tmp_path / "copy.downstage")
            editor.do("file.save_as")
            await editor.until(lambda: not editor.window.isWindowModified())
            assert editor.window.windowTitle().startswith("copy.downstage")

        tell(story, path)
        assert path.read_bytes() == before
    assert open_document(tmp_path / "copy.downstage").layers[0].name == "ground"
    assert leftovers(recovery_folder()) == []


def test_a_newer_file_and_a_damaged_one_are_refused_and_what_is_open_stays(tell: Tell, photo: Path, tmp_path: Path) -> None:
    newer, damaged = tmp_path / "newer.downstage", tmp_path / "damaged.downstage"
    save_document(scene(), newer)
    content = bytearray(newer.read_bytes())
    damaged.write_bytes(content[: len(content) // 50])
    content[60:64] = (VERSION + 1).to_bytes(4, "big")
    newer.write_bytes(content)

    async def story(editor: Editor) -> None:
        for path, words in ((newer, "newer Downstage"), (damaged, "damaged")):
            editor.window.files.open(path)
            await editor.files_done()
            assert words in editor.window.messages.sentence and editor.window.messages.hint
            assert editor.names == ["photo"]

    tell(story, photo)
    assert newer.read_bytes() == bytes(content)
