"""Adjustment layers as pixels: what lies below one, seen through it, becomes a layer of its own in its place.

Over an opaque picture that looks exactly as the adjustment did, at any opacity, mask and blend mode; it no longer follows when
something below it changes. The formulas are psd-tools', fitted to Photoshop's own renders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.composite.adjustments import ADJUSTMENT_FUNC
from psd_tools.constants import ColorMode, Tag
from psd_tools.psd.adjustments import ChannelMixer, GradientMap

from ...document.document import Document, Group, Layer, Node, bounds, make_group
from ...document.geometry import EMPTY, Placement, Rect
from ...document.pixels import Pixels
from ...render.blend import LUMINANCE, PASS_THROUGH
from ...render.render import render
from .gradient import SMOOTHNESS, between

_BAND = 512  # rows adjusted at a time: psd-tools' formulas take some 60 bytes a pixel

Formula = Callable[[np.ndarray], np.ndarray]  # (h, w, 3) float32 in [0, 1] -> the same, a new array


def formula(layer: PsdLayer, mode: ColorMode) -> Formula | None:
    """What an adjustment layer does to colours in the file's numbers; None for a kind that nobody here can compute."""
    blocks = layer.tagged_blocks
    known = ADJUSTMENT_FUNC.get(layer.kind)
    if known is not None:
        if mode is ColorMode.GRAYSCALE:
            return lambda colors: np.repeat(known(colors[..., :1], mode, layer), 3, axis=2)
        return lambda colors: known(colors, ColorMode.RGB, layer)
    if Tag.BRIGHTNESS_AND_CONTRAST in blocks:  # without the block of the newer formula
        data = blocks.get_data(Tag.BRIGHTNESS_AND_CONTRAST)
        return _legacy_brightness(_signed(data.brightness), _signed(data.contrast))
    if Tag.CHANNEL_MIXER in blocks and mode is ColorMode.RGB:
        return _channel_mixer(blocks.get_data(Tag.CHANNEL_MIXER))
    if Tag.GRADIENT_MAP in blocks and mode is ColorMode.RGB:
        return _gradient_map(blocks.get_data(Tag.GRADIENT_MAP))
    return None


def _signed(word: int) -> int:
    """A 16-bit number that was read without its sign."""
    return word - 0x10000 if word > 0x7FFF else word


def _legacy_brightness(brightness: int, contrast: int) -> Formula:
    """Both in -100 … 100: contrast flattens or stretches about the middle, then brightness adds levels."""
    steepness = 1 + contrast / 100 if contrast < 0 else 1 / max(1 - contrast / 100, 1e-6)
    table = np.clip((np.arange(256, dtype=np.float32) - 127) * steepness + 127 + brightness, 0, 255) / np.float32(255)
    return lambda colors: np.interp(colors, np.linspace(0, 1, 256), table).astype(np.float32)


