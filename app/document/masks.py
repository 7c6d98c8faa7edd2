"""Edits of masks, as functions Document -> Document; unknown ids and errors as in edits.py.

Spaces: *mask* pixels are counted from the mask's first; a linked mask of a layer hangs on the layer's pixels, every other on the
canvas (pixels.Mask).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..errors import EditError
from ..words import phrase
from . import edits
from .document import Candidate, Document, Layer, Node, bounds, mask_matrix
from .geometry import IDENTITY, Matrix, Rect, after, invert, mapped, shift
from .locks import ALTERING, refuse_locked
from .pixels import TILE, Key, Mask, Pixels, tile_rect


def add_mask(document: Document, id: str, value: int = 255) -> Document:
    """A mask that shows everything (255) or nothing (0) of a layer or group."""
    area = room(document, replace(edits.get(document, id), mask=None))
    return edits.set_mask(document, id, Mask(area.width, area.height, MappingProxyType({}), area.left, area.top, default=value))


def mask_from_alpha(document: Document, id: str) -> Document:
    """Move a layer's alpha into its mask; the layer looks as before, and its pixels become opaque."""
    layer = _layer(document, id)
    refuse_locked(document, id, ALTERING)
    if layer.mask is not None:
        raise EditError(phrase("“{name}” has a mask already.", name=layer.name), phrase("Apply it or delete it first."))
    alpha = {key: _frozen(tile[..., 3]) for key, tile in layer.pixels.tiles.items()}
    mask = Mask(layer.pixels.width, layer.pixels.height, MappingProxyType(alpha), default=0)
    return edits.replace_node(document, replace(_with_pixels(layer, _opaque(layer.pixels)), mask=mask))


def mask_from_box(document: Document, id: str, box: Rect) -> Document:
    """A mask that shows a node inside a canvas rectangle only, in place of the one it has."""
    node = replace(edits.get(document, id), mask=None)
    area = room(document, node)
    empty = Mask(area.width, area.height, MappingProxyType({}), area.left, area.top, default=0)
    matrix = mask_matrix(replace(node, mask=empty))
    return edits.set_mask(document, id, _drawn(empty, lambda x, y: _inside(box, matrix, x, y)))


def mask_from_selection(document: Document, id: str, place: Rect, selected: np.ndarray) -> Document:
    """A mask that shows a node only where something is selected, in place of the one it has. selected: (h, w) uint8 of `place` on the
    canvas."""
    mask = Mask.from_array(selected, place.left, place.top, default=0, linked=False)
    return edits.set_mask(document, id, mask)


def invert_mask(document: Document, id: str) -> Document:
    """Show what was hidden, and hide what was shown."""
    mask = _mask(document, id)
    tiles = {key: _frozen(255 - tile) for key, tile in mask.tiles.items()}
    return edits.set_mask(document, id, replace(mask, tiles=MappingProxyType(tiles), default=255 - mask.default))


def apply_mask(document: Document, id: str) -> Document:
    """Make a layer's mask part of its alpha. Where the layer has candidates, the result is one more of them."""
    layer = _layer(document, id)
    refuse_locked(document, id, ALTERING)
    mask = _linked(layer, _mask(document, id))
    tiles, covers = {}, None if layer.pixels.cover is None else {}
    for key, tile in layer.pixels.tiles.items():
        share = mask.to_array(tile_rect(key).moved(-mask.left, -mask.top)).astype(np.uint16)
        fresh = tile.copy()
        fresh[..., 3] = (tile[..., 3] * share + 127) // 255
        if fresh[..., 3].any():
            tiles[key] = _frozen(fresh)
            if covers is not None and key in layer.pixels.cover:  # the thing fades as the whole does
                cover = (layer.pixels.cover[key] * share + 127) // 255
                covers |= {key: _frozen(cover.astype(np.uint8))} if cover.any() else {}
    pixels = replace(layer.pixels, tiles=MappingProxyType(tiles), cover=None if covers is None else MappingProxyType(covers))
    return edits.replace_node(document, replace(_with_pixels(layer, pixels), mask=None))


