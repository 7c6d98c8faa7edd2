"""Every change of a document, as functions Document -> Document. Lists of nodes run from bottom to top.

Unknown ids raise KeyError (a bug in the caller); edits that make no sense raise EditError (a sentence for the user).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..errors import EditError
from ..formats.limits import DEEPEST_GROUP
from ..render.blend import BLEND_MODES, PASS_THROUGH
from ..render.render import render
from ..words import phrase
from .document import Candidate, Document, Group, Layer, Node, bounds, find, make_group, new_id, parent_of, siblings, walk
from .geometry import EMPTY, Placement, invert, shift
from .locks import ALTERING, POSITION, holds, refuse_locked
from .pixels import Mask, Pixels

Nodes = tuple[Node, ...]


def get(document: Document, id: str) -> Node:
    """The node of that id; KeyError where there is none."""
    node = find(document, id)
    if node is None:
        raise KeyError(id)
    return node


def add_layer(document: Document, node: Node, above: str | None = None) -> Document:
    """Put a node directly above another, in the same group; above None puts it on top of everything."""
    if above is None:
        return replace(document, layers=(*document.layers, node))
    parent = parent_of(document, above)
    index = _index(siblings(document, parent), get(document, above).id)
    return _insert(document, node, parent.id if parent else None, index + 1)


def add_at_bottom(document: Document, node: Node, parent_id: str | None = None) -> Document:
    """Put a node below all others of a group, or of the whole document."""
    return _insert(document, node, parent_id, 0)


def remove(document: Document, ids: Iterable[str]) -> Document:
    """Take nodes away, groups with all they hold."""
    gone = {get(document, id).id for id in ids}
    return replace(document, layers=_filtered(document.layers, gone)) if gone else document


def replace_node(document: Document, node: Node) -> Document:
    """Put `node` in the place of the one that has its id."""
    get(document, node.id)
    return replace(document, layers=_mapped(document.layers, node.id, lambda _: node))


def move_node(document: Document, id: str, parent_id: str | None, index: int) -> Document:
    """Move a node so that it gets `index` among the children of a group (None: the top level), itself not counted."""
    node = get(document, id)
    if parent_id is not None and parent_id in {inner.id for inner in _flat((node,))}:
        raise EditError(phrase("A group cannot be moved into itself."))
    before = parent_of(document, id)
    at_home = (before.id if before else None) == parent_id
    if at_home and _index(siblings(document, before), id) == index:
        return document
    return _insert(remove(document, [id]), node, parent_id, index)


def duplicate(document: Document, id: str) -> tuple[Document, str]:
    """A copy right above, with ids of its own; returns the document and the copy's id."""
    copy = copy_of(get(document, id))
    return add_layer(document, copy, id), copy.id


def copy_of(node: Node) -> Node:
    """The same with ids of its own."""
    return replace(with_fresh_ids(node), name=f"{node.name} copy")


def rename(document: Document, id: str, name: str) -> Document:
    return _set(document, id, name=name)


def set_opacity(document: Document, id: str, opacity: float) -> Document:
    return _set(document, id, opacity=min(max(float(opacity), 0.0), 1.0))


def set_blend(document: Document, id: str, blend: str) -> Document:
    known = BLEND_MODES if isinstance(get(document, id), Layer) else (*BLEND_MODES, PASS_THROUGH)
    if blend not in known:
        raise EditError(phrase("There is no blend mode “{mode}”.", mode=blend))
    node = get(document, id)
    if isinstance(node, Group) and blend != PASS_THROUGH:  # composed apart, a group has one opacity
        return _set(document, id, blend=blend, opacity=node.opacity * node.fill, fill=1.0)
    return _set(document, id, blend=blend)


def set_visible(document: Document, id: str, visible: bool) -> Document:
    return _set(document, id, visible=visible)


def set_locked(document: Document, id: str, locked: bool) -> Document:
    """Lock it as a whole, or take that lock away; the single ones (set_lock) stay as they are."""
    return _set(document, id, locked=locked)


