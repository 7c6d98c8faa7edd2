"""The real program with the real starter, timed from within; prints JSON. Run by bench_window.py.

    python -m tests.benchmarks.window WHEN PICTURE [PROMPT]

WHEN: time.time() just before this program was started. With a prompt, a layer is made and the loop's gaps are listened to.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import main
from app.session.jobs import Job
from ui.window.main_window import MainWindow

BEAT = 0.005  # seconds between two heartbeats of the loop
LONGEST_WAIT = 120.0  # seconds


@dataclass
class Heart:
    """Beats in the window's loop and remembers the longest time it could not, in seconds."""

    longest: float = 0.0
    last: float = field(default_factory=time.perf_counter)

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            self.longest, self.last = max(self.longest, now - self.last - BEAT), now


@dataclass
class Watch:
    """When the first denoising step was done and when the first preview was there, in seconds of perf_counter."""

    step: float = 0.0
    preview: float = 0.0

    def look(self, job: Job) -> None:
        if job.progress is not None and job.progress.step >= 1:
            self.step = self.step or time.perf_counter()
            if job.progress.preview is not None:
                self.preview = self.preview or time.perf_counter()


async def generate(window: MainWindow, prompt: str) -> dict[str, float]:
    """Draw a box in the middle of the picture, type, generate; seconds of what happened."""
    from tests.ui.conftest import Editor  # only here: it brings pytest, and the start of the program is timed too

    editor, document = Editor(window, None), window.session.document
    await asyncio.sleep(1)  # the window paints itself first
    editor.do("edit.tool_box")
    editor.drag((document.width * 0.4, document.height * 0.4), (document.width * 0.6, document.height * 0.6))
    window.generate_panel.set_recipe({"steps": 4, "seed": 1})  # with one step there is nothing to preview
    editor.type(prompt)
    heart, watch, layers = Heart(), Watch(), len(document.layers)
    beating = asyncio.get_running_loop().create_task(heart.beat())
    window._around.queue.subscribe(watch.look)
    started = time.perf_counter()
    editor.do("generate.run")
    while window.generation.alive and time.perf_counter() - started < LONGEST_WAIT:
        await asyncio.sleep(0.02)
    took = time.perf_counter() - started
    await asyncio.sleep(0.2)
    beating.cancel()
    assert len(window.session.document.layers) == layers + 1, window.messages.sentence
    return {"gap": heart.longest, "took": took, "preview_after_step": watch.preview - watch.step}


async def _discard(_name: str) -> str:
    """The answer to "save first?"."""
    return "discard"


def run(when: float, picture: str, prompt: str | None) -> dict[str, object]:
    told: dict[str, object] = {}
    tasks = []

    async def watch(window: MainWindow) -> None:
        told.update(up=time.time() - when, torch="torch" in sys.modules)
        try:
            if prompt:
                told.update(await generate(window, prompt))
        finally:
            window.files.ask_to_save = _discard
            window.close()

    opened: Callable[[MainWindow], None] = lambda window: tasks.append(window._around.loop.create_task(watch(window)))
    assert main.main([picture], opened=opened) == 0
    for task in tasks:
        task.result()
    return told


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]), *(sys.argv[2:] + [None])[:2])))
