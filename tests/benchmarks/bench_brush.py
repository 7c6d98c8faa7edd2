"""The mask brush on a large document: one dab, from the pen's movement to the new document and what of it has to be painted again.

Processor time of the one thread, because the machine may have other work; and as a ratio to copying one tile of the mask in the same run.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest

from app.document.document import Document, damage, make_layer
from app.document.geometry import Placement
from app.document.masks import add_mask
from app.document.pixels import Pixels
from app.render.render import render_qimage
from app.session.session import Session
from app.tools.brush import Brush, BrushTool

SIDE, LAYERS = 4096, 20
DABS, RADIUS = 200, 1500  # along a circle of so many pixels


def large_session() -> Session:
    """Twenty full layers of 4096 × 4096 pixels; the topmost one has a mask. They share their tiles, which a brush cannot tell."""
    pixels = Pixels.from_array(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), np.uint8))
    layers = tuple(make_layer(f"layer {number}", pixels, Placement()) for number in range(LAYERS))
    document = add_mask(Document(SIDE, SIDE, layers), layers[-1].id)
    return Session(document)


def in_milliseconds(act: Callable[[], object]) -> float:
    started = time.thread_time()
    act()
    return (time.thread_time() - started) * 1000


@pytest.mark.parametrize(("size", "budget", "budget_in_tiles"), [(60, 4, 600), (300, 4, 2000)])
def test_a_dab_is_under_4_ms(size: int, budget: float, budget_in_tiles: float, measure: Callable) -> None:
    session = large_session()
    tool = BrushTool(session)
    tool.brush, tool.erases = Brush(size, 0.5, 0.5), True
    seen: list[tuple] = []
    session.subscribe(lambda old, new: seen.append((damage(old, new), new)))
    angle = size * 0.1 * 1.01 / RADIUS  # one dab for each movement
    path = [(SIDE / 2 + RADIUS * math.cos(angle * number), SIDE / 2 + RADIUS * math.sin(angle * number)) for number in range(DABS)]
    tool.press(*path[0])
    dabs, painted = [], []
    for number, point in enumerate(path[1:]):
        dabs.append(in_milliseconds(lambda point=point: tool.drag(*point)))
        area, document = seen[-1]
        if number % 20 == 0:
            painted.append(in_milliseconds(lambda area=area, document=document: render_qimage(document, area, only=session.active)))
    tool.release(*path[-1])
    mask = session.document.layers[-1].mask
    copying = statistics.median(in_milliseconds(lambda: [tile.copy() for tile in mask.tiles.values()]) for _ in range(20)) / len(mask.tiles)
    dab = statistics.median(dabs)
    measure(f"dab of {size} px on a mask of {SIDE}², median", dab, "ms", budget=budget)
    measure(f"dab of {size} px / copying one tile of a mask", dab / copying, "×", budget=budget_in_tiles)
    measure(f"painting what a dab of {size} px touched of its layer", statistics.median(painted), "ms", budget=budget)
