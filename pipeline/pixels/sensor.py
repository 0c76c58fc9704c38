"""The simulator's camera: what stands between the sky and the numbers, and is the same in every frame.

Levels are ADU; the gain turns them into electrons only for the noise. All that is fixed on a real chip (hot
pixels, pixel response) comes from the sensor's own seed: each frame of a camera shows it in the same place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Array = TypeVar("_Array", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dust:
    """A mote on the filter or window: a soft ring of shade."""

    x: float
    y: float
    radius_px: float
    depth: float
    """Share of the light it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A camera and the light path before it."""

    width: int = 1024
    height: int = 768
    bias_adu: float = 500.0
    dark_adu_s: float = 0.01
    """Dark current at `reference_c`."""
    reference_c: float = -10.0
    doubling_c: float = 6.0
    """Warmer by this much, twice the dark current."""
    read_noise_e: float = 1.5
    gain_e_adu: float = 0.25
    """Electrons an ADU."""
    hot_share: float = 0.0
    """Share of hot pixels."""
    hot_adu_s: tuple[float, float] = (1.0, 200.0)
    """Their dark current, from the many faint ones to the few bright ones."""
    response_noise: float = 0.0
    """Pixel-to-pixel difference in sensitivity (PRNU), as a share."""
    vignetting: float = 0.0
    """Share of the light lost in the corners, growing with the squared distance from the middle."""
    dust: tuple[Dust, ...] = ()
    bayer: str | None = None
    """`RGGB` and the like, rows from the top; None is mono."""
    response: tuple[float, float, float] = (0.6, 1.0, 0.75)
    """What red, green and blue pixels of a Bayer sensor see of the light."""
    saturation_adu: int = 65535
    seed: int = 1


def dark_adu(sensor: Sensor, exposure_s: float, temperature_c: float | None = None) -> float:
    """What the dark current adds in an exposure, hot pixels apart."""
    return sensor.dark_adu_s * exposure_s * _warmth(sensor, temperature_c)


@lru_cache(maxsize=4)
def transmission(sensor: Sensor) -> Floats:
    """The share of the light each pixel gets: vignetting, dust, response, colour. A perfect flat."""
    y, x = _middle_axes(sensor)
    corner = (sensor.width**2 + sensor.height**2) / 4
    share = 1.0 - sensor.vignetting * (x * x + y * y) / corner
    for mote in sensor.dust:
        _shade(share, mote)
    if sensor.response_noise:
        share *= 1.0 + sensor.response_noise * _own(sensor, 2).standard_normal(share.shape)
    if sensor.bayer is not None:
        _colour(share, sensor.bayer, sensor.response)
    return _fixed(share.astype(np.float32))


@lru_cache(maxsize=4)
def hot_pixels(sensor: Sensor) -> tuple[NDArray[np.int64], Floats]:
    """Hot pixels: their places in the flattened frame, rising, and their dark current in ADU/s."""
    pixels = sensor.width * sensor.height
    chance = _own(sensor, 1)
    places = np.sort(chance.choice(pixels, size=round(sensor.hot_share * pixels), replace=False))
    low, high = sensor.hot_adu_s
    rates = low * (high / low) ** chance.random(len(places)) ** 2
    return _fixed(places.astype(np.int64)), _fixed(rates.astype(np.float32))


def hot_adu(sensor: Sensor, exposure_s: float, temperature_c: float | None = None) -> Floats:
    """What the hot pixels add in an exposure, in the order of `hot_pixels`."""
    added: Floats = hot_pixels(sensor)[1] * np.float32(exposure_s * _warmth(sensor, temperature_c))
    return added


def read_out(expected: Floats, sensor: Sensor, chance: np.random.Generator) -> NDArray[np.uint16]:
    """What the converter writes for an expected frame: shot noise, read noise, whole numbers, saturation.

    Below 8 electrons the shot noise is drawn as Poisson. Above, one normal number makes shot and read noise
    together, bent so that mean, variance and skewness are those of the true sum; it is ten times faster.
    """
    electrons = (expected - np.float32(sensor.bias_adu)) * np.float32(sensor.gain_e_adu)
    few = np.flatnonzero(electrons < 8)
    faint = np.maximum(electrons.ravel()[few], 0)
    electrons.ravel()[few] = 0
    noise = chance.standard_normal(expected.shape, dtype=np.float32)
    variance = electrons + np.float32(max(sensor.read_noise_e, 1e-6) ** 2)
    electrons /= 6 * variance
    electrons *= noise * noise - 1
    noise *= np.sqrt(variance, out=variance)
    noise += electrons
    if faint.size and float(faint.max()) > 0:
        noise.ravel()[few] += chance.poisson(faint) - faint
    noise /= np.float32(sensor.gain_e_adu)
    noise += expected
    np.rint(noise, out=noise)
    return np.clip(noise, 0, sensor.saturation_adu, out=noise).astype(np.uint16)


def scatter_dust(width: int, height: int, count: int, *, seed: int = 1) -> tuple[Dust, ...]:
    """Motes of chance places, sizes and depths."""
    chance = np.random.Generator(np.random.PCG64(seed))
    draws = chance.random((count, 4)).tolist()
    reach = min(width, height)
    return tuple(
        Dust(x=a * width, y=b * height, radius_px=reach * (0.015 + 0.025 * c), depth=0.02 + 0.08 * d)
        for a, b, c, d in draws
    )


def _shade(share: NDArray[np.float64], mote: Dust) -> None:
    """Darken a ring: the mote is far out of focus and casts the mirror's shadow."""
    reach = math.ceil(mote.radius_px * 1.5)
    y0, y1 = max(0, round(mote.y) - reach), max(0, round(mote.y) + reach + 1)
    x0, x1 = max(0, round(mote.x) - reach), max(0, round(mote.x) + reach + 1)
    part = share[y0:y1, x0:x1]
    y, x = np.ogrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    far = np.hypot(x - mote.x, y - mote.y) / mote.radius_px
    part *= 1.0 - mote.depth / 2 * (np.tanh((1 - far) / 0.12) - np.tanh((0.35 - far) / 0.12))


def _colour(share: NDArray[np.float64], bayer: str, response: tuple[float, float, float]) -> None:
    """Weigh each pixel of a 2×2 mosaic with what its colour sees."""
    seen = dict(zip("RGB", response, strict=True))
    for place, letter in enumerate(bayer):
        share[place // 2 :: 2, place % 2 :: 2] *= seen[letter]


def _middle_axes(sensor: Sensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y = np.arange(sensor.height, dtype=np.float64)[:, None] - (sensor.height - 1) / 2
    x = np.arange(sensor.width, dtype=np.float64)[None, :] - (sensor.width - 1) / 2
    return y, x


def _warmth(sensor: Sensor, temperature_c: float | None) -> float:
    if temperature_c is None:
        return 1.0
    return float(2.0 ** ((temperature_c - sensor.reference_c) / sensor.doubling_c))


def _own(sensor: Sensor, what: int) -> np.random.Generator:
    """Chance that belongs to the chip, not to the exposure."""
    return np.random.Generator(np.random.PCG64([sensor.seed, what]))


def _fixed(values: _Array) -> _Array:
    """Kept between frames, so nobody may write into it."""
    values.flags.writeable = False
    return values
