"""A whole session of an artist, with a real pointer and real keys: python -m tests.session.artist FOLDER

Xvfb gives the screen, xdotool moves the pointer and presses the keys, main.py runs as it is. On a photograph three layers are made by the
starter, one is masked, they are grouped, copied by dragging, moved and transformed; fifty steps are undone and done again; the project is
saved, exported as PSD and PNG, and the program quits. FOLDER then holds the files and a picture of the screen at every stage.

Nothing waits for a time: every wait ends when the program shows what is waited for (watched.py), or fails after PATIENCE.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageGrab

from tests.screen import screen

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "resources" / "scenes" / "coffee.jpg"
PATIENCE = 240.0  # seconds, for a busy machine
PROGRAMS = ("Xvfb", "xdotool")

State = dict


@dataclass
class Artist:
    """Hands and eyes."""

    display: str
    program: subprocess.Popen
    watched: Path
    folder: Path
    shots: int = 0

    def see(self) -> State:
        try:
            return json.loads(self.watched.read_text())
        except FileNotFoundError:
            return {}

    def until(self, what: str, condition: Callable[[State], object]) -> State:
        """Wait until what is seen fulfils the condition."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = self.see()
            if state and condition(state):
                return state
            if self.program.poll() is not None:
                raise AssertionError(f"the program ended ({self.program.returncode}) before: {what}")
            time.sleep(0.03)
        self.look("in vain")
        raise AssertionError(f"waited in vain for: {what}; seen: {self.see()}")

    def do(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], check=True, env=os.environ | {"DISPLAY": self.display}, stdout=subprocess.DEVNULL)

    def key(self, *keys: str) -> None:
        self.do("key", "--delay", 30, *keys)

    def type(self, text: str) -> None:
        self.do("type", "--delay", 15, text)

    def point(self, x: float, y: float) -> tuple[int, int]:
        """Canvas pixels -> the screen."""
        state = self.see()
        return round(state["origin"][0] + x * state["zoom"]), round(state["origin"][1] + y * state["zoom"])

    def drag(self, start: tuple[int, int], end: tuple[int, int], held: str = "") -> None:
        """On the screen, in small steps as a hand does it."""
        self.do("mousemove", *start, "mousedown", 1)
        for step in range(1, 9):
            share = step / 8
            self.do("mousemove", "--sync", *(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
            if held and step == 2:
                self.do("keydown", held)
        self.do("mouseup", 1)
        if held:
            self.do("keyup", held)

    def click(self, place: list[int], held: str = "") -> None:
        """In the middle of a rectangle of the screen."""
        middle = place[0] + place[2] // 2, place[1] + place[3] // 2
        self.do(*(["keydown", held] if held else []), "mousemove", *middle, "click", 1, *(["keyup", held] if held else []))

    def focus(self, title: str) -> None:
        """Give the keys to a window: on this screen there is no window manager that would do it."""
        self.do("search", "--onlyvisible", "--name", title, "windowfocus", "%@")

    def look(self, name: str) -> None:
        """Keep a picture of the screen."""
        self.shots += 1
        ImageGrab.grab(xdisplay=self.display).save(self.folder / f"{self.shots:02} {name}.png")


@contextmanager
def at_work(folder: Path, photo: Path = PHOTO) -> Iterator[Artist]:
    """An artist before the program, which shows a copy of the photograph."""
    copy, home, state = folder / photo.name, folder / "home", folder / "state.json"
    shutil.copy(photo, copy)
    with screen() as display:
        own = {name: str(home / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
        environment = os.environ | own | {"HOME": str(home), "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-m", "tests.session.watched", str(state), str(copy)]
        with open(folder / "log.txt", "wb") as log:
            program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield Artist(display, program, state, folder)
        finally:
            if program.poll() is None:
                program.terminate()
            program.wait(20)


# The session, stage by stage


def to_the_window(artist: Artist) -> None:
    """Give it the keys, which a dialog may have had."""
    artist.until("no dialog", lambda state: not state["dialog"])
    artist.focus("Downstage")
    artist.until("the keys", lambda state: "Downstage" in state["window"])


def make_layer(artist: Artist, prompt: str, box: tuple[int, int, int, int]) -> None:
    """Draw a box with the pointer, type, Ctrl+Enter."""
    artist.key("g")
    state = artist.until("the box tool", lambda state: state["tool"] == "box")
    if state["box"]:
        artist.key("Escape")
        artist.until("no box", lambda state: not state["box"])
    artist.drag(artist.point(*box[:2]), artist.point(*box[2:]))
    artist.until("a box", lambda state: state["box"])
    artist.key("ctrl+l", "ctrl+a")
    artist.until("the prompt", lambda state: state["focus"] not in ("Canvas", "LayerTree"))
    artist.type(prompt)
    artist.until("the prompt to be typed", lambda state: state["prompt"] == prompt)
    artist.key("ctrl+Return")
    artist.until(f"a {prompt}", lambda state: prompt in names(state) and not state["jobs"])
    artist.look(prompt)


def names(state: State) -> list[str]:
    """Of all layers and groups, bottom to top."""

    def of(nodes: list) -> list[str]:
        return [name for node in nodes for name in ([node] if isinstance(node, str) else [node[0], *of(node[1])])]

    return of(state["tree"])


def compose(artist: Artist) -> None:
    """Three layers, a mask, a group, a copy by dragging."""
    make_layer(artist, "strawberry", (440, 230, 540, 330))
    make_layer(artist, "lemon", (40, 260, 150, 350))
    make_layer(artist, "croissant", (420, 40, 560, 130))
    artist.key("e")
    artist.until("the eraser", lambda state: state["tool"] == "eraser")
    artist.drag(artist.point(440, 60), artist.point(530, 60))
    state = artist.until("a mask", lambda state: state["steps"][-1] == "Erase on the Mask" and state["rows"]["croissant"]["mask"][2])
    artist.look("mask")
    artist.click(state["rows"]["strawberry"]["words"])
    artist.until("the strawberry", lambda state: state["active"] == "strawberry")
    artist.click(artist.see()["rows"]["lemon"]["words"], "ctrl")
    artist.until("the lemon", lambda state: state["active"] == "lemon")
    artist.key("ctrl+g")
    state = artist.until("a group", lambda state: "Group" in names(state) and "Group" in state["rows"])
    x, y, _, height = state["rows"]["Group"]["words"]
    fruit = state["rows"]["croissant"]["words"]
    artist.drag((fruit[0] + 20, fruit[1] + fruit[3] // 2), (x + 20, y + height // 2), "ctrl")  # a copy into the group
    state = artist.until("a copy in the group", lambda state: state["tree"][1:] == [["Group", ["strawberry", "lemon", "croissant copy"]], "croissant"])
    artist.look("group")


def move(artist: Artist) -> None:
    """With the pointer, then with handles, then with many arrow keys."""
    artist.click(artist.see()["rows"]["croissant copy"]["words"])
    artist.until("the copy", lambda state: state["active"] == "croissant copy")
    artist.key("F5", "v")
    before = artist.until("the move tool", lambda state: state["tool"] == "move" and state["focus"] == "Canvas")["placement"]
    artist.drag(artist.point(490, 100), artist.point(290, 330))
    artist.until("a move", lambda state: state["steps"][-1] == "Move" and state["placement"] != before)
    artist.key("ctrl+t")
    state = artist.until("the handles", lambda state: state["tool"] == "transform" and len(state["corners"]) == 4)
    corner = state["corners"][2]
    artist.drag((corner[0], corner[1]), (corner[0] - 30, corner[1] - 25), "shift")
    artist.until("a smaller croissant", lambda state: state["steps"][-1] == "Scale" and state["scale"] < 0.95)
    artist.look("transform")
    artist.key("Return")
    artist.until("the move tool again", lambda state: state["tool"] == "move")
    for number in range(44):
        artist.key(("Right", "Down", "Left", "Up")[number % 4 if number < 40 else 0])
    artist.until("the nudges", lambda state: state["steps"].count("Nudge") == 44)


def undo_and_redo(artist: Artist, count: int = 50) -> None:
    top = artist.see()["index"]
    assert top >= count, artist.see()["steps"]
    artist.key(*["ctrl+z"] * count)
    artist.until("fifty steps back", lambda state: state["index"] == top - count)
    artist.look("undone")
    artist.key(*["ctrl+shift+z"] * count)
    artist.until("fifty steps forward", lambda state: state["index"] == top)


def keep(artist: Artist) -> None:
    """Save, export twice, quit."""
    artist.key("ctrl+s")
    name_file(artist, "Save As", artist.folder / "still life.downstage")
    artist.until("the project", lambda state: not state["modified"] and state["title"].startswith("still life"))
    for kind in ("PSD", "PNG"):
        to_the_window(artist)
        artist.key("ctrl+shift+alt+e")
        artist.until("the export's dialog", lambda state: state["dialog"] == "Export As")
        artist.focus("Export As")
        artist.until("its keys", lambda state: state["focus"] == "Choice")
        artist.key("Home")
        artist.type(kind if kind == "PNG" else "PSD")
        artist.look(f"export {kind}")
        artist.key("Return")
        target = artist.folder / f"still life.{kind.lower()}"
        name_file(artist, "Export As", target)
        artist.until(f"the {kind}", lambda state, target=target: target.exists() and not state["saving"])
    artist.look("kept")
    to_the_window(artist)
    artist.key("ctrl+q")
    assert artist.program.wait(PATIENCE) == 0


def name_file(artist: Artist, title: str, path: Path) -> None:
    """Type a path into the dialog that asks for one."""
    artist.until(f"the dialog “{title}”", lambda state: state["dialog"] == title and state["kind"] == "QFileDialog")
    artist.focus(title)
    artist.until("its keys", lambda state: "LineEdit" in state["focus"])
    artist.key("ctrl+a")
    artist.type(str(path))
    artist.key("Return")


def session(folder: Path) -> None:
    """All of it; `folder` exists and is empty."""
    with at_work(folder) as artist:
        artist.until("the window", lambda state: state["ready"])
        to_the_window(artist)
        artist.look("opened")
        compose(artist)
        move(artist)
        undo_and_redo(artist)
        keep(artist)


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.mkdir(parents=True)
    started = time.monotonic()
    session(target)
    print(f"{time.monotonic() - started:.0f} s; the files and {len(list(target.glob('*.png')))} pictures are in {target}")
