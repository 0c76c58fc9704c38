"""A flat made ready to be used: what each pixel of a light is multiplied by.

    master flat (− bias, where it still holds it) ─level of its middle, each colour its own─▶ level / flat

Where the flat saw next to nothing a pixel is not divided: noise would be blown up to stars.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.mesh import MAD

Floats = NDArray[np.float32]

LEAST_SHARE = 0.05
"""Pixels darker than this share of the flat's level are not divided."""
_SAMPLED = 1_000_000
_BOUND = 3.0


def reciprocal(flat: Floats, *, is_mosaic: bool) -> tuple[Floats, int]:
    """Turn a flat, in place, into what lights are multiplied by; and how many pixels are not divided (1 stands there).

    Args:
        flat: one plane in ADU, without bias and dark.
        is_mosaic: each colour of a 2×2 mosaic has its own level, so that no colour is brightened by the panel's.

    Raises:
        ValueError: there is no light in it.
    """
    step, undivided = (2, 2) if is_mosaic and min(flat.shape) >= 2 else (1, 1), 0
    for place in range(step[0] * step[1]):
        colour = flat[place // step[1] :: step[0], place % step[1] :: step[1]]
        level = middle_level(colour)
        if not level > 0:
            raise ValueError("the flat holds no light once its bias is taken off")
        with np.errstate(all="ignore"):
            good = np.isfinite(colour) & (colour >= np.float32(LEAST_SHARE * level))
            np.divide(np.float32(level), colour, out=colour, where=good)
        if not good.all():
            colour[~good] = 1
            undivided += int(good.size - np.count_nonzero(good))
    return flat, undivided


def middle_level(plane: NDArray[Any]) -> float:
    """Mean of the middle half of rows and columns, without what lies 3 sigma off its median (dust, hot pixels)."""
    height, width = plane.shape
    middle = plane[height // 4 : height - height // 4, width // 4 : width - width // 4].ravel()
    thin = middle[:: max(1, middle.size // _SAMPLED) | 1].astype(np.float64)
    thin = thin[np.isfinite(thin)]
    if not thin.size:
        return 0.0
    median = float(np.median(thin))
    spread = MAD * float(np.median(np.abs(thin - median)))
    near = thin[np.abs(thin - median) <= _BOUND * spread] if spread > 0 else thin
    return float(near.mean()) if near.size else median
