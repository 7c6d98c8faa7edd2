"""The engine's border: requests go in, RGBA layers come out. Plain data and numpy only.

Spaces: *picture* pixels are those of the document's canvas; *crop* pixels are picture pixels counted from the crop's corner.
All arrays here are uint8, sRGB-encoded, row-major; alpha is straight (never premultiplied).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Protocol

import numpy as np


class EngineError(Exception):
    """An expected failure: a sentence for the user and, where one exists, a next step."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class UnknownPrompt(EngineError):
    """The model does not know what the prompt asks for; `nearest` are the things it could make instead."""

    def __init__(self, prompt: str, nearest: tuple[str, ...]) -> None:
        offer = ", ".join(nearest)
        super().__init__(f"This model cannot make “{prompt}”.", f"The nearest things it knows: {offer}." if offer else "")
        self.nearest = nearest


class Cancelled(Exception):
    """Raised by `report` inside the engine when the user has cancelled the job."""


@dataclass(frozen=True)
class Box:
    """A half-open rectangle in picture pixels; x and y may be negative."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True, eq=False)
class InsertRequest:
    """Everything that decides the pixels of one generated layer.

    background: (crop.height, crop.width, 3) uint8, what is visible of the picture inside `crop`; parts of the crop beyond
    the canvas are filled by repeating the edge (framing.cut).
    reference: (h, w, 4) uint8 straight RGBA cut-out that shows the thing itself, instead of the prompt; or None.
    steps, guidance: None takes the model's own default.
    """

    prompt: str
    box: Box
    crop: Box
    background: np.ndarray = field(repr=False)
    seed: int = 0
    steps: int | None = None
    guidance: float | None = None
    model: str = "starter"
    reference: np.ndarray | None = field(default=None, repr=False)

    def recipe(self) -> dict:
        """JSON data without the arrays; the arrays are named by the SHA-256 of their bytes."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("background", "reference", "box", "crop")}
        plain |= {"box": asdict(self.box), "crop": asdict(self.crop), "background_sha256": _digest(self.background)}
        if self.reference is not None:
            plain["reference_sha256"] = _digest(self.reference)
        return plain

    def key(self) -> str:
        """Equal requests have equal keys (hex SHA-256)."""
        return hashlib.sha256(json.dumps(self.recipe(), sort_keys=True).encode()).hexdigest()


def _digest(array: np.ndarray) -> str:
    digest = hashlib.sha256(str(array.shape).encode())
    digest.update(np.ascontiguousarray(array))  # without copying: a crop can be as large as a photograph
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class LayerResult:
    """One generated layer: (h, w, 4) uint8 straight RGBA whose top-left pixel lies at (left, top) of the picture.

    recipe: the request's recipe with every default filled in (steps, guidance, model version), plus "understood": what the
    model took the prompt to mean.
    """

    pixels: np.ndarray = field(repr=False)
    left: int
    top: int
    recipe: dict


@dataclass(frozen=True, eq=False)
class Progress:
    """Between two denoising steps: `step` of `steps` done; `preview` is the layer as it looks so far, or None."""

    step: int
    steps: int
    message: str = ""
    preview: LayerResult | None = None


Report = Callable[[Progress], None]


class Engine(Protocol):
    """What the editor needs of a model. One engine is used by one thread at a time."""

    name: str
    box_fraction: float  # the box's longer side over the crop's side (framing.crop_around)

    def things(self) -> tuple[str, ...]:
        """Names the model knows; empty when its vocabulary is open."""

    def insert(self, request: InsertRequest, report: Report) -> LayerResult:
        """Make the layer. Raises EngineError, UnknownPrompt, and whatever `report` raises (Cancelled)."""