def link_mask(document: Document, id: str, linked: bool) -> Document:
    """Let the mask follow the layer, or stay where it is when the layer moves. The look stays."""
    node, mask = edits.get(document, id), _mask(document, id)
    if mask.linked == linked:
        return document
    if not isinstance(node, Layer):
        return edits.set_mask(document, id, replace(mask, linked=linked))
    return edits.set_mask(document, id, _linked(node, mask) if linked else _unlinked(node, mask))


def stay_on_canvas(document: Document, id: str) -> Document:
    """Unlink the mask of a layer that lies scaled or turned, before pixels come that lie straight: those would not take it along."""
    layer = _layer(document, id)
    turned = layer.mask is not None and layer.mask.linked and not layer.placement.is_translation
    return link_mask(document, id, False) if turned else document


def enable_mask(document: Document, id: str, enabled: bool) -> Document:
    """Let the mask hide things, or show all as if there were none."""
    return edits.set_mask(document, id, replace(_mask(document, id), enabled=enabled))


def remove_mask(document: Document, id: str) -> Document:
    """Forget the mask: all is shown."""
    _mask(document, id)
    return edits.set_mask(document, id, None)


def room(document: Document, node: Node) -> Rect:
    """Where a mask of the node needs pixels, in the space that its left and top are in."""
    if isinstance(node, Layer) and (node.mask is None or node.mask.linked):
        return node.pixels.rect
    area = document.rect.unite(bounds(node))
    back = invert(node.mask.matrix) if node.mask else IDENTITY
    return area if back in (None, IDENTITY) else mapped(area, back)


