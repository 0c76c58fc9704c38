"""When a night is over: the sun, reckoned to a tenth of a degree without any library, and the quiet of the inbox.

A set is judged when no more frames of it are to be expected: the sun has risen above −6° at the site after that
night's dark, or no new file has come for three hours (DESIGN §4).
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta

from pipeline.rules.nights import FIRST_YEAR, LAST_YEAR

DAWN_DEG = -6.0
"""The end of nautical twilight: nobody takes lights any more."""
QUIET = timedelta(hours=3)
"""So long without a new file, and the telescope is parked."""

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_NOON_EVERYWHERE = timedelta(days=2, hours=2)
"""From the evening's date until it is noon after that night at every longitude, by whatever zone."""
_MINUTE = timedelta(minutes=1)


def sun_altitude_deg(utc: datetime, latitude_deg: float, longitude_deg: float) -> float:
    """Height of the sun's middle above the horizon, without refraction.

    Args:
        utc: The moment; naive is taken as UTC.
        latitude_deg: North positive.
        longitude_deg: East positive.
    """
    days = (_aware(utc) - _J2000) / _DAY
    right_ascension, declination = _sun(days)
    sidereal_deg = 280.46061837 + 360.98564736629 * days + longitude_deg
    hour_angle, latitude = math.radians(sidereal_deg % 360.0) - right_ascension, math.radians(latitude_deg)
    up = math.sin(latitude) * math.sin(declination)
    up += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, up))))


def dawn_after(night: date, latitude_deg: float, longitude_deg: float) -> datetime:
    """When the sun passes −6° on its way up after this night's dark, to the minute.

    Where it does not (white nights, polar night) the next noon ends the night, as it does everywhere by DESIGN §2.14.
    """
    noon = _noon(night, longitude_deg)
    darkest, lightest = noon + _DAY / 2, noon + _DAY
    if not _is_dark(darkest, latitude_deg, longitude_deg) or _is_dark(lightest, latitude_deg, longitude_deg):
        return lightest
    while lightest - darkest > _MINUTE:
        between = darkest + (lightest - darkest) / 2
        if _is_dark(between, latitude_deg, longitude_deg):
            darkest = between
        else:
            lightest = between
    return lightest


def night_is_over(
    night: date,
    latitude_deg: float | None,
    longitude_deg: float | None,
    newest_file_utc: datetime | None,
    now: datetime,
) -> bool:
    """True when a night's sets can be judged.

    Args:
        night: The evening's date.
        latitude_deg: Of the site; without coordinates only the quiet tells, and the calendar of the whole Earth.
        longitude_deg: East positive.
        newest_file_utc: When the newest file of the night came; one from the future tells nothing.
        now: The present, as the caller has it.
    """
    now = _aware(now)
    if newest_file_utc is not None and now - _aware(newest_file_utc) >= QUIET:
        return True
    if not FIRST_YEAR <= night.year <= LAST_YEAR:  # a folder somebody named so
        return False
    if latitude_deg is None or longitude_deg is None or not _on_earth(latitude_deg, longitude_deg):
        return now >= datetime.combine(night, time(), UTC) + _NOON_EVERYWHERE
    return now >= dawn_after(night, latitude_deg, longitude_deg)


def _sun(days: float) -> tuple[float, float]:
    """Right ascension and declination of date, in radians: a Kepler ellipse seen from the tilted Earth."""
    mean_longitude_deg = 280.460 + 0.9856474 * days
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360.0)
    centre_deg = 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    longitude = math.radians((mean_longitude_deg + centre_deg) % 360.0)
    tilt = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    return right_ascension, math.asin(math.sin(tilt) * math.sin(longitude))


def _is_dark(utc: datetime, latitude_deg: float, longitude_deg: float) -> bool:
    return sun_altitude_deg(utc, latitude_deg, longitude_deg) <= DAWN_DEG


def _noon(night: date, longitude_deg: float) -> datetime:
    """Noon of that date by the mean sun."""
    return datetime.combine(night, time(12), UTC) - timedelta(days=longitude_deg / 360.0)


def _on_earth(latitude_deg: float, longitude_deg: float) -> bool:
    return abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0  # NaN is nowhere


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
