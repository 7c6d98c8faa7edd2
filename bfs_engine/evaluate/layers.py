"""Metrics of RGBA layers against ground truth. All pictures (n, channels, h, w) float in [0, 1], layers straight RGBA."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

OPAQUE = 0.999
SOLID = 0.65  # alpha from which a pixel belongs to a thing and not to its effects
GREY = 0.5


def over(layer: Tensor, background: Tensor | float) -> Tensor:
    """Equation 1: the layer composited over a picture or a grey level, (n, 3, h, w)."""
    return layer[:, 3:] * layer[:, :3] + (1 - layer[:, 3:]) * background


def decibels(error: Tensor) -> float:
    """Peak signal-to-noise ratio of an error in units of the full range."""
    return -10 * error.square().mean().clamp(min=1e-12).log10().item()


def shrunk(matte: Tensor, pixels: int) -> Tensor:
    """1 where everything within `pixels` is opaque, else 0; (n, 1, h, w)."""
    size = 2 * pixels + 1
    return (-F.max_pool2d(-matte, size, stride=1, padding=pixels) > OPAQUE).float()


def grown(matte: Tensor, pixels: int) -> Tensor:
    """The largest alpha within `pixels`, (n, 1, h, w)."""
    return F.max_pool2d(matte, 2 * pixels + 1, stride=1, padding=pixels)


def inside_alpha(layer: Tensor, object_alpha: Tensor) -> float:
    """Mean alpha two pixels and more inside opaque objects."""
    core = shrunk(object_alpha, 2)
    return ((layer[:, 3:] * core).sum() / core.sum()).item()


def effect_scores(layer: Tensor, true: Tensor, object_alpha: Tensor, light: Tensor, lit: Tensor) -> dict[str, float]:
    """Shadows and reflections, compared where neither object reaches (two pixels around it are left out).

    shadow_correlation: Pearson correlation of the effects' alpha over each lit scene's pixels, averaged; shadow_mass: the sum
    of generated effect alpha over the true sum, all lit scenes together; shadow_side: share of scenes with light clearly from
    one side whose effects' centre of mass lies on the same side of the object as the true one's.
    """
    clear = 1 - (grown(object_alpha, 2) > 0.02).float()
    made, truth = (x[:, 3:] * clear for x in (layer, true))
    made, truth, body = made[lit], truth[lit], object_alpha[lit]
    correlations = [torch.corrcoef(torch.stack([m.flatten(), t.flatten()]))[0, 1] for m, t in zip(made, truth) if t.std() > 0]
    sided = light[lit].abs() > 0.35
    offsets = [(_centre(x) - _centre(body))[sided] for x in (made, truth)]
    return {
        "shadow_correlation": torch.stack(correlations).nan_to_num().mean().item(),
        "shadow_mass": (made.sum() / truth.sum()).item(),
        "shadow_side": (offsets[0].sign() == offsets[1].sign()).float().mean().item(),
    }


def _centre(alpha: Tensor) -> Tensor:
    """(n, 1, h, w) -> (n,) horizontal centre of mass in pixels."""
    columns = alpha.sum((1, 2))
    return (columns * torch.arange(alpha.shape[-1])).sum(-1) / columns.sum(-1).clamp(min=1e-6)


def box_overlap(layer: Tensor, true_alpha: Tensor) -> Tensor:
    """Intersection over union of the bounds of opaque parts (alpha > SOLID, where shadows do not count), (n,)."""
    return intersection_over_union(bounds(layer[:, 3:] > SOLID), bounds(true_alpha > SOLID))


def intersection_over_union(made: Tensor, true: Tensor) -> Tensor:
    """Of boxes (n, 4) left, top, right, bottom -> (n,)"""
    low, high = torch.maximum(made[:, :2], true[:, :2]), torch.minimum(made[:, 2:], true[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    return common / ((made[:, 2:] - made[:, :2]).prod(1) + (true[:, 2:] - true[:, :2]).prod(1) - common).clamp(min=1e-6)


def bounds(inside: Tensor) -> Tensor:
    """(n, 1, h, w) bool -> (n, 4) left, top, right, bottom; zeros where nothing is inside."""
    edges = []
    for axis in (2, 3):  # rows gone: columns remain
        line = inside.any(axis).flatten(1).float()
        first, last = line.argmax(1), line.shape[1] - line.flip(1).argmax(1)
        edges.append((first, torch.where(line.any(1), last, first)))
    (left, right), (top, bottom) = edges
    return torch.stack([left, top, right, bottom], 1).float()


def nearest_thing(layer: Tensor, candidates: Tensor) -> Tensor:
    """Which candidate each layer looks like, (n,) int64.

    candidates: (n, m, 4, h, w) straight RGBA cut-outs at the layer's place. Distance: mean squared error over mid-grey, colours
    matched in brightness first (the light of the scene is not the thing's), at a quarter of the resolution.
    """
    made = F.avg_pool2d(_grey_matched(layer), 4)
    answers = []
    for one, options in zip(made, candidates):
        seen = F.avg_pool2d(_grey_matched(options), 4)
        answers.append((seen - one).square().mean((1, 2, 3)).argmin())
    return torch.stack(answers)


def _grey_matched(layer: Tensor) -> Tensor:
    """The opaque part over mid-grey, its mean brightness brought to one level: (n, 4, h, w), with alpha."""
    alpha = ((layer[:, 3:] - 0.6) / 0.4).clamp(0, 1)  # shadows are not the thing
    weight = alpha.sum((2, 3), keepdim=True).clamp(min=1e-6)
    level = (layer[:, :3].mean(1, keepdim=True) * alpha).sum((2, 3), keepdim=True) / weight
    colour = (layer[:, :3] * (GREY / level.clamp(min=0.05))).clamp(0, 1)
    return torch.cat([colour * alpha + GREY * (1 - alpha), alpha], 1)
