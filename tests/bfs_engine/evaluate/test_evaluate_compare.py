"""Folders of results by several methods: read, measured, put side by side; and what networks say, on tiny ones of random weights."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    BitImageProcessorPil,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
    Dinov2Config,
    Dinov2Model,
)

from bfs_engine import __main__ as commands
from bfs_engine.__main__ import main
from bfs_engine.api import EngineError
from bfs_engine.evaluate import networks
from bfs_engine.evaluate.metrics import Result
from bfs_engine.evaluate.results import results
from bfs_engine.train.shards import ShardWriter
from tests.training import pictures


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes of 48 pixels with their true layers, as `shards` writes them."""
    return pictures(tmp_path_factory.mktemp("truth"), count=4, size=48)


def made(folder: Path, truth: Path, fault: float = 0.0, layers: bool = True) -> Path:
    """What a method made: the true composites and layers, brighter by `fault`."""
    for result in results_of(truth):
        composite = (result.true_composite + fault).clamp(0, 1)
        save(folder / f"{result.key}.composite.png", eight(composite))
        if layers:
            save(folder / f"{result.key}.layer.png", eight(torch.cat([(result.true_layer[:3] + fault).clamp(0, 1), result.true_layer[3:]])))
    return folder


def results_of(truth: Path) -> list[Result]:
    return list(results(truth, truth))


def eight(picture: torch.Tensor) -> np.ndarray:
    return (picture * 255).round().byte().permute(1, 2, 0).numpy()


