"""The document: an immutable value. Equality is identity; an edit makes a new document that shares what did not change.

Lists of layers run from bottom to top everywhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from .geometry import EMPTY, IDENTITY, Matrix, Placement, Rect, after, mapped, shift
from .pixels import Mask, Pixels, changed_rect, differing_rect

LOCKS = ("transparency", "pixels", "position")  # what of a node can be locked by itself; Layer.locked is all at once


@dataclass(frozen=True, eq=False)
class Candidate:
    """One result the engine gave for a layer; recipe is JSON data (bfs_engine.api.LayerResult.recipe)."""

    pixels: Pixels
    placement: Placement
    recipe: dict


@dataclass(frozen=True, eq=False)
class Layer:
    """Pixels somewhere on the canvas, and how they mix with what lies below.

    opacity: 0 to 1. blend: a name of blend.BLEND_MODES. clipping: shows only where the nearest unclipped sibling below does.
    locked: nothing of it may change. locks: names of LOCKS that may not. recipe: how the engine made it, or None. candidates: every
    result the engine gave for it, the current one included. seen_by_engine: whether it counts when the engine looks at the picture.
    """

    id: str
    name: str
    pixels: Pixels
    placement: Placement = Placement()
    opacity: float = 1.0
    blend: str = "normal"
    visible: bool = True
    locked: bool = False
    clipping: bool = False
    mask: Mask | None = None
    recipe: dict | None = None
    candidates: tuple[Candidate, ...] = ()
    color_tag: str = ""
    locks: frozenset[str] = frozenset()
    seen_by_engine: bool = True


@dataclass(frozen=True, eq=False)
class Group:
    """Layers and groups under one name. "pass through" lets the children mix with what lies below the group; any other blend
    mode composes them apart first. fill: of a "pass through" group, how opaque what its children mix with is, and they themselves."""

    id: str
    name: str
    children: tuple[Node, ...] = ()
    opacity: float = 1.0
    blend: str = "pass through"
    visible: bool = True
    locked: bool = False
    clipping: bool = False
    mask: Mask | None = None
    color_tag: str = ""
    collapsed: bool = False
    locks: frozenset[str] = frozenset()
    seen_by_engine: bool = True
    fill: float = 1.0


Node = Layer | Group


@dataclass(frozen=True)
class Guide:
    """A line across the canvas: horizontal at y = position, or vertical at x = position, in canvas pixels."""

    horizontal: bool
    position: float


@dataclass(frozen=True, eq=False)
class Document:
    """width × height canvas pixels; profile: the ICC profile of its colours, None for sRGB; dpi: pixels per inch. origin: by how many
    pixels crops have moved the canvas's corner since the document began, so that what was asked for before finds its place."""

    width: int
    height: int
    layers: tuple[Node, ...] = ()
    profile: bytes | None = field(default=None, repr=False)
    dpi: float = 72.0
    guides: tuple[Guide, ...] = ()
    origin: tuple[int, int] = (0, 0)

    @property
    def rect(self) -> Rect:
        return Rect(0, 0, self.width, self.height)


def new_id() -> str:
    return uuid.uuid4().hex


def make_layer(name: str, pixels: Pixels, placement: Placement = Placement(), **fields: object) -> Layer:
    """A layer with a fresh id; `fields` are Layer's."""
    return Layer(new_id(), name, pixels, placement, **fields)


def make_group(name: str, children: tuple[Node, ...], **fields: object) -> Group:
    """A group with a fresh id; `fields` are Group's."""
    return Group(new_id(), name, tuple(children), **fields)


def walk(document: Document) -> Iterator[tuple[Node, int, Group | None]]:
    """Every (node, depth, parent), bottom to top; a group comes before its children, parent is None at the top level."""
    yield from _walk(document.layers, 0, None)


def _walk(nodes: tuple[Node, ...], depth: int, parent: Group | None) -> Iterator[tuple[Node, int, Group | None]]:
    for node in nodes:
        yield node, depth, parent
        if isinstance(node, Group):
            yield from _walk(node.children, depth + 1, node)


def find(document: Document, id: str | None) -> Node | None:
    """The node of that id, or None."""
    return next((node for node, _, _ in walk(document) if node.id == id), None)


def parent_of(document: Document, id: str) -> Group | None:
    """The group that holds the node; None at the top level (and where there is no such node)."""
    return next((parent for node, _, parent in walk(document) if node.id == id), None)


def siblings(document: Document, parent: Group | None) -> tuple[Node, ...]:
    """The children of a group, or the top level for None."""
    return document.layers if parent is None else parent.children


def below(document: Document, id: str | None, inclusive: bool = True) -> Document:
    """The document without what lies above a node, and without the node too where it is not `inclusive`; the groups around
    it keep their opacity, blend mode and mask. None: the whole document."""
    if id is None or find(document, id) is None:
        return document
    return replace(document, layers=_below(document.layers, id, inclusive))


def _below(nodes: tuple[Node, ...], id: str, inclusive: bool) -> tuple[Node, ...]:
    kept: list[Node] = []
    for node in nodes:
        if node.id == id:
            return (*kept, node) if inclusive else tuple(kept)
        if isinstance(node, Group) and any(inner.id == id for inner, _, _ in _walk(node.children, 0, None)):
            return (*kept, replace(node, children=_below(node.children, id, inclusive)))
        kept.append(node)
    return tuple(kept)


def above(document: Document, id: str | None) -> Document:
    """The document with nothing but what lies above a node, in the groups around it too. None: nothing does."""
    if id is None or find(document, id) is None:
        return replace(document, layers=())
    return replace(document, layers=_above(document.layers, id))


