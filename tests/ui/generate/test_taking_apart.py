"""Stories of taking a flat picture apart in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.document import Group, Layer
from app.render.render import render
from bfs_engine.layering.engine import TakeApart
from tests.ui.conftest import Editor

BALL, CUBE = (60, 70), (150, 70)

assert TakeApart  # imported here: importing torch for the first time may take longer than a story waits


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A red ball and a blue cube on a grainy floor, each with a shadow; one flat picture of 210 × 140."""
    pixels = np.random.default_rng(2).normal(170, 3, (140, 210, 3))
    rows, columns = np.mgrid[:140, :210]
    pixels[((columns - 70) / 34) ** 2 + ((rows - 97) / 8) ** 2 < 1] *= 0.7
    pixels[((columns - 160) / 34) ** 2 + ((rows - 97) / 8) ** 2 < 1] *= 0.7
    ball = (columns - BALL[0]) ** 2 + (rows - BALL[1]) ** 2 < 28**2
    pixels[ball] = np.random.default_rng(3).normal((185, 40, 45), 4, (int(ball.sum()), 3))
    pixels[45:97, 125:175] = np.random.default_rng(4).normal((45, 60, 170), 4, (52, 50, 3))
    path = tmp_path / "flat.png"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def _selected(editor: Editor, x: int, y: int) -> bool:
    return any(
        mask[y - place.top, x - place.left] >= 128 for place, mask in editor.window.desk.apart.found if place.contains(x, y)
    )


async def _find(editor: Editor, start: tuple[int, int], end: tuple[int, int], modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    before = len(editor.window.desk.apart.found)
    editor.drag(start, end, modifiers)
    await editor.until(lambda: not editor.window.apart.searching and len(editor.window.desk.apart.found) >= max(before, 1))


def test_a_box_selects_in_red_and_enter_takes_the_thing_out(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        picture = window.session.document.layers[0]
        look = render(window.session.document, window.session.document.rect)
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        assert _selected(editor, *BALL) and not _selected(editor, *CUBE) and not _selected(editor, 5, 5)
        assert window.canvas.has_preview and window.apart_bar.take.isEnabled()
        editor.key(Qt.Key.Key_Return)
        await editor.generated()
        document = window.session.document
        assert document.layers[0] is picture
        group = document.layers[1]
        assert isinstance(group, Group) and [child.name for child in group.children] == ["Ground", "Thing"]
        assert (render(document, document.rect) == look).all()
        assert len(window.session.history.labels) == 2
        thing = group.children[1]
        assert isinstance(thing, Layer) and thing.pixels.cover
        assert not window.canvas.has_preview and window.desk.tool == "move"
        editor.do("edit.undo")
        assert window.session.document.layers == (picture,)

    tell(story, flat)


def test_moving_the_thing_shows_the_ground_behind_it(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        editor.do("generate.take_apart")
        await editor.generated()
        assert editor.active.name == "Thing"
        editor.drag(BALL, (BALL[0] + 10, BALL[1] + 60))
        seen = render(window.session.document, window.session.document.rect)[BALL[1], BALL[0], :3]
        assert np.abs(seen.astype(int) - 170).max() < 45

    tell(story, flat)


def test_ctrl_and_alt_clicks_correct_what_is_selected(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas, apart = editor.window.canvas, editor.window.desk.apart
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        mask = apart.current.mask
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, editor.point(*CUBE))
        await editor.until(lambda: not editor.window.apart.searching and apart.current.mask is not mask)
        assert _selected(editor, *CUBE) and _selected(editor, *BALL)
        mask = apart.current.mask
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, editor.point(*CUBE))
        await editor.until(lambda: not editor.window.apart.searching and apart.current.mask is not mask)
        assert not _selected(editor, *CUBE) and _selected(editor, *BALL)

    tell(story, flat)


def test_two_things_go_front_to_back_in_one_step(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        look = render(window.session.document, window.session.document.rect)
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        await _find(editor, (120, 40), (180, 102), Qt.KeyboardModifier.ShiftModifier)
        await editor.until(lambda: len(window.desk.apart.found) == 2)
        editor.key(Qt.Key.Key_Return)
        await editor.generated()
        assert [child.name for child in window.session.document.layers[1].children] == ["Ground", "Thing 2", "Thing 1"]
        assert (render(window.session.document, window.session.document.rect) == look).all()
        assert len(window.session.history.labels) == 2

    tell(story, flat)


def test_removing_leaves_a_ground_over_the_untouched_picture(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        picture = window.session.document.layers[0]
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        window.apart_bar.remove.click()
        await editor.generated()
        assert editor.names == [picture.name, "Ground"]
        assert window.session.document.layers[0] is picture
        seen = render(window.session.document, window.session.document.rect)[BALL[1], BALL[0], :3]
        assert np.abs(seen.astype(int) - 170).max() < 45

    tell(story, flat)


def test_extract_on_a_single_picture_leads_to_the_tool(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("generate.extract")
        assert editor.window.desk.tool == "apart"
        assert "box" in editor.window.messages.sentence

    tell(story, flat)


def test_a_click_selects_and_escape_forgets(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        editor.do("edit.tool_apart")
        QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, editor.point(*BALL))
        await editor.until(lambda: not window.apart.searching and window.desk.apart.found)
        assert _selected(editor, *BALL)
        editor.key(Qt.Key.Key_Escape)
        assert not window.desk.apart.found and not window.canvas.has_preview
        editor.key(Qt.Key.Key_Return)
        assert "Nothing is selected" in window.messages.sentence

    tell(story, flat)


def test_a_layer_is_masked_by_the_selection(tell: Callable[..., None], flat: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        editor.do("edit.tool_apart")
        await _find(editor, (28, 38), (92, 102))
        editor.do("layer.mask_selection")
        seen = render(window.session.document, window.session.document.rect)
        assert seen[BALL[1], BALL[0], 3] == 255 and seen[5, 5, 3] == 0

    tell(story, flat)
