"""What light does to an object on a floor: shadows, reflection, shading. Premultiplied pictures, torch float32, batches of n."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes.dice import Dice, blur, centres, column, enlarge, gaussian

VIEW = 1.1  # tangent of the angle under which the frame's height is seen


@dataclass(frozen=True)
class Light:
    """Per scene (n,), unless said otherwise. What decides the shadow also shows in the backdrop (backdrop.illuminate).

    lit: whether there is a clear direction at all; where not, side and strength are 0.
    side: -1 light from the left, 1 from the right. behind: bool, it comes from behind the object, else from the viewer's side.
    elevation: 0 low .. 1 high. strength: 0..1, against the light from everywhere. spread: 0 small and hard .. 1 wide and soft.
    colour: (n, 3), mean about 1. shininess: of the floor, 0..0.4.
    depth: how far up the picture a shadow runs for each pixel of the object's height; negative towards the viewer.
    shear: pixels sideways for each pixel of height. darkness, softness: of the cast shadow.
    """

    lit: Tensor
    side: Tensor
    behind: Tensor
    elevation: Tensor
    strength: Tensor
    spread: Tensor
    colour: Tensor
    shininess: Tensor
    depth: Tensor
    shear: Tensor
    darkness: Tensor
    softness: Tensor

    def rows(self, index: Tensor) -> Light:
        """The light of some of the scenes."""
        return Light(*(getattr(self, field.name)[index] for field in fields(self)))


def make_light(dice: Dice, box: Tensor, horizon: Tensor, size: int) -> Light:
    """Choose the light; shadows stay mostly inside the frame and below the horizon. box: (n, 4) tight around the object."""
    lit, behind = ~dice.chance(0.15), dice.chance(0.55)
    side = dice.sign() * dice.uniform(0.2, 1.0)
    elevation, strength, spread = dice.uniform(0, 1), dice.uniform(0, 1) * lit, dice.uniform(0, 1)
    depth, shear = _throw(dice, side, behind, elevation, box, horizon, size)
    warm = dice.uniform(-1, 1)
    colour = torch.stack([1 + 0.10 * warm, 1 + 0.01 * warm + dice.uniform(-0.02, 0.02), 1 - 0.12 * warm], 1)
    shiny = dice.uniform(0.1, 0.4) * dice.chance(0.3)
    return Light(lit, side * lit, behind, elevation, strength, spread, colour, shiny, depth, shear, 0.28 + 0.37 * strength, 0.02 + 0.07 * spread)


def _throw(dice: Dice, side: Tensor, behind: Tensor, elevation: Tensor, box: Tensor, horizon: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Depth and shear of the shadow: longer under a low light, shortened where the frame or the floor ends."""
    height, foot = box[:, 3], box[:, 1] + box[:, 3]
    depth = (0.42 - 0.22 * elevation) * dice.uniform(0.9, 1.1)
    room = torch.where(behind, (size - foot) * 1.2, (foot - horizon) * 0.9) / height + 0.03
    depth = torch.minimum(depth, room) * torch.where(behind, -1.0, 1.0)
    shear = -side * (1.2 - 0.6 * elevation) * dice.uniform(0.9, 1.1)
    room = torch.where(shear > 0, size - box[:, 0] - box[:, 2], box[:, 0]) / height
    return depth, shear.sign() * torch.minimum(shear.abs(), room * 1.15 + 0.2)


