"""NINA's Session Metadata: tables of every version, JSON, damage, and which row is whose."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.measures import QUANTITIES
from pipeline.rules.session_match import find_row, index_rows, name_key
from pipeline.rules.session_metadata import match_row, parse_session, readings_of
from pipeline.world.demo_headers import CSV_COLUMNS

HEAD = CSV_COLUMNS.split(",")
SAID = {
    "ExposureNumber": "7", "FilePath": "D:/Astro/2026-01-14/LIGHT/M 33_Ha_0007.fits", "FilterName": "Ha",
    "ExposureStart": "2026-01-15 00:12", "Duration": "300", "Binning": "1x1", "CameraTemp": "-10",
    "CameraTargetTemp": "-10", "Gain": "100", "Offset": "50", "ADUStDev": "253.4246", "ADUMean": "1703.7",
    "ADUMedian": "1660", "ADUMin": "697", "ADUMax": "65535", "DetectedStars": "1423", "HFR": "2.3142",
    "HFRStDev": "0.41", "FWHM": "2.31", "Eccentricity": "0.42", "GuidingRMS": "0.22", "GuidingRMSArcSec": "1.121",
    "GuidingRMSRA": "0.164", "GuidingRMSRAArcSec": "0.837", "GuidingRMSDEC": "0.147",
    "GuidingRMSDECArcSec": "0.746", "FocuserPosition": "12542", "FocuserTemp": "NaN", "RotatorPosition": "NaN",
    "PierSide": "East", "Airmass": "1.1421", "ExposureStartUTC": "2026-01-15T05:12:33.1234567Z",
    "MountRA": "23.4621", "MountDec": "30.6602", "ImageType": "LIGHT",
}  # fmt: skip
START = datetime(2026, 1, 15, 5, 12, 33, 123456, UTC)
BEFORE_FWHM = [name for name in HEAD[:31] if name not in {"FWHM", "Eccentricity"}]
EVERYTHING = {"hfr": 2.3142, "stars": 1423.0, "fwhm_arcsec": 2.31, "eccentricity": 0.42, "rms_arcsec": 1.121}


def table(*rows: dict[str, str], head: list[str] = HEAD, end: str = "\r\n") -> str:
    lines = [",".join(head), *(",".join(row.get(name, "") for name in head) for row in rows), ""]
    return end.join(lines)


def said(**changes: str) -> dict[str, str]:
    return {**SAID, **changes}


def read(text: str) -> list[dict[str, float]]:
    rows, sentences = parse_session(text, "ImageMetaData.csv")
    assert sentences == ()
    return [readings_of(row) for row in rows]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_reading_is_found_whatever_the_line_ends(end: str, bom: str) -> None:
    assert read(bom + table(SAID, SAID, end=end)) == [EVERYTHING, EVERYTHING]


def test_readings_bear_names_that_limits_know() -> None:
    assert set(EVERYTHING) <= set(QUANTITIES)


def test_columns_are_read_by_their_headings_in_any_order() -> None:
    assert read(table(SAID, head=list(reversed(HEAD)))) == [EVERYTHING]


def test_quoted_values_may_hold_commas_and_quotes() -> None:
    path = '"D:/Astro/Smith, ""J""/M 33, Ha_0007.fits"'
    rows, _ = parse_session(table(said(FilePath=path, FilterName='"Ha, 3 nm"')), "x.csv")
    assert rows[0].file == 'D:/Astro/Smith, "J"/M 33, Ha_0007.fits'
    assert readings_of(rows[0]) == EVERYTHING


@pytest.mark.parametrize("nothing", ["NaN", "", "nan", "Infinity", "-1", "n/a", "2,31x", "1_0", "-∞"])
def test_what_is_no_number_is_no_reading(nothing: str) -> None:
    row = said(
        HFR=nothing, FWHM=nothing, Eccentricity=nothing, DetectedStars=nothing, GuidingRMSArcSec=nothing
    )
    row = {name: f'"{value}"' for name, value in row.items()}
    assert read(table(row)) == [{}]


def test_an_unguided_frame_has_no_guiding_error() -> None:
    assert "rms_arcsec" not in read(table(said(GuidingRMS="0", GuidingRMSArcSec="0")))[0]


def test_no_stars_is_a_result_and_their_size_is_none() -> None:
    assert read(
        table(said(DetectedStars="0", HFR="0", FWHM="0", Eccentricity="NaN", GuidingRMSArcSec="0"))
    ) == [{"stars": 0.0}]


def test_round_stars_have_eccentricity_nought_and_more_than_one_is_none() -> None:
    first, second = read(table(said(Eccentricity="0"), said(Eccentricity="1.4")))
    assert first["eccentricity"] == 0.0
    assert "eccentricity" not in second


def test_tables_of_older_versions_lack_what_these_did_not_write() -> None:
    without = {
        name: value for name, value in EVERYTHING.items() if name not in {"fwhm_arcsec", "eccentricity"}
    }
    assert read(table(SAID, head=BEFORE_FWHM)) == [without]
    assert read(table(SAID, head=HEAD[:31])) == [EVERYTHING]
    assert parse_session(table(SAID, head=HEAD[:31]), "x.csv")[0][0].utc is None


@pytest.mark.parametrize("head", [BEFORE_FWHM, HEAD[:31], HEAD[:34]], ids=len)
@pytest.mark.parametrize("written", [BEFORE_FWHM, HEAD[:31], HEAD[:34], HEAD], ids=len)
def test_rows_appended_by_another_version_are_read_in_its_own_order(
    head: list[str], written: list[str]
) -> None:
    appended = ",".join(SAID[name] for name in written)
    rows, sentences = parse_session(table(SAID, head=head) + appended + "\r\n", "x.csv")
    assert sentences == ()
    assert readings_of(rows[1])["rms_arcsec"] == 1.121
    assert readings_of(rows[1])["hfr"] == 2.3142
    assert (readings_of(rows[1]).get("fwhm_arcsec") == 2.31) == ("FWHM" in written)
    assert (rows[1].utc == START) == ("ExposureStartUTC" in written)


def test_a_version_to_come_may_add_columns_at_the_end() -> None:
    longer = ",".join([*SAID.values(), "42", "new"])
    rows, sentences = parse_session(table(head=BEFORE_FWHM) + longer, "x.csv")
    assert sentences == ()
    assert readings_of(rows[0]) == EVERYTHING


def test_a_table_that_is_begun_anew_has_its_own_headings() -> None:
    assert read(table(SAID, head=HEAD[:31]) + table(SAID, head=list(reversed(HEAD)))) == [
        EVERYTHING,
        EVERYTHING,
    ]


def test_a_row_that_was_cut_off_counts_for_nothing_and_is_said() -> None:
    whole = table(SAID, SAID)
    for cut in range(
        len(table(SAID)) + 1, len(whole) - 25
    ):  # in the last three columns nothing is lost by a cut
        rows, sentences = parse_session(whole[:cut], "ImageMetaData.csv")
        assert readings_of(rows[0]) == EVERYTHING
        for row in rows[1:]:
            assert readings_of(row) == EVERYTHING, whole[cut - 20 : cut]
        assert len(rows) == 2 or sentences, whole[cut - 20 : cut]
    _, sentences = parse_session(table(SAID) + "8,D:/Astro/2026-01-14/LI", "ImageMetaData.csv")
    assert sentences == (
        "ImageMetaData.csv: 1 row could not be read and counts for nothing: line 3 has 2 values under 35 headings.",
    )


def test_a_stray_quote_costs_one_row() -> None:
    broken = table(SAID, said(FilterName='"Ha'), SAID)
    rows, sentences = parse_session(broken, "x.csv")
    assert [readings_of(row) for row in rows] == [EVERYTHING, EVERYTHING]
    assert len(sentences) == 1
    assert "line 3 " in sentences[0]


def test_many_broken_rows_are_one_sentence() -> None:
    _, sentences = parse_session(table(SAID) + "1,2\n" * 500, "x.csv")
    assert len(sentences) == 1
    assert sentences[0].startswith(
        "x.csv: 500 rows could not be read and count for nothing; the first: line 3 has"
    )


def test_tables_of_weather_and_equipment_have_no_exposures_and_no_fault() -> None:
    weather = "ExposureNumber,ExposureStart,Temperature,ExposureStartUTC\r\n1,2026-01-15 00:12,3.1,2026-01-15T05:12:33Z\r\n"
    assert parse_session(weather, "WeatherData.csv") == ((), ())
    assert parse_session('{"TargetName":"M 33","PixelSize":3.76}', "AcquisitionDetails.json") == ((), ())
    assert parse_session("", "ImageMetaData.csv") == ((), ())


def test_a_table_without_headings_is_said() -> None:
    rows, sentences = parse_session("1,2,3\n4,5,6\n", "ImageMetaData.csv")
    assert rows == ()
    assert sentences == ("ImageMetaData.csv: it has no headings that tell which file a row speaks of.",)


def record(**changes: object) -> dict[str, object]:
    numbers: dict[str, object] = {
        name: float(value) if value.replace(".", "").replace("-", "").isdigit() else value
        for name, value in SAID.items()
    }
    return {**numbers, **changes}


def test_json_says_the_same() -> None:
    rows, sentences = parse_session(json.dumps([record(), record(HFR="NaN", FWHM=float("nan"))]), "x.json")
    assert sentences == ()
    assert rows[0].utc == START
    assert readings_of(rows[0]) == EVERYTHING
    assert set(readings_of(rows[1])) == {"stars", "eccentricity", "rms_arcsec"}


def test_json_values_of_odd_types_are_no_readings() -> None:
    odd = json.dumps(
        [record(HFR=True, FWHM=None, Eccentricity=[0.4], DetectedStars={"n": 3}, GuidingRMSArcSec=10**400)]
    )
    rows, _ = parse_session(odd, "x.json")
    assert readings_of(rows[0]) == {}


def test_json_that_breaks_off_gives_what_came_before() -> None:
    text = json.dumps([record(), record(FilePath="b.fits")])
    rows, sentences = parse_session(text[:-40], "x.json")
    assert [readings_of(row) for row in rows] == [EVERYTHING]
    assert sentences == (
        "x.json: 1 row could not be read and counts for nothing: the file breaks off, or is no JSON from there on.",
    )


def test_json_nested_without_end_is_survived() -> None:
    assert parse_session('{"a":' * 100_000, "x.json")[0] == ()
    assert parse_session("[" * 100_000 + "{", "x.json")[0] == ()


def rows_of(*rows: dict[str, str]) -> tuple[object, ...]:
    return parse_session(table(*rows), "x.csv")[0]


@pytest.mark.parametrize(
    "name",
    [
        "M 33_Ha_0007.fits",
        "2026-01-14\\LIGHT\\M 33_Ha_0007.fits",
        "elsewhere/m 33_ha_0007.FITS",
        "M%2033_Ha_0007.fits",
        "M+33_Ha_0007.xisf",
        "M 33_Ha_0007.fits.fz",
    ],
)
def test_a_row_is_found_by_the_files_own_name_however_it_is_spelled(name: str) -> None:
    rows, _ = parse_session(table(SAID), "x.csv")
    assert match_row(rows, name, "stored.fits", None) is rows[0]
    assert match_row(rows, "inbox/other.fits", name, START) is rows[0]


def test_composed_and_decomposed_letters_are_one_name() -> None:
    assert name_key("a/Ca\u0301diz.fits") == name_key("b\\C\u00e1diz.fit")


def test_the_last_row_on_a_frame_speaks() -> None:
    rows, _ = parse_session(table(SAID, said(HFR="2.5")), "x.csv")
    found = match_row(rows, "M 33_Ha_0007.fits", "", START)
    assert found is rows[1]


def test_the_same_name_at_another_time_is_another_exposure() -> None:
    rows, _ = parse_session(table(SAID, said(ExposureStartUTC="2026-01-16T05:12:33Z", HFR="9")), "x.csv")
    assert match_row(rows, "M 33_Ha_0007.fits", "", START) is rows[0]
    assert match_row(rows, "M 33_Ha_0007.fits", "", START + timedelta(hours=1)) is None


@pytest.mark.parametrize(("off_s", "found"), [(-2, True), (2, True), (0, True), (2.1, False), (-2.1, False)])
def test_a_renamed_file_is_found_by_its_start(off_s: float, found: bool) -> None:
    rows, _ = parse_session(table(SAID), "x.csv")
    at = START + timedelta(seconds=off_s)
    assert (match_row(rows, "mine.fits", "2026-01-15_00-12-33.fits", at) is rows[0]) == found
    assert (match_row(rows, "mine.fits", "", at.replace(tzinfo=None)) is rows[0]) == found


def test_two_cameras_that_began_together_are_told_apart_by_exposure_or_not_at_all() -> None:
    rows, _ = parse_session(table(SAID, said(FilePath="other.fits", Duration="120")), "x.csv")
    index = index_rows(rows)
    assert find_row(index, "mine.fits", "", START, 120.0) is rows[1]
    assert find_row(index, "mine.fits", "", START, 300.0) is rows[0]
    assert find_row(index, "mine.fits", "", START, None) is None
    assert find_row(index, "mine.fits", "", START, 60.0) is None


def test_a_frame_without_name_or_time_has_no_row() -> None:
    rows, _ = parse_session(table(SAID, said(FilePath="")), "x.csv")
    assert match_row(rows, "", "", None) is None
    assert match_row((), "a.fits", "b.fits", START) is None


@given(st.text(max_size=400))
def test_no_text_breaks_the_reading(text: str) -> None:
    check(text)
    check("[" + text)
    check(CSV_COLUMNS + "\n" + text)


@given(
    st.lists(
        st.sampled_from(
            [*SAID.values(), ",", '"', "\n", "\r\n", "\0", "FilePath", CSV_COLUMNS, "[", "{", "}", ":", "NaN"]
        ),
        max_size=80,
    ),
    st.integers(0, 3000),
)
def test_no_damage_breaks_the_reading(pieces: list[str], cut: int) -> None:
    check("".join(pieces)[:cut])
    check(json.dumps([dict.fromkeys(pieces, piece) for piece in pieces[:9]])[:cut])


@given(
    st.dictionaries(
        st.sampled_from(HEAD), st.floats() | st.integers() | st.text() | st.none() | st.booleans()
    )
)
def test_no_json_value_breaks_the_reading(changes: dict[str, object]) -> None:
    check(json.dumps([record(**changes)]))


def check(text: str) -> None:
    rows, sentences = parse_session(text, "x.csv")
    assert all(sentence.startswith("x.csv: ") for sentence in sentences)
    index = index_rows(rows)
    for row in rows:
        assert set(readings_of(row)) <= set(EVERYTHING)
        assert all(0 <= value < float("inf") for value in readings_of(row).values())
        find_row(index, row.file, "", row.utc)
