"""Fetching a model's files from the Hugging Face hub: only when somebody says so, resumable after anything, every file checked.

huggingface_hub knows the hub: addresses, lists of files, tokens, what an answer means. The transfer itself is here, because since its
second version that library begins every file anew after a break: bytes go to FILE.HASH.part beside their place, and a file gets
its name when it has the hash that the hub names.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout
from httpx2 import HTTPError, Response
from huggingface_hub import HfApi, constants, hf_hub_url, login
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from .api import EngineError
from .catalog import FLUX_BFS, PARTS, UNFINISHED, Part, Refused, free_space, look_at, unfinished
from .words import phrase

CHUNK = 2**18  # bytes
PATIENCE = 15  # seconds without an answer
PAUSES = (1, 2, 4, 8, 15)  # seconds before a broken connection is taken up again; from the start of the row whenever something came
BUSY = (408, 429, 500, 502, 503, 504)  # answers that mean: later
OFTEN = 0.1  # seconds between two reports
TOKENS = "https://huggingface.co/settings/tokens"

logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would write every address into the log, signed ones too


@dataclass(frozen=True)
class File:
    """remote: in the repository; path: below the model's folder; size: bytes; hash: hex, SHA-256 of what the hub keeps in LFS, else
    git's SHA-1 of the blob."""

    remote: str
    path: str
    size: int
    hash: str

    def digest(self) -> hashlib._Hash:
        """To be fed with the file."""
        if len(self.hash) == 64:
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)

    def partial(self, folder: Path) -> Path:
        """Where its bytes are before all of them are there."""
        target = folder / self.path
        return target.with_name(f"{target.name}.{self.hash[:12]}.part")


@dataclass(frozen=True)
class Listing:
    """What the hub has of a part. revision: a commit; gated: given only to those who accepted the licence; licence: by the hub's word."""

    part: Part
    repository: str
    revision: str
    files: tuple[File, ...]
    gated: bool
    licence: str

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size for file in self.files)

    def left(self, folder: Path) -> int:
        """Bytes that are still to come; told by sizes, nothing is read."""
        return sum(max(file.size - _here(file, folder), 0) for file in self.files)


@dataclass(frozen=True)
class Transfer:
    """How far it is. file: the one in work; checking: it is read, not fetched; done: bytes that are checked or have come, of `total`;
    fetched: those that came over the network in this run."""

    file: str
    checking: bool
    done: int
    total: int
    fetched: int


Report = Callable[[Transfer], None]  # may raise api.Cancelled; what has come stays


def look_up(part: Part, repository: str = "", token: str = "") -> Listing:
    """Ask the hub what a part consists of. repository: OWNER/NAME or its address, in place of the part's own. token: "" for the one
    that this computer remembers, if there is one. Raises Refused and other EngineErrors."""
    repository = _name_of(repository or part.repository)
    if not repository:
        raise EngineError(
            phrase("Where {name} lies on the hub is not known here.", name=part.name),
            phrase("Give its repository, OWNER/NAME; see {page}.", page=part.page),
        )
    with explained(repository, token):
        try:
            info = HfApi(endpoint=endpoint(), token=token or None).model_info(repository, files_metadata=True, timeout=PATIENCE)
            card = info.card_data.to_dict() if info.card_data else {}
            siblings = [one for one in info.siblings if any(fnmatchcase(one.rfilename, pattern) for pattern in part.patterns)]
            files = tuple(_file(one, part) for one in siblings)
        except HFValidationError as error:
            raise EngineError(phrase("“{name}” is not the name of a repository.", name=repository), phrase("Write OWNER/NAME.")) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            words = phrase("What {hub} says of {name} cannot be understood.", hub=endpoint(), name=repository)
            raise EngineError(words, phrase("Try again later.")) from error
    if absent := sorted(set(part.needed) - {file.remote for file in files}):
        words = phrase("{repository} holds no {file}, so it is not {name}.", repository=repository, file=absent[0], name=part.name)
        raise EngineError(words, phrase("See {page}.", page=part.page))
    licence = card.get("license_name") or card.get("license") or ""
    return Listing(part, repository, info.sha, files, bool(info.gated), str(licence))


