"""Training data from pictures with masks: right where the truth is known, counted where it is dropped, gone on with where it stopped."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from tqdm import tqdm
from transformers import VitDetConfig, VitMatteConfig, VitMatteForImageMatting

from bfs_engine import lift
from bfs_engine.__main__ import main
from bfs_engine.api import EngineError
from bfs_engine.cli.pictures import over
from bfs_engine.data import construct as construction
from bfs_engine.data.construct import by_processes, construct
from bfs_engine.data.examples import Recipe, example
from bfs_engine.data.matting import load_matting
from bfs_engine.data.removal import continued, load_removal
from bfs_engine.data.shadow import with_effects
from bfs_engine.data.sources import find
from bfs_engine.matting.matte import band, by_ground, trimap
from bfs_engine.scenes.render import render
from bfs_engine.train.shards import Shards, ShardWriter, about
from tests import tiny_flux
from tests.training import sprites

ROOT = Path(__file__).parents[3]
LAYERS, PHOTOGRAPHS = Recipe("layers"), Recipe("photographs")


@pytest.fixture(autouse=True)
def no_monitor_of_progress_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """tqdm starts a thread for its first bar, even for one that is not shown."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


@cache
def scenes() -> dict[str, np.ndarray]:
    """Six scenes of 128 pixels with their truth, uint8: composite, background, object (n, h, w), effects (n, h, w)."""
    made = render(sprites(), 11, 6, 128)
    parts = {"composite": made.composite, "background": made.background, "object": made.object_alpha, "effects": made.effect_alpha}
    return {name: np.rint(part.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8).squeeze() for name, part in parts.items()}


def scene(number: int, *names: str) -> list[np.ndarray]:
    return [scenes()[name][number] for name in names]


def write(folder: Path, count: int = 6, background: bool = True, **json_file: str) -> Path:
    """The scenes as somebody's pictures: KEY.composite.png, KEY.mask.png and, where asked for, the background."""
    folder.mkdir(exist_ok=True)
    for i in range(count):
        composite, below, alpha = scene(i, "composite", "background", "object")
        save(folder / f"{i}.composite.png", composite)
        save(folder / f"{i}.mask.png", (alpha >= 128) * np.uint8(255))
        if background:
            save(folder / f"{i}.background.png", below)
        if json_file:
            (folder / f"{i}.json").write_text(json.dumps(json_file))
    return folder


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels).save(path)


def run(source: Path, out: Path, recipe: Recipe = LAYERS, processes: int = 1) -> dict:
    return construct(source, out, recipe, partial(by_processes, processes), lambda line: None)


def test_a_matte_is_nearer_to_the_truth_than_its_mask() -> None:
    errors = []
    for i in range(6):
        composite, background, alpha = scene(i, "composite", "background", "object")
        rough = lift.grown(alpha >= 128, 2)
        painted = continued(composite, lift.grown(rough, 2 * band(rough)))
        mattes = [rough * np.uint8(255), by_ground(composite, rough, painted), by_ground(composite, rough, background)]
        errors.append([np.abs(matte.astype(float) - alpha).mean() / 255 for matte in mattes])
    mask, painted, true = np.mean(errors, axis=0)
    assert painted < 0.7 * mask and true < 0.55 * mask, "with the true background it is better still"


def test_what_is_removed_leaves_what_was_behind_it() -> None:
    gained = []
    for i in range(6):
        composite, background, alpha, effects = scene(i, "composite", "background", "object", "effects")
        region = lift.grown((alpha > 8) | (effects > 3), 3)
        made = continued(composite, region)
        assert (made[~region] == composite[~region]).all()
        before, after = (np.square(picture[region] / 255 - background[region] / 255).mean() for picture in (composite, made))
        gained.append(10 * np.log10(before / after))
    assert np.mean(gained) > 6, "decibels nearer to the true background than the picture with the thing in it"


