"""Sorted values of many pixels, a column each, of which a run is kept: what a round of clipping asks of them.

What is no longer kept counts as lying on the median: it adds nothing to a sum and is beyond no limit. Sums run down the
columns in the order of the frames, whatever the number of columns, so that no result depends on how a picture is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Places = NDArray[np.intp]

EXACT_UP_TO = 256
"""So many 16-bit numbers add up without loss in single precision."""
_COUNTED_AT_ONCE = 127
"""So many yes or no fit into a sum of single bytes, which is the quickest to count in."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of ascending values, each with the run from `first` up to, not including, `end` that is kept."""

    apart: Floats
    """(frames, columns): differences to the median of the run; 0 outside of it."""
    level: Floats
    """A number near all values of a column."""
    median: Floats
    """Of the run, above `level`."""
    first: Places
    end: Places
    kept: Places
    is_whole: bool
    """The values are the camera's own whole numbers."""
    is_fresh: bool
    """Nothing has been rejected yet."""

    @classmethod
    def of(cls, values: Floats, level: Floats, first: Places, end: Places, *, is_whole: bool) -> Columns:
        """Of values above a level."""
        every, kept = np.arange(level.size), end - first
        median = (
            values[(first + end - 1) // 2, every] + values[(first + end) // 2, every]
        ) / values.dtype.type(2)
        apart = values - median
        is_fresh = bool(kept.min() == len(values))
        if not is_fresh:
            _clear_outside(apart, first, end)
        return cls(apart, level, median, first, end, kept, is_whole, is_fresh)

    def take(self, which: Places) -> Columns:
        """Some of the columns."""
        if which.size == self.kept.size:
            return self
        return Columns(
            self.apart.take(which, axis=1),
            self.level[which],
            self.median[which],
            self.first[which],
            self.end[which],
            self.kept[which],
            self.is_whole,
            self.is_fresh,
        )

    def ends(self) -> tuple[Floats, Floats]:
        """The lowest and the highest value of each run, from its median."""
        every = np.arange(self.kept.size)
        return self.apart[self.first, every], self.apart[self.end - 1, every]

    def count_below(self, limit: Floats) -> Places:
        """How many values of each run lie below its limit, which is not above the median."""
        return _count(np.less, self.apart, limit)

    def count_above(self, limit: Floats) -> Places:
        """How many lie above it, which is not below the median."""
        return _count(np.greater, self.apart, limit)

    def nearer_below(self, which: Places, low: Places, high: Places) -> NDArray[np.bool_]:
        """With so many to go at either side: whether the next to be taken back is a low one, in some columns."""
        below, above = self.first[which] + low - 1, self.end[which] - high
        under = np.where(low > 0, -self.apart[below, which], np.inf)
        over = np.where(high > 0, self.apart[np.minimum(above, len(self.apart) - 1), which], np.inf)
        found: NDArray[np.bool_] = under <= over
        return found


def mean_of_runs(values: Floats, level: Floats, first: Places, end: Places) -> Floats:
    """Of values above a level: one division of the exact sum, for whole numbers."""
    kept = end - first
    values = values.copy()
    _clear_outside(values, first, end)
    if len(values) > EXACT_UP_TO:
        values = values.astype(np.float64)
    found: Floats = (level.astype(np.float64) * kept + total_down(values)) / kept
    return found


def deviation_down(apart: Floats, count: Places) -> Floats:
    """Standard deviation (n − 1) of columns in which zeros stand for what does not count."""
    sums, squares, number = total_down(apart), squares_down(apart), count.astype(apart.dtype)
    squares -= sums * sums / number
    np.maximum(squares, 0, out=squares)
    squares /= np.maximum(number - 1, 1)
    found: Floats = np.sqrt(squares, out=squares)
    return found


def total_down(rows: NDArray[Any]) -> NDArray[Any]:
    """Down the columns."""
    if rows.shape[1] == 1:  # numpy would take another order, and round otherwise
        return total_down(np.repeat(rows, 2, axis=1))[:1]
    total: NDArray[Any] = np.add.reduce(rows, axis=0)
    return total


def squares_down(rows: NDArray[Any]) -> NDArray[Any]:
    """Of squares, likewise."""
    if rows.shape[1] == 1:
        return squares_down(np.repeat(rows, 2, axis=1))[:1]
    total: NDArray[Any] = np.einsum("ij,ij->j", rows, rows)
    return total


def _clear_outside(values: Floats, first: Places, end: Places) -> None:
    """Put zeros outside the runs; they are few, and lie in few rows."""
    for row in range(int(first.max(initial=0))):
        values[row][first > row] = 0
    for row in range(int(end.min(initial=len(values))), len(values)):
        values[row][end <= row] = 0


def _count(compare: np.ufunc, values: Floats, limit: Floats) -> Places:
    total = np.zeros(values.shape[1], np.intp)
    for start in range(0, len(values), _COUNTED_AT_ONCE):
        fits = compare(values[start : start + _COUNTED_AT_ONCE], limit).view(np.int8)
        total += np.add.reduce(fits, axis=0, dtype=np.int8)
    return total
