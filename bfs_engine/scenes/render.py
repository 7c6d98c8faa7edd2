"""Scenes to train on: an object with its shadow and reflection on a photograph-like background. Batched torch, float32.

Pictures are (n, channels, size, size), 0..1, row 0 on top; layers are straight RGBA with colour 0 where alpha is 0.
composite == alpha * colour + (1 - alpha) * background, exactly by construction.

Two domains of the same scenes: in the "simple" one shadows and reflections are simulated (light.py), as in the paper's layered data; the
"physical" one (physical.py) stands for photographs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from bfs_engine.scenes import kinds
from bfs_engine.scenes.backdrop import Camera, grain, make_background
from bfs_engine.scenes.bystanders import add_bystanders
from bfs_engine.scenes.dice import Dice, blur_some, centres, column, resampling, turn_hue
from bfs_engine.scenes.light import Light, effects, make_light, shade
from bfs_engine.scenes.physical import ground_colour, lit_by_ground, physical_effects, polished
from bfs_engine.scenes.vocabulary import Vocabulary

LEAST_BOX, MOST_BOX = 0.45, 0.62  # the box's longer side over the frame's
MARGIN = 0.04  # of the frame, between box and edge
# How far an object stands from where its reference is: what nobody can foresee, a network's mean can only blur.
LOOSEST, STRETCH = 0.02, 0.02
DOMAINS = ("simple", "physical")
PART = 16
OBJECT_TINT = 0.6  # how far the camera's colours reach the object; the rest the reference already shows


@dataclass(frozen=True, eq=False)
class Sprites:
    """pixels: (m, 4, side, side) uint8 straight RGBA, each cut-out in the top-left corner; sizes: (m, 2) float32 width, height."""

    pixels: Tensor
    sizes: Tensor

    def __len__(self) -> int:
        return len(self.pixels)


def library_sprites(folder: Path) -> Sprites:
    """All drawn things of a library, in its order. Raises EngineError where it is missing or damaged."""
    vocabulary = Vocabulary.load(folder, photographs=False)
    return pack([vocabulary.cutout(name) for name in vocabulary.names])


def pack(cutouts: Sequence[np.ndarray]) -> Sprites:
    """Cut-outs, (h, w, 4) uint8 straight RGBA and trimmed, as one tensor."""
    side = max(max(cutout.shape[:2]) for cutout in cutouts)
    pixels = torch.zeros(len(cutouts), 4, side, side, dtype=torch.uint8)
    for place, cutout in zip(pixels, cutouts, strict=True):
        place[:, : cutout.shape[0], : cutout.shape[1]] = torch.from_numpy(cutout.copy()).permute(2, 0, 1)
    return Sprites(pixels, torch.tensor([cutout.shape[1::-1] for cutout in cutouts], dtype=torch.float32))


@dataclass(frozen=True, eq=False)
class Scenes:
    """n scenes, see the module's text.

    background (n,3,s,s). foreground (n,4,s,s): the object and its effects in one layer. object_alpha (n,1,s,s): the
    object's matte alone. effect_alpha (n,1,s,s): shadow and reflection, where the object does not hide them; both add up to
    the foreground's alpha. reference (n,4,s,s): the cut-out in the box without any light. box (n,4): x, y, width, height in
    frame pixels, not rounded. thing (n,) int64: index of the sprite. light (n,): -1 light from the left .. 1 from the
    right, 0 where not lit. lit (n,) bool: light with a clear direction. floor (n,): y of the line the object stands on.
    horizon (n,): y, negative where the floor fills the frame. lamp (n, 6): the main light as BFSPipeline takes it, where it is known.
    """

    background: Tensor
    foreground: Tensor
    object_alpha: Tensor
    effect_alpha: Tensor
    reference: Tensor
    box: Tensor
    thing: Tensor
    light: Tensor
    lit: Tensor
    floor: Tensor
    horizon: Tensor
    lamp: Tensor | None = None

    def __len__(self) -> int:
        return len(self.background)

    @property
    def composite(self) -> Tensor:
        """(n, 3, s, s)"""
        alpha = self.foreground[:, 3:]
        return alpha * self.foreground[:, :3] + (1 - alpha) * self.background


@torch.no_grad()
def render(sprites: Sprites, seed: int | torch.Generator, count: int, size: int = 128, device: str | torch.device = "cpu",
           things: Tensor | None = None, vary_colours: bool = True, domain: str = "simple",
           kind: str = "plain") -> Scenes:
    """Render `count` scenes. things: (count,) int64 sprite indices, random when None. The same seed gives the same scenes.

    vary_colours: change hue, saturation and brightness and flip the cut-outs, reference and object alike. domain: one of DOMAINS.
    kind: one of kinds.KINDS, of all scenes of the call.
    """
    if domain not in DOMAINS:
        raise ValueError(f"there is no domain {domain!r}; there are {', '.join(DOMAINS)}")
    if kind not in kinds.KINDS:
        raise ValueError(f"there is no kind of scenes {kind!r}; there are {', '.join(kinds.KINDS)}")
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    dice = Dice(generator, count, torch.device(device))
    thing = dice.integer(len(sprites)) if things is None else things.to(dice.device)
    cutout, sizes = take(sprites, thing, dice, vary_colours)
    if kind == "glass":
        cutout = kinds.glassy(dice, cutout)
    body, box, solid = stand(dice, cutout, sizes, size)
    reference = place(cutout, sizes, box, size)
    foot = solid[:, 1] + solid[:, 3]
    horizon = make_horizon(dice, foot, size) if kind != "wall" else torch.full_like(foot, 1.3 * size)
    light = make_light(dice, solid, horizon, size)
    if domain == "physical":
        light = polished(light, dice)
    camera = Camera(dice, size)
    ground = Ground.of(kind, dice, foot, horizon, size)
    empty = make_background(dice, horizon, light, size, ground.paint)
    if kind != "wall":  # where there is no floor nobody stands about
        empty = add_bystanders(dice, empty, cutout.roll(1, 0), sizes.roll(1, 0), foot, horizon, light)
    background = grain(dice, camera.expose(empty))
    lit, under = light_up(dice, body, solid, light, camera, background, horizon, domain, ground)
    if kind in ("grass", "occluded"):
        nearer = _nearer(dice, kind, background, cutout, sizes, solid, light, size).clamp(0, 1)
        background = (nearer[:, :3] + background * (1 - nearer[:, 3:])).clamp(0, 1)
        lit, under = lit * (1 - nearer[:, 3:]), under * (1 - nearer[:, 3:])
    foreground, object_alpha, effect_alpha = _merged(lit, under)
    return Scenes(background, foreground, object_alpha, effect_alpha, straight(reference), box, thing, light.side, light.lit, foot, horizon)


def render_many(sprites: Sprites, seed: int | torch.Generator, count: int, size: int, things: Tensor | None = None, **which: object) -> Scenes:
    """As render, PART scenes at a time: rendering takes some fifty times the memory of what is rendered."""
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    parts = [
        render(sprites, generator, min(PART, count - start), size, things=None if things is None else things[start : start + PART], **which)
        for start in range(0, count, PART)
    ]
    return Scenes(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Scenes) if field.name != "lamp"))


def enlarged(scenes: Scenes, times: int) -> Scenes:
    """The same scenes in frames of `times` the side, smooth between the pixels."""
    if times == 1:
        return scenes

    def larger(pictures: Tensor) -> Tensor:
        return functional.interpolate(pictures, scale_factor=times, mode="bilinear", align_corners=False)

    foreground, reference = (
        straight(larger(torch.cat([layer[:, :3] * layer[:, 3:], layer[:, 3:]], 1))) for layer in (scenes.foreground, scenes.reference)
    )
    thing = larger(scenes.object_alpha)
    return replace(
        scenes, background=larger(scenes.background), foreground=foreground, object_alpha=thing, effect_alpha=(foreground[:, 3:] - thing).clamp(min=0),
        reference=reference, box=scenes.box * times, floor=scenes.floor * times, horizon=scenes.horizon * times,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ground:
    """What is particular about the ground of a kind of scenes. paint: see make_background; ripples: of water, (n, s, s, 2); edge: the row
    (n,) where a table ends, and effects with it."""

    kind: str
    paint: kinds.Paint | None = None
    ripples: Tensor | None = None
    edge: Tensor | None = None

    @classmethod
    def of(cls, kind: str, dice: Dice, foot: Tensor, horizon: Tensor, size: int) -> Ground:
        if kind == "water":
            ripples = kinds.waves(dice, horizon, size)
            return cls(kind, kinds.water(dice, horizon, ripples, size), ripples)
        if kind == "table":
            paint, edge = kinds.table(dice, foot, horizon, size)
            return cls(kind, paint, edge=edge)
        return cls(kind, kinds.grass(dice, horizon, size) if kind == "grass" else None)


def _nearer(dice: Dice, kind: str, background: Tensor, cutout: Tensor, sizes: Tensor, solid: Tensor, light: Light, size: int) -> Tensor:
    """(n, 4, s, s) premultiplied: what stands in front of the object."""
    if kind == "occluded":
        return kinds.in_front(dice, cutout.roll(2, 0), sizes.roll(2, 0), solid, light, size)
    return kinds.blades(dice, solid, kinds.ground_row(background, solid[:, 1] + solid[:, 3]), size)


def take(sprites: Sprites, thing: Tensor, dice: Dice, vary: bool) -> tuple[Tensor, Tensor]:
    """The scenes' cut-outs (n, 4, side, side) premultiplied float32, and their (n, 2) width and height."""
    chosen = sprites.pixels.to(dice.device)[thing]
    sizes = sprites.sizes.to(dice.device)[thing]
    if not vary:
        return premultiply(chosen.float() / 255), sizes
    rows = dice.chance(0.5).nonzero()[:, 0]
    chosen[rows] = _mirror(chosen[rows], sizes[rows])
    chosen = chosen.float() / 255
    angle = dice.normal() * torch.where(dice.chance(0.25), 1.2, 0.12)
    matrix = turn_hue(angle, dice.uniform(0.6, 1.25)) * column(dice.uniform(0.75, 1.15), 3)
    chosen[:, :3] = (matrix @ chosen[:, :3].flatten(2)).clamp_(0, 1).unflatten(2, chosen.shape[2:])
    return premultiply(chosen), sizes


