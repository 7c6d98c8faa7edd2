"""Several layers, candidates, extract, resettle and split from the command line, with an engine that needs no weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bfs_engine.__main__ as command_line
from bfs_engine import lift
from bfs_engine.api import ExtractRequest, InsertRequest, LayerResult, Report, Request, ResettleRequest
from bfs_engine.cli import pictures


class Painter:
    """Fills the box with a grey that counts the candidates; lifts by the closed form; settles a thing without new effects."""

    name, box_fraction = "painter", 0.5

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        self.asked.append(request)
        shape = request.box.height, request.box.width, 4
        return tuple(
            LayerResult(np.full(shape, 10 + index, np.uint8) | np.array([0, 0, 0, 255], np.uint8), request.box.x, request.box.y, request.recipe())
            for index in range(request.count)
        )

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        self.asked.append(request)
        return (LayerResult(lift.lift(request.composite, request.background), request.crop.x, request.crop.y, request.recipe()),)

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        self.asked.append(request)
        layer = LayerResult(request.thing, request.crop.x, request.crop.y, request.recipe(), request.thing[..., 3])
        return (layer,) * request.count


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Painter:
    painter = Painter()
    monkeypatch.setattr(command_line, "build_engine", lambda model: painter)
    monkeypatch.setattr(command_line, "STARTER", tmp_path / "no model")
    return painter


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.full((60, 100, 3), 160, np.uint8)).save(path)
    return path


def run(*arguments: object) -> int:
    return command_line.main([str(argument) for argument in arguments])


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def ball(left: int = 30, top: int = 12) -> np.ndarray:
    """(60, 100, 4) a red ball with a shadow on its right."""
    y, x = np.mgrid[:60, :100] + 0.5
    cover = np.clip(10.5 - np.hypot(x - left - 10, y - top - 10), 0, 1)
    dark = 0.5 * np.exp(-(((x - left - 24) / 7) ** 2 + ((y - top - 19) / 3) ** 2))
    dark[dark < 0.02] = 0
    alpha = cover + (1 - cover) * dark
    colour = np.array([220, 40, 30]) * (cover / np.maximum(alpha, 1e-9))[..., None]
    return np.rint(np.dstack([colour, alpha * 255])).astype(np.uint8)


def test_several_layers_are_made_back_to_front_and_each_sees_those_before_it(painter: Painter, photo: Path) -> None:
    out, comp = photo.with_name("layer.png"), photo.with_name("comp.png")
    boxes = ["--box", 10, 10, 40, 30, "--prompt", "tree", "--box", 30, 20, 40, 30, "--prompt", "car"]
    assert run("insert", "--background", photo, *boxes, "--out", out, "--composite", comp) == 0
    assert [request.prompt for request in painter.asked] == ["tree", "car"]
    seen, crop = painter.asked[1].background, painter.asked[1].crop
    assert (seen[25 - crop.y, 35 - crop.x] == 10).all() and (seen[45 - crop.y, 65 - crop.x] == 160).all()
    assert opened(photo.with_name("layer-1.png"))[15, 15, 3] == 255 and opened(photo.with_name("layer-2.png"))[15, 15, 3] == 0
    assert (opened(comp)[15, 15] == 10).all() and (opened(comp)[45, 65] == 10).all() and (opened(comp)[55, 5] == 160).all()


def test_candidates_are_numbered(painter: Painter, photo: Path) -> None:
    out, comp = photo.with_name("layer.png"), photo.with_name("comp.png")
    request = ["insert", "--background", photo, "--box", 10, 10, 40, 30, "--prompt", "tree", "--out", out]
    assert run(*request, "--composite", comp, "--candidates", 3) == 0
    assert [opened(photo.with_name(f"layer-{number}.png"))[15, 15, 0] for number in (1, 2, 3)] == [10, 11, 12]
    assert opened(photo.with_name("comp-3.png"))[15, 15, 0] == 12


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--box", 1, 1, 20, 20], "2 boxes and 1 prompts"),
        (["--box", 1, 1, 20, 20, "--prompt", "car", "--candidates", 2], "Several candidates go with one box only"),
        (["--candidates", 0], "At least one candidate"),
        (["--light", 30, 120], "There is no such light"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused(painter: Painter, photo: Path, more: list, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = photo.with_name("layer.png")
    assert run("insert", "--background", photo, "--box", 10, 10, 40, 30, "--prompt", "tree", *more, "--out", out) == 2
    assert said in capsys.readouterr().err and not painter.asked and not out.exists()


def test_a_thing_is_taken_out_of_a_picture_whose_background_is_known(painter: Painter, photo: Path) -> None:
    layer = ball()
    alpha = layer[..., 3:] / 255
    picture = photo.with_name("with.png")
    Image.fromarray(np.rint(layer[..., :3] * alpha + 160 * (1 - alpha)).astype(np.uint8)).save(picture)
    out, comp = photo.with_name("layer.png"), photo.with_name("comp.png")
    assert run("extract", "--picture", picture, "--background", photo, "--out", out, "--composite", comp, "--strength", 0.25) == 0
    assert np.abs(opened(comp).astype(int) - opened(picture)).max() <= 4
    assert np.abs(opened(out)[..., 3].astype(int) - layer[..., 3]).mean() < 2
    box = painter.asked[0].box
    assert box.x <= 30 and box.right >= 60 and box.width < 50, "the box is around all that differs"
    assert painter.asked[0].strength == 0.25


def test_pictures_that_are_not_the_same_view_are_refused(painter: Painter, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, out = photo.with_name("other.png"), photo.with_name("layer.png")
    Image.fromarray(np.zeros((50, 100, 3), np.uint8)).save(other)
    assert run("extract", "--picture", other, "--background", photo, "--out", out) == 2
    assert "differ in size" in capsys.readouterr().err
    assert run("extract", "--picture", photo, "--background", photo, "--out", out) == 2
    assert capsys.readouterr().err == "The two pictures are the same.\n"


def test_a_thing_is_settled_where_it_was_moved_to_and_without_its_old_shadow(painter: Painter, photo: Path) -> None:
    layer, out = photo.with_name("layer.png"), photo.with_name("new.png")
    Image.fromarray(ball()).save(layer)
    assert run("resettle", "--background", photo, "--layer", layer, "--move", 25, -9, "--out", out) == 0
    request, made = painter.asked[0], opened(out)
    assert (request.box.x, request.box.y) == (55, 3) and (request.box.width, request.box.height) == (20, 20)
    assert (made[13, 65] == (220, 40, 30, 255)).all() and made[22, 79, 3] < 20
    assert ball()[31, 54, 3] > 100, "the old layer has a shadow there"


def test_a_light_that_is_said_goes_with_new_things_and_with_moved_ones(painter: Painter, photo: Path) -> None:
    layer, out = photo.with_name("layer.png"), photo.with_name("new.png")
    Image.fromarray(ball()).save(layer)
    light = ("--light", 180, 40, "--light-strength", 0.9, "--light-softness", 0.1, "--light-colour", 255, 200, 120, "--out", out)
    assert run("insert", "--background", photo, "--box", 10, 10, 40, 30, "--prompt", "tree", *light) == 0
    assert run("resettle", "--background", photo, "--layer", layer, *light) == 0
    for request in painter.asked:
        assert (request.light.azimuth, request.light.height, request.light.strength, request.light.softness) == (180, 40, 0.9, 0.1)
        assert request.light.colour[0] > request.light.colour[1] > request.light.colour[2]
    assert run("resettle", "--background", photo, "--layer", layer, "--out", out) == 0
    assert painter.asked[-1].light is None


def test_a_thing_may_be_moved_over_the_pictures_edge(painter: Painter, photo: Path) -> None:
    layer, out = photo.with_name("layer.png"), photo.with_name("new.png")
    Image.fromarray(ball()).save(layer)
    assert run("resettle", "--background", photo, "--layer", layer, "--move", -40, 0, "--out", out) == 0
    assert opened(out)[22, 3, 3] == 255 and painter.asked[0].box.x == -10


def test_a_layer_is_parted_into_thing_and_shadow(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer, thing, shadow = (photo.with_name(f"{name}.png") for name in ("layer", "thing", "shadow"))
    Image.fromarray(ball()).save(layer)
    assert run("split", "--layer", layer, "--thing", thing, "--shadow", shadow) == 0
    assert opened(thing)[22, 40, 3] == 255 and opened(thing)[31, 56, 3] < 20
    assert opened(shadow)[31, 56, 3] > 90 and not opened(shadow)[..., :3].any()
    assert run("split", "--layer", photo, "--thing", thing) == 2
    assert "no transparency" in capsys.readouterr().err


class Glazier(Painter):
    """Puts a pane that lets two thirds through 15 pixels beside the box, with a shadow below it, and says which is which."""

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        box = request.box
        layer, cover = np.zeros((box.height + 8, box.width, 4), np.uint8), np.zeros((box.height + 8, box.width), np.uint8)
        layer[: box.height], cover[: box.height] = (150, 200, 210, 85), 85
        layer[box.height :] = 0, 0, 0, 120
        return (LayerResult(layer, box.x + 15, box.y, request.recipe(), cover),)


def test_the_file_of_a_layer_says_what_of_it_is_the_thing_until_another_program_changes_it(
    photo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glazier = Glazier()
    monkeypatch.setattr(command_line, "build_engine", lambda model: glazier)
    monkeypatch.setattr(command_line, "STARTER", tmp_path / "no model")
    layer, moved, thing, shadow = (photo.with_name(f"{name}.png") for name in ("layer", "moved", "thing", "shadow"))
    assert run("insert", "--background", photo, "--box", 60, 10, 40, 30, "--prompt", "pane", "--out", layer) == 0, "it hangs over the edge"
    assert run("split", "--layer", layer, "--thing", thing, "--shadow", shadow) == 0
    assert opened(thing)[20, 90, 3] == 85 and not opened(thing)[44, 90, 3]
    assert opened(shadow)[44, 90, 3] == 120 and not opened(shadow)[20, 90, 3]
    for pane in (layer, thing):  # the thing by itself is known to be one
        assert run("resettle", "--background", photo, "--layer", pane, "--move", -50, 5, "--out", moved) == 0
        assert (glazier.asked[-1].box.x, glazier.asked[-1].box.height) == (25, 30) and opened(moved)[30, 40, 3] == 85
    assert run("split", "--layer", moved, "--thing", thing) == 0 and opened(thing)[30, 40, 3] == 85
    with Image.open(layer) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(layer)
    assert run("split", "--layer", layer, "--thing", thing) == 2, "nothing is known of these pixels, and nothing of them is opaque"
    assert "Nothing in this layer is opaque" in capsys.readouterr().err


def test_what_a_file_says_of_another_size_than_its_own_counts_for_nothing(tmp_path: Path) -> None:
    path, pane = tmp_path / "layer.png", np.full((20, 30, 4), 90, np.uint8)
    for cover in (pane[..., 3], pane[:-1, :, 3]):
        pictures.write_pngs({path: pane}, covers={path: cover})
        known = pictures.read_picture(path).cover
        assert known is None if cover.shape != pane.shape[:2] else (known == 90).all()
