"""A folder of pictures with masks -> picture shards to train on, and a report of what was dropped and why.

One job makes one shard, from plain data alone, in any process of this machine or of a cluster (cluster.py). Beside each shard lies
its tally, NNNNN.json, written last: a shard with a tally is not made again, so a run that was stopped goes on with the same command,
on one machine or many. report.json adds up the tallies.
"""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import torch

from ..api import EngineError
from ..train.shards import ShardWriter
from .examples import Recipe, example
from .sources import Dropped, Source, find


@dataclass(frozen=True)
class Job:
    """One shard to write at `path`, and what of."""

    path: Path
    sources: list[Source]
    recipe: Recipe

    @property
    def tally(self) -> Path:
        return self.path.with_suffix(".json")


Done = Iterator[tuple[Path, dict]]  # shards and their tallies, as they end
Told = Callable[[str], None]


def construct(folder: Path, out: Path, recipe: Recipe, work: Callable[[list[Job]], Done], say: Told) -> dict:
    """Make examples of all sources in `folder`; -> the report: {"recipe", "written", "dropped": {reason: how many}, "shards"}.

    work: does the jobs, see by_processes and by_ray. Raises EngineError where `out` holds other shards than these, or a model cannot
    be loaded.
    """
    folder, out = folder.resolve(), out.resolve()  # other processes may stand elsewhere
    groups = find(folder)
    _claim(out, recipe, [[source.key for source in group] for group in groups])
    jobs = [Job(out / f"{number:05}.tar", group, recipe) for number, group in enumerate(groups)]
    waiting = [job for job in jobs if not (job.tally.exists() and job.path.exists())]
    for done, (path, tally) in enumerate(work(waiting) if waiting else (), len(jobs) - len(waiting) + 1):
        say(f"{done} of {len(jobs)} shards: {path.name} has {tally['written']} examples, {len(tally['dropped'])} sources dropped")
    tallies = [json.loads(job.tally.read_text("utf-8")) for job in jobs]
    reasons = Counter(drop["reason"] for tally in tallies for drop in tally["dropped"])
    written = sum(tally["written"] for tally in tallies)
    report = {"recipe": asdict(recipe), "written": written, "dropped": dict(reasons.most_common()), "shards": len(jobs)}
    _write(out / "report.json", report)
    return report


def _claim(out: Path, recipe: Recipe, keys: list[list[str]]) -> None:
    """Note what the shards in `out` are made of; refuse where they were made of something else."""
    note, plan = out / "plan.json", {"recipe": asdict(recipe), "keys": keys}
    out.mkdir(parents=True, exist_ok=True)
    if not note.exists():
        if any(out.glob("*.tar")):
            raise EngineError(f"There are other shards in {out}.", "Name a folder of its own.")
        _write(note, plan)
    elif json.loads(note.read_text("utf-8")) != plan:
        raise EngineError(f"The shards in {out} were begun with other settings or other pictures.", "Name a new folder.")


def by_processes(processes: int, jobs: list[Job]) -> Done:
    """Do the jobs in so many processes of this machine."""
    if processes == 1 or len(jobs) < 2:
        yield from ((job.path, construct_shard(job)) for job in jobs)
        return
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(min(processes, len(jobs)), multiprocessing.get_context("spawn"), initializer=one_thread)
    try:
        doing = {pool.submit(construct_shard, job): job for job in jobs}
        for future in as_completed(doing):
            yield doing[future].path, future.result()
        pool.shutdown()
    except BrokenProcessPool as error:
        raise EngineError("A process ended amid its work.", "If memory ran out, use fewer; the same command goes on.") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():  # after an error or Ctrl+C; unfinished shards are made anew
            if process not in others:
                process.terminate()


def one_thread() -> None:
    """Processes that share the cores must not each start a thread for every core."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def construct_shard(job: Job) -> dict:
    """Write one shard and its tally; -> the tally: {"written": how many, "dropped": [{"key", "reason", "detail"}]}."""
    dropped = []
    with ShardWriter(job.path) as writer:
        for source in job.sources:
            try:
                files = example(source, job.recipe)
            except Dropped as why:
                dropped.append({"key": source.key, "reason": why.reason, "detail": why.detail})
            else:
                writer.add(source.key.replace(".", "%2E"), files)  # folders' names may have dots, keys may not
        tally = {"written": writer.count, "dropped": dropped}
    _write(job.tally, tally)
    return tally


def _write(path: Path, content: dict) -> None:
    """A JSON file, whole or not at all."""
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")
    beside.replace(path)