def premultiply(layer: Tensor) -> Tensor:
    layer[:, :3] *= layer[:, 3:]
    return layer


def _mirror(pictures: Tensor, sizes: Tensor) -> Tensor:
    """Left and right changed, each within its own width."""
    at = torch.arange(pictures.shape[-1], device=pictures.device)
    index = torch.where(at < sizes[:, :1], (sizes[:, :1] - 1 - at).clamp(min=0).long(), at)
    return pictures.gather(3, index[:, None, None, :].expand_as(pictures))


def place(cutout: Tensor, sizes: Tensor, box: Tensor, size: int) -> Tensor:
    """The cut-outs fitted in their boxes, (n, 4, s, s) premultiplied: placing.place_reference for a batch."""
    scale = (box[:, 2:] / sizes).amin(1)
    start = box[:, :2] + (box[:, 2:] - sizes * scale[:, None]) * torch.tensor([0.5, 1.0], device=box.device)
    return _resample(cutout, start, scale[:, None].expand(-1, 2), size)


def _resample(cutout: Tensor, start: Tensor, scale: Tensor, size: int) -> Tensor:
    """start, scale: (n, 2) x and y."""
    length = cutout.shape[-1]
    columns = resampling(size, length, start[:, 0], scale[:, 0])
    rows = resampling(size, length, start[:, 1], scale[:, 1])
    return rows[:, None] @ cutout @ columns[:, None].mT


