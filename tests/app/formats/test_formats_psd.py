"""A PSD holds the layers as they are, an exact merged picture beside them, and says what it had to change."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import Compression, Resource, Tag
from psd_tools.psd import PSD

from app.document.document import Document, Group, Guide, Layer, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import FileError
from app.formats import losses, open_document, open_with_report, save_document
from app.formats.color import SRGB
from app.formats.psd.read import merged_pixels
from app.render.blend import BLEND_MODES
from app.render.render import render
from tests.documents import flat_document, full_document, gradient, noise, same_raster, shape
from tests.strategies import documents, shifts


def structure(path: Path) -> PSD:
    with open(path, "rb") as file:
        return PSD.read(file)


def over_white(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) float of (h, w, 3 or 4) uint8."""
    colors = pixels[..., :3].astype(float)
    return colors if pixels.shape[2] == 3 else colors * (pixels[..., 3:] / 255) + 255 * (1 - pixels[..., 3:] / 255)


@pytest.fixture(params=("psd", "psb"))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"scene.{request.param}"


def test_layers_come_back_as_they_were(path: Path) -> None:
    document = full_document()
    save_document(document, path)
    again = open_document(path)
    for name in ("width", "height", "dpi", "guides"):
        assert getattr(again, name) == getattr(document, name)
    before, after = list(walk(document)), list(walk(again))
    assert [(n.name, d, type(n)) for n, d, _ in after] == [(n.name, d, type(n)) for n, d, _ in before]
    for (old, _, _), (new, _, _) in zip(before, after, strict=True):
        for name in ("blend", "visible", "locked", "clipping", "color_tag"):
            assert getattr(new, name) == getattr(old, name), f"{old.name}: {name}"
        assert abs(new.opacity - old.opacity) <= 0.5 / 255
        assert (new.mask is None) == (old.mask is None)
        if isinstance(old, Group):
            assert new.collapsed == old.collapsed
        elif old.placement.is_identity_shift:
            assert new.placement == old.placement
            assert same_raster(new.pixels, old.pixels)


def test_the_picture_looks_the_same_after_a_round_trip(path: Path) -> None:
    """Turned layers are resampled and opacities rounded; all else is exact."""
    document = full_document()
    save_document(document, path)
    again = open_document(path)
    error = np.abs(over_white(render(again, again.rect)) - over_white(render(document, document.rect)))
    assert error.mean() < 0.2 and error.max() <= 12


