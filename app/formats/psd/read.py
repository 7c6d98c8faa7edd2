"""Reading PSD and PSB with psd-tools' structures.

Pixel layers, groups, masks, clipping, blend modes, opacity, names, visibility, guides and resolution come in as they are.
Text, smart objects, shapes and fills come in as the pixels that the file holds for them; effects (psd_effects.py) and
adjustments (psd_adjust.py) are computed. Whatever was changed or left out is said in the report.
"""

from __future__ import annotations

import logging
import os
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from psd_tools.compression import PSDDecompressionWarning
from psd_tools.constants import Clipping, ColorMode, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.layer_and_mask import ChannelDataList, LayerRecord
from psd_tools.psd.tagged_blocks import SectionDividerSetting

from ...document.document import Document, Group, Guide, Layer, Node, make_layer, new_id
from ...document.geometry import Placement
from ...document.pixels import Pixels
from ...errors import FileError
from ...render.blend import PASS_THROUGH
from ...words import phrase
from ..foreign import reading
from ..opened import Opened
from ..raster import DEFAULT_DPI, MOST_PIXELS, MOST_PIXELS_IN_LAYERS, check_size, footprint, too_much
from .beyond import artboard, blended_if, has_bare_path, name_of, notice, structure, with_paths
from .channels import (
    ADJUSTMENTS,
    COLOR_PLANES,
    FILLS,
    Reading,
    as_bytes,
    can_be_decoded_apart,
    colors,
    has_pixels,
    is_softened_vector,
    mask,
    nodes_to_document,
    pixels,
    to_document,
)
from .smart import own_pixels
from .table import BLEND_OF_MODE, LOCK_BITS, LOCKED, TAG_OF_SHEET_COLOR

# What psd-tools finds odd in a file is told in our report; on the terminal it would be noise.
logging.getLogger("psd_tools").addHandler(logging.NullHandler())
logging.getLogger("psd_tools").propagate = False

_KINDS = {  # tag -> what the report calls such a layer
    Tag.TYPE_TOOL_OBJECT_SETTING: "text",
    Tag.TYPE_TOOL_INFO: "text",
    Tag.SMART_OBJECT_LAYER_DATA1: "smart object",
    Tag.SMART_OBJECT_LAYER_DATA2: "smart object",
    Tag.PLACED_LAYER1: "smart object",
    Tag.PLACED_LAYER2: "smart object",
    Tag.VECTOR_STROKE_CONTENT_DATA: "shape",
    **dict.fromkeys(FILLS, "fill or shape"),
}
_Record = tuple[LayerRecord, ChannelDataList]
_EFFECTS = (
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO,
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V0,
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V1,
)


def open_psd(path: Path) -> Opened:
    """Read a PSD or PSB; FileError where it is damaged or of a kind that cannot be read."""
    with reading(path), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        psd, unknown = structure(path)
        header, state = psd.header, Reading(psd)
        state.noticed["mode"] += unknown
        is_wide = header.width * header.height > MOST_PIXELS
        _check_sizes(path, state)
        layers = _nodes(state) if header.color_mode in COLOR_PLANES and header.depth >= 8 else ()
        if state.fills or state.styles or state.adjustments:
            from .computed import computed  # needs scipy, which takes longer to import than most files to read

            layers = computed(state, layers)
        if state.paths:
            layers = with_paths(state, layers)
        layers = nodes_to_document(state, layers)
        if not (_any_pixels(layers) or (layers and is_wide)):
            layers = _merged_layer(state, layers)
        document = Document(header.width, header.height, layers, state.kept_profile, _dpi(psd), _guides(psd))
    if any(issubclass(warning.category, PSDDecompressionWarning) for warning in caught):
        state.noticed["damaged"] += 1
    return Opened(document, _report(state))


def _check_sizes(path: Path, state: Reading) -> None:
    """FileError for more than there is room for. A canvas costs nothing where there are layers: the merged picture is not unpacked."""
    header, records = state.psd.header, [record for record, _channels in state.psd._iter_layers()]
    check_size(path, header.width, header.height, MOST_PIXELS_IN_LAYERS if records else MOST_PIXELS)
    if sum(footprint(record.width, record.height) for record in records) > MOST_PIXELS_IN_LAYERS:
        raise too_much(path)
    if not can_be_decoded_apart(state):
        for record in records:
            check_size(path, record.width, record.height)


