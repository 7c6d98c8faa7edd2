"""The shipped model in the real window, on a photograph: depth, occluders, shadow split off, resettled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import main
from app.config.samples import samples
from app.document import edits
from app.document.document import find
from app.document.effects import parts_of
from app.render.render import render
from bfs_engine import lift
from bfs_engine.bfs.starter import StarterEngine
from tests.ui.conftest import Editor, answer

Tell = Callable[..., None]
SPLIT = 5  # of 255: how far a split layer may look different on opaque ground


class Starter(StarterEngine):
    """With the switch that stories let the engine go on with."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()


@pytest.fixture
def engine() -> Starter:
    return Starter()


def look(editor: Editor) -> np.ndarray:
    document = editor.window.session.document
    return render(document, document.rect).astype(int)


def test_a_thing_behind_another_is_whole_and_its_shadow_is_split_off_and_settled_anew(tell: Tell) -> None:
    async def story(editor: Editor) -> None:
        session, panel = editor.window.session, editor.window.generate_panel
        await editor.until(lambda: editor.window.generate.things)
        panel.seed.setValue(4)
        panel.seed_lock.setChecked(True)
        await editor.insert("croissant", (462, 228), (590, 363))
        croissant = editor.active.id
        editor.window.layers.choose(session.document.layers[0].id)
        panel._occluded.setChecked(True)
        await editor.insert("strawberry", (422, 208), (552, 343))
        assert editor.names == ["coffee", "strawberry", "croissant"] and editor.active.recipe["occluders_sha256"]
        strawberry, hidden = editor.active.id, find(session.document, croissant).pixels.to_array()
        front = find(session.document, croissant).placement
        layer, place = editor.active.pixels.to_array(), editor.active.placement
        y, x = 300, 500  # the middle of the strawberry, behind the croissant
        assert hidden[y - int(front.y), x - int(front.x), 3] == 255 and layer[y - int(place.y), x - int(place.x), 3] > 250
        before = look(editor)
        editor.do("layer.split_effects")
        assert [part.name for part in parts_of(session.document, strawberry)][0] == "strawberry shadow"
        assert np.abs(look(editor) - before).max() <= SPLIT
        old = parts_of(session.document, strawberry)[0].pixels
        session.commit("Move", edits.nudge(session.document, [strawberry], -300, 0))
        editor.do("generate.resettle")
        await editor.generated()
        shadow = parts_of(session.document, strawberry)[0]
        assert shadow.pixels is not old and shadow.visible
        area = shadow.placement.map_rect(shadow.pixels.content_bounds(), shadow.pixels.width, shadow.pixels.height)
        assert area.left < 422 - 200, "the shadow is where the thing is now"
        right_half = (look(editor) - look_without(editor, strawberry))[:, 480:]
        assert not right_half.any(), "and nothing of it where it was"

    tell(story, samples()[0].path, vocabulary=main.starter_vocabulary)


def test_a_bees_wings_stay_with_it_through_saving_opening_splitting_and_settling(tell: Tell, tmp_path: Path) -> None:
    project = tmp_path / "bee.downstage"

    async def story(editor: Editor) -> None:
        panel = editor.window.generate_panel
        await editor.until(lambda: editor.window.generate.things)
        panel.seed.setValue(4)
        panel.seed_lock.setChecked(True)
        bee = (await editor.insert("bee", (200, 140), (340, 280))).id
        editor.window.files.ask_target = answer(project)
        editor.do("file.save_as")
        await editor.files_done()
        editor.window.files.open(project)
        await editor.until(lambda: editor.steps == ["Open"])
        session = editor.window.session
        editor.window.layers.choose(bee)
        whole, known = editor.active.pixels.to_array(), editor.active.pixels.cover_array()
        wings = lift.shrunk((known > 100) & (known < 190), 2)
        assert wings.sum() > 500 and (known <= whole[..., 3]).all()
        before = look(editor)
        editor.do("layer.split_effects")
        off = np.abs(look(editor) - before)
        assert off.max() <= 5 and (off > 3).mean() < 1e-3  # eight bits of each part
        assert (editor.active.pixels.to_array()[..., 3] == known).all()
        assert not any(part.pixels.to_array()[..., 3][wings].max() > 20 for part in parts_of(session.document, bee))
        session.commit("Turn", edits.set_placement(session.document, bee, replace(editor.active.placement.moved(150, 60), rotation=30.0)))
        editor.do("generate.resettle")
        await editor.generated()
        settled = editor.active.pixels.to_array()[..., 3]
        assert settled.astype(int).sum() == pytest.approx(known.astype(int).sum(), rel=0.01), "all of the bee, turned, and nothing else"

    tell(story, samples()[0].path, vocabulary=main.starter_vocabulary)


def look_without(editor: Editor, id: str) -> np.ndarray:
    """The picture without a thing and its effects."""
    document = editor.window.session.document
    for gone in (id, *(part.id for part in parts_of(document, id))):
        document = edits.set_visible(document, gone, False)
    return render(document, document.rect).astype(int)
