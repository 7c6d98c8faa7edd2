"""The tools of the window: which one is active, its cursor, its numbers and its hint. The tools themselves are app.tools'."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from app import edits
from app.brush import Brush, BrushTool
from app.document import bounds, find
from app.geometry import Rect
from app.session import Session
from app.tools import BoxTool, MoveTool, Overlay
from bfs_engine.api import Box

PAINTING = ("brush", "eraser")
_GRIP_CURSORS = {
    "top left": Qt.CursorShape.SizeFDiagCursor,
    "bottom right": Qt.CursorShape.SizeFDiagCursor,
    "top right": Qt.CursorShape.SizeBDiagCursor,
    "bottom left": Qt.CursorShape.SizeBDiagCursor,
    "top": Qt.CursorShape.SizeVerCursor,
    "bottom": Qt.CursorShape.SizeVerCursor,
    "left": Qt.CursorShape.SizeHorCursor,
    "right": Qt.CursorShape.SizeHorCursor,
    "inside": Qt.CursorShape.SizeAllCursor,
}


class ToolDesk(QObject):
    """Passes presses and keys on to the active tool, and says what the canvas has to draw over the picture."""

    changed = Signal()  # the tool, the box or the numbers
    refused = Signal(str)  # why nothing happened, a sentence

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool = "box"
        self.repaint: Callable[[], None] = lambda: None
        self.cursor_changed: Callable[[], None] = lambda: None
        self.circle_moved: Callable[[], None] = lambda: None
        self._brush = Brush()
        self._chosen: Callable[[], list[str]] = lambda: []
        self._hover = ""
        self.gesture = False
        self._nudged = (0, 0)
        self._suggested: tuple[Path, Box] | None = None
        self.show_session(session)

    def show_session(self, session: Session) -> None:
        """Work on another document; a suggested box is drawn if it is for this one."""
        self._session = session
        self._box_tool, self._move_tool, self._brush_tool = BoxTool(session), MoveTool(session), BrushTool(session)
        self._brush_tool.brush, self._brush_tool.erases = self._brush, self.tool == "eraser"
        if self._suggested and self._suggested[0] == session.path:
            self.set_box(self._suggested[1])
        self._suggested = None
        self._tell()

    def nudges(self, chosen: Callable[[], list[str]]) -> None:
        """Let arrow keys move all of these layers."""
        self._chosen = chosen

    @property
    def box(self) -> Rect | None:
        """The generation box in canvas pixels."""
        return self._box_tool.box

    def set_box(self, box: Box) -> None:
        self._box_tool.box = Rect.from_size(box.x, box.y, box.width, box.height)
        self._tell()

    def suggest_box(self, path: Path, box: Box) -> None:
        """Draw this box as soon as that file is shown."""
        if self._session.path == path:
            self.set_box(box)
        else:
            self._suggested = (path, box)

    def choose(self, tool: str) -> None:
        """ "move", "box", "brush" or "eraser"."""
        if self.gesture:
            self._active.abort()
            self.gesture = False
        self.tool = tool
        self._brush_tool.erases = tool == "eraser"
        self._hover = ""
        self._tell()
        self.cursor_changed()

    @property
    def _active(self) -> BoxTool | MoveTool | BrushTool:
        if self.tool in PAINTING:
            return self._brush_tool
        return self._box_tool if self.tool == "box" else self._move_tool

    @property
    def brush(self) -> Brush:
        """What the brush and the eraser paint with."""
        return self._brush

    @brush.setter
    def brush(self, brush: Brush) -> None:
        self._brush = self._brush_tool.brush = brush
        self._tell()

    def swap_brush(self) -> None:
        """The eraser for the brush, and back."""
        self.choose("brush" if self.tool == "eraser" else "eraser")

    def press_pen(self, pressure: float) -> None:
        """How hard the pen presses from now on, 0 to 1."""
        self._brush_tool.pressure = pressure

    def leave(self) -> None:
        """The pointer is no longer over the canvas."""
        self._brush_tool.leave()
        self.circle_moved()

    # What the canvas asks

    def overlay(self) -> Overlay:
        """Of the active tool; the box stays in sight under every tool."""
        own = self._box_tool.overlay
        if self.tool == "box":
            return own
        if self.tool in PAINTING:
            return Overlay(box=own.box, circle=self._brush_tool.overlay.circle)
        return Overlay(box=own.box, outline=self._move_tool.overlay.outline)

    def cursor(self) -> Qt.CursorShape:
        if self.tool in PAINTING:
            return Qt.CursorShape.CrossCursor
        if self.tool == "move":
            return Qt.CursorShape.SizeAllCursor if self.gesture else Qt.CursorShape.ArrowCursor
        return _GRIP_CURSORS.get(self._hover, Qt.CursorShape.CrossCursor)

    def press(self, x: float, y: float, modifiers: Collection[str], reach: float) -> None:
        refusal = self._active.press(x, y, modifiers, reach)
        if refusal:
            self.refused.emit(refusal)
        self.gesture = not refusal
        self.cursor_changed()

    def drag(self, x: float, y: float, modifiers: Collection[str]) -> None:
        if self.gesture:
            self._active.drag(x, y, modifiers)
            self.circle_moved() if self.tool in PAINTING else self._tell()

    def release(self, x: float, y: float, modifiers: Collection[str]) -> None:
        if self.gesture:
            self.gesture = False
            self._active.release(x, y, modifiers)
            self._brush_tool.pressure = 1.0  # what a mouse presses with
            self._tell()
            self.cursor_changed()

    def hover(self, x: float, y: float, modifiers: Collection[str], reach: float) -> None:
        if self.tool in PAINTING:
            self._brush_tool.hover(x, y)
            self.circle_moved()
        grip = self._box_tool.grip_at(x, y, reach) if self.tool == "box" else ""
        if grip != self._hover:
            self._hover = grip
            self.cursor_changed()

    def escape(self) -> None:
        """Give up the gesture; without one, take the box away."""
        self.gesture = False
        if self._nudged != (0, 0):
            self._nudged = (0, 0)
            self._session.discard()
        elif not (self.tool != "box" and self._active.abort()):
            self._box_tool.abort()
        self._tell()

    def nudge(self, dx: int, dy: int) -> None:
        """An arrow key is down: the box or the chosen layers move; keys held down make one step."""
        if self.tool == "box":
            self._box_tool.nudge(dx, dy)
            self._tell()
            return
        if self.tool in PAINTING:
            return
        ids = [id for id in self._chosen() if find(self._session.document, id)]
        free = [id for id in ids if not find(self._session.document, id).locked]
        if not free:
            locked = self.tr("The layer is locked. Unlock it to move it.")
            self.refused.emit(locked if ids else self.tr("No layer is active. Choose one in the layer panel."))
            return
        self._nudged = self._nudged[0] + dx, self._nudged[1] + dy
        self._session.preview(edits.nudge(self._session.document, free, *self._nudged))

    def nudge_done(self) -> None:
        """The arrow keys are up."""
        by, self._nudged = self._nudged, (0, 0)
        if by == (0, 0):
            return
        ids = [id for id in self._chosen() if (node := find(self._session.document, id)) and not node.locked]
        if ids:
            self._session.commit(self.tr("Nudge"), edits.nudge(self._session.document, ids, *by))

    # What the options bar and the panels show

    def numbers(self) -> tuple[str, Rect | None, bool, str]:
        """Title, rectangle, can it be resized by numbers, some words."""
        if self.tool == "box":
            context = self._box_tool.overlay.context
            words = self.tr("The model sees {width} × {height} px around it")
            seen = words.format(width=context.width, height=context.height) if context else ""
            return self.tr("Generation Box"), self.box, True, seen
        if self.tool in PAINTING:
            return "", None, False, ""
        node = self._session.active_node
        return self.tr("Move"), bounds(node) if node else None, False, node.name if node else self.tr("No layer is active")

    def set_numbers(self, rect: Rect) -> None:
        """Numbers typed into the options bar."""
        if self.tool == "box":
            self._box_tool.box = rect
        elif self.tool in PAINTING:
            return
        elif (node := self._session.active_node) and not node.locked:
            now = bounds(node)
            self._session.commit(self.tr("Move"), edits.nudge(self._session.document, [node.id], rect.left - now.left, rect.top - now.top))
        self._tell()

    def box_words(self) -> str:
        if self.box is None:
            return ""
        return self.tr("In the box of {width} × {height} px").format(width=self.box.width, height=self.box.height)

    def hint(self) -> str:
        """What the active tool does, for the status bar."""
        if self.tool == "box":
            return self.tr("Drag a box where the thing should stand. Shift: square. Arrows: nudge. Esc: no box. Space: pan.")
        if self.tool == "brush":
            return self.tr("Drag to show again what the layer's mask hides. X: eraser. [ and ]: size. Shift: a line from the last stroke.")
        if self.tool == "eraser":
            return self.tr("Drag to hide parts of the active layer with its mask. X: brush. [ and ]: size. Shift: a line from the last stroke.")
        return self.tr(
            "Drag to move the active layer. Ctrl: take the layer under the pointer. Shift: keep direction. Arrows: 1 px, with Shift 10."
        )

    def document_changed(self) -> None:
        """The document or the active layer is another one now."""
        if self.box is not None:
            self._box_tool.box = self.box  # pushed back onto a canvas that may have shrunk
        self._tell()

    def _tell(self) -> None:
        self.changed.emit()
        self.repaint()
