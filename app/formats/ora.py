"""OpenRaster (.ora), which Krita, MyPaint and GIMP read and write: a zip of PNG files and stack.xml (openraster.org, version 0.0.5).

It knows layers, stacks (groups), opacity, visibility, locks and SVG's blend modes; it knows neither masks nor transforms, and
clipping only as the mode "svg:src-atop". `losses` says what is written in another way.

A file may come from anyone. Nothing is unpacked to the disk: entries are read by name, within bounds, by the PNG reader only.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from ..document.document import Document, Group, Layer, Node, make_group, make_layer, walk
from ..document.geometry import Placement, Rect
from ..document.pixels import Mask, Pixels
from ..errors import FileError
from ..render.blend import PASS_THROUGH
from ..render.render import mask_array, rasterise, render
from ..words import phrase
from .atomic import replacing
from .color import SRGB
from .foreign import PARSER_ERRORS, reading
from .opened import Opened
from .raster import DEFAULT_DPI, MOST_PIXELS_IN_LAYERS, check_size, footprint, on_white, opaque, read_picture, too_much

SUFFIX = ".ora"
MIMETYPE = b"image/openraster"
VERSION = "0.0.5"

_SVG_MODES = (
    "multiply", "screen", "overlay", "darken", "lighten", "color dodge", "color burn", "hard light", "soft light", "difference",
    "color", "luminosity", "hue", "saturation",
)  # fmt: skip
# What SVG has no name for goes under Krita's, measured to be the same formulas; other programs take it for normal.
_KRITAS_MODES = {
    "dissolve": "dissolve", "linear burn": "linear_burn", "darker color": "darker color", "lighter color": "lighter color",
    "vivid light": "vivid_light", "linear light": "linear light", "pin light": "pin_light", "hard mix": "hard_mix_photoshop",
    "exclusion": "exclusion", "subtract": "subtract", "divide": "divide",
}  # fmt: skip
OPERATIONS = (
    {"normal": "svg:src-over", "linear dodge": "svg:plus"}
    | {mode: f"svg:{mode.replace(' ', '-')}" for mode in _SVG_MODES}
    | {mode: f"krita:{name}" for mode, name in _KRITAS_MODES.items()}
)
_BLEND_OF = {operation: mode for mode, operation in OPERATIONS.items()} | {"svg:add": "linear dodge"}
_CLIPS = "svg:src-atop"
_ERASES = {"svg:dst-out": True, "svg:dst-in": False}  # whether the layer's own shape goes, or all but it
_MYPAINT = "http://mypaint.org/ns/openraster"
_FOR_MYPAINT = {
    f"{{{_MYPAINT}}}frame-active": "true",
    f"{{{_MYPAINT}}}eotf": "1.0",
}  # the canvas has a size; colours mix as they are encoded
ElementTree.register_namespace("mypaint", _MYPAINT)

_PNG_SIGNATURE = b"\x89PNG"
_LONGEST_XML = 16 << 20  # bytes
_LARGEST_ENTRY = 1 << 30  # bytes, unpacked
_MOST_NAMES = 20  # in the report
_MOST_NODES = 20_000
_DEEPEST = 100
_FARTHEST = 1 << 30  # canvas pixels from the origin
_THUMBNAIL_SIDE = 256  # pixels, as the specification has it


def is_ora(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a zip whose first entry is OpenRaster's mimetype, or may be one."""
    return head.startswith(b"PK\3\4") and MIMETYPE in head


# Writing


@dataclass
class _Writing:
    document: Document
    archive: zipfile.ZipFile
    count: int = 0

    def put(self, name: str, data: bytes, kind: int = zipfile.ZIP_STORED) -> None:
        entry = zipfile.ZipInfo(name)  # of 1980: equal documents make equal files
        entry.compress_type = kind
        entry.external_attr = 0o644 << 16
        self.archive.writestr(entry, data)


def save_ora(document: Document, path: Path) -> None:
    """Write an OpenRaster file; see `losses` for what it cannot hold."""
    merged = render(document, document.rect)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        state = _Writing(document, archive)
        state.put("mimetype", MIMETYPE)
        size = {"w": str(document.width), "h": str(document.height)}
        dpi = str(max(round(document.dpi), 1))
        root = ElementTree.Element("image", {"version": VERSION, **size, "xres": dpi, "yres": dpi} | _FOR_MYPAINT)
        root.append(_stack(state, document.layers, ()))
        state.put("stack.xml", ElementTree.tostring(root, "utf-8", xml_declaration=True), zipfile.ZIP_DEFLATED)
        state.put("mergedimage.png", _png(on_white(merged) if opaque(merged) else merged, document.profile))
        state.put("Thumbnails/thumbnail.png", _thumbnail(merged))


