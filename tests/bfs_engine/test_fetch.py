"""Fetching a model from a hub: whole, in pieces, damaged, refused, without room; the hub is one on this machine."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from filelock import FileLock
from huggingface_hub import constants, hf_api

import bfs_engine.__main__ as command_line
from bfs_engine import fetch
from bfs_engine.api import Cancelled, EngineError
from bfs_engine.catalog import FLUX_BFS, FLUX_FILL, FLUX_REDUX, REDUX, UNFINISHED, Refused, look_at, takes_references, unfinished
from bfs_engine.fetch import Listing, Transfer, look_up
from tests.fake_hub import BFS, SHARD, FakeHub, fake_hub  # noqa: F401  (a fixture)
from tests.small_disk import linux_root, mounted

FILL_SHARD = f"{FLUX_FILL.folder}/{SHARD}"


def nothing(_: Transfer) -> None:
    pass


def all_parts() -> list[Listing]:
    return [look_up(FLUX_FILL), look_up(FLUX_BFS, BFS), look_up(FLUX_REDUX)]


def large(hub: FakeHub) -> bytes:
    return hub.repositories[FLUX_FILL.repository][SHARD]


def test_the_repositories_are_those_that_diffusers_names() -> None:
    flux = Path(find_spec("diffusers").origin).parent / "pipelines" / "flux"
    assert f'"{FLUX_FILL.repository}"' in (flux / "pipeline_flux_fill.py").read_text("utf-8")
    assert f'"{FLUX_REDUX.repository}"' in (flux / "pipeline_flux_prior_redux.py").read_text("utf-8")
    assert FLUX_BFS.repository == "", "nothing here says where it is"


def test_a_model_is_looked_up_fetched_whole_and_is_installed(hub: FakeHub, tmp_path: Path) -> None:
    listings, folder, seen = all_parts(), tmp_path / "models" / "flux", []
    files = {file.path for listing in listings for file in listing.files}
    assert FILL_SHARD in files and "FLUX.1-Fill-dev/LICENSE.md" in files and "bfs/trained_weights.pt" in files
    assert not any(name.endswith(("flux1-fill-dev.safetensors", "README.md")) for name in files), "the model once more, in one file"
    assert listings[0].left(folder) == listings[0].size and listings[0].licence == "fake-licence" and not folder.exists()
    assert fetch.fetch(listings, folder, seen.append) == ()
    assert (folder / FILL_SHARD).read_bytes() == large(hub)
    assert look_at(folder).name == "FLUX.1 Fill" and look_at(folder).references
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == files | {".download.lock"}
    total = sum(listing.size for listing in listings)
    assert (seen[-1].done, seen[-1].total, seen[-1].fetched) == (total, total, total) and sum(one.left(folder) for one in listings) == 0
    assert not any("torch" in agent or "agent/" in agent for agent in hub.agents)
    assert set(hub.tokens_of_store) == {None} and all("harness" not in request for request in hub.requests)


def test_a_second_fetch_reads_what_is_there_and_brings_nothing(hub: FakeHub, tmp_path: Path) -> None:
    fetch.fetch(all_parts(), tmp_path, nothing)
    before, seen = hub.sent.total(), []
    assert fetch.fetch(all_parts(), tmp_path, seen.append) == ()
    assert hub.sent.total() == before and seen[-1].checking and seen[-1].fetched == 0


def test_a_stopped_download_goes_on_where_it_was_and_is_no_model_until_then(hub: FakeHub, tmp_path: Path) -> None:
    def stop(transfer: Transfer) -> None:
        if transfer.file == FILL_SHARD and transfer.fetched > 500_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch.fetch(all_parts(), tmp_path, stop)
    had = hub.sent.copy()
    (partial,) = tmp_path.rglob("*.part")
    kept = partial.stat().st_size
    assert kept >= 2**18 and unfinished(tmp_path)["BFS"] == BFS
    with pytest.raises(EngineError, match="The download of FLUX.1-Fill-dev, BFS into .* is not finished"):
        look_at(tmp_path)
    hub.requests.clear()
    seen: list[Transfer] = []
    fetch.fetch(all_parts(), tmp_path, seen.append)
    store = [request for request in hub.requests if request.startswith("store") and request.endswith(SHARD)]
    assert len(store) == 1 and hub.sent[SHARD] - had[SHARD] == len(large(hub)) - kept, "only what was missing"
    assert hub.sent["model_index.json"] == had["model_index.json"] + len(b"{}"), "Fill's was there, Redux's was not"
    assert (tmp_path / FILL_SHARD).read_bytes() == large(hub) and look_at(tmp_path)


def test_a_download_survives_the_death_of_the_program(hub: FakeHub, tmp_path: Path) -> None:
    code = f"""