def test_two_methods_by_command(truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = made(tmp_path / "good", truth), made(tmp_path / "bad", truth, 0.1, layers=False)
    (bad / "00000003.composite.png").unlink()
    assert main(["evaluate", f"Ours={good}", str(bad), "--truth", str(truth), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "Ours: 4 results" in told.err and "bad: 3 results; 1 that the truth asks for are not there" in told.err
    ours, theirs = (next(line for line in told.out.splitlines() if line.startswith(f"| {name} ")) for name in ("Ours", "bad"))
    assert ours.startswith("| Ours | 4 | ") and theirs.startswith("| bad | 3 | ")
    assert "Layers" in told.out and "The paper's" not in told.out and "seed 0" in told.out
    found = json.loads((tmp_path / "out" / "table.json").read_text("utf-8"))["methods"]
    assert found["Ours"]["composite_db"]["value"] > 50 and 18 < found["bad"]["composite_db"]["value"] < 22
    assert "elsewhere_db" in found["Ours"] and "elsewhere_db" not in found["bad"]
    assert (tmp_path / "out" / "table.md").read_text("utf-8").strip() == told.out.strip()
    lines = list(csv.DictReader((tmp_path / "out" / "examples.csv").read_text("utf-8").splitlines()))
    values = [float(line["value"]) for line in lines if line["method"] == "bad" and line["metric"] == "composite_db"]
    assert len(values) == 3 and np.mean(values) == pytest.approx(found["bad"]["composite_db"]["value"])


def test_a_folder_alone_with_only_layers_or_a_shard_of_them(truth: Path, tmp_path: Path) -> None:
    loose, tars = tmp_path / "loose", tmp_path / "tars"
    tars.mkdir()
    with ShardWriter(tars / "00000.tar") as writer:
        for result in results_of(truth):
            save(loose / f"{result.key}.background.png", eight(result.background))
            save(loose / f"{result.key}.layer.png", eight(result.true_layer))
            (loose / f"{result.key}.json").write_text(json.dumps({"box": result.box.tolist(), "prompt": "a thing", "caption": "a room"}))
            writer.add(result.key, {e: (loose / f"{result.key}.{e}").read_bytes() for e in ("background.png", "layer.png", "json")})
    one, two = list(results(loose, None)), list(results(tars, None))
    assert [r.key for r in one] == [r.key for r in two] and len(one) == 4
    for a, b, known in zip(one, two, results_of(truth)):
        assert torch.equal(a.composite, b.composite) and a.prompt == b.prompt == "a thing" and a.caption == "a room" and torch.equal(a.box, b.box)
        assert (a.composite - known.true_composite).abs().max() < 2 / 255, "the layer over the background"
        assert a.true_layer is None


def test_results_that_are_not_whole_are_told_in_a_sentence(truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grey = np.full((48, 48, 3), 90, np.uint8)
    (tmp_path / "empty").mkdir()
    save(tmp_path / "stranger" / "cat.composite.png", grey)
    save(tmp_path / "small" / "00000000.composite.png", grey[:30])
    save(tmp_path / "ground" / "a.composite.png", grey)
    save(tmp_path / "cut" / "00000000.composite.png", grey)
    cut = tmp_path / "cut" / "00000000.composite.png"
    cut.write_bytes(cut.read_bytes()[:60])
    save(tmp_path / "box" / "a.composite.png", grey), save(tmp_path / "box" / "a.background.png", grey)
    (tmp_path / "box" / "a.json").write_text('{"box": [1, 2, NaN, 4]}')
    for folder, with_truth, sentence in (
        ("nowhere", True, "There are no results in"), ("empty", True, "There are no results in"), ("stranger", True, "does not ask for: cat"),
        ("small", True, "not of one size"), ("cut", True, "a picture cannot be read"), ("ground", False, "there is no background"),
        ("box", False, r"description (json) cannot be read"),
    ):  # fmt: skip
        assert main(["evaluate", str(tmp_path / folder), *(["--truth", str(truth)] if with_truth else [])]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["evaluate", f"a={tmp_path}", f"a={tmp_path}"]) == 2
    assert "Two methods have one name" in capsys.readouterr().err


def test_the_command_offers_every_network() -> None:
    assert set(commands.NETWORKS) == {*networks.NETWORKS, "kid"}


def test_kid_is_the_polynomial_mmd_written_plainly() -> None:
    dice = np.random.default_rng(2)
    x, y = dice.normal(size=(7, 5)), dice.normal(0.4, 1, size=(7, 5))

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (sum(p * q for p, q in zip(a, b)) / 5 + 1) ** 3

    within = sum(k(u[i], u[j]) for u in (x, y) for i in range(7) for j in range(7) if i != j) / (7 * 6)
    across = sum(k(a, b) for a in x for b in y) / 49
    found = networks.kid(list(x), list(y), seed=1)
    assert found.value == pytest.approx(1000 * (within - 2 * across), rel=1e-12)
    doubled = np.repeat(np.arange(7), 2)  # every example twice: pairs of an example with itself still do not count
    within = sum(k(u[i], u[j]) for u in (x, y) for i in doubled for j in doubled if i != j) / (14 * 14 - 7 * 4)
    weights = np.full((1, 7), 2.0)
    assert _kid_of(x, y, weights) == pytest.approx(1000 * (within - 2 * across), rel=1e-12)
    same = networks.kid(list(x), list(x))
    assert found.low < found.value < found.high and same.value < 0, "unbiased, so below 0 for one and the same set"
    assert abs(networks.kid(*dice.normal(size=(2, 400, 5))).value) < 40 < networks.kid(dice.normal(size=(400, 5)), dice.normal(1, 1, (400, 5))).low
    with pytest.raises(EngineError, match="at least two"):
        networks.kid([x[0]], [y[0]])


def test_kid_by_command_compares_with_the_true_composites(
    truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With features of our own in the place of Inception's."""
    monkeypatch.setattr(networks, "inception", lambda weights: lambda picture: picture.mean((1, 2)).double().numpy())
    folders = [str(made(tmp_path / name, truth, fault)) for name, fault in (("near", 0.02), ("far", 0.3))]
    assert main(["evaluate", *folders, "--truth", str(truth), "--with", "kid", "--out", str(tmp_path)]) == 0
    assert "| Method | n | KID×1000 ↓ |" in capsys.readouterr().out
    found = {name: scores["kid_1000"] for name, scores in json.loads((tmp_path / "table.json").read_text("utf-8"))["methods"].items()}
    assert found["near"]["value"] < found["far"]["value"] and found["far"]["n"] == 4
    pairs = [[picture.mean((1, 2)).double().numpy() for picture in (r.composite, r.true_composite)] for r in results(tmp_path / "far", truth)]
    assert found["far"]["value"] == pytest.approx(networks.kid(*zip(*pairs)).value, rel=1e-9)
    assert main(["evaluate", folders[0], "--with", "kid"]) == 2
    assert "KID compares with true composites; name their folder with --truth." in capsys.readouterr().err


def _kid_of(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """The statistic that the bootstrap sees, at weights of our own."""
    caught = []
    original = networks.bootstrap
    networks.bootstrap = lambda statistic, *rest: caught.append(statistic) or original(statistic, *rest)
    try:
        networks.kid(list(x), list(y))
    finally:
        networks.bootstrap = original
    return float(caught[0](weights)[0])


def test_kid_agrees_with_torch_fidelity() -> None:
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    dice = np.random.default_rng(4)
    x, y = dice.normal(size=(40, 16)), dice.normal(0.2, 1, size=(40, 16))
    expected = kid.kernel_mmd(x, y, kid_kernel="poly", kid_kernel_poly_degree=3, kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1)
    assert networks.kid(list(x), list(y)).value == pytest.approx(1000 * expected, rel=1e-10)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CLIP and DINO with random weights, small, in the folders where real ones would lie."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz"), "<|startoftext|>", "<|endoftext|>"]
    text = CLIPTextConfig(vocab_size=len(letters), max_position_embeddings=12, bos_token_id=52, eos_token_id=53, **size)
    clip = CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=CLIPVisionConfig(image_size=32, patch_size=8, **size).to_dict(), projection_dim=8))
    clip.save_pretrained(folder / "clip")
    CLIPTokenizer(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]).save_pretrained(folder / "clip")
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder / "clip")
    dino = {name: value for name, value in size.items() if name != "intermediate_size"}
    Dinov2Model(Dinov2Config(image_size=28, patch_size=14, mlp_ratio=1, **dino)).save_pretrained(folder / "dino")
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28}).save_pretrained(folder / "dino")
    return folder


