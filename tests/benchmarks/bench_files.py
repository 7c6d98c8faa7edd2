"""Project files of four layers of 4096 × 4096 pixels: full saves, saves after a stroke, opening, and the window meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.document import Document, Layer, make_layer
from app.document.pixels import Pixels
from app.formats import open_with_report, save_document
from app.render.render import render
from app.session.recovery import Belonging, Journal

SIDE = 4096


@pytest.fixture(scope="module")
def four_layers(photograph: Path) -> Document:
    """Photographs with grain, three of them with a soft round edge."""
    with Image.open(photograph) as picture:
        pixels = np.asarray(picture.resize((SIDE, SIDE)))
    y, x = np.ogrid[:SIDE, :SIDE]
    layers = [make_layer("ground", Pixels.from_array(pixels))]
    for number in (1, 2, 3):
        edge = np.clip(1500 + 200 * number - np.hypot(x - SIDE / 2, y - SIDE / 2), 0, 255).astype(np.uint8)
        layers.append(make_layer(f"cut-out {number}", Pixels.from_array(np.dstack([np.roll(pixels, 97 * number, axis=1), edge]))))
    return Document(SIDE, SIDE, tuple(layers))


def stroke(document: Document, seed: int) -> Document:
    """512 × 512 pixels of one layer are new."""
    ground = document.layers[0]
    paint = np.random.default_rng(seed).integers(0, 256, (512, 512, 4), dtype=np.uint8)
    return replace(document, layers=(replace(ground, pixels=ground.pixels.with_region(300 * seed, 200 * seed, paint)), *document.layers[1:]))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def longest_gap(work: Callable[[], object]) -> float:
    """The longest time for which another thread, as the window's is, does not get to run while the work goes on."""
    gaps, done = [0.0], threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not done.wait(0.002):
            gaps.append((now := time.perf_counter()) - last)
            last = now

    with ThreadPoolExecutor(1) as other:
        ticking = other.submit(tick)
        work()
        done.set()
        ticking.result()
    return max(gaps)


def test_projects_are_saved_and_opened_quickly(four_layers: Document, tmp_path: Path, measure: Callable[..., None]) -> None:
    path = tmp_path / "scene.downstage"
    render(four_layers, four_layers.rect, 0.125)  # the window has painted it before anyone saves
    full = []
    for number in range(3):
        fresh = replace(four_layers, layers=tuple(_repacked(layer) for layer in four_layers.layers))
        full.append(seconds(lambda number=number, fresh=fresh: save_document(fresh, tmp_path / f"{number}.downstage")))
    measure("full save, nothing packed before", min(full), "s", budget=2.5)
    document, stamp, short = four_layers, save_document(four_layers, path), []
    for seed in range(1, 8):
        document = stroke(document, seed)
        started = time.perf_counter()
        stamp = save_document(document, path, expected=stamp)
        short.append(time.perf_counter() - started)
    measure("save after a stroke of 512 × 512", min(short) * 1000, "ms", budget=100)
    measure("save after a stroke, share of a full save", min(short) / min(full), "", budget=0.1)
    opened = [seconds(lambda: open_with_report(path)) for _ in range(3)]
    measure("open, nothing unpacked", min(opened), "s", budget=0.5)
    again = open_with_report(path).document
    measure("first picture after opening", seconds(lambda: render(again, again.rect, 0.125)), "s", budget=1.0)


def test_the_window_goes_on_while_a_project_is_saved(four_layers: Document, tmp_path: Path, measure: Callable[..., None]) -> None:
    gap = longest_gap(lambda: save_document(four_layers, tmp_path / "a.downstage"))
    measure("longest gap of another thread during a full save", gap * 1000, "ms", budget=100)


def test_the_window_itself_goes_on_while_it_opens_and_saves(
    four_layers: Document, tmp_path: Path, measure: Callable[..., None], run_program: Callable
) -> None:
    save_document(four_layers, tmp_path / "scene.downstage")
    told = json.loads(run_program("-m", "tests.benchmarks.saving", str(tmp_path / "scene.downstage")).output)
    measure("open in the window, until it shows", told["open"]["seconds"], "s", budget=3)
    measure("save in the window after a stroke", told["after a stroke"]["seconds"] * 1000, "ms", budget=200)
    for what in ("open", "after a stroke", "whole"):
        measure(f"longest gap of the window's loop: {what}", told[what]["gap"] * 1000, "ms", budget=100)


def test_the_journal_follows(four_layers: Document, tmp_path: Path, measure: Callable[..., None]) -> None:
    path = tmp_path / "scene.downstage"
    stamp = save_document(four_layers, path)
    belonging = Belonging(path, stamp, saved=False)
    document = stroke(four_layers, 1)
    journal: list[Journal] = []
    began = seconds(lambda: journal.append(Journal.begin(tmp_path / "recovery", document, belonging)))
    measure("first write of the journal, from the file's own copy", began, "s", budget=1.0)
    times = []
    for seed in range(2, 9):
        document = stroke(document, seed)
        times.append(seconds(lambda document=document: journal[0].write(document, belonging)))
    measure("write of the journal after a stroke", min(times) * 1000, "ms", budget=100)
    journal[0].remove()


def _repacked(layer: Layer) -> Layer:
    """With tiles of its own, of which no name is known."""
    tiles = {key: tile.copy() for key, tile in layer.pixels.tiles.items()}
    return replace(layer, pixels=replace(layer.pixels, tiles=tiles))
