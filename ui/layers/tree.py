"""The tree of layers: eye, thumbnail, name, lock; drawn here, changed nowhere but through its signals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication, QItemSelectionModel, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QCursor, QDrag, QDragMoveEvent, QDropEvent, QImage, QMouseEvent, QPainter, QPen, QPixmap
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

from app.document.document import Document, Group, Layer, Node, seen_bounds
from app.document.pixels import Mask, Pixels
from app.render.mips import mip
from ui.theme import Icons

from .blend_names import blend_name
from .model import EYE, LOCK, NAME, LayerModel

ROW = 46  # logical pixels
THUMBNAIL = 36
LINK = 14  # the chain between layer and mask
ENGINE = 20  # the switch of what the engine sees
INDENT = 16  # of a layer that clips to the one below it
TAG_COLOURS = {
    "red": "#e5574f",
    "orange": "#e8913c",
    "yellow": "#dcbf3a",
    "green": "#5fb36a",
    "blue": "#4c8fe0",
    "violet": "#9b6fd3",
    "gray": "#8b8b93",
}
Thumbnailer = Callable[[Node, int], np.ndarray]  # (node, size) -> (size, size, 4) uint8 straight RGBA


@dataclass(frozen=True)
class Cells:
    """Where the parts of a row's middle column are; link and mask are empty without a mask. engine: the switch of what the engine sees."""

    picture: QRect
    link: QRect
    mask: QRect
    words: QRect
    engine: QRect


def cells(rect: QRect, node: Node) -> Cells:
    left, top = rect.left() + 4 + (INDENT if node.clipping else 0), rect.center().y() - THUMBNAIL // 2 + 1
    picture = QRect(left, top, THUMBNAIL, THUMBNAIL)
    link, mask, end = QRect(), QRect(), picture.right()
    if node.mask is not None:
        link = QRect(picture.right() + 1, top, LINK, THUMBNAIL)
        mask = QRect(link.right() + 1, top, THUMBNAIL, THUMBNAIL)
        end = mask.right()
    engine = QRect(rect.right() - ENGINE, rect.top(), ENGINE, rect.height())
    return Cells(picture, link, mask, QRect(QPoint(end + 10, rect.top()), QPoint(engine.left() - 2, rect.bottom())), engine)


