"""The common shape of a frame's stars: one profile, drawn from all the pixels of many stars at once.

Each star falls differently on its pixels; together they show the profile between the pixels. Distances are measured
in the stars' own ellipse, so that round, drawn-out and out-of-focus stars are one case: brightness by distance.
Pixels that do not belong (hot ones, neighbours) differ from what the others say and are left out.

    stamps ──▶ places, fluxes ⇄ profile ⇄ ellipse ──▶ Profile
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats
from pipeline.pixels.stamps import Stamps

Reals = NDArray[np.float64]

_ROUNDS = 3
_FIRST = 60
"""So many of the brightest stars draw the first profile, all of them the last."""
_WEIGHT_WIDTH = 2.0
"""Variance of the window through which the ellipse is seen, in variances of the star."""
_FINE = 0.25
"""Steps in which the profile itself is looked at, in pixels."""
_TELLING = 8.0
"""Elongation is believed where its square exceeds this many times that of its error."""
_CORE = 0.35
"""The bright part of a profile is what is above this share of its peak."""
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


def draw_profile(stamps: Stamps, rough_px: float) -> tuple[Profile, Fitted, NDArray[np.bool_]]:
    """The profile of stars, their fits, and which of them are alike.

    Args:
        stamps: of stars; they should reach twice the width.
        rough_px: half-flux radius, roughly.
    """
    step = max(0.15, rough_px / (7 if len(stamps) > 25 else 5))
    profile = Profile(step_px=step, light=np.empty(0, np.float32), ellipse=Ellipse())
    for part in (stamps.where(slice(_FIRST)), stamps) if len(stamps) > 2 * _FIRST else (stamps, stamps):
        fitted = _first_fit(part, rough_px)
        alike = fitted.flux > 0
        if not len(profile.light):
            light = _drawn(part, fitted, profile.ellipse, step, alike, None)
            profile = Profile(step_px=step, light=light, ellipse=profile.ellipse)
        for turn in range(_ROUNDS):
            fitted, lost = refit(part, profile, fitted, loose=turn < 1)
            alike = (fitted.flux > 0) & (lost < max(0.15, 3 * float(np.median(lost))))
            if not alike.any():
                alike = fitted.flux > 0
            fitted = collect(part, profile, fitted, 3 * rough_px)
            is_last = part is stamps and turn == _ROUNDS - 1
            ellipse = _ellipse_of(part, profile, fitted, alike, last=is_last)
            light = _drawn(part, fitted, ellipse, step, alike, profile)
            profile = Profile(step_px=step, light=light, ellipse=ellipse)
    return profile, fitted, alike


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


def _first_fit(stamps: Stamps, rough_px: float) -> Fitted:
    """Middles by weighing the light through a window that follows it, fluxes by an aperture."""
    empty = np.zeros(len(stamps), np.float32)
    fitted = Fitted(empty, empty, empty)
    light = np.nan_to_num(stamps.light)
    for _ in range(4):
        dx, dy = offsets(stamps, fitted)
        seen = light * np.exp((dx * dx + dy * dy) / np.float32(-2 * (1.3 * rough_px) ** 2))
        whole = np.maximum(seen.sum(axis=(1, 2)), np.float32(1e-6))
        step = [(1.5 * (seen * part).sum(axis=(1, 2)) / whole) for part in (dx, dy)]
        fitted = Fitted(
            np.clip(fitted.x + step[0], -2.5, 2.5), np.clip(fitted.y + step[1], -2.5, 2.5), fitted.flux
        )
    dx, dy = offsets(stamps, fitted)
    flux = (light * (dx * dx + dy * dy < (2 * rough_px) ** 2)).sum(axis=(1, 2))
    return Fitted(fitted.x, fitted.y, flux)


def _drawn(
    stamps: Stamps,
    fitted: Fitted,
    ellipse: Ellipse,
    step: float,
    alike: NDArray[np.bool_],
    before: Profile | None,
) -> Floats:
    """The profile that the stars' pixels draw, at even distances, for flux 1."""
    stamps, fitted = stamps.where(alike), fitted.where(alike)
    dx, dy = offsets(stamps, fitted)
    squared = ellipse.squared(dx, dy)
    flux, noise = fitted.flux[:, None, None], stamps.noise[:, None, None]
    value = stamps.light / flux
    weights = np.broadcast_to(weights_of(stamps, fitted)[:, None, None], value.shape)
    keep = np.isfinite(value)
    if before is not None:
        model = before.at(squared)[0]
        keep &= np.abs(value - model) < 4 * noise / flux + 0.25 * np.abs(model)
    edge = stamps.reach * math.sqrt(1.0)
    count = max(3, int(edge / step))
    ring = np.minimum((np.sqrt(squared) / np.float32(step)).astype(np.int32), count)[keep]
    weight = weights[keep]
    rings = [
        np.bincount(ring, weights=part, minlength=count + 1)[:count]
        for part in (weight, weight * value[keep], weight * squared[keep])
    ]
    seen = np.flatnonzero(rings[0] > 0)
    if len(seen) < 2:
        return np.linspace(1, 0, count + 1, dtype=np.float32)
    far, light = np.sqrt(rings[2][seen] / rings[0][seen]), rings[1][seen] / rings[0][seen]
    nodes = np.arange(count + 1) * step
    drawn = np.interp(nodes, far, light)
    drawn = _smooth_core(nodes, drawn, far, light, rings[0][seen])
    area = 2 * math.pi * nodes * step
    drawn = np.where(nodes > far[-1], np.minimum(drawn, light[-1]), drawn)
    return np.asarray(drawn / max(float((drawn * area).sum()), 1e-12), np.float32)


