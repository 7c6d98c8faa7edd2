"""The tools as state machines without a window: press, drag, release, abort; `overlay` is what the canvas draws on top.

Coordinates are canvas pixels as floats; modifiers are a set of "shift", "ctrl" and "alt". A tool changes the document through
its session only: previews while dragging, one commit on release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bfs_engine.api import Box
from bfs_engine.framing import BOX_FRACTION, SMALLEST_BOX, crop_around

from ..document import edits
from ..document.document import Document, Group, Layer, Node, find
from ..document.geometry import EMPTY, Point, Rect, invert
from ..document.locks import POSITION, lock_of
from ..document.pixels import TILE
from ..document.transform import bounds_of, movable
from ..session.session import Session
from ..words import phrase
from .snapping import Line, Snapping, snap, targets, touched

NUDGE, FAR_NUDGE = 1, 10  # canvas pixels per arrow key, and with Shift
CLICK = 2  # canvas pixels: what is drawn smaller than this was a click
GRIPS = {  # which edges a grip moves: -1 left or top, 1 right or bottom, 0 neither
    "top left": (-1, -1),
    "top": (0, -1),
    "top right": (1, -1),
    "right": (1, 0),
    "bottom right": (1, 1),
    "bottom": (0, 1),
    "bottom left": (-1, 1),
    "left": (-1, 0),
}


@dataclass(frozen=True)
class Overlay:
    """Canvas rectangles to draw. box: the generation box with handles. context: what the engine will see around it.
    outline: around what is being moved. words: to be written at the box. circle: x, y, radius of what the brush would cover.
    frame: corners of the transform box, clockwise, with handles; pivot: its fixed point. lines: what something snapped to.
    crop: the canvas to be, with handles."""

    box: Rect | None = None
    context: Rect | None = None
    outline: Rect | None = None
    words: str = ""
    circle: tuple[float, float, float] | None = None
    frame: tuple[Point, ...] = ()
    pivot: Point | None = None
    lines: tuple[Line, ...] = ()
    crop: Rect | None = None


class BoxTool:
    """Draws, moves and resizes the generation box, which always lies on the canvas."""

    def __init__(self, session: Session, fraction: float = BOX_FRACTION) -> None:
        self.session = session
        self.fraction = fraction
        self._box: Rect | None = None
        self._before: Rect | None = None  # the box when the gesture began
        self._grip = ""  # "" no gesture, "inside" moving, "new", or a key of GRIPS
        self._start = (0.0, 0.0)

    @property
    def box(self) -> Rect | None:
        """In canvas pixels. Setting one pushes it onto the canvas, and makes it at least as large as the engine needs."""
        return self._box

    @box.setter
    def box(self, box: Rect | None) -> None:
        self._box = None if box is None else _pushed_onto(box, self.session.shown)

    @property
    def overlay(self) -> Overlay:
        if self._box is None:
            return Overlay()
        document, box = self.session.shown, self._box
        crop = crop_around(as_engine_box(box), document.width, document.height, self.fraction)
        context = Rect.from_size(crop.x, crop.y, crop.width, crop.height)
        return Overlay(box, context, words=f"{box.width} × {box.height} px")

    def grip_at(self, x: float, y: float, reach: float) -> str:
        """What a press would take hold of: a key of GRIPS, "inside", or "" for nothing; `reach` in canvas pixels."""
        if self._box is None:
            return ""
        for name, (across, down) in GRIPS.items():
            near_x = _grip_position(self._box.left, self._box.right, across)
            near_y = _grip_position(self._box.top, self._box.bottom, down)
            if abs(x - near_x) <= reach and abs(y - near_y) <= reach:
                return name
        return "inside" if self._box.contains(x, y) else ""

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 8.0) -> None:
        self._before, self._start = self._box, (x, y)
        self._grip = self.grip_at(x, y, reach) or "new"

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """Shift keeps a square."""
        canvas = self.session.shown.rect
        if not self._grip:
            return
        if self._grip == "inside":
            self._box = _pushed_onto(self._before.moved(round(x - self._start[0]), round(y - self._start[1])), self.session.shown)
        elif self._grip == "new":
            fixed = _clamped(self._start[0], 0, canvas.right), _clamped(self._start[1], 0, canvas.bottom)
            self._box = _spanned(fixed, (x, y), canvas, "shift" in modifiers)
        else:
            self._box = self._resized(x, y, "shift" in modifiers)

    def _resized(self, x: float, y: float, square: bool) -> Rect:
        across, down = GRIPS[self._grip]
        box, canvas = self._before, self.session.shown.rect
        fixed_x, fixed_y = (box.right if across < 0 else box.left), (box.bottom if down < 0 else box.top)
        moved_x = x if across else box.right
        moved_y = y if down else box.bottom
        drawn = _spanned((fixed_x, fixed_y), (moved_x, moved_y), canvas, square and bool(across and down))
        return _at_least(drawn, canvas)

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """A click beside the box takes it away."""
        if not self._grip:
            return
        self.drag(x, y, modifiers)
        if self._grip == "new" and (self._box.width < CLICK or self._box.height < CLICK):
            self._box = None
        elif self._box is not None:
            self._box = _at_least(self._box, self.session.shown.rect)
        self._grip = ""

    def abort(self) -> bool:
        """Give up the gesture; without one, take the box away. Whether there was anything to do."""
        had = bool(self._grip) or self._box is not None
        self._box = self._before if self._grip else None
        self._grip = ""
        return had

    def nudge(self, dx: int, dy: int, far: bool = False) -> None:
        """One press of an arrow key."""
        step = FAR_NUDGE if far else NUDGE
        if self._box is not None:
            self._box = _pushed_onto(self._box.moved(dx * step, dy * step), self.session.shown)


class MoveTool:
    """Moves the chosen nodes. With Ctrl it first takes the topmost layer that is visible under the pointer, with Alt it moves copies.

    chosen: ids of the nodes selected in the layer panel; where the active one is not among them, it moves alone.
    snapping: what things are drawn to; its reach is set by every press.
    """

    def __init__(self, session: Session, chosen: Callable[[], list[str]] = list) -> None:
        self.session = session
        self.chosen = chosen
        self.snapping = Snapping()
        self._ids: list[str] = []
        self._copies: dict[str, Node] = {}  # of which node -> its copy
        self._start = (0.0, 0.0)
        self._shift = (0, 0)
        self._area = EMPTY  # around what moves, at the start
        self._lines: tuple[Line, ...] = ()
        self._picked = False

    @property
    def overlay(self) -> Overlay:
        moving = [copy.id for copy in self._copies.values()] or self._ids or self.wanted()
        area = bounds_of(node for node in movable(self.session.shown, moving) if node.visible)
        if area.is_empty:
            return Overlay()
        return Overlay(outline=area, lines=touched(_span(area), self._lines) if self._shift != (0, 0) else ())

    def wanted(self) -> list[str]:
        """The ids that would be moved."""
        chosen, active = self.chosen(), self.session.active
        return chosen if active in chosen else [active] if active else []

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 0.0) -> str:
        """Returns why nothing can be moved, as a sentence, or an empty string. reach: of snapping, in canvas pixels."""
        self._picked = "ctrl" in modifiers
        if self._picked and (picked := pick(self.session.document, x, y)) and picked.id not in self.wanted():
            self.session.active = picked.id
        document = self.session.document
        nodes = movable(document, self.wanted())
        self._ids, self._start, self._shift, self._copies = [], (x, y), (0, 0), {}
        if not any(node.visible for node in nodes):
            return refusal(document, self.session.active)
        self._ids = [node.id for node in nodes]
        self._area = bounds_of(node for node in nodes if node.visible)
        self._lines = targets(document, self._ids, self.snapping)
        self.snapping = replace(self.snapping, reach=reach)
        if "alt" in modifiers:
            self._copies = {node.id: edits.copy_of(node) for node in nodes}
            self._lines = targets(document, (), self.snapping)
        return ""

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """Shift keeps to the eight main directions, Ctrl does not snap. Layers move by whole pixels."""
        if not self._ids:
            return
        if any(find(self.session.document, id) is None for id in self._ids):  # deleted meanwhile
            self.abort()
            return
        dx, dy = x - self._start[0], y - self._start[1]
        straight = "shift" in modifiers
        self._shift = constrained(dx, dy) if straight else (round(dx), round(dy))
        if "ctrl" not in modifiers or self._picked:
            self._shift = self._snapped(*self._shift, straight)
        self.session.preview(self._moved())

    def _snapped(self, dx: int, dy: int, straight: bool) -> tuple[int, int]:
        """Drawn to the lines; a straight movement stays straight."""
        left, top, right, bottom = _span(self._area.moved(dx, dy))
        if self._area.is_empty or (straight and dx and dy):
            return dx, dy
        across = snap((left, (left + right) / 2, right), True, self._lines, self.snapping) if dx or not straight else 0
        down = snap((top, (top + bottom) / 2, bottom), False, self._lines, self.snapping) if dy or not straight else 0
        return round(dx + across), round(dy + down)

    def _moved(self) -> Document:
        document = self.session.document
        for id, copy in self._copies.items():
            document = edits.add_layer(document, copy, id)
        return edits.nudge(document, [copy.id for copy in self._copies.values()] or self._ids, *self._shift)

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self.drag(x, y, modifiers)
        if not self._ids:
            return
        if self._shift == (0, 0):
            self.abort()
            return
        document, copies = self._moved(), [copy.id for copy in self._copies.values()]
        self._ids, self._copies, self._shift = [], {}, (0, 0)
        self.session.commit(phrase("Move a copy") if copies else phrase("Move"), document, active=copies[-1] if copies else None)

    def abort(self) -> bool:
        """Put everything back. Whether there was a gesture."""
        had, self._ids, self._copies, self._shift = bool(self._ids), [], {}, (0, 0)
        if had:
            self.session.discard()
        return had


def as_engine_box(box: Rect) -> Box:
    return Box(box.left, box.top, box.width, box.height)


def pick(document: Document, x: float, y: float) -> Layer | None:
    """The topmost visible, unlocked layer whose alpha is not 0 at a canvas point; masks are not looked at."""
    return _pick(document.layers, x, y)


def _pick(nodes: tuple[Layer | Group, ...], x: float, y: float) -> Layer | None:
    for node in reversed(nodes):
        if not node.visible or node.locked:
            continue
        if isinstance(node, Group):
            if found := _pick(node.children, x, y):
                return found
        elif _alpha_at(node, x, y) > 0:
            return node
    return None


def _alpha_at(layer: Layer, x: float, y: float) -> int:
    """0 to 255, of the pixel nearest to a canvas point."""
    back = invert(layer.placement.matrix(layer.pixels.width, layer.pixels.height))
    if back is None:
        return 0
    a, b, c, d, tx, ty = back
    column, row = int((a * x + c * y + tx) // 1), int((b * x + d * y + ty) // 1)
    tile = layer.pixels.tiles.get((row // TILE, column // TILE))
    return 0 if tile is None else int(tile[row % TILE, column % TILE, 3])


def refusal(document: Document, id: str | None) -> str:
    """Why nothing can be done with the active node."""
    node = find(document, id)
    if node is None:
        return phrase("No layer is active. Choose one in the layer panel.")
    if lock := lock_of(document, node.id, POSITION):
        if lock == "all":
            return phrase("“{name}” is locked. Unlock it to move it.", name=node.name)
        return phrase("The position of “{name}” is locked. Unlock it to move it.", name=node.name)
    return phrase("“{name}” is hidden. Show it to move it.", name=node.name)


def constrained(dx: float, dy: float) -> tuple[int, int]:
    """The nearest of the eight main directions."""
    if abs(dx) > 2 * abs(dy):
        return round(dx), 0
    if abs(dy) > 2 * abs(dx):
        return 0, round(dy)
    length = round((abs(dx) + abs(dy)) / 2)
    return (length if dx >= 0 else -length), (length if dy >= 0 else -length)


def _span(area: Rect) -> tuple[float, float, float, float]:
    return area.left, area.top, area.right, area.bottom


def _clamped(value: float, low: int, high: int) -> int:
    return int(min(max(round(value), low), high))


def _grip_position(low: int, high: int, side: int) -> float:
    return low if side < 0 else high if side > 0 else (low + high) / 2


def _spanned(fixed: tuple[int, int], moved: tuple[float, float], canvas: Rect, square: bool) -> Rect:
    """Between a corner that stays and one that follows the pointer, on the canvas; a square grows as far as it has room."""
    x, y = _clamped(moved[0], 0, canvas.right), _clamped(moved[1], 0, canvas.bottom)
    if square:
        right, down = moved[0] >= fixed[0], moved[1] >= fixed[1]
        room = min(canvas.right - fixed[0] if right else fixed[0], canvas.bottom - fixed[1] if down else fixed[1])
        side = min(max(abs(x - fixed[0]), abs(y - fixed[1])), room)
        x, y = fixed[0] + (side if right else -side), fixed[1] + (side if down else -side)
    return Rect(min(fixed[0], x), min(fixed[1], y), max(fixed[0], x), max(fixed[1], y))


def _at_least(box: Rect, canvas: Rect) -> Rect:
    """Grown to what the engine needs, where it is too small."""
    return _on_canvas(Rect.from_size(box.left, box.top, max(box.width, SMALLEST_BOX), max(box.height, SMALLEST_BOX)), canvas)


def _pushed_onto(box: Rect, document: Document) -> Rect:
    return _at_least(_on_canvas(box, document.rect), document.rect)


def _on_canvas(box: Rect, canvas: Rect) -> Rect:
    """Moved, and only where it is larger than the canvas cut, until it lies on the canvas."""
    width, height = min(box.width, canvas.width), min(box.height, canvas.height)
    left, top = _clamped(box.left, 0, canvas.right - width), _clamped(box.top, 0, canvas.bottom - height)
    return Rect.from_size(left, top, width, height)
