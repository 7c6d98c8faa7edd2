"""Saving a PSD again and again: small, quick, and with layers that can still be turned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from imagecodecs import packbits_decode, packbits_encode
from psd_tools import PSDImage
from psd_tools.compression import rle_impl
from psd_tools.constants import Compression, Tag
from psd_tools.psd import PSD

from app.document.document import Document, Layer, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import FileError
from app.formats import Encoding, open_document, open_with_report, save_document
from app.formats.psd import read as psd_read
from app.formats.psd import stream as psd_stream
from app.formats.psd import write as psd_write
from app.formats.psd.read import merged_pixels
from app.render.render import render
from tests.documents import flat_document, full_document, gradient, noise, same_raster, shape

TURNED = Placement(30.5, 20.25, 1.5, -0.75, 30.0, 10.0)


def structure(path: Path) -> PSD:
    with open(path, "rb") as file:
        return PSD.read(file)


def compressions(path: Path) -> list[list[Compression]]:
    return [[data.compression for data in channels] for _, channels in structure(path)._iter_layers()]


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The shapes of all layer channels that are encoded from here on."""
    seen: list[tuple[int, int]] = []
    encode = psd_stream._encoded

    def watched(values: np.ndarray, kind: object) -> object:
        seen.append(values.shape)
        return encode(values, kind)

    monkeypatch.setattr(psd_stream, "_encoded", watched)
    return seen


def two_layers() -> Document:
    ground = make_layer("ground", Pixels.from_array(noise(300, 280)), mask=Mask.from_array(shape(40, 30), 3, 4, 0))
    return Document(320, 300, (ground, make_layer("sky", Pixels.from_array(gradient(310, 290)))))


def test_only_what_changed_is_encoded_again(tmp_path: Path, encodings: list) -> None:
    """The other channels are copied from the file that is replaced."""
    first = two_layers()
    save_document(first, tmp_path / "a.psd")
    assert len(encodings) == 9
    painted = replace(first.layers[1], pixels=first.layers[1].pixels.with_region(5, 6, noise(20, 20)))
    second = replace(first, layers=(replace(first.layers[0], opacity=0.5, name="earth"), painted))
    encodings.clear()
    save_document(second, tmp_path / "a.psd")
    assert encodings == [(290, 310)] * 4
    fresh = Document(320, 300, tuple(replace(layer, pixels=Pixels.from_array(layer.pixels.to_array())) for layer in second.layers))
    save_document(fresh, tmp_path / "fresh.psd")
    assert (tmp_path / "a.psd").read_bytes() == (tmp_path / "fresh.psd").read_bytes()


def test_a_file_that_another_program_changed_is_not_copied_from(tmp_path: Path, encodings: list) -> None:
    document = two_layers()
    save_document(document, tmp_path / "a.psd")
    before = (tmp_path / "a.psd").read_bytes()
    (tmp_path / "a.psd").write_bytes(bytes(len(before) + 1))
    encodings.clear()
    save_document(document, tmp_path / "a.psd")
    assert len(encodings) == 9 and (tmp_path / "a.psd").read_bytes() == before
    (tmp_path / "a.psd").unlink()
    save_document(document, tmp_path / "b.psd")
    assert (tmp_path / "b.psd").read_bytes() == before


def test_channels_of_a_psd_are_not_copied_into_a_psb(tmp_path: Path, encodings: list) -> None:
    """The lengths of their rows have another size there."""
    document = two_layers()
    save_document(document, tmp_path / "a.psd")
    encodings.clear()
    save_document(document, tmp_path / "a.psb")
    assert len(encodings) == 9
    assert same_raster(open_document(tmp_path / "a.psb").layers[1].pixels, document.layers[1].pixels)


