"""The authors' released weights give here what they give in the authors' code (tests/golden/bfs_release), or are refused whole."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

from bfs_engine.api import EngineError
from bfs_engine.bfs.latents import pack_mask, unpack
from bfs_engine.bfs.pipeline import BFSPipeline, Conditioning, mean_latent
from bfs_engine.bfs.release import load_release
from bfs_engine.bfs.sharing import BFSTransformer2DModel
from bfs_engine.evaluate.layers import over
from tests import released

VARIANTS = list(released.SEEDS)
MERGES = {"a_conv": "stream", "b_conv_fuse": "joint"}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return request.param


def written(folder: Path, weights: dict[str, torch.Tensor] | object) -> Path:
    torch.save(weights, folder / "trained_weights.pt")
    return folder / "trained_weights.pt"


def loaded(variant: str, folder: Path, kind: type[FluxTransformer2DModel] = FluxTransformer2DModel) -> FluxTransformer2DModel:
    model = released.transformer(variant, kind)
    load_release(model, written(folder, released.trained_weights(variant)))
    return model


@torch.no_grad()
def forward(model: FluxTransformer2DModel, golden: dict[str, torch.Tensor], **more) -> torch.Tensor:
    dtype = model.proj_out.weight.dtype
    numbers = {key: golden[f"fwd.{key}"].to(dtype) for key in ("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep")}
    ids = {key: golden[f"fwd.{key}"] for key in ("img_ids", "txt_ids", "guidance")}
    return model(**numbers, **ids, return_dict=False, **more)[0].float()


def furthest(got: torch.Tensor, want: torch.Tensor) -> float:
    return (got - want).abs().max().item()


@pytest.mark.parametrize("kind", [FluxTransformer2DModel, BFSTransformer2DModel])
def test_both_velocities_are_those_of_the_authors_code(variant: str, kind: type[FluxTransformer2DModel], tmp_path: Path) -> None:
    golden = released.outputs(variant)
    model = loaded(variant, tmp_path, kind)
    assert furthest(forward(model, golden), golden["fwd.noise_pred"]) < 2e-5
    alone = forward(model, golden, joint_attention_kwargs={"sharing": False})
    assert furthest(alone, golden["fwd.noise_pred_no_joint"]) < 2e-5


def test_every_block_inside_is_too(variant: str, tmp_path: Path) -> None:
    golden = released.outputs(variant)
    model = loaded(variant, tmp_path)
    seen: dict[str, torch.Tensor] = {}
    for kind, blocks in (("double", model.transformer_blocks), ("single", model.single_transformer_blocks)):
        for index, block in enumerate(blocks):
            watch(block, f"mid.{kind}.{index}", seen)
    forward(model, golden)
    told = {key for key in golden if key.startswith("mid.")}
    assert told <= seen.keys()
    assert {key: furthest(seen[key], golden[key]) for key in told if furthest(seen[key], golden[key]) >= 2e-5} == {}


def watch(block: torch.nn.Module, name: str, seen: dict[str, torch.Tensor]) -> None:
    """Write what happens in a block under the names of the reference."""
    processor = block.attn.processor

    def merged(merge, given, result):
        seen[f"{name}.attn1n_out"] = given[0]
        seen[f"{name}.conv1n_out"] = result if merge.form == "stream" else torch.cat(result.chunk(2), -1)

    def projected(letter: str):
        def hook(module, given, result):
            halves = (result + processor._delta(letter, given[0])).chunk(2)
            seen[f"{name}.attn1n_to_{letter}"] = torch.cat(halves if letter == "q" else halves[::-1])

        return hook

    def done(module, given, result):
        seen[f"{name}.encoder_hidden_states"], image = result
        seen[f"{name}.hidden_states"] = image if "double" in name else torch.cat(result, 1)

    processor.merge.register_forward_hook(merged)
    for letter in "qkv":
        getattr(block.attn, f"to_{letter}").register_forward_hook(projected(letter))
    block.register_forward_hook(done)


@pytest.mark.filterwarnings("ignore:There are modules")
def test_in_bfloat16_it_is_within_a_percent(variant: str, tmp_path: Path) -> None:
    golden = released.outputs(variant)
    want = golden["fwd.noise_pred_bf16_rounded_time_guidance"]
    got = forward(loaded(variant, tmp_path).to(torch.bfloat16), golden)
    assert (got - want).norm() / want.norm() < 0.01


def test_the_pipeline_makes_the_same_picture_and_layer(variant: str, tmp_path: Path) -> None:
    golden = {key.removeprefix("loop."): value for key, value in released.outputs(variant).items() if key.startswith("loop.")}
    released.vae(variant, 4).save_pretrained(tmp_path / "transparency_vae")
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    rgba_vae = AutoencoderKL.from_pretrained(tmp_path / "transparency_vae")
    pipe = BFSPipeline(loaded(variant, tmp_path), scheduler, released.vae(variant, 3), rgba_vae)
    assert torch.equal(pack_mask(golden["mask_preprocessed"]), golden["packed_mask"][:1])
    mean = mean_latent(pipe.vae, golden["image_preprocessed"])
    assert furthest(mean, (golden["vae_posterior_mean"] - 0.1159) * 0.3611) < 1e-5
    control = torch.cat([golden["packed_background"], golden["packed_mask"]], -1)
    condition = Conditioning(control[1:], golden["encoder_hidden_states"][:1], golden["pooled_projections"][:1], golden["txt_ids"])

    def own_backgrounds(module, given, named):  # the release draws another background latent for each branch
        named["hidden_states"] = torch.cat([named["hidden_states"][..., :64], control], -1)
        return given, named

    pipe.transformer.register_forward_pre_hook(own_backgrounds, with_kwargs=True)
    seen = steps_of(pipe)
    latents = pipe.denoise(golden["init_latents"], condition, 8, 8, 4, 30.0)
    assert furthest(pipe.scheduler.timesteps, golden["timesteps"]) < 1e-3 and furthest(pipe.scheduler.sigmas, golden["sigmas"]) < 1e-6
    for name in ("model_timestep", "noise_pred_per_step", "latents_per_step"):
        assert furthest(torch.stack(seen[name]), golden[name]) < 1e-4
    assert furthest(latents, golden["final_latents"]) < 1e-4
    composite, foreground = unpack(latents, 8, 8).detach().chunk(2)
    assert furthest(composite, golden["final_composite_latents"]) < 1e-4
    assert furthest(foreground, golden["final_foreground_latents"]) < 1e-4
    with torch.no_grad():
        layer = pipe.decode_layer(foreground)[0]
        picture = (pipe.vae.decode(composite / 0.3611 + 0.1159).sample[0] / 2 + 0.5).clamp(0, 1)
    assert furthest(layer, golden["out_foreground_rgba"]) < 1e-4
    assert furthest(picture, golden["out_composite_rgb"]) < 1e-4
    eight = (255 * layer).round().permute(1, 2, 0)
    assert furthest(eight, golden["out_foreground_rgba_u8"].float()) <= 1
    # The authors truncate where this project rounds, so the last bit may differ.
    over_background = over((eight / 255).permute(2, 0, 1)[None], golden["image_u8"].permute(0, 3, 1, 2).float() / 255)[0]
    assert furthest((255 * over_background).permute(1, 2, 0), golden["out_recomposite_u8"].float()) < 2


def steps_of(pipe: BFSPipeline) -> dict[str, list[torch.Tensor]]:
    """What the pipeline's steps ask, hear and make from now on, under the names of the reference."""
    seen: dict[str, list[torch.Tensor]] = {"model_timestep": [], "noise_pred_per_step": [], "latents_per_step": []}
    step = pipe.scheduler.step

    def stepped(velocity: torch.Tensor, timestep: torch.Tensor, latents: torch.Tensor, **more: object) -> tuple[torch.Tensor]:
        result = step(velocity, timestep, latents, **more)
        seen["latents_per_step"].append(result[0].detach())
        return result

    def heard(module: torch.nn.Module, given: tuple, named: dict, result: tuple[torch.Tensor]) -> None:
        seen["model_timestep"].append(named["timestep"])
        seen["noise_pred_per_step"].append(result[0].detach())

    pipe.scheduler.step = stepped
    pipe.transformer.register_forward_hook(heard, with_kwargs=True)
    return seen


