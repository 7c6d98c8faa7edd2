"""Detail of the reference given back to a layer that was made small: the fast guided filter (He and Sun, 2015) with the
reference as guide.

The model says what light does to the thing: how its colours and its matte change from place to place, and where its shadow
falls. That is smooth, so it is fitted in the model's frame as layer ≈ gain · reference + offset and applied to the reference at
any size. Away from the reference the layer, which is shadow there, stays as it is. A thing hides what is behind it
as much as its reference does: the matte is never less than the reference's where the model has put the thing at all.
"""

from __future__ import annotations

from torch import Tensor, cat
from torch.nn import functional as F

REACH = 3  # frame pixels around each where one gain holds
SMOOTH = 1e-3  # variance of the reference below which its detail counts for nothing


def with_detail(layer: Tensor, reference: Tensor, fine: Tensor) -> Tensor:
    """layer and reference (n, 4, s, s), fine (n, 4, m·s, m·s): the reference larger; all straight RGBA in [0, 1].

    -> (n, 4, m·s, m·s) straight RGBA in [0, 1].
    """
    made, guide = _premultiplied(layer), _premultiplied(reference)
    mean_made, mean_guide = _mean(made), _mean(guide)
    variance = _mean(guide.square()) - mean_guide.square()
    gain = (_mean(guide * made) - mean_guide * mean_made) / (variance + SMOOTH)
    offset = mean_made - gain * mean_guide
    near = _mean(F.max_pool2d(reference[:, 3:], 2 * REACH + 1, stride=1, padding=REACH))  # where the reference has a say
    gain, offset, near, made = (F.interpolate(x, fine.shape[-2:], mode="bilinear", align_corners=False) for x in (_mean(gain), _mean(offset), near, made))
    painted = near * (gain * _premultiplied(fine) + offset) + (1 - near) * made
    alpha = painted[:, 3:].clamp(0, 1)
    colour = painted[:, :3] / alpha.clamp(min=1 / 512)
    return cat([colour.clamp(0, 1) * (alpha > 1 / 512), alpha.maximum(fine[:, 3:] * (alpha > 0.5))], dim=1)


def _premultiplied(layer: Tensor) -> Tensor:
    return cat([layer[:, :3] * layer[:, 3:], layer[:, 3:]], dim=1)


def _mean(x: Tensor) -> Tensor:
    """Over a square of 2 · REACH + 1 pixels, (n, c, h, w)."""
    return F.avg_pool2d(F.pad(x, (REACH,) * 4, mode="replicate"), 2 * REACH + 1, stride=1)
