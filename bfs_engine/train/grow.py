"""A starter for frames of twice the side: the same network and the same tokens, each of which then stands for four times the pixels.

A patch of the larger codec is a patch of the smaller one at twice the side, and more components for the detail that half the side
cannot show. What the network knows it keeps: the old components mean at half the size what they meant, and the new ones begin
without a say. Training goes on from there, and teaches it the detail.
"""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, FlowMatchEulerDiscreteScheduler
from torch.nn import functional as F

from ..bfs.patch_autoencoder import PatchAutoencoder
from ..bfs.pipeline import BFSPipeline
from ..bfs.sharing import BFSTransformer2DModel
from ..scenes.render import Scenes
from .codec import codec_sides, measure_spread


def grown(model: BFSPipeline, scenes: Scenes, more: int) -> BFSPipeline:
    """The model for frames of twice the side, with `more` latent channels fitted to scenes of that size.

    model: a starter that predicts the "change" of a reference. Before any training, its layers at half the size are the old
    model's, up to what half the size cannot tell.
    """
    vae, rgba_vae = grown_codecs(model.vae, model.rgba_vae, scenes, more)
    transformer = grown_transformer(model.transformer, model.vae, vae)
    spread = torch.cat([torch.tensor(model.config.spread), measure_spread(vae, rgba_vae, scenes)[:, -more:]], dim=1)
    return BFSPipeline(
        transformer, FlowMatchEulerDiscreteScheduler.from_config(model.scheduler.config), vae, rgba_vae,
        noise=model.config.noise, prediction=model.config.prediction, spread=spread.tolist(),
    )  # fmt: skip


@torch.no_grad()
def grown_codecs(vae: PatchAutoencoder, rgba_vae: PatchAutoencoder, scenes: Scenes, more: int) -> tuple[PatchAutoencoder, PatchAutoencoder]:
    """-> (vae, rgba_vae) of twice the patch: the old components, then PCA of what they leave of the scenes' patches. The refiner is the
    old one, which goes on at the size that it knows."""
    old = vae.config.patch
    basis = doubled(vae.basis, old) / 2  # orthonormal again: each number stands four times
    centre = doubled(vae.centre[None], old)[0]
    pictures, layers = codec_sides(scenes)
    left = torch.cat([F.pixel_unshuffle(x, 2 * old).permute(0, 2, 3, 1).flatten(0, 2) for x in (pictures[: len(layers)], layers)])
    left = left - centre
    left = (left - left @ basis.T @ basis).double()
    detail = torch.linalg.eigh(left.T @ left / len(left)).eigenvectors.T.flip(0)[:more].float()
    codecs = []
    for codec, examples in ((vae, pictures), (rgba_vae, layers)):
        config = built_with(codec) | {"latent_channels": len(basis) + more, "patch": 2 * old}
        config |= {"refiner_scale": 2 * codec.config.refiner_scale, "block_out_channels": (1,) * (len(codec.config.block_out_channels) + 1)}
        larger = PatchAutoencoder(**config)
        if codec.refiner is not None:
            larger.refiner.load_state_dict(codec.refiner.state_dict())
        larger.basis.copy_(torch.cat([basis, detail]))
        larger.centre.copy_(centre)
        raw = larger.project(examples)[:, len(basis) :]
        larger.mean.copy_(torch.cat([2 * codec.mean, raw.mean((0, 2, 3))]))  # a sum over four pixels, halved, is twice their mean
        larger.deviation.copy_(torch.cat([2 * codec.deviation, raw.std((0, 2, 3))]))
        codecs.append(larger.eval())
    return codecs[0], codecs[1]


def doubled(patches: torch.Tensor, side: int) -> torch.Tensor:
    """Rows of RGBA patches (n, 4 · side²) as pixel_unshuffle has them -> the same with every pixel as 2 × 2, (n, 16 · side²)."""
    return patches.unflatten(1, (4, side, side)).repeat_interleave(2, 2).repeat_interleave(2, 3).flatten(1)


def built_with(model: ConfigMixin) -> dict:
    """The arguments of a model's __init__. (from_config would take those for defaults that the class above it has registered as such.)"""
    return {name: value for name, value in model.config.items() if not name.startswith("_")}


def grown_transformer(transformer: BFSTransformer2DModel, vae: PatchAutoencoder, larger: PatchAutoencoder) -> BFSTransformer2DModel:
    """The same network between wider ends, whose new inputs and outputs have weight 0; the mask's are spread over its pixels."""
    old, new = 4 * vae.config.latent_channels, 4 * larger.config.latent_channels
    side = vae.config.patch
    larger_transformer = BFSTransformer2DModel(**built_with(transformer) | {"in_channels": 3 * new + 16 * side**2, "out_channels": new})
    weights = {name: value.float() for name, value in transformer.state_dict().items()}
    enter, leave, bias = weights["x_embedder.weight"], weights["proj_out.weight"], weights["proj_out.bias"]
    noise, background, mask, reference = enter.split([old, old, 4 * side**2, old], dim=1)
    mask = mask.unflatten(1, (side, side, 4)).repeat_interleave(2, 1).repeat_interleave(2, 2).flatten(1) / 4
    wide = [F.pad(part, (0, new - old)) for part in (noise, background, reference)]
    weights["x_embedder.weight"] = torch.cat([wide[0], wide[1], mask, wide[2]], dim=1)
    weights["proj_out.weight"] = F.pad(leave, (0, 0, 0, new - old))
    weights["proj_out.bias"] = F.pad(bias, (0, new - old))
    larger_transformer.load_state_dict(weights)
    return larger_transformer.eval()

