"""Backdrops: floors in perspective, walls and skies, clutter, and the camera's faults. torch float32 0..1, batches of n."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes.dice import Dice, blur_some, centres, column, enlarge, noise
from bfs_engine.scenes.light import Light, fresnel

# Colours of real floors, walls and skies, sRGB 0..255; each scene varies around one of them.
FLOORS = ((120, 92, 66), (158, 126, 92), (92, 70, 52), (134, 132, 128), (96, 96, 98), (182, 176, 166), (84, 108, 56), (110, 124, 74),
          (206, 188, 152), (222, 216, 206), (70, 66, 64), (150, 100, 76), (198, 160, 118), (62, 74, 62), (112, 112, 120), (236, 234, 230))
WALLS = ((214, 206, 192), (178, 182, 184), (226, 224, 220), (150, 142, 130), (120, 132, 140), (190, 170, 146), (98, 92, 88), (166, 178, 160),
         (70, 72, 78), (204, 184, 160), (140, 110, 90), (188, 196, 206))
SKIES = ((136, 176, 222), (176, 202, 228), (206, 214, 220), (98, 146, 206), (232, 206, 176), (170, 176, 186), (222, 176, 150), (60, 78, 116))


def pick(dice: Dice, palette: tuple[tuple[int, int, int], ...], spread: float) -> Tensor:
    """(n, 3, 1, 1): a colour of the palette with lightness and tint varied."""
    table = torch.tensor(palette, dtype=torch.float32, device=dice.device) / 255
    colour = table[dice.integer(len(palette))]
    colour = colour * dice.uniform(1 - 2 * spread, 1 + spread)[:, None] + dice.normal(3) * spread * 0.2
    return colour.clamp(0.03, 0.97)[:, :, None, None]


def checker(across: Tensor, along: Tensor, far: Tensor, chance: Tensor) -> Tensor:
    wave = torch.sin(math.pi * across) * torch.sin(math.pi * along)
    return 0.5 + (wave * (0.35 / far).clamp(max=12)).clamp(-0.5, 0.5) * _fade(far)


def tiles(across: Tensor, along: Tensor, far: Tensor, chance: Tensor) -> Tensor:
    seam = torch.sin(math.pi * across).abs().minimum(torch.sin(math.pi * along).abs())
    return 1 - (1 - (seam * 4 / (0.15 + far * 3)).clamp(0, 1)) * _fade(far)


def planks(across: Tensor, along: Tensor, far: Tensor, chance: Tensor) -> Tensor:
    shade = torch.frac(torch.sin(across.floor() * 12.9898 + chance * 9) * 437.58).abs()
    end = torch.sin(math.pi * (along * 0.22 + shade * 7)).abs()
    gap = (torch.sin(math.pi * across).abs().minimum(end * 3) * 4 / (0.12 + far * 3)).clamp(0, 1)
    return 1 - (1 - gap * (0.45 + 0.55 * shade)) * _fade(far)


def stripes(across: Tensor, along: Tensor, far: Tensor, chance: Tensor) -> Tensor:
    return 0.5 + (torch.sin(math.pi * across) * (0.35 / far).clamp(max=12)).clamp(-0.5, 0.5) * _fade(far)


def _fade(far: Tensor) -> Tensor:
    """Detail finer than the pixels can show becomes its mean."""
    return (1.2 - far * 1.6).clamp(0, 1)


PATTERNS = ((checker, 0.12), (tiles, 0.18), (planks, 0.2), (stripes, 0.05))  # with their shares; the other floors are plain


def floor_pattern(dice: Dice, across: Tensor, along: Tensor, far: Tensor) -> Tensor:
    """(n, 1, s, s) 0..1: how much of the first colour. across, along: floor coordinates; far: pixels' size in floor units."""
    kind = dice.choice([share for _, share in PATTERNS] + [1 - sum(share for _, share in PATTERNS)])
    chance = column(dice.uniform(0, 1))
    pattern = torch.ones_like(across)
    for number, (draw, _) in enumerate(PATTERNS):
        rows = (kind == number).nonzero()[:, 0]
        pattern[rows] = draw(across[rows], along[rows], far[rows], chance[rows])
    return pattern


