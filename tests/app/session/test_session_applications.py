"""References, candidates, extracting, resettling and splitting, without a window and without a model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from app.document import edits, effects
from app.document.document import Document, Group, Layer, find, make_layer, walk
from app.document.effects import split_effects
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.errors import EditError
from app.render.render import render
from app.session.references import LARGEST, from_recipe, of_box, of_layer, to_recipe
from app.session.session import Session
from bfs_engine.api import Box, EngineError, LayerResult, Request, ResettleRequest
from bfs_engine.framing import BOX_FRACTION
from bfs_engine.lift import lift

WIDTH, HEIGHT = 120, 90


def ground() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.dstack([150 + x // 4, 140 + y // 3, np.full_like(x, 120)]).astype(np.uint8)


def ball() -> np.ndarray:
    """(60, 70, 4) a blue ball, its centre at (25, 25), with a shadow to its right and a faint reflection below it."""
    y, x = np.mgrid[:60, :70] + 0.5
    cover = np.clip(16.5 - np.hypot(x - 25, y - 25), 0, 1)
    dark = 0.5 * np.exp(-(((x - 46) / 10) ** 2 + ((y - 38) / 4) ** 2)) * (x < 68)
    dark[dark < 0.02] = 0
    alpha = cover + (1 - cover) * dark
    colour = np.array([30, 60, 210]) * (cover / np.maximum(alpha, 1e-9))[..., None]
    layer = np.rint(np.dstack([colour, alpha * 255])).astype(np.uint8)
    layer[46:52, 20:30] = (30, 60, 210, 60)
    return layer


def scene(x: float = 20, y: float = 10, **fields: object) -> Session:
    photo = make_layer("photo", Pixels.from_array(ground()))
    return Session(Document(WIDTH, HEIGHT, (photo, make_layer("ball", Pixels.from_array(ball()), Placement(x, y), **fields))))


def named(session: Session, name: str) -> Layer:
    return next(node for node, _, _ in walk(session.document) if node.name == name)


def names(session: Session) -> list[str]:
    return [node.name for node, _, _ in walk(session.document)]


def look(document: Document) -> np.ndarray:
    return render(document, document.rect).astype(int)


def results(request: Request, pixels: np.ndarray | None = None, count: int = 1) -> tuple[LayerResult, ...]:
    """What an engine could give; a thing that it settles has the cover that it was given with."""
    cover = request.thing[..., 3] if isinstance(request, ResettleRequest) and pixels is not None else None
    pixels = np.full((5, 6, 4), 99, np.uint8) if pixels is None else pixels
    return tuple(
        LayerResult(pixels, request.crop.x, request.crop.y, request.recipe() | {"seed": request.seed + index, "count": 1}, cover)
        for index in range(count)
    )


# References and candidates


def test_a_layer_is_a_reference_as_it_is_placed_and_small_enough_for_a_recipe() -> None:
    big = np.zeros((900, 1400, 4), np.uint8)
    big[100:800, 200:1200] = (250, 10, 10, 255)
    big[100, 200:1200, 3] = 100
    reference = of_layer(make_layer("card", Pixels.from_array(big), Placement(40, 7, rotation=90), opacity=0.3, visible=False))
    assert reference.name == "card" and reference.is_cut_out
    assert max(reference.pixels.shape) == LARGEST and reference.pixels.shape[0] > reference.pixels.shape[1], "turned"
    assert np.abs(reference.pixels[100, 100].astype(int) - (250, 10, 10, 255)).max() <= 1


def test_what_is_in_the_box_is_a_picture_without_a_matte() -> None:
    session = scene()
    reference = of_box(session.document, session.active, Box(30, 15, 40, 30))
    assert reference.pixels.shape == (30, 40, 3) and not reference.is_cut_out
    assert (reference.pixels == render(session.document, session.document.rect)[15:45, 30:70, :3]).all()
    with pytest.raises(EditError, match="nothing to be seen"):
        of_layer(make_layer("empty", Pixels.empty(10, 10)))


@pytest.mark.parametrize("pixels", [ball(), ground()], ids=["cut-out", "picture"])
def test_a_reference_survives_in_a_recipe(pixels: np.ndarray) -> None:
    kept = json.loads(json.dumps(to_recipe(pixels)))
    assert (from_recipe(kept) == pixels).all()
    assert from_recipe({"prompt": "apple"}) is None
    with pytest.raises(EditError, match="damaged"):
        from_recipe({"reference_png": kept["reference_png"][:100]})


def test_a_layer_made_from_a_reference_keeps_it_and_all_its_candidates() -> None:
    session = scene()
    request = session.request_insert(Box(10, 10, 30, 30), "my mug", reference=ball(), count=3, seed=4)
    id = session.place(request, results(request, count=3))
    layer = find(session.document, id)
    assert [candidate.recipe["seed"] for candidate in layer.candidates] == [4, 5, 6] and layer.recipe["seed"] == 4
    assert (from_recipe(layer.recipe) == ball()).all()
    session.undo()
    assert names(session) == ["photo", "ball"], "one step, whatever the number of candidates"


def test_making_again_shows_the_first_of_the_new_candidates() -> None:
    session = scene()
    request = session.request_insert(Box(10, 10, 30, 30), "apple", seed=4)
    id = session.place(request, results(request))
    again = session.capture_insert(Box(10, 10, 30, 30), "apple", seed=8, count=2, target_id=id)()
    session.place(again, results(again, count=2), id)
    layer = find(session.document, id)
    assert [candidate.recipe["seed"] for candidate in layer.candidates] == [4, 8, 9] and layer.recipe["seed"] == 8


# Extracting


def flat_scene() -> Session:
    """The photograph with the ball in it, flat, above the same view without it."""
    with_ball = look(scene().document).astype(np.uint8)
    layers = (make_layer("empty table", Pixels.from_array(ground())), make_layer("table", Pixels.from_array(with_ball)))
    return Session(Document(WIDTH, HEIGHT, layers))


def extract(session: Session, box: Box | None = None) -> str:
    request = session.capture_extract(named(session, "table").id, box)()
    return session.place(request, results(request, lift(request.composite, request.background)))


def test_what_a_picture_shows_more_than_the_one_below_becomes_a_layer_and_the_look_stays() -> None:
    session = flat_scene()
    before = look(session.document)
    id = extract(session)
    layer = find(session.document, id)
    assert names(session) == ["empty table", "table", "table thing"] and session.active == layer.id
    assert not named(session, "table").visible
    assert np.abs(look(session.document) - before).max() <= 4
    assert layer.pixels.content_bounds().width < WIDTH
    assert layer.recipe["kind"] == "extract"
    session.undo()
    assert named(session, "table").visible and names(session) == ["empty table", "table"]


def test_only_what_is_in_the_box_is_looked_at() -> None:
    session = flat_scene()
    request = session.capture_extract(named(session, "table").id, Box(60, 30, 20, 20))()
    assert request.box == Box(60, 30, 20, 20) and request.crop.width < 40


def test_a_box_of_any_size_is_extracted_with_less_room_around_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    session = flat_scene()
    table = named(session, "table").id
    assert session.capture_extract(table, Box(10, 10, 60, 60))().crop.width == round(60 / BOX_FRACTION)
    monkeypatch.setattr("app.session.session.ROOMY_EXTRACTION", 80)  # as 4000 pixels of a photograph
    assert session.capture_extract(table, Box(10, 10, 60, 60))().crop.width == 80
    assert session.capture_extract(table, Box(5, 5, 85, 70))().crop.width == 85
    monkeypatch.setattr("app.session.session.LARGEST_EXTRACTION", 84)
    with pytest.raises(EngineError, match="too large") as caught:
        session.capture_extract(table, Box(5, 5, 85, 70))()
    assert "84 pixels" in caught.value.hint


def test_extracting_without_a_background_or_a_difference_is_refused_in_a_sentence() -> None:
    session = flat_scene()
    with pytest.raises(EditError, match="no background below “empty table”"):
        session.capture_extract(named(session, "empty table").id, None)
    session.commit("Same", edits.add_layer(session.document, replace(named(session, "table"), id="twin")))
    with pytest.raises(EngineError, match="looks the same as what lies below it"):
        session.capture_extract("twin", None)()


# Resettling


def test_resettling_asks_for_the_thing_alone_where_it_now_stands() -> None:
    session = scene(opacity=0.4, mask=Mask.from_array(np.full((60, 70), 90, np.uint8)))
    id = session.active
    session.commit("Move", edits.nudge(session.document, [id], 33, 21))
    request = session.capture_resettle(id, seed=5)()
    assert (request.box.x, request.box.y) == (62, 40) and abs(request.box.width - 33) <= 1 and abs(request.box.height - 33) <= 1
    thing = request.thing[request.box.y - request.crop.y : request.box.bottom - request.crop.y, request.box.x - request.crop.x :][:, : request.box.width]
    assert (thing[16, 16] == (30, 60, 210, 255)).all() and (request.thing[..., 3] > 0).sum() < 1000, "its old shadow is gone"
    assert request.background.shape[:2] == (request.crop.height, request.crop.width) and request.background.max() < 200
    assert (request.background[..., 2] == 120).all(), "the thing is not on its own background"


def test_a_resettled_layer_keeps_its_old_look_as_a_candidate_and_all_else() -> None:
    session = scene(opacity=0.5, blend="normal")
    id, old = session.active, session.active_node
    request = session.capture_resettle(id, seed=5)()
    assert session.place(request, results(request, count=2), id) == id
    layer = find(session.document, id)
    assert (layer.placement.x, layer.placement.y) == (request.crop.x, request.crop.y) and layer.opacity == 0.5 and layer.name == "ball"
    assert len(layer.candidates) == 3 and (layer.candidates[0].pixels.to_array() == old.pixels.to_array()).all()
    back = find(edits.use_candidate(session.document, id, 0), id)
    assert (back.placement.x, back.placement.y) == (20, 10)
    assert session.history.labels[-1] == "Resettle “ball”"


def test_a_turned_and_scaled_thing_is_settled_as_it_looks() -> None:
    session = scene()
    id = session.active
    session.commit("Turn", edits.set_placement(session.document, id, Placement(30, 20, 1.5, 1.5, 90)))
    request = session.capture_resettle(id)()
    assert abs(request.box.width - 49.5) <= 2
    session.place(request, results(request), id)
    assert find(session.document, id).placement == Placement(request.crop.x, request.crop.y)
    back = edits.use_candidate(edits.nudge(session.document, [id], 4, 0), id, 0)
    assert find(back, id).placement == Placement(34, 20, 1.5, 1.5, 90), "the earlier look is turned as it was, and moved along"


def test_what_cannot_be_settled_is_refused_in_a_sentence() -> None:
    session = scene(locked=True)
    with pytest.raises(EditError, match="“ball” is locked"):
        session.capture_resettle(session.active)
    ghost = make_layer("ghost", Pixels.from_array(np.full((20, 20, 4), 90, np.uint8)))
    session.commit("Ghost", edits.add_layer(session.document, ghost))
    with pytest.raises(EngineError, match="Nothing in this layer is opaque"):
        session.capture_resettle(ghost.id)()


# Splitting


@pytest.mark.parametrize("fields", [{}, {"opacity": 0.6}, {"mask": Mask.from_array(np.tile(np.linspace(0, 255, 70).astype(np.uint8), (60, 1)))}])
def test_a_split_layer_looks_as_it_did_and_its_shadow_has_a_life_of_its_own(fields: dict) -> None:
    session = scene(**fields)
    before, id = look(session.document), session.active
    document, group_id = split_effects(session.document, id)
    group = find(document, group_id)
    assert isinstance(group, Group) and group.name == "ball"
    assert [(child.name, child.blend) for child in group.children] == [
        ("ball shadow", "multiply"), ("ball reflection", "normal"), ("ball", "normal"),
    ]  # fmt: skip
    assert np.abs(look(document) - before).max() <= 6
    faded = edits.set_opacity(document, group.children[0].id, 0.0)
    assert look(faded)[48, 66].sum() > look(document)[48, 66].sum() + 20 or "mask" in fields
    thing = find(document, id)
    assert thing.pixels.to_array()[38, 46, 3] == 0 and thing.pixels.to_array()[25, 25, 3] == 255
    assert (thing.candidates[0].pixels.to_array() == ball()).all(), "the whole layer is still a candidate"


def shadow_at(session: Session, x: int, y: int) -> float:
    """How dark the split-off shadow is at a place of the canvas, 0 to 1."""
    shadow = named(session, "ball shadow")
    pixel = shadow.pixels.to_array()[y - int(shadow.placement.y), x - int(shadow.placement.x)] if shadow.visible else (0, 0, 0, 0)
    return pixel[3] / 255


def settled(session: Session, id: str) -> tuple[Request, np.ndarray]:
    """A request to settle the ball, and a layer that the engine could give: the ball made greener, its shadow to the left."""
    request = session.capture_resettle(id, seed=5)()
    layer = np.zeros_like(request.thing)
    x = request.box.x - request.crop.x
    layer[request.box.bottom - request.crop.y - 8 :, max(x - 12, 0) : x + 6] = (0, 0, 0, 128)
    opaque = request.thing[..., 3] > 0
    layer[opaque] = request.thing[opaque]
    layer[request.thing[..., 3] == 255, 1] = 160
    return request, layer


def split_and_moved() -> tuple[Session, str, str]:
    """The ball split off its shadow and moved; the session, the ball's id and its group's."""
    session = scene()
    id = session.active
    document, group_id = split_effects(session.document, id)
    session.commit("Split", document, active=id)
    session.commit("Move", edits.nudge(session.document, [id], 20, 4))
    return session, id, group_id


def test_a_split_thing_that_is_settled_anew_gets_a_new_shadow_in_place_of_the_old_one() -> None:
    session, id, group_id = split_and_moved()
    assert shadow_at(session, 66, 48) > 0.4
    request, layer = settled(session, id)
    crop = request.crop
    assert (request.background[48 - crop.y, 66 - crop.x] == ground()[48, 66]).all(), "the engine is not shown the old shadow"
    assert session.place(request, results(request, layer), id) == id
    group = find(session.document, group_id)
    assert [child.name for child in group.children][:1] == ["ball shadow"] and group.children[-1].id == id
    thing = find(session.document, id)
    assert thing.pixels.to_array()[..., 3].astype(bool).sum() < 1200, "the thing alone"
    left = request.box.x - 6
    assert shadow_at(session, left, request.box.bottom - 2) > 0.4 and shadow_at(session, 66, 48) < 0.1
    whole = make_layer("whole", Pixels.from_array(layer), Placement(crop.x, crop.y))
    expected = look(Document(WIDTH, HEIGHT, (session.document.layers[0], whole)))
    assert np.abs(look(session.document) - expected).max() <= 6
    session.undo()
    assert shadow_at(session, 66, 48) > 0.4, "one step"


def test_each_candidate_of_a_split_thing_brings_its_own_shadow() -> None:
    session, id, _ = split_and_moved()
    request, layer = settled(session, id)
    session.place(request, results(request, layer), id)
    split = effects.use_candidate(session.document, id, 1)
    session.commit("Back", split)
    assert shadow_at(session, 66, 48) > 0.4, "the first shadow, which was not moved"
    session.commit("Whole", effects.use_candidate(session.document, id, 0))
    assert not named(session, "ball shadow").visible, "the whole layer has its shadow in itself"


def test_a_copy_of_a_split_group_has_a_shadow_of_its_own() -> None:
    session = scene()
    document, group_id = split_effects(session.document, session.active)
    document, copy_id = edits.duplicate(document, group_id)
    copy = find(document, copy_id).children[-1]
    assert {part.id for part in effects.parts_of(document, copy.id)} == {child.id for child in find(document, copy_id).children[:-1]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"locked": True}, "is locked"), ({"blend": "screen"}, "has the blend mode screen")],
)
def test_layers_that_cannot_be_split_say_why(fields: dict, said: str) -> None:
    session = scene(**fields)
    with pytest.raises(EditError, match=said):
        split_effects(session.document, session.active)


def test_a_thing_without_effects_is_not_split() -> None:
    plain = np.zeros((30, 30, 4), np.uint8)
    plain[5:25, 5:25] = (9, 90, 9, 255)
    document = Document(40, 40, (make_layer("box", Pixels.from_array(plain)),))
    with pytest.raises(EditError, match="neither shadow nor reflection"):
        split_effects(document, document.layers[0].id)
