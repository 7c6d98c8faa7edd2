"""What Photoshop computes when it shows a file – adjustments, layer effects, fills – arrives as pixels that look the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import ColorMode, Compression, Resource, Tag
from psd_tools.psd import PSD
from psd_tools.psd.adjustments import BrightnessContrast, ChannelMixer, ColorStop, GradientMap
from psd_tools.psd.descriptor import Bool, Descriptor, DescriptorBlock, DescriptorBlock2, Double, Enumerated, Integer, List, UnitFloat
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResource
from psd_tools.psd.layer_and_mask import LayerRecord
from psd_tools.psd.tagged_blocks import TaggedBlock
from psd_tools.terminology import Unit

from app.document.document import Document, Layer, Node, make_group, make_layer, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Mask, Pixels
from app.formats import Opened, open_with_report, save_document
from app.formats.psd.gradient import gradient
from app.render.render import render
from tests.documents import gradient as smooth
from tests.documents import shape

Change = Callable[[LayerRecord], None]


def reopened(document: Document, folder: Path, changes: dict[str, Change]) -> Opened:
    """The document through a PSD in which Photoshop, as it were, changed the records of these names."""
    path = folder / "a.psd"
    save_document(document, path)
    with open(path, "rb") as file:
        psd = PSD.read(file)
    for record, _ in psd._iter_layers():
        changes.get(record.name, lambda _record: None)(record)
    with open(path, "wb") as file:
        psd.write(file)
    return open_with_report(path)


def empty(name: str, **fields: object) -> Layer:
    return make_layer(name, Pixels.empty(0, 0), **fields)


def photo(width: int = 40, height: int = 30) -> Layer:
    return make_layer("photo", Pixels.from_array(smooth(width, height)))


def block(tag: Tag, data: object) -> Change:
    def change(record: LayerRecord) -> None:
        record.tagged_blocks[tag] = TaggedBlock(key=tag, data=data)

    return change


def inverts(record: LayerRecord) -> None:
    record.tagged_blocks.set_data(Tag.INVERT)


def seen(document: Document) -> np.ndarray:
    return render(document, document.rect).astype(int)


def named(document: Document, name: str) -> Node:
    return next(node for node, _, _ in walk(document) if node.name == name)


# Adjustments


def test_an_inverted_picture_is_inverted(tmp_path: Path) -> None:
    document = Document(40, 30, (photo(), empty("invert")))
    opened = reopened(document, tmp_path, {"invert": inverts})
    assert np.array_equal(seen(opened.document)[..., :3], 255 - smooth(40, 30).astype(int))
    assert opened.report == ("1 adjustment layer(s) became pixels; they no longer follow what lies below them.",)


def test_an_adjustment_keeps_its_mask_and_opacity(tmp_path: Path) -> None:
    mask = Mask.from_array(shape(20, 20), 5, 6, 0, linked=False)
    document = Document(40, 30, (photo(), empty("invert", mask=mask, opacity=128 / 255)))
    opened = reopened(document, tmp_path, {"invert": inverts})
    share = mask.to_array(Rect(-5, -6, 35, 24))[..., None] / 255 * (128 / 255)
    picture = smooth(40, 30).astype(float)
    assert np.abs(seen(opened.document)[..., :3] - (picture + (255 - 2 * picture) * share)).max() <= 1
    layer = named(opened.document, "invert")
    assert abs(layer.opacity - 128 / 255) < 1e-9 and layer.mask is not None
    assert (layer.pixels.width, layer.pixels.height) == (20, 20)  # nothing is kept where the mask hides it


def test_an_adjustment_that_clips_changes_only_what_it_clips_to(tmp_path: Path) -> None:
    spot = make_layer("spot", Pixels.from_array(smooth(10, 10)), Placement(4, 5))
    document = Document(40, 30, (photo(), spot, empty("invert", clipping=True)))
    opened = reopened(document, tmp_path, {"invert": inverts})
    expected = smooth(40, 30).astype(int)
    expected[5:15, 4:14] = 255 - smooth(10, 10).astype(int)
    assert np.array_equal(seen(opened.document)[..., :3], expected)


@pytest.mark.parametrize("blend", ("pass through", "normal"))
def test_an_adjustment_reaches_out_of_a_group_only_where_it_passes_through(tmp_path: Path, blend: str) -> None:
    inside = make_layer("spot", Pixels.from_array(smooth(10, 10)), Placement(4, 5))
    document = Document(40, 30, (photo(), make_group("g", (inside, empty("invert")), blend=blend)))
    opened = reopened(document, tmp_path, {"invert": inverts})
    expected = smooth(40, 30).astype(int)
    if blend == "pass through":
        expected = 255 - expected
    expected[5:15, 4:14] = 255 - smooth(10, 10).astype(int)
    assert np.array_equal(seen(opened.document)[..., :3], expected)


def test_an_adjustment_over_a_soft_edge_leaves_the_edge_as_it_is(tmp_path: Path) -> None:
    veil = np.dstack([smooth(40, 30), shape(40, 30)])
    document = Document(40, 30, (make_layer("veil", Pixels.from_array(veil)), empty("invert")))
    opened = reopened(document, tmp_path, {"invert": inverts})
    result = seen(opened.document)
    assert np.abs(result[..., 3] - veil[..., 3]).max() <= 1
    strong = veil[..., 3] > 100
    assert np.abs(result[..., :3] - (255 - veil[..., :3].astype(int)))[strong].max() <= 2


def test_old_brightness_and_contrast(tmp_path: Path) -> None:
    """0.74 x + 10.02, as Photoshop shows a file of -23 and -26."""
    data = BrightnessContrast(brightness=0x10000 - 23, contrast=0x10000 - 26, mean=127)
    opened = reopened(Document(40, 30, (photo(), empty("b"))), tmp_path, {"b": block(Tag.BRIGHTNESS_AND_CONTRAST, data)})
    assert np.abs(seen(opened.document)[..., :3] - (0.74 * smooth(40, 30) + 10.02)).max() <= 1


def test_a_channel_mixer_adds_channels_in_percent(tmp_path: Path) -> None:
    data = ChannelMixer(version=1, monochrome=1, data=[40, 60, 0, 0, -10])
    opened = reopened(Document(40, 30, (photo(), empty("m"))), tmp_path, {"m": block(Tag.CHANNEL_MIXER, data)})
    picture = smooth(40, 30).astype(float)
    grey = np.clip(0.4 * picture[..., 0] + 0.6 * picture[..., 1] - 25.5, 0, 255)
    assert np.abs(seen(opened.document)[..., :3] - grey[..., None]).max() <= 1


def test_a_gradient_map_colours_by_luminance(tmp_path: Path) -> None:
    """From blue to yellow: 0.3 red + 0.59 green + 0.11 blue says how far."""
    stops = [ColorStop(0, 50, 0, (0, 0, 65535, 0)), ColorStop(4096, 50, 0, (65535, 65535, 0, 0))]
    data = GradientMap(color_stops=stops, transparency_stops=[], minimum_color=[0] * 4, maximum_color=[0] * 4)
    opened = reopened(Document(40, 30, (photo(), empty("map"))), tmp_path, {"map": block(Tag.GRADIENT_MAP, data)})
    far = smooth(40, 30).astype(float) @ (0.3, 0.59, 0.11)
    assert np.abs(seen(opened.document)[..., :3] - np.dstack([far, far, 255 - far])).max() <= 1


def test_an_adjustment_that_nobody_can_compute_is_named(tmp_path: Path) -> None:
    vibrance = block(Tag.VIBRANCE, DescriptorBlock(classID=b"null"))
    opened = reopened(Document(40, 30, (photo(), empty("v"))), tmp_path, {"v": vibrance})
    assert [layer.name for layer in opened.document.layers] == ["photo"]
    assert opened.report == ("Left out, so the picture may look different: vibrance.",)


# Effects


def described(class_id: bytes, items: dict[bytes, object], kind: type[Descriptor] = Descriptor) -> Descriptor:
    made = kind(classID=class_id)
    for key, value in items.items():
        made[key] = value
    return made


def color(red: float, green: float, blue: float) -> Descriptor:
    return described(b"RGBC", {b"Rd  ": Double(red), b"Grn ": Double(green), b"Bl  ": Double(blue)})


def effect(class_id: bytes, mode: bytes, opacity: float, **more: object) -> Descriptor:
    common = {b"enab": Bool(True), b"present": Bool(True), b"Md  ": Enumerated(b"BlnM", mode), b"Opct": UnitFloat(opacity, Unit.Percent)}
    return described(class_id, common | {key.ljust(4).encode(): value for key, value in more.items()})


def pixels(value: float) -> UnitFloat:
    return UnitFloat(value, Unit.Pixels)


def styled(*effects: tuple[bytes, Descriptor], fill: int = 255) -> Change:
    def change(record: LayerRecord) -> None:
        data = described(b"null", {b"masterFXSwitch": Bool(True), **dict(effects)}, DescriptorBlock2)
        data.version = 0
        block(Tag.OBJECT_BASED_EFFECTS_LAYER_INFO, data)(record)
        record.tagged_blocks.set_data(Tag.BLEND_FILL_OPACITY, fill)

    return change


def white_with_spot() -> Document:
    white = make_layer("white", Pixels.from_array(np.full((40, 50, 3), 255, np.uint8)))
    return Document(50, 40, (white, make_layer("spot", Pixels.from_array(smooth(12, 10)), Placement(20, 15))))


OVERLAY = (b"SoFi", effect(b"SoFi", b"Nrml", 100, Clr=color(255, 128, 0)))


@pytest.mark.parametrize("fill", (255, 0))
def test_a_colour_overlay_covers_the_layer_whatever_its_fill(tmp_path: Path, fill: int) -> None:
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled(OVERLAY, fill=fill)})
    expected = np.full((40, 50, 3), 255)
    expected[15:25, 20:32] = (255, 128, 0)
    assert np.array_equal(seen(opened.document)[..., :3], expected)
    assert opened.report == ("The effects of 1 layer(s) became pixels; shadows and glows are near to Photoshop's, not the same.",)


def test_the_layer_under_an_overlay_stays_as_it_was(tmp_path: Path) -> None:
    """As Photoshop's own "Create Layers": the overlay clips to it and can be thrown away."""
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled(OVERLAY)})
    names = [(layer.name, layer.clipping) for layer in opened.document.layers]
    assert names == [("white", False), ("spot", False), ("spot's Color Fill", True)]
    assert np.array_equal(named(opened.document, "spot").pixels.to_array()[..., :3], smooth(12, 10))