@settings(max_examples=20)
@given(document=documents(where=shifts, linked=st.just(True)))
def test_any_document_comes_back_as_far_as_a_psd_can_hold_it(document: Document, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "a.psd"
    save_document(replace(document, profile=None), path)
    again = open_document(path)
    before = list(walk(document))
    if not before:
        return
    for (old, depth, _), (new, new_depth, _) in zip(before, walk(again), strict=True):
        assert new.name == old.name.replace("\0", "") and new_depth == depth
        for name in ("blend", "visible", "locked", "clipping", "color_tag"):
            assert getattr(new, name) == getattr(old, name), name
        if isinstance(old, Layer):
            assert new.placement == old.placement and same_raster(new.pixels, old.pixels)
    if "dissolve" not in {node.blend for node, _, _ in before}:  # there a level more in opacity is a pixel more or less
        error = np.abs(over_white(render(again, again.rect)) - over_white(render(document, document.rect)))
        assert error.mean() < 1


def test_the_merged_picture_is_the_canvas(path: Path) -> None:
    document = full_document()
    save_document(document, path)
    merged = merged_pixels(structure(path))
    assert np.abs(over_white(merged) - over_white(render(document, document.rect))).max() <= 1


def test_an_unlinked_mask_stays_unlinked(path: Path) -> None:
    mask = Mask.from_array(shape(40, 30), 7, -4, 0, linked=False)
    layer = make_layer("l", Pixels.from_array(noise(60, 50)), Placement(-20, 15), mask=mask)
    save_document(Document(100, 80, (layer,)), path)
    assert same_raster(open_document(path).layers[0].mask, mask)


def test_masks_keep_their_place_and_values(path: Path) -> None:
    mask = Mask.from_array(shape(40, 30), 7, -4, 0)
    layer = make_layer("l", Pixels.from_array(noise(60, 50)), Placement(-20, 15), mask=mask)
    group = make_group("g", (layer,), mask=Mask.from_array(shape(50, 50), 3, 9, 255, linked=False, enabled=False))
    save_document(Document(100, 80, (group,)), path)
    again = open_document(path).layers[0]
    assert isinstance(again, Group)
    assert same_raster(again.mask, group.mask)
    assert same_raster(again.children[0].mask, mask)


@pytest.mark.parametrize("default", (1, 64, 90, 191, 254))
def test_a_mask_that_shows_something_everywhere_is_a_mask_of_less_density(path: Path, default: int) -> None:
    """A PSD knows only 0 and 255 beyond a mask; Photoshop's density makes the rest of it."""
    mask = Mask.from_array(np.maximum(shape(40, 30), default), 7, -4, default)
    layer = make_layer("l", Pixels.from_array(noise(60, 50)), Placement(-20, 15), mask=mask)
    save_document(Document(100, 80, (layer,)), path)
    assert same_raster(open_document(path).layers[0].mask, mask)
    (record, _), *_ = structure(path)._iter_layers()
    assert record.mask_data.parameters.user_mask_density == 255 - default


@pytest.mark.parametrize("default", (0, 90, 255))
def test_a_mask_may_have_any_value_outside(tmp_path: Path, default: int) -> None:
    """Also one that is lighter outside than inside, for which there is no density: it is written out."""
    layer = make_layer("l", Pixels.from_array(gradient(60, 50)), Placement(5, 5), mask=Mask.from_array(shape(20, 20), 10, 10, default))
    document = Document(70, 60, (layer,))
    save_document(document, tmp_path / "a.psd")
    again = open_document(tmp_path / "a.psd")
    assert np.abs(render(again, again.rect).astype(int) - render(document, document.rect)).max() <= 1


def test_a_transparent_document_says_so_as_photoshop_does(tmp_path: Path) -> None:
    """Four channels over white, a negative layer count, an alpha named Transparency."""
    layer = make_layer("veil", Pixels.from_array(noise(60, 40)))
    save_document(Document(60, 40, (layer,)), tmp_path / "a.psd")
    psd = structure(tmp_path / "a.psd")
    assert psd.header.channels == 4 and psd.layer_and_mask_information.layer_info.layer_count == -1
    assert list(psd.image_resources.get_data(Resource.ALPHA_IDENTIFIERS)) == [0]
    assert list(psd.image_resources.get_data(Resource.ALPHA_NAMES_PASCAL)) == ["Transparency"]
    red, _, _, alpha = (np.frombuffer(plane, np.uint8) for plane in psd.image_data.get_data(psd.header))
    assert (red[alpha == 0] == 255).all()


def test_an_opaque_document_has_three_channels(tmp_path: Path) -> None:
    save_document(flat_document(), tmp_path / "a.psd")
    psd = structure(tmp_path / "a.psd")
    assert psd.header.channels == 3 and psd.layer_and_mask_information.layer_info.layer_count == 1


def test_what_photoshop_looks_for_is_there(path: Path) -> None:
    save_document(full_document(), path)
    psd = structure(path)
    found = psd.image_resources
    assert found.get_data(Resource.ICC_PROFILE) == SRGB
    assert found.get_data(Resource.VERSION_INFO).has_composite
    thumbnail = found.get_data(Resource.THUMBNAIL_RESOURCE)
    assert max(thumbnail.width, thumbnail.height) == 160 and thumbnail.data.startswith(b"\xff\xd8")
    records = psd.layer_and_mask_information.layer_info.layer_records
    ids = [record.tagged_blocks.get_data(Tag.LAYER_ID) for record in records]
    assert len(set(ids)) == len(ids) and min(ids) > 0
    assert all(record.tagged_blocks.get_data(Tag.UNICODE_LAYER_NAME) for record in records)


def test_only_generated_layers_are_declared_and_prompts_stay_at_home(tmp_path: Path) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    written = (tmp_path / "a.psd").read_bytes()
    assert b"compositeWithTrainedAlgorithmicMedia" in written and b"a red mug" not in written
    save_document(flat_document(), tmp_path / "b.psd")
    assert b"compositeWithTrainedAlgorithmicMedia" not in (tmp_path / "b.psd").read_bytes()


def test_the_report_names_what_is_changed(tmp_path: Path) -> None:
    report = " ".join(losses(full_document(), tmp_path / "a.psd"))
    assert "“turned”" in report and "Recipes" in report and "unlinked" not in report
    above = replace(flat_document(), guides=(Guide(True, -3.0),))
    assert "Guides left" in " ".join(losses(above, tmp_path / "a.psd"))
    between = replace(flat_document(), guides=(Guide(True, 1 / 3),))
    assert "32nd" in " ".join(losses(between, tmp_path / "a.psd"))
    photo = flat_document().layers[0]
    inside_out = replace(photo, name="odd\0", seen_by_engine=False, mask=Mask.from_array(np.zeros((9, 9), np.uint8), default=90))
    told = " ".join(losses(replace(flat_document(), layers=(inside_out,)), tmp_path / "a.psd"))
    assert "outside than inside" in told and "characters" in told and "engine" in told
    assert losses(flat_document(), tmp_path / "a.psd") == []


def test_psd_tools_renders_every_blend_mode_as_the_merged_picture(tmp_path: Path) -> None:
    """psd-tools' own formulas agree with Photoshop's on every mode but dissolve."""
    for mode in BLEND_MODES:
        if mode == "dissolve":
            continue
        ground = make_layer("ground", Pixels.from_array(gradient(48, 32)))
        layer = make_layer(mode, Pixels.from_array(noise(40, 30, 8)), Placement(-5, 6), blend=mode, opacity=200 / 255)
        save_document(Document(48, 32, (ground, layer)), tmp_path / "a.psd")
        psd = PSDImage.open(tmp_path / "a.psd")
        assert psd[1].blend_mode.name.lower().replace("_", " ") == mode
        theirs = np.asarray(psd.composite(force=True).convert("RGB")).astype(float)
        assert np.abs(theirs - merged_pixels(structure(tmp_path / "a.psd"))).mean() < 0.6, mode


def test_names_of_all_kinds(tmp_path: Path) -> None:
    names = ("", "a" * 300, "日本語 レイヤー", "🐶🐶", "a/b\\c", "line\nbreak", "\ud800 half", "\0null")
    layers = tuple(make_layer(name, Pixels.from_array(gradient(4, 4))) for name in names)
    save_document(Document(8, 8, layers), tmp_path / "a.psd")
    again = [layer.name for layer in open_document(tmp_path / "a.psd").layers]
    assert again[:6] == list(names[:6])
    assert again[6:] == ["? half", "null"]


def test_empty_documents_and_layers(path: Path) -> None:
    save_document(Document(5, 7, ()), path)
    assert (open_document(path).width, open_document(path).height) == (5, 7)
    nodes = (make_group("nothing", ()), make_layer("empty", Pixels.empty(0, 0)), make_layer("clear", Pixels.empty(5, 5)))
    save_document(Document(5, 7, nodes), path)
    assert [node.name for node in open_document(path).layers] == ["nothing", "empty", "clear"]


def test_more_than_thirty_thousand_pixels_make_a_psb(tmp_path: Path) -> None:
    document = Document(30_100, 2, (make_layer("line", Pixels.from_array(gradient(30_100, 2))),))
    save_document(document, tmp_path / "a.psd")
    assert structure(tmp_path / "a.psd").header.version == 2
    assert any("PSB" in sentence for sentence in losses(document, tmp_path / "a.psd"))
    assert open_document(tmp_path / "a.psd").width == 30_100


def test_a_saved_file_is_the_same_each_time(tmp_path: Path) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    save_document(full_document(), tmp_path / "b.psd")
    assert (tmp_path / "a.psd").read_bytes() == (tmp_path / "b.psd").read_bytes()


def test_damaged_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.psd"
    save_document(full_document(64, 48), path)
    whole = path.read_bytes()
    for length in (3, 10, 30, 300, 5000, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError) as caught:
            open_document(path)
        assert caught.value.sentence
    random = np.random.default_rng(2)
    for _ in range(60):  # any answer but a crash
        scrambled = bytearray(whole)
        for place in random.integers(0, min(len(whole), 20_000), 4):
            scrambled[place] = random.integers(256)
        path.write_bytes(bytes(scrambled))
        try:
            open_document(path)
        except FileError as error:
            assert error.sentence


@pytest.mark.parametrize("compression", (Compression.RLE, Compression.RAW))
def test_damaged_rows_are_black_and_the_others_are_kept(tmp_path: Path, compression: Compression) -> None:
    picture = np.repeat(np.arange(60, dtype=np.uint8)[:, None, None], 50, axis=1).repeat(3, axis=2)
    save_document(Document(50, 60, (make_layer("l", Pixels.from_array(picture)),)), tmp_path / "a.psd")
    psd = structure(tmp_path / "a.psd")
    (_, channels), *_ = psd._iter_layers()
    assert channels[1].compression is Compression.RLE  # of the red channel
    if compression is Compression.RLE:
        table = 2 * 60
        row = (len(channels[1].data) - table) // 60
        at = table + 20 * row
        channels[1].data = channels[1].data[:at] + b"\x7f" * row + channels[1].data[at + row :]
        damaged = slice(20, 21)
    else:
        channels[1].compression, channels[1].data = Compression.RAW, picture[:45, :, 0].tobytes()
        damaged = slice(45, 60)
    with open(tmp_path / "a.psd", "wb") as file:
        psd.write(file)
    opened = open_with_report(tmp_path / "a.psd")
    expected = picture.copy()
    expected[damaged, :, 0] = 0
    assert np.array_equal(opened.document.layers[0].pixels.to_array()[..., :3], expected)
    assert opened.report == ("Some pixels in the file are damaged and were left black.",)


@pytest.mark.parametrize("mode", ("CMYK", "L"))
def test_files_in_other_colour_modes_become_rgb_and_say_so(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(gradient(30, 20)).convert(mode)
    psd = PSDImage.new("CMYK" if mode == "CMYK" else "L", (30, 20))
    psd.create_pixel_layer(picture, name="ink", top=0, left=0)
    psd.save(tmp_path / "a.psd")
    opened = open_with_report(tmp_path / "a.psd")
    layer = opened.document.layers[-1]
    assert layer.name == "ink" and np.array_equal(layer.pixels.to_array()[..., :3], np.asarray(picture.convert("RGB")))
    assert any("CMYK" in sentence or "became RGB" in sentence for sentence in opened.report)


def test_a_huge_canvas_in_a_small_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.psb"
    save_document(flat_document(), path)
    data = bytearray(path.read_bytes())
    data[14:22] = struct.pack(">II", 250_000, 250_000)
    path.write_bytes(bytes(data))
    with pytest.raises(FileError, match="250,000"):
        open_document(path)


def test_a_file_that_is_opened_is_never_written(tmp_path: Path) -> None:
    """Opening leaves the file alone."""
    save_document(flat_document(), tmp_path / "a.psd")
    before = (tmp_path / "a.psd").read_bytes()
    os.chmod(tmp_path / "a.psd", 0o444)
    open_document(tmp_path / "a.psd")
    assert (tmp_path / "a.psd").read_bytes() == before
