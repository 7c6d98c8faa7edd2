"""Tiles in and out of the project's database, compressed and named by what is in them."""

from __future__ import annotations

import hashlib
import sqlite3

import numpy as np
import zstandard

from ..pixels import TILE

_LEVEL = 1  # zstd: 0.5 GB/s; higher levels save a few percent and take many times as long


class TileWriter:
    """Stores each different tile once; one per save."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
        self._stored: set[bytes] = set()
        self._hashes: dict[int, bytes] = {}  # id of a tile -> hash; the document keeps the tiles alive during the save

    def put(self, tile: np.ndarray) -> str:
        """tile: (256, 256[, 4]) uint8. Its hash in hex."""
        name = self._hashes.get(id(tile))
        if name is None:
            raw = np.ascontiguousarray(tile).data.cast("B")
            name = self._hashes[id(tile)] = digest(raw)
            if name not in self._stored:
                self._stored.add(name)
                self._database.execute("INSERT INTO tiles VALUES (?, ?)", (name, self._compressor.compress(raw)))
        return name.hex()


class TileReader:
    """Fetches tiles by hash; equal tiles become one array."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._decompressor = zstandard.ZstdDecompressor()
        self._tiles: dict[tuple[str, int], np.ndarray] = {}

    def get(self, name: str, channels: int) -> np.ndarray:
        """(256, 256) for one channel, else (256, 256, channels), uint8, read-only. ValueError if it is missing or damaged."""
        tile = self._tiles.get((name, channels))
        if tile is None:
            shape = (TILE, TILE) if channels == 1 else (TILE, TILE, channels)
            tile = self._tiles[name, channels] = np.frombuffer(self._raw(name, TILE * TILE * channels), np.uint8).reshape(shape)
        return tile

    def _raw(self, name: str, size: int) -> bytes:
        row = self._database.execute("SELECT data FROM tiles WHERE hash = ?", (bytes.fromhex(name),)).fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise ValueError(f"tile {name} is missing")
        try:
            if zstandard.frame_content_size(row[0]) != size:  # a frame may claim any size: look before anything is allocated
                raise ValueError(f"tile {name} has the wrong size")
            raw = self._decompressor.decompress(row[0], max_output_size=size)
        except zstandard.ZstdError as error:
            raise ValueError(f"tile {name} is damaged") from error
        if digest(raw) != bytes.fromhex(name):
            raise ValueError(f"tile {name} is damaged")
        return raw


def digest(raw: bytes | memoryview) -> bytes:
    """16 bytes that name these ones."""
    return hashlib.blake2b(raw, digest_size=16).digest()
