"""The engine's command line on a 12-megapixel photograph: the box sets the cost, not the picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image


def importing_torch(run_program: Callable) -> float:
    """Seconds until torch is imported, and no more: diffusers and the engine count as the layer's."""
    return run_program("-c", "import torch").seconds


def test_a_layer_on_twelve_megapixels(photograph: Path, tmp_path: Path, measure: Callable, run_program: Callable) -> None:
    importing_torch(run_program)  # once for the disk's cache
    imports = importing_torch(run_program)
    run = run_program(
        *("-m", "bfs_engine", "insert", "--background", str(photograph), "--box", "3000", "1600", "900", "900"),
        *("--prompt", "strawberry", "--out", str(tmp_path / "layer.png"), "--composite", str(tmp_path / "composite.png")),
    )
    measure("insert on 12 megapixels, memory", run.megabytes, "MB", budget=1500)
    measure("insert on 12 megapixels, after the import of torch", run.seconds - imports, "s", budget=5)


def test_the_box_sets_the_cost(photograph: Path, tmp_path: Path, measure: Callable, run_program: Callable) -> None:
    with Image.open(photograph) as picture:
        picture.crop((2400, 1200, 4000, 2800)).save(tmp_path / "part.jpg", quality=92)
    common = ("--prompt", "strawberry", "--out", str(tmp_path / "layer.png"))
    part = run_program("-m", "bfs_engine", "insert", "--background", str(tmp_path / "part.jpg"), "--box", "600", "400", "300", "300", *common)
    whole = run_program("-m", "bfs_engine", "insert", "--background", str(photograph), "--box", "3000", "1600", "300", "300", *common)
    measure("12 megapixels against 2.5 around the same box", whole.seconds - part.seconds, "s", budget=2)


def test_the_vocabulary_comes_at_once(measure: Callable, run_program: Callable) -> None:
    measure("list of things", run_program("-m", "bfs_engine", "things").seconds, "s", budget=1)
