"""Writing PSD and PSB with psd-tools' structures, as measured on files that Photoshop wrote.

The merged image, which other programs show, comes from our own renderer. Where anything is transparent it is RGB over white
plus an alpha channel, the layer count is negative and the alpha is named "Transparency"; an opaque document has three channels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image
from psd_tools.constants import BlendMode, ChannelID, Clipping, ColorMode, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_resources import (
    AlphaIdentifiers,
    AlphaNamesPascal,
    AlphaNamesUnicode,
    GridGuidesInfo,
    ImageResource,
    ImageResources,
    ResoulutionInfo,
    ThumbnailResource,
    VersionInfo,
)
from psd_tools.psd.layer_and_mask import (
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    MaskData,
    MaskFlags,
    MaskParameters,
)
from psd_tools.psd.linked_layer import LinkedLayer
from psd_tools.psd.tagged_blocks import TaggedBlocks

from ..document import Document, Group, Layer, Node, bounds, walk
from ..errors import FileError
from ..geometry import EMPTY, IDENTITY, Rect
from ..pixels import TILE, Mask, Pixels
from ..render import mask_array, render
from .atomic import replacing
from .color import SRGB
from .provenance import xmp
from .psd_channels import as_bytes, with_density
from .psd_smart import smart_object
from .psd_stream import Channel, Written, remember, write
from .psd_table import LOCK_BITS, LOCKED, MODE_OF_BLEND, SHEET_COLOR_OF_TAG
from .raster import Encoding, on_white

LONGEST_SIDE_OF_PSD = 30_000  # pixels; beyond that Photoshop uses the large document format, PSB
LONGEST_SIDE_OF_PSB = 300_000
_THUMBNAIL_SIDE = 160  # pixels, as Photoshop's
_PIXELS_PER_INCH = 72.0  # of what is embedded
_UNITS_PER_PIXEL = 32  # of a guide's position

# A layer's channels in Photoshop's order, and where they lie in RGBA.
_PLANES = ((ChannelID.TRANSPARENCY_MASK, 3), (ChannelID.CHANNEL_0, 0), (ChannelID.CHANNEL_1, 1), (ChannelID.CHANNEL_2, 2))
_Channels = list[Channel]
_BAND = 512  # rows of the merged picture rendered at a time


def save_psd(document: Document, path: Path, encoding: Encoding = Encoding()) -> None:
    """Write a PSD, or a PSB where the suffix says so or the document is larger than a PSD may be."""
    if max(document.width, document.height) > LONGEST_SIDE_OF_PSB:
        raise FileError(f"A PSB holds at most {LONGEST_SIDE_OF_PSB:,} pixels a side.", "Crop the document, or save it as a project.")
    version = 2 if path.suffix.lower() == ".psb" or is_large(document) else 1
    with replacing(path) as temporary:
        with open(temporary, "wb") as file:
            written = write_psd(document, file, version, encoding)
    remember(written, path)


def write_psd(document: Document, file: BinaryIO, version: int, encoding: Encoding = Encoding()) -> Written:
    """The same into an open file; version 1 is PSD, 2 is PSB."""
    planes = _merged(document, encoding)
    depth = 16 if encoding.deep else 8
    whole = len(planes) == 3
    embedded: list[LinkedLayer] | None = [] if encoding.smart_objects else None
    layers = list(_records(document.layers, _Writing(count(1), embedded, encoding.deep)))
    blocks = TaggedBlocks()
    if embedded:
        blocks.set_data(Tag.LINKED_LAYER2, embedded)  # psd-tools makes its list of it
    information = LayerAndMaskInformation(LayerInfo(layer_count=len(layers) if whole else -len(layers)), GlobalLayerMaskInfo(), blocks)
    size = {"width": document.width, "height": document.height}
    psd = PSD(
        header=FileHeader(version=version, channels=len(planes), depth=depth, color_mode=ColorMode.RGB, **size),
        image_resources=_resources(document, planes[:3], whole),
        layer_and_mask_information=information,
    )
    return write(file, psd, layers, planes)


def _merged(document: Document, encoding: Encoding) -> list[np.ndarray]:
    """Red, green, blue over white, and alpha where anything is transparent: (h, w) uint8 each, or uint16."""
    dtype = np.uint16 if encoding.deep else np.uint8
    planes = [np.empty((document.height, document.width), dtype) for _ in range(4)]
    for top in range(0, document.height, _BAND):
        band = Rect(0, top, document.width, min(top + _BAND, document.height))
        composed = render(document, band, deep=encoding.deep)
        colors = _on_white_deep(composed) if encoding.deep else on_white(composed)
        for index in range(3):
            planes[index][top : band.bottom] = colors[..., index]
        planes[3][top : band.bottom] = composed[..., 3]
    return planes[:3] if encoding.opaque or (planes[3] == np.iinfo(dtype).max).all() else planes


def _on_white_deep(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint16 straight RGBA laid over white: (h, w, 3) uint16."""
    alpha, full = pixels[..., 3:].astype(np.uint32), np.uint32(65535)
    return ((pixels[..., :3] * alpha + full * (full - alpha) + full // 2) // full).astype(np.uint16)


def is_large(document: Document) -> bool:
    """Whether the canvas or a layer is longer than a PSD allows."""
    sides = [document.width, document.height]
    for node, _depth, _parent in walk(document):
        area = _extent(node) if isinstance(node, Layer) else EMPTY
        sides += [area.width, area.height]
    return max(sides) > LONGEST_SIDE_OF_PSD


@dataclass(frozen=True)
class _Writing:
    """ids: the next layer's number. embedded: gets the contents of smart objects; None where none are wanted. deep: 16 bits a channel."""

    ids: Iterator[int]
    embedded: list[LinkedLayer] | None
    deep: bool


def _records(nodes: tuple[Node, ...], state: _Writing) -> Iterator[tuple[LayerRecord, _Channels]]:
    """The flat list of the file, bottom to top: a group is a divider, its children, and its own record on top of them."""
    for node in nodes:
        if isinstance(node, Layer):
            yield _layer_record(node, state)
            continue
        divider = LayerRecord(name="</Layer group>", flags=LayerFlags(pixel_data_irrelevant=True))
        _tag(divider, "</Layer group>", next(state.ids))
        divider.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=SectionDivider.BOUNDING_SECTION_DIVIDER)
        yield divider, _no_channels()
        yield from _records(node.children, state)
        yield _group_record(node, next(state.ids))


def _layer_record(layer: Layer, state: _Writing) -> tuple[LayerRecord, _Channels]:
    area = _extent(layer)
    record = _common_record(layer, next(state.ids))
    record.left, record.top, record.right, record.bottom = area.left, area.top, area.right, area.bottom
    record.blend_mode = MODE_OF_BLEND[layer.blend]
    if state.embedded is not None and not layer.placement.is_identity_shift and layer.pixels.tiles:
        state.embedded.append(smart_object(record, layer, _alone(layer), _PIXELS_PER_INCH))
    return record, _pixel_channels(layer, area, state.deep) + _mask_channel(record, layer, area)


def _alone(layer: Layer) -> bytes:
    """A PSB of nothing but the layer's own pixels, unturned."""
    file = io.BytesIO()
    plain = Layer(id=layer.id, name=layer.name, pixels=layer.pixels)
    write_psd(Document(layer.pixels.width, layer.pixels.height, (plain,)), file, 2)
    return file.getvalue()


def _group_record(group: Group, layer_id: int) -> tuple[LayerRecord, _Channels]:
    record = _common_record(group, layer_id)
    record.flags.pixel_data_irrelevant = True
    mode = MODE_OF_BLEND[group.blend]
    record.blend_mode = BlendMode.NORMAL if mode is BlendMode.PASS_THROUGH else mode
    kind = SectionDivider.CLOSED_FOLDER if group.collapsed else SectionDivider.OPEN_FOLDER
    record.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=kind, signature=b"8BIM", blend_mode=mode)
    if group.fill < 1:
        record.tagged_blocks.set_data(Tag.BLEND_FILL_OPACITY, round(group.fill * 255))
    return record, _no_channels() + _mask_channel(record, group, bounds(group))


