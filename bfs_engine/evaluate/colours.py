"""Colour words measured: is the thing that was asked for still the thing when it is blue, and is it blue?"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..bfs.pipeline import BFSPipeline
from ..scenes.colours import main_colour, nearest_colour, recolour
from ..scenes.render import Sprites, place, premultiply, straight
from .applications import Row
from .layers import nearest_thing
from .starter import COMPARED, Sampling, generate, held_out, pooled

COLOURS = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown", "black", "white", "grey")


def study_colours(pipeline: BFSPipeline, sprites: Sprites, count: int, seed: int, steps: int) -> list[Row]:
    """A row for each colour, over `count` held-out scenes with things dealt out anew.

    right_thing: share whose nearest sprite, of all in that colour, is the one asked for. right_colour: share of layers whose main colour
    is nearest to the one asked for of twelve; reference_colour: the same of the recoloured cut-outs, before any light falls on them.
    Things without an opaque part are left out of the two.
    """
    scenes = held_out(pipeline, sprites, count, seed)
    size = scenes.background.shape[-1]
    step = max(1, size // COMPARED)
    things = torch.randint(len(sprites), (count,), generator=torch.Generator().manual_seed(seed))
    rows = []
    for colour in COLOURS:
        coloured = _in_colour(sprites, colour)
        whole = premultiply(coloured.pixels.float() / 255)
        shown = straight(place(whole[things], coloured.sizes[things], scenes.box, size))
        layers, _ = generate(pipeline, scenes.background, scenes.box, shown, Sampling(steps), seed)
        found = [
            nearest_thing(layer[None], straight(place(whole, coloured.sizes, box.expand(len(whole), 4), size // step))[None])
            for layer, box in zip(pooled(layers, step), scenes.box / step)
        ]
        right = (torch.cat(found) == things).float().mean().item()
        rows.append({"colour": colour, "right_thing": round(right, 3), "right_colour": _named(layers, colour), "reference_colour": _named(shown, colour)})
    return rows


def _in_colour(sprites: Sprites, colour: str) -> Sprites:
    pixels = [recolour(cutout.permute(1, 2, 0).numpy(), colour) for cutout in sprites.pixels]
    return Sprites(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous(), sprites.sizes)


def _named(layers: Tensor, colour: str) -> float:
    """Share of the layers (n, 4, s, s) whose main colour is called so."""
    pictures = (layers * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    names = [nearest_colour(main_colour(picture), COLOURS) for picture in pictures if (picture[..., 3] > 240).any()]
    return round(sum(name == colour for name in names) / max(len(names), 1), 3)