def set_lock(document: Document, id: str, kind: str, locked: bool) -> Document:
    """Lock or unlock one thing of a node: a name of LOCKS."""
    locks = get(document, id).locks
    return _set(document, id, locks=locks | {kind} if locked else locks - {kind})


def unlock(document: Document, id: str) -> Document:
    """Take every lock of the node away."""
    return _set(document, id, locked=False, locks=frozenset())


def set_clipping(document: Document, id: str, clipping: bool) -> Document:
    """Show a node only where the nearest unclipped sibling below shows."""
    if clipping and siblings(document, parent_of(document, id))[0].id == id:
        raise EditError(phrase("There is nothing below “{name}” to clip it to.", name=get(document, id).name))
    return _set(document, id, clipping=clipping)


def set_color_tag(document: Document, id: str, color_tag: str) -> Document:
    return _set(document, id, color_tag=color_tag)


def set_seen_by_engine(document: Document, id: str, seen: bool) -> Document:
    """Let the node count when the engine looks at the picture, or leave it out."""
    return _set(document, id, seen_by_engine=seen)


def set_mask(document: Document, id: str, mask: Mask | None) -> Document:
    return _set(document, id, mask=mask)


def set_placement(document: Document, id: str, placement: Placement) -> Document:
    """Of a layer; a linked mask follows by itself because it lives in layer pixels."""
    return _set(document, id, placement=placement)


def nudge(document: Document, ids: Iterable[str], dx: float, dy: float) -> Document:
    """Move nodes with all they hold by canvas pixels; those whose position is locked stay where they are."""
    chosen = [get(document, id) for id in ids]
    inside = {inner.id for node in chosen for inner in _flat((node,)) if inner is not node}
    for node in chosen:
        if node.id not in inside:  # a group that is chosen too moves it already
            document = replace_node(document, _moved(node, dx, dy))
    return document


def group(document: Document, ids: Iterable[str], name: str = "Group") -> tuple[Document, str]:
    """Put nodes into a new group where the topmost of them was; returns the document and the group's id."""
    chosen = outermost(document, ids)
    if not chosen:
        raise EditError(phrase("Choose the layers that should be grouped."))
    fresh = make_group(name, tuple(chosen))
    if _height((fresh,)) + _depth(document, chosen[-1].id) > DEEPEST_GROUP:
        raise EditError(phrase("Groups can be nested {most} deep, and no deeper.", most=DEEPEST_GROUP))
    document = add_layer(document, fresh, above=chosen[-1].id)
    keep = fresh.id
    return replace(document, layers=_filtered(document.layers, {node.id for node in chosen}, skip=keep)), keep


def _height(nodes: Iterable[Node]) -> int:
    """How many groups lie within one another in these nodes."""
    return max((1 + _height(node.children) for node in nodes if isinstance(node, Group)), default=0)


def _depth(document: Document, id: str) -> int:
    """How many groups a node lies in."""
    parent = parent_of(document, id)
    return 0 if parent is None else 1 + _depth(document, parent.id)


def ungroup(document: Document, id: str) -> Document:
    """Put a group's children in its place. The group's own opacity, blend mode and mask are lost."""
    node = get(document, id)
    if not isinstance(node, Group):
        raise EditError(phrase("“{name}” is not a group.", name=node.name))
    parent = parent_of(document, id)
    nodes = siblings(document, parent)
    index = _index(nodes, id)
    return _with_children(document, parent.id if parent else None, (*nodes[:index], *node.children, *nodes[index + 1 :]))


def merge_down(document: Document, id: str) -> Document:
    """Bake a node and the visible one below it into one layer, which keeps the lower one's id, name and blend mode."""
    nodes = siblings(document, parent_of(document, id))
    upper, index = get(document, id), _index(nodes, id)
    if index == 0:
        raise EditError(phrase("There is nothing below “{name}” to merge it with.", name=upper.name))
    return merge(document, [nodes[index - 1].id, id])


