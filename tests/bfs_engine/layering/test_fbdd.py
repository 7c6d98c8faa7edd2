"""LayeringDiff's arithmetic: an inpainting model becomes two decomposing ones, exactly; layers copied and closed give the composite again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch.nn import functional as F

from bfs_engine.__main__ import main
from bfs_engine.api import EngineError
from bfs_engine.layering.align import AlignmentNetwork, closed, copied
from bfs_engine.layering.fbdd import FBDD, convert, unshuffled, widened
from tests.golden_layering import findings

GOLDEN = Path(os.environ.get("LAYERING_GOLDEN") or Path(__file__).parents[4] / "shared" / "golden" / "layering")


def tiny_unet(channels: int) -> UNet2DConditionModel:
    torch.manual_seed(1)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=12,
        attention_head_dim=(2, 4),
        norm_num_groups=4,
    ).eval()


@pytest.fixture
def inpainting(tmp_path: Path) -> Path:
    folder = tmp_path / "inpainting"
    tiny_unet(9).save_pretrained(folder / "unet")
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    AutoencoderKL(block_out_channels=(4, 4, 4, 4), norm_num_groups=4, scaling_factor=0.18215, **blocks).save_pretrained(folder / "vae")
    return folder


@pytest.mark.parametrize("variant", ("a", "b"))
def test_golden_numbers_hold(variant: str) -> None:
    if not (GOLDEN / variant / "variant.json").exists():
        pytest.skip("golden numbers of LayeringDiff: LAYERING_GOLDEN is not set")
    found = findings(GOLDEN / variant)
    assert len(found) > 60
    assert not [(finding.name, finding.error) for finding in found if not finding.holds]


def test_a_converted_model_says_at_first_what_the_inpainting_model_says(inpainting: Path, tmp_path: Path) -> None:
    convert(inpainting, tmp_path / "fbdd", words=torch.randn(1, 5, 12, generator=torch.Generator().manual_seed(2)))
    model = FBDD.load(tmp_path / "fbdd")
    dice = torch.Generator().manual_seed(3)
    noisy, composite = (torch.randn(1, 4, 8, 8, generator=dice) for _ in range(2))
    alpha = unshuffled(torch.full((1, 1, 64, 64), 0.25))
    base = UNet2DConditionModel.from_pretrained(inpainting / "unet", local_files_only=True).eval()
    time = torch.tensor([500])
    with torch.no_grad():
        said = model.velocity("background", noisy, time, composite, alpha)
        known = base(torch.cat([noisy, torch.full((1, 1, 8, 8), 0.25), composite], 1), time, encoder_hidden_states=model.words).sample
    assert torch.allclose(said, known, atol=1e-5)


def test_the_foregrounds_mask_is_what_is_not_the_thing() -> None:
    dice = torch.Generator().manual_seed(4)
    nine, bias = torch.randn(6, 9, 3, 3, generator=dice), torch.randn(6, generator=dice)
    weight, moved = widened(nine, bias, "foreground")
    alpha, noisy, composite = torch.full((1, 1, 64, 64), 0.3), torch.randn(1, 4, 8, 8, generator=dice), torch.randn(1, 4, 8, 8, generator=dice)
    ours = F.conv2d(torch.cat([noisy, composite, unshuffled(alpha)], 1), weight, moved)
    theirs = F.conv2d(torch.cat([noisy, torch.full((1, 1, 8, 8), 0.7), composite], 1), nine, bias)
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_what_is_no_inpainting_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tiny_unet(4).save_pretrained(tmp_path / "unet")
    with pytest.raises(EngineError, match="takes 4 channels"):
        convert(tmp_path, tmp_path / "out", words=torch.zeros(1, 5, 12))
    with pytest.raises(EngineError, match="holds no LayeringDiff model"):
        FBDD.load(tmp_path)


def test_convert_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--from", str(tmp_path), "--out", str(tmp_path / "fbdd")]) == 2
    assert "holds no inpainting model" in capsys.readouterr().err


def test_full_size_unets_have_the_papers_parameters() -> None:
    with torch.device("meta"):
        full = UNet2DConditionModel(
            sample_size=64, in_channels=72, out_channels=4, block_out_channels=(320, 640, 1280, 1280), attention_head_dim=(5, 10, 20, 20),
            cross_attention_dim=1024, use_linear_projection=True,
        )  # fmt: skip
    assert sum(parameter.numel() for parameter in full.parameters()) == pytest.approx(866.1e6, rel=1e-3)


def test_an_alignment_network_changes_nothing_at_first_and_copied_layers_close_on_the_composite() -> None:
    dice = torch.Generator().manual_seed(5)
    picture, layer = (torch.rand(1, 3, 33, 20, generator=dice) * 2 - 1 for _ in range(2))
    alpha = (torch.rand(1, 1, 33, 20, generator=dice) * 255).round() / 255
    alpha[..., :5], alpha[..., 15:] = 0, 1
    made = AlignmentNetwork((4, 8, 8))(picture, alpha, layer)
    assert torch.equal(made, layer)
    foreground, background = copied(picture, alpha, made, made)
    assert torch.equal(foreground[..., 15:], picture[..., 15:]) and torch.equal(background[..., :5], picture[..., :5])
    front, behind = closed(picture, alpha, foreground, background)
    assert torch.allclose(alpha * front + (1 - alpha) * behind, picture, atol=1e-5)
