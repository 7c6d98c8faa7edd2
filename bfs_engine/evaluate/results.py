"""Folders of results: what methods made, and what they were asked for.

A method's folder, loose files or shards (.tar): KEY.layer.png (straight RGBA), KEY.composite.EXT (the picture with the thing), or
both; a method that makes only layers is judged by the layer over the background. The truth's folder is laid out like training data
(train/shards.py): KEY.background.EXT and KEY.json with "box", "prompt" and "caption" (of the whole picture, for HPSv3);
KEY.composite.EXT, KEY.foreground.png and KEY.matte.EXT where they are known. Without a truth, background and JSON file lie in the
method's folder. EXT is any of PICTURES.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..api import EngineError
from ..data.sources import Dropped, Source, grouped, picture
from ..train.shards import read_shard
from .layers import over
from .metrics import Result

LEAST_SIDE = 16  # pixels: SSIM's window, and no picture is that small


def results(folder: Path, truth: Path | None) -> Iterator[Result]:
    """The results in a method's folder, in the order of their keys, one at a time. Raises EngineError at the first that is not whole."""
    made, asked = sources(folder), {} if truth is None else sources(truth)
    strangers = [key for key in made if truth is not None and key not in asked]
    if strangers:
        raise EngineError(f"{folder} has results that {truth} does not ask for: {', '.join(strangers[:3])}{' …' * (len(strangers) > 3)}.")
    for key in sorted(made):
        try:
            yield _result(key, made[key], asked.get(key))
        except Dropped as why:
            raise EngineError(f"The result {key} in {folder} cannot be used: {why.reason}{f' ({why.detail})' * bool(why.detail)}.") from why


def sources(folder: Path) -> dict[str, Source]:
    """What lies in a folder, by key."""
    tars = sorted(folder.glob("*.tar"))
    found = [source for path in tars for source in read_shard(path)] if tars else grouped(folder)
    found = [source for source in found if any(ending.partition(".")[0] in ("layer", "composite", "background") for ending in source.files)]
    if not found:
        raise EngineError(f"There are no results in {folder}.", "Name them KEY.layer.png or KEY.composite.png.")
    return {source.key: source for source in found}


def _result(key: str, made: Source, asked: Source | None) -> Result:
    truth = made if asked is None else asked
    background, layer, composite = _tensor(truth, "background", "RGB"), _tensor(made, "layer", "RGBA"), _tensor(made, "composite", "RGB")
    if background is None:
        raise Dropped("there is no background")
    if layer is None and composite is None:
        raise Dropped("there is neither a layer nor a composite")
    about = _about(truth)
    box, prompt, caption = (about.get(name) for name in ("box", "prompt", "caption"))
    known = {}
    if asked is not None:
        parts = {"true_composite": ("composite", "RGB"), "true_layer": ("foreground", "RGBA"), "true_object": ("matte", "L")}
        known = {name: _tensor(asked, *part) for name, part in parts.items()}
    shape = background.shape[1:]
    if any(part is not None and part.shape[1:] != shape for part in (layer, composite, *known.values())):
        raise Dropped("the pictures are not of one size")
    if min(shape) < LEAST_SIDE:
        raise Dropped("the picture is too small", f"{shape[1]} × {shape[0]}")
    if composite is None:
        composite = over(layer[None], background)[0]
    return Result(key, background, composite, layer, box if box is None else torch.tensor(box).float(), prompt, caption=caption, **known)


def _about(source: Source) -> dict:
    """What the JSON file says, of "box", "prompt" and "caption". Raises Dropped where they are no box and no texts."""
    if "json" not in source.files:
        return {}
    try:
        said = json.loads(source.read("json"))
        box, prompt, caption = (said.get(name) for name in ("box", "prompt", "caption"))
        if box is not None:
            left, top, width, height = (float(number) for number in box)
            if not (np.isfinite([left, top]).all() and 0 < width < np.inf and 0 < height < np.inf):
                raise ValueError(f"{box} is no box")
            box = [left, top, width, height]
        if not all(isinstance(text, str | None) for text in (prompt, caption)):
            raise ValueError(f"{prompt} or {caption} is no text")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Dropped("the description (json) cannot be read", str(error)) from error
    return {"box": box, "prompt": prompt, "caption": caption}


def _tensor(source: Source, part: str, mode: str) -> Tensor | None:
    """-> (channels, h, w) float32 in [0, 1]"""
    image = picture(source, part, mode)
    if image is None:
        return None
    pixels = np.asarray(image)
    return torch.from_numpy(pixels.copy()).reshape(*pixels.shape[:2], -1).permute(2, 0, 1).float() / 255