def test_a_hard_shadow_falls_away_from_the_light(tmp_path: Path) -> None:
    """Light from the upper left at 135°, 8 pixels: 6 to the right and 6 down, under the layer."""
    shadow = effect(
        b"DrSh", b"Mltp", 50, Clr=color(0, 0, 0), uglg=Bool(False), lagl=UnitFloat(135, Unit.Angle), Dstn=pixels(8), Ckmt=pixels(0),
        blur=pixels(0), layerConceals=Bool(True),
    )  # fmt: skip
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled((b"DrSh", shadow))})
    expected = np.full((40, 50, 3), 255)
    expected[21:31, 26:38] = 128
    expected[15:25, 20:32] = smooth(12, 10)
    assert np.abs(seen(opened.document)[..., :3] - expected).max() <= 1
    assert opened.document.layers[1].name == "spot's Drop Shadow" and opened.document.layers[1].blend == "multiply"


def test_a_soft_shadow_fades_evenly(tmp_path: Path) -> None:
    shadow = effect(b"DrSh", b"Nrml", 100, Clr=color(0, 0, 0), Dstn=pixels(0), Ckmt=pixels(0), blur=pixels(6), layerConceals=Bool(True))
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled((b"DrSh", shadow))})
    beside = seen(opened.document)[20, 32:44, 0]
    assert 100 < beside[0] < 200 and beside[-1] == 255 and (np.diff(beside) >= 0).all()


