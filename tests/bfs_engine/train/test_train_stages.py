"""The two stages: they learn what they should and nothing else, and a run that stops goes on."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
from safetensors.torch import load_file, save, save_file

from bfs_engine import bfs
from bfs_engine.api import EngineError
from bfs_engine.bfs.patch_autoencoder import PatchAutoencoder
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.release import load_release, save_release
from bfs_engine.bfs.sharing import sharing_parameters
from bfs_engine.train import fit, stages
from bfs_engine.train.cache import cache
from bfs_engine.train.loop import Run, collate, read_weights
from bfs_engine.train.losses import realism, regularisation, stage_one
from bfs_engine.train.models import Backbone, Sharing, load_backbone
from bfs_engine.train.shards import Example, Shards, ShardWriter, decode, read_shard
from bfs_engine.train.stages import StageConfig, predict, regularises, train_stage_one, train_stage_two
from bfs_engine.train.starter import StarterConfig, build_transformer
from tests import tiny
from tests.training import backbone, blank_backbone, compositor, latents, pictures, stage


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("scenes")
    return Shards(latents(folder / "latents", pictures(folder / "pictures")))


def batch(shards: Shards, repeats: int = 1, first: int = 5000) -> Example:
    """All scenes, each several times, with numbers that no run has seen."""
    whole = collate([shards[i] for i in range(len(shards))])
    many = {name: value.repeat(repeats, *[1] * (value.ndim - 1)) for name, value in whole.items()}
    return many | {"number": torch.arange(first, first + repeats * len(shards))}


def terms(of: Callable, net: Backbone, config: StageConfig, part: Example, layer: str = "foreground") -> dict[str, torch.Tensor]:
    return of(predict(net.transformer, net, part, layer, config), compositor(), config.composition)


def test_stage_one_learns_a_handful_of_scenes_by_heart(shards: Shards, tmp_path: Path) -> None:
    net, config = blank_backbone(), stage(steps=80, learning_rate=3e-3, trained="all", checkpoint_every=1000)
    train_stage_one(config, tmp_path, net, compositor(), shards)
    with torch.no_grad():
        learned = terms(stage_one, net, config, batch(shards, 4))
    # Noise alone makes each branch's loss 1 for a model that says nothing.
    assert learned["composite"] < 0.4 and learned["foreground"] < 0.4 and learned["composition"] < 0.15


def test_a_frozen_backbone_learns_through_its_sharing_alone(shards: Shards, tmp_path: Path) -> None:
    net, config = backbone(), stage(steps=25, checkpoint_every=1000)
    before = {name: value.clone() for name, value in net.transformer.state_dict().items()}
    part = batch(shards, 4)
    alone = branches_apart(net)
    with torch.no_grad():
        first = terms(stage_one, net, config, part)["loss"].item()
    run = train_stage_one(config, tmp_path, net, compositor(), shards)
    with torch.no_grad():
        last = terms(stage_one, net, config, part)["loss"].item()
    assert last < 0.85 * first
    for name, value in net.transformer.state_dict().items():
        assert torch.equal(value, before[name]) == (".processor." not in name), name
    torch.testing.assert_close(branches_apart(net), alone, msg="the backbone by itself answers as before")
    assert set(run.trained) == set(load_file(tmp_path / "average.safetensors")) == {n for n in before if ".processor." in n}


@torch.no_grad()
def branches_apart(net: Backbone) -> torch.Tensor:
    tokens, words = torch.ones(2, 4, net.transformer.config.in_channels), torch.zeros(2, 1, 12)
    return net.transformer(tokens, words, torch.zeros(2, 10), torch.ones(2) / 2, torch.zeros(4, 3), torch.zeros(1, 3),
                           joint_attention_kwargs={"sharing": False}, return_dict=False)[0]  # fmt: skip


def test_the_layers_loss_reaches_no_weight_that_only_the_composite_uses(shards: Shards, tmp_path: Path) -> None:
    """In the last block nothing comes after the exchange: queries of the composite serve the composite alone, and keys and values
    of the foreground are read by the composite alone. What is frozen has no gradient at all."""
    net, config = backbone(merge="stream"), stage(composition=0.0)
    net.transformer.requires_grad_(False)
    for parameter in sharing_parameters(net.transformer):
        parameter.requires_grad_(True)
    last = net.transformer.single_transformer_blocks[-1].attn.processor
    for_composite = [last.composite_lora["q"], last.foreground_lora["k"], last.foreground_lora["v"]]
    for_layer = [last.foreground_lora["q"], last.composite_lora["k"], last.composite_lora["v"]]
    for of, layer, silent, moved in ((regularisation, "foreground", for_composite, for_layer), (realism, "surrogate", for_layer, for_composite)):
        net.transformer.zero_grad()
        terms(of, net, config, batch(shards), layer)["loss"].backward()
        assert not any(p.grad.any() for lora in silent for p in lora.parameters())
        assert all(p.grad.any() for lora in moved for p in lora.parameters())
    assert all(p.grad is None for name, p in net.transformer.named_parameters() if ".processor." not in name)


def parted(shards: Shards, folder: Path, without: str) -> Shards:
    """The same shards, as data has them that lacks something: photographs have no true layer."""
    folder.mkdir()
    return Shards(rewritten(shards.folder, folder, lambda example: {name: value for name, value in example.items() if name != without}))


def rewritten(source: Path, folder: Path, change: Callable[[Example], Example]) -> Path:
    for path in source.glob("*.tar"):
        with ShardWriter(folder / path.name) as writer:
            for stored in read_shard(path):
                writer.add(stored.key, {"safetensors": save(change(decode(stored)))})
    return folder


def test_stage_two_learns_from_photographs_and_layers_in_turn(shards: Shards, tmp_path: Path) -> None:
    photographs, layers = parted(shards, tmp_path / "photographs", "foreground"), parted(shards, tmp_path / "layers", "surrogate")
    net, config = blank_backbone(), stage(steps=60, learning_rate=4e-3, trained="all", log_every=1, checkpoint_every=1000)
    train_stage_two(config, tmp_path / "run", net, compositor(), layers, photographs)
    with torch.no_grad():
        learned = terms(realism, net, config, batch(photographs, 4), "surrogate") | terms(regularisation, net, config, batch(layers, 4))
    assert learned["composite"] < 0.9 and learned["foreground"] < 0.9  # 1.5 and 1.4 before; 1 for a model that says nothing
    rows = [row for row in map(json.loads, (tmp_path / "run" / "log.jsonl").read_text().splitlines()) if "step" in row]
    assert [("foreground" in row, "composite" in row) for row in rows] == [(regularises(config, s), not regularises(config, s)) for s in range(60)]
    with pytest.raises(EngineError, match="These shards lack surrogate"):
        train_stage_two(config, tmp_path / "confused", blank_backbone(), compositor(), photographs, layers)


def test_one_step_in_five_regularises() -> None:
    config = stage(steps=10)
    assert 0.17 < sum(regularises(config, step) for step in range(4000)) / 4000 < 0.23


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(shards: Shards, tmp_path: Path) -> None:
    config = stage(steps=4)
    whole = train_stage_two(config, tmp_path / "whole", backbone(), compositor(), shards, shards)
    train_stage_two(config, tmp_path / "halves", backbone(), compositor(), shards, shards, until=2)
    halves = train_stage_two(config, tmp_path / "halves", backbone(), compositor(), shards, shards)
    assert halves.step == whole.step == 4
    one, other = (read_weights(run.folder / "checkpoint.safetensors")[0] for run in (whole, halves))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def gradients(net: Backbone, config: StageConfig, shards: Shards, folder: Path) -> dict[str, torch.Tensor]:
    """What one step's gradients are, before they are clipped and spent."""
    run = Run(config, folder, net.transformer)
    for part in run.share(run.examples(shards)):
        with run.autocast():
            loss = terms(stage_one, net, config, part)
        run.backward(loss)
    return {name: p.grad for name, p in run.trained.items()}


