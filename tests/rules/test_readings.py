"""What others say of a light, put together: each reading with its own witness, nothing made up."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

import pytest

from pipeline.model.measures import QUANTITIES
from pipeline.rules.guide_log import GuideLog, parse_guide_log
from pipeline.rules.readings import guide_rms, readings
from pipeline.rules.session_match import SessionRow
from tests.factories import make_frame

LIGHT = make_frame(
    local=datetime(2026, 1, 14, 21, 44),
    sources={"local": "time zone Europe/Madrid"},
    ra_deg=10.7,
    dec_deg=41.3,
)
ROW = SessionRow(
    file="x.fits", key="x", stars=1423, hfr_px=2.3142, fwhm_arcsec=2.4, eccentricity=0.42, rms_arcsec=0.6482
)


def log_of(
    wobble_px: float, *, begun: str = "21:42:27", scale: float = 2.0, ra_hr: float = 0.71, rows: int = 400
) -> GuideLog:
    lines = [
        f"Guiding Begins at 2026-01-14 {begun}",
        f"Pixel scale = {scale:.2f} arc-sec/px, Binning = 1, Focal length = 200 mm",
        f"RA = {ra_hr:.2f} hr, Dec = 41.2 deg, Hour angle = 1.00 hr",
        "Frame,Time,mount,dx,dy,RARawDistance,DECRawDistance,RAGuideDistance",
        *(f'{at},{at}.0,"Mount",0,0,{wobble_px * (-1) ** at:.3f},0.000,0' for at in range(rows)),
    ]
    return parse_guide_log("\n".join(lines), "PHD2_GuideLog.txt")


def test_a_frame_nobody_speaks_of_has_no_readings() -> None:
    assert readings(LIGHT) == {}


def test_name_and_header_are_heard() -> None:
    frame = replace(LIGHT, hfr_px=2.31, stars=1423, rms_arcsec=0.65)
    assert readings(frame) == {"hfr": 2.31, "stars": 1423.0, "rms_arcsec": 0.65}


def test_every_reading_is_a_quantity_that_limits_know() -> None:
    found = readings(replace(LIGHT, hfr_px=2.3, stars=9), row=ROW, logs=[log_of(0.3)])
    assert set(found) <= set(QUANTITIES)
    assert {QUANTITIES[name].witness for name in found} == {"NINA", "PHD2"}


def test_the_session_file_adds_what_the_name_lacks() -> None:
    assert readings(LIGHT, row=ROW) == {
        "hfr": 2.3142, "stars": 1423.0, "fwhm_arcsec": 2.4, "eccentricity": 0.42, "rms_arcsec": 0.6482
    }  # fmt: skip


def test_of_the_same_number_the_one_with_more_digits_counts() -> None:
    found = readings(replace(LIGHT, hfr_px=2.31, rms_arcsec=0.65), row=ROW)
    assert (found["hfr"], found["rms_arcsec"]) == (2.3142, 0.6482)
    halfway = readings(replace(LIGHT, hfr_px=2.32), row=replace(ROW, hfr_px=2.315))
    assert halfway["hfr"] == 2.315
    header = readings(replace(LIGHT, hfr_px=2.31419), row=ROW)
    assert header["hfr"] == 2.31419


def test_where_name_and_session_file_really_differ_the_name_wins() -> None:
    assert readings(replace(LIGHT, hfr_px=2.6, stars=900), row=ROW)["hfr"] == 2.6
    assert readings(replace(LIGHT, hfr_px=2.6, stars=900), row=ROW)["stars"] == 900.0


def test_guider_pixels_count_only_with_the_scale_of_the_rig() -> None:
    frame = replace(LIGHT, rms_guider_px=0.4)
    assert readings(frame) == {}
    assert readings(frame, guider_arcsec_px=2.0) == {"rms_arcsec": 0.8}
    assert readings(replace(frame, rms_arcsec=0.7), guider_arcsec_px=2.0) == {"rms_arcsec": 0.7}


def test_a_session_file_without_the_guiders_scale_is_helped_by_the_rig() -> None:
    row = SessionRow(file="x", key="x", rms_guider_px=0.4)
    assert readings(LIGHT, row=row) == {}
    assert readings(LIGHT, row=row, guider_arcsec_px=2.0) == {"rms_arcsec": 0.8}
    known = replace(row, rms_arcsec=0.75)
    assert readings(LIGHT, row=known, guider_arcsec_px=2.0) == {"rms_arcsec": 0.75}


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -1.0, 0.0])
def test_what_is_no_measurement_is_not_there(nothing: float) -> None:
    frame = replace(LIGHT, hfr_px=nothing, rms_arcsec=nothing)
    assert readings(frame) == {}


def test_no_stars_at_all_is_a_result() -> None:
    assert readings(replace(LIGHT, stars=0)) == {"stars": 0.0}


def test_the_guide_log_stands_beside_what_nina_says() -> None:
    found = readings(replace(LIGHT, rms_arcsec=0.65), logs=[log_of(0.3)])
    assert found == {"rms_arcsec": 0.65, "rms_arcsec_guide_log": pytest.approx(0.6, rel=1e-3)}


def test_a_log_that_was_stored_before_it_had_grown_is_the_same_log() -> None:
    found = guide_rms(LIGHT, [log_of(0.3, rows=150), log_of(0.3)])
    assert found is not None
    assert found.samples == 301


def test_two_mounts_that_guided_at_once_are_told_apart_by_their_pointing_or_not_at_all() -> None:
    own, other = log_of(0.3), log_of(0.9, begun="21:40:00", rows=600)
    assert guide_rms(LIGHT, [own, other]) is None
    far = log_of(0.9, begun="21:40:00", rows=600, ra_hr=2.55)
    assert guide_rms(LIGHT, [own, far]) == guide_rms(LIGHT, [own])
    assert guide_rms(replace(LIGHT, ra_deg=None), [own, far]) is None


@pytest.mark.parametrize("how", ["longitude -3.7°", "UTC"])
def test_a_local_time_no_clock_showed_is_not_looked_up_in_a_log(how: str) -> None:
    assert readings(replace(LIGHT, sources={"local": how}), logs=[log_of(0.3)]) == {}


def test_without_start_or_length_no_log_is_asked() -> None:
    assert readings(replace(LIGHT, local=None), logs=[log_of(0.3)]) == {}
    assert readings(replace(LIGHT, exposure_s=None), logs=[log_of(0.3)]) == {}
