"""Training of the starter: codecs, then both branches of BFS at once, on scenes rendered as they are needed.

The whole network is trained (the paper freezes a backbone that it can download; there is none here to freeze). Every step's
scenes, noise and times follow from the seed and the step's number, so that a resumed run is the run.
"""

from __future__ import annotations

import itertools
import json
import math
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from ..api import EngineError
from ..bfs.latents import box_mask, pack, pack_mask, position_ids, unpack
from ..bfs.patch_autoencoder import PatchAutoencoder
from ..bfs.pipeline import BFSPipeline, bases, change_scale, changed, lamp_vector, mean_latent, packed_spread
from ..bfs.sharing import BFSTransformer2DModel
from ..bfs.starter import load_pipeline
from ..damage import DAMAGES
from ..scenes.kinds import KINDS
from ..scenes.mixed import Mixer
from ..scenes.render import Scenes, Sprites, enlarged, render, render_many
from .codec import codec_quality, fit_codecs, measure_spread, train_refiner, true_latents
from .losses import effects_unlike, mass_unlike, translucency
from .photographed import in_ground_light

# A predicted sample's error counts as that of the velocity, divided by t, but by no less than this: the last steps of a
# sampler land on the sample itself, and an exact copy of almost clean latents is not worth the network's width.
LOSS_TIME = 0.3
LOSS_CHANGE = 0.4  # the same for a predicted change, as a share of its spread

