"""What the user can do to layers: each command is one edit and one step of the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from app.document import edits, effects
from app.document.document import LOCKS, Document, Group, Layer, Node, find, parent_of, siblings, walk
from app.document.locks import ALTERING, is_locked, locked_sentence
from app.errors import EditError, ExpectedError
from app.session.session import Session

from ..commands.actions import TAGS
from .blend_names import blend_name


class LayerCommands(QObject):
    """Works on the chosen layers of the session of the moment."""

    refused = Signal(object)  # ExpectedError
    said = Signal(str)
    rename_wanted = Signal(str)
    chosen_wanted = Signal(list, str)  # ids to select, the active one

    def __init__(self, session: Session, chosen: Callable[[], list[str]], parent: QObject | None = None) -> None:
        """chosen: ids of the layers selected in the panel, bottom to top."""
        super().__init__(parent)
        self.session = session
        self._chosen = chosen
        self._before_solo: dict[str, bool] = {}

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions of the Layer menu do."""
        return {
            "layer.rename": self.ask_name,
            "layer.duplicate": self.duplicate,
            "layer.delete": self.delete,
            "layer.visible": self.toggle_visible,
            "layer.solo": self.solo,
            "layer.engine_view": self.toggle_engine_view,
            "generate.candidate_previous": lambda: self.step_candidate(-1),
            "generate.candidate_next": lambda: self.step_candidate(+1),
            "generate.candidate_layer": self.promote_candidate,
            "generate.candidate_keep": self.keep_candidate,
            "generate.candidate_delete": self.delete_candidate,
            "layer.lock": self.toggle_locked,
            **{f"layer.lock_{kind}": lambda kind=kind: self.toggle_lock(kind) for kind in LOCKS},
            "layer.raise": lambda: self.step(+1),
            "layer.lower": lambda: self.step(-1),
            "layer.select_above": lambda: self.select_step(+1),
            "layer.select_below": lambda: self.select_step(-1),
            "layer.group": self.group,
            "layer.ungroup": self.ungroup,
            "layer.clip": self.toggle_clipping,
            "layer.merge_down": self.merge,
            "layer.flatten": self.flatten,
            **{f"layer.tag_{tag or 'none'}": lambda tag=tag: self.set_color_tag(tag) for tag in TAGS},
        }

    # Who is meant

    def chosen(self) -> list[str]:
        """The selected layers, or the active one; only what still exists."""
        ids = [id for id in self._chosen() if find(self.session.document, id)]
        active = self.session.active
        return ids or ([active] if active else [])

    def active_node(self) -> Node | None:
        return find(self.session.document, self.session.active) if self.session.active else None

    def names(self, ids: Iterable[str]) -> str:
        """How a history label calls them."""
        found = [find(self.session.document, id).name for id in ids]
        return self.tr("“{name}”").format(name=found[0]) if len(found) == 1 else self.tr("{count} layers").format(count=len(found))

    def free(self, ids: Iterable[str], kinds: Iterable[str] = ()) -> list[str]:
        """Those that are not locked, wholly or as to one of `kinds`, by themselves or by a group around them; where none is left, the
        user is told."""
        ids, document = list(ids), self.session.document
        found = [id for id in ids if not is_locked(document, id, kinds)]
        if ids and not found:
            several = self.tr("{what} are locked.").format(what=self.names(ids))
            sentence = locked_sentence(document, ids[0], kinds) if len(ids) == 1 else several
            self.refused.emit(EditError(sentence, self.tr("Unlock it in the layer panel first.")))
        return found

    def _shown(self, ids: list[str]) -> Node:
        """Of several chosen ones the one whose switches the panel shows: it says what “the other way” is."""
        return find(self.session.document, self.session.active if self.session.active in ids else ids[0])

    def commit(self, label: str, edit: Callable[[Document], Document], active: str | None = None) -> bool:
        """One step, or the reason why not; whether it was made."""
        try:
            document = edit(self.session.document)
        except ExpectedError as error:
            self.session.discard()
            self.refused.emit(error)
            return False
        self.session.commit(label, document, active)
        return True

    def _each(self, ids: Iterable[str], edit: Callable[[Document, str], Document]) -> Callable[[Document], Document]:
        def edit_all(document: Document) -> Document:
            for id in ids:
                document = edit(document, id)
            return document

        return edit_all

    # Names and looks

    def ask_name(self) -> None:
        if self.session.active:
            self.rename_wanted.emit(self.session.active)

    def rename(self, id: str, name: str) -> None:
        self.commit(self.tr("Rename to “{name}”").format(name=name), lambda document: edits.rename(document, id, name))

    def toggle_visible(self, id: str | None = None) -> None:
        """One layer, or all the chosen ones."""
        ids = [id] if id else self.chosen()
        if not ids:
            return
        visible = not find(self.session.document, ids[0]).visible
        label = (self.tr("Show {what}") if visible else self.tr("Hide {what}")).format(what=self.names(ids))
        self.commit(label, self._each(ids, lambda document, each: edits.set_visible(document, each, visible)))

    def solo(self, id: str | None = None) -> None:
        """Show only this layer; a second time brings the others back."""
        id = id or self.session.active
        if id is None:
            return
        document = self.session.document
        wanted = _only(document, id)
        shown = {node.id: node.visible for node, _, _ in walk(document)}
        if shown == wanted and self._before_solo.keys() == shown.keys():
            wanted, label = self._before_solo, self.tr("Show all again")
        else:
            self._before_solo, label = shown, self.tr("Show only {what}").format(what=self.names([id]))
        self.commit(label, self._each(wanted, lambda document, each: edits.set_visible(document, each, wanted[each])))

    def toggle_locked(self) -> None:
        """The whole of the chosen layers."""
        if ids := self.chosen():
            locked = not self._shown(ids).locked
            label = (self.tr("Lock {what}") if locked else self.tr("Unlock {what}")).format(what=self.names(ids))
            self.commit(label, self._each(ids, lambda document, each: edits.set_locked(document, each, locked)))

    def toggle_lock(self, kind: str) -> None:
        """One thing of the chosen layers: a name of LOCKS."""
        if ids := self.chosen():
            locked = kind not in self._shown(ids).locks
            label = (self.tr("Lock {what}") if locked else self.tr("Unlock {what}")).format(what=self.names(ids))
            self.commit(label, self._each(ids, lambda document, each: edits.set_lock(document, each, kind, locked)))

    def toggle_padlock(self, id: str) -> None:
        """A click on the padlock of a row: any locks open, none lock the whole layer."""
        node = find(self.session.document, id)
        if node.locked or node.locks:
            self.commit(self.tr("Unlock {what}").format(what=self.names([id])), lambda document: edits.unlock(document, id))
        else:
            self.commit(self.tr("Lock {what}").format(what=self.names([id])), lambda document: edits.set_locked(document, id, True))

    def toggle_engine_view(self, id: str | None = None) -> None:
        """Leave the layers out of what the engine sees of the picture, or let it see them again."""
        ids = [id] if id else self.chosen()
        if not ids:
            return
        seen = not find(self.session.document, ids[0]).seen_by_engine
        label = (self.tr("Show {what} to the engine") if seen else self.tr("Leave {what} out of the engine’s view")).format(what=self.names(ids))
        self.commit(label, self._each(ids, lambda document, each: edits.set_seen_by_engine(document, each, seen)))

    def preview_opacity(self, opacity: float) -> None:
        """Show the chosen layers at that opacity (0 to 1) without a step."""
        self.session.preview(self._with_opacity(opacity)(self.session.document))

    def set_opacity(self, opacity: float) -> None:
        if self.free(self.chosen()):
            self.commit(self.tr("Opacity {percent} %").format(percent=round(opacity * 100)), self._with_opacity(opacity))

    def _with_opacity(self, opacity: float) -> Callable[[Document], Document]:
        ids = [id for id in self.chosen() if not is_locked(self.session.document, id)]
        return self._each(ids, lambda document, each: edits.set_opacity(document, each, opacity))

    def set_blend(self, blend: str) -> None:
        if ids := self.free(self.chosen()):
            label = self.tr("Blend {mode}").format(mode=blend_name(blend))
            self.commit(label, self._each(ids, lambda document, each: edits.set_blend(document, each, blend)))

    def set_color_tag(self, tag: str) -> None:
        if ids := self.chosen():
            label = self.tr("Colour tag of {what}").format(what=self.names(ids))
            self.commit(label, self._each(ids, lambda document, each: edits.set_color_tag(document, each, tag)))

    def toggle_clipping(self, id: str | None = None) -> None:
        """Show the layers only where the one below them shows, or everywhere again."""
        ids = self.free([id] if id else self.chosen())
        if not ids:
            return
        clipping = not find(self.session.document, ids[0]).clipping
        label = (self.tr("Clip {what}") if clipping else self.tr("Unclip {what}")).format(what=self.names(ids))
        self.commit(label, self._each(ids, lambda document, each: edits.set_clipping(document, each, clipping)))

    # Order

    def drop(self, ids: list[str], parent_id: str | None, index: int, copies: bool = False) -> None:
        """Dragged layers, or copies of them, land at `index` of the parent's children as they are now, counted from the bottom."""
        document = self.session.document
        ids = _without_nested(document, [node.id for node, _, _ in walk(document) if node.id in ids])
        parent = find(document, parent_id) if parent_id else None
        if copies:
            self._drop_copies(ids, parent_id, [node.id for node in siblings(document, parent)[:index]])
            return
        kept_below = [node.id for node in siblings(document, parent)[:index] if node.id not in ids]
        anchor = kept_below[-1] if kept_below else None

        def edit(document: Document) -> Document:
            above = anchor
            for id in ids:
                document = edits.move_node(document, id, parent_id, _place_above(document, parent_id, above, id))
                above = id
            return document

        self.commit(self.tr("Reorder {what}").format(what=self.names(ids)), edit, active=self.session.active)

    def _drop_copies(self, ids: list[str], parent_id: str | None, below: list[str]) -> None:
        document, made = self.session.document, below[-1:]
        for node in edits.outermost(document, ids):
            document, copy = edits.duplicate(document, node.id)
            document = edits.move_node(document, copy, parent_id, _place_above(document, parent_id, made[-1] if made else None, copy))
            made.append(copy)
        self.session.commit(self.tr("Duplicate {what}").format(what=self.names(ids)), document, active=made[-1])
        self.chosen_wanted.emit(made[len(below[-1:]) :], made[-1])

    def step(self, direction: int) -> None:
        """The chosen ones one place up (+1) or down (-1) in their groups; those at the end stay."""
        ids = _without_nested(self.session.document, self.chosen())
        label = self.tr("Bring forward") if direction > 0 else self.tr("Send backward")

        def edit(document: Document) -> Document:
            for id in reversed(ids) if direction > 0 else ids:
                parent = parent_of(document, id)
                order = [each.id for each in siblings(document, parent)]
                index = order.index(id) + direction
                if 0 <= index < len(order) and order[index] not in ids:
                    document = edits.move_node(document, id, parent.id if parent else None, index)
            return document

        self.commit(label, edit)

    def choose(self, id: str) -> None:
        """Make this one active, and the only one that is selected."""
        self.session.active = id
        self.chosen_wanted.emit([id], id)

    def select_step(self, direction: int) -> None:
        """Make the row above (+1) or below (-1) active."""
        order = _as_shown(self.session.document)  # top to bottom
        if not order:
            return
        place = order.index(self.session.active) if self.session.active in order else len(order)
        place = min(max(place - direction, 0), len(order) - 1)
        self.choose(order[place])

    # Making and unmaking

    def duplicate(self) -> None:
        ids = _without_nested(self.session.document, self.chosen())
        if not ids:
            return
        document, copies = self.session.document, []
        for id in ids:
            document, copy = edits.duplicate(document, id)
            copies.append(copy)
        self.session.commit(self.tr("Duplicate {what}").format(what=self.names(ids)), document, active=copies[-1])
        self.chosen_wanted.emit(copies, copies[-1])

    def delete(self) -> None:
        if ids := _without_nested(self.session.document, self.free(self.chosen())):
            self.commit(self.tr("Delete {what}").format(what=self.names(ids)), lambda document: edits.remove(document, ids))

    def group(self) -> None:
        ids = self.chosen()
        if not ids:
            return
        made: list[str] = []

        def edit(document: Document) -> Document:
            document, id = edits.group(document, ids)
            made.append(id)
            return document

        label = self.tr("Group {what}").format(what=self.names(ids))
        if self.commit(label, edit):
            self.session.active = made[0]
            self.chosen_wanted.emit(made, made[0])

    def ungroup(self) -> None:
        """All chosen groups; what they held is chosen then."""
        groups = [node for id in self.chosen() if isinstance(node := find(self.session.document, id), Group)]
        freed = [child.id for node in groups for child in node.children if child not in groups]
        edit = self._each([node.id for node in groups], edits.ungroup)
        if groups and self.commit(self.tr("Ungroup {what}").format(what=self.names(node.id for node in groups)), edit) and freed:
            self.session.active = freed[-1]
            self.chosen_wanted.emit(freed, freed[-1])

    def merge(self) -> None:
        """Several chosen layers or a group become one layer; one layer is merged with the one below."""
        ids = _without_nested(self.session.document, self.chosen())
        node = self.active_node()
        if len(ids) > 1 or isinstance(node, Group):
            self.commit(self.tr("Merge {what}").format(what=self.names(ids)), lambda document: edits.merge(document, ids))
        elif node is not None:
            self.commit(self.tr("Merge “{name}” down").format(name=node.name), lambda document: edits.merge_down(document, node.id))

    def flatten(self) -> None:
        hidden = sum(not node.visible for node, _, _ in walk(self.session.document))
        if self.commit(self.tr("Flatten"), edits.flatten) and hidden:
            self.said.emit(self.tr("Hidden layers and groups are gone with it: {count}. Undo brings them back.").format(count=hidden))

    # Candidates

    def use_candidate(self, index: int) -> None:
        node = self.active_node()
        another = isinstance(node, Layer) and 0 <= index < len(node.candidates) and index != shown_candidate(node)
        if another and self.free([node.id], ALTERING):
            label = self.tr("Candidate {number} of “{name}”").format(number=index + 1, name=node.name)
            self.commit(label, lambda document: effects.use_candidate(document, node.id, index))

    def preview_candidate(self, index: int | None) -> None:
        """Show one on the canvas without a step, to compare; None: the one that the layer has."""
        node = self.active_node()
        if index is None or not isinstance(node, Layer) or index >= len(node.candidates) or index == shown_candidate(node):
            self.session.discard()
        elif not is_locked(self.session.document, node.id, ALTERING):
            self.session.preview(effects.use_candidate(self.session.document, node.id, index))

    def promote_candidate(self, index: int | None = None) -> None:
        """Make a candidate, the shown one for None, a layer of its own."""
        if (chosen := self._candidate(index)) is not None:
            node, index = chosen
            made = edits.promote_candidate(self.session.document, node.id, index, f"{node.name} {index + 1}")
            self.session.commit(self.tr("Candidate {number} of “{name}” as a layer").format(number=index + 1, name=node.name), *made)

    def keep_candidate(self, index: int | None = None) -> None:
        """Forget all candidates but one."""
        if (chosen := self._candidate(index)) is not None and self.free([chosen[0].id], ALTERING):
            node, index = chosen
            label = self.tr("Keep only candidate {number} of “{name}”").format(number=index + 1, name=node.name)
            self.commit(label, lambda document: edits.keep_candidate(effects.use_candidate(document, node.id, index), node.id, index))

    def delete_candidate(self, index: int | None = None) -> None:
        """Forget one candidate; where it is shown, the one before it is."""
        if (chosen := self._candidate(index)) is not None and self.free([chosen[0].id], ALTERING):
            node, index = chosen
            label = self.tr("Delete candidate {number} of “{name}”").format(number=index + 1, name=node.name)
            self.commit(label, lambda document: effects.remove_candidate(document, node.id, index))

    def _candidate(self, index: int | None) -> tuple[Layer, int] | None:
        """The active layer and the number meant, where it has a choice of candidates."""
        node = self.active_node()
        if not isinstance(node, Layer) or len(node.candidates) < 2:
            return None
        index = shown_candidate(node) if index is None else index
        return (node, index) if 0 <= index < len(node.candidates) else None

    def step_candidate(self, direction: int) -> None:
        node = self.active_node()
        if isinstance(node, Layer) and len(node.candidates) > 1:
            self.use_candidate((shown_candidate(node) + direction) % len(node.candidates))


