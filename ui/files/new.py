"""The window that asks for the size and the ground of a new document."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QDialog, QDialogButtonBox, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.config.settings import Settings
from app.document.document import Document, make_layer
from app.document.layout import LARGEST_CANVAS, LONGEST_SIDE
from app.document.pixels import Pixels

from ..widgets.dialogs import finished
from ..widgets.fields import Choice, Whole, dressed, form


@dataclass(frozen=True)
class Preset:
    """width, height: pixels; dpi: how many of them a printer puts on an inch."""

    name: str
    width: int
    height: int
    dpi: float = 72.0

    @property
    def label(self) -> str:
        """In the user's language, with its numbers."""
        return f"{QCoreApplication.translate('presets', self.name)}  ·  {self.width} × {self.height}"


_T = QT_TRANSLATE_NOOP
PRESETS = (
    Preset(_T("presets", "Full HD"), 1920, 1080),
    Preset(_T("presets", "4K"), 3840, 2160),
    Preset(_T("presets", "Square"), 2048, 2048),
    Preset(_T("presets", "Portrait 4 : 5"), 1080, 1350),
    Preset(_T("presets", "Story 9 : 16"), 1080, 1920),
    Preset(_T("presets", "Photo 15 × 10 cm, 300 dpi"), 1772, 1181, 300),
    Preset(_T("presets", "A5, 300 dpi"), 1748, 2480, 300),
    Preset(_T("presets", "A4, 300 dpi"), 2480, 3508, 300),
    Preset(_T("presets", "A3, 300 dpi"), 3508, 4961, 300),
    Preset(_T("presets", "US Letter, 300 dpi"), 2550, 3300, 300),
)
CLIPBOARD = _T("presets", "Clipboard")
DEFAULT = {"width": 1920, "height": 1080, "dpi": 72.0, "ground": "#ffffff"}  # of the first time; then as the last one was


class NewDialog(QDialog):
    """Begins with the size of what was copied, or of the last new document."""

    def __init__(self, parent: QWidget, settings: Settings, copied: tuple[int, int] | None) -> None:
        """copied: width and height of the picture on the clipboard, or None."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("New"))
        self._settings = settings
        kept = settings.get("new", {})
        last = {name: kept[name] if isinstance(kept.get(name), type(value)) else value for name, value in DEFAULT.items()}
        self._dpi, self._own, self._ground = DEFAULT["dpi"], QColor("#808080"), "#ffffff"
        self.preset, self.ground = Choice(), Choice()
        self.width_field, self.height_field = self._side(self.tr("Width")), self._side(self.tr("Height"))
        self.swap = QPushButton(self.tr("Swap Width and Height"))
        self.swap.setAutoDefault(False)
        self.note = QLabel(self.tr("A canvas has at most {count} million pixels.").format(count=LARGEST_CANVAS // 10**6))
        self.note.setObjectName("error")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Create"))
        self._fill(copied)
        self._fill_grounds(last["ground"])
        self._lay_out()
        self._wire()
        self._set_size(*(copied or (last["width"], last["height"])), dpi=DEFAULT["dpi"] if copied else last["dpi"])
        self.width_field.selectAll()

    def _side(self, name: str) -> QSpinBox:
        field = dressed(Whole(), name)
        field.setKeyboardTracking(True)  # the limit is told while a number is typed
        field.setRange(1, LONGEST_SIDE)
        field.setSuffix(" px")
        return field

    def _fill(self, copied: tuple[int, int] | None) -> None:
        self.preset.addItem(self.tr("Own size"), None)
        for preset in ((Preset(CLIPBOARD, *copied),) if copied else ()) + PRESETS:
            self.preset.addItem(preset.label, preset)

    def _fill_grounds(self, last: str) -> None:
        for words, colour in ((self.tr("White"), "#ffffff"), (self.tr("Black"), "#000000"), (self.tr("Transparent"), "")):
            self.ground.addItem(words, colour)
        self.ground.addItem(self.tr("Another Colour…"), "another")
        if self.ground.findData(last) < 0 and QColor(last).isValid():
            self._take_colour(QColor(last))
        else:
            self._ground = last if self.ground.findData(last) >= 0 else "#ffffff"
            self.ground.setCurrentIndex(self.ground.findData(self._ground))

    def _lay_out(self) -> None:
        rows = (
            (self.tr("Size"), self.preset),
            (self.tr("Width"), self.width_field),
            (self.tr("Height"), self.height_field),
            ("", self.swap),
            (self.tr("Background"), self.ground),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        column.addLayout(form(rows))
        column.addWidget(self.note)
        column.addWidget(self.buttons)
        self.setMinimumWidth(400)

    def _wire(self) -> None:
        self.preset.activated.connect(lambda _row: self._preset_chosen(self.preset.currentData()))
        for field in (self.width_field, self.height_field):
            field.valueChanged.connect(lambda _value: self._size_changed())
        self.swap.clicked.connect(lambda: self._set_size(self.height_field.value(), self.width_field.value(), self._dpi))
        self.ground.activated.connect(self._ground_chosen)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _preset_chosen(self, preset: Preset | None) -> None:
        if preset is not None:
            self._set_size(preset.width, preset.height, preset.dpi)

    def _set_size(self, width: int, height: int, dpi: float) -> None:
        self._dpi = float(dpi)
        for field, side in ((self.width_field, width), (self.height_field, height)):
            field.setValue(int(side))
        self._size_changed()

    def _size_changed(self) -> None:
        """Name the preset that has this size, and say where it is too large."""
        size = self.width_field.value(), self.height_field.value()
        presets = [self.preset.itemData(row) for row in range(self.preset.count())]
        row = next((row for row, preset in enumerate(presets) if preset and (preset.width, preset.height) == size), 0)
        self.preset.setCurrentIndex(row)
        fits = size[0] * size[1] <= LARGEST_CANVAS
        self.note.setVisible(not fits)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(fits)

    def _ground_chosen(self, row: int) -> None:
        if self.ground.itemData(row) != "another":
            self._ground = self.ground.itemData(row)
            return
        self.ground.setCurrentIndex(self.ground.findData(self._ground))  # until one is chosen
        self.colours = QColorDialog(self._own, self)
        self.colours.colorSelected.connect(self._take_colour)
        self.colours.open()

    def _take_colour(self, colour: QColor) -> None:
        self._own, self._ground, row = colour, colour.name(), self.ground.count() - 1
        if self.ground.itemData(row - 1) not in ("#ffffff", "#000000", ""):
            self.ground.removeItem(row - 1)
            row -= 1
        self.ground.insertItem(row, self.tr("Colour {name}").format(name=colour.name()), colour.name())
        self.ground.setCurrentIndex(row)

    def document(self) -> Document:
        """What is asked for: one filled layer, or none on a transparent ground."""
        width, height, colour = self.width_field.value(), self.height_field.value(), self.ground.currentData()
        layers = ()
        if colour:
            red, green, blue, _ = QColor(colour).getRgb()
            layers = (make_layer(self.tr("Background"), Pixels.filled(width, height, (red, green, blue, 255))),)
        return Document(width, height, layers, dpi=self._dpi)

    def accept(self) -> None:
        size = {"width": self.width_field.value(), "height": self.height_field.value(), "dpi": self._dpi}
        self._settings.set("new", size | {"ground": self.ground.currentData()})
        super().accept()


async def ask_new(window: QWidget, settings: Settings, copied: tuple[int, int] | None) -> Document | None:
    """None: the user would rather not."""
    dialog = NewDialog(window, settings, copied)
    document = dialog.document() if await finished(dialog) else None
    dialog.deleteLater()
    return document
