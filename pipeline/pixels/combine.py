"""Many exposures of one thing become one picture: what a master frame is, pixel by pixel.

    values (frames, pixels) ─combine─▶ Combined(picture in ADU, how many values were left out as too low, too high)

median      the middle value, or the mean of the two middle ones; needs no rejection
mean        of what rejection leaves: none, sigma, winsorised, percentile (`clip`), linear_fit (`linefit`), minmax
            (the lowest and the highest of three or more)

Whole numbers of 16 bits and less are worked on as they are and their means are exact; wider ones and floats as floats.
What is no number (NaN, infinite, beyond 1e30) is not a value: the pixel has one frame fewer; NaN where none is left.
Values are sorted first, so neither the order of the frames nor how a picture is cut into strips changes a bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibration import MasterRecipe
from pipeline.pixels.clip import Kept, Reject, clip_columns, limits_of
from pipeline.pixels.columns import EXACT_UP_TO
from pipeline.pixels.linefit import clip_to_line
from pipeline.pixels.network import Row, middle_rows, sort_rows
from pipeline.pixels.screen import screen

Picture = NDArray[np.float32]
Places = NDArray[np.intp]

_BLOCK_BYTES = 1 << 20
"""So much of a stack is sorted at once: it stays in the processor's second cache."""
_BLOCK_PIXELS = (16384, 32768)
"""Fewer make numpy's calls dearer than the work in them."""
_WAITING_BYTES = 4 << 20
"""Doubtful pixels are gathered up to so much before they are looked at again, which is worth it for many only."""
_AGAIN_LEAST = 8192
_AGAIN_BYTES = 1 << 20
"""So much of them is looked at again at once."""
_NO_VALUE = 1e30


@dataclass(frozen=True, slots=True)
class Combined:
    """A picture, and what was left out of it."""

    picture: Picture
    low: int = 0
    high: int = 0


def combine(values: Sequence[NDArray[Any]], recipe: MasterRecipe) -> Combined:
    """Combine pictures of one shape, an array a frame, as the recipe says; the arrays are used up."""
    return combine_strips([values], recipe)


def combine_strips(strips: Iterable[Sequence[NDArray[Any]]], recipe: MasterRecipe) -> Combined:
    """The same for pictures that come strip by strip (each: an array of whole rows a frame), one below the other."""
    sheet = _Sheet(recipe.combine == "median", rejection_of(recipe))
    pictures = []
    with np.errstate(all="ignore"):
        for strip in strips:
            picture = np.empty(strip[0].shape, np.float32)
            sheet.add(strip, picture.reshape(-1))
            pictures.append(picture)
        sheet.finish()
    return Combined(np.concatenate(pictures, axis=-2 if pictures[0].ndim > 1 else 0), sheet.low, sheet.high)


def rejection_of(recipe: MasterRecipe) -> Reject:
    """How outliers are found: not at all for a median; percentile clipping takes the two limits as per cent."""
    if recipe.combine == "median":
        return Reject("none")
    unit = 0.01 if recipe.reject == "percentile" else 1.0
    return Reject(recipe.reject, unit * recipe.low_sigma, unit * recipe.high_sigma)


