"""The commands that train every part of BFS: `shards`, `cache`, `fit` and `dry-run` of python -m bfs_engine.

In order: pictures become shards, the RGBA VAE is fitted on them, they are cached as latents, G is fitted on those, then stage 1,
then stage 2 from stage 1's weights. Every `fit` goes on from the checkpoint in its folder; on several GPUs it is started with
`accelerate launch -m bfs_engine fit …`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from ..api import EngineError
from ..bfs.release import save_release
from ..layering.align import save_alignment
from ..layering.fbdd import FBDD
from ..scenes.render import library_sprites
from .cache import Size, cache, load_text, write_scenes
from .compositor import CompositorConfig, LatentCompositor, train_compositor
from .dry_run import build, measure, report
from .layeringdiff import AlignmentConfig, FbddConfig, train_alignment, train_fbdd
from .loop import RunConfig, read_weights
from .models import Sharing, latent_scale, load_backbone, load_model, load_vae
from .rgba_vae import RgbaVaeConfig, train_rgba_vae
from .shards import Shards
from .stages import Codecs, StageConfig, train_stage_one, train_stage_two

CONFIGS = Path(__file__).with_name("configs")
KINDS: dict[str, type[RunConfig]] = {"rgba-vae": RgbaVaeConfig, "compositor": CompositorConfig, "stage1": StageConfig, "stage2": StageConfig,
                                     "fbdd": FbddConfig, "alignment": AlignmentConfig}  # fmt: skip
LAYERING = ("fbdd", "alignment")


@dataclass(frozen=True)
class Wishes:
    """What `fit` was asked: folders of what goes in and out. None where not given."""

    part: str
    out: Path
    config: Path | None = None
    layers: Path | None = None
    photographs: Path | None = None
    model: Path | None = None
    rgba_vae: Path | None = None
    compositor: Path | None = None
    start: Path | None = None
    export: Path | None = None
    until: int | None = None

    def need(self, name: str) -> Path:
        path = getattr(self, name)
        if path is None:
            raise EngineError(f"To fit {self.part}, --{name.replace('_', '-')} is needed.")
        return path


def fit(wishes: Wishes) -> None:
    """Train one part up to the configuration's last step, or `until`."""
    config = _configuration(wishes)
    try:
        _FITS[wishes.part](wishes, config)
    except RuntimeError as error:  # torch.OutOfMemoryError on a GPU, a bare one on a CPU
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        hint = "Make micro_batch smaller, turn gradient_checkpointing on, or shard over more GPUs; `dry-run` says what is needed."
        raise EngineError("The device has not enough memory for this configuration.", hint) from error


def _configuration(wishes: Wishes) -> RunConfig:
    """The file that was named; else the one that the run was started with; else FLUX's."""
    started = wishes.out / "config.json"
    if wishes.config is None and not started.exists() and (wishes.out / "checkpoint.safetensors").exists():
        raise EngineError(f"{wishes.out} holds a run without its config.json.", "Name the configuration that it was started with: --config.")
    shipped = CONFIGS / ("layeringdiff" if wishes.part in LAYERING else "flux") / f"{wishes.part}.json"
    return KINDS[wishes.part].load(wishes.config or (started if started.exists() else shipped))


def _fit_rgba_vae(wishes: Wishes, config: RgbaVaeConfig) -> None:
    vae = load_vae(wishes.need("model") / "vae")
    if not isinstance(vae, AutoencoderKL):
        raise EngineError("The starter's autoencoder is fitted in closed form by `train`; an RGBA VAE is made of an AutoencoderKL.")
    train_rgba_vae(config, wishes.out, vae, Shards(wishes.need("layers")), wishes.until)


def _fit_compositor(wishes: Wishes, config: CompositorConfig) -> None:
    vae = load_vae(wishes.model / "vae") if wishes.model is not None and config.sheet_every else None
    train_compositor(config, wishes.out, Shards(wishes.need("layers")), vae, wishes.until)