def cast_shadow(alpha: Tensor, foot: Tensor, height: Tensor, light: Light) -> Tensor:
    """(n, 1, s, s) 0..1: the object's matte (n, 1, s, s) laid on the floor, softer the farther from the foot.

    Worked out at half the size, for speed: a shadow has no finer detail.
    """
    whole, size = alpha.shape[-1], alpha.shape[-1] // 2
    at = 2 * centres(size, alpha.device)  # in pixels of the whole frame
    up = (column(foot, 3) - at[None, :, None]) / column(light.depth, 3)  # (n, s, 1) how high on the object a floor row looks
    source_y = (column(foot, 3) - up).expand(-1, size, size)
    source_x = at[None, None, :] - up * column(light.shear, 3)
    grid = torch.stack([source_x, source_y], 3) * (2 / whole) - 1
    laid = functional.grid_sample(alpha, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    laid = laid * (up > -0.5)[:, None]
    flat = 0.3 + 0.7 * light.depth.abs()  # blurred less along the squeezed direction
    least, most = 0.005 * whole + light.softness * 0.1 * height, 0.008 * whole + light.softness * height
    near, far = blur(laid, least / 2, least / 2 * flat), blur(laid, most / 2, most / 2 * flat)
    distance = (up / column(height, 3)).clamp(0, 1)[:, None].sqrt()
    return enlarge(near + (far - near) * distance, whole)


def contact_shadow(alpha: Tensor, foot: Tensor, height: Tensor, spread: Tensor, reach: Tensor) -> Tensor:
    """(n, 1, s, s) 0..1: the light from everywhere that a thing keeps from the floor (ambient occlusion), darkest where it stands.

    spread: (n,) pixels up and down; reach: (n,) from how high up the thing still darkens the floor below it, as a share of its height.
    """
    size = alpha.shape[-1]
    at = centres(size, alpha.device)
    low = torch.exp(-((column(foot, 3) - at[None, :, None]).clamp(min=0) / column(height * reach + 1, 3)))
    profile = (alpha[:, 0] * low).amax(1)  # (n, s) how close to the floor each column of the object comes
    wide = (gaussian(spread * 1.5, size) @ profile[..., None])[..., 0]
    rows = torch.exp(-0.5 * ((at[None] - foot[:, None]) / spread[:, None]).square())
    return (rows[:, :, None] * wide[:, None, :])[:, None]


def reflection(body: Tensor, foot: Tensor, height: Tensor, shininess: Tensor) -> Tensor:
    """(n, 4, s, s) premultiplied: the object mirrored in the floor, fading and blurring with depth."""
    size = body.shape[-1]
    at = centres(size, body.device)
    depth = (at[None] - foot[:, None]).clamp(min=0)
    mirror = (2 * foot[:, None] - at[None])[..., None]
    sigma = (0.45 + 0.05 * depth)[..., None]
    weights = torch.exp(-0.5 * ((mirror - at[None, None]) / sigma).square())
    weights = weights / weights.sum(2, keepdim=True).clamp(min=1e-3)
    fade = torch.exp(-depth / column(height, 2) * 2.2) * shininess[:, None] * (at[None] > foot[:, None])
    return (weights * fade[..., None])[:, None] @ body


def effects(body: Tensor, foot: Tensor, height: Tensor, light: Light, dice: Dice) -> Tensor:
    """(n, 4, s, s) premultiplied: reflection with cast and contact shadow over it, as if the object were not in the way."""
    alpha = body[:, 3:].contiguous()
    lit = column(light.lit)
    spread = torch.where(light.lit, 0.03, dice.uniform(0.07, 0.13)) * height  # under an overcast sky it is all the shadow there is
    strength = torch.where(light.lit, 0.3, dice.uniform(0.55, 0.8))
    contact = contact_shadow(alpha, foot, height, spread, torch.where(light.lit, 0.06, 0.2)) * column(strength)
    cast = cast_shadow(alpha, foot, height, light) * column(light.darkness)
    dark = 1 - (1 - cast * lit) * (1 - contact)
    tint = column(dice.uniform(0, 0.07)) * torch.tensor([0.6, 0.75, 1.0], device=body.device).reshape(1, 3, 1, 1)
    under = torch.cat([tint * dark, dark], 1)
    shiny = (light.shininess > 0).nonzero()[:, 0]
    if len(shiny):
        under[shiny] += reflection(body[shiny], foot[shiny], height[shiny], light.shininess[shiny]) * (1 - dark[shiny])
    return under


def fresnel(horizon: Tensor, size: int, base: Tensor) -> Tensor:
    """(n, s) share of light that a smooth ground reflects in each row: Schlick's R0 + (1 − R0)(1 − cos θ)⁵, R0 = base (n,)."""
    drop = ((centres(size, horizon.device)[None] - horizon[:, None]) / size * VIEW).clamp(min=0.01)
    cosine = drop / (1 + drop.square()).sqrt()
    return base[:, None] + (1 - base[:, None]) * (1 - cosine) ** 5


def shade(body: Tensor, box: Tensor, light: Light, dice: Dice) -> Tensor:
    """The object (n, 4, s, s), premultiplied, in the scene's light: brighter on the lit side, tinted, darker at the foot."""
    size = body.shape[-1]
    at = centres(size, body.device)
    x = ((at[None] - box[:, :1]) / box[:, 2:3] * 2 - 1).clamp(-1.3, 1.3)
    y = ((at[None] - box[:, 1:2]) / box[:, 3:]).clamp(-0.2, 1.2)
    soft = blur(functional.avg_pool2d(body[:, 3:], 2), 0.03 * box[:, 3])
    edge = enlarge(functional.pad(soft[..., 2:] - soft[..., :-2], (1, 1, 0, 0)) / 2, size)  # positive on the object's left side
    amount = light.side * (0.4 + 0.6 * light.strength)
    across = column(amount * 0.16) * x[:, None, None, :]
    rim = column(-amount * 2.5) * edge * (size / 128)
    down = column(dice.uniform(0.0, 0.18)) * (0.5 - y)[:, None, :, None]
    brightness = column(dice.uniform(0.82, 1.12)) * (1 + across + rim.clamp(-0.3, 0.3) + down)
    colour = body[:, :3] * brightness * light.colour[:, :, None, None]
    return torch.cat([torch.minimum(colour, body[:, 3:]), body[:, 3:]], 1)
