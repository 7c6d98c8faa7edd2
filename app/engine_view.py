"""What the engine gets to see of a document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bfs_engine import framing, lift
from bfs_engine.api import Box, EngineError

from .document import Document, Layer, bounds
from .geometry import Rect
from .render import render
from .words import phrase

LOOK = 1500  # pixels of the longer side at which two large pictures are compared


def seen_by_the_engine(document: Document, crop: Box) -> np.ndarray:
    """(crop.height, crop.width, 3) uint8: the crop over white; beyond the canvas its edge is repeated."""
    rect = Rect.from_size(crop.x, crop.y, crop.width, crop.height).intersect(document.rect)
    pixels = render(document, rect)
    if not (pixels[..., 3] == 255).all():
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels[..., :3] = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return framing.cut(pixels[..., :3], replace(crop, x=crop.x - rect.left, y=crop.y - rect.top))


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
