"""A target over all rigs: what was had of what is wanted, how it stands, and the next thing to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.model.catalog import CalibrationRow, ProjectRow, SetRow
from pipeline.model.plans import Progress
from pipeline.model.verdicts import State
from pipeline.rules.report_sums import EYES, LOST, Sum, kept_of, sum_of
from pipeline.rules.report_words import (
    Bar,
    bar_of,
    filter_order,
    filter_sign,
    filter_word,
    frames_word,
    hours,
    percent,
)
from pipeline.rules.totals import is_ready

_STAGES = ("20_Data", "10_Blink", "30_Master", "40_Process", "50_Bake", "60_Done", "70_Abandon")
_CLOSED = ("60_Done", "70_Abandon")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Everything known of one target."""

    name: str
    sets: Sequence[SetRow] = ()
    projects: Sequence[ProjectRow] = ()
    progress: Sequence[Progress] = ()
    calibrations: Mapping[str, CalibrationRow]
    """By the name of the set."""
    pictures: Mapping[str, str]
    """Name of a set to its picture."""
    fields_deg: Mapping[str, tuple[float, float]]
    """Rig to the width and height of what it sees."""
    ready_percent: float

    @property
    def made_from(self) -> list[object]:
        """All of it, as plain data."""
        return [
            self.name,
            self.sets,
            self.projects,
            self.progress,
            self.calibrations,
            self.pictures,
            self.fields_deg,
            self.ready_percent,
        ]

    @property
    def is_wanted(self) -> bool:
        """True when a plan asks for it."""
        return any(one.wanted_s for one in self.progress)

    @property
    def is_closed(self) -> bool:
        """True when every rig's work on it has come to its end."""
        return bool(self.projects) and all(one["stage"] in _CLOSED for one in self.projects)

    @cached_property
    def total(self) -> Sum:
        """All its lights together."""
        return sum_of(self.sets)

    @property
    def last_night(self) -> str:
        """The latest night it was shot in."""
        return max((row["night"] for row in self.sets), default="")

    @property
    def stage(self) -> str:
        """The most active of the folders it lies in."""
        lies = {one["stage"] for one in self.projects}
        return next((stage for stage in _STAGES if stage in lies), "")

    @property
    def wanted_s(self) -> float:
        """What is wanted in all, where anybody said."""
        return sum(one.wanted_s or 0.0 for one in self.progress)

    @property
    def needed_s(self) -> float:
        """What is still missing of it."""
        return sum(one.needed_s or 0.0 for one in self.progress)

    @property
    def met_s(self) -> float:
        """What was had of what is wanted; more than wanted of one filter does not make up for another."""
        return self.wanted_s - self.needed_s

    @property
    def is_ready(self) -> bool:
        """True when every filter has its share."""
        return is_ready(self.progress, self.ready_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterProgress:
    """How far one filter is."""

    name: str
    sign: str
    bar: Bar
    had: str
    """`2 h 30 min`, and of how much where somebody said."""
    detail: str
    """By exposure, or what of it waits for eyes."""


def by_filter(target: Target) -> tuple[FilterProgress, ...]:
    """Had and wanted by filter, over rigs and panels; what is kept and not looked at yet is told beside it."""
    told: dict[str, list[Progress]] = defaultdict(list)
    for one in target.progress:
        told[one.filter].append(one)
    waits = {name: _waiting_s(target.sets, name) for name in told}
    most = max((_had(rows) + waits[name] for name, rows in told.items()), default=0.0)
    return tuple(_filter(name, told[name], waits[name], most) for name in sorted(told, key=filter_order))


def _filter(name: str, rows: Sequence[Progress], waits_s: float, most_s: float) -> FilterProgress:
    had, wanted = _had(rows), sum(one.wanted_s or 0.0 for one in rows) or None
    met = sum(min(one.had_s, one.wanted_s) if one.wanted_s else one.had_s for one in rows)
    said = f"{hours(had)} of {hours(wanted)}" if wanted else hours(had + waits_s)
    detail = [f"{percent(met, wanted)} of what is wanted"] if wanted else []
    if waits_s:
        detail.append(f"{hours(waits_s)} not looked at yet" if wanted or had else "not looked at yet")
    return FilterProgress(
        name=filter_word(name),
        sign=filter_sign(name),
        bar=bar_of(name, met if wanted else had, wanted, most_s, waits_s),
        had=said,
        detail=", ".join(detail),
    )


def _had(rows: Iterable[Progress]) -> float:
    return sum(one.had_s for one in rows)


def _waiting_s(sets: Iterable[SetRow], name: str) -> float:
    """Exposure of what waits for eyes, or for its night to end; not of what a set asks about."""
    mine = [row for row in sets if row.get("filter", "").casefold() == name.casefold()]
    waiting = ((row, sum_of([row])) for row in mine)
    return sum((one.waiting + one.count(State.STORED)) * row.get("exposure_s", 0.0) for row, one in waiting)


def next_thing(target: Target) -> str:
    """What a person would do about it next, in a few words."""
    told = target.total
    if told.count(State.GONE, State.HELD):
        return "answer what `doit status` asks"
    if waiting := told.count(*EYES):
        return f"look at {frames_word(waiting)}"
    if target.is_closed:
        return ""
    if target.is_wanted and not target.is_ready:
        return f"shoot {_most_needed(target)}"
    lacks = sorted({lack for row in target.sets for lack in row.get("lacks", ())})
    if lacks:
        return f"shoot {lacks[0]}"
    if target.stage in {"20_Data", ""} and told.accepted:
        return "integrate: every filter has what it needs" if target.is_ready else "shoot on, or integrate"
    return ""


def _most_needed(target: Target) -> str:
    needed: dict[str, float] = defaultdict(float)
    for one in target.progress:
        needed[one.filter] += one.needed_s or 0.0
    name = max(sorted(needed, key=filter_order), key=lambda one: needed[one])
    rest = target.needed_s - needed[name]
    more = f", {hours(rest)} of others" if rest >= 60 else ""
    return f"{hours(needed[name])} of {filter_word(name)}{more}"


def stands(target: Target) -> str:
    """How it stands, in two words: `shooting`, `ready for its master`, `in 40_Process`, `done`."""
    if target.is_closed:
        return "done" if target.stage == "60_Done" else "abandoned"
    if target.stage not in {"", "10_Blink", "20_Data"}:
        return f"in {target.stage}"
    if target.is_ready:
        return "ready for its master"
    if not target.sets:
        return "planned"
    return "shooting" if target.is_wanted else "begun"


def lost_of(row: SetRow) -> int:
    """Frames of a set that are not used."""
    return sum(row["states"].get(state, 0) for state in LOST)


def best_set(target: Target) -> SetRow | None:
    """The set with a picture that has most frames kept, luminance and hydrogen first; the latest of equals."""
    first = {"L": 2, "Ha": 1}
    shown = [row for row in target.sets if row["id"] in target.pictures]
    return max(
        shown,
        key=lambda row: (first.get(filter_sign(row.get("filter", "")), 0), kept_of(row), row["night"]),
        default=None,
    )
