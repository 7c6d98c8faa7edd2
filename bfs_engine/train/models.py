"""The parts of a model folder, whole or not at all: FLUX.1 Fill as it is published, or a pipeline of this project."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, ModelMixin
from diffusers.utils import logging

from ..api import EngineError
from ..bfs.patch_autoencoder import PatchAutoencoder
from ..bfs.release import load_release
from ..bfs.sharing import BFSTransformer2DModel, attach_sharing
from .loop import check_weights, read_weights

Vae = AutoencoderKL | PatchAutoencoder


@dataclass(frozen=True, eq=False)
class Backbone:
    """The transformer and how it was trained: see BFSPipeline for noise, prediction and spread. importance: how much an error in each
    latent channel counts, (2, c) for composites and foregrounds; None: all the same. scale: frame pixels to a latent pixel."""

    transformer: BFSTransformer2DModel
    noise: str = "independent"
    prediction: str = "velocity"
    spread: list[list[float]] | None = None
    importance: torch.Tensor | None = None
    scale: int = 8


@dataclass(frozen=True)
class Sharing:
    """Information sharing for a backbone that has none: see attach_sharing."""

    rank: int = 4
    alpha: float = 4.0
    merge: str = "mlp"


def load_backbone(folder: Path, sharing: Sharing, dtype: torch.dtype = torch.float32, start: Path | None = None) -> Backbone:
    """The transformer in `folder`: one with sharing as it is, FLUX.1 Fill's with fresh sharing. start: the sharing weights to go
    on from, a stage's average.safetensors or the authors' trained_weights.pt."""
    kind = _class_of(folder / "transformer")
    if kind == "BFSTransformer2DModel":
        transformer = load_model(BFSTransformer2DModel, folder / "transformer", dtype)
    elif kind == "FluxTransformer2DModel":
        transformer = _with_sharing(load_model(FluxTransformer2DModel, folder / "transformer", dtype), sharing)
    else:
        raise EngineError(f"The transformer in {folder} is a {kind}; BFS needs FLUX's.")
    if start is not None:
        continue_from(transformer, start)
    about = _read_json(folder / "model_index.json")
    return Backbone(transformer, about.get("noise", "independent"), about.get("prediction", "velocity"), about.get("spread"), scale=latent_scale(folder))


def _with_sharing(base: FluxTransformer2DModel, sharing: Sharing) -> BFSTransformer2DModel:
    """The same weights as a BFSTransformer2DModel, without a second copy of them."""
    added = {"sharing_rank": sharing.rank, "sharing_alpha": sharing.alpha, "sharing_merge": sharing.merge}
    with torch.device("meta"):
        transformer = BFSTransformer2DModel.from_config(dict(base.config) | added)
    transformer.load_state_dict(base.state_dict(), strict=False, assign=True)
    attach_sharing(transformer, sharing.rank, sharing.alpha, sharing.merge)
    return transformer


def continue_from(transformer: BFSTransformer2DModel, start: Path) -> None:
    """Put a stage's weights in place; EngineError, and nothing changes, where they are not this transformer's sharing."""
    if start.suffix == ".pt":
        load_release(transformer, start)
        return
    weights, _ = read_weights(start)
    own = transformer.state_dict()
    whole = weights.keys() == own.keys()
    check_weights(weights, {name: value.shape for name, value in own.items() if whole or ".processor." in name}, start)
    transformer.load_state_dict(weights, strict=False)


def latent_scale(folder: Path) -> int:
    """Frame pixels to a latent pixel, as the pipelines of diffusers tell it: from the autoencoder's stages."""
    return 2 ** (len(_read_json(folder / "vae" / "config.json").get("block_out_channels", [1] * 4)) - 1)


def load_vae(folder: Path) -> Vae:
    """An autoencoder, frozen, float32."""
    kinds = {"AutoencoderKL": AutoencoderKL, "PatchAutoencoder": PatchAutoencoder}
    kind = _class_of(folder)
    if kind not in kinds:
        raise EngineError(f"{folder} holds a {kind}, not an autoencoder.")
    return load_model(kinds[kind], folder, torch.float32).requires_grad_(False)


def load_model(kind: Callable, folder: Path, dtype: torch.dtype = torch.float32) -> ModelMixin:
    """`kind` from a folder as diffusers saves it; EngineError where it is not there, damaged, or holds weights that are no numbers."""
    logging.disable_progress_bar()
    try:
        model = kind.from_pretrained(folder, torch_dtype=dtype, local_files_only=True, low_cpu_mem_usage=kind is not PatchAutoencoder).eval()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise EngineError(f"The model in {folder} is damaged and cannot be loaded: {reason}") from error
    broken = [name for name, value in model.state_dict().items() if not value.isfinite().all()]
    if broken:
        raise EngineError(f"The model in {folder} holds weights that are not numbers: {', '.join(broken[:3])}{' …' * (len(broken) > 3)}.")
    return model


def _class_of(folder: Path) -> str:
    if not (folder / "config.json").exists():
        raise EngineError(f"There is no model in {folder}.", "Name the folder of a model as diffusers saves it.")
    return _read_json(folder / "config.json").get("_class_name", "model of an unknown kind")


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError as error:
        raise EngineError(f"{path} is damaged: {error}") from error


@torch.no_grad()
def picture_of(vae: Vae, latents: torch.Tensor) -> torch.Tensor:
    """Latents (n, c, h, w) as the transformer has them -> pictures or layers (n, 3 or 4, 8h, 8w) in [0, 1]."""
    vae.to(latents.device)
    decoded = vae.decode((latents / vae.config.scaling_factor + vae.config.shift_factor).to(vae.dtype)).sample
    return (decoded.float() / 2 + 0.5).clamp(0, 1)
