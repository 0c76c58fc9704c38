from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.frames import Kind
from pipeline.pixels.defects import find_defects
from pipeline.pixels.field import Stars
from pipeline.pixels.flat_field import middle_level, reciprocal
from pipeline.pixels.sensor import transmission
from pipeline.rules.calibrating import score_of
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.fits_text import Card
from tests.amounts import examples
from tests.pixels.calibration_scene import EXPOSURE_S, SENSOR, SKY_ADU, calibrate, light, master, unevenness

DARK, BIAS, FLAT, FLATDARK = Kind.DARK, Kind.BIAS, Kind.FLAT, Kind.FLATDARK
FLAT_S = 2.0
SHADE = transmission(SENSOR)


def flat_without_dark() -> np.ndarray:
    return master(FLAT, FLAT_S) - master(FLATDARK, FLAT_S)


def test_calibrated_sky_is_flat_with_flat_darks():
    done = calibrate(light(), dark=master(DARK), flat=flat_without_dark())
    assert unevenness(done.adu) < 1e-3
    assert done.adu.mean() == pytest.approx(SKY_ADU * middle_level(SHADE), rel=1e-3)


def test_calibrated_sky_is_flat_without_flat_darks_when_the_bias_is_taken_from_the_flat():
    done = calibrate(light(), dark=master(DARK), flat=master(FLAT, FLAT_S), flat_bias=master(BIAS))
    assert unevenness(done.adu) < 1e-3


def test_calibrated_sky_is_flat_when_the_flats_bias_is_given_as_a_number():
    done = calibrate(light(), dark=master(DARK), flat=master(FLAT, FLAT_S), flat_bias=1000.0)
    assert unevenness(done.adu) < 1e-3


def test_calibrated_sky_is_flat_with_a_scaled_dark():
    done = calibrate(
        light(),
        dark=master(DARK, EXPOSURE_S / 2),
        bias=master(BIAS),
        dark_scale=2.0,
        flat=flat_without_dark(),
    )
    assert unevenness(done.adu) < 1e-3


def test_calibrated_sky_is_flat_with_a_dark_that_lost_its_bias():
    done = calibrate(
        light(),
        dark=master(DARK) - master(BIAS),
        bias=master(BIAS),
        dark_has_bias=False,
        flat=flat_without_dark(),
    )
    assert unevenness(done.adu) < 1e-3
    assert done.adu.mean() == pytest.approx(SKY_ADU * middle_level(SHADE), rel=1e-3)


def test_calibrated_sky_is_flat_with_bias_only_where_the_camera_has_no_dark_current():
    cold = light() - np.float32(50)
    done = calibrate(cold, bias=master(BIAS), flat=flat_without_dark())
    assert unevenness(done.adu) < 1e-3
    assert done.adu.mean() == pytest.approx(SKY_ADU * middle_level(SHADE), rel=1e-3)


def test_a_bias_beside_a_dark_of_the_same_exposure_changes_nothing():
    without = calibrate(light(), dark=master(DARK), flat=flat_without_dark())
    beside = calibrate(light(), dark=master(DARK), bias=master(BIAS), flat=flat_without_dark())
    assert np.array_equal(without.adu, beside.adu)


def test_a_dark_that_is_to_be_scaled_needs_a_bias():
    with pytest.raises(ValueError, match="needs a master bias"):
        calibrate(light(), dark=master(DARK), dark_scale=0.5)


def test_flux_of_simulated_stars_is_recovered_within_half_a_percent():
    places = [(60.3, 50.7), (240.1, 180.4), (420.6, 60.2), (80.9, 300.1), (400.2, 310.8), (240.4, 40.3)]
    x, y = np.array(places).T
    stars = Stars(x, y, np.full(len(places), 250_000 / EXPOSURE_S))
    done = calibrate(light(stars), dark=master(DARK), flat=flat_without_dark())
    got = np.array([_flux(done.adu, *at) for at in places]) / middle_level(SHADE)
    assert np.abs(got / 250_000 - 1).max() < 0.005


def _flux(adu: np.ndarray, x: float, y: float) -> float:
    rows, columns = np.indices(adu.shape)
    far = np.hypot(columns - x, rows - y)
    ring = adu[(far > 18) & (far < 30)]
    return float((adu[far <= 14] - np.median(ring)).sum())


