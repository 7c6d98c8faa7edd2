"""A thing apart from its shadow and reflection, as layers that look together as the one layer did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bfs_engine.api import EngineError
from bfs_engine.lift import shadow_and_reflection, split

from . import edits
from .document import Candidate, Document, Layer, make_layer
from .errors import EditError
from .locks import ALTERING, refuse_locked
from .pixels import Pixels
from .words import phrase

FAINT = 6  # of 255: what nowhere exceeds it is no effect
SPECKS = 0.002  # of the thing's area: less than that is what a sharp edge leaves, and no effect


def split_effects(document: Document, id: str) -> tuple[Document, str]:
    """Put a group in the place of a layer: shadow (Multiply), reflection where there is one, and above them the thing, which keeps
    the layer's id, name and candidates. Returns the document and the group's id. Raises EditError.

    On an opaque ground the group looks as the layer did, within a few levels of 255.
    """
    layer = edits.get(document, id)
    if not isinstance(layer, Layer):
        raise EditError(phrase("“{name}” is a group; this needs a layer.", name=layer.name))
    refuse_locked(document, id, ALTERING)
    if layer.blend != "normal":
        raise EditError(
            phrase("“{name}” has the blend mode {mode}.", name=layer.name, mode=layer.blend),
            phrase("Effects can be split off a layer whose blend mode is Normal."),
        )
    try:
        thing, effects = split(layer.pixels.to_array())
    except EngineError as error:
        raise EditError(phrase("Nothing in “{name}” is opaque, so thing and shadow cannot be told apart.", name=layer.name)) from error
    shadow, reflection = shadow_and_reflection(effects)
    least = SPECKS * (thing[..., 3] > FAINT).sum()
    if (effects[..., 3] > FAINT).sum() <= least:
        raise EditError(phrase("“{name}” has neither shadow nor reflection.", name=layer.name))
    parts = [_part(layer, "shadow", shadow, blend="multiply")]
    if (reflection[..., 3] > FAINT).sum() > least:
        parts.append(_part(layer, "reflection", reflection))
    pixels = Pixels.from_array(thing)
    document, group_id = edits.group(edits.keep_as_candidate(document, id), [id], layer.name)
    held = edits.get(document, id)
    alone = Candidate(pixels, held.placement, held.recipe or {})
    body = replace(held, pixels=pixels, candidates=(*held.candidates, alone), opacity=1.0, clipping=False, visible=True)
    group = replace(edits.get(document, group_id), children=(*parts, body), opacity=layer.opacity, clipping=layer.clipping, visible=layer.visible)
    return edits.replace_node(document, group), group_id


def _part(layer: Layer, what: str, pixels: np.ndarray, **fields: str) -> Layer:
    return make_layer(f"{layer.name} {what}", Pixels.from_array(pixels), layer.placement, mask=layer.mask, **fields)
