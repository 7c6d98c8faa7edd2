"""An export is tried out before it is written; layers go to a folder, each to a file of its own."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document.document import Document, make_group, make_layer
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import FileError
from app.formats import Encoding, open_document, save_document
from app.formats.export import LayerFiles, export_layers, try_out
from app.render.render import render
from tests.documents import full_document, noise


def one_colour(red: int, side: int = 10) -> Pixels:
    return Pixels.from_array(np.tile(np.array((red, 0, 0, 255), np.uint8), (side, side, 1)))


def three_layers() -> Document:
    ground = make_layer("ground", one_colour(50, 40))
    cut = make_layer("a/b:c*..", one_colour(100), Placement(5, 6), mask=Mask.from_array(np.full((8, 8), 255, np.uint8), 1, 1, 0))
    hidden = make_layer("", one_colour(150), Placement(35, 35), visible=False)
    return Document(40, 40, (ground, make_group("group", (cut, hidden), opacity=0.5)))


@pytest.mark.parametrize("suffix", (".png", ".jpg", ".webp", ".avif", ".tif"))
def test_what_is_tried_out_is_what_is_written(tmp_path: Path, suffix: str) -> None:
    document = full_document()
    encoding = Encoding(160, 150, 40)
    trial = try_out(document, render(document, document.rect), suffix, encoding)
    save_document(document, tmp_path / f"a{suffix}", encoding)
    assert trial.size == (tmp_path / f"a{suffix}").stat().st_size
    assert np.array_equal(trial.pixels, open_document(tmp_path / f"a{suffix}").layers[0].pixels.to_array())


def test_formats_with_layers_are_shown_but_not_tried_out() -> None:
    document = full_document()
    composed = render(document, document.rect)
    for suffix in (".psd", ".ora", ".exr"):
        trial = try_out(document, composed, suffix, Encoding())
        assert trial.size is None and np.array_equal(trial.pixels, composed)
    with pytest.raises(FileError, match="65,500"):
        try_out(document, composed, ".jpg", Encoding(width=70_000, height=1))


def test_every_visible_layer_becomes_a_file_of_the_canvas_size(tmp_path: Path) -> None:
    document = three_layers()
    folder = export_layers(document, tmp_path, "my scene", LayerFiles())
    assert folder == tmp_path / "my scene layers"
    assert sorted(path.name for path in folder.iterdir()) == ["01 ground.png", "02 a_b_c_.png"]
    written = open_document(folder / "02 a_b_c_.png")
    node = document.layers[1].children[0]
    assert np.array_equal(written.layers[0].pixels.to_array(), render(document, document.rect, only=node.id))
    assert written.layers[0].pixels.to_array()[..., 3].max() == 128  # with its mask and the group's opacity


def test_hidden_layers_and_trimming(tmp_path: Path) -> None:
    folder = export_layers(three_layers(), tmp_path, "x", LayerFiles(".webp", trimmed=True, hidden=True))
    sizes = {path.name: open_document(path).rect for path in folder.iterdir()}
    assert {name: (rect.width, rect.height) for name, rect in sizes.items()} == {
        "01 ground.webp": (40, 40), "02 a_b_c_.webp": (8, 8), "03 layer.webp": (5, 5),
    }  # fmt: skip


def test_no_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    first = export_layers(three_layers(), tmp_path, "x", LayerFiles())
    (first / "01 ground.png").write_bytes(b"mine")
    second = export_layers(three_layers(), tmp_path, "x", LayerFiles())
    assert second.name == "x layers 2" and (first / "01 ground.png").read_bytes() == b"mine"


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    layers = tuple(make_layer(name, one_colour(9)) for name in ("../up", "..", "C:\\x", "nul\0", "very long " * 50, "/etc/passwd"))
    inner = tmp_path / "inner"
    inner.mkdir()
    folder = export_layers(Document(10, 10, layers), inner, "../../x", LayerFiles())
    assert folder.parent == inner and len(list(folder.iterdir())) == 6
    assert {path.parent for path in tmp_path.rglob("*.png")} == {folder}


def test_it_can_be_stopped_and_tells_how_far_it_is(tmp_path: Path) -> None:
    stop, told = threading.Event(), []

    def report(done: int, of: int) -> None:
        told.append((done, of))
        if done == 1:
            stop.set()

    layers = tuple(make_layer(f"{n}", Pixels.from_array(noise(8, 8, n))) for n in range(5))
    folder = export_layers(Document(8, 8, layers), tmp_path, "x", LayerFiles(), report, stop)
    assert told[:2] == [(0, 5), (1, 5)] and len(list(folder.iterdir())) == 2


def test_nothing_to_export_and_a_folder_that_takes_nothing_are_told(tmp_path: Path) -> None:
    document = three_layers()
    nothing = replace(document, layers=tuple(replace(node, visible=False) for node in document.layers))
    with pytest.raises(FileError, match="no layer"):
        export_layers(nothing, tmp_path, "x", LayerFiles())
    with pytest.raises(FileError, match="folder does not exist"):
        export_layers(document, tmp_path / "missing", "x", LayerFiles())
    assert os.listdir(tmp_path) == ["home"]