def _common_record(node: Node, layer_id: int) -> LayerRecord:
    record = LayerRecord(
        opacity=round(node.opacity * 255),
        clipping=Clipping.NON_BASE if node.clipping else Clipping.BASE,
        flags=LayerFlags(visible=node.visible),
    )
    _tag(record, node.name, layer_id)
    locks = sum(LOCK_BITS[kind] for kind in node.locks) | (LOCKED if node.locked else 0)
    record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, locks)
    record.tagged_blocks.set_data(Tag.SHEET_COLOR_SETTING, SHEET_COLOR_OF_TAG.get(node.color_tag, SHEET_COLOR_OF_TAG[""]))
    return record


def _tag(record: LayerRecord, name: str, layer_id: int) -> None:
    """Both names (the old one is short and in an old encoding), the layer's id, and the blocks Photoshop always writes."""
    clean = name.replace("\0", "").encode("utf-16-be", "replace").decode("utf-16-be")
    record.name = clean.encode("mac-roman", "replace")[:255].decode("mac-roman")
    record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, clean)
    record.tagged_blocks.set_data(Tag.LAYER_ID, layer_id)
    record.tagged_blocks.set_data(Tag.BLEND_CLIPPING_ELEMENTS, 1)
    record.tagged_blocks.set_data(Tag.BLEND_INTERIOR_ELEMENTS, 0)
    record.tagged_blocks.set_data(Tag.KNOCKOUT_SETTING, 0)


