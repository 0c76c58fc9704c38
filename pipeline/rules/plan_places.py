"""Where a planned target is: coordinates as NINA's files part them, RA in hours, Dec in degrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from pipeline.model.plans import Wish


class Place(NamedTuple):
    """J2000 degrees; None where nothing is said."""

    ra_deg: float | None = None
    dec_deg: float | None = None
    rotation_deg: float | None = None


def place_of(part: Callable[[str], float | None], rotation_deg: float | None, *, is_south: bool) -> Place:
    """The place of `RAHours`, `RAMinutes` ... `DecSeconds`, each asked by its name."""
    hours = _sum([part(f"RA{unit}") for unit in ("Hours", "Minutes", "Seconds")])
    dec = _sum([part(f"Dec{unit}") for unit in ("Degrees", "Minutes", "Seconds")])
    if dec is not None:
        dec = round(-abs(dec) if is_south else dec, 6)
    return Place(round(hours * 15, 6) if hours is not None else None, dec, rotation_deg)


def placed(wish: Wish, place: Place) -> Wish:
    """The wish with its place."""
    return replace(wish, ra_deg=place.ra_deg, dec_deg=place.dec_deg, rotation_deg=place.rotation_deg)


def _sum(numbers: list[float | None]) -> float | None:
    if numbers[0] is None:
        return None
    sign = -1.0 if numbers[0] < 0 else 1.0
    return sign * sum(abs(number or 0.0) / 60.0**place for place, number in enumerate(numbers))
