"""The paper's equations 6 to 10, and the losses of the RGBA VAE and of G: against numpy in float64 as one would write them on paper.

Gradients are compared with central differences of those, so that neither formula nor derivative is shared with the product.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from bfs_engine.train import losses
from bfs_engine.train.losses import LayerWeights, Prediction

WEIGHT = 0.3  # λ
SHAPE = (2, 3, 2, 2)  # n, c, h, w


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


ZC, ZF, ZB, EC, EF, VC, VF = (numbers(i, *SHAPE) for i in range(7))
T = np.array([0.2, 0.9])


def compositor(foreground, background):
    """A G that both numpy and torch can say: not linear, and not the same in its two arguments."""
    return foreground * foreground * 0.5 + 0.8 * background - foreground * background


def mean_square(x: np.ndarray) -> float:
    return float((x**2).sum() / x.size)


def plain(vc: np.ndarray, vf: np.ndarray) -> dict[str, float]:
    """Equations 6 and 7, item by item."""
    estimate_c, estimate_f = np.empty(SHAPE), np.empty(SHAPE)
    for i, t in enumerate(T):
        estimate_c[i] = (1 - t) * ZC[i] + t * EC[i] - t * vc[i]
        estimate_f[i] = (1 - t) * ZF[i] + t * EF[i] - t * vf[i]
    return {
        "composite": mean_square((EC - ZC) - vc),
        "foreground": mean_square((EF - ZF) - vf),
        "composition": mean_square(estimate_c - compositor(estimate_f, ZB)),
    }


EQUATIONS: dict[str, tuple[Callable, Callable[[dict[str, float]], float]]] = {
    "equation 8": (losses.stage_one, lambda m: m["composite"] + m["foreground"] + WEIGHT * m["composition"]),
    "equation 9": (losses.realism, lambda m: m["composite"] + WEIGHT * m["composition"]),
    "equation 10": (losses.regularisation, lambda m: m["foreground"] + WEIGHT * m["composition"]),
}


def prediction(predicted: torch.Tensor) -> Prediction:
    clean, noise = (torch.tensor(np.concatenate(pair), dtype=predicted.dtype) for pair in ((ZC, ZF), (EC, EF)))
    time = torch.tensor(np.concatenate([T, T]), dtype=predicted.dtype)
    return Prediction(clean, noise, time, predicted, torch.tensor(ZB, dtype=predicted.dtype))


def differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The gradient of a function of an array, by central differences in float64."""
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_papers_losses_and_their_gradients(equation: str) -> None:
    ours, reference = EQUATIONS[equation]
    predicted = torch.tensor(np.concatenate([VC, VF]), dtype=torch.float32, requires_grad=True)
    terms = ours(prediction(predicted), compositor, WEIGHT)
    terms["loss"].backward()
    assert terms["loss"].item() == pytest.approx(reference(plain(VC, VF)), rel=1e-5)
    expected = differences(lambda v: reference(plain(*np.split(v, 2))), np.concatenate([VC, VF]))
    np.testing.assert_allclose(predicted.grad.numpy(), expected, atol=1e-5)
    for name, value in plain(VC, VF).items():
        assert name not in terms or terms[name].item() == pytest.approx(value, rel=1e-5)


def test_a_photograph_judges_only_the_composite_and_the_regulariser_only_the_layer() -> None:
    for ours, silent in ((losses.realism, 1), (losses.regularisation, 0)):
        predicted = torch.tensor(np.concatenate([VC, VF]), requires_grad=True)
        ours(prediction(predicted), compositor, 0.0)["loss"].backward()
        composite, foreground = predicted.grad.chunk(2)
        assert not (composite, foreground)[silent].any() and (composite, foreground)[1 - silent].all()


