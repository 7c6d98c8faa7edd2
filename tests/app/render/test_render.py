"""What a document looks like: against a plain reference, against Photoshop's formulas, and where nothing may change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.document import edits
from app.document.document import Document, Layer, make_group, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import Mask, Pixels
from app.render.blend import BLEND_MODES
from app.render.render import mask_array, rasterise, render, render_qimage, thumbnail
from tests import reference

WIDTH, HEIGHT = 300, 280
CANVAS = Rect(0, 0, WIDTH, HEIGHT)


def noise(width: int, height: int, seed: int) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA; alpha from nothing to full in steps."""
    random = np.random.default_rng(seed)
    array = random.integers(0, 256, (height, width, 4), np.uint8)
    array[..., 3] = random.choice([0, 1, 5, 40, 128, 254, 255, 255], (height, width))
    return array


def layer(seed: int, left: int = 0, top: int = 0, width: int = WIDTH, height: int = HEIGHT, **fields: object) -> Layer:
    return make_layer(f"noise {seed}", Pixels.from_array(noise(width, height, seed)), Placement(left, top), **fields)


def photo(seed: int = 0) -> Layer:
    return make_layer("photo", Pixels.from_array(noise(WIDTH, HEIGHT, seed)[..., :3]))


def some_mask(seed: int, width: int = 200, height: int = 150, **fields: object) -> Mask:
    return Mask.from_array(np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8), **fields)


