"""The one mutable object of the editor: a document with its history, what is shown of it, and which layer is active.

The document changes through `commit` only. A gesture previews documents, each made from `session.document` as it is at that
moment (a result of the engine may arrive meanwhile), and ends in one commit or in `discard`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from bfs_engine import framing, lift
from bfs_engine.api import Box, DecomposeRequest, EngineError, ExtractRequest, InsertRequest, LayerResult, Request, ResettleRequest

from ..document import edits, effects, masks
from ..document.document import Candidate, Document, Group, Layer, below, find, make_layer, parent_of, walk
from ..document.geometry import Placement, Rect
from ..document.history import MEMORY_CAP, History
from ..document.locks import ALTERING, refuse_locked
from ..document.pixels import Pixels
from ..errors import EditError
from ..formats.atomic import Stamp
from ..words import Phrase, phrase
from .engine_view import differing_box, in_front, in_view, seen_by_the_engine
from .placement import Origin, back_then, changes, moved, moved_box, nothing_left, shift_since, stack_top, survivor
from .references import alone, of_thing, to_recipe
from .taking import around_things, as_box, bounding, mask_bounds, split_group

Listener = Callable[[Document, Document], None]
Captured = TypeVar("Captured", bound=Request)

ROOMY_EXTRACTION = 4000  # pixels of the crop's side up to which it has the usual room around the box
LARGEST_EXTRACTION = 12_000  # … and at all: 2 GB for both pictures and the layer


class Session:
    """One open document.

    shown: what the window paints, the preview of a running gesture or the committed document. Listeners are called with the
    old and new `shown`; with the same document twice when only the active layer or the saved state changed.
    """

    def __init__(
        self,
        document: Document,
        path: Path | None = None,
        memory_cap: int = MEMORY_CAP,
        stamp: Stamp | None = None,
        label: str = phrase("Open"),
    ) -> None:
        """stamp: the version of the file at `path` that the document was read from. label: what the history calls its beginning."""
        self.history = History(document, label, memory_cap)
        self.path = path
        self.stamp = stamp
        self._saved: Document | None = document
        self._preview: Document | None = None
        self._active = _topmost(document)
        self._listeners: list[Listener] = []
        self._origins: weakref.WeakKeyDictionary[Request, Origin] = weakref.WeakKeyDictionary()
        self._arrived: weakref.WeakSet[Document] = weakref.WeakSet()  # what results have made, no doing of the user's
        self.occupied: Callable[[], bool] = lambda: False  # is the user in the middle of something that means the active layer?
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
            self._preview, left = None, self._active
            if active is not None:
                self._active = active
            if document is not self.document:
                self.history.push(label, document, self._active, left)

        self._change(change)

    def arrive(self, label: str, act: Callable[[Document], Document], active: str | None = None) -> None:
        """As `commit`, for what comes by itself: what the user has undone can still be redone. act: document -> document."""

        def change() -> None:
            self._preview, left = None, self._active
            if active is not None:
                self._active = active
            self.history.push_arrival(label, act, self._active, left)

        self._change(change)
        self._arrived.add(self.document)

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
            for id in self.history.active:  # a layer that comes back is active again, as when it was made or deleted
                if id is not None and find(before, id) is None and find(self.document, id) is not None:
                    self._active = id

        self._change(change)

    def request_insert(self, box: Box, prompt: str, **settings) -> InsertRequest:
        """Capture what the engine needs from the document as it is now; see capture_insert."""
        return self.capture_insert(box, prompt, **settings)()

    def capture_insert(
        self,
        box: Box,
        prompt: str,
        *,
        target_id: str | None = None,
        occluded: bool = False,
        fraction: float = framing.BOX_FRACTION,
        **settings,
    ) -> Callable[[], InsertRequest]:
        """A function that makes the request, on any thread and at any time, from the document as it is now: from what is
        visible from the active layer down, and is not left out of the engine's view. Painting that takes a tenth of a second for a box of
        a thousand pixels.

        target_id: a layer to make again; then the engine sees only what lies below it. occluded: let the engine see the layers in front
        too, as what hides parts of the new one. fraction: the engine's box_fraction.
        settings: seed, steps, guidance, model, reference, count of an InsertRequest. Raises EngineError for an empty prompt and a
        box that is not on the canvas.
        """
        if not prompt.strip():
            raise EngineError(phrase("The prompt is empty."), phrase("Type what should stand in the box."))
        document = self.document
        framing.check_box(box, document.width, document.height)
        crop = framing.crop_around(box, document.width, document.height, fraction)
        depth = stack_top(document, target_id or self.active)
        seen = in_view(_behind(document, target_id) if target_id else below(document, depth))
        origin = Origin(document, target_id or self.active, seen)

        def make() -> InsertRequest:
            front = in_front(document, depth, crop) if occluded else None
            background = seen_by_the_engine(seen, crop)
            return self._captured(InsertRequest(prompt.strip(), box, crop, background, occluders=front, **settings), origin)

        return make

    def recapture(self, request: Request) -> Callable[[], Request] | None:
        """For a new layer whose turn has come: the request with what was asked for before it and lies below it now, as a function for
        any thread; None where nothing came in between. So layers asked for in a row are made one after another, back to front."""
        origin = self._origins.get(request)
        if origin is None or not isinstance(request, InsertRequest):
            return None
        document = self.document
        stack = self._stack_on(survivor(origin, document)[0], origin.document)
        if len(stack) < 2:
            return None
        depth = stack_top(document, stack[-1])
        seen = in_view(below(document, depth))
        crop = moved_box(request.crop, *shift_since(origin, document))

        def make() -> Request:
            front = None if request.occluders is None else in_front(document, depth, crop)
            newer = replace(request, background=seen_by_the_engine(seen, crop), occluders=front)
            return self._captured(newer, replace(origin, seen=back_then(seen, origin)))

        return make

    def capture_extract(self, layer_id: str, box: Box | None, *, fraction: float = framing.BOX_FRACTION, **settings) -> Callable[[], ExtractRequest]:
        """As capture_insert, for what the canvas shows with a layer and does not show without it, inside `box`; None takes all that
        differs. A box of more than 2200 pixels gets less room around it. What is left out of the engine's view counts here: two looks
        are compared. settings: prompt, seed, steps, guidance, model, strength. Raises EngineError (the function too), EditError."""
        document, layer = self.document, find(self.document, layer_id)
        if box is not None:
            framing.check_box(box, document.width, document.height)
        with_it, without = (below(document, layer_id, inclusive=inclusive) for inclusive in (True, False))
        if not any(node.visible for node in without.layers):
            raise EditError(
                phrase("There is no background below “{name}”.", name=layer.name),
                phrase("Put the same view without the thing on the layer below, then extract again."),
            )
        origin = Origin(document, layer_id, with_it)

        def make() -> ExtractRequest:
            around = box or differing_box(with_it, without, layer)
            side = max(around.width, around.height)
            crop = framing.crop_around(around, document.width, document.height, min(max(fraction, side / ROOMY_EXTRACTION), 1.0))
            if crop.width > LARGEST_EXTRACTION:
                raise EngineError(
                    phrase("What is to be extracted is too large."),
                    phrase("Draw a box of at most {count} pixels around it.", count=LARGEST_EXTRACTION),
                )
            composite, background = (seen_by_the_engine(part, crop) for part in (with_it, without))
            words = {"prompt": ""} | settings
            return self._captured(ExtractRequest(box=around, crop=crop, background=background, composite=composite, **words), origin)

        return make

    def capture_resettle(self, layer_id: str, *, fraction: float = framing.BOX_FRACTION, **settings) -> Callable[[], ResettleRequest]:
        """As capture_insert, for the thing in a layer, where it stands now. settings: seed, steps, guidance, model, count. The function
        raises EngineError where the layer holds no thing, EditError where that lies outside the canvas."""
        document, layer = self.document, find(self.document, layer_id)
        if not isinstance(layer, Layer):
            raise EditError(phrase("“{name}” is a group; this needs a layer.", name=layer.name))
        refuse_locked(document, layer_id, ALTERING)
        seen = in_view(_behind(document, layer_id))
        prompt = str((layer.recipe or {}).get("prompt") or layer.name)
        origin = Origin(document, layer_id, seen)

        def make() -> ResettleRequest:
            pixels, area = alone(of_thing(layer))
            thing, place = lift.trimmed(pixels) if layer.pixels.cover else lift.thing_of(pixels)
            place = replace(place, x=place.x + area.left, y=place.y + area.top)
            if Rect.from_size(place.x, place.y, place.width, place.height).intersect(document.rect).is_empty:
                raise EditError(
                    phrase("“{name}” lies outside the canvas; there is no light that it could stand in.", name=layer.name),
                    phrase("Move it onto the canvas first."),
                )
            crop = framing.crop_around(place, document.width, document.height, fraction)
            request = ResettleRequest(prompt, place, crop, seen_by_the_engine(seen, crop), thing=lift.in_crop(thing, place, crop), **settings)
            return self._captured(request, origin)

        return make

    def capture_decompose(self, things: Sequence[tuple[Rect, np.ndarray]], prompt: str = "", **settings) -> Callable[[], DecomposeRequest]:
        """As capture_insert, for things that what is visible from the active layer down shows: (place on the canvas, mask (h, w) uint8),
        front to back. settings: effects, keep of a DecomposeRequest."""
        document = self.document
        seen = in_view(below(document, stack_top(document, self.active)))
        origin = Origin(document, self.active, seen)
        crop, masks = around_things(things, document, settings.get("effects", True))
        box = as_box(bounding(mask_bounds(place, mask) for place, mask in things))

        def make() -> DecomposeRequest:
            return self._captured(DecomposeRequest(prompt, box, as_box(crop), seen_by_the_engine(seen, as_box(crop)), masks=masks, **settings), origin)

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
        origin = self._origin_of(request)
        shift = shift_since(origin, self.document)
        if isinstance(request, DecomposeRequest):
            return self._place_split(request, tuple(moved(each, *shift) for each in results), origin)
        target = find(self.document, target_id)
        if isinstance(target, Layer):
            return self._place_again(target, request, results, shift)
        extracted = isinstance(request, ExtractRequest)
        source = find(origin.document, origin.node_id)
        name = request.prompt or (f"{source.name} thing" if extracted and source else "Layer")
        layer = layer_of(request, tuple(moved(each, *shift) for each in results), name)
        label = phrase("Extract “{name}”", name=name) if extracted else phrase("Insert “{name}”", name=name)
        orphan = target_id is not None
        if orphan:
            label = phrase("{label} (the layer it was for is gone)", label=label)
        return self._place_new(layer, origin, label, orphan, hide=origin.node_id if extracted else None)

    def _place_split(self, request: DecomposeRequest, results: tuple[LayerResult, ...], origin: Origin) -> str:
        """Commit things and the ground behind them, front to back, as one group over the untouched picture; a ground alone as a layer."""
        group = split_group(request, results)
        label = phrase("Take “{name}” apart", name=group.name) if request.keep else phrase("Remove “{name}”", name=group.name)
        return self._place_new(group, origin, label, orphan=False, hide=None, front=group.children[-1].id if isinstance(group, Group) else None)

    def _place_again(self, target: Layer, request: Request, results: tuple[LayerResult, ...], shift: tuple[int, int]) -> str:
        """Commit new candidates of a layer; where its effects were split off, they get candidates too."""
        resettled = isinstance(request, ResettleRequest)
        if resettled:
            in_place, label = False, phrase("Resettle “{name}”", name=target.name)
        else:
            in_place = not target.recipe or target.recipe.get("box") == asdict(request.box)
            label = phrase("Generate “{name}” again", name=request.prompt)
        if not in_place:  # else they lie in the pixels of the candidate that was made before, and go along with it
            results = tuple(moved(each, *shift) for each in results)
        candidates = _candidates(request, results)

        def placed(document: Document) -> Document:
            there = find(document, target.id)
            if not isinstance(there, Layer):  # in the future it may be gone
                return document
            if resettled:
                document = edits.keep_as_candidate(document, target.id)
            if not in_place:
                for layer in (there, *effects.parts_of(document, target.id)):
                    document = masks.stay_on_canvas(document, layer.id)
            return effects.add_candidates(document, target.id, candidates, in_place)

        self.arrive(label, placed)
        return target.id

    def changed_since(self, request: Request, target_id: str | None = None) -> tuple[Phrase, ...]:
        """What the user should know of the result of a request before it is placed: what has changed since it was captured, as
        sentences; empty where nothing has."""
        origin = self._origin_of(request)
        if isinstance(find(self.document, target_id), Layer):
            return ()
        if target_id is not None:
            return (phrase("The layer it was for is gone, so it is one of its own."),)
        stack = self._stack_on(survivor(origin, self.document)[0], origin.document)
        seen = below(self.document, stack_top(self.document, stack[-1]))
        return changes(origin, self.document, seen if isinstance(request, ExtractRequest) else in_view(seen), request.crop)

    def shift_of(self, request: Request) -> tuple[int, int]:
        """By how many canvas pixels what the request tells of lies elsewhere now, because the canvas was cropped."""
        return shift_since(self._origin_of(request), self.document)

    def _origin_of(self, request: Request) -> Origin:
        return self._origins.get(request) or Origin(self.document, self.active, self.document)

    def _place_new(self, layer: Layer | Group, origin: Origin, label: str, orphan: bool, hide: str | None, front: str | None = None) -> str:
        """Commit a new layer where the request for it came from. orphan: it was meant for a layer that is gone. front: what of it becomes
        active, where that follows."""
        anchor, parent = survivor(origin, self.document)
        elsewhere = anchor != origin.node_id
        if elsewhere and not orphan:
            label = phrase("{label} (the layer below it is gone)", label=label)
        stack = self._stack_on(anchor, origin.document)
        busy = self.occupied() or self._preview is not None
        wanted = not busy and (orphan or elsewhere or (self.active in stack and self._untouched_since(origin)))
        follow = (front or layer.id) if self.active is None or wanted else None
        self._placed_above[stack[-1]] = layer.id
        # What was below may be gone, but not all.
        at_bottom = stack[-1] is None and origin.node_id is not None and not nothing_left(origin, self.document)

        def placed(document: Document) -> Document:
            if at_bottom:
                document = edits.add_at_bottom(document, layer, parent if parent is None or find(document, parent) else None)
            else:
                above = stack[-1] if stack[-1] is not None and find(document, stack[-1]) else None
                document = edits.add_layer(document, layer, above=stack_top(document, above))
            return edits.set_visible(document, hide, False) if hide is not None and find(document, hide) else document

        self.arrive(label, placed, active=follow)
        return layer.id

    def _untouched_since(self, origin: Origin) -> bool:
        """Has the user done nothing since, so that what arrives may become active? Else the next key or drag would go to it."""
        steps, now = self.history.documents, self.history.index
        since = next((at for at in range(now, -1, -1) if steps[at] is origin.document), None)
        return since is not None and all(step in self._arrived for step in steps[since + 1 : now + 1])

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
            self._active = _neighbour(committed if find(committed, self._active) else old, self._active, self.shown)
        self._tell(old)

    def _tell(self, old: Document) -> None:
        for listener in tuple(self._listeners):
            listener(old, self.shown)


def _behind(document: Document, id: str) -> Document:
    """What lies below a layer, without the shadow and the reflection that were split off it."""
    seen = below(document, id, inclusive=False)
    return edits.remove(seen, [part.id for part in effects.parts_of(document, id) if find(seen, part.id)])


def layer_of(request: Request, results: tuple[LayerResult, ...], name: str) -> Layer:
    """What came of a request as a layer by itself; the first candidate shows."""
    candidates = _candidates(request, results)
    return make_layer(name, candidates[0].pixels, candidates[0].placement, recipe=candidates[0].recipe, candidates=candidates)


def _candidates(request: Request, results: tuple[LayerResult, ...]) -> tuple[Candidate, ...]:
    kept = {} if request.reference is None else to_recipe(request.reference)
    return tuple(
        Candidate(Pixels.from_array(each.pixels, each.cover), Placement(each.left, each.top), each.recipe | kept) for each in results
    )


def _neighbour(before: Document, active: str | None, document: Document) -> str | None:
    """What becomes active when the active node goes away."""
    anchor, parent = survivor(Origin(before, active, before), document)
    if anchor or parent:
        return anchor or parent
    return document.layers[0].id if document.layers else None


def _topmost(document: Document) -> str | None:
    nodes = [node for node, _, _ in walk(document) if isinstance(node, Layer)]
    return nodes[-1].id if nodes else None
