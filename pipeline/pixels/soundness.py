"""How good a calibrated light looks: its noise, its range, and how much of the flat is still in the sky.

    thin samples of the light before and after, and of what it was divided by ─▶ Soundness

The flat's error is the part of its shape that is found in the sky: a wrong flat, a bias left in the light or taken off
twice. Stars are kept out by medians of tiles, moon and town by asking each quarter of the frame. A nebula in the middle
looks like a flat that did too little: only the flat's own dust, still there, proves that it is not the target.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibrated import Counts, FlatError, Soundness
from pipeline.pixels.mesh import MAD

Floats = NDArray[Any]

_TILES = 24
"""Tiles along the longer side."""
_LEAST_SPREAD = 0.01
"""A flat more even than this cannot do harm, and its shape cannot be told."""
_ROUNDS, _BOUND = 4, 3.0
_FEWEST_TILES = 12
"""In a quarter of the frame."""
_NEAR = 2
"""Tiles to each side that say what changes slowly."""
_DUSTY, _LEAST_DUST = 4.0, 0.004
"""How far a tile of the flat must stand off those around it to be dust: in their spreads, and as a share."""
_SURE = 5.0
"""Uncertainties by which dust must show to prove that the flat is wrong."""


def look_at_result(
    before: Floats,
    after: Floats,
    factor: Floats | None,
    counts: Counts,
    pixels: int,
    pedestal_adu: float = 0.0,
) -> Soundness:
    """Measure a calibrated light.

    Args:
        before: a thin sample of the light as it was, in ADU.
        after: the same of the calibrated one, before anything was clipped.
        factor: the same of what the light was multiplied by; None: it was not divided by a flat.
        counts: of the whole picture.
        pixels: of the whole picture.
        pedestal_adu: what was added.
    """
    sky = after.astype(np.float64) - pedestal_adu
    good = sky[np.isfinite(sky)]
    level = float(np.median(good)) if good.size else 0.0
    noise = _noise(sky)
    flattened = _noise(before if factor is None else before * factor)
    error = FlatError() if factor is None else _flat_error(sky, factor, max(level, noise))
    return Soundness(
        level_adu=level,
        noise_adu=noise,
        noise_ratio=noise / flattened if flattened > 0 else None,
        range_adu=float(good.max() - good.min()) if good.size else 0.0,
        negative_share=counts.negative / pixels,
        clipped_share=counts.clipped / pixels,
        flat_error=error,
    )


def _noise(plane: Floats) -> float:
    """Of a pixel, from differences of neighbours: the sky's slope and most stars do not count."""
    steps = np.diff(plane.astype(np.float64), axis=1).ravel()
    steps = steps[np.isfinite(steps)]
    return MAD * float(np.median(np.abs(steps))) / float(np.sqrt(2)) if steps.size else 0.0


def _flat_error(sky: Floats, factor: Floats, level_adu: float) -> FlatError:
    """What of the flat's shape is in the sky, by its large shape and, where it has any, by its dust."""
    with np.errstate(all="ignore"):
        shape = _tiled(1 / factor.astype(np.float64))
    tiles = _tiled(sky)
    good = np.isfinite(tiles) & np.isfinite(shape)
    if np.count_nonzero(good) < 4 * _FEWEST_TILES or level_adu <= 0:
        return FlatError()
    low, high = np.percentile(shape[good], (2, 98))
    middle = float(np.median(shape[good]))
    if not middle > 0 or (high - low) / middle < _LEAST_SPREAD:
        return FlatError()
    shape, spread = shape / middle - 1, float(high - low) / middle
    slope, error = _in_every_quarter(shape, tiles, good)
    is_proven = _shows_in_dust(_without_slopes(shape), _without_slopes(tiles), good, slope)
    return FlatError(
        percent=100 * abs(slope) * spread / level_adu,
        sigma=abs(slope) / error if error > 0 else 0.0,
        may_be_sky=slope > 0 and not is_proven,
    )


def _in_every_quarter(shape: Floats, values: Floats, good: NDArray[np.bool_]) -> tuple[float, float]:
    """The least of what the quarters of the frame agree upon; 0 where they do not.

    A flat that is wrong shows on all sides of the middle, a moon, a town or a nebula seldom.
    """
    rows, columns = (length // 2 for length in shape.shape)
    found = [
        _fitted(shape[y, x], values[y, x], good[y, x])
        for y in (slice(None, rows), slice(rows, None))
        for x in (slice(None, columns), slice(columns, None))
    ]
    if len({np.sign(slope) for slope, _ in found}) > 1:
        return 0.0, 0.0
    return min(found, key=lambda one: abs(one[0]))


def _shows_in_dust(fine: Floats, values: Floats, good: NDArray[np.bool_], slope: float) -> bool:
    """True when the flat's own dust is in the sky about as strongly as its large shape."""
    spread = MAD * float(np.median(np.abs(fine[good]))) if np.isfinite(fine[good]).all() else np.inf
    dusty = good & (np.abs(fine) > max(_DUSTY * spread, _LEAST_DUST))
    dust, error = _fitted(fine, values, dusty)
    return error > 0 and abs(dust) >= _SURE * error and 0.5 < dust / slope < 2 if slope else False


def _fitted(shape: Floats, values: Floats, good: NDArray[np.bool_]) -> tuple[float, float]:
    """How much of the shape is in the values, and its uncertainty; tiles that stand off are left out."""
    good = good & np.isfinite(shape) & np.isfinite(values)
    slope, error = 0.0, 0.0
    for _ in range(_ROUNDS):
        if np.count_nonzero(good) < _FEWEST_TILES:
            break
        terms = np.stack([shape[good], np.ones(np.count_nonzero(good))], axis=1)
        fit = np.linalg.lstsq(terms, values[good], rcond=None)[0]
        off = values - fit[0] * shape - fit[1]
        spread = MAD * float(np.median(np.abs(off[good])))
        inverse = np.linalg.pinv(terms.T @ terms)
        slope, error = float(fit[0]), float(np.sqrt(max(inverse[0, 0], 0.0)) * spread)
        kept = np.isfinite(off) & good & (np.abs(off) <= max(_BOUND * spread, 1e-12))
        if bool((kept == good).all()):
            break
        good = kept
    return slope, error


def _without_slopes(tiles: Floats) -> Floats:
    """The tiles without what changes slowly over the frame: dust stays, vignetting and nebulae go."""
    wide = np.pad(tiles, _NEAR, mode="reflect") if min(tiles.shape) > _NEAR else tiles
    if wide is tiles:
        return np.full_like(tiles, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * _NEAR + 1, 2 * _NEAR + 1))
    slow: Floats = np.median(windows, axis=(2, 3))
    return tiles - slow


def _tiled(plane: Floats) -> Floats:
    """Medians of square tiles."""
    side = max(1, -(-max(plane.shape) // _TILES))
    rows, columns = (length // side * side for length in plane.shape)
    if not rows or not columns:
        return np.full((1, 1), np.nan)
    tiles = plane[:rows, :columns].reshape(rows // side, side, columns // side, side).swapaxes(1, 2)
    flat: Floats = tiles.reshape(rows // side, columns // side, side * side)
    medians: Floats = np.median(np.nan_to_num(flat), axis=2)
    medians[~np.isfinite(flat).all(axis=2)] = np.nan
    return medians