def test_checkpointing_and_micro_batches_change_no_gradient(shards: Shards, tmp_path: Path) -> None:
    plain = gradients(backbone(), stage(), shards, tmp_path)
    thrifty = backbone()
    thrifty.transformer.enable_gradient_checkpointing()
    thrifty.transformer.train()
    for net, config in ((thrifty, stage()), (backbone(), stage(micro_batch=1))):
        for name, gradient in gradients(net, config, shards, tmp_path).items():
            torch.testing.assert_close(gradient, plain[name], atol=1e-5, rtol=1e-4)


def test_half_precision_trains_weights_that_stay_whole(shards: Shards, tmp_path: Path) -> None:
    net = Backbone(tiny.transformer(reference=True).bfloat16())
    run = train_stage_one(stage(steps=1, precision="bf16"), tmp_path, net, compositor(), shards)
    assert {p.dtype for p in run.trained.values()} == {torch.float32}
    assert net.transformer.x_embedder.weight.dtype == torch.bfloat16


@pytest.mark.parametrize("prediction", ["sample", "change"])
def test_models_that_predict_otherwise_are_trained_on_the_same_losses(shards: Shards, prediction: str) -> None:
    """A model whose output is exactly right has no loss, whatever its output means."""
    spread = [[0.5] * 4, [0.4] * 4] if prediction == "change" else None
    net = Backbone(tiny.transformer(reference=True), "shared", prediction, spread)
    part = batch(shards)
    p = predict(net.transformer, net, part, "foreground", stage())
    assert torch.equal(*p.noise.chunk(2)), "one noise for both branches, as the paper's text says"

    clean = torch.cat([part["composite"], part["foreground"]]).float()

    def perfect(hidden_states: torch.Tensor, timestep: torch.Tensor, **rest) -> tuple[torch.Tensor]:
        tokens, t = stages.pack(clean), timestep[:, None, None]
        if prediction == "sample":
            return (tokens,)
        base = stages.pack(torch.cat([part["pasted"], part["reference"]]).float())
        zero, one = (stages.changed(base, torch.full_like(tokens, v), hidden_states[..., :16], t, stages.packed_spread(spread, len(tokens))) for v in (0, 1))
        return ((tokens - zero) / (one - zero),)

    exact = predict(perfect, net, part, "foreground", stage())
    late = exact.time > 0.1  # below it the velocity is that of a slightly later time, on purpose
    assert late.any()
    torch.testing.assert_close(exact.predicted[late], (exact.noise - exact.clean)[late], atol=1e-3, rtol=1e-3)


