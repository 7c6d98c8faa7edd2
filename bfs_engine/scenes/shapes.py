"""Things of our own: shaded solids, and objects made of them. Each name in SHAPES is that of a row of things.tsv whose picture is "shape".

Measures and colours are chosen by eye; a thing is about two units high or wide and stands on y = 0 (see solids.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bfs_engine.scenes.solids import (
    Distance,
    Paint,
    Part,
    ball,
    blend,
    block,
    curved,
    facets,
    lathe,
    linear,
    mirrored,
    mixed,
    moved,
    ring,
    rod,
    slab,
    turned,
    union,
    within,
    without,
)

Shape = Callable[[], tuple[Part, ...]]

PLAIN, STONE, STEEL, DARK, WHITE = "d2d2d2", "d6d2c9", "aeb2b6", "3a3b3e", "efefed"
RED, ORANGE = "d23a30", "ee7a22"


def wood(light: str, dark: str, along: int = 1) -> Paint:
    """Grain along an axis: 0 x, 1 y, 2 z."""
    a, b = [axis for axis in range(3) if axis != along]

    def veins(p: np.ndarray) -> np.ndarray:
        across = 9 * p[:, a] + 6 * p[:, b] + 0.6 * np.sin(2.3 * p[:, along] + 5 * p[:, a])
        return 0.35 + 0.3 * np.sin(4 * across) * np.sin(1.7 * across + 1) + 0.2 * np.sin(17 * across + 3 * p[:, along])

    return mixed(light, dark, veins)


OAK, PINE, WALNUT = ("bd8a55", "9a683b"), ("d9ad72", "bd8a50"), ("8a5a38", "69412a")


def sphere() -> tuple[Part, ...]:
    return (Part(ball(1, (0, 1, 0)), PLAIN, 0.45),)


def cube() -> tuple[Part, ...]:
    return turned([Part(block((0.8, 0.8, 0.8), (0, 0.8, 0), 0.05), PLAIN)], 26)


def cylinder() -> tuple[Part, ...]:
    return (Part(lathe([(0, 0.04), (0.66, 0.04), (0.66, 1.76), (0, 1.76)], 0.04), PLAIN),)


def cone() -> tuple[Part, ...]:
    return (Part(lathe([(0, 0.03), (0.82, 0.03), (0, 1.9)], 0.03), PLAIN),)


def pyramid() -> tuple[Part, ...]:
    slope = np.radians(52)
    sides = [((np.sin(a) * np.sin(slope), np.cos(slope), np.cos(a) * np.sin(slope)), 1.4 * np.cos(slope)) for a in np.arange(4) * np.pi / 2]
    courses = mixed("dcbc84", "b8935a", lambda p: (np.sin(p[:, 1] * 2 * np.pi / 0.14) - 0.75) * 3)
    return turned([Part(facets([*sides, ((0, -1, 0), 0)], 0.01), courses, 0)], 20)


def torus() -> tuple[Part, ...]:
    return turned([Part(ring(0.68, 0.27, (0, 0.95, 0), 2), PLAIN, 0.5)], 38)


def capsule() -> tuple[Part, ...]:
    whole = rod((-0.72, 0.4, 0), (0.72, 0.4, 0), 0.4)
    return turned([Part(within(whole, facets([((side, 0, 0), 0.0)])), colour, 0.7) for side, colour in ((1, RED), (-1, WHITE))], 16)


def spring() -> tuple[Part, ...]:
    """A helix; a point is measured against the nearest of its turns."""
    rise, turns, radius, wire = 0.35, 5, 0.55, 0.085

    def coil(p: np.ndarray) -> np.ndarray:
        share = np.arctan2(p[:, 2], p[:, 0]) / (2 * np.pi)
        number = np.round((p[:, 1] - wire) / rise - share).clip(np.ceil(-share), np.floor(turns - share))
        height = wire + rise * (number + share)
        return (np.hypot(np.hypot(p[:, 0], p[:, 2]) - radius, p[:, 1] - height) - wire) * 0.7

    ends = union(ball(wire, (radius, wire, 0)), ball(wire, (radius, wire + rise * turns, 0)))
    return (Part(union(coil, ends), STEEL, 0.6),)


def crystal() -> tuple[Part, ...]:
    def spike(radius: float, height: float) -> Distance:
        sides = [((np.cos(a), 0, np.sin(a)), radius) for a in np.arange(6) * np.pi / 3 + 0.3]
        roof = [((np.cos(a), 0.75, np.sin(a)), height * 0.6) for a in np.arange(6) * np.pi / 3 + 0.3]
        return facets([*sides, *roof, ((0, -1, 0), 0.3)], 0.005)

    spread = ((0, 0, 0.31, 2.0, 0, 0), (25, -34, 0.2, 1.5, 0.15, 0.1), (-10, 30, 0.22, 1.25, -0.15, 0.05), (40, 8, 0.2, 1.05, 0.05, 0.3),
              (0, -62, 0.14, 1.05, 0.2, 0.2), (0, 58, 0.13, 1.0, -0.2, 0.2))  # fmt: skip
    clear = mixed("8d6fd0", "d9ccf5", lambda p: p[:, 1] / 2.2)
    ground = facets([((0, -1, 0), 0.0)])
    parts = (moved(Part(spike(radius, height), clear, 0.7), roll=roll, lean=lean, by=(x, 0, z)) for lean, roll, radius, height, x, z in spread)
    return tuple(Part(within(part.distance, ground), part.colour, part.gloss) for part in parts)


def vase() -> tuple[Part, ...]:
    profile = [(0, 0), (0.4, 0), (0.4, 0), (0.42, 0.06), (0.85, 0.75), (0.72, 1.25), (0.27, 1.5), (0.3, 1.75), (0.44, 1.97), (0.44, 1.97),
               (0.38, 1.97), (0.22, 1.75), (0.2, 1.5), (0.5, 1.2), (0.4, 0.3), (0, 0.2)]  # fmt: skip
    return (Part(lathe(curved(profile)), "b9bcbd", 0.75),)


def bowl() -> tuple[Part, ...]:
    profile = [(0, 0), (0.42, 0), (0.42, 0), (0.4, 0.1), (0.5, 0.14), (0.95, 0.4), (1.1, 0.92), (1.1, 0.92), (1.02, 0.92), (0.85, 0.45), (0.3, 0.2), (0, 0.2)]
    return (Part(lathe(curved(profile)), "d6d6d4", 0.6),)


def bottle() -> tuple[Part, ...]:
    glass = lathe(curved([(0, 0), (0.33, 0), (0.33, 0), (0.34, 0.05), (0.34, 1.2), (0.34, 1.4), (0.12, 1.55), (0.11, 1.7), (0.11, 2.05), (0.11, 2.05), (0, 2.05)]))
    label = lathe([(0, 0.45), (0.347, 0.45), (0.347, 1.02), (0, 1.02)])
    cap = lathe([(0, 1.78), (0.135, 1.78), (0.13, 2.1), (0, 2.1)], 0.012)
    band = lathe([(0, 1.92), (0.152, 1.92), (0.152, 1.99), (0, 1.99)])
    return Part(glass, "2f6b45", 0.95), Part(label, "efe6cf", 0.05), Part(union(cap, band), "7f2530", 0.4)


def mug() -> tuple[Part, ...]:
    profile = [(0, 0), (0.6, 0), (0.6, 0), (0.68, 0.06), (0.7, 0.4), (0.7, 1.45), (0.7, 1.5), (0.66, 1.53), (0.62, 1.5), (0.62, 1.4), (0.62, 0.3),
               (0.4, 0.15), (0, 0.12)]  # fmt: skip
    cup = lathe(curved(profile))
    handle = without(ring(0.38, 0.085, (0.78, 0.8, 0), 2), lathe([(0, 0.1), (0.6, 0.1), (0.6, 2), (0, 2)]))
    return turned([Part(blend(cup, handle, 0.08), "d2d3d4", 0.75)], 28)


def goblet() -> tuple[Part, ...]:
    profile = [(0, 0), (0.52, 0), (0.52, 0.05), (0.3, 0.12), (0.1, 0.25), (0.09, 0.5), (0.18, 0.62), (0.18, 0.68), (0.1, 0.76), (0.12, 0.9),
               (0.55, 1.05), (0.66, 1.5), (0.6, 1.95), (0.6, 1.95), (0.54, 1.95), (0.56, 1.5), (0.4, 1.15), (0, 1.05)]  # fmt: skip
    return (Part(lathe(curved(profile)), "d3a83e", 0.85),)


def jug() -> tuple[Part, ...]:
    profile = [(0, 0), (0.46, 0), (0.46, 0), (0.5, 0.08), (0.78, 0.6), (0.62, 1.15), (0.36, 1.4), (0.36, 1.6), (0.47, 1.85), (0.47, 1.85),
               (0.41, 1.85), (0.29, 1.6), (0.3, 1.4), (0.4, 1.1), (0.3, 0.3), (0, 0.2)]  # fmt: skip
    pot = lathe(curved(profile))
    bow = curved([(0.36, 1.64), (0.75, 1.68), (1.02, 1.45), (0.98, 1.05), (0.66, 0.8)], 2)
    handle = union(*(rod((*start, 0), (*end, 0), 0.075) for start, end in zip(bow[:-1], bow[1:], strict=True)))
    return turned([Part(blend(pot, handle, 0.1), "b5714a", 0.35)], 22)


def cooking_pot() -> tuple[Part, ...]:
    body = lathe(curved([(0, 0), (0.85, 0), (0.85, 0), (0.92, 0.08), (0.92, 0.5), (0.92, 0.95), (0.92, 0.95), (0, 0.95)]))
    lid = lathe(curved([(0, 0.96), (0.97, 0.96), (0.97, 0.96), (0.97, 1.01), (0.9, 1.05), (0.5, 1.2), (0, 1.22)]))
    knob = lathe(curved([(0, 1.2), (0.08, 1.22), (0.08, 1.3), (0.16, 1.36), (0.14, 1.45), (0, 1.46)]))
    handles = mirrored(ring(0.2, 0.055, (0.95, 0.72, 0)), 0)
    return turned([Part(body, "b5402f", 0.6), Part(lid, "b5402f", 0.6), Part(union(knob, without(handles, body)), DARK, 0.4)], 18)


def table_lamp() -> tuple[Part, ...]:
    base = lathe(curved([(0, 0), (0.4, 0), (0.4, 0.04), (0.38, 0.08), (0.16, 0.14), (0.34, 0.4), (0.34, 0.7), (0.1, 0.95), (0.06, 1.1), (0.06, 1.25), (0, 1.25)]))
    shade = lathe([(0.72, 1.06), (0.42, 1.98), (0.40, 1.98), (0.70, 1.06)], 0.012)
    bulb = ball(0.15, (0, 1.35, 0))
    return Part(base, "b9bcbf", 0.75), Part(shade, "efe2c4", 0), Part(bulb, "fff6df", 0)


def wooden_barrel() -> tuple[Part, ...]:
    def bulge(y: float) -> float:
        return 0.7 - 0.17 * ((y - 0.95) / 0.95) ** 2

    side = [(bulge(float(y)), float(y)) for y in np.linspace(0, 1.9, 25)]
    hollow = lathe([(0, 1.82), (0.48, 1.82), (0.48, 2.1), (0, 2.1)])
    tub = without(lathe([(0, 0), *side, (0, 1.9)]), hollow)
    grain = wood(*OAK)

    def staves(p: np.ndarray) -> np.ndarray:
        seam = np.abs(np.sin(9 * np.arctan2(p[:, 2], p[:, 0])))
        lid = np.abs(np.sin(p[:, 0] * np.pi / 0.22))
        gap = np.where(p[:, 1] > 1.75, lid * 0.7, seam) < 0.09
        return grain(p) * np.where(gap, 0.45, 1.0)[:, None].astype(np.float32)

    spans = ((0.03, 0.17), (0.49, 0.61), (1.29, 1.41), (1.73, 1.87))
    hoops = [lathe([(0, low), (bulge(low) + 0.025, low), (bulge(high) + 0.025, high), (0, high)]) for low, high in spans]
    return Part(tub, staves, 0.1), Part(without(union(*hoops), hollow), "5d6064", 0.5)


def crate() -> tuple[Part, ...]:
    boards = block((0.76, 0.76, 0.76), (0, 0.8, 0), 0.02)
    edges = [block([0.8 if i == axis else 0.1 for i in range(3)], [0 if i == axis else 0.7 for i in range(3)], 0.02) for axis in range(3)]
    frame = [moved(Part(mirrored(edge, 0, 1, 2), wood("c08f58", "a06f3f", axis)), by=(0, 0.8, 0)) for axis, edge in enumerate(edges)]
    brace = moved(Part(block((1.2, 0.1, 0.8), (0, 0, 0), 0.02), PLAIN), roll=45, by=(0, 0.8, 0)).distance
    cross = Part(within(brace, block((0.7, 0.7, 0.79), (0, 0.8, 0))), wood("c08f58", "a06f3f", 0), 0.05)
    grain = wood(*PINE, along=0)

    def planks(p: np.ndarray) -> np.ndarray:
        return grain(p) * np.where(np.abs(np.sin((p[:, 1] + 0.11) * np.pi / 0.28)) < 0.1, 0.45, 1.0)[:, None].astype(np.float32)

    return turned([Part(boards, planks, 0.05), *frame, cross], 24)


def column() -> tuple[Part, ...]:
    base = union(block((0.5, 0.08, 0.5), (0, 0.08, 0)), ring(0.36, 0.08, (0, 0.24, 0)))
    head = union(block((0.5, 0.07, 0.5), (0, 2.03, 0)), lathe([(0, 1.74), (0.3, 1.74), (0.42, 1.96), (0, 1.96)], 0.02), ring(0.29, 0.04, (0, 1.7, 0)))
    shaft = lathe([(0, 0.2), (0.35, 0.2), (0.28, 1.8), (0, 1.8)])

    def fluted(p: np.ndarray) -> np.ndarray:
        return (shaft(p) + 0.03 * np.abs(np.cos(8 * np.arctan2(p[:, 2], p[:, 0])))) * 0.8

    return turned([Part(union(base, head), STONE, 0), Part(fluted, STONE, 0)], 14)


def arch() -> tuple[Part, ...]:
    turn = np.linspace(0, np.pi, 40)
    inner, outer = ([(float(r * np.cos(a)), float(1.05 + r * np.sin(a))) for a in turn] for r in (0.55, 0.95))
    outline = [(0.95, 0.0), *outer, (-0.95, 0.0), (-0.55, 0.0), *inner[::-1], (0.55, 0.0)]

    def joints(p: np.ndarray) -> np.ndarray:
        curve = np.abs(np.sin(np.arctan2(p[:, 1] - 1.05, p[:, 0]) * 6.5))
        wall = np.abs(np.sin(p[:, 1] * np.pi / 0.26))
        return (0.1 - np.where(p[:, 1] > 1.05, curve, wall)) * 12

    feet = mirrored(block((0.26, 0.06, 0.32), (0.75, 0.06, 0)), 0)
    return turned([Part(slab(outline, 0.26), mixed(STONE, "908a7d", joints), 0), Part(feet, STONE, 0)], 14)


def stairs() -> tuple[Part, ...]:
    treads = union(*(block((0.8, 0.14 * (i + 1), 0.9 - 0.18 * i), (0, 0.14 * (i + 1), -0.18 * i), 0.012) for i in range(5)))
    return turned([Part(treads, STONE, 0)], 20)


def obelisk() -> tuple[Part, ...]:
    def tapered(half: float, slope: float) -> list[tuple[tuple[float, float, float], float]]:
        tilt = np.radians(slope)
        return [((np.sin(a) * np.cos(tilt), np.sin(tilt), np.cos(a) * np.cos(tilt)), half * np.cos(tilt)) for a in np.arange(4) * np.pi / 2]

    shaft = facets([*tapered(0.3, 4.2), *tapered(1.75, 42), ((0, -1, 0), 0)], 0.005)
    base = union(block((0.5, 0.09, 0.5), (0, 0.09, 0)), block((0.4, 0.09, 0.4), (0, 0.26, 0)))
    return turned([Part(shaft, STONE, 0), Part(base, STONE, 0)], 18)


def lighthouse() -> tuple[Part, ...]:
    bands = mixed(WHITE, RED, lambda p: (np.sin((p[:, 1] - 0.12) * 2 * np.pi / 0.56)) * 30)
    tower = lathe([(0, 0.1), (0.44, 0.1), (0.28, 1.52), (0, 1.52)])
    base = lathe([(0, 0), (0.6, 0), (0.56, 0.12), (0, 0.12)])
    posts = [(0.38 * np.cos(a), 0.38 * np.sin(a)) for a in np.arange(14) * np.pi / 7]
    railing = union(ring(0.38, 0.018, (0, 1.71, 0)), *(rod((x, 1.55, z), (x, 1.71, z), 0.014) for x, z in posts))
    gallery = union(lathe([(0, 1.5), (0.4, 1.5), (0.4, 1.57), (0, 1.57)]), railing)
    room = lathe([(0, 1.55), (0.19, 1.55), (0.19, 1.86), (0, 1.86)])
    panes = mixed("ffe9a0", "5c5f63", lambda p: (np.abs(np.sin(4 * np.arctan2(p[:, 2], p[:, 0]))) < 0.2) * 1.0)
    roof = union(lathe(curved([(0, 1.84), (0.28, 1.84), (0.28, 1.86), (0.2, 2.0), (0, 2.1)])), ball(0.04, (0, 2.13, 0)))
    door = block((0.1, 0.17, 0.1), (0, 0.28, 0.36), 0.02)
    window = union(*(block((0.045, 0.07, 0.1), (0, y, 0.44 - 0.113 * y - 0.08), 0.02) for y in (0.75, 1.2)))
    dark = Part(gallery, DARK, 0.2), Part(union(door, window), "4a4038", 0.1)
    return Part(tower, bands, 0.1), Part(base, "8d8f90", 0), Part(room, panes, 0.5), Part(roof, RED, 0.3), *dark


def igloo() -> tuple[Part, ...]:
    dome = within(ball(1.05, (0, 0.12, 0)), facets([((0, -1, 0), 0.0)]))
    porch = within(union(rod((0, 0.28, 0.6), (0, 0.28, 2), 0.45)), facets([((0, -1, 0), 0.0), ((0, 0, 1), 1.35)], 0.02))
    way = rod((0, 0.22, 0.4), (0, 0.22, 2.4), 0.31)

    def seams(p: np.ndarray) -> np.ndarray:
        row = np.arcsin((p[:, 1] - 0.12).clip(-1, 1.04) / 1.05) / 0.27
        turn = np.arctan2(p[:, 0], p[:, 2]) * np.maximum(np.round(15 * np.cos(np.floor(row) * 0.27)), 3) / 2 / np.pi + 0.5 * (np.floor(row) % 2)
        line = np.minimum(np.abs(row - np.round(row)), np.abs(turn - np.round(turn)) * 1.4)
        return np.where(p[:, 2] < 1.0, (0.06 - line) * 30, 0)

    snow = mixed("eef3f8", "b4c6d8", seams)
    inside = within(rod((0, 0.22, 0.4), (0, 0.22, 1.0), 0.33), facets([((0, -1, 0), 0.0)]))
    return turned([Part(without(union(dome, porch), way), snow, 0.1), Part(within(inside, ball(0.9, (0, 0.1, 0))), "3c5068", 0)], 26)


def fire_hydrant() -> tuple[Part, ...]:
    profile = [(0, 0), (0.5, 0), (0.5, 0), (0.5, 0.1), (0.5, 0.1), (0.34, 0.13), (0.33, 0.3), (0.33, 1.3), (0.33, 1.32), (0.42, 1.32), (0.42, 1.32),
               (0.42, 1.42), (0.42, 1.42), (0.36, 1.45), (0.34, 1.65), (0.15, 1.78), (0, 1.8)]  # fmt: skip
    body = lathe(curved(profile))
    nut = lathe([(0, 1.75), (0.1, 1.75), (0.1, 1.95), (0, 1.95)], 0.02)

    def spout(p: np.ndarray) -> np.ndarray:
        return caps(np.stack([p[:, 2], np.abs(p[:, 0]), p[:, 1] - 1.0], 1))

    caps = lathe([(0, 0), (0.16, 0), (0.16, 0.42), (0.2, 0.42), (0.2, 0.52), (0.07, 0.52), (0.07, 0.6), (0, 0.6)], 0.015)
    front = moved(Part(lathe([(0, 0), (0.2, 0), (0.2, 0.4), (0.25, 0.4), (0.25, 0.5), (0.08, 0.5), (0.08, 0.58), (0, 0.58)], 0.015), PLAIN), lean=90, by=(0, 0.95, 0)).distance
    return turned([Part(union(blend(body, spout, 0.04), front, nut), RED, 0.4)], 24)


def traffic_cone() -> tuple[Part, ...]:
    white = mixed(ORANGE, "f2f2ef", lambda p: np.where((np.abs(p[:, 1] - 0.78) < 0.15) | (np.abs(p[:, 1] - 1.38) < 0.1), 1.0, 0.0))
    skin = lathe([(0, 0.1), (0.55, 0.1), (0.12, 1.86), (0, 1.86)], 0.02)
    foot = block((0.78, 0.06, 0.78), (0, 0.06, 0), 0.04)
    hollow = lathe([(0, 1.7), (0.08, 1.7), (0.08, 2.1), (0, 2.1)])
    return turned([Part(without(skin, hollow), white, 0.15), Part(foot, ORANGE, 0.15)], 12)


def domino() -> tuple[Part, ...]:
    spots = [(-0.22, 1.65), (0, 1.42), (0.22, 1.19), (-0.22, 0.75), (0.22, 0.75), (-0.22, 0.3), (0.22, 0.3), (0, 0.525)]

    def ink(p: np.ndarray) -> np.ndarray:
        dots = np.min([np.hypot(p[:, 0] - x, p[:, 1] - y) for x, y in spots], axis=0)
        line = np.maximum(np.abs(p[:, 1] - 0.98) - 0.018, np.abs(p[:, 0]) - 0.36)
        return np.where(p[:, 2] > 0.1, (0.09 - np.minimum(dots, line + 0.09)) * 90, 0)

    return turned([Part(block((0.5, 0.98, 0.14), (0, 0.98, 0), 0.06), mixed("ecebe6", "2b2b2d", ink), 0.5)], 14)


def table() -> tuple[Part, ...]:
    top = block((1.12, 0.05, 0.72), (0, 1.2, 0), 0.03)
    apron = without(block((0.98, 0.09, 0.58), (0, 1.07, 0)), block((0.92, 0.2, 0.52), (0, 1.07, 0)))
    legs = mirrored(rod((0.94, 1.1, 0.54), (0.98, 0.055, 0.58), 0.075, 0.05), 0, 2)
    return turned([Part(top, wood(*OAK, along=0), 0.25), Part(union(apron, legs), wood(*OAK), 0.15)], 15)


def stool() -> tuple[Part, ...]:
    seat = lathe([(0, 1.4), (0.55, 1.4), (0.55, 1.48), (0, 1.46)], 0.04)
    ends = [(np.cos(a), np.sin(a)) for a in np.arange(4) * np.pi / 2 + 0.45]
    legs = union(*(rod((0.34 * x, 1.4, 0.34 * z), (0.56 * x, 0.05, 0.56 * z), 0.06, 0.05) for x, z in ends))
    rungs = union(*(rod((0.47 * x, 0.6, 0.47 * z), (0.47 * u, 0.6, 0.47 * w), 0.035) for (x, z), (u, w) in zip(ends, ends[1:] + ends[:1], strict=True)))
    return Part(seat, wood(*PINE, along=0), 0.2), Part(union(legs, rungs), wood(*PINE), 0.15)


def bench() -> tuple[Part, ...]:
    seat = union(*(block((1.15, 0.04, 0.09), (0, 0.62, z), 0.02) for z in (-0.2, 0.02, 0.24)))
    back = union(*(moved(Part(block((1.15, 0.09, 0.035), (0, 0, 0), 0.02), PLAIN), lean=-12, by=(0, y, -0.38 - 0.2 * (y - 0.8))).distance for y in (0.86, 1.1)))
    legs = rod((0.95, 0.05, 0.27), (0.95, 0.56, 0.24), 0.045), rod((0.95, 0.05, -0.42), (0.95, 0.56, -0.3), 0.045)
    rails = rod((0.95, 0.56, -0.36), (0.95, 1.2, -0.5), 0.045), rod((0.95, 0.56, 0.3), (0.95, 0.56, -0.34), 0.045)
    frame = mirrored(union(*legs, *rails), 0)
    return turned([Part(union(seat, back), wood(*OAK, along=0), 0.15), Part(frame, DARK, 0.3)], 13)


def bookshelf() -> tuple[Part, ...]:
    case = without(block((0.75, 1.05, 0.3), (0, 1.05, 0), 0.015), *(block((0.67, 0.27, 0.3), (0, y, 0.08), 0.005) for y in (0.4, 1.04, 1.68)))
    covers = np.stack([linear(colour) for colour in ("b23b35", "2f5f93", "d0a23c", "3f7d54", "7c4a86", "c96f3b", "4a4f57", "d8d2c2")])
    rows = []
    for row, (floor, count) in enumerate(((0.13, 12), (0.77, 9), (1.41, 11))):
        number = np.arange(count)
        ends = -0.66 + np.cumsum(0.085 + 0.02 * ((number * 5 + row) % 3))
        tops = floor + 0.34 + 0.04 * ((number * 7 + 3 * row) % 4)
        outline = [(-0.66, floor)]
        for start, end, top in zip([-0.66, *ends[:-1]], ends, tops, strict=True):
            outline += [(start + 0.006, floor + 0.3), (start + 0.012, top), (end - 0.006, top), (end, floor + 0.3)]
        spines = covers[(number * 3 + row) % 8]

        def paint(p: np.ndarray, ends: np.ndarray = ends, spines: np.ndarray = spines) -> np.ndarray:
            return spines[np.searchsorted(ends, p[:, 0]).clip(0, len(spines) - 1)]

        rows.append(Part(slab([*outline, (float(ends[-1]), floor)], 0.2, 0.008, z=0.03), paint, 0.1))
    return turned([Part(case, wood(*WALNUT), 0.15), *rows], 14)


def chest_of_drawers() -> tuple[Part, ...]:
    body = block((0.9, 0.78, 0.45), (0, 0.9, 0), 0.02)
    top = block((0.96, 0.05, 0.5), (0, 1.72, 0), 0.02)
    drawers = ((0.4, -0.43, 1.41), (0.4, 0.43, 1.41), (0.83, 0, 0.92), (0.83, 0, 0.43))
    fronts = union(*(block((half, 0.21, 0.03), (x, y, 0.46), 0.02) for half, x, y in drawers))
    feet = mirrored(rod((0.78, 0.14, 0.36), (0.78, 0.05, 0.36), 0.07, 0.05), 0, 2)
    knobs = union(*(ball(0.05, (x, y, 0.53)) for x, y in ((-0.43, 1.41), (0.43, 1.41), (-0.45, 0.92), (0.45, 0.92), (-0.45, 0.43), (0.45, 0.43))))
    return turned([Part(union(body, feet), wood(*OAK), 0.15), Part(union(fronts, top), wood(*OAK, along=0), 0.2), Part(knobs, "c9a24a", 0.8)], 15)


def treasure_chest() -> tuple[Part, ...]:
    grain = wood("9a6236", "7a4925", along=0)

    def planks(p: np.ndarray) -> np.ndarray:
        turn = np.arctan2(p[:, 1] - 0.72, p[:, 2])
        seam = np.where(p[:, 1] > 0.72, np.abs(np.sin(turn * 4)), np.abs(np.sin(p[:, 1] * np.pi / 0.24)))
        return grain(p) * np.where(seam < 0.1, 0.5, 1.0)[:, None].astype(np.float32)

    def hood(radius: float, half: float) -> Distance:
        return slab([(radius * float(np.cos(a)), 0.74 + radius * float(np.sin(a)) * 0.95) for a in np.linspace(0, np.pi, 40)], half, 0.02)

    def across(solid: Distance) -> Distance:
        return lambda p: solid(p[:, [2, 1, 0]])

    box, lid = block((0.98, 0.35, 0.6), (0, 0.35, 0), 0.02), across(hood(0.6, 0.98))
    around = union(block((1.2, 0.37, 0.63), (0, 0.35, 0), 0.02), across(hood(0.63, 1.2)))
    bands = [within(around, block((0.08, 2, 2), (x, 0, 0), 0.01)) for x in (-0.9, -0.32, 0.32, 0.9)]
    rims = union(block((1.0, 0.04, 0.62), (0, 0.68, 0), 0.015), block((1.0, 0.05, 0.62), (0, 0.05, 0), 0.015))
    lock = block((0.13, 0.15, 0.05), (0, 0.68, 0.63), 0.03)
    keyhole = union(rod((0, 0.70, 0.6), (0, 0.70, 0.72), 0.028), block((0.014, 0.05, 0.06), (0, 0.65, 0.64), 0.005))
    return turned([Part(union(box, lid), planks, 0.1), Part(union(*bands, rims), "c79a3a", 0.6), Part(without(lock, keyhole), "dcb650", 0.7)], 15)


def chess_rook() -> tuple[Part, ...]:
    profile = [(0, 0), (0.62, 0), (0.62, 0), (0.62, 0.14), (0.5, 0.22), (0.52, 0.32), (0.36, 0.45), (0.3, 1.1), (0.32, 1.25), (0.46, 1.3),
               (0.46, 1.38), (0.4, 1.4), (0.48, 1.46), (0.5, 1.9), (0.5, 1.9), (0, 1.9)]  # fmt: skip
    tower = lathe(curved(profile))
    well = lathe([(0, 1.62), (0.32, 1.62), (0.32, 2.2), (0, 2.2)])
    gaps = union(*(moved(Part(block((0.7, 0.13, 0.09), (0, 1.88, 0), 0.01), PLAIN), a).distance for a in (15, 75, 135)))
    return (Part(without(tower, well, gaps), "4b4e53", 0.5),)


def chess_king() -> tuple[Part, ...]:
    profile = [(0, 0), (0.55, 0), (0.55, 0), (0.55, 0.12), (0.44, 0.2), (0.46, 0.3), (0.32, 0.4), (0.2, 1.0), (0.2, 1.15), (0.36, 1.2),
               (0.36, 1.26), (0.24, 1.3), (0.24, 1.36), (0.38, 1.66), (0.38, 1.7), (0.3, 1.74), (0.1, 1.82), (0, 1.83)]  # fmt: skip
    cross = union(block((0.055, 0.17, 0.055), (0, 1.98, 0), 0.02), block((0.14, 0.05, 0.055), (0, 2.0, 0), 0.02))
    return (Part(union(lathe(curved(profile)), cross), "4b4e53", 0.5),)


def bowling_pin() -> tuple[Part, ...]:
    skin = lathe(curved([(0, 0), (0.27, 0), (0.27, 0), (0.3, 0.1), (0.48, 0.6), (0.44, 0.95), (0.17, 1.35), (0.18, 1.6), (0.3, 1.85), (0.2, 2.1), (0, 2.11)]))
    stripes = mixed("f1f0ec", RED, lambda p: np.where((np.abs(p[:, 1] - 1.32) < 0.045) | (np.abs(p[:, 1] - 1.5) < 0.045), 1.0, 0.0))
    return (Part(skin, stripes, 0.7),)


def dumbbell() -> tuple[Part, ...]:
    def weight(p: np.ndarray) -> np.ndarray:
        return hexagon(np.stack([p[:, 2], p[:, 1], np.abs(p[:, 0]) - 0.78], 1))

    hexagon = slab([(0.42 * float(np.cos(a)), 0.365 + 0.42 * float(np.sin(a))) for a in np.arange(6) * np.pi / 3], 0.3, 0.05)
    bar = union(rod((-0.6, 0.365, 0), (0.6, 0.365, 0), 0.09), rod((-0.3, 0.365, 0), (0.3, 0.365, 0), 0.1))
    return turned([Part(weight, "515459", 0.3), Part(bar, STEEL, 0.8)], 18)


def golf_ball() -> tuple[Part, ...]:
    index = np.arange(110) + 0.5
    height, turn = 1 - 2 * index / 110, np.pi * (1 + 5**0.5) * index
    pits = _directions(turn, height)

    def distance(p: np.ndarray) -> np.ndarray:
        q = p - np.float32([0, 1, 0])
        length = np.linalg.norm(q, axis=1)
        near = np.max((q / np.maximum(length, 1e-6)[:, None]) @ pits.T, axis=1)
        angle = np.arccos(near.clip(-1, 1))
        dip = np.maximum(1 - (angle / 0.145) ** 2, 0) ** 1.5
        return (length - 1 + 0.05 * dip) * 0.7

    return (Part(distance, "e9e9e7", 0.5),)


def _directions(turn: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n, 3) unit vectors."""
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], 1).astype(np.float32)


