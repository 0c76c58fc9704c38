"""The timeline of a night's page: what was shot when, altitude and moon behind, HFR, guiding, sky, stars, temperature.

Each dot a frame: its sign and colour the verdict, its tooltip value and reason, a click its row on the page. A plot
shows one witness: the one the rig's limits name, else the one that most frames have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby

from pipeline.model.catalog import FrameRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.measures import QUANTITIES
from pipeline.rules.plots import (
    Curve,
    Dot,
    Panel,
    Run,
    Scale,
    Timeline,
    area_of,
    hour_ticks,
    path_of,
    range_words,
    scale_of,
)
from pipeline.rules.report_verdicts import sign_of, verdict_words
from pipeline.rules.report_words import degrees_c, filter_sign, filter_word, quantity
from pipeline.rules.session_analysis import at
from pipeline.rules.session_course import CLIMBS, DRIFT, course_of
from pipeline.rules.session_signs import BACKGROUND, GUIDING, SHAPE, SHARPNESS, STARS

_LEVELS = (
    ("median_adu", "Level", "ADU"),
    ("noise_adu", "Noise", "ADU"),
    ("hot_pixels", "Hot pixels", ""),
)
_WARMTHS = (("ambient_temp_c", "Air"), ("focuser_temp_c", "Focuser"), ("sensor_temp_c", "Sensor"))
_LETTER = 2.4
"""Percent of the width of a phone that a letter takes."""
_ALTITUDES = Scale(0.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Frames that share a timeline, in the order of the clock, each with its row's anchor."""

    frames: Sequence[FrameRow]
    sets: Mapping[str, SetRow]
    anchors: Mapping[str, str]
    limits: Mapping[str, float]
    """The rig's plain limits of pass 1."""
    zone: str

    def set_of(self, frame: FrameRow) -> SetRow | None:
        """The set a frame belongs to."""
        return self.sets.get(frame.get("set", ""))


def timeline_of(night: Night) -> Timeline | None:
    """The timeline of the frames whose time is known; None where there is nothing to see on it."""
    frames = [one for one in night.frames if begun(one) is not None]
    if len(frames) < 2:
        return None
    first, last = moment(frames[0]), max(moment(one) + _length(one) for one in frames)
    ahead = _ahead(frames[0])
    scale = Scale(first.timestamp(), max(last.timestamp(), first.timestamp() + 60))
    ended = datetime.fromtimestamp(scale.high, UTC)
    curves, sky_says = _curves(frames, scale)
    panels = [one for one in _panels(night, frames, scale) if one is not None]
    return Timeline(
        hours=hour_ticks(first, ended, ahead),
        zone=night.zone,
        runs=tuple(_runs(night, frames, scale)),
        curves=curves,
        sky_says=sky_says,
        panels=tuple(panels),
    )


def begun(frame: FrameRow) -> datetime | None:
    """When a frame was begun: by UTC, else by the clock of the site as if that were UTC."""
    told = frame.get("utc") or frame.get("local", "")
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def moment(frame: FrameRow) -> datetime:
    """The same of a frame that has a time."""
    return begun(frame) or datetime(1970, 1, 1, tzinfo=UTC)


def _length(frame: FrameRow) -> timedelta:
    return timedelta(seconds=min(max(frame.get("exposure_s", 0.0), 0.0), 86_400.0))


def _ahead(frame: FrameRow) -> timedelta:
    """How far the clock of the site goes ahead of the frame's own time."""
    try:
        local = datetime.fromisoformat(frame.get("local", "")).replace(tzinfo=UTC)
    except ValueError:
        return timedelta()
    return timedelta(minutes=round((local - moment(frame)).total_seconds() / 60))


def clock_words(frame: FrameRow) -> str:
    """`UTC+01:00`: how far the frame's clock goes ahead; empty where nobody noted both times."""
    if not (frame.get("utc") and frame.get("local")):
        return ""
    minutes = round(_ahead(frame).total_seconds() / 60)
    return f"UTC{'+' if minutes >= 0 else '−'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _runs(night: Night, frames: Sequence[FrameRow], scale: Scale) -> Iterable[Run]:
    for set_id, found in groupby(frames, key=lambda one: one.get("set", "")):
        run = list(found)
        x = scale.along(moment(run[0]).timestamp())
        is_light = run[0]["kind"] == Kind.LIGHT
        end = scale.along((moment(run[-1]) + _length(run[-1])).timestamp())
        row = night.sets.get(set_id)
        name = row["label"] if row is not None and not is_light else filter_word(run[0].get("filter", ""))
        label = row["label"] if row is not None else name
        width = max(round(end - x, 2), 0.3)
        yield Run(
            x,
            width,
            filter_sign(run[0].get("filter", "") if is_light else "L"),
            name if width > _LETTER * len(name) else "",
            f"{label}: {len(run)} from {at(run[0])} to {at(run[-1])}",
            night.anchors.get(set_id, ""),
        )


