"""The models that layers can be made with: what is in a folder, its licence, its size on the disk. Without torch.

A model's folder is either a starter, as `train` and `export` write it, or FLUX as its makers offer it for download (bfs/flux.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .api import EngineError

STARTER = Path(__file__).parents[1] / "resources" / "models" / "starter"
STARTER_MEMORY = 0.7  # GB that a job with the starter adds to the window's memory, torch's libraries included; measured

FILL, REDUX = "FLUX.1-Fill-dev", "FLUX.1-Redux-dev"
RGBA_VAE, WEIGHTS = "transparency_vae", "bfs/trained_weights.pt"
FLUX_PARTS = (
    *(f"{FILL}/{part}/config.json" for part in ("transformer", "vae", "text_encoder", "text_encoder_2")),
    *(f"{FILL}/{part}/tokenizer_config.json" for part in ("tokenizer", "tokenizer_2")),
    f"{FILL}/scheduler/scheduler_config.json",
    f"{RGBA_VAE}/config.json",
    WEIGHTS,
)
STARTER_PARTS = ("model_index.json", "transformer/config.json", "vae/config.json", "rgba_vae/config.json", "library/things.json")


@dataclass(frozen=True)
class Model:
    """name: as recipes have it. size: bytes on the disk. references: whether it takes pictures instead of words."""

    kind: Literal["starter", "flux"]
    name: str
    folder: Path
    licence: str
    size: int
    references: bool = True


def look_at(folder: Path) -> Model:
    """The model in a folder. Raises EngineError, which says what is missing and where to look."""
    if not folder.is_dir():
        raise EngineError(f"There is no folder {folder}.", "Choose the folder that holds the model.")
    if (folder / FILL).is_dir() or (folder / WEIGHTS).exists() or (folder / RGBA_VAE).is_dir():
        return _flux(folder)
    if (folder / STARTER_PARTS[0]).exists() and (folder / "library").is_dir():
        return _starter(folder)
    if folder.name in (FILL, RGBA_VAE, REDUX, "bfs"):
        raise EngineError(f"{folder.name} is one part of a FLUX model.", f"Choose the folder around it: {folder.parent}.")
    inside = next((one for one in sorted(folder.iterdir()) if (one / FILL).is_dir()), None) if folder.is_dir() else None
    hint = f"Choose {inside}." if inside else f"A FLUX model's folder holds {FILL}, {RGBA_VAE} and {WEIGHTS}."
    raise EngineError(f"There is no model in {folder}.", hint)


def _flux(folder: Path) -> Model:
    missing = [part for part in FLUX_PARTS if not (folder / part).exists()]
    if missing:
        raise EngineError(f"The FLUX model in {folder} is not whole: {missing[0]} is missing.", "Fetch it again.")
    licence = "FLUX.1 [dev] Non-Commercial License (Black Forest Labs); the authors of BFS state none for their weights"
    return Model("flux", "FLUX.1 Fill", folder, licence, size_of(folder), (folder / REDUX).is_dir())


def _starter(folder: Path) -> Model:
    missing = [part for part in STARTER_PARTS if not (folder / part).exists()]
    if missing:
        raise EngineError(f"The model in {folder} is not whole: {missing[0]} is missing.", "Reinstall Downstage, or export the model again.")
    if folder == STARTER:
        return shipped()
    return Model("starter", folder.name, folder, "your own training", size_of(folder))


def shipped() -> Model:
    """The starter that ships, whether it is whole or not."""
    licence = "Apache License 2.0; its cut-outs: SIL Open Font License 1.1 and Apache License 2.0"
    return Model("starter", "starter", STARTER, licence, size_of(STARTER))


def size_of(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
