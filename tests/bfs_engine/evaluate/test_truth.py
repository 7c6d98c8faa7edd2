"""Measuring against scenes whose truth is known: the truth itself is best, and what is measured can tell a shadow's side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bfs_engine.__main__ import main
from bfs_engine.api import EngineError
from bfs_engine.evaluate.truth import brightness_matched, compare, measured, pasted, read, summary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three scenes of a grey square in dim light whose shadow falls to the right."""
    rows = []
    for number, level in enumerate((60, 110, 160)):
        background = np.random.default_rng(number).normal(level, 3, (90, 120, 3)).clip(0, 255)
        composite, matte = background.copy(), np.zeros((90, 120))
        composite[50:62, 70:100] *= 0.6
        composite[20:60, 40:70] = level * 1.2
        matte[20:60, 40:70] = 255
        thing = np.full((40, 30, 4), (200, 190, 180 + 20 * number, 255))
        for name, array in (("background", background), ("composite", composite), ("matte", matte), ("thing", thing)):
            Image.fromarray(array.round().astype(np.uint8)).save(tmp_path / f"{number}.{name}.png")
        rows.append({"key": str(number), "box": [40, 20, 30, 40]})
    (tmp_path / "scenes.json").write_text(json.dumps(rows))
    return tmp_path


def test_the_truth_scores_best_and_a_bare_paste_has_no_shadow(folder: Path) -> None:
    scenes = read(folder)
    truth = summary([measured(scene, scene.composite) for scene in scenes])
    bare = summary([measured(scene, pasted(scene)) for scene in scenes])
    assert truth["correlation"] == pytest.approx(1) and truth["mass"] == pytest.approx(1) and truth["right side"] == 1
    assert truth["gain"] == pytest.approx(1)
    assert bare["mass"] == 0 and bare["composite"] < summary([measured(s, brightness_matched(s)) for s in scenes])["composite"]


def test_a_shadow_on_the_wrong_side_is_told(folder: Path) -> None:
    [scene, *_] = read(folder)
    wrong = scene.background.copy()
    wrong[50:62, 10:40] *= 0.6
    row = measured(scene, wrong)
    assert row["side truth"] > 0.5
    assert row["correlation"] < 0.3


def test_the_table_has_a_row_for_each_way(folder: Path) -> None:
    table = compare(read(folder), {"paste": pasted, "matched": brightness_matched})
    assert [line.split("|")[1].strip() for line in table.splitlines()[2:]] == ["paste", "matched"]


def test_what_is_no_folder_of_scenes_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EngineError, match="holds no scenes"):
        read(tmp_path)
    assert main(["study", "truth"]) == 2
    assert "--scenes" in capsys.readouterr().err
