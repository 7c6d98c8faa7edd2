"""What a large model is said to need against what it takes, and what weights in fewer bits cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
import torch

from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.starter import FOLDER, SIZE, load_pipeline
from bfs_engine.evaluate.layers import decibels, over
from bfs_engine.evaluate.starter import HELD_OUT_SEED, Sampling, generate
from bfs_engine.scenes.render import Scenes, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary

SCENES = 16

# A layer of 512 pixels by a narrow FLUX: its weights and the most it holds, as estimated, and by how much the process grew.
MEDIUM = """
import gc, json, re, sys
import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
from bfs_engine.bfs.memory import demand_of
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.sharing import attach_sharing
from tests.gpu.flux_cost import FLUX, VAE, words

def resident(what):
    return 1024 * int(re.search(what + r":\\s*(\\d+)", open("/proc/self/status").read())[1])

narrow = FLUX | {"num_layers": 2, "num_single_layers": 2, "num_attention_heads": 6}
maps = VAE | {"block_out_channels": (32, 32, 32, 32), "norm_num_groups": 8}
config = dict(FluxTransformer2DModel(**FLUX, num_layers=0, num_single_layers=0, num_attention_heads=1).config) | narrow
need = demand_of(config, maps, maps | {"out_channels": 4}, 512)
gc.collect()
before = resident("VmRSS")
torch.set_default_dtype(torch.bfloat16)
transformer = FluxTransformer2DModel(**narrow).eval()
attach_sharing(transformer, merge="stream")
torch.set_default_dtype(torch.float32)
pipeline = BFSPipeline(transformer, FlowMatchEulerDiscreteScheduler(), AutoencoderKL(**maps).eval(), AutoencoderKL(**maps | {"out_channels": 4}).eval())
weights = resident("VmRSS") - before
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
pipeline(torch.zeros(1, 3, 512, 512), torch.ones(1, 1, 512, 512), **words(torch.device("cpu")), num_inference_steps=1)
print(json.dumps({"said": [need.blocks + need.sharing + need.outside, need.working], "taken": [weights, resident("VmHWM") - before - weights]}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_model_takes_the_memory_that_it_says(measure: Callable, run_program: Callable) -> None:
    seen = json.loads(run_program("-c", MEDIUM).output.splitlines()[-1])
    # Beside the tensors, the process holds the libraries that the first run loads and the copies that oneDNN makes for convolutions.
    for what, said, taken, budget in zip(("weights", "a layer of 512 pixels"), seen["said"], seen["taken"], (1.05, 2.0)):
        measure(f"{what}: taken, of what was said", taken / said, "", budget=budget)


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    vocabulary = Vocabulary.load(FOLDER / "library")
    things = pack([vocabulary.cutout(name) for name in vocabulary.names])
    return render(things, torch.Generator().manual_seed(HELD_OUT_SEED), SCENES, SIZE)


def in_bfloat16() -> BFSPipeline:
    """The starter with its transformer in bfloat16."""
    pipeline = load_pipeline(FOLDER)
    torch.nn.Module.to(pipeline.transformer, torch.bfloat16)
    return pipeline


def linear(module: torch.nn.Module, name: str) -> bool:
    """What is kept in fewer bits; sharing is not."""
    return isinstance(module, torch.nn.Linear) and ".processor." not in name


def eight_bit_floats(pipeline: BFSPipeline) -> None:
    kept = ("pos_embed", "norm", "processor")
    pipeline.transformer.enable_layerwise_casting(torch.float8_e4m3fn, torch.bfloat16, skip_modules_pattern=kept)


def eight_bits(pipeline: BFSPipeline) -> None:
    quantization = pytest.importorskip("torchao.quantization", reason="torchao is optional")
    quantization.quantize_(pipeline.transformer, quantization.Int8WeightOnlyConfig(), filter_fn=linear)


def four_bits(pipeline: BFSPipeline) -> None:
    four = pytest.importorskip("bitsandbytes.functional", reason="bitsandbytes is optional")
    for name, module in pipeline.transformer.named_modules():
        if linear(module, name):
            module.weight.data = four.dequantize_4bit(*four.quantize_4bit(module.weight.data, quant_type="nf4")).to(torch.bfloat16)


@pytest.mark.parametrize(("smaller", "least"), [(eight_bits, 65), (eight_bit_floats, 58), (four_bits, 48)])
def test_weights_in_fewer_bits(smaller: Callable, least: float, scenes: Scenes, measure: Callable) -> None:
    exact, small = in_bfloat16(), in_bfloat16()
    smaller(small)
    made = [over(generate(pipe, scenes.background, scenes.box, scenes.reference, Sampling(1))[0], scenes.background) for pipe in (exact, small)]
    measure(f"{smaller.__name__}: composites, below bfloat16's", -decibels(made[1] - made[0]), "dB", budget=-least)
