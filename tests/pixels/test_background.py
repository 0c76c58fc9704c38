"""The sky of a frame: its level, its noise and its slope, whatever stands before it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.pixels.background import lay_background, subtract
from pipeline.pixels.psf import Psf
from pipeline.pixels.slope import gradient_percent
from pipeline.pixels.stars import measure_light
from tests.pixels.skies import photograph


@pytest.mark.parametrize("bayer", [None, "BGGR"])
@pytest.mark.parametrize("hot_share", [0.0, 0.02])
def test_level_and_noise_are_those_of_the_sky_alone(bayer: str | None, hot_share: float) -> None:
    photo = photograph(stars=300, bayer=bayer, hot_share=hot_share)
    found = measure_light(photo.adu, saturation_adu=65535, bayer=bayer)
    truth, sensor = photo.taken.truth, photo.sensor
    variance = (truth.background_adu - sensor.bias_adu) / sensor.gain_e_adu
    noise = np.sqrt(variance + (sensor.read_noise_e / sensor.gain_e_adu) ** 2)
    assert found.background_adu == pytest.approx(truth.background_adu, abs=0.1 * noise)
    assert found.noise_adu == pytest.approx(noise, rel=0.05 if hot_share else 0.03)


def test_noise_of_whole_numbers_with_little_spread_is_true() -> None:
    pixels = np.rint(np.random.default_rng(1).normal(500, 0.8, (400, 500))).astype(np.uint16)
    assert lay_background(pixels, is_mosaic=False).noise_adu == pytest.approx(np.hypot(0.8, 0.29), rel=0.03)


@pytest.mark.parametrize("bayer", [None, "RGGB"])
@pytest.mark.parametrize("nebulae", [False, True])
@pytest.mark.parametrize("gradient", [0.0, 0.15, 0.5])
def test_gradient_is_true_despite_nebulae_and_vignetting(
    gradient: float, nebulae: bool, bayer: str | None
) -> None:
    """Within five points of a hundred: of the sky above the black point, from corner to corner.

    Nebulae that leave most of the frame free, that is; one that fills it cannot be told from a gradient.
    """
    photo = photograph(
        stars=150, gradient=gradient, nebulae=nebulae, vignetting=0.2, level_adu_s=20, bayer=bayer
    )
    found = measure_light(photo.adu, saturation_adu=65535, bayer=bayer, black_adu=photo.sensor.bias_adu)
    along = 900 * np.cos(np.radians(30)) + 700 * np.sin(np.radians(30))
    assert found.gradient_percent == pytest.approx(100 * gradient * along / np.hypot(900, 700), abs=5)


def test_gradient_is_a_share_of_what_is_above_black() -> None:
    photo = photograph(stars=0, gradient=0.4)
    background = lay_background(photo.adu, is_mosaic=False)
    whole, above = gradient_percent(background), gradient_percent(background, photo.sensor.bias_adu)
    assert above == pytest.approx(whole * background.level_adu / (background.level_adu - 500), rel=1e-6)


def test_a_frame_without_its_sky_is_level_at_nothing() -> None:
    photo = photograph(stars=0, gradient=0.6, bayer="GBRG", width=701, height=499)
    background = lay_background(photo.adu, is_mosaic=True)
    light = subtract(photo.adu, background, background.widened(), 0, 499)
    assert abs(float(light.mean())) < 0.05 * background.noise_adu
    assert float(light.std()) == pytest.approx(background.noise_adu, rel=0.05)
    for y, x in np.ndindex(2, 2):
        assert abs(float(light[y::2, x::2].mean())) < 0.1 * background.noise_adu


def test_bright_stars_raise_no_sky() -> None:
    dark, starry = (
        photograph(Psf(fwhm_px=3.0), stars=n, flux_adu_s=(2e4, 1e5), apart_px=40) for n in (0, 120)
    )
    levels = [lay_background(photo.adu, is_mosaic=False).levels for photo in (dark, starry)]
    assert np.abs(levels[1] - levels[0]).max() < 0.6 * dark.adu.std()
    assert np.abs(levels[1] - levels[0]).mean() < 0.15 * dark.adu.std()


def test_a_border_without_data_is_no_perfect_sky() -> None:
    photo = photograph(stars=60, apart_px=25)
    framed = photo.adu.copy()
    framed[:100], framed[:, :80] = 0, 0
    found = measure_light(framed, saturation_adu=65535)
    assert found.hfr_px == pytest.approx(photo.taken.truth.shows.hfr_px, rel=0.04)
    assert not found.trail


def test_clear_share_falls_where_cloud_hides_the_stars() -> None:
    photo = photograph(stars=600, flux_adu_s=(150, 5000), width=1000, height=800)
    veiled = photo.adu.copy()
    veiled[:400] = photograph(stars=0, width=1000, height=800, seed=9).adu[:400]
    assert measure_light(photo.adu, saturation_adu=65535).clear_percent == 100
    assert measure_light(veiled, saturation_adu=65535).clear_percent == pytest.approx(50, abs=13)
