"""Scenes with the light of photographs, as the starter's engine shows them to its model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ..api import Box
from ..bfs.lighting import encoded, ground_gain, linear
from ..scenes.render import Scenes

UNSURE, UNSURE_COLOUR = 0.12, 0.04  # deviations of the logarithm of what is shown wrongly bright and coloured


def in_ground_light(scenes: Scenes, generator: torch.Generator) -> Scenes:
    """The same scenes with references in the light of the ground, as `StarterEngine.told` exposes them, and by chance a little wrong: what the network learns is
    what that leaves."""
    side = scenes.background.shape[-1]
    frame = Box(0, 0, side, side)
    backgrounds = np.rint(scenes.background.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8)
    boxes = [Box(*(round(edge) for edge in box)) for box in scenes.box.tolist()]
    gain = torch.from_numpy(np.stack([ground_gain(picture, frame, box) for picture, box in zip(backgrounds, boxes, strict=True)]))
    wrong = torch.randn(len(scenes), 1, generator=generator) * UNSURE + torch.randn(len(scenes), 3, generator=generator) * UNSURE_COLOUR
    gain = (gain * wrong.exp())[..., None, None].numpy()
    colours = torch.from_numpy(encoded(linear(scenes.reference[:, :3].numpy()) * gain))
    return replace(scenes, reference=torch.cat([colours * (scenes.reference[:, 3:] > 0), scenes.reference[:, 3:]], 1))
