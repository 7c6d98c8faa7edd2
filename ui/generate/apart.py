"""Taking pictures apart: what is pointed at is found beside the window, shown in red, and made into layers by a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.geometry import Rect
from app.document.masks import mask_from_selection
from app.errors import ExpectedError
from app.session.taking import as_box, bounding, looked_at, trimmed
from app.tools.apart_tool import Pointed
from app.words import phrase
from bfs_engine.api import EngineError, Selection, SelectRequest

from ..canvas.apart_bar import ApartBar
from ..canvas.canvas import Canvas
from ..canvas.paint import image_of
from ..canvas.tool_desk import ToolDesk
from ..widgets.message_bar import MessageBar
from .generation import Generation

RED = (224, 48, 48)
SHOWN = 120  # of 255: how opaque the red is
ROOM = 0.3  # of a box's longer side: what is looked at around it
WIDEST = 3000  # canvas pixels around a lone click

# A mask's values as straight RGBA in one number each: looked up, a mask of 2000 × 2000 pixels is an image in a tenth of the time.
_IN_RED = np.where(np.arange(256)[:, None] >= 128, np.array((*RED, SHOWN)), 0).astype(np.uint8).view(np.uint32)[:, 0]

Found = tuple[Rect, tuple[np.ndarray, ...]] | EngineError


class ApartCommands(QObject):
    """Works on the session that `generation` works on. One search at a time; when it is over, the last thing pointed at is searched for."""

    failed = Signal(object)  # an error to be told
    changed = Signal()  # what is selected

    def __init__(
        self,
        desk: ToolDesk,
        canvas: Canvas,
        bar: ApartBar,
        generation: Generation,
        messages: MessageBar,
        select: Callable[[SelectRequest], Selection] | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._canvas, self._bar, self._generation, self._messages = desk, canvas, bar, generation, messages
        self._select = select
        self._searching: Pointed | None = None
        self._known = 0  # how many of the clicks the mask of the current thing knows of
        self._shown = False
        desk.pointed.connect(self._pointed)
        desk.changed.connect(self._tool_changed)
        desk.apart_wanted.connect(self.take)
        bar.apart_wanted.connect(self.take)
        bar.removal_wanted.connect(self.remove)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions do."""
        return {"generate.take_apart": self.take, "generate.remove": self.remove, "layer.mask_selection": self.mask_layer}

    @property
    def selected(self) -> bool:
        """Is anything found?"""
        return self._desk.tool == "apart" and bool(self._desk.apart.found)

    @property
    def searching(self) -> bool:
        return self._searching is not None

    def take(self) -> None:
        """The things and the ground behind them as layers."""
        self._run(keep=True)

    def remove(self) -> None:
        """The ground without the things as a layer."""
        self._run(keep=False)

    def _run(self, keep: bool) -> None:
        found = self._desk.apart.found
        if self.searching:
            return
        if not found:
            self._messages.say(self.tr("Nothing is selected."), self.tr("Drag a box around a thing in the picture, or click on it."), "warning")
        elif self._generation.decompose(found, effects=self._bar.effects.isChecked(), keep=keep):
            self._desk.apart.clear()
            self._pointed()
            self._desk.choose("move")

    def mask_layer(self) -> None:
        """Show of the active layer only what is selected."""
        session, found = self._generation.session, self._desk.apart.found
        if session.active is None or not found:
            return
        place, whole = _together(found)
        try:
            document = mask_from_selection(session.document, session.active, place, whole)
        except ExpectedError as error:
            self.failed.emit(error)
            return
        session.commit(phrase("Mask “{name}” by the selection", name=session.active_node.name), document)

    def _pointed(self) -> None:
        """Something else is pointed at, or another find is wanted."""
        current = self._desk.apart.current
        if current is not None and self._search_needed(current) and self._searching is None:
            self._search(current)
        self._show()

    def _search_needed(self, pointed: Pointed) -> bool:
        return self._select is not None and (pointed.mask is None or len(pointed.points) > self._known)

    def _search(self, pointed: Pointed) -> None:
        session = self._generation.session
        document, active = session.document, session.active
        self._searching = pointed
        place = self._place(pointed)

        def look() -> Found:
            try:
                return trimmed(place, self._select(_request(looked_at(document, active, place), place, pointed)).masks)
            except EngineError as error:
                return error

        self._generation.beside(look, lambda found: self._found(pointed, found))

    def _found(self, pointed: Pointed, found: Found) -> None:
        self._searching = None
        if isinstance(found, EngineError):
            if pointed is self._desk.apart.current:
                self._desk.apart.not_found()
                self.failed.emit(found)
        elif self._desk.apart.take(pointed, *found):
            self._known = len(pointed.points)
        self._pointed()

    def _place(self, pointed: Pointed) -> Rect:
        """What is looked at: the surroundings of a box or of the mask so far; around a click as much as is quick."""
        canvas = self._generation.session.document.rect
        area = pointed.box or pointed.place
        if area is None:
            x, y, _ = pointed.points[0]
            side = min(max(canvas.width, canvas.height), WIDEST)
            left, top = (round(min(max(at - side / 2, 0), max(length - side, 0))) for at, length in ((x, canvas.width), (y, canvas.height)))
            return Rect.from_size(left, top, side, side).intersect(canvas)
        if pointed.place is not None:
            area = bounding((area, pointed.place))
        points = [Rect.from_size(int(x), int(y), 1, 1) for x, y, _ in pointed.points]
        return bounding((area.grown(round(ROOM * max(area.width, area.height)) + 8), *points)).intersect(canvas)

    def _tool_changed(self) -> None:
        if self._shown != (self._desk.tool == "apart" and bool(self._desk.apart.found)):
            self._show()

    def _show(self) -> None:
        """The selection in red, and in the bar."""
        current, found = self._desk.apart.current, self._desk.apart.found if self._desk.tool == "apart" else []
        if found:
            place, whole = _together(found)
            self._canvas.show_preview(image_of(_IN_RED[whole].view(np.uint8).reshape(*whole.shape, 4)), place.left, place.top)
        elif self._shown:
            self._canvas.show_preview(None)
        self._shown = bool(found)
        count = len(current.masks) if current else 0
        self._bar.show_selection(self.tr("Take Apart"), len(found), current.chosen if current else 0, count, self.searching)
        self.changed.emit()


def _together(found: list[tuple[Rect, np.ndarray]]) -> tuple[Rect, np.ndarray]:
    """One mask of all that is found, and its place on the canvas."""
    if len(found) == 1:
        return found[0]
    place = bounding(place for place, _ in found)
    whole = np.zeros((place.height, place.width), np.uint8)
    for at, mask in found:
        view = whole[at.top - place.top : at.bottom - place.top, at.left - place.left : at.right - place.left]
        np.maximum(view, mask, out=view)
    return place, whole


def _request(picture: np.ndarray, place: Rect, pointed: Pointed) -> SelectRequest:
    """In the pixels of the place."""
    points = tuple((x - place.left, y - place.top, inside) for x, y, inside in pointed.points)
    box = as_box(pointed.box) if pointed.box else None
    near = None
    if pointed.mask is not None and pointed.place is not None:
        near = np.zeros(picture.shape[:2], np.uint8)
        both = place.intersect(pointed.place)
        near[both.top - place.top : both.bottom - place.top, both.left - place.left : both.right - place.left] = pointed.mask[
            both.top - pointed.place.top : both.bottom - pointed.place.top, both.left - pointed.place.left : both.right - pointed.place.left
        ]
    return SelectRequest(picture, replace(box, x=box.x - place.left, y=box.y - place.top) if box else None, points, near)
