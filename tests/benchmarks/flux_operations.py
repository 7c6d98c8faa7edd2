"""How many operations a layer takes on FLUX.1 Fill's full size, against plain Flux-Fill: counted on the meta device, exactly.

    python -m tests.benchmarks.flux_operations [--sides 512 1024] [--steps 50]

Every block of a kind costs the same, so one and two of each kind are run and the count is continued to 19 double and 38 single ones. Prints a table; the VAEs and text encoders are not in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from diffusers import FluxTransformer2DModel
from torch.utils.flop_counter import FlopCounterMode

from bfs_engine.bfs.latents import position_ids
from bfs_engine.bfs.sharing import SharingAttnProcessor, attach_sharing
from bfs_engine.evaluate.savings import Intervals, Way, intervals

FLUX = {"in_channels": 384, "out_channels": 64, "guidance_embeds": True}
DOUBLE, SINGLE = 19, 38
WORDS = 512


class SecondAttention(SharingAttnProcessor):
    """As in the authors' release: base projections are computed again for the other use."""

    def _residual(self, attn: torch.nn.Module, tokens: torch.Tensor, base: tuple, rotary: tuple, text: torch.Tensor | None) -> torch.Tensor:
        again = attn.to_q(tokens), attn.to_k(tokens), attn.to_v(tokens)
        return super()._residual(attn, tokens, again, rotary, text)


@contextmanager
def second_attention(transformer: FluxTransformer2DModel) -> Iterator[None]:
    """Every processor becomes one that projects twice."""
    for block in [*transformer.transformer_blocks, *transformer.single_transformer_blocks]:
        block.attn.processor.__class__ = SecondAttention
    yield


def foregrounds_alone(side: int) -> Way:
    """The next forward computes foregrounds, which hear what composites said before."""

    @contextmanager
    def way(transformer: FluxTransformer2DModel) -> Iterator[None]:
        with intervals(1, 2)(transformer):
            for _ in range(Intervals.FIRST):
                _forward(transformer, 2, side)
            yield

    return way


def operations(way: Way | None, side: int) -> int:
    """Of one step in a frame of `side` pixels; way None: plain Flux-Fill, one branch without sharing."""

    def of(double: int, single: int) -> int:
        with torch.device("meta"):
            transformer = FluxTransformer2DModel(**FLUX, num_layers=double, num_single_layers=single).eval()
            if way is not None:
                attach_sharing(transformer, merge="stream")
        with torch.no_grad(), (way or nullcontext)(transformer), FlopCounterMode(display=False) as counter:
            _forward(transformer, 1 if way is None else 2, side)
        return counter.get_total_flops()

    one, more_doubles, more_singles = of(1, 1), of(2, 1), of(1, 2)
    return one + (DOUBLE - 1) * (more_doubles - one) + (SINGLE - 1) * (more_singles - one)


def _forward(transformer: FluxTransformer2DModel, items: int, side: int) -> None:
    tokens = (side // 16) ** 2
    with torch.device("meta"), transformer.cache_context("asked"):
        transformer(
            hidden_states=torch.empty(items, tokens, 384),
            encoder_hidden_states=torch.empty(items, WORDS, 4096),
            pooled_projections=torch.empty(items, 768),
            timestep=torch.empty(items),
            guidance=torch.empty(items),
            img_ids=position_ids(side // 8, side // 8, torch.device("meta")),
            txt_ids=torch.empty(WORDS, 3),
            return_dict=False,
        )


def computed(every: int, steps: int) -> int:
    """How many of `steps` are computed when after the first ones it is every `every`-th."""
    return sum(step < Intervals.FIRST or (step - Intervals.FIRST - 1) % every == 0 for step in range(steps))


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--steps", type=int, default=50)
    options = parser.parse_args()
    rows: dict[str, list[float]] = {}
    for side in options.sides:
        plain = operations(None, side)
        twice, both, alone = (operations(way, side) / plain for way in (second_attention, nullcontext, foregrounds_alone(side)))
        shares = {"plain Flux-Fill: teraoperations a step": plain / 1e12, "both branches, base projections twice": twice, "both branches": both}
        shares["foregrounds alone, hearing kept composites"] = alone
        for foreground, composite in ((2, 2), (3, 3), (5, 5), (1, 2), (1, 4), (3, 6), (3, 9)):
            together = computed(composite, options.steps)
            rest = computed(foreground, options.steps) - together
            shares[f"foregrounds every {foreground}, composites every {composite}"] = (together * both + rest * alone) / options.steps
        for name, share in shares.items():
            rows.setdefault(name, []).append(share)
    print(f"of plain Flux-Fill, {options.steps} steps".ljust(44), *(f"{side} px".rjust(8) for side in options.sides))
    for name, shares in rows.items():
        print(name.ljust(44), *(f"{share:8.2f}" for share in shares))


if __name__ == "__main__":
    main()
