"""Downstage: `main.py [FILE]` opens the editor; `convert`, `info` and the demonstration without a display need no window."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app import headless
from app.config.diagnostics import logged_to
from app.config.download import Hub
from app.config.samples import samples
from app.config.settings import Settings, log_path, recovery_folder, settings_path
from app.demo import no_display, run_demo
from app.session.jobs import JobQueue
from bfs_engine import catalog
from bfs_engine.api import Decomposer, Engine, EngineError, Selection, SelectRequest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from bfs_engine.scenes.vocabulary import Vocabulary
    from ui.window.main_window import MainWindow

VERSION = "0.1.0"
SETTLING = 0.5  # seconds from a change of settings to its write
RESOURCES = Path(__file__).resolve().parent / "resources"
LIBRARY = RESOURCES / "models" / "starter" / "library"
COMMANDS = ("convert", "info")

log = logging.getLogger("downstage")


def starter_engine() -> Engine:
    """Built on the background thread when the first job starts: importing torch must not delay the window."""
    from bfs_engine.quiet_import import quiet_import

    with quiet_import():
        from bfs_engine.bfs.starter import StarterEngine

        return StarterEngine()


def decomposer() -> Decomposer:
    """What takes pictures apart; as starter_engine, on the background thread."""
    from bfs_engine.quiet_import import quiet_import

    with quiet_import(pipelines=False):
        from bfs_engine.layering.engine import TakeApart

        return TakeApart()


def selected(request: SelectRequest) -> Selection:
    """A thing in a picture by box and clicks, on a background thread."""
    from bfs_engine.matting.select import select

    return select(request.picture, request.box, request.points, request.near, more=request.more)


def starter_vocabulary() -> Vocabulary | None:
    """The words of the starter; None where its library is missing, which the first job will say."""
    from bfs_engine.scenes.vocabulary import Vocabulary

    try:
        return Vocabulary.load(LIBRARY)
    except EngineError as error:
        log.warning("%s %s", error.sentence, error.hint)
        return None


def engine_in(folder: Path) -> Engine:
    """The engine on the model in a folder; as starter_engine, on the background thread."""
    from bfs_engine.quiet_import import quiet_import

    with quiet_import():
        if catalog.look_at(folder).kind == "flux":
            from bfs_engine.bfs.flux import FluxEngine

            return FluxEngine(folder)
        from bfs_engine.bfs.starter import StarterEngine

        return StarterEngine(folder)


def vocabulary_in(folder: Path) -> Vocabulary | None:
    """The words of a starter that the user has trained; None for a model that takes any."""
    from bfs_engine.scenes.vocabulary import Vocabulary

    return Vocabulary.load(folder / "library") if (folder / "library").is_dir() else None


def memory_for(folder: Path | None) -> str:
    """What the model in a folder (None: the starter) needs on this machine and how it would be kept, a sentence. Raises EngineError."""
    kind = "starter" if folder is None else catalog.look_at(folder).kind
    if kind == "starter":
        return catalog.memory_of_starter()
    from bfs_engine.quiet_import import quiet_import

    with quiet_import():
        if kind == "klein":
            from bfs_engine.fill.engine import KleinEngine

            return KleinEngine(folder).announcement()
        from bfs_engine.bfs.flux import FluxEngine

        return FluxEngine(folder).announcement()


def expected_memory() -> str:
    """What FLUX will need on this machine once it is downloaded, a sentence. Raises EngineError."""
    from bfs_engine.quiet_import import quiet_import

    with quiet_import():
        from bfs_engine.bfs.flux import expected

        return expected()


def hub() -> Hub:
    """Where models are downloaded from; the library for that is imported by the first call, on the download's thread."""

    def later(name: str) -> Callable[..., Any]:
        def act(*given: object) -> object:
            from bfs_engine import fetch

            return getattr(fetch, name)(*given)

        return act

    return Hub(later("look_up"), later("fetch"), later("remember"))