def test_clip_and_dino_by_command(truth: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(tmp_path / "ours", truth)
    asked = tmp_path / "asked"
    for result in results_of(truth):
        save(asked / f"{result.key}.background.png", eight(result.background))
        save(asked / f"{result.key}.composite.png", eight(result.true_composite))
        (asked / f"{result.key}.json").write_text(json.dumps({"prompt": "a cat"}))
    assert main(["evaluate", str(folder), "--truth", str(asked), "--with", "clip", "dino", "--weights", str(weights), "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("The paper's\n\n| Method | n | CLIP ↑ | DINO ↑ |\n")
    found = json.loads((tmp_path / "table.json").read_text("utf-8"))["methods"]["ours"]
    assert found["dino"]["value"] == pytest.approx(1, abs=1e-5) and found["clip"]["n"] == found["dino"]["n"] == 4


@pytest.mark.parametrize("sign", [1, -1])
def test_clip_reads_the_prompt_and_sees_the_layer_on_white(sign: int, weights: Path, tmp_path: Path) -> None:
    """Random weights find all words alike: likely with one sign of their last matrix, unlikely with the other."""
    shutil.copytree(weights / "clip", tmp_path / "clip")
    model = CLIPModel.from_pretrained(weights / "clip").eval()
    model.text_projection.weight.data *= sign
    model.save_pretrained(tmp_path / "clip")
    score = networks.clip(tmp_path, False)
    layer = torch.zeros(4, 32, 32)
    layer[:, 8:24, 8:24] = torch.tensor([0.9, 0.2, 0.1, 1.0])[:, None, None]
    result = Result("a", torch.rand(3, 32, 32), torch.rand(3, 32, 32), layer)
    white = torch.where(layer[3:] > 0, layer[:3], torch.ones(()))
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)))
    eighth = (white * 255).round() / 255
    found = []
    for word in ("cat", "dog", "tree", "owl", "ox", "jug"):
        letters = [ord(letter) - ord("a") for letter in word]
        words = torch.tensor([[52, *letters[:-1], letters[-1] + 26, 53]])  # the last letter of a word is another token
        with torch.no_grad():
            both = model(input_ids=words, pixel_values=((eighth - mean) / std)[None], attention_mask=torch.ones_like(words))
        cosine = (both.image_embeds @ both.text_embeds.T).item()
        found.append(score(dataclasses.replace(result, prompt=word)))
        assert found[-1] == pytest.approx(2.5 * max(cosine, 0), abs=1e-5)
    assert min(found) > 0.01 or not any(found), "cosines below 0 count as 0"
    assert len(set(found)) == len(found) or not any(found), "every word is read"
    assert score(result) is None, "no prompt"
    assert score(Result("a", result.background, result.composite, prompt="cat")) is None, "no layer"


