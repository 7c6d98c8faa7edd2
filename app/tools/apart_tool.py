"""Pointing at things that are to be taken out of a picture: by boxes and clicks, front to back. Finding them is not this tool's work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from ..document.geometry import Rect
from ..session.session import Session
from .tools import CLICK, Overlay


@dataclass(frozen=True, eq=False)
class Pointed:
    """One thing: what was pointed at it, in canvas pixels, and what was found by that. place: of the masks on the canvas; masks:
    (h, w) uint8, candidates; chosen: which of them it is."""

    box: Rect | None = None
    points: tuple[tuple[float, float, bool], ...] = ()
    place: Rect | None = None
    masks: tuple[np.ndarray, ...] = field(default=(), repr=False)
    chosen: int = 0

    @property
    def mask(self) -> np.ndarray | None:
        return self.masks[self.chosen] if self.masks else None


class ApartTool:
    """Drag: a box around the thing. Click: the thing there. With Ctrl a click adds to what is selected, with Alt it takes away; with Shift
    box or click point at one more thing, behind those before."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.things: tuple[Pointed, ...] = ()
        self._start: tuple[float, float] | None = None
        self._drawn: Rect | None = None

    @property
    def current(self) -> Pointed | None:
        """The thing that is being pointed at."""
        return self.things[-1] if self.things else None

    @property
    def found(self) -> list[tuple[Rect, np.ndarray]]:
        """Place and mask of each thing that was found, front to back."""
        return [(thing.place, thing.mask) for thing in self.things if thing.place is not None and thing.mask is not None]

    @property
    def overlay(self) -> Overlay:
        return Overlay(outline=self._drawn or (self.current.box if self.current else None))

    def press(self, x: float, y: float, modifiers: Collection[str] = (), reach: float = 8.0) -> None:
        self._start, self._drawn = (x, y), None

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        if self._start is None or {"ctrl", "alt"} & set(modifiers):
            return
        left, right = sorted((self._start[0], x))
        top, bottom = sorted((self._start[1], y))
        drawn = Rect(round(left), round(top), round(right), round(bottom)).intersect(self.session.shown.rect)
        self._drawn = None if drawn.is_empty or max(drawn.width, drawn.height) <= CLICK else drawn

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        start, drawn, self._start, self._drawn = self._start, self._drawn, None, None
        if start is None or (drawn is None and not self.session.shown.rect.contains(*start)):
            return
        correcting = self.current is not None and self.current.mask is not None and bool({"ctrl", "alt"} & set(modifiers))
        if drawn is not None and not correcting:
            pointed = Pointed(drawn)
        elif correcting:
            pointed = replace(self.current, points=(*self.current.points, (*start, "alt" not in modifiers)))
        else:
            pointed = Pointed(points=((*start, True),))
        further = "shift" in modifiers and not correcting
        self.things = (*(self.things if further else self.things[:-1]), pointed)

    def take(self, pointed: Pointed, place: Rect, masks: tuple[np.ndarray, ...]) -> bool:
        """What was found by pointing so; False where the user has pointed elsewhere meanwhile."""
        if pointed is not self.current:
            return False
        self.things = (*self.things[:-1], replace(pointed, place=place, masks=masks, chosen=0))
        return True

    def not_found(self) -> None:
        """Nothing is where the user has pointed last: that click is forgotten, or the thing."""
        if self.current is not None:
            kept = (replace(self.current, points=self.current.points[:-1]),) if self.current.mask is not None else ()
            self.things = (*self.things[:-1], *kept)

    def turn(self, by: int) -> None:
        """Another candidate of the thing that is being pointed at."""
        if self.current is not None and self.current.masks:
            self.things = (*self.things[:-1], replace(self.current, chosen=(self.current.chosen + by) % len(self.current.masks)))

    def abort(self) -> bool:
        """Forget the last thing, or the box that is being drawn. Whether there was anything."""
        if self._start is not None:
            self._start = self._drawn = None
            return True
        there, self.things = bool(self.things), self.things[:-1]
        return there

    def clear(self) -> None:
        self.things, self._start, self._drawn = (), None, None