@pytest.mark.parametrize(("style", "inner", "outer"), ((b"OutF", 0, 3), (b"InsF", 3, 0)))
def test_a_stroke_lies_beside_the_edge_it_follows(tmp_path: Path, style: bytes, inner: int, outer: int) -> None:
    stroke = effect(
        b"FrFX", b"Nrml", 100, Styl=Enumerated(b"FStl", style), PntT=Enumerated(b"FrFl", b"SClr"), Clr=color(0, 0, 255),
        **{"Sz": pixels(3)},
    )  # fmt: skip
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled((b"FrFX", stroke))})
    row = seen(opened.document)[20, :, :3]
    blue = (np.abs(row - (0, 0, 255)).max(axis=1) <= 1).nonzero()[0].tolist()
    assert blue == [*range(20 - outer, 20 + inner), *range(32 - inner, 32 + outer)]


def test_an_effect_that_is_switched_off_is_not_drawn(tmp_path: Path) -> None:
    hidden = effect(b"SoFi", b"Nrml", 100, Clr=color(255, 0, 0))
    hidden[b"enab"] = Bool(False)
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled((b"SoFi", hidden), fill=128)})
    assert len(opened.document.layers) == 2 and opened.report == ()
    assert abs(named(opened.document, "spot").opacity - 128 / 255) < 1e-9


