"""Where a result goes in a document that went on while it was made, and what has changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bfs_engine.api import Box, LayerResult

from ..document.document import Document, Group, damage, find, parent_of, siblings, walk
from ..document.geometry import Rect
from ..document.layout import crop
from ..words import Phrase, phrase


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a request was captured: the document then, the node the result belongs right above (or in place of), and what the engine
    was shown of the document as it was when it was last captured."""

    document: Document
    node_id: str | None
    seen: Document


def survivor(origin: Origin, document: Document) -> tuple[str | None, str | None]:
    """(the node to go right above, None), or (None, the group to go into at the bottom; None for the top level).

    The node itself, else the nearest sibling below it that is still there, else the same for the group around it.
    """
    node_id = origin.node_id
    while node_id is not None:
        parent = parent_of(origin.document, node_id)
        nodes = siblings(origin.document, parent)
        index = next((i for i, node in enumerate(nodes) if node.id == node_id), -1)
        for node in reversed(nodes[: index + 1]):
            if find(document, node.id):
                return node.id, None
        if parent is not None and isinstance(find(document, parent.id), Group):
            return None, parent.id
        node_id = parent.id if parent else None
    return None, None


def nothing_left(origin: Origin, document: Document) -> bool:
    """Whether no node of the document then is in the document now, as after flattening: then no depth is left to go to."""
    return not any(find(document, node.id) for node, _, _ in walk(origin.document))


def stack_top(document: Document, id: str | None) -> str | None:
    """The topmost of the layers that clip to a node, or to what it clips to itself, or the node: a layer in between would take the base
    away from those above it."""
    if id is None or find(document, id) is None:
        return id
    nodes = siblings(document, parent_of(document, id))
    index = next(index for index, node in enumerate(nodes) if node.id == id)
    while index + 1 < len(nodes) and nodes[index + 1].clipping:
        index += 1
    return nodes[index].id


def shift_since(origin: Origin, document: Document) -> tuple[int, int]:
    """By what canvas pixels of the document then have to be moved to be those of now: crops move the canvas's corner."""
    then, now = origin.document.origin, document.origin
    return then[0] - now[0], then[1] - now[1]


def moved(result: LayerResult, dx: int, dy: int) -> LayerResult:
    """A result on the canvas of now; its recipe's boxes too."""
    if (dx, dy) == (0, 0):
        return result
    boxes = {name: box | {"x": box["x"] + dx, "y": box["y"] + dy} for name in ("box", "crop") if (box := result.recipe.get(name))}
    return replace(result, left=result.left + dx, top=result.top + dy, recipe=result.recipe | boxes)


def moved_box(box: Box, dx: int, dy: int) -> Box:
    return replace(box, x=box.x + dx, y=box.y + dy)


def back_then(document: Document, origin: Origin) -> Document:
    """A document of now in the canvas pixels of then."""
    dx, dy = shift_since(origin, document)
    return crop(document, Rect.from_size(dx, dy, origin.document.width, origin.document.height))


def changes(origin: Origin, document: Document, seen: Document, area: Box) -> tuple[Phrase, ...]:
    """What the user should know of a new layer, as sentences. seen: what the engine would be shown now; area: what it was shown of
    it, in the pixels of then."""
    return (*_of_depth(origin, document), *_of_canvas(origin, document), *_of_picture(origin, document, seen, area))


def _of_depth(origin: Origin, document: Document) -> tuple[Phrase, ...]:
    then = find(origin.document, origin.node_id)
    if then is None:
        return ()
    now = find(document, then.id)
    if now is None:
        anchor = find(document, survivor(origin, document)[0])
        if anchor is None:
            return (phrase("“{name}”, which it was to lie on, is gone.", name=then.name),)
        return (phrase("“{name}”, which it was to lie on, is gone; it lies on “{other}” instead.", name=then.name, other=anchor.name),)
    before, after = parent_of(origin.document, then.id), parent_of(document, then.id)
    if after is not None and (before is None or before.id != after.id):
        return (phrase("“{name}” has been put into “{group}”, and the new layer with it.", name=now.name, group=after.name),)
    if before is not None and after is None:
        return (phrase("“{name}” has been taken out of “{group}”, and the new layer with it.", name=now.name, group=before.name),)
    return ()


def _of_canvas(origin: Origin, document: Document) -> tuple[Phrase, ...]:
    if shift_since(origin, document) == (0, 0):
        return ()
    return (phrase("The canvas has been cropped or extended; the new layer lies at its place in the picture."),)


def _of_picture(origin: Origin, document: Document, seen: Document, area: Box) -> tuple[Phrase, ...]:
    dx, dy = shift_since(origin, document)
    then = crop(origin.seen, Rect.from_size(-dx, -dy, document.width, document.height))
    changed = damage(then, seen)
    looked_at = Rect.from_size(area.x + dx, area.y + dy, area.width, area.height).intersect(document.rect)
    if changed is None or changed.intersect(looked_at).is_empty:
        return ()
    return (phrase("What lies behind it has been changed meanwhile; “Regenerate” fits it to that."),)
