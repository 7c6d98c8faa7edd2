"""What arrives by itself takes nothing away from the user: not the layer that input goes to, nor what can be redone."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from app.document import edits
from app.document.document import Document, find, make_layer
from app.document.pixels import Pixels
from app.session import jobs
from app.session.jobs import JobQueue
from app.session.session import Session
from bfs_engine.api import Box, InsertRequest, LayerResult


def session() -> Session:
    pixels = Pixels.from_array(np.full((40, 40, 4), 200, np.uint8))
    return Session(Document(40, 40, (make_layer("apple", pixels),)))


def result(request: InsertRequest) -> tuple[LayerResult, ...]:
    return (LayerResult(np.full((10, 10, 4), 255, np.uint8), 10, 10, request.recipe()),)


def test_what_was_undone_can_be_redone_after_an_arrival() -> None:
    here = session()
    id = here.active
    for step in range(5):
        here.commit(f"{step}", edits.set_opacity(here.document, id, 0.9 - step * 0.1))
    request = here.capture_insert(Box(10, 10, 10, 10), "cat", seed=1)()
    for _ in range(3):
        here.undo()
    cat = here.place(request, result(request))
    assert find(here.document, id).opacity == pytest.approx(0.8) and find(here.document, cat)
    for opacity in (0.7, 0.6, 0.5):
        here.redo()
        assert find(here.document, id).opacity == pytest.approx(opacity) and find(here.document, cat)
    assert not here.history.can_redo
    for _ in range(4):
        here.undo()
    assert find(here.document, cat) is None


def test_what_arrives_is_active_where_the_user_has_waited_for_it() -> None:
    here = session()
    request = here.capture_insert(Box(10, 10, 10, 10), "cat", seed=1)()
    cat = here.place(request, result(request))
    assert here.active == cat


@pytest.mark.parametrize("doing", ("steps", "gesture", "field"))
def test_input_goes_on_to_the_layer_that_it_began_on(doing: str) -> None:
    here = session()
    apple = here.active
    request = here.capture_insert(Box(10, 10, 10, 10), "cat", seed=1)()
    if doing == "steps":
        here.commit("Move", edits.nudge(here.document, [apple], 5, 0))
    elif doing == "gesture":
        here.preview(edits.set_opacity(here.document, apple, 0.5))
    else:
        here.occupied = lambda: True
    cat = here.place(request, result(request))
    assert here.active == apple and find(here.document, cat)


class Engine:
    def __init__(self) -> None:
        self.hold = threading.Event()

    def insert(self, request: InsertRequest, report: object) -> tuple[LayerResult, ...]:
        if request.prompt == "hang":
            self.hold.wait(60)
        return () if request.prompt == "nothing" else result(request)


def request(prompt: str) -> InsertRequest:
    return session().capture_insert(Box(10, 10, 10, 10), prompt, seed=1)()


def test_an_error_while_a_job_is_prepared_does_not_hold_up_the_others() -> None:
    async def story() -> list[str]:
        queue = JobQueue(Engine)

        def fail() -> None:
            raise LookupError("no such layer")

        made = [queue.submit(request("a"), prepare=fail), queue.submit(request("b"), prepare=fail), queue.submit(request("nothing")), queue.submit(request("d"))]
        while not all(job.is_over for job in made):
            await asyncio.sleep(0.005)
        queue.close()
        return [job.state for job in made]

    assert asyncio.run(story()) == ["failed", "failed", "failed", "done"]


def test_an_engine_that_hangs_does_not_keep_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.05)
    engine = Engine()

    async def story() -> None:
        queue = JobQueue(lambda: engine)
        job = queue.submit(request("hang"))
        queue.submit(request("waits"))
        await asyncio.sleep(0.05)
        queue.close()
        assert job.state == "cancelled" and queue._threads._thread.is_alive() and queue._threads._thread.daemon
        engine.hold.set()
        queue._threads._thread.join()

    asyncio.run(story())
