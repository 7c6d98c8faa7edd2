"""The brush by keys: its size, hardness and flow, kept from one run to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from PySide6.QtCore import QObject

from app.config.settings import Settings
from app.tools.brush import LARGEST, SMALLEST, Brush

from .brush_bar import BrushBar
from .tool_desk import ToolDesk

LEAST_FLOW = 0.01  # less would paint nothing


class BrushCommands(QObject):
    """Changes the desk's brush."""

    def __init__(self, desk: ToolDesk, bar: BrushBar, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._settings = desk, settings
        desk.brush = stored_brush(settings)
        bar.edited.connect(self.take)

    def handlers(self) -> dict[str, Callable[[], None]]:
        return {
            "edit.swap": self._desk.swap_brush,
            "edit.brush_smaller": lambda: self.take(stepped(self._desk.brush, -1)),
            "edit.brush_larger": lambda: self.take(stepped(self._desk.brush, +1)),
            "edit.brush_softer": lambda: self.take(hardened(self._desk.brush, -1)),
            "edit.brush_harder": lambda: self.take(hardened(self._desk.brush, +1)),
        }

    def take(self, brush: Brush) -> None:
        """Paint with this one from now on."""
        self._desk.brush = brush
        self._settings.set("brush", asdict(brush))

    def set_flow(self, flow: float) -> None:
        """flow: 0 to 1"""
        self.take(replace(self._desk.brush, flow=max(flow, LEAST_FLOW)))


def stored_brush(settings: Settings) -> Brush:
    """The brush of the last run; what is missing or makes no sense is as a new brush has it."""
    plain, stored = Brush(), settings.get("brush", {})
    limits = {"size": (SMALLEST, LARGEST), "hardness": (0.0, 1.0), "flow": (LEAST_FLOW, 1.0)}
    numbers = {name: stored.get(name) for name in limits}
    kept = {
        name: min(max(float(value), limits[name][0]), limits[name][1]) for name, value in numbers.items() if type(value) in (int, float)
    }
    flags = {name: stored[name] for name in ("size_by_pressure", "flow_by_pressure") if isinstance(stored.get(name), bool)}
    return replace(plain, **kept, **flags)


def stepped(brush: Brush, direction: int) -> Brush:
    """The brush one step larger (+1) or smaller (-1), as the keys have it."""
    size = brush.size * 1.15**direction
    size = brush.size + direction if abs(size - brush.size) < 1 else size
    return replace(brush, size=float(min(max(round(size), SMALLEST), LARGEST)))


def hardened(brush: Brush, direction: int) -> Brush:
    """The brush a quarter harder (+1) or softer (-1)."""
    return replace(brush, hardness=min(max(brush.hardness + direction * 0.25, 0.0), 1.0))
