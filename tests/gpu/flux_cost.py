"""What an image costs on FLUX.1 Fill's full size with random weights: plain Flux-Fill and BFS in the same run, seconds and memory.

    python -m tests.gpu.flux_cost [--sides 512 1024] [--steps 50] [--every 1 2 3 5] [--compile] [--small]

Prints one JSON object a line: plain, both branches with each saving that FLUX has or could have, and with --compile all of it again with
compiled blocks (plain too). Weights do not change the cost, so none are downloaded. --small runs the same code with one narrow
block of each kind on any machine, to see that it works.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxFillPipeline, FluxTransformer2DModel

from bfs_engine.bfs import memory
from bfs_engine.bfs.flux import every_step
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.sharing import attach_sharing
from bfs_engine.evaluate.savings import Way, cached, intervals

FLUX = {"in_channels": 384, "out_channels": 64, "guidance_embeds": True}
VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4, "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2, "latent_channels": 16, "scaling_factor": 0.3611, "shift_factor": 0.1159, "use_quant_conv": False,
    "use_post_quant_conv": False,
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    options = parsed()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    size = {"num_layers": 1, "num_single_layers": 1, "num_attention_heads": 2} if options.small else {"num_layers": 19, "num_single_layers": 38}
    maps = VAE | {"block_out_channels": (32,) * 4} if options.small else VAE
    torch.set_default_dtype(torch.bfloat16)
    with device:
        transformer, plain_vae = FluxTransformer2DModel(**FLUX, **size).eval(), AutoencoderKL(**maps).eval()
    torch.set_default_dtype(torch.float32)
    with device:
        vae, rgba_vae = AutoencoderKL(**maps).eval(), AutoencoderKL(**maps | {"out_channels": 4}).eval()
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    plain = FluxFillPipeline(scheduler, plain_vae, None, None, None, None, transformer)
    base = compare_plain(plain, options, device)
    attach_sharing(transformer, merge="stream")
    compare(BFSPipeline(transformer, scheduler, vae, rgba_vae), options, device, base)


def compare_plain(plain: FluxFillPipeline, options: argparse.Namespace, device: torch.device) -> dict[int, tuple[float, int]]:
    """What plain Flux-Fill takes at each side, uncompiled."""
    base = {}
    for side in options.sides:
        base[side] = measured(lambda: fill(plain, side, options.steps, device), device)
        tell("plain Flux-Fill", side, base[side], base[side])
    if options.compile:
        with compiled(plain.transformer):
            for side in options.sides:
                tell("plain Flux-Fill, compiled", side, measured(lambda: fill(plain, side, options.steps, device), device), base[side])
    return base


def compare(ours: BFSPipeline, options: argparse.Namespace, device: torch.device, base: dict[int, tuple[float, int]]) -> None:
    """What both branches take with each saving."""
    ways = {f"BFS, every {every}": cached(every_step(every)) if every > 1 else nullcontext for every in options.every}
    ways["BFS, foregrounds every 3, composites every 6"] = intervals(3, 6)
    if options.compile:
        ways |= {f"{name}, compiled": both(compiled, way) for name, way in ways.items() if "foregrounds" not in name}
    for side in options.sides:
        need = memory.demand_of(dict(ours.transformer.config), dict(ours.vae.config), dict(ours.rgba_vae.config), side)
        estimate = need.blocks + need.sharing + need.outside + need.working
        for name, way in ways.items():
            with way(ours.transformer):
                tell(name, side, measured(lambda: insert(ours, side, options.steps, device), device), base[side], estimate)


@contextmanager
def compiled(transformer: FluxTransformer2DModel) -> Iterator[None]:
    """Its blocks compiled; the first call takes minutes, which are not counted."""
    transformer.compile_repeated_blocks()
    try:
        yield
    finally:
        for block in transformer.modules():
            block._compiled_call_impl = None
        torch.compiler.reset()


def both(first: Way, second: Way) -> Way:
    """Two ways at once."""

    @contextmanager
    def way(transformer: FluxTransformer2DModel) -> Iterator[None]:
        with first(transformer), second(transformer):
            yield

    return way


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--every", type=int, nargs="+", default=[1, 2, 3, 5])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--small", action="store_true")
    return parser.parse_args()


def words(device: torch.device) -> dict[str, torch.Tensor]:
    """A prompt's embedding."""
    kind = {"device": device, "dtype": torch.bfloat16}
    return {"prompt_embeds": torch.randn(1, 512, 4096, **kind), "pooled_prompt_embeds": torch.randn(1, 768, **kind)}


@torch.no_grad()
def fill(pipeline: FluxFillPipeline, side: int, steps: int, device: torch.device) -> None:
    """One image of diffusers' own pipeline."""
    pipeline.set_progress_bar_config(disable=True)
    picture, mask = torch.zeros(1, 3, side, side), torch.ones(1, 1, side, side)
    pipeline(**words(device), image=picture, mask_image=mask, height=side, width=side, num_inference_steps=steps, output_type="pt")


def insert(pipeline: BFSPipeline, side: int, steps: int, device: torch.device) -> None:
    """One layer, decoded."""
    picture, mask = torch.zeros(1, 3, side, side), torch.ones(1, 1, side, side)
    pipeline(picture, mask, **words(device), num_inference_steps=steps)


def measured(work: Callable[[], None], device: torch.device) -> tuple[float, int]:
    """Seconds and most bytes of a second run; the first one warms up."""
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, torch.cuda.max_memory_allocated() if device.type == "cuda" else 0


def tell(what: str, side: int, taken: tuple[float, int], plain: tuple[float, int], estimate: int = 0) -> None:
    """One line."""
    line = {"what": what, "side": side, "seconds": round(taken[0], 2), "against_plain": round(taken[0] / plain[0], 3)}
    line |= {"gigabytes": round(taken[1] / memory.GB, 2), "estimated": round(estimate / memory.GB, 2)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
