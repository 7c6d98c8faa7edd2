"""Past, now and future of a document, with labels. Undo is a step in a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..words import phrase
from .document import Document, Layer, walk
from .pixels import Tiles

MEMORY_CAP = 2 << 30  # bytes of tiles that only the past and the future need


@dataclass(frozen=True, eq=False)
class Step:
    """A state and what led to it. cost: bytes of tiles the state before had and this one has no more.
    active, left: the nodes that were active when the step was made, and when the next one was."""

    label: str
    document: Document
    cost: int = 0
    active: str | None = None
    left: str | None = None


class History:
    """labels[index] is now; smaller indices are the past, greater ones the future. The oldest steps are forgotten when
    the past needs more than `cap` bytes, but never the last one."""

    def __init__(self, document: Document, label: str = phrase("Open"), cap: int = MEMORY_CAP) -> None:
        self._steps = [Step(label, document)]
        self._cap = cap
        self.index = 0

    @property
    def document(self) -> Document:
        return self._steps[self.index].document

    @property
    def labels(self) -> list[str]:
        return [step.label for step in self._steps]

    @property
    def documents(self) -> list[Document]:
        return [step.document for step in self._steps]

    @property
    def can_undo(self) -> bool:
        return self.index > 0

    @property
    def can_redo(self) -> bool:
        return self.index + 1 < len(self._steps)

    @property
    def active(self) -> tuple[str | None, str | None]:
        """The nodes that were active when the present step was made, and when the next one was."""
        step = self._steps[self.index]
        return step.active, step.left

    def push(self, label: str, document: Document, active: str | None = None, left: str | None = None) -> None:
        """Make `document` now; the future is forgotten."""
        step = Step(label, document, _bytes_left_behind(self.document, document), active)
        self._steps[self.index :] = [replace(self._steps[self.index], left=left), step]
        self.index += 1
        while self.index > 1 and sum(step.cost for step in self._steps) > self._cap:
            self._steps.pop(0)
            self._steps[0] = replace(self._steps[0], cost=0)
            self.index -= 1

    def push_arrival(self, label: str, act: Callable[[Document], Document], active: str | None = None, left: str | None = None) -> None:
        """Make what `act` makes of the document now, as `push`, and of every state of the future too, which stays."""
        future = self._steps[self.index + 1 :]
        self.push(label, act(self.document), active, left)
        before = self.document
        for step in future:
            document = act(step.document)
            self._steps.append(replace(step, document=document, cost=_bytes_left_behind(before, document)))
            before = document

    def go_to(self, index: int) -> Document:
        if not 0 <= index < len(self._steps):
            raise IndexError(index)
        self.index = index
        return self.document


def _bytes_left_behind(old: Document, new: Document) -> int:
    """Only rasters that came or went are looked at: the others may never have been unpacked. A tile that went and that a raster
    which stayed has too, as after duplicating a layer, is counted all the same."""
    before, after = _rasters(old), _rasters(new)
    kept = {id(tile) for tiles in (after[id] for id in after.keys() - before.keys()) for tile in tiles.values()}
    gone = [tile for tiles in (before[id] for id in before.keys() - after.keys()) for tile in tiles.values() if id(tile) not in kept]
    return sum({id(tile): tile.nbytes for tile in gone}.values())


def _rasters(document: Document) -> dict[int, Tiles]:
    """The tiles of all pixels with their covers, masks and candidates, by the mapping's id."""
    found: dict[int, Tiles] = {}
    for node, _, _ in walk(document):
        held = [node.mask.tiles] if node.mask else []
        if isinstance(node, Layer):
            for pixels in (node.pixels, *(candidate.pixels for candidate in node.candidates)):
                held += [pixels.tiles] if pixels.cover is None else [pixels.tiles, pixels.cover]
        found |= {id(tiles): tiles for tiles in held}
    return found
