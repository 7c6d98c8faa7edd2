"""Training data: written whole, read in any order, framed without fringes, and refused in a sentence where it is damaged."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save

from bfs_engine.api import EngineError
from bfs_engine.bfs.latents import pack
from bfs_engine.bfs.pipeline import bases, mean_latent
from bfs_engine.train.cache import TextEncoders, cache, encode, frame
from bfs_engine.train.loop import collate
from bfs_engine.train.losses import over
from bfs_engine.train.shards import Shards, ShardWriter, decode, read_shard
from tests import tiny
from tests.training import latents, pictures


def write(path: Path, **tensors: torch.Tensor) -> Path:
    """A shard of one example."""
    with ShardWriter(path) as writer:
        writer.add("one", {"safetensors": save(tensors)})
    return path


def numbered(folder: Path, shapes: dict[str, int]) -> Shards:
    """Shards of examples that hold nothing but a number, so many of each shape."""
    folder.mkdir()
    for shape, count in shapes.items():
        with ShardWriter(folder / f"00000-{shape}.tar") as writer:
            for i in range(count):
                writer.add(f"{i:04}", {"safetensors": save({"value": torch.tensor(i)})})
    return Shards(folder)


def test_rendered_scenes_come_back_from_their_shards_as_they_were(tmp_path: Path) -> None:
    scenes = Shards(pictures(tmp_path / "pictures", count=3))
    assert len(scenes) == 3
    scene = scenes[2]
    assert {name: tuple(t.shape) for name, t in scene.items()} == {
        "composite": (3, 32, 32), "background": (3, 32, 32), "foreground": (4, 32, 32), "matte": (1, 32, 32), "reference": (4, 32, 32), "box": (4,),
    }  # fmt: skip
    assert (over(scene["foreground"], scene["background"]) - scene["composite"]).abs().max() < 2.1 / 255
    assert (scene["matte"] <= scene["foreground"][3:] + 1 / 255).all()


def test_what_is_written_once_is_not_written_again(tmp_path: Path) -> None:
    shard = pictures(tmp_path / "pictures", count=1) / "00000.tar"
    before = shard.stat().st_mtime_ns
    pictures(tmp_path / "pictures", count=1)
    assert shard.stat().st_mtime_ns == before
    done = latents(tmp_path / "latents", tmp_path / "pictures")
    first = {path: path.stat().st_mtime_ns for path in done.iterdir()}
    assert cache(tmp_path / "pictures", done, tiny.vae(3), tiny.vae(4), None, [(32, 32)]) == 0
    assert {path: path.stat().st_mtime_ns for path in done.iterdir()} == first


def test_a_shard_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    with pytest.raises(ZeroDivisionError), ShardWriter(tmp_path / "shards" / "00000.tar") as writer:
        writer.add("one", {"json": b"{}"})
        raise ZeroDivisionError
    assert not list((tmp_path / "shards").iterdir())


def test_an_epoch_shows_every_example_once_and_a_batch_has_one_shape(tmp_path: Path) -> None:
    shards = numbered(tmp_path / "shards", {"4x4": 10, "4x6": 4})
    batches = [shards.batch(step, 4, seed=1) for step in range(4)]
    seen = Counter(i for batch in batches for i in batch)
    assert set(seen) == set(range(14)) and sum(seen.values()) == 16, "two fill up the larger shape's last batch"
    for batch in batches:
        assert len({shards.examples[i].shard for i in batch}) == 1
    assert batches == [shards.batch(step, 4, seed=1) for step in range(4)], "asked again, the same"
    assert batches != [shards.batch(step, 4, seed=1) for step in range(4, 8)], "the next epoch has another order"
    assert batches != [shards.batch(step, 4, seed=2) for step in range(4)]
    assert len(shards.batch(0, 40, seed=1)) == 40, "fewer examples than a batch needs are repeated"


@pytest.mark.parametrize("cut", [6500, 8500])
def test_a_shard_that_ends_too_early_is_refused(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "00000.tar", value=torch.zeros(600))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(EngineError, match="00000.tar (ends too early|cannot be read)"):
        Shards(tmp_path)


def test_other_damage_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There are no shards"):
        Shards(tmp_path)
    (tmp_path / "00000.tar").write_bytes(b"not a tar file" * 100)
    with pytest.raises(EngineError, match="00000.tar cannot be read"):
        Shards(tmp_path)
    path = write(tmp_path / "00000.tar", composite=torch.tensor([1.0, float("nan")]))
    with pytest.raises(EngineError, match="one in .*00000.tar holds values that are no numbers in composite"):
        Shards(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[512:530] = b"x" * 18
    path.write_bytes(data)
    with pytest.raises(EngineError, match="one in .*00000.tar is damaged"):
        Shards(tmp_path)[0]
    with pytest.raises(EngineError, match="do not have the same kind of value"):
        collate([{"value": torch.zeros(2)}, {"value": torch.zeros(3)}])


def picture(width: int, height: int) -> dict[str, torch.Tensor]:
    """A white disc's worth of layer on red: straight RGBA whose invisible pixels are green."""
    foreground = torch.zeros(4, height, width)
    foreground[1] = 1
    foreground[:, height // 4 : height // 2, width // 4 : width // 2] = 1
    background = torch.zeros(3, height, width)
    background[0] = 1
    box = torch.tensor([width / 4, height / 4, width / 4, height / 4])
    return {"foreground": foreground, "background": background, "composite": over(foreground, background), "box": box}


def test_a_picture_goes_into_the_frame_of_its_shape_with_its_box(tmp_path: Path) -> None:
    framed = frame(picture(120, 60), [(32, 32), (64, 32)], "it")
    assert framed["composite"].shape == (3, 32, 64)
    assert framed["box"].tolist() == pytest.approx([16, 8, 16, 8], abs=0.2)
    tall = frame(picture(64, 80), [(64, 64)], "it")
    assert tall["composite"].shape == (3, 64, 64)
    assert tall["box"].tolist() == pytest.approx([16, 12, 16, 20]), "8 rows are cut off above and below"


def test_invisible_colours_do_not_creep_into_a_layer_that_is_made_smaller() -> None:
    framed = frame(picture(120, 120), [(48, 48)], "it")
    layer = framed["foreground"]
    seen = layer[3] > 0.05
    assert layer[:3][:, seen].min() > 0.9, "green has crept in"


def test_a_box_that_is_cut_off_is_told() -> None:
    far = picture(160, 32) | {"box": torch.tensor([0.0, 0.0, 20.0, 20.0])}
    with pytest.raises(EngineError, match="box of the example it lies outside"):
        frame(far, [(32, 32)], "it")
    with pytest.raises(EngineError, match="The example it has no background"):
        frame({"composite": torch.zeros(3, 8, 8), "box": torch.zeros(4)}, [(32, 32)], "it")


def test_mixed_sizes_are_cached_in_shards_of_one_shape_each(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with ShardWriter(tmp_path / "pictures" / "00000.tar") as writer:
        for i, (width, height) in enumerate([(32, 32), (64, 32), (40, 40)]):
            made = picture(width, height)
            files = {f"{name}.png": png(made[name]) for name in ("composite", "background", "foreground")}
            writer.add(str(i), files | {"json": f'{{"box": {made["box"].tolist()}, "prompt": "number {i}"}}'.encode()})
    words = TextEncoders(clip=Said(), clip_tokenizer=letters, t5=Said(), t5_tokenizer=letters)
    assert cache(tmp_path / "pictures", tmp_path / "latents", tiny.vae(3), tiny.vae(4), words, [(32, 32), (64, 32)]) == 3
    shards = Shards(tmp_path / "latents")
    assert [path.name for path in sorted((tmp_path / "latents").iterdir())] == ["00000-4x4.tar", "00000-4x8.tar", "00000.done"]
    assert [shards[i]["composite"].shape[1:] for i in range(3)] == [(4, 4), (4, 4), (4, 8)]
    assert [shards[i]["pooled"].tolist() for i in range(3)] == [[ord("0")], [ord("2")], [ord("1")]], "every example has its own words"
    assert shards[0]["prompt_embeds"].shape == (512, 1) and shards[0]["prompt_embeds"].dtype == torch.bfloat16


def png(picture: torch.Tensor) -> bytes:
    stream = io.BytesIO()
    Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy()).save(stream, "PNG")
    return stream.getvalue()


def letters(prompts: list[str], max_length: int, **how) -> object:
    class Tokens:
        input_ids = torch.tensor([[ord(prompts[0][-1])] * max_length])

    return Tokens


class Said(torch.nn.Module):
    """A text encoder that repeats what it is told."""

    device = torch.device("cpu")

    def forward(self, tokens: torch.Tensor) -> object:
        class Output(tuple):
            pooler_output = tokens[:, :1].float()

        return Output((tokens[..., None].float(),))


def test_latents_are_those_that_the_pipeline_would_make(tmp_path: Path) -> None:
    scene = decode(read_shard(pictures(tmp_path / "pictures", count=1) / "00000.tar")[0])
    vae, rgba_vae = tiny.vae(3), tiny.vae(4)
    made = encode(scene, vae, rgba_vae)
    expected = bases(vae, rgba_vae, scene["background"][None] * 2 - 1, scene["reference"][None] * 2 - 1)
    torch.testing.assert_close(pack(torch.stack([made["pasted"], made["reference"]]).float()), expected, atol=2e-3, rtol=2e-3)
    with torch.no_grad():
        torch.testing.assert_close(made["composite"].float(), mean_latent(vae, scene["composite"][None] * 2 - 1)[0], atol=2e-3, rtol=2e-3)
