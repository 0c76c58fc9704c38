"""Every master held against one need: in what it differs, how far away its night is, whether it may be used.

    look_at(need, kind, racks) ─▶ [Looked, ...] ─ranked─▶ matching chooses the first that may be used

Hard keys first; among what fits, for darks and bias temperature (in steps worth speaking of), then the nearest night;
for flats the nearest night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import NamedTuple

from pipeline.model.calibration import Matching, MaxAge, Property
from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Change, Master
from pipeline.rules.changes import change_between
from pipeline.rules.flat_nights import filter_key, held_by_night, lacking
from pipeline.rules.master_keys import Compared, Difference, Limits, comparer, turned
from pipeline.rules.phrases import listed
from pipeline.rules.racks import Racks

_SENSOR_STEP_C, _SET_STEP_C = 1.0, 0.1
"""Differences in temperature below this do not outweigh a nearer night."""
_NEVER = 10**6


class Looked(NamedTuple):
    """A master, and how it stands to one need."""

    master: Master
    wrong: tuple[Difference, ...] = ()
    """Why it is not used."""
    unknown: tuple[Difference, ...] = ()
    days: int | None = None
    """Nights between; negative: shot before."""
    over_age: float | None = None
    """How many days its rig allows, where it is older than that and used all the same."""
    asks: bool = False
    """True: it would do, but only a person may choose it."""
    gap_c: float = 0.0
    scale: float = 1.0
    order: tuple[float, ...] = ()
    """What goes before nearness: by exposure, where it may be another."""

    @property
    def is_usable(self) -> bool:
        """True when it may be used without asking."""
        return not self.wrong and not self.asks


class Need(NamedTuple):
    """What masters are looked for, and by which rules."""

    frame: Frame
    kind: Kind
    rules: Matching
    cooled: bool
    changes: Sequence[Change] = ()
    night_filters: Mapping[date, AbstractSet[str]] | None = None

    @property
    def properties(self) -> tuple[Property, ...]:
        """What must agree, by the rig's list."""
        if self.kind is Kind.FLAT:
            return self.rules.flat
        return self.rules.bias if self.kind is Kind.BIAS else self.rules.dark

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The raw kinds whose masters will do: a dark of a flat's exposure is as good as a flat-dark."""
        return (Kind.FLATDARK, Kind.DARK) if self.kind is Kind.FLATDARK else (self.kind,)

    @property
    def filters(self) -> frozenset[str]:
        """Every filter its night needs flats for."""
        asked = (self.night_filters or {}).get(self.frame.night or date.min, frozenset())
        return frozenset({filter_key(self.frame.filter), *map(filter_key, asked)})


def look_at(need: Need, racks: Racks) -> list[Looked]:
    """All masters of the kind, except those of other cameras where the rig asks for its own."""
    camera = need.frame.camera if "camera" in need.properties else None
    compare = comparer(need.frame, need.properties, Limits(need.rules, need.cooled))
    looks = [
        look_one(need, master, compare(master.frame))
        for kind in need.kinds
        for master in racks.of(kind, camera)
    ]
    return _of_flats(need, looks) if need.kind is Kind.FLAT else looks


def look_one(need: Need, master: Master, found: Compared) -> Looked:
    """One master, its keys compared."""
    wrong, unknown = [*_set_aside(master), *found.wrong], [*found.unknown]
    days, over_age = days_between(need.frame, master), None
    if need.kind is not Kind.FLAT:
        if days is None and need.frame.night != master.frame.night:
            unknown.append(Difference("night", "its age is not known", True))
        over_age = _over_age(need, days, wrong)
        if days and "night" in need.properties:
            wrong.append(Difference("night", f"of another night: {master.frame.night}"))
    return Looked(master, tuple(wrong), tuple(unknown), days, over_age, gap_c=found.gap_c)


