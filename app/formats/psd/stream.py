"""Writing a PSD channel by channel: encoded on several cores, never more than a few channels in memory at a time.

8 bits: RLE, raw where that gains nothing. 16 bits: layers in a block "Lr16", ZIP with prediction; the merged picture raw. As Photoshop.

A channel that has not changed since it was last saved is copied from the file in which it lies.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO
from weakref import WeakKeyDictionary

import numpy as np
from imagecodecs import deflate_encode, packbits_encode
from psd_tools.constants import ChannelID, Compression
from psd_tools.psd import PSD
from psd_tools.psd.bin_utils import write_fmt, write_padding
from psd_tools.psd.layer_and_mask import ChannelInfo, LayerRecord, LayerRecords

from ...document.pixels import Mask, Pixels
from ...errors import FileError
from ...words import phrase
from ..atomic import Stamp, stamp

WORKERS = min(os.cpu_count() or 1, 4)
_AHEAD = WORKERS + 1  # channels that wait encoded until it is their turn
_SAMPLES = 64  # rows that are tried first
_WORTH_IT = 0.9  # a channel that RLE leaves larger than this share is written raw: photographs are, and read faster so
_LARGEST_PSD = (1 << 31) - (1 << 20)  # bytes; the file's own length fields end at 2 GiB
_PIECE = 1 << 20  # bytes copied at a time
_ZIP_LEVEL = 1  # of 12
_STRIP = 256  # rows encoded at a time
_LONG_RUN = 16  # bytes that a run is long on average in rows that are encoded as runs alone
_LONGEST_PIECE = 128  # bytes that one code of PackBits repeats
_ENCODING = "macroman"  # of names in the records


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel of a layer: what it holds is made when its turn comes.

    values: gives (h, w) uint8, or uint16 for a file of 16 bits. source, index: the raster whose channel it is, pixel for pixel, or None.
    """

    id: ChannelID
    values: Callable[[], np.ndarray]
    source: Pixels | Mask | None = None
    index: int = 0


@dataclass(frozen=True)
class Kind:
    """version: 1 is PSD, 2 is PSB. depth: 8 or 16 bits a channel."""

    version: int
    depth: int


Strip = tuple[bytes, bytes]  # some rows of the merged picture, encoded: their lengths (none for raw ones), and they themselves


@dataclass(frozen=True)
class _Encoded:
    compression: Compression
    parts: Sequence[bytes | memoryview]


@dataclass(frozen=True)
class _Lies:
    """Where an encoded channel lies in a file of that kind."""

    path: Path
    stamp: Stamp
    kind: Kind
    compression: Compression
    offset: int
    length: int


Written = list[tuple[Channel, _Lies]]  # to be remembered once the file has its name
_KNOWN: WeakKeyDictionary[Pixels | Mask, dict[int, _Lies]] = WeakKeyDictionary()


def write(file: BinaryIO, psd: PSD, layers: list[tuple[LayerRecord, list[Channel]]], merged: Sequence[Sequence[Strip]]) -> Written:
    """Write `psd` with these layers and this merged picture (`merged_strip`, for each channel from top to bottom); of its own layer
    and image data only the layer count, the global mask and the tagged blocks are used."""
    kind, information = Kind(psd.header.version, psd.header.depth), psd.layer_and_mask_information
    version, count = kind.version, information.layer_info.layer_count
    psd.header.write(file)
    psd.color_mode_data.write(file)
    psd.image_resources.write(file, _ENCODING)
    with _length_before(file, version):
        if kind.depth == 16:
            write_fmt(file, ("I", "Q")[version - 1], 0)  # no layers here
            information.global_layer_mask_info.write(file)
            if count < 0:
                write_fmt(file, ("8sI", "8sQ")[version - 1], b"8BIMMt16", 0)  # the merged picture is transparent
            file.write(b"8BIMLr16")
        with _length_before(file, version) as begin:
            write_fmt(file, "h", count)
            written = _write_layers(file, kind, layers)
            write_padding(file, file.tell() - begin, 4)
        if kind.depth == 8:
            information.global_layer_mask_info.write(file)
        information.tagged_blocks.write(file, version=version, padding=4)
    write_fmt(file, "H", (Compression.RAW if kind.depth == 16 else Compression.RLE).value)
    for part in (0, 1):  # the lengths of all rows, then all rows
        for strip in chain.from_iterable(merged):
            file.write(strip[part])
    return written


