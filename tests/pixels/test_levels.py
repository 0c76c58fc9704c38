"""What is measured of flats, darks and bias against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.model.frames import Kind
from pipeline.pixels.field import scatter_stars
from pipeline.pixels.levels import measure_level
from pipeline.pixels.psf import Psf
from pipeline.pixels.sensor import Sensor
from pipeline.pixels.sky import Sky, expose
from tests.pixels.test_stars import BLANK

MOSAICS = pytest.mark.parametrize("bayer", [None, "RGGB"])


def sensor(bayer: str | None = None, **more: object) -> Sensor:
    return Sensor(width=900, height=700, bayer=bayer, seed=3, **more)  # type: ignore[arg-type]


@MOSAICS
def test_a_flat_shows_its_level_its_noise_and_its_dark_corners(bayer: str | None) -> None:
    taken = expose(None, sensor(bayer, vignetting=0.3, hot_share=0.002), kind=Kind.FLAT, exposure_s=2, seed=4)
    found = measure_level(taken.adu, saturation_adu=65535, bayer=bayer)
    expected = taken.truth.expected
    assert found.median_adu == pytest.approx(np.median(expected), rel=0.01)
    assert found.mean_adu == pytest.approx(expected.mean(dtype=np.float64), rel=0.001)
    assert found.noise_adu == pytest.approx(np.sqrt((found.mean_adu - 500) / 0.25), rel=0.03)
    assert found.corners_percent == pytest.approx(76, abs=2)
    assert found.gradient_percent < 1
    assert found.banding_adu < 0.03 * found.noise_adu
    assert found.stars == 0
    assert found.saturated_percent == 0


@pytest.mark.parametrize("angle_deg", [0, 60, 200, 315])
def test_the_slope_of_a_flat_is_true_in_size_and_direction(angle_deg: float) -> None:
    taken = expose(None, sensor(vignetting=0.2), kind=Kind.FLAT, seed=1)
    y, x = np.mgrid[-350:350, -450:450]
    a = np.radians(angle_deg)
    tilted = taken.adu * (1 + 0.1 * (x * np.cos(a) + y * np.sin(a)) / 900)
    found = measure_level(tilted, saturation_adu=65535)
    across = 900 * abs(np.cos(a)) + 700 * abs(np.sin(a))
    assert found.gradient_percent == pytest.approx(10 * across / 900, rel=0.15)
    assert abs((found.gradient_deg - angle_deg + 180) % 360 - 180) < 5


def test_clipping_of_a_flat_is_exact() -> None:
    taken = expose(None, sensor(vignetting=0.3), kind=Kind.FLAT, flat_level_adu=66_000, seed=1)
    found = measure_level(taken.adu, saturation_adu=65535)
    assert found.saturated_percent == 100 * np.count_nonzero(taken.adu == 65535) / taken.adu.size > 5


@MOSAICS
def test_stars_in_a_sky_flat_are_counted(bayer: str | None) -> None:
    stars = scatter_stars(60, 900, 700, seed=3, flux_adu_s=(30_000, 200_000), apart_px=30)
    taken = expose(Sky(stars=stars, psf=Psf(fwhm_px=3)), sensor(bayer), kind=Kind.FLAT, exposure_s=2, seed=4)
    found = measure_level(taken.adu, saturation_adu=65535, bayer=bayer)
    assert found.stars == pytest.approx(60, abs=3)


@MOSAICS
@pytest.mark.parametrize("hot_share", [0.0, 0.001, 0.02])
def test_hot_pixels_of_a_dark_are_counted(hot_share: float, bayer: str | None) -> None:
    taken = expose(None, sensor(bayer, hot_share=hot_share), kind=Kind.DARK, exposure_s=120, seed=2)
    found = measure_level(taken.adu, saturation_adu=65535, bayer=bayer)
    assert found.hot_pixels == pytest.approx(len(taken.truth.hot), rel=0.05, abs=2)
    assert found.stars == 0
    assert found.corners_percent == pytest.approx(100, abs=0.3)


def test_a_light_leak_in_a_dark_shows_in_the_corners_and_as_a_slope() -> None:
    dark = expose(None, sensor(), kind=Kind.DARK, exposure_s=120, seed=2).adu.astype(np.float32)
    y, x = np.mgrid[0:700, 0:900]
    leak = 200 * np.exp(-np.hypot(x - 900, y - 700) / 150)
    sound, leaking = (measure_level(pixels, saturation_adu=65535) for pixels in (dark, dark + leak))
    assert leaking.corners_percent > sound.corners_percent + 3
    slope = measure_level(dark + 40 * x / 900, saturation_adu=65535)
    assert slope.gradient_percent == pytest.approx(100 * 40 / 520, rel=0.15)
    assert sound.gradient_percent < 0.3


def test_banding_is_the_spread_of_the_rows() -> None:
    bias = expose(None, sensor(), kind=Kind.BIAS, seed=1).adu.astype(np.float32)
    wander = np.random.default_rng(1).normal(0, 3, 700)[:, None]
    assert measure_level(bias, saturation_adu=65535).banding_adu < 0.1
    assert measure_level(bias + wander, saturation_adu=65535).banding_adu == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize("bayer", [None, "RGGB"])
@pytest.mark.parametrize("name", BLANK)
def test_any_frame_is_a_result(name: str, bayer: str | None) -> None:
    found = measure_level(BLANK[name], saturation_adu=65535, bayer=bayer)
    assert found.stars == 0
    numbers = [
        found.median_adu,
        found.mean_adu,
        found.noise_adu,
        found.corners_percent,
        found.gradient_percent,
    ]
    assert np.isfinite(numbers).all()
    assert np.isfinite([found.gradient_deg, found.banding_adu]).all()
