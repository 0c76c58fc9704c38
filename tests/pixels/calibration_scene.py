"""The scene on which peers fail: bias 1000, dark 50, sky 300, 30 % vignetting; with masters of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibrated import Counts
from pipeline.model.frames import Kind
from pipeline.pixels.calibrate import Correction, Thinned, calibrate_rows, prepare_plane
from pipeline.pixels.field import Stars, no_stars
from pipeline.pixels.psf import Psf
from pipeline.pixels.sensor import Sensor
from pipeline.pixels.sky import Sky, expose
from pipeline.pixels.soundness import look_at_result

EXPOSURE_S, SKY_ADU = 60.0, 300.0
SENSOR = Sensor(
    width=480,
    height=360,
    bias_adu=1000,
    dark_adu_s=50 / EXPOSURE_S,
    vignetting=0.3,
    read_noise_e=4,
    gain_e_adu=16,
)
PSF = Psf(fwhm_px=4.0)
_FRAMES = 12


@cache
def master(kind: Kind, exposure_s: float = EXPOSURE_S, bayer: str | None = None) -> NDArray[np.float32]:
    """Mean of a dozen exposures, nothing taken off."""
    taken = [
        expose(None, _sensor(bayer), kind=kind, exposure_s=exposure_s, seed=1000 + number).adu
        for number in range(_FRAMES)
    ]
    return np.mean(taken, axis=0, dtype=np.float64).astype(np.float32)


def light(stars: Stars | None = None, *, seed: int = 1, bayer: str | None = None) -> NDArray[np.uint16]:
    """A light of the scene."""
    sky = Sky(stars=stars or no_stars(), psf=PSF, level_adu_s=SKY_ADU / EXPOSURE_S)
    return expose(sky, _sensor(bayer), exposure_s=EXPOSURE_S, seed=seed).adu


def _sensor(bayer: str | None) -> Sensor:
    return Sensor(**{**{name: getattr(SENSOR, name) for name in SENSOR.__slots__}, "bayer": bayer})


@dataclass
class Outcome:
    adu: NDArray[Any]
    counts: Counts
    soundness: Any


def calibrate(
    pixels: NDArray[Any], *, output: str = ">f4", pedestal_adu: float = 0.0, strip: int = 100, **masters: Any
) -> Outcome:
    """Calibrate a plane in strips; what the file would hold, in ADU."""
    own = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in masters.items()}
    plane, undivided = prepare_plane(**own, to_unit=output == ">f4")
    correction = Correction(
        planes=(plane,),
        is_mosaic=bool(masters.get("is_mosaic")),
        pedestal_adu=pedestal_adu,
        undivided=undivided,
    )
    height, width = pixels.shape
    out, counts = np.empty((height, width), output), Counts(undivided=undivided)
    before, after, factor = (Thinned.of_shape(height, width) for _ in range(3))
    for top in range(0, height, strip):
        first = max(0, top - correction.margin)
        rows = pixels[first : min(height, top + strip + correction.margin)]
        before.take(rows, first)
        calibrate_rows(rows, first, top, height, plane, correction, out[top : top + strip], counts, after)
    if plane.factor is not None:
        factor.take(plane.factor, 0, plane.unit)
    thin = factor.values if plane.factor is not None else None
    seen = look_at_result(before.values, after.values, thin, counts, pixels.size, pedestal_adu)
    is_float = out.dtype.itemsize == 4
    adu = out.astype(np.float64) * 65535 if is_float else (out.astype(np.uint16) ^ 0x8000).astype(np.float64)
    return Outcome(adu, counts, seen)


def unevenness(adu: NDArray[Any]) -> float:
    """How far a bowl laid under the picture differs from its middle to its corners, as a share of its level."""
    y, x = np.indices(adu.shape, dtype=np.float64)
    y, x = y / adu.shape[0] * 2 - 1, x / adu.shape[1] * 2 - 1
    terms = np.stack([np.ones(adu.size), (x * x + y * y).ravel(), x.ravel(), y.ravel()], axis=1)
    fit = np.linalg.lstsq(terms, adu.ravel(), rcond=None)[0]
    bowl = terms @ fit
    return float((bowl.max() - bowl.min()) / bowl.mean())