def _name_of(repository: str) -> str:
    """OWNER/NAME, also of an address that was copied from the browser."""
    for address in (endpoint(), "https://huggingface.co", "https://hf.co"):
        repository = repository.strip().removeprefix(f"{address}/")
    return "/".join(repository.strip("/").split("/")[:2])


def _file(sibling: RepoSibling, part: Part) -> File:
    """Raises ValueError for a name that would lead out of the folder, TypeError where size or hash is missing."""
    path = PurePosixPath(part.folder) / sibling.rfilename
    if path.is_absolute() or any(piece == ".." or set(piece) & set('\\:*?"<>|') for piece in path.parts):
        raise ValueError(sibling.rfilename)
    size, hash = (sibling.lfs.size, sibling.lfs.sha256) if sibling.lfs else (sibling.size, sibling.blob_id)
    int(hash, 16)
    return File(sibling.rfilename, str(path), int(size), hash)


def _here(file: File, folder: Path) -> int:
    """Bytes of a file that are there, as far as sizes tell."""
    for path in (folder / file.path, file.partial(folder)):
        if path.is_file() and (path.stat().st_size == file.size or path.name.endswith(".part")):
            return path.stat().st_size
    return 0


def remember(token: str) -> None:
    """Let huggingface_hub keep the token in the user's home, as `hf auth login` does, after the hub knew it. Raises EngineError."""
    with explained("", token):
        try:
            login(token)
        except ValueError as error:
            raise EngineError(phrase("This token cannot be used."), phrase("Make one of your own on {page}.", page=TOKENS)) from error


def fetch(listings: Sequence[Listing], folder: Path, report: Report, token: str = "") -> tuple[str, ...]:
    """Bring everything into the folder: what is there and whole is kept, what is there in part is continued, what is damaged is fetched
    again; returns the names of the damaged files. Stopped at any moment, it goes on there the next time. Raises Refused and other EngineErrors.
    """
    tally = _Tally(sum(listing.size for listing in listings), report)
    mended: list[str] = []
    with explained("", token, folder):
        _check_room(listings, folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _mark(folder, add={one.part.name: one.repository for one in listings if one.left(folder)})
            for listing in listings:
                with explained(listing.repository, token, folder):
                    for file in listing.files:
                        mended += _bring(file, listing, folder, tally, token)
                _mark(folder, done=listing.part.name)
    return tuple(mended)


def _check_room(listings: Sequence[Listing], folder: Path) -> None:
    left, free = sum(listing.left(folder) for listing in listings), free_space(folder)
    if left > free:
        words = phrase("There is not enough room on the disk with {folder}: {left} GB are to come, {free} GB are free.",
                       folder=str(folder), left=_gb(left), free=_gb(free))  # fmt: skip
        raise EngineError(words, phrase("Make room, or choose another folder."))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two programs that write into one file would damage it."""
    try:
        with FileLock(folder / ".download.lock", timeout=0):
            yield
    except Timeout as error:
        raise EngineError(phrase("Another download into {folder} is going on.", folder=str(folder)), phrase("Wait until it is done.")) from error


def _mark(folder: Path, add: Mapping[str, str] | None = None, done: str = "") -> None:
    """Keep in the folder what is not whole yet, so that nobody takes it for whole, and the next run knows what to go on with."""
    coming = {name: repository for name, repository in {**unfinished(folder), **(add or {})}.items() if name != done}
    path = folder / UNFINISHED
    if not coming:
        path.unlink(missing_ok=True)
        return
    new = path.with_suffix(".new")
    new.write_text(json.dumps(coming, indent=1), "utf-8")
    os.replace(new, path)


class _Tally:
    """Counts, and reports not too often."""

    def __init__(self, total: int, report: Report) -> None:
        self._total, self._report = total, report
        self._done = self._fetched = 0
        self._last = 0.0

    def add(self, file: File, count: int, fetched: bool) -> None:
        """count: bytes, less than zero where something has to be done again."""
        self._done += count
        self._fetched += count if fetched and count > 0 else 0
        if time.monotonic() - self._last >= OFTEN or self._done == self._total:
            self._last = time.monotonic()
            self._report(Transfer(file.path, not fetched, self._done, self._total, self._fetched))

    def wait(self, file: File, seconds: float) -> None:
        """So that the user can stop it meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.add(file, 0, fetched=True)
            time.sleep(min(OFTEN, seconds))


def _bring(file: File, listing: Listing, folder: Path, tally: _Tally, token: str) -> list[str]:
    """One file into its place; its name where what was there was damaged."""
    target, partial = folder / file.path, file.partial(folder)
    damaged = target.is_file() and not _is_whole(target, file, tally)
    if target.is_file() and not damaged:
        return []
    _mark(folder, add={listing.part.name: listing.repository})
    target.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):  # the second time from its beginning
        if _fill(partial, file, listing, tally, token) == file.hash:
            os.replace(partial, target)
            return [file.path] if damaged else []
        tally.add(file, -partial.stat().st_size, fetched=True)
        partial.unlink()
    raise EngineError(
        phrase("{file} is damaged: twice it came with other content than {hub} says it has.", file=file.path, hub=endpoint()),
        phrase("Try again later; all other files stay."),
    )


