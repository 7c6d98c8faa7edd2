"""Fetching a model beside the window: first what the hub has is looked up, then it comes; asyncio outside, a thread inside.

The thread is a daemon and is not waited for longer than a moment: a silent network cannot be interrupted, and what has come so far is
good for the next run whenever the program ends.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bfs_engine.api import Cancelled, EngineError
from bfs_engine.catalog import Part

from ..errors import bug
from ..words import phrase

if TYPE_CHECKING:
    from bfs_engine.fetch import Listing, Report, Transfer

SPAN = 15.0  # seconds over which the speed is measured
A_MOMENT = 1.0  # seconds that the end of the program waits for the thread

State = Literal["idle", "asking", "asked", "fetching", "stopping", "stopped", "failed", "done"]


@dataclass(frozen=True)
class Hub:
    """bfs_engine.fetch, imported by the first call: look_up(part, repository, token), fetch(listings, folder, report, token) and
    remember(token). All of them raise EngineError."""

    look_up: Callable[[Part, str, str], Listing]
    fetch: Callable[[Sequence[Listing], Path, Report, str], tuple[str, ...]]
    remember: Callable[[str], None]


class Download:
    """One at a time. Used on the loop's thread; `listener` hears of every change.

    listings: what the hub has, by the part's name. transfer: how far it is. mended: files that were damaged and came again.
    error: why it failed. folder: where it goes.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, listener: Callable[[], None]) -> None:
        self._hub, self._loop, self.listener = hub, loop, listener
        self.state: State = "idle"
        self.listings: dict[str, Listing] = {}
        self.folder: Path | None = None
        self.transfer: Transfer | None = None
        self.mended: tuple[str, ...] = ()
        self.error: EngineError | None = None
        self._pace: deque[tuple[float, int]] = deque()
        self._stop = threading.Event()  # of the work that is going on now
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Is something on its way to the disk?"""
        return self.state in ("fetching", "stopping")

    @property
    def speed(self) -> float:
        """Bytes a second over the last while; 0 where nothing comes."""
        if len(self._pace) < 2:
            return 0.0
        (start, before), (end, now) = self._pace[0], self._pace[-1]
        return (now - before) / max(end - start, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """None while that cannot be told."""
        if self.transfer is None or self.speed <= 0:
            return None
        return (self.transfer.total - self.transfer.done) / self.speed

    def forget(self) -> None:
        """What was looked up, and how the last one ended."""
        if not self.busy:
            self.state, self.error = "idle", None
            self.listings = {}

    def ask(self, wanted: Mapping[Part, str], token: str) -> None:
        """Look up parts, each in its repository, "" for the part's own. What was looked up before and is not wanted now stays."""
        if self.busy:
            return
        self.listings = {name: listing for name, listing in self.listings.items() if name not in {part.name for part in wanted}}

        def work(stop: threading.Event) -> dict[str, Listing]:
            return {part.name: self._hub.look_up(part, repository, token) for part, repository in wanted.items() if not stop.is_set()}

        def then(found: dict[str, Listing]) -> None:
            self.listings |= found
            self.state = "asked"

        self._begin("asking", work, then)

    def fetch(self, names: Sequence[str], folder: Path, token: str, remember: bool) -> None:
        """Bring the parts of these names, which were looked up, into the folder."""
        if self.busy:
            return
        listings = [self.listings[name] for name in names]
        self.folder, self.transfer, self.mended = folder, None, ()
        self._pace.clear()

        def work(stop: threading.Event) -> tuple[str, ...]:
            def report(transfer: Transfer) -> None:
                if stop.is_set():
                    raise Cancelled
                self._on_loop(self._came, stop, transfer, time.monotonic())

            if token and remember:
                self._hub.remember(token)
            return self._hub.fetch(listings, folder, report, token)

        def then(mended: tuple[str, ...]) -> None:
            self.mended = mended
            self.state = "done"

        self._begin("fetching", work, then)

    def stop(self) -> None:
        """What has come stays, and is gone on with the next time."""
        if self.state == "fetching":
            self._stop.set()
            self.state = "stopping"
            self.listener()

    def close(self) -> None:
        """At the end of the program."""
        self._closed = True
        self._stop.set()
        if self._thread is not None:
            self._thread.join(A_MOMENT)

    def _begin(self, state: State, work: Callable[[threading.Event], object], then: Callable[[object], None]) -> None:
        self._stop.set()  # a look-up that another one replaces
        stop = self._stop = threading.Event()
        self.state, self.error = state, None

        def run() -> None:
            try:
                self._on_loop(self._ended, stop, then, work(stop), None)
            except BaseException as error:  # a job ends here; whatever it was is told
                self._on_loop(self._ended, stop, then, None, error)

        self._thread = threading.Thread(target=run, name="download", daemon=True)
        self._thread.start()
        self.listener()

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        """From the thread; after `close` nobody listens, and the loop may be gone."""
        if not self._closed:
            self._loop.call_soon_threadsafe(call, *arguments)

    def _came(self, stop: threading.Event, transfer: Transfer, when: float) -> None:
        if stop is not self._stop or self.state != "fetching":
            return
        self.transfer = transfer
        if transfer.checking:
            self._pace.clear()
        self._pace.append((when, transfer.fetched))
        while when - self._pace[0][0] > SPAN:
            self._pace.popleft()
        self.listener()

    def _ended(self, stop: threading.Event, then: Callable[[object], None], result: object, error: BaseException | None) -> None:
        if stop is not self._stop or self._closed:
            return
        if isinstance(error, Cancelled):
            self.state = "stopped"
        elif error is not None:
            self.state, self.error = "failed", _explained(error)
        else:
            then(result)
        self.listener()


def _explained(error: BaseException) -> EngineError:
    if isinstance(error, EngineError):
        return error
    reason = f"{type(error).__name__}: {error}"
    return bug(error, phrase("The download stopped because of an error in the program ({reason}).", reason=reason))
