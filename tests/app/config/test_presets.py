"""Presets: what is saved comes back, and whatever else is in the file gets a sentence."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from app.config.presets import Preset, read, with_preset, write
from app.errors import FileError

CATS = Preset("Katzen ☺", "three cats", steps=7, guidance=2.5, candidates=3, seed=11, occluded=True)


def test_presets_come_back_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "presets.json"
    assert read(path) == ()
    write(path, (CATS, Preset("plain")))
    assert read(path) == (CATS, Preset("plain"))


def test_a_preset_takes_the_place_of_the_one_with_its_name() -> None:
    presets = with_preset(with_preset((), CATS), Preset("plain"))
    newer = replace(CATS, prompt="four cats")
    assert with_preset(presets, newer) == (newer, Preset("plain"))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "3",
        "[3]",
        json.dumps([asdict(CATS) | {"colour": "red"}]),
        json.dumps([{"prompt": "no name"}]),
        *(json.dumps([asdict(CATS) | wrong]) for wrong in ({"name": " "}, {"steps": "7"}, {"steps": True}, {"candidates": -1}, {"seed": 2**40}, {"occluded": 1})),
    ],
)
def test_a_damaged_file_is_put_aside_with_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(text)
    with pytest.raises(FileError, match="presets are damaged") as caught:
        read(path)
    assert str(tmp_path / "presets.damaged") in caught.value.hint and (tmp_path / "presets.damaged").read_text() == text
    assert read(path) == ()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be saved"):
        write(tmp_path / "file" / "presets.json", (CATS,))
