"""Training data on disk: shards, which are tar files in WebDataset's layout, read in any order.

The files of one example share the part of their name before the first dot. Two kinds of shards:

- *pictures*, `00000.tar`: KEY.composite.png and KEY.background.png (RGB); KEY.foreground.png (straight RGBA, the object with its
  effects) where the layer is known, else KEY.matte.png (grey, the object alone); KEY.reference.png (straight RGBA, the bare
  cut-out at its place in the frame) for models that take one; KEY.json with "box" (x, y, width, height in pixels) and "prompt".
- *latents*, `00000-64x48.tar`: KEY.safetensors, see cache.py. All examples of a shard have the shape in its name (height × width
  of the latent), so that a batch can be made of one shape although the data has many.

A training step's examples follow from the seed and the step's number alone: a run goes on where it stopped, and any number of
processes share one and the same batch.
"""

from __future__ import annotations

import io
import json
import math
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from safetensors import SafetensorError
from torch.utils.data import Dataset

from ..api import EngineError

Example = dict[str, torch.Tensor]


class ShardWriter:
    """Writes `path`, whole or not at all: under another name first, renamed when the block ends without an error."""

    def __init__(self, path: Path) -> None:
        self.path, self._beside = path, path.with_suffix(".new")
        self._tar = tarfile.open(self._beside, "w")
        self.count = 0

    def add(self, key: str, files: dict[str, bytes]) -> None:
        """One example: `files` by what follows the key and a dot ("json", "composite.png")."""
        for ending, data in files.items():
            member = tarfile.TarInfo(f"{key}.{ending}")
            member.size = len(data)
            self._tar.addfile(member, io.BytesIO(data))
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._tar.close()
        if kind is None:
            self._beside.replace(self.path)
        else:
            self._beside.unlink()


@dataclass(frozen=True)
class Stored:
    """One example in a shard: where each of its files begins and how long it is, by ending."""

    shard: Path
    key: str
    files: dict[str, tuple[int, int]]

    @property
    def name(self) -> str:
        return f"{self.key} in {self.shard}"

    def read(self, ending: str) -> bytes:
        start, size = self.files[ending]
        with open(self.shard, "rb") as file:  # opened anew each time: a loader's processes must not share a position
            file.seek(start)
            return file.read(size)


def read_shard(path: Path) -> list[Stored]:
    """What is in a shard, in its order, without reading the data. EngineError for what is no tar file, or half of one."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if member.isfile():
                    key, _, ending = member.name.partition(".")
                    found.setdefault(key, {})[ending] = (member.offset_data, member.size)
    except (OSError, tarfile.TarError) as error:
        raise EngineError(f"The shard {path} cannot be read: {error}.") from error
    end = max((start + size for files in found.values() for start, size in files.values()), default=0)
    if path.stat().st_size < math.ceil(end / tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE:
        raise EngineError(f"The shard {path} ends too early.", "Copy or write it again.")
    return [Stored(path, key, files) for key, files in found.items()]


class Shards(Dataset):
    """All examples of the shards in a folder, by number, and batches of them by step."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(Path(folder).glob("*.tar"))
        if not paths:
            raise EngineError(f"There are no shards (.tar) in {folder}.", "Write some with `python -m bfs_engine shards`.")
        self.folder = Path(folder)
        self.examples = [example for path in paths for example in read_shard(path)]
        shapes: dict[str, list[int]] = {}
        for number, example in enumerate(self.examples):
            shapes.setdefault(example.shard.stem.partition("-")[2], []).append(number)
        self.groups = tuple(tuple(numbers) for numbers in shapes.values())

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, number: int) -> Example:
        return decode(self.examples[number])

    def batch(self, step: int, size: int, seed: int) -> Sequence[int]:
        """The numbers of the `size` examples of a step, all of one shape. An epoch shows every example once, but that a shape's
        last batch is filled up from its first."""
        length = sum(math.ceil(len(group) / size) for group in self.groups)
        return _epoch(self.groups, step // length, size, seed)[step % length]


@lru_cache(maxsize=4)
def _epoch(groups: tuple[tuple[int, ...], ...], epoch: int, size: int, seed: int) -> list[list[int]]:
    """The batches of one epoch in their order."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = []
    for group in groups:
        order = [group[i] for i in torch.randperm(len(group), generator=generator)]
        count = math.ceil(len(order) / size)
        filled = (order * math.ceil(size * count / len(order)))[: size * count]
        batches += [filled[i * size : (i + 1) * size] for i in range(count)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


def decode(example: Stored) -> Example:
    """The example's tensors: pictures as (channels, h, w) float32 in [0, 1] by their names, "box" (4,) float32, and whatever its
    safetensors file holds. EngineError for what is damaged or holds numbers that are none."""
    tensors: Example = {}
    try:
        for ending in example.files:
            data = example.read(ending)
            if ending.endswith(".png"):
                tensors[ending.removesuffix(".png")] = read_png(data)
            elif ending == "json":
                tensors["box"] = torch.tensor(json.loads(data)["box"], dtype=torch.float32)
            elif ending == "safetensors":
                tensors |= safetensors.torch.load(data)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise EngineError(f"The example {example.name} is damaged: {error}.") from error
    bad = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if bad:
        raise EngineError(f"The example {example.name} holds values that are no numbers in {', '.join(bad)}.")
    return tensors


def about(example: Stored) -> dict:
    """The example's JSON file."""
    try:
        return json.loads(example.read("json"))
    except (KeyError, ValueError, RecursionError) as error:
        raise EngineError(f"The example {example.name} has no readable description (json): {error}") from error


def read_png(data: bytes) -> torch.Tensor:
    """-> (channels, h, w) float32 in [0, 1]"""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB"))
    return torch.from_numpy(pixels.copy()).reshape(*pixels.shape[:2], -1).permute(2, 0, 1).float() / 255


def write_png(picture: torch.Tensor) -> bytes:
    """(1, 3 or 4 channels, h, w) in [0, 1] -> the bytes of a PNG file."""
    pixels = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
