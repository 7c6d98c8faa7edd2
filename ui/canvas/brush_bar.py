"""The options bar's page while the mask brush or the eraser is active: size, hardness, flow, and what the pen's pressure does."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from app.tools.brush import LARGEST, SMALLEST, Brush

from ..widgets.fields import Slider, Whole, dressed

STEPS = 100  # of the slider for the size; each is the same factor


class BrushBar(QWidget):
    """Shows a brush; what the user changes comes as another one."""

    edited = Signal(object)  # Brush

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = Brush()
        self._title = QLabel()
        self._title.setObjectName("caption")
        self.size_field, self.size_slider = self._number(self.tr("Size"), (round(SMALLEST), round(LARGEST)), " px"), self._slider(STEPS)
        self.hardness, self.hardness_slider = self._number(self.tr("Hardness"), (0, 100), " %"), self._slider(100)
        self.flow, self.flow_slider = self._number(self.tr("Flow"), (1, 100), " %"), self._slider(100)
        self.size_by_pressure, self.flow_by_pressure = QCheckBox(self.tr("Size")), QCheckBox(self.tr("Flow"))
        self.size_by_pressure.setAccessibleName(self.tr("The pen's pressure changes the size"))
        self.flow_by_pressure.setAccessibleName(self.tr("The pen's pressure changes the flow"))
        self._lay_out()
        self.size_field.valueChanged.connect(lambda value: self._tell(size=float(value)))
        self.size_slider.valueChanged.connect(lambda value: self._tell(size=_size_at(value)))
        for name, field in (("hardness", self.hardness), ("flow", self.flow)):
            field.valueChanged.connect(lambda value, name=name: self._tell(**{name: value / 100}))
        for name, slider in (("hardness", self.hardness_slider), ("flow", self.flow_slider)):
            slider.valueChanged.connect(lambda value, name=name: self._tell(**{name: max(value, 1 if name == "flow" else 0) / 100}))
        self.size_by_pressure.toggled.connect(lambda on: self._tell(size_by_pressure=on))
        self.flow_by_pressure.toggled.connect(lambda on: self._tell(flow_by_pressure=on))

    def _number(self, name: str, limits: tuple[int, int], suffix: str) -> QSpinBox:
        field = dressed(Whole(), name, arrows=False)
        field.setRange(*limits)
        field.setSuffix(suffix)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFixedSize(72, 28)
        return field

    def _slider(self, highest: int) -> Slider:
        slider = Slider(Qt.Orientation.Horizontal)
        slider.setRange(0, highest)
        slider.setFixedWidth(90)
        return slider

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(5)
        row.addWidget(self._title)
        row.addSpacing(14)
        keys = {self.size_field: "[  ]", self.hardness: "Shift+[  Shift+]", self.flow: ""}
        for field, slider in zip(keys, (self.size_slider, self.hardness_slider, self.flow_slider), strict=True):
            name = field.accessibleName()
            slider.setAccessibleName(name)
            for widget in (field, slider):
                widget.setToolTip(f"{name} ({keys[field]})" if keys[field] else name)
            row.addWidget(_muted(name))
            row.addWidget(slider)
            row.addWidget(field)
            row.addSpacing(10)
        row.addWidget(_muted(self.tr("Pen pressure:")))
        row.addWidget(self.size_by_pressure)
        row.addSpacing(6)
        row.addWidget(self.flow_by_pressure)
        row.addStretch(1)

    def show_brush(self, title: str, brush: Brush) -> None:
        """The tool's name and its numbers."""
        self._title.setText(title)
        self._brush = brush
        values = {
            self.size_field: round(brush.size),
            self.size_slider: _place_of(brush.size),
            self.hardness: round(brush.hardness * 100),
            self.hardness_slider: round(brush.hardness * 100),
            self.flow: round(brush.flow * 100),
            self.flow_slider: round(brush.flow * 100),
        }
        for widget, value in values.items():
            if not (isinstance(widget, Slider) and widget.isSliderDown()):
                widget.blockSignals(True)
                widget.setValue(value)
                widget.blockSignals(False)
        for box, on in ((self.size_by_pressure, brush.size_by_pressure), (self.flow_by_pressure, brush.flow_by_pressure)):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)

    def _tell(self, **changes: float | bool) -> None:
        self.edited.emit(replace(self._brush, **changes))


def _size_at(place: int) -> float:
    return float(round(SMALLEST * (LARGEST / SMALLEST) ** (place / STEPS)))


def _place_of(size: float) -> int:
    return next((place for place in range(STEPS + 1) if _size_at(place) >= size), STEPS)


def _muted(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("muted")
    return label
