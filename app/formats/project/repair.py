"""Bring the state of a project within the limits of its reader: by its writer, so that what is saved opens again, and for files that are beyond them.

What lies beyond is of no use to anybody – a layer a billion pixels away, a hundred and one nested groups, a number that is none – but it must not
take the rest of the work with it.
"""

from __future__ import annotations

import math

from ...document.geometry import STEEPEST
from ..limits import DEEPEST_GROUP, FARTHEST, FARTHEST_WHOLE

_PLACEMENT = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0)  # x, y, scales, rotation, skew: what stands in for numbers that are none
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def mend(plain: dict) -> int:
    """Bring a state (state.to_json) within the limits, in place; returns how many values were changed."""
    changed = 0
    if isinstance(plain.get("dpi"), int | float):
        changed += _set(plain, "dpi", _within(plain["dpi"], 0.001, 1e6, 72.0))
    if isinstance(plain.get("origin"), list):
        changed += _set(plain, "origin", [_within(value, -FARTHEST_WHOLE, FARTHEST_WHOLE, 0) for value in plain["origin"]])
    for guide in plain.get("guides") or ():
        changed += _set(guide, "position", _within(guide["position"], -FARTHEST, FARTHEST, 0.0))
    if not isinstance(plain.get("layers"), list):
        return changed
    nodes, lifted = _shallow(plain["layers"], 0)
    plain["layers"] = nodes
    return changed + lifted + sum(_mend_node(node) for node in _all(nodes))


def _all(nodes: list) -> list[dict]:
    """Every node at every depth."""
    waiting, found = list(nodes), []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("children") or []
    return found


def _shallow(nodes: list, depth: int) -> tuple[list, int]:
    """Nodes without groups below DEEPEST_GROUP: what those hold stands in their place; and how many are gone."""
    kept, gone = [], 0
    for node in nodes:
        if node.get("kind") == "group":
            node["children"], inside = _shallow(node.get("children") or [], depth + 1)
            gone += inside
            if depth >= DEEPEST_GROUP:
                kept, gone = kept + node["children"], gone + 1
                continue
        kept.append(node)
    return kept, gone


def _mend_node(node: dict) -> int:
    changed = _set(node, "opacity", _within(node.get("opacity"), 0, 1, 1.0))
    if "fill" in node:
        changed += _set(node, "fill", _within(node["fill"], 0, 1, 1.0))
    if isinstance(node.get("mask"), dict):
        changed += _mend_mask(node["mask"])
    for placed in (node, *(node.get("candidates") or ())):
        if "placement" in placed:
            changed += _set(placed, "placement", [_in_placement(at, value) for at, value in enumerate(placed["placement"])])
        if placed.get("recipe") is not None:
            fresh = _plain(placed["recipe"])
            changed += fresh is not placed["recipe"] and repr(fresh) != repr(placed["recipe"])
            placed["recipe"] = fresh
    return changed


def _in_placement(at: int, value: object) -> float:
    reach = STEEPEST if at == 5 else FARTHEST
    return _within(value, -reach, reach, _PLACEMENT[min(at, 5)])


def _mend_mask(mask: dict) -> int:
    changed = sum(_set(mask, side, _within(mask[side], -FARTHEST_WHOLE, FARTHEST_WHOLE, 0)) for side in ("left", "top"))
    changed += _set(mask, "default", _within(mask["default"], 0, 255, 255))
    if "matrix" in mask:
        usual = _IDENTITY
        changed += _set(mask, "matrix", [_within(value, -FARTHEST, FARTHEST, usual[at]) for at, value in enumerate(mask["matrix"])])
    return changed


def _plain(value: object) -> object:
    """A recipe's data without numbers that JSON has none for."""
    if isinstance(value, float) and not math.isfinite(value):
        return 0.0
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _within(value: object, low: float, high: float, usual: float) -> float:
    """A number within its limits, `usual` for what is none (NaN); what is no number at all stays, and is damage."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if math.isnan(value):
        return usual
    return value if low <= value <= high else min(max(value, low), high)


def _set(holder: dict, key: str, value: object) -> int:
    """1 where that changes something."""
    if holder.get(key) == value:
        return 0
    holder[key] = value
    return 1
