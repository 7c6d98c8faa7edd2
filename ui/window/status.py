"""The line at the bottom: what the active tool does, the pointer, the document's size, zoom, and the engine's work."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QToolButton, QWidget

from app.document.document import Document
from ui.language import number

from ..canvas.view import View


class Status(QStatusBar):
    """Labels from left to right: hint; then work, jobs, pointer, size, zoom."""

    fit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._hint, self._work, self._jobs, self._point, self._size = (QLabel() for _ in range(5))
        self._zoom = QToolButton()
        self._zoom.setToolTip(self.tr("Zoom; a click fits the picture in the window"))
        self._zoom.setAccessibleName(self.tr("Zoom"))
        self._zoom.clicked.connect(self.fit_wanted)
        self._point.setMinimumWidth(96)
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a narrow window cuts it off
        self.addWidget(self._hint, 1)
        for widget in (self._work, self._jobs, self._point, self._size, self._zoom):
            self.addPermanentWidget(widget)

    def show_hint(self, words: str) -> None:
        self._hint.setText(words)

    def show_work(self, words: str) -> None:
        """A file being read or written."""
        self._work.setText(words)

    def show_jobs(self, words: str, waiting: int) -> None:
        """words: how far the running job is, or nothing."""
        self._jobs.setText(words + (self.tr(" · {count} waiting").format(count=waiting) if waiting else ""))

    def show_point(self, point: tuple[float, float] | None) -> None:
        """Canvas pixels under the pointer."""
        self._point.setText("" if point is None else f"{int(point[0] // 1)}, {int(point[1] // 1)}")

    def show_document(self, document: Document) -> None:
        self._size.setText(f"{document.width} × {document.height} px")

    def show_view(self, view: View) -> None:
        """Zoom, and whether the view is turned or flipped."""
        percent = view.zoom * 100
        words = f"{number(percent, 0 if percent >= 10 else 1)} %"
        self._zoom.setText(words + (f"  {view.rotation:.0f}°" if view.rotation else "") + ("  ⇋" if view.flipped else ""))
