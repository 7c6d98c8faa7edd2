"""What a stage will cost before a machine is rented: the real code run on the meta device, where tensors have shapes and no numbers.

Counted exactly: parameters, and what follows from them. Counted on the way through forward and backward: every tensor that
autograd keeps, and the floating-point operations; both agree with what the CPU takes for a small model. Not counted: G's weights
(30 MB), the allocator's fragments, the CUDA context and NCCL's buffers (a few GiB).
"""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from ..api import EngineError
from ..bfs.sharing import BFSTransformer2DModel, sharing_parameters
from .compositor import LatentCompositor
from .losses import stage_one
from .models import Backbone
from .shards import Example
from .stages import BLOCKS, StageConfig, predict, takes_reference

GIB = 2**30
TEXT_TOKENS = 512


@dataclass(frozen=True)
class Cost:
    """Bytes are those on each GPU; operations are those of one step on all of them."""

    parameters: int
    trained: int
    weights: int
    gathered: int  # layers that FSDP has whole for the moment, or bfloat16 copies that autocast makes of trained weights
    gradients: int
    optimizer: int
    average: int
    activations: int
    operations: int

    @property
    def memory(self) -> int:
        return self.weights + self.gathered + self.gradients + self.optimizer + self.average + self.activations


def build(config: StageConfig, folder: Path | None = None) -> BFSTransformer2DModel:
    """The transformer on the meta device: that of a model folder, or FLUX.1 Fill's where none is given."""
    added = {"sharing_rank": config.rank, "sharing_alpha": config.alpha, "sharing_merge": config.merge}
    settings: dict = {}
    if folder is not None:
        if not (folder / "transformer" / "config.json").exists():
            raise EngineError(f"There is no transformer in {folder}.")
        try:
            settings = dict(BFSTransformer2DModel.load_config(folder / "transformer", local_files_only=True))
        except (OSError, ValueError) as error:
            raise EngineError(f"The transformer in {folder} cannot be read: {str(error).splitlines()[0]}") from error
    with torch.device("meta"):
        return BFSTransformer2DModel.from_config(added | settings)


def measure(config: StageConfig, transformer: BFSTransformer2DModel, size: tuple[int, int], gpus: int, scale: int = 8) -> Cost:
    """The cost of a step of stage 1 (stage 2's is the same) at frames of width × height pixels, `scale` of them to a latent pixel."""
    wide = 2 if config.precision == "bf16" else 4
    nn.Module.to(transformer, torch.bfloat16 if wide == 2 else torch.float32)  # ModelMixin's own would warn of a list that is empty
    transformer.requires_grad_(config.trained == "all")
    for parameter in sharing_parameters(transformer):
        parameter.requires_grad_(True)
    parameters = sum(p.numel() for p in transformer.parameters())
    trained = sum(p.numel() for p in transformer.parameters() if p.requires_grad)
    shares = gpus if config.shard else 1
    largest = max(sum(p.numel() for p in block.parameters()) for block in transformer.modules() if isinstance(block, BLOCKS))
    sharded, copies = config.shard and gpus > 1, gpus > 1 and not config.shard
    activations, operations = _trace(config, transformer, size, scale)
    return Cost(
        parameters=parameters,
        trained=trained,
        weights=(wide * (parameters - trained) + 4 * trained) // shares,
        gathered=2 * wide * largest if sharded else (2 * trained if wide == 2 else 0),  # this block and the next
        gradients=4 * trained * (2 if copies else 1) // shares,  # DDP keeps them in its buckets once more
        optimizer=8 * trained // shares,
        average=4 * trained // shares,
        activations=activations,
        operations=operations * config.batch // config.micro_batch,
    )


