"""The benchmark of ways to a layer: every way is trained alike, measured on the same scenes, and a run that was stopped goes on."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch

from bfs_engine.api import EngineError
from bfs_engine.bfs.pipeline import BFSPipeline
from bfs_engine.bfs.starter import FOLDER, frame_side, load_pipeline
from bfs_engine.evaluate import benchmark
from bfs_engine.evaluate.ablation import FULL, effects_seen, paired, report
from bfs_engine.evaluate.benchmark import FROM_STARTER, LAYERED, STARTED, TAUGHT, Photographs, Plan, longer, quick
from bfs_engine.evaluate.metrics import Ratio
from bfs_engine.scenes.render import render
from bfs_engine.train.branch import predict_one, train_branch
from bfs_engine.train.cache import reach
from bfs_engine.train.compositor import PatchCompositor
from bfs_engine.train.loop import read_weights
from bfs_engine.train.models import Backbone
from bfs_engine.train.shards import Shards
from bfs_engine.train.stages import importance
from bfs_engine.train.starter import StarterConfig, build_transformer
from tests.training import blank_backbone, latents, pictures, sprites, stage

LESS = {"layers": 16, "photographs": 16, "held_out": 3, "stage_one_steps": 1, "stage_two_steps": 2, "backbone_steps": 1}
TINY = dataclasses.replace(quick(Plan()), **LESS)
SIDE = 64  # of a frame: one token of the shipped codecs


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    benchmark.run(folder, FOLDER, TINY, lambda line: None, SIDE)
    return folder


def test_every_way_is_measured_on_every_scene_of_both_domains(done: Path) -> None:
    scores = json.loads((done / "results.json").read_text())["scores"]
    assert set(scores) == {"simple", "physical"}
    for methods in scores.values():
        assert set(methods) >= {FULL, LAYERED, "no stage 1", "no composition loss", "no regularisation", "plain inpainting", "inpainting and lift"}
        assert all(len(rows) == TINY.held_out for rows in methods.values())
    report = (done / "report.md").read_text()
    assert "physical domain" in report and "| no stage 1 | 3 |" in report
    assert (done / "sheet.png").exists()


def test_all_ways_take_the_same_number_of_steps(done: Path) -> None:
    steps = {folder.name: json.loads((folder / "config.json").read_text())["steps"] for folder in (done / "runs").iterdir()}
    first, second = TINY.stage_one_steps, TINY.stage_two_steps
    assert steps["stage1"] == steps["stage1-alone"] == first
    assert {steps[name] for name in ("full", "stage1-longer", "no-composition", "no-regularisation")} == {second}
    assert steps["no-stage1"] == steps["layer-of-composite"] == first + second


def test_the_ways_differ_in_one_thing_each(done: Path) -> None:
    configs = {folder.name: json.loads((folder / "config.json").read_text()) for folder in (done / "runs").iterdir()}

    def differences(first: str, second: str) -> set[str]:
        return {name for name in configs[first] if configs[first][name] != configs[second].get(name)}

    assert differences("full", "no-regularisation") == {"regularise"}
    assert differences("full", "no-composition") == differences("stage1", "stage1-alone") == {"composition"}
    assert differences("full", "stage1-longer") == set()  # the same, on layers instead of photographs


def test_photographs_have_no_layers(done: Path) -> None:
    assert "foreground" in Shards(done / "data" / "simple")[0]
    photograph = Shards(done / "data" / "physical")[0]
    assert "foreground" not in photograph and {"surrogate", "composite", "background", "reach"} <= photograph.keys()


def test_what_is_trained_is_not_trained_again(done: Path) -> None:
    before = {path: path.read_bytes() for path in done.rglob("average.safetensors")}
    again = benchmark.run(done, FOLDER, TINY, lambda line: None, SIDE)
    assert len(before) == 10 and all(path.read_bytes() == weights for path, weights in before.items())
    assert again + "\n" == (done / "report.md").read_text()


def test_another_plan_needs_another_folder(done: Path) -> None:
    with pytest.raises(EngineError, match="another plan"):
        benchmark.run(done, FOLDER, dataclasses.replace(TINY, seed=2), lambda line: None, SIDE)


def test_a_longer_benchmark_differs_in_how_much_is_done() -> None:
    plan = longer(Plan(), 3)
    assert (plan.stage_one_steps, plan.held_out) == (3 * Plan().stage_one_steps, 3 * Plan().held_out)
    assert (plan.start, plan.heads, plan.seed) == (Plan().start, Plan().heads, Plan().seed)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The benchmark from a small network in the starter's place, which lies beside it in `model`."""
    folder, shipped = tmp_path_factory.mktemp("from-starter"), load_pipeline(FOLDER)
    shape = StarterConfig(heads=2, head_dim=16, single_blocks=1, latent_channels=shipped.vae.config.latent_channels, patch=shipped.vae.config.patch)
    codecs = {"vae": shipped.vae, "rgba_vae": shipped.rgba_vae, "spread": shipped.config.spread}
    torch.manual_seed(1)
    BFSPipeline(build_transformer(shape), shipped.scheduler, prediction="change", **codecs).save_pretrained(folder / "model")
    shutil.copytree(FOLDER / "library", folder / "model" / "library")
    benchmark.run(folder, folder / "model", dataclasses.replace(quick(FROM_STARTER), **LESS, compositor_steps=1), lambda line: None, SIDE)
    return folder