def on_screen(document: Document, rect: Rect, scale: float = 1.0) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA of what the canvas gets."""
    image = render_qimage(document, rect, scale)
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied
    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(straight.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def premultiplied(straight: np.ndarray) -> np.ndarray:
    """What is seen: colours under low alpha count for little. (h, w, 4) in [0, 255]."""
    straight = straight.astype(np.float64)
    return np.concatenate([straight[..., :3] * straight[..., 3:] / 255, straight[..., 3:]], -1)


def assert_looks_like_the_reference(document: Document, jumps: float = 0.0) -> None:
    """To a level in exports and two and a half on the screen. `jumps`: the share of values that may be further off, in modes whose
    formula jumps, so that the last bit decides."""
    expected = premultiplied(reference.composite(document))
    for shown, tolerance in ((render(document, CANVAS), 1.0), (on_screen(document, CANVAS), 2.5)):
        assert (np.abs(premultiplied(shown) - expected) > tolerance).mean() <= jumps


# What must not change


def test_an_opaque_photograph_comes_out_byte_for_byte() -> None:
    document = Document(WIDTH, HEIGHT, (photo(),))
    assert np.array_equal(render(document, CANVAS), document.layers[0].pixels.to_array())
    assert np.array_equal(on_screen(document, CANVAS), document.layers[0].pixels.to_array())


@pytest.mark.parametrize("mode", BLEND_MODES)
def test_the_photograph_is_untouched_where_the_layer_on_it_is_transparent(mode: str) -> None:
    pixels = noise(200, 190, 3)
    pixels[:90, :, 3] = 0
    pixels[:, 100:, 3] = 0
    over = make_layer("over", Pixels.from_array(pixels), Placement(37, 21), opacity=0.7, blend=mode, mask=some_mask(1))
    document = Document(WIDTH, HEIGHT, (photo(), over))
    background = document.layers[0].pixels.to_array()
    transparent = np.ones((HEIGHT, WIDTH), bool)
    transparent[21 + 90 : 21 + 190, 37 : 37 + 100] = False
    for shown in (render(document, CANVAS), on_screen(document, CANVAS)):
        assert np.array_equal(shown[transparent], background[transparent])
        assert not np.array_equal(shown, background)


def test_a_transparent_layer_keeps_its_colours_through_an_export() -> None:
    pixels = noise(WIDTH, HEIGHT, 4)
    shown = render(Document(WIDTH, HEIGHT, (make_layer("cut-out", Pixels.from_array(pixels)),)), CANVAS)
    seen = pixels[..., 3] > 0
    assert np.array_equal(shown[..., 3], pixels[..., 3])
    assert np.abs(shown[seen].astype(int) - pixels[seen]).max() <= 1
    assert not shown[~seen].any()


# How layers mix

JUMPING = ("darker color", "lighter color", "hard mix", "vivid light", "color burn", "color dodge", "divide", "hue", "saturation")


@pytest.mark.parametrize("mode", [mode for mode in BLEND_MODES if mode != "dissolve"])
def test_every_blend_mode_composes_as_the_formula_says(mode: str) -> None:
    over = layer(2, 20, -30, opacity=0.6, blend=mode)
    assert_looks_like_the_reference(Document(WIDTH, HEIGHT, (photo(1), over)), jumps=0.002 if mode in JUMPING else 0)
    assert_looks_like_the_reference(Document(WIDTH, HEIGHT, (layer(1), over)), jumps=0.004 if mode in JUMPING else 0)


def test_dissolve_shows_as_many_pixels_as_the_opacity_says_and_redraws_alike() -> None:
    black = make_layer("black", Pixels.from_array(np.full((HEIGHT, WIDTH, 4), (0, 0, 0, 255), np.uint8)))
    red = make_layer("red", Pixels.from_array(np.full((HEIGHT, WIDTH, 4), (255, 0, 0, 255), np.uint8)), opacity=0.3, blend="dissolve")
    document = Document(WIDTH, HEIGHT, (black, red))
    shown = render(document, CANVAS)
    assert set(np.unique(shown[..., 0])) == {0, 255}
    assert (shown[..., 0] == 255).mean() == pytest.approx(0.3, abs=0.01)
    assert np.array_equal(render(document, Rect(40, 50, 90, 70)), shown[50:70, 40:90])


def test_opacity_masks_and_shifts_compose_as_the_formula_says() -> None:
    layers = (
        photo(),
        layer(5, 30, 40, 120, 100, opacity=0.4, mask=some_mask(2, left=-10, top=20, default=0)),
        layer(6, -50, 100, mask=some_mask(3, left=60, top=10, default=255, linked=False)),
        layer(7, 250, 200, mask=some_mask(4, enabled=False), blend="multiply"),
        layer(8, 10, 10, visible=False),
    )
    assert_looks_like_the_reference(Document(WIDTH, HEIGHT, layers))


def test_a_pass_through_group_lets_its_children_mix_with_what_lies_below() -> None:
    children = (layer(10, 20, 20, blend="multiply"), layer(11, 60, 80, opacity=0.8, blend="screen"))
    plain = Document(WIDTH, HEIGHT, (photo(), make_group("group", children)))
    assert np.array_equal(render(plain, CANVAS), render(replace(plain, layers=(photo(), *children)), CANVAS))
    assert_looks_like_the_reference(plain)
    faded = make_group("group", children, opacity=0.5, mask=some_mask(5, left=30, top=40, default=0))
    assert_looks_like_the_reference(Document(WIDTH, HEIGHT, (photo(), faded)))


@pytest.mark.parametrize(("alpha", "below", "photoshop"), [(52, (255, 203, 203), (244, 205, 205)), (93, (255, 162, 162), (238, 168, 168)),
                                                           (118, (255, 137, 137), (199, 163, 163)), (250, (255, 5, 5), (137, 120, 121))])  # fmt: skip
def test_a_group_of_less_fill_mixes_with_what_lies_below_as_photoshop_shows_it(alpha: int, below: tuple, photoshop: tuple) -> None:
    """Pixels of a file that Photoshop wrote: cyan on "lighter color" in a group with a fill of 120 of 255, over opaque shades of red."""
    ground = make_layer("ground", Pixels.from_array(np.full((4, 4, 3), below, np.uint8)))
    child = make_layer("child", Pixels.from_array(np.full((4, 4, 4), (0, 254, 255, alpha), np.uint8)), blend="lighter color")
    seen = render(Document(4, 4, (ground, make_group("group", (child,), fill=120 / 255))), Rect(0, 0, 4, 4))[0, 0]
    assert np.abs(seen[:3].astype(int) - photoshop).max() <= 8 and seen[3] == 255


def test_in_a_group_of_less_fill_plain_layers_look_as_under_less_opacity() -> None:
    """Over opaque, half clear and clear ground; where the group has nothing, all stays as it is."""
    children = (layer(10, 20, 20, 100, 90),)
    for ground in ((photo(),), (layer(3, 10, 10, 200, 150),), ()):
        filled = render(Document(WIDTH, HEIGHT, (*ground, make_group("group", children, fill=0.4))), CANVAS)
        faded = render(Document(WIDTH, HEIGHT, (*ground, replace(children[0], opacity=0.4))), CANVAS)
        assert np.abs(filled[..., 3].astype(int) - faded[..., 3]).max() <= 1
        difference = np.abs(filled[..., :3].astype(int) - faded[..., :3]) * (faded[..., 3:] / 255)
        assert difference.max() <= 1.5
        empty = render(Document(WIDTH, HEIGHT, ground), CANVAS)
        assert np.array_equal(filled[120:], empty[120:])


def test_an_isolated_group_mixes_its_children_apart_first() -> None:
    children = (layer(12, 20, 20), layer(13, 60, 80, opacity=0.8, blend="multiply"))
    for mode in ("normal", "multiply", "luminosity"):
        group = make_group("group", children, blend=mode, opacity=0.7, mask=some_mask(6, default=255))
        assert_looks_like_the_reference(Document(WIDTH, HEIGHT, (photo(), group)), jumps=1e-5)


def test_layers_clip_to_the_one_below_them() -> None:
    base = layer(14, 40, 30, 150, 140, opacity=0.9, blend="multiply", mask=some_mask(7))
    clipped = (layer(15, 60, 0, 200, 200, clipping=True, opacity=0.6), layer(16, 0, 60, clipping=True, blend="screen"))
    document = Document(WIDTH, HEIGHT, (photo(), base, *clipped, layer(17, 200, 200)))
    assert_looks_like_the_reference(document, jumps=1e-4)
    hidden = edits.set_visible(document, base.id, False)
    assert np.array_equal(render(hidden, CANVAS), render(edits.remove(hidden, [layer.id for layer in clipped]), CANVAS))


def test_layers_clip_to_a_pass_through_group_and_to_an_isolated_one() -> None:
    children = (layer(40, 20, 20, 100, 120, blend="multiply"), layer(41, 60, 80, 150, 100))
    clip = layer(42, 0, 0, clipping=True, blend="screen", opacity=0.8)
    for mode, mask in (("pass through", None), ("pass through", some_mask(9, left=30)), ("normal", None)):
        group = make_group("group", children, blend=mode, opacity=0.7, mask=mask)
        assert_looks_like_the_reference(Document(WIDTH, HEIGHT, (photo(), group, clip)), jumps=1e-4)


# Where layers lie

TURNS = [
    (Placement(30, 40, -1, 1), lambda a: a[:, ::-1]),
    (Placement(30, 40, 1, -1), lambda a: a[::-1]),
    (Placement(30, 40, 1, 1, 180), lambda a: a[::-1, ::-1]),
    (Placement(30, 40, 1, 1, 90), lambda a: np.rot90(a, -1)),
    (Placement(30, 40, -1, 1, 270), lambda a: np.rot90(a[:, ::-1])),
]


@pytest.mark.parametrize(("placement", "turned"), TURNS)
def test_flips_and_quarter_turns_keep_every_pixel(placement: Placement, turned: object) -> None:
    pixels = noise(300, 280, 20)
    pixels[..., 3] |= 1
    array, left, top = rasterise(make_layer("turned", Pixels.from_array(pixels), placement))
    assert np.array_equal(array[..., 3], turned(pixels)[..., 3])
    assert np.abs(array.astype(int) - turned(pixels)).max() <= 1
    assert (2 * left + array.shape[1], 2 * top + array.shape[0]) == (2 * 30 + 300, 2 * 40 + 280)


def test_scaling_down_averages_what_is_seen_without_fringes() -> None:
    """White on transparent green: the green must not creep into the edge."""
    pixels = np.full((256, 256, 4), (0, 255, 0, 0), np.uint8)
    pixels[64:192, 64:192] = 255
    array, _, _ = rasterise(make_layer("white", Pixels.from_array(pixels), Placement(0, 0, 0.3, 0.3, 10)))
    seen = array[array[..., 3] > 0]
    assert (seen[:, :3] >= 254).all()
    assert seen[:, 3].sum() / 255 == pytest.approx(128 * 128 * 0.09, rel=0.02)


def test_fine_stripes_become_grey_when_scaled_far_down() -> None:
    stripes = np.zeros((512, 512, 4), np.uint8)
    stripes[..., 3] = 255
    stripes[:, ::2, :3] = 255
    array, _, _ = rasterise(make_layer("stripes", Pixels.from_array(stripes), Placement(0, 0, 0.11, 0.23)))
    inside = array[2:-2, 2:-2, :3].astype(int)
    assert np.abs(inside - 127).max() <= 2


def test_scaling_to_one_pixel_and_back_loses_nothing() -> None:
    made = layer(21)
    document = Document(WIDTH, HEIGHT, (made,))
    shrunk = edits.set_placement(document, made.id, Placement(0, 0, 1 / WIDTH, 1 / HEIGHT))
    back = edits.set_placement(shrunk, made.id, Placement())
    assert np.array_equal(render(document, CANVAS), render(back, CANVAS))


def test_a_turned_layer_has_no_seams_between_its_tiles() -> None:
    grey = np.full((700, 700, 4), (90, 90, 90, 255), np.uint8)
    document = Document(700, 700, (make_layer("grey", Pixels.from_array(grey), Placement(0, 0, 1.3, 1.3, 33)),))
    for scale in (1.0, 0.5, 0.37):
        shown = on_screen(document, Rect(200, 200, 500, 500), scale)
        assert (shown == (90, 90, 90, 255)).all()


def test_a_linked_mask_turns_with_its_layer_and_an_unlinked_one_stays() -> None:
    half = np.zeros((100, 100), np.uint8)
    half[:, :50] = 255
    solid = Pixels.from_array(np.full((100, 100, 4), 255, np.uint8))
    linked = make_layer("linked", solid, Placement(50, 50, 1, 1, 90), mask=Mask.from_array(half, default=0))
    area = mask_array(linked, Rect(50, 50, 150, 150))
    assert (area[:49] == 255).all() and (area[51:] == 0).all()  # the left half has become the upper half
    stays = replace(linked, mask=Mask.from_array(half, 50, 50, 0, linked=False))
    assert np.array_equal(mask_array(stays, Rect(50, 50, 150, 150)), half)


# How much of it is shown


def test_a_piece_is_a_cut_out_of_the_whole() -> None:
    document = Document(WIDTH, HEIGHT, (photo(), layer(30, 13, 7, blend="multiply"), layer(31, 40, 50, mask=some_mask(8))))
    whole = render(document, CANVAS)
    assert np.abs(render(document, Rect(33, 44, 155, 166)).astype(int) - whole[44:166, 33:155]).max() <= 1
    assert np.array_equal(on_screen(document, Rect(33, 44, 155, 166)), on_screen(document, CANVAS)[44:166, 33:155])
    over_the_edge = render(document, Rect(-20, -10, 50, 40))
    assert not over_the_edge[:10].any() and not over_the_edge[:, :20].any()
    assert np.abs(over_the_edge[10:, 20:].astype(int) - whole[:40, :50]).max() <= 1


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125])
def test_pieces_at_a_smaller_scale_fit_together_without_seams(scale: float) -> None:
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    smooth = np.dstack([np.add.outer(ramp // 2, ramp // 2), np.add.outer(ramp[::-1] // 2, ramp // 2), np.add.outer(ramp // 4, ramp // 4)])
    turned = make_layer("turned", Pixels.from_array(smooth), Placement(10, 10, 0.7, 0.8, 20), opacity=0.8)
    document = Document(WIDTH, HEIGHT, (photo(), layer(32, 13, 7, blend="multiply"), turned))
    whole = on_screen(document, Rect(0, 0, 256, 256), scale)
    step = 64
    for top in range(0, 256, step):
        for left in range(0, 256, step):
            piece = on_screen(document, Rect(left, top, left + step, top + step), scale)
            part = whole[round(top * scale) : round((top + step) * scale), round(left * scale) : round((left + step) * scale)]
            assert np.abs(piece.astype(int) - part).max() <= 2


@pytest.mark.parametrize("scale", (1e-12, 2.2e-313))
def test_a_layer_scaled_to_next_to_nothing_shows_nothing(scale: float) -> None:
    ground = photo()
    small = replace(layer(1), placement=Placement(5, 5, scale_x=scale))
    assert np.array_equal(render(Document(WIDTH, HEIGHT, (ground, small)), CANVAS), render(Document(WIDTH, HEIGHT, (ground,)), CANVAS))


def test_half_the_scale_shows_the_average_of_four_pixels() -> None:
    document = Document(WIDTH, HEIGHT, (photo(),))
    pixels = document.layers[0].pixels.to_array().astype(float)
    average = pixels.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 4).mean(axis=(1, 3))
    assert np.abs(render(document, CANVAS, 0.5) - average).max() <= 1
    assert render(document, CANVAS, 0.3).shape == (84, 90, 4)


def test_above_full_scale_every_pixel_is_repeated() -> None:
    document = Document(WIDTH, HEIGHT, (photo(),))
    whole = document.layers[0].pixels.to_array()
    rect = Rect(10, 20, 40, 50)
    assert np.array_equal(render(document, rect, 3), whole[20:50, 10:40].repeat(3, 0).repeat(3, 1))
    assert np.array_equal(on_screen(document, rect, 3), whole[20:50, 10:40].repeat(3, 0).repeat(3, 1))


def test_a_stroke_shows_at_every_scale_though_the_small_images_are_kept() -> None:
    made = photo()
    document = Document(WIDTH, HEIGHT, (made,))
    render(document, CANVAS, 0.5)
    painted = made.pixels.with_region(100, 120, np.full((64, 64, 4), (255, 0, 0, 255), np.uint8))
    stroke = edits.replace_node(document, replace(made, pixels=painted))
    assert (render(stroke, CANVAS, 0.5)[61:91, 51:81] == (255, 0, 0, 255)).all()
    assert not (render(document, CANVAS, 0.5)[61:91, 51:81] == (255, 0, 0, 255)).all(-1).any()


def test_a_raster_that_got_another_size_or_default_is_not_drawn_from_the_old_images() -> None:
    made = photo()
    document = Document(WIDTH, HEIGHT, (made,))
    render(document, CANVAS, 0.5)
    cut = edits.replace_node(document, replace(made, pixels=replace(made.pixels, width=200)))
    assert not render(cut, CANVAS, 0.5)[:, 128:].any()
    mask = some_mask(1)
    masked = replace(made, mask=mask, placement=Placement(0.5, 0))
    mask_array(masked, CANVAS)
    assert (mask_array(replace(masked, mask=replace(mask, default=0, lineage=mask.lineage)), CANVAS)[260:, 260:] == 0).all()


def test_nothing_can_be_rendered_too() -> None:
    document = Document(WIDTH, HEIGHT, (photo(),))
    assert render(document, Rect(5, 5, 5, 9)).shape == (4, 0, 4)
    assert render_qimage(document, Rect(5, 5, 5, 9)).isNull()


def test_a_picture_wider_than_qpainter_can_is_rendered_whole() -> None:
    long = np.random.default_rng(0).integers(0, 256, (2, 40000, 3), np.uint8)
    document = Document(40000, 2, (make_layer("long", Pixels.from_array(long)),))
    assert np.array_equal(render(document, document.rect)[..., :3], long)


def test_one_can_ask_for_some_layers_only() -> None:
    low, middle, high = photo(), layer(34, 20, 30), layer(35, 60, 10)
    document = Document(WIDTH, HEIGHT, (low, make_group("group", (middle,)), high))
    assert np.array_equal(render(document, CANVAS, only=low.id), low.pixels.to_array())
    assert np.array_equal(render(document, CANVAS, below=middle.id), render(Document(WIDTH, HEIGHT, (low, middle)), CANVAS))


def test_a_thumbnail_is_small_square_and_centred() -> None:
    wide = make_layer("wide", Pixels.from_array(np.full((100, 400, 3), 200, np.uint8)), opacity=0.2, visible=False)
    small = thumbnail(wide, 32)
    assert small.shape == (32, 32, 4)
    assert (small[12:19] == (200, 200, 200, 255)).all()
    assert not small[:12].any() and not small[20:].any()
    assert not thumbnail(make_layer("empty", Pixels.empty(10, 10)), 32).any()
    assert thumbnail(make_group("group", (wide,)), 16).shape == (16, 16, 4)


def test_a_thumbnail_shows_the_thing_not_the_room_around_it() -> None:
    array = np.zeros((200, 200, 4), np.uint8)
    array[150:190, 10:50] = 255
    array[..., 3] = np.maximum(array[..., 3], 2)  # something too faint to be seen lies everywhere
    assert (thumbnail(make_layer("thing", Pixels.from_array(array)), 32)[..., 3] > 250).all()
