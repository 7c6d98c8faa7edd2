"""The paper's metrics that networks compute (tables 1 and 3), by libraries that are imported only when they are asked for.

A loader of NETWORKS takes the folder with the weights and gives a function Result -> score, or None where the result lacks what
is compared (no layer, no prompt, no truth). KID compares whole sets: its loader gives features, `kid` compares them. Nothing is
downloaded but by transformers where `download` allows it. requirements-evaluate.txt tells the libraries' and weights' licences.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..api import EngineError
from ..damage import DAMAGES
from .metrics import Result, composited
from .table import RESAMPLES, Estimate, bootstrap

Score = Callable[[Result], float | None]
Features = Callable[[Tensor], np.ndarray]

WHITE = 1.0  # what CLIP sees a layer on
EXTRA = "Install packaging/requirements-evaluate.txt in an environment of its own."


def clip(weights: Path, download: bool) -> Score:
    """Hessel et al., CLIPScore (2021): 2.5 · max(cos(picture, text), 0) of the layer on white and the prompt."""
    from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

    kinds = CLIPModel, AutoImageProcessor, AutoTokenizer
    model, processor, tokenizer = _pretrained(weights / "clip", "openai/clip-vit-base-patch32", download, *kinds)

    @torch.inference_mode()
    def score(result: Result) -> float | None:
        if result.layer is None or not result.prompt:
            return None
        words = tokenizer(result.prompt, truncation=True, max_length=model.config.text_config.max_position_embeddings, return_tensors="pt")
        said = model.text_projection(model.text_model(**words.to(model.device)).pooler_output)
        seen = model.visual_projection(model.vision_model(**_seen(processor, composited(result.layer, WHITE), model)).pooler_output)
        return 2.5 * max(torch.cosine_similarity(said, seen).item(), 0.0)

    return score


def dino(weights: Path, download: bool) -> Score:
    """Cosine of the two class tokens that DINOv2 (Oquab et al., 2023) makes of the composite and of the true composite."""
    from transformers import AutoImageProcessor, Dinov2Model

    model, processor = _pretrained(weights / "dino", "facebook/dinov2-base", download, Dinov2Model, AutoImageProcessor)

    @torch.inference_mode()
    def score(result: Result) -> float | None:
        if result.true_composite is None:
            return None
        made, true = (model(**_seen(processor, picture, model)).pooler_output for picture in (result.composite, result.true_composite))
        return torch.cosine_similarity(made, true).item()

    return score


def musiq(weights: Path, download: bool) -> Score:
    """Ke et al., MUSIQ (2021), trained on KonIQ-10k, about 0 to 100, of the composite; from musiq.pth."""
    return _by_pyiqa("musiq", weights)


def maniqa(weights: Path, download: bool) -> Score:
    """Yang et al., MANIQA (2022), trained on KonIQ-10k, about 0 to 1, of the composite; from maniqa.pth. pyiqa first builds its ViT
    with timm's weights, which therefore must lie in the hub's cache. It draws its crops by torch's chance: they are seeded."""
    return _by_pyiqa("maniqa", weights)


def hpsv3(weights: Path, download: bool) -> Score:
    """Ma et al., HPSv3 (2025): the mean of the preference that it predicts for composite and caption, or prompt where there is no
    caption; from HPSv3.safetensors. The paper's captions are BLIP-2's of the true composites."""
    try:
        from hpsv3 import HPSv3RewardInferencer
    except ImportError as error:
        hint = "It needs an older transformers, so give it an environment of its own: pip install hpsv3."
        raise EngineError("HPSv3's library is not installed.", hint) from error
    path = _file(weights / "HPSv3.safetensors", "MizzenAI/HPSv3 on the hub; its base, Qwen/Qwen2-VL-7B-Instruct, must lie in the hub's cache")
    try:
        judge = HPSv3RewardInferencer(checkpoint_path=str(path), device=_device())
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"HPSv3 cannot be loaded from {path}: {_first_line(error)}") from error

    @torch.inference_mode()
    def score(result: Result) -> float | None:
        caption = result.caption or result.prompt
        if not caption:
            return None
        return judge.reward([_image(result.composite)], [caption])[0][0].item()

    return score


NETWORKS: dict[str, Callable[[Path, bool], Score]] = {"clip": clip, "musiq": musiq, "maniqa": maniqa, "dino": dino, "hpsv3": hpsv3}