def _no_channels() -> _Channels:
    return [Channel(id_, lambda: np.empty((0, 0), np.uint8)) for id_, _ in _PLANES]


def _extent(layer: Layer) -> Rect:
    """The whole canvas pixels that the layer's pixels may touch."""
    area = layer.placement.bounds(layer.pixels.width, layer.pixels.height)
    return area if layer.placement.is_identity_shift else area.grown(1)  # smoothing reaches a pixel further


def _pixel_channels(layer: Layer, area: Rect, deep: bool) -> _Channels:
    """The layer as it lies on the canvas: bit for bit where it is only shifted, else resampled by our renderer."""
    pixels = layer.pixels
    if layer.placement.is_identity_shift:
        return [Channel(id_, partial(_plane, pixels, index), pixels, index) for id_, index in _PLANES]
    plain = Layer(id=layer.id, name="", pixels=pixels, placement=layer.placement)
    rendered = cache(lambda: render(Document(area.width, area.height, (plain,)), area, deep=deep))
    return [Channel(id_, lambda index=index: rendered()[..., index]) for id_, index in _PLANES]


def _plane(pixels: Pixels, index: int) -> np.ndarray:
    """(h, w) uint8: one channel of the pixels."""
    out = np.zeros((pixels.height, pixels.width), np.uint8)
    for (row, column), tile in pixels.tiles.items():
        part = out[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        part[...] = tile[: part.shape[0], : part.shape[1], index]
    return out


def _mask_channel(record: LayerRecord, node: Node, area: Rect) -> _Channels:
    """Describe the node's mask in `record`; its channel, or none. area: what the node covers on the canvas."""
    mask = node.mask
    if mask is None:
        return []
    with_layer = isinstance(node, Layer) and mask.linked
    turned = mask.matrix != IDENTITY or (with_layer and not node.placement.is_identity_shift)
    thick = None if turned or mask.default in (0, 255) else _thickened(mask)
    if turned or (thick is None and mask.default not in (0, 255)):  # a PSD knows no turned masks
        box, background, channel = area, 255, Channel(ChannelID.USER_LAYER_MASK, lambda: mask_array(node, area))
    else:
        dx, dy = (int(node.placement.x), int(node.placement.y)) if with_layer else (0, 0)
        box, background = mask.rect.moved(mask.left + dx, mask.top + dy), mask.default if thick is None else 0
        values, source = (mask.to_array, mask) if thick is None else (lambda: thick, None)
        channel = Channel(ChannelID.USER_LAYER_MASK, values, source)
    loose = isinstance(node, Layer) and not mask.linked
    record.mask_data = MaskData(
        top=box.top, left=box.left, bottom=box.bottom, right=box.right, background_color=background,
        flags=MaskFlags(mask_disabled=not mask.enabled, pos_relative_to_layer=loose, parameters_applied=thick is not None),
        parameters=None if thick is None else MaskParameters(user_mask_density=255 - mask.default),
    )  # fmt: skip
    return [channel]


def _thickened(mask: Mask) -> np.ndarray | None:
    """(h, w) uint8 that hides all beyond the mask and gives the mask under a density of 255 - default: a PSD knows only 0 and
    255 beyond a mask. None where something inside is darker than that allows."""
    values = mask.to_array()
    if not values.size or values.min() < mask.default:
        return None
    seen = [with_density(level, 255 - mask.default) for level in range(256)]
    table = np.array([seen.index(level) if level >= mask.default else 0 for level in range(256)], np.uint8)
    return table[values]


def _resources(document: Document, merged: Sequence[np.ndarray], whole: bool) -> ImageResources:
    """merged: red, green and blue over white, 8 or 16 bits; whole: without an alpha channel."""
    dpi = round(document.dpi * 65536)  # 16.16 fixed point
    found: dict[Resource, object] = {
        Resource.RESOLUTION_INFO: ResoulutionInfo(dpi, 1, 1, dpi, 1, 1),  # pixels per inch; sizes shown in inches
        Resource.THUMBNAIL_RESOURCE: _thumbnail(merged),
        Resource.ICC_PROFILE: document.profile or SRGB,
        Resource.VERSION_INFO: VersionInfo(has_composite=True, writer="Downstage", reader="Downstage"),
    }
    if not whole:
        found[Resource.ALPHA_NAMES_PASCAL] = AlphaNamesPascal(["Transparency"])
        found[Resource.ALPHA_NAMES_UNICODE] = AlphaNamesUnicode(["Transparency\0"])
        found[Resource.ALPHA_IDENTIFIERS] = AlphaIdentifiers([0])
    if document.guides:
        lines = [(round(guide.position * _UNITS_PER_PIXEL), int(guide.horizontal)) for guide in document.guides if guide.position >= 0]
        found[Resource.GRID_AND_GUIDES_INFO] = GridGuidesInfo(horizontal=576, vertical=576, data=lines)
    packet = xmp(document)
    if packet is not None:
        found[Resource.XMP_METADATA] = packet
    return ImageResources([(key, ImageResource(key=key, data=found[key])) for key in sorted(found)])


def _thumbnail(merged: Sequence[np.ndarray]) -> ThumbnailResource:
    bands = [Image.fromarray(as_bytes(plane)) for plane in merged]
    for band in bands:
        band.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), reducing_gap=2.0)
    small = Image.merge("RGB", bands)
    stream = io.BytesIO()
    small.save(stream, format="JPEG", quality=80)
    row = (small.width * 24 + 31) // 32 * 4
    return ThumbnailResource(1, small.width, small.height, row, row * small.height, 24, 1, stream.getvalue())


