"""The choice of a model in the window, with a tiny FLUX as users have it in a folder; and settings under a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bfs_engine.bfs import flux
from bfs_engine.catalog import FILL, STARTER, WEIGHTS
from tests import tiny_flux
from tests.ui.conftest import Editor
from tests.ui.double import DiscEngine
from ui.generate.models import ModelsDialog
from ui.generate.presets import PresetsDialog

Tell = Callable[..., None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_flux.write(tmp_path_factory.mktemp("models") / "flux")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """FLUX in frames that take no time."""
    monkeypatch.setattr(flux.FluxEngine, "sides", (64, 128))
    monkeypatch.setattr(flux.FluxEngine, "words", 8)
    monkeypatch.setattr(flux.FluxEngine, "steps", 2)


def dialog_of(editor: Editor) -> ModelsDialog:
    QTest.mouseClick(editor.window.generate_panel.model, Qt.MouseButton.LeftButton)
    return editor.window.models.dialog


def test_a_flux_folder_is_chosen_told_used_and_remembered(tell: Tell, photo: Path, folder: Path, small: None, engine: DiscEngine) -> None:
    async def first(editor: Editor) -> None:
        dialog = dialog_of(editor)
        assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == ["Starter (in use)", "FLUX.1 Fill (not installed)"]
        assert "Apache License" in dialog.facts["licence"].text() and not dialog.use.isEnabled()
        await editor.until(lambda: "0.7 GB of main memory" in dialog.facts["memory"].text())
        dialog.add_folder(folder)
        assert dialog.folder == folder and "Non-Commercial" in dialog.facts["licence"].text()
        await editor.until(lambda: "all weights in bfloat16: about" in dialog.facts["memory"].text())
        QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
        assert editor.window.generate_panel.model.text() == "FLUX.1 Fill"
        await editor.until(lambda: "FLUX.1 Fill makes the layers" in editor.window.messages.sentence)
        assert "all weights in bfloat16" in editor.window.messages.hint, "announced before anything is loaded"
        assert editor.window.generate.things == ()

    async def second(editor: Editor) -> None:
        assert editor.window.generate_panel.model.text() == "FLUX.1 Fill"
        await editor.insert("a red unicorn")
        assert editor.names == ["photo", "a red unicorn"]
        recipe = editor.active.recipe
        assert (recipe["model"], recipe["engine"], recipe["memory"]) == ("FLUX.1 Fill", "FLUX.1 Fill", "bf16")
        editor.window.models.use(editor.window.models.add(STARTER))
        editor.do("generate.rerun")
        assert "another model (FLUX.1 Fill)" in editor.window.messages.sentence
        await editor.generated()
        assert engine.seen == [] or engine.seen[0].model == "starter"

    tell(first, photo)
    tell(second, photo)


def test_a_wrong_folder_gets_a_sentence_and_nothing_changes(tell: Tell, photo: Path, folder: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        dialog = dialog_of(editor)
        for wrong, said in (
            (tmp_path, "There is no model in"),
            (folder / FILL, "is one part of a FLUX model. Choose the folder around it"),
            (folder.parent, f"Choose {folder}"),
            (tmp_path / "nowhere", "There is no folder"),
        ):
            dialog.add_folder(wrong)
            assert said in dialog.trouble.text() and not dialog.trouble.isHidden()
        part = tmp_path / "part"
        (part / FILL).mkdir(parents=True)
        dialog.add_folder(part)
        assert "is not whole" in dialog.trouble.text() and dialog.list.count() == 2
        dialog.reject()

    tell(story, photo)


def test_a_model_that_is_gone_at_the_next_start_is_told_and_the_starter_works(tell: Tell, photo: Path, folder: Path, small: None) -> None:
    async def first(editor: Editor) -> None:
        editor.window.models.use(editor.window.models.add(folder))
        await editor.until(lambda: "from now on" in editor.window.messages.sentence)

    async def second(editor: Editor) -> None:
        assert "is missing" in editor.window.messages.sentence and "starter" in editor.window.messages.hint
        assert editor.window.generate_panel.model.text() == "Starter"
        await editor.insert()
        dialog = dialog_of(editor)
        assert dialog.list.item(1).text() == "flux (not usable)"
        dialog.list.setCurrentRow(1)
        assert not dialog.use.isEnabled() and "is missing" in dialog.trouble.text()
        QTest.mouseClick(dialog.forget, Qt.MouseButton.LeftButton)
        assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == ["Starter (in use)", "FLUX.1 Fill (not installed)"]
        dialog.reject()

    tell(first, photo)
    weights = folder / WEIGHTS
    weights.rename(weights.with_suffix(".away"))
    try:
        tell(second, photo)
    finally:
        weights.with_suffix(".away").rename(weights)


def test_settings_are_saved_under_a_name_and_come_back_in_the_next_run(tell: Tell, photo: Path) -> None:
    async def first(editor: Editor) -> None:
        panel = editor.window.generate_panel
        editor.type("cat")
        panel._steps.setValue(7)
        panel._candidates.setValue(3)
        panel._occluded.setChecked(True)
        editor.do("generate.preset_save")
        dialog = editor.window.generate.presets.dialog
        assert dialog.textValue() == "cat"
        dialog.setTextValue("three cats")
        dialog.accept()

    async def second(editor: Editor) -> None:
        panel, presets = editor.window.generate_panel, editor.window.generate.presets
        assert panel.text == "" and panel.candidates == 1
        presets.menu.aboutToShow.emit()
        presets.menu.actions()[0].trigger()
        assert (panel.text, panel.steps, panel.candidates, panel.occluded) == ("cat", 7, 3, True)
        editor.do("generate.presets")
        dialog: PresetsDialog = presets.dialog
        dialog.list.item(0).setText("many cats")
        assert [preset.name for preset in presets.presets] == ["many cats"]
        QTest.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
        assert presets.presets == ()
        dialog.reject()

    tell(first, photo)
    tell(second, photo)


def test_a_damaged_file_of_presets_is_told_and_kept(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        path = editor.window._around.settings.folder / "presets.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([{"name": 3}]))
        presets = editor.window.generate.presets
        presets.menu.aboutToShow.emit()
        assert "presets are damaged" in editor.window.messages.sentence and "presets.damaged" in editor.window.messages.hint
        presets.save("new one")
        assert json.loads(path.read_text())[0]["name"] == "new one"
        assert json.loads(path.with_suffix(".damaged").read_text()) == [{"name": 3}]

    tell(story, photo)


def test_earlier_prompts_are_in_the_menu_of_presets(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple")
        await editor.insert("cat")
        presets = editor.window.generate.presets
        presets.menu.aboutToShow.emit()
        earlier = presets.menu.actions()[-1].menu()
        assert [action.text() for action in earlier.actions()] == ["cat", "apple"]
        earlier.actions()[1].trigger()
        assert editor.window.generate_panel.text == "apple"

    tell(story, photo)
