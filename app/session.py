"""The one mutable object of the editor: a document with its history, what is shown of it, and which layer is active.

The document changes through `commit` only. A gesture previews documents, each made from `session.document` as it is at that
moment (a result of the engine may arrive meanwhile), and ends in one commit or in `discard`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from bfs_engine import framing
from bfs_engine.api import Box, EngineError, InsertRequest, LayerResult, Request

from . import edits
from .document import Candidate, Document, Group, Layer, below, find, make_layer, parent_of, siblings, walk
from .formats.atomic import Stamp
from .geometry import Placement, Rect
from .history import MEMORY_CAP, History
from .pixels import Pixels
from .render import render

Listener = Callable[[Document, Document], None]


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a request was captured: the document then, and the node the result belongs right above (or in place of)."""

    document: Document
    node_id: str | None


class Session:
    """One open document.

    shown: what the window paints, the preview of a running gesture or the committed document. Listeners are called with the
    old and new `shown`; with the same document twice when only the active layer or the saved state changed.
    """

    def __init__(
        self, document: Document, path: Path | None = None, memory_cap: int = MEMORY_CAP, stamp: Stamp | None = None
    ) -> None:
        """stamp: the version of the file at `path` that the document was read from."""
        self.history = History(document, cap=memory_cap)
        self.path = path
        self.stamp = stamp
        self._saved: Document | None = document
        self._preview: Document | None = None
        self._active = _topmost(document)
        self._listeners: list[Listener] = []
        self._origins: weakref.WeakKeyDictionary[Request, Origin] = weakref.WeakKeyDictionary()
        self._placed_above: dict[str | None, str] = {}  # node -> the result that was last placed right above it

    @property
    def document(self) -> Document:
        return self.history.document

    @property
    def shown(self) -> Document:
        return self._preview or self.document

    @property
    def modified(self) -> bool:
        return self.document is not self._saved

    def mark_saved(self, path: Path | None = None, document: Document | None = None, stamp: Stamp | None = None) -> None:
        """Note that `document` (the present one for None) is on disk as `path` (where it was before for None), in this version."""
        self._saved = document or self.document
        self.path = path or self.path
        self.stamp = stamp
        self._tell(self.shown)

    def mark_unsaved(self) -> None:
        """Note that no file holds this document, as after an import or a recovery."""
        self._saved = None
        self._tell(self.shown)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    @property
    def active(self) -> str | None:
        """The id of the active node, or None where the document is empty or nothing is chosen."""
        return self._active

    @active.setter
    def active(self, id: str | None) -> None:
        if id == self._active:
            return
        if id is not None and find(self.shown, id) is None:
            raise KeyError(id)
        self._active = id
        self._tell(self.shown)

    @property
    def active_node(self) -> Layer | Group | None:
        return find(self.shown, self._active)

    def preview(self, document: Document) -> None:
        """Show a document that is not committed."""
        self._change(lambda: setattr(self, "_preview", document))

    def discard(self) -> None:
        """End a gesture without a step."""
        self._change(lambda: setattr(self, "_preview", None))

    def commit(self, label: str, document: Document, active: str | None = None) -> None:
        """Make one undoable step of it, and `active` the active node; the document as it was already makes none."""

        def change() -> None:
            self._preview = None
            if active is not None:
                self._active = active
            if document is not self.document:
                self.history.push(label, document, self._active)

        self._change(change)

    def undo(self) -> None:
        if self.history.can_undo:
            self.go_to(self.history.index - 1)

    def redo(self) -> None:
        if self.history.can_redo:
            self.go_to(self.history.index + 1)

    def go_to(self, index: int) -> None:
        """Step to any state of the history; a running gesture is discarded."""

        def change() -> None:
            before = self.document
            self._preview = None
            self.history.go_to(index)
            made = self.history.active  # a layer that comes back is active again, as when it was made
            if made is not None and find(before, made) is None and find(self.document, made) is not None:
                self._active = made

        self._change(change)

    def request_insert(self, box: Box, prompt: str, **settings) -> InsertRequest:
        """Capture what the engine needs from the document as it is now; see capture_insert."""
        return self.capture_insert(box, prompt, **settings)()

    def capture_insert(
        self,
        box: Box,
        prompt: str,
        *,
        seed: int = 0,
        steps: int | None = None,
        guidance: float | None = None,
        model: str = "starter",
        reference: np.ndarray | None = None,
        target_id: str | None = None,
        fraction: float = framing.BOX_FRACTION,
    ) -> Callable[[], InsertRequest]:
        """A function that makes the request, on any thread and at any time, from the document as it is now: from what is
        visible from the active layer down. Painting that takes a tenth of a second for a box of a thousand pixels.

        target_id: a layer to make again; then the engine sees only what lies below it.
        fraction: the engine's box_fraction. Raises EngineError for an empty prompt and a box that is not on the canvas.
        """
        if not prompt.strip():
            raise EngineError("The prompt is empty.", "Type what should stand in the box.")
        document = self.document
        framing.check_box(box, document.width, document.height)
        crop = framing.crop_around(box, document.width, document.height, fraction)
        seen = below(document, target_id, inclusive=False) if target_id else below(document, self.active, inclusive=True)
        origin = Origin(document, target_id or self.active)

        def make() -> InsertRequest:
            request = InsertRequest(prompt.strip(), box, crop, _seen_by_the_engine(seen, crop), seed, steps, guidance, model, reference)
            self._origins[request] = origin
            return request

        return make

    def place(self, request: Request, results: tuple[LayerResult, ...], target_id: str | None = None) -> str:
        """Commit what came of a request, one result or more, and return the id of the layer that holds them.

        They become new candidates of target_id, or a new layer right above the node that was active when the request was
        captured; the first of them shows. Where that node is gone, the layer goes on top of its nearest surviving neighbour,
        and the label says so.
        """
        candidates = tuple(Candidate(Pixels.from_array(each.pixels), Placement(each.left, each.top), each.recipe) for each in results)
        target = find(self.document, target_id)
        if isinstance(target, Layer):
            in_place = not target.recipe or target.recipe.get("box") == asdict(request.box)
            document = edits.add_candidates(self.document, target.id, candidates, in_place)
            self.commit(f"Generate “{request.prompt}” again", document)
            return target.id
        first = candidates[0]
        layer = make_layer(request.prompt, first.pixels, first.placement, recipe=first.recipe, candidates=candidates)
        origin = self._origins.get(request) or Origin(self.document, self.active)
        note = " (the layer it was for is gone)" if target_id is not None else ""
        anchor, parent = _survivor(origin, self.document)
        if anchor != origin.node_id:
            note = note or " (the layer below it is gone)"
        stack = self._stack_on(anchor, origin.document)
        follow = layer.id if note or self.active is None or self.active in stack else None
        self._placed_above[stack[-1]] = layer.id
        if stack[-1] is None and origin.node_id is not None:  # nothing that was below is left
            document = edits.add_at_bottom(self.document, layer, parent)
        else:
            document = edits.add_layer(self.document, layer, above=stack[-1])
        self.commit(f"Insert “{request.prompt}”{note}", document, active=follow)
        return layer.id

    def _stack_on(self, anchor: str | None, captured: Document) -> list[str | None]:
        """The anchor and, upwards, the results that were asked for from the same layer before: they stack in their order."""
        stack = [anchor]
        while (later := self._placed_above.get(stack[-1])) and find(self.document, later) and not find(captured, later):
            if anchor is not None and parent_of(self.document, later) is not parent_of(self.document, anchor):
                break
            stack.append(later)
        return stack

    def _change(self, change: Callable[[], None]) -> None:
        old, committed = self.shown, self.document
        change()
        if self._active is not None and find(self.shown, self._active) is None:
            self._active = _neighbour(Origin(committed if find(committed, self._active) else old, self._active), self.shown)
        self._tell(old)

    def _tell(self, old: Document) -> None:
        for listener in tuple(self._listeners):
            listener(old, self.shown)


def _seen_by_the_engine(document: Document, crop: Box) -> np.ndarray:
    """(crop.height, crop.width, 3) uint8: the crop over white; beyond the canvas its edge is repeated."""
    rect = Rect.from_size(crop.x, crop.y, crop.width, crop.height).intersect(document.rect)
    pixels = render(document, rect)
    if not (pixels[..., 3] == 255).all():
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels[..., :3] = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return framing.cut(pixels[..., :3], replace(crop, x=crop.x - rect.left, y=crop.y - rect.top))


def _survivor(origin: Origin, document: Document) -> tuple[str | None, str | None]:
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


def _neighbour(origin: Origin, document: Document) -> str | None:
    """What becomes active when the active node goes away."""
    anchor, parent = _survivor(origin, document)
    if anchor or parent:
        return anchor or parent
    return document.layers[0].id if document.layers else None


def _topmost(document: Document) -> str | None:
    nodes = [node for node, _, _ in walk(document) if isinstance(node, Layer)]
    return nodes[-1].id if nodes else None