def test_a_perfect_model_whose_compositor_is_perfect_has_no_loss() -> None:
    exact = Prediction(*(torch.tensor(np.concatenate(pair)) for pair in ((ZC, ZF), (EC, EF))), torch.tensor(np.concatenate([T, T])),
                       torch.tensor(np.concatenate([EC - ZC, EF - ZF])), torch.tensor(ZB))  # fmt: skip
    terms = losses.stage_one(exact, lambda foreground, background: torch.tensor(ZC), WEIGHT)
    assert terms["loss"].item() == pytest.approx(0, abs=1e-20)


LAYER = np.random.default_rng(11).uniform(0.05, 0.95, (2, 4, 2, 2))
DECODED = np.random.default_rng(12).uniform(0.05, 0.95, (2, 4, 2, 2))
BACKGROUNDS = np.random.default_rng(13).uniform(0, 1, (3, 2, 3, 2, 2))


def plain_layer_loss(decoded: np.ndarray) -> float:
    blends = []
    for background in BACKGROUNDS:
        over = decoded[:, 3:] * decoded[:, :3] + (1 - decoded[:, 3:]) * background
        true_over = LAYER[:, 3:] * LAYER[:, :3] + (1 - LAYER[:, 3:]) * background
        blends.append(np.abs(over - true_over).mean())
    alpha = np.abs(decoded[:, 3:] - LAYER[:, 3:]).mean()
    colour = np.abs(decoded[:, 3:] * decoded[:, :3] - LAYER[:, 3:] * LAYER[:, :3]).mean()
    return float(np.mean(blends) + 2.0 * alpha + 0.5 * colour)


def test_the_rgba_vaes_picture_terms_and_their_gradient() -> None:
    decoded = torch.tensor(DECODED, dtype=torch.float32, requires_grad=True)
    layer, backgrounds = (torch.tensor(x, dtype=torch.float32) for x in (LAYER, BACKGROUNDS))
    terms = losses.layer_reconstruction(decoded, layer, backgrounds, LayerWeights(alpha=2.0, colour=0.5))
    terms["loss"].backward()
    assert terms["loss"].item() == pytest.approx(plain_layer_loss(DECODED), rel=1e-5)
    np.testing.assert_allclose(decoded.grad.numpy(), differences(plain_layer_loss, DECODED), atol=1e-6)


def test_the_perceptual_term_is_the_distance_of_features_of_the_blends() -> None:
    decoded, layer, backgrounds = (torch.tensor(x) for x in (DECODED, LAYER, BACKGROUNDS))
    terms = losses.layer_reconstruction(decoded, layer, backgrounds, LayerWeights(perceptual=3.0), features=lambda pictures: pictures * 10)
    assert terms["perceptual"].item() == pytest.approx(10 * terms["blends"].item())
    plain_terms = losses.layer_reconstruction(decoded, layer, backgrounds, LayerWeights())
    assert terms["loss"].item() == pytest.approx(plain_terms["loss"].item() + 3 * terms["perceptual"].item())


def test_the_perceptual_term_has_the_gradient_of_what_is_written_plainly() -> None:
    def plain_perceptual(decoded: np.ndarray) -> float:
        total = 0.0
        for background in BACKGROUNDS:
            over, true_over = (x[:, 3:] * x[:, :3] + (1 - x[:, 3:]) * background for x in (decoded, LAYER))
            total += np.abs(over**2 + over[:, ::-1] - true_over**2 - true_over[:, ::-1]).mean()
        return float(3 * total / len(BACKGROUNDS))

    decoded = torch.tensor(DECODED, requires_grad=True)
    layer, backgrounds = torch.tensor(LAYER), torch.tensor(BACKGROUNDS)
    weights = LayerWeights(perceptual=3.0)
    rest = losses.layer_reconstruction(decoded, layer, backgrounds, weights)["loss"]
    whole = losses.layer_reconstruction(decoded, layer, backgrounds, weights, features=lambda pictures: pictures.square() + pictures.flip(1))["loss"]
    (whole - rest).backward()
    assert (whole - rest).item() == pytest.approx(plain_perceptual(DECODED), rel=1e-9)
    np.testing.assert_allclose(decoded.grad.numpy(), differences(plain_perceptual, DECODED), atol=1e-7)