def make_floor(dice: Dice, horizon: Tensor, size: int) -> Tensor:
    """(n, 3, s, s): a textured plane below `horizon` (n,) in pixels; above it, its colours are meaningless."""
    at = centres(size, dice.device)
    drop = ((at[None] - horizon[:, None]) / size).clamp(min=0.004)  # (n, s)
    depth = (column(dice.uniform(0.25, 0.5), 2) / drop)[:, None, :, None]
    x = ((at[None] / size - 0.5)[:, None, None, :] - column(dice.uniform(-0.5, 0.5))) * depth
    depth, x = torch.broadcast_tensors(depth, x)
    angle, scale = column(dice.uniform(-math.pi / 4, math.pi / 4) * dice.chance(0.6)), column(dice.uniform(2.0, 9.0))
    across = (x * angle.cos() + depth * angle.sin()) * scale + column(dice.uniform(0, 9))
    along = (depth * angle.cos() - x * angle.sin()) * scale + column(dice.uniform(0, 9))
    far = depth.square() * scale / size * 2.5
    pattern = floor_pattern(dice, across, along, far)
    first = pick(dice, FLOORS, 0.2)
    second = (first * column(dice.uniform(0.35, 1.25)) + dice.normal(3)[:, :, None, None] * 0.04).clamp(0, 1)
    grain = floor_grain(dice, x, depth, size)
    return ((first * pattern + second * (1 - pattern)) * (1 + grain)).clamp(0, 1)


