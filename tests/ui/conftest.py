"""The real program, started by main(), with an engine that needs no weights."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

import main
from app.document.document import Layer, walk
from tests.ui.double import DiscEngine, Words
from ui.language import speak
from ui.window.main_window import MainWindow

PATIENCE = 10.0  # seconds a story waits for something to happen

Story = Callable[["Editor"], Awaitable[None]]


def answer(value: object) -> Callable[..., Awaitable[object]]:
    """In place of a dialog: always this answer."""

    async def given(*_: object) -> object:
        return value

    return given


@dataclass
class Editor:
    """The window in the hands of a user."""

    window: MainWindow
    engine: DiscEngine
    answers: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Layer names from bottom to top."""
        return [node.name for node, _, _ in walk(self.window.session.document)]

    @property
    def active(self) -> Layer:
        return self.window.session.active_node

    @property
    def steps(self) -> list[str]:
        """The labels of the history panel."""
        items = self.window.history_panel.list
        return [items.item(row).text() for row in range(items.count())]

    def point(self, x: float, y: float) -> QPoint:
        """Canvas pixels -> a point of the canvas widget."""
        return self.window.canvas.to_widget(x, y).toPoint()

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press at `start`, move, release at `end`; canvas pixels."""
        canvas = self.window.canvas
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, modifiers, self.point(*start))
        QTest.mouseMove(canvas, self.point(*middle))
        QTest.mouseMove(canvas, self.point(*end))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, modifiers, self.point(*end))

    def type(self, text: str) -> None:
        """Into the prompt, as after Ctrl+L."""
        self.do("generate.prompt")
        QTest.keyClicks(self.window.generate_panel.prompt, text)
        self.window.generate_panel.prompt.completer().popup().hide()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or self.window.canvas, key, modifiers)

    def do(self, action: str) -> None:
        """Trigger an action by its name."""
        assert self.window.actions_[action].isEnabled(), action
        self.window.actions_[action].trigger()

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the program run until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; the window says: {self.window.messages.sentence!r}"
            await asyncio.sleep(0.01)

    async def generated(self) -> None:
        """Wait until the queue is empty."""
        await self.until(lambda: not self.window.generation.alive)

    async def insert(self, prompt: str = "apple", start: tuple[int, int] = (40, 30), end: tuple[int, int] = (100, 80)) -> Layer:
        """Draw a box, type, generate; returns the new layer."""
        self.do("edit.tool_box")
        self.do("edit.cancel")
        self.drag(start, end)
        self.type(prompt)
        self.do("generate.run")
        await self.generated()
        return self.active

    async def renewed(self) -> None:
        """Wait until another window has taken the place of this one, and go on with that."""
        old = self.window
        shown: list[MainWindow] = []

        def another() -> bool:
            shown[:] = [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow) and each is not old and each.isVisible()]
            return bool(shown)

        await self.until(another)
        self.window = shown[0]

    async def files_done(self) -> None:
        await asyncio.sleep(0)
        await self.until(lambda: self.window.files.idle)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A PNG of 160 × 120 pixels with a slow change of colour."""
    y, x = np.mgrid[0:120, 0:160]
    pixels = np.stack([x, y * 2, 255 - x], axis=-1).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def english_afterwards(qapp: QApplication) -> Iterator[None]:
    yield
    speak(qapp, "en")


@pytest.fixture
def engine() -> DiscEngine:
    return DiscEngine()


@pytest.fixture
def tell(qapp: QApplication, engine: DiscEngine) -> Iterator[Callable[..., None]]:
    """Run a story in the program, started with these arguments; the window is closed at its end."""

    def run(story: Story, *arguments: str | Path, vocabulary: Callable[[], Words | None] = Words) -> None:
        failed: list[BaseException] = []

        async def play(window: MainWindow) -> None:
            editor = Editor(window, engine)
            try:
                await asyncio.sleep(0.02)
                await story(editor)
            except BaseException as error:
                failed.append(error)
            finally:
                engine.go.set()
                editor.window.files.ask_to_save = answer("discard")
                editor.window.files.ask_about_jobs = answer(True)
                editor.window.close()

        tasks = []
        status = main.main(
            [str(argument) for argument in arguments],
            engine=lambda: engine,
            vocabulary=vocabulary,
            opened=lambda window: tasks.append(window._around.loop.create_task(play(window))),
        )
        if failed:
            raise failed[0]
        assert status == 0

    yield run
    qapp.clipboard().clear()  # Qt's clipboard without a screen lives longer than Python, and would call what Python made
