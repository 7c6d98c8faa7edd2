"""The engine's border: requests go in, RGBA layers come out. Plain data and numpy only.

Spaces: *picture* pixels are those of the document's canvas; *crop* pixels are picture pixels counted from the crop's corner.
All arrays here are uint8, sRGB-encoded, row-major; alpha is straight (never premultiplied).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar, Protocol

import numpy as np

from .words import phrase


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
        super().__init__(
            phrase("This model cannot make “{prompt}”.", prompt=prompt),
            phrase("The nearest things it knows: {things}.", things=offer) if offer else "",
        )
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


@dataclass(frozen=True)
class Light:
    """The one light that shines on a thing, as an artist says it.

    azimuth: degrees, from where it comes as seen from above: 0 from the right, 90 from behind the thing, 180 from the left, 270 from the
    viewer. height: degrees above the ground, 0 to 90. strength: 0..1, its share of the light on the ground; the rest comes from all round.
    softness: 0 a sharp shadow … 1 a wide one. colour: linear RGB, each 0..1; only its hue counts, not its brightness.
    """

    azimuth: float
    height: float
    strength: float = 0.7
    softness: float = 0.3
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        shares = all(0 <= part <= 1 for part in (self.strength, self.softness, *self.colour))
        if not (shares and math.isfinite(self.azimuth) and 0 <= self.height <= 90):
            words = phrase("There is no such light.")
            raise EngineError(words, phrase("Its height lies between 0 and 90 degrees; strength, softness and colours between 0 and 1."))

    @property
    def direction(self) -> tuple[float, float, float]:
        """Unit vector to the light: to the right, away from the viewer, up."""
        turn, rise = math.radians(self.azimuth), math.radians(self.height)
        return math.cos(turn) * math.cos(rise), math.sin(turn) * math.cos(rise), math.sin(rise)


@dataclass(frozen=True, eq=False)
class Request:
    """Everything that decides the pixels of one generated layer: what every kind of request holds.

    background: (crop.height, crop.width, 3) uint8, what is visible of the picture inside `crop`; parts of the crop beyond
    the canvas are filled by repeating the edge (framing.cut).
    steps, guidance: None takes the model's own default.
    reference: (h, w, 4) uint8 straight RGBA cut-out that shows the thing itself, instead of the prompt; or (h, w, 3), a
    picture of the thing on some ground, which the engine cuts out where it needs to; or None.
    occluders: (crop.height, crop.width, 4) uint8 straight RGBA, what stands in front of the new layer, or None where the engine is
    not to see it. The layer is made whole all the same, for its place behind them; extracting takes no notice of them.
    count: how many candidates to make, the first with `seed`, each next with a seed one higher.
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
    count: int = 1
    occluders: np.ndarray | None = field(default=None, repr=False)

    kind: ClassVar[str]

    def recipe(self) -> dict:
        """JSON data without the arrays; the arrays are named by the SHA-256 of their bytes."""
        plain: dict = {"kind": self.kind}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                plain[f"{each.name}_sha256"] = _digest(value)
            elif each.name == "masks":
                plain["masks_sha256"] = [_digest(mask) for mask in value]
            elif isinstance(value, Box | Light):
                plain[each.name] = asdict(value)
            elif each.name not in ("reference", "occluders", "light"):
                plain[each.name] = value
        return plain

    def key(self) -> str:
        """Equal requests have equal keys (hex SHA-256)."""
        return hashlib.sha256(json.dumps(self.recipe(), sort_keys=True).encode()).hexdigest()


POSES = ("auto", "stands", "hangs", "flies")


@dataclass(frozen=True, eq=False)
class InsertRequest(Request):
    """A new thing in the box, with its shadow and reflection: what the prompt names, or what the reference shows.

    pose: one of POSES. A thing that hangs or flies throws no shadow into the picture; "auto" looks whether its foot is in the sky.
    light: what shines on it; None takes the picture's, as the model sees it. A light that is said needs no model: see bfs.given_light.
    """

    pose: str = "auto"
    light: Light | None = None

    kind: ClassVar[str] = "insert"


@dataclass(frozen=True, eq=False)
class ExtractRequest(Request):
    """What `composite` shows in the box and `background` does not: the thing with its shadow and reflection, as a layer.

    composite: (crop.height, crop.width, 3) uint8, the same crop of the picture with the thing in it.
    strength: how much noise the model is shown on the composite, above 0 to 1; 0 asks no model and takes what can be computed
    from the two pictures alone (lift.py); None is the engine's own choice. The layer over the background is the composite in
    either case, within rounding and the dead zone of lift.py. Its recipe says how far the matte was enlarged ("matte_upscale").
    """

    composite: np.ndarray = field(kw_only=True, repr=False)
    strength: float | None = field(default=None, kw_only=True)

    kind: ClassVar[str] = "extract"