def beach_ball() -> tuple[Part, ...]:
    table = np.stack([linear(colour) for colour in (RED, "f3f2ee", "2f6fc4", "f3f2ee", "f2c230", "f3f2ee")])

    def sectors(p: np.ndarray) -> np.ndarray:
        colour = table[np.floor(np.arctan2(p[:, 2], p[:, 0]) / np.pi * 3 + 3).astype(int) % 6]
        return np.where((np.hypot(p[:, 0], p[:, 2]) < 0.17)[:, None], linear("f3f2ee"), colour)

    return (moved(Part(ball(1, (0, 0, 0)), sectors, 0.5), turn=10, lean=38, roll=-20, by=(0, 1, 0)),)


def toy_blocks() -> tuple[Part, ...]:
    places = ((-0.52, 0, 0.05, 20, RED), (0.5, 0, 0.1, -14, "2f6fc4"), (0.0, 0.9, 0.05, 34, "f0bd2e"))
    return tuple(moved(Part(block((0.44, 0.44, 0.44), (0, 0.45, 0), 0.05), colour, 0.3), turn, by=(x, y, z)) for x, y, z, turn, colour in places)


def spinning_top() -> tuple[Part, ...]:
    skin = lathe(curved([(0, 0), (0.04, 0.02), (0.1, 0.2), (0.95, 0.75), (1.0, 0.95), (0.9, 1.1), (0.2, 1.25), (0.1, 1.4), (0.08, 1.85), (0.08, 1.9), (0, 1.92)]))
    bands = mixed(RED, "f2c230", lambda p: np.where(np.abs(np.hypot(p[:, 0], p[:, 2]) - 0.62) < 0.12, 1.0, 0.0))
    return (moved(Part(skin, bands, 0.6), roll=-12, by=(0.05, 0.02, 0)),)


