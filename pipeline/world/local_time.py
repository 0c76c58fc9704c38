"""Moments as the person's own clock shows them, with the zone said."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from pipeline.rules.records import moment

_LONGEST_ZONE = 6
"""Windows has no short names for zones: `W. Europe Standard Time` is said as `UTC+01:00`."""


def local_words(when: datetime | str) -> str:
    """`2026-01-15 07:02 CET`; a text that is no moment is given back as it is."""
    if isinstance(when, str):
        with suppress(ValueError):
            return local_words(moment(when))
        return str(when)
    with suppress(OverflowError, OSError, ValueError):
        when = when.astimezone()
    return f"{when:%Y-%m-%d %H:%M} {zone_name(when)}"


def zone_name(when: datetime) -> str:
    """The zone of a moment in a few letters."""
    name = when.tzname() or "UTC"
    return name if len(name) <= _LONGEST_ZONE else f"UTC{when:%z}"