def shown_candidate(layer: Layer) -> int:
    """The index of the candidate whose pixels the layer shows; -1 where it shows none of them."""
    return next((index for index, candidate in enumerate(layer.candidates) if candidate.pixels is layer.pixels), -1)


def _only(document: Document, id: str) -> dict[str, bool]:
    """The visibility of every node when only one is shown: itself, what it holds, and the groups around it."""
    around = set()
    parent = parent_of(document, id)
    while parent is not None:
        around.add(parent.id)
        parent = parent_of(document, parent.id)
    node = find(document, id)
    inside = {inner.id for inner, _, _ in walk(Document(1, 1, (node,)))}
    return {each.id: each.id in inside | around for each, _, _ in walk(document)}


def _as_shown(document: Document) -> list[str]:
    """Ids from top to bottom, a group before its children, as in the panel."""
    order: list[str] = []

    def visit(nodes: tuple[Node, ...]) -> None:
        for node in reversed(nodes):
            order.append(node.id)
            if isinstance(node, Group):
                visit(node.children)

    visit(document.layers)
    return order


def _without_nested(document: Document, ids: list[str]) -> list[str]:
    """Without nodes whose group is in the list too."""
    chosen = set(ids)
    nested = {
        inner.id for id in ids if isinstance(group := find(document, id), Group) for inner, _, _ in walk(Document(1, 1, group.children))
    }
    return [id for id in ids if id in chosen - nested]


def _place_above(document: Document, parent_id: str | None, anchor: str | None, id: str) -> int:
    parent = find(document, parent_id) if parent_id else None
    others = [node.id for node in siblings(document, parent) if node.id != id]
    return others.index(anchor) + 1 if anchor in others else 0
