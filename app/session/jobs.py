"""The queue of things the engine has to make: asyncio outside, one background thread inside.

Everything here but the engine runs on the thread of the event loop; under the window that is Qt's. The engine is built on
the background thread when the first job starts, or as soon as one is likely (`warm_up`), and stays. One job runs at a time, any number wait.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Literal

from bfs_engine.api import Cancelled, Decomposer, DecomposeRequest, Engine, EngineError, LayerResult, Progress, Request, make

from ..errors import bug
from ..words import phrase

PATIENCE = 5.0  # seconds that an engine has to end with the program

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]


class Job:
    """One request on its way. Read it on the event loop's thread; JobQueue writes it.

    progress: the last report of the engine. results: what it made, one layer for each candidate, kept here until nobody holds the job any more;
    those that are finished so far while others are still being made, and where the job fails or is cancelled then.
    error: why it failed, EngineError and its kinds, always with a sentence. cancelling: asked to stop, has not yet.
    """

    def __init__(self, request: Request, engine_factory: Callable[[], Engine], prepare: Prepare | None = None) -> None:
        self.id = uuid.uuid4().hex
        self.engine_factory = engine_factory
        self.request = request
        self.prepare = prepare
        self.state: State = "waiting"
        self.progress: Progress | None = None
        self.seconds_left: float | None = None
        self.results: tuple[LayerResult, ...] = ()
        self.error: EngineError | None = None
        self._stop = threading.Event()
        self._first_report: tuple[float, int] | None = None  # (when, step)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    @property
    def cancelling(self) -> bool:
        return self.state == "running" and self._stop.is_set()

    def _reported(self, progress: Progress, now: float) -> None:
        self.progress = progress
        if self._first_report is None:
            self._first_report = now, progress.step
            return
        when, step = self._first_report
        if progress.step > step:
            self.seconds_left = (now - when) / (progress.step - step) * max(progress.steps - progress.step, 0)


Listener = Callable[[Job], None]
# Called on the loop's thread when a job's turn has come: None, or a function that gives, on the background thread, a newer request.
Prepare = Callable[[], Callable[[], Request] | None]


class _Background:
    """A thread that does one thing after the other, and does not keep the process from ending."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[tuple[Future, Callable[[], object]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., object], *arguments: object) -> Future:
        future: Future = Future()
        self._work.put((future, partial(work, *arguments)))
        return future

    def end(self, patience: float) -> None:
        """Take nothing more up, and wait so many seconds for what is being done."""
        while not self._work.empty():
            self._work.get()[0].cancel()
        self._work.put(None)
        self._thread.join(patience)
        if self._thread.is_alive():
            log.warning("the engine does not end; it is left behind")

    def _run(self) -> None:
        while (next_one := self._work.get()) is not None:
            future, work = next_one
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # as an executor: the future tells it
                    future.set_exception(error)
            del future, work, next_one


