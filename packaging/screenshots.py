"""Take the README's screenshots of the real program with the real starter: python packaging/screenshots.py [FOLDER]

    python packaging/screenshots.py --all FOLDER      every panel, dialog, menu and options bar, dark and light, to be looked at
    python packaging/screenshots.py --all FOLDER --language de      the same in German, whose words are longer
    QT_SCALE_FACTOR=2 python packaging/screenshots.py --all FOLDER  as on a dense screen, which must be large enough

The window is driven through its own actions and grabbed from within, so no screen is needed (QT_QPA_PLATFORM=offscreen is set
where there is no display). Each picture is kept under 400 kB by a palette of 256 colours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()  # a user who has never started it before

from PIL import Image  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

import main  # noqa: E402
from app.config.settings import Settings, settings_path  # noqa: E402
from app.document import edits, layout  # noqa: E402
from app.document.document import Guide  # noqa: E402
from app.errors import EditError  # noqa: E402
from app.formats import losses  # noqa: E402
from bfs_engine.api import Box  # noqa: E402
from ui.canvas.aids import BACKDROPS  # noqa: E402
from ui.canvas.tool_desk import TOOLS  # noqa: E402
from ui.language import LANGUAGES  # noqa: E402
from ui.window.main_window import MainWindow  # noqa: E402

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
    await insert(window, "cupcake", Box(462, 216, 124, 140), 4)
    if len(window.session.document.layers) == 1:
        print("No layer was made, so there is nothing more to show:", window.messages.sentence, file=sys.stderr)
        return
    await insert(window, "bread", Box(8, 250, 140, 100), 4)
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


DIALOGS = (  # actions that open something
    "help.commands",
    "help.keys",
    "help.things",
    "help.about",
    "help.diagnostics",
    "generate.models",
    "edit.preferences",
    "image.size",
    "view.guide_new",
    "view.grid_spacing",
    "file.new",
    "file.export",
    "file.export_layers",
    "generate.preset_save",
    "generate.presets",
)
QUESTIONS = {  # that are only asked when there is a reason to
    "save": lambda files: files.ask_to_save("coffee.png"),
    "changed": lambda files: files.ask_about_change("coffee.downstage"),
    "losses": lambda files: files.confirm_losses("coffee.psd", losses(files.session.document, Path("coffee.psd"))),
}


async def everything(window: MainWindow, folder: Path) -> None:
    """Whatever can be seen, in both themes."""
    window.resize(*SIZE)
    await asyncio.sleep(1)
    await insert(window, "cupcake", Box(462, 216, 124, 140), 4)
    window.generate.again()  # so that there are candidates to choose from
    await finished(window)
    window.actions_["layer.mask_box"].trigger()
    window.actions_["layer.tag_violet"].trigger()
    window.generate.presets.save("Strawberry, seed 3")
    window.around.settings.add_recent(ROOT / "README.md")
    for theme in ("dark", "light"):
        window.theme_menu.choose(theme)
        await asyncio.sleep(0.5)
        await parts(window, folder, theme)
        await states(window, folder, theme)
        for name in DIALOGS:
            window.actions_[name].trigger()
            await asyncio.sleep(3 if name == "file.export" else 0.6)  # its preview comes from another thread
            grab_dialogs(window, folder / f"{theme}-{name}.png")
            await asyncio.sleep(0.1)
        for name, ask in QUESTIONS.items():
            asked = window.loop.create_task(ask(window.files))
            await asyncio.sleep(0.3)
            grab_dialogs(window, folder / f"{theme}-question-{name}.png")
            await asked


def grab_dialogs(window: MainWindow, path: Path) -> None:
    """Whatever has opened over the window; then it is closed."""
    for shown in [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget is not window]:
        grab(shown, path)
        shown.close()


async def states(window: MainWindow, folder: Path, theme: str) -> None:
    """What is seen only at times: settings and a reference, jobs and their preview, aids on each backdrop, what went wrong."""
    panel = window.generate_panel
    window.docks.show_panel("generate")
    window.actions_["generate.reference_layer"].trigger()
    panel._fold.setChecked(True)
    await asyncio.sleep(0.3)
    grab(window.docks.docks["generate"], folder / f"{theme}-panel-generate-unfolded.png")
    panel._fold.setChecked(False)
    window.actions_["generate.reference_clear"].trigger()
    for prompt in ("teapot", "banana", "teddy bear"):
        window.generation.submit(Box(440, 20, 130, 110), prompt, seed=2, steps=16, guidance=None)
    window.docks.show_panel("queue")
    while window.generation.alive and not window.canvas.has_preview:
        await asyncio.sleep(0.01)
    grab(window, folder / f"{theme}-jobs.png")
    window.generation.cancel_all()
    await finished(window)
    aids, ground = window.looks.aids, window.session.document.layers[0].id
    window.session.preview(layout.add_guide(edits.set_visible(window.session.document, ground, False), Guide(True, 120.0)))
    for kind in BACKDROPS:
        window.looks.set_aids(rulers=True, grid=True, guides=True, backdrop=kind)
        window.say_error(EditError("A sentence that says what went wrong.", "And a hint about what to do next."))
        await asyncio.sleep(0.3)
        grab(window, folder / f"{theme}-backdrop-{kind}.png")
    window.session.discard()
    window.looks.set_aids(**asdict(aids))
    window.messages.say("A sentence that says what happened.", "And a hint about what to do next.", "warning")


async def parts(window: MainWindow, folder: Path, theme: str) -> None:
    """The window, its welcome page, panels, menus and options bars."""
    window.welcome.open_page()
    await asyncio.sleep(0.2)
    grab(window, folder / f"{theme}-welcome.png")
    window.welcome.hide()
    for name, dock in window.docks.docks.items():
        window.docks.show_panel(name)
        await asyncio.sleep(0.2)
        grab(dock, folder / f"{theme}-panel-{name}.png")
    for tool in TOOLS:
        window.desk.choose(tool)
        await asyncio.sleep(0.1)
        grab(window.options, folder / f"{theme}-options-{tool}.png")
    grab(window, folder / f"{theme}-window.png")
    menus = {action.text().replace("&", ""): action.menu() for action in window.menuBar().actions()}
    window.canvas_menu.open(window.canvas.rect().center())
    for name, menu in (menus | {"layer-context": window.layer_panel.tree.menu, "canvas-context": window.canvas_menu.menu}).items():
        menu.popup(window.mapToGlobal(window.rect().topLeft()))
        await asyncio.sleep(0.1)
        grab(menu, folder / f"{theme}-menu-{name}.png")
        menu.close()


def opened(window: MainWindow) -> None:
    async def play() -> None:
        OPTIONS.folder.mkdir(parents=True, exist_ok=True)
        try:
            await (everything if OPTIONS.all else session)(window, OPTIONS.folder)
        finally:
            window.leave_unsaved()

    window.loop.create_task(play())


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of the window.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "resources" / "screenshots")
    parser.add_argument("--all", action="store_true", help="every panel, dialog, menu and options bar")
    parser.add_argument("--language", default="en", choices=LANGUAGES)
    return parser.parse_args()


if __name__ == "__main__":
    OPTIONS = options()
    Settings(settings_path()).set("language", OPTIONS.language)
    sys.exit(main.main(["--sample"], opened=opened))
