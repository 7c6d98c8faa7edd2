"""References, candidates, extracting, resettling and splitting in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from app.document.document import Group, find
from app.render.render import render
from bfs_engine.api import ExtractRequest, ResettleRequest
from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine

Tell = Callable[..., None]


@pytest.fixture
def cutout(tmp_path: Path) -> Path:
    """A red thing on transparent ground, and a soft shadow of it to the right."""
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[10:50, 10:40] = (220, 30, 20, 255)
    pixels[38:50, 40:70] = (0, 0, 0, 110)
    path = tmp_path / "my mug.png"
    Image.fromarray(pixels).save(path)
    return path


def draw_box(editor: Editor) -> None:
    editor.do("edit.tool_box")
    editor.drag((40, 30), (100, 80))


def test_ones_own_picture_stands_for_words(tell: Tell, photo: Path, cutout: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        draw_box(editor)
        editor.window.generate.reference_from_file(cutout)
        row = editor.window.generate_panel.reference
        await editor.until(lambda: row.words == "my mug")
        editor.do("generate.run")
        await editor.generated()
        assert editor.names == ["photo", "my mug"]
        assert engine.seen[0].reference.shape == (40, 60, 4)
        editor.do("generate.reference_clear")
        assert row.words == ""
        editor.do("generate.again")
        await editor.generated()
        assert (engine.seen[1].reference == engine.seen[0].reference).all(), "made again from the layer's own recipe"
        editor.do("generate.recipe")
        assert row.words == "my mug"

    tell(story, photo)


def test_a_dropped_photograph_is_a_reference_that_has_to_be_cut_out(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        row, data = editor.window.generate_panel.reference, QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(photo))])
        point = QPointF(5, 5)
        drop = QDropEvent(point, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        row.dropEvent(drop)
        await editor.until(lambda: "will be cut out" in row.words)
        draw_box(editor)
        editor.do("generate.run")
        await editor.generated()
        assert engine.seen[0].reference.shape == (120, 160, 3)

    tell(story, photo)


def test_layer_and_box_can_be_references_too(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert()
        editor.do("generate.reference_layer")
        row = editor.window.generate_panel.reference
        assert row.words == "apple"
        editor.do("generate.reference_box")
        assert row.words == "reference\nwill be cut out"

    tell(story, photo)


def test_a_file_that_is_no_picture_is_told_and_the_reference_stays(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"no picture")
        editor.window.generate.reference_from_file(broken)
        await editor.until(lambda: "broken.png" in editor.window.messages.sentence)
        assert editor.window.generate_panel.reference.words == ""

    tell(story, photo)


def test_several_candidates_of_one_request_are_one_layer_and_one_step(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate_panel._candidates.setValue(3)
        layer = await editor.insert()
        assert engine.seen[0].count == 3 and len(layer.candidates) == 3
        assert editor.window.layer_panel.strip.count() == 3
        first = render(editor.window.session.document, editor.window.session.document.rect)
        editor.do("generate.candidate_next")
        assert (render(editor.window.session.document, editor.window.session.document.rect) != first).any()
        editor.do("edit.undo")
        editor.do("edit.undo")
        assert editor.names == ["photo"]

    tell(story, photo)


def test_layers_asked_for_in_a_row_are_made_back_to_front_and_each_sees_those_before_it(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        draw_box(editor)
        for prompt in ("apple", "cat"):
            editor.type(prompt)
            editor.do("generate.run")
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple", "cat"]
        apple, cat = engine.seen
        middle = 55 - cat.crop.y, 70 - cat.crop.x
        colour = editor.window.session.document.layers[1].pixels.to_array()[25, 30, :3]
        assert (cat.background[middle] == colour).all() and (apple.background[middle] != colour).any()

    tell(story, photo)


def test_a_moved_thing_is_resettled_and_can_go_back(tell: Tell, photo: Path, cutout: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        editor.window.files.place([cutout])
        await editor.files_done()
        editor.window.canvas.setFocus()
        editor.do("edit.tool_move")
        editor.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        before = editor.active
        editor.do("generate.resettle")
        await editor.generated()
        request = engine.seen[0]
        assert isinstance(request, ResettleRequest) and (request.thing[..., 3] > 0).sum() < 40 * 30 + 10, "without its old shadow"
        layer = editor.active
        assert layer.id == before.id and editor.steps[-1] == "Resettle “my mug”" and len(layer.candidates) == 2
        editor.do("generate.candidate_previous")
        assert (editor.active.pixels.to_array() == before.pixels.to_array()).all()
        editor.do("generate.candidate_next")
        editor.do("generate.again")
        await editor.generated()
        assert isinstance(engine.seen[1], ResettleRequest) and len(editor.active.candidates) == 3

    tell(story, photo)


def test_a_thing_is_extracted_from_a_picture_above_its_background(tell: Tell, photo: Path, tmp_path: Path, engine: DiscEngine) -> None:
    with Image.open(photo) as image:
        pixels = np.array(image)
    pixels[40:80, 60:90] = (230, 20, 30)
    with_thing = tmp_path / "with thing.png"
    Image.fromarray(pixels).save(with_thing)

    async def story(editor: Editor) -> None:
        editor.window.files.place([with_thing])
        await editor.files_done()
        before = render(editor.window.session.document, editor.window.session.document.rect).astype(int)
        editor.do("edit.tool_box")
        editor.do("edit.cancel")
        editor.window.generate_panel.set_prompt("")
        editor.do("generate.extract")
        await editor.generated()
        assert isinstance(engine.seen[0], ExtractRequest)
        assert editor.names == ["photo", "with thing", "with thing thing"]
        document = editor.window.session.document
        assert not document.layers[1].visible
        assert np.abs(render(document, document.rect).astype(int) - before).max() <= 4
        area = document.layers[2].pixels.content_bounds()
        assert abs(area.width - 30) <= 2 and abs(area.height - 40) <= 2
        editor.do("generate.again")
        assert "nothing to make anew" in editor.window.messages.sentence

    tell(story, photo)


def test_where_nothing_differs_the_window_says_so(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("layer.duplicate")
        editor.do("edit.tool_box")
        editor.do("edit.cancel")
        editor.do("generate.extract")
        assert "looks the same as what lies below it" in editor.window.messages.sentence

    tell(story, photo)


def test_a_shadow_is_split_off_into_a_group_and_comes_back_with_undo(tell: Tell, photo: Path, cutout: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.files.place([cutout])
        await editor.files_done()
        id = editor.active.id
        editor.do("layer.split_effects")
        group = editor.window.session.document.layers[1]
        assert isinstance(group, Group) and [(child.name, child.blend) for child in group.children] == [
            ("my mug shadow", "multiply"), ("my mug", "normal"),
        ]  # fmt: skip
        assert editor.window.session.active == id
        editor.do("layer.split_effects")
        assert "neither shadow nor reflection" in editor.window.messages.sentence
        editor.do("edit.undo")
        assert find(editor.window.session.document, id) is editor.window.session.document.layers[1]

    tell(story, photo)


def test_a_thing_outside_the_canvas_cannot_be_resettled_and_a_sentence_says_why(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        editor.do("edit.tool_move")
        editor.drag((70, 50), (400, 50))
        asked = len(engine.seen)
        editor.do("generate.resettle")
        assert editor.window.messages.sentence.startswith("“apple” lies outside the canvas")
        await editor.generated()
        assert len(engine.seen) == asked

    tell(story, photo)
