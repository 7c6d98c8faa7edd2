"""What Photoshop computes from settings when it shows a file, computed once: fills, effects, adjustments.

Apart from psd_read.py because it needs psd-tools' compositing and scipy, which most files do not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.api.psd_image import PSDImage
from psd_tools.constants import ColorMode

from ...document.document import Group, Node
from ...document.geometry import Rect
from ...document.pixels import Pixels
from ..raster import MOST_PIXELS
from .adjust import Formula, baked, formula
from .channels import ADJUSTMENTS, Reading
from .effects import UNREADABLE, enabled, expanded, fill_pixels


def computed(state: Reading, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes with pixels for all that `state` says is to be computed; what cannot be is named in `state.left_out`."""
    layers = {id(layer._record): layer for layer in PSDImage(state.psd).descendants()}
    header = state.psd.header
    canvas = Rect(0, 0, header.width, header.height)
    if header.color_mode in (ColorMode.CMYK, ColorMode.LAB) or header.depth > 16 or header.width * header.height > MOST_PIXELS:
        return _without(state, nodes, layers)
    painted: dict[str, Pixels] = {}
    for id_, record in state.fills.items():
        found = fill_pixels(layers[id(record)], canvas) if id(record) in layers else None
        if found is None:
            state.noticed["no pixels"] += 1
        else:
            painted[id_] = Pixels.from_array(found)
    nodes = _with_pixels(nodes, painted)
    styles = {id_: (layers[id(record)], fill) for id_, (record, fill) in state.styles.items() if id(record) in layers}
    state.noticed["effects"] += sum(bool(enabled(layer)) for layer, _ in styles.values())
    nodes = expanded(nodes, styles, state.left_out)
    formulas = _formulas(state, layers)
    return baked(_without_ids(nodes, state.adjustments.keys() - formulas.keys()), canvas, formulas)


def _formulas(state: Reading, layers: dict[int, PsdLayer]) -> dict[str, Formula]:
    """What the adjustments do, for those that can be computed; the others are told."""
    mode = ColorMode.GRAYSCALE if state.is_grey else ColorMode.RGB
    known: dict[str, Formula] = {}
    for id_, record in state.adjustments.items():
        try:
            does = formula(layers[id(record)], mode)
            if does is not None:
                does(np.zeros((1, 1, 3), np.float32))
                known[id_] = does
        except UNREADABLE:
            continue
    for id_ in state.adjustments.keys() - known.keys():
        _tell_adjustment(state, id_)
    state.noticed["adjustment"] += len(known)
    return known


def _tell_adjustment(state: Reading, id_: str) -> None:
    blocks = state.adjustments[id_].tagged_blocks
    state.left_out += [tag.name.lower().replace("_", " ") for tag in ADJUSTMENTS if tag in blocks]


def _without(state: Reading, nodes: tuple[Node, ...], layers: dict[int, PsdLayer]) -> tuple[Node, ...]:
    """In colours, a depth or a size that nothing here computes in, all of it is left out."""
    for id_ in state.adjustments:
        _tell_adjustment(state, id_)
    state.noticed["no pixels"] += len(state.fills)
    for record, _fill in state.styles.values():
        state.left_out += [effect.name for effect in enabled(layers[id(record)])] if id(record) in layers else []
    fills = {id_: fill for id_, (_record, fill) in state.styles.items()}
    return _faded(_without_ids(nodes, set(state.adjustments)), fills)


def _with_pixels(nodes: tuple[Node, ...], painted: dict[str, Pixels]) -> tuple[Node, ...]:
    return tuple(
        replace(node, children=_with_pixels(node.children, painted)) if isinstance(node, Group)
        else replace(node, pixels=painted[node.id]) if node.id in painted else node
        for node in nodes
    )  # fmt: skip


def _without_ids(nodes: tuple[Node, ...], ids: set[str]) -> tuple[Node, ...]:
    kept = (node for node in nodes if node.id not in ids)
    return tuple(replace(node, children=_without_ids(node.children, ids)) if isinstance(node, Group) else node for node in kept)


def _faded(nodes: tuple[Node, ...], fills: dict[str, float]) -> tuple[Node, ...]:
    """With the fill opacity, which effects would not share, in the opacity."""
    faded = (replace(node, opacity=node.opacity * fills.get(node.id, 1.0)) for node in nodes)
    return tuple(replace(node, children=_faded(node.children, fills)) if isinstance(node, Group) else node for node in faded)
