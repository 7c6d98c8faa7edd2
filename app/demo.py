"""The whole way of the program without a window: a sample photograph, a layer by the engine, files for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bfs_engine.api import Engine, EngineError, Progress

from .config.samples import Sample, box_in_the_middle, samples
from .errors import FileError
from .formats import open_document, save_document
from .session.session import Session

FILES = ("{}.png", "{}.psd", "{}.downstage")  # the flat picture, its layers for other programs, the project


def no_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether no window can be shown: a Linux without X server or Wayland session, and no other Qt platform asked for."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return platform.startswith("linux") and not any(environment.get(name) for name in wanted)


def run_demo(build_engine: Callable[[], Engine], folder: Path, picture: Path | None = None) -> int:
    """Do the job and say so; returns the exit status: 0, or 2 with one line on standard error."""
    sample = samples()[0]
    print(f"There is no display here, so Downstage does the same without a window: a {sample.prompt} on {(picture or sample.path).name}.")
    try:
        paths = make_demo(build_engine(), sample, folder, picture)
    except (FileError, EngineError) as error:
        print(f"{error.sentence} {error.hint}".strip(), file=sys.stderr)
        return 2
    for path in paths:
        print(path)
    return 0


def make_demo(engine: Engine, sample: Sample, folder: Path, picture: Path | None = None) -> tuple[Path, ...]:
    """Put the sample's thing on the sample, or on the middle of another picture; returns the files written into `folder`.

    Raises FileError, and EngineError where the engine cannot make the thing.
    """
    picture = picture or sample.path
    document = open_document(picture)
    box = sample.box if picture == sample.path else box_in_the_middle(document.width, document.height)
    session = Session(document)
    request = session.request_insert(box, sample.prompt, model=engine.name, fraction=engine.box_fraction)
    session.place(request, engine.insert(request, _unwatched))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder “{folder}” cannot be made: {error.strerror}.", "Name another one with --demo-folder.") from None
    paths = tuple(folder / name.format(picture.stem) for name in FILES)
    for path in paths:
        save_document(session.document, path)
    return paths


def _unwatched(progress: Progress) -> None:
    """There is no window to show progress in."""
