"""The simulator against figures worked out by other means: if it lies, every later test lies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.model.frames import Kind
from pipeline.pixels.field import Stars, scatter_stars
from pipeline.pixels.psf import Psf, paint, shape_of
from pipeline.pixels.sensor import Sensor, hot_pixels, scatter_dust, transmission
from pipeline.pixels.sky import Exposure, Nebula, Sky, expose
from pipeline.pixels.weather import Conditions, SatelliteTrail

QUIET = Sensor(width=200, height=160, bias_adu=500, dark_adu_s=0.1, read_noise_e=2.0, gain_e_adu=0.5)
PSFS = [
    Psf(fwhm_px=1.5),
    Psf(fwhm_px=3.0),
    Psf(fwhm_px=2.2, beta=4.0),
    Psf(fwhm_px=6.0, beta=3.5, eccentricity=0.6, angle_deg=25.0),
    Psf(fwhm_px=8.0),
    Psf(fwhm_px=2.5, ring_px=7.0),
]


def one_star(x: float, y: float, flux: float = 1000.0) -> Stars:
    return Stars(np.array([x]), np.array([y]), np.array([flux]))


def aperture(image: NDArray[np.floating], x: float, y: float, radius: float) -> tuple[float, float, float]:
    """Sum and centroid within a circle: the plainest photometry there is."""
    rows, columns = np.indices(image.shape)
    inside = np.hypot(columns - x, rows - y) <= radius
    light = np.where(inside, image, 0.0).astype(np.float64)
    return light.sum(), (light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()


@pytest.mark.parametrize("psf", PSFS)
@pytest.mark.parametrize(("x", "y"), [(60.0, 60.0), (60.37, 59.81), (60.5, 60.5)])
def test_flux_and_place_of_a_star_are_recovered_by_a_plain_aperture(psf: Psf, x: float, y: float) -> None:
    image = np.zeros((121, 121), np.float32)
    star = one_star(x, y, 50_000.0)
    paint(image, psf, star.x, star.y, star.flux)
    flux, found_x, found_y = aperture(image, x, y, 56)
    assert flux == pytest.approx(50_000, rel=1e-4)
    assert (found_x, found_y) == pytest.approx((x, y), abs=0.01)


def test_a_pixel_holds_the_light_that_falls_on_its_face() -> None:
    """A Gaussian's share of a pixel is a difference of error functions; nothing of ours is in this figure."""
    from math import erf, sqrt

    sigma = 1.5 / 2.35482
    image = np.zeros((21, 21), np.float32)
    star = one_star(10.3, 9.8, 1.0)
    paint(image, Psf(fwhm_px=1.5), star.x, star.y, star.flux)

    def share(pixel: int, middle: float) -> float:
        high, low = (pixel + 0.5 - middle) / (sigma * sqrt(2)), (pixel - 0.5 - middle) / (sigma * sqrt(2))
        return (erf(high) - erf(low)) / 2

    for column, row in [(10, 10), (11, 10), (9, 9), (10, 12)]:
        assert image[row, column] == pytest.approx(share(column, 10.3) * share(row, 9.8), rel=2e-3, abs=2e-5)


def test_a_star_at_the_edge_keeps_what_falls_on_the_frame() -> None:
    image = np.zeros((40, 40), np.float32)
    star = one_star(-0.5, 20.0, 1000.0)
    paint(image, Psf(fwhm_px=3.0), star.x, star.y, star.flux)
    assert image.sum() == pytest.approx(500, rel=1e-3)


def test_the_shape_of_a_gaussian_is_the_textbook_s() -> None:
    shape = shape_of(Psf(fwhm_px=4.0))
    sigma = 4.0 / 2.35482
    assert shape.fwhm_px == pytest.approx(4.0, rel=0.005)
    assert shape.hfr_px == pytest.approx(1.17741 * sigma, rel=0.005)
    assert shape.mean_radius_px == pytest.approx(1.25331 * sigma, rel=0.005)
    assert shape.eccentricity < 0.01


@pytest.mark.parametrize(
    "psf", [Psf(fwhm_px=5, eccentricity=0.7, angle_deg=40), Psf(fwhm_px=3, eccentricity=0.4)]
)
def test_eccentricity_and_direction_are_those_asked_for(psf: Psf) -> None:
    shape = shape_of(psf)
    assert shape.eccentricity == pytest.approx(psf.eccentricity, abs=0.01)
    assert shape.angle_deg == pytest.approx(psf.angle_deg, abs=0.5)


@pytest.mark.parametrize("psf", PSFS)
def test_the_shape_pixels_show_is_that_of_painted_stars(psf: Psf) -> None:
    """Of many, since it depends on where in its pixel a star's middle lies."""
    rows, columns = np.indices((121, 121))
    mean_radius = []
    for x, y in 60 + (np.indices((5, 5)).reshape(2, -1).T + 0.5) / 5 - 0.5:
        image = np.zeros((121, 121), np.float32)
        star = one_star(x, y, 1.0)
        paint(image, psf, star.x, star.y, star.flux)
        mean_radius.append((image * np.hypot(columns - x, rows - y)).sum())
    assert np.mean(mean_radius) == pytest.approx(shape_of(psf, on_pixels=True).mean_radius_px, rel=0.005)


