"""What a prompt asks for, looked up in a picture library: cut-outs in one folder, drawn ones in things.json and photographed ones in
photographed.json. A noun that has a photograph shows it; what is only drawn comes after. Torch-free.

A prompt is understood when the last word of what it names is a thing of the library: “a shiny red apple on a plate” is an
apple, “a bus stop” is not a bus. A colour and a size beside it are followed; what the other words say is not, and they are handed back
as ignored.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bfs_engine.api import EngineError, UnknownPrompt
from bfs_engine.scenes.colours import COLOURS, SHADES, recolour
from bfs_engine.words import phrase

Words = tuple[str, ...]
OFFERS = 5  # nearest things named for an unknown prompt

_ENDERS = frozenset("on in with under near beside behind before by at from over above below against between among next inside upon "
                    "without for to and or that which who is are as while of made standing sitting lying wearing holding seen".split())
_SAYS_NOTHING = frozenset("a an the some any my your this that these those one two three few several very please put add insert draw make "
                          "create show me place paint generate i want would like there is it".split())
_MEASURES = frozenset("photo photograph picture image drawing painting illustration sketch render piece slice bit part kind sort type pair "
                      "couple bunch group set stack pile lot side view closeup close up portrait single lone".split())
_TRAILERS = frozenset("please here there now outdoors indoors outside alone upright".split())
# How much of the box's sides a thing takes that is called so; nothing larger than the box is made.
SIZES = {"tiny": 0.4, "miniature": 0.4, "small": 0.6, "medium": 0.8, "large": 1.0, "big": 1.0, "huge": 1.0, "giant": 1.0, "enormous": 1.0}
# Pairs whose last word is in the library although they name something else.
_OTHER_THINGS = frozenset({("guinea", "pig"), ("sea", "horse"), ("prairie", "dog"), ("polar", "bear"), ("star", "fish"), ("dragon", "fly"),
                           ("rocking", "horse"), ("double", "bass"), ("sea", "urchin"), ("water", "bottle"),
                           ("rocking", "chair"), ("golf", "bag"), ("dog", "house"), ("bird", "house"), ("pool", "table"), ("red", "panda"),
                           ("blue", "cheese"), ("pine", "cone"), ("snow", "cone"), ("hot", "spring"), ("space", "capsule"), ("time", "capsule"),
                           ("world", "cup"), ("egg", "cup"), ("tea", "pot"), ("coffee", "pot"), ("lava", "lamp"), ("street", "lamp"),
                           ("gun", "barrel"), ("baseball", "pitcher")})
_IRREGULAR = {"mice": "mouse", "geese": "goose", "oxen": "ox", "cacti": "cactus", "dice": "die", "octopi": "octopus", "feet": "foot",
              "knives": "knife", "leaves": "leaf", "loaves": "loaf", "wolves": "wolf", "calves": "calf", "scarves": "scarf",
              "shelves": "shelf", "halves": "half", "hippopotami": "hippopotamus", "dwarves": "dwarf", "lice": "louse", "ferries": "ferry"}
_ALWAYS_PLURAL = frozenset({"glasses", "jeans", "shorts"})  # a glass is not a pair of glasses


@dataclass(frozen=True)
class Understood:
    """name, file: the thing of the library. matched, ignored: the prompt's words, in order, articles in neither. colour: as
    colours.colour_of takes it, and size: one of SIZES; empty where the prompt says nothing of it. photographed: not drawn."""

    name: str
    file: str
    matched: Words
    ignored: Words
    colour: str = ""
    size: str = ""
    photographed: bool = False

    @property
    def share(self) -> float:
        """Of the box's sides."""
        return SIZES.get(self.size, 1.0)

    @property
    def described(self) -> str:
        """All that is followed: “small dark red car”."""
        return " ".join(word for word in (self.size, self.colour, self.name) if word)


@dataclass(frozen=True)
class Entry:
    """One thing of the library.

    phrases: its name and its synonyms. files: its pictures, the best first; several only of what is photographed. foreign: its names by
    language code, parted by commas, and its "emoji".
    """

    name: str
    phrases: tuple[str, ...]
    category: str
    files: tuple[str, ...]
    photographed: bool = False
    foreign: tuple[tuple[str, str], ...] = ()

    @property
    def file(self) -> str:
        return self.files[0]


