"""The frames of a night's page row by row: time, verdict, what was measured, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.catalog import FrameRow, SetRow
from pipeline.model.measures import QUANTITIES
from pipeline.model.verdicts import State
from pipeline.rules.report_verdicts import MARKS, sign_of, state_words, why_words
from pipeline.rules.session_analysis import at
from pipeline.rules.session_signs import BACKGROUND, GUIDING, SHAPE, SHARPNESS, STARS, Loss

LEVELS = (("median_adu", "Level, ADU", 0), ("noise_adu", "Noise, ADU", 1), ("hot_pixels", "Hot pixels", 0))
GONE = frozenset(map(str, (State.GIVEN_UP, State.GONE, State.TAKEN_OUT)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLine:
    """A frame in the table of its set."""

    anchor: str
    time: str
    path: str
    name: str
    sign: str
    verdict: str
    cells: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRow:
    """A light that was lost."""

    anchor: str
    time: str
    sign: str
    verdict: str
    what: str
    cause: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTable:
    """What the tables of all sets share."""

    anchors: Mapping[str, str]
    limits: Mapping[str, float]


def lost_rows(
    losses: Sequence[Loss], sets: Mapping[str, SetRow], anchors: Mapping[str, str]
) -> Iterable[LostRow]:
    """A line a lost light, in the order of the clock."""
    for one in losses:
        row = sets.get(one.frame.get("set", ""))
        yield LostRow(
            anchor=anchors[one.frame["stored"]],
            time=at(one.frame) or "unknown",
            sign=sign_of(one.frame),
            verdict=f"{MARKS[sign_of(one.frame)]} {state_words(one.frame)}",
            what=row["label"] if row is not None else "",
            cause=one.cause.value,
            why=why_words(one.frame),
        )


def frame_lines(
    frames: Sequence[FrameRow], tables: FrameTable
) -> tuple[tuple[str, ...], tuple[FrameLine, ...]]:
    """The heads of the columns that have anything in them, and a line a frame."""
    columns = list(_columns(frames, tables.limits))
    lines = tuple(
        FrameLine(
            anchor=tables.anchors[one["stored"]],
            time=(one.get("local") or one.get("utc", ""))[11:19] or "unknown",
            path="" if one["state"] in GONE else one.get("lies_at") or one["stored"],
            name=one["stored"].rpartition("/")[2],
            sign=sign_of(one),
            verdict=f"{MARKS[sign_of(one)]} {state_words(one)}",
            cells=tuple(_cell(one, where, name, digits) for where, name, _, digits in columns),
            why=why_words(one),
        )
        for one in frames
    )
    return tuple(head for _, _, head, _ in columns), lines


def _columns(frames: Sequence[FrameRow], limits: Mapping[str, float]) -> Iterable[tuple[str, str, str, int]]:
    for names in (SHARPNESS, GUIDING, SHAPE, STARS, BACKGROUND, ("altitude_deg",)):
        numbers = {name: sum(name in one.get("values", {}) for one in frames) for name in names}
        name = max(numbers, key=lambda one: (one in limits and numbers[one] > 0, numbers[one]))
        if numbers[name]:
            told = QUANTITIES[name]
            unit = f", {told.unit}" if told.unit else ""
            yield "values", name, f"{told.words[:1].upper()}{told.words[1:]}{unit}", told.digits
    for name, head, digits in LEVELS:
        if any(name in one.get("levels", {}) for one in frames):
            yield "levels", name, head, digits
    if any("sensor_temp_c" in one for one in frames):
        yield "", "sensor_temp_c", "Sensor, °C", 1


def _cell(frame: FrameRow, where: str, name: str, digits: int) -> str:
    told: object = frame.get(where, {}) if where else frame
    value = told.get(name) if isinstance(told, Mapping) else None
    return f"{value:,.{digits}f}".replace("-", "−") if isinstance(value, (int, float)) else ""