def look_beyond(need: Need, master: Master) -> Looked:
    """One master, wherever it stands."""
    compare = comparer(need.frame, need.properties, Limits(need.rules, need.cooled))
    return look_one(need, master, compare(master.frame))


def days_between(need: Frame, master: Master) -> int | None:
    """Nights from the need to the master; negative: it was shot before."""
    night = master.frame.night
    return None if need.night is None or night is None else (night - need.night).days


def _set_aside(master: Master) -> list[Difference]:
    found = [Difference("trouble", master.trouble)] if master.trouble else []
    return found + ([Difference("held", f"held: {master.held}")] if master.held else [])


def _over_age(need: Need, days: int | None, wrong: list[Difference]) -> float | None:
    """The days its rig allows where they are passed; what its rig refuses is added to what is wrong."""
    if days is None:
        return None
    age: MaxAge = need.rules.bias_max_age if need.kind is Kind.BIAS else need.rules.dark_max_age
    if days > 0 and not need.rules.future:
        wrong.append(Difference("night", f"shot {days:,} days after, which its rig does not want"))
    if abs(days) <= age.days:
        return None
    if age.then == "refuse":
        wrong.append(Difference("night", f"{abs(days):,} days apart, its rig allows {age.days:g}"))
    return age.days


def _of_flats(need: Need, looks: list[Looked]) -> list[Looked]:
    """Flats of other nights: not across a change, only nights that hold every filter, and near enough or asked for."""
    but_filter = [one.master.frame for one in looks if not {each.what for each in one.wrong} - {"filter"}]
    held = held_by_night(but_filter) if "filter" in need.properties else {}
    return [one if one.days == 0 else _of_another_night(need, one, held) for one in looks]


def _of_another_night(need: Need, one: Looked, held: Mapping[date, AbstractSet[str]]) -> Looked:
    by_night = "night" in need.properties
    if one.days is None:
        asks = by_night and not (need.frame.night is None and one.master.frame.night is None)
        return one._replace(
            unknown=(*one.unknown, Difference("night", "its night is not known", True)), asks=asks
        )
    wrong = [*one.wrong, *_parted(need, one.master.frame)]
    if by_night and not wrong and held:
        short = lacking(one.master.frame.night or date.min, need.filters, held)
        if short:
            named = listed(name or "no filter" for name in short)
            wrong.append(Difference("night", f"no flats of that night with {named}"))
    return one._replace(
        wrong=tuple(wrong), asks=by_night and not wrong and abs(one.days) > need.rules.flat_max_nights
    )


def _parted(need: Need, flat: Frame) -> list[Difference]:
    """What happened to the rig between the two nights."""
    found = []
    if need.frame.night is not None and flat.night is not None:
        change = change_between(need.frame.night, flat.night, need.changes)
        if change is not None:
            why = f" ({change.why})" if change.why else ""
            found.append(Difference("change", f"the rig was changed on {change.night}{why}"))
    if (
        "rotation" not in need.properties
        and need.frame.rotator_deg is not None
        and flat.rotator_deg is not None
    ):
        differs = turned(need.frame.rotator_deg, flat.rotator_deg)
        found += [differs] if differs is not None else []
    return found


def rank(need: Need, one: Looked) -> tuple[object, ...]:
    """Less is better, among those that may be used as among those that may not."""
    far = _NEVER if one.days is None else abs(one.days)
    grade = (
        one.asks,
        2 if one.unknown else 1 if one.over_age is not None else 0,
        len(one.unknown),
        one.order,
    )
    last = (one.master.superseded, -one.master.mtime_ns, one.master.path)
    if need.kind is Kind.FLAT:
        return (*grade, far, (one.days or 0) > 0, one.gap_c, *last)
    by_set = need.cooled and need.frame.set_temp_c is not None
    step = int(one.gap_c / (_SET_STEP_C if by_set else _SENSOR_STEP_C) + 1e-6)
    return (*grade, step, far, one.master.superseded, one.gap_c, *last)
