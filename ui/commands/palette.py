"""Every command by name: type some letters, Enter does it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from ui.theme import Icons

_KEYS = Qt.ItemDataRole.UserRole
_ACTION = Qt.ItemDataRole.UserRole + 1
_MENU = Qt.ItemDataRole.UserRole + 2
_ROW = 32


class CommandPalette(QFrame):
    """A pop-up over the window; it closes when it loses the focus."""

    def __init__(self, icons: Icons, entries: list[tuple[str, QAction]], parent: QWidget) -> None:
        """entries: (menu, action) in the order of the menus."""
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("popup")
        self._entries = entries
        self._width, self._highest = 560, 12 * _ROW
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Type a command"))
        self.field.setAccessibleName(self.tr("Command"))
        self.field.setMinimumHeight(32)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setItemDelegate(_Row(icons, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self._do())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)

    def open_over(self, window: QWidget) -> None:
        """Show it at the top middle of the window."""
        self._width = min(560, window.width() - 40)
        self._highest = min(12 * _ROW + 4, window.height() - 160)
        self.move(window.mapToGlobal(QPoint((window.width() - self._width) // 2, 70)))
        self.field.clear()
        self._search("")
        self.show()
        self.field.setFocus()

    def _search(self, typed: str) -> None:
        self.list.clear()
        for menu, action in ranked(typed, self._entries):
            item = QListWidgetItem(action.text().replace("&", ""))
            item.setIcon(action.icon())
            item.setData(_KEYS, action.property("shown_keys") or action.shortcut().toString())
            item.setData(_ACTION, action)
            item.setData(_MENU, menu)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._take_height()

    def _take_height(self) -> None:
        """As high as its rows, but never higher than when it opened."""
        rows = max(self.list.count(), 1) * _ROW + 4
        self.list.setFixedHeight(min(rows, self._highest))
        self.adjustSize()
        self.resize(self._width, self.sizeHint().height())

    def _do(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        self.hide()
        item.data(_ACTION).trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
            return True
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(watched, event)


class _Row(QStyledItemDelegate):
    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons

    def sizeHint(self, option, index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option, index) -> None:
        theme = self._icons.theme
        able = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            selected = option.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection if selected else theme.hover))
            painter.drawRoundedRect(option.rect.adjusted(1, 1, -1, -1), 4, 4)
        if icon := index.data(Qt.ItemDataRole.DecorationRole):
            icon.paint(painter, option.rect.left() + 10, option.rect.top() + 7, 18, 18)
        text = option.rect.adjusted(38, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        left, right = middle | Qt.AlignmentFlag.AlignLeft, middle | Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(theme.text if able else theme.faint))
        painter.drawText(text, left, index.data())
        used = option.fontMetrics.horizontalAdvance(index.data())
        painter.setPen(QColor(theme.muted))
        painter.drawText(text.adjusted(used + 12, 0, 0, 0), left, index.data(_MENU))
        painter.setPen(QColor(theme.muted))
        painter.drawText(text, right, index.data(_KEYS))


def ranked(typed: str, entries: list[tuple[str, QAction]]) -> list[tuple[str, QAction]]:
    """Entries that hold the typed letters in their order: whole words first, then word starts, then
    words of the name and of its menu in any order, then scattered letters."""
    scored = [(score, place, entry) for place, entry in enumerate(entries) if (score := _score(typed, entry)) is not None]
    return [entry for _, _, entry in sorted(scored, key=lambda found: found[:2])]


def _score(typed: str, entry: tuple[str, QAction]) -> int | None:
    name = entry[1].text().replace("&", "").casefold()
    letters = typed.casefold().strip()
    if name.startswith(letters):
        return 0
    if any(word.startswith(letters) for word in name.split()):
        return 1
    everything = f"{entry[0]} {name}".casefold()
    if letters in name or all(word in everything for word in letters.split()):
        return 2
    rest = iter(name)
    return 3 if all(letter in rest for letter in letters.replace(" ", "")) else None
