"""Other programs that read our files: how to find them, and how to ask them. Where one is missing its tests are skipped by name."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.screen import screen

HERE = Path(__file__).parent
AG_PSD = "31.0.2"

# As they were before a test's own HOME (conftest.own_folders) hid them: npm's settings lie there.
ENVIRONMENT = dict(os.environ)
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "downstage-tests"


def find(label: str, *names: str) -> str:
    """The first of these programs that is installed; skips the test, by its label, where none is."""
    for name in names:
        program = shutil.which(name)
        if program:
            return program
    pytest.skip(f"{label} is not installed")


def ag_psd() -> Path:
    """A folder in which node finds ag-psd; installed by npm once and kept in the user's cache."""
    folder, problem = _installed(find("node", "node"), find("npm", "npm"))
    if problem:
        pytest.skip(problem)
    return folder


@cache
def _installed(_node: str, npm: str) -> tuple[Path, str]:
    """The folder, and why it could not be filled (empty when it could); tried once a run."""
    folder = CACHE / f"ag-psd-{AG_PSD}"
    with _locked(folder):
        if (folder / "node_modules" / "ag-psd" / "package.json").exists():
            return folder, ""
        quick = ["--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=0", "--fetch-timeout=20000"]
        command = [npm, "install", f"ag-psd@{AG_PSD}", "--prefix", str(folder), *quick]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=ENVIRONMENT)
        except subprocess.TimeoutExpired:
            return folder, "npm cannot fetch ag-psd: no answer"
    code = re.search(r"code (\w+)", done.stderr)
    return folder, f"npm cannot fetch ag-psd: {code[1] if code else done.returncode}" if done.returncode else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time installs."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows: tests do not run side by side there
        yield
        return
    with open(folder / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_with_ag_psd(path: Path) -> dict:
    """ag-psd's tree of the file; AssertionError where it does not understand something or warns."""
    command = [find("node", "node"), str(HERE / "read_psd.cjs"), str(ag_psd()), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["warnings"] == []
    return answer["psd"]


def pixels_of(image: dict) -> np.ndarray:
    """(h, w, 4) uint8 of an `imageData` from ag-psd."""
    return np.frombuffer(base64.b64decode(image["base64"]), np.uint8).reshape(image["height"], image["width"], 4)


def merged_by_imagemagick(path: Path, folder: Path) -> np.ndarray:
    """(h, w, 4) uint8: what ImageMagick, like any ordinary viewer, shows of the file."""
    target = folder / "imagemagick.png"
    done = subprocess.run([imagemagick("convert"), f"{path}[0]", f"PNG32:{target}"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    with Image.open(target) as image:
        return np.asarray(image.convert("RGBA"))


def imagemagick(tool: str) -> str:
    return find("ImageMagick", f"{tool}-im6.q16", tool)


@dataclass(frozen=True)
class GimpLayer:
    """opacity: percent. mode: a number of GIMP's GimpLayerMode."""

    depth: int
    name: str
    left: int
    top: int
    width: int
    height: int
    opacity: float
    mode: int
    visible: bool
    is_group: bool


def read_with_gimp(files: list[Path], folder: Path) -> list[tuple[list[GimpLayer], np.ndarray]]:
    """For each file its layers, and the picture GIMP paints of them: (h, w, 4) uint8. One start of GIMP for all."""
    gimp = find("GIMP", "gimp-console-2.10", "gimp-console", "gimp")
    version = subprocess.run([gimp, "--version"], capture_output=True, text=True, timeout=60, env=ENVIRONMENT).stdout
    if " 2." not in version:
        pytest.skip(f"GIMP 2.10 is not installed, but {version.strip()}")
    script = re.sub(r"^;.*$", "", (HERE / "read.scm").read_text(), flags=re.MULTILINE)
    calls = " ".join(f'(judge "{file}" "{folder}/{i}.txt" "{folder}/{i}.png")' for i, file in enumerate(files))
    with tempfile.TemporaryDirectory() as settings:
        environment = ENVIRONMENT | {"GIMP2_DIRECTORY": settings}
        command = [gimp, "-i", "-d", "-f", "--no-shm", "-b", f"(begin {script} {calls})", "-b", "(gimp-quit 0)"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert all((folder / f"{i}.png").exists() for i in range(len(files))), done.stdout + done.stderr
    return [(_gimp_layers(folder / f"{i}.txt"), np.asarray(Image.open(folder / f"{i}.png").convert("RGBA"))) for i in range(len(files))]


def _gimp_layers(listing: Path) -> list[GimpLayer]:
    line = re.compile(r'\((\d+) "(.*)" (-?\d+) (-?\d+) (\d+) (\d+) ([\d.]+) (\d+) (\d) (\d)\)')
    found = [line.fullmatch(text) for text in listing.read_text("utf-8").splitlines()]
    rows = [match.groups() for match in found if match]
    return [
        GimpLayer(int(d), name, int(left), int(top), int(w), int(h), float(opacity), int(mode), visible == "1", group == "1")
        for d, name, left, top, w, h, opacity, mode, visible, group in rows
    ]


def convert_with_imagemagick(*words: str | Path) -> None:
    """`convert` with these words; a complaint fails the test."""
    done = subprocess.run([imagemagick("convert"), *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr


def run_on_a_screen(command: list[str], home: Path, seconds: float) -> subprocess.CompletedProcess:
    """Run a program that wants a display. home: its settings. (xvfb-run looks for a free display, and now and then finds one in use.)"""
    find("Xvfb", "Xvfb")
    home.mkdir(exist_ok=True)
    home.chmod(0o700)
    environment = ENVIRONMENT | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    for variable in ("QT_QPA_PLATFORM", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "WAYLAND_DISPLAY"):
        environment.pop(variable, None)
    with screen() as display:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=environment | {"DISPLAY": display})


def convert_with_krita(source: Path, target: Path, home: Path) -> None:
    """Open with Krita and export again; the first start with a new home takes ten seconds."""
    done = run_on_a_screen([find("Krita", "krita"), "--export", "--export-filename", str(target), str(source)], home, 300)
    assert target.exists(), done.stdout + done.stderr


def convert_with_mypaint(source: Path, target: Path, home: Path) -> dict:
    """Open an OpenRaster file with MyPaint and save it again; its view of the file (read_ora.py)."""
    find("MyPaint", "mypaint")
    library = next((folder for folder in map(Path, ("/usr/lib/mypaint", "/usr/local/lib/mypaint")) if (folder / "lib").is_dir()), None)
    python = "/usr/bin/python3"  # that MyPaint was installed for
    if library is None or not Path(python).exists():
        pytest.skip("MyPaint is installed where its library is not found")
    done = run_on_a_screen([python, str(HERE / "read_ora.py"), str(library), str(source), str(target)], home, 120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def metadata_by_exiftool(path: Path) -> dict:
    """exiftool's flat view of the file's metadata."""
    done = subprocess.run([find("exiftool", "exiftool"), "-json", "-n", str(path)], capture_output=True, text=True, timeout=60, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[0]
