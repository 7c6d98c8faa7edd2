"""A simulated shadow for a cut-out, in the place of the paper's shadow network: the light of the rendered scenes."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from .. import lift
from ..api import Box
from ..scenes.dice import Dice
from ..scenes.light import effects, make_light
from ..scenes.render import make_horizon

FRAME = 192  # pixels of the square in which light is worked out; shadows have no finer detail
ROOM = 2.2  # side of that square over the longer side of the object
LEAST = 2 / 255  # weaker effects cannot be seen


def with_effects(layer: np.ndarray, seed: int) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA, an object alone -> the same with a cast or a contact shadow under it, in some with a reflection.

    The light is drawn from the seed; where it comes from in the photograph is not asked.
    """
    plain = layer.astype(np.float32) / 255
    body = np.dstack([plain[..., :3] * plain[..., 3:], plain[..., 3]])
    under = _under(body, lift.bounds(layer[..., 3] >= 128), seed)
    both = body + under * (1 - body[..., 3:])
    alpha = both[..., 3:].clip(0, 1)
    straight = np.dstack([both[..., :3] / np.maximum(alpha, 1e-4), alpha])
    return np.rint(np.where(alpha > 0, straight, 0).clip(0, 1) * 255).astype(np.uint8)


def _under(body: np.ndarray, box: Box, seed: int) -> np.ndarray:
    """(h, w, 4) premultiplied object with its box -> what its light does, premultiplied too, as if the object were not in the way."""
    side = round(ROOM * max(box.width, box.height))
    left, top = box.x + (box.width - side) // 2, box.y + (box.height - side) // 2
    height, width = body.shape[:2]
    around = np.pad(body, ((side, side), (side, side), (0, 0)))  # the square may hang over the picture
    square = around[top + side : top + 2 * side, left + side : left + 2 * side]
    scale = FRAME / side
    small = cv2.resize(square, (FRAME, FRAME), interpolation=cv2.INTER_AREA)
    made = _lit(small, (box.x - left) * scale, (box.bottom - top) * scale, box.width * scale, box.height * scale, seed)
    around[:] = 0
    around[top + side : top + 2 * side, left + side : left + 2 * side] = cv2.resize(made, (side, side), interpolation=cv2.INTER_LINEAR)
    under = around[side : side + height, side : side + width]
    return np.where(under[..., 3:] < LEAST, 0, under)


@torch.no_grad()
def _lit(body: np.ndarray, x: float, foot: float, width: float, height: float, seed: int) -> np.ndarray:
    """(FRAME, FRAME, 4) premultiplied object, its box in the frame's pixels -> its effects."""
    dice = Dice(torch.Generator().manual_seed(seed), 1, torch.device("cpu"))
    box, line = torch.tensor([[x, foot - height, width, height]]), torch.tensor([foot])
    light = make_light(dice, box, make_horizon(dice, line, FRAME), FRAME)
    made = effects(torch.from_numpy(body).permute(2, 0, 1)[None].contiguous(), line, torch.tensor([height]), light, dice)
    return made[0].permute(1, 2, 0).numpy()
