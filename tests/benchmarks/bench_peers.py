"""The same work in GIMP, Krita and napari, on the same document: 20 full layers of 2048², half transparent, a PSD of some 300 MB.

Times are of the processor, of all threads and programs that a run starts, so that what else the machine does disturbs them less; where a
run repeats something, the run without it is subtracted. A program that is missing is skipped by name. napari is looked for in the Python
that NAPARI_PYTHON names: it does not belong to this project's libraries.

    NAPARI_PYTHON=path/to/python .venv/bin/python -m pytest tests/benchmarks/bench_peers.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, make_layer
from app.formats import open_document, save_document
from app.render.render import render_qimage
from tests.benchmarks.canvas import full_layer
from tests.interop.programs import ENVIRONMENT, find

ROOT = Path(__file__).parents[2]
LAYERS, SIDE = 20, 2048
FRAMES = 8
PHOTO = ROOT / "resources" / "scenes" / "coffee.jpg"
WATCH = """
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("USED", json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)]))
sys.exit(code)
"""
GIMP = """
(let* ((image (car (file-psd-load RUN-NONINTERACTIVE "{psd}" "{psd}")))
       (layer (vector-ref (cadr (gimp-image-get-layers image)) {middle})))
  (let loop ((i 0))
    (if (< i {frames})
      (let ((seen (begin (gimp-layer-translate layer 7 4) (car (gimp-layer-new-from-visible image image "seen")))))
        (gimp-item-delete seen)
        (loop (+ i 1)))))
  (if (> (string-length "{png}") 0)
    (file-png-save RUN-NONINTERACTIVE image (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE)) "{png}" "{png}" 0 6 0 0 0 0 0)))
"""
NAPARI = """
import json, sys, time
import numpy as np
import napari
pictures, frames = np.load(sys.argv[1], mmap_mode="r"), int(sys.argv[2])
viewer = napari.Viewer(show=False)
viewer.window._qt_window.resize(1500, 950)
started = time.process_time()
for picture in pictures:
    viewer.add_image(np.asarray(picture), rgb=True, blending="translucent")