def test_trailing_draws_stars_out_along_its_direction() -> None:
    sky = Sky(stars=one_star(100, 80, 2e4), psf=Psf(fwhm_px=3.0), level_adu_s=0)
    taken = expose(sky, QUIET, exposure_s=1, seed=1, conditions=Conditions(drift_px=9, drift_angle_deg=30))
    light = taken.truth.expected - taken.truth.background_adu
    assert light.sum() == pytest.approx(2e4, rel=1e-3)
    assert taken.truth.shows.eccentricity > 0.85
    assert taken.truth.shows.angle_deg == pytest.approx(30, abs=1)
    _, x, y = aperture(light, 100, 80, 25)
    assert (x, y) == pytest.approx((100, 80), abs=0.02)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Kind.BIAS, 500.0), (Kind.DARK, 530.0), (Kind.FLATDARK, 530.0), (Kind.FLAT, 20_530.0)],
)
def test_levels_are_as_computed(kind: Kind, expected: float) -> None:
    taken = expose(None, QUIET, kind=kind, exposure_s=300, flat_level_adu=20_000, seed=1)
    assert taken.truth.background_adu == pytest.approx(expected)
    assert taken.adu.mean() == pytest.approx(expected, abs=5 * taken.adu.std() / np.sqrt(taken.adu.size))
    assert taken.adu.dtype == np.uint16


def test_dark_current_doubles_with_the_temperature() -> None:
    warm = expose(None, QUIET, kind=Kind.DARK, exposure_s=300, temperature_c=-4.0, seed=1)
    assert warm.truth.background_adu == pytest.approx(560.0)


@pytest.mark.parametrize("level_adu", [0.0, 4.0, 15.0, 17.0, 60.0, 2000.0])
def test_noise_is_read_noise_and_shot_noise_by_theory(level_adu: float) -> None:
    sensor = Sensor(width=500, height=400, dark_adu_s=0, read_noise_e=2.0, gain_e_adu=0.5)
    sky = Sky(level_adu_s=level_adu)
    pixels = expose(sky, sensor, exposure_s=1, seed=2).adu.astype(np.float64) - 500 - level_adu
    electrons = level_adu * 0.5
    variance_adu = (electrons + 2.0**2) / 0.5**2 + 1 / 12
    assert pixels.mean() == pytest.approx(0, abs=4 * np.sqrt(variance_adu / pixels.size))
    assert pixels.var() == pytest.approx(variance_adu, rel=0.015)
    skewness = (pixels**3).mean() / pixels.std() ** 3
    assert skewness == pytest.approx(electrons / (electrons + 4) ** 1.5, abs=0.025)


def test_one_seed_gives_the_same_bytes_and_two_seeds_do_not() -> None:
    sky = Sky(
        stars=scatter_stars(30, 200, 160, seed=4), nebulae=(Nebula(x=90, y=70, radius_px=30, peak_adu_s=1),)
    )
    cloudy = Conditions(cloud=0.4)
    first, again, other = (expose(sky, QUIET, seed=seed, conditions=cloudy) for seed in (1, 1, 2))
    assert np.array_equal(first.adu, again.adu)
    assert not np.array_equal(first.adu, other.adu)


def test_hot_pixels_stay_where_they_are() -> None:
    sensor = Sensor(width=200, height=160, hot_share=0.002, hot_adu_s=(5, 200), dark_adu_s=0, seed=9)
    for seed in (1, 2):
        dark = expose(None, sensor, kind=Kind.DARK, exposure_s=100, seed=seed)
        assert set(np.flatnonzero(dark.adu > 800)) == set(hot_pixels(sensor)[0].tolist())
        assert set(dark.truth.hot.tolist()) == set(hot_pixels(sensor)[0].tolist())
    assert len(hot_pixels(sensor)[0]) == 64
    assert expose(None, sensor, kind=Kind.BIAS, seed=3).adu.max() < 800


def test_a_bayer_frame_shows_each_colour_on_its_own_plane() -> None:
    sensor = Sensor(width=200, height=160, bayer="GBRG", response=(0.5, 1.0, 0.7), dark_adu_s=0)
    light = expose(Sky(level_adu_s=20), sensor, exposure_s=100, seed=1).truth.expected - 500
    planes = [float(light[y::2, x::2].mean()) for y in (0, 1) for x in (0, 1)]
    assert planes == pytest.approx([2000, 1400, 1000, 2000], rel=1e-5)


def test_what_is_too_bright_is_cut_at_saturation() -> None:
    sensor = Sensor(width=64, height=64, saturation_adu=60_000)
    sky = Sky(stars=one_star(32, 32, 1e7))
    assert expose(sky, sensor, exposure_s=1, seed=1).adu.max() == 60_000


