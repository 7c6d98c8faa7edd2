"""FLUX in the editor: a folder of downloaded weights, any prompt, a layer at native resolution (the real classes, tiny weights)."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FluxPriorReduxPipeline
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from transformers import SiglipImageProcessor, SiglipVisionConfig, SiglipVisionModel

from bfs_engine import framing
from bfs_engine.__main__ import build_engine
from bfs_engine.api import Box, Cancelled, EngineError, InsertRequest, Progress, ResettleRequest
from bfs_engine.bfs.flux import FILL, REDUX, WEIGHTS, FluxEngine
from tests import tiny_flux


class TinyFlux(FluxEngine):
    """In frames that take no time."""

    sides = 64, 128
    words = 8
    steps = 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_flux.write(tmp_path_factory.mktemp("flux"))


@pytest.fixture(scope="module")
def engine(whole: Path) -> TinyFlux:
    """One that has done a job."""
    engine = TinyFlux(whole)
    engine.insert(request("a lamp"), silent)
    return engine


def request(prompt: str = "a red cup", side: int = 50, **more) -> InsertRequest:
    """A box of side × side on noise of 400 × 300 pixels."""
    picture = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    box = Box(120, 90, side, side)
    crop = framing.crop_around(box, 400, 300)
    return InsertRequest(prompt, box, crop, framing.cut(picture, crop), **more)


def silent(progress: Progress) -> None:
    pass


def test_a_prompt_becomes_a_layer_and_the_recipe_says_how(whole: Path) -> None:
    engine, said = TinyFlux(whole), []
    (result,) = engine.insert(request(), said.append)
    assert result.pixels.shape[2] == 4 and result.pixels[..., 3].any()
    expected = {"engine": "FLUX.1 Fill", "understood": "a red cup", "steps": 2, "guidance": 30.0, "memory": "bf16", "every": 3, "frame": 128, "upscale": 1.0}
    assert expected.items() <= result.recipe.items()
    messages = [progress.message for progress in said]
    assert messages[0] == "Reading the prompt"
    assert "all weights in bfloat16: about" in messages[1] and "GB free" in messages[1]
    assert messages[-2:] == ["Denoising", "Denoising"] and said[-1].step == said[-1].steps


def test_words_and_seed_decide_the_layer(engine: TinyFlux) -> None:
    first, again, other, reseeded = (
        engine.insert(one, silent)[0].pixels for one in (request(), request(), request("a blue hat"), request(seed=1))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other) and not np.array_equal(first, reseeded)


def test_the_text_encoders_are_asked_once_and_not_kept(engine: TinyFlux) -> None:
    said: list[Progress] = []
    engine.insert(request("a pear", count=2), said.append)
    engine.insert(request("a pear"), said.append)
    assert [progress.message for progress in said].count("Reading the prompt") == 1
    assert engine.pipeline.text_encoder is None and engine.pipeline.text_encoder_2 is None


@pytest.mark.parametrize(("side", "frame", "upscale"), [(20, 64, 1.0), (45, 128, 1.0), (100, 128, 1.422)])
def test_a_box_is_painted_at_its_own_size_and_only_a_huge_one_enlarged(engine: TinyFlux, side: int, frame: int, upscale: float) -> None:
    (result,) = engine.insert(request(side=side), silent)
    assert result.recipe["frame"] == frame
    assert result.recipe["upscale"] == upscale == max(round(request(side=side).crop.width / frame, 3), 1)


def test_cancelled_between_steps_it_can_go_on_afterwards(engine: TinyFlux) -> None:
    def stop(progress: Progress) -> None:
        if progress.message == "Denoising":
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.insert(request(), stop)
    assert engine.insert(request(), silent)


def test_a_folder_that_is_not_whole_is_refused_before_anything_is_read(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"is not whole: {FILL}/transformer/config.json is missing"):
        TinyFlux(tmp_path)
    partial = shutil.copytree(whole, tmp_path / "partial")
    (partial / WEIGHTS).unlink()
    with pytest.raises(EngineError, match=f"is not whole: {WEIGHTS} is missing"):
        TinyFlux(partial)


def test_a_damaged_file_gets_a_sentence_and_nothing_stays_half_loaded(whole: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(whole, tmp_path / "damaged")
    weights = damaged / FILL / "transformer" / "diffusion_pytorch_model.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:5000])
    engine = TinyFlux(damaged)
    with pytest.raises(EngineError, match="is damaged and cannot be loaded"):
        engine.insert(request(), silent)
    assert engine.pipeline is None
    weights.write_bytes(good)
    assert engine.insert(request(), silent)


def test_when_memory_runs_out_there_is_a_sentence(engine: TinyFlux, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given, **named):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engine.pipeline, "denoise", full)
    with pytest.raises(EngineError, match="not enough free memory for this picture"):
        engine.insert(request(), silent)


def test_a_reference_needs_redux(engine: TinyFlux) -> None:
    cutout = np.full((20, 20, 4), 255, np.uint8)
    with pytest.raises(EngineError, match="only together with FLUX.1 Redux") as caught:
        engine.insert(request("", reference=cutout), silent)
    assert REDUX in caught.value.hint


def test_with_redux_a_reference_is_shown_instead_of_words(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "flux", ignore=shutil.ignore_patterns("transformer"))
    tiny_flux.write_transformer(folder, joint_attention_dim=4096, pooled_projection_dim=768)  # what Redux's embedding has
    eye = SiglipVisionConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16)
    FluxPriorReduxPipeline(
        image_encoder=SiglipVisionModel(eye),
        feature_extractor=SiglipImageProcessor(size={"height": 32, "width": 32}),
        image_embedder=ReduxImageEncoder(redux_dim=16, txt_in_features=4096),
    ).save_pretrained(folder / REDUX)
    engine = TinyFlux(folder)
    red, blue = (np.full((20, 20, 4), colour, np.uint8) for colour in ((255, 0, 0, 255), (0, 0, 255, 255)))
    first, other = (engine.insert(request("", side=20, reference=one, steps=1), silent)[0] for one in (red, blue))
    assert first.recipe["understood"] == "the reference" and not np.array_equal(first.pixels, other.pixels)


def test_a_thing_is_settled_anew_with_its_words(engine: TinyFlux) -> None:
    asked = request()
    thing = np.zeros((*asked.background.shape[:2], 4), np.uint8)
    thing[30:60, 30:60] = 200, 60, 40, 255
    (result,) = engine.resettle(ResettleRequest(asked.prompt, asked.box, asked.crop, asked.background, thing=thing), silent)
    assert result.recipe["kind"] == "resettle" and result.pixels[..., 3].max() == 255


def test_the_command_line_knows_a_folder_with_flux_when_it_sees_one(whole: Path) -> None:
    assert isinstance(build_engine(whole), FluxEngine)


def test_of_many_steps_only_every_third_is_computed(engine: TinyFlux) -> None:
    computed: list[int] = []
    hook = engine.pipeline.transformer.transformer_blocks[0].attn.to_q.register_forward_hook(lambda *given: computed.append(1))
    (result,) = engine.insert(request("a lamp", steps=13), silent)
    hook.remove()
    assert result.recipe["every"] == 3
    assert len(computed) == 3 + 3  # steps 1, 2, 3, then 5, 8, 11


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch's compiler asks torch's older one
def test_blocks_are_compiled_where_that_is_asked_for(engine: TinyFlux, whole: Path) -> None:
    compiled = TinyFlux(whole, compiled=True)
    with torch.compiler.set_stance("force_eager"):  # what a compiler would make of them takes minutes
        (result,) = compiled.insert(request("a lamp"), silent)
    assert np.array_equal(result.pixels, engine.insert(request("a lamp"), silent)[0].pixels)
    blocks = compiled.pipeline.transformer.transformer_blocks
    assert all(block._compiled_call_impl is not None for block in blocks)
    assert not any(block._compiled_call_impl is not None for block in engine.pipeline.transformer.transformer_blocks)