@dataclass(frozen=True, eq=False)
class ResettleRequest(Request):
    """New light, shadow and reflection for a thing that is there already, in the place where it now stands.

    thing: (crop.height, crop.width, 4) uint8 straight RGBA, the thing alone in its place in the crop, without effects
    (lift.split takes them off). Its alpha and its detail stay; `box` is drawn around it.
    light: as InsertRequest has it.
    """

    thing: np.ndarray = field(kw_only=True, repr=False)
    light: Light | None = field(default=None, kw_only=True)

    kind: ClassVar[str] = "resettle"


@dataclass(frozen=True, eq=False)
class DecomposeRequest(Request):
    """Things out of a flat picture, with the ground behind them; `background` is the picture.

    masks: (crop.height, crop.width) uint8, one a thing, front to back, from 128 on the thing. effects: shadows and reflections go with the
    things. keep: the things are wanted, and not the ground alone.
    """

    masks: tuple[np.ndarray, ...] = field(kw_only=True, repr=False)
    effects: bool = field(default=True, kw_only=True)
    keep: bool = field(default=True, kw_only=True)

    kind: ClassVar[str] = "decompose"


def _digest(array: np.ndarray) -> str:
    digest = hashlib.sha256(str(array.shape).encode())
    digest.update(np.ascontiguousarray(array))  # without copying: a crop can be as large as a photograph
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class LayerResult:
    """One generated layer: (h, w, 4) uint8 straight RGBA whose top-left pixel lies at (left, top) of the picture.

    recipe: the request's recipe with every default filled in (steps, guidance, model version) and this candidate's own seed,
    plus "understood": what the model took the prompt to mean.
    cover: (h, w) uint8, the alpha of the thing alone, without its effects, where the engine knows it; lift.split goes by it.
    """

    pixels: np.ndarray = field(repr=False)
    left: int
    top: int
    recipe: dict
    cover: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Progress:
    """Between two denoising steps: `step` of `steps` done; `preview` is the layer as it looks so far, or None. made: the candidates that
    are finished while others of the request are still to be made, so that they can be kept whatever happens to those."""

    step: int
    steps: int
    message: str = ""
    preview: LayerResult | None = None
    made: tuple[LayerResult, ...] = ()


Report = Callable[[Progress], None]


@dataclass(frozen=True, eq=False)
class SelectRequest:
    """What a thing is to be found by, answered live: no job, no recipe.

    picture: (h, w, 3) uint8, what is in view. box: around the thing. points: x, y, whether that is the thing. near: (h, w) uint8, the mask
    so far. All in the picture's pixels. more: look for further candidates too.
    """

    picture: np.ndarray = field(repr=False)
    box: Box | None = None
    points: tuple[tuple[float, float, bool], ...] = ()
    near: np.ndarray | None = field(default=None, repr=False)
    more: bool = True


@dataclass(frozen=True, eq=False)
class Selection:
    """masks: (h, w) uint8 of 0 and 255, the likeliest first; scores: how clearly each one's edge is one of the picture's, 0..1."""

    masks: tuple[np.ndarray, ...] = field(repr=False)
    scores: tuple[float, ...]


class Engine(Protocol):
    """What the editor needs of a model. One engine is used by one thread at a time.

    The three kinds of work return one result for each of request.count candidates, in the order of their seeds. They raise
    EngineError and whatever `report` raises (Cancelled); when they raise, they hold no memory of the request.
    """

    name: str
    box_fraction: float  # the box's longer side over the crop's side (framing.crop_around)

    def things(self) -> tuple[str, ...]:
        """Names the model knows; empty when its vocabulary is open."""

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        """Make a new layer. Raises UnknownPrompt too."""

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        """Take a thing with its effects out of a picture whose background is known."""

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        """Light a thing anew where it stands, and give it new effects; the layers hold the thing and the effects."""


class Decomposer(Protocol):
    """What takes flat pictures apart; used by one thread at a time."""

    name: str

    def decompose(self, request: DecomposeRequest, report: Report) -> tuple[LayerResult, ...]:
        """The layers over the untouched picture, front to back: the things, where they are wanted, and last the ground where it differs from
        the picture. All of them over the picture are the picture. Raises EngineError and whatever `report` raises."""


def make(engine: Engine | Decomposer, request: Request, report: Report) -> tuple[LayerResult, ...]:
    """Do what the request asks for."""
    match request:
        case DecomposeRequest():
            return engine.decompose(request, report)
        case InsertRequest():
            return engine.insert(request, report)
        case ExtractRequest():
            return engine.extract(request, report)
        case ResettleRequest():
            return engine.resettle(request, report)
    raise TypeError(f"{type(request).__name__} is no kind of work")
