"""How much of a frame is clear: where stars are about as dense as elsewhere."""

from __future__ import annotations

import math

import numpy as np

from pipeline.pixels.background import Floats

_EACH = 14
"""Stars a part of the frame should have for its number to mean something."""
_FINEST = 8
_THIN = 0.4
"""A part with less than this share of the stars of the richer parts is not clear."""


def clear_percent(x: Floats, y: Floats, shape: tuple[int, int]) -> float:
    """Share of the frame in which stars are about as dense as in its richer parts, in percent; 0 without stars."""
    if not len(x):
        return 0.0
    parts = min(_FINEST, math.isqrt(len(x) // _EACH))
    if parts < 2:
        return 100.0
    row = np.clip((y / shape[0] * parts).astype(int), 0, parts - 1)
    column = np.clip((x / shape[1] * parts).astype(int), 0, parts - 1)
    counts = np.bincount(row * parts + column, minlength=parts * parts)
    return float((counts >= _THIN * np.percentile(counts, 75)).mean() * 100)
