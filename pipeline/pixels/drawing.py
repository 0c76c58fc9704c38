"""The common shape of a frame's stars: one profile, drawn from all the pixels of many stars at once.

Each star falls differently on its pixels; together they show the profile between the pixels. Pixels that do not
belong (hot ones, neighbours) differ from what the others say and are left out.

    stamps ──▶ places, fluxes ⇄ profile ⇄ ellipse ──▶ Profile
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats
from pipeline.pixels.elongation import ellipse_of
from pipeline.pixels.profile import Ellipse, Fitted, Profile, Reals, collect, offsets, refit, weights_of
from pipeline.pixels.stamps import Stamps

_ROUNDS = 3
_FIRST = 60
"""So many of the brightest stars draw the first profile, all of them the last."""
_CORE = 0.35
"""The bright part of a profile is what is above this share of its peak."""


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
            ellipse = ellipse_of(part, profile, fitted, alike, last=is_last)
            light = _drawn(part, fitted, ellipse, step, alike, profile)
            profile = Profile(step_px=step, light=light, ellipse=ellipse)
    return profile, fitted, alike


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
    count = max(3, int(stamps.reach / step))
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
