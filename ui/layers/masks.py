"""What the user can do to the mask of the active layer or group: each command is one edit and one step of the history."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.document import edits, masks
from app.document.document import Document, find
from app.document.geometry import Rect
from app.render.mask_view import MaskView

from .commands import LayerCommands


class MaskCommands(QObject):
    """Works through LayerCommands, on the session of the moment; and lets the canvas show the active node's mask, alone or in red."""

    view_changed = Signal()  # the canvas has to show something else
    said = Signal(str)

    def __init__(self, layers: LayerCommands, box: Callable[[], Rect | None], parent: QObject | None = None) -> None:
        """box: the generation box in canvas pixels."""
        super().__init__(parent)
        self._layers = layers
        self._box = box
        self._view = MaskView()
        self._alone = ""  # id of the node whose mask is shown alone
        self._in_red = False

    def take_over(self, other: MaskCommands) -> None:
        """Show in another window what was shown of the masks."""
        self._alone, self._in_red = other._alone, other._in_red
        self.view_changed.emit()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions about masks do."""
        return {
            "layer.mask_add": self.add,
            "layer.mask_hide": self.hide,
            "layer.mask_alpha": self.from_alpha,
            "layer.mask_box": self.from_box,
            "layer.mask_invert": self.invert,
            "layer.mask_switch": self.switch,
            "layer.mask_link": self.link,
            "layer.mask_alone": self.show_alone,
            "layer.mask_overlay": self.show_in_red,
            "layer.mask_apply": self.apply,
            "layer.mask_delete": self.delete,
        }

    def _do(self, label: str, edit: Callable[[Document, str], Document], id: str | None = None) -> None:
        node = find(self._layers.session.document, id) if id else self._layers.active_node()
        if node is not None and self._layers.free([node.id]):
            self._layers.commit(label.format(name=node.name), lambda document: edit(document, node.id))

    def add(self) -> None:
        self._do(self.tr("Mask “{name}”"), masks.add_mask)

    def hide(self) -> None:
        self._do(self.tr("Mask “{name}”"), lambda document, id: masks.add_mask(document, id, 0))

    def from_alpha(self) -> None:
        self._do(self.tr("Mask “{name}” by its alpha"), masks.mask_from_alpha)

    def from_box(self) -> None:
        if (box := self._box()) is not None:
            self._do(self.tr("Mask “{name}” by the box"), lambda document, id: masks.mask_from_box(document, id, box))

    def invert(self) -> None:
        self._do(self.tr("Invert the mask of “{name}”"), masks.invert_mask)

    def switch(self, id: str | None = None) -> None:
        """Off where it is on, and on where it is off."""
        node = find(self._layers.session.document, id) if id else self._layers.active_node()
        if node is not None and node.mask is not None:
            on = not node.mask.enabled
            label = self.tr("Switch the mask of “{name}” on") if on else self.tr("Switch the mask of “{name}” off")
            self._do(label, lambda document, id: masks.enable_mask(document, id, on), node.id)

    def link(self, id: str | None = None) -> None:
        """Tie it to the layer, or let it stay where it is."""
        node = find(self._layers.session.document, id) if id else self._layers.active_node()
        if node is not None and node.mask is not None:
            tied = not node.mask.linked
            label = self.tr("Link the mask of “{name}”") if tied else self.tr("Unlink the mask of “{name}”")
            self._do(label, lambda document, id: masks.link_mask(document, id, tied), node.id)

    # Looking at it

    def show_alone(self, id: str | None = None) -> None:
        """The mask instead of the picture, or the picture again; ends when another layer becomes active."""
        session = self._layers.session
        id = id or session.active
        node = find(session.document, id)
        if node is None or node.mask is None:
            return
        self._alone = "" if self._alone == id else id
        session.active = id
        if self._alone:
            self.said.emit(self.tr("This is the mask of “{name}”. Alt+click on it in the layer panel shows the picture again.").format(name=node.name))
        self.view_changed.emit()

    def show_in_red(self) -> None:
        """Red over what the active layer's mask hides, or no longer."""
        self._in_red = not self._in_red
        self.view_changed.emit()

    def seen(self, document: Document) -> Document:
        """What the canvas is to show of a document."""
        node = find(document, self._layers.session.active)
        masked = node is not None and node.mask is not None
        if self._alone and (not masked or node.id != self._alone):
            self._alone = ""
        if self._alone:
            return self._view.alone(document, node)
        return self._view.over(document, node) if self._in_red and masked else document

    def conditions(self) -> set[str]:
        """Which of the two is on."""
        return {name for name, on in (("mask alone", self._alone), ("mask in red", self._in_red)) if on}

    # Unmaking it

    def apply(self) -> None:
        self._do(self.tr("Apply the mask of “{name}”"), masks.apply_mask)

    def delete(self) -> None:
        self._do(self.tr("Delete the mask of “{name}”"), lambda document, id: edits.set_mask(document, id, None))
