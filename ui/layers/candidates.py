"""The results that a layer can choose from: look at one on the canvas, show it, keep it alone, delete it, make it a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QListView, QListWidget, QListWidgetItem, QMenu, QToolButton, QWidget

from app.document.document import Layer, Node, make_layer
from ui.theme import Icons

from .commands import LayerCommands, shown_candidate
from .tree import Thumbnailer

CANDIDATE = 40  # logical pixels
PADDING = 3  # around it, as the style sheet has it


class CandidateStrip(QWidget):
    """Hidden where there is nothing to choose."""

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons, self._thumbnail = icons, thumbnail
        self._state: tuple = ()
        self._commands: LayerCommands | None = None
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Candidates"))
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setIconSize(QSize(CANDIDATE, CANDIDATE))
        self.list.setObjectName("candidates")
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.viewport().installEventFilter(self)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._offer)
        self.buttons = [
            self._button("duplicate", self.tr("Make this candidate a layer of its own"), lambda: self._commands.promote_candidate()),
            self._button("done", self.tr("Keep only this candidate"), lambda: self._commands.keep_candidate()),
            self._button("trash", self.tr("Delete this candidate"), lambda: self._commands.delete_candidate()),
        ]
        self._lay_out()
        self.retint()

    def _button(self, icon: str, name: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setProperty("icon name", icon)
        button.setIconSize(QSize(14, 14))
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 0)
        row.setSpacing(2)
        row.addWidget(self.list, 1)
        for button in self.buttons:
            row.addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One row, and room for its scroll bar where there are more than can be shown."""
        super().resizeEvent(event)
        self._take_height()

    def _take_height(self) -> None:
        across = self.list.count() * (CANDIDATE + 2 * PADDING)
        bar = self.list.horizontalScrollBar().sizeHint().height() if across > self.list.viewport().width() else 0
        self.list.setFixedHeight(CANDIDATE + 2 * PADDING + bar)

    def connect_to(self, commands: LayerCommands) -> None:
        """Let the user's doings reach the commands."""
        self._commands = commands
        self.list.itemClicked.connect(lambda item: commands.use_candidate(self.list.row(item)))
        self.list.itemEntered.connect(lambda item: commands.preview_candidate(self.list.row(item)))

    def show_node(self, node: Node | None) -> None:
        """Of the active layer, in the order in which they were made."""
        candidates = node.candidates if isinstance(node, Layer) else ()
        self.setVisible(len(candidates) > 1)
        if len(candidates) < 2:
            self._state = ()
            return
        state = tuple(id(candidate) for candidate in candidates)
        if state != self._state:
            self._state = state
            self.list.clear()
            for number, candidate in enumerate(candidates, 1):
                layer = make_layer("", candidate.pixels, candidate.placement)
                item = QListWidgetItem(_plain_icon(_pixmap(self._thumbnail(layer, CANDIDATE * 2))), "")
                item.setSizeHint(QSize(CANDIDATE + 2 * PADDING, CANDIDATE + 2 * PADDING))
                words = self.tr("Candidate {shown} of {count}").format(shown=number, count=len(candidates))
                item.setToolTip(f"{words} · " + self.tr("Seed {seed}").format(seed=candidate.recipe.get("seed", "?")))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
                self.list.addItem(item)
            self._take_height()
        self.list.setCurrentRow(shown_candidate(node))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The pointer has left the strip: the canvas shows again what the layer has."""
        if event.type() == QEvent.Type.Leave and self._commands is not None:
            self._commands.preview_candidate(None)
        return super().eventFilter(watched, event)

    def _offer(self, point: QPoint) -> None:
        item = self.list.itemAt(point)
        if item is None:
            return
        index = self.list.row(item)
        self.menu = QMenu(self)
        self.menu.addAction(self.tr("As a Layer of Its Own"), lambda: self._commands.promote_candidate(index))
        self.menu.addAction(self.tr("Keep Only This One"), lambda: self._commands.keep_candidate(index))
        self.menu.addAction(self.tr("Delete"), lambda: self._commands.delete_candidate(index))
        self.menu.popup(self.list.viewport().mapToGlobal(point))

    def retint(self) -> None:
        """Take the theme's colours."""
        for button in self.buttons:
            button.setIcon(self._icons.icon(button.property("icon name")))


def _pixmap(array: np.ndarray) -> QPixmap:
    """(h, w, 4) uint8 straight RGBA -> pixmap."""
    array = np.ascontiguousarray(array)
    return QPixmap.fromImage(QImage(array.data, array.shape[1], array.shape[0], array.strides[0], QImage.Format.Format_RGBA8888).copy())


def _plain_icon(pixmap: QPixmap) -> QIcon:
    """An icon that Qt does not tint when it is selected."""
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(pixmap, mode)
    return icon
