"""Between the generate panel, the job queue and the document: requests out, layers in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.document.document import Document, Layer, above, bounds, find, walk
from app.document.geometry import Rect
from app.errors import EditError, ExpectedError
from app.session.jobs import Job, JobQueue
from app.session.placement import moved, stack_top
from app.session.references import from_recipe
from app.session.session import Session, layer_of
from app.words import phrase
from bfs_engine.api import POSES, Box, DecomposeRequest, EngineError, ExtractRequest, LayerResult, Request, ResettleRequest, UnknownPrompt
from ui.language import number, translated

from .queue import JobLine

Result = TypeVar("Result")

LONGEST_NAME = 32  # letters of a layer's name in a sentence
QUICK_BOX = 400  # picture pixels: what is seen around a larger box takes more than a frame to paint

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Ticket:
    """A job and where its result belongs."""

    job: Job
    session: Session
    target_id: str | None


class Generation(QObject):
    """Keeps a ticket for every job until its result is placed, or the user dismisses its failure."""

    changed = Signal()  # the list of jobs, or the progress of one
    previewed = Signal(object)  # LayerResult as it looks so far, or None
    failed = Signal(object, str)  # the error, the prompt
    placed = Signal(str)  # layer id
    unplaced = Signal(tuple)  # layers of candidates that are finished while others of their request are still being made
    told = Signal(str, str)  # what was placed, and what the user should know of it

    def __init__(self, queue: JobQueue, session: Session, loop: asyncio.AbstractEventLoop, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture")
        self._captures: set[asyncio.Task] = set()
        self.session = session
        self.model = "starter"  # what recipes call the one that makes the layers now
        self._queue = queue
        self._tickets: list[_Ticket] = []
        self._finished: tuple[LayerResult, ...] = ()  # of the running job
        self._forget = queue.subscribe(self._job_changed)

    def take_over(self, other: Generation) -> None:
        """Go on in another window with what was asked for."""
        self._tickets, other._tickets = other._tickets, []
        self._tell_unplaced()
        self.changed.emit()

    @property
    def capturing(self) -> bool:
        """Is something being looked at beside the window, for a request or an answer?"""
        return bool(self._captures)

    def close(self) -> None:
        """Hear nothing more of the queue."""
        self._forget()
        self._thread.shutdown(wait=True)

    # Requests

    def submit(self, box: Box, prompt: str, *, first: bool = False, **settings) -> bool:
        """Ask for a new layer above the active one; False where the request makes no sense (told by `failed`). settings: seed, steps,
        guidance, reference, count, pose of an InsertRequest; occluded: let the engine see the layers in front."""
        return self._ask(lambda: self.session.capture_insert(box, prompt, model=self.model, **settings), prompt, _side(box), None, first)

    def again(self, layer: Layer, seed: int, count: int = 1) -> bool:
        """Make a generated layer again from its recipe, with this seed: same place, order and name."""
        recipe = layer.recipe or {}
        kind, prompt = recipe.get("kind", "insert"), str(recipe.get("prompt", ""))
        settings = {"seed": seed, "count": count, "steps": recipe.get("steps"), "guidance": recipe.get("guidance")}
        maker = recipe.get("model", self.model)
        if maker != self.model:
            settings |= {"steps": None, "guidance": None}  # another model's numbers mean something else to this one
            words = _tr("“{name}” was made by another model ({then}); this time it is {now}.")
            self.told.emit(words.format(name=layer.name, then=maker, now=self.model), "")
        if kind == "resettle":
            return self.resettle(layer, **settings)
        box = box_of(layer, self.session.document)

        def capture() -> Callable[[], Request]:
            if kind in ("extract", "decompose"):
                raise EditError(phrase("“{name}” was taken out of a picture; there is nothing to make anew.", name=layer.name))
            shown = {"reference": from_recipe(recipe), "occluded": "occluders_sha256" in recipe}
            shown["pose"] = recipe.get("pose") if recipe.get("pose") in POSES else "auto"
            return self.session.capture_insert(box, prompt, target_id=layer.id, model=self.model, **shown, **settings)

        return self._ask(capture, prompt, _side(box), layer.id)

    def extract(self, layer: Layer, box: Box | None, prompt: str) -> bool:
        """Ask for what a layer shows more than those below it, inside the box or everywhere, as a layer of its own."""
        size = _side(box) if box else max(layer.pixels.width, layer.pixels.height)
        return self._ask(lambda: self.session.capture_extract(layer.id, box, prompt=prompt, model=self.model), prompt, size, None)

    def decompose(self, things: list[tuple[Rect, np.ndarray]], **settings) -> bool:
        """Ask for things (place on the canvas, mask), front to back, out of the picture. settings: effects, keep of a DecomposeRequest."""
        size = max(max(place.width, place.height) for place, _ in things)
        return self._ask(lambda: self.session.capture_decompose(things, model="take apart", **settings), "", size, None)

    def resettle(self, layer: Layer, **settings) -> bool:
        """Ask for new light and new effects for the thing in a layer, where it stands now. settings: seed, count, steps, guidance."""
        area = bounds(layer)
        return self._ask(lambda: self.session.capture_resettle(layer.id, model=self.model, **settings), layer.name, max(area.width, area.height), layer.id)

    def _ask(
        self, capture: Callable[[], Callable[[], Request]], prompt: str, size: int, target_id: str | None, first: bool = False
    ) -> bool:
        """Capture what the engine will see, about `size` pixels wide; beside the window where that takes long, and never out of turn."""
        try:
            make = capture()
            if size <= QUICK_BOX and not self._captures:
                self._send(make(), target_id, first)
                return True
        except (EngineError, ExpectedError) as error:
            self.failed.emit(error, prompt)
            return False
        self._start(self._capture_beside(make, self.session, prompt, target_id, first))
        self.changed.emit()
        return True

    async def _capture_beside(self, make: Callable[[], Request], session: Session, prompt: str, target_id: str | None, first: bool) -> None:
        try:
            request = await self._loop.run_in_executor(self._thread, make)
        except (EngineError, ExpectedError) as error:
            if session is self.session:
                self.failed.emit(error, prompt)
            return
        if session is self.session:
            self._send(request, target_id, first)

    def beside(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Do something that takes long beside the window, and go on with what it gave; what it could not do is told by `failed`."""
        self._start(self._do_beside(work, then))

    async def _do_beside(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        try:
            then(await self._loop.run_in_executor(self._thread, work))
        except (EngineError, ExpectedError) as error:
            self.failed.emit(error, "")

    def _start(self, work: Coroutine[None, None, None]) -> None:
        """What is still going on when the window closes is dropped: its end is nobody's news then."""
        task = self._loop.create_task(work)
        self._captures.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task) -> None:
        self._captures.discard(task)
        self.changed.emit()

    def _send(self, request: Request, target_id: str | None, first: bool) -> None:
        session = self.session
        job = self._queue.submit(request, prepare=(lambda: session.recapture(request)) if target_id is None else None)
        self._tickets.append(_Ticket(job, self.session, target_id))
        if first:
            self._queue.move_to_front(job)
        self.changed.emit()

    # Jobs by id

    def cancel(self, id: str) -> None:
        if ticket := self._ticket(id):
            self._queue.cancel(ticket.job)

    def cancel_running(self) -> None:
        for ticket in self._tickets:
            if ticket.job.state == "running":
                self._queue.cancel(ticket.job)

    def cancel_all(self) -> None:
        for task in tuple(self._captures):
            task.cancel()
        self._queue.cancel_all()

    def move_to_front(self, id: str) -> None:
        if ticket := self._ticket(id):
            self._queue.move_to_front(ticket.job)
            self.changed.emit()

    def retry(self, id: str) -> None:
        """Send the same request once more."""
        if ticket := self._ticket(id):
            self._tickets.remove(ticket)
            self._send(ticket.job.request, ticket.target_id, first=False)

    def dismiss(self, id: str) -> None:
        """Take a failed job off the list."""
        self._tickets = [ticket for ticket in self._tickets if ticket.job.id != id]
        self.changed.emit()

    def leave(self, session: Session) -> None:
        """Show another document; what was asked for the old one is given up."""
        self.cancel_all()
        self._tickets.clear()
        self.session = session
        self.previewed.emit(None)
        self._tell_unplaced()
        self.changed.emit()

    def _ticket(self, id: str) -> _Ticket | None:
        return next((ticket for ticket in self._tickets if ticket.job.id == id), None)

    # What the panels show

    @property
    def alive(self) -> bool:
        """Is something running or waiting?"""
        return bool(self._captures) or any(ticket.job.state in ("waiting", "running") for ticket in self._tickets)

    def running(self) -> Job | None:
        return next((ticket.job for ticket in self._tickets if ticket.job.state == "running"), None)

    def lines(self) -> list[JobLine]:
        """Running first, then waiting in their order, then what failed, the latest first."""
        order = {job.id: place for place, job in enumerate(self._queue.waiting)}
        rank = {"running": 0, "waiting": 1}
        tickets = sorted(enumerate(self._tickets), key=lambda pair: (rank.get(pair[1].job.state, 2), order.get(pair[1].job.id, -pair[0])))
        return [_line(ticket.job) for _, ticket in tickets]

    # The queue speaks

    def _job_changed(self, job: Job) -> None:
        ticket = self._ticket(job.id)
        if ticket is None:
            return
        if job.state == "done":
            self._place(ticket)
        elif job.state == "cancelled":
            self._place(ticket) if job.results else self._tickets.remove(ticket)
            self.previewed.emit(None)
        elif job.state == "failed":
            self.previewed.emit(None)
            if job.results:
                self._place(ticket)
            elif isinstance(job.error, UnknownPrompt):
                self._tickets.remove(ticket)  # trying it again would fail again
            self.failed.emit(job.error, job.request.prompt)
        elif job.state == "running" and job.progress is not None and job.progress.preview is not None:
            self.previewed.emit(moved(job.progress.preview, *ticket.session.shift_of(job.request)))
        self._tell_unplaced()
        self.changed.emit()

    def _tell_unplaced(self) -> None:
        running = self.running()
        results = running.results if running else ()
        if results is not self._finished:
            self._finished = results
            self.unplaced.emit((layer_of(running.request, results, running.request.prompt),) if results else ())

    def _place(self, ticket: _Ticket) -> None:
        self._tickets.remove(ticket)
        self.previewed.emit(None)
        session, job = ticket.session, ticket.job
        changed = session.changed_since(job.request, ticket.target_id)
        id = session.place(job.request, job.results, ticket.target_id)
        self.placed.emit(id)
        if isinstance(job.request, DecomposeRequest):
            self.told.emit(_tr("“{name}” is there.").format(name=find(session.document, id).name), _of_ground(job.request))
            return
        notes = [translated(each) for each in changed] + _of_size(job.results[0].recipe)
        if notes:
            self.told.emit(_tr("“{name}” is there.").format(name=find(session.document, id).name), " ".join(notes))


