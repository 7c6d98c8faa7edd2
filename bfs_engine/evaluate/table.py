"""Many examples' metrics -> means with 95 % bootstrap intervals, and tables of several methods side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from .metrics import Ratio, Scores

RESAMPLES = 1000
INTERVAL = (2.5, 97.5)  # percentiles of the resampled means


@dataclass(frozen=True)
class Metric:
    """How a metric is written. better: "↑" where more is better, "↓" where less is, "" where neither (a ratio that should be 1)."""

    heading: str
    better: str
    decimals: int = 3


# In the order in which tables show them: the paper's first (its tables 1 and 3), then what needs no network.
METRICS = {
    "clip": Metric("CLIP", "↑"),
    "musiq": Metric("MUSIQ", "↑"),
    "maniqa": Metric("MANIQA", "↑"),
    "kid_1000": Metric("KID×1000", "↓", 2),
    "dino": Metric("DINO", "↑"),
    "hpsv3": Metric("HPSv3", "↑", 2),
    "composite_db": Metric("composite, dB", "↑", 2),
    "composite_ssim": Metric("composite, SSIM", "↑"),
    "elsewhere_db": Metric("elsewhere, dB", "↑", 2),
    "recomposed_db": Metric("recomposed, dB", "↑", 2),
    "recomposed_ssim": Metric("recomposed, SSIM", "↑"),
    "outside_error": Metric("change outside, levels", "↓"),
    "outside_changed": Metric("changed outside, share", "↓"),
    "alpha_error": Metric("alpha error", "↓", 4),
    "shadow_correlation": Metric("shadow correlation", "↑"),
    "shadow_mass": Metric("shadow mass", ""),
    "effect_error": Metric("effect error", "↓"),
    "effects_seen": Metric("effects as seen, error", "↓"),
    "darkening": Metric("darkening", ""),
    "lightening": Metric("lightening", ""),
    "box_iou": Metric("IoU with box", "↑"),
    "inside_box": Metric("inside box", "↑"),
    "object_iou": Metric("IoU with thing", "↑"),
    "edge_error": Metric("edge error", "↓", 4),
    "halo": Metric("halo", "↓", 4),
}


@dataclass(frozen=True)
class Estimate:
    """A metric over `n` examples; low, high: its 95 % bootstrap interval, None for a single example."""

    value: float
    low: float | None
    high: float | None
    n: int


Method = Mapping[str, Estimate]  # by metric


def estimates(examples: Sequence[Scores], seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Estimate]:
    """Every metric over all examples that have it. The same seed draws the same examples for every method."""
    names = dict.fromkeys(name for scores in examples for name in scores)
    return {name: estimate([scores[name] for scores in examples if name in scores], seed, resamples) for name in names}


def estimate(values: Sequence[float | Ratio], seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """The mean of numbers, or of Ratios the sum of the parts over the sum of the wholes, with its interval."""
    if isinstance(values[0], Ratio):
        part, whole = np.array(values, np.float64).T
        return bootstrap(lambda weights: weights @ part / (weights @ whole), len(values), seed, resamples)
    numbers = np.array(values, np.float64)
    return bootstrap(lambda weights: weights @ numbers / weights.sum(1), len(values), seed, resamples)


def bootstrap(statistic: Callable[[np.ndarray], np.ndarray], n: int, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """A statistic of n examples and its percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).

    statistic: (m, n) float64, how often each example counts in each of m samples, -> (m,).
    """
    value = float(statistic(np.ones((1, n)))[0])
    if n < 2:
        return Estimate(value, None, None, n)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
    with np.errstate(invalid="ignore"):  # of few examples a sample may be one example n times, which has no pairs: it is left out
        low, high = np.nanpercentile(statistic(drawn), INTERVAL)
    return Estimate(value, float(low), float(high), n)


def table(methods: Mapping[str, Method], metrics: Sequence[str] = tuple(METRICS)) -> str:
    """A Markdown table: a row for each method, a column for each of the metrics that any of them has, "value [low, high]"."""
    shown = [name for name in metrics if any(name in method for method in methods.values())]
    counts = {name: [m.n for m in method.values()] for name, method in methods.items()}
    rows = [["Method", "n", *(f"{METRICS[name].heading} {METRICS[name].better}".rstrip() for name in shown)]]
    for method, values in methods.items():
        rows.append([method, str(max(counts[method], default=0)), *(_cell(values.get(name), METRICS[name].decimals) for name in shown)])
    rule = ["---", *["---:"] * (len(shown) + 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]])


def _cell(found: Estimate | None, decimals: int) -> str:
    if found is None:
        return "–"
    value = f"{found.value:.{decimals}f}"
    return value if found.low is None else f"{value} [{found.low:.{decimals}f}, {found.high:.{decimals}f}]"


def as_json(methods: Mapping[str, Method], seed: int, resamples: int = RESAMPLES) -> dict:
    """{"seed", "resamples", "methods": {method: {metric: {"value", "low", "high", "n"}}}}"""
    found = {method: {name: asdict(estimate) for name, estimate in values.items()} for method, values in methods.items()}
    return {"seed": seed, "resamples": resamples, "methods": found}


def as_csv(methods: Mapping[str, Method], seed: int) -> str:
    """method, metric, value, low, high, n, seed; a line for each pair of method and metric."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(["method", "metric", "value", "low", "high", "n", "seed"])
    for method, values in methods.items():
        lines.writerows([method, name, found.value, found.low, found.high, found.n, seed] for name, found in values.items())
    return stream.getvalue()
