"""Things that are seen through in parts: what the engine knows of them goes with the layer, through every edit, into splitting and resettling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.document import edits, effects, masks
from app.document.document import Candidate, Document, find, make_layer
from app.document.effects import split_effects
from app.document.geometry import Placement
from app.document.pixels import TILE, Mask, Pixels
from app.errors import EditError
from app.session.references import alone, of_layer
from app.session.session import Session
from bfs_engine.api import Box, LayerResult
from tests.app.session.test_session_applications import HEIGHT, WIDTH, ball, ground, look, named, results


def bee() -> tuple[np.ndarray, np.ndarray]:
    """The ball without its reflection, with a wing above it that lets two thirds through; and the thing alone, both (60, 70, 4)."""
    layer = ball()
    layer[46:52, 20:30] = 0
    y, x = np.mgrid[:60, :70] + 0.5
    cover = np.rint(np.clip(16.5 - np.hypot(x - 25, y - 25), 0, 1) * 255)
    thing = np.dstack([np.broadcast_to((30, 60, 210), (60, 70, 3)), cover]).astype(np.uint8)
    wing = (np.hypot(x - 44, y - 10) < 9) & (cover == 0)
    layer[wing] = thing[wing] = 190, 220, 235, 85
    return layer, thing


WING, BODY, SHADOW = (10, 44), (25, 25), (38, 50)  # row and column in the bee's pixels


def hive() -> tuple[Session, str]:
    """The photograph, and on it a bee that the engine made, at (20, 10); the session and the bee's id."""
    session = Session(Document(WIDTH, HEIGHT, (make_layer("photo", Pixels.from_array(ground())),)))
    layer, thing = bee()
    request = session.request_insert(Box(30, 15, 40, 40), "bee")
    return session, session.place(request, (LayerResult(layer, 20, 10, request.recipe(), thing[..., 3]),))


def cover(document: Document, id: str) -> np.ndarray | None:
    return find(document, id).pixels.cover_array()


def test_wings_stay_with_the_thing_that_they_belong_to_and_the_shadow_does_not() -> None:
    session, id = hive()
    before = look(session.document)
    document, group_id = split_effects(session.document, id)
    session.commit("Split", document)
    thing = find(document, id).pixels.to_array()
    assert (thing[..., 3] == bee()[1][..., 3]).all() and (thing[WING] == (190, 220, 235, 85)).all()
    shadow = named(session, "bee shadow").pixels.to_array()
    assert shadow[SHADOW][3] > 100 and not shadow[WING][3] and [part.name for part in effects.parts_of(document, id)] == ["bee shadow"]
    assert np.abs(look(document) - before).max() <= 2
    apart = look(edits.nudge(document, [id], 40, 0))
    assert (apart[WING[0] + 10, WING[1] + 20, :3] == ground()[WING[0] + 10, WING[1] + 20]).all(), "nothing of the wing stays behind"
    session.undo()
    assert (cover(session.document, id) == bee()[1][..., 3]).all()
    session.redo()
    with pytest.raises(EditError, match="neither shadow nor reflection"):
        split_effects(session.document, id)


@pytest.mark.parametrize(
    "place",
    [Placement(45, 20), Placement(30, 20, rotation=90), Placement(25, 15, -1.0), Placement(20, 15, 1.25, 1.25, 30), Placement(30, 20, 0.5, 0.5)],
    ids=["moved", "turned", "flipped", "large and turned", "small"],
)
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
def test_a_thing_that_is_settled_elsewhere_takes_its_wings_along_however_it_lies(place: Placement, split: bool) -> None:
    session, id = hive()
    if split:
        session.commit("Split", split_effects(session.document, id)[0])
    session.commit("Place", edits.set_placement(session.document, id, place))
    request = session.capture_resettle(id)()
    thing, area = alone(make_layer("thing", Pixels.from_array(bee()[1]), place))
    x, y = request.crop.x - area.left, request.crop.y - area.top
    expected = np.pad(thing, ((99, 99), (99, 99), (0, 0)))[99 + y :, 99 + x :][: request.crop.height, : request.crop.width]
    assert np.abs(request.thing[..., 3].astype(int) - expected[..., 3]).max() <= 1, "the wing is there, and no shadow"
    for shade in (0, 255):
        apart = (pixels[..., 3:] / 255 * (pixels[..., :3] - float(shade)) for pixels in (request.thing, expected))
        assert np.abs(np.subtract(*apart)).max() <= 3, "in its own colours"
    session.place(request, results(request, request.thing), id)
    assert (cover(session.document, id) == find(session.document, id).pixels.to_array()[..., 3]).all()


def test_each_candidate_of_a_split_thing_keeps_the_wings_of_its_own() -> None:
    session, id = hive()
    session.commit("Split", split_effects(session.document, id)[0])
    session.commit("Move", edits.nudge(session.document, [id], 20, 4))
    request = session.capture_resettle(id)()
    layer = request.thing.copy()
    layer[-4:][layer[-4:, :, 3] == 0] = (0, 0, 0, 120)
    session.place(request, results(request, layer), id)
    assert (find(session.document, id).pixels.to_array()[..., 3] == request.thing[..., 3]).all()
    assert named(session, "bee shadow").pixels.to_array()[-2, 2, 3] == 120


