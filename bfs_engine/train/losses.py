"""What is minimised: the paper's equations 6 to 10, and the losses of the two networks that it trains apart from the transformer.

Symbols as in the paper: z latents, t time in [0, 1], ε noise, v velocity; c composite, f foreground, B background. Every norm
‖·‖² here is the mean over all elements, so that a weight means the same at every resolution and batch size.

The paper names neither λ nor the losses of the RGBA VAE and of G. λ is `weight` below; the losses are this project's choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch.nn import functional as F

Compositor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # G: foreground and background latents -> composite latents
LEAST_MASS = 0.02  # of effects, for each pixel of the object
Terms = dict[str, torch.Tensor]  # "loss" is what is minimised; the others are what it is made of


def interpolate(clean: torch.Tensor, noise: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Equation 6: z_t = (1 − t) z_0 + t ε. clean, noise: (m, c, h, w); time: (m,)"""
    t = time[:, None, None, None]
    return (1 - t) * clean + t * noise


@dataclass(frozen=True, eq=False)
class Prediction:
    """One batch [composites …, foregrounds …] and what the model said about it.

    clean z_0, noise ε and predicted v_θ(z_t, t): (2n, c, h, w); time t: (2n,), the same for both branches of a scene;
    background z^B: (n, c, h, w). weight: how much each squared error counts, (2n, c, h, w) or what broadcasts to it.
    """

    clean: torch.Tensor
    noise: torch.Tensor
    time: torch.Tensor
    predicted: torch.Tensor
    background: torch.Tensor
    weight: torch.Tensor | None = None


def flow_matching(p: Prediction) -> tuple[torch.Tensor, torch.Tensor]:
    """The two terms of equation 6: ‖v^c − v_θ^c‖² and ‖v^f − v_θ^f‖², with v = ε − z_0."""
    velocity = p.noise - p.clean
    composite, foreground = _weighed((velocity - p.predicted).square(), p.weight).chunk(2)
    return composite.mean(), foreground.mean()


def composition(p: Prediction, compositor: Compositor) -> torch.Tensor:
    """Equation 7: L_comp = ‖ẑ_0^c − G(ẑ_0^f, z^B)‖², with the one-step estimates ẑ_0 = z_t − t · v_θ."""
    estimate = interpolate(p.clean, p.noise, p.time) - p.time[:, None, None, None] * p.predicted
    composite, foreground = estimate.chunk(2)
    weight = None if p.weight is None else p.weight.chunk(2)[0]
    return _weighed((composite - compositor(foreground, p.background)).square(), weight).mean()


def effects_unlike(alpha: torch.Tensor, true: torch.Tensor, object_alpha: torch.Tensor) -> torch.Tensor:
    """1 − Pearson correlation of made and true effects' alpha, averaged over scenes; all (n, 1, h, w), `true` and object_alpha in [0, 1].

    Only pixels more than two away from the object count, and alpha below 0 counts as 0, as it is seen. A squared error is ruled
    by the few scenes with the darkest shadows; this asks the same of every scene's shadow, whatever its darkness.
    """
    clear = (F.max_pool2d(object_alpha, 5, stride=1, padding=2) <= 0.02).float()
    made, truth = ((x.clamp(min=0) * clear).flatten(1) for x in (alpha, true))
    made, truth = (x - x.mean(1, keepdim=True) for x in (made, truth))
    return 1 - F.cosine_similarity(made, truth).mean()


def mass_unlike(alpha: torch.Tensor, true: torch.Tensor, object_alpha: torch.Tensor) -> torch.Tensor:
    """Squared logarithm of the made over the true mass of effects, averaged over scenes; all (n, 1, h, w) as for `effects_unlike`.

    Mass is the sum of alpha where the object is not, over the object's own, and a LEAST_MASS more: what has no shadow shall get none. A squared error of
    pixels is content with half of a shadow whose place is uncertain, and a correlation with any; this asks for all of it.
    """
    clear = (F.max_pool2d(object_alpha, 5, stride=1, padding=2) <= 0.02).float()
    own = object_alpha.sum((1, 2, 3)).clamp(min=1)
    made, truth = ((x.clamp(min=0) * clear).sum((1, 2, 3)) / own + LEAST_MASS for x in (alpha, true))
    return (made / truth).log().square().mean()


def translucency(alpha: torch.Tensor, object_alpha: torch.Tensor) -> torch.Tensor:
    """What the made alpha lacks to 1, averaged over all pixels two and more inside opaque objects; both (n, 1, h, w). 0 where nothing
    is opaque. Alpha over 1 is no error: it is seen as 1."""
    inside = (F.max_pool2d(1 - object_alpha, 5, stride=1, padding=2) < 1e-3).float()
    return ((1 - alpha).clamp(min=0) * inside).sum() / inside.sum().clamp(min=1)


