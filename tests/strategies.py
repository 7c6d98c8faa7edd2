"""Any document, for property tests: hypothesis draws nodes, masks, recipes and placements of all kinds."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from app.document.document import LOCKS, Candidate, Document, Group, Guide, Layer
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels
from app.render.blend import BLEND_MODES

placements = st.builds(
    Placement, st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(-4, 4).filter(bool), st.floats(0.01, 4), st.floats(-360, 360),
    st.floats(-80, 80),
)  # fmt: skip
shifts = st.builds(Placement, st.integers(-200, 200).map(float), st.integers(-200, 200).map(float))


def _pixels(width: int, height: int, seed: int) -> Pixels:
    """Of every other one it is known what is the thing."""
    drawn = np.random.default_rng(seed).integers(0, 256, (height, width, 5), dtype=np.uint8)
    return Pixels.from_array(drawn[..., :4], drawn[..., 4] if seed % 2 else None)


def _mask(width: int, height: int, left: int, *fields: int | bool) -> Mask:
    shades = (np.arange(width * height) % 251).astype(np.uint8).reshape(height, width)
    return Mask.from_array(shades, left, -left, *fields)


rasters = st.builds(_pixels, st.integers(1, 300), st.integers(1, 40), st.integers(0, 9))
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
recipes = st.dictionaries(st.text(max_size=5), values, max_size=4)
candidates = st.lists(st.builds(Candidate, rasters, placements, recipes), max_size=2).map(tuple)


def masks(linked: st.SearchStrategy[bool]) -> st.SearchStrategy[Mask | None]:
    outside = st.sampled_from((0, 255, 9))
    return st.none() | st.builds(_mask, st.integers(1, 300), st.integers(1, 40), st.integers(-400, 400), outside, linked, st.booleans())


def documents(where: st.SearchStrategy[Placement] = placements, linked: st.SearchStrategy[bool] = st.booleans()) -> st.SearchStrategy[Document]:
    """where: placements of the layers; linked: of their masks."""
    common = {
        "id": st.uuids().map(lambda value: value.hex),
        "name": st.text(max_size=12),
        "opacity": st.floats(0, 1),
        "visible": st.booleans(),
        "locked": st.booleans(),
        "locks": st.sets(st.sampled_from(LOCKS)).map(frozenset),
        "seen_by_engine": st.booleans(),
        "clipping": st.booleans(),
        "color_tag": st.sampled_from(("", "red", "green")),
    }
    layers = st.builds(
        Layer, **common, mask=masks(linked), pixels=rasters, placement=where, blend=st.sampled_from(BLEND_MODES),
        recipe=st.none() | recipes, candidates=candidates,
    )  # fmt: skip
    nodes = st.recursive(
        layers,
        lambda inner: st.builds(
            Group, **common, mask=masks(st.just(False)), blend=st.sampled_from((*BLEND_MODES, "pass through")),
            children=st.lists(inner, max_size=3).map(tuple), collapsed=st.booleans(),
        ),  # fmt: skip
        max_leaves=5,
    )
    sizes, profiles = st.integers(1, 400), st.none() | st.binary(min_size=1, max_size=20)
    guides = st.lists(st.builds(Guide, st.booleans(), st.floats(-10, 400)), max_size=2).map(tuple)
    origins = st.tuples(st.integers(-500, 500), st.integers(-500, 500))
    return st.builds(Document, sizes, sizes, st.lists(nodes, max_size=3).map(tuple), profiles, st.floats(1, 1200), guides, origins)
