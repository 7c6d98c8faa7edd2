"""Reading PSD and PSB with psd-tools' structures.

Pixel layers, groups, masks, clipping, blend modes, opacity, names, visibility, guides and resolution come in as they are.
Text, smart objects, shapes and fills come in as the pixels that the file holds for them; adjustments and effects have none and
are left out. Whatever was changed is said in the report.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from psd_tools.compression import PSDDecompressionWarning
from psd_tools.constants import ChannelID, Clipping, ColorMode, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.adjustments import ADJUSTMENT_TYPES
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList, LayerRecord, MaskData

from ..document import Document, Group, Guide, Layer, Node, make_layer, new_id
from ..errors import FileError
from ..geometry import Placement, Rect
from ..pixels import Mask, Pixels
from .color import to_srgb
from .foreign import reading
from .opened import Opened
from .psd_table import BLEND_OF_MODE, LOCKED, TAG_OF_SHEET_COLOR
from .raster import DEFAULT_DPI, MOST_PIXELS

# What psd-tools finds odd in a file is told in our report; on the terminal it would be noise.
logging.getLogger("psd_tools").addHandler(logging.NullHandler())
logging.getLogger("psd_tools").propagate = False

_COLOR_PLANES = {ColorMode.RGB: 3, ColorMode.GRAYSCALE: 1, ColorMode.DUOTONE: 1, ColorMode.CMYK: 4, ColorMode.LAB: 3}
_FILLS = (Tag.SOLID_COLOR_SHEET_SETTING, Tag.GRADIENT_FILL_SETTING, Tag.PATTERN_FILL_SETTING)
_ADJUSTMENTS = tuple(tag for tag in ADJUSTMENT_TYPES if tag not in _FILLS)
_KINDS = {  # tag -> what the report calls such a layer
    Tag.TYPE_TOOL_OBJECT_SETTING: "text",
    Tag.TYPE_TOOL_INFO: "text",
    Tag.SMART_OBJECT_LAYER_DATA1: "smart object",
    Tag.SMART_OBJECT_LAYER_DATA2: "smart object",
    Tag.PLACED_LAYER1: "smart object",
    Tag.PLACED_LAYER2: "smart object",
    Tag.VECTOR_STROKE_CONTENT_DATA: "shape",
    **dict.fromkeys(_FILLS, "fill or shape"),
}
_EFFECTS = (Tag.OBJECT_BASED_EFFECTS_LAYER_INFO, Tag.EFFECTS_LAYER)


@dataclass
class _Reading:
    """One file while it is read, and what was noticed on the way."""

    psd: PSD
    profile: bytes | None
    noticed: Counter[str] = field(default_factory=Counter)
    color_notes: dict[str, None] = field(default_factory=dict)  # an ordered set

    @cached_property
    def kept_profile(self) -> bytes | None:
        """The file's profile where the document's colours stay its own: it says sRGB in other words."""
        if not self.profile or self.psd.header.color_mode is not ColorMode.RGB:
            return None
        return to_srgb(Image.new("RGB", (1, 1)), self.profile)[1]

    @cached_property
    def is_plain(self) -> bool:
        """Whether the channels are 8-bit sRGB as they are."""
        header = self.psd.header
        return header.depth == 8 and header.color_mode is ColorMode.RGB and (not self.profile or self.kept_profile is not None)


def open_psd(path: Path) -> Opened:
    """Read a PSD or PSB; FileError where it is damaged or of a kind that cannot be read."""
    with reading(path), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with open(path, "rb") as file:
            psd = PSD.read(file)
        header = psd.header
        if header.width * header.height > MOST_PIXELS:
            raise FileError(
                f"“{path.name}” is {header.width:,} × {header.height:,} pixels; Downstage opens up to "
                f"{MOST_PIXELS // 1_000_000} megapixels.",
                "Scale it down in another program first.",
            )
        state = _Reading(psd, psd.image_resources.get_data(Resource.ICC_PROFILE))
        layers = _nodes(state) if header.color_mode in _COLOR_PLANES and header.depth >= 8 else ()
        if not _any_pixels(layers):
            layers = _merged_layer(state, layers)
        document = Document(header.width, header.height, layers, state.kept_profile, _dpi(psd), _guides(psd))
    if any(issubclass(warning.category, PSDDecompressionWarning) for warning in caught):
        state.noticed["damaged"] += 1
    return Opened(document, _report(state))


def _report(state: _Reading) -> tuple[str, ...]:
    header = state.psd.header
    report = list(state.color_notes)
    if header.color_mode not in (ColorMode.RGB, ColorMode.CMYK):  # of CMYK the colour conversion tells
        report.insert(0, f"The file was in the colour mode {header.color_mode.name.lower()}; it became RGB.")
    if header.depth > 8:
        report.insert(0, f"The file had {header.depth} bits a channel; they were reduced to 8.")
    sentences = {
        "text": "{n} text layer(s) became pixels.",
        "smart object": "{n} smart object(s) became pixels.",
        "shape": "{n} shape layer(s) became pixels.",
        "fill or shape": "{n} fill or shape layer(s) became pixels.",
        "no pixels": "{n} layer(s) without pixels in the file came in empty.",
        "adjustment": "{n} adjustment layer(s) were left out; the picture may look different.",
        "effects": "The effects (shadows, strokes …) of {n} layer(s) were left out.",
        "fill opacity": "The fill opacity of {n} layer(s) was put into the opacity.",
        "vector mask": "{n} vector mask(s) became pixel masks.",
        "feather": "The feather of {n} mask(s) was left out.",
        "damaged": "Some pixels in the file are damaged and were left black.",
        "merged": "The file has no layers with pixels; its merged picture became the only one.",
    }
    return tuple(report + [sentence.format(n=state.noticed[what]) for what, sentence in sentences.items() if state.noticed[what]])


def _dpi(psd: PSD) -> float:
    info = psd.image_resources.get_data(Resource.RESOLUTION_INFO)
    dpi = round(info.horizontal / 65536, 3) if info is not None else 0.0
    return dpi if 1 <= dpi <= 100_000 else DEFAULT_DPI


def _guides(psd: PSD) -> tuple[Guide, ...]:
    info = psd.image_resources.get_data(Resource.GRID_AND_GUIDES_INFO)
    return tuple(Guide(bool(direction), position / 32) for position, direction in info.data) if info is not None else ()


def _nodes(state: _Reading) -> tuple[Node, ...]:
    """The flat list of records, bottom to top, as a tree."""
    open_lists: list[list[Node]] = [[]]
    for record, channels in state.psd._iter_layers():
        blocks = record.tagged_blocks
        divider = blocks.get_data(Tag.SECTION_DIVIDER_SETTING) or blocks.get_data(Tag.NESTED_SECTION_DIVIDER_SETTING)
        kind = SectionDivider.OTHER if divider is None else divider.kind
        if kind is SectionDivider.BOUNDING_SECTION_DIVIDER:
            open_lists.append([])
        elif kind is SectionDivider.OTHER:
            layer = _layer(state, record, channels)
            open_lists[-1] += [] if layer is None else [layer]
        else:
            children = open_lists.pop() if len(open_lists) > 1 else []
            common = _common(state, record, channels, linked=False)
            common["blend"] = BLEND_OF_MODE[divider.blend_mode or record.blend_mode]
            open_lists[-1].append(Group(**common, children=tuple(children), collapsed=kind is SectionDivider.CLOSED_FOLDER))
    return tuple(node for nodes in open_lists for node in nodes)  # groups that were never closed: their layers stay


def _layer(state: _Reading, record: LayerRecord, channels: ChannelDataList) -> Layer | None:
    """One layer; None for an adjustment, which is no picture."""
    if any(tag in record.tagged_blocks for tag in _ADJUSTMENTS):
        state.noticed["adjustment"] += 1
        return None
    kind = next((name for tag, name in _KINDS.items() if tag in record.tagged_blocks), None)
    if kind:
        state.noticed[kind] += 1
    if any(tag in record.tagged_blocks for tag in _EFFECTS):
        state.noticed["effects"] += 1
    pixels = _pixels(state, record, channels)
    if kind and not pixels.tiles:
        state.noticed["no pixels"] += 1
    return Layer(**_common(state, record, channels, linked=True), pixels=pixels, placement=Placement(record.left, record.top))


def _common(state: _Reading, record: LayerRecord, channels: ChannelDataList, linked: bool) -> dict:
    """The fields that layers and groups share."""
    blocks = record.tagged_blocks
    fill = blocks.get_data(Tag.BLEND_FILL_OPACITY, 255)
    if fill != 255:
        state.noticed["fill opacity"] += 1
    tag = blocks.get_data(Tag.SHEET_COLOR_SETTING)
    return {
        "id": new_id(),
        "name": (blocks.get_data(Tag.UNICODE_LAYER_NAME) or record.name).rstrip("\0"),
        "opacity": record.opacity * fill / (255 * 255),
        "blend": BLEND_OF_MODE[record.blend_mode],
        "visible": record.flags.visible,
        "locked": bool((blocks.get_data(Tag.PROTECTED_SETTING) or 0) & LOCKED),
        "clipping": record.clipping is Clipping.NON_BASE,
        "mask": _mask(state, record, channels, linked),
        "color_tag": TAG_OF_SHEET_COLOR.get(tag, ""),
    }


def _pixels(state: _Reading, record: LayerRecord, channels: ChannelDataList) -> Pixels:
    width, height = record.width, record.height
    if width * height > MOST_PIXELS:
        raise ValueError(f"a layer of {width} × {height}")
    found = {info.id: data for info, data in zip(record.channel_info, channels, strict=False) if data.data}
    wanted = [ChannelID(index) for index in range(_COLOR_PLANES[state.psd.header.color_mode])]
    if not width or not height or not all(channel in found for channel in wanted):
        return Pixels.empty(width, height)
    pixels = np.full((height, width, 4), 255, np.uint8)
    if state.is_plain:
        for index, channel in enumerate(wanted):
            pixels[..., index] = _plane(state, found[channel], width, height)
    else:
        pixels[..., :3] = _colors(state, [_plane(state, found[channel], width, height) for channel in wanted])
    if ChannelID.TRANSPARENCY_MASK in found:
        pixels[..., 3] = _bytes(_plane(state, found[ChannelID.TRANSPARENCY_MASK], width, height))
    return Pixels.from_array(pixels)


def _mask(state: _Reading, record: LayerRecord, channels: ChannelDataList, linked: bool) -> Mask | None:
    """The node's mask; a vector mask comes as the pixels that Photoshop rendered of it.

    Channel -2 is the pixel mask, or with a vector mask what Photoshop rendered of that, times the pixel mask if there is
    one, which then is in -3. Density makes what a mask hides show through; the channels are without it.
    """
    data = record.mask_data
    found = {info.id: channel for info, channel in zip(record.channel_info, channels, strict=False) if channel.data}
    if data is None or max(data.width * data.height, data.real_width * data.real_height) > MOST_PIXELS:
        return None
    rendered, of_fill = data.flags.user_mask_from_render, any(tag in record.tagged_blocks for tag in _FILLS)
    both = _raster(state, found, ChannelID.USER_LAYER_MASK, Rect(data.left, data.top, data.right, data.bottom), data.background_color)
    disabled = data.flags.mask_disabled
    if rendered and of_fill:  # a fill's alpha is already cut by its vector mask: only the pixel mask is left to apply
        if data.real_flags is None:
            return None
        both = _real_mask(state, found, data)
        rendered, disabled = False, data.real_flags.mask_disabled
    if both is None:
        return None
    if data.parameters is not None:
        both = _thinned(state, data, both, _real_mask(state, found, data) if rendered and data.real_flags is not None else None)
    state.noticed["vector mask"] += rendered
    area, array, default = both
    left, top = area.left - (record.left if linked else 0), area.top - (record.top if linked else 0)
    return Mask.from_array(array, left, top, default, linked=linked, enabled=not disabled)


_MaskRaster = tuple[Rect, np.ndarray, int]  # where it lies on the canvas, (h, w) uint8, the value outside


def _raster(state: _Reading, found: dict[int, ChannelData], channel: ChannelID, area: Rect, outside: int) -> _MaskRaster | None:
    """None for a mask that hides nothing."""
    if area.is_empty or channel not in found:
        return None if outside == 255 else (Rect(0, 0, 1, 1), np.full((1, 1), outside, np.uint8), outside)
    return area, _bytes(_plane(state, found[channel], area.width, area.height)), outside


def _real_mask(state: _Reading, found: dict[int, ChannelData], data: MaskData) -> _MaskRaster | None:
    area = Rect(data.real_left or 0, data.real_top or 0, data.real_right or 0, data.real_bottom or 0)
    return _raster(state, found, ChannelID.REAL_USER_LAYER_MASK, area, data.real_background_color or 0)


def _thinned(state: _Reading, data: MaskData, mask: _MaskRaster, user: _MaskRaster | None) -> _MaskRaster:
    """The mask with its density worked in. user: the pixel mask alone, where `mask` is a vector mask times that one."""
    parameters = data.parameters
    if parameters.user_mask_feather or parameters.vector_mask_feather:
        state.noticed["feather"] += 1
    of_user = 255 if parameters.user_mask_density is None else parameters.user_mask_density
    of_vector = 255 if parameters.vector_mask_density is None else parameters.vector_mask_density
    area, array, default = mask
    if user is None:
        density = of_vector if data.flags.user_mask_from_render else of_user
        return area, _with_density(array, density), int(_with_density(np.uint8(default), density))
    if of_user == of_vector == 255:
        return mask
    area = area.unite(user[0])
    if area.width * area.height > MOST_PIXELS:
        raise ValueError(f"masks of {area.width} × {area.height}")
    product, pixel = _spread(mask, area).astype(np.uint16), _spread(user, area).astype(np.uint16)
    vector = np.where(pixel > 0, np.minimum(product * 255 // np.maximum(pixel, 1), 255), 255).astype(np.uint8)
    thin = _with_density(vector, of_vector).astype(np.uint16) * _with_density(pixel.astype(np.uint8), of_user)
    return area, ((thin + 127) // 255).astype(np.uint8), int(_with_density(np.uint8(default), of_vector))


def _with_density(array: np.ndarray | np.uint8, density: int) -> np.ndarray:
    """uint8 of any shape; density 255 changes nothing, 0 hides nothing."""
    return (255 - ((255 - np.asarray(array, np.uint16)) * density + 127) // 255).astype(np.uint8)


def _spread(mask: _MaskRaster, area: Rect) -> np.ndarray:
    """(h, w) uint8 of `area`."""
    lies, array, outside = mask
    return Mask.from_array(array, default=outside).to_array(area.moved(-lies.left, -lies.top))


def _plane(state: _Reading, data: ChannelData, width: int, height: int) -> np.ndarray:
    """(height, width) of uint8, big-endian uint16 or float32: one decoded channel."""
    depth = state.psd.header.depth
    size = width * height * depth // 8
    raw = data.get_data(width, height, depth, state.psd.header.version, max_output_bytes=max(size, 1))
    return np.frombuffer(raw, {8: np.uint8, 16: ">u2", 32: ">f4"}[depth], count=width * height).reshape(height, width)


def _bytes(plane: np.ndarray) -> np.ndarray:
    """A plane of any depth as uint8, without a change of gamma (alpha and masks)."""
    if plane.dtype == np.uint8:
        return plane
    if plane.dtype == np.dtype(">u2"):
        return ((plane.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.rint(np.clip(np.nan_to_num(plane.astype(np.float32)), 0, 1) * 255).astype(np.uint8)


def _encoded(plane: np.ndarray) -> np.ndarray:
    """A colour plane as uint8 in the document's gamma; 32-bit files hold linear light."""
    if plane.dtype != np.dtype(">f4"):
        return _bytes(plane)
    light = np.clip(np.nan_to_num(plane.astype(np.float32)), 0, 1)
    return _bytes(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(">f4"))


