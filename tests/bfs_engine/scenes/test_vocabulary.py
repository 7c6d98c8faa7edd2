"""What people type, and what the starter takes it to mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bfs_engine.api import EngineError, UnknownPrompt
from bfs_engine.scenes.vocabulary import Vocabulary, _categories

LIBRARY = Path(__file__).parents[3] / "resources" / "models" / "starter" / "library"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(LIBRARY)


@pytest.mark.parametrize(("prompt", "name"), [
    ("apple", "apple"),
    ("An Apple!", "apple"),
    ("apples", "apple"),
    ("a shiny red apple on a wooden table", "apple"),
    ("automobile", "car"),
    ("puppy", "dog"),
    ("puppies", "dog"),
    ("two mice", "white mouse"),
    ("knives", "knife"),
    ("T-Shirt", "t-shirt"),
    ("a pair of scissors", "scissors"),
    ("a photo of a dog", "dog"),
    ("puppy sitting on the grass", "dog"),
    ("there is a cat", "cat"),
    ("I want a big green dinosaur, please", "dinosaur"),
    ("a cute little bunny, studio light", "rabbit"),
    ("orange car", "car"),
    ("an orange", "orange"),
    ("a car, red", "car"),
    ("car in the style of a cat", "car"),
])
def test_everyday_prompts_name_a_thing(vocabulary, prompt, name):
    assert vocabulary.understand(prompt).name == name


@pytest.mark.parametrize(("prompt", "name"), [
    ("hot dog", "hot dog"),
    ("computer mouse", "computer mouse"),
    ("a cup of coffee", "coffee"),
    ("bow and arrow", "bow"),
    ("a piece of cake", "slice of cake"),
    ("green apple", "green apple"),
    ("pine tree", "pine tree"),
    ("bird's nest", "nest with eggs"),
])
def test_the_longest_name_wins(vocabulary, prompt, name):
    assert vocabulary.understand(prompt).name == name


def test_what_is_not_followed_is_said(vocabulary):
    understood = vocabulary.understand("a tiny wooden chair near the window")
    assert understood.name == "chair"
    assert understood.matched == ("chair",)
    assert understood.ignored == ("wooden", "near", "window")
    assert understood.file in {path.name for path in LIBRARY.iterdir()}


@pytest.mark.parametrize(("prompt", "described", "ignored"), [
    ("small red car", "small red car", ()),
    ("a large blue ball", "large blue football", ()),
    ("dark green car", "dark green car", ()),
    ("a car, red", "red car", ()),
    ("a big dog in pink", "big pink dog", ("in",)),
    ("a light blue t-shirt on a red chair", "light blue t-shirt", ("on", "red", "chair")),
    ("an orange", "orange", ()),
    ("an orange orange", "orange orange", ()),
    ("green apple", "green apple", ()),
    ("a black and white dog", "dog", ("black", "and", "white")),
    ("a dark car", "car", ("dark",)),
])
def test_colours_and_sizes_are_followed(vocabulary, prompt, described, ignored):
    understood = vocabulary.understand(prompt)
    assert (understood.described, understood.ignored) == (described, ignored)


def test_the_picture_of_a_thing_is_in_its_colour(vocabulary):
    plain, green = (vocabulary.picture(vocabulary.understand(prompt)) for prompt in ("car", "small green car"))
    assert np.array_equal(plain, vocabulary.cutout("car"))
    solid = plain[..., 3] == 255
    assert green[solid].mean(0)[1] > green[solid].mean(0)[0] + 20 and plain[solid].mean(0)[0] > plain[solid].mean(0)[1] + 40


@pytest.mark.parametrize("prompt", ["red panda", "small", "blue", "bus stop", "hot dog stand", "guinea pig", "red", "the lion king", "яблоко"])
def test_other_things_are_not_replaced_in_silence(vocabulary, prompt):
    with pytest.raises(UnknownPrompt):
        vocabulary.understand(prompt)


@pytest.mark.parametrize(("prompt", "offered"), [("aple", "apple"), ("gerbil", "hamster"), ("submarines", "car"), ("bus stop", "bus"), ("furniture", "chair"), ("teh dgo", "dog"), ("hot dog stand", "hot dog"), ("a trombone", "trumpet")])
def test_an_unknown_prompt_is_answered_with_the_nearest_things(vocabulary, prompt, offered):
    with pytest.raises(UnknownPrompt) as caught:
        vocabulary.understand(prompt)
    assert offered in caught.value.nearest
    assert set(caught.value.nearest) <= set(vocabulary.names)


@pytest.mark.parametrize("prompt", ["", "   ", "\n"])
def test_an_empty_prompt_gets_a_sentence(vocabulary, prompt):
    with pytest.raises(EngineError) as caught:
        vocabulary.understand(prompt)
    assert "empty" in caught.value.sentence


def test_every_thing_has_a_cutout_and_every_word_means_one_thing(vocabulary):
    assert len(vocabulary.names) >= 96
    for entry in vocabulary.entries:
        assert all(vocabulary.understand(phrase).name == entry.name for phrase in entry.phrases), entry.name
        cutout = vocabulary.cutout(entry.name)
        assert cutout.dtype == np.uint8 and cutout.shape[2] == 4 and max(cutout.shape[:2]) <= (384 if entry.photographed else 136)
        assert cutout[..., 3].max() >= (128 if entry.photographed else 255)  # glass is seen through


def test_categories_offer_things_that_exist(vocabulary):
    assert {name for category in _categories().values() for name in category.offer} <= set(vocabulary.names)
    assert {entry.category for entry in vocabulary.entries} == set(_categories())


def test_a_missing_or_damaged_library_gets_a_sentence(tmp_path):
    with pytest.raises(EngineError, match="missing"):
        Vocabulary.load(tmp_path)
    (tmp_path / "things.json").write_text("[{]")
    with pytest.raises(EngineError, match="damaged"):
        Vocabulary.load(tmp_path)
    (tmp_path / "things.json").write_text('[{"name": "apple", "synonyms": [], "category": "fruit", "file": "apple.png"}]')
    with pytest.raises(EngineError, match="apple"):
        Vocabulary.load(tmp_path).cutout("apple")
