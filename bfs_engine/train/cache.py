"""Picture shards -> latent shards: what the transformer and G are trained on, encoded once.

An example becomes one safetensors file with, in half precision: composite, background and, as there are, foreground (the true
layer), surrogate (equation 9), reference and pasted (the background with the reference on it), each (c, h, w) mean latents; reach
(1, h, w): the largest alpha of the object in each token of 2 × 2;
prompt_embeds (words, d) and pooled (p,) where the model reads text; box (4,) in frame pixels.

Every picture shard is done by itself, so the work can be shared by processes and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import PartialState
from safetensors.torch import save
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTokenizer, T5EncoderModel, T5TokenizerFast

from ..api import EngineError
from ..bfs.pipeline import Tokenizer, mean_latent
from ..scenes.render import Scenes, Sprites, render_many
from .losses import over, surrogate
from .models import Vae
from .shards import Example, ShardWriter, Stored, about, decode, read_shard, write_png

WORDS, SHORT_WORDS = 512, 77  # tokens of T5 and of CLIP
DONE = ".done"  # an empty file beside the latent shards for every picture shard that is done

Size = tuple[int, int]  # width and height of a frame, pixels


@dataclass(frozen=True, eq=False)
class TextEncoders:
    """FLUX's: CLIP for the pooled vector, T5 for the words."""

    clip: torch.nn.Module
    clip_tokenizer: Tokenizer
    t5: torch.nn.Module
    t5_tokenizer: Tokenizer

    @torch.no_grad()
    def __call__(self, prompt: str) -> tuple[torch.Tensor, torch.Tensor]:
        """-> (words, d), (p,)"""
        pooled = self.clip(self._tokens(self.clip_tokenizer, prompt, SHORT_WORDS)).pooler_output[0]
        return self.t5(self._tokens(self.t5_tokenizer, prompt, WORDS))[0][0], pooled

    def _tokens(self, tokenizer: Tokenizer, prompt: str, most: int) -> torch.Tensor:
        return tokenizer([prompt], padding="max_length", max_length=most, truncation=True, return_tensors="pt").input_ids.to(self.t5.device)


def load_text(folder: Path, device: torch.device) -> TextEncoders | None:
    """The text encoders in a FLUX folder; None where the folder has none (the starter is shown a reference)."""
    if not (folder / "text_encoder_2").exists():
        return None
    settings = {"torch_dtype": torch.bfloat16, "local_files_only": True}
    try:
        return TextEncoders(
            CLIPTextModel.from_pretrained(folder / "text_encoder", **settings).eval().to(device),
            CLIPTokenizer.from_pretrained(folder / "tokenizer"),
            T5EncoderModel.from_pretrained(folder / "text_encoder_2", **settings).eval().to(device),
            T5TokenizerFast.from_pretrained(folder / "tokenizer_2"),
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"The text encoders in {folder} cannot be loaded: {error}") from error


def cache(pictures: Path, out: Path, vae: Vae, rgba_vae: Vae, text: TextEncoders | None, sizes: list[Size]) -> int:
    """Encode the picture shards in `pictures` into latent shards in `out`; -> how many examples this process wrote.

    Every picture is scaled to the size of `sizes` whose shape is nearest to its own, and cut to it about its middle. Under
    `accelerate launch` each process takes its share of the shards.
    """
    token = 2 * scale_of(vae)
    if any(side % token for size in sizes for side in size):
        raise EngineError(f"The sides of a frame must be multiples of {token} pixels.")
    state = PartialState()
    shards = sorted(Path(pictures).glob("*.tar"))
    if not shards:
        raise EngineError(f"There are no shards (.tar) in {pictures}.")
    out.mkdir(parents=True, exist_ok=True)
    vae.to(state.device), rgba_vae.to(state.device)
    written = 0
    for shard in shards[state.process_index :: state.num_processes]:
        done = out / (shard.stem + DONE)
        if not done.exists():
            written += _cache_shard(read_shard(shard), out, vae, rgba_vae, text, sizes)
            done.touch()
    return written


def _cache_shard(examples: list[Stored], out: Path, vae: Vae, rgba_vae: Vae, text: TextEncoders | None, sizes: list[Size]) -> int:
    with ExitStack() as open_shards:
        writers: dict[str, ShardWriter] = {}
        for stored in examples:
            example = frame(decode(stored), sizes, stored.name)
            latents = encode(example, vae, rgba_vae)
            if text is not None:
                latents["prompt_embeds"], latents["pooled"] = (t.bfloat16() for t in text(about(stored).get("prompt", "")))
            shape = "x".join(map(str, latents["composite"].shape[1:]))
            if shape not in writers:
                writers[shape] = open_shards.enter_context(ShardWriter(out / f"{stored.shard.stem}-{shape}.tar"))
            writers[shape].add(stored.key, {"safetensors": save({name: tensor.cpu().contiguous() for name, tensor in latents.items()})})
    return len(examples)


