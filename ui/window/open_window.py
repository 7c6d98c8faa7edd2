"""The window with the first document in it, and the one that takes its place when the language changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.config.samples import Sample
from app.errors import FileError
from app.formats import open_with_report
from ui.language import speak, translated

from ..files.commands import session_of
from .main_window import MainWindow
from .preferences import Preferences
from .surroundings import Surroundings


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


def renewed(old: MainWindow) -> MainWindow:
    """The same document with its history, jobs and view in a new window that speaks the language chosen now. Words are set where widgets
    are made, so making them again is the whole translation."""
    settings = old.around.settings
    asked = any(dialog.isVisible() for dialog in old.findChildren(Preferences))
    speak(QApplication.instance(), settings.get("language", "system"))
    old.docks.save(settings)
    new = MainWindow(old.session, old.around)
    new.generation.take_over(old.generation)
    for mine, theirs in (
        (new.files, old.files),
        (new.models, old.models),
        (new.clipboard, old.clipboard),
        (new.masks, old.masks),
        (new.desk, old.desk),
        (new.generate_panel, old.generate_panel),
        (new.generate, old.generate),
    ):
        mine.take_over(theirs)
    new.layer_panel.tree.folded |= old.layer_panel.tree.folded
    new.show()  # now the canvas has its size
    new.canvas.look_like(old.canvas)
    new.layers.chosen_wanted.emit(old.layers.chosen(), old.session.active or "")
    if not old.welcome.isHidden():
        new.welcome.open_page()
    if asked:
        new.open_preferences()
    old.put_down()
    return new
