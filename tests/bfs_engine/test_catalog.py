"""What is in a model's folder, said without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.config import models
from app.config.settings import Settings
from bfs_engine.api import EngineError
from bfs_engine.catalog import FILL, FLUX_PARTS, REDUX, STARTER, look_at


def flux(folder: Path) -> Path:
    for part in FLUX_PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).write_bytes(b"1234567")
    return folder


def test_the_shipped_starter_says_its_licence_and_its_size() -> None:
    model = look_at(STARTER)
    files = [file for file in STARTER.rglob("*") if file.is_file()]
    assert (model.kind, model.name) == ("starter", "starter") and "Apache" in model.licence
    assert model.size == sum(file.stat().st_size for file in files)


def test_a_flux_folder_is_known_and_whether_it_takes_references(tmp_path: Path) -> None:
    model = look_at(flux(tmp_path))
    assert (model.kind, model.name, model.size, model.references) == ("flux", "FLUX.1 Fill", 7 * len(FLUX_PARTS), False)
    (tmp_path / REDUX).mkdir()
    assert look_at(tmp_path).references


@pytest.mark.parametrize("part", FLUX_PARTS)
def test_whatever_is_missing_is_named(tmp_path: Path, part: str) -> None:
    (flux(tmp_path) / part).unlink()
    with pytest.raises(EngineError, match=f"is not whole: {part} is missing"):
        look_at(tmp_path)


def test_the_folder_inside_or_around_is_pointed_at(tmp_path: Path) -> None:
    folder = flux(tmp_path / "models" / "flux")
    with pytest.raises(EngineError) as inside:
        look_at(folder / FILL)
    with pytest.raises(EngineError) as around:
        look_at(folder.parent)
    assert str(folder) in inside.value.hint and str(folder) in around.value.hint


def test_looking_at_models_imports_no_torch() -> None:
    code = f"import sys; from bfs_engine.catalog import STARTER, look_at; look_at(STARTER); assert 'torch' not in sys.modules, {STARTER.name!r}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_what_was_chosen_is_remembered_and_a_damaged_starter_does_not_hinder_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json")
    assert models.chosen(settings).folder == STARTER and models.folders(settings) == []
    folder = flux(tmp_path / "flux")
    models.choose(settings, models.add(settings, folder))
    assert models.chosen(Settings(tmp_path / "settings.json")).folder == folder and models.folders(settings) == [folder]
    models.forget(settings, folder)
    models.choose(settings, models.shipped())
    monkeypatch.setattr("bfs_engine.catalog.STARTER", tmp_path / "nowhere")
    assert models.folders(settings) == [] and models.chosen(settings).name == "starter"
