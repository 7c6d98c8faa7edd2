"""Settings of the generate panel that an artist has given a name: a JSON file beside the settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import FileError
from ..formats.atomic import replacing
from ..words import phrase

LONGEST = 200  # presets in a file


@dataclass(frozen=True)
class Preset:
    """steps, guidance: None is the model's own choice. seed: None draws a fresh one each time. occluded: show the engine what stands in front."""

    name: str
    prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    candidates: int = 1
    seed: int | None = None
    occluded: bool = False


def read(path: Path) -> tuple[Preset, ...]:
    """In their order; none where there is no file. A damaged file is put aside under another name. Raises FileError."""
    try:
        return tuple(_preset(plain) for plain in _listed(json.loads(path.read_text("utf-8"))))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FileError(phrase("The presets cannot be read: {reason}", reason=error.strerror or str(error)), str(path)) from error
    except (ValueError, TypeError, RecursionError) as error:
        aside = path.with_suffix(".damaged")
        try:
            path.replace(aside)
        except OSError:
            aside = path
        raise FileError(
            phrase("The presets are damaged and cannot be read; you begin with none."), phrase("The damaged file is kept: {file}", file=str(aside))
        ) from error


def write(path: Path, presets: Iterable[Preset]) -> None:
    """Raises FileError; then the file is as it was."""
    text = json.dumps([asdict(preset) for preset in presets], indent=2, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(phrase("The presets cannot be saved: {reason}", reason=error.strerror or str(error)), str(path)) from error


def with_preset(presets: tuple[Preset, ...], preset: Preset) -> tuple[Preset, ...]:
    """In the place of the one with that name, or at the end."""
    if any(other.name == preset.name for other in presets):
        return tuple(preset if other.name == preset.name else other for other in presets)
    return (*presets, preset)


def _listed(plain: object) -> list:
    if not isinstance(plain, list) or len(plain) > LONGEST:
        raise ValueError("a list was expected")
    return plain


def _preset(plain: object) -> Preset:
    made = Preset(**plain)
    kinds = {"name": str, "prompt": str, "steps": int | None, "guidance": int | float | None, "candidates": int, "seed": int | None, "occluded": bool}
    numbers = (made.steps, made.guidance, made.candidates, made.seed)
    if not all(isinstance(getattr(made, name), kind) for name, kind in kinds.items()) or any(isinstance(number, bool) for number in numbers):
        raise ValueError("a preset holds something else than it should")
    if not made.name.strip() or any(number is not None and not 0 <= number < 2**31 for number in numbers):
        raise ValueError("a preset has no name, or a number out of range")
    return made
