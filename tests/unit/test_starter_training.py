"""Training the starter: it learns, it resumes where it stopped, and its result is a pipeline on disk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from bfs_engine.api import EngineError
from bfs_engine.bfs.starter import FOLDER, load_pipeline
from bfs_engine.scenes.render import Sprites, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary
from bfs_engine.train.starter import StarterConfig, export, train

SMALL = StarterConfig(
    size=32, latent_channels=8, refiner_channels=8, refiner_steps=4, codec_scenes=24, heads=2, head_dim=16, double_blocks=1,
    single_blocks=1, sharing_rank=4, steps=40, batch=4, warmup=4, learning_rate=3e-3, ema=0.9,
)  # fmt: skip


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    library = Vocabulary.load(FOLDER / "library")
    return pack([library.cutout(name) for name in library.names[:4]])


@pytest.mark.parametrize(
    ("condition", "noise", "prediction", "share"),
    [
        ("reference", "independent", "change", 0.98),  # begins low: a pasted reference is nearly right
        ("reference", "independent", "sample", 0.85),
        ("words", "shared", "velocity", 0.9),
    ],
)
def test_the_loss_falls(sprites: Sprites, tmp_path: Path, condition: str, noise: str, prediction: str, share: float) -> None:
    config = dataclasses.replace(SMALL, condition=condition, noise=noise, prediction=prediction)
    training = train(config, tmp_path, sprites, until=1)
    fixed = render(sprites, 5, 16, 32)
    before = training.loss(fixed, torch.Generator().manual_seed(1)).item()
    training.run(40)
    after = training.loss(fixed, torch.Generator().manual_seed(1)).item()
    assert after < share * before


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(sprites: Sprites, tmp_path: Path) -> None:
    whole = train(SMALL, tmp_path / "whole", sprites, until=6)
    train(SMALL, tmp_path / "halves", sprites, until=3)
    halves = train(SMALL, tmp_path / "halves", sprites, until=6)
    assert halves.step == whole.step == 6
    for name, value in whole.average.items():
        assert torch.allclose(value, halves.average[name], atol=1e-6), name
    for name in ("average.safetensors", "checkpoint.pt"):
        (tmp_path / "halves" / name).write_bytes((tmp_path / "halves" / name).read_bytes()[:-500])
        with pytest.raises(EngineError, match="damaged"):
            halves.resume()


def test_what_is_exported_loads_and_makes_a_layer(sprites: Sprites, tmp_path: Path) -> None:
    training = train(SMALL, tmp_path / "run", sprites, until=2)
    export(training, tmp_path / "model")
    pipe = load_pipeline(tmp_path / "model")
    made = pipe(torch.zeros(1, 3, 32, 32), torch.ones(1, 1, 32, 32), reference=torch.zeros(1, 4, 32, 32), num_inference_steps=2, guidance_scale=1)
    assert made.layers.shape == (1, 4, 32, 32)
    saved = json.loads((tmp_path / "model" / "training.json").read_text())
    assert saved["config"]["seed"] == SMALL.seed and saved["step"] == 2
    assert max(f.stat().st_size for f in (tmp_path / "model").rglob("*") if f.is_file()) < 16 * 2**20


def test_a_configuration_with_a_mistake_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"stepz": 3}')
    with pytest.raises(EngineError, match="config.json cannot be used.*stepz"):
        StarterConfig.load(path)


def test_a_run_may_begin_with_a_finished_model(sprites: Sprites, tmp_path: Path) -> None:
    first = train(SMALL, tmp_path / "first", sprites, until=2)
    export(first, tmp_path / "model")
    second = train(dataclasses.replace(SMALL, seed=2), tmp_path / "second", sprites, until=1, start=tmp_path / "model")
    assert second.spread == first.spread
    learned = first.pipeline().transformer.state_dict()
    fresh = train(dataclasses.replace(SMALL, seed=2), tmp_path / "fresh", sprites, until=1).pipeline().transformer.state_dict()

    def distance(weights: dict[str, torch.Tensor]) -> float:
        return sum((weights[name] - learned[name]).square().sum().item() for name in learned)

    assert distance(second.pipeline().transformer.state_dict()) < 0.05 * distance(fresh)
    export(second, tmp_path / "better")
    assert json.loads((tmp_path / "better" / "training.json").read_text())["started_from"]["step"] == 2


def test_a_model_of_another_shape_is_refused_in_a_sentence(sprites: Sprites, tmp_path: Path) -> None:
    export(train(SMALL, tmp_path / "first", sprites, until=1), tmp_path / "model")
    with pytest.raises(EngineError, match="another shape"):
        train(dataclasses.replace(SMALL, single_blocks=2), tmp_path / "second", sprites, until=1, start=tmp_path / "model")
    with pytest.raises(EngineError, match="no model"):
        train(SMALL, tmp_path / "third", sprites, until=1, start=tmp_path)
