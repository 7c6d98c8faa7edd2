"""A machine that lacks something hears it in one sentence that says what to type."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
Version = namedtuple("Version", "major minor micro releaselevel serial")


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_system", ROOT / "packaging" / "check_system.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_this_machine_is_fit(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["python"]) == 0 and check.main(["libraries"]) == 0
    assert capsys.readouterr().err == ""


def test_an_old_python_is_named_with_the_way_out(check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", Version(3, 8, 18, "final", 0))
    assert check.main(["python"]) == 1
    said = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in said and "make PYTHON=" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt install libegl1 libxcb-cursor0"),
        ("dnf", "sudo dnf install mesa-libEGL xcb-util-cursor"),
        ("pacman", "sudo pacman -S libglvnd xcb-util-cursor"),
    ],
)
def test_missing_libraries_come_with_the_names_of_their_packages(check: ModuleType, manager: str, command: str) -> None:
    said = check.advice(["libEGL.so.1", "libxcb-cursor.so.0"], {**check.LIBRARIES, **check.X11_LIBRARIES}, manager)
    assert "libEGL.so.1, libxcb-cursor.so.0" in said and said.endswith(command)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the names are those of Linux libraries")
def test_a_library_that_is_not_there_is_found_out(check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setitem(check.LIBRARIES, "libdoesnotexist.so.7", ("libdoesnotexist7", "doesnotexist", "doesnotexist"))
    assert check.main(["libraries", "--install"]) == 1
    said = capsys.readouterr().err
    assert "libdoesnotexist.so.7" in said and said.count("\n") == 1


def test_a_person_is_never_surprised_by_apt(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert not check.may_install()


def test_the_question_itself_must_be_clear(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 2 and check.main(["weather"]) == 2
    assert "python or libraries" in capsys.readouterr().err


def test_every_pin_is_exact_and_nothing_escapes_the_constraints() -> None:
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / "packaging" / name).read_text().splitlines()
        lines = [line for line in lines if line and line[0] not in "#-"]
        assert all(line.count("==") == 1 and not set(line) & set("<>~*+") for line in lines), name
        return {name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in lines)}

    constraints = pins("constraints.txt")
    for name, version in (pins("requirements.txt") | pins("requirements-test.txt")).items():
        assert constraints.get(name, version) == version


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_a_picture_whose_name_has_spaces_can_be_given_to_make() -> None:
    shown = subprocess.run(["make", "-n", "run", "FILE=my photo.jpg"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'main.py "my photo.jpg"' in shown
