"""The models that layers can be made with: what is in a folder, its licence, its size on the disk. Without torch.

A model's folder is either a starter, as `train` and `export` write it, FLUX as its makers offer it for download
(bfs/flux.py), or FLUX.2 klein as the hub has it (fill/engine.py).
PARTS says what there is to download for it; fetch.py does that.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .api import EngineError
from .words import listed, phrase

STARTER = Path(__file__).parents[1] / "resources" / "models" / "starter"
STARTER_MEMORY = 0.7  # GB that a job with the starter adds to the window's memory, torch's libraries included; measured

FLUX_NAME = "FLUX.1 Fill"
FILL, REDUX = "FLUX.1-Fill-dev", "FLUX.1-Redux-dev"
RGBA_VAE, WEIGHTS = "transparency_vae", "bfs/trained_weights.pt"
FLUX_PARTS = (
    *(f"{FILL}/{part}/config.json" for part in ("transformer", "vae", "text_encoder", "text_encoder_2")),
    *(f"{FILL}/{part}/tokenizer_config.json" for part in ("tokenizer", "tokenizer_2")),
    f"{FILL}/scheduler/scheduler_config.json",
    f"{RGBA_VAE}/config.json",
    WEIGHTS,
)
KLEIN_NAME, KLEIN_LICENCE = "FLUX.2 klein", "Apache License 2.0 (Black Forest Labs)"
KLEIN_PIPELINE = "Flux2Klein"  # how the class in its model_index.json begins
KLEIN_WEIGHTS = ("transformer", "text_encoder", "vae")
KLEIN_PARTS = (*(f"{part}/config.json" for part in KLEIN_WEIGHTS), "tokenizer/tokenizer_config.json", "scheduler/scheduler_config.json")
UNFINISHED = "flux-download.json"  # in a model's folder while it is being fetched: names of parts that are not whole yet -> repository
STARTER_PARTS = ("model_index.json", "transformer/config.json", "vae/config.json", "rgba_vae/config.json", "library/things.json")


@dataclass(frozen=True)
class Model:
    """name: as recipes have it. size: bytes on the disk. references: whether it takes pictures instead of words."""

    kind: Literal["starter", "flux", "klein"]
    name: str
    folder: Path
    licence: str
    size: int
    references: bool = True


@dataclass(frozen=True)
class Part:
    """What is downloaded in one go. folder: below the model's, "" for itself. repository: OWNER/NAME on the hub; "" where nothing here
    says it, so that the user has to. page: where its makers say what it is. patterns: of its files in the repository; needed: those
    that must be among them. licence: "" where only the hub says it."""

    name: str
    folder: str
    repository: str
    page: str
    patterns: tuple[str, ...]
    needed: tuple[str, ...]
    licence: str


FLUX_LICENCE = "FLUX.1 [dev] Non-Commercial License (Black Forest Labs)"
BFS_LICENCE = phrase("the authors of BFS state none for their weights")
FLUX_LICENCES = listed((FLUX_LICENCE, BFS_LICENCE))  # of the whole model
_KINDS = ("json", "txt", "model", "safetensors")  # of the files in a diffusers folder; the whole model in one file beside it is left out
_FILL_NEEDED = ("model_index.json", *(part.removeprefix(f"{FILL}/") for part in FLUX_PARTS if part.startswith(FILL)))
_FILL_FOLDERS = sorted({name.partition("/")[0] for name in _FILL_NEEDED if "/" in name})
_BFS_FILES = (f"{RGBA_VAE}/config.json", f"{RGBA_VAE}/diffusion_pytorch_model.safetensors", WEIGHTS)

# The two repositories are those that diffusers' documentation of FluxFillPipeline and FluxPriorReduxPipeline names.
FLUX_FILL = Part(
    FILL, FILL, f"black-forest-labs/{FILL}", f"https://huggingface.co/black-forest-labs/{FILL}",
    ("model_index.json", "LICENSE*", *(f"{folder}/*.{kind}" for folder in _FILL_FOLDERS for kind in _KINDS)), _FILL_NEEDED, FLUX_LICENCE,
)  # fmt: skip
FLUX_BFS = Part(
    "BFS", "", "", "https://github.com/kkang831/BFS_Release", _BFS_FILES, _BFS_FILES, BFS_LICENCE,
)  # fmt: skip
FLUX_REDUX = Part(
    REDUX, REDUX, f"black-forest-labs/{REDUX}", f"https://huggingface.co/black-forest-labs/{REDUX}",
    ("model_index.json", "LICENSE*", *(f"*/*.{kind}" for kind in _KINDS)), ("model_index.json",), "",
)  # fmt: skip
PARTS = (FLUX_FILL, FLUX_BFS, FLUX_REDUX)


class Refused(EngineError):
    """The hub gives a part only to those who have accepted its licence and say who they are."""


def unfinished(folder: Path) -> dict[str, str]:
    """What is not whole yet of a download into this folder, also one that was cut off: names of parts, and the repository of each."""
    try:
        kept = json.loads((folder / UNFINISHED).read_text("utf-8"))
        return {name: repository for name, repository in kept.items() if isinstance(repository, str)}
    except (FileNotFoundError, PermissionError, NotADirectoryError):  # what may not be read cannot be gone on with
        return {}
    except (OSError, ValueError, AttributeError):
        return {part.name: part.repository for part in PARTS}


def is_flux(folder: Path) -> bool:
    """Whether anything of a FLUX model, or of its download, is in the folder."""
    return any((folder / part).exists() for part in (FILL, WEIGHTS, RGBA_VAE, UNFINISHED))


def is_klein(folder: Path) -> bool:
    """Whether the folder is FLUX.2 klein in the layout of diffusers, or the Hugging Face cache's folder of it."""
    return _pipeline_of(_snapshot(folder)).startswith(KLEIN_PIPELINE)


