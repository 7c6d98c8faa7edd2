"""A handful of scenes to train on, as the shards that the product writes, and settings small enough for seconds."""

from __future__ import annotations

from pathlib import Path

import torch

from bfs_engine.bfs.sharing import BFSTransformer2DModel
from bfs_engine.scenes.render import Sprites, pack
from bfs_engine.scenes.vocabulary import Vocabulary
from bfs_engine.train.cache import cache, write_scenes
from bfs_engine.train.compositor import LatentCompositor
from bfs_engine.train.models import Backbone
from bfs_engine.train.stages import StageConfig
from tests import tiny

LIBRARY = Path(__file__).parents[1] / "resources" / "models" / "starter" / "library"
QUICK = {"batch": 4, "micro_batch": 4, "warmup": 1, "log_every": 5}


def sprites() -> Sprites:
    library = Vocabulary.load(LIBRARY)
    return pack([library.cutout(name) for name in library.names[:4]])


def pictures(folder: Path, count: int = 4, size: int = 32) -> Path:
    """Picture shards of `count` scenes."""
    write_scenes(sprites(), folder, count, size, seed=3)
    return folder


def latents(folder: Path, of: Path, sizes: tuple[tuple[int, int], ...] = ((32, 32),)) -> Path:
    """The latent shards of picture shards, by random autoencoders."""
    cache(of, folder, tiny.vae(3), tiny.vae(4), None, list(sizes))
    return folder


def backbone(**settings) -> Backbone:
    """A random transformer that is shown references, velocity as FLUX; all of its sharing is random too."""
    return Backbone(tiny.transformer(reference=True, **settings))


def blank_backbone() -> Backbone:
    """Fresh and wide enough to learn four scenes by heart."""
    torch.manual_seed(1)
    return Backbone(BFSTransformer2DModel(
        in_channels=3 * 16 + 256, out_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=4,
        joint_attention_dim=12, pooled_projection_dim=10, guidance_embeds=False, axes_dims_rope=(4, 4, 8),
    ))  # fmt: skip


def compositor() -> LatentCompositor:
    torch.manual_seed(4)
    return LatentCompositor(4, 8, 1).requires_grad_(False)


def stage(**settings) -> StageConfig:
    return StageConfig(**QUICK | {"learning_rate": 1e-2, "ema": 0.9} | settings)