def _report(state: Reading) -> tuple[str, ...]:
    header = state.psd.header
    report = list(state.color_notes)
    if header.color_mode not in (ColorMode.RGB, ColorMode.CMYK):  # of CMYK the colour conversion tells
        report.insert(0, phrase("The file was in the colour mode {mode}; it became RGB.", mode=header.color_mode.name.lower()))
    if header.depth > 8:
        report.insert(0, phrase("The file had {depth} bits a channel; they were reduced to 8.", depth=header.depth))
    sentences = {
        "text": phrase("{n} text layer(s) became pixels.", n=state.noticed["text"]),
        "smart object": phrase("{n} smart object(s) became pixels.", n=state.noticed["smart object"]),
        "shape": phrase("{n} shape layer(s) became pixels.", n=state.noticed["shape"]),
        "fill or shape": phrase("{n} fill or shape layer(s) became pixels.", n=state.noticed["fill or shape"]),
        "no pixels": phrase("{n} layer(s) without pixels in the file came in empty.", n=state.noticed["no pixels"]),
        "adjustment": phrase(
            "{n} adjustment layer(s) became pixels; they no longer follow what lies below them.", n=state.noticed["adjustment"]
        ),
        "effects": phrase(
            "The effects of {n} layer(s) became pixels; shadows and glows are near to Photoshop's, not the same.",
            n=state.noticed["effects"],
        ),
        "fill opacity": phrase("The fill opacity of {n} layer(s) was put into the opacity.", n=state.noticed["fill opacity"]),
        "kept fill": phrase(
            "The fill opacity of {n} pass-through group(s) is kept, but cannot be changed here.", n=state.noticed["kept fill"]
        ),
        "vector mask": phrase("{n} vector mask(s) became pixel masks.", n=state.noticed["vector mask"]),
        "softened": phrase("The density or feather of {n} mask(s) was worked into the masks.", n=state.noticed["softened"]),
        "mode": phrase("{n} kind(s) of blend modes that are unknown here came in as normal.", n=state.noticed["mode"]),
        "damaged": phrase("Some pixels in the file are damaged and were left black."),
        "merged": phrase("The file has no layers with pixels; its merged picture became the only one."),
    }
    report += [sentence for what, sentence in sentences.items() if state.noticed[what]]
    if state.left_out:
        report.append(phrase("Left out, so the picture may look different: {names}.", names=", ".join(sorted(set(state.left_out)))))
    beside = _beside_the_layers(state.psd)
    if beside:
        report.append(phrase("Not kept: {names}.", names=", ".join(beside)))
    return tuple(report)


def _beside_the_layers(psd: PSD) -> list[str]:
    """What the file holds beside its layers that a document does not."""
    header, info = psd.header, psd._get_layer_info()
    merged_alpha = info is not None and info.layer_count < 0
    channels = header.channels - COLOR_PLANES.get(header.color_mode, header.channels) - merged_alpha
    paths = sum(Resource.is_path_info(key) for key in psd.image_resources)
    comps = psd.image_resources.get_data(Resource.LAYER_COMPS)
    counted = {"alpha channel(s)": channels, "path(s)": paths, "layer comp(s)": len(comps.get(b"list", ())) if comps is not None else 0}
    return [f"{count} {what}" for what, count in counted.items() if count > 0]


def _dpi(psd: PSD) -> float:
    info = psd.image_resources.get_data(Resource.RESOLUTION_INFO)
    dpi = round(info.horizontal / 65536, 3) if info is not None else 0.0
    return dpi if 1 <= dpi <= 100_000 else DEFAULT_DPI


def _guides(psd: PSD) -> tuple[Guide, ...]:
    info = psd.image_resources.get_data(Resource.GRID_AND_GUIDES_INFO)
    return tuple(Guide(bool(direction), position / 32) for position, direction in info.data) if info is not None else ()


def _nodes(state: Reading) -> tuple[Node, ...]:
    """The flat list of records, bottom to top, as a tree."""
    records = list(state.psd._iter_layers())
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4), thread_name_prefix="psd") as pool:
        return _tree(state, records, _decoding(state, records, pool))


