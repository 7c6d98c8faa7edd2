"""A project file keeps everything, is replaced only as a whole, and is not fooled by what others put into it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings

from app.document.document import Candidate, Document, Layer, make_group, make_layer, new_id, walk
from app.document.geometry import IDENTITY, Placement
from app.document.pixels import Key, Mask, Pixels, Tiles
from app.errors import FileError
from app.formats import losses, open_document, open_with_report, save_document
from app.formats.project import project as project_file
from app.formats.project import tiles
from app.formats.project.state import from_json, to_json
from app.render.render import render
from tests.documents import RECIPE, differences, flat_document, full_document, shape
from tests.strategies import documents


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "scene.downstage"
    save_document(full_document(), path)
    return path


def test_everything_comes_back(tmp_path: Path) -> None:
    document = full_document()
    document = replace(document, layers=(*document.layers, make_group("half filled", (), fill=0.5)))
    path = tmp_path / "scene.downstage"
    save_document(document, path)
    assert differences(document, open_document(path)) == []
    assert losses(document, path) == []


class Shelf(dict):
    """Tiles by name, in memory."""

    def put(self, tiles: Tiles) -> dict[Key, str]:
        names = {key: f"{id(tile)}" for key, tile in tiles.items()}
        self.update((names[key], tile) for key, tile in tiles.items())
        return names

    def get(self, names: dict[Key, str], channels: int) -> Tiles:
        return {key: self[name] for key, name in names.items()}


def test_a_mask_that_was_turned_with_its_group_comes_back_and_old_files_are_read() -> None:
    mask = replace(Mask.from_array(np.full((9, 9), 7, np.uint8)), matrix=(0.5, 0.1, -0.2, 2.0, 30.0, 4.0))
    layer = make_layer("l", Pixels.from_array(np.full((4, 4, 4), 9, np.uint8)), Placement(1, 2, 3, 4, 5, 6))
    document, shelf = Document(50, 50, (make_group("g", (layer,), mask=mask),)), Shelf()
    plain = to_json(document, shelf)
    group = from_json(plain, shelf, None).layers[0]
    assert group.mask.matrix == mask.matrix and group.children[0].placement == layer.placement
    del plain["layers"][0]["mask"]["matrix"], plain["layers"][0]["children"][0]["placement"][5]
    group = from_json(plain, shelf, None).layers[0]
    assert group.mask.matrix == IDENTITY and group.children[0].placement == Placement(1, 2, 3, 4, 5, 0)


def test_the_profile_comes_back(tmp_path: Path) -> None:
    document = Document(10, 10, (), profile=b"an ICC profile", dpi=72.0)
    save_document(document, tmp_path / "a.downstage")
    assert open_document(tmp_path / "a.downstage").profile == b"an ICC profile"


def test_what_is_invisible_comes_back_too(tmp_path: Path) -> None:
    """Colour under alpha 0 is kept: an eraser's work can be taken back by a mask."""
    pixels = np.zeros((300, 300, 4), np.uint8)
    pixels[10:20, 10:20, 0] = 200
    layer = Layer(new_id(), "ghost", Pixels.from_array(pixels))
    save_document(Document(300, 300, (layer,)), tmp_path / "a.downstage")
    assert np.array_equal(open_document(tmp_path / "a.downstage").layers[0].pixels.to_array(), pixels)


def test_equal_tiles_are_stored_once(tmp_path: Path) -> None:
    """A candidate that is also the layer's picture, or a duplicated layer, costs nothing."""
    pixels = Pixels.from_array(np.random.default_rng(0).integers(0, 256, (512, 512, 4), dtype=np.uint8))
    again = Pixels.from_array(pixels.to_array())
    layers = tuple(Layer(new_id(), "x", p, recipe=RECIPE, candidates=(Candidate(p, Placement(), RECIPE),)) for p in (pixels, again))
    save_document(Document(512, 512, layers), tmp_path / "a.downstage")
    database = sqlite3.connect(tmp_path / "a.downstage")
    assert database.execute("SELECT count(*) FROM tiles").fetchone() == (4,)
    database.close()


