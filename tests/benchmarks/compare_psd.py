"""How near our picture of files that Photoshop wrote comes to the merged picture inside them.

python tests/benchmarks/compare_psd.py FOLDER

FOLDER (or the environment variable PSD_CORPUS) holds PSD and PSB files. Per file: the mean and the largest difference in levels
over white, what the reader reported, and what the file holds; at the end how many lie within one level, by kind.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from psd_tools.constants import Resource, Tag
from psd_tools.psd import PSD
from psd_tools.psd.adjustments import ADJUSTMENT_TYPES

from app.formats import open_with_report
from app.formats.psd.read import merged_pixels
from app.render.render import render

WITHIN = 1.0  # levels, mean
COMPUTED = (  # what a program must compute from settings
    *ADJUSTMENT_TYPES, Tag.OBJECT_BASED_EFFECTS_LAYER_INFO, Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V0, Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V1,
    Tag.EFFECTS_LAYER, Tag.VECTOR_MASK_SETTING1, Tag.VECTOR_MASK_SETTING2,
    Tag.TYPE_TOOL_OBJECT_SETTING, Tag.TYPE_TOOL_INFO, Tag.SMART_OBJECT_LAYER_DATA1, Tag.SMART_OBJECT_LAYER_DATA2,
    Tag.PLACED_LAYER1, Tag.PLACED_LAYER2,
)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """mean, largest: levels of 255; None where the file holds no real merged picture."""

    path: Path
    plain: bool  # only pixels, groups, masks, clipping, blend modes
    mean: float | None
    largest: float | None
    report: tuple[str, ...]


def compare(path: Path) -> Compared:
    """Open the file as the program does, paint it, and hold it against the picture that Photoshop put into it."""
    opened = open_with_report(path)
    with open(path, "rb") as file:
        psd = PSD.read(file)
    plain = holds_only_layers(psd)
    version = psd.image_resources.get_data(Resource.VERSION_INFO)
    if version is not None and not version.has_composite:
        return Compared(path, plain, None, None, opened.report)
    document = opened.document
    difference = np.abs(over_white(render(document, document.rect)) - over_white(merged_pixels(psd)))
    return Compared(path, plain, float(difference.mean()), float(difference.max()), opened.report)


def holds_only_layers(psd: PSD) -> bool:
    """Whether every layer is pixels, a group, masks, clipping and a blend mode: nothing that a program must compute."""
    return not any(tag in record.tagged_blocks for record, _ in psd._iter_layers() for tag in COMPUTED)


def over_white(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) float of (h, w, 3 or 4) uint8."""
    colors = pixels[..., :3].astype(float)
    if pixels.shape[2] == 3:
        return colors
    alpha = pixels[..., 3:] / 255
    return colors * alpha + 255 * (1 - alpha)


def main(folder: Path) -> None:
    results = [compare(path) for path in sorted(folder.rglob("*.ps[db]"))]
    for result in results:
        error = "no merged picture" if result.mean is None else f"{result.mean:7.3f} {result.largest:6.1f}"
        print(f"{error:>18}  {'layers' if result.plain else 'more':6}  {result.path.name}  {' '.join(result.report)}")
    for words, kind in (("only pixels, groups, masks, clipping, blend modes", True), ("anything else", False)):
        judged = [result for result in results if result.plain is kind and result.mean is not None]
        print(f"{words}: {sum(result.mean <= WITHIN for result in judged)} of {len(judged)} within a mean of {WITHIN:g} level")


if __name__ == "__main__":
    place = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PSD_CORPUS")
    if not place:
        sys.exit("which folder?")
    main(Path(place))
