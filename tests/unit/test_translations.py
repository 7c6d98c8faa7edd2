"""The second language is whole: every text of the program has its translation, with the same places to fill in."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator

from app.words import phrase
from ui.language import LANGUAGES, TRANSLATIONS, language_for, translated

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
import translations  # noqa: E402

FILES = sorted(TRANSLATIONS.glob("*.ts"))


def test_every_language_but_english_has_its_file() -> None:
    assert {path.stem for path in FILES} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_left_untranslated(path: Path) -> None:
    assert not translations.missing(path), "run packaging/translations.py and fill in what it names"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translations_have_the_places_of_the_original(path: Path) -> None:
    wrong = [text for (_, text), words in translations.translations(path).items() if _places(text) != _places(words)]
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_compiled_says_what_the_source_says(path: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(path.with_suffix(".qm")))
    for (context, text), words in translations.translations(path).items():
        assert translator.translate(context, text) == words


def test_an_unknown_language_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language_for("tlh") == "en" and language_for("de") == "de"


def test_a_phrase_is_english_by_itself_and_remembers_its_parts() -> None:
    said = phrase("“{name}” is locked.", name="apple")
    assert said == "“apple” is locked." and (said.text, said.values) == ("“{name}” is locked.", {"name": "apple"})
    assert translated("plain words") == "plain words"


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", text))
