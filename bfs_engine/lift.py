"""Layers from pictures without a network: what a composite adds to its known background, and a thing apart from its effects.

Numpy and Pillow only; pictures and layers are (h, w, 3) RGB and (h, w, 4) straight RGBA uint8 at the border, float32 in 0..1 inside. The
sums are those of the composition equation C = α·F + (1−α)·B (BFS, equation 1), solved for what is not known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from .api import Box, EngineError
from .words import phrase

DEAD, SOFT = 2 / 255, 2 / 255  # differences up to DEAD are noise, from DEAD + SOFT on all of it is the layer
NOISIEST = 12 / 255  # the dead zone never grows beyond this, however noisy the pictures
OPAQUE = 0.75  # alpha from which a pixel belongs to a thing; shadows stay below
DARKEST_SHADOW = 0.3  # of the light that the ground still gets in a shadow; what is darker is a thing
SEE_THROUGH = 0.35  # of the background's texture: what lets more of it through is an effect
COLOURLESS = 0.06  # how far a shadow may change the colour of the ground, root of the summed squares
WORK = 256  # pixels of the longer side at which regions are judged
LARGEST_MATTE = 2000  # pixels of the longer side at which a matte is made: a hundred bytes a pixel
BAND = 256  # rows lifted at a time

_NO_THING = phrase("Nothing in this layer is opaque, so thing and effects cannot be told apart.")


def dead_zone(composite: np.ndarray, background: np.ndarray) -> float:
    """How large a difference is still noise, 0..1: at least DEAD, more where most of the two float pictures differ a little (JPEG)."""
    difference = np.abs(composite - background).max(axis=2)
    return float(np.clip(4 * np.median(difference), DEAD, NOISIEST))


def lift(composite: np.ndarray, background: np.ndarray, alpha: np.ndarray | None = None) -> np.ndarray:
    """The layer that turns `background` into `composite`, (h, w, 4); both (h, w, 3).

    alpha: (h, w) uint8, how opaque the layer should be, raised where a colour in range needs it; None takes `thing_matte`. Over the
    background the layer gives the composite to one level of 255, but for differences in the dead zone, which are left out. That
    holds at any size: the sums are done in bands of rows at the pictures' own size, only the matte is made small (`matte_step`).
    """
    step = matte_step(composite.shape[:2])
    dead = dead_zone(*(picture[::step, ::step].astype(np.float32) / 255 for picture in (composite, background)))
    wanted = thing_matte(composite, background) if alpha is None else alpha
    layer = np.empty((*wanted.shape, 4), np.uint8)
    for start in range(0, len(layer), BAND):
        band = slice(start, start + BAND)
        layer[band] = _lifted(composite[band], background[band], wanted[band], dead)
    return layer


def matte_step(size: tuple[int, int]) -> int:
    """By how much pictures of a size (h, w) are reduced before a matte is told from them, and the matte enlarged; 1: not at all."""
    return max(1, -(-max(size) // LARGEST_MATTE))


def _lifted(composite: np.ndarray, background: np.ndarray, wanted: np.ndarray, dead: float) -> np.ndarray:
    """A band of the layer; all of it follows from each pixel by itself."""
    above, below = composite.astype(np.float32) / 255, background.astype(np.float32) / 255
    change = above - below
    largest = np.abs(change).max(axis=2, keepdims=True)
    change *= np.clip((largest - dead) / SOFT, 0, 1)
    room = np.where(change > 0, 1 - below, below)
    least = (np.abs(change) / np.maximum(room, 1e-6)).max(axis=2).clip(0, 1)
    levels = np.ceil(np.maximum(least, wanted / np.float32(255)) * 255 - 1e-3).clip(0, 255)
    colour = below + change * (255 / np.maximum(levels, 1))[..., None]
    layer = np.concatenate([_to_uint8(colour), levels.astype(np.uint8)[..., None]], axis=2)
    layer[levels == 0] = 0
    return layer


def difference(composite: np.ndarray, background: np.ndarray) -> Box | None:
    """The smallest box around all that differs by more than noise, in the pictures' pixels; None where nothing does."""
    above, below = composite.astype(np.float32) / 255, background.astype(np.float32) / 255
    return bounds(_grown_to(_regions(above, below)[0], above.shape[:2]))