def floor_grain(dice: Dice, x: Tensor, depth: Tensor, size: int) -> Tensor:
    """(n, 1, s, s) around 0: stains, grass, sand, wood grain, lying in perspective; mirrored at the texture's edges."""
    roughness = dice.uniform(0.35, 1.3)
    texture = noise(dice, 1, 128, (4, 8, 16, 32, 64, 128), roughness)
    stretch = column(torch.exp(dice.uniform(-1.2, 1.2)))
    scale = column(torch.exp(dice.uniform(-1.2, 0.3)))
    grid = torch.cat([x * scale * stretch, depth * scale / stretch], 1).permute(0, 2, 3, 1) + dice.uniform(-1, 1, 1, 1, 2)
    lying = functional.grid_sample(texture, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    haze = (1.15 - depth * scale * 0.12).clamp(0, 1)
    return lying * haze * column(dice.uniform(0.05, 0.5))


def make_wall(dice: Dice, horizon: Tensor, size: int) -> Tensor:
    """(n, 3, s, s): what stands above the horizon: a wall or a sky with hills, and clutter in front of it."""
    at = centres(size, dice.device)
    height = ((horizon[:, None] - at[None]) / size)[:, None, :, None]  # above the horizon, in frames
    indoors = column(dice.chance(0.55))
    wall, sky = pick(dice, WALLS, 0.16), pick(dice, SKIES, 0.12)
    haze = (sky * 0.5 + 0.5 * pick(dice, SKIES, 0.1)).clamp(0, 1)
    cloud = noise(dice, 1, size, (3, 6, 12, 24), 0.65)
    sky = haze + (sky - haze) * (height * 2).clamp(0, 1) + (cloud.clamp(min=0) * column(dice.uniform(0, 0.3)))
    far = (column(dice.uniform(0.0, 0.16)) + noise_line(dice, size) * column(dice.uniform(0.0, 0.12)) - height) * size / 1.5
    hills = pick(dice, FLOORS, 0.2) * 0.6 + haze * 0.4
    sky = sky + (hills * (1 + cloud * 0.2) - sky) * far.clamp(0, 1) * column(dice.chance(0.6))
    bands = panels(dice, height, size)
    wall = wall * (1 + cloud * column(dice.uniform(0.02, 0.15))) * bands
    base = torch.where(indoors, wall, sky)
    return clutter(dice, base, horizon, size).clamp(0, 1)


def noise_line(dice: Dice, size: int) -> Tensor:
    """(n, 1, 1, s): an outline of hills or tree tops, about -1..1."""
    coarse = functional.interpolate(dice.normal(1, 6), size=size, mode="linear")
    fine = functional.interpolate(dice.normal(1, 32), size=size, mode="linear")
    return ((coarse + fine * column(dice.uniform(0, 0.5), 3)) / 2)[:, :, None, :]


def panels(dice: Dice, height: Tensor, size: int) -> Tensor:
    """(n, 1, s, s) brightness: skirting board, bricks or panels on a wall, or none."""
    at = centres(size, dice.device)
    across = (at / size)[None, None, None, :] * column(dice.uniform(2, 8)) + column(dice.uniform(0, 9))
    up = height * column(dice.uniform(3, 14))
    shifted = across + (up.floor() % 2) * 0.5 * column(dice.chance(0.5))
    joint = torch.minimum(torch.sin(math.pi * shifted).abs() * 1.3, torch.sin(math.pi * up).abs())
    brick = 1 - (1 - (joint * 6).clamp(0, 1)) * column(dice.uniform(-0.15, 0.3))
    stripe = 1 + (torch.sin(math.pi * across) * 6).clamp(-1, 1) * column(dice.uniform(0.0, 0.1))
    kind = column(dice.choice([0.25, 0.2, 0.55]))
    pattern = torch.where(kind == 0, brick, torch.where(kind == 1, stripe.expand_as(brick), 1.0))
    board = (height < column(dice.uniform(0.01, 0.05))) & column(dice.chance(0.4))
    return torch.where(board, column(dice.uniform(0.6, 1.25)), pattern)


def clutter(dice: Dice, base: Tensor, horizon: Tensor, size: int) -> Tensor:
    """Up to five soft shapes standing on the horizon or hanging above it: furniture, windows, trees, houses, out of focus."""
    at = (centres(size, dice.device) / size)
    x, y = at[None, None, :], at[None, :, None]
    many = dice.integer(6)
    for number in range(5):
        half_width, tall = column(dice.uniform(0.02, 0.16), 3), column(dice.uniform(0.06, 0.5), 3)
        foot = column(horizon / size, 3) - column(dice.uniform(-0.02, 0.35) * dice.chance(0.4), 3)
        dx = (x - column(dice.uniform(0, 1), 3)).abs() / half_width
        dy = (y - foot + tall / 2).abs() / (tall / 2)
        round_one = column(dice.chance(0.45), 3)
        distance = torch.where(round_one, (dx.square() + dy.square()).sqrt(), torch.maximum(dx, dy))
        softness = column(torch.exp(dice.uniform(-3.2, -0.8)), 3)
        cover = ((1 - distance) / softness + 0.5).clamp(0, 1) * column(dice.uniform(0.4, 1.0) * (many > number), 3)
        colour = pick(dice, FLOORS + WALLS, 0.2) + column(dice.uniform(-0.1, 0.1)) * (y * 2 - 1)[:, None]
        base = base + (colour - base) * cover[:, None]
    return base


def illuminate(dice: Dice, picture: Tensor, horizon: Tensor, light: Light, size: int) -> Tensor:
    """The visible cues of the light: its colour, brightness falling off across the frame, a glow where it comes from.

    Light from behind glows above the horizon, the higher its elevation the higher; light from the viewer's side brightens
    the floor in front. The shadow's darkness and softness follow the same strength and spread.
    """
    at = centres(size, dice.device) / size
    x, y = at[None, None, None, :], at[None, None, :, None]
    fall = 1 + column(light.side * (0.22 + 0.18 * light.strength)) * (x * 2 - 1)
    behind = torch.where(light.behind, -1.0, 1.0) * light.lit
    fall = fall * (1 + column(behind * 0.25) * (y * 2 - 1))
    sun_x = column(0.5 + light.side * 0.55 + dice.uniform(-0.05, 0.05))
    above = (horizon / size - 0.03 - 0.4 * light.elevation).clamp(min=-0.15)
    sun_y = column(torch.where(light.behind, above, 1.0 - 0.1 * light.elevation))
    width = column(0.14 + 0.26 * light.spread)
    glow = torch.exp(-0.5 * ((x - sun_x) / width).square()) * torch.exp(-0.5 * ((y - sun_y) / width).square())
    brightness = column((0.35 + 0.25 * light.strength) * light.lit)
    warm = light.colour[:, :, None, None]
    return (picture * warm * fall * unevenness(dice, size) + glow * brightness * warm * (0.4 + 0.6 * picture)).clamp(0, 1)


def unevenness(dice: Dice, size: int) -> Tensor:
    """(n, 1, s, s) brightness about 1: light that falls unevenly, through leaves in some scenes."""
    broad = 1 + noise(dice, 1, size, (2, 4), 0.7) * column(dice.uniform(0, 0.2))
    leaves = (noise(dice, 1, size, (4, 8, 16), 0.6) * column(torch.exp(dice.uniform(0.5, 2.5)))).sigmoid()
    return broad * (1 - leaves * column(dice.uniform(0.1, 0.5) * dice.chance(0.15)))


def gloss(floor: Tensor, wall: Tensor, horizon: Tensor, shininess: Tensor) -> Tensor:
    """The floor with the wall mirrored in it where it shines; more of it towards the horizon, as every floor has it (fresnel)."""
    rows = (shininess > 0).nonzero()[:, 0]
    size = floor.shape[-1]
    mirror = (2 * horizon[rows, None] - centres(size, floor.device)).long().clamp(0, size - 1)
    image = wall[rows].gather(2, mirror[:, None, :, None].expand(-1, 3, -1, size))
    amount = fresnel(horizon[rows], size, shininess[rows])[:, None, :, None]
    return floor.index_copy(0, rows, floor[rows] + (image - floor[rows]) * amount)


def make_background(dice: Dice, horizon: Tensor, light: Light, size: int, paint: Callable[[Tensor, Tensor], Tensor] | None = None) -> Tensor:
    """(n, 3, s, s) the empty scene, before the camera. paint: floor and wall -> another floor (kinds.py)."""
    at = centres(size, dice.device)
    floor, wall = make_floor(dice, horizon, size), enlarge(make_wall(dice, horizon / 2, size // 2), size)
    leafy = noise(dice, 1, size, (8, 16, 32, size // 2, size), dice.uniform(0.5, 1.2))
    wall = wall * (1 + leafy * column(dice.uniform(0, 0.25) * dice.chance(0.4)))
    floor = gloss(floor, wall, horizon, light.shininess) if paint is None else paint(floor, wall)
    soft = column(dice.uniform(0.4, 3.0))
    below = ((at[None, None, :, None] - column(horizon)) / soft + 0.5).clamp(0, 1)
    corner = 1 - column(dice.uniform(0, 0.35)) * torch.exp(-(at[None, None, :, None] - column(horizon)).abs() / (0.06 * size))
    picture = illuminate(dice, (wall + (floor - wall) * below) * corner, horizon, light, size)
    return blur_some(picture, dice.uniform(0.4, 1.8) * size / 128, dice.chance(0.5))


class Camera:
    """White balance, exposure, contrast and saturation, the same for background and object of a scene."""

    def __init__(self, dice: Dice, size: int) -> None:
        self.grey = dice.chance(0.08)
        self.saturation = torch.where(self.grey, 0.0, dice.uniform(0.55, 1.15))
        self.gain = (dice.normal(3) * 0.035 + 1) * dice.uniform(0.88, 1.15)[:, None]
        self.contrast = dice.uniform(0.8, 1.2)
        self.lift = dice.uniform(-0.03, 0.06)
        at = centres(size, dice.device) / size * 2 - 1
        radius = at[None, :].square() + at[:, None].square()
        self.vignette = 1 - column(dice.uniform(0, 0.2) * dice.chance(0.6)) * radius

    def expose(self, colour: Tensor, alpha: Tensor | float = 1.0, strength: float = 1.0) -> Tensor:
        """(n, 3, s, s) colours, premultiplied by `alpha`, to the photograph's; `strength` 0 leaves them alone, but for grey."""
        grey = colour.mean(1, keepdim=True)
        saturation = column(torch.where(self.grey, 0.0, 1 + (self.saturation - 1) * strength))
        gain = 1 + (self.gain - 1) * strength
        gain = torch.where(self.grey[:, None], gain.mean(1, keepdim=True), gain)[:, :, None, None]
        seen = (grey + (colour - grey) * saturation) * gain * (1 + (self.vignette - 1) * strength)
        contrast = 1 + (self.contrast - 1) * strength
        offset = 0.45 * (1 - contrast) + self.lift * strength
        return torch.minimum((seen * column(contrast) + column(offset) * alpha).clamp_(min=0), torch.as_tensor(alpha))


def grain(dice: Dice, picture: Tensor) -> Tensor:
    """Sensor noise, coarser in some scenes, none in others."""
    amount = column(dice.uniform(0.0, 0.022) * dice.chance(0.7))
    return (picture + dice.normal(1, *picture.shape[2:]) * amount).clamp(0, 1)
