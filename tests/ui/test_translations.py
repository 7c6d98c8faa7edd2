"""The second language is whole: every text of the program has its translation, with the same places to fill in."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import losses, open_document
from app.words import phrase
from bfs_engine import catalog
from bfs_engine.api import Box, EngineError, UnknownPrompt
from bfs_engine.bfs import memory
from bfs_engine.bfs.release import load_release
from bfs_engine.framing import check_box
from tests import tiny
from ui.language import LANGUAGES, TRANSLATIONS, language_for, speak, translated

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


@pytest.fixture
def in_german(qapp: QApplication) -> Iterator[None]:
    speak(qapp, "de")
    yield
    speak(qapp, "en")


def test_what_files_and_the_engine_refuse_is_said_in_the_users_language(in_german: None, tmp_path: Path) -> None:
    with pytest.raises(FileError) as missing:
        open_document(tmp_path / "no.png")
    with pytest.raises(EngineError) as outside:
        check_box(Box(90, 0, 20, 20), 100, 100)
    unknown = UnknownPrompt("dragon", ("apple", "cat"))
    assert translated(missing.value.sentence).endswith("no.png“ gibt es nicht.")
    assert translated(outside.value.sentence) == "Der Rahmen 90,0 20 × 20 reicht über das Bild hinaus, das 100 × 100 Pixel hat."
    assert translated(unknown.sentence) == "Dieses Modell kann „dragon“ nicht erzeugen."
    assert translated(unknown.hint) == "Am nächsten kommen: apple, cat."


def test_what_a_format_drops_is_said_in_the_users_language(in_german: None) -> None:
    layers = tuple(make_layer(name, Pixels.from_array(np.full((4, 4, 4), 255, np.uint8))) for name in "ab")
    dropped = [translated(loss) for loss in losses(Document(4, 4, layers), Path("x.jpg"))]
    assert dropped[:2] == [
        "Alle Ebenen werden zu einem Bild vereint; Namen, Gruppen, Masken und Rezepte bleiben nicht erhalten.",
        "JPEG kennt keine Transparenz; was durchsichtig ist, wird weiß.",
    ]


def test_what_a_model_needs_and_its_licence_are_said_in_the_users_language(in_german: None) -> None:
    with_room = memory.Machine("cpu", phrase("the processor"), 80 * memory.GB, 80 * memory.GB)
    plan = memory.plan(with_room, memory.Demand(20 * memory.GB, 0, 0, 0, 0, 0), memory.MODES[0])
    assert translated(plan.sentence) == "Prozessor, alle Gewichte in bfloat16: etwa 20,0 von 80,0 GB freiem Speicher."
    assert translated(catalog.shipped().licence).startswith("Apache License 2.0; die Ausschnitte: ")
    assert translated(catalog.FLUX_LICENCES).endswith("(Black Forest Labs); die Autoren von BFS nennen keine für ihre Gewichte")
    with pytest.raises(EngineError) as small:
        memory.choose(memory.Machine("cuda", "Card", memory.GB, memory.GB), memory.Demand(*[9 * memory.GB] * 6))
    assert translated(small.value.sentence) == (
        "Für ein Bild dieser Größe braucht das Modell selbst so (Gewichte im Hauptspeicher, Schicht für Schicht geholt) 18,0 GB und 27,0 GB Hauptspeicher; "
        "frei sind 1,0 GB (Card) und 1,0 GB Hauptspeicher."
    )


def test_damaged_weights_are_told_in_the_users_language(in_german: None, tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "weights.pt")
    with pytest.raises(EngineError) as nothing:
        load_release(tiny.transformer(), tmp_path / "weights.pt")
    assert "enthält keinen Informationsaustausch von BFS" in translated(nothing.value.sentence)


SAID_IN_THE_WINDOW = (  # by file formats, and by engines and their models
    *sorted((translations.ROOT / "app" / "formats").glob("*.py")),
    *sorted((translations.ROOT / "bfs_engine" / "bfs").glob("*.py")),
    *(translations.ROOT / "bfs_engine" / name for name in ("api.py", "catalog.py", "matting/cutout.py", "framing.py", "lift.py")),
)


def test_no_error_about_a_file_or_a_model_is_a_plain_string() -> None:
    plain = []
    for path in SAID_IN_THE_WINDOW:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("FileError", "FileChanged", "EditError", "EngineError", "Progress"):
                words = [part for part in call.args if isinstance(part, ast.JoinedStr) or isinstance(part, ast.Constant) and isinstance(part.value, str)]
                plain += [f"{path.name}:{call.lineno}" for part in words if ast.unparse(part) != "f'pip install {mode.package}'"]
    assert not plain


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)[:}]", text))  # how a number is written may differ