def klein_folder(folder: Path) -> Path:
    """The folder of diffusers' layout, whole; of the Hugging Face cache's the snapshot. Raises EngineError, which says what is missing."""
    whole = _snapshot(folder)
    if not _pipeline_of(whole).startswith(KLEIN_PIPELINE):
        raise EngineError(phrase("There is no FLUX.2 klein in {folder}.", folder=str(folder)), phrase("Choose the folder that holds the model."))
    weights = [name for part in KLEIN_WEIGHTS for name in _weights_of(whole / part)]
    for name in (*KLEIN_PARTS, *(path.relative_to(whole).as_posix() for path in weights)):
        if not (whole / name).exists():
            words = phrase("The model in {folder} is not whole: {file} is missing.", folder=str(folder), file=name)
            raise EngineError(words, phrase("Fetch it again."))
    for path in weights:
        if not _whole_tensors(path):
            words = phrase("The model in {folder} is not whole: {file} was cut off.", folder=str(folder), file=path.relative_to(whole).as_posix())
            raise EngineError(words, phrase("Fetch it again."))
    return whole


def _snapshot(folder: Path) -> Path:
    """Of a folder models--OWNER--NAME in the Hugging Face cache what it points to; else the folder itself."""
    try:
        return folder / "snapshots" / (folder / "refs" / "main").read_text("utf-8").strip()
    except (OSError, ValueError):
        return folder


