"""What can be done now, in the words that the table of actions uses (Action.needs)."""

from __future__ import annotations

from app.document.document import LOCKS, Document, Group, Layer, parent_of, siblings
from app.document.locks import ALTERING, POSITION, is_locked
from app.session.session import Session

from ..canvas.tool_desk import PAINTING, ToolDesk


def conditions(session: Session, chosen: list[str], desk: ToolDesk, jobs: bool) -> set[str]:
    """chosen: ids of the layers that are selected; jobs: is anything in the queue?"""
    node, document = session.active_node, session.shown
    layer = isinstance(node, Layer)
    generated = layer and "box" in (node.recipe or {})  # a shadow that was split off has none
    on_another = node is not None and _has_below(document, node.id)
    found = {
        "undo": session.history.can_undo,
        "redo": session.history.can_redo,
        "jobs": jobs,
        "layer": node is not None,
        "free layer": node is not None and not is_locked(document, node.id),
        "movable layer": node is not None and not is_locked(document, node.id, POSITION),
        "locked": node is not None and node.locked,
        **{f"{kind} locked": node is not None and kind in node.locks for kind in LOCKS},
        "group": isinstance(node, Group),
        "pixels": layer,
        "free pixels": layer and not is_locked(document, node.id, ALTERING),
        "pixels on another": layer and on_another,
        "left out": node is not None and not node.seen_by_engine,
        "generated layer": generated,
        "free generated layer": generated and not is_locked(document, node.id, ALTERING),
        "candidates": layer and len(node.candidates) > 1,
        "layer below": on_another,
        "mergeable": on_another or isinstance(node, Group) or len(chosen) > 1,
        "mask": node is not None and node.mask is not None,
        "no mask": node is not None and node.mask is None,
        "mask on a layer": layer and node.mask is not None,
        "layer without mask": layer and node.mask is None,
        "box on a layer": node is not None and desk.box is not None,
        "selection": desk.tool == "apart" and bool(desk.apart.found),
        "selection on a layer": desk.tool == "apart" and bool(desk.apart.found) and node is not None,
        "painting": desk.tool in PAINTING,
        "box": desk.box is not None,
        "several layers": len(chosen) > 2,
        "guides": bool(document.guides),
    }
    return {name for name, holds in found.items() if holds}


def _has_below(document: Document, id: str) -> bool:
    nodes = siblings(document, parent_of(document, id))
    return bool(nodes) and nodes[0].id != id
