"""Training the starter: it learns, it resumes where it stopped, and its result is a pipeline on disk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from bfs_engine.api import EngineError
from bfs_engine.bfs.latents import box_mask, position_ids
from bfs_engine.bfs.starter import FOLDER, load_pipeline
from bfs_engine.scenes.kinds import KINDS
from bfs_engine.scenes.mixed import Mixer
from bfs_engine.scenes.render import Sprites, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary
from bfs_engine.train.grow import grown
from bfs_engine.train.starter import StarterConfig, StarterTraining, export, train
from tests.bfs_engine.scenes.test_mixed import view

SMALL = StarterConfig(
    size=32, latent_channels=8, refiner_channels=8, refiner_steps=4, codec_scenes=24, heads=2, head_dim=16, double_blocks=1,
    single_blocks=1, sharing_rank=4, steps=40, batch=4, warmup=4, learning_rate=3e-3, ema=0.9,
)  # fmt: skip


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    library = Vocabulary.load(FOLDER / "library")
    return pack([library.cutout(name) for name in library.names[:4]])


@pytest.mark.parametrize(
    ("condition", "noise", "prediction", "share"),
    [
        ("reference", "independent", "change", 0.98),  # begins low: a pasted reference is nearly right
        ("reference", "independent", "sample", 0.85),
        ("words", "shared", "velocity", 0.9),
    ],
)
def test_the_loss_falls(sprites: Sprites, tmp_path: Path, condition: str, noise: str, prediction: str, share: float) -> None:
    config = dataclasses.replace(SMALL, condition=condition, noise=noise, prediction=prediction)
    training = train(config, tmp_path, sprites, until=1)
    fixed = render(sprites, 5, 16, 32)
    before = training.loss(fixed, torch.Generator().manual_seed(1)).item()
    training.run(40)
    after = training.loss(fixed, torch.Generator().manual_seed(1)).item()
    assert after < share * before


@pytest.mark.parametrize("term", ["alignment", "opacity", "mass"])
def test_true_effects_and_opaque_things_can_be_asked_for(sprites: Sprites, tmp_path: Path, term: str) -> None:
    config = dataclasses.replace(SMALL, learning_rate=2e-3, **{term: 20.0})
    training = train(config, tmp_path, sprites, until=1)
    fixed = render(sprites, 5, 16, 32)

    def asked(weight: float) -> float:
        training.config = dataclasses.replace(config, **{term: weight})
        return training.loss(fixed, torch.Generator().manual_seed(1)).item()

    def missed() -> float:
        both = asked(20.0) - asked(0.0), asked(40.0) - asked(20.0)
        assert both[0] == pytest.approx(both[1], rel=1e-3)  # the weight is a weight
        return both[0] / 20

    before = missed()
    training.config = config
    training.run(40)
    assert missed() < 0.9 * before < 1


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(sprites: Sprites, tmp_path: Path) -> None:
    whole = train(SMALL, tmp_path / "whole", sprites, until=6)
    train(SMALL, tmp_path / "halves", sprites, until=3)
    halves = train(SMALL, tmp_path / "halves", sprites, until=6)
    assert halves.step == whole.step == 6
    for name, value in whole.average.items():
        assert torch.allclose(value, halves.average[name], atol=1e-6), name
    for name in ("average.safetensors", "checkpoint.pt"):
        (tmp_path / "halves" / name).write_bytes((tmp_path / "halves" / name).read_bytes()[:-500])
        with pytest.raises(EngineError, match="damaged"):
            halves.resume()


def test_what_is_exported_loads_and_makes_a_layer(sprites: Sprites, tmp_path: Path) -> None:
    training = train(SMALL, tmp_path / "run", sprites, until=2)
    export(training, tmp_path / "model")
    pipe = load_pipeline(tmp_path / "model")
    made = pipe(torch.zeros(1, 3, 32, 32), torch.ones(1, 1, 32, 32), reference=torch.zeros(1, 4, 32, 32), num_inference_steps=2, guidance_scale=1)
    assert made.layers.shape == (1, 4, 32, 32)
    saved = json.loads((tmp_path / "model" / "training.json").read_text())
    assert saved["config"]["seed"] == SMALL.seed and saved["step"] == 2
    assert max(f.stat().st_size for f in (tmp_path / "model").rglob("*") if f.is_file()) < 16 * 2**20


def test_a_configuration_with_a_mistake_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"stepz": 3}')
    with pytest.raises(EngineError, match="config.json cannot be used.*stepz"):
        StarterConfig.load(path)


def test_a_run_may_begin_with_a_finished_model(sprites: Sprites, tmp_path: Path) -> None:
    first = train(SMALL, tmp_path / "first", sprites, until=2)
    export(first, tmp_path / "model")
    second = train(dataclasses.replace(SMALL, seed=2), tmp_path / "second", sprites, until=1, start=tmp_path / "model")
    assert second.spread == first.spread
    learned = first.pipeline().transformer.state_dict()
    fresh = train(dataclasses.replace(SMALL, seed=2), tmp_path / "fresh", sprites, until=1).pipeline().transformer.state_dict()

    def distance(weights: dict[str, torch.Tensor]) -> float:
        return sum((weights[name] - learned[name]).square().sum().item() for name in learned)

    assert distance(second.pipeline().transformer.state_dict()) < 0.05 * distance(fresh)
    export(second, tmp_path / "better")
    assert json.loads((tmp_path / "better" / "training.json").read_text())["started_from"]["step"] == 2


def test_a_model_of_another_shape_is_refused_in_a_sentence(sprites: Sprites, tmp_path: Path) -> None:
    export(train(SMALL, tmp_path / "first", sprites, until=1), tmp_path / "model")
    with pytest.raises(EngineError, match="another shape"):
        train(dataclasses.replace(SMALL, single_blocks=2), tmp_path / "second", sprites, until=1, start=tmp_path / "model")
    with pytest.raises(EngineError, match="no model"):
        train(SMALL, tmp_path / "third", sprites, until=1, start=tmp_path)


def test_a_starter_grows_to_frames_of_twice_the_side_and_knows_what_it_knew(sprites: Sprites, tmp_path: Path) -> None:
    small = train(SMALL, tmp_path / "small", sprites, until=8).pipeline()
    torch.nn.init.normal_(small.transformer.proj_out.weight, std=0.02)  # a say that a few steps do not give it
    torch.nn.init.normal_(small.rgba_vae.refiner.net[-1].weight, std=0.05)
    scenes = render(sprites, 3, 24, 64)
    large = grown(small, scenes, more=12)
    assert large.vae_scale_factor == 16 and large.vae.config.latent_channels == 20

    smooth = F.avg_pool2d(scenes.background, 2)
    wide = F.interpolate(smooth, scale_factor=2)  # nothing that half the side cannot show
    nothing, mask = torch.full((24, 4, 32, 32), -1.0), torch.zeros(24, 1, 32, 32)
    mask[:, :, 8:24, 8:24] = 1
    asked = {"num_inference_steps": 1, "guidance_scale": 1.0}
    noise = small.draw_noise([0] * 24, 4, 4)
    condition = small.encode_condition(smooth * 2 - 1, mask, reference=nothing)
    larger = large.encode_condition(wide * 2 - 1, F.interpolate(mask, scale_factor=2), reference=F.interpolate(nothing, scale_factor=2))
    wider = F.pad(noise, (0, 4 * 12))
    time = torch.ones(48)
    old, new = (
        pipe.velocity(latents, time, given, position_ids(4, 4), 1.0)
        for pipe, latents, given in ((small, noise, condition), (large, wider, larger))
    )
    assert torch.allclose(new[..., : 4 * 8], old, atol=2e-3)
    layer = large(scenes.background * 2 - 1, F.interpolate(mask, scale_factor=2), reference=scenes.reference * 2 - 1, seeds=[0] * 24, **asked)
    assert layer.layers.shape == (24, 4, 64, 64)

    coarse = F.interpolate(torch.rand(2, 4, 4, 4), size=32, mode="bilinear")
    refined = F.avg_pool2d(large.rgba_vae.refiner(F.interpolate(coarse, scale_factor=2)), 2)
    added = small.rgba_vae.refiner(coarse) - coarse
    assert (refined - coarse - added).abs().mean() < 0.1 * added.abs().mean()  # it goes on at the size that it knows

    pictures, more = scenes.composite * 2 - 1, []
    for vae, shown in ((small.vae, F.avg_pool2d(pictures, 2)), (large.vae, pictures)):
        decoded = vae.decode(vae.encode(shown).latent_dist.mode()).sample
        more.append((F.interpolate(decoded, size=64) - pictures).square().mean())
    assert more[1] < 0.7 * more[0]  # the new components hold detail

    large.save_pretrained(tmp_path / "large")
    wide_run = dataclasses.replace(SMALL, size=64, patch=16, latent_channels=20)
    further = train(wide_run, tmp_path / "further", sprites, until=1, start=tmp_path / "large")
    assert further.spread == large.config.spread


def test_scenes_of_all_kinds_are_learned_from(sprites: Sprites, tmp_path: Path) -> None:
    training = train(dataclasses.replace(SMALL, kinds=0.5), tmp_path, sprites, until=1)
    drawn = [training._kind(torch.Generator().manual_seed(step)) for step in range(400)]
    assert 0.4 < drawn.count("plain") / 400 < 0.6 and set(drawn) == set(KINDS)


def test_a_model_can_learn_to_be_told_the_light_and_begins_without_it_having_a_say(sprites: Sprites, tmp_path: Path) -> None:
    export(train(SMALL, tmp_path / "before", sprites, until=6), tmp_path / "model")
    mixer = Mixer(view(tmp_path / "views"))
    config = dataclasses.replace(SMALL, mixed=1.0, lamps=1.0, drawn=16, final_refiner_steps=0)
    training = train(config, tmp_path / "run", sprites, until=1, start=tmp_path / "model", mixer=mixer)
    assert training.transformer.time_text_embed.text_embedder.linear_1.weight[:, :6].abs().sum() > 0  # learnt in the first step
    scenes, _ = training.scenes(2)
    assert scenes.background.shape[-1] == 32 and scenes.lamp is not None
    fresh = StarterTraining(config, tmp_path / "other", sprites, (training.vae, training.rgba_vae), mixer)
    fresh._start_from(load_pipeline(tmp_path / "model"))
    pipeline = fresh.pipeline()
    shown = (scenes.background * 2 - 1, box_mask(scenes.box, 32, 32))
    how = {"reference": scenes.reference * 2 - 1, "num_inference_steps": 1, "guidance_scale": 1, "seeds": [1] * len(scenes)}
    told, untold = (pipeline(*shown, **how, lamp=lamp).layers for lamp in (scenes.lamp, None))
    assert torch.allclose(told, untold, atol=1e-5)


def test_mixed_scenes_need_views(sprites: Sprites, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="mixed scenes"):
        train(dataclasses.replace(SMALL, mixed=0.5), tmp_path, sprites, until=1)
