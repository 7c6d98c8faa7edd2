"""The one painter: canvas, export, engine context and thumbnails all look the way this module says. QtGui without a QApplication.

Spaces: *canvas* pixels are the document's; *output* pixels are counted from the top-left corner of what is asked for,
output = (canvas - corner) × scale. Inside, pixels are premultiplied; what leaves is straight RGBA or a QImage.

Below 100 % layers are drawn from averages over 2, 4, 8 … pixels. Pieces of one picture fit together without seams where the
scale is a power of two and the pieces' corners are multiples of 1 / scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from ..document.document import Document, Group, Layer, Node, bounds, mask_matrix, seen_bounds
from ..document.document import below as layers_below
from ..document.document import only as only_these
from ..document.geometry import Matrix, Rect
from ..document.pixels import TILE, Mask, Pixels, tiles_in
from .blend import PASS_THROUGH, compose
from .mips import mip, premultiplied_tile

Format = QImage.Format
Mode = QPainter.CompositionMode
PAINTER_MODES = {  # where QPainter's formula is Photoshop's to one level
    "normal": Mode.CompositionMode_SourceOver,
    "darken": Mode.CompositionMode_Darken,
    "multiply": Mode.CompositionMode_Multiply,
    "lighten": Mode.CompositionMode_Lighten,
    "screen": Mode.CompositionMode_Screen,
    "overlay": Mode.CompositionMode_Overlay,
    "hard light": Mode.CompositionMode_HardLight,
    "difference": Mode.CompositionMode_Difference,
}
BAND_PIXELS = 1 << 17  # numpy works on so many pixels at a time: the planes stay in the cache
BAND_ROWS = 512  # deep rendering goes in pieces: 16 bits a channel for the whole picture would be large,
BAND_COLUMNS = 8192  # and QPainter's coordinates end at 32767
NOISE = np.random.default_rng(20).random((TILE, TILE), np.float32)  # thresholds of "dissolve", repeated over the canvas


@dataclass(frozen=True)
class View:
    """output = (canvas - (left, top)) × scale."""

    left: int
    top: int
    scale: float

    def map_rect(self, rect: Rect) -> Rect:
        """The whole output pixels touched."""
        return Rect(
            math.floor((rect.left - self.left) * self.scale + 1e-6),
            math.floor((rect.top - self.top) * self.scale + 1e-6),
            math.ceil((rect.right - self.left) * self.scale - 1e-6),
            math.ceil((rect.bottom - self.top) * self.scale - 1e-6),
        )


class Surface:
    """Premultiplied pixels to paint on, transparent at first: a QImage and the numpy view of its memory.

    rect: where it lies, in output pixels. deep: 16 bits a channel, RGBA (export, engine); else 8 bits, BGRA (the screen).
    array: (h, w, 4) uint16 or uint8; it must not outlive the surface.
    """

    def __init__(self, rect: Rect, deep: bool, image: QImage | None = None) -> None:
        """image: of this size and format, to paint over."""
        self.rect, self.deep = rect, deep
        if image is None:
            image = QImage(rect.width, rect.height, Format.Format_RGBA64_Premultiplied if deep else Format.Format_ARGB32_Premultiplied)
            if image.isNull():
                raise MemoryError(f"no memory for {rect.width} × {rect.height} pixels")
            image.fill(0)
        self.image = image
        self.array = _view(self.image, np.uint16 if deep else np.uint8, 4)
        self.levels = np.float32(65535 if deep else 255)

    @contextmanager
    def painter(self, mode: Mode = Mode.CompositionMode_SourceOver, opacity: float = 1.0) -> Iterator[QPainter]:
        painter = QPainter(self.image)
        painter.setCompositionMode(mode)
        painter.setOpacity(opacity)
        try:
            yield painter
        finally:
            painter.end()

    def part(self, rect: Rect) -> np.ndarray:
        """The view of `rect` (output pixels, inside the surface)."""
        left, top = self.rect.left, self.rect.top
        return self.array[rect.top - top : rect.bottom - top, rect.left - left : rect.right - left]

    def planes(self, part: np.ndarray) -> np.ndarray:
        """(h, w, 4) of this surface -> (4, h, w) float32 premultiplied RGBA in [0, 1]."""
        ordered = part if self.deep else part[..., [2, 1, 0, 3]]
        return np.ascontiguousarray(np.moveaxis(ordered, -1, 0), np.float32) / self.levels

    def store(self, part: np.ndarray, planes: np.ndarray) -> None:
        """Write what `planes` gave back, changed."""
        values = np.moveaxis(np.rint(np.clip(planes, 0, 1) * self.levels), 0, -1)
        part[...] = values if self.deep else values[..., [2, 1, 0, 3]]


def render(
    document: Document, rect: Rect, scale: float = 1.0, *, only: str | Iterable[str] | None = None, below: str | None = None, deep: bool = False
) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA of a canvas area, which may hang over the canvas; h = ceil(rect.height * scale).

    only: nothing but this node, or these (and the groups around them). below: this node and everything under it.
    deep: uint16, in the 16 bits a channel that it is computed in. Above 100 % every canvas pixel is repeated.
    """
    document = _chosen(document, only, below)
    height, width = _output_size(rect, scale)
    out = np.zeros((height, width, 4), np.uint16 if deep else np.uint8)
    view = View(rect.left, rect.top, min(scale, 1.0))
    inner = Rect(0, 0, *reversed(_output_size(rect, view.scale)))
    if inner.is_empty:
        return out
    target = out if scale <= 1 else np.zeros((inner.height, inner.width, 4), out.dtype)
    for top in range(0, inner.height, BAND_ROWS):
        for left in range(0, inner.width, BAND_COLUMNS):
            rect = Rect.from_size(left, top, BAND_COLUMNS, BAND_ROWS).intersect(inner)
            surface = Surface(rect, deep=True)
            _paint_nodes(surface, document.layers, view)
            target[rect.top : rect.bottom, rect.left : rect.right] = _straight(surface, deep)
    if target is not out:
        out[...] = target[_nearest(height, inner.height, scale)][:, _nearest(width, inner.width, scale)]
    return out


