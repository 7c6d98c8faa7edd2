"""Selection by downloaded networks: words to a box (GroundingDINO), a box to a mask (SAM), a trimap to a matte (ViTMatte). Without torchvision.

The networks are transformers' classes; what goes into them and comes out is done here, so that no image processor is needed. Pictures are (h, w, 3) uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..api import EngineError
from ..damage import DAMAGES
from .trimap import UNKNOWN

MEAN, DEVIATION = (torch.tensor(values).view(1, 3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))  # ImageNet's
CLS, STOP, SEP = 101, 1012, 102  # ids of BERT's vocabulary: beginning, full stop, end
STRIDE = 32  # ViTMatte takes sides of its multiples


def load(kind: type[nn.Module], folder: Path) -> nn.Module:
    """A network from its folder (safetensors). Raises EngineError in a sentence."""
    try:
        return kind.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    except (*DAMAGES, OSError, ValueError, KeyError) as error:
        raise EngineError(f"The model in {folder} cannot be loaded: {error}", "Download it again.") from error


def plain(picture: np.ndarray) -> torch.Tensor:
    """(1, 3, h, w) float32 in 0..1."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


@dataclass(frozen=True, eq=False)
class Boxes:
    """What GroundingDINO found: logits (1, n, text) and boxes (1, n, 4) as cx, cy, w, h in 0..1; scores (n,), the largest of each box's words;
    pixels (n, 4): x0, y0, x1, y1."""

    logits: torch.Tensor
    boxes: torch.Tensor
    scores: torch.Tensor
    pixels: torch.Tensor

    @property
    def best(self) -> torch.Tensor:
        """(4,) the box of the highest score."""
        return self.pixels[self.scores.argmax()]


@torch.no_grad()
def find_words(network: nn.Module, picture: np.ndarray, ids: list[int]) -> Boxes:
    """Boxes for words, given as ids of BERT's vocabulary [CLS, words…, full stop, SEP]; the picture at its own size."""
    height, width = picture.shape[:2]
    text = torch.tensor([ids])
    pixels = (plain(picture) - MEAN) / DEVIATION
    found = network(pixels, input_ids=text, attention_mask=torch.ones_like(text), token_type_ids=torch.zeros_like(text))
    middle_x, middle_y, wide, high = found.pred_boxes[0].unbind(-1)
    corners = torch.stack([middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2], -1)
    return Boxes(found.logits, found.pred_boxes, found.logits.sigmoid().amax(-1)[0], corners * torch.tensor([width, height, width, height]))


def sam_input(picture: np.ndarray, side: int) -> tuple[torch.Tensor, float, tuple[int, int]]:
    """The picture fitted into SAM's square, normalised, padded on the right and below with 0; the scale; the fitted height and width."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = int(height * scale + 0.5), int(width * scale + 0.5)
    sized = F.interpolate(plain(picture), size, mode="bilinear", align_corners=False)
    return F.pad((sized - MEAN) / DEVIATION, (0, side - size[1], 0, side - size[0])), scale, size


@dataclass(frozen=True, eq=False)
class Masks:
    """SAM's three masks (part, whole, group): logits (3, side/4, side/4), at the picture's size (3, h, w), predicted IoU (3,)."""

    given: torch.Tensor
    logits: torch.Tensor
    picture_logits: torch.Tensor
    iou: torch.Tensor

    @property
    def chosen(self) -> int:
        return int(self.iou.argmax())

    @property
    def mask(self) -> torch.Tensor:
        """(h, w) bool, the one of the best predicted IoU."""
        return self.picture_logits[self.chosen] > 0


@torch.no_grad()
def masks_in_box(network: nn.Module, picture: np.ndarray, box: torch.Tensor) -> Masks:
    """What SAM takes for the thing in a box, (4,) x0 y0 x1 y1 in the picture's pixels."""
    side = network.config.vision_config.image_size
    given, scale, size = sam_input(picture, side)
    drawn = network(given, input_boxes=(box.float() * scale)[None, None], multimask_output=True)
    logits = drawn.pred_masks[0, 0]
    whole = F.interpolate(logits[None], (side, side), mode="bilinear", align_corners=False)[..., : size[0], : size[1]]
    whole = F.interpolate(whole, picture.shape[:2], mode="bilinear", align_corners=False)[0]
    return Masks(given, logits, whole, drawn.iou_scores[0, 0])


def vitmatte_input(picture: np.ndarray, known: np.ndarray) -> torch.Tensor:
    """Picture in −1..1 and trimap in 0..1 as ViTMatte takes them, (1, 4, h, w), padded with 0 to multiples of STRIDE."""
    height, width = known.shape
    given = torch.cat([plain(picture) * 2 - 1, torch.from_numpy(known / np.float32(255))[None, None]], 1)
    return F.pad(given, (0, -width % STRIDE, 0, -height % STRIDE))


@torch.no_grad()
def raw_alpha(network: nn.Module, picture: np.ndarray, known: np.ndarray) -> torch.Tensor:
    """ViTMatte's alpha (1, 1, h, w) for a trimap (h, w) uint8."""
    height, width = known.shape
    return network(vitmatte_input(picture, known)).alphas[..., :height, :width]


def matte(alpha: torch.Tensor, known: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the network's alpha where the trimap does not know, the trimap elsewhere; a sigmoid never is 0 or 1."""
    levels = (alpha[0, 0] * 255).round().to(torch.uint8).numpy()
    return np.where(known == UNKNOWN, levels, known)