def merged_strip(values: np.ndarray, kind: Kind) -> Strip:
    """Some rows of one channel of the merged picture, (h, w) uint8 or, for a file of 16 bits, uint16: RLE or raw, as Photoshop's own."""
    return (b"", values.astype(">u2").tobytes()) if kind.depth == 16 else _rows(np.ascontiguousarray(values), kind.version)


def remember(written: Written, path: Path) -> None:
    """What `write` gave back now lies in `path`."""
    there = stamp(path)
    for channel, lies in written if there is not None else ():
        _KNOWN.setdefault(channel.source, {})[channel.index] = replace(lies, path=path, stamp=there)


@contextmanager
def _length_before(file: BinaryIO, version: int) -> Iterator[int]:
    """A section with its length in front, which is known at its end; gives where the section begins."""
    format_ = ("I", "Q")[version - 1]
    before = file.tell()
    write_fmt(file, format_, 0)
    begin = file.tell()
    yield begin
    end = file.tell()
    file.seek(before)
    write_fmt(file, format_, end - begin)
    file.seek(end)


def _write_layers(file: BinaryIO, kind: Kind, layers: list[tuple[LayerRecord, list[Channel]]]) -> Written:
    """The records, the channels, and then the records again with the lengths of the channels."""
    version = kind.version
    for record, channels in layers:
        record.channel_info = [ChannelInfo(id=channel.id) for channel in channels]
    records = LayerRecords([record for record, _ in layers])
    before = file.tell()
    records.write(file, _ENCODING, version)
    lengths: list[int] = []
    written: Written = []
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="psd") as pool, ExitStack() as opened:
        sources = _Sources(opened, kind)
        for channel, encoded in _in_order(chain.from_iterable(channels for _, channels in layers), pool, kind, sources):
            write_fmt(file, "H", encoded.compression.value)
            offset = file.tell()
            if isinstance(encoded, _Lies):
                sources.copy(encoded, file)
            else:
                for part in encoded.parts:
                    file.write(part)
            if version == 1 and file.tell() > _LARGEST_PSD:
                raise FileError(phrase("The document is too large for a PSD, which holds 2 GB."), phrase("Save it with the ending .psb."))
            length = file.tell() - offset
            lengths.append(length + 2)
            if channel.source is not None:
                written.append((channel, _Lies(Path(), (0, 0), kind, encoded.compression, offset, length)))
    end = file.tell()
    for info, length in zip((info for record, _ in layers for info in record.channel_info), lengths, strict=True):
        info.length = length
    file.seek(before)
    records.write(file, _ENCODING, version)
    file.seek(end)
    return written


class _Sources:
    """Files of earlier saves, held open while they are copied from."""

    def __init__(self, opened: ExitStack, kind: Kind) -> None:
        self._opened = opened
        self._kind = kind
        self._files: dict[Path, BinaryIO | None] = {}

    def find(self, channel: Channel) -> _Lies | None:
        """Where the channel lies encoded as this file wants it, if that file is still the one that was written."""
        lies = _KNOWN.get(channel.source, {}).get(channel.index) if channel.source is not None else None
        if lies is None or lies.kind != self._kind:
            return None
        if lies.path not in self._files:
            try:
                self._files[lies.path] = self._opened.enter_context(open(lies.path, "rb"))
            except OSError:
                self._files[lies.path] = None
        file = self._files[lies.path]
        if file is None:
            return None
        there = os.fstat(file.fileno())
        return lies if (there.st_mtime_ns, there.st_size) == lies.stamp else None

    def copy(self, lies: _Lies, target: BinaryIO) -> None:
        source = self._files[lies.path]
        source.seek(lies.offset)
        left = lies.length
        while left:
            piece = source.read(min(left, _PIECE))
            if not piece:
                raise OSError(errno.EIO, "the file saved before has become shorter")
            target.write(piece)
            left -= len(piece)


