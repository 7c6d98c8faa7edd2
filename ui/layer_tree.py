"""The tree of layers: eye, thumbnail, name, lock; drawn here, changed nowhere but through its signals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QCoreApplication, QItemSelectionModel, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QMenu,
    QProxyStyle,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from app.document import Document, Group, Layer, Node
from ui.layer_model import EYE, LOCK, NAME, LayerModel
from ui.theme import Icons

ROW = 46  # logical pixels
THUMBNAIL = 36
Thumbnailer = Callable[[Node, int], np.ndarray]  # (node, size) -> (size, size, 4) uint8 straight RGBA


class LayerDelegate(QStyledItemDelegate):
    """Draws one cell of a row."""

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons
        self._thumbnail = thumbnail
        self._images: dict[str, tuple[object, QImage]] = {}  # node id -> (what it shows, image)

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:
        return QSize(24, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:
        node: Node = index.model().node(index)
        theme = self._icons.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.fillRect(option.rect, QColor(theme.selection if selected else theme.hover))
        if index.column() == EYE:
            name, colour = ("eye", theme.text) if node.visible else ("eye-off", theme.faint)
            self._icons.icon(name, colour).paint(painter, _centred(option.rect, 18))
        elif index.column() == LOCK and node.locked:
            self._icons.icon("lock", theme.muted).paint(painter, _centred(option.rect, 16))
        elif index.column() == NAME:
            self._paint_name(painter, option, node)

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, node: Node) -> None:
        theme = self._icons.theme
        frame = QRect(option.rect.left() + 4, option.rect.center().y() - THUMBNAIL // 2 + 1, THUMBNAIL, THUMBNAIL)
        painter.save()
        painter.setOpacity(1.0 if node.visible else 0.45)
        if isinstance(node, Group):
            self._icons.icon("group", theme.muted).paint(painter, _centred(frame, 20))
        else:
            self._paint_thumbnail(painter, frame, node)
        painter.restore()
        text = option.rect.adjusted(THUMBNAIL + 13, 0, -2, 0)
        below = described(node)
        painter.setPen(QColor(theme.text if node.visible else theme.faint))
        metrics = option.fontMetrics
        lines = text.adjusted(0, 7, 0, -7) if below else text
        place = Qt.AlignmentFlag.AlignLeft | (Qt.AlignmentFlag.AlignTop if below else Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(lines, place, metrics.elidedText(node.name, Qt.TextElideMode.ElideRight, text.width()))
        if below:
            font = painter.font()
            painter.save()
            font.setPixelSize(max(font.pixelSize() - 2, 9))
            painter.setFont(font)
            painter.setPen(QColor(theme.muted if node.visible else theme.faint))
            place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(lines, place, painter.fontMetrics().elidedText(below, Qt.TextElideMode.ElideRight, text.width()))
            painter.restore()

    def _paint_thumbnail(self, painter: QPainter, frame: QRect, layer: Layer) -> None:
        theme = self._icons.theme
        painter.fillRect(frame, QColor(theme.checker_a))
        half = THUMBNAIL // 6
        for row in range(6):
            for column in range(row % 2, 6, 2):
                painter.fillRect(frame.left() + column * half, frame.top() + row * half, half, half, QColor(theme.checker_b))
        painter.drawImage(frame, self._image(layer))
        painter.setPen(QPen(QColor(theme.edge), 1))
        painter.drawRect(frame.adjusted(0, 0, -1, -1))

    def _image(self, layer: Layer) -> QImage:
        """The thumbnail, made anew only when the pixels or the mask changed."""
        state = (layer.pixels, layer.mask)
        known = self._images.get(layer.id)
        if known is None or known[0][0] is not state[0] or known[0][1] is not state[1]:
            array = np.ascontiguousarray(self._thumbnail(layer, THUMBNAIL * 2))  # (s, s, 4) uint8 straight RGBA
            image = QImage(array.data, array.shape[1], array.shape[0], array.strides[0], QImage.Format.Format_RGBA8888).copy()
            self._images[layer.id] = known = (state, image)
        return known[1]

    def keep_only(self, ids: set[str]) -> None:
        """Forget the thumbnails of layers that are gone."""
        self._images = {id: kept for id, kept in self._images.items() if id in ids}

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("rename")
        editor.setAccessibleName(self.tr("Layer name"))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index) -> None:
        editor.setGeometry(option.rect.adjusted(THUMBNAIL + 8, 10, -2, -10))


class _DropLine(QProxyStyle):
    """A clear line where a dragged layer will land, a frame around the group that will take it."""

    def __init__(self, icons: Icons) -> None:
        super().__init__("Fusion")
        self._icons = icons

    def drawPrimitive(self, element, option, painter, widget=None) -> None:
        if element != QStyle.PrimitiveElement.PE_IndicatorItemViewItemDrop:
            super().drawPrimitive(element, option, painter, widget)
            return
        if option.rect.isNull() or widget is None:
            return
        painter.save()
        painter.setPen(QPen(QColor(self._icons.theme.accent), 2))
        rect = option.rect
        if rect.height() == 0:
            painter.drawLine(rect.left(), rect.top(), widget.width(), rect.top())
        else:
            painter.drawRect(QRect(1, rect.top() + 1, widget.width() - 2, rect.height() - 2))
        painter.restore()


class LayerTree(QTreeView):
    """Rows of layers with selection, renaming, dragging."""

    eye_clicked = Signal(str, bool)  # id, with Alt
    lock_clicked = Signal(str)
    picked = Signal()  # the user changed the selection

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._silent = False
        self._folded: dict[str, bool] = {}  # what the user opened or closed; not a step of the history
        self.layer_model = LayerModel(self)
        self.setModel(self.layer_model)
        self._delegate = LayerDelegate(icons, thumbnail, self)
        self.setItemDelegate(self._delegate)
        self._drop_line = _DropLine(icons)
        self.setStyle(self._drop_line)
        self.setAccessibleName(self.tr("Layers"))
        self.setHeaderHidden(True)
        self.setTreePosition(NAME)
        self.setIndentation(16)
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        for column, width in ((EYE, 30), (LOCK, 26)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.doubleClicked.connect(lambda index: self.edit(index) if index.column() == NAME else None)
        self.expanded.connect(lambda index: self._fold(index, False))
        self.collapsed.connect(lambda index: self._fold(index, True))
        self.selectionModel().selectionChanged.connect(lambda *_: None if self._silent else self.picked.emit())

    def show_document(self, document: Document, active: str | None) -> None:
        """Mirror the document; keep what was selected where it still exists, and mark the active layer."""
        chosen = self.chosen()
        self._silent = True
        try:
            rebuilt = self.layer_model.show_document(document)
            self._unfold(document.layers)
            if rebuilt or active not in chosen:
                self.choose([id for id in chosen if active in chosen] or [active], active)
        finally:
            self._silent = False
        self._delegate.keep_only(set(self.layer_model.ids()))

    def _unfold(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            if isinstance(node, Group):
                self.setExpanded(self.layer_model.index_of(node.id), not self._folded.get(node.id, node.collapsed))
                self._unfold(node.children)

    def choose(self, ids: list[str | None], active: str | None) -> None:
        """Select these rows; `active` gets the keyboard's mark."""
        model = self.selectionModel()
        model.clearSelection()
        rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for id in ids:
            if (index := self.layer_model.index_of(id, NAME)).isValid():
                model.select(index, rows)
        current = self.layer_model.index_of(active, NAME)
        if current.isValid():
            model.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(current)

    def chosen(self) -> list[str]:
        """Ids of the selected rows, bottom to top."""
        rows = self.selectionModel().selectedRows(NAME)
        return sorted((self.layer_model.node(index).id for index in rows), key=self.layer_model.ids().index, reverse=True)

    def current_id(self) -> str | None:
        node = self.layer_model.node(self.currentIndex())
        return node.id if node else None

    def rename(self, id: str) -> None:
        """Open the name for typing."""
        if (index := self.layer_model.index_of(id, NAME)).isValid():
            self.setFocus()
            self.edit(index)

    def _fold(self, index: QModelIndex, collapsed: bool) -> None:
        node = self.layer_model.node(index)
        if node and not self._silent:
            self._folded[node.id] = collapsed

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        node = self.layer_model.node(index)
        if node and event.button() == Qt.MouseButton.LeftButton and index.column() in (EYE, LOCK):
            if index.column() == EYE:
                self.eye_clicked.emit(node.id, bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
            else:
                self.lock_clicked.emit(node.id)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(event.position().toPoint()).column() in (EYE, LOCK):
            self.mousePressEvent(event)  # two quick clicks are two clicks
            return
        super().mouseDoubleClickEvent(event)

    def add_menu_of(self, actions: list[QAction]) -> None:
        """What a right click offers."""
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.menu = QMenu(self)
        for number, action in enumerate(actions):
            if number and action.objectName() in ("layer.visible", "layer.raise", "layer.group", "layer.merge_down", "generate.again"):
                self.menu.addSeparator()
            self.menu.addAction(action)
        self.customContextMenuRequested.connect(lambda point: self.menu.popup(self.viewport().mapToGlobal(point)))

    def drawBranches(self, painter: QPainter, rect: QRect, index) -> None:
        theme = self._icons.theme
        if self.selectionModel().isSelected(index):
            painter.fillRect(rect, QColor(theme.selection))
        if isinstance(self.layer_model.node(index), Group):
            name = "chevron-down" if self.isExpanded(index) else "chevron-right"
            self._icons.icon(name, theme.muted).paint(painter, QRect(QPoint(rect.right() - 15, rect.center().y() - 7), QSize(15, 15)))


def described(node: Node) -> str:
    """The small second line of a row."""
    parts = []
    if isinstance(node, Layer) and node.recipe:
        parts.append(str(node.recipe.get("prompt", "")))
    if isinstance(node, Layer) and len(node.candidates) > 1:
        parts.append(QCoreApplication.translate("LayerTree", "{count} candidates").format(count=len(node.candidates)))
    if node.blend not in ("normal", "pass through"):
        parts.append(node.blend.capitalize())
    if node.opacity < 0.995:
        parts.append(f"{round(node.opacity * 100)} %")
    return " · ".join(part for part in parts if part and part != node.name)


def _centred(rect: QRect, side: int) -> QRect:
    return QRect(rect.center().x() - side // 2 + 1, rect.center().y() - side // 2 + 1, side, side)
