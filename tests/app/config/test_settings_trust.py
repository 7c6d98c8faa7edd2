"""Settings that others, or an accident, have written; two programs at once; who may read them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from app.config import models
from app.config.settings import Settings
from bfs_engine.api import EngineError


def test_what_either_of_two_programs_has_set_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    first, second = Settings(path), Settings(path)
    first.set("keys", {"edit.undo": ["F12"]})
    first.add_recent(tmp_path / "first.png")
    second.add_recent(tmp_path / "second.png")
    after = Settings(path)
    assert after.get("keys", {}) == {"edit.undo": ["F12"]}
    assert [file.name for file in after.recent] == ["second.png", "first.png"]


def test_a_file_name_that_is_no_text_is_remembered(tmp_path: Path) -> None:
    name = Path(os.fsdecode(b"/pictures/caf\xe9.png"))
    Settings(tmp_path / "s.json").add_recent(name)
    assert Settings(tmp_path / "s.json").recent == [name]


@pytest.mark.parametrize(
    "text",
    ('{"theme": "\\ud800"}', '{"brush": {"size": NaN}}', '{"x": 1e999}', '{"x": ' + "9" * 5000 + "}", "[" * 100_000, "\ufeff{}", "[1]"),
)
def test_whatever_the_file_holds_the_program_starts_and_can_write_it_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "utf-8")
    settings = Settings(path)
    json.dumps(settings.values(), allow_nan=False).encode("utf-8")
    assert "\ud800" not in settings.get("theme", "system")
    settings.set("welcome", False)
    assert Settings(path).get("welcome", True) is False


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}")
    path.chmod(0o644)
    Settings(path).set("theme", "dark")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_change_is_written_later_and_at_the_end_at_the_latest(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json", pause=1000)
    settings.set("theme", "dark")
    assert not (tmp_path / "settings.json").exists() and settings.get("theme", "") == "dark"
    settings.write_now()
    assert Settings(tmp_path / "settings.json").get("theme", "") == "dark"


def test_a_model_folder_that_may_not_be_looked_at_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, **_how: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(EngineError, match="cannot be read|no folder"):
        models.look_at(tmp_path)
