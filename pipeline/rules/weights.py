"""The weight of a light: how much it would add to a stack beside the middling frame of its set.

One named formula, so that a figure in a table can be checked by hand. Another formula would bear another name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

WEIGHT_NAME = "noise-fwhm-stars"
"""(noise of the set / noise)² × (FWHM of the set / FWHM)² × (stars / stars of the set).

A stack gains by the square of signal over noise (the first factor, at equal signal), a star's light is spread over an
area (the second), and a veil of cloud takes signal, which is seen by the stars it takes (the third). "Of the set" is
its median, so a frame that is middling in all three weighs 1. What was not measured, in the frame or in the set, has
no part in it: its factor is 1.
"""

_PARTS = (("noise_adu", -2.0), ("fwhm_px_measured", -2.0), ("stars_measured", 1.0))
"""Quantity and the power in which its ratio to the set's median counts."""
_MOST = 1000.0
"""No frame is worth more of them: a ratio beyond is a fault of the measurement."""


def weight_of(values: Mapping[str, float], medians: Mapping[str, float]) -> float | None:
    """A frame's weight, 1 for the middling frame of its set; None where none of its parts was measured.

    Args:
        values: What was measured of the frame, by the names of `QUANTITIES`.
        medians: The median of each over its set.
    """
    factors = [
        factor for name, power in _PARTS if (factor := _factor(values, medians, name, power)) is not None
    ]
    return min(math.prod(factors), _MOST) if factors else None


def _factor(
    values: Mapping[str, float], medians: Mapping[str, float], name: str, power: float
) -> float | None:
    """No stars at all is a weight of 0; no noise or no width at all was no measurement."""
    value, median = values.get(name, math.nan), medians.get(name, math.nan)
    if not (math.isfinite(value) and 0 < median < math.inf) or value < 0 or (value == 0 and power < 0):
        return None
    try:
        return min(math.pow(value / median, power), _MOST)
    except (OverflowError, ValueError):  # out of all proportion
        return _MOST
