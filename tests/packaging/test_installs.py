"""The program as an installed one: what `pip install .` puts down works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("app", "ui", "bfs_engine", "resources", "packaging", "docs", "main.py", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy of the tracked files, so that no build folder stays in the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z", *COPIED], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(ROOT / name, source / name) if os.stat(ROOT).st_dev == os.stat(source).st_dev else (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("downstage-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def run(installed: Path, module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    call = f"import sys, {module} as program; sys.exit(program.main())"
    return subprocess.run([sys.executable, "-c", call, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_commands_are_declared_and_licences_lie_beside_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        entry = packed.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert "downstage = main:main" in entry and "downstage-engine = bfs_engine.__main__:main" in entry
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.startswith("resources/models/starter/library/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "packaging/"))]


def test_the_engine_makes_a_layer_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    photo = installed / "resources" / "scenes" / "coffee.jpg"
    box = ("--box", "300", "200", "120", "120")
    made = run(installed, "bfs_engine.__main__", "insert", "--background", str(photo), *box, "--prompt", "strawberry", "--out", "layer.png", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    told = run(installed, "main", "info", "layer.png", cwd=tmp_path)
    assert told.returncode == 0 and json.loads(told.stdout)["width"] == 600