def split_words(text: str) -> Words:
    """Lower-case words; hyphens part words, apostrophes do not."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("'s ", " ").replace("'", "")
    return tuple(re.findall(r"\w+", plain))


@cache
def word_forms(word: str) -> tuple[str, ...]:
    """The word and what it may be the plural of."""
    forms = [word]
    if word in _IRREGULAR:
        forms.append(_IRREGULAR[word])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    if len(word) > 4 and word.endswith("es"):
        forms.append(word[:-2])
    if len(word) > 4 and word.endswith("ies"):
        forms.append(word[:-3] + "y")
    return tuple(forms)


def _is_participle(word: str) -> bool:
    return len(word) > 4 and word.endswith(("ing", "ed", "ly"))


class Vocabulary:
    """The library in a folder: photographed things first, each kind in the order of its file."""

    def __init__(self, folder: Path, entries: tuple[Entry, ...]) -> None:
        self.folder = folder
        self.entries = entries
        self._by_name = {entry.name: entry for entry in entries}
        self._exact = {split_words(phrase): entry for entry in reversed(entries) for phrase in reversed(entry.phrases)}
        spoken = [(language, word, entry) for entry in reversed(entries) for language, names in entry.foreign for word in names.split(",")]
        named = {split_words(word): entry for language, word, entry in spoken if language != "emoji"}
        self._foreign = {words: entry for words, entry in named.items() if not any(kind.knows(words) for kind in _categories().values())}
        self._emoji = {sign: entry.name for language, sign, entry in spoken if language == "emoji"}
        inflected = [(words, entry) for words, entry in reversed(self._exact.items()) if words[-1] not in _ALWAYS_PLURAL]
        self._singular = {(*words[:-1], form): entry for words, entry in inflected for form in word_forms(words[-1])}
        self._longest = max(map(len, self._exact), default=0)

    @classmethod
    def load(cls, folder: Path, photographs: bool = True) -> Vocabulary:
        """Read things.json, and photographed.json where it is there and `photographs`. Raises EngineError where one is damaged, or the
        first missing."""
        try:
            drawn = [_drawn(row) for row in json.loads((folder / "things.json").read_text(encoding="utf-8"))]
            taken = [_photographed(row) for row in _optional(folder / "photographed.json", [])] if photographs else []
            spoken = {name: tuple(known.items()) for name, known in _optional(folder / "languages.json", {}).items()}
            together = _together(taken, drawn)
            together = tuple(replace(each, foreign=tuple(pair for words in each.phrases for pair in spoken.get(words, ()))) for each in together)
        except OSError as error:
            raise EngineError(phrase("The model's picture library {folder} is missing.", folder=folder), phrase("Install the program again.")) from error
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise EngineError(phrase("The model's picture library {folder} is damaged.", folder=folder), phrase("Install the program again.")) from error
        return cls(folder, together)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def adjectives(self) -> frozenset[str]:
        """Words before a name that are followed."""
        return frozenset((*COLOURS, *SHADES, *SIZES))

    def synonyms(self, name: str) -> tuple[str, ...]:
        """Other words for the thing called `name`. Raises KeyError."""
        return self._by_name[name].phrases[1:]

    def entry(self, name: str) -> Entry:
        """The thing called `name`. Raises KeyError."""
        return self._by_name[name]

    def by_category(self) -> dict[str, tuple[str, ...]]:
        """Names by category, in the categories' order of offering; in each the photographed things before the drawn ones."""
        groups: dict[str, list[str]] = {category: [] for category in _categories()}
        for entry in self.entries:
            groups.setdefault(entry.category, []).append(entry.name)
        return {category: tuple(names) for category, names in groups.items() if names}

    def cutout(self, name: str, nth: int = 0) -> np.ndarray:
        """(h, w, 4) uint8 straight RGBA of the thing called `name`; nth: its further pictures, beginning again after the last. Raises
        KeyError; EngineError where the file is unreadable."""
        files = self._by_name[name].files
        path = self.folder / files[nth % len(files)]
        try:
            with Image.open(path) as picture:
                return np.asarray(picture.convert("RGBA"))
        except OSError as error:
            raise EngineError(phrase("The model's picture of “{name}” cannot be read.", name=name), phrase("Install the program again.")) from error

    def picture(self, asked: Understood, nth: int = 0) -> np.ndarray:
        """The cut-out in the colour that was asked for; see `cutout`."""
        own = self.cutout(asked.name, nth)
        return recolour(own, asked.colour) if asked.colour else own

    def understand(self, prompt: str) -> Understood:
        """The thing that the prompt names. Raises UnknownPrompt with the nearest things; EngineError for an empty prompt."""
        if not prompt.strip():
            raise EngineError(phrase("The prompt is empty."), phrase("Write what to insert, for example “apple”."))
        prompt = self._spelt(prompt)
        words = split_words(prompt)
        parts = list(self._parts(prompt))
        for part in parts:
            if self._find(part) is None and self._only_describes(part):
                continue
            found = self._find(part)
            if found is None or not self._is_whole(part, *found[:2]):
                break
            start, end, entry = found
            apart = [word for other in parts if other is not part and self._only_describes(other) for word in other]
            return _understood(entry, words, part[start:end], (*part[:start], *part[end:], *apart))
        raise UnknownPrompt(prompt.strip(), self.nearest(prompt))

    def _spelt(self, prompt: str) -> str:
        """The prompt with emoji of known things written out."""
        if prompt.isascii():
            return prompt
        for sign in sorted(self._emoji, key=len, reverse=True):
            prompt = prompt.replace(sign, f" {self._emoji[sign]} ")
        return prompt

    def _only_describes(self, part: Words) -> bool:
        return all(word in _SAYS_NOTHING or word in _MEASURES or word in self.adjectives for word in part)

    def _parts(self, prompt: str) -> Iterator[Words]:
        """The prompt's clauses, cut where another matter begins: at commas and at words such as “on” or “with”.

        Names that hold such a word (“bow and arrow”) are not cut.
        """
        for clause in re.split(r"[,;:.!?()\n]+", prompt):
            words, part, at = split_words(clause), [], 0
            while at < len(words):
                length = self._name_at(words[at:])
                if length == 1 and words[at] in _ENDERS:
                    yield from [tuple(part)] * bool(part)
                    part = []
                else:
                    part.extend(words[at : at + length])
                at += length
            yield from [tuple(part)] * bool(part)

    def _name_at(self, words: Words) -> int:
        """How many words the longest name at the beginning of `words` has; 1 where there is none."""
        lengths = range(min(self._longest, len(words)), 1, -1)
        return next((length for length in lengths if self._look_up(words[:length]) is not None), 1)

    def _find(self, part: Words) -> tuple[int, int, Entry] | None:
        """The longest phrase in these words, the last of several: start, end, thing."""
        for length in range(min(self._longest, len(part)), 0, -1):
            for start in range(len(part) - length, -1, -1):
                entry = self._look_up(part[start : start + length])
                if entry is not None:
                    return start, start + length, entry
        return None

    def _look_up(self, phrase: Words) -> Entry | None:
        if phrase in self._exact:
            return self._exact[phrase]
        candidates = (self._singular.get((*phrase[:-1], form)) for form in word_forms(phrase[-1]))
        return next((entry for entry in candidates if entry is not None), self._foreign.get(phrase))

    def _is_whole(self, part: Words, start: int, end: int) -> bool:
        """Whether the phrase is what the words name, not a part of another thing's name."""
        if end - start == 1 and start > 0 and any((part[start - 1], form) in _OTHER_THINGS for form in word_forms(part[start])):
            return False
        return all(word in _TRAILERS or word in self.adjectives or word in _MEASURES or word.isdigit() or _is_participle(word) for word in part[end:])

    def nearest(self, prompt: str) -> tuple[str, ...]:
        """Up to OFFERS names: things that the words hold and others of their kind, or else what is spelt alike."""
        words = tuple(word for word in split_words(prompt) if word not in _SAYS_NOTHING and word not in _ENDERS)
        inside = list(self._names_inside(words))
        table = _categories()
        kinds = {entry.category for entry in inside} | {kind for kind, category in table.items() if category.knows(words)}
        alike = [name for kind in table if kind in kinds for name in table[kind].offer] or [e.name for e in self._spelt_like(words)]
        known = [name for name in [entry.name for entry in inside] + alike if name in self._by_name]
        return tuple(dict.fromkeys(known))[:OFFERS]

    def _names_inside(self, words: Words) -> Iterator[Entry]:
        """Every thing that some of the words name, longer names first."""
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length, -1, -1):
                if (entry := self._look_up(words[start : start + length])) is not None:
                    yield entry

    def _spelt_like(self, words: Words) -> Iterator[Entry]:
        phrases = {" ".join(phrase): entry for phrase, entry in self._exact.items()}
        for word in (" ".join(words), *reversed(words)):
            yield from (phrases[near] for near in difflib.get_close_matches(word, phrases, n=OFFERS, cutoff=0.6))


