"""Sorting the values of many pixels at once, without a single branch.

A sorting network is a fixed list of comparisons. Done on whole rows of pixels each is one `minimum` and one `maximum`,
which the processor does for dozens of pixels at a stroke; per-pixel selection guesses wrong at every second step.

    rows, one a frame ─sort_rows─▶ rows, the lowest values first
                      ─middle_rows─▶ the one or two in the middle, by the part of the network that leads to them
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = NDArray[Any]

_NETWORK_UP_TO = 64
"""From more frames than this on numpy's own sort is quicker, on a processor that has the instructions for it."""
_WIDE_SORT = {2: "AVX512_ICL", 4: "AVX512_SKX", 8: "AVX512_SKX"}
"""What numpy's sort needs to do many values at a stroke, by the bytes of one."""


@lru_cache(maxsize=64)
def sorting_network(count: int) -> tuple[tuple[int, int], ...]:
    """Pairs of places; with the lower value put first in each, in this order, everything is sorted (Batcher, 1968)."""
    return tuple(_batcher(count))


@lru_cache(maxsize=64)
def middle_network(count: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """The pairs that the middle places depend on, and for each whether its lower and its higher value are needed."""
    wanted = {(count - 1) // 2, count // 2}
    found = []
    for low, high in reversed(sorting_network(count)):
        if low in wanted or high in wanted:
            found.append((low, high, low in wanted, high in wanted))
            wanted |= {low, high}
    return tuple(reversed(found))


def sort_rows(rows: Sequence[Row]) -> list[Row]:
    """The values of each pixel in ascending order; the rows given are used up. No NaN may be among them."""
    if len(rows) > _NETWORK_UP_TO and sorts_wide(rows[0].dtype.itemsize):
        return list(np.sort(np.stack(rows), axis=0))
    rows, spare = list(rows), np.empty_like(rows[0])
    for low, high in sorting_network(len(rows)):
        np.minimum(rows[low], rows[high], out=spare)
        np.maximum(rows[low], rows[high], out=rows[high])
        rows[low], spare = spare, rows[low]
    return rows


def middle_rows(rows: Sequence[Row]) -> tuple[Row, Row]:
    """The two middle values of each pixel (one and the same for an odd count); the rows given are used up."""
    middle = (len(rows) - 1) // 2, len(rows) // 2
    if len(rows) > _NETWORK_UP_TO and sorts_wide(rows[0].dtype.itemsize):
        ordered = np.sort(np.stack(rows), axis=0)
        return ordered[middle[0]], ordered[middle[1]]
    rows, spare = list(rows), np.empty_like(rows[0])
    for low, high, wants_low, wants_high in middle_network(len(rows)):
        if wants_low:
            np.minimum(rows[low], rows[high], out=spare)
        if wants_high:
            np.maximum(rows[low], rows[high], out=rows[high])
        if wants_low:
            rows[low], spare = spare, rows[low]
    return rows[middle[0]], rows[middle[1]]


@lru_cache(maxsize=8)
def sorts_wide(itemsize: int) -> bool:
    """True when numpy's sort does many values of this size at a stroke here; it never changes a result."""
    return bool(_processor().get(_WIDE_SORT.get(itemsize, ""), False))


def _processor() -> dict[str, bool]:
    try:
        found = import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):  # numpy 1 has it elsewhere; there the network serves for any count
        return {}
    return dict(found)


def _batcher(count: int) -> Iterator[tuple[int, int]]:
    """Odd-even merge sort: runs of `run` are merged into runs of twice that, by steps that halve."""
    run = 1
    while run < count:
        step = run
        while step:
            for start in range(step % run, count - step, 2 * step):
                for low in range(start, start + min(step, count - step - start)):
                    if low // (2 * run) == (low + step) // (2 * run):
                        yield low, low + step
            step //= 2
        run *= 2