def test_from_the_starter_every_way_takes_the_same_steps_from_its_weights(started: Path) -> None:
    configs = {folder.name: json.loads((folder / "config.json").read_text()) for folder in (started / "runs").iterdir()}
    assert {config["steps"] for name, config in configs.items() if name != "compositor"} == {LESS["stage_two_steps"]}
    assert configs["full"]["seed"] == configs["layers-only"]["seed"] != configs["full-2"]["seed"] == configs["layers-only-2"]["seed"]
    assert {name for name in configs["full"] if configs["full"][name] != configs["no-regularisation"][name]} == {"regularise"}
    assert configs["full"] == configs["trained-g"] == configs["true-layers"]
    start = load_pipeline(started / "model").transformer.state_dict()["proj_out.weight"]
    for run in {"full", "inpainting", "layer-of-composite"}:
        moved = read_weights(started / "runs" / run / "average.safetensors")[0]["proj_out.weight"] - start
        assert 0 < moved.abs().max() < 0.1 * start.abs().max()


def test_the_untouched_starter_is_measured_beside_the_others(started: Path) -> None:
    scores = json.loads((started / "results.json").read_text())["scores"]
    for methods in scores.values():
        assert set(methods) >= {FULL, LAYERED, TAUGHT, STARTED, f"{FULL}, training 2", f"{LAYERED}, training 2"}
        assert methods[STARTED] != methods[FULL] != methods[f"{FULL}, training 2"]
    assert not any("foreground" in Photographs(started / "data" / "physical")[number] for number in range(3))
    assert "foreground" in Shards(started / "data" / "physical")[0]


def test_a_way_that_is_trained_again_is_compared_with_the_full_way_of_its_training() -> None:
    rows = {FULL: 1.0, f"{FULL}, training 2": 5.0, "other": 3.0, "other, training 2": 4.5}
    text = report("Three scenes", 1, {"simple": {name: [{"composite_db": value}] * 3 for name, value in rows.items()}})
    differences = text.partition("less each other")[2]
    assert "| other | 3 | -2.00" in differences and "| other, training 2 | 3 | 0.50" in differences
    assert f"| {FULL}, training 2" not in differences


