"""Export As: format, size and quality, with the picture as the file will show it; and Export Layers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QLocale, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressDialog,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.document.document import Document
from app.errors import ExpectedError
from app.formats import FLAT_SUFFIXES, PSD_SUFFIXES, Encoding, losses
from app.formats.export import LAYER_FILE_SUFFIXES, LayerFiles, Trial, try_out
from app.formats.raster import DEFAULT_QUALITY, LONGEST_SIDE
from app.render.render import render
from ui.language import translated

from ..widgets.dialogs import finished
from ..widgets.fields import Choice, Whole, dressed

NAMES = {
    ".png": "PNG", ".jpg": "JPEG", ".webp": "WebP", ".avif": "AVIF", ".tif": "TIFF", ".exr": "OpenEXR",
    ".psd": "Photoshop (PSD)", ".psb": "Photoshop, large (PSB)", ".ora": "OpenRaster",
}  # fmt: skip
PAUSE = 250  # milliseconds after the last change before it is tried out
SQUARE = 8  # logical pixels of the checkerboard

Away = Callable[..., Awaitable[Any]]  # runs a function on another thread


@dataclass(frozen=True)
class Export:
    """What was chosen."""

    suffix: str
    encoding: Encoding


class PictureView(QWidget):
    """A picture at 100 %, dragged with the mouse; a double click shows all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(420, 360)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._pixels: np.ndarray | None = None
        self._corner: QPoint | None = None  # of the window on the picture, in picture pixels; None: its middle
        self._from = QPoint()
        self._whole = False

    def show_picture(self, pixels: np.ndarray) -> None:
        """(h, w, 4) uint8 straight RGBA."""
        if self._pixels is not None and self._pixels.shape != pixels.shape:
            self._corner = None
        self._pixels = np.ascontiguousarray(pixels)
        self.update()

    def _image(self) -> QImage:
        """Without a copy; it must not outlive the pixels."""
        height, width = self._pixels.shape[:2]
        return QImage(self._pixels.data, width, height, width * 4, QImage.Format.Format_RGBA8888)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixels is None:
            return
        source, target = self._source_and_target()
        light, dark = QColor("#ffffff"), QColor("#d0d0d0")
        painter.setClipRect(target)
        painter.fillRect(target, light)
        for y in range(target.top(), target.bottom() + 1, SQUARE):
            for x in range(target.left() + (y // SQUARE % 2) * SQUARE, target.right() + 1, 2 * SQUARE):
                painter.fillRect(x, y, SQUARE, SQUARE, dark)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._image(), source)
        painter.end()

    def _source_and_target(self) -> tuple[QRect, QRect]:
        height, width = self._pixels.shape[:2]
        if self._whole:
            size = QSize(width, height).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            return QRect(0, 0, width, height), QRect(QPoint(left, top), size)
        seen = QSize(min(self.width(), width), min(self.height(), height))
        most = QPoint(width - seen.width(), height - seen.height())
        corner = QPoint(most.x() // 2, most.y() // 2) if self._corner is None else self._corner
        corner = self._corner = QPoint(min(max(corner.x(), 0), most.x()), min(max(corner.y(), 0), most.y()))
        offset = QPoint((self.width() - seen.width()) // 2, (self.height() - seen.height()) // 2)
        return QRect(corner, seen), QRect(offset, seen)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        here = event.position().toPoint()
        if self._corner is not None:
            self._corner -= here - self._from
            self._from = here
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._whole = not self._whole
        self.update()


class ExportDialog(QDialog):
    """`export` after it was accepted."""

    def __init__(self, document: Document, suffix: str, away: Away, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export As"))
        self.resize(QSize(1000, 640).boundedTo(parent.window().size()))
        self._document, self._away = document, away
        self._composed: np.ndarray | None = None
        self._task: asyncio.Task | None = None
        self.view = PictureView()
        self.view.setAccessibleName(self.tr("Preview"))
        self.view.setToolTip(self.tr("As the file will look, at 100 %. Drag to see more; double-click to see all of it."))
        self._make_fields(suffix)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(self.tr("Export…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._start)
        self._lay_out()
        self._kind_chosen()

    def _make_fields(self, suffix: str) -> None:
        document = self._document
        self.kind = Choice()
        self.kind.setAccessibleName(self.tr("Format"))
        for ending, name in NAMES.items():
            self.kind.addItem(name, ending)
        self.kind.setCurrentIndex(max(self.kind.findData(suffix), 0))
        self.width_ = dressed(Whole(), self.tr("Width in pixels"))
        self.height_ = dressed(Whole(), self.tr("Height in pixels"))
        for field, value in ((self.width_, document.width), (self.height_, document.height)):
            field.setRange(1, LONGEST_SIDE)
            field.setSuffix(" px")
            field.setValue(value)
        self.share = dressed(Whole(), self.tr("Size in percent"))
        self.share.setRange(1, 1000)
        self.share.setSuffix(" %")
        self.share.setValue(100)
        self.quality = QSlider(Qt.Orientation.Horizontal)
        self.quality.setRange(1, 100)
        self.quality.setAccessibleName(self.tr("Quality"))
        self.quality_number = QLabel()
        self.lossless = QCheckBox(self.tr("Lossless"))
        self.deep = QCheckBox(self.tr("16 bits a channel"))
        self.deep.setToolTip(self.tr("For programs that want them. Layers have 8 bits; finer is only what a PSD's merged picture and resampled layers hold."))
        self.pages = QCheckBox(self.tr("Layers as pages"))
        self.pages.setToolTip(self.tr("Every visible layer becomes a page as it looks by itself, the lowest first."))
        self.smart = QCheckBox(self.tr("Turned layers as smart objects"))
        self.smart.setToolTip(self.tr("Photoshop can scale and turn them on without loss. The file becomes larger."))
        self.opaque = QCheckBox(self.tr("Merged picture without alpha"))
        self.opaque.setToolTip(self.tr("For Clip Studio, which takes the alpha channel for a selection."))
        self.size_label, self.note = QLabel(), QLabel()
        self.size_label.setAccessibleName(self.tr("Size of the file"))
        self.note.setWordWrap(True)
        self.note.setObjectName("muted")
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.width_.valueChanged.connect(self._width_changed)
        self.height_.valueChanged.connect(self._height_changed)
        self.share.valueChanged.connect(self._share_changed)
        self.quality.valueChanged.connect(self._changed)
        for box in (self.lossless, self.deep, self.pages):
            box.toggled.connect(self._changed)
        for box in (self.deep, self.pages):
            box.toggled.connect(self._tell_losses)
        self.smart.toggled.connect(self._tell_losses)

    def _lay_out(self) -> None:
        quality = QHBoxLayout()
        quality.addWidget(self.quality, 1)
        quality.addWidget(self.quality_number)
        self.form = QFormLayout()
        self.form.addRow(self.tr("Format"), self.kind)
        self.form.addRow(self.tr("Width"), self.width_)
        self.form.addRow(self.tr("Height"), self.height_)
        self.form.addRow(self.tr("Size"), self.share)
        self.form.addRow(self.tr("Quality"), quality)
        self._quality_row = quality
        for box in (self.lossless, self.deep, self.pages, self.smart, self.opaque):
            self.form.addRow("", box)
        self.form.addRow(self.tr("File"), self.size_label)
        side = QVBoxLayout()
        side.addLayout(self.form)
        side.addWidget(self.note)
        side.addStretch(1)
        side.addWidget(self.buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 14, 14, 14)
        row.setSpacing(14)
        row.addWidget(self.view, 1)
        row.addLayout(side)
        self.note.setFixedWidth(260)

    @property
    def export(self) -> Export:
        suffix = self.kind.currentData()
        if suffix in PSD_SUFFIXES:
            chosen = {"deep": self.deep, "smart_objects": self.smart, "opaque": self.opaque}
            return Export(suffix, Encoding(**{name: box.isChecked() for name, box in chosen.items()}))
        if suffix not in FLAT_SUFFIXES:
            return Export(suffix, Encoding())
        lossless = suffix == ".webp" and self.lossless.isChecked()
        quality = self.quality.value() if suffix in DEFAULT_QUALITY else 0
        deep, pages = suffix in (".png", ".tif") and self.deep.isChecked(), suffix == ".tif" and self.pages.isChecked()
        return Export(suffix, Encoding(self.width_.value(), self.height_.value(), quality, lossless, deep, pages))

    def _kind_chosen(self) -> None:
        suffix = self.kind.currentData()
        flat, lossy = suffix in FLAT_SUFFIXES, suffix in DEFAULT_QUALITY
        for field in (self.width_, self.height_, self.share):
            field.setEnabled(flat)
        if lossy:
            self.quality.setValue(DEFAULT_QUALITY[suffix])
        for row, sensible in (
            (self._quality_row, lossy), (self.lossless, suffix == ".webp"),
            (self.deep, suffix in (".png", ".tif", *PSD_SUFFIXES)), (self.pages, suffix == ".tif"),
            (self.smart, suffix in PSD_SUFFIXES), (self.opaque, suffix in PSD_SUFFIXES),
        ):  # fmt: skip
            self.form.setRowVisible(row, sensible)
        self._tell_losses()
        self._changed()

    def _tell_losses(self) -> None:
        dropped = losses(self._document, Path(f"x{self.export.suffix}"), self.export.encoding)
        self.note.setText("\n".join(f"•  {translated(loss)}" for loss in dropped))

    def _width_changed(self, width: int) -> None:
        self._set_sizes(width, max(round(width * self._document.height / self._document.width), 1))

    def _height_changed(self, height: int) -> None:
        self._set_sizes(max(round(height * self._document.width / self._document.height), 1), height)

    def _share_changed(self, share: int) -> None:
        self._set_sizes(*(max(round(side * share / 100), 1) for side in (self._document.width, self._document.height)), share)

    def _set_sizes(self, width: int, height: int, share: int | None = None) -> None:
        """The proportions stay."""
        share = round(width / self._document.width * 100) if share is None else share
        for field, value in ((self.width_, width), (self.height_, height), (self.share, share)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self._changed()

    def _changed(self) -> None:
        lossy = self.kind.currentData() in DEFAULT_QUALITY and not (self.kind.currentData() == ".webp" and self.lossless.isChecked())
        self.quality.setEnabled(lossy)
        self.quality_number.setText(str(self.quality.value()) if lossy else "")
        self.size_label.setText(self.tr("…"))
        self._pause.start()

    def _start(self) -> None:
        """Try the present choice out; one trial at a time, the last choice counts."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._try_out())

    async def _try_out(self) -> None:
        tried: Export | None = None
        while tried != (tried := self.export):
            try:
                trial = await self._away(self._tried, tried)
            except ExpectedError as error:
                self.size_label.setText("")
                self.note.setText(f"{translated(error.sentence)} {translated(error.hint)}")
                self.go.setEnabled(False)
                continue
            self.go.setEnabled(True)
            self._tell_losses()
            self.view.show_picture(trial.pixels)
            self.size_label.setText(self.tr("not tried out") if trial.size is None else QLocale().formattedDataSize(trial.size))

    def _tried(self, export: Export) -> Trial:
        """On another thread."""
        if self._composed is None:
            self._composed = render(self._document, self._document.rect)
        return try_out(self._document, self._composed, export.suffix, export.encoding)

    async def closed(self) -> None:
        """Wait for a trial that is still running."""
        self._pause.stop()
        if self._task is not None:
            await asyncio.wait({self._task})


async def ask_export(parent: QWidget, document: Document, suffix: str, away: Away) -> Export | None:
    """What to export; None where it was cancelled."""
    dialog = ExportDialog(document, suffix, away, parent)
    accepted = await finished(dialog) == QDialog.DialogCode.Accepted
    await dialog.closed()
    dialog.deleteLater()
    return dialog.export if accepted else None


class LayersDialog(QDialog):
    """`files` after it was accepted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export Layers"))
        note = QLabel(self.tr("Every layer becomes a file in a new folder, as it looks by itself."))
        note.setWordWrap(True)
        self.kind = Choice()
        self.kind.setAccessibleName(self.tr("Format"))
        for ending in LAYER_FILE_SUFFIXES:
            self.kind.addItem(NAMES[ending], ending)
        self.trimmed = QCheckBox(self.tr("Trim transparent borders"))
        self.hidden = QCheckBox(self.tr("Hidden layers too"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.tr("Choose a Folder…"), QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(self.tr("Format"), self.kind)
        form.addRow("", self.trimmed)
        form.addRow("", self.hidden)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(12)
        column.addWidget(note)
        column.addLayout(form)
        column.addWidget(buttons)

    @property
    def files(self) -> LayerFiles:
        return LayerFiles(self.kind.currentData(), self.trimmed.isChecked(), self.hidden.isChecked())


@contextmanager
def progress(parent: QWidget, loop: asyncio.AbstractEventLoop, cancel: Callable[[], None]) -> Iterator[Callable[[int, int], None]]:
    """A bar that appears when exporting layers takes more than a second; gives what to call, from any thread, with done and of."""
    bar = QProgressDialog(parent)
    bar.setWindowTitle(bar.tr("Export Layers"))
    bar.setLabelText(bar.tr("Exporting layers…"))
    bar.setMinimumDuration(1000)
    bar.canceled.connect(cancel)

    def show(done: int, of: int) -> None:
        bar.setMaximum(of)
        bar.setValue(done)

    try:
        yield lambda done, of: loop.call_soon_threadsafe(show, done, of)
    finally:
        bar.canceled.disconnect(cancel)
        bar.close()
        bar.deleteLater()


async def ask_layers(parent: QWidget) -> LayerFiles | None:
    """How to export the layers; None where it was cancelled."""
    dialog = LayersDialog(parent)
    accepted = await finished(dialog) == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return dialog.files if accepted else None
