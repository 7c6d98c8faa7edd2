"""The second domain: what light does, with more of its physics than light.py simulates. Premultiplied pictures, torch float32, batches of n.

The object is a thin upright picture on a plane, seen by a camera at the horizon's height.

- Shadow: the mean over points of an area light, each of which casts its own sharp shadow; so it is sharp where the object touches the
  ground and its penumbra grows with the distance from there.
- Reflection: the mirrored object, as strong as Schlick's approximation of Fresnel's equations says for the angle at which the ground is
  seen in that row, blurred by the ground's roughness times the distance from the contact.
- Colour bleeding: the object throws its colour on the ground before it, the ground its own on the object's lower part.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes.dice import Dice, blur, centres, column, enlarge, gaussian
from bfs_engine.scenes.light import Light, contact_shadow, fresnel

LIGHT_POINTS = 24  # of the area light


def polished(light: Light, dice: Dice) -> Light:
    """The same light over grounds of which more reflect, and more of it."""
    return replace(light, shininess=torch.where(dice.chance(0.6), dice.uniform(0.15, 0.6), 0.0))


def area_shadow(alpha: Tensor, foot: Tensor, height: Tensor, light: Light) -> Tensor:
    """(n, 1, s, s) 0..1: how much of the area light the object, matte (n, 1, s, s), hides from the ground. At half the size, for speed."""
    whole, size = alpha.shape[-1], alpha.shape[-1] // 2
    at = 2 * centres(size, alpha.device)
    below = column(foot, 3) - at[None, :, None]  # (n, s, 1), positive above the foot
    radius = 0.06 + 0.5 * light.spread
    total = torch.zeros(len(alpha), 1, size, size, device=alpha.device)
    for number in range(LIGHT_POINTS):
        turn, out = number * 2.399963, math.sqrt((number + 0.5) / LIGHT_POINTS)  # Vogel's spiral: even over a disc
        shear = light.shear + radius * out * math.cos(turn)
        depth = light.depth * (1 + 0.7 * radius * out * math.sin(turn))
        up = below / column(depth, 3)
        grid = torch.stack([at[None, None, :] - up * column(shear, 3), (column(foot, 3) - up).expand(-1, size, size)], 3)
        laid = functional.grid_sample(alpha, grid * (2 / whole) - 1, mode="bilinear", padding_mode="zeros", align_corners=False)
        total += laid * (up > -0.5)[:, None]
    smooth = blur(total / LIGHT_POINTS, 0.0035 * whole * (0.4 + light.spread))  # hides that the points are few
    return enlarge(smooth, whole)


def mirror(body: Tensor, foot: Tensor, roughness: Tensor) -> Tensor:
    """(n, 4, s, s) premultiplied: the object upside down below its foot, blurred by roughness (n,) pixels a pixel of distance."""
    size = body.shape[-1]
    at = centres(size, body.device)
    distance = (at[None] - foot[:, None]).clamp(min=0)
    sigma = 0.4 + column(roughness, 2) * distance
    source = (2 * foot[:, None] - at[None])[..., None]
    weights = torch.exp(-0.5 * ((source - at[None, None]) / sigma[..., None]).square())
    weights = weights / weights.sum(2, keepdim=True).clamp(min=1e-3) * (at[None] > foot[:, None])[..., None]
    upright = weights[:, None] @ body
    wide = blur(upright, (roughness * 0.35 * size).clamp(min=0.3))  # to the sides, more where it is far
    near = torch.exp(-distance / (0.15 * size))[:, None, :, None]
    return upright * near + wide * (1 - near)


def thrown_colour(body: Tensor, foot: Tensor, height: Tensor, ground: Tensor) -> Tensor:
    """(n, 3, s, s): light that the object's side throws on the ground; ground (n, 3): the colour it falls on."""
    size = body.shape[-1]
    at = centres(size, body.device)
    low = torch.exp(-((foot[:, None] - at[None]).clamp(min=0) / (0.35 * height[:, None]))) / (0.35 * height[:, None])
    strip = (body[:, :3] * low[:, None, :, None]).sum(2)  # (n, 3, s): what each column shows near the ground
    spread = (gaussian(0.12 * height, size)[:, None] @ strip[..., None])[..., 0]
    distance = (at[None] - foot[:, None]) / (0.3 * height[:, None])
    fall = torch.where(distance > -0.15, 1 / (1 + distance.clamp(min=0).square()) ** 1.5, 0.0)
    return spread[:, :, None, :] * fall[:, None, :, None] * ground[:, :, None, None]


