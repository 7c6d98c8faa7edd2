"""What the PSD reader and writer share: names of blend modes and colour tags."""

from __future__ import annotations

from psd_tools.constants import BlendMode, SheetColorType

# Photoshop's keys are four bytes; psd-tools gives them names that differ from the document's only by the underscore.
MODE_OF_BLEND = {mode.name.lower().replace("_", " "): mode for mode in BlendMode}
BLEND_OF_MODE = {mode: name for name, mode in MODE_OF_BLEND.items()}

SHEET_COLOR_OF_TAG = {"": SheetColorType.NO_COLOR} | {
    color.name.lower(): color for color in SheetColorType if color is not SheetColorType.NO_COLOR
}
TAG_OF_SHEET_COLOR = {color: tag for tag, color in SHEET_COLOR_OF_TAG.items()}

LOCKED = 0x8000_0000  # the layer panel's "lock all"
LOCK_BITS = {"transparency": 1, "pixels": 2, "position": 4}
