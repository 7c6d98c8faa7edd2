"""Scaling, turning, leaning and flipping nodes on the canvas, alone or together. Pixels are never resampled: a transform changes
where they lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import EditError
from ..words import phrase
from . import edits
from .document import Document, Layer, Node, seen_bounds, walk
from .geometry import EMPTY, Matrix, Placement, Point, Rect, about, after, apply, around_points, invert, shift
from .locks import POSITION, holds, is_locked

MIRRORED = {"across": (-1.0, 0.0, 0.0, 1.0), "down": (1.0, 0.0, 0.0, -1.0)}


@dataclass(frozen=True)
class Frame:
    """The box around what is transformed: `matrix` takes (0, 0) to (width, height) to the canvas. A layer's leans and turns with
    it; around several nodes it is upright."""

    matrix: Matrix
    width: float
    height: float

    def at(self, across: float, down: float) -> Point:
        """The canvas point of a fraction of width and height."""
        return apply(self.matrix, across * self.width, down * self.height)

    def fraction(self, x: float, y: float) -> Point:
        """The fraction of width and height at a canvas point."""
        across, down = apply(invert(self.matrix), x, y)
        return across / self.width, down / self.height

    @property
    def corners(self) -> tuple[Point, ...]:
        """Clockwise from the one that is the top left when nothing is turned."""
        return self.at(0, 0), self.at(1, 0), self.at(1, 1), self.at(0, 1)

    @property
    def is_upright(self) -> bool:
        a, b, c, d, *_ = self.matrix
        return (b, c) == (0, 0) or (a, d) == (0, 0)

    def transformed(self, by: Matrix) -> Frame:
        return replace(self, matrix=after(self.matrix, by))


def movable(document: Document, ids: Iterable[str]) -> list[Node]:
    """The nodes of those ids that still exist and whose position is not locked, by themselves or a group around them, bottom to top,
    without those inside another of them."""
    wanted = set(ids)
    free = [node for node, _, _ in walk(document) if node.id in wanted and not is_locked(document, node.id, POSITION)]
    inside = {inner.id for node in free for inner, _, _ in walk(Document(1, 1, (node,))) if inner is not node}
    return [node for node in free if node.id not in inside]


def frame_of(document: Document, ids: Iterable[str]) -> Frame | None:
    """Around what can be seen of the movable ones; None where nothing can, or it is scaled to nothing."""
    nodes = movable(document, ids)
    if len(nodes) == 1 and isinstance(nodes[0], Layer):
        layer = nodes[0]
        area = layer.pixels.seen_bounds()
        matrix = after(shift(area.left, area.top), layer.placement.matrix(layer.pixels.width, layer.pixels.height))
        return None if area.is_empty or invert(matrix) is None else Frame(matrix, area.width, area.height)
    area = bounds_of(nodes)
    return None if area.is_empty else Frame(shift(area.left, area.top), area.width, area.height)


def bounds_of(nodes: Iterable[Node]) -> Rect:
    """The canvas pixels around what can be seen of all these nodes."""
    area = EMPTY
    for node in nodes:
        area = area.unite(seen_bounds(node))
    return area


def transform(document: Document, ids: Iterable[str], by: Matrix) -> Document:
    """Apply a canvas matrix, which must keep some area, to nodes and all they hold. Locked nodes stay as they are, and so do masks
    that are not linked."""
    for node in movable(document, ids):
        document = edits.replace_node(document, _transformed(node, by))
    return document


def _transformed(node: Node, by: Matrix) -> Node:
    if holds(node, POSITION):
        return node
    if isinstance(node, Layer):
        if invert(node.placement.matrix(node.pixels.width, node.pixels.height)) is None:
            return node
        return replace(node, placement=node.placement.transformed(by, node.pixels.width, node.pixels.height))
    mask = node.mask.transformed(by) if node.mask is not None and node.mask.linked else node.mask
    return replace(node, children=tuple(_transformed(child, by) for child in node.children), mask=mask)


def flip(document: Document, ids: Iterable[str], direction: str, point: Point | None = None) -> Document:
    """Exchange left and right ("across") or top and bottom ("down"), about a canvas point or else the middle of what can be seen."""
    ids = list(ids)
    frame = _frame(document, ids)
    left, top, right, bottom = around_points(frame.corners)
    return transform(document, ids, about(point or ((left + right) / 2, (top + bottom) / 2), MIRRORED[direction]))


def reset(document: Document, ids: Iterable[str]) -> Document:
    """Every layer in its own size and shape again, its middle where it is."""
    for node in movable(document, ids):
        for layer, _, _ in walk(Document(1, 1, (node,))):
            if isinstance(layer, Layer) and not is_locked(document, layer.id, POSITION):
                placement = replace(layer.placement, scale_x=1.0, scale_y=1.0, rotation=0.0, skew=0.0)
                document = edits.set_placement(document, layer.id, replace(placement, x=float(round(placement.x)), y=float(round(placement.y))))
    return document


@dataclass(frozen=True)
class Numbers:
    """A frame as a person reads it: where the pivot lies, size, degrees of rotation and skew."""

    x: float
    y: float
    width: float
    height: float
    rotation: float = 0.0
    skew: float = 0.0


def numbers_of(document: Document, ids: Iterable[str], pivot: Point) -> Numbers | None:
    """pivot: a fraction of the frame. Of one layer its own size, rotation and skew; of several, of the box around them."""
    ids = list(ids)
    frame = frame_of(document, ids)
    if frame is None:
        return None
    x, y = frame.at(*pivot)
    layer = _only_layer(document, ids)
    if layer is None:
        return Numbers(x, y, frame.width, frame.height)
    placement = layer.placement
    size = frame.width * abs(placement.scale_x), frame.height * abs(placement.scale_y)
    return Numbers(x, y, *size, placement.rotation, placement.skew)


def with_numbers(document: Document, ids: Iterable[str], pivot: Point, wanted: Numbers) -> Document:
    """The document with the frame as these numbers say. One layer takes them as they are, so that its first size typed again is
    its first size to the last digit."""
    ids = list(ids)
    frame, layer = _frame(document, ids), _only_layer(document, ids)
    if layer is None:
        x, y = frame.at(*pivot)
        shape = Placement(0, 0, wanted.width / frame.width, wanted.height / frame.height, wanted.rotation, wanted.skew)
        by = after(about((x, y), shape.matrix(1, 1)[:4]), shift(wanted.x - x, wanted.y - y))
        return transform(document, ids, by)
    area, old = layer.pixels.seen_bounds(), layer.placement
    sign_x, sign_y = (-1 if old.scale_x < 0 else 1), (-1 if old.scale_y < 0 else 1)
    scales = {"scale_x": sign_x * wanted.width / area.width, "scale_y": sign_y * wanted.height / area.height}
    fresh = replace(old, **scales, rotation=wanted.rotation, skew=wanted.skew)
    point = area.left + pivot[0] * area.width, area.top + pivot[1] * area.height
    fresh = fresh.with_point_at(point, (wanted.x, wanted.y), layer.pixels.width, layer.pixels.height)
    return edits.set_placement(document, layer.id, fresh)


def _frame(document: Document, ids: Iterable[str]) -> Frame:
    frame = frame_of(document, ids)
    if frame is None:
        raise EditError(phrase("There is nothing to transform."), phrase("Choose a layer that shows something and is not locked."))
    return frame


def _only_layer(document: Document, ids: Iterable[str]) -> Layer | None:
    nodes = movable(document, ids)
    return nodes[0] if len(nodes) == 1 and isinstance(nodes[0], Layer) else None
