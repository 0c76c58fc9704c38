"""Small square pictures cut around peaks: without their sky, colours evened, hot pixels mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Floats, Image, between
from pipeline.pixels.hot import mend

_FLAT = 6
"""Pictures up to this reach lie on an even sky."""
_FULL = 0.9
"""A star that comes this near to saturation has lost its peak, or soon does."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Pictures of stars; NaN where a picture hangs over the frame's edge."""

    light: Floats
    """(star, row, column)"""
    x: NDArray[np.int64]
    """Column of the middle pixel."""
    y: NDArray[np.int64]
    noise: Floats
    """Of a pixel, one value a star."""
    full: NDArray[np.bool_]
    """Saturated somewhere near the middle."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def reach(self) -> int:
        """Pixels from the middle to the edge."""
        return int(self.light.shape[1] // 2)

    def within(self, reach: int) -> Stamps:
        """The same stars in smaller pictures."""
        inner = slice(self.reach - reach, self.reach + reach + 1)
        light = np.ascontiguousarray(self.light[:, inner, inner])
        return Stamps(light, self.x, self.y, self.noise, self.full)

    def tinted(self, tint: Floats) -> Stamps:
        """The same stars, with each place of the mosaic multiplied by its own factor."""
        light, along = self.light.copy(), np.arange(-self.reach, self.reach + 1)
        for place in range(4):
            down, right = divmod(place, 2)
            layer = (self.y + along[down]) % 2 * 2 + (self.x + along[right]) % 2
            light[:, down::2, right::2] *= tint[layer][:, None, None]
        return Stamps(light, self.x, self.y, self.noise, self.full)

    def where(self, chosen: NDArray[Any] | slice) -> Stamps:
        """Some of them, by a mask, by numbers or by a slice."""
        return Stamps(
            self.light[chosen], self.x[chosen], self.y[chosen], self.noise[chosen], self.full[chosen]
        )


def cut_stamps(
    image: Image,
    background: Background,
    x: NDArray[Any],
    y: NDArray[Any],
    reach: int,
    saturation_adu: float,
    tint: Floats | None = None,
) -> Stamps:
    """Cut pictures out of a frame.

    Args:
        image: the frame.
        background: its sky.
        x: columns of the middles, rounded to pixels.
        y: rows.
        reach: pixels on each side of the middle pixel.
        saturation_adu: of the frame.
        tint: what each place of the mosaic is multiplied by, if not by what evens out the noise.
    """
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    along = np.arange(-reach - 1, reach + 2)
    rows, columns = row[:, None] + along, column[:, None] + along
    seen_rows, seen_columns = (
        np.clip(places, 0, edge - 1) for places, edge in zip((rows, columns), image.shape, strict=True)
    )
    places = (seen_rows * image.shape[1])[:, :, None] + seen_columns[:, None, :]
    light = np.take(image, places).astype(np.float32)
    full = light >= _FULL * saturation_adu
    _take_sky(light, background, column, row, along, tint)
    noise = _noise_near(background, column, row)
    if image.dtype.kind == "f":
        light[~np.isfinite(light)] = np.nan
    before = light.copy() if full.any() else light
    mend(light.reshape(-1, light.shape[2]), float(np.median(noise)) if len(noise) else 0.0)
    full &= before == light
    outside = (rows != seen_rows)[:, :, None] | (columns != seen_columns)[:, None, :]
    light[outside] = np.nan
    core = slice(max(0, reach - 2), reach + 5)
    return Stamps(
        np.ascontiguousarray(light[:, 1:-1, 1:-1]), column, row, noise, full[:, core, core].any(axis=(1, 2))
    )


def colours_seen(stamps: Stamps, rough_px: float) -> NDArray[np.float64]:
    """What the four places of a mosaic catch of the stars' light, as shares of their mean; by rows.

    One star alone falls on too few pixels of each colour to tell; all together do.
    """
    along = np.arange(-stamps.reach, stamps.reach + 1)
    near = np.hypot(along, along[:, None]) <= max(4.0, 3.5 * rough_px)
    light = np.nan_to_num(stamps.light) * near
    light = np.clip(light, -3 * stamps.noise[:, None, None], None)
    light = light / np.maximum(light.sum(axis=(1, 2)), stamps.noise)[:, None, None]
    caught = np.empty(4)
    for place in range(4):
        down = (stamps.y[:, None] + along) % 2 == place // 2
        across = (stamps.x[:, None] + along) % 2 == place % 2
        caught[place] = np.median((light * (down[:, :, None] & across[:, None, :])).sum(axis=(1, 2)))
    return caught / max(float(caught.mean()), 1e-12) if (caught > 0).all() else np.ones(4)


def tint_of(background: Background, seen: NDArray[np.float64]) -> Floats:
    """What makes a star's light equal in all colours, from the shares that the evened pixels were seen to catch."""
    whole = background.evening / np.clip(seen, 0.2, 5.0)
    tint: Floats = (whole / whole.mean()).astype(np.float32)
    return tint


def _take_sky(
    light: Floats,
    background: Background,
    column: NDArray[np.int64],
    row: NDArray[np.int64],
    along: NDArray[np.int64],
    tint: Floats | None,
) -> None:
    """Subtract from each picture the sky that it lies on, with its slope, and even out its colours."""
    period, even = background.period, background.evening if tint is None else tint
    skies = np.stack([level_at(background, layer, column, row) for layer in background.levels], axis=1)
    for place in range(period * period):
        down, right = divmod(place, period)
        layer = (row + along[down]) % period * period + (column + along[right]) % period
        part = light[:, down::period, right::period]
        part -= np.take_along_axis(skies, layer[:, None], axis=1)[:, :, None]
        if period > 1:
            part *= even[layer][:, None, None]
    reach = len(along) // 2
    if reach > _FLAT:
        mean = background.levels.mean(axis=0)
        middle = level_at(background, mean, column, row)
        right_of = (level_at(background, mean, column + reach, row) - middle) / reach
        below = (level_at(background, mean, column, row + reach) - middle) / reach
        light -= right_of[:, None, None] * along.astype(np.float32)
        light -= below[:, None, None] * along.astype(np.float32)[:, None]


def level_at(background: Background, layer: Floats, column: NDArray[Any], row: NDArray[Any]) -> Floats:
    """The sky at single places."""
    low_y, share_y = between(np.asarray(row, np.float32), background.rows)
    low_x, share_x = between(np.asarray(column, np.float32), background.columns)
    high_y, high_x = np.minimum(low_y + 1, layer.shape[0] - 1), np.minimum(low_x + 1, layer.shape[1] - 1)
    above = layer[low_y, low_x] * (1 - share_x) + layer[low_y, high_x] * share_x
    below = layer[high_y, low_x] * (1 - share_x) + layer[high_y, high_x] * share_x
    level: Floats = above * (1 - share_y) + below * share_y
    return level


def _noise_near(background: Background, column: NDArray[np.int64], row: NDArray[np.int64]) -> Floats:
    """Noise of an evened pixel in the tile nearest to each place."""
    even = np.sqrt(np.mean((background.noises * background.evening[:, None, None]) ** 2, axis=0))
    nearest_y = np.abs(background.rows[:, None] - row).argmin(axis=0)
    nearest_x = np.abs(background.columns[:, None] - column).argmin(axis=0)
    noise: Floats = even[nearest_y, nearest_x].astype(np.float32)
    return noise
