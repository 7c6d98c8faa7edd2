"""Training the small network of layering/network.py.

    python -m bfs_engine.train.ground --out RUN [--views DIR --surroundings MAPS.npz] [--from WEIGHTS] [--steps N]

Scenes: the project's own, half of either domain, and, where --views names them, mixed ones (scenes/mixed.py). They are drawn once, at twice the
network's side, and kept in RUN/scenes.safetensors. The mask that the network is told is right, grown, shrunk, or wrong in bites and bumps, as
GrabCut's are. The same line goes on from RUN/checkpoint.pt; RUN/ground.safetensors holds the averaged weights, RUN/log.jsonl the numbers.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from ..layering.network import SIDE, GroundNetwork, ground, hole, load
from ..scenes.mixed import Mixer
from ..scenes.render import Scenes, library_sprites, render_many

LIBRARY = Path(__file__).parents[2] / "resources" / "models" / "starter" / "library"
KINDS = ("plain", "plain", "plain", "table", "water", "wall", "grass")
HELD_SEED = 990_007  # scenes that are never trained on
RATE, BATCH, KEEP = 1e-3, 10, 0.995
EVERY = 100  # steps between numbers and checkpoints
NAMES = ("picture", "ground", "thing", "effects")


def drawn(count: int, mixed: int, views: Path | None, surroundings: Path | None, seed: int) -> dict[str, Tensor]:
    """Scenes as uint8 (n, channels, SIDE, SIDE): `count` of the project's own and `mixed` ones."""
    sprites, random = library_sprites(LIBRARY), torch.Generator().manual_seed(seed)
    parts = []
    for number in range(-(-count // 16)):
        kind, domain = KINDS[number % len(KINDS)], ("simple", "physical")[number % 2]
        parts.append(_packed(render_many(sprites, random, 16, 2 * SIDE, kind=kind, domain=domain)))
    if views is not None:
        mixer = Mixer(views, surroundings, seed)
        parts += [_packed(mixer.scenes((seed, number), 16, 2 * SIDE)) for number in range(-(-mixed // 16))]
    return {name: torch.cat([part[name] for part in parts]) for name in NAMES}


def _packed(scenes: Scenes) -> dict[str, Tensor]:
    planes = scenes.composite, scenes.background, scenes.object_alpha, scenes.effect_alpha
    small = (functional.avg_pool2d(plane.clamp(0, 1), 2) for plane in planes)
    return {name: (plane * 255).round().to(torch.uint8) for name, plane in zip(NAMES, small)}


def mistaken(thing: Tensor, random: torch.Generator) -> Tensor:
    """The thing's alpha (n, 1, h, w) as a selection may have it: a third right; the others hard, grown or shrunk by up to 3 pixels, half
    of those with bites and bumps (smooth noise on the mask's blurred edge)."""
    n, _, h, w = thing.shape
    hard = (thing > 0.5).float()
    soft = functional.avg_pool2d(hard, 7, 1, 3)
    shift = (torch.rand(n, 1, 1, 1, generator=random) - 0.6) * 0.7  # more often too large: that loses nothing of the thing
    bumps = functional.interpolate(torch.randn(n, 1, 8, 8, generator=random), size=(h, w), mode="bicubic") * 0.35
    bumpy = (torch.rand(n, 1, 1, 1, generator=random) < 0.5).float()
    wrong = (functional.avg_pool2d(soft, 3, 1, 1) > 0.5 + shift + bumps * bumpy).float() * (soft > 0.01).float()
    right = torch.rand(n, 1, 1, 1, generator=random) < 0.33
    return torch.where(right, thing, wrong)


def loss_of(made: Tensor, true: Tensor) -> Tensor:
    """L1, squared error, and the differences of neighbours at three sizes (averaging Haar)."""
    total = 10 * functional.mse_loss(made, true) + functional.l1_loss(made, true)
    error = made - true
    for _ in range(3):
        a, b, c, d = error[..., ::2, ::2], error[..., ::2, 1::2], error[..., 1::2, ::2], error[..., 1::2, 1::2]
        total = total + 2 * sum(part.abs().mean() for part in ((a - b + c - d) / 4, (a + b - c - d) / 4, (a - b - c + d) / 4))
        error = (a + b + c + d) / 4
    return total


class Training:
    """One run in a folder."""

    def __init__(self, folder: Path, steps: int, start: Path | None) -> None:
        self.folder, self.steps = folder, steps
        self.network = GroundNetwork() if start is None else load(start)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), RATE, weight_decay=1e-4)
        self.mean = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.step = 0
        if (folder / "checkpoint.pt").exists():
            state = torch.load(folder / "checkpoint.pt", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.mean, self.step = state["mean"], state["step"]

    def run(self, scenes: dict[str, Tensor], held: dict[str, Tensor]) -> None:
        """Train up to `steps`; numbers and a checkpoint every EVERY steps."""
        self.network.train()
        began = time.monotonic()
        while self.step < self.steps:
            loss = self._one(scenes)
            self.step += 1
            if self.step % EVERY == 0 or self.step == self.steps:
                self._keep({"step": self.step, "loss": round(loss, 4), "seconds": round(time.monotonic() - began), **self.measured(held)})

    def _one(self, scenes: dict[str, Tensor]) -> float:
        random = torch.Generator().manual_seed(self.step)
        chosen = torch.randint(len(scenes["thing"]), (BATCH,), generator=random)
        picture, true, thing = (scenes[name][chosen].float() / 255 for name in NAMES[:3])
        if torch.rand((), generator=random) < 0.5:
            picture, true, thing = (values.flip(3) for values in (picture, true, thing))
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * min(1, (self.step + 1) / 100) * (0.51 + 0.49 * math.cos(math.pi * self.step / self.steps))
        loss = loss_of(ground(self.network, picture, mistaken(thing, random)), true)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        for name, value in self.network.state_dict().items():
            self.mean[name].mul_(KEEP).add_(value, alpha=1 - KEEP)
        return loss.item()

    def _keep(self, numbers: dict[str, float]) -> None:
        state = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "mean": self.mean, "step": self.step}
        part = self.folder / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")
        save_file({name: value.contiguous() for name, value in self.mean.items()}, self.folder / "ground.safetensors")
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(numbers) + "\n")
        print(json.dumps(numbers), flush=True)

    @torch.no_grad()
    def measured(self, held: dict[str, Tensor]) -> dict[str, float]:
        """PSNR, dB, means over scenes: under the thing and in its effects, by the averaged weights; with true masks, and with mistaken ones."""
        network = GroundNetwork()
        network.load_state_dict(self.mean)
        network.eval()
        picture, true, thing, effects = (held[name].float() / 255 for name in NAMES)
        numbers = {}
        for name, mask in (("", thing), ("_mistaken", mistaken(thing, torch.Generator().manual_seed(1)))):
            made = torch.cat([ground(network, picture[k : k + 16], mask[k : k + 16]) for k in range(0, len(picture), 16)]).clamp(0, 1)
            under = hole(thing)
            numbers |= {f"under{name}": _psnr(made, true, under), f"effects{name}": _psnr(made, true, (effects > 0.02) * (1 - under))}
        return numbers


def _psnr(made: Tensor, true: Tensor, where: Tensor) -> float:
    share = where.sum((1, 2, 3))
    error = ((made - true) ** 2 * where).sum((1, 2, 3)) / (3 * share).clamp(min=1)
    return round((-10 * torch.log10(error + 1e-7))[share > 30].mean().item(), 2)


def main() -> None:
    """Draw the scenes where they are not there yet, and train."""
    parser = argparse.ArgumentParser(description="train the network for the ground behind things, or go on with it")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--views", type=Path, help="light views to mix scenes of")
    parser.add_argument("--surroundings", type=Path, help="maps of surroundings for those")
    parser.add_argument("--from", type=Path, dest="start", help="weights to begin with")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--own", type=int, default=1200, help="own scenes (default: 1200)")
    parser.add_argument("--mixed", type=int, default=1200, help="mixed scenes (default: 1200)")
    parser.add_argument("--seed", type=int, default=5, help="of the scenes (default: 5)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    files = options.out / "scenes.safetensors", options.out / "held.safetensors"
    if not files[1].exists():
        save_file(drawn(options.own, options.mixed, options.views, options.surroundings, options.seed), files[0])
        save_file(drawn(64, 32, options.views, options.surroundings, HELD_SEED), files[1])
    Training(options.out, options.steps, options.start).run(*(load_file(file) for file in files))


if __name__ == "__main__":
    main()
