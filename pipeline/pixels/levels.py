"""What the pixels of a flat, dark, bias or flat-dark say: how much light, how evenly, and what does not belong.

A flat shows its level, its clipping, the fall towards the corners, a slope against the last one and stars of a sky
that was too dark; a dark and a bias show light that leaks in, rows that wander, and hot pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.model.measures import LevelMeasures
from pipeline.pixels.background import SHARED, Background, Image, lay_background, subtract
from pipeline.pixels.binned import single_plane
from pipeline.pixels.hot import find_hot
from pipeline.pixels.mesh import MAD
from pipeline.pixels.slope import percent_of, slope_of
from pipeline.pixels.stars import count_stars

_DEEP = 128
"""Rows looked at together."""
_HOT_SIGMA = 6.0
_CORNER = 8
"""Corners are an eighth of each side, the middle is twice that."""
_SAMPLED = 1_000_000
"""Pixels the median is taken of."""


def measure_level(image: Image, *, saturation_adu: float, bayer: str | None = None) -> LevelMeasures:
    """Measure a calibration frame.

    Args:
        image: rows and columns of any number type, or three planes of colour; NaN and infinities count for nothing.
        saturation_adu: where the sensor or the converter ends.
        bayer: the mosaic's pattern; None is mono.
    """
    plane, is_mosaic = single_plane(image), bool(bayer) and image.ndim == 2
    if not plane.size:
        plane = np.zeros((1, 1), np.float32)
    background = lay_background(plane, is_mosaic=is_mosaic)
    slope_x, slope_y = _slope(background)
    level = background.level_adu
    rows, hot = _rows_and_hot(plane, background)
    return LevelMeasures(
        median_adu=_median(plane),
        mean_adu=_mean(plane),
        noise_adu=background.noise_adu,
        saturated_percent=100 * int(np.count_nonzero(plane >= saturation_adu)) / plane.size,
        corners_percent=_corners_percent(background),
        gradient_percent=percent_of(abs(slope_x) + abs(slope_y), level, background) or 0.0,
        gradient_deg=math.degrees(math.atan2(slope_y / plane.shape[0], slope_x / plane.shape[1])) % 360.0,
        banding_adu=_beyond_noise(rows, background.noise_adu, plane.shape[1]),
        hot_pixels=hot,
        stars=count_stars(plane, background, saturation_adu),
    )


def _median(plane: Image) -> float:
    """Of a thin sample where there are many pixels; of its finite numbers."""
    thin = plane.ravel()[:: max(1, plane.size // _SAMPLED) | 1]
    if thin.dtype.kind == "f":
        thin = thin[np.isfinite(thin)]
    return float(np.median(thin)) if len(thin) else 0.0


def _mean(plane: Image) -> float:
    """Of the finite numbers."""
    if plane.dtype.kind == "f":
        finite = plane[np.isfinite(plane)]
        return float(finite.mean(dtype=np.float64)) if len(finite) else 0.0
    return float(plane.mean(dtype=np.float64))


def _slope(background: Background) -> tuple[float, float]:
    mesh: NDArray[np.float64] = background.levels.mean(axis=0, dtype=np.float64)
    return slope_of(mesh, background.rows, background.columns, background.shape)


def _corners_percent(background: Background) -> float:
    """Mean of the four corners in percent of the middle; 100 where there is no light at all."""
    even = background.levels.mean(axis=0, dtype=np.float64)
    height, width = even.shape
    high, wide = max(1, height // _CORNER), max(1, width // _CORNER)
    corners = [
        even[rows, columns]
        for rows in (slice(high), slice(-high, None))
        for columns in (slice(wide), slice(-wide, None))
    ]
    middle = even[
        (height - high) // 2 : (height + high + 1) // 2, (width - wide) // 2 : (width + wide + 1) // 2
    ]
    mean = float(np.mean([corner.mean() for corner in corners]))
    share = percent_of(mean, float(np.mean(middle)), background)
    return 100.0 if share is None else share


def _rows_and_hot(plane: Image, background: Background) -> tuple[NDArray[np.float64], int]:
    """Mean of each row against the sky around it, without hot pixels; and the number of those."""
    height, wide = plane.shape[0], background.widened()
    means, hot = np.zeros(height), 0
    if background.noise_adu <= 0:
        return means, hot
    limit = np.float32(4 * background.noise_adu)
    for first in range(0, height, _DEEP):
        top, bottom = max(0, first - SHARED), min(height, first + _DEEP + 1)
        light = subtract(plane, background, wide, top, bottom)
        row = find_hot(light, background.noise_at(first), _HOT_SIGMA) // plane.shape[1] + top
        last = min(height, first + _DEEP)
        hot += int(np.count_nonzero((row >= first) & (row < last)))
        means[first:last] = np.clip(light[first - top : last - top], -limit, limit).mean(axis=1)
    return means - _within_groups(background, height), hot


def _within_groups(background: Background, height: int) -> NDArray[np.float64]:
    """What the sky changes from the middle of rows that share theirs to each of them."""
    along, level = np.arange(height), background.levels.mean(axis=(0, 2), dtype=np.float64)
    middles = along // SHARED * SHARED + (SHARED - 1) / 2
    change: NDArray[np.float64] = np.interp(along, background.rows, level) - np.interp(
        middles, background.rows, level
    )
    return change


def _beyond_noise(rows: NDArray[np.float64], noise_adu: float, width: int) -> float:
    """Spread of the rows' means from one to the next, less what chance makes of the pixels' noise."""
    if len(rows) < 8:
        return 0.0
    spread = MAD * float(np.median(np.abs(np.diff(rows)))) / math.sqrt(2)
    chance = noise_adu**2 / width
    beyond = spread**2 - chance * (1 + 4 / math.sqrt(len(rows)))
    return math.sqrt(beyond) if beyond > 0 else 0.0
