"""Number fields: the wheel, and what is typed with a comma."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ui.widgets.fields import Choice, Decimal, Slider, Whole, dressed


def turn(field: QWidget) -> None:
    middle = QPointF(field.width() / 2, field.height() / 2)
    event = QWheelEvent(
        middle, field.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(field, event)


@pytest.mark.usefixtures("qapp")
def test_the_wheel_changes_no_field_that_has_not_the_focus() -> None:
    choice, whole, decimal, slider = Choice(), Whole(), Decimal(), Slider(Qt.Orientation.Horizontal)
    choice.addItems(["one", "two"])
    for field in (whole, decimal, slider):
        field.setRange(0, 100)
        field.setValue(50)
    for field in (choice, whole, decimal, slider):
        turn(field)
        field.close()
    assert (choice.currentIndex(), whole.value(), decimal.value(), slider.value()) == (0, 50, 50.0, 50)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ("en", "de"))
@pytest.mark.parametrize("typed", ("12,5", "12.5"))
def test_a_comma_and_a_point_are_decimal_signs(language: str, typed: str) -> None:
    for field, expected in ((dressed(Decimal(), "Angle"), 12.5), (dressed(Whole(), "Percent"), 12)):
        field.setLocale(QLocale(language))
        field.setRange(0, 200)
        field.setSuffix(" %")
        field.selectAll()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert field.value() == pytest.approx(expected)
        field.close()
