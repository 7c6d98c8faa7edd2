"""The studies of extracting and resettling: their rows mean what they say, whatever the model."""

from __future__ import annotations

import pytest
import torch

from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate.applications import carry, study_extraction, study_resettling, table
from bfs_engine.scenes.render import Sprites, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary
from tests import tiny


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    library = Vocabulary.load(FOLDER / "library")
    return pack([library.cutout(name) for name in library.names[:6]])


def test_the_closed_form_is_nearer_to_the_truth_the_more_it_is_told(sprites: Sprites) -> None:
    rows = {row["way"]: row for row in study_extraction(tiny.pipeline(prediction="change", reference=True), sprites, 4, 0, 1)}
    told = [rows[way]["elsewhere_db"] for way in ("smallest alpha", "closed form", "closed form, true region")]
    assert told == sorted(told) and told[2] > 30
    assert all(rows[way]["recomposed_db"] > 50 for way in rows if way != "smallest alpha" and not way.startswith("network 0") and way != "network 1")
    assert rows["network 0.1"]["elsewhere_db"] < told[0], "random weights know nothing"


def test_things_are_carried_from_box_to_box(sprites: Sprites) -> None:
    before, after = (render(sprites, seed, 3, 128, things=torch.tensor([0, 1, 2]), vary_colours=False) for seed in (1, 2))
    assert torch.allclose(carry(before, before, before.foreground), before.foreground, atol=0.02)
    centres = [(box[:, :2] + box[:, 2:] / 2) for box in (after.box, _boxes(carry(before, after, before.reference)))]
    assert (centres[0] - centres[1]).abs().max() < 8


def _boxes(layers: torch.Tensor) -> torch.Tensor:
    found = []
    for alpha in layers[:, 3]:
        y, x = (alpha > 0.5).nonzero(as_tuple=True)
        found.append(torch.stack([x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1]).float())
    return torch.stack(found)


def test_every_way_to_settle_is_measured_and_told_in_columns(sprites: Sprites) -> None:
    rows = study_resettling(tiny.pipeline(prediction="change", reference=True), sprites, 6, 0, 1)
    assert [row["way"] for row in rows] == ["as it was", "new effects", "new light and effects"]
    lines = table(rows).splitlines()
    assert len(lines) == 4 and lines[0].split()[:2] == ["way", "composite_db"]
    assert len({line.index(str(row["composite_db"])) for line, row in zip(lines[1:], rows)}) == 1
