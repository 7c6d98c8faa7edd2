"""Taking flat pictures apart: from masks on the canvas to what is looked at, and from results to a group of layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bfs_engine import lift
from bfs_engine.api import Box, DecomposeRequest, LayerResult

from ..document.document import Candidate, Document, Group, Layer, below, make_group, make_layer
from ..document.geometry import Placement, Rect
from ..document.pixels import Pixels
from ..errors import EditError
from ..words import phrase
from .engine_view import in_view, seen_by_the_engine
from .placement import stack_top

ROOM = 1.0  # of a thing's longer side, around it: shadows lie there
CLOSE = 0.25  # … where they stay


def looked_at(document: Document, active: str | None, place: Rect) -> np.ndarray:
    """(h, w, 3) uint8: what is visible of a place on the canvas, from the active layer down."""
    return seen_by_the_engine(in_view(below(document, stack_top(document, active))), as_box(place))


def shows_below(document: Document, id: str) -> bool:
    """Is anything visible below a node?"""
    return any(node.visible for node in below(document, id, inclusive=False).layers)


def mask_bounds(place: Rect, mask: np.ndarray) -> Rect:
    """Around what is selected, on the canvas; mask: (h, w) uint8 of `place`. Raises EditError where nothing is."""
    box = lift.bounds(mask >= 128)
    if box is None:
        raise EditError(phrase("Nothing is selected."), phrase("Draw a box around the thing, or click on it."))
    return Rect.from_size(place.left + box.x, place.top + box.y, box.width, box.height)


def trimmed(place: Rect, masks: Sequence[np.ndarray]) -> tuple[Rect, tuple[np.ndarray, ...]]:
    """Candidates of one thing without what none of them selects, and where that lies: showing them costs the thing, not the picture."""
    found = [mask_bounds(place, mask) for mask in masks]
    area = bounding(found)
    view = slice(area.top - place.top, area.bottom - place.top), slice(area.left - place.left, area.right - place.left)
    return area, tuple(np.ascontiguousarray(mask[view]) for mask in masks)


def bounding(rects: Iterable[Rect]) -> Rect:
    """Around all of them; at least one."""
    every = list(rects)
    return Rect(min(r.left for r in every), min(r.top for r in every), max(r.right for r in every), max(r.bottom for r in every))


def as_box(rect: Rect) -> Box:
    return Box(rect.left, rect.top, rect.width, rect.height)


def around_things(things: Sequence[tuple[Rect, np.ndarray]], document: Document, effects: bool) -> tuple[Rect, tuple[np.ndarray, ...]]:
    """What is looked at of the canvas for things (place, mask), and their masks in it. Raises EditError where one is empty."""
    crops = []
    for place, mask in things:
        area = mask_bounds(place, mask)
        crops.append(area.grown(round(max(area.width, area.height) * (ROOM if effects else CLOSE)) + 8))
    crop = bounding(crops).intersect(document.rect)
    if crop.is_empty:
        raise EditError(phrase("Nothing is selected."), phrase("Draw a box around the thing, or click on it."))
    return crop, tuple(_within(crop, place, mask) for place, mask in things)


def _within(crop: Rect, place: Rect, mask: np.ndarray) -> np.ndarray:
    whole = np.zeros((crop.height, crop.width), np.uint8)
    both = crop.intersect(place)
    whole[both.top - crop.top : both.bottom - crop.top, both.left - crop.left : both.right - crop.left] = mask[
        both.top - place.top : both.bottom - place.top, both.left - place.left : both.right - place.left
    ]
    return whole


def split_group(request: DecomposeRequest, results: tuple[LayerResult, ...]) -> Layer | Group:
    """The layers, front to back in `results`, as one group; a ground alone as a layer."""
    count = sum(each.recipe.get("part") == "thing" for each in results)
    layers, number = [], 0
    for each in results:
        thing = each.recipe.get("part") == "thing"
        number += thing
        name = _named(request.prompt, number, count) if thing else "Ground"
        layers.append(_layer(each, name))
    name = request.prompt or ("Things" if count > 1 else "Thing")
    if len(layers) == 1 and not request.keep:
        return layers[0]
    return make_group(f"{name}, taken out", tuple(reversed(layers)))


def _named(prompt: str, number: int, count: int) -> str:
    name = prompt or "Thing"
    return name if count == 1 else f"{name} {number}"


def _layer(result: LayerResult, name: str) -> Layer:
    pixels, placement = Pixels.from_array(result.pixels, result.cover), Placement(result.left, result.top)
    return make_layer(name, pixels, placement, recipe=result.recipe, candidates=(Candidate(pixels, placement, result.recipe),))
