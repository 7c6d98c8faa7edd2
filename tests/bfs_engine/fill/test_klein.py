"""FLUX.2 klein from a folder (the real classes, tiny random weights): found, run, stopped, and refused where it is not whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from bfs_engine import catalog, framing
from bfs_engine.__main__ import build_engine
from bfs_engine.api import Box, Cancelled, EngineError, ExtractRequest, InsertRequest, Progress
from bfs_engine.cli.pictures import over
from bfs_engine.fill.engine import KleinEngine
from main import memory_for
from tests import tiny_klein

BOX = Box(52, 52, 24, 24)
CROP = framing.crop_around(BOX, 128, 128, KleinEngine.box_fraction)
PICTURE = np.random.default_rng(1).integers(60, 200, (128, 128, 3)).astype(np.uint8)


class TinyKlein(KleinEngine):
    """In frames that take no time."""

    sides = 64, 128
    read_layers = (1,)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_klein.write(tmp_path_factory.mktemp("klein"))


def request(**wishes: object) -> InsertRequest:
    return InsertRequest("a lamp", BOX, CROP, framing.cut(PICTURE, CROP), **wishes)


def silent(_: Progress) -> None:
    pass


def painting_a_lamp(engine: KleinEngine) -> KleinEngine:
    """After its weights are loaded, paint what a trained model would: a blue lamp in the middle of the frame."""

    def paint(image: Image.Image, **_: object) -> SimpleNamespace:
        pixels = np.asarray(image).copy()
        part = slice(len(pixels) * 4 // 10, len(pixels) * 6 // 10)
        pixels[part, part] = (10, 20, 250)
        return SimpleNamespace(images=[Image.fromarray(pixels)])

    with pytest.raises(EngineError):
        engine.insert(request(), silent)
    engine.pipeline = paint
    return engine


def test_the_folder_is_recognised_and_picks_the_engine(whole: Path) -> None:
    model = catalog.look_at(whole)
    assert (model.kind, model.name) == ("klein", "FLUX.2 klein")
    assert isinstance(build_engine(whole), KleinEngine)


def test_a_folder_of_the_hugging_face_cache_is_taken_as_it_is(whole: Path, tmp_path: Path) -> None:
    cached = tmp_path / "models--black-forest-labs--FLUX.2-klein-4B"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0123abc")
    shutil.copytree(whole, cached / "snapshots" / "0123abc")
    assert catalog.look_at(cached).folder == cached / "snapshots" / "0123abc"


def test_random_weights_run_all_steps_and_their_noise_is_no_layer(whole: Path) -> None:
    told: list[Progress] = []
    with pytest.raises(EngineError, match="painted the ground anew|moved the whole picture"):
        TinyKlein(whole).insert(request(reference=np.full((16, 16, 4), 200, np.uint8)), told.append)
    assert [one.step for one in told if one.message == "Denoising"] == [1, 2, 3, 4]


def test_a_painted_lamp_becomes_layers_with_cover_in_their_place(whole: Path) -> None:
    first, second = painting_a_lamp(TinyKlein(whole)).insert(request(count=2, seed=7), silent)
    assert (first.recipe["seed"], second.recipe["seed"]) == (7, 8)
    assert first.pixels.shape[:2] == first.cover.shape
    height, width = first.cover.shape
    assert BOX.x - 4 <= first.left and first.left + width <= BOX.right + 4
    assert BOX.y - 4 <= first.top and first.top + height <= BOX.bottom + 4
    there = PICTURE[first.top : first.top + height, first.left : first.left + width]
    assert np.abs(over(first.pixels, there)[height // 2, width // 2].astype(int) - (10, 20, 250)).max() <= 6


def test_stopping_is_heard_after_the_first_step(whole: Path) -> None:
    steps = []

    def stop(progress: Progress) -> None:
        if progress.message == "Denoising":
            steps.append(progress.step)
            raise Cancelled

    with pytest.raises(Cancelled):
        TinyKlein(whole).insert(request(), stop)
    assert steps == [1]


@pytest.mark.parametrize("name", ["vae/config.json", "tokenizer/tokenizer_config.json", "transformer/diffusion_pytorch_model.safetensors"])
def test_a_missing_file_is_named_before_anything_is_loaded(whole: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "klein"))
    (folder / name).unlink()
    with pytest.raises(EngineError, match="is missing"):
        build_engine(folder)


def test_a_file_that_was_cut_off_is_named_before_anything_is_loaded(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "klein"))
    weights = folder / "text_encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(EngineError, match="text_encoder/model.safetensors was cut off"):
        build_engine(folder)


def test_extracting_asks_no_model(whole: Path) -> None:
    above = PICTURE.copy()
    above[56:70, 56:70] = (10, 20, 250)
    engine = TinyKlein(whole)
    asked = ExtractRequest("", BOX, CROP, framing.cut(PICTURE, CROP), composite=framing.cut(above, CROP))
    (layer,) = engine.extract(asked, silent)
    assert engine.pipeline is None
    assert layer.pixels[..., 3].max() == 255


def test_what_it_needs_is_said_before_it_is_loaded(whole: Path) -> None:
    assert "all weights in bfloat16: about" in memory_for(whole)
