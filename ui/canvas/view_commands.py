"""What the user can do to the view: zoom, rotate, flip, rulers, guides, grid, snapping, backdrop. None of it is in the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.config.settings import Settings
from ui.theme import Theme

from .aids import BACKDROPS, WIDEST, Aids, store_aids, stored_aids
from .canvas import TURN, Canvas
from .rulers import RuledCanvas
from .size_dialogs import ask_number
from .tool_desk import ToolDesk

SWITCHES = {"view.rulers": "rulers", "view.guides": "guides", "view.guides_lock": "guides_locked", "view.grid": "grid", "view.snap": "snap"}


class ViewCommands(QObject):
    """Keeps the aids, remembers them between runs, and tells canvas, rulers and tools."""

    changed = Signal()

    def __init__(self, window: QWidget, canvas: Canvas, desk: ToolDesk, settings: Settings, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._canvas, self._desk, self._settings = window, canvas, desk, settings
        self.ruled = RuledCanvas(canvas, theme)
        for ruler in (self.ruled.across, self.ruled.down):
            ruler.pulled.connect(self._pull_guide)
        self.aids = stored_aids(settings)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """By the names of the table of actions."""
        canvas = self._canvas
        return {
            "view.zoom_in": lambda: canvas.zoom_step(+1),
            "view.zoom_out": lambda: canvas.zoom_step(-1),
            "view.fit": canvas.fit,
            "view.actual": canvas.actual_size,
            "view.turn_left": lambda: canvas.turn_by(-TURN),
            "view.turn_right": lambda: canvas.turn_by(TURN),
            "view.upright": lambda: canvas.turn_to(0),
            "view.flip": canvas.flip,
            "view.grid_spacing": self._ask_spacing,
            **{name: lambda field=field: self.set_aids(**{field: not getattr(self.aids, field)}) for name, field in SWITCHES.items()},
            **{f"view.backdrop_{kind}": lambda kind=kind: self.set_aids(backdrop=kind) for kind in BACKDROPS},
        }

    def checked(self) -> dict[str, bool]:
        """Which of the table's actions are switched on."""
        backdrops = {f"view.backdrop_{kind}": self.aids.backdrop == kind for kind in BACKDROPS}
        return {name: getattr(self.aids, field) for name, field in SWITCHES.items()} | backdrops | {"view.flip": self._canvas.view.flipped}

    def set_aids(self, **changes: bool | int | str) -> None:
        """Switch some of them; see Aids."""
        self.aids: Aids = replace(self.aids, **changes)
        store_aids(self._settings, self.aids)
        self.apply()

    def apply(self) -> None:
        """Show the aids as they are."""
        self.ruled.show_rulers(self.aids.rulers)
        self._canvas.show_aids(self.aids)
        self._desk.set_aids(self.aids)
        self.changed.emit()

    def _pull_guide(self, horizontal: bool) -> None:
        if not self.aids.guides:
            self.set_aids(guides=True)
        self._desk.pull_guide(horizontal, self._canvas.reach)

    def _ask_spacing(self) -> None:
        ask_number(
            self._window, self.tr("Grid"), self.tr("Pixels from line to line"), self.aids.spacing, (1, WIDEST),
            lambda spacing: self.set_aids(spacing=spacing, grid=True),
        )  # fmt: skip