def _weighed(errors: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    return errors if weight is None else errors * weight


def stage_one(p: Prediction, compositor: Compositor, weight: float) -> Terms:
    """Equation 8, on layers whose truth is known: L = L_FM + λ L_comp."""
    composite, foreground = flow_matching(p)
    consistency = composition(p, compositor)
    return {"loss": composite + foreground + weight * consistency, "composite": composite, "foreground": foreground, "composition": consistency}


def realism(p: Prediction, compositor: Compositor, weight: float) -> Terms:
    """Equation 9, on photographs with a removed object: L = ‖v^c − v_θ^c‖² + λ L_comp. The foreground half of the batch is
    noised from a surrogate (see `surrogate`); its velocity is not judged."""
    composite, _ = flow_matching(p)
    consistency = composition(p, compositor)
    return {"loss": composite + weight * consistency, "composite": composite, "composition": consistency}


def regularisation(p: Prediction, compositor: Compositor, weight: float) -> Terms:
    """Equation 10, on the layers of stage 1: L = ‖v^f − v_θ^f‖² + λ L_comp."""
    _, foreground = flow_matching(p)
    consistency = composition(p, compositor)
    return {"loss": foreground + weight * consistency, "foreground": foreground, "composition": consistency}


def surrogate(composite: torch.Tensor, matte: torch.Tensor) -> torch.Tensor:
    """The layer that stands in for the unknown one in equation 9: the photograph's own colours under the object's matte, without
    effects. composite (…, 3, h, w), matte (…, 1, h, w), in [0, 1] -> straight RGBA (…, 4, h, w), colour 0 where nothing is."""
    return torch.cat([torch.where(matte > 0, composite, 0.0), matte], dim=-3)


def latent_compositing(composite: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """G by itself: ‖G(z^f, z^B) − z^c‖² on the latents of true layers."""
    return F.mse_loss(composite, true)


def over(layer: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
    """Equation 1: C = α F + (1 − α) B. layer: straight RGBA (…, 4, h, w); background (…, 3, h, w), all in [0, 1]."""
    alpha = layer[..., 3:, :, :]
    return alpha * layer[..., :3, :, :] + (1 - alpha) * background


@dataclass(frozen=True)
class LayerWeights:
    """How much each term of `layer_reconstruction` counts beside the blends, which count 1."""

    alpha: float = 1.0
    colour: float = 1.0  # premultiplied
    perceptual: float = 0.0
    posterior: float = 1e-6  # KL to the unit normal, which only keeps the latents from wandering off
    anchor: float = 1e-2  # KL to what the RGB encoder says, so that the transformer meets latents of the kind it knows


Features = Callable[[torch.Tensor], torch.Tensor]  # pictures (m, 3, h, w) in [0, 1] -> anything whose distance means something


def layer_reconstruction(
    decoded: torch.Tensor, layer: torch.Tensor, backgrounds: torch.Tensor, weights: LayerWeights, features: Features | None = None
) -> Terms:
    """The RGBA VAE's picture terms, mean absolute differences of: both layers over each of several backgrounds, alpha,
    premultiplied colour; and of the features of the blends where those are asked for.

    decoded, layer: straight RGBA (n, 4, h, w) in [0, 1]; backgrounds: (k, n, 3, h, w) in [0, 1].
    """
    blends, true_blends = over(decoded, backgrounds), over(layer, backgrounds)
    alpha, true_alpha = decoded[:, 3:], layer[:, 3:]
    terms = {
        "blends": F.l1_loss(blends, true_blends),
        "alpha": F.l1_loss(alpha, true_alpha),
        "colour": F.l1_loss(alpha * decoded[:, :3], true_alpha * layer[:, :3]),
    }
    loss = terms["blends"] + weights.alpha * terms["alpha"] + weights.colour * terms["colour"]
    if features is not None and weights.perceptual:
        terms["perceptual"] = F.l1_loss(features(blends.flatten(0, 1)), features(true_blends.flatten(0, 1)))
        loss = loss + weights.perceptual * terms["perceptual"]
    return {"loss": loss} | terms


def divergence(one: DiagonalGaussianDistribution, other: DiagonalGaussianDistribution | None = None) -> torch.Tensor:
    """KL(one ‖ other) of diagonal normal distributions, the mean over elements; other: the unit normal where None is given."""
    mean, logvar = (other.mean, other.logvar) if other else (torch.zeros_like(one.mean), torch.zeros_like(one.logvar))
    return 0.5 * ((one.mean - mean).square() / logvar.exp() + (one.logvar - logvar).exp() - 1 - one.logvar + logvar).mean()
