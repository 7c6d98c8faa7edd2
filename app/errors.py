"""Expected errors: a sentence for the user and, where one exists, a next step. Anything else that is raised is a bug."""

from __future__ import annotations

import logging

from bfs_engine.api import EngineError

from .words import Phrase, phrase

log = logging.getLogger(__name__)


class ExpectedError(Exception):
    """Base of what the program can explain; `sentence` is shown as it stands, `hint` is a next step or empty."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


def bug(error: BaseException, words: Phrase) -> EngineError:
    """What a user is told of an error in an engine or a download that nobody expected; its trace goes into the log."""
    log.error(words, exc_info=error)
    explained = EngineError(words, phrase("Details are in the log."))
    explained.__cause__ = error
    return explained


class FileError(ExpectedError):
    """A file cannot be read or written."""


class FileChanged(FileError):
    """A file is not as this program last read or wrote it; writing over it would undo someone's work."""


class EditError(ExpectedError):
    """An edit makes no sense on this document, such as merging down the lowest layer."""
