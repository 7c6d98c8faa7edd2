"""The command line with the starter that ships: what a newcomer types first."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from bfs_engine.__main__ import STARTER, main

ROOT = Path(__file__).parents[3]
PHOTO = ROOT / "resources" / "scenes" / "coffee.jpg"
BOX = (462, 226, 124, 130)



def command(out: Path, *more: str) -> list[str]:
    return ["insert", "--background", str(PHOTO), "--box", *map(str, BOX), "--out", str(out), "--seed", "3", *more]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with layer.png and comp.png: a strawberry on the table."""
    folder = tmp_path_factory.mktemp("made")
    assert main(command(folder / "layer.png", "--prompt", "a red strawberry", "--composite", str(folder / "comp.png"))) == 0
    return folder


def test_a_strawberry_lies_on_the_table(made: Path) -> None:
    with Image.open(made / "layer.png") as image:
        layer = np.asarray(image).astype(int)
    assert layer.shape == (400, 600, 4)
    solid = layer[..., 3] > 200
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    x, y, width, height = BOX
    assert solid.sum() > 0.3 * width * height
    assert columns[0] > x - 0.15 * width and columns[-1] < x + 1.15 * width
    assert rows[0] > y - 0.15 * height and rows[-1] < y + 1.15 * height
    red, green, blue = layer[solid][:, :3].mean(0)
    assert red > green + 20 and red > blue + 20


def test_everything_else_is_untouched(made: Path) -> None:
    with Image.open(made / "layer.png") as image, Image.open(made / "comp.png") as composed, Image.open(PHOTO) as photo:
        layer, composite, background = (np.asarray(picture) for picture in (image, composed, photo))
    clear = layer[..., 3] == 0
    assert clear.mean() > 0.7
    assert (composite[clear] == background[clear]).all()


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(command(tmp_path / "again.png", "--prompt", "a red strawberry")) == 0
    assert (tmp_path / "again.png").read_bytes() == (made / "layer.png").read_bytes()
    said = capfd.readouterr()
    assert said.err == "" and said.out.startswith("red strawberry in ")


def test_damaged_weights_are_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model"
    shutil.copytree(STARTER, model, ignore=shutil.ignore_patterns("library"))
    shutil.copytree(STARTER / "library", model / "library")
    for weights in model.rglob("transformer/*.safetensors"):
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    assert main(command(tmp_path / "layer.png", "--prompt", "strawberry", "--model", str(model))) == 2
    said = capfd.readouterr().err
    assert "damaged" in said and said.count("\n") == 1
    assert not (tmp_path / "layer.png").exists()


@pytest.mark.parametrize("harm", ("nan", "missing"))
def test_weights_that_are_no_numbers_or_missing_are_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str], harm: str) -> None:
    model = tmp_path / "model"
    shutil.copytree(STARTER, model)
    file = max(model.rglob("transformer/*.safetensors"), key=lambda file: file.stat().st_size)
    weights = load_file(file)
    largest = max(weights, key=lambda name: weights[name].numel())
    if harm == "nan":
        weights[largest].view(-1)[0] = float("nan")
    else:
        weights.pop(largest)
    save_file(weights, file, metadata={"format": "pt"})
    assert main(command(tmp_path / "layer.png", "--prompt", "strawberry", "--model", str(model))) == 2
    said = capfd.readouterr().err
    assert "damaged" in said and ("numbers" in said or "missing" in said) and said.count("\n") == 1
    assert not (tmp_path / "layer.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGINT for one child")
def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "bfs_engine", *command(tmp_path / "layer.png", "--prompt", "strawberry", "--steps", "5000")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(8)  # importing is over and denoising under way, also where nothing is cached yet
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=120)
    assert child.returncode == 130 and said == "Stopped.\n"
    assert not (tmp_path / "layer.png").exists()


def test_ctrl_c_is_not_lost_in_an_import_that_swallows_it() -> None:
    program = """
import signal, time
from bfs_engine.__main__ import interrupts_stop_at_once
with interrupts_stop_at_once():
    try:
        signal.raise_signal(signal.SIGINT)
        time.sleep(1)
    except KeyboardInterrupt:
        pass
print("lost")
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Stopped.\n")


def test_what_was_inserted_can_be_extracted_again(made: Path, tmp_path: Path) -> None:
    out, comp = tmp_path / "layer.png", tmp_path / "comp.png"
    assert main(["extract", "--picture", str(made / "comp.png"), "--background", str(PHOTO), "--out", str(out), "--composite", str(comp)]) == 0
    with Image.open(comp) as again, Image.open(made / "comp.png") as before, Image.open(out) as layer:
        assert np.abs(np.asarray(again).astype(int) - np.asarray(before)).max() <= 12  # the dead zone of a photograph with JPEG's noise
        assert np.asarray(layer)[..., 3].max() == 255


def test_what_was_inserted_is_settled_elsewhere_with_its_own_pixels(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "moved.png"
    request = ["resettle", "--background", str(PHOTO), "--layer", str(made / "layer.png"), "--move", "-300", "20", "--out", str(out)]
    assert main(request) == 0
    with Image.open(out) as image, Image.open(made / "layer.png") as before:
        moved, layer = (np.asarray(picture)[..., 3] for picture in (image, before))
    x, y, width, height = BOX
    solid = layer[y : y + height, x : x + width] > 250
    assert (moved[y + 20 : y + 20 + height, x - 300 : x - 300 + width][solid] > 200).mean() > 0.98


def test_ones_own_photograph_can_be_the_reference(tmp_path: Path) -> None:
    """A piece of a photograph, without transparency: the cup is cut out and stands in the box."""
    with Image.open(PHOTO) as photo:
        photo.crop((60, 0, 500, 400)).save(tmp_path / "cup.png")
    out = tmp_path / "layer.png"
    assert main(command(out, "--reference", str(tmp_path / "cup.png"))) == 0
    with Image.open(out) as image:
        layer = np.asarray(image).astype(int)
    solid = layer[layer[..., 3] > 200]
    assert len(solid) > 0.2 * BOX[2] * BOX[3] and solid[:, 0].mean() > solid[:, 2].mean() + 40  # the cup and its saucer are red