def inception(weights: Path) -> Features:
    """The 2048 features of Inception-v3 that FID and KID are defined on, by torch-fidelity; from inception.pth."""
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3
    except ImportError as error:
        raise EngineError("torch-fidelity, which computes KID's features, is not installed.", EXTRA) from error
    path = _file(weights / "inception.pth", URL_INCEPTION_V3)
    _state(path)  # the library reads it without care; what this accepts holds no code
    try:
        network = FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=str(path)).to(_device())
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"The weights in {path} are not those of Inception-v3: {_first_line(error)}") from error

    @torch.inference_mode()
    def features(picture: Tensor) -> np.ndarray:
        return network((picture * 255).round().byte()[None].to(_device()))[0][0].double().cpu().numpy()

    return features


def kid(made: Sequence[np.ndarray], true: Sequence[np.ndarray], seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Bińkowski et al., Demystifying MMD GANs (2018): the unbiased squared MMD of features (d,) by the kernel (x·y/d + 1)³, × 1000.

    Over all pairs at once, not the mean over random subsets that libraries give: the same expectation, less scatter, and each
    example has a weight, which the bootstrap needs. Pairs of an example with itself never count, so resampling adds no bias.
    """
    x, y = np.stack(made).astype(np.float64), np.stack(true).astype(np.float64)
    if len(x) < 2:
        raise EngineError("KID needs at least two examples.")

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / a.shape[1] + 1) ** 3

    within, across = kernel(x, x) + kernel(y, y), kernel(x, y)
    np.fill_diagonal(within, 0)

    def statistic(weights: np.ndarray) -> np.ndarray:
        total, squares = weights.sum(1), (weights**2).sum(1)
        return 1000 * (((weights @ within) * weights).sum(1) / (total**2 - squares) - 2 * ((weights @ across) * weights).sum(1) / total**2)

    return bootstrap(statistic, len(x), seed, resamples)


def _pretrained(folder: Path, name: str, download: bool, model: type, *others: type) -> list:
    """A model of transformers' and what prepares its input: from the folder, else from the hub's cache, else by download if allowed."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # it would write over the lines of progress and leave a thread behind
    source = str(folder) if folder.is_dir() else name
    try:
        loaded = [model.from_pretrained(source, local_files_only=not download, use_safetensors=True).eval().to(_device())]
        return loaded + [other.from_pretrained(source, local_files_only=not download) for other in others]
    except (OSError, ValueError, RuntimeError) as error:
        hint = f"Put {name} into {folder}, or allow the download (--download)."
        raise EngineError(f"The weights of {name} are not on this disk or cannot be loaded: {_first_line(error)}", hint) from error


def _by_pyiqa(name: str, weights: Path) -> Score:
    try:
        import pyiqa
    except ImportError as error:
        raise EngineError(f"pyiqa, which computes {name.upper()}, is not installed.", f"{EXTRA} Its licence allows no commercial use.") from error
    path = _file(weights / f"{name}.pth", "the URL that pyiqa's archs name for KonIQ-10k")
    state = _state(path)
    try:
        with redirect_stdout(sys.stderr):  # tables go to stdout
            metric = pyiqa.create_metric(name, device=torch.device(_device()), pretrained=False)
        metric.net.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
    except (RuntimeError, OSError) as error:
        raise EngineError(f"{name.upper()} cannot be loaded from {path}: {_first_line(error)}") from error

    @torch.inference_mode()
    def score(result: Result) -> float:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return metric(result.composite[None].to(_device())).item()

    return score


def _file(path: Path, origin: str) -> Path:
    if not path.is_file():
        raise EngineError(f"The weights {path} are not there.", f"They come from {origin}.")
    return path


def _state(path: Path) -> dict[str, Tensor]:
    """The weights in a file of torch's that holds nothing but tensors."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return state.get("params", state)
    except DAMAGES as error:
        raise EngineError(f"The weights {path} cannot be read: {_first_line(error)}") from error


def _seen(processor: Callable, picture: Tensor, model: nn.Module) -> dict[str, Tensor]:
    return processor(images=_image(picture), return_tensors="pt").to(model.device)


def _image(picture: Tensor) -> Image.Image:
    """(3, h, w) in [0, 1] -> 8 bits."""
    return Image.fromarray((picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy())


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
