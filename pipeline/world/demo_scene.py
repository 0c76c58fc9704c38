"""The nights `doit demo` tells of: two rigs on one ridge, three January nights, and what went wrong in them.

Pure data: which frames were taken when, of what, by which rig, and how each went. `demo_nights` takes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from pipeline.model.frames import Kind
from pipeline.pixels.weather import CLEAR, Conditions, SatelliteTrail
from pipeline.world.demo_rigs import C8E, IC1805, M31_1, M31_2, SQA55, DemoRig, DemoTarget

CLOCK = timezone(timedelta(hours=1), "CET")
"""The observatory's clock in January, written out because not every system knows time zones."""
NIGHTS = (date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 17))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One exposure of the demo."""

    rig: DemoRig
    kind: Kind
    start: datetime
    """Aware, in UTC."""
    exposure_s: float
    filter: str
    seed: int
    target: DemoTarget | None = None
    conditions: Conditions = CLEAR
    fwhm_px: float = 3.0
    rms_arcsec: float | None = None

    @property
    def local(self) -> datetime:
        """The start on the observatory's clock."""
        return self.start.astimezone(CLOCK)

    @property
    def night(self) -> date:
        """The evening's date."""
        return (self.local - timedelta(hours=12)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class _LightSet:
    night: int
    rig: DemoRig
    target: DemoTarget
    filter: str
    count: int
    bad: Mapping[int, str]
    """Number of a frame to what spoilt it."""


_SETS = (
    _LightSet(night=0, rig=C8E, target=M31_1, filter="L", count=9, bad={2: "cloud", 6: "trailing"}),
    _LightSet(night=0, rig=SQA55, target=IC1805, filter="Ha", count=8, bad={1: "satellite", 5: "cloud"}),
    _LightSet(night=1, rig=C8E, target=M31_2, filter="L", count=7, bad={3: "trailing"}),
    _LightSet(night=1, rig=C8E, target=M31_2, filter="R", count=5, bad={1: "satellite"}),
    _LightSet(night=1, rig=SQA55, target=IC1805, filter="OIII", count=7, bad={0: "defocus"}),
    _LightSet(night=2, rig=C8E, target=M31_1, filter="L", count=7, bad={2: "satellite", 4: "trailing"}),
    # More than 30 % lost, so not culled unasked: the question a person meets in the demo.
    _LightSet(
        night=2, rig=SQA55, target=IC1805, filter="Ha", count=7, bad={2: "cloud", 3: "cloud", 5: "trailing"}
    ),
)
_NO_FLATS = (2, SQA55)
"""Forgotten, so that something is missing."""
BETWEEN_S = 14.25
"""Download, dither and settle."""


def demo_shots(*, quick: bool = False) -> list[Shot]:
    """Every exposure of the three nights, rig by rig in the order of the clock; `quick` takes far fewer."""
    shots: list[Shot] = []
    for night in range(len(NIGHTS)):
        for rig in (C8E, SQA55):
            shots.extend(_lights(night, rig, 4 if quick else 99, len(shots)))
            shots.extend(_calibration(night, rig, 2 if quick else 10, len(shots)))
    return shots


def _lights(night: int, rig: DemoRig, most: int, seed: int) -> Iterator[Shot]:
    start = _at(night, 19, 31)
    for taken in (taken for taken in _SETS if taken.night == night and taken.rig is rig):
        for number in range(min(taken.count, most)):
            seed += 1
            yield _light(taken, number, start, seed)
            start += timedelta(seconds=rig.exposure_s + BETWEEN_S)


def _light(taken: _LightSet, number: int, start: datetime, seed: int) -> Shot:
    """One light: a little better or worse than the last, or spoilt."""
    rig, how = taken.rig, taken.bad.get(number, "")
    wander = math.sin(1.7 * seed)
    conditions, softer = _spoilt(rig, how, (6 * math.sin(2.3 * seed), 6 * math.cos(3.1 * seed)))
    drift_arcsec = conditions.drift_px * rig.arcsec_px / math.sqrt(12)
    lost_star = 2.35 if how == "cloud" else 0.0
    return Shot(
        rig=rig,
        kind=Kind.LIGHT,
        start=start,
        exposure_s=rig.exposure_s,
        filter=taken.filter,
        seed=seed,
        target=taken.target,
        conditions=conditions,
        fwhm_px=round(rig.fwhm_px * (1 + 0.08 * wander) * softer, 1),
        rms_arcsec=math.hypot(0.65 + 0.12 * wander, drift_arcsec, lost_star),
    )


def _spoilt(rig: DemoRig, how: str, shift_px: tuple[float, float]) -> tuple[Conditions, float]:
    """How the exposure went, and how much softer the stars are for it."""
    match how:
        case "cloud":
            return Conditions(shift_px=shift_px, cloud=0.7), 1.6
        case "trailing":
            drift_px = 22.0 if rig is C8E else 9.0
            return Conditions(shift_px=shift_px, drift_px=drift_px, drift_angle_deg=12.0), 1.0
        case "defocus":
            return Conditions(shift_px=shift_px, defocus_px=8.0), 1.0
        case "satellite":
            trail = SatelliteTrail(peak_adu=600.0, angle_deg=28.0, offset_px=rig.sensor.height / 9)
            return Conditions(shift_px=shift_px, trails=(trail,)), 1.0
    return Conditions(shift_px=shift_px), 1.0


def _calibration(night: int, rig: DemoRig, count: int, seed: int) -> Iterator[Shot]:
    """Flats of each dawn for the filters of the night; darks and bias once, after the second night."""
    used = [taken for taken in _SETS if taken.night == night and taken.rig is rig]
    runs = [] if (night, rig) == _NO_FLATS else [(Kind.FLAT, rig.flat_s, taken.filter) for taken in used]
    if night == 1:
        runs += [(Kind.DARK, rig.exposure_s, used[0].filter), (Kind.BIAS, 0.001, used[0].filter)]
    start = _at(night, 32, 12)
    for kind, exposure_s, name in runs:
        for _ in range(count):
            seed += 1
            yield Shot(rig=rig, kind=kind, start=start, exposure_s=exposure_s, filter=name, seed=seed)
            start += timedelta(seconds=exposure_s + 4.5)


def _at(night: int, hour: int, minute: int) -> datetime:
    """A moment of a night by the observatory's clock; hour 32 is eight in the morning after."""
    midnight = datetime(NIGHTS[night].year, NIGHTS[night].month, NIGHTS[night].day, tzinfo=CLOCK)
    return (midnight + timedelta(hours=hour, minutes=minute, microseconds=123_456)).astimezone(UTC)