def render_qimage(document: Document, rect: Rect, scale: float = 1.0, *, only: str | Iterable[str] | None = None, below: str | None = None) -> QImage:
    """The same for the screen, faster and rounded more coarsely: ARGB32_Premultiplied. Owns its memory."""
    view = View(rect.left, rect.top, min(scale, 1.0))
    area = Rect(0, 0, *reversed(_output_size(rect, view.scale)))
    if area.is_empty:
        return QImage()
    surface = Surface(area, deep=False)
    _paint_nodes(surface, _chosen(document, only, below).layers, view)
    if scale <= 1:
        return surface.image
    height, width = _output_size(rect, scale)
    return surface.image.scaled(width, height)


def paint_over(image: QImage, nodes: tuple[Node, ...], rect: Rect, scale: float = 1.0) -> None:
    """Paint more nodes, bottom to top, over what render_qimage gave for this rectangle at a scale of at most 1."""
    _paint_nodes(Surface(Rect(0, 0, image.width(), image.height()), deep=False, image=image), nodes, View(rect.left, rect.top, scale))


def rasterise(layer: Layer) -> tuple[np.ndarray, int, int]:
    """((h, w, 4) uint8 straight RGBA, left, top): a layer's pixels as they lie on the canvas, for formats that know no
    placement. Without its opacity, blend mode and mask; what hangs over the canvas is in it. A plain shift copies bytes."""
    placement = layer.placement
    if placement.is_identity_shift:
        return layer.pixels.to_array(), int(placement.x), int(placement.y)
    area = placement.bounds(layer.pixels.width, layer.pixels.height)
    plain = replace(layer, opacity=1.0, blend="normal", visible=True, clipping=False, mask=None)
    return render(Document(area.width, area.height, (plain,)), area), area.left, area.top


def mask_array(node: Node, rect: Rect) -> np.ndarray:
    """(h, w) uint8: the node's mask as it lies on the canvas, 255 where it shows; all 255 without a mask."""
    if node.mask is None:
        return np.full((rect.height, rect.width), 255, np.uint8)
    return _mask_area(node, replace(node.mask, enabled=True), Rect(0, 0, rect.width, rect.height), View(rect.left, rect.top, 1.0))


def thumbnail(node: Node, size: int) -> np.ndarray:
    """(size, size, 4) uint8 straight RGBA: what one sees of the node by itself, shrunk to fit and centred; its opacity is not applied."""
    out = np.zeros((size, size, 4), np.uint8)
    area = seen_bounds(node)
    if area.is_empty:
        return out
    alone = replace(node, opacity=1.0, blend="normal", visible=True, clipping=False)
    scale = min(size / area.width, size / area.height, 1.0)
    surface = Surface(Rect(0, 0, min(math.ceil(area.width * scale), size), min(math.ceil(area.height * scale), size)), deep=False)
    _paint_nodes(surface, (alone,), View(area.left, area.top, scale))
    left, top = (size - surface.rect.width) // 2, (size - surface.rect.height) // 2
    out[top : top + surface.rect.height, left : left + surface.rect.width] = _straight(surface)
    return out


