"""Outliers among the values of one pixel: rounds of `how far from the rest?` on sorted values.

Once a pixel's values are sorted the kept ones are a run from `first` to `end`, so what a round leaves of them is told
by two counts. Many pixels are columns of one array, and each step of a round is one call for all of them.

All methods work round the median, reject what lies strictly beyond its limits, and repeat with what is left until
nothing more goes (percentile: one round). Differences to the median are in single precision, in which those of 16-bit
numbers are exact; for integers of 32 bits and for doubles, in double precision. A pixel never keeps fewer than four
values: where more would go, the four nearest the median stay; with four or fewer nothing goes.

- sigma: limits are low·s and high·s with s the standard deviation (n − 1).
- winsorised: s0 is the standard deviation; values beyond median ± 1.5·s are brought in to there, s is 1.134 times the
  standard deviation of what results, again and again until s changes by no more than 0.05 %. Of whole numbers, what is
  brought in is brought to a whole number (halves upwards), as Siril does.
- percentile: limits are shares of the median.

A robust start: among n values none can lie further than √n standard deviations from the median, so with n ≤ k² the
plain sigma clip is blind: one wild value in five stretches s until it hides. There the winsorised s takes its place,
which does not follow a wild value (it finds one in three). Above that the result is the textbook one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.columns import Columns, deviation_down, mean_of_runs

Floats = NDArray[np.floating[Any]]
Places = NDArray[np.intp]

KEPT_AT_LEAST = 4
HUBER = 1.5
"""Winsorising brings values in to so many s from the median."""
CONSISTENT = 1.134
"""What the standard deviation of winsorised normal noise is multiplied by to be that of the noise."""
_SETTLED = 0.0005
_MOST_STEPS = 200
_A_SHADE_MORE = 1.0 + 1e-5  # so that rounding never makes certain what is not


@dataclass(frozen=True, slots=True)
class Reject:
    """How outliers are to be found, and how far out they are: standard deviations, or shares of the median."""

    method: Literal["none", "sigma", "winsorised", "linear_fit", "percentile", "minmax"]
    low: float = 3.0
    high: float = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How outliers are found: `spread` gives the unit of `low` and `high` for each column."""

    spread: Callable[[Columns], Floats]
    low: float
    high: float
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """The mean of what each column keeps, and how many it lost at either side."""

    mean: Floats
    low: Places
    high: Places


def limits_of(how: Reject, count: int) -> Limits:
    """What the sigma clip, the winsorised one and percentile clipping ask in each round."""
    if how.method == "percentile":
        return Limits(
            lambda columns: np.abs(columns.level + columns.median), how.low, how.high, repeats=False
        )
    if how.method == "winsorised" or is_blind(how, count):
        return winsorised_limits(how.low, how.high)
    return Limits(lambda columns: deviation_down(columns.apart, columns.kept), how.low, how.high)


def winsorised_limits(low: float, high: float) -> Limits:
    """Of the winsorised sigma clip."""
    return Limits(lambda columns: _winsorised(columns, low, high), low, high)


def is_blind(how: Reject, count: int) -> bool:
    """True when so few values cannot lie as far from their median, in standard deviations, as the wider limit."""
    return count <= max(how.low, how.high) ** 2


def clip_columns(values: NDArray[Any], limits: Limits) -> Kept:
    """Reject outliers.

    Args:
        values: (frames, pixels), each column ascending, whole or floating, without NaN.
        limits: how.
    """
    count, width = values.shape
    is_whole, kind = values.dtype.kind in "iu", np.float32 if values.dtype.itemsize <= 4 else np.float64
    level = values[count // 2].astype(kind)
    values = values.astype(kind) - level  # small numbers leave room for exact sums
    first, end = np.zeros(width, np.intp), np.full(width, count, np.intp)
    live, some = np.arange(width if count > KEPT_AT_LEAST else 0), values
    while live.size:
        columns = Columns.of(some, level[live], first[live], end[live], is_whole=is_whole)
        low, high = _round(columns, limits)
        first[live] += low
        end[live] -= high
        goes_on = np.flatnonzero((low + high > 0) & (columns.kept - low - high > KEPT_AT_LEAST))
        if not limits.repeats:
            break
        live, some = live[goes_on], some.take(goes_on, axis=1)
    return Kept(mean_of_runs(values, level, first, end), first, count - end)


def _round(columns: Columns, limits: Limits) -> tuple[Places, Places]:
    """How many go at either side."""
    spread = limits.spread(columns)
    low = columns.count_below(-limits.low * spread)
    high = columns.count_above(limits.high * spread)
    while (few := np.flatnonzero(columns.kept - low - high < KEPT_AT_LEAST)).size:
        takes_lower = columns.nearer_below(few, low[few], high[few])
        low[few] -= takes_lower
        high[few] -= ~takes_lower
    return low, high


def _winsorised(columns: Columns, low: float, high: float) -> Floats:
    """The settled s of each column; infinite where it is certain that nothing lies beyond its limits.

    A wider start never ends narrower. So where s grows from `reach`, the least s that keeps every value, each s on
    the way down to it stays above `reach` too, and none need be found.
    """
    spread = deviation_down(columns.apart, columns.kept)
    lowest, highest = columns.ends()
    reach = np.maximum(highest / high, -lowest / low) * _A_SHADE_MORE
    unsure = np.arange(columns.kept.size)
    if not columns.is_fresh:  # of fresh ones those that are certain have been found already
        inner = _brought_in(columns, columns.apart, reach)
        grown = CONSISTENT * deviation_down(inner, columns.kept)
        unsure = np.flatnonzero(~((spread > reach) & (grown > reach)))
    settled = np.full_like(spread, np.inf)
    settled[unsure] = _settle(columns.take(unsure), spread[unsure])
    return settled


def _settle(columns: Columns, spread: Floats) -> Floats:
    """Bring values in until s no longer changes; columns that have settled are put aside by and by."""
    settled, home, moves = spread.copy(), np.arange(spread.size), np.ones(spread.size, bool)
    apart = columns.apart
    for _ in range(_MOST_STEPS):
        if not moves.any():
            break
        if 2 * np.count_nonzero(moves) <= moves.size:
            left = np.flatnonzero(moves)
            columns, apart = columns.take(left), apart.take(left, axis=1)
            home, spread, moves = home[left], spread[left], moves[left]
        apart = _brought_in(columns, apart, spread)
        found = CONSISTENT * deviation_down(apart, columns.kept)
        settled[home[moves]] = found[moves]
        moves &= np.abs(found - spread) > spread * _SETTLED
        spread = found
    return settled


def _brought_in(columns: Columns, apart: Floats, spread: Floats) -> Floats:
    """Values not further from the median than they may be; of whole numbers still whole ones."""
    high = HUBER * spread
    low = -high
    if columns.is_whole:
        low = np.floor(columns.median + low + 0.5) - columns.median
        high = np.floor(columns.median + high + 0.5) - columns.median
    inner: Floats = np.minimum(apart, high)
    np.maximum(inner, low, out=inner)
    return inner