def main(
    arguments: list[str] | None = None,
    engine: Callable[[], Engine] = starter_engine,
    vocabulary: Callable[[], Vocabulary | None] = starter_vocabulary,
    opened: Callable[[MainWindow], None] | None = None,
) -> int:
    """The whole program; returns the exit status. opened: called with the window when it is up (for tests and screenshots)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if arguments and arguments[0] in COMMANDS:
        chosen = _commands().parse_args(arguments)
        return chosen.run(chosen)
    chosen = _window_options().parse_args(arguments)
    if no_display():
        return run_demo(engine, chosen.demo_folder, chosen.file)
    with logged_to(log_path()):
        log.info("Downstage %s", VERSION)
        return run_window(chosen.file, engine, vocabulary, opened, welcome=not chosen.sample)


def _commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py")
    headless.add_commands(parser.add_subparsers(required=True))
    return parser


def _window_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Opens the editor. Without a window: main.py convert IN OUT, main.py info FILE.",
    )
    words = "the picture or project to open; without it, the welcome page over a sample photograph"
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help=words)
    parser.add_argument("--sample", action="store_true", help="without FILE: begin with the sample photograph instead of the welcome page")
    folder = Path("downstage-demo")
    parser.add_argument("--demo-folder", metavar="DIR", type=Path, default=folder, help="where results go if there is no display")
    parser.add_argument("--version", action="version", version=f"Downstage {VERSION}")
    return parser


def run_window(
    file: Path | None,
    engine: Callable[[], Engine],
    vocabulary: Callable[[], Vocabulary | None],
    opened: Callable[[MainWindow], None] | None = None,
    welcome: bool = False,
) -> int:
    """Open the window and stay until it is closed. welcome: begin with that page where no file is given."""
    import qasync
    from PySide6.QtCore import QEvent

    from ui.language import speak
    from ui.window.collector import Collector
    from ui.window.open_window import open_window, renewed
    from ui.window.surroundings import Models, Surroundings

    application = _application()
    loop = qasync.QEventLoop(application)
    queue = JobQueue(engine, loop, decomposer)
    before = sys.excepthook
    collector = Collector(application)
    with loop:
        asyncio.set_event_loop(loop)
        settings = Settings(settings_path(), pause=SETTLING)
        speak(application, settings.get("language", "system"))
        models = Models(
            engine=lambda folder: engine() if folder is None else engine_in(folder),
            vocabulary=lambda folder: vocabulary() if folder is None else vocabulary_in(folder),
            memory=memory_for,
            expected=expected_memory,
            hub=hub(),
        )
        window = open_window(Surroundings(settings, queue, loop, models, recovery_folder(), VERSION, selected), samples()[0], file, welcome)

        def put_up(shown: MainWindow) -> None:
            nonlocal window
            window = shown
            window.ended.connect(loop.stop)
            window.renewal_wanted.connect(lambda: put_up(renewed(window)))
            window.show()

        sys.excepthook = lambda *caught: _tell_of_a_bug(window, *caught)
        loop.set_exception_handler(lambda _loop, context: _tell_of_a_loop_bug(window, context))
        put_up(window)
        if opened is not None:
            loop.call_soon(opened, window)
        try:
            loop.run_forever()
        finally:
            sys.excepthook = before
            settings.write_now()
            queue.close()
            _drop_tasks(loop)
            loop.set_exception_handler(None)
            window.deleteLater()
            application.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)
            collector.stop()
    asyncio.set_event_loop(None)
    return 0


def _application() -> QApplication:
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Downstage")
    application.setApplicationVersion(VERSION)
    application.setDesktopFileName("downstage")
    application.setWindowIcon(QIcon(str(RESOURCES / "icons" / "downstage.svg")))
    return application


def _drop_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is still going on beside the closed window and let it end, as asyncio.run does."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _tell_of_a_bug(window: MainWindow, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The program goes on: the document is a value, and no half-done edit can have got into it."""
    if issubclass(kind, KeyboardInterrupt):
        window.close()
        return
    log.error("unexpected error", exc_info=(kind, error, trace))
    window.say_error(error)


def _tell_of_a_loop_bug(window: MainWindow, context: dict) -> None:
    error = context.get("exception") or RuntimeError(context.get("message", "unknown error"))
    _tell_of_a_bug(window, type(error), error, error.__traceback__)


if __name__ == "__main__":
    sys.exit(main())