def _chosen(document: Document, only: str | Iterable[str] | None, below: str | None) -> Document:
    document = layers_below(document, below) if below is not None else document
    return document if only is None else only_these(document, [only] if isinstance(only, str) else only)


def _output_size(rect: Rect, scale: float) -> tuple[int, int]:
    """(height, width)."""
    return math.ceil(rect.height * scale - 1e-6), math.ceil(rect.width * scale - 1e-6)


def _nearest(count: int, source: int, scale: float) -> np.ndarray:
    return np.minimum(((np.arange(count) + 0.5) / scale).astype(int), source - 1)


def _view(image: QImage, dtype: type, channels: int) -> np.ndarray:
    """(h, w, channels) over the image's memory (rows padded by Qt are cut off); it must not outlive the image."""
    rows = np.frombuffer(image.bits(), dtype).reshape(image.height(), -1)
    return rows[:, : image.width() * channels].reshape(image.height(), image.width(), channels)


def _straight(surface: Surface, deep: bool = False) -> np.ndarray:
    """(h, w, 4) straight RGBA copy, uint8 or uint16."""
    straight = surface.image.convertToFormat(Format.Format_RGBA64 if deep else Format.Format_RGBA8888)
    return _view(straight, np.uint16 if deep else np.uint8, 4).copy()


def _paint_nodes(surface: Surface, nodes: tuple[Node, ...], view: View) -> None:
    """Bottom to top; layers that clip go together with the node they clip to."""
    index = 0
    while index < len(nodes):
        end = index + 1
        while end < len(nodes) and nodes[end].clipping:
            end += 1
        if nodes[index].visible:
            _paint_node(surface, nodes[index], tuple(node for node in nodes[index + 1 : end] if node.visible), view)
        index = end


def _paint_node(surface: Surface, node: Node, clipped: tuple[Node, ...], view: View) -> None:
    area = view.map_rect(bounds(node)).intersect(surface.rect)
    masked = node.mask is not None and node.mask.enabled
    if area.is_empty or node.opacity <= 0:
        return
    if isinstance(node, Group) and node.blend == PASS_THROUGH:
        _paint_through(surface, node, clipped, area, view)
    elif _can_be_drawn_at_once(node, surface.deep) and not masked and not clipped:
        with surface.painter(PAINTER_MODES[node.blend], node.opacity) as painter:
            _draw_pixels(painter, node, surface, view)
    else:
        exact = surface.deep or node.blend not in PAINTER_MODES  # those may jump where colours under low alpha are rounded
        apart = _painted_apart(node, clipped, area, exact, view)
        if masked:
            _keep_inside(apart, _mask_area(node, node.mask, area, view))
        _merge(surface, apart, node.blend, node.opacity, view)


def _can_be_drawn_at_once(node: Node, deep: bool) -> bool:
    """QPainter knows 256 opacities; deep painting wants more."""
    return isinstance(node, Layer) and node.blend in PAINTER_MODES and (node.opacity >= 1 or not deep)


def _paint_through(surface: Surface, group: Group, clipped: tuple[Node, ...], area: Rect, view: View) -> None:
    """A group whose children mix with what lies below it; its opacity and mask fade between before and after."""
    masked = group.mask is not None and group.mask.enabled
    fades = group.opacity < 1 or masked
    before = surface.part(area).copy() if fades else None
    if group.fill < 1:
        _paint_filled(surface, group, area, view)
    else:
        _paint_nodes(surface, group.children, view)
    if clipped:
        _clip_to_group(surface, group, clipped, area, view)
    if not fades:
        return
    for band in _bands(area):
        share = np.full((band.height, band.width), group.opacity, np.float32)
        if masked:
            share *= _mask_area(group, group.mask, band, view) / np.float32(255)
        new = surface.part(band)
        new[...] = _faded(before[band.top - area.top : band.bottom - area.top], new, share)


def _paint_filled(surface: Surface, group: Group, area: Rect, view: View) -> None:
    """The children of a group whose fill is not full: they mix with what lies below as if that were only so opaque, and what they
    make of it is laid over it with the same opacity.

    result = (1 - f α) below + f (mixed - (1 - α) f below), premultiplied; α: how far the children cover. Within 9 levels, 0.5 on
    average, of the one such group that Photoshop rendered for us, in which a child blends only where it is lighter than what
    lies below; there Photoshop lets somewhat less of it through.
    """
    mixed, alone = Surface(area, surface.deep), Surface(area, surface.deep)
    mixed.array[...] = np.rint(surface.part(area) * np.float32(group.fill))
    _paint_nodes(mixed, group.children, view)
    _paint_nodes(alone, group.children, view)
    for band in _bands(area):
        part, fill = surface.part(band), np.float32(group.fill)
        below, cover = part.astype(np.float32), alone.part(band)[..., 3:] / surface.levels
        own = mixed.part(band) - (1 - cover) * fill * below
        part[...] = np.rint(np.clip((1 - fill * cover) * below + fill * own, 0, surface.levels))


