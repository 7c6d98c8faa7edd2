"""The two networks beside the transformer: the RGBA VAE made of an RGB one, and G, the latent compositor."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL

from bfs_engine.api import EngineError
from bfs_engine.train.compositor import CompositorConfig, LatentCompositor, train_compositor
from bfs_engine.train.loop import collate
from bfs_engine.train.losses import latent_compositing
from bfs_engine.train.models import load_model, load_vae
from bfs_engine.train.rgba_vae import Reconstruction, RgbaVaeConfig, crop, reconstruction, train_rgba_vae, widen
from bfs_engine.train.shards import Example, Shards
from tests import tiny
from tests.training import QUICK, latents, pictures


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    return Shards(pictures(tmp_path_factory.mktemp("pictures"), size=32))


def batch(shards: Shards) -> Example:
    return collate([{"number": torch.tensor(900 + i)} | shards[i] for i in range(len(shards))])


@torch.no_grad()
def test_a_widened_vae_does_what_the_rgb_one_did() -> None:
    rgb = tiny.vae(3)
    rgba = widen(rgb)
    colours, alpha = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 1, 32, 32) * 2 - 1
    known, ours = rgb.encode(colours).latent_dist, rgba.encode(torch.cat([colours, alpha], 1)).latent_dist
    torch.testing.assert_close(ours.parameters, known.parameters)
    decoded = rgba.decode(known.mean).sample
    torch.testing.assert_close(decoded[:, :3], rgb.decode(known.mean).sample)
    assert torch.equal(decoded[:, 3:], torch.ones(2, 1, 32, 32)), "everything is opaque"
    with pytest.raises(EngineError, match="this one has 4 channels"):
        widen(rgba)


def test_the_rgba_vae_learns_a_handful_of_layers(scenes: Shards, tmp_path: Path) -> None:
    rgb = tiny.vae(3)
    config = RgbaVaeConfig(**QUICK, steps=30, learning_rate=1e-2, ema=0.8, crop=16, opaque=0.25, colours=1, sheet_every=30, checkpoint_every=100)
    part = batch(scenes)

    def loss(vae: AutoencoderKL) -> dict[str, float]:
        with torch.no_grad():
            return {name: value.item() for name, value in reconstruction(Reconstruction(vae), rgb, part, config).items()}

    first, vae = loss(widen(rgb)), train_rgba_vae(config, tmp_path, rgb, scenes)
    last = loss(vae)
    assert first["anchor"] == pytest.approx(0, abs=1e-6), "at first the latents are the RGB encoder's"
    assert last["loss"] < 0.75 * first["loss"] and last["alpha"] < 0.75 * first["alpha"] and last["blends"] < 0.9 * first["blends"]
    assert (tmp_path / "sheets" / "0000030.png").exists()
    again = load_vae(tmp_path / "rgba_vae")
    assert loss(again) == pytest.approx(last), "what was saved is what was returned, the averaged weights"


def test_pictures_are_cropped_alike_and_small_ones_are_refused(scenes: Shards) -> None:
    example = {"number": torch.tensor(3)} | scenes[0]
    cut = crop(example, 16, seed=1)
    whole, part = example["composite"], cut["composite"]
    places = [(y, x) for y in range(17) for x in range(17) if torch.equal(whole[:, y : y + 16, x : x + 16], part)]
    assert any(torch.equal(example["foreground"][:, y : y + 16, x : x + 16], cut["foreground"]) for y, x in places)
    with pytest.raises(EngineError, match="32 × 32 is smaller than the crop of 64"):
        crop(example, 64, seed=1)


def test_g_learns_to_composite_latents(scenes: Shards, tmp_path: Path) -> None:
    shards = Shards(latents(tmp_path / "latents", scenes.folder))
    part = {name: value.float() for name, value in batch(shards).items()}
    config = CompositorConfig(**QUICK, steps=60, learning_rate=1e-2, ema=0.9, width=16, blocks=1, sheet_every=60, checkpoint_every=100)
    compositor = train_compositor(config, tmp_path / "run", shards, tiny.vae(3))

    @torch.no_grad()
    def error(composite: torch.Tensor) -> float:
        return latent_compositing(composite, part["composite"]).item()

    made = error(compositor(part["foreground"], part["background"]))
    fresh = error(LatentCompositor(4, 16, 1)(part["foreground"], part["background"]))
    assert fresh == pytest.approx(error((part["foreground"] + part["background"]) / 2)), "an even blend before it is trained"
    assert made < 0.3 * fresh and made < 0.5 * error(part["background"])
    saved = load_model(LatentCompositor, tmp_path / "run" / "compositor")
    assert error(saved(part["foreground"], part["background"])) == pytest.approx(made, rel=1e-4)
    assert (tmp_path / "run" / "sheets" / "0000060.png").exists()
    assert not any(p.requires_grad for p in compositor.parameters()), "frozen, as the stages need it"


@torch.no_grad()
def test_g_looks_at_some_latent_pixels_around_and_no_further() -> None:
    torch.manual_seed(0)
    compositor = LatentCompositor(2, 8, 2)
    for p in compositor.parameters():
        torch.nn.init.normal_(p, std=0.3)
    foreground, background = torch.randn(1, 2, 24, 24), torch.randn(1, 2, 24, 24)
    moved = background.clone()
    moved[..., 0, 0] += 5
    change = (compositor(foreground, moved) - compositor(foreground, background)).abs().sum(1)[0]
    assert change[0, 0] > 0 and not change[8:, :].any() and not change[:, 8:].any()


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no model in"):
        load_vae(tmp_path)
    tiny.vae(4).save_pretrained(tmp_path / "vae")
    weights = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(EngineError, match="damaged and cannot be loaded"):
        load_vae(tmp_path / "vae")
    broken = tiny.vae(4)
    torch.nn.init.constant_(broken.encoder.conv_in.bias, float("nan"))
    broken.save_pretrained(tmp_path / "broken")
    with pytest.raises(EngineError, match="weights that are not numbers: encoder.conv_in.bias"):
        load_vae(tmp_path / "broken")