def test_each_colour_of_a_mosaic_has_a_flat_sky_of_its_own_level():
    raw = light(bayer="RGGB")
    flat = master(FLAT, FLAT_S, "RGGB") - master(FLATDARK, FLAT_S)
    done = calibrate(raw, dark=master(DARK), flat=flat, is_mosaic=True)
    means = []
    for place in range(4):
        colour = done.adu[place // 2 :: 2, place % 2 :: 2]
        assert unevenness(colour) < 2e-3
        means.append(colour.mean() / SKY_ADU / middle_level(SHADE))
    assert means == pytest.approx([0.6, 1.0, 1.0, 0.75], rel=0.01)


def test_result_equals_that_of_ccdproc():
    ccdproc = pytest.importorskip("ccdproc")
    from astropy import units
    from astropy.nddata import CCDData

    def data(pixels: np.ndarray) -> CCDData:
        return CCDData(pixels.astype(np.float64), unit="adu")

    theirs = ccdproc.ccd_process(
        data(light()),
        dark_frame=data(master(DARK)),
        master_flat=data(flat_without_dark()),
        dark_exposure=EXPOSURE_S * units.s,
        data_exposure=EXPOSURE_S * units.s,
    ).data
    ours = calibrate(light(), dark=master(DARK), flat=flat_without_dark()).adu
    ratio = theirs / ours  # they divide by the flat over its mean, we over its middle: a constant
    assert np.ptp(ratio) < 1e-5 * ratio.mean()


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 17),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.data(),
)
@settings(max_examples=examples(40), deadline=None)
def test_strips_of_any_height_give_what_the_formula_says(
    height, width, strip, has_dark, has_flat, mosaic, data
):
    chance = np.random.default_rng(data.draw(st.integers(0, 1000)))
    pixels = chance.integers(900, 3000, (height, width)).astype(np.uint16)
    dark = chance.normal(1000, 5, (height, width)).astype(np.float32)
    flat = chance.uniform(500, 1500, (height, width)).astype(np.float32)
    masters = {**({"dark": dark} if has_dark else {}), **({"flat": flat} if has_flat else {})}
    done = calibrate(pixels, strip=strip, is_mosaic=mosaic, **masters)
    factor = reciprocal(flat.copy(), is_mosaic=mosaic)[0] if has_flat else 1.0
    wanted = (pixels - dark if has_dark else pixels.astype(np.float32)) * factor
    assert np.allclose(done.adu, np.clip(wanted, 0, 65535), atol=0.02)
    assert done.counts.negative == np.count_nonzero(wanted < 0)


def test_whole_numbers_are_rounded_and_differ_from_floats_by_half_at_most():
    masters = {"dark": master(DARK), "flat": flat_without_dark()}
    whole = calibrate(light(), output=">u2", **masters).adu
    assert np.abs(whole - calibrate(light(), **masters).adu).max() <= 0.51


def test_what_falls_below_or_above_is_clipped_and_counted():
    raw = np.array([[100, 2000, 65535, 1500]], np.uint16)
    masters = {"dark": np.full((1, 4), 1000, np.float32), "flat": np.array([[1, 1, 0.5, 1.0]], np.float32)}
    done = calibrate(raw, **masters)
    assert (done.counts.negative, done.counts.clipped) == (1, 1)
    assert (done.adu.min(), done.adu.max()) == (0, 65535)


def test_a_pedestal_keeps_the_faint_sky():
    raw = np.full((20, 20), 1000, np.uint16)
    done = calibrate(raw, dark=np.full((20, 20), 1050, np.float32), pedestal_adu=100)
    assert done.counts.negative == 0
    assert done.adu.mean() == pytest.approx(50, abs=0.01)


def test_where_the_flat_saw_nothing_a_pixel_is_not_divided():
    flat = np.full((20, 20), 20_000, np.float32)
    flat[0, :5] = [0, -5, np.nan, np.inf, 900]
    done = calibrate(np.full((20, 20), 500, np.uint16), flat=flat)
    assert done.counts.undivided == 4 + 1
    assert done.adu[0, 0] == pytest.approx(500, abs=0.01)
    assert np.isfinite(done.adu).all()


def test_a_flat_without_light_is_refused():
    with pytest.raises(ValueError, match="no light"):
        calibrate(light(), flat=master(BIAS), flat_bias=master(BIAS) + 5)