def test_what_is_known_of_a_thing_goes_where_its_pixels_go() -> None:
    session, id = hive()
    copied, copy_id = edits.duplicate(session.document, id)
    promoted, own_id = edits.promote_candidate(session.document, id, 0, "bee 2")
    for document, other in ((copied, copy_id), (promoted, own_id)):
        assert (cover(document, other) == bee()[1][..., 3]).all()


def test_a_mask_that_is_applied_hides_as_much_of_the_thing_as_of_the_layer() -> None:
    session, id = hive()
    half = np.full((60, 70), 255, np.uint8)
    half[:, 30:] = 128
    masked = edits.set_mask(session.document, id, Mask.from_array(half))
    applied = masks.apply_mask(masked, id)
    assert np.abs(cover(applied, id) - bee()[1][..., 3] * (half / 255)).max() <= 0.5
    document, _ = split_effects(applied, id)
    thing = find(document, id).pixels.to_array()
    assert thing[WING][3] == 43 and thing[BODY][3] == 255 and not thing[SHADOW][3]
    assert np.abs(look(document) - look(applied)).max() <= 3


def test_what_a_mask_half_hides_lets_no_shadow_through_that_was_not_seen_before() -> None:
    session, id = hive()
    layer, thing = bee()
    layer[30:46, 5:66, 3] = np.maximum(layer[30:46, 5:66, 3], 130)  # a wide shadow, that goes on under the body
    pixels = Pixels.from_array(layer, thing[..., 3])
    fading = np.tile(np.linspace(0, 255, 50).astype(np.uint8), (40, 1))  # smaller than the layer, at its upper left
    document = edits.replace_node(session.document, replace(find(session.document, id), pixels=pixels, mask=Mask.from_array(fading, 4, 10)))
    split, _ = split_effects(document, id)
    assert np.abs(look(split) - look(document)).max() <= 5
    shadow = named(Session(split), "bee shadow")
    part = shadow.mask.to_array(shadow.pixels.rect.moved(-shadow.mask.left, -shadow.mask.top))
    whole = find(document, id).mask.to_array(shadow.pixels.rect.moved(-4, -10))
    assert (part <= whole).all() and (part == whole)[thing[..., 3] == 0].all(), "beside the thing the mask is as it was"
    assert part[40, 25] < whole[40, 25] - 40, "under it, it hides more"
    off = edits.set_mask(document, id, replace(find(document, id).mask, enabled=False))
    shadow = named(Session(split_effects(off, id)[0]), "bee shadow")
    assert shadow.mask is find(off, id).mask


def test_where_pixels_have_become_others_nothing_is_known_and_what_is_opaque_is_the_thing() -> None:
    session, id = hive()
    stain = make_layer("stain", Pixels.from_array(np.full((4, 4, 4), 200, np.uint8)), Placement(40, 30))
    document = edits.merge(edits.add_layer(session.document, stain), [id, stain.id])
    assert cover(document, id) is None
    thing = find(split_effects(document, id)[0], id)
    row, column = (int(at + start - corner) for at, start, corner in zip(WING, (10, 20), (thing.placement.y, thing.placement.x)))
    assert thing.pixels.to_array()[row, column, 3] == 0, "as ever: the wing is taken for an effect"
    assert cover(masks.mask_from_alpha(session.document, id), id) is None
    flat = edits.flatten(session.document)
    assert cover(flat, flat.layers[0].id) is None


def test_a_thing_that_serves_as_a_reference_leaves_its_shadow_behind() -> None:
    session, id = hive()
    reference = of_layer(find(session.document, id))
    seen = np.flatnonzero(bee()[1][..., 3].any(axis=0))
    assert reference.pixels.shape[1] == seen[-1] - seen[0] + 1 and (reference.pixels[..., 3] == 85).sum() > 100


def test_what_undo_holds_of_covers_counts_as_memory() -> None:
    session, id = hive()
    known = find(session.document, id)
    unknown = replace(known, pixels=Pixels.from_array(bee()[0]), candidates=())
    session.commit("Forget", edits.replace_node(session.document, unknown))
    costs = [step.cost for step in session.history._steps]
    assert costs[-1] == TILE * TILE * 5, "four channels and the cover"


@pytest.mark.parametrize("place", [Placement(45, 20), Placement(30, 20, rotation=90), Placement(25, 15, -1.0), Placement(30, 20, 1.3, 1.3, 30)])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
def test_a_mask_hides_the_same_of_a_thing_that_is_settled_however_it_lies(place: Placement, split: bool) -> None:
    session, id = hive()
    half = np.full((60, 70), 255, np.uint8)
    half[:, :25] = 0
    document = edits.set_mask(session.document, id, Mask.from_array(half))
    if split:
        document, _ = split_effects(document, id)
    else:
        alone_in_it = Candidate(Pixels.from_array(bee()[1], bee()[1][..., 3]), Placement(20, 10), {})
        document = edits.add_candidate(document, id, alone_in_it)
    session.commit("Place", edits.set_placement(document, id, place))

    def seen(document: Document) -> np.ndarray:
        """Without a shadow, which stays where it was until the thing has a new one."""
        for part in effects.parts_of(document, id):
            document = edits.set_visible(document, part.id, False)
        return look(document)

    before = seen(session.document)
    request = session.capture_resettle(id)()
    session.place(request, results(request, request.thing), id)
    assert (np.abs(seen(session.document) - before).max(axis=2) > 12).sum() < 20, "its edges are resampled where it was turned"
    back = effects.use_candidate(session.document, id, len(find(session.document, id).candidates) - 2)
    assert np.abs(seen(back) - before).max() <= 2