def _pipeline_of(folder: Path) -> str:
    """The class that model_index.json names; "" where there is none."""
    try:
        return str(json.loads((folder / "model_index.json").read_text("utf-8"))["_class_name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _weights_of(part: Path) -> list[Path]:
    """The safetensors files of a part, those that its index names where it is in several."""
    for index in part.glob("*.safetensors.index.json"):
        try:
            return sorted({part / name for name in json.loads(index.read_text("utf-8"))["weight_map"].values()})
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return [part / "model.safetensors"]
    return sorted(part.glob("*.safetensors")) or [part / "model.safetensors"]


def _whole_tensors(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says; only the header is read."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > 100_000_000:  # the format's own limit
                return False
            header = json.loads(file.read(length))
        ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
        return path.stat().st_size == 8 + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return False


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk that the folder is, or would be, on."""
    return shutil.disk_usage(next((one for one in (folder, *folder.absolute().parents) if os.path.exists(one)), folder)).free


def takes_references(folder: Path) -> bool:
    """Whether a FLUX model's folder has Redux, whole."""
    return (folder / REDUX).is_dir() and REDUX not in unfinished(folder)


def look_at(folder: Path) -> Model:
    """The model in a folder. Raises EngineError, which says what is missing and where to look."""
    try:
        return _look_at(folder)
    except (OSError, ValueError) as error:  # a folder that may not be read, a name that no system has
        reason = getattr(error, "strerror", None) or str(error)
        words = phrase("The folder {folder} cannot be read: {reason}", folder=str(folder), reason=reason)
        raise EngineError(words, phrase("Choose the folder that holds the model.")) from error


def _look_at(folder: Path) -> Model:
    if not folder.is_dir():
        raise EngineError(phrase("There is no folder {folder}.", folder=str(folder)), phrase("Choose the folder that holds the model."))
    if is_flux(folder):
        return _flux(folder)
    if is_klein(folder):
        whole = klein_folder(folder)
        return Model("klein", KLEIN_NAME, whole, KLEIN_LICENCE, size_of(whole))
    if (folder / STARTER_PARTS[0]).exists() and (folder / "library").is_dir():
        return _starter(folder)
    if folder.name in (FILL, RGBA_VAE, REDUX, "bfs"):
        raise EngineError(
            phrase("{name} is one part of a FLUX model.", name=folder.name), phrase("Choose the folder around it: {folder}.", folder=str(folder.parent))
        )
    inside = next((one for one in sorted(folder.iterdir()) if (one / FILL).is_dir()), None) if folder.is_dir() else None
    whole = phrase("A FLUX model's folder holds {fill}, {vae} and {weights}.", fill=FILL, vae=RGBA_VAE, weights=WEIGHTS)
    hint = phrase("Choose {folder}.", folder=str(inside)) if inside else whole
    raise EngineError(phrase("There is no model in {folder}.", folder=str(folder)), hint)


def _flux(folder: Path) -> Model:
    if coming := [part.name for part in (FLUX_FILL, FLUX_BFS) if part.name in unfinished(folder)]:
        words = phrase("The download of {names} into {folder} is not finished.", names=", ".join(coming), folder=str(folder))
        raise EngineError(words, phrase("Go on with it where it was begun."))
    missing = [part for part in FLUX_PARTS if not (folder / part).exists()]
    if missing:
        words = phrase("The FLUX model in {folder} is not whole: {file} is missing.", folder=str(folder), file=missing[0])
        raise EngineError(words, phrase("Fetch it again."))
    return Model("flux", FLUX_NAME, folder, FLUX_LICENCES, size_of(folder), takes_references(folder))


def _starter(folder: Path) -> Model:
    missing = [part for part in STARTER_PARTS if not (folder / part).exists()]
    if missing:
        words = phrase("The model in {folder} is not whole: {file} is missing.", folder=str(folder), file=missing[0])
        raise EngineError(words, phrase("Reinstall Downstage, or export the model again."))
    if folder == STARTER:
        return shipped()
    return Model("starter", folder.name, folder, phrase("your own training"), size_of(folder))


def shipped() -> Model:
    """The starter that ships, whether it is whole or not."""
    licence = phrase("Apache License 2.0; its cut-outs: SIL Open Font License 1.1 and Apache License 2.0")
    return Model("starter", "starter", STARTER, licence, size_of(STARTER))


def memory_of_starter() -> str:
    """What it needs, a sentence."""
    return phrase("On the processor: about {count:g} GB of main memory.", count=STARTER_MEMORY)


def size_of(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
