"""Where things stand on the canvas: align, distribute, crop, canvas size, guides. As functions Document -> Document.

Nothing is cut off: what lies outside the canvas stays in its layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import EditError
from ..words import phrase
from . import edits
from .document import Document, Group, Guide, Layer, Node, bounds, seen_bounds
from .geometry import Rect, shift
from .transform import bounds_of, movable

EDGES = ("left", "centre", "right", "top", "middle", "bottom")
LONGEST_SIDE = 300_000  # pixels, as in a PSB
LARGEST_CANVAS = 1 << 30  # pixels, as in a project


def align(document: Document, ids: Iterable[str], edge: str, to_canvas: bool = False) -> Document:
    """Bring nodes to a common edge or middle line (a name of EDGES) of the box around them; a single one to the canvas."""
    nodes = [node for node in movable(document, ids) if not seen_bounds(node).is_empty]
    if not nodes:
        raise EditError(phrase("There is nothing to align."), phrase("Choose layers that show something and are not locked."))
    area = document.rect if to_canvas or len(nodes) == 1 else bounds_of(nodes)
    for node in nodes:
        dx, dy = _to_edge(seen_bounds(node), area, edge)
        document = edits.nudge(document, [node.id], dx, dy)
    return document


def _to_edge(box: Rect, area: Rect, edge: str) -> tuple[int, int]:
    shifts = {
        "left": (area.left - box.left, 0),
        "centre": ((area.left + area.right - box.left - box.right) // 2, 0),
        "right": (area.right - box.right, 0),
        "top": (0, area.top - box.top),
        "middle": (0, (area.top + area.bottom - box.top - box.bottom) // 2),
        "bottom": (0, area.bottom - box.bottom),
    }
    return shifts[edge]


def distribute(document: Document, ids: Iterable[str], across: bool) -> Document:
    """Equal gaps, to the pixel, between three or more nodes; the outermost two stay where they are."""

    def span(node: Node) -> tuple[int, int]:
        box = seen_bounds(node)
        return (box.left, box.right) if across else (box.top, box.bottom)

    nodes = [node for node in movable(document, ids) if not seen_bounds(node).is_empty]
    if len(nodes) < 3:
        raise EditError(phrase("Distributing needs at least three layers."), phrase("Choose more layers with Ctrl in the layer panel."))
    nodes.sort(key=lambda node: sum(span(node)))
    start, end = span(nodes[0])[1], span(nodes[-1])[0]
    gap = (end - start - sum(span(node)[1] - span(node)[0] for node in nodes[1:-1])) / (len(nodes) - 1)
    place = float(start)
    for node in nodes[1:-1]:
        low, high = span(node)
        by = round(place + gap) - low
        document = edits.nudge(document, [node.id], by if across else 0, 0 if across else by)
        place += gap + high - low
    return document


def crop(document: Document, area: Rect) -> Document:
    """Make a canvas rectangle, which may hang over the canvas, the new canvas. What lies outside stays in its layers."""
    if area == document.rect:
        return document
    if area.is_empty or max(area.width, area.height) > LONGEST_SIDE or area.width * area.height > LARGEST_CANVAS:
        raise EditError(phrase("A canvas has 1 to {side} pixels a side, and a thousand million at most.", side=f"{LONGEST_SIDE:,}"))
    dx, dy = -area.left, -area.top
    guides = tuple(replace(guide, position=guide.position + (dy if guide.horizontal else dx)) for guide in document.guides)
    layers = tuple(_carried(node, dx, dy) for node in document.layers)
    origin = document.origin[0] + area.left, document.origin[1] + area.top
    return replace(document, width=area.width, height=area.height, layers=layers, guides=guides, origin=origin)


def resize_canvas(document: Document, width: int, height: int, anchor: tuple[float, float] = (0.5, 0.5)) -> Document:
    """Another canvas size; anchor: which point of the picture stays in place, 0 to 1 from the left and from the top."""
    left, top = -round((width - document.width) * anchor[0]), -round((height - document.height) * anchor[1])
    return crop(document, Rect.from_size(left, top, width, height))


def reveal_all(document: Document) -> Document:
    """Grow the canvas to all that its layers hold."""
    area = document.rect
    for node in document.layers:
        area = area.unite(bounds(node))
    return crop(document, area)


def _carried(node: Node, dx: int, dy: int) -> Node:
    """Moved with the canvas, locked or not; masks in canvas pixels too."""
    mask = node.mask
    if mask is not None and not (mask.linked and isinstance(node, Layer)):
        mask = mask.transformed(shift(dx, dy))
    if isinstance(node, Group):
        return replace(node, children=tuple(_carried(child, dx, dy) for child in node.children), mask=mask)
    return replace(node, placement=node.placement.moved(dx, dy), mask=mask)


def add_guide(document: Document, guide: Guide) -> Document:
    return replace(document, guides=(*document.guides, guide))


def move_guide(document: Document, index: int, position: float) -> Document:
    guides = list(document.guides)
    guides[index] = replace(guides[index], position=position)
    return replace(document, guides=tuple(guides))


def remove_guide(document: Document, index: int) -> Document:
    return replace(document, guides=(*document.guides[:index], *document.guides[index + 1 :]))


def clear_guides(document: Document) -> Document:
    return replace(document, guides=()) if document.guides else document
