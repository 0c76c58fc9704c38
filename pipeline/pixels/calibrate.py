"""A light freed of what the camera and the optics added: (light − dark) ÷ normalised flat, the bias taken off once.

    dark | bias + k(dark − bias) | bias   ─▶ what is taken off   ┐
    level of the flat / (flat − its bias) ─▶ what is multiplied  ├─ calibrate_rows ─▶ 0..1 or 0..65535, big-endian
    defect map, pedestal                                         ┘

A master dark holds the bias, so light − dark is free of it and no bias is taken off beside it. Pixels go through in
blocks of rows that stay in a core's own cache, so that reading and writing are the greater part of the work.

What falls below 0 or above 65,535 is clipped and counted, in float files too: PixInsight takes 0 to 1 for granted and
would rescale the whole picture for one pixel. A pedestal keeps the faintest sky from the lower end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibrated import Counts
from pipeline.pixels.defects import FAR, Places, fill_defects
from pipeline.pixels.flat_field import reciprocal

Floats = NDArray[np.float32]
Image = NDArray[Any]

FULL_SCALE_ADU = 65535.0
_UNIT = 1 / FULL_SCALE_ADU
_BLOCK_PIXELS = 100_000
"""Light, dark, flat and result of so many pixels fit into a core's second-level cache."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaneCorrection:
    """What is done to each pixel of one plane."""

    taken: Floats | None = None
    """Taken off, in ADU."""
    factor: Floats | None = None
    """Multiplied."""
    defects: Places = field(default_factory=lambda: np.empty(0, np.int64))
    unit: float = 1.0
    """What 1 ADU is after that: 1, or 1/65535 where the factor brings lights to 0..1 in the same stroke."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """What is done to each light of a set: made once, shared by all of them."""

    planes: tuple[PlaneCorrection, ...]
    is_mosaic: bool = False
    pedestal_adu: float = 0.0
    undivided: int = 0
    """Pixels the flat is too dark for."""

    @property
    def margin(self) -> int:
        """Rows more that a strip needs on each side."""
        return FAR * self.step if any(len(plane.defects) for plane in self.planes) else 0

    @property
    def step(self) -> int:
        """The distance of pixels of one colour."""
        return 2 if self.is_mosaic else 1


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """Every n-th pixel of every n-th row of a plane, filled as the strips go by: what checks look at."""

    values: Floats
    every: int
    phase: tuple[int, int]
    """Of row and column: in a mosaic it picks one colour."""

    @classmethod
    def of_shape(cls, height: int, width: int, phase: tuple[int, int] = (0, 0), most: int = 450) -> Thinned:
        """An empty one, no side longer than `most`, its step even."""
        every = max(2, -(-max(height, width) // most) // 2 * 2)
        rows, columns = (len(range(at, side, every)) for at, side in zip(phase, (height, width), strict=True))
        return cls(np.full((rows, columns), np.nan, np.float32), every, phase)

    def take(self, rows: Image, first_row: int, unit: float = 1.0) -> None:
        """Rows of the plane go by, the first of them being the plane's `first_row`; `unit` is what 1 ADU is in them."""
        start = (self.phase[0] - first_row) % self.every
        mine = rows[start :: self.every, self.phase[1] :: self.every]
        at = (first_row + start) // self.every
        self.values[at : at + len(mine)] = mine if unit == 1.0 else mine / np.float32(unit)


def prepare_plane(
    *,
    dark: Floats | None = None,
    bias: Floats | None = None,
    flat: Floats | None = None,
    dark_scale: float = 1.0,
    dark_has_bias: bool = True,
    flat_bias: Floats | float | None = None,
    defects: Places | None = None,
    is_mosaic: bool = False,
    to_unit: bool = False,
) -> tuple[PlaneCorrection, int]:
    """Make ready what is done to a plane; and how many of its pixels the flat cannot divide. Masters are in ADU.

    Args:
        dark: the master dark; it is worked in, like the other arrays.
        bias: the master bias: taken off where there is no dark, needed where the dark is scaled or lacks it.
        flat: the master flat.
        dark_scale: what the dark's signal above the bias is multiplied by.
        dark_has_bias: False for a dark from which a bias was taken when it was made.
        flat_bias: what is taken from the flat first: for one made without flat-darks, darks or bias.
        defects: places of defective pixels in the flattened plane, rising.
        is_mosaic: the plane is a 2×2 colour mosaic.
        to_unit: lights will be written as 0..1.

    Raises:
        ValueError: what is asked cannot be done; the text says why.
    """
    if flat is not None and flat_bias is not None:
        flat -= np.float32(flat_bias) if isinstance(flat_bias, float) else flat_bias
    factor, undivided = reciprocal(flat, is_mosaic=is_mosaic) if flat is not None else (None, 0)
    taken = _taken(dark, bias, dark_scale, has_bias=dark_has_bias)
    places = np.empty(0, np.int64) if defects is None else defects
    unit = _UNIT if to_unit and factor is not None else 1.0
    if factor is not None and unit != 1.0:
        factor *= np.float32(unit)
    return PlaneCorrection(taken, factor, places, unit), undivided


