"""`make run` on a machine without a display still does the whole job."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.config.samples import samples
from app.demo import make_demo, no_display, run_demo
from app.document.document import Layer, walk
from app.errors import FileError
from app.formats import open_document
from bfs_engine.api import InsertRequest, LayerResult, Report


class RedSquares:
    """An engine that fills the box with red."""

    name = "squares"
    box_fraction = 0.5

    def things(self) -> tuple[str, ...]:
        return ()

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        red = np.full((request.box.height, request.box.width, 4), (255, 0, 0, 255), np.uint8)
        return (LayerResult(red, request.box.x, request.box.y, request.recipe() | {"understood": request.prompt}),)


def test_a_photograph_becomes_a_layered_psd_a_png_and_a_project(tmp_path: Path) -> None:
    sample = samples()[0]
    paths = make_demo(RedSquares(), sample, tmp_path / "new" / "folder")
    assert sorted(path.suffix for path in paths) == [".downstage", ".png", ".psd"] and all(path.is_file() for path in paths)

    for path in paths:
        if path.suffix == ".png":
            continue
        photograph, thing = [node for node, _, _ in walk(open_document(path))]
        assert isinstance(photograph, Layer) and isinstance(thing, Layer)
        assert thing.name == sample.prompt and (thing.placement.x, thing.placement.y) == (sample.box.x, sample.box.y)

    with Image.open(sample.path) as before, Image.open(next(path for path in paths if path.suffix == ".png")) as after:
        before, after = np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB"))
    inside = np.zeros(before.shape[:2], bool)
    inside[sample.box.y : sample.box.bottom, sample.box.x : sample.box.right] = True
    assert (after[inside] == (255, 0, 0)).all() and (after[~inside] == before[~inside]).all()


def test_the_users_own_picture_gets_the_thing_in_its_middle(tmp_path: Path) -> None:
    Image.new("RGB", (300, 120), (9, 9, 9)).save(tmp_path / "mine.png")
    paths = make_demo(RedSquares(), samples()[0], tmp_path / "out", tmp_path / "mine.png")
    assert {path.name for path in paths} == {"mine.png", "mine.psd", "mine.downstage"}
    with Image.open(tmp_path / "out" / "mine.png") as after:
        assert after.convert("RGB").getpixel((150, 80)) == (255, 0, 0)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FileError, match="cannot be made"):
        make_demo(RedSquares(), samples()[0], tmp_path / "taken")


def test_the_program_says_that_there_is_no_display_and_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo(RedSquares, tmp_path / "out") == 0
    first, *files = capsys.readouterr().out.splitlines()
    assert first.startswith("There is no display here") and first.count(".") <= 2
    assert sorted(files) == sorted(str(path) for path in (tmp_path / "out").iterdir())


def test_trouble_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo(RedSquares, tmp_path / "out", tmp_path / "missing.jpg") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("platform", "environment", "answer"),
    [
        ("linux", {}, True),
        ("linux", {"DISPLAY": ":0"}, False),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, False),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, False),
        ("darwin", {}, False),
        ("win32", {}, False),
    ],
)
def test_a_display_is_missed_only_where_one_is_announced(platform: str, environment: dict[str, str], answer: bool) -> None:
    assert no_display(platform, environment) is answer
