"""Draws the README's sheet of the starter on photographs: python packaging/contact_sheet.py [--out SHEET.png] [--model DIR]

The photographs are scikit-image's samples (a test requirement), none of which the starter was trained on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bfs_engine import framing  # noqa: E402
from bfs_engine.api import Box, InsertRequest  # noqa: E402
from bfs_engine.bfs.starter import FOLDER, StarterEngine  # noqa: E402

CELL = 256  # pixels
JOBS = (  # picture of skimage.data, prompt, box, seed
    ("coffee.png", "strawberry", (455, 215, 120, 120), 0),
    ("coffee.png", "doughnut", (440, 60, 130, 120), 2),
    ("motorcycle_left.png", "dog", (560, 330, 130, 150), 0),
    ("motorcycle_left.png", "package", (80, 350, 150, 120), 0),
    ("camera.png", "elephant", (380, 270, 120, 110), 2),
    ("brick.png", "teddy bear", (190, 170, 150, 190), 0),
    ("gravel.png", "red apple", (180, 180, 160, 160), 1),
    ("grass.png", "turtle", (150, 190, 210, 150), 0),
)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=ROOT / "resources" / "screenshots" / "starter-sheet.png")
    options.add_argument("--model", type=Path, default=FOLDER)
    given = options.parse_args()
    engine = StarterEngine(given.model)
    sheet = Image.new("RGB", (2 * 3 * CELL, (len(JOBS) + 1) // 2 * CELL), "white")
    for number, job in enumerate(JOBS):
        for column, cell in enumerate(cells(engine, *job)):
            sheet.paste(cell, ((number % 2 * 3 + column) * CELL, number // 2 * CELL))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(given.out, optimize=True)
    return 0


def cells(engine: StarterEngine, name: str, prompt: str, box: tuple[int, int, int, int], seed: int) -> list[Image.Image]:
    """The crop with its box and prompt, the layer on a checkerboard, the layer over the photograph."""
    import skimage

    picture = np.asarray(Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB"))
    place = Box(*box)
    crop = framing.crop_around(place, picture.shape[1], picture.shape[0], engine.box_fraction)
    seen = framing.cut(picture, crop)
    (result,) = engine.insert(InsertRequest(prompt, place, crop, seen, seed), lambda progress: None)
    layer = Image.new("RGBA", (crop.width, crop.height))
    layer.paste(Image.fromarray(result.pixels), (result.left - crop.x, result.top - crop.y))
    asked = Image.fromarray(seen).resize((CELL, CELL), Image.Resampling.LANCZOS)
    scale = CELL / crop.width
    corner = ((place.x - crop.x) * scale, (place.y - crop.y) * scale)
    draw = ImageDraw.Draw(asked)
    draw.rectangle((*corner, corner[0] + place.width * scale, corner[1] + place.height * scale), outline="#ff5533", width=2)
    draw.text((6, 5), prompt, fill="white", stroke_width=2, stroke_fill="black", font_size=18)
    squares = (np.indices((crop.height, crop.width)) * 16 // crop.width).sum(0) % 2
    checker = Image.fromarray((200 + 40 * squares).astype(np.uint8)).convert("RGBA")
    over = Image.fromarray(seen).convert("RGBA")
    pictures = [Image.alpha_composite(ground, layer).convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS) for ground in (checker, over)]
    return [asked, *pictures]


if __name__ == "__main__":
    sys.exit(main())
