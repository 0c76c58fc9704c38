"""Where a frame was taken and what the clock on the wall said: the night it belongs to (DESIGN §2.14).

The zone that counts is the site's own on that date. Where the site is unknown, the offset between the two times a
header or name holds is a zone as well, as long as the longitude does not speak against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.model.rigs import Rig, Site
from pipeline.rules import nights

_NEAR_DEG = 0.1
_PLAUSIBLE_H = 3.0
"""Political time is within about three hours of the sun's; more, and the clock was not set to the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Start of the exposure on both clocks, and how the second was found."""

    utc: datetime | None = None
    local: datetime | None = None
    how: str = ""
    """`zone Europe/Madrid`, `DATE-LOC`, `longitude`, `UTC`: what made the local time."""


def find_site(
    latitude_deg: float | None,
    longitude_deg: float | None,
    rig: Rig | None,
    on: date | None,
    sites: Sequence[Site],
) -> Site | None:
    """The site within 0.1° of the frame's own coordinates; without coordinates the rig's of that date."""
    if latitude_deg is not None and longitude_deg is not None:
        return next((s for s in sites if _is_at(s, latitude_deg, longitude_deg)), None)
    used = [use.name for use in rig.sites if use.holds(on)] if rig is not None else []
    return next((s for s in sites if s.name in used), None)


def tell_time(
    utc: datetime | None,
    local: datetime | None,
    local_from: str,
    site: Site | None,
    longitude_deg: float | None,
) -> Clock:
    """Both clocks from whichever was told."""
    longitude = site.longitude if site is not None else longitude_deg
    zone = site.time_zone if site is not None else None
    if utc is None:
        return _from_local(local, local_from, zone)
    if zone is not None:
        there, how = nights.local_time(utc, zone, None)
        return Clock(utc=utc, local=there, how=how)
    if local is not None and _plausible(local - utc.replace(tzinfo=None), longitude):
        return Clock(utc=utc, local=local, how=local_from)
    if longitude is not None:
        there, how = nights.local_time(utc, None, longitude)
        return Clock(utc=utc, local=there, how=how)
    return Clock(utc=utc, local=utc.replace(tzinfo=None), how="UTC")


def _from_local(local: datetime | None, local_from: str, zone: str | None) -> Clock:
    if local is None:
        return Clock()
    utc = nights.utc_time(local, zone) if zone is not None else None
    return Clock(utc=utc, local=local, how=local_from)


def _plausible(offset: timedelta, longitude_deg: float | None) -> bool:
    """A wall clock is at most 14 hours from UTC, and near the sun's where the longitude is known."""
    hours = offset.total_seconds() / 3600
    if abs(hours) > 14.1:
        return False
    return longitude_deg is None or abs((hours - longitude_deg / 15 + 12) % 24 - 12) <= _PLAUSIBLE_H


def _is_at(site: Site, latitude_deg: float, longitude_deg: float) -> bool:
    east = abs((site.longitude - longitude_deg + 180) % 360 - 180)
    return abs(site.latitude - latitude_deg) <= _NEAR_DEG + 1e-9 and east <= _NEAR_DEG + 1e-9
