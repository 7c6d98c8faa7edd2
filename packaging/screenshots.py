"""Take the README's screenshots of the real program with the real starter: python packaging/screenshots.py [FOLDER]

The window is driven through its own actions and grabbed from within, so no screen is needed (QT_QPA_PLATFORM=offscreen is set
where there is no display). Each picture is kept under 400 kB by a palette of 256 colours.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()  # a user who has never started it before

from PIL import Image  # noqa: E402
from PySide6.QtWidgets import QWidget  # noqa: E402

import main  # noqa: E402
from bfs_engine.api import Box  # noqa: E402
from ui.main_window import MainWindow  # noqa: E402

SIZE = 1280, 800  # logical pixels
ZOOM = 1.5


async def insert(window: MainWindow, prompt: str, box: Box, seed: int) -> None:
    """Generate one layer and wait for it."""
    window.desk.choose("box")
    window.desk.set_box(box)
    window.generate_panel.set_prompt(prompt)
    window.generate_panel.seed.setValue(seed)
    window.generate_panel.seed_lock.setChecked(True)
    window.generate.run()
    await finished(window)


async def finished(window: MainWindow) -> None:
    while window.generation.alive:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


def grab(widget: QWidget, path: Path) -> None:
    """Save what the widget shows, with a palette."""
    widget.grab().save(str(path))
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(path, path.stat().st_size // 1000, "kB")


async def session(window: MainWindow, folder: Path) -> None:
    """An artist's first minutes."""
    window.resize(*SIZE)
    window.theme_menu.chosen.emit("dark")
    await asyncio.sleep(1)
    window.canvas.centre_at(ZOOM)
    await asyncio.sleep(0.3)
    grab(window, folder / "start-dark.png")
    await insert(window, "strawberry", Box(462, 226, 124, 130), 3)
    if len(window.session.document.layers) == 1:
        print("No layer was made, so there is nothing more to show:", window.messages.sentence, file=sys.stderr)
        return
    await insert(window, "croissant", Box(14, 236, 120, 96), 5)
    window.generate.again()
    await finished(window)
    window.desk.choose("move")
    window.canvas.setFocus()
    await asyncio.sleep(0.5)
    grab(window, folder / "editor-dark.png")
    window.theme_menu.chosen.emit("light")
    window.desk.choose("box")
    box = Box(440, 20, 130, 110)
    window.desk.set_box(box)
    for prompt in ("teapot", "banana", "teddy bear"):
        window.generation.submit(box, prompt, seed=2, steps=16, guidance=None)  # many steps, so that there is a preview to see
    window.docks.show_panel("queue")
    while window.generation.alive and not window.canvas.has_preview:
        await asyncio.sleep(0.01)
    grab(window, folder / "generating-light.png")
    window.generation.cancel_all()
    await finished(window)


def opened(window: MainWindow) -> None:
    async def play() -> None:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            await session(window, folder)
        finally:
            window.leave_unsaved()

    window.loop.create_task(play())


if __name__ == "__main__":
    sys.exit(main.main(["--sample"], opened=opened))