@pytest.mark.parametrize("run", (1, 2, 15, 40, 127, 128, 129, 300, 5000))
def test_rows_of_long_runs_are_packed_as_any_reader_unpacks_them(run: int) -> None:
    """Single bytes, runs longer than one code holds, runs that end with the row; by the way for long runs and by the other."""
    values = (np.arange(700) // run % 251).astype(np.uint8)[None, :].repeat(300, axis=0)
    values[7:9, ::100] ^= 1
    values[250] = np.arange(700)
    counts, packed = psd_stream._rows(values, 2)
    ends = np.cumsum(np.frombuffer(counts, ">u4"))
    rows = [packed[end - count : end] for count, end in zip(np.frombuffer(counts, ">u4"), ends, strict=True)]
    assert ends[-1] == len(packed)
    for row, codes in zip(values, rows, strict=True):
        assert rle_impl.decode(codes, 700) == packbits_decode(codes) == row.tobytes()
    assert len(packed) <= 1.2 * sum(len(packbits_encode(row)) for row in values)


def test_what_does_not_shrink_is_written_raw(tmp_path: Path) -> None:
    grain = np.random.default_rng(1).integers(0, 256, (64, 64, 4), np.uint8)
    grain[..., 3] = 255
    save_document(Document(64, 64, (make_layer("grain", Pixels.from_array(grain)),)), tmp_path / "a.psd")
    assert compressions(tmp_path / "a.psd") == [[Compression.RLE, Compression.RAW, Compression.RAW, Compression.RAW]]
    assert np.array_equal(open_document(tmp_path / "a.psd").layers[0].pixels.to_array(), grain)


def test_a_document_beyond_two_gigabytes_needs_a_psb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psd_stream, "_LARGEST_PSD", 10_000)
    with pytest.raises(FileError, match="2 GB"):
        save_document(two_layers(), tmp_path / "a.psd")
    assert not list(tmp_path.glob("*.psd"))
    save_document(two_layers(), tmp_path / "a.psb")


def sparse() -> Document:
    """Layers of the canvas's size with a tile of something each; a group's mask of the same kind."""
    size, layers = 2000, []
    for number in range(3):
        pixels = Pixels.empty(size, size).with_region(500 * number, 1500 - 500 * number, noise(200, 200, number))
        mask = Mask.from_array(np.full((size, size), 255, np.uint8)).with_region(550, 1050, shape(60, 60)) if number == 1 else None
        layers.append(make_layer(f"layer {number}", pixels, Placement(-3, 4), mask=mask))
    hidden = Mask.from_array(np.zeros((size, size), np.uint8), default=0, linked=False).with_region(0, 1200, shape(800, 700))
    return Document(size, size, (make_group("group", tuple(layers[:2]), mask=hidden), layers[2]))


def test_layers_with_much_empty_room_are_cut_where_no_reader_would_take_them_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = sparse()
    save_document(document, tmp_path / "whole.psd")
    assert open_document(tmp_path / "whole.psd").layers[1].pixels.width == 2000
    monkeypatch.setattr(psd_write, "MOST_PIXELS_IN_LAYERS", 1 << 20)
    monkeypatch.setattr(psd_read, "MOST_PIXELS_IN_LAYERS", 2000 * 2000)
    monkeypatch.setattr(psd_read, "MOST_PIXELS", 1 << 20)  # the canvas may be larger: the merged picture is not unpacked
    with pytest.raises(FileError, match="more than"):
        open_document(tmp_path / "whole.psd")
    save_document(document, tmp_path / "cut.psd")
    again = open_document(tmp_path / "cut.psd")
    assert [node.pixels.width * node.pixels.height <= 512 * 512 for node in again.layers[0].children] == [True, True]
    assert np.array_equal(render(again, document.rect), render(document, document.rect))


def test_a_document_that_even_downstage_cannot_open_again_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(psd_write, "MOST_PIXELS_IN_LAYERS", 1 << 16)
    assert any("Downstage" in sentence for sentence in psd_write.losses(sparse(), tmp_path / "a.psd"))
    monkeypatch.setattr(psd_write, "MOST_PIXELS_IN_LAYERS", 1 << 20)
    assert not any("Downstage" in sentence for sentence in psd_write.losses(sparse(), tmp_path / "a.psd"))


