"""Render scenes to files.

    python -m bfs_engine.scenes --count 2000 --seed 1 --out runs/scenes [--sheet sheet.png] [--domain physical] [--kind water]
    python -m bfs_engine.scenes --library resources/models/starter/library --prompt "red car" --prompt "blue ball" --out runs/scenes
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from bfs_engine.scenes.kinds import KINDS
from bfs_engine.scenes.render import DOMAINS, Scenes, Sprites, pack, render
from bfs_engine.scenes.sprites import draw_all, read_table, trim
from bfs_engine.scenes.vocabulary import Vocabulary

SHARD = 500  # scenes in one file
BATCH = 50
_PICTURES = ("background", "foreground", "object_alpha", "effect_alpha", "reference")


def as_bytes(scenes: Scenes) -> dict[str, torch.Tensor]:
    """The scenes' tensors, pictures as uint8."""
    plain = {field.name: tensor for field in fields(scenes) if (tensor := getattr(scenes, field.name)) is not None}
    return {name: (v * 255 + 0.5).to(torch.uint8) if name in _PICTURES else v for name, v in plain.items()}


def write_shards(sprites: Sprites, out: Path, count: int, seed: int, size: int, **choices: str | bool) -> None:
    """Files scenes-00000.safetensors …, each renderable alone: batch b of seed s has the seed s * 1,000,003 + b. choices: render's."""
    out.mkdir(parents=True, exist_ok=True)
    for shard, start in enumerate(range(0, count, SHARD)):
        parts = [as_bytes(render(sprites, seed * 1_000_003 + at // BATCH, min(BATCH, count - at), size, **choices)) for at in range(start, min(start + SHARD, count), BATCH)]
        save_file({name: torch.cat([part[name] for part in parts]) for name in parts[0]}, out / f"scenes-{shard:05}.safetensors")


def sheet(scenes: Scenes, columns: int = 3) -> Image.Image:
    """Each scene as background with its box, reference, layer on a checkerboard, composite."""
    size = scenes.background.shape[-1]
    at = torch.arange(size)
    board = (((at[:, None] // 8 + at[None, :] // 8) % 2) * 0.15 + 0.75).expand(3, size, size)
    rows = -(-len(scenes) // columns)
    paper = torch.ones(3, rows * (size + 2), columns * (4 * size + 8))
    for number in range(len(scenes)):
        tiles = torch.cat([_boxed(scenes, number), *(over(layer[number], board) for layer in (scenes.reference, scenes.foreground)), scenes.composite[number]], 2)
        y, x = number // columns * (size + 2), number % columns * (4 * size + 8)
        paper[:, y : y + size, x : x + 4 * size] = tiles
    return Image.fromarray((paper * 255 + 0.5).byte().permute(1, 2, 0).numpy())


def over(layer: torch.Tensor, board: torch.Tensor) -> torch.Tensor:
    return layer[3:] * layer[:3] + (1 - layer[3:]) * board


def _boxed(scenes: Scenes, number: int) -> torch.Tensor:
    picture = scenes.background[number].clone()
    x, y, width, height = (round(v) for v in scenes.box[number].tolist())
    inside = picture[:, y : y + height, x : x + width]
    inside += (torch.tensor([1.0, 0, 0])[:, None, None] - inside) * 0.3
    return picture


def asked(library: Path, prompts: list[str]) -> list[np.ndarray]:
    """The cut-outs that prompts ask for. In a frame every box has the same share, so sizes do not show there."""
    vocabulary = Vocabulary.load(library)
    return [trim(vocabulary.picture(vocabulary.understand(prompt))) for prompt in prompts]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bfs_engine.scenes", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--out", type=Path, required=True, help="folder for the safetensors files")
    parser.add_argument("--sheet", type=Path, help="also write a contact sheet of the first scenes here")
    parser.add_argument("--font", type=Path, help="NotoColorEmoji.ttf; found by fontconfig when not given")
    parser.add_argument("--domain", choices=DOMAINS, default="simple", help="simulated shadows, or light with more of its physics")
    parser.add_argument("--kind", choices=KINDS, default="plain", help="of all scenes")
    parser.add_argument("--prompt", action="append", help="only such things, in the colours that are asked for; as often as there are things")
    parser.add_argument("--library", type=Path, help="what prompts are looked up in")
    options = parser.parse_args(arguments)
    if options.prompt and not options.library:
        parser.error("prompts need a --library")
    choices = {"domain": options.domain, "kind": options.kind, "vary_colours": not options.prompt}
    sprites = pack(asked(options.library, options.prompt) if options.prompt else draw_all(read_table(), options.font))
    write_shards(sprites, options.out, options.count, options.seed, options.size, **choices)
    if options.sheet:
        sheet(render(sprites, options.seed * 1_000_003, min(36, options.count), options.size, **choices)).save(options.sheet)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
