"""However many processes train, they make the same step."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bfs_engine.train.loop import read_weights
from bfs_engine.train.shards import Shards
from bfs_engine.train.stages import train_stage_one
from tests.training import backbone, compositor, latents, pictures
from tests.two_processes import CONFIG

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the two processes are forked, so that they import torch once")
def test_two_processes_make_the_steps_that_one_makes(tmp_path: Path) -> None:
    shards = latents(tmp_path / "latents", pictures(tmp_path / "pictures"))
    train_stage_one(CONFIG, tmp_path / "spread", backbone(), compositor(), Shards(shards), until=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.two_processes", str(shards), str(tmp_path), port]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    train_stage_one(CONFIG, tmp_path / "alone", backbone(), compositor(), Shards(shards))
    alone, about = read_weights(tmp_path / "alone" / "checkpoint.safetensors")
    start = backbone().transformer.state_dict()
    for folder in ("copies", "spread"):
        found, also = read_weights(tmp_path / folder / "checkpoint.safetensors")
        assert about == also == {"step": "2"} and found.keys() == alone.keys()
        for name, value in alone.items():
            torch.testing.assert_close(found[name], value, atol=2e-5, rtol=1e-3, msg=lambda text, name=name: f"{folder}: {name}: {text}")
        started = json.loads((tmp_path / folder / "log.jsonl").read_text().splitlines()[-1])
        assert started["processes"] == 2
    moved = [(alone[f"weights/{name}"] - start[name]).abs().max() for name in start if ".processor." in name]
    assert min(moved) > 1e-3, "the steps are large beside what may differ"
