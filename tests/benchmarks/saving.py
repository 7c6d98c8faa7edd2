"""The real program with a large project, timed from within while it opens and saves; prints JSON. Run by bench_files.py.

    python -m tests.benchmarks.saving SCENE.downstage

Gaps are the longest times, in seconds, in which the window's loop did not come round.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import main
from tests.benchmarks.window import Heart
from ui.window.main_window import MainWindow

IDLE = 2.0  # seconds in which nothing is asked for
PICTURE = Path(__file__).parents[2] / "resources" / "scenes" / "coffee.jpg"


async def gap_during(window: MainWindow, deed) -> dict[str, float]:
    """Do it, wait until no file is read or written, and say how long that took and the longest gap of the loop in it."""
    heart, started = Heart(), time.perf_counter()
    beating = asyncio.get_running_loop().create_task(heart.beat())
    deed()
    await asyncio.sleep(0.02)
    while not window.files.idle:
        await asyncio.sleep(0.005)
    took = time.perf_counter() - started
    await asyncio.sleep(0.05)
    beating.cancel()
    return {"seconds": took, "gap": heart.longest}


def stroke(window: MainWindow, seed: int) -> None:
    """512 × 512 pixels of the lowest layer are new."""
    session = window.session
    ground = session.document.layers[0]
    paint = np.random.default_rng(seed).integers(0, 256, (512, 512, 4), dtype=np.uint8)
    pixels = ground.pixels.with_region(300 * seed, 200 * seed, paint)
    session.commit("Stroke", replace(session.document, layers=(replace(ground, pixels=pixels), *session.document.layers[1:])))


async def measured(window: MainWindow, path: Path) -> dict[str, dict[str, float]]:
    files, told = window.files, {}
    await asyncio.sleep(1)
    told["open"] = await gap_during(window, lambda: files.open(path))
    await asyncio.sleep(2)  # it paints what it was too quick to paint
    heart = Heart()
    beating = asyncio.get_running_loop().create_task(heart.beat())
    await asyncio.sleep(IDLE)
    beating.cancel()
    told["idle"] = {"seconds": IDLE, "gap": heart.longest}
    strokes = []
    for seed in range(1, 6):
        stroke(window, seed)
        await asyncio.sleep(1.5)
        strokes.append(await gap_during(window, files.save))
    told["after a stroke"] = {key: sorted(one[key] for one in strokes)[len(strokes) // 2] for key in strokes[0]}

    async def target(*_: object) -> Path:
        return path.with_name("another.downstage")

    files.ask_target = target
    told["whole"] = await gap_during(window, files.save_as)
    assert not window.session.modified and (path.with_name("another.downstage")).exists()
    return told


def run(path: Path) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {}
    tasks = []

    async def watch(window: MainWindow) -> None:
        try:
            told.update(await measured(window, path))
        finally:
            window.close()

    assert main.main([str(PICTURE)], opened=lambda window: tasks.append(window._around.loop.create_task(watch(window)))) == 0
    for task in tasks:
        task.result()
    return told


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]).resolve())))
