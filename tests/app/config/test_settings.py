"""What the program remembers between runs."""

from __future__ import annotations

from pathlib import Path

from app.config.settings import RECENT, Settings, settings_path


def test_what_is_set_is_there_the_next_time(tmp_path: Path) -> None:
    Settings(tmp_path / "deep" / "settings.json").set("theme", "light")
    assert Settings(tmp_path / "deep" / "settings.json").get("theme", "system") == "light"


def test_a_damaged_file_means_the_defaults_and_can_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{ not json")
    settings = Settings(path)
    assert settings.get("theme", "system") == "system"
    settings.set("theme", "dark")
    assert Settings(path).get("theme", "system") == "dark"


def test_a_value_of_the_wrong_kind_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"recent": "photo.png", "theme": 7}')
    settings = Settings(path)
    assert settings.recent == []
    assert settings.get("theme", "system") == "system"


def test_the_latest_file_comes_first_and_only_once(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for name in ["a.png", "b.png", "a.png"]:
        settings.add_recent(tmp_path / name)
    assert [path.name for path in settings.recent] == ["a.png", "b.png"]
    for number in range(30):
        settings.add_recent(tmp_path / f"{number}.png")
    assert len(settings.recent) == RECENT


def test_settings_that_cannot_be_saved_do_not_stop_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.set("theme", "dark")
    assert settings.get("theme", "system") == "dark"


def test_the_file_lies_in_the_users_configuration_folder() -> None:
    assert settings_path().name == "settings.json"
    assert settings_path().parent.name == "downstage"