def _clip_to_group(surface: Surface, group: Group, clipped: tuple[Node, ...], area: Rect, view: View) -> None:
    """Layers that clip to a pass-through group mix with the picture, but only as far as the group covers it."""
    alone, mixed = Surface(area, surface.deep), Surface(area, surface.deep)
    _paint_nodes(alone, group.children, view)
    mixed.array[...] = surface.part(area)
    _make_opaque(mixed)
    for layer in clipped:
        _paint_node(mixed, layer, (), view)
    for band in _bands(area):
        old = surface.part(band)
        alpha = old[..., 3].astype(np.float32)
        share = alone.part(band)[..., 3] / np.maximum(alpha, 1)
        old[...] = _faded(old, mixed.part(band) * (alpha / surface.levels)[..., None], share)


def _faded(old: np.ndarray, new: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(h, w, 4) between old (share 0) and new (share 1); share: (h, w) float32."""
    start = old.astype(np.float32)
    return np.rint(start + (new - start) * share[..., None])


def _painted_apart(node: Node, clipped: tuple[Node, ...], area: Rect, deep: bool, view: View) -> Surface:
    """A node on nothing, without its opacity, blend mode and mask, but with the layers that clip to it."""
    apart = Surface(area, deep)
    if isinstance(node, Layer):
        with apart.painter() as painter:
            _draw_pixels(painter, node, apart, view)
    else:
        _paint_nodes(apart, node.children, view)
    if not clipped:
        return apart
    alpha = apart.array[..., 3].copy()
    _make_opaque(apart)
    for layer in clipped:
        _paint_node(apart, layer, (), view)
    for band in _bands(area):
        share = alpha[band.top - area.top : band.bottom - area.top, :, None] / apart.levels
        part = apart.part(band)
        part[...] = np.rint(part * share)
    return apart


def _make_opaque(surface: Surface) -> None:
    """Colours as they are under alpha; layers that clip mix with them as if alpha were full."""
    straight = surface.image.convertToFormat(Format.Format_RGBA64 if surface.deep else Format.Format_ARGB32)
    array = _view(straight, surface.array.dtype.type, 4)
    surface.array[..., :3] = array[..., :3]
    surface.array[..., 3] = surface.levels


def _keep_inside(surface: Surface, share: np.ndarray) -> None:
    """Multiply by (h, w) uint8."""
    share = np.ascontiguousarray(share)
    with surface.painter(Mode.CompositionMode_DestinationIn) as painter:
        painter.drawImage(0, 0, QImage(share.data, share.shape[1], share.shape[0], share.shape[1], Format.Format_Alpha8))


def _merge(surface: Surface, source: Surface, mode: str, opacity: float, view: View) -> None:
    """Put a finished surface onto another that contains its area."""
    mode = "normal" if mode == PASS_THROUGH else mode
    area = source.rect
    if mode in PAINTER_MODES:
        if source.deep and opacity < 1:
            with source.painter(Mode.CompositionMode_DestinationIn) as painter:
                painter.fillRect(0, 0, area.width, area.height, QColor.fromRgbF(0, 0, 0, opacity))
            opacity = 1.0
        with surface.painter(PAINTER_MODES[mode], opacity) as painter:
            painter.drawImage(area.left - surface.rect.left, area.top - surface.rect.top, source.image)
        return
    for band in _bands(area):
        part = source.part(band)
        if part[..., 3].any():
            under = surface.part(band)
            noise = _noise(band, view) if mode == "dissolve" else None
            surface.store(under, compose(mode, surface.planes(under), source.planes(part), opacity, noise))


def _noise(rect: Rect, view: View) -> np.ndarray:
    """(h, w) thresholds; they hang on the canvas, so that redrawing a piece gives the same picture."""
    rows = np.arange(rect.top, rect.bottom) + math.floor(view.top * view.scale)
    columns = np.arange(rect.left, rect.right) + math.floor(view.left * view.scale)
    return NOISE[rows % TILE][:, columns % TILE]


def _bands(rect: Rect) -> Iterator[Rect]:
    rows = max(BAND_PIXELS // max(rect.width, 1), 1)
    for top in range(rect.top, rect.bottom, rows):
        yield replace(rect, top=top, bottom=min(top + rows, rect.bottom))


def _draw_pixels(painter: QPainter, layer: Layer, surface: Surface, view: View) -> None:
    """Draw a layer's pixels with a painter of this surface."""
    target, deep = surface.rect, surface.deep
    pixels = layer.pixels
    if view.scale == 1 and layer.placement.is_identity_shift:
        dx, dy = int(layer.placement.x) - view.left - target.left, int(layer.placement.y) - view.top - target.top
        _draw_tiles(painter, pixels, dx, dy, Rect.from_size(-dx, -dy, target.width, target.height), deep)
        return
    matrix = _then_view(layer.placement.matrix(pixels.width, pixels.height), view, target)
    if not _is_on_grid(matrix):
        _draw_transformed(painter, pixels, matrix)
        return
    painter.setTransform(QTransform(*matrix))  # flipped or turned by quarters: pixels fall on pixels, so there are no seams
    _draw_tiles(painter, pixels, 0, 0, pixels.rect, deep)
    painter.resetTransform()


def _draw_tiles(painter: QPainter, pixels: Pixels, dx: int, dy: int, wanted: Rect, deep: bool) -> None:
    """Tile by tile; `wanted` is in layer pixels. Deep surfaces take straight pixels as they are, the others are drawn on faster
    from premultiplied ones, conversion included."""
    for (row, column), tile in tiles_in(pixels.tiles, wanted.intersect(pixels.rect)):
        image = QImage(tile.data, TILE, TILE, TILE * 4, Format.Format_RGBA8888) if deep else premultiplied_tile(tile)
        painter.drawImage(column * TILE + dx, row * TILE + dy, image)


def _draw_transformed(painter: QPainter, raster: Pixels | Mask, matrix: Matrix) -> None:
    """Draw a raster under raster -> surface: from averages where it shrinks, smoothly where pixels do not fall on pixels."""
    a, b, c, d, tx, ty = matrix
    across, down = _level(math.hypot(a, b)), _level(math.hypot(c, d))
    image = mip(raster, across, down)
    a, b, c, d = a * 2**across, b * 2**across, c * 2**down, d * 2**down
    on_grid = _is_on_grid((a, b, c, d, tx, ty))
    if on_grid and (a, d) == (1, 1):
        painter.drawImage(round(tx), round(ty), image)
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not on_grid)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not on_grid)
    if (a, b, c, d) == (1, 0, 0, 1):
        a = d = 1 + 1e-9  # QPainter rounds pure shifts to whole pixels
    painter.setTransform(QTransform(a, b, c, d, tx, ty))
    painter.drawImage(0, 0, image)
    painter.resetTransform()


