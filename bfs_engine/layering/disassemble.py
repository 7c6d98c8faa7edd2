"""LayeringDiff's second half: a picture and the mattes of its things become layers that are the picture again, to the last level.

For each thing, front to back: FBDD makes foreground and background, HFA aligns them where its networks are in the model's folder, pixels that show one layer
alone are copied, and what is left is closed. The next thing is taken out of the background that the one before it left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..api import EngineError
from . import split
from .align import AlignmentNetwork, closed, copied, load_alignment
from .fbdd import FBDD, SIDES, STEPS, UNSHUFFLE, unshuffled

OnStep = Callable[[int, int], None]
"""(steps done, of so many)"""


@dataclass(frozen=True, eq=False)
class Model:
    """FBDD, and the alignment networks that there are, by side."""

    fbdd: FBDD
    alignment: dict[str, AlignmentNetwork]

    @classmethod
    def load(cls, folder: Path) -> Model:
        """From FBDD's folder. Raises EngineError."""
        found = {side: load_alignment(folder, side) for side in SIDES}
        return cls(FBDD.load(folder), {side: network for side, network in found.items() if network is not None})

    @property
    def multiple(self) -> int:
        """What the sides of a picture have to be multiples of: the autoencoder's pixels, times what the UNet halves."""
        return UNSHUFFLE * 2 ** max(len(unet.config.block_out_channels) - 1 for unet in self.fbdd.unets.values())


@dataclass(frozen=True, eq=False)
class Layers:
    """thing (h, w, 4) straight RGBA over ground (h, w, 3) is the picture; uint8."""

    thing: np.ndarray = field(repr=False)
    ground: np.ndarray = field(repr=False)


def disassemble(
    model: Model,
    picture: np.ndarray,
    mattes: Sequence[np.ndarray],
    steps: int = STEPS,
    seed: int = 0,
    on_step: OnStep = lambda _done, _all: None,
) -> tuple[Layers, ...]:
    """The things of `mattes` (h, w) uint8, front to back, out of a picture (h, w, 3) uint8. Where mattes overlap, the one in front has it.

    Raises EngineError where a matte is of another size, empty, or wholly behind those in front of it.
    """
    made, hidden, every = list[Layers](), np.zeros(picture.shape[:2], bool), len(mattes) * len(SIDES) * steps
    for number, matte in enumerate(mattes):
        if matte.shape != picture.shape[:2]:
            raise EngineError(f"The matte of thing {number + 1} is not of the picture's size.")
        alpha = np.where(hidden, 0, matte).astype(np.uint8)
        if not alpha.any():
            raise EngineError(f"Nothing is left of thing {number + 1}.", "Its matte is empty, or those in front of it hide all of it.")
        done = number * len(SIDES) * steps
        foreground, background = decomposed(
            model, picture, alpha, steps, seed + number, lambda step, done=done: on_step(done + step, every)
        )
        made.append(recomposing(picture, alpha, foreground, background))
        hidden |= matte == 255
        picture = made[-1].ground
    return tuple(made)


@torch.no_grad()
def decomposed(
    model: Model, picture: np.ndarray, alpha: np.ndarray, steps: int, seed: int, on_step: Callable[[int], None] = lambda _step: None
) -> tuple[np.ndarray, np.ndarray]:
    """Foreground and background by FBDD and HFA, copied and closed, (h, w, 3) uint8 each. The noise follows from the seed."""
    height, width = alpha.shape
    composite, cover = (_padded(values, model.multiple) for values in (_plane(picture) * 2 - 1, _plane(alpha[..., None])))
    latent, dice = model.fbdd.encode(composite), torch.Generator().manual_seed(seed)
    layers = dict[str, torch.Tensor]()
    for number, side in enumerate(SIDES):
        start, before = torch.randn(latent.shape, generator=dice), number * steps
        tell = lambda step, _clean, before=before: on_step(before + step)  # noqa: E731
        sampled = model.fbdd.sample(side, start, latent, unshuffled(cover), steps, on_step=tell)
        layers[side] = model.fbdd.decode(sampled.latents[-1:])
        if side in model.alignment:
            layers[side] = model.alignment[side](composite, cover, layers[side]).clamp(-1, 1)
    pair = closed(composite, cover, *copied(composite, cover, layers["foreground"], layers["background"]))
    return tuple(_levels(layer[..., :height, :width]) for layer in pair)


def recomposing(picture: np.ndarray, alpha: np.ndarray, foreground: np.ndarray, background: np.ndarray) -> Layers:
    """Layers of eight bits: the foreground's colours wherever they give the picture over the background to the level; elsewhere the colour, and where
    need be the alpha, that do (split.layer). Where alpha is 0 the background is the picture."""
    ground = np.where(alpha[..., None] == 0, picture, background)
    thing = np.dstack([foreground, alpha])
    thing[alpha == 0] = 0
    wrong = (over(thing, ground) != picture).any(axis=2)
    return Layers(np.where(wrong[..., None], split.layer(picture, ground, alpha), thing), ground)


def over(thing: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(h, w, 4) over (h, w, 3), uint8: equation 1, rounded."""
    share = thing[..., 3:] / np.float32(255)
    return np.rint(thing[..., :3] * share + ground * (1 - share)).astype(np.uint8)


def _plane(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(values)).permute(2, 0, 1)[None].float() / 255


def _padded(values: torch.Tensor, multiple: int) -> torch.Tensor:
    height, width = values.shape[-2:]
    return F.pad(values, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def _levels(layer: torch.Tensor) -> np.ndarray:
    return ((layer[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