def _smooth_core(nodes: Reals, drawn: Reals, far: Reals, light: Reals, weight: Reals) -> Reals:
    """The bright part as a bell through the rings; rings of light with a hole are left as they are."""
    faint = np.flatnonzero(light < _CORE * light.max())
    inner = slice(0, int(faint[0]) + 1 if len(faint) else len(light))
    squared, bright = far[inner] ** 2, light[inner]
    if len(bright) < 5 or bright.min() <= 0 or bright[:2].max() < 0.8 * light.max():
        drawn[nodes <= far[0]] = light[0]
        return drawn
    terms = np.stack([np.ones_like(squared), squared, squared**2], axis=1)
    scale = bright * np.sqrt(weight[inner])
    fit = np.linalg.lstsq(terms * scale[:, None], np.log(bright) * scale, rcond=None)[0]
    core = nodes <= far[inner][-1]
    near = nodes[core] ** 2
    drawn[core] = np.exp(np.clip(fit[0] + fit[1] * near + fit[2] * near**2, -50, 50))
    return drawn


def _ellipse_of(
    stamps: Stamps, profile: Profile, fitted: Fitted, alike: NDArray[np.bool_], *, last: bool
) -> Ellipse:
    """Second moments of the light through a window of the stars' own shape, all stars together.

    Whether they are drawn out at all is seen through a round window: one that follows chance would find itself.
    """
    e, width = profile.ellipse, _WEIGHT_WIDTH * _spread_of(profile)
    weight = np.where(alike, weights_of(stamps, fitted), 0).astype(np.float64)
    parts = _moments(stamps, profile, fitted, e, width)
    xx, xy, yy, whole = (float((part * weight).sum()) for part in parts)
    if whole <= 0 or xx <= 0 or yy <= 0 or xx * yy <= xy * xy:
        return e
    inner = np.linalg.inv(np.array([[xx, xy], [xy, yy]]) / whole)
    own = inner - np.array([[e.xx, e.xy], [e.xy, e.yy]]) / width
    if np.linalg.det(own) <= 0 or own[0, 0] <= 0:
        own = inner
    own = own / math.sqrt(float(np.linalg.det(own)))
    share = _believed(_moments(stamps, profile, fitted, Ellipse(), width), weight) if last else 1.0
    return _shrunk(own, share)


def _moments(stamps: Stamps, profile: Profile, fitted: Fitted, window: Ellipse, width: float) -> list[Floats]:
    """Of each star, through a window: light times xx, xy, yy and 1; pixels that do not belong as the profile.

    They are those of the profile itself, and what the star's pixels say beyond it: so it does not matter how the
    star happens to fall on its pixels.
    """
    dx, dy = offsets(stamps, fitted)
    model = profile.at(profile.ellipse.squared(dx, dy))[0]
    flux = np.maximum(fitted.flux, np.float32(1e-6))[:, None, None]
    off, noise = stamps.light / flux - model, stamps.noise[:, None, None] / flux
    off = np.where(np.abs(off) < 5 * noise + np.float32(0.4) * model, off, np.float32(0))
    off *= np.exp(window.squared(dx, dy) * np.float32(-0.5 / width))
    fine = np.arange(-stamps.reach, stamps.reach + _FINE / 2, _FINE, dtype=np.float32)[None]
    ideal = profile.at(profile.ellipse.squared(fine[:, None], fine[:, :, None]))[0] * np.float32(_FINE**2)
    ideal *= np.exp(window.squared(fine[:, None], fine[:, :, None]) * np.float32(-0.5 / width))
    own, usual = _weighed(off, dx[:, 0], dy[:, :, 0]), _weighed(ideal, fine, fine)
    return [part + same for part, same in zip(own, usual, strict=True)]


def _weighed(light: Floats, dx: Floats, dy: Floats) -> list[Floats]:
    """Sums of light times xx, xy, yy and 1, picture by picture."""
    across, down = light.sum(axis=1), light.sum(axis=2)
    return [
        (across * dx * dx).sum(axis=1),
        np.einsum("nij,nj,ni->n", light, dx, dy),
        (down * dy * dy).sum(axis=1),
        across.sum(axis=1),
    ]


def _believed(parts: list[Floats], weight: Reals) -> float:
    """The share of the elongation that is more than chance between the stars."""
    size = np.maximum(parts[0] + parts[2], np.float32(1e-9))
    drawn = ((parts[0] - parts[2]) / size, 2 * parts[1] / size)
    if (weight > 0).sum() < 3:
        return 1.0
    weight = weight / weight.sum()
    means = [float((part * weight).sum()) for part in drawn]
    errors = [float((weight**2 * (part - mean) ** 2).sum()) for part, mean in zip(drawn, means, strict=True)]
    squared = means[0] ** 2 + means[1] ** 2
    return math.sqrt(max(0.0, 1 - _TELLING * sum(errors) / 2 / max(squared, 1e-12)))


def _shrunk(own: Reals, share: float) -> Ellipse:
    """An ellipse with only a share of its flattening."""
    middle = float(own[0, 0] + own[1, 1]) / 2
    along, across = float(own[0, 0] - own[1, 1]) / 2 * share, float(own[0, 1]) * share
    scale = math.sqrt(max(middle**2 - along**2 - across**2, 1e-12))
    return Ellipse(xx=(middle + along) / scale, xy=across / scale, yy=(middle - along) / scale)


def _spread_of(profile: Profile) -> float:
    """Variance of the bright part of a star along one axis."""
    light = np.maximum(profile.light, 0)
    above = np.flatnonzero(light >= light.max() / 2)
    half = profile.step_px * (float(above[-1]) + 0.5)
    return max(half / 1.1774, 0.4) ** 2
