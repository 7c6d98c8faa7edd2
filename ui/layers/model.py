"""The document's layers as a Qt model, top layer first, for the tree in the layer panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.document.document import LOCKS, Document, Group, Node

from ..commands.actions import TAGS
from .blend_names import blend_name

NODE = Qt.ItemDataRole.UserRole
EYE, NAME, LOCK = range(3)  # columns
MIME = "application/x-downstage-layers"
Index = QModelIndex | QPersistentModelIndex


class LayerModel(QAbstractItemModel):
    """Rows mirror Document.layers reversed; every index's internal id points into `_entries`.

    The model never changes the document: what the user does becomes a signal.
    """

    renamed = Signal(str, str)  # id, new name
    dropped = Signal(list, object, int, bool)  # ids, id of the new parent or None, index in it counted from the bottom, copies?

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[Node, int, int]] = []  # node, row, entry of the parent or -1
        self._children: dict[int, list[int]] = {-1: []}
        self._by_id: dict[str, int] = {}
        self.copies = False  # whether the next drop leaves copies
        self.drag_data: Callable[[list[str]], QMimeData] = _plain_data

    def show_document(self, document: Document) -> bool:
        """Mirror another state of the document. True when rows came, went or changed places (selection must be set again)."""
        entries, children = _flatten(document)
        same = [(node.id, row, parent) for node, row, parent in entries] == [(node.id, row, parent) for node, row, parent in self._entries]
        if not same:
            self.beginResetModel()
        changed = [i for i, (node, _, _) in enumerate(entries) if not same or node is not self._entries[i][0]]
        self._entries, self._children = entries, children
        self._by_id = {node.id: i for i, (node, _, _) in enumerate(entries)}
        if not same:
            self.endResetModel()
            return True
        for entry in changed:
            row = entries[entry][1]
            self.dataChanged.emit(self.createIndex(row, EYE, entry), self.createIndex(row, LOCK, entry))
        return False

    def node(self, index: Index) -> Node | None:
        return self._entries[index.internalId()][0] if index.isValid() else None

    def index_of(self, id: str | None, column: int = EYE) -> QModelIndex:
        entry = self._by_id.get(id)
        return QModelIndex() if entry is None else self.createIndex(self._entries[entry][1], column, entry)

    def ids(self) -> list[str]:
        """Every node's id, top to bottom as the rows run."""
        return list(self._by_id)

    # Qt's questions

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        children = self._children.get(parent.internalId() if parent.isValid() else -1, [])
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) and column in range(3) else QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]
        if not index.isValid():
            return QModelIndex()
        parent = self._entries[index.internalId()][2]
        return QModelIndex() if parent < 0 else self.createIndex(self._entries[parent][1], 0, parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if parent.isValid() and parent.column() > 0:
            return 0
        return len(self._children.get(parent.internalId() if parent.isValid() else -1, []))

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 3

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole):
        node = self.node(index)
        if node is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return node.name if index.column() == NAME else None
        if role == NODE:
            return node
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(node)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(node)
        return None

    def _tip(self, node: Node) -> str:
        lines, recipe = [node.name], getattr(node, "recipe", None)
        if recipe and "prompt" in recipe:
            lines.append(self.tr("Prompt: {prompt} · Seed: {seed}").format(prompt=recipe.get("prompt", ""), seed=recipe.get("seed", "")))
        if locks := lock_words(node):
            lines.append(", ".join(locks))
        if not node.seen_by_engine:
            lines.append(self.tr("The engine does not see it."))
        return "\n".join(lines)

    def setData(self, index: Index, value, role: int = Qt.ItemDataRole.EditRole) -> bool:
        node = self.node(index)
        name = str(value).strip()
        if node is None or role != Qt.ItemDataRole.EditRole or not name or name == node.name:
            return False
        self.renamed.emit(node.id, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        flags |= Qt.ItemFlag.ItemIsEditable if index.column() == NAME else Qt.ItemFlag.NoItemFlags
        return flags | Qt.ItemFlag.ItemIsDropEnabled if isinstance(self.node(index), Group) else flags

    # Drag and drop

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes) -> QMimeData:
        return self.drag_data([self.node(index).id for index in indexes if index.column() == NAME])

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Report the wish and return False: the document's change brings the rows to their new place, the view removes none."""
        if not data.hasFormat(MIME):
            return False
        ids = bytes(data.data(MIME).data()).decode().split("\n")
        group = self.node(parent)
        count = self.rowCount(parent.siblingAtColumn(0)) if parent.isValid() else self.rowCount()
        self.dropped.emit(ids, group.id if group else None, count if row < 0 else count - row, self.copies)
        return False


def _plain_data(ids: list[str]) -> QMimeData:
    """Layers on their way to another place in the panel."""
    data = QMimeData()
    data.setData(MIME, "\n".join(ids).encode())
    return data


def lock_words(node: Node) -> list[str]:
    """What is locked about it."""
    if node.locked:
        return [_tr("locked")]
    words = {"transparency": _tr("transparency locked"), "pixels": _tr("pixels locked"), "position": _tr("position locked")}
    return [words[kind] for kind in LOCKS if kind in node.locks]


def spoken(node: Node) -> str:
    """What a screen reader says of a row."""
    kind = _tr("group") if isinstance(node, Group) else _tr("layer")
    parts = [node.name, kind, f"{round(node.opacity * 100)} %", blend_name(node.blend)]
    parts += [] if node.visible else [_tr("hidden")]
    parts += lock_words(node)
    parts += [_tr("clipped")] if node.clipping else []
    parts += [] if node.seen_by_engine else [_tr("not seen by the engine")]
    if node.mask is not None:
        parts.append(_tr("masked") if node.mask.enabled else _tr("mask switched off"))
    if node.color_tag:
        colour = QCoreApplication.translate("actions", TAGS.get(node.color_tag, node.color_tag))
        parts.append(_tr("tag: {colour}").format(colour=colour))
    return ", ".join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("LayerModel", text)


def _flatten(document: Document) -> tuple[list[tuple[Node, int, int]], dict[int, list[int]]]:
    entries: list[tuple[Node, int, int]] = []
    children: dict[int, list[int]] = {}

    def visit(nodes: tuple[Node, ...], parent: int) -> None:
        children[parent] = []
        for row, node in enumerate(reversed(nodes)):
            entry = len(entries)
            entries.append((node, row, parent))
            children[parent].append(entry)
            if isinstance(node, Group):
                visit(node.children, entry)

    visit(document.layers, -1)
    return entries, children
