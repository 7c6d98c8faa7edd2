"""What the blend modes are called on the screen."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

_T = QT_TRANSLATE_NOOP
NAMES = {
    "pass through": _T("blend", "Pass Through"),
    "normal": _T("blend", "Normal"),
    "dissolve": _T("blend", "Dissolve"),
    "darken": _T("blend", "Darken"),
    "multiply": _T("blend", "Multiply"),
    "color burn": _T("blend", "Color Burn"),
    "linear burn": _T("blend", "Linear Burn"),
    "darker color": _T("blend", "Darker Color"),
    "lighten": _T("blend", "Lighten"),
    "screen": _T("blend", "Screen"),
    "color dodge": _T("blend", "Color Dodge"),
    "linear dodge": _T("blend", "Linear Dodge (Add)"),
    "lighter color": _T("blend", "Lighter Color"),
    "overlay": _T("blend", "Overlay"),
    "soft light": _T("blend", "Soft Light"),
    "hard light": _T("blend", "Hard Light"),
    "vivid light": _T("blend", "Vivid Light"),
    "linear light": _T("blend", "Linear Light"),
    "pin light": _T("blend", "Pin Light"),
    "hard mix": _T("blend", "Hard Mix"),
    "difference": _T("blend", "Difference"),
    "exclusion": _T("blend", "Exclusion"),
    "subtract": _T("blend", "Subtract"),
    "divide": _T("blend", "Divide"),
    "hue": _T("blend", "Hue"),
    "saturation": _T("blend", "Saturation"),
    "color": _T("blend", "Color"),
    "luminosity": _T("blend", "Luminosity"),
}


def blend_name(mode: str) -> str:
    """In the user's language; Photoshop's names."""
    return QCoreApplication.translate("blend", NAMES[mode])
