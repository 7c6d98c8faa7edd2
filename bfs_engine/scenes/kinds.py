"""Kinds of scenes beside the plain one: what a thing stands on, hangs on, is made of, or stands behind. torch float32, batches of n.

Each is asked for by name (render.py); the scenes of the plain kind do not change with those that are added here.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes.backdrop import pick
from bfs_engine.scenes.dice import Dice, blur, centres, column, noise, resampling
from bfs_engine.scenes.light import Light, fresnel, shade
from bfs_engine.scenes.physical import mirror

KINDS = ("plain", "water", "table", "wall", "grass", "glass", "occluded")
WATERS = ((38, 74, 92), (52, 92, 84), (70, 104, 128), (46, 58, 66), (86, 112, 110))
GRASSES = ((84, 118, 48), (104, 130, 62), (66, 100, 44), (128, 140, 76), (92, 112, 70))
WOODS = ((150, 106, 70), (186, 142, 98), (112, 78, 54), (206, 176, 138), (232, 228, 220), (78, 62, 54))

Paint = Callable[[Tensor, Tensor], Tensor]  # floor and wall (n, 3, s, s) -> what stands in the floor's place


def glassy(dice: Dice, cutout: Tensor) -> Tensor:
    """The cut-outs (n, 4, side, side), premultiplied, as of tinted glass: what is behind shows through, less at edges and highlights."""
    alpha = cutout[:, 3:]
    side = cutout.shape[-1]
    inside = blur(alpha, torch.full((len(alpha),), 0.03 * side, device=alpha.device))
    edge = (1.6 * (1 - inside)).clamp(0, 1)  # light is bent away there
    bright = (cutout[:, :3].amin(1, keepdim=True) / alpha.clamp(min=1e-3) - 0.75).clamp(0, 0.25) * 4
    body = column(dice.uniform(0.28, 0.55))
    kept = torch.maximum(body, torch.maximum(0.85 * edge, 0.9 * bright))
    return cutout * kept


def waves(dice: Dice, horizon: Tensor, size: int) -> Tensor:
    """(n, s, s, 2): how far the picture in the water is moved in each pixel, x and y in pixels; more towards the viewer."""
    at = centres(size, dice.device)
    drop = ((at[None] - horizon[:, None]) / size).clamp(min=0.01)[:, :, None]
    depth = 0.25 / drop
    x = (at[None, None, :] / size - 0.5) * depth
    wander = noise(dice, 2, size, (2, 4, 8), 0.6)
    phase = column(dice.uniform(12, 30), 3) * depth + 3 * wander[:, 0]
    swell = torch.sin(phase) + 0.5 * torch.sin(1.9 * phase + 5 * x + 2 * wander[:, 1])
    amount = column(dice.uniform(0.006, 0.025), 3) * size * (0.3 + 2 * drop).clamp(max=1.2)
    return torch.stack([amount * (0.6 * swell + wander[:, 1]), amount * 0.5 * swell], 3)


def moved(picture: Tensor, by: Tensor) -> Tensor:
    """A picture (n, c, s, s) looked at through waves (n, s, s, 2)."""
    size = picture.shape[-1]
    at = centres(size, picture.device)
    place = torch.stack([at[None, None, :].expand(1, size, -1), at[None, :, None].expand(1, -1, size)], 3)
    return functional.grid_sample(picture, (place + by) * (2 / size) - 1, mode="bilinear", padding_mode="border", align_corners=False)


def water(dice: Dice, horizon: Tensor, ripples: Tensor, size: int) -> Paint:
    """A lake: the wall or the sky mirrored and moved by waves over the water's own colour, as Fresnel has it."""
    shine = fresnel(horizon, size, torch.full_like(horizon, 0.08))[:, None, :, None]
    own = pick(dice, WATERS, 0.2)
    crests = 1 + 0.05 * ripples[..., 1][:, None]

    def paint(floor: Tensor, wall: Tensor) -> Tensor:
        rows = (2 * horizon[:, None] - centres(size, floor.device)).long().clamp(0, size - 1)
        upside_down = wall.gather(2, rows[:, None, :, None].expand(-1, 3, -1, size))
        return ((own + (moved(upside_down, ripples) - own) * (0.25 + 0.7 * shine)) * crests).clamp(0, 1)

    return paint


def water_effects(body: Tensor, foot: Tensor, horizon: Tensor, ripples: Tensor, dice: Dice) -> Tensor:
    """(n, 4, s, s) premultiplied: the thing in the water, upside down, moved by the same waves; shadows do not lie on water."""
    size = body.shape[-1]
    shine = fresnel(horizon, size, torch.full_like(foot, 0.08))[:, None, :, None]
    seen = moved(mirror(body, foot, dice.uniform(0.01, 0.05)), ripples) * (0.3 + 0.65 * shine)
    at = centres(size, body.device)
    return seen * (at[None] > foot[:, None])[:, None, :, None]


def grass(dice: Dice, horizon: Tensor, size: int) -> Paint:
    """A meadow: fine upright streaks near by, their mean far away."""
    at = centres(size, dice.device)
    near = ((at[None] - horizon[:, None]) / size).clamp(0, 1)[:, None, :, None]
    streaks = blur(dice.normal(1, size, size), torch.full((dice.count,), 0.3, device=dice.device), torch.full((dice.count,), 0.018 * size, device=dice.device))
    streaks = streaks / streaks.std((2, 3), keepdim=True)
    patches = noise(dice, 1, size, (3, 6, 12), 0.6)
    first, second = pick(dice, GRASSES, 0.2), pick(dice, GRASSES, 0.2)

    def paint(floor: Tensor, wall: Tensor) -> Tensor:
        colour = first + (second - first) * (0.5 + 0.6 * patches).clamp(0, 1)
        return (colour * (1 + streaks * (0.06 + 0.5 * near).clamp(max=0.26))).clamp(0, 1)

    return paint


