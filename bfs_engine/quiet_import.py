"""Importing torch and diffusers quickly, and beside a window without holding it up.

An import on a background thread stops all other threads for as long as it keeps the interpreter's lock. Measured on two cores:
loading torch's library 250 ms, and every full garbage collection 100 to 300 ms, with four of them during the import of
diffusers. So the library is loaded first, by a call that gives the lock away, and nothing is collected meanwhile, on the window's
thread neither; what is left are stops of less than 50 ms.

A third of what diffusers and transformers import is libraries that they bind for parts which nothing here uses. They ask whether
those are there, and are told no. Diffusers without transformers, which only models with text encoders need, takes half as long.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

_LIBRARIES = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib"}  # the large one; it knows nothing of Python

# What diffusers and transformers bind inside does without peft and scipy: no adapters of peft's, no beta-distributed noise levels, no
# losses of object detectors. The paper's low-rank weights (sharing.py) and the flow-matching schedule need none of them.
_EXTRAS = (
    ("diffusers.utils", "is_peft_available"),
    ("diffusers.utils", "is_scipy_available"),
    ("transformers.utils", "is_scipy_available"),
)

_one_at_a_time = threading.RLock()


@contextmanager
def quiet_import(text_encoders: bool = True, pipelines: bool = True) -> Iterator[None]:
    """Import inside the block. What has been made by its end lives as long as the program and is never looked at again by the
    collector (gc.freeze): modules, classes, functions.

    Without text_encoders, a diffusers that is imported here for the first time does not know transformers, for good: for a program
    that runs the starter and ends. Without pipelines nothing inside imports diffusers or transformers, and they are left alone.
    """
    with _one_at_a_time:
        _load_library()
        hides = pipelines and not text_encoders and not {"diffusers", "transformers"} & sys.modules.keys()
        with _nothing_collected(), _without_transformers() if hides else nullcontext(), _without_extras() if pipelines else nullcontext():
            yield


@contextmanager
def _nothing_collected() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(0)  # not gc.disable(): the window's own collector (ui/window/collector.py) goes by the thresholds too
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*thresholds)


@contextmanager
def _without_transformers() -> Iterator[None]:
    """As if it were not installed: None says so to every import."""
    sys.modules["transformers"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["transformers"]


@contextmanager
def _without_extras() -> Iterator[None]:
    asked = [(importlib.import_module(module), name) for module, name in _EXTRAS if importlib.util.find_spec(module.partition(".")[0])]
    answers = [getattr(module, name) for module, name in asked]
    for module, name in asked:
        setattr(module, name, lambda: False)
    try:
        yield
    finally:
        for (module, name), answer in zip(asked, answers):
            setattr(module, name, answer)


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
