"""What moves is drawn to edges, middles, guides and the grid; and which lines show it. All in canvas pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..document.document import Document, Node, seen_bounds, walk
from ..document.geometry import Rect


@dataclass(frozen=True)
class Snapping:
    """What things snap to. reach: canvas pixels; grid: the spacing in canvas pixels, or 0 for none."""

    reach: float = 0.0
    canvas: bool = True
    layers: bool = True
    guides: bool = True
    grid: float = 0.0


@dataclass(frozen=True)
class Line:
    """A line at `position`, from `low` to `high` along it. upright: x is the position, else y."""

    upright: bool
    position: float
    low: float
    high: float


def targets(document: Document, moving: Iterable[str], snapping: Snapping) -> tuple[Line, ...]:
    """What can be snapped to while the nodes of those ids move."""
    found: list[Line] = []
    if snapping.canvas:
        found += _lines_of(document.rect)
    if snapping.layers:
        for node in _others(document, set(moving)):
            area = seen_bounds(node)
            found += [] if area.is_empty else _lines_of(area)
    if snapping.guides:
        for guide in document.guides:
            found.append(Line(not guide.horizontal, guide.position, 0, document.width if guide.horizontal else document.height))
    return tuple(found)


def _others(document: Document, moving: set[str]) -> list[Node]:
    """Visible nodes that hold nothing that moves, and are not part of it; layers in groups by themselves."""
    found: list[Node] = []
    hidden_in: int | None = None  # the depth of the group whose inside is skipped
    for node, depth, _ in walk(document):
        if hidden_in is not None and depth > hidden_in:
            continue
        hidden_in = None
        if node.id in moving or not node.visible:
            hidden_in = depth
        elif not hasattr(node, "children"):
            found.append(node)
    return found


def _lines_of(area: Rect) -> list[Line]:
    across = (area.left, (area.left + area.right) / 2, area.right)
    down = (area.top, (area.top + area.bottom) / 2, area.bottom)
    return [Line(True, x, area.top, area.bottom) for x in across] + [Line(False, y, area.left, area.right) for y in down]


def snap(positions: Iterable[float], upright: bool, lines: Iterable[Line], snapping: Snapping) -> float:
    """How far to shift so that one of `positions` lies on the nearest line; 0 where none is in reach."""
    positions = tuple(positions)
    near = [line.position - position for line in lines if line.upright == upright for position in positions]
    if snapping.grid:
        near += [round(position / snapping.grid) * snapping.grid - position for position in positions]
    best = min(near, key=abs, default=0.0)
    return best if abs(best) <= snapping.reach else 0.0


def touched(area: tuple[float, float, float, float], lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines on which an edge or middle of left, top, right, bottom lies now, long enough to reach both."""
    left, top, right, bottom = area
    across, down = (left, (left + right) / 2, right), (top, (top + bottom) / 2, bottom)
    shown: dict[tuple[bool, float], Line] = {}
    for line in lines:
        low, middle, high = across if line.upright else down
        at = line.position
        if abs(low - at) > 0.5 and abs(middle - at) > 0.5 and abs(high - at) > 0.5:  # for every line, several times a frame
            continue
        low, high = (top, bottom) if line.upright else (left, right)
        old = shown.get((line.upright, line.position), line)
        shown[line.upright, line.position] = replace(line, low=min(line.low, old.low, low), high=max(line.high, old.high, high))
    return tuple(shown.values())
