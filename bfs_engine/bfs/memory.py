"""What a run of a large model needs, what this machine has, and which way of keeping the weights fits.

The need is measured, not guessed: one double and one single block and the VAEs run on torch's meta device, which has shapes
but no numbers, while a tally keeps count of what they hold.
"""

from __future__ import annotations

import importlib.util
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil
import torch
from accelerate import cpu_offload
from diffusers import AutoencoderKL, BitsAndBytesConfig, FluxTransformer2DModel, TorchAoConfig
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..api import EngineError
from ..words import phrase
from .latents import position_ids
from .pipeline import BFSPipeline
from .sharing import attach_sharing

GB = 2**30
SPARE = 0.1  # of the free memory stays free: fragments, the driver's own buffers, other programs
WORDS = 512  # T5 tokens of a FLUX prompt

# FLUX.1 Fill's shapes, for an estimate before its own config.json files are there; BFS's RGBA VAE has one output channel more.
FILL_TRANSFORMER = {
    "in_channels": 384, "out_channels": 64, "num_layers": 19, "num_single_layers": 38, "attention_head_dim": 128, "num_attention_heads": 24,
    "joint_attention_dim": 4096, "pooled_projection_dim": 768, "guidance_embeds": True, "axes_dims_rope": (16, 56, 56),
}  # fmt: skip
FILL_VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4, "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2, "latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False,
}  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """free: bytes free where the model computes; host: bytes of main memory that programs may still take (the same memory
    without an accelerator of its own); extras: optional packages that are installed."""

    device: str  # "cuda", "mps" or "cpu"
    name: str
    free: int
    host: int
    extras: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mode:
    """A way of keeping the backbone's weights. moved: what is brought to the accelerator when its turn comes, "" for nothing."""

    name: str
    words: str
    bits: float = 16
    moved: str = ""  # "", "block" or "layer"
    package: str = ""
    devices: tuple[str, ...] = ("cuda", "mps", "cpu")


MODES = (  # from the fastest and most exact to what fits anywhere
    Mode("bf16", phrase("all weights in bfloat16")),
    Mode("int8", phrase("weights in 8 bits"), 8.1, package="torchao"),
    Mode("fp8", phrase("weights in 8-bit floating point"), 8, devices=("cuda",)),
    Mode("4-bit", phrase("weights in 4 bits"), 4.5, package="bitsandbytes", devices=("cuda",)),
    Mode("group", phrase("weights in main memory, brought in block by block"), moved="block", devices=("cuda",)),
    Mode("sequential", phrase("weights in main memory, brought in layer by layer"), moved="layer", devices=("cuda",)),
)


@dataclass(frozen=True)
class Demand:
    """Bytes. blocks: the backbone's blocks in bfloat16; sharing: what BFS adds to them; outside: embedders and VAEs; block,
    layer: the largest single block with its sharing, and layer; working: the most that one step or VAE holds beside weights."""

    blocks: int
    sharing: int
    outside: int
    block: int
    layer: int
    working: int


@dataclass(frozen=True)
class Plan:
    """A mode that fits; device and host: the bytes it will take there."""

    mode: Mode
    machine: Machine
    device: int
    host: int

    @property
    def sentence(self) -> str:
        """For people, before the run."""
        return phrase(
            "On {machine}, {mode}: about {need:.1f} of {free:.1f} GB free.",
            machine=self.machine.name, mode=self.mode.words, need=_gb(self.device), free=_gb(self.machine.free),
        )  # fmt: skip


def this_machine() -> Machine:
    """The first accelerator that torch sees, or the processor."""
    extras = frozenset(mode.package for mode in MODES if mode.package and importlib.util.find_spec(mode.package))
    host = psutil.virtual_memory().available
    if torch.cuda.is_available():
        return Machine("cuda", torch.cuda.get_device_name(), torch.cuda.mem_get_info()[0], host, extras)
    if torch.backends.mps.is_available():
        return Machine("mps", phrase("the graphics processor"), min(torch.mps.recommended_max_memory(), host), host, extras)
    return Machine("cpu", phrase("the processor"), host, host, extras)


