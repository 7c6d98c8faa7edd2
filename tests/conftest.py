"""What every test stands on: no display, no network, settings of its own, and no mess left behind.

Unexpected warnings (pyproject.toml), Qt messages (pytest-qt's qt_log_level_fail) and leaked threads fail a test.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Qt, tokenizers or the model hub.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Torch's threads wait without spinning: on two busy cores that is the difference between 0.3 s and 11 s for a tiny model.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import hypothesis
import numpy as np
import pytest

# Two slow cores must not fail a test, and a failure must come again.
hypothesis.settings.register_profile("downstage", deadline=None, derandomize=True)
hypothesis.settings.load_profile("downstage")

PATIENCE = 3.0  # seconds a thread may take to end after the test that started it


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, caches and recovery files of the program land in this test's folder, never in the user's."""
    home = tmp_path / "home"
    for variable, folder in {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "roaming",
        "LOCALAPPDATA": home / "local",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
    }.items():
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(variable, str(folder))
    return home


@pytest.fixture(autouse=True)
def same_chance_every_time() -> None:
    """Random numbers start from the same seed in every test."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A thread that a test starts has ended when the test has."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE
    while (left := _strangers(before)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left, f"threads left running: {', '.join(thread.name for thread in left)}"


def _strangers(known: set[threading.Thread]) -> list[threading.Thread]:
    # Threads that Qt starts and Python merely met are Qt's business (they are "dummies" to Python and never end).
    return [t for t in threading.enumerate() if t not in known and t.is_alive() and not isinstance(t, threading._DummyThread)]
