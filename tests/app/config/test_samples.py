"""The bundled pictures: there, readable, credited, and with something to do on them."""

from __future__ import annotations

import pytest
from PIL import Image

from app.config.samples import Sample, samples
from bfs_engine.framing import check_box


def test_there_is_a_picture_to_begin_with() -> None:
    assert samples()


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.title)
def test_a_sample_is_ready_for_a_first_try(sample: Sample) -> None:
    with Image.open(sample.path) as picture:
        picture.load()
        check_box(sample.box, *picture.size)
    assert sample.prompt.strip() and sample.credit.strip()