def _drawn(row: dict) -> Entry:
    return Entry(row["name"], (row["name"], *row["synonyms"]), row["category"], (row["file"],))


def _photographed(row: dict) -> Entry:
    files = tuple(picture["file"] for picture in row["pictures"])
    if not files:
        raise ValueError("a photographed thing without a picture")
    return Entry(row["name"], (row["name"], *row["synonyms"]), row["category"], files, True)


def _optional(path: Path, nothing: Any) -> Any:
    """What the JSON file says, or `nothing` where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else nothing


def _together(taken: list[Entry], drawn: list[Entry]) -> tuple[Entry, ...]:
    """Photographed things, then those that are only drawn. Every phrase means one thing: a photographed one where there is one; a drawn
    thing whose name a photographed one bears is left out, and its other words are that one's."""
    owner = {words: entry.name for entry in reversed(taken) for words in map(split_words, reversed(entry.phrases))}
    owner |= {split_words(entry.name): entry.name for entry in taken}
    more: dict[str, list[str]] = {entry.name: [words for words in entry.phrases if owner[split_words(words)] == entry.name] for entry in taken}
    rest: list[Entry] = []
    for entry in drawn:
        free = [words for words in entry.phrases if split_words(words) not in owner]
        if split_words(entry.name) in owner:
            more[owner[split_words(entry.name)]] += free
        else:
            rest.append(replace(entry, phrases=tuple(free)))
    return (*(replace(entry, phrases=tuple(more[entry.name])) for entry in taken), *rest)


