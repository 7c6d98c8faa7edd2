"""Smart objects: a layer's own pixels embedded as a one-layer PSB, and where its corners lie on the canvas.

Written only on request, since they make a file larger. Read back where Downstage wrote them: the layer is then scaled and
turned as it was, not resampled.
"""

from __future__ import annotations

import io
import uuid

from psd_tools.constants import LinkedLayerType, PlacedLayerType, Tag
from psd_tools.psd import PSD
from psd_tools.psd.descriptor import Descriptor, DescriptorBlock, DescriptorBlock2, Double, Enumerated, Integer, List, String, UnitFloat
from psd_tools.psd.layer_and_mask import LayerRecord
from psd_tools.psd.linked_layer import LinkedLayer
from psd_tools.terminology import Unit

from ...document.document import Layer
from ...document.geometry import Placement, Point, Rect, apply, corners
from ...document.pixels import Pixels
from ..foreign import PARSER_ERRORS
from .channels import Reading, pixels

_ANTIALIAS = 16  # as Photoshop writes it
_CREATOR = b"DwnS"  # who wrote the embedded file
_NEAR = 1e-6  # canvas pixels


def smart_object(record: LayerRecord, layer: Layer, content: bytes, dpi: float) -> LinkedLayer:
    """Make `record` a smart object that shows the PSB `content`, the layer's own pixels; gives what is embedded."""
    width, height = layer.pixels.width, layer.pixels.height
    places = tuple(value for corner in _corners(layer.placement, width, height) for value in corner)
    content_id, placed_id = (str(uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {layer.id}")) for what in ("content", "place"))
    record.tagged_blocks.set_data(
        Tag.PLACED_LAYER2, uuid=content_id.encode(), page=1, total_pages=1, anti_alias=_ANTIALIAS, layer_type=PlacedLayerType.RASTER,
        transform=places, warp=_with(DescriptorBlock2(name="\0", classID=b"warp", version=0), _no_warp(width, height)),
    )  # fmt: skip
    record.tagged_blocks.set_data(
        Tag.SMART_OBJECT_LAYER_DATA1, version=4, data=_settings(content_id, placed_id, places, (width, height), dpi)
    )
    return LinkedLayer(
        kind=LinkedLayerType.DATA, version=7, uuid=content_id, filename=f"{layer.name}.psb\0", filetype=b"8BPB", creator=_CREATOR,
        data=content, child_id="\0", mod_time=0.0, lock_state=0,
    )  # fmt: skip


def _corners(placement: Placement, width: int, height: int) -> list[Point]:
    matrix = placement.matrix(width, height)
    return [apply(matrix, *corner) for corner in corners(Rect(0, 0, width, height))]


def _settings(content_id: str, placed_id: str, places: tuple[float, ...], size: tuple[int, int], dpi: float) -> DescriptorBlock:
    width, height = size
    corner_list = [Double(value) for value in places]
    still = {b"numerator": Integer(0), b"denominator": Integer(600)}
    warp = _with(Descriptor(name="\0", classID=b"warp"), _no_warp(width, height))
    return _with(
        DescriptorBlock(name="\0", classID=b"null"),
        {
            b"Idnt": String(f"{content_id}\0"),
            b"placed": String(f"{placed_id}\0"),
            b"PgNm": Integer(1),
            b"totalPages": Integer(1),
            b"Crop": Integer(1),
            b"frameStep": _with(Descriptor(name="\0", classID=b"null"), still),
            b"duration": _with(Descriptor(name="\0", classID=b"null"), still),
            b"frameCount": Integer(1),
            b"Annt": Integer(_ANTIALIAS),
            b"Type": Integer(PlacedLayerType.RASTER),
            b"Trnf": List(corner_list),
            b"nonAffineTransform": List(corner_list),
            b"warp": warp,
            b"Sz  ": _with(Descriptor(name="\0", classID=b"Pnt "), {b"Wdth": Double(width), b"Hght": Double(height)}),
            b"Rslt": UnitFloat(dpi, Unit.Density),
        },
    )


def _no_warp(width: int, height: int) -> dict[bytes, object]:
    sides = {b"Top ": 0.0, b"Left": 0.0, b"Btom": float(height), b"Rght": float(width)}
    bounds = {key: UnitFloat(value, Unit.Pixels) for key, value in sides.items()}
    return {
        b"warpStyle": Enumerated(b"warpStyle", b"warpNone"),
        b"warpValue": Double(0.0),
        b"warpPerspective": Double(0.0),
        b"warpPerspectiveOther": Double(0.0),
        b"warpRotate": Enumerated(b"Ornt", b"Hrzn"),
        b"bounds": _with(Descriptor(name="\0", classID=b"Rctn"), bounds),
        b"uOrder": Integer(4),
        b"vOrder": Integer(4),
    }


def _with(descriptor: Descriptor, items: dict[bytes, object]) -> Descriptor:
    for key, value in items.items():
        descriptor[key] = value
    return descriptor


def own_pixels(state: Reading, record: LayerRecord) -> tuple[Pixels, Placement] | None:
    """The unturned pixels of a smart object that Downstage wrote, and how they lie; None for any other."""
    block, links = record.tagged_blocks.get_data(Tag.SMART_OBJECT_LAYER_DATA1), None
    tagged = state.psd.layer_and_mask_information.tagged_blocks
    if block is not None and tagged is not None:
        links = tagged.get_data(Tag.LINKED_LAYER2)
    name = block.data[b"Idnt"].value.rstrip("\0") if links else ""
    content = next((link.data for link in links or () if link.uuid == name and link.creator == _CREATOR), None)
    if content is None:
        return None
    try:
        inner = Reading(PSD.read(io.BytesIO(content)))
        ((inner_record, channels),) = inner.psd._iter_layers()
        found = pixels(inner, inner_record, channels)
        placement = _placement([float(value) for value in block.data[b"Trnf"]], found.width, found.height)
    except PARSER_ERRORS:  # what is embedded is damaged; the layer's own channels still show it
        return None
    return None if placement is None else (found, placement)


def _placement(places: list[float], width: int, height: int) -> Placement | None:
    """Where corners at these places, clockwise from the top left, put a layer; None where they are no parallelogram."""
    x, y = places[0::2], places[1::2]
    if len(places) != 8 or not width or not height or max(abs(x[0] + x[2] - x[1] - x[3]), abs(y[0] + y[2] - y[1] - y[3])) > _NEAR:
        return None
    matrix = ((x[1] - x[0]) / width, (y[1] - y[0]) / width, (x[3] - x[0]) / height, (y[3] - y[0]) / height, x[0], y[0])
    if abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) < _NEAR:
        return None
    return Placement().transformed(matrix, width, height)
