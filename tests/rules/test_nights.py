from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.nights import (
    find_zone,
    from_mjd,
    local_time,
    night_of,
    parse_time,
    utc_time,
    why_no_time,
)


def moment(text: str) -> datetime | None:
    parsed = parse_time(text)
    return parsed.moment if parsed else None


def test_frame_after_midnight_belongs_to_the_previous_night() -> None:
    assert night_of(datetime(2026, 1, 15, 0, 12, 33)) == date(2026, 1, 14)


def test_night_changes_at_noon_and_not_a_second_before() -> None:
    assert night_of(datetime(2026, 1, 15, 11, 59, 59, 999999)) == date(2026, 1, 14)
    assert night_of(datetime(2026, 1, 15, 12, 0)) == date(2026, 1, 15)


def test_new_years_night_is_the_old_years() -> None:
    assert night_of(datetime(2026, 1, 1, 3, 0)) == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("utc", "zone", "local"),
    [
        ("2026-03-29T00:30:00", "Europe/Madrid", "2026-03-29T01:30:00"),  # summer time begins
        ("2026-03-29T01:30:00", "Europe/Madrid", "2026-03-29T03:30:00"),
        ("2026-10-25T00:30:00", "Europe/Madrid", "2026-10-25T02:30:00"),  # and ends: 02:30 twice
        ("2026-10-25T01:30:00", "Europe/Madrid", "2026-10-25T02:30:00"),
        ("2026-01-15T18:45:00", "Asia/Kolkata", "2026-01-16T00:15:00"),  # +05:30
        ("2026-01-15T23:00:00", "Europe/London", "2026-01-15T23:00:00"),  # +00:00 in winter
        ("2024-11-02T18:01:00", "America/Regina", "2024-11-02T12:01:00"),  # −06:00, no summer time
        ("2026-01-15T10:30:00", "Pacific/Kiritimati", "2026-01-16T00:30:00"),  # +14:00, across the date line
    ],
)
def test_zone_tells_the_clock_on_the_frames_own_date(utc: str, zone: str, local: str) -> None:
    told, how = local_time(datetime.fromisoformat(utc), zone, None)
    assert told == datetime.fromisoformat(local)
    assert zone in how


def test_night_goes_on_through_the_change_of_clocks() -> None:
    begun = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    nights = {night_of(local_time(begun + timedelta(hours=h), "Europe/Madrid", None)[0]) for h in range(9)}
    assert nights == {date(2026, 3, 28)}


def test_without_a_zone_the_longitude_tells_the_clock_to_the_second() -> None:
    told, how = local_time(datetime(2026, 1, 15, 0, 0, tzinfo=UTC), None, -7.51)
    assert told == datetime(2026, 1, 14, 23, 29, 58)  # 7.51° are half an hour and 2.4 s
    assert how == "longitude -7.51°"


def test_longitudes_of_either_convention_tell_the_same_clock() -> None:
    utc = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
    assert local_time(utc, None, 282.5)[0] == local_time(utc, None, -77.5)[0]


def test_without_a_site_the_clock_is_utc_and_says_so() -> None:
    utc = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
    assert local_time(utc, None, None) == (datetime(2026, 1, 15, 6, 0), "UTC")
    assert local_time(utc, None, float("nan"))[1] == "UTC"


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    there = datetime(2026, 1, 15, 8, 0, tzinfo=timezone(timedelta(hours=2)))
    assert local_time(there, "UTC", None)[0] == datetime(2026, 1, 15, 6, 0)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../../etc/passwd", "", "Europe", "/etc/localtime", "x" * 300]
)
def test_unknown_zone_is_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match="IANA name such as"):
        find_zone(name)


def test_local_clock_gives_back_the_moment() -> None:
    assert utc_time(datetime(2026, 7, 1, 2, 0), "Europe/Madrid") == datetime(2026, 7, 1, 0, 0, tzinfo=UTC)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)), st.floats(-180, 180))
def test_the_sun_is_never_half_a_day_from_the_clock(utc: datetime, longitude: float) -> None:
    told, _ = local_time(utc, None, longitude)
    assert abs(told - utc) <= timedelta(hours=12, seconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-15T12:30:45",
        "2024-01-15 12:30:45",
        " '2024-01-15T12:30:45'",
        "2024-01-15T12:30:45.",
        "2024-01-15T12:30:45.000",
        "2024-01-15T12:30:45.000000",
        "2024-01-15T12:30:45.0000000",
        "2024-01-15T12:30:45,000",
    ],
)
def test_all_spellings_are_one_time(text: str) -> None:
    assert moment(text) == datetime(2024, 1, 15, 12, 30, 45)


def test_digits_beyond_the_microsecond_are_cut() -> None:
    assert moment("2026-01-15T05:12:33.1234567") == datetime(2026, 1, 15, 5, 12, 33, 123456)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-15T12:30:45Z", "2024-01-15T12:30:45"),
        ("2024-01-15T12:30:45.123 UTC", "2024-01-15T12:30:45.123"),
        ("2024-01-15T12:30:45-05:00", "2024-01-15T17:30:45"),
        ("2024-01-15T12:30:45+05:30", "2024-01-15T07:00:45"),
        ("2024-01-15T01:30:45+0530", "2024-01-14T20:00:45"),
    ],
)
def test_zone_behind_a_time_is_applied(text: str, utc: str) -> None:
    assert moment(text) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_date_alone_is_a_day_and_no_moment() -> None:
    parsed = parse_time("2025-09-01")
    assert parsed is not None
    assert (parsed.day, parsed.moment) == (date(2025, 9, 1), None)


def test_leap_second_is_a_time() -> None:
    assert moment("2016-12-31T23:59:60") == datetime(2016, 12, 31, 23, 59, 59)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("N/A", "says no time"),
        ("", "says no time"),
        ("NaN", "says no time"),
        ("invalid-date", "is no date"),
        ("0102-01-15T12:30:45", "names a year in which nobody took this picture"),
        ("102-01-15T12:30:45", "names a year in which nobody took this picture"),
        ("99999-01-15", "names a year in which nobody took this picture"),
        ("2024-02-30T12:30:45", "names a day that no calendar has"),
        ("2024-01-15T24:00:00", "names an hour that no clock shows"),
        ("2024-01-15T12:61:00", "names an hour that no clock shows"),
        ("2024-01-15T12:30:45+99:00", "names an hour that no clock shows"),
        ("٢٠٢٤-٠١-١٥", "is no date"),
        ("2024-01-15T12:30:45 or so", "is no date"),
    ],
)
def test_what_is_no_time_says_why(text: str, why: str) -> None:
    assert parse_time(text) is None
    assert why_no_time(text) == why


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_has_a_reason(text: str) -> None:
    assert (parse_time(text) is None) == bool(why_no_time(text))


@given(st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 31)))
def test_every_time_reads_back(written: datetime) -> None:
    assert moment(written.isoformat()) == written


def test_julian_date_is_a_moment_unless_it_is_none() -> None:
    assert from_mjd(61055.21704861) == pytest.approx(
        datetime(2026, 1, 15, 5, 12, 33, tzinfo=UTC), abs=timedelta(milliseconds=2)
    )
    assert from_mjd(float("nan")) is None
    assert from_mjd(-1e300) is None