def _above(nodes: tuple[Node, ...], id: str) -> tuple[Node, ...]:
    for index, node in enumerate(nodes):
        if node.id == id:
            return nodes[index + 1 :]
        if isinstance(node, Group) and any(inner.id == id for inner, _, _ in _walk(node.children, 0, None)):
            return (replace(node, children=_above(node.children, id)), *nodes[index + 1 :])
    return nodes


def only(document: Document, ids: Iterable[str]) -> Document:
    """The document with nothing but these nodes, what they hold, and the groups around them."""
    return replace(document, layers=_only(document.layers, set(ids)))


def _only(nodes: tuple[Node, ...], ids: set[str]) -> tuple[Node, ...]:
    kept: list[Node] = []
    for node in nodes:
        if node.id in ids:
            kept.append(node)
        elif isinstance(node, Group) and (children := _only(node.children, ids)):
            kept.append(replace(node, children=children))
    return tuple(kept)


def bounds(node: Node) -> Rect:
    """The canvas pixels the node may touch, hidden or not; not cut off at the canvas."""
    if isinstance(node, Layer):
        return _placed(node, node.pixels.tile_bounds())
    area = EMPTY
    for child in node.children:
        area = area.unite(bounds(child))
    return area


def seen_bounds(node: Node) -> Rect:
    """The canvas pixels around what an eye finds of the node when nothing covers it, for frames and snapping: the faintest end of a
    shadow does not count (see Pixels.seen_bounds), and neither do hidden nodes inside a group."""
    if isinstance(node, Layer):
        return node.placement.map_rect(node.pixels.seen_bounds(), node.pixels.width, node.pixels.height)
    area = EMPTY
    for child in node.children:
        area = area.unite(seen_bounds(child)) if child.visible else area
    return area


def mask_matrix(node: Node) -> Matrix:
    """Mask pixels -> canvas pixels; the node has a mask."""
    mask = node.mask
    moves = mask.linked and isinstance(node, Layer)
    matrix = node.placement.matrix(node.pixels.width, node.pixels.height) if moves else mask.matrix
    return after(shift(mask.left, mask.top), matrix)


def damage(old: Document, new: Document) -> Rect | None:
    """The canvas rectangle in which the two may look different, or None where they look the same."""
    if old is new:
        return None
    canvas = old.rect.unite(new.rect)
    if (old.width, old.height) != (new.width, new.height):
        return canvas
    area = _damage_of_lists(old.layers, new.layers).intersect(canvas)
    return None if area.is_empty else area


def _damage_of_lists(old: tuple[Node, ...], new: tuple[Node, ...]) -> Rect:
    if old is new:
        return EMPTY
    stayed = _ids_in_the_same_order(old, new)
    after = {node.id: node for node in new}
    area = EMPTY
    for node in old:
        area = area.unite(_damage_of_node(node, after[node.id]) if node.id in stayed else _visible_bounds(node))
    for node in new:
        area = area if node.id in stayed else area.unite(_visible_bounds(node))
    if [(node.id, node.clipping) for node in old] != [(node.id, node.clipping) for node in new]:
        for node in (*old, *new):  # a clipped layer may have got another base
            area = area.unite(_visible_bounds(node)) if node.clipping else area
    return area


def _ids_in_the_same_order(old: tuple[Node, ...], new: tuple[Node, ...]) -> set[str]:
    matcher = SequenceMatcher(None, [node.id for node in old], [node.id for node in new], autojunk=False)
    return {node.id for match in matcher.get_matching_blocks() for node in old[match.a : match.a + match.size]}


def _damage_of_node(old: Node, new: Node) -> Rect:
    if old is new or not (old.visible or new.visible):
        return EMPTY
    if type(old) is not type(new) or _look(old) != _look(new):
        return _visible_bounds(old).unite(_visible_bounds(new))
    touched = _damage_of_masks(old, new)
    if isinstance(old, Group):
        return touched.unite(_damage_of_lists(old.children, new.children))
    if old.pixels is new.pixels:
        return touched
    if (old.pixels.width, old.pixels.height) != (new.pixels.width, new.pixels.height):
        return bounds(old).unite(bounds(new))
    return touched.unite(_placed(new, changed_rect(old.pixels.tiles, new.pixels.tiles).intersect(new.pixels.rect)))


def _damage_of_masks(old: Node, new: Node) -> Rect:
    """Where two masks of the same size and place differ, to the pixel: a brush changes little of a tile."""
    before, now = old.mask, new.mask
    if before is now or not now.enabled:
        return EMPTY
    matrix = mask_matrix(new)
    area = mapped(differing_rect(before.tiles, now.tiles, now.default).intersect(now.rect), matrix)
    return (area if matrix[:4] == IDENTITY[:4] else area.grown(1)).intersect(bounds(new))  # smoothing reaches a pixel further


def _look(node: Node) -> tuple:
    """What decides the node's look, but for pixels, children and what a mask's pixels are."""
    placement = node.placement if isinstance(node, Layer) else None
    mask = node.mask
    kind = mask and (mask.width, mask.height, mask.left, mask.top, mask.default, mask.linked, mask.enabled, mask.matrix)
    fill = node.fill if isinstance(node, Group) else 1.0
    return node.opacity, fill, node.blend, node.visible, node.clipping, kind, placement


def _visible_bounds(node: Node) -> Rect:
    return bounds(node) if node.visible else EMPTY


def _placed(layer: Layer, rect: Rect) -> Rect:
    area = layer.placement.map_rect(rect, layer.pixels.width, layer.pixels.height)
    return area if layer.placement.is_identity_shift or area.is_empty else area.grown(1)  # smoothing reaches a pixel further
