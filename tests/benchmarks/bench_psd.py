"""How long a large PSD takes to write and to read, and how much memory; as shares of the least work where the machine is not ours alone.

The least work for writing is to copy the layers' bytes into a file; for reading, to read the file and copy its bytes once.
Run by itself (python tests/benchmarks/bench_psd.py [SIDE LAYERS]) it prints a table; `make bench` records it.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.formats import open_document, save_document

SIDE, LAYERS = 4096, 20
DISTINCT = 4  # so many layers are drawn anew, the others are copies of their bytes: drawing all takes longer than saving


@dataclass(frozen=True)
class Taken:
    """Processor and wall-clock seconds of saving, of saving again after one stroke, and of opening; MB of the document and the
    most that saving and opening took beyond it; the least seconds for the same bytes."""

    document: float
    save: float
    save_wall: float
    again: float
    again_wall: float
    open: float
    open_wall: float
    least_write: float
    least_read: float
    save_peak: float
    open_peak: float
    file: float


def layer_pixels(side: int, number: int) -> np.ndarray:
    """(side, side, 4) uint8. Even: a photograph, grain over a gradient, opaque. Odd: a painting, flat strokes with soft alpha."""
    random = np.random.default_rng(number)
    slope = np.linspace(0, 190, side, dtype=np.uint8)
    if number % 2 == 0:
        array = random.integers(0, 48, (side, side, 4), np.uint8)
        array[..., :3] += slope[None, :, None]
        array[..., 3] = 255
        return array
    patches = random.integers(0, 256, (side // 32, side // 32, 4), np.uint8)
    array = patches.repeat(32, 0).repeat(32, 1)
    y, x = np.ogrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    array[..., 3] = np.clip((1 - np.hypot(x, y)) * 8 * 255, 0, 255)
    return array


def document(side: int, layers: int) -> Document:
    drawn = [layer_pixels(side, number) for number in range(min(DISTINCT, layers))]
    made = [make_layer(f"layer {number}", Pixels.from_array(drawn[number % len(drawn)])) for number in range(layers)]
    return Document(side, side, tuple(made))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall-clock seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


def since_here() -> None:
    """Forget the most memory used so far (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(what: str) -> float:
    """MB: VmRSS, now, or VmHWM, the most since `since_here`."""
    found = re.search(rf"{what}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024


def taken(side: int, layers: int) -> Taken:
    made = document(side, layers)
    size = sum(tile.nbytes for layer in made.layers for tile in layer.pixels.tiles.values()) / 2**20
    with tempfile.TemporaryDirectory() as folder:
        path, plain = Path(folder) / "a.psb", Path(folder) / "plain"
        since_here()
        before = memory("VmRSS")
        save, save_wall = timed(lambda: save_document(made, path))
        save_peak = memory("VmHWM") - before
        painted = replace(made.layers[-1], pixels=made.layers[-1].pixels.with_region(9, 9, layer_pixels(64, 1)))
        again, again_wall = timed(lambda: save_document(replace(made, layers=(*made.layers[:-1], painted)), path))
        least_write, _ = timed(lambda: plain.write_bytes(b"".join(tile.tobytes() for tile in made.layers[0].pixels.tiles.values())))
        file = path.stat().st_size / 2**20
        del made, painted
        since_here()
        before = memory("VmRSS")
        least_read, _ = timed(lambda: bytearray(plain.read_bytes()))
        opening, open_wall = timed(lambda: open_document(path))
        return Taken(
            size, save, save_wall, again, again_wall, opening, open_wall, least_write * layers, least_read * layers,
            save_peak, memory("VmHWM") - before, file,
        )  # fmt: skip


def main(side: int, layers: int) -> None:
    numbers = taken(side, layers)
    for name, value in asdict(numbers).items():
        print(f"{name:12} {value:10.2f}")


def test_a_large_psd_is_written_and_read_quickly(run_program: Callable[..., Any], measure: Callable[..., None]) -> None:
    """In a process of its own: twenty layers of 4096 × 4096."""
    lines = run_program(__file__).output.split("\n")
    number = {name: float(value) for name, value in (line.split() for line in lines if line.strip())}
    measure("PSB of 20 layers of 4096 × 4096: save, processor", number["save"], "s", budget=6)
    measure("the same, wall clock", number["save_wall"], "s", budget=5)
    measure("the same, to the least work", number["save"] / number["least_write"], "x", budget=5)
    measure("the same, most memory to the document's", 1 + number["save_peak"] / number["document"], "x", budget=1.2)
    measure("save again after one stroke, to the first save", number["again"] / number["save"], "x", budget=0.7)
    measure("open, wall clock", number["open_wall"], "s", budget=4)
    measure("open, processor", number["open"], "s", budget=6)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or (SIDE, LAYERS)))
