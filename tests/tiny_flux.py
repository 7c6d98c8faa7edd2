"""A FLUX model's folder as users have it, with random weights and a few words: every part real, all of it small."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxFillPipeline, FluxTransformer2DModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5Tokenizer

from bfs_engine.bfs.flux import FILL, RGBA_VAE, WEIGHTS
from tests import released

VARIANT = "a_conv"


def write(folder: Path) -> Path:
    """The folder of bfs_engine.bfs.flux, without Redux."""
    torch.manual_seed(3)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    clip_words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    clip = CLIPTextConfig(
        vocab_size=len(clip_words), hidden_size=24, intermediate_size=48, projection_dim=24, num_hidden_layers=1, num_attention_heads=2,
        bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    t5_words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in letters)]
    t5 = T5Config(vocab_size=len(t5_words), d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=2, is_encoder_decoder=False)
    FluxFillPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=released.vae(VARIANT, 3),
        text_encoder=CLIPTextModel(clip),
        tokenizer=CLIPTokenizer({word: index for index, word in enumerate(clip_words)}, [], model_max_length=77),
        text_encoder_2=T5EncoderModel(t5),
        tokenizer_2=T5Tokenizer(t5_words, extra_ids=0, model_max_length=512),
        transformer=released.transformer(VARIANT),
    ).save_pretrained(folder / FILL)
    released.vae(VARIANT, 4).save_pretrained(folder / RGBA_VAE)
    (folder / WEIGHTS).parent.mkdir()
    torch.save(released.trained_weights(VARIANT), folder / WEIGHTS)
    return folder


def write_transformer(folder: Path, **config) -> None:
    """Another transformer into the folder, untrained."""
    torch.manual_seed(4)
    FluxTransformer2DModel(**released.CONFIG | config).save_pretrained(folder / FILL / "transformer")
