"""Downloading a model from the window: looked at first, fetched beside the work, stopped, gone on with, used; the hub is one on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import main
from app.config.settings import models_folder
from bfs_engine import fetch
from bfs_engine.catalog import FLUX_BFS, FLUX_FILL, FLUX_REDUX, look_at
from tests.fake_hub import BFS, SHARD, FakeHub, fake_hub  # noqa: F401  (a fixture)
from tests.ui.conftest import Editor
from ui.generate.downloads import DownloadDialog

Tell = Callable[..., None]


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What memory a model needs has tests of its own."""
    for name in ("expected_memory", "memory_for"):
        monkeypatch.setattr(main, name, lambda _folder=None: "About as much as there is.")


def click(button: object) -> None:
    assert button.isEnabled() and button.isVisible(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def asked(editor: Editor) -> DownloadDialog:
    """Models, the line of FLUX, Download…"""
    editor.do("generate.models")
    dialog = editor.window.models.dialog
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    click(dialog.download)
    await editor.until(lambda: editor.window.models.download.state != "asking")
    return editor.window.models.downloading


async def on_its_way(editor: Editor, hub: FakeHub) -> None:
    """A download that has begun and waits for the hub."""
    hub.slow = threading.Event()
    dialog = await asked(editor)
    dialog.chosen[FLUX_BFS.name].setChecked(False)
    click(dialog.go)
    await editor.until(lambda: dialog.bar.value() > 0)


def test_flux_is_looked_at_fetched_and_used(tell: Tell, photo: Path, hub: FakeHub) -> None:
    async def story(editor: Editor) -> None:
        editor.do("generate.models")
        models = editor.window.models.dialog
        assert [models.list.item(row).text() for row in range(2)] == ["Starter (in use)", "FLUX.1 Fill (not installed)"]
        models.list.setCurrentRow(1)
        assert "Non-Commercial" in models.facts["licence"].text() and not models.use.isEnabled() and not models.forget.isEnabled()
        await editor.until(lambda: models.facts["memory"].text() == "About as much as there is.")
        models.reject()
        assert hub.requests == [], "nobody was asked before Download was clicked"
        dialog = await asked(editor)
        assert [dialog.sizes[name].text() for name in dialog.sizes] == ["1.0 MB", "–", "–"]
        assert "Non-Commercial" in dialog.licences[FLUX_FILL.name].text() and "state none" in dialog.licences[FLUX_BFS.name].text()
        assert "1.0 MB to come" in dialog.room.text() and dialog.memory.text() == "About as much as there is." and not dialog.gate.isVisible()
        assert not dialog.go.isEnabled(), "where BFS's weights are, the user has to say"
        dialog.repository.setText(BFS)
        click(dialog.go)
        await editor.until(lambda: dialog.go.text() == "Download")
        dialog.repository.setText("nobody/nothing")
        click(dialog.go)
        await editor.until(lambda: "has no nobody/nothing" in dialog.status.text())
        assert dialog.go.text() == "Ask for the Sizes", "what was looked up elsewhere does not count"
        dialog.repository.setText(BFS)
        click(dialog.go)
        await editor.until(lambda: dialog.go.text() == "Download")
        assert not any(request.startswith("store") for request in hub.requests)
        click(dialog.go)
        await editor.until(lambda: dialog.go.isVisible() and dialog.go.text() == "Use It")
        assert "there and checked" in dialog.status.text() and look_at(dialog.path).name == "FLUX.1 Fill"
        click(dialog.go)
        assert editor.window.generate_panel.model.text() == "FLUX.1 Fill"
        await editor.until(lambda: "from now on" in editor.window.messages.sentence)
        damaged = dialog.path / FLUX_FILL.folder / SHARD
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
        dialog = await asked(editor)
        assert dialog.repository.text() == BFS and dialog.go.text() == "Check the Files" and "all of it is there" in dialog.room.text()
        click(dialog.go)
        await editor.until(lambda: "Damaged, and fetched again" in dialog.status.text())
        assert SHARD in dialog.status.text() and hub.sent[SHARD] == 2 * damaged.stat().st_size

    tell(story, photo)


def test_it_comes_beside_the_work_is_stopped_and_goes_on_in_the_next_run(tell: Tell, photo: Path, hub: FakeHub, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"

    async def first(editor: Editor) -> None:
        hub.slow = threading.Event()
        dialog = await asked(editor)
        dialog.set_folder(folder)
        dialog.chosen[FLUX_BFS.name].setChecked(False)
        dialog.chosen[FLUX_REDUX.name].setChecked(True)
        click(dialog.go)
        await editor.until(lambda: dialog.go.text() == "Download")
        click(dialog.go)
        await editor.until(lambda: SHARD in dialog.status.text() and " of 1.0 MB" in dialog.status.text())
        dialog.reject()
        await editor.insert("apple")
        assert editor.names == ["photo", "apple"], "work goes on meanwhile"
        editor.do("generate.models")
        assert "elsewhere (downloading, " in editor.window.models.dialog.list.item(1).text()
        editor.window.models.dialog.list.setCurrentRow(1)
        click(editor.window.models.dialog.download)
        assert editor.window.models.downloading is dialog and dialog.isVisible() and not dialog.change.isEnabled()
        click(dialog.stop)
        assert dialog.status.text() == "Stopping…"
        hub.slow.set()
        await editor.until(lambda: "Stopped." in dialog.status.text())
        assert dialog.go.text() == "Go On"

    async def second(editor: Editor) -> None:
        had, hub.slow = hub.sent[SHARD], None
        kept = next(folder.rglob("*.part")).stat().st_size
        assert kept > 0
        dialog = await asked(editor)
        assert dialog.path == folder and dialog.chosen[FLUX_REDUX.name].isChecked() and not dialog.chosen[FLUX_BFS.name].isChecked()
        click(dialog.go)
        dialog.reject()
        await editor.until(lambda: "whole and checked" in editor.window.messages.sentence)
        assert "transparency_vae/config.json is missing" in editor.window.messages.hint, "what was left out is told"
        assert hub.sent[SHARD] - had == len(hub.repositories[FLUX_FILL.repository][SHARD]) - kept

    tell(first, photo)
    tell(second, photo)


def test_what_is_on_its_way_goes_on_in_another_language(tell: Tell, photo: Path, hub: FakeHub, english_afterwards: None) -> None:
    async def story(editor: Editor) -> None:
        await on_its_way(editor, hub)
        editor.window.language_menu.choose("de")
        await editor.renewed()
        models = editor.window.models
        assert models.download.busy
        models.open_download(models.download_folder)
        assert " von 1,0 MB" in models.downloading.status.text() and models.downloading.path == models.download.folder
        models.downloading.reject()
        hub.slow.set()
        await editor.until(lambda: editor.window.messages.sentence == "Der Download ist da, vollständig und geprüft.")

    tell(story, photo)


def test_the_window_closes_while_something_comes(tell: Tell, photo: Path, hub: FakeHub) -> None:
    async def story(editor: Editor) -> None:
        await on_its_way(editor, hub)
        threading.Timer(0.2, hub.slow.set).start()

    tell(story, photo)
    assert next(models_folder().rglob("*.part")).stat().st_size > 0


def test_a_gated_model_a_full_disk_and_no_network_are_sentences(tell: Tell, photo: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(editor: Editor) -> None:
        hub.gated = {FLUX_FILL.repository}
        dialog = await asked(editor)
        dialog.chosen[FLUX_BFS.name].setChecked(False)
        assert dialog.gate.isVisible() and FLUX_FILL.repository in dialog.gate_words.text()
        assert dialog.token.echoMode() == dialog.token.EchoMode.Password
        click(dialog.go)
        await editor.until(lambda: "only to those who have accepted its licence" in dialog.status.text())
        dialog.token.setText(hub.token)
        monkeypatch.setattr("ui.generate.downloads.free_space", lambda _folder: 1000)
        dialog.show_download()
        assert "not enough room" in dialog.status.text() and not dialog.go.isEnabled()
        monkeypatch.setattr("ui.generate.downloads.free_space", lambda _folder: 10**12)
        dialog.show_download()
        click(dialog.go)
        await editor.until(lambda: "there and checked" in dialog.status.text())
        editor.window._around.settings.write_now()
        kept = [path for path in editor.window._around.settings.folder.rglob("*") if path.is_file()]
        assert kept and not any(hub.token.encode() in path.read_bytes() for path in kept)
        dialog.reject()
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        dialog = await asked(editor)
        assert "cannot be reached" in dialog.status.text() and "what is installed works" in dialog.status.text()
        assert fetch.endpoint() in dialog.status.text() and dialog.go.text() == "Ask for the Sizes"
        dialog.reject()
        await editor.insert("apple")
        assert editor.names == ["photo", "apple"]

    tell(story, photo)
