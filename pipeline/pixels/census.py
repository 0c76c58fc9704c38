"""Which peaks are stars: those whose light has the shape of the frame's other stars, and enough of it.

A star counts from a signal-to-noise ratio of 10 on, that of its whole flux through the best filter for the frame's
own star profile, against the noise of the sky: the same star counts or not whatever the seeing, but for its light.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Floats, Image
from pipeline.pixels.detect import Peaks
from pipeline.pixels.profile import Fitted, Profile, offsets, refit, sums
from pipeline.pixels.stamps import Stamps, cut_stamps

COUNTED_SNR = 10.0
"""Stars from here on are counted."""
_CHUNK = 800
_UNLIKE = 0.35
"""Share of a peak's light that the profile may leave unexplained."""


def take_census(
    image: Image,
    background: Background,
    peaks: Peaks,
    profile: Profile,
    fwhm_px: float,
    saturation_adu: float,
    tint: Floats | None = None,
) -> NDArray[np.bool_]:
    """Which of the peaks are stars; each star once.

    Args:
        image: the frame.
        background: its sky.
        peaks: what stands out.
        profile: of the frame's stars.
        fwhm_px: their width.
        saturation_adu: of the frame; saturated stars count as they are.
        tint: what makes a star's light equal in all colours of a mosaic.
    """
    reach = int(np.clip(np.ceil(1.1 * fwhm_px), 3, 12))
    x, y, snr, full = (np.zeros(len(peaks)) for _ in range(4))
    for first in range(0, len(peaks), _CHUNK):
        part = slice(first, first + _CHUNK)
        stamps = cut_stamps(image, background, peaks.x[part], peaks.y[part], reach, saturation_adu, tint)
        at, snr[part] = _weighed(stamps, profile)
        x[part], y[part] = stamps.x + at.x, stamps.y + at.y
        full[part] = stamps.full
    counted = (snr >= COUNTED_SNR) | (full > 0)
    return counted & ~_repeated(x, y, np.where(full > 0, 1e9, snr) * counted, max(1.5, 0.5 * fwhm_px))


def _weighed(stamps: Stamps, profile: Profile) -> tuple[Fitted, NDArray[np.float64]]:
    """Places, and signal-to-noise ratios; 0 for what has not the profile's shape."""
    light = np.nan_to_num(stamps.light)
    fitted, _ = refit(stamps, profile, _brightest(stamps, light, profile), loose=True)
    fitted, lost = refit(stamps, profile, fitted)
    model = profile.at(profile.ellipse.squared(*offsets(stamps, fitted)))[0]
    above = fitted.flux[:, None, None] * model
    belongs = np.abs(light - above) < 5 * stamps.noise[:, None, None] + np.float32(0.3) * np.abs(above)
    seen, many = model * belongs, np.maximum(np.count_nonzero(belongs, axis=(1, 2)), 1)
    mean = seen.sum(axis=(1, 2)) / many
    own = sums(seen, model)
    flux = (sums(seen, light) - mean * sums(light, belongs)) / np.maximum(own - mean**2 * many, 1e-12)
    snr = flux * np.sqrt(sums(model, model)) / np.maximum(stamps.noise, 1e-12)
    return fitted, np.where(lost < _UNLIKE, snr, 0.0)


def _brightest(stamps: Stamps, light: Floats, profile: Profile) -> Fitted:
    """Where to begin: at the top of the light of 3×3 pixels near the middle, with the flux it speaks of."""
    rows = light[:, :-2] + light[:, 1:-1] + light[:, 2:]
    nine = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    edge = max(0, nine.shape[1] // 2 - 2)
    near = slice(edge, nine.shape[1] - edge)
    inner = nine[:, near, near].reshape(len(light), -1)
    top = inner.argmax(axis=1)
    row, column = np.divmod(top, near.stop - edge)
    row, column, star = row + edge, column + edge, np.arange(len(light))
    peak, last = nine[star, row, column], nine.shape[1] - 1
    beside = [nine[star, row, np.clip(column + step, 0, last)] for step in (-1, 1)]
    above = [nine[star, np.clip(row + step, 0, last), column] for step in (-1, 1)]
    off = [
        np.clip(0.5 * (high - low) / np.maximum(2 * peak - low - high, 1e-6), -0.6, 0.6)
        for low, high in (beside, above)
    ]
    share = 9 * float(profile.light[: max(1, round(1.5 / profile.step_px))].mean())
    flux = np.maximum(peak / np.float32(min(1.0, max(share, 1e-6))), stamps.noise)
    middle = nine.shape[1] // 2
    return Fitted(
        (column - middle + off[0]).astype(np.float32), (row - middle + off[1]).astype(np.float32), flux
    )


def _repeated(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], near_px: float
) -> NDArray[np.bool_]:
    """Which places lie next to a weightier one."""
    first, second = pairs_within(x, y, near_px)
    lesser = np.where(weight[first] < weight[second], first, second)
    repeated = np.zeros(len(x), bool)
    repeated[lesser] = True
    return repeated


def pairs_within(
    x: NDArray[np.float64], y: NDArray[np.float64], near_px: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of all places that lie within a distance of each other, each pair once."""
    order = np.argsort(y, kind="stable")
    ends = np.searchsorted(y[order], y[order] + near_px, side="right")
    many = ends - np.arange(len(order)) - 1
    first = np.repeat(np.arange(len(order)), many)
    second = np.arange(len(first)) - np.repeat(np.cumsum(many) - many, many) + first + 1
    first, second = order[first], order[second]
    close = np.hypot(x[first] - x[second], y[first] - y[second]) <= near_px
    return first[close], second[close]