def mask_image(mask: Mask, size: int) -> QImage:
    """The mask in grey, about `size` pixels wide or high; brought up to date where it was painted."""
    halved = max((max(mask.width, mask.height) // size).bit_length() - 1, 0)
    if not (mask.width and mask.height):
        return QImage()
    image = mip(mask, halved, halved)
    image.reinterpretAsFormat(QImage.Format.Format_Grayscale8)
    return image


class LayerDelegate(QStyledItemDelegate):
    """Draws one cell of a row."""

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons
        self._thumbnail = thumbnail
        self._images: dict[str, tuple[Pixels, QImage, QSize]] = {}  # node id -> (what it shows, image, how much of a thumbnail it fills)

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
            if node.color_tag in TAG_COLOURS:
                tint = QColor(TAG_COLOURS[node.color_tag])
                painter.fillRect(option.rect.adjusted(0, 1, 0, -1), QColor(tint.red(), tint.green(), tint.blue(), 110))
                painter.fillRect(QRect(option.rect.left(), option.rect.top() + 1, 4, option.rect.height() - 2), tint)
            name, colour = ("eye", theme.text) if node.visible else ("eye-off", theme.faint)
            self._icons.icon(name, colour).paint(painter, _centred(option.rect, 18))
        elif index.column() == LOCK and (node.locked or node.locks):
            self._icons.icon("lock", theme.text if node.locked else theme.faint).paint(painter, _centred(option.rect, 16))
        elif index.column() == NAME:
            self._paint_name(painter, option, node)
            if hovered or not node.seen_by_engine:
                name, colour = ("generate", theme.faint) if node.seen_by_engine else ("engine-off", theme.warning)
                self._icons.icon(name, colour).paint(painter, _centred(cells(option.rect, node).engine, 16))

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, node: Node) -> None:
        theme = self._icons.theme
        at = cells(option.rect, node)
        painter.save()
        painter.setOpacity(1.0 if node.visible else 0.45)
        if node.clipping:
            self._icons.icon("clip", theme.muted).paint(painter, QRect(option.rect.left() + 2, at.picture.center().y() - 6, 14, 14))
        if isinstance(node, Group):
            self._icons.icon("group", theme.muted).paint(painter, _centred(at.picture, 20))
        else:
            self._paint_thumbnail(painter, at.picture, node)
        if node.mask is not None:
            self._paint_mask(painter, at, node)
        painter.restore()
        self._paint_words(painter, option, at.words, node)

    def _paint_words(self, painter: QPainter, option: QStyleOptionViewItem, text: QRect, node: Node) -> None:
        theme = self._icons.theme
        below = described(node)
        painter.setPen(QColor(theme.text if node.visible else theme.muted))
        metrics = option.fontMetrics
        lines = text.adjusted(0, 7, 0, -7) if below else text
        place = Qt.AlignmentFlag.AlignLeft | (Qt.AlignmentFlag.AlignTop if below else Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(lines, place, metrics.elidedText(node.name, Qt.TextElideMode.ElideRight, text.width()))
        if below:
            font = painter.font()
            painter.save()
            font.setPixelSize(max(font.pixelSize() - 2, 9))
            painter.setFont(font)
            painter.setPen(QColor(theme.muted))
            place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(lines, place, painter.fontMetrics().elidedText(below, Qt.TextElideMode.ElideRight, text.width()))
            painter.restore()

    def _paint_mask(self, painter: QPainter, at: Cells, node: Node) -> None:
        theme, mask = self._icons.theme, node.mask
        if mask.linked:
            self._icons.icon("link", theme.muted).paint(painter, _centred(at.link, LINK))
        painter.fillRect(at.mask, QColor("black" if mask.default == 0 else "white"))
        image = mask_image(mask, THUMBNAIL * 2)
        fitted = QRect(QPoint(0, 0), image.size().scaled(at.mask.size(), Qt.AspectRatioMode.KeepAspectRatio))
        fitted.moveCenter(at.mask.center())
        painter.drawImage(fitted, image)
        painter.setPen(QPen(QColor(theme.edge), 1))
        painter.drawRect(at.mask.adjusted(0, 0, -1, -1))
        if not mask.enabled:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.danger), 2))
            inner = at.mask.adjusted(3, 3, -4, -4)
            painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawLine(inner.topRight(), inner.bottomLeft())

    def _paint_thumbnail(self, painter: QPainter, frame: QRect, layer: Layer) -> None:
        theme = self._icons.theme
        image, size = self._image(layer)
        filled = QRect(QPoint(0, 0), size)  # a checkerboard beside a wide picture would pass for transparent parts
        filled.moveCenter(frame.center())
        painter.save()
        painter.setClipRect(filled, Qt.ClipOperation.IntersectClip)
        painter.fillRect(frame, QColor(theme.checker_a))
        half = THUMBNAIL // 6
        for row in range(6):
            for column in range(row % 2, 6, 2):
                painter.fillRect(frame.left() + column * half, frame.top() + row * half, half, half, QColor(theme.checker_b))
        painter.drawImage(frame, image)
        painter.restore()
        painter.setPen(QPen(QColor(theme.edge), 1))
        painter.drawRect(filled.adjusted(0, 0, -1, -1))

    def _image(self, layer: Layer) -> tuple[QImage, QSize]:
        """The thumbnail of the layer without its mask, made anew only when the pixels changed."""
        known = self._images.get(layer.id)
        if known is None or known[0] is not layer.pixels:
            array = np.ascontiguousarray(self._thumbnail(replace(layer, mask=None), THUMBNAIL * 2))  # (s, s, 4) uint8 straight RGBA
            image = QImage(array.data, array.shape[1], array.shape[0], array.strides[0], QImage.Format.Format_RGBA8888).copy()
            self._images[layer.id] = known = (layer.pixels, image, _filled(layer))
        return known[1:]

    def keep_only(self, ids: set[str]) -> None:
        """Forget the thumbnails of layers that are gone."""
        self._images = {id: kept for id, kept in self._images.items() if id in ids}

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("rename")
        editor.setAccessibleName(self.tr("Layer name"))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index) -> None:
        editor.setGeometry(cells(option.rect, index.model().node(index)).words.adjusted(-5, 10, 0, -10))


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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._icons.theme.accent), 3))
        rect = option.rect
        if rect.height() == 0:
            above = widget.dropIndicatorPosition() == QAbstractItemView.DropIndicatorPosition.AboveItem
            row = widget.indexAt(QPoint(1, rect.top() + (1 if above else -2))).siblingAtColumn(NAME)
            left = max(widget.visualRect(row).left(), 0) + 8  # as deep as the rows it will stand among
            y = min(max(rect.top(), 5), widget.height() - 6)  # whole at the ends of the list too
            painter.drawEllipse(QPoint(left, y), 4, 4)
            painter.drawLine(left + 5, y, widget.width(), y)
        else:
            painter.drawRect(QRect(1, rect.top() + 1, widget.width() - 2, rect.height() - 2))
        painter.restore()