def _fit_stage(wishes: Wishes, config: StageConfig) -> None:
    _check_export(wishes, config)
    layers = Shards(wishes.need("layers"))
    photographs = Shards(wishes.need("photographs")) if wishes.part == "stage2" else None
    compositor = load_model(LatentCompositor, wishes.need("compositor"))
    dtype = torch.bfloat16 if config.precision == "bf16" and config.trained == "sharing" else torch.float32
    backbone = load_backbone(wishes.need("model"), Sharing(config.rank, config.alpha, config.merge), dtype, wishes.start)
    codecs = None
    if config.sheet_every:
        codecs = Codecs(load_vae(wishes.model / "vae"), load_vae(wishes.rgba_vae or wishes.model / "rgba_vae"))
    if photographs is None:
        run = train_stage_one(config, wishes.out, backbone, compositor, layers, codecs, wishes.until)
    else:
        run = train_stage_two(config, wishes.out, backbone, compositor, layers, photographs, codecs, wishes.until)
    if wishes.export is not None and run.accelerator.is_main_process:
        _export(wishes, config, dtype)


def _check_export(wishes: Wishes, config: StageConfig) -> None:
    """Before the training rather than after it."""
    if wishes.export is None:
        return
    if wishes.export.exists():
        raise EngineError(f"{wishes.export} is there already.", "Name a file or folder that does not exist.")
    if wishes.export.suffix == ".pt" and (config.trained == "all" or config.merge == "mlp"):
        raise EngineError("A file as the authors released it holds sharing alone, merged by stream or joint.", "Name a folder instead.")


def _export(wishes: Wishes, config: StageConfig, dtype: torch.dtype) -> None:
    """The averaged weights for use: a .pt file as the authors released theirs, or the model's parts once more with the weights in its
    transformer. Other files in the model's folder say what the old weights reached and saw; they stay behind."""
    averaged = wishes.out / "average.safetensors"
    if wishes.export.suffix == ".pt":
        weights, _ = read_weights(averaged)
        save_release({name: value for name, value in weights.items() if ".processor." in name}, wishes.export, config.alpha)
        return
    backbone = load_backbone(wishes.model, Sharing(config.rank, config.alpha, config.merge), dtype, averaged)
    backbone.transformer.save_pretrained(wishes.export / "transformer")
    for part in wishes.model.iterdir():
        if part.is_dir() and part.name != "transformer":
            shutil.copytree(part, wishes.export / part.name)
    if (wishes.model / "model_index.json").exists():
        shutil.copy(wishes.model / "model_index.json", wishes.export)


def _fit_fbdd(wishes: Wishes, config: FbddConfig) -> None:
    model = FBDD.load(wishes.need("model"))
    if wishes.start is not None:
        model.unets[config.side].load_state_dict(read_weights(wishes.start)[0])
    run = train_fbdd(config, wishes.out, model, Shards(wishes.need("layers")), wishes.until)
    if wishes.export is not None:
        with run.averaged() as unet:
            FBDD(model.unets | {config.side: unet}, model.vae, model.words).save(wishes.export)


def _fit_alignment(wishes: Wishes, config: AlignmentConfig) -> None:
    run = train_alignment(config, wishes.out, config.network(), Shards(wishes.need("layers")), wishes.until)
    if wishes.export is not None:
        with run.averaged() as network:
            save_alignment(network, wishes.export, config.side)


_FITS = {"rgba-vae": _fit_rgba_vae, "compositor": _fit_compositor, "stage1": _fit_stage, "stage2": _fit_stage,
         "fbdd": _fit_fbdd, "alignment": _fit_alignment}  # fmt: skip


def write_shards(out: Path, library: Path, count: int, size: int, seed: int, domain: str = "simple") -> None:
    """Picture shards of rendered scenes with the things of a library. domain: "simple", with layers, or "physical", without."""
    if count < 1 or size < 32 or size % 16:
        raise EngineError("At least one scene is needed, at a size that is a multiple of 16 from 32 on.")
    write_scenes(library_sprites(library), out, count, size, seed, domain=domain)


def cache_shards(pictures: Path, model: Path, out: Path, sizes: list[Size], rgba_vae: Path | None) -> int:
    """Latent shards of picture shards, by the autoencoders and text encoders of a model folder; -> how many examples."""
    text = load_text(model, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return cache(pictures, out, load_vae(model / "vae"), load_vae(rgba_vae or model / "rgba_vae"), text, sizes)


def dry_run(config: Path | None, model: Path | None, size: Size, gpus: int, tflops: float) -> str:
    """What stage 1 or 2 will cost, as lines of text."""
    if gpus < 1 or tflops <= 0:
        raise EngineError("At least one GPU that does something is needed.")
    wanted = StageConfig.load(config or CONFIGS / "flux" / "stage1.json")
    return report(wanted, measure(wanted, build(wanted, model), size, gpus, latent_scale(model) if model else 8), size, gpus, tflops)
