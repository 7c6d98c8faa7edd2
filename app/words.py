"""Sentences and labels that the editor makes without a window, and that the window can translate: the same kind as the engine's."""

from bfs_engine.words import Phrase, phrase

__all__ = ["Phrase", "phrase"]
