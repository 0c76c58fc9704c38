"""Linear fit clipping: the sorted values of a pixel ought to lie on a straight line.

In each round a least-squares line is laid through (rank, value); s is the mean distance of the values from it. What
lies strictly further than low·s below or high·s above the line is rejected, and the rest is ranked anew, until
nothing goes. A pixel never keeps fewer than four values (the four nearest the line); with four or fewer nothing goes.

A robust start: one wild value pulls the line after itself, and is never further from it than about (n − 4)·3/8 times s.
With no more frames than that a winsorised sigma clip (see `clip`) goes before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.clip import KEPT_AT_LEAST, Kept, clip_columns, winsorised_limits
from pipeline.pixels.columns import total_down

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]
Waiting = dict[int, list[tuple[Places, Floats]]]
"""By the count of values: which pixels, and their values, a column each."""


def clip_to_line(values: NDArray[Any], low: float, high: float) -> Kept:
    """Reject outliers of ascending columns (frames, pixels); those with most values left first."""
    count, width = values.shape
    below, above = np.zeros(width, np.intp), np.zeros(width, np.intp)
    if is_blind_to_one(low, high, count):
        start = clip_columns(values, winsorised_limits(low, high))
        below, above = start.low, start.high
    level, rank, mean = (
        values[count // 2].astype(np.float64),
        np.arange(count)[:, np.newaxis],
        np.empty(width),
    )
    waiting: Waiting = {}
    _put(waiting, np.arange(width), values - level, (rank >= below) & (rank < count - above))
    for left in range(count, 0, -1):
        if left not in waiting:
            continue
        found = waiting.pop(left)
        home, columns = (
            np.concatenate([one for one, _ in found]),
            np.concatenate([one for _, one in found], axis=1),
        )
        mean[home] = level[home] + total_down(columns) / left
        if left <= KEPT_AT_LEAST:
            continue
        under, over = _off_the_line(columns, low, high)
        below[home] += np.count_nonzero(under, axis=0)
        above[home] += np.count_nonzero(over, axis=0)
        out = under | over
        again = np.flatnonzero(out.any(axis=0))
        if again.size:
            _put(waiting, home[again], columns.take(again, axis=1), ~out.take(again, axis=1))
    return Kept(mean, below, above)


def is_blind_to_one(low: float, high: float, count: int) -> bool:
    """True when among so few values a single wild one stays within the wider limit of its own line."""
    return (count - 4) * 3 <= 8 * max(low, high)


def _put(waiting: Waiting, home: Places, columns: Floats, kept: Flags) -> None:
    """Close the gaps, which leaves columns of different lengths."""
    counts = np.count_nonzero(kept, axis=0)
    if counts.min(initial=len(columns)) == len(columns):
        waiting.setdefault(len(columns), []).append((home, columns))
        return
    for count in np.unique(counts):
        those = np.flatnonzero(counts == count)
        closed = columns.take(those, axis=1).T[kept.take(those, axis=1).T].reshape(-1, count)
        waiting.setdefault(int(count), []).append((home[those], np.ascontiguousarray(closed.T)))


def _off_the_line(columns: Floats, low: float, high: float) -> tuple[Flags, Flags]:
    """What lies too far below, and too far above, the line through each column."""
    count = len(columns)
    rank = (np.arange(count) - (count - 1) / 2.0)[:, np.newaxis]
    distance = columns * rank
    slope = total_down(distance) / (rank * rank).sum()
    apart = columns - total_down(columns) / count
    apart -= np.multiply(rank, slope, out=distance)
    np.abs(apart, out=distance)
    spread = total_down(distance) / count
    under, over = apart < -low * spread, apart > high * spread
    few = np.flatnonzero(count - np.count_nonzero(under | over, axis=0) < KEPT_AT_LEAST)
    if few.size:
        nearest = np.argsort(distance[:, few], axis=0, kind="stable")[:KEPT_AT_LEAST]
        under[nearest, few] = over[nearest, few] = False
    return under, over
