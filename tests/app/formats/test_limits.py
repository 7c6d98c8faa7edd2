"""Whatever an editor's session can reach can be saved, and what was saved opens again."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from app.config.settings import Settings
from app.document import edits
from app.document.document import Candidate, Document, Guide, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Pixels
from app.errors import EditError, FileError
from app.formats import open_with_report, save_document
from app.formats.project import project as project_file
from app.session.recovery import Belonging, Journal, leftovers

PIXELS = Pixels.from_array(np.full((20, 20, 4), 200, np.uint8))
BASE = Document(100, 100, (make_layer("a", PIXELS),))


def again(document: Document, folder: Path) -> Document:
    path = folder / "again.downstage"
    save_document(document, path)
    return open_with_report(path).document


def nested(times: int) -> Document:
    document, id = BASE, BASE.layers[0].id
    for _ in range(times):
        document, id = edits.group(document, [id])
    return document


def test_groups_can_be_nested_as_deep_as_a_project_holds_and_no_deeper(tmp_path: Path) -> None:
    assert len(list(walk(again(nested(100), tmp_path)))) == 101
    with pytest.raises(EditError, match="100 deep"):
        nested(101)


@pytest.mark.parametrize(
    "document",
    [
        replace(BASE, layers=(make_layer("far", PIXELS, placement=Placement(2e9, -3e12)),)),
        replace(BASE, layers=(make_layer("huge", PIXELS, placement=Placement(0, 0, 1e10, 1)),)),
        replace(BASE, layers=(make_layer("none", PIXELS, placement=Placement(math.nan, math.inf)),)),
        replace(BASE, layers=(make_layer("odd \ud800 name\0", PIXELS),)),
        replace(BASE, guides=(Guide(True, 3e9),)),
        replace(BASE, dpi=0.0),
        replace(BASE, origin=(1 << 31, 0)),
        replace(BASE, layers=(make_layer("recipe", PIXELS, recipe={"guidance": math.nan}),)),
    ],
    ids=lambda document: document.layers[0].name.encode("ascii", "replace").decode() + f"-{document.dpi}-{len(document.guides)}-{document.origin[0]}",
)
def test_extreme_values_are_saved_within_the_limits_in_project_and_journal(document: Document, tmp_path: Path) -> None:
    assert len(again(document, tmp_path).layers) == 1
    Journal.begin(tmp_path / "journals", document, Belonging(None, None, False)).close()
    [left] = leftovers(tmp_path / "journals")
    assert left.opened is not None and len(left.opened.document.layers) == 1
    left.journal.close()


def test_a_reference_is_stored_once_however_many_candidates_share_it(tmp_path: Path) -> None:
    text = "".join(map(chr, np.random.default_rng(0).integers(33, 126, 300_000)))
    recipes = [{"prompt": "mug", "reference_png": text, "seed": seed} for seed in range(150)]
    layer = make_layer("mug", PIXELS, recipe=recipes[0], candidates=tuple(Candidate(PIXELS, Placement(), recipe) for recipe in recipes))
    path = tmp_path / "mug.downstage"
    save_document(replace(BASE, layers=(layer,)), path)
    assert path.stat().st_size < 1_500_000
    opened = open_with_report(path).document.layers[0]
    assert [candidate.recipe for candidate in opened.candidates] == recipes
    assert layer.recipe["reference_png"] == text, "the document in memory is untouched"
    stamp = save_document(replace(BASE, layers=(layer,)), path)
    save_document(BASE, path, expected=stamp)
    assert text.encode()[:1000] not in path.read_bytes(), "what no recipe holds any more is gone from the file"


def test_what_a_project_cannot_hold_is_refused_in_a_sentence_and_the_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.downstage"
    save_document(BASE, path)
    before = path.read_bytes()
    monkeypatch.setattr(project_file, "LONGEST_VALUE", 1000)
    with pytest.raises(FileError, match="cannot be saved"):
        save_document(replace(BASE, profile=bytes(2000)), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("length", (200, 247, 248, 255))
def test_a_long_name_is_saved_and_opened(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("n" * (length - len(".downstage")) + ".downstage")
    stamp = save_document(BASE, path)
    stamp = save_document(replace(BASE, dpi=100), path, expected=stamp)
    assert open_with_report(path).document.dpi == 100 and stamp is not None


numbers = strategies.floats(allow_nan=True, allow_infinity=True)
placements = strategies.builds(Placement, numbers, numbers, numbers, numbers, numbers)
names = strategies.text(strategies.characters(categories=("L", "P", "Cc", "Cs", "So")), max_size=40)
layers = strategies.builds(
    lambda name, placement, opacity: replace(make_layer(name, PIXELS, placement=placement), opacity=opacity), names, placements, numbers
)


@hypothesis.given(strategies.lists(layers, max_size=4), numbers, strategies.lists(strategies.builds(Guide, strategies.booleans(), numbers), max_size=3))
@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_every_state_that_is_saved_is_readable(tmp_path: Path, layers: list, dpi: float, guides: list) -> None:
    document = replace(BASE, layers=tuple(layers), dpi=dpi, guides=tuple(guides))
    path = tmp_path / "any.downstage"
    save_document(document, path)
    assert len(open_with_report(path).document.layers) == len(layers)


def test_two_programs_keep_each_others_settings_and_odd_names(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Settings(path), Settings(path)
    one.set("theme", "dark")
    other.set("language", "de")
    one.set("grid", True)
    one.add_recent(tmp_path / "caf\udce9.png")
    told = Settings(path)
    assert (told.get("theme", ""), told.get("language", ""), told.get("grid", False)) == ("dark", "de", True)
    assert told.recent[0].name == "caf\udce9.png"
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0, "it names the user's files"