def box_of(layer: Layer, document: Document) -> Box:
    """The box of a layer's recipe, moved along with the layer where it was only shifted and still lies on the canvas."""
    box = Box(**layer.recipe["box"])
    made = next((candidate for candidate in layer.candidates if candidate.pixels is layer.pixels), None)
    if made is None or not layer.placement.is_translation:
        return box
    moved = replace(box, x=box.x + round(layer.placement.x - made.placement.x), y=box.y + round(layer.placement.y - made.placement.y))
    inside = moved.x >= 0 and moved.y >= 0 and moved.right <= document.width and moved.bottom <= document.height
    return moved if inside else box


def depth_words(session: Session) -> str:
    """Where among the layers the next one will lie."""
    document = session.shown
    node = find(document, stack_top(document, session.active))
    if node is None:
        return _tr("On top of all layers") if document.layers else ""
    front = sum(isinstance(each, Layer) for each, _, _ in walk(above(document, node.id)))
    if not front:
        return _tr("On top of “{name}”").format(name=_brief(node.name))
    words = _tr("Above “{name}”, behind 1 layer") if front == 1 else _tr("Above “{name}”, behind {count} layers")
    return words.format(name=_brief(node.name), count=front)


def _brief(name: str) -> str:
    """A name that leaves room for the rest of a sentence."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME - 1].rstrip()}…"


def _of_size(recipe: dict) -> list[str]:
    """What a recipe says of a result that was made smaller than it is shown."""
    if (times := recipe.get("matte_upscale", 1)) > 1:
        return [_tr("It is so large that its edge was found at 1/{times} of its size; its colours are exact.").format(times=times)]
    if (times := recipe.get("upscale", 1.0)) > 1.5:
        return [_tr("The model made it smaller; it is enlarged {times} times.").format(times=number(times, 1))]
    return []


def _of_ground(request: DecomposeRequest) -> str:
    return _tr("Move the thing: the ground behind it is there.") if request.keep else _tr("The picture below is as it was.")


def _side(box: Box) -> int:
    return max(box.width, box.height)


def title_of(request: Request) -> str:
    """What a request is called in the queue."""
    if isinstance(request, ExtractRequest):
        return _tr("Extract {what}").format(what=request.prompt or _tr("a thing"))
    if isinstance(request, DecomposeRequest):
        return _tr("Take apart") if request.keep else _tr("Remove")
    if isinstance(request, ResettleRequest):
        return _tr("Resettle {what}").format(what=request.prompt)
    return request.prompt


def words_of(job: Job) -> str:
    """Progress in words."""
    if job.state == "waiting":
        return _tr("Waiting")
    if job.state == "failed":
        return translated(getattr(job.error, "sentence", "")) or _tr("Something went wrong.")
    progress = job.progress
    if progress is None:
        return _tr("Starting the model")
    words = translated(progress.message) or _tr("Step {step} of {steps}").format(step=progress.step, steps=progress.steps)
    left = job.seconds_left
    return words if left is None else _tr("{words} · {time} left").format(words=words, time=duration(left))


def _line(job: Job) -> JobLine:
    share = job.progress.step / max(job.progress.steps, 1) if job.progress else 0.0
    hint = translated(getattr(job.error, "hint", "")) if job.state == "failed" else ""
    return JobLine(job.id, title_of(job.request), job.state, share, words_of(job), hint)


def duration(seconds: float) -> str:
    """In words, no less than a second."""
    whole = max(round(seconds), 1)
    return _tr("{count} s").format(count=whole) if whole < 90 else _tr("{count} min").format(count=round(whole / 60))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Generation", text)