def merge(document: Document, ids: Iterable[str]) -> Document:
    """Bake nodes into one layer where the topmost of them is. It looks as they do by themselves, with the lowest one's id, name
    and blend mode; a group alone becomes a layer. Where not all of them clip to the same layer, each brings along what it clips to
    and what clips to it: otherwise those would show elsewhere."""
    chosen = _with_clipping(document, outermost(document, ids))
    if not all(node.visible for node in chosen):
        raise EditError(phrase("Hidden layers cannot be merged."), phrase("Show them first."))
    for node in chosen:
        refuse_locked(document, node.id, ALTERING)
    lowest = chosen[0]
    clipped = lowest.id != _clipping_stack(document, lowest.id)[0].id  # and so are all the others
    area = EMPTY
    for node in chosen:
        area = area.unite(bounds(node))
    plain = PASS_THROUGH if lowest.blend == PASS_THROUGH else "normal"
    alone = (replace(lowest, blend=plain, clipping=False), *(replace(node, clipping=node.clipping and not clipped) for node in chosen[1:]))
    baked = render(replace(document, layers=alone), area)
    blend = "normal" if lowest.blend == PASS_THROUGH else lowest.blend
    merged = Layer(
        lowest.id, lowest.name, Pixels.from_array(baked), Placement(area.left, area.top),
        blend=blend, clipping=clipped, color_tag=lowest.color_tag, locks=lowest.locks,
    )  # fmt: skip
    top = chosen[-1].id
    document = remove(document, [node.id for node in chosen if node.id != top])
    return replace(document, layers=_mapped(document.layers, top, lambda _: merged))


def _with_clipping(document: Document, chosen: list[Node]) -> list[Node]:
    """The nodes, and the whole clipping stacks (a layer and those that clip to it) of each where they are not all of one."""
    stacks = [_clipping_stack(document, node.id) for node in chosen]
    if len({stack[0].id for stack in stacks}) == 1:
        return chosen
    return outermost(document, [node.id for stack in stacks for node in stack])


def _clipping_stack(document: Document, id: str) -> Nodes:
    """The layer that a node clips to and all that clip to it, bottom to top."""
    nodes = siblings(document, parent_of(document, id))
    first = _index(nodes, id)
    while first > 0 and nodes[first].clipping:
        first -= 1
    end = first + 1
    while end < len(nodes) and nodes[end].clipping:
        end += 1
    return nodes[first:end]


def flatten(document: Document) -> Document:
    """One layer that looks like the document; hidden layers and what hangs over the canvas are dropped, transparency stays."""
    if not document.layers:
        raise EditError(phrase("The document has no layers to flatten."))
    bottom = document.layers[0]
    return replace(document, layers=(Layer(new_id(), bottom.name, Pixels.from_array(render(document, document.rect))),))


def add_candidate(document: Document, id: str, candidate: Candidate, in_place: bool = True) -> Document:
    """Give a layer new pixels; id, order, name, mask, opacity and blend mode stay, earlier candidates stay reachable.

    in_place: carry over what the user did to the layer since it was generated (moved, scaled, turned). Otherwise the
    candidate lies where its own placement says, and the earlier ones come along to that place.
    """
    layer = _layer(document, id)
    earlier = layer.candidates
    if not earlier and layer.recipe is not None:
        earlier = (Candidate(layer.pixels, layer.placement, layer.recipe),)
    if not in_place:
        current = _current(replace(layer, candidates=earlier))
        earlier = tuple(replace(old, placement=_carried(layer.placement, layer.pixels, current, old)) for old in earlier)
        layer = replace(layer, candidates=earlier)
    layer = replace(layer, candidates=(*earlier, candidate))
    return replace_node(document, _showing(layer, candidate))


def keep_as_candidate(document: Document, id: str) -> Document:
    """Make what a layer shows one of its candidates, where it is none yet, so that it stays reachable when new ones come."""
    layer = _layer(document, id)
    if _current(layer) is not None:
        return document
    shown = Candidate(layer.pixels, layer.placement, layer.recipe or {})
    return replace_node(document, replace(layer, candidates=(*layer.candidates, shown)))