def test_the_divergence_and_its_gradient() -> None:
    one, other = numbers(21, 1, 4, 2, 1), numbers(22, 1, 4, 2, 1)  # two channels of means, two of log variances

    def plain_divergence(values: np.ndarray) -> float:
        (m1, v1), (m2, v2) = ((x[:, :2], np.exp(x[:, 2:])) for x in (values, other))
        return float((np.log(np.sqrt(v2 / v1)) + (v1 + (m1 - m2) ** 2) / (2 * v2) - 0.5).mean())

    parameters = torch.tensor(one, dtype=torch.float32, requires_grad=True)
    known = DiagonalGaussianDistribution(torch.tensor(other, dtype=torch.float32))
    value = losses.divergence(DiagonalGaussianDistribution(parameters), known)
    value.backward()
    assert value.item() == pytest.approx(plain_divergence(one), rel=1e-5)
    np.testing.assert_allclose(parameters.grad.numpy(), differences(plain_divergence, one), atol=1e-5)
    assert losses.divergence(known, known).item() == pytest.approx(0, abs=1e-6)
    unit = DiagonalGaussianDistribution(torch.zeros(1, 4, 2, 1))
    assert losses.divergence(unit).item() == 0 and losses.divergence(known).item() > 0


def test_gs_loss_and_its_gradient() -> None:
    composite = torch.tensor(ZF, dtype=torch.float32, requires_grad=True)
    value = losses.latent_compositing(composite, torch.tensor(ZC, dtype=torch.float32))
    value.backward()
    assert value.item() == pytest.approx(mean_square(ZF - ZC), rel=1e-5)
    np.testing.assert_allclose(composite.grad.numpy(), differences(lambda x: mean_square(x - ZC), ZF), atol=1e-5)


def test_the_surrogate_is_the_photograph_under_the_matte() -> None:
    photograph = torch.rand(3, 4, 4)
    matte = torch.tensor([0.0, 0.5, 1.0, 0.0]).repeat(4, 1)[None]
    layer = losses.surrogate(photograph, matte)
    assert layer.shape == (4, 4, 4)
    assert torch.equal(losses.over(layer, photograph), photograph), "over the photograph itself it cannot be seen"
    assert not layer[:3, :, 0].any() and torch.equal(layer[3:], matte)


def test_effects_are_unlike_as_their_correlation_says_where_no_object_is() -> None:
    alpha, true = (np.clip(numbers(seed, 3, 1, 12, 12) * 0.3 + 0.2, 0, 1) for seed in (20, 21))
    body = np.zeros((3, 1, 12, 12))
    body[:, :, 2:5, 2:5] = 1
    clear = np.ones((12, 12), bool)
    clear[0:7, 0:7] = False  # two pixels around it do not count either
    covered = np.where(clear, 1, 0)
    wanted = 1 - np.mean([np.corrcoef((a[0] * covered).ravel(), (t[0] * covered).ravel())[0, 1] for a, t in zip(alpha, true)])
    below = np.where(alpha == 0, -0.4, alpha)  # a network may say less than nothing; it is seen as nothing
    made = torch.tensor(below, requires_grad=True)
    loss = losses.effects_unlike(made, torch.tensor(true), torch.tensor(body))
    loss.backward()
    assert loss.item() == pytest.approx(wanted, abs=1e-9)
    assert not made.grad[:, :, :7, :7].any() and made.grad[:, :, 7:, 7:].any()
    assert losses.effects_unlike(torch.tensor(true * 0.3), torch.tensor(true), torch.tensor(body)).item() == pytest.approx(0, abs=1e-9)


def test_alpha_over_one_is_as_opaque_as_one_and_glass_is_not_asked_to_be() -> None:
    matte = torch.zeros(1, 1, 16, 16)
    matte[..., 3:13, 3:13] = 1
    assert losses.translucency(1.2 * matte, matte) == 0
    assert losses.translucency(0.7 * matte, matte).item() == pytest.approx(0.3)
    assert losses.translucency(0.2 * matte, 0.5 * matte) == 0
