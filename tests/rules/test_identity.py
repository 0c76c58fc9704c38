"""A file is the same frame wherever it lies, and every value says where it came from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Evidence, Frame, Kind, Value
from pipeline.model.rigs import NameRules
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.layout import frame_path
from tests.factories import make_header, make_rig, make_site

KNOWN = Known(rigs=(make_rig(),), sites=(make_site(),))
RAW = (
    "LIGHT\\C8E+ZWO ASI2600MM Pro\\M31 Panel 2\\DATE_2026-01-14\\FILTER_L_EXP_300.00_SETTEMP_-10.00\\"
    "2026-01-15_00-12-33_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits"
)


def look(path: str, known: Known = KNOWN, header: Any = None, **more: Any) -> Frame:
    return identify(Clues(path=path, header=header, **more), known)


def test_a_raw_nina_path_alone_says_almost_everything() -> None:
    frame = look(RAW)
    assert (frame.kind, frame.rig, frame.rig_known) == (Kind.LIGHT, "C8E@f10.0+ZWO ASI2600MM Pro", True)
    assert (frame.target, frame.panel, frame.night, frame.filter) == ("M31", "2", date(2026, 1, 14), "L")
    assert (frame.exposure_s, frame.set_temp_c, frame.hfr_px, frame.rms_arcsec) == (300.0, -10.0, 1.85, 0.62)
    assert frame.local == datetime(2026, 1, 15, 0, 12, 33)
    assert frame.problems == ()


def test_name_and_header_agree_in_silence_and_each_value_says_its_source() -> None:
    frame = look(RAW, header=make_header())
    assert [p for p in frame.problems if p.code == "disagree"] == []
    assert frame.sources["gain"] == "header GAIN"
    assert frame.sources["exposure_s"].startswith("name")
    assert frame.utc == datetime(2026, 1, 14, 23, 12, 33, 123456, tzinfo=UTC)


def test_a_path_token_outranks_the_header_and_the_disagreement_is_said() -> None:
    frame = look(RAW, header=make_header(EXPTIME=180.0, EXPOSURE=180.0))
    assert frame.exposure_s == 300.0
    assert any(p.code == "disagree" and "180" in p.text and "300" in p.text for p in frame.problems)


def test_the_header_wins_where_the_rig_says_so() -> None:
    known = Known(rigs=(make_rig(names=NameRules(header_wins=("exposure_s",))),), sites=KNOWN.sites)
    frame = look(RAW, known, make_header(EXPTIME=180.0, EXPOSURE=180.0))
    assert frame.exposure_s == 180.0


def test_a_correction_outranks_everything_and_nothing_is_said() -> None:
    frame = look(RAW, header=make_header(), corrections=Evidence(target="M 32", panel=""))
    assert (frame.target, frame.panel) == ("M 32", "")
    assert frame.sources["target"] == "correction"
    assert frame.problems == ()


def test_a_snapshot_by_its_path_is_one_whatever_the_header_says() -> None:
    frame = look("SNAPSHOT/2026-01-15_00-12-33.fits", header=make_header())
    assert frame.kind is Kind.SNAPSHOT


def test_a_frame_is_the_same_in_the_inbox_and_in_the_store() -> None:
    header = make_header()
    first = look(RAW, header=header)
    assert first.rig is not None
    assert first.night is not None
    stored = frame_path(first, first.rig, first.night)
    again = look(stored, header=header, original=RAW)
    for field in (
        "kind",
        "rig",
        "target",
        "panel",
        "night",
        "utc",
        "local",
        "filter",
        "exposure_s",
        "hfr_px",
        "gain",
        "sources",
    ):
        assert getattr(again, field) == getattr(first, field), field


def test_what_only_the_stored_name_holds_is_taken_from_it() -> None:
    first = look(RAW, header=make_header())
    stored = frame_path(first, first.rig or "", first.night or date.min)
    bare = look(stored, header=make_header(), original="x/capture_0001.fits")
    assert bare.hfr_px == 1.85
    assert bare.sources["hfr_px"].startswith("stored name")


def test_a_disagreeing_date_folder_is_recorded_and_the_clock_believed() -> None:
    frame = look(RAW.replace("DATE_2026-01-14", "DATE_2026-01-20"), header=make_header())
    assert frame.night == date(2026, 1, 14)
    assert frame.has("night-disagrees")


def test_in_an_adopted_folder_the_date_folder_is_believed() -> None:
    path = "D:/Data/C8E@f10.0+ZWO ASI2600MM Pro/20_Data/M31/accept/DATE_2026-01-20/FILTER_L_EXP_300.00/2026-01-15_00-12-33.fits"
    frame = look(path, header=make_header())
    assert (frame.night, frame.stage) == (date(2026, 1, 20), "20_Data")
    assert frame.has("night-disagrees")


def test_an_unknown_rig_keeps_the_name_its_parts_make() -> None:
    frame = look("x.fits", header=make_header(TELESCOP="RedCat 51", FOCRATIO=4.9))
    assert (frame.rig, frame.rig_known) == ("RedCat 51@f4.9+ZWO ASI2600MM Pro", False)
    assert frame.has("unknown-rig")


def test_the_camera_of_a_dark_gets_its_own_spelling_without_a_rig() -> None:
    frame = look(
        "x.fits",
        header=make_header(
            IMAGETYP="DARK", TELESCOP=None, FOCRATIO=None, FOCALLEN=None, INSTRUME="ASI2600MM Pro"
        ),
    )
    assert frame.camera == "ZWO ASI2600MM Pro"
    assert not frame.has("unknown-rig")


def test_a_focal_length_off_by_more_than_two_percent_is_mentioned() -> None:
    assert look("x.fits", header=make_header(FOCALLEN=1950.0)).has("focal-length")
    assert not look("x.fits", header=make_header(FOCALLEN=2000.0)).has("focal-length")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"OBJECT": None}, "no-target"),
        ({"OBJECT": "  "}, "no-target"),
        ({"IMAGETYP": None}, "no-kind"),
        ({"EXPTIME": None, "EXPOSURE": None}, "no-exposure"),
        ({"DATE__OBS": None, "DATE__LOC": None}, "no-night"),
        ({"DATE__OBS": "N/A", "DATE__LOC": None}, "no-time"),
    ],
)
def test_what_a_header_lacks_is_said_and_the_rest_is_known(
    changes: dict[str, Value | None], code: str
) -> None:
    frame = look("x.fits", header=make_header(**changes))
    assert frame.has(code)
    assert frame.gain == 100.0


def test_a_local_time_alone_is_a_time() -> None:
    frame = look("x.fits", header=make_header(DATE__OBS=None))
    assert frame.night == date(2026, 1, 14)


@given(path=st.text(max_size=300), object_name=st.text(max_size=100), date_obs=st.text(max_size=40))
def test_no_path_and_no_header_breaks_the_night(path: str, object_name: str, date_obs: str) -> None:
    look(path, header=make_header(OBJECT=object_name, DATE__OBS=date_obs))
    look(path)


def test_guiding_in_guider_pixels_counts_only_with_a_known_scale() -> None:
    pattern = "$$DATETIME$$_RMS_$$RMS$$"
    plain = make_rig(names=NameRules(pattern=pattern))
    scaled = make_rig(names=NameRules(pattern=pattern), guider_arcsec_px=2.0)
    path = "LIGHT/C8E+ZWO ASI2600MM Pro/M31/DATE_2026-01-14/2026-01-15_00-12-33_RMS_0.35.fits"
    assert look(path, Known(rigs=(plain,))).rms_arcsec is None
    assert look(path, Known(rigs=(scaled,))).rms_arcsec == pytest.approx(0.7)
