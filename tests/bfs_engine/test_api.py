"""Requests are values: equal ones have equal keys, and everything that decides the pixels decides the key."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from bfs_engine.api import Box, EngineError, ExtractRequest, InsertRequest, Request, ResettleRequest, UnknownPrompt, make


def request(**changes: object) -> InsertRequest:
    plain = InsertRequest("a red car", Box(10, 20, 30, 40), Box(0, 0, 80, 80), np.full((80, 80, 3), 99, np.uint8), seed=7, steps=8)
    return replace(plain, **changes)


def test_equal_requests_have_equal_keys_whatever_the_object() -> None:
    assert request().key() == request().key() == copy.deepcopy(request()).key() == pickle.loads(pickle.dumps(request())).key()


def test_the_memory_layout_of_a_picture_does_not_change_the_key() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (80, 80, 3), np.uint8)
    assert request(background=picture).key() == request(background=np.asfortranarray(picture)).key()


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a blue car"},
        {"box": Box(10, 20, 30, 41)},
        {"crop": Box(0, 1, 80, 80)},
        {"seed": 8},
        {"steps": None},
        {"guidance": 1.5},
        {"model": "flux"},
        {"background": np.full((80, 80, 3), 98, np.uint8)},
        {"reference": np.zeros((8, 8, 4), np.uint8)},
        {"occluders": np.zeros((80, 80, 4), np.uint8)},
        {"count": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_the_pixels_decides_the_key(change: dict) -> None:
    assert request(**change).key() != request().key()


def test_two_pictures_of_the_same_bytes_and_different_shape_differ() -> None:
    assert request(reference=np.zeros((4, 16, 4), np.uint8)).key() != request(reference=np.zeros((16, 4, 4), np.uint8)).key()


def test_a_recipe_is_json_and_names_the_pictures_without_holding_them() -> None:
    recipe = json.loads(json.dumps(request(reference=np.zeros((8, 8, 4), np.uint8)).recipe()))
    assert recipe["prompt"] == "a red car" and recipe["box"] == {"x": 10, "y": 20, "width": 30, "height": 40}
    assert len(recipe["background_sha256"]) == len(recipe["reference_sha256"]) == 64
    assert "background" not in recipe and "reference" not in recipe
    assert "reference_sha256" not in request().recipe()


def requests_of_every_kind() -> list[Request]:
    same = ("a red car", Box(10, 20, 30, 40), Box(0, 0, 80, 80), np.full((80, 80, 3), 99, np.uint8))
    with_thing = np.full((80, 80, 3), 98, np.uint8)
    return [
        InsertRequest(*same),
        ExtractRequest(*same, composite=with_thing),
        ExtractRequest(*same, composite=with_thing, strength=0.4),
        ResettleRequest(*same, thing=np.full((80, 80, 4), 97, np.uint8)),
        ResettleRequest(*same, thing=np.full((80, 80, 4), 96, np.uint8)),
    ]


def test_requests_of_different_kinds_are_different_and_their_recipes_say_which() -> None:
    requests = requests_of_every_kind()
    assert len({each.key() for each in requests}) == len(requests)
    recipes = [json.loads(json.dumps(each.recipe())) for each in requests]
    assert [recipe["kind"] for recipe in recipes] == ["insert", "extract", "extract", "resettle", "resettle"]
    assert "composite_sha256" in recipes[1] and "composite" not in recipes[1] and recipes[2]["strength"] == 0.4
    assert "thing_sha256" in recipes[3]


def test_every_kind_of_request_reaches_its_own_work() -> None:
    class Clerk:
        def __getattr__(self, work: str):
            return lambda request, report: work

    assert [make(Clerk(), each, print) for each in requests_of_every_kind()] == ["insert", "extract", "extract", "resettle", "resettle"]


def test_a_box_knows_its_far_edges() -> None:
    assert (Box(-5, 3, 10, 20).right, Box(-5, 3, 10, 20).bottom) == (5, 23)


def test_an_unknown_prompt_offers_the_nearest_things() -> None:
    refusal = UnknownPrompt("zeppelin", ("balloon", "airplane"))
    assert isinstance(refusal, EngineError)
    assert refusal.sentence == "This model cannot make “zeppelin”." and refusal.hint == "The nearest things it knows: balloon, airplane."
    assert UnknownPrompt("zeppelin", ()).hint == ""
