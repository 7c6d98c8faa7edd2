"""The metrics of single results: full marks for the truth, and each fault found by the metric that is meant to find it."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from skimage.metrics import structural_similarity

from bfs_engine.bfs.starter import FOLDER
from bfs_engine.evaluate.layers import effect_scores, over
from bfs_engine.evaluate.metrics import Ratio, Result, effect_errors, halo, measure, outside, placement, recomposition, ssim
from bfs_engine.evaluate.table import METRICS
from bfs_engine.scenes.render import Scenes, pack, render
from bfs_engine.scenes.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    library = Vocabulary.load(FOLDER / "library")
    return render(pack([library.cutout(name) for name in library.names[:10]]), 11, 16, 96)


def result(scenes: Scenes, i: int, layer: torch.Tensor | None = None) -> Result:
    """The i-th scene with the true layer, or another one, as if a method had made it."""
    made = scenes.foreground[i] if layer is None else layer
    composite = over(made[None], scenes.background[i])[0]
    truth = {"true_composite": scenes.composite[i], "true_layer": scenes.foreground[i], "true_object": scenes.object_alpha[i]}
    return Result(str(i), scenes.background[i], composite, made, scenes.box[i], "a thing", **truth)


def number(value: float | Ratio) -> float:
    return value.part / value.whole if isinstance(value, Ratio) else value


def test_the_truth_has_full_marks(scenes: Scenes) -> None:
    lit = int(scenes.lit.nonzero()[0])
    scores = {name: number(value) for name, value in measure(result(scenes, lit)).items()}
    assert len(scores) >= 15 and set(scores) <= set(METRICS), "every metric knows how it is written"
    assert scores["composite_ssim"] == scores["recomposed_ssim"] == pytest.approx(1)
    assert min(scores[name] for name in ("composite_db", "recomposed_db", "elsewhere_db")) > 100
    assert not any(scores[name] for name in ("alpha_error", "effect_error", "edge_error", "outside_changed"))
    assert scores["outside_error"] < 0.01, "alpha that 8 bits do not show"
    assert scores["shadow_correlation"] == pytest.approx(1) and scores["shadow_mass"] == pytest.approx(1)
    assert scores["box_iou"] > 0.6 and scores["inside_box"] > 0.95 and scores["object_iou"] > 0.97


def test_without_a_layer_only_the_composite_is_judged_and_without_a_truth_only_what_is_there(scenes: Scenes) -> None:
    whole = result(scenes, 0)
    assert set(measure(dataclasses.replace(whole, layer=None))) == {"composite_db", "composite_ssim"}
    alone = measure(Result("0", whole.background, whole.composite, whole.layer, whole.box))
    assert set(alone) == {"recomposed_db", "recomposed_ssim", "outside_error", "outside_changed", "box_iou", "inside_box", "halo"}
    assert "box_iou" not in measure(Result("0", whole.background, whole.composite, whole.layer))


def test_ssim_is_that_of_other_programs() -> None:
    torch.manual_seed(1)
    true = torch.rand(3, 40, 51)
    made = (true + 0.1 * torch.randn(3, 40, 51)).clamp(0, 1)
    expected = structural_similarity(made.double().numpy(), true.double().numpy(), channel_axis=0, data_range=1.0, gaussian_weights=True,
                                     sigma=1.5, use_sample_covariance=False)  # fmt: skip
    assert ssim(made, true) == pytest.approx(expected, abs=1e-6)


def test_a_composite_that_its_layer_does_not_explain_is_found_out() -> None:
    background, layer = torch.full((3, 32, 32), 0.5), torch.zeros(4, 32, 32)
    layer[:, 8:24, 8:24] = 1
    composite = over(layer[None], background)[0]
    other = composite.clone()
    other[0, :4] += 0.1  # a tenth of one channel in an eighth of the picture
    assert recomposition(layer, background, other)["recomposed_db"] == pytest.approx(-10 * torch.tensor(0.01 / 24).log10().item(), abs=1e-3)
    assert recomposition(layer, background, composite)["recomposed_db"] == pytest.approx(120)
    scores = outside(layer, background, other)
    assert scores["outside_changed"] == pytest.approx(4 * 32 / (32 * 32 - 16 * 16))
    assert scores["outside_error"] == pytest.approx(255 * 0.1 / 3 * 4 * 32 / (32 * 32 - 16 * 16), rel=1e-4)
    drifted = outside(layer, background, composite + 1 / 255)  # an autoencoder's drift: everywhere, and nowhere to be seen
    assert drifted["outside_error"] == pytest.approx(1, rel=1e-3) and drifted["outside_changed"] == 0
    assert outside(torch.ones(4, 32, 32), background, composite) == {}, "a layer that covers everything leaves nothing outside"


def test_a_thing_beside_its_box_is_found_out() -> None:
    layer, box = torch.zeros(4, 40, 60), torch.tensor([10.0, 10.0, 20.0, 20.0])
    layer[3, 10:30, 20:40] = 1  # half of it over
    layer[3, 30:, :] = 0.5  # a shadow does not count
    assert placement(layer, box) == {"box_iou": pytest.approx(1 / 3), "inside_box": pytest.approx(0.5)}
    assert placement(torch.zeros(4, 40, 60), box) == {"box_iou": 0, "inside_box": 0}
    hanging = torch.tensor([-10.0, -10.0, 30.0, 30.0])  # over the picture's corner
    layer[3] = 0
    layer[3, :20, :20] = 1
    assert placement(layer, hanging)["inside_box"] == 1


def disc(side: int = 64, radius: float = 18) -> torch.Tensor:
    """(1, side, side) a soft-edged disc."""
    y, x = torch.meshgrid(torch.arange(side) - side / 2, torch.arange(side) - side / 2, indexing="ij")
    return (radius + 0.5 - torch.hypot(x, y)).clamp(0, 1)[None]


def test_fringes_and_glows_are_halos_and_shadows_are_not() -> None:
    alpha, red = disc(), torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    clean = torch.cat([red.expand(3, 64, 64), alpha])
    assert halo(clean)["halo"] < 1e-3
    shadow = 0.6 * disc(radius=24)
    both = alpha + shadow * (1 - alpha)
    shaded = torch.cat([red * alpha / both.clamp(min=1e-6), both])
    assert halo(shaded)["halo"] < 0.01
    glow = torch.cat([(red * alpha + (both - alpha)) / both.clamp(min=1e-6), both])
    green = torch.where((alpha > 0) & (alpha < 1), torch.tensor([0.1, 0.8, 0.1])[:, None, None], red)
    fringe = torch.cat([green, alpha])
    assert halo(fringe)["halo"] > 0.03 and halo(glow)["halo"] > 0.2
    assert halo(torch.zeros(4, 64, 64)) == {}


def test_holes_halos_and_wrong_colours_show_on_another_ground(scenes: Scenes) -> None:
    true = measure(result(scenes, 0))
    haze = scenes.foreground[0].clone()
    haze[:3] = torch.where(haze[3:] > 0, haze[:3], scenes.background[0])
    haze[3:] = haze[3:].clamp(min=0.3)  # the old background, taken along: over it nothing can be seen
    scores = measure(result(scenes, 0, haze))
    assert scores["recomposed_db"] > 60 and scores["elsewhere_db"] < 30 < true["elsewhere_db"]
    holed = scenes.foreground[0] * torch.tensor([1, 1, 1, 0.8])[:, None, None]
    scores = measure(result(scenes, 0, holed))
    assert scores["edge_error"] > 0.02 and scores["alpha_error"] > 0.01 and scores["elsewhere_db"] < 40


def test_single_shadows_are_judged_as_those_of_a_batch_are(scenes: Scenes) -> None:
    weak = scenes.foreground.clone()
    weak[:, 3:] = torch.where(scenes.object_alpha > 0.02, weak[:, 3:], weak[:, 3:].square())
    lit = scenes.lit.nonzero().flatten().tolist()
    single = [effect_errors(weak[i], scenes.foreground[i], scenes.object_alpha[i]) for i in lit]
    assert len(single) > 8 and all(single)
    batch = effect_scores(weak, scenes.foreground, scenes.object_alpha, scenes.light, scenes.lit)
    assert sum(s["shadow_correlation"] for s in single) / len(single) == pytest.approx(batch["shadow_correlation"], abs=2e-3)
    assert sum(s["shadow_mass"].part for s in single) / sum(s["shadow_mass"].whole for s in single) == pytest.approx(batch["shadow_mass"], rel=1e-3)
    none = effect_errors(scenes.foreground[lit[0]] * 0, scenes.foreground[lit[0]], scenes.object_alpha[lit[0]])
    assert none["shadow_correlation"] == 0 and number(none["shadow_mass"]) == 0 and number(none["effect_error"]) == 1
    bare = torch.cat([scenes.foreground[0, :3], scenes.object_alpha[0]])
    assert effect_errors(bare, bare, scenes.object_alpha[0]) == {}, "a thing without effects says nothing about them"