def test_a_flat_shows_the_vignetting_and_the_dust_of_the_lights() -> None:
    dust = scatter_dust(200, 160, 4, seed=3)
    sensor = Sensor(width=200, height=160, vignetting=0.3, dust=dust, dark_adu_s=0)
    flat = expose(None, sensor, kind=Kind.FLAT, flat_level_adu=20_000, seed=1).truth.expected - 500
    light = expose(Sky(level_adu_s=3), sensor, exposure_s=100, seed=2).truth.expected - 500
    assert np.allclose(flat / 20_000, transmission(sensor), rtol=1e-4)
    assert np.allclose(light / 300, transmission(sensor), rtol=1e-4)
    assert transmission(sensor).min() < 0.72
    assert not expose(None, sensor, kind=Kind.BIAS, seed=1).truth.expected.std()


def test_the_calibrated_sky_of_the_known_scene_is_flat() -> None:
    """Bias 1000, dark 50, sky 300, 30 % vignetting: the scene on which a peer's calibration leaves 28 %."""
    sensor = Sensor(width=300, height=200, bias_adu=1000, dark_adu_s=0.5, vignetting=0.3)
    light = expose(Sky(level_adu_s=3), sensor, exposure_s=100, seed=1).truth.expected.astype(np.float64)
    dark = expose(None, sensor, kind=Kind.DARK, exposure_s=100, seed=2).truth.expected.astype(np.float64)
    bias = expose(None, sensor, kind=Kind.BIAS, seed=3).truth.expected.astype(np.float64)
    flat = expose(None, sensor, kind=Kind.FLAT, exposure_s=0, seed=4).truth.expected - bias
    calibrated = (light - dark) / (flat / flat.mean())
    assert calibrated.mean() == pytest.approx(270, rel=1e-3)
    assert np.ptp(calibrated) / calibrated.mean() < 1e-3


def test_a_gradient_changes_the_sky_across_the_frame_by_its_share() -> None:
    sky = Sky(level_adu_s=10, gradient=0.4, gradient_angle_deg=0)
    light = expose(sky, QUIET, exposure_s=100, seed=1).truth.expected - 510
    longest = np.hypot(200, 160)
    assert (light[:, -1] - light[:, 0]).mean() / 1000 == pytest.approx(0.4 * 199 / longest, rel=0.01)


def spoilt(**conditions: object) -> Exposure:
    sky = Sky(
        stars=scatter_stars(40, 200, 160, seed=4, apart_px=12), level_adu_s=5, psf=Psf(fwhm_px=3, beta=4)
    )
    return expose(sky, QUIET, exposure_s=60, seed=3, conditions=Conditions(**conditions))  # type: ignore[arg-type]


def test_each_bad_condition_is_named_and_does_its_harm() -> None:
    good = spoilt().truth
    cloud, dusk = spoilt(cloud=0.6).truth, spoilt(twilight_adu_s=40).truth
    trail, ring = spoilt(trails=(SatelliteTrail(),)).truth, spoilt(defocus_px=7).truth
    dew = spoilt(dew=0.7).truth
    assert good.events == ()
    assert cloud.events == ("cloud",)
    assert cloud.stars.flux.sum() == pytest.approx(0.4 * good.stars.flux.sum(), rel=0.35)
    assert cloud.sky_adu > 1.5 * good.sky_adu
    assert dusk.sky_adu == pytest.approx(good.sky_adu + 2400, rel=1e-3)
    assert trail.events == ("satellite trail",)
    assert (trail.expected - good.expected).max() == pytest.approx(800, rel=0.05)
    assert ring.shows.hfr_px > 2 * good.shows.hfr_px
    assert dew.stars.flux.sum() == pytest.approx(good.stars.flux.sum())
    assert (dew.expected - dew.background_adu).max() < 0.5 * (good.expected - good.background_adu).max()


def test_dither_moves_the_field_and_the_truth_with_it() -> None:
    sky = Sky(stars=one_star(100, 80, 5e4))
    taken = expose(sky, QUIET, exposure_s=1, seed=1, conditions=Conditions(shift_px=(3.4, -2.2)))
    assert (taken.truth.stars.x[0], taken.truth.stars.y[0]) == pytest.approx((103.4, 77.8))
    _, x, y = aperture(taken.truth.expected - taken.truth.background_adu, 103.4, 77.8, 15)
    assert (x, y) == pytest.approx((103.4, 77.8), abs=0.02)


def test_stars_kept_apart_are_apart() -> None:
    stars = scatter_stars(60, 300, 200, seed=1, apart_px=15)
    gaps = np.hypot(stars.x[:, None] - stars.x, stars.y[:, None] - stars.y) + 1e9 * np.eye(len(stars))
    assert len(stars) == 60
    assert gaps.min() >= 15


def test_a_whole_frame_of_stars_gives_back_its_flux() -> None:
    sky = Sky(
        stars=scatter_stars(40, 400, 300, seed=8, apart_px=40), level_adu_s=1, psf=Psf(fwhm_px=3, beta=4)
    )
    sensor = Sensor(width=400, height=300, dark_adu_s=0)
    truth = expose(sky, sensor, exposure_s=10, seed=1).truth
    light = truth.expected - truth.background_adu
    for x, y, flux in zip(truth.stars.x, truth.stars.y, truth.stars.flux, strict=True):
        assert aperture(light, x, y, 19)[0] == pytest.approx(flux, rel=1e-3)
