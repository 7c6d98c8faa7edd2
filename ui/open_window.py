"""The window with the first document in it."""

from __future__ import annotations

from pathlib import Path

from app.errors import FileError
from app.formats import open_with_report
from app.samples import Sample
from ui.file_commands import session_of
from ui.language import translated
from ui.main_window import MainWindow
from ui.surroundings import Surroundings


def open_window(around: Surroundings, sample: Sample, file: Path | None, welcome: bool = False) -> MainWindow:
    """The window with a file in it, or with the sample where none is given or it cannot be opened. welcome: begin with that page,
    unless the user wants none."""
    trouble = None
    try:
        opened = open_with_report(file or sample.path)
    except FileError as error:
        trouble, file = error, None
        opened = open_with_report(sample.path)
    path = file or sample.path
    window = MainWindow(session_of(opened, path), around)
    if file is None:
        window.suggest(sample)
        if welcome and around.settings.get("welcome", True):
            window.welcome.open_page()
    else:
        around.settings.add_recent(path)
        window.file_menu.refresh()
    if trouble is not None:
        window.say_error(trouble)
    elif opened.report:
        window.messages.say(window.tr("“{name}” was opened with changes.").format(name=path.name), "\n".join(map(translated, opened.report)))
    window.files.look_for_leftovers()
    return window
