"""The models that the user has, and the one that makes the layers: kept in the settings, looked at in their folders."""

from __future__ import annotations

from pathlib import Path

from bfs_engine.catalog import (
    FLUX_BFS,
    FLUX_LICENCES,
    FLUX_NAME,
    PARTS,
    STARTER,
    Model,
    Part,
    Refused,
    free_space,
    is_flux,
    look_at,
    shipped,
    unfinished,
)

from .settings import Settings, models_folder

__all__ = [
    "FLUX_BFS", "FLUX_LICENCES", "FLUX_NAME", "PARTS", "STARTER", "Model", "Part", "Refused", "add", "choose", "chosen",
    "download_folder", "folders", "forget", "free_space", "is_flux", "look_at", "own_folder", "remember", "shipped", "unfinished",
]  # fmt: skip


def folders(settings: Settings) -> list[Path]:
    """Where the user's own models are, whether they still are there or not."""
    return [Path(name) for name in settings.get("models", []) if isinstance(name, str) and "\0" not in name]


def add(settings: Settings, folder: Path) -> Model:
    """Remember a folder with a model. Raises EngineError where there is none."""
    model = look_at(folder)
    remember(settings, folder)
    return model


def remember(settings: Settings, folder: Path) -> None:
    """Put a folder on the list whose model may not be whole yet."""
    if folder != STARTER and folder not in folders(settings):
        settings.set("models", [*map(str, folders(settings)), str(folder)])


def download_folder(settings: Settings) -> Path:
    """Where FLUX goes, or has begun to go, if the user does not say otherwise."""
    return next((folder for folder in folders(settings) if unfinished(folder)), models_folder() / "flux")


def forget(settings: Settings, folder: Path) -> None:
    """Take a folder off the list; its files stay."""
    settings.set("models", [str(one) for one in folders(settings) if one != folder])


def choose(settings: Settings, model: Model) -> None:
    """Remember that this one makes the layers."""
    settings.set("model", str(own_folder(model) or ""))


def chosen(settings: Settings) -> Model:
    """What was chosen last, the starter at first (if that is damaged, the first job says so). Raises EngineError where a folder of the
    user's is no longer whole."""
    kept = settings.get("model", "")
    return look_at(Path(kept)) if kept else shipped()


def own_folder(model: Model) -> Path | None:
    """The user's folder that the model is in; None for the starter that ships."""
    return None if model.folder == STARTER else model.folder
