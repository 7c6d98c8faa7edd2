"""The queue: one engine on one background thread, and a window that hears of everything on its own thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from app.session.jobs import Job, JobQueue
from bfs_engine.api import Box, Cancelled, EngineError, InsertRequest, LayerResult, Progress, Report, UnknownPrompt

STEPS = 3


class PatientEngine:
    """Makes one pixel in three steps. A prompt of "slow" waits at each step until it is let go on; others name an error."""

    name = "patient"
    box_fraction = 0.55

    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.go_on = threading.Semaphore(0)
        self.made: list[str] = []

    def things(self) -> tuple[str, ...]:
        return ()

    def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
        assert threading.current_thread() is self.thread
        if request.prompt == "unicorn":
            raise UnknownPrompt("unicorn", ("horse",))
        if request.prompt == "bug":
            raise ZeroDivisionError("by zero")
        if request.prompt == "huge":
            raise MemoryError
        for step in range(STEPS + 1):
            if request.prompt == "slow":
                assert self.go_on.acquire(timeout=5)
            report(Progress(step, STEPS, f"step {step}"))
        self.made.append(request.prompt)
        return (LayerResult(np.zeros((1, 1, 4), np.uint8), 0, 0, request.recipe()),)


def request(prompt: str) -> InsertRequest:
    return InsertRequest(prompt, Box(0, 0, 9, 9), Box(0, 0, 9, 9), np.zeros((9, 9, 3), np.uint8))


class Desk:
    """A queue with its engines, and the story of every job as its listener heard it."""

    def __init__(self) -> None:
        self.engines: list[PatientEngine] = []
        self.queue = JobQueue(self.build)
        self.heard: list[tuple[str, str]] = []
        self.queue.subscribe(self.hear)

    def build(self) -> PatientEngine:
        assert threading.current_thread() is not threading.main_thread()
        self.engines.append(PatientEngine())
        return self.engines[-1]

    def hear(self, job: Job) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.heard.append((job.request.prompt, job.state))

    def submit(self, *prompts: str) -> list[Job]:
        return [self.queue.submit(request(prompt)) for prompt in prompts]

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never came: {self.heard}")

    def let_go_on(self, steps: int = 1) -> None:
        for _ in range(steps):
            self.engines[0].go_on.release()


def test_a_job_whose_turn_has_come_may_get_a_newer_request() -> None:
    async def story(desk: Desk) -> None:
        asked: list[str] = []

        def prepare() -> Callable[[], InsertRequest]:
            asked.append(desk.queue.running.request.prompt)
            return lambda: request("newer")

        desk.submit("slow")
        job = desk.queue.submit(request("older"), prepare=prepare)
        same = desk.queue.submit(request("same"), prepare=lambda: None)
        await desk.until(lambda: desk.engines)
        assert asked == [], "its turn has not come"
        desk.let_go_on(STEPS + 1)
        await desk.until(lambda: same.is_over)
        assert asked == ["older"] and desk.engines[0].made == ["slow", "newer", "same"]
        assert job.request.prompt == "newer" and job.results[0].recipe["prompt"] == "newer"

    at_the_desk(story)


def at_the_desk(story: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk()
        try:
            await story(desk)
        finally:
            for engine in desk.engines:
                engine.go_on.release(100)
            desk.queue.close()

    asyncio.run(run())


def test_an_engine_warmed_up_is_the_one_that_works() -> None:
    async def story(desk: Desk) -> None:
        desk.queue.warm_up()
        desk.queue.warm_up()
        await desk.until(lambda: desk.engines)
        (job,) = desk.submit("apple")
        await desk.until(lambda: job.is_over)
        desk.queue.warm_up()
        assert job.state == "done" and len(desk.engines) == 1 and not desk.queue.waiting

    at_the_desk(story)


def test_another_engine_makes_what_is_asked_for_after_it_was_chosen_and_what_waits_keeps_its_own() -> None:
    async def story(desk: Desk) -> None:
        slow, waiting = desk.submit("slow", "apple")
        await desk.until(lambda: desk.engines)
        desk.queue.use(lambda: desk.build())
        (later,) = desk.submit("cat")
        desk.queue.warm_up()
        assert len(desk.engines) == 1, "two engines at a time could be too much for the memory"
        desk.engines[0].go_on.release(STEPS + 1)
        await desk.until(lambda: later.is_over)
        assert [engine.made for engine in desk.engines] == [["slow", "apple"], ["cat"]]
        assert slow.state == waiting.state == later.state == "done"

    at_the_desk(story)


def test_warming_up_in_vain_is_said_by_the_first_job_only() -> None:
    async def story(desk: Desk) -> None:
        tried = []

        def build() -> PatientEngine:
            tried.append(1)
            raise EngineError("The weights are damaged.")

        desk.queue._engine_factory = build
        desk.queue.warm_up()
        await desk.until(lambda: tried)
        assert not desk.heard
        (job,) = desk.submit("apple")
        await desk.until(lambda: job.is_over)
        assert job.state == "failed" and job.error.sentence == "The weights are damaged." and len(tried) == 2

    at_the_desk(story)


def test_jobs_run_one_after_the_other_and_keep_their_results() -> None:
    async def story(desk: Desk) -> None:
        assert not desk.engines  # built when it is needed
        jobs = desk.submit("first", "second", "third")
        assert [job.state for job in jobs] == ["running", "waiting", "waiting"] and desk.queue.waiting == (*jobs[1:],)
        await desk.until(lambda: all(job.state == "done" for job in jobs))
        assert len(desk.engines) == 1 and desk.engines[0].made == ["first", "second", "third"]
        assert [job.results[0].recipe["prompt"] for job in jobs] == ["first", "second", "third"]
        states = [state for prompt, state in desk.heard if prompt == "second"]
        assert states[:2] == ["waiting", "running"] and states[-1] == "done"

    at_the_desk(story)


def test_a_running_job_tells_how_far_it_is() -> None:
    async def story(desk: Desk) -> None:
        (job,) = desk.submit("slow")
        await desk.until(lambda: desk.engines)
        assert job.progress is None and job.seconds_left is None
        desk.let_go_on(1)
        await desk.until(lambda: job.progress)
        assert job.seconds_left is None  # one report says nothing about speed
        desk.let_go_on(2)
        await desk.until(lambda: job.progress.step == 2)
        assert 0 <= job.seconds_left < 60 and job.progress.message == "step 2"
        desk.let_go_on(2)
        await desk.until(lambda: job.is_over)
        assert job.state == "done" and job.seconds_left is None

    at_the_desk(story)


def test_a_waiting_job_is_cancelled_at_once_and_never_runs() -> None:
    async def story(desk: Desk) -> None:
        slow, other = desk.submit("slow", "other")
        desk.queue.cancel(other)
        assert other.state == "cancelled" and desk.queue.waiting == ()
        await desk.until(lambda: desk.engines)
        desk.let_go_on(9)
        await desk.until(lambda: slow.is_over)
        assert desk.engines[0].made == ["slow"]
        desk.queue.cancel(slow)
        assert slow.state == "done"

    at_the_desk(story)


def test_a_running_job_stops_at_its_next_step_and_the_next_one_runs() -> None:
    async def story(desk: Desk) -> None:
        slow, other = desk.submit("slow", "other")
        await desk.until(lambda: desk.engines)
        desk.let_go_on(1)
        await desk.until(lambda: slow.progress)
        desk.queue.cancel(slow)
        assert slow.state == "running" and slow.cancelling
        desk.let_go_on(1)
        await desk.until(lambda: other.is_over)
        assert (slow.state, slow.results, other.state) == ("cancelled", (), "done")
        assert desk.engines[0].made == ["other"]

    at_the_desk(story)


def test_all_can_be_cancelled() -> None:
    async def story(desk: Desk) -> None:
        jobs = desk.submit("slow", "a", "b")
        await desk.until(lambda: desk.engines)
        desk.queue.cancel_all()
        desk.let_go_on(1)
        await desk.until(lambda: all(job.state == "cancelled" for job in jobs))
        assert desk.engines[0].made == []

    at_the_desk(story)


def test_a_job_can_be_moved_to_the_front() -> None:
    async def story(desk: Desk) -> None:
        jobs = desk.submit("slow", "a", "b", "c")
        desk.queue.move_to_front(jobs[3])
        desk.queue.move_to_front(jobs[0])
        assert [job.request.prompt for job in desk.queue.waiting] == ["c", "a", "b"]
        await desk.until(lambda: desk.engines)
        desk.let_go_on(9)
        await desk.until(lambda: all(job.is_over for job in jobs))
        assert desk.engines[0].made == ["slow", "c", "a", "b"]

    at_the_desk(story)


def test_a_failure_is_a_sentence_and_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    async def story(desk: Desk) -> None:
        unknown, bug, huge, good = desk.submit("unicorn", "bug", "huge", "good")
        await desk.until(lambda: good.is_over)
        assert [job.state for job in (unknown, bug, huge, good)] == ["failed"] * 3 + ["done"]
        assert isinstance(unknown.error, UnknownPrompt) and unknown.error.nearest == ("horse",)
        assert "ZeroDivisionError" in bug.error.sentence and bug.error.hint
        assert "memory" in huge.error.sentence
        assert all(isinstance(job.error, EngineError) for job in (unknown, bug, huge))

    with caplog.at_level(logging.ERROR):
        at_the_desk(story)
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]  # expected failures are not logged as bugs


def test_an_engine_that_cannot_be_built_fails_the_job_and_is_tried_again() -> None:
    attempts = []

    def build() -> PatientEngine:
        attempts.append(1)
        if len(attempts) == 1:
            raise EngineError("The weights are damaged.", "Install them again.")
        return PatientEngine()

    async def story() -> None:
        queue = JobQueue(build)
        ended: list[Job] = []
        for prompt in ("a", "b"):
            queue.submit(request(prompt), ended.append)
        while len(ended) < 2:
            await asyncio.sleep(0.01)
        assert [job.state for job in ended] == ["failed", "done"] and ended[0].error.hint == "Install them again."
        queue.close()

    asyncio.run(story())


def test_a_listener_that_fails_does_not_stop_the_queue() -> None:
    async def story(desk: Desk) -> None:
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))

        def fail(job: Job) -> None:
            raise ValueError("a bug in the window")

        first = desk.queue.submit(request("first"), fail)
        (second,) = desk.submit("second")
        await desk.until(lambda: second.is_over)
        assert (first.state, second.state) == ("done", "done") and isinstance(told[0], ValueError)

    at_the_desk(story)


def test_closing_ends_the_thread_and_what_was_running() -> None:
    async def story(desk: Desk) -> None:
        slow, other = desk.submit("slow", "other")
        await desk.until(lambda: desk.engines)
        threading.Timer(0.1, desk.let_go_on, (1,)).start()
        desk.queue.close()
        assert (slow.state, other.state) == ("cancelled", "cancelled")
        assert not desk.engines[0].thread.is_alive()
        with pytest.raises(RuntimeError):
            desk.submit("late")

    at_the_desk(story)


def test_an_engine_that_cancels_by_itself_is_cancelled() -> None:
    class Weary(PatientEngine):
        def insert(self, request: InsertRequest, report: Report) -> tuple[LayerResult, ...]:
            raise Cancelled

    async def story() -> None:
        queue = JobQueue(Weary)
        job = queue.submit(request("a"))
        while not job.is_over:
            await asyncio.sleep(0.01)
        assert job.state == "cancelled" and job.error is None
        queue.close()

    asyncio.run(story())
