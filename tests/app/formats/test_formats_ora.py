"""OpenRaster: what it can hold comes back as it was, the rest looks the same; and a file made to do harm is refused in a sentence."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.document import Document, Group, Layer, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import FileError
from app.formats import losses, open_document, open_with_report, ora, save_document
from app.formats.ora import is_ora
from app.render.blend import BLEND_MODES
from app.render.render import render
from tests.documents import flat_document, full_document, gradient, noise, same_raster, shape
from tests.fuzz.mutations import map_chunks


def composed(document: Document) -> np.ndarray:
    return render(document, document.rect).astype(int)


def saved(document: Document, folder: Path) -> Path:
    save_document(document, folder / "a.ora")
    return folder / "a.ora"


def plain_document() -> Document:
    """Everything that OpenRaster knows of itself."""
    ground = make_layer("Grund ☕ <&\"'>", Pixels.from_array(gradient(40, 30)), locked=True)
    veil = make_layer("veil", Pixels.from_array(noise(30, 30, 1)), Placement(-7, 12), opacity=0.25, blend="multiply")
    hidden = make_layer("hidden", Pixels.from_array(noise(9, 9, 2)), Placement(60, -50), visible=False, blend="linear dodge")
    apart = make_group("apart", (veil,), blend="screen", opacity=0.5)
    loose = make_group("loose", (hidden, apart), locked=True)
    return Document(40, 30, (ground, loose), None, 300.0)


def test_layers_and_groups_come_back_as_they_were(tmp_path: Path) -> None:
    document = plain_document()
    result = open_with_report(saved(document, tmp_path))
    assert (result.document.width, result.document.height, result.document.dpi, result.report) == (40, 30, 300, ())
    fields = ("name", "opacity", "blend", "visible", "locked", "clipping")
    for (ours, depth, _), (theirs, other_depth, _) in zip(walk(document), walk(result.document), strict=True):
        assert depth == other_depth and [getattr(ours, name) for name in fields] == [getattr(theirs, name) for name in fields]
        if isinstance(ours, Layer):
            assert ours.placement == theirs.placement and same_raster(ours.pixels, theirs.pixels)
    assert losses(document, tmp_path / "a.ora") == []


def test_masks_turned_layers_and_clipping_look_the_same(tmp_path: Path) -> None:
    document = full_document()
    assert np.abs(composed(open_document(saved(document, tmp_path))) - composed(document)).max() <= 2
    told = " ".join(losses(document, tmp_path / "a.ora"))
    unseen = replace(document, layers=tuple(replace(node, seen_by_engine=False) for node in document.layers))
    assert "engine does not look at" not in told and "engine does not look at" in " ".join(losses(unseen, tmp_path / "a.ora"))
    assert all(word in told for word in ("Masks", "resampled", "Clipping", "Recipes", "Guides"))


def test_clipping_to_soft_edges_is_exact(tmp_path: Path) -> None:
    soft, veil = np.zeros((60, 60, 4), np.uint8), np.zeros((60, 60, 4), np.uint8)
    soft[..., 0], soft[..., 3] = 200, np.linspace(0, 255, 60)
    veil[..., 1], veil[..., 3] = 255, np.linspace(0, 255, 60)[:, None]
    on_it = make_layer("on it", Pixels.from_array(veil), Placement(9, 9), clipping=True)
    document = Document(70, 70, (make_layer("base", Pixels.from_array(soft), opacity=0.5), on_it))
    again = open_document(saved(document, tmp_path))
    assert np.abs(composed(again) - composed(document)).max() <= 1
    assert [node.clipping for node, _, _ in walk(again) if node.name == "on it"] == [True]


def test_a_mask_of_a_group_cuts_all_its_layers(tmp_path: Path) -> None:
    two = tuple(make_layer(f"{n}", Pixels.from_array(np.full((50, 50, 4), 255, np.uint8)), Placement(n * 20, 0)) for n in range(2))
    cut = Mask.from_array(shape(50, 50), 10, 0, 0, linked=False)
    document = Document(70, 50, (make_group("both", two, mask=cut),))
    again = open_document(saved(document, tmp_path))
    assert np.array_equal(composed(again)[..., 3] > 127, composed(document)[..., 3] > 127)
    off = Document(70, 50, (make_group("both", two, mask=replace(cut, enabled=False)),))
    assert np.array_equal(composed(open_document(saved(off, tmp_path))), composed(off))


def test_every_blend_mode_comes_back_and_those_beyond_svgs_are_told(tmp_path: Path) -> None:
    document = flat_document()
    layers = tuple(make_layer(mode, Pixels.from_array(noise(4, 4)), blend=mode) for mode in BLEND_MODES)
    document = replace(document, layers=(*document.layers, *layers))
    assert tuple(layer.blend for layer in open_document(saved(document, tmp_path)).layers[1:]) == BLEND_MODES
    assert any("vivid light" in sentence for sentence in losses(document, tmp_path / "a.ora"))


def test_the_file_is_laid_out_as_the_specification_says(tmp_path: Path) -> None:
    document = full_document(700, 300)
    path = saved(document, tmp_path)
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, archive.read(first)) == ("mimetype", zipfile.ZIP_STORED, b"image/openraster")
        assert path.read_bytes()[30:54] == b"mimetypeimage/openraster"
        assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} <= set(archive.namelist())
        with Image.open(io.BytesIO(archive.read("mergedimage.png"))) as merged:
            assert np.abs(np.asarray(merged.convert("RGBA"), int) - composed(document)).max() == 0
        with Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png"))) as small:
            assert max(small.size) == 256 and small.format == "PNG"
        assert archive.testzip() is None
    assert is_ora(path.read_bytes()[:64])
    path.rename(tmp_path / "renamed.png")
    assert len(open_document(tmp_path / "renamed.png").layers) == len(document.layers)


def test_equal_documents_make_equal_files(tmp_path: Path) -> None:
    document = plain_document()
    assert saved(document, tmp_path).read_bytes() == saved(document, tmp_path).read_bytes()


# Files of others


def png(width: int = 8, height: int = 6, mode: str = "RGBA") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), 0 if mode == "1" else "red").save(stream, format="PNG")
    return stream.getvalue()


def archive(folder: Path, stack: str | bytes, **more: bytes) -> Path:
    """A file with this stack.xml and data/a.png."""
    with zipfile.ZipFile(folder / "theirs.ora", "w") as out:
        out.writestr("mimetype", "image/openraster")
        out.writestr("stack.xml", stack)
        for name, data in ({"data/a.png": png()} | more).items():
            out.writestr(name, data, zipfile.ZIP_DEFLATED)
    return folder / "theirs.ora"


def image(inner: str, size: str = 'w="20" h="10"') -> str:
    return f"<?xml version='1.0' encoding='UTF-8'?><image version='0.0.3' {size}><stack>{inner}</stack></image>"


def test_a_file_as_krita_and_mypaint_write_it(tmp_path: Path) -> None:
    """Attributes left out, numbers as "3.0", a clipped layer, one of an unknown mode, and something that is no picture."""
    path = archive(tmp_path, image(
        "<text/><layer src='data/a.png' composite-op='svg:src-atop'/><layer src='data/a.png' x='3.0' y='-2' composite-op='svg:xor'/>"
        "<stack isolation='isolate'><layer src='data/a.png' visibility='hidden'/></stack><stack><layer src='data/a.png'/></stack>"
    ))  # fmt: skip
    result = open_with_report(path)
    loose, apart, moved, clipped = result.document.layers
    assert isinstance(loose, Group) and (loose.blend, apart.blend) == ("pass through", "normal")
    assert (moved.placement, moved.blend, clipped.clipping) == (Placement(3, -2), "normal", True)
    assert not apart.children[0].visible and result.document.dpi == 72
    assert any("blend mode" in sentence for sentence in result.report) and any("not pictures" in sentence for sentence in result.report)


def test_without_layers_the_merged_picture_is_opened(tmp_path: Path) -> None:
    result = open_with_report(archive(tmp_path, image(""), **{"mergedimage.png": png(20, 10)}))
    assert result.document.layers[0].pixels.to_array()[0, 0].tolist() == [255, 0, 0, 255]
    assert any("merged" in sentence for sentence in result.report)


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_document(path)
    assert caught.value.sentence.endswith(".")
    return caught.value.sentence


@pytest.mark.parametrize("name", ("../secret.png", "/etc/secret.png", "data/../../secret.png", "..\\secret.png", "C:secret.png"))
def test_a_path_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    path = archive(tmp_path, image(f"<layer src='{name}'/>"), **{name: png()})
    before = sorted(tmp_path.iterdir())
    assert "outside itself" in refusal(path)
    assert sorted(tmp_path.iterdir()) == before


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long stack.xml, a picture of ten gigabytes, many pictures, and growing entities."""
    assert "unpacks to 17 MB" in refusal(archive(tmp_path, image("<layer src='data/a.png'/>" + " " * (17 << 20))))
    assert "50,000 × 50,000" in refusal(archive(tmp_path, image("<layer src='b.png'/>"), **{"b.png": _claims(50_000)}))
    monkeypatch.setattr(ora, "MOST_PIXELS_IN_LAYERS", 9 << 16)  # nine tiles
    many = {f"data/{n}.png": png() for n in range(10)}
    assert len(open_document(archive(tmp_path, image("<layer src='data/a.png'/>" * 10))).layers) == 10  # the same picture ten times
    assert "unpack to more than" in refusal(archive(tmp_path, image("".join(f"<layer src='{name}'/>" for name in many)), **many))
    entities = image("<layer src='data/a.png' name='&b;'/>").replace("<image", "<!DOCTYPE image [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><image")
    assert "damaged" in refusal(archive(tmp_path, entities))
    assert "damaged" in refusal(archive(tmp_path, entities.replace("UTF-8", "UTF-16").encode("utf-16")))
    assert "pixels" in refusal(archive(tmp_path, image("<layer src='data/a.png'/>", "w='99999999' h='99999999'")))


def _claims(side: int) -> bytes:
    """A PNG whose header says so."""
    return map_chunks(png(mode="1"), lambda kind, body: side.to_bytes(4, "big") * 2 + body[8:] if kind == b"IHDR" else body)


@pytest.mark.parametrize(
    "stack",
    (
        "", "<image", "<picture/>", "<image/>", image("<layer src='data/missing.png'/>"), image("<layer src='stack.xml'/>"),
        image("<layer src='data/a.png' x='1e999'/>"),
        image("<layer src='data/a.png' x='nan'/>"), image("<stack>" * 200 + "</stack>" * 200),
    ),
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path: Path, stack: str) -> None:
    refusal(archive(tmp_path, stack))


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    whole = saved(plain_document(), tmp_path).read_bytes()
    for length in (4, 60, len(whole) // 2, len(whole) - 10):
        (tmp_path / "a.ora").write_bytes(whole[:length])
        refusal(tmp_path / "a.ora")
