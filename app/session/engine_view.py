"""What the engine gets to see of a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bfs_engine import framing, lift
from bfs_engine.api import Box, EngineError

from ..document.document import Document, Group, Layer, Node, above, bounds
from ..document.geometry import Rect
from ..render.blend import PASS_THROUGH
from ..render.render import render
from ..words import phrase

LOOK = 1500  # pixels of the longer side at which two large pictures are compared


def seen_by_the_engine(document: Document, crop: Box) -> np.ndarray:
    """(crop.height, crop.width, 3) uint8: the crop over white; beyond the canvas its edge is repeated."""
    rect = Rect.from_size(crop.x, crop.y, crop.width, crop.height).intersect(document.rect)
    pixels = render(document, rect)
    if not (pixels[..., 3] == 255).all():
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels[..., :3] = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return framing.cut(pixels[..., :3], replace(crop, x=crop.x - rect.left, y=crop.y - rect.top))


def in_view(document: Document) -> Document:
    """Without the layers that are left out of the engine's view; they are as good as hidden."""
    return replace(document, layers=tuple(_in_view(node) for node in document.layers))


def _in_view(node: Node) -> Node:
    if not node.seen_by_engine:
        return replace(node, visible=False)
    if isinstance(node, Layer):
        return node
    children = tuple(_in_view(child) for child in node.children)
    same = all(a is b for a, b in zip(children, node.children, strict=True))
    return node if same else replace(node, children=children)


def in_front(document: Document, id: str | None, crop: Box) -> np.ndarray | None:
    """(crop.height, crop.width, 4) uint8 straight RGBA: what lies above a node and hides what is behind it, nothing beyond the canvas;
    None where nothing does. Layers that mix with what is below them, as multiplied shadows do, hide nothing."""
    front = in_view(above(document, id))
    front = replace(front, layers=tuple(_that_hide(front.layers)))
    rect = Rect.from_size(crop.x, crop.y, crop.width, crop.height).intersect(document.rect)
    pixels = render(front, rect)
    if not pixels[..., 3].any():
        return None
    whole = np.zeros((crop.height, crop.width, 4), np.uint8)
    top, left = rect.top - crop.y, rect.left - crop.x
    whole[top : top + rect.height, left : left + rect.width] = pixels
    return whole


def _that_hide(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, Group) and node.blend == PASS_THROUGH:
            yield replace(node, children=tuple(_that_hide(node.children)))
        else:
            yield node if node.blend in ("normal", "dissolve") else replace(node, visible=False)


def differing_box(one: Document, other: Document, layer: Layer) -> Box:
    """Around all inside a layer's bounds that looks different in two documents of one size, on the canvas. Raises EngineError where
    nothing does."""
    area = bounds(layer).intersect(one.rect)
    step = max(1, -(-max(area.width, area.height) // LOOK))
    with_it, without = (seen_by_the_engine(each, Box(area.left, area.top, area.width, area.height))[::step, ::step] for each in (one, other))
    found = lift.difference(with_it, without) if with_it.size else None
    if found is None:
        raise EngineError(
            phrase("“{name}” looks the same as what lies below it.", name=layer.name),
            phrase("Choose the layer that shows the thing, above the same view without it."),
        )
    grown = Rect.from_size(found.x * step, found.y * step, found.width * step, found.height * step).grown(max(step, framing.SMALLEST_BOX // 2))
    inside = grown.moved(area.left, area.top).intersect(one.rect)
    return Box(inside.left, inside.top, inside.width, inside.height)
