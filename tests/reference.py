"""The renderer written down plainly: float64, whole canvas, one pixel after the next formula. Slow, and right by inspection.

Only placements that shift by whole pixels.
"""

from __future__ import annotations

import numpy as np

from app.document.document import Document, Group, Layer, Node
from app.document.geometry import Rect
from app.render.blend import PASS_THROUGH, blend


def composite(document: Document) -> np.ndarray:
    """(h, w, 4) float64 straight RGBA in [0, 255]."""
    canvas = np.zeros((document.height, document.width, 4))
    canvas = _nodes(canvas, document.layers)
    return np.concatenate([_straight(canvas), canvas[..., 3:]], -1) * 255


def _nodes(under: np.ndarray, nodes: tuple[Node, ...]) -> np.ndarray:
    """(h, w, 4) premultiplied in [0, 1] -> the same with the nodes on it."""
    index = 0
    while index < len(nodes):
        end = index + 1
        while end < len(nodes) and nodes[end].clipping:
            end += 1
        if nodes[index].visible:
            under = _node(under, nodes[index], [node for node in nodes[index + 1 : end] if node.visible])
        index = end
    return under


def _node(under: np.ndarray, node: Node, clipped: list[Node]) -> np.ndarray:
    mask = _mask(node, under.shape)
    if isinstance(node, Group) and node.blend == PASS_THROUGH:
        share = (mask * node.opacity)[..., None]
        return under * (1 - share) + _clipped_to_group(_nodes(under, node.children), node, clipped) * share
    source = _pixels(node, under.shape) if isinstance(node, Layer) else _nodes(np.zeros_like(under), node.children)
    if clipped:
        source = _with_clipped(source, clipped)
    mode = "normal" if node.blend == PASS_THROUGH else node.blend
    return _over(under, source * (mask * node.opacity)[..., None], mode)


def _with_clipped(source: np.ndarray, clipped: list[Node]) -> np.ndarray:
    """The clipped layers mix with the colours as if they were opaque; the alpha stays."""
    alpha = source[..., 3:]
    opaque = np.concatenate([_straight(source), np.ones_like(alpha)], -1)
    for layer in clipped:
        opaque = _node(opaque, layer, [])
    return opaque * alpha


def _clipped_to_group(result: np.ndarray, group: Group, clipped: list[Node]) -> np.ndarray:
    """The same on what lies below too, as far as the group covers it."""
    if not clipped:
        return result
    covered = _nodes(np.zeros_like(result), group.children)[..., 3:]
    share = np.divide(covered, result[..., 3:], out=np.zeros_like(covered), where=result[..., 3:] > 0)
    return result * (1 - share) + _with_clipped(result, clipped) * share


def _over(under: np.ndarray, source: np.ndarray, mode: str) -> np.ndarray:
    below, above = _straight(under), _straight(source)
    mixed = np.moveaxis(blend(mode, _planes(below), _planes(above)), 0, -1).astype(np.float64)
    alpha_below, alpha = under[..., 3:], source[..., 3:]
    colour = (1 - alpha) * alpha_below * below + alpha * ((1 - alpha_below) * above + alpha_below * mixed)
    return np.concatenate([colour, alpha + alpha_below - alpha * alpha_below], -1)


def _planes(colours: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(colours, -1, 0), np.float32)


def _straight(premultiplied: np.ndarray) -> np.ndarray:
    alpha = premultiplied[..., 3:]
    return np.divide(premultiplied[..., :3], alpha, out=np.zeros_like(premultiplied[..., :3]), where=alpha > 0)


def _pixels(layer: Layer, shape: tuple[int, ...]) -> np.ndarray:
    rect = Rect.from_size(-int(layer.placement.x), -int(layer.placement.y), shape[1], shape[0])
    straight = layer.pixels.to_array(rect) / 255
    return np.concatenate([straight[..., :3] * straight[..., 3:], straight[..., 3:]], -1)


def _mask(node: Node, shape: tuple[int, ...]) -> np.ndarray:
    mask = node.mask
    if mask is None or not mask.enabled:
        return np.ones(shape[:2])
    moves = isinstance(node, Layer) and mask.linked
    left, top = mask.left + (int(node.placement.x) if moves else 0), mask.top + (int(node.placement.y) if moves else 0)
    return mask.to_array(Rect.from_size(-left, -top, shape[1], shape[0])) / 255
