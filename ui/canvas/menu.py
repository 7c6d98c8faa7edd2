"""What a right click on the canvas offers: the layers under the pointer, and what is done with the active one."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtWidgets import QMenu

from app.document import edits
from app.document.document import Document, Layer
from app.tools.tools import pick

from ..commands.action_set import ActionSet
from ..layers.commands import LayerCommands
from .canvas import Canvas

MOST = 12  # layers listed
OFFERED = ("edit.cut", "edit.copy", "edit.copy_merged", "edit.paste", "layer.duplicate", "layer.visible", "layer.mask_box", "layer.merge_down")


class CanvasMenu(QObject):
    """Made anew at each click."""

    def __init__(self, canvas: Canvas, actions: ActionSet, layers: LayerCommands) -> None:
        super().__init__(canvas)
        self._canvas, self._actions, self._layers = canvas, actions, layers
        self.menu = QMenu(canvas)
        canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        canvas.customContextMenuRequested.connect(self.open)

    def open(self, at: QPoint) -> None:
        """At a point of the canvas widget; not in the middle of a drag."""
        if self._canvas.is_held:
            return
        self.menu.deleteLater()
        self.menu = QMenu(self._canvas)
        found = layers_at(self._layers.session.shown, *self._canvas.to_canvas(QPointF(at)))
        for layer in found:
            action = self.menu.addAction(layer.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(layer.id == self._layers.session.active)
            action.triggered.connect(lambda _checked=False, id=layer.id: self._layers.choose(id))
        if found:
            self.menu.addSeparator()
        for number, name in enumerate(OFFERED):
            if number in (4, 6):
                self.menu.addSeparator()
            self.menu.addAction(self._actions[name])
        self.menu.popup(self._canvas.mapToGlobal(at))


def layers_at(document: Document, x: float, y: float) -> list[Layer]:
    """What is visible and not locked at a canvas point, the topmost first."""
    found: list[Layer] = []
    while len(found) < MOST and (layer := pick(document, x, y)):
        found.append(layer)
        document = edits.set_visible(document, layer.id, False)
    return found
