"""One picture with a mask -> one training example, in the files of a picture shard (train/shards.py).

*layers* (stage 1, section 4.1 of the paper): the object is cut out with its matte, gets a simulated shadow, and is composited on
the background again, so that composite = layer over background to the last bit. *photographs* (stage 2, section 4.2): the picture
stays as it is, and the background is the picture with the object and what is near it removed.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .. import lift
from ..cli.pictures import over
from ..matting.cutout import with_matte
from ..matting.matte import band
from .matting import load_matting
from .removal import load_removal
from .shadow import with_effects
from .sources import Dropped, Picture, Source, load

LEAST_SIDE = 64  # of a picture, pixels
LEAST_BOX = 12  # shorter side of an object, pixels
LEAST_SHARE, MOST_SHARE = 0.002, 0.6  # of the picture that the object covers
MOST_REMOVED = 0.8  # of the picture: more of a background nobody has seen
LEAST_AGREEMENT = 0.6  # of matte and mask, intersection over union
AROUND = 0.12  # of the longer side of the object: so far around it what a photograph shows may be its effect


@dataclass(frozen=True)
class Recipe:
    """What examples are made and how. kind: "layers" or "photographs"; matting, removal: see load_matting, load_removal;
    side: most pixels of a picture's shorter side; seed: decides the light."""

    kind: str
    matting: str = "classical"
    removal: str = "classical"
    side: int = 1024
    seed: int = 0


def example(source: Source, recipe: Recipe) -> dict[str, bytes]:
    """The files of one example, by what follows the key and a dot. Raises Dropped, and EngineError where a model is missing."""
    picture = load(source, recipe.side)
    _check(picture)
    photograph = recipe.kind == "photographs"
    box = lift.bounds(picture.mask)
    reach = round(AROUND * max(box.width, box.height)) if photograph else 0
    background = picture.background
    if background is None:
        background = _removed(picture, max(reach, 2 * band(picture.mask)), recipe)
    matte = load_matting(recipe.matting)(picture.composite, picture.mask, background)
    _check_matte(matte, picture.mask)
    thing = with_matte(picture.composite, matte, background)
    parts = {"background": background, "matte": matte, "reference": thing}
    if photograph:
        parts["composite"] = picture.composite
    else:
        parts["foreground"] = with_effects(thing, _seed(recipe.seed, source.key))
        parts["composite"] = over(parts["foreground"], background)
    files = {f"{name}.png": _png(pixels) for name, pixels in parts.items()}
    about = {"box": [box.x, box.y, box.width, box.height]} | ({"prompt": picture.prompt} if picture.prompt else {})
    return files | {"json": json.dumps(about).encode()}


def _check(picture: Picture) -> None:
    if min(picture.mask.shape) < LEAST_SIDE:
        raise Dropped("the picture is too small", "{1} × {0}".format(*picture.mask.shape))
    box = lift.bounds(picture.mask)
    if box is None:
        raise Dropped("the mask is empty")
    share = picture.mask.mean()
    if min(box.width, box.height) < LEAST_BOX or share < LEAST_SHARE:
        raise Dropped("the object is too small", f"{box.width} × {box.height}")
    if share > MOST_SHARE:
        raise Dropped("the object fills the picture", f"{share:.0%}")


def _removed(picture: Picture, reach: int, recipe: Recipe) -> np.ndarray:
    region = lift.grown(picture.mask, reach)
    if region.mean() > MOST_REMOVED:
        raise Dropped("too little background is left", f"{1 - region.mean():.0%}")
    return load_removal(recipe.removal)(picture.composite, region)


def _check_matte(matte: np.ndarray, mask: np.ndarray) -> None:
    solid = matte >= 128
    agreement = (solid & mask).sum() / (solid | mask).sum()
    if agreement < LEAST_AGREEMENT:
        raise Dropped("the matte does not agree with the mask", f"{agreement:.2f}")


def _seed(seed: int, key: str) -> int:
    """Of the key alone, so that an example is the same in whichever shard and process it is made."""
    return int.from_bytes(hashlib.sha256(f"{seed} {key}".encode()).digest()[:6], "big")


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
