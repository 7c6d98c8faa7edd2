"""Why the version of Qt is what it is."""

from __future__ import annotations

import sys

from PySide6.QtGui import QImage, QPainter


def test_painting_for_hours_does_not_wear_out_none() -> None:
    # PySide6 6.12.0 gave one reference to None away at each call without a result: after some thousand, Python 3.11 dies.
    image = QImage(8, 8, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(500):
        painter.setOpacity(0.5)
    after = sys.getrefcount(None)
    painter.end()
    assert abs(after - before) < 100
