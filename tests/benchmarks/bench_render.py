"""How fast the painter is, against the least work there is: QPainter drawing the same layers from ready premultiplied images.

`python tests/benchmarks/bench_render.py` prints the table; under pytest the budgets are checked too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtGui import QImage, QPainter

from app.document import edits
from app.document.document import Document, damage, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.render.render import render, render_qimage, thumbnail

WIDTH, HEIGHT = 4248, 2832  # 12 megapixels
CUT_OUT = 600  # pixels: the side of the dragged layer
FRAMES = 30


@dataclass(frozen=True)
class Timing:
    """Milliseconds of ours and of the least work, the budget in milliseconds for ours."""

    name: str
    ours: float
    least: float
    budget: float


def best(work: Callable[[], object], times: int = 5) -> float:
    """Milliseconds of processor time of the fastest of several runs; what else the machine does disturbs it little."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken) * 1e3


def picture(width: int, height: int, seed: int, opaque: bool) -> np.ndarray:
    """(h, w, 4) uint8: grain over a gradient; a cut-out is a soft disc."""
    random = np.random.default_rng(seed)
    array = random.integers(0, 64, (height, width, 4), np.uint8)
    array[..., :3] += np.linspace(0, 190, width).astype(np.uint8)[None, :, None]
    if opaque:
        array[..., 3] = 255
    else:
        y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        array[..., 3] = np.clip((1 - np.hypot(x, y)) * 5 * 255, 0, 255)
    return array


def document(full_layers: int, cut_outs: int, **fields: object) -> Document:
    layers = [make_layer("photo", Pixels.from_array(picture(WIDTH, HEIGHT, 0, True)))]
    layers += [make_layer(f"full {i}", Pixels.from_array(picture(WIDTH, HEIGHT, i, False)), **fields) for i in range(1, full_layers)]
    small = Pixels.from_array(picture(CUT_OUT, CUT_OUT, 9, False))
    layers += [make_layer(f"cut-out {i}", small, Placement(1800 + 40 * i, 1000 + 30 * i)) for i in range(cut_outs)]
    return Document(WIDTH, HEIGHT, tuple(layers))


def dragging(scale: float) -> Timing:
    """One frame of dragging a cut-out over a photograph and two other cut-outs: damage, then the damaged part at the view's scale."""
    start = document(1, 3)
    dragged = start.layers[-1].id
    step = round(1 / scale)
    states = [edits.nudge(start, [dragged], 7 * i, 4 * i) for i in range(FRAMES + 1)]
    areas = [damage(old, new) for old, new in zip(states, states[1:], strict=False)]
    areas = [Rect(a.left // step * step, a.top // step * step, -(-a.right // step) * step, -(-a.bottom // step) * step) for a in areas]

    def ours() -> None:
        old = start
        for i, area in enumerate(areas):
            new = edits.nudge(start, [dragged], 7 * (i + 1), 4 * (i + 1))
            damage(old, new)
            render_qimage(new, area, scale)
            old = new

    ready = [_ready(picture(CUT_OUT, CUT_OUT, 9, False), scale)] * 3
    ground = _ready(picture(WIDTH, HEIGHT, 0, True), scale)

    def least() -> None:
        for area in areas:
            image = _blank(-(-area.width // step), -(-area.height // step))
            painter = QPainter(image)
            painter.drawImage(-area.left // step, -area.top // step, ground)
            for cut_out in ready:
                painter.drawImage(3, 3, cut_out)
            painter.end()

    ours()
    return Timing(f"a frame of dragging 600 px at {scale:g}", best(ours) / FRAMES, best(least) / FRAMES, 16)


def whole(mode: str, deep: bool, budget: float) -> Timing:
    """All 12 megapixels with five full layers at 100 %."""
    made = document(5, 0, blend=mode)
    ready = [_ready(layer.pixels.to_array(), 1.0) for layer in made.layers]

    def least() -> None:
        image = _blank(WIDTH, HEIGHT)
        painter = QPainter(image)
        for layer in ready:
            painter.drawImage(0, 0, layer)
        painter.end()

    work = (lambda: render(made, made.rect)) if deep else (lambda: render_qimage(made, made.rect))
    return Timing(f"12 MP, five full layers, {mode}, {'export' if deep else 'screen'}", best(work, 3), best(least, 3), budget)


def fitted() -> list[Timing]:
    """The window shows all of a document: first and again, and after a stroke."""
    made = document(5, 0)
    ready = [_ready(layer.pixels.to_array(), 0.25) for layer in made.layers]

    def least() -> None:
        image = _blank(WIDTH // 4, HEIGHT // 4)
        painter = QPainter(image)
        for layer in ready:
            painter.drawImage(0, 0, layer)
        painter.end()

    floor = best(least)
    first = best(lambda: render_qimage(made, made.rect, 0.25), 1)
    again = best(lambda: render_qimage(made, made.rect, 0.25))
    small = best(lambda: thumbnail(made.layers[1], 48), 1)
    return [
        Timing("fitted at 0.25, first time", first, floor, 1000),
        Timing("fitted at 0.25, again", again, floor, 16),
        Timing("a thumbnail of 12 MP, first time", small, floor, 200),
    ]


def _ready(array: np.ndarray, scale: float) -> QImage:
    height, width = array.shape[:2]
    image = QImage(np.ascontiguousarray(array).data, width, height, width * 4, QImage.Format.Format_RGBA8888)
    image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return image.scaled(round(width * scale), round(height * scale)) if scale != 1 else image


def _blank(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image


def all_timings() -> list[Timing]:
    timings = [dragging(scale) for scale in (1.0, 0.5, 0.25)]
    timings += fitted()
    timings += [whole("normal", False, 500), whole("normal", True, 1500), whole("multiply", True, 2000), whole("luminosity", True, 20000)]
    return timings


def test_the_painter_is_near_the_least_work(measure: Callable[..., None]) -> None:
    for timing in all_timings():
        measure(f"{timing.name} ({timing.ours / timing.least:.1f} × the least work)", timing.ours, "ms", budget=timing.budget)


if __name__ == "__main__":
    for timing in all_timings():
        print(f"{timing.ours:9.2f} ms  {timing.least:8.2f} ms least  {timing.ours / timing.least:6.1f} ×  {timing.name}")
