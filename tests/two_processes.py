"""Train in two processes that talk by gloo: `python -m tests.two_processes SHARDS FOLDER PORT`.

FOLDER/copies: a copy of the model in each (DDP), from the start. FOLDER/spread: the model spread over both (FSDP), going on from
the checkpoint that one process left there. Both processes are forked from one that has imported everything.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

from bfs_engine.train.shards import Shards
from bfs_engine.train.stages import train_stage_one
from tests.training import backbone, compositor, stage

CONFIG = stage(steps=2, micro_batch=1)


def main(shards: Path, folder: Path, port: str) -> None:
    child = os.fork()
    os.environ |= {"RANK": str(int(child == 0)), "LOCAL_RANK": str(int(child == 0)), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
                   "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}  # fmt: skip
    torch.set_num_threads(1)
    train_stage_one(CONFIG, folder / "copies", backbone(), compositor(), Shards(shards))
    run = train_stage_one(replace(CONFIG, shard=True), folder / "spread", backbone(), compositor(), Shards(shards))
    assert run.accelerator.num_processes == 2
    assert all(p.to_local().numel() < p.numel() for p in run.trained.values() if p.shape[0] > 1), "each process has a part"
    torch.distributed.destroy_process_group()
    if child and os.waitpid(child, 0)[1]:
        sys.exit("the other process failed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