def test_a_model_of_larger_patches_is_trained_alike(tmp_path: Path) -> None:
    """A starter for frames of twice the side: the same tokens, each of twice the pixels."""
    codec = {"patch": 16, "block_out_channels": (1,) * 5, "refiner_channels": 0, "latent_channels": 4}
    vae, rgba_vae = PatchAutoencoder(3, 3, **codec), PatchAutoencoder(4, 4, **codec)
    config = StarterConfig(heads=2, head_dim=16, single_blocks=1, latent_channels=4, patch=16)
    BFSPipeline(build_transformer(config), FlowMatchEulerDiscreteScheduler(), vae, rgba_vae, prediction="change", spread=[[0.5] * 4] * 2).save_pretrained(tmp_path / "model")
    cache(pictures(tmp_path / "pictures", size=64), tmp_path / "latents", vae, rgba_vae, None, [(64, 64)])
    part = {name: value[None] for name, value in Shards(tmp_path / "latents")[0].items()} | {"number": torch.tensor([0])}
    assert part["composite"].shape[2:] == part["reach"].shape[2:] == (4, 4)
    net = load_backbone(tmp_path / "model", Sharing())
    assert net.scale == 16
    predicted = predict(net.transformer, net, part, "foreground", stage(effects=8.0))
    assert predicted.predicted.shape == (2, 4, 4, 4) and predicted.predicted.isfinite().all()
    with pytest.raises(EngineError, match="multiples of 32"):
        cache(tmp_path / "pictures", tmp_path / "others", vae, rgba_vae, None, [(48, 48)])


def test_flux_reads_text_and_guidance_and_no_reference(shards: Shards) -> None:
    """The same shards, whatever the model takes of them."""
    net, part = Backbone(tiny.transformer(guidance_embeds=True)), batch(shards)
    bare = predict(net.transformer, net, part, "foreground", stage())
    asked = part | {"prompt_embeds": torch.randn(4, 7, 12).bfloat16(), "pooled": torch.randn(4, 10).bfloat16()}
    told = predict(net.transformer, net, asked, "foreground", stage())
    guided = predict(net.transformer, net, asked, "foreground", stage(guidance=30.0))
    assert not torch.allclose(told.predicted, bare.predicted) and not torch.allclose(guided.predicted, told.predicted)
    with pytest.raises(EngineError, match="hold text 5 wide, and the transformer reads 12"):
        predict(net.transformer, net, part | {"prompt_embeds": torch.zeros(4, 7, 5), "pooled": torch.zeros(4, 10)}, "foreground", stage())


