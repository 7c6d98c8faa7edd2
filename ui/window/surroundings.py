"""What main.py hands to the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.config.download import Hub
from app.config.settings import Settings
from app.session.jobs import JobQueue
from bfs_engine.api import Engine, Selection, SelectRequest


class Understood(Protocol):
    """name: the thing; described: the same with its colour and size; ignored: words of the prompt that the model does not follow."""

    name: str
    described: str
    ignored: tuple[str, ...]


class Vocabulary(Protocol):
    """What the window asks of the words that a model knows."""

    names: tuple[str, ...]
    adjectives: frozenset[str]  # words before a name that are followed

    def synonyms(self, name: str) -> tuple[str, ...]:
        """Other words for a thing."""

    def understand(self, prompt: str) -> Understood:
        """Raises UnknownPrompt."""


@dataclass(frozen=True)
class Models:
    """The model in a folder, or for None the starter that ships. engine: builds it, on the background thread. vocabulary: the words
    it knows. memory: what it needs on this machine, a sentence; it may take seconds and raise EngineError. expected: the same for FLUX
    before it is downloaded. hub: where it is downloaded from."""

    engine: Callable[[Path | None], Engine]
    vocabulary: Callable[[Path | None], Vocabulary | None]
    memory: Callable[[Path | None], str]
    expected: Callable[[], str]
    hub: Hub


@dataclass(frozen=True)
class Surroundings:
    """models: how engines and words are come by. recovery_folder: where unsaved work is kept.
    version: of the program. select: finds a thing in a picture, on any thread."""

    settings: Settings
    queue: JobQueue
    loop: asyncio.AbstractEventLoop
    models: Models
    recovery_folder: Path
    version: str = ""
    select: Callable[[SelectRequest], Selection] | None = None
