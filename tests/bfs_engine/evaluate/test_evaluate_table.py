"""Means, their intervals, and the tables of them."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from bfs_engine.evaluate.metrics import Ratio
from bfs_engine.evaluate.table import Estimate, as_csv, as_json, estimate, estimates, table


def test_a_mean_has_the_interval_that_theory_gives() -> None:
    values = np.random.default_rng(3).normal(20, 2, 400).tolist()
    found = estimate(values)
    half = 1.96 * np.std(values) / 20
    assert found.value == pytest.approx(np.mean(values)) and found.n == 400
    assert found.low == pytest.approx(found.value - half, abs=0.1 * half) and found.high == pytest.approx(found.value + half, abs=0.1 * half)
    assert estimate(values) == found != estimate(values, seed=1), "the seed decides"


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    dice = np.random.default_rng(5)
    held = 0
    for trial in range(200):
        found = estimate(dice.exponential(1.0, 60).tolist(), seed=trial, resamples=400)
        held += found.low <= 1 <= found.high
    assert 0.88 < held / 200 < 0.98, "exponential values, 60 of them: a little less than 95 % is known of percentile intervals"


def test_a_ratio_is_that_of_the_sums() -> None:
    found = estimate([Ratio(1, 1), Ratio(0, 9)])
    assert found.value == pytest.approx(0.1) and found.low == 0 and found.high == 1
    assert estimate([4.0]) == Estimate(4.0, None, None, 1), "one example has no interval"


def test_a_metric_is_over_the_examples_that_have_it() -> None:
    found = estimates([{"halo": 1.0, "shadow_mass": Ratio(1, 2)}, {"halo": 3.0}])
    assert found["halo"].value == 2 and found["halo"].n == 2
    assert found["shadow_mass"] == Estimate(0.5, None, None, 1)


def test_methods_stand_side_by_side() -> None:
    ours = {"composite_db": Estimate(28.123, 27.5, 28.75, 40), "clip": Estimate(0.7214, 0.71, 0.73, 40)}
    theirs = {"composite_db": Estimate(25.0, None, None, 1)}
    assert table({"BFS": ours, "Fill": theirs}).splitlines() == [
        "| Method | n | CLIP ↑ | composite, dB ↑ |",
        "| --- | ---: | ---: | ---: |",
        "| BFS | 40 | 0.721 [0.710, 0.730] | 28.12 [27.50, 28.75] |",
        "| Fill | 1 | – | 25.00 |",
    ]
    assert "CLIP" not in table({"BFS": ours}, ["composite_db"])
    lines = list(csv.DictReader(io.StringIO(as_csv({"BFS": ours, "Fill": theirs}, seed=3))))
    assert lines[0] == {"method": "BFS", "metric": "composite_db", "value": "28.123", "low": "27.5", "high": "28.75", "n": "40", "seed": "3"}
    assert as_json({"Fill": theirs}, 3)["methods"]["Fill"]["composite_db"] == {"value": 25.0, "low": None, "high": None, "n": 1}
