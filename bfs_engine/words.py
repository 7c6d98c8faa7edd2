"""Sentences and labels that are made without a window, and that the window can translate."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce


class Phrase(str):
    """A finished English sentence that still knows what it was made of: `text` with {places}, and what stands in them."""

    text: str
    values: dict[str, object]


def phrase(text: str, **values: object) -> Phrase:
    """`text` with its {places} filled in. packaging/translations.py collects the texts."""
    made = Phrase(text.format(**values))
    made.text, made.values = text, values
    return made


def listed(parts: Iterable[str]) -> str:
    """At least one, with semicolons between them; each is translated by itself."""
    return reduce(lambda before, part: phrase("{before}; {part}", before=before, part=part), parts)
