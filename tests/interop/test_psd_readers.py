"""Other programs read our PSD alike: names, places also beyond the canvas, opacity, blend mode, visibility, the merged picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document.document import Document, Group, Layer, Node, make_layer
from app.document.geometry import Placement, apply, corners
from app.document.pixels import Pixels
from app.formats import Encoding, open_document, save_document
from app.render.blend import BLEND_MODES
from app.render.render import render
from tests.documents import full_document, gradient, noise
from tests.interop import programs

GIMP_MODES = {28: "normal", 30: "multiply", 45: "soft light", 61: "pass through"}


def all_blend_modes() -> Document:
    """A layer of each mode, side by side, over a gradient."""
    ground = make_layer("ground", Pixels.from_array(gradient(27 * 16, 40)))
    layers = [
        make_layer(mode, Pixels.from_array(noise(16, 30, index)), Placement(16 * index, 5), blend=mode, opacity=0.8)
        for index, mode in enumerate(BLEND_MODES)
    ]
    return Document(27 * 16, 40, (ground, *layers))


def see_through() -> Document:
    """Nothing behind it: a merged picture with alpha."""
    return Document(80, 60, (make_layer("veil", Pixels.from_array(noise(100, 50, 3)), Placement(-10, 20), opacity=0.6),))


DOCUMENTS = {"full": full_document, "modes": all_blend_modes, "see-through": see_through}


@pytest.fixture(params=list(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Document:
    return DOCUMENTS[request.param]()


@pytest.fixture(params=("psd", "psb"))
def suffix(request: pytest.FixtureRequest) -> str:
    return request.param


def composed(document: Document) -> np.ndarray:
    return render(document, document.rect)


def over_white(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) float."""
    alpha = pixels[..., 3:].astype(float) / 255
    return pixels[..., :3] * alpha + 255 * (1 - alpha)


def same_node(theirs: dict, ours: Node) -> None:
    """One entry of ag-psd's tree against the node as our own reader gives it back."""
    assert theirs["name"] == ours.name
    assert theirs["blendMode"] == ours.blend
    assert abs(theirs["opacity"] - ours.opacity) < 0.003
    assert theirs["hidden"] is not ours.visible
    assert theirs["clipping"] == ours.clipping
    if ours.mask is not None:
        mask = theirs["mask"]
        dx, dy = (int(ours.placement.x), int(ours.placement.y)) if isinstance(ours, Layer) and ours.mask.linked else (0, 0)
        assert (mask["left"], mask["top"]) == (ours.mask.left + dx, ours.mask.top + dy)
        assert (mask["right"] - mask["left"], mask["bottom"] - mask["top"]) == (ours.mask.width, ours.mask.height)
        assert (mask["defaultColor"], mask["disabled"]) == (ours.mask.default, not ours.mask.enabled)
        assert np.array_equal(programs.pixels_of(mask["imageData"])[..., 0], ours.mask.to_array())
    if isinstance(ours, Group):
        same_nodes(theirs["children"], ours.children)
        return
    assert (theirs["left"], theirs["top"]) == (ours.placement.x, ours.placement.y)
    assert (theirs["right"] - theirs["left"], theirs["bottom"] - theirs["top"]) == (ours.pixels.width, ours.pixels.height)
    if ours.pixels.tiles:
        assert np.array_equal(programs.pixels_of(theirs["imageData"]), ours.pixels.to_array())


def same_nodes(theirs: list[dict], ours: tuple[Node, ...]) -> None:
    assert [entry["name"] for entry in theirs] == [node.name for node in ours]
    for entry, node in zip(theirs, ours, strict=True):
        same_node(entry, node)


def every(children: list[dict]) -> list[dict]:
    return [entry for child in children for entry in (child, *every(child.get("children", [])))]


def ids(children: list[dict]) -> list[int]:
    return [i for child in children for i in (child["id"], *ids(child.get("children", [])))]