def test_effects_that_cannot_be_drawn_are_named_and_the_others_are_drawn(tmp_path: Path) -> None:
    bevel = effect(b"ebbl", b"Nrml", 100)
    colourless = effect(b"IrSh", b"Mltp", 75, Dstn=pixels(3))
    opened = reopened(white_with_spot(), tmp_path, {"spot": styled((b"ebbl", bevel), (b"IrSh", colourless), OVERLAY)})
    assert "spot's Color Fill" in [layer.name for layer in opened.document.layers]
    assert opened.report[-1] == "Left out, so the picture may look different: BevelEmboss, InnerShadow."


def test_a_shadow_larger_than_all_bounds_is_left_out(tmp_path: Path) -> None:
    far = effect(b"DrSh", b"Nrml", 100, Clr=color(0, 0, 0), lagl=UnitFloat(180, Unit.Angle), Dstn=pixels(1e30), blur=pixels(1e30))
    wide = replace(white_with_spot(), layers=(make_layer("spot", Pixels.from_array(smooth(12, 3000)), Placement(20, 15)),))
    opened = reopened(wide, tmp_path, {"spot": styled((b"DrSh", far))})
    assert opened.report[-1] == "Left out, so the picture may look different: DropShadow."


# Gradients and fills


def ramp(angle: float, *, reverse: bool = False, smoothness: float = 0, midpoint: int = 50, kind: bytes = b"Lnr ") -> Descriptor:
    stops = [
        described(b"Clrt", {b"Clr ": color(level, level, level), b"Lctn": Integer(place), b"Mdpn": Integer(middle)})
        for level, place, middle in ((0, 0, 50), (255, 4096, midpoint))
    ]
    colors = described(b"Grdn", {b"GrdF": Enumerated(b"GrdF", b"CstS"), b"Intr": Double(smoothness), b"Clrs": List(stops)})
    return described(
        b"GrFl",
        {
            b"Grad": colors,
            b"Angl": UnitFloat(angle, Unit.Angle),
            b"Type": Enumerated(b"GrdT", kind),
            b"Rvrs": Bool(reverse),
            b"Scl ": UnitFloat(100, Unit.Percent),
        },
    )


BOX = Rect(10, 20, 110, 70)


def grey(descriptor: Descriptor) -> np.ndarray:
    """(50, 100) in [0, 1]."""
    colors, opacity = gradient(descriptor, ColorMode.RGB, BOX, BOX)
    assert (opacity == 1).all()
    return colors[..., 0]


def test_a_gradient_runs_along_its_angle_from_edge_to_edge() -> None:
    along = (np.arange(100) + 0.5) / 100
    up = (np.arange(50)[::-1] + 0.5) / 50
    assert np.abs(grey(ramp(0)) - along[None, :]).max() < 2e-3
    assert np.abs(grey(ramp(90)) - up[:, None]).max() < 2e-3
    assert np.abs(grey(ramp(0, reverse=True)) - (1 - along)[None, :]).max() < 2e-3
    corner = grey(ramp(45))
    assert corner[-1, 0] < 0.02 and corner[0, -1] > 0.98 and abs(corner[24:26, 49:51].mean() - 0.5) < 2e-3


