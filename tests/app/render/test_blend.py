"""The blend modes have Photoshop's formulas; psd-tools' are fitted to Photoshop's own renders."""

from __future__ import annotations

import numpy as np
import psd_tools.composite.blend as oracle
import pytest

from app.document.document import Document, make_layer
from app.document.geometry import Rect
from app.document.pixels import Pixels
from app.render.blend import BLEND_MODES, FORMULAS, blend
from app.render.render import render

NAMES = [mode for mode in BLEND_MODES if mode != "dissolve"]


def colours() -> tuple[np.ndarray, np.ndarray]:
    """Two (3, h, w) float32 in [0, 1] that meet all pairs of coarse levels, extremes and halves in it, and random ones."""
    levels = np.array([0, 1, 2, 50, 63, 64, 65, 100, 127, 128, 129, 180, 191, 200, 254, 255], np.float32) / 255
    below, above = (grid.ravel() for grid in np.meshgrid(levels, levels))
    random = np.random.default_rng(1)
    shuffled = [np.stack([random.permutation(plane) for _ in range(3)]) for plane in (below, above)]
    grey = [np.stack([plane] * 3) for plane in (below, above)]
    noise = random.integers(0, 256, (2, 3, 4000)).astype(np.float32) / 255
    return tuple(np.concatenate([grey[i], shuffled[i], noise[i]], axis=1)[:, None, :] for i in (0, 1))


def test_there_are_photoshops_27_modes() -> None:
    assert len(BLEND_MODES) == len(set(BLEND_MODES)) == 27
    assert set(FORMULAS) == set(NAMES)


@pytest.mark.parametrize("mode", NAMES)
def test_every_mode_mixes_as_photoshop_does(mode: str) -> None:
    below, above = colours()
    formula = getattr(oracle, mode.replace(" ", "_"))
    expected = formula(*(np.moveaxis(planes, 0, -1).copy() for planes in (below, above)))
    mixed = np.moveaxis(blend(mode, below, above), 0, -1)
    assert mixed.dtype == np.float32
    assert mixed.min() >= 0 and mixed.max() <= 1
    assert np.abs(np.clip(expected, 0, 1) - mixed).max() * 255 < 0.01


@pytest.mark.parametrize("mode", NAMES)
def test_mixing_leaves_its_inputs_alone(mode: str) -> None:
    below, above = colours()
    kept = below.copy(), above.copy()
    mixed = blend(mode, below, above)
    mixed += 1
    assert np.array_equal(below, kept[0]) and np.array_equal(above, kept[1])


@pytest.mark.parametrize("mode", NAMES)
def test_every_pair_of_levels_is_painted_within_half_a_level(mode: str) -> None:
    """All 65,536 pairs of grey, as many of random colours, at full and at lower opacity, through the painter."""
    levels, random = np.arange(256, dtype=np.uint8), np.random.default_rng(2)
    greys = [np.broadcast_to(plane[..., None], (256, 256, 3)) for plane in (levels[None, :], levels[:, None])]
    below, above = (np.concatenate([grey, random.integers(0, 256, (256, 256, 3), np.uint8)]) for grey in greys)
    mixed = np.clip(getattr(oracle, mode.replace(" ", "_"))(below.astype(np.float32) / 255, above.astype(np.float32) / 255), 0, 1) * 255
    for opacity in (1.0, 0.6):
        layer = make_layer("layer", Pixels.from_array(above), blend=mode, opacity=opacity)
        seen = render(Document(256, 512, (make_layer("ground", Pixels.from_array(below)), layer)), Rect(0, 0, 256, 512))
        assert np.abs(seen[..., :3] - (below * (1 - opacity) + mixed * opacity)).max() < 0.51
