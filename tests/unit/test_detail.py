"""A layer made small gets back the detail of the thing that it shows."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from bfs_engine.bfs.detail import with_detail
from bfs_engine.evaluate.layers import decibels, over


def scene(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A striped disc without light, and the same in warm light with a soft shadow beside it: (1, 4, side, side) each."""
    at = (torch.arange(side) + 0.5) / side
    y, x = at[:, None], at[None]
    cover = ((0.25 - ((x - 0.45).square() + (y - 0.45).square()).sqrt()) * side + 0.5).clamp(0, 1)
    stripes = 0.5 + 0.4 * torch.sin(x * 90) * torch.ones_like(y)
    thing = torch.stack([stripes, 0.8 * stripes, 0.3 + 0 * stripes, cover])[None]
    shadow = 0.5 * torch.exp(-((x - 0.7) / 0.12).square() - ((y - 0.72) / 0.05).square())
    alpha = cover + (1 - cover) * shadow
    light = torch.stack([0.9 + 0 * x * y, 0.7 + 0.2 * x + 0 * y, 0.6 + 0 * x * y])
    colour = light * thing[0, :3] * cover / alpha.clamp(min=1e-6)
    return thing, torch.cat([colour, alpha[None]])[None]


def averaged(layer: torch.Tensor, size: int, stride: int | None = None) -> torch.Tensor:
    """The layer shrunk or blurred, premultiplied as it must be."""
    colour = F.avg_pool2d(layer[:, :3] * layer[:, 3:], size, stride)
    alpha = F.avg_pool2d(layer[:, 3:], size, stride)
    return torch.cat([colour / alpha.clamp(min=1e-6), alpha], dim=1)


def test_a_small_layer_gets_the_detail_of_a_large_reference_in_its_own_light() -> None:
    fine, truth = scene(256)
    coarse, small = averaged(fine, 4), averaged(truth, 4)
    blurred = averaged(F.pad(small, (1,) * 4, mode="replicate"), 3, stride=1)
    made = with_detail(blurred, coarse, fine)
    enlarged = F.interpolate(blurred, 256, mode="bicubic", align_corners=False).clamp(0, 1)
    ground = torch.full((1, 3, 256, 256), 0.6)
    error, plain = (decibels(over(layer, ground) - over(truth, ground)) for layer in (made, enlarged))
    assert error > plain + 1.5
    assert (made[:, 3] - truth[:, 3])[..., 216:].abs().max() < 0.05  # the shadow is the model's, not the reference's


def test_a_thing_that_the_model_left_slightly_see_through_hides_what_is_behind_it() -> None:
    thing, lit = scene(64)
    lit[:, 3] *= 0.9
    made = with_detail(lit, thing, thing)
    assert made[0, 3][thing[0, 3] == 1].min() == 1
    lit[:, 3] = 0  # a thing that the model left out is not put back
    assert with_detail(lit, thing, thing)[:, 3].max() == 0


def test_where_the_reference_is_empty_the_layer_stays_as_it_is() -> None:
    _, layer = scene(64)
    nothing = torch.zeros(1, 4, 64, 64)
    made = with_detail(layer, nothing, nothing)
    assert (made[:, 3] - layer[:, 3]).abs().max() < 1e-5
    assert made.isfinite().all() and made.min() >= 0 and made.max() <= 1