def _colors(state: _Reading, planes: list[np.ndarray]) -> np.ndarray:
    """(h, w, 3) uint8 sRGB of a file's colour planes."""
    mode = state.psd.header.color_mode
    levels = [_encoded(plane) for plane in planes]
    profile = state.profile if state.psd.header.depth < 32 else None
    if mode is ColorMode.CMYK:
        image = Image.fromarray(np.ascontiguousarray(255 - np.dstack(levels)), "CMYK")
    elif mode is ColorMode.LAB:
        image, profile = Image.merge("LAB", [Image.fromarray(level) for level in levels]), None
    elif mode is ColorMode.RGB:
        image = Image.fromarray(np.dstack(levels))
    else:
        image = Image.fromarray(levels[0])
    colors, _profile, notes = to_srgb(image, profile)
    state.color_notes.update(dict.fromkeys(notes))
    return colors


def _any_pixels(nodes: tuple[Node, ...]) -> bool:
    return any(_any_pixels(node.children) if isinstance(node, Group) else bool(node.pixels.tiles) for node in nodes)


def _merged_layer(state: _Reading, empty: tuple[Node, ...]) -> tuple[Node, ...]:
    """The merged picture as the one layer, for files and colour modes without layers, or whose layers hold no pixels."""
    merged = Pixels.from_array(merged_pixels(state.psd, state))
    if empty and not merged.content_bounds().width:  # nothing to see, and rightly so
        return empty
    state.noticed["merged"] += 1
    return (make_layer("Background", merged),)