import os, sys
from bfs_engine import fetch
from bfs_engine.catalog import FLUX_FILL
assert fetch.constants.HF_HUB_DISABLE_TELEMETRY
fetch.OFTEN = 0
def die(transfer):
    if transfer.fetched > 600_000:
        os.kill(os.getpid(), 9)
fetch.fetch([fetch.look_up(FLUX_FILL)], fetch.Path({str(tmp_path)!r}), die)
"""
    environment = {"HF_ENDPOINT": hub.address, "PATH": "", "HOME": str(tmp_path / "home")}
    died = subprocess.run([sys.executable, "-c", code], env=environment, cwd=Path(__file__).parents[2], capture_output=True)
    assert died.returncode != 0 and not died.stderr and unfinished(tmp_path) == {FLUX_FILL.name: FLUX_FILL.repository}
    kept = next(tmp_path.rglob("*.part")).stat().st_size
    before = hub.sent[SHARD]
    fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)
    assert hub.sent[SHARD] - before == len(large(hub)) - kept < len(large(hub))
    assert (tmp_path / FILL_SHARD).read_bytes() == large(hub) and not unfinished(tmp_path)


def test_a_connection_that_breaks_is_taken_up_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.cut[SHARD] = 700_000
    hub.status[SHARD] = [503, 429]
    fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)
    assert (tmp_path / FILL_SHARD).read_bytes() == large(hub) and hub.sent[SHARD] < 1.3 * len(large(hub))


def test_a_server_that_knows_no_parts_sends_the_file_from_its_beginning(hub: FakeHub, tmp_path: Path) -> None:
    hub.cut[SHARD], hub.ranges, seen = 700_000, False, []
    fetch.fetch([look_up(FLUX_FILL)], tmp_path, seen.append)
    assert (tmp_path / FILL_SHARD).read_bytes() == large(hub) and seen[-1].done == seen[-1].total
    assert hub.sent[SHARD] == 700_000 + len(large(hub)), "once more, not twice"


def test_a_server_that_stays_busy_or_silent_is_told(hub: FakeHub, tmp_path: Path) -> None:
    hub.status[SHARD] = [503] * 99
    with pytest.raises(EngineError, match="cannot give black-forest-labs/FLUX.1-Fill-dev now .*503") as caught:
        fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)
    assert "What has come stays" in caught.value.hint


def test_a_damaged_file_is_found_and_it_alone_is_fetched_again(hub: FakeHub, tmp_path: Path) -> None:
    fetch.fetch(all_parts(), tmp_path, nothing)
    for name in (FILL_SHARD, f"{FLUX_FILL.folder}/vae/config.json"):
        data = bytearray((tmp_path / name).read_bytes())
        data[5] ^= 1
        (tmp_path / name).write_bytes(data)
    hub.sent.clear()
    assert set(fetch.fetch(all_parts(), tmp_path, nothing)) == {FILL_SHARD, f"{FLUX_FILL.folder}/vae/config.json"}
    assert set(hub.sent) == {SHARD, "vae/config.json"} and (tmp_path / FILL_SHARD).read_bytes() == large(hub)


def test_a_file_that_is_damaged_on_its_way_comes_once_more_and_then_is_told(hub: FakeHub, tmp_path: Path) -> None:
    hub.damaged[SHARD] = 1
    fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)
    assert (tmp_path / FILL_SHARD).read_bytes() == large(hub)
    shutil.rmtree(tmp_path / FLUX_FILL.folder)
    hub.damaged[SHARD] = 2
    with pytest.raises(EngineError, match=f"{FILL_SHARD} is damaged: twice"):
        fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)
    assert not (tmp_path / FILL_SHARD).exists() and not list(tmp_path.rglob("*.part"))


def test_what_there_is_no_room_for_is_not_begun(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "free_space", lambda _folder: 2000)
    listing = look_up(FLUX_FILL)
    with pytest.raises(EngineError, match="There is not enough room on the disk with .*: 0.0 GB are to come"):
        fetch.fetch([listing], tmp_path / "flux", nothing)
    assert not (tmp_path / "flux").exists() and not hub.sent


@linux_root
def test_a_disk_that_fills_up_on_the_way_is_told_and_what_came_is_used(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = look_up(FLUX_FILL)
    disk = mounted(tmp_path / "disk", "size=700k")
    folder = next(disk)
    try:
        with pytest.raises(EngineError, match="not enough room"):
            fetch.fetch([listing], folder, nothing)
        with monkeypatch.context() as patched:
            patched.setattr(fetch, "free_space", lambda _folder: 2**40)  # another program takes the room meanwhile
            with pytest.raises(EngineError, match="The disk with .* is full") as caught:
                fetch.fetch([listing], folder, nothing)
        assert "What has come stays" in caught.value.hint
        subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
        hub.sent.clear()
        fetch.fetch([listing], folder, nothing)
        assert (folder / FILL_SHARD).read_bytes() == large(hub) and hub.sent[SHARD] < 0.8 * len(large(hub))
    finally:
        next(disk, None)


def test_a_gated_model_asks_for_the_licence_and_a_token(hub: FakeHub, tmp_path: Path) -> None:
    hub.gated = {FLUX_FILL.repository}
    listing = look_up(FLUX_FILL)
    assert listing.gated
    for token, said in (("", "only to those who have accepted its licence"), ("hf_bad", "to the owner of this token")):
        with pytest.raises(Refused, match=said) as caught:
            fetch.fetch([listing], tmp_path, nothing, token)
        assert f"{hub.address}/{FLUX_FILL.repository}" in caught.value.hint and "settings/tokens" in caught.value.hint
    fetch.fetch([listing], tmp_path, nothing, "hf_good")
    assert set(hub.tokens_of_store) == {None}, "the token stays between the user and the hub"
    assert not any(b"hf_good" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()), "nor is it kept"


def test_a_token_is_kept_where_the_library_keeps_it_if_the_user_wants(hub: FakeHub, tmp_path: Path) -> None:
    hub.gated = {FLUX_FILL.repository}
    with pytest.raises(Refused, match="does not know this token"):
        fetch.remember("hf_bad")
    fetch.remember("hf_good")
    assert Path(constants.HF_TOKEN_PATH).read_text() == "hf_good"
    fetch.fetch([look_up(FLUX_FILL)], tmp_path / "flux", nothing)


def test_offline_is_a_sentence_and_what_is_installed_works(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch.fetch(listings := all_parts(), tmp_path, nothing)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(EngineError, match="cannot be reached") as caught:
            look_up(FLUX_FILL)
        assert "what is installed works" in caught.value.hint
        (tmp_path / FILL_SHARD).unlink()
        with pytest.raises(EngineError, match="cannot be reached"):
            fetch.fetch(listings, tmp_path, nothing)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineError, match="switched off here by HF_HUB_OFFLINE"):
        look_up(FLUX_FILL)


@pytest.mark.parametrize(
    ("repository", "said"),
    [
        ("", "is not known here"),
        ("some body/x y", "is not the name of a repository"),
        ("nobody/nothing", "has no nobody/nothing"),
        (FLUX_FILL.repository, "holds no bfs/trained_weights.pt, so it is not BFS"),
    ],
)
def test_a_wrong_repository_is_told(hub: FakeHub, repository: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        look_up(FLUX_BFS, repository)


def test_an_address_from_the_browser_is_a_repository_too(hub: FakeHub) -> None:
    assert look_up(FLUX_BFS, f" https://huggingface.co/{BFS}/tree/main ").repository == BFS


@pytest.mark.parametrize("name", ["vae/../../../escape.json", "vae/..\\escape.json", "vae/C:escape.json"])
def test_a_list_that_leads_out_of_the_folder_is_refused(hub: FakeHub, name: str) -> None:
    hub.repositories[FLUX_FILL.repository][name] = b"{}"
    with pytest.raises(EngineError, match="cannot be understood"):
        look_up(FLUX_FILL)


def test_a_list_without_hashes_is_refused(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.HfApi, "model_info", lambda api, name, **_: hf_api.ModelInfo(id=name, siblings=[{"rfilename": "model_index.json"}]))
    with pytest.raises(EngineError, match="cannot be understood"):
        look_up(FLUX_FILL)


def test_redux_that_is_half_there_is_not_used_and_leaves_the_model_usable(hub: FakeHub, tmp_path: Path) -> None:
    fetch.fetch(all_parts()[:2], tmp_path, nothing)
    redux = look_up(FLUX_REDUX)
    broken = replace(redux, files=(*redux.files, replace(redux.files[0], remote="gone.json", path=f"{REDUX}/gone.json")))
    hub.status["gone.json"] = [404]
    with pytest.raises(EngineError, match="no longer these files"):
        fetch.fetch([broken], tmp_path, nothing)
    assert not takes_references(tmp_path) and not look_at(tmp_path).references
    fetch.fetch([redux], tmp_path, nothing)
    assert look_at(tmp_path).references


def test_two_programs_do_not_fetch_into_one_folder(hub: FakeHub, tmp_path: Path) -> None:
    with FileLock(tmp_path / ".download.lock"), pytest.raises(EngineError, match="Another download into"):
        fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing)


def test_a_damaged_note_of_what_is_missing_means_that_all_may_be(tmp_path: Path) -> None:
    (tmp_path / UNFINISHED).write_text("[1")
    assert set(unfinished(tmp_path)) == {"FLUX.1-Fill-dev", "BFS", "FLUX.1-Redux-dev"}


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = command_line.main(["fetch", *words])
    said = capsys.readouterr()
    assert said.out == ""
    return status, said.err


def test_the_command_fetches_says_how_far_it_is_and_how_it_ended(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "flux")
    status, said = command(capsys, "FLUX.1-Fill-dev", "BFS", "--bfs", BFS, "--to", folder)
    assert status == 0 and "FLUX.1-Fill-dev: 1.0 MB to come of 1.0 MB; FLUX.1 [dev] Non-Commercial" in said and "100 %" in said
    assert said.endswith(f"{folder} holds FLUX.1 Fill, whole and checked.\n")
    assert command(capsys, "BFS", "--to", folder) == (2, f"Where BFS lies on the hub is not known here; give its repository with --bfs OWNER/NAME, see {FLUX_BFS.page}.\n")
    assert command(capsys, "FLUX.2", "--to", folder)[0] == 2
    monkeypatch.setattr(fetch, "fetch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert command(capsys, "FLUX.1-Fill-dev", "--to", folder)[0] == 130


def test_what_is_kept_in_the_folder_while_it_comes_is_plain(hub: FakeHub, tmp_path: Path) -> None:
    hub.status[SHARD] = [403]
    with pytest.raises(Refused):
        fetch.fetch([look_up(FLUX_FILL)], tmp_path, nothing, "hf_secret")
    assert json.loads((tmp_path / UNFINISHED).read_text()) == {FLUX_FILL.name: FLUX_FILL.repository}
    assert not any(b"hf_secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_window_starts_without_the_library_of_the_hub() -> None:
    code = "import sys, main, ui.window.open_window; assert not {'huggingface_hub', 'httpx2', 'torch'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