def test_a_midpoint_moves_the_middle_and_smoothness_bends_the_ends() -> None:
    shifted = grey(ramp(0, midpoint=25))[0]
    assert abs(shifted[24:26].mean() - 0.5) < 0.01 and shifted[0] < 0.02 and shifted[-1] > 0.98
    smooth_one, straight = grey(ramp(0, smoothness=4096))[0], grey(ramp(0))[0]
    assert (smooth_one[:49] < straight[:49]).all() and (smooth_one[51:] > straight[51:]).all()
    assert abs(smooth_one[20] - 0.141) < 0.004  # as in a file of Photoshop's: 0.138 of the way at 0.201, 0.173 at 0.23


def test_a_radial_gradient_is_round() -> None:
    values = grey(ramp(0, kind=b"Rdl "))
    assert values[25, 50] < 0.02 and values[25, 0] > 0.98 and abs(values[25, 74] - values[0, 50]) < 0.02


def test_a_fill_without_pixels_is_painted_over_the_canvas(tmp_path: Path) -> None:
    fill = block(Tag.SOLID_COLOR_SHEET_SETTING, described(b"null", {b"Clr ": color(10, 20, 30)}, DescriptorBlock))
    opened = reopened(Document(40, 30, (photo(), empty("fill", opacity=1.0))), tmp_path, {"fill": fill})
    assert (seen(opened.document)[..., :3] == (10, 20, 30)).all()
    assert opened.report == ("1 fill or shape layer(s) became pixels.",)


def test_a_gradient_without_pixels_is_painted_over_any_canvas(tmp_path: Path) -> None:
    """More rows than are painted at a time."""
    settings = described(b"null", dict(ramp(90).items()), DescriptorBlock)
    opened = reopened(Document(8, 1100, (photo(8, 1100), empty("fill"))), tmp_path, {"fill": block(Tag.GRADIENT_FILL_SETTING, settings)})
    up = (np.arange(1100)[::-1] + 0.5) / 1100 * 255
    assert np.abs(seen(opened.document)[:, 4, 0] - up).max() <= 1


def test_what_lies_beside_the_layers_is_told(tmp_path: Path) -> None:
    save_document(Document(40, 30, (photo(),)), tmp_path / "a.psd")
    with open(tmp_path / "a.psd", "rb") as file:
        psd = PSD.read(file)
    psd.header.channels = 5
    raw = b"".join(np.concatenate([np.moveaxis(smooth(40, 30), -1, 0), np.zeros((2, 30, 40), np.uint8)]))
    psd.image_data = ImageData(Compression.RAW, raw)
    psd.image_resources[Resource.PATH_INFO_0] = ImageResource(key=Resource.PATH_INFO_0, data=b"")
    with open(tmp_path / "a.psd", "wb") as file:
        psd.write(file)
    assert open_with_report(tmp_path / "a.psd").report == ("Not kept: 2 alpha channel(s), 1 path(s).",)


def test_in_cmyk_adjustments_and_effects_are_left_out_and_named(tmp_path: Path) -> None:
    """Nothing here computes in inks."""
    image = PSDImage.new("CMYK", (30, 20))
    for name in ("ink", "spot", "invert"):
        image.create_pixel_layer(Image.fromarray(smooth(30, 20)).convert("CMYK"), name=name, top=0, left=0)
    styled(OVERLAY, fill=128)(image[1]._record)
    inverts(image[2]._record)
    image.save(tmp_path / "a.psd")
    opened = open_with_report(tmp_path / "a.psd")
    assert [layer.name for layer in opened.document.layers] == ["ink", "spot"]
    assert abs(opened.document.layers[1].opacity - 128 / 255) < 1e-9
    assert opened.report[-1] == "Left out, so the picture may look different: ColorOverlay, invert."