def _decoding(state: Reading, records: list[_Record], pool: ThreadPoolExecutor) -> dict[int, Future[Pixels]]:
    """The pixels of layers that can be decoded side by side, by the id() of their record."""
    apart = records if can_be_decoded_apart(state) else []
    return {id(record): pool.submit(pixels, state, record, channels) for record, channels in apart if has_pixels(state, record, channels)}


def _tree(state: Reading, records: list[_Record], decoding: dict[int, Future[Pixels]]) -> tuple[Node, ...]:
    open_lists: list[list[Node]] = [[]]
    for record, channels in records:
        divider = _divider(record)
        kind = SectionDivider.OTHER if divider is None else divider.kind
        if kind is SectionDivider.BOUNDING_SECTION_DIVIDER:
            open_lists.append([])
        elif kind is SectionDivider.OTHER:
            open_lists[-1].append(_layer(state, record, channels, decoding.get(id(record))))
        else:
            children = open_lists.pop() if len(open_lists) > 1 else []
            blend = BLEND_OF_MODE[divider.blend_mode or record.blend_mode]
            common = _common(state, record, keeps_fill=blend == PASS_THROUGH)
            common |= {"blend": blend, "mask": mask(state, record, channels, of_layer=False, cut=False)}
            group = Group(**common, children=tuple(children), collapsed=kind is SectionDivider.CLOSED_FOLDER)
            open_lists[-1].append(artboard(record, group))
    return tuple(node for nodes in open_lists for node in nodes)  # groups that were never closed: their layers stay


def _divider(record: LayerRecord) -> SectionDividerSetting | None:
    blocks = record.tagged_blocks
    return blocks.get_data(Tag.SECTION_DIVIDER_SETTING) or blocks.get_data(Tag.NESTED_SECTION_DIVIDER_SETTING)


def _layer(state: Reading, record: LayerRecord, channels: ChannelDataList, decoding: Future[Pixels] | None) -> Layer:
    if any(tag in record.tagged_blocks for tag in ADJUSTMENTS):
        common = _common(state, record)
        state.adjustments[common["id"]] = record
        masked = mask(state, record, channels, of_layer=True, cut=False)
        return Layer(**common, mask=masked, pixels=Pixels.empty(0, 0), placement=Placement(record.left, record.top))
    kind = next((name for tag, name in _KINDS.items() if tag in record.tagged_blocks), None)
    own = own_pixels(state, record) if kind == "smart object" else None
    if own is not None:
        masked = mask(state, record, channels, of_layer=False, cut=False)
        return Layer(**_common(state, record), mask=masked, pixels=own[0], placement=own[1])
    if kind:
        state.noticed[kind] += 1
    common = _common(state, record)
    is_fill = any(tag in record.tagged_blocks for tag in FILLS)
    painted = is_fill and (is_softened_vector(record) or (decoding is None and not has_pixels(state, record, channels)))
    if painted:  # the file has no pixels of it, or none beyond a path that does not hide all: over the whole canvas
        state.fills[common["id"]] = record
        record.left, record.top, record.right, record.bottom = 0, 0, state.psd.header.width, state.psd.header.height
        found = Pixels.empty(record.width, record.height)
    else:
        found = decoding.result() if decoding is not None else pixels(state, record, channels)
        state.noticed["no pixels"] += bool(kind and not found.tiles)
    if has_bare_path(record) and (painted or not (is_fill or kind == "shape")):  # of those the pixels are cut already
        state.paths[common["id"]] = record
    found = blended_if(record, found)
    masked = mask(state, record, channels, of_layer=True, cut=is_fill and not painted)
    for data in channels:
        data.data = b""  # decoded: the file's bytes and the document's need not both be held
    return Layer(**common, mask=masked, pixels=found, placement=Placement(record.left, record.top))


