"""Sprites of things, drawn from Noto Color Emoji or by ourselves (shapes.py); the table of their names is things.tsv beside this file.

    python -m bfs_engine.scenes.sprites --out resources/models/starter/library

writes the library that ships: one PNG cut-out for each thing, and things.json with its names.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bfs_engine.scenes import solids
from bfs_engine.scenes.shapes import SHAPES

SPRITE_SIZE = 136  # longest side of a cut-out, in pixels: the size of the font's bitmaps
_FONT_STRIKE = 109  # the one size at which the bitmap font can be opened, in points
_OURS = "shape"  # in the table, in the place of an emoji
_TABLE = Path(__file__).with_name("things.tsv")


@dataclass(frozen=True)
class Thing:
    """One row of the table. The first of `names` is the thing's name, the others are synonyms. Category "-": training only.

    emoji: what it is drawn from; empty for a thing of our own.
    """

    emoji: str
    category: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def file(self) -> str:
        return self.name.replace(" ", "-") + ".png"


def read_table(path: Path = _TABLE) -> tuple[Thing, ...]:
    """Every thing of the table, in its order."""
    return tuple(_parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))


def _parse(line: str) -> Thing:
    emoji, category, name, synonyms = line.split("\t")
    others = (word.strip() for word in synonyms.split(","))
    return Thing("" if emoji == _OURS else emoji, category, (name, *(word for word in others if word)))


def find_font() -> Path:
    """Where fontconfig knows Noto Color Emoji (Debian: fonts-noto-color-emoji). Raises FileNotFoundError."""
    if shutil.which("fc-match") is None:
        raise FileNotFoundError("fc-match is missing; name the font file with --font.")
    answer = subprocess.run(["fc-match", "-f", "%{family}\t%{file}", "Noto Color Emoji"], capture_output=True, text=True, check=True)
    family, file = answer.stdout.split("\t")
    if "Noto Color Emoji" not in family:
        raise FileNotFoundError("Noto Color Emoji is not installed (Debian: fonts-noto-color-emoji); or name it with --font.")
    return Path(file)


def trim(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8 RGBA without its fully transparent margins. Raises ValueError where nothing is visible."""
    visible = pixels[..., 3] > 0
    if not visible.any():
        raise ValueError("nothing visible in this cut-out")
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def draw(emoji: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA, trimmed, longest side at most SPRITE_SIZE. Raises ValueError for an unknown glyph."""
    paper = Image.new("RGBA", (400, 240))
    ImageDraw.Draw(paper).text((20, 20), emoji, font=font, embedded_color=True)
    glyph = trim(without_paper(np.asarray(paper)))
    if max(glyph.shape[:2]) > SPRITE_SIZE:
        raise ValueError(f"{emoji} is not one glyph of this font")
    return _solid(glyph)


def draw_shape(name: str) -> np.ndarray:
    """The same of one of our own things. Raises KeyError for a name that is not in SHAPES."""
    return _solid(trim(solids.draw(SHAPES[name](), SPRITE_SIZE)))


def without_paper(drawn: np.ndarray) -> np.ndarray:
    """What Pillow has drawn on transparent paper, (h, w, 4) uint8, with its colours as they are: it mixes them with the paper's black."""
    alpha = drawn[..., 3:].astype(np.float32)
    colour = np.rint(drawn[..., :3] * (255 / np.maximum(alpha, 1))).clip(0, 255).astype(np.uint8)
    return np.concatenate([colour, drawn[..., 3:]], axis=2)


def _solid(glyph: np.ndarray) -> np.ndarray:
    """The same with nearly opaque pixels made opaque, and no colour where nothing is to be seen."""
    solid = glyph.copy()
    solid[..., 3][solid[..., 3] >= 250] = 255
    solid[solid[..., 3] == 0] = 0
    return solid


def draw_all(things: tuple[Thing, ...], font_path: Path | None = None) -> list[np.ndarray]:
    """One cut-out per thing, see `draw` and `draw_shape`."""
    font = ImageFont.truetype(str(font_path or find_font()), _FONT_STRIKE)
    return [draw(thing.emoji, font) if thing.emoji else draw_shape(thing.name) for thing in things]


def write_library(out: Path, font_path: Path | None = None) -> int:
    """Write the PNG files and things.json in place of those that are there; returns how many things."""
    things = tuple(thing for thing in read_table() if thing.category != "-")
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    for thing, pixels in zip(things, draw_all(things, font_path), strict=True):
        Image.fromarray(pixels).save(out / thing.file, optimize=True)
    rows = [{"name": t.name, "synonyms": list(t.names[1:]), "category": t.category, "file": t.file} for t in things]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (out / "things.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return len(things)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bfs_engine.scenes.sprites", description="Write the starter's picture library.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNG files and things.json")
    parser.add_argument("--font", type=Path, help="NotoColorEmoji.ttf; found by fontconfig when not given")
    options = parser.parse_args(arguments)
    count = write_library(options.out, options.font)
    size = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{count} things, {size / 2**20:.2f} MiB in {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
