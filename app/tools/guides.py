"""Dragging guides: from a ruler onto the canvas, to another place, or off it. Coordinates are canvas pixels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..document.document import Document, Guide
from ..document.layout import add_guide, move_guide, remove_guide
from ..session.session import Session
from ..words import phrase
from .snapping import Line, Snapping, snap, targets


class GuideTool:
    """One guide in the hand. It rests on whole pixels; let go of outside the canvas it is gone."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.snapping = Snapping()
        self._held: Guide | None = None
        self._index: int | None = None  # None: a new one
        self._lines: tuple[Line, ...] = ()

    def at(self, x: float, y: float, reach: float) -> int | None:
        """The index of the guide nearest to a canvas point, if one is in reach."""
        far = {index: abs((y if guide.horizontal else x) - guide.position) for index, guide in enumerate(self.session.shown.guides)}
        nearest = min(far, key=far.get, default=None)
        return nearest if nearest is not None and far[nearest] <= reach else None

    def is_horizontal(self, index: int) -> bool:
        return self.session.shown.guides[index].horizontal

    def create(self, horizontal: bool, reach: float = 8.0) -> None:
        """Take a new one from a ruler."""
        self._take(None, Guide(horizontal, 0.0), reach)

    def take(self, index: int, reach: float = 8.0) -> None:
        """Take hold of one that is there."""
        self._take(index, self.session.document.guides[index], reach)

    def _take(self, index: int | None, guide: Guide, reach: float) -> None:
        self._index, self._held = index, guide
        self.snapping = replace(self.snapping, guides=False, reach=reach)
        self._lines = targets(self.session.document, (), self.snapping)

    def drag(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        """Ctrl does not snap."""
        if self._held is None:
            return
        place, side = (y, self.session.document.height) if self._held.horizontal else (x, self.session.document.width)
        if "ctrl" not in modifiers and 0 <= place <= side:
            place += snap((place,), not self._held.horizontal, self._lines, self.snapping)
        self._held = replace(self._held, position=float(round(place)))
        self.session.preview(self._changed())

    def _changed(self) -> Document:
        document, held = self.session.document, self._held
        side = document.height if held.horizontal else document.width
        index = self._index if self._index is not None and self._index < len(document.guides) else None
        if not 0 <= held.position <= side:
            return document if index is None else remove_guide(document, index)
        return add_guide(document, held) if index is None else move_guide(document, index, held.position)

    def release(self, x: float, y: float, modifiers: Collection[str] = ()) -> None:
        self.drag(x, y, modifiers)
        if self._held is None:
            return
        document = self._changed()
        count = len(document.guides) - len(self.session.document.guides)
        self._held = None
        label = phrase("New guide") if count > 0 else phrase("Remove the guide") if count < 0 else phrase("Move the guide")
        if document.guides == self.session.document.guides:
            self.session.discard()
        else:
            self.session.commit(label, document)

    def abort(self) -> bool:
        """Put it back. Whether one was held."""
        had, self._held = self._held is not None, None
        if had:
            self.session.discard()
        return had