def straight(layer: Tensor) -> Tensor:
    """Premultiplied to straight; what is all but opaque becomes opaque, what is all but gone becomes 0."""
    alpha = _crisp(layer[:, 3:])
    colour = layer[:, :3] * torch.where(alpha > 0, 1 / alpha.clamp(min=1e-4), 0.0)
    return torch.cat([colour.clamp_(0, 1), alpha], 1)


def _crisp(alpha: Tensor) -> Tensor:
    return torch.where(alpha > 0.999, 1.0, torch.where(alpha < 1e-4, 0.0, alpha))


def stand(dice: Dice, cutout: Tensor, sizes: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Put each object in the frame: (n,4,s,s) premultiplied, the box (n,4) a user draws, the object's tight box (n,4)."""
    longer = dice.uniform(LEAST_BOX, MOST_BOX) * size
    loose = column(dice.chance(0.5), 2) * dice.uniform(0, LOOSEST, 2)
    stretch = torch.exp(dice.uniform(-STRETCH, STRETCH, 2))
    shape = sizes * stretch * (1 + loose)
    one_side = functional.one_hot(dice.integer(2), 2)  # a box of another shape still fits the object closely on one side
    odd = column(dice.chance(0.25), 2) * column(dice.uniform(0, 0.4), 2) * one_side
    shape = shape * (1 + odd)
    unit = longer / shape.amax(1)  # frame pixels for each pixel of the cut-out
    outer = shape * unit[:, None]
    room = (1 - 2 * MARGIN) * size - outer
    central = 0.5 + dice.uniform(-0.5, 0.5, 2) * dice.uniform(0.2, 1.0, 2)
    corner = MARGIN * size + room * central
    drawn = sizes * stretch * unit[:, None]
    start = corner + (outer - drawn) * torch.tensor([0.5, 1.0], device=dice.device)
    body = _resample(cutout, start, stretch * unit[:, None], size)
    pivot = torch.stack([start[:, 0] + drawn[:, 0] / 2, start[:, 1] + drawn[:, 1] / 2], 1)
    body = rotate(body, dice.uniform(-2, 2) * math.pi / 180 * dice.chance(0.3), pivot)
    body = blur_some(body, dice.uniform(0.3, 0.6) * size / 128, dice.chance(0.4))
    tight = bounds(body[:, 3])
    slack = (outer - drawn).clamp(min=0)
    box = torch.stack([tight[:, 0] - slack[:, 0] / 2, tight[:, 1] - slack[:, 1], tight[:, 2] + slack[:, 0], tight[:, 3] + slack[:, 1]], 1)
    return body, box, tight


def rotate(pictures: Tensor, angle: Tensor, pivot: Tensor) -> Tensor:
    """Turn by `angle` (n,) radians about `pivot` (n, 2) in pixels."""
    size = pictures.shape[-1]
    at = centres(size, pictures.device)
    x, y = at[None, None, :] - column(pivot[:, 0], 3), at[None, :, None] - column(pivot[:, 1], 3)
    cosine, sine = column(angle.cos(), 3), column(angle.sin(), 3)
    source = torch.stack([x * cosine + y * sine + column(pivot[:, 0], 3), y * cosine - x * sine + column(pivot[:, 1], 3)], 3)
    return functional.grid_sample(pictures, source * (2 / size) - 1, mode="bilinear", padding_mode="zeros", align_corners=False)


def bounds(alpha: Tensor) -> Tensor:
    """(n, s, s) to (n, 4): x, y, width, height of what is visible, edges placed by how much of the edge pixel is covered."""
    near, extent = [], []
    for axis in (1, 2):
        cover = alpha.amax(axis).clamp(0, 1)  # (n, s)
        seen = cover > 0.1
        first = seen.float().argmax(1)
        last = cover.shape[1] - 1 - seen.flip(1).float().argmax(1)
        start = first + 1 - cover.gather(1, first[:, None])[:, 0]
        end = last + cover.gather(1, last[:, None])[:, 0]
        near.append(start)
        extent.append(end - start)
    return torch.stack(near + extent, 1)


def make_horizon(dice: Dice, foot: Tensor, size: int) -> Tensor:
    """(n,) y of the horizon, above the foot; in some scenes far above the frame: a floor seen from above."""
    usual = foot - (foot * dice.uniform(0.06, 0.85)).clamp(min=0.05 * size)
    return torch.where(dice.chance(0.18), -dice.uniform(0.15, 2.0) * size, usual)


def light_up(
    dice: Dice, body: Tensor, solid: Tensor, light: Light, camera: Camera, background: Tensor, horizon: Tensor, domain: str, ground: Ground
) -> tuple[Tensor, Tensor]:
    """The object in the scene's light and its effects as if it were not in the way, (n, 4, s, s) premultiplied."""
    foot, height = solid[:, 1] + solid[:, 3], solid[:, 3]
    body[:, 3:] = _crisp(body[:, 3:])
    body = shade(body, solid, light, dice)
    body[:, :3] = camera.expose(body[:, :3], body[:, 3:], OBJECT_TINT)
    if ground.kind == "water":
        return body, kinds.water_effects(body, foot, horizon, ground.ripples, dice)
    if ground.kind == "wall":
        return body, kinds.wall_effects(body, height, light, dice)
    if domain == "simple":
        under = effects(body, foot, height, light, dice)
    else:
        colour = ground_colour(background, solid)
        body = lit_by_ground(body, foot, height, colour, dice.uniform(0.3, 0.8))
        under = physical_effects(body, solid, horizon, colour, light, dice)
    if ground.edge is not None:
        at = centres(body.shape[-1], body.device)
        under = under * (ground.edge[:, None] - at + 0.5).clamp(0, 1)[:, None, :, None]
    return body, under


def _merged(body: Tensor, under: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The finished layer (n,4,s,s) straight, the object's alpha and the visible effects' alpha (n,1,s,s)."""
    under = torch.where(under[:, 3:] < 0.008, 0.0, under)  # below two levels of 255 nothing can be seen
    layer = straight(body + under * (1 - body[:, 3:]))
    return layer, body[:, 3:], (layer[:, 3:] - body[:, 3:]).clamp(min=0)
