"""What all training loops share: devices and processes (accelerate), averaged weights, checkpoints, the log.

A loop reads like this:

    run = Run(config, folder, model)
    examples = run.examples(shards)
    for step in run.steps():
        for part in run.share(examples):
            with run.autocast():
                terms = ...
            run.backward(terms)
        run.update()

`batch` examples make a step, however many processes there are and however many fit on a device at once: every process takes
its share in micro-batches. Examples, noise and times follow from the seed and the step's number, so a run that goes on is the
run, and two processes make the step that one would make.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from itertools import count, islice
from pathlib import Path
from typing import Self

import torch
from accelerate import Accelerator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.utils.data import DataLoader, Dataset

from ..api import EngineError
from .losses import Terms
from .shards import Example, Shards

BETAS = (0.9, 0.99)
LAST_RATE = 0.02  # of the learning rate, at the last step


@dataclass(frozen=True)
class RunConfig:
    """What every run has. The paper publishes none of these numbers."""

    seed: int = 1
    steps: int = 1000
    batch: int = 32  # examples a step, over all processes
    micro_batch: int = 4  # examples on one device at once
    learning_rate: float = 1e-4  # rises over `warmup` steps, then falls as a cosine
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of a step's gradient
    ema: float = 0.999  # what the average keeps each step
    precision: str = "no"  # "bf16": products in bfloat16, trained weights and sums in float32
    shard: bool = False  # FSDP: weights, gradients and optimizer spread over the processes
    gradient_checkpointing: bool = False
    workers: int = 0  # processes that read examples ahead
    log_every: int = 20
    checkpoint_every: int = 500
    sheet_every: int = 0  # 0: no sample sheets

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), type(field.default)
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise ValueError(f"{field.name} must be {kind.__name__}, not {value!r}")
        for name in ("steps", "batch", "micro_batch", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.precision not in ("no", "bf16"):
            raise ValueError('precision must be "no" or "bf16"')

    @classmethod
    def load(cls, path: Path) -> Self:
        """From a JSON file; what it does not name keeps its default."""
        try:
            return cls(**json.loads(Path(path).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(f"The training configuration {path} cannot be used: {error}") from error


class Run:
    """One run: the model on its devices, its averages, optimizer and step. Only parameters that require a gradient are trained,
    averaged and saved. `folder` receives config.json, checkpoint.safetensors, average.safetensors and log.jsonl; a folder that
    holds a checkpoint goes on from it. blocks: classes of the layers that FSDP gathers one at a time."""

    def __init__(self, config: RunConfig, folder: Path, model: nn.Module, blocks: tuple[type[nn.Module], ...] = ()) -> None:
        self.config, self.folder, self.step = config, Path(folder), 0
        self.accelerator = Accelerator()
        share = config.micro_batch * self.accelerator.num_processes
        if config.batch % share:
            raise EngineError(
                f"A batch of {config.batch} cannot be shared by {self.accelerator.num_processes} processes in parts of {config.micro_batch}.",
                f"Make the batch a multiple of {share}.",
            )
        self.parts = config.batch // share
        self.model = self._spread(model, blocks)
        self.trained = {name: p for name, p in self.accelerator.unwrap_model(self.model).named_parameters() if p.requires_grad}
        self.average = {name: p.detach().clone() for name, p in self.trained.items()}
        self.optimizer = torch.optim.AdamW(self.trained.values(), config.learning_rate, BETAS, weight_decay=config.weight_decay)
        self._terms: list[Terms] = []
        self._sums: dict[str, list[float]] = defaultdict(list)
        self._resume()

    def _spread(self, model: nn.Module, blocks: tuple[type[nn.Module], ...]) -> nn.Module:
        """Onto this process's device; over all processes by FSDP, or a copy on each (DDP). FSDP comes from torch: accelerate
        offers it for GPUs only, and this way the tests on two CPU processes test what GPUs run."""
        if not self.config.shard or self.accelerator.num_processes == 1:
            return self.accelerator.prepare(model)
        mesh = init_device_mesh(self.accelerator.device.type, (self.accelerator.num_processes,))
        half = torch.bfloat16 if self.config.precision == "bf16" else None
        policy = MixedPrecisionPolicy(param_dtype=half, reduce_dtype=torch.float32)
        for module in [m for m in model.modules() if isinstance(m, blocks)] + [model]:
            fully_shard(module, mesh=mesh, mp_policy=policy)
        return model

    def examples(
        self, shards: Shards, turn: Callable[[int], bool] = lambda step: True, prepare: Callable[[Example], Example] | None = None
    ) -> Iterator[Example]:
        """This process's micro-batches from the present step on, of those steps whose `turn` it is. Each has "number" (n,) beside
        the shards' tensors: an integer that no other example of the run has, from which to draw chance. prepare: what is done to
        an example before it joins its batch."""
        loader = DataLoader(
            _Numbered(shards, prepare or unchanged), batch_sampler=self._micro_batches(shards, turn), num_workers=self.config.workers,
            collate_fn=collate, pin_memory=self.accelerator.device.type == "cuda",
        )  # fmt: skip
        try:
            yield from loader
        except EngineError as error:  # a reading process hands over its whole traceback, of which the sentence is the end
            raise EngineError(str(error).rsplit("EngineError: ", 1)[-1].strip(), error.hint) from error

    def _micro_batches(self, shards: Shards, turn: Callable[[int], bool]) -> Iterator[list[tuple[int, int]]]:
        size, world, rank = self.config.micro_batch, self.accelerator.num_processes, self.accelerator.process_index
        for step in filter(turn, count(self.step)):
            batch = list(enumerate(shards.batch(step, self.config.batch, self.config.seed), start=step * self.config.batch))
            for start in range(rank * size, self.config.batch, world * size):
                yield batch[start : start + size]

    def steps(self, until: int | None = None) -> Iterator[int]:
        """The numbers of the steps still to do, with the learning rate set; checkpoints on the way and at the end."""
        last = min(until or self.config.steps, self.config.steps)
        self._note({"started": self.step, "processes": self.accelerator.num_processes, "config": asdict(self.config)})
        self._since = (time.perf_counter(), self.step)
        self._write_config()
        with _ctrl_c(self.accelerator.num_processes == 1) as asked:
            while self.step < last:
                for group in self.optimizer.param_groups:
                    group["lr"] = self.learning_rate()
                yield self.step
                if asked.is_set() or self.due(self.config.checkpoint_every) or self.step == last:
                    self.save()
                if asked.is_set():
                    raise KeyboardInterrupt

    def share(self, examples: Iterable[Example]) -> Iterator[Example]:
        """The next step's micro-batches of this process, on its device; gradients cross processes after the last one only."""
        for part, example in enumerate(islice(examples, self.parts)):
            with self._gradients_stay() if part < self.parts - 1 else nullcontext():
                yield {name: tensor.to(self.accelerator.device, non_blocking=True) for name, tensor in example.items()}

    @contextmanager
    def _gradients_stay(self) -> Iterator[None]:
        if not hasattr(self.model, "set_requires_gradient_sync"):
            with self.accelerator.no_sync(self.model):
                yield
            return
        self.model.set_requires_gradient_sync(False)
        yield
        self.model.set_requires_gradient_sync(True)

    def autocast(self) -> AbstractContextManager:
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")

    def backward(self, terms: Terms) -> None:
        self.accelerator.backward(terms["loss"] / self.parts)
        self._terms.append({name: term.detach() for name, term in terms.items()})

    def update(self) -> None:
        """Move the weights by the gradients that have come together. EngineError, and nothing moves, where the loss or its
        gradient is not a number."""
        means = {name: torch.stack([terms[name] for terms in self._terms]).mean() for name in self._terms[0]}
        values = self.accelerator.reduce(torch.stack(list(means.values())), "mean").tolist()
        self._terms = []
        norm = full(self.accelerator.clip_grad_norm_(self.trained.values(), self.config.clip)).item()
        if not all(map(math.isfinite, [*values, norm])):
            self.optimizer.zero_grad(set_to_none=True)
            raise EngineError(
                f"At step {self.step} the loss or its gradient is not a number; training has stopped.",
                "Start it again with a smaller learning rate: it goes on from the last checkpoint.",
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self._update_average()
        for name, value in zip([*means, "gradient"], [*values, norm]):
            self._sums[name].append(value)
        if self.due(self.config.log_every):
            self._log()

    def due(self, every: int) -> bool:
        """Whether the step just done is one of every so many; never for 0."""
        return every > 0 and self.step % every == 0

    def learning_rate(self) -> float:
        rise = min(1.0, (self.step + 1) / max(1, self.config.warmup))
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.step / self.config.steps))
        return self.config.learning_rate * rise * (LAST_RATE + (1 - LAST_RATE) * fall)

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.config.ema, (1 + self.step) / (10 + self.step))
        for name, p in self.trained.items():
            self.average[name].lerp_(p.detach(), 1 - keep)

    @contextmanager
    def averaged(self) -> Iterator[nn.Module]:
        """The bare model with the averaged weights in place, for as long as the block lasts."""
        kept = {name: p.detach().clone() for name, p in self.trained.items()}
        self._put(self.average)
        try:
            yield self.accelerator.unwrap_model(self.model)
        finally:
            self._put(kept)

    @torch.no_grad()
    def _put(self, weights: dict[str, torch.Tensor]) -> None:
        for name, p in self.trained.items():
            p.copy_(weights[name])

    def _log(self) -> None:
        now, before = (time.perf_counter(), self.step), self._since
        row = {"step": self.step} | {name: sum(values) / len(values) for name, values in self._sums.items()}
        row |= {"learning_rate": self.optimizer.param_groups[0]["lr"]}
        row |= {"examples_per_second": round((now[1] - before[1]) * self.config.batch / (now[0] - before[0]), 2)}
        if self.accelerator.device.type == "cuda":
            row |= {"peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2)}
        self._since = now
        self._sums.clear()
        self._note(row)

    def _note(self, row: dict) -> None:
        if self.accelerator.is_main_process:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(self.folder / "log.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def _write_config(self) -> None:
        """Before the first step already: a run that is stopped early goes on with no other configuration."""
        if self.accelerator.is_main_process:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "config.json").write_text(json.dumps(asdict(self.config), indent=1) + "\n")

    def save(self) -> None:
        """Checkpoint and averages, each written beside the old one and put in its place when whole."""
        weights = _whole(self.trained)
        average = _whole(self.average)
        state = {name: _whole(self.optimizer.state[p]) for name, p in self.trained.items()}
        if self.accelerator.is_main_process:
            tensors = {f"weights/{name}": value for name, value in weights.items()} | {f"average/{name}": value for name, value in average.items()}
            tensors |= {f"optimizer/{name}/{key}": value for name, values in state.items() for key, value in values.items()}
            self._write_config()
            _replace(tensors, self.folder / "checkpoint.safetensors", {"step": str(self.step)})
            _replace(average, self.folder / "average.safetensors", {"step": str(self.step)})
        self.accelerator.wait_for_everyone()

    @torch.no_grad()
    def _resume(self) -> None:
        """Take everything over from the folder's checkpoint, or nothing where any of it is missing or of another shape."""
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return
        saved, about = read_weights(path)
        moments = [f"optimizer/{name}/{key}" for name in self.trained for key in ("exp_avg", "exp_avg_sq")]
        shapes = {f"{kind}/{name}": p.shape for name, p in self.trained.items() for kind in ("weights", "average")}
        shapes |= {moment: self.trained[moment.split("/")[1]].shape for moment in moments}
        shapes |= {f"optimizer/{name}/step": torch.Size() for name in self.trained}
        check_weights(saved, shapes, path)
        for name, p in self.trained.items():
            p.copy_(_like(saved[f"weights/{name}"], p))
            self.average[name].copy_(_like(saved[f"average/{name}"], p))
            state = {key: _like(saved[f"optimizer/{name}/{key}"], p) for key in ("exp_avg", "exp_avg_sq")}
            self.optimizer.state[p] = state | {"step": saved[f"optimizer/{name}/step"]}
        self.step = int(about["step"])


@contextmanager
def _ctrl_c(held: bool) -> Iterator[threading.Event]:
    """An event that Ctrl+C sets, so that the step in work is finished and saved; a second one stops at once. held: False leaves Ctrl+C as it
    is, because several processes would not stop at the same step. So does any thread but the first, which alone hears signals."""
    asked = threading.Event()
    if not held or threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class _Numbered(Dataset):
    """Shards asked for by (number in the run, index in the shards)."""

    def __init__(self, shards: Shards, prepare: Callable[[Example], Example]) -> None:
        self.shards, self.prepare = shards, prepare

    def __getitem__(self, asked: tuple[int, int]) -> Example:
        number, index = asked
        return self.prepare({"number": torch.tensor(number)} | self.shards[index])


def unchanged(example: Example) -> Example:
    return example


def collate(examples: list[Example]) -> Example:
    """Examples as one batch; EngineError where they do not fit together."""
    first = examples[0]
    for name in first:
        if any(name not in example or example[name].shape != first[name].shape for example in examples):
            raise EngineError(f"Two examples of one batch do not have the same kind of {name}.", "Write their shards again.")
    return {name: torch.stack([example[name] for example in examples]) for name in first}


def dice(seed: int, number: int) -> torch.Generator:
    """The chance that belongs to one example of a run."""
    return torch.Generator().manual_seed((seed << 40) + number)


def full(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor that may be spread over processes; every process must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _whole(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: full(tensor.detach()).cpu().contiguous() for name, tensor in tensors.items()}


def _like(value: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """`value` where, and spread as, `p` is."""
    value = value.to(p.device, p.dtype)
    return distribute_tensor(value, p.device_mesh, p.placements) if isinstance(p, DTensor) else value


def _replace(tensors: dict[str, torch.Tensor], path: Path, about: dict[str, str]) -> None:
    save_file(tensors, path.with_suffix(".new"), about)
    path.with_suffix(".new").replace(path)


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """A safetensors file's tensors and description. EngineError where it is none, or cut short."""
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise EngineError(f"The weights {path} cannot be read: {error}.") from error


def check_weights(found: dict[str, torch.Tensor], expected: dict[str, torch.Size], path: Path) -> None:
    """EngineError that names what is missing, what nothing asks for, and what is of another shape or not a number."""
    wrong = {
        "missing": expected.keys() - found.keys(),
        "unknown": found.keys() - expected.keys(),
        "of another shape": {name for name in expected.keys() & found.keys() if found[name].shape != expected[name]},
        "not numbers": {name for name, value in found.items() if not value.isfinite().all()},
    }
    told = [f"{len(names)} {what} ({', '.join(sorted(names)[:3])}{' …' if len(names) > 3 else ''})" for what, names in wrong.items() if names]
    if told:
        raise EngineError(f"The weights {path} are not of this model: {'; '.join(told)}.")