def test_the_preview_can_be_shown_without_opening_the_project(saved: Path) -> None:
    preview = project_file.read_preview(saved)
    assert preview is not None and preview.startswith(b"\x89PNG")


def test_nothing_is_left_beside_the_saved_file(saved: Path) -> None:
    assert [path.name for path in saved.parent.iterdir() if path.is_file()] == [saved.name]


@settings(max_examples=25)
@given(document=documents())
def test_any_document_comes_back(document: Document, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "a.downstage"
    save_document(document, path)
    assert differences(document, open_document(path)) == []


def test_a_recipe_with_numpys_numbers_is_saved(tmp_path: Path) -> None:
    layer = Layer(new_id(), "x", Pixels.empty(1, 1), recipe={"score": np.float32(0.5), "seed": np.int64(3)})
    save_document(Document(4, 4, (layer,)), tmp_path / "a.downstage")
    assert open_document(tmp_path / "a.downstage").layers[0].recipe == {"score": 0.5, "seed": 3}


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_document(path)
    return caught.value.sentence


def test_a_newer_project_is_refused_with_the_reason(saved: Path) -> None:
    change(saved, "PRAGMA user_version=99")
    assert "newer Downstage" in refusal(saved) and "99" in refusal(saved)


def test_another_programs_database_is_no_project(tmp_path: Path) -> None:
    change(tmp_path / "other.downstage", "CREATE TABLE t (x)")
    assert "not a Downstage project" in refusal(tmp_path / "other.downstage")


def test_a_picture_with_the_wrong_ending_is_no_project(tmp_path: Path) -> None:
    save_document(flat_document(), tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.downstage")
    assert "not a Downstage project" in refusal(tmp_path / "a.downstage")


@pytest.mark.parametrize("share", (0.05, 0.3, 0.6, 0.95))
def test_a_project_cut_short_is_damaged(saved: Path, share: float) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged" in refusal(saved)


def change_one_byte_of_a_tile(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        name, data = database.execute("SELECT hash, data FROM tiles ORDER BY length(data) DESC").fetchone()
        database.execute("UPDATE tiles SET data = ? WHERE hash = ?", (data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], name))


def test_one_changed_byte_costs_one_tile_and_is_told(saved: Path) -> None:
    change_one_byte_of_a_tile(saved)
    opened = open_with_report(saved)
    assert not opened.whole
    assert "damaged: 1 of" in opened.report[0] and "another name" in opened.report[1]
    lost = [problem for problem in differences(full_document(), opened.document) if not problem.endswith(": id")]
    assert len(lost) == 1 and lost[0].endswith(": pixels")


def test_a_project_of_version_1_is_opened_whole_and_saved_as_the_present_one(tmp_path: Path) -> None:
    """The file was written by Downstage 0.1.0 from the same document."""
    path = tmp_path / "old.downstage"
    shutil.copy(Path(__file__).parents[2] / "golden" / "project-1.downstage", path)
    opened = open_with_report(path)
    expected = replace(full_document(), profile=b"an ICC profile")
    changed = [problem for problem in differences(expected, opened.document) if not problem.endswith(": id")]
    assert opened.whole and changed == ["Tasse ☕ 茶碗: cover"], "all but what nobody knew then"
    assert save_document(opened.document, path, expected=opened.stamp)
    assert path.read_bytes()[60:64] == bytes([0, 0, 0, project_file.VERSION])
    assert differences(opened.document, open_document(path)) == []


def test_one_changed_byte_in_a_project_of_version_1_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "old.downstage"
    shutil.copy(Path(__file__).parents[2] / "golden" / "project-1.downstage", path)
    change_one_byte_of_a_tile(path)
    assert not open_with_report(path).whole


def made_layer(document: Document) -> Layer:
    """The one that has candidates."""
    return next(node for node, _, _ in walk(document) if isinstance(node, Layer) and node.candidates)


def test_what_an_engine_knew_of_its_thing_comes_back_and_files_that_do_not_say_open_as_ever(saved: Path) -> None:
    kept = made_layer(open_document(saved))
    assert (kept.pixels.cover_array() == made_layer(full_document()).pixels.cover_array()).all() and kept.pixels.cover_array().any()
    assert kept.candidates[0].pixels.cover is None

    def forget(state: dict) -> None:
        made = next(node for group in state["layers"] for node in group.get("children", ()) if node.get("candidates"))
        for pixels in (made["pixels"], *(one["pixels"] for one in made["candidates"])):
            pixels.pop("cover", None)

    rewrite(saved, forget)
    opened = open_with_report(saved)
    assert opened.whole and differences(full_document(), opened.document) == [
        problem for problem in differences(full_document(), opened.document) if problem.endswith((": id", ": cover"))
    ]
    old = made_layer(opened.document)
    assert old.pixels.cover is None and old.pixels is old.candidates[1].pixels
    rewrite(saved, lambda state: state["layers"][1]["children"][0]["pixels"].update(cover=7))
    assert "damaged" in refusal(saved)


def test_a_cover_of_which_a_piece_is_lost_is_not_trusted(saved: Path) -> None:
    with closing(sqlite3.connect(saved)) as database:
        state = json.loads(database.execute("SELECT value FROM document WHERE key = 'state'").fetchone()[0])
        name = state["layers"][1]["children"][0]["pixels"]["cover"][0][2]
        with database:
            database.execute("DELETE FROM tiles WHERE hash = ?", (bytes.fromhex(name),))
    opened = open_with_report(saved)
    assert not opened.whole and made_layer(opened.document).pixels.cover is None
    assert [problem for problem in differences(full_document(), opened.document) if not problem.endswith(": id")] == ["Tasse ☕ 茶碗: cover"]


def test_what_is_known_of_a_thing_takes_little_room(tmp_path: Path) -> None:
    """Of a thing with soft edges, 700 × 700 pixels."""
    layer, cover = np.dstack([np.full((700, 700, 3), 90, np.uint8), shape(700, 700)]), shape(700, 700, 1)
    sizes = []
    for known in (None, cover):
        document = Document(700, 700, (make_layer("thing", Pixels.from_array(layer, known)),))
        save_document(document, tmp_path / "a.downstage")
        with closing(sqlite3.connect(tmp_path / "a.downstage")) as database:
            sizes.append(database.execute("SELECT sum(length(data)) FROM tiles").fetchone()[0])
    assert 0 < sizes[1] - sizes[0] < cover.size // 10


def test_the_layer_still_shows_one_of_its_candidates_after_opening(saved: Path) -> None:
    made = next(node for node, _, _ in walk(open_document(saved)) if isinstance(node, Layer) and node.candidates)
    assert made.pixels is made.candidates[1].pixels


def test_candidates_are_not_unpacked_until_somebody_looks(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[tuple[int, ...]] = []
    monkeypatch.setattr(tiles, "unpack", lambda data, shape, unpack=tiles.unpack: unpacked.append(shape) or unpack(data, shape))
    document = open_document(saved)
    assert unpacked == []
    project_file.unpack_visible(document)
    shown = len(unpacked)
    render(document, document.rect)
    assert len(unpacked) == shown > 0
    made = next(node for node, _, _ in walk(document) if isinstance(node, Layer) and node.candidates)
    other = made.candidates[0].pixels.to_array()
    assert np.array_equal(other, full_document_candidate()) and len(unpacked) > shown


def full_document_candidate() -> np.ndarray:
    made = next(node for node, _, _ in walk(full_document()) if isinstance(node, Layer) and node.candidates)
    return made.candidates[0].pixels.to_array()


def test_a_tile_that_claims_to_be_huge_is_refused_before_it_is_unpacked(saved: Path) -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(1 << 26))
    database = sqlite3.connect(saved)
    database.execute("UPDATE tiles SET data = ?", (bomb,))
    database.commit()
    database.close()
    assert "damaged" in refusal(saved)


@pytest.mark.parametrize(
    "statement",
    (
        "CREATE TRIGGER t AFTER INSERT ON tiles BEGIN DELETE FROM document; END",
        "DROP TABLE document; CREATE VIEW document AS SELECT 'state' AS key, x'7b7d' AS value",
        "DELETE FROM tiles",
        "DELETE FROM document WHERE key = 'state'",
        "UPDATE document SET value = 5 WHERE key = 'state'",
        "UPDATE document SET value = x'7b7d' WHERE key = 'state'",
    ),
)
def test_a_tampered_project_is_damaged(saved: Path, statement: str) -> None:
    change(saved, statement)
    assert "damaged" in refusal(saved)


@pytest.mark.parametrize(
    ("key", "value"),
    (("width", 0), ("width", 10**9), ("height", "5"), ("dpi", True), ("layers", {}), ("guides", [1])),
)
def test_nonsense_in_the_state_is_damage(saved: Path, key: str, value: object) -> None:
    rewrite(saved, lambda state: state.update({key: value}))
    assert "damaged" in refusal(saved)


@pytest.mark.parametrize(
    ("key", "value"),
    (
        ("blend", "sparkle"), ("blend", "pass through"), ("opacity", "1"), ("visible", 1), ("placement", [0, 0]), ("kind", "folder"),
        ("recipe", []),
    ),
)  # fmt: skip
def test_nonsense_in_a_layer_is_damage(saved: Path, key: str, value: object) -> None:
    rewrite(saved, lambda state: state["layers"][0].update({key: value}))
    assert "damaged" in refusal(saved)


def test_a_tile_outside_its_raster_is_damage(saved: Path) -> None:
    rewrite(saved, lambda state: state["layers"][0]["pixels"]["tiles"][0].__setitem__(0, 5000))
    assert "damaged" in refusal(saved)


def test_a_layer_larger_than_any_memory_is_damage(saved: Path) -> None:
    rewrite(saved, lambda state: state["layers"][0]["pixels"].update(width=300_000, height=300_000))
    assert "damaged" in refusal(saved)


def test_what_lies_beyond_the_limits_is_brought_back_and_said(saved: Path) -> None:
    def beyond(state: dict) -> None:
        state["dpi"] = float("nan")
        state["layers"][0] |= {"opacity": 1.5, "placement": [2e9, float("inf"), 1, 1, 0, 0]}
        for _ in range(120):
            group = next(node for node in state["layers"] if node["kind"] == "group")
            state["layers"] = [group | {"children": state["layers"]}]

    rewrite(saved, beyond)
    opened = open_with_report(saved)
    assert opened.whole and any("beyond" in str(line) for line in opened.report)
    assert opened.document.dpi == 72
    names = {node.name for node, _, _ in walk(opened.document)}
    assert len([node for node, _, _ in walk(opened.document)]) > 100 and names, "nothing but groups that nobody could open is gone"


def change(path: Path, statements: str) -> None:
    database = sqlite3.connect(path)
    database.executescript(statements)
    database.close()


def rewrite(path: Path, edit) -> None:
    database = sqlite3.connect(path)
    state = json.loads(database.execute("SELECT value FROM document WHERE key = 'state'").fetchone()[0])
    edit(state)
    database.execute("UPDATE document SET value = ? WHERE key = 'state'", (json.dumps(state).encode(),))
    database.commit()
    database.close()


def test_the_header_says_what_the_file_is(saved: Path) -> None:
    """So that `file` and other programs can know a project without its ending."""
    head = saved.read_bytes()[:100]
    assert struct.unpack(">I", head[68:72]) == (project_file.APPLICATION_ID,) and head[68:72] == b"DWST"
