"""The options bar's page of the tool that turns the view: the angle, and what sets it back."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from ..widgets.fields import Decimal, dressed


class ViewBar(QWidget):
    """Shows the view's rotation in degrees, clockwise as seen; what the user types comes as another one."""

    angle_wanted = Signal(float)

    def __init__(self, commands: Iterable[QAction], parent: QWidget | None = None) -> None:
        """commands: offered as buttons beside the number."""
        super().__init__(parent)
        title, label = QLabel(self.tr("Rotate View")), QLabel(self.tr("Angle"))
        title.setObjectName("caption")
        label.setObjectName("muted")
        self.angle = dressed(Decimal(), self.tr("Angle of the view"), arrows=False)
        self.angle.setRange(-180, 180)
        self.angle.setWrapping(True)
        self.angle.setDecimals(1)
        self.angle.setSuffix("°")
        self.angle.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.angle.setFixedSize(78, 28)
        self.angle.setToolTip(self.tr("How far the view is turned, in degrees. The picture itself stays as it is."))
        self.angle.valueChanged.connect(self.angle_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(5)
        row.addWidget(title)
        row.addSpacing(14)
        row.addWidget(label)
        row.addWidget(self.angle)
        row.addSpacing(8)
        for command in commands:
            button = QToolButton()
            button.setDefaultAction(command)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setObjectName("framed")
            button.setFixedHeight(28)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)

    def show_angle(self, degrees: float) -> None:
        """As the view has it now."""
        if not (self.angle.hasFocus() and round(degrees, 1) == self.angle.value()):
            self.angle.blockSignals(True)
            self.angle.setValue(degrees)
            self.angle.blockSignals(False)
