"""A thing is selected by a box, corrected by clicks, and found by a click alone."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from bfs_engine.api import Box, EngineError
from bfs_engine.matting.select import select


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    """A green ball with a red cap on a grainy grey table, (240, 320, 3); and where it is, bool."""
    picture = np.random.default_rng(3).normal(150, 6, (240, 320, 3))
    rows, columns = np.mgrid[:240, :320]
    ball = (columns - 150) ** 2 + (rows - 130) ** 2 < 50**2
    picture[ball] = (40, 140, 60)
    picture[ball & (rows < 110)] = (180, 40, 40)
    return picture.clip(0, 255).astype(np.uint8), ball


def _overlap(mask: np.ndarray, true: np.ndarray) -> float:
    return float(((mask > 0) & true).sum() / ((mask > 0) | true).sum())


def test_a_box_selects_what_is_in_it(table: tuple[np.ndarray, np.ndarray]) -> None:
    picture, ball = table
    found = select(picture, Box(92, 72, 116, 116))
    assert _overlap(found.masks[0], ball) > 0.97
    assert len(found.masks) == len(found.scores)
    assert (select(picture, Box(92, 72, 116, 116)).masks[0] == found.masks[0]).all()


def test_a_click_alone_finds_the_thing_under_it(table: tuple[np.ndarray, np.ndarray]) -> None:
    picture, ball = table
    found = select(picture, points=((150, 145, True),))
    assert any(_overlap(mask, ball) > 0.6 for mask in found.masks)
    assert all(mask[145, 150] for mask in found.masks[:1])


def test_a_click_adds_what_is_missing_and_another_takes_away(table: tuple[np.ndarray, np.ndarray]) -> None:
    picture, ball = table
    without_cap = np.where(ball & (np.mgrid[:240, :320][0] >= 110), 255, 0).astype(np.uint8)
    whole = select(picture, points=((150, 95, True),), near=without_cap).masks[0]
    assert whole[95, 150] and _overlap(whole, ball) > 0.9
    less = select(picture, points=((150, 95, False),), near=np.where(ball, 255, 0).astype(np.uint8)).masks[0]
    assert not less[95, 150] and less[150, 150]


def test_large_photographs_are_selected_at_their_own_size() -> None:
    picture = data.coffee().repeat(3, axis=0).repeat(3, axis=1)
    found = select(picture, Box(480, 180, 960, 840)).masks[0]
    assert found.shape == picture.shape[:2]
    assert 0.12 < (found > 0).mean() < 0.6


def test_without_anything_to_go_by_it_says_what_to_do() -> None:
    with pytest.raises(EngineError, match="Nothing is selected") as told:
        select(np.zeros((50, 50, 3), np.uint8))
    assert "box" in str(told.value.hint)