def test_base_weights_are_shared_and_copies_in_the_file_dropped(variant: str, tmp_path: Path) -> None:
    golden = released.outputs(variant)
    model = released.transformer(variant)
    before = {key: value.data_ptr() for key, value in model.named_parameters()}
    load_release(model, written(tmp_path, released.with_copies(variant)))
    after = {key: value.data_ptr() for key, value in model.named_parameters()}
    assert {key: after[key] for key in before} == before
    assert sum(p.numel() for key, p in model.named_parameters() if key not in before) == sum(
        value.numel() for value in released.trained_weights(variant).values()
    )
    assert furthest(forward(model, golden), golden["fwd.noise_pred"]) < 2e-5


@torch.no_grad()
def test_once_loaded_it_can_be_saved_as_a_whole(variant: str, tmp_path: Path) -> None:
    golden = released.outputs(variant)
    loaded(variant, tmp_path, BFSTransformer2DModel).save_pretrained(tmp_path / "transformer")
    again = BFSTransformer2DModel.from_pretrained(tmp_path / "transformer")
    assert again.config.sharing_merge == MERGES[variant]
    assert furthest(forward(again.eval(), golden), golden["fwd.noise_pred"]) < 2e-5


def spoiled(change: str) -> dict[str, torch.Tensor]:
    weights = released.trained_weights("a_conv")
    if change == "missing":
        del weights["transformer_blocks.0.attn1n.to_q.lora_A.xy_lora.weight"]
    elif change == "unexpected":
        weights["transformer_blocks.0.attn1n.to_q.lora_A.zz_lora.weight"] = torch.ones(4, 64)
    elif change == "misshapen":
        weights["transformer_blocks.1.attn1n.to_v.lora_B.yx_lora.weight"] = torch.ones(64, 5)
    elif change == "a projection everywhere":
        weights = {key: value for key, value in weights.items() if not (key.startswith("single") and "to_q" in key)}
    elif change == "another merge":
        weights["single_transformer_blocks.2.conv1n.weight"] = torch.ones(128, 128)
    elif change == "not finite":
        weights["single_transformer_blocks.2.conv1n.weight"][3, 3] = torch.nan
    elif change == "wider":
        weights = {key: torch.ones([96 if side == 64 else side for side in value.shape]) for key, value in weights.items()}
    elif change == "deeper":
        weights |= {key.replace("blocks.1.", "blocks.7."): value for key, value in weights.items()}
    else:
        weights = {"layer.weight": torch.ones(3)}
    return weights


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("missing", r"1 missing \(transformer_blocks.0.attn1n.to_q.lora_A.xy_lora.weight\)"),
        ("unexpected", r"1 unexpected \(transformer_blocks.0.attn1n.to_q.lora_A.zz_lora.weight\)"),
        ("misshapen", r"1 misshapen \(transformer_blocks.1.attn1n.to_v.lora_B.yx_lora.weight \(64, 5\) ≠ \(64, 4\)\)"),
        ("another merge", r"1 misshapen \(single_transformer_blocks.2.conv1n.weight \(128, 128\) ≠ \(64, 64\)\)"),
        ("not finite", "not finite, in single_transformer_blocks.2.conv1n.weight"),
        ("wider", "its merge is 96 × 96, and this one is 64 wide"),
        ("deeper", r"30 unexpected \(.*transformer_blocks.7.attn1n.to_q.lora_A.xy_lora.weight"),
        ("a projection everywhere", r"12 missing \(single_transformer_blocks.\{0,1,2\}.attn1n.to_q.lora_A.xy_lora.weight, .*"
                                    r"single_transformer_blocks.\{0,1,2\}.attn1n.to_q.lora_B.yx_lora.weight\)\.$"),
        ("something else", "holds no information sharing of BFS"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name_and_change_nothing(change: str, sentence: str, tmp_path: Path) -> None:
    golden = released.outputs("a_conv")
    model = released.transformer("a_conv")
    before = forward(model, golden)
    with pytest.raises(EngineError, match=sentence):
        load_release(model, written(tmp_path, spoiled(change)))
    assert torch.equal(forward(model, golden), before)


def test_a_file_that_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    model = released.transformer("a_conv")
    path = written(tmp_path, released.trained_weights("a_conv"))
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"<html>not found</html>"):
        path.write_bytes(content)
        with pytest.raises(EngineError, match="damaged, or another kind of file"):
            load_release(model, path)
    with pytest.raises(EngineError, match="does not hold a table of tensors"):
        load_release(model, written(tmp_path, [torch.ones(2)]))
    with pytest.raises(EngineError, match="damaged, or another kind of file"):
        load_release(model, written(tmp_path, {"code": print}))
    with pytest.raises(EngineError, match="There is no file"):
        load_release(model, tmp_path / "nothing.pt")
    with pytest.raises(EngineError, match="this is a Linear"):
        load_release(torch.nn.Linear(2, 2), path)


@pytest.mark.parametrize("stream", [b"\x80\x02e.", b"\x80\x02b.", b"\x80\x02h\x07.", b"\x80\x02J\x01.", b"\x80\x02."])
def test_a_table_of_contents_that_is_nonsense_gets_a_sentence(stream: bytes, tmp_path: Path) -> None:
    model = released.transformer("a_conv")
    sound, path = written(tmp_path, {"a": torch.ones(2)}), tmp_path / "damaged.pt"
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, stream if name.endswith("data.pkl") else old.read(name))
    with pytest.raises(EngineError, match="damaged, or another kind of file"):
        load_release(model, path)