class LayerTree(QTreeView):
    """Rows of layers with selection, renaming, dragging."""

    eye_clicked = Signal(str, bool)  # id, with Alt
    lock_clicked = Signal(str)
    engine_clicked = Signal(str)
    link_clicked = Signal(str)
    mask_switched = Signal(str)
    mask_looked_at = Signal(str)
    picked = Signal()  # the user changed the selection

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._silent = False
        self.folded: dict[str, bool] = {}  # what the user opened or closed; not a step of the history
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
        self.setMinimumHeight(ROW + 2 * self.frameWidth())
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
        chosen, typed = self.chosen(), self._half_typed()
        self._silent = True
        try:
            rebuilt = self.layer_model.show_document(document)
            self._unfold(document.layers)
            if rebuilt or active not in chosen:
                self.choose([id for id in chosen if active in chosen] or [active], active)
            if typed is not None:
                self._type_on(*typed)
        finally:
            self._silent = False
        self._delegate.keep_only(set(self.layer_model.ids()))

    def _unfold(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            if isinstance(node, Group):
                self.setExpanded(self.layer_model.index_of(node.id), not self.folded.get(node.id, node.collapsed))
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

    def _editor(self) -> QLineEdit | None:
        """Where a name is being typed."""
        open_ones = self.viewport().findChildren(QLineEdit, "rename") if self.state() == QTreeView.State.EditingState else []
        return open_ones[-1] if open_ones else None  # one before it may not have been swept away yet

    def _half_typed(self) -> tuple[str, str, int] | None:
        """Whose name is being typed, what stands there so far, and where the cursor is."""
        editor, id = self._editor(), self.current_id()
        return None if editor is None or id is None else (id, editor.text(), editor.cursorPosition())

    def _type_on(self, id: str, text: str, cursor: int) -> None:
        """What is being typed outlives a change of the document, such as a layer that arrives."""
        if self._editor() is None:
            self.selectionModel().setCurrentIndex(self.layer_model.index_of(id, NAME), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.rename(id)
        if (editor := self._editor()) is not None:
            editor.setText(text)
            editor.setCursorPosition(cursor)

    def _fold(self, index: QModelIndex, collapsed: bool) -> None:
        node = self.layer_model.node(index)
        if node and not self._silent:
            self.folded[node.id] = collapsed

    def startDrag(self, actions: Qt.DropAction) -> None:
        """With a small label beside the pointer, so that the mark between the rows stays in sight."""
        rows = [index for index in self.selectedIndexes() if index.flags() & Qt.ItemFlag.ItemIsDragEnabled]
        if not rows:
            return
        names = [self.layer_model.node(index).name for index in rows if index.column() == NAME]
        drag = QDrag(self)
        drag.setMimeData(self.layer_model.mimeData(rows))
        drag.setPixmap(self._label(names[0] if len(names) == 1 else self.tr("{count} layers").format(count=len(names))))
        drag.setHotSpot(QPoint(-14, -6))
        drag.exec(actions | Qt.DropAction.CopyAction, Qt.DropAction.MoveAction)

    def _label(self, words: str) -> QPixmap:
        theme, ratio = self._icons.theme, self.devicePixelRatioF()
        words = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, 180)
        size = QSize(self.fontMetrics().horizontalAdvance(words) + 18, 26)
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        painter.setOpacity(0.9)
        painter.setPen(QPen(QColor(theme.edge), 1))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), 5, 5)
        painter.setPen(QColor(theme.text))
        painter.drawText(QRect(QPoint(0, 0), size), Qt.AlignmentFlag.AlignCenter, words)
        painter.end()
        return pixmap

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        node = self.layer_model.node(index)
        if node and event.button() == Qt.MouseButton.LeftButton and index.column() in (EYE, LOCK):
            if index.column() == EYE:
                self.eye_clicked.emit(node.id, bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
            else:
                self.lock_clicked.emit(node.id)
            return
        on_name = node and index.column() == NAME and event.button() == Qt.MouseButton.LeftButton
        if on_name and cells(self.visualRect(index), node).engine.contains(event.position().toPoint()):
            self.engine_clicked.emit(node.id)
            return
        if node and node.mask is not None and event.button() == Qt.MouseButton.LeftButton:
            at, point = cells(self.visualRect(index), node), event.position().toPoint()
            shift, alt = (event.modifiers() & key for key in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier))
            if (shift or alt) and at.mask.contains(point):
                (self.mask_switched if shift else self.mask_looked_at).emit(node.id)
                return
            if at.link.contains(point):
                self.link_clicked.emit(node.id)
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        node = self.layer_model.node(index)
        if index.column() in (EYE, LOCK) or (node and cells(self.visualRect(index), node).engine.contains(point)):
            self.mousePressEvent(event)  # two quick clicks are two clicks
            return
        super().mouseDoubleClickEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        if event.isAccepted() and _copies(event):
            event.setDropAction(Qt.DropAction.CopyAction)  # for the pointer's plus

    def dropEvent(self, event: QDropEvent) -> None:
        """With Ctrl or Alt copies land, and what was dragged stays."""
        self.layer_model.copies = _copies(event)
        super().dropEvent(event)

    def offer(self, menu: QMenu) -> None:
        """What a right click offers; the key for context menus opens it at the active row."""
        self.menu = menu
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda point: menu.popup(self.viewport().mapToGlobal(point)))

    def drawBranches(self, painter: QPainter, rect: QRect, index) -> None:
        theme = self._icons.theme
        if self.selectionModel().isSelected(index):
            painter.fillRect(rect, QColor(theme.selection))
        elif self.underMouse() and self.indexAt(self.viewport().mapFromGlobal(QCursor.pos())).siblingAtColumn(NAME) == index.siblingAtColumn(NAME):
            painter.fillRect(rect, QColor(theme.hover))
        if isinstance(self.layer_model.node(index), Group):
            name = "chevron-down" if self.isExpanded(index) else "chevron-right"
            self._icons.icon(name, theme.muted).paint(painter, QRect(QPoint(rect.right() - 15, rect.center().y() - 7), QSize(15, 15)))


