"""Fair trials of one decision at equal steps: they train every variant, measure it, and go on where they stopped."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate import trials
from bfs_engine.scenes.render import pack
from bfs_engine.scenes.vocabulary import Vocabulary


def test_words_and_references_are_trained_alike_and_measured(tmp_path: Path) -> None:
    library = Vocabulary.load(FOLDER / "library")
    sprites = pack([library.cutout(name) for name in library.names[:6]])
    small = {"size": 32, "latent_channels": 8, "refiner_channels": 8, "refiner_steps": 2, "codec_scenes": 24, "heads": 2, "head_dim": 16, "single_blocks": 1, "batch": 4}
    two = {name: dataclasses.replace(trials.TRIALS[name], **small) for name in ("reference", "words")}
    rows = trials.run(tmp_path, sprites, 2, 4, trials=two)
    assert [(row["trial"], row["sampling_steps"]) for row in rows] == [("reference", 1), ("reference", 8), ("words", 1), ("words", 8)]
    assert {row["training_scenes"] for row in rows} == {8}
    assert all(0 <= row["right_thing"] <= 1 and row["composite_db"] > 5 for row in rows)
    assert json.loads((tmp_path / "trials.json").read_text()) == rows
    assert trials.run(tmp_path, sprites, 2, 4, trials=two) == rows  # a finished trial is not trained again


def test_the_trials_differ_in_one_thing_each() -> None:
    def differences(first: str, second: str) -> set[str]:
        one, other = dataclasses.asdict(trials.TRIALS[first]), dataclasses.asdict(trials.TRIALS[second])
        return {name for name in one if one[name] != other[name]}

    assert differences("reference", "words") == {"condition"}
    assert differences("independent noise", "shared noise") == {"noise"}
