"""The bar above the canvas: the active tool's numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QSpinBox, QStackedWidget, QToolBar, QWidget

from app.document.geometry import Rect

from ..widgets.fields import Whole, dressed

FARTHEST = 300_000  # canvas pixels
HEIGHT = 40  # logical pixels


class OptionsBar(QToolBar):
    """X, Y, width and height in canvas pixels: of the box under the box tool, of the active layer under the move tool."""

    edited = Signal(object)  # Rect

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("options")
        self.setWindowTitle(self.tr("Tool options"))
        self.setFixedHeight(HEIGHT)
        self.setMovable(False)
        self._title, self._words = QLabel(), QLabel()
        self._title.setObjectName("caption")
        self._words.setObjectName("muted")
        places = ("X", self.tr("Left edge")), ("Y", self.tr("Top edge"))
        names = (*places, (self.tr("W"), self.tr("Width")), (self.tr("H"), self.tr("Height")))
        self.fields = [self._field(name) for _, name in names]
        for field in self.fields[2:]:
            field.setMinimum(0)
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(5)
        row.addWidget(self._title)
        row.addSpacing(14)
        self._numbers = QWidget()
        numbers = QHBoxLayout(self._numbers)
        numbers.setContentsMargins(0, 0, 0, 0)
        numbers.setSpacing(5)
        for (short, _), field in zip(names, self.fields, strict=True):
            label = QLabel(short)
            label.setObjectName("muted")
            numbers.addWidget(label)
            numbers.addWidget(field)
            numbers.addSpacing(8)
        row.addWidget(self._numbers)
        row.addWidget(self._words)
        row.addStretch(1)
        inner.setFixedHeight(HEIGHT - 2)
        self.pages = QStackedWidget()
        self.pages.setFixedHeight(HEIGHT - 2)
        self._rectangle = inner
        self.pages.addWidget(inner)
        shown = QScrollArea()  # a narrow window cuts off what stands at the right; Tab brings it into sight
        shown.setObjectName("options")
        shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        shown.setFrameShape(QFrame.Shape.NoFrame)
        shown.setWidgetResizable(True)
        shown.setFixedHeight(HEIGHT - 2)
        shown.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for bar in (shown.setHorizontalScrollBarPolicy, shown.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        shown.setWidget(self.pages)
        self.addWidget(shown)

    def add_page(self, page: QWidget) -> None:
        """What a tool shows in place of the four numbers; see show_page."""
        self.pages.addWidget(page)

    def show_page(self, page: QWidget | None) -> None:
        """One of the added pages, or the four numbers for None."""
        self.pages.setCurrentWidget(page or self._rectangle)

    def take_keys(self) -> None:
        """Give the keys to the first thing on the bar that takes them."""
        for widget in self.pages.currentWidget().findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled():
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.Polish):
            self.layout().setContentsMargins(0, 0, 0, 0)  # a new theme brings Qt's own margins back
        return done

    def _field(self, name: str) -> QSpinBox:
        field = dressed(Whole(), name, arrows=False)
        field.setRange(-FARTHEST, FARTHEST)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFixedSize(62, 28)
        field.setToolTip(self.tr("{name} in pixels").format(name=name))
        field.valueChanged.connect(self._tell)
        return field

    def show_rect(self, title: str, rect: Rect | None, resizable: bool, words: str = "") -> None:
        """The tool's name, the numbers, and some words after them."""
        self._title.setText(title)
        self._words.setText(words)
        self._numbers.setVisible(rect is not None)
        for number, field in enumerate(self.fields):
            field.setEnabled(rect is not None and (resizable or number < 2))
        values = (rect.left, rect.top, rect.width, rect.height) if rect is not None else (0, 0, 0, 0)
        for field, value in zip(self.fields, values, strict=True):
            if not (field.hasFocus() and field.value() == value):
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)

    def _tell(self) -> None:
        left, top, width, height = (field.value() for field in self.fields)
        self.edited.emit(Rect.from_size(left, top, width, height))