def merged_pixels(psd: PSD, state: _Reading | None = None) -> np.ndarray:
    """(h, w, 3 or 4) uint8 straight sRGB of the merged picture inside the file."""
    header = psd.header
    state = state or _Reading(psd, psd.image_resources.get_data(Resource.ICC_PROFILE))
    size = header.width * header.height * header.channels * max(header.depth, 8) // 8
    raw = psd.image_data.get_data(header, max_output_bytes=size)
    if header.color_mode is ColorMode.BITMAP or header.depth == 1:
        rows = np.unpackbits(np.frombuffer(raw[0], np.uint8).reshape(header.height, -1), axis=1)[:, : header.width]
        return np.repeat((1 - rows)[..., None] * np.uint8(255), 3, axis=2)
    dtype = {8: np.uint8, 16: ">u2", 32: ">f4"}[header.depth]
    planes = [np.frombuffer(plane, dtype).reshape(header.height, header.width) for plane in raw]
    if header.color_mode is ColorMode.INDEXED:
        palette = np.frombuffer(psd.color_mode_data.interleave(), np.uint8).reshape(-1, 3)
        return palette[planes[0]]
    count = _COLOR_PLANES.get(header.color_mode)
    if count is None:
        mode = header.color_mode.name.lower()
        raise FileError(f"The file is in the colour mode {mode}, which cannot be opened.", "Convert it to RGB in Photoshop.")
    colors = _colors(state, planes[:count])
    info = psd._get_layer_info()
    if info is None or info.layer_count >= 0 or len(planes) <= count:
        return colors
    return _off_white(colors, _bytes(planes[count]))


def _off_white(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Undo the white that Photoshop lays under a transparent merged picture: (h, w, 4) uint8 straight."""
    opacity = np.maximum(alpha, 1)[..., None].astype(np.float32) / 255
    straight = np.clip(np.rint((colors - 255.0 * (1 - opacity)) / opacity), 0, 255).astype(np.uint8)
    straight[alpha == 0] = 255
    return np.dstack([straight, alpha])


