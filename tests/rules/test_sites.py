"""Sites and clocks: DST both ways, half hours, no zone, no site, across the date line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.model.rigs import SiteUse
from pipeline.rules.nights import night_of
from pipeline.rules.sites import find_site, tell_time
from tests.factories import make_rig, make_site

RIDGE = make_site()
FARM = make_site(name="farm", latitude=-30.0, longitude=-70.0, time_zone=None)


def test_a_site_is_found_within_a_tenth_of_a_degree() -> None:
    assert find_site(40.09, -3.1, None, None, (RIDGE, FARM)) is RIDGE
    assert find_site(40.2, -3.0, None, None, (RIDGE, FARM)) is None


def test_a_site_is_found_across_the_date_line() -> None:
    atoll = make_site(name="atoll", latitude=0.0, longitude=179.97)
    assert find_site(0.0, -179.98, None, None, (atoll,)) is atoll


def test_without_coordinates_the_rig_stood_where_its_file_says() -> None:
    rig = make_rig(
        sites=(
            SiteUse(name="farm", valid_to=date(2025, 1, 1)),
            SiteUse(name="ridge", valid_from=date(2025, 1, 1)),
        )
    )
    assert find_site(None, None, rig, date(2024, 6, 1), (RIDGE, FARM)) is FARM
    assert find_site(None, None, rig, date(2026, 6, 1), (RIDGE, FARM)) is RIDGE


@pytest.mark.parametrize(
    ("zone", "utc", "night"),
    [
        ("Europe/Madrid", datetime(2026, 3, 29, 0, 30), date(2026, 3, 28)),
        ("Europe/Madrid", datetime(2026, 3, 29, 1, 30), date(2026, 3, 28)),
        ("Europe/Madrid", datetime(2026, 10, 25, 10, 30), date(2026, 10, 24)),
        ("Europe/Madrid", datetime(2026, 10, 25, 11, 30), date(2026, 10, 25)),
        ("Europe/London", datetime(2026, 1, 15, 11, 59), date(2026, 1, 14)),
        ("Europe/London", datetime(2026, 1, 15, 12, 0), date(2026, 1, 15)),
        ("Europe/London", datetime(2026, 7, 15, 11, 0), date(2026, 7, 15)),
        ("Asia/Kolkata", datetime(2026, 1, 15, 6, 29), date(2026, 1, 14)),
        ("Asia/Kolkata", datetime(2026, 1, 15, 6, 30), date(2026, 1, 15)),
        ("America/Chicago", datetime(2026, 1, 15, 17, 59), date(2026, 1, 14)),
        ("America/Chicago", datetime(2026, 1, 15, 18, 0), date(2026, 1, 15)),
        ("Pacific/Kiritimati", datetime(2026, 1, 14, 21, 59), date(2026, 1, 14)),
        ("Pacific/Kiritimati", datetime(2026, 1, 14, 22, 0), date(2026, 1, 15)),
    ],
)
def test_a_night_runs_from_noon_to_noon_at_the_site(zone: str, utc: datetime, night: date) -> None:
    site = make_site(time_zone=zone)
    clock = tell_time(utc.replace(tzinfo=UTC), None, "", site, None)
    assert clock.local is not None
    assert night_of(clock.local) == night


def test_the_site_outranks_a_clock_set_to_another_zone() -> None:
    utc = datetime(2026, 1, 15, 23, 0, tzinfo=UTC)
    clock = tell_time(utc, datetime(2026, 1, 15, 17, 0), "header DATE-LOC", RIDGE, None)
    assert clock.local == datetime(2026, 1, 16, 0, 0)


def test_without_a_zone_the_computers_clock_is_believed_when_the_sun_agrees() -> None:
    utc = datetime(2026, 1, 15, 5, 0, tzinfo=UTC)
    local = datetime(2026, 1, 14, 22, 0)
    assert tell_time(utc, local, "header DATE-LOC", None, -110.0).local == local
    assert tell_time(utc, local, "header DATE-LOC", None, None).local == local


def test_a_clock_left_at_utc_yields_to_the_longitude() -> None:
    utc = datetime(2026, 1, 15, 14, 0, tzinfo=UTC)
    clock = tell_time(utc, utc.replace(tzinfo=None), "header DATE-LOC", None, -110.0)
    assert clock.local == datetime(2026, 1, 15, 6, 40)


def test_with_nothing_but_utc_the_night_goes_by_utc_and_says_so() -> None:
    clock = tell_time(datetime(2026, 1, 15, 5, 0, tzinfo=UTC), None, "", None, None)
    assert (clock.local, clock.how) == (datetime(2026, 1, 15, 5, 0), "UTC")


def test_a_local_time_at_a_known_site_yields_utc() -> None:
    clock = tell_time(None, datetime(2026, 7, 15, 1, 0), "name", RIDGE, None)
    assert clock.utc == datetime(2026, 7, 14, 23, 0, tzinfo=UTC)


def test_a_frame_without_any_time_has_no_clock() -> None:
    assert tell_time(None, None, "", RIDGE, None).local is None
