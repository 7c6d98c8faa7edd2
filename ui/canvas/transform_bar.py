"""The options bar's page of the transform tool: pivot, place, size, rotation, skew, flips."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.document.geometry import Point
from app.document.transform import Numbers
from app.tools.transform_tool import TransformTool
from ui.theme import Icons

from ..widgets.fields import Decimal, dressed
from .tool_desk import ToolDesk

FARTHEST = 300_000.0  # canvas pixels
DECIMALS = 2
ARROWS = {Qt.Key.Key_Left.value: (-0.5, 0), Qt.Key.Key_Right.value: (0.5, 0), Qt.Key.Key_Up.value: (0, -0.5), Qt.Key.Key_Down.value: (0, 0.5)}


class PivotPicker(QWidget):
    """Nine points of a box; the chosen one stays in place when numbers change."""

    chosen = Signal(tuple)  # fraction of width and height

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pivot: Point = (0.5, 0.5)
        self.setFixedSize(QSize(26, 26))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Pivot"))
        self.setToolTip(self.tr("The pivot: what stays in place. It can also be dragged on the canvas."))

    def show_pivot(self, pivot: Point) -> None:
        self._pivot = pivot
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.palette().text().color()
        painter.setPen(QPen(self.palette().highlight().color() if self.hasFocus() else self.palette().mid().color(), 1))
        painter.drawRect(QRectF(4.5, 4.5, 17, 17))
        painter.setPen(Qt.PenStyle.NoPen)
        for across in (0, 0.5, 1):
            for down in (0, 0.5, 1):
                here = (across, down) == self._pivot
                painter.setBrush(self.palette().highlight() if here else colour)
                painter.drawEllipse(QPointF(4.5 + 17 * across, 4.5 + 17 * down), 3.5 if here else 1.6, 3.5 if here else 1.6)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        across, down = (round(min(max((value - 4.5) / 17, 0), 1) * 2) / 2 for value in (event.position().x(), event.position().y()))
        self.chosen.emit((across, down))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in ARROWS:
            super().keyPressEvent(event)
            return
        dx, dy = ARROWS[event.key()]
        self.chosen.emit((min(max(self._pivot[0] + dx, 0), 1), min(max(self._pivot[1] + dy, 0), 1)))


class TransformBar(QWidget):
    """Shows numbers; what the user types comes as others. With the chain closed, width and height keep their proportion."""

    edited = Signal(object)  # Numbers

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._numbers: Numbers | None = None
        self.pivot = PivotPicker()
        pixels, degrees = self.tr("{name} in pixels"), self.tr("{name} in degrees")
        names = {
            "x": ("X", self.tr("The pivot from the left"), pixels),
            "y": ("Y", self.tr("The pivot from the top"), pixels),
            "width": (self.tr("W"), self.tr("Width"), pixels),
            "height": (self.tr("H"), self.tr("Height"), pixels),
            "rotation": (self.tr("Rotation"), self.tr("Rotation"), degrees),
            "skew": (self.tr("Skew"), self.tr("Skew"), degrees),
        }
        self.fields = {name: self._field(name, spoken, unit.format(name=spoken)) for name, (_, spoken, unit) in names.items()}
        self.chain = self._button("link", self.tr("Keep the proportion of width and height"))
        self.chain.setCheckable(True)
        self._flips = [self._button("flip-across", self.tr("Flip horizontally")), self._button("flip-down", self.tr("Flip vertically"))]
        self._reset = self._button("undo", self.tr("Reset size and shape"))
        self._done = QPushButton(self.tr("Done"))
        self._done.setToolTip(self.tr("Done (Enter)"))
        self._lay_out({name: short for name, (short, _, _) in names.items()})
        self.retint()

    def _field(self, name: str, spoken: str, tip: str) -> QDoubleSpinBox:
        field = dressed(Decimal(), spoken, arrows=False)
        field.setDecimals(DECIMALS)
        if name in ("width", "height"):
            field.setRange(1, FARTHEST)
        elif name == "skew":
            field.setRange(-85, 85)
        elif name == "rotation":
            field.setRange(-360, 360)
        else:
            field.setRange(-FARTHEST, FARTHEST)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFixedSize(66 if name in ("rotation", "skew") else 78, 28)
        field.setToolTip(tip)
        field.valueChanged.connect(lambda value: self._typed(name, value))
        return field

    def _button(self, icon: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("icon name", icon)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setFixedSize(28, 28)
        return button

    def _lay_out(self, shorts: dict[str, str]) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(5)
        title = QLabel(self.tr("Transform"))
        title.setObjectName("caption")
        row.addWidget(title)
        row.addSpacing(6)
        row.addWidget(self.pivot)
        row.addSpacing(6)
        for name, field in self.fields.items():
            label = QLabel(shorts[name])
            label.setObjectName("muted")
            if name == "height":
                row.addWidget(self.chain)
            row.addWidget(label)
            row.addWidget(field)
            row.addSpacing(4)
        for button in (*self._flips, self._reset, self._done):
            row.addWidget(button)
        row.addStretch(1)

    def retint(self) -> None:
        """Take the theme's colours."""
        for button in (self.chain, *self._flips, self._reset):
            button.setIcon(self._icons.icon(button.property("icon name")))

    def connect_to(self, desk: ToolDesk) -> None:
        """Let the user's doings reach the tool of the moment."""
        self.edited.connect(lambda numbers: desk.transforming.set_numbers(numbers))
        self._flips[0].clicked.connect(lambda: desk.transforming.flip("across"))
        self._flips[1].clicked.connect(lambda: desk.transforming.flip("down"))
        self._reset.clicked.connect(lambda: desk.transforming.reset())
        self._done.clicked.connect(desk.accept)
        self.pivot.chosen.connect(desk.set_pivot)

    def show_tool(self, tool: TransformTool) -> None:
        self._show(tool.numbers(), tool.pivot)

    def _show(self, numbers: Numbers | None, pivot: Point) -> None:
        """None: there is nothing to transform."""
        self._numbers = numbers
        self.pivot.show_pivot(pivot)
        for widget in (self.pivot, self.chain, *self._flips, self._reset, *self.fields.values()):
            widget.setEnabled(numbers is not None)
        for name, field in self.fields.items():
            value = getattr(numbers, name) if numbers is not None else 0
            if not (field.hasFocus() and round(value, DECIMALS) == field.value()):
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)

    def _typed(self, name: str, value: float) -> None:
        if self._numbers is None:
            return
        changed = {name: value}
        if self.chain.isChecked() and name in ("width", "height"):
            other = "height" if name == "width" else "width"
            changed[other] = getattr(self._numbers, other) * value / getattr(self._numbers, name)
        self.edited.emit(replace(self._numbers, **changed))