@dataclass(slots=True)
class _Sheet:
    """What there is to a picture while it grows."""

    is_median: bool
    how: Reject
    low: int = 0
    high: int = 0
    waiting: dict[int, list[Doubtful]] = field(default_factory=dict)
    """By their count of values."""

    def add(self, values: Sequence[NDArray[Any]], picture: Picture) -> None:
        """A strip, and where its picture goes."""
        kind = working_type([each.dtype for each in values])
        rows = [each.reshape(-1).astype(kind, copy=False) for each in values]
        wished = _BLOCK_BYTES // (len(rows) * kind.itemsize)
        widest = min(max(wished, _BLOCK_PIXELS[0]), _BLOCK_PIXELS[1])
        width = max(1, -(-picture.size // -(-max(picture.size, 1) // widest)))
        for at in range(0, picture.size, width):
            self._add_block([row[at : at + width] for row in rows], picture[at : at + width])

    def finish(self) -> None:
        """Look at the last doubtful ones."""
        for found in self.waiting.values():
            self._look_again(found)
        self.waiting.clear()

    def _add_block(self, rows: Sequence[Row], place: Picture) -> None:
        if rows[0].dtype.kind == "f":
            self._add_floats(rows, place)
        elif self.how.method == "none" and not self.is_median:
            place[...] = _total(rows) / len(rows)
        else:
            self._add_rows(rows, place)

    def _add_floats(self, rows: Sequence[Row], place: Picture) -> None:
        """Pixels with equally many real values together; the places of others are filled so that they sort last."""
        counts = np.zeros(place.size, np.intp)
        for row in rows:
            is_value = np.abs(row) < _NO_VALUE
            row[~is_value] = np.inf
            counts += is_value
        if counts.min() == len(rows):
            self._add_rows(rows, place)
            return
        ordered = sort_rows(rows)
        place[counts == 0] = np.nan
        for count in np.unique(counts[counts > 0]):
            those = np.flatnonzero(counts == count)
            self._add_rows([row[those] for row in ordered[:count]], place, those)

    def _add_rows(self, rows: Sequence[Row], place: Picture, where: Places | None = None) -> None:
        """Rows of nothing but values, for some places or all."""
        those: Places | slice = slice(None) if where is None else where
        if self.is_median:
            place[those] = _middle(*middle_rows(rows))
            return
        ordered = sort_rows(rows)
        if self.how.method == "minmax" and len(ordered) > 2:
            ordered = ordered[1:-1]
            self.low, self.high = self.low + ordered[0].size, self.high + ordered[0].size
        place[those], doubtful = screen(ordered, self.how)
        if doubtful.size:
            columns = np.stack([row[doubtful] for row in ordered])
            self._wait(Doubtful(columns, place, doubtful if where is None else where[doubtful]))

    def _wait(self, new: Doubtful) -> None:
        found = self.waiting.setdefault(len(new.columns), [])
        found.append(new)
        if sum(each.columns.nbytes for each in found) >= _WAITING_BYTES:
            self._look_again(self.waiting.pop(len(new.columns)))

    def _look_again(self, found: Sequence[Doubtful]) -> None:
        columns = np.concatenate([each.columns for each in found], axis=1)
        means = np.empty(columns.shape[1], np.float32)
        size = max(_AGAIN_LEAST, _AGAIN_BYTES // (4 * len(columns)))
        for at in range(0, means.size, size):
            kept = _clip(np.ascontiguousarray(columns[:, at : at + size]), self.how)
            means[at : at + size] = kept.mean
            self.low += int(kept.low.sum())
            self.high += int(kept.high.sum())
        at = 0
        for each in found:
            each.place[each.where] = means[at : at + each.where.size]
            at += each.where.size


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Pixels that are to be looked at again: their ascending values, and where the answer goes."""

    columns: NDArray[Any]
    place: Picture
    where: Places


def _clip(columns: NDArray[Any], how: Reject) -> Kept:
    if how.method == "linear_fit":
        return clip_to_line(columns, how.low, how.high)
    return clip_columns(columns, limits_of(how, len(columns)))


def _middle(lower: Row, upper: Row) -> Picture:
    """As `numpy.median` computes it; of 16-bit numbers without loss in single precision."""
    kind = np.dtype(np.float32) if lower.dtype.kind != "f" else lower.dtype
    found = lower.astype(kind)
    found += upper
    found /= kind.type(2)
    return found.astype(np.float32, copy=False)


def _total(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Exact, of whole numbers up to 16 bits."""
    wide = np.float32 if len(rows) <= EXACT_UP_TO else np.float64
    total: NDArray[Any] = rows[0].astype(wide)
    for row in rows[1:]:
        total += row
    return total.astype(np.float64)


def working_type(kinds: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """The type that values of these are worked on in."""
    kind = np.result_type(*kinds)
    if kind.kind in "iu" and kind.itemsize <= 2:
        return np.dtype(np.uint16 if kind == np.uint16 else np.int16)
    return np.dtype(np.float32 if kind.kind == "f" and kind.itemsize <= 4 else np.float64)
