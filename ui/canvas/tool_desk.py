"""The tools of the window: which one is active, its cursor, its numbers and its hint. The tools themselves are app.tools'."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from app.document import edits
from app.document.document import find
from app.document.geometry import Rect, after
from app.document.locks import POSITION, is_locked
from app.session.session import Session
from app.tools.apart_tool import ApartTool
from app.tools.brush import Brush, BrushTool
from app.tools.crop_tool import CropTool
from app.tools.eyedropper import Eyedropper
from app.tools.guides import GuideTool
from app.tools.tools import GRIPS, BoxTool, MoveTool, Overlay, refusal
from app.tools.transform_tool import TransformTool
from bfs_engine.api import Box

from .aids import Aids
from .view import View

PAINTING = ("brush", "eraser")
TOOLS = ("move", "transform", "box", "brush", "eraser", "crop", "pick", "rotate", "apart")
_RESIZING = (  # by the direction a handle pulls to on the screen: 0 is right, then clockwise in steps of 45 degrees
    Qt.CursorShape.SizeHorCursor,
    Qt.CursorShape.SizeFDiagCursor,
    Qt.CursorShape.SizeVerCursor,
    Qt.CursorShape.SizeBDiagCursor,
)


class ToolDesk(QObject):
    """Passes presses and keys on to the active tool, and says what the canvas has to draw over the picture."""

    changed = Signal()  # the tool, the box or the numbers
    box_drawn = Signal()
    pointed = Signal()  # at other things to be taken out of the picture, or at none
    apart_wanted = Signal()  # take them out
    refused = Signal(object)  # why nothing happened, a sentence (a Phrase stays one)

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
        self._guiding = False  # the gesture holds a guide
        self._aids = Aids()
        self._before = "move"  # the tool to go back to when a transform or a crop is done
        self._nudged = (0, 0)
        self._lent: tuple[int, str] | None = None  # the key that is held, and the tool before it went down
        self._worked = False  # whether the pointer has worked since
        self._back = ""  # the tool to go back to when the gesture is over
        self._suggested: tuple[Path, Box] | None = None
        self.show_session(session)

    def show_session(self, session: Session) -> None:
        """Work on another document; a suggested box is drawn if it is for this one."""
        self._session = session
        self._box_tool, self._move_tool, self._brush_tool = BoxTool(session), MoveTool(session, self._selected), BrushTool(session)
        self._transform_tool, self._crop_tool = TransformTool(session, self._selected), CropTool(session)
        self._guide_tool, self.eyedropper, self.apart = GuideTool(session), Eyedropper(session), ApartTool(session)
        self.gesture = self._guiding = False
        self.set_aids(self._aids)
        self._brush_tool.brush, self._brush_tool.erases = self._brush, self.tool == "eraser"
        if self._suggested and self._suggested[0] == session.path:
            self.set_box(self._suggested[1])
        self._suggested = None
        self._tell()

    def take_over(self, other: ToolDesk) -> None:
        """The tool and the box of another window."""
        if other.box is not None:
            self._box_tool.box = other.box
        self.choose(other.tool)

    def works_on(self, chosen: Callable[[], list[str]]) -> None:
        """Let tools and arrow keys move all of these layers."""
        self._chosen = chosen

    def _selected(self) -> list[str]:
        return self._chosen()

    def set_aids(self, aids: Aids) -> None:
        """What things snap to from now on, and whether guides can be taken hold of."""
        self._aids = aids
        for tool in (self._move_tool, self._transform_tool, self._crop_tool, self._guide_tool):
            tool.snapping = aids.snapping

    @property
    def box(self) -> Rect | None:
        """The generation box in canvas pixels."""
        return self._box_tool.box

    def set_box(self, box: Box) -> None:
        self._box_tool.box = Rect.from_size(box.x, box.y, box.width, box.height)
        self._tell()

    def put_box(self, x: float, y: float) -> None:
        """A box of a third of the picture around a canvas point: for those who draw none with a pointer."""
        self.choose("box")
        document = self._session.document
        side = min(document.width, document.height) // 3
        self.set_box(Box(round(x) - side // 2, round(y) - side // 2, side, side))

    def suggest_box(self, path: Path, box: Box) -> None:
        """Draw this box as soon as that file is shown."""
        if self._session.path == path:
            self.set_box(box)
        else:
            self._suggested = (path, box)

    def choose(self, tool: str) -> None:
        """One of TOOLS. A crop that was not accepted is forgotten."""
        self._back = ""
        if self.gesture:
            self._active.abort()
            self.gesture = self._guiding = False
        if tool != "crop":
            self._crop_tool.abort()
        if tool in ("transform", "crop") and self.tool not in ("transform", "crop"):
            self._before = self.tool
        if tool == "transform" and self.tool != tool:
            self._transform_tool.enter()
        self.tool = tool
        self.press_pen(1.0)
        self._hover = ""
        self._tell()
        self.cursor_changed()

    def key_down(self, key: int) -> None:
        """A key goes down. A tool that it takes is only lent where the pointer works with it before the key is up."""
        self._lent, self._worked = (key, self.tool), False

    def key_up(self, key: int) -> None:
        """A key is up: a lent tool is given back, at the end of the gesture where there is one."""
        if self._lent is None or self._lent[0] != key:
            return
        before, self._lent = self._lent[1], None
        if not self._worked or before == self.tool:
            return
        if self.gesture:
            self._back = before
        else:
            self.choose(before)

    def hand_down(self) -> None:
        """The pointer begins to work."""
        self._worked = True

    @property
    def _active(self) -> BoxTool | MoveTool | BrushTool | TransformTool | CropTool | GuideTool | Eyedropper:
        if self._guiding:
            return self._guide_tool
        if self.tool in PAINTING:
            return self._brush_tool
        return {"box": self._box_tool, "transform": self._transform_tool, "crop": self._crop_tool, "pick": self.eyedropper, "apart": self.apart}.get(self.tool, self._move_tool)

    def accept(self) -> None:
        """Enter: a transform is finished, a crop is done, what is pointed at is taken apart."""
        if self.tool == "apart" and not self.gesture:
            self.apart_wanted.emit()
        if self.gesture or self.tool not in ("transform", "crop"):
            return
        if self.tool == "crop":
            self._crop_tool.accept()
        self.choose(self._before)

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

    def press_pen(self, pressure: float, flipped: bool = False) -> None:
        """How hard the pen presses from now on, 0 to 1; flipped: with its other end, which erases under the brush too."""
        self._brush_tool.pressure = pressure
        self._brush_tool.erases = flipped or self.tool == "eraser"

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
        if self.tool == "crop":
            return self._crop_tool.overlay
        if self.tool == "apart":
            return self.apart.overlay
        if self.tool in ("rotate", "pick"):
            return Overlay(box=own.box)
        if self.tool in PAINTING:
            return Overlay(box=own.box, circle=self._brush_tool.overlay.circle)
        return replace(self._transform_tool.overlay if self.tool == "transform" else self._move_tool.overlay, box=own.box)

    def subjects(self) -> frozenset[str]:
        """Ids of the nodes that a gesture would change."""
        return frozenset(self._move_tool.wanted())

    def cursor(self, view: View) -> Qt.CursorShape:
        if self._hover in ("guide —", "guide |"):
            upright = (self._hover == "guide |") != (45 < abs(view.rotation) % 180 < 135)
            return Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor
        if self._hover in GRIPS:
            return _RESIZING[round(self._pull(view) / 45) % 4]
        if self.tool == "move":
            return Qt.CursorShape.SizeAllCursor if self.gesture else Qt.CursorShape.ArrowCursor
        if self.tool == "rotate" or self._hover == "rotate":
            return Qt.CursorShape.OpenHandCursor if not self.gesture else Qt.CursorShape.ClosedHandCursor
        return Qt.CursorShape.SizeAllCursor if self._hover in ("inside", "pivot") else Qt.CursorShape.CrossCursor

    def _pull(self, view: View) -> float:
        """The direction in which the handle under the pointer pulls, in degrees on the screen, clockwise from the right."""
        across, down = GRIPS[self._hover]
        frame = self._transform_tool.frame if self.tool == "transform" else None
        a, b, c, d, *_ = after(frame.matrix, view.matrix) if frame else view.matrix
        width, height = (frame.width, frame.height) if frame and across and down else (1, 1)
        right, low = math.hypot(a, b) / width or 1, math.hypot(c, d) / height or 1
        return math.degrees(math.atan2(across * b / right + down * d / low, across * a / right + down * c / low))

    def press(self, x: float, y: float, modifiers: Collection[str], reach: float) -> None:
        guide = self._guide_at(x, y, reach) if "ctrl" not in modifiers else None
        self._guiding = guide is not None
        if guide is not None:
            self._guide_tool.take(guide, reach)
        refusal = "" if self._guiding else self._active.press(x, y, modifiers, reach)
        if refusal:
            self.refused.emit(refusal)
        self.gesture = not refusal
        self.cursor_changed()

    def _guide_at(self, x: float, y: float, reach: float) -> int | None:
        """The guide that a press would take hold of."""
        free = self.tool == "move" and self._aids.guides and not self._aids.guides_locked
        return self._guide_tool.at(x, y, reach / 2) if free else None

    def pull_guide(self, horizontal: bool, reach: float) -> None:
        """A new guide comes out of a ruler; drag and release go on with it."""
        self._guide_tool.create(horizontal, reach)
        self._guiding = self.gesture = True

    def drag(self, x: float, y: float, modifiers: Collection[str]) -> None:
        if not self.gesture:
            return
        before = self._session.shown
        self._active.drag(x, y, modifiers)
        if self.tool in PAINTING:
            self.circle_moved()
        elif self._session.shown is not before:  # the panels follow the document
            self.repaint()
        else:
            self._tell()

    def release(self, x: float, y: float, modifiers: Collection[str]) -> None:
        if self.gesture:
            active, self.gesture, self._guiding = self._active, False, False
            active.release(x, y, modifiers)
            if active is self._box_tool and self.box:
                self.box_drawn.emit()
            if active is self.apart:
                self.pointed.emit()
            self.press_pen(1.0)  # as a mouse does
            self._tell()
            self.cursor_changed()
            if self._back:
                self.choose(self._back)

    def hover(self, x: float, y: float, modifiers: Collection[str], reach: float) -> None:
        if self.tool in PAINTING:
            self._brush_tool.hover(x, y)
            self.circle_moved()
        guide = self._guide_at(x, y, reach)
        grip = "" if guide is None else "guide —" if self._guide_tool.is_horizontal(guide) else "guide |"
        if self.tool in ("box", "transform", "crop"):
            grip = self._active.grip_at(x, y, reach)
        if grip != self._hover:
            self._hover = grip
            self.cursor_changed()

    def escape(self) -> None:
        """Give up the gesture; without one, what the transform or crop tool did; under other tools take the box away."""
        if self.give_up() or self._active.abort():
            pass
        elif self.tool in ("transform", "crop"):
            self._transform_tool.revert()
            self.choose(self._before)
        elif self.tool not in ("box", "apart"):
            self._box_tool.abort()
        if self.tool == "apart":
            self.pointed.emit()
        self._tell()

    def give_up(self) -> bool:
        """Put back what the pointer or the arrow keys are in the middle of. Whether there was anything."""
        nudged, self._nudged = self._nudged, (0, 0)
        if nudged != (0, 0):
            self._session.discard()
        elif self.gesture:
            self.choose(self._back or self.tool)
        else:
            return False
        return True

    def nudge(self, dx: int, dy: int) -> None:
        """An arrow key is down: the box or the chosen layers move; keys held down make one step. Nothing snaps, as in Photoshop: who
        moves by single pixels means them."""
        if self.tool == "box":
            self._box_tool.nudge(dx, dy)
            self._tell()
            return
        if self.tool == "crop":
            self._crop_tool.area = self._crop_tool.area.moved(dx, dy)
            self._tell()
            return
        if self.tool == "apart":
            self.apart.turn(1 if dx + dy > 0 else -1)
            self.pointed.emit()
            self._tell()
            return
        if self.tool in (*PAINTING, "pick"):
            return
        ids = [id for id in self._chosen() if find(self._session.document, id)]
        free = [id for id in ids if not is_locked(self._session.document, id, POSITION)]
        if not free:
            self.refused.emit(refusal(self._session.document, ids[0] if ids else None))
            return
        self._nudged = self._nudged[0] + dx, self._nudged[1] + dy
        self._session.preview(edits.nudge(self._session.document, free, *self._nudged))

    def nudge_done(self) -> None:
        """The arrow keys are up."""
        by, self._nudged = self._nudged, (0, 0)
        if by == (0, 0):
            return
        document = self._session.document
        ids = [id for id in self._chosen() if find(document, id) and not is_locked(document, id, POSITION)]
        if ids:
            self._session.commit(self.tr("Nudge"), edits.nudge(self._session.document, ids, *by))

    # What the options bar and the panels show

    def numbers(self) -> tuple[str, Rect | None, bool, str]:
        """Title, rectangle, can it be resized by numbers, some words."""
        if self.tool == "box":
            context = self._box_tool.overlay.context
            words = self.tr("The model sees {width} × {height} px around it")
            seen = words.format(width=context.width, height=context.height) if context else self.tr("Draw a box on the picture.")
            return self.tr("Generation Box"), self.box, True, seen
        if self.tool in (*PAINTING, "pick", "rotate", "apart"):
            return "", None, False, ""
        if self.tool == "crop":
            return self.tr("Crop"), self._crop_tool.area, True, self.tr("Enter: crop. Esc: leave the canvas as it is.")
        node = self._session.active_node
        area = self._move_tool.overlay.outline
        return self.tr("Move"), area, False, "" if area else node.name if node else self.tr("No layer is active")

    def set_numbers(self, rect: Rect) -> None:
        """Numbers typed into the options bar."""
        if self.tool == "box":
            self._box_tool.box = rect
        elif self.tool == "crop":
            self._crop_tool.area = rect
        elif self.tool == "move" and (now := self._move_tool.overlay.outline) is not None:
            document = edits.nudge(self._session.document, self._move_tool.wanted(), rect.left - now.left, rect.top - now.top)
            self._session.commit(self.tr("Move"), document)
        self._tell()

    @property
    def transforming(self) -> TransformTool:
        """For the numbers and buttons of the options bar."""
        return self._transform_tool

    def set_pivot(self, pivot: tuple[float, float]) -> None:
        """A fraction of the transform box's width and height."""
        self._transform_tool.pivot = pivot
        self._tell()

    def box_words(self) -> str:
        if self.box is None:
            return ""
        return self.tr("In the box of {width} × {height} px").format(width=self.box.width, height=self.box.height)

    def hint(self) -> str:
        """What the active tool does, for the status bar."""
        if self.tool == "box":
            return self.tr("Drag a box where the thing should stand. Shift: square. Arrows: nudge. Esc: no box. Space: pan.")
        if self.tool == "pick":
            return self.tr("Click or drag to read the colour of the picture as it is seen.")
        if self.tool == "brush":
            return self.tr("Drag to show again what the layer's mask hides. X: eraser. [ and ]: size. Shift: a line from the last stroke.")
        if self.tool == "eraser":
            return self.tr("Drag to hide parts of the active layer with its mask. X: brush. [ and ]: size. Shift: a line from the last stroke.")
        if self.tool == "transform":
            words = self.tr("Handles: scale, with Shift in proportion, with Alt about the pivot, with Ctrl skew. Outside: rotate, Shift by 15°.")
            return words + " " + self.tr("Enter: done. Esc: take it back.")
        if self.tool == "crop":
            return self.tr("Drag the canvas to be; it may be larger. Shift: proportions. Enter: crop. What lies outside stays in its layers.")
        if self.tool == "apart":
            words = self.tr("Drag a box around a thing, or click it. Ctrl-click: more. Alt-click: less.")
            return words + " " + self.tr("Shift: another behind it. Arrows: other finds. Enter: take out.")
        if self.tool == "rotate":
            return self.tr("Drag to turn the view. Shift: 15° steps. Esc: upright. The picture itself stays as it is.")
        return self.tr(
            "Drag to move the chosen layers. Alt: a copy. Ctrl: take the layer under the pointer. Shift: keep direction. Arrows: 1 px, with Shift 10."
        )

    def document_changed(self) -> None:
        """The document or the active layer is another one now."""
        if self.box is not None:
            self._box_tool.box = self.box  # pushed back onto a canvas that may have shrunk
        if self.tool == "transform":
            self._transform_tool.document_changed()
        self._tell()

    def _tell(self) -> None:
        self.changed.emit()
        self.repaint()
