"""The crop tool without a window: a rectangle with handles that becomes the canvas. Coordinates are canvas pixels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..document.geometry import Rect
from ..document.layout import LARGEST_CANVAS, LONGEST_SIDE, crop
from ..session.session import Session
from ..words import phrase
from .snapping import Line, Snapping, snap, targets, touched
from .tools import CLICK, GRIPS, Overlay


class CropTool:
    """Draws, moves and resizes the rectangle, which may hang over the canvas; `accept` crops. Shift keeps proportions."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.snapping = Snapping()
        self._area: Rect | None = None  # None: the canvas as it is
        self._before = session.shown.rect
        self._doing = ""  # "", "inside", "new" or a key of GRIPS
        self._start = (0.0, 0.0)
        self._lines: tuple[Line, ...] = ()

    @property
    def area(self) -> Rect:
        """The canvas to be."""
        return self._area or self.session.shown.rect

    @area.setter
    def area(self, area: Rect) -> None:
        self._area = Rect.from_size(area.left, area.top, max(area.width, 1), max(area.height, 1))

    @property
    def overlay(self) -> Overlay:
        area = self.area
        lines = touched((area.left, area.top, area.right, area.bottom), self._lines) if self._doing else ()
        return Overlay(crop=area, lines=lines, words=f"{area.width} × {area.height} px")

    def grip_at(self, x: float, y: float, reach: float) -> str:
        """What a press would take hold of: a key of GRIPS, "inside", or "" for a new rectangle."""
        area = self.area
        for name, (across, down) in GRIPS.items():
            near_x = (area.left, (area.left + area.right) / 2, area.right)[across + 1]
            near_y = (area.top, (area.top + area.bottom) / 2, area.bottom)[down + 1]
            if abs(x - near_x) <= reach and abs(y - near_y) <= reach:
                return name
        return "inside" if area.contains(x, y) else ""

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 8.0) -> str:
        self._doing = self.grip_at(x, y, reach) or "new"
        if self._doing == "inside" and self.area == self.session.shown.rect:
            self._doing = "new"  # there is nothing to move yet
        self._before, self._start = self.area, (x, y)
        self._lines = targets(self.session.document, (), self.snapping)
        self.snapping = replace(self.snapping, reach=reach)
        return ""

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """Ctrl does not snap."""
        if not self._doing:
            return
        lines = () if "ctrl" in modifiers else self._lines
        if self._doing == "inside":
            dx, dy = round(x - self._start[0]), round(y - self._start[1])
            area = self._before.moved(dx, dy)
            dx += round(snap((area.left, area.right), True, lines, self.snapping))
            dy += round(snap((area.top, area.bottom), False, lines, self.snapping))
            self._area = self._before.moved(dx, dy)
            return
        x, y = x + snap((x,), True, lines, self.snapping), y + snap((y,), False, lines, self.snapping)
        self.area = self._new(x, y, "shift" in modifiers) if self._doing == "new" else self._resized(x, y, "shift" in modifiers)

    def _new(self, x: float, y: float, square: bool) -> Rect:
        start_x = self._start[0] + snap((self._start[0],), True, self._lines, self.snapping)
        start_y = self._start[1] + snap((self._start[1],), False, self._lines, self.snapping)
        wide, high = x - start_x, y - start_y
        if square:
            side = max(abs(wide), abs(high))
            wide, high = (side if wide >= 0 else -side), (side if high >= 0 else -side)
        xs, ys = sorted((round(start_x), round(start_x + wide))), sorted((round(start_y), round(start_y + high)))
        return Rect(xs[0], ys[0], xs[1], ys[1])

    def _resized(self, x: float, y: float, proportional: bool) -> Rect:
        across, down = GRIPS[self._doing]
        old = self._before
        width = max(old.right - x if across < 0 else x - old.left, 1) if across else old.width
        height = max(old.bottom - y if down < 0 else y - old.top, 1) if down else old.height
        if proportional:
            scale = max(width / old.width if across else 0, height / old.height if down else 0)
            width, height = old.width * scale, old.height * scale
        width, height = max(round(width), 1), max(round(height), 1)
        left = old.right - width if across < 0 else old.left
        top = old.bottom - height if down < 0 else old.top
        return Rect.from_size(left, top, width, height)

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """A click beside the rectangle changes nothing."""
        self.drag(x, y, modifiers)
        if self._doing == "new" and (self.area.width <= CLICK or self.area.height <= CLICK):
            self._area = self._before
        if self.area.width * self.area.height > LARGEST_CANVAS or max(self.area.width, self.area.height) > LONGEST_SIDE:
            self._area = self._before
        self._doing = ""

    def abort(self) -> bool:
        """Give up the gesture; without one, the rectangle. Whether there was anything to do."""
        had = bool(self._doing) or self.is_pending
        self._area = self._before if self._doing and self._before != self.session.shown.rect else None
        self._doing = ""
        return had

    @property
    def is_pending(self) -> bool:
        """Whether accepting would change the canvas."""
        return self._area is not None and self._area != self.session.document.rect

    def accept(self) -> None:
        """Crop: one step."""
        area, self._area, self._doing = self.area, None, ""
        self.session.commit(phrase("Crop to {width} × {height}", width=area.width, height=area.height), crop(self.session.document, area))
