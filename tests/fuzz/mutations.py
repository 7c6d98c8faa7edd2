"""Damage done to files: bytes anywhere, and, where a checksum or a packing would stop the reader at once, inside of it."""

from __future__ import annotations

import io
import random
import sqlite3
import struct
import zipfile
import zlib
from contextlib import closing

# Numbers at which lengths, counts and offsets go wrong.
EDGES = (0, 1, 2, 7, 8, 16, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF, 30_001, 300_001)
WORDS = (
    b"../../outside.png", b"/etc/passwd", b"C:\\outside", b"\0", b"NaN", b"-1", b"1e999", b"null", b"[]", b"{}", b"true", b"999999999999",
    b"<!DOCTYPE a [<!ENTITY b 'cc'>]>", b"&b;", b"cposix\nsystem\n(S'id'\ntR.", b"\x80\x04\x95", b"svg:src-atop", b"8BIM", b"8B64", b"lsct",
    b"[" * 3000, b"<stack>" * 3000,
)  # fmt: skip


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """`data` with one to eight changes. others: files of the same kind, to take pieces from."""
    out = bytearray(data)
    for _ in range(min(1 + int(chance.expovariate(1.0)), 8)):
        _change(out, chance, others)
    return bytes(out)


def _change(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    # Headers decide more than pixels: half of the changes fall into the first part.
    where = chance.randrange(max(len(out), 1)) if chance.random() < 0.5 else chance.randrange(min(len(out), 512) or 1)
    length = min(1 + int(chance.expovariate(0.05)), max(len(out) - where, 1))
    kind = chance.randrange(9)
    if kind == 0 and out:
        out[where] ^= 1 << chance.randrange(8)
    elif kind == 1 and out:
        out[where] = chance.randrange(256)
    elif kind in (2, 3):
        size, number = chance.choice((1, 2, 4, 4, 8)), chance.choice(EDGES)
        out[where : where + size] = (number % (1 << 8 * size)).to_bytes(size, chance.choice(("big", "little")))
    elif kind == 4:
        del out[where : where + length]
    elif kind == 5:
        out[where:where] = out[where : where + length] * chance.choice((1, 1, 2, 50))
    elif kind == 6:
        out[where : where + chance.choice((0, length))] = chance.choice(WORDS)
    elif kind == 7:
        del out[where:]
    else:
        other = chance.choice(others)
        start = chance.randrange(max(len(other), 1))
        out[where : where + length] = other[start : start + length]


def mutated_png(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Every other time the checksums are put right again, and every fourth time the pixels are changed before they are packed."""
    if chance.random() < 0.25:
        return map_chunks(data, lambda kind, body: _repacked(body, chance, others) if kind == b"IDAT" else body)
    damaged = mutated(data, chance, others)
    return map_chunks(damaged, lambda _kind, body: body) if chance.random() < 0.6 else damaged


def _repacked(body: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    try:
        return zlib.compress(mutated(zlib.decompress(body), chance, others), 1)
    except zlib.error:  # a picture in several pieces
        return mutated(body, chance, others)


def map_chunks(data: bytes, change) -> bytes:
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            break
        body = change(kind, data[at + 8 : at + 8 + length])
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        at += 12 + length
    return bytes(out + data[at:])


def mutated_zip(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Most times one entry is changed and packed again, so that the reader gets to see it."""
    if chance.random() < 0.3:
        return mutated(data, chance, others)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return mutated(data, chance, others)
    name = "stack.xml" if chance.random() < 0.6 and "stack.xml" in entries else chance.choice(list(entries) or [""])
    change = mutated_png if name.endswith(".png") else mutated
    entries[name] = change(entries.get(name, b""), chance, list(entries.values()) or [b""])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for entry, body in entries.items():
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED if chance.random() < 0.5 else zipfile.ZIP_STORED)
    return stream.getvalue()


def mutated_project(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Most times one value in the database is changed: the JSON of the state, a tile, a profile."""
    if chance.random() < 0.4:
        return mutated(data, chance, others)
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
            database.deserialize(data[:18] + b"\1\1" + data[20:])  # in memory there is no write-ahead log, as a journal has
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            table = chance.choice(tables)
            names = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            rows = database.execute(f'SELECT * FROM "{table}" LIMIT 50').fetchall()
            row, column = chance.choice(rows), chance.randrange(len(names))
            body = row[column] if isinstance(row[column], bytes) else str(row[column]).encode()
            changed: bytes | str = mutated(body, chance, others)
            if isinstance(row[column], str):
                changed = changed.decode("utf-8", "replace")
            database.execute(f'UPDATE "{table}" SET "{names[column]}" = ? WHERE "{names[0]}" IS ?', (changed, row[0]))
            changed_file = database.serialize()
            return changed_file[:18] + data[18:20] + changed_file[20:]
    except (sqlite3.Error, IndexError, OverflowError, ValueError, MemoryError):  # it starts from a file that was damaged before
        return mutated(data, chance, others)