def _taken(dark: Floats | None, bias: Floats | None, scale: float, *, has_bias: bool) -> Floats | None:
    """Bias and dark signal, the bias in it exactly once."""
    if dark is None:
        return None if bias is None else _sound(bias)
    if has_bias and scale == 1.0:
        return _sound(dark)
    if bias is None:
        why = "it is scaled" if has_bias else "its bias was taken off"
        raise ValueError(f"the dark needs a master bias beside it ({why})")
    if has_bias:
        dark -= bias
    if scale != 1.0:
        dark *= np.float32(scale)
    dark += bias
    return _sound(dark)


def _sound(plane: Floats) -> Floats:
    """The plane, with its median in the place of what is no number."""
    if not np.isfinite(plane.min() + plane.max()):
        good = np.isfinite(plane)
        plane[~good] = np.median(plane[good]) if good.any() else 0
    return plane


def calibrate_rows(
    light: Image,
    first_row: int,
    top: int,
    height: int,
    plane: PlaneCorrection,
    correction: Correction,
    out: Image,
    counts: Counts,
    thinned: Thinned | None = None,
) -> None:
    """Calibrate some rows of a plane.

    Args:
        light: the rows in ADU, with `correction.margin` rows more on each side where the plane has them.
        first_row: which row of the plane the first of `light` is.
        top: which row of the plane the first of `out` is.
        height: rows of the plane.
        plane: what is done to its pixels.
        correction: what else is done.
        out: takes the rows without their margin: big-endian `>f4` (0..1) or `>u2`, as FITS stores them (`>u2` with the
            highest bit turned, for BZERO = 32768).
        counts: is added to.
        thinned: takes its sample, in ADU before anything is clipped.
    """
    above = top - first_row
    own = slice(above, above + len(out))
    if len(plane.defects):
        block = _corrected(
            light, first_row, plane, correction.pedestal_adu, np.empty(light.shape, np.float32)
        )
        counts.filled += fill_defects(block, first_row, height, plane.defects, correction.step, own)
        _finish(block[own], top, plane.unit, out, counts, thinned)
        return
    deep = max(1, _BLOCK_PIXELS // max(1, light.shape[1]))
    scratch = np.empty((deep, light.shape[1]), np.float32)
    for part in range(0, len(out), deep):
        rows, at = light[above + part : min(above + part + deep, own.stop)], top + part
        block = _corrected(rows, at, plane, correction.pedestal_adu, scratch[: len(rows)])
        _finish(block, at, plane.unit, out[part : part + len(rows)], counts, thinned)


def _corrected(light: Image, at: int, plane: PlaneCorrection, pedestal_adu: float, block: Floats) -> Floats:
    rows = slice(at, at + len(light))
    np.copyto(block, light)  # turned to floats first: twice as fast as within the subtraction
    with np.errstate(all="ignore"):  # odd values of float lights end in the counts, not on the terminal
        if plane.taken is not None:
            np.subtract(block, plane.taken[rows], out=block)
        if plane.factor is not None:
            np.multiply(block, plane.factor[rows], out=block)
        if pedestal_adu:
            np.add(block, np.float32(pedestal_adu * plane.unit), out=block)
    return block


def _finish(block: Floats, at: int, unit: float, out: Image, counts: Counts, thinned: Thinned | None) -> None:
    if thinned is not None:
        thinned.take(block, at, unit)
    low, high, top = float(block.min()), float(block.max()), FULL_SCALE_ADU * unit
    if not (low >= 0 and high <= top):  # also where one of them is no number
        _clip(block, top, counts)
    if out.dtype.itemsize == 4:
        if unit == 1.0:
            np.multiply(block, np.float32(_UNIT), out=block)
        out[:] = block  # the copy turns the bytes; numpy's byteswap would take twice as long
        return
    if unit != 1.0:
        np.multiply(block, np.float32(FULL_SCALE_ADU), out=block)
    np.rint(block, out=block)
    words = block.astype(np.uint16)
    words ^= np.uint16(0x8000)
    out[:] = words


def _clip(block: Floats, top: float, counts: Counts) -> None:
    counts.negative += int(np.count_nonzero(block < 0))
    counts.clipped += int(np.count_nonzero(block > np.float32(top)))
    blank = ~np.isfinite(block)
    if blank.any():
        counts.blank += int(np.count_nonzero(blank))
        block[blank] = 0
    np.clip(block, 0, np.float32(top), out=block)