def _trace(config: StageConfig, transformer: BFSTransformer2DModel, size: tuple[int, int], scale: int) -> tuple[int, int]:
    """One micro-batch there and back: bytes that are kept for the way back, and operations."""
    width, height = size
    if width % (2 * scale) or height % (2 * scale):
        raise EngineError(f"The sides of a frame must be multiples of {2 * scale} pixels.")
    part = _part(config, transformer, height // scale, width // scale, scale)
    with torch.device("meta"):
        compositor = LatentCompositor(part["composite"].shape[1]).requires_grad_(False)
    with FlopCounterMode(display=False) as counter, _AsOnGpu() as attention, _Kept(transformer, compositor) as kept:
        p = predict(transformer, Backbone(transformer, scale=scale), part, "foreground", config)
        loss = stage_one(p, compositor, config.composition)["loss"]
        activations = kept.size(config.gradient_checkpointing)
        forward = counter.get_total_flops() + attention.operations
        loss.backward()
    operations = counter.get_total_flops() + attention.operations
    transformer.zero_grad(set_to_none=True)
    return activations, operations + forward * config.gradient_checkpointing


def _part(config: StageConfig, transformer: BFSTransformer2DModel, height: int, width: int, scale: int) -> Example:
    """Examples without content, as the shards have them. Their numbers are real: chance is drawn by them."""
    model, n = transformer.config, config.micro_batch
    channels = model.out_channels // 4
    names = ["composite", "foreground", "background"] + ["reference"] * takes_reference(model, scale)
    part = {name: torch.empty(n, channels, height, width, device="meta", dtype=torch.float16) for name in names}
    part |= {"number": torch.arange(n), "box": torch.empty(n, 4, device="meta")}
    if model.joint_attention_dim >= 1024:  # FLUX reads text, the starter does not
        part["prompt_embeds"] = torch.empty(n, TEXT_TOKENS, model.joint_attention_dim, device="meta", dtype=torch.bfloat16)
        part["pooled"] = torch.empty(n, model.pooled_projection_dim, device="meta", dtype=torch.bfloat16)
    return part


class _Kept:
    """What autograd keeps from the way forward for the way back, by the block that made it."""

    def __init__(self, transformer: BFSTransformer2DModel, compositor: LatentCompositor) -> None:
        self._weights = {_storage(p) for p in [*transformer.parameters(), *compositor.parameters()]}
        self._blocks = [m for m in transformer.modules() if isinstance(m, BLOCKS)]
        self._now: nn.Module | None = None
        self._entered: list[torch.Tensor] = []
        self._kept: list[tuple[weakref.ref[torch.Tensor], nn.Module | None]] = []  # parts of the graph may go before its end

    def __enter__(self) -> _Kept:
        self._exits = ExitStack()
        for block in self._blocks:
            self._exits.callback(block.register_forward_pre_hook(self._enter, with_kwargs=True).remove)
            self._exits.callback(block.register_forward_hook(self._leave).remove)
        self._exits.enter_context(torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor))
        return self

    def __exit__(self, *error: object) -> None:
        self._exits.close()

    def _enter(self, block: nn.Module, args: tuple, kwargs: dict) -> None:
        self._now = block
        self._entered += [tensor for tensor in [*args, *kwargs.values()] if isinstance(tensor, torch.Tensor)]

    def _leave(self, block: nn.Module, args: tuple, result: object) -> None:
        self._now = None

    def _keep(self, tensor: torch.Tensor) -> torch.Tensor:
        self._kept.append((weakref.ref(tensor), self._now))
        return tensor

    def size(self, checkpointing: bool) -> int:
        """Bytes, to be asked for between forward and backward. With checkpointing: what enters each block, what is kept outside of
        them, and one block's own while it is made again."""
        entered = {_storage(tensor): tensor.untyped_storage().nbytes() for tensor in self._entered}
        sizes: Counter[nn.Module | None] = Counter()
        seen = set(self._weights) | (entered.keys() if checkpointing else set())
        for reference, block in self._kept:
            tensor = reference()
            if tensor is not None and _storage(tensor) not in seen:
                seen.add(_storage(tensor))
                sizes[block] += tensor.untyped_storage().nbytes()
        if not checkpointing:
            return sizes.total()
        return sum(entered.values()) + sizes.pop(None, 0) + max(sizes.values(), default=0)


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


class _AsOnGpu(TorchFunctionMode):
    """Two things that the meta device does not do as a GPU under autocast does: attention that keeps what the fused kernels keep,
    not the table of all pairs; products in the weights' precision, layer norms in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_function__(self, function: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None) -> torch.Tensor:
        kwargs = kwargs or {}
        if function is F.scaled_dot_product_attention:
            query, key, value = (args + tuple(kwargs[name] for name in ("query", "key", "value") if name in kwargs))[:3]
            return _Fused.apply(query, key, value, self)
        if function is F.linear:
            args = (args[0].to(args[1].dtype), *args[1:])
        elif function is F.layer_norm:
            args = (args[0].float(), *args[1:])
        return function(*args, **kwargs)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, counted: _AsOnGpu) -> torch.Tensor:
        result = torch.empty_like(query)
        ctx.save_for_backward(query, key, value, result, query.new_empty(query.shape[:-1], dtype=torch.float32))
        ctx.counted, ctx.products = counted, 4 * math.prod(query.shape) * key.shape[-2]
        counted.operations += ctx.products
        return result

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        ctx.counted.operations += ctx.products * 5 // 2  # two products forward, five back
        query, key, value, *_ = ctx.saved_tensors
        return torch.empty_like(query), torch.empty_like(key), torch.empty_like(value), None


def report(config: StageConfig, cost: Cost, size: tuple[int, int], gpus: int, tflops: float) -> str:
    """The cost as lines of text. tflops: what a GPU is taken to reach, 10¹² operations a second."""
    hours = cost.operations * config.steps / (gpus * tflops * 1e12) / 3600
    gib = {name: f"{getattr(cost, name) / GIB:9.2f} GiB" for name in ("weights", "gathered", "gradients", "optimizer", "average", "activations", "memory")}
    return "\n".join([
        f"parameters            {cost.parameters / 1e6:12,.1f} million",
        f"trained parameters    {cost.trained / 1e6:12,.1f} million ({cost.trained / cost.parameters:.1%})",
        f"on each of {gpus} GPU{'s' if gpus > 1 else ''}, {'FSDP' if config.shard and gpus > 1 else 'a copy each' if gpus > 1 else 'one process'}:",
        f"  weights             {gib['weights']}",
        f"  gathered or cast    {gib['gathered']}",
        f"  gradients           {gib['gradients']}",
        f"  optimizer           {gib['optimizer']}",
        f"  average             {gib['average']}",
        f"  activations         {gib['activations']}  ({config.micro_batch} examples of {size[0]} × {size[1]}"
        f"{', gradient checkpointing' if config.gradient_checkpointing else ''})",
        f"  together            {gib['memory']}  and a few GiB for the allocator, CUDA and NCCL",
        f"operations a step     {cost.operations / 1e15:12,.2f} × 10¹⁵ ({config.batch} examples)",
        f"{config.steps:,} steps: {hours:,.1f} hours, {hours * gpus:,.0f} GPU hours, if a GPU keeps up {tflops:g} × 10¹² operations a second (assumed)",
    ])  # fmt: skip
