"""Taking apart for the editor: a request with masks in, the layers over the untouched picture out."""

from __future__ import annotations

import numpy as np

from .. import lift
from ..api import DecomposeRequest, EngineError, LayerResult, Progress, Report
from ..matting.matte import softened
from ..words import phrase
from . import split
from .ground import best


class TakeApart:
    """The Decomposer of api.py: the exact split over the best ground there is here."""

    name = "take apart"

    def __init__(self) -> None:
        self._ground = best()

    def decompose(self, request: DecomposeRequest, report: Report) -> tuple[LayerResult, ...]:
        """See api.Decomposer."""
        picture, crop = request.background, request.crop
        recipe = request.recipe() | {"understood": request.prompt}
        hidden, layers = np.zeros(picture.shape[:2], bool), list[LayerResult]()
        ground = picture
        for number, mask in enumerate(request.masks):
            report(Progress(number, len(request.masks), phrase("Looking behind thing {number}", number=number + 1)))
            region = (mask >= 128) & ~hidden
            if not region.any():
                raise EngineError(phrase("Nothing is selected of thing {number}.", number=number + 1), phrase("Those in front of it hide all of it."))
            taken = split.take_one(ground, region, self._ground, softened, request.effects)
            hidden, ground = hidden | region, taken.ground
            seen = lift.bounds(taken.thing[..., 3])
            if request.keep and seen is not None:
                view = slice(seen.y, seen.bottom), slice(seen.x, seen.right)
                layers.append(LayerResult(taken.thing[view], crop.x + seen.x, crop.y + seen.y, recipe | {"part": "thing"}, taken.cover[view]))
        patch = split.patch(picture, ground)
        if patch is not None:
            pixels, box = patch
            layers.append(LayerResult(pixels, crop.x + box.x, crop.y + box.y, recipe | {"part": "ground"}))
        if not layers:
            raise EngineError(phrase("There is nothing to take away there: the ground looks as it did."))
        report(Progress(len(request.masks), len(request.masks)))
        return tuple(layers)
