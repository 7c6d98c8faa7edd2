"""A document as JSON data and back; tiles are named by hash (tiles.py).

Every field of the document's dataclasses is written. Reading trusts nothing: a missing key, a wrong type or a number out of
range is a ValueError, and the project counts as damaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from ...document.document import LOCKS, Candidate, Document, Group, Guide, Layer, Node
from ...document.geometry import IDENTITY, STEEPEST, Matrix, Placement
from ...document.pixels import TILE, Key, Mask, Pixels, Tiles
from ...render.blend import BLEND_MODES
from ..limits import DEEPEST_GROUP, FARTHEST, FARTHEST_WHOLE, LARGEST_CANVAS, LONGEST_SIDE


class PutTiles(Protocol):
    def put(self, tiles: Tiles) -> Mapping[Key, str]: ...


class GetTiles(Protocol):
    def get(self, names: Mapping[Key, str], channels: int) -> Tiles: ...


def to_json(document: Document, tiles: PutTiles) -> dict:
    """JSON data of everything but the ICC profile; tiles go to `tiles`."""
    return {
        "width": document.width,
        "height": document.height,
        "dpi": document.dpi,
        "origin": list(document.origin),
        "guides": [{"horizontal": guide.horizontal, "position": guide.position} for guide in document.guides],
        "layers": [_node(node, tiles) for node in document.layers],
    }


def _node(node: Node, tiles: PutTiles) -> dict:
    plain = {
        "kind": "layer" if isinstance(node, Layer) else "group",
        "id": node.id,
        "name": node.name,
        "opacity": node.opacity,
        "blend": node.blend,
        "visible": node.visible,
        "locked": node.locked,
        "locks": sorted(node.locks),
        "clipping": node.clipping,
        "color_tag": node.color_tag,
        "seen_by_engine": node.seen_by_engine,
        "mask": None if node.mask is None else _mask(node.mask, tiles),
    }
    if isinstance(node, Group):
        return plain | {"collapsed": node.collapsed, "fill": node.fill, "children": [_node(child, tiles) for child in node.children]}
    return plain | {
        "pixels": _pixels(node.pixels, tiles),
        "placement": _placement(node.placement),
        "recipe": node.recipe,
        "candidates": [_candidate(candidate, tiles) for candidate in node.candidates],
    }


def _candidate(candidate: Candidate, tiles: PutTiles) -> dict:
    return {"pixels": _pixels(candidate.pixels, tiles), "placement": _placement(candidate.placement), "recipe": candidate.recipe}


def _pixels(pixels: Pixels, tiles: PutTiles) -> dict:
    plain = _raster(pixels.width, pixels.height, pixels.tiles, tiles)
    return plain if pixels.cover is None else plain | {"cover": _stored(pixels.cover, tiles)}


def _mask(mask: Mask, tiles: PutTiles) -> dict:
    return _raster(mask.width, mask.height, mask.tiles, tiles) | {
        "left": mask.left,
        "top": mask.top,
        "default": mask.default,
        "linked": mask.linked,
        "enabled": mask.enabled,
        "matrix": list(mask.matrix),
    }


def _raster(width: int, height: int, held: Tiles, tiles: PutTiles) -> dict:
    return {"width": width, "height": height, "tiles": _stored(held, tiles)}


def _stored(held: Tiles, tiles: PutTiles) -> list:
    return [[row, column, name] for (row, column), name in sorted(tiles.put(held).items())]


def _placement(placement: Placement) -> list[float]:
    return [placement.x, placement.y, placement.scale_x, placement.scale_y, placement.rotation, placement.skew]


def from_json(plain: object, tiles: GetTiles, profile: bytes | None) -> Document:
    """The document that `to_json` wrote; ValueError where the data is not one."""
    plain = _dict(plain)
    width = _whole(plain["width"], 1, LONGEST_SIDE)
    return Document(
        width=width,
        height=_whole(plain["height"], 1, min(LONGEST_SIDE, LARGEST_CANVAS // width)),
        layers=_nodes(plain["layers"], tiles, 0),
        profile=profile,
        dpi=_number(plain["dpi"], 0.001, 1e6),
        origin=_read_origin(plain.get("origin", [0, 0])),  # files of 0.1.0 have none
        guides=tuple(Guide(_truth(_dict(g)["horizontal"]), _number(_dict(g)["position"])) for g in _list(plain["guides"])),
    )


def _nodes(plain: object, tiles: GetTiles, depth: int) -> tuple[Node, ...]:
    if depth > DEEPEST_GROUP:
        raise ValueError("groups are nested too deeply")
    return tuple(_read_node(_dict(node), tiles, depth) for node in _list(plain))


def _read_node(plain: dict, tiles: GetTiles, depth: int) -> Node:
    common = {
        "id": _text(plain["id"]),
        "name": _text(plain["name"]),
        "opacity": _number(plain["opacity"], 0, 1),
        "blend": _blend(plain["blend"], plain["kind"]),
        "visible": _truth(plain["visible"]),
        "locked": _truth(plain["locked"]),
        "locks": frozenset(_lock(kind) for kind in _list(plain.get("locks", []))),  # files of 0.1.0 have none
        "clipping": _truth(plain["clipping"]),
        "color_tag": _text(plain["color_tag"]),
        "seen_by_engine": _truth(plain.get("seen_by_engine", True)),  # files of 0.1.0 do not say
        "mask": None if plain["mask"] is None else _read_mask(_dict(plain["mask"]), tiles),
    }
    if plain["kind"] not in ("layer", "group"):
        raise ValueError(f"unknown kind {plain['kind']!r}")
    if plain["kind"] == "group":
        fill = _number(plain.get("fill", 1.0), 0, 1)  # files of 0.1.0 have none
        return Group(**common, collapsed=_truth(plain["collapsed"]), fill=fill, children=_nodes(plain["children"], tiles, depth + 1))
    candidates = [(_dict(one), _read_candidate(_dict(one), tiles)) for one in _list(plain["candidates"])]
    shown = next((candidate.pixels for stored, candidate in candidates if stored["pixels"] == plain["pixels"]), None)
    return Layer(
        **common,
        pixels=shown or _read_pixels(plain["pixels"], tiles),  # the same object: that says which candidate the layer shows
        placement=_read_placement(plain["placement"]),
        recipe=None if plain["recipe"] is None else _dict(plain["recipe"]),
        candidates=tuple(candidate for _, candidate in candidates),
    )


def _read_candidate(plain: dict, tiles: GetTiles) -> Candidate:
    return Candidate(_read_pixels(plain["pixels"], tiles), _read_placement(plain["placement"]), _dict(plain["recipe"]))


def _read_pixels(plain: object, tiles: GetTiles) -> Pixels:
    plain = _dict(plain)
    width, height, held = _read_raster(plain, tiles, 4)
    if "cover" not in plain:  # files of 0.1.0 have none, and of what the engine did not make it is not known
        return Pixels(width, height, held)
    cover = _read_tiles(plain["cover"], width, height, tiles, 1)
    return Pixels(width, height, held, cover=cover if len(cover) == len(plain["cover"]) else None)  # damaged, it would say the wrong thing


def _read_mask(plain: dict, tiles: GetTiles) -> Mask:
    return Mask(
        *_read_raster(plain, tiles, 1),
        left=_whole(plain["left"], -FARTHEST_WHOLE, FARTHEST_WHOLE),
        top=_whole(plain["top"], -FARTHEST_WHOLE, FARTHEST_WHOLE),
        default=_whole(plain["default"], 0, 255),
        linked=_truth(plain["linked"]),
        enabled=_truth(plain["enabled"]),
        matrix=_read_matrix(plain.get("matrix", list(IDENTITY))),  # files of 0.1.0 have none
    )


def _read_raster(plain: dict, tiles: GetTiles, channels: int) -> tuple[int, int, Tiles]:
    width = _whole(plain["width"], 0, LONGEST_SIDE)
    height = _whole(plain["height"], 0, min(LONGEST_SIDE, LARGEST_CANVAS // max(width, 1)))
    return width, height, _read_tiles(plain["tiles"], width, height, tiles, channels)


def _read_tiles(plain: object, width: int, height: int, tiles: GetTiles, channels: int) -> Tiles:
    names: dict[Key, str] = {}
    for row, column, name in (_list(item) for item in _list(plain)):
        key = _whole(row, 0, (height - 1) // TILE), _whole(column, 0, (width - 1) // TILE)
        names[key] = _text(name)
    return tiles.get(names, channels)


def _read_placement(plain: object) -> Placement:
    x, y, scale_x, scale_y, rotation, *rest = (_number(value) for value in _list(plain))
    if len(rest) > 1:
        raise ValueError("a placement has six numbers")
    return Placement(x, y, scale_x, scale_y, rotation, *(_number(skew, -STEEPEST, STEEPEST) for skew in rest))  # 0.1.0 wrote five


def _read_origin(plain: object) -> tuple[int, int]:
    x, y = (_whole(value, -FARTHEST_WHOLE, FARTHEST_WHOLE) for value in _list(plain))
    return x, y


def _read_matrix(plain: object) -> Matrix:
    a, b, c, d, tx, ty = (_number(value) for value in _list(plain))
    return a, b, c, d, tx, ty


def _blend(plain: object, kind: object) -> str:
    if plain in BLEND_MODES or (plain == "pass through" and kind == "group"):
        return str(plain)
    raise ValueError(f"unknown blend mode {plain!r}")


def _lock(plain: object) -> str:
    if plain in LOCKS:
        return str(plain)
    raise ValueError(f"unknown lock {plain!r}")


def _dict(plain: object) -> dict:
    if not isinstance(plain, dict):
        raise ValueError("an object was expected")
    return plain


def _list(plain: object) -> list:
    if not isinstance(plain, list):
        raise ValueError("a list was expected")
    return plain


def _text(plain: object) -> str:
    if not isinstance(plain, str):
        raise ValueError("a text was expected")
    return plain


def _truth(plain: object) -> bool:
    if not isinstance(plain, bool):
        raise ValueError("true or false was expected")
    return plain


def _whole(plain: object, low: int, high: int) -> int:
    if isinstance(plain, bool) or not isinstance(plain, int) or not low <= plain <= high:
        raise ValueError(f"a whole number from {low} to {high} was expected")
    return plain


def _number(plain: object, low: float = -FARTHEST, high: float = FARTHEST) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not math.isfinite(plain) or not low <= plain <= high:
        raise ValueError(f"a number from {low} to {high} was expected")
    return plain
