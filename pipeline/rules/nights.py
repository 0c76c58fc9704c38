"""When a night is: local noon to local noon, at the place and on the date of the frame.

An exposure begun at 03:00 belongs to the evening before, wherever the observatory stands and whatever its
clocks do that spring (DESIGN §2.14). Here are the clock, the night, and the many ways in which programs write
a time.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1950, 2199
"""Outside these a year is a mistake (`102`): no digital camera, no plate scan worth a night."""

_NOON = timedelta(hours=12)
_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_SILENT = frozenset({"", "n/a", "na", "nan", "none", "null", "unknown", "--", "-"})

_TIME = re.compile(
    r"(?P<day>\d{1,5}-\d{2}-\d{2})"
    r"(?:[T ]\s{0,4}(?P<clock>\d{2}:\d{2}(?::\d{2}(?:[.,](?P<fraction>\d{0,18}))?)?)"
    r"\s{0,4}(?P<zone>[Zz]|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ParsedTime:
    """A time as somebody wrote it: always a day, and a moment where a time of day was said."""

    day: date
    moment: datetime | None
    """Aware, in UTC, where a zone was written behind it; naive otherwise; None for a date alone."""


def night_of(local: datetime) -> date:
    """The evening's date of the night in which this local time lies."""
    return (local.replace(tzinfo=None) - _NOON).date()


def local_time(utc: datetime, time_zone: str | None, longitude_deg: float | None) -> tuple[datetime, str]:
    """The observatory's clock at a moment, and how it was told.

    A zone knows its summer times; without one the sun does: 15° of longitude are an hour, to the second.

    Args:
        utc: The moment; naive is taken as UTC.
        time_zone: An IANA name, `Europe/Madrid`.
        longitude_deg: East positive; used where no zone is known.

    Raises:
        ValueError: No such zone; the text is a sentence for a person.
    """
    moment = utc.replace(tzinfo=UTC) if utc.tzinfo is None else utc.astimezone(UTC)
    if time_zone is not None:
        there = moment.astimezone(find_zone(time_zone))
        return there.replace(tzinfo=None), f"time zone {time_zone}"
    if longitude_deg is not None and math.isfinite(longitude_deg):
        east_deg = (longitude_deg + 180.0) % 360.0 - 180.0
        shifted = moment + timedelta(seconds=round(east_deg * 240.0))
        return shifted.replace(tzinfo=None), f"longitude {longitude_deg:g}°"
    return moment.replace(tzinfo=None), "UTC"


def utc_time(local: datetime, time_zone: str) -> datetime:
    """The moment at which the observatory's clock showed this; of an hour shown twice, the first."""
    return local.replace(tzinfo=find_zone(time_zone)).astimezone(UTC)


@lru_cache(maxsize=64)
def find_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name.

    Raises:
        ValueError: There is none; the text is a sentence for a person.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # absent, `../etc`, or a folder of zones such as `Europe`
        raise ValueError(
            f"there is no time zone {name[:60]!r}: an IANA name such as 'Europe/Madrid' is needed"
        ) from None


def from_mjd(mjd: float) -> datetime | None:
    """The moment of a Modified Julian Date; nothing where it lies in no plausible year."""
    if not math.isfinite(mjd) or not 33282 <= mjd <= 124593:  # 1950 to 2199
        return None
    return _MJD_EPOCH + timedelta(days=mjd)


def parse_time(text: str) -> ParsedTime | None:
    """What DATE-OBS and its kin say, in any of the usual spellings; nothing where they say no date.

    `T` or a blank between, any number of decimals, `Z` or `+05:30` behind (applied), or a date alone.
    `why_no_time` has the reason for a None.
    """
    found = _TIME.fullmatch(text.strip().strip("'\"").strip())
    day = _day(found["day"]) if found else None
    if found is None or day is None:
        return None
    if found["clock"] is None:
        return ParsedTime(day, None)
    clock = _clock(found["clock"].replace(",", "."), found["fraction"] or "")
    if clock is None:
        return None
    moment = datetime.combine(day, clock)
    if found["zone"] is None:
        return ParsedTime(day, moment)
    zone = _offset(found["zone"])
    return None if zone is None else ParsedTime(day, moment.replace(tzinfo=zone).astimezone(UTC))


def why_no_time(text: str) -> str:
    """Why `parse_time` finds nothing in this text: half a sentence; empty where it does."""
    if parse_time(text) is not None:
        return ""
    plain = text.strip().strip("'\"").strip()
    if plain.casefold() in _SILENT:
        return "says no time"
    found = _TIME.fullmatch(plain)
    if found is None:
        return "is no date"
    if not FIRST_YEAR <= int(found["day"].split("-")[0]) <= LAST_YEAR:
        return "names a year in which nobody took this picture"
    return (
        "names a day that no calendar has"
        if _day(found["day"]) is None
        else "names an hour that no clock shows"
    )


def _day(text: str) -> date | None:
    year, month, day = (int(part) for part in text.split("-"))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(text: str, fraction: str) -> time | None:
    hour, minute, *rest = text.partition(".")[0].split(":")
    second = int(rest[0]) if rest else 0
    leap = second == 60  # a leap second is written so; clocks here have 60 seconds
    try:
        return time(int(hour), int(minute), second - leap, int(f"{fraction:0<6}"[:6]))
    except ValueError:
        return None


def _offset(text: str) -> timezone | None:
    if text in {"Z", "z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if shift > timedelta(hours=14):
        return None
    return timezone(-shift if text[0] == "-" else shift)