def test_a_loss_that_is_no_number_stops_the_run_and_moves_nothing(shards: Shards, tmp_path: Path) -> None:
    net, broken = backbone(), compositor()
    torch.nn.init.constant_(broken.leave.bias, float("nan"))
    config = stage(steps=2)
    train_stage_one(config, tmp_path, net, compositor(), shards, until=1)
    kept = {name: p.clone() for name, p in net.transformer.state_dict().items()}
    with pytest.raises(EngineError, match="At step 1 the loss or its gradient is not a number"):
        train_stage_one(config, tmp_path, net, broken, shards)
    assert all(torch.equal(value, kept[name]) for name, value in net.transformer.state_dict().items())
    assert read_weights(tmp_path / "checkpoint.safetensors")[1]["step"] == "1"


def test_a_checkpoint_that_is_cut_short_or_of_another_model_changes_nothing(shards: Shards, tmp_path: Path) -> None:
    config = stage(steps=1)
    train_stage_one(config, tmp_path / "good", backbone(), compositor(), shards)
    good = tmp_path / "good" / "checkpoint.safetensors"
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / good.name).write_bytes(good.read_bytes()[:-1000])
    shutil.copytree(tmp_path / "good", tmp_path / "other")
    for folder, net, told in (
        ("cut", backbone(), "cannot be read"),
        ("other", backbone(merge="stream"), "not of this model: .* missing|not of this model: .*unknown"),
    ):
        fresh = {name: p.clone() for name, p in net.transformer.state_dict().items()}
        with pytest.raises(EngineError, match=told):
            train_stage_one(config, tmp_path / folder, net, compositor(), shards)
        assert all(torch.equal(value, fresh[name]) for name, value in net.transformer.state_dict().items())


def test_a_checkpoint_with_numbers_that_are_none_changes_nothing(shards: Shards, tmp_path: Path) -> None:
    config = stage(steps=2)
    train_stage_one(config, tmp_path, backbone(), compositor(), shards, until=1)
    path = tmp_path / "checkpoint.safetensors"
    saved, about = read_weights(path)
    spoilt = sorted(name for name in saved if name.startswith("optimizer/") and name.endswith("exp_avg"))[0]  # the last to be taken over
    saved[spoilt].view(-1)[0] = float("nan")
    save_file(saved, path, about)
    net = backbone()
    fresh = {name: p.clone() for name, p in net.transformer.state_dict().items()}
    with pytest.raises(EngineError, match=r"1 not numbers \(optimizer/"):
        train_stage_one(config, tmp_path, net, compositor(), shards)
    assert all(torch.equal(value, fresh[name]) for name, value in net.transformer.state_dict().items())


