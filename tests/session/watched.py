"""The real program, watched: `python -m tests.session.watched STATE FILE` runs main.py's main on FILE and keeps writing into STATE (JSON) what
an artist would see: layers, steps, jobs, dialogs, and where things are on the screen. It does nothing itself.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtWidgets import QApplication, QWidget

import main
from app.document.document import Node, walk
from ui.layers.model import NAME
from ui.layers.tree import cells
from ui.window.main_window import MainWindow

EVERY = 60  # milliseconds


def place(widget: QWidget, rect: QRect) -> list[int]:
    """x, y, width, height on the screen."""
    corner = widget.mapToGlobal(rect.topLeft())
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def state_of(window: MainWindow) -> dict:
    session, tree = window.session, window.layer_panel.tree
    canvas, dialog = window.canvas, QApplication.activeModalWidget()
    first, second = (canvas.mapToGlobal(canvas.to_widget(at, at).toPoint()) for at in (0, 100))
    rows = {}
    for node, _, _ in walk(session.document):
        rect = tree.visualRect(tree.layer_model.index_of(node.id, NAME))
        rows[node.name] = {name: place(tree.viewport(), getattr(cells(rect, node), name)) for name in ("words", "mask")}
    return {
        "window": QApplication.activeWindow().windowTitle() if QApplication.activeWindow() else "",
        "ready": canvas.isVisible(),
        "title": window.windowTitle(),
        "modified": window.isWindowModified(),
        "tree": [_tree(node) for node in session.document.layers],
        "active": session.active_node.name if session.active_node else "",
        "placement": [session.active_node.placement.x, session.active_node.placement.y] if hasattr(session.active_node, "placement") else [],
        "scale": getattr(getattr(session.active_node, "placement", None), "scale_x", 1.0),
        "steps": list(map(str, session.history.labels)),
        "index": session.history.index,
        "tool": window.desk.tool,
        "box": list(vars(window.desk.box).values()) if window.desk.box else [],
        "jobs": window.generation.alive,
        "words": window.messages.sentence if window.messages.isVisible() else "",
        "dialog": dialog.windowTitle() if dialog else "",
        "kind": type(dialog).__name__,
        "focus": type(QApplication.focusWidget()).__name__,
        "origin": [first.x(), first.y()],
        "zoom": (second - first).x() / 100,
        "rows": rows,
        "prompt": window.generate_panel.text,
        "corners": [[point.x(), point.y()] for point in _corners(window)],
        "saving": not window.files.idle,
    }


def _corners(window: MainWindow) -> list[QPoint]:
    """Of the transform box, on the screen."""
    frame = window.desk.transforming.frame if window.desk.tool == "transform" else None
    return [window.canvas.mapToGlobal(window.canvas.to_widget(*corner).toPoint()) for corner in frame.corners] if frame else []


def _tree(node: Node) -> str | list:
    return [node.name, [_tree(child) for child in node.children]] if hasattr(node, "children") else node.name


def watch(window: MainWindow, path: Path) -> None:
    told = [""]

    def tell() -> None:
        now = json.dumps(state_of(window))
        if now != told[0]:
            told[0] = now
            path.with_suffix(".new").write_text(now)
            os.replace(path.with_suffix(".new"), path)

    timer = QTimer(window)
    timer.timeout.connect(tell)
    timer.start(EVERY)


if __name__ == "__main__":
    sys.exit(main.main(sys.argv[2:], opened=lambda window: watch(window, Path(sys.argv[1]))))
