from __future__ import annotations

from pipeline.model.frames import Kind
from pipeline.model.measures import QUANTITIES, Measured
from pipeline.rules.blink_columns import column_of, show_levels, show_lights, value_text

LEVELS = {
    "median_adu": 26_000.0,
    "mean_adu": 26_010.0,
    "noise_adu": 160.0,
    "saturated_percent": 0.0,
    "corners_percent": 82.0,
    "gradient_percent": 3.2,
    "gradient_deg": 45.0,
    "banding_adu": 0.1,
    "hot_pixels": 12.0,
    "stars": 0.0,
}


def row(number, *, levels=None, **values):
    return Measured(stored=f"{number}.fits", size=1, mtime_ns=1, values=values, levels=levels or {})


def texts(shown, number=0):
    return {column.label: column.texts.get(f"{number}.fits") for column in shown.columns}


def test_each_witness_has_a_column_of_its_own():
    shown = show_lights([row(0, hfr=2.5, hfr_measured=2.312, trail=1.0)])
    assert texts(shown) == {"HFR (NINA)": "2.50 px", "HFR": "2.31 px", "satellite trail": "yes"}


def test_no_two_quantities_share_a_column():
    assert len({column_of(name) for name in QUANTITIES}) == len(QUANTITIES)


def test_the_strip_shows_the_size_that_most_frames_have_and_the_background():
    rows = [row(0, hfr=2.5, background_adu=800.0), row(1, hfr=2.6), row(2, hfr_measured=2.0)]
    shown = show_lights(rows)
    assert [curve.label for curve in shown.curves] == ["HFR (NINA)", "background"]
    assert shown.points == {"0.fits": (2.5, 800.0), "1.fits": (2.6, None), "2.fits": (None, None)}


def test_saturation_is_shown_only_where_there_is_some():
    assert texts(show_lights([row(0, saturated_percent=0.001)])) == {}
    assert texts(show_lights([row(0, saturated_percent=0.2)])) == {"saturated": "0.200 %"}


def test_a_flat_is_shown_by_its_level_its_clipping_and_the_last_flat():
    shown = texts(show_levels(Kind.FLAT, [row(0, levels=LEVELS)], 65_535, {"gradient_percent": 2.9}))
    assert shown["level"] == "26000 ADU, 40 % of saturation"
    assert shown["last flat"] == "gradient 2.9 %"
    assert "stars" not in shown


def test_a_dark_is_shown_by_its_drift_along_the_night():
    rows = [row(0, levels=LEVELS), row(1, levels=LEVELS | {"median_adu": 26_012.5})]
    assert texts(show_levels(Kind.DARK, rows, 65_535, {}), 1)["drift"] == "+12.5 ADU since the first"


def test_a_frame_without_measures_has_no_texts():
    assert texts(show_levels(Kind.BIAS, [row(0)], 65_535, {})) == {}
    assert show_lights([row(0)]).columns == ()


def test_a_value_is_said_with_its_unit():
    assert value_text("rms_arcsec", 0.71) == "0.71″"
    assert value_text("stars", 12.0) == "12"