def blades(dice: Dice, solid: Tensor, ground: Tensor, size: int) -> Tensor:
    """(n, 4, s, s) premultiplied: blades of grass before the thing's foot; solid (n, 4): its tight box, ground (n, 3): the meadow's colour."""
    x, y, width, height = solid.T
    foot = y + height
    at = centres(size, dice.device)
    beside = torch.exp(-(((at[None] - (x + width / 2)[:, None]) / (0.62 * width[:, None])) ** 4))
    tall = dice.uniform(0.06, 0.22, size) * height[:, None] * (dice.uniform(0, 1, size) < 0.8) * beside
    up = foot[:, None, None] + 0.02 * size * beside[:, None, :] - at[None, :, None]
    alpha = ((tall[:, None, :] - up) * 0.8).clamp(0, 1) * (up > 0) * beside[:, None, :].sqrt()
    lightness = dice.uniform(0.75, 1.25, 1, size)
    colour = (ground[:, :, None, None] * lightness[:, :, None, :]).expand(-1, -1, size, -1).clamp(0, 1)
    return torch.cat([colour * alpha[:, None], alpha[:, None]], 1)


def table(dice: Dice, foot: Tensor, horizon: Tensor, size: int) -> tuple[Paint, Tensor]:
    """A table top between two edges, its front under the nearer one, and the room behind it out of focus; with that edge's row (n,)."""
    at = centres(size, dice.device)[None, None, :, None]
    back = column(horizon + (foot - horizon) * dice.uniform(0.05, 0.5))
    front = (foot + (size - foot) * dice.uniform(0.35, 1.3)).clamp(max=size * 1.2)
    edge, thick = column(front), column(dice.uniform(0.02, 0.08)) * size
    wood = pick(dice, WOODS, 0.15)
    grain = noise(dice, 1, size, (4, 8, 16, 32), 0.8)
    lines = blur(grain, torch.full((dice.count,), 0.06 * size, device=dice.device), torch.full((dice.count,), 0.3, device=dice.device))
    wooden = column(dice.chance(0.7))
    dark = column(dice.uniform(0.25, 0.6))

    def paint(floor: Tensor, wall: Tensor) -> Tensor:
        top = torch.where(wooden, wood * (1 + 0.5 * lines), 0.35 * floor + 0.65 * wood).clamp(0, 1)
        room = blur(torch.where(at < column(horizon), wall, floor), torch.full((dice.count,), 0.035 * size, device=floor.device))
        below = torch.where(at < edge + thick, top * 0.62, room * dark)
        soft = ((at - back) / 1.5 + 0.5).clamp(0, 1)
        nearer = ((at - edge) / 1.0 + 0.5).clamp(0, 1)
        whole = room + (top - room) * soft
        return whole + (below - whole) * nearer

    return paint, front


def wall_effects(body: Tensor, height: Tensor, light: Light, dice: Dice) -> Tensor:
    """(n, 4, s, s) premultiplied: the shadow of a thing that hangs on a wall, away from the light and down; softer the farther it hangs."""
    size = body.shape[-1]
    gap = dice.uniform(0.02, 0.11) * height
    by = torch.stack([light.side * gap, -(0.35 + 0.65 * light.elevation) * gap], 1)
    laid = moved(functional.pad(body[:, 3:], (8, 8, 8, 8)), by[:, None, None].expand(-1, size + 16, size + 16, -1))[:, :, 8:-8, 8:-8]
    cast = blur(laid, 0.004 * size + gap * (0.1 + 0.5 * light.spread)) * column(light.darkness)
    close = blur(body[:, 3:], 0.03 * height) * column(dice.uniform(0.2, 0.45))
    dark = 1 - (1 - cast * column(light.lit)) * (1 - close)
    return torch.cat([dark.new_zeros(len(dark), 3, size, size), dark], 1)


def in_front(dice: Dice, cutout: Tensor, sizes: Tensor, solid: Tensor, light: Light, size: int) -> Tensor:
    """(n, 4, s, s) premultiplied: another thing that stands nearer and hides a part of the object; solid (n, 4): the object's tight box."""
    x, y, width, height = solid.T
    drawn_height = height * dice.uniform(0.35, 0.7)
    scale = drawn_height / sizes[:, 1]
    drawn = sizes * scale[:, None]
    side = dice.sign()
    middle = x + width / 2 + side * width * dice.uniform(0.1, 0.5)
    ground = (y + height + dice.uniform(0.02, 0.14) * size).clamp(max=size * 1.05)
    left, top = middle - drawn[:, 0] / 2, ground - drawn[:, 1]
    columns = resampling(size, cutout.shape[-1], left, scale)
    body = resampling(size, cutout.shape[-1], top, scale)[:, None] @ cutout @ columns[:, None].mT
    body = blur(body, dice.uniform(0.3, 1.8))
    return shade(body, torch.stack([left, top, drawn[:, 0], drawn[:, 1]], 1), light, dice)


def ground_row(picture: Tensor, foot: Tensor) -> Tensor:
    """(n, 3): the mean colour of the rows just below the foot."""
    at = centres(picture.shape[-1], picture.device)
    weights = torch.exp(-0.5 * ((at[None] - foot[:, None] - 3) / 4).square())
    return (picture * weights[:, None, :, None]).sum((2, 3)) / (weights.sum(1) * picture.shape[-1])[:, None]