viewer.reset_view()
viewer.screenshot(canvas_only=True, flash=False)
added, taken = time.process_time() - started, []
for frame in range(frames):
    started = time.process_time()
    viewer.layers[len(pictures) // 2].translate = (4.0 * frame, 7.0 * frame)
    size = viewer.screenshot(canvas_only=True, flash=False).shape
    taken.append(time.process_time() - started)
print("TOLD", json.dumps({"added": added, "frame": sorted(taken)[frames // 2], "size": size}))
"""


@dataclass(frozen=True)
class Used:
    """Seconds of the processor, MB of memory at the most, what was printed."""

    seconds: float
    megabytes: float
    output: str


def used(*command: str | Path, **environment: str) -> Used:
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *map(str, command)], cwd=ROOT, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    output, _, figures = done.stdout.rpartition("USED ")
    return Used(*json.loads(figures), output + done.stderr)


@pytest.fixture(scope="module")
def psd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("peers") / "twenty.psd"
    layers = tuple(make_layer(f"full {index}", full_layer(SIDE, index)) for index in range(LAYERS))
    save_document(Document(SIDE, SIDE, layers), path)
    return path


@cache
def ours(psd: Path) -> Used:
    """Downstage opens the file and exports what it shows."""
    return used(sys.executable, "main.py", "convert", psd, psd.with_name("ours.png"), QT_QPA_PLATFORM="offscreen")


def gimp(psd: Path, home: Path, frames: int = 0, png: Path | str = "") -> Used:
    program = find("GIMP", "gimp-console-2.10", "gimp-console", "gimp")
    script = GIMP.format(psd=psd, png=png, frames=frames, middle=LAYERS // 2)
    return used(program, "-i", "-d", "-f", "--no-shm", "-b", script, "-b", "(gimp-quit 0)", GIMP2_DIRECTORY=str(home))


def test_opening_and_exporting_against_gimp(psd: Path, tmp_path: Path, measure: Callable[..., None]) -> None:
    theirs, png = gimp(psd, tmp_path / "gimp", png=tmp_path / "gimp.png"), tmp_path / "gimp.png"
    assert png.exists(), theirs.output
    measure(f"open a PSD of {LAYERS} layers and export a PNG: Downstage / GIMP ({theirs.seconds:.1f} s)", ours(psd).seconds / theirs.seconds, "×", budget=1)
    measure(f"memory for that: Downstage / GIMP ({theirs.megabytes:.0f} MB)", ours(psd).megabytes / theirs.megabytes, "×", budget=1.5)


def test_composing_all_again_after_a_layer_moved_against_gimp(psd: Path, tmp_path: Path, measure: Callable[..., None]) -> None:
    """What a frame would cost without any of the caches of a window: every pixel of the canvas."""
    idle, busy = (gimp(psd, tmp_path / "gimp", frames=frames) for frames in (0, FRAMES))
    still, moving = (used(sys.executable, "-m", "tests.benchmarks.bench_peers", psd, str(frames), QT_QPA_PLATFORM="offscreen") for frames in (0, FRAMES))
    theirs, mine = (busy.seconds - idle.seconds) / FRAMES, (moving.seconds - still.seconds) / FRAMES
    measure(f"compose {LAYERS} layers of {SIDE}² again: Downstage / GIMP ({theirs * 1000:.0f} ms)", mine / theirs, "×", budget=1)


def test_opening_and_exporting_against_krita(psd: Path, tmp_path: Path, measure: Callable[..., None]) -> None:
    home, png = tmp_path / "krita", tmp_path / "krita.png"
    home.mkdir()
    folders = {name: str(home) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
    program = [find("xvfb-run", "xvfb-run"), "-a", find("Krita", "krita"), "--export", "--export-filename", png]
    start = used(*program[:-1], tmp_path / "tiny.png", tiny(tmp_path), QT_QPA_PLATFORM="xcb", **folders)  # a first start makes its settings
    theirs = used(*program, psd, QT_QPA_PLATFORM="xcb", **folders)
    assert png.exists(), start.output + theirs.output
    measure(f"open a PSD of {LAYERS} layers and export a PNG: Downstage / Krita ({theirs.seconds:.1f} s)", ours(psd).seconds / theirs.seconds, "×", budget=1)
    measure(f"memory for that: Downstage / Krita ({theirs.megabytes:.0f} MB)", ours(psd).megabytes / theirs.megabytes, "×", budget=1.5)


def seen(home: Path, *command: str | Path) -> Used:
    """A program is started with a picture on a screen of its own until a window with the picture's name is there; the second start counts."""
    find("xdotool", "xdotool")
    wait = f'"$@" >/dev/null 2>&1 & p=$!; until xdotool search --onlyvisible --name {PHOTO.stem} >/dev/null 2>&1; do sleep 0.5; done; kill -9 $p; wait $p; true'
    home.mkdir(exist_ok=True)
    folders = {name: str(home) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "GIMP2_DIRECTORY")}
    for _ in range(2):
        last = used(find("xvfb-run", "xvfb-run"), "-a", "sh", "-c", wait, "sh", *command, PHOTO, QT_QPA_PLATFORM="xcb", **folders)
    return last


@pytest.mark.parametrize(("label", "command"), [("GIMP", ("gimp", "-n", "-s")), ("Krita", ("krita", "--nosplash"))])
def test_the_start_with_a_picture_against_others(label: str, command: tuple[str, ...], tmp_path: Path, measure: Callable[..., None]) -> None:
    theirs = seen(tmp_path / "theirs", find(label, command[0]), *command[1:])
    mine = seen(tmp_path / "ours", sys.executable, "main.py")
    measure(f"from start to the window with a picture: Downstage / {label} ({theirs.seconds:.1f} s)", mine.seconds / theirs.seconds, "×", budget=1)
    measure(f"memory by then: Downstage / {label} ({theirs.megabytes:.0f} MB)", mine.megabytes / theirs.megabytes, "×", budget=1.5)


def tiny(folder: Path) -> Path:
    path = folder / "one.psd"
    save_document(Document(64, 64, (make_layer("one", full_layer(64, 0)),)), path)
    return path


def test_frames_of_a_moving_layer_against_napari(psd: Path, tmp_path: Path, measure: Callable[..., None]) -> None:
    """napari paints with OpenGL; without a graphics card Mesa does that on the processor."""
    python = os.environ.get("NAPARI_PYTHON")
    if not python:
        pytest.skip("napari is not named by NAPARI_PYTHON")
    np.save(pictures := tmp_path / "pictures.npy", np.stack([full_layer(SIDE, index).to_array() for index in range(LAYERS)]))
    folders = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}
    run = used(find("xvfb-run", "xvfb-run"), "-a", python, "-c", NAPARI, pictures, str(FRAMES), QT_QPA_PLATFORM="xcb", **folders)
    theirs = json.loads(run.output.partition("TOLD ")[2].splitlines()[0])
    what = "drag of a full layer, fitted"
    run = used(sys.executable, "-m", "tests.benchmarks.canvas", str(LAYERS), str(SIDE), what, QT_QPA_PLATFORM="offscreen")
    frames = sorted(json.loads(next(line for line in run.output.splitlines() if line.startswith("{")))[what])
    mine, name = frames[len(frames) // 2] / 1000, f"{theirs['size'][1]} × {theirs['size'][0]}"
    measure(f"a frame of a moving layer, fitted: Downstage / napari ({theirs['frame'] * 1000:.0f} ms, {name})", mine / theirs["frame"], "×", budget=1)


def compose_again(psd: Path, frames: int) -> None:
    """Open, then move a layer and paint all of the canvas, so many times."""
    document = open_document(psd)
    for frame in range(frames):
        document = edits.nudge(document, [document.layers[LAYERS // 2].id], 7, 4)
        render_qimage(document, document.rect)


if __name__ == "__main__":
    compose_again(Path(sys.argv[1]), int(sys.argv[2]))
