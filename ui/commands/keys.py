"""Which keys do what: Photoshop's map is the table of actions, Krita's and GIMP's are changes of it, and the user's come first."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtGui import QKeySequence

from app.config.settings import Settings

from .actions import ACTIONS

Keys = tuple[str, ...]  # Qt key sequences in their portable form; the first is shown

_T = QT_TRANSLATE_NOOP
SET_NAMES = {"photoshop": _T("keys", "Photoshop"), "krita": _T("keys", "Krita"), "gimp": _T("keys", "GIMP")}
NO_DIGITS: dict[str, Keys] = {action.name: () for action in ACTIONS if action.name.startswith("layer.opacity_")}  # Krita and GIMP zoom and turn with some digits
SETS: dict[str, dict[str, Keys]] = {
    "photoshop": {},
    "krita": {
        **NO_DIGITS,
        "file.new_clipboard": ("Ctrl+Shift+N",),
        "edit.tool_move": ("T",),
        "edit.tool_transform": ("Ctrl+T",),
        "edit.tool_rotate": ("Shift+Space",),
        "edit.tool_pick": ("P",),
        "edit.redo": ("Ctrl+Shift+Z",),
        "layer.delete": ("Shift+Del",),
        "layer.duplicate": ("Ctrl+J",),
        "layer.raise": ("Ctrl+PgUp",),
        "layer.lower": ("Ctrl+PgDown",),
        "layer.select_above": ("PgUp",),
        "layer.select_below": ("PgDown",),
        "layer.clip": ("Ctrl+Shift+G",),
        "layer.ungroup": ("Ctrl+Alt+G",),
        "layer.mask_invert": ("Ctrl+I",),
        "view.actual": ("1", "Ctrl+0"),
        "view.fit": ("2",),
        "view.zoom_in": ("+", "="),
        "view.zoom_out": ("-",),
        "view.turn_left": ("4",),
        "view.turn_right": ("6",),
        "view.upright": ("5",),
        "view.flip": ("M",),
        "help.commands": ("Ctrl+Return",),
        "generate.run": ("Shift+Return", "Shift+Enter"),
        "generate.run_first": ("Alt+Return", "Alt+Enter"),
    },
    "gimp": {
        **NO_DIGITS,
        "file.new_clipboard": ("Ctrl+Shift+V",),
        "file.export": ("Ctrl+Shift+E",),
        "edit.redo": ("Ctrl+Y",),
        "edit.tool_move": ("M",),
        "edit.tool_transform": ("Shift+T",),
        "edit.tool_box": ("R",),
        "edit.tool_brush": ("P",),
        "edit.tool_eraser": ("Shift+E",),
        "edit.tool_crop": ("Shift+C",),
        "edit.tool_rotate": (),
        "edit.tool_pick": ("O",),
        "layer.duplicate": ("Ctrl+Shift+D",),
        "layer.raise": ("Ctrl+PgUp",),
        "layer.lower": ("Ctrl+PgDown",),
        "layer.select_above": ("PgUp",),
        "layer.select_below": ("PgDown",),
        "layer.flatten": ("Ctrl+M",),
        "view.actual": ("1",),
        "view.fit": ("Ctrl+Shift+J",),
        "view.zoom_in": ("+", "="),
        "view.zoom_out": ("-",),
        "view.upright": ("!",),
        "help.commands": ("/",),
    },
}


def keys_of(chosen: str, own: Mapping[str, Keys]) -> dict[str, Keys]:
    """The keys of every action: the user's `own`, then those of the chosen set, then the table's. What has been given to one
    action is no longer another's; keys that widgets handle themselves (Action.local) are always theirs."""
    levels = own, SETS.get(chosen, {}), {action.name: action.keys for action in ACTIONS}
    found = {action.name: action.keys for action in ACTIONS if action.local}
    taken = {key for keys in found.values() for key in keys}
    for level in levels:
        for action in ACTIONS:
            if action.name in level and action.name not in found:
                found[action.name] = tuple(key for key in level[action.name] if key not in taken)
                taken |= set(found[action.name])
    return found


def stored_keys(settings: Settings) -> tuple[str, dict[str, Keys]]:
    """The chosen set and the user's own keys; what is damaged is left out."""
    known = {action.name for action in ACTIONS}
    own = {
        name: tuple(key for key in keys if isinstance(key, str))
        for name, keys in settings.get("keys", {}).items()
        if name in known and isinstance(keys, list)
    }
    chosen = settings.get("key_set", "photoshop")
    return chosen if chosen in SETS else "photoshop", own


def native(keys: str) -> str:
    """A key sequence as this desktop writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
