"""Which parts of the stack of layers need not be painted again while some layers change: what lies below them, and runs of plain
layers above them. Painted one onto the other, the segments look like the document.

Source-over is associative, so neighbouring "normal" nodes may be composed by themselves; other blend modes may not, except at the
bottom, where they mix with nothing that changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import groupby

from ..document.document import Document, Group, Node
from .blend import PASS_THROUGH

Unit = tuple[Node, ...]  # a node and the layers that clip to it


@dataclass(frozen=True, eq=False)
class Segment:
    """Neighbouring nodes, bottom to top; settled: worth keeping as an image."""

    nodes: tuple[Node, ...]
    settled: bool


def segments(document: Document, changing: Set[str]) -> list[Segment]:
    """Bottom to top; the nodes of the ids `changing`, and groups that hold one of them, are never in a settled segment."""
    units = list(_units(document.layers, changing))
    first = next((index for index, unit in enumerate(units) if _holds(unit, changing)), len(units))
    rests = [index < first or (not _holds(unit, changing) and _is_plain(unit)) for index, unit in enumerate(units)]
    parts = groupby(range(len(units)), key=lambda index: (rests[index], index < first))
    found = []
    for (settled, _), indices in parts:
        found.append(Segment(tuple(node for index in indices for node in units[index]), settled))
    return found


def _units(nodes: tuple[Node, ...], changing: Set[str]) -> Iterator[Unit]:
    """Groups that let their children mix with all below are opened where something in them changes."""
    index = 0
    while index < len(nodes):
        end = index + 1
        while end < len(nodes) and nodes[end].clipping:
            end += 1
        unit = nodes[index:end]
        if len(unit) == 1 and _is_open(unit[0]) and _holds(unit, changing):
            yield from _units(unit[0].children, changing)
        elif unit[0].visible:
            yield unit
        index = end


def _is_open(node: Node) -> bool:
    """Whether its children look as they would without it."""
    plain = isinstance(node, Group) and node.blend == PASS_THROUGH and min(node.opacity, node.fill) >= 1 and node.visible
    return plain and not (node.mask is not None and node.mask.enabled) and not (node.children and node.children[0].clipping)


def _holds(nodes: tuple[Node, ...], ids: Set[str]) -> bool:
    return any(node.id in ids or (isinstance(node, Group) and _holds(node.children, ids)) for node in nodes)


def _is_plain(unit: Unit) -> bool:
    """Whether it is laid over what is below it and nothing else."""
    base = unit[0]
    if isinstance(base, Group) and base.blend == PASS_THROUGH:
        return len(unit) == 1 and _is_open(base) and all(_is_plain((child,)) or not child.visible for child in base.children)
    return base.blend == "normal"


def changed_nodes(old: Document, new: Document) -> frozenset[str] | None:
    """Ids of the nodes that look different, groups only where they themselves do; None where nodes came, went or changed places."""
    found: set[str] = set()
    return frozenset(found) if _compare(old.layers, new.layers, found) else None


def _compare(old: tuple[Node, ...], new: tuple[Node, ...], found: set[str]) -> bool:
    if old is new:
        return True
    if [node.id for node in old] != [node.id for node in new]:
        return False
    for before, after in zip(old, new, strict=True):
        if before is after:
            continue
        inside = isinstance(before, Group) and isinstance(after, Group)
        if inside and not _compare(before.children, after.children, found):
            return False
        if not inside or _own_look(before) != _own_look(after):
            found.add(after.id)
    return True


def _own_look(group: Group) -> tuple:
    return group.opacity, group.fill, group.blend, group.visible, group.clipping, group.mask
