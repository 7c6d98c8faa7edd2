"""A library with photographed and drawn things: what is shown for a word, in which order, and what trains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bfs_engine.api import EngineError
from bfs_engine.scenes.render import library_sprites
from bfs_engine.scenes.vocabulary import Vocabulary


def picture(path: Path, grey: int) -> None:
    Image.fromarray(np.full((8, 8, 4), (grey, grey, grey, 255), np.uint8)).save(path, lossless=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Drawn: a chair, a torch, a bee. Photographed: two chairs and a flashlight."""
    drawn = [("chair", ["seat"], "furniture"), ("torch", ["flashlight", "pocket lamp"], "tool"), ("bee", ["wasp"], "insect")]
    for name, _, _ in drawn:
        picture(tmp_path / f"{name}.png", 10)
    rows = [{"name": name, "synonyms": others, "category": kind, "file": f"{name}.png"} for name, others, kind in drawn]
    (tmp_path / "things.json").write_text(json.dumps(rows), "utf-8")
    for name, grey in (("oak", 100), ("cafe", 200), ("light", 150)):
        picture(tmp_path / f"{name}.webp", grey)
    taken = [
        {"name": "flashlight", "synonyms": ["torch"], "category": "tool", "pictures": [{"file": "light.webp", "pitch": 14}]},
        {
            "name": "chair",
            "synonyms": ["wooden chair"],
            "category": "furniture",
            "pictures": [{"file": "oak.webp", "pitch": 14}, {"file": "cafe.webp", "pitch": 14}],
        },
    ]
    (tmp_path / "photographed.json").write_text(json.dumps(taken), "utf-8")
    spoken = {"chair": {"de": "Stuhl, Sitz", "fr": "chaise", "emoji": "🪑"}, "flashlight": {"de": "Taschenlampe"}, "bee": {"de": "Biene", "emoji": "🐝"}}
    (tmp_path / "languages.json").write_text(json.dumps(spoken), "utf-8")
    return tmp_path


def test_a_noun_with_a_photograph_shows_it_and_the_drawing_is_not_offered_beside_it(folder):
    library = Vocabulary.load(folder)
    assert library.names == ("flashlight", "chair", "bee")
    assert library.understand("a red chair").photographed
    assert library.cutout("chair").max(axis=(0, 1))[0] == 100
    assert not library.understand("a bee").photographed


def test_words_of_the_drawing_lead_to_the_photograph(folder):
    library = Vocabulary.load(folder)
    assert {library.understand(words).name for words in ("torch", "a pocket lamp", "flashlights")} == {"flashlight"}
    assert library.understand("seat").name == "chair"


def test_candidates_are_further_pictures_of_the_noun(folder):
    library = Vocabulary.load(folder)
    asked = library.understand("chair")
    assert [int(library.picture(asked, nth)[0, 0, 0]) for nth in range(3)] == [100, 200, 100]


def test_german_and_french_words_are_understood(folder):
    library = Vocabulary.load(folder)
    assert library.understand("Stuhl").name == "chair"
    assert library.understand("Sitz").name == "chair"
    assert library.understand("chaise").name == "chair"
    assert library.understand("Taschenlampe").name == "flashlight"
    assert library.understand("eine Biene").name == "bee"


def test_an_emoji_is_understood(folder):
    library = Vocabulary.load(folder)
    assert library.understand("🪑").name == "chair"
    assert library.understand("🐝️ on a flower").name == "bee"


def test_the_list_by_category_has_photographed_things_first(folder):
    assert Vocabulary.load(folder).by_category() == {"insect": ("bee",), "furniture": ("chair",), "tool": ("flashlight",)}


def test_drawn_scenes_are_trained_on_drawings_alone(folder):
    assert len(library_sprites(folder)) == 3


def test_a_damaged_list_of_photographs_gets_a_sentence(folder):
    (folder / "photographed.json").write_text('[{"name": "chair", "synonyms": [], "category": "furniture", "pictures": []}]', "utf-8")
    with pytest.raises(EngineError, match="damaged"):
        Vocabulary.load(folder)
