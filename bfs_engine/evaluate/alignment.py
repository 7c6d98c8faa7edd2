"""Is BAN's loss (equation 2) better than the plain squared error at the edge where copying begins?

    python -m bfs_engine.evaluate.alignment --out DIR [--steps N] [--count N] [--seeds 1 2 3]

For each seed two networks are trained alike on own scenes (training's own runs, in DIR, which go on), with the Haar term and without; both are measured on
the same held-out scenes, after copying. The table has means, and 95 % intervals of the paired difference over seeds (Student's t).
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

from ..layering.align import AlignmentNetwork, copied
from ..train.fit import write_shards
from ..train.layeringdiff import AlignmentConfig, Layers, spoilt, train_alignment
from ..train.loop import collate, dice
from ..train.shards import Shards

LIBRARY = Path(__file__).parents[2] / "resources" / "models" / "starter" / "library"
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}  # 97.5 % quantiles, by how many values
SIDE, HELD_SEED, HELD = 64, 990_011, 64


def seam(made: torch.Tensor, truth: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of the step between neighbours of which one has alpha 0 and the other has not, levels of 255. (n, 3, h, w) in −1..1."""
    error, outside, total, pairs = made - truth, alpha == 0, 0.0, 0.0
    for axis in (2, 3):
        length = error.shape[axis] - 1
        edge = outside.narrow(axis, 0, length) != outside.narrow(axis, 1, length)
        step = (error.narrow(axis, 0, length) - error.narrow(axis, 1, length)).abs().mean(1, keepdim=True)
        total, pairs = total + (step * edge).sum(), pairs + edge.sum()
    return total / pairs * 127.5


def measured(network: AlignmentNetwork, known: Layers) -> dict[str, float]:
    """Of backgrounds after copying: the seam; under the thing, the mean absolute error (levels) and the fine structure's energy over the true one's."""
    given = spoilt(known.background, [dice(HELD_SEED, number) for number in range(len(known.background))])
    with torch.no_grad():
        made = network(known.composite, known.alpha, given)
    made = copied(known.composite, known.alpha, made, made)[1].clamp(-1, 1)
    under = (known.alpha > 0).expand_as(made)
    fine = [values - F.avg_pool2d(values, 3, 1, 1, count_include_pad=False) for values in (made, known.background)]
    energy = [float((values[under] ** 2).mean()) for values in fine]
    error = float((made - known.background).abs()[under].mean()) * 127.5
    return {"seam": float(seam(made, known.background, known.alpha)), "error under": error, "texture under": energy[0] / energy[1]}


def interval(values: list[float]) -> tuple[float, float]:
    """Mean, and half the width of its 95 % interval; nan for one value."""
    mean = sum(values) / len(values)
    if len(values) not in STUDENT:
        return mean, math.nan
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return mean, STUDENT[len(values)] * deviation / math.sqrt(len(values))


def study(out: Path, seeds: list[int], steps: int, count: int) -> str:
    """Train, measure, and the table in Markdown; results.json beside the runs."""
    write_shards(out / "scenes", LIBRARY, count, SIDE, seed=1)
    write_shards(out / "held", LIBRARY, HELD, SIDE, seed=HELD_SEED)
    held = Shards(out / "held")
    known = Layers.of(collate([held[number] for number in range(len(held))]))
    found: dict[str, list[dict[str, float]]] = {"equation 2": [], "plain": []}
    for seed in seeds:
        for name, rows in found.items():
            config = AlignmentConfig(
                seed=seed, steps=steps, batch=8, micro_batch=8, learning_rate=1e-3, warmup=20, ema=0.99, width=12, haar=name != "plain"
            )
            run = train_alignment(config, out / f"{name.replace(' ', '-')}-{seed}", config.network(), Shards(out / "scenes"))
            with run.averaged() as network:
                rows.append(measured(network.eval(), known))
    (out / "results.json").write_text(json.dumps({"steps": steps, "scenes": count, "seeds": seeds} | found, indent=1))
    return table(found)


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """A row a measure."""
    lines = ["| measure | equation 2 | plain squared error | difference, 95 % |", "|---|---|---|---|"]
    ours, plain = found["equation 2"], found["plain"]
    for name in ours[0]:
        one, other = ([row[name] for row in rows] for rows in (ours, plain))
        mean, half = interval([a - b for a, b in zip(one, other, strict=True)])
        lines.append(f"| {name} | {sum(one) / len(one):.3f} | {sum(other) / len(other):.3f} | {mean:+.3f} ± {half:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description="compare BAN's loss with the plain squared error")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--count", type=int, default=1000, help="scenes to train on (default: 1000)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    print(study(options.out, options.seeds, options.steps, options.count))


if __name__ == "__main__":
    main()
