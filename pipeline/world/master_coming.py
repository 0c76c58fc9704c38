"""Masters there would be if a person looked through what waits, or shot the rest: status says so, not "shoot darks".

sets that wait for eyes ┐
groups with too few     ├─▶ would-be Masters ─the one matcher─▶ what a set that lacks a master waits for
masters that are held   ┘
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.model.sets import Member
from pipeline.model.verdicts import State
from pipeline.rules.master_coming import Coming
from pipeline.rules.master_standing import is_due
from pipeline.rules.racks import Racks, sorted_racks
from pipeline.world.calibration_nights import batches_of
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import SetNow
from pipeline.world.master_groups import Now, groups_now
from pipeline.world.set_masters import match_set

_RAW = frozenset({Kind.DARK, Kind.BIAS, Kind.FLAT, Kind.FLATDARK})
_OFFERED = frozenset({State.OFFERED, State.HELD, State.LATE})
_COUNTED = _OFFERED | {State.STORED, State.PASSED}


@dataclass(frozen=True, slots=True)
class Ahead:
    """The masters there are and those there would be, in racks."""

    racks: Racks = field(default_factory=Racks)
    coming: dict[str, Coming] = field(default_factory=dict)
    """Of those there would be, by the path they stand under in the racks."""

    def of(self, now: SetNow, kind: str) -> Coming | None:
        """What a set that lacks a master of this kind waits for; None: it is not there at all."""
        master = match_set(now, self.racks).master(Kind(kind)) if self.coming else None
        return self.coming.get(master.path) if master is not None else None


def look_ahead(library: OpenLibrary, sets: Iterable[SetNow], shelf: Sequence[Master]) -> Ahead:
    """What would be there.

    Args:
        library: Whose.
        sets: Those of the nights in which something waits.
        shelf: The masters there are.
    """
    unseen = {now.frames.id: now for now in sets if now.frames.kind in _RAW and _number(now, _COUNTED)}
    waiting = {name: now for name, now in unseen.items() if _number(now, _COUNTED - {State.PASSED})}
    extra = [batch for now in waiting.values() for batch, _ in batches_of(now.frames, _members(now))]
    there = groups_now(library, extra, remember=False)
    found = [
        (_master(group, number), coming)
        for number, group in enumerate(there.groups)
        if (coming := _coming(group, there, waiting)) is not None
    ]
    found += [
        (replace(one, held="", path=f"held/{one.path}"), Coming(held=one.path))
        for one in shelf
        if one.held and not one.trouble
    ]
    return Ahead(
        sorted_racks([*shelf, *(master for master, _ in found)]),
        {master.path: coming for master, coming in found},
    )


def _members(now: SetNow) -> list[Member]:
    return [one for one in now.frames.members if now.standings[one.stored].state in _COUNTED]


def _number(now: SetNow, states: Iterable[State]) -> int:
    return now.count(*states)


def _coming(group: Group, there: Now, waiting: dict[str, SetNow]) -> Coming | None:
    """What a group waits for; None for one whose master is there, or that came to nothing."""
    counts: dict[str, int] = {}
    for batch in group.batches:
        if batch.set_id in waiting:
            counts[batch.set_id] = counts.get(batch.set_id, 0) + batch.count
    unseen = {
        name: min(count, _number(waiting[name], _COUNTED - {State.PASSED})) for name, count in counts.items()
    }
    offered = [waiting[name].frames for name in unseen if _number(waiting[name], _OFFERED)]
    if not (unseen or group.missing or is_due(group, there.standing, there.tried)):
        return None
    return Coming(
        have=group.count,
        wanted=group.policy.recipe.min_frames,
        eyes=sum(unseen.values()),
        folder=offered[0].blink if offered else "",
        set=offered[0].id if offered else "",
        sets=len(offered),
    )


def _master(group: Group, number: int) -> Master:
    """A group as the master it would be; its path is no file's."""
    kind = Kind(f"MASTER {group.kind.value}")
    warm = group.batches[0].sensor_temp_c
    return Master(
        path=f"coming/{number}/{group.path}",
        frame=replace(group.frame, kind=kind, sensor_temp_c=warm),
        frames=group.count,
        superseded=not group.is_latest,
    )
