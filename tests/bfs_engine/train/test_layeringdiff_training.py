"""Training LayeringDiff's networks: they learn, and a run that is stopped and resumed ends with the very same weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from bfs_engine.__main__ import main
from bfs_engine.layering.align import load_alignment
from bfs_engine.layering.fbdd import CHANNELS, FBDD, SIDES
from bfs_engine.train.layeringdiff import AlignmentConfig, FbddConfig, Layers, train_alignment, train_fbdd
from bfs_engine.train.shards import Shards
from tests.bfs_engine.layering.test_fbdd import tiny_unet
from tests.training import QUICK, pictures


def model() -> FBDD:
    torch.manual_seed(2)
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    vae = AutoencoderKL(block_out_channels=(4, 4, 4, 4), norm_num_groups=4, scaling_factor=0.18215, **blocks).eval()
    return FBDD({side: tiny_unet(CHANNELS) for side in SIDES}, vae, torch.zeros(1, 5, 12))


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("scenes"), 4, 64)


@pytest.mark.parametrize("side", SIDES)
def test_a_stopped_fbdd_goes_on_to_the_same_weights(scenes: Path, tmp_path: Path, side: str) -> None:
    config = FbddConfig(**QUICK, steps=6, side=side)
    train_fbdd(config, tmp_path / "whole", model(), Shards(scenes))
    train_fbdd(config, tmp_path / "halves", model(), Shards(scenes), until=3)
    train_fbdd(config, tmp_path / "halves", model(), Shards(scenes))
    whole, halves = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "halves"))
    assert whole.keys() == halves.keys() and all(torch.equal(whole[name], halves[name]) for name in whole)


def test_an_alignment_network_learns_and_goes_on_to_the_same_weights(scenes: Path, tmp_path: Path) -> None:
    config = AlignmentConfig(**QUICK | {"log_every": 1}, steps=24, learning_rate=2e-3, width=8)
    train_alignment(config, tmp_path / "whole", config.network(), Shards(scenes))
    train_alignment(config, tmp_path / "halves", config.network(), Shards(scenes), until=9)
    train_alignment(config, tmp_path / "halves", config.network(), Shards(scenes))
    whole, halves = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    losses = [row["loss"] for row in map(json.loads, (tmp_path / "whole" / "log.jsonl").read_text().splitlines()) if "loss" in row]
    assert sum(losses[-6:]) < sum(losses[:6])


def test_what_is_trained_is_exported_into_a_model_that_loads(scenes: Path, tmp_path: Path) -> None:
    model().save(tmp_path / "model")
    for part, config in (("fbdd", FbddConfig(**QUICK, steps=2)), ("alignment", AlignmentConfig(**QUICK, steps=2, width=8))):
        (tmp_path / "config.json").write_text(json.dumps(asdict(config)))
        said = ["fit", part, "--out", str(tmp_path / part), "--config", str(tmp_path / "config.json"), "--layers", str(scenes)]
        assert main([*said, "--model", str(tmp_path / "model"), "--export", str(tmp_path / "trained")]) == 0
    averaged = load_file(tmp_path / "fbdd" / "average.safetensors")
    loaded = FBDD.load(tmp_path / "trained").unets["background"].state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in averaged.items())
    assert load_alignment(tmp_path / "trained", "background") is not None
    assert load_alignment(tmp_path / "trained", "foreground") is None


def test_the_composite_is_equation_one(scenes: Path) -> None:
    example = {name: value[None] for name, value in Shards(scenes)[0].items()}
    known = Layers.of(example)
    assert torch.equal(known.composite[known.alpha.expand_as(known.composite) == 0], known.background[known.alpha.expand_as(known.background) == 0])