def _is_whole(path: Path, file: File, tally: _Tally) -> bool:
    if path.stat().st_size != file.size:
        return False
    with path.open("rb") as stream:
        digest = file.digest()
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            digest.update(chunk)
            tally.add(file, len(chunk), fetched=False)
    if digest.hexdigest() == file.hash:
        return True
    tally.add(file, -file.size, fetched=False)
    return False


def _fill(partial: Path, file: File, listing: Listing, tally: _Tally, token: str) -> str:
    """Continue a file until it is as long as it should be; the hash of all of it. A broken connection is taken up again some times."""
    digest = file.digest()
    with partial.open("a+b") as out:
        out.seek(0)
        for chunk in iter(lambda: out.read(CHUNK), b""):
            digest.update(chunk)
            tally.add(file, len(chunk), fetched=False)
        pauses = iter(PAUSES)
        while (here := out.tell()) < file.size:
            trouble: HTTPError | None = None
            came = 0
            try:
                with _asked(file, listing, here, token) as response:
                    if here and response.status_code != 206:  # a server that does not know of parts sends all of it
                        tally.add(file, -here, fetched=True)
                        out.truncate(0)
                        out.seek(0)
                        digest = file.digest()
                    for chunk in response.iter_bytes():  # as it comes, so that a slow one can be stopped
                        out.write(chunk)
                        digest.update(chunk)
                        tally.add(file, len(chunk), fetched=True)
                        came += len(chunk)
                        if came >= CHUNK:  # a server that sends one byte a time is no progress
                            pauses = iter(PAUSES)
                        if out.tell() > file.size:
                            break
            except HTTPError as error:
                if isinstance(error, HfHubHTTPError) and error.response.status_code not in BUSY:
                    raise
                trouble = error
            if out.tell() < file.size:
                if (pause := next(pauses, None)) is None:
                    raise trouble or HTTPError("the connection was closed")
                tally.wait(file, pause)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