def _copies(event: QDropEvent) -> bool:
    """Alt as in Photoshop; Ctrl too, because many desktops move windows with Alt."""
    return bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier))


def described(node: Node) -> str:
    """The small second line of a row."""
    parts = []
    if isinstance(node, Layer) and node.recipe:
        parts.append(str(node.recipe.get("prompt", "")))
    if isinstance(node, Layer) and len(node.candidates) > 1:
        parts.append(QCoreApplication.translate("LayerTree", "{count} candidates").format(count=len(node.candidates)))
    if node.blend not in ("normal", "pass through"):
        parts.append(blend_name(node.blend))
    if node.opacity < 0.995:
        parts.append(f"{round(node.opacity * 100)} %")
    return " · ".join(part for part in parts if part and part != node.name)


def _filled(layer: Layer) -> QSize:
    """How much of a thumbnail the layer's picture takes, logical pixels."""
    area = seen_bounds(layer)
    if area.is_empty:
        return QSize(THUMBNAIL, THUMBNAIL)
    scale = min(THUMBNAIL / area.width, THUMBNAIL / area.height, 0.5)  # small ones are not enlarged beyond the pixels of a dense screen
    return QSize(max(math.ceil(area.width * scale), 1), max(math.ceil(area.height * scale), 1))


def _centred(rect: QRect, side: int) -> QRect:
    return QRect(rect.center().x() - side // 2 + 1, rect.center().y() - side // 2 + 1, side, side)
