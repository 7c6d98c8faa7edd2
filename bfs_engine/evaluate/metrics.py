"""Metrics of one result: what a method made of a background, in itself and against the truth.

Pictures are float (channels, h, w) in [0, 1], layers straight RGBA, boxes (4,) left, top, width, height in pixels. Every function
gives {name: value}; METRICS tells what the names mean. A metric that has no meaning for a result (the shadow of a thing that casts
none) is left out of the dictionary, so that a mean is over those for which it has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .. import lift
from .layers import SOLID, bounds, decibels, grown, intersection_over_union, over, shrunk

UNSEEN = 0.5 / 255  # alpha that 8 bits show as nothing
VISIBLE = 2 / 255  # difference of colour that may be seen
EDGE = 3  # pixels to either side of a thing's outline in which halos are looked for


class Ratio(NamedTuple):
    """A metric whose value over many examples is the sum of the parts over the sum of the wholes, not a mean of quotients."""

    part: float
    whole: float


Scores = dict[str, float | Ratio]


@dataclass(frozen=True, eq=False)
class Result:
    """What a method made of `background` for `box` and `prompt`: a composite, and where it makes layers, the layer. true_*: what it
    would have been, where that is known; true_object: (1, h, w), the alpha of the thing without its effects. caption: what the whole
    picture shows."""

    key: str
    background: Tensor
    composite: Tensor
    layer: Tensor | None = None
    box: Tensor | None = None
    prompt: str | None = None
    true_composite: Tensor | None = None
    true_layer: Tensor | None = None
    true_object: Tensor | None = None
    caption: str | None = None


def measure(result: Result) -> Scores:
    """All metrics that need no network, as far as the result has what they compare."""
    scores: Scores = {}
    layer = result.layer
    if layer is not None:
        scores |= recomposition(layer, result.background, result.composite)
        scores |= outside(layer, result.background, result.composite) | halo(layer)
        if result.box is not None:
            scores |= placement(layer, result.box)
    if result.true_composite is not None:
        scores |= fidelity(result.composite, result.true_composite)
    if layer is not None and result.true_layer is not None:
        scores |= layer_errors(layer, result.true_layer, result.background)
        if result.true_object is not None:
            scores |= effect_errors(layer, result.true_layer, result.true_object)
            scores |= edge_errors(layer, result.true_layer, result.true_object)
    return scores


def recomposition(layer: Tensor, background: Tensor, composite: Tensor) -> Scores:
    """The layer over the background against the composite that the method made beside it (equation 1). A method that makes no
    composite of its own has the greatest value, 120 dB."""
    made = composited(layer, background)
    return {"recomposed_db": decibels(made - composite), "recomposed_ssim": ssim(made, composite)}


def outside(layer: Tensor, background: Tensor, composite: Tensor) -> Scores:
    """What the composite changes where the layer is empty: mean absolute difference in levels of 255, and the share of those pixels
    where it can be seen (more than two levels in a channel)."""
    empty = layer[3] < UNSEEN
    if not empty.any():
        return {}
    change = (composite - background).abs()[:, empty]
    return {"outside_error": 255 * change.mean().item(), "outside_changed": (change.amax(0) > VISIBLE).float().mean().item()}


def placement(layer: Tensor, box: Tensor) -> Scores:
    """The opaque part against the box that was asked for: intersection over union of its bounds with the box, and how much of its
    area lies in the box. A layer with nothing opaque in it has 0 for both."""
    solid = layer[None, 3:] > SOLID
    asked = torch.cat([box[:2], box[:2] + box[2:]]).float()[None]
    left, top, right, bottom = (int(round(edge)) for edge in asked[0].tolist())
    inside = solid[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)].sum() / solid.sum().clamp(min=1)
    return {"box_iou": intersection_over_union(bounds(solid), asked).item(), "inside_box": inside.item()}


def halo(layer: Tensor) -> Scores:
    """Light around the thing that is not the thing's: within EDGE pixels of its outline, the premultiplied colour that exceeds what
    the inside's colours, carried on outwards (lift.fill), would give with the same alpha; largest channel, mean over those pixels.

    Fringes of the old background and bright halos raise it; shadows, which have no light, do not. Grain of the thing itself does,
    so the true layer's value is not 0: compare methods on the same things.
    """
    alpha, colour = layer[3:], layer[:3]
    solid = (alpha > SOLID).float()[None]
    inner = shrunk(solid, 2)[0, 0]
    if not inner.any():
        inner = solid[0, 0]
    if not inner.any():
        return {}
    band = (grown(solid, EDGE) - inner)[0, 0] > 0
    carried = torch.from_numpy(lift.fill(_hwc(colour), inner.numpy().astype(np.float32))).permute(2, 0, 1)
    excess = (alpha * (colour - carried)).amax(0).clamp(min=0)
    return {"halo": excess[band].mean().item()}


def fidelity(composite: Tensor, true: Tensor) -> Scores:
    """The composite against the true one."""
    return {"composite_db": decibels(composite - true), "composite_ssim": ssim(composite, true)}


def layer_errors(layer: Tensor, true: Tensor, background: Tensor) -> Scores:
    """The layer against the true one: mean absolute error of alpha; the composite over another ground (the background mirrored,
    which no layer was made for), where holes, halos and wrong colours all show."""
    elsewhere = background.flip(2)
    return {
        "alpha_error": (layer[3] - true[3]).abs().mean().item(),
        "elsewhere_db": decibels(composited(layer, elsewhere) - composited(true, elsewhere)),
    }


def effect_errors(layer: Tensor, true: Tensor, true_object: Tensor) -> Scores:
    """Shadows and reflections, compared by their alpha where the thing does not reach (two pixels around it are left out).

    shadow_correlation: Pearson's, over those pixels, 0 where no effect was made; shadow_mass: sum of alpha over the true sum;
    effect_error: sum of absolute errors over the true sum, 1 where no effects were made. Without true effects, nothing.
    """
    clear = grown(true_object[None], 2)[0, 0] <= 0.02
    made, truth = layer[3][clear].double(), true[3][clear].double()
    if truth.numel() == 0 or truth.amax() <= VISIBLE or truth.std() == 0:
        return {}
    correlation = 0.0 if made.std() == 0 else torch.corrcoef(torch.stack([made, truth]))[0, 1].item()
    mass = truth.sum().item()
    return {
        "shadow_correlation": correlation,
        "shadow_mass": Ratio(made.sum().item(), mass),
        "effect_error": Ratio((made - truth).abs().sum().item(), mass),
    }


def edge_errors(layer: Tensor, true: Tensor, true_object: Tensor) -> Scores:
    """Within EDGE pixels of the true thing's outline: mean absolute error over black and over white, and object_iou, intersection
    over union of opaque part and true thing."""
    solid = (true_object[None] > SOLID).float()
    found = layer[3] > SOLID
    object_iou = (found & (solid[0, 0] > 0)).sum() / (found | (solid[0, 0] > 0)).sum().clamp(min=1)
    band = (grown(solid, EDGE) - shrunk(solid, EDGE))[0, 0] > 0
    scores: Scores = {"object_iou": object_iou.item()}
    if band.any():
        errors = [(composited(layer, grey) - composited(true, grey)).abs()[:, band].mean() for grey in (0.0, 1.0)]
        scores["edge_error"] = (sum(errors) / 2).item()
    return scores


def composited(layer: Tensor, background: Tensor | float) -> Tensor:
    """(4, h, w) over (3, h, w) or a grey level -> (3, h, w)."""
    return over(layer[None], background)[0]


def ssim(made: Tensor, true: Tensor) -> float:
    """Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity (2004): Gaussian window of 11 pixels with
    σ = 1.5, K = (.01, .03), mean over windows that lie within the picture and over channels. (c, h, w); both sides at least 11."""
    at = torch.arange(11, dtype=torch.float64) - 5
    line = torch.exp(-(at**2) / (2 * 1.5**2))
    window = (line[:, None] * line / line.sum() ** 2)[None, None]
    x, y = made.double()[:, None], true.double()[:, None]
    mx, my, xx, yy, xy = (F.conv2d(values, window) for values in (x, y, x * x, y * y, x * y))
    covariance, both = xy - mx * my, xx - mx * mx + yy - my * my
    c1, c2 = 0.01**2, 0.03**2
    return (((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (both + c2))).mean().item()


def _hwc(picture: Tensor) -> np.ndarray:
    return picture.permute(1, 2, 0).contiguous().numpy()
