"""Hot pixels: brighter than any star could make a single pixel, given its neighbours.

A star, however sharp, lights more than two of a pixel's eight neighbours; a hot pixel, a pair of them or a cosmic
ray's bite does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats

Places = NDArray[np.int64]

HOT_SIGMA = 4.0
"""Pixels below this are let be, in noises of a pixel."""
_SHARPEST = 4.0
"""A pixel this many times brighter than its third-brightest neighbour is hot; the sharpest star reaches 2.8."""


def mend(light: Floats, noise: Floats | float) -> None:
    """Replace hot pixels, in place, by the median of their neighbours: single ones and pairs.

    Args:
        light: an image without its sky.
        noise: of a pixel, one for all or one a column.
    """
    at = _above(light, noise, HOT_SIGMA)
    if len(at):
        own = noise if isinstance(noise, float) else noise[at % light.shape[1]]
        flat = light.ravel()
        hot, cool = hot_ones(flat[at], flat[neighbours(at, *light.shape)], own)
        flat[at[hot]] = cool


def find_hot(light: Floats, noise: Floats, sigma: float) -> Places:
    """Places of the hot pixels of an image without its sky, in the flattened image."""
    at, flat = _above(light, noise, sigma), light.ravel()
    if not len(at):
        return at
    return at[hot_ones(flat[at], flat[neighbours(at, *light.shape)], noise[at % light.shape[1]])[0]]


def _above(light: Floats, noise: Floats | float, sigma: float) -> Places:
    """Pixels that stand out; none where a pixel has no neighbours."""
    if min(light.shape) < 2:
        return np.empty(0, np.int64)
    return np.flatnonzero(light > np.float32(sigma) * noise)


def hot_ones(value: Floats, around: Floats, noise: Floats | float) -> tuple[NDArray[np.bool_], Floats]:
    """Which pixels are hot, and what they should be; `around` are their eight neighbours."""
    around = np.sort(around, axis=0)
    hot = value > _SHARPEST * np.maximum(around[5], 0) + np.float32(HOT_SIGMA) * noise
    return hot, (around[3, hot] + around[4, hot]) / 2


def neighbours(at: Places, height: int, width: int) -> Places:
    """The eight places around each place of a flattened image, mirrored at its edges."""
    y, x = np.divmod(at, width)
    up, down = np.abs(y - 1) * width, (height - 1 - np.abs(height - 2 - y)) * width
    left, right = np.abs(x - 1), width - 1 - np.abs(width - 2 - x)
    y = y * width
    return np.stack([up + left, up + x, up + right, y + left, y + right, down + left, down + x, down + right])
