"""Whatever other threads do, a widget that nobody needs any more ends on the window's thread."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from bfs_engine.quiet_import import quiet_import
from tests.ui.conftest import Editor
from ui.window.collector import Collector


def test_a_timer_in_a_cycle_is_not_destroyed_by_a_busy_thread(tell: Callable[..., None], photo: Path) -> None:
    ended_on: list[threading.Thread] = []

    async def story(editor: Editor) -> None:
        timer = QTimer()
        timer.start(60_000)
        timer.itself = timer  # type: ignore[attr-defined]
        weakref.finalize(timer, lambda: ended_on.append(threading.current_thread()))
        del timer
        with ThreadPoolExecutor(1) as pool:
            many = await asyncio.get_running_loop().run_in_executor(pool, lambda: [[[]] for _ in range(200_000)])
        await editor.until(lambda: ended_on)
        assert many  # until here: what is freed again counts as never made, and then nothing is due

    tell(story, photo)
    assert ended_on == [threading.main_thread()] and gc.isenabled()


def test_while_an_engine_is_imported_the_window_does_not_stop_to_collect(tell: Callable[..., None], photo: Path) -> None:
    sweeps: list[str] = []

    async def story(editor: Editor) -> None:
        collector = QApplication.instance().findChild(Collector)
        remember = lambda phase, _info: sweeps.append(phase)
        gc.callbacks.append(remember)
        with quiet_import():
            modules = [[[]] for _ in range(20_000)]
            collector.collect()
            assert modules and not sweeps
        others = [[[]] for _ in range(20_000)]
        collector.collect()
        assert others and sweeps
        gc.callbacks.remove(remember)
        gc.unfreeze()

    tell(story, photo)
