"""A quick look at all pixels of a stack: the mean where nothing can be an outlier, and which need a second look.

In a dark of twenty frames nine pixels in ten hold no outlier, and single precision on whole rows is enough to be
certain of most of these. What is not certain goes to `clip`, which decides; so this look never changes a result, only
the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.clip import CONSISTENT, HUBER, KEPT_AT_LEAST, Reject, is_blind
from pipeline.pixels.columns import EXACT_UP_TO, total_down
from pipeline.pixels.network import Row

Singles = NDArray[np.float32]
Places = NDArray[np.intp]

_LOOKED_AT_BYTES = 640 << 10
"""So much at once stays in the processor's second cache."""
_LOOKED_AT_LEAST = 4096
_SURELY = np.float32(1.0 + 1e-4)
"""Far more than single precision loses."""


@dataclass(frozen=True, slots=True)
class Look:
    """Single-precision differences to the middle value, and what a decision needs of them."""

    apart: Singles
    """(frames, pixels)."""
    middle: NDArray[np.float64]
    sums: NDArray[Any]
    deviation: Singles
    median: Singles
    """Relative to `middle`."""

    @classmethod
    def at(cls, rows: Sequence[Row]) -> Look:
        """At ascending rows."""
        count, middle = len(rows), rows[len(rows) // 2]
        apart = _differences(rows, middle)
        if middle.dtype.kind != "f" and count > EXACT_UP_TO:
            sums = np.add.reduce(apart, axis=0, dtype=np.float64)
        else:
            sums = total_down(apart)
        deviation = _deviation(sums.astype(np.float32), _squares(apart), count)
        median = apart[(count - 1) // 2] / np.float32(2)
        return cls(apart, middle.astype(np.float64), sums, deviation, median)

    def mean(self) -> Singles:
        """Of all values of each pixel."""
        count = len(self.apart)
        found: Singles = ((self.middle * count + self.sums) / count).astype(np.float32)
        return found

    def reach(self, low: float, high: float) -> Singles:
        """The least unit by which neither the lowest nor the highest value is out of its limit."""
        above = (self.apart[-1] - self.median) / np.float32(high)
        below = (self.median - self.apart[0]) / np.float32(low)
        found: Singles = np.maximum(above, below)
        return found


def screen(rows: Sequence[Row], how: Reject) -> tuple[Singles, Places]:
    """The mean of each pixel, and the pixels that may hold outliers, for which it may not be the answer."""
    means, doubtful = [], []
    size = max(_LOOKED_AT_LEAST, _LOOKED_AT_BYTES // (4 * len(rows)))
    for start in range(0, rows[0].size, size):
        look = Look.at([row[start : start + size] for row in rows])
        means.append(look.mean())
        doubtful.append(np.flatnonzero(_is_doubtful(look, how, rows[0].dtype.kind != "f")) + start)
    return np.concatenate(means), np.concatenate(doubtful)


def _is_doubtful(look: Look, how: Reject, is_whole: bool) -> NDArray[np.bool_]:
    count = len(look.apart)
    if how.method in {"none", "minmax"} or count <= KEPT_AT_LEAST:
        return np.zeros(look.median.shape, bool)
    if how.method == "linear_fit":
        return np.ones(look.median.shape, bool)
    reach = look.reach(how.low, how.high) * _SURELY
    if how.method == "percentile":
        level = np.abs(look.median + look.middle.astype(np.float32))
        certain = reach < level
        return ~certain
    certain = look.deviation > reach * _SURELY
    if how.method == "winsorised" or is_blind(how, count):
        certain &= _brought_in(look, reach, is_whole) > reach * _SURELY
    found: NDArray[np.bool_] = ~certain & (look.apart[-1] > look.apart[0])
    return found


def _brought_in(look: Look, spread: Singles, is_whole: bool) -> Singles:
    """See `clip`: a winsorised deviation that is above the reach from the start stays there."""
    low, high = look.median - HUBER * spread, look.median + HUBER * spread
    if is_whole:
        low, high = np.floor(low + np.float32(0.5)), np.floor(high + np.float32(0.5))
    near = np.minimum(look.apart, high)
    np.maximum(near, low, out=near)
    return CONSISTENT * _deviation(np.add.reduce(near, axis=0), _squares(near), len(near))


def _differences(rows: Sequence[Row], middle: Row) -> Singles:
    if middle.dtype.itemsize > 4:
        return np.stack([(row - middle).astype(np.float32) for row in rows])
    apart = np.empty((len(rows), middle.size), np.float32)
    for place, row in zip(apart, rows, strict=True):
        place[...] = row
    apart -= middle.astype(np.float32)
    return apart


def _squares(rows: Singles) -> Singles:
    found: Singles = np.einsum("ij,ij->j", rows, rows)
    return found


def _deviation(sums: Singles, squares: Singles, count: int) -> Singles:
    left = np.maximum(squares - sums * sums / np.float32(count), np.float32(0))
    found: Singles = np.sqrt(left / np.float32(max(count - 1, 1)))
    return found
