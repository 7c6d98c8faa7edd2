"""Writing PSD and PSB with psd-tools' structures, as measured on files that Photoshop wrote.

The merged image, which other programs show, comes from our own renderer. Where anything is transparent it is RGB over white
plus an alpha channel, the layer count is negative and the alpha is named "Transparency"; an opaque document has three channels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from psd_tools.compression import encode_rle
from psd_tools.constants import BlendMode, ChannelID, Clipping, ColorMode, Compression, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
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
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    LayerRecords,
    MaskData,
    MaskFlags,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from ..document import Document, Group, Layer, Node, bounds, walk
from ..errors import FileError
from ..geometry import EMPTY, IDENTITY, Rect
from ..pixels import Mask
from ..render import mask_array, render
from .atomic import replacing
from .color import SRGB
from .provenance import xmp
from .psd_table import LOCKED, MODE_OF_BLEND, SHEET_COLOR_OF_TAG
from .raster import on_white, opaque

LONGEST_SIDE_OF_PSD = 30_000  # pixels; beyond that Photoshop uses the large document format, PSB
LONGEST_SIDE_OF_PSB = 300_000
_LARGEST_PSD = (1 << 31) - (1 << 20)  # bytes; the file's own length fields end at 2 GiB
_THUMBNAIL_SIDE = 160  # pixels, as Photoshop's
_UNITS_PER_PIXEL = 32  # of a guide's position

# A layer's channels in Photoshop's order, and where they lie in RGBA.
_PLANES = ((ChannelID.TRANSPARENCY_MASK, 3), (ChannelID.CHANNEL_0, 0), (ChannelID.CHANNEL_1, 1), (ChannelID.CHANNEL_2, 2))
_Channels = list[tuple[ChannelID, ChannelData]]


@dataclass(frozen=True, eq=False)
class _Raster:
    """Canvas pixels ready to be written. array: (h, w, 4) uint8 straight RGBA, or (h, w) uint8 of a mask."""

    left: int
    top: int
    array: np.ndarray

    @property
    def rect(self) -> Rect:
        return Rect.from_size(self.left, self.top, self.array.shape[1], self.array.shape[0])


def save_psd(document: Document, path: Path) -> None:
    """Write a PSD, or a PSB where the suffix says so or the document is larger than a PSD may be."""
    if max(document.width, document.height) > LONGEST_SIDE_OF_PSB:
        raise FileError(f"A PSB holds at most {LONGEST_SIDE_OF_PSB:,} pixels a side.", "Crop the document, or save it as a project.")
    version = 2 if path.suffix.lower() == ".psb" or is_large(document) else 1
    psd = _structure(document, version)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        psd.write(file)


def is_large(document: Document) -> bool:
    """Whether the canvas or a layer is longer than a PSD allows."""
    sides = [document.width, document.height]
    for node, _depth, _parent in walk(document):
        area = _extent(node) if isinstance(node, Layer) else EMPTY
        sides += [area.width, area.height]
    return max(sides) > LONGEST_SIDE_OF_PSD


def _structure(document: Document, version: int) -> PSD:
    composed = render(document, document.rect)  # (h, w, 4) uint8 straight RGBA
    whole = opaque(composed)
    size = {"width": document.width, "height": document.height}
    header = FileHeader(version=version, channels=3 if whole else 4, depth=8, color_mode=ColorMode.RGB, **size)
    merged = on_white(composed)
    pairs = list(_records(document.layers, version, count(1)))
    layers = LayerInfo(
        layer_count=len(pairs) if whole else -len(pairs),
        layer_records=LayerRecords([record for record, _ in pairs]),
        channel_image_data=ChannelImageData([ChannelDataList([data for _, data in channels]) for _, channels in pairs]),
    )
    if version == 1 and sum(len(data.data) for _, channels in pairs for _, data in channels) > _LARGEST_PSD:
        raise FileError("The document is too large for a PSD, which holds 2 GB.", "Save it with the ending .psb.")
    planes = [merged[..., 0], merged[..., 1], merged[..., 2]] + ([] if whole else [composed[..., 3]])
    return PSD(
        header=header,
        image_resources=_resources(document, merged, whole),
        layer_and_mask_information=LayerAndMaskInformation(layers, GlobalLayerMaskInfo(), TaggedBlocks()),
        image_data=ImageData(Compression.RLE, _rle(np.concatenate(planes), version)),
    )


def _records(nodes: tuple[Node, ...], version: int, ids: Iterator[int]) -> Iterator[tuple[LayerRecord, _Channels]]:
    """The flat list of the file, bottom to top: a group is a divider, its children, and its own record on top of them."""
    for node in nodes:
        if isinstance(node, Layer):
            yield _layer_record(node, version, ids)
            continue
        divider = LayerRecord(name="</Layer group>", flags=LayerFlags(pixel_data_irrelevant=True))
        _tag(divider, "</Layer group>", next(ids))
        divider.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=SectionDivider.BOUNDING_SECTION_DIVIDER)
        yield _with_channels(divider, _no_channels())
        yield from _records(node.children, version, ids)
        yield _group_record(node, version, ids)


def _layer_record(layer: Layer, version: int, ids: Iterator[int]) -> tuple[LayerRecord, _Channels]:
    raster = _on_canvas(layer)
    area = raster.rect
    record = _common_record(layer, next(ids))
    record.left, record.top, record.right, record.bottom = area.left, area.top, area.right, area.bottom
    record.blend_mode = MODE_OF_BLEND[layer.blend]
    channels = [(channel, _channel(raster.array[..., plane], version)) for channel, plane in _PLANES]
    return _with_channels(record, channels + _mask_channel(record, layer, area, version))


def _group_record(group: Group, version: int, ids: Iterator[int]) -> tuple[LayerRecord, _Channels]:
    record = _common_record(group, next(ids))
    record.flags.pixel_data_irrelevant = True
    mode = MODE_OF_BLEND[group.blend]
    record.blend_mode = BlendMode.NORMAL if mode is BlendMode.PASS_THROUGH else mode
    kind = SectionDivider.CLOSED_FOLDER if group.collapsed else SectionDivider.OPEN_FOLDER
    record.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=kind, signature=b"8BIM", blend_mode=mode)
    return _with_channels(record, _no_channels() + _mask_channel(record, group, bounds(group), version))


def _common_record(node: Node, layer_id: int) -> LayerRecord:
    record = LayerRecord(
        opacity=round(node.opacity * 255),
        clipping=Clipping.NON_BASE if node.clipping else Clipping.BASE,
        flags=LayerFlags(visible=node.visible),
    )
    _tag(record, node.name, layer_id)
    record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, LOCKED if node.locked else 0)
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


def _with_channels(record: LayerRecord, channels: _Channels) -> tuple[LayerRecord, _Channels]:
    record.channel_info = [ChannelInfo(id=channel, length=len(data.data) + 2) for channel, data in channels]
    return record, channels


def _no_channels() -> _Channels:
    """Four empty channels; a fresh list each time, since a group and its divider must not share one."""
    return [(channel, ChannelData()) for channel, _ in _PLANES]


def _channel(plane: np.ndarray, version: int) -> ChannelData:
    """plane: (h, w) uint8."""
    return ChannelData(Compression.RLE, _rle(plane, version)) if plane.size else ChannelData()


def _rle(plane: np.ndarray, version: int) -> bytes:
    height, width = plane.shape
    return encode_rle(np.ascontiguousarray(plane).tobytes(), width, height, 8, version)


def _mask_channel(record: LayerRecord, node: Node, area: Rect, version: int) -> _Channels:
    """Describe the node's mask in `record`; its channel, or none. area: what the node covers on the canvas."""
    if node.mask is None:
        return []
    raster, background = _mask_on_canvas(node, node.mask, area)
    box = raster.rect
    record.mask_data = MaskData(
        top=box.top, left=box.left, bottom=box.bottom, right=box.right, background_color=background,
        flags=MaskFlags(mask_disabled=not node.mask.enabled),
    )  # fmt: skip
    return [(ChannelID.USER_LAYER_MASK, _channel(raster.array, version))]


