"""Layer effects and fills as pixels, as Photoshop's own "Create Layers" and "Rasterize Layer Style" do it.

Shadows, glows and the outer part of strokes become layers below; overlays, inner shadows and glows and the inner part of
strokes become layers that clip to theirs, or its own pixels where those would not show. Strokes, overlays and fills are
psd-tools' drawing, which is measured against Photoshop's; shadows and glows are blurs like Photoshop's, not the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from psd_tools.api import effects as fx
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.composite import paint
from psd_tools.composite.effects import draw_stroke_effect_split, stroke_bbox
from psd_tools.constants import ColorMode, StrokeFillType, Tag
from psd_tools.psd.descriptor import Descriptor, List
from psd_tools.terminology import Key
from scipy.ndimage import gaussian_filter

from ...document.document import Document, Group, Layer, Node, bounds, make_layer
from ...document.geometry import Placement, Rect
from ...document.pixels import Pixels
from ...render.render import render
from .gradient import gradient
from .table import BLEND_OF_MODE

MOST_EFFECT_PIXELS = 1 << 23  # of one effect; the distances of a stroke take 128 bytes a pixel
_BAND = 512  # rows of a gradient painted at a time
_REACH = 3  # a blur reaches so many standard deviations
_SIGMA = 0.41  # standard deviation of a blur of size 1, measured on a shadow that Photoshop drew
# What psd-tools raises on descriptors that Photoshop did not write: the effect is left out, and the report says so.
UNREADABLE = (AttributeError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError, AssertionError)

# From the bottom to the top, as Photoshop paints them.
_BEHIND = (fx.DropShadow, fx.OuterGlow)
_INSIDE = (fx.PatternOverlay, fx.GradientOverlay, fx.ColorOverlay, fx.InnerGlow, fx.InnerShadow)
_NAMES = {
    fx.DropShadow: "Drop Shadow", fx.OuterGlow: "Outer Glow", fx.PatternOverlay: "Pattern Fill", fx.GradientOverlay: "Gradient Fill",
    fx.ColorOverlay: "Color Fill", fx.InnerGlow: "Inner Glow", fx.InnerShadow: "Inner Shadow", fx.Stroke: "Stroke",
}  # fmt: skip


@dataclass(frozen=True)
class Styled:
    """What a node with effects becomes: the nodes behind it (bottom to top), itself, those that clip to it or lie inside it;
    and the names of the effects that could not be drawn."""

    behind: tuple[Layer, ...]
    node: Node
    inside: tuple[Layer, ...]
    left_out: tuple[str, ...]


def enabled(layer: PsdLayer) -> list[fx._Effect]:
    """The effects of a layer that show. Older Photoshops wrote no "present" beside "enabled"."""
    data = layer.effects._data
    if data is None or not data.get(b"masterFXSwitch", True):
        return []
    found = [item for key in data for item in (data[key] if isinstance(data[key], List) else [data[key]]) if isinstance(item, Descriptor)]
    shown = [item for item in found if item.classID in fx._TYPES and item.get(Key.Enabled) and item.get(b"present", True)]
    return [fx._TYPES[item.classID](item, layer._psd.image_resources) for item in shown]


def styled(node: Node, layer: PsdLayer, fill: float) -> Styled:
    """Draw the effects of a node. fill: the opacity of its own pixels, 0 to 1, which effects do not share."""
    work = _Work(node, layer, fill)
    behind: list[Layer] = []
    inside: list[Layer] = []
    left_out: list[str] = []
    effects = enabled(layer)
    for effect in sorted(effects, key=_height):
        try:
            below, above = work.drawn(effect)
        except UNREADABLE:
            left_out.append(effect.name)
            continue
        behind += below
        inside += above
    if inside and isinstance(node, Layer) and (fill < 1 or node.clipping):
        return Styled(tuple(behind), _flattened(node, inside, fill), (), tuple(left_out))
    return Styled(tuple(behind), replace(node, opacity=node.opacity * fill), tuple(inside), tuple(left_out))


def _height(effect: fx._Effect) -> int:
    order = (*_BEHIND, *_INSIDE, fx.Stroke)
    return order.index(type(effect)) if type(effect) in order else len(order)


class _Work:
    """One node whose effects are drawn. area: its visible pixels on the canvas, in whole pixels."""

    def __init__(self, node: Node, layer: PsdLayer, fill: float) -> None:
        self.node, self.layer, self.fill = node, layer, fill
        self.area = bounds(node)
        if isinstance(node, Layer):
            self.area = node.pixels.content_bounds().moved(int(node.placement.x), int(node.placement.y)).intersect(self.area)
        self.box = Rect(*layer.bbox) if isinstance(node, Layer) else self.area  # what gradients are laid out on
        self.document = layer._psd
        grey = self.document.color_mode in (ColorMode.GRAYSCALE, ColorMode.DUOTONE)
        self.mode = ColorMode.GRAYSCALE if grey else ColorMode.RGB

    def shape(self, area: Rect) -> np.ndarray:
        """(h, w) float32 in [0, 1]: how far the node covers each pixel, its mask included."""
        if area.width * area.height > MOST_EFFECT_PIXELS:
            raise ValueError(f"an effect of {area.width} × {area.height}")
        plain = replace(self.node, opacity=1.0, blend="normal", visible=True, clipping=False)
        return render(Document(1, 1, (plain,)), area)[..., 3] / np.float32(255)

    def drawn(self, effect: fx._Effect) -> tuple[list[Layer], list[Layer]]:
        """The layers of one effect, behind the node and inside it."""
        if self.area.is_empty:
            return [], []
        if isinstance(effect, fx.Stroke):
            return self._stroke(effect)
        if isinstance(effect, _BEHIND):
            return [self._behind(effect)], []
        if isinstance(effect, _INSIDE):
            return [], [self._inside(effect)]
        raise ValueError(f"no drawing for {effect.name}")

    def _stroke(self, effect: fx.Stroke) -> tuple[list[Layer], list[Layer]]:
        area = Rect(*stroke_bbox((self.area.left, self.area.top, self.area.right, self.area.bottom), effect.descriptor))
        shape = self.shape(area)
        palette = SimpleNamespace(color_mode=self.mode, _get_pattern=self.document._get_pattern, _max_alloc_bytes=None)
        corners = (area.left, area.top, area.right, area.bottom)
        color, band, within = draw_stroke_effect_split(corners, shape[..., None], effect.descriptor, palette)
        if effect.fill_type is StrokeFillType.GRADIENT:
            color, opacity = gradient(effect.descriptor, self.mode, area, area.grown(-1))
            band, within = band * opacity[..., None], within * opacity[..., None]
        overlap = np.minimum(within[..., 0], shape)
        beside = np.minimum(band[..., 0] - overlap, 1 - shape)
        inner = np.clip(overlap / np.maximum(shape, 1e-6), 0, 1)
        outer = np.clip(beside / np.maximum(1 - shape * self.fill, 1e-6), 0, 1)  # the two together fill a pixel on the edge
        fades = self.node.opacity
        return (
            [self._layer(effect, area, color, outer, fades)] if outer.any() else [],
            [self._layer(effect, area, color, inner, 1.0)] if inner.any() else [],
        )

    def _behind(self, effect: fx.DropShadow | fx.OuterGlow) -> Layer:
        sigma, dx, dy = _blur(effect)
        margin = math.ceil(_REACH * sigma) + 1
        area = self.area.unite(self.area.moved(dx, dy)).grown(margin)
        shape = self.shape(area)
        cast = _blurred(_shifted(shape, dx, dy), sigma, effect.choke / 100)
        if not isinstance(effect, fx.DropShadow) or effect.layer_knocks_out:
            cast *= (1 - shape) / np.maximum(1 - shape * self.fill, 1e-6)
        return self._layer(effect, area, self._flat(effect, area), cast, self.node.opacity)

    def _inside(self, effect: fx._Effect) -> Layer:
        area = self.area
        corners = (area.left, area.top, area.right, area.bottom)
        if area.width * area.height > MOST_EFFECT_PIXELS:
            raise ValueError(f"an effect of {area.width} × {area.height}")
        coverage: np.ndarray | None = None
        if isinstance(effect, fx.ColorOverlay):
            color = self._flat(effect, area)
        elif isinstance(effect, fx.GradientOverlay):
            color, opacity = gradient(effect.descriptor, self.mode, area, self.box)
            coverage = opacity[..., None]
        elif isinstance(effect, fx.PatternOverlay):
            color, coverage = paint.draw_pattern_fill(corners, self.document, effect.descriptor, self._origin(effect))
        else:
            color, coverage = self._flat(effect, area), self._inward(effect, area)[..., None]
        if color is None:
            raise ValueError(f"no colours for {effect.name}")
        full = np.ones((area.height, area.width), np.float32)
        return self._layer(effect, area, color, full if coverage is None else coverage[..., 0], 1.0)

    def _origin(self, effect: fx.PatternOverlay) -> tuple[int, int, int, int]:
        """Where a pattern begins: at the layer's reference point where it is linked with the layer, else at the canvas's corner."""
        linked = effect.descriptor.get(b"Algn", True)
        x, y = (self.layer.tagged_blocks.get_data(Tag.REFERENCE_POINT) if linked else None) or (0.0, 0.0)
        left, top = round(x), round(y)
        return left, top, left + self.area.width, top + self.area.height

    def _inward(self, effect: fx.InnerShadow | fx.InnerGlow, area: Rect) -> np.ndarray:
        """What comes in from outside the shape, blurred."""
        sigma, dx, dy = _blur(effect)
        wide = area.grown(math.ceil(_REACH * sigma) + 1 + max(abs(dx), abs(dy)))
        outside = _blurred(_shifted(1 - self.shape(wide), dx, dy, 1.0), sigma, effect.choke / 100)
        if isinstance(effect, fx.InnerGlow) and effect.glow_source is not None and effect.glow_source.name == "CENTER":
            outside = 1 - outside
        left, top = area.left - wide.left, area.top - wide.top
        return outside[top : top + area.height, left : left + area.width]

    def _flat(self, effect: fx._Effect, area: Rect) -> np.ndarray:
        color, _ = paint.draw_solid_color_fill((0, 0, 1, 1), self.mode, effect.descriptor)
        return np.broadcast_to(color, (area.height, area.width, color.shape[2]))

    def _layer(self, effect: fx._Effect, area: Rect, color: np.ndarray, coverage: np.ndarray, fades: float) -> Layer:
        """color: (h, w, 1 or 3) in [0, 1]; coverage: (h, w) in [0, 1]."""
        name = f"{self.node.name}'s {_NAMES[type(effect)]}"
        return make_layer(
            name, Pixels.from_array(as_levels(color, coverage)), Placement(area.left, area.top),
            opacity=fades * effect.opacity / 100, blend=BLEND_OF_MODE.get(effect.blend_mode, "normal"),
            visible=self.node.visible, color_tag=self.node.color_tag,
        )  # fmt: skip


def as_levels(color: np.ndarray, coverage: np.ndarray | None) -> np.ndarray:
    """(h, w, 4) uint8 of (h, w, 1 or 3) colours and (h, w) coverage, both in [0, 1]."""
    out = np.full((*color.shape[:2], 4), 255, np.uint8)
    out[..., :3] = np.rint(np.clip(color, 0, 1) * 255)
    if coverage is not None:
        out[..., 3] = np.rint(np.clip(coverage, 0, 1) * 255)
    return out


def _blur(effect: fx._Effect) -> tuple[float, int, int]:
    """Standard deviation in pixels, and the shift that a light from `angle` gives a shadow."""
    sigma = min(max(effect.size, 0.0), 250.0) * _SIGMA
    if not isinstance(effect, fx.DropShadow | fx.InnerShadow):
        return sigma, 0, 0
    angle, distance = math.radians(effect.angle), min(max(effect.distance, 0.0), 30_000.0)
    return sigma, round(-distance * math.cos(angle)), round(distance * math.sin(angle))


def _shifted(shape: np.ndarray, dx: int, dy: int, outside: float = 0.0) -> np.ndarray:
    out = np.full_like(shape, outside)
    height, width = shape.shape
    if abs(dx) < width and abs(dy) < height:
        out[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = shape[
            max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
        ]
    return out


def _blurred(shape: np.ndarray, sigma: float, choke: float) -> np.ndarray:
    """choke: 0 is soft all through, 1 is hard; in between the blur is steepened about its outer end."""
    if sigma <= 0:
        return shape
    soft = gaussian_filter(shape, sigma, truncate=_REACH, mode="nearest")
    return soft if choke <= 0 else np.clip(soft / max(1 - choke, 1 / 255), 0, 1)


def _flattened(layer: Layer, inside: list[Layer], fill: float) -> Layer:
    """The layer with what lies inside it worked into its pixels."""
    area = bounds(layer)
    own = layer.pixels.to_array(area.moved(-int(layer.placement.x), -int(layer.placement.y)))
    opaque = own.copy()
    opaque[..., 3] = 255
    ground = make_layer("", Pixels.from_array(opaque), Placement(area.left, area.top), opacity=fill)
    seen = render(Document(1, 1, (ground, *inside)), area)
    seen[..., 3] = (seen[..., 3].astype(np.uint16) * own[..., 3] + 127) // 255
    shift = (area.left - int(layer.placement.x), area.top - int(layer.placement.y))
    mask = layer.mask
    if mask is not None and mask.linked:
        mask = replace(mask, left=mask.left - shift[0], top=mask.top - shift[1])
    return replace(layer, pixels=Pixels.from_array(seen), placement=Placement(area.left, area.top), mask=mask)


def fill_pixels(layer: PsdLayer, area: Rect) -> np.ndarray | None:
    """(h, w, 4) uint8 of a fill layer's colour, gradient or pattern over `area`; None where it cannot be drawn."""
    blocks = layer.tagged_blocks
    grey = layer._psd.color_mode in (ColorMode.GRAYSCALE, ColorMode.DUOTONE)
    mode = ColorMode.GRAYSCALE if grey else ColorMode.RGB
    out = np.empty((area.height, area.width, 4), np.uint8)
    try:
        if (solid := blocks.get_data(Tag.SOLID_COLOR_SHEET_SETTING)) is not None:
            out[...] = as_levels(paint.draw_solid_color_fill((0, 0, 1, 1), mode, solid)[0], None)
        elif (ramp := blocks.get_data(Tag.GRADIENT_FILL_SETTING)) is not None:
            for top in range(area.top, area.bottom, _BAND):
                band = Rect(area.left, top, area.right, min(top + _BAND, area.bottom))
                out[top - area.top : band.bottom - area.top] = as_levels(*gradient(ramp, mode, band, area))
        elif area.width * area.height <= MOST_EFFECT_PIXELS:
            color, coverage = paint.create_fill(layer, (area.left, area.top, area.right, area.bottom))
            if color is None:
                return None
            out[...] = as_levels(color, None if coverage is None else coverage[..., 0])
        else:
            return None
    except UNREADABLE:
        return None
    return out


def expanded(nodes: tuple[Node, ...], styles: dict[str, tuple[PsdLayer, float]], left_out: list[str]) -> tuple[Node, ...]:
    """The nodes with their effects as layers. styles: id -> the file's layer and its fill opacity; left_out: gets the names of
    effects that could not be drawn."""
    if not styles:
        return nodes
    done: list[Node] = []
    inside: tuple[Layer, ...] = ()  # of the node that the coming ones clip to: its effects lie over them
    for node in nodes:
        if not node.clipping:
            done += inside
            inside = ()
        if isinstance(node, Group):
            node = replace(node, children=expanded(node.children, styles, left_out))
        if node.id not in styles:
            done.append(node)
            continue
        result = styled(node, *styles[node.id])
        done += [replace(layer, clipping=node.clipping) for layer in result.behind]
        done.append(result.node)
        own = tuple(replace(layer, clipping=True) for layer in result.inside)
        inside = inside if node.clipping else own
        done += own if node.clipping else ()
        left_out += result.left_out
    return (*done, *inside)
