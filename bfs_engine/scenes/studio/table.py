"""The table of photographed things (things.tsv), contact sheets to judge them by, and the library made of those that were found good."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .catalogue import Model

TABLE, VERDICTS = Path(__file__).with_name("things.tsv"), Path(__file__).with_name("verdicts.tsv")
CELL, ACROSS, DOWN = 150, 8, 6


@dataclass(frozen=True)
class Thing:
    """One row: name, category, the model's key, its turn in degrees from its own front, other words for it."""

    name: str
    category: str
    model: str
    turn: float
    synonyms: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.name.replace(" ", "-")


def read(path: Path = TABLE) -> list[Thing]:
    """All rows, in their order."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [Thing(n, c, m, float(t), tuple(word.strip() for word in s.split(",") if word.strip())) for n, c, m, t, s in rows]


def verdicts(path: Path = VERDICTS) -> dict[str, str]:
    """What an eye said of each picture: name -> "good", or why not."""
    if not path.exists():
        return {}
    return dict(line.split("\t")[:2] for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))


def sheets(pictures: Path, out: Path) -> None:
    """Contact sheets of all pictures in a folder, each cell with its name, on two greys."""
    out.mkdir(parents=True, exist_ok=True)
    paths = sorted(pictures.glob("*.png"))
    for number in range(math.ceil(len(paths) / (ACROSS * DOWN))):
        sheet = Image.new("RGB", (ACROSS * CELL, DOWN * (CELL + 14)), (150, 150, 150))
        for place, path in enumerate(paths[number * ACROSS * DOWN : (number + 1) * ACROSS * DOWN]):
            x, y = place % ACROSS * CELL, place // ACROSS * (CELL + 14)
            with Image.open(path) as picture:
                picture.thumbnail((CELL - 6, CELL - 6))
                sheet.paste(picture, (x + (CELL - picture.width) // 2, y + CELL - 3 - picture.height), picture)
            ImageDraw.Draw(sheet).text((x + 3, y + CELL), path.stem, fill=(255, 255, 255))
        sheet.save(out / f"sheet-{number:02d}.png")


def write_library(pictures: Path, models: list[Model], out: Path) -> int:
    """Write the good pictures as WebP, photographed.json with names and attributions, and ATTRIBUTION.txt, a line a model."""
    by_key, judged = {model.key: model for model in models}, verdicts()
    rows, lines = [], []
    for thing in read():
        source = pictures / f"{thing.file}.png"
        if judged.get(thing.name) != "good" or not source.exists():
            continue
        model, file = by_key[thing.model], f"{thing.file}.webp"
        with Image.open(source) as picture:
            picture.save(out / file, quality=82, method=6, exact=False)
        row = {"name": thing.name, "synonyms": list(thing.synonyms), "category": thing.category, "file": file}
        rows.append(row | {"names": {language: name for language, name in model.names.items() if language == "de"}})
        lines.append(f"{file}: “{model.name}” by {model.creator or 'unnamed contributor'}, {model.licence}, from {model.library}; rendered")
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (out / "photographed.json").write_text(f"[\n{text}\n]\n", "utf-8")
    (out / "ATTRIBUTION.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return len(rows)


def alpha_of(path: Path) -> np.ndarray:
    """(h, w) uint8."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"))[..., 3]
