"""Damaged files end in a sentence; and the command that makes 100,000 of them would notice if they did not."""

from __future__ import annotations

import pickle
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="limits of processes are POSIX")

from app.document.document import Document, make_layer
from app.document.pixels import Pixels
from app.errors import FileError
from app.formats import open_document, save_document
from app.formats.psd import read as psd_read
from bfs_engine.api import EngineError
from bfs_engine.cli.pictures import read_picture
from tests.documents import noise
from tests.fuzz import __main__ as command
from tests.fuzz import child, mutations
from tests.fuzz.readers import READERS, Reader

FILES = 12  # of each kind; `python -m tests.fuzz` makes as many as one likes


@contextmanager
def little_memory() -> Iterator[None]:
    """A gigabyte for each file: one that claims more gets a sentence, and the machine stays quick."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    child.limit_memory(1 << 30)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_of_any_kind_is_opened_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    seeds = child._seeds(reader, tmp_path, "")
    case = tmp_path / f"{reader.stem}{reader.suffix}"
    case.parent.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        case.write_bytes(seed)
        reader.read(case)
    for index in range(FILES):
        chance = random.Random(index)
        case.write_bytes(reader.mutate(chance.choice(seeds), chance, seeds))
        try:
            with little_memory():
                reader.read(case)
        except (FileError, EngineError) as error:
            assert error.sentence.endswith(".")


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> child.Watch:
    """One for the whole run: Python keeps an audit hook for ever."""
    return child.Watch()


def outcome(watch: child.Watch, read, folder: Path) -> tuple[str, str]:
    """What the command says of a reader that does this."""
    case = folder / "case.bin"
    case.write_bytes(b"x")
    watch.on = True
    try:
        return child._outcome(Reader(".bin", lambda folder: None, read), case)
    finally:
        watch.on = False


def _refuse(path: Path) -> None:
    raise FileError(f"“{path.name}” is damaged.")


def test_pictures_and_sentences_are_no_faults(watch: child.Watch, tmp_path: Path) -> None:
    assert outcome(watch, Path.read_bytes, tmp_path) == ("opened", "")
    assert outcome(watch, _refuse, tmp_path) == ("refused", "")


@pytest.mark.parametrize(
    "deed",
    (
        lambda path: (path.parent / "beside").write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: pickle.loads(pickle.dumps(Counter)),
        lambda path: {}["a key"],
    ),
)
def test_writing_removing_unpickling_and_bugs_are_faults(watch: child.Watch, deed, tmp_path: Path) -> None:
    assert outcome(watch, deed, tmp_path)[0] == "fault"


def test_a_reader_that_dies_is_a_fault_and_its_file_is_kept(tmp_path: Path) -> None:
    dying = "import os, signal; print('{\"done\": 7, \"file\": 7, \"opened\": 7}', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    results: Counter[str] = Counter()
    done, died = command._follow([sys.executable, "-c", dying], results, 0)
    assert (done, results["opened"]) == (7, 7) and died.startswith("status -9")
    (tmp_path / "case.psd").write_bytes(b"the last one")
    command._keep(tmp_path, "psd", done, tmp_path, died)
    assert (tmp_path / "psd-000007.psd").read_bytes() == b"the last one"


def test_a_reference_of_more_pixels_than_memory_holds_is_refused(tmp_path: Path) -> None:
    """Found by mutated files: a PNG whose header says so, read by the engine's command line."""
    (tmp_path / "seeds").mkdir()
    READERS["png"].write(tmp_path / "seeds")
    huge = (1_000_000).to_bytes(4, "big") * 2
    path = tmp_path / "huge.png"
    whole = (tmp_path / "seeds" / "0.png").read_bytes()
    path.write_bytes(mutations.map_chunks(whole, lambda kind, body: huge + body[8:] if kind == b"IHDR" else body))
    with pytest.raises(EngineError, match="pixels"):
        read_picture(path)


def test_new_lines_of_a_parser_are_noticed(tmp_path: Path) -> None:
    """Files that lead further in become files to start from."""
    reader, reach = READERS["png"], child.Reach()
    (tmp_path / "seeds").mkdir()
    reader.write(tmp_path / "seeds")
    (tmp_path / "no.png").write_bytes(b"no picture")
    with reach:
        child._outcome(replace(reader), tmp_path / "no.png")
    few = reach.lines
    with reach:
        child._outcome(reader, tmp_path / "seeds" / "0.png")
    assert 0 < few < reach.lines


@pytest.mark.parametrize("name", ("settings", "presets", "library"))
def test_json_nested_without_end_is_no_bug(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    case = tmp_path / f"{reader.stem}{reader.suffix}"
    case.write_text("[" * 100_000 + "]" * 100_000)
    with suppress(FileError, EngineError):
        reader.read(case)


def test_a_psd_whose_layers_together_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer alone is small enough; a tile is the least that one takes."""
    monkeypatch.setattr(psd_read, "MOST_PIXELS_IN_LAYERS", 2 << 16)
    layers = tuple(make_layer(f"{n}", Pixels.from_array(noise(9, 9, n))) for n in range(3))
    for count in (2, 3):
        save_document(Document(20, 20, layers[:count]), tmp_path / f"{count}.psd")
    assert len(open_document(tmp_path / "2.psd").layers) == 2
    with pytest.raises(FileError, match="unpack to more than"):
        open_document(tmp_path / "3.psd")
