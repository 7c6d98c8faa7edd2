"""The jobs of construct.py on a Ray cluster, by Ray Data. All its machines must see the pictures and the shards at the same paths."""

from __future__ import annotations

import json
import logging
import os

from ..api import EngineError
from .construct import Done, Job, construct_shard, one_thread

STORE = 256 << 20  # bytes of objects that a cluster started here keeps: what is sent about are names and counts
BLOCK = 1 << 20  # bytes, the most that Ray Data reserves for the outcome of a job


def by_ray(address: str, processes: int, gpus: float, jobs: list[Job]) -> Done:
    """Do the jobs on the cluster at `address` ("auto" finds the one this machine belongs to), or on one of so many processes that is
    started here for the time ("local"). gpus: how much of a GPU a job takes; several share one.

    Raises EngineError where Ray is not installed, the cluster cannot be reached, or its processes die again and again.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import: nothing is told to anybody
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise EngineError("Ray is not installed.", "Install packaging/requirements-data.txt on every machine of the cluster.") from error
    here = {"num_cpus": processes, "object_store_memory": STORE, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address, logging_level="error", log_to_driver=False, **here)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise EngineError(f"There is no Ray cluster at {address}: {error}", "Start one with `ray start`, or use --ray local.") from error
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars, context.target_max_block_size = False, BLOCK
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # our own lines tell what is done
        stored = [ray.put(job) for job in jobs]

        def do(row: dict) -> dict:
            return {"number": row["number"], **_done(ray.get(stored[row["number"]]))}

        rows = ray.data.from_items([{"number": number} for number in range(len(jobs))], override_num_blocks=len(jobs))
        for row in rows.map(do, num_cpus=1, num_gpus=gpus or None).iter_rows():
            if row["error"]:
                raise EngineError(row["error"], row["hint"])
            yield jobs[row["number"]].path, json.loads(row["tally"])
    except ray.exceptions.RayTaskError:  # a fault in our own code, with its traceback
        raise
    except ray.exceptions.RayError as error:
        raise EngineError("A process of the cluster ended amid its work.", "If memory ran out, give each more; the same command goes on.") from error
    finally:
        ray.shutdown()


def _done(job: Job) -> dict[str, str]:
    """What a job's outcome is in Ray's columns: texts."""
    one_thread()
    try:
        return {"tally": json.dumps(construct_shard(job)), "error": "", "hint": ""}
    except EngineError as error:  # as data: raised, it would come wrapped in tracebacks, and be tried again
        return {"tally": "", "error": error.sentence, "hint": error.hint}