class JobQueue:
    """Runs jobs one after the other. Listeners hear of every change of a job's state and progress.

    loop: where listeners are called; the running loop for None. decomposer_factory: builds what takes pictures apart, small enough to stay
    beside any engine.
    """

    def __init__(
        self,
        engine_factory: Callable[[], Engine],
        loop: asyncio.AbstractEventLoop | None = None,
        decomposer_factory: Callable[[], Decomposer] | None = None,
    ) -> None:
        self._engine_factory = engine_factory
        self._decomposer_factory = decomposer_factory
        self._decomposer: Decomposer | None = None  # touched by the background thread only
        self._engine: Engine | None = None  # touched by the background thread only
        self._built_by: Callable[[], Engine] | None = None  # the same
        self._warmed: Callable[[], Engine] | None = None
        self._loop = loop
        self._threads: _Background | None = None
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._listeners: list[Listener] = []
        self._closed = False

    @property
    def waiting(self) -> tuple[Job, ...]:
        """In the order they will run."""
        return tuple(self._waiting)

    @property
    def running(self) -> Job | None:
        return self._running

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def warm_up(self) -> None:
        """Build the engine before the first job asks for it. What goes wrong meanwhile is that job's to say."""
        busy = self._running is not None or self._waiting
        if self._warmed is not self._engine_factory and not busy and not self._closed:
            self._warmed = self._engine_factory
            self._background().submit(self._built, self._engine_factory)

    def use(self, engine_factory: Callable[[], Engine]) -> None:
        """Make what is asked for from now on with another engine; what waits is made with the one it was asked with."""
        self._engine_factory = engine_factory

    def submit(self, request: Request, on_done: Listener | None = None, prepare: Prepare | None = None) -> Job:
        """Put a request at the end of the queue. on_done is called once, when the job is over in whatever way. prepare: asked for a
        newer request when the job's turn has come, because what was made before it may have changed what the engine should see."""
        if self._closed:
            raise RuntimeError("the queue is closed")
        self._loop = self._loop or asyncio.get_running_loop()
        job = Job(request, self._engine_factory, prepare)
        if on_done is not None:
            self._once_over(job, on_done)
        self._waiting.append(job)
        self._tell(job)
        self._start_next()
        return job

    def cancel(self, job: Job) -> None:
        """A waiting job is over at once, a running one at the engine's next report; one that is over stays as it is."""
        if job in self._waiting:
            self._waiting.remove(job)
            self._end(job, "cancelled")
        elif job is self._running:
            job._stop.set()
            self._tell(job)

    def cancel_all(self) -> None:
        for job in (*self._waiting, *((self._running,) if self._running else ())):
            self.cancel(job)

    def move_to_front(self, job: Job) -> None:
        """Let a waiting job be the next one; the running one is not disturbed."""
        if job in self._waiting:
            self._waiting.remove(job)
            self._waiting.insert(0, job)
            self._tell(job)

    def close(self) -> None:
        """Cancel everything and wait for the background thread to end (the engine stops at its next report). One that never reports is left
        behind after PATIENCE: it ends with the process."""
        self._closed = True
        self.cancel_all()
        if self._threads is not None:
            self._threads.end(PATIENCE)
        if self._running is not None:
            job, self._running = self._running, None
            self._end(job, "cancelled")

    def _start_next(self) -> None:
        if self._running is not None or not self._waiting or self._closed:
            return
        job = self._running = self._waiting.pop(0)
        job.state = "running"
        self._warmed = job.engine_factory
        try:
            newer = job.prepare() if job.prepare is not None else None
        except Exception as error:  # the next ones need not fail with it
            job.error, self._running = _explained(error), None
            try:
                self._end(job, "failed")
            finally:
                self._start_next()
            return
        self._background().submit(self._work, job, newer).add_done_callback(lambda future: self._on_loop(self._finish, job, future))
        self._tell(job)

    def _background(self) -> _Background:
        self._threads = self._threads or _Background("engine_0")
        return self._threads

    def _built(self, engine_factory: Callable[[], Engine]) -> Engine:
        """On the background thread. There is one engine at a time: two would not fit into many a memory."""
        if self._built_by is not engine_factory:
            self._engine = self._built_by = None
            self._engine = engine_factory()
            self._built_by = engine_factory
        return self._engine

    def _decomposing(self) -> Decomposer:
        """On the background thread."""
        if self._decomposer_factory is None:
            raise EngineError(phrase("There is nothing here that takes pictures apart."))
        self._decomposer = self._decomposer or self._decomposer_factory()
        return self._decomposer

    def _work(self, job: Job, newer: Callable[[], Request] | None) -> tuple[LayerResult, ...]:
        """On the background thread."""

        def report(progress: Progress) -> None:
            if progress.made:
                job.results = progress.made
            if job._stop.is_set():
                raise Cancelled
            self._on_loop(self._progressed, job, progress, time.monotonic())

        engine = self._decomposing() if isinstance(job.request, DecomposeRequest) else self._built(job.engine_factory)
        if job._stop.is_set():
            raise Cancelled
        if newer is not None:
            job.request = newer()
        results = make(engine, job.request, report)
        if not results or any(min(each.pixels.shape[:2]) < 1 for each in results):
            raise EngineError(phrase("The engine gave no layer."), phrase("Try again; if it stays so, the model is damaged."))
        return results

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        """From the background thread; after `close` nobody listens, and the loop may be gone."""
        if not self._closed:
            self._loop.call_soon_threadsafe(call, *arguments)

    def _progressed(self, job: Job, progress: Progress, when: float) -> None:
        if job is self._running and not job.cancelling:
            job._reported(progress, when)
            self._tell(job)

    def _finish(self, job: Job, future: Future[tuple[LayerResult, ...]]) -> None:
        if job is not self._running:
            return
        self._running = None
        error = future.exception()
        try:
            if job._stop.is_set() or isinstance(error, Cancelled):
                self._end(job, "cancelled")
            elif error is not None:
                job.error = _explained(error)
                self._end(job, "failed")
            else:
                job.results = future.result()
                self._end(job, "done")
        finally:  # a listener that fails must not hold up the others
            self._start_next()

    def _end(self, job: Job, state: State) -> None:
        job.state = state
        job.seconds_left = None
        self._tell(job)

    def _once_over(self, job: Job, on_done: Listener) -> None:
        def listener(changed: Job) -> None:
            if changed is job and job.is_over:
                forget()
                on_done(job)

        forget = self.subscribe(listener)

    def _tell(self, job: Job) -> None:
        for listener in tuple(self._listeners):
            listener(job)


def _explained(error: BaseException) -> EngineError:
    if isinstance(error, EngineError):
        return error
    if isinstance(error, MemoryError):
        return EngineError(phrase("There was not enough memory to make the layer."), phrase("Close other programs, or draw a smaller box."))
    words = phrase("The engine stopped because of an error in the program ({kind}: {error}).", kind=type(error).__name__, error=error)
    return bug(error, words)
