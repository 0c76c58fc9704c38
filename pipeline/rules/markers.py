"""Markers: a file BLINKED in a FILTER, DATE or target folder says "I have looked at what lies below".

    10_Blink/M31/BLINKED                           every night of M31
    10_Blink/M31/DATE_2026-01-14/blinked.txt       that night
    10_Blink/M31/DATE_2026-01-14/FILTER_L/BLINKED (1)

It speaks for the frames delivered before it was first seen, and for nothing later (DESIGN §4): a marker is known by
its path and time and absorbed once; touched again it is a new one. Removed before its set was accepted, it is
taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model.frames import Problem
from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.model.watching import SEEN, Look, Marker, Observation, Saying
from pipeline.rules.decisions import UNDO, Decisions
from pipeline.rules.positions import Links, Place, stage_of
from pipeline.rules.records import moment
from pipeline.rules.sayings import BY_MARKER, named_frames, say_looked, take_back
from pipeline.rules.settled import unsettled
from pipeline.rules.words import BLINK

REMOVED = "marker removed"
"""By what a look is taken back whose marker is gone."""
_COPY = r"(?: ?\(\d+\)| - copy(?: \(\d+\))?| copy(?: \d+)?)?"
_NAME = re.compile(rf"blinked{_COPY}(?:\.(?:txt|md))*{_COPY}", re.IGNORECASE)
_OLDER_S = 86_400.0
"""No clock or time zone of a share is further off; a marker that much older than a frame was not made for it."""

MarkerKey = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """The markers that were ever heard, also where a person took back what they said."""

    first: Mapping[MarkerKey, datetime]
    """To when each was first seen."""
    by_set: frozenset[tuple[str, MarkerKey]]
    """Of which set each was heard; of the rig, where it spoke for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkersHeard:
    """What the markers come to."""

    sayings: tuple[Saying, ...] = ()
    problems: tuple[Problem, ...] = ()


def is_marker(name: str) -> bool:
    """True for `BLINKED`, `blinked.txt`, `BLINKED (1)`, `BLINKED.txt.txt`, in any letter case."""
    return _NAME.fullmatch(name) is not None


def marker_folders(offered: str) -> tuple[str, str, str]:
    """Where a marker of a set may lie: its FILTER, DATE and target folder (of flats `_FLAT`, of darks `DARK`)."""
    night = offered.rpartition("/")[0]
    return offered, night, night.rpartition("/")[0]


def absorbed_markers(decisions: Decisions) -> Absorbed:
    """Every marker that was ever heard; not those taken back by their removal."""
    removed = {one.undoes for one in decisions.said if one.kind == UNDO and one.values.get("by") == REMOVED}
    first: dict[MarkerKey, datetime] = {}
    by_set: set[tuple[str, MarkerKey]] = set()
    for one in decisions.said:
        key = marker_of(one)
        if key is not None and one.id not in removed:
            first[key] = min(first.get(key, one.when), one.when)
            by_set.add((one.subject, key))
    return Absorbed(first=first, by_set=frozenset(by_set))


def hear_markers(
    seen: Observation, sets: Sequence[FrameSet], links: Links, decisions: Decisions, now: datetime
) -> MarkersHeard:
    """What the markers say that was not heard yet, and what is taken back since a marker is gone.

    That a marker was seen where nothing is offered matters only while something may still be offered: of nights in
    which all is settled nothing is written, since nobody looks there unless caches are gone.
    """
    heard = absorbed_markers(decisions)
    shown = shown_frames(seen.looks)
    sayings: list[Saying] = []
    problems: list[Problem] = []
    idle: list[Marker] = []
    for marker in seen.markers:
        said = list(_speak(marker, seen, sets, shown, decisions, heard, now))
        sayings += said
        if not said and not _spoke(marker, heard, seen.owner):
            problems.append(_speaks_for_nothing(marker, shown))
            idle += [marker] if _key(marker) not in heard.first else []
    if idle and (waiting := unsettled(sets, links, decisions)):
        sayings += [_was_seen(marker, seen.owner, max(one.night for one in waiting)) for marker in idle]
    taken_back = [
        take_back(frames, one, why="its marker was removed", values={"by": REMOVED})
        for frames in sets
        for one in _removed(frames, seen, links, decisions)
    ]
    return MarkersHeard(sayings=(*sayings, *taken_back), problems=tuple(problems))


def shown_frames(looks: Iterable[Look]) -> dict[str, list[Look]]:
    """The frames that were offered, by us or by hand, and can still be looked at, wherever they were moved for that."""
    found: dict[str, list[Look]] = {}
    for look in looks:
        lies, was = stage_of(look.at), stage_of(look.link.link)
        if look.sight in SEEN and (lies is Place.BLINK or (lies is Place.DATA and was is Place.BLINK)):
            found.setdefault(look.link.stored, []).append(look)
    return found


