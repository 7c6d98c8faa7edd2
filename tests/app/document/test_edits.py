"""Edits as an artist knows them, and what holds for any sequence of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.document import edits
from app.document.document import Candidate, Document, Group, Layer, Node, find, make_group, make_layer, parent_of, siblings, walk
from app.document.geometry import Placement, Rect
from app.document.pixels import Mask, Pixels
from app.errors import EditError
from app.render.blend import BLEND_MODES
from app.render.render import render
from app.session.session import Session


def layer(name: str, left: int = 0, top: int = 0, shade: int = 200, **fields: object) -> Layer:
    array = np.full((30, 40, 4), shade, np.uint8)
    array[..., 3] = 255
    return make_layer(name, Pixels.from_array(array), Placement(left, top), **fields)


def document() -> Document:
    inner = make_group("inner", (layer("c", 50, 50), layer("d", 60, 60)))
    outer = make_group("outer", (layer("b", 10, 10), inner))
    return Document(120, 100, (layer("a"), outer, layer("e", 70, 50)))


def tree(document: Document) -> str:
    def words(nodes: tuple[Node, ...]) -> str:
        return " ".join(f"{node.name}({words(node.children)})" if isinstance(node, Group) else node.name for node in nodes)

    return words(document.layers)


def id_of(document: Document, name: str) -> str:
    return next(node.id for node, _, _ in walk(document) if node.name == name)


def test_a_new_layer_goes_right_above_another_in_the_same_group() -> None:
    old = document()
    assert tree(edits.add_layer(old, layer("x"))) == "a outer(b inner(c d)) e x"
    assert tree(edits.add_layer(old, layer("x"), above=id_of(old, "c"))) == "a outer(b inner(c x d)) e"
    assert tree(edits.add_layer(old, layer("x"), above=id_of(old, "outer"))) == "a outer(b inner(c d)) x e"
    assert tree(edits.add_at_bottom(old, layer("x"), id_of(old, "inner"))) == "a outer(b inner(x c d)) e"


def test_deleting_a_group_deletes_what_it_holds() -> None:
    old = document()
    assert tree(edits.remove(old, [id_of(old, "inner"), id_of(old, "e")])) == "a outer(b)"
    with pytest.raises(KeyError):
        edits.remove(old, ["nobody"])


def test_layers_move_into_groups_out_of_them_and_within() -> None:
    old = document()
    assert tree(edits.move_node(old, id_of(old, "e"), id_of(old, "inner"), 1)) == "a outer(b inner(c e d))"
    assert tree(edits.move_node(old, id_of(old, "c"), None, 0)) == "c a outer(b inner(d)) e"
    assert tree(edits.move_node(old, id_of(old, "d"), id_of(old, "inner"), 0)) == "a outer(b inner(d c)) e"
    assert tree(edits.move_node(old, id_of(old, "a"), None, 99)) == "outer(b inner(c d)) e a"
    assert edits.move_node(old, id_of(old, "a"), None, 0) is old
    with pytest.raises(EditError):
        edits.move_node(old, id_of(old, "outer"), id_of(old, "inner"), 0)


def test_a_duplicate_lies_above_and_has_ids_of_its_own() -> None:
    old = document()
    new, copy = edits.duplicate(old, id_of(old, "outer"))
    assert tree(new) == "a outer(b inner(c d)) outer copy(b inner(c d)) e"
    ids = [node.id for node, _, _ in walk(new)]
    assert len(ids) == len(set(ids)) and find(new, copy).name == "outer copy"
    assert find(new, copy).children[0].pixels is find(old, id_of(old, "b")).pixels


def test_grouping_collects_layers_where_the_topmost_was() -> None:
    old = document()
    new, group = edits.group(old, [id_of(old, "a"), id_of(old, "d"), id_of(old, "inner")], "mine")
    assert tree(new) == "outer(b mine(a inner(c d))) e" and find(new, group).name == "mine"
    assert tree(edits.ungroup(new, group)) == "outer(b a inner(c d)) e"
    with pytest.raises(EditError):
        edits.group(old, [])
    with pytest.raises(EditError):
        edits.ungroup(old, id_of(old, "a"))


def test_an_edit_that_changes_nothing_gives_the_same_document() -> None:
    old = document()
    a = id_of(old, "a")
    assert edits.rename(old, a, "a") is old
    assert edits.set_opacity(old, a, 1.0) is old
    assert edits.set_visible(old, a, True) is old
    assert edits.set_opacity(edits.set_opacity(old, a, 7), a, 1) is old


def test_an_edit_shares_everything_it_does_not_touch() -> None:
    old = document()
    new = edits.rename(old, id_of(old, "c"), "other")
    assert new.layers[0] is old.layers[0] and new.layers[2] is old.layers[2]
    assert new.layers[1].children[0] is old.layers[1].children[0]
    assert find(new, id_of(old, "d")) is find(old, id_of(old, "d"))


def test_unknown_blend_modes_are_refused() -> None:
    old = document()
    assert find(edits.set_blend(old, id_of(old, "a"), "soft light"), id_of(old, "a")).blend == "soft light"
    assert find(edits.set_blend(old, id_of(old, "outer"), "normal"), id_of(old, "outer")).blend == "normal"
    for name, mode in (("a", "pass through"), ("a", "glow"), ("outer", "Normal")):
        with pytest.raises(EditError):
            edits.set_blend(old, id_of(old, name), mode)


def test_a_group_that_is_composed_apart_has_its_fill_in_its_opacity() -> None:
    """Nobody would find it elsewhere."""
    group = make_group("g", (layer("a"),), opacity=0.5, fill=0.4)
    apart = edits.set_blend(Document(120, 100, (group,)), group.id, "normal").layers[0]
    assert (apart.blend, apart.opacity, apart.fill) == ("normal", 0.2, 1.0)
    through = edits.set_blend(Document(120, 100, (group,)), group.id, "pass through").layers[0]
    assert (through.opacity, through.fill) == (0.5, 0.4)


def test_a_group_moves_with_its_mask_and_locked_layers_stay() -> None:
    old = document()
    old = edits.set_mask(old, id_of(old, "outer"), Mask.from_array(np.zeros((5, 5), np.uint8), 3, 4))
    old = edits.set_locked(old, id_of(old, "d"), True)
    new = edits.nudge(old, [id_of(old, "outer"), id_of(old, "b")], 7, -2)
    assert find(new, id_of(old, "b")).placement == Placement(17, 8)
    assert find(new, id_of(old, "c")).placement == Placement(57, 48)
    assert find(new, id_of(old, "d")).placement == Placement(60, 60)
    assert (new.layers[1].mask.left, new.layers[1].mask.top) == (10, 2)


def test_merging_down_keeps_the_look_and_the_lower_layers_name() -> None:
    ground = layer("ground", 0, 0, 90)
    lower, upper = layer("lower", -10, 20, 30, opacity=0.5), layer("upper", 20, 30, 250, blend="multiply", opacity=0.7)
    old = Document(120, 100, (ground, lower, upper))
    new = edits.merge_down(old, upper.id)
    assert tree(new) == "ground lower" and new.layers[1].id == lower.id
    merged = render(new, Rect(-20, 0, 120, 100)).astype(int)
    apart = render(Document(120, 100, (ground, make_group("g", (lower, upper), blend="normal"))), Rect(-20, 0, 120, 100))
    assert np.abs(merged - apart).max() <= 1  # as the two look by themselves
    with pytest.raises(EditError):
        edits.merge_down(old, ground.id)
    with pytest.raises(EditError):
        edits.merge_down(edits.set_visible(old, lower.id, False), upper.id)


def any_node(data: some.DataObject, name: str, kinds: tuple[str, ...] = ("layer", "group")) -> Node:
    """A layer or group with holes, soft edges, perhaps a mask and an opacity, on a canvas of 24 pixels a side; blend mode normal."""
    numbers = np.random.default_rng(data.draw(some.integers(0, 99)))
    fields = {"opacity": data.draw(some.sampled_from([1.0, 0.4])), "clipping": data.draw(some.booleans())}
    if data.draw(some.booleans()):
        shades = numbers.integers(0, 256, (12, 12), dtype=np.uint8)
        fields["mask"] = Mask.from_array(shades, 4, 4, data.draw(some.sampled_from([0, 255])), False)
    if data.draw(some.sampled_from(kinds)) == "group":
        return make_group(name, (any_node(data, name + "1", ("layer",)), any_node(data, name + "2", ("layer",))), blend="normal", **fields)
    place = Placement(data.draw(some.integers(0, 12)), data.draw(some.integers(0, 12)), data.draw(some.sampled_from([1.0, 1.5])))
    return make_layer(name, Pixels.from_array(numbers.integers(0, 256, (12, 12, 4), dtype=np.uint8)), place, **fields)


@settings(max_examples=25)
@given(some.data())
def test_merging_down_looks_the_same_with_masks_opacities_clipping_and_groups(data: some.DataObject) -> None:
    nodes = tuple(any_node(data, name) for name in "abcd")
    ground = make_layer("ground", Pixels.from_array(patterned(24)))
    old = Document(24, 24, (ground, replace(nodes[0], clipping=False), *nodes[1:]))
    upper = data.draw(some.sampled_from(old.layers[2:]))
    new = edits.merge_down(old, upper.id)
    assert len(list(walk(new))) < len(list(walk(old)))
    assert np.abs(render(new, new.rect).astype(int) - render(old, old.rect)).max() <= 2  # what is baked is rounded to 8 bits


@settings(max_examples=30)
@given(some.data(), some.sampled_from(BLEND_MODES))
def test_merging_a_blended_layer_down_looks_the_same_on_what_is_opaque_and_on_what_it_clips_to(data: some.DataObject, mode: str) -> None:
    """On anything else no single layer could look the same: the mode would have to see what lies below."""
    clips = data.draw(some.booleans())
    lower = replace(any_node(data, "lower", ("layer",)), clipping=False) if clips else make_layer("ground", Pixels.from_array(patterned(24)))
    upper = replace(any_node(data, "upper", ("layer",)), blend=mode, clipping=clips)
    old = Document(24, 24, (make_layer("under", Pixels.from_array(patterned(24)[::-1])), lower, upper))
    new = edits.merge_down(old, upper.id)
    difference = np.abs(render(new, new.rect).astype(int) - render(old, old.rect)).max()
    assert difference <= 2 and len(new.layers) == 2


def patterned(side: int) -> np.ndarray:
    """(side, side, 4) uint8, opaque, no two pixels alike."""
    y, x = np.mgrid[0:side, 0:side]
    return np.stack([x * 10, y * 10, 120 + x * 3 - y * 2, np.full_like(x, 255)], axis=-1).astype(np.uint8)


def test_merging_takes_along_what_clips_to_the_layers() -> None:
    base, clipped, upper = layer("base"), layer("clipped", 5, 5, 9, clipping=True), layer("upper", 20, 20, 99)
    on_top = layer("on top", 20, 20, 50, clipping=True)
    old = Document(120, 100, (base, clipped, upper, on_top))
    assert tree(edits.merge_down(old, upper.id)) == "base"
    assert tree(edits.merge_down(old, on_top.id)) == "base clipped upper"
    assert tree(edits.merge(old, [base.id, clipped.id])) == "base upper on top"
    with pytest.raises(EditError, match="Hidden"):
        edits.merge_down(edits.set_visible(old, clipped.id, False), upper.id)


def test_flattening_keeps_the_look() -> None:
    old = document()
    old = edits.set_visible(old, id_of(old, "e"), False)
    new = edits.flatten(old)
    assert len(new.layers) == 1
    assert np.array_equal(render(new, new.rect), render(old, old.rect))
    with pytest.raises(EditError):
        edits.flatten(Document(9, 9))


# Candidates


def candidate(shade: int, left: int, top: int, width: int = 20, height: int = 10, **recipe: object) -> Candidate:
    return Candidate(Pixels.from_array(np.full((height, width, 4), shade, np.uint8)), Placement(left, top), {"seed": shade, **recipe})


def generated(first: Candidate, **fields: object) -> tuple[Document, str]:
    made = make_layer("red mug", first.pixels, first.placement, recipe=first.recipe, candidates=(first,), **fields)
    return Document(120, 100, (layer("a"), made, layer("z"))), made.id


def test_a_new_candidate_takes_the_place_and_the_earlier_one_stays_reachable() -> None:
    first, second = candidate(1, 30, 40), candidate(2, 28, 43, 30, 16)
    old, id = generated(first, opacity=0.5, blend="multiply")
    new = edits.add_candidate(old, id, second)
    made = find(new, id)
    assert tree(new) == "a red mug z" and (made.opacity, made.blend) == (0.5, "multiply")
    assert (made.pixels, made.placement, made.recipe) == (second.pixels, second.placement, second.recipe)
    assert made.candidates == (first, second)
    back = find(edits.use_candidate(new, id, 0), id)
    assert (back.pixels, back.placement, back.recipe) == (first.pixels, first.placement, first.recipe)


def test_a_layer_that_was_moved_and_turned_keeps_that_with_every_candidate() -> None:
    first, second = candidate(1, 30, 40), candidate(2, 28, 43, 30, 16)
    old, id = generated(first, mask=Mask.from_array(np.zeros((5, 5), np.uint8), 4, 5))
    old = edits.nudge(old, [id], 10, -5)
    new = find(edits.add_candidate(old, id, second), id)
    assert new.placement == Placement(38, 38)
    assert (new.mask.left + new.placement.x, new.mask.top + new.placement.y) == (4 + 40, 5 + 35)
    turned = edits.set_placement(old, id, Placement(40, 35, 2, 2, 90))
    new = find(edits.add_candidate(turned, id, second), id)
    assert (new.placement.scale_x, new.placement.rotation) == (2, 90)
    again = find(edits.use_candidate(edits.add_candidate(turned, id, second), id, 0), id)
    assert again.placement == Placement(40, 35, 2, 2, 90)


def test_a_candidate_made_for_another_place_goes_there_and_the_earlier_ones_follow() -> None:
    first, second = candidate(1, 30, 40), candidate(2, 68, 13, 30, 16)
    old, id = generated(first)
    old = edits.nudge(old, [id], 40, -30)
    new = edits.add_candidate(old, id, second, in_place=False)
    assert find(new, id).placement == second.placement
    assert find(edits.use_candidate(new, id, 0), id).placement == Placement(70, 10)


def test_candidates_can_be_forgotten_but_the_last() -> None:
    first, second = candidate(1, 30, 40), candidate(2, 28, 43)
    old, id = generated(first)
    new = edits.remove_candidate(edits.add_candidate(old, id, second), id, 1)
    assert find(new, id).candidates == (first,) and find(new, id).pixels is first.pixels
    with pytest.raises(EditError):
        edits.remove_candidate(new, id, 0)


# Whatever one does

Edit = Callable[[Document, some.DataObject], Document]


def any_id(document: Document, data: some.DataObject) -> str:
    return data.draw(some.sampled_from([node.id for node, _, _ in walk(document)]))


def any_move(document: Document, data: some.DataObject) -> Document:
    id = any_id(document, data)
    groups = [None, *(node.id for node, _, _ in walk(document) if isinstance(node, Group))]
    return edits.move_node(document, id, data.draw(some.sampled_from(groups)), data.draw(some.integers(0, 5)))


def any_placement(document: Document, data: some.DataObject) -> Document:
    node = find(document, any_id(document, data))
    shift, scale, turn = some.integers(-50, 50), some.sampled_from([-1, 0.5, 1, 2]), some.sampled_from([0, 45, 90])
    placement = data.draw(some.builds(Placement, shift, shift, scale, scale, turn))
    return edits.set_placement(document, node.id, placement) if isinstance(node, Layer) else document


EDITS: dict[str, Edit] = {
    "add": lambda d, data: edits.add_layer(d, layer("new", 5, 5), any_id(d, data)),
    "remove": lambda d, data: edits.remove(d, [any_id(d, data)]),
    "move": any_move,
    "duplicate": lambda d, data: edits.duplicate(d, any_id(d, data))[0],
    "rename": lambda d, data: edits.rename(d, any_id(d, data), data.draw(some.text(max_size=5))),
    "opacity": lambda d, data: edits.set_opacity(d, any_id(d, data), data.draw(some.floats(-1, 2))),
    "blend": lambda d, data: edits.set_blend(d, any_id(d, data), data.draw(some.sampled_from(["normal", "multiply", "hue"]))),
    "visible": lambda d, data: edits.set_visible(d, any_id(d, data), data.draw(some.booleans())),
    "nudge": lambda d, data: edits.nudge(d, [any_id(d, data), any_id(d, data)], 3, 4),
    "placement": any_placement,
    "mask": lambda d, data: edits.set_mask(d, any_id(d, data), Mask.from_array(np.zeros((9, 9), np.uint8))),
    "group": lambda d, data: edits.group(d, [any_id(d, data), any_id(d, data)])[0],
    "ungroup": lambda d, data: edits.ungroup(d, any_id(d, data)),
    "merge": lambda d, data: edits.merge_down(d, any_id(d, data)),
}


@settings(max_examples=40)
@given(some.lists(some.sampled_from(sorted(EDITS)), max_size=12), some.data())
def test_any_edits_can_be_undone_to_the_very_same_document_and_redone(steps: list[str], data: some.DataObject) -> None:
    session = Session(document())
    states = [session.document]
    for step in steps:
        if not session.document.layers:
            break
        try:
            changed = EDITS[step](session.document, data)
        except EditError:
            continue
        session.commit(step, changed)
        if changed is not states[-1]:
            states.append(changed)
        ids = [node.id for node, _, _ in walk(changed)]
        assert len(ids) == len(set(ids))
        for id in ids:
            assert find(changed, id) in siblings(changed, parent_of(changed, id))
        assert session.active is None or session.active in ids
    for state in reversed(states):
        assert session.document is state
        session.undo()
    assert not session.modified
    for state in states:
        assert session.document is state
        session.redo()


@settings(max_examples=30)
@given(some.permutations("abcdef"), some.sampled_from("abcdef"), some.integers(0, 5))
def test_reordering_one_layer_leaves_the_order_of_the_others(order: list[str], which: str, index: int) -> None:
    old = Document(50, 50, tuple(layer(name) for name in order))
    new = edits.move_node(old, id_of(old, which), None, index)
    after = [node.name for node in new.layers]
    assert after.index(which) == index
    assert [name for name in after if name != which] == [name for name in order if name != which]
    assert {node.name: node for node in new.layers} == {node.name: node for node in old.layers}


def test_replacing_a_node_keeps_its_place() -> None:
    old = document()
    c = find(old, id_of(old, "c"))
    assert tree(edits.replace_node(old, replace(c, name="C"))) == "a outer(b inner(C d)) e"
