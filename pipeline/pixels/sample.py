"""The stars by which a frame is judged: bright, unsaturated, alone, and no cosmic rays or clusters of hot pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Image
from pipeline.pixels.census import pairs_within
from pipeline.pixels.detect import Peaks
from pipeline.pixels.stamps import Stamps, cut_stamps

_USUAL, _MOST = 200, 400
"""Stars whose sizes are taken: more cost time and tell little more; of the sharpest stars, whose light falls on few
pixels, more are needed."""
_LOOKED_AT = 120
_NEAR, _FAR = 12, 40
"""Reach of the first look and, where that does not hold the stars, of the second."""
_RIVAL = 0.08
"""A neighbour this bright, as a share, spoils a star."""
_LEAST = 6.0
"""Height of the faintest star of the sample, in noises of a window."""
_CLEAR_SNR = 20.0
_FEWEST = 12
"""So many are taken although they are fainter."""


def rough_radius(image: Image, background: Background, peaks: Peaks, saturation_adu: float) -> float | None:
    """Half-flux radius, roughly: of the middle star among the brightest."""
    bright = peaks.where(np.argsort(-peaks.height, kind="stable")[: 3 * _LOOKED_AT])
    bright = bright.where(~_near_saturation(image, bright, saturation_adu))
    radius: float | None = None
    for reach in (_NEAR, _FAR):
        stamps = cut_stamps(
            image, background, bright.x[:_LOOKED_AT], bright.y[:_LOOKED_AT], reach, saturation_adu
        )
        stamps = stamps.where(_spread_over_pixels(stamps))
        if not len(stamps):
            return radius
        radius = _radius_of(stamps)
        if radius < 0.33 * reach:
            break
    return radius


def choose_sample(
    image: Image, background: Background, peaks: Peaks, rough_px: float, saturation_adu: float
) -> Stamps:
    """Pictures of the stars to measure, wide enough to hold their skirts."""
    order = np.argsort(-peaks.height, kind="stable")
    bright = peaks.where(order[peaks.height[order] >= _LEAST][: 4 * _MOST])
    bright = bright.where(~_near_saturation(image, bright, saturation_adu))
    crowded = _crowded(bright, peaks, max(6.0, 4 * rough_px))
    ranked = np.argsort(crowded, kind="stable")
    alone = ranked[: max(int((~crowded).sum()), min(20, len(ranked)))][: _how_many(rough_px)]
    chosen = bright.where(np.sort(alone))
    reach = math.ceil(min(_FAR, max(8.0, 7 * rough_px)))
    stamps = cut_stamps(image, background, chosen.x, chosen.y, reach, saturation_adu)
    stamps = stamps.where(~stamps.full & _spread_over_pixels(stamps))
    return stamps.where(_clear_ones(stamps, rough_px))


def _how_many(rough_px: float) -> int:
    """Stars of the sample, at most."""
    return int(np.clip(600 / max(rough_px, 0.1) ** 2, _USUAL, _MOST))


def _clear_ones(stamps: Stamps, rough_px: float) -> NDArray[np.bool_]:
    """Which have a signal-to-noise ratio that shapes can be taken from; the best of them where few have."""
    along = np.arange(-stamps.reach, stamps.reach + 1)
    near = np.hypot(along, along[:, None]) <= 2.2 * rough_px + 0.7
    flux = (np.nan_to_num(stamps.light) * near).sum(axis=(1, 2))
    snr = flux / np.maximum(stamps.noise * 3 * math.hypot(rough_px, 0.3), 1e-12)
    enough = np.sort(snr)[::-1][min(_FEWEST, len(snr)) - 1] if len(snr) else 0.0
    clear: NDArray[np.bool_] = snr >= min(_CLEAR_SNR, enough)
    return clear


def _near_saturation(image: Image, peaks: Peaks, saturation_adu: float) -> NDArray[np.bool_]:
    """Which peaks have a pixel near saturation within the window."""
    around = np.arange(-2, 3)
    row = np.clip(np.rint(peaks.y).astype(np.int64)[:, None] + around, 0, image.shape[0] - 1)
    column = np.clip(np.rint(peaks.x).astype(np.int64)[:, None] + around, 0, image.shape[1] - 1)
    near: NDArray[np.bool_] = (image[row[:, :, None], column[:, None, :]] >= 0.9 * saturation_adu).any(
        axis=(1, 2)
    )
    return near


def _crowded(bright: Peaks, peaks: Peaks, near_px: float) -> NDArray[np.bool_]:
    """Which of the bright have a rival near."""
    rivals = peaks.where(peaks.height >= _RIVAL * bright.height.min(initial=np.inf))
    x, y = np.concatenate([bright.x, rivals.x]), np.concatenate([bright.y, rivals.y])
    height = np.concatenate([bright.height, rivals.height])
    first, second = pairs_within(x.astype(np.float64), y.astype(np.float64), near_px)
    crowded = np.zeros(len(bright), bool)
    for one, other in ((first, second), (second, first)):
        spoilt = (one < len(bright)) & (other >= len(bright)) & (height[other] > _RIVAL * height[one])
        spoilt &= (x[one] != x[other]) | (y[one] != y[other])
        crowded[one[spoilt]] = True
    return crowded


def _spread_over_pixels(stamps: Stamps) -> NDArray[np.bool_]:
    """Which light most of the nine pixels at their brightest: stars do, hot pixels and cosmic rays do not."""
    if not len(stamps):
        return np.zeros(0, bool)
    reach, size = min(4, stamps.reach - 1), stamps.light.shape[1]
    inner = np.nan_to_num(
        stamps.light[:, stamps.reach - reach : stamps.reach + reach + 1][
            :, :, stamps.reach - reach : stamps.reach + reach + 1
        ]
    )
    top = inner.reshape(len(stamps), -1).argmax(axis=1)
    row, column = (part + stamps.reach - reach for part in np.divmod(top, 2 * reach + 1))
    around = np.arange(-1, 2)
    rows = np.clip(row[:, None] + around, 0, size - 1)
    columns = np.clip(column[:, None] + around, 0, size - 1)
    nine = stamps.light[np.arange(len(stamps))[:, None, None], rows[:, :, None], columns[:, None, :]]
    least = np.maximum(1.5 * stamps.noise, 0.07 * inner.max(axis=(1, 2)))
    spread: NDArray[np.bool_] = (nine > least[:, None, None]).sum(axis=(1, 2)) >= 5
    return spread


def _radius_of(stamps: Stamps) -> float:
    """Half-flux radius of the median of the stars, about their middles of light."""
    light = np.nan_to_num(stamps.light)
    along = np.arange(-stamps.reach, stamps.reach + 1, dtype=np.float32)
    x = y = np.zeros(len(stamps), np.float32)
    for width in (0.25, 0.2, 0.2):
        dx, dy = along - x[:, None, None], along[:, None] - y[:, None, None]
        seen = light * np.exp((dx * dx + dy * dy) / np.float32(-2 * (width * stamps.reach) ** 2))
        whole = np.maximum(seen.sum(axis=(1, 2)), np.float32(1e-6))
        step = [(seen * part).sum(axis=(1, 2)) / whole for part in (dx, dy)]
        x, y = (
            np.clip(old + new, -0.5 * stamps.reach, 0.5 * stamps.reach)
            for old, new in zip((x, y), step, strict=True)
        )
    dx, dy = along - x[:, None, None], along[:, None] - y[:, None, None]
    ring = np.minimum(np.hypot(dx, dy).astype(np.int64), stamps.reach)
    place = ring + (stamps.reach + 1) * np.arange(len(stamps))[:, None, None]
    sums = np.bincount(place.ravel(), weights=light.ravel(), minlength=len(stamps) * (stamps.reach + 1))
    many = np.bincount(place.ravel(), minlength=len(stamps) * (stamps.reach + 1))
    means = (sums / np.maximum(many, 1)).reshape(len(stamps), -1)[:, :-1]
    means = means / np.maximum(means[:, :3].max(axis=1), 1e-6)[:, None]
    rings = np.median(means, axis=0)
    rings = rings - np.median(rings[int(0.8 * stamps.reach) :])
    radii = np.arange(stamps.reach)
    held = np.cumsum(np.maximum(rings, 0) * (2 * radii + 1))
    return float(np.interp(0.5 * held[-1], held, radii + 1)) if held[-1] > 0 else 1.0
