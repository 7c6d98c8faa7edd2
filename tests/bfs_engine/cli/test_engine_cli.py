"""The engine's command line: files in, files out, and one clear sentence when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import bfs_engine.__main__ as command_line
from app.formats.png_colour import png_profile
from bfs_engine.api import EngineError, InsertRequest, LayerResult, Report, UnknownPrompt
from bfs_engine.cli import pictures

ROOT = Path(__file__).parents[3]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


class GlassPane:
    """An engine that knows one thing: a half-transparent pane that hangs 10 pixels out of its box to the left and top."""

    name = "glass"
    box_fraction = 0.5
    asked: InsertRequest | None = None

    def things(self) -> tuple[str, ...]:
        return ("pane",)

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        type(self).asked = request
        if request.prompt not in ("pane", ""):
            raise UnknownPrompt(request.prompt, ("pane",))
        pane = np.zeros((request.box.height + 10, request.box.width + 10, 4), np.uint8)
        pane[5:, 5:] = (10, 200, 30, 128)
        return (LayerResult(pane, request.box.x - 10, request.box.y - 10, request.recipe() | {"understood": "pane"}),)


@pytest.fixture(autouse=True)
def glazier(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command_line, "build_engine", lambda model: GlassPane())
    monkeypatch.setattr(command_line, "STARTER", tmp_path / "no model")
    monkeypatch.setattr(GlassPane, "asked", None)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (60, 100, 3), np.uint8)).save(path, icc_profile=SRGB)
    return path


def insert(photo: Path, *more: str, box: str = "20 10 40 30", prompt: str = "pane") -> int:
    out = photo.with_name("layer.png")
    return command_line.main(
        ["insert", "--background", str(photo), "--box", *box.split(), "--prompt", prompt, "--out", str(out), *more]
    )


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on stderr, which must be exactly one line and nothing on stdout."""
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert said.err.rstrip("\n").count(". ") == 0, "more than one sentence"
    return said.err


def test_the_layer_has_the_pictures_size_and_lies_at_its_place(photo: Path) -> None:
    assert insert(photo) == 0
    layer = np.asarray(Image.open(photo.with_name("layer.png")))
    assert layer.shape == (60, 100, 4)
    assert (layer[5:40, 15:60] == (10, 200, 30, 128)).all()
    layer = layer.copy()
    layer[5:40, 15:60] = 0
    assert not layer.any()


def test_the_composite_is_the_layer_over_an_untouched_background(photo: Path, tmp_path: Path) -> None:
    assert insert(photo, "--composite", str(tmp_path / "comp.png")) == 0
    background = np.asarray(Image.open(photo)).astype(float)
    layer = np.asarray(Image.open(tmp_path / "layer.png")).astype(float)
    composite = np.asarray(Image.open(tmp_path / "comp.png"))
    alpha = layer[..., 3:] / 255
    assert composite.shape == background.shape
    assert np.abs(composite - (layer[..., :3] * alpha + background * (1 - alpha))).max() <= 0.5
    assert (composite == background)[layer[..., 3] == 0].all()


def test_a_layer_that_hangs_over_the_edge_is_cut_to_the_picture(photo: Path, tmp_path: Path) -> None:
    assert insert(photo, "--composite", str(tmp_path / "comp.png"), box="0 0 100 60") == 0
    assert np.asarray(Image.open(tmp_path / "layer.png")).shape == (60, 100, 4)


def test_settings_reach_the_engine(photo: Path) -> None:
    assert insert(photo, "--seed", "42", "--steps", "5", "--guidance", "1.5") == 0
    asked = GlassPane.asked
    assert (asked.prompt, asked.seed, asked.steps, asked.guidance, asked.model) == ("pane", 42, 5, 1.5, "glass")
    assert asked.crop.width == asked.crop.height == 80 and asked.background.shape == (80, 80, 3)


def test_a_cutout_can_stand_for_words(photo: Path, tmp_path: Path) -> None:
    cutout = np.zeros((9, 7, 4), np.uint8)
    cutout[2:, 2:] = (1, 2, 3, 255)
    Image.fromarray(cutout).save(tmp_path / "cutout.png")
    assert insert(photo, "--reference", str(tmp_path / "cutout.png"), prompt="") == 0
    assert np.array_equal(GlassPane.asked.reference, cutout)


def test_a_photograph_taken_sideways_stands_upright(tmp_path: Path) -> None:
    upright = np.zeros((90, 50, 3), np.uint8)
    upright[:45] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to see it upright
    Image.fromarray(np.rot90(upright)).save(tmp_path / "sideways.png", exif=exif)
    assert insert(tmp_path / "sideways.png", "--composite", str(tmp_path / "comp.png"), box="30 70 20 20") == 0
    composite = np.asarray(Image.open(tmp_path / "comp.png"))
    assert composite.shape == upright.shape and (composite[:20] == 255).all()
    with Image.open(tmp_path / "comp.png") as written:
        assert 0x0112 not in written.getexif()


def test_the_colour_profile_goes_along(photo: Path, tmp_path: Path) -> None:
    assert insert(photo, "--composite", str(tmp_path / "comp.png")) == 0
    for name in ("layer.png", "comp.png"):
        with Image.open(tmp_path / name) as written:
            assert written.info["icc_profile"] == SRGB


