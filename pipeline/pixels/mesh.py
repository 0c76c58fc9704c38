"""One colour of a frame as a mesh of tiles: the sky's level and noise in each, from a thin sample of its pixels.

Stars, hot pixels and satellites are clipped from each tile; a slope across it is no noise.
"""

from __future__ import annotations

from typing import Any

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Image = NDArray[Any]

ACROSS = 16
"""Samples across a tile, each way, all colours together."""
_CLIP = 3.0
_KEPT = 0.9866
"""What is left of a normal spread once it is clipped there."""
_SKEW = 0.02
"""Few electrons scatter a little less downwards than upwards, all by themselves."""
MAD = 1.4826
"""A normal spread, in medians of the distance from its middle."""


def mesh_of(
    layer: Image, stride: int, across: int, quantum: float
) -> tuple[Floats, Floats, NDArray[np.float64], NDArray[np.float64]]:
    """Level and noise of each tile of one colour, and the tiles' middles in its own pixels."""
    begin = stride // 2 if min(layer.shape) > stride else 0
    sample = layer[begin::stride, begin::stride].astype(np.float32)
    if layer.dtype.kind == "f":
        sample[~np.isfinite(sample)] = np.nan
    tops, lefts = _starts(sample.shape[0], across), _starts(sample.shape[1], across)
    high, wide = min(across, sample.shape[0]), min(across, sample.shape[1])
    down, right = tops[:, None] + np.arange(high), lefts[:, None] + np.arange(wide)
    tiles = sample[down[:, None, :, None], right[None, :, None, :]]
    noise = _noise(tiles, quantum)
    level, below = _level(tiles.reshape(*tiles.shape[:2], -1), noise)
    noise *= np.float32(_share_of_chance(noise, below))
    return level, noise, (tops + (high - 1) / 2) * stride + begin, (lefts + (wide - 1) / 2) * stride + begin


def _starts(length: int, across: int) -> NDArray[np.int64]:
    """Where tiles begin so that they cover a sampled axis evenly, overlapping a little."""
    count = max(1, -(-length // across))
    return np.rint(np.linspace(0, max(0, length - across), count)).astype(np.int64)


def _noise(tiles: Floats, quantum: float) -> Floats:
    """From differences of neighbouring samples: a slope does not widen it, stars and hot pixels are clipped."""
    if tiles.shape[3] < 2:
        return np.zeros(tiles.shape[:2], np.float32)
    off = np.abs(tiles[..., 1:] - tiles[..., :-1]).reshape(*tiles.shape[:2], -1)
    spread = np.maximum(MAD * np.nan_to_num(bn.nanmedian(off, axis=-1)), quantum)
    off *= off
    for _ in range(2):
        inside = off <= ((_CLIP * spread) ** 2)[..., None]
        count = np.maximum(inside.sum(axis=-1), 1)
        spread = np.sqrt(np.where(inside, off, 0).sum(axis=-1) / count) / _KEPT
    noise: Floats = (spread / np.sqrt(2)).astype(np.float32)
    return noise


def _level(tiles: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Mean of what lies near the median, and the spread of what lies below it, where no faint hot pixels are."""
    middle = bn.nanmedian(tiles, axis=-1)
    usual = bn.nanmedian(middle)
    middle = np.where(np.isfinite(middle), middle, usual if np.isfinite(usual) else 0)
    off = tiles - middle[..., None]
    inside = np.abs(off) <= np.maximum(2.5 * noise, 1e-12)[..., None]
    count = np.maximum(inside.sum(axis=-1), 1)
    level = (middle + np.where(inside, off, 0).sum(axis=-1) / count).astype(np.float32)
    low = (off < 0) & (off >= -_CLIP * noise[..., None])
    squared = np.where(low, off * off, 0).sum(axis=-1) / np.maximum(low.sum(axis=-1), 1)
    return level, (np.sqrt(squared) / _KEPT).astype(np.float32)


def _share_of_chance(noise: Floats, below: Floats) -> float:
    """What is left of the noise without faint hot pixels, which all stand above the sky; over the whole frame."""
    usual = float(np.median(noise))
    return float(np.clip(np.median(below) / usual + _SKEW, 0.9, 1.0)) if usual > 0 else 1.0


def smoothed(mesh: Floats, error: Floats | float = 0.0) -> Floats:
    """Tiles that do not belong to their neighbourhood take its median: a bright star or a trail raises no sky.

    Where the neighbourhood itself is uneven, as in a nebula, tiles are left as they are.
    """
    if min(mesh.shape) < 3:
        return mesh
    wide = np.pad(mesh, 1, mode="reflect", reflect_type="odd")
    height, width = mesh.shape
    around = np.stack([wide[y : y + height, x : x + width] for y in range(3) for x in range(3)])
    median = np.median(around, axis=0)
    uneven = MAD * np.median(np.abs(around - median), axis=0)
    strange = np.abs(mesh - median) > 2.5 * np.maximum(uneven, error)
    smooth: Floats = np.where(strange, median, mesh).astype(np.float32)
    return smooth


def evening_of(noises: Floats) -> Floats:
    """What makes the noise of all layers that of their mean."""
    own = np.median(noises, axis=(1, 2))
    usual = np.sqrt(np.mean(own**2))
    scale: Floats = np.where(own > 0, usual / np.where(own > 0, own, 1), 1).astype(np.float32)
    return scale


def floored(noises: Floats) -> Floats:
    """No tile quieter than half of the usual: borders without data are no perfect sky."""
    lively = noises[noises > 0]
    floored: Floats = np.maximum(noises, np.float32(0.5 * np.median(lively) if lively.size else 0))
    return floored
