"""The jobs of the engine: what runs, what waits, what failed and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ui.theme import Icons


@dataclass(frozen=True)
class JobLine:
    """What the panel shows of one job. state: a JobQueue state; share: 0 to 1 done; hint: the next step after a failure."""

    id: str
    title: str
    state: str
    share: float
    words: str
    hint: str = ""


class QueuePanel(QWidget):
    """One card a job, the running one on top."""

    cancelled = Signal(str)  # job id
    cancelled_all = Signal()
    moved_to_front = Signal(str)
    retried = Signal(str)
    dismissed = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icons = icons
        self._cards: dict[str, _Card] = {}
        self._order: tuple[str, ...] = ()
        self._empty = QLabel(self.tr("Nothing is being generated."))
        self._empty.setObjectName("muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._cancel_all = QToolButton()
        self._cancel_all.setText(self.tr("Cancel all"))
        self._cancel_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._cancel_all.setIconSize(QSize(16, 16))
        self._cancel_all.clicked.connect(self.cancelled_all)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(6)
        self._column.addWidget(self._empty)
        self._column.addWidget(self._cancel_all, 0, Qt.AlignmentFlag.AlignRight)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        scroll = self._scroll = QScrollArea()
        scroll.setAccessibleName(self._empty.text())
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)
        self.show_jobs([])
        self.retint()

    def show_jobs(self, lines: list[JobLine]) -> None:
        """Bring the cards in line, top to bottom; cards of jobs that stay are kept, so that buttons do not jump."""
        wanted = {line.id for line in lines}
        for id in [id for id in self._cards if id not in wanted]:
            card = self._cards.pop(id)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, line in enumerate(lines):
            card = self._cards.get(line.id)
            if card is None:
                card = self._cards[line.id] = _Card(self, self._icons, line.id)
            if self._column.indexOf(card) != place:
                self._column.removeWidget(card)
                self._column.insertWidget(place, card)
            card.show_line(line)
        self._empty.setVisible(not lines)
        self._order_keys(tuple(line.id for line in lines))
        self._cancel_all.setVisible(sum(line.state in ("waiting", "running") for line in lines) > 1)

    def _order_keys(self, ids: tuple[str, ...]) -> None:
        """Tab goes through the jobs as they stand."""
        if ids == self._order:
            return
        self._order = ids
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # or Qt would put nothing after it
        for one, other in pairwise((self._scroll, *(button for id in ids for button in self._cards[id].buttons), self._cancel_all)):
            self.setTabOrder(one, other)
        if ids:
            self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys go to the jobs

    def retint(self) -> None:
        """Take the theme's colours."""
        self._cancel_all.setIcon(self._icons.icon("cancel"))
        for card in self._cards.values():
            card.retint()


class _Card(QFrame):
    def __init__(self, panel: QueuePanel, icons: Icons, id: str) -> None:
        super().__init__(panel)
        self.setObjectName("job")
        self._icons = icons
        self._line: JobLine | None = None
        self._title, self._words, self._hint = QLabel(), QLabel(), QLabel()
        for label in (self._title, self._words, self._hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._words, self._hint):
            label.setObjectName("muted")
            label.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._front = self._button(self.tr("Move to the front of the queue"), lambda: panel.moved_to_front.emit(id))
        self._retry = self._button(self.tr("Try again"), lambda: panel.retried.emit(id))
        self._cancel = self._button(self.tr("Cancel"), lambda: self._stop(panel, id))
        self.buttons = (self._front, self._retry, self._cancel)
        self._lay_out()

    def _button(self, name: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _stop(self, panel: QueuePanel, id: str) -> None:
        alive = self._line and self._line.state in ("waiting", "running")
        (panel.cancelled if alive else panel.dismissed).emit(id)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self._title, 1)
        for button in (self._front, self._retry, self._cancel):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 8)
        column.setSpacing(3)
        column.addLayout(top)
        column.addWidget(self._progress)
        column.addWidget(self._words)
        column.addWidget(self._hint)

    def show_line(self, line: JobLine) -> None:
        if line == self._line:
            return
        new_state = self._line is None or self._line.state != line.state
        self._line = line
        self._title.setText(line.title)
        self._words.setText(line.words)
        self._words.setVisible(bool(line.words))
        self._hint.setText(line.hint)
        self._hint.setVisible(bool(line.hint))
        self._progress.setValue(round(line.share * 1000))
        if new_state:
            self._progress.setVisible(line.state == "running")
            self._front.setVisible(line.state == "waiting")
            self._retry.setVisible(line.state in ("failed", "cancelled"))
            self.retint()
        self.setAccessibleName(f"{line.title}: {line.words}")
        for button in self.buttons:
            button.setAccessibleDescription(line.title)

    def retint(self) -> None:
        self._front.setIcon(self._icons.icon("to-front"))
        self._retry.setIcon(self._icons.icon("retry"))
        self._cancel.setIcon(self._icons.icon("close"))
        self._words.setObjectName("error" if self._line and self._line.state == "failed" else "muted")
        self.setProperty("state", self._line.state if self._line else "")
        for widget in (self, self._words):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
