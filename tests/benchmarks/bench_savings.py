"""What foreseeing steps costs in quality and gains in time, on the starter and scenes whose true layers are known; ratios within one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from bfs_engine.bfs.flux import every_step
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.starter import FOLDER, SIZE, load_pipeline
from bfs_engine.evaluate.layers import decibels, over
from bfs_engine.evaluate.starter import HELD_OUT_SEED, Sampling, generate
from bfs_engine.scenes.render import Scenes, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary

SCENES, STEPS = 8, 50


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    vocabulary = Vocabulary.load(FOLDER / "library")
    things = pack([vocabulary.cutout(name) for name in vocabulary.names])
    return render(things, torch.Generator().manual_seed(HELD_OUT_SEED + 77), SCENES, SIZE)


def composites(pipe: BFSPipeline, scenes: Scenes) -> tuple[torch.Tensor, float]:
    """The layers over their backgrounds, and the processor's seconds."""
    started = time.process_time()
    layers, _ = generate(pipe, scenes.background, scenes.box, scenes.reference, Sampling(STEPS))
    return over(layers, scenes.background), time.process_time() - started


def test_every_third_step_of_fifty(scenes: Scenes, measure: Callable) -> None:
    pipe = load_pipeline(FOLDER)
    exact, whole = composites(pipe, scenes)
    pipe.transformer.enable_cache(every_step(3))
    foretold, part = composites(pipe, scenes)
    measure("every third of 50 steps: time, of all computed", part / whole, "", budget=0.5)
    measure("every third of 50 steps: composites, below the full run's", -decibels(foretold - exact), "dB", budget=-45)
    lost = decibels(exact - scenes.composite) - decibels(foretold - scenes.composite)
    measure("every third of 50 steps: composites, lost against the truth", lost, "dB", budget=0.2)
