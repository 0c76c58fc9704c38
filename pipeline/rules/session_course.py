"""How a night went on: focus that drifted, a target that sank, a moon that rose, a sensor that grew warm.

Values of the good frames of one set and one witness, in the order of the clock. A drift is named when the last third
lies clearly beyond the first and the values climb most of the way; its likely reason only where that was measured too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import radians, sin
from statistics import median

from pipeline.model.catalog import FrameRow
from pipeline.model.measures import QUANTITIES
from pipeline.rules.report_words import degrees_c, filter_sign, quantity
from pipeline.rules.session_analysis import Finding, at
from pipeline.rules.session_signs import SHARPNESS, SetSeen
from pipeline.rules.spoken import counted

LEAST, LEAST_HOURS = 8, 0.75
"""Frames and time that a course needs."""
DRIFT, CLIMBS = 1.1, 0.6
"""Last third over first, and the rank correlation with time."""
LOW_DEG = 30.0
WARM_C = 1.0
"""How far a cooled sensor may be from its set point."""
MOONLIT = 1.2
"""Times the background of the frames without the moon."""
_SEEING = 0.6
"""Stars grow with this power of the air mass."""
_NARROW = frozenset({"Ha", "OIII", "SII"})
_FEW = 3
_TUBE = (("focuser_temp_c", "the focuser"), ("ambient_temp_c", "the air"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Values in the order of the clock."""

    times: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def first(self) -> float:
        """The middle of the first third."""
        return median(self.values[: max(len(self.values) // 3, 1)])

    @property
    def last(self) -> float:
        """The middle of the last third."""
        return median(self.values[-max(len(self.values) // 3, 1) :])

    @property
    def climbs(self) -> float:
        """Rank correlation with time: 1 always up, −1 always down."""
        return _rank_correlation(self.values)

    @property
    def is_long(self) -> bool:
        """True when there is enough of it to speak of a course."""
        return len(self.values) >= LEAST and _hours(self.times[0], self.times[-1]) >= LEAST_HOURS

    def since(self) -> int:
        """The number from which on the values stay in the upper half of the way."""
        half = (self.first + self.last) / 2
        rising = self.last > self.first
        smooth = [median(self.values[max(0, number - 1) : number + 2]) for number in range(len(self.values))]
        below = [number for number, value in enumerate(smooth) if (value < half) == rising]
        return min(below[-1] + 1 if below else 0, len(self.values) - 1)


def course_of(frames: Iterable[FrameRow], name: str) -> Course:
    """The course of a quantity."""
    told = [
        (one["utc"], value)
        for one in frames
        if (value := one.get("values", {}).get(name)) is not None and one.get("utc")
    ]
    return Course(times=tuple(when for when, _ in told), values=tuple(value for _, value in told))


def course_findings(sets: Sequence[SetSeen], is_cooled: bool) -> list[Finding]:
    """What the course of a night teaches."""
    drifts = [one for each in sets if (one := _drift(each, is_cooled)) is not None]
    moons = [one for each in sets if (one := _moon(each)) is not None]
    found = [_joined("Grew softer", drifts), _low(sets), _joined("Moonlight", moons)]
    found += [_warm(sets)] if is_cooled else []
    return [one for one in found if one is not None]


def _joined(what: str, found: Sequence[Finding]) -> Finding | None:
    """What several sets teach as one finding: each advice once."""
    if not found:
        return None
    advice = dict.fromkeys(one.advice for one in found)
    return Finding(
        what=what, told=" ".join(f"{one.what}: {one.told}" for one in found), advice=" ".join(advice)
    )


def _drift(seen: SetSeen, is_cooled: bool) -> Finding | None:
    good, name = seen.good, seen.witness(SHARPNESS)
    course = course_of(good, name)
    if not course.is_long or course.climbs < CLIMBS or course.last < DRIFT * course.first:
        return None
    timed = [one for one in good if one.get("utc") and name in one.get("values", {})]
    told = QUANTITIES[name]
    said = (
        f"{told.words} ({told.witness}) rose from {quantity(name, course.first)} to "
        f"{quantity(name, course.last)}, half of it by {at(timed[course.since()])}"
    )
    reason, advice = _why(timed, course, is_cooled)
    return Finding(what=seen.row["label"], told=f"{said}{reason}.", advice=advice)


def _why(frames: Sequence[FrameRow], course: Course, is_cooled: bool) -> tuple[str, str]:
    """What else changed meanwhile, and what to try."""
    height = course_of(frames, "altitude_deg")
    if height.is_long and height.last < height.first and height.last > 0:
        through = (sin(radians(height.first)) / sin(radians(height.last))) ** _SEEING
        if through >= course.last / course.first / 1.05:
            sank = f", while the target sank from {height.first:.0f}° to {height.last:.0f}°"
            return sank, "As much as the thicker air explains: end it higher, and begin another target."
    where, warmth = _warmth(frames, is_cooled)
    if warmth and warmth[0] - warmth[-1] >= 1:
        fell = f", while {where} went from {degrees_c(warmth[0])} to {degrees_c(warmth[-1])}"
        return fell, "Focus drifts as a tube cools: run autofocus after each degree."
    high = f", at an altitude of {height.first:.0f}° to {height.last:.0f}°" if height.is_long else ""
    if warmth:
        return (
            high,
            f"Not for the cold: {where} kept its temperature. Run autofocus each hour, and see whether it goes.",
        )
    return high, (
        "The temperature of the tube is not known here: run autofocus each hour, and see whether it goes."
    )


def _warmth(frames: Sequence[FrameRow], is_cooled: bool) -> tuple[str, list[float]]:
    """What tells how the tube cooled, and its temperatures: the focuser, the air, the sensor nobody cools."""
    for key, where in _TUBE if is_cooled else (*_TUBE, ("sensor_temp_c", "the sensor")):
        found: list[float] = [one[key] for one in frames if key in one]  # type: ignore[literal-required]
        if found and len(found) == len(frames):
            return where, found
    return "", []


def _low(sets: Sequence[SetSeen]) -> Finding | None:
    low = [
        one
        for each in sets
        for one in each.good
        if one.get("values", {}).get("altitude_deg", LOW_DEG) < LOW_DEG
    ]
    if not low:
        return None
    least = min(one["values"]["altitude_deg"] for one in low)
    return Finding(
        what=f"{counted(len(low), 'kept light')} below {LOW_DEG:.0f}°",
        told=f"The lowest at {least:.0f}°: there the air is more than twice as thick as overhead.",
        advice="Begin later or end earlier, while the target stands higher.",
    )


def _moon(seen: SetSeen) -> Finding | None:
    if filter_sign(seen.row.get("filter", "")) in _NARROW:
        return None
    lit: list[float] = []
    dark: list[float] = []
    for one in seen.good:
        values = one.get("values", {})
        if "moon_altitude_deg" in values and "background_adu" in values:
            (lit if values["moon_altitude_deg"] > 0 else dark).append(values["background_adu"])
    if len(lit) < _FEW or len(dark) < _FEW or median(lit) < MOONLIT * median(dark):
        return None
    bright, plain = (quantity("background_adu", median(one)) for one in (lit, dark))
    return Finding(
        what=seen.row["label"],
        told=f"background {bright} with the moon up, {plain} without.",
        advice="Shoot narrowband while it is up, and this filter when it has set.",
    )


def _warm(sets: Sequence[SetSeen]) -> Finding | None:
    off = [
        (abs(one["sensor_temp_c"] - each.row["set_temp_c"]), one["sensor_temp_c"], each.row["set_temp_c"])
        for each in sets
        if "set_temp_c" in each.row
        for one in each.good
        if "sensor_temp_c" in one
    ]
    far = [one for one in off if one[0] > WARM_C]
    if not far:
        return None
    _, was, asked = max(far)
    return Finding(
        what=f"{counted(len(far), 'light')} off the set temperature",
        told=f"The sensor stood at {degrees_c(was)} where {degrees_c(asked)} was asked.",
        advice="Darks of the set temperature fit these badly: cool earlier, or ask less of the cooler.",
    )


def _rank_correlation(values: Sequence[float]) -> float:
    """Spearman's, against the order they stand in; equal values share their rank."""
    number = len(values)
    if number < _FEW or len(set(values)) == 1:
        return 0.0
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    ranks = [sum(places[value]) / len(places[value]) for value in values]
    middle = (number - 1) / 2
    top = sum((one - middle) * (place - middle) for place, one in enumerate(ranks))
    down = sum((one - middle) ** 2 for one in ranks) * sum((one - middle) ** 2 for one in range(number))
    return float(top / down**0.5)


def _hours(begun: str, ended: str) -> float:
    return float((datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds() / 3600)
