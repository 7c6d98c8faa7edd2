"""What a PSD's record holds, decoded: pixels and masks of one layer, in the numbers of the file.

A layer's colours stay as they are written (of CMYK and Lab: as sRGB) until `to_document` turns all of them into the
document's; what is computed in between, adjustments and effects, is computed in the file's own colour space, as in Photoshop.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from imagecodecs import packbits_decode
from PIL import Image, ImageFilter
from psd_tools.constants import ChannelID, ColorMode, Compression, Resource, Tag
from psd_tools.psd import PSD
from psd_tools.psd.adjustments import ADJUSTMENT_TYPES
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList, LayerRecord, MaskData

from ...document.document import Group, Node
from ...document.geometry import Rect
from ...document.pixels import TILE, Key, Mask, Pixels
from ..color import to_srgb
from ..raster import MOST_PIXELS, MOST_PIXELS_IN_LAYERS

COLOR_PLANES = {ColorMode.RGB: 3, ColorMode.GRAYSCALE: 1, ColorMode.DUOTONE: 1, ColorMode.CMYK: 4, ColorMode.LAB: 3}
FILLS = (Tag.SOLID_COLOR_SHEET_SETTING, Tag.GRADIENT_FILL_SETTING, Tag.PATTERN_FILL_SETTING)
ADJUSTMENTS = tuple(tag for tag in ADJUSTMENT_TYPES if tag not in FILLS)
_REACH = 3  # a feathered mask reaches so many radii beyond its pixels


@dataclass
class Reading:
    """One file while it is read, and what was noticed on the way."""

    psd: PSD
    noticed: Counter[str] = field(default_factory=Counter)
    color_notes: dict[str, None] = field(default_factory=dict)  # an ordered set
    left_out: list[str] = field(default_factory=list)  # kinds of adjustments and effects that nobody here can compute

    # What is still to be computed once all nodes are there (psd_computed.py): by the node's id.
    adjustments: dict[str, LayerRecord] = field(default_factory=dict)
    paths: dict[str, LayerRecord] = field(default_factory=dict)
    fills: dict[str, LayerRecord] = field(default_factory=dict)
    styles: dict[str, tuple[LayerRecord, float]] = field(default_factory=dict)  # with the fill opacity, 0 to 1

    @cached_property
    def profile(self) -> bytes | None:
        return self.psd.image_resources.get_data(Resource.ICC_PROFILE) if self.psd.header.depth < 32 else None

    @cached_property
    def kept_profile(self) -> bytes | None:
        """The file's profile where the document's colours stay its own: it says sRGB in other words."""
        if not self.profile or self.psd.header.color_mode is not ColorMode.RGB:
            return None
        return to_srgb(Image.new("RGB", (1, 1)), self.profile)[1]

    @cached_property
    def is_grey(self) -> bool:
        return self.psd.header.color_mode in (ColorMode.GRAYSCALE, ColorMode.DUOTONE)


def has_pixels(state: Reading, record: LayerRecord, channels: ChannelDataList) -> bool:
    found = {info.id for info, data in zip(record.channel_info, channels, strict=False) if data.data}
    return bool(record.width and record.height and found.issuperset(range(COLOR_PLANES[state.psd.header.color_mode])))


def pixels(state: Reading, record: LayerRecord, channels: ChannelDataList) -> Pixels:
    """The layer's pixels; an empty raster where the file has none. The encoded channels are let go."""
    width, height = record.width, record.height
    in_rows = can_be_decoded_apart(state) and all(data.compression in (Compression.RLE, Compression.RAW) for data in channels)
    if width * height > (MOST_PIXELS_IN_LAYERS if in_rows else MOST_PIXELS):
        raise ValueError(f"a layer of {width} × {height}")
    if not has_pixels(state, record, channels):
        return Pixels.empty(width, height)
    found = {info.id: data for info, data in zip(record.channel_info, channels, strict=False) if data.data}
    wanted = [found[ChannelID(i)] for i in range(COLOR_PLANES[state.psd.header.color_mode])]
    alpha = found.get(ChannelID.TRANSPARENCY_MASK)
    if can_be_decoded_apart(state):
        result = _in_strips(state, [*wanted, *([alpha] if alpha else [])], len(wanted), width, height)
    else:
        whole = np.full((height, width, 4), 255, np.uint8)
        colors(state, [plane(state, data, width, height) for data in wanted], whole[..., :3])
        if alpha:
            whole[..., 3] = as_bytes(plane(state, alpha, width, height))
        result = Pixels.from_array(whole)
    for data in (*wanted, *([alpha] if alpha else [])):
        data.data = b""
    return result


