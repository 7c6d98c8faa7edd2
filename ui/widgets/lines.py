"""Lines of text of a fixed height, each cut short where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget


class Lines(QLabel):
    """A label of `count` lines whose height depends on the label's font alone, never on the text.

    A layer's name may hold characters of another font with a taller line (emoji, Thai). QLabel grows by the difference and moves
    all rows below it under the pointer; here every line has its own baseline, and what does not fit is elided. The tool tip has all of it.
    """

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = count
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def sizeHint(self) -> QSize:
        return QSize(0, self._count * self.fontMetrics().lineSpacing())

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics, area = self.fontMetrics(), self.contentsRect()
        for row, line in enumerate(self.text().split("\n")[: self._count]):
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area.left(), area.top() + row * metrics.lineSpacing() + metrics.ascent(), shown)
