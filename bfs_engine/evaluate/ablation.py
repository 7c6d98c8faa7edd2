"""What the benchmark measures of each way to a layer, and how it tells it: scores of scenes, paired differences, tables, a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..scenes.render import Scenes
from .layers import decibels, grown
from .metrics import Ratio, Scores, effect_errors, layer_errors
from .table import Estimate, bootstrap, estimates, table

SHOWN = ("composite_db", "elsewhere_db", "alpha_error", "shadow_correlation", "shadow_mass", "effect_error", "effects_seen", "darkening",
         "lightening", "recomposed_db")  # fmt: skip
COMPARED = ("composite_db", "elsewhere_db", "shadow_correlation", "shadow_mass", "effect_error", "effects_seen")
FULL = "full"
AGAIN = ", training "  # and its seed: after the name of a way that is trained more than once


@dataclass(frozen=True, eq=False)
class Made:
    """What a way made of n scenes: composites (n, 3, s, s) as the user gets them; layers (n, 4, s, s), straight RGBA, and what its composite
    branch showed beside them, where it makes such."""

    composites: Tensor
    layers: Tensor | None = None
    beside: Tensor | None = None


def score(scenes: Scenes, made: Made, number: int) -> Scores:
    """The metrics of one scene that the report shows. recomposed_db: the layer over the background against the way's own composite, where it
    makes one."""
    background, composite, true = scenes.background[number], made.composites[number], scenes.composite[number]
    scores: Scores = {"composite_db": decibels(composite - true)}
    if made.layers is not None:
        layer, foreground = made.layers[number], scenes.foreground[number]
        scores |= layer_errors(layer, foreground, background) | effect_errors(layer, foreground, scenes.object_alpha[number])
    if made.beside is not None:
        scores["recomposed_db"] = decibels(composite - made.beside[number])
    return scores | effects_seen(composite, true, background, scenes.object_alpha[number])


def effects_seen(composite: Tensor, true: Tensor, background: Tensor, thing: Tensor) -> Scores:
    """Shadows and reflections with their colours, where the thing does not reach (two pixels around it left out). effects_seen: the sum of
    absolute errors of the composite over the sum of what the true effects change, 1 where nothing was made; darkening, lightening: the sum
    of what the composite takes from the background, and adds to it, over the same of the truth. Each only where the truth has it."""
    clear = (grown(thing[None], 2) <= 0.02)[0]
    made, change = ((picture - background) * clear for picture in (composite, true))
    scores: Scores = {}
    for name, part, whole in (
        ("effects_seen", (made - change).abs(), change.abs()),
        ("darkening", made.clamp(max=0).abs(), change.clamp(max=0).abs()),
        ("lightening", made.clamp(min=0), change.clamp(min=0)),
    ):
        if whole.sum() > 1:
            scores[name] = Ratio(part.sum().item(), whole.sum().item())
    return scores


def paired(one: Sequence[Scores], other: Sequence[Scores], metric: str, seed: int = 0) -> Estimate | None:
    """How much more `one` has of a metric than `other` on the same scenes, with a paired bootstrap interval."""
    both = [(a[metric], b[metric]) for a, b in zip(one, other) if metric in a and metric in b]
    if not both:
        return None
    values = np.array(both, np.float64)
    if values.ndim == 3:  # Ratios: (scenes, 2 ways, part and whole)
        return bootstrap(lambda w: w @ values[:, 0, 0] / (w @ values[:, 0, 1]) - w @ values[:, 1, 0] / (w @ values[:, 1, 1]), len(both), seed)
    return bootstrap(lambda w: w @ (values[:, 0] - values[:, 1]) / w.sum(1), len(both), seed)


def report(how: str, seed: int, found: Mapping[str, Mapping[str, Sequence[Scores]]]) -> str:
    """Markdown: a table of all ways and one of what each loses against the full way, for both domains. how: what was measured on. Ways that
    were trained again are compared with the full way of the same training."""
    lines = [f"{how}; 95 % bootstrap intervals over scenes, not over trainings. ↑ more is better, ↓ less."]
    for domain, methods in found.items():
        lines += [f"### The {domain} domain", table({name: estimates(scores, seed) for name, scores in methods.items()}, SHOWN)]
        differences = {
            name: {metric: value for metric in COMPARED if (value := paired(methods[_rival(name)], scores, metric, seed)) is not None}
            for name, scores in methods.items() if name != _rival(name)
        }  # fmt: skip
        lines += ["The full way less each other, paired by scene:", table(differences, COMPARED)]
    return "\n\n".join(lines)


def _rival(name: str) -> str:
    """The full way of the same training: what a way is compared with."""
    _, again, training = name.partition(AGAIN)
    return FULL + again + training


def sheet(scenes: Scenes, made: Mapping[str, Tensor]) -> Tensor:
    """(3, h, w): background, every way's composites (m, 3, s, s) of the first m scenes, the truth; a row for each scene."""
    rows = min(len(composites) for composites in made.values())
    columns = [scenes.background[:rows], *made.values(), scenes.composite[:rows]]
    return torch.cat([torch.cat(list(column), 1) for column in columns], 2)


def side_by_side(pictures: Sequence[Tensor]) -> Image.Image:
    """One below the other."""
    return Image.fromarray((torch.cat(list(pictures), 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy())


