"""The two branches tell each other what they see (BFS, equations 2–5), and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from diffusers import FluxTransformer2DModel

from bfs_engine.bfs.latents import position_ids
from bfs_engine.bfs.sharing import BFSTransformer2DModel, sharing_parameters
from tests import tiny


def inputs(count: int = 2, side: int = 4, channels: int = 2 * 16 + 256) -> dict:
    """2·count items, side × side tokens, 3 words."""
    torch.manual_seed(1)
    return {
        "hidden_states": torch.randn(2 * count, side * side, channels),
        "encoder_hidden_states": torch.randn(2 * count, 3, 12),
        "pooled_projections": torch.randn(2 * count, 10),
        "timestep": torch.full((2 * count,), 0.6),
        "img_ids": position_ids(2 * side, 2 * side),
        "txt_ids": torch.zeros(3, 3),
    }


@torch.no_grad()
def run(model, given: dict, **more) -> torch.Tensor:
    return model(**given, **more).sample


def stock(model: BFSTransformer2DModel) -> FluxTransformer2DModel:
    """diffusers' own transformer with the same base weights."""
    config = {k: v for k, v in model.config.items() if not k.startswith(("_", "sharing"))}
    plain = FluxTransformer2DModel(**config)
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if ".processor." not in k})
    return plain.eval()


def test_without_sharing_it_is_the_stock_transformer() -> None:
    model = tiny.transformer()
    assert torch.equal(run(model, inputs(), joint_attention_kwargs={"sharing": False}), run(stock(model), inputs()))


def test_fresh_sharing_changes_nothing_before_it_is_trained() -> None:
    torch.manual_seed(0)
    model = BFSTransformer2DModel(**{k: v for k, v in tiny.transformer().config.items() if not k.startswith("_")})
    assert torch.equal(run(model, inputs()), run(stock(model), inputs()))


@pytest.mark.parametrize("merge", ["stream", "joint", "mlp"])
def test_a_composite_listens_to_its_own_foreground_and_to_no_other(merge: str) -> None:
    model, given = tiny.transformer(merge), inputs()
    before = run(model, given)
    given["hidden_states"] = given["hidden_states"].clone()
    given["hidden_states"][3] += 1  # the second foreground
    after = run(model, given)
    changed = (after - before).abs().amax((1, 2)) > 1e-6
    assert changed.tolist() == [False, True, False, True]


@pytest.mark.parametrize("merge", ["stream", "joint", "mlp"])
def test_one_block_does_what_the_equations_say(merge: str) -> None:
    """A single block's processor against equations 2–5 written out in float64, one head at a time."""
    model = tiny.transformer(merge).double()
    attention = model.single_transformer_blocks[0].attn
    tokens = torch.randn(2, 5, 16, dtype=torch.float64)
    plain = attention(tokens, sharing=False)
    got = attention(tokens) - plain
    composite, foreground = tokens
    shared = attention.processor

    def projected(name: str, lora, h):
        base = getattr(attention, f"to_{name}")
        return h @ base.weight.T + base.bias + h @ lora[name].down.weight.T @ lora[name].up.weight.T

    def message(asker, asking_lora, asked, asked_lora):
        q, k, v = (projected(n, lora, h) for n, lora, h in zip("qkv", (asking_lora, asked_lora, asked_lora), (asker, asked, asked)))
        heads = []
        for start in (0, 8):
            part = slice(start, start + 8)
            normed = [x[:, part] / (x[:, part].square().mean(-1, keepdim=True) + 1e-6).sqrt() * w for x, w in ((q, attention.norm_q.weight), (k, attention.norm_k.weight))]
            heads.append((normed[0] @ normed[1].T / 8**0.5).softmax(-1) @ v[:, part])
        return torch.cat(heads, -1)

    to_composite = message(composite, shared.composite_lora, foreground, shared.foreground_lora)
    to_foreground = message(foreground, shared.foreground_lora, composite, shared.composite_lora)
    both = torch.cat([to_composite, to_foreground], -1)
    out = shared.merge.out.weight.T
    if merge == "stream":
        want = torch.stack([to_composite @ out, to_foreground @ out])
    elif merge == "joint":
        want = torch.stack((both @ out).chunk(2, -1))
    else:
        hidden = torch.nn.functional.gelu(both @ shared.merge.hidden.weight.T + shared.merge.hidden.bias, approximate="tanh")
        want = torch.stack((hidden @ out).chunk(2, -1))
    assert torch.allclose(got, want, atol=1e-10)


def test_the_paper_trains_the_sharing_and_leaves_the_backbone_alone() -> None:
    model = tiny.transformer()
    trained = {id(p) for p in sharing_parameters(model)}
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in trained)
    model(**inputs()).sample.square().mean().backward()
    assert all(p.grad is not None for p in sharing_parameters(model))
    assert all(p.grad is None for p in model.parameters() if id(p) not in trained)


def test_saved_and_loaded_it_is_the_same(tmp_path) -> None:
    model = tiny.transformer("joint")
    model.save_pretrained(tmp_path)
    again = BFSTransformer2DModel.from_pretrained(tmp_path).eval()
    assert again.config.sharing_merge == "joint"
    assert torch.equal(run(again, inputs()), run(model, inputs()))


def test_the_configuration_of_flux_fill_builds_with_the_same_classes() -> None:
    """FLUX.1 Fill: 12 billion parameters of backbone, on the meta device; sharing by the paper's rank and by the release's form."""
    with torch.device("meta"):
        model = BFSTransformer2DModel(sharing_merge="stream")
    backbone = sum(p.numel() for name, p in model.named_parameters() if ".processor." not in name)
    assert model.config.in_channels == 384 and len(model.transformer_blocks) == 19 and len(model.single_transformer_blocks) == 38
    assert 11.8e9 < backbone < 12.0e9
    assert sum(p.numel() for p in sharing_parameters(model)) == 57 * 3072**2 + (19 * 4 + 38 * 3) * 2 * 2 * 4 * 3072
    with torch.device("meta"):
        out = model(
            hidden_states=torch.empty(2, 1024, 384), encoder_hidden_states=torch.empty(2, 512, 4096), pooled_projections=torch.empty(2, 768),
            timestep=torch.empty(2), img_ids=torch.empty(1024, 3), txt_ids=torch.empty(512, 3), guidance=torch.empty(2), return_dict=False,
        )[0]  # fmt: skip
    assert out.shape == (2, 1024, 64)


def test_an_unknown_merge_form_is_refused() -> None:
    with pytest.raises(ValueError, match="'sum' is not one of stream, joint, mlp"):
        BFSTransformer2DModel(num_layers=1, num_single_layers=0, attention_head_dim=8, num_attention_heads=1, axes_dims_rope=(2, 2, 4), sharing_merge="sum")


def test_blocks_are_compiled_as_wholes_and_say_the_same() -> None:
    """Traced without a break; what a compiler makes of the trace is its own affair, and takes half a minute."""
    model = tiny.transformer()
    model.transformer_blocks, model.single_transformer_blocks = model.transformer_blocks[:1], model.single_transformer_blocks[:1]
    eager = run(model, inputs())
    model.compile_repeated_blocks(fullgraph=True, backend="eager")
    try:
        assert torch.equal(run(model, inputs()), eager)
        assert sum(block._compiled_call_impl is not None for block in model.modules() if isinstance(block, torch.nn.Module)) == 2
    finally:
        torch.compiler.reset()