@pytest.mark.parametrize("suffix", ("psd", "psb"))
def test_turned_layers_come_back_turned_from_smart_objects(tmp_path: Path, suffix: str) -> None:
    layer = make_layer("turned", Pixels.from_array(noise(60, 30, 5)), TURNED, mask=Mask.from_array(shape(30, 20), 3, 3), opacity=0.5)
    document = Document(120, 90, (make_layer("ground", Pixels.from_array(gradient(120, 90))), layer))
    psd_write.save_psd(document, tmp_path / f"a.{suffix}", Encoding(smart_objects=True))
    opened = open_with_report(tmp_path / f"a.{suffix}")
    again = opened.document.layers[1]
    assert same_raster(again.pixels, layer.pixels) and opened.report == ()
    old, new = layer.placement.matrix(60, 30), again.placement.matrix(60, 30)
    assert max(abs(a - b) for a, b in zip(old, new, strict=True)) < 1e-6
    difference = np.abs(render(opened.document, document.rect).astype(int) - render(document, document.rect))
    assert difference.max() <= 2


def test_a_smart_object_with_damaged_content_shows_its_own_channels(tmp_path: Path) -> None:
    layer = make_layer("turned", Pixels.from_array(noise(60, 30, 5)), TURNED)
    psd_write.save_psd(Document(120, 90, (layer,)), tmp_path / "a.psd", Encoding(smart_objects=True))
    written = (tmp_path / "a.psd").read_bytes()
    at = written.rindex(b"8BPS")
    (tmp_path / "a.psd").write_bytes(written[: at + 4] + b"\xff" * 22 + written[at + 26 :])
    opened = open_with_report(tmp_path / "a.psd")
    assert opened.document.layers[0].placement.is_identity_shift and opened.report == ("1 smart object(s) became pixels.",)


def planes16(file: PSD) -> np.ndarray:
    """(h, w, channels) uint16 of the merged picture."""
    header = file.header
    return np.dstack([np.frombuffer(plane, ">u2").reshape(header.height, header.width) for plane in file.image_data.get_data(header)])


@pytest.mark.parametrize("suffix", ("psd", "psb"))
def test_sixteen_bits_hold_the_layers_exactly_and_what_is_computed_more_finely(tmp_path: Path, suffix: str) -> None:
    document = full_document()
    save_document(document, tmp_path / f"a.{suffix}", Encoding(deep=True))
    file = structure(tmp_path / f"a.{suffix}")
    assert file.header.depth == 16 and Tag.LAYER_16 in file.layer_and_mask_information.tagged_blocks
    merged = planes16(file)
    assert np.array_equal(merged, render(document, document.rect, deep=True)[..., :3])
    assert (merged % 257 != 0).mean() > 0.01 and np.abs(merged / 257 - render(document, document.rect)[..., :3]).max() < 1
    turned = next(layer for layer in PSDImage.open(tmp_path / f"a.{suffix}").descendants() if layer.name == "turned")
    levels = np.rint(turned.numpy() * 65535).astype(int)
    assert (levels % 257 != 0).mean() > 0.2  # resampled
    opened = open_with_report(tmp_path / f"a.{suffix}")
    assert opened.report == ("The file had 16 bits a channel; they were reduced to 8.",)
    for (old, _, _), (new, _, _) in zip(walk(document), walk(opened.document), strict=True):
        if isinstance(old, Layer) and old.placement.is_identity_shift:
            assert same_raster(new.pixels, old.pixels) and same_raster(new.mask, old.mask), old.name
    assert np.abs(render(opened.document, document.rect).astype(int) - render(document, document.rect)).max() <= 1
    assert "16" in " ".join(psd_write.losses(document, tmp_path / "a.psd", Encoding(deep=True)))