def _thumbnail(merged: np.ndarray) -> bytes:
    small = Image.fromarray(merged)
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    return _png(np.asarray(small), None)


def _png(pixels: np.ndarray, profile: bytes | None) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=4, icc_profile=profile or SRGB)
    return stream.getvalue()


def _stack(state: _Writing, nodes: tuple[Node, ...], masked: tuple[Group, ...]) -> ElementTree.Element:
    """The nodes, top to bottom as the format wants it. masked: the groups around them whose masks they carry."""
    stack = ElementTree.Element("stack")
    for base, clipped in reversed(list(_with_their_clipped(nodes))):
        stack.append(_clipping_stack(state, base, clipped, masked) if clipped else _element(state, base, masked))
    return stack


def _with_their_clipped(nodes: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Each node that does not clip, with those right above it that clip to it."""
    start = 0
    while start < len(nodes):
        end = start + 1
        while end < len(nodes) and nodes[end].clipping:
            end += 1
        yield nodes[start], nodes[start + 1 : end]
        start = end


def _clipping_stack(state: _Writing, base: Node, clipped: tuple[Node, ...], masked: tuple[Group, ...]) -> ElementTree.Element:
    """A stack that mixes as its base does: the base as it is, and on it what clips to it."""
    stack = ElementTree.Element("stack", _attributes(base) | {"isolation": "isolate"})
    for node in reversed(clipped):
        stack.append(_element(state, node, masked, base))
    inner = _element(state, base, masked)
    inner.attrib.update({"opacity": "1.0", "composite-op": OPERATIONS["normal"], "visibility": "visible"})
    stack.append(inner)
    return stack


def _element(state: _Writing, node: Node, masked: tuple[Group, ...], base: Node | None = None) -> ElementTree.Element:
    """base: what the node clips to."""
    if isinstance(node, Group):
        has_mask = node.mask is not None and node.mask.enabled
        element = _stack(state, node.children, (*masked, node) if has_mask else masked)
        element.attrib.update(_attributes(replace(node, opacity=node.opacity * node.fill)))
        element.set("isolation", "auto" if node.blend == PASS_THROUGH else "isolate")
        return element
    pixels, left, top = _pixels(state, node, masked, base)
    name = f"data/layer{state.count:04}.png"
    state.count += 1
    state.put(name, _png(pixels, state.document.profile))
    attributes = _attributes(node) | {"src": name, "x": str(left), "y": str(top)}
    if base is not None and node.blend == "normal":
        attributes["composite-op"] = _CLIPS
    return ElementTree.Element("layer", attributes)


def _attributes(node: Node) -> dict[str, str]:
    blend = "normal" if node.blend == PASS_THROUGH else node.blend
    return {
        "name": "".join(letter if _is_xml(letter) else "\ufffd" for letter in node.name),
        "opacity": f"{node.opacity:.6g}",
        "visibility": "visible" if node.visible else "hidden",
        "composite-op": OPERATIONS[blend],
    } | ({"edit-locked": "true"} if node.locked else {})


def _is_xml(letter: str) -> bool:
    """Whether XML 1.0 can hold the character."""
    return letter in "\t\n\r" or " " <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"


def _pixels(state: _Writing, layer: Layer, masked: tuple[Group, ...], base: Node | None) -> tuple[np.ndarray, int, int]:
    """((h, w, 4) uint8, left, top) with masks, and what the layer clips to, worked into its alpha."""
    pixels, left, top = rasterise(layer)
    if not pixels.size:
        return np.zeros((1, 1, 4), np.uint8), left, top
    area = Rect.from_size(left, top, pixels.shape[1], pixels.shape[0])
    shares = [mask_array(node, area) for node in (layer, *masked) if node.mask is not None and node.mask.enabled]
    if base is not None:
        covered = _coverage(base, area)
        # "svg:src-atop" clips by itself; for programs that do not know it nothing lies where the base does not.
        shares.append(np.where(covered > 0, np.uint8(255), np.uint8(0)) if layer.blend == "normal" else covered)
    for share in shares:
        pixels[..., 3] = (pixels[..., 3].astype(np.uint16) * share + 127) // 255
    return pixels, left, top


def _coverage(base: Node, area: Rect) -> np.ndarray:
    """(h, w) uint8: the alpha of a layer or group over `area`, its opacity apart."""
    plain = replace(base, opacity=1.0, visible=True, clipping=False, blend="normal")
    return render(Document(area.width, area.height, (plain,)), area)[..., 3]


def losses(document: Document) -> list[str]:
    """What OpenRaster cannot hold as it is in the document, in sentences."""
    nodes = [node for node, _depth, _parent in walk(document)]
    layers = [node for node in nodes if isinstance(node, Layer)]
    groups = [node for node in nodes if isinstance(node, Group)]
    modes = sorted({node.blend for node in nodes if node.blend in _KRITAS_MODES})
    found = {
        phrase("Scaled, turned or part-pixel layers are written as they look, resampled."): any(
            not layer.placement.is_identity_shift for layer in layers
        ),
        phrase("Masks become part of the layers' transparency."): any(node.mask is not None for node in nodes),
        phrase("Clipping is approximate in programs that do not know it."): any(node.clipping for node in nodes),
        phrase("Programs other than Krita show these blend modes as normal: {modes}.", modes=", ".join(modes)): bool(modes),
        phrase("Pass-through groups with an opacity are mixed apart from what lies below."): any(
            group.blend == PASS_THROUGH and group.opacity * group.fill < 1 for group in groups
        ),
        phrase("Recipes (prompts, seeds) and other candidates of generated layers stay in the project file only."): any(
            layer.recipe is not None or layer.candidates for layer in layers
        ),
        phrase("Locks of position, pixels or transparency alone are not kept."): any(node.locks for node in nodes),
        phrase("Which layers the engine does not look at stays in the project file only."): not all(node.seen_by_engine for node in nodes),
        phrase("Guides and colour tags are not kept."): bool(document.guides) or any(node.color_tag for node in nodes),
    }
    return [sentence for sentence, holds in found.items() if holds]


# Reading


@dataclass
class _Reading:
    """One file while it is read, and what was noticed on the way."""

    path: Path
    archive: zipfile.ZipFile
    nodes: int = 0
    pixels: int = 0
    pictures: dict[str, Pixels] = field(default_factory=dict)  # by entry: several layers may show the same
    noticed: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)  # names of layers
    color_notes: dict[str, None] = field(default_factory=dict)  # an ordered set


def open_ora(path: Path) -> Opened:
    """Read an OpenRaster file; FileError where it is damaged or unpacks to more than can be opened."""
    with reading(path), zipfile.ZipFile(path) as archive:
        state = _Reading(path, archive)
        root = _parsed(_entry(state, "stack.xml", _LONGEST_XML))
        width, height = _whole(root.get("w"), 1), _whole(root.get("h"), 1)
        check_size(path, width, height)
        stack = root.find("stack")
        layers = () if stack is None else _nodes(state, stack, 0)
        if not layers:
            state.noticed["merged"] += 1
            layers = (make_layer("Background", _picture(state, "mergedimage.png")),)
    return Opened(Document(width, height, layers, None, _dpi(root)), _report(state))


def _entry(state: _Reading, name: str, most: int) -> bytes:
    """The bytes of one entry, at most so many; a name that leads out of the archive is refused, though nothing is unpacked."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
        raise FileError(
            phrase("“{name}” names a file outside itself and was not opened.", name=state.path.name),
            phrase("Do not trust where it comes from."),
        )
    info = state.archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed with method {info.compress_type}")
    if info.file_size > most:
        raise FileError(
            phrase(
                "“{name}” holds a part that unpacks to {size:,.0f} MB and was not opened.",
                name=state.path.name,
                size=info.file_size / 2**20,
            ),
            phrase("It is damaged, or made to fill the memory."),
        )
    return state.archive.read(info)


class _NoDoctype(ElementTree.TreeBuilder):
    """Builds the tree; entities, which may grow without bound, cannot be declared."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"a document type {name}")


def _parsed(text: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(text, ElementTree.XMLParser(target=_NoDoctype()))
    if root.tag != "image":
        raise ValueError(f"<{root.tag}> in place of <image>")
    return root


def _nodes(state: _Reading, stack: ElementTree.Element, depth: int) -> tuple[Node, ...]:
    """The children of a <stack>, bottom to top."""
    if depth > _DEEPEST:
        raise ValueError("stacks are nested too deeply")
    found: list[Node] = []
    for element in reversed(stack):
        node = _node(state, element, depth)
        operation = element.get("composite-op", "")
        if isinstance(node, Layer) and operation in _ERASES:
            state.noticed["eraser"] += 1
            found = [_erased(node, tuple(found), operation)] if found else []
        elif node is not None:
            found.append(node)
    return tuple(found)


def _erased(eraser: Layer, below: tuple[Node, ...], operation: str) -> Group:
    """What lies below in the same stack as a group, with a mask for what the eraser leaves of it (Porter and Duff's "out" and "in")."""
    pixels, left, top = rasterise(eraser)
    alpha = np.rint(pixels[..., 3] * eraser.opacity).astype(np.uint8)
    leaves = Mask.from_array(
        255 - alpha if _ERASES[operation] else alpha, left, top, 255 if _ERASES[operation] else 0, enabled=eraser.visible
    )
    return make_group(eraser.name, below, mask=leaves)


def _node(state: _Reading, element: ElementTree.Element, depth: int) -> Node | None:
    state.nodes += 1
    if state.nodes > _MOST_NODES:
        raise ValueError("too many layers")
    common = _common(state, element)
    if element.tag == "stack":
        apart = element.get("isolation") == "isolate" or common["opacity"] < 1 or common["blend"] != "normal"
        blend = common["blend"] if apart else PASS_THROUGH
        return make_group(children=_nodes(state, element, depth + 1), **common | {"blend": blend})
    if element.tag != "layer" or "src" not in element.attrib:
        state.noticed["unknown"] += 1
        return None
    try:
        place = Placement(_whole(element.get("x", "0")), _whole(element.get("y", "0")))
        return make_layer(pixels=_picture(state, element.attrib["src"]), placement=place, **common)
    except PARSER_ERRORS:  # one layer that cannot be read is no reason to refuse the others
        state.unreadable.append(common["name"] or element.attrib["src"])
        return None


def _common(state: _Reading, element: ElementTree.Element) -> dict:
    """The fields that layers and groups share."""
    operation = element.get("composite-op", OPERATIONS["normal"])
    state.noticed["mode"] += operation not in _BLEND_OF and operation != _CLIPS and operation not in _ERASES
    return {
        "name": element.get("name", ""),
        "opacity": _opacity(state, element.get("opacity", "1")),
        "visible": element.get("visibility", "visible") != "hidden",
        "locked": element.get("edit-locked") == "true",
        "blend": _BLEND_OF.get(operation, "normal"),
        "clipping": operation == _CLIPS,
    }


def _opacity(state: _Reading, text: str) -> float:
    """0 to 1. Some programs write it with the decimal comma of their user's language; what is no share at all is opaque, and told."""
    try:
        opacity = float(text.replace(",", "."))
    except ValueError:
        opacity = math.nan
    if not 0 <= opacity <= 1:
        state.noticed["opacity"] += 1
        return 1.0
    return opacity


def _picture(state: _Reading, name: str) -> Pixels:
    name = name.replace("\\", "/")  # as some programs on Windows write it
    if name in state.pictures:
        return state.pictures[name]
    data = _entry(state, name, _LARGEST_ENTRY)
    if not data.startswith(_PNG_SIGNATURE):
        raise ValueError(f"{name} is not a PNG")
    picture = read_picture(io.BytesIO(data), state.path, ("PNG",))
    height, width = picture.pixels.shape[:2]
    state.pixels += footprint(width, height)
    if state.pixels > MOST_PIXELS_IN_LAYERS:
        raise too_much(state.path)
    state.color_notes.update(dict.fromkeys(picture.notes))
    state.pictures[name] = Pixels.from_array(picture.pixels)
    return state.pictures[name]


def _whole(text: str | None, least: int = -_FARTHEST) -> int:
    """Some programs write whole numbers as “12.0”."""
    value = round(float(text or ""))
    if not least <= value <= _FARTHEST:
        raise ValueError(f"the number {value}")
    return value


def _dpi(root: ElementTree.Element) -> float:
    try:
        dpi = float(root.get("xres", ""))
    except ValueError:
        return DEFAULT_DPI
    return dpi if 1 <= dpi <= 100_000 else DEFAULT_DPI


def _report(state: _Reading) -> tuple[str, ...]:
    sentences = {
        "mode": phrase("{n} layer(s) or group(s) with a blend mode unknown here came in as normal.", n=state.noticed["mode"]),
        "opacity": phrase("{n} opacities that are no number from 0 to 1 were taken as full.", n=state.noticed["opacity"]),
        "eraser": phrase("{n} erasing layer(s) became masks of groups around what they erase.", n=state.noticed["eraser"]),
        "unknown": phrase("{n} part(s) of the file that are not pictures were left out.", n=state.noticed["unknown"]),
        "merged": phrase("The file has no layers; its merged picture became the only one."),
    }
    told = [sentence for what, sentence in sentences.items() if state.noticed[what]]
    if state.unreadable:
        told.append(phrase("Left out, because they cannot be read: {names}.", names=", ".join(state.unreadable[:_MOST_NAMES])))
    return (*state.color_notes, *told)
