"""Things taken out of pictures from the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bfs_engine.__main__ import main
from bfs_engine.cli.pictures import over


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Two boxes on a grainy floor, each with a shadow."""
    pixels = np.random.default_rng(1).normal(170, 3, (150, 220, 3))
    for left, colour in ((40, (180, 40, 40)), (140, (40, 60, 170))):
        pixels[100:112, left - 5 : left + 60] *= 0.7
        pixels[50:105, left : left + 40] = colour
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / "p.png")
    return tmp_path / "p.png"


def _read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def _run(folder: Path, *words: object) -> int:
    return main(["take-apart", "--picture", str(folder / "p.png"), "--thing", str(folder / "t.png"), "--ground", str(folder / "g.png"), *map(str, words)])


def test_a_thing_over_its_ground_is_the_picture(picture: Path) -> None:
    folder = picture.parent
    assert _run(folder, "--box", 36, 46, 48, 63) == 0
    thing, ground = _read(folder / "t.png"), _read(folder / "g.png")
    assert thing.shape == (150, 220, 4) and ground.shape == (150, 220, 3)
    assert (over(thing, ground) == _read(picture)).all()
    assert thing[75, 60, 3] == 255 and np.abs(ground[75, 60].astype(int) - 170).max() < 40


def test_with_the_shadow_apart_thing_shadow_and_ground_are_the_picture(picture: Path) -> None:
    folder = picture.parent
    assert _run(folder, "--box", 36, 46, 48, 63, "--shadow", folder / "s.png") == 0
    whole = over(_read(folder / "t.png"), over(_read(folder / "s.png"), _read(folder / "g.png")))
    off = np.abs(whole.astype(int) - _read(picture)).max(axis=2)
    assert (off <= 2).mean() >= 0.99


def test_with_the_reflection_apart_too(picture: Path) -> None:
    folder = picture.parent
    assert _run(folder, "--box", 36, 46, 48, 63, "--shadow", folder / "s.png", "--reflection", folder / "r.png") == 0
    assert not _read(folder / "s.png")[..., :3].any()
    whole = _read(folder / "g.png")
    for name in ("s.png", "r.png", "t.png"):
        whole = over(_read(folder / name), whole)
    assert (np.abs(whole.astype(int) - _read(picture)).max(axis=2) <= 2).mean() >= 0.99


def test_several_boxes_are_numbered_front_to_back(picture: Path) -> None:
    folder = picture.parent
    assert _run(folder, "--box", 36, 46, 48, 63, "--box", 136, 46, 48, 63) == 0
    whole = _read(folder / "g.png")
    assert (whole == _read(folder / "g-2.png")).all()
    for name in ("t-2.png", "t-1.png"):
        whole = over(_read(folder / name), whole)
    assert (whole == _read(picture)).all()
    assert _read(folder / "t-1.png")[75, 60, 3] == 255 and _read(folder / "t-2.png")[75, 160, 3] == 255


def test_a_mask_says_exactly_what_the_thing_is(picture: Path) -> None:
    folder = picture.parent
    mask = np.zeros((150, 220), np.uint8)
    mask[50:105, 40:80] = 255
    Image.fromarray(mask).save(folder / "m.png")
    assert _run(folder, "--mask", folder / "m.png", "--effects", "leave") == 0
    assert (over(_read(folder / "t.png"), _read(folder / "g.png")) == _read(picture)).all()
    assert not _read(folder / "t.png")[110, 90, 3]


def test_soft_edges_are_found_by_another_matting_and_the_picture_stays_exact(picture: Path) -> None:
    folder = picture.parent
    assert _run(folder, "--box", 36, 46, 48, 63, "--matting", "classical") == 0
    assert (over(_read(folder / "t.png"), _read(folder / "g.png")) == _read(picture)).all()
    assert _run(folder, "--box", 36, 46, 48, 63, "--matting", folder / "nothing") == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Nothing says where the thing is"),
        (("--box", 500, 10, 20, 20), "outside the picture"),
        (("--point", 10), "A --point is X Y"),
        (("--point", 1000, 10), "outside the picture"),
        (("--words", "a cat"), "Words alone select nothing"),
    ],
)
def test_wrong_wishes_are_refused_in_a_sentence(picture: Path, words: tuple, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(picture.parent, *words) == 2
    assert sentence in capsys.readouterr().err
    assert not (picture.parent / "t.png").exists()