def _speak(
    marker: Marker,
    seen: Observation,
    sets: Iterable[FrameSet],
    shown: Mapping[str, Sequence[Look]],
    decisions: Decisions,
    heard: Absorbed,
    now: datetime,
) -> Iterator[Saying]:
    """A saying about each set the marker speaks for, of which it is not written down yet."""
    first_seen = heard.first.get(_key(marker), now)
    for frames in sets:
        if (frames.id, _key(marker)) in heard.by_set:
            continue
        meant = [
            one.stored
            for one in frames.members
            if _covers(marker, shown.get(one.stored, ()), first_seen, now)
        ]
        moved = _moved_with(marker, seen, frames, decisions)
        if moved is not None:
            meant = [stored for stored in meant if stored in moved]
        if meant:
            values = {"marker": marker.path, "mtime_ns": marker.mtime_ns}
            yield say_looked(frames, meant, BY_MARKER, values, why=marker.text, who=marker.who)


def _spoke(marker: Marker, heard: Absorbed, owner: str) -> bool:
    """True for a marker that was heard of some set."""
    return any(key == _key(marker) and subject != owner for subject, key in heard.by_set)


def _was_seen(marker: Marker, owner: str, night: date) -> Saying:
    """That a marker was seen where nothing was offered: it does not speak for what is delivered later either."""
    values = {"frames": [], "by": BY_MARKER, "marker": marker.path, "mtime_ns": marker.mtime_ns}
    return Saying(
        kind=BLINK, about=About.RIG, subject=owner, owner=owner, night=night, values=values, who=marker.who
    )


def _covers(marker: Marker, looks: Iterable[Look], first_seen: datetime, now: datetime) -> bool:
    """True when the frame lies below the marker, or did, and had been offered when the marker was first seen."""
    for look in looks:
        offered = _offered_at(look, now)
        is_older = offered.timestamp() - marker.put_ns / 1e9 > _OLDER_S
        if _lies_below(marker, look) and offered <= first_seen and not is_older:
            return True
    return False


def _offered_at(look: Look, now: datetime) -> datetime:
    """When a frame came to lie in 10_Blink: delivered there, or moved back there by hand, at the latest now."""
    if stage_of(look.link.link) is Place.BLINK:
        return moment(look.link.delivered)
    return moment(look.link.since) if look.link.state == "moved_on" else now


def _lies_below(marker: Marker, look: Look) -> bool:
    below = f"{marker.path.rpartition('/')[0]}/"
    return look.link.link.startswith(below) or look.at.startswith(below)


def _moved_with(
    marker: Marker, seen: Observation, frames: FrameSet, decisions: Decisions
) -> frozenset[str] | None:
    """What the marker spoke for under another path, when its folder was renamed with it inside; else None."""
    there = {one.path for one in seen.markers}
    name = marker.path.rpartition("/")[2]
    for one in _looks(frames, decisions):
        path, mtime_ns = marker_of(one) or ("", 0)
        if path not in there and path.endswith(f"/{name}") and mtime_ns == marker.mtime_ns:
            return frozenset(named_frames(one))
    return None


def _removed(frames: FrameSet, seen: Observation, links: Links, decisions: Decisions) -> Iterator[Decision]:
    """Looks whose marker was taken out of its folder before the set was accepted."""
    there = {marker.path for marker in seen.markers}
    for one in _looks(frames, decisions):
        path, _ = marker_of(one) or ("", 0)
        if path not in there and path.rpartition("/")[0] in seen.folders and not went_on(one, links):
            yield one


def went_on(look: Decision, links: Links) -> bool:
    """True when a frame it spoke for went on since: into 20_Data, or, of flats and darks, back to the store."""
    return any(
        link.state == "accepted" or stage_of(link.link) is Place.DATA
        for stored in named_frames(look)
        for link in links.get(stored, ())
        if moment(link.delivered if link.state == "withdrawn" else max(link.since, link.delivered))
        >= look.when
    )


def _looks(frames: FrameSet, decisions: Decisions) -> Iterator[Decision]:
    """The looks at a set that hold and came from markers."""
    for one in decisions.holding.get((About.SET, frames.id), ()):
        if (
            one.kind == BLINK
            and marker_of(one) is not None
            and one.owner is not None
            and one.night is not None
        ):
            yield one


def marker_of(one: Decision) -> MarkerKey | None:
    """The marker a look came from; None where it did not."""
    path, mtime_ns = one.values.get("marker"), one.values.get("mtime_ns")
    if one.kind == BLINK and isinstance(path, str) and isinstance(mtime_ns, int):
        return path, mtime_ns
    return None


def _key(marker: Marker) -> MarkerKey:
    return marker.path, marker.mtime_ns


def _speaks_for_nothing(marker: Marker, shown: Mapping[str, Sequence[Look]]) -> Problem:
    if any(_lies_below(marker, look) for looks in shown.values() for look in looks):
        text = f"{marker.path} is older than the frames below it and does not speak for them; make it anew"
        return Problem("marker-older", text)
    return Problem("marker-idle", f"{marker.path} speaks for nothing: no frame is offered below it")
