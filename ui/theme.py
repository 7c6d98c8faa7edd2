"""Colours, style sheet and icons of the window, dark and light.

A theme is data: resources/themes/NAME.json holds the colours, style.qss their use, resources/icons the line drawings that
take the text's colour.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
CHOICES = ("system", "dark", "light")
ICON_SIZE = 20  # logical pixels

# Qt's own choice on a bare X11 desktop is a wide bitmap-era face; these are taken first where they are installed.
_LINUX_FACES = ("Inter", "Cantarell", "Ubuntu", "Noto Sans", "Open Sans", "Nimbus Sans", "Liberation Sans")
_PLAIN_FACES = ("Sans Serif", "Sans", "DejaVu Sans", "")


@dataclass(frozen=True)
class Theme:
    """Named colours, `#rrggbb`."""

    name: str
    surround: str
    window: str
    panel: str
    raised: str
    hover: str
    field: str
    line: str
    edge: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_text: str
    selection: str
    danger: str
    warning: str
    good: str
    checker_a: str
    checker_b: str


def load_theme(name: str) -> Theme:
    """The colours of "dark" or "light"."""
    colours = json.loads((RESOURCES / "themes" / f"{name}.json").read_text("utf-8"))
    return Theme(name=name, **colours)


def theme_for(choice: str) -> Theme:
    """The theme for a setting; "system" asks the desktop, and dark is the answer where it has no opinion."""
    if choice == "system":
        scheme = QGuiApplication.styleHints().colorScheme()
        choice = "light" if scheme == Qt.ColorScheme.Light else "dark"
    return load_theme(choice if choice in ("dark", "light") else "dark")  # settings of another version may hold another


def style_sheet(theme: Theme) -> str:
    """Qt's style sheet with the theme's colours filled in."""
    colours = {field.name: getattr(theme, field.name) for field in fields(theme)}
    template = Template((RESOURCES / "themes" / "style.qss").read_text("utf-8"))
    return template.substitute(colours, icons=(RESOURCES / "icons").as_posix())


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Dress the whole application, unless it wears the theme already: Qt goes through every widget for it."""
    if application.property("theme") == theme.name:
        return
    application.setProperty("theme", theme.name)
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
    application.setFont(_font(application.font()))
    application.setStyleSheet(style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.panel,
        QPalette.ColorRole.AlternateBase: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.accent_text,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.edge,
        QPalette.ColorRole.Dark: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return palette


def _font(given: QFont) -> QFont:
    font = QFont(given)
    if sys.platform.startswith("linux") and given.family() in _PLAIN_FACES:
        installed = set(QFontDatabase.families())
        font.setFamily(next((face for face in _LINUX_FACES if face in installed), given.family()))
    font.setPixelSize(13)
    return font


class Icons:
    """Line icons in the theme's colours, drawn once each."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._made: dict[tuple[str, str], QIcon] = {}

    @property
    def theme(self) -> Theme:
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._made.clear()

    def icon(self, name: str, colour: str = "") -> QIcon:
        """The icon called `name`; `colour` (`#rrggbb`) instead of the text's colour."""
        key = (name, colour)
        if key not in self._made:
            self._made[key] = self._draw(name, colour or self._theme.text)
        return self._made[key]

    def _draw(self, name: str, colour: str) -> QIcon:
        icon = QIcon()
        source = (RESOURCES / "icons" / f"{name}.svg").read_text("utf-8")
        for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, self._theme.faint)):
            for ratio in (1, 2):
                icon.addPixmap(_pixmap(source.replace("currentColor", tint), ratio), mode)
        return icon


def _pixmap(source: str, ratio: int) -> QPixmap:
    pixmap = QPixmap(QSize(ICON_SIZE, ICON_SIZE) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, ICON_SIZE, ICON_SIZE))
    painter.end()
    return pixmap


def watch_system_theme(changed: Callable[[], None]) -> None:
    """Call `changed`, the method of a window, whenever the desktop turns dark or light, as long as the window lives."""
    QGuiApplication.styleHints().colorSchemeChanged.connect(changed)