def losses(document: Document, path: Path, encoding: Encoding = Encoding()) -> list[str]:
    """What the PSD cannot hold as it is in the document, in sentences."""
    nodes = [node for node, _depth, _parent in walk(document)]
    layers = [node for node in nodes if isinstance(node, Layer)]
    turned = [layer.name for layer in layers if not layer.placement.is_identity_shift]
    masks = [node.name for node in nodes if node.mask is not None and node.mask.matrix != IDENTITY]
    report = []
    if turned and encoding.smart_objects:
        report.append(f"Scaled, turned or part-pixel layers become smart objects; their masks are resampled: {_listed(turned)}.")
    elif turned:
        report.append(f"Scaled, turned or part-pixel layers are written as they look, resampled: {_listed(turned)}.")
    if masks:
        report.append(f"Masks that were scaled or turned with their groups are written as they look, resampled: {_listed(masks)}.")
    if encoding.deep:
        report.append("Layers keep their 8 bits a channel, written as 16; the merged picture and what is resampled are computed with 16.")
    if any(layer.recipe is not None or layer.candidates for layer in layers):
        report.append("Recipes (prompts, seeds) and other candidates of generated layers stay in the project file only.")
    if any(guide.position < 0 for guide in document.guides):
        report.append("Guides left of the canvas or above it are not written.")
    if path.suffix.lower() == ".psd" and is_large(document):
        report.append("More than 30,000 pixels a side: the file is written in Photoshop's large document format (PSB).")
    return report


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