def test_a_layer_has_the_thing_a_shadow_and_nothing_of_the_old_ground(tmp_path: Path) -> None:
    assert run(write(tmp_path / "from", prompt="a thing"), tmp_path / "out")["written"] == 6
    shards = Shards(tmp_path / "out")
    assert len(shards) == 6
    colours = []
    for i, stored in enumerate(shards.examples):
        made, (background, alpha) = shards[i], scene(i, "background", "object")
        layer = (made["foreground"].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        assert (over(layer, background) == (made["composite"].permute(1, 2, 0).numpy() * 255).round()).all()
        assert np.abs(made["matte"][0].numpy() - alpha / 255).mean() < 0.02
        effects = layer[..., 3].astype(int) - made["matte"][0].numpy() * 255
        assert effects.min() > -2 and effects.max() > 20, "a shadow, and nowhere less than the thing"
        colours.append(layer[..., :3][(effects > 20) & (made["matte"][0].numpy() == 0)])
        box = lift.bounds(alpha >= 128)
        assert about(stored) == {"box": [box.x, box.y, box.width, box.height], "prompt": "a thing"}
    assert np.median(np.concatenate(colours)) < 40, "shadows are dark, but for a reflection here and there"


def test_the_thing_keeps_its_colours_at_soft_edges() -> None:
    y, x = np.mgrid[:96, :96]
    cover = np.clip(24.5 - np.hypot(x - 48, y - 48), 0, 1)[..., None]
    green, red = np.array([0, 200, 0]), np.array([220, 0, 0])
    picture = np.rint(red * cover + green * (1 - cover)).astype(np.uint8)
    source = Memory({"composite.png": picture, "mask.png": (cover[..., 0] >= 0.5) * np.uint8(255)})
    files = example(source, PHOTOGRAPHS)
    thing = decoded(files["reference.png"])
    assert np.abs(thing[..., 3] / 255 - cover[..., 0]).mean() < 0.004
    assert thing[..., 1][thing[..., 3] > 60].max() < 40, "green is left at the edge"


class Memory:
    """A source that was never on a disk."""

    key = "it"

    def __init__(self, pictures: dict[str, np.ndarray]) -> None:
        self.files = pictures

    def read(self, ending: str) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(self.files[ending]).save(stream, "PNG")
        return stream.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_photograph_keeps_every_pixel_and_loses_its_subject_in_the_background() -> None:
    cat = skimage.data.chelsea()
    y, x = np.mgrid[: cat.shape[0], : cat.shape[1]]
    head = np.hypot((x - 230) / 1.2, y - 140) < 70
    files = example(Memory({"composite.png": cat, "mask.png": head * np.uint8(255)}), PHOTOGRAPHS)
    assert set(files) == {"composite.png", "background.png", "matte.png", "reference.png", "json"}
    assert (decoded(files["composite.png"]) == cat).all()
    background = decoded(files["background.png"])
    far = ~lift.grown(head, 25)
    assert (background[far] == cat[far]).all(), "far from the object nothing is painted"
    assert background[head].std(axis=0).mean() < 0.7 * cat[head].std(axis=0).mean(), "eyes and stripes are gone"


def test_a_seed_decides_the_shadow_and_nothing_else_does() -> None:
    thing = np.zeros((90, 150, 4), np.uint8)
    thing[20:70, 60:90] = (200, 60, 60, 255)
    made = [with_effects(thing, seed) for seed in (1, 1, 2)]
    assert (made[0] == made[1]).all() and (made[0] != made[2]).any()
    for layer in made:
        assert (layer[20:70, 60:90] == thing[20:70, 60:90]).all(), "the thing stays as it is"
        assert layer[70:76, 60:90, 3].max() > 20, "it stands on something"
        assert not layer[layer[..., 3] == 0].any()
    edge = np.zeros((64, 64, 4), np.uint8)
    edge[30:, :20] = 255
    assert with_effects(edge, 3).shape == (64, 64, 4), "a thing at the picture's edge"


def test_what_cannot_be_used_is_dropped_and_counted(tmp_path: Path) -> None:
    source = write(tmp_path / "from", count=1)
    grey, empty, speck, full = (np.full((100, 100), value, np.uint8) for value in (128, 0, 0, 255))
    speck[50:54, 50:54] = 255
    for name, mask in {"empty": empty, "speck": speck, "full": full, "sizes": np.full((90, 100), 255, np.uint8)}.items():
        save(source / f"{name}.composite.png", np.dstack([grey] * 3))
        save(source / f"{name}.mask.png", mask)
    save(source / "alone.mask.png", full)
    save(source / "small.composite.png", np.dstack([grey[:40]] * 3))
    save(source / "small.mask.png", full[:40])
    save(source / "flat.composite.png", np.dstack([grey] * 3))  # a mask on nothing at all
    save(source / "flat.mask.png", np.pad(np.full((40, 40), 255, np.uint8), 30))
    (source / "broken.composite.png").write_bytes((source / "0.composite.png").read_bytes()[:900])
    save(source / "broken.mask.png", scene(0, "object")[0])
    report = run(source, tmp_path / "out", LAYERS)
    assert report["written"] == 1 and sum(report["dropped"].values()) == 8
    assert report["dropped"] == {
        "the mask is empty": 1, "the object is too small": 1, "the object fills the picture": 1, "the pictures are not of one size": 1,
        "composite or mask is missing": 1, "the picture is too small": 1, "the matte does not agree with the mask": 1,
        "a picture cannot be read": 1,
    }  # fmt: skip
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8")) == report
    told = {drop["key"]: drop for drop in json.loads((tmp_path / "out" / "00000.json").read_text("utf-8"))["dropped"]}
    assert told["speck"]["detail"] == "4 × 4"


def test_a_run_that_was_stopped_goes_on_and_another_one_is_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bfs_engine.data.sources.PER_SHARD", 2)
    source, out = write(tmp_path / "from"), tmp_path / "out"
    made = construction.construct_shard

    def power_cut(job: construction.Job) -> dict:
        if job.path.name == "00001.tar":
            raise KeyboardInterrupt
        return made(job)

    monkeypatch.setattr(construction, "construct_shard", power_cut)
    with pytest.raises(KeyboardInterrupt):
        run(source, out)
    monkeypatch.setattr(construction, "construct_shard", made)
    first = (out / "00000.tar").stat().st_mtime_ns
    assert run(source, out)["written"] == 6
    assert (out / "00000.tar").stat().st_mtime_ns == first
    assert sorted(path.name for path in out.glob("*.tar")) == ["00000.tar", "00001.tar", "00002.tar"]
    with pytest.raises(EngineError, match="begun with other settings"):
        run(source, out, PHOTOGRAPHS)
    (out / "plan.json").unlink()
    with pytest.raises(EngineError, match="other shards"):
        run(source, out)


def test_shards_in_two_processes_give_what_a_folder_in_one_gives(tmp_path: Path) -> None:
    loose, tars = write(tmp_path / "loose", count=2), tmp_path / "tars"
    tars.mkdir()
    for source in find(loose)[0]:
        with ShardWriter(tars / f"{source.key}.tar") as writer:
            writer.add(source.key, {ending: source.read(ending) for ending in source.files})
    assert run(loose, tmp_path / "one")["written"] == run(tars, tmp_path / "two", processes=2)["written"] == 2
    one, two = Shards(tmp_path / "one"), Shards(tmp_path / "two")
    for i in range(2):
        assert one.examples[i].key == two.examples[i].key and one[i].keys() == two[i].keys()
        assert all((one[i][name] == two[i][name]).all() for name in one[i])


def test_by_command_with_a_report_on_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "from" / "kitchen v1.0" / "0.composite.png", scene(0, "composite")[0])
    save(tmp_path / "from" / "kitchen v1.0" / "0.mask.png", (scene(0, "object")[0] >= 128) * np.uint8(255))
    options = ["construct", "photographs", "--from", str(tmp_path / "from"), "--processes", "1", "--side", "96", "--out"]
    assert main([*options, str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["written"] == 1 and "1 of 1 shards: 00000.tar has 1 examples" in told.err
    (made,) = Shards(tmp_path / "out")
    assert made["composite"].shape == (3, 96, 96)
    for wrong, sentence in {"--matting": "no ViTMatte model in nowhere", "--removal": "no inpainting pipeline in nowhere"}.items():
        assert main([*options, str(tmp_path / wrong), wrong, "nowhere"]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["construct", "layers", "--from", str(tmp_path / "out" / "none"), "--out", str(tmp_path / "x")]) == 2
    assert "no pictures in" in capsys.readouterr().err


def test_vitmatte_decides_along_the_edge_only(tmp_path: Path) -> None:
    torch.manual_seed(1)
    backbone = VitDetConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=64, pretrain_image_size=64,
                            num_channels=4, window_size=0, use_relative_position_embeddings=False, out_features=["stage1"])  # fmt: skip
    config = VitMatteConfig(backbone_config=backbone, hidden_size=16, convstream_hidden_sizes=[4, 8, 12],
                            fusion_hidden_sizes=[16, 12, 8, 4])  # fmt: skip
    model = VitMatteForImageMatting(config)
    for value in model.decoder.parameters():
        torch.nn.init.normal_(value, std=0.5)
    model.save_pretrained(tmp_path)
    composite, alpha = (part[:120, :] for part in scene(0, "composite", "object"))  # sides that are no multiples of 32
    mask = alpha >= 128
    matte = load_matting(str(tmp_path))(composite, mask, composite)
    known = trimap(mask)
    assert matte.shape == mask.shape and matte.dtype == np.uint8
    assert (matte[known == 255] == 255).all() and (matte[known == 0] == 0).all()
    assert len(np.unique(matte[known == 128])) > 10, "in between the network is asked"


def test_pymatting_is_as_good_as_the_classical_matting_without_a_ground() -> None:
    pytest.importorskip("pymatting")
    composite, alpha = scene(0, "composite", "object")
    matte = load_matting("pymatting")(composite, alpha >= 128, composite)
    assert np.abs(matte.astype(float) - alpha).mean() / 255 < 0.02


def test_a_pipeline_of_diffusers_paints_the_region_and_nothing_else(tmp_path: Path) -> None:
    tiny_flux.write(tmp_path)
    (composite,) = scene(0, "composite")
    picture, region = composite[:100, :72], np.zeros((100, 72), bool)
    region[30:60, 20:50] = True
    removal = load_removal(str(tmp_path / tiny_flux.FILL))
    made = removal(picture, region)
    assert made.shape == picture.shape and (made[~region] == picture[~region]).all() and (made[region] != picture[region]).mean() > 0.5
    assert (removal(picture, region) == made).all()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (packaging/requirements-data.txt)")
def test_a_ray_cluster_makes_byte_for_byte_what_one_process_makes(tmp_path: Path) -> None:
    """Two workers of a cluster that is started here, stopped amid the work and gone on with."""
    source = tmp_path / "from"
    source.mkdir()
    for shard in range(3):
        with ShardWriter(source / f"{shard}.tar") as writer:
            for loose in find(write(tmp_path / f"loose{shard}", count=2 + shard))[0]:
                files = {ending: loose.read(ending) for ending in loose.files}
                if loose.key == "1":
                    del files["mask.png"]  # to be dropped, and counted
                writer.add(f"{shard}-{loose.key}", files)
    alone = run(source, tmp_path / "alone")
    assert alone["written"] == 6 and alone["dropped"] == {"composite or mask is missing": 3}

    command = [sys.executable, "-m", "bfs_engine", "construct", "layers", "--from", str(source), "--out", str(tmp_path / "cluster"),
               "--ray", "local", "--processes", "2"]  # fmt: skip
    settings = {"cwd": ROOT, "env": os.environ | {"OMP_NUM_THREADS": "1", "RAY_worker_niceness": "0"}, "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings) as stopped:
        for line in stopped.stderr:
            if line.startswith("1 of 3 shards"):
                stopped.send_signal(signal.SIGINT)
                break
        else:
            pytest.fail("no shard was finished")
        rest = stopped.communicate(timeout=200)[1]
    assert stopped.returncode == 130 and rest.rstrip().endswith("Stopped."), rest
    finished = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cluster").glob("*.json") if path.stem.isdigit()}
    assert finished and not (tmp_path / "cluster" / "report.json").exists()

    ended = subprocess.run(command, capture_output=True, timeout=400, **settings)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == alone == json.loads((tmp_path / "cluster" / "report.json").read_text("utf-8"))
    assert f"{len(finished)} of 3" not in ended.stderr, "what was finished is not made again"
    for path in sorted((tmp_path / "alone").glob("0*")):
        assert (tmp_path / "cluster" / path.name).read_bytes() == path.read_bytes(), path.name
    assert all((tmp_path / "cluster" / name).stat().st_mtime_ns == time for name, time in finished.items())


def test_a_cluster_without_ray_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["construct", "layers", "--from", str(write(tmp_path / "from", count=1)), "--out", str(tmp_path / "out"), "--ray", "auto"]) == 2
    assert "Ray is not installed; install packaging/requirements-data.txt on every machine" in capsys.readouterr().err