@dataclass(frozen=True)
class StarterConfig:
    """One run. Steps count batches of `batch` scenes (each a composite and a foreground); learning_rate decays as a cosine."""

    seed: int = 1
    size: int = 128  # side of the frame, pixels
    patch: int = 8  # pixels of a latent pixel's side; a token is 2 × 2 of them
    latent_channels: int = 32
    refiner_channels: int = 32
    refiner_steps: int = 30  # on true layers, before the transformer is trained
    final_refiner_steps: int = 200  # on generated and true layers, after it
    codec_scenes: int = 1024
    heads: int = 8
    head_dim: int = 32
    double_blocks: int = 1
    single_blocks: int = 6
    sharing_rank: int = 16
    sharing_merge: str = "mlp"
    condition: str = "reference"  # or "words": a table of learned words, for the trial of both
    noise: str = "independent"  # or "shared"
    prediction: str = "change"  # or "sample", or "velocity" (BFSPipeline)
    steps: int = 1750
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: int = 200
    ema: float = 0.998
    pure_noise: float = 0.75  # share of scenes at t = 1, where a sampler of one or two steps works
    kinds: float = 0.25  # share of batches whose scenes are not plain: on water, on a table, of glass … (scenes.kinds)
    effects: float = 24.0  # weight of the tokens that the object does not reach: only shadows and reflections change there
    alignment: float = 0.0  # weight of 1 − correlation between made and true effects' alpha (losses.effects_unlike)
    mass: float = 0.0  # weight of how far the effects' whole alpha is from the true one (losses.mass_unlike)
    mixed: float = 0.0  # share of batches that are mixed from rendered views (scenes.mixed) instead of drawn
    lamps: float = 0.0  # share of those scenes whose main light the model is told
    drawn: int = 0  # side that scenes are drawn at, to be enlarged to `size`; 0: size. A view has no more pixels, and four times the scenes an hour
    half: bool = False  # the network's products in bfloat16: a third of the time on processors that have them (AVX512-BF16, AMX)
    opacity: float = 0.0  # weight of what alpha lacks to 1 inside opaque objects (losses.translucency)
    compile: bool = False  # torch.compile for each block: a tenth faster, after a minute
    drop: float = 0.05  # share of scenes without reference or words, for classifier-free guidance
    word_tokens: int = 4

    @classmethod
    def load(cls, path: Path) -> StarterConfig:
        try:
            return cls(**json.loads(Path(path).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(f"The training configuration {path} cannot be used: {error}") from error


def build_transformer(config: StarterConfig) -> BFSTransformer2DModel:
    """The FLUX transformer in small; its input has room for a packed reference latent beside FLUX Fill's layout."""
    latent = 4 * config.latent_channels
    axis = 2 * (config.head_dim * 7 // 32)
    return BFSTransformer2DModel(
        in_channels=3 * latent + 4 * config.patch**2,
        out_channels=latent,
        num_layers=config.double_blocks,
        num_single_layers=config.single_blocks,
        attention_head_dim=config.head_dim,
        num_attention_heads=config.heads,
        joint_attention_dim=64,
        pooled_projection_dim=64,
        guidance_embeds=False,
        axes_dims_rope=(config.head_dim - 2 * axis, axis, axis),
        sharing_rank=config.sharing_rank,
        sharing_alpha=float(config.sharing_rank),
        sharing_merge=config.sharing_merge,
    )


class Words(nn.Module):
    """A table of learned words: thing number -> tokens (n, words, 64); number `count` means nothing was asked."""

    def __init__(self, count: int, tokens: int) -> None:
        super().__init__()
        self.table = nn.Embedding(count + 1, tokens * 64)
        self.tokens = tokens

    def forward(self, things: torch.Tensor) -> torch.Tensor:
        return self.table(things).unflatten(-1, (self.tokens, 64))


class StarterTraining:
    """The state of one run: models, averages, optimizer, step. `folder` receives checkpoints, log and samples."""

    def __init__(
        self, config: StarterConfig, folder: Path, sprites: Sprites, codecs: tuple[PatchAutoencoder, PatchAutoencoder], mixer: Mixer | None = None
    ) -> None:
        if config.mixed and mixer is None:
            raise EngineError("This configuration trains on mixed scenes.", "Name the folder of rendered views: --views.")
        torch.manual_seed(config.seed)
        self.config, self.folder, self.sprites, self.mixer = config, folder, sprites, mixer
        self.vae, self.rgba_vae = codecs
        self.transformer = build_transformer(config)
        nn.init.zeros_(self.transformer.proj_out.weight)  # a fresh network changes nothing
        nn.init.zeros_(self.transformer.proj_out.bias)
        self.words = Words(len(sprites), config.word_tokens) if config.condition == "words" else None
        self.trained = nn.ModuleList([self.transformer] + ([self.words] if self.words else []))
        self.average = {name: value.detach().clone() for name, value in self.trained.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.trained.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.step = 0
        self.spread = None
        if (folder / "start").exists():
            self._start_from(load_pipeline(folder / "start"))
        elif config.prediction == "change":
            self.spread = self._measure_spread().tolist()
        if config.compile:
            for block in [*self.transformer.transformer_blocks, *self.transformer.single_transformer_blocks]:
                block.compile()
        self.weights = [self._weights(codec.deviation, side) for side, codec in enumerate(codecs)]

    def _start_from(self, model: BFSPipeline) -> None:
        if model.config.prediction != self.config.prediction or model.config.noise != self.config.noise:
            raise EngineError("The model to start from predicts something else, or has another noise, than the configuration asks for.")
        try:
            self.transformer.load_state_dict(model.transformer.state_dict())
        except RuntimeError as error:
            raise EngineError(f"The model to start from has another shape than the configuration: {error}") from error
        if self.config.lamps:  # no light was ever shown to them: they shall begin without a say
            nn.init.zeros_(self.transformer.time_text_embed.text_embedder.linear_1.weight)
        self.average = {name: value.detach().clone() for name, value in self.trained.state_dict().items()}
        self.spread = model.config.spread

    def _weights(self, deviation: torch.Tensor, side: int) -> torch.Tensor:
        """Loss weights (4 · latent_channels,): proportional to each predicted component's deviation, 1 on average."""
        predicted = deviation * torch.tensor(self.spread[side]) if self.spread else deviation
        return (predicted / predicted.mean()).repeat_interleave(4)

    def _measure_spread(self) -> torch.Tensor:
        scenes = render_many(self.sprites, self.config.seed + 77, 128, self.config.size)
        return measure_spread(self.vae, self.rgba_vae, scenes)

    def run(self, until: int, checkpoint_every: int = 200) -> None:
        """Train to the given step, logging to log.jsonl."""
        started, first = time.perf_counter(), self.step
        sums: list[float] = []
        with closing(self._rendered(until)) as batches:
            for scenes, generator in batches:
                sums.append(self.train_step(scenes, generator))
                if self.step % 50 == 0:
                    speed = (self.step - first) * self.config.batch / (time.perf_counter() - started)
                    self.log({"step": self.step, "loss": sum(sums) / len(sums), "scenes_per_second": round(speed, 2)})
                    sums = []
                if self.step % checkpoint_every == 0 or self.step == until:
                    self.save()

    def _rendered(self, until: int) -> Iterator[tuple[Scenes, torch.Generator]]:
        """The batches of the steps from this one on, each rendered while the one before it is learned from."""
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self.scenes, self.step)
            for step in range(self.step + 1, until + 1):
                batch, coming = coming.result(), ahead.submit(self.scenes, step)
                yield batch

    def scenes(self, step: int) -> tuple[Scenes, torch.Generator]:
        """A step's scenes, and the generator for its noise and times."""
        config = self.config
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        side = config.drawn or config.size
        if config.mixed and torch.rand((), generator=generator).item() < config.mixed:
            scenes = in_ground_light(self.mixer.scenes((config.seed, step), config.batch, side), generator)
        else:
            scenes = render(self.sprites, generator, config.batch, side, kind=self._kind(generator))
        return enlarged(scenes, config.size // side), generator

    def train_step(self, scenes: Scenes, generator: torch.Generator) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        loss = self.loss(scenes, generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return loss.item()

    def _kind(self, generator: torch.Generator) -> str:
        plain, *others = KINDS
        dice, which = torch.rand((), generator=generator).item(), torch.randint(len(others), (), generator=generator).item()
        return others[which] if dice < self.config.kinds else plain

    def loss(self, scenes: Scenes, generator: torch.Generator) -> torch.Tensor:
        """Equation 6 for both branches, each latent component weighted by its deviation; with `alignment`, the effects' look too."""
        kept = torch.rand(len(scenes), generator=generator) >= self.config.drop
        clean = torch.cat([pack(mean_latent(self.vae, scenes.composite * 2 - 1)), pack(mean_latent(self.rgba_vae, scenes.foreground * 2 - 1))])
        control, things = self.conditions(scenes, kept)
        noise = torch.randn(clean.shape, generator=generator)
        if self.config.noise == "shared":
            noise = noise[: len(scenes)].repeat(2, 1, 1)
        time_ = torch.rand(len(scenes), generator=generator)
        time_ = torch.where(torch.rand(len(scenes), generator=generator) < self.config.pure_noise, 1.0, time_).repeat(2)
        noisy = torch.lerp(clean, noise, time_[:, None, None])
        output = self.predict(noisy, time_, control, things, self._lamps(scenes, generator))
        at = time_[:, None, None]
        if self.config.prediction == "velocity":
            sample, unit = noisy - at * output, at
        elif self.config.prediction == "sample":
            sample, unit = output, at.clamp(min=LOSS_TIME)
        else:
            spread = packed_spread(self.spread, len(clean))
            sample = changed(self.base(scenes, kept), output, noisy, at, spread)
            unit = torch.maximum(change_scale(at, spread), LOSS_CHANGE * spread)
        errors = (((sample - clean) / unit).square() * self._effect_weights(scenes)).unflatten(0, (2, -1)).mean((1, 2))  # (2, channels)
        loss = sum((errors[i] * self.weights[i]).mean() for i in range(2))
        asked = self.config.alignment or self.config.opacity or self.config.mass
        return loss + self._alpha_loss(sample[len(scenes) :], scenes) if asked else loss

    def _lamps(self, scenes: Scenes, generator: torch.Generator) -> torch.Tensor:
        """The pooled vectors (n, 64): the main light of some of the scenes whose light is known, zeros elsewhere."""
        pooled = torch.zeros(len(scenes), 64)
        if scenes.lamp is None or not self.config.lamps:
            return pooled
        told = torch.rand(len(scenes), generator=generator) < self.config.lamps
        return lamp_vector(scenes.lamp * told[:, None], pooled)

    def _alpha_loss(self, foreground: torch.Tensor, scenes: Scenes) -> torch.Tensor:
        """`effects_unlike`, `mass_unlike` and `translucency`, weighted, of foreground tokens (n, tokens, c) as the linear part of the codec decodes them."""
        side = self.config.size // self.config.patch
        alpha = self.rgba_vae.coarse_alpha(unpack(foreground, side, side))
        unlike = effects_unlike(alpha, scenes.foreground[:, 3:], scenes.object_alpha)
        mass = mass_unlike(alpha, scenes.foreground[:, 3:], scenes.object_alpha) if self.config.mass else 0.0
        return self.config.alignment * unlike + self.config.mass * mass + self.config.opacity * translucency(alpha, scenes.object_alpha)

    def _effect_weights(self, scenes: Scenes) -> torch.Tensor:
        """(2n, tokens, 1): more where the object does not reach, for an object's detail would drown its shadow. It depends on
        the object alone, not on the light, so the mean that the network learns stays unbiased."""
        reached = F.max_pool2d(scenes.object_alpha, 2 * self.vae.config.patch).flatten(2).mT > 0.02  # a token is two patches wide
        return torch.where(reached, 1.0, self.config.effects).repeat(2, 1, 1)

    @torch.no_grad()
    def conditions(self, scenes: Scenes, kept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """-> control (n, tokens, c) and thing numbers (n,); reference and words of what is not kept are dropped."""
        background = pack(mean_latent(self.vae, scenes.background * 2 - 1))
        mask = pack_mask(box_mask(scenes.box, self.config.size, self.config.size), self.vae.config.patch)
        reference = pack(mean_latent(self.rgba_vae, scenes.reference * 2 - 1))
        shown = kept & (self.config.condition == "reference")
        control = torch.cat([background, mask, reference * shown[:, None, None]], dim=-1)
        return control, torch.where(kept, scenes.thing, len(self.sprites))

    @torch.no_grad()
    def base(self, scenes: Scenes, kept: torch.Tensor) -> torch.Tensor:
        """What the prediction is a change of, (2n, tokens, c): `bases`, without the reference where it is not shown."""
        shown = (kept & (self.config.condition == "reference"))[:, None, None, None]
        return bases(self.vae, self.rgba_vae, scenes.background * 2 - 1, torch.where(shown, scenes.reference * 2 - 1, -1.0))

    def predict(self, noisy: torch.Tensor, time_: torch.Tensor, control: torch.Tensor, things: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        embeds = self.words(things) if self.words else torch.zeros(len(things), 1, 64)
        side = self.config.size // self.vae.config.patch
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.half):
            output = self.transformer(
                hidden_states=torch.cat([noisy, control.repeat(2, 1, 1)], dim=-1),
                encoder_hidden_states=embeds.repeat(2, 1, 1),
                pooled_projections=pooled.repeat(2, 1),
                timestep=time_,
                img_ids=position_ids(side, side),
                txt_ids=torch.zeros(embeds.shape[1], 3),
                return_dict=False,
            )[0]
        return output.float()

    def _learning_rate(self) -> float:
        rise = min(1.0, (self.step + 1) / self.config.warmup)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.step / self.config.steps))
        return self.config.learning_rate * rise * (0.02 + 0.98 * fall)

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.config.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.trained.state_dict().items():
            self.average[name].lerp_(value, 1 - keep)

    def log(self, row: dict) -> None:
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """Checkpoint: written beside the old one and put in its place when whole."""
        state = {"step": self.step, "optimizer": self.optimizer.state_dict(), "model": self.trained.state_dict()}
        torch.save(state, self.folder / "checkpoint.new")
        save_file({k: v.contiguous() for k, v in self.average.items()}, self.folder / "average.new")
        (self.folder / "checkpoint.new").replace(self.folder / "checkpoint.pt")
        (self.folder / "average.new").replace(self.folder / "average.safetensors")

    def resume(self) -> bool:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        try:
            state = torch.load(path, weights_only=True)
            self.trained.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average = load_file(self.folder / "average.safetensors")
            self.step = int(state["step"])
        except DAMAGES as error:
            raise EngineError(f"The checkpoint in {self.folder} is damaged, or of another run.", "Start anew in another folder.") from error
        return True

    def finish(self) -> None:
        """Train the refiner on layers as the model makes them (one step), every other batch on true ones; save the codec."""
        pipeline, take_true = self.pipeline(), true_latents(self.rgba_vae)
        turns = itertools.count()

        def latents(scenes: Scenes) -> torch.Tensor:
            turn = next(turns)
            if turn % 2:
                return take_true(scenes)
            mask = box_mask(scenes.box, self.config.size, self.config.size)
            seeds = list(range(turn * len(scenes), (turn + 1) * len(scenes)))
            made = pipeline(
                scenes.background * 2 - 1, mask, reference=scenes.reference * 2 - 1, num_inference_steps=1, guidance_scale=1, seeds=seeds
            )
            return made.foreground_latents

        batches = _batches(self.config, self.sprites, offset=1_000_000)
        train_refiner(self.rgba_vae, batches, self.config.final_refiner_steps, latents=latents)
        self.rgba_vae.save_pretrained(self.folder / "rgba_vae")

    def pipeline(self) -> BFSPipeline:
        """The averaged weights as a pipeline."""
        transformer = build_transformer(self.config)
        prefix = "0."
        transformer.load_state_dict({k.removeprefix(prefix): v for k, v in self.average.items() if k.startswith(prefix)})
        return BFSPipeline(transformer.eval(), FlowMatchEulerDiscreteScheduler(), self.vae, self.rgba_vae, noise=self.config.noise, prediction=self.config.prediction, spread=self.spread)

    def averaged_words(self) -> Words:
        """The averaged table of learned words (condition "words" only)."""
        words = Words(len(self.sprites), self.config.word_tokens)
        words.load_state_dict({k.removeprefix("1."): v for k, v in self.average.items() if k.startswith("1.")})
        return words.eval()


def train(
    config: StarterConfig, folder: Path, sprites: Sprites, until: int | None = None, start: Path | None = None, mixer: Mixer | None = None
) -> StarterTraining:
    """Everything from nothing, or from the model `start`, or on from the last checkpoint in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if start is not None and not (folder / "start").exists():
        load_pipeline(start)
        shutil.copytree(start, folder / "start", ignore=shutil.ignore_patterns("library"))
        for codec in ("vae", "rgba_vae"):
            shutil.copytree(start / codec, folder / codec, dirs_exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(config), indent=1))
    training = StarterTraining(config, folder, sprites, make_codecs(config, folder, sprites), mixer)
    training.resume()
    before = training.step
    training.run(until or config.steps)
    if before < config.steps <= training.step and config.condition == "reference" and config.final_refiner_steps:
        training.finish()
    return training


def make_codecs(config: StarterConfig, folder: Path, sprites: Sprites) -> tuple[PatchAutoencoder, PatchAutoencoder]:
    """Fit and refine the codecs, or load those already in the folder."""
    if (folder / "rgba_vae").exists():
        return PatchAutoencoder.from_pretrained(folder / "vae"), PatchAutoencoder.from_pretrained(folder / "rgba_vae")
    torch.manual_seed(config.seed)
    examples = render_many(sprites, config.seed, config.codec_scenes, config.size)
    vae, rgba_vae = fit_codecs(examples, config.latent_channels, config.refiner_channels, config.patch)
    rows: list[dict] = []
    train_refiner(rgba_vae, _batches(config, sprites), config.refiner_steps, report=lambda step, loss: rows.append({"refiner_step": step, "loss": loss}))
    quality = codec_quality(vae, rgba_vae, render_many(sprites, config.seed + 999, 64, config.size))
    with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in [*rows[::50], {"codec": quality}])
    vae.save_pretrained(folder / "vae")
    rgba_vae.save_pretrained(folder / "rgba_vae")
    return vae.eval(), rgba_vae.eval()


def _batches(config: StarterConfig, sprites: Sprites, offset: int = 0) -> Iterator[Scenes]:
    for step in itertools.count(offset):
        yield render(sprites, torch.Generator().manual_seed(config.seed * 7_000_003 + step), config.batch, config.size)


def export(training: StarterTraining, folder: Path) -> None:
    """The averaged weights in half precision, no file over 15 MB, with the run's configuration beside them (training.json)."""
    pipeline = training.pipeline()
    pipeline.transformer.half()
    pipeline.save_pretrained(folder, max_shard_size="15MB")
    about = {"config": asdict(training.config), "step": training.step, "scenes": training.step * training.config.batch}
    before = training.folder / "start" / "training.json"
    if before.exists():
        about["started_from"] = json.loads(before.read_text())
    (folder / "training.json").write_text(json.dumps(about, indent=1) + "\n")
