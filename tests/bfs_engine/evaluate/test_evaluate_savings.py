"""Ways of computing less: each leaves out what it says, changes nothing where nothing is left out, and goes without a trace."""

from __future__ import annotations

import pytest
import torch
from diffusers import FluxTransformer2DModel

from bfs_engine.bfs.flux import every_step
from bfs_engine.bfs.latents import box_mask, pack_mask, position_ids
from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate.savings import against_full, cached, intervals, near_the_box, near_tokens, one_text
from bfs_engine.scenes.render import pack, render
from bfs_engine.scenes.vocabulary import Vocabulary
from tests import tiny


def given(seed: int = 1) -> dict:
    """One layer in a frame of 64 pixels with a box of 16 in its left upper corner."""
    torch.manual_seed(seed)
    states = torch.randn(2, 16, 288)
    states[:, :, 32:] = pack_mask(box_mask(torch.tensor([[0.0, 0.0, 16.0, 16.0]]), 64, 64))
    return {
        "hidden_states": states, "encoder_hidden_states": torch.randn(2, 3, 12), "pooled_projections": torch.randn(2, 10),
        "timestep": torch.full((2,), 0.6), "img_ids": position_ids(8, 8), "txt_ids": torch.zeros(3, 3), "return_dict": False,
    }  # fmt: skip


@torch.no_grad()
def run(model: FluxTransformer2DModel, seed: int = 1) -> torch.Tensor:
    return model(**given(seed))[0]


def batches(model: FluxTransformer2DModel) -> list[int]:
    """How many items the blocks are given from now on."""
    seen: list[int] = []
    model.single_transformer_blocks[0].attn.to_k.register_forward_hook(lambda module, given, result: seen.append(len(result)))
    return seen


@pytest.mark.parametrize("merge", ["stream", "joint", "mlp"])
def test_foregrounds_alone_hear_what_the_composites_said_last(merge: str) -> None:
    model = tiny.transformer(merge)
    whole, seen = run(model), batches(model)
    with intervals(1, 2)(model):
        steps = [run(model) for _ in range(5)]
    assert seen == [2, 2, 2, 1, 2]
    for step in steps:  # nothing has changed since, so what was said last is what would be said
        assert torch.allclose(step, whole, atol=1e-6)
    assert torch.equal(run(model), whole) and seen[-1] == 2


def test_between_its_steps_a_branch_follows_the_line_through_the_last_two() -> None:
    model = tiny.transformer()
    with intervals(1, 4)(model):
        steps = [run(model, seed)[0] for seed in (1, 1, 2, 3, 3)]
    first, second = (run(model, seed)[0] for seed in (1, 2))
    assert torch.allclose(steps[3], second + (second - first), atol=1e-5)
    assert torch.allclose(steps[4], run(model, 3)[0], atol=1e-5)
    with intervals(2, 2)(model):
        seen = batches(model)
        for _ in range(7):
            run(model)
    assert seen == [2] * 5  # steps 1, 2, 3, 5, 7


def test_tokens_far_from_the_box_are_not_computed() -> None:
    model = tiny.transformer()
    whole = run(model)
    with near_tokens(model, 4):
        assert torch.equal(run(model), whole)
    with near_tokens(model, 1):
        near = run(model).reshape(2, 4, 4, 16)
    assert near[:, :2, :2].all() and not near[:, 2:].any() and not near[:, :, 2:].any()


def test_one_text_serves_both_branches() -> None:
    model = tiny.transformer()
    heard: list[torch.Tensor] = []
    model.transformer_blocks[1].attn.add_q_proj.register_forward_pre_hook(lambda module, given: heard.append(given[0]))
    whole = run(model)
    with one_text(model):
        shared = run(model)
    apart, together = (abs(text[0] - text[1]).max() for text in heard)
    assert together < 1.5 * apart and not torch.equal(shared, whole)
    assert torch.equal(run(model), whole)


def test_a_way_is_measured_against_the_full_run_and_the_truth() -> None:
    library = Vocabulary.load(FOLDER / "library")
    scenes = render(pack([library.cutout(library.names[0])]), torch.Generator().manual_seed(0), 2, 128)
    pipe = tiny.pipeline(prediction="change", reference=True)
    full, foretold, fewer, single = against_full(pipe, scenes, 0, 5, {"every 2": cached(every_step(2))})[:4]
    assert full["to_full_db"] == "" and full["operations"] == 1
    assert 0.8 < foretold["operations"] < 1 and foretold["to_full_db"] > 30  # steps 1, 2, 3 and 5
    assert (fewer["way"], fewer["operations"], single["operations"]) == ("steps: 2", 0.4, 0.2)
    assert single["to_full_db"] < fewer["to_full_db"]
    whole, part = near_the_box(pipe, scenes, 0, (2,))
    assert whole["operations"] == 1 and 0.3 < part["operations"] < 1
