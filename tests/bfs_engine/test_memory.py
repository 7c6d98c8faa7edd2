"""A large model says what it needs before it runs, and runs on the machine there is."""

from __future__ import annotations

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

from bfs_engine.api import EngineError
from bfs_engine.bfs import memory
from bfs_engine.bfs.flux import FluxEngine, expected
from bfs_engine.bfs.memory import FILL_TRANSFORMER as FLUX
from bfs_engine.bfs.memory import FILL_VAE as VAE
from bfs_engine.bfs.memory import GB, Demand, Machine, choose, demand_of, peak_bytes, settle
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.release import load_release
from tests import released, tiny

EVERYTHING = frozenset({"torchao", "bitsandbytes"})


@pytest.fixture(scope="module")
def flux() -> Demand:
    """FLUX.1 Fill with the release's sharing, one layer in a frame of 1024 pixels."""
    return demand_of(FLUX, VAE, VAE | {"out_channels": 4}, 1024)


def test_what_flux_needs_is_told_before_it_is_downloaded(flux: Demand, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(memory, "demand_of", lambda *given: asked.append(given) or flux)
    assert expected(card(80)) == choose(card(80), flux).sentence
    assert asked == [(FLUX, VAE, VAE | {"out_channels": 4}, FluxEngine.sides[1])]


def card(gigabytes: float, host: float = 64, extras: frozenset[str] = frozenset()) -> Machine:
    return Machine("cuda", "a graphics card", int(gigabytes * GB), int(host * GB), extras)


def test_flux_at_full_size_needs_what_its_parameters_and_pictures_weigh(flux: Demand) -> None:
    d = 3072
    double = 2 * (6 * d * d + 6 * d) + 8 * (d * d + d) + 2 * (8 * d * d + 5 * d) + 4 * 128  # modulation, attention, MLPs, norms
    single = 3 * (d * d + d) + 3 * (d * d + d) + (4 * d * d + 4 * d) + (5 * d * d + d) + 2 * 128
    merge, loras = d * d, 2 * 2 * 4 * d  # for each projection and branch, down and up of rank 4
    assert flux.blocks == 2 * (19 * double + 38 * single)
    assert flux.sharing == 2 * (57 * merge + (19 * 4 + 38 * 3) * loras)
    assert flux.block == 2 * (double + merge + 4 * loras)
    assert 2.5 * GB < flux.working < 3.5 * GB  # decoding 1024² in float32: two maps of 256 channels and their convolution's result
    small = demand_of(FLUX, VAE, VAE, 512)
    assert 0.5 * GB < small.working < 0.9 * GB and small.blocks == flux.blocks


@pytest.mark.parametrize(
    ("machine", "mode"),
    [
        (card(80), "bf16"),
        (card(24, extras=EVERYTHING), "int8"),
        (card(24), "fp8"),
        (card(24, host=16, extras=EVERYTHING), "int8"),  # quantized while it loads: main memory need not hold it all
        (card(16, extras=EVERYTHING), "4-bit"),
        (card(16), "group"),
        (card(8), "group"),
        (card(4.5), "sequential"),
        (Machine("mps", "a Mac", 48 * GB, 48 * GB), "bf16"),
        (Machine("mps", "a Mac", 24 * GB, 24 * GB, EVERYTHING), "int8"),
        (Machine("cpu", "the processor", 64 * GB, 64 * GB), "bf16"),
    ],
)
def test_the_mode_is_what_fits_best(machine: Machine, mode: str, flux: Demand) -> None:
    plan = choose(machine, flux)
    assert plan.mode.name == mode
    assert plan.device <= machine.free and plan.host <= machine.host
    assert plan.sentence.startswith(f"On {machine.name}, ") and plan.mode.words in plan.sentence


def test_a_machine_that_is_too_small_is_told_what_would_help(flux: Demand) -> None:
    with pytest.raises(EngineError, match=r"needs 3\.\d GB .* even with weights in main memory, brought in layer by layer") as caught:
        choose(card(2), flux)
    assert "use the starter" in caught.value.hint
    with pytest.raises(EngineError, match="main memory 16.0 GB") as caught:
        choose(card(16, host=16), flux)
    assert "With bitsandbytes installed it would fit" in caught.value.hint


def test_a_mode_can_be_wanted_and_is_refused_where_it_cannot_work(flux: Demand) -> None:
    assert choose(card(80), flux, "sequential").mode.name == "sequential"
    with pytest.raises(EngineError, match="needs the package torchao, which is not installed"):
        choose(card(80), flux, "int8")
    with pytest.raises(EngineError, match="does not work on the processor"):
        choose(Machine("cpu", "the processor", 64 * GB, 64 * GB), flux, "group")
    with pytest.raises(EngineError, match="no memory mode “tiny”") as caught:
        choose(card(80), flux, "tiny")
    assert "bf16, int8, fp8, 4-bit, group, sequential" in caught.value.hint


def test_the_tally_counts_what_is_held_at_one_time() -> None:
    def work() -> torch.Tensor:
        first = torch.zeros(1000)  # 4 kB
        second = first + 1  # 8
        del first  # 4
        third = second.view(10, 100)  # a view holds nothing
        third += 1  # nor does writing in place
        return torch.cat([third, third, third])  # 16

    assert peak_bytes(work) == 16_000


@torch.no_grad()
def test_without_numbers_the_tally_is_the_same_as_with_them() -> None:
    def step(device: str) -> int:
        model = tiny.transformer().to(device)
        tokens, words = torch.zeros(2, 16, 288, device=device), torch.zeros(2, 3, 12, device=device)
        ids = {"img_ids": torch.zeros(16, 3, device=device), "txt_ids": torch.zeros(3, 3, device=device)}
        pooled, time = torch.zeros(2, 10, device=device), torch.zeros(2, device=device)
        return peak_bytes(lambda: model(tokens, words, pooled, time, **ids))

    assert step("meta") == step("cpu") > 0


def pipeline(folder, dtype: torch.dtype = torch.float32) -> BFSPipeline:
    released.transformer("a_conv").save_pretrained(folder / "transformer")
    torch.save(released.trained_weights("a_conv"), folder / "trained_weights.pt")
    transformer = FluxTransformer2DModel.from_pretrained(folder / "transformer", dtype=dtype).eval()
    load_release(transformer, folder / "trained_weights.pt")
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    return BFSPipeline(transformer, scheduler, released.vae("a_conv", 3), released.vae("a_conv", 4))


def made(pipe: BFSPipeline) -> torch.Tensor:
    background = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)
    words = {"prompt_embeds": torch.ones(1, 3, 32), "pooled_prompt_embeds": torch.ones(1, 24)}
    return pipe(background, torch.ones(1, 1, 64, 64), **words, num_inference_steps=2).layers