def choose(machine: Machine, demand: Demand, wanted: str | None = None) -> Plan:
    """The first mode that fits, or the one that is wanted by its name whether it fits or not. Raises EngineError."""
    if wanted is not None:
        return _wanted(machine, demand, wanted)
    plans = [plan(machine, demand, mode) for mode in MODES if machine.device in mode.devices]
    installed = [one for one in plans if one.mode.package in machine.extras | {""}]
    if fitting := next((one for one in installed if _fits(one)), None):
        return fitting
    missing = next((one for one in plans if _fits(one)), None)
    least = min(installed, key=lambda one: one.device)
    here = {"need": _gb(least.device), "mode": least.mode.words, "machine": machine.name, "free": _gb(machine.free)}
    words = phrase("This model needs {need:.1f} GB for a picture of this size even with {mode}; {machine} has {free:.1f} GB free.", **here)
    if least.mode.moved:
        words = phrase(
            "This model needs {need:.1f} GB for a picture of this size even with {mode}, and {host:.1f} GB of main memory; "
            "{machine} has {free:.1f} GB free, main memory {spare:.1f} GB.",
            **here, host=_gb(least.host), spare=_gb(machine.host),
        )  # fmt: skip
    if missing:
        raise EngineError(words, phrase("With {package} installed it would fit ({mode}).", package=missing.mode.package, mode=missing.mode.words))
    raise EngineError(words, phrase("Close other programs, or use the starter."))


def _wanted(machine: Machine, demand: Demand, wanted: str) -> Plan:
    mode = next((mode for mode in MODES if mode.name == wanted), None)
    if mode is None:
        names = ", ".join(one.name for one in MODES)
        raise EngineError(phrase("There is no memory mode “{name}”.", name=wanted), phrase("The modes are {names}.", names=names))
    if machine.device not in mode.devices:
        words = phrase("The memory mode {name} does not work on {machine}.", name=mode.name, machine=machine.name)
        raise EngineError(words, phrase("Leave the choice to the program."))
    if mode.package and mode.package not in machine.extras:
        words = phrase("The memory mode {name} needs the package {package}, which is not installed.", name=mode.name, package=mode.package)
        raise EngineError(words, f"pip install {mode.package}")
    return plan(machine, demand, mode)


def plan(machine: Machine, demand: Demand, mode: Mode) -> Plan:
    """What `mode` takes, whether it fits or not."""
    kept = {
        "": int(demand.blocks * mode.bits / 16) + demand.sharing + demand.outside,
        "block": 2 * demand.block + demand.outside,  # one computes while the next comes in
        "layer": demand.layer,
    }[mode.moved]
    if machine.device != "cuda":
        return Plan(mode, machine, kept + demand.working, kept + demand.working)
    whole = mode.moved or mode.name == "fp8"  # fp8 is made of bfloat16 in main memory
    return Plan(mode, machine, kept + demand.working, demand.blocks + demand.sharing + demand.outside if whole else 0)


def _fits(one: Plan) -> bool:
    return one.device <= (1 - SPARE) * one.machine.free and one.host <= (1 - SPARE) * one.machine.host


def quantization(mode: Mode) -> TorchAoConfig | BitsAndBytesConfig | None:
    """How from_pretrained is told to make the weights small while it loads them; fp8 comes after loading (`settle`)."""
    if mode.package == "torchao":
        from torchao.quantization import Int8WeightOnlyConfig

        return TorchAoConfig(Int8WeightOnlyConfig())
    if mode.package == "bitsandbytes":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return None


def settle(pipeline: BFSPipeline, mode: Mode, device: torch.device) -> None:
    """Put a pipeline's parts where they compute, or wait. The transformer's sharing is loaded, and stays in bfloat16."""
    place(pipeline.transformer, (pipeline.vae, pipeline.rgba_vae), mode, device)


def place(transformer: nn.Module, others: Iterable[nn.Module], mode: Mode, device: torch.device) -> None:
    """The same for any model: a transformer of diffusers, and what stands beside it."""
    if mode.name == "fp8":
        transformer.enable_layerwise_casting(torch.float8_e4m3fn, torch.bfloat16, skip_modules_pattern=("pos_embed", "norm", "processor"))
    if mode.moved == "layer":
        for part in (transformer, *others):
            cpu_offload(part, device)
        return
    if mode.moved == "block":
        streams = {"use_stream": True, "low_cpu_mem_usage": True} if device.type == "cuda" else {}
        transformer.enable_group_offload(device, offload_type="block_level", num_blocks_per_group=1, **streams)
    else:
        transformer.to(device)
    for part in others:
        part.to(device)


