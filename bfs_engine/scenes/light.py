"""What light does to an object on a floor: shadows, reflection, shading. Premultiplied pictures, torch float32, batches of n."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes.dice import Dice, blur, centres, column, gaussian

MOST_SHEAR = 1.3  # a shadow is at most this much longer sideways than the object is high


@dataclass(frozen=True)
class Light:
    """Per scene (n,), unless said otherwise.

    side: -1 light from the left, 1 from the right. depth: how far up the picture a shadow runs for each pixel of the
    object's height; negative (light from behind) towards the viewer. shear: pixels sideways for each pixel of height.
    lit: whether there is a clear direction at all. colour: (n, 3), mean about 1.
    """

    side: Tensor
    depth: Tensor
    shear: Tensor
    lit: Tensor
    colour: Tensor
    darkness: Tensor
    softness: Tensor
    shininess: Tensor


def make_light(dice: Dice, box: Tensor, horizon: Tensor, size: int) -> Light:
    """Choose the light so that shadows stay mostly inside the frame and below the horizon. box: (n, 4) of the object."""
    lit = ~dice.chance(0.15)
    side = dice.sign() * dice.uniform(0.15, 1.0)
    height, foot = box[:, 3], box[:, 1] + box[:, 3]
    towards = dice.uniform(0.06, 0.35)
    away = dice.uniform(0.08, 0.45)
    from_behind = dice.chance(0.55)
    room_below, room_above = (size - foot) / height, (foot - horizon) / height
    depth = torch.where(from_behind, -torch.minimum(towards, room_below * 1.2 + 0.02), torch.minimum(away, room_above * 0.9 + 0.03))
    shear = -side * dice.uniform(0.35, MOST_SHEAR)
    room_right, room_left = (size - box[:, 0] - box[:, 2]) / height, box[:, 0] / height
    room = torch.where(shear > 0, room_right, room_left)
    shear = shear.sign() * torch.minimum(shear.abs(), room * 1.15 + 0.2)
    warm = dice.uniform(-1, 1)
    colour = torch.stack([1 + 0.10 * warm, 1 + 0.01 * warm + dice.uniform(-0.02, 0.02), 1 - 0.12 * warm], 1)
    softness = dice.uniform(0.02, 0.12)
    shiny = torch.where(dice.chance(0.3), dice.uniform(0.08, 0.4), torch.zeros_like(side))
    return Light(side * lit, depth, shear, lit, colour, dice.uniform(0.25, 0.65) , softness, shiny)


def cast_shadow(alpha: Tensor, foot: Tensor, height: Tensor, light: Light) -> Tensor:
    """(n, 1, s, s) 0..1: the object's matte (n, 1, s, s) laid on the floor, softer the farther from the foot."""
    size = alpha.shape[-1]
    at = centres(size, alpha.device)
    up = (column(foot, 3) - at[None, :, None]) / column(light.depth, 3)  # (n, s, 1) how high on the object a floor row looks
    source_y = (column(foot, 3) - up).expand(-1, size, size)
    source_x = at[None, None, :] - up * column(light.shear, 3)
    grid = torch.stack([source_x, source_y], 3) * (2 / size) - 1
    laid = functional.grid_sample(alpha, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    laid = laid * (up > -0.5)[:, None]
    near = blur(laid, 0.006 * size + light.softness * 0.1 * height)
    far = blur(laid, 0.008 * size + light.softness * height)
    distance = (up / column(height, 3)).clamp(0, 1)[:, None].sqrt()
    return near + (far - near) * distance


def contact_shadow(alpha: Tensor, foot: Tensor, height: Tensor, spread: Tensor) -> Tensor:
    """(n, 1, s, s) 0..1: the dark line under what touches the floor; `spread` (n,) pixels up and down."""
    size = alpha.shape[-1]
    at = centres(size, alpha.device)
    low = torch.exp(-((column(foot, 3) - at[None, :, None]).clamp(min=0) / column(height * 0.06 + 1, 3)))
    profile = (alpha[:, 0] * low).amax(1)  # (n, s) how close to the floor each column of the object comes
    wide = (gaussian(spread * 1.5, size) @ profile[..., None])[..., 0]
    rows = torch.exp(-0.5 * ((at[None] - foot[:, None]) / spread[:, None]).square())
    return (rows[:, :, None] * wide[:, None, :])[:, None]


def reflection(body: Tensor, foot: Tensor, height: Tensor, light: Light) -> Tensor:
    """(n, 4, s, s) premultiplied: the object mirrored in the floor, fading and blurring with depth."""
    size = body.shape[-1]
    at = centres(size, body.device)
    depth = (at[None] - foot[:, None]).clamp(min=0)
    mirror = (2 * foot[:, None] - at[None])[..., None]
    sigma = (0.45 + 0.05 * depth)[..., None]
    weights = torch.exp(-0.5 * ((mirror - at[None, None]) / sigma).square())
    weights = weights / weights.sum(2, keepdim=True).clamp(min=1e-3)
    fade = torch.exp(-depth / column(height, 2) * 2.2) * light.shininess[:, None] * (at[None] > foot[:, None])
    return (weights * fade[..., None])[:, None] @ body


def effects(body: Tensor, foot: Tensor, height: Tensor, light: Light, dice: Dice) -> Tensor:
    """(n, 4, s, s) premultiplied: reflection with cast and contact shadow over it, as if the object were not in the way."""
    alpha = body[:, 3:]
    contact = contact_shadow(alpha, foot, height, 0.012 * alpha.shape[-1] + dice.uniform(0.0, 0.03) * height)
    wide = contact_shadow(alpha, foot, height, height * dice.uniform(0.05, 0.12))
    strength = dice.uniform(0.3, 0.7)
    cast = cast_shadow(alpha, foot, height, light) * column(light.darkness * light.lit)
    unlit = wide * column(light.darkness * ~light.lit)
    dark = 1 - (1 - cast) * (1 - unlit) * (1 - contact * column(strength * torch.where(light.lit, 0.6, 1.0)))
    glass = reflection(body, foot, height, light)
    tint = column(dice.uniform(0, 0.07)) * torch.tensor([0.6, 0.75, 1.0], device=body.device).reshape(1, 3, 1, 1)
    colour = tint * dark + glass[:, :3] * (1 - dark)
    return torch.cat([colour, dark + glass[:, 3:] * (1 - dark)], 1)


def shade(body: Tensor, box: Tensor, light: Light, dice: Dice) -> Tensor:
    """The object (n, 4, s, s), premultiplied, in the scene's light: brighter on the lit side, tinted, darker at the foot."""
    size = body.shape[-1]
    at = centres(size, body.device)
    x = ((at[None] - box[:, :1]) / box[:, 2:3] * 2 - 1).clamp(-1.3, 1.3)
    y = ((at[None] - box[:, 1:2]) / box[:, 3:]).clamp(-0.2, 1.2)
    soft = blur(body[:, 3:], 0.06 * box[:, 3])
    edge = functional.pad(soft[..., 2:] - soft[..., :-2], (1, 1, 0, 0))  # positive on the left side of the object
    amount = light.side * dice.uniform(0.4, 1.0)
    across = column(amount * 0.16) * x[:, None, None, :]
    rim = column(-amount * 2.5) * edge * (size / 128)
    down = column(dice.uniform(0.0, 0.18)) * (0.5 - y)[:, None, :, None]
    brightness = column(dice.uniform(0.82, 1.12)) * (1 + across + rim.clamp(-0.3, 0.3) + down)
    colour = body[:, :3] * brightness * light.colour[:, :, None, None]
    return torch.cat([torch.minimum(colour, body[:, 3:]), body[:, 3:]], 1)
