"""A model hub on this machine, as far as fetching needs it: repositories in memory, a second address for large files, and every mishap on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants, hf_api
from huggingface_hub.utils import close_session

from bfs_engine import fetch
from bfs_engine.catalog import FLUX_FILL, FLUX_REDUX, RGBA_VAE, WEIGHTS

SHARD = "transformer/diffusion_pytorch_model-00001-of-00002.safetensors"
BFS = "somebody/BFS-weights"


class FakeHub:
    """repositories: name -> path -> bytes. What goes wrong is set from outside; what was asked for is kept."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.gated: set[str] = set()
        self.token = "hf_good"
        self.cut: dict[str, int] = {}  # path -> the connection breaks after so many of its bytes, once
        self.damaged: Counter[str] = Counter()  # path -> how often it comes with a wrong byte
        self.status: dict[str, list[int]] = {}  # path -> answers before the right one
        self.ranges = True
        self.slow: threading.Event | None = None  # the second half of large files waits for it
        self.requests: list[str] = []
        self.sent: Counter[str] = Counter()  # path -> bytes
        self.tokens_of_store: list[str | None] = []  # what came along to the second address
        self.agents: set[str] = set()
        self.address = self.store = ""

    def add_flux(self) -> FakeHub:
        """All parts, small; what should not be fetched beside them."""
        fill = {name: f'{{"file": "{name}"}}'.encode() for name in FLUX_FILL.needed}
        large = {SHARD: bytes(range(256)) * 4000, "vae/diffusion_pytorch_model.safetensors": b"vae" * 1000}
        self.repositories[FLUX_FILL.repository] = fill | large | {"flux1-fill-dev.safetensors": b"x" * 5000, "README.md": b"#", "LICENSE.md": b"non"}
        self.repositories[BFS] = {f"{RGBA_VAE}/config.json": b"{}", f"{RGBA_VAE}/diffusion_pytorch_model.safetensors": b"a" * 999, WEIGHTS: b"w" * 999}
        self.repositories[FLUX_REDUX.repository] = {"model_index.json": b"{}", "image_encoder/model.safetensors": b"r" * 2000}
        return self


class Server(ThreadingHTTPServer):
    """Waits for its threads when it is closed."""

    daemon_threads = False

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """The hub on two ports of this machine."""
    servers = [Server(hub) for _ in range(2)]
    hub.address, hub.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,), name="hub") for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        thread.start()
    try:
        yield hub
    finally:
        if hub.slow:
            hub.slow.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture(name="hub")
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The only hub there is: the real one's address leads to it, and so do the library's files to this test's folder."""
    assert constants.HF_HUB_DISABLE_TELEMETRY
    kept = tmp_path / "home" / "hub"
    for name in ("HF_TOKEN_PATH", "HF_STORED_TOKENS_PATH"):
        monkeypatch.setattr(constants, name, str(kept / name))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(fetch, "PAUSES", (0, 0))
    monkeypatch.setattr(fetch, "OFTEN", 0)  # every chunk is reported
    close_session()
    with serving(FakeHub().add_flux()) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setattr(hf_api.api, "endpoint", hub.address)
        yield hub
        close_session()


def is_large(path: str) -> bool:
    return path.endswith((".safetensors", ".pt"))


class Handler(BaseHTTPRequestHandler):
    """One request to the hub or its store."""

    server: Server

    @property
    def hub(self) -> FakeHub:
        return self.server.hub

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        way = unquote(parts.path).strip("/").split("/")
        self.close_connection = True
        self.hub.agents.add(self.headers["User-Agent"])
        self.hub.requests.append("/".join(way))
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        if way[:2] == ["api", "whoami-v2"]:
            good = token == self.hub.token
            self._answer(200 if good else 401, json.dumps({"name": "me", "auth": {"accessToken": {"displayName": "t"}}} if good else {}).encode())
        elif way[:2] == ["api", "models"]:
            self._list("/".join(way[2:4]), f"blobs={True}".lower() in parts.query.lower())
        elif way[0] == "store":
            self.hub.tokens_of_store.append(self.headers["Authorization"])
            self._file(self.hub.repositories["/".join(way[1:3])]["/".join(way[3:])], "/".join(way[3:]))
        else:
            self._resolve("/".join(way[:2]), "/".join(way[4:]), token)

    def _list(self, name: str, sizes: bool) -> None:
        if name not in self.hub.repositories:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        files = [self._described(path, data) if sizes else {"rfilename": path} for path, data in self.hub.repositories[name].items()]
        told = {"id": name, "sha": "c" * 40, "siblings": files, "gated": "auto" if name in self.hub.gated else False}
        self._answer(200, json.dumps(told | {"cardData": {"license": "other", "license_name": "fake-licence"}}).encode())

    def _described(self, path: str, data: bytes) -> dict:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        large = {"lfs": {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 130}} if is_large(path) else {}
        return {"rfilename": path, "size": len(data), "blobId": blob} | large

    def _resolve(self, name: str, path: str, token: str) -> None:
        if waiting := self.hub.status.get(path):
            self._answer(waiting.pop(0), b"later")
        elif name in self.hub.gated and token != self.hub.token:
            self._answer(403 if token else 401, b"{}", {"X-Error-Code": "GatedRepo"})
        elif is_large(path):
            self._answer(302, b"", {"Location": f"{self.hub.store}/store/{name}/{path}"})
        else:
            self._file(self.hub.repositories[name][path], path)

    def _file(self, data: bytes, path: str) -> None:
        if self.hub.damaged[path] > 0:
            self.hub.damaged[path] -= 1
            data = data[:-1] + bytes([data[-1] ^ 1])
        start = int((self.headers["Range"] or "bytes=0-").split("=")[1].split("-")[0]) if self.hub.ranges else 0
        self.send_response(206 if self.headers["Range"] and self.hub.ranges else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = min(self.hub.cut.pop(path, len(data)), len(data))
        slow = self.hub.slow if is_large(path) else None
        half = max(start, end // 2) if slow else end
        self._send(data[start:half], path)
        if slow:
            slow.wait(10)
            self._send(data[half:end], path)

    def _send(self, data: bytes, path: str) -> None:
        self.hub.sent[path] += len(data)  # before anybody can have it: who counts has what came
        try:
            self.wfile.write(data)
        except OSError:
            pass  # who asked has gone

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