def _channel_mixer(data: ChannelMixer) -> Formula:
    """Each channel a weighted sum of the three and a constant, in percent."""
    rows = np.frombuffer(np.array(data.data, ">i2").tobytes() + data.unknown, ">i2").astype(np.float32) / 100
    matrix = rows[: len(rows) // 5 * 5].reshape(-1, 5)[: 1 if data.monochrome else 3]
    if not data.monochrome and len(matrix) < 3:
        raise ValueError("a channel mixer with too few channels")

    def mix(colors: np.ndarray) -> np.ndarray:
        mixed = colors @ matrix[:, :3].T + matrix[:, 4]
        return np.clip(np.repeat(mixed, 3, axis=2) if data.monochrome else mixed, 0, 1).astype(np.float32)

    return mix


def _gradient_map(data: GradientMap) -> Formula | None:
    """The luminance of each pixel as a place on a ramp of RGB colours; None for ramps of noise and of other colours."""
    if data.mode or any(stop.mode for stop in data.color_stops):
        return None
    stops = [(float(stop.location), float(stop.midpoint)) for stop in data.color_stops]
    places, values = np.linspace(0, 1, 1024), [np.array(stop.color[:3]) / 65535 for stop in data.color_stops]
    table = np.float32(between(places, stops, values, data.interpolation / SMOOTHNESS))
    table = table[::-1] if data.is_reversed else table
    weights = LUMINANCE.reshape(3)
    return lambda colors: table[np.rint(np.clip(colors @ weights, 0, 1) * (len(table) - 1)).astype(np.int32)]


@dataclass(frozen=True)
class _Canvas:
    area: Rect
    formulas: dict[str, Formula]  # id of the empty layer that stands for an adjustment -> what it does


def baked(nodes: tuple[Node, ...], canvas: Rect, formulas: dict[str, Formula]) -> tuple[Node, ...]:
    """The nodes with pixels in the layers of those ids."""
    return _baked(nodes, (), _Canvas(canvas, formulas)) if formulas else nodes


def _baked(nodes: tuple[Node, ...], below: tuple[Node, ...], canvas: _Canvas) -> tuple[Node, ...]:
    """below: what is painted under these nodes as far as they mix with it."""
    done: list[Node] = []
    base = 0  # where the node lies that the coming ones clip to
    for index, node in enumerate(nodes):
        if not node.clipping:
            base = len(done)
        if isinstance(node, Group):
            is_base = not node.clipping and index + 1 < len(nodes) and nodes[index + 1].clipping
            under = (*below, *done) if _mixes(node) and not is_base else ()  # adjustments do not reach out of what others clip to
            done.append(replace(node, children=_baked(node.children, under, canvas)))
        elif node.id not in canvas.formulas:
            done.append(node)
        elif node.clipping and done and not _mixes(done[base]):
            stands = replace(done[base], opacity=1.0, blend="normal", visible=True, clipping=False, mask=None)
            done.append(_opaque(_adjusted(node, (stands, *done[base + 1 :]), canvas)))
        else:
            seen = _adjusted(node, (*below, *done), canvas)
            if node.visible and not below and not node.clipping and _is_soft(seen):
                # Over what shows through in part a layer would add to what is there; one that clips does not.
                done = [make_group(f"Under {node.name}", tuple(done), blend="normal"), replace(_opaque(seen), clipping=True)]
                base = 0
            else:
                done.append(seen)
    return tuple(done)


def _is_soft(layer: Layer) -> bool:
    return any(((tile[..., 3] > 0) & (tile[..., 3] < 255)).any() for tile in layer.pixels.tiles.values())


def _opaque(layer: Layer) -> Layer:
    """As opaque as it can be: what it clips to cuts it."""
    pixels = layer.pixels.to_array()
    pixels[..., 3] = np.where(pixels[..., 3] > 0, 255, 0)
    return replace(layer, pixels=Pixels.from_array(pixels))


def _mixes(node: Node) -> bool:
    return isinstance(node, Group) and node.blend == PASS_THROUGH


def _adjusted(layer: Layer, below: tuple[Node, ...], canvas: _Canvas) -> Layer:
    """The layer with what it makes of the nodes below it, as opaque as they are."""
    area = EMPTY
    for node in below:
        area = area.unite(bounds(node))
    area = area.intersect(canvas.area)
    dx, dy = int(layer.placement.x), int(layer.placement.y)
    if layer.mask is not None and layer.mask.enabled and layer.mask.default == 0:
        shift = (dx, dy) if layer.mask.linked else (0, 0)
        area = area.intersect(layer.mask.rect.moved(layer.mask.left, layer.mask.top).moved(*shift))
    if area.is_empty:
        return layer
    picture = Document(canvas.area.width, canvas.area.height, below)
    seen = np.empty((area.height, area.width, 4), np.uint8)
    for top in range(0, area.height, _BAND):
        band = Rect(area.left, area.top + top, area.right, min(area.top + top + _BAND, area.bottom))
        part = render(picture, band)
        colors = canvas.formulas[layer.id](part[..., :3] / np.float32(255))
        part[..., :3] = np.rint(np.clip(np.nan_to_num(colors), 0, 1) * 255)
        seen[top : top + band.height] = part
    mask = layer.mask
    if mask is not None and mask.linked:
        mask = replace(mask, left=mask.left + dx - area.left, top=mask.top + dy - area.top)
    return replace(layer, pixels=Pixels.from_array(seen), placement=Placement(area.left, area.top), mask=mask)
