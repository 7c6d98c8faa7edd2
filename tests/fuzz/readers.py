"""Every reader of files that others may have made: small files that it reads, and how it is asked to."""

from __future__ import annotations

import io
import json
import logging
import random
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from app.config import presets
from app.config.settings import Settings
from app.document.document import Document, Group, Guide, Layer, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import FileError
from app.formats import open_with_report, save_document
from app.session import recovery
from app.session.recovery import Belonging, Journal
from bfs_engine.cli.pictures import COVER, read_picture
from bfs_engine.scenes.vocabulary import Vocabulary
from tests.documents import RECIPE, gradient, noise, shape
from tests.fuzz import mutations

Mutate = Callable[[bytes, random.Random, list[bytes]], bytes]


@dataclass(frozen=True)
class Reader:
    """suffix: of its files. write: files that it reads, into a folder. read: what is tested. weight: its share of the files.
    stem: what its files are called where that matters."""

    suffix: str
    write: Callable[[Path], None]
    read: Callable[[Path], None]
    mutate: Mutate = mutations.mutated
    weight: int = 4
    stem: str = "case"


def small_document() -> Document:
    """A layer or group of each kind, small."""
    ground = make_layer("Grund", Pixels.from_array(gradient(24, 20)))
    made = make_layer(
        "Tasse ☕", Pixels.from_array(noise(10, 9, 1), shape(10, 9)), Placement(-3, 15), opacity=0.5, blend="multiply", recipe=RECIPE,
        mask=Mask.from_array(shape(8, 8), 1, 1, 0), color_tag="red",
    )  # fmt: skip
    clipped = make_layer("clipped", Pixels.from_array(noise(12, 12, 2)), blend="soft light", clipping=True)
    turned = make_layer("turned", Pixels.from_array(noise(9, 5, 3)), Placement(5.5, 4.25, 1.5, -0.75, 30.0), locked=True)
    group = make_group("group", (made, clipped), mask=Mask.from_array(shape(20, 16), 2, 1, 255, linked=False))
    inner = make_group("inner", (turned,), blend="normal", opacity=0.7, collapsed=True, visible=False)
    return Document(24, 20, (ground, group, inner, make_layer("empty", Pixels.empty(3, 3))), None, 300.0, (Guide(True, 4.5),))


