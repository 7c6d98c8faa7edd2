"""The table of everything the user can do: name, text, keys, menu, icon. Menus, tool bars, palette and key list read it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

MENUS = (
    QT_TRANSLATE_NOOP("actions", "File"),
    QT_TRANSLATE_NOOP("actions", "Edit"),
    QT_TRANSLATE_NOOP("actions", "Image"),
    QT_TRANSLATE_NOOP("actions", "Layer"),
    QT_TRANSLATE_NOOP("actions", "Arrange"),
    QT_TRANSLATE_NOOP("actions", "Generate"),
    QT_TRANSLATE_NOOP("actions", "View"),
    QT_TRANSLATE_NOOP("actions", "Help"),
)


@dataclass(frozen=True)
class Action:
    """One command.

    keys: Qt key sequences, the first is shown; needs: the condition under which it can be done, checked: the one under which it is
    checked, where that depends on the document (conditions.py);
    rule: a line above it in the menu; under: the submenu it is in; local: the keys are handled by the widget that has the focus, not by the window.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = ""
    rule: bool = False
    local: bool = False
    checkable: bool = False
    under: str = ""
    checked: str = ""

    @property
    def menu(self) -> str:
        return self.name.split(".")[0]

    @property
    def label(self) -> str:
        """The text in the user's language."""
        return QCoreApplication.translate("actions", self.text)


_T = QT_TRANSLATE_NOOP
MASK = _T("actions", "Mask")
LOCK = _T("actions", "Lock")
OPACITY = _T("actions", "Opacity")
GUIDES = _T("actions", "Guides")
BACKDROP = _T("actions", "Backdrop")
TURN = _T("actions", "Rotate View")
PANELS = _T("actions", "Panels")
TAG = _T("actions", "Colour Tag")
TAGS = {  # as a document has them
    "": _T("actions", "No Colour"),
    "red": _T("actions", "Red"),
    "orange": _T("actions", "Orange"),
    "yellow": _T("actions", "Yellow"),
    "green": _T("actions", "Green"),
    "blue": _T("actions", "Blue"),
    "violet": _T("actions", "Violet"),
    "gray": _T("actions", "Grey"),
}

