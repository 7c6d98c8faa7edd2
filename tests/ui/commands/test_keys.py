"""Which keys do what: three sets, the user's own first, and never one key for two things."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

from app.config.settings import Settings
from ui.commands.actions import ACTIONS
from ui.commands.keys import SET_NAMES, SETS, keys_of, stored_keys

NAMES = {action.name for action in ACTIONS}


@pytest.mark.parametrize("chosen", SETS)
def test_a_set_gives_no_key_to_two_commands(chosen: str) -> None:
    found = keys_of(chosen, {})
    given = [QKeySequence(key).toString() for keys in found.values() for key in keys]
    assert found.keys() == NAMES and chosen in SET_NAMES
    assert len(given) == len(set(given)) and "" not in given
    assert set(SETS[chosen]) <= NAMES
    lost = [name for name, keys in SETS[chosen].items() if set(found[name]) != set(keys)]
    assert not lost, "taken by another command of the set, or by a widget"


@pytest.mark.parametrize("chosen", SETS)
def test_new_open_save_and_close_are_where_every_program_has_them(chosen: str) -> None:
    found = keys_of(chosen, {})
    names = ("file.new", "file.open", "file.save", "file.close", "file.quit", "edit.undo", "edit.copy", "edit.paste")
    assert [found[name][0] for name in names] == [f"Ctrl+{letter}" for letter in "NOSWQZCV"]


def test_the_table_itself_gives_no_key_to_two_commands() -> None:
    given = [key for action in ACTIONS for key in action.keys]
    assert len(given) == len(set(given))


def test_the_users_keys_come_first_and_are_taken_from_the_others() -> None:
    found = keys_of("photoshop", {"layer.flatten": ("V",), "layer.group": ()})
    assert found["layer.flatten"] == ("V",) and found["edit.tool_move"] == () and found["layer.group"] == ()
    assert keys_of("photoshop", {"layer.flatten": ("Tab",)})["layer.flatten"] == ()  # Tab is the canvas's own


def test_damaged_settings_mean_the_table(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("key_set", "emacs")
    settings.set("keys", {"no.such": ["A"], "layer.group": "Ctrl+G", "layer.flatten": ["F", 3]})
    assert stored_keys(settings) == ("photoshop", {"layer.flatten": ("F",)})


def test_the_first_key_of_a_command_is_none_that_desktops_keep_for_themselves() -> None:
    """GNOME, Openbox and others change the workspace with Ctrl+Alt and an arrow; the key never reaches the window."""
    kept = {f"Ctrl+Alt+{arrow}" for arrow in ("Left", "Right", "Up", "Down")} | {"Ctrl+Alt+Del", "Ctrl+Alt+T", "Alt+Tab", "Alt+F4"}
    for chosen in SETS:
        assert not kept & {keys[0] for keys in keys_of(chosen, {}).values() if keys}
