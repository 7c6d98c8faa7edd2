"""Catalogues of openly licensed 3D models: what there is, who made it, how large it is.

The libraries are those of Debian's `sweethome3d-furniture` (CC0 and CC-BY 3.0), unpacked into one folder each: PluginFurnitureCatalog.properties
with the models beside it, and the same names in other languages in PluginFurnitureCatalog_LANGUAGE.properties.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

LICENCES = {"BlendSwap-CC-0": "CC0"}  # all other libraries: CC-BY 3.0
_ENTRY = re.compile(r"(\w+)#(\d+)\s*=\s*(.*)")


@dataclass(frozen=True)
class Model:
    """One model of a catalogue.

    size: width, depth, height in centimetres, as the catalogue says. rotation: 9 numbers, row by row, y upwards, or empty.
    """

    library: str
    name: str
    path: Path
    creator: str
    size: tuple[float, float, float]
    rotation: tuple[float, ...]
    names: dict[str, str]

    @property
    def key(self) -> str:
        return f"{self.library}/{self.path.stem}"

    @property
    def licence(self) -> str:
        return LICENCES.get(self.library, "CC-BY 3.0")


def unpack(archives: Path, out: Path) -> None:
    """Unzip every .sh3f library of a folder into out/LIBRARY."""
    for archive in sorted(archives.glob("*.sh3f")):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(out / archive.stem)


def read(models: Path) -> list[Model]:
    """All models of the libraries in a folder, in the catalogues' order."""
    return [model for library in sorted(path for path in models.iterdir() if path.is_dir()) for model in _library(library)]


def _library(folder: Path) -> list[Model]:
    english = _entries(folder / "PluginFurnitureCatalog.properties")
    others = {path.stem.partition("_")[2]: _entries(path) for path in sorted(folder.glob("PluginFurnitureCatalog_*.properties"))}
    found = []
    for number, entry in english.items():
        if "model" not in entry:
            continue
        names = {language: table[number]["name"] for language, table in others.items() if "name" in table.get(number, {})}
        size = tuple(float(entry[side]) for side in ("width", "depth", "height"))
        rotation = tuple(float(value) for value in entry.get("modelRotation", "").split())
        path = folder / entry["model"].lstrip("/")
        found.append(Model(folder.name, entry["name"], path, entry.get("creator", ""), size, rotation, names))
    return found


def _entries(path: Path) -> dict[int, dict[str, str]]:
    """Java properties of the form name#7=value, by number."""
    table: dict[int, dict[str, str]] = {}
    for line in path.read_text("latin-1").splitlines():
        match = _ENTRY.match(line)
        if match:
            value = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), match[3].strip())
            table.setdefault(int(match[2]), {})[match[1]] = value
    return table
