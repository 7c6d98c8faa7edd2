"""The authors' release in small: a FLUX Fill transformer, weights under the released names, and what their code makes of them.

The reference outputs are in tests/golden/bfs_release; the random weights they belong to are drawn here again.
"""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from safetensors.torch import load_file

GOLDEN = Path(__file__).parent / "golden" / "bfs_release"
SEEDS = {"a_conv": 101, "b_conv_fuse": 202}
CONFIG = {
    "in_channels": 384, "out_channels": 64, "num_layers": 2, "num_single_layers": 3, "attention_head_dim": 16, "num_attention_heads": 4,
    "joint_attention_dim": 32, "pooled_projection_dim": 24, "guidance_embeds": True, "axes_dims_rope": (4, 6, 6),
}  # fmt: skip
WIDTH, RANK = 64, 4


def outputs(variant: str) -> dict[str, torch.Tensor]:
    """The reference inputs and outputs, see the folder's README."""
    return load_file(GOLDEN / f"{variant}.safetensors")


def transformer(variant: str, kind: type[FluxTransformer2DModel] = FluxTransformer2DModel) -> FluxTransformer2DModel:
    """The backbone without sharing (or, as a BFSTransformer2DModel, with sharing that does nothing yet)."""
    model = kind(**CONFIG)
    _drawn(model, SEEDS[variant])
    return model.eval()


def trained_weights(variant: str) -> dict[str, torch.Tensor]:
    """What trained_weights.pt holds: LoRAs and merges under the released names."""
    shapes, size = {}, WIDTH if variant == "a_conv" else 2 * WIDTH
    for block in ("transformer_blocks.0", "transformer_blocks.1", *(f"single_transformer_blocks.{i}" for i in range(3))):
        shapes[f"{block}.conv1n.weight"] = (size, size)
        for name in ("to_q", "to_k", "to_v") + (("to_out.0",) if block.startswith("transformer") else ()):
            for adapter in ("xy_lora", "yx_lora"):
                shapes[f"{block}.attn1n.{name}.lora_A.{adapter}.weight"] = (RANK, WIDTH)
                shapes[f"{block}.attn1n.{name}.lora_B.{adapter}.weight"] = (WIDTH, RANK)
    torch.manual_seed(SEEDS[variant] + 1)
    gains = {"lora_A": 1.0, "lora_B": 0.6, "conv1n": 0.8}
    return {
        key: torch.randn(shapes[key]) * gain / shapes[key][-1] ** 0.5
        for key in sorted(shapes)
        for part, gain in gains.items()
        if f".{part}." in key
    }


def vae(variant: str, channels: int) -> AutoencoderKL:
    """RGB in; RGB (channels=3) or straight RGBA (4, the transparency VAE) out."""
    model = AutoencoderKL(
        in_channels=3,
        out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=16,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    _drawn(model, SEEDS[variant] + channels)
    return model.eval()


@torch.no_grad()
def _drawn(model: torch.nn.Module, seed: int) -> None:
    """Weights N(0, gain² / inputs), biases N(0, 0.1²), norms 1 + N(0, 0.2²), drawn by name in order."""
    torch.manual_seed(seed)
    gains = {"norm1.linear": 0.7, "norm.linear": 0.7, "norm1_context.linear": 0.7, "norm_out.linear": 0.5, "coder.conv_out": 0.6}
    for name, value in sorted(model.named_parameters()):
        if ".processor." in name:
            continue
        noise = torch.randn(value.shape)
        if name.endswith("bias"):
            value.copy_(0.1 * noise)
        elif value.ndim == 1:
            value.copy_(1 + 0.2 * noise)
        else:
            gain = next((g for end, g in gains.items() if name.endswith(f"{end}.weight")), 1.0)
            value.copy_(noise * gain / value[0].numel() ** 0.5)


def with_copies(variant: str) -> dict[str, torch.Tensor]:
    """The release as it looks when the whole second attention was saved: LoRA base layers and norms too."""
    copies = {}
    for key, value in transformer(variant).state_dict().items():
        for part, copy in (("to_q.", "to_q.base_layer."), ("to_out.0.", "to_out.0.base_layer."), ("norm_q.", "norm_q.")):
            if f".attn.{part}" in key:
                copies[key.replace(f".attn.{part}", f".attn1n.{copy}")] = value
    return trained_weights(variant) | copies
