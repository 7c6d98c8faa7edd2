"""Hold the code to golden numbers of LayeringDiff: `python -m tests.golden_layering FOLDER [FOLDER …]`.

A folder is one variant: variant.json, models with random weights, and what their inputs give (README.md beside the variants). For every file the largest error
is printed beside its tolerance; the exit status is 1 where one is exceeded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import GroundingDinoForObjectDetection, SamModel, VitMatteForImageMatting
from transformers.utils import logging as transformers_logging

from bfs_engine.layering import align, fbdd, haar
from bfs_engine.matting import networks
from bfs_engine.matting.trimap import trimap

EXACT, ARITHMETIC, CALL, LOOP = 0.0, 1e-6, 1e-5, 5e-4
NOWHERE = -1e30  # how minus infinity is stored
Numbers = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Finding:
    """One tensor: the largest error, and what it may be."""

    name: str
    error: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.error <= self.allowed


def compared(file: str, stored: Numbers, made: Numbers, allowed: dict[str, float], usual: float) -> Iterator[Finding]:
    """Every stored tensor that `made` has. For one call of a network the tolerance grows with the value."""
    for name, new in made.items():
        old = stored[name]
        error = (old.double() - torch.as_tensor(new).detach().double()).abs().max().item() if old.shape == torch.as_tensor(new).shape else float("inf")
        tolerance = allowed.get(name, usual)
        if tolerance == CALL:
            tolerance *= max(1.0, old.double().abs().max().item())
        yield Finding(f"{file} {name}", error, tolerance)


def check_haar(folder: Path) -> Iterator[Finding]:
    stored = load_file(folder / "haar.safetensors")
    made = stored["made"].clone().requires_grad_(True)
    terms = haar.haar_terms(made, stored["decoded"])
    loss = haar.background_loss(made, stored["truth"], stored["decoded"])
    loss.backward()
    bands = {f"band_{scale}_{kind}": band for scale, found in enumerate(haar.bands(stored["made"])) for kind, band in zip("hvd", found, strict=True)}
    plain = haar.foreground_loss(stored["made"], stored["truth"])
    orthonormal = terms.detach() * 4.0 ** (torch.arange(3.0)[:, None] + 1)
    numbers = {"terms": terms, "high": terms.sum(), "terms_orthonormal": orthonormal, "mse": plain, "fan_loss": plain, "ban_loss": loss, "gradient": made.grad}
    largest = stored["terms_orthonormal"].abs().max().item()
    yield from compared("haar", stored, numbers | bands, {"terms_orthonormal": ARITHMETIC * max(1.0, largest)}, ARITHMETIC)


def check_alpha(folder: Path) -> Iterator[Finding]:
    stored = load_file(folder / "alpha.safetensors")
    weights = {side: fbdd.widened(stored["nine_weight"], stored["nine_bias"], side) for side in fbdd.SIDES}
    made = {
        "unshuffled": fbdd.unshuffled(stored["alpha"]),
        "background_weight": weights["background"][0],
        "foreground_weight": weights["foreground"][0],
        "foreground_bias": weights["foreground"][1],
    }
    yield from compared("alpha", stored, made, {}, ARITHMETIC)


def check_fbdd(folder: Path) -> Iterator[Finding]:
    stored, plan = load_file(folder / "fbdd.safetensors"), json.loads((folder / "variant.json").read_text("utf-8"))
    unets = {side: UNet2DConditionModel.from_pretrained(folder / f"{side}_unet", local_files_only=True).eval() for side in fbdd.SIDES}
    vae = AutoencoderKL.from_pretrained(folder / "vae", local_files_only=True).eval()
    model = fbdd.FBDD(unets, vae, stored["null_words"])
    with torch.no_grad():
        composite, alpha = model.encode(stored["picture"]), fbdd.unshuffled(stored["alpha"])
        made: Numbers = {"composite_latent": composite, "alphas_cumprod": fbdd.scheduler().alphas_cumprod}
        for side in fbdd.SIDES:
            for spacing in ("trailing", "leading"):
                steps = model.sample(side, stored[f"start_{side}"], composite, alpha, plan["steps"], spacing)
                numbers = {"times": steps.times, "latents": steps.latents, "v": steps.velocities, "clean": steps.clean}
                made |= {f"{side}_{spacing}_{name}": value for name, value in numbers.items()}
                if spacing == "trailing":
                    made[f"decoded_{side}"] = model.decode(steps.latents[-1:])
        noises = stored["ancestral_noises"]
        made["background_ancestral_latents"] = model.sample("background", stored["start_background"], composite, alpha, plan["steps"], "leading", noises).latents
        time, clean, noise = stored["train_time"], stored["train_clean"], stored["train_noise"]
        made["train_noisy"] = fbdd.scheduler().add_noise(clean, noise, time)
        made["train_target"] = fbdd.scheduler().get_velocity(clean, noise, time)
        made["train_loss"] = model.loss("background", clean, noise, time, composite, alpha)
    exact = {name: EXACT for name in made if name.endswith("_times")}
    calls = dict.fromkeys(("composite_latent", "train_noisy", "train_target", "train_loss"), CALL) | {"alphas_cumprod": ARITHMETIC * 10}
    yield from compared("fbdd", stored, made, exact | calls, LOOP)


def check_copying(folder: Path) -> Iterator[Finding]:
    stored = load_file(folder / "copying.safetensors")
    picture, alpha = stored["picture"], stored["alpha"]
    foreground, background = align.copied(picture, alpha, stored["fan"], stored["ban"])
    closed = align.closed(picture, alpha, foreground, background)
    made = {
        "foreground": foreground,
        "background": background,
        "recomposed": alpha * foreground + (1 - alpha) * background,
        "closed_foreground": closed[0],
        "closed_background": closed[1],
    }
    yield from compared("copying", stored, made, {}, ARITHMETIC)


def check_selection(folder: Path) -> Iterator[Finding]:
    stored, plan = load_file(folder / "selection.safetensors"), json.loads((folder / "variant.json").read_text("utf-8"))["select"]
    picture = stored["picture"].numpy()
    found = networks.find_words(networks.load(GroundingDinoForObjectDetection, folder / "grounding_dino"), picture, stored["ids"][0].tolist())
    drawn = networks.masks_in_box(networks.load(SamModel, folder / "sam"), picture, stored["sam_box"])
    glassy = trimap(stored["mask"].numpy(), plan["reach"], plan["glass"])
    alpha = networks.raw_alpha(networks.load(VitMatteForImageMatting, folder / "vitmatte"), picture, glassy)
    said = torch.nan_to_num(found.logits, neginf=NOWHERE)
    places = (said <= NOWHERE) != (stored["dino_logits"] <= NOWHERE)
    yield Finding("selection dino_logits (places without a word that differ)", float(places.float().mean()), EXACT)
    stored["dino_logits"] = stored["dino_logits"].masked_fill(stored["dino_logits"] <= NOWHERE, 0)  # else they would widen the tolerance
    made = {
        "dino_logits": said.masked_fill(said <= NOWHERE, 0),
        "dino_boxes": found.boxes,
        "dino_scores": found.scores,
        "dino_box": found.best,
        "sam_given": drawn.given,
        "sam_logits": drawn.logits,
        "sam_iou": drawn.iou,
        "sam_chosen": torch.tensor(drawn.chosen),
        "sam_picture_logits": drawn.picture_logits,
        "trimap": torch.from_numpy(trimap(stored["mask"].numpy(), plan["reach"])),
        "trimap_glass": torch.from_numpy(glassy),
        "vitmatte_given": networks.vitmatte_input(picture, glassy),
        "vitmatte_alpha": alpha,
        "matte": torch.from_numpy(networks.matte(alpha, glassy)),
    }
    yield from compared("selection", stored, made, {"sam_chosen": EXACT, "trimap": EXACT, "trimap_glass": EXACT, "matte": 1.0}, CALL)
    unlike = float((drawn.mask != stored["sam_mask"]).float().mean())
    yield Finding("selection sam_mask (share of pixels that differ)", unlike, 0.005)


CHECKS = (check_haar, check_alpha, check_fbdd, check_copying, check_selection)


def findings(folder: Path) -> list[Finding]:
    """All of a variant's, with one thread, as they were made."""
    transformers_logging.disable_progress_bar()  # its bars leave a thread behind
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [finding for check in CHECKS for finding in check(folder)]
    finally:
        torch.set_num_threads(threads)


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    held = True
    for folder in map(Path, arguments):
        if not (folder / "variant.json").exists():
            print(f"{folder} is no variant: it has no variant.json", file=sys.stderr)
            return 2
        for finding in findings(folder):
            held &= finding.holds
            print(f"{'ok  ' if finding.holds else 'FAIL'} {finding.error:9.2e} of {finding.allowed:.1e}  {folder.name} {finding.name}")
    print("all within tolerance" if held else "NOT within tolerance")
    return 0 if held else 1


if __name__ == "__main__":
    np.seterr(all="raise")
    sys.exit(main(sys.argv[1:]))