def test_ag_psd_finds_every_layer_as_it_is(document: Document, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    save_document(document, path)
    theirs, ours = programs.read_with_ag_psd(path), open_document(path)
    assert (theirs["width"], theirs["height"]) == (document.width, document.height)
    same_nodes(theirs["children"], ours.layers)
    assert [entry["name"] for entry in theirs["children"]] == [node.name for node in document.layers]
    numbers = ids(theirs["children"])
    assert len(set(numbers)) == len(numbers)


def test_ag_psd_finds_turned_layers_as_smart_objects(suffix: str, tmp_path: Path) -> None:
    """Where its corners lie, and the embedded PSB, which is a whole file."""
    path = tmp_path / f"a.{suffix}"
    save_document(full_document(), path, Encoding(smart_objects=True))
    read = programs.read_with_ag_psd(path)
    turned = next(entry for entry in every(read["children"]) if entry["name"] == "turned")
    layer = next(node for _, node in flat(full_document().layers) if node.name == "turned")
    matrix = layer.placement.matrix(layer.pixels.width, layer.pixels.height)
    places = [value for corner in corners(layer.pixels.rect) for value in apply(matrix, *corner)]
    assert np.abs(np.array(turned["placedLayer"]["transform"]) - places).max() < 1e-9
    assert (turned["placedLayer"]["width"], turned["placedLayer"]["height"]) == (layer.pixels.width, layer.pixels.height)
    assert [(file["name"], file["id"]) for file in read["linkedFiles"]] == [("turned.psb", turned["placedLayer"]["id"])]


def test_ag_psd_finds_locks_tags_guides_and_resolution(suffix: str, tmp_path: Path) -> None:
    ground, group, *others = full_document().layers
    locked = replace(ground, locks=frozenset({"transparency", "position"})), replace(group, locks=frozenset({"pixels"}))
    path = tmp_path / f"a.{suffix}"
    save_document(replace(full_document(), layers=(*locked, *others)), path)
    read = programs.read_with_ag_psd(path)
    assert [entry["protected"] for entry in read["children"][:3]] == [
        {"transparency": True, "composite": False, "position": True},
        {"transparency": False, "composite": True, "position": False},
        {"transparency": False, "composite": False, "position": False},
    ]
    assert [entry["transparencyProtected"] for entry in read["children"][:2]] == [True, False]
    assert [(entry["name"], entry["layerColor"]) for entry in every(read["children"]) if entry["layerColor"] != "none"] == [
        ("Gruppe „A“", "blue"), ("Tasse ☕ 茶碗", "red"),
    ]  # fmt: skip
    resources = read["imageResources"]
    assert resources["gridAndGuidesInformation"]["guides"] == [
        {"location": 12.5, "direction": "horizontal"}, {"location": 100, "direction": "vertical"},
    ]  # fmt: skip
    assert (resources["resolutionInfo"]["horizontalResolution"], resources["resolutionInfo"]["horizontalResolutionUnit"]) == (300, "PPI")


def test_a_line_of_more_than_thirty_thousand_pixels_is_read_by_others(tmp_path: Path) -> None:
    """As a PSB, whatever the ending; ImageMagick's usual limits forbid pictures that long."""
    line = gradient(30_100, 3)
    save_document(Document(30_100, 3, (make_layer("line", Pixels.from_array(line)),)), tmp_path / "a.psd")
    read = programs.read_with_ag_psd(tmp_path / "a.psd")
    for image in (read["imageData"], read["children"][0]["imageData"]):
        assert np.array_equal(programs.pixels_of(image)[..., :3], line)
    found = programs.metadata_by_exiftool(tmp_path / "a.psd")
    assert (found["ImageWidth"], found["ImageHeight"], found["FileType"]) == (30_100, 3, "PSB")


def test_ag_psd_shows_the_merged_picture(document: Document, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    save_document(document, path)
    theirs = programs.pixels_of(programs.read_with_ag_psd(path)["imageData"])
    ours = composed(document)
    assert np.array_equal(theirs[..., 3], ours[..., 3])
    assert np.abs(over_white(theirs) - over_white(ours)).max() <= 1.5


def test_imagemagick_shows_the_merged_picture(document: Document, suffix: str, tmp_path: Path) -> None:
    programs.imagemagick("convert")
    path = tmp_path / f"a.{suffix}"
    save_document(document, path)
    theirs, ours = programs.merged_by_imagemagick(path, tmp_path), composed(document)
    assert theirs.shape == ours.shape
    assert np.abs(theirs[..., 3].astype(int) - ours[..., 3]).max() <= 1
    opaque = ours[..., 3] == 255
    assert np.abs(theirs[..., :3].astype(int) - ours[..., :3])[opaque].max(initial=0) <= 1


def test_other_programs_read_sixteen_bits_alike(suffix: str, tmp_path: Path) -> None:
    """ag-psd the layers, ImageMagick the merged picture; transparent ones too, which ag-psd does not know in 16 bits."""
    document = full_document()
    path = tmp_path / f"a.{suffix}"
    save_document(document, path, Encoding(deep=True))
    read = programs.read_with_ag_psd(path)
    assert read["bitsPerChannel"] == 16
    ours = open_document(path)
    assert [(entry["name"], entry["blendMode"], entry["clipping"]) for entry in every(read["children"])] == [
        (node.name, node.blend, node.clipping) for _, node in flat(ours.layers)
    ]
    for number, shown in enumerate((document, see_through())):
        path = tmp_path / f"{number}.{suffix}"
        save_document(shown, path, Encoding(deep=True))
        theirs, expected = programs.merged_by_imagemagick(path, tmp_path), composed(shown)
        assert np.abs(theirs[..., 3].astype(int) - expected[..., 3]).max() <= 1
        opaque = expected[..., 3] == 255
        assert np.abs(theirs[..., :3].astype(int) - expected[..., :3])[opaque].max(initial=0) <= 1


@pytest.fixture(scope="module")
def gimps_view(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[programs.GimpLayer], np.ndarray]]:
    """All documents through one start of GIMP, which takes seconds."""
    folder = tmp_path_factory.mktemp("gimp")
    files = []
    for name, make in DOCUMENTS.items():
        files.append(folder / f"{name}.psd")
        save_document(make(), files[-1])
    return dict(zip(DOCUMENTS, programs.read_with_gimp(files, folder), strict=True))


def flat(nodes: tuple[Node, ...], depth: int = 0) -> list[tuple[int, Node]]:
    return [pair for node in nodes for pair in [(depth, node), *(flat(node.children, depth + 1) if isinstance(node, Group) else [])]]


def test_gimp_finds_every_layer_as_it_is(gimps_view: dict, tmp_path: Path) -> None:
    """GIMP 2.10 has no clipping: it puts a group of its own around layers that clip, so depths are not compared."""
    save_document(full_document(), tmp_path / "a.psd")
    ours = [node for _, node in flat(open_document(tmp_path / "a.psd").layers)]
    theirs = [layer for layer in gimps_view["full"][0] if layer.name != "Group added by GIMP"]
    assert [layer.name for layer in theirs] == [node.name for node in ours]
    for layer, node in zip(theirs, ours, strict=True):
        assert abs(layer.opacity / 100 - node.opacity) < 0.003
        assert layer.visible == node.visible
        assert GIMP_MODES[layer.mode] == node.blend
        if isinstance(node, Layer):
            assert (layer.left, layer.top) == (node.placement.x, node.placement.y)
            assert (layer.width, layer.height) == (node.pixels.width, node.pixels.height)


def test_gimp_paints_the_layers_as_we_do(gimps_view: dict) -> None:
    """GIMP composes the layers itself: groups, masks, clipping, opacity, pixels beyond the canvas."""
    for name in ("full", "see-through"):
        theirs, ours = gimps_view[name][1], composed(DOCUMENTS[name]())
        assert theirs.shape == ours.shape
        assert np.abs(over_white(theirs) - over_white(ours)).mean() < 0.5, name
        assert np.abs(theirs[..., 3].astype(int) - ours[..., 3]).max() <= 2, name


def test_exiftool_finds_size_resolution_profile_and_provenance(tmp_path: Path) -> None:
    save_document(full_document(), tmp_path / "a.psd")
    found = programs.metadata_by_exiftool(tmp_path / "a.psd")
    assert (found["ImageWidth"], found["ImageHeight"], found["XResolution"], found["YResolution"]) == (320, 300, 300, 300)
    assert "sRGB" in found["ProfileDescription"]
    assert found["DigitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert found["HasRealMergedData"] == 1
