"""The starter's autoencoder keeps what it is fitted on and speaks AutoencoderKL's interface."""

from __future__ import annotations

import pytest
import torch

from bfs_engine.bfs.patch_autoencoder import PatchAutoencoder, premultiplied, straight
from bfs_engine.bfs.starter import FOLDER
from bfs_engine.scenes.render import Scenes, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary
from bfs_engine.train.codec import codec_quality, codec_sides, fit_codecs, layer_loss, train_refiner


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    library = Vocabulary.load(FOLDER / "library")
    return render(pack([library.cutout(name) for name in library.names[:12]]), 3, 48, 64)


def test_straight_and_premultiplied_are_each_other_s_inverse_where_anything_shows() -> None:
    layer = torch.rand(2, 4, 8, 8)
    layer[:, 3] = layer[:, 3].clamp(min=0.05)
    assert torch.allclose(straight(premultiplied(layer * 2 - 1)) / 2 + 0.5, layer, atol=1e-5)
    assert (straight(torch.zeros(1, 4, 2, 2)) == -1).all()


def test_with_all_components_nothing_is_lost(scenes: Scenes) -> None:
    vae, rgba_vae = fit_codecs(scenes, latent_channels=256, refiner_channels=0)
    layers = scenes.foreground * 2 - 1
    latents = rgba_vae.encode(layers).latent_dist.mode()
    decoded = rgba_vae.decode_premultiplied(latents)
    assert torch.allclose(decoded, premultiplied(layers), atol=2e-4)
    assert torch.allclose(rgba_vae.coarse_alpha(latents), decoded[:, 3:], atol=1e-6)
    pictures = scenes.composite * 2 - 1
    assert torch.allclose(vae.decode(vae.encode(pictures).latent_dist.mode()).sample, pictures, atol=2e-3)


def test_latents_are_white_on_each_side(scenes: Scenes) -> None:
    pictures, layers = codec_sides(scenes)
    for codec, examples in zip(fit_codecs(scenes, 16, 0), (pictures, layers)):
        latents = codec.encode(straight(examples)).latent_dist.mode()
        assert latents.shape == (len(examples), 16, 8, 8)
        assert latents.mean((0, 2, 3)).abs().max() < 0.02
        assert (latents.std((0, 2, 3)) - 1).abs().max() < 0.02


def test_more_components_keep_more_and_the_refiner_learns_to_add_what_is_missing(scenes: Scenes) -> None:
    few, more = (codec_quality(*fit_codecs(scenes, components, 0), scenes) for components in (8, 32))
    assert more["layer_db"] > few["layer_db"] + 2 and more["alpha_error"] < few["alpha_error"]
    torch.manual_seed(0)
    codecs = fit_codecs(scenes, 8, 16)
    train_refiner(codecs[1], iter([scenes] * 40), 40, learning_rate=0.005)
    refined = codec_quality(*codecs, scenes)
    assert refined["layer_over_background_db"] > few["layer_over_background_db"] + 0.1


def test_the_loss_of_a_layer_is_zero_for_the_truth_and_counts_alpha_and_colour() -> None:
    true = premultiplied(torch.rand(2, 4, 8, 8) * 2 - 1)
    background = torch.rand(2, 3, 8, 8)
    assert layer_loss(true, true, background) == 0
    for channel in range(4):
        wrong = true.clone()
        wrong[:, channel] += 0.1
        assert layer_loss(wrong, true, background) > 0


def test_saved_and_loaded_it_decodes_the_same(scenes: Scenes, tmp_path) -> None:
    _, codec = fit_codecs(scenes, 16, 8)
    codec.save_pretrained(tmp_path)
    again = PatchAutoencoder.from_pretrained(tmp_path)
    latents = torch.randn(1, 16, 4, 4)
    assert torch.equal(again.decode(latents).sample, codec.decode(latents).sample)