def add_candidates(document: Document, id: str, candidates: tuple[Candidate, ...], in_place: bool = True) -> Document:
    """Give a layer one or more new candidates as add_candidate does; the first of them shows."""
    for candidate in candidates:
        document = add_candidate(document, id, candidate, in_place)
    held = _layer(document, id).candidates
    return use_candidate(document, id, len(held) - len(candidates))


def use_candidate(document: Document, id: str, index: int) -> Document:
    """Show another of a layer's candidates, in the same place."""
    layer = _layer(document, id)
    return replace_node(document, _showing(layer, layer.candidates[index]))


def promote_candidate(document: Document, id: str, index: int, name: str) -> tuple[Document, str]:
    """One of a layer's candidates as a layer of its own, right above and in the same place; the layer keeps it too. Returns the document
    and the new layer's id."""
    layer = _layer(document, id)
    candidate = layer.candidates[index]
    shown = find(replace_node(document, _showing(layer, candidate)), id)
    made = replace(shown, id=new_id(), name=name, candidates=(candidate,), clipping=layer.clipping)
    return add_layer(document, made, above=id), made.id


def keep_candidate(document: Document, id: str, index: int) -> Document:
    """Show one candidate and forget all others."""
    layer = _layer(use_candidate(document, id, index), id)
    return replace_node(document, replace(layer, candidates=(layer.candidates[index],)))


def remove_candidate(document: Document, id: str, index: int) -> Document:
    """Forget one candidate; where it is the one shown, the one before it is shown instead."""
    layer = _layer(document, id)
    if len(layer.candidates) < 2:
        raise EditError(phrase("The last candidate cannot be removed."), phrase("Delete the layer instead."))
    gone = layer.candidates[index]
    rest = tuple(candidate for candidate in layer.candidates if candidate is not gone)
    shown = _showing(layer, rest[max(index - 1, 0)]) if gone.pixels is layer.pixels else layer
    return replace_node(document, replace(shown, candidates=rest))


def _showing(layer: Layer, candidate: Candidate) -> Layer:
    current = _current(layer)
    if current is None:
        return replace(layer, pixels=candidate.pixels, placement=candidate.placement, recipe=candidate.recipe)
    placement = _carried(layer.placement, layer.pixels, current, candidate)
    mask = layer.mask
    if mask is not None and mask.linked:  # layer pixels begin elsewhere now; the mask stays over the same part of the picture
        dx, dy = current.placement.x - candidate.placement.x, current.placement.y - candidate.placement.y
        mask = replace(mask, left=mask.left + round(dx), top=mask.top + round(dy))
    return replace(layer, pixels=candidate.pixels, placement=placement, recipe=candidate.recipe, mask=mask)


def _current(layer: Layer) -> Candidate | None:
    return next((candidate for candidate in layer.candidates if candidate.pixels is layer.pixels), None)


def _carried(placement: Placement, pixels: Pixels, current: Candidate | None, candidate: Candidate) -> Placement:
    """Where a candidate lies once it gets what was done to the current one since it was generated.

    Seen as maps of the canvas: placement = edit ∘ current.placement, and the result is edit ∘ candidate.placement. What the
    engine gives is never scaled or turned, so only the centre has to be followed.
    """
    if current is None:
        return candidate.placement
    if replace(placement, x=0.0, y=0.0) == replace(current.placement, x=0.0, y=0.0):  # only moved
        return candidate.placement.moved(placement.x - current.placement.x, placement.y - current.placement.y)
    half_width, half_height = candidate.pixels.width / 2, candidate.pixels.height / 2
    back = invert(current.placement.matrix(pixels.width, pixels.height))
    if back is None:
        return candidate.placement
    x, y = _apply(back, candidate.placement.x + half_width, candidate.placement.y + half_height)
    x, y = _apply(placement.matrix(pixels.width, pixels.height), x, y)
    return replace(placement, x=x - half_width, y=y - half_height)


