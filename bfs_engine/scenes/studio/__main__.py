"""Render things, light views and test scenes; every command goes on where it stopped.

    python -m bfs_engine.scenes.studio unpack --archives /usr/share/sweethome3d/furniture --models models
    python -m bfs_engine.scenes.studio skies --package package --out hdri
    python -m bfs_engine.scenes.studio maps --surroundings hdri --out surroundings.npz
    python -m bfs_engine.scenes.studio pictures --models models --out pictures
    python -m bfs_engine.scenes.studio lights --models models --out views --count 40
    python -m bfs_engine.scenes.studio scenes --models models --surroundings hdri --textures textures --out held
    python -m bfs_engine.scenes.studio sheet --pictures pictures --out sheets
    python -m bfs_engine.scenes.studio library --pictures pictures --models models --out resources/models/starter/library
    python -m bfs_engine.scenes.studio languages --annotations /usr/share/unicode/cldr/common/annotations --models models --out (the same)
"""

from __future__ import annotations

import argparse
import random
import sys
import traceback
from pathlib import Path

from . import catalogue, languages, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bfs_engine.scenes.studio", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, options in {
        "unpack": ("archives", "models"),
        "skies": ("package", "out"),
        "maps": ("surroundings", "out"),
        "pictures": ("models", "out"),
        "lights": ("models", "out"),
        "scenes": ("models", "surroundings", "textures", "out"),
        "sheet": ("pictures", "out"),
        "library": ("pictures", "models", "out"),
        "languages": ("annotations", "models", "out"),
    }.items():
        command = commands.add_parser(name)
        for option in options:
            command.add_argument(f"--{option}", type=Path, required=True)
        command.add_argument("--count", type=int, default=10**6, help="stop after so many")
        command.add_argument("--part", default="0/1", help="1/2: the second half of the work, for a second process beside the first")
        command.add_argument("--only", default="", help="things by name, parted by commas")
    asked = parser.parse_args()
    if asked.command == "unpack":
        catalogue.unpack(asked.archives, asked.models)
    elif asked.command == "sheet":
        table.sheets(asked.pictures, asked.out)
    elif asked.command == "library":
        print(table.write_library(asked.pictures, catalogue.read(asked.models), asked.out), "photographed things")
    elif asked.command == "languages":
        print(languages.write(asked.out, asked.annotations, catalogue.read(asked.models)), "things with names in other languages")
    else:
        _render(asked)
    return 0


def _render(asked: argparse.Namespace) -> None:
    from . import work  # Blender takes seconds to load and is not needed above

    if asked.command == "maps":
        print(work.maps(asked.surroundings, asked.out), "maps")
        return
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.command == "skies":
        work.skies(asked.package, asked.out)
        return
    models = {model.key: model for model in catalogue.read(asked.models)}
    things = [thing for thing in table.read() if not asked.only or thing.name in asked.only.split(",")]
    if asked.command == "scenes":
        work.scenes(models, things, asked.surroundings, asked.textures, asked.out, asked.count)
        return
    part, parts = map(int, asked.part.split("/"))
    done = 0
    for thing in work.order(things, asked.command)[part::parts]:
        if done >= asked.count:
            break
        dice = random.Random(f"{asked.command} {thing.name}")
        try:
            done += work.picture(models, thing, asked.out) if asked.command == "pictures" else work.view(models, thing, asked.out, dice)
        except Exception:  # one damaged model does not end the night
            traceback.print_exc(file=sys.stdout)
            print("failed:", thing.name, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
