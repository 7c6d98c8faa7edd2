"""Through the whole window and its dialogs with Tab: every stop is in sight, has a name, and comes in its turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine
from tests.ui.window.test_ease import opened, spoken
from ui.canvas.canvas import Canvas

Tell = Callable[..., None]


def walk(start: QWidget) -> list[QWidget]:
    """Where Tab leads from here until it comes back, or ends on the canvas."""
    stops: list[QWidget] = []
    while (now := QApplication.focusWidget()) not in stops:
        stops.append(now)
        assert not now.visibleRegion().isEmpty(), f"{type(now).__name__} {spoken(now)} cannot be seen"
        if isinstance(now, Canvas):
            break  # there the key hides the panels
        QTest.keyClick(now, Qt.Key.Key_Tab)
    assert stops[0] is start
    return stops


def of(stops: list[QWidget], owner: QWidget) -> list[QWidget]:
    return [stop for stop in stops if owner.isAncestorOf(stop)]


async def ready(editor: Editor) -> None:
    editor.window.activateWindow()
    await editor.until(editor.window.isActiveWindow)


@pytest.mark.parametrize("panel", ["generate", "layers", "history", "queue"])
def test_every_stop_is_in_sight_and_the_stops_of_a_panel_are_one_after_the_other(tell: Tell, photo: Path, panel: str) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        window.generate_panel._candidates.setValue(2)
        await editor.insert()
        await ready(editor)
        window.generate_panel._fold.click()
        editor.do("generate.reference_layer")
        form = window.generate_panel
        await editor.until(lambda: form.reference.isVisible() and form.visibleRegion().boundingRect().height() == form.sizeHint().height())
        editor.do(f"view.panel_{panel}")
        start = QApplication.focusWidget()
        dock = window.docks.docks[panel]
        assert dock.isAncestorOf(start)
        stops = walk(start)
        assert not [f"{type(stop).__name__} in {type(stop.parent()).__name__}" for stop in stops if not spoken(stop)]
        inside = of(stops, dock)
        assert stops[: len(inside)] == inside  # all that come after the first one, before anything else
        assert stops[-1] is window.canvas

    tell(story, photo)


def test_tab_goes_through_the_layer_panel_from_the_top_to_the_bottom(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        window.generate_panel._candidates.setValue(2)
        await editor.insert()
        await ready(editor)
        window.docks.show_panel("layers")
        window.layer_panel.blend.setFocus()
        stops = of(walk(window.layer_panel.blend), window.layer_panel)
        places = [stop.mapTo(window, stop.rect().center()) for stop in stops]
        rows = [place.y() for place in places]
        assert len(stops) > 12 and all(low - high > -12 for high, low in zip(rows, rows[1:], strict=False))
        able = [w for w in window.layer_panel.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled()]
        assert {id(stop) for stop in stops} == {id(w) for w in able if w.focusProxy() is None and not _inner(w)}

    tell(story, photo)


def _inner(widget: QWidget) -> bool:
    """A part of another stop, such as the field inside a number."""
    return widget.objectName().startswith("qt_")


def test_the_jobs_in_the_queue_are_reached_and_cancelled(tell: Tell, photo: Path, engine: DiscEngine) -> None:
    async def story(editor: Editor) -> None:
        engine.go.clear()
        editor.do("edit.tool_box")
        editor.drag((40, 30), (100, 80))
        for prompt in ("apple", "cat"):
            editor.type(prompt)
            editor.do("generate.run")
        await editor.until(lambda: any(label.text() == "cat" and label.isVisible() for label in editor.window.queue_panel.findChildren(QLabel)))
        await ready(editor)
        editor.do("view.panel_queue")
        stops = of(walk(QApplication.focusWidget()), editor.window.queue_panel)
        assert [(stop.accessibleDescription(), spoken(stop)) for stop in stops] == [
            ("apple", "Cancel"), ("cat", "Move to the front of the queue"), ("cat", "Cancel"), ("", "Cancel all"),
        ]  # fmt: skip
        stops[2].setFocus()
        QTest.keyClick(stops[2], Qt.Key.Key_Space)
        await editor.until(lambda: len(editor.window.generation.lines()) == 1)
        engine.go.set()
        await editor.generated()
        assert editor.names == ["photo", "apple"]

    tell(story, photo)


def test_tab_works_on_the_page_of_the_first_moment(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await ready(editor)
        editor.do("help.welcome")
        welcome = editor.window.welcome
        stops = of(walk(welcome.open), welcome)
        assert {welcome.open, welcome.new, welcome.close_button, welcome.samples, welcome.always} <= set(stops)
        assert editor.window.docks.docks["layers"].isVisible()  # Tab has hidden nothing
        QTest.keyClick(welcome.open, Qt.Key.Key_Escape)
        assert editor.window.canvas.hasFocus()

    tell(story, photo)


def test_what_the_program_says_is_answered_with_the_keys(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("edit.tool_box")
        editor.drag((40, 30), (100, 80))
        editor.type("dragon")
        editor.do("generate.run")
        await editor.until(lambda: editor.window.messages.sentence)
        await ready(editor)
        editor.window.canvas.setFocus()
        editor.key(Qt.Key.Key_F3)
        first = QApplication.focusWidget()
        assert first.text() == "apple"
        QTest.keyClick(first, Qt.Key.Key_Tab)
        assert QApplication.focusWidget().text() == "cat"
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        assert editor.window.generate_panel.text == "cat" and editor.window.generate_panel.prompt.hasFocus()
        editor.window.messages.say("News.")
        editor.do("view.panel_message")
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        assert editor.window.messages.sentence == "" and editor.window.canvas.hasFocus()

    tell(story, photo)


@pytest.mark.parametrize(
    "name",
    [
        "edit.preferences", "file.new", "file.export", "file.export_layers", "generate.models", "generate.preset_save", "generate.presets", "help.about",
        "help.keys", "help.things", "image.size", "view.grid_spacing", "view.guide_new",
    ],
)  # fmt: skip
def test_tab_reaches_all_that_can_be_done_in_a_dialog(tell: Tell, photo: Path, name: str) -> None:
    async def story(editor: Editor) -> None:
        editor.window.generate.presets.save("one")
        await editor.until(lambda: editor.window.generate.things)
        await ready(editor)
        editor.do(name)
        await editor.until(lambda: opened(editor))
        dialog: QDialog = opened(editor)[0]
        dialog.activateWindow()
        await editor.until(lambda: dialog.isActiveWindow() and QApplication.focusWidget() is not None)
        stops = walk(QApplication.focusWidget())
        able = [w for w in dialog.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled()]
        missed = [w for w in able if w not in stops and w.focusProxy() is None and not _inner(w) and w.parent() not in stops]
        assert not [f"{type(w).__name__} {spoken(w)}" for w in missed if type(w).__name__ != "QRadioButton"]  # those go by arrows
        dialog.close()
        await editor.files_done()

    tell(story, photo)
