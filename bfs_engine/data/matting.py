"""An object's mask -> its matte: how much of every pixel the object covers.

A matting is a function (picture (h, w, 3) uint8, mask (h, w) bool, ground (h, w, 3) uint8) -> (h, w) uint8. The ground is the
picture without the object, true or painted; networks do without it. Outside of a band along the mask's edge the mask decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch

from ..api import EngineError
from ..matting.matte import by_ground, trimap

Matting = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@cache
def load_matting(name: str) -> Matting:
    """"classical", "pymatting", or the folder of a ViTMatte model of transformers'. One for each process: models are large."""
    if name == "classical":
        return by_ground
    return closed_form() if name == "pymatting" else vitmatte(Path(name))


def closed_form() -> Matting:
    """Levin et al., A Closed-Form Solution to Natural Image Matting (2008), by pymatting."""
    try:
        from pymatting import estimate_alpha_cf
    except ImportError as error:
        raise EngineError("pymatting is not installed.", "Install packaging/requirements-data.txt.") from error

    def matte(picture: np.ndarray, mask: np.ndarray, ground: np.ndarray) -> np.ndarray:
        return _uint8(estimate_alpha_cf(picture / 255, trimap(mask) / 255))

    return matte


def vitmatte(folder: Path) -> Matting:
    """Yao et al., ViTMatte (2023), by transformers, from a folder that save_pretrained wrote or that was downloaded."""
    if not (folder / "config.json").exists():
        raise EngineError(f"There is no ViTMatte model in {folder}.", "Name its folder, “pymatting” or “classical”.")
    from transformers import VitMatteForImageMatting
    from transformers.utils import logging

    logging.disable_progress_bar()  # it would write over the report and leave a thread behind
    try:
        model = VitMatteForImageMatting.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"The ViTMatte model in {folder} cannot be loaded: {error}") from error
    model.to("cuda" if torch.cuda.is_available() else "cpu")

    @torch.no_grad()
    def matte(picture: np.ndarray, mask: np.ndarray, ground: np.ndarray) -> np.ndarray:
        known = trimap(mask)
        height, width = mask.shape
        given = np.dstack([picture / 127.5 - 1, known / 255]).astype(np.float32)  # what VitMatteImageProcessor makes; it needs torchvision
        given = np.pad(given, ((0, -height % 32), (0, -width % 32), (0, 0)))
        alphas = model(torch.from_numpy(given).permute(2, 0, 1)[None].to(model.device)).alphas
        found = _uint8(alphas[0, 0, :height, :width].float().cpu().numpy())
        return np.where(known == 128, found, known)

    return matte


def _uint8(alpha: np.ndarray) -> np.ndarray:
    return np.rint(alpha.clip(0, 1) * 255).astype(np.uint8)
