"""The row of the generate panel that shows the picture which stands for words, and where to take one from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from ui.theme import Icons

SIDE = 40  # logical pixels of the thumbnail


class ReferenceRow(QWidget):
    """Hidden where there is no reference; `choose` stands beside the prompt. Knows nothing of documents: what is wanted goes out as signals, what there is comes in through show_reference."""

    file_wanted = Signal()
    layer_wanted = Signal()
    box_wanted = Signal()
    cleared = Signal()
    dropped = Signal(object)  # Path

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._picture = QLabel()
        self._picture.setFixedSize(SIDE, SIDE)
        self._words = QLabel()
        self._words.setObjectName("muted")
        self._words.setWordWrap(True)
        self.choose = QToolButton()
        self.choose.setAccessibleName(self.tr("Reference"))
        self.choose.setToolTip(self.tr("Show the thing with a picture instead of words; drop a picture file here"))
        self.choose.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.choose)
        menu.addAction(self.tr("Picture File…"), self.file_wanted.emit)
        menu.addAction(self.tr("Active Layer"), self.layer_wanted.emit)
        menu.addAction(self.tr("What Is in the Box"), self.box_wanted.emit)
        self.choose.setMenu(menu)
        self._clear = QToolButton()
        self._clear.setToolTip(self.tr("Forget the reference"))
        self._clear.setAccessibleName(self.tr("Forget the reference"))
        self._clear.clicked.connect(lambda _checked=False: self.cleared.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._picture)
        row.addWidget(self._words, 1)
        row.addWidget(self._clear)
        self.show_reference("", None)
        self.retint()

    @property
    def words(self) -> str:
        return self._words.text()

    def show_reference(self, name: str, pixels: np.ndarray | None) -> None:
        """pixels: (h, w, 3 or 4) uint8, or None where there is no reference."""
        self.setVisible(pixels is not None)
        if pixels is None:
            self._words.setText("")
            return
        self._picture.setPixmap(_thumbnail(pixels, self.devicePixelRatioF()))
        cut_out = pixels.shape[2] == 4
        self._words.setText(name if cut_out else self.tr("{name}\nwill be cut out").format(name=name))
        self._words.setToolTip("" if cut_out else self.tr("This picture has no transparency, so the thing in its middle is cut out of its ground."))
        self._picture.setAccessibleName(name)

    def retint(self) -> None:
        """Take the theme's colours."""
        self.choose.setIcon(self._icons.icon("image"))
        self._clear.setIcon(self._icons.icon("close"))
        for button in (self.choose, self._clear):
            button.setIconSize(QSize(16, 16))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _file_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _file_in(event)
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)


def _file_in(event: QDropEvent) -> Path | None:
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(urls[0].toLocalFile()) if urls else None


def _thumbnail(pixels: np.ndarray, ratio: float) -> QPixmap:
    """(h, w, 3 or 4) uint8 -> a picture of SIDE × SIDE logical pixels on a light ground."""
    pixels = np.ascontiguousarray(pixels)
    form = QImage.Format.Format_RGBA8888 if pixels.shape[2] == 4 else QImage.Format.Format_RGB888
    image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form)
    side = round(SIDE * ratio)
    small = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    ground = QPixmap(side, side)
    ground.fill(Qt.GlobalColor.white)
    painter = QPainter(ground)
    painter.drawImage((side - small.width()) // 2, (side - small.height()) // 2, small)
    painter.end()
    ground.setDevicePixelRatio(ratio)
    return ground