def test_compositing_in_closed_form_is_what_the_pictures_give() -> None:
    pipeline, size = load_pipeline(FOLDER), frame_side(load_pipeline(FOLDER))
    scenes = render(sprites(), 1, 8, size)
    background, composite = (pipeline.vae.encode(picture * 2 - 1).latent_dist.mode() for picture in (scenes.background, scenes.composite))
    layer = pipeline.rgba_vae.encode(scenes.foreground * 2 - 1).latent_dist.mode().requires_grad_(True)
    made = PatchCompositor(pipeline.vae, pipeline.rgba_vae)(layer, background)
    outside = torch.stack([reach(matte, 2 * size // made.shape[-1]) for matte in scenes.object_alpha]) <= 0.02
    error, change = ((one - composite) * pipeline.vae.deviation[:, None, None] * outside for one in (made, background))
    assert error.square().mean() < 0.1 * change.square().mean()  # of what shadows and reflections change
    made.square().mean().backward()
    assert layer.grad.abs().max() > 0 and pipeline.rgba_vae.refiner is not None


def test_paired_differences_are_narrower_than_the_scenes_differ() -> None:
    hard = [{"composite_db": float(20 + 2 * i)} for i in range(10)]
    easier = [{"composite_db": row["composite_db"] + 1} for row in hard]
    found = paired(easier, hard, "composite_db")
    assert found.value == pytest.approx(1) and found.low == pytest.approx(1) and found.high == pytest.approx(1)
    assert paired(hard, [{} for _ in hard], "composite_db") is None
    ratios = paired([{"shadow_mass": Ratio(3.0, 4.0)}] * 4, [{"shadow_mass": Ratio(1.0, 4.0)}] * 4, "shadow_mass")
    assert ratios.value == pytest.approx(0.5)


def test_effects_are_compared_with_their_colours() -> None:
    background, thing = torch.full((3, 32, 32), 0.5), torch.zeros(1, 32, 32)
    thing[:, 4:12, 4:12] = 1
    true = background.clone()
    true[0, 20:30, 4:28] += 0.3  # a red reflection
    grey = background.clone()
    grey[:, 20:30, 4:28] -= 0.1

    def error(composite: torch.Tensor) -> float:
        ratio = effects_seen(composite, true, background, thing)["effects_seen"]
        return ratio.part / ratio.whole

    assert error(true) == 0 and error(background) == pytest.approx(1) and error(grey) > 1
    assert effects_seen(true, background, background, thing) == {}
    shadow = background - (true - background).amax(0)
    scores = effects_seen(0.5 * (shadow + background), shadow, background, thing)
    assert scores["darkening"].part / scores["darkening"].whole == pytest.approx(0.5) and "lightening" not in scores


def test_a_branch_alone_learns_a_handful_of_scenes_by_heart(tmp_path: Path) -> None:
    shards = Shards(latents(tmp_path / "latents", pictures(tmp_path / "pictures")))
    blank = blank_backbone()
    sharing = {name: value.clone() for name, value in blank.transformer.state_dict().items() if ".processor." in name}
    net = Backbone(blank.transformer, prediction="change", spread=[[0.05] * 4, [0.05] * 4])
    run = train_branch(stage(steps=40, learning_rate=3e-3, pure_noise=1.0, checkpoint_every=1000), tmp_path / "run", net, shards, "composite")
    part = {name: value[None] for name, value in shards[0].items()}
    with torch.no_grad():
        made = predict_one(net.transformer, net, part, torch.randn(part["composite"].shape, generator=torch.Generator().manual_seed(1)), torch.ones(1), "composite")
    error, before = ((x - part["composite"].float()).square().mean() for x in (made, part["pasted"].float()))
    assert error < 0.75 * before
    assert all(torch.equal(net.transformer.state_dict()[name], value) for name, value in sharing.items())
    assert not any(".processor." in name for name in run.trained)


def test_a_branch_is_trained_for_models_that_predict_a_change(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="change"):
        train_branch(stage(), tmp_path, blank_backbone(), [], "composite")


def test_errors_outside_of_the_thing_count_more() -> None:
    net = Backbone(blank_backbone().transformer, importance=torch.tensor([[1.0, 2], [3, 4]]))
    reach = torch.zeros(1, 1, 2, 2)
    reach[..., 0, 0] = 1
    part = {"composite": torch.zeros(1, 2, 2, 2), "reach": reach}
    weight = importance(net, part, stage(effects=8.0))
    assert weight.shape == (2, 2, 2, 2)
    assert weight[1, 0].tolist() == [[3, 24], [24, 24]]
    assert importance(Backbone(net.transformer), part, stage()) is None
