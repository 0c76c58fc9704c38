"""How the level of a frame slopes from edge to edge: moonlight, dusk, a town; a light leak, an uneven flat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Floats
from pipeline.pixels.mesh import MAD

_LOW = 0.1
"""The share of a frame that is below the plane: light is added to the sky, never taken from it."""
_ROUNDS = 14


def gradient_percent(background: Background, black_adu: float = 0.0) -> float:
    """How far the sky changes from corner to corner along its slope, in percent of its level above black.

    The slope of a plane laid under the mesh together with a bowl (vignetting is no gradient): nebulae and galaxies
    stand on it.
    """
    even: NDArray[Any] = background.levels.mean(axis=0, dtype=np.float64) - black_adu
    level = float(np.median(even))
    slope_x, slope_y = slope_of(even, background.rows, background.columns, background.shape)
    return percent_of(abs(slope_x) + abs(slope_y), level, background) or 0.0


def percent_of(part: float, level: float, background: Background) -> float | None:
    """A part in percent of a level; None of a level that noise alone could make."""
    return 100 * part / level if level > 0.1 * background.noise_adu and level > 0 else None


def slope_of(
    mesh: NDArray[Any], rows: Floats, columns: Floats, shape: tuple[int, int]
) -> tuple[float, float]:
    """Change of a mesh's level from edge to edge, along the columns' axis and along the rows'."""
    y, x = (rows / shape[0] - 0.5)[:, None], (columns / shape[1] - 0.5)[None, :]
    y, x = (part.ravel().astype(np.float64) for part in np.broadcast_arrays(y, x))
    aspect = shape[0] / shape[1]
    terms = np.stack([np.ones_like(x), x, y, x * x + (y * aspect) ** 2], axis=1)
    if min(mesh.shape) < 3:
        terms = terms[:, :3] if mesh.size > 3 else terms[:, :1]
    values = mesh.ravel().astype(np.float64)
    finite = np.isfinite(values)
    terms, values, weight = terms[finite], values[finite], np.ones(int(finite.sum()))
    fit: Floats = np.zeros(3)
    for _ in range(_ROUNDS if len(values) >= 2 * terms.shape[1] else 0):
        weighted = terms * weight[:, None]
        fit = np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=None)[0]
        off = values - terms @ fit
        soft = max(0.1 * MAD * float(np.median(np.abs(off))), 1e-12)
        weight = np.where(off > 0, _LOW, 1 - _LOW) / np.maximum(np.abs(off), soft)
        weight /= weight.sum()
    return (float(fit[1]), float(fit[2])) if len(fit) > 2 else (0.0, 0.0)
