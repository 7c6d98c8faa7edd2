"""How well flat pictures are taken apart, on scenes whose layers are known.

    python -m bfs_engine.evaluate.apart [--count N] [--scenes DIR] [--sheet SHEET.webp]

Without --scenes: the project's own held-out scenes at 256 pixels. With it: a folder of KEY.composite, .background and .matte PNGs and
scenes.json (scenes/studio). Prints JSON: means over scenes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .. import lift
from ..api import Box, EngineError
from ..cli.pictures import over
from ..layering import ground as grounds
from ..layering import split
from ..matting.matte import softened
from ..matting.select import select
from ..scenes.render import library_sprites, render_many

LIBRARY = Path(__file__).parents[2] / "resources" / "models" / "starter" / "library"
HELD_SEED = 990_118
SIDE = 256
NOTICED = 4  # levels of 255: what differs by more is changed by thing or effects
EDGE = 6  # pixels to both sides of the thing's edge, where its alpha is judged


@dataclass(frozen=True, eq=False)
class Scene:
    """composite, background (h, w, 3), matte (h, w), uint8; box around the thing."""

    composite: np.ndarray = field(repr=False)
    background: np.ndarray = field(repr=False)
    matte: np.ndarray = field(repr=False)
    box: Box


def own(count: int) -> Iterator[Scene]:
    """Held-out scenes of the project's own, their boxes one pixel wider than the things."""
    made = render_many(library_sprites(LIBRARY), HELD_SEED, count, SIDE)
    planes = [(part.clamp(0, 1) * 255).round().byte() for part in (made.composite, made.background, made.object_alpha)]
    for composite, background, matte in zip(*planes, strict=True):
        alpha = matte[0].numpy()
        box = lift.bounds(alpha >= 128)
        if box is not None:
            yield Scene(composite.permute(1, 2, 0).numpy(), background.permute(1, 2, 0).numpy(), alpha, Box(box.x - 1, box.y - 1, box.width + 2, box.height + 2))


def rendered(folder: Path) -> Iterator[Scene]:
    """Path-traced scenes of scenes/studio."""
    for each in json.loads((folder / "scenes.json").read_text()):
        parts = [np.asarray(Image.open(folder / f"{each['key']}.{name}.png")) for name in ("composite", "background", "matte")]
        yield Scene(parts[0][..., :3], parts[1][..., :3], parts[2] if parts[2].ndim == 2 else parts[2][..., 0], Box(*each["box"]))


def overlap(mask: np.ndarray, true: np.ndarray) -> float:
    """Intersection over union of two bool masks."""
    return float((mask & true).sum() / max((mask | true).sum(), 1))


def one_click(found: np.ndarray, true: np.ndarray) -> tuple[float, float, bool] | None:
    """Where a user would correct first: the middle of the largest wrong part."""
    wrong = found ^ true
    count, parts, numbers, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8))
    if count < 2:
        return None
    inside = cv2.distanceTransform((parts == 1 + numbers[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8), cv2.DIST_L2, 3)
    y, x = np.unravel_index(inside.argmax(), inside.shape)
    return float(x), float(y), bool(true[y, x])


def psnr(made: np.ndarray, true: np.ndarray, where: np.ndarray) -> float:
    """dB, in `where`; nan where that is next to nothing."""
    error = ((made.astype(np.float64) - true) / 255) ** 2
    return float(-10 * np.log10(error[where].mean() + 1e-9)) if where.sum() > 50 else float("nan")


def texture(made: np.ndarray, true: np.ndarray, where: np.ndarray) -> float:
    """Energy of the fine detail over the true one's; nan where the truth has next to none."""
    fine = [picture - cv2.GaussianBlur(picture, (0, 0), 2) for picture in (made.astype(np.float32), true.astype(np.float32))]
    energy = [float((part[where] ** 2).mean()) for part in fine]
    return energy[0] / energy[1] if energy[1] > 1 else float("nan")


def judged(scene: Scene, ground: split.Ground) -> dict[str, float]:
    """All numbers of one scene."""
    true = scene.matte >= 128
    started = time.perf_counter()
    found = select(scene.composite, scene.box, more=False).masks[0] > 0
    numbers = {"select seconds": time.perf_counter() - started, "IoU box": overlap(found, true)}
    click = one_click(found, true)
    try:
        corrected = found if click is None else select(scene.composite, scene.box, (click,), found.astype(np.uint8) * 255).masks[0] > 0
    except EngineError:
        corrected = found
    numbers["IoU one click"] = overlap(corrected, true)
    numbers["box below .8"] = float(numbers["IoU box"] < 0.8)
    changed = np.abs(scene.composite.astype(int) - scene.background).max(axis=2) > NOTICED
    effects, under = changed & (scene.matte == 0), scene.matte > 0
    band = lift.grown(true, EDGE) & ~lift.shrunk(true, EDGE)
    for name, mask in (("true mask", true), ("found mask", found)):
        started = time.perf_counter()
        taken = split.take_one(scene.composite, mask, ground, softened)
        numbers |= {
            f"{name}: seconds": time.perf_counter() - started,
            f"{name}: recomposition, levels": float(np.abs(over(taken.thing, taken.ground).astype(int) - scene.composite).max()),
            f"{name}: alpha error": float(np.abs(taken.cover.astype(int) - scene.matte)[band].mean() / 255),
            f"{name}: changed region": psnr(taken.ground, scene.background, changed),
            f"{name}: effects": psnr(taken.ground, scene.background, effects),
            f"{name}: under the thing": psnr(taken.ground, scene.background, under),
            f"{name}: whole": psnr(taken.ground, scene.background, np.ones_like(changed)),
            f"{name}: texture": texture(taken.ground, scene.background, under),
        }
    numbers["untouched: changed region"] = psnr(scene.composite, scene.background, changed)
    return numbers


def sheet(scenes: list[Scene], ground: split.Ground) -> np.ndarray:
    """A row a scene: picture, ground by the mask that a box finds, true ground, thing with its effects on white."""
    rows = []
    for scene in scenes:
        taken = split.take_one(scene.composite, select(scene.composite, scene.box, more=False).masks[0] > 0, ground, softened)
        rows.append(np.hstack([scene.composite, taken.ground, scene.background, over(taken.thing, np.full_like(scene.composite, 255))]))
    return np.vstack(rows)


def main() -> None:
    """Judge, print, and draw the sheet."""
    parser = argparse.ArgumentParser(description="measure how well pictures are taken apart")
    parser.add_argument("--count", type=int, default=128, help="own scenes (default: 128)")
    parser.add_argument("--scenes", type=Path, help="a folder of path-traced scenes instead")
    parser.add_argument("--sheet", type=Path, help="some of them to look at")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    ground = grounds.best()
    scenes = list(own(options.count) if options.scenes is None else rendered(options.scenes))
    collected: dict[str, list[float]] = defaultdict(list)
    for scene in scenes:
        for name, value in judged(scene, ground).items():
            collected[name].append(value)
    report = {name: [round(float(np.nanmean(values)), 3), round(float(np.nanmedian(values)), 3)] for name, values in collected.items()}
    print(json.dumps({"scenes": len(scenes), "mean, median": report}, indent=1))
    if options.sheet is not None:
        Image.fromarray(sheet(scenes[:: max(len(scenes) // 7, 1)][:8], ground)).save(options.sheet, quality=70)


if __name__ == "__main__":
    main()