def test_a_picture_in_other_colours_reaches_the_model_as_srgb(tmp_path: Path) -> None:
    """A linear profile with sRGB's primaries: level 128 is level 188."""
    places = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    profile = png_profile({"gamma": 1.0, "chromaticity": places})
    Image.new("RGB", (100, 60), (128, 128, 128)).save(tmp_path / "linear.png", icc_profile=profile)
    assert insert(tmp_path / "linear.png", "--composite", str(tmp_path / "comp.png")) == 0
    with Image.open(tmp_path / "comp.png") as written:
        assert abs(written.getpixel((0, 0))[0] - 188) <= 1 and "icc_profile" not in written.info


@pytest.mark.parametrize("seed", (str(2**64), "-1", "many"))
def test_a_seed_that_is_none_is_a_sentence(photo: Path, seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(photo, "--seed", seed) != 0
    assert "no whole number from 0" in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "RGBA", "LA", "I;16"])
def test_pictures_of_every_kind_are_welcome(mode: str, tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (60, 1))
    image = Image.fromarray(ramp.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(ramp).convert(mode)
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    image.save(path)
    assert insert(path, "--composite", str(tmp_path / "comp.png")) == 0
    composite = np.asarray(Image.open(tmp_path / "comp.png").convert("RGB"))
    if mode not in ("1", "P"):
        assert np.abs(composite[50].astype(int) - ramp[50][:, None]).max() <= 2


def test_where_the_picture_is_transparent_the_model_sees_white_paper(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((60, 100, 4), np.uint8)).save(tmp_path / "clear.png")
    assert insert(tmp_path / "clear.png", "--composite", str(tmp_path / "comp.png")) == 0
    assert (GlassPane.asked.background == 255).all()
    composite = np.asarray(Image.open(tmp_path / "comp.png"))
    assert (composite[20, 30] == (10, 200, 30, 128)).all() and not composite[50, 90].any()


@pytest.mark.parametrize("box", ["-1 0 20 20", "90 10 20 20", "10 50 20 20", "0 0 101 60"])
def test_a_box_outside_the_picture(box: str, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(photo, box=box) == 2
    assert "outside the picture, which is 100 × 60 pixels" in complaint(capsys)


@pytest.mark.parametrize("prompt", ["", "   "])
def test_an_empty_prompt(prompt: str, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(photo, prompt=prompt) == 2
    assert "prompt is empty" in complaint(capsys)


def test_an_unknown_prompt_is_answered_with_what_is_near(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(photo, prompt="zeppelin") == 2
    said = complaint(capsys)
    assert "“zeppelin”" in said and "the nearest things it knows: pane" in said
    assert not photo.with_name("layer.png").exists()


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(tmp_path / "nowhere.png") == 2
    assert "There is no file" in complaint(capsys)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_file_that_is_no_picture(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    assert insert(tmp_path / "broken.png") == 2
    assert "broken.png" in complaint(capsys)


def test_a_picture_cut_short(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo.write_bytes(photo.read_bytes()[:9000])
    assert insert(photo) == 2
    assert "could not be read as a picture" in complaint(capsys)


def test_a_folder_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(tmp_path / "photo.png" / "..") == 2
    complaint(capsys)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--steps", "0"], "at least 1"),
        (["--steps", "many"], "invalid int value: 'many'"),
        (["--composite", "comp.jpg"], "does not end in .png"),
        (["--composite", "no/such/folder/comp.png"], "There is no folder"),
        (["--colour", "red"], "Unrecognized arguments: --colour red"),
    ],
)
def test_settings_that_make_no_sense(more: list[str], said: str, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert(photo, *more) == 2
    assert said in complaint(capsys)


def test_a_reference_without_transparency_reaches_the_engine_as_the_picture_it_is(photo: Path) -> None:
    assert insert(photo, "--reference", str(photo), prompt="") == 0
    assert GlassPane.asked.reference.shape == (60, 100, 3)


def test_a_folder_that_cannot_be_written(photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert insert(photo) == 2
    assert "could not be written (No space left on device)" in complaint(capsys)
    assert [path.name for path in photo.parent.iterdir() if path.is_file()] == ["photo.png"]


def test_no_command_is_not_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([]) == 2
    complaint(capsys)


def test_ctrl_c_stops_with_130(photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GlassPane, "insert", stopped)
    assert insert(photo) == 130
    assert "Traceback" not in complaint(capsys)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a library of two things and no weights."""
    rows = [
        {"name": "dog", "synonyms": ["puppy", "hound"], "category": "animal", "file": "dog.png"},
        {"name": "spoon", "synonyms": [], "category": "tool", "file": "spoon.png"},
    ]
    (tmp_path / "model" / "library").mkdir(parents=True)
    (tmp_path / "model" / "library" / "things.json").write_text(json.dumps(rows))
    return tmp_path / "model"


def test_the_vocabulary_is_listed_with_synonyms(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["things", "--model", str(model)]) == 0
    assert capsys.readouterr().out == "dog: puppy, hound\nspoon\n"


def test_an_unknown_prompt_is_refused_before_the_weights_are_loaded(
    model: Path, photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "build_engine", lambda model: pytest.fail("the engine was built"))
    assert insert(photo, "--model", str(model), prompt="spon") == 2
    assert "“spon”; the nearest things it knows: spoon" in complaint(capsys)


def test_words_cost_no_torch() -> None:
    code = "import sys; from bfs_engine.__main__ import main; main(['things']); sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(listed.splitlines()) >= 48


def test_a_folder_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["things", "--model", str(tmp_path)]) == 2
    assert "missing" in complaint(capsys)


def test_half_a_layer_is_never_left_behind(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="could not be written"):
        pictures.write_pngs({tmp_path / "missing" / "layer.png": np.zeros((4, 4, 4), np.uint8)})
    assert not list(tmp_path.glob("*.png"))
