"""A star's size in figures, from many stars' light ring by ring: out to where it is lost in the sky, and beyond.

The sky's last remainder and the light beyond the pictures come from a Moffat profile fitted to the skirts: without
them a half-flux radius depends on how far one looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats
from pipeline.pixels.profile import Fitted, Profile, Reals, offsets, weights_of
from pipeline.pixels.stamps import Stamps

_BETAS = np.geomspace(1.9, 60.0, 48)
"""From skirts flatter than any sky's to those of a Gaussian."""
_UNSURE = 0.02
"""Share by which the rings may differ from any Moffat."""
_SKY_ERROR = 0.1
"""What the sky under a star may be off, in noises of a pixel."""
_PIXEL = 0.6
"""What a pixel adds to the square of the width."""
_BEYOND = 4.0
"""How far out the light beyond the pictures is reckoned, in radii of the pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the stars of a frame measure."""

    hfr_px: float
    mean_radius_px: float
    fwhm_px: float


def measure_sizes(stamps: Stamps, profile: Profile, fitted: Fitted) -> Sizes | None:
    """Sizes of the common star; None where its light does not make one."""
    fwhm_px = _width_at_half(profile)
    rings, error, step = _rings(stamps, profile, fitted, fwhm_px)
    far = (np.arange(len(rings)) + 0.5) * step
    edges = np.arange(1, len(rings) + 1) * step
    area = math.pi * (edges**2 - (edges - step) ** 2)
    sky, beyond = _skirts(far, rings, error, fwhm_px, float(np.median(stamps.noise / fitted.flux)))
    light = (rings - sky) * area
    outside, outside_radius = beyond
    whole = float(light.sum()) + outside
    if not whole > 0:
        return None
    held = np.concatenate([[0.0], np.cumsum(light)]) / whole
    hfr_px = _crossing(np.concatenate([[0.0], edges]), held, 0.5)
    mean_radius = (float((light * far).sum()) + outside_radius) / whole
    return Sizes(hfr_px=hfr_px, mean_radius_px=mean_radius, fwhm_px=fwhm_px)


def _width_at_half(profile: Profile) -> float:
    """Diameter of the circle with the area where the profile is above half of its peak."""
    nodes = np.linspace(0, (len(profile.light) - 1) * profile.step_px, 40 * len(profile.light))
    light = np.interp(nodes, np.arange(len(profile.light)) * profile.step_px, profile.light)
    above = light >= light.max() / 2
    area = float((2 * math.pi * nodes * above).sum()) * float(nodes[1])
    return 2 * math.sqrt(area / math.pi)


def _rings(stamps: Stamps, profile: Profile, fitted: Fitted, fwhm_px: float) -> tuple[Reals, Reals, float]:
    """Brightness in rings around the middle, of a star of flux 1, and its error: mean of what fits the median."""
    step = max(0.1, fwhm_px / 20)
    count = int((stamps.reach - 0.5) / step)
    dx, dy = offsets(stamps, fitted)
    ring = np.minimum((np.sqrt(dx * dx + dy * dy) / np.float32(step)).astype(np.int32), count)
    flux = fitted.flux[:, None, None]
    value = stamps.light / flux
    typical = _typical(ring, value, count)
    noise = stamps.noise[:, None, None] / flux
    model = np.append(typical, 0).astype(np.float32)[ring]
    squared = profile.ellipse.squared(dx, dy)
    inner = squared < (0.8 * profile.step_px * len(profile.light)) ** 2
    model = np.where(inner, profile.at(squared)[0], model)
    keep = np.abs(value - model) < 4 * noise + 0.4 * np.abs(model)
    keep &= np.isfinite(value) & (ring < count)
    weight = np.broadcast_to(weights_of(stamps, fitted)[:, None, None], value.shape)[keep]
    sums = [np.bincount(ring[keep], weights=part, minlength=count) for part in (weight, weight * value[keep])]
    mean = np.where(sums[0] > 0, sums[1] / np.maximum(sums[0], 1e-12), typical)
    return mean, 1 / np.sqrt(np.maximum(sums[0], 1e-6)), step


def _typical(ring: NDArray[np.int32], value: Floats, count: int) -> Reals:
    """Median over the stars of each ring's mean; empty rings as their neighbours."""
    stars = len(value)
    keep = np.isfinite(value)
    place = (ring + (count + 1) * np.arange(stars, dtype=np.int32)[:, None, None])[keep]
    sums = np.bincount(place, weights=value[keep], minlength=stars * (count + 1))
    many = np.bincount(place, minlength=stars * (count + 1))
    means = np.where(many > 0, sums / np.maximum(many, 1), np.nan).reshape(stars, -1)[:, :count]
    seen = np.isfinite(means).any(axis=0)
    found = np.flatnonzero(seen)
    smooth: Reals = np.interp(np.arange(count), found, bn.nanmedian(means[:, found], axis=0))
    return smooth


def _skirts(
    far: Reals, rings: Reals, error: Reals, fwhm_px: float, sky_error: float
) -> tuple[float, tuple[float, float]]:
    """What is left of the sky under the rings; flux, and flux times distance, of the light beyond them.

    Moffat profiles of the measured width, steep and flat, each on its own level: the one that fits best.
    """
    outer = far > fwhm_px
    if outer.sum() < 4:
        return 0.0, (0.0, 0.0)
    weight = 1 / (error**2 + (_UNSURE * rings) ** 2)[outer]
    bare_px = math.sqrt(max(fwhm_px**2 - _PIXEL, 0.5 * fwhm_px**2))
    alphas = bare_px / (2 * np.sqrt(2 ** (1 / _BETAS) - 1))
    model = (1 + (far[outer] / alphas[:, None]) ** 2) ** -_BETAS[:, None]
    known = weight.sum() + 1 / (_SKY_ERROR * sky_error) ** 2
    lit, lit_twice = (model * weight).sum(axis=1), (model * model * weight).sum(axis=1)
    seen, seen_lit = float((rings[outer] * weight).sum()), (model * rings[outer] * weight).sum(axis=1)
    heights = np.maximum((known * seen_lit - lit * seen) / (known * lit_twice - lit**2), 0)
    skies = (seen - heights * lit) / known
    left = ((rings[outer] - skies[:, None] - heights[:, None] * model) ** 2 * weight).sum(axis=1)
    left += (skies / (_SKY_ERROR * sky_error)) ** 2
    chance = np.exp(-0.5 * (left - left.min()))
    chance = chance / chance.sum()
    edge = float(far[-1] + (far[1] - far[0]) / 2)
    width = (_BEYOND - 1) * edge / 100
    middles = edge + width * (np.arange(100) + 0.5)
    light = heights[:, None] * (1 + (middles / alphas[:, None]) ** 2) ** -_BETAS[:, None]
    beyond = chance @ light * 2 * math.pi * middles * width
    return float(chance @ skies), (float(beyond.sum()), float((beyond * middles).sum()))


def _crossing(edges: Reals, held: Reals, share: float) -> float:
    """Radius of the circle that holds a share of the light; within a ring light is even."""
    first = int(np.argmax(held >= share))
    if first == 0:
        return float(edges[-1])
    low, high = held[first - 1], held[first]
    part = (share - low) / (high - low)
    return math.sqrt(float(edges[first - 1] ** 2 + part * (edges[first] ** 2 - edges[first - 1] ** 2)))
