"""What the user can do to the place of layers and to the canvas: flip, align, distribute, canvas size, crop, guides."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.document import layout, transform
from app.document.document import Document

from ..canvas.size_dialogs import CanvasSizeDialog, GuideDialog
from ..canvas.tool_desk import ToolDesk
from .commands import LayerCommands


class ArrangeCommands(QObject):
    """Works through LayerCommands, on the session of the moment; each command is one edit and one step."""

    def __init__(self, window: QWidget, layers: LayerCommands, desk: ToolDesk) -> None:
        super().__init__(window)
        self._window, self._layers, self._desk = window, layers, desk

    def handlers(self) -> dict[str, Callable[[], None]]:
        """By the names of the table of actions."""
        aligned = {f"arrange.align_{edge}": lambda edge=edge: self._align(edge) for edge in layout.EDGES}
        return aligned | {
            "arrange.flip_across": lambda: self._flip("across", self.tr("Flip {what} horizontally")),
            "arrange.flip_down": lambda: self._flip("down", self.tr("Flip {what} vertically")),
            "arrange.reset": self._reset,
            "arrange.distribute_across": lambda: self._distribute(True, self.tr("Distribute {what} horizontally")),
            "arrange.distribute_down": lambda: self._distribute(False, self.tr("Distribute {what} vertically")),
            "image.size": self._ask_size,
            "image.crop_to_box": self._crop_to_box,
            "image.reveal": lambda: self._layers.commit(self.tr("Reveal all"), layout.reveal_all),
            "view.guide_new": self._ask_guide,
            "view.guides_clear": lambda: self._layers.commit(self.tr("Clear the guides"), layout.clear_guides),
        }

    def _do(self, label: str, edit: Callable[[Document, list[str]], Document]) -> None:
        ids = self._layers.chosen()
        if ids and self._layers.free(ids):
            self._layers.commit(label.format(what=self._layers.names(ids)), lambda document: edit(document, ids))

    def _flip(self, direction: str, label: str) -> None:
        """Under the transform tool about its pivot, else about the middle."""
        if self._desk.tool == "transform":
            self._desk.transforming.flip(direction)
        else:
            self._do(label, lambda document, ids: transform.flip(document, ids, direction))

    def _reset(self) -> None:
        self._do(self.tr("Reset the transform of {what}"), transform.reset)

    def _align(self, edge: str) -> None:
        self._do(self.tr("Align {what}"), lambda document, ids: layout.align(document, ids, edge))

    def _distribute(self, across: bool, label: str) -> None:
        self._do(label, lambda document, ids: layout.distribute(document, ids, across))

    def _ask_size(self) -> None:
        CanvasSizeDialog(self._window, self._layers.session.document, self._resize).open()

    def _resize(self, width: int, height: int, anchor: tuple[float, float]) -> None:
        label = self.tr("Canvas {width} × {height}").format(width=width, height=height)
        self._layers.commit(label, lambda document: layout.resize_canvas(document, width, height, anchor))

    def _crop_to_box(self) -> None:
        if (box := self._desk.box) is not None:
            self._layers.commit(self.tr("Crop to the box"), lambda document: layout.crop(document, box))

    def _ask_guide(self) -> None:
        label = self.tr("New guide")
        document = self._layers.session.document
        GuideDialog(self._window, document, lambda guide: self._layers.commit(label, lambda now: layout.add_guide(now, guide))).open()
