"""The table of photographed things (things.tsv), contact sheets to judge them by, and the library made of those that were found good."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from .catalogue import Model

TABLE, VERDICTS = Path(__file__).with_name("things.tsv"), Path(__file__).with_name("verdicts.tsv")
GOOD, MOST, QUALITY = "good", 6, 82  # a verdict; pictures of a noun at most; of WebP
HEAD = """The photographed things are pictures rendered from these 3D models (Debian: sweethome3d-furniture), one line a picture:
file, the model's name, who made it, the licence of the model, the library it comes from. CC0: creativecommons.org/publicdomain/zero/1.0;
CC-BY 3.0: creativecommons.org/licenses/by/3.0. Materials were mended, nothing else of the models was changed.

"""
USUAL_PITCH = 14.0  # degrees above the level
CELL, ACROSS, DOWN = 180, 9, 6


@dataclass(frozen=True)
class Thing:
    """One row: name, category, the model's key, its turn in degrees from its own front, the camera's degrees above the level, the name of
    a thing of which this is a further picture, or "", and other words for it."""

    name: str
    category: str
    model: str
    turn: float
    pitch: float
    also: str
    synonyms: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.name.replace(" ", "-").replace("'", "")


def read(path: Path = TABLE) -> list[Thing]:
    """All rows, in their order."""
    return [_thing(*line.split("\t")) for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def _thing(name: str, category: str, model: str, turn: str, pitch: str, also: str, synonyms: str) -> Thing:
    words = tuple(word.strip() for word in synonyms.split(",") if word.strip())
    return Thing(name, category, model, float(turn), USUAL_PITCH if pitch == "-" else float(pitch), "" if also == "-" else also, words)


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
    """Write the good pictures as WebP in place of those that are there, photographed.json for scenes.vocabulary, and ATTRIBUTION.txt, a
    line a model. Returns how many nouns have a photograph."""
    by_key, judged = {model.key: model for model in models}, verdicts()
    good = [thing for thing in read() if judged.get(thing.name) == GOOD and (pictures / f"{thing.file}.png").exists()]
    for old in out.glob("*.webp"):
        old.unlink()
    rows, lines = [], []
    for thing in good:
        model, file = by_key[thing.model], f"{thing.file}.webp"
        with Image.open(pictures / f"{thing.file}.png") as picture:
            picture.save(out / file, quality=QUALITY, method=6, exact=False)
        kin = [thing, *(other for other in good if other.also == thing.name)][:MOST]
        row = {"name": thing.name, "synonyms": list(thing.synonyms), "category": thing.category}
        row["pictures"] = [{"file": f"{each.file}.webp", "pitch": each.pitch} for each in kin]
        rows.append(row)
        lines.append(f"{file}: “{model.name}” by {model.creator or 'a contributor without a name'}, {model.licence}, from {model.library}; rendered")
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (out / "photographed.json").write_text(f"[\n{text}\n]\n", "utf-8")
    (out / "ATTRIBUTION.txt").write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return len(rows)
