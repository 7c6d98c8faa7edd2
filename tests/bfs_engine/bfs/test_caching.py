"""What diffusers keeps between steps works for both branches at once, and no run sees what another has kept."""

from __future__ import annotations

import pytest
import torch
from diffusers import FirstBlockCacheConfig, MagCacheConfig, TaylorSeerCacheConfig

from bfs_engine.api import Cancelled
from bfs_engine.bfs.latents import box_mask
from bfs_engine.bfs.pipeline import BFSPipeline
from tests import tiny

STEPS = 12


def taylor(every: int) -> TaylorSeerCacheConfig:
    return TaylorSeerCacheConfig(cache_interval=every, disable_cache_before_step=3, taylor_factors_dtype=torch.float32, use_lite_mode=True)


def magnitudes() -> MagCacheConfig:
    return MagCacheConfig(num_inference_steps=STEPS, mag_ratios=[0.98] * STEPS)


def made(pipe: BFSPipeline, seed: int = 0, **more) -> torch.Tensor:
    background = torch.linspace(-1, 1, 3 * 64 * 48).reshape(1, 3, 64, 48)
    words = {"prompt_embeds": torch.ones(1, 3, 12), "pooled_prompt_embeds": torch.ones(1, 10)}
    mask = box_mask(torch.tensor([[10.0, 20.0, 24.0, 30.0]]), 64, 48)
    settings = {"num_inference_steps": STEPS, "guidance_scale": 1, "seeds": seed} | more
    return pipe(background, mask, **words, **settings).foreground_latents


def counted(pipe: BFSPipeline) -> list[int]:
    """Batch sizes with which the last block's attention is computed from now on."""
    seen: list[int] = []
    block = pipe.transformer.single_transformer_blocks[-1]
    block.attn.to_q.register_forward_hook(lambda module, given, result: seen.append(len(result)))
    return seen


def test_every_other_step_is_foretold_from_those_before() -> None:
    plain, pipe = tiny.pipeline(), tiny.pipeline()
    pipe.transformer.enable_cache(taylor(2))
    seen = counted(pipe)
    exact, foretold = made(plain), made(pipe)
    assert seen == [2] * 7  # both branches, in steps 1–3, 5, 7, 9, 11
    error = (foretold - exact).square().mean().sqrt() / exact.std()
    assert 0 < error < 0.05


def test_a_cache_that_is_always_refreshed_changes_nothing() -> None:
    plain, pipe = tiny.pipeline(), tiny.pipeline()
    pipe.transformer.enable_cache(FirstBlockCacheConfig(threshold=0.0))
    assert torch.equal(made(pipe), made(plain))


def test_steps_whose_first_block_says_the_same_are_not_computed() -> None:
    pipe = tiny.pipeline()
    pipe.transformer.enable_cache(FirstBlockCacheConfig(threshold=1e9))
    seen = counted(pipe)
    made(pipe)
    assert seen == [2]


@pytest.mark.parametrize("config", [taylor(3), FirstBlockCacheConfig(threshold=0.2), magnitudes()])
def test_nothing_is_left_for_the_next_run_not_even_by_one_that_was_stopped(config: object) -> None:
    pipe, fresh = tiny.pipeline(), tiny.pipeline()
    for each in (pipe, fresh):
        each.transformer.enable_cache(config)

    def stop(step: int, steps: int, estimate: torch.Tensor) -> None:
        if step == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        made(pipe, seed=1, on_step=stop)
    made(pipe, seed=2)
    assert torch.equal(made(pipe), made(fresh))


def test_with_guidance_the_two_questions_have_caches_of_their_own() -> None:
    plain, pipe = tiny.pipeline(reference=True), tiny.pipeline(reference=True)
    pipe.transformer.enable_cache(taylor(2))
    reference = torch.linspace(-1, 1, 4 * 64 * 48).reshape(1, 4, 64, 48)
    exact, foretold = (made(one, guidance_scale=3, reference=reference) for one in (plain, pipe))
    assert 0 < (foretold - exact).square().mean().sqrt() / exact.std() < 0.05
