"""Several methods' folders of results -> tables side by side, as in the paper's tables 1 and 3."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..api import EngineError
from . import networks
from .metrics import Ratio, Scores, measure
from .results import results, sources
from .table import METRICS, RESAMPLES, Method, as_csv, as_json, estimates, table

EVERY = 50  # results after which the next line of progress is told
PAPER = ("clip", "musiq", "maniqa", "kid_1000", "dino", "hpsv3")
COMPOSITES = ("composite_db", "composite_ssim", "outside_error", "outside_changed", "box_iou", "inside_box", "object_iou")
TABLES = {"The paper's": PAPER, "Composites": COMPOSITES, "Layers": tuple(name for name in METRICS if name not in PAPER + COMPOSITES)}

Told = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """Which networks are asked ("kid" and those of NETWORKS), where their weights lie, whether transformers may download, and what
    decides the bootstrap's samples."""

    networks: Sequence[str] = ()
    weights: Path = Path("weights")
    download: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Comparison:
    """methods: the estimates of every metric; examples: each method's scores by key."""

    methods: Mapping[str, Method]
    examples: Mapping[str, Mapping[str, Scores]]
    seed: int

    def markdown(self) -> str:
        """The tables that have columns, each under its name, and how the intervals came about."""
        parts = [f"{name}\n\n{table(self.methods, metrics)}" for name, metrics in TABLES.items()
                 if any(metric in method for metric in metrics for method in self.methods.values())]  # fmt: skip
        how = f"Means with 95 % bootstrap intervals ({RESAMPLES:,} samples, seed {self.seed}); n: results. ↑ more is better, ↓ less."
        return "\n\n".join([*parts, how])

    def write(self, folder: Path) -> None:
        """table.md, table.json, table.csv, and examples.csv: method, key, metric, value for every single result."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "table.md").write_text(self.markdown() + "\n", "utf-8")
        (folder / "table.json").write_text(json.dumps(as_json(self.methods, self.seed), indent=1, ensure_ascii=False) + "\n", "utf-8")
        (folder / "table.csv").write_text(as_csv(self.methods, self.seed), "utf-8")
        stream = io.StringIO()
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(["method", "key", "metric", "value"])
        for method, found in self.examples.items():
            lines.writerows([method, key, name, _number(value)] for key, scores in found.items() for name, value in scores.items())
        (folder / "examples.csv").write_text(stream.getvalue(), "utf-8")


def compare(folders: Mapping[str, Path], truth: Path | None, wanted: Wanted, say: Told) -> Comparison:
    """Measure every method's results against one truth. Raises EngineError for results that are not whole, and before anything is
    measured for a library or weights that are missing."""
    asked = {name: networks.NETWORKS[name](wanted.weights, wanted.download) for name in wanted.networks if name != "kid"}
    features = networks.inception(wanted.weights) if "kid" in wanted.networks else None
    if features is not None and truth is None:
        raise EngineError("KID compares with true composites.", "Name their folder with --truth.")
    wanted_keys = set() if truth is None else set(sources(truth))
    methods, examples = {}, {}
    for method, folder in folders.items():
        scores: dict[str, Scores] = {}
        seen: list[tuple[np.ndarray, np.ndarray]] = []
        for result in results(folder, truth):
            answers = {name: score(result) for name, score in asked.items()}
            scores[result.key] = {name: value for name, value in answers.items() if value is not None} | measure(result)
            if features is not None and result.true_composite is not None:
                seen.append((features(result.composite), features(result.true_composite)))
            if len(scores) % EVERY == 0:
                say(f"{method}: {len(scores)} results")
        missing = len(wanted_keys - set(scores))
        say(f"{method}: {len(scores)} results{f'; {missing} that the truth asks for are not there' * bool(missing)}")
        found = estimates(list(scores.values()), wanted.seed)
        if seen:
            found["kid_1000"] = networks.kid(*zip(*seen), seed=wanted.seed)
        methods[method], examples[method] = found, scores
    return Comparison(methods, examples, wanted.seed)


def _number(value: float | Ratio) -> float:
    if isinstance(value, Ratio):
        return value.part / value.whole if value.whole else float("nan")
    return value
