"""The transform tool without a window: a box with handles around the chosen nodes, and a pivot. Coordinates are canvas pixels.

Each drag is one step of the history. Angles are degrees, clockwise as seen on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace

from ..document.document import Document, find
from ..document.geometry import IDENTITY, Matrix, Point, about, after, around_points, invert, shift, turn
from ..document.transform import Frame, Numbers, flip, frame_of, movable, numbers_of, reset, transform, with_numbers
from ..session.session import Session
from ..words import phrase
from .snapping import Line, Snapping, snap, targets, touched
from .tools import GRIPS, Overlay, constrained, refusal

CENTRE = (0.5, 0.5)
STEP = 15.0  # degrees: what Shift turns and leans by
SMALLEST = 1.0  # canvas pixels: no side becomes shorter
STEEPEST = 85.0  # degrees a drag may lean
Edit = Callable[[Document, Collection[str]], Document]
LABELS = {"inside": phrase("Move"), "rotate": phrase("Rotate"), "skew": phrase("Skew"), "scale": phrase("Scale")}


class TransformTool:
    """Handles scale, handles with Ctrl skew along their side, inside moves, outside rotates; the pivot can be dragged anywhere.

    Shift keeps proportions, 15° steps or a direction; Alt scales and leans about the pivot. chosen and snapping as in MoveTool.
    """

    def __init__(self, session: Session, chosen: Callable[[], list[str]] = list) -> None:
        self.session = session
        self.chosen = chosen
        self.snapping = Snapping()
        self.pivot = CENTRE  # a fraction of the frame's width and height, which may lie outside
        self._pivot_of: tuple[str, ...] = ()
        self._ids: list[str] = []
        self._frame: Frame | None = None  # when the gesture began
        self._doing = ""  # "", "inside", "rotate", "skew", "scale" or "pivot"
        self._handle = (0, 0)
        self._start = (0.0, 0.0)
        self._by: Matrix = IDENTITY
        self._lines: tuple[Line, ...] = ()
        self._last, self._made = session.document, 0  # what this tool committed last, and how many steps since it was taken up

    # What is shown

    def wanted(self) -> list[str]:
        """The ids that would be transformed."""
        chosen, active = self.chosen(), self.session.active
        return chosen if active in chosen else [active] if active else []

    @property
    def frame(self) -> Frame | None:
        """Around what is transformed, as it is shown now."""
        if self._doing and self._frame is not None:
            return self._frame.transformed(self._by)
        return frame_of(self.session.document, self.wanted())

    @property
    def overlay(self) -> Overlay:
        frame = self.frame
        if frame is None:
            return Overlay()
        lines = touched(around_points(frame.corners), self._lines) if self._doing in ("inside", "scale") and self._by != IDENTITY else ()
        return Overlay(frame=frame.corners, pivot=frame.at(*self.pivot), lines=lines if frame.is_upright or self._doing == "inside" else ())

    def grip_at(self, x: float, y: float, reach: float) -> str:
        """What a press would do: a key of GRIPS, "pivot", "inside", "rotate", or "" for nothing."""
        frame = self.frame
        if frame is None:
            return ""
        if self.pivot != CENTRE and math.dist(frame.at(*self.pivot), (x, y)) <= reach:
            return "pivot"
        for name, (across, down) in GRIPS.items():
            if math.dist(frame.at((across + 1) / 2, (down + 1) / 2), (x, y)) <= reach:
                return name
        if math.dist(frame.at(*self.pivot), (x, y)) <= reach / 2:
            return "pivot"
        across, down = frame.fraction(x, y)
        return "inside" if 0 <= across <= 1 and 0 <= down <= 1 else "rotate"

    # Gestures

    def enter(self) -> None:
        """The tool is taken up: Esc leads back to the document as it is now."""
        self._last, self._made = self.session.document, 0
        self.pivot = CENTRE

    def document_changed(self) -> None:
        """Another selection has its pivot in its own middle."""
        ids = tuple(self.wanted())
        if ids != self._pivot_of:
            self._pivot_of, self.pivot = ids, CENTRE

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 8.0) -> str:
        """Returns why nothing can be transformed, as a sentence, or an empty string."""
        document, self._doing = self.session.document, ""
        self._ids = [node.id for node in movable(document, self.wanted())]
        self._frame = frame_of(document, self._ids)
        if self._frame is None:
            why = refusal(document, self.session.active) if not self._ids else ""
            return why or phrase("The layer is empty: there is nothing to transform.")
        grip = self.grip_at(x, y, reach)
        self._handle = GRIPS.get(grip, (0, 0))
        skews = "ctrl" in modifiers and 0 in self._handle
        self._doing = grip if grip in ("inside", "rotate", "pivot") else "skew" if skews else "scale"
        self._start, self._by = (x, y), IDENTITY
        self._lines = targets(document, self._ids, self.snapping)
        self.snapping = replace(self.snapping, reach=reach)
        return ""

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        if not self._doing:
            return
        if any(find(self.session.document, id) is None for id in self._ids):  # deleted meanwhile
            self.abort()
            return
        if self._doing == "pivot":
            self._move_pivot(x, y)
            return
        gestures = {"inside": self._moving, "rotate": self._rotating, "skew": self._skewing, "scale": self._scaling}
        self._by = gestures[self._doing](x, y, modifiers)
        self.session.preview(transform(self.session.document, self._ids, self._by))

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self.drag(x, y, modifiers)
        doing, by = self._doing, self._by
        if doing in ("", "pivot") or by == IDENTITY:
            self.abort()
            return
        self._doing = ""
        self._commit(LABELS[doing], lambda document, ids: transform(document, ids, by), self._ids)

    def abort(self) -> bool:
        """Give up the gesture. Whether there was one."""
        had, self._doing, self._by = bool(self._doing), "", IDENTITY
        if had:
            self.session.discard()
        return had

    def revert(self) -> bool:
        """Take back all that the tool did since it was taken up, where nothing else happened since. Whether there was anything."""
        if self.session.document is not self._last or not self._made:
            return False
        self.session.go_to(self.session.history.index - self._made)
        self._last, self._made = self.session.document, 0
        return True

    def _commit(self, label: str, edit: Edit, ids: Collection[str] | None = None) -> None:
        if self.session.document is not self._last:  # something else happened: there is no way back across it
            self._made = 0
        document = edit(self.session.document, self.wanted() if ids is None else ids)
        self._made += document is not self.session.document
        self.session.commit(label, document)
        self._last = self.session.document

    # One gesture each: the matrix at a pointer position

    def _moving(self, x: float, y: float, modifiers: Collection[str]) -> Matrix:
        dx, dy = x - self._start[0], y - self._start[1]
        straight = "shift" in modifiers
        dx, dy = constrained(dx, dy) if straight else (round(dx), round(dy))
        left, top, right, bottom = around_points(self._frame.transformed(shift(dx, dy)).corners)
        if "ctrl" not in modifiers and not (straight and dx and dy):
            dx += snap((left, (left + right) / 2, right), True, self._lines, self.snapping) if dx or not straight else 0
            dy += snap((top, (top + bottom) / 2, bottom), False, self._lines, self.snapping) if dy or not straight else 0
        return shift(round(dx), round(dy))

    def _rotating(self, x: float, y: float, modifiers: Collection[str]) -> Matrix:
        centre = self._frame.at(*self.pivot)
        before = math.atan2(self._start[1] - centre[1], self._start[0] - centre[0])
        degrees = math.degrees(math.atan2(y - centre[1], x - centre[0]) - before)
        if "shift" in modifiers:
            now = _lean_of(self._frame)
            degrees = round((now + degrees) / STEP) * STEP - now
        degrees = math.remainder(degrees, 360)
        return about(centre, turn(degrees)) if degrees else IDENTITY

    def _scaling(self, x: float, y: float, modifiers: Collection[str]) -> Matrix:
        frame, (across, down) = self._frame, self._handle
        handle = (across + 1) / 2, (down + 1) / 2
        fixed = self.pivot if "alt" in modifiers else ((1 - across) / 2, (1 - down) / 2)
        target = self._pointed(frame.at(*handle), x, y, modifiers)
        here = frame.fraction(*target)
        scales = [
            (here[axis] - fixed[axis]) / (handle[axis] - fixed[axis]) if moves and handle[axis] != fixed[axis] else 1.0
            for axis, moves in enumerate((across, down))
        ]
        if "shift" in modifiers:
            scales = _in_proportion(scales, across, down)
        sizes = _length(frame.matrix[:2]) * frame.width, _length(frame.matrix[2:4]) * frame.height
        scales = [_at_least(scale, SMALLEST / size) for scale, size in zip(scales, sizes, strict=True)]
        return _within(frame, fixed, (scales[0], 0.0, 0.0, scales[1]))

    def _pointed(self, handle: Point, x: float, y: float, modifiers: Collection[str]) -> Point:
        """Where the handle is taken to: on whole pixels and lines where the frame is upright."""
        x, y = handle[0] + x - self._start[0], handle[1] + y - self._start[1]
        if not self._frame.is_upright:
            return x, y
        if "ctrl" not in modifiers:
            x, y = x + snap((x,), True, self._lines, self.snapping), y + snap((y,), False, self._lines, self.snapping)
        return round(x), round(y)

    def _skewing(self, x: float, y: float, modifiers: Collection[str]) -> Matrix:
        """Along the side that the handle sits on."""
        frame, (across, down) = self._frame, self._handle
        fixed = self.pivot if "alt" in modifiers else ((1 - across) / 2, (1 - down) / 2)
        here, before = frame.fraction(x, y), frame.fraction(*self._start)
        along, off = (0, 1) if down else (1, 0)
        handle = ((across + 1) / 2, (down + 1) / 2)[off]
        if handle == fixed[off]:
            return IDENTITY
        sides = _length(frame.matrix[:2]) * frame.width, _length(frame.matrix[2:4]) * frame.height
        lean = (here[along] - before[along]) / (handle - fixed[off]) * sides[along] / sides[off]
        degrees = min(max(math.degrees(math.atan(lean)), -STEEPEST), STEEPEST)
        if "shift" in modifiers:
            degrees = round(degrees / STEP) * STEP
        share = math.tan(math.radians(degrees)) * sides[off] / sides[along]
        if share == 0:
            return IDENTITY
        return _within(frame, fixed, (1.0, 0.0, share, 1.0) if down else (1.0, share, 0.0, 1.0))

    def _move_pivot(self, x: float, y: float) -> None:
        """Drawn to corners, middles of sides and the centre."""
        across, down = self._frame.fraction(x, y)
        for nearest in ((i / 2, j / 2) for i in range(3) for j in range(3)):
            if math.dist(self._frame.at(*nearest), (x, y)) <= self.snapping.reach:
                across, down = nearest
        self.pivot = across, down

    # Numbers and buttons

    def numbers(self) -> Numbers | None:
        """As shown now: x and y are the pivot's."""
        return numbers_of(self.session.shown, self.wanted(), self.pivot)

    def set_numbers(self, wanted: Numbers) -> None:
        """One step; sides become no shorter than a pixel."""
        wanted = replace(wanted, width=max(wanted.width, SMALLEST), height=max(wanted.height, SMALLEST))
        self._commit(phrase("Transform"), lambda document, ids: with_numbers(document, ids, self.pivot, wanted))

    def flip(self, direction: str) -> None:
        """"across" or "down", about the pivot."""
        frame = self.frame
        point = frame.at(*self.pivot) if frame is not None else None
        label = phrase("Flip horizontally") if direction == "across" else phrase("Flip vertically")
        self._commit(label, lambda document, ids: flip(document, ids, direction, point))

    def reset(self) -> None:
        """Own size and shape again."""
        self._commit(phrase("Reset the transform"), reset)


def _within(frame: Frame, fixed: Point, linear: tuple[float, float, float, float]) -> Matrix:
    """The canvas matrix that does `linear`, in fractions of the frame, about a fraction that stays."""
    a, b, c, d = linear
    to_fraction = after(invert(frame.matrix), (1 / frame.width, 0.0, 0.0, 1 / frame.height, 0.0, 0.0))
    return after(after(to_fraction, about(fixed, (a, b, c, d))), invert(to_fraction))


def _in_proportion(scales: list[float], across: int, down: int) -> list[float]:
    """Both sides by the scale of the one that was moved further; a handle on a side takes the other along."""
    if not across or not down:
        scale = scales[0] if across else scales[1]
        return [abs(scale) if not across else scale, abs(scale) if not down else scale]
    scale = max(scales, key=lambda one: abs(abs(one) - 1))
    return [math.copysign(scale, one) for one in scales]


def _at_least(scale: float, smallest: float) -> float:
    return math.copysign(max(abs(scale), smallest), scale)


def _length(vector: Collection[float]) -> float:
    return math.hypot(*vector)


def _lean_of(frame: Frame) -> float:
    """How far the frame's upper side is turned, in degrees."""
    return math.degrees(math.atan2(frame.matrix[1], frame.matrix[0]))
