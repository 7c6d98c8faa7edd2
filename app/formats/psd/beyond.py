"""What other programs and Photoshop itself put into a PSD that a document has no field for: read as what it looks like, or named in the report.

Paths that nobody rasterised become masks; an artboard becomes a group with its ground and its edge; Blend If of the layer itself becomes
alpha. Where none of this is possible the reading's `left_out` names it (Adobe Photoshop File Formats Specification, 2019).
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.api.psd_image import PSDImage
from psd_tools.composite.vector import draw_vector_mask
from psd_tools.constants import BlendMode, Tag
from psd_tools.psd import PSD
from psd_tools.psd.layer_and_mask import LayerRecord

from ...document.document import Group, Layer, Node, make_layer
from ...document.geometry import Placement, Rect
from ...document.pixels import Mask, Pixels
from ..raster import MOST_PIXELS
from .channels import Reading

_WRONG_MODE = re.compile(r"(b'.*'|b\".*\") is not a valid BlendMode")
_MOST_MODES = 16  # unknown keys in one file
_PATHS = (Tag.VECTOR_MASK_SETTING1, Tag.VECTOR_MASK_SETTING2)
_ARTBOARDS = (Tag.ARTBOARD_DATA1, Tag.ARTBOARD_DATA2, Tag.ARTBOARD_DATA3)
_PATH_IS_OFF = 0b100
_GROUNDS = {1: (255, 255, 255), 2: (0, 0, 0)}  # kinds of an artboard's background: white, black; 3 is none, else its own colour
_TRANSPARENT = 3
_LUMINOSITY = np.array((0.3, 0.59, 0.11), np.float32)
_SHIFT_JIS = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def structure(path: Path) -> tuple[PSD, int]:
    """The file's structure, and how many kinds of blend modes in it nobody knows. ImageMagick 6 wrote their keys back to front."""
    try:
        with open(path, "rb") as file:
            return PSD.read(file), 0
    except ValueError as error:
        if not _WRONG_MODE.search(str(error)):
            raise
    data, unknown = path.read_bytes(), 0
    for _ in range(_MOST_MODES):
        try:
            return PSD.read(io.BytesIO(data)), unknown
        except ValueError as error:
            found = _WRONG_MODE.search(str(error))
            if found is None:
                raise
            key = found[1][2:-1].encode().decode("unicode_escape").encode("latin-1")
            turned = key[::-1] in {mode.value for mode in BlendMode}
            unknown += not turned
            data = data.replace(b"8BIM" + key, b"8BIM" + (key[::-1] if turned else BlendMode.NORMAL.value))
    raise ValueError("too many unknown blend modes")


def name_of(record: LayerRecord) -> str:
    """The layer's name. Without a Unicode one, Japanese programs mean Shift-JIS where psd-tools reads the Macintosh's letters."""
    if (unicode := record.tagged_blocks.get_data(Tag.UNICODE_LAYER_NAME)) is not None:
        return unicode.rstrip("\0")
    name = record.name.rstrip("\0")
    if not name.isascii():
        try:
            meant = name.encode("mac_roman").decode("shift_jis")
        except UnicodeError:
            return name
        return meant if _SHIFT_JIS.search(meant) else name
    return name


def notice(state: Reading, record: LayerRecord) -> None:
    """Name what changes the look of the layer and is not shown here."""
    blocks = record.tagged_blocks
    told = {
        "knockout": bool(blocks.get_data(Tag.KNOCKOUT_SETTING, 0)),
        "switched-off channels": bool(blocks.get_data(Tag.CHANNEL_BLENDING_RESTRICTIONS_SETTING)),
        "effects that are blended with their layer": bool(blocks.get_data(Tag.BLEND_INTERIOR_ELEMENTS, 0)),
        "clipped layers that are blended one by one": not blocks.get_data(Tag.BLEND_CLIPPING_ELEMENTS, 1),
        "Blend If by what lies below": _ranges_of(record, below=True) is not None,
    }
    state.left_out += [name for name, holds in told.items() if holds]


def _ranges_of(record: LayerRecord, below: bool) -> tuple[int, int, int, int] | None:
    """(where it begins to show, shows whole, begins to fade, is gone) in levels of grey; None where all of it shows."""
    found = record.blending_ranges.composite_ranges
    if not found or len(found) < 2:
        return None
    (dark, light) = found[1 if below else 0]
    values = (dark & 255, dark >> 8, light & 255, light >> 8) if isinstance(dark, int) else (*dark, *light)
    low, low_end, high, high_end = (int(value) for value in values)
    return None if (low, low_end, high, high_end) in ((0, 0, 255, 255), (0, 0, 0, 0)) else (low, low_end, high, high_end)


