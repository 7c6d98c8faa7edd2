"""Training from the command line: from rendered scenes to a model that the pipeline loads; and what a stage will cost."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from bfs_engine.__main__ import main
from bfs_engine.bfs.starter import load_pipeline
from bfs_engine.train import fit
from bfs_engine.train.compositor import LatentCompositor
from bfs_engine.train.dry_run import GIB, Cost, build, measure, report
from bfs_engine.train.fit import CONFIGS, KINDS
from bfs_engine.train.losses import stage_one
from bfs_engine.train.shards import Shards
from bfs_engine.train.stages import StageConfig, predict
from tests import tiny
from tests.training import QUICK, blank_backbone, stage


def test_from_scenes_to_a_trained_model_by_commands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(command: str, *options: str) -> str:
        status = main([*command.split(), *options])
        told = capsys.readouterr()
        assert status == 0, told.err
        return told.out

    tiny.pipeline(reference=True).save_pretrained(tmp_path / "model")
    config = tmp_path / "quick.json"
    config.write_text(json.dumps(QUICK | {"steps": 2, "sheet_every": 2}))
    model, pictures, latents = (str(tmp_path / name) for name in ("model", "pictures", "latents"))
    run("shards --count 4 --size 32", "--out", pictures)
    assert run("cache --sizes 32x32", "--pictures", pictures, "--model", model, "--out", latents).startswith("4 examples written")
    real, photographs = str(tmp_path / "photograph-pictures"), str(tmp_path / "photographs")
    run("shards --count 4 --size 32 --domain physical", "--out", real)
    run("cache --sizes 32x32", "--pictures", real, "--model", model, "--out", photographs)
    assert "foreground" in Shards(tmp_path / "latents")[0] and "foreground" not in Shards(tmp_path / "photographs")[0]
    small = tmp_path / "small.json"
    small.write_text(json.dumps(QUICK | {"steps": 2, "width": 8, "blocks": 1}))
    run("fit compositor", "--config", str(small), "--layers", latents, "--out", str(tmp_path / "g"))
    vae = tmp_path / "vae.json"
    vae.write_text(json.dumps(QUICK | {"steps": 1, "crop": 16}))
    run("fit rgba-vae", "--config", str(vae), "--model", model, "--layers", pictures, "--out", str(tmp_path / "vae-run"))
    assert (tmp_path / "vae-run" / "rgba_vae" / "config.json").exists()
    stages = ["--config", str(config), "--model", model, "--layers", latents, "--compositor", str(tmp_path / "g" / "compositor")]
    run("fit stage1", *stages, "--out", str(tmp_path / "one"))
    start = str(tmp_path / "one" / "average.safetensors")
    run("fit stage2", *stages, "--photographs", photographs, "--start", start, "--out", str(tmp_path / "two"), "--export", str(tmp_path / "trained"))
    assert (tmp_path / "two" / "sheets" / "0000002.png").exists()
    trained, before = (load_pipeline(tmp_path / name).transformer.state_dict() for name in ("trained", "model"))
    changed = {name for name in before if not torch.equal(trained[name], before[name])}
    assert changed and all(".processor." in name for name in changed)


@pytest.mark.parametrize(("command", "told"), [
    ("fit stage1 --out run", "To fit stage1, --layers is needed"),
    ("fit stage1 --out run --export .", ". is there already"),
    ("fit stage1 --out run --export sharing.pt --config mlp.json", "holds sharing alone, merged by stream or joint"),
    ("fit stage3 --out run", "invalid choice: 'stage3'"),
    ("fit compositor --out run --layers nowhere", "There are no shards (.tar) in nowhere"),
    ("shards --out x --count 0", "At least one scene is needed"),
    ("cache --pictures nowhere --model nowhere --out x", "There is no model in nowhere"),
    ("cache --pictures nowhere --model nowhere --out x --sizes big", "invalid frame_size value: 'big'"),
    ("dry-run --gpus 0", "At least one GPU"),
    ("dry-run --model nowhere", "There is no transformer in nowhere"),
])  # fmt: skip
def test_a_wish_that_cannot_be_met_is_told_in_a_sentence(
    command: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlp.json").write_text('{"merge": "mlp"}')
    assert main(command.split()) == 2
    said = capsys.readouterr()
    assert told in said.err and "Traceback" not in said.err and not said.out
    assert not (tmp_path / "run").exists() and not (tmp_path / "x").exists(), "nothing is left behind"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_too_little_memory_is_told_in_a_sentence(device: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*anything) -> None:
        if device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB")
        torch.empty(1 << 56, dtype=torch.uint8)

    monkeypatch.setattr(fit, "train_compositor", full)
    monkeypatch.setattr(fit, "Shards", lambda folder: None)
    assert main(["fit", "compositor", "--out", "run", "--layers", "some"]) == 2
    assert re.search("has not enough memory for this configuration; make micro_batch smaller", capsys.readouterr().err)


def test_what_runs_out_of_memory_elsewhere_is_told_too_and_other_faults_are_not_hidden(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit, "cache_shards", lambda *anything: torch.empty(1 << 56, dtype=torch.uint8))
    assert main(["cache", "--pictures", "a", "--model", "b", "--out", "c"]) == 2
    assert capsys.readouterr().err == "There is not enough memory for this.\n"
    monkeypatch.setattr(fit, "cache_shards", lambda *anything: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"):
        main(["cache", "--pictures", "a", "--model", "b", "--out", "c"])


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_configurations_that_ship_are_whole(path: Path) -> None:
    config = KINDS[path.stem].load(path)
    processes = 8 if path.parent.name == "flux" else 1
    assert config.batch % (config.micro_batch * processes) == 0


def example(config: StageConfig, side: int) -> dict[str, torch.Tensor]:
    latents = {name: torch.rand(config.micro_batch, 4, side, side) for name in ("composite", "foreground", "background", "reference")}
    return latents | {"number": torch.arange(config.micro_batch), "box": torch.tensor([[8.0, 8, 16, 16]] * config.micro_batch)}


def test_a_dry_run_counts_what_a_real_step_takes() -> None:
    net, config = blank_backbone(), stage(trained="all")
    cost = measure(config, copy.deepcopy(net.transformer).to("meta"), (128, 128), gpus=1)
    parameters = sum(p.numel() for p in net.transformer.parameters())
    assert cost.parameters == cost.trained == parameters
    compositor, part = LatentCompositor(4).requires_grad_(False), example(config, 16)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        loss = stage_one(predict(net.transformer, net, part, "foreground", config), compositor, config.composition)["loss"]
    held = sum(event.self_cpu_memory_usage for event in watched.key_averages())  # what forward took and has not given back
    assert held == pytest.approx(cost.activations, rel=0.03)
    with FlopCounterMode(display=False) as counted:
        stage_one(predict(net.transformer, net, part, "foreground", config), compositor, config.composition)["loss"].backward()
    assert cost.operations == pytest.approx(counted.get_total_flops(), rel=0.03)
    optimizer = torch.optim.AdamW(net.transformer.parameters())
    loss.backward()
    optimizer.step()
    moments = sum(value.nbytes for state in optimizer.state.values() for value in state.values() if value.ndim)
    assert cost.optimizer == moments and cost.gradients == sum(p.grad.nbytes for p in net.transformer.parameters())


def test_a_dry_run_knows_what_sharding_freezing_and_checkpointing_save(tmp_path: Path) -> None:
    def cost(gpus: int = 8, **settings) -> Cost:
        config = stage(batch=32, **settings)
        return measure(config, build(config, tmp_path), (64, 64), gpus)

    blank_backbone().transformer.save_pretrained(tmp_path / "transformer")
    sharing, spread = cost(), cost(shard=True, gradient_checkpointing=True, precision="bf16")
    assert sharing.trained < sharing.parameters and sharing.weights == 4 * sharing.parameters
    assert sharing.gradients == 8 * sharing.trained, "DDP keeps its buckets beside them"
    assert spread.weights == (2 * (sharing.parameters - sharing.trained) + 4 * sharing.trained) // 8
    assert (spread.gradients, spread.optimizer, spread.average) == (sharing.trained // 2, sharing.optimizer // 8, sharing.average // 8)
    assert spread.activations < 0.95 * sharing.activations and 1.2 < spread.operations / sharing.operations < 1.6
    alone = cost(gpus=1, micro_batch=2)
    assert alone.gradients == 4 * sharing.trained
    assert alone.activations == pytest.approx(sharing.activations / 2, rel=0.02) and alone.operations == pytest.approx(sharing.operations, rel=0.01)


def test_a_report_adds_up() -> None:
    config = stage(steps=1000, batch=32, gradient_checkpointing=True)
    cost = Cost(parameters=12_000_000, trained=3_000_000, weights=7 * GIB, gathered=GIB, gradients=2 * GIB, optimizer=4 * GIB, average=2 * GIB,
                activations=5 * GIB, operations=72 * 10**15)  # fmt: skip
    text = report(config, cost, (64, 48), gpus=4, tflops=100)
    assert re.search(r"trained parameters +3.0 million \(25.0%\)", text)
    assert "on each of 4 GPUs, a copy each" in text and "4 examples of 64 × 48, gradient checkpointing" in text
    assert re.search(r"together +21.00 GiB", text)
    assert "1,000 steps: 50.0 hours, 200 GPU hours" in text, "72 · 10¹⁵ · 1000 operations at 4 · 10¹⁴ a second"
