"""Digits as percentages, as Photoshop has them: the opacity of the chosen layers, or the flow of the brush while one paints."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..canvas.brush_commands import BrushCommands
from ..canvas.tool_desk import PAINTING, ToolDesk
from ..layers.commands import LayerCommands

DIGITS = "1234567890"
TOGETHER = 0.8  # seconds within which a second digit belongs to the first


class Digits:
    """4 is 40 %, 0 is 100 %; 4 and 5 in quick succession are 45 %, one step of the history."""

    def __init__(self, layers: LayerCommands, brushes: BrushCommands, desk: ToolDesk, clock: Callable[[], float] = time.monotonic) -> None:
        self._layers, self._brushes, self._desk = layers, brushes, desk
        self.clock = clock  # seconds
        self._first = 0
        self._until = 0.0
        self._stepped = False  # whether the first digit was a step: the layer may have had that opacity before
        self._about: object = None  # what the first digit has led to; after anything else a digit is a first one again

    def handlers(self) -> dict[str, Callable[[], None]]:
        return {f"layer.opacity_{digit}": lambda digit=digit: self.type(int(digit)) for digit in DIGITS}

    def type(self, digit: int) -> None:
        """One digit, 0 to 9."""
        painting, session = self._desk.tool in PAINTING, self._layers.session
        second = self.clock() < self._until and self._about is (self._desk.brush if painting else session.document)
        percent = 10 * self._first + digit if second else 10 * digit or 100
        if painting:
            self._brushes.set_flow(percent / 100)
        else:
            if second and self._stepped:
                session.undo()
            before = session.document
            self._layers.set_opacity(percent / 100)
            self._stepped = session.document is not before
        self._first, self._until = digit, 0.0 if second else self.clock() + TOGETHER
        self._about = self._desk.brush if painting else session.document
