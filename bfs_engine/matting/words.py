"""Words -> matte: GroundingDINO's box, SAM's mask, a trimap in which transparent things are unknown, ViTMatte (as Matte Anything does).

The trimap's reach grows with the thing (matte.band), not a fixed number of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from transformers import AutoTokenizer, GroundingDinoForObjectDetection, PreTrainedTokenizerBase, SamModel, VitMatteForImageMatting

from ..api import EngineError
from ..damage import DAMAGES
from . import networks
from .matte import band
from .trimap import trimap

FOUND, GLASSY = 0.25, 0.5  # least scores of a thing, and of transparent ones
GLASS = "glass, lens, crystal, diamond, bubble, bulb, web, grid"
SHORT, LONG = 800, 1333  # sides that GroundingDINO was trained on; larger pictures are shrunk, smaller ones stay


@dataclass(frozen=True, eq=False)
class WordsToMatte:
    """The three networks and the words' tokenizer."""

    tokenizer: PreTrainedTokenizerBase
    dino: nn.Module
    sam: nn.Module
    vitmatte: nn.Module

    @classmethod
    def load(cls, folder: Path) -> WordsToMatte:
        """From `grounding_dino` (with its tokenizer), `sam` and `vitmatte` in a folder. Raises EngineError."""
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder / "grounding_dino", local_files_only=True)
        except (*DAMAGES, OSError, ValueError, KeyError) as error:
            raise EngineError(
                f"{folder} holds no models that find things by words.", "It needs grounding_dino, sam and vitmatte."
            ) from error
        kinds = {"grounding_dino": GroundingDinoForObjectDetection, "sam": SamModel, "vitmatte": VitMatteForImageMatting}
        return cls(tokenizer, *(networks.load(kind, folder / name) for name, kind in kinds.items()))

    def boxes(self, words: str, picture: np.ndarray, least: float) -> list[np.ndarray]:
        """Boxes (4,) x0 y0 x1 y1 in the picture's pixels, of scores from `least` on, best first."""
        height, width = picture.shape[:2]
        scale = min(SHORT / min(height, width), LONG / max(height, width), 1.0)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        found = networks.find_words(self.dino, seen, self.tokenizer(caption(words)).input_ids)
        order = found.scores.argsort(descending=True)
        return [found.pixels[number].numpy() / scale for number in order.tolist() if found.scores[number] >= least]

    def __call__(self, words: str, picture: np.ndarray, least: float = FOUND) -> np.ndarray:
        """The matte (h, w) uint8 of what the words name in (h, w, 3) uint8. Raises EngineError where nothing is found."""
        boxes = self.boxes(words, picture, least)
        if not boxes:
            raise EngineError(f"Nothing in the picture is “{words}”.", "Use other words, or give a mask.")
        mask = networks.masks_in_box(self.sam, picture, torch.from_numpy(boxes[0])).mask.numpy()
        if not mask.any():
            raise EngineError(f"No shape was found for “{words}”.", "Use other words, or give a mask.")
        known = trimap(mask, band(mask), self.boxes(GLASS, picture, GLASSY))
        return networks.matte(networks.raw_alpha(self.vitmatte, picture, known), known)


def caption(words: str) -> str:
    """As GroundingDINO was trained: lower case, a full stop after every name. "A bird, a cat" -> "a bird. a cat." """
    return " ".join(f"{name.strip().rstrip('.')}." for name in words.lower().split(",") if name.strip())
