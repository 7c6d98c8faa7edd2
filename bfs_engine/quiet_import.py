"""Importing torch and diffusers quickly, and beside a window without holding it up.

An import on a background thread stops all other threads for as long as it keeps the interpreter's lock. Measured on two cores:
loading torch's library 250 ms, and every full garbage collection 100 to 300 ms, with four of them during the import of
diffusers. So the library is loaded first, by a call that gives the lock away, and the collector rests meanwhile; what is
left are stops of less than 50 ms.

Of diffusers' own import, a quarter is libraries that it binds for parts which nothing here uses. It asks whether they are
there, and is told no.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
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
        with _without_extras():
            yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _without_extras() -> Iterator[None]:
    """What diffusers binds inside does without peft and scipy: no adapters of peft's, no beta-distributed noise levels. Both are
    a second of the import; the paper's low-rank weights (sharing.py) and the flow-matching schedule need neither."""
    utils = importlib.import_module("diffusers.utils")
    asked = {name: getattr(utils, name) for name in ("is_peft_available", "is_scipy_available")}
    for name in asked:
        setattr(utils, name, lambda: False)
    try:
        yield
    finally:
        for name, answer in asked.items():
            setattr(utils, name, answer)


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
