"""What a PNG without an ICC profile says of its colours, as a profile: cHRM and gAMA (PNG Specification, 3rd edition, 11.3.2)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

_D50 = np.array((0.9642, 1.0, 0.8249))  # the white of ICC profiles
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))
_SRGB_CHROMATICITY = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green, blue
_SRGB_GAMMA = 0.45455
_SAME_GAMMA, _SAME_PLACE = 0.005, 0.002
_TABLE = 1024  # entries of a curve


def png_profile(info: Mapping[object, object]) -> bytes | None:
    """An ICC profile of what gAMA and cHRM say; None where they say nothing, nonsense, or sRGB. info: as Pillow gives it."""
    if "srgb" in info:
        return None
    gamma, places = info.get("gamma"), info.get("chromaticity")
    if not isinstance(gamma, float) and not isinstance(places, tuple):
        return None
    gamma = gamma if isinstance(gamma, float) and 0.05 <= gamma <= 10 else _SRGB_GAMMA
    places = places if isinstance(places, tuple) and len(places) == 8 else _SRGB_CHROMATICITY
    is_srgb_curve = abs(gamma - _SRGB_GAMMA) <= _SAME_GAMMA
    if is_srgb_curve and max(abs(ours - theirs) for ours, theirs in zip(places, _SRGB_CHROMATICITY, strict=True)) <= _SAME_PLACE:
        return None
    try:
        matrix = _to_d50(places)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return _profile(matrix, _srgb_curve() if is_srgb_curve else np.linspace(0, 1, _TABLE) ** (1 / gamma))


def _to_d50(places: tuple[float, ...]) -> np.ndarray:
    """(3, 3): linear RGB -> XYZ under D50. places: x, y of white, red, green and blue."""
    white, *primaries = (np.array((x / y, 1.0, (1 - x - y) / y)) for x, y in zip(places[::2], places[1::2], strict=True))
    columns = np.stack(primaries, axis=1)
    matrix = columns * np.linalg.solve(columns, white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white)) @ _BRADFORD @ matrix
    if not np.isfinite(adapted).all() or np.abs(adapted).max() > 4:
        raise np.linalg.LinAlgError
    return adapted


def _srgb_curve() -> np.ndarray:
    level = np.linspace(0, 1, _TABLE)
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _profile(matrix: np.ndarray, curve: np.ndarray) -> bytes:
    """A version 2 matrix profile of a display (ICC.1:2001-04)."""
    name = b"the PNG's own colours"
    described = b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(1 + 4 + 4 + 2 + 1 + 67)
    levels = b"curv" + bytes(4) + struct.pack(">I", len(curve)) + np.rint(curve * 65535).astype(">u2").tobytes()
    places = [_xyz(matrix[:, channel]) for channel in range(3)]
    bodies = {b"desc": described, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": _xyz(_D50)}
    bodies |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), places, strict=True)) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), levels)
    table, data, start = b"", b"", 128 + 4 + 12 * len(bodies)
    for tag, body in bodies.items():
        table += tag + struct.pack(">II", start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(_D50)[8:] + bytes(48)
    return head + struct.pack(">I", len(bodies)) + table + data


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(value) * 65536) for value in values))
