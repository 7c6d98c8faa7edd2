"""Looking things up in a document, and what two documents differ in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, Layer, Node, below, bounds, damage, find, make_group, make_layer, only, parent_of, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Mask, Pixels


def layer(name: str, left: int = 0, top: int = 0, width: int = 40, height: int = 30, **fields: object) -> Layer:
    return make_layer(name, Pixels.from_array(np.full((height, width, 4), 200, np.uint8)), Placement(left, top), **fields)


def names(nodes: tuple[Node, ...]) -> list[str]:
    return [node.name for node in nodes]


@pytest.fixture
def document() -> Document:
    inner = make_group("inner", (layer("c", 50, 50), layer("d", 60, 60)))
    outer = make_group("outer", (layer("b", 10, 10), inner, layer("e", 100, 100)))
    return Document(200, 200, (layer("a", 0, 0, 200, 200), outer, layer("f", 150, 150)))


def named(document: Document, name: str) -> Node:
    return next(node for node, _, _ in walk(document) if node.name == name)


def test_walking_goes_from_bottom_to_top_with_depths_and_parents(document: Document) -> None:
    seen = [(node.name, depth, parent.name if parent else None) for node, depth, parent in walk(document)]
    assert seen == [
        ("a", 0, None), ("outer", 0, None), ("b", 1, "outer"), ("inner", 1, "outer"),
        ("c", 2, "inner"), ("d", 2, "inner"), ("e", 1, "outer"), ("f", 0, None),
    ]  # fmt: skip


def test_nodes_are_found_by_id(document: Document) -> None:
    d = named(document, "d")
    assert find(document, d.id) is d and find(document, "nobody") is None and find(document, None) is None
    assert parent_of(document, d.id).name == "inner" and parent_of(document, named(document, "a").id) is None
    assert bounds(named(document, "inner")) == Rect(50, 50, 100, 90)


def test_one_can_look_at_what_lies_below(document: Document) -> None:
    assert [node.name for node, _, _ in walk(below(document, named(document, "c").id))] == ["a", "outer", "b", "inner", "c"]
    assert [node.name for node, _, _ in walk(below(document, named(document, "c").id, inclusive=False))] == ["a", "outer", "b", "inner"]
    assert below(document, None) is document
    assert [node.name for node, _, _ in walk(only(document, [named(document, "d").id, named(document, "a").id]))] == ["a", "outer", "inner", "d"]


def changed(document: Document, which: str, **fields: object) -> Rect | None:
    node = named(document, which)
    return damage(document, edits.replace_node(document, replace(node, **fields)))


def test_what_looks_the_same_has_no_damage(document: Document) -> None:
    assert damage(document, document) is None
    assert changed(document, "c", name="other", locked=True, color_tag="red") is None
    hidden = edits.set_visible(document, named(document, "f").id, False)
    assert damage(hidden, edits.nudge(hidden, [named(document, "f").id], 5, 5)) is None


def test_damage_is_where_it_was_and_where_it_is(document: Document) -> None:
    assert damage(document, edits.nudge(document, [named(document, "c").id], 10, 5)) == Rect(50, 50, 100, 85)
    assert changed(document, "c", opacity=0.5) == Rect(50, 50, 90, 80)
    assert changed(document, "inner", blend="multiply") == Rect(50, 50, 100, 90)
    assert changed(document, "f", visible=False) == Rect(150, 150, 190, 180)
    assert changed(document, "c", mask=Mask.from_array(np.zeros((9, 9), np.uint8))) == Rect(50, 50, 90, 80)
    assert damage(document, edits.remove(document, [named(document, "b").id])) == Rect(10, 10, 50, 40)
    assert damage(document, edits.nudge(document, [named(document, "f").id], 500, 0)) == Rect(150, 150, 200, 180)
    assert damage(document, replace(document, width=300)) == Rect(0, 0, 300, 200)


def test_moving_one_node_in_the_order_damages_its_place_only(document: Document) -> None:
    moved = edits.move_node(document, named(document, "f").id, None, 0)
    assert damage(document, moved) == Rect(150, 150, 190, 180)


def test_a_stroke_damages_its_tiles_only() -> None:
    big = make_layer("big", Pixels.from_array(np.full((1000, 1000, 4), 9, np.uint8)), Placement(7, 9))
    document = Document(1100, 1100, (big,))
    stroke = replace(big, pixels=big.pixels.with_region(300, 600, np.zeros((5, 5, 4), np.uint8)))
    assert damage(document, edits.replace_node(document, stroke)) == Rect.from_size(256 + 7, 512 + 9, 256, 256)


def test_a_clipped_layer_that_gets_another_base_is_damaged(document: Document) -> None:
    base, clip = layer("base", 0, 0, 200, 200), layer("clip", 20, 120, clipping=True)
    before = replace(document, layers=(*document.layers, base, clip))
    assert damage(before, edits.set_clipping(before, clip.id, False)) == Rect(20, 120, 60, 150)
    between = edits.add_layer(before, layer("between", 190, 0, 5, 5), above=base.id)
    assert damage(before, between) == Rect(20, 0, 195, 150)
