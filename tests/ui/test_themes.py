"""Every word can be read in both themes: contrasts as WCAG 2.1 counts them, at least 4.5 for text and 3 for marks."""

from __future__ import annotations

import pytest

from ui.theme import Theme, load_theme

GROUNDS = ("window", "panel", "raised", "field", "surround")
WORDS = (
    *(("text", ground) for ground in (*GROUNDS, "hover", "selection")),
    *(("muted", ground) for ground in (*GROUNDS, "hover", "selection")),  # also what a field asks for, and keys in lists
    ("danger", "window"), ("danger", "panel"), ("danger", "raised"),
    ("warning", "window"), ("warning", "panel"), ("warning", "raised"),
    ("accent_text", "accent"), ("accent_text", "accent_hover"),
)  # fmt: skip
MARKS = (("accent", "window"), ("accent", "panel"), ("accent", "field"), ("accent", "raised"))


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: Theme, one: str, other: str) -> float:
    low, high = sorted((_light(getattr(theme, one)), _light(getattr(theme, other))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_words_and_marks_stand_out(name: str) -> None:
    theme = load_theme(name)
    assert not [(*pair, round(contrast(theme, *pair), 2)) for pair in WORDS if contrast(theme, *pair) < 4.5]
    assert not [(*pair, round(contrast(theme, *pair), 2)) for pair in MARKS if contrast(theme, *pair) < 3]
