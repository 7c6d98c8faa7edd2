"""The table of everything the user can do: name, text, keys, menu, icon. Menus, tool bars, palette and key list read it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

MENUS = (
    QT_TRANSLATE_NOOP("actions", "File"),
    QT_TRANSLATE_NOOP("actions", "Edit"),
    QT_TRANSLATE_NOOP("actions", "Layer"),
    QT_TRANSLATE_NOOP("actions", "Generate"),
    QT_TRANSLATE_NOOP("actions", "View"),
    QT_TRANSLATE_NOOP("actions", "Help"),
)


@dataclass(frozen=True)
class Action:
    """One command.

    keys: Qt key sequences, the first is shown; needs: the condition under which it can be done (main_window.conditions);
    rule: a line above it in the menu; local: the keys are handled by the widget that has the focus, not by the window.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = ""
    rule: bool = False
    local: bool = False
    checkable: bool = False

    @property
    def menu(self) -> str:
        return self.name.split(".")[0]

    @property
    def label(self) -> str:
        """The text in the user's language."""
        return QCoreApplication.translate("actions", self.text)


_T = QT_TRANSLATE_NOOP

ACTIONS = (
    Action("file.open", _T("actions", "Open…"), ("Ctrl+O",), "open"),
    Action("file.place", _T("actions", "Place Picture as Layer…"), (), "image"),
    Action("file.save", _T("actions", "Save"), ("Ctrl+S",), "save", rule=True),
    Action("file.save_as", _T("actions", "Save As…"), ("Ctrl+Shift+S",)),
    Action("file.export", _T("actions", "Export As…"), ("Ctrl+Shift+Alt+E",), "export"),
    Action("file.quit", _T("actions", "Quit"), ("Ctrl+Q",), rule=True),
    Action("edit.undo", _T("actions", "Undo"), ("Ctrl+Z",), "undo", "undo"),
    Action("edit.redo", _T("actions", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo"),
    Action("edit.cancel", _T("actions", "Cancel the Gesture or Drop the Box"), ("Esc",), local=True, rule=True),
    Action("edit.tool_move", _T("actions", "Move Tool"), ("V",), "move", rule=True, checkable=True),
    Action("edit.tool_box", _T("actions", "Generation Box Tool"), ("G",), "box", checkable=True),
    Action("layer.rename", _T("actions", "Rename"), ("F2",), "", "layer"),
    Action("layer.duplicate", _T("actions", "Duplicate"), ("Ctrl+J",), "duplicate", "layer"),
    Action("layer.delete", _T("actions", "Delete"), ("Del",), "trash", "free layer"),
    Action("layer.visible", _T("actions", "Show or Hide"), ("Ctrl+,",), "eye", "layer", rule=True),
    Action("layer.solo", _T("actions", "Show Only This Layer"), ("Alt+Shift+V",), "", "layer"),
    Action("layer.lock", _T("actions", "Lock or Unlock"), ("Ctrl+/",), "lock", "layer"),
    Action("layer.raise", _T("actions", "Bring Forward"), ("Ctrl+]",), "up", "layer", rule=True),
    Action("layer.lower", _T("actions", "Send Backward"), ("Ctrl+[",), "down", "layer"),
    Action("layer.select_above", _T("actions", "Select the Layer Above"), ("Alt+]",), "", "layer"),
    Action("layer.select_below", _T("actions", "Select the Layer Below"), ("Alt+[",), "", "layer"),
    Action("layer.group", _T("actions", "Group"), ("Ctrl+G",), "group", "layer", rule=True),
    Action("layer.ungroup", _T("actions", "Ungroup"), ("Ctrl+Shift+G",), "ungroup", "group"),
    Action("layer.merge_down", _T("actions", "Merge Down"), ("Ctrl+E",), "merge", "layer below", rule=True),
    Action("layer.flatten", _T("actions", "Flatten Visible"), ("Ctrl+Shift+E",), "", "layer"),
    Action("generate.run", _T("actions", "Generate"), ("Ctrl+Return", "Ctrl+Enter"), "generate"),
    Action("generate.run_first", _T("actions", "Generate, at the Front of the Queue"), ("Ctrl+Shift+Return", "Ctrl+Shift+Enter")),
    Action("generate.again", _T("actions", "Regenerate with a New Seed"), ("Ctrl+Alt+Return",), "dice", "generated layer", rule=True),
    Action("generate.candidate_previous", _T("actions", "Previous Candidate"), ("Ctrl+Alt+Left",), "chevron-left", "candidates"),
    Action("generate.candidate_next", _T("actions", "Next Candidate"), ("Ctrl+Alt+Right",), "chevron-right", "candidates"),
    Action("generate.recipe", _T("actions", "Take Prompt, Box and Seed from the Layer"), (), "", "generated layer"),
    Action("generate.prompt", _T("actions", "Go to the Prompt"), ("Ctrl+L",), rule=True),
    Action("generate.prompt_previous", _T("actions", "Previous Prompt"), ("Alt+Up",), local=True),
    Action("generate.prompt_next", _T("actions", "Next Prompt"), ("Alt+Down",), local=True),
    Action("generate.cancel_all", _T("actions", "Cancel All Jobs"), (), "cancel", "jobs", rule=True),
    Action("view.zoom_in", _T("actions", "Zoom In"), ("Ctrl++", "Ctrl+="), "plus"),
    Action("view.zoom_out", _T("actions", "Zoom Out"), ("Ctrl+-",), "minus"),
    Action("view.fit", _T("actions", "Fit in the Window"), ("Ctrl+0",), "fit"),
    Action("view.actual", _T("actions", "100 %"), ("Ctrl+1",)),
    Action("view.panels", _T("actions", "Hide or Show the Panels"), ("Tab",), local=True, rule=True),
    Action("help.commands", _T("actions", "All Commands…"), ("Ctrl+Shift+P",), "search"),
    Action("help.keys", _T("actions", "Keyboard Keys"), ("Shift+?", "?")),
    Action("help.things", _T("actions", "What the Model Knows"), (), "things"),
    Action("help.about", _T("actions", "About Downstage"), (), "info", rule=True),
)