@torch.no_grad()
def encode(example: Example, vae: Vae, rgba_vae: Vae) -> Example:
    """One framed example's latents. Pictures and layers (3 or 4, h, w) in [0, 1]."""

    def latent(codec: Vae, picture: torch.Tensor) -> torch.Tensor:
        return mean_latent(codec, (picture * 2 - 1)[None].to(codec.device))[0].half()

    latents = {name: latent(vae, example[name]) for name in ("composite", "background")}
    layers = {name: example[name] for name in ("foreground", "reference") if name in example}
    if "matte" in example:
        layers["surrogate"] = surrogate(example["composite"], example["matte"])
        latents["reach"] = reach(example["matte"], 2 * scale_of(vae)).half()
    latents |= {name: latent(rgba_vae, layer) for name, layer in layers.items()}
    if "reference" in example:
        latents["pasted"] = latent(vae, over(example["reference"], example["background"]))
    return latents | {"box": example["box"]}


def scale_of(vae: Vae) -> int:
    """Frame pixels to a latent pixel."""
    return 2 ** (len(vae.config.block_out_channels) - 1)


def reach(matte: torch.Tensor, token: int) -> torch.Tensor:
    """(1, h, w) -> (1, 2h/token, 2w/token); token: the pixels of its side"""
    return F.max_pool2d(matte, token).repeat_interleave(2, -1).repeat_interleave(2, -2)


def frame(example: Example, sizes: list[Size], name: str) -> Example:
    """The example scaled and cut to the best of `sizes`, box included; layers are resampled premultiplied."""
    missing = [part for part in ("composite", "background", "box") if part not in example]
    if missing:
        raise EngineError(f"The example {name} has no {', '.join(missing)}.")
    if len({tuple(picture.shape[-2:]) for part, picture in example.items() if part != "box"}) != 1:
        raise EngineError(f"The pictures of the example {name} are not of one size.")
    height, width = example["composite"].shape[-2:]
    wide, high = min(sizes, key=lambda size: abs(torch.tensor(size[0] / size[1] * height / width).log()))
    scale = max(wide / width, high / height)
    inner = (max(high, round(height * scale)), max(wide, round(width * scale)))
    top, left = (inner[0] - high) // 2, (inner[1] - wide) // 2
    framed = {part: _resized(picture, inner)[..., top : top + high, left : left + wide] for part, picture in example.items() if part != "box"}
    x, y, w, h = (example["box"] * torch.tensor([inner[1] / width, inner[0] / height] * 2)).tolist()
    right, bottom = min(x + w - left, wide), min(y + h - top, high)
    x, y = max(0.0, x - left), max(0.0, y - top)
    if right <= x or bottom <= y:
        raise EngineError(f"The box of the example {name} lies outside of its frame.", "Leave the example out, or offer a size of its shape.")
    return framed | {"box": torch.tensor([x, y, right - x, bottom - y])}


def _resized(picture: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(c, h, w) -> (c, *size), averaged where it shrinks; straight RGBA goes the premultiplied way."""
    if tuple(picture.shape[-2:]) == size:
        return picture
    if len(picture) == 4:
        picture = torch.cat([picture[:3] * picture[3:], picture[3:]])
    resized = F.interpolate(picture[None], size, mode="bicubic", antialias=True, align_corners=False)[0].clamp(0, 1)
    if len(picture) == 4:
        colour = torch.where(resized[3:] > 0, resized[:3] / resized[3:].clamp(min=1e-4), 0).clamp(0, 1)
        resized = torch.cat([colour, resized[3:]])
    return resized


def write_scenes(sprites: Sprites, out: Path, number: int, size: int, seed: int, per_shard: int = 64, domain: str = "simple",
                 layered: bool | None = None) -> None:
    """Picture shards of rendered scenes, with mattes for the surrogates of stage 2, and with true layers in the simple domain: the other
    one stands for photographs, whose layers nobody knows, unless `layered` says otherwise. What is there is left alone."""
    out.mkdir(parents=True, exist_ok=True)
    for shard, first in enumerate(range(0, number, per_shard)):
        path = out / f"{shard:05}.tar"
        if path.exists():
            continue
        scenes = render_many(sprites, seed * 1_000_003 + shard, min(per_shard, number - first), size, domain=domain)
        with ShardWriter(path) as writer:
            for key, files in _scene_files(scenes, first, domain == "simple" if layered is None else layered):
                writer.add(key, files)


def _scene_files(scenes: Scenes, first: int, layered: bool) -> Iterator[tuple[str, dict[str, bytes]]]:
    parts = {"composite": scenes.composite, "background": scenes.background, "foreground": scenes.foreground,
             "matte": scenes.object_alpha, "reference": scenes.reference}  # fmt: skip
    if not layered:
        del parts["foreground"]
    for i in range(len(scenes)):
        files = {f"{name}.png": write_png(pictures[i]) for name, pictures in parts.items()}
        yield f"{first + i:08}", files | {"json": f'{{"box": {scenes.box[i].tolist()}}}'.encode()}
