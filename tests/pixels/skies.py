"""Photographs for the tests of what pixels measure, and how many stars of them a perfect eye would count."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.census import COUNTED_SNR
from pipeline.pixels.field import no_stars, scatter_stars
from pipeline.pixels.psf import Psf, paint
from pipeline.pixels.sensor import Sensor, transmission
from pipeline.pixels.sky import Exposure, Nebula, Sky, expose
from pipeline.pixels.weather import CLEAR, Conditions

EXPOSURE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photograph:
    """An exposure with all that made it."""

    taken: Exposure
    sky: Sky
    sensor: Sensor
    seed: int

    @property
    def adu(self) -> NDArray[np.uint16]:
        return self.taken.adu

    @property
    def bayer(self) -> str | None:
        return self.sensor.bayer


def photograph(
    psf: Psf | None = None,
    *,
    width: int = 900,
    height: int = 700,
    stars: int = 150,
    flux_adu_s: tuple[float, float] = (60.0, 6000.0),
    apart_px: float = 0.0,
    bayer: str | None = None,
    hot_share: float = 0.0,
    gradient: float = 0.0,
    level_adu_s: float = 5.0,
    nebulae: bool = False,
    vignetting: float = 0.0,
    conditions: Conditions = CLEAR,
    field_seed: int | None = None,
    seed: int = 1,
) -> Photograph:
    """One light of a minute."""
    glow = (
        Nebula(x=0.3 * width, y=0.4 * height, radius_px=height / 10, peak_adu_s=level_adu_s),
        Nebula(x=0.75 * width, y=0.7 * height, radius_px=height / 7, peak_adu_s=0.5 * level_adu_s),
    )
    sky = Sky(
        stars=scatter_stars(
            stars, width, height, seed=field_seed or seed + 100, flux_adu_s=flux_adu_s, apart_px=apart_px
        ),
        psf=psf or Psf(fwhm_px=3.0, beta=4.0),
        level_adu_s=level_adu_s,
        gradient=gradient,
        nebulae=glow if nebulae else (),
    )
    sensor = Sensor(
        width=width, height=height, bayer=bayer, hot_share=hot_share, vignetting=vignetting, seed=seed
    )
    taken = expose(sky, sensor, exposure_s=EXPOSURE_S, seed=seed, conditions=conditions)
    return Photograph(taken=taken, sky=sky, sensor=sensor, seed=seed)


def true_count(photo: Photograph, snr: float = COUNTED_SNR) -> int:
    """Stars on the frame from a signal-to-noise ratio on: of the whole flux through the best filter.

    That is flux × √Σp² / noise, where p is a star of flux 1 on pixels and the noise is that of the sky where it stands.
    """
    truth, sensor = photo.taken.truth, photo.sensor
    dark = expose(
        replace(photo.sky, stars=no_stars()),
        replace(sensor, hot_share=0.0),
        exposure_s=EXPOSURE_S,
        seed=photo.seed,
        conditions=truth.conditions,
    )
    electrons = (dark.truth.expected - sensor.bias_adu) * sensor.gain_e_adu
    variance = electrons / sensor.gain_e_adu**2 + (sensor.read_noise_e / sensor.gain_e_adu) ** 2
    row = np.clip(np.rint(truth.stars.y), 0, sensor.height - 2).astype(int)
    column = np.clip(np.rint(truth.stars.x), 0, sensor.width - 2).astype(int)
    local = np.mean([variance[row + dy, column + dx] for dy in (0, 1) for dx in (0, 1)], axis=0)
    seen = np.mean([dict(zip("RGB", sensor.response, strict=True))[c] for c in sensor.bayer or ""] or [1.0])
    shade = transmission(replace(sensor, bayer=None))[row, column]
    strength = truth.stars.flux * seen * shade * _sharpness(truth.psf) / np.sqrt(local)
    return int(np.count_nonzero(strength >= snr))


def _sharpness(psf: Psf) -> float:
    """√Σp² of a star of flux 1, mean over where in its pixel it stands."""
    size = 2 * min(psf.reach_px, 40) + 1
    total = []
    for x, y in (np.indices((4, 4)).reshape(2, -1).T + 0.5) / 4 - 0.5 + size // 2:
        image = np.zeros((size, size), np.float32)
        paint(image, psf, np.array([x]), np.array([y]), np.array([1.0]))
        total.append(float((image * image).sum()))
    return float(np.sqrt(np.mean(total)))
