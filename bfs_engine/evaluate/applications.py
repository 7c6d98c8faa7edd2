"""Studies of extraction and resettling on scenes whose true layers are known: which way is better, in numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .. import lift
from ..api import Box
from ..bfs.engine import thing_region
from ..bfs.latents import box_mask
from ..bfs.pipeline import BFSPipeline
from ..bfs.relight import Thing, effects_around, light_gain, relit
from ..cli.pictures import over as paste
from ..scenes.render import Scenes, Sprites, place, straight
from .layers import effect_scores, inside_alpha, over
from .starter import held_out

STRENGTHS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
BATCH = 16

Row = dict[str, float | str]


def study_extraction(pipeline: BFSPipeline, sprites: Sprites, count: int, seed: int, steps: int) -> list[Row]:
    """One row for each way to take the true layer out of composite and background, all in 8 bits.

    "smallest alpha": the closed form alone. "closed form": with the matte told from the pictures. "network s": the model's own
    layer at strength s. "network region s": the closed form where the model says what is the thing.
    """
    scenes = held_out(pipeline, sprites, count, seed)
    composites, backgrounds = _bytes(scenes.composite), _bytes(scenes.background)
    pairs = list(zip(composites, backgrounds))
    nothing = np.zeros(scenes.background.shape[2:], np.uint8)
    rows = [
        _judged("smallest alpha", _tensor([lift.lift(c, b, nothing) for c, b in pairs]), scenes),
        _judged("closed form", _tensor([lift.lift(c, b) for c, b in pairs]), scenes),
        _judged("closed form, true region", _with_regions(pairs, [alpha > 127 for alpha in _bytes(scenes.object_alpha)[..., 0]]), scenes),
    ]
    guesses = _tensor([np.dstack([c, lift.thing_matte(c, b)]) for c, b in pairs])
    guesses[:, :3] *= guesses[:, 3:] > 0
    for strength in STRENGTHS:
        layers = _extracted(pipeline, scenes, guesses, strength, steps, seed)
        regions = [thing_region(layer.permute(1, 2, 0).numpy(), layer.shape[1:]) for layer in layers]
        rows.append(_judged(f"network {strength:g}", layers, scenes))
        rows.append(_judged(f"network region {strength:g}", _with_regions(pairs, regions), scenes))
    return rows


def _with_regions(pairs: list[tuple[np.ndarray, np.ndarray]], regions: list[np.ndarray]) -> Tensor:
    return _tensor([lift.lift(c, b, lift.thing_matte(c, b, region)) for (c, b), region in zip(pairs, regions)])


def _extracted(pipeline: BFSPipeline, scenes: Scenes, guesses: Tensor, strength: float, steps: int, seed: int) -> Tensor:
    made = []
    for start in range(0, len(scenes), BATCH):
        part = slice(start, start + BATCH)
        output = pipeline(
            scenes.background[part] * 2 - 1,
            box_mask(scenes.box[part], *scenes.background.shape[2:]),
            reference=guesses[part] * 2 - 1,
            composite=scenes.composite[part] * 2 - 1,
            strength=strength,
            num_inference_steps=steps,
            guidance_scale=1.0,
            seeds=[seed + start + index for index in range(len(scenes.background[part]))],
        )
        made.append(output.layers)
    return torch.cat(made)


def _judged(way: str, layers: Tensor, scenes: Scenes) -> Row:
    """elsewhere_db: the layer over another scene's background against the true layer there, mean over scenes and half of a 95 %
    interval; the one measure that holes, halos and wrong colours all lower."""
    other = scenes.background.roll(1, 0)
    elsewhere = _decibels(over(layers, other) - over(scenes.foreground, other))
    thing = [lift.split(layer)[0][..., 3] if (layer[..., 3] >= 255 * lift.OPAQUE).any() else layer[..., 3] for layer in _bytes(layers)]
    cover = torch.from_numpy(np.stack(thing))[:, None] / 255
    return {
        "way": way,
        "elsewhere_db": round(elsewhere.mean().item(), 2),
        "interval": round(1.96 * elsewhere.std().item() / len(elsewhere) ** 0.5, 2),
        "recomposed_db": round(_decibels(over(layers, scenes.background) - scenes.composite).mean().item(), 2),
        "alpha_error": round((layers[:, 3] - scenes.foreground[:, 3]).abs().mean().item(), 4),
        "thing_alpha_error": round((cover - scenes.object_alpha).abs().mean().item(), 4),
        "inside_alpha": round(inside_alpha(layers, scenes.object_alpha), 4),
    }


def study_resettling(pipeline: BFSPipeline, sprites: Sprites, count: int, seed: int, steps: int) -> list[Row]:
    """One row for each way to settle a thing, lit in one scene, in another: the same things are rendered in both.

    "as it was": thing and effects carried over as they are. "new effects": the thing's pixels kept, its effects made anew.
    "new light and effects": as resettling does it.
    """
    generator = torch.Generator().manual_seed(seed)
    things = torch.randperm(len(sprites), generator=generator)[:count]
    before, after = (
        held_out(pipeline, sprites, len(things), seed + offset, things=things, vary_colours=False)
        for offset in (1, 2)
    )
    carried, thing = carry(before, after, before.foreground), carry(before, after, _alone(before))
    made = _resettled(pipeline, after, thing, steps, seed)
    kept, lit, frame = [], [], Box(0, 0, *after.background.shape[:1:-1])
    for layer, own in zip(made, thing):
        layer, own = (x.permute(1, 2, 0).numpy() for x in (layer, own))
        effects, eight = _eight(effects_around(layer, own[..., 3])), _eight(own)
        kept.append(paste(eight, effects))
        lit.append(paste(relit(Thing(own, eight, 0, 0), light_gain(layer, own), frame), effects))
    ways = {"as it was": carried, "new effects": _tensor(kept), "new light and effects": _tensor(lit)}
    return [_settled_score(way, layers, after) for way, layers in ways.items()]


def carry(before: Scenes, after: Scenes, layers: Tensor) -> Tensor:
    """Layers (n, 4, s, s) of one set of scenes moved and scaled so that its boxes become those of the other."""
    return torch.cat([_carried(layers[i : i + 1], before.box[i], after.box[i]) for i in range(len(layers))])


def _carried(layer: Tensor, old: Tensor, new: Tensor) -> Tensor:
    scale = (new[2:] / old[2:]).mean()
    anchors = [box[:2] + box[2:] * torch.tensor([0.5, 1.0]) for box in (old, new)]
    corner = anchors[1] - anchors[0] * scale
    size = float(layer.shape[-1])
    whole = torch.cat([corner, torch.tensor([size * scale, size * scale])])[None]
    tinted = torch.cat([layer[:, :3] * layer[:, 3:], layer[:, 3:]], 1)
    return straight(place(tinted, torch.tensor([[size, size]]), whole, layer.shape[-1]))


def _alone(scenes: Scenes) -> Tensor:
    """The things as they are lit, without effects."""
    return _tensor([lift.split(layer, cover)[0] for layer, cover in zip(_bytes(scenes.foreground), _bytes(scenes.object_alpha)[..., 0])])


def _resettled(pipeline: BFSPipeline, scenes: Scenes, thing: Tensor, steps: int, seed: int) -> Tensor:
    made = []
    for start in range(0, len(scenes), BATCH):
        part = slice(start, start + BATCH)
        mask, seeds = box_mask(scenes.box[part], *scenes.background.shape[2:]), [seed + start + i for i in range(len(scenes.background[part]))]
        shown = {"reference": thing[part] * 2 - 1, "num_inference_steps": steps, "guidance_scale": 1.0, "seeds": seeds}
        made.append(pipeline(scenes.background[part] * 2 - 1, mask, **shown).layers)
    return torch.cat(made)


def _settled_score(way: str, layers: Tensor, scenes: Scenes) -> Row:
    error = over(layers, scenes.background) - scenes.composite
    inside = (scenes.object_alpha > 0.95) & (layers[:, 3:] > 0.95)
    scores = effect_scores(layers, scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    return {
        "way": way,
        "composite_db": round(_decibels(error).mean().item(), 2),
        "thing_colour_error": round(((error.abs() * inside).sum() / inside.sum() / 3).item(), 4),
    } | {name: round(value, 3) for name, value in scores.items()}


STUDIES: dict[str, Callable[[BFSPipeline, Sprites, int, int, int], list[Row]]] = {"extract": study_extraction, "resettle": study_resettling}


def table(rows: list[Row]) -> str:
    """The rows in columns."""
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)


def _decibels(error: Tensor) -> Tensor:
    """(n, c, h, w) -> (n,)"""
    return -10 * error.square().mean((1, 2, 3)).clamp(min=1e-12).log10()


def _bytes(pictures: Tensor) -> np.ndarray:
    """(n, c, h, w) in 0..1 -> (n, h, w, c) uint8."""
    return (pictures.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()


def _eight(layer: np.ndarray) -> np.ndarray:
    return np.rint(layer.clip(0, 1) * 255).astype(np.uint8)


def _tensor(layers: list[np.ndarray]) -> Tensor:
    """n of (h, w, c) uint8 -> (n, c, h, w) in 0..1."""
    return torch.from_numpy(np.stack(layers)).permute(0, 3, 1, 2).float() / 255
