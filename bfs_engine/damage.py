"""What reading a damaged file of weights raises. Imports torch."""

from __future__ import annotations

import struct

import torch
from safetensors import SafetensorError

# All but MemoryError. torch's reader of its own format, also the one that runs nothing, lets the errors of whatever the damage hit
# come through; it refuses code with an error of a module that this project imports nowhere.
DAMAGES = (
    OSError, RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError,
    struct.error, SafetensorError, torch.serialization.pickle.UnpicklingError,
)  # fmt: skip
