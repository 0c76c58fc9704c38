"""A star's profile, and the place and flux of each star by it.

Distances are measured in the stars' own ellipse, so that round, drawn-out and out-of-focus stars are one case:
brightness by distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats
from pipeline.pixels.stamps import Stamps

Reals = NDArray[Any]

_STEADY = 0.35
"""No star counts as known better than this share of the usual error: the brightest must not speak alone,
since each falls on its pixels in its own way."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ellipse:
    """A direction and a flattening that leave areas as they are."""

    xx: float = 1.0
    xy: float = 0.0
    yy: float = 1.0

    def squared(self, dx: Floats, dy: Floats) -> Floats:
        """Squared distance, measured in the ellipse."""
        far: Floats = np.float32(self.xx) * dx * dx + np.float32(self.yy) * dy * dy
        return far if not self.xy else far + np.float32(2 * self.xy) * dx * dy

    @property
    def eccentricity(self) -> float:
        """√(1−(b/a)²)."""
        spread = math.hypot((self.xx - self.yy) / 2, self.xy)
        middle = (self.xx + self.yy) / 2
        return math.sqrt(max(0.0, 2 * spread / (middle + spread)))

    @property
    def angle_deg(self) -> float:
        """Of the long axis, from +x towards +y, 0 to 180."""
        return math.degrees(math.atan2(-2 * self.xy, self.yy - self.xx)) / 2 % 180.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Brightness by distance from the middle, for a star of flux 1 within the stamps."""

    step_px: float
    light: Floats
    """At distances 0, step, 2 steps ..."""
    ellipse: Ellipse

    def at(self, squared: Floats) -> tuple[Floats, Floats, Floats]:
        """Brightness and slope at squared distances, and the distances."""
        far = np.sqrt(squared)
        place = far * np.float32(1 / self.step_px)
        index = place.astype(np.int32)
        place -= index
        rises = np.append(np.diff(self.light), np.float32(0))
        rise = np.take(rises, index, mode="clip")
        place *= rise
        place += np.take(self.light, index, mode="clip")
        return place, rise * np.float32(1 / self.step_px), far

    def held(self, radius_px: float) -> float:
        """Share of the light within a distance."""
        nodes = np.arange(len(self.light)) * self.step_px
        light = self.light * nodes
        return float(np.clip(light[nodes <= radius_px].sum() / max(float(light.sum()), 1e-12), 0.1, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Where the stars of the stamps are, relative to the middle pixels, and their fluxes."""

    x: Floats
    y: Floats
    flux: Floats

    def where(self, chosen: NDArray[np.bool_]) -> Fitted:
        """Some of them."""
        return Fitted(self.x[chosen], self.y[chosen], self.flux[chosen])


def offsets(stamps: Stamps, fitted: Fitted) -> tuple[Floats, Floats]:
    """Distance of each pixel from its star's middle, along the rows and along the columns."""
    along = np.arange(-stamps.reach, stamps.reach + 1, dtype=np.float32)
    return along - fitted.x[:, None, None], along[:, None] - fitted.y[:, None, None]


def weights_of(stamps: Stamps, fitted: Fitted) -> Floats:
    """How much each star's pixels count when all are drawn with flux 1: less where they are noisier."""
    error = stamps.noise / np.maximum(fitted.flux, np.float32(1e-6))
    usual = float(np.median(error)) if len(error) else 0.0
    weight: Floats = 1 / np.maximum(error**2 + np.float32(_STEADY * usual) ** 2, np.float32(1e-20))
    return weight


def refit(stamps: Stamps, profile: Profile, fitted: Fitted, *, loose: bool = False) -> tuple[Fitted, Floats]:
    """One step towards the place and flux that fit the profile best, and the share of light it leaves unexplained."""
    dx, dy = offsets(stamps, fitted)
    e, flux, noise = profile.ellipse, fitted.flux[:, None, None], stamps.noise[:, None, None]
    model, pull, far = profile.at(e.squared(dx, dy))
    off = stamps.light - flux * model
    near = np.abs(off) < 5 * noise + np.abs(flux) * np.float32(0.6 if loose else 0.25) * model
    near &= model > 0.02 * profile.light.max()
    off = np.where(near, off, np.float32(0))
    seen = model * near
    pull *= near * -flux
    pull /= np.maximum(far, np.float32(0.05))
    terms = [pull * dx, pull * dy, seen]
    if e.xy or e.xx != e.yy:
        x, y = terms[:2]
        terms[:2] = np.float32(e.xx) * x + np.float32(e.xy) * y, np.float32(e.xy) * x + np.float32(e.yy) * y
    matrix = np.empty((len(stamps), 3, 3))
    for i, one in enumerate(terms):
        for j in range(i, 3):
            matrix[:, i, j] = matrix[:, j, i] = sums(one, terms[j])
    right = np.stack([sums(one, off) for one in terms], axis=1)
    matrix += np.eye(3) * (1e-9 + 1e-6 * np.trace(matrix, axis1=1, axis2=2)[:, None, None])
    change = np.linalg.solve(matrix, right[:, :, None])[:, :, 0].astype(np.float32)
    moved = np.clip(change[:, :2], -0.5, 0.5)
    bound = np.float32(min(3.0, stamps.reach / 2))
    lost = sums(off * off, seen) - stamps.noise**2 * seen.sum(axis=(1, 2))
    whole = np.maximum(fitted.flux**2 * sums(seen * seen, seen), np.float32(1e-12))
    return Fitted(
        np.clip(fitted.x + moved[:, 0], -bound, bound),
        np.clip(fitted.y + moved[:, 1], -bound, bound),
        fitted.flux + change[:, 2],
    ), lost / whole


def sums(one: Floats, other: NDArray[Any]) -> Floats:
    """Of the products of two sets of pictures, picture by picture."""
    added: Floats = np.einsum("nij,nij->n", one, other)
    return added


def collect(stamps: Stamps, profile: Profile, fitted: Fitted, radius_px: float) -> Fitted:
    """Fluxes by an aperture; pixels that do not belong count as the profile has them.

    A fitted flux depends on how well the profile's peak is known, and the peak on the fluxes: both could be wrong
    together, star by star as their middles fall on their pixels.
    """
    dx, dy = offsets(stamps, fitted)
    squared = profile.ellipse.squared(dx, dy)
    model = profile.at(squared)[0] * fitted.flux[:, None, None]
    off = np.abs(stamps.light - model) < 5 * stamps.noise[:, None, None] + 0.3 * np.abs(model)
    inside = squared < radius_px**2
    light = np.where(off, stamps.light, model) * inside
    share = float(profile.held(radius_px))
    return Fitted(fitted.x, fitted.y, (light.sum(axis=(1, 2)) / share).astype(np.float32))
