"""What main.py hands to the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.jobs import JobQueue
from app.settings import Settings


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
class Surroundings:
    """vocabulary: loads the words of the model; None where any words will do. recovery_folder: where unsaved work is kept.
    version: of the program."""

    settings: Settings
    queue: JobQueue
    loop: asyncio.AbstractEventLoop
    vocabulary: Callable[[], Vocabulary | None]
    recovery_folder: Path
    version: str = ""
