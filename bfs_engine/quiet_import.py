"""Importing torch and diffusers beside a window without holding it up.

An import on a background thread stops all other threads for as long as it keeps the interpreter's lock. Measured on two cores:
loading torch's library 250 ms, and every full garbage collection 100 to 300 ms, with four of them during the import of
diffusers. So the library is loaded first, by a call that gives the lock away, and the collector rests meanwhile; what is
left are stops of less than 50 ms.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIBRARIES = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib"}  # the large one; it knows nothing of Python


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import inside the block. What has been made by its end lives as long as the program and is never looked at again by the
    collector (gc.freeze): modules, classes, functions."""
    _load_library()
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _load_library() -> None:
    """Load torch's own library; where it is missing, the import that follows will say so."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations or "torch" in sys.modules or sys.platform not in _LIBRARIES:
        return
    # The system's dlopen called as a foreign function: unlike ctypes.CDLL(path), such a call gives the lock away.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    library = Path(found.submodule_search_locations[0]) / "lib" / _LIBRARIES[sys.platform]
    dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)
