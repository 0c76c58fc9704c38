"""Pixels that no dark can mend: found in a master dark, filled from good neighbours of the same colour.

A warm pixel is calibrated well by subtraction alone. Those found here stand so far out that their own noise shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import SHARED, lay_background, subtract

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

SIGMA = 10.0
"""So many noises of the master above or below its surroundings."""
MOST_SHARE = 0.01
"""Of a noisy sensor no more than this share of the pixels, the worst ones."""
FAR = 2
"""Neighbours are looked for among the nearest, then among those twice as far."""
_DEEP = 16 * SHARED
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def find_defects(dark: Floats, *, is_mosaic: bool = False) -> Places:
    """Places, in the flattened plane and rising, of pixels far hotter or colder than their surroundings."""
    background = lay_background(dark, is_mosaic=is_mosaic)
    wide, limit = background.widened(), SIGMA * background.noise_adu
    if not limit > 0:
        return np.flatnonzero(~np.isfinite(dark))
    found, heights = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for first in range(0, dark.shape[0], _DEEP):
        off = np.abs(subtract(dark, background, wide, first, min(first + _DEEP, dark.shape[0]))).ravel()
        bad = ~np.isfinite(dark[first : first + _DEEP]).ravel()
        at = np.flatnonzero((off > limit) | bad)
        found.append(at + first * dark.shape[1])
        heights.append(np.where(bad[at], np.float32(np.inf), off[at]))
    return _worst(np.concatenate(found), np.concatenate(heights), int(MOST_SHARE * dark.size))


def _worst(places: Places, heights: Floats, most: int) -> Places:
    if len(places) <= most:
        return places
    return np.sort(places[np.argsort(-heights, kind="stable")[:most]])


def fill_defects(rows: Floats, first_row: int, height: int, defects: Places, step: int, own: slice) -> int:
    """Put the median of good neighbours in the place of defects, in place; how many were filled.

    Args:
        rows: some rows of a plane, with `FAR * step` rows more on each side where the plane has them.
        first_row: which row of the plane the first of them is.
        height: rows of the plane.
        defects: places in the flattened plane, rising.
        step: 1, or 2 in a mosaic: the distance of pixels of one colour.
        own: the rows, counted in `rows`, whose defects are to be filled.
    """
    width = rows.shape[1]
    begin, end = (np.searchsorted(defects, (first_row + edge) * width) for edge in (own.start, own.stop))
    mine = defects[begin:end]
    if not len(mine):
        return 0
    values = np.full(len(mine), np.nan, np.float32)
    for reach in range(1, FAR + 1):
        left = np.flatnonzero(np.isnan(values))
        if not len(left):
            break
        values[left] = _median_around(rows, first_row, height, defects, mine[left], step * reach)
    good = np.isfinite(values)
    rows.ravel()[mine[good] - first_row * width] = values[good]
    return int(np.count_nonzero(good))


def _median_around(
    rows: Floats, first_row: int, height: int, defects: Places, places: Places, step: int
) -> Floats:
    """Median of the good ones among the eight neighbours; NaN where there is none."""
    width, flat = rows.shape[1], rows.ravel()
    y, x = np.divmod(places, width)
    around = np.full((len(_AROUND), len(places)), np.nan, np.float32)
    for number, (dy, dx) in enumerate(_AROUND):
        row, column = y + dy * step, x + dx * step
        there = (row >= max(first_row, 0)) & (row < min(height, first_row + len(rows)))
        there &= (column >= 0) & (column < width)
        at = (row * width + column)[there]
        is_bad = defects[np.minimum(np.searchsorted(defects, at), len(defects) - 1)] == at
        around[number, there] = np.where(is_bad, np.nan, flat[at - first_row * width])
    return _nanmedian(around)


def _nanmedian(around: Floats) -> Floats:
    ordered = np.sort(around, axis=0)  # NaN goes to the end
    many = np.count_nonzero(np.isfinite(ordered), axis=0)
    column = np.arange(around.shape[1])
    low, high = np.maximum(many - 1, 0) // 2, np.maximum(many // 2, 0)
    value: Floats = (ordered[low, column] + ordered[np.minimum(high, len(around) - 1), column]) / 2
    value[many == 0] = np.nan
    return value
