"""A card over the top of the canvas that says what happened and what to do next; it takes no keys away and moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ui.language import translated
from ui.theme import Icons

INSET, WIDEST = 12, 760  # logical pixels
SECONDS = 10  # how long news and refusals stay; what went wrong stays until it is dismissed
Choice = tuple[str, Callable[[], None]]  # label, what a click does


class MessageBar(QFrame):
    """Shows one message at a time: "info", "warning" or "error", with a hint and buttons where there is a choice."""

    def __init__(self, icons: Icons, over: QWidget) -> None:
        """over: the widget it lies on."""
        super().__init__(over)
        self.setObjectName("message")
        over.installEventFilter(self)
        self._icons = icons
        self._kind = "info"
        self._mark, self._sentence, self._hint = QLabel(), QLabel(), QLabel()
        self._sentence.setWordWrap(True)
        self._hint.setWordWrap(True)
        self._hint.setObjectName("muted")
        for label in (self._sentence, self._hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._choices = QHBoxLayout()
        self._choices.setSpacing(6)
        self._close = QToolButton()
        self._close.setIconSize(QSize(14, 14))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss the message"))
        self._close.clicked.connect(self.hide)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(SECONDS * 1000)
        self._clock.timeout.connect(self.hide)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._sentence)
        words.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 8, 7)
        row.setSpacing(10)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        row.addLayout(self._choices)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def sentence(self) -> str:
        """What is being said; empty when the bar is hidden."""
        return "" if self.isHidden() else self._sentence.text()

    @property
    def hint(self) -> str:
        return self._hint.text()

    def say(self, sentence: str, hint: str = "", kind: str = "info", choices: Sequence[Choice] = ()) -> None:
        """Replace what is shown."""
        self._kind = kind
        self._sentence.setText(translated(sentence))
        self._hint.setText(translated(hint))
        self._hint.setVisible(bool(hint))
        self.setAccessibleName(translated(sentence))
        while self._choices.count():
            self._choices.takeAt(0).widget().deleteLater()
        for label, act in choices:
            self._choices.addWidget(self._chip(label, act))
        chips = [self._choices.itemAt(at).widget() for at in range(self._choices.count())]
        for one, other in pairwise((*chips, self._close)):
            self.setTabOrder(one, other)
        self.retint()
        self.show()
        self.raise_()
        self._clock.start() if kind != "error" and not choices else self._clock.stop()
        self._take_place()

    def say_error(self, error: Exception) -> None:
        """An expected error as its sentence; anything else as what it is: a fault of the program."""
        if sentence := getattr(error, "sentence", ""):
            self.say(sentence, getattr(error, "hint", ""), "error")
            return
        sentence = self.tr("Something went wrong in Downstage: {what}").format(what=str(error) or type(error).__name__)
        self.say(sentence, self.tr("Your document is as it was. Save it now; the log holds the details."), "error")

    def take_keys(self) -> None:
        """Give the keys to the first choice, or to the button that dismisses what is said."""
        first = self._choices.itemAt(0)
        if not self.isHidden():
            (first.widget() if first else self._close).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        if self.isAncestorOf(QApplication.focusWidget() or self):
            self.parentWidget().setFocus()
        super().hideEvent(event)

    def _take_place(self) -> None:
        """At the top middle, as wide as its words need."""
        room = self.parentWidget().width() - 2 * INSET
        wraps = max(label.sizeHint().width() for label in (self._sentence, self._hint) if not label.isHidden())
        words = max(label.fontMetrics().horizontalAdvance(label.text()) for label in (self._sentence, self._hint) if not label.isHidden())
        width = min(max(self.sizeHint().width() + max(words - wraps, 0) + 4, 360), WIDEST, room)
        self.setGeometry((self.parentWidget().width() - width) // 2, INSET, width, self.heightForWidth(width))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._take_place()
        return super().eventFilter(watched, event)

    def _chip(self, label: str, act: Callable[[], None]) -> QPushButton:
        chip = QPushButton(label)
        chip.setObjectName("chip")
        chip.clicked.connect(self.hide)
        chip.clicked.connect(lambda _checked=False: act())
        return chip

    def retint(self) -> None:
        """Take the theme's colours."""
        theme = self._icons.theme
        colour = {"error": theme.danger, "warning": theme.warning}.get(self._kind, theme.accent)
        self._mark.setPixmap(self._icons.icon(self._kind, colour).pixmap(18, 18))
        self._close.setIcon(self._icons.icon("close"))
        self.setProperty("kind", self._kind)
        self.style().unpolish(self)
        self.style().polish(self)
