"""The one mutable object of the editor: a document with its history, what is shown of it, and which layer is active.

The document changes through `commit` only. A gesture previews documents, each made from `session.document` as it is at that
moment (a result of the engine may arrive meanwhile), and ends in one commit or in `discard`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from bfs_engine import framing, lift
from bfs_engine.api import Box, EngineError, ExtractRequest, InsertRequest, LayerResult, Request, ResettleRequest

from . import edits
from .document import Candidate, Document, Group, Layer, below, find, make_layer, parent_of, siblings, walk
from .formats.atomic import Stamp
from .engine_view import differing_box, seen_by_the_engine
from .errors import EditError
from .geometry import Placement
from .history import MEMORY_CAP, History
from .locks import ALTERING, refuse_locked
from .pixels import Pixels
from .references import alone, to_recipe
from .words import phrase

Listener = Callable[[Document, Document], None]
Captured = TypeVar("Captured", bound=Request)

LARGEST_EXTRACTION = 4000  # pixels of the crop's side: the sums take a hundred bytes a pixel


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
        self, box: Box, prompt: str, *, target_id: str | None = None, fraction: float = framing.BOX_FRACTION, **settings
    ) -> Callable[[], InsertRequest]:
        """A function that makes the request, on any thread and at any time, from the document as it is now: from what is
        visible from the active layer down. Painting that takes a tenth of a second for a box of a thousand pixels.

        target_id: a layer to make again; then the engine sees only what lies below it. fraction: the engine's box_fraction.
        settings: seed, steps, guidance, model, reference, count of an InsertRequest. Raises EngineError for an empty prompt and a
        box that is not on the canvas.
        """
        if not prompt.strip():
            raise EngineError("The prompt is empty.", "Type what should stand in the box.")
        document = self.document
        framing.check_box(box, document.width, document.height)
        crop = framing.crop_around(box, document.width, document.height, fraction)
        seen = below(document, target_id, inclusive=False) if target_id else below(document, self.active, inclusive=True)
        origin = Origin(document, target_id or self.active)

        def make() -> InsertRequest:
            return self._captured(InsertRequest(prompt.strip(), box, crop, seen_by_the_engine(seen, crop), **settings), origin)

        return make

    def recapture(self, request: Request) -> Callable[[], Request] | None:
        """For a new layer whose turn has come: the request with what was asked for before it and lies below it now, as a function for
        any thread; None where nothing came in between. So layers asked for in a row are made one after another, back to front."""
        origin = self._origins.get(request)
        if origin is None or not isinstance(request, InsertRequest):
            return None
        stack = self._stack_on(_survivor(origin, self.document)[0], origin.document)
        if len(stack) < 2:
            return None
        seen = below(self.document, stack[-1], inclusive=True)
        return lambda: self._captured(replace(request, background=seen_by_the_engine(seen, request.crop)), origin)

    def capture_extract(self, layer_id: str, box: Box | None, *, fraction: float = framing.BOX_FRACTION, **settings) -> Callable[[], ExtractRequest]:
        """As capture_insert, for what the canvas shows with a layer and does not show without it, inside `box`; None takes all that
        differs. settings: prompt, seed, steps, guidance, model, strength. Raises EngineError (the function too), EditError."""
        document, layer = self.document, find(self.document, layer_id)
        if box is not None:
            framing.check_box(box, document.width, document.height)
        with_it, without = (below(document, layer_id, inclusive=inclusive) for inclusive in (True, False))
        if not any(node.visible for node in without.layers):
            raise EditError(
                phrase("There is no background below “{name}”.", name=layer.name),
                phrase("Put the same view without the thing on the layer below, then extract again."),
            )
        origin = Origin(document, layer_id)

        def make() -> ExtractRequest:
            around = box or differing_box(with_it, without, layer)
            crop = framing.crop_around(around, document.width, document.height, fraction)
            if crop.width > LARGEST_EXTRACTION:
                raise EngineError(
                    phrase("What is to be extracted is too large."),
                    phrase("Draw a box of at most {count} pixels around it.", count=round(LARGEST_EXTRACTION * fraction)),
                )
            composite, background = (seen_by_the_engine(part, crop) for part in (with_it, without))
            words = {"prompt": ""} | settings
            return self._captured(ExtractRequest(box=around, crop=crop, background=background, composite=composite, **words), origin)

        return make

    def capture_resettle(self, layer_id: str, *, fraction: float = framing.BOX_FRACTION, **settings) -> Callable[[], ResettleRequest]:
        """As capture_insert, for the thing in a layer, where it stands now. settings: seed, steps, guidance, model, count. The function
        raises EngineError where the layer holds no thing."""
        document, layer = self.document, find(self.document, layer_id)
        if not isinstance(layer, Layer):
            raise EditError(phrase("“{name}” is a group; this needs a layer.", name=layer.name))
        refuse_locked(document, layer_id, ALTERING)
        seen = below(document, layer_id, inclusive=False)
        prompt = str((layer.recipe or {}).get("prompt") or layer.name)
        origin = Origin(document, layer_id)

        def make() -> ResettleRequest:
            pixels, area = alone(layer)
            thing, place = lift.thing_of(pixels)
            place = replace(place, x=place.x + area.left, y=place.y + area.top)
            crop = framing.crop_around(place, document.width, document.height, fraction)
            request = ResettleRequest(prompt, place, crop, seen_by_the_engine(seen, crop), thing=lift.in_crop(thing, place, crop), **settings)
            return self._captured(request, origin)

        return make

    def _captured(self, request: Captured, origin: Origin) -> Captured:
        self._origins[request] = origin
        return request

    def place(self, request: Request, results: tuple[LayerResult, ...], target_id: str | None = None) -> str:
        """Commit what came of a request, one result or more, and return the id of the layer that holds them.

        They become new candidates of target_id, or a new layer right above the node that was active when the request was
        captured; the first of them shows. Where that node is gone, the layer goes on top of its nearest surviving neighbour,
        and the label says so. What was extracted goes above the layer it was taken from, which is hidden.
        """
        kept = {} if request.reference is None else to_recipe(request.reference)
        candidates = tuple(Candidate(Pixels.from_array(each.pixels), Placement(each.left, each.top), each.recipe | kept) for each in results)
        target = find(self.document, target_id)
        if isinstance(target, Layer):
            if isinstance(request, ResettleRequest):
                document = edits.add_candidates(edits.keep_as_candidate(self.document, target.id), target.id, candidates, in_place=False)
                self.commit(phrase("Resettle “{name}”", name=target.name), document)
                return target.id
            in_place = not target.recipe or target.recipe.get("box") == asdict(request.box)
            document = edits.add_candidates(self.document, target.id, candidates, in_place)
            self.commit(phrase("Generate “{name}” again", name=request.prompt), document)
            return target.id
        origin = self._origins.get(request) or Origin(self.document, self.active)
        extracted = isinstance(request, ExtractRequest)
        source = find(origin.document, origin.node_id)
        name = request.prompt or (f"{source.name} thing" if extracted and source else "Layer")
        layer = make_layer(name, candidates[0].pixels, candidates[0].placement, recipe=candidates[0].recipe, candidates=candidates)
        label = phrase("Extract “{name}”", name=name) if extracted else phrase("Insert “{name}”", name=name)
        orphan = target_id is not None
        if orphan:
            label = phrase("{label} (the layer it was for is gone)", label=label)
        return self._place_new(layer, origin, label, orphan, hide=origin.node_id if extracted else None)

    def _place_new(self, layer: Layer, origin: Origin, label: str, orphan: bool, hide: str | None) -> str:
        """Commit a new layer where the request for it came from. orphan: it was meant for a layer that is gone."""
        anchor, parent = _survivor(origin, self.document)
        moved = anchor != origin.node_id
        if moved and not orphan:
            label = phrase("{label} (the layer below it is gone)", label=label)
        stack = self._stack_on(anchor, origin.document)
        follow = layer.id if orphan or moved or self.active is None or self.active in stack else None
        self._placed_above[stack[-1]] = layer.id
        if stack[-1] is None and origin.node_id is not None:  # nothing that was below is left
            document = edits.add_at_bottom(self.document, layer, parent)
        else:
            document = edits.add_layer(self.document, layer, above=stack[-1])
        if hide is not None and find(document, hide):
            document = edits.set_visible(document, hide, False)
        self.commit(label, document, active=follow)
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