@pytest.mark.parametrize("name", ["group", "sequential"])
def test_weights_that_are_brought_in_for_their_turn_make_the_same_layer(name: str, tmp_path) -> None:
    resident, moved = pipeline(tmp_path), pipeline(tmp_path)
    settle(moved, next(mode for mode in memory.MODES if mode.name == name), torch.device("cpu"))
    assert torch.equal(made(moved), made(resident))
    if name == "sequential":
        assert all(p.device.type == "meta" for p in moved.transformer.parameters())  # none stays behind


def test_weights_in_eight_bit_floating_point_take_half_and_make_nearly_the_same_layer(tmp_path) -> None:
    exact, small = pipeline(tmp_path, torch.bfloat16), pipeline(tmp_path, torch.bfloat16)
    settle(small, next(mode for mode in memory.MODES if mode.name == "fp8"), torch.device("cpu"))
    block = small.transformer.single_transformer_blocks[0]
    assert block.attn.to_q.weight.dtype == torch.float8_e4m3fn
    assert {p.dtype for p in block.attn.processor.parameters()} == {torch.bfloat16}  # sharing keeps its precision
    assert 0 < (made(small) - made(exact)).abs().mean() < 0.02


def test_weights_in_eight_bits_make_nearly_the_same_layer(tmp_path) -> None:
    pytest.importorskip("torchao", reason="torchao is optional")
    exact = pipeline(tmp_path, torch.bfloat16)
    quantized = pipeline(tmp_path, torch.bfloat16)
    mode = next(mode for mode in memory.MODES if mode.name == "int8")
    quantized.transformer = FluxTransformer2DModel.from_pretrained(
        tmp_path / "transformer", dtype=torch.bfloat16, quantization_config=memory.quantization(mode)
    )
    load_release(quantized.transformer, tmp_path / "trained_weights.pt")
    assert type(quantized.transformer.transformer_blocks[0].attn.to_q.weight).__name__ == "Int8Tensor"
    assert 0 < (made(quantized) - made(exact)).abs().mean() < 0.01


def test_four_bits_are_asked_of_bitsandbytes() -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is optional")
    config = memory.quantization(next(mode for mode in memory.MODES if mode.name == "4-bit"))
    assert config.load_in_4bit and config.bnb_4bit_quant_type == "nf4" and config.bnb_4bit_compute_dtype == torch.bfloat16


def test_weights_in_four_bits_make_nearly_the_same_layer(tmp_path) -> None:
    """diffusers loads them on a graphics card only; their arithmetic is the same here: bfloat16 with weights from 4 bits."""
    four = pytest.importorskip("bitsandbytes.functional", reason="bitsandbytes is optional")
    exact, small = pipeline(tmp_path, torch.bfloat16), pipeline(tmp_path, torch.bfloat16)
    for name, module in small.transformer.named_modules():
        if isinstance(module, torch.nn.Linear) and ".processor." not in name:
            module.weight.data = four.dequantize_4bit(*four.quantize_4bit(module.weight.data, quant_type="nf4")).to(torch.bfloat16)
    assert 0 < (made(small) - made(exact)).abs().mean() < 0.1


def test_this_machine_is_described() -> None:
    machine = memory.this_machine()
    assert machine.device in ("cuda", "mps", "cpu") and 0 < machine.host and 0 < machine.free