ACTIONS = (
    Action("file.new", _T("actions", "New…"), ("Ctrl+N",), "plus"),
    Action("file.new_clipboard", _T("actions", "New from the Clipboard")),
    Action("file.open", _T("actions", "Open…"), ("Ctrl+O",), "open"),
    Action("file.place", _T("actions", "Place Picture as Layer…"), (), "image"),
    Action("file.save", _T("actions", "Save"), ("Ctrl+S",), "save", rule=True),
    Action("file.save_as", _T("actions", "Save As…"), ("Ctrl+Shift+S",)),
    Action("file.export", _T("actions", "Export As…"), ("Ctrl+Shift+Alt+E",), "export"),
    Action("file.export_layers", _T("actions", "Export Layers…")),
    Action("file.recover", _T("actions", "Recover Unsaved Work…")),
    Action("file.close", _T("actions", "Close"), ("Ctrl+W", "Ctrl+F4"), rule=True),
    Action("file.quit", _T("actions", "Quit"), ("Ctrl+Q",)),
    Action("edit.undo", _T("actions", "Undo"), ("Ctrl+Z",), "undo", "undo"),
    Action("edit.redo", _T("actions", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo"),
    Action("edit.cut", _T("actions", "Cut"), ("Ctrl+X",), "", "free layer", rule=True),
    Action("edit.copy", _T("actions", "Copy"), ("Ctrl+C",), "", "layer"),
    Action("edit.copy_merged", _T("actions", "Copy Merged"), ("Ctrl+Shift+C",)),
    Action("edit.paste", _T("actions", "Paste"), ("Ctrl+V",)),
    Action("edit.preferences", _T("actions", "Preferences…"), ("Ctrl+K",), rule=True),
    Action("edit.cancel", _T("actions", "Cancel the Gesture or Drop the Box"), ("Esc",), local=True, rule=True),
    Action("edit.tool_move", _T("actions", "Move Tool"), ("V",), "move", rule=True, checkable=True),
    Action("edit.tool_transform", _T("actions", "Transform Tool"), ("Ctrl+T",), "transform", checkable=True),
    Action("edit.tool_box", _T("actions", "Generation Box Tool"), ("G",), "box", checkable=True),
    Action("edit.tool_brush", _T("actions", "Mask Brush"), ("B",), "brush", checkable=True),
    Action("edit.tool_eraser", _T("actions", "Mask Eraser"), ("E",), "eraser", checkable=True),
    Action("edit.tool_crop", _T("actions", "Crop Tool"), ("C",), "crop", checkable=True),
    Action("edit.tool_pick", _T("actions", "Eyedropper"), ("I",), "eyedropper", checkable=True),
    Action("edit.tool_rotate", _T("actions", "Rotate View Tool"), ("R",), "rotate", checkable=True),
    Action("edit.tool_apart", _T("actions", "Take Apart Tool"), ("W",), "apart", checkable=True),
    Action("edit.swap", _T("actions", "Swap Brush and Eraser"), ("X",)),
    Action("edit.brush_smaller", _T("actions", "Smaller Brush"), ("[",), "", "painting"),
    Action("edit.brush_larger", _T("actions", "Larger Brush"), ("]",), "", "painting"),
    Action("edit.brush_softer", _T("actions", "Softer Brush"), ("Shift+[", "{"), "", "painting"),
    Action("edit.brush_harder", _T("actions", "Harder Brush"), ("Shift+]", "}"), "", "painting"),
    Action("image.size", _T("actions", "Canvas Size…"), ("Ctrl+Alt+C",)),
    Action("image.crop_to_box", _T("actions", "Crop to the Generation Box"), (), "", "box"),
    Action("image.reveal", _T("actions", "Reveal All"), ()),
    Action("layer.rename", _T("actions", "Rename"), ("F2",), "", "layer"),
    Action("layer.duplicate", _T("actions", "Duplicate"), ("Ctrl+J",), "duplicate", "layer"),
    Action("layer.delete", _T("actions", "Delete"), ("Del",), "trash", "free layer"),
    Action("layer.visible", _T("actions", "Show or Hide"), ("Ctrl+,",), "eye", "layer", rule=True),
    Action("layer.solo", _T("actions", "Show Only This Layer"), ("Alt+Shift+V",), "", "layer"),
    Action("layer.engine_view", _T("actions", "Leave Out of the Engine’s View"), (), "engine-off", "layer", checkable=True, checked="left out"),
    *(Action(f"layer.opacity_{digit}", f"{digit or 10}0 %", (str(digit),), "", "layer", under=OPACITY) for digit in (*range(1, 10), 0)),
    Action("layer.lock", _T("actions", "Lock or Unlock All"), ("Ctrl+/",), "lock", "layer", checkable=True, under=LOCK, checked="locked"),
    Action("layer.lock_transparency", _T("actions", "Lock Transparency"), ("/",), "transparency", "layer", checkable=True, under=LOCK, checked="transparency locked"),
    Action("layer.lock_pixels", _T("actions", "Lock Pixels"), (), "brush", "layer", checkable=True, under=LOCK, checked="pixels locked"),
    Action("layer.lock_position", _T("actions", "Lock Position"), (), "move", "layer", checkable=True, under=LOCK, checked="position locked"),
    Action("layer.raise", _T("actions", "Bring Forward"), ("Ctrl+]",), "up", "layer", rule=True),
    Action("layer.lower", _T("actions", "Send Backward"), ("Ctrl+[",), "down", "layer"),
    Action("layer.select_above", _T("actions", "Select the Layer Above"), ("Alt+]",), "", "layer"),
    Action("layer.select_below", _T("actions", "Select the Layer Below"), ("Alt+[",), "", "layer"),
    Action("layer.clip", _T("actions", "Clip to the Layer Below"), ("Ctrl+Alt+G",), "clip", "layer below"),
    Action("layer.mask_add", _T("actions", "Add a Mask That Shows All"), (), "mask", "no mask", rule=True, under=MASK),
    Action("layer.mask_hide", _T("actions", "Add a Mask That Hides All"), (), "", "no mask", under=MASK),
    Action("layer.mask_alpha", _T("actions", "Make a Mask from the Alpha"), (), "", "layer without mask", under=MASK),
    Action("layer.mask_box", _T("actions", "Make a Mask from the Box"), (), "", "box on a layer", under=MASK),
    Action("layer.mask_selection", _T("actions", "Make a Mask from the Selection"), (), "", "selection on a layer", under=MASK),
    Action("layer.mask_invert", _T("actions", "Invert the Mask"), ("Ctrl+I",), "", "mask", rule=True, under=MASK),
    Action("layer.mask_switch", _T("actions", "Switch the Mask Off or On"), (), "", "mask", under=MASK),
    Action("layer.mask_link", _T("actions", "Unlink or Link the Mask"), (), "link", "mask", under=MASK),
    Action("layer.mask_alone", _T("actions", "Show the Mask Alone"), (), "", "mask", rule=True, checkable=True, under=MASK, checked="mask alone"),
    Action("layer.mask_overlay", _T("actions", "Show the Mask in Red"), ("\\",), "", "layer", checkable=True, under=MASK, checked="mask in red"),
    Action("layer.mask_apply", _T("actions", "Apply the Mask"), (), "", "mask on a layer", rule=True, under=MASK),
    Action("layer.mask_delete", _T("actions", "Delete the Mask"), (), "", "mask", under=MASK),
    *(Action(f"layer.tag_{tag or 'none'}", text, (), "", "layer", under=TAG) for tag, text in TAGS.items()),
    Action("layer.group", _T("actions", "Group"), ("Ctrl+G",), "group", "layer", rule=True),
    Action("layer.ungroup", _T("actions", "Ungroup"), ("Ctrl+Shift+G",), "ungroup", "group"),
    Action("layer.split_effects", _T("actions", "Split Shadow and Reflection"), (), "", "free pixels", rule=True),
    Action("layer.merge_down", _T("actions", "Merge Down, or the Chosen Layers"), ("Ctrl+E",), "merge", "mergeable", rule=True),
    Action("layer.flatten", _T("actions", "Flatten Visible"), ("Ctrl+Shift+E",), "", "layer"),
    Action("arrange.flip_across", _T("actions", "Flip Horizontally"), (), "flip-across", "movable layer"),
    Action("arrange.flip_down", _T("actions", "Flip Vertically"), (), "flip-down", "movable layer"),
    Action("arrange.reset", _T("actions", "Reset Size and Shape"), (), "", "movable layer"),
    Action("arrange.align_left", _T("actions", "Align Left Edges"), (), "align-left", "movable layer", rule=True),
    Action("arrange.align_centre", _T("actions", "Align Horizontal Centres"), (), "align-centre", "movable layer"),
    Action("arrange.align_right", _T("actions", "Align Right Edges"), (), "align-right", "movable layer"),
    Action("arrange.align_top", _T("actions", "Align Top Edges"), (), "align-top", "movable layer"),
    Action("arrange.align_middle", _T("actions", "Align Vertical Centres"), (), "align-middle", "movable layer"),
    Action("arrange.align_bottom", _T("actions", "Align Bottom Edges"), (), "align-bottom", "movable layer"),
    Action("arrange.distribute_across", _T("actions", "Distribute Horizontally"), (), "distribute-across", "several layers", rule=True),
    Action("arrange.distribute_down", _T("actions", "Distribute Vertically"), (), "distribute-down", "several layers"),
    Action("generate.run", _T("actions", "Generate"), ("Ctrl+Return", "Ctrl+Enter"), "generate"),
    Action("generate.run_first", _T("actions", "Generate, at the Front of the Queue"), ("Ctrl+Shift+Return", "Ctrl+Shift+Enter")),
    Action("generate.again", _T("actions", "Regenerate with a New Seed"), ("Ctrl+Alt+Return",), "dice", "free generated layer", rule=True),
    Action("generate.vary", _T("actions", "Vary: Four More Candidates"), (), "", "free generated layer"),
    Action("generate.rerun", _T("actions", "Run Its Recipe Again, with Its Seed"), (), "", "free generated layer"),
    Action("generate.resettle", _T("actions", "Resettle: New Light and Shadow Here"), ("Ctrl+Alt+R",), "retry", "free pixels"),
    Action("generate.extract", _T("actions", "Extract the Thing with Its Shadow"), (), "", "pixels"),
    Action("generate.take_apart", _T("actions", "Take the Selected Things Apart"), (), "apart", "selection"),
    Action("generate.remove", _T("actions", "Remove the Selected Things"), (), "", "selection"),
    Action("generate.candidate_previous", _T("actions", "Previous Candidate"), ("Alt+Left", "Ctrl+Alt+Left"), "chevron-left", "candidates"),
    Action("generate.candidate_next", _T("actions", "Next Candidate"), ("Alt+Right", "Ctrl+Alt+Right"), "chevron-right", "candidates"),
    Action("generate.candidate_layer", _T("actions", "Candidate as a Layer of Its Own"), (), "duplicate", "candidates"),
    Action("generate.candidate_keep", _T("actions", "Keep Only This Candidate"), (), "", "candidates"),
    Action("generate.candidate_delete", _T("actions", "Delete This Candidate"), (), "trash", "candidates"),
    Action("generate.recipe", _T("actions", "Take Prompt, Box and Seed from the Layer"), (), "", "generated layer"),
    Action("generate.reference_file", _T("actions", "Reference from a Picture File…"), (), "image", rule=True),
    Action("generate.reference_layer", _T("actions", "Use Layer as Reference"), (), "", "pixels"),
    Action("generate.reference_box", _T("actions", "Use Box as Reference"), (), "", "box"),
    Action("generate.reference_clear", _T("actions", "Forget the Reference")),
    Action("generate.box", _T("actions", "Put the Box into the Middle"), ("Shift+G",), "box", rule=True),
    Action("generate.prompt", _T("actions", "Go to the Prompt"), ("Ctrl+L",)),
    Action("generate.prompt_previous", _T("actions", "Previous Prompt"), ("Alt+Up",), local=True),
    Action("generate.prompt_next", _T("actions", "Next Prompt"), ("Alt+Down",), local=True),
    Action("generate.preset_save", _T("actions", "Save as Preset…")),
    Action("generate.presets", _T("actions", "Rename or Delete Presets…")),
    Action("generate.models", _T("actions", "Choose the Model…")),
    Action("generate.cancel_all", _T("actions", "Cancel All Jobs"), (), "cancel", "jobs", rule=True),
    Action("view.zoom_in", _T("actions", "Zoom In"), ("Ctrl++", "Ctrl+="), "plus"),
    Action("view.zoom_out", _T("actions", "Zoom Out"), ("Ctrl+-",), "minus"),
    Action("view.fit", _T("actions", "Fit in the Window"), ("Ctrl+0",), "fit"),
    Action("view.actual", _T("actions", "100 %"), ("Ctrl+1",)),
    Action("view.turn_left", _T("actions", "15° to the Left"), (), "", under=TURN),
    Action("view.turn_right", _T("actions", "15° to the Right"), (), "", under=TURN),
    Action("view.upright", _T("actions", "Upright"), ("Shift+R",), "", under=TURN),
    Action("view.flip", _T("actions", "Flip View"), ("Shift+H",), "flip-across", checkable=True),
    Action("view.rulers", _T("actions", "Rulers"), ("Ctrl+R",), rule=True, checkable=True),
    Action("view.guides", _T("actions", "Show Guides"), ("Ctrl+;",), under=GUIDES, checkable=True),
    Action("view.guides_lock", _T("actions", "Lock Guides"), ("Ctrl+Alt+;",), under=GUIDES, checkable=True),
    Action("view.guide_new", _T("actions", "New Guide…"), (), under=GUIDES),
    Action("view.guides_clear", _T("actions", "Clear Guides"), (), "", "guides", under=GUIDES),
    Action("view.grid", _T("actions", "Grid"), ("Ctrl+'",), checkable=True),
    Action("view.grid_spacing", _T("actions", "Grid Spacing…"), ()),
    Action("view.snap", _T("actions", "Snap"), ("Ctrl+Shift+;", "Ctrl+:"), checkable=True),
    Action("view.backdrop_checker", _T("actions", "Checkerboard"), (), under=BACKDROP, checkable=True),
    Action("view.backdrop_light", _T("actions", "White"), (), under=BACKDROP, checkable=True),
    Action("view.backdrop_dark", _T("actions", "Black"), (), under=BACKDROP, checkable=True),
    Action("view.panels", _T("actions", "Hide or Show the Panels"), ("Tab",), local=True, rule=True),
    Action("view.panel_generate", _T("actions", "Generate Panel"), ("F6",), under=PANELS),
    Action("view.panel_layers", _T("actions", "Layers Panel"), ("F7",), under=PANELS),
    Action("view.panel_history", _T("actions", "History Panel"), ("F8",), under=PANELS),
    Action("view.panel_queue", _T("actions", "Queue Panel"), ("F9",), under=PANELS),
    Action("view.panel_options", _T("actions", "Tool Options"), ("F4",), under=PANELS),
    Action("view.panel_message", _T("actions", "What the Program Says"), ("F3",), under=PANELS),
    Action("view.panel_canvas", _T("actions", "Back to the Canvas"), ("F5",), under=PANELS),
    Action("view.panels_reset", _T("actions", "All Where They Were at First"), (), "", "", rule=True, under=PANELS),
    Action("help.commands", _T("actions", "All Commands…"), ("Ctrl+Shift+P",), "search"),
    Action("help.keys", _T("actions", "Keyboard Shortcuts…"), ("Shift+?", "?")),
    Action("help.things", _T("actions", "What the Model Knows"), (), "things"),
    Action("help.welcome", _T("actions", "Welcome Page"), ()),
    Action("help.diagnostics", _T("actions", "Save Diagnostics…"), ()),
    Action("help.about", _T("actions", "About Downstage"), (), "info", rule=True),
)