def bounds(mask: np.ndarray) -> Box | None:
    """The smallest box around what is not 0 in (h, w); None where all of it is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1))


def thing_matte(composite: np.ndarray, background: np.ndarray, region: np.ndarray | None = None) -> np.ndarray:
    """How much of each pixel the thing covers, (h, w) uint8.

    region: (h, w) bool, roughly where the thing is; parts of it that are outside of all that changed do not count. None takes
    what is no shadow: a shadow darkens all channels alike; what does not is the thing, with its holes filled (a reflection counts
    as part of it). At the region's edge the cover follows from the colours of its inside and of the background:
    α = (C−B)·(F−B) / ‖F−B‖².
    """
    if (step := matte_step(composite.shape[:2])) > 1:
        small = (np.asarray(Image.fromarray(picture).reduce(step)) for picture in (composite, background))
        matte = thing_matte(*small, None if region is None else region[::step, ::step])
        return _enlarged(matte, step, composite.shape[:2])
    above, below = composite.astype(np.float32) / 255, background.astype(np.float32) / 255
    changed, found = (_grown_to(part, above.shape[:2]) for part in _regions(above, below))
    region = found if region is None else region & changed
    if not region.any():
        return np.zeros(region.shape, np.uint8)
    reach = _edge_width(region)
    core, around = shrunk(region, reach), grown(region, reach)
    inside = fill(above, core.astype(np.float32))
    colour = inside - below
    power = (colour**2).sum(axis=2)
    matte = ((above - below) * colour).sum(axis=2) / np.maximum(power, 1e-6)
    telling = power / (power + 0.01)  # where the thing has the colour of the ground, the region has to do
    matte = matte.clip(0, 1) * telling + blur(region.astype(np.float32), reach) * (1 - telling)
    return _to_uint8(np.where(core, 1, np.where(around & (matte >= 0.05), matte, 0)))


def _regions(above: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the pictures differ, and where the composite shows a thing, both bool without holes, at a size of WORK."""
    dead = dead_zone(above, below)
    step = max(1, -(-max(above.shape[:2]) // WORK))
    through, error = _transmission(above, below, step)
    above, below = _reduced(above, step), _reduced(below, step)
    light = (above * below).sum(axis=2) / np.maximum((below**2).sum(axis=2), 1e-4)
    tint = np.sqrt(((above - light[..., None] * below) ** 2).sum(axis=2))
    shadow = (light < 1.03) & (light > DARKEST_SHADOW) & (tint < COLOURLESS)
    seen = np.abs(above - below).max(axis=2) > max(2 * dead, 6 / 255)
    clear, solid = through - 3 * error > SEE_THROUGH, through + 3 * error < SEE_THROUGH
    found = seen & (~shadow | solid) & ~clear
    found = shrunk(grown(found, 2), 2)  # small gaps closed
    found = grown(shrunk(found, 1), 1) | (found & shrunk(grown(found, 1), 1) & (window_sum(found, 2) > 8))  # single pixels dropped
    return ~_outside(grown(seen & (window_sum(seen, 1) > 4), 1)), ~_outside(found)


def _transmission(above: np.ndarray, below: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """How much of the background's grain comes through, 1−α, at each cell of step × step pixels, and the standard error of that: the
    slope of the regression of composite on background, both without what is smooth in them, over 5 × 5 cells. A shadow and a
    reflection let the grain through, a thing does not; where the background has none the error is large and nothing is said."""
    above, below = above - blur(above, 1), below - blur(below, 1)
    cb, bb, cc = (blur(_reduced(part, step), 2).sum(axis=2) for part in (above * below, below**2, above**2))
    bb += 1e-7
    slope = cb / bb
    left = (cc - slope * cb).clip(min=0) + 4e-6  # the rounding to 8 bits is a part of it
    return slope, np.sqrt(left / bb / (25 * step**2))


def _outside(wall: np.ndarray) -> np.ndarray:
    """What can be reached from the picture's edge without crossing the wall, bool."""
    free = np.pad(~wall, 1, constant_values=True)
    reached = np.zeros_like(free)
    reached[0] = reached[-1] = True
    reached[:, 0] = reached[:, -1] = True
    while True:
        spread = reached.copy()
        spread[1:] |= reached[:-1]
        spread[:-1] |= reached[1:]
        spread[:, 1:] |= reached[:, :-1]
        spread[:, :-1] |= reached[:, 1:]
        spread &= free
        if (spread == reached).all():
            return reached[1:-1, 1:-1]
        reached = spread


def split(layer: np.ndarray, cover: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 4) -> the thing and its effects, both (h, w, 4): thing over effects is the layer to within five levels of 255.

    cover: (h, w) uint8, the thing's alpha, where it is known; else it is told from what is opaque. Under the thing the effects
    go on as they are around it, so that the two can be moved apart. Raises EngineError where nothing is opaque, or nothing covered.
    """
    plain = layer.astype(np.float32) / 255
    found = _told_cover(plain) if cover is None else _known_cover(plain, cover.astype(np.float32) / 255)
    thing = _thing(plain, *found)
    return thing, _effects(plain, thing, *found)


def _told_cover(plain: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The thing's alpha, (h, w), told from what is opaque; the effects' alpha, going on under the thing; and their colour there."""
    alpha, colour = plain[..., 3], plain[..., :3]
    core = alpha >= OPAQUE
    if not core.any():
        raise EngineError(_NO_THING)
    reach = _edge_width(core)
    inner, around = shrunk(core, 1), grown(core, reach)
    shade = fill(alpha[..., None], (~around).astype(np.float32))[..., 0]
    tone = _tone(plain, ~around)
    cover = _cover(alpha, colour, core, inner, around, shade, tone)
    rest = 1 - cover
    under = np.where(rest > 0.02, (alpha - cover) / np.maximum(rest, 0.02), shade)
    return cover, under.clip(0, 1), tone


def _known_cover(plain: np.ndarray, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same where the thing's alpha is known, (h, w) in 0..1. Then α = α_o + (1−α_o)·α_e says what the effects' alpha is, as far as
    eight bits tell under what covers much; the smooth continuation of the rest goes as near to it as it can."""
    cover = np.minimum(cover, plain[..., 3])
    if not cover.any():
        raise EngineError(_NO_THING)
    rest = np.maximum(1 - cover, 1 / 255)
    told = (plain[..., 3] - cover) / rest
    shade = fill(told[..., None], (1 - cover) ** 2)[..., 0]
    under = shade.clip(told - 1 / 255 / rest, told + 1 / 255 / rest)
    return cover, under.clip(0, 1), _tone(plain, cover == 0)


def _tone(plain: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The effects' colour, (h, w, 3): outside of the thing what is there, under it the smooth continuation of that."""
    alpha = plain[..., 3]
    return fill(plain[..., :3], outside * ((alpha > 4 / 255) * alpha + np.float32(1e-6)))


def thing_of(layer: np.ndarray, cover: np.ndarray | None = None) -> tuple[np.ndarray, Box]:
    """The thing in a layer, (h, w, 4), without effects and margins: (its box's height, width, 4), and where in the layer it lies.
    cover, errors: as in `split`."""
    whole, seen = trimmed(layer)
    thing, _ = split(whole, None if cover is None else cover[seen.y : seen.bottom, seen.x : seen.right])
    thing, box = trimmed(thing)
    return thing, replace(box, x=box.x + seen.x, y=box.y + seen.y)


def trimmed(layer: np.ndarray) -> tuple[np.ndarray, Box]:
    """(h, w, 4) without transparent margins, and where in the layer that lies. Raises EngineError where nothing shows."""
    box = bounds(layer[..., 3])
    if box is None:
        raise EngineError(phrase("The layer is empty."))
    return np.ascontiguousarray(layer[box.y : box.bottom, box.x : box.right]), box


def in_crop(thing: np.ndarray, place: Box, crop: Box) -> np.ndarray:
    """(crop.height, crop.width, 4): a thing, (place.height, place.width, 4), at its place; both boxes in picture pixels, the place
    inside the crop."""
    layer = np.zeros((crop.height, crop.width, 4), np.uint8)
    layer[place.y - crop.y : place.bottom - crop.y, place.x - crop.x : place.right - crop.x] = thing
    return layer


def _cover(
    alpha: np.ndarray, colour: np.ndarray, core: np.ndarray, inner: np.ndarray, around: np.ndarray, shade: np.ndarray, tone: np.ndarray
) -> np.ndarray:
    """The thing's alpha, (h, w). In its inside all but the effects under it; at its edge by colour: α·C = α_o·F_o + (α−α_o)·F_e,
    solved for α_o, with F_o and F_e carried over from both sides."""
    own = fill(colour, (inner if inner.any() else core).astype(np.float32))
    between = own - tone
    power = (between**2).sum(axis=2)
    by_colour = (alpha[..., None] * (colour - tone) * between).sum(axis=2) / np.maximum(power, 1e-6)
    by_shade = (alpha - shade) / np.maximum(1 - shade, 1e-3)
    telling = power / (power + 0.02)
    edge = by_colour * telling + by_shade * (1 - telling)
    deepest = (1.6 * shade + 0.01).clip(0, 0.99)  # at its edge a thing may darken the ground that much more than further off
    edge = np.maximum(edge, (alpha - deepest) / (1 - deepest)).clip(0, alpha)
    return np.where(core, by_shade.clip(0, alpha), np.where(around & (edge >= 0.04), edge, 0))


def _thing(plain: np.ndarray, cover: np.ndarray, under: np.ndarray, tone: np.ndarray) -> np.ndarray:
    own = plain[..., :3] * plain[..., 3:] - ((1 - cover) * under)[..., None] * tone
    return _layer(own / np.maximum(cover, 1e-3)[..., None], cover)


def _effects(plain: np.ndarray, thing: np.ndarray, cover: np.ndarray, under: np.ndarray, tone: np.ndarray) -> np.ndarray:
    left = plain[..., :3] * plain[..., 3:] - cover[..., None] * thing[..., :3].astype(np.float32) / 255  # what the thing does not explain
    seen = (1 - cover) * under
    certain = (seen > 0.02) | (cover == 0)  # else the rounding of the rest would be seen as a colour
    colour = np.where(certain[..., None], left / np.maximum(seen, 1e-3)[..., None], tone)
    return _layer(colour, under)


def shadow_and_reflection(effects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 4) effects -> a black shadow for the blend mode Multiply, and above it the light that a reflection adds.

    Exact for every background: the reflection has the smallest alpha with which its colour can be mixed, α_r = max(α·F), and
    the shadow the rest, (1−α_r)(1−α_s) = 1−α.
    """
    plain = effects.astype(np.float32) / 255
    alpha, light = plain[..., 3], plain[..., :3] * plain[..., 3:]
    added = light.max(axis=2)
    dark = 1 - (1 - alpha) / np.maximum(1 - added, 1e-3)
    reflection = _layer(light / np.maximum(added, 1e-3)[..., None], added)
    return _layer(np.zeros_like(light), dark.clip(0, 1)), reflection


# Small tools on arrays


def fill(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(h, w, c) float with weights (h, w) in 0..1 -> the same where the weight is 1, and elsewhere a smooth continuation of it.

    Averages of ever larger squares, from coarse to fine (the pull-push of Gortler et al., The Lumigraph, 1996).
    """
    height, width = weight.shape
    if height == 1 and width == 1 or weight.min() >= 1:
        return values.copy()
    pad = ((0, height % 2), (0, width % 2))
    weighted = _pairs(np.pad(values * weight[..., None], (*pad, (0, 0))))
    total = _pairs(np.pad(weight, pad)[..., None])
    coarse = fill(weighted / np.maximum(total, 1e-12), np.minimum(total[..., 0], 1))
    smooth = blur(coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width], 1)
    return values * weight[..., None] + smooth * (1 - weight[..., None])


def _pairs(values: np.ndarray) -> np.ndarray:
    """(2h, 2w, c) -> sums of 2 × 2."""
    return values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]


def window_sum(values: np.ndarray, reach: int) -> np.ndarray:
    """(h, w) or (h, w, c) -> sums over squares of 2·reach + 1 pixels, the edge repeated; float64."""
    pad = [(reach + 1, reach)] * 2 + [(0, 0)] * (values.ndim - 2)
    total = np.pad(values.astype(np.float64), pad, mode="edge")
    size = 2 * reach + 1
    for axis in (0, 1):
        total = total.cumsum(axis=axis)
        ahead, behind = [slice(None)] * values.ndim, [slice(None)] * values.ndim
        ahead[axis], behind[axis] = slice(size, None), slice(None, -size)
        total = total[tuple(ahead)] - total[tuple(behind)]
    return total


def blur(values: np.ndarray, reach: int) -> np.ndarray:
    """The mean over squares of 2·reach + 1 pixels, float32."""
    return (window_sum(values, reach) / (2 * reach + 1) ** 2).astype(np.float32)


def grown(mask: np.ndarray, reach: int) -> np.ndarray:
    """(h, w) bool: what lies within `reach` pixels, diagonals counted as one."""
    return window_sum(mask, reach) > 0.5


def shrunk(mask: np.ndarray, reach: int) -> np.ndarray:
    """(h, w) bool: what has nothing but the mask within `reach` pixels; the picture's edge goes on beyond it."""
    return window_sum(mask, reach) > (2 * reach + 1) ** 2 - 0.5


def _edge_width(mask: np.ndarray) -> int:
    """How wide a thing's soft edge may be, pixels: two, and more for things drawn large."""
    box = bounds(mask)
    return max(2, round(max(box.width, box.height) / 48))


def _reduced(picture: np.ndarray, step: int) -> np.ndarray:
    """Means of step × step pixels; what is left over at the far edges is repeated."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % step), (0, -width % step), (0, 0)), mode="edge")
    return padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step, 3).mean(axis=(1, 3))


def _enlarged(matte: np.ndarray, step: int, size: tuple[int, int]) -> np.ndarray:
    """(h, w) uint8 -> (h · step, w · step) cut to `size`, straight lines between the middles of the pixels."""
    whole = Image.fromarray(matte).resize((matte.shape[1] * step, matte.shape[0] * step), Image.Resampling.BILINEAR)
    return np.asarray(whole)[: size[0], : size[1]]


def _grown_to(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    step = -(-size[0] // mask.shape[0])
    return mask.repeat(step, axis=0).repeat(step, axis=1)[: size[0], : size[1]]


def _layer(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    layer = np.concatenate([_to_uint8(colour), _to_uint8(alpha)[..., None]], axis=2)
    layer[layer[..., 3] == 0] = 0
    return layer


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8)