def blended_if(record: LayerRecord, pixels: Pixels) -> Pixels:
    """The layer with what "Blend If: This Layer" hides, by its own grey, made transparent."""
    limits = _ranges_of(record, below=False)
    if limits is None:
        return pixels
    low, low_end, high, high_end = limits
    tiles = {}
    for key, tile in pixels.tiles.items():
        grey = np.rint(tile[..., :3] @ _LUMINOSITY)
        share = np.clip((grey - low + 1) / (low_end - low + 1), 0, 1) * np.clip((high_end - grey + 1) / (high_end - high + 1), 0, 1)
        changed = tile.copy()
        changed[..., 3] = np.rint(tile[..., 3] * share)
        changed.flags.writeable = False
        tiles[key] = changed
    return Pixels(pixels.width, pixels.height, MappingProxyType(tiles))


def has_bare_path(record: LayerRecord) -> bool:
    """Whether a path cuts the layer that the program which wrote the file did not rasterise."""
    setting = next((record.tagged_blocks.get_data(tag) for tag in _PATHS if tag in record.tagged_blocks), None)
    if setting is None or setting.flags & _PATH_IS_OFF or not setting.path:
        return False
    return record.mask_data is None or not record.mask_data.flags.user_mask_from_render


def with_paths(state: Reading, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes with the paths of `state.paths` as masks, or, beside a mask, in their pixels' alpha."""
    header = state.psd.header
    if header.width * header.height > MOST_PIXELS:
        state.left_out.append("vector masks")
        return nodes
    layers = {id(layer._record): layer for layer in PSDImage(state.psd).descendants()}
    return _with_paths(state, nodes, {id_: layers[id(record)] for id_, record in state.paths.items() if id(record) in layers})


def _with_paths(state: Reading, nodes: tuple[Node, ...], layers: dict[str, PsdLayer]) -> tuple[Node, ...]:
    done: list[Node] = []
    for node in nodes:
        if isinstance(node, Group):
            node = replace(node, children=_with_paths(state, node.children, layers))
        if node.id in layers:
            share = np.rint(draw_vector_mask(layers[node.id])[..., 0] * 255).astype(np.uint8)
            state.noticed["vector mask"] += 1
            left, top = (int(node.placement.x), int(node.placement.y)) if isinstance(node, Layer) else (0, 0)
            if node.mask is None:
                linked = isinstance(node, Layer)
                node = replace(node, mask=Mask.from_array(share, -left if linked else 0, -top if linked else 0, 0, linked=linked))
            elif isinstance(node, Layer):
                node = replace(node, pixels=_cut(node.pixels, Mask.from_array(share, -left, -top, 0)))
            else:
                state.left_out.append("vector masks of groups with a mask")
        done.append(node)
    return tuple(done)


def _cut(pixels: Pixels, mask: Mask) -> Pixels:
    whole = pixels.to_array()
    share = mask.to_array(Rect(0, 0, pixels.width, pixels.height))
    whole[..., 3] = (whole[..., 3].astype(np.uint16) * share + 127) // 255
    return Pixels.from_array(whole)


def artboard(record: LayerRecord, group: Group) -> Group:
    """A group that is an artboard, cut at its edge and with its ground; any other as it is."""
    board = next((found for tag in _ARTBOARDS if (found := record.tagged_blocks.get_data(tag)) is not None), None)
    if board is None or b"artboardRect" not in board:
        return group
    edge = board[b"artboardRect"]
    left, top, right, bottom = (int(edge[side]) for side in (b"Left", b"Top ", b"Rght", b"Btom"))
    width, height = right - left, bottom - top
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        return group
    kind = int(board.get(b"artboardBackgroundType", 1))
    colour = board.get(b"Clr ") if kind != _TRANSPARENT else None
    children = group.children
    if kind != _TRANSPARENT:
        ground = tuple(int(colour[part]) for part in (b"Rd  ", b"Grn ", b"Bl  ")) if colour is not None else _GROUNDS.get(kind, _GROUNDS[1])
        filled = np.empty((height, width, 4), np.uint8)
        filled[...] = (*ground, 255)
        children = (make_layer(group.name, Pixels.from_array(filled), Placement(left, top)), *children)
    edge_mask = Mask.from_array(np.full((height, width), 255, np.uint8), left, top, 0, linked=False)
    return replace(group, children=children, blend="normal", mask=group.mask or edge_mask)
