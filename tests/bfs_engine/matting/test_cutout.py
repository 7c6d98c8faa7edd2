"""A user's own picture without transparency becomes a cut-out, or the user hears why not."""

from __future__ import annotations

import numpy as np
import pytest

from bfs_engine.api import EngineError
from bfs_engine.matting.cutout import cut_out


def ball_on_a_table(size: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """(size, size, 3) a striped ball before wall and table, with grain; and its cover."""
    y, x = np.mgrid[:size, :size] + 0.5
    ball = np.clip(size * 0.3 - np.hypot(x - size / 2, y - size * 0.55) + 0.5, 0, 1)
    ground = np.where((y > size * 0.6)[..., None], (120, 90, 60), (190, 195, 200)).astype(float)
    colour = np.where((x // (size / 12) % 2 > 0)[..., None], (200, 40, 40), (240, 180, 30))
    grain = np.random.default_rng(4).normal(0, 4, (size, size, 3))
    return np.clip(colour * ball[..., None] + ground * (1 - ball[..., None]) + grain, 0, 255).astype(np.uint8), ball


@pytest.mark.parametrize("size", [120, 500])
def test_a_thing_before_its_ground_is_cut_out_with_a_soft_edge(size: int) -> None:
    picture, ball = ball_on_a_table(size)
    layer = cut_out(picture)
    assert layer.shape == (size, size, 4)
    assert np.abs(layer[..., 3] / 255 - ball).mean() < 0.02
    assert (layer[..., 3][ball == 1] > 230).mean() > 0.98 and not layer[0].any() and not layer[:, -1].any()
    edge = (layer[..., 3] > 60) & (layer[..., 3] < 200)
    assert edge.any() and layer[edge][:, 2].mean() < 80, "the wall's grey is left at the edge"


def test_the_same_picture_gives_the_same_cut_out() -> None:
    picture, _ = ball_on_a_table()
    assert (cut_out(picture) == cut_out(picture.copy())).all()


@pytest.mark.parametrize("picture", [np.full((60, 80, 3), 130, np.uint8), np.zeros((3, 5, 3), np.uint8)], ids=["empty", "tiny"])
def test_where_nothing_stands_out_a_sentence_says_so(picture: np.ndarray) -> None:
    with pytest.raises(EngineError, match="No thing stands out") as refusal:
        cut_out(picture)
    assert "transparency" in refusal.value.hint
