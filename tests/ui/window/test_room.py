"""Panels on screens of every size: layers have room, nothing jumps, nothing overlaps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import ui.window.docks
from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine

Tell = Callable[..., None]


def rows_in_sight(editor: Editor) -> float:
    """How many rows of the layer list can be seen, with parts of rows."""
    tree = editor.window.layer_panel.tree
    return tree.viewport().height() / tree.visualRect(tree.layer_model.index(0, 0)).height()


async def sized(editor: Editor, width: int, height: int) -> None:
    window = editor.window
    window.resize(width, height)
    await editor.until(lambda: (window.width(), window.height()) == (width, height))
    await editor.until(lambda: not window.docks._fit_soon.isActive())
    QApplication.processEvents()


def test_the_layers_have_room_with_candidates_shown(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate_panel._candidates.setValue(3)
        await editor.insert()
        assert editor.window.layer_panel.candidates.isVisible()
        for height, rows in ((800, 6), (720, 4.5)):
            await sized(editor, 1280, height)
            assert rows_in_sight(editor) >= rows

    tell(story, photo)


def test_the_panel_takes_what_it_needs_and_gives_it_back(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        panel, dock = editor.window.generate_panel, editor.window.docks.docks["generate"]
        await sized(editor, 1280, 800)
        needed = dock.height()
        assert panel.height() == panel.sizeHint().height()
        engine.go.clear()
        editor.drag((40, 30), (100, 80))
        editor.type("apple")
        editor.do("generate.run")
        await editor.until(lambda: editor.window.canvas._preview is not None)
        assert dock.height() == needed  # the layers do not move under the pointer when a job begins
        engine.go.set()
        await editor.generated()
        assert dock.height() == needed
        panel._fold.click()
        await editor.until(lambda: dock.height() > needed + 100)
        assert panel.height() == panel.sizeHint().height()  # all of it, without scrolling
        panel._fold.click()
        await editor.until(lambda: dock.height() == needed)
        editor.do("generate.reference_layer")
        await editor.until(lambda: dock.height() > needed)
        editor.do("generate.reference_clear")
        await editor.until(lambda: dock.height() == needed)

    tell(story, photo)


def test_it_has_its_height_in_a_window_of_its_own_after_another_size_and_among_tabs(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        window, panel, docks = editor.window, editor.window.generate_panel, editor.window.docks
        dock = docks.docks["generate"]
        await sized(editor, 1280, 800)
        await sized(editor, 1280, 600)
        assert panel.height() == panel.sizeHint().height()  # what is lost, the layers lose
        stacked, needed = window.saveState(), dock.height()
        docks.float_panel("generate")
        panel._fold.click()
        await editor.until(lambda: panel.visibleRegion().boundingRect().height() == panel.sizeHint().height() > needed)
        docks.float_panel("generate")
        panel._fold.click()
        await editor.until(lambda: dock.height() == needed)
        docks._one_column_of_tabs()
        tabs = window.saveState()
        for state, height in ((stacked, needed), (tabs, 450)):
            window.restoreState(state)
            await editor.until(lambda height=height: dock.height() >= height)
        window.restoreState(stacked)
        await editor.until(lambda: dock.height() == needed)
        calls = []
        docks._generate.changed.connect(lambda: calls.append(1))
        for _ in range(3):
            calls.clear()
            docks._fit()
            QApplication.processEvents()
        assert not calls  # measuring asks for no other measuring

    tell(story, photo)


def drag_line(editor: Editor, by: int) -> None:
    """The line below the Generate panel, by so many pixels."""
    window, dock = editor.window, editor.window.docks.docks["generate"]
    line = QPoint(dock.geometry().center().x(), dock.geometry().bottom() + 2)
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=line)
    for step in (by // 2, by):
        QTest.mouseMove(window, line + QPoint(0, step))
        QTest.qWait(20)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=line + QPoint(0, by))


def test_the_line_between_two_panels_stays_where_it_was_dragged(tell: Tell, photo: Path) -> None:
    heights = []

    async def story(editor: Editor) -> None:
        panel, dock = editor.window.generate_panel, editor.window.docks.docks["generate"]
        await sized(editor, 1280, 800)
        needed = dock.height()
        drag_line(editor, -60)
        lower = dock.height()
        assert lower == needed - 60
        for height in (700, 900):
            await sized(editor, 1280, height)
            assert dock.height() == lower
        panel._fold.click()
        await editor.until(lambda: not editor.window.docks._fit_soon.isActive())
        assert dock.height() == lower  # who has made it low does not want it higher
        heights.append(lower)

    async def next_start(editor: Editor) -> None:
        dock = editor.window.docks.docks["generate"]
        await editor.until(lambda: not editor.window.docks._fit_soon.isActive())
        assert dock.height() == heights[0]
        drag_line(editor, 200)  # as far as it goes: it takes what it needs again
        full = dock.height()
        assert full > heights[0]
        editor.window.generate_panel._fold.click()
        await editor.until(lambda: dock.height() > full + 100)
        drag_line(editor, -80)
        editor.do("view.panels_reset")
        await editor.until(lambda: dock.height() > full + 100)

    tell(story, photo)
    tell(next_start, photo)


def test_on_a_small_screen_all_panels_are_tabs_and_the_window_fits(tell: Tell, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.window.docks, "LOW", 10_000)  # any screen is low

    async def story(editor: Editor) -> None:
        window, docks = editor.window, editor.window.docks.docks
        assert {dock.objectName() for dock in window.tabifiedDockWidgets(docks["generate"])} == {"dock layers", "dock history", "dock queue"}
        editor.window.generate_panel._candidates.setValue(2)
        await editor.insert()
        await sized(editor, 620, 360)  # 1280 × 800 at twice the size, less frame and title
        assert docks["generate"].height() > 150  # as a tab it has all the room there is
        editor.do("view.panel_layers")
        await editor.until(lambda: window.layer_panel.tree.isVisible())
        assert rows_in_sight(editor) >= 1
        window.desk.choose("transform")
        fields = list(window.transform_bar.fields.values())
        await editor.until(lambda: fields[-1].x() > 0)
        assert all(one.geometry().right() < other.x() for one, other in zip(fields, fields[1:], strict=False))  # cut off, not pressed together
        last = window.transform_bar._done
        assert last.visibleRegion().isEmpty()
        window.activateWindow()
        fields[0].setFocus()
        await editor.until(lambda: QApplication.focusWidget() is fields[0])
        for _ in range(12):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            if last.hasFocus():
                break
        assert last.hasFocus() and not last.visibleRegion().isEmpty()

    tell(story, photo)


def test_a_screen_of_540_pixels_holds_the_window_though_its_panels_are_not_tabs(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate_panel._candidates.setValue(2)
        await editor.insert()
        await sized(editor, 960, 500)  # 1920 × 1080 at twice the size, less frame and title
        assert rows_in_sight(editor) >= 1

    tell(story, photo)


def test_a_picture_dropped_anywhere_on_the_panel_is_a_reference(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        panel, data = editor.window.generate_panel, QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(photo))])
        for target in (panel.prompt, panel):
            entered = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(target, entered)
            assert entered.isAccepted()
        QApplication.sendEvent(panel.prompt, QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
        await editor.until(lambda: panel.reference.isVisible())
        assert panel.reference.words.startswith("photo") and panel.text == ""  # the prompt takes no path for words

    tell(story, photo)
