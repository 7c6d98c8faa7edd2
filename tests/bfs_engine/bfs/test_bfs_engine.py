"""The work that all engines on the pipeline share, with the real classes and random weights."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from bfs_engine import framing
from bfs_engine.api import Box, Cancelled, EngineError, ExtractRequest, InsertRequest, LayerResult, Progress, Request, ResettleRequest
from bfs_engine.bfs import engine as work
from bfs_engine.bfs.engine import BFSEngine, Told
from bfs_engine.bfs.relight import GAINS
from bfs_engine.cli.pictures import on_canvas, over
from tests import tiny

WIDTH, HEIGHT = 150, 120
BOX = Box(60, 30, 40, 50)
CROP = framing.crop_around(BOX, WIDTH, HEIGHT)


class Tiny(BFSEngine):
    """64 pixels, two steps, told by a reference that is the same for all seeds but one."""

    name, size, steps, guidance, at_once = "tiny", 64, 2, 1.0, 2

    def __init__(self) -> None:
        self.pipeline = tiny.pipeline(prediction="change", reference=True)
        self.shown: list[np.ndarray] = []

    def told(self, request: Request, seeds: list[int]) -> Told:
        reference = torch.stack([torch.full((4, 64, 64), 0.9 if seed % 2 else -0.2) for seed in seeds])
        return Told({"reference": reference}, "square")

    def told_of_thing(self, request: Request, thing: np.ndarray) -> Told:
        self.shown.append(thing)
        return Told({"reference": torch.from_numpy(thing).permute(2, 0, 1)[None] * 2 - 1}, "the thing itself")


@pytest.fixture(scope="module")
def engine() -> Tiny:
    return Tiny()


def ground() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.dstack([x, y + 60, 200 - x]).astype(np.uint8)


def cut(picture: np.ndarray) -> np.ndarray:
    return framing.cut(picture, CROP)


def insert(**changes: object) -> InsertRequest:
    return InsertRequest("square", BOX, CROP, cut(ground()), **changes)


def quietly(progress: Progress) -> None:
    pass


def red_post() -> np.ndarray:
    """(HEIGHT, WIDTH, 4) a post that fills most of the box, with a soft upper edge."""
    layer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer[40:80, 70:90] = (200, 30, 20, 255)
    layer[39, 70:90] = (200, 30, 20, 128)
    return layer


def test_candidates_come_in_the_order_of_their_seeds_and_each_can_be_made_again_alone(engine: Tiny) -> None:
    seen: list[Progress] = []
    three = engine.insert(insert(seed=5, count=3), seen.append)
    assert [result.recipe["seed"] for result in three] == [5, 6, 7]
    assert all(result.recipe["count"] == 1 and result.recipe["steps"] == 2 and result.recipe["kind"] == "insert" for result in three)
    assert [(progress.step, progress.steps) for progress in seen] == [(0, 4), (1, 4), (2, 4), (2, 4), (3, 4), (4, 4)]
    assert [len(progress.made) for progress in seen] == [0, 0, 0, 2, 0, 0]  # two are made at once, and told before the third is begun
    assert all(early.pixels is made.pixels for early, made in zip(seen[3].made, three, strict=False))
    assert all(isinstance(progress.preview, LayerResult) for progress in seen if progress.step in (1, 3))
    for result in three:
        (alone,) = engine.insert(insert(seed=result.recipe["seed"]), quietly)
        assert (alone.left, alone.top) == (result.left, result.top)
        assert np.abs(alone.pixels.astype(int) - result.pixels).max() <= 1


def test_no_candidate_at_all_is_refused(engine: Tiny) -> None:
    with pytest.raises(EngineError, match="At least one candidate"):
        engine.insert(insert(count=0), quietly)


def test_a_cancelled_request_holds_no_memory(engine: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []
    monkeypatch.setattr(work, "free_memory", lambda: freed.append(True))

    def stop(progress: Progress) -> None:
        if progress.step == 1:
            raise Cancelled

    def tensors() -> int:
        return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())

    engine.insert(insert(), quietly)
    gc.collect()
    gc.disable()  # what only the collector could free would be held for long
    try:
        before = tensors()
        with pytest.raises(Cancelled):
            engine.insert(insert(count=2), stop)
        assert tensors() <= before
    finally:
        gc.enable()
    assert freed == [True]


def test_a_processor_without_memory_is_told_as_that(engine: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object, **__: object) -> None:
        torch.empty(1 << 45)

    monkeypatch.setattr(type(engine.pipeline), "__call__", hungry)
    with pytest.raises(MemoryError, match="allocate"):
        engine.insert(insert(), quietly)


@pytest.mark.parametrize("strength", [0, 0.4])
def test_what_is_extracted_gives_the_picture_again(engine: Tiny, strength: float) -> None:
    picture = over(red_post(), ground())
    request = ExtractRequest("post", BOX, CROP, cut(ground()), composite=cut(picture), strength=strength)
    (result,) = engine.extract(request, quietly)
    assert result.recipe["kind"] == "extract" and result.recipe["strength"] == strength
    layer = on_canvas(result, WIDTH, HEIGHT)
    assert np.abs(over(layer, ground()).astype(int) - picture).max() <= 4  # the dead zone and its ramp
    assert not layer[:36].any() and not layer[:, :66].any()
    if strength == 0:
        assert np.abs(layer[..., 3].astype(int) - red_post()[..., 3]).max() <= 10


def test_an_extraction_that_makes_no_sense_is_refused_in_a_sentence(engine: Tiny) -> None:
    same = cut(ground())
    with pytest.raises(EngineError, match="the two pictures are the same"):
        engine.extract(ExtractRequest("", BOX, CROP, same, composite=same), quietly)
    with pytest.raises(EngineError, match="between 0 and 1; 1.5"):
        engine.extract(ExtractRequest("", BOX, CROP, same, composite=same, strength=1.5), quietly)
    with pytest.raises(EngineError, match="differ in size"):
        engine.extract(ExtractRequest("", BOX, CROP, same, composite=same[1:]), quietly)


def test_a_resettled_thing_keeps_its_shape_and_stands_before_its_new_effects(engine: Tiny) -> None:
    request = ResettleRequest("post", BOX, CROP, cut(ground()), thing=cut(red_post()))
    (result,) = engine.resettle(request, quietly)
    assert result.recipe["kind"] == "resettle" and result.recipe["understood"] == "the thing itself"
    layer = on_canvas(result, WIDTH, HEIGHT)
    assert (layer[40:80, 70:90, 3] == 255).all()
    low, high = GAINS
    colour = layer[42:78, 72:88, :3].astype(float) / (200, 30, 20)
    assert colour.min() >= low - 0.05 and colour.max() <= high + 0.05
    shown = engine.shown[-1]
    assert shown.shape == (64, 64, 4) and abs(shown[..., 3].sum() / 64**2 - 810 / CROP.width**2) < 0.01


def test_nothing_cannot_be_settled(engine: Tiny) -> None:
    with pytest.raises(EngineError, match="nothing in the box"):
        engine.resettle(ResettleRequest("", BOX, CROP, cut(ground()), thing=cut(red_post() * 0)), quietly)



def test_the_model_sees_what_stands_in_front_and_the_layer_is_made_whole_behind_it(engine: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    fence = np.zeros((*cut(ground()).shape[:2], 4), np.uint8)
    fence[:, 20:40] = 250, 250, 250, 255
    fence[:, 40:60] = 0, 0, 0, 100  # its shadow, which will fall on the finished layer by itself
    shown = work.shown_picture(insert(occluders=fence))
    assert (shown[:, 20:40] == 250).all()
    assert (shown[:, 40:] == cut(ground())[:, 40:]).all()
    pictures: list[np.ndarray] = []
    monkeypatch.setattr(work, "to_model", lambda picture, size: pictures.append(picture) or framing.to_model(picture, size))
    (with_it,) = engine.insert(insert(occluders=fence), quietly)
    assert (pictures[0] == shown).all()
    cover = on_canvas(with_it, WIDTH, HEIGHT)[..., 3]
    assert cover[50, CROP.x + 30] > 0, "also where the fence hides it"
    assert with_it.recipe["occluders_sha256"] and "occluders" not in with_it.recipe
