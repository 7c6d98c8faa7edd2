"""Solids as distances, and how they are drawn: ray marching (Hart 1996, sphere tracing), soft light from above and in front. numpy only.

A solid is a function from points (n, 3) float32 to signed distances (n,), negative inside; a bound from below will do. x points to the right, y
up, z to the viewer; a thing stands on y = 0 and keeps to |x|, |z| <= 1.2 and y <= 2.2. The camera looks down a little, so that a
base is the ellipse that it is on a floor. No shadow is cast and no side is favoured: the light is the scene's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

Distance = Callable[[np.ndarray], np.ndarray]
Paint = Callable[[np.ndarray], np.ndarray]  # points (n, 3) -> linear colours (n, 3)
Points = Sequence[tuple[float, float]]

PITCH = np.radians(10)  # by which the camera looks down
EYE = 9.0  # its distance
CENTRE, REACH = np.array([0, 1.05, 0], np.float32), 1.75  # the ball that holds every thing
SAMPLES = 4  # rays a pixel, along each side
NEAR = 8e-4  # a ray that comes so near has arrived
STEPS = 160
SLOPE = 8e-3  # over which normals are taken
KEY, HIGHLIGHT = np.array([0, 0.76, 0.65]), np.array([-0.32, 0.72, 0.62])  # directions of the light, and of the lamp that shines in what is polished


@dataclass(frozen=True)
class Part:
    """Of one material. colour: sRGB in hex, or by place; gloss: 0 chalk .. 1 glaze."""

    distance: Distance
    colour: str | Paint
    gloss: float = 0.15


# Solids


def ball(radius: float, at: Sequence[float]) -> Distance:
    return lambda p: _length(p - _vector(at)) - radius


def block(half: Sequence[float], at: Sequence[float], rounding: float = 0.03) -> Distance:
    """A box of these half sides, its edges rounded inwards."""
    inner = _vector(half) - rounding

    def distance(p: np.ndarray) -> np.ndarray:
        q = np.abs(p - _vector(at)) - inner
        return _length(np.maximum(q, 0)) + np.minimum(q.max(1), 0) - rounding

    return distance


def rod(start: Sequence[float], end: Sequence[float], radius: float, tip: float | None = None) -> Distance:
    """A rod with round ends, as thick as `tip` at its end."""
    a, along = _vector(start), _vector(end) - _vector(start)
    thinner = (radius if tip is None else tip) - radius

    def distance(p: np.ndarray) -> np.ndarray:
        share = np.clip((p - a) @ along / (along @ along), 0, 1)
        return (_length(p - a - share[:, None] * along) - radius - thinner * share) * 0.97

    return distance


def ring(radius: float, thickness: float, at: Sequence[float], axis: int = 1) -> Distance:
    """A torus about an axis: 0 x, 1 y, 2 z."""
    flat = [i for i in range(3) if i != axis]

    def distance(p: np.ndarray) -> np.ndarray:
        q = p - _vector(at)
        return np.hypot(_length(q[:, flat]) - radius, q[:, axis]) - thickness

    return distance


def lathe(profile: Points, rounding: float = 0.0) -> Distance:
    """What turns on the y axis; profile: (radius, y) of its outline from the axis below to the axis above. rounding is added outside."""
    outline = [*profile, *((-r, y) for r, y in reversed(profile))]
    field = _field(outline)
    return lambda p: field(np.hypot(p[:, 0], p[:, 2]), p[:, 1]) - rounding


def slab(outline: Points, half: float, rounding: float = 0.03, z: float = 0.0) -> Distance:
    """An outline (x, y) cut from a plate of twice `half`, edges rounded inwards."""
    field = _field(outline)

    def distance(p: np.ndarray) -> np.ndarray:
        side, depth = field(p[:, 0], p[:, 1]) + rounding, np.abs(p[:, 2] - z) - half + rounding
        return np.hypot(np.maximum(side, 0), np.maximum(depth, 0)) + np.minimum(np.maximum(side, depth), 0) - rounding

    return distance


def facets(normals: Iterable[tuple[Sequence[float], float]], rounding: float = 0.0) -> Distance:
    """What lies behind all of the planes normal · p = offset."""
    planes = [(_vector(normal) / np.linalg.norm(normal), offset) for normal, offset in normals]
    return lambda p: np.max([p @ normal - offset for normal, offset in planes], axis=0) - rounding


def curved(points: Points, rounds: int = 4) -> list[tuple[float, float]]:
    """A line through corners made a curve near them (Chaikin 1974); a corner that is given twice is sharper."""
    line = np.array(points, float)
    for _ in range(rounds):
        start, end = line[:-1], line[1:]
        cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], 1).reshape(-1, 2)
        line = np.concatenate([line[:1], cut, line[-1:]])
    return [(float(x), float(y)) for x, y in line]


def _field(outline: Points) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Signed distance to a polygon, looked up in a table of 0.008 a cell around it."""
    corners = np.array(outline, np.float32)
    least, cell = corners.min(0) - 0.1, 0.008
    count = np.ceil((corners.max(0) + 0.1 - least) / cell).astype(int) + 2
    u, v = (least[i] + cell * np.arange(count[i], dtype=np.float32) for i in (0, 1))
    table = polygon(corners, *np.meshgrid(u, v, indexing="ij"))

    def look_up(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across, up = (x - least[0]) / cell, (y - least[1]) / cell
        inside_x, inside_y = across.clip(0, count[0] - 1.001), up.clip(0, count[1] - 1.001)
        i, j = inside_x.astype(np.intp), inside_y.astype(np.intp)
        a, b = inside_x - i, inside_y - j
        low = table[i, j] * (1 - a) + table[i + 1, j] * a
        high = table[i, j + 1] * (1 - a) + table[i + 1, j + 1] * a
        near = low * (1 - b) + high * b
        outside = cell * np.hypot(across - inside_x, up - inside_y)
        return np.where(outside > 0, np.hypot(outside, np.maximum(near, 0)), near)

    return look_up


def polygon(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distance of places x, y to a closed polygon (m, 2), negative inside."""
    square, inside = np.full(x.shape, np.inf, np.float32), np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, 0), strict=True):
        dx, dy, px, py = bx - ax, by - ay, x - ax, y - ay
        share = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
        square = np.minimum(square, (px - share * dx) ** 2 + (py - share * dy) ** 2)
        inside ^= ((ay > y) != (by > y)) & (px * dy < py * dx if dy > 0 else px * dy > py * dx)
    return np.where(inside, -1, 1) * np.sqrt(square)


# Solids made of solids


def union(*solids: Distance) -> Distance:
    return lambda p: np.min([solid(p) for solid in solids], axis=0)


def blend(first: Distance, second: Distance, width: float) -> Distance:
    """Both, with a fillet between them (Quilez's polynomial smooth minimum)."""

    def distance(p: np.ndarray) -> np.ndarray:
        a, b = first(p), second(p)
        share = np.maximum(width - np.abs(a - b), 0) / width
        return np.minimum(a, b) - share * share * width / 4

    return distance


def without(solid: Distance, *holes: Distance) -> Distance:
    return lambda p: np.max([solid(p), *(-hole(p) for hole in holes)], axis=0)


def within(*solids: Distance) -> Distance:
    return lambda p: np.max([solid(p) for solid in solids], axis=0)


def mirrored(solid: Distance, *axes: int) -> Distance:
    """The solid at positive coordinates, and its mirror images."""

    def distance(p: np.ndarray) -> np.ndarray:
        q = p.copy()
        q[:, list(axes)] = np.abs(q[:, list(axes)])
        return solid(q)

    return distance


def moved(part: Part, turn: float = 0.0, lean: float = 0.0, roll: float = 0.0, by: Sequence[float] = (0, 0, 0)) -> Part:
    """Degrees about z (roll), then x (lean towards the viewer), then y (turn to the right), then along `by`."""
    matrix = (_turn(1, turn) @ _turn(0, lean) @ _turn(2, roll)).astype(np.float32)

    def back(p: np.ndarray) -> np.ndarray:
        return (p - _vector(by)) @ matrix

    solid, paint = part.distance, part.colour
    coloured = paint if isinstance(paint, str) else lambda p: paint(back(p))
    return replace(part, distance=lambda p: solid(back(p)), colour=coloured)


def turned(parts: Iterable[Part], degrees: float) -> tuple[Part, ...]:
    """About the y axis."""
    return tuple(moved(part, degrees) for part in parts)


def _turn(axis: int, degrees: float) -> np.ndarray:
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix, angle = np.eye(3), np.radians(degrees)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
    return matrix


def _vector(values: Sequence[float]) -> np.ndarray:
    return np.asarray(values, np.float32)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->i", vectors, vectors))


# Colour


def linear(colour: str) -> np.ndarray:
    """sRGB in hex -> linear (3,) float32."""
    srgb = np.frombuffer(bytes.fromhex(colour), np.uint8) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def mixed(first: str, second: str, share: Callable[[np.ndarray], np.ndarray]) -> Paint:
    """share: points -> (n,), how much of the second colour, cut to 0..1."""
    a, b = linear(first), linear(second)
    return lambda p: a + (b - a) * share(p).clip(0, 1)[:, None]


# Drawing


def draw(parts: Sequence[Part], side: int) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA, trimmed, its longer side `side` pixels or a little less."""
    distance = union(*(part.distance for part in parts))
    window = (-REACH, -REACH, REACH, REACH)
    for cells in (70, 280):  # where it is, then more exactly
        window = _seen(distance, window, cells)
    left, low, right, high = window
    pixel = max(right - left, high - low) / side
    width, height = (max(1, int(np.ceil((b - a) / pixel - 1e-6))) for a, b in ((left, right), (low, high)))
    fine = SAMPLES
    across = left + (right - left - width * pixel) / 2 + pixel / fine * (np.arange(width * fine) + 0.5)
    up = low + pixel / fine * (np.arange(height * fine)[::-1] + 0.5)
    colour, hit = _cast(parts, distance, across, up)
    cover = hit.reshape(height, fine, width, fine).mean((1, 3))
    total = np.where(hit[..., None], colour, 0).reshape(height, fine, width, fine, 3).mean((1, 3))
    shown = _to_srgb(total / np.maximum(cover, 1e-6)[..., None])
    return np.rint(np.dstack([shown, cover]) * 255).astype(np.uint8)


def _seen(distance: Distance, window: tuple[float, float, float, float], cells: int) -> tuple[float, float, float, float]:
    """left, low, right, high of what is seen in a window, within one of `cells` cells."""
    left, low, right, high = window
    step = max(right - left, high - low) / cells
    across, up = np.arange(left, right + step, step), np.arange(low, high + step, step)
    hit = np.isfinite(_march(distance, *_rays(across, up))).reshape(len(up), len(across))
    columns, rows = np.flatnonzero(hit.any(0)), np.flatnonzero(hit.any(1))
    return across[columns[0]] - step, up[rows[0]] - step, across[columns[-1]] + step, up[rows[-1]] + step


def _rays(across: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The eye (3,), and unit directions (len(up) * len(across), 3) through places of the picture plane in CENTRE."""
    forward = np.array([0, -np.sin(PITCH), -np.cos(PITCH)])
    upwards = np.array([0, np.cos(PITCH), -np.sin(PITCH)])
    x, y = np.meshgrid(across, up)
    through = EYE * forward + x[..., None] * np.array([1.0, 0, 0]) + y[..., None] * upwards
    rays = through.reshape(-1, 3).astype(np.float32)
    return (CENTRE - EYE * forward).astype(np.float32), rays / _length(rays)[:, None]


def _march(distance: Distance, eye: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """How far each ray (n, 3) goes until it meets the solid, infinite where it does not."""
    along = np.full(len(rays), EYE - REACH, np.float32)
    found = np.full(len(rays), np.inf, np.float32)
    going = np.arange(len(rays))
    for _ in range(STEPS):
        gap = distance(eye + along[going, None] * rays[going])
        there = gap < NEAR
        found[going[there]] = along[going[there]]
        along[going] += gap
        going = going[~there & (along[going] < EYE + REACH)]
        if not len(going):
            break
    return found


def _cast(parts: Sequence[Part], distance: Distance, across: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear colours (rows, columns, 3), and where there is anything (rows, columns)."""
    eye, rays = _rays(across, up)
    along = _march(distance, eye, rays)
    hit = np.isfinite(along)
    colour = np.zeros((len(rays), 3), np.float32)
    colour[hit] = _lit(parts, distance, eye + along[hit, None] * rays[hit], rays[hit])
    shape = len(up), len(across)
    return colour.reshape(*shape, 3), hit.reshape(shape)


def _lit(parts: Sequence[Part], distance: Distance, p: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Linear colours of points on the surface: light from everywhere, more from above, a lamp above the viewer; dark in corners."""
    normal = _normal(distance, p)
    nearest = np.argmin([part.distance(p) for part in parts], axis=0)
    albedo, gloss = np.zeros_like(p), np.zeros(len(p), np.float32)
    for number, part in enumerate(parts):
        rows = nearest == number
        albedo[rows] = linear(part.colour) if isinstance(part.colour, str) else part.colour(p[rows])
        gloss[rows] = part.gloss
    light = 0.40 + 0.13 * normal[:, 1] + 0.52 * np.maximum(normal @ _unit(KEY), 0)
    half = _unit(_unit(HIGHLIGHT) - rays)
    shine = np.maximum(np.einsum("ij,ij->i", normal, half), 0)
    rim = (1 - np.maximum(-np.einsum("ij,ij->i", normal, rays), 0)) ** 5
    mirrored_light = gloss * (0.55 * shine ** (20 + 100 * gloss) * gloss + 0.22 * rim * (0.6 + 0.4 * normal[:, 1]))
    return albedo * (light * _open(distance, p, normal))[:, None] + mirrored_light[:, None]


def _normal(distance: Distance, p: np.ndarray) -> np.ndarray:
    corners = _vector([(1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)])
    return _unit(sum(corner * distance(p + SLOPE * corner)[:, None] for corner in corners))


def _open(distance: Distance, p: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(n,) up to 1: how much of the light from everywhere reaches a point, by how near other surfaces are (after Evans 2006)."""
    hidden = sum(weight * np.maximum(reach - distance(p + reach * normal), 0) / reach for reach, weight in ((0.04, 0.22), (0.12, 0.26), (0.3, 0.3)))
    return 1 - 0.85 * hidden


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _to_srgb(colour: np.ndarray) -> np.ndarray:
    colour = colour.clip(0, 1)
    return np.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour ** (1 / 2.4) - 0.055)