@contextmanager
def _asked(file: File, listing: Listing, start: int, token: str) -> Iterator[Response]:
    """The hub's answer with the file's bytes from `start` on. The token goes to the hub alone, not where it redirects to."""
    url = hf_hub_url(listing.repository, file.remote, revision=listing.revision)
    headers = build_hf_headers(token=token or None) | {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with get_session().stream("GET", endpoint() + url.removeprefix(constants.ENDPOINT), headers=headers, timeout=PATIENCE) as response:
        hf_raise_for_status(response)
        yield response


def endpoint() -> str:
    """The hub: HF_ENDPOINT, for those who have a mirror, or huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


@contextmanager
def explained(repository: str, token: str, folder: Path | None = None) -> Iterator[None]:
    """What goes wrong with network and disk, as sentences."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        hint = phrase("Start without that variable. What is installed works.")
        raise EngineError(phrase("Downloads are switched off here by HF_HUB_OFFLINE."), hint) from error
    except HfHubHTTPError as error:
        raise _refusal(error.response.status_code, repository, token) from error
    except HTTPError as error:
        words = phrase("{hub} cannot be reached ({reason}).", hub=endpoint(), reason=str(error).strip() or type(error).__name__)
        raise EngineError(words, phrase("Check the connection and go on later. What has come stays, what is installed works.")) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            words = phrase("The disk with {folder} is full.", folder=str(folder))
            raise EngineError(words, phrase("Make room and go on. What has come stays.")) from error
        words = phrase("{path} cannot be written: {reason}.", path=str(error.filename or folder), reason=error.strerror or str(error))
        raise EngineError(words, phrase("Choose another folder.")) from error


def _refusal(status: int, repository: str, token: str) -> EngineError:
    if status in (401, 403) and not repository:
        return Refused(phrase("The hub does not know this token."), phrase("Copy it again from {page}.", page=TOKENS))
    page = f"{endpoint()}/{repository}"
    if status in (401, 403):
        hint = phrase("Accept the licence on {page}, and give a token from {tokens} that may read it.", page=page, tokens=TOKENS)
        if token:
            return Refused(phrase("The hub does not give {name} to the owner of this token.", name=repository), hint)
        return Refused(phrase("The hub gives {name} only to those who have accepted its licence.", name=repository), hint)
    if status == 404:
        return EngineError(phrase("The hub has no {name}, or no longer these files of it.", name=repository), phrase("Look at {page}.", page=page))
    words = phrase("The hub cannot give {name} now (its answer was {status}).", name=repository, status=status)
    return EngineError(words, phrase("Go on later. What has come stays."))


def _gb(count: int) -> str:
    return f"{count / 2**30:.1f}"


def run(names: Sequence[str], bfs: str, folder: Path) -> None:
    """The command: look up, fetch, and say on stderr how far it is. Raises EngineError."""
    wanted = [part for part in PARTS if part.name in names]
    listings = []
    for part in wanted:
        repository = (bfs or unfinished(folder).get(part.name, "")) if part is FLUX_BFS else part.repository
        if not repository:
            words = phrase("Where {name} lies on the hub is not known here.", name=part.name)
            raise EngineError(words, f"Give its repository with --bfs OWNER/NAME, see {part.page}.")
        listings.append(look_up(part, repository))
        left, size = listings[-1].left(folder), listings[-1].size
        print(f"{part.name}: {_words(left)} to come of {_words(size)}; {part.licence or listings[-1].licence}", file=sys.stderr)
    said = -1

    def tell(transfer: Transfer) -> None:
        nonlocal said
        share = 100 * transfer.done // max(transfer.total, 1)
        if share != said:
            said = share
            print(f"{share} % of {_words(transfer.total)}: {'checking' if transfer.checking else 'fetching'} {transfer.file}", file=sys.stderr, flush=True)

    for name in fetch(listings, folder, tell):
        print(f"{name} was not what the hub has, and was fetched again.", file=sys.stderr)
    try:
        print(f"{folder} holds {look_at(folder).name}, whole and checked.", file=sys.stderr)
    except EngineError as error:
        print(f"{' and '.join(names)}: whole and checked. {error.sentence}", file=sys.stderr)


def _words(count: int) -> str:
    return f"{_gb(count)} GB" if count >= 2**30 else f"{count / 2**20:.1f} MB"
