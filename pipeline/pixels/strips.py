"""Pictures by strips of rows: how a stack of any size passes through little memory.

    Strips (one picture) ─┐
    Strips ...            ├▶ Stack ─rows(y0, y1)─▶ one array a frame, ready to be combined
    a master to subtract ─┘

Flats are made alike before outliers are looked for: less the master, each times its own factor, which brings all to one
level. Without that every value of a flat that was shot a little brighter is an outlier.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibration import MasterRecipe
from pipeline.pixels.combine import Combined, combine_strips, working_type

_AT_ONCE_BYTES = 12 << 20
_AT_ONCE_PIXELS = 16384
"""With fewer, numpy's calls take longer than the work in them."""
_SAMPLED_STRIPS = 48
_SAMPLED_ROWS = 2
"""A whole mosaic is two rows high."""


class Strips(Protocol):
    """A picture that is read by rows; a small value that can be sent to another process."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns), or (planes, rows, columns)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what `rows` gives."""

    def rows(self, y0: int, y1: int) -> NDArray[Any]:
        """Rows `y0` up to, not including, `y1`, in the camera's numbers; an array of the caller's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Pictures of one shape, and what is done to each before they are combined."""

    frames: tuple[Strips, ...]
    subtract: Strips | None = None
    factors: tuple[float, ...] = ()
    """One a frame, applied after the subtraction; none: nothing is scaled."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one frame, and of the result."""
        return self.frames[0].shape

    @property
    def bytes_a_row(self) -> int:
        """What one row of all frames takes in memory."""
        row = len(self.frames) * int(np.prod(self.shape)) // self.shape[-2]
        changed = self.subtract is not None or bool(self.factors)
        kind = np.dtype(np.float32) if changed else working_type([frame.dtype for frame in self.frames])
        return row * kind.itemsize

    def rows(self, y0: int, y1: int) -> list[NDArray[Any]]:
        """One array a frame."""
        less = None if self.subtract is None else self.subtract.rows(y0, y1).astype(np.float32)
        factors = self.factors or (None,) * len(self.frames)
        return [
            _alike(frame.rows(y0, y1), less, factor)
            for frame, factor in zip(self.frames, factors, strict=True)
        ]

    def combined(self, y0: int, y1: int, recipe: MasterRecipe) -> Combined:
        """A strip of the result, from as many rows at a time as the processor's cache has room for."""
        pixels = math.prod(self.shape) // self.shape[-2]
        step = max(1, _AT_ONCE_BYTES // self.bytes_a_row, _AT_ONCE_PIXELS // pixels)
        return combine_strips((self.rows(y, min(y + step, y1)) for y in range(y0, y1, step)), recipe)


def level_of(frame: Strips, subtract: Strips | None = None) -> float:
    """How bright a picture is: the mean of the middle half of its values, from rows all over it.

    Twice the light is twice the level, and neither dust nor hot pixels have a say. (A median would stand between the
    colours of a mosaic, where there are few values to tell it.) NaN where there is no value.
    """
    seen = []
    for y0, y1 in _sampled(frame.shape[-2]):
        values = frame.rows(y0, y1).astype(np.float32)
        if subtract is not None:
            values -= subtract.rows(y0, y1).astype(np.float32)
        seen.append(values.reshape(-1))
    values = np.concatenate(seen)
    values = values[np.isfinite(values)]
    if not values.size:
        return float("nan")
    first, end = values.size // 4, values.size - values.size // 4
    middle = np.partition(values, (first, end - 1))[first:end]
    return float(np.sort(middle).mean(dtype=np.float64))


def factors_to_common(levels: Sequence[float]) -> tuple[float, ...]:
    """What brings each picture to the middle one of these levels."""
    common = float(np.median(levels))
    return tuple(common / level for level in levels)


def _alike(values: NDArray[Any], less: NDArray[Any] | None, factor: float | None) -> NDArray[Any]:
    if less is None and factor is None:
        return values
    changed = values.astype(np.float32)
    if less is not None:
        changed -= less
    if factor is not None:
        changed *= np.float32(factor)
    return changed


def _sampled(height: int) -> Iterator[tuple[int, int]]:
    """Pairs of rows spread over a picture; all of a small one."""
    if height <= _SAMPLED_STRIPS * _SAMPLED_ROWS:
        yield 0, height
        return
    for place in np.linspace(0, height - _SAMPLED_ROWS, _SAMPLED_STRIPS):
        start = int(place) // 2 * 2
        yield start, start + _SAMPLED_ROWS
