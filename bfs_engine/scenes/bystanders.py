"""Other things that stand about in a scene, with shadows in the same light: real backgrounds are seldom empty."""

from __future__ import annotations

import torch
from torch import Tensor

from bfs_engine.scenes.dice import Dice, blur, resampling
from bfs_engine.scenes.light import Light, effects, shade

SHARE = 0.35  # of the scenes have one


def add_bystanders(dice: Dice, picture: Tensor, cutout: Tensor, sizes: Tensor, foot: Tensor, horizon: Tensor, light: Light) -> Tensor:
    """The picture (n, 3, s, s) with one more thing on the floor of some scenes, not nearer than `foot` (n,).

    cutout (n, 4, side, side) premultiplied and sizes (n, 2): what to add; the scenes' own cut-outs in another order will do.
    """
    rows = dice.chance(SHARE).nonzero()[:, 0]
    if not len(rows):
        return picture
    size, some = picture.shape[-1], Dice(dice.generator, len(rows), dice.device)
    cutout, sizes, foot, horizon, light = cutout[rows], sizes[rows], foot[rows], horizon[rows], light.rows(rows)
    near = some.uniform(0.25, 1.0)  # 0 on the horizon, 1 beside the object
    ground = horizon.clamp(min=0) + (foot - horizon.clamp(min=0)) * near
    longer = size * some.uniform(0.25, 0.6) * (0.3 + 0.7 * near)
    scale = longer / sizes.amax(1)
    drawn = sizes * scale[:, None]
    left = some.uniform(-0.1, 1.1) * size - drawn[:, 0] / 2
    columns = resampling(size, cutout.shape[-1], left, scale)
    body = resampling(size, cutout.shape[-1], ground - drawn[:, 1], scale)[:, None] @ cutout @ columns[:, None].mT
    body = blur(body, some.uniform(0.25, 2.2) * size / 128)
    body = shade(body, torch.stack([left, ground - drawn[:, 1], drawn[:, 0], drawn[:, 1]], 1), light, some)
    under = effects(body, ground, drawn[:, 1], light, some)
    layer = body + under * (1 - body[:, 3:])
    return picture.index_copy(0, rows, layer[:, :3] + picture[rows] * (1 - layer[:, 3:]))