class Greedy(torch.nn.Module):
    """A compositor that asks for more memory than there is, once it has been asked for long enough."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left, self.inner = after, compositor()

    def forward(self, foreground: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
        self.left -= 1
        if self.left < 0:
            torch.empty(1 << 56, dtype=torch.uint8)
        return self.inner(foreground, background)


def test_when_memory_runs_out_amid_a_run_it_goes_on_from_its_checkpoint(shards: Shards, tmp_path: Path) -> None:
    config = stage(steps=3, checkpoint_every=1)
    whole = train_stage_one(config, tmp_path / "whole", backbone(), compositor(), shards)
    net = backbone()
    with pytest.raises(RuntimeError, match="allocate memory"):
        train_stage_one(config, tmp_path / "full", net, Greedy(after=1), shards)
    saved, about = read_weights(tmp_path / "full" / "checkpoint.safetensors")
    assert about["step"] == "1" and all(torch.equal(p, saved[f"weights/{n}"]) for n, p in net.transformer.named_parameters() if p.requires_grad)
    again = train_stage_one(config, tmp_path / "full", backbone(), compositor(), shards)
    one, other = (read_weights(run.folder / "checkpoint.safetensors")[0] for run in (whole, again))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_flux_gets_fresh_sharing_and_a_stages_weights_go_on_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    flux = FluxTransformer2DModel(in_channels=2 * 16 + 256, out_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8,
                                  num_attention_heads=2, joint_attention_dim=12, pooled_projection_dim=10, axes_dims_rope=(2, 2, 4))  # fmt: skip
    flux.save_pretrained(tmp_path / "flux" / "transformer")
    loaded = load_backbone(tmp_path / "flux", Sharing(rank=2, merge="stream"))
    assert (loaded.noise, loaded.prediction) == ("independent", "velocity")
    asked = (torch.randn(2, 4, 288), torch.zeros(2, 1, 12), torch.zeros(2, 10), torch.ones(2) / 2, torch.zeros(4, 3), torch.zeros(1, 3))
    with torch.no_grad():
        assert torch.allclose(loaded.transformer(*asked, return_dict=False)[0], flux(*asked, return_dict=False)[0], atol=1e-6)
    trained = {name: torch.randn_like(value) for name, value in loaded.transformer.state_dict().items() if ".processor." in name}
    save_file(trained, tmp_path / "average.safetensors")
    again = load_backbone(tmp_path / "flux", Sharing(rank=2, merge="stream"), start=tmp_path / "average.safetensors").transformer.state_dict()
    assert all(torch.equal(again[name], value) for name, value in trained.items())
    with pytest.raises(EngineError, match="are not of this model: .* of another shape"):
        load_backbone(tmp_path / "flux", Sharing(rank=3, merge="stream"), start=tmp_path / "average.safetensors")


def test_trained_sharing_is_written_as_the_authors_released_theirs(tmp_path: Path) -> None:
    trained = tiny.transformer(merge="stream")
    sharing = {name: value for name, value in trained.state_dict().items() if ".processor." in name}
    save_release(sharing, tmp_path / "trained_weights.pt", alpha=trained.config.sharing_alpha)
    save_release(sharing, tmp_path / "stronger.pt", alpha=2 * trained.config.sharing_alpha)
    asked = (torch.randn(2, 4, 288), torch.zeros(2, 1, 12), torch.zeros(2, 10), torch.ones(2) / 2, torch.zeros(4, 3), torch.zeros(1, 3))
    blank = tiny.transformer(merge="joint")
    with torch.no_grad():
        expected = trained(*asked, return_dict=False)[0]
        load_release(blank, tmp_path / "trained_weights.pt")
        assert torch.allclose(blank(*asked, return_dict=False)[0], expected, atol=1e-6)
        load_release(blank, tmp_path / "stronger.pt")
        assert not torch.allclose(blank(*asked, return_dict=False)[0], expected, atol=1e-3)
    with pytest.raises(EngineError, match="no place for a merge with a hidden layer"):
        save_release({n: v for n, v in tiny.transformer().state_dict().items() if ".processor." in n}, tmp_path / "mlp.pt", alpha=4.0)


@pytest.mark.parametrize(("mistake", "told"), [
    ({"stepz": 3}, "stepz"), ({"steps": "many"}, "steps must be int"), ({"batch": 0}, "batch must be at least 1"),
    ({"times": "sometimes"}, "times must be one of uniform, logit-normal"), ({"regularise": 1.5}, "regularise must be from 0 to 1"),
])  # fmt: skip
def test_a_configuration_with_a_mistake_is_refused_in_a_sentence(tmp_path: Path, mistake: dict, told: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(mistake))
    with pytest.raises(EngineError, match=f"config.json cannot be used: .*{told}"):
        StageConfig.load(path)


def test_a_batch_that_cannot_be_shared_is_refused(shards: Shards, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="A batch of 5 cannot be shared by 1 processes in parts of 4"):
        Run(stage(batch=5), tmp_path, torch.nn.Linear(2, 2))


def test_latents_of_another_model_are_refused(shards: Shards, tmp_path: Path) -> None:
    wide = Backbone(tiny.transformer(reference=True, latent_channels=8))
    with pytest.raises(EngineError, match="hold latents of 4 channels, and the transformer makes 8"):
        train_stage_one(stage(steps=1), tmp_path, wide, compositor(), shards)


def test_ctrl_c_saves_the_step_in_work_and_the_configuration_is_there_from_the_start(tmp_path: Path) -> None:
    config = stage(steps=9, batch=1, micro_batch=1, checkpoint_every=100)
    run = Run(config, tmp_path, torch.nn.Linear(2, 1))
    with pytest.raises(KeyboardInterrupt):
        for step in run.steps():
            assert (tmp_path / "config.json").exists()
            run.backward({"loss": run.model(torch.ones(1, 2)).mean()})
            if step == 1:
                signal.raise_signal(signal.SIGINT)
            run.update()
    assert Run(config, tmp_path, torch.nn.Linear(2, 1)).step == 2
    (tmp_path / "config.json").unlink()
    with pytest.raises(EngineError, match="without its config"):
        fit._configuration(fit.Wishes("stage1", tmp_path))


def test_the_releases_loader_is_where_one_looks_for_it() -> None:
    assert bfs.load_release is load_release
