"""Writing PSD and PSB with psd-tools' structures, as measured on files that Photoshop wrote.

The merged image, which other programs show, comes from our own renderer. Where anything is transparent it is RGB over white
plus an alpha channel, the layer count is negative and the alpha is named "Transparency"; an opaque document has three channels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
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

from ...document.document import Document, Group, Layer, Node, bounds, walk
from ...document.geometry import IDENTITY, Rect
from ...document.pixels import TILE, Mask, Pixels, Tiles, changed_rect
from ...errors import FileError
from ...render.render import mask_array, render
from ...words import phrase
from ..atomic import replacing
from ..color import SRGB
from ..provenance import xmp
from ..raster import MOST_PIXELS_IN_LAYERS, Encoding, footprint, on_white
from .channels import as_bytes, with_density
from .smart import smart_object
from .stream import WORKERS, Channel, Kind, Strip, Written, merged_strip, remember, write
from .table import LOCK_BITS, LOCKED, MODE_OF_BLEND, SHEET_COLOR_OF_TAG

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
        raise FileError(
            phrase("A PSB holds at most {longest:,} pixels a side.", longest=LONGEST_SIDE_OF_PSB),
            phrase("Crop the document, or save it as a project."),
        )
    version = 2 if path.suffix.lower() == ".psb" or is_large(document) else 1
    with replacing(path) as temporary:
        with open(temporary, "wb") as file:
            written = write_psd(document, file, version, encoding)
    remember(written, path)


def write_psd(document: Document, file: BinaryIO, version: int, encoding: Encoding = Encoding()) -> Written:
    """The same into an open file; version 1 is PSD, 2 is PSB."""
    kind = Kind(version, 16 if encoding.deep else 8)
    merged = _merged(document, kind)
    whole = merged.is_opaque or encoding.opaque
    embedded: list[LinkedLayer] | None = [] if encoding.smart_objects else None
    nodes = _trimmed(document.layers) if _is_too_much(document.layers) else document.layers
    layers = list(_records(nodes, _Writing(count(1), embedded, encoding.deep)))
    blocks = TaggedBlocks()
    if embedded:
        blocks.set_data(Tag.LINKED_LAYER2, embedded)  # psd-tools makes its list of it
    information = LayerAndMaskInformation(LayerInfo(layer_count=len(layers) if whole else -len(layers)), GlobalLayerMaskInfo(), blocks)
    channels = merged.channels[:3] if whole else merged.channels
    size = {"width": document.width, "height": document.height}
    psd = PSD(
        header=FileHeader(version=version, channels=len(channels), depth=kind.depth, color_mode=ColorMode.RGB, **size),
        image_resources=_resources(document, merged.small, whole),
        layer_and_mask_information=information,
    )
    return write(file, psd, layers, channels)


@dataclass(frozen=True, eq=False)
class _Merged:
    """The picture that other programs show. channels: red, green, blue over white, and alpha, encoded. small: RGB, for the thumbnail."""

    channels: list[list[Strip]]
    is_opaque: bool
    small: Image.Image


def _merged(document: Document, kind: Kind) -> _Merged:
    """Painted and encoded in bands of rows, so that no more of it is in memory than the file will hold."""
    step = max(max(document.width, document.height) // (2 * _THUMBNAIL_SIDE), 1)
    rows = max(_BAND // step, 1) * step
    channels: list[list[Future[Strip]]] = [[], [], [], []]
    is_opaque, small = True, []
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="psd") as pool:
        for top in range(0, document.height, rows):
            band = Rect(0, top, document.width, min(top + rows, document.height))
            composed = render(document, band, deep=kind.depth == 16)
            if clear := bool((composed[..., 3] != np.iinfo(composed.dtype).max).any()):
                is_opaque = False
            colors = composed if not clear else _on_white_deep(composed) if kind.depth == 16 else on_white(composed)
            for index, strips in enumerate(channels):
                plane = composed[..., 3] if index == 3 else colors[..., index]
                strips.append(pool.submit(merged_strip, plane.copy(), kind))
            small.append(np.asarray(Image.fromarray(as_bytes(colors)).reduce(step))[..., :3])
    encoded = [[strip.result() for strip in strips] for strips in channels]
    return _Merged(encoded, is_opaque, Image.fromarray(np.concatenate(small)))


def _on_white_deep(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint16 straight RGBA laid over white: (h, w, 3) uint16."""
    alpha, full = pixels[..., 3:].astype(np.uint32), np.uint32(65535)
    return ((pixels[..., :3] * alpha + full * (full - alpha) + full // 2) // full).astype(np.uint16)


def is_large(document: Document) -> bool:
    """Whether the canvas or a layer is longer than a PSD allows."""
    sides = [document.width, document.height]
    for layer in _layers(document):
        area = _extent(layer)
        sides += [area.width, area.height]
    return max(sides) > LONGEST_SIDE_OF_PSD


def _layers(document: Document) -> list[Layer]:
    return [node for node, _depth, _parent in walk(document) if isinstance(node, Layer)]


def _is_too_much(nodes: tuple[Node, ...]) -> bool:
    """Whether layers of these sizes are more than a reader takes, also ours."""
    return sum(footprint(area.width, area.height) for area in map(_extent, _layers(Document(1, 1, nodes)))) > MOST_PIXELS_IN_LAYERS


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


def _trimmed(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Layers and masks without the tiles around them in which nothing is; they look the same."""
    return tuple(_trimmed_node(node) for node in nodes)


def _trimmed_node(node: Node) -> Node:
    mask, dx, dy = node.mask, 0, 0
    if isinstance(node, Group):
        node = replace(node, children=_trimmed(node.children))
    elif not node.placement.is_identity_shift:
        return node  # turned about the middle of all its pixels
    else:
        box = node.pixels.tile_bounds()
        pixels = Pixels(box.width, box.height, _tiles_from(node.pixels.tiles, box))
        node = replace(node, pixels=pixels, placement=replace(node.placement, x=node.placement.x + box.left, y=node.placement.y + box.top))
        dx, dy = (box.left, box.top) if mask is not None and mask.linked else (0, 0)
    if mask is not None:
        box = changed_rect({}, mask.tiles).intersect(mask.rect)
        corner = {"left": mask.left + box.left - dx, "top": mask.top + box.top - dy}
        mask = replace(mask, width=box.width, height=box.height, tiles=_tiles_from(mask.tiles, box), **corner)
    return replace(node, mask=mask)


def _tiles_from(tiles: Tiles, box: Rect) -> Tiles:
    across, down = box.left // TILE, box.top // TILE
    return MappingProxyType({(row - down, column - across): tile for (row, column), tile in tiles.items()})


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
        flags=LayerFlags(visible=node.visible, transparency_protected="transparency" in node.locks),
    )
    _tag(record, node.name, layer_id)
    locks = sum(LOCK_BITS[kind] for kind in node.locks) | (LOCKED if node.locked else 0)
    record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, locks)
    record.tagged_blocks.set_data(Tag.SHEET_COLOR_SETTING, SHEET_COLOR_OF_TAG.get(node.color_tag, SHEET_COLOR_OF_TAG[""]))
    return record


def _tag(record: LayerRecord, name: str, layer_id: int) -> None:
    """Both names (the old one is short and in an old encoding), the layer's id, and the blocks Photoshop always writes."""
    clean = _clean(name)
    record.name = clean.encode("mac-roman", "replace")[:255].decode("mac-roman")
    record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, clean)
    record.tagged_blocks.set_data(Tag.LAYER_ID, layer_id)
    record.tagged_blocks.set_data(Tag.BLEND_CLIPPING_ELEMENTS, 1)
    record.tagged_blocks.set_data(Tag.BLEND_INTERIOR_ELEMENTS, 0)
    record.tagged_blocks.set_data(Tag.KNOCKOUT_SETTING, 0)


def _clean(name: str) -> str:
    """What of a name UTF-16 without zeros can hold."""
    return name.replace("\0", "").encode("utf-16-be", "replace").decode("utf-16-be")


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


def _resources(document: Document, small: Image.Image, whole: bool) -> ImageResources:
    """small: the merged picture for the thumbnail; whole: it has no alpha channel."""
    dpi = round(document.dpi * 65536)  # 16.16 fixed point
    found: dict[Resource, object] = {
        Resource.RESOLUTION_INFO: ResoulutionInfo(dpi, 1, 1, dpi, 1, 1),  # pixels per inch; sizes shown in inches
        Resource.THUMBNAIL_RESOURCE: _thumbnail(small),
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


def _thumbnail(small: Image.Image) -> ThumbnailResource:
    small = small.copy()
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    stream = io.BytesIO()
    small.save(stream, format="JPEG", quality=80)
    row = (small.width * 24 + 31) // 32 * 4
    return ThumbnailResource(1, small.width, small.height, row, row * small.height, 24, 1, stream.getvalue())


def losses(document: Document, path: Path, encoding: Encoding = Encoding()) -> list[str]:
    """What the PSD cannot hold as it is in the document, in sentences."""
    nodes = [node for node, _depth, _parent in walk(document)]
    layers = _layers(document)
    turned = _listed([layer.name for layer in layers if not layer.placement.is_identity_shift])
    masks = _listed([node.name for node in nodes if node.mask is not None and node.mask.matrix != IDENTITY])
    grey = _listed(
        [node.name for node in nodes if node.mask is not None and node.mask.default not in (0, 255) and _thickened(node.mask) is None]
    )
    names = _listed([node.name for node in nodes if _clean(node.name) != node.name])
    too_much = _is_too_much(document.layers)
    if encoding.smart_objects:
        become = phrase("Scaled, turned or part-pixel layers become smart objects; their masks are resampled: {names}.", names=turned)
    else:
        become = phrase("Scaled, turned or part-pixel layers are written as they look, resampled: {names}.", names=turned)
    found = {
        become: turned,
        phrase("Masks that were scaled or turned with their groups are written as they look, resampled: {names}.", names=masks): masks,
        phrase("Masks that show more outside than inside are written over their layers only: {names}.", names=grey): grey,
        phrase(
            "Layers keep their 8 bits a channel, written as 16; the merged picture and what is resampled are computed with 16."
        ): encoding.deep,
        phrase("Recipes (prompts, seeds) and other candidates of generated layers stay in the project file only."): any(
            layer.recipe is not None or layer.candidates for layer in layers
        ),
        phrase("Which layers the engine does not look at stays in the project file only."): not all(node.seen_by_engine for node in nodes),
        phrase("Guides left of the canvas or above it are not written."): any(guide.position < 0 for guide in document.guides),
        phrase("Guides are rounded to a 32nd of a pixel."): any(guide.position * _UNITS_PER_PIXEL % 1 for guide in document.guides),
        phrase("Names keep only the characters that a PSD can hold: {names}.", names=names): names,
        phrase("Empty room around what is in the layers is cut off."): too_much,
        phrase(
            "Layers of more than {most:,} megapixels together: Downstage cannot open the file again. Keep a project.",
            most=MOST_PIXELS_IN_LAYERS // 1_000_000,
        ): (too_much and _is_too_much(_trimmed(document.layers))),
        phrase("More than 30,000 pixels a side: the file is written in Photoshop's large document format (PSB)."): (
            path.suffix.lower() == ".psd" and is_large(document)
        ),
    }
    return [sentence for sentence, holds in found.items() if holds]


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return shown if len(names) <= 5 else phrase("{names} and {count} more", names=shown, count=len(names) - 5)
