"""The study of colour words: it counts what is right, and sees what is wrong."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate import colours
from bfs_engine.scenes.render import pack
from bfs_engine.scenes.vocabulary import Vocabulary


def test_a_model_that_pastes_its_reference_is_right_and_one_that_greys_it_is_not(monkeypatch) -> None:
    library = Vocabulary.load(FOLDER / "library")
    sprites = pack([library.cutout(name) for name in ("car", "apple", "teapot", "chair")])
    monkeypatch.setattr(colours, "COLOURS", ("red", "blue", "grey"))
    rows = {}
    for name, made in (("pasted", lambda reference: reference), ("greyed", lambda reference: torch.cat([reference[:, :3].mean(1, True).expand(-1, 3, -1, -1), reference[:, 3:]], 1))):
        monkeypatch.setattr(colours, "generate", lambda pipeline, background, box, reference, sampling, seed, made=made: (made(reference), background))
        rows[name] = {row["colour"]: row for row in colours.study_colours(SimpleNamespace(vae_scale_factor=8), sprites, 4, 0, 1)}
    assert all(row["right_thing"] == 1 and row["right_colour"] == row["reference_colour"] for row in rows["pasted"].values())
    assert rows["pasted"]["blue"]["right_colour"] == 1
    assert rows["greyed"]["red"]["right_colour"] == 0 and rows["greyed"]["red"]["reference_colour"] == 1
