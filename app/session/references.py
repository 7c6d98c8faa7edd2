"""Pictures that show the engine what to make: from a file, a layer, or the box; kept in a layer's recipe so that it can be made again."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from bfs_engine.api import Box
from bfs_engine.lift import bounds as bounds_of

from ..document.document import Document, Layer, below, bounds
from ..document.effects import thing_in
from ..document.geometry import Rect
from ..errors import EditError
from ..formats import open_document
from ..render.render import render
from ..words import phrase

LARGEST = 512  # pixels of the longer side: no model looks closer, and a recipe stays small
KEY = "reference_png"  # of a recipe


@dataclass(frozen=True, eq=False)
class Reference:
    """pixels: (h, w, 4) uint8 straight RGBA cut-out; or (h, w, 3), a picture that the engine has to cut the thing out of."""

    name: str
    pixels: np.ndarray = field(repr=False)

    @property
    def is_cut_out(self) -> bool:
        return self.pixels.shape[2] == 4


def of_file(path: Path) -> Reference:
    """All that a picture file shows. Raises FileError, EditError."""
    document = open_document(path)
    return _reference(path.stem, render(document, document.rect))


def of_layer(layer: Layer) -> Reference:
    """A layer as it is placed, without its mask and blending, and without its shadow where that is known. Raises EditError."""
    return _reference(layer.name, alone(of_thing(layer))[0])


def of_box(document: Document, active: str | None, box: Box) -> Reference:
    """What the canvas shows in the box from the active layer down. Raises EditError."""
    seen = below(document, active, inclusive=True)
    return _reference("reference", render(seen, Rect.from_size(box.x, box.y, box.width, box.height)))


def alone(layer: Layer) -> tuple[np.ndarray, Rect]:
    """(h, w, 4) uint8, a layer's own pixels where they are placed, and that place in canvas pixels."""
    plain = replace(layer, opacity=1.0, blend="normal", visible=True, clipping=False, mask=None)
    area = bounds(plain)
    return render(Document(max(area.right, 1), max(area.bottom, 1), (plain,)), area), area


def of_thing(layer: Layer) -> Layer:
    """The layer without its shadow and reflection, where the engine has told what of it they are; else as it is."""
    return replace(layer, pixels=thing_in(layer.pixels)) if layer.pixels.cover else layer


def to_recipe(pixels: np.ndarray) -> dict[str, str]:
    """What a recipe keeps of a reference: a PNG, base64."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return {KEY: base64.b64encode(file.getvalue()).decode("ascii")}


def from_recipe(recipe: dict) -> np.ndarray | None:
    """The pixels of to_recipe; None where the recipe has no reference. Raises EditError where it is damaged."""
    text = recipe.get(KEY)
    if text is None:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"]) as image:
            return np.asarray(image.convert("RGBA" if image.mode == "RGBA" else "RGB"))
    except (OSError, ValueError, TypeError, SyntaxError) as error:
        raise EditError(phrase("The reference of this layer is damaged."), phrase("Choose the reference again.")) from error


def _reference(name: str, pixels: np.ndarray) -> Reference:
    """Trimmed to what is visible, made small, and without an alpha channel that says nothing."""
    seen = bounds_of(pixels[..., 3])
    if seen is None:
        raise EditError(phrase("There is nothing to be seen in this reference."))
    pixels = pixels[seen.y : seen.bottom, seen.x : seen.right]
    if (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)  # premultiplies where there is alpha
    return Reference(name, np.asarray(image))
