"""Fair trials: the same scenes, steps and network, one decision changed. Each is trained from nothing and judged on held-out scenes.

The network is half as large as the starter's and knows 64 things, so that words alone have a chance in the time there is.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch
from torch import Tensor

from ..bfs.latents import box_mask
from ..bfs.pipeline import BFSPipeline
from ..scenes.render import Scenes, Sprites, render
from ..train.starter import StarterConfig, StarterTraining, train
from .layers import nearest_thing
from .starter import HELD_OUT_SEED, against_truth, place_all

THINGS = 64
BASE = StarterConfig(
    heads=6, single_blocks=4, steps=200, warmup=60, codec_scenes=512, refiner_steps=30, final_refiner_steps=0, pure_noise=0.25, effects=8.0, ema=0.99,
)  # fmt: skip
# "change" starts from the pasted reference, which words do not have: both conditions predict the sample.
TRIALS = {
    "reference": dataclasses.replace(BASE, prediction="sample"),
    "words": dataclasses.replace(BASE, prediction="sample", condition="words"),
    "independent noise": BASE,
    "shared noise": dataclasses.replace(BASE, noise="shared"),
}


def run(folder: Path, sprites: Sprites, steps: int, scenes: int, seed: int = 0, trials: dict[str, StarterConfig] = TRIALS) -> list[dict]:
    """Train every trial for `steps` steps under `folder` (going on where it stopped) and measure it with 1 and 8 sampling steps.

    Writes and returns trials.json: a row for each trial and number of sampling steps.
    """
    apart = max(len(sprites) // THINGS, 1)
    few = Sprites(sprites.pixels[::apart][:THINGS], sprites.sizes[::apart][:THINGS])
    rows = []
    for name, config in trials.items():
        training = train(dataclasses.replace(config, steps=steps), folder / name.replace(" ", "-"), few)
        for sampling in (1, 8):
            scores = measure(training, few, scenes, sampling, seed)
            rows.append({"trial": name, "training_scenes": steps * config.batch, "sampling_steps": sampling} | {k: round(v, 3) for k, v in scores.items()})
            (folder / "trials.json").write_text(json.dumps(rows, indent=1) + "\n")
    return rows


def measure(training: StarterTraining, sprites: Sprites, count: int, sampling_steps: int, seed: int) -> dict[str, float]:
    """against_truth on held-out scenes, and right_thing: things dealt out anew against the boxes (share)."""
    pipeline = training.pipeline()
    scenes = render(sprites, torch.Generator().manual_seed(HELD_OUT_SEED + seed), count, training.config.size)
    layers = _generate(training, pipeline, scenes, scenes.thing, scenes.reference, sampling_steps, seed)
    things = torch.randint(len(sprites), (count,), generator=torch.Generator().manual_seed(seed))
    every = [place_all(sprites, scenes.box[i : i + 1], training.config.size) for i in range(count)]
    asked = torch.stack([options[thing] for options, thing in zip(every, things)])
    dealt = _generate(training, pipeline, scenes, things, asked, sampling_steps, seed)
    found = torch.cat([nearest_thing(dealt[i : i + 1], options[None]) for i, options in enumerate(every)])
    return {"right_thing": (found == things).float().mean().item()} | against_truth(layers, scenes)


@torch.no_grad()
def _generate(
    training: StarterTraining, pipeline: BFSPipeline, scenes: Scenes, things: Tensor, reference: Tensor, steps: int, seed: int
) -> Tensor:
    """Layers (n, 4, s, s) straight RGBA in [0, 1], without guidance."""
    size, layers = training.config.size, []
    for start in range(0, len(scenes), 16):
        part = slice(start, start + 16)
        shown: dict = {"reference": reference[part] * 2 - 1}
        if training.words is not None:
            words = training.averaged_words()(things[part])
            shown = {"prompt_embeds": words, "pooled_prompt_embeds": torch.zeros(len(words), 64)}
        made = pipeline(
            scenes.background[part] * 2 - 1, box_mask(scenes.box[part], size, size), num_inference_steps=steps, guidance_scale=1.0,
            seeds=[seed + start + i for i in range(len(scenes.box[part]))], **shown,
        )  # fmt: skip
        layers.append(made.layers)
    return torch.cat(layers)
