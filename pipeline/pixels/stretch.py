"""The stretch that makes a linear frame visible: computed once for a set, the same for each of its frames.

So what differs from picture to picture is the sky's doing: a cloud is brighter, a dew-covered lens dimmer. Each
colour has its own curve (which balances a colour camera's background): black just below the sky, the sky at a
quarter, and the midtones transfer function in between, as the trade's screen stretches do.

    frames ─levels_of─▶ Levels a colour ─stretch_for─▶ Stretch (a value, kept as JSON) ─stretched─▶ 0 to 255
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.debayer import colour_planes, is_mosaic

Pixels = NDArray[Any]
Bytes = NDArray[np.uint8]

SKY = 0.25
"""Where the sky's median comes to lie, of 1."""
_BLACK_SIGMA = 2.8
"""How far below the median black begins."""
_SIGMA = 1.4826
"""Standard deviations in a median absolute deviation."""
_NO_LEVEL = 1e30
"""Numbers beyond are garbage: the least they do is overflow."""
_SAMPLE = 300_000
"""Pixels a colour that are enough for its median."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Of one colour of one frame, in its own numbers."""

    median: float
    deviation: float
    """Median absolute deviation."""
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How one colour is stretched."""

    black: float
    white: float
    midtone: float
    """Of the range from black to white, what becomes half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """How the frames of a set are stretched: one curve for mono, three for colour."""

    curves: tuple[Curve, ...]

    def curve(self, colour: int, colours: int) -> Curve:
        """For one of so many colours; a mono frame among colour ones is stretched as their green."""
        if len(self.curves) == colours:
            return self.curves[colour]
        return self.curves[len(self.curves) // 2]

    def as_json(self) -> list[list[float]]:
        """Plain numbers, to be kept."""
        return [[curve.black, curve.white, curve.midtone] for curve in self.curves]


def stretch_from_json(found: object) -> Stretch | None:
    """A stretch that was kept, or None where that is none."""
    if not isinstance(found, list) or len(found) not in {1, 3}:
        return None
    if not all(isinstance(curve, list) and len(curve) == 3 for curve in found):
        return None
    numbers = [number for curve in found for number in curve]
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
        return None
    if any(curve[1] <= curve[0] or not 0 < curve[2] < 1 for curve in found):
        return None
    return Stretch(curves=tuple(Curve(black=c[0], white=c[1], midtone=c[2]) for c in found))


def levels_of(image: Pixels, bayer: str | None = None) -> tuple[Levels, ...]:
    """Of each colour of a frame: one for mono, three for a mosaic or three planes."""
    if is_mosaic(image, bayer):
        return tuple(_levels(plane) for plane in colour_planes(image, str(bayer)))
    if image.ndim == 3 and len(image) >= 3:
        return tuple(_levels(plane) for plane in image[:3])
    return (_levels(image[0] if image.ndim == 3 else image),)


def stretch_for(frames: Sequence[tuple[Levels, ...]]) -> Stretch:
    """The stretch for a set, from some of its frames: the middle of them speaks, so no odd one does."""
    colours = max((len(levels) for levels in frames), default=1)
    alike = [levels for levels in frames if len(levels) == colours]
    return Stretch(curves=tuple(_curve([levels[colour] for levels in alike]) for colour in range(colours)))


@np.errstate(all="ignore")  # garbage in floats ends black or white, without a word
def stretched(plane: Pixels, curve: Curve) -> Bytes:
    """One colour as a screen shows it. What is no number is black."""
    if plane.dtype.kind == "u" and plane.dtype.itemsize <= 2:
        return _table(curve, plane.dtype.itemsize)[plane]
    return _transfer(plane.astype(np.float32), curve)


def _levels(plane: Pixels) -> Levels:
    step = max(1, math.isqrt(plane.size // _SAMPLE))
    sample = plane[::step, ::step].astype(np.float64).ravel()
    sample = sample[np.abs(sample) < _NO_LEVEL]  # no NaN either
    if not sample.size:
        return Levels(median=0.0, deviation=0.0, highest=1.0)
    median = float(np.median(sample))
    deviation = float(np.median(np.abs(sample - median)))
    return Levels(median=median, deviation=deviation, highest=float(sample.max()))


def _curve(frames: Sequence[Levels]) -> Curve:
    if not frames:
        return Curve(black=0.0, white=1.0, midtone=0.5)
    median, deviation, highest = (
        float(np.median([getattr(levels, name) for levels in frames]))
        for name in ("median", "deviation", "highest")
    )
    spread = _SIGMA * deviation or max(highest - median, abs(median), 1.0) / 100
    black = median - _BLACK_SIGMA * spread
    white = max(highest, median + _BLACK_SIGMA * spread)
    at = (median - black) / (white - black)
    return Curve(black=black, white=white, midtone=_midtone_for(at))


def _midtone_for(at: float) -> float:
    """The midtone with which `at` becomes `SKY`: the transfer function is its own inverse in this."""
    return at * (SKY - 1) / ((2 * SKY - 1) * at - SKY)


def _transfer(values: NDArray[np.float32], curve: Curve) -> Bytes:
    """((m − 1) x) / ((2m − 1) x − m), from black to white; works in place."""
    values -= np.float32(curve.black)
    values /= np.float32(curve.white - curve.black)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    np.clip(values, 0.0, 1.0, out=values)
    below = values * np.float32(2 * curve.midtone - 1)
    below -= np.float32(curve.midtone)
    values *= np.float32((curve.midtone - 1) * 255)
    values /= below
    values += np.float32(0.5)
    return values.astype(np.uint8)


@lru_cache(maxsize=6)
def _table(curve: Curve, itemsize: int) -> Bytes:
    return _transfer(np.arange(1 << (8 * itemsize), dtype=np.float32), curve)