def _apply(matrix: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    a, b, c, d, tx, ty = matrix
    return a * x + c * y + tx, b * x + d * y + ty


def _layer(document: Document, id: str) -> Layer:
    node = get(document, id)
    if not isinstance(node, Layer):
        raise EditError(phrase("“{name}” is a group; this needs a layer.", name=node.name))
    return node


def _set(document: Document, id: str, **fields: object) -> Document:
    """The node with other fields; the same document where nothing changes."""
    node = get(document, id)
    if all(getattr(node, name) is value or getattr(node, name) == value for name, value in fields.items()):
        return document
    return replace_node(document, replace(node, **fields))


def _moved(node: Node, dx: float, dy: float) -> Node:
    if holds(node, POSITION):
        return node
    if isinstance(node, Layer):
        return replace(node, placement=node.placement.moved(dx, dy))
    mask = node.mask
    if mask is not None and mask.linked:
        mask = mask.transformed(shift(dx, dy))
    return replace(node, children=tuple(_moved(child, dx, dy) for child in node.children), mask=mask)


def _insert(document: Document, node: Node, parent_id: str | None, index: int) -> Document:
    nodes = siblings(document, None if parent_id is None else _group(document, parent_id))
    index = min(max(index, 0), len(nodes))
    return _with_children(document, parent_id, (*nodes[:index], node, *nodes[index:]))


def _group(document: Document, id: str) -> Group:
    node = get(document, id)
    if not isinstance(node, Group):
        raise EditError(phrase("“{name}” is not a group.", name=node.name))
    return node


def _with_children(document: Document, parent_id: str | None, nodes: Nodes) -> Document:
    if parent_id is None:
        return replace(document, layers=nodes)
    return replace_node(document, replace(_group(document, parent_id), children=nodes))


def _mapped(nodes: Nodes, id: str, change: Callable[[Node], Node]) -> Nodes:
    """The same objects wherever the node of that id is not inside."""
    return tuple(_changed(node, id, change) for node in nodes)


def _changed(node: Node, id: str, change: Callable[[Node], Node]) -> Node:
    if node.id == id:
        return change(node)
    if isinstance(node, Layer):
        return node
    children = _mapped(node.children, id, change)
    same = all(a is b for a, b in zip(children, node.children, strict=True))
    return node if same else replace(node, children=children)


def _filtered(nodes: Nodes, gone: set[str], skip: str | None = None) -> Nodes:
    """Without the nodes of those ids; the inside of the group `skip` stays as it is."""
    kept = []
    for node in nodes:
        if node.id in gone:
            continue
        if isinstance(node, Group) and node.id != skip:
            children = _filtered(node.children, gone, skip)
            node = node if len(children) == len(node.children) and all(map(_same, children, node.children)) else replace(node, children=children)
        kept.append(node)
    return tuple(kept)


def _same(a: Node, b: Node) -> bool:
    return a is b


def outermost(document: Document, ids: Iterable[str]) -> list[Node]:
    """The nodes of those ids, bottom to top, without those inside another of them."""
    wanted = {get(document, id).id for id in ids}
    inside = {inner.id for node, _, _ in walk(document) if node.id in wanted for inner in _flat((node,)) if inner is not node}
    return [node for node, _, _ in walk(document) if node.id in wanted - inside]


def _flat(nodes: Nodes) -> list[Node]:
    return [inner for node in nodes for inner in (node, *(_flat(node.children) if isinstance(node, Group) else ()))]


def with_fresh_ids(node: Node) -> Node:
    """The same node, and all it holds, under other ids; a shadow still knows what it was split off (effects.py)."""
    return _under(node, {inner.id: new_id() for inner in _flat((node,))})


def _under(node: Node, ids: dict[str, str]) -> Node:
    if isinstance(node, Group):
        return replace(node, id=ids[node.id], children=tuple(_under(child, ids) for child in node.children))
    owner = ids.get((node.recipe or {}).get("of"))
    return replace(node, id=ids[node.id], recipe=node.recipe | {"of": owner} if owner else node.recipe)


def _index(nodes: Nodes, id: str) -> int:
    return next(index for index, node in enumerate(nodes) if node.id == id)
