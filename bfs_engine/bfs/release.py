"""The authors' released weights, `trained_weights.pt`, onto a FLUX transformer.

The file holds only what the paper trained: for every block a low-rank update of q, k, v (and of the output in double blocks)
for each branch, and one bias-free map of the messages. Its names: `attn1n` is the block's attention asked a second time,
`xy_lora` belongs to the composite's tokens, `yx_lora` to the foreground's, `conv1n` is the merge. Some saves also carry
copies of the block's own attention under `attn1n`; they are dropped, because the block's weights serve both uses.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel

from ..api import EngineError
from ..damage import DAMAGES
from ..words import listed, phrase
from .sharing import SharingAttnProcessor, set_sharing, sharing_processors

ALPHA = 4.0  # of the release's LoRAs; the file does not say

_COPY = re.compile(r"(\w+\.\d+\.)attn1n\.(.+)")
_NUMBER = re.compile(r"blocks\.(\d+)\.")
_OURS = re.compile(r"(.+)\.(composite|foreground)_lora\.(\w+)\.(down|up)\.weight")

Tensors = dict[str, torch.Tensor]


def load_release(transformer: FluxTransformer2DModel, path: str | Path, alpha: float = ALPHA) -> None:
    """Give `transformer` information sharing with the weights in `path`; after it a batch is [composites …, foregrounds …].

    The merge form and the rank are read from the shapes, every key is accounted for, and sharing that the transformer had is
    replaced. Base weights are used where they are, not copied. Raises EngineError, and then the transformer is as it was.
    """
    if not isinstance(transformer, FluxTransformer2DModel):
        raise EngineError(phrase("BFS works inside a FLUX transformer, and this is a {kind}.", kind=type(transformer).__name__))
    path = Path(path)
    given = _without_copies(_read(path), transformer)
    rank, merge = _form(given, transformer.inner_dim, path)
    with torch.device("meta"):
        processors = sharing_processors(transformer, rank, alpha, merge)
    _check(given, processors, path)
    for name, processor in processors.items():
        processor.load_state_dict({key: given[_released(f"{name}.{key}")] for key in processor.state_dict()}, assign=True)
    set_sharing(transformer, processors)
    if "sharing_merge" in transformer.config:  # a BFSTransformer2DModel, which saves what it was built with
        transformer.register_to_config(sharing_rank=rank, sharing_alpha=alpha, sharing_merge=merge)


def save_release(sharing: Tensors, path: str | Path, alpha: float) -> None:
    """Write trained sharing, by the names of a transformer's state dict, so that `load_release` and the authors' code read it.
    alpha: that of its LoRAs, folded into the weights where it is not the release's. EngineError for the merge of the paper's text."""
    if any(".merge.hidden." in key for key in sharing):
        words = phrase("The release's file has no place for a merge with a hidden layer.")
        raise EngineError(words, phrase("Train with merge “stream” or “joint”."))
    named = {_released(key.replace(".attn.processor.", ".")): value for key, value in sharing.items()}
    torch.save({key: value * (alpha / ALPHA) if ".lora_B." in key else value for key, value in named.items()}, path)


def _read(path: Path) -> Tensors:
    """The file's tensors in float32 or as they are, on the CPU; nothing in it is run."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise EngineError(phrase("There is no file {path}.", path=path), phrase("Download trained_weights.pt of the BFS release.")) from None
    except DAMAGES as error:
        words = phrase("{path} cannot be read as released weights: it is damaged, or another kind of file.", path=path)
        raise EngineError(words, phrase("Download it again.")) from error
    if not isinstance(state, dict) or not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        words = phrase("{path} does not hold a table of tensors, as the released weights do.", path=path)
        raise EngineError(words, phrase("Download it again."))
    broken = [key for key, value in state.items() if not value.isfinite().all()]
    if broken:
        words = phrase("{path} holds numbers that are not finite, in {keys}.", path=path, keys=_named(broken))
        raise EngineError(words, phrase("Download it again."))
    return state


def _without_copies(state: Tensors, transformer: FluxTransformer2DModel) -> Tensors:
    """The file without its copies of weights that the blocks' own attention has (also as a LoRA's base layer names them)."""
    own = {key for key, _ in transformer.named_parameters()}

    def is_copy(key: str) -> bool:
        match = _COPY.fullmatch(key.replace(".base_layer.", "."))
        return match is not None and f"{match[1]}attn.{match[2]}" in own

    return {key: value for key, value in state.items() if not is_copy(key)}


def _form(given: Tensors, width: int, path: Path) -> tuple[int, str]:
    """Rank and merge form, by the first tensor of each kind; `_check` holds the others to them."""
    ranks = [value.shape[0] for key, value in given.items() if key.endswith(("lora_A.xy_lora.weight", "lora_A.yx_lora.weight"))]
    merges = [tuple(value.shape) for key, value in given.items() if key.endswith(".conv1n.weight")]
    if not ranks or not merges:
        raise EngineError(phrase("{path} holds no information sharing of BFS (no attn1n and conv1n tensors).", path=path))
    forms = {(width, width): "stream", (2 * width, 2 * width): "joint"}
    if merges[0] not in forms:
        size = " × ".join(map(str, merges[0]))
        words = phrase("{path} was made for another transformer: its merge is {size}, and this one is {width} wide.", path=path, size=size, width=width)
        raise EngineError(words)
    return ranks[0], forms[merges[0]]


def _check(given: Tensors, processors: dict[str, SharingAttnProcessor], path: Path) -> None:
    """Every key is wanted, every wanted key is there, and all shapes are right; or one sentence that names what is not."""
    wanted = {_released(f"{name}.{key}"): value.shape for name, one in processors.items() for key, value in one.state_dict().items()}
    missing = [key for key in wanted if key not in given]
    unexpected = [key for key in given if key not in wanted]
    misshapen = [f"{key} {tuple(given[key].shape)} ≠ {tuple(shape)}" for key, shape in wanted.items() if key in given and given[key].shape != shape]
    told = [
        phrase("{count} missing ({keys})", count=len(missing), keys=_named(missing)) if missing else "",
        phrase("{count} unexpected ({keys})", count=len(unexpected), keys=_named(unexpected)) if unexpected else "",
        phrase("{count} misshapen ({keys})", count=len(misshapen), keys=_named(misshapen)) if misshapen else "",
    ]
    if any(told):
        raise EngineError(phrase("{path} does not fit this transformer: of its keys there are {faults}.", path=path, faults=listed(filter(None, told))))


def _named(keys: list[str]) -> str:
    """Every key; those that differ only in their block's number are written once: blocks.{0,1,2}.attn1n.to_q …"""
    blocks: dict[str, list[str]] = {}
    for key in keys:
        number = _NUMBER.search(key)
        blocks.setdefault(_NUMBER.sub("blocks.*.", key), []).append(number[1] if number else "")
    return ", ".join(
        form.replace("blocks.*.", f"blocks.{found[0]}." if len(found) == 1 else f"blocks.{{{','.join(found)}}}.") for form, found in blocks.items()
    )


def _released(key: str) -> str:
    """The release's name of `block.composite_lora.q.down.weight` and the like."""
    if match := _OURS.fullmatch(key):
        block, branch, projection, side = match.groups()
        projection = "out.0" if projection == "out" else projection
        return f"{block}.attn1n.to_{projection}.lora_{'A' if side == 'down' else 'B'}.{'xy' if branch == 'composite' else 'yx'}_lora.weight"
    return key.replace(".merge.out.", ".conv1n.")
