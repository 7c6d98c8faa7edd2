"""Python's garbage collector, kept to the window's thread.

By itself it runs on whichever thread allocates next. A widget that is part of a cycle would then be destroyed on the thread that packs
tiles or runs the model, which Qt forbids.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

PERIOD = 1000  # milliseconds


class Collector(QObject):
    """From now until `stop`, nothing is collected but here."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.collect)
        self._clock.start(PERIOD)

    def collect(self) -> None:
        """The oldest generation that is due, by Python's own thresholds; none while the first is 0, as during an import (quiet_import)."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        if thresholds[0] == 0:
            return
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation]]
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """What the window left is collected now; then Python does as it likes again."""
        self._clock.stop()
        gc.collect(1)
        gc.enable()
        self.deleteLater()
