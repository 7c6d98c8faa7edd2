"""A thing apart from its shadow and reflection, as layers that look together as the one layer did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bfs_engine.api import EngineError
from bfs_engine.lift import shadow_and_reflection, split

from ..errors import EditError
from ..words import phrase
from . import edits
from .document import Candidate, Document, Layer, Node, make_layer, new_id, parent_of, siblings, walk
from .geometry import Rect
from .locks import ALTERING, refuse_locked
from .masks import grown
from .pixels import Mask, Pixels

FAINT = 6  # of 255: what nowhere exceeds it is no effect
UNSEEN = 2 / 255  # of the light: what a mask may change of the look
SPECKS = 0.002  # of the thing's area: less than that is what a sharp edge leaves, and no effect
BLENDS = {"shadow": "multiply", "reflection": "normal"}  # the parts, from bottom to top
KIND = "effects"  # of the recipe of a part; its "of" is the thing's id, its "split" the same as in the thing's candidate it belongs to


def split_effects(document: Document, id: str) -> tuple[Document, str]:
    """Put a group in the place of a layer: shadow (Multiply), reflection where there is one, and above them the thing, which keeps
    the layer's id, name and candidates. Returns the document and the group's id. Raises EditError.

    On an opaque ground the group looks as the layer did, within five levels of 255.
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
        thing, parts = _apart(layer.pixels)
    except EngineError as error:
        raise EditError(phrase("Nothing in “{name}” is opaque, so thing and shadow cannot be told apart.", name=layer.name)) from error
    if not parts:
        raise EditError(phrase("“{name}” has neither shadow nor reflection.", name=layer.name))
    token = new_id()
    shown = Candidate(thing, layer.placement, (layer.recipe or {}) | {"split": token})
    mask = _mask_below(layer, thing, parts)
    layers = tuple(_part(layer, name, shown, pixels, mask) for name, pixels in parts.items())
    document, group_id = edits.group(edits.keep_as_candidate(document, id), [id], layer.name)
    held = edits.get(document, id)
    body = replace(
        held, pixels=shown.pixels, recipe=shown.recipe, candidates=(*held.candidates, shown), opacity=1.0, clipping=False, visible=True
    )
    group = replace(edits.get(document, group_id), children=(*layers, body), opacity=layer.opacity, clipping=layer.clipping, visible=layer.visible)
    return edits.replace_node(document, group), group_id


def parts_of(document: Document, id: str) -> list[Layer]:
    """The layers that were split off a thing, wherever they are now, bottom to top."""
    return [node for node, _, _ in walk(document) if is_part(node) and node.recipe.get("of") == id]


def is_part(node: Node) -> bool:
    """Whether it is a shadow or a reflection that was split off a thing."""
    return isinstance(node, Layer) and (node.recipe or {}).get("kind") == KIND


def add_candidates(document: Document, id: str, candidates: tuple[Candidate, ...], in_place: bool = True) -> Document:
    """edits.add_candidates for layers whose shadow may have been split off: then each candidate is split too, and its effects take the
    place of the old ones, which stay reachable with the candidate they belong to."""
    parts = parts_of(document, id)
    if not parts:
        return edits.add_candidates(document, id, candidates, in_place)
    things: list[Candidate] = []
    made: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        try:
            thing, found = _apart(candidate.pixels)
        except EngineError:  # nothing opaque: it stays whole, and the old effects hide
            things.append(candidate)
            continue
        token = new_id()
        things.append(replace(candidate, pixels=thing, recipe=candidate.recipe | {"split": token}))
        for name, pixels in found.items():
            made.setdefault(name, []).append(Candidate(pixels, candidate.placement, _recipe(name, id, token)))
    document = edits.add_candidates(document, id, tuple(things), in_place)
    for name, news in made.items():
        document = _add_to_part(document, id, name, tuple(news), in_place)
    return _following(document, id)


def use_candidate(document: Document, id: str, index: int) -> Document:
    """edits.use_candidate; what was split off the candidate comes along, and what was split off another one hides."""
    return _following(edits.use_candidate(document, id, index), id)


def remove_candidate(document: Document, id: str, index: int) -> Document:
    """edits.remove_candidate, with the parts in step."""
    return _following(edits.remove_candidate(document, id, index), id)