def test_pixels_that_are_no_numbers_end_as_zero_and_are_counted():
    raw = np.full((20, 20), 500, np.float32)
    raw[3, :2] = [np.nan, np.inf]
    done = calibrate(raw)
    assert done.counts.blank == 2
    assert np.isfinite(done.adu).all()


def test_defects_are_filled_from_good_neighbours_of_the_same_colour():
    chance = np.random.default_rng(3)
    colours = np.tile(np.array([[100, 900], [900, 400]], np.float32), (40, 40))
    raw = (colours + chance.normal(0, 3, colours.shape)).astype(np.float32)
    bad = [(0, 0), (10, 11), (10, 13), (12, 11), (79, 79), (40, 0)]
    for at in bad:
        raw[at] = 60_000
    places = np.array(sorted(y * 80 + x for y, x in bad))
    done = calibrate(raw, defects=places, is_mosaic=True, strip=7)
    assert done.counts.filled == len(bad)
    assert all(abs(done.adu[at] - colours[at]) < 15 for at in bad)
    assert done.adu.max() < 1000


def test_defects_are_found_in_a_dark_that_glows():
    chance = np.random.default_rng(4)
    glow = 1000 + 300 * np.linspace(0, 1, 400)[None, :] ** 3 * np.ones((300, 1))
    dark = (glow + chance.normal(0, 2, (300, 400))).astype(np.float32)
    hot = np.sort(chance.choice(dark.size, 200, replace=False))
    dark.ravel()[hot] += 500
    dark[5, 5] = 0
    assert find_defects(dark).tolist() == sorted({*hot.tolist(), 5 * 400 + 5})


@pytest.mark.parametrize(
    ("masters", "word"),
    [
        ({"dark": DARK, "flat": "raw"}, "flat's shape"),
        ({"flat": "good"}, "flat's shape"),
        ({"dark": "twice", "flat": "good"}, "fell below 0"),
    ],
)
def test_a_bias_counted_wrongly_costs_the_score(masters, word):
    made = {
        DARK: master(DARK),
        "raw": flat_without_dark() * 0.03 + master(BIAS),
        "good": flat_without_dark(),
        "twice": master(DARK) + master(BIAS),
    }
    done = calibrate(light(), **{key: made[value] for key, value in masters.items()})
    score = score_of(done.soundness)
    assert score.points < 70
    assert any(word in reason for reason in score.reasons)


def test_a_good_light_scores_full_points_whatever_the_sky_does():
    raw = light().astype(np.float32)
    slope = 60 * np.linspace(0, 1, raw.shape[1], dtype=np.float32)
    done = calibrate(raw + slope * SHADE, dark=master(DARK), flat=flat_without_dark())
    assert score_of(done.soundness).points > 90


@pytest.mark.skipif(shutil.which("siril-cli") is None, reason="Siril is not installed")
def test_siril_calibrates_alike_and_reads_our_file_back(tmp_path: Path):
    """Siril divides by the flat over its mean, and mends hot pixels because a dark is given: a few may differ."""
    for number in (1, 2):
        write_image(tmp_path / f"light_{number:05}.fit", light(seed=number), [])
    write_image(tmp_path / "dark.fit", master(DARK) / 65535, [])
    write_image(tmp_path / "flat.fit", flat_without_dark() / 65535, [])
    ours = calibrate(light(), dark=master(DARK), flat=flat_without_dark()).adu
    write_image(tmp_path / "ours.fit", (ours / 65535).astype(np.float32), [Card("ADUSCALE", 65535.0)])
    _run_siril(
        tmp_path, "preprocess light_ -dark=dark -flat=flat -prefix=cal_", "load ours.fit", "save again"
    )
    theirs = open_image(tmp_path / "cal_light_00001.fit").pixels().astype(np.float64) * 65535
    ratio = (theirs / ours) / np.median(theirs / ours)
    assert np.percentile(np.abs(ratio - 1), 99.5) < 1e-4
    again = open_image(tmp_path / "again.fit").pixels()
    assert np.array_equal(again, open_image(tmp_path / "ours.fit").pixels())


def _run_siril(folder: Path, *lines: str) -> None:
    (folder / "run.ssf").write_text("\n".join(["requires 0.99.0", "setcpu 1", *lines, ""]))
    (folder / "own.config").touch()
    command = [
        "siril-cli",
        "-d",
        str(folder),
        "-i",
        str(folder / "own.config"),
        "-s",
        str(folder / "run.ssf"),
    ]
    subprocess.run(command, capture_output=True, check=False, timeout=120)
