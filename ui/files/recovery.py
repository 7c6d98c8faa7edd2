"""What a program that ended without warning left behind, with pictures; one is recovered, others wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QMessageBox, QVBoxLayout, QWidget

from app.document.document import Layer, walk
from app.session.recovery import THUMBNAIL, Leftover

from ..widgets.dialogs import finished, question

PICTURE = QSize(112, 84)  # logical pixels


class RecoveryDialog(QDialog):
    """`chosen` after it was accepted. What is discarded here is gone at once."""

    def __init__(self, leftovers: Sequence[Leftover], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Recover Unsaved Work"))
        self.resize(560, 360)
        self.leftovers = list(leftovers)
        words = self.tr("Downstage ended before this was saved.")
        more = self.tr("Recover one now; the others stay, and can be recovered from the File menu.")
        note = QLabel(f"{words} {more}" if len(self.leftovers) > 1 else words)
        note.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Unsaved work"))
        self.list.setIconSize(PICTURE)
        for leftover in self.leftovers:
            self.list.addItem(self._item(leftover))
        self.list.itemActivated.connect(lambda _item: self.accept())
        self.list.currentRowChanged.connect(lambda _row: self._enable())
        buttons = QDialogButtonBox()
        self.recover = buttons.addButton(self.tr("Recover"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.recover.setDefault(True)
        self.discard = buttons.addButton(self.tr("Discard…"), QDialogButtonBox.ButtonRole.DestructiveRole)
        self.later = buttons.addButton(self.tr("Later"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.discard.clicked.connect(self._ask_to_discard)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        for widget in (note, self.list, buttons):
            column.addWidget(widget)
        self.list.setCurrentRow(0)

    @property
    def chosen(self) -> Leftover | None:
        """What is selected, if it can be opened."""
        row = self.list.currentRow()
        leftover = self.leftovers[row] if row >= 0 else None
        return leftover if leftover is not None and leftover.opened is not None else None

    def _item(self, leftover: Leftover) -> QListWidgetItem:
        when = QLocale().toString(datetime.fromtimestamp(leftover.when), QLocale.FormatType.ShortFormat)
        if leftover.opened is None:
            return QListWidgetItem(self.tr("A damaged copy\n{when} · it cannot be read").format(when=when))
        document = leftover.opened.document
        layers = sum(isinstance(node, Layer) for node, _, _ in walk(document))
        path = leftover.belonging.path
        words = self.tr("{when} · {width} × {height} px · layers: {layers}")
        facts = words.format(when=when, width=document.width, height=document.height, layers=layers)
        icon = QIcon(_picture(leftover.thumbnail))
        icon.addPixmap(_picture(leftover.thumbnail), QIcon.Mode.Selected)  # not tinted
        item = QListWidgetItem(icon, f"{path.name if path else self.tr('Untitled')}\n{facts}")
        item.setToolTip(str(path or ""))
        return item

    def _enable(self) -> None:
        self.recover.setEnabled(self.chosen is not None)
        self.discard.setEnabled(self.list.currentRow() >= 0)

    def _ask_to_discard(self) -> None:
        box = question(self)
        box.setText(self.tr("Discard this work for good?"))
        box.setStandardButtons(QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Discard).clicked.connect(self._discard)
        box.open()

    def _discard(self) -> None:
        row = self.list.currentRow()
        self.leftovers.pop(row).journal.remove()
        self.list.takeItem(row)
        self._enable()
        if not self.leftovers:
            self.reject()


async def ask_to_recover(parent: QWidget, leftovers: Sequence[Leftover]) -> Leftover | None:
    """What the user wants back now; the others are let go and stay for later."""
    dialog = RecoveryDialog(leftovers, parent)
    accepted = await finished(dialog) == QDialog.DialogCode.Accepted
    chosen = dialog.chosen if accepted else None
    for leftover in dialog.leftovers:
        if leftover is not chosen:
            leftover.journal.close()
    dialog.deleteLater()
    return chosen


def _picture(pixels: np.ndarray) -> QPixmap:
    """(h, w, 4) uint8 straight RGBA, as large as a thumbnail may be."""
    image = QImage(np.ascontiguousarray(pixels).data, pixels.shape[1], pixels.shape[0], pixels.shape[1] * 4, QImage.Format.Format_RGBA8888)
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.copy().scaled(THUMBNAIL, THUMBNAIL, keep, smooth))
