"""Frames of the real window, timed from within; prints JSON. Run by bench_canvas.py.

    python -m tests.benchmarks.canvas LAYERS SIDE [WHAT]

A document of SIDE × SIDE pixels with so many full layers, half transparent; its middle layer, and a cut-out of 600 pixels above it,
are dragged at several zooms, the middle layer's mask is painted on, and the view is panned and turned. A frame is a mouse move with
everything it sets off, and the painting of all of the picture and the window; nothing is left for the next frame. Times are of the
processor, of all threads together (Qt draws what is scaled or shifted by parts of pixels on several), in milliseconds: what else the
machine does disturbs them less, and without it a frame takes no longer than that. The journal of unsaved work is off. WHAT: only the one of this name, such as "pan, 50 %".
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication

import main
import ui.canvas.canvas
from app.document.document import Document, make_layer
from app.document.geometry import Placement
from app.document.pixels import TILE, Pixels
from app.session.session import Session
from ui.canvas.canvas import REST, Canvas
from ui.window.main_window import MainWindow

FRAMES = 100
SIZE = 1500, 950  # logical pixels of the window


def full_layer(side: int, seed: int) -> Pixels:
    """Every tile is memory of its own, as in a photograph."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 256, (4, TILE, TILE, 4), np.uint8)
    patterns[..., 3] = 60 + 10 * seed % 180
    count = -(-side // TILE)
    tiles = {}
    for row in range(count):
        for column in range(count):
            tile = patterns[random.integers(4)].copy()
            tile[max(side - row * TILE, 0) :], tile[:, max(side - column * TILE, 0) :] = 0, 0
            tile.flags.writeable = False
            tiles[row, column] = tile
    return Pixels(side, side, MappingProxyType(tiles))


def document(layers: int, side: int) -> Document:
    made = [make_layer(f"full {index}", full_layer(side, index)) for index in range(layers)]
    y, x = np.ogrid[-1:1:600j, -1:1:600j]
    disc = np.full((600, 600, 4), 200, np.uint8)
    disc[..., 3] = np.clip((1 - np.hypot(x, y)) * 5 * 255, 0, 255)
    cut_out = make_layer("cut-out", Pixels.from_array(disc), Placement(side // 2 - 300, side // 2 - 300))
    return Document(side, side, (*made[: layers // 2 + 1], cut_out, *made[layers // 2 + 1 :]))


def send(canvas: Canvas, kind: QEvent.Type, x: float, y: float) -> None:
    point = QPointF(x, y)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    QApplication.sendEvent(canvas, QMouseEvent(kind, point, canvas.mapToGlobal(point), button, held, Qt.KeyboardModifier.NoModifier))


async def settled(canvas: Canvas) -> None:
    """Until nothing is left to be painted."""
    for _ in range(400):
        await asyncio.sleep(0.005)
        if not canvas._backing.is_behind:
            return
    raise TimeoutError("the picture was never finished")


async def rested(canvas: Canvas) -> None:
    """Until all that is painted while nothing happens is there, as when a hand goes from the panels to the picture."""
    await settled(canvas)
    await asyncio.sleep(REST / 1000 + 0.1)
    for _ in range(400):
        if not canvas._rest.isActive():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("the rest was never used up")


def timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1e3


async def dragged(window: MainWindow, least: Least) -> tuple[list[float], list[float]]:
    """Milliseconds of what every movement of one drag set off, and of the whole frames."""
    canvas = window.canvas
    await rested(canvas)
    start = canvas.width() / 2, canvas.height() / 2
    send(canvas, QEvent.Type.MouseButtonPress, *start)
    moves, frames = [], []
    for frame in range(1, FRAMES):
        x, y = start[0] + 1.5 * frame, start[1] + 0.7 * frame
        moves.append(timed(lambda x=x, y=y: send(canvas, QEvent.Type.MouseMove, x, y)))
        frames.append(moves[-1] + timed(canvas.repaint))
        assert not canvas._backing.is_behind, "a frame left something for the next"
        least.draw()
        await asyncio.sleep(0)
    send(canvas, QEvent.Type.MouseButtonRelease, x, y)
    await settled(canvas)
    window.session.undo()
    await settled(canvas)
    return moves, frames


async def looked_around(window: MainWindow, step: Callable[[int], None]) -> list[float]:
    await rested(window.canvas)
    frames = []
    for frame in range(FRAMES):
        frames.append(timed(lambda frame=frame: (step(frame), window.canvas.repaint())))
        assert not window.canvas._backing.is_behind, "a frame left something for the next"
        await asyncio.sleep(0)
    await settled(window.canvas)
    return frames


class Least:
    """What no frame of a drag can do without: what lies below, the layer, what lies above, and all of it onto the window, as plain
    copies of as many pixels as the canvas has. Timed after every frame, so that it meets the same conditions."""

    def __init__(self, canvas: Canvas) -> None:
        premultiplied = QImage.Format.Format_ARGB32_Premultiplied
        self._below, self._layer, self._above, self._sheet = (QImage(*canvas.device_size, premultiplied) for _ in range(4))
        self._window = QImage(*canvas.device_size, QImage.Format.Format_RGB32)
        for image in (self._below, self._layer, self._above):
            image.fill(QColor(90, 70, 50, 130))
        self.taken: list[float] = []

    def draw(self) -> None:
        self.taken.append(timed(self._drawn))

    def _drawn(self) -> None:
        self._sheet.fill(0)
        painter = QPainter(self._sheet)
        for image in (self._below, self._layer, self._above):
            painter.drawImage(0, 0, image)
        painter.end()
        painter = QPainter(self._window)
        painter.drawImage(0, 0, self._sheet)
        painter.end()


async def story(window: MainWindow, layers: int, side: int, only: str | None) -> dict[str, list[float]]:
    made = document(layers, side)
    window.resize(*SIZE)
    window.files.recovery.watch = lambda _session: None
    session = Session(made)
    window.show_session(session)
    canvas, desk = window.canvas, window.desk
    ui.canvas.canvas.PAINT_BUDGET = 10.0  # every frame shows all of the picture; in the program a late one leaves some for the next
    told: dict[str, list[float]] = {}
    least = Least(canvas)
    full, cut_out = made.layers[layers // 2].id, made.layers[layers // 2 + 1].id
    for name, zoom in (("fitted", 0.0), ("50 %", 0.5), ("100 %", 1.0), ("150 %", 1.5)):
        canvas.fit() if not zoom else canvas.centre_at(zoom)
        for what, tool, id in (("drag of a full layer", "move", full), ("drag of a cut-out", "move", cut_out), ("stroke of 60 px", "eraser", full)):
            if only not in (None, f"{what}, {name}"):
                continue
            desk.choose(tool)
            session.active = id
            moves, told[f"{what}, {name}"] = await dragged(window, least)
            if tool == "eraser":
                told[f"dab of 60 px, {name}"] = moves
    looks = [("pan, 50 %", lambda _frame: canvas.set_view(canvas.view.moved(9, 4)), 0.5)]
    looks += [("pan, 100 %", looks[0][1], 1.0), ("turn, fitted", lambda frame: canvas.turn_to(frame * 0.7), 0.0)]
    for name, step, zoom in looks:
        if only in (None, name):
            canvas.fit() if not zoom else canvas.centre_at(zoom)
            told[name] = await looked_around(window, step)
    return told | {"least": least.taken}


def run(layers: int, side: int, only: str | None = None) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {}
    tasks = []

    async def watch(window: MainWindow) -> None:
        try:
            told.update(await story(window, layers, side, only))
        finally:
            window.leave_unsaved()

    main.main([], opened=lambda window: tasks.append(window.loop.create_task(watch(window))))
    for task in tasks:
        task.result()
    return told


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])))
