"""Where target and moon stood in the sky of the site while each light was taken.

All frames of a set in one call. Only the part of astropy that reckons (`erfa`) is loaded: no tables of the Earth's
rotation are needed for a tenth of a degree, so nothing is downloaded, nothing grows stale, and no year is too far.
Altitudes are geometric: refraction lifts a star by 0.02° half-way up, by 0.1° near the trees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float64]

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_J2000_JD = 2451545.0
_TT_DAYS = 69.184 / 86_400
"""From UTC to the even time of the planets. Some leap seconds more or less move the moon by seconds of arc."""
_AU_M = 149_597_870_700.0
_WGS84 = 1
_LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyQuestion:
    """A light, as far as the sky needs to know it."""

    utc: datetime | None
    """Start of the exposure; naive is taken as UTC."""
    exposure_s: float | None
    """The middle of the exposure is what counts; unknown: its start."""
    latitude_deg: float | None
    longitude_deg: float | None
    """East positive."""
    elevation_m: float | None = None
    ra_deg: float | None = None
    """J2000."""
    dec_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyAnswer:
    """Where things stood in the middle of the exposure; None where that cannot be known."""

    altitude_deg: float | None = None
    """Of the target."""
    moon_altitude_deg: float | None = None
    moon_separation_deg: float | None = None
    """Between target and moon, as seen from the site."""


def sky_geometry(frames: Sequence[SkyQuestion]) -> list[SkyAnswer]:
    """Altitude of the target, altitude and distance of the moon, frame by frame."""
    answers = [SkyAnswer()] * len(frames)
    asked = [number for number, frame in enumerate(frames) if _has_place(frame)]
    if not asked:
        return answers
    moon_altitudes, altitudes, separations = _look_up([frames[number] for number in asked])
    for number, moon_deg, up_deg, apart_deg in zip(
        asked, moon_altitudes, altitudes, separations, strict=True
    ):
        aimed = _has_target(frames[number])
        answers[number] = SkyAnswer(
            altitude_deg=float(up_deg) if aimed else None,
            moon_altitude_deg=float(moon_deg),
            moon_separation_deg=float(apart_deg) if aimed else None,
        )
    return answers


def _look_up(frames: Sequence[SkyQuestion]) -> tuple[Vectors, Vectors, Vectors]:
    """Moon's altitude, target's altitude and the angle between them, in degrees."""
    import erfa  # type: ignore[import-untyped]  # astropy's own dependency, without stubs
    import numpy as np

    days = np.array([_days(frame) for frame in frames])
    north, east = _radians(frames, "latitude_deg"), _radians(frames, "longitude_deg")
    above_m = np.array([_elevation(frame) for frame in frames])
    ra, dec = _radians(frames, "ra_deg"), _radians(frames, "dec_deg")
    to_earth = erfa.c2t00b(_J2000_JD, days + _TT_DAYS, _J2000_JD, days, 0.0, 0.0)
    zenith = erfa.s2c(east, north)
    target = _turn(to_earth, erfa.s2c(ra, dec))
    place_au = erfa.gd2gc(_WGS84, east, north, above_m) / _AU_M
    moon = _turn(to_earth, erfa.moon98(_J2000_JD, days + _TT_DAYS)["p"]) - place_au
    halves = np.degrees([erfa.sepp(zenith, moon), erfa.sepp(zenith, target), erfa.sepp(target, moon)])
    return 90.0 - halves[0], 90.0 - halves[1], halves[2]


def _turn(matrices: Vectors, vectors: Vectors) -> Vectors:
    """Each vector by its matrix: from the frame of the stars into that of the turning Earth."""
    turned: Vectors = (matrices @ vectors[..., None])[..., 0]
    return turned


def _radians(frames: Sequence[SkyQuestion], name: str) -> Vectors:
    """An angle of each frame; 0 where it has none, which is not used then."""
    import numpy as np

    values = [getattr(frame, name) for frame in frames]
    angles: Vectors = np.radians(np.array([value if _is_number(value) else 0.0 for value in values]))
    return angles


def _days(frame: SkyQuestion) -> float:
    """Days since 2000 to the middle of the exposure."""
    utc = frame.utc or _J2000
    utc = utc.replace(tzinfo=UTC) if utc.tzinfo is None else utc
    length_s = frame.exposure_s
    half_s = length_s / 2 if _is_number(length_s) and 0 < length_s <= _LONGEST_S else 0.0
    return (utc - _J2000) / timedelta(days=1) + half_s / 86_400


def _elevation(frame: SkyQuestion) -> float:
    above_m = frame.elevation_m
    return above_m if _is_number(above_m) and -500 <= above_m <= 9000 else 0.0


def _has_place(frame: SkyQuestion) -> bool:
    north, east = frame.latitude_deg, frame.longitude_deg
    return frame.utc is not None and _within(north, -90, 90) and _within(east, -180, 360)


def _has_target(frame: SkyQuestion) -> bool:
    return _within(frame.ra_deg, 0, 360) and _within(frame.dec_deg, -90, 90)


def _within(value: float | None, least: float, most: float) -> bool:
    return _is_number(value) and least <= value <= most


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
