"""The pipeline: conditions in FLUX Fill's layout, one seed decides all, steps are reported and can be stopped."""

from __future__ import annotations

import pytest
import torch

from bfs_engine.api import Cancelled
from bfs_engine.bfs.latents import box_mask, pack, pack_mask, unpack
from bfs_engine.bfs.pipeline import Known, bases, change_scale, changed, mean_latent
from bfs_engine.bfs.starter import VEIL, darkened_above, load_pipeline, make, softened
from tests import tiny


def picture(count: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """A background in [−1, 1] and a box, 64 × 48 pixels."""
    background = torch.linspace(-1, 1, 3 * 64 * 48).reshape(1, 3, 64, 48).repeat(count, 1, 1, 1)
    return background, box_mask(torch.tensor([[10.0, 20.0, 24.0, 30.0]] * count), 64, 48)


WORDS = {"prompt_embeds": torch.ones(1, 3, 12), "pooled_prompt_embeds": torch.ones(1, 10)}


def test_packing_follows_the_published_layout() -> None:
    latents = torch.arange(2 * 4 * 6.0).reshape(1, 2, 4, 6)
    tokens = pack(latents)
    assert tokens.shape == (1, 6, 8)
    assert tokens[0, 4, 1 * 4 + 1 * 2 + 0] == latents[0, 1, 2 * 1 + 1, 2 * 1 + 0]  # token (1, 1), channel 1, row 1, column 0
    assert torch.equal(unpack(tokens, 4, 6), latents)
    mask = torch.arange(32 * 32.0).reshape(1, 1, 32, 32)
    assert pack_mask(mask)[0, 3, (5 * 8 + 6) * 4 + 1 * 2 + 1] == mask[0, 0, (2 + 1) * 8 + 5, (2 + 1) * 8 + 6]


def test_a_box_covers_the_pixels_whose_centres_it_holds() -> None:
    mask = box_mask(torch.tensor([[1.4, 0.0, 2.2, 2.0]]), 3, 5)
    assert mask[0, 0].tolist() == [[0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]


def test_a_layer_comes_out_and_the_same_seed_gives_the_same_layer() -> None:
    pipe = tiny.pipeline()
    first, again, other = (pipe(*picture(), **WORDS, num_inference_steps=3, guidance_scale=1, seeds=seed).layers for seed in (5, 5, 6))
    assert first.shape == (1, 4, 64, 48) and first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_candidate_does_not_depend_on_those_made_beside_it() -> None:
    pipe = tiny.pipeline()
    embeds = {k: v.repeat(2, *[1] * (v.ndim - 1)) for k, v in WORDS.items()}
    pair = pipe(*picture(2), **embeds, num_inference_steps=2, guidance_scale=1, seeds=[5, 6]).layers
    alone = pipe(*picture(), **WORDS, num_inference_steps=2, guidance_scale=1, seeds=6).layers
    assert torch.allclose(pair[1], alone[0], atol=1e-5)


def test_noise_is_independent_or_shared_as_the_model_was_trained() -> None:
    composite, foreground = tiny.pipeline().draw_noise([3], 8, 6).chunk(2)
    assert not torch.equal(composite, foreground)
    composite, foreground = tiny.pipeline("shared").draw_noise([3], 8, 6).chunk(2)
    assert torch.equal(composite, foreground)


def test_every_step_is_reported_and_a_report_can_stop_the_work() -> None:
    pipe, seen = tiny.pipeline(), []

    def report(step: int, steps: int, estimate: torch.Tensor) -> None:
        seen.append((step, steps, tuple(estimate.shape)))
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        pipe(*picture(), **WORDS, num_inference_steps=5, guidance_scale=1, on_step=report)
    assert seen == [(1, 5, (1, 4, 8, 6)), (2, 5, (1, 4, 8, 6))]


def test_the_background_is_seen_whole_also_inside_the_box() -> None:
    pipe = tiny.pipeline()
    background, mask = picture()
    condition = pipe.encode_condition(background, mask, prompt_embeds=WORDS["prompt_embeds"], pooled=WORDS["pooled_prompt_embeds"])
    assert torch.allclose(condition.control[..., :16], pack(mean_latent(pipe.vae, background)))
    assert torch.equal(condition.control[..., 16:], pack_mask(mask))


def test_guidance_is_embedded_where_the_transformer_was_distilled_for_it() -> None:
    pipe = tiny.pipeline(guidance_embeds=True)
    weak, strong = (pipe(*picture(), **WORDS, num_inference_steps=2, guidance_scale=scale).layers for scale in (1, 30))
    assert not torch.equal(weak, strong)


def test_a_reference_is_shown_to_models_that_take_one_and_refused_by_others() -> None:
    reference = torch.zeros(1, 4, 64, 48)
    shown = tiny.pipeline(reference=True)
    with_it, without = (shown(*picture(), reference=r, num_inference_steps=2, guidance_scale=1).layers for r in (reference, None))
    assert not torch.equal(with_it, without)
    with pytest.raises(ValueError, match="no input channels for a reference"):
        tiny.pipeline()(*picture(), **WORDS, reference=reference)


def test_a_pipeline_saved_in_safetensors_comes_back_the_same(tmp_path) -> None:
    pipe = tiny.pipeline("shared", reference=True)
    pipe.save_pretrained(tmp_path)
    assert not list(tmp_path.rglob("*.bin")) and list(tmp_path.rglob("*.safetensors"))
    again = load_pipeline(tmp_path)
    assert again.config.noise == "shared"
    made, remade = (p(*picture(), num_inference_steps=2, guidance_scale=1, seeds=1).layers for p in (pipe, again))
    assert torch.equal(made, remade)


def test_a_model_of_changes_that_has_learned_nothing_pastes_the_reference() -> None:
    pipe = tiny.pipeline(prediction="change", reference=True)
    torch.nn.init.zeros_(pipe.transformer.proj_out.weight)
    torch.nn.init.zeros_(pipe.transformer.proj_out.bias)
    background, mask = picture()
    reference = torch.rand(1, 4, 64, 48) * 2 - 1
    made = pipe(background, mask, reference=reference, num_inference_steps=20, guidance_scale=1)
    composite, foreground = (unpack(x, 8, 6) for x in bases(pipe.vae, pipe.rgba_vae, background, reference).chunk(2))
    assert (made.foreground_latents - foreground).std() < 0.4 and (made.composite_latents - composite).std() < 0.5
    without = pipe(background, mask, reference=reference, num_inference_steps=20, guidance_scale=0)  # guided wholly by the empty layer
    empty = unpack(bases(pipe.vae, pipe.rgba_vae, background, None).chunk(2)[1], 8, 6)
    assert (without.foreground_latents - empty).std() < 0.4


def test_the_best_guess_of_a_sample_is_as_good_as_its_scale_says() -> None:
    generator = torch.Generator().manual_seed(0)
    clean, error, noise = torch.randn(3, 100_000, generator=generator)
    spread = torch.tensor(0.3)
    for time in torch.tensor([0.02, 0.3, 0.7, 1.0]):
        noisy = (1 - time) * clean + time * noise
        guess = changed(clean + 0.3 * error, torch.zeros_like(clean), noisy, time, spread)
        assert (guess - clean).std() == pytest.approx(change_scale(time, spread).item(), rel=0.02)


@pytest.mark.parametrize("prediction", ["velocity", "sample", "change"])
def test_every_kind_of_prediction_makes_a_layer(prediction: str) -> None:
    layers = tiny.pipeline(prediction=prediction, reference=True)(*picture(), num_inference_steps=2, guidance_scale=1.5).layers
    assert layers.shape == (1, 4, 64, 48) and layers.isfinite().all()


def test_several_candidates_share_one_background_and_each_is_as_if_made_alone() -> None:
    pipe = tiny.pipeline(prediction="change", reference=True)
    background, mask = picture()
    references = torch.rand(3, 4, 64, 48, generator=torch.Generator().manual_seed(2)) * 2 - 1
    settings = {"num_inference_steps": 2, "guidance_scale": 1.5}
    together = pipe(background, mask, reference=references, seeds=[5, 6, 7], **settings).layers
    assert together.shape == (3, 4, 64, 48)
    for index, seed in enumerate((5, 6, 7)):
        alone = pipe(background, mask, reference=references[index : index + 1], seeds=seed, **settings).layers
        assert torch.allclose(together[index], alone[0], atol=1e-5)
    same = pipe(background, mask, reference=references[:1], seeds=[5, 6], **settings).layers
    assert torch.allclose(same[0], together[0], atol=1e-5) and not torch.allclose(same[1], together[1], atol=1e-3)


def test_the_composite_branch_is_shown_a_known_composite_with_no_more_noise_than_the_strength() -> None:
    known = Known(torch.full((1, 6, 16), 3.0), 0.25)
    latents, noise = torch.zeros(2, 6, 16), torch.full((1, 6, 16), -1.0)
    for time, shown in ((1.0, 0.25), (0.5, 0.25), (0.1, 0.1)):
        times, seen = known.shown(torch.full((2,), time), latents, noise)
        assert times.tolist() == pytest.approx([shown, time])
        assert torch.allclose(seen[0], torch.tensor((1 - shown) * 3 - shown)) and not seen[1].any()


def test_what_is_extracted_follows_the_composite_and_the_composite_stays_what_it_is() -> None:
    pipe = tiny.pipeline()
    first, second = (torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(seed)) * 2 - 1 for seed in (1, 2))
    made = [pipe(*picture(), **WORDS, composite=one, strength=0.3, num_inference_steps=2, guidance_scale=1, seeds=4) for one in (first, second)]
    assert torch.equal(made[0].composite_latents, mean_latent(pipe.vae, first))
    assert not torch.allclose(made[0].layers, made[1].layers, atol=1e-3)
    blind = [
        pipe(*picture(), **WORDS, composite=one, strength=1.0, num_inference_steps=1, guidance_scale=1, seeds=4).layers for one in (first, second)
    ]
    assert torch.equal(*blind), "at full strength one step sees nothing but noise"


def test_one_step_of_the_starter_prefers_neither_left_nor_right() -> None:
    pipe = tiny.pipeline(prediction="change", reference=True)
    torch.manual_seed(0)
    background, mask, reference = torch.rand(2, 3, 64, 64) * 2 - 1, torch.rand(2, 1, 64, 64).round(), torch.rand(2, 4, 64, 64) * 2 - 1
    asked = {"num_inference_steps": 1, "guidance_scale": 1.0, "seeds": [5, 6]}
    made = make(pipe, background, mask, reference=reference, **asked).layers
    mirrored = make(pipe, background.flip(3), mask.flip(3), reference=reference.flip(3), **asked).layers
    assert torch.allclose(mirrored.flip(3), made, atol=1e-5)
    alone = pipe(background, mask, reference=reference, **asked).layers
    assert (alone - made).abs().max() > 0.01
    sampled = {"reference": reference, **asked, "num_inference_steps": 2}
    assert torch.equal(make(pipe, background, mask, **sampled).layers, pipe(background, mask, **sampled).layers)


def test_around_and_above_its_foot_a_thing_only_darkens_what_is_behind_it() -> None:
    thing = torch.zeros(1, 1, 32, 32)
    thing[:, :, 8:20, 10:22] = 1
    layer = torch.zeros(1, 4, 32, 32)
    layer[:, :3], layer[:, 3] = 0.9, 0.3  # light everywhere, as of a mirror
    layer[:, :3, :, 26:], layer[:, 3, :, 26:] = 0.05, 0.4  # a shadow at the right
    layer[:, :, 8:20, 10:22] = 1
    seen = darkened_above(layer, thing)
    lightened = (seen[:, :3] * seen[:, 3:]).amax(1)
    assert lightened[0, :20, :8].max() < 0.12 * 0.3 and seen[0, 3, :20, :8].max() < 0.3 * 0.3
    assert torch.equal(seen[:, :, 20:], layer[:, :, 20:])  # below the foot a floor may shine
    assert torch.equal(seen[:, :3, :, 26:], layer[:, :3, :, 26:]) and (layer[:, 3, :, 26:] - seen[:, 3, :, 26:]).max() < VEIL
    assert torch.equal(seen[:, :, 6:22, 8:24], layer[:, :, 6:22, 8:24])  # the thing and its edge


def test_a_faint_veil_around_a_thing_is_taken_away_and_a_shadow_on_the_floor_is_not() -> None:
    thing = torch.zeros(1, 1, 64, 64)
    thing[:, :, 16:40, 20:44] = 1
    layer = torch.zeros(1, 4, 64, 64)
    layer[:, 3] = 0.9 * VEIL
    layer[:, 3, 36:, :] = 0.3  # a shadow, on both sides of the foot
    seen = darkened_above(torch.where(thing > 0, 1.0, layer), thing)
    assert seen[0, 3, :10].max() == 0 and seen[0, 3, 16:30, :16].max() == 0
    assert torch.equal(seen[:, :, 40:], layer[:, :, 40:])
    steps = seen[0, 3, 36:, 4].diff().abs()
    assert steps.max() < VEIL / 4  # no seam at the foot


def test_effects_are_smooth_and_the_thing_is_as_sharp_as_it_was() -> None:
    thing = torch.zeros(1, 1, 128, 128)
    thing[:, :, 40:80, 40:80] = 1
    layer = torch.zeros(1, 4, 128, 128)
    layer[:, 3, 60:100, 10:120] = 0.4 + 0.1 * torch.randn(40, 110, generator=torch.Generator().manual_seed(0))
    layer = torch.where(thing > 0, torch.rand(1, 4, 128, 128, generator=torch.Generator().manual_seed(1)), layer)
    seen = softened(layer, thing)
    near = slice(38, 82)
    assert torch.equal(seen[:, :, near, near], layer[:, :, near, near])  # the thing and its edge, and nothing of it outside
    shadow = seen[0, 3, 90:97, 16:112]
    assert shadow.std() < 0.4 * layer[0, 3, 90:97, 16:112].std() and shadow.mean() == pytest.approx(0.4, abs=0.03)
    assert seen[0, :3, 90:97].max() < 1e-6
