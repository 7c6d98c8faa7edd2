"""A BFS pipeline with random weights, small enough to run in milliseconds: the real classes, no knowledge."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler

from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.sharing import BFSTransformer2DModel


def transformer(merge: str = "mlp", guidance_embeds: bool = False, latent_channels: int = 4, reference: bool = False) -> BFSTransformer2DModel:
    """FLUX in two double and two single blocks; all of its sharing weights are random too, so that sharing shows."""
    torch.manual_seed(7)
    model = BFSTransformer2DModel(
        in_channels=(3 if reference else 2) * 4 * latent_channels + 256,
        out_channels=4 * latent_channels,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=12,
        pooled_projection_dim=10,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(2, 2, 4),
        sharing_merge=merge,
    )
    for name, value in model.named_parameters():
        if ".processor." in name:
            torch.nn.init.normal_(value, std=0.3)
    return model.eval()


def vae(channels: int) -> AutoencoderKL:
    """An AutoencoderKL of FLUX's interface, 8 × smaller latents with 4 channels."""
    torch.manual_seed(channels)
    return AutoencoderKL(
        in_channels=channels,
        out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        norm_num_groups=2,
        latent_channels=4,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    ).eval()


def pipeline(noise: str = "independent", prediction: str = "velocity", **settings) -> BFSPipeline:
    """A whole pipeline of the parts above."""
    spread = [[0.5] * 4, [0.4] * 4] if prediction == "change" else None
    scheduler = FlowMatchEulerDiscreteScheduler()
    return BFSPipeline(transformer(**settings), scheduler, vae(3), vae(4), noise=noise, prediction=prediction, spread=spread)