def _understood(entry: Entry, words: Words, matched: Words, said: Words) -> Understood:
    """said: the words about the thing, among which colour and size are looked for; two colours are a pattern, which is not followed."""
    colours, sizes = _colours(said), [word for word in said if word in SIZES]
    colour = colours[0] if len(set(colours)) == 1 else ()
    size = sizes[0] if len(set(sizes)) == 1 else ""
    start = next(i for i in range(len(words)) if words[i : i + len(matched)] == matched)
    rest = [*words[:start], *words[start + len(matched) :]]
    for word in (*colour, size):
        rest = [other for other in rest if other != word]
    ignored = tuple(word for word in rest if word not in _SAYS_NOTHING)
    return Understood(entry.name, entry.file, matched, ignored, " ".join(colour), size, entry.photographed)


def _colours(words: Words) -> list[Words]:
    """Every colour among the words, with the shade before it."""
    found = []
    for at, word in enumerate(words):
        if word in COLOURS:
            shaded = at > 0 and words[at - 1] in SHADES
            found.append((words[at - 1], word) if shaded else (word,))
    return found


@dataclass(frozen=True)
class Category:
    """words: names of kinds and of things of this kind that the library lacks. offer: what to propose instead."""

    words: frozenset[str]
    offer: tuple[str, ...]

    def knows(self, words: Words) -> bool:
        return any(form in self.words for word in words for form in word_forms(word))


@cache
def _categories() -> dict[str, Category]:
    table = json.loads(Path(__file__).with_name("categories.json").read_text(encoding="utf-8"))
    return {kind: Category(frozenset(row["words"].split()), tuple(row["offer"])) for kind, row in table.items()}