def lit_by_ground(body: Tensor, foot: Tensor, height: Tensor, ground: Tensor, amount: Tensor) -> Tensor:
    """The object with the ground's colour (n, 3) on its lower part, amount (n,) 0..1 at the foot."""
    at = centres(body.shape[-1], body.device)
    low = torch.exp(-((foot[:, None] - at[None]).clamp(min=0) / (0.3 * height[:, None]))) * amount[:, None]
    mean = ground.mean(1, keepdim=True).clamp(min=0.05)
    gain = 1 + low[:, None, :, None] * (ground / mean - 1 + 0.6 * (mean - 0.45))[:, :, None, None]
    return torch.cat([torch.minimum(body[:, :3] * gain.clamp(0.5, 1.6), body[:, 3:]), body[:, 3:]], 1)


def ground_colour(background: Tensor, solid: Tensor) -> Tensor:
    """(n, 3): mean colour of the ground around the object's foot; solid: its tight box (n, 4)."""
    at = centres(background.shape[-1], background.device)
    x, y, width, height = solid.T
    rows = torch.exp(-0.5 * ((at[None] - (y + height)[:, None] - 2) / (0.1 * height[:, None])).square())
    columns = torch.exp(-0.5 * ((at[None] - (x + width / 2)[:, None]) / (0.6 * width[:, None])).square())
    weights = rows[:, :, None] * columns[:, None, :]
    return (background * weights[:, None]).sum((2, 3)) / weights.sum((1, 2))[:, None]


def physical_effects(body: Tensor, solid: Tensor, horizon: Tensor, ground: Tensor, light: Light, dice: Dice) -> Tensor:
    """(n, 4, s, s) premultiplied, as if the object were not in the way: reflection and thrown colour, with shadows over the ground."""
    foot, height = solid[:, 1] + solid[:, 3], solid[:, 3]
    alpha = body[:, 3:].contiguous()
    lit = column(light.lit)
    sky = contact_shadow(alpha, foot, height, torch.where(light.lit, 0.045, dice.uniform(0.06, 0.1)) * height, torch.full_like(height, 0.06))
    sky = sky * column(torch.where(light.lit, 0.35, dice.uniform(0.5, 0.7)))  # what the object hides of the light from everywhere
    cast = area_shadow(alpha, foot, height, light) * column(light.darkness) * lit
    dark = 1 - (1 - cast) * (1 - sky)
    shine = fresnel(horizon, body.shape[-1], 0.04 + 0.2 * dice.uniform(0, 1))
    smooth = torch.where(light.shininess > 0, 0.5 + 1.2 * light.shininess, 0.15 * dice.uniform(0, 1))
    roughness = torch.where(light.shininess > 0, dice.uniform(0.02, 0.08), dice.uniform(0.12, 0.25))
    reflected = mirror(body, foot, roughness) * (shine * smooth[:, None])[:, None, :, None]
    thrown = thrown_colour(body, foot, height, ground) * column(dice.uniform(0.25, 0.55)) * (1 - 0.6 * cast)
    colour = reflected[:, :3] + thrown
    cover = 1 - (1 - dark) * (1 - reflected[:, 3:])
    return torch.cat([colour, torch.maximum(cover, colour.amax(1, keepdim=True)).clamp(max=1)], 1)
