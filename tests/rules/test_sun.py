"""The sun's height held against astropy's, and when a night is over, from the equator to the poles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.sun import DAWN_DEG, dawn_after, night_is_over, sun_altitude_deg

NIGHT = date(2026, 1, 14)
MADRID = (40.4, -3.7)
PLACES = [
    (-90.0, 0.0),
    (-69.9, 39.6),
    (-33.9, 151.2),
    (0.0, 179.9),
    (19.8, -155.5),
    (51.5, 0.0),
    (78.2, 15.6),
]
JUST_NOW = timedelta(minutes=5)


def test_the_suns_height_is_astropys_within_a_tenth_of_a_degree() -> None:
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, get_body
    from astropy.time import Time
    from astropy.utils import iers

    moments = [
        datetime(year, 1, 3, tzinfo=UTC) + timedelta(days=23.37 * n)
        for year in (1995, 2026)
        for n in range(16)
    ]
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "ignore"):
        times = Time([moment.replace(tzinfo=None) for moment in moments], scale="utc")
        for north, east in PLACES:
            place = EarthLocation(lat=north * u.deg, lon=east * u.deg)
            theirs = get_body("sun", times, place).transform_to(AltAz(obstime=times, location=place)).alt.deg
            ours = [sun_altitude_deg(moment, north, east) for moment in moments]
            assert np.max(np.abs(theirs - ours)) < 0.02


def test_the_sun_of_a_far_year_is_where_the_calendar_has_it() -> None:
    assert sun_altitude_deg(datetime(2150, 6, 21, 12, tzinfo=UTC), 0.0, 0.0) == pytest.approx(66.6, abs=0.3)
    assert sun_altitude_deg(datetime(2150, 12, 21, 12), -23.4, 0.0) == pytest.approx(90.0, abs=1.0)


@pytest.mark.parametrize(
    "place", [MADRID, (-33.9, 151.2), (0.0, -78.5), (19.8, -155.5), (51.5, 179.9), (60.0, -180.0)]
)
def test_dawn_is_when_the_sun_passes_six_degrees_below_in_the_morning(place: tuple[float, float]) -> None:
    dawn = dawn_after(NIGHT, *place)
    assert sun_altitude_deg(dawn, *place) == pytest.approx(DAWN_DEG, abs=0.3)
    assert sun_altitude_deg(dawn + timedelta(minutes=10), *place) > DAWN_DEG
    by_the_sun = dawn + timedelta(hours=place[1] / 15)
    assert by_the_sun.date() == NIGHT + timedelta(days=1)
    assert 4 <= by_the_sun.hour < 9


def test_dawn_in_madrid_is_known_from_the_almanac() -> None:
    assert dawn_after(NIGHT, *MADRID) == pytest.approx(
        datetime(2026, 1, 15, 7, 5, tzinfo=UTC), abs=timedelta(minutes=4)
    )


def test_a_night_is_over_at_dawn_though_files_still_come() -> None:
    dawn = dawn_after(NIGHT, *MADRID)
    before, after = dawn - timedelta(minutes=1), dawn + timedelta(minutes=1)
    assert not night_is_over(NIGHT, *MADRID, before - JUST_NOW, before)
    assert night_is_over(NIGHT, *MADRID, after - JUST_NOW, after)
    assert not night_is_over(NIGHT, *MADRID, None, before)


def test_a_night_is_over_when_nothing_came_for_three_hours() -> None:
    now = datetime(2026, 1, 15, 1, tzinfo=UTC)
    for north, east in (MADRID, (None, None)):
        assert night_is_over(NIGHT, north, east, now - timedelta(hours=3), now)
        assert not night_is_over(NIGHT, north, east, now - timedelta(hours=2, minutes=59), now)


def test_the_daylight_before_the_night_does_not_end_it() -> None:
    noon = datetime(2026, 1, 14, 14, tzinfo=UTC)
    assert not night_is_over(NIGHT, *MADRID, noon - JUST_NOW, noon)


def test_a_file_from_the_future_does_not_end_a_night() -> None:
    now = datetime(2026, 1, 15, 1, tzinfo=UTC)
    assert not night_is_over(NIGHT, *MADRID, now + timedelta(hours=9), now)


def test_times_without_a_zone_are_utc() -> None:
    assert night_is_over(NIGHT, *MADRID, datetime(2026, 1, 14, 22), datetime(2026, 1, 15, 1))


def test_without_coordinates_an_old_night_is_over_once_it_is_noon_after_it_everywhere() -> None:
    before, after = datetime(2026, 1, 16, 1, tzinfo=UTC), datetime(2026, 1, 16, 3, tzinfo=UTC)
    assert not night_is_over(NIGHT, None, None, before - JUST_NOW, before)
    assert night_is_over(NIGHT, None, None, after - JUST_NOW, after)


@pytest.mark.parametrize("nowhere", [(float("nan"), 0.0), (91.0, 0.0), (10.0, 999.0), (None, 5.0)])
def test_impossible_coordinates_are_none(nowhere: tuple[float | None, float | None]) -> None:
    now = datetime(2026, 1, 15, 15, tzinfo=UTC)
    assert not night_is_over(NIGHT, *nowhere, now - JUST_NOW, now)


@pytest.mark.parametrize("night", [date(2026, 6, 21), date(2026, 12, 21)], ids=["white night", "polar night"])
def test_beyond_the_polar_circle_noon_or_quiet_ends_a_night(night: date) -> None:
    place = (78.2, 15.6)
    noon = datetime(night.year, night.month, night.day + 1, 12, tzinfo=UTC) - timedelta(hours=15.6 / 15)
    assert dawn_after(night, *place) == noon
    assert not night_is_over(night, *place, noon - 2 * JUST_NOW, noon - JUST_NOW)
    assert night_is_over(night, *place, noon - JUST_NOW, noon)
    assert night_is_over(night, *place, noon - timedelta(hours=8), noon - timedelta(hours=5))


@given(st.dates(), st.floats(-90, 90), st.floats(-180, 180), st.datetimes())
def test_every_night_everywhere_has_an_answer(night: date, north: float, east: float, now: datetime) -> None:
    assert night_is_over(night, north, east, None, now) in {True, False}
    assert night_is_over(night, None, None, now, now) in {True, False}


@given(st.dates(date(1951, 1, 1), date(2198, 12, 31)), st.floats(-90, 90), st.floats(-180, 180))
def test_a_night_ends_between_its_midnight_and_noon(night: date, north: float, east: float) -> None:
    midnight = datetime(night.year, night.month, night.day, tzinfo=UTC) + timedelta(days=1 - east / 360)
    assert (
        midnight - timedelta(minutes=1) <= dawn_after(night, north, east) <= midnight + timedelta(hours=12.01)
    )
