"""The eyedropper: the colour of the picture as it is seen."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ..document.document import Document
from ..document.geometry import Rect
from ..render.render import render
from ..session.session import Session
from .tools import Overlay

SIZES = (1, 3, 5, 11)  # canvas pixels: sides of the square that is averaged

Colour = tuple[int, int, int, int]  # straight RGBA, 0 to 255


def colour_at(document: Document, x: float, y: float, size: int = 1) -> Colour | None:
    """The mean of a square around a canvas point, weighted by alpha; None outside the canvas."""
    column, row = int(x // 1), int(y // 1)
    if not document.rect.contains(column, row):
        return None
    area = Rect.from_size(column - size // 2, row - size // 2, size, size).intersect(document.rect)
    pixels = render(document, area).reshape(-1, 4).astype(np.float64)
    weight = pixels[:, 3].sum()
    colour = (pixels[:, :3] * pixels[:, 3:]).sum(axis=0) / weight if weight else np.zeros(3)
    red, green, blue = (round(value) for value in colour)
    return red, green, blue, round(pixels[:, 3].mean())


class Eyedropper:
    """colour: what was picked last, or None."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.size = SIZES[0]
        self.colour: Colour | None = None

    overlay = Overlay()

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 0.0) -> str:
        self.drag(x, y)
        return ""

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self.colour = colour_at(self.session.shown, x, y, self.size) or self.colour

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self.drag(x, y)

    def abort(self) -> bool:
        return False