def hex_nut() -> tuple[Part, ...]:
    hexagon = [(0.95 * float(np.cos(a)), float(0.95 * np.sin(a))) for a in np.arange(6) * np.pi / 3]
    hole = [(0.5 * float(np.cos(a)), float(0.5 * np.sin(a))) for a in np.linspace(0, 2 * np.pi, 40, endpoint=False)]
    plate = within(slab(hexagon, 0.32, 0.02), ball(1.0, (0, 0, 0)))
    upright = without(plate, slab(hole, 1, 0))
    return turned([moved(Part(upright, STEEL, 0.7), by=(0, 0.823, 0))], 38)


_ALL = (
    sphere, cube, cylinder, cone, pyramid, torus, capsule, spring, crystal, vase, bowl, bottle, mug, goblet, jug, cooking_pot, table_lamp, wooden_barrel,
    crate, column, arch, stairs, obelisk, lighthouse, igloo, fire_hydrant, traffic_cone, domino, table, stool, bench, bookshelf, chest_of_drawers,
    treasure_chest, chess_rook, chess_king, bowling_pin, dumbbell, golf_ball, beach_ball, toy_blocks, spinning_top, hex_nut,
)  # fmt: skip
SHAPES: dict[str, Shape] = {shape.__name__.replace("_", " "): shape for shape in _ALL}
