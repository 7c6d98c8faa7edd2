"""An engine and a vocabulary for tests: at once, without weights, and never shipped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from bfs_engine.api import (
    EngineError,
    ExtractRequest,
    InsertRequest,
    LayerResult,
    Progress,
    Report,
    Request,
    ResettleRequest,
    UnknownPrompt,
)
from bfs_engine.lift import lift

KNOWN = ("apple", "cat", "chair")


@dataclass
class DiscEngine:
    """Draws a disc that fills the box, in a colour taken from the seed.

    go: when a test has cleared it, the engine waits after each denoising step until it is set again. at_once: candidates that are made
    in one round; those of earlier rounds are reported as finished.
    """

    name: str = "disc"
    box_fraction: float = 0.55
    steps: int = 4
    at_once: int = 8
    go: threading.Event = field(default_factory=threading.Event)
    seen: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.go.set()

    def things(self) -> tuple[str, ...]:
        return KNOWN

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        self.seen.append(request)
        if request.prompt == "trouble":
            raise EngineError("The engine is out of paint.", "Buy some.")
        if request.reference is None and request.prompt not in KNOWN:
            raise UnknownPrompt(request.prompt, KNOWN[:2])
        return self._draw(request, report)

    def extract(self, request: ExtractRequest, report: Report) -> tuple[LayerResult, ...]:
        """By the closed form, as the starter does it."""
        self.seen.append(request)
        layer = lift(request.composite, request.background)
        return (LayerResult(layer, request.crop.x, request.crop.y, request.recipe() | {"understood": ""}),)

    def resettle(self, request: ResettleRequest, report: Report) -> tuple[LayerResult, ...]:
        """The thing, with a grey shadow in the lower right corner of the crop."""
        self.seen.append(request)
        layer = request.thing.copy()
        layer[-3:, -3:] = (0, 0, 0, 100)
        return tuple(
            LayerResult(layer, request.crop.x, request.crop.y, request.recipe() | {"seed": request.seed + index, "count": 1})
            for index in range(request.count)
        )

    def _draw(self, request: Request, report: Report) -> tuple[LayerResult, ...]:
        results = tuple(self._disc(request, request.seed + index) for index in range(request.count))
        for made in range(0, request.count, self.at_once):
            for step in range(1, self.steps + 1):
                report(Progress(step, self.steps, "", results[made], results[:made]))
                self.go.wait(10)
        return results

    def _disc(self, request: Request, seed: int) -> LayerResult:
        box = request.box
        y, x = np.mgrid[0 : box.height, 0 : box.width]
        inside = ((x + 0.5) / box.width * 2 - 1) ** 2 + ((y + 0.5) / box.height * 2 - 1) ** 2 <= 1
        pixels = np.zeros((box.height, box.width, 4), np.uint8)
        pixels[inside] = (seed * 47 % 256, 120, 200 - seed * 31 % 150, 255)
        recipe = request.recipe() | {"seed": seed, "count": 1, "steps": self.steps, "guidance": 1.0, "understood": request.prompt}
        return LayerResult(pixels, box.x, box.y, recipe)


@dataclass(frozen=True)
class Words:
    """Knows the names of KNOWN, with any adjectives before them."""

    names: tuple[str, ...] = KNOWN
    adjectives: frozenset[str] = frozenset({"small", "red"})

    def synonyms(self, name: str) -> tuple[str, ...]:
        return ("kitten", "tomcat") if name == "cat" else ()

    def understand(self, prompt: str) -> Words.Found:
        *ignored, name = prompt.split()
        if name not in (*KNOWN, "trouble"):
            raise UnknownPrompt(prompt, KNOWN[:2])
        described = " ".join([word for word in ignored if word in self.adjectives] + [name])
        return Words.Found(name, described, tuple(word for word in ignored if word not in self.adjectives))

    @dataclass(frozen=True)
    class Found:
        name: str
        described: str
        ignored: tuple[str, ...]
