"""`convert` and `info` on the command line: they do the work, or say in one sentence why not."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import headless
from app.formats import open_document, save_document
from tests.documents import RECIPE, flat_document, full_document, gradient


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    headless.add_commands(parser.add_subparsers(required=True))
    arguments = parser.parse_args([str(word) for word in words])
    return arguments.run(arguments)


def refusal(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The one line on standard error of a command that must fail."""
    assert run(*words) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1
    return output.err


def test_a_project_becomes_a_psd_and_says_what_the_psd_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_document(full_document(), tmp_path / "scene.downstage")
    assert run("convert", tmp_path / "scene.downstage", tmp_path / "scene.psd") == 0
    output = capsys.readouterr()
    assert "“turned”" in output.out and output.err == ""
    assert [node.name for node in open_document(tmp_path / "scene.psd").layers] == [node.name for node in full_document().layers]


@pytest.mark.parametrize("suffix", ("png", "jpg", "webp", "tiff", "psb", "downstage"))
def test_a_photograph_becomes_any_format(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(gradient(50, 40)).save(tmp_path / "photo.jpg", quality=95)
    assert run("convert", tmp_path / "photo.jpg", tmp_path / f"photo.{suffix}") == 0
    document = open_document(tmp_path / f"photo.{suffix}")
    assert (document.width, document.height) == (50, 40)


def test_a_psd_becomes_the_picture_it_shows(tmp_path: Path) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    save_document(full_document(), tmp_path / "direct.png")
    assert run("convert", tmp_path / "a.psd", tmp_path / "b.png") == 0
    with Image.open(tmp_path / "b.png") as converted, Image.open(tmp_path / "direct.png") as direct:
        assert np.abs(np.asarray(converted.convert("RGB"), int) - np.asarray(direct.convert("RGB"), int)).mean() < 0.5


def test_info_lists_the_layers_from_bottom_to_top(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_document(full_document(), tmp_path / "scene.downstage")
    assert run("info", tmp_path / "scene.downstage") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["width"], found["height"], found["dpi"]) == (320, 300, 300)
    assert [entry["name"] for entry in found["layers"]] == [
        "Background", "Gruppe „A“", "Tasse ☕ 茶碗", "clipped", "inner", "turned", "hidden", "unlinked, off", "empty",
    ]  # fmt: skip
    mug = found["layers"][2]
    wanted = {"kind": "layer", "left": -30, "top": 250, "width": 90, "height": 70}
    wanted |= {"opacity": 0.5, "blend": "multiply", "visible": True, "recipe": RECIPE}
    assert {key: mug[key] for key in wanted} == wanted
    assert mug["group"] == found["layers"][1]["id"] and found["layers"][1]["kind"] == "group"
    assert found["layers"][6]["visible"] is False


def test_info_of_a_psd_and_of_a_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    assert run("info", tmp_path / "a.psd") == 0
    hidden = next(entry for entry in json.loads(capsys.readouterr().out)["layers"] if entry["name"] == "hidden")
    assert (hidden["left"], hidden["top"], hidden["width"], hidden["height"]) == (300, -20, 40, 40)
    save_document(flat_document(), tmp_path / "a.png")
    assert run("info", tmp_path / "a.png") == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)["layers"]] == ["a"]


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "missing.png” does not exist" in refusal(capsys, "info", tmp_path / "missing.png")
    assert "missing.png” does not exist" in refusal(capsys, "convert", tmp_path / "missing.png", tmp_path / "a.psd")


def test_an_unknown_ending_is_refused_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "“.xcf”" in refusal(capsys, "convert", tmp_path / "missing.png", tmp_path / "a.xcf")


@pytest.mark.parametrize("name", ("a.png", "a.psd", "a.downstage", "a.jpg", "a.tiff"))
def test_a_corrupt_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    save_document(full_document(), tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:600])
    assert "damaged" in refusal(capsys, "info", tmp_path / name)
    (tmp_path / name).write_bytes(b"something else entirely" * 20)
    assert name in refusal(capsys, "convert", tmp_path / name, tmp_path / "out.png")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_document(flat_document(), tmp_path / "a.png")
    assert "folder does not exist" in refusal(capsys, "convert", tmp_path / "a.png", tmp_path / "nowhere" / "a.psd")


def test_a_terminal_that_knows_only_ascii_gets_valid_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", output)
    assert run("info", tmp_path / "a.psd") == 0
    assert json.loads(output.buffer.getvalue())["layers"][2]["name"] == "Tasse ☕ 茶碗"
    assert run("convert", tmp_path / "a.psd", tmp_path / "b.png") == 0


def test_a_name_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert headless.run_info(tmp_path / "red\x1b[31m\u202e.png") == headless.FAILED
    said = capsys.readouterr().err
    assert "\x1b" not in said and "\\x1b[31m\\u202e" in said
