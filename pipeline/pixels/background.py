"""The sky behind the stars: its level and its noise on a coarse mesh, from a thin sample of the pixels.

Each colour of a mosaic has a layer of its own, so that a Bayer frame becomes one even field once its layers are taken
off. What lies between the middles of the tiles
is drawn straight, a few rows at a time: the whole sky is never held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.mesh import ACROSS, evening_of, floored, mesh_of, smoothed

Floats = NDArray[Any]
Image = NDArray[Any]

_SMALL, _LARGE = 64, 128
"""Side of a tile in pixels, for frames below and above some megapixels."""
_MANY_PIXELS = 8_000_000
SHARED = 8
"""Rows whose sky is worked out once."""


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Level and noise of the sky; layers first: one of a mono frame, four of a 2×2 mosaic by rows."""

    levels: Floats
    noises: Floats
    rows: Floats
    """Middles of the tiles, in pixels of the frame."""
    columns: Floats
    shape: tuple[int, int]
    evening: Floats
    """What each layer is multiplied by so that all have the same noise."""

    @property
    def period(self) -> int:
        """1 for mono, 2 for a mosaic."""
        return 1 if len(self.levels) == 1 else 2

    @property
    def level_adu(self) -> float:
        """Median over the frame, mean over the colours."""
        return float(np.mean([np.median(layer) for layer in self.levels]))

    @property
    def noise_adu(self) -> float:
        """Standard deviation of a pixel, over the frame and the colours."""
        return float(np.sqrt(np.mean([np.median(layer) ** 2 for layer in self.noises])))

    def noise_at(self, row: float, drawn: Floats | None = None) -> Floats:
        """Noise along a row, mean over the colours, one value a column; `drawn` is `noise_drawn()`, made once."""
        line: Floats = self.along(
            self.noise_drawn() if drawn is None else drawn, np.array([row], np.float32)
        )[0]
        return line

    def noise_drawn(self) -> Floats:
        """The noise drawn out along the rows: (tile row, column)."""
        return self._drawn(
            np.sqrt(np.mean(self.noises**2, axis=0)), np.arange(self.shape[1], dtype=np.float32)
        )

    def widened(self) -> list[Floats]:
        """The levels drawn out along the rows, for rows of each parity: (tile row, column of the frame)."""
        drawn = [np.empty((self.levels.shape[1], self.shape[1]), np.float32) for _ in range(self.period)]
        for place, layer in enumerate(self.levels):
            start = place % self.period
            columns = np.arange(start, self.shape[1], self.period, dtype=np.float32)
            low, share = between(columns, self.columns)
            high = np.minimum(low + 1, layer.shape[1] - 1)
            drawn[place // self.period][:, start :: self.period] = (
                layer[:, low] * (1 - share) + layer[:, high] * share
            )
        return drawn

    def mean_drawn(self, columns: Floats) -> Floats:
        """Mean of the layers drawn out to columns: (tile row, column)."""
        return self._drawn(self.levels.mean(axis=0), columns)

    def _drawn(self, mesh: Floats, columns: Floats) -> Floats:
        low, share = between(columns, self.columns)
        drawn: Floats = mesh[:, low] * (1 - share) + mesh[:, np.minimum(low + 1, mesh.shape[1] - 1)] * share
        return drawn

    def along(self, drawn: Floats, rows: Floats) -> Floats:
        """Levels that were drawn out to columns, at rows."""
        low, share = between(rows, self.rows)
        high = np.minimum(low + 1, len(drawn) - 1)
        level: Floats = drawn[low] * (1 - share[:, None]) + drawn[high] * share[:, None]
        return level


def lay_background(image: Image, *, is_mosaic: bool) -> Background:
    """Measure the sky of a frame of any size and number type; NaN and infinities count for nothing."""
    period = 2 if is_mosaic and min(image.shape) >= 2 else 1
    tile = _LARGE if image.size > _MANY_PIXELS else _SMALL
    quantum = 1.0 if image.dtype.kind in "iu" else 0.0
    levels, noises, rows, columns = [], [], np.empty(0), np.empty(0)
    whole = image[: image.shape[0] // period * period, : image.shape[1] // period * period]
    for place in range(period * period):
        layer = whole[place // period :: period, place % period :: period]
        stride = max(1, min(tile // ACROSS, min(layer.shape) // 8))
        level, noise, rows, columns = mesh_of(layer, stride, ACROSS // period, quantum)
        levels.append(level)
        noises.append(noise)
    shown = [period * middles + (period - 1) / 2 for middles in (rows, columns)]
    return Background(
        levels=np.stack([smoothed(level, 0.1 * noise) for level, noise in zip(levels, noises, strict=True)]),
        noises=floored(np.stack([smoothed(noise) for noise in noises])),
        rows=shown[0].astype(np.float32),
        columns=shown[1].astype(np.float32),
        shape=(image.shape[0], image.shape[1]),
        evening=evening_of(np.stack(noises)),
    )


def subtract(image: Image, background: Background, wide: list[Floats], first: int, last: int) -> Floats:
    """Rows of a frame without their sky, the colours evened out; NaN and infinities as sky.

    Args:
        image: the frame.
        background: its sky.
        wide: `background.widened()`, made once a frame.
        first: first row, a multiple of `SHARED`.
        last: row after the last.
    """
    light: Floats = image[first:last].astype(np.float32)
    period, width = background.period, image.shape[1]
    sky = sky_rows(background, wide, first, last)
    whole = len(light) // SHARED * SHARED
    light[:whole].reshape(-1, SHARED // period, period, width)[:] -= sky[: whole // SHARED, None]
    for row in range(whole, len(light)):
        light[row] -= sky[-1, row % period]
    if period > 1:
        for parity in range(2):
            light[parity::2] *= np.resize(background.evening[2 * parity :][:2], width)
    if image.dtype.kind == "f":
        light[~np.isfinite(light)] = 0
    return light


def sky_rows(background: Background, wide: list[Floats], first: int, last: int) -> Floats:
    """The sky of rows, `SHARED` of them sharing theirs: (group, parity of the row, column)."""
    middles = np.arange(first, last, SHARED, dtype=np.float32) + (SHARED - 1) / 2
    sky: Floats = np.stack([background.along(levels, middles) for levels in wide], axis=1)
    return sky


def between(places: Floats, middles: Floats) -> tuple[NDArray[np.int64], Floats]:
    """For each place the middle before it and the share of the way to the next; a little beyond the ends too."""
    low = np.clip(np.searchsorted(middles, places, side="right") - 1, 0, max(0, len(middles) - 2))
    if len(middles) < 2:
        return low, np.zeros(len(places), np.float32)
    share = (places - middles[low]) / (middles[low + 1] - middles[low])
    return low, np.clip(share, -0.6, 1.6).astype(np.float32)
