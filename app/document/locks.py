"""What may not change: a node is locked as a whole, or as to its transparency, its pixels or its position (document.LOCKS), by itself or
by a group around it.

Masks, opacity, blend mode, order and name are held by the whole lock only. Every edit of pixels that there is here changes their alpha
too, so the locks of transparency and of pixels hold off the same edits (ALTERING).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import EditError
from ..words import Phrase, phrase
from .document import Document, Node, find, parent_of

POSITION = ("position",)  # what moving and transforming ask for
ALTERING = ("transparency", "pixels")  # what applying a mask, merging, and other candidates ask for


def holds(node: Node, kinds: Iterable[str] = ()) -> bool:
    """Whether the node by itself is locked, wholly or as to one of `kinds`."""
    return node.locked or not node.locks.isdisjoint(kinds)


def is_locked(document: Document, id: str, kinds: Iterable[str] = ()) -> bool:
    """The same of the node or a group around it."""
    return bool(lock_of(document, id, kinds))


def lock_of(document: Document, id: str, kinds: Iterable[str] = ()) -> str:
    """Which lock holds: "all", one of `kinds`, or "" for none."""
    kinds, node = tuple(kinds), find(document, id)
    while node is not None and not holds(node, kinds):
        node = parent_of(document, node.id)
    if node is None:
        return ""
    return "all" if node.locked else next(kind for kind in kinds if kind in node.locks)


def locked_sentence(document: Document, id: str, kinds: Iterable[str] = ()) -> Phrase:
    """Why the node, which is locked, stays as it is."""
    name = find(document, id).name
    sentences = {
        "all": phrase("“{name}” is locked.", name=name),
        "transparency": phrase("The transparency of “{name}” is locked.", name=name),
        "pixels": phrase("The pixels of “{name}” are locked.", name=name),
        "position": phrase("The position of “{name}” is locked.", name=name),
    }
    return sentences[lock_of(document, id, kinds)]


def refuse_locked(document: Document, id: str, kinds: Iterable[str] = ()) -> None:
    """EditError where the node is locked."""
    if is_locked(document, id, kinds):
        raise EditError(locked_sentence(document, id, kinds), phrase("Unlock it first."))
