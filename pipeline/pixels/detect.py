"""Where light stands out of the sky: peaks that may be stars, and the cells a line may run through.

A window of 4×4 pixels slides in steps of 2: it holds all colours of a mosaic evenly and collects enough of a star of
1.5 to 8 pixels' width to see it down to a signal-to-noise ratio of 10. Hot pixels are mended before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import SHARED, Background, Floats, Image, sky_rows
from pipeline.pixels.hot import HOT_SIGMA, Places, hot_ones, neighbours

_STRIP_CELLS = 62
"""Rows of cells looked at together: what they need stays in the caches."""
_LOWEST = 4.0
"""Peaks are kept from here on, in noises of a window; the final threshold follows from the noise that is seen."""
_LINE_SIGMA = 3.0
_GROUP = 3
"""Rows of cells whose sky is worked out once."""
_WINDOW = np.float32(16)
"""Pixels in a window."""
_WINDOW_NOISE = 4.0
"""Noise of their sum, in noises of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Local maxima of the window's light: middle in pixels, and height over the sky in noises of a window."""

    x: Floats
    y: Floats
    height: Floats

    def __len__(self) -> int:
        return len(self.x)

    def where(self, chosen: NDArray[Any]) -> Peaks:
        """Some of them, by a mask or by numbers."""
        return Peaks(self.x[chosen], self.y[chosen], self.height[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Finds:
    """What one look over the frame gave."""

    peaks: Peaks
    lit_x: Floats
    """Cells that stand out a little: stars' skirts, chance, and lines."""
    lit_y: Floats
    lit: Floats


def find_peaks(image: Image, background: Background, *, sigma: float = 4.5) -> Finds:
    """Look over a frame once, strip by strip.

    Args:
        image: the frame.
        background: its sky.
        sigma: how far a peak must stand out, in noises of the window as they are found in this frame (rows that
            are alike or pixels that were moved make them larger than those of single pixels say).
    """
    parts, lit, chance = [], [], []
    for strip in _strips(image, background):
        at = strip.above(_LINE_SIGMA)
        rows, columns = np.divmod(at, strip.cells.shape[1])
        heights = strip.height(rows, columns)
        own = (rows > 0) & (rows < len(strip.cells) - 1)
        top = own & (heights > _LOWEST)
        top[top] = _surpass(strip.cells, at[top])
        parts.append((rows[top] + strip.first, columns[top], heights[top]))
        lit.append((rows[own] + strip.first, columns[own], heights[own]))
        row, column = np.mgrid[1 : len(strip.cells) - 1 : 5, 0 : strip.cells.shape[1] : 11].reshape(2, -1)
        chance.append(strip.height(row, column))
    if not parts:
        return Finds(_peaks([]), *(np.empty(0, np.float32),) * 3)
    middle, noise = _spread(np.concatenate(chance))
    peaks = _peaks(parts)
    peaks = peaks.where((peaks.height - middle) > sigma * max(noise, 1.0))
    edges = _peaks(lit)
    keep = edges.height - middle > _LINE_SIGMA * max(noise, 1.0)
    return Finds(peaks, edges.x[keep], edges.y[keep], edges.height[keep])


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """Memory to work in, asked for once a frame: asking anew for each strip takes longer than the sums."""

    light: Floats
    above: NDArray[np.bool_]
    sums: list[Floats]

    @classmethod
    def of(cls, height: int, width: int) -> _Room:
        """For strips of so many rows."""
        half, columns = height // 2, width // 2
        shapes = [(half, width), (half, width), (half, columns), (half + 2, columns - 1)]
        sums = [np.empty(shape, np.float32) for shape in shapes]
        return cls(np.empty((height, width), np.float32), np.empty((height, width), bool), sums)


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """Windows over some rows of the frame, one row more on either side; they still hold the sky."""

    first: int
    cells: Floats
    sky: Floats
    """A row for some rows of cells."""
    noise: Floats

    def above(self, sigma: float) -> Places:
        """Places of the cells that stand out."""
        limit = self.sky + np.float32(sigma) * self.noise
        lit = np.zeros(self.cells.shape, bool)
        for group, line in enumerate(limit):
            rows = slice(_GROUP * group, _GROUP * (group + 1))
            np.greater(self.cells[rows], line, out=lit[rows])
        return np.flatnonzero(lit)

    def height(self, rows: Places, columns: Places) -> Floats:
        """How far cells stand out, in noises."""
        sky = self.sky[rows // _GROUP, columns]
        height: Floats = (self.cells[rows, columns] - sky) / self.noise[columns]
        return height


def _strips(image: Image, background: Background) -> Iterator[_Strip]:
    """Windows strip by strip, a strip written over by the next; above and below the frame there is nothing.

    The sky is not taken off the pixels, and off the windows only where it matters: a fraction of the work.
    """
    height, width = image.shape
    rows, wide = height // 2 - 1, background.widened()
    if rows < 1 or width < 4:
        return
    columns = np.arange(1.5, width - 2, 2, dtype=np.float32)[: width // 2 - 1]
    cell_sky, noises = _WINDOW * background.mean_drawn(columns), background.noise_drawn()
    room = _Room.of(2 * _STRIP_CELLS + 4 * SHARED, width)
    for first in range(-1, rows, _STRIP_CELLS):
        begin, end = max(first, 0), min(first + _STRIP_CELLS + 2, rows)
        top = max(0, 2 * begin - 1) // SHARED * SHARED
        bottom = min(height, 2 * end + 3)
        noise = background.noise_at((top + bottom) / 2, noises)
        light = _mended(image, sky_rows(background, wide, top, bottom), noise, top, bottom, room)
        cells = _windows(light[2 * begin - top : 2 * end + 2 - top], room.sums, begin > first)
        if begin > first:
            cells = room.sums[3][: len(cells) + 1]
            cells[0] = -np.inf
        if end == rows:
            cells = room.sums[3][: len(cells) + 1]
            cells[-1] = -np.inf
        middles = 2 * np.arange(first, first + len(cells), _GROUP, dtype=np.float32) + _GROUP + 0.5
        noise = np.maximum(_WINDOW_NOISE * noise[2 : 2 * cells.shape[1] + 2 : 2], np.float32(1e-12))
        yield _Strip(first, cells, background.along(cell_sky, middles), noise)
        if end == rows:
            return


def _mended(image: Image, sky: Floats, noise: Floats, top: int, bottom: int, room: _Room) -> Floats:
    """Rows of a frame with their sky, without hot pixels; NaN and infinities as sky."""
    period, width, count = sky.shape[1], sky.shape[2], bottom - top
    light, above = room.light[: len(sky) * SHARED], room.above[: len(sky) * SHARED]
    np.copyto(light[:count], image[top:bottom], casting="unsafe")
    light[count:] = -np.inf
    if image.dtype.kind == "f":
        _fill(light[:count], sky)
    grouped = (len(sky), SHARED // period, period, width)
    limit = sky + np.float32(HOT_SIGMA) * noise
    np.greater(light.reshape(grouped), limit[:, None], out=above.reshape(grouped))
    at = np.flatnonzero(above[:count])
    if len(at):
        flat = light[:count].ravel()
        near = neighbours(at, count, width)
        own = sky[at // width // SHARED, at // width % period, at % width]
        skies = own if period == 1 else sky[near // width // SHARED, near // width % period, near % width]
        hot, cool = hot_ones(flat[at] - own, flat[near] - skies, noise[at % width])
        flat[at[hot]] = cool + own[hot]
    return light[:count]


def _fill(light: Floats, sky: Floats) -> None:
    """Put sky where a frame has no number."""
    row, column = np.nonzero(~np.isfinite(light))
    light[row, column] = sky[row // SHARED, row % sky.shape[1], column]


def _windows(light: Floats, room: list[Floats], is_first: bool) -> Floats:
    """Sums over 4×4 pixels, in steps of 2; of the first strip from the second row of the room on."""
    pairs, deep, joined, cells = room
    half, columns = len(light) // 2, light.shape[1] // 2
    pairs, deep, joined = pairs[:half], deep[: half - 1], joined[: half - 1]
    cells = cells[int(is_first) : half - 1 + int(is_first)]
    np.add(light[::2], light[1::2], out=pairs)
    np.add(pairs[1:], pairs[:-1], out=deep)
    np.add(deep[:, 0 : 2 * columns : 2], deep[:, 1 : 2 * columns : 2], out=joined)
    return np.add(joined[:, 1:], joined[:, :-1], out=cells)


def _surpass(cells: Floats, at: Places) -> NDArray[np.bool_]:
    """Which cells no neighbour surpasses; of equals the last."""
    if not len(at) or min(cells.shape) < 2:
        return np.ones(len(at), bool)
    flat = cells.ravel()
    around = flat[neighbours(at, *cells.shape)]
    top: NDArray[np.bool_] = (flat[at] >= around[:4].max(axis=0)) & (flat[at] > around[4:].max(axis=0))
    return top


def _peaks(parts: list[tuple[Places, Places, Floats]]) -> Peaks:
    """Cells of strips, as pixels of the frame."""
    rows, columns, heights = ([part[axis] for part in parts] or [np.empty(0)] for axis in range(3))
    return Peaks(
        (np.concatenate(columns) * 2 + 1.5).astype(np.float32),
        (np.concatenate(rows) * 2 + 1.5).astype(np.float32),
        np.concatenate(heights).astype(np.float32),
    )


def _spread(cells: Floats) -> tuple[float, float]:
    """Middle and spread of windows that hold nothing: from the side below the middle, where no star lies."""
    if not len(cells):
        return 0.0, 0.0
    low, middle = np.percentile(cells, [15.87, 50.0])
    return float(middle), float(middle - low)
