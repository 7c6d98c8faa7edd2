"""Things of our own: solids that are measured right, and pictures of them that look like the library's others and stand on their base."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label

from bfs_engine.lift import grown, window_sum
from bfs_engine.scenes import solids
from bfs_engine.scenes.colours import main_colour, nearest_colour, recolour
from bfs_engine.scenes.shapes import SHAPES
from bfs_engine.scenes.solids import (
    Part,
    ball,
    block,
    curved,
    facets,
    lathe,
    mirrored,
    moved,
    polygon,
    ring,
    rod,
    slab,
    union,
    within,
    without,
)
from bfs_engine.scenes.sprites import SPRITE_SIZE, draw_shape, read_table
from bfs_engine.scenes.vocabulary import Vocabulary

LIBRARY = Path(__file__).parents[3] / "resources" / "models" / "starter" / "library"
GREY = "c0c0c0"


def cutout(name: str) -> np.ndarray:
    with Image.open(LIBRARY / f"{name.replace(' ', '-')}.png") as picture:
        return np.asarray(picture.convert("RGBA"))


def at(*points: tuple[float, float, float]) -> np.ndarray:
    return np.array(points, np.float32)


@pytest.mark.parametrize(("solid", "point", "distance"), [
    (ball(1, (0, 1, 0)), (0, 3, 0), 1),
    (block((1, 1, 1), (0, 1, 0), 0.1), (4, 1, 0), 3),
    (block((1, 1, 1), (0, 1, 0)), (0, 1, 0), -1),
    (ring(1, 0.2, (0, 0, 0)), (2, 0, 0), 0.8),
    (lathe([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]), (0, 0.5, 0.55), 0.05),
    (lathe([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]), (0.2, 0.5, 0), -0.3),
    (slab([(-1, 0), (1, 0), (1, 2), (-1, 2)], 0.5), (0, 1, 2), 1.5),
    (facets([((1, 0, 0), 1), ((-1, 0, 0), 0)]), (3, 9, 9), 2),
    (union(ball(1, (0, 0, 0)), ball(1, (5, 0, 0))), (3, 0, 0), 1),
    (without(ball(1, (0, 0, 0)), ball(0.5, (0, 0, 0))), (0, 0, 0), 0.5),
    (within(ball(1, (0, 0, 0)), ball(1, (1, 0, 0))), (-1, 0, 0), 1),
    (mirrored(ball(1, (2, 0, 0)), 0), (-2, 0, 0), -1),
    (moved(Part(ball(1, (2, 0, 0)), GREY), turn=90, by=(0, 1, 0)).distance, (0, 1, -2), -1),
    (moved(Part(ball(1, (2, 0, 0)), GREY), roll=90).distance, (0, 2, 0), -1),
])
def test_a_solid_knows_how_far_it_is(solid, point, distance):
    assert solid(at(point))[0] == pytest.approx(distance, abs=0.01)


def test_a_rod_may_be_thinner_at_its_end():
    thin = rod((0, 0, 0), (0, 2, 0), 0.5, 0.1)
    thick, end = thin(at((1, 0, 0), (1, 2, 0)))
    assert thick == pytest.approx(0.5, abs=0.03) and end == pytest.approx(0.9, abs=0.03)


def test_no_solid_of_ours_says_more_than_the_distance():
    """Or rays would pass through it: what is said between two points differs by no more than they are apart."""
    random = np.random.default_rng(3)
    points = random.uniform((-1.2, 0, -1.2), (1.2, 2.2, 1.2), (4000, 3)).astype(np.float32)
    near = points + random.normal(0, 0.02, points.shape).astype(np.float32)
    apart = np.linalg.norm(near - points, axis=1)
    for name in ("spring", "golf ball", "column", "vase", "jug", "crystal", "wooden barrel"):
        for part in SHAPES[name]():
            steep = np.abs(part.distance(near) - part.distance(points)) / apart
            assert np.quantile(steep, 0.99) < 1.1, name


def test_a_polygon_is_measured_from_inside_and_outside():
    square = np.array([(0, 0), (2, 0), (2, 2), (0, 2)], np.float32)
    assert polygon(square, np.float32([1, 3, 3]), np.float32([1, 1, 3])) == pytest.approx([-1, 1, 2**0.5])
    assert polygon(square[::-1], np.float32([0.5]), np.float32([1])) == pytest.approx([-0.5])


def test_a_curve_keeps_its_ends_and_cuts_its_corners():
    line = np.array(curved([(0, 0), (1, 0), (1, 1)]))
    assert tuple(line[0]) == (0, 0) and tuple(line[-1]) == (1, 1)
    assert np.hypot(*(line - (1, 0)).T).min() > 0.15
    assert np.hypot(*(np.array(curved([(0, 0), (1, 0), (1, 0), (1, 1)])) - (1, 0)).T).min() < 0.01


def test_a_ball_is_round_and_lit_from_above_on_no_side():
    drawn = solids.draw([Part(ball(1, (0, 1, 0)), GREY, 0)], 64)
    height, width = drawn.shape[:2]
    assert 62 <= height <= 64 and abs(width - height) <= 1
    assert (drawn[..., 3] > 127).mean() == pytest.approx(np.pi / 4, abs=0.02)
    middle = drawn[3:-3, width // 2, 0].astype(int)
    top = middle.argmax()
    assert top < len(middle) / 3 and (np.diff(middle[top:]) <= 0).all() and middle[top] - middle[-1] > 50
    solid = (drawn[..., 3] == 255) & (drawn[:, ::-1, 3] == 255)
    assert np.abs(drawn[..., 0].astype(int) - drawn[:, ::-1, 0])[solid].max() <= 3


def test_a_pictures_edge_is_one_pixel_wide_and_has_the_colour_of_what_is_beside_it():
    drawn = solids.draw([Part(ball(1, (0, 1, 0)), "d03020", 0)], 64)
    partly = (drawn[..., 3] > 0) & (drawn[..., 3] < 255)
    assert 60 < partly.sum() < 64 * 4.5 and not (partly & ~grown(drawn[..., 3] == 0, 1))[1:-1, 1:-1].any()
    solid = drawn[..., 3] == 255
    beside = partly & grown(solid, 1)
    red = window_sum(drawn[..., 0].astype(float) * solid, 1)[beside] / window_sum(solid, 1)[beside]
    assert np.abs(drawn[..., 0][beside] - red).max() < 20 and np.abs(drawn[..., 0][beside] - red).mean() < 6, "no dark or bright fringe"
    assert (drawn[drawn[..., 3] == 0] == 0).all()


def test_a_base_is_the_ellipse_that_it_is_on_a_floor():
    drawn = solids.draw([Part(lathe([(0, 0), (0.7, 0), (0.7, 1.8), (0, 1.8)]), GREY, 0)], 128)
    solid = drawn[..., 3] > 127
    height, width = solid.shape
    edge = height - 1 - np.argmax(solid[::-1], axis=0)  # the lowest row of each column
    depth = edge[width // 2] - edge[[2, -3]].mean()
    assert edge[width // 2] == height - 1
    assert depth / (width / 2) == pytest.approx(np.sin(solids.PITCH), abs=0.12)


def test_the_same_thing_is_drawn_the_same():
    crate = [Part(block((0.8, 0.8, 0.8), (0, 0.8, 0)), GREY)]
    assert np.array_equal(solids.draw(crate, 40), solids.draw(crate, 40))


def test_the_table_names_every_shape_and_the_library_has_it():
    ours = [thing.name for thing in read_table() if not thing.emoji]
    assert ours == list(SHAPES)
    names = [row["name"] for row in json.loads((LIBRARY / "things.json").read_text())]
    assert names[-len(ours) :] == ours, "appended: the numbers of the other things stay"


@pytest.mark.parametrize("name", ["cube", "bowl"])
def test_the_librarys_picture_is_what_is_drawn_today(name):
    drawn, kept = draw_shape(name).astype(int), cutout(name).astype(int)
    assert drawn.shape == kept.shape
    assert np.abs(drawn - kept).max() <= 8 and np.abs(drawn - kept).mean() < 0.3


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_one_crisp_piece_that_fills_its_picture(name):
    alpha = cutout(name)[..., 3]
    assert SPRITE_SIZE - 2 <= max(alpha.shape) <= SPRITE_SIZE
    for border in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
        assert border.any()
    pieces, count = label(alpha > 60, np.ones((3, 3)))
    assert np.bincount(pieces.ravel())[1:].max() > 0.995 * (pieces > 0).sum(), count
    assert ((alpha > 0) & (alpha < 255)).sum() < 0.2 * (alpha > 0).sum() + 100


@pytest.mark.parametrize(("prompt", "described"), [
    ("a blue vase", "blue vase"),
    ("small red cube", "small red cube"),
    ("a wooden barrel", "wooden barrel"),
    ("two yellow traffic cones", "yellow traffic cone"),
    ("a cup", "mug"),
    ("white golf ball", "white golf ball"),
    ("a green bottle on a table", "green bottle"),
    ("park benches", "bench"),
    ("a large chest of drawers", "large chest of drawers"),
])
def test_a_prompt_finds_them(prompt, described):
    understood = Vocabulary.load(LIBRARY, photographs=False).understand(prompt)
    assert understood.described == described


@pytest.mark.parametrize(("name", "colours"), [("cube", "red blue green black white"), ("vase", "blue pink turquoise grey"), ("traffic cone", "green purple"), ("bottle", "brown blue")])
def test_they_take_the_colour_that_is_named(name, colours):
    named = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown", "black", "white", "grey")
    for colour in colours.split():
        assert nearest_colour(main_colour(recolour(cutout(name), colour)), named) == colour