def _in_order(
    channels: Iterable[Channel], pool: ThreadPoolExecutor, kind: Kind, sources: _Sources
) -> Iterator[tuple[Channel, _Encoded | _Lies]]:
    """The channels as they stand, encoded on the pool's threads."""
    waiting: deque[tuple[Channel, Future[_Encoded] | _Lies]] = deque()
    for channel in channels:
        known = sources.find(channel)
        waiting.append((channel, known or pool.submit(_encoded, channel.values(), kind)))
        if len(waiting) > _AHEAD:
            yield _finished(*waiting.popleft())
    while waiting:
        yield _finished(*waiting.popleft())


def _finished(channel: Channel, encoded: Future[_Encoded] | _Lies) -> tuple[Channel, _Encoded | _Lies]:
    return channel, encoded if isinstance(encoded, _Lies) else encoded.result()


def _encoded(values: np.ndarray, kind: Kind) -> _Encoded:
    """(h, w) uint8 as RLE, or raw where that would hardly make it smaller; for a file of 16 bits as ZIP with prediction."""
    if not values.size:
        return _Encoded(Compression.RAW, [])
    values = np.ascontiguousarray(values)
    if kind.depth == 16:
        return _Encoded(Compression.ZIP_WITH_PREDICTION, [deflate_encode(_predicted(values), level=_ZIP_LEVEL, raw=False)])
    sample = values[:: max(len(values) // _SAMPLES, 1)]
    if sum(len(packbits_encode(row)) for row in sample) > _WORTH_IT * sample.size:
        return _Encoded(Compression.RAW, [memoryview(values).cast("B")])
    counts, rows = _rows(values, kind.version)
    return _Encoded(Compression.RLE, [counts, rows])


def _predicted(values: np.ndarray) -> np.ndarray:
    """(h, w) big-endian uint16: how far each sample is from the one before it in its row; 8 bits repeated make 16."""
    deep = values if values.dtype == np.uint16 else values.astype(np.uint16) * np.uint16(257)
    steps = deep.astype(">u2")
    steps[:, 1:] = deep[:, 1:] - deep[:, :-1]
    return steps


def _rows(values: np.ndarray, version: int) -> tuple[bytes, bytes]:
    """The lengths of the encoded rows as a PSD stores them, and the rows."""
    strips = [values[top : top + _STRIP] for top in range(0, len(values), _STRIP)]
    encoded = [_few_runs(strip) or _packed(strip) for strip in strips]
    return np.concatenate([counts for counts, _ in encoded]).astype((">u2", ">u4")[version - 1]).tobytes(), b"".join(
        rows for _, rows in encoded
    )


def _packed(values: np.ndarray) -> tuple[np.ndarray, bytes]:
    """PackBits: (h,) lengths of the rows, and the rows."""
    rows = [packbits_encode(row) for row in values]
    return np.fromiter(map(len, rows), np.int64, len(rows)), b"".join(rows)


def _few_runs(values: np.ndarray) -> tuple[np.ndarray, bytes] | None:
    """The same for rows of long runs, such as those of masks, several times as fast; None where the runs are short.

    Every run becomes pieces of up to 128 equal bytes, a single byte being a literal of one: two bytes a piece.
    """
    height, width = values.shape
    starts = np.ones((height, width), bool)
    np.not_equal(values[:, 1:], values[:, :-1], out=starts[:, 1:])
    if not width or np.count_nonzero(starts) * _LONG_RUN > values.size + height * _LONG_RUN:
        return None
    begins = np.flatnonzero(starts)
    lengths = np.diff(begins, append=values.size)
    pieces = -(-lengths // _LONGEST_PIECE)
    ends = np.cumsum(pieces)
    size = np.full(ends[-1], _LONGEST_PIECE)
    size[ends - 1] = lengths - (pieces - 1) * _LONGEST_PIECE
    pairs = np.empty((len(size), 2), np.uint8)
    pairs[:, 0] = np.where(size > 1, 257 - size, 0)
    pairs[:, 1] = np.repeat(values.reshape(-1)[begins], pieces)
    return 2 * np.add.reduceat(pieces, np.searchsorted(begins, np.arange(height) * width)), pairs.tobytes()