def _is_on_grid(matrix: Matrix) -> bool:
    """Whether whole pixels land on whole pixels: shifts, flips and quarter turns."""
    *linear, tx, ty = matrix
    return abs(tx - round(tx)) < 1e-6 and abs(ty - round(ty)) < 1e-6 and linear[0] * linear[1] == 0 and sorted(map(abs, linear)) == [0, 0, 1, 1]


def _level(scale: float) -> int:
    """How often to halve before drawing at `scale`, so that at most a factor of two is left to QPainter."""
    return 0 if scale <= 0 else min(max(math.floor(1e-9 - math.log2(scale)), 0), 8)


def _then_view(matrix: Matrix, view: View, target: Rect) -> Matrix:
    """raster -> canvas, continued to the surface that lies at `target`."""
    a, b, c, d, tx, ty = matrix
    s = view.scale
    return a * s, b * s, c * s, d * s, (tx - view.left) * s - target.left, (ty - view.top) * s - target.top


def _mask_area(node: Node, mask: Mask, rect: Rect, view: View) -> np.ndarray:
    """(h, w) uint8 of a mask over `rect` (output pixels)."""
    a, b, c, d, tx, ty = mask_matrix(replace(node, mask=mask))
    if view.scale == 1 and (a, b, c, d) == (1, 0, 0, 1) and tx == round(tx) and ty == round(ty):
        return mask.to_array(rect.moved(view.left - round(tx), view.top - round(ty)))
    image = QImage(rect.width, rect.height, Format.Format_Alpha8)
    image.fill(mask.default)
    painter = QPainter(image)
    painter.setCompositionMode(Mode.CompositionMode_Source)
    _draw_transformed(painter, mask, _then_view((a, b, c, d, tx, ty), view, rect))
    painter.end()
    return _view(image, np.uint8, 1)[..., 0].copy()
