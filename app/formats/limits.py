"""Limits that readers and writers share: what is written keeps them, so that what is saved can be opened again."""

from __future__ import annotations

LONGEST_SIDE = 300_000  # pixels, as in a PSB
LARGEST_CANVAS = 1 << 30  # pixels: 32,768 × 32,768; of a layer too
DEEPEST_GROUP = 100
FARTHEST = 1e9  # canvas pixels from the origin, and the largest scale
FARTHEST_WHOLE = 1 << 30  # the same where whole pixels are counted
LONGEST_VALUE = 256 << 20  # bytes of one value of a project: its state, a profile, a reference
MOST_PIXELS = 1 << 30  # of a project's layers and masks together, whole tiles counted, equal tiles once: 4 GiB
MOST_NODES = 10_000  # layers and groups of a project
