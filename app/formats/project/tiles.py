"""Tiles in and out of a project's database: compressed, stored once, and named by what is in them.

A tile's name is the BLAKE2b-128 of its compressed bytes, so a file is checked without unpacking it. (Version 1 named tiles by
their raw bytes.) The name of a tile is remembered as long as the tile lives: a save packs only what the file does not have.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import zstandard

from ...document.pixels import TILE, Key, Tiles

log = logging.getLogger(__name__)

THREADS = min(4, os.cpu_count() or 1)  # that pack tiles
_LEVEL = 1  # zstd: 0.2 GB/s and more; higher levels save a few percent and take many times as long


class _Names:
    """Names of living tiles; arrays cannot be keys, so by id, forgotten when the array goes."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref, bytes]] = {}

    def get(self, tile: np.ndarray) -> bytes | None:
        kept = self._kept.get(id(tile))
        return kept[1] if kept is not None and kept[0]() is tile else None

    def set(self, tile: np.ndarray, name: bytes) -> None:
        self._kept[id(tile)] = weakref.ref(tile, partial(self._gone, id(tile))), name

    def _gone(self, key: int, reference: weakref.ref) -> None:
        kept = self._kept.get(key)
        if kept is not None and kept[0] is reference:
            self._kept.pop(key, None)


_names = _Names()


class Packed:
    """A tile as it lies in a file, unpacked when it is first looked at. Any thread may look."""

    __slots__ = ("name", "_data", "_lock", "_shape", "_tile")

    def __init__(self, name: bytes, data: bytes, shape: tuple[int, ...]) -> None:
        self.name = name
        self._data, self._shape = data, shape
        self._tile: np.ndarray | None = None
        self._lock = threading.Lock()

    @property
    def tile(self) -> np.ndarray:
        """Always the same array. Bytes that have the right name and are no tile (only a forger can make them) are transparent."""
        with self._lock:
            if self._tile is None:
                try:
                    self._tile = unpack(self._data, self._shape)
                    _names.set(self._tile, self.name)
                except ValueError:
                    log.warning("tile %s cannot be unpacked", self.name.hex())
                    self._tile = np.zeros(self._shape, np.uint8)
                self._data = b""
            return self._tile

    def pack(self) -> tuple[bytes, bytes]:
        """As `pack` below; the bytes from the file where they are still there."""
        with self._lock:
            return (self.name, self._data) if self._data else pack(self._tile)


class StoredTiles(Mapping[Key, np.ndarray]):
    """The tiles of a raster as it came from a file."""

    def __init__(self, packed: Mapping[Key, Packed]) -> None:
        self.packed = packed

    def __getitem__(self, key: Key) -> np.ndarray:
        return self.packed[key].tile

    def __contains__(self, key: object) -> bool:
        return key in self.packed

    def __iter__(self) -> Iterator[Key]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


class TileWriter:
    """Brings the tiles of one document into a database: adds what is missing, and in the end takes out what is not used."""

    def __init__(self, database: sqlite3.Connection, pool: ThreadPoolExecutor) -> None:
        self._database, self._pool = database, pool
        self._stored = {name for (name,) in database.execute("SELECT hash FROM tiles")}
        self._used: set[bytes] = set()

    def put(self, tiles: Tiles) -> dict[Key, str]:
        """The name of each tile, in hex; afterwards they are all in the database."""
        if isinstance(tiles, StoredTiles):
            known = {key: packed.name for key, packed in tiles.packed.items()}
            packers = {key: packed.pack for key, packed in tiles.packed.items()}
        else:
            known = {key: _names.get(tile) for key, tile in tiles.items()}
            packers = {key: partial(pack, tile) for key, tile in tiles.items()}
        names = {key: name for key, name in known.items() if name in self._stored}
        missing = [key for key in known if key not in names]
        for key, (name, data) in zip(missing, self._pool.map(lambda key: packers[key](), missing), strict=True):
            names[key] = self._add(name, data)
        self._used.update(names.values())
        return {key: name.hex() for key, name in names.items()}

    def _add(self, name: bytes, data: bytes) -> bytes:
        if name not in self._stored:
            self._stored.add(name)
            self._database.execute("INSERT INTO tiles VALUES (?, ?)", (name, data))
        return name

    def drop_unused(self) -> None:
        """Delete what no raster of this document was made of."""
        self._database.executemany("DELETE FROM tiles WHERE hash = ?", [(name,) for name in self._stored - self._used])


class TileReader:
    """All tiles of a database. What is missing or damaged is left out, which makes it transparent, and counted."""

    def __init__(self, database: sqlite3.Connection, version: int) -> None:
        self._version = version
        self._data: dict[str, bytes] = {}
        self._packed: dict[tuple[str, int], Packed | None] = {}
        self._read(database)

    def _read(self, database: sqlite3.Connection) -> None:
        try:
            for name, data in database.execute("SELECT hash, data FROM tiles"):
                if isinstance(name, bytes) and isinstance(data, bytes):
                    self._data[name.hex()] = data
        except sqlite3.DatabaseError as error:  # a damaged page: what came before it is there
            log.warning("the tiles end early: %s", error)

    @property
    def damaged(self) -> int:
        """How many of the tiles that were asked for could not be had."""
        return sum(packed is None for packed in self._packed.values())

    @property
    def asked(self) -> int:
        return len(self._packed)

    def get(self, names: Mapping[Key, str], channels: int) -> Tiles:
        """Tiles of (256, 256) for one channel, else (256, 256, channels), uint8, read-only; equal names are one array."""
        found = {key: self._tile(name, channels) for key, name in names.items()}
        return StoredTiles({key: packed for key, packed in found.items() if packed is not None})

    def _tile(self, name: str, channels: int) -> Packed | None:
        if (name, channels) not in self._packed:
            shape = (TILE, TILE) if channels == 1 else (TILE, TILE, channels)
            self._packed[name, channels] = self._checked(name, shape)
        return self._packed[name, channels]

    def _checked(self, name: str, shape: tuple[int, ...]) -> Packed | None:
        data = self._data.get(name)
        try:
            if data is None or _size(data) != np.prod(shape):
                return None
            real = digest(data)
            if (digest(unpack(data, shape)) if self._version == 1 else real).hex() != name:
                return None
        except ValueError:
            return None
        return Packed(real, data, shape)


def pack(tile: np.ndarray) -> tuple[bytes, bytes]:
    """tile: (256, 256[, 4]) uint8. Its name and its compressed bytes; the name is remembered."""
    data = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(np.ascontiguousarray(tile).data.cast("B"))
    name = digest(data)
    _names.set(tile, name)
    return name, data


def unpack(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """The read-only tile in compressed bytes; ValueError where there is none of that shape."""
    size = int(np.prod(shape))
    try:
        if _size(data) != size:
            raise ValueError("a tile has the wrong size")
        return np.frombuffer(zstandard.ZstdDecompressor().decompress(data, max_output_size=size), np.uint8).reshape(shape)
    except zstandard.ZstdError as error:
        raise ValueError("a tile is damaged") from error


def digest(raw: bytes | memoryview) -> bytes:
    """16 bytes that name these ones."""
    return hashlib.blake2b(raw, digest_size=16).digest()


def _size(data: bytes) -> int:
    """What a frame claims to hold: a frame may claim anything, so this is looked at before anything is allocated."""
    try:
        return zstandard.frame_content_size(data)
    except zstandard.ZstdError as error:
        raise ValueError("a tile is damaged") from error
