"""Whether a frame's stars are drawn out, and where to: second moments of all of them together.

One star's pixels say little; many say it well. What is left of chance is known from how much the stars differ among
themselves, and what does not stand clear of it is called round.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Floats
from pipeline.pixels.profile import Ellipse, Fitted, Profile, Reals, offsets, weights_of
from pipeline.pixels.stamps import Stamps

_WEIGHT_WIDTH = 2.0
"""Variance of the window through which the ellipse is seen, in variances of the star."""
_FINE = 0.25
"""Steps in which the profile itself is looked at, in pixels."""
_TELLING = 8.0
"""Elongation is believed where its square exceeds this many times that of its error."""


def ellipse_of(
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
    own: Reals = inner - np.array([[e.xx, e.xy], [e.xy, e.yy]]) / width
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