def _extent(layer: Layer) -> Rect:
    """The whole canvas pixels that the layer's pixels may touch."""
    area = layer.placement.bounds(layer.pixels.width, layer.pixels.height)
    return area if layer.placement.is_identity_shift else area.grown(1)  # smoothing reaches a pixel further


def _on_canvas(layer: Layer) -> _Raster:
    """The layer's pixels as they lie on the canvas: bit for bit where they are only shifted, else resampled by our renderer."""
    if layer.placement.is_identity_shift:
        return _Raster(int(layer.placement.x), int(layer.placement.y), layer.pixels.to_array())
    area = _extent(layer)
    plain = Layer(id=layer.id, name="", pixels=layer.pixels, placement=layer.placement)
    return _Raster(area.left, area.top, render(Document(area.width, area.height, (plain,)), area))


def _mask_on_canvas(node: Node, mask: Mask, area: Rect) -> tuple[_Raster, int]:
    """The mask in canvas pixels and its value beyond them, which a PSD allows to be 0 or 255 only."""
    with_layer = isinstance(node, Layer) and mask.linked
    if mask.default not in (0, 255) or (with_layer and not node.placement.is_identity_shift) or mask.matrix != IDENTITY:
        return _Raster(area.left, area.top, mask_array(node, area)), 255
    dx, dy = (int(node.placement.x), int(node.placement.y)) if with_layer else (0, 0)
    return _Raster(mask.left + dx, mask.top + dy, mask.to_array()), mask.default


def _resources(document: Document, merged: np.ndarray, whole: bool) -> ImageResources:
    """merged: (h, w, 3) uint8 over white; whole: the document is opaque."""
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


def _thumbnail(merged: np.ndarray) -> ThumbnailResource:
    small = Image.fromarray(merged)
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), reducing_gap=2.0)
    stream = io.BytesIO()
    small.save(stream, format="JPEG", quality=80)
    row = (small.width * 24 + 31) // 32 * 4
    return ThumbnailResource(1, small.width, small.height, row, row * small.height, 24, 1, stream.getvalue())


def losses(document: Document, path: Path) -> list[str]:
    """What the PSD cannot hold as it is in the document, in sentences."""
    nodes = [node for node, _depth, _parent in walk(document)]
    layers = [node for node in nodes if isinstance(node, Layer)]
    turned = [layer.name for layer in layers if not layer.placement.is_identity_shift]
    loose = [layer.name for layer in layers if layer.mask is not None and not layer.mask.linked]
    report = []
    if turned:
        report.append(f"Scaled, turned or part-pixel layers are written as they look, resampled: {_listed(turned)}.")
    if loose:
        report.append(f"Masks that were unlinked from their layers are linked again: {_listed(loose)}.")
    if any(layer.recipe is not None or layer.candidates for layer in layers):
        report.append("Recipes (prompts, seeds) and other candidates of generated layers stay in the project file only.")
    if path.suffix.lower() == ".psd" and is_large(document):
        report.append("More than 30,000 pixels a side: the file is written in Photoshop's large document format (PSB).")
    return report


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
