"""The shape of a star, for the simulator: drawn onto pixels truly, and measured where it is known exactly.

A pixel collects the light that falls on its whole face, so a profile is integrated over each pixel by
Gauss-Legendre nodes instead of being sampled at its middle: flux, sub-pixel position and width then come
out right also where a star is barely wider than a pixel. The middle of the first pixel is (0, 0).

    Psf (Gaussian, Moffat, ring) ──▶ paint: flux onto an image
                                 └─▶ shape_of: FWHM, HFR, eccentricity, as it falls and as pixels show it
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Real = NDArray[Any]
"""Single precision where stars are painted, double where they are measured."""

_LOST = {"gauss": 1e-4, "moffat": 5e-4}
"""The share of a profile's wings that is cut off (the rest is scaled up, so no flux is lost)."""
_CHUNK = 1_500_000
"""Node evaluations held at once: some megabytes, near the caches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Psf:
    """What the air and the optics make of a point."""

    fwhm_px: float = 3.0
    """Geometric mean of the two axes."""
    eccentricity: float = 0.0
    """√(1−(b/a)²); 0 is round."""
    angle_deg: float = 0.0
    """Direction of the long axis, from +x towards +y."""
    beta: float | None = None
    """Moffat's exponent (2.5 to 4.8 in real skies); None is a Gaussian."""
    ring_px: float = 0.0
    """Outer radius of a defocused star's ring; 0 is in focus. The edges are as soft as `fwhm_px` says."""

    @property
    def axis_ratio(self) -> float:
        """Short axis over long axis."""
        return math.sqrt(1.0 - self.eccentricity**2)

    @property
    def reach_px(self) -> int:
        """How far from its middle a star is drawn."""
        long_px = self.fwhm_px / math.sqrt(self.axis_ratio)
        if self.ring_px:
            return math.ceil(self.ring_px / math.sqrt(self.axis_ratio) + 2.5 * long_px)
        if self.beta is None:
            return math.ceil(long_px / 2.3548 * math.sqrt(-2 * math.log(_LOST["gauss"]))) + 1
        return (
            math.ceil(
                _moffat_alpha(long_px, self.beta) * math.sqrt(_LOST["moffat"] ** (1 / (1 - self.beta)) - 1)
            )
            + 1
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A star's size in figures: what a perfect measurement would find."""

    fwhm_px: float
    """Diameter of the circle with the area that is above half of the peak."""
    hfr_px: float
    """Radius of the circle that holds half of the light."""
    mean_radius_px: float
    """Mean distance of the light from the middle: what NINA calls HFR."""
    eccentricity: float
    """√(1−(b/a)²) of the second moments."""
    angle_deg: float


def paint(
    image: Floats, psf: Psf, x: NDArray[np.float64], y: NDArray[np.float64], flux: NDArray[np.float64]
) -> None:
    """Add stars to an image; what falls outside is lost, as on a sensor."""
    reach = psf.reach_px
    near = (x > -reach) & (y > -reach) & (x < image.shape[1] + reach) & (y < image.shape[0] + reach)
    x, y, flux = x[near], y[near], flux[near]
    order = _order(psf)
    step = max(1, _CHUNK // ((2 * reach + 1) * order) ** 2)
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        column, row = np.rint(x[part]).astype(int), np.rint(y[part]).astype(int)
        drawn = _stamps(psf, x[part] - column, y[part] - row, order)
        drawn *= (flux[part] / drawn.sum(axis=(1, 2), dtype=np.float64)).astype(np.float32)[:, None, None]
        for stamp, left, top in zip(drawn, (column - reach).tolist(), (row - reach).tolist(), strict=True):
            _add(image, stamp, left, top)


@lru_cache(maxsize=256)
def shape_of(
    psf: Psf, *, drift_px: float = 0.0, drift_angle_deg: float = 0.0, on_pixels: bool = False
) -> Shape:
    """A star's figures, from a drawing fine enough to count as exact; drifted when the mount did.

    Args:
        psf: the profile.
        drift_px: length of the line the star was drawn along.
        drift_angle_deg: its direction.
        on_pixels: as images show it on average, all light of a pixel at its middle; else as it falls there.
    """
    reach = psf.reach_px + math.ceil(drift_px / 2) + 1
    fine = round(min(31, max(3, 50 / psf.fwhm_px), max(3, 160 / reach))) | 1
    axis = (np.arange(-reach * fine, reach * fine + 1) / fine).astype(np.float32)
    light = np.zeros((len(axis), len(axis)), np.float32)
    for dx, dy in drift_offsets(psf, drift_px, drift_angle_deg):
        light += _profile(psf, _elliptical(psf, (axis - dx)[None, :], (axis - dy)[:, None]))
    if on_pixels:
        light = _boxed(_boxed(light, fine).T, fine).T
    return _figures(light, axis, 1 / fine)


def drift_offsets(psf: Psf, drift_px: float, angle_deg: float) -> list[tuple[float, float]]:
    """Where copies of a star stand that together make a smooth line of the length."""
    count = 1 if drift_px <= 0 else math.ceil(drift_px / (0.5 * psf.fwhm_px)) + 1
    along = (np.arange(count) + 0.5) / count - 0.5
    angle = math.radians(angle_deg)
    return [(float(s) * drift_px * math.cos(angle), float(s) * drift_px * math.sin(angle)) for s in along]


def _order(psf: Psf) -> int:
    """Nodes an axis and pixel: more where the profile bends within one pixel."""
    finest = psf.fwhm_px * math.sqrt(psf.axis_ratio)
    return 2 if finest >= 2.8 else 3 if finest >= 1.8 else 5


def _stamps(psf: Psf, dx: NDArray[np.float64], dy: NDArray[np.float64], order: int) -> Floats:
    """Square pictures of stars that stand (dx, dy) off the middle pixel."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    reach = psf.reach_px
    size = 2 * reach + 1
    axis = (np.arange(-reach, reach + 1)[:, None] + nodes[None, :] / 2).ravel()
    far_x = (axis[None, :] - dx[:, None]).astype(np.float32)
    far_y = (axis[None, :] - dy[:, None]).astype(np.float32)
    light = _profile(psf, _elliptical(psf, far_x[:, None, :], far_y[:, :, None]))
    weight = (weights / 2).astype(np.float32)
    rows = np.einsum("nsqk,q->nsk", light.reshape(len(dx), size, order, size * order), weight)
    return np.ascontiguousarray(np.einsum("nskq,q->nsk", rows.reshape(len(dx), size, size, order), weight))


def _elliptical(psf: Psf, x: Real, y: Real) -> Real:
    """Squared distance in px, measured so that the ellipse of half the peak is a circle."""
    ratio, angle = psf.axis_ratio, math.radians(psf.angle_deg)
    c, s = math.cos(angle), math.sin(angle)
    squared: Real = (c * c * ratio + s * s / ratio) * x * x + (s * s * ratio + c * c / ratio) * y * y
    if psf.eccentricity:
        squared = squared + (2 * c * s * (ratio - 1 / ratio) * y) * x
    return squared


def _profile(psf: Psf, squared: Real) -> Real:
    """Brightness at a squared distance; the scale does not matter."""
    if psf.ring_px:
        far, soft = np.sqrt(np.maximum(squared, 0)), 0.6 * psf.fwhm_px
        ring: Real = np.tanh((psf.ring_px - far) / soft) - np.tanh((0.4 * psf.ring_px - far) / soft) + 1e-9
        return ring
    if psf.beta is None:
        bell: Real = np.exp(squared * (-4 * math.log(2) / psf.fwhm_px**2))
        return bell
    squared = squared * (1 / _moffat_alpha(psf.fwhm_px, psf.beta) ** 2)
    squared += 1
    np.power(squared, -psf.beta, out=squared)
    return squared


def _moffat_alpha(fwhm_px: float, beta: float) -> float:
    return float(fwhm_px / (2 * math.sqrt(2 ** (1 / beta) - 1)))


def _add(image: Floats, stamp: Floats, left: int, top: int) -> None:
    """Add one picture where it overlaps the image."""
    high, wide = image.shape
    size = stamp.shape[0]
    y0, y1, x0, x1 = max(top, 0), min(top + size, high), max(left, 0), min(left + size, wide)
    if y0 < y1 and x0 < x1:
        image[y0:y1, x0:x1] += stamp[y0 - top : y1 - top, x0 - left : x1 - left]


def _boxed(light: Real, width: int) -> Real:
    """Each value the mean of those around it, down the columns."""
    run = np.cumsum(np.pad(light, ((width // 2 + 1, width // 2), (0, 0))), axis=0, dtype=np.float64)
    means: Real = (run[width:] - run[:-width]) / width
    return means


def _figures(light: Real, axis: Real, cell_px: float) -> Shape:
    """Sizes of a star that stands in the middle of a fine drawing."""
    light = light / light.sum()
    across, down = light.sum(axis=0), light.sum(axis=1)
    xx, yy, xy = float(across @ axis**2), float(down @ axis**2), float(axis @ light @ axis)
    spread = math.hypot((xx - yy) / 2, xy)
    far = np.hypot(axis[None, :], axis[:, None]).ravel()
    held = np.cumsum(np.bincount((far / cell_px).astype(int), weights=light.ravel()))
    return Shape(
        fwhm_px=2 * math.sqrt(_cells_above(light, light.max() / 2) * cell_px**2 / math.pi),
        hfr_px=float(np.interp(0.5, held, cell_px * np.arange(1, len(held) + 1))),
        mean_radius_px=float(light.ravel() @ far),
        eccentricity=math.sqrt(max(0.0, 2 * spread / ((xx + yy) / 2 + spread))),
        angle_deg=math.degrees(math.atan2(2 * xy, xx - yy)) / 2,
    )


def _cells_above(light: Real, level: float) -> float:
    """How much of a drawing is above a level, in cells; those the level runs through count in part."""
    down, across = np.gradient(light)
    slope = np.maximum(np.hypot(down, across), 1e-12 * light.max())
    return float(np.clip((light - level) / slope + 0.5, 0, 1).sum())