def _gb(count: int) -> float:
    return count / GB


def demand_of(transformer: dict, vae: dict, rgba_vae: dict, side: int, count: int = 1, sharing: tuple[int, str] = (4, "stream")) -> Demand:
    """What `count` layers in a frame of `side` pixels need. The first three are configurations (config.json of diffusers);
    sharing: rank and merge form."""
    config = {key: value for key, value in transformer.items() if not key.startswith(("_", "sharing"))}
    with torch.device("meta"):
        model = FluxTransformer2DModel(**config | {"num_layers": 1, "num_single_layers": 1}).eval()
        attach_sharing(model, sharing[0], merge=sharing[1])
        nn.Module.to(model, torch.bfloat16)
        vaes = [AutoencoderKL.from_config(one).eval() for one in (vae, rgba_vae)]
    repeats = ((model.transformer_blocks[0], config["num_layers"]), (model.single_transformer_blocks[0], config["num_single_layers"]))
    outside = [p for name, p in model.named_parameters() if "transformer_blocks" not in name] + [p for one in vaes for p in one.parameters()]
    return Demand(
        blocks=sum(times * _bytes(_of_block(block, sharing=False)) for block, times in repeats),
        sharing=sum(times * _bytes(_of_block(block, sharing=True)) for block, times in repeats),
        outside=_bytes(outside),
        block=max(_bytes(block.parameters()) for block, _ in repeats),
        layer=max(_bytes(module.parameters(recurse=False)) for module in model.modules()),
        working=max(_step(model, side, count), *(_picture(one, side, count) for one in vaes)),
    )


def _of_block(block: nn.Module, sharing: bool) -> list[nn.Parameter]:
    return [p for name, p in block.named_parameters() if (".processor." in name) == sharing]


def _bytes(parameters: Iterable[torch.Tensor]) -> int:
    return sum(p.numel() * p.element_size() for p in parameters)


@torch.no_grad()
def _step(model: FluxTransformer2DModel, side: int, count: int) -> int:
    """Bytes that one denoising step of `count` layers holds; every block takes the same."""
    config, tokens, items = model.config, (side // 16) ** 2, 2 * count
    with torch.device("meta"):
        given = {
            "hidden_states": torch.empty(items, tokens, config.in_channels, dtype=torch.bfloat16),
            "encoder_hidden_states": torch.empty(items, WORDS, config.joint_attention_dim, dtype=torch.bfloat16),
            "pooled_projections": torch.empty(items, config.pooled_projection_dim, dtype=torch.bfloat16),
            "timestep": torch.empty(items),
            "guidance": torch.empty(items) if config.guidance_embeds else None,
            "txt_ids": torch.empty(WORDS, 3),
        }
        return peak_bytes(lambda: model(**given, img_ids=position_ids(side // 8, side // 8, torch.device("meta"))))


@torch.no_grad()
def _picture(vae: AutoencoderKL, side: int, count: int) -> int:
    """Bytes that a VAE holds while it decodes `count` pictures, which takes more than encoding."""
    latents = torch.empty(count, vae.config.latent_channels, side // 8, side // 8, device="meta")
    return peak_bytes(lambda: vae.decode(latents))


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that tensors made by `work` hold at one time; attention as a fused kernel does it, without its scores."""
    with _FusedAttention(), _Tally() as tally:
        work()
    return tally.most


class _Tally(TorchDispatchMode):
    """Counts the storages that operations bring to life, until they die."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self._alive: set[int] = set()

    def __torch_dispatch__(self, function: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None) -> object:
        given = {t.untyped_storage()._cdata for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)}
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage(), given)
        return result

    def _count(self, storage: torch.UntypedStorage, given: set[int]) -> None:
        key = storage._cdata
        if key in self._alive or key in given:  # a view, or written in place
            return
        self._alive.add(key)
        self.now += storage.nbytes()
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._died, key, storage.nbytes())

    def _died(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size


class _FusedAttention(TorchFunctionMode):
    """Attention on the meta device would be the textbook's, with all scores in memory at once."""

    def __torch_function__(self, function: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None) -> object:
        if function is F.scaled_dot_product_attention:
            query = args[0] if args else kwargs["query"]
            return torch.empty_like(query)
        return function(*args, **(kwargs or {}))
