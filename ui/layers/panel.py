"""The layer panel: blend mode and opacity above, the tree, candidates and buttons below."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document.document import Document, Group, Node, find
from app.render.blend import BLEND_MODES, PASS_THROUGH
from ui.theme import Icons

from ..widgets.fields import Choice, Slider, Whole, dressed
from .blend_names import blend_name
from .candidates import CandidateStrip
from .commands import LayerCommands
from .masks import MaskCommands
from .tree import LayerTree, Thumbnailer

# Where Photoshop draws its lines between the modes.
FAMILIES = ("dissolve", "darker color", "lighter color", "hard mix", "divide")


class LayerPanel(QWidget):
    """Shows the layers of a document; what the user does goes to LayerCommands."""

    active_wanted = Signal(str)

    def __init__(self, icons: Icons, thumbnail: Thumbnailer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._node: Node | None = None
        self.tree = LayerTree(icons, thumbnail)
        self.tree.picked.connect(self._pick)
        self.blend = Choice()
        self.blend.setAccessibleName(self.tr("Blend mode"))
        self.blend.setToolTip(self.tr("Blend mode"))
        self.blend.setMaxVisibleItems(40)
        self.blend.setMinimumContentsLength(10)
        self.opacity = Slider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName(self.tr("Opacity"))
        self.percent = dressed(Whole(), self.tr("Opacity in percent"))
        self.percent.setRange(0, 100)
        self.percent.setSuffix(" %")
        self.candidates = CandidateStrip(icons, thumbnail)
        self.buttons, self.locks = QHBoxLayout(), QHBoxLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        opacity = QHBoxLayout()
        opacity.setSpacing(8)
        caption = QLabel(self.tr("Opacity"))
        caption.setObjectName("muted")
        opacity.addWidget(caption)
        opacity.addWidget(self.opacity, 1)
        opacity.addWidget(self.percent)
        top = QVBoxLayout()
        top.setContentsMargins(12, 8, 12, 6)
        top.setSpacing(4)
        self.locks.setSpacing(0)
        mode = QHBoxLayout()
        mode.setSpacing(6)
        mode.addWidget(self.blend, 1)
        mode.addLayout(self.locks)
        top.addLayout(mode)
        top.addLayout(opacity)
        self.buttons.setContentsMargins(8, 4, 8, 6)
        self.buttons.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.tree, 1)
        column.addWidget(self.candidates)
        column.addLayout(self.buttons)

    def connect_to(self, commands: LayerCommands) -> None:
        """Let the user's doings reach the commands."""
        tree, model = self.tree, self.tree.layer_model
        model.renamed.connect(commands.rename)
        model.dropped.connect(commands.drop)
        tree.eye_clicked.connect(lambda id, alone: commands.solo(id) if alone else commands.toggle_visible(id))
        tree.lock_clicked.connect(commands.toggle_padlock)
        tree.engine_clicked.connect(commands.toggle_engine_view)
        commands.refused.connect(lambda _error: self._show_look(self._node))  # what was typed did not happen
        commands.rename_wanted.connect(tree.rename)
        commands.chosen_wanted.connect(tree.choose)
        self.blend.activated.connect(lambda _row: commands.set_blend(self.blend.currentData()))
        self.opacity.valueChanged.connect(lambda value: self._slide(commands, value))
        self.opacity.sliderReleased.connect(lambda: commands.set_opacity(self.opacity.value() / 100))
        self.percent.valueChanged.connect(lambda value: commands.set_opacity(value / 100))
        self.candidates.connect_to(commands)

    def connect_masks(self, commands: MaskCommands) -> None:
        """The same for what is clicked on a mask's thumbnail."""
        self.tree.mask_switched.connect(commands.switch)
        self.tree.mask_looked_at.connect(commands.show_alone)
        self.tree.link_clicked.connect(commands.link)

    def _slide(self, commands: LayerCommands, value: int) -> None:
        act = commands.preview_opacity if self.opacity.isSliderDown() else commands.set_opacity
        act(value / 100)

    def add_buttons(self, actions: list[QAction | None]) -> None:
        """Buttons below the tree; None is a gap."""
        for action in actions:
            if action is None:
                self.buttons.addStretch(1)
            else:
                self.buttons.addWidget(_button(action, 18))

    def add_locks(self, actions: list[QAction]) -> None:
        """Switches beside the blend mode; after the buttons, so that Tab can go through all in the order in which they stand."""
        for action in actions:
            self.locks.addWidget(_button(action, 16))
        locks, buttons = ([row.itemAt(at).widget() for at in range(row.count()) if row.itemAt(at).widget()] for row in (self.locks, self.buttons))
        stops = (self.blend, *locks, self.opacity, self.percent, self.tree, self.candidates.list, *self.candidates.buttons, *buttons)
        for one, other in pairwise(stops):
            self.setTabOrder(one, other)

    def show_document(self, document: Document, active: str | None) -> None:
        """Mirror the document and the active layer."""
        self.tree.show_document(document, active)
        node = find(document, active) if active else None
        if node is self._node and node is not None:
            return
        self._node = node
        self._show_look(node)
        self.candidates.show_node(node)

    def _show_look(self, node: Node | None) -> None:
        for control in (self.blend, self.opacity, self.percent):
            control.setEnabled(node is not None)
        if node is None:
            return
        self._fill_blend(isinstance(node, Group))
        percent = round(node.opacity * 100)
        _quietly(self.blend, lambda: self.blend.setCurrentIndex(self.blend.findData(node.blend)))
        _quietly(self.percent, lambda: self.percent.setValue(percent))
        if not self.opacity.isSliderDown():
            _quietly(self.opacity, lambda: self.opacity.setValue(percent))

    def _fill_blend(self, group: bool) -> None:
        modes = ((PASS_THROUGH,) if group else ()) + BLEND_MODES
        if self.blend.property("modes") == len(modes):
            return
        self.blend.setProperty("modes", len(modes))
        self.blend.clear()
        for mode in modes:
            self.blend.addItem(blend_name(mode), mode)
            if mode in FAMILIES:
                self.blend.insertSeparator(self.blend.count())

    @property
    def strip(self) -> QListWidget:
        """The candidates of the active layer."""
        return self.candidates.list

    def _pick(self) -> None:
        if id := self.tree.current_id():
            self.active_wanted.emit(id)

    def retint(self) -> None:
        """Take the theme's colours."""
        self.tree.viewport().update()
        self.candidates.retint()


def _button(action: QAction, size: int) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setIconSize(QSize(size, size))
    return button


def _quietly(widget: QWidget, act: Callable[[], None]) -> None:
    widget.blockSignals(True)
    try:
        act()
    finally:
        widget.blockSignals(False)