@pytest.mark.parametrize(("network", "sentence"), [
    ("clip", "weights of openai/clip-vit-base-patch32 are not on this disk"), ("dino", "weights of facebook/dinov2-base are not on this disk"),
    ("musiq", "pyiqa, which computes MUSIQ, is not installed"), ("maniqa", "pyiqa, which computes MANIQA, is not installed"),
    ("kid", "torch-fidelity, which computes KID's features, is not installed"), ("hpsv3", "HPSv3's library is not installed"),
])  # fmt: skip
def test_a_library_or_weights_that_are_missing_are_told_before_anything_is_measured(
    network: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("pyiqa", "torch_fidelity.feature_extractor_inceptionv3", "hpsv3"):
        monkeypatch.setitem(sys.modules, library, None)
    assert main(["evaluate", str(tmp_path), "--with", network, "--weights", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert sentence in told.err and not told.out
    assert ("requirements-evaluate.txt" in told.err) == (network in ("musiq", "maniqa", "kid")) and ("--download" in told.err) == (network in ("clip", "dino"))


def test_hpsv3_is_asked_about_composite_and_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its library cannot be installed beside ours: a stand-in with the same three calls."""

    class Judge:
        def __init__(self, config_path: str | None = None, checkpoint_path: str | None = None, device: str = "cuda") -> None:
            self.checkpoint = Path(checkpoint_path)

        def reward(self, image_paths: list, prompts: list[str]) -> torch.Tensor:
            return torch.tensor([[np.asarray(image).mean() / 255 + len(prompt), 0.5] for image, prompt in zip(image_paths, prompts)])

    monkeypatch.setitem(sys.modules, "hpsv3", types.SimpleNamespace(HPSv3RewardInferencer=Judge))
    with pytest.raises(EngineError, match="HPSv3.safetensors are not there"):
        networks.hpsv3(tmp_path, False)
    (tmp_path / "HPSv3.safetensors").touch()
    grey = torch.full((3, 16, 16), 51 / 255)
    assert networks.hpsv3(tmp_path, False)(Result("a", grey, grey, prompt="cat")) == pytest.approx(3.2)
    assert networks.hpsv3(tmp_path, False)(Result("a", grey, grey, prompt="cat", caption="a cat, asleep")) == pytest.approx(13.2)
    assert networks.hpsv3(tmp_path, False)(Result("a", grey, grey)) is None


def test_musiq_by_pyiqa_with_weights_that_cannot_run_code(tmp_path: Path) -> None:
    pyiqa = pytest.importorskip("pyiqa")
    with pytest.raises(EngineError, match="musiq.pth are not there"):
        networks.musiq(tmp_path, False)
    (tmp_path / "musiq.pth").write_bytes(b"no weights")
    with pytest.raises(EngineError, match="musiq.pth cannot be read"):
        networks.musiq(tmp_path, False)
    metric = pyiqa.create_metric("musiq", pretrained=False, device=torch.device("cpu"))
    torch.save({"params": metric.net.state_dict()}, tmp_path / "musiq.pth")
    picture = torch.rand(3, 64, 80)
    assert networks.musiq(tmp_path, False)(Result("a", picture, picture)) == pytest.approx(metric(picture[None]).item(), rel=1e-5)
    torch.save({"params": {"other": torch.zeros(1)}}, tmp_path / "musiq.pth")
    with pytest.raises(EngineError, match="MUSIQ cannot be loaded from"):
        networks.musiq(tmp_path, False)