def grown(mask: Mask, area: Rect) -> Mask:
    """The same mask with pixels of its own wherever `area` is (in the space its left and top are in). Tiles stay the same objects."""
    left = mask.left - max(-(-(mask.left - area.left) // TILE), 0) * TILE
    top = mask.top - max(-(-(mask.top - area.top) // TILE), 0) * TILE
    rows, columns = (mask.top - top) // TILE, (mask.left - left) // TILE
    width = max(mask.left + mask.width, area.right) - left
    height = max(mask.top + mask.height, area.bottom) - top
    if (left, top, width, height) == (mask.left, mask.top, mask.width, mask.height):
        return mask
    tiles = {(row + rows, column + columns): tile for (row, column), tile in mask.tiles.items()}
    return replace(mask, width=width, height=height, left=left, top=top, tiles=MappingProxyType(tiles))


def _linked(layer: Layer, mask: Mask) -> Mask:
    """The mask in layer pixels; resampled only where its own do not fall on the layer's."""
    if mask.linked:
        return mask
    there = layer.placement.matrix(layer.pixels.width, layer.pixels.height)
    back, undone = invert(there), invert(mask.matrix)
    if back is None or undone is None:
        raise EditError(phrase("“{name}” is scaled to nothing.", name=layer.name))
    tied = mask.transformed(back)
    if tied.matrix == IDENTITY:
        return replace(tied, linked=True)
    area = layer.pixels.rect
    empty = Mask(area.width, area.height, MappingProxyType({}), default=mask.default, enabled=mask.enabled)
    return _resampled(mask, after(after(there, undone), shift(-mask.left, -mask.top)), empty)


def _unlinked(layer: Layer, mask: Mask) -> Mask:
    """The mask in canvas pixels, as it lies there now."""
    return replace(mask, linked=False).transformed(layer.placement.matrix(layer.pixels.width, layer.pixels.height))


def _resampled(mask: Mask, matrix: Matrix, onto: Mask) -> Mask:
    """Draw a mask into another one under onto -> mask, smoothly."""
    array = mask.to_array().astype(np.float32)
    array = np.pad(array, 1, constant_values=mask.default)  # beyond its edges a mask goes on with its default
    a, b, c, d, tx, ty = matrix

    def values(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across = np.clip(a * x + c * y + tx + 0.5, 0, array.shape[1] - 1.001)
        down = np.clip(b * x + d * y + ty + 0.5, 0, array.shape[0] - 1.001)
        left, top = across.astype(np.intp), down.astype(np.intp)
        right, low = across - left, down - top
        upper = array[top, left] * (1 - right) + array[top, left + 1] * right
        lower = array[top + 1, left] * (1 - right) + array[top + 1, left + 1] * right
        return upper * (1 - low) + lower * low

    return _drawn(onto, values)


def _drawn(mask: Mask, values: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Mask:
    """The mask with every pixel set by a function of the x (1, n) and y (n, 1) of pixel centres, in mask pixels; it gives 0 to 255."""
    tiles: dict[Key, np.ndarray] = {}
    for row in range(-(-mask.height // TILE)):
        for column in range(-(-mask.width // TILE)):
            x = (np.arange(TILE, dtype=np.float32) + (column * TILE + 0.5))[None]
            y = (np.arange(TILE, dtype=np.float32) + (row * TILE + 0.5))[:, None]
            tile = np.rint(np.broadcast_to(values(x, y), (TILE, TILE))).astype(np.uint8)
            tile[mask.height - row * TILE :] = mask.default
            tile[:, mask.width - column * TILE :] = mask.default
            if (tile != mask.default).any():
                tiles[row, column] = _frozen(tile)
    return replace(mask, tiles=MappingProxyType(tiles))


def _inside(box: Rect, matrix: Matrix, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """255 where a mask pixel lies in a canvas rectangle, 0 outside, between the two along the edge."""
    a, b, c, d, tx, ty = matrix
    across, down = a * x + c * y + tx, b * x + d * y + ty
    wide, high = max(abs(a) + abs(c), 1e-6), max(abs(b) + abs(d), 1e-6)  # of one mask pixel on the canvas
    share_x = np.minimum(across - box.left, box.right - across) / wide + 0.5
    share_y = np.minimum(down - box.top, box.bottom - down) / high + 0.5
    return np.clip(share_x, 0, 1) * np.clip(share_y, 0, 1) * 255


def _with_pixels(layer: Layer, pixels: Pixels) -> Layer:
    """The layer with changed pixels of the same size; they become a candidate where it has some, so that none is lost."""
    shown = next((candidate for candidate in layer.candidates if candidate.pixels is layer.pixels), None)
    if shown is None:
        return replace(layer, pixels=pixels)
    return replace(layer, pixels=pixels, candidates=(*layer.candidates, Candidate(pixels, shown.placement, shown.recipe)))


def _opaque(pixels: Pixels) -> Pixels:
    """With alpha 255 everywhere inside the edges; what of it is a thing cannot be told any more."""
    tiles = {}
    for row in range(-(-pixels.height // TILE)):
        for column in range(-(-pixels.width // TILE)):
            old = pixels.tiles.get((row, column))
            tile = np.zeros((TILE, TILE, 4), np.uint8) if old is None else old.copy()
            tile[: pixels.height - row * TILE, : pixels.width - column * TILE, 3] = 255
            tiles[row, column] = _frozen(tile)
    return replace(pixels, tiles=MappingProxyType(tiles), cover=None)


def _mask(document: Document, id: str) -> Mask:
    node = edits.get(document, id)
    if node.mask is None:
        raise EditError(phrase("“{name}” has no mask.", name=node.name), phrase("Add one from the Layer menu."))
    return node.mask


def _layer(document: Document, id: str) -> Layer:
    node = edits.get(document, id)
    if not isinstance(node, Layer):
        raise EditError(phrase("“{name}” is a group; this needs a layer.", name=node.name))
    return node


def _frozen(tile: np.ndarray) -> np.ndarray:
    tile = np.ascontiguousarray(tile)
    tile.flags.writeable = False
    return tile
