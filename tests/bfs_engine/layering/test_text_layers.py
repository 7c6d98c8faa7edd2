"""From words to layers by one command, with tiny random models: whatever they make, the layers over the ground are the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline
from PIL import Image
from transformers import (
    BertTokenizer,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    SamConfig,
    SamModel,
    SwinConfig,
    VitDetConfig,
    VitMatteConfig,
    VitMatteForImageMatting,
)

from bfs_engine.__main__ import main
from bfs_engine.layering.align import AlignmentNetwork, save_alignment
from bfs_engine.layering.disassemble import over
from bfs_engine.layering.fbdd import CHANNELS, FBDD, SIDES
from bfs_engine.matting.words import caption
from tests.bfs_engine.layering.test_fbdd import tiny_unet


def tiny_vae() -> AutoencoderKL:
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    return AutoencoderKL(block_out_channels=(4, 4, 4, 4), norm_num_groups=4, scaling_factor=0.18215, **blocks).eval()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(2)
    folder = tmp_path_factory.mktemp("fbdd")
    FBDD({side: tiny_unet(CHANNELS) for side in SIDES}, tiny_vae(), torch.zeros(1, 5, 12)).save(folder)
    save_alignment(AlignmentNetwork((4, 8, 8)), folder, "background")
    return folder


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("pipeline")
    tokenizer = CLIPTokenizer({"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2, "bird</w>": 3}, [], model_max_length=8)
    text = CLIPTextModel(CLIPTextConfig(vocab_size=4, hidden_size=12, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2,
                                        max_position_embeddings=8, bos_token_id=0, eos_token_id=1))  # fmt: skip
    StableDiffusionPipeline(
        tiny_vae(),
        text,
        tokenizer,
        tiny_unet(4),
        DDIMScheduler(steps_offset=1, clip_sample=False),
        None,
        None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def finders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(4)
    folder = tmp_path_factory.mktemp("finders")
    words = ["[PAD]", "[UNK]", "[MASK]", "a", "bird", "sky", *(f"unused{number}" for number in range(95)), "[CLS]", "[SEP]"]
    words += [f"unused{number}" for number in range(100, 1009)] + ["."]
    BertTokenizer({word: number for number, word in enumerate(words)}).save_pretrained(folder / "grounding_dino")
    GroundingDinoForObjectDetection(GroundingDinoConfig(
        backbone_config=SwinConfig(image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4, patch_size=4, out_features=["stage2", "stage3", "stage4"]),
        text_config={"model_type": "bert", "vocab_size": 1100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 32},
        d_model=32, num_queries=6, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2, decoder_attention_heads=2,
        num_feature_levels=4, max_text_len=40, disable_custom_kernels=True)).save_pretrained(folder / "grounding_dino")  # fmt: skip
    sam = SamModel(SamConfig(
        vision_config={"hidden_size": 16, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64, "patch_size": 8, "window_size": 4,
                       "global_attn_indexes": [1], "num_pos_feats": 8, "mlp_dim": 24},
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 8, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 24, "num_attention_heads": 2, "iou_head_hidden_dim": 16}))  # fmt: skip
    sam.save_pretrained(folder / "sam")
    VitMatteForImageMatting(VitMatteConfig(
        backbone_config=VitDetConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_channels=4, image_size=64, pretrain_image_size=32, patch_size=16,
                                     out_features=["stage1"], window_size=2, use_relative_position_embeddings=True),
        hidden_size=16, convstream_hidden_sizes=[8, 8, 8], fusion_hidden_sizes=[16, 16, 16, 16])).save_pretrained(folder / "vitmatte")  # fmt: skip
    return folder


def layers(folder: Path) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Picture, things front to back, ground, as they were written."""
    things = [np.asarray(Image.open(path)) for path in sorted(folder.glob("thing-*.png"))]
    return np.asarray(Image.open(folder / "composite.png")), things, np.asarray(Image.open(folder / "ground.png"))


def flat(things: list[np.ndarray], ground: np.ndarray) -> np.ndarray:
    for thing in reversed(things):
        ground = over(thing, ground)
    return ground


def test_words_become_a_picture_and_its_layers(model: Path, pipeline: Path, finders: Path, tmp_path: Path) -> None:
    asked = [
        "--prompt",
        "a bird",
        "--pipeline",
        str(pipeline),
        "--size",
        "128x128",
        "--thing",
        "a bird",
        "--find",
        str(finders),
        "--least",
        "0",
    ]
    assert main(["text-layers", "--model", str(model), *asked, "--out", str(tmp_path / "out"), "--steps", "2"]) == 0
    picture, things, ground = layers(tmp_path / "out")
    assert picture.shape == (128, 128, 3) and len(things) == 1
    assert np.array_equal(flat(things, ground), picture)


def test_several_things_of_a_photograph_of_any_size_are_the_photograph_again(model: Path, tmp_path: Path) -> None:
    dice = np.random.default_rng(5)
    photograph = dice.integers(0, 256, (53, 70, 3), np.uint8)
    Image.fromarray(photograph).save(tmp_path / "p.png")
    for name, place in (("front", slice(10, 30)), ("back", slice(20, 50))):
        matte = np.zeros((53, 70), np.uint8)
        matte[place, place] = 255
        matte[place.start, place] = 120
        Image.fromarray(matte).save(tmp_path / f"{name}.png")
    asked = ["--picture", str(tmp_path / "p.png"), "--matte", str(tmp_path / "front.png"), "--matte", str(tmp_path / "back.png")]
    assert main(["text-layers", "--model", str(model), *asked, "--out", str(tmp_path / "out"), "--steps", "2"]) == 0
    picture, things, ground = layers(tmp_path / "out")
    assert np.array_equal(picture, photograph) and len(things) == 2
    assert np.array_equal(flat(things, ground), photograph)
    assert not np.array_equal(ground[12:28, 12:28], photograph[12:28, 12:28]) and np.array_equal(ground[:10], photograph[:10])


def test_what_is_missing_is_said_in_a_sentence(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["text-layers", "--model", str(model), "--out", str(tmp_path)]
    for asked, words in ((["--thing", "a bird"], "--picture or --prompt"), (["--prompt", "a bird", "--thing", "a bird"], "--find is needed"),
                         (["--prompt", "a bird"], "what is to be taken out")):  # fmt: skip
        assert main([*common, *asked]) == 2
        assert words in capsys.readouterr().err


def test_names_are_said_as_the_detector_was_trained() -> None:
    assert caption("A Bird, a cat.") == "a bird. a cat."