def _following(document: Document, id: str) -> Document:
    """Every part shows what belongs to the candidate that its thing shows, or nothing."""
    token = (edits.get(document, id).recipe or {}).get("split")
    for part in parts_of(document, id):
        index = next((index for index, each in enumerate(part.candidates) if token and each.recipe.get("split") == token), None)
        if index is not None and part.candidates[index].pixels is not part.pixels:
            document = edits.use_candidate(document, part.id, index)
        document = edits.set_visible(document, part.id, index is not None)
    return document


def _add_to_part(document: Document, id: str, name: str, candidates: tuple[Candidate, ...], in_place: bool) -> Document:
    part = next((part for part in parts_of(document, id) if part.recipe.get("part") == name), None)
    if part is not None:
        return edits.add_candidates(document, part.id, candidates, in_place)
    thing = edits.get(document, id)  # a reflection where there was none yet: right below the thing
    fresh = make_layer(f"{thing.name} {name}", candidates[0].pixels, thing.placement, blend=BLENDS[name], recipe=candidates[0].recipe, candidates=candidates)
    nodes = siblings(document, parent := parent_of(document, id))
    place = next(index for index, node in enumerate(nodes) if node.id == id)
    return edits.move_node(edits.add_layer(document, fresh), fresh.id, parent.id if parent else None, place)


def thing_in(pixels: Pixels) -> Pixels:
    """The thing alone, without its effects: by its cover where that is known, else by what is opaque. Raises EngineError where there is none."""
    area = pixels.content_bounds()
    thing, _ = split(pixels.to_array(area), pixels.cover_array(area))
    return _with(pixels, area, thing).as_thing()


def _apart(pixels: Pixels) -> tuple[Pixels, dict[str, Pixels]]:
    """The thing, and by their names the effects that it has. Raises EngineError where there is no thing."""
    area = pixels.content_bounds()
    thing, effects = split(pixels.to_array(area), pixels.cover_array(area))
    shadow, reflection = shadow_and_reflection(effects)
    least = SPECKS * (thing[..., 3] > FAINT).sum()
    found = {"shadow": shadow} if (effects[..., 3] > FAINT).sum() > least else {}
    if found and (reflection[..., 3] > FAINT).sum() > least:
        found["reflection"] = reflection
    return _with(pixels, area, thing).as_thing(), {name: _with(pixels, area, part) for name, part in found.items()}


def _with(pixels: Pixels, area: Rect, part: np.ndarray) -> Pixels:
    """A part of some pixels, (area.height, area.width, 4), in a raster of their size: so the same placement puts it in its place."""
    return Pixels.empty(pixels.width, pixels.height).with_region(area.left, area.top, part)


def _recipe(name: str, id: str, token: str) -> dict:
    return {"kind": KIND, "part": name, "of": id, "split": token}


def _mask_below(layer: Layer, thing: Pixels, parts: dict[str, Pixels]) -> Mask | None:
    """A layer's mask for the effects that were split off it. Where it half hides the thing it has to hide more of what lies below: else
    that shines through, which it did not before. With the alphas c of the thing, e of the effects: (1−m·c)·m'·e = m·(1−c)·e, m' ≤ m;
    where that changes the look by less than UNSEEN, m' stays as near to m as that lets it, so that the shadow goes on under the thing."""
    mask = layer.mask
    if mask is None or not (mask.linked and mask.enabled):
        return mask
    mask = grown(mask, layer.pixels.rect)
    m = mask.to_array(layer.pixels.rect.moved(-mask.left, -mask.top)) / np.float32(255)
    c = thing.to_array()[..., 3] / np.float32(255)
    e = 1 - np.prod([1 - part.to_array()[..., 3] / np.float32(255) for part in parts.values()], axis=0)
    most = (m * (1 - c) * e + UNSEEN) / np.maximum((1 - m * c) * e, 1e-6)
    return mask.with_region(-mask.left, -mask.top, np.rint(np.minimum(m, most) * 255).astype(np.uint8))


def _part(layer: Layer, name: str, thing: Candidate, pixels: Pixels, mask: Mask | None) -> Layer:
    shown = Candidate(pixels, layer.placement, _recipe(name, layer.id, thing.recipe["split"]))
    fields = {"mask": mask, "blend": BLENDS[name], "recipe": shown.recipe, "candidates": (shown,)}
    return make_layer(f"{layer.name} {name}", shown.pixels, layer.placement, **fields)