def test_a_transparent_picture_of_sixteen_bits_lies_over_white(tmp_path: Path) -> None:
    veil = Document(60, 40, (make_layer("veil", Pixels.from_array(noise(60, 40))),))
    save_document(veil, tmp_path / "a.psd", Encoding(deep=True))
    file = structure(tmp_path / "a.psd")
    merged, seen = planes16(file).astype(float), render(veil, veil.rect, deep=True).astype(float)
    assert file._get_layer_info().layer_count == -1 and Tag.SAVING_MERGED_TRANSPARENCY16 in file.layer_and_mask_information.tagged_blocks
    alpha = seen[..., 3:] / 65535
    assert np.abs(merged[..., :3] - seen[..., :3] * alpha - 65535 * (1 - alpha)).max() <= 0.5
    assert np.array_equal(merged[..., 3], seen[..., 3])


def test_channels_of_eight_bits_are_not_copied_into_a_file_of_sixteen(tmp_path: Path, encodings: list) -> None:
    document = two_layers()
    for deep in (False, True, True):
        encodings.clear()
        save_document(document, tmp_path / "a.psd", Encoding(deep=deep))
    assert encodings == []  # but from one of sixteen they are
    assert structure(tmp_path / "a.psd").header.depth == 16
    assert same_raster(open_document(tmp_path / "a.psd").layers[1].pixels, document.layers[1].pixels)


@pytest.mark.parametrize("depth", (16, 32))
def test_colours_of_more_bits_come_in_right_to_a_level(tmp_path: Path, depth: int) -> None:
    """32 bits hold linear light."""
    values = np.random.default_rng(1).random((30, 40, 4)).astype(np.float32)
    psd = PSDImage.new("RGB", (40, 30), depth=depth)
    psd.create_pixel_layer_from_array(values if depth == 32 else (values * 65535).astype(np.uint16), name="deep")
    psd.save(tmp_path / "a.psd")
    opened = open_with_report(tmp_path / "a.psd")
    seen = opened.document.layers[-1].pixels.to_array() / 255
    light = values[..., :3]
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(seen[..., :3] - (curve if depth == 32 else light)).max() <= 0.51 / 255
    assert np.abs(seen[..., 3] - values[..., 3]).max() <= 0.51 / 255
    assert f"The file had {depth} bits a channel; they were reduced to 8." in opened.report


def test_smart_objects_look_the_same_to_programs_that_do_not_know_them(tmp_path: Path) -> None:
    """The layer's own channels are what it looks like on the canvas."""
    document = full_document()
    psd_write.save_psd(document, tmp_path / "smart.psd", Encoding(smart_objects=True))
    save_document(document, tmp_path / "plain.psd")
    smart, plain = structure(tmp_path / "smart.psd"), structure(tmp_path / "plain.psd")
    for (one, ours), (other, theirs) in zip(smart._iter_layers(), plain._iter_layers(), strict=True):
        assert (one.left, one.top, one.right, one.bottom) == (other.left, other.top, other.right, other.bottom)
        assert [data.data for data in ours] == [data.data for data in theirs]
    assert np.array_equal(merged_pixels(smart), merged_pixels(plain))
    report = " ".join(psd_write.losses(document, tmp_path / "smart.psd", Encoding(smart_objects=True)))
    assert "smart objects" in report and "resampled: “turned”" in report


def test_the_merged_picture_may_be_opaque_for_clip_studio(tmp_path: Path) -> None:
    veil = Document(60, 40, (make_layer("veil", Pixels.from_array(noise(60, 40))),))
    psd_write.save_psd(veil, tmp_path / "a.psd", Encoding(opaque=True))
    psd = structure(tmp_path / "a.psd")
    assert psd.header.channels == 3 and psd.layer_and_mask_information.layer_info.layer_count == 1
    assert same_raster(open_document(tmp_path / "a.psd").layers[0].pixels, veil.layers[0].pixels)


def test_a_document_of_one_flat_layer_stays_small(tmp_path: Path) -> None:
    save_document(flat_document(), tmp_path / "a.psd")
    assert (tmp_path / "a.psd").stat().st_size < 40_000
