"""What headers say, in every program's tongue; real headers from ../shared/cases where it lies beside the checkout."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Evidence, Header, Kind, Value
from pipeline.rules.dialects.common import kind_of
from pipeline.rules.headers import read_header
from tests.factories import make_header

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "headers.json"
needs_cases = pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is not beside this checkout")


def read(cards: dict[str, Value]) -> Evidence:
    return read_header(Header(cards=cards, container="fits"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("LIGHT", Kind.LIGHT),
        ("Light Frame", Kind.LIGHT),
        ("Object", Kind.LIGHT),
        ("Flat Field", Kind.FLAT),
        ("Flat Frame", Kind.FLAT),
        ("Dark Frame", Kind.DARK),
        ("Bias Frame", Kind.BIAS),
        ("Offset", Kind.BIAS),
        ("Zero", Kind.BIAS),
        ("DARKFLAT", Kind.FLATDARK),
        ("Dark Flat", Kind.FLATDARK),
        ("FlatDark", Kind.FLATDARK),
        ("flat-dark frame", Kind.FLATDARK),
        ("SNAPSHOT", Kind.SNAPSHOT),
        ("Master Light", Kind.MASTER_LIGHT),
        ("MASTER FLAT", Kind.MASTER_FLAT),
        ("MASTERDARK", Kind.MASTER_DARK),
        ("Master Bias", Kind.MASTER_BIAS),
        ("masterFlatDark", Kind.MASTER_FLATDARK),
        ("Tricolor", None),
        ("", None),
        ("<script>", None),
    ],
)
def test_every_spelling_of_a_kind_is_understood(text: str, kind: Kind | None) -> None:
    assert kind_of(text) is kind


def test_a_nina_light_speaks_in_numbers_with_sources() -> None:
    said = read_header(make_header())
    assert said.dialect == "nina"
    assert (said.kind, said.target, said.panel) == (Kind.LIGHT, "M31", "2")
    assert (said.optic, said.focal_ratio, said.camera) == ("C8E", 10.0, "ZWO ASI2600MM Pro")
    assert (said.exposure_s, said.set_temp_c, said.gain, said.offset) == (300.0, -10.0, 100.0, 50.0)
    assert said.utc == datetime(2026, 1, 14, 23, 12, 33, 123456, tzinfo=UTC)
    assert said.local == datetime(2026, 1, 15, 0, 12, 33, 123456)
    assert said.spoken["exposure_s"] == "EXPTIME"
    assert said.problems == ()


def test_temperatures_of_tube_and_air_are_read_and_nonsense_is_none() -> None:
    told = read({"FOCTEMP": 3.9, "AMBTEMP": -4.25})
    assert (told.focuser_temp_c, told.ambient_temp_c) == (3.9, -4.25)
    strange = read({"FOCTEMP": -273.0, "FOCUSTEM": "5,5", "AMBTEMP": "cold", "AMBIENT": True})
    assert (strange.focuser_temp_c, strange.ambient_temp_c, strange.problems) == (5.5, None, ())


def test_numbers_written_as_text_are_numbers() -> None:
    said = read_header(make_header(EXPTIME="300.00", GAIN="100", SET__TEMP="-10,5"))
    assert (said.exposure_s, said.gain, said.set_temp_c) == (300.0, 100.0, -10.5)


def test_what_is_no_number_is_said_and_the_rest_is_kept() -> None:
    said = read_header(make_header(EXPTIME="five minutes", EXPOSURE=None, GAIN=float("nan")))
    assert said.exposure_s is None
    assert said.gain is None
    assert [p.code for p in said.problems] == ["not-a-number", "not-a-number"]
    assert said.target == "M31"


@pytest.mark.parametrize("text", ["N/A", "", "0102-13-40T99:00:00", "yesterday", "0000-00-00T00:00:00"])
def test_a_date_that_is_none_is_said(text: str) -> None:
    said = read_header(make_header(DATE__OBS=text))
    assert said.utc is None
    assert any(p.code == "no-time" for p in said.problems)


def test_a_date_alone_is_only_a_date() -> None:
    said = read_header(make_header(DATE__OBS="2026-01-14", DATE__LOC=None))
    assert said.utc is None
    assert said.night is not None
    assert said.spoken["night"].startswith("default")


def test_a_zone_behind_a_time_is_applied() -> None:
    said = read_header(make_header(DATE__OBS="2026-01-15T00:12:33-05:00"))
    assert said.utc == datetime(2026, 1, 15, 5, 12, 33, tzinfo=UTC)


def test_a_date_and_a_time_apart_are_joined() -> None:
    said = read_header(make_header(DATE__OBS="2026-01-14", TIME__OBS="23:12:33.5"))
    assert said.utc == datetime(2026, 1, 14, 23, 12, 33, 500000, tzinfo=UTC)


def test_coordinates_are_degrees_however_written() -> None:
    said = read_header(
        make_header(SITELAT="+41 25 48", SITELONG="285.96", OBJCTRA="00 42 44", OBJCTDEC="+41 16 07")
    )
    assert said.latitude_deg == pytest.approx(41.43)
    assert said.longitude_deg == pytest.approx(-74.04)
    assert said.ra_deg == pytest.approx(10.683, abs=1e-3)
    assert said.dec_deg == pytest.approx(41.2686, abs=1e-3)


@pytest.mark.parametrize(
    ("cards", "dialect"),
    [
        ({"SWCREATE": "SharpCap v4.1.11000.0, 64 bit"}, "sharpcap"),
        ({"SWCREATE": "MaxIm DL Version 6.20"}, "maxim"),
        ({"CREATOR": "Sequence Generator Pro v3.2"}, "sgp"),
        ({"SWCREATE": "Astro Photography Tool - APT v.4.10"}, "apt"),
        ({"FRAME": "Light", "INSTRUME": "ZWO CCD ASI1600MM Pro"}, "ekos"),
        ({"PROGRAM": "Siril 1.4.0"}, "siril"),
        ({"IMAGETYP": "Master Dark"}, "pixinsight"),
        ({"IMAGETYP": "LIGHT"}, "fits"),
        ({}, "fits"),
    ],
)
def test_each_program_is_known_by_its_signature(cards: dict[str, Value], dialect: str) -> None:
    assert read(cards).dialect == dialect


def test_ekos_says_frame_where_others_say_imagetyp() -> None:
    assert read({"FRAME": "Flat", "EXPTIME": 1.0}).kind is Kind.FLAT


def test_maxim_gives_the_aperture_instead_of_the_ratio() -> None:
    said = read({"SWCREATE": "MaxIm DL 6", "IMAGETYP": "Light Frame", "APTDIA": 200.0, "FOCALLEN": 1600.0})
    assert said.focal_ratio == 8.0


def test_a_siril_stack_is_a_master_and_says_of_how_many() -> None:
    said = read({"PROGRAM": "Siril 1.4.0-beta4", "IMAGETYP": "BIAS", "STACKCNT": 10})
    assert (said.kind, said.stack_count) == (Kind.MASTER_BIAS, 10)


def test_a_dwarf_ii_points_in_hours() -> None:
    said = read(
        {
            "ORIGIN": "DWARFLAB",
            "INSTRUME": "DWARFII",
            "RA": 10.0,
            "DEC": 5.0,
            "EXP": 15.0,
            "BINNING": "2*2",
            "DATE-OBS": "2023-10-01T20:00:00",
        }
    )
    assert (said.ra_deg, said.exposure_s, said.binning, said.kind) == (150.0, 15.0, 2, Kind.LIGHT)


def test_a_clock_with_a_zone_behind_it_shows_what_it_shows() -> None:
    both = read_header(make_header(DATE__OBS="2026-01-15T00:12:33+05:30", DATE__LOC=None))
    assert both.local == datetime(2026, 1, 15, 0, 12, 33)
    assert both.utc == datetime(2026, 1, 14, 18, 42, 33, tzinfo=UTC)
    alone = read_header(make_header(DATE__OBS=None, DATE__LOC="2026-01-15T00:12:33.5 -0600"))
    assert alone.local == datetime(2026, 1, 15, 0, 12, 33, 500000)
    assert alone.utc == datetime(2026, 1, 15, 6, 12, 33, 500000, tzinfo=UTC)
    assert read_header(make_header(DATE__OBS="2026-01-15T00:12:33Z", DATE__LOC=None)).local is None


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("1/15/2026 12:12:33.123 AM STANDARD", datetime(2026, 1, 15, 0, 12, 33)),
        ("15/01/2026 00:12:33", datetime(2026, 1, 15, 0, 12, 33)),
        ("15.01.2026 00:12:33", datetime(2026, 1, 15, 0, 12, 33)),
        ("2026-01-15 00:12:33 DAYLIGHT", datetime(2026, 1, 15, 0, 12, 33)),
        ("1/14/2026 06:12:33 PM", datetime(2026, 1, 14, 18, 12, 33)),
        ("1/15/2026 25:12:33", None),
        ("6/6/1999 00:12:33", None),
        ("yesterday", None),
    ],
)
def test_maxims_local_time_is_read_as_windows_writes_it(written: str, local: datetime | None) -> None:
    said = read({"SWCREATE": "MaxIm DL 6", "DATE-OBS": "2026-01-14T23:12:33", "LOCALTIM": written})
    assert said.local == local
    assert said.problems == ()


def test_a_dwarfs_date_is_its_own_clocks() -> None:
    dwarf: dict[str, Value] = {
        "ORIGIN": "DWARFLAB",
        "INSTRUME": "DWARFIII",
        "DATE-OBS": "2025-10-18T05:17:25.998",
    }
    said = read(dwarf)
    assert (said.utc, said.local) == (None, datetime(2025, 10, 18, 5, 17, 25, 998000))
    assert said.spoken["local"] == "DATE-OBS"
    zoned = read(dwarf | {"DATE-OBS": "2025-10-18T05:17:25-07:00"})
    assert zoned.utc == datetime(2025, 10, 18, 12, 17, 25, tzinfo=UTC)


@pytest.mark.parametrize("word", ["N/A", "none", "Unknown", "--", "", "  "])
def test_words_that_name_nothing_are_no_name(word: str) -> None:
    said = read_header(make_header(OBJECT=word, TELESCOP=word, INSTRUME=word))
    assert (said.target, said.optic, said.camera) == (None, None, None)
    assert {"target", "optic", "camera"}.isdisjoint(said.spoken)


def test_coordinates_of_nowhere_are_none() -> None:
    said = read_header(make_header(SITELAT=0.0, SITELONG=0.0, RA=-999.0, DEC=400.0))
    assert (said.latitude_deg, said.longitude_deg, said.ra_deg, said.dec_deg) == (None, None, None, None)


@pytest.mark.parametrize(
    ("cards", "codes"),
    [
        ({"CALSTAT": "BDF"}, ["processed"]),
        ({"CALSTAT": ""}, []),
        ({"CALSTAT": "M"}, []),
        ({"CALSTAT": "none"}, []),
        ({"PROGRAM": "Siril 1.4.0", "BITPIX": -32, "SWCREATE": None}, ["processed"]),
        ({"PROGRAM": "Siril 1.4.0", "SWCREATE": None}, []),
        ({"PROGRAM": "Siril 1.4.0", "BITPIX": -32, "STACKCNT": 9, "SWCREATE": None}, []),
    ],
)
def test_a_calibrated_copy_is_told_from_what_the_camera_wrote(
    cards: dict[str, Value | None], codes: list[str]
) -> None:
    said = read_header(make_header(**cards))
    assert [p.code for p in said.problems] == codes


def test_a_master_made_of_asiair_frames_is_pixinsights_but_its_telescope_is_still_the_mount() -> None:
    said = read(
        {"CREATOR": "ZWO ASIAIR Plus", "IMAGETYP": "Master Light", "TELESCOP": "ZWO AM5", "INSTRUME": "X"}
    )
    assert (said.dialect, said.kind, said.optic) == ("pixinsight", Kind.MASTER_LIGHT, None)


def test_siril_stacks_of_a_smart_telescope_are_masters_and_its_own_are_stacks() -> None:
    seestar: dict[str, Value] = {"CREATOR": "ZWO Seestar S50", "INSTRUME": "Seestar S50", "IMAGETYP": "Light",
                                 "STACKCNT": 40, "APERTURE": 5.0, "TELESCOP": "S50_0"}  # fmt: skip
    own, made = read(seestar), read(seestar | {"PROGRAM": "Siril 1.4"})
    assert (own.kind, own.dialect) == (Kind.STACK, "seestar")
    assert (made.kind, made.dialect, made.optic, made.focal_ratio) == (
        Kind.MASTER_LIGHT, "siril", "Seestar S50", 5.0)  # fmt: skip


def test_ekos_may_write_both_words_for_the_kind() -> None:
    said = read({"FRAME": "Light", "IMAGETYP": "Light Frame"})
    assert (said.dialect, said.kind) == ("ekos", Kind.LIGHT)


def real_headers() -> list[Any]:
    return json.loads(CASES.read_text()) if CASES.exists() else []


EXPECTED: dict[str, dict[str, Any]] = {
    "asiair/asiair-typ-light": {"dialect": "asiair", "kind": Kind.LIGHT, "target": "M 31", "optic": None, "camera": "ZWO ASI2600MC Duo", "filter": "", "exposure_s": 30.0, "gain": 100.0},
    "asiair/asiair-typ-live-light": {"dialect": "asiair", "kind": Kind.LIGHT, "target": "M 13", "optic": None},
    "bias-stacked": {"dialect": "siril", "kind": Kind.MASTER_BIAS, "stack_count": 10, "exposure_s": 0.001},
    "flat-stacked": {"dialect": "siril", "kind": Kind.MASTER_FLAT, "stack_count": 10},
    "dwarf3/failed_IC 434_60s60_Astro_20251018-051725998_15C": {"dialect": "dwarf", "kind": Kind.LIGHT, "target": "IC 434", "filter": "Astro", "sensor_temp_c": 15.0, "focal_ratio": 4.3, "optic": "DWARFIII"},
    "dwarf3/stacked-16_IC 434_60s60_Astro_20251018-045127226": {"dialect": "dwarf", "kind": Kind.STACK},
    "dwarf3/typ-light": {"dialect": "dwarf", "kind": Kind.LIGHT, "gain": 60.0},
    "dwarf3/typ-raw-dark": {"dialect": "dwarf", "kind": Kind.DARK, "target": None, "filter": ""},
    "dwarf3/typ-CALI_FRAME-bias": {"dialect": "fits", "kind": None, "bayer": "RGGB", "width_px": 3856},
    "malformedasimaster": {"dialect": "asiair", "kind": Kind.MASTER_BIAS, "stack_count": 100},
    "nina/nina-bias-raw": {"dialect": "nina", "kind": Kind.BIAS, "exposure_s": 0.0001},
    "nina/nina-dark-raw": {"dialect": "nina", "kind": Kind.DARK, "exposure_s": 1.0, "sensor_temp_c": -10.5, "set_temp_c": -10.0},
    "nina/nina-typ-flat": {"dialect": "nina", "kind": Kind.FLAT, "filter": "HaOiii", "exposure_s": 6.24656, "rotator_deg": None},
    "nina/nina-typ-light": {"dialect": "nina", "kind": Kind.LIGHT, "target": "M 27", "camera_id": "ZWOptical_ZWO ASI2600MC Duo_", "local": datetime(2025, 9, 16, 20, 34, 2, 647710)},
    "seestar/seestar-stacked": {"dialect": "seestar", "kind": Kind.STACK, "stack_count": 614, "target": "Sadr"},
    "seestar/seestar-stacked2": {"dialect": "seestar", "kind": Kind.STACK},
    "seestar/seestar-typ-light": {"dialect": "seestar", "kind": Kind.LIGHT, "focal_ratio": 5.0, "optic": "Seestar S50", "camera": "Seestar S50", "filter": "IRCUT", "exposure_s": 10.0},
    "seestar/seestar-typ-light2": {"dialect": "seestar", "kind": Kind.LIGHT, "camera_id": "S50_00000000"},
    "typ-processed-file": {"dialect": "siril", "kind": Kind.MASTER_LIGHT, "stack_count": 234},
}  # fmt: skip


@needs_cases
@pytest.mark.parametrize("case", real_headers(), ids=lambda case: str(case["kind"]))
def test_real_headers_are_understood(case: dict[str, Any]) -> None:
    said = read_header(Header(cards=case["header"], container="fits"))
    for field, value in EXPECTED.get(case["kind"], {}).items():
        assert getattr(said, field) == value, field


KEYS = st.sampled_from(["IMAGETYP", "OBJECT", "EXPTIME", "DATE-OBS", "DATE-LOC", "GAIN", "RA", "DEC", "SITELAT", "BINNING", "TELESCOP",
                        "INSTRUME", "SWCREATE", "CREATOR", "ORIGIN", "STACKCNT", "NAXIS1", "MJD-OBS", "TIME-OBS", "BAYERPAT", "SITELONG"])  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=80),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from(["N.I.N.A. 3", "DWARFLAB", "ZWO Seestar S50", "1e400"]),
)


@given(st.dictionaries(KEYS, VALUES))
def test_no_header_breaks_the_night(cards: dict[str, Value]) -> None:
    read(cards)