def _documents(suffix: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        opaque = Document(20, 14, (make_layer("photo", Pixels.from_array(gradient(20, 14))),))
        for name, document in {"small": small_document(), "opaque": opaque}.items():
            save_document(document, folder / f"{name}{suffix}")

    return write


def _pictures(suffix: str, *variants: tuple[str, dict]) -> Callable[[Path], None]:
    """variants: modes of Pillow and options of its encoder."""

    def write(folder: Path) -> None:
        colour = Image.fromarray(noise(21, 13))
        for number, (mode, options) in enumerate(variants):
            image = colour.convert("RGB").convert(mode) if mode in ("P", "1", "L", "CMYK", "I;16") else colour.convert(mode)
            image.save(folder / f"{number}{suffix}", **options)
        if suffix not in (".gif", ".bmp"):
            save_document(small_document(), folder / f"own{suffix}")

    return write


def _more_frames() -> dict:
    return {"save_all": True, "append_images": [Image.new("RGB", (21, 13), colour) for colour in ("red", "blue")]}


def _covered() -> dict:
    """A chunk that says what of a layer is the thing."""
    plane, chunks = io.BytesIO(), PngImagePlugin.PngInfo()
    Image.fromarray(shape(21, 13)).save(plane, "PNG")
    chunks.add(COVER, plane.getvalue())
    return {"pnginfo": chunks}


def _tiffs(folder: Path) -> None:
    kinds = [("RGB", {"compression": kind}) for kind in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg")]
    modes = [("RGBA", {}), ("CMYK", {}), ("1", {"compression": "group4"}), ("L", {"big_tiff": True}), ("P", {}), ("LAB", {})]
    _pictures(".tiff", *kinds, *modes[:-1], ("RGB", _more_frames()))(folder)
    deep = (np.arange(21 * 13).reshape(13, 21) * 200).astype(np.uint16)
    Image.fromarray(deep).save(folder / "deep.tiff")
    Image.fromarray(deep.astype(np.float32) / 65535).save(folder / "float.tiff")


def _projects(folder: Path) -> None:
    """Of this version and of the first."""
    _documents(".downstage")(folder)
    shutil.copyfile(Path(__file__).parents[1] / "golden" / "project-1.downstage", folder / "version 1.downstage")


def _open(path: Path) -> None:
    """What the program does to show a file: read it, and touch every tile."""
    _touch(open_with_report(path).document)


def _touch(document: Document) -> None:
    for node, _depth, _parent in walk(document):
        rasters = [node.mask] if node.mask else []
        if isinstance(node, Layer):
            rasters += [node.pixels, *(candidate.pixels for candidate in node.candidates)]
        assert isinstance(node, (Layer, Group))
        for raster in rasters:
            for tile in (getattr(raster, "cover", None) or {}).values():
                assert tile.dtype == np.uint8 and tile.shape == (256, 256)
            for tile in raster.tiles.values():
                assert tile.dtype == np.uint8 and tile.shape[:2] == (256, 256)


def _write_journal(folder: Path) -> None:
    journal = Journal.begin(folder, small_document(), Belonging(folder / "a.downstage", (1, 2), saved=False))
    journal.close()


class _Kept(Journal):
    """One that stays when it holds nothing unsaved."""

    def remove(self) -> None:
        self.close()


def _recover(path: Path) -> None:
    """What a start of the program does with a journal."""
    logging.getLogger("app.session.recovery").setLevel(logging.ERROR)
    try:
        journal = _Kept(path)
    except sqlite3.DatabaseError as error:
        raise FileError(f"“{path.name}” is left alone: {error}.") from error
    leftover = recovery.look_into(journal, 0.0)
    if leftover is not None and leftover.opened is not None:
        _touch(leftover.session().document)
    journal.close()
    if leftover is None or leftover.opened is None:
        raise FileError("There is nothing to recover.")


def _write_settings(folder: Path) -> None:
    values = {"recent": ["/somewhere/a.png", "b.psd"], "theme": "dark", "prompts": ["a mug"], "geometry": "AdnQywADAAA=", "folder": "x"}
    (folder / "a.json").write_text(json.dumps(values, indent=2), "utf-8")


def _read_settings(path: Path) -> None:
    logging.getLogger("app.config.settings").setLevel(logging.ERROR)
    settings = Settings(path)
    assert all(isinstance(entry, Path) for entry in settings.recent)
    assert isinstance(settings.get("theme", "system"), str) and isinstance(settings.get("prompts", []), list)


def _write_presets(folder: Path) -> None:
    mug = presets.Preset("Mug", "a red mug", 20, 3.5, 4, 7, True)
    presets.write(folder / "a.json", (mug, presets.Preset("plain")))


class _Fixed(type(Path())):
    """A file that stays where it is: a damaged one would be put aside."""

    def replace(self, target: object) -> Path:
        raise PermissionError


def _read_presets(path: Path) -> None:
    presets.read(_Fixed(path))


def _write_library(folder: Path) -> None:
    rows = [{"name": name, "synonyms": [f"{name} one", "thing"], "category": "food", "file": f"{name}.png"} for name in ("apple", "mug")]
    (folder / "things.json").write_text(json.dumps(rows), "utf-8")


def _read_library(path: Path) -> None:
    Vocabulary.load(path.parent)


def _write_weights(folder: Path) -> None:
    import torch

    torch.save({"a.weight": torch.arange(12.0).reshape(3, 4), "b.bias": torch.ones(5, dtype=torch.bfloat16)}, folder / "a.pt")
    torch.save({"c": torch.ones(2, 2, dtype=torch.float16)}, folder / "b.pt")


def _read_weights(path: Path) -> None:
    from bfs_engine.bfs import release

    release._read(path)


def _write_model(folder: Path) -> None:
    from tests import tiny

    tiny.pipeline().save_pretrained(folder.parent / "model")
    weights = folder.parent / "model" / "transformer" / "diffusion_pytorch_model.safetensors"
    (folder / "a.safetensors").write_bytes(weights.read_bytes())


def _read_model(path: Path) -> None:
    from bfs_engine.bfs.starter import load_pipeline

    load_pipeline(path.parents[1])


def _write_checkpoint(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"a.weight": torch.arange(12.0).reshape(3, 4), "b": torch.ones(5, dtype=torch.bfloat16)}, folder / "a.safetensors", {"step": "3"})


def _read_checkpoint(path: Path) -> None:
    from bfs_engine.train.loop import read_weights

    read_weights(path)


def _write_shard(folder: Path) -> None:
    import torch
    from safetensors.torch import save

    picture = io.BytesIO()
    Image.fromarray(noise(9, 7)).save(picture, "PNG")
    files = {"json": b'{"box": [1, 2, 3, 4]}', "image.png": picture.getvalue(), "safetensors": save({"a": torch.ones(2, 3)})}
    with tarfile.open(folder / "a.tar", "w") as tar:
        for ending, data in files.items():
            entry = tarfile.TarInfo(f"0000.{ending}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def _read_shard(path: Path) -> None:
    from bfs_engine.train import shards

    for example in shards.read_shard(path):
        shards.decode(example)


READERS = {
    "project": Reader(".downstage", _projects, _open, mutations.mutated_project, 12),
    "journal": Reader(".downstage", _write_journal, _recover, mutations.mutated_project, 4),
    "psd": Reader(".psd", _documents(".psd"), _open, weight=16),
    "psb": Reader(".psb", _documents(".psb"), _open),
    "ora": Reader(".ora", _documents(".ora"), _open, mutations.mutated_zip, 12),
    "png": Reader(
        ".png",
        _pictures(".png", ("RGB", {}), ("RGBA", {}), ("P", {}), ("1", {}), ("LA", {}), ("RGB", _more_frames())),
        _open,
        mutations.mutated_png,
        8,
    ),
    "jpeg": Reader(".jpg", _pictures(".jpg", ("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True})), _open, weight=8),
    "webp": Reader(".webp", _pictures(".webp", ("RGB", {}), ("RGBA", {"lossless": True}), ("RGB", _more_frames())), _open, weight=6),
    "tiff": Reader(".tiff", _tiffs, _open, weight=10),
    "avif": Reader(".avif", _pictures(".avif", ("RGB", {}), ("RGBA", {"quality": 100}), ("L", {})), _open, weight=5),
    "gif": Reader(".gif", _pictures(".gif", ("P", {}), ("RGBA", {}), ("RGB", _more_frames())), _open),
    "bmp": Reader(".bmp", _pictures(".bmp", ("RGB", {}), ("P", {}), ("1", {}), ("RGBA", {})), _open),
    "exr": Reader(".exr", _documents(".exr"), _open, weight=6),
    "command line": Reader(
        ".png", _pictures(".png", ("RGB", {}), ("RGBA", {}), ("RGBA", _covered()), ("I;16", {})), lambda path: read_picture(path), mutations.mutated_png, 2
    ),
    "settings": Reader(".json", _write_settings, _read_settings, weight=2),
    "presets": Reader(".json", _write_presets, _read_presets, weight=2),
    "weights": Reader(".pt", _write_weights, _read_weights, weight=2),
    "model": Reader(".safetensors", _write_model, _read_model, weight=1, stem="model/transformer/diffusion_pytorch_model"),
    "checkpoint": Reader(".safetensors", _write_checkpoint, _read_checkpoint, weight=2),
    "shard": Reader(".tar", _write_shard, _read_shard, weight=2),
    "library": Reader(".json", _write_library, _read_library, weight=2, stem="things"),
}
