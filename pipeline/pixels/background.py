"""The sky behind the stars: its level and its noise on a coarse mesh, from a thin sample of the pixels.

Stars, hot pixels and satellites are clipped from each tile; each colour of a mosaic has a layer of its own, so
that a Bayer frame becomes one even field once its layers are taken off. What lies between the middles of the tiles
is drawn straight, a few rows at a time: the whole sky is never held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Image = NDArray[Any]

_ACROSS = 16
"""Samples across a tile, each way, all colours together."""
_SMALL, _LARGE = 64, 128
"""Side of a tile in pixels, for frames below and above some megapixels."""
_MANY_PIXELS = 8_000_000
SHARED = 8
"""Rows whose sky is worked out once."""
_CLIP = 3.0
_KEPT = 0.9866
"""What is left of a normal spread once it is clipped there."""
MAD = 1.4826


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
        return self.along(self.noise_drawn() if drawn is None else drawn, np.array([row], np.float32))[0]

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
        stride = max(1, min(tile // _ACROSS, min(layer.shape) // 8))
        level, noise, rows, columns = _mesh(layer, stride, _ACROSS // period, quantum)
        levels.append(level)
        noises.append(noise)
    shown = [period * middles + (period - 1) / 2 for middles in (rows, columns)]
    return Background(
        levels=np.stack([_smoothed(level, 0.1 * noise) for level, noise in zip(levels, noises, strict=True)]),
        noises=_floored(np.stack([_smoothed(noise) for noise in noises])),
        rows=shown[0].astype(np.float32),
        columns=shown[1].astype(np.float32),
        shape=(image.shape[0], image.shape[1]),
        evening=_evening(np.stack(noises)),
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
    return np.stack([background.along(levels, middles) for levels in wide], axis=1)


def _mesh(
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
    level = _level(tiles.reshape(*tiles.shape[:2], -1), noise)
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
    return (spread / np.sqrt(2)).astype(np.float32)


def _level(tiles: Floats, noise: Floats) -> Floats:
    """Mean of what lies near the median."""
    middle = bn.nanmedian(tiles, axis=-1)
    usual = bn.nanmedian(middle)
    middle = np.where(np.isfinite(middle), middle, usual if np.isfinite(usual) else 0)
    off = tiles - middle[..., None]
    inside = np.abs(off) <= np.maximum(2.5 * noise, 1e-12)[..., None]
    count = np.maximum(inside.sum(axis=-1), 1)
    return (middle + np.where(inside, off, 0).sum(axis=-1) / count).astype(np.float32)


def _smoothed(mesh: Floats, error: Floats | float = 0.0) -> Floats:
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


def _evening(noises: Floats) -> Floats:
    """What makes the noise of all layers that of their mean."""
    own = np.median(noises, axis=(1, 2))
    usual = np.sqrt(np.mean(own**2))
    scale: Floats = np.where(own > 0, usual / np.where(own > 0, own, 1), 1).astype(np.float32)
    return scale


def _floored(noises: Floats) -> Floats:
    """No tile quieter than half of the usual: borders without data are no perfect sky."""
    lively = noises[noises > 0]
    floored: Floats = np.maximum(noises, np.float32(0.5 * np.median(lively) if lively.size else 0))
    return floored


def between(places: Floats, middles: Floats) -> tuple[NDArray[np.int64], Floats]:
    """For each place the middle before it and the share of the way to the next; a little beyond the ends too."""
    low = np.clip(np.searchsorted(middles, places, side="right") - 1, 0, max(0, len(middles) - 2))
    if len(middles) < 2:
        return low, np.zeros(len(places), np.float32)
    share = (places - middles[low]) / (middles[low + 1] - middles[low])
    return low, np.clip(share, -0.6, 1.6).astype(np.float32)