def _common(state: Reading, record: LayerRecord, keeps_fill: bool = False) -> dict:
    """The fields that layers and groups share, but for the mask. keeps_fill: the fill opacity is not the same as the opacity."""
    blocks = record.tagged_blocks
    id_, fill = new_id(), blocks.get_data(Tag.BLEND_FILL_OPACITY, 255) / 255
    notice(state, record)
    if any(tag in blocks for tag in _EFFECTS):
        state.styles[id_], keeps_fill = (record, fill), False
    else:
        state.noticed["kept fill" if keeps_fill else "fill opacity"] += fill < 1
        if Tag.EFFECTS_LAYER in blocks:  # only as Photoshop 5 wrote them
            state.left_out.append("effects in an old format")
    state.noticed["softened"] += record.mask_data is not None and record.mask_data.parameters is not None
    locks = (blocks.get_data(Tag.PROTECTED_SETTING) or 0) | record.flags.transparency_protected  # the bit of transparency is the first
    return {
        "id": id_,
        "name": name_of(record),
        "opacity": record.opacity / 255 * (1 if id_ in state.styles or keeps_fill else fill),
        "blend": BLEND_OF_MODE[record.blend_mode],
        "visible": record.flags.visible,
        "locked": bool(locks & LOCKED),
        "locks": frozenset(kind for kind, bit in LOCK_BITS.items() if locks & bit),
        "clipping": record.clipping is Clipping.NON_BASE,
        "color_tag": TAG_OF_SHEET_COLOR.get(blocks.get_data(Tag.SHEET_COLOR_SETTING), ""),
    } | ({"fill": fill} if keeps_fill else {})


def _any_pixels(nodes: tuple[Node, ...]) -> bool:
    return any(_any_pixels(node.children) if isinstance(node, Group) else bool(node.pixels.tiles) for node in nodes)


def _merged_layer(state: Reading, empty: tuple[Node, ...]) -> tuple[Node, ...]:
    """The merged picture as the one layer, for files and colour modes without layers, or whose layers hold no pixels."""
    merged = Pixels.from_array(merged_pixels(state.psd, state))
    if empty and not merged.content_bounds().width:  # nothing to see, and rightly so
        return empty
    state.noticed["merged"] += 1
    return (make_layer("Background", merged),)


def merged_pixels(psd: PSD, state: Reading | None = None) -> np.ndarray:
    """(h, w, 3 or 4) uint8 straight sRGB of the merged picture inside the file."""
    header = psd.header
    state = state or Reading(psd)
    size = header.width * header.height * header.channels * max(header.depth, 8) // 8
    raw = psd.image_data.get_data(header, max_output_bytes=size)
    if header.color_mode is ColorMode.BITMAP or header.depth == 1:
        rows = np.unpackbits(np.frombuffer(raw[0], np.uint8).reshape(header.height, -1), axis=1)[:, : header.width]
        return np.repeat((1 - rows)[..., None] * np.uint8(255), 3, axis=2)
    dtype = {8: np.uint8, 16: ">u2", 32: ">f4"}[header.depth]
    planes = [np.frombuffer(values, dtype).reshape(header.height, header.width) for values in raw]
    if header.color_mode is ColorMode.INDEXED:
        palette = np.frombuffer(psd.color_mode_data.interleave(), np.uint8).reshape(-1, 3)
        colours, clear = palette[planes[0]], psd.image_resources.get_data(Resource.TRANSPARENCY_INDEX)
        if clear is None:
            return colours
        return np.dstack([colours, np.where(planes[0] == int(clear), np.uint8(0), np.uint8(255))])
    count = COLOR_PLANES.get(header.color_mode)
    if count is None:
        mode = header.color_mode.name.lower()
        raise FileError(
            phrase("The file is in the colour mode {mode}, which cannot be opened.", mode=mode), phrase("Convert it to RGB in Photoshop.")
        )
    shown = np.empty((header.height, header.width, 3), np.uint8)
    colors(state, planes[:count], shown)
    info = psd._get_layer_info()
    if info is None or info.layer_count >= 0 or len(planes) <= count:
        return to_document(state, shown)
    return to_document(state, _off_white(shown, as_bytes(planes[count])))


def _off_white(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Undo the white that Photoshop lays under a transparent merged picture: (h, w, 4) uint8 straight."""
    opacity = np.maximum(alpha, 1)[..., None].astype(np.float32) / 255
    straight = np.clip(np.rint((colors - 255.0 * (1 - opacity)) / opacity), 0, 255).astype(np.uint8)
    straight[alpha == 0] = 255
    return np.dstack([straight, alpha])
