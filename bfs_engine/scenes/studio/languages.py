"""Names of the library's things in other languages, and their emoji: languages.json beside the pictures.

Sources: Unicode CLDR's annotations (Debian: unicode-cldr-core; Unicode licence) for what has an emoji, the furniture catalogues' own translations,
and german.tsv, which is ours, for what is photographed.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from bfs_engine.scenes import sprites
from bfs_engine.scenes.studio import table
from bfs_engine.scenes.studio.catalogue import Model

LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "tr", "ru", "ja", "zh")
_GERMAN = Path(__file__).with_name("german.tsv")
_VARIATION = "\ufe0f"  # asks for the coloured form of a character; CLDR leaves it out
_SOFT_HYPHEN = "\u00ad"


def write(out: Path, annotations: Path, models: list[Model]) -> int:
    """Write out/languages.json: thing -> language -> names, parted by commas; "emoji" beside the languages. Returns how many things."""
    names: dict[str, dict[str, str]] = {}
    drawn = [thing for thing in sprites.read_table() if thing.category != "-"]
    for thing in drawn:
        if thing.emoji:
            names.setdefault(thing.name, {})["emoji"] = thing.emoji.replace(_VARIATION, "")
    for language in LANGUAGES:
        spoken = _spoken(annotations / f"{language}.xml")
        for thing in drawn:
            if thing.emoji.replace(_VARIATION, "") in spoken:
                names[thing.name][language] = spoken[thing.emoji.replace(_VARIATION, "")]
    by_key, ours = {model.key: model for model in models}, _german()
    for thing in table.read():
        own = names.setdefault(thing.name, {})
        model = by_key[thing.model]
        if model.name.lower() in (thing.name, *thing.synonyms):
            own.update({language: name.lower() for language, name in model.names.items() if language in LANGUAGES and language not in own})
        if thing.name in ours:
            own["de"] = ours[thing.name]
    rows = ",\n".join(f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(known, ensure_ascii=False)}" for name, known in names.items() if known)
    (out / "languages.json").write_text(f"{{\n{rows}\n}}\n", "utf-8")
    return len(names)


def _spoken(path: Path) -> dict[str, str]:
    """Character -> its name, of one language's annotations."""
    found = ElementTree.parse(path).getroot().iter("annotation")
    return {each.attrib["cp"]: (each.text or "").replace(_SOFT_HYPHEN, "").strip() for each in found if each.attrib.get("type") == "tts"}


def _german() -> dict[str, str]:
    lines = [line for line in _GERMAN.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("\t")[:2] for line in lines)