def can_be_decoded_apart(state: Reading) -> bool:
    """Whether layers may be decoded on several threads at once: 8 bits, and colours that stay as they are."""
    return state.psd.header.depth == 8 and (state.is_grey or state.psd.header.color_mode is ColorMode.RGB)


def _in_strips(state: Reading, channels: list[ChannelData], colors_among: int, width: int, height: int) -> Pixels:
    """A row of tiles at a time: what is worked on stays in the cache. channels: 1 or 3 of colour, then perhaps the alpha."""
    rows = [_Rows(state, data, width, height) for data in channels]
    strip = [np.empty((TILE, width), np.uint8) for _ in channels]
    order = [0, 1, 2] if colors_among == 3 else [0, 0, 0]
    planes = [strip[index] for index in order] + strip[colors_among:]
    tiles: dict[Key, np.ndarray] = {}
    for top in range(0, height, TILE):
        count = min(TILE, height - top)
        for channel, values in zip(rows, strip, strict=True):
            channel.read(top, values[:count])
        for left in range(0, width, TILE):
            across = min(TILE, width - left)
            tile = np.zeros((TILE, TILE, 4), np.uint8)
            if len(planes) == 3:
                tile[:count, :across, 3] = 255
            for index, values in enumerate(planes):
                tile[:count, :across, index] = values[:count, left : left + across]
            if tile.any():
                tile.flags.writeable = False
                tiles[top // TILE, left // TILE] = tile
    return Pixels(width, height, MappingProxyType(tiles))


class _Rows:
    """One 8-bit channel, read some rows at a time. What is damaged or missing is black, and told."""

    def __init__(self, state: Reading, data: ChannelData, width: int, height: int) -> None:
        self._state = state
        self._data = memoryview(data.data)
        self._offsets: np.ndarray | None = None
        if data.compression is Compression.RLE:
            kind = np.dtype((">u2", ">u4")[state.psd.header.version - 1])
            table = self._data[: height * kind.itemsize]
            counts = np.zeros(height, np.int64)
            counts[: len(table) // kind.itemsize] = np.frombuffer(table[: len(table) // kind.itemsize * kind.itemsize], kind)
            self._offsets = np.concatenate([[0], np.cumsum(counts)]) + height * kind.itemsize
        elif data.compression is not Compression.RAW:
            self._data = memoryview(np.ascontiguousarray(plane(state, data, width, height))).cast("B")

    def read(self, top: int, out: np.ndarray) -> None:
        """Fill `out`, (n, width) uint8, with the rows from `top` on."""
        count, width = out.shape
        if self._offsets is None:
            piece = np.frombuffer(self._data[top * width : (top + count) * width], np.uint8)
            out.reshape(-1)[: piece.size] = piece
            self._blacken(out.reshape(-1)[piece.size :])
            return
        offsets = self._offsets[top : top + count + 1].tolist()
        for row in range(count):
            try:
                size = packbits_decode(self._data[offsets[row] : offsets[row + 1]], out=out[row]).size
            except (RuntimeError, ValueError):
                size = 0
            if size < width:
                self._blacken(out[row, size:])

    def _blacken(self, rest: np.ndarray) -> None:
        if rest.size:
            rest[...] = 0
            self._state.noticed["damaged"] = 1


def plane(state: Reading, data: ChannelData, width: int, height: int) -> np.ndarray:
    """(height, width) of uint8, big-endian uint16 or float32: one decoded channel."""
    depth = state.psd.header.depth
    size = width * height * depth // 8
    raw = data.get_data(width, height, depth, state.psd.header.version, max_output_bytes=max(size, 1))
    return np.frombuffer(raw, {8: np.uint8, 16: ">u2", 32: ">f4"}[depth], count=width * height).reshape(height, width)


def as_bytes(values: np.ndarray) -> np.ndarray:
    """A plane of any depth as uint8, without a change of gamma (alpha and masks)."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.itemsize == 2:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.rint(np.clip(np.nan_to_num(values.astype(np.float32)), 0, 1) * 255).astype(np.uint8)


def _encoded(values: np.ndarray) -> np.ndarray:
    """A colour plane as uint8 in the document's gamma; 32-bit files hold linear light."""
    if values.dtype != np.dtype(">f4"):
        return as_bytes(values)
    light = np.clip(np.nan_to_num(values.astype(np.float32)), 0, 1)
    return as_bytes(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(">f4"))


def colors(state: Reading, planes: list[np.ndarray], out: np.ndarray) -> None:
    """Write a file's colour planes to `out`, (h, w, 3) uint8: RGB and grey in the file's numbers, CMYK and Lab as sRGB."""
    mode = state.psd.header.color_mode
    if mode is ColorMode.CMYK:
        image = Image.fromarray(np.ascontiguousarray(255 - np.dstack([_encoded(values) for values in planes])), "CMYK")
        out[...] = _noted(state, image, state.profile)
    elif mode is ColorMode.LAB:
        out[...] = _noted(state, Image.merge("LAB", [Image.fromarray(_encoded(values)) for values in planes]), None)
    else:
        for channel in range(3):
            out[..., channel] = _encoded(planes[min(channel, len(planes) - 1)])


def _noted(state: Reading, image: Image.Image, profile: bytes | None) -> np.ndarray:
    """(h, w, 3) uint8 sRGB; what had to be converted is remembered for the report."""
    converted, _profile, notes = to_srgb(image, profile)
    state.color_notes.update(dict.fromkeys(notes))
    return converted


def is_srgb(state: Reading) -> bool:
    """Whether the numbers that this module gives are already the document's."""
    if state.psd.header.color_mode in (ColorMode.CMYK, ColorMode.LAB) or not state.profile:
        return True
    return state.kept_profile is not None


def to_document(state: Reading, values: np.ndarray) -> np.ndarray:
    """(h, w, 3 or 4) uint8 in the file's numbers -> the document's, sRGB."""
    if is_srgb(state):
        return values
    shade = Image.fromarray(values[..., 0] if state.is_grey else np.ascontiguousarray(values[..., :3]))
    converted = _noted(state, shade, state.profile)
    return converted if values.shape[2] == 3 else np.dstack([converted, values[..., 3]])


def nodes_to_document(state: Reading, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The same for every layer."""
    if is_srgb(state):
        return nodes
    return tuple(_node_to_document(state, node) for node in nodes)


def _node_to_document(state: Reading, node: Node) -> Node:
    if isinstance(node, Group):
        return replace(node, children=nodes_to_document(state, node.children))
    tiles = {key: to_document(state, tile) for key, tile in node.pixels.tiles.items()}
    for tile in tiles.values():
        tile[tile[..., 3] == 0] = 0  # invisible everywhere, and beyond the edge as a tile must be
        tile.flags.writeable = False
    return replace(node, pixels=Pixels(node.pixels.width, node.pixels.height, MappingProxyType(tiles)))


# Masks

_MaskRaster = tuple[Rect, np.ndarray, int]  # where it lies on the canvas, (h, w) uint8, the value outside


def mask(state: Reading, record: LayerRecord, channels: ChannelDataList, of_layer: bool, cut: bool) -> Mask | None:
    """The node's mask; a vector mask comes as the pixels that Photoshop rendered of it.

    of_layer: linked masks count from the layer's corner. cut: the layer's alpha is already cut by its vector mask, as a fill's is.
    Channel -2 is the pixel mask, or with a vector mask what Photoshop rendered of that, times the pixel mask if there is
    one, which then is in -3. Density makes what a mask hides show through, feather blurs it; the channels are without both.
    """
    data = record.mask_data
    found = {info.id: channel for info, channel in zip(record.channel_info, channels, strict=False) if channel.data}
    if data is None:
        return None
    if max(data.width * data.height, data.real_width * data.real_height) > MOST_PIXELS:
        state.left_out.append(f"masks of more than {MOST_PIXELS // 1_000_000} megapixels")
        return None
    rendered, parameters = data.flags.user_mask_from_render, data.parameters
    both = _raster(state, found, ChannelID.USER_LAYER_MASK, Rect(data.left, data.top, data.right, data.bottom), data.background_color)
    disabled = data.flags.mask_disabled
    if rendered and cut:
        if data.real_flags is None:
            return None
        both = _real_mask(state, found, data)
        rendered, disabled = False, data.real_flags.mask_disabled
    if both is None:
        return None
    if parameters is not None:
        both = _softened(data, both, _real_mask(state, found, data) if rendered and data.real_flags is not None else None, rendered)
    state.noticed["vector mask"] += rendered
    area, array, default = both
    linked = not (data.real_flags or data.flags).pos_relative_to_layer or not of_layer
    left, top = (area.left - record.left, area.top - record.top) if of_layer and linked else (area.left, area.top)
    return Mask.from_array(array, left, top, default, linked=of_layer and linked, enabled=not disabled)


def is_softened_vector(record: LayerRecord) -> bool:
    """Whether a vector mask lets something show outside its path: density or feather."""
    data = record.mask_data
    if data is None or data.parameters is None or not data.flags.user_mask_from_render:
        return False
    return data.parameters.vector_mask_density not in (None, 255) or bool(data.parameters.vector_mask_feather)


def _raster(state: Reading, found: dict[int, ChannelData], channel: ChannelID, area: Rect, outside: int) -> _MaskRaster | None:
    """None for a mask that hides nothing."""
    if area.is_empty or channel not in found:
        return None if outside == 255 else (Rect(0, 0, 1, 1), np.full((1, 1), outside, np.uint8), outside)
    return area, as_bytes(plane(state, found[channel], area.width, area.height)), outside


def _real_mask(state: Reading, found: dict[int, ChannelData], data: MaskData) -> _MaskRaster | None:
    area = Rect(data.real_left or 0, data.real_top or 0, data.real_right or 0, data.real_bottom or 0)
    return _raster(state, found, ChannelID.REAL_USER_LAYER_MASK, area, data.real_background_color or 0)


def _softened(data: MaskData, both: _MaskRaster, user: _MaskRaster | None, rendered: bool) -> _MaskRaster:
    """The mask with its density and feather worked in. user: the pixel mask alone, where `both` is a vector mask times that one."""
    given = data.parameters
    of_user = (given.user_mask_density, given.user_mask_feather)
    of_vector = (given.vector_mask_density, given.vector_mask_feather)
    if user is None:
        return _soft(both, *(of_vector if rendered else of_user))
    if all(density in (None, 255) and not feather for density, feather in (of_user, of_vector)):
        return both
    area = both[0].unite(user[0])
    product, pixel = _spread(both, area).astype(np.uint16), _spread(user, area).astype(np.uint16)
    alone = np.where(pixel > 0, np.minimum(product * 255 // np.maximum(pixel, 1), 255), 255).astype(np.uint8)
    vector = _soft((area, alone, both[2] if user[2] else 255), *of_vector)
    pixel_mask = _soft(user, *of_user)
    area = vector[0].unite(pixel_mask[0])
    both_soft = _spread(vector, area).astype(np.uint16) * _spread(pixel_mask, area)
    return area, ((both_soft + 127) // 255).astype(np.uint8), (vector[2] * pixel_mask[2] + 127) // 255


def _soft(raster: _MaskRaster, density: int | None, feather: float | None) -> _MaskRaster:
    """density: 255 changes nothing, 0 hides nothing. feather: the standard deviation of a blur, in pixels."""
    area, array, outside = raster
    if feather:
        grown = area.grown(math.ceil(_REACH * feather))
        _check_area(grown)
        array = np.asarray(Image.fromarray(_spread(raster, grown)).filter(ImageFilter.GaussianBlur(feather)))
        area = grown
    if density is None or density == 255:
        return area, array, outside
    table = np.array([with_density(level, density) for level in range(256)], np.uint8)
    return area, table[array], int(table[outside])


def with_density(level: int, density: int) -> int:
    """How much shows where a mask of that level (0 to 255) has that density: 0 hides nothing, 255 all that the mask does."""
    return 255 - ((255 - level) * density + 127) // 255


def _spread(raster: _MaskRaster, area: Rect) -> np.ndarray:
    """(h, w) uint8 of `area`."""
    _check_area(area)
    lies, array, outside = raster
    return Mask.from_array(array, default=outside).to_array(area.moved(-lies.left, -lies.top))


def _check_area(area: Rect) -> None:
    if area.width * area.height > MOST_PIXELS:
        raise ValueError(f"masks of {area.width} × {area.height}")
