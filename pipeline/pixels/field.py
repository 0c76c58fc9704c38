"""Fields of stars for the simulator: places and fluxes that are known because we chose them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Stars:
    """Stars on the sensor: middle of the first pixel is (0, 0)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    flux: NDArray[np.float64]
    """Whole light of a star: ADU/s in a `Sky`, ADU of the exposure in a `Truth`."""

    def __len__(self) -> int:
        return len(self.x)


def no_stars() -> Stars:
    """An empty field."""
    return Stars(np.empty(0), np.empty(0), np.empty(0))


def scatter_stars(
    count: int,
    width: int,
    height: int,
    *,
    seed: int,
    flux_adu_s: tuple[float, float] = (20.0, 20_000.0),
    slope: float = 1.0,
    apart_px: float = 0.0,
) -> Stars:
    """A field of stars at chance places: many faint, few bright.

    Args:
        count: how many are wanted.
        width: of the frame.
        height: of the frame.
        seed: same seed, same field.
        flux_adu_s: the faintest and the brightest.
        slope: each time the flux doubles, 2**slope fewer stars.
        apart_px: no two nearer than this, none nearer than half of it to an edge; fewer if they do not fit.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    low, high = (flux**-slope for flux in flux_adu_s)
    flux = (low + (high - low) * chance.random(count)) ** (-1 / slope)
    x, y = _places(count, width, height, apart_px, chance)
    return Stars(x, y, flux[: len(x)])


def _places(
    count: int, width: int, height: int, apart_px: float, chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance places, or places in the cells of a grid where stars must stay apart."""
    if apart_px <= 0:
        return chance.uniform(-0.5, width - 0.5, count), chance.uniform(-0.5, height - 0.5, count)
    columns, rows = int(width // (1.5 * apart_px)), int(height // (1.5 * apart_px))
    cells = chance.permutation(columns * rows)[:count]
    cell_x, cell_y = width / columns, height / rows
    x = (cells % columns + 0.5) * cell_x - 0.5 + chance.uniform(-0.5, 0.5, len(cells)) * (cell_x - apart_px)
    y = (cells // columns + 0.5) * cell_y - 0.5 + chance.uniform(-0.5, 0.5, len(cells)) * (cell_y - apart_px)
    return x, y