def _curves(frames: Sequence[FrameRow], scale: Scale) -> tuple[tuple[Curve, ...], str]:
    told: list[Curve] = []
    says: list[str] = []
    for target, found in groupby(frames, key=lambda one: one.get("target", "")):
        points = _heights(found, "altitude_deg", scale)
        if len(points) > 1:
            told.append(_curve(points, target, is_moon=False))
            says.append(f"{target} from {_degrees(points[0][1])} to {_degrees(points[-1][1])}")
    moon = _heights(frames, "moon_altitude_deg", scale)
    is_up = [one for one in moon if one[1] < 100]
    if len(is_up) > 1:
        told.append(_curve(is_up, "moon", is_moon=True))
        says.append(f"the moon up to {_degrees(min(y for _, y in is_up))}")
    elif moon:
        says.append("the moon below the horizon")
    short = [*says[:4], f"and {len(says) - 5} more", says[-1]] if len(says) > 6 else says
    return tuple(told), f"Altitude: {', '.join(short)}." if says else ""


def _heights(frames: Iterable[FrameRow], name: str, scale: Scale) -> list[tuple[float, float]]:
    found = [
        (scale.along(moment(one).timestamp()), _ALTITUDES.up(one["values"][name]))
        for one in frames
        if name in one.get("values", {})
    ]
    every = max(len(found) // 60, 1)
    return [one for number, one in enumerate(found) if number % every == 0 or number == len(found) - 1]


def _curve(points: Sequence[tuple[float, float]], text: str, *, is_moon: bool) -> Curve:
    width = points[-1][0] - points[0][0]
    shown = text if width > _LETTER * len(text) else ""
    return Curve(path_of(points), area_of(points), is_moon, shown, round(points[0][0] + 0.5, 1))


def _degrees(y: float) -> str:
    return f"{90 - 0.9 * y:.0f}°"


def _panels(night: Night, frames: Sequence[FrameRow], scale: Scale) -> Iterable[Panel | None]:
    for names in (SHARPNESS, GUIDING, BACKGROUND, STARS):
        name = _witness(frames, names, night.limits)
        if name:
            yield _quantity(night, frames, scale, name)
        elif names is GUIDING and (shape := _witness(frames, SHAPE, night.limits)):
            yield _quantity(night, frames, scale, shape)
    for name, title, unit in _LEVELS:
        if any(name in one.get("levels", {}) for one in frames):
            values = [(one, one["levels"][name]) for one in frames if name in one.get("levels", {})]
            head = f"{title}, {unit}" if unit else title
            yield _panel(night, values, scale, head, partial(_level, unit=unit), title.lower())
    for key, title in _WARMTHS:
        warmth = [(one, one[key]) for one in frames if key in one]  # type: ignore[literal-required]
        yield _panel(night, warmth, scale, f"{title}, °C", degrees_c, f"{title.lower()} temperature")


def _witness(frames: Sequence[FrameRow], names: Sequence[str], limits: Mapping[str, float]) -> str:
    told = Counter(name for one in frames for name in names if name in one.get("values", {}))
    return max(names, key=lambda name: (name in limits and told[name] > 0, told[name])) if told else ""


def _quantity(night: Night, frames: Sequence[FrameRow], scale: Scale, name: str) -> Panel | None:
    told = QUANTITIES[name]
    values = [(one, one["values"][name]) for one in frames if name in one.get("values", {})]
    title = (
        f"{told.words[:1].upper()}{told.words[1:]}{f', {told.unit}' if told.unit else ''} ({told.witness})"
    )
    course = "" if name in BACKGROUND or name in STARS else _course(frames, name)
    return _panel(
        night,
        values,
        scale,
        title,
        lambda value: quantity(name, value),
        f"{told.words} ({told.witness})",
        limit=night.limits.get(name),
        course=course,
    )


def _panel(
    night: Night,
    values: Sequence[tuple[FrameRow, float]],
    along: Scale,
    title: str,
    word: Callable[[float], str],
    name: str = "",
    *,
    limit: float | None = None,
    course: str = "",
) -> Panel | None:
    if not values:
        return None
    up = scale_of([value for _, value in values], limit)
    shown = limit is not None and up.low <= limit <= up.high
    dots = tuple(
        Dot(
            along.along(moment(one).timestamp()),
            up.up(value),
            sign_of(one),
            f"{at(one)} {one.get('filter', '')} {word(value)}, {verdict_words(one)}".replace("  ", " "),
            night.anchors[one["stored"]],
        )
        for one, value in values
    )
    said = f"{name or title} {range_words([value for _, value in values], word)}{course}."
    return Panel(
        title=title,
        says=said[:1].upper() + said[1:],
        ticks=up.ticks(),
        dots=dots,
        beyond=sum(not up.low <= value <= up.high for _, value in values),
        limit=up.up(limit) if shown and limit is not None else None,
        limit_says=f"limit {word(limit)}" if shown and limit is not None else "",
    )


def _course(frames: Sequence[FrameRow], name: str) -> str:
    """`, rising after 02:00`, where it is a course and no scatter."""
    good = [one for one in frames if sign_of(one) in "ok" and one.get("utc")]
    course = course_of(good, name)
    if not course.is_long or abs(course.climbs) < CLIMBS:
        return ""
    timed = [one for one in good if name in one.get("values", {})]
    since = at(timed[course.since()])
    if course.last >= DRIFT * course.first:
        return f", rising after {since}"
    return f", falling after {since}" if course.first >= DRIFT * course.last else ""


def _level(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else 1
    return f"{value:,.{digits}f} {unit}".strip()
